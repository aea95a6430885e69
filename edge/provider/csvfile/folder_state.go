package csvfile

import (
	"context"
	"iter"

	"prorata/flow"
)

// held is what one file of holdings says, kept until the file changes: a sync
// asks for it customer by customer.
type held struct {
	stamp stamp
	// customers are in the order of the file, by names as it gives them.
	customers []flow.ProviderCustomer
	holdings  map[string][]flow.Holding
	// wrong are the errors of rows by customer; those of an unreadable customer are
	// the first one's, so that they are handed on once.
	wrong map[string][]error
	// end is what stopped the reading, if anything did.
	end error
}

// heldIn reads a file of holdings, or gives what was read of it before.
func (f *Folder) heldIn(ctx context.Context, file found) (*held, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if h, ok := f.state[file.name]; ok && h.stamp == file.stamp && !file.stamp.at.IsZero() {
		return h, nil
	}
	h := &held{stamp: file.stamp, holdings: map[string][]flow.Holding{}, wrong: map[string][]error{}}
	type named struct {
		flow.Holding
		name string
	}
	first := map[string]int{}
	var orphans []error
	for v, err := range rowsIn(ctx, f, file, func(r *row) named {
		v := named{holding(r), r.text("customer_name")}
		if line, again := first[v.ID]; again && v.ID != "" {
			r.wrong.add(r.spelled("id"), "holding %s is given twice (first on line %d)", quote(v.ID), line)
		} else {
			first[v.ID] = r.at.Line
		}
		return v
	}) {
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil && !isRow(err):
			h.end = err
		case err != nil && v.Customer == "":
			orphans = append(orphans, err)
		case err != nil:
			h.knows(v.Customer, v.name)
			h.wrong[v.Customer] = append(h.wrong[v.Customer], err)
		default:
			h.knows(v.Customer, v.name)
			h.holdings[v.Customer] = append(h.holdings[v.Customer], v.Holding)
		}
	}
	if len(h.customers) > 0 {
		one := h.customers[0].ID
		h.wrong[one] = append(h.wrong[one], orphans...)
	}
	f.state[file.name] = h
	return h, nil
}

func (h *held) knows(customer, name string) {
	if _, known := h.holdings[customer]; known {
		return
	}
	h.holdings[customer] = nil
	if name == "" {
		name = customer
	}
	h.customers = append(h.customers, flow.ProviderCustomer{ID: customer, Name: name})
}

// Customers are those of the latest file of customers; where no mapping reads
// one, those who hold something.
func (f *Folder) Customers(ctx context.Context) iter.Seq2[flow.ProviderCustomer, error] {
	return func(yield func(flow.ProviderCustomer, error) bool) {
		if !f.reads(Customers) {
			f.customersWhoHold(ctx, yield)
			return
		}
		files, err := f.ready(ctx, Customers, false)
		if err != nil {
			yield(flow.ProviderCustomer{}, err)
			return
		}
		for _, file := range files {
			first := map[string]int{}
			for c, err := range rowsIn(ctx, f, file, func(r *row) flow.ProviderCustomer {
				c := customer(r)
				if line, again := first[c.ID]; again && c.ID != "" {
					r.wrong.add(r.spelled("id"), "customer %s is given twice (first on line %d)", quote(c.ID), line)
				}
				first[c.ID] = r.at.Line
				return c
			}) {
				if !yield(c, err) || (err != nil && !isRow(err)) {
					return
				}
			}
		}
	}
}

func (f *Folder) customersWhoHold(ctx context.Context, yield func(flow.ProviderCustomer, error) bool) {
	if !f.reads(Holdings) {
		yield(flow.ProviderCustomer{}, flow.ErrNotOffered)
		return
	}
	files, err := f.ready(ctx, Holdings, false)
	if err != nil {
		yield(flow.ProviderCustomer{}, err)
		return
	}
	given := map[string]bool{}
	for _, file := range files {
		h, err := f.heldIn(ctx, file)
		if err != nil {
			yield(flow.ProviderCustomer{}, err)
			return
		}
		for _, c := range h.customers {
			if ctx.Err() != nil {
				yield(flow.ProviderCustomer{}, ctx.Err())
				return
			}
			if given[c.ID] {
				continue
			}
			given[c.ID] = true
			if !yield(c, nil) {
				return
			}
		}
		if h.end != nil {
			yield(flow.ProviderCustomer{}, h.end)
			return
		}
	}
}

// Holdings are a customer's in the latest file.
func (f *Folder) Holdings(ctx context.Context, customer string) iter.Seq2[flow.Holding, error] {
	return func(yield func(flow.Holding, error) bool) {
		if !f.reads(Holdings) {
			yield(flow.Holding{}, flow.ErrNotOffered)
			return
		}
		files, err := f.ready(ctx, Holdings, false)
		if err != nil {
			yield(flow.Holding{}, err)
			return
		}
		for _, file := range files {
			h, err := f.heldIn(ctx, file)
			if err != nil {
				yield(flow.Holding{}, err)
				return
			}
			for _, err := range h.wrong[customer] {
				if !yield(flow.Holding{}, err) {
					return
				}
			}
			for _, holding := range h.holdings[customer] {
				if ctx.Err() != nil {
					yield(flow.Holding{}, ctx.Err())
					return
				}
				if !yield(holding, nil) {
					return
				}
			}
			if h.end != nil {
				yield(flow.Holding{}, h.end)
				return
			}
		}
	}
}

// HoldingGet is the holding as the latest file has it.
func (f *Folder) HoldingGet(ctx context.Context, customer, id string) (flow.Holding, error) {
	for h, err := range f.Holdings(ctx, customer) {
		if err != nil && !isRow(err) {
			return flow.Holding{}, err
		}
		if err == nil && h.ID == id {
			return h, nil
		}
	}
	return flow.Holding{}, flow.ErrUnknown
}

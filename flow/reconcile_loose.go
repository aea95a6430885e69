package flow

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"prorata/core/reconcile"
)

// loose is a customer's holding that the book does not have, or of which the invoice
// says nothing. One of the former may be one of the latter, by its product; so all of
// a customer's are compared together, wherever in the invoice they stand, and nothing
// depends on how it was cut into parts.
type loose struct{ customer, holding string }

func (a loose) compare(b loose) int {
	return cmp.Or(strings.Compare(a.customer, b.customer), strings.Compare(a.holding, b.holding))
}

// loosen puts a holding's rows aside.
func (r *reconciling) loosen(customer, holding string) {
	if last := len(r.looseRows) - 1; last >= 0 && r.looseRows[last] == (loose{customer, holding}) {
		return
	}
	// The texts are parts of longer ones, which are not kept.
	r.looseRows = append(r.looseRows, loose{strings.Clone(customer), strings.Clone(holding)})
}

// know notes a customer for whom a story was told.
func (r *reconciling) know(customer string) {
	if !r.known[customer] {
		r.known[strings.Clone(customer)] = true
	}
}

// left adds the holdings of which the invoice says nothing and should. Where nothing
// was to be charged there is nothing to find.
func (c *customerPart) left(matcher *reconcile.Matcher, to []loose) ([]loose, error) {
	if len(c.idle.Stories) == 0 {
		return to, nil
	}
	result, err := matcher.Customer(&c.idle)
	if err != nil {
		return to, err
	}
	for i := range result.Findings {
		to = append(to, loose{strings.Clone(c.ID), strings.Clone(result.Findings[i].Holding)})
	}
	return to, nil
}

// readLoose reads what was put aside, so that each part has whole customers.
func (r *reconciling) readLoose(ctx context.Context, empty <-chan *invoicePart, to chan<- *invoicePart) {
	all := slices.Concat(r.looseRows, r.looseStories)
	slices.SortFunc(all, loose.compare)
	all = slices.Compact(all)
	for len(all) > 0 && ctx.Err() == nil {
		n := min(len(all), r.atOnce())
		for n < len(all) && all[n].customer == all[n-1].customer {
			n++
		}
		some := all[:n]
		all = all[n:]
		p := <-empty
		p.err = r.f.Store.Read(ctx, func(tx Tx) error { return r.readWhole(tx, p, some) })
		failed := p.err != nil
		to <- p
		if failed {
			return
		}
	}
}

// readWhole puts together all that decides about some customers' loose holdings.
func (r *reconciling) readWhole(tx Tx, p *invoicePart, some []loose) (err error) {
	p.cleared()
	p.whole = true
	ids := make([]string, 0, len(some))
	for i := range some {
		ids = append(ids, some[i].holding)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	p.facts = slices.Grow(p.facts, len(ids))
	for _, id := range ids {
		p.facts = append(p.facts, holdingFacts{id: id})
		p.holdings[id] = &p.facts[len(p.facts)-1]
	}
	add := func(to *[]ProviderLine, invoice string, wanted func(*ProviderLine) bool) error {
		return tx.ComparedRowsOf(r.connection.ID, invoice, ids, func(line *ProviderLine) bool {
			if wanted(line) {
				*to = append(*to, *line)
			}
			return true
		})
	}
	// A holding may have rows of several customers, of whom some are not here.
	if err := add(&p.lines, r.kept.ID, func(line *ProviderLine) bool {
		_, is := slices.BinarySearchFunc(some, loose{line.Customer, line.Holding}, loose.compare)
		return is
	}); err != nil {
		return err
	}
	for _, other := range r.others {
		if err := add(&p.others, other, func(*ProviderLine) bool { return true }); err != nil {
			return err
		}
	}
	p.share()
	if err := r.readBook(tx, p); err != nil {
		return err
	}
	r.ownWhole(p)
	return r.readBilled(tx, p)
}

// ownWhole gives customers their loose rows, and the stories of the holdings that
// have none.
func (r *reconciling) ownWhole(p *invoicePart) {
	of := func(customer string) *customerPart {
		part := p.byID[customer]
		if part == nil {
			part = r.newPart(p, customer)
			p.byID[customer] = part
			p.customers = append(p.customers, part)
		}
		return part
	}
	for i := range p.facts {
		h := &p.facts[i]
		for _, line := range h.rows {
			part := of(line.Customer)
			part.lines = append(part.lines, line)
		}
		if len(h.rows) == 0 {
			h.owner = of(r.customerOf(h))
		}
	}
	slices.SortFunc(p.customers, func(a, b *customerPart) int { return strings.Compare(a.ID, b.ID) })
	r.tell(p)
}

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

// heard is what a part tells of more than itself.
type heard struct {
	// called are the names that rows have for what the book does not, by id; last is the
	// customer whose name was asked for last, if any was asked.
	called map[string]string
	last   string
	asked  bool
	// known are the customers for whom a story was told.
	known []string
	// rows are what was put aside.
	rows []loose
}

func (h *heard) clear() {
	if h.called == nil {
		h.called = map[string]string{}
	}
	clear(h.called)
	clear(h.known)
	clear(h.rows)
	*h = heard{called: h.called, known: h.known[:0], rows: h.rows[:0]}
}

// call notes a name; of several it is the one that stands first in the alphabet, so
// that it does not matter in which order they are read.
func (h *heard) call(id, name string) { h.called[id] = firstName(h.called[id], name) }

func firstName(a, b string) string {
	if a == "" || b != "" && b < a {
		return b
	}
	return a
}

// know notes a customer for whom a story was told.
func (h *heard) know(customer string) {
	if last := len(h.known) - 1; last < 0 || h.known[last] != customer {
		h.known = append(h.known, customer)
	}
}

// loosen puts a holding's rows aside.
func (h *heard) loosen(customer, holding string) {
	if last := len(h.rows) - 1; last < 0 || h.rows[last] != (loose{customer, holding}) {
		h.rows = append(h.rows, loose{customer, holding})
	}
}

// remember keeps what a part told; the texts are parts of longer ones, which are not kept.
func (r *reconciling) remember(p *invoicePart) {
	for id, name := range p.heard.called {
		if before, called := r.called[id]; !called || firstName(before, name) != before {
			r.called[strings.Clone(id)] = strings.Clone(name)
		}
	}
	if p.whole {
		return // Nobody asks any more.
	}
	for _, customer := range p.heard.known {
		if !r.known[customer] {
			r.known[strings.Clone(customer)] = true
		}
	}
	for _, one := range p.heard.rows {
		r.looseRows = append(r.looseRows, loose{strings.Clone(one.customer), strings.Clone(one.holding)})
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

// askLoose asks for what was put aside, so that each part has whole customers.
func (r *reconciling) askLoose(ctx context.Context, empty <-chan *invoicePart, ask func(*invoicePart)) {
	all := slices.Concat(r.looseRows, r.looseStories)
	r.looseRows, r.looseStories = nil, nil
	slices.SortFunc(all, loose.compare)
	all = slices.Compact(all)
	for len(all) > 0 && ctx.Err() == nil {
		n := min(len(all), r.atOnce())
		for n < len(all) && all[n].customer == all[n-1].customer {
			n++
		}
		p := <-empty
		p.whole, p.loose = true, all[:n]
		all = all[n:]
		ask(p)
	}
}

// readWhole puts together all that decides about some customers' loose holdings.
func (r *reconciling) readWhole(tx Tx, p *invoicePart) (err error) {
	ids := make([]string, 0, len(p.loose))
	for i := range p.loose {
		ids = append(ids, p.loose[i].holding)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	p.ids = ids
	p.hold()
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
		_, is := slices.BinarySearchFunc(p.loose, loose{line.Customer, line.Holding}, loose.compare)
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
			h.owner.owns++
		}
	}
	slices.SortFunc(p.customers, func(a, b *customerPart) int { return strings.Compare(a.ID, b.ID) })
	r.tell(p)
}

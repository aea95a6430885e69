package reconcile

import (
	"cmp"
	"fmt"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// mirror is what a row and the row that takes it back have in common.
type mirror struct {
	sku, quantity, amount string
	period                calendar.Period
}

func (f *facts) mirror() mirror {
	amount := f.amount
	if amount.Sign() < 0 {
		amount = amount.Neg()
	}
	return mirror{f.sku, f.quantity(), amount.Trim(0).String(), f.period}
}

// doubled finds rows that stand there once already: on this invoice, or on
// another one that is at hand.
func (m *matching) doubled(h *holding) {
	type once struct {
		mirror
		kind   billing.ChargeType
		credit bool
	}
	of := func(it *item) once { return once{it.mirror(), it.kind, it.credit} }
	known := map[once]*Row{}
	for i := range h.others {
		known[of(&h.others[i])] = h.others[i].row
	}
	for i := range h.rows {
		if h.rows[i].done {
			known[of(&h.rows[i])] = h.rows[i].row
		}
	}
	for i := range h.rows {
		it := &h.rows[i]
		first := known[of(it)]
		if it.done || first == nil || it.kind == billing.ChargeCredit {
			continue
		}
		it.done = true
		m.result.Matches = append(m.result.Matches, Match{Row: it.row.ID, At: it.at})
		m.find(it, nil, Doubled, it.amount, calendar.Period{}, fmt.Sprintf("row %s says the same: %s of %s for %s", place(first, m.invoice.ID), first.Type, first.Cost, days(first.Period)))
	}
}

// place names a row, with its invoice where that is another.
func place(row *Row, invoice string) string {
	if row.Invoice == "" || row.Invoice == invoice {
		return row.ID
	}
	return row.ID + " of invoice " + row.Invoice
}

// rebilled finds credits, what they take back, and what was charged again.
func (m *matching) rebilled(h *holding) {
	charged := map[mirror]*item{}
	for _, list := range [][]item{h.others, h.rows} {
		for i := range list {
			if it := &list[i]; !it.credit {
				charged[it.mirror()] = it
			}
		}
	}
	again := map[calendar.Period]*Row{}
	for i := range h.rows {
		it := &h.rows[i]
		if it.done || !it.credit || it.kind == billing.ChargeCancel {
			continue
		}
		taken := charged[it.mirror()]
		switch {
		case taken != nil:
			again[it.period] = it.row
			m.rebill(it, fmt.Sprintf("it gives back row %s: %s for %s", place(taken.row, m.invoice.ID), taken.row.Cost, days(taken.period)))
			if !taken.done && taken.row.Invoice == it.row.Invoice {
				m.rebill(taken, "row "+it.row.ID+" gives it back")
			}
		case it.kind == billing.ChargeCredit:
			m.rebill(it, "a credit of the provider's: "+it.amount.String())
		}
	}
	for i := range h.rows {
		it := &h.rows[i]
		switch {
		case it.done:
		case it.kind == billing.ChargeCredit:
			m.rebill(it, "a correction of a credit of the provider's: "+it.amount.String())
		case !it.credit && again[it.period] != nil:
			m.rebill(it, "it is charged again for what row "+again[it.period].ID+" gives back")
		}
	}
}

func (m *matching) rebill(it *item, sentence string) {
	it.done = true
	m.result.Matches = append(m.result.Matches, Match{Row: it.row.ID, At: it.at})
	m.find(it, nil, CreditRebill, it.amount, calendar.Period{}, sentence)
}

// byProduct looks for rows of unknown subscriptions among the customer's other
// subscriptions of the same product, of which the invoice says nothing.
func (m *matching) byProduct(keys []string) error {
	if !m.customer.Known {
		return nil
	}
	var rows []*item
	var slots []*slot
	for _, id := range keys {
		h := m.holdings[id]
		for i := range h.rows {
			if h.story == nil && !h.rows[i].done {
				rows = append(rows, &h.rows[i])
			}
		}
		for i := range h.due {
			if len(h.rows) == 0 && !h.due[i].done {
				slots = append(slots, &h.due[i])
			}
		}
	}
	var err error
	by := func(f *facts) (key, bool) {
		k, _ := bySame(f)
		k.reference = f.sku
		return k, f.sku != ""
	}
	pairs(rows, slots, func(it **item) *facts { return &(*it).facts }, func(s **slot) *facts { return &(*s).facts }, by, false, func(it **item, s **slot) {
		c := (*s).charge
		m.find(*it, nil, UnknownSubscription, money.Decimal{}, calendar.Period{}, "it looks like subscription "+c.Holding+", of which the invoice says nothing: link them")
		err = cmp.Or(err, m.pair(*it, *s, PassProduct, false))
	})
	return err
}

// leftovers gives a cause to what was matched with nothing.
func (m *matching) leftovers(h *holding) error {
	halves := h.halves()
	for i := range h.rows {
		it := &h.rows[i]
		if it.done {
			continue
		}
		it.done = true
		m.result.Matches = append(m.result.Matches, Match{Row: it.row.ID, At: it.at})
		cause, sentence := m.unmatched(h, it)
		if other := halves[it]; other != nil {
			cause, sentence = it.half(other)
		}
		m.find(it, nil, cause, it.amount, calendar.Period{}, sentence)
	}
	absent := h.absent()
	for i := range h.due {
		s := &h.due[i]
		if s.done {
			continue
		}
		s.done = true
		what := fmt.Sprintf("%s of %s seats for %s was expected: %s", s.kind, s.charge.Quantity, days(s.period), s.amount)
		if s.charge.Why != "" {
			what = s.charge.Why
		}
		late := m.invoice.Period.To.AddDays(-m.rules.LateDays)
		switch {
		case s.credit && !absent[s.charge.Event] && s.charge.On.Before(late):
			m.find(nil, s, CreditRebill, s.amount.Neg(), calendar.Period{}, what+", and this credit did not come")
		case !s.charge.On.Before(late):
			m.find(nil, s, Timing, s.amount.Neg(), m.meets(m.invoice.Period.To), what+"; so late in the period it may come with the next invoice")
		case h.billedOn(s.period):
			m.find(nil, s, NotCharged, s.amount.Neg(), calendar.Period{}, what+", and billed to the customer")
		default:
			m.find(nil, s, NotCharged, s.amount.Neg(), calendar.Period{}, what+"; no customer was billed for it either")
		}
	}
	return nil
}

// absent are the events of which a charge did not come: where the credit of the same
// change did not come either, the change is what is missing.
func (h *holding) absent() map[string]bool {
	var absent map[string]bool
	for i := range h.due {
		if s := &h.due[i]; !s.done && !s.credit {
			if absent == nil {
				absent = map[string]bool{}
			}
			absent[s.charge.Event] = true
		}
	}
	return absent
}

// strayed tells of rows that name another customer than the one whose subscription they
// are. They are compared as that one's: it costs nothing but has to be set right.
func (m *matching) strayed(h *holding) {
	for i := range h.rows {
		if it := &h.rows[i]; it.row.Of != "" {
			m.find(it, nil, MissingCustomer, money.Decimal{}, calendar.Period{},
				fmt.Sprintf("the row names customer %s, and subscription %s is customer %s's: it is compared as theirs", m.customer.ID, h.id, it.row.Of))
			return
		}
	}
}

// halves are changes of seats that nothing of ours explains: the row that gives the
// old seats back and the one that charges the new ones, each with the other.
func (h *holding) halves() map[*item]*item {
	if h.story == nil || h.why != "" {
		return nil
	}
	type change struct {
		reference string
		kind      billing.ChargeType
		period    calendar.Period
	}
	var halves map[*item]*item
	credits := map[change]*item{}
	for i := range h.rows {
		it := &h.rows[i]
		of := change{it.reference, it.kind, it.period}
		switch first := credits[of]; {
		case it.done || it.kind == billing.ChargeChangePlan || it.kind == billing.ChargeCredit || h.byRow(it):
		case it.credit:
			credits[of] = it
		case first != nil && first.seats.Cmp(it.seats) != 0:
			if halves == nil {
				halves = map[*item]*item{}
			}
			halves[first], halves[it] = it, first
			delete(credits, of)
		}
	}
	return halves
}

// half is the cause of one row of such a change: both have the same, so that their
// amounts come to what the change is worth.
func (it *item) half(other *item) (Cause, string) {
	before, after := it, other
	if !it.credit {
		before, after = other, it
	}
	more := after.seats.Sub(before.seats)
	change := fmt.Sprintf("%s from %s to %s seats for %s is in no entry of our log", it.kind, before.row.Quantity, after.row.Quantity, days(it.period))
	if it.credit {
		change += ", and row " + other.row.ID + " is the other half of it"
	}
	if more.Sign() > 0 {
		return NeverBilled, change + ": no customer is billed for " + more.String() + " of them"
	}
	return NotCharged, change + ": the customer is still billed for " + more.Neg().String() + " that are gone"
}

// unmatched is the cause of a row that nothing of ours explains.
func (m *matching) unmatched(h *holding, it *item) (Cause, string) {
	switch {
	case !m.customer.Known:
		return MissingCustomer, "customer " + m.customer.ID + " is not in the book"
	case h.id == "":
		return UnknownSubscription, "it names no subscription"
	case h.why != "":
		return Unexplained, "nothing can be expected: " + h.why
	case h.story == nil:
		return UnknownSubscription, "subscription " + it.row.Holding + " is not in the book"
	case it.kind == billing.ChargeChangePlan:
		return Proration, fmt.Sprintf("%s of %s seats for %s: another billing plan, of which neither our log nor the subscription tells", it.kind, it.row.Quantity, days(it.period))
	case h.byRow(it):
		return Quantity, fmt.Sprintf("%s of %s seats for %s is in no entry of our log; the customer is billed for the row as it stands", it.kind, it.row.Quantity, days(it.period))
	case it.credit:
		return NotCharged, fmt.Sprintf("%s gives back %s seats for %s, and nothing in our log says so: the customer is still billed", it.kind, it.row.Quantity, days(it.period))
	}
	return NeverBilled, fmt.Sprintf("%s of %s seats for %s is in no entry of our log, so that no customer is billed for it", it.kind, it.row.Quantity, days(it.period))
}

// billedOn says whether any customer was billed for any of the days.
func (h *holding) billedOn(p calendar.Period) bool {
	for i := range h.billed {
		if overlap(p, covers(h.billed[i].Period)) {
			return true
		}
	}
	return false
}

// covers gives what has no days the one that it is dated.
func covers(p calendar.Period) calendar.Period {
	if p.Empty() {
		return calendar.Period{From: p.From, To: p.From.AddDays(1)}
	}
	return p
}

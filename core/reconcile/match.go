package reconcile

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"prorata/core/calendar"
	"prorata/core/money"
)

// MixedCurrencyError says that a row or a story is in another currency than the invoice.
type MixedCurrencyError struct {
	Row, Holding string
	Want, Got    money.Currency
}

// Error is a sentence for people.
func (e *MixedCurrencyError) Error() string {
	return fmt.Sprintf("row %s of subscription %s is in %s, the invoice in %s", e.Row, e.Holding, e.Got, e.Want)
}

// Neighbouring charges are looked for so many months before and after an invoice.
const (
	monthsBefore = 2
	monthsAfter  = 1
)

// around are the days in which charges are looked for.
func around(invoice Invoice) calendar.Period {
	return calendar.Period{From: invoice.Period.From.AddMonths(-monthsBefore), To: invoice.Period.To.AddMonths(monthsAfter)}
}

// UsageDays are the days whose usage decides about an invoice: whole months, since
// usage is charged by the month.
func UsageDays(invoice Invoice) calendar.Period {
	days := around(invoice)
	_, _, day := days.From.Civil()
	return calendar.Period{From: days.From.AddDays(1 - day), To: days.To.AddMonths(1)}
}

// CustomerOf compares one customer's rows of an invoice with what was expected
// and with what was billed on. The order of rows does not matter.
func CustomerOf(c *Customer, rules Rules, invoice Invoice) (*Result, error) {
	return NewMatcher(rules, invoice).Customer(c)
}

// Matcher compares one customer after another as CustomerOf does, and uses again
// what it needed for those before. It is for one worker.
type Matcher struct{ work matching }

// NewMatcher begins with an invoice and the rules by which it is checked.
func NewMatcher(rules Rules, invoice Invoice) *Matcher {
	return &Matcher{matching{rules: rules, invoice: invoice, holdings: map[string]*holding{}}}
}

// Customer compares one customer's rows. What it gives is not used again.
func (of *Matcher) Customer(c *Customer) (*Result, error) {
	m := &of.work
	m.begin(c)
	if err := m.load(); err != nil {
		return nil, err
	}
	for _, id := range m.keys {
		h := m.holdings[id]
		if !m.long && m.agrees(h) {
			continue
		}
		if err := m.prepare(h); err != nil {
			return nil, err
		}
		if err := m.match(h); err != nil {
			return nil, err
		}
	}
	if err := m.byProduct(m.keys); err != nil {
		return nil, err
	}
	for _, id := range m.keys {
		if err := m.leftovers(m.holdings[id]); err != nil {
			return nil, err
		}
	}
	for _, id := range m.keys {
		m.strayed(m.holdings[id])
		if err := m.bill(m.holdings[id]); err != nil {
			return nil, err
		}
	}
	return m.result, nil
}

// matching is the work on one customer.
type matching struct {
	customer *Customer
	rules    Rules
	invoice  Invoice
	result   *Result
	holdings map[string]*holding
	// keys are the holdings in order.
	keys []string
	// long leaves the short path out, for whoever compares the two.
	long bool

	// all are holdings that were worked on before, free those of them that can be used again.
	all, free []*holding
	// slab is where the charges of the short path are kept.
	slab []Charge
	desk desk
}

// holding is the work on one subscription at the provider.
type holding struct {
	id string
	// story is the one that counts, of stories.
	story   *Story
	stories []*Story
	// why says why nothing could be expected.
	why    string
	rows   []item
	others []item
	// due are the charges of the invoice's period, near those before and after it.
	due, near []slot
	billed    []*Billed
	// own are the lines that bill a row as it stands, by the row.
	own map[string][]Billed
}

func (m *matching) begin(c *Customer) {
	clear(m.holdings)
	m.keys, m.free = m.keys[:0], append(m.free[:0], m.all...)
	m.customer = c
	m.result = &Result{Customer: c.ID, Rows: len(c.Rows), Matches: make([]Match, 0, len(c.Rows)), Margins: make([]RowMargin, 0, len(c.Rows))}
	m.slab = nil
}

func (m *matching) holding(id string) *holding {
	if h := m.holdings[id]; h != nil {
		return h
	}
	var h *holding
	if last := len(m.free) - 1; last >= 0 {
		h, m.free = m.free[last], m.free[:last]
		*h = holding{id: id, stories: h.stories[:0], rows: h.rows[:0], others: h.others[:0], due: h.due[:0], near: h.near[:0], billed: h.billed[:0]}
	} else {
		h = &holding{id: id}
		m.all = append(m.all, h)
	}
	m.holdings[id] = h
	m.keys = append(m.keys, id)
	return h
}

// load gives each holding what is known of it.
func (m *matching) load() error {
	c := m.customer
	for i := range c.Rows {
		row := &c.Rows[i]
		if row.Currency != m.invoice.Currency {
			return &MixedCurrencyError{Row: row.ID, Holding: row.Holding, Want: m.invoice.Currency, Got: row.Currency}
		}
		h := m.holding(row.Holding)
		h.rows = append(h.rows, m.item(row, i))
		m.result.Provider = m.result.Provider.Add(h.rows[len(h.rows)-1].amount)
	}
	for i := range c.Others {
		h := m.holding(c.Others[i].Holding)
		h.others = append(h.others, m.item(&c.Others[i], nowhere))
	}
	for i := range c.Billed {
		line := &c.Billed[i]
		h := m.holding(line.Holding)
		if line.Row == "" {
			h.billed = append(h.billed, line)
			continue
		}
		if h.own == nil {
			h.own = map[string][]Billed{}
		}
		h.own[line.Row] = append(h.own[line.Row], *line)
	}
	for i := range c.Stories {
		story := &c.Stories[i]
		if story.Currency != m.invoice.Currency {
			return &MixedCurrencyError{Holding: story.Holding, Want: m.invoice.Currency, Got: story.Currency}
		}
		h := m.holding(story.Holding)
		h.story, h.stories = story, append(h.stories, story)
	}
	slices.Sort(m.keys)
	return nil
}

func (m *matching) item(row *Row, at int) item {
	return item{row: row, at: at, facts: facts{
		sku: row.SKU, reference: row.Reference, seats: row.Quantity, kind: row.Type, credit: row.credit(), period: row.Period, amount: plain(row.Cost, m.invoice.Currency),
	}}
}

// prepare finds all that may be charged for a holding, near the invoice too.
func (m *matching) prepare(h *holding) error {
	for _, story := range h.stories {
		if err := m.expect(h, story); err != nil {
			return err
		}
	}
	sortItems(h.rows)
	sortItems(h.others)
	sortSlots(h.due)
	sortSlots(h.near)
	return nil
}

func (m *matching) expect(h *holding, story *Story) error {
	charges, err := Expect(story, m.rules, around(m.invoice))
	var impossible *StoryError
	if errors.As(err, &impossible) {
		h.why = err.Error()
		return nil
	}
	if err != nil {
		return err
	}
	for i := range charges {
		s := slotOf(&charges[i])
		if m.invoice.Period.Contains(s.charge.On) {
			h.due = append(h.due, s)
			m.result.Expected = m.result.Expected.Add(s.amount)
		} else {
			h.near = append(h.near, s)
		}
	}
	return nil
}

func slotOf(c *Charge) slot {
	return slot{charge: c, facts: facts{
		sku: c.SKU, reference: c.Reference, seats: c.Quantity, kind: c.Type, credit: c.Credit, period: c.Period, amount: decimalOf(c.Subtotal),
	}}
}

func sortItems(list []item) {
	sortFacts(list, factsOfItem, func(a, b *item) int { return cmp.Compare(a.row.ID, b.row.ID) })
}

func sortSlots(list []slot) {
	sortFacts(list, factsOfSlot, func(a, b *slot) int { return cmp.Compare(a.charge.Event, b.charge.Event) })
}

func factsOfItem(it *item) *facts { return &it.facts }
func factsOfSlot(s *slot) *facts  { return &s.facts }

// match goes through the passes, the strictest first.
func (m *matching) match(h *holding) error {
	if h.story != nil && h.story.Metered {
		return m.metered(h)
	}
	h.signFree()
	var err error
	pass := func(p Pass, by func(*facts) (key, bool), overlapping bool) {
		pairs(h.rows, h.due, factsOfItem, factsOfSlot, by, overlapping, func(it *item, s *slot) {
			err = cmp.Or(err, m.pair(it, s, p, false))
		})
	}
	pass(PassReference, byReference, false)
	pass(PassExact, byAll, false)
	err = cmp.Or(err, m.parts(h))
	pass(PassSame, bySame, false)
	pass(PassReference, byReferenceAlone, false)
	err = cmp.Or(err, m.otherInvoices(h))
	m.doubled(h)
	pass(PassUntyped, byUntyped, false)
	err = cmp.Or(err, m.netted(h))
	m.rebilled(h)
	pass(PassDays, byDays, false)
	pass(PassSeats, bySeats, true)
	pass(PassType, byType, true)
	return err
}

// pair notes that a row is a charge, and takes their difference apart. The whole
// of an early or late row is a matter of timing.
func (m *matching) pair(it *item, s *slot, pass Pass, elsewhere bool) error {
	it.done, s.done = true, true
	m.result.Matches = append(m.result.Matches, Match{Row: it.row.ID, At: it.at, Charge: s.charge, Pass: pass})
	if elsewhere {
		m.find(it, s, Timing, s.amount, m.meets(s.charge.On), fmt.Sprintf("it is for %s, a transaction of %s, which belongs on another invoice", days(s.period), s.charge.On))
	}
	parts, err := m.rules.parts(it, s, m.invoice.Currency)
	for _, p := range parts {
		m.find(it, s, p.cause, p.amount, calendar.Period{}, p.sentence)
	}
	return err
}

// meets is the month that a day is invoiced with.
func (m *matching) meets(on calendar.Date) calendar.Period {
	year, month, _ := on.Civil()
	first, err := calendar.NewDate(year, month, 1)
	if err != nil {
		return calendar.Period{}
	}
	return calendar.Period{From: first, To: first.AddMonths(1)}
}

func (m *matching) find(it *item, s *slot, cause Cause, amount money.Decimal, meets calendar.Period, sentence string) {
	f := Finding{At: nowhere, Cause: cause, Amount: amount, Customer: m.customer.ID, Meets: meets, Sentence: sentence}
	switch {
	case it != nil:
		row := it.row
		f.Holding, f.SKU, f.Row, f.At, f.Type, f.On, f.Period = row.Holding, row.SKU, row.ID, it.at, row.Type, row.On, row.Period
	case s != nil:
		c := s.charge
		f.Holding, f.SKU, f.Type, f.On, f.Period = c.Holding, c.SKU, c.Type, c.On, c.Period
	}
	m.result.Findings = append(m.result.Findings, f)
}

// parts finds one charge that the provider wrote as several rows, one for each
// product in a suite: the same days, seats and type, and the amounts add up.
func (m *matching) parts(h *holding) error {
	groups := map[key][]*item{}
	for i := range h.rows {
		if it := &h.rows[i]; !it.done {
			k, _ := bySame(&it.facts)
			groups[k] = append(groups[k], it)
		}
	}
	for i := range h.due {
		s := &h.due[i]
		k, _ := bySame(&s.facts)
		group := groups[k]
		if s.done || len(group) < 2 || s.charge.Why != "" {
			continue
		}
		var sum money.Decimal
		products := map[string]bool{}
		for _, it := range group {
			sum = sum.Add(it.amount)
			products[it.sku] = true
		}
		if len(products) != len(group) || !within(sum.Sub(s.amount), tolerance(s.charge.Quantity, len(group), m.invoice.Currency)) {
			continue
		}
		delete(groups, k)
		s.done = true
		for _, it := range group {
			it.done = true
			m.result.Matches = append(m.result.Matches, Match{Row: it.row.ID, At: it.at, Charge: s.charge, Pass: PassParts})
		}
		m.round(group[0], s, sum.Sub(s.amount))
	}
	return nil
}

func (m *matching) round(it *item, s *slot, difference money.Decimal) {
	if !difference.IsZero() {
		m.find(it, s, Rounding, difference, calendar.Period{}, "the parts add up to "+difference.String()+" more than the whole, within the tolerance of rounding")
	}
}

// otherInvoices finds what is a matter of timing: a row whose charge belongs to
// another invoice, and a charge whose row stands on another.
func (m *matching) otherInvoices(h *holding) error {
	var err error
	settle := func(by func(*facts) (key, bool)) {
		pairs(h.others, h.near, factsOfItem, factsOfSlot, by, false, func(*item, *slot) {})
	}
	settle(byReference)
	settle(byAll)
	settle(bySame)
	for _, by := range []func(*facts) (key, bool){byReference, byAll, bySame} {
		pairs(h.rows, h.near, factsOfItem, factsOfSlot, by, false, func(it *item, s *slot) {
			err = cmp.Or(err, m.pair(it, s, PassOther, true))
		})
		pairs(h.others, h.due, factsOfItem, factsOfSlot, by, false, func(it *item, s *slot) {
			m.find(nil, s, Timing, s.amount.Neg(), m.meets(it.row.On), fmt.Sprintf("%s %s for %s stands on invoice %s", s.kind, s.amount, days(s.period), it.row.Invoice))
		})
	}
	return err
}

// netted compares what is left of the same days as sums: changes of one day may
// come as one.
func (m *matching) netted(h *holding) error {
	type net struct {
		rows  []*item
		slots []*slot
		sum   money.Decimal
		seats money.Decimal
	}
	nets := map[calendar.Period]*net{}
	of := func(p calendar.Period) *net {
		if nets[p] == nil {
			nets[p] = &net{}
		}
		return nets[p]
	}
	for i := range h.rows {
		if it := &h.rows[i]; !it.done {
			n := of(it.period)
			n.rows, n.sum, n.seats = append(n.rows, it), n.sum.Add(it.amount), n.seats.Add(signed(it.row.Quantity, it.credit))
		}
	}
	for i := range h.due {
		if s := &h.due[i]; !s.done {
			n := of(s.period)
			n.slots, n.sum, n.seats = append(n.slots, s), n.sum.Sub(s.amount), n.seats.Sub(signed(s.charge.Quantity, s.credit))
		}
	}
	// In the order of charges, so that the same findings come in the same order.
	for i := range h.due {
		n := nets[h.due[i].period]
		if h.due[i].done || n == nil || len(n.slots)+len(n.rows) < 2 || !n.seats.IsZero() || unpriced(n.slots) {
			continue
		}
		if !within(n.sum, tolerance(largest(n.slots), len(n.slots)+len(n.rows), m.invoice.Currency)) {
			continue
		}
		m.net(n.rows, n.slots)
		var at *item
		if len(n.rows) > 0 {
			at = n.rows[0]
		}
		m.round(at, n.slots[0], n.sum)
	}
	return nil
}

func (m *matching) net(rows []*item, slots []*slot) {
	for _, s := range slots {
		s.done = true
	}
	for _, it := range rows {
		it.done = true
		m.result.Matches = append(m.result.Matches, Match{Row: it.row.ID, At: it.at, Charge: slots[0].charge, Pass: PassNet})
	}
}

func unpriced(slots []*slot) bool {
	return slices.ContainsFunc(slots, func(s *slot) bool { return s.charge.Why != "" })
}

func largest(slots []*slot) (most money.Decimal) {
	for _, s := range slots {
		if s.charge.Quantity.Cmp(most) > 0 {
			most = s.charge.Quantity
		}
	}
	return most
}

func signed(quantity money.Decimal, credit bool) money.Decimal {
	if credit {
		return quantity.Neg()
	}
	return quantity
}

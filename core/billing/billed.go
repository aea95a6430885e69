package billing

import (
	"slices"

	"prorata/core/calendar"
	"prorata/core/money"
)

// billedSum is what the issued invoices say of one line, adjustments included.
// Its fields are those of the first of them but for the sums.
type billedSum struct {
	BilledLine
	matched bool
}

// sumsOf is where a line's sum is kept: with its subscription, or with the items.
func (w *work) sumsOf(id SubscriptionID) *[]billedSum {
	if sub := w.find(id); sub != nil {
		return &sub.billed
	}
	return &w.items
}

// bill adds a billed line to its sum, and to the marks of its subscription.
func (w *work) bill(line *BilledLine) {
	sums := w.sumsOf(line.Key.Subscription)
	for i := len(*sums) - 1; i >= 0; i-- {
		if sum := &(*sums)[i]; sum.Key == line.Key {
			sum.Quantity = sum.Quantity.Add(line.Quantity)
			sum.Gross, sum.Discount, sum.Amount = sum.Gross.Add(line.Gross), sum.Discount.Add(line.Discount), sum.Amount.Add(line.Amount)
			sum.InvoicedOn = calendar.Earliest(sum.InvoicedOn, line.InvoicedOn)
			return
		}
	}
	*sums = append(*sums, billedSum{BilledLine: *line})
}

// billLine bills a line of the draft in hand.
func (w *work) billLine(line *Line) {
	billed := line.billed(w.day.date)
	if w.voided < len(w.book.Voided) {
		w.raw = append(w.raw, billed)
	}
	w.bill(&billed)
	if sub := w.find(line.Key.Subscription); sub != nil {
		sub.noteBilled(w.contract.Stick, line.Key.Day, w.day.date)
	}
}

// unbill takes the lines of a voided invoice out of what is billed.
func (w *work) unbill(date calendar.Date) {
	kept := w.raw[:0]
	for _, line := range w.raw {
		if line.InvoicedOn != date {
			kept = append(kept, line)
		}
	}
	w.raw = kept
	w.items = w.items[:0]
	subs := w.subsOf(w)
	for i := range subs {
		subs[i].billed = subs[i].billed[:0]
		subs[i].mark = Mark{Subscription: subs[i].s.ID}
	}
	for i := range w.raw {
		w.bill(&w.raw[i])
	}
	for i := range w.raw {
		if sub := w.find(w.raw[i].Key.Subscription); sub != nil {
			sub.noteBilled(w.contract.Stick, w.raw[i].Key.Day, w.raw[i].InvoicedOn)
		}
	}
}

// sum is what is billed of a line, or nil.
func (sub *subscriptionWork) sum(key LineKey) *billedSum {
	for i := len(sub.billed) - 1; i >= 0; i-- {
		if sub.billed[i].Key == key {
			return &sub.billed[i]
		}
	}
	return nil
}

// noteBilled remembers when a subscription and its term were billed first.
func (sub *subscriptionWork) noteBilled(stick bool, day, invoicedOn calendar.Date) {
	m := &sub.mark
	m.FirstBilledOn = calendar.Earliest(m.FirstBilledOn, invoicedOn)
	if sub.s.TermMonths == 0 {
		return
	}
	lock := Lock{On: sub.termOf(stick, day), BilledOn: invoicedOn}
	if !slices.ContainsFunc(m.Locks, func(known Lock) bool { return known.On == lock.On }) {
		// Its lock may have been dropped when it was settled; its lines tell.
		lock.BilledOn = calendar.Earliest(invoicedOn, sub.linesBilledOn(lock.On, true, stick))
	}
	sub.noteLock(lock)
}

// noteLock remembers the first invoice of a term.
func (sub *subscriptionWork) noteLock(lock Lock) {
	m := &sub.mark
	at := len(m.Locks)
	for at > 0 && m.Locks[at-1].On.After(lock.On) {
		at--
	}
	if at > 0 && m.Locks[at-1].On == lock.On {
		if known := &m.Locks[at-1]; !known.BilledOn.Before(lock.BilledOn) {
			known.Silent = lock.Silent && (known.Silent || lock.BilledOn.Before(known.BilledOn))
			known.BilledOn = lock.BilledOn
		}
		return
	}
	m.Locks = append(m.Locks, Lock{})
	copy(m.Locks[at+1:], m.Locks[at:])
	m.Locks[at] = lock
}

// startOn is the first day of the subscription as its start entry has it.
func (s *Subscription) startOn() calendar.Date {
	if len(s.Entries) == 0 {
		return calendar.Date{}
	}
	e := &s.Entries[0]
	if e.Waiting {
		return calendar.Latest(e.EffectiveOn, e.ReleasedOn)
	}
	return e.EffectiveOn
}

// cotermEnd is the end of a shortened first term. It is nothing to a subscription
// that is released from credit hold after it.
func (s *Subscription) cotermEnd() calendar.Date {
	if s.Ends.IsZero() || !s.Ends.After(s.startOn()) {
		return calendar.Date{}
	}
	return s.Ends
}

// termOf is the first day of the term that holds a day.
func (sub *subscriptionWork) termOf(stick bool, day calendar.Date) calendar.Date {
	if !sub.term.Contains(day) {
		sub.term.From, sub.term.To = sub.s.termAround(stick, day)
	}
	return sub.term.From
}

// termAround is the term that holds a day, counted from the first start.
func (s *Subscription) termAround(stick bool, day calendar.Date) (from, to calendar.Date) {
	start := s.startOn()
	ends := s.cotermEnd()
	if ends.IsZero() {
		cycle := calendar.Cycle{Anchor: start, Months: s.TermMonths, Stick: stick}
		term := cycle.Period(cycle.Index(day))
		return term.From, term.To
	}
	if day.Before(ends) {
		return start, ends
	}
	cycle := calendar.Cycle{Anchor: ends, Months: s.TermMonths, Stick: stick}
	term := cycle.Period(cycle.Index(day))
	return term.From, term.To
}

// lockBilledOn is the date of the invoice that first billed the term, or without
// a term the period; no day where none did.
func (sub *subscriptionWork) lockBilledOn(term calendar.Date, sp span, stick bool) calendar.Date {
	on := lockedOn(term, sp)
	for _, lock := range sub.mark.Locks {
		if lock.On == on {
			return lock.BilledOn
		}
	}
	return sub.linesBilledOn(on, !term.IsZero(), stick)
}

// linesBilledOn is the date of the first invoice with a line of the term, or of
// the period, that begins on a day.
func (sub *subscriptionWork) linesBilledOn(on calendar.Date, term, stick bool) (first calendar.Date) {
	for i := range sub.billed {
		sum := &sub.billed[i]
		if (!term && sum.Key.Period == on) || (term && sub.termOf(stick, sum.Key.Day) == on) {
			first = calendar.Earliest(first, sum.InvoicedOn)
		}
	}
	return first
}

// lockedOn is the first day of what a price is locked for: the term, or without
// one the period.
func lockedOn(term calendar.Date, sp span) calendar.Date {
	if term.IsZero() {
		return sp.whole.From
	}
	return term
}

// asLine turns a sum into the adjustment that takes all of it back.
func (sum *billedSum) asLine() Line {
	return Line{
		Key: sum.Key, Kind: LineAdjustment, Subscription: sum.Subscription, SKU: sum.SKU, From: sum.From, To: sum.To, PeriodTo: sum.PeriodTo,
		Quantity: sum.Quantity.Neg(), UnitPrice: sum.UnitPrice, Priced: sum.Priced,
		Gross: sum.Gross.Neg(), Discount: sum.Discount.Neg(), Amount: sum.Amount.Neg(), Tax: sum.Tax, TaxIncluded: sum.TaxIncluded,
	}
}

// adjust makes the difference between what a line is owed and what is billed of
// it: rounded owed less rounded billed, in quantity too (BILLING §1).
func (sum *billedSum) adjust(quantity money.Decimal, gross, amount money.Amount) Line {
	line := sum.asLine()
	line.Quantity = quantity.Sub(sum.Quantity)
	line.Gross = gross.Sub(sum.Gross)
	line.Amount = amount.Sub(sum.Amount)
	line.Discount = line.Gross.Sub(line.Amount)
	return line
}

// Billed are the lines of a draft as billing looks back on them once it is issued.
func Billed(d *Draft) []BilledLine {
	billed := make([]BilledLine, len(d.Lines))
	for i := range d.Lines {
		billed[i] = d.Lines[i].billed(d.Date)
	}
	return billed
}

func (l *Line) billed(on calendar.Date) BilledLine {
	return BilledLine{
		Key: l.Key, Kind: l.Kind, Subscription: l.Subscription, SKU: l.SKU, From: l.From, To: l.To, PeriodTo: l.PeriodTo,
		Quantity: l.Quantity, UnitPrice: l.UnitPrice, Priced: l.Priced, Gross: l.Gross, Discount: l.Discount, Amount: l.Amount,
		Tax: l.Tax, TaxIncluded: l.TaxIncluded, InvoicedOn: on,
	}
}

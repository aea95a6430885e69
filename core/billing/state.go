package billing

import (
	"prorata/core/calendar"
	"prorata/core/money"
)

// State is a subscription as it is recorded for one day, with what is to become
// of it at its renewal.
type State struct {
	// Exists is false where the start is void or waits; all else is then nothing.
	Exists bool
	// Start is the first day.
	Start calendar.Date
	// Runs says that the day is one of the subscription's: it has started and was
	// neither cancelled nor ended. Suspended blocks the service alone.
	Runs, Suspended bool
	Quantity        money.Decimal
	// HasPrice says that it has a price of its own.
	HasPrice bool
	// CancelledFrom is the first day without it, where it was cancelled, now or for later.
	CancelledFrom calendar.Date
	// Term is the one that holds the day; no days without a term.
	Term calendar.Period
	// Renews says whether another term follows, Next with how many seats where that
	// is scheduled (HasNext).
	Renews, HasNext bool
	Next            money.Decimal
}

// NextQuantity is the seats that the next term opens with: none where none follows.
func (s *State) NextQuantity() money.Decimal {
	switch {
	case !s.Runs || !s.Renews || !s.CancelledFrom.IsZero():
		return money.Decimal{}
	case s.HasNext:
		return s.Next
	}
	return s.Quantity
}

// StateOn is the state of a subscription on a day, by all that is recorded.
func StateOn(c *Contract, s *Subscription, day calendar.Date) State {
	var b builder
	t := b.build(c, s, forever(), day.AddDays(1), nil, nil)
	if !t.exists {
		return State{}
	}
	p := t.points[t.indexOn(day)]
	state := State{
		Exists: true, Start: t.start, Quantity: p.seats, HasPrice: p.hasPrice, Suspended: p.suspended,
		Runs: !day.Before(t.start) && !p.cancelled && (t.end.IsZero() || day.Before(t.end)),
	}
	if last := t.last(); last.cancelled {
		state.CancelledFrom = last.day
	}
	if s.TermMonths > 0 && !day.Before(t.start) {
		state.Term.From, state.Term.To = s.termAround(c.Stick, day)
		state.renewal(factsKnown(nil, s.Entries, forever(), nil))
	}
	return state
}

// renewal reads what is scheduled: what was recorded by the term's first day has
// applied, what is for after its end has not come.
func (s *State) renewal(facts []fact) {
	s.Renews = true
	for _, f := range facts {
		switch f.entry.Verb {
		case Subscribe:
			s.Renews = !f.entry.HasAutoRenew || f.entry.AutoRenew
		case ScheduleChange:
			comes := calendar.Latest(f.on, f.known)
			if comes.After(s.Term.To) {
				continue
			}
			if f.entry.HasAutoRenew {
				s.Renews = f.entry.AutoRenew
			}
			if f.entry.HasQuantity && (comes.After(s.Term.From) || s.Term.From == s.Start) {
				s.Next, s.HasNext = f.entry.Quantity, true
			}
		case SetQuantity, SetPrice, Cancel, Suspend, Resume:
		}
	}
}

// Offer is what a purchase costs by the lists of a contract, or by the
// subscription's own price.
type Offer struct {
	// Price is the unit price as it is quoted, for UnitMonths months.
	Price      money.Decimal
	UnitMonths int
	// Full is the exact price of the quantity for one whole billing period, before
	// discounts, in the contract's currency.
	Full money.Ratio
	// List is the price list, or own.
	List string
}

// OfferOn is what a quantity of a subscription costs for one billing period with
// its price locked on a day, by what was known on another (no day: by all that is
// recorded). It returns *MissingPrice or *MissingRate where there is none.
func (p *Planner) OfferOn(book *Book, s *Subscription, quantity money.Decimal, lock, known calendar.Date) (Offer, error) {
	if known.IsZero() {
		known = forever()
	}
	w := &work{Planner: p, book: book, contract: &book.Contract, lists: listsKey(book.Lists)}
	months := s.Billing.Months
	if book.Contract.Schedule == Aligned {
		months = book.Contract.Frequency.Months
	}
	state := StateOn(&book.Contract, s, lock)
	if state.Exists && state.HasPrice {
		var b builder
		t := b.build(&book.Contract, s, forever(), lock.AddDays(1), nil, nil)
		return ownQuote(t.points[t.indexOn(lock)].price, s.PriceUnit, book.Contract.Currency).offer(quantity, months), nil
	}
	q, err := w.lookUp(s.ID, sought{
		sku: s.SKU, currency: book.Contract.Currency, termMonths: s.TermMonths, unitMonths: months, on: lock, known: known, rateOn: lock,
	})
	if err != nil {
		return Offer{}, err
	}
	return q.offer(quantity, months), nil
}

func (q *quote) offer(quantity money.Decimal, months int) Offer {
	return Offer{Price: q.show, UnitMonths: q.unitMonths, Full: q.full(quantity.Ratio(), months), List: q.source}
}

// CostOn is the row of a list with what the provider asks for a purchase on a
// day: in that currency rather than another, for that very term and billing unit
// rather than for any.
func (c *Catalog) CostOn(list, sku string, currency money.Currency, termMonths, unitMonths int, on calendar.Date) (PriceRow, bool) {
	s := sought{sku: sku, currency: currency, termMonths: termMonths, unitMonths: unitMonths, on: on, known: forever()}
	row := bestRow(s, list, c.Prices[sku], func(r *PriceRow) bool { return r.HasCost && r.Unit.Months > 0 })
	if row == nil {
		return PriceRow{}, false
	}
	return *row, true
}

// AskedOn is what a price row asks for one unit on a day, in its own currency: its price,
// or what its rule makes of the provider's. priced is false for tiers, which ask by the
// quantity. It returns *MissingPrice where the provider's price is not known.
func (c *Catalog) AskedOn(row *PriceRow, on calendar.Date) (price money.Decimal, priced bool, err error) {
	s := sought{sku: row.SKU, currency: row.Currency, termMonths: row.TermMonths, unitMonths: row.Unit.Months, on: on, known: forever(), rateOn: on}
	q, err := c.quoteRow(s, row, c.Prices[row.SKU])
	if err != nil {
		return price, false, err
	}
	return q.show, q.shown, nil
}

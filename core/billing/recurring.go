package billing

import (
	"errors"

	"prorata/core/calendar"
	"prorata/core/money"
)

// Recurring is what a subscription brings in a month, as it stands on one day: the
// price of its seats for one month, in the contract's currency, after discounts and
// without a tax that the price includes.
//
// A period of many months counts with its part of a month, so that a year paid at
// once and a year paid by the month are alike. Discounts are those of the period that
// holds the day, as it is billed. What is metered or sold once does not recur, and
// children of a bundle are in their parent's price. A suspended subscription counts
// as the contract bills it (BILLING §6), and a trial as what it costs: nothing.
type Recurring struct {
	// Runs says that the day is one of the subscription's.
	Runs bool
	// Seats are those that count for money.
	Seats money.Decimal
	// Monthly is exact; it is rounded by whoever adds it to others.
	Monthly money.Ratio
	// Missing is a *MissingPrice or *MissingRate: it runs, and nobody knows at what price.
	Missing error

	quote                  *quote
	subscription, contract *Discount
	// from is the first day of the period, lowest the fewest seats since the term began.
	from    calendar.Date
	lowest  money.Decimal
	initial bool
	// net takes an included tax out.
	net money.Ratio
}

// At is what other seats would bring in a month at the same price and discounts.
func (r *Recurring) At(seats money.Decimal) money.Ratio {
	if r.quote == nil || seats.IsZero() {
		return money.Ratio{}
	}
	full := r.quote.full(seats.Ratio(), 1)
	var covered money.Ratio
	if r.initial {
		covered = full.Mul(money.Min(seats.Ratio(), r.lowest.Ratio())).Div(seats.Ratio())
	}
	return net(r.subscription, r.contract, r.from, full, covered).Mul(r.net)
}

// RecurringOn is what a subscription brings in a month on some days, in order and by
// all that is recorded today: what was recorded late counts from its own day. A price
// is that with which the term, or without one the period, was billed first; where it
// was not, the one that was known on the day. Each day's is appended to those given.
func (p *Planner) RecurringOn(book *Book, s *Subscription, days []calendar.Date, to []Recurring) []Recurring {
	if s.Kind == Usage || s.Kind == OneTime || s.Parent != "" || len(days) == 0 {
		return append(to, make([]Recurring, len(days))...)
	}
	w := &work{Planner: p, book: book, contract: &book.Contract, lists: listsKey(book.Lists)}
	sub := &subscriptionWork{s: s}
	for _, mark := range book.Cursor.Marks {
		if mark.Subscription == s.ID {
			sub.mark = mark
		}
	}
	t := p.builder.build(w.contract, s, forever(), days[len(days)-1].AddDays(1), nil, nil)
	for _, day := range days {
		w.day = invoiceDay{date: day, horizon: day, unmoved: day}
		to = append(to, w.recurring(sub, &t, day))
	}
	return to
}

func (w *work) recurring(sub *subscriptionWork, t *timeline, day calendar.Date) Recurring {
	c := w.contract
	if !t.exists || day.Before(calendar.Latest(t.start, c.Start)) || (!t.end.IsZero() && !day.Before(t.end)) {
		return Recurring{}
	}
	i := t.indexOn(day)
	at := &t.points[i]
	if at.cancelled {
		return Recurring{}
	}
	sp := w.spanAt(sub, t, day)
	r := Recurring{Runs: true, Seats: at.billedSeats(c.SuspendedFree), subscription: &sub.s.Discount, contract: &c.Discount, from: sp.covered.From,
		initial: w.hasInitial(sub.s), net: w.netOf(sub.s.Tax)}
	if r.initial {
		k := walker{}
		k.trackLowest(t, i)
		r.lowest = k.lowest
	}
	if r.Seats.IsZero() {
		return r
	}
	if r.quote, r.Missing = w.recurringQuote(sub, at, sp, day); r.Missing != nil {
		r.quote = nil
		return r
	}
	if !r.quote.taxIncluded {
		r.net = money.One()
	}
	r.Monthly = r.At(r.Seats)
	return r
}

// netOf is the part of a price with tax that is not the tax.
func (w *work) netOf(name string) money.Ratio {
	tax := w.catalog.Taxes[name]
	if tax.Category != Standard {
		return money.One()
	}
	return money.Whole(100).Div(money.Whole(100).Add(tax.Percent.Ratio()))
}

// recurringQuote is the price of a period; where a mirror contract has none of its
// own, the provider's last row tells what a seat is sold at.
func (w *work) recurringQuote(sub *subscriptionWork, at *point, sp span, day calendar.Date) (*quote, error) {
	mirror := w.contract.Schedule == Mirror
	if mirror {
		sp.cycle.Months = sub.s.Billing.Months
	}
	lock := at.term
	if lock.IsZero() {
		lock = sp.covered.From
	}
	q, err := w.quoteOf(sub, at, lock, day, sp)
	var missing *MissingPrice
	if mirror && errors.As(err, &missing) && missing.Why == "" {
		return w.rowQuote(sub, day, err)
	}
	return q, err
}

// rowQuote is what a seat is sold at for one of the provider's cycles, by the last row
// that charges for it on or before a day.
func (w *work) rowQuote(sub *subscriptionWork, day calendar.Date, missing error) (*quote, error) {
	w.day.date = forever()
	rows, _ := w.charges(sub)
	w.day.date = day
	var last *ProviderCharge
	for _, r := range rows {
		if r.Type != ChargeCredit && !r.gives() && r.Quantity.Sign() > 0 && !r.Period.Empty() && !r.Period.From.After(day) {
			last = r
		}
	}
	if last == nil {
		return nil, missing
	}
	price := last.Cost.Ratio().Mul(money.One().Add(sub.s.Markup.Ratio().Div(money.Whole(100)))).Div(last.Quantity.Ratio())
	whole := calendar.Period{From: cycleStart(rows, last), To: last.Period.To}
	price = price.Mul(money.Fraction(int64(whole.Days()), int64(last.Period.Days())))
	if currency := w.contract.Currency; !last.Currency.IsZero() && last.Currency != currency {
		rate, err := w.catalog.rateFor(last.Currency, currency, day, forever())
		if err != nil {
			return nil, err
		}
		price = price.Mul(rate.Rate.Ratio())
	}
	return &quote{price: price, unitMonths: sub.s.Billing.Months, source: "cost"}, nil
}

// RateOn is what one unit of a currency is worth in another on a day, by all that is
// recorded; false where no rate was recorded in that direction for the day or before.
func (c *Catalog) RateOn(from, to money.Currency, on calendar.Date) (money.Decimal, bool) {
	if from == to {
		return money.DecimalOf(1), true
	}
	rate, err := c.rateFor(from, to, on, forever())
	if err != nil {
		return money.Decimal{}, false
	}
	return rate.Rate, true
}

package billing

import (
	"errors"

	"prorata/core/calendar"
)

type quoteKey struct {
	lists string
	sought
}

// quoteOf is the price in force at a point, locked on a day, for the line of a
// span that begins on day.
func (w *work) quoteOf(sub *subscriptionWork, p *point, lock, day calendar.Date, sp span) (*quote, error) {
	if p.hasPrice {
		return ownQuote(p.price, sub.s.PriceUnit, w.contract.Currency), nil
	}
	s := sought{sku: sub.s.SKU, currency: w.contract.Currency, termMonths: sub.s.TermMonths, unitMonths: sp.cycle.Months, on: lock, known: w.day.date, rateOn: lock}
	if billed := sub.lockBilledOn(p.term, sp, w.contract.Stick); !billed.IsZero() {
		s.known = billed
	}
	if w.contract.RatePolicy == RateOfInvoice {
		s.rateOn = w.day.date
		if sum := sub.sum(LineKey{Subscription: sub.s.ID, Period: sp.whole.From, Day: day}); sum != nil {
			s.rateOn = sum.InvoicedOn
		}
	}
	return w.lookUp(sub.s.ID, s)
}

func (w *work) lookUp(id SubscriptionID, s sought) (*quote, error) {
	key := quoteKey{w.lists, s}
	if q, ok := w.quotes[key]; ok {
		return q, nil
	}
	q, err := w.catalog.quoteFor(s, w.book.Lists)
	if err != nil {
		var missing *MissingPrice
		if errors.As(err, &missing) {
			missing.Subscription = id
		}
		return nil, err
	}
	if len(w.quotes) >= quotesKept {
		clear(w.quotes)
	}
	w.quotes[key] = q
	return q, nil
}

// quotesKept bounds the memory of a planner over a large catalog.
const quotesKept = 4096

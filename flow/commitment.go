package flow

import (
	"prorata/core/billing"
	"prorata/core/calendar"
)

// Commitment is why a customer pays for a subscription until a day, whatever the
// customer does.
type Commitment uint8

// The commitments, the strongest first.
const (
	// CommittedNot: the contract lets the customer leave on any day, and credits what
	// is left.
	CommittedNot Commitment = iota
	// CommittedTerm: nobody leaves before the subscription's own term has ended.
	CommittedTerm
	// CommittedRows: the customer is billed the provider's rows as they stand, and so
	// is committed as long as we are.
	CommittedRows
	// CommittedPaid: the customer may leave, but gets nothing back of what is paid.
	CommittedPaid
	// CommittedWindow: seats were added so lately that they are still credited.
	CommittedWindow
	// CommittedEnd: the subscription was cancelled, or the contract ends.
	CommittedEnd
	// CommittedNobody: no subscription is billed.
	CommittedNobody
)

// String is the reason in a few words.
func (c Commitment) String() string {
	return [...]string{"may leave any day, credited", "by the term", "by the provider's rows", "by what is paid", "in the refund window", "ends", "nobody is billed"}[c]
}

// CommittedUntil is the first day on which a customer could be gone without paying
// for more, never before today, and why. A term binds where the contract does not
// let seats go inside it; where it does, what is paid and not credited does.
func CommittedUntil(c *billing.Contract, s *billing.Subscription, today, provider calendar.Date) (until calendar.Date, why Commitment) {
	state := billing.StateOn(c, s, today)
	if !state.Runs {
		return today, CommittedNobody
	}
	switch {
	case c.Schedule == billing.Mirror:
		until, why = provider, CommittedRows
	case !state.Term.Empty() && c.Reductions != billing.ReductionsAllowed:
		until, why = state.Term.To, CommittedTerm
	case c.Refunds.Policy == billing.RefundNone:
		until, why = PaidUntil(c, s, &state, today), CommittedPaid
	case c.Refunds.Policy == billing.RefundWithinDays:
		until, why = PaidUntil(c, s, &state, today), CommittedPaid
		if !addedOn(s, &state, today).AddDays(c.Refunds.Days).Before(today) {
			until, why = today, CommittedWindow
		}
	default:
		until, why = today, CommittedNot
	}
	for _, end := range []calendar.Date{state.CancelledFrom, c.End} {
		if !end.IsZero() && end.Before(until) {
			until, why = end, CommittedEnd
		}
	}
	return calendar.Latest(until, today), why
}

// PaidUntil is the first day after the period that is paid for.
func PaidUntil(c *billing.Contract, s *billing.Subscription, state *billing.State, today calendar.Date) calendar.Date {
	anchor, months := state.Start, s.Billing.Months
	if c.Schedule == billing.Aligned {
		anchor, months = c.Start, c.Frequency.Months
	}
	cycle := calendar.Cycle{Anchor: anchor, Months: months, Stick: c.Stick}
	return cycle.Period(cycle.Index(today)).To
}

// addedOn is the last day on which seats may have been added: the subscription's
// start or its term's, or a later change of seats.
func addedOn(s *billing.Subscription, state *billing.State, today calendar.Date) calendar.Date {
	last := state.Start
	if !state.Term.Empty() {
		last = calendar.Latest(last, state.Term.From)
	}
	standing(s, func(on calendar.Date, e *billing.Entry) {
		if e.Verb == billing.SetQuantity && !on.After(today) {
			last = calendar.Latest(last, on)
		}
	})
	return last
}

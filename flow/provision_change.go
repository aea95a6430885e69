package flow

import (
	"fmt"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// changeCase is all that decides what a fact asks of the provider of one holding.
type changeCase struct {
	before, after heldTotal
	// holding is as it was last seen, or nil.
	holding *Holding
	now     time.Time
	// day is the one on which the fact acts, midnight its first instant.
	day, today calendar.Date
	midnight   time.Time
	zone       *time.Location
}

// changeOf is the change that makes a holding what its subscriptions have become,
// and the instant from which it may be asked for; nil where nothing changes for
// the provider. Seats that the provider takes back no more are refused here, with
// the day on which they can be given up.
func changeOf(c *changeCase) (change *ProviderChange, at time.Time, err error) {
	change = &ProviderChange{}
	at = c.now
	if c.midnight.After(c.now) {
		at = c.midnight
	}
	ends := calendar.Date{}
	if c.holding != nil && c.holding.TermMonths > 0 && !c.holding.EndsAt.IsZero() {
		ends = dayOf(c.holding.EndsAt, c.zone)
	}
	asked := c.switches(change)
	switch order := c.after.seats.Cmp(c.before.seats); {
	case order > 0:
		change.Quantity, change.HasQuantity, asked = wholeSeats(c.after.seats), true, true
	case order < 0 && !ends.IsZero() && c.day == ends:
		// Given up with the term: that is its renewal, and can be asked for now.
		c.atRenewal(change)
		return change, c.now, nil
	case order < 0:
		if err := c.window(at, ends); err != nil {
			return nil, at, err
		}
		asked = true
		if c.after.seats.Sign() == 0 {
			*change = ProviderChange{Cancel: true}
			return change, at, nil
		}
		change.Quantity, change.HasQuantity = wholeSeats(c.after.seats), true
	}
	// A change of seats makes a provider forget what is scheduled: it is told again.
	if c.schedule(change) || asked {
		return change, at, nil
	}
	return nil, at, nil
}

// wholeSeats is a number of seats as a provider takes it.
func wholeSeats(seats money.Ratio) money.Decimal { return money.DecimalFrom(seats.Ceil(), 0, 0) }

// switches asks for suspension and renewal where they change for all together.
func (c *changeCase) switches(change *ProviderChange) (asked bool) {
	was := c.before.runs > 0 && c.before.suspended == c.before.runs
	is := c.after.runs > 0 && c.after.suspended == c.after.runs
	if c.before.runs > 0 && c.after.runs > 0 && was != is {
		change.Suspend, change.Resume, asked = is, was, true
	}
	if c.after.runs > 0 && c.after.renews != c.before.renews {
		change.AutoRenew, change.HasAutoRenew, asked = c.after.renews, true, true
	}
	return asked
}

// atRenewal asks for fewer seats, or none, from the next term on.
func (c *changeCase) atRenewal(change *ProviderChange) {
	*change = ProviderChange{}
	if c.after.seats.Sign() == 0 {
		change.HasAutoRenew = true
		return
	}
	change.Next = &HoldingNextTerm{Quantity: wholeSeats(c.after.seats), HasQuantity: true}
}

// schedule asks for what the next term opens with, where that has changed or
// would be forgotten.
func (c *changeCase) schedule(change *ProviderChange) (asked bool) {
	if !c.after.renews || c.after.runs == 0 {
		return false
	}
	switch {
	case c.after.scheduled && (!c.before.scheduled || c.after.next.Cmp(c.before.next) != 0 || change.HasQuantity):
		change.Next = &HoldingNextTerm{Quantity: wholeSeats(c.after.next), HasQuantity: true}
		return true
	case c.before.scheduled && !c.after.scheduled && !change.HasQuantity:
		change.NextNone = true
		return true
	}
	return false
}

// window refuses seats that the provider does not take back at an instant. Of a
// holding that was not seen, or that says nothing of a window, the provider judges.
func (c *changeCase) window(at time.Time, ends calendar.Date) error {
	h := c.holding
	if h == nil || ends.IsZero() || !c.day.Before(ends) {
		return nil
	}
	if h.CancellableUntil.IsZero() && len(h.Refunds) == 0 && len(h.Refundable) == 0 {
		return nil
	}
	given := c.before.seats.Sub(c.after.seats)
	if c.after.seats.Sign() == 0 && at.Before(cancellableUntil(h)) {
		return nil
	}
	var back money.Ratio
	for _, r := range h.Refundable {
		if at.Before(r.AllowedUntil) {
			back = back.Add(r.Quantity.Ratio())
		}
	}
	if c.after.seats.Sign() > 0 && given.Cmp(back) <= 0 {
		return nil
	}
	return &billing.Refusal{Code: "provider_window", Possible: ends, Sentence: fmt.Sprintf(
		"the provider takes back %s of the %s seats of %s on %s: it can be scheduled for renewal",
		money.DecimalFrom(back, 0, CostDigits), money.DecimalFrom(c.before.seats, 0, CostDigits), h.ID, c.day)}
}

// cancellableUntil is the last instant at which the provider lets a holding be
// cancelled inside its term.
func cancellableUntil(h *Holding) time.Time {
	until := h.CancellableUntil
	for _, r := range h.Refunds {
		if r.ExpiresAt.After(until) {
			until = r.ExpiresAt
		}
	}
	return until
}

// shows says whether a holding is as a change asked for.
func shows(change *ProviderChange, h *Holding) bool {
	switch {
	case change.Cancel:
		return gone(h)
	case change.Suspend && h.Status != HoldingSuspended, change.Resume && h.Status != HoldingActive:
		return false
	case change.HasQuantity && h.Quantity.Cmp(change.Quantity) != 0:
		return false
	case change.HasAutoRenew && h.AutoRenew != change.AutoRenew:
		return false
	case change.NextNone && nextOf(h).Cmp(h.Quantity) != 0:
		return false
	case change.Next != nil && change.Next.HasQuantity && nextOf(h).Cmp(change.Next.Quantity) != 0:
		return false
	}
	return true
}

package billing

import (
	"prorata/core/calendar"
	"prorata/core/money"
)

// Moment is what a subscription is from one day on, until the next moment.
type Moment struct {
	On       calendar.Date
	Quantity money.Decimal
	// Price is its own, where it has one; else that of the price lists counts.
	Price    money.Decimal
	HasPrice bool
	// Suspended blocks the service, Cancelled ends it.
	Suspended, Cancelled bool
	// Renewed says that a term begins on the day; Term is the first day of the one that
	// holds it, or no day.
	Renewed bool
	Term    calendar.Date
	// Entry is the Seq of the entry that made it, 0 where none did.
	Entry int64
}

// History is what a subscription was and will be, by all that is recorded: its
// moments in order from its start up to a day at least. ends is the first day
// after its last one, where its term, its contract or a cancellation gives that.
// There is none where the start is void or waits.
func History(c *Contract, s *Subscription, until calendar.Date) (moments []Moment, ends calendar.Date) {
	var b builder
	t := b.build(c, s, forever(), until, nil, nil)
	if !t.exists {
		return nil, calendar.Date{}
	}
	for i := range t.points {
		p := &t.points[i]
		moments = append(moments, Moment{On: p.day, Quantity: p.seats, Price: p.price, HasPrice: p.hasPrice, Suspended: p.suspended,
			Cancelled: p.cancelled, Renewed: p.why&causeRenewal != 0, Term: p.term, Entry: p.entry})
	}
	ends = t.end
	if last := t.last(); last.cancelled {
		ends = calendar.Earliest(ends, last.day)
	}
	return moments, ends
}

// PeriodOn is the whole billing period of a subscription that holds a day; the one
// it begins in, for a day before its start.
func PeriodOn(c *Contract, s *Subscription, day calendar.Date) calendar.Period {
	day = calendar.Latest(calendar.Latest(day, s.startOn()), c.Start)
	w := &work{Planner: NewPlanner(&Catalog{}), book: &Book{}, contract: c}
	sub := &subscriptionWork{s: s}
	t := w.builder.build(c, s, forever(), day.AddDays(1), nil, nil)
	if !t.exists {
		t.start = s.startOn()
	}
	return w.spanAt(sub, &t, day).whole
}

// Refundable is seats that are credited if they are given up in time.
type Refundable struct {
	Seats money.Decimal
	// AddedOn is the day on which they were added, Until the last day on which giving
	// them up is still credited.
	AddedOn, Until calendar.Date
}

// RefundableOn are the seats that a contract still credits on a day because they
// were added so lately, newest last: those of a contract that refunds within some
// days. Another either credits all that are given up, or none.
func RefundableOn(c *Contract, s *Subscription, day calendar.Date) (seats []Refundable) {
	if c.Refunds.Policy != RefundWithinDays {
		return nil
	}
	w := &work{Planner: NewPlanner(&Catalog{}), book: &Book{}, contract: c}
	t := w.builder.build(c, s, forever(), day.AddDays(1), nil, nil)
	if !t.exists || day.Before(t.start) {
		return nil
	}
	for _, b := range w.batchesOn(&subscriptionWork{s: s}, &t, day) {
		if until := b.day.AddDays(c.Refunds.Days); b.live.Sign() > 0 && !until.Before(day) {
			seats = append(seats, Refundable{Seats: money.DecimalFrom(b.live, 0, digitsMost), AddedOn: b.day, Until: until})
		}
	}
	return seats
}

package billing

import (
	"prorata/core/calendar"
	"prorata/core/money"
)

// batch is seats that were added on one day and can be given back with a credit
// within the contract's window (BILLING §5). Lapsed seats were given up without
// a credit: they are paid for until the period ends and may be taken again.
type batch struct {
	day          calendar.Date
	live, lapsed money.Ratio
}

// addSeats takes lapsed seats back into their old batches, those given up last
// first, and opens a batch for what goes beyond them.
func addSeats(batches []batch, seats money.Ratio, day calendar.Date) []batch {
	for i := range batches {
		b := &batches[i]
		back := money.Min(b.lapsed, seats)
		b.lapsed, b.live = b.lapsed.Sub(back), b.live.Add(back)
		seats = seats.Sub(back)
	}
	if seats.Sign() > 0 {
		batches = append(batches, batch{day: day, live: seats})
	}
	return batches
}

// giveUp takes seats off the newest batch first; those whose window of days is
// open on the day are refunded, the others lapse.
func giveUp(batches []batch, seats money.Ratio, day calendar.Date, window int) (refunded money.Ratio, left []batch) {
	for i := len(batches) - 1; i >= 0 && seats.Sign() > 0; i-- {
		b := &batches[i]
		taken := money.Min(b.live, seats)
		b.live, seats = b.live.Sub(taken), seats.Sub(taken)
		if b.day.DaysUntil(day) <= window {
			refunded = refunded.Add(taken)
		} else {
			b.lapsed = b.lapsed.Add(taken)
		}
	}
	return refunded, batches
}

// reopen makes all live seats those of a term that begins on the day.
func reopen(batches []batch, day calendar.Date) []batch {
	var live money.Ratio
	kept := batches[:0]
	for _, b := range batches {
		live = live.Add(b.live)
		if b.lapsed.Sign() > 0 {
			kept = append(kept, batch{day: b.day, lapsed: b.lapsed})
		}
	}
	return append(kept, batch{day: day, live: live})
}

// endPeriod forgets lapsed seats: the next period is paid at its own quantity.
func endPeriod(batches []batch) []batch {
	kept := batches[:0]
	for _, b := range batches {
		if b.live.Sign() > 0 {
			kept = append(kept, batch{day: b.day, live: b.live})
		}
	}
	return kept
}

// batchesOn replays the seats of a subscription from its start up to and with a
// day on which one of its spans opens.
func (w *work) batchesOn(sub *subscriptionWork, t *timeline, day calendar.Date) []batch {
	seats := t.points[0].billedSeats(w.contract.SuspendedFree)
	batches := []batch{{day: t.start, live: seats.Ratio()}}
	term := t.points[0].term
	period := w.spanAt(sub, t, calendar.Latest(t.start, w.contract.Start)).whole
	for i := 1; i < len(t.points) && !t.points[i].day.After(day); i++ {
		p := &t.points[i]
		if !p.day.Before(period.To) {
			batches = endPeriod(batches)
			period = w.spanAt(sub, t, p.day).whole
		}
		if p.term != term {
			term = p.term
			batches = reopen(batches, term)
		}
		now := p.billedSeats(w.contract.SuspendedFree)
		switch difference := now.Sub(seats).Ratio(); difference.Sign() {
		case 1:
			batches = addSeats(batches, difference, p.day)
		case -1:
			_, batches = giveUp(batches, difference.Neg(), p.day, w.contract.Refunds.Days)
		}
		seats = now
	}
	return endPeriod(batches)
}

package billing

import (
	"slices"

	"prorata/core/calendar"
)

// subscription puts on the draft what one recurring subscription is owed by the
// day and has not been billed.
func (w *work) subscription(sub *subscriptionWork) error {
	if sub.s.Kind == Usage || sub.s.Parent != "" {
		return nil
	}
	for i := range sub.billed {
		sub.billed[i].matched = false
	}
	if w.contract.Schedule == Mirror {
		return w.mirrored(sub)
	}
	sub.unbilled = sub.unbilled[:0]
	limit := sub.reach(w.limit())
	months := max(w.contract.Frequency.Months, sub.s.Billing.Months)
	until := limit.AddMonths(months).AddDays(clampMost)
	t := w.builder.build(w.contract, sub.s, w.day.date, until, sub.points, nil)
	sub.points = t.points
	var waiting []*Entry
	if t.exists {
		waiting = w.waitingEntries(sub, &t)
		if err := w.spans(sub, &t, waiting, limit, until); err != nil {
			return err
		}
	}
	return w.takeBack(sub, &t, waiting, until)
}

// reach extends a limit to the last period that is billed already.
func (sub *subscriptionWork) reach(limit calendar.Date) calendar.Date {
	for i := range sub.billed {
		limit = calendar.Latest(limit, sub.billed[i].Key.Day)
	}
	return limit
}

// limit is the last day on which a period may begin to be looked at.
func (w *work) limit() calendar.Date {
	if w.upcoming() {
		return calendar.Latest(w.day.horizon, w.day.next.AddDays(-1))
	}
	return w.day.horizon
}

func (w *work) upcoming() bool {
	return w.contract.Collect == Upcoming && w.day.regular && w.contract.Timing == Advance
}

func (w *work) spans(sub *subscriptionWork, t *timeline, waiting []*Entry, limit, until calendar.Date) error {
	stop := t.end
	if last := t.last(); last.cancelled {
		stop = calendar.Earliest(stop, last.day)
	}
	day := calendar.Latest(calendar.Latest(t.start, w.contract.Start), w.open)
	for !day.After(limit) {
		sp := w.spanAt(sub, t, day)
		if !sp.covered.Empty() && (w.contract.Timing == Advance || !sp.covered.To.After(w.day.horizon) || sub.hasBilled(sp.whole.From)) {
			var err error
			if w.lines, err = w.spanLines(sub, t, sp, w.lines[:0]); err != nil {
				return err
			}
			if err = w.choose(sub, sp, waiting, until); err != nil {
				return err
			}
		}
		day = sp.after(sub.s, w.contract.Schedule)
		if !stop.IsZero() && !day.Before(stop) {
			return nil
		}
	}
	return nil
}

func (sub *subscriptionWork) hasBilled(period calendar.Date) bool {
	for i := range sub.billed {
		if sub.billed[i].Key.Period == period {
			return true
		}
	}
	return false
}

// choose puts those lines of a span on the draft that are due and not billed,
// and the differences on those that are billed.
func (w *work) choose(sub *subscriptionWork, sp span, waiting []*Entry, until calendar.Date) error {
	baseBilled := true
	for i := range w.lines {
		line := &w.lines[i]
		if line.silent {
			w.noteSilent(sub, sp, line)
			continue
		}
		sum := sub.sum(LineKey{Subscription: sub.s.ID, Period: sp.whole.From, Day: line.day})
		if sum == nil {
			if line.kind == LineBase && !w.day.regular {
				baseBilled = false
				sub.unbilled = append(sub.unbilled, sp.whole.From)
			}
			w.chooseNew(sub, sp, line, baseBilled)
			continue
		}
		sum.matched = true
		if !w.day.regular && !baseBilled {
			continue
		}
		if late := lateFor(waiting, sum.InvoicedOn); len(late) > 0 {
			if err := w.chooseWithout(sub, sp, sum, late, until); err != nil {
				return err
			}
			continue
		}
		w.chooseDifference(sub, sp, sum, line)
	}
	return nil
}

// noteSilent locks the price of a term, or period, whose first line has come to
// nothing. It does not wait for renewal: there is nothing to be billed then.
func (w *work) noteSilent(sub *subscriptionWork, sp span, line *owedLine) {
	day := line.day
	if w.contract.Timing == Arrears {
		day = sp.covered.To
	}
	if w.day.regular && !day.After(w.day.horizon) && sub.lockBilledOn(line.term, sp, w.contract.Stick).IsZero() {
		sub.noteLock(Lock{On: lockedOn(line.term, sp), BilledOn: w.day.date, Silent: true})
	}
}

// owedOn is the day on which a line comes to be owed.
func (w *work) owedOn(sub *subscriptionWork, sp span, line *owedLine) calendar.Date {
	if w.contract.Timing == Arrears {
		return sp.covered.To
	}
	if line.kind == LineChange {
		return calendar.Latest(line.day, w.waitsUntil(sub, sp, line))
	}
	return line.day
}

// chooseNew takes a line that was never billed, if its day has come.
func (w *work) chooseNew(sub *subscriptionWork, sp span, line *owedLine, baseBilled bool) {
	owedOn := w.owedOn(sub, sp, line)
	if owedOn.After(line.day) && owedOn.After(w.day.horizon) && w.contract.Timing == Advance {
		w.pending = calendar.Earliest(w.pending, sp.whole.From)
	}
	due := !owedOn.After(w.day.horizon)
	if line.kind == LineBase && w.upcoming() && line.day.Before(w.day.next) {
		due = true
	}
	if !w.day.regular && (line.kind == LineBase || !baseBilled) {
		due = false
	}
	if due {
		w.draft.Lines = append(w.draft.Lines, w.newLine(sub, sp, line))
	}
}

// waitsUntil is the day on whose invoice or after it a change may go where
// changes wait for renewal (BILLING §5, §16); no day if it does not wait.
func (w *work) waitsUntil(sub *subscriptionWork, sp span, line *owedLine) calendar.Date {
	if w.contract.Changes.Policy != AtRenewal || line.why&^(causeSeats|causePrice|causeRenewal) != 0 {
		return calendar.Date{}
	}
	return w.entryWaitsUntil(sub, sp.whole.To, line.day, line.known)
}

// entryWaitsUntil is the end of the term that holds the day of a change, or of
// its period without a term, if the subscription was billed before it.
func (w *work) entryWaitsUntil(sub *subscriptionWork, periodTo, day, known calendar.Date) calendar.Date {
	first := sub.mark.FirstBilledOn
	if first.IsZero() || !first.Before(calendar.Latest(day, known)) {
		return calendar.Date{}
	}
	if sub.s.TermMonths == 0 {
		return periodTo
	}
	_, to := sub.s.termAround(w.contract.Stick, day)
	return to
}

// waitingEntries are the entries whose adjustments wait as the changes do.
func (w *work) waitingEntries(sub *subscriptionWork, t *timeline) (waiting []*Entry) {
	if w.contract.Changes.Policy != AtRenewal || w.contract.Timing == Arrears {
		return nil
	}
	for i := range sub.s.Entries {
		e := &sub.s.Entries[i]
		if (e.Verb != SetQuantity && e.Verb != SetPrice) || e.KnownOn.After(w.day.date) {
			continue
		}
		day := calendar.Latest(e.EffectiveOn, e.ReleasedOn)
		if day.Before(t.start) {
			continue
		}
		periodTo := w.spanAt(sub, t, calendar.Latest(day, w.contract.Start)).whole.To
		known := calendar.Latest(e.KnownOn, e.ReleasedOn)
		if w.entryWaitsUntil(sub, periodTo, day, known).After(w.day.horizon) {
			waiting = append(waiting, e)
		}
	}
	return waiting
}

// lateFor are the waiting entries that became known after a line was billed.
func lateFor(waiting []*Entry, billedOn calendar.Date) (late []*Entry) {
	for _, e := range waiting {
		if calendar.Latest(e.KnownOn, e.ReleasedOn).After(billedOn) {
			late = append(late, e)
		}
	}
	return late
}

// chooseWithout compares a billed line with what is owed of it without the
// entries whose adjustments still wait.
func (w *work) chooseWithout(sub *subscriptionWork, sp span, sum *billedSum, late []*Entry, until calendar.Date) error {
	w.pending = calendar.Earliest(w.pending, sp.whole.From)
	skip := func(e *Entry) bool {
		for _, other := range late {
			if other == e {
				return true
			}
		}
		return false
	}
	t := w.builder.build(w.contract, sub.s, w.day.date, until, sub.other, skip)
	sub.other = t.points
	lines, err := w.spanLines(sub, &t, sp, nil)
	if err != nil {
		return err
	}
	for i := range lines {
		if lines[i].day == sum.Key.Day && !lines[i].silent {
			w.chooseDifference(sub, sp, sum, &lines[i])
			return nil
		}
	}
	w.takeBackSum(sum)
	return nil
}

// chooseDifference adjusts a billed line to what is owed of it now.
func (w *work) chooseDifference(sub *subscriptionWork, sp span, sum *billedSum, line *owedLine) {
	if line.amount == sum.Amount {
		return
	}
	adjusted := sum.adjust(line.quantity, line.gross, line.amount)
	adjusted.UnitPrice, adjusted.Priced = line.quote.show, line.quote.shown
	adjusted.Explanation = w.explainAdjustment(sub, sp, sum, line)
	w.draft.Lines = append(w.draft.Lines, adjusted)
}

// takeBack credits the billed lines of open periods that are not owed any more.
func (w *work) takeBack(sub *subscriptionWork, t *timeline, waiting []*Entry, until calendar.Date) error {
	for i := range sub.billed {
		sum := &sub.billed[i]
		if sum.matched || sum.Key.Part != "" || !sum.PeriodTo.After(w.open) || slices.Contains(sub.unbilled, sum.Key.Period) {
			continue
		}
		if late := lateFor(waiting, sum.InvoicedOn); len(late) > 0 {
			if err := w.chooseWithout(sub, w.spanAt(sub, t, sum.Key.Day), sum, late, until); err != nil {
				return err
			}
			continue
		}
		w.takeBackSum(sum)
	}
	return nil
}

func (w *work) takeBackSum(sum *billedSum) {
	if sum.Amount.IsZero() {
		return
	}
	line := sum.asLine()
	line.Explanation = w.explainTakenBack(sum)
	w.draft.Lines = append(w.draft.Lines, line)
}

// newLine writes a line that was never billed.
func (w *work) newLine(sub *subscriptionWork, sp span, line *owedLine) Line {
	return Line{
		Key:  LineKey{Subscription: sub.s.ID, Period: sp.whole.From, Day: line.day},
		Kind: line.kind, Subscription: sub.s.ID, SKU: sub.s.SKU, From: line.covered.From, To: line.covered.To, PeriodTo: sp.after(sub.s, w.contract.Schedule),
		Quantity: line.quantity, UnitPrice: line.quote.show, Priced: line.quote.shown,
		Gross: line.gross, Discount: line.gross.Sub(line.amount), Amount: line.amount,
		Tax: sub.s.Tax, TaxIncluded: line.quote.taxIncluded,
		Explanation: w.explainLine(sub, sp, line),
	}
}

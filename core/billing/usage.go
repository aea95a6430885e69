package billing

import (
	"prorata/core/calendar"
	"prorata/core/money"
)

// The parts of an interval that are not usage lines themselves.
const (
	partMinimum    = "minimum"
	partSmoothed   = "smoothed"
	partInstalment = "instalment:"
)

// interval is the days between two regular invoice dates, before their offsets.
type interval struct {
	index int
	calendar.Period
	// date and horizon are those of the invoice at its end.
	date, horizon calendar.Date
}

// key knows a line of the interval: by the interval's end, for the first two can
// begin on one day.
func (in interval) key(id SubscriptionID, part string) LineKey {
	return LineKey{Subscription: id, Period: in.To, Day: in.To, Part: part}
}

// interval is the one that ends with the regular invoice of that number.
func (w *work) interval(index int) interval {
	day := w.regular(index)
	from := w.contract.Start
	if index > 0 {
		_, from = InvoiceDate(w.contract, index-1)
	}
	return interval{index: index, Period: calendar.Period{From: calendar.Earliest(from, day.unmoved), To: day.unmoved}, date: day.date, horizon: day.horizon}
}

// usage puts on the draft what usage subscriptions are owed: rated records,
// minimums and smoothing, each a function of the records of an interval
// (BILLING §10). Intervals before the last are computed again only where a void
// or a back-dated fact reaches them; what that comes to beside adjustments waits
// for the next regular invoice.
func (w *work) usage() error {
	subs := w.subsOf(w)
	from := w.recompute
	for i := range subs {
		sub := &subs[i]
		if sub.s.Kind != Usage {
			continue
		}
		first := w.firstInterval(sub)
		for j := range sub.billed {
			sub.billed[j].matched = false
		}
		for index := first; index < w.cursor.Next; index++ {
			if err := w.intervalOf(sub, w.interval(index)); err != nil {
				return err
			}
		}
		if w.day.regular {
			if err := w.intervalOf(sub, w.interval(w.day.index)); err != nil {
				return err
			}
		}
		w.takeBackUsage(sub, first)
		from = min(from, first)
	}
	if w.recompute = from; w.day.regular {
		w.recompute = w.day.index + 1
	}
	return nil
}

// firstInterval is the number of the first interval to compute again.
func (w *work) firstInterval(sub *subscriptionWork) int {
	if w.Whole {
		return 0
	}
	late := sub.late
	for i := range w.book.Usage {
		r := &w.book.Usage[i]
		if r.Subscription == sub.s.ID && r.VoidedOn.After(w.before) && !r.VoidedOn.After(w.day.date) {
			return 0
		}
	}
	first := min(w.recompute, w.cursor.Next)
	// What is not at hand cannot be computed again.
	reach := calendar.Latest(late, w.loaded)
	for !late.IsZero() && first > 0 && reach.Before(w.interval(first-1).To) {
		first--
	}
	return first
}

// intervalOf computes one interval of one usage subscription and puts what is
// not billed of it on the draft.
func (w *work) intervalOf(sub *subscriptionWork, in interval) error {
	t := w.builder.build(w.contract, sub.s, w.day.date, calendar.Latest(in.To, w.day.horizon), sub.points, nil)
	sub.points = t.points
	actual := money.NewAmount(0, w.contract.Currency)
	if t.exists {
		lines, err := w.usageLines(sub, in)
		if err != nil {
			return err
		}
		for i := range lines {
			actual = actual.Add(lines[i].Amount)
			w.offer(sub, &lines[i])
		}
		if actual, err = w.minimum(sub, &t, in, actual); err != nil {
			return err
		}
	}
	if !t.exists {
		return nil
	}
	return w.smooth(sub, in, actual)
}

// offer puts a computed line on the draft, or its difference to what is billed.
func (w *work) offer(sub *subscriptionWork, line *Line) {
	sum := sub.sum(line.Key)
	if sum == nil {
		if w.day.regular && !line.Amount.IsZero() || w.day.regular && line.Kind == LineUsage {
			w.draft.Lines = append(w.draft.Lines, *line)
		}
		return
	}
	sum.matched = true
	if sum.Amount == line.Amount {
		return
	}
	adjusted := sum.adjust(line.Quantity, line.Gross, line.Amount)
	adjusted.Explanation = adjustmentText(line.Explanation, sum.Amount, line.Amount)
	w.draft.Lines = append(w.draft.Lines, adjusted)
}

// takeBackUsage credits lines of computed intervals that are not owed any more.
func (w *work) takeBackUsage(sub *subscriptionWork, first int) {
	if first >= w.cursor.Next {
		return
	}
	var settled calendar.Date
	if first > 0 {
		settled = w.interval(first - 1).To
	}
	for i := range sub.billed {
		if sum := &sub.billed[i]; !sum.matched && sum.Key.Part != "" && sum.Key.Day.After(settled) {
			w.takeBackSum(sum)
		}
	}
}

// records are the records of an interval: known and ended by its invoice, and
// by none before.
func (w *work) records(sub *subscriptionWork, in interval) (records []*UsageRecord) {
	var before interval
	if in.index > 0 {
		before = w.interval(in.index - 1)
	}
	for i := range w.book.Usage {
		r := &w.book.Usage[i]
		if r.Subscription != sub.s.ID || (!r.VoidedOn.IsZero() && !r.VoidedOn.After(w.day.date)) {
			continue
		}
		if r.within(in) && (in.index == 0 || !r.within(before)) {
			records = append(records, r)
		}
	}
	return records
}

func (r *UsageRecord) within(in interval) bool {
	return !r.KnownOn.After(in.date) && !r.Period.To.After(in.horizon)
}

package reconcile

import (
	"slices"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// stretch is days on which nothing changes: what was billed and charged on each of them.
type stretch struct {
	days calendar.Period
	// seats and daily are what each payer was billed for one day.
	seats, daily map[payer]money.Ratio
	billed       money.Ratio
	charged      money.Ratio
	// used is the rated usage of the days, where they are metered.
	used money.Ratio
}

// stretches cuts the days that the rows pay for wherever anything changes.
func (h *holding) stretches(metered bool) []stretch {
	var cuts []calendar.Date
	first, last := covers(h.rows[0].period).From, covers(h.rows[0].period).To
	for i := range h.rows {
		p := covers(h.rows[i].period)
		first, last = calendar.Earliest(first, p.From), calendar.Latest(last, p.To)
	}
	cut := func(p calendar.Period) {
		for _, d := range []calendar.Date{p.From, p.To} {
			if !d.Before(first) && !d.After(last) {
				cuts = append(cuts, d)
			}
		}
	}
	for _, list := range [][]item{h.rows, h.others} {
		for i := range list {
			cut(covers(list[i].period))
		}
	}
	for i := range h.billed {
		cut(covers(h.billed[i].Period))
	}
	slices.SortFunc(cuts, calendar.Date.Compare)
	cuts = slices.Compact(cuts)
	var stretches []stretch
	for i := 0; i+1 < len(cuts); i++ {
		stretches = append(stretches, h.stretch(calendar.Period{From: cuts[i], To: cuts[i+1]}, metered))
	}
	return stretches
}

func (h *holding) stretch(p calendar.Period, metered bool) stretch {
	s := stretch{days: p, seats: map[payer]money.Ratio{}, daily: map[payer]money.Ratio{}}
	for i := range h.billed {
		line := &h.billed[i]
		span := covers(line.Period)
		if !overlap(span, p) {
			continue
		}
		who := payer{line.Entity, line.Amount.Currency()}
		s.daily[who] = s.daily[who].Add(line.Amount.Ratio().Div(money.Whole(int64(span.Days()))))
		s.seats[who] = s.seats[who].Add(line.Quantity.Ratio())
		s.billed = s.billed.Add(line.Quantity.Ratio())
	}
	lists := [][]item{h.rows, h.others}
	if metered {
		lists = lists[:1]
	}
	for _, list := range lists {
		for i := range list {
			if it := &list[i]; !h.byRow(it) && overlap(covers(it.period), p) {
				s.charged = s.charged.Add(it.weight(metered))
			}
		}
	}
	if metered && h.story != nil {
		for _, u := range h.story.Usage {
			if p.Contains(u.On) {
				s.used = s.used.Add(money.Max(u.Cost.Ratio(), money.Ratio{}))
			}
		}
	}
	return s
}

// reached are the days of the stretch on which customers must have been billed: all
// of them where they were billed for any, else those up to a day.
func (s *stretch) reached(through calendar.Date) calendar.Period {
	switch {
	case through.IsZero() || s.days.From.After(through):
		return calendar.Period{From: s.days.From, To: s.days.From}
	case len(s.daily) > 0:
		return s.days
	}
	return calendar.Period{From: s.days.From, To: calendar.Earliest(s.days.To, through.AddDays(1))}
}

// weight is how much of a day's revenue a row stands for: its seats, or the cost
// of what is metered.
func (it *item) weight(metered bool) money.Ratio {
	if metered {
		return it.amount.Ratio()
	}
	if it.kind == billing.ChargeCredit {
		return money.Ratio{}
	}
	return signed(it.row.Quantity, it.credit).Ratio()
}

// byRow says whether a row is billed to the customer as it stands: on a line of its
// own, or, once the next invoice is cut, on one to come.
func (h *holding) byRow(it *item) bool { return it.row.Awaits || len(h.own[it.row.ID]) > 0 }

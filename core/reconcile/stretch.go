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
	// sides are all payers', in their order, of whom so many were billed for the days.
	sides   []side
	payers  int
	billed  money.Ratio
	charged money.Ratio
	// used is the rated usage of the days, where they are metered.
	used money.Ratio
}

// side is what one payer was billed for one day of a stretch, if anything.
type side struct {
	billed       bool
	seats, daily money.Ratio
}

// stretch cuts the days that the rows pay for wherever anything changes.
func (h *holding) stretch(d *desk, metered bool) {
	d.cuts = d.cuts[:0]
	first, last := covers(h.rows[0].period).From, covers(h.rows[0].period).To
	for i := range h.rows {
		p := covers(h.rows[i].period)
		first, last = calendar.Earliest(first, p.From), calendar.Latest(last, p.To)
	}
	cut := func(p calendar.Period) {
		for _, day := range [...]calendar.Date{p.From, p.To} {
			if !day.Before(first) && !day.After(last) {
				d.cuts = append(d.cuts, day)
			}
		}
	}
	for _, list := range [...][]item{h.rows, h.others} {
		for i := range list {
			cut(covers(list[i].period))
		}
	}
	for i := range h.billed {
		cut(covers(h.billed[i].Period))
	}
	slices.SortFunc(d.cuts, calendar.Date.Compare)
	d.cuts = slices.Compact(d.cuts)
	n, payers := len(d.cuts)-1, len(d.payers)
	d.stretches, d.sides = cleared(d.stretches, n), cleared(d.sides, n*payers)
	for i := range d.stretches {
		s := &d.stretches[i]
		s.days, s.sides = calendar.Period{From: d.cuts[i], To: d.cuts[i+1]}, d.sides[i*payers:(i+1)*payers]
		h.fill(d, s, metered)
	}
}

// fill finds out what was billed and charged on the days of a stretch.
func (h *holding) fill(d *desk, s *stretch, metered bool) {
	p := s.days
	for _, line := range h.billed {
		span := covers(line.Period)
		if !overlap(span, p) {
			continue
		}
		one := &s.sides[d.payerOf(line)]
		if !one.billed {
			one.billed = true
			s.payers++
		}
		one.daily = one.daily.Add(line.Amount.Ratio().Div(money.Whole(int64(span.Days()))))
		one.seats = one.seats.Add(line.Quantity.Ratio())
		s.billed = s.billed.Add(line.Quantity.Ratio())
	}
	lists := [...][]item{h.rows, h.others}
	if metered {
		lists[1] = nil
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
}

// reached are the days of the stretch on which customers must have been billed: all
// of them where they were billed for any, else those up to a day.
func (s *stretch) reached(through calendar.Date) calendar.Period {
	switch {
	case through.IsZero() || s.days.From.After(through):
		return calendar.Period{From: s.days.From, To: s.days.From}
	case s.payers > 0:
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

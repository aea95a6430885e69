package billing

import (
	"sort"

	"prorata/core/calendar"
	"prorata/core/money"
)

// causes says why a subscription's state changed on a day.
type causes uint8

const (
	causeStart causes = 1 << iota
	causeSeats
	causePrice
	causeSuspension
	causeCancellation
	causeRenewal
)

// point is the state of a subscription from one day on.
type point struct {
	day calendar.Date
	// seats is the quantity as sold; a suspension does not change it.
	seats     money.Decimal
	price     money.Decimal
	hasPrice  bool
	suspended bool
	cancelled bool
	// term is the first day of the term that holds the day; no day without one.
	term calendar.Date
	// why, known and entry tell of the entries that took effect on the day: the
	// causes, the last day on which one became known, and the last one's Seq.
	why   causes
	known calendar.Date
	entry int64
}

// timeline is a subscription's states, as far as they are known on one day and
// reach until another.
type timeline struct {
	start calendar.Date
	// end is the first day after the last that the term or the contract gives; no
	// day if neither does before the timeline's own horizon.
	end    calendar.Date
	points []point
	// exists is false where nothing is known, or the start is void or waiting.
	exists bool
}

// fact is an entry with the day on which it takes effect and becomes known.
type fact struct {
	on    calendar.Date
	known calendar.Date
	entry *Entry
}

// facts gives the entries that stand on the day known, each with its own days
// (BILLING §1, §6). skip leaves out entries by Seq.
func factsKnown(to []fact, entries []Entry, known calendar.Date, skip func(*Entry) bool) []fact {
	for i := range entries {
		e := &entries[i]
		if e.KnownOn.After(known) || (!e.VoidedOn.IsZero() && !e.VoidedOn.After(known)) {
			continue
		}
		f := fact{on: e.EffectiveOn, known: e.KnownOn, entry: e}
		if e.Waiting {
			if e.ReleasedOn.IsZero() || e.ReleasedOn.After(known) {
				continue
			}
			f.on, f.known = calendar.Latest(f.on, e.ReleasedOn), calendar.Latest(f.known, e.ReleasedOn)
		}
		if skip == nil || !skip(e) {
			to = append(to, f)
		}
	}
	return to
}

// ActsOn is the first day of which an entry alters what is owed: what waited acts
// from its release. Usage and provider rows from before a subscription's start count
// as of its first day, so that what alters that day alters all of it.
func (s *Subscription) ActsOn(c *Contract, e *Entry) calendar.Date {
	acts := calendar.Latest(e.EffectiveOn, e.ReleasedOn)
	fresh := e.Verb == Subscribe && !e.Waiting && e.VoidedOn.IsZero()
	if s.Kind != Usage && c.Schedule != Mirror || fresh || acts.After(s.startOn()) {
		return acts
	}
	return calendar.Date{}.AddDays(1)
}

// termStart is the first day of term k of a subscription that started on start.
func termStart(s *Subscription, stick bool, start calendar.Date, k int) calendar.Date {
	ends := s.cotermEnd()
	if ends.IsZero() {
		return calendar.Cycle{Anchor: start, Months: s.TermMonths, Stick: stick}.Boundary(k)
	}
	if k == 0 {
		return start
	}
	return calendar.Cycle{Anchor: ends, Months: s.TermMonths, Stick: stick}.Boundary(k - 1)
}

// builder keeps what making timelines needs again and again.
type builder struct {
	facts     []fact
	scheduled []fact
}

// build tells the states of a subscription from its start until a day (at
// least), as they are known on another. The points are appended to points.
func (b *builder) build(c *Contract, s *Subscription, known, until calendar.Date, points []point, skip func(*Entry) bool) timeline {
	b.facts = factsKnown(b.facts[:0], s.Entries, known, skip)
	if len(b.facts) == 0 || b.facts[0].entry.Verb != Subscribe {
		return timeline{}
	}
	first := b.facts[0]
	t := timeline{start: first.on, end: c.End, points: points[:0], exists: true}
	b.scheduled = b.scheduled[:0]
	changes := b.facts[1:1]
	sorted := true
	for _, f := range b.facts[1:] {
		switch {
		case f.entry.Verb == ScheduleChange:
			b.scheduled = append(b.scheduled, f)
		default:
			sorted = sorted && (len(changes) == 0 || !f.on.Before(changes[len(changes)-1].on))
			changes = append(changes, f)
		}
	}
	if !sorted {
		sort.SliceStable(changes, func(i, j int) bool { return changes[i].on.Before(changes[j].on) })
	}
	t.walk(c, s, first, changes, b.scheduled, until)
	return t
}

// walk merges the changes with the renewals of the terms; what is scheduled
// comes first on a renewal's day.
func (t *timeline) walk(c *Contract, s *Subscription, first fact, changes, scheduled []fact, until calendar.Date) {
	e := first.entry
	state := point{day: t.start, seats: e.Quantity, price: e.Price, hasPrice: e.HasPrice, why: causeStart, known: first.known, entry: e.Seq}
	renews := !e.HasAutoRenew || e.AutoRenew
	var nextTerm calendar.Date
	k := 0
	if s.TermMonths > 0 {
		state.term = t.start
		nextTerm = termStart(s, c.Stick, t.start, 1)
	}
	t.points = append(t.points, state)
	for i := 0; i < len(changes) || (!nextTerm.IsZero() && !nextTerm.After(until)); {
		if !nextTerm.IsZero() && !nextTerm.After(until) && (i == len(changes) || !changes[i].on.Before(nextTerm)) {
			k++
			scheduled = t.renew(nextTerm, scheduled, &renews)
			if !renews {
				t.end = calendar.Earliest(t.end, nextTerm)
				return
			}
			nextTerm = termStart(s, c.Stick, t.start, k+1)
			continue
		}
		if t.apply(changes[i]); t.last().cancelled {
			break
		}
		i++
	}
	// The end that the term gives stays where it was, whatever is cancelled before it.
	for ; t.last().cancelled && !nextTerm.IsZero() && !nextTerm.After(until); nextTerm = termStart(s, c.Stick, t.start, k+1) {
		k++
		if scheduled, renews = renewing(nextTerm, scheduled, renews); !renews {
			t.end = calendar.Earliest(t.end, nextTerm)
			return
		}
	}
}

// renewing says whether a term renews on a day, by what is scheduled until then.
func renewing(day calendar.Date, scheduled []fact, renews bool) (left []fact, still bool) {
	for _, f := range scheduled {
		if f.on.After(day) || f.known.After(day) {
			left = append(left, f)
		} else if f.entry.HasAutoRenew {
			renews = f.entry.AutoRenew
		}
	}
	return left, renews
}

func (t *timeline) last() *point { return &t.points[len(t.points)-1] }

// at gives the point of a day, made from the state before it where it is new. A
// day before the start counts as the start.
func (t *timeline) at(day calendar.Date, known calendar.Date) *point {
	if !t.last().day.Before(day) {
		p := t.last()
		p.known = calendar.Latest(p.known, known)
		return p
	}
	p := *t.last()
	p.day, p.why, p.known, p.entry = day, 0, known, 0
	t.points = append(t.points, p)
	return t.last()
}

// renew begins a term: what was scheduled on or before its first day applies
// once, in the order of recording.
func (t *timeline) renew(day calendar.Date, scheduled []fact, renews *bool) (left []fact) {
	p := t.at(day, calendar.Date{})
	p.term = day
	p.why |= causeRenewal
	for _, f := range scheduled {
		if f.on.After(day) || f.known.After(day) {
			left = append(left, f)
			continue
		}
		e := f.entry
		p.entry = e.Seq
		if e.HasQuantity {
			p.seats = e.Quantity
		}
		if e.HasPrice {
			p.price, p.hasPrice = e.Price, true
		}
		if e.HasAutoRenew {
			*renews = e.AutoRenew
		}
	}
	if !*renews {
		t.points = t.points[:len(t.points)-1]
	}
	return left
}

func (t *timeline) apply(f fact) {
	p := t.at(f.on, f.known)
	p.entry = f.entry.Seq
	switch f.entry.Verb {
	case SetQuantity:
		p.seats = f.entry.Quantity
		p.why |= causeSeats
	case SetPrice:
		p.price, p.hasPrice = f.entry.Price, true
		p.why |= causePrice
	case Suspend:
		p.suspended = true
		p.why |= causeSuspension
	case Resume:
		p.suspended = false
		p.why |= causeSuspension
	case Cancel:
		p.cancelled = true
		p.why |= causeCancellation
	case Subscribe, ScheduleChange:
	}
}

// indexOn is the point in force on a day on or after the start.
func (t *timeline) indexOn(day calendar.Date) int {
	i := len(t.points) - 1
	for i > 0 && t.points[i].day.After(day) {
		i--
	}
	return i
}

// billedSeats is the quantity that counts for money.
func (p *point) billedSeats(suspendedFree bool) money.Decimal {
	if p.cancelled || (p.suspended && suspendedFree) {
		return money.Decimal{}
	}
	return p.seats
}

// ranIn says whether the subscription ran on any day of the period.
func (t *timeline) ranIn(p calendar.Period) bool {
	if !t.exists || !t.start.Before(p.To) {
		return false
	}
	stop := t.end
	if last := t.last(); last.cancelled {
		stop = calendar.Earliest(stop, last.day)
	}
	return stop.IsZero() || (stop.After(p.From) && stop.After(t.start))
}

package billing_test

import (
	"flag"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"prorata/core/billing"
	"prorata/core/calendar"
)

// booksLeast is how many random books each law is tried on; -rapid.checks and
// RAPID_CHECKS try more, -short fewer.
const booksLeast = "2000"

func TestMain(m *testing.M) {
	flag.Parse()
	asked := os.Getenv("RAPID_CHECKS") != "" || testing.Short()
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "rapid.checks" })
	if !asked {
		_ = flag.Set("rapid.checks", booksLeast)
	}
	_ = flag.Set("rapid.nofailfile", "true")
	os.Exit(m.Run())
}

// A planner that planned other contracts before plans like a new one.
func TestPlannersAreAsNew(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawStory(t)
		book, other := s.bookOn(s.until), s.bookOn(s.until)
		slices.Reverse(other.Subscriptions)
		other.Contract.Schedule = (other.Contract.Schedule + 1) % 3
		used := billing.NewPlanner(&s.catalog)
		if _, err := used.Plan(&other, s.until); err != nil && exception(err) == nil {
			t.Fatalf("%s\n%v", s, err)
		}
		before := book
		got, gotErr := used.Plan(&book, s.until)
		want, wantErr := billing.NewPlanner(&s.catalog).Plan(&before, s.until)
		if (gotErr == nil) != (wantErr == nil) || !reflect.DeepEqual(got.Cursor, want.Cursor) {
			t.Fatalf("%s\n%v %+v\n%v %+v", s, gotErr, got.Cursor, wantErr, want.Cursor)
		}
		same(t, s, "used", draftsText(got.Drafts), "new", draftsText(want.Drafts))
	})
}

// However often billing runs, and whichever way it computes, it gives the same
// drafts to the byte; and running it twice adds nothing.
func TestRunsDoNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawStory(t)
		every := rapid.SampledFrom([]int{7, 30, 3, 91}).Draw(t, "every")
		daily := drafts(t, s, "daily", false, always)
		same(t, s, "daily", daily, "once at the end", drafts(t, s, "once", false, never))
		same(t, s, "daily", daily, "now and then", drafts(t, s, "now and then", false, func(day calendar.Date) bool { return s.first.DaysUntil(day)%every == 0 }))
		same(t, s, "daily", daily, "whole, now and then", drafts(t, s, "whole", true, func(day calendar.Date) bool { return s.first.DaysUntil(day)%every == 0 }))
	})
}

func drafts(t *rapid.T, s *story, how string, whole bool, cadence func(calendar.Date) bool) string {
	p, err := play(s, whole, cadence)
	if err != nil {
		t.Fatalf("%s\n%s: %v", s, how, err)
	}
	return draftsText(p.drafts)
}

func same(t *rapid.T, s *story, oneName, one, otherName, other string) {
	if one == other {
		return
	}
	a, b := strings.Split(one, "\n"), strings.Split(other, "\n")
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	t.Fatalf("%s\n%s:\n%s\n%s:\n%s", s, oneName, strings.Join(around(a, i), "\n"), otherName, strings.Join(around(b, i), "\n"))
}

// around are some lines about a difference.
func around(lines []string, i int) []string { return lines[max(0, i-6):min(len(lines), i+6)] }

// What is recorded late gives, in total, what it would have given on time. Left
// out is what is not promised: price lists and rates that become known late, credit
// hold, schedules after their renewal, minimums, and what an invoice adds up.
func TestLateFactsGiveTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawStory(t, ending, timeless, onTime)
		late := delayed(t, s)
		sums, want, got := map[billing.LineKey]int64{}, totals(t, s), totals(t, late)
		maps.Copy(sums, got)
		maps.Copy(sums, want)
		for key := range sums {
			if want[key] != got[key] {
				t.Fatalf("%s\n\n%s\n%v: %v on time, %v late\n%s\n\n%s", s, late, key, want[key], got[key], billedText(t, s), billedText(t, late))
			}
		}
	})
}

func billedText(t *rapid.T, s *story) string { return drafts(t, s, "once", false, never) }

// timeless makes prices and rates known from ever, and leaves out what depends on
// the invoice that it falls on.
func timeless(g gen) {
	s := g.s
	for _, rows := range s.catalog.Prices {
		for i := range rows {
			rows[i].KnownOn = calendar.Date{}
		}
	}
	for i := range s.catalog.Rates {
		s.catalog.Rates[i].KnownOn = calendar.Date{}
	}
	delete(s.catalog.Prices, "card")
	s.contract.RatePolicy = billing.RateOfTerm
	usage := map[billing.SubscriptionID]bool{}
	for i := range s.facts {
		if sub := &s.facts[i].sub; sub.Kind == billing.Usage {
			usage[s.facts[i].id], sub.HasMinimum = true, false
			sub.Entries[0].HasPrice = false
		}
	}
	s.facts = slices.DeleteFunc(s.facts, func(f fact) bool {
		return f.do == doHold || f.do == doRelease || f.do == doVoidInvoice || usage[f.id] && (f.entry.HasPrice)
	})
}

// onTime records everything on its day at the latest, in the order of the days.
func onTime(g gen) {
	for i := range g.s.facts {
		f := &g.s.facts[i]
		switch f.do {
		case doStart:
			f.record(calendar.Earliest(f.on, f.sub.Entries[0].EffectiveOn))
		case doEntry:
			f.record(calendar.Earliest(f.on, f.entry.EffectiveOn))
		case doItem:
			f.record(calendar.Earliest(f.on, f.item.On))
		case doUsage:
			f.record(calendar.Earliest(f.on, f.usage.Period.To))
		case doCharge:
			f.record(calendar.Earliest(f.on, f.charge.Period.From))
		}
	}
	order := make([]int, len(g.s.facts))
	g.s.facts = sortFacts(g.s.facts, order)
}

// record is a fact as it is recorded on a day.
func (f *fact) record(on calendar.Date) {
	f.on = on
	switch f.do {
	case doStart:
		f.sub.Entries[0].RecordedOn, f.sub.Entries[0].KnownOn = on, on
	case doEntry:
		f.entry.RecordedOn, f.entry.KnownOn = on, on
	case doItem:
		f.item.KnownOn = on
	case doUsage:
		f.usage.KnownOn = on
	case doCharge:
		f.charge.KnownOn = on
	}
}

// sortFacts puts facts in the order of their recording; a void keeps its target.
func sortFacts(facts []fact, at []int) []fact {
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(a, b int) int { return facts[a].on.Compare(facts[b].on) })
	sorted := make([]fact, 0, len(facts))
	for _, i := range at {
		f := facts[i]
		if f.do == doVoid {
			f.target = slices.Index(at, f.target%len(facts))
		}
		sorted = append(sorted, f)
	}
	return sorted
}

// delayed is the story with its facts recorded later, in an order that means the same.
func delayed(t *rapid.T, s *story) *story {
	g := gen{t, s}
	late := *s
	late.facts = slices.Clone(s.facts)
	started := map[billing.SubscriptionID]calendar.Date{}
	kept := map[string]calendar.Date{}
	for i := range late.facts {
		f := &late.facts[i]
		on := f.on
		if g.one(2) && !s.schedules(f) {
			on = on.AddDays(g.n(0, 200))
		}
		switch f.do {
		case doStart:
			f.sub.Entries = slices.Clone(f.sub.Entries)
			started[f.id] = on
		case doEntry:
			// Of one day the last recorded counts, and renewals come first.
			if key := string(f.id) + f.entry.EffectiveOn.String(); f.entry.Verb != billing.ScheduleChange {
				on = calendar.Latest(calendar.Latest(on, started[f.id]), kept[key])
				kept[key] = on
			}
		case doUsage:
			on = calendar.Latest(on, started[f.id])
		case doCharge:
			// Of one row what is told last counts.
			on = calendar.Latest(calendar.Latest(on, started[f.id]), kept["row "+f.charge.ID])
			kept["row "+f.charge.ID] = on
		case doVoid:
			on = calendar.Latest(on, late.facts[f.target].on)
		}
		f.record(on)
		f.sure = !f.refused
	}
	late.facts = sortFacts(late.facts, make([]int, len(late.facts)))
	for i := range late.facts {
		if f := &late.facts[i]; f.refused {
			*f = fact{on: f.on, do: doHold}
			f.do = doRelease
		}
	}
	late.begin()
	late.settle()
	return &late
}

// schedules says whether the fact must not wait: what is scheduled is for the first
// renewal after its recording.
func (s *story) schedules(f *fact) bool {
	return f.entry.Verb == billing.ScheduleChange || f.do == doStart &&
		slices.ContainsFunc(s.facts, func(other fact) bool { return other.id == f.id && other.entry.Verb == billing.ScheduleChange })
}

// totals adds up what was billed: of a line by its day, of usage and of all that a
// subscription has.
func totals(t *rapid.T, s *story) map[billing.LineKey]int64 {
	p, err := play(s, false, never)
	if err != nil || p.stuck != nil {
		t.Fatalf("%s\n%v %v", s, err, p.stuck)
	}
	sums := map[billing.LineKey]int64{}
	for i := range p.billed {
		l := &p.billed[i]
		if l.Key.Part == "" {
			sums[l.Key] += l.Amount.Minor()
		}
		sums[billing.LineKey{Subscription: l.Key.Subscription, Part: "all"}] += l.Amount.Minor()
	}
	return sums
}

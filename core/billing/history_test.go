package billing_test

import (
	"fmt"
	"testing"

	"prorata/core/billing"
	"prorata/core/calendar"
)

// twenty is a yearly subscription of twenty seats from 10 January, of which five
// were added on 5 March, renewed with twelve, and cancelled in the second year.
func twenty() (*billing.Contract, *billing.Subscription) {
	c := &billing.Contract{ID: "c", Start: date("2026-01-01"), Frequency: billing.Unit{Name: "monthly", Months: 1}, Refunds: billing.Refunds{Policy: billing.RefundWithinDays, Days: 7}}
	entry := func(seq int64, verb billing.Verb, on, quantity string) billing.Entry {
		e := billing.Entry{Seq: seq, Verb: verb, RecordedOn: date(on), KnownOn: date(on), EffectiveOn: date(on)}
		if quantity != "" {
			e.Quantity, e.HasQuantity = dec(quantity), true
		}
		return e
	}
	return c, &billing.Subscription{ID: "s", Contract: "c", TermMonths: 12, Billing: c.Frequency, Entries: []billing.Entry{
		entry(1, billing.Subscribe, "2026-01-10", "15"), entry(2, billing.SetQuantity, "2026-03-05", "20"),
		entry(3, billing.ScheduleChange, "2026-04-01", "12"), entry(4, billing.Cancel, "2027-02-01", ""),
	}}
}

func TestAHistoryTellsWhatBecameOfASubscription(t *testing.T) {
	c, s := twenty()
	moments, ends := billing.History(c, s, date("2027-03-01"))
	got := ""
	for _, m := range moments {
		got += fmt.Sprintf("%s %s renewed=%t cancelled=%t entry=%d; ", m.On, m.Quantity, m.Renewed, m.Cancelled, m.Entry)
	}
	want := "2026-01-10 15 renewed=false cancelled=false entry=1; 2026-03-05 20 renewed=false cancelled=false entry=2; " +
		"2027-01-10 12 renewed=true cancelled=false entry=3; 2027-02-01 12 renewed=false cancelled=true entry=4; "
	if got != want || ends != date("2027-02-01") {
		t.Errorf("got  %s until %s\nwant %s until 2027-02-01", got, ends, want)
	}
	if p := billing.PeriodOn(c, s, date("2026-03-12")); p != (calendar.Period{From: date("2026-03-01"), To: date("2026-04-01")}) {
		t.Errorf("12 March is in the period %s to %s", p.From, p.To)
	}
}

func TestSeatsAreCreditedAsLongAsTheirWindowIsOpen(t *testing.T) {
	c, s := twenty()
	for _, on := range []struct{ day, want string }{
		{"2026-03-05", "[5 2026-03-05 2026-03-12]"}, {"2026-03-12", "[5 2026-03-05 2026-03-12]"}, {"2026-03-13", ""}, {"2026-01-12", "[15 2026-01-10 2026-01-17]"},
		// A new term opens the window of all its seats anew.
		{"2027-01-11", "[12 2027-01-10 2027-01-17]"},
	} {
		got := ""
		for _, r := range billing.RefundableOn(c, s, date(on.day)) {
			got += fmt.Sprintf("[%s %s %s]", r.Seats, r.AddedOn, r.Until)
		}
		if got != on.want {
			t.Errorf("on %s: %q, expected %q", on.day, got, on.want)
		}
	}
}

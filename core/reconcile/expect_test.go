package reconcile_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"prorata/core/reconcile"
)

// Each story is told with the charges that the provider owes us for it.
func TestWhatAProviderShouldCharge(t *testing.T) {
	for _, c := range []struct{ what, story, want string }{
		{"A month's commitment renews with each month", `
			price 20 monthly
			2026-03-05 buy 3 for 1/1`, `
			2026-03-05 new 2026-03-05..2026-04-04 3 × 20.00 = 60.00
			2026-04-05 renew 2026-04-05..2026-05-04 3 × 20.00 = 60.00
			2026-05-05 renew 2026-05-05..2026-06-04 3 × 20.00 = 60.00`},
		{"Seats added and removed again in the window are wiped and made anew for the rest of the cycle", `
			price 20 monthly
			2026-03-05 buy 3 for 12/1
			2026-03-10 seats 5
			2026-03-12 seats 4
			2026-03-12 seats 3`, `
			2026-03-05 new 2026-03-05..2026-04-04 3 × 20.00 = 60.00
			2026-03-10 addQuantity 2026-03-10..2026-04-04 -3 × -16.77 = -50.32
			2026-03-10 addQuantity 2026-03-10..2026-04-04 5 × 16.77 = 83.87
			2026-03-12 removeQuantity 2026-03-12..2026-04-04 -5 × -15.48 = -77.41
			2026-03-12 removeQuantity 2026-03-12..2026-04-04 4 × 15.48 = 61.93
			2026-03-12 removeQuantity 2026-03-12..2026-04-04 -4 × -15.48 = -61.93
			2026-03-12 removeQuantity 2026-03-12..2026-04-04 3 × 15.48 = 46.45
			2026-04-05 cycleCharge 2026-04-05..2026-05-04 3 × 20.00 = 60.00
			2026-05-05 cycleCharge 2026-05-05..2026-06-04 3 × 20.00 = 60.00`},
		{"Cut per seat first, the same change amounts to less", `
			rounding unit
			price 20 monthly
			2026-05-05 buy 3 for 12/1
			2026-05-10 seats 5`, `
			2026-05-05 new 2026-05-05..2026-06-04 3 × 20.00 = 60.00
			2026-05-10 addQuantity 2026-05-10..2026-06-04 -3 × -16.77 = -50.31
			2026-05-10 addQuantity 2026-05-10..2026-06-04 5 × 16.77 = 83.85`},
		{"Seats added to a year paid ahead are charged for what is left of 365 days", `
			price 200 annual
			2026-01-10 buy 10 for 12/12
			2026-04-10 seats 12`, `
			2026-04-10 addQuantity 2026-04-10..2027-01-09 -10 × -150.68 = -1506.84
			2026-04-10 addQuantity 2026-04-10..2027-01-09 12 × 150.68 = 1808.21`},
		{"Cancelled on the day, all comes back; two days later, the days that are left", `
			price 31 monthly
			2026-05-05 buy 2 for 1/1
			2026-05-05 cancel
			2026-05-06 buy 2 for 1/1
			2026-05-08 cancel`, `
			2026-05-05 new 2026-05-05..2026-06-04 2 × 31.00 = 62.00
			2026-05-05 cancelImmediate 2026-05-05..2026-06-04 -2 × -31.00 = -62.00
			2026-05-06 new 2026-05-06..2026-06-05 2 × 31.00 = 62.00
			2026-05-08 cancelImmediate 2026-05-08..2026-06-05 -2 × -29.00 = -58.00`},
		{"Cancelled after a renewal, the new term alone is credited", `
			price 31 monthly
			2026-04-01 buy 1 for 1/1
			2026-05-03 cancel`, `
			2026-04-01 new 2026-04-01..2026-04-30 1 × 31.00 = 31.00
			2026-05-01 renew 2026-05-01..2026-05-31 1 × 31.00 = 31.00
			2026-05-03 cancelImmediate 2026-05-03..2026-05-31 -1 × -29.00 = -29.00`},
		{"A price is locked for the term, a promotion for the terms that begin in it", `
			price 20 monthly
			price 25 monthly from 2026-03-20
			promotion SPRING 15% 2026-03-01..2026-03-10
			2026-03-05 buy 10 for 1/1
			2026-03-25 seats 11`, `
			2026-03-05 new 2026-03-05..2026-04-04 10 × 17.00 = 170.00
			2026-03-25 addQuantity 2026-03-25..2026-04-04 -10 × -6.03 = -60.32
			2026-03-25 addQuantity 2026-03-25..2026-04-04 11 × 6.03 = 66.35
			2026-04-05 renew 2026-04-05..2026-05-04 11 × 25.00 = 275.00
			2026-05-05 renew 2026-05-05..2026-06-04 11 × 25.00 = 275.00`},
		{"What is scheduled waits for the renewal, and a subscription that is not renewed ends", `
			price 20 monthly
			2026-03-05 buy 10 for 1/1
			2026-04-05 schedule seats 4
			2026-04-20 schedule end`, `
			2026-03-05 new 2026-03-05..2026-04-04 10 × 20.00 = 200.00
			2026-04-05 renew 2026-04-05..2026-05-04 4 × 20.00 = 80.00`},
		{"A three-year term paid by the year", `
			price 300 annual
			2023-05-31 buy 1 for 36/12`, `
			2026-05-31 renew 2026-05-31..2027-05-30 1 × 300.00 = 300.00`},
		{"Three years paid at once", `
			price 900 triennial
			2026-05-31 buy 2 for 36/36`, `
			2026-05-31 new 2026-05-31..2029-05-30 2 × 900.00 = 1800.00`},
		{"A term that ends with another subscription begins with a short cycle", `
			price 31 monthly
			2026-03-20 buy 1 for 12/1 until 2026-05-01 once`, `
			2026-03-20 new 2026-03-20..2026-03-31 1 × 12.00 = 12.00
			2026-04-01 cycleCharge 2026-04-01..2026-04-30 1 × 31.00 = 31.00`},
		{"A shortened year paid ahead is paid by its days", `
			price 365 annual
			2026-03-20 buy 1 for 12/12 until 2026-07-01 once`, `
			2026-03-20 new 2026-03-20..2026-06-30 1 × 103.00 = 103.00`},
		{"From monthly to annual payment: the months that are left of the year", `
			price 25 monthly
			price 240 annual
			2026-03-15 buy 2 for 12/1
			2026-04-02 plan 12`, `
			2026-03-15 new 2026-03-15..2026-04-14 2 × 25.00 = 50.00
			2026-04-15 changeBillingPlan 2026-04-15..2027-03-14 2 × 220.00 = 440.00`},
		{"From annual to monthly payment: with the end of what is paid", `
			price 25 monthly
			price 240 annual
			2025-04-15 buy 2 for 12/12
			2026-03-02 plan 1`, `
			2026-04-15 changeBillingPlan 2026-04-15..2026-05-14 2 × 25.00 = 50.00
			2026-05-15 cycleCharge 2026-05-15..2026-06-14 2 × 25.00 = 50.00`},
		{"A trial costs nothing until it is converted", `
			price 30 monthly
			2026-05-01 buy 25 for 1/1 trial
			2026-05-11 convert for 12/1`, `
			2026-05-01 new 2026-05-01..2026-05-31 25 × 0.00 = 0.00
			2026-05-11 convert 2026-05-11..2026-05-31 -25 × 0.00 = 0.00
			2026-05-11 convert 2026-05-11..2026-06-10 25 × 30.00 = 750.00`},
		{"A part of the seats is upgraded: the base goes on with the rest", `
			price 30 monthly
			2026-05-01 buy 300 for 12/1
			2026-05-11 seats 200 as convert`, `
			2026-05-01 new 2026-05-01..2026-05-31 300 × 30.00 = 9000.00
			2026-05-11 convert 2026-05-11..2026-05-31 -300 × -20.32 = -6096.77
			2026-05-11 convert 2026-05-11..2026-05-31 200 × 20.32 = 4064.51`},
		{"Software is paid once", `
			price 99.90 once
			2026-05-11 buy 2 for 0/0`, `
			2026-05-11 new 2026-05-11..2026-05-11 2 × 99.90 = 199.80`},
		{"Prices in another currency are converted at the rate of the charge's month", `
			quoted USD
			price 10 monthly
			rate 0.9 from 2026-04-01
			rate 0.915 from 2026-05-01
			2026-04-30 buy 3 for 1/1`, `
			2026-04-30 new 2026-04-30..2026-05-29 3 × 10.00 = 27.00
			2026-05-30 renew 2026-05-30..2026-06-29 3 × 10.00 = 27.45`},
	} {
		story, rules := tell(t, "EUR", c.story)
		check(t, c.what, table(expect(t, story, rules, "2026-03-01", "2026-06-01")), c.want)
	}
}

// The days of cycles at month ends, each as FROM..LAST of the charges of a story.
func TestChargeCyclesAtMonthEnds(t *testing.T) {
	for _, c := range []struct{ what, story, want string }{
		{
			"bought on a last day, paid monthly", "2021-01-31 buy 1 for 12/1 once",
			"01-31..02-27 02-28..03-30 03-31..04-29 04-30..05-30 05-31..06-29 06-30..07-30 07-31..08-30 08-31..09-29 09-30..10-30 10-31..11-29 11-30..12-30 12-31..01-30",
		},
		{
			"bought on the day before a last day", "2021-01-30 buy 1 for 12/1 once",
			"01-30..02-26 02-27..03-29 03-30..04-28 04-29..05-29 05-30..06-28 06-29..07-29 07-30..08-29 08-30..09-28 09-29..10-29 10-30..11-28 11-29..12-29 12-30..01-29",
		},
		{
			"two days before a last day is a day like any", "2021-01-29 buy 1 for 12/1 once",
			"01-29..02-27 02-28..03-28 03-29..04-28 04-29..05-28 05-29..06-28 06-29..07-28 07-29..08-28 08-29..09-28 09-29..10-28 10-29..11-28 11-29..12-28 12-29..01-28",
		},
		{
			"bought on the last day of a 30-day month", "2021-04-30 buy 1 for 12/1 once",
			"04-30..05-30 05-31..06-29 06-30..07-30 07-31..08-30 08-31..09-29 09-30..10-30 10-31..11-29 11-30..12-30 12-31..01-30 01-31..02-27 02-28..03-30 03-31..04-29",
		},
		{
			"a month's term is clamped, and anchored anew each time", "2021-01-30 buy 1 for 1/1\n2021-05-01 schedule end",
			"01-30..02-27 02-28..03-27 03-28..04-27 04-28..05-27",
		},
		{
			"a leap day, paid monthly: the last cycle ends with the term", "2024-02-29 buy 1 for 12/1 once",
			"02-29..03-30 03-31..04-29 04-30..05-30 05-31..06-29 06-30..07-30 07-31..08-30 08-31..09-29 09-30..10-30 10-31..11-29 11-30..12-30 12-31..01-30 01-31..02-27",
		},
		{"a leap day's year ends on 27 February, and renews on the 28th", "2024-02-29 buy 1 for 12/12\n2025-06-01 schedule end", "02-29..02-27 02-28..02-27"},
		{"years that hold a leap day", "2023-03-01 buy 1 for 36/12 once", "03-01..02-29 03-01..02-28 03-01..02-28"},
	} {
		story, rules := tell(t, "EUR", "price 10 monthly\n"+c.story)
		var spans []string
		for _, charge := range expect(t, story, rules, "2020-01-01", "2027-01-01") {
			from, last := charge.Period.From.String(), charge.Period.To.AddDays(-1).String()
			spans = append(spans, from[5:]+".."+last[5:])
		}
		if got := strings.Join(spans, " "); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.what, got, c.want)
		}
	}
}

func TestBothSidesOfASeatChangeHaveOneKey(t *testing.T) {
	story, rules := tell(t, "EUR", "price 10 monthly\n2026-01-01 buy 1 for 12/1\n2026-01-02 seats 2\n2026-01-02 seats 3 ref theirs")
	c := expect(t, story, rules, "2026-01-01", "2026-02-01")
	if len(c) != 5 || c[1].Event != c[2].Event || c[3].Event != c[4].Event || c[1].Event == c[3].Event || c[0].Event == c[1].Event {
		t.Errorf("got %q %q %q %q %q", c[0].Event, c[1].Event, c[2].Event, c[3].Event, c[4].Event)
	}
	if c[4].Reference != "theirs" {
		t.Errorf("the provider's reference became %q", c[4].Reference)
	}
}

func TestWithinADayAllIsPaidBack(t *testing.T) {
	bought := time.Date(2026, 4, 30, 20, 0, 0, 0, time.UTC)
	for after, want := range map[time.Duration]string{23 * time.Hour: "-100.00", 25 * time.Hour: "-96.77"} {
		story, rules := tell(t, "EUR", "price 100 monthly\n2026-04-30 buy 1 for 12/1\n2026-05-01 cancel")
		story.Events[0].At, story.Events[1].At = bought, bought.Add(after)
		story.Events[0].On = day(t, "2026-04-30")
		// The cycle of a purchase on a last day runs from 30 April to 30 May: 31 days.
		if charges := expect(t, story, rules, "2026-05-01", "2026-06-01"); len(charges) != 1 || charges[0].Subtotal.String() != want {
			t.Errorf("after %s: %s", after, table(charges))
		}
	}
}

func TestWithoutAPriceOrARateNothingIsGuessed(t *testing.T) {
	story, rules := tell(t, "EUR", "2026-05-01 buy 1 for 12/1")
	if c := expect(t, story, rules, "2026-05-01", "2026-06-01"); c[0].Why != "no price of the provider is known for E3 on 2026-05-01" {
		t.Errorf("got %q", c[0].Why)
	}
	story, rules = tell(t, "EUR", "quoted USD\nprice 1 monthly\n2026-05-01 buy 1 for 12/1")
	if c := expect(t, story, rules, "2026-05-01", "2026-06-01"); c[0].Why != "no exchange rate from USD to EUR is known on 2026-05-01" {
		t.Errorf("got %q", c[0].Why)
	}
}

func TestStoriesThatCannotHaveHappened(t *testing.T) {
	for text, want := range map[string]string{
		"2026-05-01 seats 3": "subscription sub: 2026-05-01: it is not running",
		"2026-05-01 buy 3 for 12/1\n2026-05-02 buy 3 for 12/1":                        "subscription sub: 2026-05-02: it was bought a second time",
		"2026-05-01 buy 3 for 12/5":                                                   "subscription sub: 2026-05-01: a term of 12 months cannot be paid every 5",
		"2026-05-01 buy 3 for 1/1 until 2026-07-01":                                   "subscription sub: 2026-05-01: a term of 1 months cannot be shortened to end on 2026-07-01",
		"2026-05-01 buy 3 for 1/1 once\n2026-06-02 cancel":                            "subscription sub: 2026-06-02: it is not running",
		"2026-05-01 buy 3 for 12/1\n2026-05-02 cancel as convert\n2026-05-03 seats 4": "subscription sub: 2026-05-03: it is not running",
	} {
		story, rules := tell(t, "EUR", "price 1 monthly\n"+text)
		window := expectWindow(t, "2026-05-01", "2027-01-01")
		_, err := reconcile.Expect(story, rules, window)
		var told *reconcile.StoryError
		if !errors.As(err, &told) || err.Error() != want {
			t.Errorf("%s\ngot  %v\nwant %s", text, err, want)
		}
	}
}

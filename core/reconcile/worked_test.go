package reconcile_test

import (
	"testing"

	"prorata/core/reconcile"
)

// Examples of the kinds that the provider works through in its help, each worked by
// hand from its prose: the days of the cycle are counted from the first to the last,
// what is charged is the price of a seat for the days that are left, cut to the
// currency's digits.
func TestExamplesWorkedByHand(t *testing.T) {
	for _, c := range []struct{ what, currency, from, to, story, want string }{
		// 28 days from 31 January; 18 of them are left on the 10th: 14 × 18/28 = 9.
		{"seats added in a cycle that begins on a last day", "USD", "2023-01-01", "2023-04-01", "rounding unit\nprice 14 monthly\n2023-01-31 buy 5 for 12/1\n2023-02-10 seats 8", `
			2023-01-31 new 2023-01-31..2023-02-27 5 × 14.00 = 70.00
			2023-02-10 addQuantity 2023-02-10..2023-02-27 -5 × -9.00 = -45.00
			2023-02-10 addQuantity 2023-02-10..2023-02-27 8 × 9.00 = 72.00
			2023-02-28 cycleCharge 2023-02-28..2023-03-30 8 × 14.00 = 112.00
			2023-03-31 cycleCharge 2023-03-31..2023-04-29 8 × 14.00 = 112.00`},
		{"bought on a last day before a leap day", "USD", "2024-01-01", "2024-05-01", "price 10 monthly\n2024-01-31 buy 3 for 12/1", `
			2024-01-31 new 2024-01-31..2024-02-28 3 × 10.00 = 30.00
			2024-02-29 cycleCharge 2024-02-29..2024-03-30 3 × 10.00 = 30.00
			2024-03-31 cycleCharge 2024-03-31..2024-04-29 3 × 10.00 = 30.00
			2024-04-30 cycleCharge 2024-04-30..2024-05-30 3 × 10.00 = 30.00`},
		{"bought on the day before it", "USD", "2024-01-01", "2024-05-01", "price 10 monthly\n2024-01-30 buy 3 for 12/1", `
			2024-01-30 new 2024-01-30..2024-02-27 3 × 10.00 = 30.00
			2024-02-28 cycleCharge 2024-02-28..2024-03-29 3 × 10.00 = 30.00
			2024-03-30 cycleCharge 2024-03-30..2024-04-28 3 × 10.00 = 30.00
			2024-04-29 cycleCharge 2024-04-29..2024-05-29 3 × 10.00 = 30.00`},
		{"bought on the last day but one of February", "USD", "2023-02-01", "2023-05-01", "price 10 monthly\n2023-02-27 buy 3 for 12/1", `
			2023-02-27 new 2023-02-27..2023-03-29 3 × 10.00 = 30.00
			2023-03-30 cycleCharge 2023-03-30..2023-04-28 3 × 10.00 = 30.00
			2023-04-29 cycleCharge 2023-04-29..2023-05-29 3 × 10.00 = 30.00`},
		{"a month's term bought on the 31st is clipped, and renews on the day that is left", "USD", "2023-03-01", "2023-06-01", "price 10 monthly\n2023-03-31 buy 2 for 1/1", `
			2023-03-31 new 2023-03-31..2023-04-29 2 × 10.00 = 20.00
			2023-04-30 renew 2023-04-30..2023-05-29 2 × 10.00 = 20.00
			2023-05-30 renew 2023-05-30..2023-06-29 2 × 10.00 = 20.00`},
		// From 10 January 2024 a year has 366 days, of which 91 are gone on 10 April.
		{"seats added to a leap year that is paid ahead", "USD", "2024-04-01", "2024-05-01", "rounding unit\nprice 366 annual\n2024-01-10 buy 4 for 12/12\n2024-04-10 seats 6", `
			2024-04-10 addQuantity 2024-04-10..2025-01-09 -4 × -275.00 = -1100.00
			2024-04-10 addQuantity 2024-04-10..2025-01-09 6 × 275.00 = 1650.00`},
		// 8.33 × 0.9113 = 7.591129; 20 of 31 days: 8.33 × 20/31 × 0.9113 = 4.897502….
		{"another currency: each seat is converted, and cut", "EUR", "2026-05-01", "2026-06-01", "rounding unit\nquoted USD\nprice 8.33 monthly\nrate 0.9113 from 2026-05-01\n2026-05-10 buy 12 for 12/1\n2026-05-21 seats 20", `
			2026-05-10 new 2026-05-10..2026-06-09 12 × 8.33 = 91.08
			2026-05-21 addQuantity 2026-05-21..2026-06-09 -12 × -5.37 = -58.68
			2026-05-21 addQuantity 2026-05-21..2026-06-09 20 × 5.37 = 97.80`},
		{"another currency: the row is converted, and cut", "EUR", "2026-05-01", "2026-06-01", "quoted USD\nprice 8.33 monthly\nrate 0.9113 from 2026-05-01\n2026-05-10 buy 12 for 12/1\n2026-05-21 seats 20", `
			2026-05-10 new 2026-05-10..2026-06-09 12 × 8.33 = 91.09
			2026-05-21 addQuantity 2026-05-21..2026-06-09 -12 × -5.37 = -58.77
			2026-05-21 addQuantity 2026-05-21..2026-06-09 20 × 5.37 = 97.95`},
		// 99 × 0.85 = 84.15; 361 of 365 days of it: 83.2278….
		{"a year paid ahead under a promotion, cancelled in the window", "USD", "2026-05-01", "2026-06-01", "rounding unit\nprice 99 annual\npromotion SPRING 15% 2026-05-01..2026-06-01\n2026-05-05 buy 4 for 12/12\n2026-05-09 cancel", `
			2026-05-05 new 2026-05-05..2027-05-04 4 × 84.15 = 336.60
			2026-05-09 cancelImmediate 2026-05-09..2027-05-04 -4 × -83.22 = -332.88`},
		// 17 of 31 days at 10 are 5.4838…; 20 of 31 at 18 are 11.6129….
		{"seats move out of a subscription", "USD", "2026-05-15", "2026-06-01", "rounding unit\nprice 10 monthly\n2026-05-04 buy 50 for 12/1\n2026-05-18 seats 30 as moveQuantity ref up", `
			2026-05-18 moveQuantity 2026-05-18..2026-06-03 -50 × -5.48 = -274.00
			2026-05-18 moveQuantity 2026-05-18..2026-06-03 30 × 5.48 = 164.40`},
		{"and into another, on that one's cycle", "USD", "2026-05-15", "2026-06-01", "rounding unit\nprice 18 monthly\n2026-05-07 buy 10 for 12/1\n2026-05-18 seats 30 as moveQuantity ref up", `
			2026-05-18 moveQuantity 2026-05-18..2026-06-06 -10 × -11.61 = -116.10
			2026-05-18 moveQuantity 2026-05-18..2026-06-06 30 × 11.61 = 348.30`},
		// Five months are paid by 14 March: seven are left of a year.
		{"monthly payment becomes annual: the months that are left", "USD", "2026-03-01", "2026-06-01", "rounding unit\nprice 11 monthly\nprice 120 annual\n2025-10-15 buy 3 for 12/1\n2026-03-01 plan 12", `
			2026-03-15 changeBillingPlan 2026-03-15..2026-10-14 3 × 70.00 = 210.00`},
		// 21 of the 31 days of May: 30 × 21/31 = 20.3225….
		{"a term that ends with a calendar month", "USD", "2026-05-01", "2026-07-01", "rounding unit\nprice 30 monthly\n2026-05-11 buy 2 for 12/1 until 2026-09-01", `
			2026-05-11 new 2026-05-11..2026-05-31 2 × 20.32 = 40.64
			2026-06-01 cycleCharge 2026-06-01..2026-06-30 2 × 30.00 = 60.00`},
		// 204 of 365 days: 134.1369….
		{"the same, paid ahead", "USD", "2026-05-01", "2026-07-01", "rounding unit\nprice 240 annual\n2026-05-11 buy 1 for 12/12 until 2026-12-01",
			"2026-05-11 new 2026-05-11..2026-11-30 1 × 134.13 = 134.13"},
		// 29 of 31 days: 22 × 29/31 = 20.5806….
		{"seats given back in the window", "USD", "2026-05-01", "2026-06-01", "rounding unit\nprice 22 monthly\n2026-05-12 buy 9 for 12/1\n2026-05-14 seats 4", `
			2026-05-12 new 2026-05-12..2026-06-11 9 × 22.00 = 198.00
			2026-05-14 removeQuantity 2026-05-14..2026-06-11 -9 × -20.58 = -185.22
			2026-05-14 removeQuantity 2026-05-14..2026-06-11 4 × 20.58 = 82.32`},
		{"two changes on one day are two, each whole", "USD", "2026-05-15", "2026-06-01", "rounding unit\nprice 31 monthly\n2026-05-12 buy 1 for 12/1\n2026-05-20 seats 2\n2026-05-20 seats 5", `
			2026-05-20 addQuantity 2026-05-20..2026-06-11 -1 × -23.00 = -23.00
			2026-05-20 addQuantity 2026-05-20..2026-06-11 2 × 23.00 = 46.00
			2026-05-20 addQuantity 2026-05-20..2026-06-11 -2 × -23.00 = -46.00
			2026-05-20 addQuantity 2026-05-20..2026-06-11 5 × 23.00 = 115.00`},
		// 20 of 31 days: 1500 × 20/31 = 967.74 yen, of which there are no parts.
		{"a currency without parts is cut to the whole", "JPY", "2026-05-01", "2026-06-01", "rounding unit\nprice 1500 monthly\n2026-05-10 buy 10 for 12/1\n2026-05-21 seats 12", `
			2026-05-10 new 2026-05-10..2026-06-09 10 × 1500.00 = 15000
			2026-05-21 addQuantity 2026-05-21..2026-06-09 -10 × -967.74 = -9670
			2026-05-21 addQuantity 2026-05-21..2026-06-09 12 × 967.74 = 11604`},
		// A trial of a month, 19 days of which are left; the paid year begins that day.
		{"a trial becomes a paid year", "USD", "2026-05-01", "2026-07-01", "rounding unit\nprice 52.61 monthly\n2026-05-06 buy 25 for 1/1 trial\n2026-05-18 convert for 12/1", `
			2026-05-06 new 2026-05-06..2026-06-05 25 × 0.00 = 0.00
			2026-05-18 convert 2026-05-18..2026-06-05 -25 × 0.00 = 0.00
			2026-05-18 convert 2026-05-18..2026-06-17 25 × 52.61 = 1315.25
			2026-06-18 cycleCharge 2026-06-18..2026-07-17 25 × 52.61 = 1315.25`},
		// The term's price stays for its three years; the promotion too, and ends with it.
		{"three years by the month keep price and promotion, and renew without", "USD", "2026-04-01", "2026-06-01", "rounding unit\nprice 20 monthly\nprice 24 monthly from 2024-01-01\npromotion OLD 25% 2023-05-01..2023-06-01\n2023-05-10 buy 3 for 36/1", `
			2026-04-10 cycleCharge 2026-04-10..2026-05-09 3 × 15.00 = 45.00
			2026-05-10 renew 2026-05-10..2026-06-09 3 × 24.00 = 72.00`},
	} {
		story, rules := tell(t, c.currency, c.story)
		check(t, c.what, table(expect(t, story, rules, c.from, c.to)), c.want)
	}
}

// A provider that counts the days of the month in which a cycle begins, where the
// cycle itself is shorter, charges by another rule: no more is said than that.
func TestDaysOfTheMonthInPlaceOfTheCycle(t *testing.T) {
	story, rules := tell(t, "EUR", "rounding unit\nprice 14 monthly\n2023-01-31 buy 5 for 12/1\n2023-02-10 seats 8")
	rows := rowsOf(expect(t, story, rules, "2023-02-01", "2023-02-28"))
	// 14 × 18/31 = 8.1290….
	for i, cost := range []string{"-40.60", "64.96"} {
		set(t, &rows[i].Cost, cost)
		set(t, &rows[i].EffectivePrice, map[bool]string{true: "-8.129", false: "8.129"}[i == 0])
	}
	check(t, "proration", findings(match(t, rules, "2023-02-01", "2023-02-28", reconcile.Customer{ID: "cust", Known: true, Stories: []reconcile.Story{*story}, Rows: rows})), `
		sub-1 proration rule: 4.40: 18/31 of 2023-02-10 to 2023-02-27 are charged where 18/28 of 2023-02-10 to 2023-02-27 were expected: -40.60 instead of -45.00
		sub-2 proration rule: -7.04: 18/31 of 2023-02-10 to 2023-02-27 are charged where 18/28 of 2023-02-10 to 2023-02-27 were expected: 64.96 instead of 72.00`)
}

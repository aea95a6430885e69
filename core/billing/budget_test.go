package billing_test

import (
	"slices"
	"testing"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

func TestAlertsAreReachedNotBefore(t *testing.T) {
	parse := func(text string) calendar.Date {
		d, err := calendar.ParseDate(text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	decimal := func(text string) money.Decimal {
		d, err := money.ParseDecimal(text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	currency, err := money.ParseCurrency("EUR")
	if err != nil {
		t.Fatal(err)
	}
	monthly := billing.Unit{Name: "monthly", Months: 1}
	start := parse("2026-01-01")
	for _, c := range []struct {
		cost    string
		percent int64
		reached []int
	}{{"0.00", 0, nil}, {"49.99", 49, nil}, {"50.00", 50, []int{50}}, {"99.99", 99, []int{50, 80}}, {"100.00", 100, []int{50, 80, 100}}, {"250.50", 250, []int{50, 80, 100}}} {
		book := billing.Book{
			Contract: billing.Contract{ID: "c", Currency: currency, Frequency: monthly, Start: start},
			Subscriptions: []billing.Subscription{{ID: "az", Contract: "c", SKU: "AZ", Kind: billing.Usage, Billing: monthly, PriceUnit: monthly,
				Entries: []billing.Entry{{Seq: 1, EffectiveOn: start, KnownOn: start, RecordedOn: start, Quantity: money.DecimalOf(1), HasQuantity: true}}}},
			Usage: []billing.UsageRecord{
				{ID: "r", Subscription: "az", Period: calendar.Period{From: parse("2026-01-05"), To: parse("2026-01-06")}, Quantity: money.DecimalOf(1), Cost: decimal(c.cost), HasCost: true, KnownOn: parse("2026-01-06")},
				{ID: "void", Subscription: "az", Period: calendar.Period{From: parse("2026-01-05"), To: parse("2026-01-06")}, Quantity: money.DecimalOf(1), Cost: decimal("70"), HasCost: true, KnownOn: parse("2026-01-06"), VoidedOn: parse("2026-01-07")},
			},
		}
		book.Cursor.Next = 1
		budget := billing.Budget{Amount: decimal("100"), AlertAt: []int{50, 80, 100}}
		use, err := billing.NewPlanner(&billing.Catalog{}).UseBudget(&book, "az", budget, parse("2026-01-20"))
		if err != nil || use.Percent != c.percent || !slices.Equal(use.Reached, c.reached) {
			t.Errorf("%s of 100: %d %%, reached %v (%v), want %d %%, %v", c.cost, use.Percent, use.Reached, err, c.percent, c.reached)
		}
	}
}

package reconcile_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/core/reconcile"
)

// published reads one of the provider's worked examples: its rows by the words
// of the header, blanks dropped. The test is passed over where they do not lie
// beside the checkout.
func published(t *testing.T, number string) []map[string]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "partnercenter", "samples", "billing-scenario."+number+".csv"))
	if err != nil {
		t.Skip("there are no samples beside this checkout")
	}
	records, err := csv.NewReader(strings.NewReader(string(data))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, name := range records[0] {
			row[strings.ReplaceAll(name, " ", "")] = record[i]
		}
		rows = append(rows, row)
	}
	return rows
}

func first(row map[string]string, names ...string) string {
	for _, name := range names {
		if text := row[name]; text != "" {
			return text
		}
	}
	return ""
}

func publishedDay(t *testing.T, text string) calendar.Date {
	t.Helper()
	at, err := time.Parse("January 2, 2006", text)
	if err != nil {
		t.Fatal(err)
	}
	return day(t, at.Format(time.DateOnly))
}

// written is a published row as a charge is written here; what the example does
// not say is left out on both sides.
func written(t *testing.T, row map[string]string, c *reconcile.Charge) (want, got string) {
	t.Helper()
	from, last := publishedDay(t, row["ChargeStartDate"]), publishedDay(t, row["ChargeEndDate"])
	want = row["ChargeType"] + " " + from.String() + ".." + last.String()
	got = c.Type.String() + " " + span(c.Period)
	if text := first(row, "OrderDate"); text != "" {
		want, got = publishedDay(t, text).String()+" "+want, c.On.String()+" "+got
	}
	if text := first(row, "BillableQuantity", "Quantity"); text != "" {
		want, got = want+" "+text, got+" "+c.Quantity.String()
	}
	if text := row["UnitPrice"]; text != "" {
		want, got = want+" of "+number(t, text).Trim(2).String(), got+" of "+c.UnitPrice.Trim(2).String()
	}
	if text := row["EffectiveUnitPrice"]; text != "" {
		shown := number(t, text)
		effective := c.Shown
		if shown.Digits() > 2 {
			effective = money.DecimalFrom(c.Effective, shown.Digits(), shown.Digits())
		}
		want, got = want+" × "+shown.Trim(2).String(), got+" × "+effective.Trim(2).String()
	}
	if text := first(row, "Total", "Subtotal", "Amount"); text != "" {
		want, got = want+" = "+number(t, strings.ReplaceAll(text, ",", "")).Trim(2).String(), got+" = "+c.Subtotal.String()
	}
	return want, got
}

// signed gives a published row without a sign that of its kind.
func comparePublished(t *testing.T, name string, rows []map[string]string, charges []reconcile.Charge) {
	t.Helper()
	if len(rows) != len(charges) {
		t.Fatalf("example %s has %d rows, expected are %d:\n%s", name, len(rows), len(charges), table(charges))
	}
	for i, row := range rows {
		if want, got := written(t, row, &charges[i]); got != want {
			t.Errorf("example %s, row %d:\nwe     %s\ntheirs %s", name, i+1, got, want)
		}
	}
}

func TestThePublishedExamples(t *testing.T) {
	for _, c := range []struct{ number, story, from, to string }{
		{"01", "price 10.08 monthly\n2021-06-18 buy 10 for 1/1", "2021-06-18", "2021-07-01"},
		{"02", "price 10.08 monthly\n2021-06-18 buy 10 for 1/1", "2021-07-01", "2021-08-01"},
		{"03", "price 10.08 monthly\n2021-06-18 buy 10 for 12/1", "2021-07-01", "2021-08-01"},
		{"10", "price 10 monthly\n2021-01-30 buy 10 for 12/1 once", "2021-01-01", "2022-03-01"},
		{"12", "price 10.08 monthly\n2021-06-18 buy 12 for 1/1\n2021-06-20 seats 8", "2021-06-20", "2021-07-01"},
		{"13", `price 12 monthly
			2022-03-05 buy 10 for 12/1
			2022-03-07 seats 15
			2022-03-10 seats 25
			2022-03-12 seats 23
			2022-03-14 seats 20
			2022-03-25 seats 30`, "2022-03-01", "2022-04-01"},
		{"14", "rounding unit\nprice 10.08 monthly\n2021-07-15 buy 10 for 1/1\n2021-07-17 cancel", "2021-07-01", "2021-08-01"},
		{"17", "price 52.61 monthly\n2021-06-25 buy 25 for 1/1 trial\n2021-06-25 convert for 1/1", "2021-06-01", "2021-07-01"},
		{"18", `price 250 annual
			price 20 monthly from 2022-01-01
			2021-09-20 buy 10 for 12/12
			2022-09-01 plan 1`, "2021-09-01", "2022-10-01"},
		{"24", "price 192 annual\n2022-01-25 buy 1 for 12/12", "2022-01-01", "2022-02-01"},
	} {
		t.Run(c.number, func(t *testing.T) {
			rows := published(t, c.number)
			story, rules := tell(t, "USD", c.story)
			comparePublished(t, c.number, rows, expect(t, story, rules, c.from, c.to))
		})
	}
}

// An upgrade is two stories with one reference: the base ends, and the target
// runs to the base's end on the base's cycle.
func TestThePublishedUpgrade(t *testing.T) {
	rows := published(t, "15")
	base, rules := tell(t, "USD", "rounding unit\nprice 10.08 monthly\n2021-06-18 buy 300 for 12/1\n2021-06-25 cancel as convert ref up")
	target, _ := tell(t, "USD", "price 6.43 monthly\n2021-06-25 buy 300 for 12/1 until 2022-06-18 as convert ref up")
	charges := expect(t, base, rules, "2021-06-01", "2021-07-01")
	charges = append(charges, expect(t, target, rules, "2021-06-01", "2021-07-01")...)
	comparePublished(t, "15", rows, charges)
	if charges[1].Event != charges[2].Event || rows[1]["ReferenceID"] != rows[2]["ReferenceID"] {
		t.Errorf("the two sides have keys %q and %q", charges[1].Event, charges[2].Event)
	}
}

// Each published row is a purchase of its own; bought monthly, it renews on the day that is named.
func TestThePublishedMonthEnds(t *testing.T) {
	for _, name := range []string{"07", "09"} {
		for _, row := range published(t, name) {
			bought := publishedDay(t, row["OrderDate"])
			story, rules := tell(t, "USD", "price 10 monthly\n"+bought.String()+" buy 1 for 1/1")
			charges := expect(t, story, rules, "2021-01-01", "2022-01-01")
			comparePublished(t, name, []map[string]string{row}, charges[:1])
			if renews := publishedDay(t, row["RenewDate"]); charges[1].On != renews || charges[1].Type != billing.ChargeRenew || charges[0].Term.To != renews {
				t.Errorf("example %s: bought on %s it renews on %s, theirs on %s", name, bought, charges[1].On, renews)
			}
		}
	}
}

// Two of the published figures follow no rule of days: the change of plan in the
// prose (250 a year, 11 months left: 229.16) counts months, and so do we; the
// migration (192 a year, 177 days: 95.21) counts days from before its own first.
// That one is what a difference in proration looks like.
func TestThePublishedFiguresThatFollowAnotherRule(t *testing.T) {
	story, rules := tell(t, "USD", "rounding unit\nprice 20 monthly\nprice 250 annual\n2021-09-20 buy 10 for 12/1\n2021-10-02 plan 12")
	charges := expect(t, story, rules, "2021-10-01", "2021-11-01")
	check(t, "plan", table(charges), "2021-10-20 changeBillingPlan 2021-10-20..2022-09-19 10 × 229.16 = 2291.60")

	row := published(t, "23")[0]
	story, rules = tell(t, "USD", "rounding unit\nprice 192 annual\n2022-01-25 buy 1 for 12/12 until 2022-07-21")
	charges = expect(t, story, rules, "2022-01-01", "2022-02-01")
	check(t, "migration", table(charges), "2022-01-25 new 2022-01-25..2022-07-20 1 × 93.10 = 93.10")
	theirs := reconcile.Row{Holding: "sub", On: charges[0].On}
	theirs.ProviderCharge = billing.ProviderCharge{
		ID: "1", Type: billing.ChargeNew, SKU: "E3", Quantity: number(t, "1"), UnitPrice: number(t, row["UnitPrice"]), EffectivePrice: number(t, row["EffectiveUnitPrice"]),
		Cost: number(t, row["EffectiveUnitPrice"]), Currency: story.Currency, Period: charges[0].Period,
	}
	result := match(t, rules, "2022-01-01", "2022-02-01", reconcile.Customer{Known: true, Stories: []reconcile.Story{*story}, Rows: []reconcile.Row{theirs}})
	if len(result.Findings) != 1 || result.Findings[0].Cause != reconcile.Proration || result.Findings[0].Amount.String() != "2.11" {
		t.Errorf("got %v", slices.Clone(result.Findings))
	}
}

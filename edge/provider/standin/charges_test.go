package standin

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"prorata/core/calendar"
	"prorata/core/money"
)

// day reads a day of a test.
func day(t testing.TB, text string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// days reads a period shown with its last day included.
func days(t testing.TB, from, last string) calendar.Period {
	t.Helper()
	return calendar.Period{From: day(t, from), To: day(t, last).AddDays(1)}
}

// sampleRows is a published worked example by column, its headers without
// spaces; the test is skipped where they do not lie beside the checkout.
func sampleRows(t testing.TB, name string) []map[string]string {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "..", "..", "..", "shared", "partnercenter", "samples", name))
	if err != nil {
		t.Skip("there are no samples beside this checkout")
	}
	defer func() { _ = file.Close() }()
	records, err := csv.NewReader(file).ReadAll()
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

// published reads a day as the worked examples write it.
func published(t testing.TB, text string) calendar.Date {
	t.Helper()
	at, err := time.Parse("January 2, 2006", text)
	if err != nil {
		t.Fatal(err)
	}
	return civil(at)
}

func TestThePublishedChargeCycles(t *testing.T) {
	for _, name := range []string{"billing-scenario.07.csv", "billing-scenario.09.csv"} {
		for _, row := range sampleRows(t, name) {
			term := calendar.Period{From: published(t, row["SubscriptionStartDate"]), To: published(t, row["RenewDate"])}
			if got := wholeCycle(term, 1, 1, 0); got != term {
				t.Errorf("%s: a month from %s is %v, want %v", name, term.From, got, term)
			}
		}
	}
	rows := sampleRows(t, "billing-scenario.10.csv")
	term := calendar.Period{From: published(t, rows[0]["SubscriptionStartDate"]), To: published(t, rows[0]["RenewDate"])}
	for k, row := range rows {
		want := calendar.Period{From: published(t, row["ChargeStartDate"]), To: published(t, row["ChargeEndDate"]).AddDays(1)}
		if got := cycleOf(term, 12, 1, k); got != want {
			t.Errorf("cycle %d is %v, want %v", k, got, want)
		}
	}
}

func TestChargeCyclesKeepToTheirAnchor(t *testing.T) {
	for _, c := range []struct {
		about, from  string
		term, months int
		want         string
	}{
		{about: "bought on a last day", from: "2021-01-31", term: 12, months: 1, want: "2021-01-31 2021-02-28 2021-03-31 2021-04-30 2021-05-31"},
		{about: "on a February's last day", from: "2023-02-28", term: 12, months: 1, want: "2023-02-28 2023-03-31 2023-04-30"},
		{about: "the day before a last day", from: "2021-01-30", term: 12, months: 1, want: "2021-01-30 2021-02-27 2021-03-30 2021-04-29"},
		{about: "two days before", from: "2021-01-29", term: 12, months: 1, want: "2021-01-29 2021-02-28 2021-03-29"},
		{about: "a month alone is clipped plainly", from: "2021-01-30", term: 1, months: 1, want: "2021-01-30 2021-02-28"},
		{about: "a year at once from a leap day", from: "2024-02-29", term: 12, months: 12, want: "2024-02-29 2025-02-28"},
		{about: "three years, paid by the year", from: "2024-02-29", term: 36, months: 12, want: "2024-02-29 2025-02-28 2026-02-28 2027-02-28"},
	} {
		var got []string
		for k := range strings.Fields(c.want) {
			got = append(got, cycleBoundary(day(t, c.from), c.term, c.months, k).String())
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %s, want %s", c.about, strings.Join(got, " "), c.want)
		}
	}
	shortened := days(t, "2026-03-10", "2026-05-15")
	for k, want := range []calendar.Period{days(t, "2026-03-10", "2026-03-15"), days(t, "2026-03-16", "2026-04-15"), days(t, "2026-04-16", "2026-05-15")} {
		if got := cycleOf(shortened, 12, 1, k); got != want {
			t.Errorf("cycle %d of a term that was shortened is %v, want %v", k, got, want)
		}
	}
	if got, want := wholeCycle(shortened, 12, 1, 0), days(t, "2026-02-16", "2026-03-15"); got != want {
		t.Errorf("its first cycle is counted against %v, want %v", got, want)
	}
	// 28 February 2027 is a last day, a year later it is not.
	if got, want := wholeCycle(days(t, "2027-02-28", "2028-02-27"), 12, 1, 11), days(t, "2028-01-31", "2028-02-27"); got != want {
		t.Errorf("the last cycle of a term that ends in a leap February is %v, want %v", got, want)
	}
}

// plainBill is a bill in dollars without tax.
func plainBill(cut Truncation) *billing {
	b := New(Settings{Seed: "plain", Start: time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)}).billing
	b.switches.Truncation = cut
	return b
}

// seats is what happened to the seats of one subscription in a charge cycle.
func seats(kind chargeKind, on calendar.Date, was, is int, list string, cycle calendar.Period) *happening {
	return &happening{
		kind: kind, at: midnight(on).Add(10 * time.Hour), on: on, was: was, is: is, list: figure(list), term: cycle, termMonths: 1, billing: Monthly,
		cycle: cycle, whole: cycle, paid: calendar.Period{From: on, To: cycle.To}, subscription: "s", reference: on.String(),
	}
}

func shown(lines []pendingLine) string {
	var b strings.Builder
	for _, p := range lines {
		l := p.line
		b.WriteString(strings.Join([]string{l.ChargeType, l.Charged.From.String(), lastOf(l.Charged).String(), money.DecimalFrom(l.Effective.Ratio(), 2, 2).String(), "x", l.Billable.String(), "=", l.Subtotal.String()}, " ") + "\n")
	}
	return b.String()
}

func TestSeatsAreWipedAndChargedAnew(t *testing.T) {
	b, cycle := plainBill(TruncateLine), days(t, "2026-03-05", "2026-04-04")
	b.take(seats(chargeNew, day(t, "2026-03-05"), 0, 10, "12", cycle))
	b.take(seats(chargeAdded, day(t, "2026-03-07"), 10, 15, "12", cycle))
	b.take(seats(chargeRemoved, day(t, "2026-03-12"), 15, 12, "12", cycle))
	want := `new 2026-03-05 2026-04-04 12.00 x 10 = 120.00
addQuantity 2026-03-07 2026-04-04 -11.23 x 10 = -112.25
addQuantity 2026-03-07 2026-04-04 11.23 x 15 = 168.38
removeQuantity 2026-03-12 2026-04-04 -9.29 x 15 = -139.35
removeQuantity 2026-03-12 2026-04-04 9.29 x 12 = 111.48
`
	if got := shown(b.lines); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if b.lines[1].line.Reference != b.lines[2].line.Reference || b.lines[2].line.Reference == b.lines[3].line.Reference {
		t.Error("a reversal and its new charge share a reference, two events do not")
	}
}

func TestACancellationGivesAllBackOnTheFirstDayAndDaysAfterwards(t *testing.T) {
	cycle := days(t, "2026-07-15", "2026-08-14")
	b := plainBill(TruncateUnit)
	b.take(seats(chargeNew, day(t, "2026-07-15"), 0, 10, "10.08", cycle))
	b.take(seats(chargeCancel, day(t, "2026-07-17"), 10, 0, "10.08", cycle))
	if got, want := shown(b.lines[1:]), "cancelImmediate 2026-07-17 2026-08-14 -9.43 x 10 = -94.20\n"; got != want {
		t.Errorf("two days later: got %s, want %s", got, want)
	}
	b = plainBill(TruncateUnit)
	b.take(seats(chargeNew, day(t, "2026-07-15"), 0, 10, "10.08", cycle))
	c := seats(chargeCancel, day(t, "2026-07-16"), 10, 0, "10.08", cycle)
	c.full = true
	b.take(c)
	if got, want := shown(b.lines[1:]), "cancelImmediate 2026-07-15 2026-08-14 -10.08 x 10 = -100.80\n"; got != want {
		t.Errorf("inside 24 hours: got %s, want %s", got, want)
	}
}

func TestThePublishedWorkedExamples(t *testing.T) {
	for _, c := range []struct {
		file   string
		cut    Truncation
		cycle  calendar.Period
		opened bool
		totals string
	}{
		{"billing-scenario.12.csv", TruncateLine, days(t, "2021-06-18", "2021-07-17"), true, "Total"},
		{"billing-scenario.13.csv", TruncateLine, days(t, "2022-03-05", "2022-04-04"), false, "Subtotal"},
		{"billing-scenario.14.csv", TruncateUnit, days(t, "2021-07-15", "2021-08-14"), false, "Total"},
		{"billing-scenario.15.csv", TruncateUnit, days(t, "2021-06-18", "2021-07-17"), false, "Total"},
	} {
		rows, b := sampleRows(t, c.file), plainBill(c.cut)
		if c.opened {
			b.take(seats(chargeNew, c.cycle.From, 0, 12, rows[0]["UnitPrice"], c.cycle))
			b.lines = nil
		}
		var want []string
		for i := 0; i < len(rows); i++ {
			row := rows[i]
			on := published(t, row["OrderDate"]+row["Order Date"])
			kind, quantity := chargeKind(row["ChargeType"]), figure(row["BillableQuantity"]).Ratio()
			whole, _ := quantity.Round(0)
			n := int(whole)
			want = append(want, row["ChargeType"]+" "+figure(row[c.totals]).Trim(0).String())
			switch kind {
			case chargeNew:
				b.take(seats(kind, on, 0, n, row["UnitPrice"], c.cycle))
			case chargeCancel:
				b.take(seats(kind, on, n, 0, row["UnitPrice"], c.cycle))
			default:
				next := rows[i+1]
				after, _ := figure(next["BillableQuantity"]).Ratio().Round(0)
				m := int(after)
				b.take(seats(kind, on, n, m, next["UnitPrice"], c.cycle))
				want = append(want, next["ChargeType"]+" "+figure(next[c.totals]).Trim(0).String())
				i++
			}
		}
		var got []string
		for _, p := range b.lines {
			got = append(got, p.line.ChargeType+" "+p.line.Subtotal.Trim(0).String())
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s: got\n%s\nwant\n%s", c.file, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func TestABillingPlanChangedInsideATermCountsMonths(t *testing.T) {
	term := days(t, "2026-09-20", "2027-09-19")
	b := plainBill(TruncateUnit)
	c := seats(chargePlan, day(t, "2026-10-20"), 10, 10, "250", calendar.Period{From: day(t, "2026-10-20"), To: term.To})
	c.monthsPaid, c.monthsWhole = 11, 12
	b.take(c)
	if got, want := shown(b.lines), "changeBillingPlan 2026-10-20 2027-09-19 229.17 x 10 = 2291.60\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestUsageIsCutTwice(t *testing.T) {
	// 0.03825 x 0.005001 is cut to nothing; 2.5415 x 32 is 81.328.
	for _, c := range []struct{ effective, quantity, rate, want string }{
		{"0.03825", "0.005001", "0.846202666", "0.00"}, {"2.5415", "32", "1", "81.32"}, {"2.5415", "32", "0.9", "73.18"},
	} {
		got := money.DecimalFrom(usageSubtotal(figure(c.effective).Ratio(), figure(c.rate).Ratio(), figure(c.quantity).Ratio(), 2), 2, 2).String()
		if got != c.want {
			t.Errorf("%s x %s at %s: got %s, want %s", c.effective, c.quantity, c.rate, got, c.want)
		}
	}
}

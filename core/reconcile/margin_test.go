package reconcile_test

import (
	"fmt"
	"strings"
	"testing"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/core/reconcile"
)

// billedLine reads "ENTITY FROM TO SEATS AMOUNT".
func billedLine(t failer, text string) reconcile.Billed {
	t.Helper()
	words := strings.Fields(text)
	amount, err := money.ParseAmount(words[4], currency(t, "EUR"))
	if err != nil {
		t.Fatalf("%v", err)
	}
	return reconcile.Billed{Holding: "sub", Entity: billing.AccountID(words[0]), Period: expectWindow(t, words[1], words[2]), Quantity: number(t, words[3]), Amount: amount}
}

func margins(r *reconcile.Result) string {
	var text strings.Builder
	for _, m := range r.Margins {
		fmt.Fprintf(&text, "%s %s: cost %s, revenue %s", m.Row, m.Entity, m.Cost, m.Revenue)
		if !m.Ahead.IsZero() {
			fmt.Fprintf(&text, ", ahead %s", m.Ahead)
		}
		text.WriteString("\n")
	}
	return text.String()
}

// What customers were billed is cut to the days that a row pays for, whatever
// the cycles of their own bill are.
func TestMarginsOverTheSameDays(t *testing.T) {
	for _, c := range []struct {
		what, story string
		billed      []string
		want        string
	}{
		{
			"the customer pays by the calendar month", "price 31 monthly\n2026-05-11 buy 10 for 12/1",
			[]string{"acme 2026-05-01 2026-06-01 10 434.00", "acme 2026-06-01 2026-07-01 10 434.00"},
			// 21 days at 14.00 and 10 days at 434 ÷ 30.
			"sub-1 acme: cost 310.00, revenue 438.67",
		},
		{
			"the customer pays by the year", "price 31 monthly\n2026-05-11 buy 10 for 12/1",
			[]string{"acme 2026-05-11 2027-05-11 10 3650.00"},
			"sub-1 acme: cost 310.00, revenue 310.00",
		},
		{
			"seats added: the credit takes back what the first row earned of those days", "price 31 monthly\n2026-05-01 buy 10 for 12/1\n2026-05-22 seats 20",
			[]string{"acme 2026-05-01 2026-06-01 10 620.00", "acme 2026-05-22 2026-06-01 10 200.00"},
			"sub-1 acme: cost 310.00, revenue 620.00\nsub-2 acme: cost -100.00, revenue -200.00\nsub-3 acme: cost 200.00, revenue 400.00",
		},
		{
			"two entities share a subscription, each at its price", "price 31 monthly\n2026-05-01 buy 10 for 12/1",
			[]string{"acme 2026-05-01 2026-06-01 7 300.00", "bolt 2026-05-01 2026-06-01 3 150.00"},
			"sub-1 acme: cost 217.00, revenue 300.00\nsub-1 bolt: cost 93.00, revenue 150.00",
		},
		{"nobody was billed, and need not be yet", "price 31 monthly\n2026-05-01 buy 10 for 12/1", nil, "sub-1 first: cost 0, revenue 0, ahead 310.00"},
		{
			"a year is paid ahead, and billed by the quarter: the days that were billed, to the cent", "price 100 annual\n2026-05-01 buy 1 for 12/12",
			[]string{"acme 2026-05-01 2026-08-01 1 30.00"},
			// 92 of 365 days.
			"sub-1 acme: cost 25.21, revenue 30.00, ahead 74.79",
		},
		{
			"two quarters of it, and an entity that joined with the second", "price 100 annual\n2026-05-01 buy 2 for 12/12",
			[]string{"acme 2026-05-01 2026-08-01 2 60.00", "acme 2026-08-01 2026-11-01 1 30.00", "bolt 2026-08-01 2026-11-01 1 30.00"},
			// 200.00 × 138 days of 365 are the first's, 46 the second's, who share the rest as they share what was billed.
			"sub-1 acme: cost 75.62, revenue 90.00, ahead 74.39\nsub-1 bolt: cost 25.20, revenue 30.00, ahead 24.79",
		},
	} {
		story, rules := tell(t, "EUR", c.story)
		story.Entity = "first"
		customer := reconcile.Customer{ID: "cust", Known: true, Stories: []reconcile.Story{*story}, Rows: rowsOf(expect(t, story, rules, from, to))}
		for _, line := range c.billed {
			customer.Billed = append(customer.Billed, billedLine(t, line))
		}
		check(t, c.what, margins(match(t, rules, from, to, customer)), c.want)
	}
}

func TestSeatsThatNobodyWasBilledFor(t *testing.T) {
	story, rules := tell(t, "EUR", "price 31 monthly\n2026-05-01 buy 10 for 12/1")
	rows := rowsOf(expect(t, story, rules, from, to))
	customer := reconcile.Customer{ID: "cust", Known: true, Stories: []reconcile.Story{*story}, Rows: rows}
	customer.Stories[0].BilledThrough = day(t, "2026-05-31")
	customer.Billed = []reconcile.Billed{billedLine(t, "acme 2026-05-01 2026-05-11 10 100.00"), billedLine(t, "acme 2026-05-11 2026-06-01 8 200.00")}
	check(t, "two seats for 21 days", findings(match(t, rules, from, to, customer)),
		"sub-1 never billed: 0 [unbilled 42.00]: seats that no customer was billed for, from 2026-05-11 to 2026-05-31: 42.00 at cost")

	customer.Billed = nil
	customer.Stories[0].BilledThrough = day(t, "2026-04-30")
	check(t, "billing has not come so far", findings(match(t, rules, from, to, customer)), "")
}

// What nobody was billed for although billing has come so far is lost, and stays in
// the cost; the days after that are ahead.
func TestCostThatIsLostIsNotAhead(t *testing.T) {
	story, rules := tell(t, "EUR", "price 31 monthly\n2026-05-01 buy 10 for 12/1")
	story.Entity, story.BilledThrough = "acme", day(t, "2026-05-20")
	customer := reconcile.Customer{ID: "cust", Known: true, Stories: []reconcile.Story{*story}, Rows: rowsOf(expect(t, story, rules, from, to))}
	customer.Billed = []reconcile.Billed{billedLine(t, "acme 2026-05-01 2026-05-11 10 130.00")}
	result := match(t, rules, from, to, customer)
	check(t, "10 days are billed, 10 lost, 11 ahead", margins(result), "sub-1 acme: cost 100.00, revenue 130.00, ahead 110.00\nsub-1 : cost 100.00, revenue 0")
	check(t, "lost", findings(result), "sub-1 never billed: 0 [unbilled 100.00]: seats that no customer was billed for, from 2026-05-11 to 2026-05-20: 100.00 at cost")
}

// A contract that bills like the provider bills each row as it stands, on its next
// invoice: until then the row is ahead; afterwards it has what its own line brings.
func TestRowsThatAreBilledAsTheyStand(t *testing.T) {
	story, rules := tell(t, "EUR", "price 31 monthly\n2026-05-01 buy 10 for 12/1\n2026-05-22 seats 20")
	story.Entity, story.BilledThrough = "acme", day(t, "2026-06-30")
	customer := reconcile.Customer{ID: "cust", Known: true, Stories: []reconcile.Story{*story}, Rows: rowsOf(expect(t, story, rules, from, to))}
	for i := range customer.Rows {
		customer.Rows[i].Awaits = true
	}
	result := match(t, rules, from, to, customer)
	check(t, "before the next invoice", findings(result)+margins(result),
		"sub-1 acme: cost 0, revenue 0, ahead 310.00\nsub-2 acme: cost 0, revenue 0, ahead -100.00\nsub-3 acme: cost 0, revenue 0, ahead 200.00")

	for i, text := range []string{"acme 2026-05-01 2026-06-01 10 400.00", "acme 2026-05-22 2026-06-01 -10 -129.03", "acme 2026-05-22 2026-06-01 20 258.06"} {
		line := billedLine(t, text)
		line.Row = customer.Rows[i].ID
		customer.Billed = append(customer.Billed, line)
		customer.Rows[i].Awaits = false
	}
	result = match(t, rules, from, to, customer)
	check(t, "once it is cut", findings(result)+margins(result),
		"sub-1 acme: cost 310.00, revenue 400.00\nsub-2 acme: cost -100.00, revenue -129.03\nsub-3 acme: cost 200.00, revenue 258.06")

	customer.Billed = customer.Billed[:1]
	check(t, "two rows did not become lines", findings(match(t, rules, from, to, customer)),
		"sub-3 never billed: 0 [unbilled 100.00]: seats that no customer was billed for, from 2026-05-22 to 2026-05-31: 100.00 at cost")

	stranger := customer.Rows[2]
	stranger.ID, stranger.Awaits, stranger.Type = "bought elsewhere", true, billing.ChargeNew
	customer.Rows = append(customer.Rows[:1], stranger)
	customer.Stories[0].Events = customer.Stories[0].Events[:1]
	check(t, "what the log does not know is billed all the same", findings(match(t, rules, from, to, customer)),
		"bought elsewhere quantity: 200.00: new of 20 seats for 2026-05-22 to 2026-05-31 is in no entry of our log; the customer is billed for the row as it stands")
}

// Azure is billed when it is known, day by day as it was used; what came late is ahead.
func TestUsageThatIsNotBilledYetIsAhead(t *testing.T) {
	story := reconcile.Story{Holding: "sub", SKU: "E3", Currency: currency(t, "EUR"), Metered: true, Entity: "acme", BilledThrough: day(t, "2026-05-31")}
	for _, use := range []string{"2026-05-03 10.00", "2026-05-04 20.00", "2026-05-30 70.01"} {
		on, cost, _ := strings.Cut(use, " ")
		story.Usage = append(story.Usage, reconcile.UsageCost{On: day(t, on), Cost: number(t, cost)})
	}
	rules := reconcile.Rules{}
	customer := reconcile.Customer{ID: "cust", Known: true, Stories: []reconcile.Story{story}, Rows: rowsOf(expect(t, &story, rules, from, to))}
	check(t, "nothing is billed", margins(match(t, rules, from, to, customer)), "sub-1 acme: cost 0, revenue 0, ahead 100.01")
	customer.Billed = []reconcile.Billed{billedLine(t, "acme 2026-05-03 2026-05-04 1 12.00"), billedLine(t, "acme 2026-05-04 2026-05-05 1 24.00")}
	check(t, "two days are", margins(match(t, rules, from, to, customer)), "sub-1 acme: cost 30.00, revenue 36.00, ahead 70.01")
}

func TestSumsOfAnInvoice(t *testing.T) {
	sums := reconcile.NewSums(currency(t, "EUR"))
	for _, id := range []string{"b", "a"} {
		story, rules := tell(t, "EUR", "price 31 monthly\n2026-05-01 buy 10 for 12/1\n2026-05-22 seats 20")
		rows := rowsOf(expect(t, story, rules, from, to))
		if id == "b" {
			rows = append(rows, rows[0])
			rows[3].ID = "again"
		}
		customer := reconcile.Customer{ID: id, Known: true, Stories: []reconcile.Story{*story}, Rows: rows}
		customer.Billed = []reconcile.Billed{billedLine(t, "acme 2026-05-01 2026-06-01 10 620.00"), billedLine(t, "acme 2026-05-22 2026-06-01 10 200.00")}
		if err := sums.Add(match(t, rules, from, to, customer)); err != nil {
			t.Fatal(err)
		}
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%d rows, %d exact, %s of %s\n", sums.Rows, sums.Exact, sums.Provider, sums.Expected)
	for _, c := range sums.ByCause() {
		fmt.Fprintf(&text, "%s %d: %s\n", c.Cause, c.Count, c.Amount)
	}
	for _, list := range [][]reconcile.MarginSum{sums.ByCustomer(), sums.ByProduct(), sums.ByEntity()} {
		for _, m := range list {
			fmt.Fprintf(&text, "%s: %s − %s %s\n", m.Of, m.Revenue, m.Cost, m.Currency)
		}
	}
	check(t, "sums", text.String(), `7 rows, 6 exact, 1130.00 of 820.00
		doubled row 1: 310.00
		a: 820.00 − 410.00 EUR
		b: 820.00 − 720.00 EUR
		E3: 1640.00 − 1130.00 EUR
		acme: 1640.00 − 1130.00 EUR`)
}

func TestResultsWhoseCausesDoNotAddUpAreRefused(t *testing.T) {
	sums := reconcile.NewSums(currency(t, "EUR"))
	if err := sums.Add(&reconcile.Result{Customer: "c", Provider: number(t, "1.00")}); err == nil || err.Error() != "customer c: the causes add up to 0, the difference is 1.00" {
		t.Errorf("got %v", err)
	}
}

func TestAnInvoiceHasOneCurrency(t *testing.T) {
	story, rules := tell(t, "EUR", "price 31 monthly\n2026-05-01 buy 10 for 12/1")
	rows := rowsOf(expect(t, story, rules, from, to))
	_, err := reconcile.CustomerOf(&reconcile.Customer{Rows: rows}, rules, reconcile.Invoice{Period: expectWindow(t, from, to), Currency: currency(t, "USD")})
	if err == nil || err.Error() != "row sub-1 of subscription sub is in EUR, the invoice in USD" {
		t.Errorf("got %v", err)
	}
}

// An invoice of a million rows is a customer after another; this is one of them.
func BenchmarkCustomer(b *testing.B) {
	customer := reconcile.Customer{ID: "cust", Known: true}
	var rules reconcile.Rules
	for i := range 20 {
		story, _ := tell(b, "EUR", "price 31 monthly\n2025-05-11 buy 10 for 12/1\n2026-05-20 seats 12")
		story.Holding, story.BilledThrough = fmt.Sprint("s", i), day(b, to)
		charges := expect(b, story, rules, from, to)
		customer.Stories = append(customer.Stories, *story)
		customer.Rows = append(customer.Rows, rowsOf(charges)...)
		for _, c := range charges {
			quantity := c.Quantity
			if c.Credit {
				quantity = quantity.Neg()
			}
			customer.Billed = append(customer.Billed, reconcile.Billed{Holding: story.Holding, Entity: "acme", Period: c.Period, Quantity: quantity, Amount: c.Subtotal})
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := reconcile.CustomerOf(&customer, rules, reconcile.Invoice{ID: "G1", Period: expectWindow(b, from, to), Currency: currency(b, "EUR")}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(customer.Rows)), "ns/row")
}

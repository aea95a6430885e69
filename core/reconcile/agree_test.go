package reconcile_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/core/reconcile"
)

// telling is all that a result says, a line for each thing.
func telling(r *reconcile.Result) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %d rows, charged %s, expected %s\n", r.Customer, r.Rows, r.Provider, r.Expected)
	for i := range r.Matches {
		m := &r.Matches[i]
		fmt.Fprintf(&text, "match %s (%d) by %s\n", m.Row, m.At, m.Pass)
		if m.Charge != nil {
			c := m.Charge.WithoutExactUnit()
			for _, ratio := range []*money.Ratio{&c.Fraction, &c.Effective, &c.Rate} {
				n, d := ratio.Parts()
				fmt.Fprintf(&text, "%s/%s ", n, d)
				*ratio = money.Ratio{}
			}
			fmt.Fprintf(&text, "%+v\n", c)
		}
	}
	for i := range r.Findings {
		fmt.Fprintf(&text, "finding %+v\n", r.Findings[i])
	}
	for i := range r.Margins {
		fmt.Fprintf(&text, "margin %+v\n", r.Margins[i])
	}
	return text.String()
}

// alike holds the law of the two paths: what the short one says of a customer is what
// the long one does, to the last word.
func alike(t failer, c *reconcile.Customer, rules reconcile.Rules, invoice reconcile.Invoice, got *reconcile.Result) {
	t.Helper()
	want, err := reconcile.CustomerAtLength(c, rules, invoice)
	if err != nil {
		t.Fatalf("at length: %v", err)
	}
	if long, short := telling(want), telling(got); short != long {
		t.Fatalf("the long path says\n%s\nthe short one\n%s", long, short)
	}
}

// ordinary leaves some customers alone and makes of the others what happens: rows that
// are wrong, missing or twice there, of other invoices, billed to nobody, to two, by
// the row; and subscriptions that go on after the month.
func (w *world) ordinary(t *rapid.T) {
	w.billOn(t, []billing.AccountID{"acme", "bolt"}[:rapid.IntRange(1, 2).Draw(t, "entities")]...)
	for i := range w.customer.Rows {
		w.customer.Rows[i].Awaits = rapid.IntRange(0, 9).Draw(t, "awaits") == 0
		if rapid.IntRange(0, 9).Draw(t, "elsewhere") == 0 {
			w.customer.Rows[i].SKU = "another"
		}
	}
	for i := range w.customer.Billed {
		line := &w.customer.Billed[i]
		switch rapid.IntRange(0, 9).Draw(t, "billed") {
		case 0:
			line.Period.To = line.Period.To.AddDays(-rapid.IntRange(0, 20).Draw(t, "billed so far"))
		case 1:
			if len(w.customer.Rows) == 0 {
				continue
			}
			line.Row = rapid.SampledFrom(w.customer.Rows).Draw(t, "row").ID
		case 2:
			line.Quantity = money.DecimalOf(int64(rapid.IntRange(0, 400).Draw(t, "billed seats")))
		}
	}
	for i := range w.customer.Stories {
		story := &w.customer.Stories[i]
		before := rowsOf(expect(t, story, w.rules, "2026-04-01", from))
		for j := range before {
			before[j].ID, before[j].Invoice = fmt.Sprint("before", i, "-", j), "G0"
		}
		if rapid.Bool().Draw(t, "neighbours") {
			w.customer.Others = append(w.customer.Others, before...)
		}
		last := &story.Events[len(story.Events)-1]
		if last.Kind == reconcile.Cancelled {
			continue
		}
		switch on := day(t, from).AddDays(rapid.IntRange(0, 60).Draw(t, "on")); rapid.IntRange(0, 7).Draw(t, "then") {
		case 0:
			story.Events = append(story.Events, reconcile.Event{Kind: reconcile.SeatsSet, On: calendar.Latest(on, last.On), Quantity: money.DecimalOf(7)})
		case 1:
			story.Events = append(story.Events, reconcile.Event{Kind: reconcile.Scheduled, On: calendar.Latest(on, last.On), TermMonths: 12, BillingMonths: 5})
		case 2:
			story.Events = append(story.Events, reconcile.Event{Kind: reconcile.Bought, On: calendar.Latest(on, last.On), Quantity: money.DecimalOf(7)})
		case 3:
			story.BilledThrough = calendar.Date{}
		case 4:
			story.LateFrom, story.Awaited, story.BilledThrough = on, calendar.Period{From: day(t, to), To: day(t, to).AddMonths(1)}, calendar.Date{}
		}
	}
}

// The short path gives what the long path gives, whatever else is wrong with the same
// customer; and whoever compares one customer after another finds what one who begins
// anew would.
func TestTheShortPathGivesWhatTheLongPathGives(t *testing.T) {
	t.Parallel()
	agreed, rows := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		rules := drawRules(t)
		invoice := reconcile.Invoice{ID: "G1", Period: expectWindow(t, from, to), Currency: currency(t, "EUR")}
		matcher := reconcile.NewMatcher(rules, invoice)
		for range rapid.IntRange(1, 3).Draw(t, "customers") {
			w := drawWorldUnder(t, rules, 700)
			if len(w.charges) == 0 {
				continue
			}
			if story := &w.customer.Stories[0]; rapid.IntRange(0, 4).Draw(t, "priced") == 0 {
				// Some terms, and none or all of them, began before there was a price.
				for i := range story.Prices {
					story.Prices[i].From = day(t, from).AddDays(rapid.IntRange(-30, 30).Draw(t, "from"))
				}
			}
			if rapid.Bool().Draw(t, "wrong") {
				what := rapid.SampledFrom([]string{"quantity", "price", "dropped", "doubled", "shifted", "promotion", "rate", "foreign", "cents", "early"}).Draw(t, "mutation")
				mutate(t, w, what, rapid.IntRange(0, len(w.charges)-1).Draw(t, "row"))
			}
			w.ordinary(t)
			if rapid.IntRange(0, 4).Draw(t, "keyed") == 0 {
				key := rapid.SampledFrom(w.customer.Stories[0].Events).Draw(t, "event").On.String()
				w.customer.Stories[0].Events[0].Reference = key
				for i := range w.customer.Rows {
					w.customer.Rows[i].Reference = key
				}
			}
			w.customer.Rows = rapid.Permutation(w.customer.Rows).Draw(t, "order")
			got, err := matcher.Customer(&w.customer)
			if err != nil {
				t.Fatalf("%v", err)
			}
			alike(t, &w.customer, rules, invoice, got)
			n, err := reconcile.Agreeing(&w.customer, rules, invoice)
			if err != nil {
				t.Fatalf("%v", err)
			}
			agreed, rows = agreed+n, rows+len(w.customer.Rows)
		}
	})
	if agreed*10 < rows || agreed == rows {
		t.Errorf("of %d rows the short path took %d: the comparison says nothing", rows, agreed)
	}
}

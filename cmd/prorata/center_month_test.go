package main_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// monthsAgo is an instant of a month that has been.
func monthsAgo(months, day int) time.Time {
	year, month, _ := time.Now().UTC().Date()
	return time.Date(year, month-time.Month(months), day, 9, 0, 0, 0, time.UTC)
}

// dayOfMonth is the same as a day.
func dayOfMonth(months, day int) string { return monthsAgo(months, day).Format(time.DateOnly) }

// followedMonths is a firm whose customer has bought things three months ago; two
// months at least were billed since, to us and to the customer. It gives the
// provider's ids of what was bought, by ours.
func followedMonths(t *testing.T, e *engineUnderTest) (f *firm, holdings map[string]string) {
	t.Helper()
	c := openCenter(t, "--start", dayOfMonth(3, 10))
	// Exports are done when they are asked for.
	c.want(http.StatusOK, nil, http.MethodPut, "/standin/billing", map[string]any{"polls": 0})
	c.to(monthsAgo(3, 10))
	adatum := c.customer("adatum")
	holdings = map[string]string{"s1": c.buy(adatum, businessPremium, 10)}
	c.to(monthsAgo(3, 14))
	c.change(adatum, holdings["s1"], map[string]any{"quantity": 12})
	// The book knew of it when it happened, and of what it is at the provider.
	bought := func(id, sku string, day, seats int) string {
		return fmt.Sprintf("on: %s, do: subscribe, contract: a1, id: %s, sku: %q, quantity: %d, term: P1Y, holding: %s", dayOfMonth(3, day), id, sku, seats, holdings[id])
	}
	events := []string{bought("s1", businessPremium, 10, 10), "on: " + dayOfMonth(3, 14) + ", do: quantity, subscription: s1, to: 12"}
	c.to(monthsAgo(3, 20))
	for seats := 3; seats < 9; seats++ {
		id := fmt.Sprint("p", seats)
		holdings[id] = c.buy(adatum, powerBI, seats)
		events = append(events, bought(id, powerBI, 20, seats))
	}
	c.to(time.Now())
	f = openFirm(t, c, e.empty(t))
	f.consent()
	f.must("prices", "import", "ms", "--month", monthsAgo(3, 1).Format("2006-01"))
	f.must("connection", "link", "ms", "--customer", adatum, "--account", "adatum")
	if out := f.take(events...); out.code != 0 {
		t.Fatal(out)
	}
	f.is("the provider has nothing to add", "0", f.json("connections.0.recorded", 0, "sync"))
	f.is("exceptions", "", f.exceptions())
	f.must("bill")
	return f, holdings
}

// reconciled is what reconciling an invoice says.
type reconciled struct {
	Rows, Exact       int
	Charged, Expected string
	Causes            []struct{ Cause, Amount string }
	Findings          []struct{ Holding, Cause, Amount, Sentence string }
}

func (f *firm) reconcile(code int, invoice string) (r reconciled) {
	f.t.Helper()
	out := f.run("reconcile", "ms", invoice, "--json")
	if err := json.Unmarshal([]byte(out.stdout), &r); out.code != code || err != nil {
		f.t.Fatal(err, out)
	}
	sum := cents(f.t, r.Expected)
	for _, cause := range r.Causes {
		sum += cents(f.t, cause.Amount)
	}
	if sum != cents(f.t, r.Charged) {
		f.t.Errorf("%s: the causes do not add up to the difference: %+v", invoice, r)
	}
	return r
}

// cents reads an amount with two digits.
func cents(t testing.TB, text string) int {
	t.Helper()
	whole, part, _ := strings.Cut(text, ".")
	n, err := strconv.Atoi(whole + (part + "00")[:2])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A month is billed both ways, by the provider to us and by us to the customer,
// and every row is as expected. Then the provider makes every mistake that we
// know of: each is found at its own subscription, and nothing else is.
func TestMonthsAreBilledBothWays(t *testing.T) {
	both(t, func(t *testing.T, e *engineUnderTest) {
		f, holdings := followedMonths(t, e)
		f.must("provider", "fetch", "ms")
		invoices := f.invoices()
		if len(invoices) < 2 {
			t.Fatalf("invoices %q", invoices)
		}
		for _, invoice := range invoices {
			if r := f.reconcile(0, invoice); r.Charged != r.Expected || r.Exact != r.Rows || r.Rows == 0 || len(r.Findings) > 0 {
				t.Errorf("%s: %+v", invoice, r)
			}
		}
		before := f.bills()
		f.must("provider", "fetch", "ms")
		same(t, "fetched again", f.bills(), before)

		second := invoices[1]
		want := map[string]string{}
		for i, m := range []struct{ kind, value, cause string }{
			{"missingLine", "", "billed and not charged"}, {"duplicatedLine", "", "doubled row"}, {"wrongPrice", "13.50", "price change"},
			{"wrongRate", "0.75", "exchange rate"}, {"wrongQuantity", "12", "quantity"},
		} {
			holding := holdings[fmt.Sprint("p", i+3)]
			want[holding] = m.cause
			f.center.want(http.StatusNoContent, nil, http.MethodPost, "/standin/mistakes", map[string]any{"kind": m.kind, "invoice": second, "subscription": holding, "value": m.value})
		}
		f.must("provider", "fetch", "ms")
		got := map[string]string{}
		for _, finding := range f.reconcile(0, second).Findings {
			// Seats that were charged and not billed are told of besides.
			if finding.Cause != "never billed" || finding.Amount != "0" {
				got[finding.Holding] += finding.Cause
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("found %v, want %v", got, want)
		}
		// What is on the invoice and in no row of it is for a person.
		f.is("exceptions", "provider_cost_unbilled ms/"+second, f.exceptions())
		f.center.want(http.StatusNoContent, nil, http.MethodPost, "/standin/mistakes", map[string]any{"kind": "unseenLine", "invoice": second, "subscription": holdings["s1"]})
		f.must("provider", "fetch", "ms")
		f.is("exceptions", "provider_cost_unbilled ms/"+second+"\nprovider_invoice_incomplete ms/"+second, f.exceptions())
		if out := f.run("provider", "readiness", "ms", "--month", monthsAgo(2, 1).Format("2006-01")); out.code != 1 || !strings.Contains(out.stdout, second) {
			t.Error(out)
		}
		f.must("verify")
	})
}

// A fetch that is killed, again and again, leaves what was there or all that it
// fetched: in the end what an undisturbed one does.
func TestKilledFetches(t *testing.T) {
	t.Parallel()
	random := chance(t)
	f, _ := followedMonths(t, onSQLite)
	quiet := *f
	quiet.address = copyLocal(t, f.address)
	took := quiet.must("provider", "fetch", "ms").took
	want, kills := quiet.bills(), 0
	for range 8 {
		p := f.launch("provider", "fetch", "ms")
		p.killAfter(t, time.Duration(random.Int64N(int64(took))))
		if out := p.wait(t); out.killed {
			kills++
		} else if out.code != 0 {
			t.Error(out)
		}
	}
	f.must("provider", "fetch", "ms")
	same(t, fmt.Sprintf("after %d kills", kills), f.bills(), want)
	for _, invoice := range f.invoices() {
		if r := f.reconcile(0, invoice); r.Charged != r.Expected || len(r.Findings) > 0 {
			t.Errorf("%s: %+v", invoice, r)
		}
	}
}

// invoices are the provider's that were imported, oldest first.
func (f *firm) invoices() []string {
	f.t.Helper()
	return f.column(`SELECT id FROM provider_invoice WHERE id <> '' ORDER BY invoice_on, id`)
}

// bills is all that was imported of the provider's bills, but not when.
func (f *firm) bills() string {
	f.t.Helper()
	rows := f.column(`SELECT id, invoice_on, total, lines, lines_total, tax_total FROM provider_invoice`)
	rows = append(rows, f.column(`SELECT invoice, holding, line, type, from_on, to_on, quantity, effective_price FROM provider_line`)...)
	return sorted(rows...)
}

func (f *firm) column(query string) []string {
	f.t.Helper()
	db := openSQL(f.t.Fatalf, f.address)
	defer db.Close()
	return column(f.t.Fatalf, db, query)
}

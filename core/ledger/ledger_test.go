package ledger_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/ledger"
	"prorata/core/money"
)

func amount(t *testing.T, text, code string) money.Amount {
	t.Helper()
	c, err := money.ParseCurrency(code)
	if err != nil {
		t.Fatal(err)
	}
	a, err := money.ParseAmount(text, c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func day(t *testing.T, text string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAnUnbalancedEntryCannotBeMade(t *testing.T) {
	on := day(t, "2026-02-28")
	usd := func(text string) money.Amount { return amount(t, text, "USD") }
	for _, c := range []struct {
		name     string
		postings []ledger.Posting
		stands   bool
	}{
		{"nothing at all", nil, false},
		{"one side", []ledger.Posting{{ledger.Receivable, usd("1.00")}}, false},
		{"a cent too little", []ledger.Posting{{ledger.Receivable, usd("1.20")}, {ledger.Revenue, usd("-1.00")}, {ledger.TaxPayable, usd("-0.19")}}, false},
		{"two currencies", []ledger.Posting{{ledger.Receivable, usd("1.00")}, {ledger.Revenue, amount(t, "-1.00", "EUR")}}, false},
		{"both sides", []ledger.Posting{{ledger.Receivable, usd("1.20")}, {ledger.Revenue, usd("-1.00")}, {ledger.TaxPayable, usd("-0.20")}}, true},
		{"a single nothing", []ledger.Posting{{ledger.Receivable, usd("0.00")}}, true},
	} {
		entry, err := ledger.NewEntry(on, c.postings...)
		if (err == nil) != c.stands || err != nil && !errors.Is(err, ledger.ErrUnbalanced) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err == nil && entry.On() != on {
			t.Errorf("%s: on %s", c.name, entry.On())
		}
	}
}

// C26: a sign per line. An invoice of 100 and a credit note of 20 post the other
// way about, and what is nothing is not posted.
func TestACreditNotePostsTheReverse(t *testing.T) {
	for _, c := range []struct{ net, tax, total, receivable, revenue, payable string }{
		{"100.00", "20.00", "120.00", "120.00", "-100.00", "-20.00"},
		{"-20.00", "-4.00", "-24.00", "-24.00", "20.00", "4.00"},
		{"100.00", "0.00", "100.00", "100.00", "-100.00", ""},
		{"0.00", "0.00", "0.00", "", "", ""},
	} {
		invoice := billing.Invoice{Date: day(t, "2026-02-28"), Net: amount(t, c.net, "USD"), Tax: amount(t, c.tax, "USD"), Total: amount(t, c.total, "USD")}
		entry, err := ledger.OfInvoice(&invoice)
		if err != nil {
			t.Fatal(err)
		}
		posted := map[ledger.Account]string{}
		for _, p := range entry.Postings() {
			posted[p.Account] = p.Amount.String()
		}
		if posted[ledger.Receivable] != c.receivable || posted[ledger.Revenue] != c.revenue || posted[ledger.TaxPayable] != c.payable {
			t.Errorf("%s + %s: posted %v", c.net, c.tax, posted)
		}
	}
}

// Whatever the amounts, an entry stands if and only if they add up to nothing, and
// then its postings do.
func TestEntriesBalance(t *testing.T) {
	currency, err := money.ParseCurrency("KWD")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		minors := rapid.SliceOfN(rapid.Int64Range(-1e12, 1e12), 1, 6).Draw(t, "minors")
		if rapid.Bool().Draw(t, "balanced") {
			var sum int64
			for _, minor := range minors {
				sum += minor
			}
			minors = append(minors, -sum)
		}
		var sum int64
		var postings []ledger.Posting
		for _, minor := range minors {
			sum += minor
			postings = append(postings, ledger.Posting{Account: ledger.Revenue, Amount: money.NewAmount(minor, currency)})
		}
		entry, err := ledger.NewEntry(calendar.Date{}, postings...)
		if (err == nil) != (sum == 0) {
			t.Fatalf("%v adds up to %d: %v", minors, sum, err)
		}
		balance := money.NewAmount(0, currency)
		for _, p := range entry.Postings() {
			if p.Amount.IsZero() {
				t.Fatal("nothing is posted")
			}
			balance = balance.Add(p.Amount)
		}
		if !balance.IsZero() {
			t.Fatalf("off by %s", balance)
		}
	})
}

package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/flow"
	"prorata/flow/office"
)

// desk reads or writes as the desk does.
func (b *book) desk(fn func(office.Tx)) {
	b.t.Helper()
	must(b.t, b.Office().Write(b.t.Context(), func(tx office.Tx) error { fn(tx); return nil }))
}

func invoicesAreSearched(t *testing.T, b *book) {
	for _, id := range []billing.ContractID{"ant", "bee", "cat"} {
		b.contract(id)
		b.subscribe(id, billing.SubscriptionID("s-"+string(id)), "2026-01-01")
	}
	dealt := plainAccount("of-bee")
	dealt.Name, dealt.Reseller = "The Bee & 100% Co", "dealer"
	b.write(func(tx flow.Tx) {
		got[bool](t)(tx.AccountPut(plainAccount("dealer")))
		got[bool](t)(tx.AccountPut(dealt))
	})
	for i, on := range []string{"2026-01-01", "2026-02-01", "2026-03-01"} {
		for _, id := range []billing.ContractID{"ant", "bee", "cat"} {
			invoice := plainInvoice(id, billing.SubscriptionID("s-"+string(id)), on)
			invoice.Run = int64(i + 1)
			b.issue(invoice)
		}
	}
	note := wholeReversal(plainInvoice("cat", "s-cat", "2026-03-01"), day("2026-03-05"))
	b.issue(note)
	b.write(func(tx flow.Tx) { must(t, tx.InvoiceVoid("cat/2026-03-01", note.ID, day("2026-03-05"))) })
	settled := plainInvoice("ant", "s-ant", "2026-01-01")
	b.write(func(tx flow.Tx) {
		must(t, tx.InvoiceSettle("cat/2026-03-01", settled.Total))
		must(t, tx.InvoiceSettle("cat/2026-03-01/void", settled.Total.Neg()))
		must(t, tx.InvoiceSettle("ant/2026-01-01", settled.Total))
		must(t, tx.InvoiceSettle("bee/2026-01-01", settled.Net))
	})

	search := func(q office.InvoiceQuery) string {
		var names []string
		if q.Most == 0 {
			q.Most = 20
		}
		b.desk(func(tx office.Tx) {
			for _, row := range got[[]office.InvoiceRow](t)(tx.InvoiceSearch(q)) {
				names = append(names, row.ID)
			}
		})
		return strings.Join(names, " ")
	}
	const march = "cat/2026-03-01 bee/2026-03-01 ant/2026-03-01"
	for _, c := range []struct {
		what string
		q    office.InvoiceQuery
		want string
	}{
		{"newest first", office.InvoiceQuery{Most: 3}, "cat/2026-03-01/void cat/2026-03-01 bee/2026-03-01"},
		{"the next page", office.InvoiceQuery{Most: 3, After: "bee/2026-03-01"}, "ant/2026-03-01 cat/2026-02-01 bee/2026-02-01"},
		{"and back", office.InvoiceQuery{Most: 3, Before: "ant/2026-03-01"}, "cat/2026-03-01/void cat/2026-03-01 bee/2026-03-01"},
		{"oldest first", office.InvoiceQuery{Most: 2, Sort: "oldest"}, "ant/2026-01-01 bee/2026-01-01"},
		{"smallest first", office.InvoiceQuery{Most: 2, Sort: "smallest"}, "cat/2026-03-01/void ant/2026-01-01"},
		{"largest first, after one", office.InvoiceQuery{Most: 1, Sort: "largest", After: "ant/2026-01-01"}, "cat/2026-03-01/void"},
		{"of days", office.InvoiceQuery{From: day("2026-03-01"), To: day("2026-03-01")}, march},
		{"of a run", office.InvoiceQuery{Run: 3}, march},
		{"of an account", office.InvoiceQuery{Account: "of-ant"}, "ant/2026-03-01 ant/2026-02-01 ant/2026-01-01"},
		{"of a reseller", office.InvoiceQuery{Reseller: "dealer"}, "bee/2026-03-01 bee/2026-02-01 bee/2026-01-01"},
		{"of a contract", office.InvoiceQuery{Contract: "ant", To: day("2026-01-31")}, "ant/2026-01-01"},
		{"of a product", office.InvoiceQuery{SKU: "E3", To: day("2026-01-31")}, "cat/2026-01-01 bee/2026-01-01 ant/2026-01-01"},
		{"of a product that is not sold", office.InvoiceQuery{SKU: "E5"}, ""},
		{"void", office.InvoiceQuery{State: "void"}, "cat/2026-03-01"},
		{"what takes back", office.InvoiceQuery{State: "correcting"}, "cat/2026-03-01/void"},
		{"standing", office.InvoiceQuery{State: "standing", Run: 3}, "bee/2026-03-01 ant/2026-03-01"},
		{"paid", office.InvoiceQuery{State: "paid"}, "ant/2026-01-01"},
		{"open", office.InvoiceQuery{State: "open", Run: 1}, "cat/2026-01-01 bee/2026-01-01"},
		{"overdue", office.InvoiceQuery{State: "overdue", Today: day("2026-03-15"), Contract: "bee"}, "bee/2026-02-01 bee/2026-01-01"},
		{"not overdue on the day itself", office.InvoiceQuery{State: "overdue", Today: settled.DueOn}, ""},
		{"credit notes", office.InvoiceQuery{Kind: "credit_note"}, "cat/2026-03-01/void"},
		{"by amount", office.InvoiceQuery{Currency: "EUR", Greatest: decimalOf("119.00"), HasGreatest: true, Least: decimalOf("118.99"), HasLeast: true, Run: 2}, "cat/2026-02-01 bee/2026-02-01 ant/2026-02-01"},
		{"beyond any", office.InvoiceQuery{Currency: "EUR", Least: decimalOf("119.01"), HasLeast: true}, ""},
		{"of a currency", office.InvoiceQuery{Currency: "USD"}, ""},
		{"by a name", office.InvoiceQuery{Text: "bee & 100%"}, "bee/2026-03-01 bee/2026-02-01 bee/2026-01-01"},
		{"% is no wildcard", office.InvoiceQuery{Text: "b%e"}, ""},
		{"by a number", office.InvoiceQuery{Text: "inv-000002"}, "bee/2026-01-01"},
		{"by a bare number", office.InvoiceQuery{Text: "5"}, "bee/2026-02-01"},
		{"below accounts", office.InvoiceQuery{Roots: []billing.AccountID{"dealer", "of-ant"}, Run: 1}, "bee/2026-01-01 ant/2026-01-01"},
		{"below one that has none", office.InvoiceQuery{Roots: []billing.AccountID{"nobody"}}, ""},
	} {
		same(t, c.what, search(c.q), c.want)
	}
	b.desk(func(tx office.Tx) {
		same(t, "totals", got[[]office.InvoiceTotal](t)(tx.InvoiceTotals(office.InvoiceQuery{Most: 1, Run: 3})), "[{Currency:EUR Count:3 Net:300.00 Tax:57.00 Total:357.00 Open:238.00}]")
		rows := got[[]office.InvoiceRow](t)(tx.InvoiceSearch(office.InvoiceQuery{Most: 2, Run: 2, WithLines: true}))
		rest := got[[]office.InvoiceRow](t)(tx.InvoiceSearch(office.InvoiceQuery{Most: 1, Contract: "bee", Sort: "oldest"}))[0]
		same(t, "open on one", rest.Open(), "19.00")
		owed := got[map[billing.AccountID][]office.Balance](t)(tx.BalancesOf([]billing.AccountID{"of-ant", "of-bee", "of-cat"}, day("2026-03-15")))
		same(t, "balances", fmt.Sprint(owed["of-ant"], owed["of-bee"], owed["of-cat"]), "[{357.00 0.00 238.00 119.00 3 2026-03-01}] [{357.00 0.00 257.00 138.00 3 2026-03-01}] [{357.00 119.00 238.00 238.00 4 2026-03-05}]")
		same(t, "with lines", fmt.Sprint(len(rows[0].Lines), len(rows[0].Taxes), rows[1].PayerName), "1 1The Bee & 100% Co")
		at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
		must(t, tx.InvoiceSentAdd("ant/2026-03-01", office.InvoiceSent{At: at.Add(-time.Hour), Who: "clerk", To: "a@ant.example"}))
		must(t, tx.InvoiceSentAdd("ant/2026-03-01", office.InvoiceSent{At: at, Who: "clerk", To: "b@ant.example"}))
		same(t, "sent", len(got[[]office.InvoiceSent](t)(tx.InvoiceSentList("ant/2026-03-01"))), 2)
		same(t, "sent last", got[[]office.InvoiceRow](t)(tx.InvoiceSearch(office.InvoiceQuery{Most: 1, Contract: "ant"}))[0].SentAt, at)
	})
}

func viewsAreOnesOwn(t *testing.T, b *book) {
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	b.desk(func(tx office.Tx) {
		for _, v := range []struct{ user, noun, name, query string }{
			{"u", "invoices", "void", "state=void"}, {"u", "invoices", "large", "sort=largest"}, {"u", "invoices", "void", "state=void&sort=oldest"}, {"w", "invoices", "mine", ""}, {"u", "accounts", "all", ""},
			{"", "invoices", "void", "state=void&currency=EUR"}, {"", "invoices", "credit notes", "kind=credit_note"},
		} {
			must(t, tx.ViewPut(office.UserID(v.user), office.SavedView{Noun: v.noun, Name: v.name, Query: v.query}, at))
		}
		same(t, "views", got[[]office.SavedView](t)(tx.ViewList("u", "invoices")),
			[]office.SavedView{{Noun: "invoices", Name: "credit notes", Query: "kind=credit_note", House: true}, {Noun: "invoices", Name: "large", Query: "sort=largest"}, {Noun: "invoices", Name: "void", Query: "state=void&sort=oldest"}})
		must(t, tx.ViewDrop("u", "invoices", "large"))
		wantError(t, tx.ViewDrop("u", "invoices", "large"), flow.ErrUnknown)
	})
}

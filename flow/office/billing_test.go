package office_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/edge/store"
	"prorata/flow"
	"prorata/flow/office"
)

// ledgerRoom is an office over a book of three customers, each with a licence that is due on 1 March 2026.
type ledgerRoom struct {
	t     *testing.T
	store *store.Store
	*office.Office
	// behind is the work that was put off.
	behind []func(context.Context)
}

func newLedgerRoom(t *testing.T) *ledgerRoom {
	t.Helper()
	s, err := store.Open(t.Context(), "sqlite::memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	f := &ledgerRoom{t: t, store: s}
	f.Office = &office.Office{Store: s.Office(), Flow: &flow.Flow{Store: s, Clock: noon{}, Log: slog.New(slog.DiscardHandler), Workers: 1, Zone: time.UTC},
		Behind: func(work func(context.Context)) { f.behind = append(f.behind, work) }}
	eur, _ := money.ParseCurrency("EUR")
	monthly := billing.Unit{Name: "monthly", Months: 1}
	price, _ := money.ParseDecimal("10.00")
	march, _ := calendar.ParseDate("2026-03-01")
	intakes := []flow.Intake{
		{Seller: &flow.Seller{ID: flow.DefaultSeller, Currency: eur, TimeZone: "UTC", Party: flow.Party{Name: "Seller", Country: "DE"}}},
		{Product: &billing.Product{SKU: "E3", Name: "Office E3", Class: "resale"}},
		{Price: &billing.PriceRow{SKU: "E3", List: flow.DefaultList, Currency: eur, Unit: monthly, Price: price}},
		{Account: &flow.Account{Account: billing.Account{ID: "dealer", Name: "Dealer", Country: "DE", Currency: eur}}},
	}
	for i, id := range []string{"acme", "blue", "coal"} {
		account := flow.Account{Account: billing.Account{ID: billing.AccountID(id), Name: id, Country: "DE", Currency: eur}}
		if id == "blue" {
			account.Reseller = "dealer"
		}
		intakes = append(intakes,
			flow.Intake{Account: &account},
			flow.Intake{Contract: &flow.Contract{Contract: billing.Contract{ID: billing.ContractID(id + "-1"), Account: billing.AccountID(id), Currency: eur, Frequency: monthly, Start: march}}},
			flow.Intake{Event: &flow.Event{Do: flow.DoSubscribe, ID: "s-" + id, Contract: billing.ContractID(id + "-1"), SKU: "E3", Quantity: money.DecimalOf(int64(i + 1)), HasQuantity: true,
				Billing: monthly, On: march, Effective: march}})
	}
	f.take(intakes...)
	return f
}

func (f *ledgerRoom) take(intakes ...flow.Intake) {
	f.t.Helper()
	_, err := f.Flow.Take(f.t.Context(), func(yield func(flow.Intake, error) bool) {
		for _, in := range intakes {
			if !yield(in, nil) {
				return
			}
		}
	}, flow.Actor{Who: "clerk", Source: "test"}, func(line flow.TakeLine) {
		if line.Outcome != flow.Taken && line.Outcome != flow.Unchanged {
			f.t.Fatalf("%s: %s", line.Noun, line.Why)
		}
	})
	f.must(err)
}

func (f *ledgerRoom) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *ledgerRoom) is(what string, got, want any) {
	f.t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		f.t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

// by is the desk of somebody with a role.
func (f *ledgerRoom) by(role office.Role, accounts ...billing.AccountID) *office.Desk {
	return f.Desk(office.Person{User: "u", Who: role.String(), Roles: []office.Role{role}, Accounts: accounts, Door: office.ByPage})
}

// work does what was put off.
func (f *ledgerRoom) work() {
	for _, work := range f.behind {
		work(f.t.Context())
	}
	f.behind = nil
}

// A clerk plans, looks page by page, approves, holds one back, and watches the run; the page may be closed.
func TestAClerkBillsAMonth(t *testing.T) {
	f := newLedgerRoom(t)
	desk := f.by(office.Clerk)
	ctx := t.Context()
	today := desk.Today()
	made, err := desk.BillingPlanMake(ctx, today)
	f.must(err)
	f.is("at once", made.State, flow.PlanWorking)
	if _, err := desk.PlannedInvoiceApprove(ctx, flow.PlannedFilter{Plan: made.ID}, true); office.FaultOf(err).Kind != office.FaultInput {
		t.Errorf("approved before it is ready: %v", err)
	}
	pace := make(chan time.Time)
	told, err := desk.BillingPlanWatch(ctx, made.ID, pace)
	f.must(err)
	f.is("watched", (<-told).State, flow.PlanWorking)
	f.work()
	pace <- noon{}.Now()
	f.is("and when it is over", (<-told).State, flow.PlanReady)
	if _, more := <-told; more {
		t.Error("told after the end")
	}

	view, err := desk.BillingPlanGet(ctx, 0)
	f.must(err)
	f.is("totals", view.Totals, "[{EUR 3 60.00 0.00 60.00 0.00 0 0.00}]")
	f.is("flags", view.Flags, "map[first:3]")
	f.is("waiting, and as usual", fmt.Sprint(view.Open, view.Usual), "3 3")
	f.must(desk.BillingHoldPut(ctx, "contract:coal-1", "a question"))
	view, err = desk.BillingPlanGet(ctx, 0)
	f.must(err)
	f.is("what is held does not wait", fmt.Sprint(view.Open, view.Usual), "2 2")
	f.must(desk.BillingHoldEnd(ctx, "contract:coal-1"))
	page, err := desk.PlannedInvoiceList(ctx, flow.PlannedFilter{Most: 2})
	f.must(err)
	f.is("the first page", fmt.Sprint(len(page.Rows), page.More, page.Earlier), "2 true false")
	page, err = desk.PlannedInvoiceList(ctx, flow.PlannedFilter{Most: 2, After: page.Rows[1].No})
	f.must(err)
	f.is("the second", fmt.Sprint(len(page.Rows), page.More, page.Earlier), "1 false true")
	page, err = desk.PlannedInvoiceList(ctx, flow.PlannedFilter{Most: 2, Before: page.Rows[0].No})
	f.must(err)
	f.is("and back", fmt.Sprint(len(page.Rows), page.More, page.Earlier), "2 true false")

	draft, err := desk.PlannedInvoiceGet(ctx, made.ID, 1)
	f.must(err)
	f.is("a draft", fmt.Sprint(len(draft.Invoices), draft.Changed, flow.Explain(&draft.Invoices[0].Lines[0])), "1 false1 × E3, 1–31 Mar 2026. 1 × 10.00 → 10.00")

	count, err := desk.PlannedInvoiceApprove(ctx, flow.PlannedFilter{Plan: made.ID}, true)
	f.must(err)
	f.is("approved", count, 3)
	if err := desk.BillingHoldPut(ctx, "contract:coal-1", " "); office.FaultOf(err).Field != "reason" {
		t.Errorf("held without a reason: %v", err)
	}
	f.must(desk.BillingHoldPut(ctx, "contract:coal-1", "disputed"))
	run, err := desk.BillingRunStart(ctx, made.ID)
	f.must(err)
	runs, err := desk.BillingRunWatch(ctx, run.ID, pace)
	f.must(err)
	f.is("the run, watched", (<-runs).State, flow.AtWork)
	f.work()
	pace <- noon{}.Now()
	last := <-runs
	f.is("its end", fmt.Sprint(last.State, last.Invoices, last.Expected), "done2 2")
	if _, err := desk.BillingRunStart(ctx, made.ID); office.FaultOf(err).Code != "nothing_approved" {
		t.Errorf("billed again: %v", err)
	}
	f.must(desk.BillingHoldEnd(ctx, "contract:coal-1"))
	if err := desk.BillingHoldEnd(ctx, "contract:coal-1"); !errors.Is(err, flow.ErrUnknown) {
		t.Errorf("released twice: %v", err)
	}
	seen, err := desk.BillingRunGet(ctx, 0)
	f.must(err)
	f.is("the run", fmt.Sprint(seen.Plan, len(seen.Failed), len(seen.Left)), "1 0 0")
	audit, err := f.by(office.Owner).AuditList(ctx, office.AuditFilter{})
	f.must(err)
	var verbs []string
	for _, a := range audit {
		verbs = append(verbs, a.Verb)
	}
	f.is("the audit", verbs, "[BillingHoldEnd BillingRunStart BillingHoldPut PlannedInvoiceApprove BillingHoldEnd BillingHoldPut BillingPlanMake]")
}

// Everybody sees invoices of their own accounts, and their totals; a file has all of them; what is taken back says why.
func TestInvoicesAreListedInReach(t *testing.T) {
	f := newLedgerRoom(t)
	ctx := t.Context()
	run, err := f.Flow.Bill(ctx, flow.BillOptions{Through: f.Flow.Today()})
	f.must(err)
	owner := f.by(office.Owner)
	for _, c := range []struct {
		desk  *office.Desk
		want  string
		total string
	}{
		{owner, "coal blue acme", "[{EUR 3 60.00 0.00 60.00 60.00}]"},
		{f.by(office.Reseller, "dealer"), "blue", "[{EUR 1 20.00 0.00 20.00 20.00}]"},
		{f.by(office.Customer, "acme"), "acme", "[{EUR 1 10.00 0.00 10.00 10.00}]"},
	} {
		who := c.desk.Person().Who
		page, err := c.desk.InvoiceList(ctx, office.InvoiceQuery{})
		f.must(err)
		var payers []string
		for _, row := range page.Rows {
			payers = append(payers, string(row.Payer))
		}
		f.is(who+" sees", strings.Join(payers, " "), c.want)
		for range 2 {
			totals, err := c.desk.InvoiceTotals(ctx, office.InvoiceQuery{})
			f.must(err)
			f.is(who+"'s totals", totals, c.total)
		}
		var documents []string
		f.must(c.desk.InvoiceDocuments(ctx, office.InvoiceQuery{Sort: "oldest"}, func(doc flow.Document) error {
			documents = append(documents, doc.Entities[0].Name)
			return nil
		}))
		f.is(who+"'s file", len(documents), len(payers))
	}
	if _, err := f.by(office.Customer).InvoiceList(ctx, office.InvoiceQuery{}); !errors.Is(err, flow.ErrUnknown) {
		t.Errorf("a customer without accounts: %v", err)
	}
	if _, err := f.by(office.Customer, "blue").InvoiceDocument(ctx, "INV-000001"); !errors.Is(err, flow.ErrUnknown) {
		t.Errorf("a document of somebody else's: %v", err)
	}
	if _, err := owner.InvoiceList(ctx, office.InvoiceQuery{Sort: "prettiest"}); office.FaultOf(err).Field != "sort" {
		t.Errorf("sorted by what there is not: %v", err)
	}
	if _, err := owner.InvoiceVoid(ctx, "INV-000001", " "); office.FaultOf(err).Field != "reason" {
		t.Errorf("void without a reason: %v", err)
	}
	f.must(owner.InvoiceNoteSent(ctx, "INV-000001", "by mail to acme"))
	_, err = owner.InvoiceVoid(ctx, "INV-000001", "wrong customer")
	f.must(err)
	h, err := owner.InvoiceHistory(ctx, "INV-000001")
	f.must(err)
	f.is("its history", fmt.Sprint(h.Run.ID == run.ID, flow.PrintedNumber(&h.VoidedBy), h.Voided.Said, len(h.Sent)), "trueCN-000001wrong customer1")
	told, err := f.by(office.Customer, "acme").InvoiceHistory(ctx, "INV-000001")
	f.must(err)
	f.is("what a customer is told", fmt.Sprint(told.Run.ID, told.Voided.Who, told.VoidedBy.ID != ""), "0true")
	totals, err := owner.InvoiceTotals(ctx, office.InvoiceQuery{})
	f.must(err)
	f.is("the totals are those of now", totals, "[{EUR 4 50.00 0.00 50.00 50.00}]")
}

package flow_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"prorata/core/report"
	"prorata/edge/store"
	"prorata/flow"
	desks "prorata/flow/office"
)

// looked is all that pages show of sums over the book, in words.
func (o *office) looked(desk *desks.Desk) string {
	o.t.Helper()
	home, err := desk.Home(o.ctx)
	must(o.t, err)
	text := fmt.Sprintf("home %+v %+v %d", home.Runs, home.Owed, home.Waits.Unapproved)
	totals, err := desk.InvoiceTotals(o.ctx, desks.InvoiceQuery{})
	must(o.t, err)
	revenue, err := desk.RecurringRevenue(o.ctx, desks.RecurringQuery{Accounts: 2})
	must(o.t, err)
	text += fmt.Sprintf("\ninvoices %+v\nrevenue %+v", totals, revenue.Accounts)
	for _, most := range []int{1, 2, 10} {
		owed, err := desk.ReceivablesByAge(o.ctx, most)
		must(o.t, err)
		text += fmt.Sprintf("\nowed %+v", owed)
	}
	if home.Waits.Plan.ID != 0 {
		plan, err := desk.BillingPlanGet(o.ctx, 0)
		must(o.t, err)
		page, err := desk.PlannedInvoiceList(o.ctx, flow.PlannedFilter{})
		must(o.t, err)
		text += fmt.Sprintf("\nplan %+v %+v %d %d %+v", plan.Totals, plan.Flags, plan.Open, plan.Usual, page.Totals)
	}
	return text
}

// owedAfresh are those who owe most, added up from all that is open.
func (o *office) owedAfresh(most int) (payers []report.Owed) {
	o.t.Helper()
	must(o.t, o.Store.Read(o.ctx, func(tx flow.Tx) error {
		open, err := tx.Receivables(nil)
		payers, _ = report.ReceivablesByAge(open, o.Today())
		return err
	}))
	if len(payers) > most {
		slices.SortStableFunc(payers, func(a, b report.Owed) int { return cmp.Compare(b.Overdue().Minor(), a.Overdue().Minor()) })
		payers = payers[:most]
	}
	return payers
}

// step is something that changes the book.
type step struct {
	what string
	do   func() error
	// same says that nobody can see a difference.
	same bool
}

// steps are what is done in three months.
func (o *office) steps(allDay *desks.Desk) []step {
	return []step{
		{"customers come", func() error { o.customer("bolt", "bolt-1"); o.customer("cork", "cork-1"); return nil }, false},
		{"they subscribe", func() error {
			for i, contract := range []string{"acme-1", "bolt-1", "cork-1"} {
				o.subscribe(contract, contract+"-s", fmt.Sprint(10*(i+1)), "2026-01-05")
			}
			return nil
		}, true},
		{"two months are billed", func() error { o.bill("2026-02-01"); o.bill("2026-03-01"); return nil }, false},
		{"one is paid in part", func() error { return o.pay("INV-000001", "2026-03-01", "7") }, false},
		{"one is paid", func() error { return o.pay("INV-000002", "2026-03-01", "240") }, false},
		{"one is taken back", func() error { _, err := o.Void(o.ctx, "INV-000003", byHand); return err }, false},
		{"the figures are computed", func() error { o.snapshot(); return nil }, false},
		{"a plan is made", func() error { _, err := o.desk(desks.Clerk).BillingPlanMake(o.ctx, day("2026-04-01")); return err }, false},
		{"all of it is approved", func() error {
			n, err := o.desk(desks.Clerk).PlannedInvoiceApprove(o.ctx, flow.PlannedFilter{}, true)
			if err == nil && n == 0 {
				err = fmt.Errorf("nothing was approved")
			}
			return err
		}, false},
		{"one is held", func() error {
			page, err := allDay.PlannedInvoiceList(o.ctx, flow.PlannedFilter{})
			if err == nil {
				err = o.desk(desks.Clerk).BillingHoldPut(o.ctx, page.Rows[0].Group, "they asked")
			}
			return err
		}, false},
		{"the next month is billed", func() error { o.bill("2026-04-01"); return nil }, false},
		{"the figures are computed again", func() error { o.snapshot(); return nil }, true},
	}
}

// An office that serves all day remembers sums; after whatever is done to the book, by anybody, it shows what an office
// shows that was opened this moment.
func TestWhatIsRememberedIsWhatIsComputedAfresh(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		kept, ok := o.Store.(*store.Store)
		if !ok {
			t.Fatalf("the book is a %T", o.Store)
		}
		allDay := (&desks.Office{Flow: o.Flow, Store: kept.Office()}).Desk(desks.Person{User: "u", Who: "ana", Roles: []desks.Role{desks.Owner}, Door: desks.ByPage})
		last := o.looked(allDay)
		for _, step := range o.steps(allDay) {
			must(t, step.do())
			remembered, afresh := o.looked(allDay), o.looked(o.desk(desks.Owner))
			if remembered != afresh {
				t.Fatalf("%s: remembered is\n%s\nand afresh it is\n%s", step.what, remembered, afresh)
			}
			if again := o.looked(allDay); again != remembered {
				t.Errorf("%s: asked again it is\n%s\nand was\n%s", step.what, again, remembered)
			}
			if !step.same && remembered == last {
				t.Errorf("%s: nothing is to be seen of it: %s", step.what, remembered)
			}
			last = remembered
			for _, most := range []int{1, 2, 10} {
				owed, err := allDay.ReceivablesByAge(o.ctx, most)
				must(t, err)
				if got, want := fmt.Sprint(owed.Payers), fmt.Sprint(o.owedAfresh(most)); got != want {
					t.Errorf("%s: %d who owe most are\n%s\nand added up\n%s", step.what, most, got, want)
				}
			}
		}
	})
}

package store_test

import (
	"fmt"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/flow"
)

func listsOfRunsAndPlansAreNewestFirst(t *testing.T, b *book) {
	at := time.Date(2026, 2, 1, 9, 0, 0, 0, time.UTC)
	b.write(func(tx flow.Tx) {
		for range 4 {
			got[int64](t)(tx.RunStart(flow.Run{Through: day("2026-02-01"), State: "done", StartedAt: at, ToldAt: at}))
			plan := flow.BillingPlan{Through: day("2026-02-01"), State: flow.PlanReady, Who: "clerk", Stamp: 7, Due: 3, Contracts: 3, Groups: 2, Invoices: 2, Lines: 9,
				Missing: 1, Exceptions: 1, Run: 1, Owner: "here/1", AskedAt: at, EndedAt: at, ToldAt: at}
			plan.ID = got[int64](t)(tx.BillingPlanStart(plan))
			must(t, tx.PlannedAdd([]flow.PlannedInvoice{{Plan: plan.ID, No: 1, Group: "contract:c", Payer: "p", Currency: currencyOf("EUR"), Net: eur(1), Tax: eur(0), Total: eur(1), LastNet: eur(0)}}))
			same(t, "a plan is read as it was written", got[flow.BillingPlan](t)(tx.BillingPlanGet(plan.ID)), plan)
		}
		must(t, tx.RunLeftAdd(2, []flow.RunLeft{{Group: "b", Code: flow.LeftHeld, Sentence: "first"}, {Group: "a", Code: flow.LeftGone, Sentence: "x"}}))
		must(t, tx.RunLeftAdd(2, []flow.RunLeft{{Group: "b", Code: flow.LeftChanged, Sentence: "last"}}))
		must(t, tx.BillingPlansForget(2))
	})
	b.read(func(tx flow.Tx) {
		same(t, "left", got[[]flow.RunLeft](t)(tx.RunLeft(2)), []flow.RunLeft{{Group: "a", Code: "gone", Sentence: "x"}, {Group: "b", Code: "changed", Sentence: "last"}})
		var runs, plans, rows []int64
		for _, run := range got[[]flow.Run](t)(tx.RunList(4, 2)) {
			runs = append(runs, run.ID)
		}
		for _, plan := range got[[]flow.BillingPlan](t)(tx.BillingPlanList(0, 3)) {
			plans = append(plans, plan.ID)
			rows = append(rows, int64(len(got[[]flow.PlannedInvoice](t)(tx.PlannedList(flow.PlannedFilter{Plan: plan.ID})))))
		}
		same(t, "runs before the fourth, and plans with their rows", fmt.Sprint(runs, plans, rows), "[3 2] [4 3 2] [1 1 0]")
		_, err := tx.BillingPlanGet(9)
		wantError(t, err, flow.ErrUnknown)
	})
}

func aHoldFollowsItsGroup(t *testing.T, b *book) {
	at := time.Date(2026, 2, 1, 9, 0, 0, 0, time.UTC)
	for _, id := range []billing.ContractID{"c", "d"} {
		b.contract(id)
	}
	before := b.bookOf("c").Version
	b.write(func(tx flow.Tx) {
		must(t, tx.BillingHoldPut(flow.BillingHold{Group: "contract:c", At: at, Who: "clerk", Reason: "first"}))
		must(t, tx.BillingHoldPut(flow.BillingHold{Group: "contract:c", At: at, Who: "clerk", Reason: "disputed"}))
		must(t, tx.ContractRegroup("c", "payer:of-c"))
		must(t, tx.ContractRegroup("d", "payer:of-c"))
	})
	if b.bookOf("c").Version <= before {
		t.Error("a run that read the contract before it was held would bill it")
	}
	held := flow.BillingHold{Group: "payer:of-c", At: at, Who: "clerk", Reason: "disputed"}
	b.read(func(tx flow.Tx) {
		same(t, "between", got[map[string]flow.BillingHold](t)(tx.BillingHoldsBetween("contract:d", "payer:z")), map[string]flow.BillingHold{"payer:of-c": held})
		same(t, "none", len(got[map[string]flow.BillingHold](t)(tx.BillingHoldsBetween("payer:of-c", "payer:z"))), 0)
		same(t, "all", len(got[[]flow.BillingHold](t)(tx.BillingHoldList())), 2)
	})
	b.write(func(tx flow.Tx) { must(t, tx.BillingHoldEnd("payer:of-c")) })
	wantError(t, b.Write(t.Context(), func(tx flow.Tx) error { return tx.BillingHoldEnd("payer:of-c") }), flow.ErrUnknown)
	wantError(t, b.Write(t.Context(), func(tx flow.Tx) error { return tx.BillingHoldPut(flow.BillingHold{Group: "payer:nobody", At: at}) }), flow.ErrUnknown)
}

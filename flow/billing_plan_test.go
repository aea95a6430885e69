package flow_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/flow"
	"prorata/internal/pgtest"
)

var clerk = flow.Actor{Who: "clerk", Source: "test"}

func TestAMonthIsPlannedApprovedAndBilledOnSQLite(t *testing.T) {
	aMonthIsPlannedApprovedAndBilled(newMonth(openOffice(t)))
}

func TestAMonthIsPlannedApprovedAndBilledOnPostgres(t *testing.T) {
	aMonthIsPlannedApprovedAndBilled(newMonth(newOfficeAt(t, pgtest.NewDatabase(t))))
}

// month is a book in which January was billed, and of which February is to be planned: each customer
// is named for what becomes of it.
type month struct{ *office }

func newMonth(o *office) month {
	m := month{o}
	o.clock.on("2026-01-01")
	for _, id := range []string{"steady", "grows", "leaves", "broken", "held"} {
		m.monthly(id)
		must(o.t, o.tell(m.license(id, "10")))
	}
	o.bill("2026-01-01")
	o.clock.on("2026-01-20")
	m.monthly("new")
	on := func(e flow.Event, effective string) flow.Event { e.Effective = day(effective); return e }
	must(o.t, o.tell(
		on(seats("s-grows", "14"), "2026-02-01"),
		on(flow.Event{Do: flow.DoCancel, Subscription: "s-leaves"}, "2026-02-01"),
		on(m.license("new", "3"), "2026-02-01"),
	))
	o.take(flow.Intake{Product: &billing.Product{SKU: "unpriced", Class: "resale"}})
	broken := on(m.license("broken", "1"), "2026-02-01")
	broken.ID, broken.SKU = "s-broken-2", "unpriced"
	must(o.t, o.tell(broken))
	o.clock.on("2026-02-01")
	return m
}

// monthly is a customer with a contract that is billed on the first of each month.
func (m month) monthly(id string) {
	eur := currency("EUR")
	m.take(flow.Intake{Account: &flow.Account{Account: billing.Account{ID: billing.AccountID(id), Name: strings.ToUpper(id), Country: "DE", Currency: eur}, Party: flow.Party{Name: id, Country: "DE"}}},
		flow.Intake{Contract: &flow.Contract{Contract: billing.Contract{
			ID: billing.ContractID(id), Account: billing.AccountID(id), Currency: eur, Frequency: monthly, Start: day("2026-01-01"),
		}}})
}

func (m month) license(id, seats string) flow.Event {
	e := order("s-"+id, e3, seats)
	e.Contract, e.Order, e.TermMonths, e.Effective = billing.ContractID(id), flow.OrderAsk{}, 0, day("2026-01-01")
	return e
}

func (m month) plan(through string) flow.BillingPlan {
	m.t.Helper()
	plan, err := m.BillingPlanBegin(m.ctx, day(through), clerk)
	must(m.t, err)
	plan, err = m.BillingPlanOn(m.ctx, plan)
	must(m.t, err)
	return plan
}

// rows are those of a plan that a filter covers, a line for each: contract, net, net of last time, what is to be said of it.
func (m month) rows(f flow.PlannedFilter) string {
	m.t.Helper()
	var lines []string
	m.read(func(tx flow.Tx) error {
		list, err := tx.PlannedList(f)
		for i := range list {
			p := &list[i]
			words := []string{string(p.Contract), p.Net.String()}
			if p.Compared {
				words = append(words, p.LastNet.String())
			}
			for _, flag := range flow.PlanFlags() {
				if p.Has(flag) {
					words = append(words, flag.String())
				}
			}
			if p.Approved {
				words = append(words, "approved")
			}
			if p.Run != 0 {
				words = append(words, "issued")
			}
			if p.Left.Code != "" {
				words = append(words, "left: "+p.Left.Code)
			}
			if p.Hold.Reason != "" {
				words = append(words, p.Hold.Who+" holds it: "+p.Hold.Reason)
			}
			lines = append(lines, strings.Join(words, " "))
		}
		return err
	})
	return strings.Join(lines, "\n")
}

func (m month) read(fn func(flow.Tx) error) {
	m.t.Helper()
	must(m.t, m.Store.Read(m.ctx, fn))
}

func (m month) approve(f flow.PlannedFilter) (rows int64) {
	m.t.Helper()
	m.write(func(tx flow.Tx) (err error) { rows, err = tx.PlannedApprove(f, true); return err })
	return rows
}

func (m month) run(plan flow.BillingPlan) (flow.Run, error) {
	return m.Bill(m.ctx, flow.BillOptions{Through: plan.Through, Plan: plan.ID, Actor: clerk})
}

func aMonthIsPlannedApprovedAndBilled(m month) {
	t := m.t
	plan := m.plan("2026-02-01")
	all := flow.PlannedFilter{Plan: plan.ID}
	m.is("the plan", m.rows(all), strings.Join([]string{
		"broken 0.00 exception", "grows 168.00 120.00 unusual", "held 120.00 120.00", "new 36.00 first", "steady 120.00 120.00", "leaves 0.00 120.00 missing"}, "\n"))
	m.is("what is unusual or first", m.rows(flow.PlannedFilter{Plan: plan.ID, Flags: flow.FlagFirst | flow.FlagUnusual}), "grows 168.00 120.00 unusual\nnew 36.00 first")
	m.is("as usual", m.rows(flow.PlannedFilter{Plan: plan.ID, Without: flow.PlanWorthALook()}), "held 120.00 120.00\nnew 36.00 first\nsteady 120.00 120.00")
	m.is("found by its payer's name", m.rows(flow.PlannedFilter{Plan: plan.ID, Text: "TEADY"}), "steady 120.00 120.00")
	m.is("a page by size", m.rows(flow.PlannedFilter{Plan: plan.ID, BySize: true, After: 2, Most: 2}), "steady 120.00 120.00\nheld 120.00 120.00")
	m.is("and back", m.rows(flow.PlannedFilter{Plan: plan.ID, BySize: true, Before: 3, Most: 2}), "grows 168.00 120.00 unusual\nsteady 120.00 120.00")
	m.read(func(tx flow.Tx) error {
		totals, err := tx.PlannedTotals(all)
		m.is("totals", fmt.Sprint(totals), "[{EUR 4 444.00 0.00 444.00 480.00 0 0.00}]")
		counts, _ := tx.PlannedFlags(plan.ID)
		m.is("flags", fmt.Sprint(counts), "map[exception:1 missing:1 first:1 unusual:1]")
		return err
	})

	m.is("approved, but for what is no invoice", fmt.Sprint(m.approve(all)), "4")
	m.write(func(tx flow.Tx) error {
		return tx.BillingHoldPut(flow.BillingHold{Group: "contract:held", At: m.clock.at, Who: "finance", Reason: "they dispute January"})
	})
	m.is("a hold takes approval back", m.rows(flow.PlannedFilter{Plan: plan.ID, State: "held"}), "held 120.00 120.00 finance holds it: they dispute January")
	m.is("and keeps it back", fmt.Sprint(m.approve(all)), "0")
	m.is("nothing is open", m.rows(flow.PlannedFilter{Plan: plan.ID, State: "open"}), "")

	// Somebody adds a seat after the plan was looked at.
	must(t, m.tell(seats("s-steady", "11")))
	run, err := m.run(plan)
	if err != nil || run.State != "done" || run.Invoices != 2 || run.Left != 1 || run.Expected != 3 {
		t.Errorf("the run: %+v, %v", run, err)
	}
	m.is("after the run", m.rows(all), strings.Join([]string{
		"broken 0.00 exception", "grows 168.00 120.00 unusual approved issued", "held 120.00 120.00 finance holds it: they dispute January",
		"new 36.00 first approved issued", "steady 120.00 120.00 approved left: changed", "leaves 0.00 120.00 missing"}, "\n"))
	m.is("left", m.rows(flow.PlannedFilter{Plan: plan.ID, State: "left"}), "steady 120.00 120.00 approved left: changed")

	// A run of all that is due leaves what is held, and says so.
	due, err := m.Bill(m.ctx, flow.BillOptions{Through: day("2026-02-01"), Actor: clerk})
	must(t, err)
	m.read(func(tx flow.Tx) error {
		left, err := tx.RunLeft(due.ID)
		m.is("left by the run of all", fmt.Sprint(left), "[{contract:held held finance holds it since 2026-02-01: they dispute January}]")
		return err
	})
	m.write(func(tx flow.Tx) error { return tx.BillingHoldEnd("contract:held") })
	again, err := m.Bill(m.ctx, flow.BillOptions{Through: day("2026-02-01"), Actor: clerk})
	if err != nil || again.Invoices != 1 || again.Left != 0 {
		t.Errorf("released: %+v, %v", again, err)
	}
	if report, err := m.Verify(m.ctx, func(flow.VerifyReport) {}); err != nil || report.Differences > 0 {
		t.Errorf("verify: %+v %v", report, err)
	}
}

// What is drilled into is what will be billed.
func TestADraftIsWorkedOutAgain(t *testing.T) {
	m := newMonth(openOffice(t))
	drafts, failed, err := m.PlannedDrafts(m.ctx, "contract:grows", day("2026-02-01"))
	must(t, err)
	if len(drafts) != 1 || len(failed) != 0 || len(drafts[0].Lines) != 1 {
		t.Fatalf("%d drafts, %v", len(drafts), failed)
	}
	m.is("its line", flow.Explain(&drafts[0].Lines[0]), "14 × "+e3+", 1–28 Feb 2026. 14 × 12.00 → 168.00")
	_, failed, err = m.PlannedDrafts(m.ctx, "contract:broken", day("2026-02-01"))
	must(t, err)
	if len(failed) != 1 || failed[0].Code != "missing_price" {
		t.Errorf("%v", failed)
	}
}

// A plan is billed once at a time, on its day, and not before something is approved.
func TestAPlanIsRefused(t *testing.T) {
	m := newMonth(openOffice(t))
	plan := m.plan("2026-02-01")
	_, err := m.run(plan)
	m.is("nothing approved", refusalOf(err), "nothing_approved")
	m.approve(flow.PlannedFilter{Plan: plan.ID})
	first, err := m.BillBegin(m.ctx, flow.BillOptions{Through: plan.Through, Plan: plan.ID, Actor: clerk})
	must(t, err)
	_, err = m.run(plan)
	m.is("at work already", refusalOf(err), "plan_at_work")

	// The process that did it is killed: what it left counts as lost, and is taken up again.
	m.clock.at = m.clock.at.Add(10 * time.Minute)
	if state := m.Standing(first.State, first.ToldAt); state != flow.Lost {
		t.Errorf("a run that was silent for ten minutes is %s", state)
	}
	run, err := m.run(plan)
	if err != nil || run.Invoices != 4 {
		t.Errorf("taken up again: %+v, %v", run, err)
	}
	m.read(func(tx flow.Tx) error {
		lost, err := tx.RunGet(first.ID)
		m.is("the killed run", lost.State, flow.Lost)
		return err
	})
	_, err = m.run(plan)
	m.is("all is billed", refusalOf(err), "nothing_approved")

	ahead := m.plan("2026-03-01")
	m.approve(flow.PlannedFilter{Plan: ahead.ID})
	if _, err = m.run(ahead); !errors.Is(err, flow.ErrInput) {
		t.Errorf("a day to come: %v", err)
	}
}

// A process that starts on the machine of one that was killed does not wait to see that it is gone.
func TestWorkOfAProcessThatIsGoneIsLost(t *testing.T) {
	m := newMonth(openOffice(t))
	m.Process = "here/1"
	dead, err := m.BillingPlanBegin(m.ctx, day("2026-02-01"), clerk)
	must(t, err)
	m.Process = "there/1"
	alive, err := m.BillBegin(m.ctx, flow.BillOptions{Through: day("2026-02-01"), Actor: clerk})
	must(t, err)
	lost, err := m.LoseWork(m.ctx, func(owner string) bool { return owner == "here/1" })
	must(t, err)
	m.read(func(tx flow.Tx) error {
		plan, err := tx.BillingPlanGet(dead.ID)
		must(t, err)
		run, err := tx.RunGet(alive.ID)
		m.is("states", fmt.Sprint(lost)+" "+plan.State+" "+run.State, "1 lost running")
		return err
	})
}

func refusalOf(err error) string {
	var refusal *billing.Refusal
	if errors.As(err, &refusal) {
		return refusal.Code
	}
	return fmt.Sprint(err)
}

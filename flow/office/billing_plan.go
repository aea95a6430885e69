package office

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"prorata/core/calendar"
	"prorata/flow"
)

// PlanView is a billing plan as it is looked at.
type PlanView struct {
	flow.BillingPlan
	// Totals are of all its invoices, by currency.
	Totals []flow.PlannedTotal
	// Flags counts the rows of each flag.
	Flags map[flow.PlanFlag]int64
	// Open are the invoices that wait for approval, Usual those of them that are not worth a look.
	Open, Usual int64
	// Moved says that something of the book changed since: what concerns an approved invoice is left out of the run.
	Moved bool
}

// planDaysAhead is how far ahead a plan looks: further than a year's invoices nobody
// approves anything.
const planDaysAhead = 400

// BillingPlanMake begins to work out what a run through a day would issue, and gives the plan at once: it is worked
// on in the background. A day to come can be planned; it is billed when it has come.
func (d *Desk) BillingPlanMake(ctx context.Context, through calendar.Date) (flow.BillingPlan, error) {
	f, err := d.doing(ctx, deed{"BillingPlanMake", through.String(), ""})
	if err != nil {
		return flow.BillingPlan{}, err
	}
	if most := d.Today().AddDays(planDaysAhead); through.After(most) {
		return flow.BillingPlan{}, &FieldError{"through", fmt.Errorf("%s is too far ahead (expected a day up to %s)", through, most)}
	}
	plan, err := f.BillingPlanBegin(ctx, through, d.actor())
	if err != nil {
		return plan, err
	}
	d.office.behind(ctx, func(ctx context.Context) {
		if _, err := f.BillingPlanOn(ctx, plan); err != nil {
			f.Log.ErrorContext(ctx, "a billing plan failed", "plan", plan.ID, "error", err)
		}
	})
	return plan, nil
}

// BillingPlanGet is a plan with its totals; the latest for 0; flow.ErrUnknown where there is none.
func (d *Desk) BillingPlanGet(ctx context.Context, id int64) (view PlanView, err error) {
	err = d.read(ctx, "BillingPlanGet", func(tx Tx) error {
		view, err = d.planView(tx, id)
		return err
	})
	return view, err
}

func (d *Desk) planView(tx Tx, id int64) (view PlanView, err error) {
	if view.BillingPlan, err = tx.BillingPlanGet(id); err != nil {
		return view, err
	}
	view.State = d.office.Flow.Standing(view.State, view.ToldAt)
	stamp, err := tx.BookStamp()
	if err != nil {
		return view, err
	}
	view.Moved = stamp != view.Stamp
	sums, err := d.office.plannedSums(tx, view.ID)
	view.Totals, view.Flags, view.Open, view.Usual = sums.totals, sums.flags, sums.open, sums.usual
	return view, err
}

// plannedSums adds a plan up once until something of a plan changes. Who gets them must not change them.
func (o *Office) plannedSums(tx Tx, plan int64) (plannedSums, error) {
	state, err := tx.BookState()
	if err != nil {
		return plannedSums{}, err
	}
	return o.memory.plans.of(state.Planned, fmt.Sprint(plan), func() (sums plannedSums, err error) {
		if sums.totals, err = tx.PlannedTotals(flow.PlannedFilter{Plan: plan}); err != nil {
			return sums, err
		}
		if sums.flags, err = tx.PlannedFlags(plan); err != nil {
			return sums, err
		}
		sums.open, sums.usual, err = tx.PlanOpen(plan, flow.PlanWorthALook())
		return sums, err
	})
}

// planOpen is how many invoices of a plan wait for approval, counted once until something of a plan changes: the first
// page asks for that alone.
func (o *Office) planOpen(tx Tx, plan int64) (int64, error) {
	state, err := tx.BookState()
	if err != nil {
		return 0, err
	}
	return o.memory.open.of(state.Planned, fmt.Sprint(plan), func() (int64, error) {
		open, _, err := tx.PlanOpen(plan, flow.PlanWorthALook())
		return open, err
	})
}

// BillingPlanList is newest first: those before one, at most so many.
func (d *Desk) BillingPlanList(ctx context.Context, before int64, most int) (list []flow.BillingPlan, err error) {
	err = d.read(ctx, "BillingPlanList", func(tx Tx) error {
		list, err = tx.BillingPlanList(before, pageOf(most))
		for i := range list {
			list[i].State = d.office.Flow.Standing(list[i].State, list[i].ToldAt)
		}
		return err
	})
	return list, err
}

// BillingPlanWatch tells how far a plan is: at once, then with each tick of pace for which there is something
// new, until it is over or the context ends.
func (d *Desk) BillingPlanWatch(ctx context.Context, id int64, pace <-chan time.Time) (<-chan flow.BillingPlan, error) {
	if err := d.person.may("BillingPlanWatch"); err != nil {
		return nil, err
	}
	return watch(ctx, pace, func() (plan flow.BillingPlan, over bool, err error) {
		err = d.office.Store.Read(ctx, func(tx Tx) error { plan, err = tx.BillingPlanGet(id); return err })
		plan.State = d.office.Flow.Standing(plan.State, plan.ToldAt)
		return plan, plan.State != flow.PlanWorking, err
	})
}

// watch reads at once and with each tick, and gives what changed.
func watch[T comparable](ctx context.Context, pace <-chan time.Time, read func() (T, bool, error)) (<-chan T, error) {
	last, over, err := read()
	if err != nil {
		return nil, err
	}
	told := make(chan T, 1)
	told <- last
	go func() {
		defer close(told)
		for !over {
			select {
			case <-ctx.Done():
				return
			case <-pace:
			}
			// What cannot be read now may be the next time.
			now, ended, err := read()
			if err != nil || (now == last && !ended) {
				continue
			}
			last, over = now, ended
			select {
			case told <- now:
			case <-ctx.Done():
				return
			}
		}
	}()
	return told, nil
}

// PlannedInvoicePage is a part of a plan's rows.
type PlannedInvoicePage struct {
	Rows []flow.PlannedInvoice
	// Totals are of all rows that the filter covers.
	Totals []flow.PlannedTotal
	// More says that rows follow, and Earlier that some come before.
	More, Earlier bool
}

// PlannedInvoiceList is a page of a plan's rows; without a plan, of the latest.
func (d *Desk) PlannedInvoiceList(ctx context.Context, filter flow.PlannedFilter) (page PlannedInvoicePage, err error) {
	err = d.read(ctx, "PlannedInvoiceList", func(tx Tx) error {
		plan, err := tx.BillingPlanGet(filter.Plan)
		if err != nil {
			return err
		}
		filter.Plan, filter.Most = plan.ID, pageOf(filter.Most)
		page, err = d.plannedPage(tx, filter)
		return err
	})
	return page, err
}

func (d *Desk) plannedPage(tx Tx, filter flow.PlannedFilter) (page PlannedInvoicePage, err error) {
	most := filter.Most
	filter.Most++
	if page.Rows, err = tx.PlannedList(filter); err != nil {
		return page, err
	}
	beyond := len(page.Rows) > most
	switch {
	case filter.Before != 0:
		page.More, page.Earlier = true, beyond
		page.Rows = page.Rows[max(0, len(page.Rows)-most):]
	default:
		page.More, page.Earlier = beyond, filter.After != 0
		page.Rows = page.Rows[:min(most, len(page.Rows))]
	}
	if filter.Flags == 0 && filter.Currency == "" && filter.State == "" && filter.Text == "" && len(filter.Nos) == 0 {
		sums, err := d.office.plannedSums(tx, filter.Plan)
		page.Totals = sums.totals
		return page, err
	}
	filter.After, filter.Before = 0, 0
	page.Totals, err = tx.PlannedTotals(filter)
	return page, err
}

// PlannedInvoiceView is one row of a plan with the invoices of its group as they would be now.
type PlannedInvoiceView struct {
	flow.PlannedInvoice
	Through calendar.Date
	// Invoices are worked out again, with lines: a group can have several, of different days.
	Invoices []flow.Issued
	// Failed says why there are none.
	Failed []flow.RunException
	// Changed says that they are not what the plan has any more.
	Changed bool
}

// PlannedInvoiceGet is a row of a plan, with lines; flow.ErrUnknown where there is none.
func (d *Desk) PlannedInvoiceGet(ctx context.Context, plan, no int64) (view PlannedInvoiceView, err error) {
	f, err := d.reading("PlannedInvoiceGet")
	if err != nil {
		return view, err
	}
	err = d.office.Store.Read(ctx, func(tx Tx) error {
		made, err := tx.BillingPlanGet(plan)
		if err != nil {
			return err
		}
		list, err := tx.PlannedList(flow.PlannedFilter{Plan: made.ID, Nos: []int64{no}, Most: 1})
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return unseen("planned invoice", fmt.Sprint(no))
		}
		view.PlannedInvoice, view.Through = list[0], made.Through
		return nil
	})
	if err != nil || view.Run != 0 {
		return view, err
	}
	view.Invoices, view.Failed, err = f.PlannedDrafts(ctx, view.Group, view.Through)
	view.Changed = view.Billable() && flow.GroupDigest(view.Invoices) != view.Digest
	return view, err
}

// PlannedInvoiceApprove approves the invoices that a filter covers, or takes that back, and counts them. Invoices of one
// group are approved together. What is held, issued or cannot be billed is passed over.
func (d *Desk) PlannedInvoiceApprove(ctx context.Context, filter flow.PlannedFilter, approved bool) (count int64, err error) {
	said := "approved"
	if !approved {
		said = "not approved"
	}
	err = d.write(ctx, deed{"PlannedInvoiceApprove", fmt.Sprintf("plan %d", filter.Plan), said}, func(tx Tx) error {
		plan, err := tx.BillingPlanGet(filter.Plan)
		if err != nil {
			return err
		}
		if plan.State != flow.PlanReady {
			return &FieldError{"plan", fmt.Errorf("plan %d is %s; it can be approved once it is ready", plan.ID, plan.State)}
		}
		filter.Plan = plan.ID
		count, err = tx.PlannedApprove(filter, approved)
		return err
	})
	return count, err
}

// BillingHoldPut keeps a group out of every run until it is released, and takes back that it was approved.
func (d *Desk) BillingHoldPut(ctx context.Context, group, reason string) error {
	return d.write(ctx, deed{"BillingHoldPut", group, reason}, func(tx Tx) error {
		reason = strings.TrimSpace(flow.PlainText(reason))
		if reason == "" {
			return &FieldError{"reason", errors.New("say why it is held: whoever releases it will want to know")}
		}
		return tx.BillingHoldPut(flow.BillingHold{Group: group, At: d.office.Flow.Clock.Now(), Who: d.person.Who, Reason: reason})
	})
}

// BillingHoldEnd lets runs bill a group again; flow.ErrUnknown where it is not held.
func (d *Desk) BillingHoldEnd(ctx context.Context, group string) error {
	return d.write(ctx, deed{"BillingHoldEnd", group, ""}, func(tx Tx) error { return tx.BillingHoldEnd(group) })
}

// BillingHoldList is what is held, oldest first.
func (d *Desk) BillingHoldList(ctx context.Context) (list []flow.BillingHold, err error) {
	err = d.read(ctx, "BillingHoldList", func(tx Tx) error { list, err = tx.BillingHoldList(); return err })
	return list, err
}

// pageMost is how many rows a page has where nothing else was asked, and at most.
const (
	pageUsual = 50
	pageMost  = 500
)

func pageOf(asked int) int {
	if asked <= 0 {
		return pageUsual
	}
	return min(asked, pageMost)
}

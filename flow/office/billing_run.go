package office

import (
	"context"
	"fmt"
	"time"

	"prorata/core/calendar"
	"prorata/flow"
)

// RunView is a billing run as it is looked at.
type RunView struct {
	flow.Run
	// Failed are the contracts that could not be billed, Left the groups that stay due though they were asked for.
	Failed []flow.RunException
	Left   []flow.RunLeft
}

// BillingRunStart bills what was approved of a plan and is still as it was looked at, and gives the run at once: it goes on
// in the background, whoever looks. Where a run of the plan was cut off, the next one goes on with what is left.
func (d *Desk) BillingRunStart(ctx context.Context, plan int64) (run flow.Run, err error) {
	f, err := d.doing(ctx, deed{"BillingRunStart", fmt.Sprintf("plan %d", plan), ""})
	if err != nil {
		return run, err
	}
	var made flow.BillingPlan
	if err := f.Store.Read(ctx, func(tx flow.Tx) (err error) { made, err = tx.BillingPlanGet(plan); return err }); err != nil {
		return run, err
	}
	o := flow.BillOptions{Through: made.Through, Plan: made.ID, Actor: d.actor()}
	if run, err = f.BillBegin(ctx, o); err != nil {
		return run, err
	}
	d.office.behind(ctx, func(ctx context.Context) {
		if _, err := f.BillOn(ctx, run, o); err != nil {
			f.Log.ErrorContext(ctx, "a billing run failed", "run", run.ID, "error", err)
		}
	})
	return run, nil
}

// BillingRunList is newest first: those before one, at most so many.
func (d *Desk) BillingRunList(ctx context.Context, before int64, most int) (list []flow.Run, err error) {
	err = d.read(ctx, "BillingRunList", func(tx Tx) error {
		list, err = tx.RunList(before, pageOf(most))
		for i := range list {
			list[i].State = d.office.Flow.Standing(list[i].State, list[i].ToldAt)
		}
		return err
	})
	return list, err
}

// BillingRunGet is a run with what it could not bill and what it left; the latest for 0; flow.ErrUnknown where there is none.
func (d *Desk) BillingRunGet(ctx context.Context, id int64) (view RunView, err error) {
	err = d.read(ctx, "BillingRunGet", func(tx Tx) error {
		if view.Run, err = tx.RunGet(id); err != nil {
			return err
		}
		view.State = d.office.Flow.Standing(view.State, view.ToldAt)
		if view.Failed, err = tx.RunExceptions(view.ID); err != nil {
			return err
		}
		view.Left, err = tx.RunLeft(view.ID)
		return err
	})
	return view, err
}

// BillingRunWatch tells how far a run is: at once, then with each tick of pace for which there is something new,
// until it is over or the context ends.
func (d *Desk) BillingRunWatch(ctx context.Context, id int64, pace <-chan time.Time) (<-chan flow.Run, error) {
	if err := d.person.may("BillingRunWatch"); err != nil {
		return nil, err
	}
	return watch(ctx, pace, func() (run flow.Run, over bool, err error) {
		err = d.office.Store.Read(ctx, func(tx Tx) error { run, err = tx.RunGet(id); return err })
		run.State = d.office.Flow.Standing(run.State, run.ToldAt)
		return run, run.State != flow.AtWork, err
	})
}

// BillingRunAll bills everything that is due through a day, without a plan, and gives the run when it has ended; where
// Accept is set, just what a preview showed. Who it is done for is whoever asks.
func (d *Desk) BillingRunAll(ctx context.Context, o flow.BillOptions) (view RunView, err error) {
	said := ""
	if o.Accept != 0 {
		said = fmt.Sprintf("as previewed (%d)", o.Accept)
	}
	f, err := d.doing(ctx, deed{"BillingRunAll", "through " + o.Through.String(), said})
	if err != nil {
		return view, err
	}
	o.Actor = d.actor()
	if view.Run, err = f.Bill(ctx, o); err != nil {
		return view, err
	}
	err = d.office.Store.Read(ctx, func(tx Tx) error {
		if view.Failed, err = tx.RunExceptions(view.ID); err != nil {
			return err
		}
		view.Left, err = tx.RunLeft(view.ID)
		return err
	})
	return view, err
}

// BillingPreview works out what BillingRunAll would issue, and stores nothing: each is called for every invoice. The
// stamp has BillingRunAll issue just that, as long as the book stays as it is.
func (d *Desk) BillingPreview(ctx context.Context, through calendar.Date, each func(flow.Issued)) (run flow.Run, failed []flow.RunException, stamp int64, err error) {
	f, err := d.reading("BillingPreview")
	if err != nil {
		return run, nil, 0, err
	}
	return f.Preview(ctx, through, each)
}

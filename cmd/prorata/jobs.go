package main

import (
	"context"
	"time"

	"prorata/edge/worker"
	"prorata/flow"
	"prorata/flow/office"
)

// clockwork does what the timetable says and what people ask for; providers are asked every so often, never where that is 0.
func (w *world) clockwork(o *office.Office, r *follower, every time.Duration) *worker.Worker {
	works := worker.Works{
		office.JobFollow: r.reached(r.together), office.JobPrices: r.reached(r.prices), office.JobImport: r.reached(r.bills(o)),
		office.JobSync: o.ErrandRun, office.JobEvents: o.ErrandRun, office.JobProvision: o.ErrandRun, office.JobReconcile: o.ErrandRun,
		office.JobFigures: figures(o), office.JobVerify: alone(o.Verify), office.JobTidy: alone(o.Tidy),
	}
	clock := &worker.Worker{Office: o, Timetable: worker.Timetable(every, works), Clock: wallClock{}, Zone: o.Flow.Zone, After: time.After, Jitter: jitter, Log: w.log}
	o.Stir = clock.Stir
	r.want = func(ctx context.Context, id flow.ConnectionID) error { return o.JobWant(ctx, office.JobFollow, id) }
	return clock
}

// alone is work that is of the whole book.
func alone(do func(context.Context) (string, error)) worker.Work {
	return func(ctx context.Context, _ office.Job) (string, error) { return do(ctx) }
}

// figures computes what takes too long to compute while somebody waits, where something was recorded since or a day is over.
func figures(o *office.Office) worker.Work {
	return func(ctx context.Context, _ office.Job) (string, error) {
		due, err := o.Flow.SnapshotDue(ctx)
		if err != nil || !due {
			return "", err
		}
		_, err = o.Flow.TakeSnapshot(ctx)
		return "The figures were computed again.", err
	}
}

// takeUp notes what processes of this machine left behind that were killed: billing runs are lost, jobs are taken by the next.
func (w *world) takeUp(ctx context.Context, o *office.Office) error {
	lost, err := o.Flow.LoseWork(ctx, processGone)
	if err != nil {
		return err
	}
	if lost > 0 {
		w.log.Warn("billing runs or plans were cut off when their process ended; what they had issued stands, the rest is still due", "count", lost)
	}
	freed, err := o.JobsFree(ctx, processGone)
	if freed > 0 {
		w.log.Warn("jobs were cut off when their process ended; they are done again", "count", freed)
	}
	return err
}

// Package worker is the clockwork: it does in the background what the timetable says and what people ask for.
//
// What is to be done stands in the book, so that it survives the program's end and several programs on one book share it. Whoever
// takes a job has a lease on it and renews it as long as it works; the job of a program that was killed is taken by the next once
// the lease is over. A job that fails is tried again, each time later; one that goes on failing becomes an exception.
//
//	timetable.go  what is done, how often, and what happens where it fails
//	worker.go     taking what is due;  run.go  one run of a job, from its lease to what becomes of it
package worker

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"prorata/flow"
	"prorata/flow/office"
)

const (
	// lookEvery is how often it is looked whether something is due.
	lookEvery = 2 * time.Second
	// planEvery is how often it is looked whether the timetable is in the book.
	planEvery = time.Minute
	// Lease is how long a job is a process's that says nothing more; renewed three times as often.
	Lease = time.Minute
)

// Worker does jobs. It is made by New.
type Worker struct {
	Office    *office.Office
	Timetable []Line
	Clock     flow.Clock
	// Zone is the seller's: it says when it is night.
	Zone *time.Location
	// After gives a channel on which something comes once a span is over.
	After func(time.Duration) <-chan time.Time
	// Jitter is something between nothing and a part of a span, so that workers do not come back together.
	Jitter func(time.Duration) time.Duration
	Log    *slog.Logger

	once    sync.Once
	stirred chan struct{}

	mu sync.Mutex
	// busy counts what is being done of each kind.
	busy map[office.JobKind]int
	// planAt is when the timetable is looked at next.
	planAt time.Time
}

func (w *Worker) begin() {
	w.once.Do(func() { w.stirred, w.busy = make(chan struct{}, 1), map[office.JobKind]int{} })
}

// Stir has it look at once whether something is due; it never waits.
func (w *Worker) Stir() {
	w.begin()
	select {
	case w.stirred <- struct{}{}:
	default:
	}
}

// Run works until the context ends, and returns when everything that was being done has stopped and was given back.
func (w *Worker) Run(ctx context.Context) {
	w.begin()
	var all sync.WaitGroup
	defer all.Wait()
	for ctx.Err() == nil {
		if err := w.Round(ctx, func(work func()) { all.Go(work) }); err != nil && ctx.Err() == nil {
			w.Log.WarnContext(ctx, "take what is due", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-w.stirred:
		case <-w.After(lookEvery):
		}
	}
}

// Round puts the timetable into the book where it is not there, and begins everything that is due and for which there is a place.
func (w *Worker) Round(ctx context.Context, begin func(work func())) error {
	w.begin()
	if err := w.plan(ctx); err != nil {
		return err
	}
	for ctx.Err() == nil {
		kinds := w.free()
		if len(kinds) == 0 {
			return nil
		}
		job, taken, err := w.Office.JobTake(ctx, kinds, Lease)
		if err != nil || !taken {
			return err
		}
		w.hold(job.Kind, 1)
		begin(func() {
			w.do(ctx, &job)
			w.hold(job.Kind, -1)
			// There is a place again, and what was done may be due at once.
			w.Stir()
		})
	}
	return nil
}

// plan puts what is done again and again into the book.
func (w *Worker) plan(ctx context.Context) error {
	now := w.Clock.Now()
	w.mu.Lock()
	due := !now.Before(w.planAt)
	w.mu.Unlock()
	if !due {
		return nil
	}
	var lines []office.JobLine
	for i := range w.Timetable {
		if l := &w.Timetable[i]; l.again() {
			lines = append(lines, office.JobLine{Kind: l.Kind, Connections: l.Connections, Rhythm: l.rhythm(), First: l.first(now, w.Zone)})
		}
	}
	if err := w.Office.JobsPlan(ctx, lines); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.planAt = now.Add(planEvery)
	return nil
}

// free are the kinds for which there is a place.
func (w *Worker) free() (kinds []office.JobKind) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.Timetable {
		if l := &w.Timetable[i]; l.Work != nil && w.busy[l.Kind] < l.AtOnce {
			kinds = append(kinds, l.Kind)
		}
	}
	return kinds
}

func (w *Worker) hold(kind office.JobKind, places int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy[kind] += places
}

// line is what the timetable says of a job that was taken: it is one of those asked for.
func (w *Worker) line(kind office.JobKind) *Line {
	for i := range w.Timetable {
		if w.Timetable[i].Kind == kind {
			return &w.Timetable[i]
		}
	}
	return &Line{}
}

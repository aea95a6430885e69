package worker

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"prorata/flow/office"
)

// errTaken ends the work of one whose lease was over: another process may be at it.
var errTaken = errors.New("the job's lease was over before it was renewed, and another process may have taken the job")

// errCutOff ends a job that may be what ends the programs that do it.
var errCutOff = errors.New("each time that it was begun the program ended without a word, as one does that is killed: look whether it needs more memory than there is, or stops answering")

// endPatience is how long it may take to write down how a run ended.
const endPatience = 10 * time.Second

// do runs a job that was taken, and gives it back.
func (w *Worker) do(ctx context.Context, job *office.Job) {
	line, began := w.line(job.Kind), w.Clock.Now()
	said, err := "", errCutOff
	if !job.Lost || job.Tries <= line.Tries {
		said, err = w.run(ctx, line, job)
	}
	end := w.ending(line, job, began, said, err)
	if ctx.Err() != nil && err != nil {
		// The program ends: the next one goes on.
		end = office.JobEnd{Outcome: office.JobStopped, Said: "The program was told to stop.", NextAt: w.Clock.Now()}
	}
	if errors.Is(err, errTaken) {
		w.Log.WarnContext(ctx, "job", "job", job.Name(), "run", job.Run, "error", err)
		return
	}
	w.say(ctx, job, &end)
	kept, cancel := context.WithTimeout(context.WithoutCancel(ctx), endPatience)
	defer cancel()
	if err := w.Office.JobEnd(kept, job, end); err != nil {
		// The lease ends by itself, and the job is taken again.
		w.Log.WarnContext(ctx, "write down how a job ended", "job", job.Name(), "run", job.Run, "error", err)
	}
}

func (w *Worker) say(ctx context.Context, job *office.Job, end *office.JobEnd) {
	switch {
	case end.Outcome == office.JobFailed:
		w.Log.WarnContext(ctx, "a job failed", "job", job.Name(), "run", job.Run, "tries", job.Tries, "given_up", end.GivenUp, "next", end.NextAt, "error", end.Err)
	case end.Outcome == office.JobSucceeded && end.Said != "":
		w.Log.InfoContext(ctx, "job", "job", job.Name(), "run", job.Run, "said", end.Said)
	}
}

// run does the work, and renews the lease beside it until it ends.
func (w *Worker) run(ctx context.Context, line *Line, job *office.Job) (said string, err error) {
	ctx, stop := context.WithCancelCause(ctx)
	ctx, cancel := context.WithTimeout(ctx, line.Most)
	defer cancel()
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		w.renew(ctx, job, stop)
	}()
	defer func() {
		cancel()
		<-renewed
		switch cause := context.Cause(ctx); {
		case errors.Is(cause, errTaken):
			err = errTaken
		case err != nil && errors.Is(cause, context.DeadlineExceeded):
			err = fmt.Errorf("it was not done after %s: %w", line.Most, err)
		}
		stop(nil)
	}()
	return w.work(ctx, line, job)
}

// work does the work; a mistake of the program in it is a failure of the job, not the end of the program.
func (w *Worker) work(ctx context.Context, line *Line, job *office.Job) (said string, err error) {
	defer func() {
		if mistake := recover(); mistake != nil {
			w.Log.ErrorContext(ctx, "a job panicked", "job", job.Name(), "panic", mistake, "stack", string(debug.Stack()))
			err = fmt.Errorf("a mistake of the program: %v", mistake)
		}
	}()
	return line.Work(ctx, *job)
}

// renew renews the lease until the work ends. Where that is not to be had before the lease is over, the work is stopped: another
// process may do it.
func (w *Worker) renew(ctx context.Context, job *office.Job, stop context.CancelCauseFunc) {
	until := job.LeaseUntil
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.After(Lease / 3):
		}
		// A database that hangs is waited for until the lease is over, and not longer.
		asked := w.Clock.Now()
		patient, cancel := context.WithTimeout(ctx, until.Sub(asked))
		held, err := w.Office.JobRenew(patient, job, Lease)
		over := patient.Err() != nil
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case err == nil && held:
			until = asked.Add(Lease)
		case err == nil, over, !w.Clock.Now().Before(until):
			stop(errTaken)
			return
		default:
			w.Log.WarnContext(ctx, "renew the lease of a job", "job", job.Name(), "error", err)
		}
	}
}

// ending is what the timetable makes of how a run ended.
func (w *Worker) ending(line *Line, job *office.Job, began time.Time, said string, err error) office.JobEnd {
	now := w.Clock.Now()
	end := office.JobEnd{Outcome: office.JobSucceeded, Said: said, Err: err, NextAt: line.next(began, now, w.Zone)}
	if err == nil {
		return end
	}
	tries := max(job.Tries, 1)
	wait := line.wait(tries)
	again := now.Add(wait + w.Jitter(wait))
	end.Outcome, end.GivenUp = office.JobFailed, tries >= line.Tries || office.JobFinal(err)
	if !end.GivenUp || !line.again() {
		end.NextAt = again
	} else {
		end.NextAt = later(end.NextAt, again)
	}
	return end
}

package office

import (
	"context"
	"errors"
	"fmt"
	"time"

	"prorata/flow"
)

// What the clockwork asks of the office. It is no person: it takes jobs whose time has come, and says how they went.

// JobLine is what the timetable says of one kind of job that is done again and again.
type JobLine struct {
	Kind JobKind
	// Connections says that there is one for each connection; else there is one for the book.
	Connections bool
	// Rhythm is how often, in words; First is when a job that is new is done.
	Rhythm string
	First  time.Time
}

// JobsPlan puts the jobs of a timetable there that are not, for each connection that there is.
func (o *Office) JobsPlan(ctx context.Context, lines []JobLine) error {
	var missing []Job
	if err := o.Store.Read(ctx, func(tx Tx) error {
		missing = nil
		connections, err := tx.ConnectionList()
		if err != nil {
			return err
		}
		for _, line := range lines {
			of := []flow.ConnectionID{""}
			if line.Connections {
				of = of[:0]
				for _, connection := range connections {
					of = append(of, connection.ID)
				}
			}
			for _, id := range of {
				kept, err := tx.JobFind(line.Kind, id, "")
				if err != nil && !errors.Is(err, flow.ErrUnknown) {
					return err
				}
				if err != nil || kept.Rhythm != line.Rhythm {
					missing = append(missing, Job{Kind: line.Kind, Connection: id, Rhythm: line.Rhythm, NextAt: line.First})
				}
			}
		}
		return nil
	}); err != nil || len(missing) == 0 {
		return err
	}
	return o.write(ctx, func(tx Tx) error {
		for _, job := range missing {
			if err := tx.JobPlan(job); err != nil {
				return err
			}
		}
		return nil
	})
}

// jobsLooked is how many jobs whose time has come are looked at before one is taken.
const jobsLooked = 20

// JobTake gives a job of some kinds whose time has come, with a lease: until it ends nobody else is given
// the job, by any process. It ends unless JobRenew or JobEnd is called before, as it does where the process is killed.
func (o *Office) JobTake(ctx context.Context, kinds []JobKind, lease time.Duration) (job Job, taken bool, err error) {
	var due []int64
	now := o.now()
	// Mostly there is nothing to do, and who only looks keeps nobody from writing.
	if err := o.Store.Read(ctx, func(tx Tx) (err error) { due, err = tx.JobsDue(kinds, now, jobsLooked); return err }); err != nil {
		return job, false, err
	}
	for _, id := range due {
		err := o.write(ctx, func(tx Tx) (err error) {
			now = o.now()
			job, taken, err = tx.JobTake(id, o.Flow.Process, now, now.Add(lease))
			return err
		})
		if err != nil || taken {
			return job, taken, err
		}
	}
	return job, false, nil
}

// JobRenew lets the lease of a job last from now on; where held is false another process has begun the job's next run.
func (o *Office) JobRenew(ctx context.Context, job *Job, lease time.Duration) (held bool, err error) {
	err = o.write(ctx, func(tx Tx) error {
		held, err = tx.JobRenew(job.ID, job.Run, o.now().Add(lease))
		return err
	})
	return held, err
}

// JobEnd is how a run of a job ended, and what the timetable makes of it.
type JobEnd struct {
	Outcome JobOutcome
	// Said is what came of it; Err why it failed.
	Said string
	Err  error
	// GivenUp says that it was tried as often as the timetable lets it: what is done once is not tried again.
	GivenUp bool
	// NextAt is when it is done or tried next.
	NextAt time.Time
}

// JobEnd gives a job back with what came of its run. A job that was given up becomes an exception, which closes
// once the job comes to its end again. Where another process has begun the job's next run, nothing is changed.
func (o *Office) JobEnd(ctx context.Context, job *Job, end JobEnd) error {
	return o.write(ctx, func(tx Tx) error {
		now := o.now()
		kept, held, err := tx.JobReturn(job.ID, job.Run)
		if err != nil || !held {
			return err
		}
		run := JobRun{No: job.Run, EndedAt: now, Outcome: end.Outcome, Said: flow.PlainText(end.Said)}
		switch end.Outcome {
		case JobSucceeded:
			kept.Tries = 0
			err = mendJob(tx, &kept, now)
		case JobStopped:
			kept.Tries = max(0, kept.Tries-1)
		case JobFailed:
			run.Said, run.Why = kept.whyOf(end.Err), shortened(flow.PlainText(end.Err.Error()))
			if kept.FailingSince.IsZero() {
				kept.FailingSince = now
			}
			if end.GivenUp {
				err = o.giveUpJob(tx, &kept, end.Err, now)
			}
		case JobRunning, JobLost:
			err = fmt.Errorf("job %s: a run that is %s has not ended", kept.Name(), end.Outcome)
		}
		if err != nil {
			return err
		}
		kept.ended(job, end, now)
		return tx.JobSettle(kept, run)
	})
}

// ended is what becomes of the job that was taken, as it stands now.
func (j *Job) ended(taken *Job, end JobEnd, now time.Time) {
	over := end.Outcome == JobSucceeded || end.GivenUp
	j.NextAt = end.NextAt
	// What became known while it was being done may have come too late for it; so may somebody who asked.
	if !j.WantedAt.Equal(taken.WantedAt) && j.State == JobWaiting {
		j.NextAt = now
	} else if over && j.Rhythm == "" {
		j.NextAt, j.State = now, JobDone
		if end.Outcome != JobSucceeded {
			j.State = JobGivenUp
		}
	}
	if over && j.Asked() && j.AskedAt.Equal(taken.AskedAt) {
		j.AskedRun = taken.Run
	}
}

// mendJob notes that a job came to its end.
func mendJob(tx Tx, job *Job, now time.Time) error {
	if job.FailingSince.IsZero() {
		return nil
	}
	job.FailingSince = time.Time{}
	_, err := tx.ExceptionClose(flow.JobFailing, job.Name(), "the next run", now)
	return err
}

// giveUpJob opens an exception: nobody may be waiting for the job. Of a consent that ended there is one already; and whoever
// asked for something that cannot be done is told where they asked.
func (o *Office) giveUpJob(tx Tx, job *Job, why error, now time.Time) error {
	if errors.Is(why, flow.ErrConsent) || job.Rhythm == "" && JobFinal(why) {
		return nil
	}
	_, err := flow.Tell(tx, o.Flow.Clock).ExceptionOpen(flow.Exception{Kind: flow.JobFailing, Subject: job.Name(), Connection: job.Connection, OpenedAt: now, SeenAt: now,
		Sentence: fmt.Sprintf("%s (%s) has not come to its end since %s UTC, in %s: %s", job.Kind.Title(), job.Name(), job.FailingSince.UTC().Format("2006-01-02 15:04"),
			howMany(max(1, job.Tries), "run"), job.whyOf(why)),
		Todo: "Look at its runs under Settings, Jobs; once the cause is gone, run it there again."})
	return err
}

// whyOf says why a job failed, and what to do about it.
func (j *Job) whyOf(err error) string {
	if j.Connection == "" && FaultOf(err).Kind == FaultOurs {
		return "It did not come to its end. The log has the details; it is tried again."
	}
	return errandWhy(err)
}

// whyMost is how much of an error is kept, in bytes.
const whyMost = 2000

func shortened(text string) string {
	if len(text) <= whyMost {
		return text
	}
	return flow.PlainText(text[:whyMost]) + "…"
}

// JobsFree ends the leases of processes that are gone, so that what they did is taken up at once, and counts them.
func (o *Office) JobsFree(ctx context.Context, gone func(holder string) bool) (freed int64, err error) {
	now := o.now()
	err = o.write(ctx, func(tx Tx) error {
		freed = 0
		holders, err := tx.JobHolders(now)
		if err != nil {
			return err
		}
		for _, holder := range holders {
			if !gone(holder) {
				continue
			}
			n, err := tx.JobsFree(holder, now)
			if err != nil {
				return err
			}
			freed += n
		}
		return nil
	})
	return freed, err
}

// JobWant has a job of the timetable done as soon as may be, since somebody knows that there is something to do.
func (o *Office) JobWant(ctx context.Context, kind JobKind, connection flow.ConnectionID) error {
	err := o.write(ctx, func(tx Tx) error { return tx.JobWant(kind, connection, o.now()) })
	if err == nil {
		o.stir()
	}
	return err
}

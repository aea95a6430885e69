package office

import (
	"context"
	"errors"
	"fmt"
	"time"

	"prorata/core/billing"
	"prorata/flow"
)

// jobRunsShown is how many runs of a job are shown.
const jobRunsShown = 20

// JobList is what is done in the background: what fails first, then in the order in which it came.
func (d *Desk) JobList(ctx context.Context, filter JobFilter) (list []JobRow, err error) {
	filter.Most = pageOf(filter.Most)
	err = d.read(ctx, "JobList", func(tx Tx) error { list, err = tx.JobList(filter); return err })
	return list, err
}

// JobGet is one job with its last runs, newest first; flow.ErrUnknown where there is none.
func (d *Desk) JobGet(ctx context.Context, id int64) (job Job, runs []JobRun, err error) {
	err = d.read(ctx, "JobGet", func(tx Tx) error {
		if job, err = tx.JobGet(id); err != nil {
			return err
		}
		runs, err = tx.JobRuns(id, jobRunsShown)
		return err
	})
	return job, runs, err
}

// JobRunNow has a job done as soon as a process has a place for it, and once more where it is being done.
func (d *Desk) JobRunNow(ctx context.Context, id int64) error {
	err := d.write(ctx, deed{verb: "JobRunNow", subject: jobSubject(id)}, func(tx Tx) error {
		job, err := tx.JobGet(id)
		if err != nil {
			return err
		}
		return d.askJob(tx, job)
	})
	if err == nil {
		d.office.stir()
	}
	return err
}

// JobPause keeps a job of the timetable from being done until it is resumed. A run that is under way goes on.
func (d *Desk) JobPause(ctx context.Context, id int64) error {
	return d.write(ctx, deed{verb: "JobPause", subject: jobSubject(id)}, func(tx Tx) error {
		job, err := tx.JobGet(id)
		if err != nil {
			return err
		}
		if job.Rhythm == "" || job.State != JobWaiting {
			return fmt.Errorf("%w: %s is %s; only what the timetable does again and again can be paused", flow.ErrInput, job.Name(), job.stateWords())
		}
		return tx.JobPause(id, true, job.NextAt)
	})
}

// JobResume puts a paused job back into the timetable; it is done at once.
func (d *Desk) JobResume(ctx context.Context, id int64) error {
	err := d.write(ctx, deed{verb: "JobResume", subject: jobSubject(id)}, func(tx Tx) error {
		job, err := tx.JobGet(id)
		if err != nil {
			return err
		}
		if job.State != JobPaused {
			return fmt.Errorf("%w: %s is not paused", flow.ErrInput, job.Name())
		}
		return tx.JobPause(id, false, d.now())
	})
	if err == nil {
		d.office.stir()
	}
	return err
}

func jobSubject(id int64) string { return fmt.Sprint(id) }

func (j *Job) stateWords() string {
	return [...]string{"done once", "paused already", "done", "given up"}[j.State]
}

// askJob makes a job due now for the person; refused where it is paused, or asked for already.
func (d *Desk) askJob(tx Tx, job Job) error {
	job.AskedBy, job.AskedAt = d.person.Who, d.now()
	asked, err := tx.JobAsk(job)
	if err != nil || asked {
		return err
	}
	kept, err := tx.JobFind(job.Kind, job.Connection, job.Subject)
	switch {
	case err != nil:
		return err
	case kept.State == JobPaused:
		return &billing.Refusal{Code: "job_paused", Sentence: kept.Name() + " is paused; resume it first, under Settings, Jobs"}
	}
	return &billing.Refusal{Code: "job_under_way", Sentence: kept.Name() + " is under way already, asked for by " + kept.AskedBy + "; its report will stand on the page"}
}

// stir tells this process that there is something to do; others find it by themselves.
func (o *Office) stir() {
	if o.Stir != nil {
		o.Stir()
	}
}

// JobCounts are what is watched of jobs from outside.
type JobCounts struct {
	// Waiting, Running, Paused and Failing count jobs; Failing are those that did not come to their end the last time.
	Waiting, Running, Paused, Failing int64
	// FailingSince is when the one that fails for longest began to; zero where none does.
	FailingSince time.Time
}

// JobCounts counts jobs, for those who watch the program.
func (o *Office) JobCounts(ctx context.Context) (counts JobCounts, err error) {
	now := o.now()
	err = o.Store.Read(ctx, func(tx Tx) error {
		list, err := tx.JobList(JobFilter{Most: jobsCounted})
		for i := range list {
			counts.count(&list[i].Job, now)
		}
		return err
	})
	return counts, err
}

// jobsCounted bounds what is counted: those that fail are the first.
const jobsCounted = 1000

func (c *JobCounts) count(j *Job, now time.Time) {
	switch {
	case j.Running(now):
		c.Running++
	case j.State == JobPaused:
		c.Paused++
	case j.State == JobWaiting:
		c.Waiting++
	}
	if j.FailingSince.IsZero() {
		return
	}
	c.Failing++
	if c.FailingSince.IsZero() || j.FailingSince.Before(c.FailingSince) {
		c.FailingSince = j.FailingSince
	}
}

// JobFinal says whether an error will be the same however often a job is tried: somebody has to do something first.
func JobFinal(err error) bool {
	var refusal *flow.ProviderRefusal
	return errors.Is(err, flow.ErrInput) || errors.Is(err, flow.ErrUnknown) || errors.Is(err, flow.ErrConsent) || errors.Is(err, flow.ErrNotOffered) || errors.As(err, &refusal)
}

package api

import (
	"context"
	"time"

	"prorata/flow"
	"prorata/flow/office"
)

// Job is something that is done in the background.
type Job struct {
	ID           int64      `json:"id" doc:"Its number."`
	Kind         string     `json:"kind" doc:"What it does." example:"follow"`
	Title        string     `json:"title" doc:"The same in words." example:"Follow the provider"`
	Connection   string     `json:"connection,omitempty" doc:"The connection that it is about; absent where it is about the whole book."`
	Subject      string     `json:"subject,omitempty" doc:"The provider's invoice that is reconciled."`
	Rhythm       string     `json:"rhythm,omitempty" doc:"How often it is done; absent where it is done once, when somebody asks." example:"every minute"`
	State        string     `json:"state" enum:"waiting,paused,done,given_up" doc:"Whether it is to be done; given_up where it was to be done once and did not come to its end."`
	NextAt       *time.Time `json:"next_at,omitempty" doc:"When it is done next; absent where it is not."`
	FailingSince *time.Time `json:"failing_since,omitempty" doc:"Since when it has not come to its end; absent where it did the last time."`
	AskedBy      string     `json:"asked_by,omitempty" doc:"Who asked for it last."`
	AskedAt      *time.Time `json:"asked_at,omitempty" doc:"When they did."`
	LastRun      *JobRun    `json:"last_run,omitempty" doc:"Its last run, or the one that goes on; absent where there was none."`
	Runs         []JobRun   `json:"runs,omitempty" nullable:"false" doc:"The last runs, newest first; given with one job, not with a list."`
}

// JobRun is one attempt at a job.
type JobRun struct {
	No        int64      `json:"no" doc:"Its number within the job, from 1."`
	StartedAt time.Time  `json:"started_at" doc:"When it began."`
	EndedAt   *time.Time `json:"ended_at,omitempty" doc:"When it ended; absent while it goes on."`
	Outcome   string     `json:"outcome" enum:"running,done,failed,stopped,lost" doc:"How it ended; stopped with the program, lost where its process was gone."`
	AskedBy   string     `json:"asked_by,omitempty" doc:"Who asked for it; absent where the timetable did."`
	Said      string     `json:"said,omitempty" doc:"What came of it, in a sentence; absent where there was nothing to do."`
	Why       string     `json:"why,omitempty" doc:"The error, where it failed."`
}

func jobRunOf(r *office.JobRun) JobRun {
	return JobRun{r.No, r.StartedAt.UTC(), instantOf(r.EndedAt), r.Outcome.String(), r.AskedBy, r.Said, r.Why}
}

func jobOf(j *office.Job) Job {
	shown := Job{ID: j.ID, Kind: string(j.Kind), Title: j.Kind.Title(), Connection: string(j.Connection), Subject: j.Subject, Rhythm: j.Rhythm, State: j.State.String(),
		FailingSince: instantOf(j.FailingSince), AskedBy: j.AskedBy, AskedAt: instantOf(j.AskedAt)}
	if j.State == office.JobWaiting {
		shown.NextAt = instantOf(j.NextAt)
	}
	return shown
}

func jobRowOf(row *office.JobRow) Job {
	shown := jobOf(&row.Job)
	if row.Last.No > 0 {
		run := jobRunOf(&row.Last)
		shown.LastRun = &run
	}
	return shown
}

// jobMark is where a page of jobs ends.
type jobMark struct {
	Failing bool  `json:"f"`
	ID      int64 `json:"i"`
}

type jobsAsked struct {
	Paging
	Kind       string `query:"kind" maxLength:"50" doc:"Only of this kind."`
	Connection string `query:"connection" maxLength:"100" doc:"Only about this connection."`
	Failing    bool   `query:"failing" doc:"Only what did not come to its end the last time."`
}

func jobList(ctx context.Context, desk *office.Desk, in *jobsAsked) (*listed[Job], error) {
	after, err := begin[jobMark]("jobs", in.After)
	if err != nil {
		return nil, err
	}
	list, err := desk.JobList(ctx, office.JobFilter{Kind: office.JobKind(in.Kind), Connection: flow.ConnectionID(in.Connection), Failing: in.Failing,
		AfterFailing: after.Failing, After: after.ID, Most: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	return pageOf("jobs", in.Limit, list, jobRowOf, func(row *office.JobRow) jobMark { return jobMark{!row.FailingSince.IsZero(), row.ID} }), nil
}

// JobNamed is asked of one job.
type JobNamed struct {
	ID int64 `path:"id" minimum:"1" doc:"The job's number."`
}

func jobGet(ctx context.Context, desk *office.Desk, in *JobNamed) (*struct{ Body Job }, error) {
	job, runs, err := desk.JobGet(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	shown := jobOf(&job)
	for i := range runs {
		shown.Runs = append(shown.Runs, jobRunOf(&runs[i]))
	}
	if len(shown.Runs) > 0 {
		shown.LastRun = &shown.Runs[0]
	}
	return &struct{ Body Job }{shown}, nil
}

// jobAct does something to a job.
func jobAct(do func(*office.Desk, context.Context, int64) error) func(context.Context, *office.Desk, *JobNamed) (*struct{}, error) {
	return func(ctx context.Context, desk *office.Desk, in *JobNamed) (*struct{}, error) {
		return nil, do(desk, ctx, in.ID)
	}
}

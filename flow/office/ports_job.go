package office

import (
	"time"

	"prorata/flow"
)

// JobKind is what a job does.
type JobKind string

// The kinds: those that the timetable asks for, and errands, which people do. An import is both.
const (
	// JobFollow carries out at a provider what was changed here, and records what was changed there.
	JobFollow JobKind = "follow"
	// JobPrices takes in the month's price sheet, exchange rates and promotions.
	JobPrices JobKind = "prices"
	// JobFigures computes the figures of the first page and of reports.
	JobFigures JobKind = "figures"
	// JobVerify derives every invoice again and compares.
	JobVerify JobKind = "verify"
	// JobTidy forgets what is kept for a time only.
	JobTidy JobKind = "tidy"

	JobSync      = JobKind(ErrandSync)
	JobEvents    = JobKind(ErrandEvents)
	JobProvision = JobKind(ErrandProvision)
	JobImport    = JobKind(ErrandImport)
	JobReconcile = JobKind(ErrandReconcile)
)

// Title says what a kind does, as a heading has it.
func (k JobKind) Title() string {
	title, known := map[JobKind]string{
		JobFollow: "Follow the provider", JobPrices: "Take in prices and rates", JobFigures: "Compute the figures", JobVerify: "Verify the book", JobTidy: "Forget what is old",
		JobSync: "Sync everything", JobEvents: "Sync what events name", JobProvision: "Carry out changes", JobImport: "Import the provider's bills", JobReconcile: "Reconcile an invoice",
	}[k]
	if !known {
		return string(k)
	}
	return title
}

// JobState says whether a job is to be done.
type JobState uint8

// The states: it waits for its time, or is being done; somebody paused it; what was to be done once was
// done, or was given up.
const (
	JobWaiting JobState = iota
	JobPaused
	JobDone
	JobGivenUp
)

// String is the word used in the API and in tables.
func (s JobState) String() string { return [...]string{"waiting", "paused", "done", "given_up"}[s] }

// Job is something to be done, once or again and again. There is one of each kind, connection and subject, and
// it is done by one process at a time: the one that has its lease.
type Job struct {
	ID   int64
	Kind JobKind
	// Connection is empty for what is done for the whole book; Subject is an invoice to reconcile, empty for all else.
	Connection flow.ConnectionID
	Subject    string
	// Rhythm is how often it is done, in words; empty for what is done once, when somebody asks.
	Rhythm string
	State  JobState
	// NextAt is when it is done next, or was done last where it is done once.
	NextAt time.Time
	// Holder is the process that does it or did it last; its lease ends at LeaseUntil unless it is renewed, zero where it was given back.
	Holder     string
	LeaseUntil time.Time
	// Run is the number of its last run, 0 where there was none.
	Run int64
	// Tries counts runs since the last that came to its end, with one that is under way; FailingSince is when
	// the first of them failed, zero where none did.
	Tries        int
	FailingSince time.Time
	// Lost says, of a job that was taken just now, that the process that did it before ended without a word.
	Lost bool
	// AskedBy is who asked for it last, and when; AskedRun is the run that came of it, 0 until it ended.
	AskedBy  string
	AskedAt  time.Time
	AskedRun int64
	// WantedAt is when it was last known that there is something to do: a run that began before is followed by another.
	WantedAt time.Time
}

// Running says whether somebody has its lease.
func (j *Job) Running(now time.Time) bool { return j.LeaseUntil.After(now) }

// Asked says whether somebody waits for it.
func (j *Job) Asked() bool { return !j.AskedAt.IsZero() && j.AskedRun == 0 }

// Name is what a job is called where it stands alone: its kind, and of what.
func (j *Job) Name() string {
	name := string(j.Kind)
	for _, of := range []string{string(j.Connection), j.Subject} {
		if of != "" {
			name += " " + of
		}
	}
	return name
}

// JobOutcome is how a run of a job ended.
type JobOutcome uint8

// The outcomes: it goes on; it came to its end; it failed; it was stopped with the program; its process
// was gone, or silent for so long that another took the job over.
const (
	JobRunning JobOutcome = iota
	JobSucceeded
	JobFailed
	JobStopped
	JobLost
)

// String is the word used in the API and in tables.
func (o JobOutcome) String() string {
	return [...]string{"running", "done", "failed", "stopped", "lost"}[o]
}

// JobRun is one attempt at a job. The last runs of each job are kept.
type JobRun struct {
	// No counts from 1 within the job; 0 for none.
	No                 int64
	StartedAt, EndedAt time.Time
	Outcome            JobOutcome
	Holder, AskedBy    string
	// Said is what came of it, in a sentence; Why is the error as the log has it.
	Said, Why string
}

// JobRow is a job as it is listed, with one of its runs.
type JobRow struct {
	Job
	Last JobRun
}

// JobFilter narrows a list of jobs; zero values do not.
type JobFilter struct {
	Kind       JobKind
	Connection flow.ConnectionID
	// Failing leaves out what did not fail last.
	Failing bool
	// AfterFailing and After are where a page goes on: whether the last job of the page before was failing, and its id.
	AfterFailing bool
	After        int64
	Most         int
}

// Jobs are what is to be done, and how it went.
type Jobs interface {
	// JobPlan puts a job of the timetable there, or takes another rhythm for it, which brings it forward where its next time is sooner.
	JobPlan(Job) error
	// JobAsk makes it due now for whoever asks. It is not where it is paused or somebody waits for it already.
	JobAsk(job Job) (asked bool, err error)
	// JobWant makes a job of the timetable due now, and anew where it is being done.
	JobWant(kind JobKind, connection flow.ConnectionID, now time.Time) error
	// JobsDue are the ids of jobs of some kinds whose time has come and whose lease nobody has, in order of their time.
	JobsDue(kinds []JobKind, now time.Time, most int) ([]int64, error)
	// JobTake gives one that is still due: of two who ask at once one is given it, and begins its next run.
	JobTake(id int64, holder string, now, until time.Time) (job Job, taken bool, err error)
	// JobRenew lets a lease last until an instant, where nobody else has begun another run.
	JobRenew(id, run int64, until time.Time) (held bool, err error)
	// JobReturn gives a lease back, where nobody else has begun another run, and gives the job as it is now.
	JobReturn(id, run int64) (job Job, held bool, err error)
	// JobSettle writes what becomes of a job whose lease was given back, and how its run ended.
	JobSettle(Job, JobRun) error
	// JobGet is flow.ErrUnknown where there is none; JobFind goes by kind, connection and subject.
	JobGet(id int64) (Job, error)
	JobFind(kind JobKind, connection flow.ConnectionID, subject string) (Job, error)
	// JobRuns are the last runs, newest first.
	JobRuns(id int64, most int) ([]JobRun, error)
	// JobList is what fails first, then in order of id, each with its last run.
	JobList(JobFilter) ([]JobRow, error)
	// JobsAsked are those of a connection that people asked for, the last asked first, with the run that came of it or,
	// while it is under way, the last.
	JobsAsked(connection flow.ConnectionID, most int) ([]JobRow, error)
	// JobPause takes a job out of the timetable, or puts it back for an instant; flow.ErrMoved where it is not so any more.
	JobPause(id int64, paused bool, next time.Time) error
	// JobHolders are the processes that have a lease; JobsFree ends those of one of them.
	JobHolders(now time.Time) ([]string, error)
	JobsFree(holder string, now time.Time) (int64, error)
	// JobsSweep forgets what was done once and ended before an instant.
	JobsSweep(before time.Time) (int64, error)
}

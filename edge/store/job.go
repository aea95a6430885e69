package store

import (
	"fmt"
	"time"

	"prorata/flow"
	"prorata/flow/office"
)

var (
	jobWords        = []string{office.JobWaiting: "waiting", office.JobPaused: "paused", office.JobDone: "done", office.JobGivenUp: "given_up"}
	jobOutcomeWords = []string{office.JobRunning: "running", office.JobSucceeded: "done", office.JobFailed: "failed", office.JobStopped: "stopped", office.JobLost: "lost"}
)

const (
	jobColumns = `id, kind, connection, subject, rhythm, state, next_at, holder, lease_until, run_no, tries, failing_since, asked_by, asked_at, asked_run, wanted_at`
	// jobRunColumns are empty where there is no run.
	jobRunColumns = `COALESCE(r.run_no, 0), COALESCE(r.started_at, 0), COALESCE(r.ended_at, 0), COALESCE(r.outcome, 'running'), COALESCE(r.holder, ''), COALESCE(r.asked_by, ''),
		COALESCE(r.said, ''), COALESCE(r.why, '')`
	jobRowColumns = `j.id, j.kind, j.connection, j.subject, j.rhythm, j.state, j.next_at, j.holder, j.lease_until, j.run_no, j.tries, j.failing_since, j.asked_by, j.asked_at,
		j.asked_run, j.wanted_at, ` + jobRunColumns
)

// jobRunsKept is how many runs of each job are kept.
const jobRunsKept = 30

func (r *rows) job() office.Job {
	return office.Job{ID: r.number(), Kind: office.JobKind(r.text()), Connection: flow.ConnectionID(r.text()), Subject: r.text(), Rhythm: r.text(), State: office.JobState(r.enum(jobWords)),
		NextAt: r.instant(), Holder: r.text(), LeaseUntil: r.instant(), Run: r.number(), Tries: r.count(), FailingSince: r.instant(),
		AskedBy: r.text(), AskedAt: r.instant(), AskedRun: r.number(), WantedAt: r.instant()}
}

func (r *rows) jobRun() office.JobRun {
	return office.JobRun{No: r.number(), StartedAt: r.instant(), EndedAt: r.instant(), Outcome: office.JobOutcome(r.enum(jobOutcomeWords)), Holder: r.text(), AskedBy: r.text(), Said: r.text(), Why: r.text()}
}

func jobNamed(id int64) string { return fmt.Sprintf("job %d", id) }

// jobNumber takes the next number for a job; whoever else makes one waits until the transaction ends.
func (t *tx) jobNumber() (id int64, err error) {
	_, err = t.one(func(r *rows) { id = r.number() }, `INSERT INTO counter (name, value) VALUES ('job', 1) ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value`)
	return id, err
}

// JobPlan puts it there, or takes another rhythm for it.
func (t *tx) JobPlan(j office.Job) error {
	id, err := t.jobNumber()
	if err != nil {
		return wrap("job "+j.Name(), err)
	}
	_, err = t.exec(`INSERT INTO job (`+jobColumns+`) VALUES ($1, $2, $3, $4, $5, 'waiting', $6, '', 0, 0, 0, 0, '', 0, 0, 0)
		ON CONFLICT (kind, connection, subject) DO UPDATE SET rhythm = excluded.rhythm, state = CASE WHEN job.state = 'paused' THEN 'paused' ELSE 'waiting' END,
			next_at = CASE WHEN job.state IN ('done', 'given_up') OR job.next_at > excluded.next_at THEN excluded.next_at ELSE job.next_at END
		WHERE job.rhythm <> excluded.rhythm`, id, string(j.Kind), string(j.Connection), j.Subject, j.Rhythm, microsOf(j.NextAt))
	return wrap("job "+j.Name(), err)
}

// JobAsk is one statement, so that of two who ask at once one is told that it is under way.
func (t *tx) JobAsk(j office.Job) (bool, error) {
	id, err := t.jobNumber()
	if err != nil {
		return false, wrap("job "+j.Name(), err)
	}
	n, err := t.exec(`INSERT INTO job (`+jobColumns+`) VALUES ($1, $2, $3, $4, '', 'waiting', $5, '', 0, 0, 0, 0, $6, $5, 0, $5)
		ON CONFLICT (kind, connection, subject) DO UPDATE SET state = 'waiting', next_at = excluded.next_at, tries = 0, asked_by = excluded.asked_by, asked_at = excluded.asked_at,
			asked_run = 0, wanted_at = excluded.wanted_at
		WHERE job.state <> 'paused' AND (job.asked_at = 0 OR job.asked_run > 0)`, id, string(j.Kind), string(j.Connection), j.Subject, microsOf(j.AskedAt), j.AskedBy)
	return n > 0, wrap("job "+j.Name(), err)
}

// JobWant makes a job of the timetable due now.
func (t *tx) JobWant(kind office.JobKind, connection flow.ConnectionID, now time.Time) error {
	_, err := t.exec(`UPDATE job SET wanted_at = $3, next_at = CASE WHEN next_at > $3 THEN $3 ELSE next_at END WHERE kind = $1 AND connection = $2 AND rhythm <> ''`,
		string(kind), string(connection), microsOf(now))
	return wrap(fmt.Sprintf("job %s %s", kind, connection), err)
}

// JobsDue are those whose time has come and whose lease nobody has.
func (t *tx) JobsDue(kinds []office.JobKind, now time.Time, most int) (ids []int64, err error) {
	words := make([]string, len(kinds))
	for i, kind := range kinds {
		words[i] = string(kind)
	}
	among, args := t.inIDs(3, words)
	err = t.each(func(r *rows) { ids = append(ids, r.number()) }, `SELECT id FROM job WHERE state = 'waiting' AND next_at <= $1 AND lease_until <= $1 AND kind`+among+`
		ORDER BY next_at, id LIMIT $2`, append([]any{microsOf(now), int64(most)}, args...)...)
	return ids, wrap("jobs", err)
}

// JobTake is one statement on one row, so that of two who ask at once one is given it. A run that was under way
// is lost: its lease had ended.
func (t *tx) JobTake(id int64, holder string, now, until time.Time) (j office.Job, taken bool, err error) {
	taken, err = t.one(func(r *rows) { j = r.job() }, `UPDATE job SET holder = $2, lease_until = $4, run_no = run_no + 1, tries = tries + 1
		WHERE id = $1 AND state = 'waiting' AND next_at <= $3 AND lease_until <= $3 RETURNING `+jobColumns, id, holder, microsOf(now), microsOf(until))
	if err != nil || !taken {
		return j, false, wrap(jobNamed(id), err)
	}
	asker := ""
	if j.Asked() {
		asker = j.AskedBy
	}
	lost, err := t.exec(`UPDATE job_run SET outcome = 'lost', ended_at = $2 WHERE job = $1 AND outcome = 'running'`, id, microsOf(now))
	if err != nil {
		return j, false, wrap(jobNamed(id), err)
	}
	j.Lost = lost > 0
	for _, statement := range []struct {
		sql  string
		args []any
	}{
		{`DELETE FROM job_run WHERE job = $1 AND run_no <= $2 AND run_no <> $3`, []any{id, j.Run - jobRunsKept, j.AskedRun}},
		{`INSERT INTO job_run (job, run_no, started_at, ended_at, outcome, holder, asked_by, said, why) VALUES ($1, $2, $3, 0, 'running', $4, $5, '', '')`, []any{id, j.Run, microsOf(now), holder, asker}},
	} {
		if _, err := t.exec(statement.sql, statement.args...); err != nil {
			return j, false, wrap(jobNamed(id), err)
		}
	}
	return j, true, nil
}

// JobRenew lets a lease last longer.
func (t *tx) JobRenew(id, run int64, until time.Time) (bool, error) {
	n, err := t.exec(`UPDATE job SET lease_until = $3 WHERE id = $1 AND run_no = $2 AND lease_until > 0`, id, run, microsOf(until))
	return n > 0, wrap(jobNamed(id), err)
}

// JobReturn gives a lease back; nobody changes the job before the transaction ends.
func (t *tx) JobReturn(id, run int64) (j office.Job, held bool, err error) {
	held, err = t.one(func(r *rows) { j = r.job() }, `UPDATE job SET lease_until = 0 WHERE id = $1 AND run_no = $2 AND lease_until > 0 RETURNING `+jobColumns, id, run)
	return j, held, wrap(jobNamed(id), err)
}

// JobSettle writes what becomes of it.
func (t *tx) JobSettle(j office.Job, run office.JobRun) error {
	if _, err := t.exec(`UPDATE job SET state = $2, next_at = $3, tries = $4, failing_since = $5, asked_run = $6 WHERE id = $1`,
		j.ID, j.State.String(), microsOf(j.NextAt), int64(j.Tries), microsOf(j.FailingSince), j.AskedRun); err != nil {
		return wrap(jobNamed(j.ID), err)
	}
	_, err := t.exec(`UPDATE job_run SET ended_at = $3, outcome = $4, said = $5, why = $6 WHERE job = $1 AND run_no = $2`, j.ID, run.No, microsOf(run.EndedAt), run.Outcome.String(), run.Said, run.Why)
	return wrap(jobNamed(j.ID), err)
}

// JobGet is one; flow.ErrUnknown.
func (t *tx) JobGet(id int64) (j office.Job, err error) {
	found, err := t.one(func(r *rows) { j = r.job() }, `SELECT `+jobColumns+` FROM job WHERE id = $1`, id)
	return j, wrap(jobNamed(id), missing(found, err))
}

// JobFind is one by what it is; flow.ErrUnknown.
func (t *tx) JobFind(kind office.JobKind, connection flow.ConnectionID, subject string) (j office.Job, err error) {
	found, err := t.one(func(r *rows) { j = r.job() }, `SELECT `+jobColumns+` FROM job WHERE kind = $1 AND connection = $2 AND subject = $3`, string(kind), string(connection), subject)
	return j, wrap(fmt.Sprintf("job %s %s %s", kind, connection, subject), missing(found, err))
}

// JobRuns are the last ones.
func (t *tx) JobRuns(id int64, most int) (list []office.JobRun, err error) {
	err = t.each(func(r *rows) { list = append(list, r.jobRun()) }, `SELECT `+jobRunColumns+` FROM job_run r WHERE r.job = $1 ORDER BY r.run_no DESC LIMIT $2`, id, int64(most))
	return list, wrap(jobNamed(id), err)
}

func (r *rows) jobRow() office.JobRow { return office.JobRow{Job: r.job(), Last: r.jobRun()} }

// JobList is what fails first, then in order of id.
func (t *tx) JobList(f office.JobFilter) (list []office.JobRow, err error) {
	if f.Most == 0 {
		f.Most = pageMost
	}
	const quiet = `CASE WHEN j.failing_since > 0 THEN 0 ELSE 1 END`
	after := int64(0)
	if f.After > 0 && !f.AfterFailing {
		after = 1
	}
	failing := int64(0)
	if f.Failing {
		failing = 1
	}
	err = t.each(func(r *rows) { list = append(list, r.jobRow()) }, `SELECT `+jobRowColumns+` FROM job j LEFT JOIN job_run r ON r.job = j.id AND r.run_no = j.run_no
		WHERE (j.kind = $1 OR $1 = '') AND (j.connection = $2 OR $2 = '') AND ($3 = 0 OR j.failing_since > 0) AND (`+quiet+` > $4 OR (`+quiet+` = $4 AND j.id > $5))
		ORDER BY `+quiet+`, j.id LIMIT $6`, string(f.Kind), string(f.Connection), failing, after, f.After, int64(f.Most))
	return list, wrap("jobs", err)
}

// JobsAsked are what people asked for at a provider.
func (t *tx) JobsAsked(connection flow.ConnectionID, most int) (list []office.JobRow, err error) {
	err = t.each(func(r *rows) { list = append(list, r.jobRow()) }, `SELECT `+jobRowColumns+` FROM job j
		LEFT JOIN job_run r ON r.job = j.id AND r.run_no = CASE WHEN j.asked_run > 0 THEN j.asked_run ELSE j.run_no END
		WHERE j.connection = $1 AND j.asked_at > 0 ORDER BY j.asked_at DESC, j.id DESC LIMIT $2`, string(connection), int64(most))
	return list, wrap("jobs", err)
}

// JobPause takes it out of the timetable, or puts it back.
func (t *tx) JobPause(id int64, paused bool, next time.Time) error {
	from, to := office.JobPaused, office.JobWaiting
	if paused {
		from, to = to, from
	}
	n, err := t.exec(`UPDATE job SET state = $3, next_at = $4 WHERE id = $1 AND state = $2`, id, from.String(), to.String(), microsOf(next))
	if err == nil && n == 0 {
		err = flow.ErrMoved
	}
	return wrap(jobNamed(id), err)
}

// JobHolders are the processes that have a lease.
func (t *tx) JobHolders(now time.Time) (list []string, err error) {
	err = t.each(func(r *rows) { list = append(list, r.text()) }, `SELECT DISTINCT holder FROM job WHERE lease_until > $1 ORDER BY holder`, microsOf(now))
	return list, wrap("jobs", err)
}

// JobsFree ends the leases of a process: the jobs can be taken at once.
func (t *tx) JobsFree(holder string, now time.Time) (int64, error) {
	n, err := t.exec(`UPDATE job SET lease_until = 1 WHERE holder = $1 AND lease_until > $2`, holder, microsOf(now))
	return n, wrap("jobs of "+holder, err)
}

// JobsSweep forgets what was done once.
func (t *tx) JobsSweep(before time.Time) (n int64, err error) {
	const old = `state IN ('done', 'given_up') AND next_at < $1`
	if _, err := t.exec(`DELETE FROM job_run WHERE job IN (SELECT id FROM job WHERE `+old+`)`, microsOf(before)); err != nil {
		return 0, wrap("jobs", err)
	}
	n, err = t.exec(`DELETE FROM job WHERE `+old, microsOf(before))
	return n, wrap("jobs", err)
}

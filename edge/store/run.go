package store

import (
	"fmt"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/flow"
)

const runColumns = `id, through_on, state, started_at, ended_at, who, contracts, invoices, lines, exceptions, last, plan, expected, left_due, told_at, owner`

func runArgs(run *flow.Run) []any {
	return []any{run.ID, run.Through.String(), run.State, microsOf(run.StartedAt), microsOf(run.EndedAt), run.Who,
		run.Contracts, run.Invoices, run.Lines, run.Exceptions, run.Last, run.Plan, run.Expected, run.Left, microsOf(run.ToldAt), run.Owner}
}

// RunStart makes a run and raises the day through which the book was billed. It
// waits for those who asked BilledThrough in a transaction that is not over.
func (t *tx) RunStart(run flow.Run) (id int64, err error) {
	t.dirty = true
	if _, err := t.exec(`UPDATE book SET billed_through = CASE WHEN billed_through < $1 THEN $1 ELSE billed_through END`, run.Through.String()); err != nil {
		return 0, wrap("run", err)
	}
	if _, err := t.one(func(r *rows) { run.ID = r.number() }, `SELECT COALESCE(MAX(id), 0) + 1 FROM billing_run`); err != nil {
		return 0, wrap("run", err)
	}
	_, err = t.exec(`INSERT INTO billing_run (`+runColumns+`) VALUES (`+binds(1, 16)+`)`, runArgs(&run)...)
	return run.ID, wrap("run", err)
}

// RunUpdate writes how far a run is.
func (t *tx) RunUpdate(run flow.Run) error {
	n, err := t.exec(`UPDATE billing_run SET through_on = $2, state = $3, started_at = $4, ended_at = $5, who = $6,
		contracts = $7, invoices = $8, lines = $9, exceptions = $10, last = $11,
		plan = $12, expected = $13, left_due = $14, told_at = $15, owner = $16 WHERE id = $1`, runArgs(&run)...)
	if err == nil && n == 0 {
		err = flow.ErrUnknown
	}
	return wrap(fmt.Sprintf("run %d", run.ID), err)
}

// run reads runColumns.
func (r *rows) run() flow.Run {
	return flow.Run{ID: r.number(), Through: r.day(), State: r.text(), StartedAt: r.instant(), EndedAt: r.instant(), Who: r.text(),
		Contracts: r.number(), Invoices: r.number(), Lines: r.number(), Exceptions: r.number(), Last: r.text(),
		Plan: r.number(), Expected: r.number(), Left: r.number(), ToldAt: r.instant(), Owner: r.text()}
}

// RunGet reads a run, the latest for 0; ErrUnknown where there is none.
func (t *tx) RunGet(id int64) (run flow.Run, err error) {
	found, err := t.one(func(r *rows) { run = r.run() }, `SELECT `+runColumns+` FROM billing_run WHERE id = $1 OR $1 = 0 ORDER BY id DESC LIMIT 1`, id)
	if err == nil && !found {
		err = flow.ErrUnknown
	}
	return run, wrap(fmt.Sprintf("run %d", id), err)
}

// RunList is newest first: those before one, at most so many.
func (t *tx) RunList(before int64, most int) (list []flow.Run, err error) {
	if before == 0 {
		before = seqBeyond
	}
	err = t.each(func(r *rows) { list = append(list, r.run()) },
		`SELECT `+runColumns+` FROM billing_run WHERE id < $1 ORDER BY id DESC LIMIT $2`, before, int64(most))
	return list, wrap("runs", err)
}

// RunLeftAdd notes the groups that a run left due; what is told of one last counts.
func (t *tx) RunLeftAdd(run int64, left []flow.RunLeft) error {
	for _, l := range left {
		if _, err := t.exec(`INSERT INTO run_left (run, group_key, code, sentence) VALUES ($1, $2, $3, $4)
			ON CONFLICT (run, group_key) DO UPDATE SET code = excluded.code, sentence = excluded.sentence`, run, l.Group, l.Code, l.Sentence); err != nil {
			return wrap(fmt.Sprintf("left by run %d", run), err)
		}
	}
	return nil
}

// RunLeft are the groups that a run left due, in order.
func (t *tx) RunLeft(run int64) (left []flow.RunLeft, err error) {
	err = t.each(func(r *rows) { left = append(left, flow.RunLeft{Group: r.text(), Code: r.text(), Sentence: r.text()}) },
		`SELECT group_key, code, sentence FROM run_left WHERE run = $1 ORDER BY group_key`, run)
	return left, wrap(fmt.Sprintf("left by run %d", run), err)
}

// WorkLose marks as lost what says it is at work and is not.
func (t *tx) WorkLose(heardBefore, now time.Time, gone []string) (lost int64, err error) {
	lose := func(table, state, which string, arg any) error {
		n, err := t.exec(`UPDATE `+table+` SET state = $1, ended_at = $2 WHERE state = $3 AND `+which, flow.Lost, microsOf(now), state, arg)
		lost += n
		return wrap("lost work", err)
	}
	for _, work := range [][2]string{{"billing_run", flow.AtWork}, {"billing_plan", flow.PlanWorking}} {
		table, state := work[0], work[1]
		if err := lose(table, state, `told_at < $4`, microsOf(heardBefore)); err != nil {
			return lost, err
		}
		for _, owner := range gone {
			if err := lose(table, state, `owner = $4`, owner); err != nil {
				return lost, err
			}
		}
	}
	return lost, nil
}

// WorkOwners are the processes that say they are at work.
func (t *tx) WorkOwners() (owners []string, err error) {
	err = t.each(func(r *rows) { owners = append(owners, r.text()) },
		`SELECT owner FROM billing_run WHERE state = $1 UNION SELECT owner FROM billing_plan WHERE state = $2 ORDER BY 1`, flow.AtWork, flow.PlanWorking)
	return owners, wrap("work", err)
}

// RunExceptionAdd notes a contract that could not be billed; the same code again
// takes the new sentence.
func (t *tx) RunExceptionAdd(e flow.RunException) error {
	_, err := t.exec(`INSERT INTO run_exception (run, contract, code, sentence) VALUES ($1, $2, $3, $4)
		ON CONFLICT (run, contract, code) DO UPDATE SET sentence = excluded.sentence`, e.Run, string(e.Contract), e.Code, e.Sentence)
	return wrap(fmt.Sprintf("exception of run %d", e.Run), err)
}

// RunExceptions are those of a run, by contract.
func (t *tx) RunExceptions(id int64) (exceptions []flow.RunException, err error) {
	err = t.each(func(r *rows) {
		exceptions = append(exceptions, flow.RunException{Run: r.number(), Contract: billing.ContractID(r.text()), Code: r.text(), Sentence: r.text()})
	}, `SELECT run, contract, code, sentence FROM run_exception WHERE run = $1 ORDER BY contract, code`, id)
	return exceptions, wrap(fmt.Sprintf("exceptions of run %d", id), err)
}

// BilledThrough is the latest day that any run went through; in a transaction
// that writes, no run starts before it ends.
func (t *tx) BilledThrough() (day calendar.Date, err error) {
	sql := `SELECT billed_through FROM book WHERE id = 1`
	if t.write {
		sql += t.session.shareRow()
	}
	_, err = t.one(func(r *rows) { day = r.day() }, sql)
	return day, wrap("billed through", err)
}

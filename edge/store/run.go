package store

import (
	"fmt"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/flow"
)

const runColumns = `id, through_on, state, started_at, ended_at, who, contracts, invoices, lines, exceptions, last`

func runArgs(run *flow.Run) []any {
	return []any{run.ID, run.Through.String(), run.State, microsOf(run.StartedAt), microsOf(run.EndedAt), run.Who,
		run.Contracts, run.Invoices, run.Lines, run.Exceptions, run.Last}
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
	_, err = t.exec(`INSERT INTO billing_run (`+runColumns+`) VALUES (`+binds(1, 11)+`)`, runArgs(&run)...)
	return run.ID, wrap("run", err)
}

// RunUpdate writes how far a run is.
func (t *tx) RunUpdate(run flow.Run) error {
	n, err := t.exec(`UPDATE billing_run SET through_on = $2, state = $3, started_at = $4, ended_at = $5, who = $6,
		contracts = $7, invoices = $8, lines = $9, exceptions = $10, last = $11 WHERE id = $1`, runArgs(&run)...)
	if err == nil && n == 0 {
		err = flow.ErrUnknown
	}
	return wrap(fmt.Sprintf("run %d", run.ID), err)
}

// RunGet reads a run, the latest for 0; ErrUnknown where there is none.
func (t *tx) RunGet(id int64) (run flow.Run, err error) {
	found, err := t.one(func(r *rows) {
		run = flow.Run{ID: r.number(), Through: r.day(), State: r.text(), StartedAt: r.instant(), EndedAt: r.instant(), Who: r.text(),
			Contracts: r.number(), Invoices: r.number(), Lines: r.number(), Exceptions: r.number(), Last: r.text()}
	}, `SELECT `+runColumns+` FROM billing_run WHERE id = $1 OR $1 = 0 ORDER BY id DESC LIMIT 1`, id)
	if err == nil && !found {
		err = flow.ErrUnknown
	}
	return run, wrap(fmt.Sprintf("run %d", id), err)
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

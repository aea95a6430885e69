// Package store is the book's memory: all the SQL of the program, on SQLite and
// on PostgreSQL.
//
// It owns how the book is kept and nothing of what it means: no amount and no
// date is decided here. One text serves both engines; where they must be treated
// differently, engine.go does it and says why.
//
//	store.go      opening, transactions
//	engine.go     what the two engines do differently, and why;  engine_postgres.go engine_sqlite.go  each of them
//	rows.go       results, read column by column;  bulk.go  many rows written at once
//	words.go      what enumerations are called;    marks.go a cursor's marks as text
//	migrate.go    migrations;                      schema.go the schema as data;  backup.go a dump that either engine restores;  fork.go a throw-away copy
//	day.go        sums that are kept by day;      stamp.go tally.go  what tells whether something changed
//	seller.go catalog.go account.go contract.go book.go log.go billing.go invoice.go run.go   the nouns of the book
//	billing_plan.go planned_invoice.go billing_hold.go   what is looked at before it is billed
//	connection.go link.go holding.go provision.go exception.go provider_invoice.go finding.go price_sheet.go   those of providers
//	job.go        what is done in the background
//	office.go audit.go user.go user_session.go user_factor.go   who works with the book
//	floor.go seed.go   for measuring: rows as fast as can be, and books made up
package store

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"prorata/core/billing"
	"prorata/flow"
)

// Store is a book on a database.
type Store struct {
	engine engine
	// memories are kept between transactions; see memory.
	memories sync.Pool
	// forks has a place for each fork that may be open.
	forks chan struct{}
}

// tx is one transaction, as the flow sees it: its methods stand with their nouns.
type tx struct {
	session
	ctx context.Context
	*memory
	write bool
	// failed is the first error of the database: after it nothing more is done.
	failed error
	// facts is the counter of facts where it was taken; dirty asks for a new stamp.
	facts *counter
	dirty bool
	// tallied are the tallies of which something was changed.
	tallied [tallies]bool
	// sums are what was changed of the sums by day.
	sums daySums
	// opened are contracts whose version was raised already.
	opened []billing.ContractID
	hinted bool
	// letterheads are those that were read, by what they are frozen with.
	letterheads map[sellerAt]flow.Letterhead
}

// counter is one that was taken: no other transaction has it until this one ends.
type counter struct{ value, written int64 }

var _ flow.Tx = (*tx)(nil)
var _ flow.Store = (*Store)(nil)

// Read gives fn the book as it stands at one moment.
func (s *Store) Read(ctx context.Context, fn func(flow.Tx) error) error {
	return s.do(ctx, false, func(t *tx) error { return fn(t) })
}

// Write does what fn does whole, or not at all. It returns flow.ErrMoved where
// another transaction was quicker and flow.ErrBusy where the database is not to
// be had, and tries nothing again by itself.
func (s *Store) Write(ctx context.Context, fn func(flow.Tx) error) error {
	return s.do(ctx, true, func(t *tx) error { return fn(t) })
}

func (s *Store) do(ctx context.Context, write bool, fn func(*tx) error) (err error) {
	session, err := s.engine.begin(ctx, write)
	if err != nil {
		return fmt.Errorf("begin: %w", s.engine.translate(err))
	}
	t := &tx{session: session, ctx: ctx, write: write, memory: s.memory()}
	done := false
	defer func() {
		if !done {
			session.rollback()
		}
		s.memories.Put(t.memory)
	}()
	if err := fn(t); err != nil {
		return err
	}
	if t.failed != nil {
		return fmt.Errorf("commit after a failure: %w", t.failed)
	}
	if err := t.close(); err != nil {
		return err
	}
	done = true
	if err := session.commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", s.engine.translate(err))
	}
	return nil
}

func (s *Store) memory() *memory {
	if m, ok := s.memories.Get().(*memory); ok {
		return m
	}
	return newMemory()
}

// Close lets the database go.
func (s *Store) Close() error { return s.engine.close() }

// errReadOnly is a mistake of the program: nothing is written in a Read.
var errReadOnly = errors.New("written in a transaction that reads")

// exec runs a statement and counts the rows that it touched.
func (t *tx) exec(sql string, args ...any) (int64, error) {
	if t.failed != nil {
		return 0, t.failed
	}
	if !t.write {
		return 0, errReadOnly
	}
	for _, arg := range args {
		if text, ok := arg.(string); ok && !fit(text) {
			return 0, t.fail(unfit(text))
		}
	}
	n, err := t.session.exec(t.ctx, sql, args)
	if n > 0 {
		t.wrote(sql)
	}
	return n, t.fail(err)
}

// query runs a statement that gives rows; they are to be closed before the next.
func (t *tx) query(sql string, args ...any) (*rows, error) {
	if t.failed != nil {
		return nil, t.failed
	}
	r, err := t.session.query(t.ctx, sql, args)
	if err != nil {
		return nil, t.fail(err)
	}
	t.wrote(sql)
	r.tx = t
	return r, nil
}

// one runs a statement that gives one row or none, and says which.
func (t *tx) one(read func(*rows), sql string, args ...any) (bool, error) {
	r, err := t.query(sql, args...)
	if err != nil {
		return false, err
	}
	found := r.next()
	if found {
		read(r)
	}
	return found, r.close()
}

// each runs a statement and reads every row. The callback must not use the
// transaction: the connection is still giving rows.
func (t *tx) each(read func(*rows), sql string, args ...any) error {
	r, err := t.query(sql, args...)
	if err != nil {
		return err
	}
	for r.next() {
		read(r)
	}
	return r.close()
}

// fail remembers the first error: what follows it in the transaction is not done,
// and the transaction is not committed, whatever fn makes of the error.
func (t *tx) fail(err error) error {
	if err == nil {
		return nil
	}
	if t.failed == nil {
		t.failed = t.session.translate(err)
	}
	return t.failed
}

// hold takes the counter of facts: no other transaction records one before this
// one ends. It is taken before any contract, by all, so that none waits for
// another in a circle.
func (t *tx) hold() error {
	if t.facts != nil {
		return nil
	}
	c := &counter{}
	if _, err := t.one(func(r *rows) { c.value = r.number() },
		`UPDATE counter SET value = value WHERE name = 'fact' RETURNING value`); err != nil {
		return wrap("facts", err)
	}
	c.written = c.value
	t.facts = c
	return nil
}

// FactsHold lets nobody record a fact until the transaction ends.
func (t *tx) FactsHold() error { return t.hold() }

// fact gives the next number of a fact.
func (t *tx) fact() (int64, error) {
	if err := t.hold(); err != nil {
		return 0, err
	}
	t.facts.value++
	return t.facts.value, nil
}

// close writes what was put off to the end: the counter, and the stamp, whose row
// all writers share and so take last and shortly.
func (t *tx) close() error {
	if c := t.facts; c != nil && c.value != c.written {
		if _, err := t.exec(`UPDATE counter SET value = $1 WHERE name = 'fact'`, c.value); err != nil {
			return wrap("facts", err)
		}
		c.written = c.value
	}
	if err := t.daysWrite(); err != nil {
		return err
	}
	if err := t.tallyAll(); err != nil || !t.dirty {
		return err
	}
	t.dirty = false
	if _, err := t.exec(`UPDATE counter SET value = value + 1 WHERE name = 'stamp'`); err != nil {
		return fmt.Errorf("stamp: %w", err)
	}
	return nil
}

// BookStamp is a number that changes with every fact, price and invoice.
func (t *tx) BookStamp() (stamp int64, err error) {
	if err := t.close(); err != nil {
		return 0, err
	}
	_, err = t.one(func(r *rows) { stamp = r.number() }, `SELECT value FROM counter WHERE name = 'stamp'`)
	return stamp, wrap("stamp", err)
}

// wrap says what was being done.
func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}

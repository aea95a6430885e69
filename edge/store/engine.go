package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/pressly/goose/v3/database"

	"prorata/flow"
)

// All that the two engines do differently, and why:
//
//	schema       PostgreSQL sorts text by a language unless told otherwise: every TEXT is read as TEXT COLLATE "C", so that
//	             order is that of the bytes on both. SQLite keeps a table by its INTEGER PRIMARY KEY: BIGINT is read so there.
//	             PostgreSQL leaves room in the pages of contract_cursor, so that a moved cursor stays in its page.
//	writing      SQLite has one writer at a time and knows it: one connection writes, and takes its lock when it begins. On
//	             PostgreSQL rows are locked: where a lock is part of the promise, the statement says so.
//	reading      SQLite reads a snapshot beside the writer (WAL); PostgreSQL does in REPEATABLE READ.
//	bulk         COPY in binary form on PostgreSQL, one statement for many rows on SQLite (bulk.go builds both).
//	columns      Each value that SQLite hands over costs a lock and an allocation. Where a result is long its columns come packed into
//	             one text, with a separator that no text of ours may contain (rows.go takes them apart).
//	cursors      PostgreSQL takes them as arrays in one statement: with 1000 parameters by row it would plan longer than it works.
//	             SQLite has no arrays, and a statement for each row costs it a few microseconds.
//	ids          PostgreSQL takes a list of ids as one array. SQLite has none: a list is as many binds, filled up with empty ids so
//	             that the statement is the same.
//	plans        A chunk reads a narrow range of every large table by index. PostgreSQL's statistics lag behind a book that
//	             grows, and a plan that it kept from when a table was small reads the whole of it: for these statements it
//	             plans each time, by index. SQLite is told by CROSS JOIN, which PostgreSQL reads as any join.
//	disk         PostgreSQL waits for the disk at the end of each transaction, but of one that is done again where the program was
//	             stopped. SQLite (WAL, NORMAL) does not wait.
//	errors       The codes that mean "somebody was quicker" and "not to be had".
type engine interface {
	// begin opens a transaction.
	begin(ctx context.Context, write bool) (session, error)
	// translate wraps the engine's errors that mean something to the flow.
	translate(err error) error
	// migrations opens a connection for the schema.
	migrations() (*sql.DB, database.Dialect)
	// adapt reads a text of the schema as the engine is to have it.
	adapt(text string) string
	// hasTable is a query that gives a row where there is a table called $1.
	hasTable() string
	// settle is run once the schema is there.
	settle(t *tx) error
	// tidy does at once what the engine does in quiet hours, once much was written.
	tidy(ctx context.Context) error
	close() error
}

// session is one transaction on one connection.
type session interface {
	exec(ctx context.Context, sql string, args []any) (int64, error)
	query(ctx context.Context, sql string, args []any) (*rows, error)
	// columns is the list of columns of a long result.
	columns(list string) string
	// shareRow ends a SELECT of a row that is not to change before the transaction ends.
	shareRow() string
	// inIDs is the condition that the column before it is one of ids, whose binds
	// begin at $first, with its arguments; no more ids than idsMost.
	inIDs(first int, ids []string) (condition string, args []any)
	idsMost() int
	// hint asks for plans that go by index, until the transaction ends; for lists, for
	// plans that are kept and not made for what they are given.
	hint(ctx context.Context, lists bool) error
	// unhurried lets the transaction's end not wait for the disk: a later one that does
	// waits for both.
	unhurried(ctx context.Context) error
	// bulk starts the writing of many rows; flush writes them.
	bulk(b *bulk)
	flush(ctx context.Context, b *bulk) error
	// send begins to flush, as far as the engine can while other rows are made; nothing
	// else may be asked of the session until what it gives has returned.
	send(ctx context.Context, b *bulk) (sent func() error)
	// moveCursors counts the cursors that still had the version which was read.
	moveCursors(t *tx, moves []flow.CursorMove) (int64, error)
	commit(ctx context.Context) error
	rollback()
	translate(err error) error
	adapt(text string) string
}

// openEngine opens what a URL names: sqlite:PATH, sqlite::memory: or postgres://…
func openEngine(ctx context.Context, where string) (engine, error) {
	scheme, rest, _ := strings.Cut(where, ":")
	switch {
	case scheme == "sqlite" && rest != "":
		return openSQLite(ctx, rest)
	case scheme == "postgres" || scheme == "postgresql":
		return openPostgres(ctx, where)
	}
	return nil, fmt.Errorf("%w: database %q: expected sqlite:PATH or postgres://…", flow.ErrInput, where)
}

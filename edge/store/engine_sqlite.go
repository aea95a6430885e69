package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/pressly/goose/v3/database"
	"modernc.org/sqlite"

	"prorata/flow"
)

// localEngine is SQLite in one file.
type localEngine struct {
	file string
	// folder is removed with the store, where it is a throw-away one.
	folder string
	quick  bool
	// nullable are the names of columns that can be NULL.
	nullable map[string]bool
	// writer and readers hold connections, or nil for one that is yet to be made.
	writer, readers chan *localConn
	// ended is closed when nobody may begin any more.
	ended  chan struct{}
	ending sync.Once
}

// readersMost is how many read at once.
func readersMost() int { return max(4, runtime.NumCPU()) }

func openSQLite(ctx context.Context, path string) (engine, error) {
	e := &localEngine{file: path, nullable: nullableColumns(), writer: make(chan *localConn, 1), readers: make(chan *localConn, readersMost()), ended: make(chan struct{})}
	if path == ":memory:" {
		// A database in memory belongs to one connection; a file that nobody waits for
		// is as fast, and readers see it beside the writer.
		folder, err := os.MkdirTemp("", "prorata-")
		if err != nil {
			return nil, err
		}
		e.file, e.folder, e.quick = filepath.Join(folder, "book.db"), folder, true
	} else if _, err := os.Stat(filepath.Dir(path)); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%w: database %s: there is no folder %s; make it first", flow.ErrInput, path, filepath.Dir(path))
		}
		return nil, err
	}
	e.writer <- nil
	for range cap(e.readers) {
		e.readers <- nil
	}
	// The writer comes first: it makes the file, and its journal.
	s, err := e.begin(ctx, true)
	if err != nil {
		return nil, errors.Join(e.translate(err), e.close())
	}
	s.rollback()
	return e, nil
}

// dsn says how a connection is set up. NORMAL loses no committed transaction to
// a crash of the program, and at most the last ones to a crash of the machine;
// the book is whole in either case.
func (e *localEngine) dsn(write bool) string {
	q := url.Values{}
	q.Add("_busy_timeout", "10000")
	// A writer keeps in memory what it changes, a reader little more than the way to it.
	cache := "cache_size(-8192)"
	if write {
		cache = "cache_size(-32768)"
	}
	for _, pragma := range []string{"page_size(8192)", "journal_mode(WAL)", "foreign_keys(1)", cache, "temp_store(MEMORY)", "wal_autocheckpoint(4000)"} {
		q.Add("_pragma", pragma)
	}
	synchronous := "NORMAL"
	if e.quick {
		synchronous = "OFF"
	}
	q.Add("_synchronous", synchronous)
	q.Add("_dqs", "0")
	if !write {
		q.Add("_query_only", "1")
	}
	return "file:" + (&url.URL{Path: e.file}).EscapedPath() + "?" + q.Encode()
}

// close waits for the transactions that are not over. A second time it does nothing.
func (e *localEngine) close() error {
	var errs []error
	e.ending.Do(func() {
		close(e.ended)
		for _, conns := range []chan *localConn{e.readers, e.writer} {
			for range cap(conns) {
				if c := <-conns; c != nil {
					errs = append(errs, c.close())
				}
			}
		}
		if e.folder != "" {
			errs = append(errs, os.RemoveAll(e.folder))
		}
	})
	return errors.Join(errs...)
}

// errClosed is a mistake of the program.
var errClosed = errors.New("the store is closed")

func (e *localEngine) begin(ctx context.Context, write bool) (session, error) {
	from, text := e.readers, "BEGIN"
	if write {
		from, text = e.writer, "BEGIN IMMEDIATE"
	}
	var c *localConn
	select {
	case c = <-from:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-e.ended:
		return nil, errClosed
	}
	if c == nil {
		var err error
		if c, err = openLocal(ctx, e.dsn(write)); err != nil {
			from <- nil
			return nil, err
		}
	}
	s := &localSession{localEngine: e, localConn: c, back: from, ctx: context.WithoutCancel(ctx)}
	if _, err := s.exec(ctx, text, nil); err != nil {
		s.discard()
		return nil, err
	}
	return s, nil
}

// The codes of SQLite that mean something to the flow (sqlite.org/rescode.html).
const (
	sqliteBusy       = 5
	sqliteLocked     = 6
	sqlitePrimaryKey = 1555
	sqliteUnique     = 2067
)

func (e *localEngine) translate(err error) error {
	var said *sqlite.Error
	if err == nil || !errors.As(err, &said) || errors.Is(err, flow.ErrMoved) || errors.Is(err, flow.ErrBusy) {
		return err
	}
	switch code := said.Code(); {
	case code&0xff == sqliteBusy || code&0xff == sqliteLocked:
		return fmt.Errorf("%w: %w", flow.ErrBusy, err)
	case code == sqlitePrimaryKey || code == sqliteUnique:
		return fmt.Errorf("%w: %w", flow.ErrMoved, err)
	}
	return err
}

func (e *localEngine) migrations() (*sql.DB, database.Dialect) {
	db, _ := sql.Open("sqlite", e.dsn(true))
	db.SetMaxOpenConns(1)
	return db, database.DialectSQLite3
}

func (e *localEngine) adapt(text string) string {
	return strings.ReplaceAll(text, " BIGINT PRIMARY KEY", " INTEGER PRIMARY KEY")
}

func (e *localEngine) hasTable() string {
	return `SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = $1`
}

func (e *localEngine) settle(*tx) error { return nil }

// tidy has nothing to do: rows carry no marks, and plans are told by CROSS JOIN.
func (e *localEngine) tidy(context.Context) error { return nil }

// localConn is a connection to SQLite with its prepared statements.
type localConn struct {
	driver.Conn
	statements map[string]*localStatement
}

type localStatement struct {
	driver.Stmt
	busy bool
}

func openLocal(ctx context.Context, dsn string) (*localConn, error) {
	connector, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	conn, err := connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &localConn{Conn: conn, statements: map[string]*localStatement{}}, nil
}

// statementsMost bounds the statements that a connection keeps.
const statementsMost = 512

// statement prepares a text once; a text whose rows are still being read is
// prepared a second time.
func (c *localConn) statement(ctx context.Context, text string) (*localStatement, error) {
	kept := c.statements[text]
	if kept != nil && !kept.busy {
		kept.busy = true
		return kept, nil
	}
	prepared, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	made := &localStatement{Stmt: prepared, busy: true}
	if kept == nil && len(c.statements) < statementsMost {
		c.statements[text] = made
	}
	return made, nil
}

func (c *localConn) release(text string, s *localStatement) error {
	s.busy = false
	if c.statements[text] == s {
		return nil
	}
	return s.Close()
}

func (c *localConn) close() error {
	var errs []error
	for _, s := range c.statements {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, c.Conn.Close())...)
}

type localSession struct {
	*localEngine
	*localConn
	back   chan *localConn
	failed bool
	// ctx is never cancelled: SQLite is not asked to stop in the middle.
	ctx context.Context
}

// named turns arguments into SQLite's.
func named(args []any) []driver.NamedValue {
	values := make([]driver.NamedValue, len(args))
	for i, arg := range args {
		if n, ok := arg.(int); ok {
			arg = int64(n)
		}
		values[i] = driver.NamedValue{Ordinal: i + 1, Value: arg}
	}
	return values
}

func (s *localSession) exec(ctx context.Context, text string, args []any) (int64, error) {
	return s.run(ctx, text, named(args))
}

// run does a statement. The context is asked before it; to watch it while the
// statement runs would start a goroutine for each.
func (s *localSession) run(ctx context.Context, text string, args []driver.NamedValue) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	statement, err := s.statement(s.ctx, text)
	if err != nil {
		s.failed = true
		return 0, err
	}
	result, err := statement.Stmt.(driver.StmtExecContext).ExecContext(s.ctx, args)
	err = errors.Join(err, s.localConn.release(text, statement))
	if err != nil {
		s.failed = true
		return 0, err
	}
	return result.RowsAffected()
}

func (s *localSession) query(ctx context.Context, text string, args []any) (*rows, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	statement, err := s.statement(s.ctx, text)
	if err != nil {
		s.failed = true
		return nil, err
	}
	local, err := statement.Stmt.(driver.StmtQueryContext).QueryContext(s.ctx, named(args))
	if err != nil {
		s.failed = true
		return nil, errors.Join(err, s.localConn.release(text, statement))
	}
	return &rows{
		local: local, cells: make([]driver.Value, len(local.Columns())), packed: packedIn(text),
		release: func() error { return s.localConn.release(text, statement) },
	}, nil
}

// What packs columns: the separator, and what stands for NULL.
const (
	packedSeparator = "\x1f"
	packedNull      = "\x1e"
	packedHead      = "concat_ws('" + packedSeparator + "'"
)

func (s *localSession) columns(list string) string {
	text := packedHead
	for column := range strings.SplitSeq(list, ",") {
		column = strings.TrimSpace(column)
		_, name, _ := strings.Cut(column, ".")
		if s.nullable[name] {
			column = "ifnull(" + column + ",'" + packedNull + "')"
		}
		text += "," + column
	}
	return text + ")"
}

// packedIn is the number of columns that a statement gives packed, or 0.
func packedIn(text string) int {
	list, ok := strings.CutPrefix(text, "SELECT "+packedHead)
	if !ok {
		return 0
	}
	list, _, _ = strings.Cut(list, "FROM ")
	return strings.Count(list, ",") - strings.Count(list, "ifnull(")
}

// shareRow: the transaction has the whole database.
func (s *localSession) shareRow() string { return "" }

func (s *localSession) inIDs(first int, ids []string) (string, []any) {
	args := make([]any, idsAtOnce)
	for i := range args {
		args[i] = ""
		if i < len(ids) {
			args[i] = ids[i]
		}
	}
	return " IN (" + binds(first, idsAtOnce) + ")", args
}

// idsAtOnce is how many binds a list of ids has on SQLite.
const idsAtOnce = 64

func (s *localSession) idsMost() int { return idsAtOnce }

func (s *localSession) unhurried(context.Context) error { return nil }

func (s *localSession) hint(context.Context, bool) error { return nil }

func (s *localSession) bulk(b *bulk) { b.startInsert(s) }

func (s *localSession) flush(ctx context.Context, b *bulk) error { return b.insertRest(ctx) }

func (s *localSession) moveCursors(t *tx, moves []flow.CursorMove) (moved int64, err error) {
	for i := range moves {
		m, c := &moves[i], &moves[i].Cursor
		n, err := t.exec(`UPDATE contract_cursor
			SET version = version + 1, next_index = $3, through_on = $4, due_on = $5, open_after = $6, marks = $7
			WHERE contract = $1 AND version = $2`,
			string(m.Contract), m.Version, int64(c.Next), c.Through.String(), c.DueOn.String(), c.OpenAfter.String(), marksText(c.Marks))
		if err != nil {
			return moved, err
		}
		moved += n
	}
	return moved, nil
}

// send flushes at once: the rows before stand in the database already.
func (s *localSession) send(ctx context.Context, b *bulk) func() error {
	err := s.flush(ctx, b)
	return func() error { return err }
}

func (s *localSession) commit(ctx context.Context) error {
	if _, err := s.exec(ctx, "COMMIT", nil); err != nil {
		s.discard()
		return err
	}
	s.back <- s.localConn
	return nil
}

func (s *localSession) rollback() {
	if s.failed {
		s.discard()
		return
	}
	if _, err := s.run(s.ctx, "ROLLBACK", nil); err != nil {
		s.discard()
		return
	}
	s.back <- s.localConn
}

// discard closes a connection on which something went wrong, which undoes its
// transaction; the next use opens a new one.
func (s *localSession) discard() {
	_ = s.localConn.close()
	s.back <- nil
}

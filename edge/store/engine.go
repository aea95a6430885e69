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
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3/database"
	"modernc.org/sqlite"

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
	// hint asks for plans that go by index, until the transaction ends.
	hint(ctx context.Context) error
	// unhurried lets the transaction's end not wait for the disk: a later one that does
	// waits for both.
	unhurried(ctx context.Context) error
	// bulk starts the writing of many rows; flush writes them.
	bulk(b *bulk)
	flush(ctx context.Context, b *bulk) error
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

// ---- PostgreSQL

type postgres struct{ pool *pgxpool.Pool }

// postgresSettings hold for every connection: no compiling of plans, which costs
// more than our statements take; a lock that does not come is given up; and a
// transaction whose program went silent lets its locks go.
func postgresSettings() map[string]string {
	return map[string]string{
		"jit": "off", "timezone": "UTC", "lock_timeout": "30s", "idle_in_transaction_session_timeout": "5min", "application_name": "prorata",
	}
}

func openPostgres(ctx context.Context, where string) (engine, error) {
	config, err := pgxpool.ParseConfig(where)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", flow.ErrInput, err)
	}
	for name, value := range postgresSettings() {
		if config.ConnConfig.RuntimeParams[name] == "" {
			config.ConnConfig.RuntimeParams[name] = value
		}
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	e := &postgres{pool}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, e.translate(err)
	}
	return e, nil
}

func (e *postgres) close() error {
	e.pool.Close()
	return nil
}

func (e *postgres) begin(ctx context.Context, write bool) (session, error) {
	text := "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
	if write {
		text = "BEGIN"
	}
	// A server that was away leaves dead connections in the pool; nothing was done on
	// them yet, so the next one is tried, down to a new one.
	for try := int32(0); ; try++ {
		conn, err := e.pool.Acquire(ctx)
		if err != nil {
			return nil, err
		}
		if _, err = conn.Exec(ctx, text); err == nil {
			return &postgresSession{postgres: e, conn: conn, ctx: context.WithoutCancel(ctx)}, nil
		}
		lost := conn.Conn().IsClosed()
		conn.Release()
		if !lost || ctx.Err() != nil || try >= e.pool.Config().MaxConns {
			return nil, err
		}
	}
}

func (e *postgres) translate(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, flow.ErrMoved) || errors.Is(err, flow.ErrBusy) {
		return err
	}
	var said *pgconn.PgError
	if !errors.As(err, &said) {
		// Not the server's answer: the way to it broke.
		return fmt.Errorf("%w: %w", flow.ErrBusy, err)
	}
	switch said.Code {
	case "40001", "40P01", "23505": // serialization, deadlock, unique
		return fmt.Errorf("%w: %w", flow.ErrMoved, err)
	case "55P03", "53300", "57P01", "57P02", "57P03", "25P03": // lock not available, too many connections, shutdown, crash, starting up, idle too long
		return fmt.Errorf("%w: %w", flow.ErrBusy, err)
	}
	if strings.HasPrefix(said.Code, "08") {
		return fmt.Errorf("%w: %w", flow.ErrBusy, err)
	}
	return err
}

func (e *postgres) migrations() (*sql.DB, database.Dialect) {
	return stdlib.OpenDB(*e.pool.Config().ConnConfig), database.DialectPostgres
}

func (e *postgres) adapt(text string) string {
	return strings.ReplaceAll(text, " TEXT", ` TEXT COLLATE "C"`)
}

func (e *postgres) hasTable() string {
	return `SELECT 1 FROM pg_catalog.pg_class WHERE oid = to_regclass($1)`
}

func (e *postgres) settle(t *tx) error {
	_, err := t.exec(`ALTER TABLE contract_cursor SET (fillfactor = 10)`)
	return err
}

// tidy marks the rows that were loaded as seen by all and counts them: who reads them first would do it otherwise, page by page, and
// write each page again; and plans are made by the counts. What is not yet in the files is written to them, for whoever may ask for it.
func (e *postgres) tidy(ctx context.Context) error {
	if _, err := e.pool.Exec(ctx, `VACUUM (ANALYZE)`); err != nil {
		return err
	}
	_, err := e.pool.Exec(ctx, `CHECKPOINT`)
	if said := (*pgconn.PgError)(nil); errors.As(err, &said) && said.Code == "42501" {
		return nil // no right to
	}
	return err
}

type postgresSession struct {
	*postgres
	conn *pgxpool.Conn
	// ctx is never cancelled: it is for undoing.
	ctx context.Context
}

func (s *postgresSession) exec(ctx context.Context, sql string, args []any) (int64, error) {
	tag, err := s.conn.Exec(ctx, sql, args...)
	return tag.RowsAffected(), err
}

func (s *postgresSession) query(ctx context.Context, sql string, args []any) (*rows, error) {
	wire, err := s.conn.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return &rows{wire: wire}, nil
}

func (s *postgresSession) columns(list string) string { return list }

func (s *postgresSession) shareRow() string { return " FOR SHARE" }

func (s *postgresSession) inIDs(first int, ids []string) (string, []any) {
	return " = ANY(" + binds(first, 1) + ")", []any{ids}
}

// idsMost: an array of these is planned and sent as quickly as one of ten.
func (s *postgresSession) idsMost() int { return 4096 }

func (s *postgresSession) hint(ctx context.Context) error {
	_, err := s.conn.Exec(ctx, `SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_bitmapscan = off;
		SET LOCAL plan_cache_mode = force_custom_plan`)
	return err
}

func (s *postgresSession) unhurried(ctx context.Context) error {
	_, err := s.conn.Exec(ctx, `SET LOCAL synchronous_commit = off`)
	return err
}

func (s *postgresSession) bulk(b *bulk) { b.startCopy() }

func (s *postgresSession) flush(ctx context.Context, b *bulk) error {
	return b.copyTo(ctx, s.conn.Conn().PgConn())
}

func (s *postgresSession) moveCursors(t *tx, moves []flow.CursorMove) (int64, error) {
	if err := t.hint(); err != nil {
		return 0, err
	}
	n := len(moves)
	contracts, through, due, open, marks := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	versions, next := make([]int64, n), make([]int64, n)
	for i := range moves {
		m, c := &moves[i], &moves[i].Cursor
		contracts[i], versions[i], next[i] = string(m.Contract), m.Version, int64(c.Next)
		through[i], due[i], open[i], marks[i] = c.Through.String(), c.DueOn.String(), c.OpenAfter.String(), marksText(c.Marks)
	}
	return t.exec(`UPDATE contract_cursor AS k
		SET version = k.version + 1, next_index = v.next_index, through_on = v.through_on, due_on = v.due_on, open_after = v.open_after, marks = v.marks
		FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[])
			AS v (contract, version, next_index, through_on, due_on, open_after, marks)
		WHERE k.contract = v.contract AND k.version = v.version`, contracts, versions, next, through, due, open, marks)
}

func (s *postgresSession) commit(ctx context.Context) error {
	defer s.conn.Release()
	tag, err := s.conn.Exec(ctx, "COMMIT")
	if err == nil && tag.String() != "COMMIT" {
		return fmt.Errorf("the server answered %s", tag)
	}
	return err
}

func (s *postgresSession) rollback() {
	// The context may be what ended the transaction: a connection that cannot roll
	// back at once is closed, and the server does it.
	if !s.conn.Conn().IsClosed() && s.conn.Conn().PgConn().TxStatus() != 'I' {
		ctx, cancel := context.WithTimeout(s.ctx, rollbackPatience)
		defer cancel()
		if _, err := s.conn.Exec(ctx, "ROLLBACK"); err != nil {
			_ = s.conn.Conn().Close(ctx)
		}
	}
	s.conn.Release()
}

// rollbackPatience is how long a connection may take to undo.
const rollbackPatience = 5 * time.Second

// ---- SQLite

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

func (s *localSession) hint(context.Context) error { return nil }

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

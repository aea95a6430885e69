package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3/database"

	"prorata/flow"
)

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

func (s *postgresSession) hint(ctx context.Context, lists bool) error {
	plans := "force_custom_plan"
	if lists {
		plans = "force_generic_plan"
	}
	_, err := s.conn.Exec(ctx, `SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_bitmapscan = off;
		SET LOCAL plan_cache_mode = `+plans)
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

func (s *postgresSession) send(ctx context.Context, b *bulk) func() error {
	sent := make(chan error, 1)
	go func() { sent <- s.flush(ctx, b) }()
	return func() error { return <-sent }
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

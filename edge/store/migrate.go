package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"

	"github.com/pressly/goose/v3"

	"prorata/flow"
)

// The one list of migrations, for both engines. A migration is never edited once
// it was released; schema.sql is what they come to.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

// versionTable keeps which migrations were done.
const versionTable = "schema_version"

// ErrOldSchema is returned for a database that an older program made.
var ErrOldSchema = errors.New("the database has an older schema: run `prorata migrate`, after a backup")

// ErrNewSchema is returned for a database that a newer program made.
var ErrNewSchema = errors.New("the database was made by a newer prorata: use that one, or restore a backup from before")

// Open opens the book at a URL: sqlite:PATH for a file, sqlite::memory: for one
// that is thrown away when it is closed, or postgres://…. A new database gets
// its schema at once, also where a program that began to give it was stopped; an
// older one is ErrOldSchema until it is migrated.
func Open(ctx context.Context, url string) (*Store, error) {
	s, err := openWith(ctx, url, whenOpened)
	return s, wrap("open", err)
}

// whenOpened says whether a database gets its schema when it is opened: one in which
// nothing was written has nothing to lose.
func whenOpened(current, latest int64, written bool) (migrate bool, err error) {
	if written && current < latest {
		return false, fmt.Errorf("%w (it has %d, this program needs %d)", ErrOldSchema, current, latest)
	}
	return current < latest, nil
}

// Migrate brings the database at a URL to the schema of this program, and says
// which it had and which it has.
func Migrate(ctx context.Context, url string) (from, to int64, err error) {
	s, err := openWith(ctx, url, func(current, latest int64, _ bool) (bool, error) {
		from, to = current, latest
		return current < latest, nil
	})
	if err != nil {
		return from, from, wrap("migrate", err)
	}
	return from, to, s.Close()
}

func openWith(ctx context.Context, url string, decide func(current, latest int64, written bool) (bool, error)) (*Store, error) {
	e, err := openEngine(ctx, url)
	if err != nil {
		return nil, unopened(err)
	}
	s := &Store{engine: e, forks: make(chan struct{}, forksAtOnce)}
	if err := s.migrate(ctx, decide); err != nil {
		return nil, unopened(errors.Join(err, e.close()))
	}
	return s, nil
}

// migrate brings the schema up to date where decide wants it.
func (s *Store) migrate(ctx context.Context, decide func(current, latest int64, written bool) (bool, error)) (err error) {
	latest, err := latestVersion()
	if err != nil {
		return err
	}
	current, err := s.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	if current > latest {
		return fmt.Errorf("%w: its schema is %d, this program knows %d", ErrNewSchema, current, latest)
	}
	written := false
	if current > 0 && current < latest {
		if written, err = s.written(ctx); err != nil {
			return err
		}
	}
	wanted, err := decide(current, latest, written)
	if err != nil || !wanted {
		return err
	}
	if err := s.up(ctx, latest); err != nil {
		// Another program may have done the same at the same time.
		if now, failed := s.SchemaVersion(ctx); failed == nil && now == latest {
			return nil
		}
		return err
	}
	return s.do(ctx, true, s.engine.settle)
}

// written says whether anything was ever written to a database that has a schema.
func (s *Store) written(ctx context.Context) (written bool, err error) {
	err = s.Read(ctx, func(f flow.Tx) error {
		stamp, err := f.BookStamp()
		written = stamp > 0
		return err
	})
	return written, err
}

// up does the migrations as far as one.
func (s *Store) up(ctx context.Context, to int64) (err error) {
	db, dialect := s.engine.migrations()
	defer func() { err = errors.Join(err, db.Close()) }()
	steps, err := migrationSteps(s.engine.adapt)
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(dialect, db, nil, goose.WithTableName(versionTable), goose.WithGoMigrations(steps...),
		goose.WithSlog(slog.New(slog.DiscardHandler)), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = provider.UpTo(ctx, to)
	return err
}

// migrationSteps are the migrations as an engine is to read them, each whole or
// not at all.
func migrationSteps(adapt func(string) string) (steps []*goose.Migration, err error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	for _, name := range names {
		version, err := goose.NumericComponent(path.Base(name))
		if err != nil {
			return nil, err
		}
		text, err := fs.ReadFile(migrationFiles, name)
		if err != nil {
			return nil, err
		}
		run := func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, adapt(string(text)))
			return wrap(name, err)
		}
		steps = append(steps, goose.NewGoMigration(version, &goose.GoFunc{RunTx: run}, nil))
	}
	return steps, err
}

func latestVersion() (latest int64, err error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	for _, name := range names {
		version, err := goose.NumericComponent(path.Base(name))
		if err != nil {
			return 0, err
		}
		latest = max(latest, version)
	}
	return latest, err
}

// SchemaVersion is the newest migration that the database has; 0 for an empty database.
func (s *Store) SchemaVersion(ctx context.Context) (version int64, err error) {
	err = s.Read(ctx, func(f flow.Tx) error {
		t := f.(*tx)
		there, err := t.one(func(*rows) {}, s.engine.hasTable(), versionTable)
		if err != nil || !there {
			return err
		}
		_, err = t.one(func(r *rows) { version = r.number() }, `SELECT COALESCE(MAX(version_id), 0) FROM `+versionTable)
		return err
	})
	return version, wrap("schema version", err)
}

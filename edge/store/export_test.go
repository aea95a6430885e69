package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// LimitPages makes a disk that is full beyond so many pages, on SQLite.
func (s *Store) LimitPages(ctx context.Context, pages int64) error {
	return s.do(ctx, true, func(t *tx) error { return t.each(func(*rows) {}, fmt.Sprintf("PRAGMA max_page_count = %d", pages)) })
}

// MigrateUntil gives a new database its schema as far as one migration, as where a
// program was stopped, or is older.
func MigrateUntil(ctx context.Context, url string, version int64) error {
	e, err := openEngine(ctx, url)
	if err != nil {
		return err
	}
	return errors.Join((&Store{engine: e}).up(ctx, version), e.close())
}

// SchemaTables are the tables as the schema's text has them, with their columns.
func SchemaTables() map[string][]string {
	tables := map[string][]string{}
	for _, table := range schemaTables() {
		tables[table.name] = table.columns
	}
	return tables
}

// MakeBySchema makes the tables of the schema's text instead of the migrations'.
func MakeBySchema(ctx context.Context, url string) (*Store, error) {
	e, err := openEngine(ctx, url)
	if err != nil {
		return nil, err
	}
	s := &Store{engine: e, forks: make(chan struct{}, forksAtOnce)}
	return s, s.do(ctx, true, func(t *tx) error {
		for _, lines := range schemaStatements() {
			if _, err := t.exec(e.adapt(strings.Join(lines, "\n"))); err != nil {
				return err
			}
		}
		return nil
	})
}

// Texts runs a query whose rows are one text each.
func (s *Store) Texts(ctx context.Context, sql string) (texts []string, err error) {
	err = s.do(ctx, false, func(t *tx) error {
		return t.each(func(r *rows) { texts = append(texts, r.text()) }, sql)
	})
	return texts, err
}

// Stamped says of tables whether their rows raise the stamp.
func Stamped() map[string]bool { return stamped }

// TablesWithoutAFork are those of which nobody has said which rows a fork has.
func TablesWithoutAFork() (names []string) {
	for _, table := range schemaTables() {
		if _, said := forked[table.name]; !said {
			names = append(names, table.name)
		}
	}
	return names
}

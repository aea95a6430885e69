package store_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"prorata/edge/store"
	"prorata/internal/pgtest"
)

// What an engine itself says of its tables, a text for each column, key and index.
const (
	sqliteShape = `SELECT m.name || ': ' || c.name || ' ' || c.type || ' null=' || c."notnull" || ' key=' || c.pk || ' default=' || COALESCE(c.dflt_value, '')
			FROM sqlite_schema m JOIN pragma_table_xinfo(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name <> 'schema_version'
		UNION ALL SELECT m.name || ': ' || f."from" || ' refers to ' || f."table" || '.' || COALESCE(f."to", '')
			FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'
		UNION ALL SELECT m.name || ': index ' || CASE i.origin WHEN 'c' THEN i.name ELSE i.origin END || ' unique=' || i."unique" || ' partial=' || i.partial || ' ' ||
				(SELECT group_concat(x.name || CASE x."desc" WHEN 1 THEN ' desc' ELSE '' END || ' ' || x.coll) FROM pragma_index_xinfo(i.name) x WHERE x.key = 1) || ' ' ||
				COALESCE((SELECT substr(s.sql, instr(s.sql, ' WHERE ')) FROM sqlite_schema s WHERE s.name = i.name AND i.partial = 1), '')
			FROM sqlite_schema m JOIN pragma_index_list(m.name) i WHERE m.type = 'table' AND m.name <> 'schema_version'
		ORDER BY 1`

	postgresShape = `SELECT table_name || ': ' || column_name || ' ' || data_type || ' ' || COALESCE(collation_name, '') || ' null=' || is_nullable || ' default=' || COALESCE(column_default, '')
			FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'schema_version'
		UNION ALL SELECT conrelid::regclass::text || ': ' || pg_get_constraintdef(oid) FROM pg_constraint
			WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'schema_version'
		UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'schema_version'
		ORDER BY 1`
)

// The schema that a reader sees is what the migrations come to, on both engines.
func TestTheSchemaIsTheSumOfTheMigrations(t *testing.T) {
	for _, engine := range []struct {
		name, shape string
		url         func() string
	}{
		{"sqlite", sqliteShape, func() string { return "sqlite:" + filepath.Join(t.TempDir(), "book.db") }},
		{"postgres", postgresShape, func() string { return pgtest.NewDatabase(t) }},
	} {
		t.Run(engine.name, func(t *testing.T) {
			migrated := openBook(t, engine.url())
			made, err := store.MakeBySchema(t.Context(), engine.url())
			must(t, err)
			defer made.Close()
			want, err := made.Texts(t.Context(), engine.shape)
			must(t, err)
			is, err := migrated.Texts(t.Context(), engine.shape)
			must(t, err)
			if len(want) < 100 {
				t.Errorf("only %d facts about the schema", len(want))
			}
			for _, text := range want {
				if !slices.Contains(is, text) {
					t.Errorf("in schema.sql, not made by the migrations: %s", text)
				}
			}
			for _, text := range is {
				if !slices.Contains(want, text) {
					t.Errorf("made by the migrations, not in schema.sql: %s", text)
				}
			}
		})
	}
}

// Backups go by what is read from schema.sql: every column must be found there.
func TestTheSchemaIsReadRight(t *testing.T) {
	b := openBook(t, "sqlite::memory:")
	for table, columns := range store.SchemaTables() {
		is, err := b.Texts(t.Context(), `SELECT name FROM pragma_table_xinfo('`+table+`') ORDER BY cid`)
		must(t, err)
		same(t, table, strings.Join(columns, " "), strings.Join(is, " "))
	}
	tables, err := b.Texts(t.Context(), `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'schema_version'`)
	must(t, err)
	same(t, "tables", len(store.SchemaTables()), len(tables))
}

package store

import (
	"context"
	"iter"
	"strings"

	"prorata/flow"
)

// floorTables are written by the floor: all that a chunk writes.
var floorTables = issuedTables{
	invoice: floored(invoiceTables.invoice), line: floored(invoiceTables.line), tax: floored(invoiceTables.tax), posting: floored(invoiceTables.posting),
}

const floorPrefix = "floor_"

func floored(t table) table { return table{floorPrefix + t.name, t.columns} }

// FloorWrite writes the rows of chunks as fast as the engine takes them, and
// nothing else: no locks, no versions, no numbers. It is what billing is measured
// against. The rows go to tables of their own with the same indexes, a
// transaction for each chunk; the tables are made anew and stay until FloorDrop.
func (s *Store) FloorWrite(ctx context.Context, chunks iter.Seq[flow.Chunk]) (rows int64, err error) {
	if err := s.FloorDrop(ctx); err != nil {
		return 0, err
	}
	if err := s.do(ctx, true, (*tx).floorCreate); err != nil {
		return 0, wrap("floor", err)
	}
	for c := range chunks {
		if err := s.do(ctx, true, func(t *tx) error {
			n, err := t.floorWrite(&c)
			rows += n
			return err
		}); err != nil {
			return rows, wrap("floor", err)
		}
	}
	return rows, nil
}

func (t *tx) floorWrite(c *flow.Chunk) (rows int64, err error) {
	b := t.bulk(floored(cursorTable))
	for i := range c.Moves {
		b.cursor(&c.Moves[i], "")
	}
	if err := t.flush(b); err != nil {
		return 0, err
	}
	n, err := t.invoicesAdd(c.Invoices, c.Entries, floorTables)
	return b.count + n, err
}

// floorCreate makes the twins from the schema's own text.
func (t *tx) floorCreate() error {
	return t.floorTables(cursorTable, invoiceTables.invoice, invoiceTables.line, invoiceTables.tax, invoiceTables.posting)
}

func (t *tx) floorTables(tables ...table) error {
	for _, table := range tables {
		for _, statement := range statementsOf(table.name) {
			statement = strings.ReplaceAll(statement, " REFERENCES contract (id)", "")
			if _, err := t.exec(t.session.adapt(statement)); err != nil {
				return err
			}
		}
	}
	return nil
}

// statementsOf are the statements that make a table and its indexes, under the
// floor's names.
func statementsOf(table string) (statements []string) {
	for _, lines := range schemaStatements() {
		words := strings.Fields(strings.Replace(lines[0], " UNIQUE INDEX ", " INDEX ", 1))
		switch {
		case words[1] == "TABLE" && words[2] == table:
		case words[1] == "INDEX" && words[4] == table:
			lines[0] = strings.Replace(lines[0], " INDEX ", " INDEX "+floorPrefix, 1)
		default:
			continue
		}
		lines[0] = strings.Replace(lines[0], " "+table+" (", " "+floorPrefix+table+" (", 1)
		statements = append(statements, strings.Join(lines, "\n"))
	}
	return statements
}

// FloorDrop removes the tables that FloorWrite made.
func (s *Store) FloorDrop(ctx context.Context) error {
	return wrap("floor", s.do(ctx, true, func(t *tx) error {
		for _, table := range []table{cursorTable, invoiceTables.invoice, invoiceTables.line, invoiceTables.tax, invoiceTables.posting} {
			if _, err := t.exec(`DROP TABLE IF EXISTS ` + floorPrefix + table.name); err != nil {
				return err
			}
		}
		return nil
	}))
}

// FloorLines writes a provider's rows as fast as the engine takes them, in one
// transaction and into a table with the same index: what importing and reconciling
// them is measured against.
func (s *Store) FloorLines(ctx context.Context, lines iter.Seq[flow.ProviderLine]) (count int64, err error) {
	err = s.do(ctx, true, func(t *tx) error {
		for _, statement := range append([]string{`DROP TABLE IF EXISTS ` + floorPrefix + providerLineTable.name}, statementsOf(providerLineTable.name)...) {
			if _, err := t.exec(t.session.adapt(statement)); err != nil {
				return err
			}
		}
		b := t.bulk(floored(providerLineTable))
		for line := range lines {
			if b = t.more(b); b.err != nil {
				break
			}
			b.providerLine("floor", line.Invoice, &line)
			count++
		}
		return t.flush(b)
	})
	return count, wrap("floor", err)
}

// FloorLinesDrop removes the table that FloorLines made.
func (s *Store) FloorLinesDrop(ctx context.Context) error {
	return wrap("floor", s.do(ctx, true, func(t *tx) error {
		_, err := t.exec(`DROP TABLE IF EXISTS ` + floorPrefix + providerLineTable.name)
		return err
	}))
}

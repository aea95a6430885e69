package store

import (
	"bytes"
	"context"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"

	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// table is what is written in bulk: its name and its columns in order.
type table struct {
	name    string
	columns []string
}

func tableOf(name, columns string) table { return table{name, strings.Fields(columns)} }

// bulk writes many rows of one table, column by column in the table's order:
// begin a row, give each column, begin the next; in the end flush.
type bulk struct {
	table table
	// wire is PostgreSQL's: rows in the binary form of COPY.
	wire []byte
	copy bool
	// cells are SQLite's: the arguments of one statement for many rows.
	local  *localSession
	texts  map[int]string
	cells  []driver.NamedValue
	filled int
	ctx    context.Context
	err    error
	count  int64
}

// bulk begins to write rows of a table; one is flushed before the next begins.
func (t *tx) bulk(table table) *bulk {
	b := &bulk{table: table, ctx: t.ctx, err: t.failed, wire: t.wire[:0]}
	if !t.write {
		b.err = errReadOnly
	}
	t.session.bulk(b)
	return b
}

// flush writes what is left and says whether all went well.
func (t *tx) flush(b *bulk) error {
	if b.err == nil {
		b.err = t.session.flush(t.ctx, b)
		t.dirty = t.dirty || (b.count > 0 && stamped[b.table.name])
	}
	t.wire = b.wire
	return wrap(b.table.name, t.fail(b.err))
}

// linesAtOnce is how many rows are sent together, where there may be any number: no
// more are held.
const linesAtOnce = 2000

// more gives room for one more row: what is full is flushed, and another begun.
func (t *tx) more(b *bulk) *bulk {
	if b.count < linesAtOnce {
		return b
	}
	if b.err = t.flush(b); b.err != nil {
		return b
	}
	return t.bulk(b.table)
}

// stream writes any number of rows that are made while those before are written: what
// is full is on its way while the next is filled. Until it has ended nothing else may be
// asked of the transaction.
type stream struct {
	t *tx
	b *bulk
	// sent are the rows on their way, if any, and sending says how it went with them; spare
	// is the room of those that have arrived.
	sent    *bulk
	sending func() error
	spare   []byte
}

func (t *tx) stream(table table) *stream { return &stream{t: t, b: t.bulk(table)} }

// row is room for one more row.
func (s *stream) row() *bulk {
	if s.b.count < linesAtOnce || s.b.err != nil {
		return s.b
	}
	if s.b.err = s.arrive(); s.b.err != nil {
		return s.b
	}
	s.sent, s.sending = s.b, s.t.session.send(s.t.ctx, s.b)
	s.t.wire = s.spare
	s.b = s.t.bulk(s.b.table)
	return s.b
}

// arrive waits for what is on its way.
func (s *stream) arrive() error {
	if s.sending == nil {
		return nil
	}
	err := s.sending()
	s.spare, s.sending = s.sent.wire, nil
	return wrap(s.b.table.name, s.t.fail(err))
}

// flush ends it, and says whether all went well.
func (s *stream) flush() error {
	if err := s.arrive(); err != nil {
		return err
	}
	return s.t.flush(s.b)
}

func (b *bulk) startCopy() {
	b.copy = true
	b.wire = append(b.wire, "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
}

func (b *bulk) copyTo(ctx context.Context, conn *pgconn.PgConn) error {
	if b.count == 0 {
		return nil
	}
	b.wire = binary.BigEndian.AppendUint16(b.wire, 0xffff)
	_, err := conn.CopyFrom(ctx, bytes.NewReader(b.wire), "COPY "+b.table.name+" ("+strings.Join(b.table.columns, ", ")+") FROM STDIN BINARY")
	return err
}

// rowsAtOnce is how many rows go into one statement of SQLite: beyond some tens
// nothing is gained.
const rowsAtOnce = 32

func (b *bulk) startInsert(s *localSession) {
	b.local = s
	b.texts = map[int]string{1: b.table.insertRowsText(1), rowsAtOnce: b.table.insertRowsText(rowsAtOnce)}
	b.cells = make([]driver.NamedValue, len(b.table.columns)*rowsAtOnce)
	for i := range b.cells {
		b.cells[i].Ordinal = i + 1
	}
}

// row begins a row.
func (b *bulk) row() {
	b.count++
	if b.copy {
		b.wire = binary.BigEndian.AppendUint16(b.wire, uint16(len(b.table.columns)))
		return
	}
	if b.filled == len(b.cells) {
		b.insert(rowsAtOnce, b.cells)
		b.filled = 0
	}
}

func (b *bulk) insert(rows int, cells []driver.NamedValue) {
	if b.err == nil {
		_, b.err = b.local.run(b.ctx, b.texts[rows], cells)
	}
}

// insertRest writes the rows of the last statement that is not full.
func (b *bulk) insertRest(context.Context) error {
	columns := len(b.table.columns)
	if b.filled == len(b.cells) {
		b.insert(rowsAtOnce, b.cells)
		return b.err
	}
	one := make([]driver.NamedValue, columns)
	for from := 0; from < b.filled; from += columns {
		for i := range one {
			one[i] = driver.NamedValue{Ordinal: i + 1, Value: b.cells[from+i].Value}
		}
		b.insert(1, one)
	}
	return b.err
}

// insertText is the statement for one row.
func (t table) insertText() string {
	return "INSERT INTO " + t.name + " (" + strings.Join(t.columns, ", ") + ") VALUES (" + binds(1, len(t.columns)) + ")"
}

// replaceText is the statement for one row that takes the place of the one with the
// same first two columns, which are the table's key.
func (t table) replaceText() string {
	set := make([]string, 0, len(t.columns))
	for _, column := range t.columns[2:] {
		set = append(set, column+" = excluded."+column)
	}
	return t.insertText() + " ON CONFLICT (" + strings.Join(t.columns[:2], ", ") + ") DO UPDATE SET " + strings.Join(set, ", ")
}

// insertRowsText is SQLite's statement for many rows. Its binds have no names:
// SQLite looks for each name among all the others.
func (t table) insertRowsText(rows int) string {
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", len(t.columns)), ",") + "),"
	return "INSERT INTO " + t.name + " (" + strings.Join(t.columns, ", ") + ") VALUES " + strings.TrimSuffix(strings.Repeat(row, rows), ",")
}

// binds is $from, …, n of them.
func binds(from, n int) string {
	text := make([]byte, 0, n*5)
	for i := range n {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendInt(append(text, '$'), int64(from+i), 10)
	}
	return string(text)
}

func (b *bulk) cell(value driver.Value) {
	b.cells[b.filled].Value = value
	b.filled++
}

// lengths of values in the binary form.
const (
	numberBytes = 8
	flagBytes   = 1
	nullLength  = 0xffffffff
)

func (b *bulk) text(s string) {
	if b.copy {
		b.wire = append(binary.BigEndian.AppendUint32(b.wire, uint32(len(s))), s...)
		return
	}
	if !fit(s) && b.err == nil {
		b.err = unfit(s)
	}
	b.cell(s)
}

// fit says whether a text can be kept on either engine and read back: PostgreSQL
// has no NUL and nothing but UTF-8, SQLite's long results are cut at two others.
func fit(s string) bool {
	return strings.IndexByte(s, 0) < 0 && !strings.Contains(s, packedNull) && !strings.Contains(s, packedSeparator) && utf8.ValidString(s)
}

func unfit(s string) error {
	return fmt.Errorf("%w: %q has a character that no text may have", flow.ErrInput, s)
}

func (b *bulk) number(n int64) {
	if b.copy {
		b.wire = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(b.wire, numberBytes), uint64(n))
		return
	}
	b.cell(n)
}

func (b *bulk) flag(v bool) {
	if !b.copy {
		b.cell(v)
		return
	}
	n := byte(0)
	if v {
		n = 1
	}
	b.wire = append(binary.BigEndian.AppendUint32(b.wire, flagBytes), n)
}

func (b *bulk) null() {
	if b.copy {
		b.wire = binary.BigEndian.AppendUint32(b.wire, nullLength)
		return
	}
	b.cell(nil)
}

func (b *bulk) day(d calendar.Date) {
	if b.copy {
		b.sized(d.AppendTo)
		return
	}
	b.cell(d.String())
}

func (b *bulk) decimal(d money.Decimal) {
	if b.copy {
		b.sized(d.AppendTo)
		return
	}
	b.cell(d.String())
}

// given is a decimal, or NULL.
func (b *bulk) given(d money.Decimal, given bool) {
	if !given {
		b.null()
		return
	}
	b.decimal(d)
}

// sized writes a text whose length is known when it is written.
func (b *bulk) sized(write func([]byte) []byte) {
	at := len(b.wire)
	b.wire = write(append(b.wire, 0, 0, 0, 0))
	binary.BigEndian.PutUint32(b.wire[at:], uint32(len(b.wire)-at-4))
}

// insert writes one row, by an ordinary statement.
func (t *tx) insert(table table, fill func(*bulk)) error {
	b := &bulk{table: table, cells: make([]driver.NamedValue, len(table.columns))}
	fill(b)
	args := make([]any, len(b.cells))
	for i := range b.cells {
		args[i] = b.cells[i].Value
	}
	if b.err != nil {
		return wrap(table.name, t.fail(b.err))
	}
	_, err := t.exec(table.insertText(), args...)
	return wrap(table.name, err)
}

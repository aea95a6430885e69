package store

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"prorata/flow"
)

// A backup is the same for both engines: compressed lines of JSON. The first says
// what it is and of which schema; then come the tables, each with a line that
// names it and its columns and a line for each row, in the order of its key; the
// last counts the rows and has the sum (SHA-256) of all lines before it. The same
// book gives the same bytes, wherever it is kept.

// backupHead is the first line.
type backupHead struct {
	Backup string `json:"backup"`
	Schema int64  `json:"schema"`
}

// backupTable begins a table.
type backupTable struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
}

// backupEnd is the last line.
type backupEnd struct {
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
}

const backupName = "prorata"

// ErrDamaged is returned for a backup that is cut off or was changed.
var ErrDamaged = fmt.Errorf("%w: the backup is damaged", flow.ErrInput)

// ErrNotEmpty is returned where a backup would be restored over something.
var ErrNotEmpty = fmt.Errorf("%w: the database is not empty", flow.ErrInput)

// Backup writes the book as it stands at this moment, while work on it goes on.
func (s *Store) Backup(ctx context.Context, to io.Writer) error {
	packed, err := gzip.NewWriterLevel(to, gzip.BestSpeed)
	if err != nil {
		return wrap("backup", err)
	}
	w := &backupWriter{out: bufio.NewWriterSize(packed, 1<<16), sum: sha256.New()}
	err = s.do(ctx, false, func(t *tx) error { return t.backup(w) })
	if err == nil {
		err = w.out.Flush()
	}
	if err == nil {
		err = packed.Close()
	}
	return wrap("backup", err)
}

type backupWriter struct {
	out  *bufio.Writer
	sum  hash.Hash
	line []byte
	rows int64
	err  error
}

// end ends a line.
func (w *backupWriter) end() {
	w.line = append(w.line, '\n')
	w.sum.Write(w.line)
	if _, err := w.out.Write(w.line); err != nil && w.err == nil {
		w.err = err
	}
	w.line = w.line[:0]
}

func (w *backupWriter) object(v any) error {
	text, err := json.Marshal(v)
	w.line = append(w.line, text...)
	w.end()
	return errors.Join(err, w.err)
}

func (t *tx) backup(w *backupWriter) error {
	schema, err := latestVersion()
	if err != nil {
		return err
	}
	if err := w.object(backupHead{backupName, schema}); err != nil {
		return err
	}
	for _, table := range schemaTables() {
		if err := w.object(backupTable{table.name, table.columns}); err != nil {
			return err
		}
		if err := t.each(func(r *rows) { w.row(r, table.kinds) },
			`SELECT `+strings.Join(table.columns, ", ")+` FROM `+table.name+` ORDER BY `+strings.Join(table.key, ", ")); err != nil {
			return wrap(table.name, err)
		}
		if w.err != nil {
			return wrap(table.name, w.err)
		}
	}
	return w.object(backupEnd{w.rows, hex.EncodeToString(w.sum.Sum(nil))})
}

func (w *backupWriter) row(r *rows, kinds []columnKind) {
	if w.err != nil {
		return
	}
	w.rows++
	for i, kind := range kinds {
		w.line = append(w.line, "[,"[min(i, 1)])
		switch {
		case r.isNull():
			r.skip(1)
			w.line = append(w.line, "null"...)
		case kind == numberColumn:
			w.line = strconv.AppendInt(w.line, r.number(), 10)
		case kind == flagColumn:
			w.line = strconv.AppendBool(w.line, r.flag())
		default:
			w.text(r.text())
		}
	}
	w.line = append(w.line, ']')
	w.end()
}

func (w *backupWriter) text(s string) {
	if !plain(s) {
		if !utf8.ValidString(s) {
			w.err = fmt.Errorf("%q is not UTF-8", s)
		}
		quoted, err := json.Marshal(s)
		w.line, w.err = append(w.line, quoted...), errors.Join(w.err, err)
		return
	}
	w.line = append(append(append(w.line, '"'), s...), '"')
}

// plain says whether a text stands in JSON as it is.
func plain(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return true
}

// Restore reads a backup of either engine into a database that is empty. It is
// all there afterwards or, where the backup is damaged, nothing is.
func (s *Store) Restore(ctx context.Context, from io.Reader) error {
	packed, err := gzip.NewReader(from)
	if err != nil {
		return wrap("restore", damaged(err))
	}
	r := &backupReader{in: bufio.NewReaderSize(packed, 1<<16), sum: sha256.New()}
	return wrap("restore", s.do(ctx, true, func(t *tx) error { return t.restore(r) }))
}

func damaged(err error) error { return fmt.Errorf("%w: %w", ErrDamaged, err) }

type backupReader struct {
	in   *bufio.Reader
	sum  hash.Hash
	rows int64
	// before is the sum of the lines before the one in hand.
	before []byte
}

// next is the next line, of which the sum is taken.
func (r *backupReader) next() ([]byte, error) {
	line, err := r.in.ReadBytes('\n')
	if err != nil {
		return nil, damaged(errors.Join(err, errors.New("it ends too early")))
	}
	r.before = r.sum.Sum(r.before[:0])
	r.sum.Write(line)
	return line, nil
}

func (t *tx) restore(r *backupReader) error {
	if err := t.checkEmpty(); err != nil {
		return err
	}
	line, err := r.next()
	if err != nil {
		return err
	}
	schema, err := latestVersion()
	if err != nil {
		return err
	}
	var head backupHead
	if err := json.Unmarshal(line, &head); err != nil || head.Backup != backupName {
		return damaged(errors.New("it does not begin like a backup"))
	}
	if head.Schema != schema {
		return fmt.Errorf("%w: the backup has schema %d, this program %d: restore it with the program that made it, then migrate", flow.ErrInput, head.Schema, schema)
	}
	for _, table := range []string{"book", "counter"} {
		if _, err := t.exec(`DELETE FROM ` + table); err != nil {
			return err
		}
	}
	if line, err = r.next(); err != nil {
		return err
	}
	for _, table := range schemaTables() {
		if line, err = t.restoreTable(r, table, line); err != nil {
			return wrap(table.name, err)
		}
	}
	// It is the book that was backed up, its stamp too.
	t.dirty = false
	return r.finish(line)
}

// checkEmpty wants every table to be as the migrations leave it.
func (t *tx) checkEmpty() error {
	for _, table := range schemaTables() {
		sql := `SELECT 1 FROM ` + table.name + ` LIMIT 1`
		switch table.name {
		case "book":
			sql = `SELECT 1 FROM book WHERE billed_through <> ''`
		case "counter":
			sql = `SELECT 1 FROM counter WHERE name = 'fact' AND value <> 0`
		}
		there, err := t.one(func(*rows) {}, sql)
		if err != nil {
			return err
		}
		if there {
			return fmt.Errorf("%w: %s has rows", ErrNotEmpty, table.name)
		}
	}
	return nil
}

// restoredAtOnce is how many rows are written together.
const restoredAtOnce = 4096

// restoreTable reads the table that the line begins, and gives the line after it.
func (t *tx) restoreTable(r *backupReader, table keptTable, line []byte) ([]byte, error) {
	var head backupTable
	if err := json.Unmarshal(line, &head); err != nil || head.Table != table.name || !slices.Equal(head.Columns, table.columns) {
		return nil, damaged(errors.New("its table or its columns are not the schema's"))
	}
	b := t.bulk(table.table)
	for {
		line, err := r.next()
		if err != nil {
			return nil, err
		}
		if line[0] != '[' {
			return line, t.flush(b)
		}
		if b.count == restoredAtOnce {
			if err := t.flush(b); err != nil {
				return nil, err
			}
			b = t.bulk(table.table)
		}
		if err := b.backupRow(line, table.kinds); err != nil {
			return nil, damaged(err)
		}
		r.rows++
	}
}

// backupRow writes a line of a backup as a row.
func (b *bulk) backupRow(line []byte, kinds []columnKind) error {
	b.row()
	rest := line
	for i, kind := range kinds {
		if len(rest) == 0 || rest[0] != "[,"[min(i, 1)] {
			return fmt.Errorf("row %q", line)
		}
		rest = rest[1:]
		value := rest[:valueLength(rest)]
		rest = rest[len(value):]
		if err := b.backupValue(value, kind); err != nil {
			return fmt.Errorf("row %q: %w", line, err)
		}
	}
	if string(rest) != "]\n" {
		return fmt.Errorf("row %q", line)
	}
	return nil
}

// valueLength is where a value ends: a text with its quotes, or a word.
func valueLength(text []byte) int {
	if len(text) == 0 || text[0] != '"' {
		return max(0, bytes.IndexAny(text, ",]"))
	}
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

func (b *bulk) backupValue(value []byte, kind columnKind) error {
	switch {
	case string(value) == "null":
		b.null()
	case kind == numberColumn:
		n, err := strconv.ParseInt(string(value), 10, 64)
		b.number(n)
		return err
	case kind == flagColumn:
		v, err := strconv.ParseBool(string(value))
		b.flag(v)
		return err
	case len(value) >= 2 && bytes.IndexByte(value, '\\') < 0 && value[0] == '"':
		b.text(string(value[1 : len(value)-1]))
	default:
		var s string
		err := json.Unmarshal(value, &s)
		b.text(s)
		return err
	}
	return nil
}

// finish holds the last line against what was read.
func (r *backupReader) finish(line []byte) error {
	var end backupEnd
	if err := json.Unmarshal(line, &end); err != nil {
		return damaged(errors.New("its last line is not the end of a backup"))
	}
	if end.Rows != r.rows || end.SHA256 != hex.EncodeToString(r.before) {
		return damaged(fmt.Errorf("it has %d rows and says %d, or some were changed", r.rows, end.Rows))
	}
	if _, err := r.in.ReadByte(); !errors.Is(err, io.EOF) {
		return damaged(errors.Join(err, errors.New("something follows its end")))
	}
	return nil
}

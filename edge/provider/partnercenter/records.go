package partnercenter

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"prorata/flow"
)

// records read JSON objects as rows: a field is a column, and a field that no
// object had before is one column more.
type records struct {
	columns
	layout layout
	// known is where each spelling of a field stands.
	known map[string]int
	// last is the row handed out last: it is used again.
	last row
	// begun says that an object was seen which belongs here.
	begun bool
}

func newRecords(file string, l layout) *records {
	return &records{columns: l.columns(file), layout: l, known: map[string]int{}}
}

// read reads JSON lines where the first line is an object by itself and no
// collection, and one answer of the API otherwise.
func (o *records) read(text io.Reader, yield func(*row, error) bool) {
	wide := bufio.NewReaderSize(text, recordBytesMax)
	head, _ := wide.Peek(recordBytesMax)
	indent := len(head) - len(bytes.TrimLeft(head, " \t\r\n"))
	line, _, _ := bytes.Cut(head[indent:], []byte("\n"))
	if first, ok := objectOf(line); ok && first["items"] == nil {
		o.lines(wide, yield)
		return
	}
	o.answer(wide, yield)
}

// answer reads the items of a collection, or of a bare list.
func (o *records) answer(text io.Reader, yield func(*row, error) bool) {
	a := newAnswer(o.file, "row", text)
	a.item = func(at flow.Source, raw json.RawMessage) bool {
		r, err := o.row(at, string(raw))
		return yield(r, err) && !errors.Is(err, ErrDamaged)
	}
	if err := a.read(); err != nil && !errors.Is(err, errEnough) {
		yield(nil, err)
	}
}

// lines reads one object from each line.
func (o *records) lines(text *bufio.Reader, yield func(*row, error) bool) {
	for n := 1; ; n++ {
		line, err := text.ReadSlice('\n')
		at := flow.Source{File: o.file, Line: n}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			yield(nil, damaged(o.file, n, "a row is longer than %d MiB", recordBytesMax>>20))
			return
		case errors.Is(err, io.ErrUnexpectedEOF):
			yield(nil, damaged(o.file, n, "is cut off"))
			return
		case err != nil && !errors.Is(err, io.EOF):
			yield(nil, damaged(o.file, n, "cannot be read further: %v", err))
			return
		case !utf8.Valid(line):
			yield(nil, damaged(o.file, n, "is not UTF-8"))
			return
		}
		ended := err != nil
		if line = bytes.TrimSpace(line); len(line) > 0 {
			r, err := o.row(at, string(line))
			if err != nil && ended && !errors.Is(err, ErrDamaged) {
				err = damaged(o.file, n, "is cut off: the last line is no whole object")
			}
			if !yield(r, err) || errors.Is(err, ErrDamaged) {
				return
			}
		}
		if ended {
			return
		}
	}
}

// row reads one object; it is good until the next one is read.
func (o *records) row(at flow.Source, text string) (*row, error) {
	set := o.empty(at)
	if !scanObject(text, set) {
		var fields object
		if err := json.Unmarshal([]byte(text), &fields); err != nil || fields == nil {
			return nil, &Problem{At: at, Text: "expected an object {…} in JSON, got " + quote(text)}
		}
		return o.rowOf(at, fields)
	}
	return o.checked(at, text)
}

// rowOf is row for an object that is read already.
func (o *records) rowOf(at flow.Source, fields object) (*row, error) {
	set := o.empty(at)
	for key, raw := range fields {
		value, err := valueText(raw)
		if err != nil {
			return nil, &Problem{At: at, Field: key, Text: err.Error()}
		}
		set(key, value)
	}
	return o.checked(at, "")
}

// empty begins a row, and gives what sets its cells.
func (o *records) empty(at flow.Source) func(key, value string) {
	o.last = row{of: &o.columns, cells: o.last.cells, wrong: mistakes{at: at}}
	clear(o.last.cells)
	next := 0
	return func(key, value string) {
		if next >= len(o.header) || o.header[next] != key {
			next = o.place(key)
		}
		if next < columnsMax {
			o.last.cells[next] = value
		}
		next++
	}
}

func (o *records) checked(at flow.Source, text string) (*row, error) {
	if !o.begun {
		if err := o.belongs(at, text); err != nil {
			return nil, err
		}
		o.begun = true
	}
	return &o.last, nil
}

// place is where a field stands; columnsMax where there are too many.
func (o *records) place(key string) int {
	if at, ok := o.known[key]; ok {
		return at
	}
	if len(o.header) >= columnsMax {
		return columnsMax
	}
	key = strings.Clone(key)
	o.add(key)
	o.known[key] = len(o.header) - 1
	o.last.cells = append(o.last.cells, "")
	return o.known[key]
}

// belongs looks at the first object: one that has nothing of what such a record
// must have is no such record.
func (o *records) belongs(at flow.Source, text string) error {
	for _, name := range o.layout.required {
		if _, ok := o.at[columnName(name)]; ok {
			return nil
		}
	}
	if fields, ok := objectOf(json.RawMessage(text)); ok && (fields["code"] != nil || fields["error"] != nil) {
		return providerSays(at, fields)
	}
	return damaged(at.File, at.Line, "is not %s: it has none of %s", o.layout.what, strings.Join(o.layout.required, ", "))
}

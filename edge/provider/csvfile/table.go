package csvfile

import (
	"errors"
	"io"
	"iter"
	"slices"
	"strings"

	"prorata/flow"
)

// table is a file opened by its mapping: where each field's columns stand.
type table struct {
	*Mapping
	file   string
	source source
	header []string
	at     map[string]int
	// fields are the mapping's columns with their places.
	fields map[string]*field
	// names are the fields in their order.
	names []string
	// since1904 is how a workbook counts days.
	since1904        bool
	identity         []int
	skips, negatives []bound
}

// field is a mapping's column with its places in this file. Words it has met it
// keeps as the file spells them.
type field struct {
	column
	shape  shape
	places []int
	met    map[string]string
}

// bound is a condition with the place of its column.
type bound struct {
	condition
	at int
}

// openTable reads the header.
func (m *Mapping) openTable(file string, r io.Reader) (*table, error) {
	s, err := m.open(file, r)
	if err != nil {
		return nil, err
	}
	t := &table{Mapping: m, file: file, source: s, at: map[string]int{}, fields: map[string]*field{}, names: sorted(m.columns)}
	if w, ok := s.(*workbook); ok {
		t.since1904 = w.since1904
	}
	if err := errors.Join(t.readHeader(), t.bind()); err != nil {
		return t, errors.Join(err, s.close())
	}
	return t, nil
}

func (t *table) readHeader() error {
	for {
		cells, line, err := t.source.next()
		switch {
		case errors.Is(err, io.EOF):
			return damaged(t.file, line, "ends before its header (expected on line %d)", t.headerLine)
		case errors.Is(err, ErrDamaged):
			return err
		case line < t.headerLine:
			continue // what stands above a header is for people, and may be anything
		case err != nil:
			return damaged(t.file, line, "the header cannot be read: %v", err)
		case len(cells) > columnsMax:
			return damaged(t.file, line, "has %d columns (expected at most %d)", len(cells), columnsMax)
		}
		t.header = slices.Clone(cells)
		for i, cell := range t.header {
			t.header[i] = strings.TrimSpace(cell)
		}
		break
	}
	twice := map[string]bool{}
	for i, cell := range t.header {
		name := columnName(cell)
		if _, again := t.at[name]; again {
			twice[name] = true
			continue
		}
		t.at[name] = i
	}
	for name := range t.used() {
		if twice[name] {
			return damaged(t.file, t.headerLine, "has two columns %s", quote(t.header[t.at[name]]))
		}
	}
	return nil
}

// bind finds the mapping's columns in the header.
func (t *table) bind() error {
	var missing []error
	lacks := func(name, what string) int {
		at, ok := t.at[columnName(name)]
		if !ok {
			missing = append(missing, damaged(t.file, t.headerLine, "has no column %s, which the mapping takes %s from", quote(name), what))
		}
		return at
	}
	if t.header == nil {
		return nil
	}
	shapes := fieldsOf(t.Reads)
	for _, name := range t.names {
		f := &field{column: t.columns[name], shape: shapes[name], met: map[string]string{}}
		for _, column := range f.names {
			f.places = append(f.places, lacks(column, name))
		}
		t.fields[name] = f
	}
	for _, c := range t.skip {
		t.skips = append(t.skips, bound{c, lacks(c.column, "a condition")})
	}
	for _, c := range t.negative {
		t.negatives = append(t.negatives, bound{c, lacks(c.column, "a condition")})
	}
	for _, name := range t.Mapping.identity {
		t.identity = append(t.identity, lacks(name, "the identity"))
	}
	return errors.Join(missing...)
}

// row is the next one that is not empty; skipped says that the mapping wants none of it.
func (t *table) row() (r *row, skipped bool, err error) {
	for {
		cells, line, err := t.source.next()
		r = &row{of: t, at: flow.Source{File: t.file, Line: line}}
		r.wrong.at = r.at
		if err != nil {
			return r, false, err
		}
		if !slices.ContainsFunc(cells, func(cell string) bool { return strings.TrimSpace(cell) != "" }) {
			continue
		}
		if r.cells = cells; len(cells) < len(t.header) {
			r.cells = append(slices.Clone(cells), make([]string, len(t.header)-len(cells))...)
		}
		if r.any(t.skips) {
			return r, true, nil
		}
		more := slices.ContainsFunc(cells[min(len(cells), len(t.header)):], func(cell string) bool { return strings.TrimSpace(cell) != "" })
		if more || (len(cells) < len(t.header) && !t.Mapping.workbook) {
			r.wrong.add("", "has %d cells, and the header %d", len(cells), len(t.header))
			return r, false, r.wrong.err()
		}
		r.negated = r.any(t.negatives)
		return r, false, nil
	}
}

// close lets go of the file; what was read of it stands.
func (t *table) close() { _ = t.source.close() }

// rowsOf reads a file to its end, each row by what it is about. What is handed on
// with an error is the row as far as it was understood.
func rowsOf[T any](m *Mapping, file string, r io.Reader, read func(*row) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		t, err := m.openTable(file, r)
		if err != nil {
			yield(none, err)
			return
		}
		defer t.close()
		for {
			r, skipped, err := t.row()
			switch {
			case errors.Is(err, io.EOF):
				return
			case errors.Is(err, ErrDamaged):
				yield(none, err)
				return
			case err != nil:
				if !yield(none, err) {
					return
				}
				continue
			case skipped:
				continue
			}
			v := read(r)
			if !yield(v, r.wrong.err()) {
				return
			}
		}
	}
}

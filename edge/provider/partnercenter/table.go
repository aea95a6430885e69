package partnercenter

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

const (
	// recordBytesMax bounds a row, so that an unclosed quote does not swallow the file.
	recordBytesMax = 1 << 20
	columnsMax     = 500
)

var errRecordTooLong = errors.New("record too long")

// ration lets through no more than a row's worth of bytes between two rows, and
// remembers how the file ended.
type ration struct {
	from  io.Reader
	left  int
	given int64
	final byte
	ended bool
}

func (r *ration) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, errRecordTooLong
	}
	n, err := r.from.Read(p[:min(len(p), r.left)])
	r.left -= n
	r.given += int64(n)
	if n > 0 {
		r.final = p[n-1]
	}
	r.ended = r.ended || errors.Is(err, io.EOF)
	return n, err
}

// openText looks at how a file begins: unpacks gzip as far as is allowed, drops a byte order mark, and
// refuses what is no text in UTF-8.
func openText(file string, r io.Reader, most *allowance) (*bufio.Reader, error) {
	text := bufio.NewReader(r)
	head, err := text.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, damaged(file, 0, "cannot be read: %v", err)
	}
	if bytes.HasPrefix(head, []byte("\x1f\x8b")) {
		unpacked, err := gzip.NewReader(text)
		if err != nil {
			return nil, damaged(file, 0, "is not gzip after all: %v", err)
		}
		text = bufio.NewReader(&unpacking{unpacked, most})
		if head, err = text.Peek(4); err != nil && !errors.Is(err, io.EOF) {
			return nil, damaged(file, 0, "cannot be unpacked: %v", err)
		}
	}
	switch {
	case len(head) == 0:
		return nil, damaged(file, 1, "%s", errNothing)
	case bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")):
		return nil, damaged(file, 1, "is UTF-16 (expected UTF-8: save it as CSV in UTF-8)")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return nil, damaged(file, 1, "is a ZIP archive (expected the file in it)")
	case bytes.HasPrefix(head, []byte("\ufeff")):
		if _, err := text.Discard(3); err != nil {
			return nil, damaged(file, 1, "cannot be read: %v", err)
		}
	}
	return text, nil
}

// columns are the columns of a file, known by name whatever their order and spelling.
type columns struct {
	file string
	// aliases are other names of a column.
	aliases map[string]string
	// at is where each column stands; header how the file spells it.
	at     map[string]int
	header []string
}

// add takes a column of the file. The first of a name counts; it is returned where
// the name was there already.
func (c *columns) add(spelled string) (name string, first int, again bool) {
	name = columnName(spelled)
	if alias, ok := c.aliases[name]; ok {
		name = alias
	}
	c.header = append(c.header, spelled)
	if first, again = c.at[name]; !again {
		c.at[name] = len(c.header) - 1
	}
	return name, first, again
}

// table reads a CSV file.
type table struct {
	columns
	ration *ration
	csv    *csv.Reader
	last   int
	// read is the row handed out last: it is used again.
	read row
}

// columnName is a header without case, spaces and punctuation: ERP Price is erpprice.
func columnName(header string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case (r >= 'a' && r <= 'z') || (r >= '0' && r <= '9'):
			return r
		default:
			return -1
		}
	}, header)
}

// layout is what is known of a kind of file before it is opened.
type layout struct {
	// what a file of this kind is called in a message.
	what    string
	aliases map[string]string
	// required are the columns without which it is no such file, as the provider spells
	// them.
	required []string
	// marks are columns of its newer form alone, marked those that a table of that form
	// has whatever is in their cells: left out, another meaning would be read.
	marks, marked []string
}

// missing is a column that a header lacks; empty where it has all.
func (l layout) missing(c *columns) string {
	has := func(name string) bool { _, ok := c.at[columnName(name)]; return ok }
	for _, name := range l.required {
		if !has(name) {
			return name
		}
	}
	if !slices.ContainsFunc(l.marks, has) {
		return ""
	}
	for _, name := range l.marked {
		if !has(name) {
			return name
		}
	}
	return ""
}

func (l layout) columns(file string) columns {
	return columns{file: file, aliases: l.aliases, at: map[string]int{}}
}

// openTable reads the header of a CSV file.
func openTable(file string, text io.Reader, l layout) (*table, error) {
	t := &table{columns: l.columns(file), ration: &ration{from: text}}
	t.csv = csv.NewReader(t.ration)
	t.csv.FieldsPerRecord = -1
	t.csv.ReuseRecord = true
	header, err := t.record()
	if errors.Is(err, io.EOF) {
		return nil, damaged(file, 1, "%s", errNothing)
	}
	if err != nil {
		return nil, err
	}
	if len(header) > columnsMax {
		return nil, damaged(file, 1, "has %d columns (expected at most %d)", len(header), columnsMax)
	}
	for _, cell := range slices.Clone(header) {
		name, first, again := t.add(cell)
		if again && slices.ContainsFunc(l.required, func(required string) bool { return columnName(required) == name }) {
			return nil, damaged(file, 1, "column %s is given twice (as %s too)", quote(cell), quote(t.header[first]))
		}
	}
	name := l.missing(&t.columns)
	if name == "" {
		return t, nil
	}
	if other := separator(header); other != "" {
		return nil, damaged(file, 1, "is separated by %s (expected commas, and points in numbers): export it as it comes from the provider", other)
	}
	return nil, damaged(file, 1, "is not %s: column %s is missing", l.what, name)
}

// separator is what a header of one cell seems to be separated by, where not by commas.
func separator(header []string) string {
	switch {
	case len(header) > 1:
	case strings.Contains(header[0], ";"):
		return "semicolons"
	case strings.Contains(header[0], "\t"):
		return "tabs"
	}
	return ""
}

// record is the cells of the next row.
func (t *table) record() ([]string, error) {
	t.ration.left = recordBytesMax
	cells, err := t.csv.Read()
	var syntax *csv.ParseError
	switch {
	case err == nil:
		t.last, _ = t.csv.FieldPos(0)
	case errors.Is(err, io.EOF):
		return nil, io.EOF
	case errors.Is(err, errRecordTooLong):
		return nil, damaged(t.file, t.last+1, "a row is longer than %d MiB (is a quote not closed?)", recordBytesMax>>20)
	case errors.As(err, &syntax) && errors.Is(err, csv.ErrBareQuote):
		t.last = syntax.Line
		return nil, &Problem{At: t.source(), Text: "a quote inside a cell that does not begin with one"}
	case errors.As(err, &syntax):
		return nil, damaged(t.file, syntax.StartLine, "is not CSV: a quote that opens here is not closed well (line %d): %v", syntax.Line, syntax.Err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, damaged(t.file, t.last+1, "is cut off")
	default:
		return nil, damaged(t.file, t.last+1, "cannot be read further: %v", err)
	}
	for _, cell := range cells {
		switch {
		case strings.IndexByte(cell, 0) >= 0:
			return nil, damaged(t.file, t.last, "holds a NUL byte (expected a text in UTF-8)")
		case !utf8.ValidString(cell):
			return nil, damaged(t.file, t.last, "is not UTF-8")
		}
	}
	return cells, nil
}

func (t *table) source() flow.Source { return flow.Source{File: t.file, Line: t.last} }

// row is the next row that is not empty; it is good until the next one is asked for.
func (t *table) row() (*row, error) {
	for {
		cells, err := t.record()
		if err != nil {
			return nil, err
		}
		if len(cells) > columnsMax {
			return nil, damaged(t.file, t.last, "has %d cells (expected %d)", len(cells), len(t.header))
		}
		if blank(cells) {
			continue
		}
		if len(cells) < len(t.header) && t.cutOff() {
			return nil, damaged(t.file, t.last, "is cut off: the last row has %d cells, and the header %d", len(cells), len(t.header))
		}
		t.read = row{of: &t.columns, cells: cells, wrong: mistakes{at: t.source()}}
		r := &t.read
		if len(cells) != len(t.header) {
			r.wrong.add("", "has %d cells, and the header %d", len(cells), len(t.header))
			return nil, r.wrong.err()
		}
		return r, nil
	}
}

// blank says whether a row says nothing, such as what an editor leaves at the end of a file.
func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(cell string) bool { return strings.TrimSpace(cell) != "" })
}

// cutOff says whether the last row ended with the file and not with its line.
func (t *table) cutOff() bool {
	return t.ration.ended && t.ration.final != '\n' && t.csv.InputOffset() == t.ration.given
}

// row reads the cells of one row by the names of their columns.
type row struct {
	of    *columns
	cells []string
	wrong mistakes
}

func (r *row) source() flow.Source { return r.wrong.at }

// has says whether the file knows the column.
func (r *row) has(column string) bool {
	_, ok := r.of.at[column]
	return ok
}

func (r *row) text(column string) string {
	at, ok := r.of.at[column]
	if !ok || at >= len(r.cells) {
		return ""
	}
	return flow.PlainText(r.cells[at])
}

func (r *row) spelled(column string) string {
	if at, ok := r.of.at[column]; ok {
		return r.of.header[at]
	}
	return column
}

// need is a text that must not be empty.
func (r *row) need(column string) string {
	text := r.text(column)
	if text == "" {
		r.wrong.add(r.spelled(column), "is empty, and required")
	}
	return text
}

// number is a decimal; given is false where the cell is empty.
func (r *row) number(column string) (d money.Decimal, given bool) {
	text := r.text(column)
	if text == "" {
		return d, false
	}
	d, ok := parseNumber(text)
	if !ok {
		r.wrong.add(r.spelled(column), "%s is not a decimal number (expected for example 12.50)", quote(text))
	}
	return d, ok
}

func (r *row) needNumber(column string) money.Decimal {
	if r.need(column) == "" {
		return money.Decimal{}
	}
	d, _ := r.number(column)
	return d
}

func (r *row) currency(column string) money.Currency {
	text := r.need(column)
	if text == "" {
		return money.Currency{}
	}
	c, err := money.ParseCurrency(strings.ToUpper(text))
	if err != nil {
		r.wrong.add(r.spelled(column), "%s is not a currency (expected an ISO 4217 code such as USD)", quote(text))
	}
	return c
}

// day is the civil day of an instant, in UTC.
func (r *row) day(column string) calendar.Date {
	text := r.need(column)
	if text == "" {
		return calendar.Date{}
	}
	at := r.instant(column)
	if at.IsZero() && len(r.wrong.list) == 0 {
		r.wrong.add(r.spelled(column), "%s stands for no date, and one is required", quote(text))
	}
	return dayOf(at)
}

// instant is zero where the cell is empty; the year 1 stands for none too.
func (r *row) instant(column string) time.Time {
	text := r.text(column)
	if text == "" {
		return time.Time{}
	}
	at, ok := parseInstant(text)
	if !ok {
		r.wrong.add(r.spelled(column), "%s is not a date (expected YYYY-MM-DD or M/D/YYYY)", quote(text))
	}
	if at.Year() == 1 {
		return time.Time{}
	}
	return at
}

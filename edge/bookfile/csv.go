package bookfile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"prorata/flow"
)

// ReadCSV reads one noun's file, row by row: the header names the keys, dotted
// where one stands inside another (discount.percent, changes.weekly); an empty
// cell is a key that is not given. A wrong row is reported and the next one read;
// after an error that is ErrDamaged nothing follows.
//
// Tiers stand in one cell, 1-5:7.00;6-10:6.50;*:6.00, with a flat fee after a
// plus (1-5:7.00+2.00); the lines of an address are lines of its cell; those of a credit are
// 1:50.00;2:25%;3.
func ReadCSV(noun, name string, r io.Reader) iter.Seq2[flow.Intake, error] {
	return func(yield func(flow.Intake, error) bool) {
		units := newUnitTable(true)
		rows, err := openRows(noun, name, r)
		for err == nil {
			var f *fields
			f, err = rows.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				if !yield(flow.Intake{At: flow.Source{File: name}}, err) || errors.Is(err, ErrDamaged) {
					return
				}
				err = nil
				continue
			}
			v := intake(noun, f, units)
			if err := f.in.err(); err != nil {
				v = flow.Intake{At: v.At}
				if !yield(v, err) {
					return
				}
				continue
			}
			if !yield(v, nil) {
				return
			}
		}
		yield(flow.Intake{At: flow.Source{File: name}}, err)
	}
}

// recordBytesMax bounds a row, so that an unclosed quote does not swallow the file.
const recordBytesMax = 1 << 20

var errRecordTooLong = errors.New("record too long")

// ration lets through no more than a row's worth of bytes between two rows.
type ration struct {
	from io.Reader
	left int
}

func (r *ration) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, errRecordTooLong
	}
	n, err := r.from.Read(p[:min(len(p), r.left)])
	r.left -= n
	return n, err
}

// rows reads the rows of one noun's file as fields.
type rows struct {
	file    string
	columns []string
	ration  *ration
	csv     *csv.Reader
	// last is the line of the last row read.
	last int
}

func openRows(noun, name string, r io.Reader) (*rows, error) {
	known, required := columnsOf(noun)
	if known == nil {
		return nil, damaged(name, 0, "unknown noun %s (expected %s)", quote(noun), strings.Join(Nouns(), ", "))
	}
	head := make([]byte, 3)
	n, err := io.ReadFull(r, head)
	head = head[:n]
	switch {
	case err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return nil, damaged(name, 0, "cannot be read: %v", err)
	case n == 0:
		return nil, damaged(name, 1, "the file is empty (expected a header of column names)")
	case bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")):
		return nil, damaged(name, 1, "is UTF-16 (expected UTF-8)")
	case bytes.HasPrefix(head, []byte("PK")) || bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return nil, damaged(name, 1, "is compressed (expected a CSV text)")
	}
	t := &rows{file: name, ration: &ration{from: io.MultiReader(bytes.NewReader(bytes.TrimPrefix(head, []byte("\ufeff"))), r)}}
	t.csv = csv.NewReader(t.ration)
	t.csv.FieldsPerRecord = -1
	t.csv.ReuseRecord = true
	header, _, err := t.record()
	if errors.Is(err, io.EOF) {
		return nil, damaged(name, 1, "the file is empty (expected a header of column names)")
	}
	if err != nil {
		return nil, err
	}
	for _, cell := range header {
		column := strings.ToLower(strings.TrimSpace(cell))
		if !slices.Contains(known, column) {
			return nil, damaged(name, 1, "unknown column %s (expected some of %s)", quote(cell), strings.Join(known, ", "))
		}
		if slices.Contains(t.columns, column) {
			return nil, damaged(name, 1, "column %s is given twice", column)
		}
		t.columns = append(t.columns, column)
	}
	for _, column := range known[:required] {
		if !slices.Contains(t.columns, column) {
			return nil, damaged(name, 1, "column %s is missing, and required", column)
		}
	}
	return t, nil
}

// record is the cells of the next row and its line.
func (t *rows) record() ([]string, int, error) {
	t.ration.left = recordBytesMax
	cells, err := t.csv.Read()
	var syntax *csv.ParseError
	switch {
	case err == nil:
		t.last, _ = t.csv.FieldPos(0)
	case errors.Is(err, io.EOF):
		return nil, 0, io.EOF
	case errors.Is(err, errRecordTooLong):
		return nil, 0, damaged(t.file, t.last+1, "a row is longer than %d MiB (is a quote not closed?)", recordBytesMax>>20)
	case errors.As(err, &syntax):
		return nil, 0, damaged(t.file, syntax.StartLine, "is not CSV: line %d, column %d: %v", syntax.Line, syntax.Column, syntax.Err)
	default:
		return nil, 0, damaged(t.file, t.last+1, "cannot be read further: %v", err)
	}
	for _, cell := range cells {
		switch {
		case strings.ContainsRune(cell, 0):
			return nil, 0, damaged(t.file, t.last, "holds a NUL byte (expected a text in UTF-8)")
		case !utf8.ValidString(cell):
			return nil, 0, damaged(t.file, t.last, "is not UTF-8")
		}
	}
	return cells, t.last, nil
}

// next is the fields of the next row that is not empty.
func (t *rows) next() (*fields, error) {
	for {
		cells, line, err := t.record()
		if err != nil {
			return nil, err
		}
		in := &problems{file: t.file}
		if len(cells) != len(t.columns) {
			in.add(line, "", "has %d cells, and the header %d", len(cells), len(t.columns))
			return nil, in.err()
		}
		root := value{shape: mapping, line: line}
		for i, cell := range cells {
			if cell = strings.TrimSpace(cell); cell != "" {
				set(in, &root, "", t.columns[i], cellValue(in, t.columns[i], cell, line))
			}
		}
		if len(root.fields) > 0 || len(in.list) > 0 {
			return fieldsOf(in, "", root), nil
		}
	}
}

// set puts a value where its dotted column says.
func set(in *problems, to *value, path, column string, v value) {
	key, rest, nested := strings.Cut(column, ".")
	path = strings.TrimPrefix(path+"."+key, ".")
	at := slices.IndexFunc(to.fields, func(f field) bool { return f.key == key })
	switch {
	case at < 0 && nested:
		to.fields = append(to.fields, field{key: key, line: v.line, value: value{shape: mapping, line: v.line}})
		set(in, &to.fields[len(to.fields)-1].value, path, rest, v)
	case at < 0:
		to.fields = append(to.fields, field{key: key, line: v.line, value: v})
	case nested && to.fields[at].value.shape == mapping:
		set(in, &to.fields[at].value, path, rest, v)
	default:
		in.add(v.line, path, "is given twice (as %s and as %s.…)", key, key)
	}
}

func cellValue(in *problems, column, cell string, line int) value {
	v := value{shape: scalar, text: cell, line: line}
	switch column {
	case "tiers":
		return tiersOfCell(in, cell, line)
	case "lines":
		return creditsOfCell(cell, line)
	case "address":
		v = value{shape: list, line: line}
		for part := range strings.SplitSeq(cell, "\n") {
			v.items = append(v.items, value{shape: scalar, text: part, line: line})
		}
	}
	return v
}

// creditsOfCell reads 1:50.00;2:25%;3, the lines of a credit: by an amount, a share, or whole.
func creditsOfCell(cell string, line int) value {
	v := value{shape: list, line: line}
	for part := range strings.SplitSeq(cell, ";") {
		number, amount, given := strings.Cut(part, ":")
		of := value{shape: mapping, line: line, fields: []field{{key: "line", line: line, value: value{shape: scalar, text: strings.TrimSpace(number), line: line}}}}
		if given {
			key := "amount"
			share, percent := strings.CutSuffix(strings.TrimSpace(amount), "%")
			if percent {
				key = "percent"
			}
			of.fields = append(of.fields, field{key: key, line: line, value: value{shape: scalar, text: strings.TrimSpace(share), line: line}})
		}
		v.items = append(v.items, of)
	}
	return v
}

// tiersOfCell reads 1-5:7.00;6-10:6.50;*:6.00. The lower bounds are for people,
// and must be the next whole number after the tier before.
func tiersOfCell(in *problems, cell string, line int) value {
	v := value{shape: list, line: line}
	scalarOf := func(key, text string) field {
		return field{key: key, line: line, value: value{shape: scalar, text: strings.TrimSpace(text), line: line}}
	}
	before := "0"
	for part := range strings.SplitSeq(cell, ";") {
		bounds, amounts, ok := strings.Cut(part, ":")
		if !ok {
			in.add(line, "tiers", "%s is not a tier (expected for example 1-5:7.00;6-10:6.50;*:6.00)", quote(part))
			return v
		}
		tier := value{shape: mapping, line: line}
		low, high, ranged := strings.Cut(strings.TrimSpace(bounds), "-")
		if !ranged {
			low, high = "", low
		}
		if low, high = strings.TrimSpace(low), strings.TrimSpace(high); high != "*" {
			tier.fields = append(tier.fields, scalarOf("up_to", high))
		}
		if ranged && low != wholeAfter(before) {
			in.add(line, "tiers", "the tier %s begins at %s (expected %s)", quote(part), quote(low), wholeAfter(before))
			return v
		}
		price, flat, fee := strings.Cut(amounts, "+")
		if strings.TrimSpace(price) != "" {
			tier.fields = append(tier.fields, scalarOf("price", price))
		}
		if fee {
			tier.fields = append(tier.fields, scalarOf("flat", flat))
		}
		v.items = append(v.items, tier)
		before = high
	}
	return v
}

// wholeAfter is the whole number after a whole number, or empty.
func wholeAfter(text string) string {
	var n int64
	if _, err := fmt.Sscanf(text, "%d", &n); err != nil || fmt.Sprint(n) != text {
		return ""
	}
	return fmt.Sprint(n + 1)
}

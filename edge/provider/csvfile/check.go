package csvfile

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"prorata/core/money"
	"prorata/flow"
)

// Report is what a mapping makes of a file, for the person who writes it.
type Report struct {
	Mapping, File string
	Reads         Reads
	// Columns are the file's, in its order.
	Columns []ReportColumn
	// Rows were understood, Skipped left out by the mapping, Wrong had a mistake.
	Rows, Skipped, Wrong int
	// First are the first rows as they were understood.
	First []ReportRow
	// Words are those of the file that stand for one of ours.
	Words []ReportWord
	// Totals are one for each currency.
	Totals []ReportTotal
	// Problems are the mistakes with their places, the first of them; damage is among them.
	Problems []error
	// Damaged says that the file was not read to its end.
	Damaged bool
}

// ReportColumn is one column of the file and the fields that it is used for.
type ReportColumn struct {
	Name string
	Uses []string
}

// ReportRow is a row as it was understood.
type ReportRow struct {
	Line   int
	Fields []ReportField
}

// ReportField is what one field of a row was understood to be.
type ReportField struct{ Field, Value string }

// ReportWord is a word of the file, what it is read as, and in how many rows.
type ReportWord struct {
	Field, Word, Ours string
	Rows              int
}

// ReportTotal adds up the rows of one currency, to be compared with the
// distributor's own total.
type ReportTotal struct {
	Currency         string
	Rows             int
	Cost, Tax, Total money.Decimal
}

const (
	firstRows   = 10
	problemsMax = 100
	wordsMax    = 200
)

// Check reads a whole file by a mapping and tells what came of it.
func Check(m *Mapping, name string, from io.Reader) Report {
	report := Report{Mapping: m.Name, File: name, Reads: m.Reads}
	t, err := m.openTable(name, from)
	if t != nil {
		report.columns(t)
	}
	if err != nil {
		report.problem(err)
		return report
	}
	defer t.close()
	seen := occurrences{}
	for {
		r, skipped, err := t.row()
		switch {
		case errors.Is(err, io.EOF):
			return report
		case errors.Is(err, ErrDamaged):
			report.problem(err)
			return report
		case err != nil:
			report.Wrong++
			report.problem(err)
			continue
		case skipped:
			report.Skipped++
			continue
		}
		total := readAs(r, seen)
		if err := r.wrong.err(); err != nil {
			report.Wrong++
			report.problem(err)
			continue
		}
		report.row(r)
		report.add(total)
	}
}

// readAs reads a row for what is wrong with it and for what it adds to the totals.
func readAs(r *row, seen occurrences) ReportTotal {
	switch r.of.Reads {
	case Lines:
		l := line(r, seen)
		return ReportTotal{l.Charge.Currency.String(), 1, l.Charge.Cost, l.Tax, l.Total}
	case Usage:
		u := used(r, seen)
		return ReportTotal{u.Currency.String(), 1, u.Cost, money.Decimal{}, u.Cost}
	case Holdings:
		holding(r)
	case Customers:
		customer(r)
	case Prices:
		return ReportTotal{Currency: price(r).Currency.String(), Rows: 1}
	}
	return ReportTotal{Rows: 1}
}

func (report *Report) columns(t *table) {
	uses := t.used()
	for _, name := range t.header {
		report.Columns = append(report.Columns, ReportColumn{name, uses[columnName(name)]})
	}
}

func (report *Report) problem(err error) {
	report.Damaged = report.Damaged || errors.Is(err, ErrDamaged)
	if len(report.Problems) < problemsMax {
		report.Problems = append(report.Problems, err)
	}
}

func (report *Report) row(r *row) {
	report.Rows++
	show := ReportRow{Line: r.at.Line}
	for _, name := range r.of.names {
		s := r.of.fields[name].shape
		if words := s == charge || s == status || s == cycle || s == term || s == flag; words || report.Rows <= firstRows {
			value := understood(r, name, s)
			show.Fields = append(show.Fields, ReportField{name, value})
			if words {
				report.word(name, r.raw(name), value)
			}
		}
	}
	if report.Rows <= firstRows {
		report.First = append(report.First, show)
	}
}

// understood is a field's value in words of ours.
func understood(r *row, name string, s shape) string {
	switch s {
	case number, amount:
		if d, given := r.decimal(name); given {
			return d.String()
		}
		return ""
	case day:
		return r.date(name).String()
	case end:
		if last := r.end(name); !last.IsZero() {
			return "before " + last.String()
		}
		return ""
	case instant:
		if at := r.instant(name); !at.IsZero() {
			return at.Format("2006-01-02 15:04:05")
		}
		return ""
	case currency:
		return r.currency(name).String()
	case term:
		return fmt.Sprintf("%d months", r.term(name))
	case text, cycle, charge, status, flag:
	}
	return r.text(name)
}

func (report *Report) word(field, word, ours string) {
	for i := range report.Words {
		if w := &report.Words[i]; w.Field == field && w.Word == word {
			w.Rows++
			return
		}
	}
	if len(report.Words) < wordsMax {
		report.Words = append(report.Words, ReportWord{field, word, ours, 1})
	}
}

func (report *Report) add(total ReportTotal) {
	for i := range report.Totals {
		if t := &report.Totals[i]; t.Currency == total.Currency {
			t.Rows += total.Rows
			t.Cost, t.Tax, t.Total = t.Cost.Add(total.Cost), t.Tax.Add(total.Tax), t.Total.Add(total.Total)
			return
		}
	}
	report.Totals = append(report.Totals, total)
}

// String is the report as a person reads it.
func (report Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, read as %s by the mapping %q\n", report.File, report.Reads, report.Mapping)
	fmt.Fprintf(&b, "%d rows understood, %d left out, %d wrong\n", report.Rows, report.Skipped, report.Wrong)
	if len(report.Columns) > 0 {
		b.WriteString("\nColumns\n")
	}
	for _, c := range report.Columns {
		use := strings.Join(c.Uses, ", ")
		if use == "" {
			use = "(not used)"
		}
		fmt.Fprintf(&b, "  %-32s %s\n", c.Name, use)
	}
	if len(report.Words) > 0 {
		b.WriteString("\nWords\n")
	}
	for _, w := range report.Words {
		fmt.Fprintf(&b, "  %-12s %-32s is %s (%d rows)\n", w.Field, quote(strings.ReplaceAll(w.Word, "\x00", " + ")), w.Ours, w.Rows)
	}
	if len(report.First) > 0 {
		b.WriteString("\nFirst rows as understood\n")
	}
	for _, row := range report.First {
		fmt.Fprintf(&b, "  line %d\n", row.Line)
		for _, f := range row.Fields {
			if f.Value != "" {
				fmt.Fprintf(&b, "    %-18s %s\n", f.Field, f.Value)
			}
		}
	}
	if len(report.Totals) > 0 {
		b.WriteString("\nTotals\n")
	}
	for _, t := range report.Totals {
		if report.Reads == Lines || report.Reads == Usage {
			fmt.Fprintf(&b, "  %s: %d rows, cost %s, tax %s, total %s\n", t.Currency, t.Rows, t.Cost, t.Tax, t.Total)
		} else {
			fmt.Fprintf(&b, "  %s %d rows\n", t.Currency, t.Rows)
		}
	}
	if len(report.Problems) > 0 {
		b.WriteString("\nProblems\n")
	}
	for _, err := range report.Problems {
		fmt.Fprintf(&b, "  %s\n", strings.ReplaceAll(err.Error(), "\n", "\n  "))
	}
	if more := report.Wrong - len(report.Problems); more > 0 {
		fmt.Fprintf(&b, "  and %d more\n", more)
	}
	if report.Damaged {
		b.WriteString("The file was not read to its end.\n")
	}
	return b.String()
}

var _ flow.Provider = (*Folder)(nil)

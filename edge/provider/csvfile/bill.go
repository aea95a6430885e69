package csvfile

import (
	"fmt"
	"io"
	"iter"
	"strings"

	"prorata/core/calendar"
	"prorata/flow"
)

// BillLine is a row of a bill; On is the day of its invoice, where the row tells it.
type BillLine struct {
	flow.ProviderLine
	On calendar.Date
}

// Bill reads a file of lines by itself, outside of its folder: a wrong row is an error that
// names file, line and column, and the next row follows.
func Bill(m *Mapping, name string, r io.Reader) iter.Seq2[BillLine, error] {
	return func(yield func(BillLine, error) bool) {
		for line, err := range rowsOf(m, name, r, lineReader()) {
			if !yield(BillLine{line.ProviderLine, line.on}, err) {
				return
			}
		}
	}
}

// ForBill is the mapping by which a bill of that name is read: the one whose pattern its name fits, or the
// only one that reads lines. Where that is not clear the error says which names would do.
func ForBill(mappings []*Mapping, name string) (*Mapping, error) {
	var lines, fit []*Mapping
	var patterns []string
	for _, m := range mappings {
		if m.Reads != Lines {
			continue
		}
		lines = append(lines, m)
		patterns = append(patterns, m.Files)
		if m.matches(name) {
			fit = append(fit, m)
		}
	}
	switch {
	case len(fit) == 1:
		return fit[0], nil
	case len(fit) > 1:
		return nil, fmt.Errorf("the name %s fits several mappings: %s and %s", quote(name), fit[0].Name, fit[1].Name)
	case len(lines) == 1:
		return lines[0], nil
	case len(lines) == 0:
		return nil, fmt.Errorf("no mapping of the connection reads lines of invoices")
	}
	return nil, fmt.Errorf("the name %s fits no mapping (expected %s)", quote(name), strings.Join(patterns, " or "))
}

package document

import (
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"prorata/core/calendar"
	"prorata/flow"
)

// Limits of the sheet format.
const (
	sheetRowsMax  = 1 << 20
	cellUnitsMax  = 32767
	exactDigits   = 15
	currencyMost  = 4
	headingHeight = 18
)

// XLSX writes a workbook with the sheets Invoices (one row for each document)
// and Lines (one row for each line). Amounts are numbers in the format of their
// currency, or texts where a spreadsheet's number could not hold them exactly.
// Rows are streamed: memory does not grow with their number.
func XLSX(w io.Writer, documents iter.Seq2[flow.Document, error]) error {
	return writeXLSX(w, documents, sheetRowsMax)
}

func writeXLSX(w io.Writer, documents iter.Seq2[flow.Document, error], rowsMax int) (err error) {
	f := excelize.NewFile()
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
	}()
	b := &workbook{file: f, rowsMax: rowsMax}
	if err := b.prepare(); err != nil {
		return err
	}
	invoices, err := b.newSheet("Invoices", invoiceColumns)
	if err != nil {
		return err
	}
	lines, err := b.newSheet("Lines", lineColumns)
	if err != nil {
		return err
	}
	for d, err := range documents {
		if err != nil {
			return err
		}
		if err := invoices.write(invoiceRow(&d)); err != nil {
			return err
		}
		for row := range lineRows(&d) {
			if err := lines.write(row); err != nil {
				return err
			}
		}
	}
	if err := invoices.stream.Flush(); err != nil {
		return err
	}
	if err := lines.stream.Flush(); err != nil {
		return err
	}
	return f.Write(w)
}

// workbook is the file with its styles.
type workbook struct {
	file    *excelize.File
	rowsMax int
	heading int
	date    int
	// amount is the style by the currency's digits; other numbers have none.
	amount [currencyMost + 1]int
}

func (b *workbook) prepare() error {
	b.file.SetActiveSheet(0)
	if err := b.file.SetSheetName("Sheet1", "Invoices"); err != nil {
		return err
	}
	if err := b.file.SetDocProps(&excelize.DocProperties{Creator: producer}); err != nil {
		return err
	}
	var err error
	if b.heading, err = b.file.NewStyle(&excelize.Style{
		Font:      &excelize.Font{Bold: true},
		Alignment: &excelize.Alignment{Vertical: "center"},
		Border:    []excelize.Border{{Type: "bottom", Color: "5C636B", Style: 1}},
	}); err != nil {
		return err
	}
	number := func(format string) (int, error) { return b.file.NewStyle(&excelize.Style{CustomNumFmt: &format}) }
	if b.date, err = number("yyyy-mm-dd"); err != nil {
		return err
	}
	for digits := range b.amount {
		format := "#,##0"
		if digits > 0 {
			format += "." + strings.Repeat("0", digits)
		}
		if b.amount[digits], err = number(format); err != nil {
			return err
		}
	}
	return nil
}

// sheet takes rows; when one is full, another is begun.
type sheet struct {
	book    *workbook
	name    string
	columns []exportColumn
	stream  *excelize.StreamWriter
	// part counts the sheets of this name, row the rows on this one.
	part, row int
	values    []any
}

func (b *workbook) newSheet(name string, columns []exportColumn) (*sheet, error) {
	s := &sheet{book: b, name: name, columns: columns}
	return s, s.begin()
}

// begin opens the next sheet and writes its heading.
func (s *sheet) begin() error {
	s.part++
	s.row = 0
	name := s.name
	if s.part > 1 {
		name = fmt.Sprintf("%s %d", s.name, s.part)
	}
	if _, err := s.book.file.NewSheet(name); err != nil {
		return err
	}
	var err error
	if s.stream, err = s.book.file.NewStreamWriter(name); err != nil {
		return err
	}
	s.values = s.values[:0]
	for i, c := range s.columns {
		if err := s.stream.SetColWidth(i+1, i+1, c.width); err != nil {
			return err
		}
		s.values = append(s.values, excelize.Cell{StyleID: s.book.heading, Value: c.name})
	}
	if err := s.stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	return s.put(excelize.RowOpts{Height: headingHeight})
}

func (s *sheet) write(cells []cell) error {
	if s.row == s.book.rowsMax {
		if err := s.stream.Flush(); err != nil {
			return err
		}
		if err := s.begin(); err != nil {
			return err
		}
	}
	s.values = s.values[:0]
	for _, c := range cells {
		s.values = append(s.values, s.book.value(c))
	}
	return s.put()
}

func (s *sheet) put(options ...excelize.RowOpts) error {
	s.row++
	return s.stream.SetRow("A"+strconv.Itoa(s.row), s.values, options...)
}

// value is a cell as the sheet holds it.
func (b *workbook) value(c cell) any {
	switch c.kind {
	case textCell:
		if c.text == "" {
			return nil
		}
		return cutTo(harmless(c.text), cellUnitsMax)
	case numberCell:
		style := 0
		if c.digits >= 0 && c.digits < len(b.amount) {
			style = b.amount[c.digits]
		}
		if !exact(c.text) {
			return c.text
		}
		n, err := strconv.ParseFloat(c.text, 64)
		if err != nil {
			return c.text
		}
		return excelize.Cell{StyleID: style, Value: n}
	case dayCell:
		return b.dayValue(c.day)
	case truthCell:
		return c.text == "true"
	}
	return nil
}

// dayValue is a day as the number that spreadsheets count days by, shown as
// YYYY-MM-DD; a text before March 1900, where they count wrongly.
func (b *workbook) dayValue(day calendar.Date) any {
	if day.IsZero() {
		return nil
	}
	epoch, err := calendar.NewDate(1899, 12, 30)
	if n := epoch.DaysUntil(day); err == nil && n > 60 {
		return excelize.Cell{StyleID: b.date, Value: n}
	}
	return day.String()
}

// exact says whether a plain decimal has no more digits that count than a
// spreadsheet keeps of a number.
func exact(plain string) bool {
	digits := strings.TrimLeft(strings.ReplaceAll(strings.TrimPrefix(plain, "-"), ".", ""), "0")
	if strings.Contains(plain, ".") {
		digits = strings.TrimRight(digits, "0")
	}
	return len(digits) <= exactDigits
}

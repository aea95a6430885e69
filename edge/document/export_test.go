package document

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
)

func sequence(documents ...flow.Document) iter.Seq2[flow.Document, error] {
	return func(yield func(flow.Document, error) bool) {
		for _, d := range documents {
			if !yield(d, nil) {
				return
			}
		}
	}
}

var errStore = errors.New("the store is gone")

func failing(d flow.Document) iter.Seq2[flow.Document, error] {
	return func(yield func(flow.Document, error) bool) {
		if yield(d, nil) {
			yield(flow.Document{}, errStore)
		}
	}
}

func TestExportsSayWhatTheySaid(t *testing.T) {
	void := yenInvoice(t)
	void.Void = true
	documents := []flow.Document{smallInvoice(t), frenchCredit(t), void, defusedInvoice(t)}
	golden(t, "invoices.csv", func(w io.Writer) error { return CSVInvoices(w, sequence(documents...)) })
	golden(t, "lines.csv", func(w io.Writer) error { return CSVLines(w, sequence(documents...)) })
	golden(t, "invoice.json", func(w io.Writer) error { return JSON(w, smallInvoice(t)) })
	golden(t, "empty.json", func(w io.Writer) error { return JSON(w, flow.Document{}) })
}

func golden(t *testing.T, name string, write func(io.Writer) error) {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("%s says something else now; run with -update and read the diff.\n%s", name, b.String())
	}
}

// defusedInvoice has what looks like formulas, and amounts that are negative or
// too long for a spreadsheet's number.
func defusedInvoice(t testing.TB) flow.Document {
	b := newDraft(t, "en", "CLF")
	b.d.Number, b.d.PurchaseOrder, b.d.Terms = "-2026-7", "=1+1", "x;=cmd|'/C calc'!A0"
	b.d.Buyer.Name = "@SUM(1+9)*cmd, \"Łódź\""
	b.entity("+acct", "=HYPERLINK(\"https://evil.example\")", "-1").section("-s", "+sku", "\t=product")
	b.line(billing.LineChange, "two\nlines\x00", "2026-02-16", "2026-03-01", "-1200.5", "0.00000001", "-1.5000", "-3.0000", "@tax")
	b.line(billing.LineUsage, "long", "2026-02-16", "2026-03-01", "1", "", "0", "123456789012.3456", "")
	d := b.done()
	d.Total = money.NewAmount(-9007199254740993, d.Currency)
	return d
}

func TestNegativeNumbersInCSVAreNumbersAndTextsAreNot(t *testing.T) {
	var b bytes.Buffer
	if err := CSVLines(&b, sequence(defusedInvoice(t))); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	line := map[string]string{}
	for i, name := range records[0] {
		line[name] = records[1][i]
	}
	for name, want := range map[string]string{
		"number": "'-2026-7", "quantity": "-1200.5", "unit_price": "0.00000001", "amount": "-3.0000", "discount": "-1.5000", "product": "'=product",
		"first_day": "2026-02-16", "last_day": "2026-02-28", "description": "two lines", "line_kind": "change", "sku": "'+sku",
	} {
		if line[name] != want {
			t.Errorf("%s is %q, want %q", name, line[name], want)
		}
	}
}

func TestSheetsHoldNumbersDaysAndHarmlessTexts(t *testing.T) {
	var b bytes.Buffer
	if err := XLSX(&b, sequence(smallInvoice(t), yenInvoice(t), defusedInvoice(t))); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(f.GetSheetList(), ","); got != "Invoices,Lines" {
		t.Errorf("the sheets are %s", got)
	}
	for _, c := range []struct {
		sheet, column, raw, shown string
		row                       int
		kind                      excelize.CellType
	}{
		{"Invoices", "number", "INV-2026-000431", "INV-2026-000431", 2, excelize.CellTypeInlineString},
		{"Invoices", "date", "46082", "2026-03-01", 2, excelize.CellTypeUnset},
		{"Invoices", "total", "1457.98", "1,457.98", 2, excelize.CellTypeUnset},
		{"Invoices", "void", "0", "FALSE", 2, excelize.CellTypeBool},
		{"Invoices", "total", "6746970", "6,746,970", 3, excelize.CellTypeUnset},
		{"Invoices", "number", "'-2026-7", "'-2026-7", 4, excelize.CellTypeInlineString},
		{"Invoices", "purchase_order", "'=1+1", "'=1+1", 4, excelize.CellTypeInlineString},
		{"Invoices", "total", "-900719925474.0993", "-900719925474.0993", 4, excelize.CellTypeInlineString},
		{"Lines", "quantity", "25", "25", 2, excelize.CellTypeUnset},
		{"Lines", "unit_price", "22", "22", 2, excelize.CellTypeUnset},
		{"Lines", "last_day", "46112", "2026-03-31", 2, excelize.CellTypeUnset},
		{"Lines", "last_day", "", "", 4, excelize.CellTypeUnset},
		{"Lines", "amount", "-3", "-3.0000", 7, excelize.CellTypeUnset},
		{"Lines", "amount", "123456789012.3456", "123456789012.3456", 8, excelize.CellTypeInlineString},
		{"Lines", "description", "two lines", "two lines", 7, excelize.CellTypeInlineString},
	} {
		at := cellAt(t, f, c.sheet, c.column, c.row)
		shown, err1 := f.GetCellValue(c.sheet, at)
		raw, err2 := f.GetCellValue(c.sheet, at, excelize.Options{RawCellValue: true})
		kind, err3 := f.GetCellType(c.sheet, at)
		if err := errors.Join(err1, err2, err3); err != nil {
			t.Fatal(err)
		}
		if shown != c.shown || raw != c.raw || kind != c.kind {
			t.Errorf("%s %s in row %d: %q shown as %q (type %d); want %q shown as %q (type %d)", c.sheet, c.column, c.row, raw, shown, kind, c.raw, c.shown, c.kind)
		}
	}
}

func cellAt(t *testing.T, f *excelize.File, sheet, column string, row int) string {
	t.Helper()
	columns := invoiceColumns
	if sheet == "Lines" {
		columns = lineColumns
	}
	for i, c := range columns {
		if c.name == column {
			at, err := excelize.CoordinatesToCellName(i+1, row)
			if err != nil {
				t.Fatal(err)
			}
			return at
		}
	}
	t.Fatalf("no column %s", column)
	return ""
}

func TestAFullSheetGoesOnOnAnother(t *testing.T) {
	var b bytes.Buffer
	if err := writeXLSX(&b, sequence(longInvoice(t), smallInvoice(t)), 200); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(f.GetSheetList(), ","); got != "Invoices,Lines,Lines 2,Lines 3" {
		t.Fatalf("the sheets are %s", got)
	}
	lines := 0
	for _, name := range f.GetSheetList()[1:] {
		rows, err := f.GetRows(name)
		if err != nil {
			t.Fatal(err)
		}
		if rows[0][0] != "number" {
			t.Errorf("%s has no heading", name)
		}
		lines += len(rows) - 1
	}
	if lines != 403 {
		t.Errorf("%d lines on all sheets, want 403", lines)
	}
}

func TestOnlyWhatFifteenDigitsHoldIsANumber(t *testing.T) {
	for text, want := range map[string]bool{
		"0": true, "-0.05": true, "999999999999999": true, "1000000000000000": false, "9999999999999.99": true, "99999999999999.99": false,
		"12345678901234.50": true, "0.000000000000001": true, "1234567890.1234567000": false, "100.0000000000000000": true,
	} {
		if exact(text) != want {
			t.Errorf("exact(%s) is %v", text, !want)
		}
	}
}

func TestHostileTextIsExportedHarmlessly(t *testing.T) {
	d := hostileInvoice(t)
	var lines, sheets, object bytes.Buffer
	if err := errors.Join(CSVLines(&lines, sequence(d)), XLSX(&sheets, sequence(d)), JSON(&object, d)); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(&lines).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&sheets)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := f.GetRows("Lines")
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != len(rows) || len(rows) != 2*(len(hostile)+2)+1 {
		t.Fatalf("%d records, %d rows", len(records), len(rows))
	}
	for i := range rows {
		for j, text := range rows[i] {
			numeric := slices.Contains([]string{"line", "quantity", "unit_price", "gross", "discount", "amount"}, lineColumns[j].name)
			if i > 0 && !numeric && text != "" && strings.ContainsRune(formulaSigns+"\t\r\n\x00", []rune(text)[0]) {
				t.Errorf("row %d, %s: %.40q", i+1, lineColumns[j].name, text)
			}
		}
	}
	var back struct {
		Entities []struct{ Name string }
	}
	if err := json.Unmarshal(object.Bytes(), &back); err != nil || back.Entities[0].Name != hostile[0] {
		t.Errorf("%v, %v", err, back.Entities[0])
	}
}

func TestAFailingStoreStopsAnExport(t *testing.T) {
	d := smallInvoice(t)
	for name, write := range map[string]func(io.Writer, iter.Seq2[flow.Document, error]) error{"invoices": CSVInvoices, "lines": CSVLines, "sheets": XLSX} {
		if err := write(io.Discard, failing(d)); !errors.Is(err, errStore) {
			t.Errorf("%s: %v", name, err)
		}
		if err := write(io.Discard, sequence()); err != nil {
			t.Errorf("%s of nothing: %v", name, err)
		}
	}
}

package main

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/edge/provider/csvfile"
	"prorata/flow"
	"prorata/flow/office"
)

type movable struct{ at time.Time }

func (m *movable) Now() time.Time { return m.at }

func inFolder(t *testing.T, u *uploads) int {
	t.Helper()
	entries, err := os.ReadDir(u.folder)
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// A file waits an hour for whoever sent it, at most twenty do, and none outlives the program.
func TestUploadsAreKeptForWhoSentThemForAnHour(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	clock := &movable{at: time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)}
	u := newUploads(nil)
	u.clock = clock
	var field *office.FieldError
	for _, wrong := range []struct {
		file  office.ImportFile
		field string
	}{{office.ImportFile{Name: "thing.bin"}, "as"}, {office.ImportFile{Name: "x", Kind: "poems"}, "as"}, {office.ImportFile{Name: "price-sheet.csv", Rule: "free"}, "rule"}, {office.ImportFile{Name: "price-sheet.csv", Currency: "euro"}, "currency"}} {
		if _, err := u.Keep("ana", wrong.file, strings.NewReader("x")); !errors.As(err, &field) || field.Field != wrong.field {
			t.Errorf("%+v: %v", wrong.file, err)
		}
	}
	id, err := u.Keep("ana", office.ImportFile{Name: "book.yaml"}, strings.NewReader("products: [{sku: A, name: A}, {sku: B, nam: B}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	if file, err := u.Find("ana", id); err != nil || file.Kind != "book" {
		t.Errorf("%+v: %v", file, err)
	}
	var refusal *billing.Refusal
	if _, err := newUploads(nil).Find("ana", id); !errors.As(err, &refusal) || refusal.Code != "file_elsewhere" {
		t.Errorf("at another process: %v", err)
	}
	if info, err := os.Stat(u.folder); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("others may look into %s: %v", u.folder, err)
	}
	if _, err := u.Find("ben", id); !errors.Is(err, flow.ErrUnknown) {
		t.Errorf("another's file: %v", err)
	}
	good, bad := 0, 0
	for _, err := range u.Intakes(t.Context(), "ana", id) {
		var line *flow.InputError
		switch {
		case err == nil:
			good++
		case errors.As(err, &line) && line.At.Line == 1:
			bad++
		default:
			t.Errorf("%v", err)
		}
	}
	if good != 1 || bad != 1 {
		t.Errorf("%d can be read, %d cannot", good, bad)
	}
	for i := range uploadsMost {
		clock.at = clock.at.Add(time.Second)
		if _, err := u.Keep("ben", office.ImportFile{Name: strconv.Itoa(i) + ".yaml"}, strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := u.Find("ana", id); !errors.Is(err, flow.ErrUnknown) || inFolder(t, u) != uploadsMost {
		t.Errorf("%d files are kept, the oldest: %v", inFolder(t, u), err)
	}
	clock.at = clock.at.Add(uploadKept + time.Second)
	if err := u.sweep(); err != nil || inFolder(t, u) != 0 {
		t.Errorf("%d files after an hour: %v", inFolder(t, u), err)
	}
	if id, err = u.Keep("ana", office.ImportFile{Name: "book.yaml"}, strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	if err := u.Took("ana", id, &office.ImportReport{}); err != nil || inFolder(t, u) != 0 {
		t.Errorf("%d files after it was taken: %v", inFolder(t, u), err)
	}
	if file, err := u.Find("ana", id); err != nil || file.Report == nil {
		t.Errorf("the report: %+v, %v", file, err)
	}
	folder := u.folder
	if err := u.close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
	}
}

// someBill is an invoice of a distributor with a row of totals.
const someBill = `Invoice Number,Invoice Date,Customer ID,Customer Name,Subscription ID,Order Number,Vendor Product,Vendor SKU,Product Name,Description,Charge Type,Period Start,Period End,Term,Billing Frequency,Quantity,Unit Cost,Extended Cost,Tax,Currency
D-77,3/6/2026,acme,Acme,hold-1,O1,E3,1,Suite,,New Purchase,2/5/2026,3/4/2026,1 Year,Month,10,31.00,310.00,58.90,EUR
D-77,3/6/2026,acme,Acme,hold-1,O1,E3,1,Suite,,Seat Increase,2/12/2026,3/4/2026,1 Year,Month,10,-23.25,-232.50,-44.18,EUR
D-77,3/6/2026,acme,Acme,hold-1,O1,E3,1,Suite,,Seat Increase,2/12/2026,3/4/2026,1 Year,Month,13,23.25,302.25,57.43,EUR
Total,,,,,,,,,,,,,,,,,379.75,72.15,
`

// A distributor's bill is read by the mapping whose pattern its name fits, or by the only one that
// reads bills; each mistake of a row is told of with its column.
func TestABillIsReadAsItsConnectionWritesIt(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	u := newUploads(nil)
	file := flow.Connection{ID: "ingram", Kind: kindFile, Settings: map[string]string{settingMapping: "ingram-like-lines"}}
	var field *office.FieldError
	if _, err := u.Keep("ana", office.ImportFile{Name: "x.csv", Kind: office.ImportBill}, strings.NewReader(someBill)); !errors.As(err, &field) || field.Field != "connection" {
		t.Errorf("a bill of no connection: %v", err)
	}
	read := func(text string, c flow.Connection) (rows int, wrong []error) {
		id, err := u.Keep("ana", office.ImportFile{Name: "any name.csv", Kind: office.ImportBill, Connection: c.ID}, strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		for row, err := range u.Bill(t.Context(), "ana", id, c) {
			if err != nil {
				wrong = append(wrong, err)
				continue
			}
			if rows++; row.Invoice != "D-77" || row.On.String() != "2026-03-06" {
				t.Errorf("invoice %s of %s", row.Invoice, row.On)
			}
		}
		return rows, wrong
	}
	if rows, wrong := read(someBill, file); rows != 3 || len(wrong) > 0 {
		t.Errorf("%d rows, wrong: %v", rows, wrong)
	}
	rows, wrong := read(strings.Replace(someBill, "Month,13,23.25", "Month,thirteen,many", 1), file)
	if rows != 2 || len(wrong) != 1 || !errors.Is(wrong[0], flow.ErrInput) {
		t.Fatalf("%d rows, wrong: %v", rows, wrong)
	}
	if joined, several := wrong[0].(interface{ Unwrap() []error }); !several || len(joined.Unwrap()) != 2 || !strings.Contains(wrong[0].Error(), "any name.csv:4: Quantity") {
		t.Errorf("the mistakes of a row: %v", wrong[0])
	}
	pax := flow.Connection{ID: "pax", Kind: kindPax8}
	if _, wrong := read(someBill, pax); len(wrong) != 1 || !errors.Is(wrong[0], flow.ErrInput) || !strings.Contains(wrong[0].Error(), "come from the provider itself") {
		t.Errorf("a bill that has no file: %v", wrong)
	}
	for _, layout := range csvfile.Layouts() {
		if strings.HasSuffix(layout, "lines") && layout != "ingram-like-lines" {
			file.Settings[settingMapping] = "ingram-like-lines " + layout
		}
	}
	if _, wrong := read(someBill, file); len(wrong) != 1 || !strings.Contains(wrong[0].Error(), "fits no mapping (expected") {
		t.Errorf("a name that fits neither mapping: %v", wrong)
	}
}

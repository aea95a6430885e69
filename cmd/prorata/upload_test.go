package main

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

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

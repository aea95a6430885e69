package api_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"prorata/edge/api"
	"prorata/edge/bookfile"
	"prorata/flow"
	"prorata/flow/office"
)

// shelf keeps what was sent in memory, by numbers; all of it is a book.
type shelf struct {
	mu    sync.Mutex
	files map[string]office.ImportFile
	text  map[string]string
}

func newShelf() *shelf {
	return &shelf{files: map[string]office.ImportFile{}, text: map[string]string{}}
}

func (s *shelf) Keep(who string, file office.ImportFile, content io.Reader) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if file.Kind == "auto" && !strings.HasSuffix(file.Name, ".yaml") {
		return "", &office.FieldError{Field: "as", Err: fmt.Errorf("the name of %s does not say what it is: say which kind it is", file.Name)}
	}
	text, err := io.ReadAll(content)
	id := fmt.Sprint(len(s.files) + 1)
	file.Kind = "book"
	s.files[id+who], s.text[id+who] = file, string(text)
	return id, err
}

func (s *shelf) Find(who, id string) (office.ImportFile, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	file, known := s.files[id+who]
	if !known {
		return file, fmt.Errorf("this file is not kept: %w", flow.ErrUnknown)
	}
	return file, nil
}

func (s *shelf) Took(who, id string, report *office.ImportReport) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	file := s.files[id+who]
	file.Report = report
	s.files[id+who] = file
	return nil
}

func (s *shelf) Rows(context.Context, string, string) (iter.Seq2[flow.PriceSheetRow, error], flow.PriceSheetOptions, error) {
	return nil, flow.PriceSheetOptions{}, flow.ErrUnknown
}

func (s *shelf) Bill(context.Context, string, string, flow.Connection) iter.Seq2[office.BillRow, error] {
	return func(func(office.BillRow, error) bool) {}
}

// Intakes tells of wrong lines as the program does.
func (s *shelf) Intakes(_ context.Context, who, id string) iter.Seq2[flow.Intake, error] {
	s.mu.Lock()
	defer s.mu.Unlock()
	book := bookfile.ReadBook(s.files[id+who].Name, strings.NewReader(s.text[id+who]))
	return func(yield func(flow.Intake, error) bool) {
		for intake, err := range book {
			var line *bookfile.Problem
			if errors.As(err, &line) {
				err = &flow.InputError{At: line.At, Err: fmt.Errorf("%s: %s", line.Key, line.Text)}
			}
			if !yield(intake, err) {
				return
			}
		}
	}
}

const someBook = "accounts:\n  - {id: acme, name: Acme, country: DE}\n  - {id: beta, nam: Beta, country: DE}\n"

const sending = "POST /v1/imports?name=book.yaml"

// A file is sent and looked at: what can be read is counted, what cannot is told of by line and
// field, and the book is as it was. Then it is taken, once, with who did it in the audit.
func TestAFileIsLookedAtAndThenTaken(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		binary := []string{"Content-Type", "application/octet-stream"}
		sent := f.ask("operations", sending, someBook, append(binary, "Idempotency-Key", "k1")...)
		made := read[api.Import](t, sent)
		where := "/v1/imports/" + made.ID
		if sent.status != http.StatusCreated || sent.header.Get("Location") != where || made.State != "waiting" || made.Kind != "book" || made.Size != int64(len(someBook)) {
			t.Fatal(sent, sent.header)
		}
		if len(made.Holds) != 1 || made.Holds[0] != (api.ImportCount{Noun: "account", Count: 1}) {
			t.Errorf("what can be read: %s", sent)
		}
		if made.Wrong == 0 || made.Findings[0].File != "book.yaml" || made.Findings[0].Line != 3 || made.Findings[0].Field == "" || made.Findings[0].Detail == "" {
			t.Errorf("what cannot be read: %s", sent)
		}
		if got := f.ask("owner", "GET /v1/accounts/acme", nil); got.status != http.StatusNotFound {
			t.Errorf("looking at a file changed the book: %s", got)
		}
		again := f.ask("operations", sending, someBook, append(binary, "Idempotency-Key", "k1")...)
		if again.header.Get("Idempotency-Replayed") != "true" || read[api.Import](t, again).ID != made.ID {
			t.Errorf("the same file with the same key: %s", again)
		}
		f.wantProblem(f.ask("operations", sending, someBook+"#", append(binary, "Idempotency-Key", "k1")...), http.StatusUnprocessableEntity, "key_reused")
		f.wantProblem(f.ask("finance", "POST "+where+"/take", nil), http.StatusNotFound, "unknown")
		f.wantProblem(f.ask("sales", "POST "+where+"/take", nil), http.StatusForbidden, "denied")
		taken := f.ask("operations", "POST "+where+"/take", nil)
		report := read[api.Import](t, taken)
		if taken.status != http.StatusOK || report.State != "taken" || report.Wrong != made.Wrong || !strings.Contains(string(taken.body), `{"noun":"account","outcome":"taken","count":1}`) {
			t.Errorf("taken: %s", taken)
		}
		for _, does := range []string{"POST " + where + "/take", "GET " + where} {
			if got := f.ask("operations", does, nil); string(got.body) != string(taken.body) {
				t.Errorf("%s gives %s, it was %s", does, got, taken)
			}
		}
		if got := f.ask("owner", "GET /v1/accounts/acme", nil); got.status != http.StatusOK || !strings.Contains(string(got.body), `"name":"Acme"`) {
			t.Errorf("what was taken is not in the book: %s", got)
		}
		list := read[struct {
			Items []struct{ Verb, Subject, Who string }
		}](t, f.ask("owner", "GET /v1/audit?verb=Import", nil))
		if len(list.Items) == 0 || list.Items[0].Subject != "book.yaml" || list.Items[0].Who != "operations@seller.example" {
			t.Errorf("the audit has %+v", list.Items)
		}
	})
}

// What is wrong with sending one is said by its place; nothing is left on the disk.
func TestAFileThatCannotBeSent(t *testing.T) {
	disk := t.TempDir()
	f := newFirm(t)
	t.Setenv("TMPDIR", disk)
	const binary = "application/octet-stream"
	wrong := f.wantProblem(f.ask("owner", "POST /v1/imports?name=thing.bin", "x", "Content-Type", binary), http.StatusUnprocessableEntity, "invalid")
	if len(wrong.Faults) != 1 || wrong.Faults[0].In != "query" || wrong.Faults[0].Field != "kind" {
		t.Errorf("%+v", wrong)
	}
	f.wantProblem(f.ask("owner", "POST /v1/imports", "x", "Content-Type", binary), http.StatusUnprocessableEntity, "invalid")
	f.wantProblem(f.ask("owner", sending, "", "Content-Type", binary), http.StatusUnprocessableEntity, "invalid")
	f.wantProblem(f.ask("owner", sending, map[string]any{}), http.StatusUnsupportedMediaType, "media_type")
	f.wantProblem(f.ask("owner", sending, strings.Repeat("#", office.ImportMost+1), "Content-Type", binary), http.StatusRequestEntityTooLarge, "too_large")
	f.wantProblem(f.ask("owner", "GET /v1/imports/none", nil), http.StatusNotFound, "unknown")
	left, err := os.ReadDir(disk)
	must(t, err)
	if len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

package api_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/edge/api"
	"prorata/edge/bookfile"
	"prorata/edge/document"
	"prorata/edge/secret"
	"prorata/edge/store"
	"prorata/edge/worker"
	"prorata/flow"
	"prorata/flow/office"
)

// clock is moved by hand; where it ticks, no two readings are the same.
type clock struct {
	mu    sync.Mutex
	at    time.Time
	ticks bool
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ticks {
		c.at = c.at.Add(time.Microsecond)
	}
	return c.at
}

func (c *clock) on(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(by)
}

// firm is a book with two months billed, the API over it, and a token for each role:
// the role's name.
type firm struct {
	t     testing.TB
	clock *clock
	*office.Office
	api *api.API
	log *bytes.Buffer
	mux *http.ServeMux
	// revoked are tokens that are good no more.
	revoked map[string]bool
	// sent is an import that waits to be taken, where there is one.
	sent string
	// key seals what the book keeps sealed; shut closes the book.
	key  *secret.Key
	shut func() error
}

func newFirm(t testing.TB, change ...func(*api.Settings)) *firm {
	t.Helper()
	return newFirmAt(t, "sqlite:"+filepath.Join(t.TempDir(), "book.db"), change...)
}

func newFirmAt(t testing.TB, where string, change ...func(*api.Settings)) *firm {
	t.Helper()
	key, err := secret.ParseKey(secret.NewKeyText())
	must(t, err)
	f := openFirm(t, where, key, change...)
	t.Cleanup(func() { must(t, f.shut()) })
	f.fill()
	f.people()
	return f
}

// openFirm opens a book as it is; who opens it shuts it.
func openFirm(t testing.TB, where string, key *secret.Key, change ...func(*api.Settings)) *firm {
	t.Helper()
	f := &firm{t: t, clock: &clock{at: time.Date(2025, 3, 12, 9, 30, 0, 0, time.UTC)}, Office: &office.Office{}, log: &bytes.Buffer{}, revoked: map[string]bool{}, key: key}
	f.open(where)
	settings := api.Settings{Office: f.Office, PersonOfToken: f.personOf, Clock: f.clock, Log: f.Flow.Log, Sealer: key, Letter: document.DisputePDF, Version: "test", Rate: 1_000_000,
		Welcome: "https://billing.example/welcome?link=", PDF: document.PDF, Table: tableOf, KindUsual: "partnercenter", Consents: func(kind string) bool { return kind == "partnercenter" }, ZoneKnown: func(name string) bool { return strings.HasPrefix(name, "Europe/") },
		Files: newShelf()}
	for _, c := range change {
		c(&settings)
	}
	var err error
	f.api, err = api.New(settings)
	must(t, err)
	f.mux = http.NewServeMux()
	f.api.Mount(f.mux)
	return f
}

// open has the firm go on with another book.
func (f *firm) open(where string) {
	f.t.Helper()
	memory, err := store.Open(f.t.Context(), where)
	must(f.t, err)
	there := &ways{}
	*f.Office = office.Office{Flow: &flow.Flow{Store: flow.Telling(memory, f.clock), Clock: f.clock, Log: slog.New(slog.NewTextHandler(f.log, nil)), Workers: 1, Zone: time.UTC},
		Store: memory.Office(), Forks: memory, Providers: there, Partners: there, Stir: f.carry}
	f.Identity = office.Identity{Sealer: f.key, Random: func(n int) []byte {
		raw := make([]byte, n)
		_, _ = rand.Read(raw)
		return raw
	}}
	f.shut = memory.Close
}

// carry does what somebody asked for at a provider, and what is due of the book itself.
func (f *firm) carry() {
	f.t.Helper()
	alone := func(do func(context.Context) (string, error)) worker.Work {
		return func(ctx context.Context, _ office.Job) (string, error) { return do(ctx) }
	}
	works := worker.Works{office.JobVerify: alone(f.Verify), office.JobTidy: alone(f.Tidy), office.JobSync: f.ErrandRun, office.JobEvents: f.ErrandRun, office.JobProvision: f.ErrandRun, office.JobImport: f.ErrandRun, office.JobReconcile: f.ErrandRun}
	clockwork := &worker.Worker{Office: f.Office, Timetable: worker.Timetable(0, works), Clock: f.clock, Zone: time.UTC, After: time.After,
		Jitter: func(time.Duration) time.Duration { return 0 }, Log: f.Flow.Log}
	must(f.t, clockwork.Round(f.t.Context(), func(work func()) { work() }))
}

// tableOf writes documents as the program does.
func tableOf(w io.Writer, what, format string, documents iter.Seq2[flow.Document, error]) error {
	switch {
	case format == "xlsx":
		return document.XLSX(w, documents)
	case what == "lines":
		return document.CSVLines(w, documents)
	}
	return document.CSVInvoices(w, documents)
}

// people makes a user of each role.
func (f *firm) people() {
	f.t.Helper()
	must(f.t, f.Store.Write(f.t.Context(), func(tx office.Tx) error {
		for _, role := range office.Roles() {
			user := office.User{ID: office.UserID("u-" + role.String()), Address: role.String() + "@seller.example", Name: role.String(), Roles: []office.Role{role},
				State: office.UserActive, Version: 1, MadeAt: f.clock.Now()}
			if role.Outside() {
				user.Accounts = []billing.AccountID{"contoso"}
			}
			if err := tx.UserAdd(user); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (f *firm) fill() {
	f.t.Helper()
	name := filepath.Join("..", "..", "cmd", "prorata", "testdata", "book", "book.yaml")
	file, err := os.Open(name)
	must(f.t, err)
	defer file.Close()
	report, err := f.Flow.Take(f.t.Context(), bookfile.ReadBook(name, file), flow.Actor{Who: "test", Source: "import"}, func(flow.TakeLine) {})
	must(f.t, err)
	if report.Bad() {
		f.t.Fatalf("the book: %+v", report)
	}
	through, err := calendar.ParseDate("2025-02-01")
	must(f.t, err)
	_, err = f.Flow.Bill(f.t.Context(), flow.BillOptions{Through: through, Actor: flow.Actor{Who: "test"}})
	must(f.t, err)
}

// personOf takes the name of a role as a token; "operations+invoices:read" is narrowed.
func (f *firm) personOf(_ context.Context, token, _ string) (office.Person, error) {
	name, scopes, narrowed := strings.Cut(token, "+")
	name, _, _ = strings.Cut(name, "/")
	role, err := office.ParseRole(name)
	if err != nil || f.revoked[token] {
		return office.Person{}, office.ErrUnsigned
	}
	person := office.Person{User: office.UserID("u-" + name), Who: name + "@seller.example", Roles: []office.Role{role}, Token: office.TokenID("t-" + token)}
	if role.Outside() {
		person.Accounts = []billing.AccountID{"contoso"}
	}
	if narrowed {
		person.Scopes = []office.Scope{office.Scope(scopes)}
	}
	return person, nil
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) String() string { return fmt.Sprintf("%d %s", a.status, a.body) }

// ask sends a request as somebody: a body that is a string is sent as it is, any other
// as JSON; header is name, value, name, value.
func (f *firm) ask(who, does string, body any, header ...string) answer {
	f.t.Helper()
	method, url, _ := strings.Cut(does, " ")
	var reader io.Reader = http.NoBody
	switch content := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(content)
	default:
		raw, err := json.Marshal(content)
		must(f.t, err)
		reader = bytes.NewReader(raw)
	}
	request := httptest.NewRequestWithContext(f.t.Context(), method, url, reader)
	if who != "" {
		request.Header.Set("Authorization", "Bearer "+who)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	recorder := httptest.NewRecorder()
	f.mux.ServeHTTP(recorder, request)
	return answer{recorder.Code, recorder.Header(), recorder.Body.Bytes()}
}

// read reads an answer's body.
func read[T any](t testing.TB, a answer) (value T) {
	t.Helper()
	if err := json.Unmarshal(a.body, &value); err != nil {
		t.Fatalf("%s: %v", a, err)
	}
	return value
}

// wantProblem says that an answer is a problem of a code.
func (f *firm) wantProblem(a answer, status int, code string) api.Problem {
	f.t.Helper()
	if a.status != status || a.header.Get("Content-Type") != "application/problem+json" {
		f.t.Errorf("expected %d %s, it is %s as %s", status, code, a, a.header.Get("Content-Type"))
		return api.Problem{}
	}
	problem := read[api.Problem](f.t, a)
	if problem.Code != code || problem.Status != status || problem.Request == "" || problem.Request != a.header.Get("Request-Id") || problem.Detail == "" {
		f.t.Errorf("expected %d %s with the request's id, it is %s", status, code, a)
	}
	return problem
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

package worker_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"prorata/edge/store"
	"prorata/edge/worker"
	"prorata/flow"
	"prorata/flow/office"
	"prorata/internal/pgtest"
)

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) on(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(by)
}

// noon is when every story begins.
func noon() time.Time { return time.Date(2026, 3, 12, 12, 0, 0, 0, time.UTC) }

// firm is a book that several processes work on.
type firm struct {
	t     *testing.T
	book  *store.Store
	clock *clock
	desk  *office.Desk
}

func onBoth(t *testing.T, story func(*firm)) {
	t.Run("sqlite", func(t *testing.T) { story(newFirm(t, "sqlite:"+filepath.Join(t.TempDir(), "book.db"))) })
	t.Run("postgres", func(t *testing.T) { story(newFirm(t, pgtest.NewDatabase(t))) })
}

func newFirm(t *testing.T, where string) *firm {
	t.Helper()
	book, err := store.Open(t.Context(), where)
	must(t, err)
	t.Cleanup(func() { must(t, book.Close()) })
	f := &firm{t: t, book: book, clock: &clock{at: noon()}}
	must(t, book.Write(t.Context(), func(tx flow.Tx) error {
		_, err := tx.ConnectionPut(flow.Connection{ID: "ms", Kind: "file", Name: "Microsoft"})
		return err
	}))
	f.desk = f.office("the console").Desk(office.Person{User: "ann", Who: "ann", Roles: []office.Role{office.Owner}, Door: office.ByPage})
	return f
}

// nowhere is no way to a provider: these stories bring work of their own.
type nowhere struct{ office.Providers }

// office is one process's.
func (f *firm) office(process string) *office.Office {
	return &office.Office{Store: f.book.Office(), Providers: nowhere{},
		Flow: &flow.Flow{Store: f.book, Clock: f.clock, Log: slog.New(slog.DiscardHandler), Workers: 1, Zone: time.UTC, Process: process}}
}

// process is one that works on the book. It looks at jobs where it is told to, and renews a lease when renew is sent something.
type process struct {
	*worker.Worker
	f     *firm
	renew chan time.Time
	all   sync.WaitGroup
}

func (f *firm) process(name string, timetable ...worker.Line) *process {
	p := &process{f: f, renew: make(chan time.Time)}
	p.Worker = &worker.Worker{Office: f.office(name), Timetable: timetable, Clock: f.clock, Zone: time.UTC, Log: slog.New(slog.DiscardHandler),
		After: func(time.Duration) <-chan time.Time { return p.renew }, Jitter: func(time.Duration) time.Duration { return 0 }}
	return p
}

// look begins what is due, in a context that ends with the process. It begins once all that is due now was taken: what is
// done and due again meanwhile is for the next look.
func (p *process) look(ctx context.Context) {
	p.f.t.Helper()
	var due []func()
	must(p.f.t, p.Round(ctx, func(work func()) { due = append(due, work) }))
	for _, work := range due {
		p.all.Go(work)
	}
}

// finish does what is due to its end.
func (p *process) finish() {
	p.f.t.Helper()
	p.look(p.f.t.Context())
	p.all.Wait()
}

// once is a line of what is done when somebody asks.
func once(work worker.Work) worker.Line {
	return worker.Line{Kind: office.JobReconcile, Work: work, AtOnce: 3, Most: time.Hour, Tries: 3, Wait: time.Minute}
}

// always is a line of what is done every ten minutes for each connection.
func always(work worker.Work) worker.Line {
	return worker.Line{Kind: office.JobFollow, Work: work, Connections: true, Every: 10 * time.Minute, AtOnce: 1, Most: time.Hour, Tries: 3, Wait: time.Minute}
}

func saying(said string) worker.Work {
	return func(context.Context, office.Job) (string, error) { return said, nil }
}

func failing(err error) worker.Work {
	return func(context.Context, office.Job) (string, error) { return "", err }
}

var errDown = errors.New("the line is down")

// ask has an invoice reconciled.
func (f *firm) ask(invoice string) {
	f.t.Helper()
	must(f.t, f.desk.ProviderInvoiceReconcile(f.t.Context(), "ms", invoice))
}

// job is the one job of a kind, with its runs, newest first.
func (f *firm) job(kind office.JobKind) (office.Job, []office.JobRun) {
	f.t.Helper()
	list, err := f.desk.JobList(f.t.Context(), office.JobFilter{Kind: kind})
	must(f.t, err)
	if len(list) != 1 {
		f.t.Fatalf("%d jobs to %s, want one", len(list), kind)
	}
	job, runs, err := f.desk.JobGet(f.t.Context(), list[0].ID)
	must(f.t, err)
	return job, runs
}

// runs are the outcomes of a job's runs, newest first, with who did them and what they said.
func (f *firm) runs(kind office.JobKind) (told []string) {
	_, runs := f.job(kind)
	for _, run := range runs {
		told = append(told, fmt.Sprintf("%d %s %s: %s", run.No, run.Outcome, run.Holder, run.Said))
	}
	return told
}

// exceptions are the open ones about jobs.
func (f *firm) exceptions() (told []string) {
	f.t.Helper()
	must(f.t, f.book.Read(f.t.Context(), func(tx flow.Tx) error {
		list, err := tx.ExceptionList(flow.ExceptionFilter{Kind: flow.JobFailing})
		for _, e := range list {
			told = append(told, e.Subject+": "+e.Sentence)
		}
		return err
	}))
	return told
}

func (f *firm) errand() office.Errand {
	f.t.Helper()
	list, err := f.desk.ErrandList(f.t.Context(), "ms")
	must(f.t, err)
	if len(list) != 1 {
		f.t.Fatalf("%d errands, want one", len(list))
	}
	return list[0]
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}

package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"prorata/cmd/prorata/benchbook"
	"prorata/edge/store"
	"prorata/edge/web"
	"prorata/flow"
	"prorata/flow/office"
)

type benchPagesCommand struct {
	Subscriptions int  `default:"100000" help:"How many subscriptions, five to a contract."`
	Times         int  `default:"50" help:"How often each page is asked for."`
	JSON          bool `help:"Print one JSON object."`
}

// Help says what is measured.
func (c *benchPagesCommand) Help() string {
	return `The database must be empty. A book is made up, loaded and billed, its figures are computed, and a billing plan of the
month after is made. Then the heaviest pages are asked for in the same process, as an owner would, with nothing else going
on; the time is the server's own, until the last byte of the page was written. The first time is told apart from the rest.
The floor is to read one account by its id.

  prorata bench pages --subscriptions 100000 --database sqlite:/tmp/bench.db --json`
}

// benchPages is what the benchmark prints.
type benchPages struct {
	Database      string  `json:"database"`
	Subscriptions int     `json:"subscriptions"`
	Invoices      int64   `json:"invoices"`
	SnapshotSecs  float64 `json:"snapshot_seconds"`
	// FloorMicros is the median of reading one row by its key.
	FloorMicros float64         `json:"floor_microseconds"`
	Pages       []benchPageTime `json:"pages"`
}

// benchPageTime is one page: milliseconds of server time.
type benchPageTime struct {
	Page   string  `json:"page"`
	First  float64 `json:"first_ms"`
	Median float64 `json:"median_ms"`
	P95    float64 `json:"p95_ms"`
	Bytes  int64   `json:"bytes"`
	Ratio  float64 `json:"ratio_to_floor"`
}

// subscriptionsEach is how many a contract of the book has.
const subscriptionsEach = 5

// Run measures, and fails where a page is not answered with a page.
func (c *benchPagesCommand) Run(ctx context.Context, w *world) error {
	opened, err := w.store(ctx)
	if err != nil {
		return err
	}
	f := w.flowOver(opened)
	result := benchPages{Database: hidePassword(w.Database), Subscriptions: c.Subscriptions}
	if err := c.prepare(ctx, w, f, opened, &result); err != nil {
		return err
	}
	account := benchbook.First().Account.ID
	floor, _, err := c.timed(func() (int64, error) {
		return 0, f.Store.Read(ctx, func(tx flow.Tx) error { _, err := tx.AccountGet(account); return err })
	})
	if err != nil {
		return err
	}
	result.FloorMicros = median(floor) * 1000
	pages := c.site(w, opened, f)
	for _, path := range pagePaths() {
		times, bytes, err := c.timed(func() (int64, error) { return ask(ctx, pages, path) })
		if err != nil {
			return fmt.Errorf("%w: %s: %w", errCheck, path, err)
		}
		first := times[0]
		rest := times[1:]
		slices.Sort(rest)
		page := benchPageTime{Page: path, First: first, Median: median(rest), P95: rest[len(rest)*95/100], Bytes: bytes}
		page.Ratio = page.Median * 1000 / result.FloorMicros
		result.Pages = append(result.Pages, page)
	}
	return c.print(w, &result)
}

// prepare makes the book, bills it, and computes what the pages show.
func (c *benchPagesCommand) prepare(ctx context.Context, w *world, f *flow.Flow, s *store.Store, result *benchPages) error {
	size := benchbook.Size{Contracts: max(1, c.Subscriptions/subscriptionsEach), Subscriptions: subscriptionsEach}
	if err := loadBook(ctx, w, f, s, benchbook.Nouns(), benchbook.Contracts(size)); err != nil {
		return err
	}
	run, err := f.Bill(ctx, flow.BillOptions{Through: benchbook.Through(), Actor: w.actor("bench")})
	if err != nil {
		return err
	}
	result.Invoices = run.Invoices
	began := time.Now()
	if _, err := f.TakeSnapshot(ctx); err != nil {
		return err
	}
	result.SnapshotSecs = time.Since(began).Seconds()
	plan, err := f.BillingPlanBegin(ctx, benchbook.Through().AddMonths(1), w.actor("bench"))
	if err != nil {
		return err
	}
	_, err = f.BillingPlanOn(ctx, plan)
	return err
}

// site is the console for an owner who is signed in already.
func (c *benchPagesCommand) site(w *world, opened *store.Store, f *flow.Flow) http.Handler {
	owner := office.Person{User: "bench", Who: "bench", Roles: []office.Role{office.Owner}, Door: office.ByPage}
	site := &web.Site{Office: officeOver(opened, f), Log: w.log, Clock: wallClock{}, Zone: f.Zone,
		Who: func(*http.Request) (web.Known, error) { return web.Known{Person: owner, Name: "bench"}, nil }}
	return site.Handler()
}

// pagePaths are the pages that read most.
func pagePaths() []string {
	first := benchbook.First()
	subscription := string(first.Subscriptions[0].ID)
	return []string{"/", "/invoices", "/accounts", "/accounts/" + string(first.Account.ID), "/contracts/" + string(first.Contract.ID), "/subscriptions",
		"/subscriptions/" + subscription, "/billing", "/billing/plans/1", "/exceptions", "/search?q=" + string(first.Account.ID),
		"/invoices/INV-000001/payments", "/reports/recurring", "/reports/receivables", "/reports/margin"}
}

// timed does something many times over, each in milliseconds and in order.
func (c *benchPagesCommand) timed(do func() (int64, error)) (times []float64, bytes int64, err error) {
	for range max(3, c.Times) {
		began := time.Now()
		if bytes, err = do(); err != nil {
			return nil, 0, err
		}
		times = append(times, float64(time.Since(began).Microseconds())/1000)
	}
	return times, bytes, nil
}

func median(times []float64) float64 {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[len(sorted)/2]
}

// ask asks for a page and says how long it is.
func ask(ctx context.Context, pages http.Handler, path string) (int64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://bench"+path, http.NoBody)
	if err != nil {
		return 0, err
	}
	answer := &countedAnswer{header: http.Header{}, status: http.StatusOK}
	pages.ServeHTTP(answer, request)
	if answer.status != http.StatusOK {
		return 0, fmt.Errorf("answered %d", answer.status)
	}
	return answer.bytes, nil
}

// countedAnswer is an answer of which only the length is kept.
type countedAnswer struct {
	header http.Header
	status int
	bytes  int64
}

// Header is sent with it.
func (a *countedAnswer) Header() http.Header { return a.header }

// WriteHeader notes the status.
func (a *countedAnswer) WriteHeader(status int) { a.status = status }

// Write counts.
func (a *countedAnswer) Write(part []byte) (int, error) {
	a.bytes += int64(len(part))
	return len(part), nil
}

func (c *benchPagesCommand) print(w *world, r *benchPages) error {
	if c.JSON {
		return w.printJSON(r)
	}
	rows := [][]string{{"page", "first ms", "median ms", "p95 ms", "KiB", "× floor"}}
	for _, p := range r.Pages {
		rows = append(rows, []string{p.Page, fmt.Sprintf("%.1f", p.First), fmt.Sprintf("%.1f", p.Median), fmt.Sprintf("%.1f", p.P95), fmt.Sprint(p.Bytes / 1024), fmt.Sprintf("%.0f", p.Ratio)})
	}
	w.table(rows, map[int]bool{1: true, 2: true, 3: true, 4: true, 5: true})
	w.printf("%d subscriptions, %d invoices; the figures took %.1f s; one row by its key %.0f µs\n", r.Subscriptions, r.Invoices, r.SnapshotSecs, r.FloorMicros)
	return nil
}

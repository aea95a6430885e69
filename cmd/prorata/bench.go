package main

import (
	"context"
	"fmt"
	"iter"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"prorata/cmd/prorata/benchbook"
	"prorata/core/billing"
	"prorata/core/ledger"
	"prorata/edge/store"
	"prorata/flow"
)

type benchCommand struct {
	Bill      benchBillCommand      `cmd:"" help:"A billing run over a made-up book, against writing the same rows as fast as can be."`
	Reconcile benchReconcileCommand `cmd:"" help:"Importing and reconciling a provider's invoice, against loading the same rows."`
	Usage     benchUsageCommand     `cmd:"" help:"Taking in a provider's daily rated usage, against loading the same records."`
	Pages     benchPagesCommand     `cmd:"" help:"The server time of the heaviest pages on a large book."`
	Plan      benchPlanCommand      `cmd:"" help:"Planning alone, without storage, on one core."`
}

type benchBillCommand struct {
	Contracts     int  `default:"10000" help:"How many contracts."`
	Subscriptions int  `default:"5" help:"How many licence subscriptions each."`
	Verify        bool `help:"Verify what was written, too, and time it."`
	JSON          bool `help:"Print one JSON object."`
}

// Help says what is measured.
func (c *benchBillCommand) Help() string {
	return `The database must be empty. A book is made up and loaded, the real billing run goes over it (invoices,
lines, numbers, ledger entries, explanations, next dates), and then, in the same process and on the same
database, exactly the rows that the run wrote are written by the fastest sane way (COPY, multi-row VALUES) into
tables with the same indexes: the floor. The ratio is the run's time over the floor's.

  prorata bench bill --contracts 100000 --subscriptions 5 --database sqlite:/tmp/bench.db --json`
}

// benchResult is what a benchmark prints.
type benchResult struct {
	Database          string  `json:"database"`
	Contracts         int64   `json:"contracts"`
	Invoices          int64   `json:"invoices"`
	Lines             int64   `json:"lines"`
	Rows              int64   `json:"rows"`
	Seconds           float64 `json:"seconds"`
	FloorSeconds      float64 `json:"floor_seconds"`
	Ratio             float64 `json:"ratio"`
	InvoicesPerSecond float64 `json:"invoices_per_second"`
	PeakRSSMiB        float64 `json:"peak_rss_mib"`
	VerifySeconds     float64 `json:"verify_seconds,omitempty"`
}

// Run measures, and fails where the run was not whole.
func (c *benchBillCommand) Run(ctx context.Context, w *world) error {
	opened, err := w.store(ctx)
	if err != nil {
		return err
	}
	f := w.flowOver(opened)
	if err := c.load(ctx, w, f, opened); err != nil {
		return err
	}
	peak := newPeak()
	began := time.Now()
	run, err := f.Bill(ctx, flow.BillOptions{Through: benchbook.Through(), Actor: w.actor("bench")})
	result := benchResult{Database: hidePassword(w.Database), Contracts: run.Contracts, Invoices: run.Invoices, Lines: run.Lines, Seconds: time.Since(began).Seconds()}
	if err != nil {
		return err
	}
	if run.Exceptions > 0 || run.Contracts != int64(c.Contracts) {
		return fmt.Errorf("%w: the run billed %d of %d contracts with %d exceptions", errCheck, run.Contracts, c.Contracts, run.Exceptions)
	}
	result.PeakRSSMiB = peak.mib()
	if c.Verify {
		began = time.Now()
		report, err := f.Verify(ctx, nil)
		if err != nil {
			return err
		}
		result.VerifySeconds = time.Since(began).Seconds()
		if report.Differences > 0 {
			return fmt.Errorf("%w: %s", errCheck, strings.Join(report.First, "\n"))
		}
	}
	if err := c.floor(ctx, f, opened, &result); err != nil {
		return err
	}
	result.Ratio = result.Seconds / result.FloorSeconds
	result.InvoicesPerSecond = float64(result.Invoices) / result.Seconds
	return c.print(w, result)
}

// load fills the empty database, and forgets what it took to do so.
func (c *benchBillCommand) load(ctx context.Context, w *world, f *flow.Flow, s *store.Store) error {
	return loadBook(ctx, w, f, s, benchbook.Nouns(), benchbook.Contracts(benchbook.Size{Contracts: c.Contracts, Subscriptions: c.Subscriptions}))
}

func mustBeEmpty(ctx context.Context, w *world, f *flow.Flow) error {
	sellers := 0
	if err := f.Store.Read(ctx, func(tx flow.Tx) error { list, err := tx.SellerList(); sellers = len(list); return err }); err != nil {
		return err
	}
	if sellers > 0 {
		return fmt.Errorf("%w: %s has a book already; the benchmark needs an empty database", flow.ErrInput, hidePassword(w.Database))
	}
	return nil
}

func loadBook(ctx context.Context, w *world, f *flow.Flow, s *store.Store, nouns []flow.Intake, contracts iter.Seq[benchbook.Contract]) error {
	if err := mustBeEmpty(ctx, w, f); err != nil {
		return err
	}
	report, err := f.Take(ctx, func(yield func(flow.Intake, error) bool) {
		for _, intake := range nouns {
			if !yield(intake, nil) {
				return
			}
		}
	}, w.actor("bench"), func(flow.TakeLine) {})
	if err != nil || report.Bad() {
		return fmt.Errorf("%w: the made-up book was not taken: %w", errCheck, err)
	}
	_, err = s.Seed(ctx, seeds(contracts))
	return err
}

func seeds(contracts iter.Seq[benchbook.Contract]) iter.Seq[store.Seeded] {
	return func(yield func(store.Seeded) bool) {
		for made := range contracts {
			cursor := billing.Cursor{}
			cursor.DueOn, _ = billing.InvoiceDate(&made.Contract.Contract, 0)
			if !yield(store.Seeded{Account: &made.Account, Contract: made.Contract, Group: made.Group, Subscriptions: made.Subscriptions, Cursor: cursor}) {
				return
			}
		}
	}
}

// floor writes the run's rows again; the time that reading them takes is left out.
func (c *benchBillCommand) floor(ctx context.Context, f *flow.Flow, s *store.Store, result *benchResult) error {
	var reading time.Duration
	var failed error
	began := time.Now()
	rows, err := s.FloorWrite(ctx, func(yield func(flow.Chunk) bool) {
		from := time.Now()
		var bounds []string
		failed = f.Store.Read(ctx, func(tx flow.Tx) (err error) { bounds, err = tx.GroupBounds(1000); return err })
		after := ""
		for _, last := range bounds {
			var chunk flow.Chunk
			failed = f.Store.Read(ctx, func(tx flow.Tx) (err error) { chunk, err = written(tx, after, last); return err })
			reading += time.Since(from)
			if failed != nil || !yield(chunk) {
				return
			}
			after, from = last, time.Now()
		}
	})
	if failed != nil {
		err = failed
	}
	if err != nil {
		return err
	}
	result.FloorSeconds = (time.Since(began) - reading).Seconds()
	result.Rows = rows
	return s.FloorDrop(ctx)
}

// written is what the run wrote for a part of the book, as it was handed to the store.
func written(tx flow.Tx, after, last string) (chunk flow.Chunk, err error) {
	books, err := tx.AllBooks(after, last)
	if err != nil || len(books) == 0 {
		return chunk, err
	}
	for _, book := range books {
		chunk.Moves = append(chunk.Moves, flow.CursorMove{Contract: book.Contract.ID, Version: book.Version, Cursor: book.Cursor})
	}
	if chunk.Invoices, err = tx.InvoicesOf(books[0].Group, last); err != nil {
		return chunk, err
	}
	for i := range chunk.Invoices {
		entry, err := ledger.OfInvoice(&chunk.Invoices[i].Invoice)
		if err != nil {
			return chunk, err
		}
		chunk.Entries = append(chunk.Entries, entry)
	}
	return chunk, nil
}

func (c *benchBillCommand) print(w *world, r benchResult) error {
	if c.JSON {
		return w.printJSON(r)
	}
	w.table([][]string{
		{"contracts", fmt.Sprint(r.Contracts)}, {"invoices", fmt.Sprint(r.Invoices)}, {"lines", fmt.Sprint(r.Lines)}, {"rows", fmt.Sprint(r.Rows)},
		{"seconds", fmt.Sprintf("%.2f", r.Seconds)}, {"floor seconds", fmt.Sprintf("%.2f", r.FloorSeconds)}, {"ratio", fmt.Sprintf("%.2f", r.Ratio)},
		{"invoices a second", fmt.Sprintf("%.0f", r.InvoicesPerSecond)}, {"peak memory, MiB", fmt.Sprintf("%.0f", r.PeakRSSMiB)},
		{"verify seconds", fmt.Sprintf("%.2f", r.VerifySeconds)},
	}, map[int]bool{1: true})
	return nil
}

// peak is the most memory that the process held since it began to look.
type peak struct{}

// newPeak gives back what is free and makes the system count anew, where it can.
func newPeak() peak {
	runtime.GC()
	debug.FreeOSMemory()
	// Without the right to it the peak includes what came before.
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
	return peak{}
}

func (peak) mib() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err == nil {
		for line := range strings.SplitSeq(string(status), "\n") {
			var kib float64
			if _, err := fmt.Sscanf(line, "VmHWM: %f kB", &kib); err == nil {
				return kib / 1024
			}
		}
	}
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.Sys) / (1 << 20)
}

type benchPlanCommand struct {
	Contracts     int  `default:"20000" help:"How many contracts."`
	Subscriptions int  `default:"5" help:"How many licence subscriptions each."`
	JSON          bool `help:"Print one JSON object."`
}

// Run plans the made-up book with one planner and counts lines a second.
func (c *benchPlanCommand) Run(w *world) error {
	runtime.GOMAXPROCS(1)
	catalog := billing.Catalog{Taxes: map[string]billing.Tax{}, Prices: map[string][]billing.PriceRow{}}
	for _, in := range benchbook.Nouns() {
		if in.Price != nil {
			catalog.Prices[in.Price.SKU] = append(catalog.Prices[in.Price.SKU], *in.Price)
		}
	}
	var books []billing.Book
	for made := range benchbook.Contracts(benchbook.Size{Contracts: c.Contracts, Subscriptions: c.Subscriptions}) {
		books = append(books, billing.Book{Contract: made.Contract.Contract, Lists: []string{flow.DefaultList}, Subscriptions: made.Subscriptions})
	}
	planner := billing.NewPlanner(&catalog)
	lines := 0
	began := time.Now()
	for i := range books {
		plan, err := planner.Plan(&books[i], benchbook.Through())
		if err != nil {
			return err
		}
		for j := range plan.Drafts {
			lines += len(plan.Drafts[j].Lines)
		}
	}
	seconds := time.Since(began).Seconds()
	result := map[string]any{"contracts": c.Contracts, "lines": lines, "seconds": seconds, "lines_per_second": float64(lines) / seconds}
	if c.JSON {
		return w.printJSON(result)
	}
	w.printf("%d contracts, %d lines in %.2f s: %.0f lines a second on one core\n", c.Contracts, lines, seconds, float64(lines)/seconds)
	return nil
}

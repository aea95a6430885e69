package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"prorata/cmd/prorata/benchbook"
	"prorata/core/money"
	"prorata/edge/provider/partnercenter"
	"prorata/edge/store"
	"prorata/flow"
)

type benchReconcileCommand struct {
	Lines         int  `default:"100000" help:"How many rows the provider's invoice has."`
	Subscriptions int  `default:"5" help:"How many licence subscriptions each contract has."`
	JSON          bool `help:"Print one JSON object."`
}

// Help says what is measured.
func (c *benchReconcileCommand) Help() string {
	return `The database must be empty. A book is made up, loaded and billed, and the provider's invoice for it is written to a
file. Then its rows are imported from the file and reconciled with the book: each matched to what was expected and
to what was billed, with its margin. The floor is to write the same rows, already in memory, by the fastest sane way
(COPY, multi-row VALUES) into a table with the same index. The ratio is the time of both steps over the floor's.

  prorata bench reconcile --lines 1000000 --database postgres://localhost/bench --json`
}

// benchReconcileResult is what the benchmark prints.
type benchReconcileResult struct {
	Database         string  `json:"database"`
	Lines            int64   `json:"lines"`
	Subscriptions    int64   `json:"subscriptions"`
	Findings         int64   `json:"findings"`
	ImportSeconds    float64 `json:"import_seconds"`
	ReconcileSeconds float64 `json:"reconcile_seconds"`
	Seconds          float64 `json:"seconds"`
	FloorSeconds     float64 `json:"floor_seconds"`
	Ratio            float64 `json:"ratio"`
	LinesPerSecond   float64 `json:"lines_per_second"`
	PeakRSSMiB       float64 `json:"peak_rss_mib"`
}

// linesPerSubscription is how many rows a subscription of the made-up book has on
// average, in tenths: a third of them change once, which is two more.
const linesPerSubscription = 16

// benchConnection is the provider of the made-up book.
const benchConnection flow.ConnectionID = "bench"

// Run measures, and fails where a difference was found: the invoice is right.
func (c *benchReconcileCommand) Run(ctx context.Context, w *world) (err error) {
	opened, err := w.store(ctx)
	if err != nil {
		return err
	}
	f := w.flowOver(opened)
	size := benchbook.Size{Contracts: c.Lines*10/(linesPerSubscription*c.Subscriptions) + 1, Subscriptions: c.Subscriptions}
	if err := c.book(ctx, w, f, opened, size); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "prorata-bench-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	name := filepath.Join(folder, "reconciliation.csv")
	total, err := writeProviderBill(name, size, c.Lines)
	if err != nil {
		return err
	}
	result := benchReconcileResult{Database: hidePassword(w.Database), Subscriptions: int64(size.Contracts * size.Subscriptions)}
	if err := c.measure(ctx, f, name, total, &result); err != nil {
		return err
	}
	if err := c.floor(ctx, f, opened, &result); err != nil {
		return err
	}
	if result.Findings > 0 {
		return fmt.Errorf("%w: %d differences in an invoice that is right", errCheck, result.Findings)
	}
	return c.print(w, result)
}

func (c *benchReconcileCommand) book(ctx context.Context, w *world, f *flow.Flow, s *store.Store, size benchbook.Size) error {
	load := benchBillCommand{Contracts: size.Contracts, Subscriptions: size.Subscriptions}
	if err := load.load(ctx, w, f, s); err != nil {
		return err
	}
	run, err := f.Bill(ctx, flow.BillOptions{Through: benchbook.Through(), Actor: w.actor("bench")})
	if err != nil {
		return err
	}
	if run.Exceptions > 0 {
		return fmt.Errorf("%w: the made-up book was not billed", errCheck)
	}
	// The provider's invoice comes days after the customers' were cut.
	if err := s.Tidy(ctx); err != nil {
		return err
	}
	return f.Store.Write(ctx, func(tx flow.Tx) error {
		currency, err := money.ParseCurrency("EUR")
		if err != nil {
			return err
		}
		_, err = tx.ConnectionPut(flow.Connection{ID: benchConnection, Kind: kindFile, Currency: currency, Country: "DE"})
		return err
	})
}

func writeProviderBill(name string, size benchbook.Size, lines int) (total money.Decimal, err error) {
	file, err := os.Create(name)
	if err != nil {
		return total, err
	}
	_, cents, err := benchbook.ProviderBill(file, size, lines)
	if err := errors.Join(err, file.Close()); err != nil {
		return total, err
	}
	return money.DecimalFrom(money.Fraction(cents, 100), 2, 2), nil
}

// measure imports the file and reconciles it.
func (c *benchReconcileCommand) measure(ctx context.Context, f *flow.Flow, name string, total money.Decimal, result *benchReconcileResult) (err error) {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	connection, err := connectionOf(ctx, f, string(benchConnection))
	if err != nil {
		return err
	}
	head := flow.ProviderInvoice{ID: benchbook.ProviderInvoice, On: benchbook.Through().AddDays(5), Period: benchbook.January(), Currency: connection.Currency, Total: total}
	peak := newPeak()
	began := time.Now()
	kept, err := f.ImportBill(ctx, benchConnection, head, partnercenter.Reconciliation("reconciliation.csv", file))
	if err != nil {
		return err
	}
	result.Lines, result.ImportSeconds = kept.Lines, time.Since(began).Seconds()
	report, err := f.Reconcile(ctx, benchConnection, head.ID)
	if err != nil {
		return err
	}
	result.Seconds = time.Since(began).Seconds()
	result.ReconcileSeconds = result.Seconds - result.ImportSeconds
	result.Findings = report.Findings
	result.PeakRSSMiB = peak.mib()
	return nil
}

// floorRowsAtOnce is how many rows are held for the floor.
const floorRowsAtOnce = 32_000

// floor writes the same rows again; the time that reading them takes is left out.
func (c *benchReconcileCommand) floor(ctx context.Context, f *flow.Flow, s *store.Store, result *benchReconcileResult) error {
	var reading time.Duration
	began := time.Now()
	var failed error
	_, err := s.FloorLines(ctx, func(yield func(flow.ProviderLine) bool) {
		after := ""
		for {
			from := time.Now()
			var part []flow.ProviderLine
			failed = f.Store.Read(ctx, func(tx flow.Tx) error {
				last, err := tx.HoldingBound(benchConnection, benchbook.ProviderInvoice, after, floorRowsAtOnce)
				if err != nil {
					return err
				}
				return tx.ProviderLines(benchConnection, benchbook.ProviderInvoice, after, last, func(line flow.ProviderLine) bool {
					part = append(part, line)
					return true
				})
			})
			reading += time.Since(from)
			if failed != nil || len(part) == 0 {
				return
			}
			for i := range part {
				if !yield(part[i]) {
					return
				}
			}
			after = part[len(part)-1].Holding
		}
	})
	if err := errors.Join(err, failed); err != nil {
		return err
	}
	result.FloorSeconds = (time.Since(began) - reading).Seconds()
	result.Ratio = result.Seconds / result.FloorSeconds
	result.LinesPerSecond = float64(result.Lines) / result.Seconds
	return s.FloorLinesDrop(ctx)
}

func (c *benchReconcileCommand) print(w *world, r benchReconcileResult) error {
	if c.JSON {
		return w.printJSON(r)
	}
	w.table([][]string{
		{"rows", fmt.Sprint(r.Lines)}, {"import seconds", fmt.Sprintf("%.2f", r.ImportSeconds)}, {"reconcile seconds", fmt.Sprintf("%.2f", r.ReconcileSeconds)},
		{"floor seconds", fmt.Sprintf("%.2f", r.FloorSeconds)}, {"ratio", fmt.Sprintf("%.2f", r.Ratio)}, {"rows a second", fmt.Sprintf("%.0f", r.LinesPerSecond)},
		{"peak memory, MiB", fmt.Sprintf("%.0f", r.PeakRSSMiB)},
	}, map[int]bool{1: true})
	return nil
}

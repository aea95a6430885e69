package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"prorata/cmd/prorata/benchbook"
	"prorata/core/billing"
	"prorata/edge/provider/partnercenter"
	"prorata/edge/store"
	"prorata/flow"
)

type benchUsageCommand struct {
	Lines     int  `default:"100000" help:"How many records the provider's file has."`
	Contracts int  `default:"1000" help:"Of how many contracts, each with one metered subscription."`
	JSON      bool `help:"Print one JSON object."`
}

// Help says what is measured.
func (c *benchUsageCommand) Help() string {
	return `The database must be empty. A book of metered subscriptions is made up and loaded, and a month of daily rated usage is
written to a file as a provider writes it. Then the file is imported: each record is judged and recorded once, with its
entry of the change log. The floor is to write the same rows, already in memory, by the fastest sane way (COPY, multi-row
VALUES) into tables with the same indexes. At the end the file is imported again, which must change nothing.

  prorata bench usage --lines 1000000 --database postgres://localhost/bench --json`
}

// benchUsageResult is what the benchmark prints.
type benchUsageResult struct {
	Database       string  `json:"database"`
	Lines          int64   `json:"lines"`
	Contracts      int64   `json:"contracts"`
	Seconds        float64 `json:"seconds"`
	FloorSeconds   float64 `json:"floor_seconds"`
	Ratio          float64 `json:"ratio"`
	LinesPerSecond float64 `json:"lines_per_second"`
	AgainSeconds   float64 `json:"again_seconds"`
	PeakRSSMiB     float64 `json:"peak_rss_mib"`
}

const usageFileName = "usage.csv"

// Run measures, and fails where a record was not taken, or taken twice.
func (c *benchUsageCommand) Run(ctx context.Context, w *world) (err error) {
	opened, err := w.store(ctx)
	if err != nil {
		return err
	}
	f := w.flowOver(opened)
	if err := loadBook(ctx, w, f, opened, benchbook.MeteredNouns(), benchbook.MeteredContracts(c.Contracts)); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "prorata-bench-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	name := filepath.Join(folder, usageFileName)
	if err := c.write(name); err != nil {
		return err
	}
	result := benchUsageResult{Database: hidePassword(w.Database), Lines: int64(c.Lines), Contracts: int64(c.Contracts)}
	peak := newPeak()
	if result.Seconds, err = c.take(ctx, w, f, name, flow.Taken); err != nil {
		return err
	}
	result.PeakRSSMiB = peak.mib()
	if result.FloorSeconds, err = c.floor(ctx, w, f, opened, name); err != nil {
		return err
	}
	if result.AgainSeconds, err = c.take(ctx, w, f, name, flow.Unchanged); err != nil {
		return err
	}
	result.Ratio = result.Seconds / result.FloorSeconds
	result.LinesPerSecond = float64(result.Lines) / result.Seconds
	return c.print(w, result)
}

func (c *benchUsageCommand) write(name string) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(benchbook.UsageFile(file, c.Contracts, c.Lines), file.Close())
}

// take imports the file, of which the same must become of every record.
func (c *benchUsageCommand) take(ctx context.Context, w *world, f *flow.Flow, name string, expected flow.Outcome) (seconds float64, err error) {
	file, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	began := time.Now()
	report, err := f.Take(ctx, f.IntakesOfUsage(ctx, "", partnercenter.DailyUsage(usageFileName, file)), w.actor("bench"), func(flow.TakeLine) {})
	seconds = time.Since(began).Seconds()
	if n := report.Counts["event"][expected]; err == nil && n != c.Lines {
		err = fmt.Errorf("%w: %d of %d records are %s", errCheck, n, c.Lines, expected)
	}
	return seconds, err
}

// floor writes the same rows again; the time that reading the file takes is left out.
func (c *benchUsageCommand) floor(ctx context.Context, w *world, f *flow.Flow, s *store.Store, name string) (seconds float64, err error) {
	file, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	var reading time.Duration
	var failed error
	began := time.Now()
	count, err := s.FloorUsage(ctx, func(yield func([]flow.LogEntry, []billing.UsageRecord) bool) {
		from := time.Now()
		failed = c.rows(w, f, file, func(entries []flow.LogEntry, records []billing.UsageRecord) bool {
			reading += time.Since(from)
			more := yield(entries, records)
			from = time.Now()
			return more
		})
	})
	seconds = (time.Since(began) - reading).Seconds()
	if count != int64(c.Lines) && err == nil {
		err = fmt.Errorf("%w: the floor has %d of %d records", errCheck, count, c.Lines)
	}
	return seconds, errors.Join(err, failed, s.FloorUsageDrop(ctx))
}

// floorRecordsAtOnce is how many records are held for the floor.
const floorRecordsAtOnce = 10_000

// rows are the rows that importing the file wrote, in parts.
func (c *benchUsageCommand) rows(w *world, f *flow.Flow, file io.Reader, call func([]flow.LogEntry, []billing.UsageRecord) bool) error {
	var entries []flow.LogEntry
	var records []billing.UsageRecord
	actor, today, now := w.actor("bench"), f.Today(), f.Clock.Now()
	for row, err := range partnercenter.DailyUsage(usageFileName, file) {
		if err != nil {
			return err
		}
		id := billing.SubscriptionID(row.Subscription)
		entries = append(entries, flow.LogEntry{At: now, Who: actor.Who, Source: actor.Source, RecordedOn: today, KnownOn: today, EffectiveOn: today,
			Do: flow.DoUsage, ID: row.Key, Contract: benchbook.MeteredContract(id), Subscription: id})
		records = append(records, billing.UsageRecord{ID: row.Key, Subscription: id, Period: row.Period, Quantity: row.Quantity, Currency: row.Currency,
			Cost: row.Cost, HasCost: true, KnownOn: today})
		if len(entries) == floorRecordsAtOnce {
			if !call(entries, records) {
				return nil
			}
			entries, records = entries[:0], records[:0]
		}
	}
	if len(entries) > 0 {
		call(entries, records)
	}
	return nil
}

func (c *benchUsageCommand) print(w *world, r benchUsageResult) error {
	if c.JSON {
		return w.printJSON(r)
	}
	w.table([][]string{
		{"records", fmt.Sprint(r.Lines)}, {"seconds", fmt.Sprintf("%.2f", r.Seconds)}, {"floor seconds", fmt.Sprintf("%.2f", r.FloorSeconds)},
		{"ratio", fmt.Sprintf("%.2f", r.Ratio)}, {"records a second", fmt.Sprintf("%.0f", r.LinesPerSecond)},
		{"seconds again", fmt.Sprintf("%.2f", r.AgainSeconds)}, {"peak memory, MiB", fmt.Sprintf("%.0f", r.PeakRSSMiB)},
	}, map[int]bool{1: true})
	return nil
}

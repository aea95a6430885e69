package csvfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"sync"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/flow"
)

// Folder is a distributor that gives files: it reads what the mappings know in a
// folder, anew each time a file has changed. Orders are not offered; they are
// placed with the distributor, and its next file shows them.
//
//   - Of holdings, customers and price sheets, the file whose name comes last
//     counts: such a file is the whole state of a day, and an older one is history.
//   - Of invoice lines, all files count. An invoice that two files of one mapping
//     carry is the later file's; files of two mappings (licences and usage, say)
//     add up.
//   - Of usage, all files count; a record that several carry is the later file's.
type Folder struct {
	files    fs.FS
	mappings []*Mapping
	today    func() calendar.Date

	mu    sync.Mutex
	state map[string]*held
	bills map[string]*billed
}

// stamp changes when a file does.
type stamp struct {
	size int64
	at   time.Time
}

// NewFolder reads a folder by mappings, each with a pattern of its file names.
// Today is the day in the seller's time zone.
func NewFolder(files fs.FS, mappings []*Mapping, today func() calendar.Date) (*Folder, error) {
	names := map[string]bool{}
	for _, m := range mappings {
		if names[m.Name] {
			return nil, fmt.Errorf("two mappings are named %s (expected a name for each; rows are known by it)", m.Name)
		}
		names[m.Name] = true
		if m.Files == "" {
			return nil, fmt.Errorf("mapping %s: files: is missing (expected a pattern of names, to know its files in a folder)", m.Name)
		}
	}
	return &Folder{files: files, mappings: mappings, today: today, state: map[string]*held{}, bills: map[string]*billed{}}, nil
}

// Abilities are what the mappings read.
func (f *Folder) Abilities() flow.Abilities {
	return flow.Abilities{
		Holdings: f.reads(Holdings), Usage: f.reads(Usage), PriceSheets: f.reads(Prices),
		Invoices:      slices.ContainsFunc(f.mappings, func(m *Mapping) bool { return m.Reads == Lines && m.invoiced() }),
		UnbilledLines: slices.ContainsFunc(f.mappings, func(m *Mapping) bool { return m.Reads == Lines && !m.invoiced() }),
	}
}

// invoiced says whether the rows of a mapping name their invoice; those that do
// not are not billed yet.
func (m *Mapping) invoiced() bool {
	_, ok := m.columns["invoice"]
	return ok
}

func (f *Folder) reads(r Reads) bool {
	return slices.ContainsFunc(f.mappings, func(m *Mapping) bool { return m.Reads == r })
}

// found is one file of a mapping.
type found struct {
	m     *Mapping
	name  string
	stamp stamp
}

// all are the files of a mapping by name.
func (f *Folder) all(m *Mapping) ([]found, error) {
	entries, err := fs.ReadDir(f.files, ".")
	if err != nil {
		return nil, fmt.Errorf("the folder of %s: %w", m.Name, err)
	}
	var files []found
	for _, e := range entries {
		if e.IsDir() || !m.matches(e.Name()) {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		files = append(files, found{m, e.Name(), stamp{info.Size(), info.ModTime()}})
	}
	return files, nil
}

// latest are the last file of each mapping of a kind, or all of them.
func (f *Folder) latest(r Reads, history bool) ([]found, error) {
	var files []found
	for _, m := range f.mappings {
		if m.Reads != r {
			continue
		}
		of, err := f.all(m)
		if err != nil {
			return nil, err
		}
		if !history && len(of) > 1 {
			of = of[len(of)-1:]
		}
		files = append(files, of...)
	}
	return files, nil
}

// rowsIn reads one file of the folder.
func rowsIn[T any](ctx context.Context, f *Folder, file found, read func(*row) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		r, err := f.files.Open(file.name)
		if err != nil {
			yield(none, fmt.Errorf("%s: %w", file.name, err))
			return
		}
		defer func() { _ = r.Close() }()
		for v, err := range rowsOf(file.m, file.name, r, read) {
			if ctx.Err() != nil {
				yield(none, ctx.Err())
				return
			}
			if !yield(v, err) {
				return
			}
		}
	}
}

// isRow says whether an error is of one row, after which the next follows.
func isRow(err error) bool {
	var row *flow.InputError
	return errors.As(err, &row) && !errors.Is(err, ErrDamaged)
}

func refuses[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		yield(none, err)
	}
}

// PriceSheet is the latest sheet: what is in force in the month asked for, or
// what begins later. A row without a first day is in force in the month.
func (f *Folder) PriceSheet(ctx context.Context, ask flow.PriceSheetAsk) iter.Seq2[flow.PriceSheetRow, error] {
	if !f.reads(Prices) {
		return refuses[flow.PriceSheetRow](flow.ErrNotOffered)
	}
	return func(yield func(flow.PriceSheetRow, error) bool) {
		files, err := f.ready(ctx, Prices, false)
		if err != nil {
			yield(flow.PriceSheetRow{}, err)
			return
		}
		month := ask.Month
		if month.IsZero() {
			month = f.today()
		}
		month = firstOf(month)
		for _, file := range files {
			for p, err := range rowsIn(ctx, f, file, price) {
				if err == nil {
					if p.From.IsZero() {
						p.From = month
					}
					over := !p.To.IsZero() && !p.To.After(month)
					later := !p.From.Before(month.AddMonths(1))
					if over || later != ask.Future || (ask.Market != "" && p.Market != "" && p.Market != ask.Market) {
						continue
					}
				}
				if !yield(p, err) || (err != nil && !isRow(err)) {
					return
				}
			}
		}
	}
}

func firstOf(day calendar.Date) calendar.Date {
	_, _, n := day.Civil()
	return day.AddDays(1 - n)
}

// ready are the files to read, where the context still allows it.
func (f *Folder) ready(ctx context.Context, r Reads, history bool) ([]found, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return f.latest(r, history)
}

// Usage is what the files have of an invoice; without one, of the current or the
// last month.
func (f *Folder) Usage(ctx context.Context, ask flow.UsageAsk) iter.Seq2[flow.RatedUsage, error] {
	if !f.reads(Usage) {
		return refuses[flow.RatedUsage](flow.ErrNotOffered)
	}
	return func(yield func(flow.RatedUsage, error) bool) {
		files, err := f.ready(ctx, Usage, true)
		if err != nil {
			yield(flow.RatedUsage{}, err)
			return
		}
		month := firstOf(f.today())
		if ask.Last {
			month = month.AddMonths(-1)
		}
		given := map[string]bool{}
		slices.Reverse(files)
		for _, file := range files {
			seen := occurrences{}
			for u, err := range rowsIn(ctx, f, file, func(r *row) flow.RatedUsage { return used(r, seen) }) {
				if err == nil {
					other := u.Invoice != ask.Invoice || (!ask.Currency.IsZero() && u.Currency != ask.Currency)
					if other || given[u.Key] || (ask.Invoice == "" && firstOf(u.Period.From) != month) {
						continue
					}
					given[u.Key] = true
				}
				if !yield(u, err) || (err != nil && !isRow(err)) {
					return
				}
			}
		}
	}
}

// Events are not offered: what changed shows when a file is read.
func (f *Folder) Events(context.Context, time.Time) iter.Seq2[flow.ProviderEvent, error] {
	return refuses[flow.ProviderEvent](flow.ErrNotOffered)
}

// Rates are not offered: a line says its own.
func (f *Folder) Rates(context.Context, calendar.Date) iter.Seq2[billing.Rate, error] {
	return refuses[billing.Rate](flow.ErrNotOffered)
}

// Promotions are not offered.
func (f *Folder) Promotions(context.Context, string, string) iter.Seq2[flow.Promotion, error] {
	return refuses[flow.Promotion](flow.ErrNotOffered)
}

// Order is not offered: files go one way.
func (f *Folder) Order(context.Context, flow.ProviderOrder) (flow.ProviderReceipt, error) {
	return flow.ProviderReceipt{}, flow.ErrNotOffered
}

// OrderFind is not offered.
func (f *Folder) OrderFind(context.Context, flow.ProviderOrder) (flow.ProviderReceipt, error) {
	return flow.ProviderReceipt{}, flow.ErrNotOffered
}

// Change is not offered.
func (f *Folder) Change(context.Context, flow.ProviderChange) (flow.ProviderReceipt, error) {
	return flow.ProviderReceipt{}, flow.ErrNotOffered
}

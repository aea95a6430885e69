package flow

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// writeChunk numbers and writes a chunk in one transaction, with the run's
// progress. Where somebody else was quicker it is read and planned again, and
// written in halves: the less is written at once, the rarer that happens. Where it
// happens time and again, the last try keeps everybody else waiting.
func (f *Flow) writeChunk(ctx context.Context, run *Run, pool *pool, c *chunkWork, o BillOptions) error {
	for try := 1; ; try++ {
		err := f.writePlanned(ctx, run, c, o)
		if !errors.Is(err, ErrMoved) {
			return err
		}
		if try == writeTries {
			return f.writeHeld(ctx, run, pool, c, o)
		}
		if err := f.Store.Read(ctx, func(tx Tx) error { return c.readAgain(tx, o) }); err != nil {
			return err
		}
		if c.empty() {
			return nil
		}
		groups := groupsOf(c.books)
		if len(groups) > 1 {
			return f.writeHalves(ctx, run, pool, c, groups, o)
		}
		if pool.plan(c, o.Through); c.err != nil {
			return c.err
		}
	}
}

func (f *Flow) writeHalves(ctx context.Context, run *Run, pool *pool, c *chunkWork, groups []group, o BillOptions) error {
	middle := 0
	for i := range groups[:len(groups)/2] {
		middle += len(groups[i].books)
	}
	first, second := c.halves(middle)
	for _, half := range []*chunkWork{first, second} {
		if pool.plan(half, o.Through); half.err != nil {
			return half.err
		}
		if err := f.writeChunk(ctx, run, pool, half, o); err != nil {
			return err
		}
	}
	return nil
}

// writeHeld reads, plans and writes what never rests in one transaction, in which no
// fact can be recorded: all but another run that bills the same wait for it, and where
// that is quicker there is less left to do.
func (f *Flow) writeHeld(ctx context.Context, run *Run, pool *pool, c *chunkWork, o BillOptions) error {
	var progress Run
	err := Again(func() error {
		return f.Store.Write(ctx, func(tx Tx) error {
			if err := tx.FactsHold(); err != nil {
				return err
			}
			if err := c.readAgain(tx, o); err != nil || c.empty() {
				progress = *run
				return err
			}
			if pool.plan(c, o.Through); c.err != nil {
				return c.err
			}
			progress = run.after(c)
			return f.writeOnce(tx, &progress, c)
		})
	})
	if err == nil {
		run.progress(progress, o)
	}
	return err
}

// after is the run with a chunk done.
func (r *Run) after(c *chunkWork) Run {
	progress := *r
	progress.Contracts += int64(c.contracts)
	progress.Invoices += int64(len(c.chunk.Invoices))
	progress.Lines += int64(c.lines)
	progress.Exceptions += int64(len(c.exceptions))
	progress.Left += int64(len(c.left) + len(c.changed))
	progress.Last = c.last
	return progress
}

func (r *Run) progress(now Run, o BillOptions) {
	*r = now
	if o.Progress != nil {
		o.Progress(*r)
	}
}

// writePlanned writes a chunk as it was planned, or nothing of it.
func (f *Flow) writePlanned(ctx context.Context, run *Run, c *chunkWork, o BillOptions) error {
	progress := run.after(c)
	if err := f.Store.Write(ctx, func(tx Tx) error { return f.writeOnce(tx, &progress, c) }); err != nil {
		return err
	}
	run.progress(progress, o)
	return nil
}

func (f *Flow) writeOnce(tx Tx, run *Run, c *chunkWork) error {
	if err := f.number(tx, run.ID, c.chunk.Invoices); err != nil {
		return err
	}
	if err := tx.ChunkWrite(c.chunk); err != nil {
		return err
	}
	for _, exception := range c.exceptions {
		exception.Run = run.ID
		if err := tx.RunExceptionAdd(exception); err != nil {
			return err
		}
	}
	if err := c.writeLeft(tx, run); err != nil {
		return err
	}
	run.ToldAt = f.Clock.Now()
	return tx.RunUpdate(*run)
}

type seriesKey struct {
	seller SellerID
	series string
}

// number gives the invoices the next numbers of their series, in order.
func (f *Flow) number(tx Tx, run int64, invoices []Issued) error {
	counts := map[seriesKey]int{}
	for i := range invoices {
		counts[seriesKey{invoices[i].Seller, invoices[i].Series}]++
	}
	keys := make([]seriesKey, 0, len(counts))
	for key := range counts {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b seriesKey) int {
		return strings.Compare(string(a.seller)+"/"+a.series, string(b.seller)+"/"+b.series)
	})
	next := map[seriesKey]int64{}
	for _, key := range keys {
		first, err := tx.NumbersTake(key.seller, key.series, counts[key])
		if err != nil {
			return err
		}
		next[key] = first
	}
	now := f.Clock.Now().UTC().Truncate(time.Microsecond)
	for i := range invoices {
		key := seriesKey{invoices[i].Seller, invoices[i].Series}
		invoices[i].Number, invoices[i].Run, invoices[i].IssuedAt = next[key], run, now
		next[key]++
	}
	return nil
}

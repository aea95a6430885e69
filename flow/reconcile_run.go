package flow

import (
	"context"
	"slices"
	"sync"
	"time"

	"prorata/core/reconcile"
)

// holdingsAtOnce is how many holdings are compared, and written, together.
const holdingsAtOnce = 1000

// invoicePart is some holdings on their way: as read, then as matched.
type invoicePart struct {
	customers []*customerPart
	results   []*reconcile.Result
	matches   []Match
	findings  []Finding
	err       error
}

// run works through the invoice in parts. One is read, one is matched on all
// cores and one is written at the same time, since the database and this program
// would else wait for each other. Parts are written in order: findings are
// numbered, and sums added, as if one came after another.
func (r *reconciling) run(ctx context.Context, report *ReconcileReport) error {
	id, invoice := r.connection.ID, r.kept.ID
	err := r.f.write(ctx, func(tx Tx) error {
		if err := tx.FindingsClear(id, invoice); err != nil {
			return err
		}
		return tx.InvoiceReconciled(id, invoice, time.Time{})
	})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	read, matched := make(chan *invoicePart), make(chan *invoicePart)
	var lines sync.WaitGroup
	lines.Go(func() {
		defer close(read)
		r.readParts(ctx, read)
	})
	lines.Go(func() {
		defer close(matched)
		for p := range read {
			if p.err == nil {
				p.match(r)
			}
			matched <- p
		}
	})
	for p := range matched {
		if err == nil {
			err = p.err
		}
		if err == nil {
			err = r.write(ctx, p, report)
		}
		if err != nil {
			stop()
		}
	}
	lines.Wait()
	if err != nil {
		return err
	}
	return r.finish(ctx, report)
}

// readParts reads one part after another, each in a transaction of its own.
func (r *reconciling) readParts(ctx context.Context, to chan<- *invoicePart) {
	for after, more := "", true; more && ctx.Err() == nil; {
		p := &invoicePart{}
		err := r.f.Store.Read(ctx, func(tx Tx) error {
			ids, err := r.holdingsAfter(tx, after)
			if err != nil {
				return err
			}
			more = len(ids) == holdingsAtOnce
			if after == "" {
				ids = append(ids, "")
			}
			if p.customers, err = r.read(tx, ids, after); err != nil || len(ids) == 0 {
				return err
			}
			after = slices.Max(ids)
			return nil
		})
		p.err = err
		to <- p
		if err != nil {
			return
		}
	}
}

// holdingsAfter are the next holdings to compare: those that were seen, are linked,
// or stand on this invoice or one around it, so that what is missing is missed.
func (r *reconciling) holdingsAfter(tx Tx, after string) (ids []string, err error) {
	for _, invoice := range append([]string{r.kept.ID}, r.others...) {
		some, err := tx.HoldingsAfter(r.connection.ID, invoice, after, holdingsAtOnce)
		if err != nil {
			return nil, err
		}
		ids = append(ids, some...)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	return ids[:min(len(ids), holdingsAtOnce)], nil
}

// match compares the customers of a part, a run of them on each worker.
func (p *invoicePart) match(r *reconciling) {
	p.results = make([]*reconcile.Result, len(p.customers))
	errs := make([]error, len(p.customers))
	workers := max(1, r.f.Workers)
	var wait sync.WaitGroup
	for w := range workers {
		from, to := len(p.customers)*w/workers, len(p.customers)*(w+1)/workers
		wait.Go(func() {
			for i := from; i < to && (i == from || errs[i-1] == nil); i++ {
				p.results[i], errs[i] = reconcile.CustomerOf(&p.customers[i].Customer, r.rules, r.invoice)
			}
		})
	}
	wait.Wait()
	for i, c := range p.customers {
		if p.err = errs[i]; p.err != nil {
			return
		}
		p.matches = append(p.matches, c.matches(p.results[i], r.currency)...)
		p.findings = append(p.findings, c.findings(p.results[i], r.currency)...)
	}
}

// write adds a part to the sums and writes what was found.
func (r *reconciling) write(ctx context.Context, p *invoicePart, report *ReconcileReport) error {
	for _, result := range p.results {
		if err := report.Sums.Add(result); err != nil {
			return err
		}
	}
	for i := range p.findings {
		report.Findings++
		p.findings[i].No = report.Findings
	}
	return r.f.Store.Write(ctx, func(tx Tx) error { return tx.FindingsAdd(r.connection.ID, r.kept.ID, p.matches, p.findings) })
}

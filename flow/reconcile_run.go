package flow

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"prorata/core/reconcile"
)

// holdingsAtOnce is how many holdings, or rows of them, are usually compared, and
// written, together.
const holdingsAtOnce = 1500

func (r *reconciling) atOnce() int { return cmp.Or(max(0, r.f.HoldingsAtOnce), holdingsAtOnce) }

// invoicePart is some holdings on their way: as asked for, as read, then as matched.
// Once it is written the next part takes its room.
type invoicePart struct {
	// ids are the holdings, those after one up to another; of a part that is whole some are loose.
	ids         []string
	after, last string
	// named is set where the holdings are asked for by their ids, and not those in between.
	named bool
	loose []loose
	// was is told once it is read.
	was    chan struct{}
	teller *storyteller
	heard  heard
	// lines are the rows of the invoice, in order of holding; others those of the invoices around it.
	lines, others []ProviderLine
	facts         []holdingFacts
	// whole is set where all is at hand that can belong together.
	whole     bool
	holdings  map[string]*holdingFacts
	byID      map[string]*customerPart
	customers []*customerPart
	// rows and billed are of all customers, each of whom has a stretch of them.
	rows   []reconcile.Row
	behind behinds

	results  []*reconcile.Result
	earned   []earned
	matches  []Match
	findings []Finding
	err      error
}

// cleared is the part with nothing on it but its room.
func (p *invoicePart) cleared() *invoicePart {
	if p.holdings == nil {
		p.holdings, p.byID, p.was = map[string]*holdingFacts{}, map[string]*customerPart{}, make(chan struct{}, 1)
	}
	clear(p.holdings)
	clear(p.byID)
	clear(p.customers)
	clear(p.results)
	p.behind.clear()
	p.heard.clear()
	*p = invoicePart{
		was: p.was, heard: p.heard, ids: p.ids[:0],
		lines: p.lines[:0], others: p.others[:0], facts: p.facts[:0], holdings: p.holdings, byID: p.byID, customers: p.customers[:0], rows: p.rows[:0], behind: p.behind,
		results: p.results[:0], earned: p.earned[:0], matches: p.matches[:0], findings: p.findings[:0],
	}
	return p
}

// partsRead is how many parts are read at once: while one waits for the database
// another is put together. partsAtOnce is how many are on their way: those that are
// read, one that is asked for, one matched, one written, and one that waits.
const (
	partsRead   = 2
	partsAtOnce = partsRead + 4
)

// run works through the invoice in parts. Some are read, one is matched on all
// cores and one is written at the same time, since the database and this program
// would else wait for each other. Parts are matched and written in order: findings are
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
	for range max(1, r.f.Workers) {
		r.matchers = append(r.matchers, reconcile.NewMatcher(r.rules, r.invoice))
	}
	// What belongs to one holding is compared first; then what is left of customers.
	for _, parts := range []func(context.Context, <-chan *invoicePart, func(*invoicePart)){r.askParts, r.askLoose} {
		if err := r.compare(ctx, parts, report); err != nil {
			return err
		}
	}
	return r.finish(ctx, report)
}

// compare reads, matches and writes the parts that are asked for.
func (r *reconciling) compare(ctx context.Context, parts func(context.Context, <-chan *invoicePart, func(*invoicePart)), report *ReconcileReport) (err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	// Each has room for all parts, so that only what is not there is waited for.
	empty, asked, inOrder, matched := make(chan *invoicePart, partsAtOnce), make(chan *invoicePart, partsAtOnce), make(chan *invoicePart, partsAtOnce), make(chan *invoicePart, partsAtOnce)
	for range partsAtOnce {
		empty <- (&invoicePart{}).cleared()
	}
	var lines sync.WaitGroup
	lines.Go(func() {
		defer close(asked)
		defer close(inOrder)
		parts(ctx, empty, func(p *invoicePart) { inOrder <- p; asked <- p })
	})
	for range min(partsRead, len(r.matchers)) {
		// What was looked up for stories is kept by each who tells them.
		teller := *r.storyteller
		lines.Go(func() {
			for p := range asked {
				p.teller = &teller
				if p.err == nil {
					p.err = r.f.Store.Read(ctx, func(tx Tx) error { return r.read(tx, p) })
				}
				p.was <- struct{}{}
			}
		})
	}
	lines.Go(func() {
		defer close(matched)
		for p := range inOrder {
			if <-p.was; p.err == nil {
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
		empty <- p.cleared()
	}
	lines.Wait()
	return err
}

// askParts asks for one part after another. Each is read in a transaction of its own.
func (r *reconciling) askParts(ctx context.Context, empty <-chan *invoicePart, ask func(*invoicePart)) {
	for after, more := "", true; more && ctx.Err() == nil; {
		p := <-empty
		p.after = after
		p.err = r.f.Store.Read(ctx, func(tx Tx) (err error) {
			p.last, err = r.bound(tx, after)
			return err
		})
		after = p.last
		more = p.err == nil && after != ""
		ask(p)
	}
}

// bound is the last holding of the part after one; empty for all that are left.
func (r *reconciling) bound(tx Tx, after string) (last string, err error) {
	for _, invoice := range append([]string{r.kept.ID}, r.others...) {
		one, err := tx.HoldingBound(r.connection.ID, invoice, after, r.atOnce())
		if err != nil {
			return "", err
		}
		if last == "" || one != "" && one < last {
			last = one
		}
	}
	return last, nil
}

// match compares the customers of a part, a run of them on each worker.
func (p *invoicePart) match(r *reconciling) {
	for range p.customers {
		p.results = append(p.results, nil)
	}
	errs, idle := make([]error, len(r.matchers)), make([][]loose, len(r.matchers))
	var wait sync.WaitGroup
	for w, matcher := range r.matchers {
		from, to := len(p.customers)*w/len(r.matchers), len(p.customers)*(w+1)/len(r.matchers)
		wait.Go(func() {
			for i := from; i < to && errs[w] == nil; i++ {
				if p.results[i], errs[w] = matcher.Customer(&p.customers[i].Customer); errs[w] == nil {
					idle[w], errs[w] = p.customers[i].left(matcher, idle[w])
				}
			}
		})
	}
	wait.Wait()
	for _, p.err = range errs {
		if p.err != nil {
			return
		}
	}
	for _, some := range idle {
		r.looseStories = append(r.looseStories, some...)
	}
	r.remember(p)
	p.matches = slices.Grow(p.matches, len(p.lines))
	for i, c := range p.customers {
		p.matches = c.matches(p.matches, p.results[i], r.currency)
		p.findings = c.findings(p.findings, p.results[i], r.currency)
	}
	inOrder := func(a, b Match) int {
		return cmp.Or(strings.Compare(a.Holding, b.Holding), strings.Compare(a.Line, b.Line))
	}
	if !slices.IsSortedFunc(p.matches, inOrder) {
		slices.SortFunc(p.matches, inOrder)
	}
}

// write adds a part to the sums and writes what was found.
func (r *reconciling) write(ctx context.Context, p *invoicePart, report *ReconcileReport) error {
	for _, result := range p.results {
		if err := report.Sums.Add(result); err != nil {
			return err
		}
	}
	for i := range p.matches {
		r.matched++
		p.matches[i].No = r.matched
	}
	for i := range p.findings {
		report.Findings++
		p.findings[i].No = report.Findings
	}
	return r.f.Store.Write(ctx, func(tx Tx) error { return tx.FindingsAdd(r.connection.ID, r.kept.ID, p.matches, p.findings) })
}

package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/ledger"
)

// BillOptions say how far to bill, and for whom.
type BillOptions struct {
	Through calendar.Date
	Actor   Actor
	// Accept is the stamp of a preview: the run fails with ErrMoved if the book has
	// changed since. 0 asks for nothing.
	Accept int64
	// Plan bills only what was approved of a billing plan and is still as it was looked at; 0 for all that is due.
	Plan int64
	// Progress is called after every chunk.
	Progress func(Run)
}

// chunkContracts is about how many contracts are read, planned and written at
// once: enough to make transactions cheap, few enough to keep memory flat.
const chunkContracts = 1000

// Bill cuts every invoice that is due through a day (BILLING §1, §3). It goes
// through the book in chunks: one is read, one is planned and one is written at
// the same time. A crash loses at most the chunk in hand; two runs at once give
// what one gives. A contract that cannot be billed becomes an exception of the
// run and stays due.
func (f *Flow) Bill(ctx context.Context, o BillOptions) (Run, error) {
	run, err := f.BillBegin(ctx, o)
	if err != nil {
		return run, err
	}
	return f.BillOn(ctx, run, o)
}

// BillBegin makes the run that BillOn then works through: so that whoever asked for it
// knows its number at once.
func (f *Flow) BillBegin(ctx context.Context, o BillOptions) (Run, error) {
	if o.Through.After(f.Today()) {
		return Run{}, wrong(Source{}, "%s has not come yet; a day to come can be previewed", o.Through)
	}
	now := f.Clock.Now()
	run := Run{Through: o.Through, State: AtWork, StartedAt: now, ToldAt: now, Who: o.Actor.Who, Plan: o.Plan, Owner: f.Process}
	err := f.Store.Write(ctx, func(tx Tx) (err error) {
		if _, err := tx.WorkLose(now.Add(-quietMost), now, nil); err != nil {
			return err
		}
		if o.Accept != 0 {
			stamp, err := tx.BookStamp()
			if err != nil {
				return err
			}
			if stamp != o.Accept {
				return fmt.Errorf("%w since the preview: look at it again", ErrMoved)
			}
		}
		if o.Plan != 0 {
			return f.beginApproved(tx, &run)
		}
		run.ID, err = tx.RunStart(run)
		return err
	})
	if err != nil {
		return run, fmt.Errorf("bill %s: %w", o.Through, err)
	}
	return run, nil
}

// BillOn works through what BillBegin began, and writes down how it ended.
func (f *Flow) BillOn(ctx context.Context, run Run, o BillOptions) (Run, error) {
	catalog, err := CatalogOf(ctx, f.Store, true)
	if err == nil {
		err = f.runChunks(ctx, &run, catalog, o)
	}
	run.State = "done"
	if err != nil {
		run.State = "failed"
	}
	run.EndedAt = f.Clock.Now()
	run.ToldAt = run.EndedAt
	// Where the run failed since the store is gone, its end cannot be told either.
	if ended := f.Store.Write(context.WithoutCancel(ctx), func(tx Tx) error { return tx.RunUpdate(run) }); err == nil {
		err = ended
	}
	if err != nil {
		return run, fmt.Errorf("bill %s: %w", o.Through, err)
	}
	return run, nil
}

// chunkWork is one chunk on its way: as read, then as planned.
type chunkWork struct {
	after string
	// last is the last of its groups, billed or not; empty until something was read.
	last  string
	books []*OpenBook
	// approved are the groups of a run that bills what was approved.
	approved []ApprovedGroup
	// left are those that were not read, changed those that were planned otherwise than approved.
	left, changed []RunLeft
	chunk         Chunk
	contracts     int
	lines         int
	exceptions    []RunException
	err           error
}

// runChunks reads, plans and writes, each in a line of its own.
func (f *Flow) runChunks(ctx context.Context, run *Run, catalog *Catalog, o BillOptions) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	read := make(chan *chunkWork)
	planned := make(chan *chunkWork)
	var lines sync.WaitGroup
	lines.Add(2)
	go func() {
		defer lines.Done()
		defer close(read)
		f.readChunks(ctx, o, read)
	}()
	pool := f.newPool(catalog)
	go func() {
		defer lines.Done()
		defer close(planned)
		for c := range read {
			if c.err == nil {
				pool.plan(c, o.Through)
			}
			planned <- c
		}
	}()
	var err error
	// What is planned again is planned beside the chunk that is planned ahead.
	again := f.newPool(catalog)
	for c := range planned {
		if err == nil {
			err = c.err
		}
		if err == nil {
			err = f.writeChunk(ctx, run, again, c, o)
		}
		if err != nil {
			stop()
		}
	}
	lines.Wait()
	return err
}

func (f *Flow) readChunks(ctx context.Context, o BillOptions, to chan<- *chunkWork) {
	after := ""
	for ctx.Err() == nil {
		c := &chunkWork{after: after}
		err := f.Store.Read(ctx, func(tx Tx) error { return c.read(tx, o) })
		if err == nil && c.last == "" {
			return
		}
		after = c.last
		// Whoever takes the chunk writes to it from now on.
		c.err = err
		to <- c
		if err != nil {
			return
		}
	}
}

// pool is the planners of a run, one for each worker.
type pool struct {
	f        *Flow
	catalog  *Catalog
	planners []*billing.Planner
}

func (f *Flow) newPool(catalog *Catalog) *pool {
	p := &pool{f: f, catalog: catalog}
	for range max(1, f.Workers) {
		p.planners = append(p.planners, billing.NewPlanner(&catalog.Catalog))
	}
	return p
}

// group is the contracts that are invoiced together, and what came of planning them.
type group struct {
	books    []*OpenBook
	drafts   []billing.Draft
	invoices []Issued
	moves    []CursorMove
	failed   []RunException
	// issuedIn says, when invoices are derived again, on which one a contract's
	// draft of a day stands: a group can have had two on one day, of two runs.
	issuedIn map[contractDay]string
	// differences are what verifying the group found.
	differences []string
}

type contractDay struct {
	contract billing.ContractID
	day      calendar.Date
}

func groupsOf(books []*OpenBook) []group {
	var groups []group
	for i, book := range books {
		if i == 0 || book.Group != books[i-1].Group {
			groups = append(groups, group{})
		}
		last := &groups[len(groups)-1]
		last.books = append(last.books, book)
	}
	return groups
}

// plan plans a chunk with all workers, and puts the groups together in order.
func (p *pool) plan(c *chunkWork, through calendar.Date) {
	groups := groupsOf(c.books)
	c.chunk, c.exceptions, c.contracts, c.lines = Chunk{}, nil, len(c.books), 0
	p.each(groups, func(planner *billing.Planner, g *group) { p.planGroup(planner, g, through) })
	for i := range groups {
		g := &groups[i]
		c.exceptions = append(c.exceptions, g.failed...)
	}
	c.compare(groups)
	for i := range groups {
		g := &groups[i]
		c.chunk.Moves = append(c.chunk.Moves, g.moves...)
		c.chunk.Invoices = append(c.chunk.Invoices, g.invoices...)
	}
	slices.SortStableFunc(c.chunk.Invoices, func(a, b Issued) int { return a.Date.Compare(b.Date) })
	for i := range c.chunk.Invoices {
		invoice := &c.chunk.Invoices[i]
		c.lines += len(invoice.Lines)
		entry, err := ledger.OfInvoice(&invoice.Invoice)
		if err != nil {
			c.err = fmt.Errorf("invoice %s: %w", invoice.ID, err)
			return
		}
		c.chunk.Entries = append(c.chunk.Entries, entry)
	}
}

// each shares the groups out among the workers, a run of them each.
func (p *pool) each(groups []group, do func(*billing.Planner, *group)) {
	var wait sync.WaitGroup
	for w, planner := range p.planners {
		part := groups[len(groups)*w/len(p.planners) : len(groups)*(w+1)/len(p.planners)]
		wait.Add(1)
		go func() {
			defer wait.Done()
			for i := range part {
				do(planner, &part[i])
			}
		}()
	}
	wait.Wait()
}

func (p *pool) planGroup(planner *billing.Planner, g *group, through calendar.Date) {
	for _, book := range g.books {
		plan, err := planner.Plan(&book.Book, through)
		if err != nil {
			g.fail(book, err)
			return
		}
		g.drafts = append(g.drafts, plan.Drafts...)
		g.moves = append(g.moves, CursorMove{Contract: book.Contract.ID, Version: book.Version, WasDueOn: book.WasDueOn, Cursor: plan.Cursor})
	}
	p.assembleAll(g)
}

// assembleAll makes the group's invoices from its drafts, date by date.
func (p *pool) assembleAll(g *group) {
	books := make(map[billing.ContractID]*OpenBook, len(g.books))
	for _, book := range g.books {
		books[book.Contract.ID] = book
	}
	drafts := g.drafts
	slices.SortStableFunc(drafts, func(a, b billing.Draft) int { return a.Date.Compare(b.Date) })
	for from := 0; from < len(drafts); {
		to := from + 1
		for to < len(drafts) && drafts[to].Date == drafts[from].Date {
			to++
		}
		for _, part := range g.parts(drafts[from:to]) {
			if err := p.assemble(g, part, books); err != nil {
				g.fail(books[part[0].Contract], err)
				return
			}
		}
		from = to
	}
}

// parts are the drafts of one day that go on one invoice each.
func (g *group) parts(drafts []billing.Draft) [][]billing.Draft {
	if len(g.issuedIn) == 0 || len(drafts) == 1 {
		return [][]billing.Draft{drafts}
	}
	var order []string
	parts := map[string][]billing.Draft{}
	for _, draft := range drafts {
		id := g.issuedIn[contractDay{draft.Contract, draft.Date}]
		if parts[id] == nil {
			order = append(order, id)
		}
		parts[id] = append(parts[id], draft)
	}
	list := make([][]billing.Draft, 0, len(order))
	for _, id := range order {
		list = append(list, parts[id])
	}
	return list
}

func (g *group) fail(book *OpenBook, err error) {
	g.invoices, g.moves = nil, nil
	g.failed = append(g.failed, RunException{Contract: book.Contract.ID, Code: codeOf(err), Sentence: err.Error()})
}

func codeOf(err error) string {
	var price *billing.MissingPrice
	var rate *billing.MissingRate
	switch {
	case errors.As(err, &price):
		return "missing_price"
	case errors.As(err, &rate):
		return "missing_rate"
	}
	return "cannot_bill"
}

// assemble makes the invoices of one payer and day. Contracts of several sellers
// are never on one invoice.
func (p *pool) assemble(g *group, drafts []billing.Draft, books map[billing.ContractID]*OpenBook) error {
	var sellers []SellerID
	for i := range drafts {
		if seller := books[drafts[i].Contract].Seller; !slices.Contains(sellers, seller) {
			sellers = append(sellers, seller)
		}
	}
	for _, seller := range sellers {
		var own []billing.Draft
		for i := range drafts {
			if books[drafts[i].Contract].Seller == seller {
				own = append(own, drafts[i])
			}
		}
		first := books[own[0].Contract]
		invoices, err := p.catalog.Assemble(first.Payer, own)
		if err != nil {
			return err
		}
		for i := range invoices {
			g.invoices = append(g.invoices, issue(invoices[i], first))
		}
	}
	return nil
}

// The series of numbers, per seller.
const (
	SeriesInvoice    = "INV"
	SeriesCreditNote = "CN"
)

// issue freezes an invoice; its number is given when it is written.
func issue(invoice billing.Invoice, book *OpenBook) Issued {
	issued := Issued{
		Invoice: invoice, Seller: book.Seller, Series: SeriesInvoice, Group: book.Group, DueOn: invoice.Date.AddDays(book.PaymentTermsDays),
		PayerVersion: book.PayerVersion, SellerVersion: book.SellerVersion,
	}
	issued.ID = string(invoice.Lines[0].Contract) + "/" + invoice.Date.String()
	if invoice.CreditNote {
		issued.Series = SeriesCreditNote
	}
	return issued
}

// Preview plans what Bill would do, and stores nothing. The stamp accepts it.
func (f *Flow) Preview(ctx context.Context, through calendar.Date, each func(Issued)) (run Run, exceptions []RunException, stamp int64, err error) {
	run = Run{Through: through, State: "preview", StartedAt: f.Clock.Now()}
	if err := f.Store.Read(ctx, func(tx Tx) (err error) { stamp, err = tx.BookStamp(); return err }); err != nil {
		return run, nil, 0, err
	}
	catalog, err := CatalogOf(ctx, f.Store, true)
	if err != nil {
		return run, nil, 0, err
	}
	pool := f.newPool(catalog)
	for c, err := range f.previewChunks(ctx, pool, through) {
		if err != nil {
			return run, nil, 0, err
		}
		run.Contracts += int64(c.contracts)
		run.Invoices += int64(len(c.chunk.Invoices))
		run.Lines += int64(c.lines)
		exceptions = append(exceptions, c.exceptions...)
		for i := range c.chunk.Invoices {
			each(c.chunk.Invoices[i])
		}
	}
	run.Exceptions = int64(len(exceptions))
	return run, exceptions, stamp, nil
}

func (f *Flow) previewChunks(ctx context.Context, pool *pool, through calendar.Date) func(func(*chunkWork, error) bool) {
	return func(yield func(*chunkWork, error) bool) {
		for after := ""; ; {
			c := &chunkWork{after: after}
			err := f.Store.Read(ctx, func(tx Tx) (err error) {
				c.books, err = tx.DueBooks(through, after, chunkContracts)
				return err
			})
			if err != nil || len(c.books) == 0 {
				if err != nil {
					yield(nil, err)
				}
				return
			}
			after = c.books[len(c.books)-1].Group
			c.last = after
			pool.plan(c, through)
			if !yield(c, c.err) {
				return
			}
		}
	}
}

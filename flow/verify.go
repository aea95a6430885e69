package flow

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"strconv"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/ledger"
	"prorata/core/money"
)

// VerifyReport is what a verification counted, and the first differences.
type VerifyReport struct {
	Contracts, Invoices, CreditNotes, Lines, Postings, Payments int64
	Differences                                                 int64
	// First are the first differences, a sentence each.
	First []string
}

// differencesKept bounds what a report holds of a book that is all wrong.
const differencesKept = 20

func (r *VerifyReport) differ(format string, args ...any) {
	r.Differences++
	if len(r.First) < differencesKept {
		r.First = append(r.First, fmt.Sprintf(format, args...))
	}
}

// Verify derives every invoice again, from the log and from nothing, and holds
// it against what was issued, byte for byte; it derives the ledger again from the
// invoices; it checks the sums of every document and that numbers have no gap
// and no repeat (DESIGN, What must hold, always).
func (f *Flow) Verify(ctx context.Context, progress func(VerifyReport)) (VerifyReport, error) {
	var report VerifyReport
	catalog, err := CatalogOf(ctx, f.Store, true)
	if err != nil {
		return report, err
	}
	pool := f.newPool(catalog)
	reading, stop := context.WithCancel(ctx)
	defer stop()
	for chunk := range f.verifyChunks(reading) {
		if chunk.err != nil {
			return report, fmt.Errorf("verify: %w", chunk.err)
		}
		pool.verify(chunk, &report)
		if progress != nil {
			progress(report)
		}
	}
	if err := f.verifyPayments(ctx, &report); err != nil {
		return report, fmt.Errorf("verify payments: %w", err)
	}
	err = f.Store.Read(ctx, func(tx Tx) error {
		series, err := tx.NumberGaps()
		for _, s := range series {
			if s.Given != s.Highest || s.Given != s.Count || s.Given != s.Distinct {
				report.differ("series %s of %s: %d numbers given, highest %d, %d invoices with %d different numbers", s.Series, s.Seller, s.Given, s.Highest, s.Count, s.Distinct)
			}
		}
		if err != nil {
			return err
		}
		sums, err := tx.DaySumsWrong()
		for _, s := range sums {
			report.differ("%s: %d is kept, and it comes to %d", s.Of, s.Kept, s.Counted)
		}
		return err
	})
	return report, err
}

// readersMost is how many parts of the book are read at once: reading is most of
// verifying, and half of it is the database's.
const readersMost = 2

// verifyChunks gives the book part by part, in order, read ahead by several readers.
func (f *Flow) verifyChunks(ctx context.Context) iter.Seq[*verifyChunk] {
	return func(yield func(*verifyChunk) bool) {
		var bounds []string
		err := f.Store.Read(ctx, func(tx Tx) (err error) { bounds, err = tx.GroupBounds(chunkContracts); return err })
		if err != nil {
			yield(&verifyChunk{err: err})
			return
		}
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		lines := make([]chan *verifyChunk, readersMost)
		for i := range lines {
			lines[i] = make(chan *verifyChunk)
			go f.verifyReader(ctx, bounds, i, lines[i])
		}
		for i := range bounds {
			chunk, more := <-lines[i%readersMost]
			if !more || !yield(chunk) {
				return
			}
		}
	}
}

// verifyReader reads every readersMost-th part, from one on.
func (f *Flow) verifyReader(ctx context.Context, bounds []string, from int, to chan<- *verifyChunk) {
	defer close(to)
	for i := from; i < len(bounds); i += readersMost {
		after := ""
		if i > 0 {
			after = bounds[i-1]
		}
		chunk := &verifyChunk{}
		chunk.err = f.Store.Read(ctx, func(tx Tx) error { return chunk.read(tx, after, bounds[i]) })
		select {
		case to <- chunk:
		case <-ctx.Done():
			return
		}
	}
}

// verifyChunk is whole groups with all that was issued to them.
type verifyChunk struct {
	err      error
	books    []*OpenBook
	issued   map[string]*Issued
	order    []string
	postings map[string][]ledger.Posting
	credits  []CreditRow
	// left is what credit notes have left of an invoice, credited the notes that the log gives.
	left     map[string]billing.Remainder
	credited map[string]bool
}

func (c *verifyChunk) read(tx Tx, after, last string) (err error) {
	if c.books, err = tx.AllBooks(after, last); err != nil || len(c.books) == 0 {
		return err
	}
	first := c.books[0].Group
	invoices, err := tx.InvoicesOf(first, last)
	if err != nil {
		return err
	}
	c.issued = make(map[string]*Issued, len(invoices))
	for i := range invoices {
		c.issued[invoices[i].ID] = &invoices[i]
		c.order = append(c.order, invoices[i].ID)
	}
	if c.credits, err = tx.CreditRowsOf(first, last); err != nil {
		return err
	}
	c.postings, err = tx.PostingsOf(first, last)
	return err
}

// verify derives the chunk's groups with all workers and compares in order.
func (p *pool) verify(c *verifyChunk, report *VerifyReport) {
	groups := groupsOf(c.books)
	for i := range groups {
		if groups[i].books[0].Payer.Consolidated {
			groups[i].issuedIn = c.issuedIn(groups[i].books[0].Group)
		}
	}
	p.each(groups, func(planner *billing.Planner, g *group) {
		p.rederive(planner, g)
		for i := range g.invoices {
			if text := differenceOf(c.issued[g.invoices[i].ID], &g.invoices[i]); text != "" {
				g.differences = append(g.differences, text)
			}
		}
	})
	derived := map[string]bool{}
	for i := range groups {
		g := &groups[i]
		report.Contracts += int64(len(g.books))
		for _, failed := range g.failed {
			report.differ("contract %s: cannot be derived again: %s", failed.Contract, failed.Sentence)
			for j := range g.books {
				c.leaveOut(g.books[j].Group, derived)
			}
		}
		for j := range g.invoices {
			derived[g.invoices[j].ID] = true
		}
		for _, text := range g.differences {
			report.differ("%s", text)
		}
	}
	c.checkCredits(&p.catalog.Catalog, report)
	for _, id := range c.order {
		issued := c.issued[id]
		c.checkIssued(issued, derived[id], report)
	}
}

// issuedIn says on which invoice each contract of a group was billed each day.
func (c *verifyChunk) issuedIn(group string) map[contractDay]string {
	in := map[contractDay]string{}
	for id, issued := range c.issued {
		if issued.Group != group || issued.Corrects != "" {
			continue
		}
		for i := range issued.Lines {
			in[contractDay{issued.Lines[i].Contract, issued.Date}] = id
		}
	}
	return in
}

func (c *verifyChunk) leaveOut(group string, derived map[string]bool) {
	for id, issued := range c.issued {
		if issued.Group == group {
			derived[id] = true
		}
	}
}

// rederive plans a group from nothing, each contract as far as it was worked through.
func (p *pool) rederive(planner *billing.Planner, g *group) {
	for _, book := range g.books {
		if book.Cursor.Through.IsZero() {
			continue
		}
		fresh := book.Book
		fresh.Cursor, fresh.Billed = billing.Cursor{}, nil
		plan, err := planner.Plan(&fresh, book.Cursor.Through)
		if err != nil {
			g.fail(book, err)
			return
		}
		g.drafts = append(g.drafts, plan.Drafts...)
	}
	p.assembleAll(g)
}

// differenceOf holds a derived invoice against the issued one, byte for byte, and
// says in what they differ; empty where they do not.
func differenceOf(issued, derived *Issued) string {
	if issued == nil {
		return fmt.Sprintf("invoice %s of %s: is owed, and was never issued", derived.ID, derived.Total)
	}
	want, got := canonical(&issued.Invoice), canonical(&derived.Invoice)
	if bytes.Equal(want, got) {
		return ""
	}
	return fmt.Sprintf("invoice %s (%s): derived again it differs: %s", PrintedNumber(issued), issued.ID, firstDifference(want, got))
}

// firstDifference shows the first line in which two texts differ.
func firstDifference(want, got []byte) string {
	wants, gots := bytes.Split(want, []byte("\n")), bytes.Split(got, []byte("\n"))
	for i := range max(len(wants), len(gots)) {
		var a, b []byte
		if i < len(wants) {
			a = wants[i]
		}
		if i < len(gots) {
			b = gots[i]
		}
		if !bytes.Equal(a, b) {
			return fmt.Sprintf("issued %q, derived %q", a, b)
		}
	}
	return "nothing"
}

// checkIssued checks what can be checked of one document by itself.
func (c *verifyChunk) checkIssued(issued *Issued, derived bool, report *VerifyReport) {
	report.Invoices++
	report.Lines += int64(len(issued.Lines))
	switch {
	case issued.Credits():
		report.CreditNotes++
		if !c.credited[issued.ID] {
			report.differ("credit note %s: nothing in the log gives it", PrintedNumber(issued))
		}
	case issued.Voids():
		report.CreditNotes++
		c.checkVoid(issued, report)
	case !derived:
		report.differ("invoice %s (%s): nothing in the log gives it", PrintedNumber(issued), issued.ID)
	}
	if note := c.issued[issued.VoidedBy]; issued.VoidedBy != "" && (note == nil || note.Corrects != issued.ID) {
		report.differ("invoice %s: is marked void, and no credit note takes it back", PrintedNumber(issued))
	}
	checkSums(issued, report)
	entry, err := ledger.OfInvoice(&issued.Invoice)
	if err != nil {
		report.differ("invoice %s: %v", PrintedNumber(issued), err)
		return
	}
	kept := c.postings[issued.ID]
	report.Postings += int64(len(kept))
	if !samePostings(entry.Postings(), kept) {
		report.differ("invoice %s: the ledger has %v, derived again %v", PrintedNumber(issued), kept, entry.Postings())
	}
}

// checkVoid holds a credit note that takes an invoice back against what is left of that.
func (c *verifyChunk) checkVoid(issued *Issued, report *VerifyReport) {
	corrected, ok := c.issued[issued.Corrects]
	if !ok {
		report.differ("credit note %s: the invoice %s that it takes back is not there", PrintedNumber(issued), issued.Corrects)
		return
	}
	if corrected.VoidedBy != issued.ID {
		report.differ("credit note %s: takes back %s, which is not marked so", PrintedNumber(issued), PrintedNumber(corrected))
	}
	left, credited := c.left[corrected.ID]
	if !credited {
		left = billing.NewRemainder(&corrected.Invoice)
	}
	reversal := Reversal(corrected, &left, issued.Date)
	if want, got := canonical(&issued.Invoice), canonical(&reversal.Invoice); !bytes.Equal(want, got) {
		report.differ("credit note %s: is not the reverse of %s: %s", PrintedNumber(issued), issued.Corrects, firstDifference(want, got))
	}
}

func samePostings(a, b []ledger.Posting) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// checkSums checks that lines, taxes and totals of a document add up.
func checkSums(issued *Issued, report *VerifyReport) {
	lines := money.NewAmount(0, issued.Currency)
	for i := range issued.Lines {
		line := &issued.Lines[i]
		lines = lines.Add(line.InvoicedAt)
		if line.Gross.Sub(line.Discount) != line.Amount || line.InvoicedGross.Sub(line.InvoicedDisc) != line.InvoicedAt {
			report.differ("invoice %s, line %d: gross − discount is not the amount", PrintedNumber(issued), i+1)
		}
	}
	sums, net, tax := lines.Sub(lines), lines.Sub(lines), lines.Sub(lines)
	for _, t := range issued.Taxes {
		sums, net, tax = sums.Add(t.Lines), net.Add(t.Net), tax.Add(t.Tax)
	}
	if sums != lines || net != issued.Net || tax != issued.Tax || issued.Net.Add(issued.Tax) != issued.Total {
		report.differ("invoice %s: lines %s, net %s, tax %s and total %s do not add up", PrintedNumber(issued), lines, issued.Net, issued.Tax, issued.Total)
	}
}

// canonical writes all that decides an invoice, a line of text each.
func canonical(invoice *billing.Invoice) []byte {
	to := make([]byte, 0, 256*(1+len(invoice.Lines)))
	to = fmt.Appendf(to, "%s|%s|%s|%s|%t|%s|%s|%s\n", invoice.Payer, invoice.Contract, invoice.Date, invoice.Currency, invoice.CreditNote, invoice.Net, invoice.Tax, invoice.Total)
	for i := range invoice.Lines {
		to = canonicalLine(to, &invoice.Lines[i])
	}
	for i := range invoice.Taxes {
		t := &invoice.Taxes[i]
		to = fmt.Appendf(to, "%s|%s|%d|%s|%t|%s|%s|%s\n", t.Account, t.Name, t.Category, t.Percent, t.Included, t.Lines, t.Net, t.Tax)
	}
	return to
}

func canonicalLine(to []byte, line *billing.InvoiceLine) []byte {
	text := func(s string) { to = append(append(to, s...), '|') }
	date := func(d calendar.Date) { to = append(d.AppendTo(to), '|') }
	amount := func(a money.Amount) { to = append(a.AppendTo(to), '|') }
	text(string(line.Contract))
	text(string(line.Account))
	text(string(line.Subscription))
	text(string(line.Key.Subscription))
	text(line.Key.Part)
	text(line.SKU)
	date(line.Key.Period)
	date(line.Key.Day)
	date(line.From)
	date(line.To)
	date(line.PeriodTo)
	to = strconv.AppendUint(to, uint64(line.Kind), 10)
	to = append(line.Quantity.AppendTo(append(to, '|')), '|')
	if line.Priced {
		to = line.UnitPrice.AppendTo(to)
	}
	to = append(to, '|')
	for _, a := range [...]money.Amount{line.Gross, line.Discount, line.Amount, line.InvoicedGross, line.InvoicedDisc, line.InvoicedAt} {
		amount(a)
	}
	text(line.Amount.Currency().String())
	text(line.Tax)
	to = append(strconv.AppendBool(to, line.TaxIncluded), '|')
	to = append(to, line.Explanation...)
	return append(to, '\n')
}

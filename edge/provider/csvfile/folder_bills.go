package csvfile

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"iter"
	"slices"
	"strings"

	"prorata/core/calendar"
	"prorata/flow"
)

// billed is what one file of lines carries, kept until the file changes.
type billed struct {
	stamp    stamp
	invoices []*bill
	// orphans are the errors of rows whose invoice cannot be read.
	orphans []error
	end     error
}

// bill is an invoice as one file carries it.
type bill struct {
	flow.ProviderInvoice
	rows hash.Hash
	// lastOn is the last day that a row pays for.
	lastOn calendar.Date
	// wrong are its unreadable rows, which its lines tell if it has any other.
	wrong []error
}

// invoiceLine is a line and what its row says of the invoice.
type invoiceLine struct {
	flow.ProviderLine
	on  calendar.Date
	row string
}

// linesIn reads a file of lines.
func (f *Folder) linesIn(ctx context.Context, file found) iter.Seq2[invoiceLine, error] {
	return rowsIn(ctx, f, file, lineReader())
}

// lineReader reads the rows of one file. An invoice has one currency: a row of another is
// an error.
func lineReader() func(*row) invoiceLine {
	seen := occurrences{}
	currencies := map[string]string{}
	return func(r *row) invoiceLine {
		v := invoiceLine{line(r, seen), r.date("invoice_on"), strings.Join(r.cells, "\x00")}
		code := v.Charge.Currency.String()
		if first, known := currencies[v.Invoice]; !known && len(r.wrong.list) == 0 {
			currencies[v.Invoice] = code
		} else if known && first != code && v.Invoice != "" && code != "" {
			r.wrong.add(r.spelled("currency"), "%s on invoice %s, whose other rows are in %s", code, quote(v.Invoice), first)
		}
		return v
	}
}

func (f *Folder) billedIn(ctx context.Context, file found) (*billed, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if b, ok := f.bills[file.name]; ok && b.stamp == file.stamp && !file.stamp.at.IsZero() {
		return b, nil
	}
	b := &billed{stamp: file.stamp}
	byID := map[string]*bill{}
	for v, err := range f.linesIn(ctx, file) {
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil && !isRow(err):
			b.end = err
			continue
		case err != nil && v.Invoice == "":
			b.orphans = append(b.orphans, err)
			continue
		}
		in, known := byID[v.Invoice]
		if !known {
			in = &bill{rows: sha256.New()}
			in.ID = v.Invoice
			byID[v.Invoice] = in
			b.invoices = append(b.invoices, in)
		}
		in.rows.Write([]byte(v.row + "\x01"))
		if err != nil {
			in.wrong = append(in.wrong, err)
			continue
		}
		in.add(&v)
	}
	for _, in := range b.invoices {
		in.finish()
		if in.On.IsZero() {
			b.orphans = append(b.orphans, in.wrong...)
		}
	}
	f.bills[file.name] = b
	return b, nil
}

func (b *bill) add(v *invoiceLine) {
	b.Currency, b.Total, b.On = v.Charge.Currency, b.Total.Add(v.Total), calendar.Latest(b.On, v.on)
	p := v.Charge.Period
	b.Period = calendar.Period{From: calendar.Earliest(b.Period.From, p.From), To: calendar.Latest(b.Period.To, p.To)}
	b.lastOn = calendar.Latest(b.lastOn, p.To.AddDays(-1))
}

// finish settles what only the last row decides. An invoice that does not say
// its day has that of the last day it bills.
func (b *bill) finish() {
	if b.On.IsZero() {
		b.On = b.lastOn
	}
	b.Credit = b.Total.Sign() < 0
	b.Stamp = hex.EncodeToString(b.rows.Sum(nil)[:16])
}

// carriers are the files that carry invoices, in the order of mappings and names.
func (f *Folder) carriers(ctx context.Context) (files []found, of []*billed, err error) {
	all, err := f.ready(ctx, Lines, true)
	if err != nil {
		return nil, nil, err
	}
	for _, file := range all {
		if !file.m.invoiced() {
			continue
		}
		b, err := f.billedIn(ctx, file)
		if err != nil {
			return nil, nil, err
		}
		files, of = append(files, file), append(of, b)
	}
	return files, of, nil
}

// replaced says whether a later file of the same mapping carries an invoice again.
func replaced(files []found, of []*billed, at int, id string) bool {
	for later := at + 1; later < len(files); later++ {
		if files[later].m == files[at].m && slices.ContainsFunc(of[later].invoices, func(b *bill) bool { return b.ID == id }) {
			return true
		}
	}
	return false
}

// Invoices are those that the files carry; their totals are the sums of their
// lines, since a file has no other.
func (f *Folder) Invoices(ctx context.Context, since calendar.Date) iter.Seq2[flow.ProviderInvoice, error] {
	if !f.Abilities().Invoices {
		return refuses[flow.ProviderInvoice](flow.ErrNotOffered)
	}
	return func(yield func(flow.ProviderInvoice, error) bool) {
		files, of, err := f.carriers(ctx)
		if err != nil {
			yield(flow.ProviderInvoice{}, err)
			return
		}
		var ids []string
		whole := map[string]*flow.ProviderInvoice{}
		for i, b := range of {
			for _, err := range b.orphans {
				if !yield(flow.ProviderInvoice{}, err) {
					return
				}
			}
			if b.end != nil {
				yield(flow.ProviderInvoice{}, b.end)
				return
			}
			for _, in := range b.invoices {
				if in.On.IsZero() || replaced(files, of, i, in.ID) {
					continue
				}
				if _, known := whole[in.ID]; !known {
					ids = append(ids, in.ID)
				}
				whole[in.ID] = joined(whole[in.ID], in.ProviderInvoice)
			}
		}
		for _, id := range ids {
			if ctx.Err() != nil {
				yield(flow.ProviderInvoice{}, ctx.Err())
				return
			}
			if in := whole[id]; !in.On.Before(since) && !yield(*in, nil) {
				return
			}
		}
	}
}

// joined is an invoice whose parts stand in the files of several mappings.
func joined(to *flow.ProviderInvoice, part flow.ProviderInvoice) *flow.ProviderInvoice {
	if to == nil {
		return &part
	}
	to.Total = to.Total.Add(part.Total)
	to.On, to.Credit, to.Stamp = calendar.Latest(to.On, part.On), to.Total.Sign() < 0, to.Stamp+"-"+part.Stamp
	to.Period = calendar.Period{From: calendar.Earliest(to.Period.From, part.Period.From), To: calendar.Latest(to.Period.To, part.Period.To)}
	return to
}

// InvoiceLines are the rows of an invoice; without one, the rows of files that
// name no invoice. An unreadable row is its invoice's; one whose invoice cannot
// be read is told by Invoices.
func (f *Folder) InvoiceLines(ctx context.Context, invoice flow.ProviderInvoice) iter.Seq2[flow.ProviderLine, error] {
	can := f.Abilities()
	if (invoice.ID == "" && !can.UnbilledLines) || (invoice.ID != "" && !can.Invoices) {
		return refuses[flow.ProviderLine](flow.ErrNotOffered)
	}
	return func(yield func(flow.ProviderLine, error) bool) {
		files, err := f.carrying(ctx, invoice.ID)
		if err != nil {
			yield(flow.ProviderLine{}, err)
			return
		}
		for _, file := range files {
			for v, err := range f.linesIn(ctx, file) {
				if (err == nil || isRow(err)) && v.Invoice != invoice.ID {
					continue
				}
				if !yield(v.ProviderLine, err) || (err != nil && !isRow(err)) {
					return
				}
			}
		}
	}
}

// carrying are the files with the lines of an invoice: of each mapping the
// latest; for what is not billed, the latest of each mapping that names none.
func (f *Folder) carrying(ctx context.Context, id string) ([]found, error) {
	if id == "" {
		files, err := f.ready(ctx, Lines, false)
		return slices.DeleteFunc(files, func(file found) bool { return file.m.invoiced() }), err
	}
	files, of, err := f.carriers(ctx)
	if err != nil {
		return nil, err
	}
	var carry []found
	for i, file := range files {
		if slices.ContainsFunc(of[i].invoices, func(b *bill) bool { return b.ID == id }) && !replaced(files, of, i, id) {
			carry = append(carry, file)
		}
	}
	return carry, nil
}

package office

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// ImportBill is the kind of file that is a provider's bill: the rows of its invoices, or of
// what it has not billed yet.
const ImportBill = "bill"

// billPlaces is the most digits after the point that a bill's sums keep.
const billPlaces = 12

// BillRow is a row of a provider's bill; On is the day of its invoice, where the row tells it.
type BillRow struct {
	flow.ProviderLine
	On calendar.Date
}

// BillTold is what is known of a bill beside its rows.
type BillTold struct {
	Connection flow.ConnectionID
	// On is the invoice's day, and Total what it comes to with tax, where somebody says so.
	On       calendar.Date
	Total    money.Decimal
	HasTotal bool
	// Currency is the one that all rows must be in; none takes that of the first.
	Currency money.Currency
	// Kept is what the book has of an invoice; nil where it has nothing.
	Kept func(invoice string) (*flow.KeptInvoice, error)
}

// BillInvoice is an invoice as the rows of a file make it.
type BillInvoice struct {
	// ProviderInvoice has no ID where the rows are not billed yet. Its day, its month and its Total are as they
	// were told, else as the provider itself said when the invoice was fetched, else what its rows make them.
	flow.ProviderInvoice
	Rows int64
	// RowsTotal is what the rows come to, the Tax in it included.
	RowsTotal, Tax money.Decimal
	// Kept is what the book has of this invoice; nil where it has nothing.
	Kept *flow.KeptInvoice
}

// Known says whether the book has the invoice just so: taking it would change nothing that counts.
func (b *BillInvoice) Known() bool {
	return b.Kept != nil && b.Kept.Lines == b.Rows && b.Kept.LinesTotal.Cmp(b.RowsTotal) == 0 && b.Kept.Total.Cmp(b.Total) == 0
}

// billSums add up the rows of one invoice.
type billSums struct {
	invoice    string
	on         calendar.Date
	rows       int64
	total, tax money.Ratio
	// ordered counts rows by the first day of the month of their transaction.
	ordered map[calendar.Date]int
}

func (s *billSums) add(row *BillRow) {
	s.rows++
	s.on = calendar.Latest(s.on, row.On)
	s.total, s.tax = s.total.Add(row.Total.Ratio()), s.tax.Add(row.Tax.Ratio())
	on := row.OrderedOn()
	_, _, day := on.Civil()
	s.ordered[on.AddDays(1-day)]++
}

// month is the one in which most rows were transacted.
func (s *billSums) month() calendar.Period {
	var most calendar.Date
	for first, n := range s.ordered {
		if before := s.ordered[most]; n > before || (n == before && first.Before(most)) {
			most = first
		}
	}
	return calendar.Period{From: most, To: most.AddMonths(1)}
}

// finish settles what only the last row decides.
func (s *billSums) finish(told *BillTold) (in BillInvoice, err error) {
	digits := told.Currency.Digits()
	in = BillInvoice{Rows: s.rows, RowsTotal: money.DecimalFrom(s.total, digits, billPlaces), Tax: money.DecimalFrom(s.tax, digits, billPlaces)}
	in.ID, in.Currency, in.Total = s.invoice, told.Currency, in.RowsTotal
	if in.Kept, err = told.Kept(in.ID); err != nil {
		return in, err
	}
	if in.ID != "" {
		in.Period = s.month()
		in.On = in.Period.To
		if !s.on.IsZero() {
			in.On = s.on
		}
		if k := in.Kept; k != nil && k.Stamp != "" {
			in.On, in.Period, in.Total = k.On, k.Period, k.Total
		}
	}
	if !told.On.IsZero() {
		in.On = told.On
	}
	if told.HasTotal {
		in.Total = told.Total
	}
	in.Credit = in.Total.Sign() < 0
	return in, nil
}

// BillInvoices reads a bill to its end for the invoices in it, in the order in which they are first
// named. An error that wrong takes is of one row, and the next follows; any other ends it.
func BillInvoices(rows iter.Seq2[BillRow, error], told BillTold, wrong func(error) bool) (list []BillInvoice, err error) {
	var sums []*billSums
	at := map[string]*billSums{}
	for row, err := range rows {
		if err == nil {
			err = told.inCurrency(&row)
		}
		if err != nil {
			if !wrong(err) {
				return nil, err
			}
			continue
		}
		of := at[row.Invoice]
		if of == nil {
			of = &billSums{invoice: row.Invoice, ordered: map[calendar.Date]int{}}
			at[row.Invoice] = of
			sums = append(sums, of)
		}
		of.add(&row)
	}
	if told.HasTotal && len(sums) > 1 {
		return nil, &FieldError{"total", fmt.Errorf("one total is given, and the file has %d invoices", len(sums))}
	}
	for _, of := range sums {
		in, err := of.finish(&told)
		if err != nil {
			return nil, err
		}
		list = append(list, in)
	}
	return list, nil
}

// inCurrency refuses a row in another currency than the bill's.
func (t *BillTold) inCurrency(row *BillRow) error {
	has := row.Charge.Currency
	if t.Currency.IsZero() {
		t.Currency = has
	}
	if has == t.Currency {
		return nil
	}
	return &flow.InputError{At: row.At, Err: fmt.Errorf("%s: %s (expected %s, in which connection %s is billed; another one has to be said)", "Currency", has, t.Currency, t.Connection)}
}

// LinesOf are the rows of one invoice of a bill; no invoice for those not billed yet.
func LinesOf(rows iter.Seq2[BillRow, error], invoice string) iter.Seq2[flow.ProviderLine, error] {
	return func(yield func(flow.ProviderLine, error) bool) {
		for row, err := range rows {
			if (err != nil || row.Invoice == invoice) && !yield(row.ProviderLine, err) {
				return
			}
		}
	}
}

// bill looks at the invoices of a provider's bill, and at what the book has of them.
func (l *ImportLook) bill(ctx context.Context, d *Desk, files ImportFiles, id string) error {
	c, told, err := d.billOf(ctx, &l.File)
	if err != nil {
		return err
	}
	l.Bills, err = BillInvoices(files.Bill(ctx, d.person.Sender(), id, c), told, l.notes)
	return err
}

// billOf is the connection that a bill came by, and what is known of the bill.
func (d *Desk) billOf(ctx context.Context, file *ImportFile) (c flow.Connection, told BillTold, err error) {
	if err = d.office.Store.Read(ctx, func(tx Tx) (err error) { c, err = tx.ConnectionGet(file.Connection); return err }); err != nil {
		return c, told, err
	}
	told = BillTold{Connection: c.ID, On: file.On, Currency: c.Currency, HasTotal: file.Total != "", Kept: func(invoice string) (kept *flow.KeptInvoice, err error) {
		err = d.office.Store.Read(ctx, func(tx Tx) error {
			has, err := tx.ProviderInvoiceGet(c.ID, invoice)
			if err == nil {
				kept = &has
			}
			return err
		})
		if errors.Is(err, flow.ErrUnknown) {
			return nil, nil
		}
		return kept, err
	}}
	if told.HasTotal {
		if told.Total, err = money.ParseDecimal(file.Total); err != nil {
			return c, told, &FieldError{"total", err}
		}
	}
	if file.Currency != "" {
		if told.Currency, err = money.ParseCurrency(file.Currency); err != nil {
			return c, told, &FieldError{"currency", err}
		}
	}
	return c, told, nil
}

// billTake takes a provider's bill in, invoice by invoice, and has each compared with the log where
// there are ways to providers. A file with a wrong row is not taken at all: half an invoice
// would look like a provider's mistake.
func (d *Desk) billTake(ctx context.Context, files ImportFiles, id string, file *ImportFile, report *ImportReport) error {
	look := ImportLook{File: *file}
	if err := look.bill(ctx, d, files, id); err != nil {
		return err
	}
	if look.Wrong > 0 {
		return fmt.Errorf("%w: %s of %s cannot be read: nothing of it was taken", flow.ErrInput, howMany(int(look.Wrong), "row"), file.Name)
	}
	c, _, err := d.billOf(ctx, file)
	if err != nil {
		return err
	}
	report.Counts = map[string]map[flow.Outcome]int{"invoice": {}, "row": {}}
	for i := range look.Bills {
		bill := &look.Bills[i]
		kept, err := d.ProviderBillTake(ctx, c.ID, bill.ProviderInvoice, LinesOf(files.Bill(ctx, d.person.Sender(), id, c), bill.ID))
		if err != nil {
			return err
		}
		report.Bills = append(report.Bills, *bill)
		report.Counts["invoice"][flow.Taken]++
		report.Counts["row"][flow.Taken] += int(kept.Lines)
		if d.office.Providers == nil {
			continue
		}
		if err := d.ProviderInvoiceReconcile(ctx, c.ID, bill.ID); err != nil {
			return err
		}
	}
	return nil
}

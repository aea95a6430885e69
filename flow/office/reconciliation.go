package office

import (
	"context"
	"fmt"
	"slices"

	"prorata/core/calendar"
	"prorata/flow"
)

// Reckonings are providers' invoices as they were reconciled, for whoever looks at them.
type Reckonings interface {
	// ReckoningGet is ErrUnknown where the invoice was not reconciled since its totals are kept.
	ReckoningGet(connection flow.ConnectionID, invoice string) (flow.Reckoning, error)
	// ProviderInvoicesFind is newest first, what is not billed yet before all.
	ProviderInvoicesFind(ProviderInvoiceFilter) ([]ProviderInvoiceRow, error)
	// ProviderSums are in order of their place, those after one.
	ProviderSums(connection flow.ConnectionID, invoice string, by flow.SumBy, after int64, most int) ([]flow.KeptSum, error)
	// FindingsFind is in order of number.
	FindingsFind(FindingFilter) ([]FindingRow, error)
	// MatchesFind is in order of number.
	MatchesFind(MatchFilter) ([]MatchRow, error)
}

// ProviderInvoiceFilter narrows a list of providers' invoices; zero values do not.
type ProviderInvoiceFilter struct {
	Connection flow.ConnectionID
	// Invoice asks for the one.
	Invoice string
	One     bool
	// Before and BeforeID are the date and id after which a page goes on, towards older ones.
	Before   calendar.Date
	BeforeID string
	Most     int
}

// ProviderInvoiceRow is an invoice of a provider with what reconciling it came to.
type ProviderInvoiceRow struct {
	flow.KeptInvoice
	ConnectionName string
	// Reckoning is what it came to, where Reckoned.
	Reckoning flow.Reckoning
	Reckoned  bool
	// Margins are the whole invoice, one for each currency of revenue.
	Margins []flow.KeptSum
}

// ProviderInvoiceState is how far a provider's invoice is.
type ProviderInvoiceState string

// The states: its rows do not come to its total; it was not compared since it was
// imported; something on it is not explained; every difference has its cause.
const (
	ProviderInvoiceIncomplete  ProviderInvoiceState = "incomplete"
	ProviderInvoiceOpen        ProviderInvoiceState = "not reconciled"
	ProviderInvoiceUnexplained ProviderInvoiceState = "unexplained"
	ProviderInvoiceReconciled  ProviderInvoiceState = "reconciled"
)

// State is how far it is.
func (r *ProviderInvoiceRow) State() ProviderInvoiceState {
	switch {
	case r.ID != "" && r.Total.Cmp(r.LinesTotal) != 0:
		return ProviderInvoiceIncomplete
	case r.ReconciledAt.IsZero() || r.ReconciledAt.Before(r.ImportedAt):
		return ProviderInvoiceOpen
	case r.Reckoned && !r.Reckoning.Unexplained.IsZero():
		return ProviderInvoiceUnexplained
	}
	return ProviderInvoiceReconciled
}

// FindingFilter narrows the differences of an invoice; zero values do not.
type FindingFilter struct {
	Connection           flow.ConnectionID
	Invoice              string
	Cause, Customer, SKU string
	// No asks for the one with that number; After is the number after which a page goes on.
	No, After int64
	Most      int
}

// FindingRow is a difference with the names of whom and what it is about.
type FindingRow struct {
	flow.Finding
	AccountName, ProductName string
}

// MatchFilter narrows the rows of an invoice; zero values do not.
type MatchFilter struct {
	Connection    flow.ConnectionID
	Invoice       string
	Customer, SKU string
	After         int64
	Most          int
}

// MatchRow is a row of an invoice with what it brought, and the names.
type MatchRow struct {
	flow.Match
	AccountName, ProductName string
	// Type and Days are the provider's: what kind of charge, for which days.
	Type     string
	Days     calendar.Period
	Quantity string
}

// ProviderInvoiceList is providers' invoices, newest first.
func (d *Desk) ProviderInvoiceList(ctx context.Context, filter ProviderInvoiceFilter) (list []ProviderInvoiceRow, err error) {
	filter.Most = pageOf(filter.Most)
	err = d.read(ctx, "ProviderInvoiceList", func(tx Tx) error { list, err = providerInvoices(tx, filter); return err })
	return list, err
}

func providerInvoices(tx Tx, filter ProviderInvoiceFilter) (list []ProviderInvoiceRow, err error) {
	if list, err = tx.ProviderInvoicesFind(filter); err != nil {
		return nil, err
	}
	for i := range list {
		if !list[i].Reckoned {
			continue
		}
		if list[i].Margins, err = tx.ProviderSums(list[i].Connection, list[i].ID, flow.SumWhole, 0, pageMost); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// ProviderInvoiceDetail is one invoice of a provider with its differences by cause.
type ProviderInvoiceDetail struct {
	ProviderInvoiceRow
	Causes []flow.KeptSum
	// Errand is the last time that somebody had it compared; nil where nobody did in the last weeks.
	Errand *Errand
}

// ProviderInvoiceGet is one invoice; no id for what is not billed yet.
func (d *Desk) ProviderInvoiceGet(ctx context.Context, connection flow.ConnectionID, invoice string) (detail ProviderInvoiceDetail, err error) {
	err = d.read(ctx, "ProviderInvoiceGet", func(tx Tx) error {
		list, err := providerInvoices(tx, ProviderInvoiceFilter{Connection: connection, Invoice: invoice, One: true, Most: 1})
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return fmt.Errorf("invoice %q of %s: %w", invoice, connection, flow.ErrUnknown)
		}
		detail.ProviderInvoiceRow = list[0]
		if detail.Causes, err = tx.ProviderSums(connection, invoice, flow.SumCause, 0, pageMost); err != nil {
			return err
		}
		detail.Errand, err = errandAt(tx, JobReconcile, connection, invoice)
		return err
	})
	return detail, err
}

// ProviderSumList is what an invoice cost and brought by customer, product or account, or
// its differences by cause, the dearest first: those after a place.
func (d *Desk) ProviderSumList(ctx context.Context, connection flow.ConnectionID, invoice string, by flow.SumBy, after int64, most int) (list []flow.KeptSum, err error) {
	err = d.read(ctx, "ProviderSumList", func(tx Tx) error {
		if !slices.Contains([]flow.SumBy{flow.SumWhole, flow.SumCause, flow.SumCustomer, flow.SumProduct, flow.SumEntity}, by) {
			return &FieldError{"by", fmt.Errorf("%q (expected whole, cause, customer, product or entity)", by)}
		}
		list, err = tx.ProviderSums(connection, invoice, by, after, pageOf(most))
		return err
	})
	return list, err
}

// FindingList is the differences of an invoice, in order of number.
func (d *Desk) FindingList(ctx context.Context, filter FindingFilter) (list []FindingRow, err error) {
	filter.Most = pageOf(filter.Most)
	err = d.read(ctx, "FindingList", func(tx Tx) error { list, err = tx.FindingsFind(filter); return err })
	return list, err
}

// FindingGet is one difference; flow.ErrUnknown where there is none with that number.
func (d *Desk) FindingGet(ctx context.Context, connection flow.ConnectionID, invoice string, no int64) (row FindingRow, err error) {
	err = d.read(ctx, "FindingGet", func(tx Tx) error {
		list, err := tx.FindingsFind(FindingFilter{Connection: connection, Invoice: invoice, No: no, Most: 1})
		if err != nil {
			return err
		}
		if len(list) == 0 || no == 0 {
			return fmt.Errorf("difference %d of invoice %s: %w", no, invoice, flow.ErrUnknown)
		}
		row = list[0]
		return nil
	})
	return row, err
}

// MatchList is the rows of an invoice with what each cost and brought, in order of holding and row.
func (d *Desk) MatchList(ctx context.Context, filter MatchFilter) (list []MatchRow, err error) {
	filter.Most = pageOf(filter.Most)
	err = d.read(ctx, "MatchList", func(tx Tx) error { list, err = tx.MatchesFind(filter); return err })
	return list, err
}

// DisputeGet is all that is to be said to the provider about one row of an invoice.
func (d *Desk) DisputeGet(ctx context.Context, connection flow.ConnectionID, invoice, line string) (dispute flow.Dispute, err error) {
	f, err := d.reading("DisputeGet")
	if err != nil {
		return dispute, err
	}
	return f.Dispute(ctx, connection, invoice, line)
}

// ReadinessGet says how far a month, given by any of its days, is from being closed towards a provider.
func (d *Desk) ReadinessGet(ctx context.Context, connection flow.ConnectionID, month calendar.Date) ([]flow.ReadinessCheck, error) {
	f, err := d.reading("ReadinessGet")
	if err != nil {
		return nil, err
	}
	_, _, day := month.Civil()
	return f.Readiness(ctx, connection, month.AddDays(1-day))
}

package office

import (
	"context"

	"prorata/core/money"
	"prorata/flow"
)

// InvoiceCreditable reads an issued invoice and, for each of its lines, what can still be
// credited of it; refused where nothing can, since it was taken back or is a credit note.
func (d *Desk) InvoiceCreditable(ctx context.Context, number string) (issued flow.Issued, left []money.Amount, err error) {
	f, err := d.reading("InvoiceCreditable")
	if err != nil {
		return issued, nil, err
	}
	return f.Creditable(ctx, number)
}

// InvoiceCreditPreview says what a credit note over lines of an invoice would come to. It
// is refused where the credit note would be.
func (d *Desk) InvoiceCreditPreview(ctx context.Context, ask flow.CreditAsk) (effect flow.CreditEffect, err error) {
	f, err := d.reading("InvoiceCreditPreview")
	if err != nil {
		return effect, err
	}
	return f.CreditPreview(ctx, ask)
}

// InvoiceCredit issues a credit note over lines of an issued invoice, which it gives: for
// good, since what it credits is not billed anew. The reason is printed on it.
func (d *Desk) InvoiceCredit(ctx context.Context, ask flow.CreditAsk) (flow.Issued, error) {
	f, err := d.doing(ctx, deed{"InvoiceCredit", ask.Invoice, flow.PlainText(ask.Reason)})
	if err != nil {
		return flow.Issued{}, err
	}
	return f.Credit(ctx, ask, d.actor())
}

package office

import (
	"context"

	"prorata/flow"
)

// InvoiceGet reads an issued invoice or credit note by its printed number or its id,
// with lines and taxes; flow.ErrUnknown where there is none in reach.
func (d *Desk) InvoiceGet(ctx context.Context, number string) (issued flow.Issued, err error) {
	err = d.read(ctx, "InvoiceGet", func(tx Tx) error {
		reach, err := d.within(tx)
		if err != nil {
			return err
		}
		issued, err = tx.InvoiceGet(number)
		if err == nil && !reach.has(issued.Payer) {
			issued, err = flow.Issued{}, unseen("invoice", number)
		}
		return err
	})
	return issued, err
}

// InvoiceVoid takes an issued invoice back with a credit note, which it gives; what it
// billed is billed anew by the next run. The reason is kept in the audit.
func (d *Desk) InvoiceVoid(ctx context.Context, number, reason string) (flow.Issued, error) {
	f, err := d.doing(ctx, deed{"InvoiceVoid", number, reason})
	if err != nil {
		return flow.Issued{}, err
	}
	return f.Void(ctx, number, d.actor())
}

package office

import (
	"context"
	"errors"
	"strings"

	"prorata/flow"
)

// InvoiceGet reads an issued invoice or credit note by its printed number or its id,
// with lines and taxes; flow.ErrUnknown where there is none in reach. Who is not the seller's staff
// gets no explanation that tells what the provider asks.
func (d *Desk) InvoiceGet(ctx context.Context, number string) (issued flow.Issued, err error) {
	err = d.read(ctx, "InvoiceGet", func(tx Tx) error { issued, err = d.invoiceIn(tx, number); return err })
	if d.person.Staff() {
		return issued, err
	}
	// What the provider asks is the seller's affair.
	for i := range issued.Lines {
		if flow.TellsCost(&issued.Lines[i]) {
			issued.Lines[i].Explanation = ""
		}
	}
	return issued, err
}

// InvoiceVoid takes an issued invoice back with a credit note, which it gives; what it
// billed is billed anew by the next run. The reason is asked for, and kept in the audit.
func (d *Desk) InvoiceVoid(ctx context.Context, number, reason string) (flow.Issued, error) {
	f, err := d.doing(ctx, deed{"InvoiceVoid", number, reason})
	if err != nil {
		return flow.Issued{}, err
	}
	if strings.TrimSpace(flow.PlainText(reason)) == "" {
		return flow.Issued{}, &FieldError{"reason", errors.New("say why it is taken back: whoever looks at the credit note will want to know")}
	}
	return f.Void(ctx, number, d.actor())
}

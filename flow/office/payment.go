package office

import (
	"context"
	"errors"
	"slices"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// PaymentRecord notes by hand that an invoice was paid, whole or in part, on a day; for
// a credit note, that money went back, as a negative amount.
func (d *Desk) PaymentRecord(ctx context.Context, number string, on calendar.Date, amount money.Decimal, reference string) (flow.Payment, error) {
	f, err := d.doing(ctx, deed{"PaymentRecord", number, amount.String() + " on " + on.String()})
	if err != nil {
		return flow.Payment{}, err
	}
	return f.RecordPayment(ctx, number, on, amount, reference, d.actor())
}

// PaymentQuery narrows a list of payments; zero values do not.
type PaymentQuery struct {
	// Number is that of an invoice, as printed.
	Number   string
	Payer    billing.AccountID
	From, To calendar.Date
	// Before is the payment after which a page goes on, Most how many it has.
	Before int64
	Most   int
}

// PaymentList is what was paid, newest first.
func (d *Desk) PaymentList(ctx context.Context, q PaymentQuery) (list []flow.Payment, err error) {
	err = d.read(ctx, "PaymentList", func(tx Tx) error {
		reach, err := d.within(tx)
		if err != nil {
			return err
		}
		filter := flow.PaymentFilter{From: q.From, To: q.To, Before: q.Before, Most: q.Most}
		if q.Number != "" {
			issued, err := tx.InvoiceGet(q.Number)
			if errors.Is(err, flow.ErrUnknown) || (err == nil && !reach.has(issued.Payer)) {
				return unseen("invoice", q.Number)
			}
			if err != nil {
				return err
			}
			filter.Invoice = issued.ID
		}
		if !reach.all {
			filter.Payers = slices.Clone(reach.accounts)
		}
		if q.Payer != "" {
			if !reach.has(q.Payer) {
				return unseen("account", string(q.Payer))
			}
			filter.Payers = []billing.AccountID{q.Payer}
		}
		if !reach.all && len(filter.Payers) == 0 {
			return nil
		}
		list, err = tx.PaymentList(filter)
		return err
	})
	return list, err
}

// InvoiceOpen is what is open on an invoice, by its printed number: its total less what
// was paid or set off.
func (d *Desk) InvoiceOpen(ctx context.Context, number string) (open money.Amount, err error) {
	err = d.read(ctx, "InvoiceOpen", func(tx Tx) error {
		reach, err := d.within(tx)
		if err != nil {
			return err
		}
		issued, err := tx.InvoiceGet(number)
		if err != nil {
			return err
		}
		if !reach.has(issued.Payer) {
			return unseen("invoice", number)
		}
		open, err = tx.InvoiceOpen(issued.ID)
		return err
	})
	return open, err
}

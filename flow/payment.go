package flow

import (
	"context"
	"errors"
	"time"

	"prorata/core/calendar"
	"prorata/core/ledger"
	"prorata/core/money"
)

// RecordPayment notes that an invoice was paid, whole or in part, or that money went
// back for a credit note: the amount has the sign of what is open and is not beyond
// it. It posts the money to the bank and off the receivable.
func (f *Flow) RecordPayment(ctx context.Context, number string, on calendar.Date, amount money.Decimal, reference string, actor Actor) (p Payment, err error) {
	for try := 1; ; try++ {
		p, err = f.paymentOnce(ctx, number, on, amount, reference, actor)
		if !errors.Is(err, ErrMoved) || try == writeTries {
			break
		}
	}
	return p, err
}

func (f *Flow) paymentOnce(ctx context.Context, number string, on calendar.Date, amount money.Decimal, reference string, actor Actor) (p Payment, err error) {
	err = f.Store.Write(ctx, func(tx Tx) error {
		issued, err := tx.InvoiceGet(number)
		if err != nil {
			return err
		}
		open, err := tx.InvoiceOpen(issued.ID)
		if err != nil {
			return err
		}
		p = Payment{Invoice: issued.ID, Number: PrintedNumber(&issued), Payer: issued.Payer, On: on, Reference: PlainText(reference),
			At: f.Clock.Now().UTC().Truncate(time.Microsecond), Who: actor.Who, Source: actor.Source}
		if p.Amount, err = f.judgePayment(&p, open, amount); err != nil {
			return err
		}
		entry, err := ledger.OfPayment(on, p.Amount)
		if err != nil {
			return err
		}
		if p.ID, err = tx.PaymentAdd(p, entry); err != nil {
			return err
		}
		return tx.InvoiceSettle(issued.ID, p.Amount)
	})
	return p, err
}

// judgePayment says what of an invoice a payment settles, or why it cannot.
func (f *Flow) judgePayment(p *Payment, open money.Amount, amount money.Decimal) (money.Amount, error) {
	paid, err := money.RoundTo(amount.Ratio(), open.Currency())
	switch {
	case p.On.IsZero():
		return paid, wrong(Source{}, "on: the day of the payment is missing (expected a date such as %s)", f.Today())
	case p.On.After(f.Today()):
		return paid, wrong(Source{}, "on: %s has not come yet; record the payment once the money is there", p.On)
	case err != nil || paid.Ratio().Cmp(amount.Ratio()) != 0:
		return paid, wrong(Source{}, "amount: %s is no amount of %s, which has %d digits after the point", amount, open.Currency(), open.Currency().Digits())
	case open.IsZero():
		return paid, wrong(Source{}, "amount: nothing is open on %s: it is paid, or was taken back", p.Number)
	case paid.IsZero():
		return paid, wrong(Source{}, "amount: nothing was paid (expected up to %s %s)", open, open.Currency())
	case paid.Sign() != open.Sign():
		return paid, wrong(Source{}, "amount: %s has the other sign than what is open on %s: %s %s", paid, p.Number, open, open.Currency())
	case paid.Sub(open).Sign() == open.Sign():
		return paid, wrong(Source{}, "amount: %s is more than what is open on %s: %s %s; record the rest on the invoice that it was for", paid, p.Number, open, open.Currency())
	}
	return paid, nil
}

// setOff settles an invoice that was taken back with the credit note that did so, as
// far as it was not paid before: what was paid stays owed to the payer.
func setOff(tx Tx, invoice, note string) error {
	open, err := tx.InvoiceOpen(invoice)
	if err != nil || open.IsZero() {
		return err
	}
	if err := tx.InvoiceSettle(invoice, open); err != nil {
		return err
	}
	return tx.InvoiceSettle(note, open.Neg())
}

// verifyPayments derives the ledger of payments again, and what is settled of every
// invoice: what was paid, and for an invoice that was taken back and its credit note
// together nothing else.
func (f *Flow) verifyPayments(ctx context.Context, to *VerifyReport) error {
	return f.Store.Read(ctx, func(tx Tx) error {
		err := tx.PaymentAll(func(p Payment, kept []ledger.Posting) bool {
			to.Payments++
			to.Postings += int64(len(kept))
			entry, err := ledger.OfPayment(p.On, p.Amount)
			switch {
			case err != nil:
				to.differ("payment %d: %v", p.ID, err)
			case p.Number == "":
				to.differ("payment %d: the invoice %s that it is for is not there", p.ID, p.Invoice)
			case !samePostings(entry.Postings(), kept):
				to.differ("payment %d on %s: the ledger has %v, derived again %v", p.ID, p.Number, kept, entry.Postings())
			}
			return true
		})
		if err != nil {
			return err
		}
		pairs := map[string]Settlement{}
		err = tx.SettlementAll(func(s Settlement) bool {
			s.check(to, pairs)
			return true
		})
		for _, left := range pairs {
			if left.Settled != left.Paid {
				to.differ("invoice %s: %s is settled and %s was paid, and of what it was set off against nothing is settled", left.Number, left.Settled, left.Paid)
			}
		}
		return err
	})
}

// check holds one invoice, or one with its credit note, against what was paid.
func (s *Settlement) check(to *VerifyReport, pairs map[string]Settlement) {
	beyond := s.Settled.Sign() != 0 && (s.Settled.Sign() != s.Total.Sign() || s.Settled.Sub(s.Total).Sign() == s.Total.Sign())
	if beyond {
		to.differ("invoice %s: of %s there is %s settled", s.Number, s.Total, s.Settled)
		return
	}
	if s.Corrects == "" && s.VoidedBy == "" {
		if s.Settled != s.Paid {
			to.differ("invoice %s: %s is settled, and %s was paid", s.Number, s.Settled, s.Paid)
		}
		return
	}
	key := s.Corrects
	if key == "" {
		key = s.Invoice
	}
	other, known := pairs[key]
	if !known {
		pairs[key] = *s
		return
	}
	delete(pairs, key)
	if s.Settled.Add(other.Settled) != s.Paid.Add(other.Paid) {
		to.differ("invoices %s and %s: %s is settled together, and %s was paid", s.Number, other.Number, s.Settled.Add(other.Settled), s.Paid.Add(other.Paid))
	}
}

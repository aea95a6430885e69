package flow

import (
	"context"
	"strings"
	"time"

	"prorata/core/calendar"
	"prorata/core/ledger"
	"prorata/core/money"
)

// RecordPayment notes that an invoice was paid, whole or in part, or that money went
// back for a credit note: the amount has the sign of what is open and is not beyond
// it. It posts the money to the bank and off the receivable.
func (f *Flow) RecordPayment(ctx context.Context, number string, on calendar.Date, amount money.Decimal, reference string, actor Actor) (p Payment, err error) {
	err = Again(func() error {
		p, err = f.paymentOnce(ctx, number, on, amount, reference, actor)
		return err
	})
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

// setOff settles an invoice with a credit note for it, as far as it was not paid before:
// what was paid stays owed to the payer.
func setOff(tx Tx, invoice, note string) error {
	open, err := tx.InvoiceOpen(invoice)
	if err != nil || open.IsZero() {
		return err
	}
	back, err := tx.InvoiceOpen(note)
	if err != nil || back.Sign() == open.Sign() {
		return err
	}
	if rest := open.Add(back); rest.Sign() == open.Sign() {
		open = back.Neg()
	}
	if err := tx.InvoiceSettle(invoice, open); err != nil {
		return err
	}
	return tx.InvoiceSettle(note, open.Neg())
}

// verifyPayments derives the ledger of payments again, and what is settled of every
// invoice: what was paid, and for an invoice and the credit notes for it together nothing
// else.
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
		var family settled
		err = tx.SettlementAll(func(s Settlement) bool {
			family.add(to, &s)
			return true
		})
		family.end(to)
		return err
	})
}

// settled adds up what is settled of an invoice and the credit notes for it.
type settled struct {
	of            string
	numbers       []string
	settled, paid money.Amount
}

// add counts one of a family, which come after each other.
func (f *settled) add(to *VerifyReport, s *Settlement) {
	of := s.Corrects
	if of == "" {
		of = s.Invoice
	}
	if f.of != of {
		f.end(to)
		*f = settled{of: of, settled: s.Total.Sub(s.Total), paid: s.Total.Sub(s.Total)}
	}
	if beyond := s.Settled.Sign() != 0 && (s.Settled.Sign() != s.Total.Sign() || s.Settled.Sub(s.Total).Sign() == s.Total.Sign()); beyond {
		to.differ("invoice %s: of %s there is %s settled", s.Number, s.Total, s.Settled)
	}
	f.numbers = append(f.numbers, s.Number)
	f.settled, f.paid = f.settled.Add(s.Settled), f.paid.Add(s.Paid)
}

// end holds what is settled of a family against what was paid.
func (f *settled) end(to *VerifyReport) {
	if f.of != "" && f.settled != f.paid {
		to.differ("invoice %s: %s is settled, and %s was paid", strings.Join(f.numbers, " with "), f.settled, f.paid)
	}
}

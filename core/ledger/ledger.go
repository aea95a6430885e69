// Package ledger is double entry: an unbalanced entry cannot be made.
package ledger

import (
	"errors"
	"fmt"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// ErrUnbalanced is returned where the postings of an entry do not add up to nothing.
var ErrUnbalanced = errors.New("the entry does not balance")

// Account is one of the accounts that invoices and payments post to.
type Account string

// The accounts. What is due is an asset (debit is positive), what is earned and
// what is owed to the tax office are negative.
const (
	Receivable Account = "receivable"
	Revenue    Account = "revenue"
	TaxPayable Account = "tax_payable"
	// Bank is where payments arrive.
	Bank Account = "bank"
)

// Posting moves one account; a debit is positive, a credit negative.
type Posting struct {
	Account Account
	Amount  money.Amount
}

// Entry is postings of one day that add up to nothing, in one currency.
type Entry struct {
	on       calendar.Date
	postings []Posting
}

// NewEntry makes an entry, or says why it cannot be: no postings, two
// currencies, or a sum that is not nothing. Postings of nothing are left out.
func NewEntry(on calendar.Date, postings ...Posting) (Entry, error) {
	if len(postings) == 0 {
		return Entry{}, fmt.Errorf("%w: it has no postings", ErrUnbalanced)
	}
	sum := money.NewAmount(0, postings[0].Amount.Currency())
	kept := make([]Posting, 0, len(postings))
	for _, p := range postings {
		if p.Amount.Currency() != sum.Currency() {
			return Entry{}, fmt.Errorf("%w: %s and %s in one entry", ErrUnbalanced, sum.Currency(), p.Amount.Currency())
		}
		sum = sum.Add(p.Amount)
		if !p.Amount.IsZero() {
			kept = append(kept, p)
		}
	}
	if !sum.IsZero() {
		return Entry{}, fmt.Errorf("%w: %s is left over", ErrUnbalanced, sum)
	}
	return Entry{on, kept}, nil
}

// On is the entry's day.
func (e Entry) On() calendar.Date { return e.on }

// Postings are the entry's, without those of nothing. They are not to be changed.
func (e Entry) Postings() []Posting { return e.postings }

// OfInvoice is what issuing an invoice posts: the payer owes the total, of which
// the net is earned and the tax is the tax office's. A credit note posts the reverse
// by its own signs.
func OfInvoice(invoice *billing.Invoice) (Entry, error) {
	return NewEntry(invoice.Date,
		Posting{Receivable, invoice.Total},
		Posting{Revenue, invoice.Net.Neg()},
		Posting{TaxPayable, invoice.Tax.Neg()},
	)
}

// OfPayment is what recording a payment posts: the money is at the bank, and the payer
// owes as much less. Money that is paid back has the other sign.
func OfPayment(on calendar.Date, amount money.Amount) (Entry, error) {
	return NewEntry(on, Posting{Bank, amount}, Posting{Receivable, amount.Neg()})
}

package flow

import (
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/ledger"
	"prorata/core/money"
	"prorata/core/report"
)

// Payment is money that came for one invoice, or went back for one credit note, as
// somebody recorded it.
type Payment struct {
	// ID is given by the store.
	ID int64
	// Invoice is the ID of what was paid, Number its printed number, Payer who owed it.
	Invoice, Number string
	Payer           billing.AccountID
	// On is the day on which the money was there.
	On calendar.Date
	// Amount has the sign of what was open: what is paid back on a credit note is negative.
	Amount money.Amount
	// Reference is what the bank says of it, for finding it again.
	Reference   string
	At          time.Time
	Who, Source string
}

// PaymentFilter narrows a list; zero values do not.
type PaymentFilter struct {
	// Invoice is an ID, not a printed number.
	Invoice string
	// Payers are any of some; none asks for all.
	Payers   []billing.AccountID
	From, To calendar.Date
	// Before is the ID after which a page goes on, towards those recorded earlier.
	Before int64
	// Most is at most so many; 0 for all.
	Most int
}

// Settlement is an invoice with what is said to be settled of it, for verifying.
type Settlement struct {
	Invoice, Number string
	// Corrects is the ID of the invoice that it is a credit note for.
	Corrects             string
	Total, Settled, Paid money.Amount
}

// Payments are what was paid, and what is open. What is open on an invoice is its total
// less what is settled: what was paid, and what was set off between an invoice and a
// credit note for it.
type Payments interface {
	// PaymentAdd writes a payment and what it posted; what it settles is noted apart.
	PaymentAdd(Payment, ledger.Entry) (id int64, err error)
	// PaymentList is newest first.
	PaymentList(PaymentFilter) ([]Payment, error)
	// PaymentAll calls for every payment with what it posted, in order, until false.
	PaymentAll(call func(Payment, []ledger.Posting) bool) error
	// InvoiceOpen is what is open on an invoice, by its ID; in a Write nobody else settles
	// anything of it before the transaction ends.
	InvoiceOpen(id string) (money.Amount, error)
	// InvoiceSettle takes an amount off what is open.
	InvoiceSettle(id string, amount money.Amount) error
	// SettlementAll calls for every invoice of which something is settled or paid: an invoice
	// and the credit notes for it after each other.
	SettlementAll(call func(Settlement) bool) error
	// Receivables are what is open by payer and day on which it was due, of the payers
	// given or, without any, of all.
	Receivables(payers []billing.AccountID) ([]report.Receivable, error)
	// ReceivableDays is the same without saying whose it is, as it is kept added up.
	ReceivableDays() ([]report.Receivable, error)
}

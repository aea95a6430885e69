package office

import (
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// InvoiceQuery narrows a list of invoices and credit notes; zero values do not.
type InvoiceQuery struct {
	// Account is who pays, or who has a contract on it; Reseller whose customers it is for, or who pays for them.
	Account, Reseller billing.AccountID
	Contract          billing.ContractID
	// SKU is of a product on any line.
	SKU string
	// From and To are the first and the last date.
	From, To calendar.Date
	// Kind is invoice or credit_note; State is standing, void, or correcting (a credit note that takes an invoice back, or a part
	// of it), or by what was paid: open, overdue (on Today) or paid.
	Kind, State string
	// Today is what overdue is told by; the desk sets it.
	Today    calendar.Date
	Currency string
	// Least and Most bound the total, the sign included, in Currency; or in the seller's, where that is not given.
	Least, Greatest       money.Decimal
	HasLeast, HasGreatest bool
	// Text is a number, or a part of the payer's name or id.
	Text string
	// Run is the billing run that issued it.
	Run int64
	// Sort is newest, oldest, largest or smallest; newest where empty.
	Sort string
	// After is the ID of the invoice after which a page goes on, Before the one that it ends before.
	After, Before string
	// Most is how many, at most.
	Most int
	// Roots are the accounts below which all of it must be; nil for everything.
	Roots []billing.AccountID
	// WithLines reads lines and taxes too.
	WithLines bool
}

// InvoiceRow is one invoice of a list.
type InvoiceRow struct {
	flow.Issued
	// PayerName is the payer's as it is now.
	PayerName string
	// SentAt is when it was last noted as sent.
	SentAt time.Time
	// Settled is what was paid or set off of its total, with the total's sign.
	Settled money.Amount
}

// Open is what is left of the total.
func (r *InvoiceRow) Open() money.Amount { return r.Total.Sub(r.Settled) }

// InvoiceTotal adds up invoices of one currency. What was taken back and what takes it back are both in it, and
// come to nothing.
type InvoiceTotal struct {
	Currency        money.Currency
	Count           int64
	Net, Tax, Total money.Amount
	// Open is what of Total is neither paid nor set off.
	Open money.Amount
}

// InvoiceSent says that somebody noted an invoice as sent.
type InvoiceSent struct {
	At  time.Time
	Who string
	// To is whom, and by which way, in the words of who noted it.
	To string
}

// InvoiceSearches find invoices, and what is known of them beside.
type InvoiceSearches interface {
	InvoiceSearch(InvoiceQuery) ([]InvoiceRow, error)
	// InvoiceTotals adds up all that a query covers, whatever page it asks for.
	InvoiceTotals(InvoiceQuery) ([]InvoiceTotal, error)
	InvoiceSentAdd(invoice string, sent InvoiceSent) error
	// InvoiceSentList is oldest first.
	InvoiceSentList(invoice string) ([]InvoiceSent, error)
}

// SavedView is a list as somebody narrowed it, under a name of theirs.
type SavedView struct {
	// Noun is the list: invoices, accounts.
	Noun, Name string
	// Query is the filter as addresses have it.
	Query string
	// House says that it is not one person's: the operator of the machine made it, and all staff has it.
	House bool
}

// SavedViews belong to one user each, or to the house: those of no user.
type SavedViews interface {
	// ViewPut adds a view, or replaces the one of its name.
	ViewPut(user UserID, view SavedView, at time.Time) error
	// ViewDrop is flow.ErrUnknown where there is none.
	ViewDrop(user UserID, noun, name string) error
	// ViewList is the user's and the house's, in order of the names; the user's own counts
	// where both have a name.
	ViewList(user UserID, noun string) ([]SavedView, error)
}

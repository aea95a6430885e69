package flow

import (
	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// Party is a seller or a buyer as a document names it.
type Party struct {
	Name string
	// Address is one line of the postal address each, without the name.
	Address []string
	Country string
	// TaxID is a VAT or sales tax registration, with its country's prefix.
	TaxID string
	// RegistrationID is the entry in a company register.
	RegistrationID string
	Email          string
	Phone          string
}

// Remittance is where to pay.
type Remittance struct {
	Bank, AccountHolder, IBAN, BIC string
	// AccountNumber and RoutingNumber serve where there is no IBAN.
	AccountNumber, RoutingNumber string
	// Note is what the payer should know: the reference to give, a payment link.
	Note string
}

// Letterhead is how a seller's documents and mails look beyond the words of the business. A document has the
// one that was in force when it was issued.
type Letterhead struct {
	// Logo is a PNG or JPEG picture; empty for none.
	Logo []byte
	// Accent colours the title, as #rrggbb; empty for plain black.
	Accent string
	// Footer stands at the foot of every page, a line each: register, directors, bank.
	Footer string
	// Conditions stand under the totals of an invoice, a line each.
	Conditions string
}

// Document is an issued invoice or credit note with all that is printed on it.
// It is frozen with the invoice: later changes of names or addresses do not
// reach it.
type Document struct {
	Number string
	// CreditNote says that the total is given back.
	CreditNote bool
	// Corrects is the number of the invoice that a credit note takes back; empty otherwise.
	Corrects string
	// Void says that the invoice was taken back by a credit note.
	Void          bool
	Date          calendar.Date
	DueOn         calendar.Date
	Terms         string
	PurchaseOrder string
	// Language is en, de, fr, es or nl.
	Language   string
	Currency   money.Currency
	Seller     Party
	Buyer      Party
	Remittance Remittance
	// Consolidated says that Entities are several accounts of one payer.
	Consolidated bool
	Entities     []DocumentEntity
	Taxes        []DocumentTax
	Net, Tax     money.Amount
	Total        money.Amount
	// Notes stand under the totals (why a tax is not charged, for one).
	Notes []string
	// Letterhead is the seller's.
	Letterhead Letterhead
}

// DocumentEntity is one account's part of a document, with its subtotal.
type DocumentEntity struct {
	Account billing.AccountID
	Name    string
	TaxID   string
	// Sections are the account's subscriptions and items.
	Sections []DocumentSection
	Subtotal money.Amount
}

// DocumentSection is what one subscription, or one item, contributes.
type DocumentSection struct {
	Subscription billing.SubscriptionID
	SKU          string
	// Product is the name shown to people.
	Product  string
	Lines    []DocumentLine
	Subtotal money.Amount
}

// DocumentLine is one line as printed.
type DocumentLine struct {
	Kind billing.LineKind
	// Description says what the line is for; it may be long. Where it is empty the
	// document says it in its own language, from the kind, the cause, the days and
	// the quantity.
	Description string
	// Cause is why a change came about, as billing.Explanation has it.
	Cause string
	// CreditOf is the number of the line that a credit is of, on the invoice that the document
	// corrects, and Reason why; without a reason it is what was left of the line.
	CreditOf, Reason string
	// From and To (exclusive) are the days covered; no To for a one-time item.
	From, To calendar.Date
	Quantity money.Decimal
	// UnitPrice is shown where Priced; PriceUnit is the unit it is quoted in.
	UnitPrice money.Decimal
	Priced    bool
	PriceUnit string
	Gross     money.Amount
	Discount  money.Amount
	Amount    money.Amount
	TaxName   string
	// Explanation is one sentence and the arithmetic.
	Explanation string
	// Arithmetic is the sum alone, which is printed where quantity × price does not
	// give the amount.
	Arithmetic string
}

// DocumentTax is one row of the tax summary.
type DocumentTax struct {
	Name     string
	Category billing.TaxCategory
	Percent  money.Decimal
	// Included says that the prices of these lines contained the tax.
	Included bool
	// Account is the entity whose lines these are, on a consolidated document.
	Account billing.AccountID
	Net     money.Amount
	Tax     money.Amount
}

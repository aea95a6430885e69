package reconcile

import (
	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// Row is one row of a provider's invoice with what helps to match it.
type Row struct {
	billing.ProviderCharge
	// Invoice is the one it stands on.
	Invoice string
	// Holding is the provider's id of the subscription.
	Holding   string
	Reference string
	// On is the day of the transaction, where the row tells.
	On        calendar.Date
	Promotion string
	// Rate is from PriceCurrency to the invoice's, where HasRate.
	PriceCurrency money.Currency
	Rate          money.Decimal
	HasRate       bool
	// Of is whose subscription it is by all that we know, where the row names another customer.
	Of string
	// Awaits says that the customer's next invoice bills the row as it stands (BILLING
	// §3, mirror), and has not been cut yet.
	Awaits bool
}

// credit says whether the row gives back.
func (r *Row) credit() bool {
	if sign := r.EffectivePrice.Sign(); sign != 0 {
		return sign < 0
	}
	return r.Cost.Sign() < 0
}

// Billed is one line that a customer was billed for what the provider charges.
type Billed struct {
	// Holding is the provider's subscription behind it; several billed subscriptions
	// may have one (BILLING §9).
	Holding      string
	Subscription billing.SubscriptionID
	// Entity is the account that was billed.
	Entity billing.AccountID
	// Row is the provider's row that the line bills as it stands (BILLING §3, mirror).
	Row    string
	Period calendar.Period
	// Quantity is the line's seats, negative for a credit of seats.
	Quantity money.Decimal
	Amount   money.Amount
}

// Invoice says which of the provider's invoices is checked.
type Invoice struct {
	ID string
	// Period is the days whose transactions are on it.
	Period   calendar.Period
	Currency money.Currency
}

// Customer is one customer's part of an invoice and all that decides about it: a
// chunk of work. Customers share nothing, so they may be matched one after
// another or at once.
type Customer struct {
	ID string
	// Known says that the book has the customer.
	Known   bool
	Stories []Story
	// Rows are those of the invoice; Others those of the same subscriptions on
	// earlier and later invoices, as far as they are at hand.
	Rows, Others []Row
	Billed       []Billed
}

// Cause is why a provider's bill differs. Each part of a difference has one.
type Cause uint8

// The causes.
const (
	// Unexplained is what no rule explains: a person has to look.
	Unexplained Cause = iota
	// Rounding lies within 0.01 × (quantity + 1).
	Rounding
	// Quantity is seats.
	Quantity
	// Proration is other days, or other days for the same price.
	Proration
	// PriceChange is another price for one seat.
	PriceChange
	// PromotionChange is another discount of the provider's.
	PromotionChange
	// ExchangeRate is another rate into the currency of the invoice.
	ExchangeRate
	// CreditRebill is a credit, and what was charged again for it.
	CreditRebill
	// Doubled is a row that stands there once already.
	Doubled
	// Timing is a charge of another invoice, or one that the next will have.
	Timing
	// UnknownSubscription is one that the book does not have.
	UnknownSubscription
	// MissingCustomer is one that the book does not have.
	MissingCustomer
	// NeverBilled is what the provider charges and no customer was billed for.
	NeverBilled
	// NotCharged is what was to be charged, and billed on, and is not on the invoice.
	NotCharged

	causes = int(NotCharged) + 1
)

// String is the cause in words.
func (c Cause) String() string {
	return [...]string{"unexplained", "rounding", "quantity", "proration rule", "price change", "promotion", "exchange rate", "credit and rebill", "doubled row", "timing",
		"unknown subscription", "missing customer", "never billed", "billed and not charged"}[c]
}

// Causes are all causes, in the order in which they are reported.
func Causes() []Cause {
	all := make([]Cause, causes)
	for i := range all {
		all[i] = Cause(i)
	}
	return all
}

// Finding is one difference with its one cause.
type Finding struct {
	Cause Cause
	// Amount is the part of (provider − expected) that it accounts for, in the
	// currency of the invoice: the amounts of all findings are the whole difference.
	Amount money.Decimal
	// Unbilled is what the provider charges and no customer was billed for, whether
	// or not it was expected.
	Unbilled money.Decimal
	Customer string
	Holding  string
	SKU      string
	// Row is the ID of the provider's row; empty where the row is what is missing. At
	// is its place among the customer's rows, or -1.
	Row string
	At  int
	// Type, On and Period are the row's, or those of the charge that is missing.
	Type   billing.ChargeType
	On     calendar.Date
	Period calendar.Period
	// Meets is the invoice period in which a matter of timing evens out.
	Meets calendar.Period
	// Sentence says what was expected, what came, and the arithmetic between them.
	Sentence string
}

// Match says what a row was compared with.
type Match struct {
	Row string
	// At is the row's place among the customer's rows.
	At int
	// Charge is what was expected; nil where nothing was.
	Charge *Charge
	// Pass is the rule by which they were found to belong together.
	Pass Pass
}

// Result is what was found of one customer.
type Result struct {
	Customer string
	Matches  []Match
	Findings []Finding
	Margins  []RowMargin
	// Provider is what the rows add up to, Expected what should have been charged.
	Provider, Expected money.Decimal
	Rows               int
}

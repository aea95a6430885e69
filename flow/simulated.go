package flow

import (
	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// SimulatedInvoice is an invoice as a simulation shows it (scenarios/FORMAT.md).
type SimulatedInvoice struct {
	Date calendar.Date
	// Contract is empty where the invoice is consolidated.
	Contract billing.ContractID
	// Account is the payer.
	Account         billing.AccountID
	CreditNote      bool
	Currency        money.Currency
	Net, Tax, Total money.Amount
	Lines           []SimulatedLine
}

// SimulatedLine is one line of it.
type SimulatedLine struct {
	// Subscription is the subscription's id, or the one-time item's.
	Subscription billing.SubscriptionID
	SKU          string
	Account      billing.AccountID
	Kind         billing.LineKind
	// From and To (exclusive) are the days covered; a one-time item has no To.
	From, To calendar.Date
	Quantity money.Decimal
	// UnitPrice is the quoted price, converted, where Priced.
	UnitPrice               money.Decimal
	Priced                  bool
	Gross, Discount, Amount money.Amount
	Explanation             string
}

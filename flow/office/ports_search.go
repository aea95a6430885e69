package office

import (
	"prorata/core/billing"
	"prorata/flow"
)

// Searches find by one word or a few what has them in its name, number or amount.
type Searches interface {
	// InvoicesNumbered are invoices whose printed number, or the number in it, is a
	// text, newest first.
	InvoicesNumbered(text string, under []billing.AccountID, most int) ([]flow.Issued, error)
	// InvoicesOver are invoices whose total is an amount in minor units, of whatever sign,
	// newest first.
	InvoicesOver(minor []MinorUnits, under []billing.AccountID, most int) ([]flow.Issued, error)
}

// MinorUnits is an amount of currencies with so many digits.
type MinorUnits struct {
	Digits int
	Minor  int64
}

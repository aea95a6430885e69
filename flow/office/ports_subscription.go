package office

import (
	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/flow"
)

// SubscriptionLooks are contracts and subscriptions as they are looked for.
type SubscriptionLooks interface {
	// SubscriptionsFind is a page in order of the customers' names and the ids.
	SubscriptionsFind(SubscriptionFilter) ([]SubscriptionRow, error)
	// SubscriptionsCount is how many there are, counted no further than most.
	SubscriptionsCount(filter SubscriptionFilter, most int) (int, error)
	// LinesOf are the lines that a subscription was invoiced by, newest first.
	LinesOf(contract billing.ContractID, subscription billing.SubscriptionID, most int) ([]SubscriptionLine, error)
	// ContractsFind is a page in order of the customers' names and the ids.
	ContractsFind(ContractFilter) ([]ContractRow, error)
}

// SubscriptionFilter narrows a list of subscriptions; zero values do not.
type SubscriptionFilter struct {
	// Search is a part of the customer's or the product's name, or the beginning of the
	// subscription's id or the sku.
	Search   string
	Under    []billing.AccountID
	Account  billing.AccountID
	Contract billing.ContractID
	SKU      string
	// Ending asks for those in whose log a cancellation, a suspension or an end at
	// renewal was ever recorded.
	Ending bool
	After  SubscriptionCursor
	// Most is at most so many; 0 for 50.
	Most int
}

// SubscriptionCursor is a place in a list of subscriptions.
type SubscriptionCursor struct {
	Name    string
	Account billing.AccountID
	ID      billing.SubscriptionID
}

// SubscriptionRow is a subscription as it stands in a list.
type SubscriptionRow struct {
	ID          billing.SubscriptionID
	Contract    billing.ContractID
	Account     billing.AccountID
	AccountName string
	SKU         string
	ProductName string
	TermMonths  int
	Billing     billing.Unit
	// State is that of the day on which it was asked, filled in by the desk.
	State billing.State
}

// Cursor is the row's place in the list.
func (r *SubscriptionRow) Cursor() SubscriptionCursor {
	return SubscriptionCursor{r.AccountName, r.Account, r.ID}
}

// SubscriptionLine is a line of an issued invoice with the invoice that it stands on.
type SubscriptionLine struct {
	billing.InvoiceLine
	// Number is the printed one, Line the line's, counted from 1.
	Number     string
	Line       int
	InvoicedOn calendar.Date
	Void       bool
}

// ContractFilter narrows a list of contracts; zero values do not.
type ContractFilter struct {
	// Search is a part of the customer's name, or the beginning of the contract's id.
	Search string
	// Begins is the beginning of the contract's id alone.
	Begins  string
	Under   []billing.AccountID
	Account billing.AccountID
	After   ContractCursor
	Most    int
}

// ContractCursor is a place in a list of contracts.
type ContractCursor struct {
	Name string
	ID   billing.ContractID
}

// ContractRow is a contract as it stands in a list, with where billing stands with it.
type ContractRow struct {
	Contract      flow.Contract
	AccountName   string
	Subscriptions int
	// ThroughOn is the last invoice date that was worked through, DueOn the next day on
	// which there can be something to bill.
	ThroughOn, DueOn calendar.Date
	Version          int64
}

// Cursor is the row's place in the list.
func (r *ContractRow) Cursor() ContractCursor { return ContractCursor{r.AccountName, r.Contract.ID} }

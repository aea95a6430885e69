package office

import (
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// AccountLooks are accounts as they are looked for and looked at.
type AccountLooks interface {
	// AccountsFind is a page of accounts in order of their names, whatever their case.
	AccountsFind(AccountFilter) ([]AccountRow, error)
	// AccountsCount is how many there are, counted no further than most.
	AccountsCount(filter AccountFilter, most int) (int, error)
	// AccountState is an account with its version; flow.ErrUnknown where there is none.
	AccountState(billing.AccountID) (AccountRow, error)
	// BalancesOf are what payers were invoiced and what of it is open and, on a day, overdue, by account and in order
	// of currency.
	BalancesOf(ids []billing.AccountID, today calendar.Date) (map[billing.AccountID][]Balance, error)
	// AccountHappened is what happened to an account and its contracts, newest first.
	AccountHappened(account billing.AccountID, before HappeningCursor, most int) ([]Happening, error)
}

// AccountFilter narrows a list of accounts; zero values do not.
type AccountFilter struct {
	// Search is a part of the name or the beginning of the id.
	Search string
	// Under are roots: they, and all that have them as parent or reseller at any depth;
	// none that is in no list of no roots. nil is everybody.
	Under []billing.AccountID
	// Of asks for those directly below an account: its children, and those it resells
	// to that have no parent. Top asks for those with neither parent nor reseller.
	Of   billing.AccountID
	Top  bool
	Held bool
	// After is the last of the page before; its name and its id.
	After AccountCursor
	// Most is at most so many; 0 for 50.
	Most int
}

// AccountCursor is a place in a list of accounts.
type AccountCursor struct {
	Name string
	ID   billing.AccountID
}

// AccountRow is an account as it stands in a list.
type AccountRow struct {
	Account flow.Account
	// Version changes with every change of it.
	Version int
	Held    bool
	// Contracts are its own, Subscriptions those under them; Below is how many accounts
	// are directly below it.
	Contracts, Subscriptions, Below int
}

// Cursor is the row's place in the list.
func (r *AccountRow) Cursor() AccountCursor { return AccountCursor{r.Account.Name, r.Account.ID} }

// Balance is what a payer was invoiced in one currency, taxes included.
type Balance struct {
	// Invoiced is the sum of invoices, Credited that of credit notes, as a positive sum.
	Invoiced, Credited money.Amount
	// Open is what of both together is neither paid nor set off; Overdue what of the invoices was due before today.
	Open, Overdue money.Amount
	Invoices      int
	// Last is the date of the newest.
	Last calendar.Date
}

// HappeningCursor is a place in what happened: what is of the same instant has an
// order too.
type HappeningCursor struct {
	At      time.Time
	Seq     int64
	Invoice string
}

// Happening is one thing that happened: exactly one of the pointers is set.
type Happening struct {
	At      time.Time
	Entry   *flow.LogEntry
	Invoice *flow.Issued
}

// Cursor is its place.
func (h *Happening) Cursor() HappeningCursor {
	if h.Entry != nil {
		return HappeningCursor{At: h.At, Seq: h.Entry.Seq}
	}
	return HappeningCursor{At: h.At, Invoice: h.Invoice.ID}
}

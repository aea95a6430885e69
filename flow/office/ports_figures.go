package office

import (
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/core/report"
	"prorata/flow"
)

// ConsentSecret is the name of the secret that a connection's consent is kept as: it is
// written anew whenever the consent is renewed.
const ConsentSecret = "refresh"

// ClosingWindow is what can be given back to a provider until an instant.
type ClosingWindow struct {
	Until time.Time
	// Kind is cancel or reduce.
	Kind       string
	Connection flow.ConnectionID
	Account    billing.AccountID
	// Name is the account's.
	Name         string
	Holding, SKU string
	Quantity     money.Decimal
	// Missed is what it costs to miss it, where CostKnown.
	Missed    money.Amount
	CostKnown bool
}

// BookState are counters of which one goes up with each change of what it is for: what was
// computed of the same numbers is still true.
type BookState struct {
	// Stamp is for facts, prices and invoices; Planned for what plans have and what of it
	// is approved, held or issued; Settled for what of invoices is settled.
	Stamp, Planned, Settled int64
}

// Figures are what the first page and reports are made of, each in a few rows.
type Figures interface {
	// BookState is the state that this transaction reads.
	BookState() (BookState, error)
	// OwedMost are those payers who owe most that is overdue on a day, at most so many; one
	// who owes in two currencies stands there twice.
	OwedMost(today calendar.Date, most int) ([]report.Owed, error)
	// RecurringAccounts are the accounts that bring most in one currency, at most so many,
	// without their names.
	RecurringAccounts(snapshot int64, currency money.Currency, most int) ([]flow.RecurringAccount, error)
	// Margins call for the margins of invoices dated from a day on, by one of the groups of
	// kept sums but causes.
	Margins(by flow.SumBy, from calendar.Date, call func(flow.MarginOf)) error
	// NextRuns call for every day on which contracts are due, with how many: no day for
	// those that are due at once. They are kept counted.
	NextRuns(call func(on calendar.Date, contracts int64)) error
	// WindowsClosing are those that close between two instants, soonest first.
	WindowsClosing(snapshot int64, from, to time.Time) ([]ClosingWindow, error)
	// ConsentsUsed is when the consent of each connection was last renewed.
	ConsentsUsed() (map[flow.ConnectionID]time.Time, error)
	// PlanOpen counts the planned invoices of a plan that wait for approval, and those of them
	// that have none of the flags that are worth a look.
	PlanOpen(plan int64, look flow.PlanFlag) (open, usual int64, err error)
	// AccountNames are the names of some accounts.
	AccountNames([]billing.AccountID) (map[billing.AccountID]string, error)
}

package flow

import (
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/core/report"
)

// Snapshot says of when the figures are that take too long to compute while somebody
// waits.
type Snapshot struct {
	ID int64
	// On is the day that they are for, TakenAt when the book was read, Stamp the book's
	// then: another one by now says that something changed.
	On      calendar.Date
	TakenAt time.Time
	Stamp   int64
}

// RecurringTotal is recurring revenue of one seller in one currency at a month's end.
// Its Rate is into the seller's own currency.
type RecurringTotal struct {
	Seller SellerID
	report.Month
	// BookRate is into the currency of the book's first seller, where HasBookRate.
	BookRate    money.Decimal
	HasBookRate bool
}

// RecurringContract is what one contract brings in a month now, at the end of the month
// before, and twelve months before that.
type RecurringContract struct {
	Contract                        billing.ContractID
	Account                         billing.AccountID
	Seller                          SellerID
	Amount, MonthBefore, YearBefore money.Amount
	Subscriptions, Unpriced         int64
}

// RecurringAccount is the same of all contracts of an account in one currency.
type RecurringAccount struct {
	Account                         billing.AccountID
	Name                            string
	Amount, MonthBefore, YearBefore money.Amount
	Contracts, Subscriptions        int64
}

// MarginOf is what a reconciled invoice of a provider cost and brought, as a whole, for
// one product, or for one account that was billed; Name is what that is called now.
type MarginOf struct {
	KeptSum
	Connection ConnectionID
	Invoice    string
	InvoicedOn calendar.Date
}

// Reports are figures that were computed before somebody asked.
type Reports interface {
	// SnapshotBegin gives the next number; what is added to it is not seen before SnapshotEnd.
	SnapshotBegin(Snapshot) (id int64, err error)
	// SnapshotAdd is ErrMoved where another snapshot was finished meanwhile.
	SnapshotAdd(id int64, contracts []RecurringContract) error
	// SnapshotEnd makes it the one that is seen, and takes those before it away.
	SnapshotEnd(id int64, totals []RecurringTotal, windows []Window) error
	// SnapshotGet is the one that is seen; ErrUnknown where there is none yet.
	SnapshotGet() (Snapshot, error)
	// RecurringTotals are in order of day, seller and currency.
	RecurringTotals(snapshot int64) ([]RecurringTotal, error)
	// StandingBooks reads the groups after one up to and with another: subscriptions with
	// their log, price lists and the provider's rows; no items, usage or billed lines.
	StandingBooks(after, last string) ([]*OpenBook, error)
}

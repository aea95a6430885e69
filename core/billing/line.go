package billing

import (
	"prorata/core/calendar"
	"prorata/core/money"
)

// LineKind says what a line is for.
type LineKind uint8

// The kinds of line (scenarios/FORMAT.md).
const (
	LineBase LineKind = iota
	LineChange
	LineAdjustment
	LineUsage
	LineOneTime
	LineMinimum
	LineSmoothing
	// LineCredit takes a part of another line back; it stands on a credit note for an
	// invoice, and no billing looks at it.
	LineCredit
)

// LineKey knows a line: its subscription (or item), the period and the day it
// belongs to, and, for usage, the record.
type LineKey struct {
	Subscription SubscriptionID
	// Period is the first day of the whole period; for usage, minimum and
	// smoothing the end of the interval between invoices.
	Period calendar.Date
	// Day is the line's first day; for lines of an interval its end.
	Day calendar.Date
	// Part tells lines of one interval apart: the usage record, the rate card, the
	// kind; empty for base, change and one-time lines.
	Part string
}

// Line is one line of an invoice, in the contract's currency.
type Line struct {
	Key  LineKey
	Kind LineKind
	// Subscription is the one it is shown under: a usage child's parent.
	Subscription SubscriptionID
	SKU          string
	// From and To (exclusive) are the days covered; a one-time item has no To.
	From, To calendar.Date
	// PeriodTo ends the whole period, for the search of open ones.
	PeriodTo  calendar.Date
	Quantity  money.Decimal
	UnitPrice money.Decimal
	// Priced says that there is one unit price to show.
	Priced bool
	// Gross − Discount = Amount.
	Gross, Discount, Amount money.Amount
	Tax                     string
	TaxIncluded             bool
	// Explanation is the coded form of an Explanation.
	Explanation string
}

// BilledLine is a line of an issued invoice as billing looks back on it.
type BilledLine struct {
	Key                     LineKey
	Kind                    LineKind
	Subscription            SubscriptionID
	SKU                     string
	From, To, PeriodTo      calendar.Date
	Quantity                money.Decimal
	UnitPrice               money.Decimal
	Priced                  bool
	Gross, Discount, Amount money.Amount
	Tax                     string
	TaxIncluded             bool
	// InvoicedOn is the date of its invoice.
	InvoicedOn calendar.Date
}

// Draft is what one contract is owed on one invoice date: lines without a number.
type Draft struct {
	Contract ContractID
	Account  AccountID
	// Date is the invoice's date.
	Date calendar.Date
	// Regular is false for an invoice that carries changes alone.
	Regular bool
	Lines   []Line
}

// Cursor is where billing stands with a contract. All of it can be derived
// again from the log and the issued lines; it is kept to make runs short.
type Cursor struct {
	// Next is the number of the next regular invoice date, counted from 0.
	Next int
	// Through is the last invoice date that was worked through, or no day.
	Through calendar.Date
	// DueOn is the earliest day on which there can be something to do.
	DueOn calendar.Date
	// OpenAfter: every period that ends on or before it is settled; no day if none is.
	OpenAfter calendar.Date
	// Marks remember of each subscription what settled lines would tell.
	Marks []Mark
}

// Mark is what is remembered of one subscription beyond its open lines.
type Mark struct {
	Subscription SubscriptionID
	// FirstBilledOn is the date of the first invoice that carried it.
	FirstBilledOn calendar.Date
	// Locks are the terms whose price is locked and may be needed again.
	Locks []Lock
}

// Lock remembers when a term was billed first: its price is the one known then.
type Lock struct {
	// On is the first day of the term, or of the period without one; BilledOn the
	// date of that invoice.
	On, BilledOn calendar.Date
	// Silent says that no line tells of it: what was to be billed came to nothing.
	Silent bool
}

package flow

import (
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// BillingPlan is what a run through a day would issue, worked out beforehand so that
// people look at it and approve it.
type BillingPlan struct {
	ID      int64
	Through calendar.Date
	// State is working, ready, failed or lost.
	State string
	// Stamp is the book's when it began; another one by now says that something changed.
	Stamp             int64
	AskedAt, EndedAt  time.Time
	Who               string
	Contracts, Groups int64
	// Due is how many contracts there are to go through.
	Due int64
	// Invoices, Lines, Missing and Exceptions count what was found so far.
	Invoices, Lines, Missing, Exceptions int64
	// Run is the latest run that billed of it; 0 for none.
	Run int64
	// ToldAt is when it was last heard of, Owner the process that works on it.
	ToldAt time.Time
	Owner  string
}

// PlanFlag says why a planned invoice is worth a look.
type PlanFlag uint8

// The flags; a planned invoice may have several.
const (
	// FlagException: it cannot be billed, and why.
	FlagException PlanFlag = 1 << iota
	// FlagMissing: the same was billed last time, and now there is nothing.
	FlagMissing
	// FlagNegative: it would be a credit note.
	FlagNegative
	// FlagZero: its lines come to nothing.
	FlagZero
	// FlagFirst: nothing was ever billed to the group.
	FlagFirst
	// FlagUnusual: its net differs by more than 30 % from that of last time.
	FlagUnusual
)

// PlanWorthALook is the flags of rows that somebody should look at before they are approved: all but that
// it is a group's first invoice.
func PlanWorthALook() PlanFlag {
	return FlagException | FlagMissing | FlagNegative | FlagZero | FlagUnusual
}

// PlanFlags are all flags, the gravest first.
func PlanFlags() []PlanFlag {
	return []PlanFlag{FlagException, FlagMissing, FlagNegative, FlagZero, FlagFirst, FlagUnusual}
}

// String is the word of one flag, as addresses and files have it.
func (f PlanFlag) String() string {
	switch f {
	case FlagException:
		return "exception"
	case FlagMissing:
		return "missing"
	case FlagNegative:
		return "negative"
	case FlagZero:
		return "zero"
	case FlagFirst:
		return "first"
	case FlagUnusual:
		return "unusual"
	}
	return ""
}

// PlannedInvoice is one row of a plan: an invoice to come, or a group for which there is none
// and why.
type PlannedInvoice struct {
	Plan int64
	// No is its place in the plan, from 1.
	No    int64
	Group string
	Payer billing.AccountID
	// PayerName is the payer's as it is now.
	PayerName string
	// Contract is empty where the invoice is consolidated.
	Contract  billing.ContractID
	Seller    SellerID
	Date      calendar.Date
	Currency  money.Currency
	Contracts int64
	Lines     int64
	// All amounts are in Currency; nothing for what is missing or cannot be billed.
	Net, Tax, Total money.Amount
	// Last is the invoice that it is compared with, where there is one: of the same group, seller and
	// currency, one billing period before. It is empty where that one is in the plan too.
	Last               string
	Compared           bool
	LastOn             calendar.Date
	LastNet, LastTotal money.Amount
	Flags              PlanFlag
	// Code and Sentence say why it cannot be billed, or is missing.
	Code, Sentence string
	// Digest is over all that the group would be billed: another one by the time of the run
	// says that it changed.
	Digest   string
	Approved bool
	// Run is the run that issued it; 0 for none.
	Run int64
	// Left says why the plan's latest run did not bill it though it was approved.
	Left RunLeft
	// Hold is the group's, where it is held.
	Hold BillingHold
}

// Has says whether the row has a flag.
func (p *PlannedInvoice) Has(flag PlanFlag) bool { return p.Flags&flag != 0 }

// Billable says whether the row is an invoice to come.
func (p *PlannedInvoice) Billable() bool { return p.Flags&(FlagException|FlagMissing) == 0 }

// PlannedFilter narrows the rows of a plan; zero values do not.
type PlannedFilter struct {
	Plan int64
	// Flags asks for rows with any of them.
	Flags PlanFlag
	// Without asks for rows that have none of these.
	Without PlanFlag
	// State is approved, open (neither approved nor held), held, issued or left.
	State string
	// Currency is a code; Text a part of the payer's name or id, or of the contract's id.
	Currency, Text string
	// Nos asks for these rows alone.
	Nos []int64
	// BySize asks for the largest first, by net; else in the order of the plan.
	BySize bool
	// After is the number of the row after which a page goes on, Before the one that it ends before.
	After, Before int64
	// Most is at most so many; 0 for all.
	Most int
}

// PlannedTotal adds up rows of a plan in one currency.
type PlannedTotal struct {
	Currency        money.Currency
	Count           int64
	Net, Tax, Total money.Amount
	// LastNet is what the same groups were billed last time.
	LastNet money.Amount
	// Approved and ApprovedTotal are the part that was approved and is not yet issued.
	Approved      int64
	ApprovedTotal money.Amount
}

// ApprovedGroup is a group of a plan that may be billed if it is still what was looked at.
type ApprovedGroup struct{ Group, Digest string }

// BillingPlans are plans and their rows.
type BillingPlans interface {
	BillingPlanStart(BillingPlan) (id int64, err error)
	BillingPlanUpdate(BillingPlan) error
	// BillingPlanGet reads a plan; 0 asks for the latest.
	BillingPlanGet(id int64) (BillingPlan, error)
	// BillingPlanList is newest first: those before one, at most so many.
	BillingPlanList(before int64, most int) ([]BillingPlan, error)
	// BillingPlansForget takes out the rows of all but the newest plans.
	BillingPlansForget(keep int) error
}

// PlannedInvoices are the rows of plans.
type PlannedInvoices interface {
	PlannedAdd([]PlannedInvoice) error
	PlannedList(PlannedFilter) ([]PlannedInvoice, error)
	// PlannedTotals adds up what a filter covers, by currency.
	PlannedTotals(PlannedFilter) ([]PlannedTotal, error)
	// PlannedFlags counts the rows of each flag.
	PlannedFlags(plan int64) (map[PlanFlag]int64, error)
	// PlannedApprove approves the billable rows that a filter covers, with all other rows of their groups, or
	// takes that back, and counts the rows that changed. What is held or issued stays as it is.
	PlannedApprove(filter PlannedFilter, approved bool) (rows int64, err error)
	// PlannedIssued notes the run that issued groups of a plan.
	PlannedIssued(plan, run int64, groups []string) error
}

// PlanSources are what a plan is made and billed from.
type PlanSources interface {
	// DueCount is how many contracts are due by a day, as it is kept counted.
	DueCount(through calendar.Date) (int64, error)
	// ApprovedGroups are the approved groups of a plan that no run issued, after one, in their order, about limit.
	ApprovedGroups(plan int64, after string, limit int) ([]ApprovedGroup, error)
	// DueGroups reads groups as DueBooks does, as far as they are due, in order of their keys.
	DueGroups(through calendar.Date, groups []string) ([]*OpenBook, error)
	// BilledBefore are the standing regular invoices of groups after one up to and with another, dated from a day on,
	// in order of group and date; without lines.
	BilledBefore(after, last string, from calendar.Date) ([]Issued, error)
	// EverBilled are those of some groups that have an invoice.
	EverBilled(groups []string) (map[string]bool, error)
	// NotPlanned are the groups after one up to and with another that a plan has no row of, as far as they
	// have a standing regular invoice from a day on.
	NotPlanned(plan int64, after, last string, from calendar.Date) ([]UnplannedGroup, error)
}

// UnplannedGroup is a group that a plan has nothing of.
type UnplannedGroup struct {
	// Last is its latest standing regular invoice, without lines.
	Last Issued
	// Months is its shortest billing frequency.
	Months int
	// EndOn is the day on which the last of its contracts ended, or no day; DueOn the next day that it is looked at.
	EndOn, DueOn calendar.Date
}

// BillingHold keeps a group out of every run until it is released.
type BillingHold struct {
	Group string
	// At is when, Who whose decision it was, and Reason why.
	At          time.Time
	Who, Reason string
}

// BillingHolds are the groups that no run bills.
type BillingHolds interface {
	// BillingHoldPut holds a group, and makes a run that has read it read it again.
	BillingHoldPut(BillingHold) error
	// BillingHoldEnd is ErrUnknown where the group is not held.
	BillingHoldEnd(group string) error
	// BillingHoldList is oldest first.
	BillingHoldList() ([]BillingHold, error)
	// BillingHoldsBetween are those of groups after one up to and with another, by group.
	BillingHoldsBetween(after, last string) (map[string]BillingHold, error)
}

// RunLeft is a group that a run left due, and why: held, changed or gone.
type RunLeft struct{ Group, Code, Sentence string }

// The codes of what a run leaves.
const (
	// LeftHeld: somebody holds it.
	LeftHeld = "held"
	// LeftChanged: it is not what was approved any more.
	LeftChanged = "changed"
	// LeftGone: nothing of it is due any more.
	LeftGone = "gone"
)

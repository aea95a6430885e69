// Package billing decides every amount and every date: BILLING.md in code.
//
// It owns what is owed (a pure function of contract, prices and change log),
// the difference to what has been billed, and the lines that follow. It owns
// no clock, no storage and no numbering: values go in, values come out.
//
//	entries ──► timeline ──► periods ──► owed lines ─┐
//	price rows, rates ──────────┘                    ├─► owed − billed ──► drafts ──► invoices
//	lines of issued invoices ────────────────────────┘
package billing

import (
	"prorata/core/calendar"
	"prorata/core/money"
)

// Ids are what the outside calls things; they never change meaning.
type (
	AccountID      string
	ContractID     string
	SubscriptionID string
)

// Kind of a product decides how it is billed.
type ProductKind uint8

// The kinds of product: recurring licences and services, metered usage, and
// what is sold once.
const (
	License ProductKind = iota
	Service
	Usage
	OneTime
)

// Product is what can be sold.
type Product struct {
	SKU, Name string
	// Class is resale, ip or service.
	Class string
	Kind  ProductKind
	// Tax names a Tax; empty for none.
	Tax string
}

// TaxCategory says why a rate is what it is (EN 16931).
type TaxCategory uint8

// The categories of tax; all but the standard one have a rate of nothing.
const (
	Standard TaxCategory = iota
	ReverseCharge
	Exempt
	ZeroRated
)

// Tax is a rate and its category.
type Tax struct {
	Name     string
	Percent  money.Decimal
	Category TaxCategory
}

// Rate converts: 1 From = Rate To, from On until the next of the pair. A rate
// serves its own direction alone.
type Rate struct {
	On       calendar.Date
	From, To money.Currency
	Rate     money.Decimal
	// KnownOn is the first day on which billing knew it; no day for always.
	KnownOn calendar.Date
}

// Unit is a named multiple of a month: a billing frequency or the unit that a
// price is quoted in.
type Unit struct {
	Name   string
	Months int
}

// Model says how a quantity is priced (BILLING §4).
type Model uint8

// The pricing models.
const (
	PerUnit Model = iota
	Volume
	Graduated
	Package
	Stairstep
)

// Tier is one step of a tiered price. The last tier has no UpTo (Open).
type Tier struct {
	UpTo  money.Decimal
	Open  bool
	Price money.Decimal
	Flat  money.Decimal
}

// RuleOf says which provider price a rule starts from.
type RuleOf uint8

// What a price rule is over; NoRule is a fixed price.
const (
	NoRule RuleOf = iota
	OfCost
	OfRetail
)

// Rule is a price as a percentage on the provider's: +20 is a markup, −8 a
// discount; with Margin the price is cost ÷ (1 − percent).
type Rule struct {
	Of      RuleOf
	Percent money.Decimal
	Margin  bool
}

// PriceRow is one entry of a price list.
type PriceRow struct {
	SKU, List string
	Currency  money.Currency
	Unit      Unit
	// TermMonths is 0 for a row that serves any term.
	TermMonths int
	Model      Model
	Price      money.Decimal
	Tiers      []Tier
	Rule       Rule
	// Size is the number of units in a package.
	Size     money.Decimal
	Included money.Decimal
	// From is the first day of the price; no day for always.
	From        calendar.Date
	TaxIncluded bool
	// Cost and Retail are the provider's unit prices, where known.
	Cost, Retail       money.Decimal
	HasCost, HasRetail bool
	// KnownOn is the first day on which billing knew the row; no day for always.
	KnownOn calendar.Date
	// Seq orders rows that are otherwise equal: the one recorded last wins.
	Seq int64
}

// BillTo says who pays an account's bill.
type BillTo uint8

// Who pays.
const (
	ToSelf BillTo = iota
	ToParent
	ToReseller
)

// Account is a customer, a group, an entity of one, or a reseller.
type Account struct {
	ID               AccountID
	Name             string
	Parent, Reseller AccountID
	BillTo           BillTo
	Country          string
	Currency         money.Currency
	PriceList        string
	// Consolidated asks for one invoice for all that this payer is billed on one day.
	Consolidated bool
}

// Schedule says how periods and invoice dates relate (BILLING §3).
type Schedule uint8

// The schedules: all on the contract's cycle, each subscription on its own, or as
// the provider bills.
const (
	Aligned Schedule = iota
	Flexi
	Mirror
)

// Timing says when a period is owed.
type Timing uint8

// The timings: on the first day of a period, or on the day after its last.
const (
	Advance Timing = iota
	Arrears
)

// Collect says which periods an invoice takes (flexi, advance).
type Collect uint8

// What an invoice takes: what is due, or also what begins before the next one.
const (
	Due Collect = iota
	Upcoming
)

// Proration says how a part of a period is measured (BILLING §4).
type Proration uint8

// The prorations.
const (
	ByDays Proration = iota
	ByDays30
	ByMonths
	ByNothing
)

// ChangesPolicy says when change and adjustment lines are owed (BILLING §5).
type ChangesPolicy uint8

// The policies for changes.
const (
	WithNextInvoice ChangesPolicy = iota
	Immediately
	Weekly
	Monthly
	AtRenewal
)

// Changes is a policy and, for the batched ones, its day: a weekday (0 is
// Sunday) or a day of the month (1..31, clamped to the month).
type Changes struct {
	Policy ChangesPolicy
	Day    int
}

// RefundsPolicy says what becomes of fewer seats inside what is paid.
type RefundsPolicy uint8

// The policies for refunds.
const (
	RefundProrated RefundsPolicy = iota
	RefundNone
	RefundWithinDays
)

// Refunds is a policy and the length of its window in days.
type Refunds struct {
	Policy RefundsPolicy
	Days   int
}

// ReductionsPolicy says whether seats may be given up inside a term.
type ReductionsPolicy uint8

// The policies for reductions.
const (
	ReductionsAllowed ReductionsPolicy = iota
	ReductionsWithinWindow
	ReductionsForbidden
)

// RatePolicy says on which day a foreign price is converted.
type RatePolicy uint8

// The rate policies: with the price lock, or on the invoice date.
const (
	RateOfTerm RatePolicy = iota
	RateOfInvoice
)

// Discount is a percentage off; the zero value is none.
type Discount struct {
	Percent money.Decimal
	// Initial limits it to the seats that each term opens with.
	Initial bool
	// From and To (exclusive) bound the first days of the lines that get it; no day is no bound.
	From, To calendar.Date
}

// Contract is the root of invoicing: one account, one currency, one cycle.
type Contract struct {
	ID       ContractID
	Account  AccountID
	Currency money.Currency
	Schedule Schedule
	// Frequency is the contract's cycle.
	Frequency Unit
	// Start is the first day; End the first day after the last, or no day.
	Start, End calendar.Date
	Timing     Timing
	// NextInvoice is the first invoice date where it is not the default.
	NextInvoice calendar.Date
	// OffsetDays moves invoice dates, before (negative) or after.
	OffsetDays int
	Collect    Collect
	Proration  Proration
	Changes    Changes
	Refunds    Refunds
	Reductions ReductionsPolicy
	Discount   Discount
	PriceList  string
	RatePolicy RatePolicy
	// SuspendedFree says that a suspended subscription counts as no seats.
	SuspendedFree bool
	// Stick keeps month ends on month ends.
	Stick bool
}

// Smooth spreads what exceeds Over in one interval over the next Months invoices.
type Smooth struct {
	Over   money.Decimal
	Months int
}

// Subscription is one product sold under a contract, with its log.
type Subscription struct {
	ID       SubscriptionID
	Contract ContractID
	SKU      string
	Kind     ProductKind
	// Tax names the product's tax.
	Tax string
	// TermMonths is 0 where there is no term.
	TermMonths int
	// Billing is the subscription's own cycle; an aligned contract's frequency.
	Billing Unit
	// PriceUnit is the unit of the subscription's own price.
	PriceUnit Unit
	// Ends shortens the first term (coterm), or is no day.
	Ends     calendar.Date
	Discount Discount
	// Parent makes it a child of a bundle, at PerParent to the parent's quantity.
	Parent    SubscriptionID
	PerParent money.Decimal
	// Holding is the provider's id of what it is, or is a part of: several of one are
	// linked (BILLING §9); empty where nothing is said.
	Holding string
	// Markup on cost, in percent, of a usage subscription, and of provider rows
	// without a price of ours.
	Markup     money.Decimal
	HasMarkup  bool
	Minimum    money.Decimal
	HasMinimum bool
	Smooth     Smooth
	// Entries are its log, in the order of recording; the first is its start.
	Entries []Entry
}

// Verb is what an entry of a subscription's log does.
type Verb uint8

// The verbs of a subscription's log. A void and the release of a hold mark the
// entries that they concern.
const (
	Subscribe Verb = iota
	SetQuantity
	SetPrice
	Cancel
	Suspend
	Resume
	ScheduleChange
)

// Entry is one fact of a subscription's log.
type Entry struct {
	// Seq is its place in the log of the whole book.
	Seq  int64
	Verb Verb
	// RecordedOn is the day of recording, KnownOn the first day whose invoice may
	// know it (later than RecordedOn where that day was billed already).
	RecordedOn, KnownOn calendar.Date
	// EffectiveOn is the first day of the new state.
	EffectiveOn  calendar.Date
	Quantity     money.Decimal
	HasQuantity  bool
	Price        money.Decimal
	HasPrice     bool
	AutoRenew    bool
	HasAutoRenew bool
	// VoidedOn is the first day on which billing knew it void; no day if it stands.
	VoidedOn calendar.Date
	// Waiting says that it was recorded on credit hold; ReleasedOn is then the day
	// on which what waited may take effect, or no day while it waits.
	Waiting    bool
	ReleasedOn calendar.Date
}

// OneTimeItem is a sale that is owed once, in full, on its date.
type OneTimeItem struct {
	ID       SubscriptionID
	Contract ContractID
	SKU, Tax string
	On       calendar.Date
	Quantity money.Decimal
	Price    money.Decimal
	HasPrice bool
	KnownOn  calendar.Date
	VoidedOn calendar.Date
	Seq      int64
}

// UsageRecord is one rated record of a provider; cost and retail are totals in
// the contract's currency, or in Currency where that is given.
type UsageRecord struct {
	// ID is its place in the log, or the provider's own key.
	ID           string
	Subscription SubscriptionID
	Period       calendar.Period
	Quantity     money.Decimal
	Currency     money.Currency
	Cost, Retail money.Decimal
	HasCost      bool
	HasRetail    bool
	KnownOn      calendar.Date
	VoidedOn     calendar.Date
	Seq          int64
}

// Catalog is all that is shared by contracts: products, taxes, prices, rates.
type Catalog struct {
	Taxes  map[string]Tax
	Prices map[string][]PriceRow
	Rates  []Rate
}

// Book is one contract with all that decides its invoices.
type Book struct {
	Contract Contract
	// Lists are the price lists to search, in order: the contract's, the
	// account's, its parents' nearest first, its reseller's, the default.
	Lists         []string
	Subscriptions []Subscription
	Items         []OneTimeItem
	Usage         []UsageRecord
	// Charges are the provider's rows for its subscriptions; a mirror contract alone
	// bills them.
	Charges []ProviderCharge
	// Billed are the lines of issued invoices whose periods end after Cursor.OpenAfter.
	Billed []BilledLine
	Cursor Cursor
	// Voided are the contract's invoices that were taken back.
	Voided []VoidedInvoice
	// Credits are what was credited of lines of issued invoices.
	Credits []Credit
}

// VoidedInvoice names an invoice by its date and the first day on which billing
// knew it void.
type VoidedInvoice struct {
	Date, KnownOn calendar.Date
}

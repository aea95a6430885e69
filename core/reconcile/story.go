// Package reconcile tells whether a provider's bill is right, to the line.
//
//	story of a subscription ──► expected charges ─┐
//	rows of the provider's invoice ───────────────┼─► matches, findings, margins
//	lines that customers were billed ─────────────┘
//
// It owns what a provider should have charged, derived from what happened to a
// subscription (BILLING §13), and the reason of every difference to what it did
// charge. It owns no provider's amount: those are taken as they stand. It works
// through one customer at a time and keeps nothing of the ones before but sums.
package reconcile

import (
	"sort"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// EventKind is what happened to a subscription at the provider.
type EventKind uint8

// What can happen. A story begins with Bought; what a suspension does to the
// service does not concern the bill.
const (
	// Bought opens the subscription with its term, plan and quantity.
	Bought EventKind = iota
	// SeatsSet changes the quantity at once: all old seats are credited and all new
	// ones charged for the rest of the cycle.
	SeatsSet
	// Cancelled ends it and credits the rest of what is paid, or all of it within
	// a day of its beginning.
	Cancelled
	// Scheduled waits for the next renewal: another quantity, term or plan, or none.
	Scheduled
	// PlanChanged is another billing plan from the end of what is paid.
	PlanChanged
	// TrialConverted makes a trial a paid subscription, whose term begins that day.
	TrialConverted
)

// Event is one thing that happened to a subscription at the provider.
type Event struct {
	Kind EventKind
	// On is the day in UTC. At is the instant, where known: a refund in full is a
	// matter of hours.
	On calendar.Date
	At time.Time
	// Quantity is the seats after it, where HasQuantity.
	Quantity    money.Decimal
	HasQuantity bool
	// TermMonths and BillingMonths are the commitment and what is paid at a time; 0
	// for no change, and in Bought for what is sold once.
	TermMonths, BillingMonths int
	// Ends is the first day after a shortened term (coterm), or no day.
	Ends calendar.Date
	// AutoRenew says whether the term is followed by another, where HasAutoRenew; it is otherwise.
	AutoRenew, HasAutoRenew bool
	// Trial is a term without a price.
	Trial bool
	// As is the provider's word for the charge, where the kind alone does not tell:
	// an upgrade is a convert or a moveQuantity on both sides.
	As billing.ChargeType
	// Reference is the provider's own key of the event, where known; the two sides of
	// an upgrade share it.
	Reference string
	// Entry is its place in the change log; 0 where it has none.
	Entry int64
}

// Price is what the provider asks for one seat, from a day on. It is locked for
// each term on the term's first day.
type Price struct {
	// From is no day for always.
	From calendar.Date
	// TermMonths and BillingMonths narrow it to a term and a billing plan; 0 for any.
	TermMonths, BillingMonths int
	// UnitMonths is the time that Unit pays for.
	UnitMonths int
	Unit       money.Decimal
	Currency   money.Currency
}

// Promotion is a provider's discount for terms that begin while it lasts.
type Promotion struct {
	ID       string
	Percent  money.Decimal
	From, To calendar.Date
	// TermMonths and BillingMonths narrow it; 0 for any.
	TermMonths, BillingMonths int
}

// Story is what is known of one subscription at the provider.
type Story struct {
	// Holding is the provider's id of the subscription.
	Holding string
	SKU     string
	Events  []Event
	// Prices and Promotions are those of the SKU.
	Prices     []Price
	Promotions []Promotion
	// Currency is the one the provider invoices in.
	Currency money.Currency
	// Usage makes it a metered subscription, whose charge for a month is the sum of
	// its rated usage.
	Usage   []UsageCost
	Metered bool
	// Entity is the account that is billed for it; the first of several.
	Entity billing.AccountID
	// BilledThrough is the last day up to which customers must have been billed for
	// it; no day where they need not yet.
	BilledThrough calendar.Date
	// LateFrom is the first day of what was recorded only after the customer's last
	// invoice, which would else have had it; no day where nothing was. Awaited are the
	// days from that invoice to the next, which bills it.
	LateFrom calendar.Date
	Awaited  calendar.Period
}

// UsageCost is the rated usage of one day.
type UsageCost struct {
	On   calendar.Date
	Cost money.Decimal
}

// sorted are the events in the order in which they happened; those of one day
// stay in the order in which they were told.
func (s *Story) sorted() []Event {
	before := func(a, b *Event) bool {
		if a.On != b.On {
			return a.On.Before(b.On)
		}
		return !a.At.IsZero() && !b.At.IsZero() && a.At.Before(b.At)
	}
	inOrder := true
	for i := 1; i < len(s.Events) && inOrder; i++ {
		inOrder = !before(&s.Events[i], &s.Events[i-1])
	}
	if inOrder {
		return s.Events
	}
	events := append([]Event(nil), s.Events...)
	sort.SliceStable(events, func(i, j int) bool { return before(&events[i], &events[j]) })
	return events
}

// lock is the price of a term, with the promotion that it began in.
type lock struct {
	price     Price
	promotion Promotion
	// unit is the price of one seat for one billing period.
	unit money.Ratio
	// why says why there is no price.
	why string
}

// lockFor looks up what a term that begins on a day costs under a plan: the very
// term and plan first, then the latest.
func (s *Story) lockFor(on calendar.Date, termMonths, billingMonths int) lock {
	var best *Price
	for i := range s.Prices {
		p := &s.Prices[i]
		if p.From.After(on) || !serves(p.TermMonths, termMonths) || !serves(p.BillingMonths, billingMonths) {
			continue
		}
		if best == nil || betterPrice(p, best, billingMonths) {
			best = p
		}
	}
	if best == nil {
		return lock{why: "no price of the provider is known for " + s.SKU + " on " + on.String()}
	}
	l := lock{price: *best, unit: best.Unit.Ratio()}
	if best.UnitMonths != billingMonths && best.UnitMonths > 0 && billingMonths > 0 {
		l.unit = l.unit.Mul(money.Fraction(int64(billingMonths), int64(best.UnitMonths)))
	}
	for _, p := range s.Promotions {
		open := p.To.IsZero() || on.Before(p.To)
		if !p.From.After(on) && open && serves(p.TermMonths, termMonths) && serves(p.BillingMonths, billingMonths) && p.Percent.Cmp(l.promotion.Percent) > 0 {
			l.promotion = p
		}
	}
	return l
}

func serves(asked, has int) bool { return asked == 0 || asked == has }

func betterPrice(a, b *Price, billingMonths int) bool {
	if here, there := a.TermMonths != 0, b.TermMonths != 0; here != there {
		return here
	}
	if here, there := a.UnitMonths == billingMonths, b.UnitMonths == billingMonths; here != there {
		return here
	}
	return !a.From.Before(b.From)
}

package standin

import (
	"time"

	"prorata/core/calendar"
	"prorata/core/money"
)

// The states of a subscription.
const (
	statePending   = "pending"
	stateActive    = "active"
	stateSuspended = "suspended"
	stateExpired   = "expired"
	stateDisabled  = "disabled"
	stateDeleted   = "deleted"
)

// batch are seats that were added at one instant, for the window in which they
// can be given back.
type batch struct {
	quantity int
	at       time.Time
}

// nextTerm is what is scheduled for the renewal.
type nextTerm struct {
	sku        *SKU
	termMonths int
	billing    Billing
	promotion  string
	quantity   int
	// endsOn is the first day after a shortened next term, or no day.
	endsOn calendar.Date
}

// subscription is one that a customer holds.
type subscription struct {
	id       string
	customer *customer
	// order is the one that made it.
	order        *order
	sku          *SKU
	availability string
	nickname     string
	quantity     int
	status       string
	autoRenew    bool
	// term is the current one; without an end for an Azure plan and perpetual software,
	// which have no termMonths.
	term       calendar.Period
	termMonths int
	billing    Billing
	// endsOn is the coterm's: the first day after a shortened term, or no day.
	endsOn calendar.Date
	// price is what the term locked; percent, of 100, is the promotion's.
	price     Price
	percent   money.Decimal
	promotion string
	// cycle counts the charge cycles of the term from 0.
	cycle int
	// cycleNow are the days of the charge cycle, cycleWhole what they would be if no end
	// of a term and no change of plan cut them.
	cycleNow, cycleWhole calendar.Period
	createdAt            time.Time
	// startedAt is when the current term began.
	startedAt time.Time
	// openedAt is when the window for cancelling opened: the purchase or renewal.
	openedAt time.Time
	batches  []batch
	next     *nextTerm
	// nextBilling is a billing plan that takes effect with the next charge cycle.
	nextBilling Billing
	parent      *subscription
	partner     string
	// version counts its changes; it is the etag.
	version int
	// busyUntil is when a change that was accepted and not yet done ends.
	busyUntil time.Time
	// life counts terms, so that what was set down for an earlier one does nothing.
	life        int
	suspendedBy []string
	transitions []*transition
}

// order is one purchase or what renewals and changes made.
type order struct {
	id, alternate string
	customer      *customer
	billing       Billing
	// kind is UserPurchase or SystemBilling.
	kind      string
	status    string
	createdAt time.Time
	listedAt  time.Time
	lines     []orderLine
}

// orderLine is one line of an order.
type orderLine struct {
	number       int
	subscription *subscription
	catalogItem  string
	title        string
	quantity     int
	termMonths   int
	billing      Billing
	endsOn       calendar.Date
	promotion    string
	partner      string
	change       chargeKind
	price        linePrice
	provisioned  bool
}

// linePrice is what a cart or order shows of a line's price.
type linePrice struct{ list, discounted, prorated, price, extended money.Decimal }

// transition is an upgrade of a subscription.
type transition struct {
	operation, from, fromSubscription, to, toSubscription string
	quantity                                              int
	termMonths                                            int
	billing                                               Billing
	kind                                                  string
	startedAt, completedAt                                time.Time
}

// subscription is one of a customer, or nil.
func (w *World) subscription(c *customer, id string) *subscription {
	for _, s := range w.held {
		if s.id == id && s.customer == c {
			return s
		}
	}
	return nil
}

package standin

import (
	"time"

	"prorata/core/calendar"
	"prorata/core/money"
)

// chargeKind is why something costs money, in Microsoft's word.
type chargeKind string

const (
	chargeNew      chargeKind = "new"
	chargeRenew    chargeKind = "renew"
	chargeCycle    chargeKind = "cycleCharge"
	chargeAdded    chargeKind = "addQuantity"
	chargeRemoved  chargeKind = "removeQuantity"
	chargeCancel   chargeKind = "cancelImmediate"
	chargeConvert  chargeKind = "convert"
	chargeMoved    chargeKind = "moveQuantity"
	chargePlan     chargeKind = "changeBillingPlan"
	chargeCustomer chargeKind = "customerCredit"
)

// happening is one thing that costs or gives back money. It is a copy of what was
// true then: the subscription goes on changing.
//
// Was and Is are the seats before and after. Where both are more than none, the
// rest of the cycle is taken back for Was and charged anew for Is; a new
// subscription has none before, a cancelled one none after. A new cycle or term
// begins with none before.
type happening struct {
	kind chargeKind
	at   time.Time
	// on is at's day in UTC.
	on       calendar.Date
	customer *customer
	// subscription is the id; azurePlan is set where it is charged by usage alone.
	subscription string
	azurePlan    bool
	sku          *SKU
	availability string
	was, is      int
	// list is the price of one seat and one whole charge cycle that the term has
	// locked; percent, of 100, what promotion takes off it.
	list, percent money.Decimal
	promotion     string
	term          calendar.Period
	termMonths    int
	billing       Billing
	// whole is the charge cycle as it would be if no end of a term cut it, cycle the
	// days of it that are in the term, paid those that this happening is about.
	whole, cycle, paid calendar.Period
	// full says that everything of the cycle is given back: cancelled within a day.
	full bool
	// monthsPaid of monthsWhole count in the place of days where the billing plan of a
	// running term changes; 0 of 0 otherwise.
	monthsPaid, monthsWhole int
	// reference is the same for all happenings of one event, order is the commerce
	// order, alternate its short id.
	reference, order, alternate string
	// partnerOnRecord is the indirect reseller's MPN id.
	partnerOnRecord string
}

// happened hands a happening to the billing side.
func (w *World) happened(h *happening) { w.billing.take(h) }

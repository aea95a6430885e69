package standin

import (
	"strconv"
	"time"

	"prorata/core/calendar"
	"prorata/core/money"
)

const (
	// windowDays is how long a purchase or renewal can be taken back, and added seats given back.
	windowDays = 7
	window     = windowDays * 24 * time.Hour
	// fullRefund is how long all of it comes back.
	fullRefund = 24 * time.Hour
	// expiredDays are between the end of a term and the loss of access, disabledDays
	// from there until the data goes.
	expiredDays  = 30
	disabledDays = 90
	// perpetualDays is how long software that was bought for ever can be given back,
	// all of it.
	perpetualDays = 30
)

// purchase is what somebody buys.
type purchase struct {
	customer   *customer
	sku        *SKU
	quantity   int
	termMonths int
	billing    Billing
	endsOn     calendar.Date
	promotion  string
	parent     *subscription
	nickname   string
	partner    string
}

// buy opens a subscription; it is charged from now on, whenever it is provisioned.
func (w *World) buy(p purchase, made *order, reference string) *subscription {
	today := civil(w.now)
	s := &subscription{
		id: w.newID(), customer: p.customer, order: made, sku: p.sku, availability: w.availability(p.sku, today),
		nickname: p.nickname, quantity: p.quantity, status: statePending, autoRenew: p.termMonths > 0,
		parent: p.parent, partner: p.partner, createdAt: w.now, openedAt: w.now,
	}
	fill(&s.nickname, p.sku.Title)
	w.open(s, today, nextTerm{sku: p.sku, termMonths: p.termMonths, billing: p.billing, promotion: p.promotion, quantity: p.quantity, endsOn: p.endsOn})
	w.held = append(w.held, s)
	w.charge(s, chargeNew, 0, s.quantity, s.cycleNow, reference, made)
	return s
}

// open begins a term on a day with what was ordered for it, at that day's price.
func (w *World) open(s *subscription, from calendar.Date, t nextTerm) {
	s.sku, s.termMonths, s.billing, s.quantity, s.promotion = t.sku, t.termMonths, t.billing, t.quantity, ""
	s.term = calendar.Period{From: from}
	s.endsOn = t.endsOn
	if t.termMonths > 0 {
		s.term.To = from.AddMonths(t.termMonths)
		if !t.endsOn.IsZero() {
			s.term.To = t.endsOn
		}
	}
	s.price, s.percent = Price{}, money.Decimal{}
	if o := t.sku.offer(t.termMonths, t.billing); o != nil {
		s.price, _ = o.on(from)
	}
	if p := w.catalog.promotion(t.promotion); p != nil && w.promotionFits(p, s.customer, t.sku, t.termMonths, t.billing, t.quantity, from) == "" {
		s.promotion, s.percent = p.ID, p.Percent
	}
	s.startedAt = w.now
	s.batches = []batch{{quantity: t.quantity, at: w.now}}
	s.next, s.nextBilling = nil, ""
	s.life++
	s.cycle = 0
	s.setCycle()
	w.await(s)
}

// setCycle finds the days of the charge cycle that the subscription is in.
func (s *subscription) setCycle() {
	months := s.billing.months()
	if months == 0 || s.termMonths == 0 {
		day := calendar.Period{From: s.term.From, To: s.term.From.AddDays(1)}
		s.cycleNow, s.cycleWhole = day, day
		return
	}
	s.cycleWhole = wholeCycle(s.term, s.termMonths, months, s.cycle)
	s.cycleNow = s.cycleIn(s.cycle)
}

// cycleIn is a charge cycle of the term, cut by the term.
func (s *subscription) cycleIn(k int) calendar.Period {
	return cycleOf(s.term, s.termMonths, s.billing.months(), k)
}

// await sets down the end of the charge cycle.
func (w *World) await(s *subscription) {
	if s.termMonths == 0 {
		return
	}
	life := s.life
	w.at(midnight(s.cycleNow.To), func() {
		if s.life == life && s.live() {
			w.turn(s)
		}
	})
}

// live says that the subscription has a term that runs.
func (s *subscription) live() bool {
	return s.status == statePending || s.status == stateActive || s.status == stateSuspended
}

// turn is the end of a charge cycle: the next one begins, or the term ends.
func (w *World) turn(s *subscription) {
	if !s.cycleNow.To.Before(s.term.To) {
		w.endTerm(s)
		return
	}
	if s.nextBilling != "" {
		w.turnPlan(s)
		return
	}
	s.cycle++
	s.setCycle()
	w.await(s)
	w.charge(s, chargeCycle, 0, s.quantity, s.cycleNow, w.newID(), w.systemOrder(s, chargeCycle, s.quantity))
}

// turnPlan begins the next charge cycle under another billing plan, at the price
// that the plan had when the term began: what is left of a year is charged by its months.
func (w *World) turnPlan(s *subscription) {
	day, before, k := s.cycleNow.To, s.billing.months(), s.cycle+1
	o := s.sku.offer(s.termMonths, s.nextBilling)
	s.price, _ = o.on(s.term.From)
	s.billing, s.nextBilling = s.nextBilling, ""
	months := s.billing.months()
	s.cycle = 0
	for !wholeCycle(s.term, s.termMonths, months, s.cycle).To.After(day) {
		s.cycle++
	}
	s.cycleWhole = wholeCycle(s.term, s.termMonths, months, s.cycle)
	s.cycleNow = calendar.Period{From: day, To: calendar.Earliest(s.cycleWhole.To, s.term.To)}
	left := 0
	// A February may leave a day of a cycle that is the next term's: the months bound it.
	for ; k*before < s.termMonths && wholeCycle(s.term, s.termMonths, before, k).From.Before(s.cycleNow.To); k++ {
		left += before
	}
	s.life++
	s.version++
	w.await(s)
	h := w.happeningOf(s, chargePlan, 0, s.quantity, s.cycleNow, w.newID(), w.systemOrder(s, chargePlan, s.quantity))
	if months > before && left < months {
		h.monthsPaid, h.monthsWhole = left, months
	}
	w.happened(h)
	w.changed(s, "update_subscription")
}

// endTerm renews, expires or disables.
func (w *World) endTerm(s *subscription) {
	switch {
	case s.status == stateSuspended:
		w.fade(s, stateDisabled)
	case s.autoRenew && (s.parent == nil || s.parent.live()):
		w.renew(s)
	default:
		w.fade(s, stateExpired)
	}
}

// renew opens the next term: what was scheduled for it, or the same again.
func (w *World) renew(s *subscription) {
	t := nextTerm{sku: s.sku, termMonths: s.termMonths, billing: s.billing, quantity: s.quantity}
	kind := chargeRenew
	if s.nextBilling != "" {
		// Another billing plan that was to begin with the next charge cycle begins here.
		t.billing, kind = s.nextBilling, chargePlan
	}
	if s.next != nil {
		t, kind = *s.next, chargeRenew
	}
	from := s.term.To
	w.open(s, from, t)
	s.openedAt = w.now
	s.availability = w.availability(s.sku, from)
	s.version++
	w.charge(s, kind, 0, s.quantity, s.cycleNow, w.newID(), w.systemOrder(s, kind, s.quantity))
	w.changed(s, "update_subscription")
}

// fade takes a subscription out of use: expired and then disabled, or disabled at
// once, and deleted in the end.
func (w *World) fade(s *subscription, status string) {
	s.status = status
	s.next, s.nextBilling = nil, ""
	s.version++
	s.life++
	life := s.life
	w.changed(s, "update_subscription")
	days, then := expiredDays, stateDisabled
	if status == stateDisabled {
		days, then = disabledDays, stateDeleted
		if len(s.suspendedBy) > 0 {
			days = expiredDays + disabledDays
		}
	}
	if status == stateDeleted {
		return
	}
	w.at(w.now.AddDate(0, 0, days), func() {
		if s.life == life {
			w.fade(s, then)
		}
	})
}

// happeningOf is a happening of the subscription as it is now.
func (w *World) happeningOf(s *subscription, kind chargeKind, was, is int, paid calendar.Period, reference string, o *order) *happening {
	return &happening{
		kind: kind, at: w.now, on: civil(w.now), customer: s.customer, subscription: s.id, azurePlan: s.sku.product.Kind == AzurePlan,
		sku: s.sku, availability: s.availability, was: was, is: is, list: s.price.List, percent: s.percent, promotion: s.promotion,
		term: s.term, termMonths: s.termMonths, billing: s.billing, whole: s.cycleWhole, cycle: s.cycleNow, paid: paid,
		reference: reference, order: o.id, alternate: o.alternate, partnerOnRecord: s.partner,
	}
}

func (w *World) charge(s *subscription, kind chargeKind, was, is int, paid calendar.Period, reference string, o *order) {
	w.happened(w.happeningOf(s, kind, was, is, paid, reference, o))
}

// rest is what is left of the charge cycle, today included.
func (w *World) rest(s *subscription) calendar.Period {
	return calendar.Period{From: calendar.Latest(civil(w.now), s.cycleNow.From), To: s.cycleNow.To}
}

// changed tells of a change: the audit log, and whoever listens.
func (w *World) changed(s *subscription, operation string) {
	w.note(operation, "subscription", s.customer, w.auditValue(w.subscriptionBody(s)),
		[2]string{"SubscriptionId", s.id}, [2]string{"SubscriptionName", s.nickname}, [2]string{"Quantity", strconv.Itoa(s.quantity)})
	w.billing.notify("subscription-updated", "/v1/customers/"+s.customer.ID+"/subscriptions/"+s.id, "subscription")
}

// systemOrder is the order that a change or renewal makes.
func (w *World) systemOrder(s *subscription, kind chargeKind, quantity int) *order {
	o := &order{
		id: w.newHex(12), customer: s.customer, billing: s.billing, kind: "SystemBilling", status: orderCompleted, createdAt: w.now, listedAt: w.now,
		lines: []orderLine{{
			subscription: s, catalogItem: s.sku.key() + ":" + s.availability, title: s.nickname, quantity: quantity, termMonths: s.termMonths,
			billing: s.billing, promotion: s.promotion, partner: s.partner, change: kind, provisioned: true, price: w.priceOf(s),
		}},
	}
	o.alternate = o.id
	if kind == chargeAdded || kind == chargeRemoved || kind == chargeCancel || kind == chargeConvert {
		o.kind = "UserPurchase"
	}
	w.orders = append(w.orders, o)
	return o
}

// refundable is how many seats can be given back now, and the batches they are of,
// the oldest first.
func (s *subscription) refundable(now time.Time) (int, []batch) {
	total := 0
	var open []batch
	for _, b := range s.batches {
		if b.quantity > 0 && now.Before(b.at.Add(window)) {
			total += b.quantity
			open = append(open, b)
		}
	}
	return min(total, s.quantity), open
}

// etag is the subscription's, as it is compared.
func (s *subscription) etag() string {
	return "standin-" + s.id[:8] + "-" + strconv.Itoa(s.version)
}

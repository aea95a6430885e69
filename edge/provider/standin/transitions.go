package standin

import "strings"

const (
	transitionOnly = "transition_only"
	transitionMove = "transition_with_license_transfer"
)

// The reasons for which a subscription cannot take over another's seats.
const (
	targetNotActive = 1
	targetInWindow  = 2
	targetShorter   = 3
	targetEarlier   = 4
)

// transitionEligibilities are what a subscription can be changed into.
func (w *World) transitionEligibilities(c *call) *answer {
	s, no := w.subscriptionOf(c)
	if no != nil {
		return no
	}
	items, operation := []object{}, w.newID()
	for _, key := range s.sku.Upgrades {
		to := w.catalog.sku(key)
		if to == nil {
			continue
		}
		targets := []object{}
		for _, t := range w.held {
			if t.customer == s.customer && t.sku == to && t.status != stateDeleted && t.status != statePending {
				targets = append(targets, w.targetBody(s, t))
			}
		}
		items = append(items, object{
			"operationId": operation, "catalogItemId": w.catalogItem(to, civil(w.now)), "title": to.Title, "description": to.Description, "quantity": s.quantity,
			"eligibilities": []object{
				{"isEligible": s.status == stateActive, "transitionType": transitionOnly, "errors": []object{}},
				{"isEligible": s.status == stateActive, "transitionType": transitionMove, "errors": []object{}},
			},
			"subscriptionEligibilities": targets, "attributes": kindOf("TransitionEligibility"),
		})
	}
	return ok(collection(items, ""))
}

func (w *World) targetBody(s, t *subscription) object {
	errors := []object{}
	say := func(code int, why string) { errors = append(errors, object{"code": code, "description": why}) }
	if t.status != stateActive {
		say(targetNotActive, "The subscription is not active.")
	}
	if w.now.Before(t.openedAt.Add(window)) {
		say(targetInWindow, "The subscription can still be canceled.")
	}
	if t.termMonths < s.termMonths {
		say(targetShorter, "The subscription's term is shorter than the source's.")
	}
	if t.term.To.Before(s.term.To) {
		say(targetEarlier, "The subscription ends before the source.")
	}
	return object{
		"isEligible": len(errors) == 0, "subscriptionId": t.id, "subscriptionFriendlyName": t.nickname, "subscriptionTermDuration": durationOf(t.termMonths),
		"subscriptionBillingCycle": string(t.billing), "errors": errors,
	}
}

type wantedTransition struct {
	FromCatalogItemID, FromSubscriptionID string
	ToCatalogItemID, ToSubscriptionID     string
	Quantity                              *number
	TermDuration, BillingCycle            string
	TransitionType, PromotionID           string
}

// upgrade is a transition that was found good.
type upgrade struct {
	from, into *subscription
	sku        *SKU
	quantity   int
	termMonths int
	billing    Billing
	promotion  string
}

// transitionCreate changes all or some seats of a subscription into another sku:
// all of them keep the subscription's id, some become a new subscription or join
// an existing one.
func (w *World) transitionCreate(c *call) *answer {
	s, no := w.subscriptionOf(c)
	if no != nil {
		return no
	}
	var want wantedTransition
	if no := c.read(&want); no != nil {
		return no
	}
	u, no := w.judgeTransition(s, &want)
	if no != nil {
		return no
	}
	t := &transition{
		operation: w.newID(), from: s.sku.key() + ":" + s.availability, fromSubscription: s.id, to: want.ToCatalogItemID, quantity: u.quantity,
		termMonths: u.termMonths, billing: u.billing, kind: strings.ToLower(want.TransitionType), startedAt: w.now, completedAt: w.now,
	}
	t.toSubscription = w.transit(u).id
	s.transitions = append(s.transitions, t)
	return ok(t.body())
}

// judgeTransition says what a transition is, or why it cannot be.
func (w *World) judgeTransition(s *subscription, want *wantedTransition) (*upgrade, *answer) {
	key, availability := itemParts(want.ToCatalogItemID)
	u := &upgrade{from: s, sku: w.catalog.sku(key), termMonths: s.termMonths, billing: s.billing, promotion: want.PromotionID}
	switch {
	case w.now.Before(s.busyUntil):
		return nil, refuse(900278)
	case s.status != stateActive:
		return nil, refuse(800012)
	case u.sku == nil || want.Quantity == nil:
		return nil, refuseInput("toCatalogItemId and quantity are expected")
	case availability != w.availability(u.sku, civil(w.now)):
		return nil, refuse(400019, availability)
	case !isOneOf(key, s.sku.Upgrades):
		return nil, refuseInput("%s cannot become %s", s.sku.key(), key)
	case !isOneOf(want.TransitionType, []string{transitionOnly, transitionMove}):
		return nil, refuseInput("transitionType %q is not known", want.TransitionType)
	}
	if u.quantity = int(*want.Quantity); u.quantity < 1 || u.quantity > s.quantity {
		return nil, refuse(900275, 0)
	}
	if want.TermDuration != "" {
		months, known := monthsOf(want.TermDuration)
		if !known || months == 0 {
			return nil, refuse(900268)
		}
		u.termMonths = months
	}
	if want.BillingCycle != "" {
		u.billing = Billing(strings.ToLower(want.BillingCycle))
	}
	switch {
	case u.termMonths < s.termMonths:
		return nil, refuse(900267)
	case u.billing.months() == 0:
		return nil, refuse(900269)
	case u.billing.months() > u.termMonths:
		return nil, refuse(900270)
	case u.sku.offer(u.termMonths, u.billing) == nil:
		return nil, refuse(900268)
	case want.ToSubscriptionID == "":
		return u, nil
	}
	u.into = w.subscription(s.customer, strings.ToLower(want.ToSubscriptionID))
	switch {
	case u.into == nil || u.into.status != stateActive:
		return nil, refuse(900258)
	case u.into == s:
		return nil, refuse(900259)
	case u.into.sku != u.sku:
		return nil, refuse(900260)
	case u.into.termMonths < s.termMonths:
		return nil, refuse(900267)
	case u.into.term.To.Before(s.term.To):
		return nil, refuse(900236)
	case u.into.quantity+u.quantity > u.sku.Maximum:
		return nil, refuse(900275, 0)
	}
	return u, nil
}

// transit does an upgrade and returns where its seats are then.
func (w *World) transit(u *upgrade) *subscription {
	s, reference := u.from, w.newID()
	kind := chargeConvert
	if u.into != nil {
		kind = chargeMoved
	}
	was := s.quantity
	o := w.systemOrder(s, kind, u.quantity)
	whole := u.quantity == was && u.into == nil
	is := was - u.quantity
	w.charge(s, kind, was, is, w.rest(s), reference, o)
	to := s
	switch {
	case whole:
		w.become(s, u)
		w.charge(s, kind, 0, u.quantity, w.rest(s), reference, o)
	case u.into != nil:
		to = u.into
		before := to.quantity
		to.quantity += u.quantity
		to.next = nil
		w.charge(to, kind, before, to.quantity, w.rest(to), reference, o)
	default:
		to = w.convert(u, o, reference)
	}
	if !whole {
		s.quantity = is
		s.giveBack(u.quantity, w.now)
		if s.quantity == 0 {
			s.status = stateDeleted
			s.life++
		}
	}
	s.next = nil
	for _, one := range []*subscription{s, to} {
		one.version++
		w.changed(one, "upgrade_subscription")
		if s == to {
			break
		}
	}
	return to
}

// become changes a whole subscription into another sku. Its id stays; its term
// too, unless a longer one or another billing plan was asked for, which begins today.
func (w *World) become(s *subscription, u *upgrade) {
	today := civil(w.now)
	if u.termMonths != s.termMonths || u.billing != s.billing {
		w.open(s, today, nextTerm{sku: u.sku, termMonths: u.termMonths, billing: u.billing, promotion: u.promotion, quantity: u.quantity})
	} else {
		s.sku, s.promotion = u.sku, ""
		s.price, _ = u.sku.offer(u.termMonths, u.billing).on(today)
		s.percent = s.percent.Sub(s.percent)
		if p := w.catalog.promotion(u.promotion); p != nil && w.promotionFits(p, s.customer, u.sku, u.termMonths, u.billing, u.quantity, today) == "" {
			s.promotion, s.percent = p.ID, p.Percent
		}
		s.batches = []batch{{quantity: u.quantity, at: w.now}}
	}
	s.nickname, s.openedAt = u.sku.Title, w.now
	s.availability = w.availability(u.sku, today)
}

// convert makes a new subscription of some seats of another.
func (w *World) convert(u *upgrade, o *order, reference string) *subscription {
	s := &subscription{
		id: w.newID(), customer: u.from.customer, order: o, sku: u.sku, availability: w.availability(u.sku, civil(w.now)), nickname: u.sku.Title,
		status: stateActive, autoRenew: true, partner: u.from.partner, createdAt: w.now, openedAt: w.now,
	}
	w.open(s, civil(w.now), nextTerm{sku: u.sku, termMonths: u.termMonths, billing: u.billing, promotion: u.promotion, quantity: u.quantity})
	w.held = append(w.held, s)
	w.charge(s, chargeConvert, 0, s.quantity, s.cycleNow, reference, o)
	return s
}

// transitionList is what became of a subscription.
func (w *World) transitionList(c *call) *answer {
	s, no := w.subscriptionOf(c)
	if no != nil {
		return no
	}
	operation, items := c.query("operationId"), []object{}
	for _, t := range s.transitions {
		if operation == "" || operation == t.operation {
			items = append(items, t.body())
		}
	}
	return ok(object{"transition": items, "attributes": kindOf("Collection")})
}

func (t *transition) body() object {
	event := func(status, at string) object {
		return object{"name": "Conversion", "status": status, "timestamp": at, "attributes": kindOf("TransitionEvent")}
	}
	o := object{
		"operationId": t.operation, "fromCatalogItemId": t.from, "fromSubscriptionId": t.fromSubscription, "toCatalogItemId": t.to, "toSubscriptionId": t.toSubscription,
		"quantity": t.quantity, "termDuration": durationOf(t.termMonths), "billingCycle": string(t.billing), "transitionType": t.kind,
		"events":     []object{event("Started", stamp(t.startedAt)), event("Completed", stamp(t.completedAt))},
		"attributes": kindOf("Transition"),
	}
	return o
}

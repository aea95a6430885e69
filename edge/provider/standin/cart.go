package standin

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"prorata/core/calendar"
)

const (
	cartLasts     = 7 * 24 * time.Hour
	cartActive    = "Active"
	cartOrdered   = "Ordered"
	sandboxSeats  = 25
	sandboxHeld   = 5
	sandboxTotals = 75
)

// cart is what a customer is about to buy.
type cart struct {
	id                 string
	customer           *customer
	createdAt, changed time.Time
	expires            time.Time
	status             string
	lines              []cartLine
	// result is the checkout's answer, which every later checkout gets again.
	result *answer
}

// cartLine is one line of a cart as it was asked for, and what became of it.
type cartLine struct {
	wanted     wantedLine
	sku        *SKU
	termMonths int
	billing    Billing
	endsOn     calendar.Date
	price      *linePrice
	// wrong is the code of what is wrong with it, 0 for nothing.
	wrong  int
	reason string
	// after is the line that it is an add-on to, or -1.
	after  int
	parent *subscription
	group  string
}

type wantedCart struct {
	PartnerOnRecordAttestationAccepted bool
	LineItems                          []wantedLine
}

type wantedLine struct {
	ID                         number
	CatalogItemID              string
	Quantity                   number
	BillingCycle, TermDuration string
	CustomTermEndDate          string
	PromotionID                string
	FriendlyName               string
	AttestationAccepted        *bool
	Participants               []struct{ Key, Value string }
	ProvisioningContext        map[string]any
	RenewsTo                   *struct{ TermDuration string }
}

// The codes of a cart line's error.
const (
	lineCatalogItem  = 10001
	lineParticipants = 10004
	lineSubscription = 10011
	lineSandbox      = 10009
	lineInput        = 10010
	lineSeats        = 10015
)

// cartCreate makes a cart.
func (w *World) cartCreate(c *call) *answer {
	owner, no := w.customerOf(c)
	if no != nil {
		return no
	}
	made := &cart{id: w.newID(), customer: owner, createdAt: w.now, status: cartActive}
	if no := w.fillCart(c, made); no != nil {
		return no
	}
	w.carts[made.id] = made
	return created(w.cartBody(made))
}

// cartReplace puts other lines into a cart that is not ordered.
func (w *World) cartReplace(c *call) *answer {
	found, no := w.cartOf(c)
	if no != nil {
		return no
	}
	if found.status == cartOrdered {
		return refuse(800065, found.id)
	}
	if no := w.fillCart(c, found); no != nil {
		return no
	}
	return ok(w.cartBody(found))
}

func (w *World) cartGet(c *call) *answer {
	found, no := w.cartOf(c)
	if no != nil {
		return no
	}
	return ok(w.cartBody(found))
}

// cartOf is the cart that the path names; after seven days there is none.
func (w *World) cartOf(c *call) (*cart, *answer) {
	owner, no := w.customerOf(c)
	if no != nil {
		return nil, no
	}
	found := w.carts[c.path("cart")]
	if found == nil || found.customer != owner || found.status == cartActive && w.now.After(found.expires) {
		return nil, refuse(800008, c.path("cart"))
	}
	return found, nil
}

// fillCart reads and judges a cart's lines: what is wrong with one stands on it.
func (w *World) fillCart(c *call, into *cart) *answer {
	var want wantedCart
	if no := c.read(&want); no != nil {
		return no
	}
	if len(want.LineItems) == 0 {
		return refuseInput("the cart has no lineItems")
	}
	lines := make([]cartLine, 0, len(want.LineItems))
	for i, one := range want.LineItems {
		if len(one.Participants) > 0 && !want.PartnerOnRecordAttestationAccepted {
			return refuse(900206)
		}
		l := cartLine{wanted: one, after: -1, billing: Billing(strings.ToLower(one.BillingCycle))}
		l.group = string(l.billing)
		if no := w.judgeEnd(into.customer, &l, i); no != nil {
			return no
		}
		l.wrong, l.reason = w.judgeLine(into.customer, &l, lines)
		if l.wrong == 0 {
			w.priceCartLine(into.customer, &l)
		}
		lines = append(lines, l)
	}
	into.lines, into.changed, into.expires = lines, w.now, w.now.Add(cartLasts)
	return nil
}

// judgeEnd reads the agreed end of a first term; a wrong one refuses the cart.
func (w *World) judgeEnd(owner *customer, l *cartLine, i int) *answer {
	months, known := monthsOf(l.wanted.TermDuration)
	if !known {
		return refuse(800121)
	}
	l.termMonths = months
	if l.wanted.CustomTermEndDate == "" {
		return nil
	}
	last, err := dayIn(l.wanted.CustomTermEndDate)
	if err != nil {
		return refuseInput("customTermEndDate %q is not a date", l.wanted.CustomTermEndDate)
	}
	if months == 0 || w.endFits(owner, civil(w.now), months, last, nil) != endGood {
		return refuse(900242, i)
	}
	l.endsOn = last.AddDays(1)
	return nil
}

// judgeLine finds a line's sku and what is wrong with the line.
func (w *World) judgeLine(owner *customer, l *cartLine, before []cartLine) (code int, reason string) {
	key, availability := itemParts(l.wanted.CatalogItemID)
	l.sku = w.catalog.sku(key)
	if l.sku == nil || availability != w.availability(l.sku, civil(w.now)) {
		return lineCatalogItem, "The catalog item " + l.wanted.CatalogItemID + " is not sold."
	}
	if l.sku.product.Kind == AzurePlan {
		l.billing = Monthly
	}
	o := l.sku.offer(l.termMonths, l.billing)
	if o == nil {
		return lineInput, "The catalog item cannot be had for term " + l.wanted.TermDuration + " billed " + string(l.billing) + "."
	}
	if _, priced := o.on(civil(w.now)); !priced {
		return lineCatalogItem, "The catalog item is not sold yet."
	}
	quantity := int(l.wanted.Quantity)
	if quantity < l.sku.Minimum || quantity > l.sku.Maximum {
		return lineSeats, "The quantity must be from " + strconv.Itoa(l.sku.Minimum) + " to " + strconv.Itoa(l.sku.Maximum) + "."
	}
	if w.set.Sandbox && quantity > sandboxSeats {
		return lineSandbox, "The sandbox's limit of seats is reached."
	}
	if id := l.wanted.PromotionID; id != "" {
		p := w.catalog.promotion(id)
		if p == nil {
			return lineInput, "The promotion " + id + " is not known."
		}
		if why := w.promotionFits(p, owner, l.sku, l.termMonths, l.billing, quantity, civil(w.now)); why != "" {
			return lineInput, "The promotion cannot be had: " + why + "."
		}
	}
	if p := l.reseller(); p != "" && !w.isReseller(p) {
		return lineParticipants, "The participant " + p + " is not an indirect reseller of the partner."
	}
	return w.judgeParent(owner, l, before)
}

// judgeParent finds what an add-on belongs to: the subscription it names, one that
// the customer holds, or an earlier line.
func (w *World) judgeParent(owner *customer, l *cartLine, before []cartLine) (code int, reason string) {
	if l.sku.product.Kind == AzurePlan {
		for _, s := range w.held {
			if s.customer == owner && s.sku == l.sku && s.live() {
				return lineSubscription, "The customer has an Azure plan already."
			}
		}
	}
	if !l.sku.Addon {
		return 0, ""
	}
	named := l.parentNamed()
	for _, s := range w.held {
		if s.customer == owner && s.status == stateActive && isOneOf(s.sku.key(), l.sku.Prerequisites) && (named == "" || strings.EqualFold(named, s.id)) {
			l.parent = s
			return 0, ""
		}
	}
	if named != "" {
		return lineSubscription, "The parent subscription " + named + " does not take this add-on."
	}
	for i := range before {
		if before[i].wrong == 0 && isOneOf(before[i].sku.key(), l.sku.Prerequisites) {
			l.after = i
			return 0, ""
		}
	}
	return lineSubscription, "The add-on needs a subscription that the customer does not have."
}

func isOneOf(word string, words []string) bool {
	for _, one := range words {
		if strings.EqualFold(one, word) {
			return true
		}
	}
	return false
}

// itemParts are product and sku joined by a colon, and the availability.
func itemParts(item string) (key, availability string) {
	i := strings.LastIndexByte(item, ':')
	if i < 0 {
		return item, ""
	}
	return item[:i], item[i+1:]
}

func (l *cartLine) parentNamed() string {
	for key, value := range l.wanted.ProvisioningContext {
		if strings.EqualFold(key, "ParentSubscriptionId") {
			named, _ := value.(string)
			return named
		}
	}
	return ""
}

func (l *cartLine) reseller() string {
	for _, p := range l.wanted.Participants {
		if strings.EqualFold(p.Key, "transaction_reseller") {
			return p.Value
		}
	}
	return ""
}

func (w *World) isReseller(mpn string) bool {
	for _, r := range w.set.Partner.Resellers {
		if r.MPN == mpn {
			return true
		}
	}
	return false
}

func (w *World) priceCartLine(owner *customer, l *cartLine) {
	today := civil(w.now)
	o := l.sku.offer(l.termMonths, l.billing)
	s := &subscription{customer: owner, sku: l.sku, termMonths: l.termMonths, billing: l.billing, quantity: int(l.wanted.Quantity), term: calendar.Period{From: today}}
	s.price, _ = o.on(today)
	if p := w.catalog.promotion(l.wanted.PromotionID); p != nil {
		s.percent = p.Percent
	}
	if l.termMonths > 0 {
		if s.term.To = today.AddMonths(l.termMonths); !l.endsOn.IsZero() {
			s.term.To = l.endsOn
		}
	}
	s.setCycle()
	price := w.priceOf(s)
	l.price = &price
}

func (w *World) cartBody(c *cart) object {
	lines := []object{}
	for i := range c.lines {
		lines = append(lines, c.lines[i].body())
	}
	return object{
		"id": c.id, "creationTimestamp": stamp(c.createdAt), "lastModifiedTimestamp": stamp(c.changed), "expirationTimestamp": stamp(c.expires),
		"lastModifiedUser": w.set.Partner.Tenant, "status": c.status, "lineItems": lines,
		"links":      object{"self": link("/customers/" + c.customer.ID + "/carts/" + c.id)},
		"attributes": kindOf("Cart"),
	}
}

func (l *cartLine) body() object {
	context := object{}
	for k, v := range l.wanted.ProvisioningContext {
		context[k] = v
	}
	o := object{
		"id": int(l.wanted.ID), "catalogItemId": l.wanted.CatalogItemID, "quantity": int(l.wanted.Quantity), "currencyCode": "USD",
		"billingCycle": string(l.billing), "provisioningContext": context, "orderGroup": l.group,
	}
	for name, value := range map[string]string{"termDuration": durationOf(l.termMonths), "promotionId": l.wanted.PromotionID, "friendlyName": l.wanted.FriendlyName} {
		if value != "" {
			o[name] = value
		}
	}
	if !l.endsOn.IsZero() {
		o["customTermEndDate"] = daystamp(l.endsOn.AddDays(-1))
	}
	if len(l.wanted.Participants) > 0 {
		list := []object{}
		for _, p := range l.wanted.Participants {
			list = append(list, object{"key": p.Key, "value": p.Value})
		}
		o["participants"] = list
	}
	if l.price != nil {
		o["pricing"] = l.price.body()
	}
	if l.wrong != 0 {
		o["error"] = object{"errorCode": l.wrong, "errorDescription": l.reason, "additionalInformation": object{}}
	}
	return o
}

// cartCheckout orders what is in a cart, once: whoever asks again gets the same answer.
func (w *World) cartCheckout(c *call) *answer {
	found, no := w.cartOf(c)
	if no != nil {
		return no
	}
	if found.result != nil {
		return found.result
	}
	if no := w.mayBuy(found.customer); no != nil {
		return no
	}
	items := make([]orderItem, 0, len(found.lines))
	for i := range found.lines {
		l := &found.lines[i]
		if l.wrong != 0 {
			return refuse(800009)
		}
		if _, availability := itemParts(l.wanted.CatalogItemID); availability != w.availability(l.sku, civil(w.now)) {
			return refuse(400019, availability)
		}
		items = append(items, orderItem{group: l.group, after: l.after, purchase: purchase{
			customer: found.customer, sku: l.sku, quantity: int(l.wanted.Quantity), termMonths: l.termMonths, billing: l.billing, endsOn: l.endsOn,
			promotion: l.wanted.PromotionID, parent: l.parent, nickname: l.wanted.FriendlyName, partner: l.reseller(),
		}})
	}
	failed := leaveOut(items, c)
	orders, no := w.place(found.customer, items, c)
	if no != nil {
		return no
	}
	found.status = cartOrdered
	bodies := []object{}
	for _, o := range orders {
		bodies = append(bodies, w.orderBody(o, true))
	}
	found.result = &answer{status: http.StatusCreated, body: object{"orders": bodies, "orderErrors": failed, "attributes": kindOf("CartCheckoutResult")}}
	return found.result
}

// leaveOut marks the last order of a checkout that is to succeed in part, and says
// why it fails.
func leaveOut(items []orderItem, c *call) []object {
	if !c.meets(FaultPartial) {
		return []object{}
	}
	refused := c.fault.refusal("800023")
	if refused == nil {
		return []object{}
	}
	last, why := items[len(items)-1].group, refused.body.(object)
	for i := range items {
		items[i].failed = items[i].group == last
	}
	return []object{{"orderGroupId": last, "code": why["code"], "description": why["description"]}}
}

package standin

import (
	"encoding/json"
	"strings"
	"time"

	"prorata/core/calendar"
	"prorata/core/money"
)

// durationOf is a term as the Partner Center writes it; nothing for none.
func durationOf(months int) string {
	switch months {
	case 1:
		return "P1M"
	case 12:
		return "P1Y"
	case 36:
		return "P3Y"
	}
	return ""
}

// monthsOf reads a term; an empty one is none.
func monthsOf(duration string) (int, bool) {
	for _, months := range []int{0, 1, 12, 36} {
		if strings.EqualFold(duration, durationOf(months)) {
			return months, true
		}
	}
	return 0, false
}

// dayIn reads the day of a date with or without a time.
func dayIn(text string) (calendar.Date, error) { return calendar.ParseDate(text[:min(10, len(text))]) }

// amount is a number with its digits, for JSON.
func amount(d money.Decimal) json.Number { return json.Number(d.String()) }

// endOfDay is the last second of a day, as the Partner Center writes where a term ends.
func endOfDay(day calendar.Date) string { return day.String() + "T23:59:59Z" }

// subscriptionBody is a subscription as it is read.
func (w *World) subscriptionBody(s *subscription) object {
	product := s.sku.product
	o := object{
		"id": s.id, "offerId": s.sku.key() + ":" + s.availability, "offerName": s.sku.Title, "friendlyName": s.nickname,
		"productType": object{"id": product.Kind.word(), "displayName": product.Kind.word()},
		"quantity":    s.quantity, "unitType": "Licenses", "hasPurchasableAddons": false,
		"creationDate": stamp(s.createdAt), "effectiveStartDate": stamp(s.startedAt), "status": s.status,
		"autoRenewEnabled": s.autoRenew, "isTrial": s.sku.Trial, "billingType": "license", "billingCycle": string(s.billing),
		"renewalTermDuration": "", "isMicrosoftProduct": strings.HasPrefix(product.Publisher, "Microsoft"), "partnerId": s.partner, "attentionNeeded": false,
		"actionTaken": false, "contractType": "subscription", "publisherName": product.Publisher, "orderId": s.order.id,
		"links":      catalogLinks(s.sku, s.availability, s.customer.Country, "/customers/"+s.customer.ID+"/subscriptions/"+s.id),
		"attributes": object{"etag": s.etag(), "objectType": "Subscription"},
	}
	if product.Kind == AzurePlan {
		o["billingType"], o["unitType"], o["consumptionType"] = "usage", "Usage-based", "overage"
	}
	if s.termMonths > 0 {
		w.termBody(s, o)
	} else if days := s.cancelDays(); days > 0 {
		o["cancellationAllowedUntilDate"] = stamp(s.openedAt.AddDate(0, 0, days))
	}
	if s.parent != nil {
		o["parentSubscriptionId"] = s.parent.id
	}
	if len(s.suspendedBy) > 0 && s.status == stateSuspended {
		o["suspensionReasons"] = s.suspendedBy
	}
	if s.promotion != "" {
		o["promotionId"] = s.promotion
	}
	if s.next != nil {
		o["scheduledNextTermInstructions"] = w.nextTermBody(s.next)
	}
	if s.nextBilling != "" {
		o["nextChargeInstructions"] = w.nextTermBody(&nextTerm{sku: s.sku, termMonths: s.termMonths, billing: s.nextBilling, promotion: s.promotion, quantity: s.quantity})
	}
	return o
}

// termBody adds what only a subscription with a term has.
func (w *World) termBody(s *subscription, o object) {
	last := s.term.To.AddDays(-1)
	o["termDuration"] = durationOf(s.termMonths)
	o["commitmentEndDate"], o["commitmentEndDateTime"] = daystamp(last), endOfDay(last)
	cycleLast := s.cycleNow.To.AddDays(-1)
	o["billingCycleEndDate"], o["billingCycleEndDateTime"] = daystamp(cycleLast), endOfDay(cycleLast)
	o["cancellationAllowedUntilDate"] = stamp(s.openedAt.Add(window))
	o["refundOptions"] = []object{{"type": "Full", "expiresAt": stamp(s.openedAt.Add(fullRefund))}, {"type": "Partial", "expiresAt": stamp(s.openedAt.Add(window))}}
	if total, open := s.refundable(w.now); total > 0 {
		details := []object{}
		for _, b := range open {
			details = append(details, object{"quantity": b.quantity, "allowedUntilDateTime": stamp(b.at.Add(window))})
		}
		o["refundableQuantity"] = object{"totalQuantity": total, "details": details}
	}
	if !s.endsOn.IsZero() {
		o["customTermEndDate"] = daystamp(s.endsOn.AddDays(-1))
	}
}

func (w *World) nextTermBody(t *nextTerm) object {
	product := object{
		"productId": t.sku.product.ID, "skuId": t.sku.ID, "availabilityId": w.availability(t.sku, civil(w.now)),
		"billingCycle": string(t.billing), "termDuration": durationOf(t.termMonths),
	}
	if t.promotion != "" {
		product["promotionId"] = t.promotion
	}
	o := object{"product": product, "quantity": t.quantity}
	if !t.endsOn.IsZero() {
		o["customTermEndDate"] = daystamp(t.endsOn.AddDays(-1))
	}
	return o
}

// catalogLinks are a resource's links into the catalogue, and its own where it has one.
func catalogLinks(s *SKU, availability, country, self string) object {
	base := "/products/" + s.product.ID
	o := object{
		"product":      link(base + "?country=" + country),
		"sku":          link(base + "/skus/" + s.ID + "?country=" + country),
		"availability": link(base + "/skus/" + s.ID + "/availabilities/" + availability + "?country=" + country),
	}
	if self != "" {
		o["self"] = link(self)
	}
	return o
}

// orderBody is an order as it is read; its prices only where they were asked for.
func (w *World) orderBody(o *order, prices bool) object {
	self := "/customers/" + o.customer.ID + "/orders/" + o.id
	lines, total := []object{}, money.Decimal{}
	for i := range o.lines {
		lines = append(lines, o.lines[i].body(o, prices))
		total = total.Add(o.lines[i].price.extended)
	}
	patch := link(self)
	patch["method"] = "PATCH"
	body := object{
		"id": o.id, "alternateId": o.alternate, "referenceCustomerId": o.customer.ID, "billingCycle": string(o.billing),
		"currencyCode": "USD", "currencySymbol": "$", "lineItems": lines, "creationDate": stamp(o.createdAt), "status": o.status,
		"transactionType": o.kind, "client": object{},
		"links":      object{"self": link(self), "provisioningStatus": link(self + "/provisioningstatus"), "patchOperation": patch},
		"attributes": kindOf("Order"),
	}
	if prices {
		body["totalPrice"] = amount(total)
	}
	return body
}

// transactionWord is a line's kind as orders write it.
func transactionWord(kind chargeKind) string {
	switch kind {
	case chargeNew:
		return "New"
	case chargeCycle:
		return "CycleFee"
	case chargeCancel:
		return "cancel"
	case chargeRenew, chargeAdded, chargeRemoved, chargeConvert, chargeMoved, chargePlan, chargeCustomer:
	}
	return string(kind)
}

func (l *orderLine) body(o *order, prices bool) object {
	s := l.subscription
	item := strings.Split(l.catalogItem, ":")
	line := object{
		"lineItemNumber": l.number, "offerId": l.catalogItem, "transactionType": transactionWord(l.change), "friendlyName": l.title, "quantity": l.quantity,
		"links": catalogLinks(s.sku, item[len(item)-1], o.customer.Country, ""),
	}
	if l.provisioned {
		line["subscriptionId"] = s.id
	}
	if s.parent != nil && l.provisioned {
		line["parentSubscriptionId"] = s.parent.id
	}
	if l.termMonths > 0 {
		line["termDuration"] = durationOf(l.termMonths)
	}
	if !l.endsOn.IsZero() {
		line["customTermEndDate"] = daystamp(l.endsOn.AddDays(-1))
	}
	if l.promotion != "" {
		line["promotionId"] = l.promotion
	}
	if l.partner != "" {
		line["partnerIdOnRecord"] = l.partner
	}
	if prices {
		line["pricing"] = l.price.body()
	}
	return line
}

func (p linePrice) body() object {
	return object{
		"listPrice": amount(p.list), "discountedPrice": amount(p.discounted), "proratedPrice": amount(p.prorated),
		"price": amount(p.price), "extendedPrice": amount(p.extended),
	}
}

// priceOf is what a subscription's line shows: a seat of one charge cycle with what
// the promotion and a shortened cycle take off, and all seats of the whole term.
func (w *World) priceOf(s *subscription) linePrice {
	return priceLine(s.price.List, s.percent, s.cycleNow, s.cycleWhole, s.cyclesLeft(), s.quantity)
}

// cyclesLeft is how many charge cycles the term has in all.
func (s *subscription) cyclesLeft() int {
	if s.termMonths == 0 || s.billing.months() == 0 {
		return 1
	}
	n := 0
	for n*s.billing.months() < s.termMonths && s.cycleIn(n).From.Before(s.term.To) {
		n++
	}
	return n
}

func priceLine(list, percent money.Decimal, cycle, whole calendar.Period, cycles, quantity int) linePrice {
	discounted := list.Ratio().Mul(money.One().Sub(percent.Ratio().Div(money.Whole(100))))
	prorated := discounted.Mul(money.Fraction(int64(cycle.Days()), int64(whole.Days())))
	dec := func(r money.Ratio) money.Decimal { return money.DecimalFrom(r, 2, 6) }
	return linePrice{
		list: list, discounted: dec(discounted), prorated: dec(prorated), price: dec(prorated),
		extended: dec(prorated.Mul(money.Whole(int64(cycles))).Mul(money.Whole(int64(quantity)))),
	}
}

// auditValue is a resource as the audit log keeps it: JSON in a text, its names
// beginning with capitals.
func (w *World) auditValue(resource object) string {
	var again any
	if err := json.Unmarshal(encode(resource, false), &again); err != nil {
		panic(err) // what was written can be read
	}
	return strings.TrimSuffix(string(encode(capitals(again), false)), "\n")
}

func capitals(value any) any {
	switch v := value.(type) {
	case map[string]any:
		o := object{}
		for k, one := range v {
			o[strings.ToUpper(k[:1])+k[1:]] = capitals(one)
		}
		return o
	case []any:
		for i := range v {
			v[i] = capitals(v[i])
		}
	}
	return value
}

// bounds are the instants of a span of days that a request names, whole days in UTC.
func bounds(from, to string, otherwiseFrom, otherwiseTo time.Time) (time.Time, time.Time, error) {
	begin, end := otherwiseFrom, otherwiseTo
	if from != "" {
		day, err := dayIn(from)
		if err != nil {
			return begin, end, err
		}
		begin = midnight(day)
	}
	if to != "" {
		day, err := dayIn(to)
		if err != nil {
			return begin, end, err
		}
		end = midnight(day.AddDays(1))
	}
	return begin, end, nil
}

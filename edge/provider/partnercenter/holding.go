package partnercenter

import (
	"strconv"
	"strings"
	"time"

	"prorata/flow"
)

// holding reads one subscription. What the commitment's end is called depends on
// its age: the newer field wins.
func holding(at flow.Source, of object) (flow.Holding, error) {
	wrong := &mistakes{at: at}
	r := reading{wrong: wrong, of: of}
	h := flow.Holding{
		At: at, ID: r.text("id"), Entitlement: r.text("entitlementId"), Offer: r.text("offerId"), OfferName: r.text("offerName"),
		Name: r.text("friendlyName"), Publisher: r.text("publisherName"), UnitType: r.text("unitType"), StatusText: r.text("status"),
		BillingType: r.text("billingType"), BillingText: r.text("billingCycle"), AutoRenew: r.flag("autoRenewEnabled"), Trial: r.flag("isTrial"),
		Parent: r.text("parentSubscriptionId"), Order: r.text("orderId"), Reseller: r.text("partnerId"), Promotion: r.text("promotionId"),
		MigratedFrom: r.text("migratedFromSubscriptionId"), CreatedAt: r.instant("creationDate"), StartsAt: r.instant("effectiveStartDate"),
		CancellableUntil: r.instant("cancellationAllowedUntilDate"),
		EndsAt:           r.end("commitmentEndDateTime", "commitmentEndDate"),
		BillingEndsAt:    r.end("billingCycleEndDateTime", "billingCycleEndDate"),
	}
	if h.ID == "" {
		r.add("id", "is missing, and required")
	}
	var given bool
	if h.Quantity, given = r.number("quantity"); !given {
		r.add("quantity", "is missing, and required")
	} else if h.Quantity.Sign() < 0 {
		r.add("quantity", "%s is negative", h.Quantity)
	}
	h.Status = statusOf(h.StatusText)
	h.TermMonths, h.RenewalTermMonths = r.term("termDuration"), r.term("renewalTermDuration")
	h.Billing, _ = parseCycle(h.BillingText)
	if p, ok := r.sub("productType"); ok {
		h.ProductType = p.text("id")
	}
	h.SKU, h.Customer = skuOf(h.Offer), r.customer()
	for i, raw := range r.list("suspensionReasons") {
		reason := reading{wrong: wrong, path: indexed("suspensionReasons", i), of: object{"": raw}}
		h.SuspensionReasons = append(h.SuspensionReasons, reason.text(""))
	}
	r.refunds(&h)
	r.next(&h)
	return h, wrong.err()
}

func indexed(field string, i int) string { return field + "[" + strconv.Itoa(i) + "]" }

// end is the first instant after the day that one of two fields names.
func (r reading) end(newer, older string) time.Time {
	at := r.instant(newer)
	if at.IsZero() {
		at = r.instant(older)
	}
	return midnightAfter(at)
}

func statusOf(text string) flow.HoldingStatus {
	switch strings.ToLower(text) {
	case "none":
		return flow.HoldingNone
	case "active":
		return flow.HoldingActive
	case "pending":
		return flow.HoldingPending
	case "suspended":
		return flow.HoldingSuspended
	case "expired":
		return flow.HoldingExpired
	case "disabled":
		return flow.HoldingDisabled
	case "deleted":
		return flow.HoldingDeleted
	default:
		return flow.HoldingUnknown
	}
}

// term reads a duration; what is none (an empty text, a one-time purchase) is no term.
func (r reading) term(field string) int {
	text := r.text(field)
	months := parseTerm(text)
	if months == 0 && strings.HasPrefix(strings.ToUpper(text), "P") {
		r.add(field, "%s is not a term (expected for example P1M, P1Y or P3Y)", quote(text))
	}
	return months
}

// skuOf drops the availability from product:sku:availability; another offer's id
// is its sku.
func skuOf(offer string) string {
	parts := strings.Split(offer, ":")
	if len(parts) < 3 {
		return offer
	}
	return parts[0] + ":" + parts[1]
}

// customer is in the address of the subscription itself: /customers/{id}/subscriptions/{id}.
func (r reading) customer() string {
	links, ok := r.sub("links")
	if !ok {
		return ""
	}
	self, ok := links.sub("self")
	if !ok {
		return ""
	}
	_, rest, _ := strings.Cut(self.text("uri"), "/customers/")
	id, _, found := strings.Cut(rest, "/")
	if !found {
		return ""
	}
	return id
}

func (r reading) refunds(h *flow.Holding) {
	for i, raw := range r.list("refundOptions") {
		o, _ := objectOf(raw)
		option := reading{wrong: r.wrong, path: indexed("refundOptions", i) + ".", of: o}
		h.Refunds = append(h.Refunds, flow.RefundOption{Type: option.text("type"), ExpiresAt: option.instant("expiresAt")})
	}
	refundable, ok := r.sub("refundableQuantity")
	if !ok {
		return
	}
	for i, raw := range refundable.list("details") {
		o, _ := objectOf(raw)
		detail := reading{wrong: r.wrong, path: indexed("refundableQuantity.details", i) + ".", of: o}
		quantity, _ := detail.number("quantity")
		h.Refundable = append(h.Refundable, flow.RefundableQuantity{Quantity: quantity, AllowedUntil: detail.instant("allowedUntilDateTime")})
	}
}

func (r reading) next(h *flow.Holding) {
	s, ok := r.sub("scheduledNextTermInstructions")
	if !ok {
		return
	}
	next := &flow.HoldingNextTerm{}
	next.Quantity, next.HasQuantity = s.number("quantity")
	if end := s.instant("customTermEndDate"); !end.IsZero() {
		next.EndsOn = dayOf(midnightAfter(end))
	}
	if p, ok := s.sub("product"); ok {
		if product := p.text("productId"); product != "" {
			next.SKU = product + ":" + p.text("skuId")
		}
		next.TermMonths, next.Promotion = p.term("termDuration"), p.text("promotionId")
		next.Billing, _ = parseCycle(p.text("billingCycle"))
		if end := p.instant("customTermEndDate"); !end.IsZero() && next.EndsOn.IsZero() {
			next.EndsOn = dayOf(midnightAfter(end))
		}
	}
	h.Next = next
}

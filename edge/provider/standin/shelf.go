package standin

import (
	"net/http"
	"strconv"
	"strings"

	"prorata/core/calendar"
	"prorata/core/money"
)

// segments are the customers' kinds that products are sold to.
var segments = []string{"commercial", "education", "government", "nonprofit"}

// targetViews are the shelves of the catalogue and what stands on each.
var targetViews = map[string][]ProductKind{
	"onlineservices": {Licenses}, "azure": {AzurePlan}, "microsoftazure": {AzurePlan}, "software": {Perpetual},
	"azurereservations": {}, "softwaresuselinux": {}, "marketplacesaas": {},
}

// productList is a shelf of the catalogue, for all or for a customer.
func (w *World) productList(c *call) *answer {
	if c.path("customer") != "" {
		if _, no := w.customerOf(c); no != nil {
			return no
		}
	} else if c.query("country") == "" {
		return refuseInput("country is missing")
	}
	view, known := targetViews[strings.ToLower(c.query("targetView"))]
	if !known {
		return refuse(400036, c.query("targetView"))
	}
	segment := strings.ToLower(c.query("targetSegment"))
	if segment != "" && !isOneOf(segment, segments) {
		return refuse(400030, segment)
	}
	items := []object{}
	for _, p := range w.catalog.products {
		for _, kind := range view {
			if p.Kind == kind && p.soldTo(segment) {
				items = append(items, p.body(w.country(c)))
			}
		}
	}
	return ok(collection(items, c.self()))
}

func (p *Product) soldTo(segment string) bool {
	for _, s := range p.SKUs {
		if segment == "" || isOneOf(segment, s.Segments) {
			return true
		}
	}
	return false
}

// country is the market that a call is about.
func (w *World) country(c *call) string {
	if asked := c.query("country"); asked != "" {
		return asked
	}
	if owner := w.customer(c.path("customer")); owner != nil {
		return owner.Country
	}
	return w.set.Partner.Country
}

func (p *Product) body(country string) object {
	self := "/products/" + p.ID
	return object{
		"id": p.ID, "title": p.Title, "description": p.Description, "productType": object{"id": p.Kind.word(), "displayName": p.Kind.word()},
		"isMicrosoftProduct": strings.HasPrefix(p.Publisher, "Microsoft"), "publisherName": p.Publisher,
		"links": object{"skus": link(self + "/skus?country=" + country), "self": link(self + "?country=" + country)},
	}
}

// productOf, skuOf are what the path names.
func (w *World) productOf(c *call) (*Product, *answer) {
	if p := w.catalog.product(c.path("product")); p != nil {
		return p, nil
	}
	return nil, refuse(400013, c.path("product"))
}

func (w *World) skuOf(c *call) (*SKU, *answer) {
	p, no := w.productOf(c)
	if no != nil {
		return nil, no
	}
	if s := p.sku(c.path("sku")); s != nil {
		return s, nil
	}
	return nil, refuse(400018, c.path("sku"))
}

func (w *World) productGet(c *call) *answer {
	p, no := w.productOf(c)
	if no != nil {
		return no
	}
	return ok(p.body(w.country(c)))
}

func (w *World) skuList(c *call) *answer {
	p, no := w.productOf(c)
	if no != nil {
		return no
	}
	segment, items := strings.ToLower(c.query("targetSegment")), []object{}
	for _, s := range p.SKUs {
		if segment == "" || isOneOf(segment, s.Segments) {
			items = append(items, s.body(w.country(c)))
		}
	}
	return ok(collection(items, c.self()))
}

func (w *World) skuGet(c *call) *answer {
	s, no := w.skuOf(c)
	if no != nil {
		return no
	}
	return ok(s.body(w.country(c)))
}

func (s *SKU) body(country string) object {
	cycles := []string{}
	for _, o := range s.Offers {
		if !isOneOf(string(o.Billing), cycles) {
			cycles = append(cycles, string(o.Billing))
		}
	}
	self := "/products/" + s.product.ID + "/skus/" + s.ID
	return object{
		"id": s.ID, "productId": s.product.ID, "title": s.Title, "description": s.Description, "minimumQuantity": s.Minimum, "maximumQuantity": s.Maximum,
		"isTrial": s.Trial, "supportedBillingCycles": cycles, "purchasePrerequisites": []string{"MicrosoftCustomerAgreement"},
		"inventoryVariables": []string{}, "provisioningVariables": []string{}, "actions": []string{"Refund"},
		"dynamicAttributes": object{
			"isMicrosoftProduct": true, "hasConstraints": s.Maximum < 10_000, "isAddon": s.Addon, "prerequisiteSkus": texts(s.Prerequisites),
			"isSoftwareAssuranceApplicable": false, "upgradeTargetOffers": texts(s.Upgrades), "internal": false,
		},
		"links": object{"availabilities": link(self + "/availabilities?country=" + country), "self": link(self + "?country=" + country)},
	}
}

func texts(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// availabilityList is under which ids a sku is sold today.
func (w *World) availabilityList(c *call) *answer {
	s, no := w.skuOf(c)
	if no != nil {
		return no
	}
	segment := strings.ToLower(c.query("targetSegment"))
	items := []object{}
	for _, one := range s.Segments {
		// Nonprofit offers are shown to who asks for them.
		if segment == one || segment == "" && one != "nonprofit" {
			items = append(items, w.availabilityBody(s, one, w.country(c)))
		}
	}
	return ok(collection(items, c.self()))
}

func (w *World) availabilityGet(c *call) *answer {
	s, no := w.skuOf(c)
	if no != nil {
		return no
	}
	if id := c.path("availability"); id != w.availability(s, civil(w.now)) {
		return refuse(400019, id)
	}
	return ok(w.availabilityBody(s, s.Segments[0], w.country(c)))
}

func (w *World) availabilityBody(s *SKU, segment, country string) object {
	today := civil(w.now)
	terms, ids := []object{}, []string{}
	for i := range s.Offers {
		o := &s.Offers[i]
		if _, priced := o.on(today); !priced {
			continue
		}
		id := strings.ToLower(s.product.ID[max(0, len(s.product.ID)-6):]) + "-" + s.ID + "-" + strconv.Itoa(i)
		term := object{"id": id, "duration": durationOf(o.TermMonths), "description": o.words(), "billingCycle": capital(string(o.Billing))}
		if s.product.Kind == Licenses {
			term["cancellationPolicies"] = []object{{"refundOptions": []object{
				{"sequenceId": 0, "type": "Full", "expiresAfter": "P1D"}, {"sequenceId": 1, "type": "Partial", "expiresAfter": "P7D"},
			}}}
		}
		terms, ids = append(terms, term), append(ids, id)
	}
	id := w.availability(s, today)
	o := object{
		"id": id, "productId": s.product.ID, "skuId": s.ID, "catalogItemId": s.key() + ":" + id, "defaultCurrency": object{"code": "USD", "symbol": "$"},
		"segment": segment, "country": country, "isPurchasable": true, "isRenewable": s.product.Kind == Licenses, "terms": terms,
		"product": object{}, "sku": object{},
		"links": object{"self": link("/products/" + s.product.ID + "/skus/" + s.ID + "/availabilities/" + id + "?country=" + country)},
	}
	if s.product.Kind == Licenses {
		o["renewalInstructions"] = []object{{"applicableTermIds": ids, "renewalOptions": []object{{"renewToId": s.key(), "isAutoRenewable": true}}}}
	}
	return o
}

// words are the offer in the catalogue's language.
func (o *Offer) words() string {
	term := map[int]string{1: "One-Month", 12: "One-Year", 36: "Three-Year"}[o.TermMonths]
	if term == "" {
		return "No commitment"
	}
	return term + " commitment for " + map[Billing]string{Monthly: "monthly", Annual: "yearly", Triennial: "three-yearly", OneTime: "one-time", None: "no"}[o.Billing] + " billing"
}

func capital(word string) string {
	if word == "" {
		return ""
	}
	return strings.ToUpper(word[:1]) + word[1:]
}

// promotionList is what can be had today, or any day where one is named.
func (w *World) promotionList(c *call) *answer {
	if c.query("country") == "" || c.query("segment") == "" {
		return refuseInput("country and segment are expected")
	}
	today, items := civil(w.now), []object{}
	for _, p := range w.catalog.promotions {
		if !today.Before(p.From) && !today.After(p.Until) {
			items = append(items, p.body())
		}
	}
	return ok(collection(items, ""))
}

func (w *World) promotionGet(c *call) *answer {
	p := w.catalog.promotion(c.path("promotion"))
	if p == nil {
		return &answer{status: http.StatusNotFound, body: object{"code": 1000, "description": "The promotion was not found.", "data": []any{}, "source": "PartnerFD"}}
	}
	return ok(p.body())
}

func (p *Promotion) body() object {
	product, sku, _ := strings.Cut(p.SKU, ":")
	o := object{
		"id": p.ID, "name": p.Name, "description": p.Name, "startDate": p.From.String() + "T00:00:00+00:00", "endDate": p.Until.String() + "T23:59:59+00:00",
		"properties": object{"isAutoApplicable": false},
		"requiredProducts": []object{{
			"productId": product, "skuId": sku, "term": object{"duration": durationOf(p.TermMonths), "billingCycle": capital(string(p.Billing))},
			"pricingPolicies": []object{{"policyType": "PercentDiscount", "value": money.DecimalFrom(p.Percent.Ratio().Div(money.Whole(100)), 2, 6).String()}},
		}},
	}
	constraints := object{}
	if p.SeatsMin > 0 || p.SeatsMax > 0 {
		constraints["seatConstraints"] = []object{{"minSeats": p.SeatsMin, "maxSeats": p.SeatsMax, "type": "SubscriptionQuantity"}}
	}
	if p.FirstPurchase {
		constraints["eligibilityConstraints"] = []object{{"isApplicable": true, "type": "FirstPurchase"}}
	}
	if len(constraints) > 0 {
		o["promotionConstraints"] = constraints
	}
	return o
}

// promotionFits says why a promotion cannot be had, in the provider's word, or nothing.
func (w *World) promotionFits(p *Promotion, owner *customer, s *SKU, termMonths int, billing Billing, quantity int, on calendar.Date) string {
	switch {
	case p.SKU != s.key() || on.Before(p.From) || on.After(p.Until):
		return "InvalidPromotion"
	case p.TermMonths != termMonths || p.Billing != billing:
		return "Term"
	case p.SeatsMin > 0 && quantity < p.SeatsMin, p.SeatsMax > 0 && quantity > p.SeatsMax:
		return "SeatCount"
	case p.FirstPurchase && w.hadBefore(owner, s, on):
		return "OfferPurchasedPreviously"
	}
	return ""
}

// hadBefore says that the customer bought the sku on an earlier day.
func (w *World) hadBefore(owner *customer, s *SKU, on calendar.Date) bool {
	for _, one := range w.held {
		if one.customer == owner && one.sku == s && civil(one.createdAt).Before(on) {
			return true
		}
	}
	return false
}

// promotionEligibilities says for each item which promotions it can have.
func (w *World) promotionEligibilities(c *call) *answer {
	owner, no := w.customerOf(c)
	if no != nil {
		return no
	}
	var want struct {
		Items []struct {
			ID                                     number
			Quantity                               number
			CatalogItemID, PromotionID             string
			TermDuration, BillingCycle             string
			PartnerIDOnRecord, ParentSubscriptonID string
		}
	}
	if no := c.read(&want); no != nil {
		return no
	}
	items := []object{}
	for _, one := range want.Items {
		months, _ := monthsOf(one.TermDuration)
		billing := Billing(strings.ToLower(one.BillingCycle))
		key, _ := itemParts(one.CatalogItemID)
		items = append(items, object{
			"id": int(one.ID), "catalogItemId": one.CatalogItemID, "quantity": int(one.Quantity), "billingCycle": string(billing), "termDuration": durationOf(months),
			"eligibilities": w.eligibilities(owner, w.catalog.sku(key), one.PromotionID, months, billing, int(one.Quantity)), "attributes": kindOf("PromotionEligibilities"),
		})
	}
	return ok(collection(items, ""))
}

func (w *World) eligibilities(owner *customer, s *SKU, asked string, months int, billing Billing, quantity int) []object {
	no := func(id, why string) object {
		return object{"promotionId": id, "isEligible": false, "errors": []object{{"type": why, "description": "The promotion cannot be had: " + why + "."}}}
	}
	if s == nil {
		return []object{no(asked, "InvalidCatalogItemId")}
	}
	out := []object{}
	for _, p := range w.catalog.promotions {
		if asked != "" && p.ID != asked {
			continue
		}
		why := w.promotionFits(p, owner, s, months, billing, quantity, civil(w.now))
		switch {
		case why == "":
			out = append(out, object{"promotionId": p.ID, "isEligible": true})
		case asked != "":
			out = append(out, no(p.ID, why))
		}
	}
	if len(out) == 0 {
		why := "NoPromotionsAvailable"
		if asked != "" {
			why = "InvalidPromotion"
		}
		out = append(out, no(asked, why))
	}
	return out
}

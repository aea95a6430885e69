package partnercenter_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"prorata/edge/provider/partnercenter"
	"prorata/flow"
)

func eventText(e flow.ProviderEvent) string {
	return strings.TrimSpace(strings.Join([]string{e.Kind, e.Customer, e.Holding, e.Invoice, e.At.Format(time.RFC3339)}, "|"))
}

func TestTheAuditLogAsEvents(t *testing.T) {
	page := `{"items":[
		{"id":"1","operationType":"create_order","resourceType":"order","customerId":"c1","operationDate":"2026-03-09T10:00:00.0589308Z","operationStatus":"succeeded",
		 "customizedData":[{"key":"OrderId","value":"o1"},{"key":"SubscriptionId-0","value":"s1"},{"key":"SubscriptionId-1","value":"s2"},{"key":"PartnerOnRecord-0","value":null}]},
		{"operationType":"update_subscription","resourceType":"subscription","customerId":"c1","operationDate":"2026-03-09T11:00:00Z","operationStatus":"succeeded","resourceNewValue":"{\"Id\":\"s3\",\"Quantity\":5}"},
		{"id":"3","operationType":"ready_invoice","resourceType":"invoice","operationDate":"2026-03-09T12:00:00Z","resourceNewValue":"{\"Id\":\"G000012345\"}"},
		{"id":"4","operationType":"update_subscription","customerId":"c1","operationDate":"2026-03-09T13:00:00Z","operationStatus":"failed"},
		{"id":"5","operationType":"update_partner_profile","operationDate":"2026-03-09T13:00:00Z"},
		{"id":"6","operationType":"update_customer_billing_profile","customerId":"c2","operationDate":"2026-03-08T09:59:59Z"},
		{"id":"7","customerId":"c2","operationDate":"2026-03-09T09:59:59Z"},
		{"id":"8","operationType":"create_agreement","customerId":"c2","operationDate":"2026-03-10T09:59:59Z","resourceNewValue":"not json"}]}`
	_, c := newPlay(t, scene{call: "GET /v1/auditrecords?startDate=2026-03-08&endDate=2026-03-10", body: page}, scene{call: "GET /v1/auditrecords?startDate=2025-12-11&endDate=2026-03-10", body: page})
	since := time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)
	compare(t, told(c.Events(t.Context(), since), eventText),
		"create_order|c1|s1||2026-03-09T10:00:00Z", "create_order|c1|s2||2026-03-09T10:00:00Z",
		"update_subscription|c1|s3||2026-03-09T11:00:00Z", "ready_invoice|||G000012345|2026-03-09T12:00:00Z",
		"GET /v1/auditrecords:7: operationType: is missing, and required", "create_agreement|c2|||2026-03-10T09:59:59Z")
	// Further back than the log reaches; the ids are the same again, and no two are.
	ids := map[string]int{}
	for e := range c.Events(t.Context(), since.AddDate(-1, 0, 0)) {
		ids[e.ID]++
	}
	delete(ids, "")
	if len(ids) != 6 {
		t.Errorf("%d ids: %v", len(ids), ids)
	}
}

// Renewals are in the list of orders alone.
func TestOrdersAsEvents(t *testing.T) {
	_, c := newPlay(t, scene{call: "GET /v1/customers/c1/orders", body: `{"items":[
		{"id":"o1","creationDate":"2026-01-01T00:00:00Z","lineItems":[{"subscriptionId":"s0"}]},
		{"id":"o2","creationDate":"2026-03-01T00:00:00Z","transactionType":"SystemBilling","lineItems":[{"subscriptionId":"s1","transactionType":"renew"},{"subscriptionId":"s2","transactionType":"renew"}]},
		{"creationDate":"2026-03-01T00:00:00Z"},
		{"id":"o3","creationDate":"2026-03-02T00:00:00Z","lineItems":[{}]}]}`})
	compare(t, told(c.OrdersSince(t.Context(), "c1", time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)), eventText),
		"order renew|c1|s1||2026-03-01T00:00:00Z", "order renew|c1|s2||2026-03-01T00:00:00Z",
		"GET /v1/customers/c1/orders:3: id: is missing, and required", "order|c1|||2026-03-02T00:00:00Z")
}

func TestPromotions(t *testing.T) {
	_, c := newPlay(t,
		scene{call: "GET /v1/productpromotions?country=DE&segment=commercial", body: `{"items":[{"id":"39NF","name":"Visio","startDate":"2026-03-01T00:00:00+00:00","endDate":"2026-03-31T23:59:59+00:00",
			"requiredProducts":[{"productId":"P1","skuId":"0003","term":{"duration":"P1Y","billingCycle":"Monthly"},"pricingPolicies":[{"policyType":"PercentDiscount","value":"0.167"}]},
			{"productId":"P2","term":{},"pricingPolicies":[{"policyType":"PercentDiscount","value":0.05}]}]},{"name":"nameless"}]}`},
		scene{call: availabilitiesCall, body: availabilities},
		scene{call: "POST /v1/customers/c1/promotionEligibilities", body: `{"items":[{"id":0,"eligibilities":[{"promotionId":"39NF","isEligible":false,"errors":[{"type":"SeatCount","description":"Too many."}]},{"promotionId":"40","isEligible":true}]}]}`},
	)
	compare(t, told(c.Promotions(t.Context(), "DE", ""), func(p flow.Promotion) string {
		return strings.Join([]string{p.ID, p.SKU, number(p.TermMonths), p.Billing.Name, p.Percent.String(), p.From.String(), p.To.String()}, "|")
	}), "39NF|P1:0003|12|monthly|16.7|2026-03-01|2026-04-01", "39NF|P2|0||5|2026-03-01|2026-04-01", "GET /v1/productpromotions:2: id: is missing, and required")
	got, err := c.PromotionCheck(t.Context(), seats())
	if err != nil || len(got) != 2 || got[0].Eligible || got[0].Why[0] != "Too many." || !got[1].Eligible {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestTransitions(t *testing.T) {
	const path = "/v1/customers/c1/subscriptions/sub-1/transition"
	started := `"events":[{"name":"Conversion","status":"Started ","timestamp":"2026-01-08T18:01:14.7488618Z"}`
	p, c := newPlay(t,
		scene{call: "GET " + path + "Eligibilities?eligibilityType=immediate", body: `{"items":[{"catalogItemId":"A:1:X","quantity":1,"eligibilities":[{"isEligible":true,"transitionType":"transition_only"},
			{"isEligible":false,"transitionType":"transition_with_license_transfer","errors":[{"code":3,"description":"conflict"}]}],
			"subscriptionEligibilities":[{"isEligible":true,"subscriptionId":"s7"},{"isEligible":false,"subscriptionId":"s8"}]}]}`},
		scene{call: "POST " + path + "s", body: `{"operationId":"op","toCatalogItemId":"A:1:X","quantity":2,` + started + `]}`},
		scene{call: "GET " + path + "s", body: `{"transition":[{"operationId":"op",` + started + `,{"name":"Conversion","status":"Completed"}]},{"operationId":"op2","Events":[{"name":"Conversion","status":"Failed"}]}]}`},
	)
	compare(t, told(c.TransitionOptions(t.Context(), "c1", "sub-1", false), func(o partnercenter.TransitionOption) string {
		return strings.Join([]string{o.Item, strings.Join(o.Why, ","), strings.Join(o.Into, ",")}, "|")
	}), "A:1:X|conflict|s7")
	ask := partnercenter.TransitionAsk{Customer: "c1", Holding: "sub-1", From: "B:1:Y", To: "A:1:X", Quantity: seats().Quantity, TermMonths: 1, Billing: seats().Billing}
	made, err := c.Transition(t.Context(), ask)
	if err != nil || made.State() != flow.ReceiptPending || made.Operation != "op" {
		t.Errorf("got %+v, %v", made, err)
	}
	sameJSON(t, p.asked[1].body, `{"fromCatalogItemId":"B:1:Y","fromSubscriptionId":"sub-1","toCatalogItemId":"A:1:X","quantity":5,"termDuration":"P1M","billingCycle":"monthly","transitionType":"transition_only"}`)
	compare(t, told(c.Transitions(t.Context(), "c1", "sub-1"), func(x partnercenter.Transition) string { return x.Operation + " " + number(int(x.State())) }),
		"op "+number(int(flow.ReceiptDone)), "op2 "+number(int(flow.ReceiptFailed)))
}

func TestCotermEnds(t *testing.T) {
	_, c := newPlay(t, scene{call: "GET /v1/customers/c1/subscriptions/customTermEndDates?term_duration=P1M&term_start_date=2026-07-15", body: `{"items":[
		{"allowedCustomTermEndDateType":"calendarMonthAligned","allowedCustomTermEndDate":"2026-07-31T00:00:00"},{"cotermSubscriptionIds":["a","b"],"allowedCustomTermEndDate":"2026-08-01T00:00:00"},{}]}`})
	compare(t, told(c.CotermEnds(t.Context(), "c1", 1, mustDate(t, "2026-07-15")), func(e partnercenter.CotermEnd) string {
		return e.EndsOn.String() + " " + strings.Join(e.Holdings, ",")
	}), "2026-08-01 ", "2026-08-02 a,b", "GET /v1/customers/c1/subscriptions/customTermEndDates:3: allowedCustomTermEndDate: is missing, and required")
}

func TestTheCatalogue(t *testing.T) {
	_, c := newPlay(t,
		scene{call: "GET /v1/customers/c1/products?targetView=OnlineServices", body: `{"items":[{"id":"CFQ7","title":"Basic","productType":{"id":"OnlineServicesNCE"}}]}`},
		scene{call: "GET /v1/customers/c1/products/CFQ7/skus", body: `{"items":[{"id":"0001","productId":"CFQ7","minimumQuantity":1,"maximumQuantity":"300","isTrial":false,"supportedBillingCycles":["annual","monthly"],"dynamicAttributes":{"isAddon":true,"prerequisiteSkus":["X:1"],"upgradeTargetOffers":null}}]}`},
		scene{call: "GET /v1/productpromotions/39NF?country=US", status: http.StatusNotFound, body: `{"code":400019,"description":"gone"}`},
	)
	compare(t, told(c.Products(t.Context(), "c1", "OnlineServices"), func(p partnercenter.Product) string { return p.ID + " " + p.Title + " " + p.Type }), "CFQ7 Basic OnlineServicesNCE")
	compare(t, told(c.SKUs(t.Context(), "c1", "CFQ7"), func(s partnercenter.CatalogSKU) string {
		return s.SKU + " " + s.Maximum.String() + " " + strings.Join(s.Cycles, ",") + " " + strings.Join(s.AddOnOf, ",")
	}), "CFQ7:0001 300 annual,monthly X:1")
	if _, err := c.PromotionGet(t.Context(), "US", "39NF"); err == nil {
		t.Error("a promotion that is not there was found")
	}
}

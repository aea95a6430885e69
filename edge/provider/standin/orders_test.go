package standin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"prorata/edge/provider/standin"
)

func TestACartIsOrderedOnceHoweverOftenItIsCheckedOut(t *testing.T) {
	s := open(t)
	base := "/v1/customers/" + s.customer()
	cart := s.do(http.MethodPost, base+"/carts", object{"LineItems": []object{s.line(suite, 10, "P1Y", "Monthly")}}).want(http.StatusCreated).
		is("status", "Active", "lineItems.0.pricing.listPrice", "10", "lineItems.0.pricing.extendedPrice", "1200.00", "expirationTimestamp", "2026-01-17T09:30:00.0000000Z")
	path := base + "/carts/" + cart.str("id")
	first := s.do(http.MethodPost, path+"/checkout", nil).want(http.StatusCreated).is("orders.0.status", "completed", "orders.0.transactionType", "UserPurchase")
	again := s.do(http.MethodPost, path+"/checkout", nil).want(http.StatusCreated)
	if first.text != again.text {
		t.Errorf("the second checkout says something else:\n%s\n%s", first.text, again.text)
	}
	s.get(base+"/subscriptions").is("totalCount", "1", "items.0.quantity", "10", "items.0.status", "active", "items.0.autoRenewEnabled", "true",
		"items.0.commitmentEndDate", "2027-01-09T00:00:00Z", "items.0.commitmentEndDateTime", "2027-01-09T23:59:59Z", "items.0.billingCycleEndDate", "2026-02-09T00:00:00Z",
		"items.0.cancellationAllowedUntilDate", "2026-01-17T09:30:00.0000000Z", "items.0.refundableQuantity.totalQuantity", "10")
	s.get(path).is("status", "Ordered")
	s.do(http.MethodPut, path, object{"lineItems": []object{s.line(suite, 1, "P1Y", "monthly")}}).refused(http.StatusBadRequest, 800065)
	order := base + "/orders/" + first.str("orders.0.id")
	s.get(order+"/provisioningstatus").is("items.0.status", "fulfilled")
	if s.get(order).at("totalPrice") != nil {
		t.Error("prices are told without being asked for")
	}
	s.get(order+"?include_price=true").is("totalPrice", "1200.00")
}

func TestTheSameRequestIDGetsTheStoredAnswer(t *testing.T) {
	s := open(t)
	base := "/v1/customers/" + s.customer()
	body := object{"lineItems": []object{s.line(suite, 1, "P1M", "monthly")}}
	one := s.do(http.MethodPost, base+"/carts", body, "MS-RequestId", "11111111-1111-4111-8111-111111111111")
	two := s.do(http.MethodPost, base+"/carts", body, "MS-RequestId", "11111111-1111-4111-8111-111111111111")
	three := s.do(http.MethodPost, base+"/carts", body)
	if one.str("id") != two.str("id") || one.str("id") == three.str("id") {
		t.Errorf("%s, %s, %s", one.str("id"), two.str("id"), three.str("id"))
	}
	if got := one.header.Get("MS-RequestId"); got != "11111111-1111-4111-8111-111111111111" {
		t.Errorf("the request id came back as %q", got)
	}
}

func TestAPurchaseNeedsTheAgreementAndAnAccountInOrder(t *testing.T) {
	s := open(t)
	id := s.world.AddCustomer(standin.Customer{Name: "Fabrikam", Domain: "fabrikam.onmicrosoft.com"})
	base := "/v1/customers/" + id
	cart := s.do(http.MethodPost, base+"/carts", object{"lineItems": []object{s.line(suite, 1, "P1M", "monthly")}}).want(http.StatusCreated).str("id")
	checkout := base + "/carts/" + cart + "/checkout"
	s.do(http.MethodPost, checkout, nil).refused(http.StatusForbidden, 13605)
	template := s.get("/v1/agreements?agreementType=MicrosoftCustomerAgreement").str("items.0.templateId")
	agree := object{"primaryContact": object{"firstName": "Tania", "lastName": "Carr", "email": "tania@fabrikam.com"}, "templateId": template, "dateAgreed": "2026-01-09T00:00:00Z", "type": "MicrosoftCustomerAgreement"}
	s.do(http.MethodPost, base+"/agreements", agree).want(http.StatusCreated)
	s.do(http.MethodPost, base+"/agreements", agree).refused(http.StatusBadRequest, 600061)
	s.get(base+"/agreements?agreementType=MicrosoftCustomerAgreement").is("totalCount", "1", "items.0.primaryContact.lastName", "Carr")
	s.world.SetAccount(id, "UnderReview")
	s.get(base+"/validationStatus?type=account").is("status", "UnderReview")
	s.do(http.MethodPost, checkout, nil).refused(http.StatusForbidden, 800073)
	s.world.SetAccount(id, "NotAllowed")
	s.do(http.MethodPost, checkout, nil).refused(http.StatusForbidden, 800075)
	s.world.SetAccount(id, "Allowed")
	s.do(http.MethodPost, checkout, nil).want(http.StatusCreated)
}

func TestALineTellsWhatIsWrongWithIt(t *testing.T) {
	s := open(t, func(set *standin.Settings) {
		set.Partner.Resellers = []standin.Reseller{{Tenant: "r", Name: "R", MPN: "5357564"}}
	})
	base := "/v1/customers/" + s.customer()
	with := func(change object) object {
		l := s.line(suite, 10, "P1Y", "monthly")
		for k, v := range change {
			l[k] = v
		}
		return l
	}
	for _, c := range []struct {
		change object
		code   string
	}{
		{object{"catalogItemId": "CFQ7TTC0ZZZZ:0001:CFQ7TTC0K971"}, "10001"},
		{object{"catalogItemId": suite + ":CFQ7TTC0OLD1"}, "10001"},
		{object{"quantity": 301}, "10015"},
		{object{"billingCycle": "triennial"}, "10010"},
		{object{"promotionId": "39NF:0001:NONE"}, "10010"},
		{object{"promotionId": special, "quantity": 4}, "10010"},
		{object{"catalogItemId": s.item(addon)}, "10011"},
		{object{"participants": []object{{"key": "transaction_reseller", "value": "1"}}}, "10004"},
		{object{"participants": []object{{"key": "transaction_reseller", "value": "5357564"}}}, ""},
		{object{"promotionId": special, "quantity": 5}, ""},
	} {
		cart := s.do(http.MethodPost, base+"/carts", object{"PartnerOnRecordAttestationAccepted": true, "lineItems": []object{with(c.change)}}).want(http.StatusCreated)
		if got := cart.str("lineItems.0.error.errorCode"); got != c.code {
			t.Errorf("%v: got error %q, want %q", c.change, got, c.code)
		}
		if c.code != "" {
			s.do(http.MethodPost, base+"/carts/"+cart.str("id")+"/checkout", nil).refused(http.StatusBadRequest, 800009)
		}
	}
	s.do(http.MethodPost, base+"/carts", object{"lineItems": []object{with(object{"participants": []object{{"key": "transaction_reseller", "value": "5357564"}}})}}).
		refused(http.StatusBadRequest, 900206)
	s.get(base+"/carts/none").refused(http.StatusNotFound, 800008)
}

func TestAvailabilitiesRotateAndCartsExpire(t *testing.T) {
	s := open(t)
	base := "/v1/customers/" + s.customer()
	s.goTo(time.Date(2026, 1, 30, 0, 0, 0, 0, time.UTC))
	item := s.item(suite)
	cart := s.do(http.MethodPost, base+"/carts", object{"lineItems": []object{s.line(suite, 1, "P1M", "monthly")}}).str("id")
	s.days(3)
	if s.item(suite) == item {
		t.Error("the availability is the same in the next month")
	}
	s.do(http.MethodPost, base+"/carts/"+cart+"/checkout", nil).refused(http.StatusNotFound, 400019)
	parts := strings.Split(item, ":")
	s.get("/v1/products/"+parts[0]+"/skus/"+parts[1]+"/availabilities/"+parts[2]+"?country=US").refused(http.StatusNotFound, 400019)
	s.days(5)
	s.get(base+"/carts/"+cart).refused(http.StatusNotFound, 800008)
}

func TestAnOrderIsProvisionedAndListedLater(t *testing.T) {
	s := open(t, func(set *standin.Settings) { set.ProvisioningTakes, set.ListedAfter = 2*time.Minute, 15*time.Minute })
	base := "/v1/customers/" + s.customer()
	cart := s.do(http.MethodPost, base+"/carts", object{"lineItems": []object{s.line(suite, 3, "P1Y", "annual")}}).str("id")
	out := s.do(http.MethodPost, base+"/carts/"+cart+"/checkout", nil).want(http.StatusCreated).is("orders.0.status", "pending")
	if out.at("orders.0.lineItems.0.subscriptionId") != nil {
		t.Error("a pending line names its subscription")
	}
	order := base + "/orders/" + out.str("orders.0.id")
	s.get(order).refused(http.StatusNotFound, 20000)
	s.get(base+"/subscriptions").is("totalCount", "0")
	s.goTo(start.Add(3 * time.Minute))
	s.get(base+"/subscriptions").is("totalCount", "1", "items.0.creationDate", "2026-01-10T09:30:00.0000000Z")
	s.get(base+"/orders").is("totalCount", "0")
	s.goTo(start.Add(15 * time.Minute))
	s.get(order).is("status", "completed", "lineItems.0.subscriptionId", s.get(base+"/subscriptions").str("items.0.id"))
}

func TestAnAddOnHangsOnItsParent(t *testing.T) {
	s := open(t)
	customer := s.customer()
	held := s.buy(customer, s.line(suite, 10, "P1Y", "monthly"), s.line(addon, 4, "P1Y", "monthly"))
	parent := s.get(held[0]).str("id")
	s.get(held[1]).is("parentSubscriptionId", parent)
	s.get(held[0]+"/addons").is("totalCount", "1", "items.0.offerName", "Phone")
	// Later ones name it.
	l := s.line(addon, 1, "P1M", "monthly")
	l["provisioningContext"] = object{"ParentSubscriptionId": parent}
	s.get(s.buy(customer, l)[0]).is("parentSubscriptionId", parent)
	l["provisioningContext"] = object{"ParentSubscriptionId": "another"}
	s.do(http.MethodPost, "/v1/customers/"+customer+"/carts", object{"lineItems": []object{l}}).is("lineItems.0.error.errorCode", "10011")
	// The parent's end suspends what hangs on it.
	s.change(held[0], object{"status": "deleted"}).want(http.StatusOK)
	s.get(held[1]).is("status", "suspended")
}

func TestACotermEndsWhereSomethingElseEnds(t *testing.T) {
	s := open(t)
	customer := s.customer()
	base := "/v1/customers/" + customer
	s.buy(customer, s.line(suite, 10, "P1Y", "monthly"))
	s.days(66) // 17 March
	// A monthly term follows anything; this one cannot reach the year's end.
	s.get(base+"/subscriptions/customTermEndDates?term_duration=P1M").is("totalCount", "1", "items.0.allowedCustomTermEndDateType", "calendarMonthAligned", "items.0.allowedCustomTermEndDate", "2026-03-31T00:00:00")
	s.get(base+"/subscriptions/customTermEndDates?term_duration=P1Y").is("totalCount", "2", "items.0.allowedCustomTermEndDate", "2027-02-28T00:00:00",
		"items.1.allowedCustomTermEndDateType", "subscriptionAligned", "items.1.allowedCustomTermEndDate", "2027-01-09T00:00:00")
	l := s.line(better, 2, "P1Y", "annual")
	l["customTermEndDate"] = "2026-11-11T00:00:00Z"
	s.do(http.MethodPost, base+"/carts", object{"lineItems": []object{l}}).refused(http.StatusBadRequest, 900242)
	l["customTermEndDate"] = "2028-01-31T00:00:00Z"
	s.do(http.MethodPost, base+"/carts", object{"lineItems": []object{l}}).refused(http.StatusBadRequest, 900242)
	l["customTermEndDate"] = "2027-01-09T00:00:00Z"
	// 299 of 365 days of 240 dollars.
	s.do(http.MethodPost, base+"/carts", object{"lineItems": []object{l}}).want(http.StatusCreated).is("lineItems.0.pricing.proratedPrice", "196.602740")
	held := s.buy(customer, l)[0]
	s.get(held).is("commitmentEndDate", "2027-01-09T00:00:00Z", "customTermEndDate", "2027-01-09T00:00:00Z")
	s.goTo(time.Date(2027, 1, 10, 1, 0, 0, 0, time.UTC))
	s.get(held).is("commitmentEndDate", "2028-01-09T00:00:00Z", "effectiveStartDate", "2027-01-10T00:00:00.0000000Z")
}

func TestTheSandboxHasLimits(t *testing.T) {
	s := open(t, func(set *standin.Settings) { set.Sandbox = true })
	customer := s.customer()
	base := "/v1/customers/" + customer
	s.do(http.MethodPost, base+"/carts", object{"lineItems": []object{s.line(suite, 26, "P1Y", "monthly")}}).is("lineItems.0.error.errorCode", "10009")
	var held []string
	for range 5 {
		held = append(held, s.buy(customer, s.line(suite, 25, "P1M", "monthly"))...)
	}
	cart := s.do(http.MethodPost, base+"/carts", object{"lineItems": []object{s.line(suite, 1, "P1M", "monthly")}}).str("id")
	s.do(http.MethodPost, base+"/carts/"+cart+"/checkout", nil).refused(http.StatusForbidden, 800066)
	s.change(held[0], object{"quantity": 26}).refused(http.StatusForbidden, 800067)
	s.do(http.MethodDelete, base, nil).want(http.StatusBadRequest)
	for _, one := range held {
		s.change(one, object{"status": "suspended"}).want(http.StatusOK)
	}
	order := s.get(held[0]).str("orderId")
	s.do(http.MethodPatch, base+"/orders/"+order, object{"status": "cancelled"}).want(http.StatusOK).is("status", "cancelled")
	s.do(http.MethodDelete, base, nil).want(http.StatusNoContent)
	s.get(base).refused(http.StatusNotFound, 60003)
}

func TestTheOlderWayOfOrdering(t *testing.T) {
	s := open(t)
	base := "/v1/customers/" + s.customer()
	out := s.do(http.MethodPost, base+"/orders", object{"billingCycle": "monthly", "lineItems": []object{{"offerId": s.item(suite), "quantity": "7", "termDuration": "P1Y"}}}).
		want(http.StatusCreated).is("lineItems.0.quantity", "7", "lineItems.0.transactionType", "New")
	s.get(base+"/orders?billingType=monthly").is("totalCount", "1")
	s.get(base+"/orders?billingType=annual").is("totalCount", "0")
	s.get(base+"/subscriptions?order_id="+out.str("id")).is("totalCount", "1")
	s.do(http.MethodPost, base+"/orders", object{"lineItems": []object{{"offerId": s.item(suite), "quantity": 0, "termDuration": "P1Y", "billingCycle": "monthly"}}}).refused(http.StatusBadRequest, 800002)
	s.do(http.MethodPatch, base+"/orders/"+out.str("id"), object{"status": "cancelled"}).refused(http.StatusBadRequest, 800061)
}

func TestOneAzurePlanForACustomer(t *testing.T) {
	s := open(t)
	customer := s.customer()
	line := func() object { return object{"id": 0, "catalogItemId": s.item(plan), "quantity": 1} }
	held := s.buy(customer, line())[0]
	r := s.get(held).is("billingType", "usage", "status", "active", "autoRenewEnabled", "false")
	if r.at("commitmentEndDate") != nil || r.at("termDuration") != nil {
		t.Errorf("an Azure plan has a term: %s", r.text)
	}
	s.do(http.MethodPost, "/v1/customers/"+customer+"/carts", object{"lineItems": []object{line()}}).is("lineItems.0.error.errorCode", "10011")
}

func TestPromotions(t *testing.T) {
	s := open(t)
	customer := s.customer()
	s.get("/v1/productpromotions?country=US&segment=commercial").is("totalCount", "1", "items.0.requiredProducts.0.pricingPolicies.0.value", "0.10", "items.0.requiredProducts.0.term.billingCycle", "Monthly")
	ask := func(seats int, term string) reply {
		return s.do(http.MethodPost, "/v1/customers/"+customer+"/promotionEligibilities", object{"items": []object{{"id": "0", "catalogItemId": s.item(suite), "quantity": seats, "termDuration": term, "billingCycle": "Monthly", "promotionId": special}}})
	}
	ask(10, "P1Y").is("items.0.eligibilities.0.isEligible", "true")
	ask(51, "P1Y").is("items.0.eligibilities.0.isEligible", "false", "items.0.eligibilities.0.errors.0.type", "SeatCount")
	ask(10, "P1M").is("items.0.eligibilities.0.errors.0.type", "Term")
	l := s.line(suite, 10, "P1Y", "monthly")
	l["promotionId"] = special
	s.get(s.buy(customer, l)[0]).is("promotionId", special)
	s.days(1)
	ask(10, "P1Y").is("items.0.eligibilities.0.errors.0.type", "OfferPurchasedPreviously")
	s.goTo(time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC))
	s.get("/v1/productpromotions?country=US&segment=commercial").is("totalCount", "0")
	s.get("/v1/productpromotions/"+special+"?country=US").is("name", "Ten off")
}

func TestTheCatalogue(t *testing.T) {
	s := open(t)
	s.get("/v1/products?country=US&targetView=OnlineServices").is("totalCount", "3", "items.0.productType.id", "OnlineServicesNCE")
	s.get("/v1/products?country=US&targetView=Azure").is("totalCount", "1")
	s.get("/v1/products?country=US&targetView=Bookshelf").refused(http.StatusForbidden, 400036)
	s.get("/v1/products?country=US&targetView=Azure&targetSegment=friends").refused(http.StatusForbidden, 400030)
	s.get("/v1/products/NONE?country=US").refused(http.StatusNotFound, 400013)
	s.get("/v1/products/CFQ7TTC0AAAA/skus/0009?country=US").refused(http.StatusNotFound, 400018)
	s.get("/v1/products/CFQ7TTC0AAAA/skus?country=US").is("items.0.maximumQuantity", "300", "items.0.supportedBillingCycles.1", "annual", "items.0.dynamicAttributes.upgradeTargetOffers.0", better)
	s.get("/v1/products/CFQ7TTC0CCCC/skus/0001?country=US").is("dynamicAttributes.isAddon", "true")
	s.get("/v1/customers/"+s.customer()+"/products?targetView=OnlineServices").is("totalCount", "3")
}

package standin_test

import (
	"net/http"
	"testing"
	"time"

	"prorata/edge/provider/standin"
)

func TestEachBatchOfSeatsHasItsOwnSevenDays(t *testing.T) {
	s := open(t)
	held := s.buy(s.customer(), s.line(suite, 10, "P1Y", "monthly"))[0]
	s.days(5)
	s.change(held, object{"quantity": 15}).want(http.StatusOK).is("quantity", "15", "refundableQuantity.totalQuantity", "15", "refundableQuantity.details.1.quantity", "5",
		"refundableQuantity.details.1.allowedUntilDateTime", "2026-01-22T09:30:00.0000000Z")
	s.days(3)
	// The first ten are fixed now; of the five, two go back.
	s.change(held, object{"quantity": 13}).want(http.StatusOK).is("refundableQuantity.totalQuantity", "3")
	s.change(held, object{"quantity": 9}).refused(http.StatusBadRequest, 800090)
	s.days(5)
	s.change(held, object{"quantity": 12}).refused(http.StatusBadRequest, 900257)
	if r := s.get(held).is("quantity", "13"); r.at("refundableQuantity") != nil {
		t.Errorf("seats can be given back after their window: %v", r.at("refundableQuantity"))
	}
	s.change(held, object{"quantity": 301}).refused(http.StatusBadRequest, 900275)
	s.change(held, object{"quantity": 0}).refused(http.StatusBadRequest, 900275)
}

func TestTheWindowEndsToTheSecond(t *testing.T) {
	s := open(t)
	held := s.buy(s.customer(), s.line(suite, 10, "P1Y", "monthly"), s.line(better, 10, "P1Y", "annual"))
	s.goTo(start.Add(168*time.Hour - time.Second))
	s.change(held[0], object{"status": "deleted"}).want(http.StatusOK).is("status", "deleted")
	s.goTo(start.Add(168 * time.Hour))
	s.change(held[1], object{"status": "deleted"}).refused(http.StatusBadRequest, 900117)
	s.change(held[1], object{"quantity": 9}).refused(http.StatusBadRequest, 900257)
	s.change(held[0], object{"quantity": 11}).refused(http.StatusBadRequest, 2011)
}

func TestAPatchIsTheWholeResource(t *testing.T) {
	s := open(t)
	held := s.buy(s.customer(), s.line(suite, 10, "P1Y", "monthly"))[0]
	next := object{"product": object{"productId": "CFQ7TTC0BBBB", "skuId": "0001", "availabilityId": "x", "billingCycle": "annual", "termDuration": "P1Y"}, "quantity": 8}
	s.change(held, object{"scheduledNextTermInstructions": next}).want(http.StatusOK).is("scheduledNextTermInstructions.quantity", "8")
	// A new nickname with everything else sent back keeps it.
	s.change(held, object{"friendlyName": "Front office"}).want(http.StatusOK).is("friendlyName", "Front office", "scheduledNextTermInstructions.quantity", "8")
	// Left out, it is gone, and auto-renewal with it.
	if r := s.change(held, object{"scheduledNextTermInstructions": nil}).want(http.StatusOK); r.at("scheduledNextTermInstructions") != nil {
		t.Error("what was left out is still scheduled")
	}
	s.change(held, object{"autoRenewEnabled": nil}).want(http.StatusOK).is("autoRenewEnabled", "false")
	s.change(held, object{"scheduledNextTermInstructions": next}).refused(http.StatusBadRequest, 800002)
	s.do(http.MethodPatch, held, object{"quantity": 12}).refused(http.StatusBadRequest, 800002)
	s.change(held, object{"quantity": nil}).refused(http.StatusBadRequest, 800002)
	s.change(held, object{"termDuration": "P1M"}).refused(http.StatusBadRequest, 800121)
	s.change(held, object{"status": "expired"}).refused(http.StatusBadRequest, 800040)
	s.get(held).is("quantity", "10", "status", "active")
}

func TestSeatsAddedWipeWhatIsScheduled(t *testing.T) {
	s := open(t)
	held := s.buy(s.customer(), s.line(suite, 10, "P1Y", "monthly"))[0]
	s.change(held, object{"scheduledNextTermInstructions": object{"quantity": 8}}).want(http.StatusOK).is("scheduledNextTermInstructions.quantity", "8")
	if r := s.change(held, object{"quantity": 11}).want(http.StatusOK); r.at("scheduledNextTermInstructions") != nil {
		t.Error("the change of seats left what was scheduled")
	}
	s.change(held, object{"scheduledNextTermInstructions": object{"quantity": 8}}).want(http.StatusOK)
	if r := s.change(held, object{"status": "suspended"}).want(http.StatusOK).is("status", "suspended"); r.at("scheduledNextTermInstructions") != nil {
		t.Error("the suspension left what was scheduled")
	}
	s.change(held, object{"quantity": 12}).refused(http.StatusBadRequest, 2001)
	s.change(held, object{"status": "active"}).want(http.StatusOK).is("status", "active")
}

func TestARenewalTakesWhatWasScheduledAtTheDaysPrice(t *testing.T) {
	s := open(t)
	customer := s.customer()
	held := s.buy(customer, s.line(suite, 10, "P1Y", "monthly"), s.line(suite, 5, "P1M", "monthly"))
	s.change(held[0], object{"scheduledNextTermInstructions": object{
		"quantity": 6, "customTermEndDate": "2027-05-31T00:00:00Z",
		"product": object{"productId": "CFQ7TTC0BBBB", "skuId": "0001", "billingCycle": "monthly", "termDuration": "P1Y"},
	}}).want(http.StatusOK).is("scheduledNextTermInstructions.customTermEndDate", "2027-05-31T00:00:00Z")
	s.goTo(time.Date(2026, 7, 9, 23, 0, 0, 0, time.UTC))
	state := s.get("/standin/state")
	state.is("subscriptions.0.listPrice", "10", "subscriptions.1.listPrice", "10")
	s.goTo(time.Date(2027, 1, 10, 0, 0, 0, 0, time.UTC))
	s.get(held[0]).is("offerName", "Office Premium", "quantity", "6", "commitmentEndDate", "2027-05-31T00:00:00Z", "refundableQuantity.totalQuantity", "6",
		"cancellationAllowedUntilDate", "2027-01-17T00:00:00.0000000Z", "effectiveStartDate", "2027-01-10T00:00:00.0000000Z")
	// The year's term had kept its price; the monthly one went up with the list.
	s.get("/standin/state").is("subscriptions.0.listPrice", "22", "subscriptions.1.listPrice", "11")
	orders := s.get("/v1/customers/" + customer + "/orders")
	renewals := 0
	for _, o := range orders.at("items").([]any) {
		if o.(object)["lineItems"].([]any)[0].(object)["transactionType"] == "renew" {
			renewals++
		}
	}
	if renewals != 13 {
		t.Errorf("%d renewals, want 12 months and 1 year", renewals)
	}
	s.change(held[0], object{"scheduledNextTermInstructions": object{"quantity": 6, "customTermEndDate": "2027-06-13T00:00:00Z"}}).refused(http.StatusBadRequest, 900246)
	s.change(held[0], object{"scheduledNextTermInstructions": object{"quantity": 6, "customTermEndDate": "2029-06-30T00:00:00Z"}}).refused(http.StatusBadRequest, 900245)
}

func TestASubscriptionFadesAway(t *testing.T) {
	s := open(t)
	held := s.buy(s.customer(), s.line(suite, 10, "P1M", "monthly"), s.line(better, 10, "P1M", "monthly"))
	s.change(held[0], object{"autoRenewEnabled": false}).want(http.StatusOK)
	s.change(held[1], object{"status": "suspended"}).want(http.StatusOK)
	end := time.Date(2026, 2, 10, 0, 0, 0, 0, time.UTC)
	at := func(moment time.Time, first, second string) {
		t.Helper()
		s.goTo(moment)
		s.get(held[0]).is("status", first)
		s.get(held[1]).is("status", second)
	}
	at(end.Add(-time.Second), "active", "suspended")
	at(end, "expired", "disabled")
	s.change(held[0], object{"autoRenewEnabled": true}).refused(http.StatusBadRequest, 900280)
	at(end.AddDate(0, 0, 30).Add(-time.Second), "expired", "disabled")
	at(end.AddDate(0, 0, 30), "disabled", "disabled")
	at(end.AddDate(0, 0, 120).Add(-time.Second), "disabled", "disabled")
	at(end.AddDate(0, 0, 120), "deleted", "deleted")
}

func TestTheBillingPlanChangesWithTheNextCycle(t *testing.T) {
	s := open(t)
	held := s.buy(s.customer(), s.line(suite, 10, "P1Y", "monthly"))[0]
	s.days(20)
	s.change(held, object{"billingCycle": "triennial"}).refused(http.StatusBadRequest, 900270)
	s.change(held, object{"billingCycle": "annual"}).want(http.StatusOK).is("billingCycle", "monthly", "nextChargeInstructions.product.billingCycle", "annual")
	// Sent back as it was read, it stays; left out, it is taken back.
	s.change(held, object{"friendlyName": "x"}).want(http.StatusOK).is("nextChargeInstructions.product.billingCycle", "annual")
	if r := s.change(held, object{"nextChargeInstructions": nil}); r.at("nextChargeInstructions") != nil {
		t.Error("what was left out is still planned")
	}
	s.change(held, object{"billingCycle": "annual"}).want(http.StatusOK)
	s.goTo(time.Date(2026, 2, 10, 0, 0, 0, 0, time.UTC))
	if r := s.get(held).is("billingCycle", "annual", "billingCycleEndDate", "2027-01-09T00:00:00Z", "commitmentEndDate", "2027-01-09T00:00:00Z"); r.at("nextChargeInstructions") != nil {
		t.Error("what has happened is still planned")
	}
	s.get("/standin/state").is("subscriptions.0.cycleFrom", "2026-02-10", "subscriptions.0.cycleTo", "2027-01-10", "subscriptions.0.listPrice", "120")
}

func TestOneChangeAtATime(t *testing.T) {
	s := open(t)
	held := s.buy(s.customer(), s.line(suite, 10, "P1Y", "monthly"))[0]
	s.world.Fail(standin.Fault{Kind: standin.FaultAccepted, Method: http.MethodPatch, Wait: 10 * time.Minute})
	r := s.change(held, object{"quantity": 12}).want(http.StatusAccepted)
	if got := "/v1" + r.header.Get("Location"); got != held {
		t.Errorf("Location is %s", got)
	}
	s.get(held).is("quantity", "10")
	s.get(held+"/provisioningstatus").is("status", "pending", "quantity", "10")
	s.change(held, object{"quantity": 13}).refused(http.StatusConflict, 900278)
	s.goTo(start.Add(10 * time.Minute))
	s.get(held).is("quantity", "12")
	s.get(held+"/provisioningstatus").is("status", "success", "quantity", "12")
	s.change(held, object{"quantity": 13}).want(http.StatusOK)
}

func TestAnOldEtagIsRefused(t *testing.T) {
	s := open(t)
	held := s.buy(s.customer(), s.line(suite, 10, "P1Y", "monthly"))[0]
	read := s.get(held).body.(object)
	etag := read["attributes"].(object)["etag"].(string)
	read["quantity"] = 11
	s.do(http.MethodPatch, held, read, "If-Match", `"`+etag+`"`).want(http.StatusOK)
	read["quantity"] = 12
	s.do(http.MethodPatch, held, read, "If-Match", `"`+etag+`"`).refused(http.StatusBadRequest, 2055)
	s.get(held).is("quantity", "11")
	s.get("/v1/customers/"+s.customer()+"/subscriptions/nothing").refused(http.StatusNotFound, 20003)
}

func TestUpgrades(t *testing.T) {
	s := open(t)
	customer := s.customer()
	held := s.buy(customer, s.line(suite, 10, "P1Y", "monthly"))[0]
	s.days(9)
	ask := func(change object) reply {
		body := object{"toCatalogItemId": s.item(better), "quantity": 4, "transitionType": "transition_only"}
		for k, v := range change {
			body[k] = v
		}
		return s.do(http.MethodPost, held+"/transitions", body)
	}
	ask(object{"termDuration": "P1M"}).refused(http.StatusBadRequest, 900267)
	ask(object{"billingCycle": "triennial"}).refused(http.StatusBadRequest, 900270)
	ask(object{"quantity": 11}).refused(http.StatusBadRequest, 900275)
	ask(object{"toCatalogItemId": s.item(addon)}).refused(http.StatusBadRequest, 800002)
	ask(object{"toSubscriptionId": s.get(held).str("id")}).refused(http.StatusBadRequest, 900259)

	// Some seats become a subscription of their own.
	part := ask(nil).want(http.StatusOK).is("quantity", "4", "events.0.name", "Conversion")
	made := "/v1/customers/" + customer + "/subscriptions/" + part.str("toSubscriptionId")
	s.get(held).is("quantity", "6")
	s.get(made).is("quantity", "4", "offerName", "Office Premium", "commitmentEndDate", "2027-01-18T00:00:00Z")
	s.get(held+"/transitionEligibilities?eligibilityType=immediate").is("items.0.subscriptionEligibilities.0.isEligible", "false", "items.0.subscriptionEligibilities.0.errors.0.code", "2")
	s.days(8)
	s.get(held+"/transitionEligibilities?eligibilityType=immediate").is("items.0.subscriptionEligibilities.0.isEligible", "true")
	// Some more join it.
	ask(object{"quantity": 1, "toSubscriptionId": part.str("toSubscriptionId")}).want(http.StatusOK)
	s.get(made).is("quantity", "5")
	// The rest keeps id and term.
	whole := ask(object{"quantity": 5}).want(http.StatusOK)
	s.get(held).is("id", whole.str("toSubscriptionId"), "quantity", "5", "offerName", "Office Premium", "commitmentEndDate", "2027-01-09T00:00:00Z")
	list := s.get(held + "/transitions")
	if n := len(list.at("transition").([]any)); n != 3 {
		t.Errorf("%d transitions, want 3: %s", n, list.text)
	}
	s.get(held+"/transitions?operationId="+whole.str("operationId")).is("transition.0.quantity", "5")
}

func TestCyclesStandOnMonthEnds(t *testing.T) {
	s := open(t)
	customer := s.customer()
	s.goTo(time.Date(2026, 1, 31, 8, 0, 0, 0, time.UTC))
	year := s.buy(customer, s.line(suite, 1, "P1Y", "monthly"))[0]
	month := s.buy(customer, s.line(suite, 1, "P1M", "monthly"))[0]
	for _, c := range []struct{ day, year, month string }{
		{"2026-02-01", "2026-02-27", "2026-02-27"}, {"2026-02-28", "2026-03-30", "2026-03-27"}, {"2026-04-05", "2026-04-29", "2026-04-27"},
	} {
		at, err := time.Parse(time.DateOnly, c.day)
		if err != nil {
			t.Fatal(err)
		}
		s.goTo(at)
		s.get(year).is("billingCycleEndDate", c.year+"T00:00:00Z", "commitmentEndDate", "2027-01-30T00:00:00Z")
		s.get(month).is("billingCycleEndDate", c.month+"T00:00:00Z")
	}
}

func TestSoftwareBoughtForEver(t *testing.T) {
	s := open(t)
	line := func() object {
		return object{"id": 0, "catalogItemId": s.item(forever), "quantity": 2, "billingCycle": "one_time"}
	}
	customer := s.customer()
	held := s.buy(customer, line())[0]
	if r := s.get(held).is("cancellationAllowedUntilDate", "2026-02-09T09:30:00.0000000Z", "productType.id", "Software"); r.at("commitmentEndDate") != nil {
		t.Error("it ends")
	}
	s.change(held, object{"quantity": 3}).refused(http.StatusBadRequest, 800095)
	s.days(20)
	kept := s.buy(customer, line())[0]
	s.change(held, object{"status": "deleted"}).want(http.StatusOK).is("status", "deleted")
	s.days(31)
	s.change(kept, object{"status": "deleted"}).refused(http.StatusBadRequest, 900117)
}

// The day before a leap day: the cycles' anchor is a day earlier in the next
// February, and the year has twelve cycles all the same.
func TestAYearFromBeforeTheLeapDayHasTwelveCycles(t *testing.T) {
	s := open(t)
	customer := s.customer()
	s.goTo(time.Date(2028, 2, 28, 9, 0, 0, 0, time.UTC))
	s.do(http.MethodPost, "/v1/customers/"+customer+"/carts", object{"lineItems": []object{s.line(suite, 1, "P1Y", "monthly")}}).want(http.StatusCreated).
		is("lineItems.0.pricing.extendedPrice", "132.00")
	held := s.buy(customer, s.line(suite, 1, "P1Y", "monthly"))[0]
	s.goTo(time.Date(2029, 2, 27, 12, 0, 0, 0, time.UTC))
	s.get(held).is("billingCycleEndDate", "2029-02-27T00:00:00Z", "commitmentEndDate", "2029-02-27T00:00:00Z", "effectiveStartDate", "2028-02-28T09:00:00.0000000Z")
	s.goTo(time.Date(2029, 2, 28, 0, 0, 0, 0, time.UTC))
	s.get(held).is("effectiveStartDate", "2029-02-28T00:00:00.0000000Z")
}

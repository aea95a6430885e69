package partnercenter_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"prorata/core/money"
	"prorata/flow"
)

const (
	subscriptionCall = "GET /v1/customers/c1/subscriptions/sub-1"
	patchCall        = "PATCH /v1/customers/c1/subscriptions/sub-1"
)

// subscription is one with a field that nobody here knows, and odd spelling.
func subscription(replace ...string) string {
	return strings.NewReplacer(replace...).Replace(`{"id":"sub-1","OfferId":"CFQ7:0001:AVA0","quantity":5,"status":"active","autoRenewEnabled":true,"termDuration":"P1Y","billingCycle":"monthly",` +
		`"scheduledActions":{"action":"extend","deep":[1,2.50]},"nextChargeInstructions":{"product":{"billingCycle":"annual"}},` +
		`"scheduledNextTermInstructions":{"product":{"productId":"CFQ7","skuId":"0002","termDuration":"P1Y","billingCycle":"monthly"},"quantity":7},"attributes":{"etag":"E1","objectType":"Subscription"}}`)
}

const (
	nextOf5   = `"scheduledNextTermInstructions":{"product":{"productId":"CFQ7","skuId":"0002","termDuration":"P1Y","billingCycle":"monthly"},"quantity":7},`
	fiveSeats = `"quantity":5`
	tenSeats  = `"quantity":10`
)

func tenOf() flow.ProviderChange {
	return flow.ProviderChange{Reference: "r", Customer: "c1", Holding: "sub-1", Quantity: money.DecimalOf(10), HasQuantity: true}
}

func TestAChangeKeepsWhatItDoesNotChange(t *testing.T) {
	p, c := newPlay(t,
		scene{call: subscriptionCall, body: subscription()},
		scene{call: patchCall, body: subscription(fiveSeats, tenSeats)},
	)
	receipt, err := c.Change(t.Context(), tenOf())
	if err != nil || receipt.State != flow.ReceiptDone || receipt.Holding != "sub-1" {
		t.Fatalf("got %+v, %v", receipt, err)
	}
	sameJSON(t, p.asked[1].body, subscription(fiveSeats, tenSeats))
	if !strings.Contains(p.asked[1].body, "2.50") || p.header(1, "If-Match") != `"E1"` {
		t.Errorf("sent %s, if it is %q", p.asked[1].body, p.header(1, "If-Match"))
	}

	// Sent again, there is nothing left to do.
	_, c = newPlay(t, scene{call: subscriptionCall, body: subscription(fiveSeats, tenSeats)})
	if receipt, err := c.Change(t.Context(), tenOf()); err != nil || receipt.State != flow.ReceiptDone {
		t.Errorf("got %+v, %v", receipt, err)
	}
}

// A change of seats wipes what is scheduled: it is scheduled again.
func TestWhatIsScheduledSurvivesAChangeOfSeats(t *testing.T) {
	p, c := newPlay(t,
		scene{call: subscriptionCall, body: subscription()},
		scene{call: patchCall, body: subscription(fiveSeats, tenSeats, nextOf5, "", "E1", "E2")},
		scene{call: patchCall, body: subscription(fiveSeats, tenSeats, "E1", "E3")},
	)
	if receipt, err := c.Change(t.Context(), tenOf()); err != nil || receipt.State != flow.ReceiptDone {
		t.Fatalf("got %+v, %v", receipt, err)
	}
	sameJSON(t, p.asked[2].body, subscription(fiveSeats, tenSeats, "E1", "E2"))
	if p.header(2, "If-Match") != `"E2"` {
		t.Errorf("if it is %q", p.header(2, "If-Match"))
	}
}

func TestAStaleEtagIsReadAnewOnce(t *testing.T) {
	stale := scene{call: patchCall, status: http.StatusBadRequest, body: `{"code":2055,"description":"Etag is no longer valid"}`}
	failed := scene{call: patchCall, status: http.StatusPreconditionFailed}
	p, c := newPlay(t,
		scene{call: subscriptionCall, body: subscription()},
		stale,
		scene{call: subscriptionCall, body: subscription("E1", "E2", `"status":"active"`, `"status":"active","friendlyName":"someone else's"`)},
		scene{call: patchCall, body: subscription(fiveSeats, tenSeats)},
	)
	if receipt, err := c.Change(t.Context(), tenOf()); err != nil || receipt.State != flow.ReceiptDone {
		t.Fatalf("got %+v, %v", receipt, err)
	}
	if p.header(3, "If-Match") != `"E2"` || !strings.Contains(p.asked[3].body, "someone else's") {
		t.Errorf("sent %s, if it is %q", p.asked[3].body, p.header(3, "If-Match"))
	}
	_, c = newPlay(t, scene{call: subscriptionCall, body: subscription()}, failed, scene{call: subscriptionCall, body: subscription()}, failed)
	if _, err := c.Change(t.Context(), tenOf()); !errors.Is(err, flow.ErrUnanswered) {
		t.Errorf("got %v", err)
	}
}

// What was sent once without an answer may be done, whatever a later try is told.
func TestALaterWordDoesNotHideALostAnswer(t *testing.T) {
	wait := scene{call: patchCall, status: http.StatusTooManyRequests, header: map[string]string{"Retry-After": "1"}}
	noFactor := scene{call: patchCall, status: http.StatusUnauthorized, body: `{"code":400,"description":"MFA is required"}`}
	for word, rest := range map[error][]scene{flow.ErrThrottled: {wait, wait, wait}, flow.ErrConsent: {noFactor}} {
		_, c := newPlay(t, append([]scene{{call: subscriptionCall, body: subscription()}, {call: patchCall, lost: true}}, rest...)...)
		if _, err := c.Change(t.Context(), tenOf()); !errors.Is(err, flow.ErrUnanswered) || !errors.Is(err, word) {
			t.Errorf("got %v", err)
		}
	}
	_, c := newPlay(t, scene{call: subscriptionCall, body: subscription()}, wait, wait, wait, wait)
	if _, err := c.Change(t.Context(), tenOf()); errors.Is(err, flow.ErrUnanswered) || !errors.Is(err, flow.ErrThrottled) {
		t.Errorf("nothing was done: %v", err)
	}
}

func TestAnAcceptedChangeIsLookedAt(t *testing.T) {
	accepted := scene{call: patchCall, status: http.StatusAccepted, header: map[string]string{"Location": "/customers/c1/subscriptions/sub-1", "Retry-After": "10"}}
	look := scene{call: subscriptionCall, body: subscription()}
	p, c := newPlay(t, look, accepted, look, scene{call: subscriptionCall, body: subscription(fiveSeats, tenSeats)})
	if receipt, err := c.Change(t.Context(), tenOf()); err != nil || receipt.State != flow.ReceiptDone {
		t.Fatalf("got %+v, %v", receipt, err)
	}
	if len(p.waits) != 2 || p.waits[0].Seconds() != 10 {
		t.Errorf("waited %v", p.waits)
	}
	_, c = newPlay(t, look, accepted, look, look, look, look, look)
	if receipt, err := c.Change(t.Context(), tenOf()); err != nil || receipt.State != flow.ReceiptPending || receipt.Why == "" {
		t.Errorf("got %+v, %v", receipt, err)
	}
}

func TestAnotherOperationIsUnderWay(t *testing.T) {
	_, c := newPlay(t, scene{call: subscriptionCall, body: subscription()},
		scene{call: patchCall, status: http.StatusConflict, body: `{"code":900278,"description":"There is a pending operation on this subscription."}`})
	if _, err := c.Change(t.Context(), tenOf()); !errors.Is(err, flow.ErrUnanswered) || !strings.Contains(err.Error(), "pending operation") {
		t.Errorf("it was not done, and is to be asked for again: %v", err)
	}
}

func TestASeatWindowIsOver(t *testing.T) {
	_, c := newPlay(t, scene{call: subscriptionCall, body: subscription()},
		scene{call: patchCall, status: http.StatusBadRequest, body: `{"code":800090,"description":"Subscription quantity cannot be decreased."}`})
	var no *flow.ProviderRefusal
	if _, err := c.Change(t.Context(), tenOf()); !errors.As(err, &no) || !strings.Contains(no.Todo, "renewal") {
		t.Errorf("got %v", err)
	}
}

func TestStatusAndRenewal(t *testing.T) {
	base := flow.ProviderChange{Customer: "c1", Holding: "sub-1"}
	for _, s := range []struct {
		name     string
		set      func(*flow.ProviderChange)
		from, to []string
	}{
		{"suspend", func(c *flow.ProviderChange) { c.Suspend = true }, nil, []string{`"status":"active"`, `"status":"suspended"`}},
		{"resume", func(c *flow.ProviderChange) { c.Resume = true }, []string{`"status":"active"`, `"status":"suspended"`}, nil},
		{"cancel", func(c *flow.ProviderChange) { c.Cancel = true }, nil, []string{`"status":"active"`, `"status":"deleted"`}},
		{"renewal off", func(c *flow.ProviderChange) { c.HasAutoRenew = true }, nil, []string{`"autoRenewEnabled":true`, `"autoRenewEnabled":false`}},
		{"nothing scheduled", func(c *flow.ProviderChange) { c.NextNone = true }, nil, []string{nextOf5, ""}},
	} {
		change := base
		s.set(&change)
		p, c := newPlay(t, scene{call: subscriptionCall, body: subscription(s.from...)}, scene{call: patchCall, body: subscription(s.to...)})
		if receipt, err := c.Change(t.Context(), change); err != nil || receipt.State != flow.ReceiptDone {
			t.Errorf("%s: got %+v, %v", s.name, receipt, err)
		}
		sameJSON(t, p.asked[1].body, subscription(s.to...))
	}
}

// What is left open of a next term is as the subscription has it; the
// availability is that of today.
func TestASchedule(t *testing.T) {
	change := flow.ProviderChange{Customer: "c1", Holding: "sub-1", Next: &flow.HoldingNextTerm{Quantity: money.DecimalOf(3), HasQuantity: true, EndsOn: mustDate(t, "2027-01-01")}}
	scheduled := `"scheduledNextTermInstructions":{"product":{"productId":"CFQ7","skuId":"0001","availabilityId":"AVA1","billingCycle":"monthly","termDuration":"P1Y"},"quantity":3,"customTermEndDate":"2026-12-31T00:00:00Z"},`
	p, c := newPlay(t,
		scene{call: subscriptionCall, body: subscription(nextOf5, "")},
		scene{call: availabilitiesCall, body: availabilities},
		scene{call: patchCall, body: subscription(nextOf5, scheduled)},
	)
	if receipt, err := c.Change(t.Context(), change); err != nil || receipt.State != flow.ReceiptDone {
		t.Fatalf("got %+v, %v", receipt, err)
	}
	sameJSON(t, p.asked[2].body, subscription(nextOf5, scheduled))
}

func TestHoldingsOfACustomer(t *testing.T) {
	_, c := newPlay(t,
		scene{call: "GET /v1/customers/c1/subscriptions", body: `{"items":[` + subscription() + `,{"id":"sub-2"},{"Id":"sub-3","Quantity":"2","Status":"Suspended"}]}`},
		scene{call: subscriptionCall, status: http.StatusNotFound, body: `{"code":20003,"description":"Subscription with ID sub-1 not found."}`},
	)
	got := told(c.Holdings(t.Context(), "c1"), func(h flow.Holding) string {
		return h.Customer + " " + h.ID + " " + h.Quantity.String() + " " + h.SKU
	})
	compare(t, got, "c1 sub-1 5 CFQ7:0001", "GET /v1/customers/c1/subscriptions:2: quantity: is missing, and required", "c1 sub-3 2 ")
	if _, err := c.HoldingGet(t.Context(), "c1", "sub-1"); !errors.Is(err, flow.ErrUnknown) {
		t.Errorf("got %v", err)
	}
}

package partnercenter_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

const (
	availabilitiesCall = "GET /v1/customers/c1/products/CFQ7/skus/0001/availabilities"
	cartsCall          = "POST /v1/customers/c1/carts"
	checkoutCall       = "POST /v1/customers/c1/carts/cart-1/checkout"
	cartCall           = "GET /v1/customers/c1/carts/cart-1"
	orderCall          = "GET /v1/customers/c1/orders/a68736758d9c"

	availabilities = `{"items":[
		{"id":"OLD","isPurchasable":false,"terms":[{"duration":"P1Y","billingCycle":"Monthly"}]},
		{"id":"AVA1","isPurchasable":true,"terms":[{"duration":"P1M","billingCycle":"Monthly"},{"duration":"P1Y","billingCycle":"Monthly"},{"duration":"P1Y","billingCycle":"Annual"}]}]}`
	cart      = `{"id":"cart-1","status":"Active","creationTimestamp":"2026-03-10T12:00:00.1Z","lineItems":[{"id":0,"catalogItemId":"CFQ7:0001:AVA1","quantity":5}]}`
	pending   = `{"id":"a68736758d9c","status":"pending","creationDate":"2026-03-10T12:00:05Z","lineItems":[{"lineItemNumber":0,"offerId":"CFQ7:0001:AVA1","quantity":"5"}]}`
	completed = `{"id":"a68736758d9c","status":"completed","lineItems":[{"lineItemNumber":0,"offerId":"CFQ7:0001:AVA1","subscriptionId":"sub-1","quantity":5}]}`
	noneYet   = `{"items":[]}`
	ofOrder   = "GET /v1/customers/c1/subscriptions?order_id=a68736758d9c"
)

func seats() flow.ProviderOrder {
	return flow.ProviderOrder{
		Reference: "11111111-2222-4333-8444-555555555555", Customer: "c1", SKU: "CFQ7:0001", Quantity: money.DecimalOf(5),
		TermMonths: 12, Billing: billing.Unit{Name: "monthly", Months: 1}, Name: "E3 for the office",
	}
}

func TestAnOrder(t *testing.T) {
	p, c := newPlay(t,
		scene{call: availabilitiesCall, body: availabilities},
		scene{call: cartsCall, status: http.StatusCreated, body: cart},
		scene{call: checkoutCall, status: http.StatusCreated, body: `{"orders":[` + pending + `]}`},
		scene{call: ofOrder, body: noneYet},
		scene{call: orderCall, status: http.StatusNotFound, body: `{"code":20000,"description":"Order ID not found"}`},
		scene{call: orderCall, body: completed},
	)
	o := seats()
	o.EndsOn, o.Promotion, o.Parent = mustDate(t, "2026-07-01"), "39NF", "base-1"
	o.Reseller, o.Attested = "4847383", true
	got, err := c.Order(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if want := (flow.ProviderReceipt{State: flow.ReceiptDone, Cart: "cart-1", Number: "a68736758d9c", Holding: "sub-1"}); got != want {
		t.Errorf("got %+v", got)
	}
	sameJSON(t, p.asked[1].body, `{"PartnerOnRecordAttestationAccepted":true,"lineItems":[{"attestationAccepted":true,"participants":[{"key":"transaction_reseller","value":"4847383"}],"id":0,"catalogItemId":"CFQ7:0001:AVA1","quantity":5,"billingCycle":"monthly","termDuration":"P1Y","promotionId":"39NF",
		"customTermEndDate":"2026-06-30T00:00:00Z","friendlyName":"E3 for the office","provisioningContext":{"ParentSubscriptionId":"base-1"}}]}`)
	if p.asked[2].body != "" {
		t.Errorf("checked out with %s", p.asked[2].body)
	}
}

// An answer that was lost on the way is asked for again under the same id, by
// this client and by one that knows nothing of the first.
func TestALostCartIsTheSameCart(t *testing.T) {
	lost := scene{call: cartsCall, lost: true}
	ask := scene{call: availabilitiesCall, body: availabilities}
	p, c := newPlay(t, ask, lost, lost, lost, lost)
	if _, err := c.Order(t.Context(), seats()); !errors.Is(err, flow.ErrUnanswered) {
		t.Fatalf("got %v", err)
	}
	if _, err := c.OrderFind(t.Context(), seats()); !errors.Is(err, flow.ErrUnknown) {
		t.Errorf("no cart, no order: %v", err)
	}
	after, again := newPlay(t, ask, lost, scene{call: cartsCall, body: cart}, scene{call: checkoutCall, body: `{"orders":[` + completed + `]}`})
	if _, err := again.Order(t.Context(), seats()); err != nil {
		t.Fatal(err)
	}
	id := p.header(1, "MS-RequestId")
	for _, got := range []string{p.header(4, "MS-RequestId"), after.header(1, "MS-RequestId"), after.header(2, "MS-RequestId")} {
		if got != id || len(id) != 36 {
			t.Errorf("the cart is asked for as %s, then as %s", id, got)
		}
	}
}

// A no is an answer: the next try is another request, so that Microsoft does not
// repeat what it has said.
func TestAfterANoTheCartIsAskedForAnew(t *testing.T) {
	ask := scene{call: availabilitiesCall, body: availabilities}
	p, c := newPlay(t, ask,
		scene{call: cartsCall, status: http.StatusForbidden, body: `{"code":13605,"description":"The agreement is missing."}`},
		ask,
		scene{call: cartsCall, body: cart},
		scene{call: checkoutCall, body: `{"orders":[` + completed + `]}`},
		scene{call: checkoutCall, body: `{"orders":[` + completed + `]}`},
	)
	var no *flow.ProviderRefusal
	if _, err := c.Order(t.Context(), seats()); !errors.As(err, &no) || no.Code != "13605" || !strings.Contains(no.Todo, "Customer Agreement") {
		t.Fatalf("got %v", err)
	}
	first, err := c.Order(t.Context(), seats())
	if err != nil || p.header(1, "MS-RequestId") == p.header(3, "MS-RequestId") {
		t.Fatalf("%v, ids %s and %s", err, p.header(1, "MS-RequestId"), p.header(3, "MS-RequestId"))
	}
	// Sent again, it is the same cart that is checked out, and no other is made.
	if again, err := c.Order(t.Context(), seats()); err != nil || again != first {
		t.Errorf("%v: %+v, then %+v", err, first, again)
	}
}

func TestACheckoutWithoutAnAnswer(t *testing.T) {
	lost := scene{call: checkoutCall, lost: true}
	p, c := newPlay(t, scene{call: availabilitiesCall, body: availabilities}, scene{call: cartsCall, body: cart}, lost, lost, lost, lost)
	receipt, err := c.Order(t.Context(), seats())
	if !errors.Is(err, flow.ErrUnanswered) || receipt.Cart != "cart-1" {
		t.Fatalf("got %+v, %v", receipt, err)
	}
	if p.header(2, "MS-RequestId") != p.header(5, "MS-RequestId") {
		t.Error("the same checkout has several ids")
	}

	// Whoever has the receipt finds the order, which the lost checkout placed.
	o := seats()
	o.Cart = receipt.Cart
	ordered := strings.Replace(cart, "Active", "Ordered", 1)
	_, c = newPlay(t, scene{call: cartCall, body: ordered}, scene{call: checkoutCall, body: `{"orders":[` + completed + `]}`})
	if found, err := c.OrderFind(t.Context(), o); err != nil || found.Number != "a68736758d9c" || found.Holding != "sub-1" {
		t.Errorf("got %+v, %v", found, err)
	}
	// Where the cart is not checked out twice, the list of orders tells.
	submitted := scene{call: checkoutCall, status: http.StatusBadRequest, body: `{"code":800065,"description":"can't check out an already submitted cart"}`}
	other := `{"id":"other","creationDate":"2026-03-01T00:00:00Z","status":"completed","lineItems":[{"offerId":"CFQ7:0001:AVA0","quantity":5}]}`
	list := scene{call: "GET /v1/customers/c1/orders", body: `{"items":[` + other + `,` + strings.Replace(completed, `"status"`, `"creationDate":"2026-03-10T12:00:05Z","status"`, 1) + `]}`}
	_, c = newPlay(t, scene{call: cartCall, body: ordered}, submitted, scene{call: cartCall, body: ordered}, list)
	if found, err := c.OrderFind(t.Context(), o); err != nil || found.Number != "a68736758d9c" || found.State != flow.ReceiptDone {
		t.Errorf("got %+v, %v", found, err)
	}
	// Two that it may be: neither is taken.
	both := scene{call: list.call, body: `{"items":[` + pending + `,` + pending + `]}`}
	_, c = newPlay(t, scene{call: cartCall, body: ordered}, submitted, scene{call: cartCall, body: ordered}, both)
	if found, err := c.OrderFind(t.Context(), o); err != nil || found.State != flow.ReceiptPending || !strings.Contains(found.Why, "2 orders") {
		t.Errorf("got %+v, %v", found, err)
	}
	// A cart that is open was not ordered.
	_, c = newPlay(t, scene{call: cartCall, body: cart})
	if _, err := c.OrderFind(t.Context(), o); !errors.Is(err, flow.ErrUnknown) {
		t.Errorf("got %v", err)
	}
	_, c = newPlay(t, scene{call: cartCall, status: http.StatusNotFound, body: `{"code":800008,"description":"Unable to retrieve cart ID"}`})
	if _, err := c.OrderFind(t.Context(), o); !errors.Is(err, flow.ErrUnknown) {
		t.Errorf("got %v", err)
	}
}

func TestALineThatCannotBeOrdered(t *testing.T) {
	_, c := newPlay(t, scene{call: availabilitiesCall, body: availabilities}, scene{call: cartsCall, status: http.StatusCreated,
		body: `{"id":"cart-1","lineItems":[{"id":0,"error":{"errorCode":10002,"errorDescription":"Quota is used up.","additionalInformation":{"availableQuantity":3}}}]}`})
	receipt, err := c.Order(t.Context(), seats())
	var no *flow.ProviderRefusal
	if !errors.As(err, &no) || no.Error() != "Quota is used up. (3 are left) (10002)" || no.Todo == "" || receipt.Cart != "" {
		t.Errorf("got %+v, %v", receipt, err)
	}
}

func TestAnOrderThatFails(t *testing.T) {
	start := []scene{{call: availabilitiesCall, body: availabilities}, {call: cartsCall, body: cart}}
	_, c := newPlay(t, append(start, scene{call: checkoutCall, status: http.StatusCreated, body: `{"orders":[],"orderErrors":[{"orderGroupId":"0","code":800069,"description":"Order failed Risk Management check"}]}`})...)
	var no *flow.ProviderRefusal
	if _, err := c.Order(t.Context(), seats()); !errors.As(err, &no) || no.Code != "800069" || !strings.Contains(no.Todo, "risk") {
		t.Errorf("got %v", err)
	}
	_, c = newPlay(t, append(start, scene{call: checkoutCall, body: `{"orders":[` + strings.Replace(completed, "completed", "error", 1) + `]}`})...)
	if receipt, err := c.Order(t.Context(), seats()); err != nil || receipt.State != flow.ReceiptFailed || receipt.Why != "the order is error" {
		t.Errorf("got %+v, %v", receipt, err)
	}
}

// Availabilities rotate: the one of the cart may be gone at the checkout.
func TestAnAvailabilityIsGone(t *testing.T) {
	p, c := newPlay(t,
		scene{call: availabilitiesCall, body: availabilities},
		scene{call: cartsCall, body: cart},
		scene{call: checkoutCall, status: http.StatusNotFound, body: `{"code":400019,"description":"Availability not found."}`},
		scene{call: availabilitiesCall, body: strings.ReplaceAll(availabilities, "AVA1", "AVA2")},
		scene{call: "PUT /v1/customers/c1/carts/cart-1", body: cart},
		scene{call: checkoutCall, body: `{"orders":[` + completed + `]}`},
	)
	if receipt, err := c.Order(t.Context(), seats()); err != nil || receipt.State != flow.ReceiptDone {
		t.Fatalf("got %+v, %v", receipt, err)
	}
	if !strings.Contains(p.asked[4].body, "CFQ7:0001:AVA2") {
		t.Errorf("renewed with %s", p.asked[4].body)
	}
}

func TestWhatIsNotSoldIsNotOrdered(t *testing.T) {
	_, c := newPlay(t, scene{call: availabilitiesCall, body: availabilities})
	o := seats()
	o.TermMonths = 36
	_, err := c.Order(t.Context(), o)
	var no *flow.ProviderRefusal
	if !errors.As(err, &no) || !strings.Contains(no.Sentence, "P3Y") || !strings.Contains(no.Sentence, "P1Y annual") {
		t.Errorf("got %v", err)
	}
}

// What takes its time is pending; whoever asks later finds it.
func TestAnOrderTakesItsTime(t *testing.T) {
	notListed := scene{call: orderCall, status: http.StatusNotFound, body: `{"code":20000,"description":"Order ID not found"}`}
	o := seats()
	o.Number = "a68736758d9c"
	p, c := newPlay(t, notListed, notListed, notListed, notListed, notListed)
	receipt, err := c.OrderFind(t.Context(), o)
	if err != nil || receipt.State != flow.ReceiptPending || receipt.Why != "the order is not listed yet" || len(p.waits) != 4 {
		t.Errorf("got %+v, %v, waits %v", receipt, err, p.waits)
	}
	// Its subscription may be there before the order says so.
	active := `{"id":"sub-1","offerId":"CFQ7:0001:AVA1","quantity":5,"status":"active","orderId":"a68736758d9c"}`
	_, c = newPlay(t, scene{call: orderCall, body: pending}, scene{call: ofOrder, body: `{"items":[` + active + `]}`}, scene{call: subscriptionCall, body: active})
	if receipt, err := c.OrderFind(t.Context(), o); err != nil || receipt.State != flow.ReceiptDone || receipt.Holding != "sub-1" {
		t.Errorf("got %+v, %v", receipt, err)
	}
}

func mustDate(t *testing.T, text string) calendar.Date {
	t.Helper()
	day, err := calendar.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return day
}

// sameJSON compares two texts as JSON.
func sameJSON(t *testing.T, got, want string) {
	t.Helper()
	var a, b any
	if err := json.Unmarshal([]byte(got), &a); err != nil {
		t.Fatalf("%v: %s", err, got)
	}
	if err := json.Unmarshal([]byte(want), &b); err != nil {
		t.Fatal(err)
	}
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	if string(x) != string(y) {
		t.Errorf("got\n%s\nwant\n%s", x, y)
	}
}

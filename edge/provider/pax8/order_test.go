package pax8_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/edge/provider/pax8"
	"prorata/flow"
)

// Two clerks order the same for one customer on one day, and the answer to the
// first is lost: neither order is taken for the other.
func TestALostAnswerIsNotTheOtherOrder(t *testing.T) {
	f := newFake(t)
	c := f.client()
	earlier, err := c.Order(t.Context(), basics("a"))
	if err != nil {
		t.Fatal(err)
	}
	f.loseAnswer = true
	if _, err := c.Order(t.Context(), basics("b")); !errors.Is(err, flow.ErrUnanswered) {
		t.Fatalf("got %v (expected ErrUnanswered)", err)
	}
	third, err := c.Order(t.Context(), basics("c"))
	if err != nil {
		t.Fatal(err)
	}
	lost, err := c.Order(t.Context(), basics("b"))
	if err != nil {
		t.Fatal(err)
	}
	if earlier.Number != "order-1" || lost.Number != "order-2" || third.Number != "order-3" || f.called("POST /v1/orders") != 6 {
		t.Errorf("got %s, %s and %s with %d calls (expected three orders, each validated and sent once)", earlier.Number, lost.Number, third.Number, f.called("POST /v1/orders"))
	}
}

// What a person ordered in Pax8 this morning is not what was sent just now.
func TestAnEarlierOrderOfTheSameIsNotThisOne(t *testing.T) {
	f := newFake(t)
	if _, err := f.client().Order(t.Context(), basics("by hand")); err != nil {
		t.Fatal(err)
	}
	c := f.client() // with a notebook that does not know of it
	f.loseAnswer = true
	if _, err := c.Order(t.Context(), basics("a")); !errors.Is(err, flow.ErrUnanswered) {
		t.Fatalf("got %v (expected ErrUnanswered)", err)
	}
	if receipt, err := c.OrderFind(t.Context(), basics("a")); err != nil || receipt.Number != "order-2" {
		t.Errorf("got %+v, %v (expected order-2)", receipt, err)
	}
}

// An order that was lost on its way is given time to be seen, and then sent again.
func TestAnOrderIsAwaitedBeforeItIsSentAgain(t *testing.T) {
	f := newFake(t)
	c := f.client()
	f.loseRequest = true
	if _, err := c.Order(t.Context(), basics("a")); !errors.Is(err, flow.ErrUnanswered) {
		t.Fatalf("got %v (expected ErrUnanswered)", err)
	}
	receipt, err := c.Order(t.Context(), basics("a"))
	if err != nil || receipt.Number != "order-1" || fmt.Sprint(f.waits) != "[30s]" {
		t.Errorf("got %+v, %v after waiting %v", receipt, err, f.waits)
	}
	if receipt.State != flow.ReceiptPending || receipt.Why != "PendingAutomated" || receipt.Holding != "new-1" {
		t.Errorf("got %+v (expected pending)", receipt)
	}
}

// What Pax8 refuses to show may be there all the same.
func TestALookThatFailsProvesNothing(t *testing.T) {
	f := newFake(t)
	c := f.client()
	f.forbid = "/v1/subscriptions"
	receipt, err := c.Order(t.Context(), basics("a"))
	if err != nil || receipt.Number != "order-1" || receipt.State != flow.ReceiptPending || !strings.Contains(receipt.Why, "Not yours") {
		t.Errorf("got %+v, %v (expected an order that waits)", receipt, err)
	}
	f.forbid, f.loseAnswer = "", true
	_, _ = c.Order(t.Context(), basics("b"))
	for _, f.forbid = range []string{"/v1/orders", "/v1/products"} {
		_, err := c.Order(t.Context(), basics("b"))
		var refused *flow.ProviderRefusal
		if !errors.Is(err, flow.ErrUnanswered) || errors.As(err, &refused) {
			t.Errorf("%s cannot be read: got %v (expected ErrUnanswered, and no refusal)", f.forbid, err)
		}
	}
	f.forbid = ""
	if receipt, err := c.Order(t.Context(), basics("b")); err != nil || receipt.Number != "order-2" {
		t.Errorf("got %+v, %v", receipt, err)
	}
	f.lists["orders"] = nil // for a while, Pax8 shows none
	if receipt, err := c.Order(t.Context(), basics("b")); err != nil || receipt.Number != "order-2" || receipt.State != flow.ReceiptPending {
		t.Errorf("got %+v, %v (expected the order that was placed, waiting)", receipt, err)
	}
	if n := f.called("POST /v1/orders") - f.called("POST /v1/orders?"); n != 2 {
		t.Errorf("%d orders were sent (expected 2)", n)
	}
}

// Where somebody else orders the same in Pax8 at that moment, nobody can tell.
func TestTwoOrdersThatMayBeItAreForAPerson(t *testing.T) {
	f := newFake(t)
	c := f.client()
	f.loseAnswer = true
	_, _ = c.Order(t.Context(), basics("a"))
	by := f.client() // with a notebook of its own, as a person in Pax8 has none
	if _, err := by.Order(t.Context(), basics("x")); err != nil {
		t.Fatal(err)
	}
	_, err := c.Order(t.Context(), basics("a"))
	if !errors.Is(err, flow.ErrUnanswered) || !strings.Contains(err.Error(), "any of order-1, order-2 may be it") {
		t.Errorf("got %v", err)
	}
	named := basics("a")
	named.Number = "order-1"
	if receipt, err := c.Order(t.Context(), named); err != nil || receipt.Number != "order-1" || f.called("POST /v1/orders?") != 2 {
		t.Errorf("got %+v, %v", receipt, err)
	}
}

func TestOrdersThatCannotBe(t *testing.T) {
	f := newFake(t)
	c := f.client()
	for _, o := range []struct {
		change func(*flow.ProviderOrder)
		code   string
	}{
		{func(o *flow.ProviderOrder) { o.SKU = "none:0001" }, "product"},
		{func(o *flow.ProviderOrder) { o.SKU = "none" }, "product"},
		{func(o *flow.ProviderOrder) { o.TermMonths = 24 }, "commitment"},
		{func(o *flow.ProviderOrder) { o.TermMonths = 0 }, "commitment"},
		{func(o *flow.ProviderOrder) { o.Quantity = seats(0) }, "quantity"},
		{func(o *flow.ProviderOrder) { o.Billing = billing.Unit{Name: "odd", Months: 5} }, "billing-term"},
		{func(o *flow.ProviderOrder) { o.Customer = "kite" }, "INVALID_PARAM"},
	} {
		order := basics("a")
		o.change(&order)
		_, err := c.Order(t.Context(), order)
		var refused *flow.ProviderRefusal
		if !errors.As(err, &refused) || refused.Code != o.code {
			t.Errorf("%s: got %v", o.code, err)
		}
	}
	ask := f.client(func(s *pax8.Settings) { s.Provision = nil })
	_, err := ask.Order(t.Context(), basics("b"))
	if err == nil || err.Error() != "Pax8 asks for msDomain (Domain), mca (Agreement). (provisioning-details)" {
		t.Errorf("got %v", err)
	}
	for _, change := range []func(*flow.ProviderOrder){
		func(o *flow.ProviderOrder) { o.Promotion = "p" }, func(o *flow.ProviderOrder) { o.EndsOn, _ = calendar.ParseDate("2026-12-31") },
	} {
		order := basics("c")
		change(&order)
		if _, err := c.Order(t.Context(), order); !errors.Is(err, flow.ErrNotOffered) {
			t.Errorf("got %v (expected ErrNotOffered)", err)
		}
	}
	if n := f.called("POST /v1/orders"); n != f.called("POST /v1/orders?isMock=true") {
		t.Errorf("%d orders were sent, and all were to be refused", n)
	}
}

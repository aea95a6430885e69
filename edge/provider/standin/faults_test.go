package standin_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"prorata/edge/provider/standin"
)

func TestALostAnswerWasDoneAllTheSame(t *testing.T) {
	s := open(t)
	customer := s.customer()
	base := "/v1/customers/" + customer
	cart := s.do(http.MethodPost, base+"/carts", object{"lineItems": []object{s.line(suite, 10, "P1Y", "monthly")}}).str("id")
	s.world.Fail(standin.Fault{Kind: standin.FaultLost, Method: http.MethodPost, Path: "/checkout"})
	headers := []string{"Authorization", "Bearer " + s.token, "MS-RequestId", "11111111-1111-4111-8111-111111111111"}
	if r, err := s.try(http.MethodPost, base+"/carts/"+cart+"/checkout", "application/json", "", headers...); err == nil {
		t.Fatalf("an answer came: %d %s", r.status, r.text)
	}
	s.get(base+"/subscriptions").is("totalCount", "1")
	s.raw(http.MethodPost, base+"/carts/"+cart+"/checkout", "application/json", "", headers...).want(http.StatusCreated)
	s.get(base+"/subscriptions").is("totalCount", "1")

	s.world.Fail(standin.Fault{Kind: standin.FaultUnreached, Method: http.MethodPost, Path: "/carts"})
	if _, err := s.try(http.MethodPost, base+"/carts", "application/json", "{}", "Authorization", "Bearer "+s.token); err == nil {
		t.Error("an answer came")
	}
}

func TestFaultsMeetTheCallsTheyAreFor(t *testing.T) {
	s := open(t)
	customer := s.customer()
	held := s.buy(customer, s.line(suite, 10, "P1Y", "monthly"))[0]
	s.world.Fail(standin.Fault{Kind: standin.FaultThrottle, Path: "/subscriptions", After: 1, Times: 2, Wait: 57 * time.Second})
	s.get("/v1/customers").want(http.StatusOK)
	s.get(held).want(http.StatusOK)
	for range 2 {
		r := s.get(held).want(http.StatusTooManyRequests).is("statusCode", "429", "message", "Rate limit is exceeded. Try again in 57 seconds.")
		if got := r.header.Get("Retry-After"); got != "57" {
			t.Errorf("Retry-After is %s", got)
		}
	}
	s.get(held).want(http.StatusOK)

	s.world.Fail(standin.Fault{Kind: standin.FaultError, Status: http.StatusServiceUnavailable})
	s.get("/v1/customers").want(http.StatusServiceUnavailable)
	s.world.Fail(standin.Fault{Kind: standin.FaultStale, Method: http.MethodPatch})
	s.change(held, object{"quantity": 11}).refused(http.StatusBadRequest, 2055)
	// One that names no call meets the next, but neither a sign-in nor our own doors.
	s.world.Fail(standin.Fault{Kind: standin.FaultMFA})
	s.signIn()
	s.raw(http.MethodGet, "/standin/clock", "", "").want(http.StatusOK)
	s.get(held).want(http.StatusUnauthorized)
	s.world.Fail(standin.Fault{Kind: standin.FaultExpired})
	s.get(held).want(http.StatusUnauthorized)
	s.get(held).want(http.StatusOK).is("quantity", "10")

	s.world.Fail(standin.Fault{Kind: standin.FaultError})
	s.world.Heal()
	s.get("/v1/customers").want(http.StatusOK)
}

func TestAnOrderCanBeHidden(t *testing.T) {
	s := open(t)
	customer := s.customer()
	s.world.Fail(standin.Fault{Kind: standin.FaultHidden, Path: "/checkout", Wait: 15 * time.Minute})
	s.buy(customer, s.line(suite, 1, "P1Y", "monthly"))
	s.get("/v1/customers/"+customer+"/orders").is("totalCount", "0")
	s.goTo(start.Add(15 * time.Minute))
	s.get("/v1/customers/"+customer+"/orders").is("totalCount", "1")
}

func TestACheckoutCanSucceedInPart(t *testing.T) {
	s := open(t)
	base := "/v1/customers/" + s.customer()
	cart := s.do(http.MethodPost, base+"/carts", object{"lineItems": []object{s.line(suite, 3, "P1Y", "monthly"), s.line(better, 2, "P1Y", "annual")}}).want(http.StatusCreated).str("id")
	s.world.Fail(standin.Fault{Kind: standin.FaultError, Path: "/checkout", Code: "800060"})
	s.do(http.MethodPost, base+"/carts/"+cart+"/checkout", nil).refused(http.StatusConflict, 800060)
	s.world.Fail(standin.Fault{Kind: standin.FaultPartial, Path: "/checkout"})
	for range 2 {
		r := s.do(http.MethodPost, base+"/carts/"+cart+"/checkout", nil).want(http.StatusCreated).
			is("orders.0.billingCycle", "monthly", "orderErrors.0.orderGroupId", "annual", "orderErrors.0.code", "800023")
		if r.at("orders.1") != nil {
			t.Error("the order that failed is there")
		}
	}
	s.get(base+"/subscriptions").is("totalCount", "1")
}

func TestASlowAnswerWaitsAsItIsTold(t *testing.T) {
	var waited time.Duration
	s := open(t, func(set *standin.Settings) {
		set.Wait = func(_ context.Context, span time.Duration) error {
			waited += span
			return nil
		}
	})
	s.world.Fail(standin.Fault{Kind: standin.FaultSlow, Wait: time.Minute})
	s.get("/v1/customers").want(http.StatusOK)
	if waited != time.Minute {
		t.Errorf("waited %s", waited)
	}
}

func TestASlowAnswerEndsWithWhoAsked(t *testing.T) {
	s := open(t)
	s.world.Fail(standin.Fault{Kind: standin.FaultSlow, Wait: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.server.URL+"/v1/customers", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if res, err := http.DefaultClient.Do(req); err == nil {
		res.Body.Close()
		t.Error("an answer came")
	}
	s.get("/v1/customers").want(http.StatusOK)
}

func TestNumbersCanBeTexts(t *testing.T) {
	s := open(t)
	held := s.buy(s.customer(), s.line(suite, 10, "P1Y", "monthly"))[0]
	s.world.NumbersAsStrings(true)
	if q, text := s.get(held).at("quantity").(string); !text || q != "10" {
		t.Errorf("quantity is %v", q)
	}
	// They are understood on the way back, too.
	s.change(held, object{"friendlyName": "x"}).want(http.StatusOK)
}

func TestTheControlDoors(t *testing.T) {
	s := open(t)
	s.raw(http.MethodGet, "/standin/clock", "", "").is("now", "2026-01-10T09:30:00.0000000Z")
	s.raw(http.MethodPost, "/standin/clock?to=2026-01-11T00:00:00Z", "", "").want(http.StatusOK).is("now", "2026-01-11T00:00:00.0000000Z")
	s.raw(http.MethodPost, "/standin/clock", "application/json", `{"by":"36h"}`).want(http.StatusOK).is("now", "2026-01-12T12:00:00.0000000Z")
	s.raw(http.MethodPost, "/standin/clock?to=2026-01-01T00:00:00Z", "", "").refused(http.StatusBadRequest, 800002)
	s.raw(http.MethodPost, "/standin/clock", "application/json", `{}`).refused(http.StatusBadRequest, 800002)
	s.raw(http.MethodPost, "/standin/faults", "application/json", `{"kind":"throttle","path":"/v1/customers","wait":"5s","times":2}`).want(http.StatusCreated).is("waiting.0.kind", "throttle", "waiting.0.wait", "5s")
	s.raw(http.MethodPost, "/standin/faults", "application/json", `{"kind":"flood"}`).refused(http.StatusBadRequest, 800002)
	s.signIn()
	s.get("/v1/customers").want(http.StatusTooManyRequests)
	s.raw(http.MethodGet, "/standin/faults", "", "").is("waiting.0.times", "1", "struck.0", "throttle GET /v1/customers")
	s.raw(http.MethodDelete, "/standin/faults", "", "").want(http.StatusNoContent)
	s.get("/v1/customers").want(http.StatusOK)
	s.get("/v1/nothing/here").refused(http.StatusNotFound, 1000)
}

// Two demonstrations of one seed are the same to the byte, and nothing of their
// story was refused.
func TestADemonstrationIsTheSameEachTime(t *testing.T) {
	state := func(seed string) (string, reply) {
		w, err := standin.Demo(standin.Settings{Seed: seed, Start: time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)})
		if err != nil {
			t.Fatal(err)
		}
		s := &shop{t: t, world: w, server: serve(t, w)}
		r := s.raw(http.MethodGet, "/standin/state", "", "").want(http.StatusOK)
		return r.text, r
	}
	one, r := state("a")
	two, _ := state("a")
	other, _ := state("b")
	if one != two {
		t.Error("the same seed makes two worlds")
	}
	if one == other {
		t.Error("two seeds make the same world")
	}
	if n := len(r.at("customers").([]any)); n != 19 {
		t.Errorf("%d customers, want 19", n)
	}
	words := map[string]int{}
	for _, held := range r.at("subscriptions").([]any) {
		words[held.(object)["status"].(string)]++
		if fmt.Sprint(held.(object)["listPrice"]) == "0" && held.(object)["offerName"] != "Azure plan" {
			t.Errorf("%v is sold for nothing", held.(object)["offerName"])
		}
	}
	for _, o := range r.at("orders").([]any) {
		words[o.(object)["lineItems"].([]any)[0].(object)["transactionType"].(string)]++
	}
	for word, want := range map[string]int{"New": 35, "active": 35, "addQuantity": 14, "removeQuantity": 4} {
		if words[word] != want {
			t.Errorf("%s: %d, want %d (of %v)", word, words[word], want, words)
		}
	}
}

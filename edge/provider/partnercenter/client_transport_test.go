package partnercenter_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"prorata/edge/provider/partnercenter"
	"prorata/flow"
)

const customersCall = "GET /v1/customers?size=500"

func TestACallBearsItsIDsAndItsToken(t *testing.T) {
	p, c := newPlay(t, scene{call: customersCall, body: oneCustomer}, scene{call: customersCall, body: oneCustomer})
	for range 2 {
		got, err := names(t, c)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, got, "Contoso")
	}
	if got := p.header(0, "Authorization"); got != "Bearer access-1-secret" || p.header(1, "Authorization") != got {
		t.Errorf("the token is %q; one serves both calls", got)
	}
	for _, name := range []string{"MS-RequestId", "MS-CorrelationId"} {
		if a, b := p.header(0, name), p.header(1, name); len(a) != 36 || a == b {
			t.Errorf("%s: %q, then %q", name, a, b)
		}
	}
	if p.header(0, "X-Locale") != "en-US" || p.header(0, "Accept") != "application/json" {
		t.Error("locale or form is not said")
	}
}

// A try without an answer is the same request again; after an answer it is another.
func TestARequestKeepsItsIDUntilItIsAnswered(t *testing.T) {
	p, c := newPlay(t,
		scene{call: customersCall, lost: true},
		scene{call: customersCall, status: http.StatusServiceUnavailable},
		scene{call: customersCall, body: oneCustomer},
	)
	if _, err := names(t, c); err != nil {
		t.Fatal(err)
	}
	ids := []string{p.header(0, "MS-RequestId"), p.header(1, "MS-RequestId"), p.header(2, "MS-RequestId")}
	if ids[0] != ids[1] || ids[1] == ids[2] {
		t.Errorf("request ids are %v", ids)
	}
	if p.header(0, "MS-CorrelationId") != p.header(2, "MS-CorrelationId") {
		t.Error("one call has two correlation ids")
	}
	if got := fmt.Sprint(p.waits); got != "[500ms 1.5s]" {
		t.Errorf("waited %s", got)
	}
}

func TestTheProviderAsksToWait(t *testing.T) {
	throttled := scene{call: customersCall, status: http.StatusTooManyRequests, header: map[string]string{"Retry-After": "57"}, body: `{"statusCode":429,"message":"Rate limit is exceeded. Try again in 57 seconds."}`}
	byDate := throttled
	byDate.header = map[string]string{"Retry-After": "Tue, 10 Mar 2026 12:02:57 GMT"}
	silent := throttled
	silent.header = nil
	p, c := newPlay(t, throttled, byDate, silent, scene{call: customersCall, body: oneCustomer})
	if _, err := names(t, c); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(p.waits); got != "[57s 2m0s 3.5s]" {
		t.Errorf("waited %s", got)
	}

	_, c = newPlay(t, throttled, throttled, throttled, throttled)
	if _, err := names(t, c); !errors.Is(err, flow.ErrThrottled) || !strings.Contains(err.Error(), "Try again in 57 seconds") {
		t.Errorf("got %v", err)
	}
	// Longer than anybody waits is not waited for.
	tooLong := throttled
	tooLong.header = map[string]string{"Retry-After": "3600"}
	p, c = newPlay(t, tooLong)
	if _, err := names(t, c); !errors.Is(err, flow.ErrThrottled) || len(p.waits) > 0 {
		t.Errorf("waited %v, got %v", p.waits, err)
	}
}

func TestNoAnswerAtAll(t *testing.T) {
	lost := scene{call: customersCall, lost: true}
	_, c := newPlay(t, lost, lost, lost, lost)
	if _, err := names(t, c); !errors.Is(err, flow.ErrUnanswered) {
		t.Errorf("got %v", err)
	}
	broken := scene{call: customersCall, status: http.StatusInternalServerError, body: `{"code":800003,"description":"Unexpected service error"}`}
	_, c = newPlay(t, broken, broken, broken, broken)
	if _, err := names(t, c); !errors.Is(err, flow.ErrUnanswered) || !strings.Contains(err.Error(), "Unexpected service error (800003)") {
		t.Errorf("got %v", err)
	}
}

func TestEveryShapeOfANo(t *testing.T) {
	for _, s := range []struct {
		body, code, sentence string
		todo                 bool
	}{
		{`{"code":800090,"description":"Subscription quantity cannot be decreased.","data":[],"source":"PartnerFD"}`, "800090", "Subscription quantity cannot be decreased.", true},
		{`{"code":"800090","description":"Subscription quantity cannot be decreased."}`, "800090", "Subscription quantity cannot be decreased.", true},
		{`{"code":600061,"message":"Already there.","description":"Already there.","errorName":"PartnerConfirmedAgreementAlreadyExists","isRetryable":false,"parameters":{}}`, "600061", "Already there.", true},
		{`{"error":{"code":"unAuthorized","message":"Not allowed.","target":"referral","innerError":{"code":"x","message":"deeper"}}}`, "unAuthorized", "Not allowed.", false},
		{`{"error":{"code":"x","innerError":{"message":"deeper"}}}`, "x", "deeper", false},
		{`<html>gateway</html>`, "HTTP 400", "Bad Request", false},
		{``, "HTTP 400", "Bad Request", false},
	} {
		_, c := newPlay(t, scene{call: customersCall, status: http.StatusBadRequest, body: s.body})
		_, err := names(t, c)
		var no *flow.ProviderRefusal
		if !errors.As(err, &no) {
			t.Errorf("%s: got %v", s.body, err)
			continue
		}
		if no.Code != s.code || no.Sentence != s.sentence || strings.Contains(no.Todo, "ask its support") == s.todo {
			t.Errorf("%s: got %+v", s.body, no)
		}
	}
}

// What its own words call worth another try is tried again.
func TestARetryableNo(t *testing.T) {
	p, c := newPlay(t,
		scene{call: customersCall, status: http.StatusConflict, body: `{"code":1,"description":"busy","isRetryable":true}`},
		scene{call: customersCall, body: oneCustomer})
	if _, err := names(t, c); err != nil || len(p.waits) != 1 {
		t.Errorf("waited %v, got %v", p.waits, err)
	}
}

func TestPagesFollowTheToken(t *testing.T) {
	next := `"links":{"next":{"uri":"/customers?size=500&seekOperation=Next","method":"GET","headers":[{"key":"ms-continuationtoken","value":"T1=="}]}}`
	p, c := newPlay(t,
		scene{call: customersCall, body: `{"items":[{"id":"a","companyProfile":{"companyName":"A"}}],` + next + `}`},
		scene{call: customersCall + "&seekOperation=Next", lost: true},
		scene{call: customersCall + "&seekOperation=Next", body: `{"Items":[{"Id":7,"CompanyProfile":{"CompanyName":"B","Domain":null}},{"companyProfile":{}},"nonsense",{"id":"c","companyProfile":{"companyName":"C"}}]}`},
	)
	got := told(c.Customers(t.Context()), func(x flow.ProviderCustomer) string { return x.ID + " " + x.Name })
	compare(t, got, "a A", "7 B", "GET /v1/customers:3: id: is missing, and required", "GET /v1/customers:4: id: is missing, and required", "c C")
	if p.header(2, "MS-ContinuationToken") != "T1==" || p.header(0, "MS-ContinuationToken") != "" {
		t.Error("the token is not sent with the next page alone")
	}

	// A reader that has enough asks for no more pages.
	_, c = newPlay(t, scene{call: customersCall, body: `{"items":[{"id":"a"},{"id":"b"}],` + next + `}`})
	for range c.Customers(t.Context()) {
		break
	}
	// The same page for ever is an error, not a loop.
	again := `{"items":[],` + next + `}`
	_, c = newPlay(t, scene{call: customersCall, body: again}, scene{call: customersCall + "&seekOperation=Next", body: again})
	if _, err := names(t, c); !errors.Is(err, partnercenter.ErrDamaged) {
		t.Errorf("got %v", err)
	}
}

func TestAnAnswerThatIsNone(t *testing.T) {
	for _, body := range []string{`<html></html>`, `{"totalCount":0}`, `"x"`} {
		_, c := newPlay(t, scene{call: customersCall, body: body})
		if _, err := names(t, c); !errors.Is(err, partnercenter.ErrDamaged) {
			t.Errorf("%s: got %v", body, err)
		}
	}
}

func TestWhoeverGivesUpIsNotKept(t *testing.T) {
	_, c := newPlay(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range c.Customers(ctx) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
}

func TestSpansAreSpelledOut(t *testing.T) {
	if got := partnercenter.Commercial().At("http://127.0.0.1:9/").Graph; got.URL != "http://127.0.0.1:9" || got.Audience != "https://graph.microsoft.com" {
		t.Errorf("got %+v", got)
	}
	if got := partnercenter.Government(); got.Login != "https://login.microsoftonline.us" || got.API != partnercenter.Commercial().API {
		t.Errorf("got %+v", got)
	}
}

// An answer that does not come is a lost one, however long the provider thinks.
func TestATryThatTakesTooLong(t *testing.T) {
	p, c := newPlay(t, scene{call: customersCall, hang: true}, scene{call: customersCall, body: oneCustomer})
	if _, err := names(t, c); err != nil {
		t.Fatal(err)
	}
	if p.header(0, "MS-RequestId") != p.header(1, "MS-RequestId") {
		t.Error("it is asked for anew under another id")
	}
}

// A token goes to no host that an answer names.
func TestAnAnswerCannotSendTheTokenElsewhere(t *testing.T) {
	_, c := newPlay(t,
		scene{call: subscriptionCall, body: subscription()},
		scene{call: patchCall, status: http.StatusAccepted, header: map[string]string{"Location": "https://evil.example/v1/customers/c1/subscriptions/sub-1"}},
		scene{call: subscriptionCall, body: subscription(fiveSeats, tenSeats)},
	)
	if receipt, err := c.Change(t.Context(), tenOf()); err != nil || receipt.State != flow.ReceiptDone {
		t.Errorf("got %+v, %v", receipt, err)
	}
}

// Reading may be led on, without the token where it is another host; a change may not.
func TestOnlyReadingIsLedOn(t *testing.T) {
	var elsewhere []string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		elsewhere = append(elsewhere, r.Method+" "+r.Header.Get("Authorization"))
		fmt.Fprint(w, oneCustomer)
	}))
	defer other.Close()
	// The same machine by another name.
	away := map[string]string{"Location": strings.Replace(other.URL, "127.0.0.1", "localhost", 1) + "/list"}
	_, c := newPlay(t,
		scene{call: customersCall, status: http.StatusFound, header: away},
		scene{call: subscriptionCall, body: subscription()},
		scene{call: patchCall, status: http.StatusTemporaryRedirect, header: away},
	)
	if got, err := names(t, c); err != nil || fmt.Sprint(got) != "[Contoso]" {
		t.Errorf("led on to %v, %v", got, err)
	}
	if _, err := c.Change(t.Context(), tenOf()); err == nil {
		t.Error("a change that was sent elsewhere passes for done")
	}
	if fmt.Sprintf("%q", elsewhere) != `["GET "]` {
		t.Errorf("the other host saw %q", elsewhere)
	}
}

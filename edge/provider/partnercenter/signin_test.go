package partnercenter_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"prorata/edge/provider/partnercenter"
	"prorata/flow"
)

func TestTheConsentLink(t *testing.T) {
	_, c := newPlay(t)
	link, err := url.Parse(c.ConsentLink("state-1"))
	if err != nil {
		t.Fatal(err)
	}
	q := link.Query()
	if link.Path != "/common/oauth2/authorize" || q.Get("client_id") != "app" || q.Get("state") != "state-1" ||
		q.Get("redirect_uri") != "https://prorata.example/consent" || q.Get("response_type") != "code" || q.Get("response_mode") != "query" {
		t.Errorf("got %s", link)
	}
}

func TestAConsentBecomesARefreshToken(t *testing.T) {
	p, c := newPlay(t)
	delete(p.kept, partnercenter.RefreshToken)
	if err := c.Consent(t.Context(), "code-secret"); err != nil {
		t.Fatal(err)
	}
	if p.kept[partnercenter.RefreshToken] != "refresh-1-secret" {
		t.Errorf("kept %v", p.kept)
	}
	form, _ := url.ParseQuery(strings.TrimPrefix(p.signIns[0], "/partner/oauth2/token?"))
	if form.Get("grant_type") != "authorization_code" || form.Get("code") != "code-secret" || form.Get("resource") != "https://api.partnercenter.microsoft.com" || form.Get("client_secret") != "app-secret" {
		t.Errorf("asked %s", p.signIns[0])
	}
}

// The new refresh token is kept before the access token is used; later the next.
func TestTheRefreshTokenRotates(t *testing.T) {
	p, c := newPlay(t, scene{call: customersCall, body: oneCustomer}, scene{call: customersCall, body: oneCustomer})
	if _, err := names(t, c); err != nil || p.kept[partnercenter.RefreshToken] != "refresh-1-secret" {
		t.Fatalf("%v, kept %v", err, p.kept)
	}
	p.now = p.now.Add(56 * time.Minute)
	if _, err := names(t, c); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(p.signIns[1], "refresh_token=refresh-1-secret") || p.kept[partnercenter.RefreshToken] != "refresh-2-secret" || p.header(1, "Authorization") != "Bearer access-2-secret" {
		t.Errorf("signed in with %s, kept %v", p.signIns[1], p.kept)
	}
	if err := c.Renew(t.Context()); err != nil || p.kept[partnercenter.RefreshToken] != "refresh-3-secret" {
		t.Errorf("%v, kept %v", err, p.kept)
	}
}

func TestATokenTakenBackEarly(t *testing.T) {
	unauthorized := scene{call: customersCall, status: http.StatusUnauthorized, body: `{"code":800001,"description":"Partner Token missing in request context"}`}
	p, c := newPlay(t, unauthorized, scene{call: customersCall, body: oneCustomer})
	if _, err := names(t, c); err != nil || p.tokens != 2 {
		t.Errorf("%d tokens, %v", p.tokens, err)
	}
	_, c = newPlay(t, unauthorized, unauthorized)
	var no *flow.ProviderRefusal
	if _, err := names(t, c); !errors.As(err, &no) || no.Code != "800001" {
		t.Errorf("got %v", err)
	}
}

func TestMFAIsRefused(t *testing.T) {
	p, c := newPlay(t, scene{call: customersCall, status: http.StatusUnauthorized, body: `{"code":"Unauthorized","description":"The token has no MFA claim."}`}, scene{call: customersCall, body: oneCustomer})
	_, err := names(t, c)
	if !errors.Is(err, flow.ErrConsent) || !strings.Contains(err.Error(), "https://prorata.example/connections/microsoft") {
		t.Errorf("got %v", err)
	}
	if _, err := names(t, c); err != nil || p.tokens != 2 {
		t.Errorf("after it a new token is fetched: %d, %v", p.tokens, err)
	}
}

func TestTheLoginSaysNo(t *testing.T) {
	for _, s := range []struct {
		body    string
		consent bool
		todo    bool
	}{
		{`{"error":"invalid_grant","error_description":"AADSTS700082: The refresh token has expired due to inactivity.\r\nTrace ID: 1","error_codes":[700082]}`, true, false},
		{`{"error":"interaction_required","error_description":"AADSTS50076: Due to a configuration change you must use multi-factor authentication."}`, true, false},
		{`{"error":"invalid_client","error_description":"AADSTS65001: The user has not consented."}`, true, false},
		{`{"error":"invalid_grant"}`, true, false},
		{`{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided: app-secret, with refresh-0-secret."}`, true, true},
	} {
		p, c := newPlay(t)
		p.noSignIn = s.body
		_, err := names(t, c)
		if errors.Is(err, flow.ErrConsent) != s.consent {
			t.Errorf("%s: got %v", s.body, err)
		}
		var no *flow.ProviderRefusal
		if s.todo && (!errors.As(err, &no) || no.Todo == "") {
			t.Errorf("%s: got %v", s.body, err)
		}
		if errors.As(err, &no) != s.todo {
			t.Errorf("%s: got %v", s.body, err)
		}
		if strings.Contains(err.Error(), "secret,") || strings.Contains(err.Error(), refreshToken) {
			t.Errorf("a secret is said: %v", err)
		}
	}
}

// A login that fails says nothing about the consent, nor about what was to be asked.
func TestTheLoginFails(t *testing.T) {
	p, c := newPlay(t)
	p.noSignIn, p.noSignInStatus = `{"error":"temporarily_unavailable","error_description":"app-secret"}`, http.StatusServiceUnavailable
	var no *flow.ProviderRefusal
	if _, err := names(t, c); !errors.Is(err, flow.ErrUnanswered) || errors.Is(err, flow.ErrConsent) || errors.As(err, &no) || strings.Contains(err.Error(), "app-secret") {
		t.Errorf("got %v", err)
	}
}

// The login may say it with the same words and status as the Partner Center.
func TestTheLoginAsksForASecondFactor(t *testing.T) {
	p, c := newPlay(t)
	p.noSignIn, p.noSignInStatus = `{"error":"interaction_required","error_description":"AADSTS50079: You must enroll in multi-factor authentication (MFA)."}`, http.StatusUnauthorized
	if _, err := names(t, c); !errors.Is(err, flow.ErrConsent) {
		t.Errorf("got %v", err)
	}
}

// Nobody consented: what an application may ask alone it asks alone.
func TestWithoutAPerson(t *testing.T) {
	p, c := newPlay(t, scene{call: customersCall, body: oneCustomer})
	delete(p.kept, partnercenter.RefreshToken)
	p.noRefresh = true
	if _, err := names(t, c); err != nil || !strings.Contains(p.signIns[0], "grant_type=client_credentials") {
		t.Errorf("signed in with %v, %v", p.signIns, err)
	}
	if err := c.Renew(t.Context()); !errors.Is(err, flow.ErrConsent) {
		t.Errorf("got %v", err)
	}
}

func TestOneSignInForManyAtOnce(t *testing.T) {
	scenes := make([]scene, 8)
	for i := range scenes {
		scenes[i] = scene{call: customersCall, body: oneCustomer}
	}
	p, c := newPlay(t, scenes...)
	var wait sync.WaitGroup
	for range scenes {
		wait.Add(1)
		go func() {
			defer wait.Done()
			if _, err := names(t, c); err != nil {
				t.Error(err)
			}
		}()
	}
	wait.Wait()
	if p.tokens != 1 {
		t.Errorf("%d sign-ins", p.tokens)
	}
}

// Neither the log nor an error says a token, whatever happens.
func TestNoTokenIsSaid(t *testing.T) {
	p, c := newPlay(t,
		scene{call: customersCall, lost: true},
		scene{call: customersCall, status: http.StatusUnauthorized},
		scene{call: customersCall, status: http.StatusServiceUnavailable},
		scene{call: customersCall, status: http.StatusForbidden},
	)
	_, err := names(t, c)
	if err == nil {
		t.Fatal("want an error")
	}
	said := p.log.String() + err.Error()
	if !strings.Contains(said, "/v1/customers") {
		t.Error("the log is empty")
	}
	for i := range 4 {
		for _, kind := range []string{"access", "refresh"} {
			if strings.Contains(said, fmt.Sprintf("%s-%d-secret", kind, i)) {
				t.Errorf("a token is said: %s", said)
			}
		}
	}
	if strings.Contains(said, "app-secret") {
		t.Error("the application's secret is said")
	}
}

// What cannot be kept is not used: the next process would stand outside.
func TestATokenThatCannotBeKeptIsNotUsed(t *testing.T) {
	p, c := newPlay(t)
	p.cannotKeep = errors.New("the disk is full")
	if _, err := names(t, c); !errors.Is(err, p.cannotKeep) || len(p.asked) > 0 {
		t.Errorf("%d calls, %v", len(p.asked), err)
	}
}

// Two processes share a connection, and the other one has just rotated the token.
func TestAnotherProcessWasQuicker(t *testing.T) {
	p, c := newPlay(t, scene{call: customersCall, body: oneCustomer})
	p.onSignIn = func(n int) {
		p.noSignIn = ""
		if n == 1 {
			p.noSignIn = `{"error":"invalid_grant","error_description":"AADSTS70008: The token was used."}`
			p.kept[partnercenter.RefreshToken] = "refresh-of-the-other"
		}
	}
	if _, err := names(t, c); err != nil || !strings.Contains(p.signIns[1], "refresh-of-the-other") {
		t.Errorf("signed in with %v, %v", p.signIns, err)
	}
}

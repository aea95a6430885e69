package standin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"prorata/edge/provider/standin"
)

const api = "https://api.partnercenter.microsoft.com"

func TestAPersonConsentsInABrowserAndTheTokenRotates(t *testing.T) {
	s := open(t)
	tenant, client, secret := s.world.App()
	ask := "/common/oauth2/authorize?" + url.Values{"client_id": {client}, "redirect_uri": {"http://localhost:8400/consent"}, "state": {"s1"}, "response_type": {"code"}}.Encode()
	if page := s.raw(http.MethodGet, ask, "", "").want(http.StatusOK); !strings.Contains(page.text, "accept=1") {
		t.Errorf("the page does not say how to accept: %s", page.text)
	}
	if refused, err := url.Parse(s.raw(http.MethodGet, ask+"&accept=0", "", "").want(http.StatusFound).header.Get("Location")); err != nil || refused.Query().Get("error") != "access_denied" || refused.Query().Get("state") != "s1" {
		t.Errorf("who refuses goes to %v: %v", refused, err)
	}
	// Sent as a form, nothing of the answer stands in an address.
	if form := s.raw(http.MethodGet, ask+"&accept=1&response_mode=form_post", "", "").want(http.StatusOK).text; !strings.Contains(form, `action="http://localhost:8400/consent"`) || !strings.Contains(form, `name="code"`) {
		t.Error(form)
	}
	back, err := url.Parse(s.raw(http.MethodGet, ask+"&accept=1", "", "").want(http.StatusFound).header.Get("Location"))
	if err != nil || back.Host != "localhost:8400" || back.Query().Get("state") != "s1" {
		t.Fatalf("went to %v: %v", back, err)
	}
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {back.Query().Get("code")}, "redirect_uri": {"http://localhost:8400/consent"},
		"client_id": {client}, "client_secret": {secret}, "resource": {api},
	}
	first := s.raw(http.MethodPost, "/"+tenant+"/oauth2/token", "application/x-www-form-urlencoded", form.Encode()).want(http.StatusOK).is("expires_in", "3600", "resource", api)
	s.raw(http.MethodPost, "/"+tenant+"/oauth2/token", "application/x-www-form-urlencoded", form.Encode()).want(http.StatusBadRequest).is("error", "invalid_grant")

	second := s.exchange(api, "refresh_token", first.str("refresh_token")).want(http.StatusOK)
	if second.str("refresh_token") == first.str("refresh_token") {
		t.Error("the refresh token did not rotate")
	}
	// The old one still serves, until it is told that it must not.
	s.exchange(api, "refresh_token", first.str("refresh_token")).want(http.StatusOK)
	s.world.StrictRotation(true)
	s.exchange(api, "refresh_token", first.str("refresh_token")).want(http.StatusBadRequest).is("error", "invalid_grant")
	s.exchange(api, "refresh_token", second.str("refresh_token")).want(http.StatusOK)
}

func TestTokensRunOut(t *testing.T) {
	s := open(t)
	s.get("/v1/customers").want(http.StatusOK)
	if err := s.world.Advance(start.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if r := s.get("/v1/customers").want(http.StatusUnauthorized); r.header.Get("WWW-Authenticate") == "" {
		t.Error("no WWW-Authenticate")
	}
	old := s.refresh
	if err := s.world.Advance(start.AddDate(0, 0, 91)); err != nil {
		t.Fatal(err)
	}
	if r := s.exchange(api, "refresh_token", old).want(http.StatusBadRequest); !strings.Contains(r.text, "AADSTS700082") {
		t.Error(r.text)
	}
}

func TestWhoMayComeInWhere(t *testing.T) {
	s := open(t)
	s.token = s.exchange("https://graph.windows.net", "refresh_token", s.world.Grant()).str("access_token")
	s.get("/v1/customers").refused(http.StatusUnauthorized, 900420)

	s.token = s.exchange(api, "client_credentials", "").str("access_token")
	s.get("/v1/customers").want(http.StatusOK)
	s.get("/v1/customers/relationshiprequests").refused(http.StatusForbidden, 900329)

	if r := s.do(http.MethodGet, "/v1/customers", nil, "ValidateMfa", "true"); r.header.Get("isMfaCompliant") != "false" {
		t.Errorf("an application shows no second factor, and the answer says %q", r.header.Get("isMfaCompliant"))
	}
	s.world.WithoutMFA(true)
	s.token = s.exchange(api, "refresh_token", s.world.Grant()).str("access_token")
	if r := s.get("/v1/customers").want(http.StatusUnauthorized); !strings.Contains(r.text, "MFA") {
		t.Error(r.text)
	}
	s.token = "made up"
	s.get("/v1/customers").want(http.StatusUnauthorized)
	s.get("/v1.0/tenantRelationships/delegatedAdminRelationships").want(http.StatusUnauthorized).is("error.code", "InvalidAuthenticationToken")

	tenant, client, _ := s.world.App()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {client}, "client_secret": {"guessed"}, "resource": {api}}
	s.raw(http.MethodPost, "/"+tenant+"/oauth2/token", "", form.Encode()).want(http.StatusUnauthorized).is("error", "invalid_client")
}

func TestASignInCanBeRefusedByOrder(t *testing.T) {
	s := open(t)
	s.world.Fail(standin.Fault{Kind: standin.FaultConsent, Path: "/oauth2/token", Code: "AADSTS50076"})
	s.exchange(api, "refresh_token", s.world.Grant()).want(http.StatusBadRequest).is("error", "interaction_required")
	s.exchange(api, "refresh_token", s.world.Grant()).want(http.StatusOK)
	s.world.Revoke()
	s.exchange(api, "refresh_token", s.refresh).want(http.StatusBadRequest)
}

func TestHowStrictlyItSignsInIsSetAtItsOwnDoor(t *testing.T) {
	s := open(t)
	first := s.exchange(api, "refresh_token", s.world.Grant()).want(http.StatusOK).str("refresh_token")
	s.exchange(api, "refresh_token", first).want(http.StatusOK)
	s.do(http.MethodPut, "/standin/signin", object{"strictRotation": true}).want(http.StatusOK).is("strictRotation", "true", "withoutMFA", "false")
	s.exchange(api, "refresh_token", first).want(http.StatusBadRequest).is("error", "invalid_grant")
	s.do(http.MethodPut, "/standin/signin", object{"strictRotation": false, "revoked": true}).want(http.StatusOK)
	s.exchange(api, "refresh_token", first).want(http.StatusBadRequest)
	s.get("/standin/signin").is("strictRotation", "false")
}

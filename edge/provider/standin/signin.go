package standin

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The audiences that tokens are made for.
const (
	audienceAPI     = "https://api.partnercenter.microsoft.com"
	audiencePricing = "https://api.partner.microsoft.com"
	audienceGraph   = "https://graph.microsoft.com"
)

const (
	accessTokenLasts  = time.Hour
	refreshTokenLasts = 90 * 24 * time.Hour
	codeLasts         = 10 * time.Minute
)

// accessToken is what a caller shows.
type accessToken struct {
	audience string
	expires  time.Time
	// person says that somebody stands behind it, mfa that they showed a second factor.
	person, mfa bool
	tenant      string
}

// refreshToken is what a person's consent became.
type refreshToken struct {
	expires time.Time
	mfa     bool
	used    bool
}

// code is a consent on its way to becoming a refresh token.
type code struct {
	expires          time.Time
	redirect, client string
	mfa              bool
}

// keys are the tokens that were given out.
type keys struct {
	access  map[string]*accessToken
	refresh map[string]*refreshToken
	codes   map[string]*code
	// withoutMFA has the person who consents show no second factor.
	withoutMFA bool
}

func newKeys() keys {
	return keys{access: map[string]*accessToken{}, refresh: map[string]*refreshToken{}, codes: map[string]*code{}}
}

// Grant is a refresh token as a person's consent gives it, without the way
// through a browser.
func (w *World) Grant() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.newRefresh(!w.keys.withoutMFA)
}

// WithoutMFA has whoever consents from now on show no second factor.
func (w *World) WithoutMFA(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.keys.withoutMFA = on
}

// Revoke takes back every refresh token, as a changed password does.
func (w *World) Revoke() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.keys.refresh)
}

func (w *World) newRefresh(mfa bool) string {
	token := "0." + w.newHex(40)
	w.keys.refresh[token] = &refreshToken{expires: w.now.Add(refreshTokenLasts), mfa: mfa}
	return token
}

// newAccess makes an access token: three parts as a JSON web token has, so that a
// client may look into it.
func (w *World) newAccess(t accessToken) string {
	t.expires = w.now.Add(accessTokenLasts)
	amr := []string{"pwd"}
	if t.mfa {
		amr = append(amr, "mfa")
	}
	claims := object{"aud": t.audience, "tid": t.tenant, "appid": w.set.ClientID, "exp": t.expires.Unix(), "nbf": w.now.Unix(), "jti": w.newHex(16)}
	if t.person {
		claims["amr"], claims["upn"], claims["scp"] = amr, "integration@"+w.set.Partner.Domain, "user_impersonation"
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(err) // claims are texts and numbers
	}
	part := base64.RawURLEncoding.EncodeToString
	token := part([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + part(payload) + "." + w.newHex(32)
	w.keys.access[token] = &t
	return token
}

// token answers all three ways of asking for an access token.
func (w *World) token(c *call) *answer {
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		return refuseSignIn("AADSTS900144", "The request body cannot be read.")
	}
	if form.Get("client_id") != w.set.ClientID {
		return refuseSignIn("AADSTS700016", "The application is not known in this directory.")
	}
	if form.Get("client_secret") != w.set.Secret {
		a := refuseSignIn("AADSTS7000215", "The client secret is not valid.")
		a.status = http.StatusUnauthorized
		a.body.(object)["error"] = "invalid_client"
		return a
	}
	t := accessToken{audience: audienceOf(form), tenant: c.path("tenant")}
	refresh := ""
	switch form.Get("grant_type") {
	case "client_credentials":
	case "authorization_code":
		given := w.keys.codes[form.Get("code")]
		if given == nil || w.now.After(given.expires) || given.redirect != form.Get("redirect_uri") {
			return refuseSignIn("AADSTS70008", "The authorization code is not valid any more.")
		}
		delete(w.keys.codes, form.Get("code"))
		t.person, t.mfa = true, given.mfa
		refresh = w.newRefresh(given.mfa)
	case "refresh_token":
		given := w.keys.refresh[form.Get("refresh_token")]
		if given == nil || w.now.After(given.expires) || given.used && w.faults.StrictRotation {
			return refuseSignIn("AADSTS700082", "The refresh token has expired or was taken back.")
		}
		given.used = true
		t.person, t.mfa = true, given.mfa
		refresh = w.newRefresh(given.mfa)
	default:
		return refuseSignIn("AADSTS70003", "The grant type is not supported.")
	}
	return w.tokenAnswer(t, refresh, strings.HasSuffix(c.r.URL.Path, "/v2.0/token"))
}

// audienceOf is what a token is asked for: a resource, or the scope of the newer form.
func audienceOf(form url.Values) string {
	if resource := form.Get("resource"); resource != "" {
		return strings.TrimSuffix(resource, "/")
	}
	for scope := range strings.FieldsSeq(form.Get("scope")) {
		if u, err := url.Parse(scope); err == nil && u.Host != "" {
			return u.Scheme + "://" + u.Host
		}
	}
	return ""
}

// tokenAnswer has numbers as texts in the older form and as numbers in the newer.
func (w *World) tokenAnswer(t accessToken, refresh string, newer bool) *answer {
	seconds, from := int64(accessTokenLasts/time.Second), w.now.Unix()
	o := object{"token_type": "Bearer", "access_token": w.newAccess(t)}
	if newer {
		o["expires_in"], o["ext_expires_in"] = seconds, seconds
	} else {
		o["expires_in"], o["ext_expires_in"] = strconv.FormatInt(seconds, 10), strconv.FormatInt(seconds, 10)
		o["expires_on"], o["not_before"], o["resource"] = strconv.FormatInt(from+seconds, 10), strconv.FormatInt(from, 10), t.audience
	}
	if t.person {
		o["scope"], o["refresh_token"], o["id_token"] = "user_impersonation", refresh, w.newHex(40)
	}
	return ok(o)
}

// refuseSignIn is a no of Entra.
func refuseSignIn(code, sentence string) *answer {
	name := "invalid_grant"
	if code == "AADSTS65001" || code == "AADSTS50076" || code == "AADSTS50079" {
		name = "interaction_required"
	}
	return &answer{status: http.StatusBadRequest, body: object{"error": name, "error_description": code + ": " + sentence, "error_codes": []string{strings.TrimPrefix(code, "AADSTS")}}}
}

// unauthorized is the Partner Center's no to a token.
func unauthorized(sentence string) *answer {
	return (&answer{status: http.StatusUnauthorized, body: object{"code": 400, "description": sentence, "data": []any{}, "source": "PartnerFD"}}).
		with("WWW-Authenticate", `Bearer error="invalid_token"`)
}

// admit says why a caller may not come in, or nothing.
func (w *World) admit(c *call, needed need) *answer {
	if needed == anyone {
		return nil
	}
	c.who = w.keys.access[strings.TrimPrefix(c.r.Header.Get("Authorization"), "Bearer ")]
	if c.who == nil {
		return w.turnAway(needed, "No valid access token was given.")
	}
	if !w.now.Before(c.who.expires) {
		return w.turnAway(needed, "The access token has expired.")
	}
	if c.who.audience != audienceFor(needed) {
		if needed == app || needed == person {
			return refuse(900420).with("WWW-Authenticate", `Bearer error="invalid_token"`)
		}
		return w.turnAway(needed, "The token was made for another audience.")
	}
	if (needed == person || needed == pricing) && !c.who.person {
		if needed == person {
			return refuse(900329)
		}
		return refuseOther(http.StatusForbidden, "forbidden", "An application's token alone is not enough.")
	}
	if c.who.person && !c.who.mfa {
		return w.turnAway(needed, "MFA is required: the token has no claim of multi-factor authentication.")
	}
	return nil
}

func audienceFor(needed need) string {
	switch needed {
	case pricing:
		return audiencePricing
	case graph:
		return audienceGraph
	case anyone, app, person:
	}
	return audienceAPI
}

// turnAway is the no of the host that was asked.
func (w *World) turnAway(needed need, sentence string) *answer {
	if needed == pricing || needed == graph {
		return refuseOther(http.StatusUnauthorized, "InvalidAuthenticationToken", sentence).with("WWW-Authenticate", `Bearer error="invalid_token"`)
	}
	return unauthorized(sentence)
}

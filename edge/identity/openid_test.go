package identity_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"prorata/edge/identity"
	"prorata/flow/office"
)

// issuer is an OpenID provider of our own: it signs in whoever the test says, and lies where the
// test says so.
type issuer struct {
	t      *testing.T
	server *httptest.Server
	key    *rsa.PrivateKey
	now    time.Time
	// claims are what the next token says beside what it must; sign signs it.
	claims map[string]any
	sign   *rsa.PrivateKey
	// codes are those given out, with the challenge that they are bound to; each is good once.
	codes map[string]string
}

func (i *issuer) Now() time.Time { return i.now }

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	i := &issuer{t: t, key: key, sign: key, now: time.Date(2026, 3, 12, 9, 0, 0, 0, time.UTC), codes: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		at := i.server.URL
		i.answer(w, map[string]any{"issuer": at, "authorization_endpoint": at + "/authorize", "token_endpoint": at + "/token", "jwks_uri": at + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256"}, "response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		i.answer(w, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "one",
			"n": base64.RawURLEncoding.EncodeToString(i.key.N.Bytes()), "e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(i.key.E)).Bytes())}}})
	})
	mux.HandleFunc("POST /token", i.token)
	i.server = httptest.NewServer(mux)
	t.Cleanup(i.server.Close)
	return i
}

func (i *issuer) answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(value); err != nil {
		i.t.Error(err)
	}
}

// authorize is what the page behind the link does once somebody signed in: it gives a code.
func (i *issuer) authorize(link string) (state, code string) {
	i.t.Helper()
	at, err := url.Parse(link)
	must(i.t, err)
	asked := at.Query()
	if asked.Get("response_type") != "code" || asked.Get("client_id") != "prorata" || asked.Get("code_challenge_method") != "S256" || asked.Get("redirect_uri") != "https://billing.example.com/back" {
		i.t.Fatalf("the link asks %v", asked)
	}
	if !slices.Contains(strings.Fields(asked.Get("scope")), "openid") {
		i.t.Fatalf("the scope is %q", asked.Get("scope"))
	}
	code = rand.Text()
	i.codes[code] = asked.Get("code_challenge")
	i.claims = map[string]any{"iss": i.server.URL, "sub": "s-1", "aud": "prorata", "nonce": asked.Get("nonce"), "iat": i.now.Unix(), "exp": i.now.Add(time.Hour).Unix()}
	return asked.Get("state"), code
}

// token gives the ID token for a code, to who has its verifier and our secret, once.
func (i *issuer) token(w http.ResponseWriter, r *http.Request) {
	client, password, _ := r.BasicAuth()
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	challenge, known := i.codes[r.FormValue("code")]
	delete(i.codes, r.FormValue("code"))
	if client != "prorata" || password != "client-secret" || !known || challenge != base64.RawURLEncoding.EncodeToString(sum[:]) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		i.answer(w, map[string]any{"error": "invalid_grant"})
		return
	}
	i.answer(w, map[string]any{"access_token": "not used", "token_type": "Bearer", "id_token": i.signed()})
}

func (i *issuer) signed() string {
	part := func(value any) string {
		raw, err := json.Marshal(value)
		must(i.t, err)
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	text := part(map[string]any{"alg": "RS256", "kid": "one", "typ": "JWT"}) + "." + part(i.claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, i.sign, crypto.SHA256, sum[:])
	must(i.t, err)
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func (i *issuer) client() *identity.OpenID {
	return &identity.OpenID{Issuer: i.server.URL, Client: "prorata", Secret: "client-secret", Redirect: "https://billing.example.com/back", Called: "Elsewhere",
		HTTP: i.server.Client(), Clock: i}
}

// signIn goes the way of one sign-in; lie changes what the provider says of it.
func (i *issuer) signIn(o *identity.OpenID, lie func()) (office.Proof, error) {
	i.t.Helper()
	verifier := rand.Text() + rand.Text()
	link, err := o.Link(i.t.Context(), "a state", "a nonce", verifier)
	must(i.t, err)
	state, code := i.authorize(link)
	if state != "a state" {
		i.t.Fatalf("the state is %q", state)
	}
	if lie != nil {
		lie()
	}
	return o.Prove(i.t.Context(), code, "a nonce", verifier)
}

// Who signs in there is proved by issuer and subject; an address counts where the provider stands for it.
func TestAProviderProvesWhoSomebodyIs(t *testing.T) {
	i := newIssuer(t)
	for _, c := range []struct {
		name  string
		say   map[string]any
		ask   func(*identity.OpenID)
		wants office.Proof
	}{
		{"a verified address", map[string]any{"email": "ann@nord.example", "email_verified": true, "name": "Ann"}, nil, office.Proof{Address: "ann@nord.example", Name: "Ann"}},
		{"verified, as a word", map[string]any{"email": "ann@nord.example", "email_verified": "true"}, nil, office.Proof{Address: "ann@nord.example"}},
		{"verified, as Entra ID says it", map[string]any{"email": "ann@nord.example", "xms_edov": 1}, nil, office.Proof{Address: "ann@nord.example"}},
		{"an address that anybody could have typed", map[string]any{"email": "olga@nord.example", "email_verified": false}, nil, office.Proof{}},
		{"an address of which nothing is said", map[string]any{"email": "olga@nord.example"}, nil, office.Proof{}},
		{"a login is no address", map[string]any{"preferred_username": "olga@nord.example"}, nil, office.Proof{}},
		{"a provider of one's own", map[string]any{"preferred_username": "ann@nord.example"}, func(o *identity.OpenID) { o.Addresses = true }, office.Proof{Address: "ann@nord.example"}},
		{"a second factor", map[string]any{"amr": []string{"pwd", "mfa"}}, nil, office.Proof{Strong: true}},
		{"a password alone", map[string]any{"amr": []string{"pwd"}}, nil, office.Proof{}},
		{"groups", map[string]any{"groups": []string{"g1", "g2", "g3"}}, func(o *identity.OpenID) {
			o.Claim, o.Roles = "groups", map[string]office.Role{"g1": office.Clerk, "g3": office.Sales}
		}, office.Proof{Roles: []office.Role{office.Clerk, office.Sales}}},
		{"no group of ours", map[string]any{"groups": "g9"}, func(o *identity.OpenID) {
			o.Claim, o.Roles = "groups", map[string]office.Role{"g1": office.Owner}
		}, office.Proof{Roles: []office.Role{}}},
	} {
		o := i.client()
		if c.ask != nil {
			c.ask(o)
		}
		p, err := i.signIn(o, func() {
			for name, value := range c.say {
				i.claims[name] = value
			}
		})
		must(t, err)
		if p.Issuer != i.server.URL || p.Subject != "s-1" || p.Address != c.wants.Address || p.Name != c.wants.Name || p.Strong != c.wants.Strong ||
			!slices.Equal(p.Roles, c.wants.Roles) || (p.Roles == nil) != (c.wants.Roles == nil) {
			t.Errorf("%s: %+v, expected %+v", c.name, p, c.wants)
		}
	}
}

// A token that is not for us, not of now, not of this sign-in, or not of this provider proves nothing.
func TestALieIsNotTaken(t *testing.T) {
	i := newIssuer(t)
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	for name, lie := range map[string]func(){
		"another nonce":     func() { i.claims["nonce"] = "another" },
		"no nonce":          func() { delete(i.claims, "nonce") },
		"another audience":  func() { i.claims["aud"] = "somebody else" },
		"several audiences": func() { i.claims["aud"] = []string{"prorata", "somebody else"} },
		"another issuer":    func() { i.claims["iss"] = "https://elsewhere.example" },
		"too old":           func() { i.claims["exp"] = i.now.Add(-time.Minute).Unix() },
		"not yet":           func() { i.claims["nbf"] = i.now.Add(time.Hour).Unix() },
		"an unknown key":    func() { i.sign = stranger },
	} {
		i.sign = i.key
		if p, err := i.signIn(i.client(), lie); err == nil {
			t.Errorf("%s was taken: %+v", name, p)
		}
	}
	i.sign = i.key
	if _, err := i.signIn(i.client(), nil); err != nil {
		t.Errorf("the truth was not taken: %v", err)
	}
}

// A code is good once, for who began the sign-in, and the provider's answer is in no error.
func TestACodeIsGoodOnce(t *testing.T) {
	i := newIssuer(t)
	o := i.client()
	verifier := rand.Text() + rand.Text()
	link, err := o.Link(t.Context(), "a state", "a nonce", verifier)
	must(t, err)
	_, code := i.authorize(link)
	if _, err := o.Prove(t.Context(), code, "a nonce", verifier); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Prove(t.Context(), code, "a nonce", verifier); err == nil {
		t.Error("a code was taken twice")
	}
	_, code = i.authorize(link)
	_, err = o.Prove(t.Context(), code, "a nonce", rand.Text()+rand.Text())
	if err == nil || err.Error() != "exchange the code: the provider answered 400 invalid_grant" {
		t.Errorf("another verifier gave %v", err)
	}
}

package partnercenter_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"prorata/edge/provider/partnercenter"
	"prorata/flow"
)

// authority is a chain of certificates made for a test: a root, who issues for
// it, and a key that signs notifications.
type authority struct {
	root, issuer, leaf *x509.Certificate
	key                *rsa.PrivateKey
	issuerKey          *rsa.PrivateKey
}

var webhookDay = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

func certificate(t *testing.T, of, by *x509.Certificate, key any, byKey *rsa.PrivateKey) *x509.Certificate {
	t.Helper()
	of.SerialNumber = big.NewInt(int64(len(of.Subject.CommonName)) + 1)
	if of.NotBefore.IsZero() {
		of.NotBefore, of.NotAfter = webhookDay.AddDate(-1, 0, 0), webhookDay.AddDate(1, 0, 0)
	}
	if by == nil {
		by = of
	}
	der, err := x509.CreateCertificate(rand.Reader, of, by, key, byKey)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func microsoft(common string) pkix.Name {
	return pkix.Name{CommonName: common, Organization: []string{"Microsoft Corporation"}}
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	rootKey := newKey(t)
	a := &authority{key: newKey(t), issuerKey: newKey(t)}
	a.root = certificate(t, &x509.Certificate{Subject: microsoft("Root"), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, nil, &rootKey.PublicKey, rootKey)
	a.issuer = certificate(t, &x509.Certificate{Subject: microsoft("Issuing CA"), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, a.root, &a.issuerKey.PublicKey, rootKey)
	a.leaf = a.signs(t, &x509.Certificate{Subject: microsoft("notifications.microsoft.com")}, &a.key.PublicKey)
	return a
}

// signs makes a certificate that is issued as Microsoft's are.
func (a *authority) signs(t *testing.T, of *x509.Certificate, key any) *x509.Certificate {
	of.IssuingCertificateURL = []string{"ldap://elsewhere", "http://www.microsoft.com/pkiops/issuing.crt"}
	return certificate(t, of, a.issuer, key, a.issuerKey)
}

// pages is a net in which there is nothing else; it counts what was asked.
type pages struct {
	of    map[string][]byte
	asked []string
}

func (p *pages) RoundTrip(r *http.Request) (*http.Response, error) {
	p.asked = append(p.asked, r.URL.String())
	w := httptest.NewRecorder()
	body, ok := p.of[r.URL.String()]
	switch {
	case !ok:
		w.WriteHeader(http.StatusNotFound)
	case strings.HasPrefix(string(body), "http"):
		w.Header().Set("Location", string(body))
		w.WriteHeader(http.StatusFound)
	}
	w.Write(body)
	return w.Result(), nil
}

const certificateURL = "https://store.blob.core.windows.net/cert/notifications.cer"

func (a *authority) pages() *pages {
	return &pages{of: map[string][]byte{certificateURL: a.leaf.Raw, "http://www.microsoft.com/pkiops/issuing.crt": a.issuer.Raw}}
}

func (a *authority) verifier(p *pages, change func(*partnercenter.WebhookTrust)) *partnercenter.WebhookVerifier {
	roots := x509.NewCertPool()
	roots.AddCert(a.root)
	trust := partnercenter.MicrosoftTrust(roots)
	trust.HTTP, trust.Clock = &http.Client{Transport: p}, func() time.Time { return webhookDay }
	if change != nil {
		change(&trust)
	}
	return partnercenter.NewWebhookVerifier(trust)
}

func (a *authority) headers(t *testing.T, body string) http.Header {
	t.Helper()
	digest := sha256.Sum256([]byte(body))
	signature, err := rsa.SignPKCS1v15(nil, a.key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	h.Set("X-MS-Certificate-Url", certificateURL)
	h.Set("X-MS-Signature-Algorithm", "rsa-sha256")
	h.Set("Authorization", "Signature "+base64.StdEncoding.EncodeToString(signature))
	return h
}

const notified = `{"EventName":"subscription-updated","ResourceUri":"https://api.partnercenter.microsoft.com/webhooks/v1/customers/c1/subscriptions/s1","ResourceName":"subscription","AuditUri":null,"ResourceChangeUtcDate":"2026-03-10T11:59:06.3520276+00:00"}`

func TestANotificationThatMicrosoftSignedIsBelieved(t *testing.T) {
	a := newAuthority(t)
	p := a.pages()
	v := a.verifier(p, nil)
	for range 3 {
		if err := v.Verify(t.Context(), a.headers(t, notified), []byte(notified)); err != nil {
			t.Fatal(err)
		}
	}
	compare(t, p.asked, certificateURL, "http://www.microsoft.com/pkiops/issuing.crt")

	own := a.headers(t, notified)
	own.Set("x-ms-signature", own.Get("Authorization"))
	own.Set("Authorization", "Bearer of something else")
	if err := v.Verify(t.Context(), own, []byte(notified)); err != nil {
		t.Error(err)
	}
	digest := sha512.Sum512([]byte(notified))
	signature, _ := rsa.SignPKCS1v15(nil, a.key, crypto.SHA512, digest[:])
	own.Set("X-MS-Signature", "signature "+base64.StdEncoding.EncodeToString(signature))
	own.Set("X-MS-Signature-Algorithm", "RSA-SHA512")
	if err := v.Verify(t.Context(), own, []byte(notified)); err != nil {
		t.Error(err)
	}
}

// The chain may be served at once, in one file of texts.
func TestACertificateWithItsChain(t *testing.T) {
	a := newAuthority(t)
	p := a.pages()
	p.of = map[string][]byte{certificateURL: append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.leaf.Raw}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.issuer.Raw})...)}
	if err := a.verifier(p, nil).Verify(t.Context(), a.headers(t, notified), []byte(notified)); err != nil {
		t.Fatal(err)
	}
	compare(t, p.asked, certificateURL)
}

func status(err error) int {
	var no *partnercenter.WebhookRefusal
	if errors.As(err, &no) {
		return no.Status
	}
	return 0
}

func TestWhatIsNotSignedIsRefused(t *testing.T) {
	a := newAuthority(t)
	good := a.headers(t, notified)
	for name, c := range map[string]struct {
		header, value, body string
		status              int
	}{
		"another body":       {body: notified + " ", status: 401},
		"no signature":       {header: "Authorization", status: 401},
		"a password":         {header: "Authorization", value: "Basic abcd", status: 401},
		"no Base64":          {header: "Authorization", value: "Signature !!", status: 401},
		"an empty signature": {header: "Authorization", value: "Signature ", status: 401},
		"another signature":  {header: "Authorization", value: "Signature " + base64.StdEncoding.EncodeToString(make([]byte, 256)), status: 401},
		"no certificate":     {header: "X-MS-Certificate-Url", status: 400},
		"no algorithm":       {header: "X-MS-Signature-Algorithm", status: 400},
		"a weak algorithm":   {header: "X-MS-Signature-Algorithm", value: "rsa-sha1", status: 400},
		"another algorithm":  {header: "X-MS-Signature-Algorithm", value: "rsa-sha512", status: 401},
	} {
		h := good.Clone()
		if c.header != "" {
			h.Del(c.header)
			if c.value != "" {
				h.Set(c.header, c.value)
			}
		}
		if c.body == "" {
			c.body = notified
		}
		if err := a.verifier(a.pages(), nil).Verify(t.Context(), h, []byte(c.body)); status(err) != c.status {
			t.Errorf("%s: got %v, want %d", name, err, c.status)
		}
	}
}

// Nobody makes us ask an address of theirs.
func TestOnlyPinnedAddressesAreAsked(t *testing.T) {
	a := newAuthority(t)
	for _, address := range []string{
		"http://store.blob.core.windows.net/x.cer", "https://evil.example/x.cer", "https://blob.core.windows.net.evil.example/x.cer", "https://evilblob.core.windows.net/x.cer",
		"https://store.blob.core.windows.net:8443/x.cer", "https://user@store.blob.core.windows.net/x.cer", "https://169.254.169.254/x.cer", "https://[::1]/x.cer", "https://localhost/x.cer",
		"file:///etc/passwd", "//store.blob.core.windows.net/x.cer", "https:store.blob.core.windows.net", "https://evil.example/?https://store.blob.core.windows.net/", "https://store.blob.core.windows.net%2eevil.example/", "%",
	} {
		p := a.pages()
		h := a.headers(t, notified)
		h.Set("X-MS-Certificate-Url", address)
		if err := a.verifier(p, nil).Verify(t.Context(), h, []byte(notified)); status(err) != http.StatusBadRequest || len(p.asked) > 0 {
			t.Errorf("%s: asked %v, got %v", address, p.asked, err)
		}
	}
	// A stand-in's own address is asked where it is listed, and that alone.
	p := a.pages()
	p.of["http://127.0.0.1:8089/x.cer"] = a.leaf.Raw
	v := a.verifier(p, func(trust *partnercenter.WebhookTrust) { trust.Origins = []string{"http://127.0.0.1:8089"} })
	h := a.headers(t, notified)
	h.Set("X-MS-Certificate-Url", "http://127.0.0.1:8089/x.cer")
	if err := v.Verify(t.Context(), h, []byte(notified)); err != nil {
		t.Error(err)
	}
	h.Set("X-MS-Certificate-Url", "http://127.0.0.1:80890/x.cer")
	if err := v.Verify(t.Context(), h, []byte(notified)); status(err) != http.StatusBadRequest {
		t.Errorf("got %v", err)
	}
}

func TestCertificatesThatAreNotBelieved(t *testing.T) {
	a, other := newAuthority(t), newAuthority(t)
	elliptical, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	late := a.signs(t, &x509.Certificate{Subject: microsoft("notifications.microsoft.com"), NotBefore: webhookDay.AddDate(-2, 0, 0), NotAfter: webhookDay.AddDate(0, 0, -1)}, &a.key.PublicKey)
	foreign := a.signs(t, &x509.Certificate{Subject: microsoft("notifications.evil.example")}, &a.key.PublicKey)
	curve := a.signs(t, &x509.Certificate{Subject: microsoft("notifications.microsoft.com")}, &elliptical.PublicKey)
	silent := certificate(t, &x509.Certificate{Subject: microsoft("silent.microsoft.com")}, a.issuer, &a.key.PublicKey, a.issuerKey)
	alone := certificate(t, &x509.Certificate{Subject: pkix.Name{CommonName: "x.microsoft.com", Organization: []string{"Evil"}}}, nil, &a.key.PublicKey, a.key)
	for name, c := range map[string]struct {
		page []byte
		want string
	}{
		"another root":  {other.leaf.Raw, "not trusted"},
		"over":          {late.Raw, "expired"},
		"another name":  {foreign.Raw, "expected a name of microsoft.com"},
		"another curve": {curve.Raw, "expected RSA"},
		"self-signed":   {alone.Raw, "expected Microsoft Corporation"},
		"no issuer":     {silent.Raw, "where we may ask for its issuer"},
		"nothing":       {nil, "is none"},
		"a page":        {[]byte("<html>"), "is none"},
		"a long page":   {make([]byte, 1<<20), "longer than 64 KiB"},
		"elsewhere":     {[]byte("http://169.254.169.254/"), "302"},
	} {
		p := a.pages()
		p.of[certificateURL] = c.page
		v := a.verifier(p, nil)
		for range 2 {
			if err := v.Verify(t.Context(), a.headers(t, notified), []byte(notified)); status(err) != http.StatusUnauthorized || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: got %v, want %s", name, err, c.want)
			}
		}
		n := 0
		for _, asked := range p.asked {
			if asked == certificateURL {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s: asked %v; a bad address rests for a while", name, p.asked)
		}
	}
}

func TestACertificateIsLookedAtAnewAfterADay(t *testing.T) {
	a := newAuthority(t)
	p, now := a.pages(), webhookDay
	v := a.verifier(p, func(trust *partnercenter.WebhookTrust) { trust.Clock = func() time.Time { return now } })
	verify := func() error { return v.Verify(t.Context(), a.headers(t, notified), []byte(notified)) }
	if err := verify(); err != nil {
		t.Fatal(err)
	}
	now = now.Add(25 * time.Hour)
	delete(p.of, certificateURL)
	if err := verify(); status(err) != http.StatusUnauthorized {
		t.Errorf("got %v", err)
	}
	p.of[certificateURL] = a.leaf.Raw
	if err := verify(); status(err) != http.StatusUnauthorized {
		t.Errorf("got %v", err)
	}
	if now = now.Add(2 * time.Minute); verify() != nil {
		t.Error("it is not asked again")
	}
}

func TestTheHandlerAnswersAsDocumented(t *testing.T) {
	a := newAuthority(t)
	var taken []flow.ProviderEvent
	var full error
	handler := partnercenter.WebhookHandler(a.verifier(a.pages(), nil).Verify, func(_ context.Context, e flow.ProviderEvent) error {
		taken = append(taken, e)
		return full
	})
	send := func(method, body string, header http.Header) int {
		r := httptest.NewRequest(method, "/webhooks/microsoft", strings.NewReader(body))
		r.Header = header
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Body.Len() > 0 {
			t.Errorf("the answer says %q", w.Body)
		}
		return w.Code
	}
	signed := func(body string) int { return send("POST", body, a.headers(t, body)) }
	got := []string{
		fmt.Sprint("signed ", signed(notified)), fmt.Sprint("again ", signed(notified)), fmt.Sprint("unsigned ", send("POST", notified, http.Header{})),
		fmt.Sprint("read ", send("GET", "", http.Header{})), fmt.Sprint("long ", send("POST", strings.Repeat("x", 1<<20), http.Header{})),
		fmt.Sprint("nonsense ", signed("[]")), fmt.Sprint("nameless ", signed("{}")),
	}
	full = errors.New("the disk is full")
	got = append(got, fmt.Sprint("not taken ", signed(notified)))
	compare(t, got, "signed 200", "again 200", "unsigned 401", "read 405", "long 413", "nonsense 400", "nameless 400", "not taken 500")
	if len(taken) != 3 || taken[0].ID == "" || taken[0] != taken[1] || taken[0].Kind != "subscription-updated" || taken[0].Customer != "c1" || taken[0].Holding != "s1" || taken[0].At.IsZero() {
		t.Errorf("%+v", taken)
	}
}

// Each published notification is an event that says what to read anew.
func TestEveryPublishedNotification(t *testing.T) {
	want := map[string]string{
		"subscription-updated": "{{CustomerId}}|{{SubscriptionId}}|", "invoice-ready": "||{{InvoiceId}}", "reseller-relationship-accepted-by-customer": "4b2a6e33-8791-4386-bd2b-0d55baf25039||",
	}
	ids := map[string]bool{}
	for n := 1; n <= 21; n++ {
		name := fmt.Sprintf("partner-center-webhook-events.%02d.example.json", n)
		e, err := partnercenter.WebhookEvent([]byte(sample(t, name)))
		if err != nil || e.Kind == "" || e.At.IsZero() || ids[e.ID] {
			t.Errorf("%s: %+v %v", name, e, err)
		}
		ids[e.ID] = true
		expected := want[e.Kind]
		if expected == "" {
			expected = "||"
		}
		if got := e.Customer + "|" + e.Holding + "|" + e.Invoice; got != expected {
			t.Errorf("%s: %s points to %s, want %s", name, e.Kind, got, expected)
		}
	}
}

func TestTheRegistration(t *testing.T) {
	const (
		registration = "/webhooks/v1/registration"
		answer       = `{"SubscriberId":"sub","WebhookUrl":"https://us.example/hook","WebhookEvents":["invoice-ready","test-created"]}`
	)
	p, c := newPlay(t,
		scene{call: "GET " + registration + "/events", body: `["invoice-ready","test-created"]`},
		scene{call: "GET " + registration, status: http.StatusNotFound, body: `{"code":2000,"description":"none"}`},
		scene{call: "POST " + registration, body: answer},
		scene{call: "GET " + registration, body: answer},
		scene{call: "PUT " + registration, body: answer},
		scene{call: "POST " + registration + "/validationEvents", body: `{"correlationId":"v1"}`},
		scene{call: "GET " + registration + "/validationEvents/v1", body: `{"correlationId":"v1","status":"completed","results":[{"responseCode":"OK","responseMessage":"","systemError":false,"dateTimeUtc":"2026-03-10T11:59:00.1"}]}`},
	)
	events, err := c.WebhookEvents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	compare(t, events, "invoice-ready", "test-created")
	for range 2 {
		got, err := c.WebhookRegister(t.Context(), partnercenter.WebhookRegistration{URL: "https://us.example/hook", Events: []string{"invoice-ready"}})
		if err != nil || got.Subscriber != "sub" || len(got.Events) != 2 {
			t.Errorf("%+v %v", got, err)
		}
	}
	if want := `{"WebhookUrl":"https://us.example/hook","WebhookEvents":["invoice-ready","test-created"],"SignatureTokenToMsSignatureHeader":true}`; p.asked[2].body != want || p.asked[4].body != want {
		t.Errorf("asked %s and %s", p.asked[2].body, p.asked[4].body)
	}
	id, err := c.WebhookTestSend(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tries, done, err := c.WebhookTestResult(t.Context(), id)
	if err != nil || !done || len(tries) != 1 || tries[0].Code != "OK" || tries[0].Theirs {
		t.Errorf("%+v %t %v", tries, done, err)
	}
}

package standin

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// ear is a partner's address for notifications: it keeps what it hears.
type ear struct {
	address string
	// deaf is how many of the next it does not take.
	deaf   int
	heard  []string
	header http.Header
	tries  int
}

func listen(t *testing.T) *ear {
	t.Helper()
	e := &ear{}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		e.tries++
		body, err := io.ReadAll(r.Body)
		if err != nil || e.deaf > 0 {
			e.deaf--
			rw.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		e.heard, e.header = append(e.heard, string(body)), r.Header
	}))
	t.Cleanup(server.Close)
	e.address = server.URL + "/hook"
	return e
}

// register has a shop tell an ear of invoices and tests.
func (s *shop) register(e *ear, more map[string]any) {
	s.t.Helper()
	form := map[string]any{"WebhookUrl": e.address, "WebhookEvents": []string{"invoice-ready", "test-created"}}
	for k, v := range more {
		form[k] = v
	}
	if r := s.send(http.MethodPost, "/webhooks/v1/registration", form); r.status != http.StatusOK || r.object(s.t)["SubscriberId"] == "" {
		s.t.Fatalf("%d %s", r.status, r.data)
	}
}

// billMarch has something happen in March and moves on to its invoice.
func (s *shop) billMarch() {
	s.t.Helper()
	s.happen("sub-1", days(s.t, "2026-03-05", "2027-03-04"), chargeNew, 0, 10)
	s.advance("2026-04-06", "04:00")
}

func TestAnInvoiceIsAnnouncedAndSigned(t *testing.T) {
	for _, own := range []bool{false, true} {
		s, e := open(t, "USD", "2026-03-05"), listen(t)
		s.register(e, map[string]any{"SignatureTokenToMsSignatureHeader": own})
		s.billMarch()
		if err := s.w.Notify(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf(`{"EventName":"invoice-ready","ResourceUri":"%s/v1/invoices/%s","ResourceName":"invoice","AuditUri":null,"ResourceChangeUtcDate":"2026-04-06T04:00:00.0000000+00:00"}`, s.address, s.w.Invoices()[0])
		if len(e.heard) != 1 || e.heard[0] != want {
			t.Fatalf("heard %v, want %s", e.heard, want)
		}
		header := "Authorization"
		if own {
			header = "X-Ms-Signature"
		}
		word, text, _ := strings.Cut(e.header.Get(header), " ")
		signature, err := base64.StdEncoding.DecodeString(text)
		if err != nil || word != "Signature" || e.header.Get("X-Ms-Signature-Algorithm") != "rsa-sha256" {
			t.Fatalf("headers %v", e.header)
		}
		s.verify(e.header.Get("X-Ms-Certificate-Url"), e.heard[0], signature)
	}
}

// verify checks a signature as a partner does: by the named certificate, which
// must come from the authority.
func (s *shop) verify(place, body string, signature []byte) {
	s.t.Helper()
	certificate, err := x509.ParseCertificate(s.get(place).data)
	if err != nil {
		s.t.Fatal(err)
	}
	der, err := s.w.Authority()
	if err != nil {
		s.t.Fatal(err)
	}
	authority, err := x509.ParseCertificate(der)
	if err != nil {
		s.t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(authority)
	if _, err := certificate.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: s.w.Now()}); err != nil {
		s.t.Error(err)
	}
	if !strings.Contains(certificate.Issuer.String(), "O=Microsoft Corporation") {
		s.t.Errorf("the issuer is %s", certificate.Issuer)
	}
	digest := sha256.Sum256([]byte(body))
	if err := rsa.VerifyPKCS1v15(certificate.PublicKey.(*rsa.PublicKey), crypto.SHA256, digest[:], signature); err != nil {
		s.t.Error(err)
	}
	changed := sha256.Sum256([]byte(body + " "))
	if rsa.VerifyPKCS1v15(certificate.PublicKey.(*rsa.PublicKey), crypto.SHA256, changed[:], signature) == nil {
		s.t.Error("another body has the same signature")
	}
}

func TestANotificationIsTriedTenTimesAndThenParked(t *testing.T) {
	for _, c := range []struct {
		deaf, tries, heard, parked int
		waited                     time.Duration
	}{
		{0, 1, 1, 0, 0}, {3, 4, 1, 0, 7 * time.Second}, {10, 10, 0, 1, 511 * time.Second},
	} {
		s, e := open(t, "USD", "2026-03-05"), listen(t)
		var waited time.Duration
		s.w.set.Wait = func(_ context.Context, span time.Duration) error {
			waited += span
			return nil
		}
		s.register(e, nil)
		s.billMarch()
		e.deaf = c.deaf
		if err := s.w.Notify(t.Context()); err != nil {
			t.Fatal(err)
		}
		if e.tries != c.tries || len(e.heard) != c.heard || len(s.w.Parked()) != c.parked || waited != c.waited {
			t.Errorf("deaf %d times: %d tries, %d heard, %d parked, waited %s", c.deaf, e.tries, len(e.heard), len(s.w.Parked()), waited)
		}
	}
}

func TestAWorldMadeAgainSignsAsItDid(t *testing.T) {
	authority := func(seed string) string {
		der, err := New(Settings{Seed: seed}).Authority()
		if err != nil {
			t.Fatal(err)
		}
		return string(der)
	}
	first, again, other := authority("a"), authority("a"), authority("b")
	if first != again || first == other {
		t.Error("the authority does not follow from the seed alone")
	}
}

func TestNotificationsMayBeLost(t *testing.T) {
	s, e := open(t, "USD", "2026-03-05"), listen(t)
	s.register(e, nil)
	switches := s.w.Switches()
	switches.WebhooksLost = true
	s.w.Switch(switches)
	s.billMarch()
	if err := s.w.Notify(t.Context()); err != nil {
		t.Fatal(err)
	}
	if e.tries != 0 || len(s.w.Invoices()) != 1 {
		t.Errorf("%d tries for %d invoices", e.tries, len(s.w.Invoices()))
	}
}

func TestOneWhoAlwaysNotifiesHearsWhatComes(t *testing.T) {
	s, e := open(t, "USD", "2026-03-05"), listen(t)
	s.register(e, nil)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	heard := make(chan struct{}, 1)
	s.w.NotifyBy(&http.Client{Transport: tellTale{heard}})
	go func() { done <- s.w.NotifyAlways(ctx) }()
	s.billMarch()
	<-heard
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}

// tellTale says when a call was made.
type tellTale struct{ made chan<- struct{} }

func (w tellTale) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := http.DefaultTransport.RoundTrip(r)
	w.made <- struct{}{}
	return answer, err
}

func TestTheWayToThePartnerIsTried(t *testing.T) {
	s, e := open(t, "USD", "2026-03-05"), listen(t)
	if r := s.send(http.MethodGet, "/webhooks/v1/registration", nil); r.status != http.StatusNotFound {
		t.Errorf("before anybody registered: %d", r.status)
	}
	var events []string
	s.get("/webhooks/v1/registration/events").json(t, &events)
	if len(events) < 4 {
		t.Errorf("the events are %v", events)
	}
	for _, wrong := range []map[string]any{{"WebhookUrl": "hook"}, {"WebhookUrl": e.address, "WebhookEvents": []string{"odd"}}} {
		if r := s.send(http.MethodPost, "/webhooks/v1/registration", wrong); r.status != http.StatusBadRequest {
			t.Errorf("%v: %d", wrong, r.status)
		}
	}
	s.register(e, nil)
	id := s.send(http.MethodPost, "/webhooks/v1/registration/validationEvents", nil).object(t)["correlationId"].(string)
	place := "/webhooks/v1/registration/validationEvents/" + id
	if got := s.get(place).object(t)["status"]; got != "pending" {
		t.Errorf("before it is sent: %v", got)
	}
	if err := s.w.Notify(t.Context()); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Status  string
		Results []struct {
			ResponseCode string
			SystemError  bool
		}
	}
	s.get(place).json(t, &got)
	if got.Status != "completed" || len(got.Results) != 1 || got.Results[0].ResponseCode != "OK" || got.Results[0].SystemError {
		t.Errorf("afterwards: %+v", got)
	}
	var heard struct{ EventName, ResourceName string }
	if err := json.Unmarshal([]byte(e.heard[0]), &heard); err != nil || heard.EventName != "test-created" || heard.ResourceName != "test" {
		t.Errorf("heard %v", e.heard)
	}
	s.send(http.MethodPost, "/webhooks/v1/registration/validationEvents", nil)
	if r := s.send(http.MethodPost, "/webhooks/v1/registration/validationEvents", nil); r.status != http.StatusTooManyRequests || r.header.Get("Retry-After") == "" {
		t.Errorf("the third in a minute: %d", r.status)
	}
	if r := s.send(http.MethodPut, "/webhooks/v1/registration", map[string]any{"WebhookUrl": e.address, "WebhookEvents": []string{"invoice-ready"}}); r.status != http.StatusOK {
		t.Errorf("%d %s", r.status, r.data)
	}
	s.advance("2026-03-06", "00:00")
	if r := s.send(http.MethodPost, "/webhooks/v1/registration/validationEvents", nil); r.status != http.StatusBadRequest {
		t.Errorf("a test that nobody registered for: %d", r.status)
	}
}

package standin

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

const (
	// attemptsMax is how often a notification is tried before it is parked for good.
	attemptsMax = 10
	// firstWait is before the second try; each further one waits twice as long.
	firstWait       = time.Second
	certificatePath = "/standin/certificates/webhook.cer"
	authorityPath   = "/standin/certificates/authority.cer"
	// testEvent is what a validation sends.
	testEvent         = "test-created"
	subscriptionEvent = "subscription-updated"
	invoiceEvent      = "invoice-ready"
	// validationsMax is how many validations may be asked for in a minute.
	validationsMax = 2
)

// hookEventNames are the events that can be registered for.
var hookEventNames = []string{
	"azure-fraud-event-detected", "granular-admin-relationship-activated", "granular-admin-relationship-approved", "granular-admin-relationship-terminated",
	invoiceEvent, "reseller-relationship-accepted-by-customer", subscriptionEvent, testEvent, "usagerecords-thresholdExceeded",
}

// registration is where the partner wants to be told, and of what.
type registration struct {
	subscriber, url string
	events          []string
	// ownHeader puts the signature into a header of its own.
	ownHeader bool
}

// notification is one event on its way.
type notification struct {
	event, body string
	// validation is set where it is a test's.
	validation *validation
}

// validation is a test of the way to the partner.
type validation struct {
	id      string
	askedAt time.Time
	done    bool
	results []object
	url     string
}

// webhooks are the partner's registration and what waits to be sent.
type webhooks struct {
	registered *registration
	queue      []notification
	parked     []string
	tests      []*validation
	// address is the world's, as whoever registered saw it.
	address string
	signer  *signer
	// ring is rung when there is something to send.
	ring chan struct{}
}

// notify tells whoever registered for an event that a resource changed: path is
// where to read it, name what it is called. The world is locked.
func (b *billing) notify(event, path, name string) {
	h := &b.hooks
	if h.registered == nil || b.world.set.HTTP == nil || b.switches.WebhooksLost || !slices.Contains(h.registered.events, event) {
		return
	}
	h.push(notification{event: event, body: b.eventBody(event, path, name)})
}

func (h *webhooks) push(n notification) {
	h.queue = append(h.queue, n)
	select {
	case h.ring <- struct{}{}:
	default:
	}
}

// eventBody points to what changed; a change of a subscription also to the audit
// record that was written for it.
func (b *billing) eventBody(event, path, name string) string {
	audit := []byte("null")
	if all := b.world.records; event == subscriptionEvent && len(all) > 0 {
		audit = quoted(b.hooks.address + "/v1/auditrecords/" + all[len(all)-1].id)
	}
	return fmt.Sprintf(`{"EventName":%s,"ResourceUri":%s,"ResourceName":%s,"AuditUri":%s,"ResourceChangeUtcDate":%s}`,
		quoted(event), quoted(b.hooks.address+path), quoted(name), audit, quoted(b.world.now.UTC().Format("2006-01-02T15:04:05.0000000-07:00")))
}

// Notify sends what waits to be sent, one after the other, and returns when
// nothing waits or the context ends. What nobody takes in ten tries is parked.
func (w *World) Notify(ctx context.Context) error {
	for {
		w.mu.Lock()
		h := &w.billing.hooks
		if len(h.queue) == 0 || h.registered == nil {
			w.mu.Unlock()
			return ctx.Err()
		}
		n, to := h.queue[0], *h.registered
		h.queue = h.queue[1:]
		request, err := w.billing.signed(n, to)
		w.mu.Unlock()
		if err != nil {
			return err
		}
		outcome, err := w.send(ctx, request, to.url, n.body)
		if err != nil {
			return err
		}
		w.sent(n, outcome)
	}
}

// NotifyAlways sends whatever comes, until the context ends.
func (w *World) NotifyAlways(ctx context.Context) error {
	for {
		if err := w.Notify(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.billing.hooks.ring:
		}
	}
}

// Parked are the bodies of notifications that nobody took.
func (w *World) Parked() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.billing.hooks.parked)
}

// outcome is how sending ended.
type outcome struct {
	status int
	why    string
}

func (o outcome) good() bool { return o.status >= 200 && o.status < 300 }

// send tries until somebody takes it or there are no more tries; its error is
// the context's alone.
func (w *World) send(ctx context.Context, header http.Header, to, body string) (outcome, error) {
	var last outcome
	wait := firstWait
	for attempt := range attemptsMax {
		if attempt > 0 && w.set.Wait != nil {
			if err := w.set.Wait(ctx, wait); err != nil {
				return last, err
			}
			wait *= 2
		}
		if err := ctx.Err(); err != nil {
			return last, err
		}
		if last = w.post(ctx, header, to, body); last.good() {
			return last, nil
		}
	}
	return last, nil
}

func (w *World) post(ctx context.Context, header http.Header, to, body string) outcome {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader([]byte(body)))
	if err != nil {
		return outcome{why: err.Error()}
	}
	r.Header = header.Clone()
	answer, err := w.set.HTTP.Do(r)
	if err != nil {
		return outcome{why: err.Error()}
	}
	_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<20))
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return outcome{why: err.Error()}
	}
	return outcome{status: answer.StatusCode}
}

// sent notes how a notification ended.
func (w *World) sent(n notification, o outcome) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !o.good() {
		w.billing.hooks.parked = append(w.billing.hooks.parked, n.body)
	}
	if v := n.validation; v != nil {
		word := http.StatusText(o.status)
		if o.status == 0 {
			word = "ServiceUnavailable"
		}
		v.done = true
		v.results = append(v.results, object{"responseCode": word, "responseMessage": o.why, "systemError": o.status == 0, "dateTimeUtc": w.now.UTC().Format("2006-01-02T15:04:05.0000000")})
	}
}

// signer is the key that notifications are signed with, its certificate and the
// authority that gave it.
type signer struct {
	key                    *rsa.PrivateKey
	certificate, authority []byte
}

// signed are the headers of a notification.
func (b *billing) signed(n notification, to registration) (http.Header, error) {
	if err := b.hooks.needSigner(); err != nil {
		return nil, err
	}
	digest := sha256.Sum256([]byte(n.body))
	signature, err := rsa.SignPKCS1v15(nil, b.hooks.signer.key, crypto.SHA256, digest[:])
	if err != nil {
		return nil, fmt.Errorf("sign a notification: %w", err)
	}
	text := "Signature " + base64.StdEncoding.EncodeToString(signature)
	h := http.Header{}
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("X-MS-Certificate-Url", b.hooks.address+certificatePath)
	h.Set("X-MS-Signature-Algorithm", "rsa-sha256")
	if to.ownHeader {
		h.Set("X-MS-Signature", text)
	} else {
		h.Set("Authorization", text)
	}
	return h, nil
}

// needSigner makes the keys and certificates once. They are good from 2000 to
// 2100: the world's clock may show anything.
func (h *webhooks) needSigner() error {
	if h.signer != nil {
		return nil
	}
	name := func(common string) pkix.Name {
		return pkix.Name{CommonName: common, Organization: []string{"Microsoft Corporation"}, Country: []string{"US"}}
	}
	from, to := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: name("Stand-in Partner Center CA"), NotBefore: from, NotAfter: to,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: name("Stand-in Partner Center webhooks"), NotBefore: from, NotAfter: to,
		KeyUsage: x509.KeyUsageDigitalSignature,
	}
	const bits = 2048
	rootKey, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return fmt.Errorf("make the authority's key: %w", err)
	}
	s := &signer{}
	if s.key, err = rsa.GenerateKey(rand.Reader, bits); err != nil {
		return fmt.Errorf("make the webhooks' key: %w", err)
	}
	if s.authority, err = x509.CreateCertificate(rand.Reader, root, root, &rootKey.PublicKey, rootKey); err != nil {
		return fmt.Errorf("make the authority's certificate: %w", err)
	}
	if s.certificate, err = x509.CreateCertificate(rand.Reader, leaf, root, &s.key.PublicKey, rootKey); err != nil {
		return fmt.Errorf("make the webhooks' certificate: %w", err)
	}
	h.signer = s
	return nil
}

// Authority is the certificate, as DER, of whoever vouches for the one that
// notifications are signed with: the client's trust root.
func (w *World) Authority() ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.billing.hooks.needSigner(); err != nil {
		return nil, err
	}
	return slices.Clone(w.billing.hooks.signer.authority), nil
}

func (b *billing) certificate(*call) *answer {
	return b.shown(func(s *signer) []byte { return s.certificate })
}

func (b *billing) authority(*call) *answer {
	return b.shown(func(s *signer) []byte { return s.authority })
}

func (b *billing) shown(which func(*signer) []byte) *answer {
	if err := b.hooks.needSigner(); err != nil {
		return &answer{status: http.StatusInternalServerError, body: object{"code": 0, "description": err.Error()}}
	}
	return &answer{status: http.StatusOK, kind: "application/pkix-cert", raw: which(b.hooks.signer)}
}

func (b *billing) hookEvents(*call) *answer { return ok(hookEventNames) }

// registrationJSON is how a registration is written, in Pascal case.
type registrationJSON struct {
	SubscriberID string   `json:"SubscriberId,omitempty"`
	URL          string   `json:"WebhookUrl"`
	Events       []string `json:"WebhookEvents"`
	OwnHeader    bool     `json:"SignatureTokenToMsSignatureHeader,omitempty"`
}

func (r *registration) form(withID bool) registrationJSON {
	form := registrationJSON{URL: r.url, Events: r.events, OwnHeader: r.ownHeader}
	if withID {
		form.SubscriberID = r.subscriber
	}
	return form
}

func noRegistration() *answer {
	return &answer{status: http.StatusNotFound, body: object{"code": 2000, "description": "There is no registration for notifications.", "data": []any{}, "source": "PartnerFD"}}
}

func (b *billing) hookRegistration(*call) *answer {
	if b.hooks.registered == nil {
		return noRegistration()
	}
	return ok(b.hooks.registered.form(false))
}

func (b *billing) hookRegister(c *call) *answer {
	return b.register(c, &registration{subscriber: b.world.newID()})
}

func (b *billing) hookUpdate(c *call) *answer {
	if b.hooks.registered == nil {
		return noRegistration()
	}
	return b.register(c, &registration{subscriber: b.hooks.registered.subscriber})
}

func (b *billing) register(c *call, r *registration) *answer {
	var form registrationJSON
	if no := c.read(&form); no != nil {
		return no
	}
	if to, err := url.Parse(form.URL); err != nil || to.Host == "" || to.Scheme != "https" && to.Scheme != "http" {
		return refuseInput("WebhookUrl %q", form.URL)
	}
	for _, event := range form.Events {
		if !slices.Contains(hookEventNames, event) {
			return refuseInput("WebhookEvents has %q", event)
		}
	}
	r.url, r.events, r.ownHeader = form.URL, form.Events, form.OwnHeader
	b.hooks.registered, b.hooks.address = r, c.address
	return ok(r.form(true))
}

func (b *billing) hookValidate(*call) *answer {
	h := &b.hooks
	if h.registered == nil || !slices.Contains(h.registered.events, testEvent) {
		return refuseInput("the registration has no %s", testEvent)
	}
	recent := 0
	for _, v := range h.tests {
		if b.world.now.Sub(v.askedAt) < time.Minute {
			recent++
		}
	}
	if recent >= validationsMax {
		const seconds = 60
		return (&answer{status: http.StatusTooManyRequests, body: object{"statusCode": 429, "message": fmt.Sprintf("Rate limit is exceeded. Try again in %d seconds.", seconds)}}).with("Retry-After", strconv.Itoa(seconds))
	}
	v := &validation{id: b.world.newID(), askedAt: b.world.now, url: h.registered.url}
	h.tests = append(h.tests, v)
	if !b.switches.WebhooksLost && b.world.set.HTTP != nil {
		h.push(notification{event: testEvent, body: b.eventBody(testEvent, "/webhooks/v1/registration/validationEvents/"+v.id, "test"), validation: v})
	}
	return ok(object{"correlationId": v.id})
}

func (b *billing) hookValidation(c *call) *answer {
	for _, v := range b.hooks.tests {
		if v.id != c.path("event") {
			continue
		}
		o := object{"correlationId": v.id, "partnerId": b.world.set.Partner.Tenant, "status": "pending", "callbackUrl": v.url, "results": v.results}
		if v.results == nil {
			o["results"] = []object{}
		}
		if v.done {
			o["status"] = "completed"
		}
		return ok(o)
	}
	return &answer{status: http.StatusNotFound, body: object{"code": 2000, "description": "There is no such validation.", "data": []any{}, "source": "PartnerFD"}}
}

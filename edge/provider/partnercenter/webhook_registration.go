package partnercenter

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"prorata/flow"
)

// WebhookTest is the event that a validation sends; a registration always has it.
const WebhookTest = "test-created"

// WebhookRegistration is where Microsoft tells us what happened, and of what.
type WebhookRegistration struct {
	// Subscriber is Microsoft's id of it, where it says one.
	Subscriber string
	URL        string
	Events     []string
}

// WebhookEvents are the names of the events that can be registered for. They
// differ between clouds and come more with time.
func (c *Client) WebhookEvents(ctx context.Context) ([]string, error) {
	k := get("/webhooks/v1/registration/events")
	a, err := c.ask(ctx, k)
	if err != nil {
		return nil, err
	}
	r := reading{wrong: &mistakes{at: flow.Source{File: k.name()}}, of: object{"": a.body}}
	names := r.texts("")
	return names, r.wrong.err()
}

// Webhook is the registration as it is; flow.ErrUnknown where there is none.
func (c *Client) Webhook(ctx context.Context) (WebhookRegistration, error) {
	r, err := c.askObject(ctx, get("/webhooks/v1/registration"))
	if refusedWith(err, http.StatusNotFound) {
		return WebhookRegistration{}, flow.ErrUnknown
	}
	if err != nil {
		return WebhookRegistration{}, err
	}
	w := webhookOf(r)
	if w.URL == "" {
		return w, flow.ErrUnknown
	}
	return w, r.wrong.err()
}

// WebhookRegister makes the registration what is given, whether or not there was
// one. A partner has one alone.
func (c *Client) WebhookRegister(ctx context.Context, w WebhookRegistration) (WebhookRegistration, error) {
	if !slices.Contains(w.Events, WebhookTest) {
		w.Events = append(slices.Clone(w.Events), WebhookTest)
	}
	k := post("/webhooks/v1/registration", struct {
		URL    string   `json:"WebhookUrl"`
		Events []string `json:"WebhookEvents"`
		// The signature gets a header of its own, so that what stands between may use
		// Authorization for itself.
		OwnHeader bool `json:"SignatureTokenToMsSignatureHeader"`
	}{w.URL, w.Events, true})
	switch _, err := c.Webhook(ctx); {
	case err == nil:
		k.method = http.MethodPut
	case !errors.Is(err, flow.ErrUnknown):
		return WebhookRegistration{}, err
	}
	r, err := c.askObject(ctx, k)
	if err != nil {
		return WebhookRegistration{}, err
	}
	return webhookOf(r), r.wrong.err()
}

func webhookOf(r reading) WebhookRegistration {
	return WebhookRegistration{Subscriber: r.text("SubscriberId"), URL: r.text("WebhookUrl"), Events: r.texts("WebhookEvents")}
}

// WebhookTry is what became of one sending of a test.
type WebhookTry struct {
	At time.Time
	// Code is what our side answered, in words; Text is Microsoft's, where it has any.
	Code, Text string
	// Theirs says that the failure was Microsoft's own.
	Theirs bool
}

// WebhookTestSend has a test sent to us, at most twice a minute. What became of it
// is asked for by the id.
func (c *Client) WebhookTestSend(ctx context.Context) (id string, err error) {
	r, err := c.askObject(ctx, post("/webhooks/v1/registration/validationEvents", struct{}{}))
	if err != nil {
		return "", err
	}
	if id = r.text("correlationId"); id == "" {
		r.add("correlationId", "is missing, and required")
	}
	return id, r.wrong.err()
}

// WebhookTestResult is what became of a test; it is not done while it is still on its way.
func (c *Client) WebhookTestResult(ctx context.Context, id string) (tries []WebhookTry, done bool, err error) {
	r, err := c.askObject(ctx, get(pathOf("/webhooks/v1/registration/validationEvents/%s", id)))
	if err != nil {
		return nil, false, err
	}
	for i, raw := range r.list("results") {
		o, _ := objectOf(raw)
		one := reading{wrong: r.wrong, path: indexed("results", i) + ".", of: o}
		tries = append(tries, WebhookTry{At: one.instant("dateTimeUtc"), Code: one.text("responseCode"), Text: one.text("responseMessage"), Theirs: one.flag("systemError")})
	}
	return tries, columnName(r.text("status")) == "completed", r.wrong.err()
}

package partnercenter

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"prorata/flow"
)

// webhookBytesMax bounds a notification, which is a pointer of a few hundred bytes.
const webhookBytesMax = 64 << 10

// WebhookRefusal is our no to a notification: the answer's status and why. The
// why is for our log; whoever sent it learns the status.
type WebhookRefusal struct {
	Status int
	Why    string
}

// Error is the reason.
func (r *WebhookRefusal) Error() string { return "webhook: " + r.Why }

// WebhookHandler takes notifications: each is read, verified, made an event and
// handed on. Whoever takes it should do no more than write it down: Microsoft
// waits for the answer. What is not taken is answered with a failure, and comes
// again, ten times in all; what does not come at all is found by the nightly
// reading. The same event may come twice, with the same ID.
func WebhookHandler(verify func(ctx context.Context, header http.Header, body []byte) error, take func(ctx context.Context, event flow.ProviderEvent) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(webhookStatus(w, r, verify, take))
	})
}

func webhookStatus(w http.ResponseWriter, r *http.Request, verify func(context.Context, http.Header, []byte) error, take func(context.Context, flow.ProviderEvent) error) int {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return http.StatusMethodNotAllowed
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, webhookBytesMax))
	if err != nil {
		var long *http.MaxBytesError
		if errors.As(err, &long) {
			return http.StatusRequestEntityTooLarge
		}
		return http.StatusBadRequest
	}
	if err := verify(r.Context(), r.Header, body); err != nil {
		var no *WebhookRefusal
		if errors.As(err, &no) {
			return no.Status
		}
		return http.StatusInternalServerError
	}
	event, err := WebhookEvent(body)
	if err != nil {
		return http.StatusBadRequest
	}
	if take(r.Context(), event) != nil {
		return http.StatusInternalServerError
	}
	return http.StatusOK
}

// WebhookEvent reads a notification: what kind of thing happened, and what to read
// anew. It carries no data of its own. Its ID is the same when it comes again.
func WebhookEvent(body []byte) (flow.ProviderEvent, error) {
	at := flow.Source{File: "webhook"}
	o, ok := objectOf(body)
	if !ok {
		return flow.ProviderEvent{}, damaged(at.File, 0, "expected {…}, got %s", quote(string(body)))
	}
	r := reading{wrong: &mistakes{at: at}, of: o}
	e := flow.ProviderEvent{Kind: r.text("EventName"), At: r.instant("ResourceChangeUtcDate")}
	if e.Kind == "" {
		r.add("EventName", "is missing, and required")
	}
	resource := r.text("ResourceUri")
	e.ID = derivedID("webhook", e.Kind, resource, r.scalar("ResourceChangeUtcDate"))
	e.Customer, e.Holding, e.Invoice = pointsTo(resource)
	if err := r.wrong.err(); err != nil {
		return flow.ProviderEvent{}, err
	}
	return e, nil
}

// pointsTo is what the address of a resource is about: …/customers/{id}/subscriptions/{id},
// …/invoices/{id}.
func pointsTo(resource string) (customer, holding, invoice string) {
	u, err := url.Parse(resource)
	if err != nil {
		return "", "", ""
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	for i := 1; i < len(parts); i++ {
		switch id := parts[i]; strings.ToLower(parts[i-1]) {
		case "customers":
			if !strings.EqualFold(id, "usagerecords") { // the budgets of all customers
				customer = id
			}
		case "subscriptions":
			holding = id
		case "invoices":
			invoice = id
		}
	}
	return customer, holding, invoice
}

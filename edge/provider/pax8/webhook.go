package pax8

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"path"
	"time"

	"prorata/flow"
)

const hintBytesMax = 1 << 20

// Webhook takes what Pax8 sends when something changes. Pax8 documents no
// signature, so nothing of what is sent is believed: the address ends in a secret
// that only Pax8 was given, and what is named is read anew from Pax8 before it is
// handed on. An event is thus a hint that is true, whoever sent it.
type Webhook struct {
	Client *Client
	// Secret is the last part of the address; at least 16 characters.
	Secret string
	// Authorization is the header that Pax8 was told to send, where it was told one.
	Authorization string
	// Take hands on a hint; where it fails, Pax8 is told to send it again.
	Take func(context.Context, flow.ProviderEvent) error
}

const secretLeast = 16

// ServeHTTP answers 204 to what was taken or is none of ours, 503 to what should
// come again.
func (h *Webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	known := alike(path.Base(r.URL.Path), h.Secret) && (h.Authorization == "" || alike(r.Header.Get("Authorization"), h.Authorization))
	switch {
	case len(h.Secret) < secretLeast || !known:
		http.NotFound(w, r)
		return
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, hintBytesMax))
	if err != nil {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	var said any
	if err := json.Unmarshal(data, &said); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	event, err := h.verified(r.Context(), said)
	var refused *flow.ProviderRefusal
	switch {
	case errors.Is(err, flow.ErrUnknown) || errors.As(err, &refused):
		w.WriteHeader(http.StatusNoContent)
		return
	case err != nil:
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if event.ID == "" {
		sum := sha256.Sum256(data)
		event.ID = hex.EncodeToString(sum[:16])
	}
	if err := h.Take(r.Context(), event); err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// alike compares two secrets in a time that tells nothing of them.
func alike(given, secret string) bool {
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// verified is the event with what Pax8 itself says of what it names; ErrUnknown
// where it names nothing that is ours.
func (h *Webhook) verified(ctx context.Context, said any) (flow.ProviderEvent, error) {
	event := flow.ProviderEvent{
		ID: named(said, "eventId", "messageId", "deliveryId"), Kind: named(said, "topic", "eventType", "event", "type", "action"), At: h.Client.Clock().UTC(),
	}
	if event.Kind == "" {
		event.Kind = "changed"
	}
	if at, err := time.Parse(time.RFC3339Nano, named(said, "timestamp", "occurredAt", "createdDate")); err == nil && at.Before(event.At) {
		event.At = at.UTC()
	}
	if id := named(said, "subscriptionId"); id != "" {
		sub, err := h.Client.single(ctx, request{method: http.MethodGet, path: subscriptionPath(id)})
		if err != nil {
			return event, err
		}
		event.Holding, event.Customer = sub.text("id"), sub.text("companyId")
		return event, nil
	}
	id := named(said, "companyId")
	if id == "" {
		return event, flow.ErrUnknown
	}
	company, err := h.Client.single(ctx, request{method: http.MethodGet, path: "/v1/companies/" + url.PathEscape(id)})
	if err != nil {
		return event, err
	}
	event.Customer = company.text("id")
	return event, nil
}

// named is the first text under one of the names, in the order of the names,
// wherever in a payload it stands: Pax8 shows each topic's payload at run time
// alone.
func named(said any, names ...string) string {
	for _, name := range names {
		if text := under(said, name, 0); text != "" {
			return text
		}
	}
	return ""
}

func under(said any, name string, depth int) string {
	const depthMax = 10
	if depth > depthMax {
		return ""
	}
	switch said := said.(type) {
	case map[string]any:
		if text, ok := said[name].(string); ok {
			return text
		}
		for _, key := range []string{"data", "payload", "event", "subscription", "company", "resource", "lineItems"} {
			if text := under(said[key], name, depth+1); text != "" {
				return text
			}
		}
	case []any:
		for _, item := range said {
			if text := under(item, name, depth+1); text != "" {
				return text
			}
		}
	}
	return ""
}

package pax8

import (
	"context"
	"errors"
	"net/http"
	"net/url"
)

// Hook is a webhook as Pax8 is to have it.
type Hook struct {
	// Name is shown in Pax8; URL ends in the secret that Webhook knows.
	Name, URL string
	// Authorization is a header that Pax8 sends with each event, where given.
	Authorization string
	// Contact is the e-mail address that Pax8 tells when events cannot be delivered.
	Contact string
	// Topics are those of HookTopics that are wanted.
	Topics []string
}

// HookTopics are the kinds of events that Pax8 offers at the moment.
func (c *Client) HookTopics(ctx context.Context) ([]string, error) {
	var topics []string
	for topic, err := range each(c.pages(ctx, "/api/v2/webhooks/topic-definitions", nil), func(r reading) (string, bool, error) {
		return r.need("topic"), true, nil
	}) {
		if err != nil {
			return nil, err
		}
		topics = append(topics, topic)
	}
	return topics, nil
}

// HookEnsure gives the id of the webhook with the address, and makes it where
// there is none. What a person changed in Pax8 stays.
func (c *Client) HookEnsure(ctx context.Context, hook Hook) (string, error) {
	for r, err := range c.pages(ctx, "/api/v2/webhooks", url.Values{}) {
		if err != nil {
			return "", err
		}
		if r.text("url") == hook.URL {
			return r.text("id"), nil
		}
	}
	topics := []map[string]any{}
	for _, topic := range hook.Topics {
		topics = append(topics, map[string]any{"topic": topic, "filters": []any{}})
	}
	body := map[string]any{"displayName": hook.Name, "url": hook.URL, "active": true, "webhookTopics": topics}
	if hook.Authorization != "" {
		body["authorization"] = hook.Authorization
	}
	if hook.Contact != "" {
		body["contactEmail"] = hook.Contact
	}
	made, err := c.single(ctx, request{method: http.MethodPost, path: "/api/v2/webhooks", body: body, once: true})
	if err != nil {
		return "", err
	}
	if made.text("id") == "" {
		return "", errors.New("pax8: the webhook was made, and the answer names no id")
	}
	return made.text("id"), nil
}

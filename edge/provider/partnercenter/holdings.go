package partnercenter

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"strings"

	"prorata/flow"
)

// Holdings are a customer's subscriptions in every status, all at once.
func (c *Client) Holdings(ctx context.Context, customer string) iter.Seq2[flow.Holding, error] {
	return stream(func(take taken) error {
		return c.items(ctx, get(pathOf("/v1/customers/%s/subscriptions", customer)), pagingNone, 0, take)
	}, holdingReader(customer))
}

// HoldingGet is one subscription; ErrUnknown where the customer has none of that id.
func (c *Client) HoldingGet(ctx context.Context, customer, id string) (flow.Holding, error) {
	s, err := c.subscription(ctx, customer, id)
	if err != nil {
		return flow.Holding{}, err
	}
	return s.holding(customer)
}

// holdingReader reads a subscription of a customer, whose id the answer may leave out.
func holdingReader(customer string) func(r reading) flow.Holding {
	return func(r reading) flow.Holding {
		h, err := holding(r.wrong.at, r.of)
		if err != nil {
			r.wrong.list = append(r.wrong.list, unjoined(err)...)
		}
		h.Customer = first(h.Customer, customer)
		return h
	}
}

// whole is a resource as the provider sent it, with the fields that nobody here
// knows, since it must be sent back whole.
type whole struct {
	name   string
	fields map[string]json.RawMessage
}

func wholeOf(k call, body []byte) (*whole, error) {
	w := &whole{name: k.name()}
	if err := json.Unmarshal(body, &w.fields); err != nil || w.fields == nil {
		return nil, damaged(w.name, 0, "expected {…}, got %s", quote(string(body)))
	}
	return w, nil
}

// reading reads its fields, whatever their case.
func (w *whole) reading() reading {
	o := make(object, len(w.fields))
	for key, value := range w.fields {
		o[strings.ToLower(key)] = value
	}
	return reading{wrong: &mistakes{at: flow.Source{File: w.name}}, of: o}
}

func (w *whole) holding(customer string) (flow.Holding, error) {
	r := w.reading()
	h := holdingReader(customer)(r)
	if err := r.wrong.err(); err != nil {
		return flow.Holding{}, rowError(r.wrong.at, err)
	}
	return h, nil
}

// key is a field's name as the resource spells it.
func (w *whole) key(field string) string {
	for key := range w.fields {
		if strings.EqualFold(key, field) {
			return key
		}
	}
	return field
}

// set replaces a field; nil takes it away.
func (w *whole) set(field string, value any) error {
	key := w.key(field)
	if value == nil {
		delete(w.fields, key)
		return nil
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("%s: %s: %w", w.name, field, err)
	}
	w.fields[key] = text
	return nil
}

// has says that a field is there and not null.
func (w *whole) has(field string) bool {
	raw, ok := w.fields[w.key(field)]
	return ok && !bytes.Equal(bytes.TrimSpace(raw), []byte("null"))
}

func (w *whole) etag() string {
	if a, ok := w.reading().object("attributes"); ok {
		return a.scalar("etag")
	}
	return ""
}

// subscription is one as the provider sends it.
func (c *Client) subscription(ctx context.Context, customer, id string) (*whole, error) {
	k := get(pathOf("/v1/customers/%s/subscriptions/%s", customer, id))
	a, err := c.ask(ctx, k)
	if refusedWith(err, http.StatusNotFound) {
		return nil, fmt.Errorf("%w: %w", flow.ErrUnknown, err)
	}
	if err != nil {
		return nil, err
	}
	return wholeOf(k, a.body)
}

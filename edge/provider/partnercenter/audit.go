package partnercenter

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strings"
	"time"

	"prorata/flow"
)

// auditDays is how far back the audit log reaches.
const auditDays = 90

// Events are what the audit log says was done to customers, orders, subscriptions
// and invoices since an instant, by whomever. It reaches back 90 days: whoever
// was away longer must read everything.
//
// What Microsoft itself does at a renewal is in no audit record. OrdersSince tells
// of it.
func (c *Client) Events(ctx context.Context, since time.Time) iter.Seq2[flow.ProviderEvent, error] {
	now := c.set.Clock().UTC()
	since = since.UTC()
	from := since
	if earliest := now.AddDate(0, 0, -auditDays+1); from.Before(earliest) {
		c.set.Log.Warn("the audit log does not reach back that far", "asked", since, "from", earliest)
		from = earliest
	}
	path := withQuery(withQuery("/v1/auditrecords", "startDate", from.Format(time.DateOnly)), "endDate", now.Format(time.DateOnly))
	return func(yield func(flow.ProviderEvent, error) bool) {
		all := stream(func(take taken) error { return c.items(ctx, get(path), pagingToken, 0, take) }, eventsOf)
		for events, err := range all {
			if err != nil {
				if !yield(flow.ProviderEvent{}, err) {
					return
				}
				continue
			}
			for _, e := range events {
				if !e.At.Before(since) && !yield(e, nil) {
					return
				}
			}
		}
	}
}

// eventsOf are the hints of one audit record: one for each subscription that it
// names. What failed, and what is about nobody we follow, is none.
func eventsOf(r reading) []flow.ProviderEvent {
	e := flow.ProviderEvent{
		ID: r.text("id"), Kind: r.text("operationType"), Customer: r.text("customerId"), At: r.instant("operationDate"),
	}
	if e.Kind == "" {
		r.add("operationType", "is missing, and required")
	}
	if e.At.IsZero() {
		r.add("operationDate", "is missing, and required")
	}
	if strings.EqualFold(r.text("operationStatus"), "failed") {
		return nil
	}
	resource, changed := strings.ToLower(r.text("resourceType")), r.resource()
	if e.ID == "" {
		e.ID = derivedID(e.Kind, e.Customer, r.text("operationDate"), resource, r.scalar("originalCorrelationId"), r.scalar("resourceNewValue"))
	}
	holdings, invoice := r.named()
	if strings.HasPrefix(resource, "invoice") || strings.Contains(strings.ToLower(e.Kind), "invoice") {
		e.Invoice = first(invoice, changed.scalar("invoiceId"), changed.scalar("id"))
	}
	if resource == "subscription" && len(holdings) == 0 && changed.scalar("id") != "" {
		holdings = []string{changed.scalar("id")}
	}
	for _, raw := range rawList(changed.of["lineitems"]) {
		line, _ := objectOf(raw)
		if id := (reading{wrong: &mistakes{}, of: line}).scalar("subscriptionId"); id != "" && len(holdings) == 0 {
			holdings = append(holdings, id)
		}
	}
	switch {
	case len(holdings) > 0:
		return eachHolding(e, holdings)
	case e.Customer == "" && e.Invoice == "":
		return nil
	}
	return []flow.ProviderEvent{e}
}

func eachHolding(e flow.ProviderEvent, holdings []string) []flow.ProviderEvent {
	var all []flow.ProviderEvent
	for i, id := range holdings {
		one := e
		one.Holding = id
		if i > 0 {
			one.ID = derivedID(e.ID, id)
		}
		all = append(all, one)
	}
	return all
}

// resource is what a record is about, as it is afterwards; JSON within a text.
func (r reading) resource() reading {
	o, _ := objectOf(json.RawMessage(first(r.scalar("resourceNewValue"), r.scalar("resourceOldValue"))))
	return reading{wrong: &mistakes{}, of: o}
}

// named are the subscriptions and the invoice that a record's own list of keys names.
func (r reading) named() (holdings []string, invoice string) {
	seen := map[string]bool{}
	for _, raw := range r.list("customizedData") {
		o, _ := objectOf(raw)
		pair := reading{wrong: &mistakes{}, of: o}
		key, value := strings.ToLower(pair.scalar("key")), pair.scalar("value")
		switch {
		case value == "":
		case key == "subscriptionid" || strings.HasPrefix(key, "subscriptionid-"):
			if !seen[value] {
				seen[value] = true
				holdings = append(holdings, value)
			}
		case key == "invoiceid" || key == "invoicenumber":
			invoice = value
		}
	}
	return holdings, invoice
}

// OrdersSince tells of a customer's orders since an instant as events, one for
// each subscription: renewals and seat changes are orders too, also those that
// Microsoft made by itself.
func (c *Client) OrdersSince(ctx context.Context, customer string, since time.Time) iter.Seq2[flow.ProviderEvent, error] {
	return func(yield func(flow.ProviderEvent, error) bool) {
		err := c.items(ctx, get(pathOf("/v1/customers/%s/orders", customer)), pagingToken, 0, func(at flow.Source, item object) error {
			r := reading{wrong: &mistakes{at: at}, of: item}
			e := flow.ProviderEvent{ID: r.text("id"), Kind: "order", Customer: customer, At: r.instant("creationDate")}
			if e.ID == "" {
				r.add("id", "is missing, and required")
			}
			if err := r.wrong.err(); err != nil {
				if !yield(flow.ProviderEvent{}, rowError(at, err)) {
					return errEnough
				}
				return nil
			}
			if e.At.Before(since) {
				return nil
			}
			holdings := r.lineHoldings(&e)
			for _, one := range eachHolding(e, holdings) {
				if !yield(one, nil) {
					return errEnough
				}
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(flow.ProviderEvent{}, err)
		}
	}
}

// lineHoldings are the subscriptions of an order's lines, and one without a name
// where none has any yet. What a line does is the event's kind.
func (r reading) lineHoldings(e *flow.ProviderEvent) []string {
	var holdings []string
	for _, raw := range r.list("lineItems") {
		o, _ := objectOf(raw)
		line := reading{wrong: &mistakes{}, of: o}
		if kind := line.scalar("transactionType"); kind != "" {
			e.Kind = "order " + strings.ToLower(kind)
		}
		if id := line.scalar("subscriptionId"); id != "" {
			holdings = append(holdings, id)
		}
	}
	if len(holdings) == 0 {
		return []string{""}
	}
	return holdings
}

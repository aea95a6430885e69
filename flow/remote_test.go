package flow_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// remote is a provider in memory. It does what it is asked once for each
// reference, as a provider must, and can lose requests and answers.
type remote struct {
	clock     *clock
	abilities flow.Abilities
	customers []flow.ProviderCustomer
	holdings  []flow.Holding
	events    []flow.ProviderEvent
	// broken is yielded in place of the next row.
	broken error
	// orders are the holdings made for a reference; done the changes.
	orders map[string]string
	done   map[string]bool
	// fault is asked before each request and says what goes wrong with it.
	fault func() fault
	calls []string
}

// fault is what can go wrong with a request.
type fault int

const (
	fine fault = iota
	// lostRequest never arrives, lostAnswer is done and not answered, slow is done and answered as pending.
	lostRequest
	lostAnswer
	slow
	// failing is done and answered as a failure of the provider's, lostAndClosed done and
	// not answered, and asked for again where nobody is let in any more.
	failing
	lostAndClosed
	throttled
	noConsent
	refused
)

func newRemote(clock *clock) *remote {
	return &remote{clock: clock, orders: map[string]string{}, done: map[string]bool{},
		abilities: flow.Abilities{Holdings: true, Order: true, Change: true, Suspend: true, Schedule: true, Cancel: true, Events: true}}
}

func (r *remote) Abilities() flow.Abilities { return r.abilities }

func (r *remote) next() fault {
	if r.fault == nil {
		return fine
	}
	return r.fault()
}

func (r *remote) Customers(context.Context) iter.Seq2[flow.ProviderCustomer, error] {
	return func(yield func(flow.ProviderCustomer, error) bool) {
		if r.broken != nil && !yield(flow.ProviderCustomer{}, r.broken) {
			return
		}
		for _, c := range r.customers {
			if !yield(c, nil) {
				return
			}
		}
	}
}

func (r *remote) Holdings(_ context.Context, customer string) iter.Seq2[flow.Holding, error] {
	return func(yield func(flow.Holding, error) bool) {
		for _, h := range r.holdings {
			if h.Customer == customer && !yield(h, nil) {
				return
			}
		}
	}
}

func (r *remote) HoldingGet(_ context.Context, customer, id string) (flow.Holding, error) {
	if err := r.next().refuses(); err != nil {
		return flow.Holding{}, err
	}
	if h := r.find(id); h != nil && h.Customer == customer {
		return *h, nil
	}
	return flow.Holding{}, flow.ErrUnknown
}

func (r *remote) Events(_ context.Context, since time.Time) iter.Seq2[flow.ProviderEvent, error] {
	return func(yield func(flow.ProviderEvent, error) bool) {
		for _, e := range r.events {
			if !e.At.Before(since) && !yield(e, nil) {
				return
			}
		}
	}
}

func (r *remote) find(id string) *flow.Holding {
	for i := range r.holdings {
		if r.holdings[i].ID == id {
			return &r.holdings[i]
		}
	}
	return nil
}

// Order makes a holding, once for each reference.
func (r *remote) Order(_ context.Context, o flow.ProviderOrder) (flow.ProviderReceipt, error) {
	r.calls = append(r.calls, "order "+o.SKU)
	f := r.next()
	if err := f.refuses(); err != nil {
		return flow.ProviderReceipt{}, err
	}
	if _, ordered := r.orders[o.Reference]; !ordered {
		if o.Parent != "" && r.find(o.Parent) == nil {
			return flow.ProviderReceipt{}, &flow.ProviderRefusal{Code: "parent", Sentence: "the base is missing"}
		}
		id := fmt.Sprintf("h-%d", len(r.holdings)+1)
		r.orders[o.Reference] = id
		h := holding(o.Customer, id, o.SKU, o.Quantity.String(), r.clock.Now())
		h.TermMonths, h.Billing, h.AutoRenew, h.Parent = o.TermMonths, o.Billing, o.TermMonths > 0, o.Parent
		if o.TermMonths == 0 {
			h.EndsAt = time.Time{}
		}
		r.holdings = append(r.holdings, h)
	}
	return f.answers(flow.ProviderReceipt{State: flow.ReceiptDone, Number: "n-" + o.Reference, Holding: r.orders[o.Reference]})
}

func (r *remote) OrderFind(_ context.Context, o flow.ProviderOrder) (flow.ProviderReceipt, error) {
	r.calls = append(r.calls, "find "+o.SKU)
	f := r.next()
	if err := f.refuses(); err != nil {
		return flow.ProviderReceipt{}, err
	}
	id, ordered := r.orders[o.Reference]
	if !ordered {
		return flow.ProviderReceipt{}, flow.ErrUnknown
	}
	return f.answers(flow.ProviderReceipt{State: flow.ReceiptDone, Number: "n-" + o.Reference, Holding: id})
}

// Change changes a holding, once for each reference.
func (r *remote) Change(_ context.Context, c flow.ProviderChange) (flow.ProviderReceipt, error) {
	r.calls = append(r.calls, fmt.Sprintf("change %s to %s", c.Holding, c.Quantity))
	f := r.next()
	if err := f.refuses(); err != nil {
		return flow.ProviderReceipt{}, err
	}
	h := r.find(c.Holding)
	if h == nil {
		return flow.ProviderReceipt{}, &flow.ProviderRefusal{Code: "20003", Sentence: "no such subscription"}
	}
	if !r.done[c.Reference] {
		r.done[c.Reference] = true
		if c.HasQuantity {
			h.Quantity, h.Next = c.Quantity, nil
		}
		if c.HasAutoRenew {
			h.AutoRenew = c.AutoRenew
		}
		switch {
		case c.Suspend:
			h.Status = flow.HoldingSuspended
		case c.Resume:
			h.Status = flow.HoldingActive
		case c.Cancel:
			h.Status = flow.HoldingDeleted
		}
		if c.Next != nil {
			next := *c.Next
			h.Next = &next
		}
		if c.NextNone {
			h.Next = nil
		}
	}
	return f.answers(flow.ProviderReceipt{State: flow.ReceiptDone, Holding: c.Holding})
}

// refuses is the error of a request that is not done.
func (f fault) refuses() error {
	switch f {
	case lostRequest:
		return fmt.Errorf("sent: %w", flow.ErrUnanswered)
	case throttled:
		return fmt.Errorf("429: %w", flow.ErrThrottled)
	case noConsent:
		return fmt.Errorf("invalid_grant: %w", flow.ErrConsent)
	case refused:
		return &flow.ProviderRefusal{Code: "800023", Sentence: "the credit line is used up", Todo: "raise it"}
	case fine, lostAnswer, slow, failing, lostAndClosed:
	}
	return nil
}

// answers is what comes back of a request that is done.
func (f fault) answers(receipt flow.ProviderReceipt) (flow.ProviderReceipt, error) {
	switch f {
	case lostAnswer:
		return flow.ProviderReceipt{}, errors.New("connection reset")
	case failing:
		return flow.ProviderReceipt{}, fmt.Errorf("%w: %w", flow.ErrUnanswered, &flow.ProviderRefusal{Code: "HTTP 504", Sentence: "Gateway Timeout"})
	case lostAndClosed:
		return flow.ProviderReceipt{}, fmt.Errorf("%w: %w", flow.ErrUnanswered, flow.ErrConsent)
	case slow:
		receipt.State = flow.ReceiptPending
	case fine, lostRequest, throttled, noConsent, refused:
	}
	return receipt, nil
}

// holding is an active one-year subscription that is billed monthly.
func holding(customer, id, sku, quantity string, at time.Time) flow.Holding {
	return flow.Holding{
		At: flow.Source{File: "remote"}, ID: id, Customer: customer, SKU: sku, OfferName: sku, Quantity: decimal(quantity), Status: flow.HoldingActive, StatusText: "active",
		TermMonths: 12, Billing: monthly, AutoRenew: true, CreatedAt: at, StartsAt: at, EndsAt: at.AddDate(1, 0, 0), CancellableUntil: at.AddDate(0, 0, 7),
		Refundable: []flow.RefundableQuantity{{Quantity: decimal(quantity), AllowedUntil: at.AddDate(0, 0, 7)}},
	}
}

// clock is under the test's control.
type clock struct{ at time.Time }

func (c *clock) Now() time.Time { return c.at }

// on sets it to nine in the morning of a day.
func (c *clock) on(text string) {
	year, month, day := day(text).Civil()
	c.at = time.Date(year, time.Month(month), day, 9, 0, 0, 0, time.UTC)
}

func day(text string) calendar.Date {
	d, err := calendar.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

func instant(text string) time.Time {
	at, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		panic(err)
	}
	return at
}

func decimal(text string) money.Decimal {
	d, err := money.ParseDecimal(text)
	if err != nil {
		panic(err)
	}
	return d
}

func currency(text string) money.Currency {
	c, err := money.ParseCurrency(text)
	if err != nil {
		panic(err)
	}
	return c
}

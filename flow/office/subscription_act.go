package office

import (
	"context"
	"errors"
	"fmt"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// Act is what can be done to a subscription.
type Act string

// The acts: other seats or another price from a day; what the next term opens with;
// the end; the service blocked; and let go on.
const (
	ActChange   Act = "change"
	ActSchedule Act = "schedule"
	ActCancel   Act = "cancel"
	ActSuspend  Act = "suspend"
	ActResume   Act = "resume"
)

// SubscriptionAct is an act on one subscription.
type SubscriptionAct struct {
	Act          Act
	Subscription billing.SubscriptionID
	// Effective is the first day of the new state; no day for today. What is scheduled
	// waits for the renewal.
	Effective calendar.Date
	// Quantity, Price and AutoRenew are the new ones, where they are given.
	Quantity     money.Decimal
	HasQuantity  bool
	Price        money.Decimal
	HasPrice     bool
	AutoRenew    bool
	HasAutoRenew bool
	// Reason is kept in the audit.
	Reason string
	// Version is the contract's as it was looked at; 0 where it does not matter.
	Version int64
}

// events are the act as the change log takes it.
func (a *SubscriptionAct) events(today calendar.Date) ([]flow.Event, error) {
	e := flow.Event{Subscription: a.Subscription, On: today, Effective: a.Effective}
	if e.Effective.IsZero() {
		e.Effective = today
	}
	if a.HasQuantity && a.Quantity.Sign() < 0 {
		return nil, &FieldError{"quantity", fmt.Errorf("%s is fewer seats than none", a.Quantity)}
	}
	if a.HasPrice && a.Price.Sign() < 0 {
		return nil, &FieldError{"price", fmt.Errorf("%s is below zero", a.Price)}
	}
	switch a.Act {
	case ActChange:
		return a.change(e)
	case ActSchedule:
		if !a.HasQuantity && !a.HasPrice && !a.HasAutoRenew {
			return nil, &FieldError{"quantity", errors.New("give the seats, the price or whether it renews")}
		}
		e.Do, e.Quantity, e.HasQuantity, e.Price, e.HasPrice = flow.DoSchedule, a.Quantity, a.HasQuantity, a.Price, a.HasPrice
		e.AutoRenew, e.HasAutoRenew = a.AutoRenew, a.HasAutoRenew
	case ActCancel:
		e.Do = flow.DoCancel
	case ActSuspend:
		e.Do = flow.DoSuspend
	case ActResume:
		e.Do = flow.DoResume
	default:
		return nil, &FieldError{"act", fmt.Errorf("%q is none of change, schedule, cancel, suspend, resume", a.Act)}
	}
	return []flow.Event{e}, nil
}

func (a *SubscriptionAct) change(e flow.Event) (events []flow.Event, err error) {
	if a.HasQuantity {
		seats := e
		seats.Do, seats.Quantity, seats.HasQuantity = flow.DoQuantity, a.Quantity, true
		events = append(events, seats)
	}
	if a.HasPrice {
		price := e
		price.Do, price.Price, price.HasPrice = flow.DoPrice, a.Price, true
		events = append(events, price)
	}
	if len(events) == 0 {
		return nil, &FieldError{"quantity", errors.New("give the new seats or the new price")}
	}
	return events, nil
}

// SubscriptionPreview is what an act would come to, in money and at the provider;
// nothing is recorded. It refuses what the act would be refused for.
func (d *Desk) SubscriptionPreview(ctx context.Context, act SubscriptionAct) (effect flow.Effect, err error) {
	f, err := d.reading("SubscriptionPreview")
	if err != nil {
		return effect, err
	}
	events, err := act.events(d.Today())
	if err != nil {
		return effect, err
	}
	var contract billing.ContractID
	if err := d.office.Store.Read(ctx, func(tx Tx) (err error) {
		contract, err = subscriptionAt(tx, act.Subscription)
		return err
	}); err != nil {
		return effect, err
	}
	return f.EffectOf(ctx, contract, act.Subscription, events)
}

// SubscriptionChange gives a subscription other seats or another price from a day on.
func (d *Desk) SubscriptionChange(ctx context.Context, act SubscriptionAct) error {
	return d.act(ctx, "SubscriptionChange", ActChange, act)
}

// SubscriptionSchedule says what the next term opens with, and whether there is one.
func (d *Desk) SubscriptionSchedule(ctx context.Context, act SubscriptionAct) error {
	return d.act(ctx, "SubscriptionSchedule", ActSchedule, act)
}

// SubscriptionCancel ends a subscription on a day.
func (d *Desk) SubscriptionCancel(ctx context.Context, act SubscriptionAct) error {
	return d.act(ctx, "SubscriptionCancel", ActCancel, act)
}

// SubscriptionSuspend blocks the service from a day on.
func (d *Desk) SubscriptionSuspend(ctx context.Context, act SubscriptionAct) error {
	return d.act(ctx, "SubscriptionSuspend", ActSuspend, act)
}

// SubscriptionResume lets a suspended service go on.
func (d *Desk) SubscriptionResume(ctx context.Context, act SubscriptionAct) error {
	return d.act(ctx, "SubscriptionResume", ActResume, act)
}

// act records it; where a provider holds the subscription, what it asks there is on
// its way with it.
func (d *Desk) act(ctx context.Context, verb string, kind Act, act SubscriptionAct) error {
	f, err := d.doing(ctx, deed{verb, string(act.Subscription), act.Reason})
	if err != nil {
		return err
	}
	act.Act = kind
	events, err := act.events(d.Today())
	if err != nil {
		return err
	}
	var contract billing.ContractID
	if err := d.office.Store.Read(ctx, func(tx Tx) (err error) {
		contract, err = subscriptionAt(tx, act.Subscription)
		return err
	}); err != nil {
		return err
	}
	if act.Version == 0 {
		return f.Record(ctx, events, d.actor())
	}
	return f.RecordAt(ctx, contract, act.Version, events, d.actor())
}

// Sale is a new subscription.
type Sale struct {
	Contract billing.ContractID
	// ID is the contract's and a number where it is empty.
	ID  string
	SKU string
	// Quantity is how many seats.
	Quantity money.Decimal
	// TermMonths is 0 for no term. Billing is a unit's name; empty for the contract's frequency.
	TermMonths int
	Billing    string
	// Price is one of its own for Unit, where it is given; else the price lists'.
	Price    money.Decimal
	HasPrice bool
	Unit     string
	NoRenew  bool
	// Effective is its first day; no day for today.
	Effective calendar.Date
	// Connection is where it is ordered; empty for nowhere. The rest is for an order.
	Connection flow.ConnectionID
	AddOnTo    billing.SubscriptionID
	Promotion  string
	Name       string
}

// event is the sale as the change log takes it.
func (s *Sale) event(tx Tx, today calendar.Date) (e flow.Event, err error) {
	e = flow.Event{Do: flow.DoSubscribe, ID: s.ID, Contract: s.Contract, SKU: s.SKU, Quantity: s.Quantity, HasQuantity: true, TermMonths: s.TermMonths,
		Price: s.Price, HasPrice: s.HasPrice, AutoRenew: !s.NoRenew, HasAutoRenew: true, On: today, Effective: s.Effective,
		Billing: billing.Unit{Name: s.Billing}, Unit: billing.Unit{Name: s.Unit},
		Order: flow.OrderAsk{Connection: s.Connection, AddOnTo: s.AddOnTo, Promotion: s.Promotion, Name: s.Name}}
	if e.Effective.IsZero() {
		e.Effective = today
	}
	switch {
	case s.Quantity.Sign() <= 0:
		return e, &FieldError{"quantity", fmt.Errorf("%s (expected 1 or more)", s.Quantity)}
	case s.TermMonths < 0 || s.TermMonths > 120:
		return e, &FieldError{"term_months", fmt.Errorf("%d months (expected 0 to 120)", s.TermMonths)}
	case s.Connection == "" && (s.AddOnTo != "" || s.Promotion != "" || s.Name != ""):
		return e, &FieldError{"connection", errors.New("an add-on, a promotion and a name are for an order: say where it is ordered")}
	}
	if _, err := tx.ContractGet(s.Contract); errors.Is(err, flow.ErrUnknown) {
		return e, &FieldError{"contract", fmt.Errorf("there is no contract %s", s.Contract)}
	} else if err != nil {
		return e, err
	}
	if s.AddOnTo != "" {
		if _, err := subscriptionAt(tx, s.AddOnTo); err != nil {
			return e, &FieldError{"add_on_to", err}
		}
	}
	if e.ID == "" {
		e.ID, err = flow.FreeSubscriptionID(tx, s.Contract)
		return e, err
	}
	free, err := flow.SubscriptionIDFree(tx, e.ID)
	if err == nil && !free {
		err = &FieldError{"id", fmt.Errorf("%s is in the log already: give another id, or none", e.ID)}
	}
	return e, err
}

// SubscriptionAdd sells a new subscription and, where a connection is named, has it
// ordered there. It gives its id.
func (d *Desk) SubscriptionAdd(ctx context.Context, sale Sale) (id billing.SubscriptionID, err error) {
	f, err := d.doing(ctx, deed{"SubscriptionAdd", string(sale.Contract), sale.Quantity.String() + " × " + sale.SKU})
	if err != nil {
		return "", err
	}
	e, err := d.saleEvent(ctx, &sale)
	if err != nil {
		return "", err
	}
	return billing.SubscriptionID(e.ID), f.Record(ctx, []flow.Event{e}, d.actor())
}

// SubscriptionAddPreview is what a sale would come to; nothing is recorded or ordered.
func (d *Desk) SubscriptionAddPreview(ctx context.Context, sale Sale) (effect flow.Effect, err error) {
	f, err := d.reading("SubscriptionAddPreview")
	if err != nil {
		return effect, err
	}
	e, err := d.saleEvent(ctx, &sale)
	if err != nil {
		return effect, err
	}
	return f.EffectOf(ctx, sale.Contract, billing.SubscriptionID(e.ID), []flow.Event{e})
}

func (d *Desk) saleEvent(ctx context.Context, sale *Sale) (e flow.Event, err error) {
	err = d.office.Store.Read(ctx, func(tx Tx) error {
		e, err = sale.event(tx, d.Today())
		return err
	})
	return e, err
}

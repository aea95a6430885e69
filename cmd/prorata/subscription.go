package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

type subscriptionCommand struct {
	List   subscriptionListCommand   `cmd:"" help:"List subscriptions with their quantity today."`
	Add    subscriptionAddCommand    `cmd:"" help:"Sell a new one, and buy it at the provider."`
	Change subscriptionChangeCommand `cmd:"" help:"Change the quantity or the price of one."`
	Cancel subscriptionCancelCommand `cmd:"" help:"Cancel one."`
	Log    subscriptionLogCommand    `cmd:"" help:"Show the change log of one."`
	Alerts subscriptionAlertsCommand `cmd:"" help:"Show what usage has taken of its budgets, and which alerts it has reached."`
}

type subscriptionListCommand struct {
	Contract string `placeholder:"ID" help:"Of this contract."`
	JSON     bool   `help:"Print one JSON object."`
}

// Run prints a line for each.
func (c *subscriptionListCommand) Run(ctx context.Context, w *world) error {
	f, err := w.flow(ctx)
	if err != nil {
		return err
	}
	rows := [][]string{{"subscription", "contract", "sku", "quantity", "term", "billing", "state"}}
	wires := []map[string]any{}
	var ids []billing.SubscriptionID
	err = f.Subscriptions(ctx, billing.ContractID(c.Contract), func(contract *billing.Contract, s *billing.Subscription) {
		quantity, runs := billing.QuantityOn(contract, s, f.Today())
		state := "running"
		if !runs {
			state = "not running"
		}
		term := ""
		if s.TermMonths > 0 {
			term = fmt.Sprintf("%d months", s.TermMonths)
		}
		ids = append(ids, s.ID)
		rows = append(rows, []string{string(s.ID), string(contract.ID), s.SKU, quantity.String(), term, s.Billing.Name, state})
		wires = append(wires, map[string]any{"subscription": string(s.ID), "contract": string(contract.ID), "sku": s.SKU, "quantity": quantity.String(), "term_months": s.TermMonths, "billing": s.Billing.Name, "runs": runs})
	})
	if err != nil {
		return err
	}
	held, err := providersOf(ctx, f, ids)
	if err != nil {
		return err
	}
	for i, id := range ids {
		wires[i]["provider"] = held[id].wire()
		if len(held) > 0 {
			rows[i+1] = append(rows[i+1], held[id].cells(f)...)
		}
	}
	if c.JSON {
		return w.printJSON(map[string]any{"subscriptions": wires})
	}
	if len(held) > 0 {
		rows[0] = append(rows[0], heldColumns...)
	}
	w.table(rows, map[int]bool{3: true})
	return nil
}

type subscriptionChangeCommand struct {
	Subscription string `arg:"" help:"The subscription's id."`
	Quantity     string `placeholder:"N" help:"The new quantity."`
	Price        string `placeholder:"AMOUNT" help:"The new price, in the subscription's unit."`
	AtRenewal    bool   `help:"Schedule it for the next renewal."`
	Effective    string `placeholder:"DATE" help:"From this day; today if not given."`
}

// Run records the change.
func (c *subscriptionChangeCommand) Run(ctx context.Context, w *world) error {
	if c.Quantity == "" && c.Price == "" {
		return fmt.Errorf("%w: give --quantity or --price", flow.ErrInput)
	}
	var events []flow.Event
	event := flow.Event{Subscription: billing.SubscriptionID(c.Subscription)}
	for _, field := range []struct {
		text  string
		do    flow.EventVerb
		value *money.Decimal
		has   *bool
	}{{c.Quantity, flow.DoQuantity, &event.Quantity, &event.HasQuantity}, {c.Price, flow.DoPrice, &event.Price, &event.HasPrice}} {
		if field.text == "" {
			continue
		}
		var err error
		if *field.value, err = money.ParseDecimal(field.text); err != nil {
			return fmt.Errorf("%w: --%s: %w", flow.ErrInput, strings.ToLower(field.do.String()), err)
		}
		*field.has = true
		one := event
		one.Do = field.do
		events = append(events, one)
	}
	if c.AtRenewal {
		event.Do = flow.DoSchedule
		events = []flow.Event{event}
	}
	return w.record(ctx, events, c.Effective)
}

type subscriptionCancelCommand struct {
	Subscription string `arg:"" help:"The subscription's id."`
	Effective    string `placeholder:"DATE" help:"From this day; today if not given."`
}

// Run records the cancellation.
func (c *subscriptionCancelCommand) Run(ctx context.Context, w *world) error {
	return w.record(ctx, []flow.Event{{Do: flow.DoCancel, Subscription: billing.SubscriptionID(c.Subscription)}}, c.Effective)
}

// record puts events on the log as recorded today, and says what becomes of them at providers.
func (w *world) record(ctx context.Context, events []flow.Event, effective string) error {
	f, err := w.flow(ctx)
	if err != nil {
		return err
	}
	today := f.Today()
	from, err := day(effective, today)
	if err != nil {
		return err
	}
	for i := range events {
		events[i].On, events[i].Effective = today, from
	}
	last, err := lastProvision(ctx, f)
	if err != nil {
		return err
	}
	if err := f.Record(ctx, events, w.actor("command line")); err != nil {
		return err
	}
	var ids []billing.SubscriptionID
	for i := range events {
		id := events[i].Subscription
		if events[i].Do == flow.DoSubscribe {
			id = billing.SubscriptionID(events[i].ID)
		}
		ids = append(ids, id)
		w.printf("Recorded: %s of %s from %s.\n", events[i].Do, id, from)
	}
	return w.showProvisions(ctx, f, last, ids)
}

type subscriptionLogCommand struct {
	Subscription string `arg:"" help:"The subscription's id."`
	JSON         bool   `help:"Print one JSON object."`
}

// Run prints every entry of the log, the void ones too.
func (c *subscriptionLogCommand) Run(ctx context.Context, w *world) error {
	f, err := w.flow(ctx)
	if err != nil {
		return err
	}
	var entries []flow.LogEntry
	err = f.Store.Read(ctx, func(tx flow.Tx) error {
		if _, err := tx.SubscriptionContract(billing.SubscriptionID(c.Subscription)); err != nil {
			return err
		}
		entries, err = tx.LogOf(billing.SubscriptionID(c.Subscription))
		return err
	})
	if errors.Is(err, flow.ErrUnknown) {
		return fmt.Errorf("subscription %s: %w", c.Subscription, flow.ErrUnknown)
	}
	if err != nil {
		return err
	}
	rows := [][]string{{"entry", "recorded", "known", "effective", "what", "quantity", "price", "voids", "by", "through"}}
	wires := []map[string]any{}
	for i := range entries {
		e := &entries[i]
		rows = append(rows, []string{fmt.Sprint(e.Seq), e.RecordedOn.String(), dateIfOther(e.KnownOn, e.RecordedOn), e.EffectiveOn.String(), e.Do.String(),
			decimalIf(e.Entry.Quantity, e.Entry.HasQuantity), decimalIf(e.Entry.Price, e.Entry.HasPrice), numberIf(e.Voids), e.Who, e.Source})
		wires = append(wires, map[string]any{"seq": e.Seq, "recorded_on": e.RecordedOn.String(), "known_on": e.KnownOn.String(), "effective_on": e.EffectiveOn.String(), "do": e.Do.String(),
			"quantity": decimalIf(e.Entry.Quantity, e.Entry.HasQuantity), "price": decimalIf(e.Entry.Price, e.Entry.HasPrice), "voids": e.Voids, "who": e.Who, "source": e.Source, "at": e.At})
	}
	if c.JSON {
		return w.printJSON(map[string]any{"entries": wires})
	}
	w.table(rows, map[int]bool{0: true, 5: true, 6: true})
	return nil
}

func decimalIf(d money.Decimal, has bool) string {
	if !has {
		return ""
	}
	return d.String()
}

func numberIf(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func dateIfOther(d, than calendar.Date) string {
	if d == than {
		return ""
	}
	return d.String()
}

func countSubscriptions(n *int) func(*billing.Contract, *billing.Subscription) {
	return func(*billing.Contract, *billing.Subscription) { *n++ }
}

type subscriptionAlertsCommand struct {
	Reached bool `help:"Only those that have reached an alert."`
	JSON    bool `help:"Print one JSON object."`
}

// Run prints a line for each budget.
func (c *subscriptionAlertsCommand) Run(ctx context.Context, w *world) error {
	f, err := w.flow(ctx)
	if err != nil {
		return err
	}
	uses, err := f.BudgetUses(ctx)
	if err != nil {
		return err
	}
	rows := [][]string{{"subscription", "from", "to", "used", "budget", "", "percent", "reached"}}
	wires := []map[string]any{}
	for _, use := range uses {
		if c.Reached && len(use.Reached) == 0 {
			continue
		}
		reached := ""
		for _, at := range use.Reached {
			reached += fmt.Sprintf("%d %% ", at)
		}
		rows = append(rows, []string{string(use.Subscription), use.Interval.From.String(), use.Interval.To.AddDays(-1).String(), use.Used.String(), use.Budget.Amount.String(),
			use.Used.Currency().String(), fmt.Sprint(use.Percent), strings.TrimSpace(reached)})
		wires = append(wires, map[string]any{"subscription": string(use.Subscription), "from": use.Interval.From.String(), "to": use.Interval.To.String(), "used": use.Used.String(),
			"budget": use.Budget.Amount.String(), "currency": use.Used.Currency().String(), "percent": use.Percent, "reached": append([]int{}, use.Reached...)})
	}
	if c.JSON {
		return w.printJSON(map[string]any{"budgets": wires})
	}
	w.table(rows, map[int]bool{3: true, 4: true, 6: true})
	return nil
}

package main

import (
	"context"
	"fmt"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
	"prorata/flow/office"
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
func (c *subscriptionListCommand) Run(ctx context.Context, w *counter) error {
	rows := [][]string{{"subscription", "contract", "sku", "quantity", "term", "billing", "state"}}
	wires := []map[string]any{}
	var ids []billing.SubscriptionID
	err := w.subscriptions(ctx, office.SubscriptionFilter{Contract: billing.ContractID(c.Contract)}, func(s *office.SubscriptionRow) {
		state := "running"
		if !s.State.Runs {
			state = "not running"
		}
		term := ""
		if s.TermMonths > 0 {
			term = fmt.Sprintf("%d months", s.TermMonths)
		}
		ids = append(ids, s.ID)
		rows = append(rows, []string{string(s.ID), string(s.Contract), s.SKU, s.State.Quantity.String(), term, s.Billing.Name, state})
		wires = append(wires, map[string]any{"subscription": string(s.ID), "contract": string(s.Contract), "sku": s.SKU, "quantity": s.State.Quantity.String(), "term_months": s.TermMonths, "billing": s.Billing.Name, "runs": s.State.Runs})
	})
	if err != nil {
		return err
	}
	held := map[billing.SubscriptionID]*office.Held{}
	if w.may("SubscriptionHeld") {
		if held, err = w.SubscriptionHeld(ctx, ids); err != nil {
			return err
		}
	}
	for i, id := range ids {
		wires[i]["provider"] = heldWire(held[id])
		if len(held) > 0 {
			rows[i+1] = append(rows[i+1], heldCells(held[id], w.zone)...)
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

// subscriptions calls for all that a filter covers, in order of the customers' names.
func (w *counter) subscriptions(ctx context.Context, filter office.SubscriptionFilter, call func(*office.SubscriptionRow)) error {
	filter.Most = pageAtOnce
	for {
		page, err := w.SubscriptionList(ctx, filter, "")
		if err != nil {
			return err
		}
		for i := range page.Rows {
			call(&page.Rows[i])
		}
		if page.Next == nil {
			return nil
		}
		filter.After = *page.Next
	}
}

type subscriptionChangeCommand struct {
	Subscription string `arg:"" help:"The subscription's id."`
	Quantity     string `placeholder:"N" help:"The new quantity."`
	Price        string `placeholder:"AMOUNT" help:"The new price, in the subscription's unit."`
	AtRenewal    bool   `help:"Schedule it for the next renewal."`
	Effective    string `placeholder:"DATE" help:"From this day; today if not given."`
	Reason       string `placeholder:"TEXT" help:"Why, for the audit."`
}

// Run records the change.
func (c *subscriptionChangeCommand) Run(ctx context.Context, w *counter) error {
	if c.Quantity == "" && c.Price == "" {
		return fmt.Errorf("%w: give --quantity or --price", flow.ErrInput)
	}
	act := office.SubscriptionAct{Subscription: billing.SubscriptionID(c.Subscription), Reason: c.Reason}
	for _, field := range []struct {
		name, text string
		value      *money.Decimal
		has        *bool
	}{{"quantity", c.Quantity, &act.Quantity, &act.HasQuantity}, {"price", c.Price, &act.Price, &act.HasPrice}} {
		if field.text == "" {
			continue
		}
		var err error
		if *field.value, err = money.ParseDecimal(field.text); err != nil {
			return fmt.Errorf("%w: --%s: %w", flow.ErrInput, field.name, err)
		}
		*field.has = true
	}
	var done []string
	do := w.SubscriptionChange
	switch {
	case c.AtRenewal:
		done, do = []string{"schedule"}, w.SubscriptionSchedule
	default:
		if act.HasQuantity {
			done = append(done, "quantity")
		}
		if act.HasPrice {
			done = append(done, "price")
		}
	}
	return w.act(ctx, act, c.Effective, done, do)
}

type subscriptionCancelCommand struct {
	Subscription string `arg:"" help:"The subscription's id."`
	Effective    string `placeholder:"DATE" help:"From this day; today if not given."`
	Reason       string `placeholder:"TEXT" help:"Why, for the audit."`
}

// Run records the cancellation.
func (c *subscriptionCancelCommand) Run(ctx context.Context, w *counter) error {
	act := office.SubscriptionAct{Subscription: billing.SubscriptionID(c.Subscription), Reason: c.Reason}
	return w.act(ctx, act, c.Effective, []string{"cancel"}, w.SubscriptionCancel)
}

// act does an act from a day, and says what was recorded and what becomes of it at providers.
func (w *counter) act(ctx context.Context, act office.SubscriptionAct, effective string, done []string, do func(context.Context, office.SubscriptionAct) error) error {
	var err error
	if act.Effective, err = day(effective, w.Today()); err != nil {
		return err
	}
	return w.recorded(ctx, act.Effective, done, func() (billing.SubscriptionID, error) { return act.Subscription, do(ctx, act) })
}

// recorded records something of a subscription, and says what it was and what becomes of it at providers.
func (w *counter) recorded(ctx context.Context, from calendar.Date, done []string, record func() (billing.SubscriptionID, error)) error {
	last, err := w.lastProvision(ctx)
	if err != nil {
		return err
	}
	id, err := record()
	if err != nil {
		return err
	}
	for _, one := range done {
		w.printf("Recorded: %s of %s from %s.\n", one, id, from)
	}
	return w.showProvisions(ctx, last, id)
}

type subscriptionLogCommand struct {
	Subscription string `arg:"" help:"The subscription's id."`
	JSON         bool   `help:"Print one JSON object."`
}

// Run prints every entry of the log, the void ones too.
func (c *subscriptionLogCommand) Run(ctx context.Context, w *counter) error {
	entries, err := w.SubscriptionLog(ctx, billing.SubscriptionID(c.Subscription))
	if err != nil {
		return noSuch("subscription", c.Subscription, err)
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
func (c *subscriptionAlertsCommand) Run(ctx context.Context, w *counter) error {
	uses, err := w.BudgetList(ctx)
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

package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"prorata/core/billing"
	"prorata/flow"
	"prorata/flow/office"
)

// heldColumns are those that a list of subscriptions has where a provider is connected.
var heldColumns = []string{"held at", "holding", "there", "term ends", "then", "on its way"}

// heldCells are the texts of heldColumns; empty ones where no provider has anything to do with it.
func heldCells(a *office.Held, zone *time.Location) []string {
	if a == nil {
		return make([]string, len(heldColumns))
	}
	var there, ends, then string
	switch {
	case a.Seen != nil:
		there = a.Seen.StatusText
		if there == "" {
			there = holdingStatus(a.Seen.Status)
		}
		there += ", " + a.Seen.Quantity.String() + " seats"
		ends, then = instantText(a.Seen.EndsAt, zone), renewalText(&a.Seen.Holding)
	case a.Link.Holding != "":
		there = "not read yet"
	}
	var way []string
	for i := range a.Open {
		way = append(way, provisionText(&a.Open[i])+" "+a.Open[i].State.String())
	}
	return []string{string(a.Link.Connection), a.Link.Holding, there, ends, then, strings.Join(way, ", ")}
}

// renewalText says what a provider will do at the term's end.
func renewalText(h *flow.Holding) string {
	switch {
	case h.EndsAt.IsZero():
		return ""
	case h.Next == nil && h.AutoRenew:
		return "renews"
	case h.Next == nil || !h.AutoRenew:
		return "ends"
	}
	text := "renews as"
	if h.Next.HasQuantity {
		text += " " + h.Next.Quantity.String()
	}
	if h.Next.SKU != "" && h.Next.SKU != h.SKU {
		text += " of " + h.Next.SKU
	}
	if h.Next.TermMonths > 0 {
		text += fmt.Sprintf(", %d months", h.Next.TermMonths)
	}
	if h.Next.Billing.Name != "" {
		text += ", " + h.Next.Billing.Name
	}
	return text
}

func holdingStatus(s flow.HoldingStatus) string {
	return [...]string{"unknown", "none", "active", "pending", "suspended", "expired", "disabled", "deleted"}[s]
}

// heldWire is the same for machines; nil where no provider has anything to do with it.
func heldWire(a *office.Held) any {
	if a == nil {
		return nil
	}
	wire := map[string]any{"connection": string(a.Link.Connection), "holding": nil, "seen": nil}
	if a.Link.Holding != "" {
		wire["holding"] = a.Link.Holding
	}
	if h := a.Seen; h != nil {
		seen := map[string]any{"status": holdingStatus(h.Status), "status_there": h.StatusText, "quantity": h.Quantity.String(), "auto_renew": h.AutoRenew, "ends_at": nil, "scheduled": nil, "seen_at": h.SeenAt}
		if !h.EndsAt.IsZero() {
			seen["ends_at"] = h.EndsAt
		}
		if n := h.Next; n != nil {
			seen["scheduled"] = map[string]any{"sku": n.SKU, "quantity": decimalIf(n.Quantity, n.HasQuantity), "term_months": n.TermMonths, "billing": n.Billing.Name}
		}
		wire["seen"] = seen
	}
	open := []map[string]any{}
	for i := range a.Open {
		p := &a.Open[i]
		open = append(open, map[string]any{"id": p.ID, "state": p.State.String(), "what": provisionText(p), "next_at": p.NextAt, "why": p.Why, "todo": p.Todo})
	}
	wire["on_its_way"] = open
	return wire
}

// lastProvision is the number of the newest change on its way or done at a provider; 0 where there is none.
func (w *counter) lastProvision(ctx context.Context) (last int64, err error) {
	for state := flow.ProvisionAwaiting; state <= flow.ProvisionDropped; state++ {
		newest, err := w.ProvisionList(ctx, office.ProvisionFilter{State: state.String(), Most: 1})
		if err != nil {
			return 0, err
		}
		for i := range newest {
			last = max(last, newest[i].ID)
		}
	}
	return last, nil
}

// provisions are all changes in a state, newest first; those that are not done, for none.
func (w *counter) provisions(ctx context.Context, state string) (list []office.ProvisionRow, err error) {
	filter := office.ProvisionFilter{State: state, Most: pageAtOnce}
	for {
		page, err := w.ProvisionList(ctx, filter)
		if list = append(list, page...); err != nil || len(page) < pageAtOnce || len(list) >= provisionsListed {
			return list, err
		}
		filter.Before = page[len(page)-1].ID
	}
}

// showProvisions says what becomes at providers of what was just recorded of a subscription:
// the changes of its contract that are newer than one.
func (w *counter) showProvisions(ctx context.Context, after int64, id billing.SubscriptionID) error {
	newest, err := w.lastProvision(ctx)
	if err != nil || newest <= after {
		return err
	}
	detail, err := w.SubscriptionGet(ctx, id)
	if err != nil {
		return err
	}
	list, err := w.provisions(ctx, flow.ProvisionAwaiting.String())
	if err != nil {
		return err
	}
	// Oldest first, as they will be carried out.
	for i := len(list) - 1; i >= 0; i-- {
		p := &list[i]
		if p.ID <= after || p.Contract != detail.Contract.ID {
			continue
		}
		when := ""
		if p.NextAt.After(w.now()) {
			when = " from " + instantText(p.NextAt, w.zone)
		}
		w.printf("At %s: %s (%s) is awaiting%s; `prorata provision run %s` carries it out, and so does `prorata serve`.\n", p.Connection, provisionText(&p.Provision), p.Subscription, when, p.Connection)
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"prorata/core/billing"
	"prorata/flow"
)

// atProvider is what a provider says of a subscription, and what is on its way there.
type atProvider struct {
	link flow.HoldingLink
	// seen is the holding as it was last read, where there is a link and it was read.
	seen *flow.KeptHolding
	// open are the changes that are not done: awaiting, sent or failed, oldest first.
	open []flow.Provision
}

// linked says whether there is a holding.
func (a *atProvider) linked() bool { return a.link.Holding != "" }

// providersOf reads what providers say of subscriptions; nothing where no provider is connected.
func providersOf(ctx context.Context, f *flow.Flow, ids []billing.SubscriptionID) (of map[billing.SubscriptionID]*atProvider, err error) {
	of = map[billing.SubscriptionID]*atProvider{}
	err = f.Store.Read(ctx, func(tx flow.Tx) error {
		connections, err := tx.ConnectionList()
		if err != nil || len(connections) == 0 {
			return err
		}
		holdings := map[flow.ConnectionID][]string{}
		for _, id := range ids {
			one, err := providerOf(tx, id)
			if err != nil {
				return fmt.Errorf("subscription %s: %w", id, err)
			}
			if one == nil {
				continue
			}
			of[id] = one
			if one.linked() {
				holdings[one.link.Connection] = append(holdings[one.link.Connection], one.link.Holding)
			}
		}
		for connection, ids := range holdings {
			seen, err := tx.HoldingsGet(connection, ids)
			if err != nil {
				return err
			}
			for _, one := range of {
				if kept, ok := seen[one.link.Holding]; ok && one.link.Connection == connection {
					one.seen = &kept
				}
			}
		}
		return nil
	})
	return of, err
}

// providerOf is the link and the open changes of a subscription; nil where it has neither.
func providerOf(tx flow.Tx, id billing.SubscriptionID) (*atProvider, error) {
	one := &atProvider{}
	var err error
	if one.link, err = tx.HoldingOf(id); err != nil && !errors.Is(err, flow.ErrUnknown) {
		return nil, err
	}
	all, err := tx.ProvisionsOf(id)
	if err != nil {
		return nil, err
	}
	for i := range all {
		switch p := all[i]; p.State {
		case flow.ProvisionAwaiting, flow.ProvisionSent, flow.ProvisionFailed:
			if one.link.Connection == "" {
				one.link.Connection = p.Connection
			}
			one.open = append(one.open, p)
		case flow.Provisioned, flow.ProvisionDropped:
		}
	}
	if !one.linked() && len(one.open) == 0 {
		return nil, nil
	}
	return one, nil
}

// heldColumns are those that a list of subscriptions has where a provider is connected.
var heldColumns = []string{"held at", "holding", "there", "term ends", "then", "on its way"}

// cells are the texts of heldColumns; empty ones where no provider has anything to do with it.
func (a *atProvider) cells(f *flow.Flow) []string {
	if a == nil {
		return make([]string, len(heldColumns))
	}
	var there, ends, then string
	switch {
	case a.seen != nil:
		there = a.seen.StatusText
		if there == "" {
			there = holdingStatus(a.seen.Status)
		}
		there += ", " + a.seen.Quantity.String() + " seats"
		ends, then = instantText(a.seen.EndsAt, f.Zone), renewalText(&a.seen.Holding)
	case a.linked():
		there = "not read yet"
	}
	var way []string
	for i := range a.open {
		way = append(way, provisionText(&a.open[i])+" "+a.open[i].State.String())
	}
	return []string{string(a.link.Connection), a.link.Holding, there, ends, then, strings.Join(way, ", ")}
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

// wire is the same for machines; nil where no provider has anything to do with it.
func (a *atProvider) wire() any {
	if a == nil {
		return nil
	}
	wire := map[string]any{"connection": string(a.link.Connection), "holding": nil, "seen": nil}
	if a.linked() {
		wire["holding"] = a.link.Holding
	}
	if h := a.seen; h != nil {
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
	for i := range a.open {
		p := &a.open[i]
		open = append(open, map[string]any{"id": p.ID, "state": p.State.String(), "what": provisionText(p), "next_at": p.NextAt, "why": p.Why, "todo": p.Todo})
	}
	wire["on_its_way"] = open
	return wire
}

// lastProvision is the number of the newest provision; 0 where there is none.
func lastProvision(ctx context.Context, f *flow.Flow) (last int64, err error) {
	err = f.Store.Read(ctx, func(tx flow.Tx) error {
		for state := flow.ProvisionAwaiting; state <= flow.ProvisionDropped; state++ {
			newest, err := tx.ProvisionList("", state, 1)
			if err != nil {
				return err
			}
			for i := range newest {
				last = max(last, newest[i].ID)
			}
		}
		return nil
	})
	return last, err
}

// showProvisions says what becomes at providers of what was just recorded: the
// provisions after one, of the contracts of the subscriptions.
func (w *world) showProvisions(ctx context.Context, f *flow.Flow, after int64, ids []billing.SubscriptionID) error {
	return f.Store.Read(ctx, func(tx flow.Tx) error {
		contracts := map[billing.ContractID]bool{}
		for _, id := range ids {
			contract, err := tx.SubscriptionContract(id)
			if err != nil {
				return err
			}
			contracts[contract] = true
		}
		list, err := tx.ProvisionList("", flow.ProvisionAwaiting, provisionsListed)
		if err != nil {
			return err
		}
		// Oldest first, as they will be carried out.
		for i := len(list) - 1; i >= 0; i-- {
			p := &list[i]
			if p.ID <= after || !contracts[p.Contract] {
				continue
			}
			when := ""
			if p.NextAt.After(f.Clock.Now()) {
				when = " from " + instantText(p.NextAt, f.Zone)
			}
			w.printf("At %s: %s (%s) is awaiting%s; `prorata provision run %s` carries it out, and so does `prorata serve`.\n", p.Connection, provisionText(p), p.Subscription, when, p.Connection)
		}
		return nil
	})
}

package office

import (
	"context"
	"errors"
	"fmt"

	"prorata/core/billing"
	"prorata/flow"
)

// Held is what a provider says of a subscription, and what is on its way there.
type Held struct {
	// Link has no holding where it was ordered and is not there yet.
	Link flow.HoldingLink
	// Seen is the holding as it was last read; nil where it was not.
	Seen *flow.KeptHolding
	// Links are all subscriptions that are billed for the holding, this one too.
	Links []flow.HoldingLink
	// Open are the changes that are not done: awaiting, sent or failed, oldest first.
	Open []flow.Provision
}

// SubscriptionHeld is what providers say of subscriptions; those that no provider has
// anything to do with are left out.
func (d *Desk) SubscriptionHeld(ctx context.Context, ids []billing.SubscriptionID) (of map[billing.SubscriptionID]*Held, err error) {
	of = map[billing.SubscriptionID]*Held{}
	err = d.read(ctx, "SubscriptionHeld", func(tx Tx) error {
		connections, err := tx.ConnectionList()
		if err != nil || len(connections) == 0 {
			return err
		}
		holdings := map[flow.ConnectionID][]string{}
		for _, id := range ids {
			one, err := heldOf(tx, id)
			if err != nil {
				return fmt.Errorf("subscription %s: %w", id, err)
			}
			if one == nil {
				continue
			}
			of[id] = one
			if one.Link.Holding != "" {
				holdings[one.Link.Connection] = append(holdings[one.Link.Connection], one.Link.Holding)
			}
		}
		for connection, ids := range holdings {
			seen, err := tx.HoldingsGet(connection, ids)
			if err != nil {
				return err
			}
			links, err := tx.HoldingLinks(connection, ids)
			if err != nil {
				return err
			}
			for _, one := range of {
				if one.Link.Connection != connection {
					continue
				}
				one.Links = links[one.Link.Holding]
				if kept, ok := seen[one.Link.Holding]; ok {
					one.Seen = &kept
				}
			}
		}
		return nil
	})
	return of, err
}

// heldOf is the link and the open changes of a subscription; nil where it has neither.
func heldOf(tx Tx, id billing.SubscriptionID) (*Held, error) {
	one := &Held{}
	var err error
	if one.Link, err = tx.HoldingOf(id); err != nil && !errors.Is(err, flow.ErrUnknown) {
		return nil, err
	}
	all, err := tx.ProvisionsOf(id)
	if err != nil {
		return nil, err
	}
	for i := range all {
		switch p := all[i]; p.State {
		case flow.ProvisionAwaiting, flow.ProvisionSent, flow.ProvisionFailed:
			if one.Link.Connection == "" {
				one.Link.Connection = p.Connection
			}
			one.Open = append(one.Open, p)
		case flow.Provisioned, flow.ProvisionDropped:
		}
	}
	if one.Link.Holding == "" && len(one.Open) == 0 {
		return nil, nil
	}
	return one, nil
}

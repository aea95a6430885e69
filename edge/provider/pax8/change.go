package pax8

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"prorata/flow"
)

// Change sets a quantity, ends renewal or cancels. Each says what shall be, so
// that sending it again changes nothing more.
func (c *Client) Change(ctx context.Context, change flow.ProviderChange) (flow.ProviderReceipt, error) {
	if change.Suspend || change.Resume || change.Next != nil || change.NextNone {
		return flow.ProviderReceipt{}, fmt.Errorf("pax8: suspension and scheduling: %w", flow.ErrNotOffered)
	}
	before, err := c.HoldingGet(ctx, change.Customer, change.Holding)
	if err != nil {
		return flow.ProviderReceipt{}, err
	}
	if change.HasAutoRenew && change.AutoRenew && !before.AutoRenew {
		return flow.ProviderReceipt{}, no("auto-renew", "Pax8 has no way to take back that a subscription ends.", "Ask Pax8's support, or order anew for the day after the end.")
	}
	if change.HasQuantity && before.Quantity.Cmp(change.Quantity) != 0 {
		if err := c.quantity(ctx, change); err != nil {
			return flow.ProviderReceipt{}, err
		}
	}
	switch {
	case before.Status == flow.HoldingDeleted:
	case change.Cancel && before.StatusText != "PendingCancel":
		err = c.CancelOn(ctx, change.Customer, change.Holding, time.Time{})
	case change.HasAutoRenew && !change.AutoRenew && before.AutoRenew:
		if before.EndsAt.IsZero() {
			return flow.ProviderReceipt{}, no("auto-renew", "The subscription has no commitment, and so no end at which it would not renew.", "Cancel it instead.")
		}
		err = c.CancelOn(ctx, change.Customer, change.Holding, before.EndsAt)
	}
	if err != nil {
		return flow.ProviderReceipt{}, err
	}
	after, err := c.HoldingGet(ctx, change.Customer, change.Holding)
	if err != nil {
		return flow.ProviderReceipt{}, fmt.Errorf("the change was sent: %w", err)
	}
	return receiptOf(change, after), nil
}

func receiptOf(change flow.ProviderChange, after flow.Holding) flow.ProviderReceipt {
	receipt := flow.ProviderReceipt{Holding: after.ID, State: flow.ReceiptDone}
	waits := after.Status == flow.HoldingPending || (change.HasQuantity && after.Quantity.Cmp(change.Quantity) != 0) ||
		(change.Cancel && after.Status != flow.HoldingDeleted)
	if waits {
		receipt.State, receipt.Why = flow.ReceiptPending, after.StatusText
	}
	return receipt
}

func (c *Client) quantity(ctx context.Context, change flow.ProviderChange) error {
	if change.Quantity.Sign() <= 0 || change.Quantity.Trim(0).Digits() > 0 {
		return no("quantity", fmt.Sprintf("%s is not a number of seats.", change.Quantity), "Keep whole seats, at least one, or cancel the subscription.")
	}
	_, err := c.call(ctx, request{method: http.MethodPut, path: subscriptionPath(change.Holding), body: map[string]any{"quantity": seats(change.Quantity)}})
	return err
}

// CancelOn cancels a subscription at an instant; at once where there is none. It
// is sent again until it is answered: of one that is cancelled already, Pax8's
// refusal is looked behind.
func (c *Client) CancelOn(ctx context.Context, customer, id string, at time.Time) error {
	query := url.Values{}
	if !at.IsZero() {
		query.Set("cancelDate", at.UTC().Format("2006-01-02T15:04:05.000Z07:00"))
	}
	_, err := c.call(ctx, request{method: http.MethodDelete, path: subscriptionPath(id), query: query})
	var refused *flow.ProviderRefusal
	if !errors.As(err, &refused) {
		return err
	}
	h, seen := c.HoldingGet(ctx, customer, id)
	if seen == nil && (h.Status == flow.HoldingDeleted || h.StatusText == "PendingCancel") {
		return nil
	}
	return err
}

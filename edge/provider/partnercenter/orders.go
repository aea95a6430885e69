package partnercenter

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"prorata/flow"
)

// An order is a cart that is checked out:
//
//	availability ──► cart ──► its lines' errors ──► checkout ──► order ──► subscription
//
// Making a cart orders nothing, and a cart is ordered once however often it is
// checked out. So an order is placed once if its reference always leads to the
// same cart: the cart's request ids are made from the reference, and the cart is
// given back in every receipt, also beside an error.

// Order places an order, or takes one up where an earlier try left it. What is
// not provisioned within a few looks is pending, to be asked for by OrderFind.
func (c *Client) Order(ctx context.Context, o flow.ProviderOrder) (flow.ProviderReceipt, error) {
	receipt := flow.ProviderReceipt{State: flow.ReceiptPending, Cart: first(o.Cart, c.sent.cart(o.Reference)), Number: o.Number}
	if o.Number != "" {
		return c.orderReceipt(ctx, &o, receipt)
	}
	if receipt.Cart == "" {
		cart, err := c.cartMake(ctx, &o)
		receipt.Cart = cart
		if err != nil {
			return receipt, err
		}
	}
	o.Cart = receipt.Cart
	return c.checkout(ctx, &o, receipt)
}

// OrderFind looks for an order that may have been placed: by its number, else by
// its cart. ErrUnknown says that nothing was ordered; of a cart that is still
// open too.
func (c *Client) OrderFind(ctx context.Context, o flow.ProviderOrder) (flow.ProviderReceipt, error) {
	receipt := flow.ProviderReceipt{State: flow.ReceiptPending, Cart: first(o.Cart, c.sent.cart(o.Reference)), Number: o.Number}
	if o.Number != "" {
		return c.orderReceipt(ctx, &o, receipt)
	}
	if receipt.Cart == "" {
		return receipt, fmt.Errorf("%w: no cart of order %s is known", flow.ErrUnknown, o.Reference)
	}
	o.Cart = receipt.Cart
	k := get(pathOf("/v1/customers/%s/carts/%s", o.Customer, o.Cart))
	cart, err := c.askObject(ctx, k)
	if refusedWith(err, http.StatusNotFound) {
		return receipt, fmt.Errorf("%w: %w", flow.ErrUnknown, err)
	}
	if err != nil {
		return receipt, err
	}
	if strings.EqualFold(cart.scalar("status"), "active") {
		return receipt, fmt.Errorf("%w: cart %s is not ordered", flow.ErrUnknown, o.Cart)
	}
	return c.checkout(ctx, &o, receipt)
}

// checkout orders a cart, or finds again what was ordered.
func (c *Client) checkout(ctx context.Context, o *flow.ProviderOrder, receipt flow.ProviderReceipt) (flow.ProviderReceipt, error) {
	k := post(pathOf("/v1/customers/%s/carts/%s/checkout", o.Customer, o.Cart), nil)
	done, err := c.askObject(ctx, k)
	if refusedFor(err, codeAvailabilityGone) {
		if err = c.cartRenew(ctx, o); err == nil {
			done, err = c.askObject(ctx, k)
		}
	}
	switch {
	case refusedFor(err, codeCartSubmitted):
		return c.orderOfCart(ctx, o, receipt)
	case refusedFor(err, codeCartGone):
		// Was it ordered before it went? Nobody says, so nobody guesses.
		return receipt, err
	case err != nil:
		return receipt, err
	}
	orders := done.list("orders")
	if len(orders) == 0 && done.scalar("id") != "" {
		return c.ordered(ctx, o, done, receipt)
	}
	if len(orders) > 0 {
		of, _ := objectOf(orders[0])
		return c.ordered(ctx, o, reading{wrong: done.wrong, of: of}, receipt)
	}
	for _, raw := range done.list("orderErrors") {
		of, _ := objectOf(raw)
		e := reading{wrong: done.wrong, of: of}
		code := first(e.scalar("code"), "order")
		return receipt, fmt.Errorf("%s: %w", k.name(), &flow.ProviderRefusal{
			Code: code, Sentence: first(e.scalar("description"), "the order failed"), Todo: first(todoOf(code), "Look at the order in Partner Center."),
		})
	}
	return receipt, damaged(k.name(), 0, "orders: missing in the answer")
}

// orderOfCart finds the order of a cart that was ordered already: the only one of
// that sku and quantity since the cart was made. Of several none is taken.
func (c *Client) orderOfCart(ctx context.Context, o *flow.ProviderOrder, receipt flow.ProviderReceipt) (flow.ProviderReceipt, error) {
	cart, err := c.askObject(ctx, get(pathOf("/v1/customers/%s/carts/%s", o.Customer, o.Cart)))
	if err != nil {
		return receipt, err
	}
	made := cart.instant("creationTimestamp")
	var found []reading
	err = c.items(ctx, get(pathOf("/v1/customers/%s/orders", o.Customer)), pagingToken, 0, func(at flow.Source, item object) error {
		r := reading{wrong: &mistakes{at: at}, of: item}
		if line, ok := orderLine(r, o); ok && !r.instant("creationDate").Before(made.Truncate(time.Minute)) && lineQuantity(line, o) {
			found = append(found, r)
		}
		return nil
	})
	if err != nil {
		return receipt, err
	}
	if len(found) != 1 {
		receipt.Why = fmt.Sprintf("cart %s was ordered, and %d orders of the customer may be its", o.Cart, len(found))
		return receipt, nil
	}
	return c.ordered(ctx, o, found[0], receipt)
}

func lineQuantity(line reading, o *flow.ProviderOrder) bool {
	q, ok := line.number("quantity")
	return ok && q.Cmp(o.Quantity) == 0
}

// orderLine is the line of an order that is of the sku.
func orderLine(order reading, o *flow.ProviderOrder) (reading, bool) {
	for _, raw := range order.list("lineItems") {
		of, _ := objectOf(raw)
		line := reading{wrong: &mistakes{}, of: of}
		if strings.EqualFold(skuOf(line.scalar("offerId")), skuOf(o.SKU)) {
			return line, true
		}
	}
	return reading{}, false
}

// ordered goes on from an order as a checkout gave it.
func (c *Client) ordered(ctx context.Context, o *flow.ProviderOrder, order reading, receipt flow.ProviderReceipt) (flow.ProviderReceipt, error) {
	receipt.Number = order.scalar("id")
	if receipt.Number == "" {
		return receipt, damaged("checkout of cart "+o.Cart, 0, "orders: one without an id")
	}
	o.Number = receipt.Number
	if settled, err := c.settle(ctx, o, order, &receipt); settled || err != nil {
		return receipt, err
	}
	return c.orderReceipt(ctx, o, receipt)
}

// orderReceipt looks at an order until it has come to something. One that cannot
// be seen yet is pending: an order may take a quarter of an hour to be listed.
func (c *Client) orderReceipt(ctx context.Context, o *flow.ProviderOrder, receipt flow.ProviderReceipt) (flow.ProviderReceipt, error) {
	k := get(pathOf("/v1/customers/%s/orders/%s", o.Customer, o.Number))
	for n := 1; n <= pollsMax; n++ {
		a, err := c.ask(ctx, k)
		header := http.Header{}
		switch {
		case refusedWith(err, http.StatusNotFound):
			receipt.Why = "the order is not listed yet"
		case err != nil:
			return receipt, err
		default:
			order, err := a.object(k)
			if err != nil {
				return receipt, err
			}
			if settled, err := c.settle(ctx, o, order, &receipt); settled || err != nil {
				return receipt, err
			}
			header = a.header
		}
		if n == pollsMax {
			break
		}
		if err := c.look(ctx, n, header); err != nil {
			return receipt, err
		}
	}
	return receipt, nil
}

// settle reads an order's state and its subscription into the receipt, and says
// whether that is the end of it.
func (c *Client) settle(ctx context.Context, o *flow.ProviderOrder, order reading, receipt *flow.ProviderReceipt) (bool, error) {
	if line, ok := orderLine(order, o); ok {
		receipt.Holding = first(receipt.Holding, line.scalar("subscriptionId"))
	} else if lines := order.list("lineItems"); len(lines) == 1 {
		of, _ := objectOf(lines[0])
		receipt.Holding = first(receipt.Holding, reading{wrong: &mistakes{}, of: of}.scalar("subscriptionId"))
	}
	status := strings.ToLower(order.scalar("status"))
	receipt.Why = "the order is " + first(status, "of no status")
	switch status {
	case "cancelled", "error", "po review rejected":
		receipt.State = flow.ReceiptFailed
		return true, nil
	}
	if receipt.Holding == "" {
		id, err := c.holdingOfOrder(ctx, o)
		if err != nil || id == "" {
			return false, err
		}
		receipt.Holding = id
	}
	if status == "completed" {
		receipt.State, receipt.Why = flow.ReceiptDone, ""
		return true, nil
	}
	h, err := c.HoldingGet(ctx, o.Customer, receipt.Holding)
	if errors.Is(err, flow.ErrUnknown) {
		return false, nil
	}
	if err == nil && h.Status == flow.HoldingActive {
		receipt.State, receipt.Why = flow.ReceiptDone, ""
	}
	return err == nil && h.Status == flow.HoldingActive, err
}

// holdingOfOrder is the subscription that an order made; empty while there is none.
func (c *Client) holdingOfOrder(ctx context.Context, o *flow.ProviderOrder) (string, error) {
	path := withQuery(pathOf("/v1/customers/%s/subscriptions", o.Customer), "order_id", o.Number)
	var found []flow.Holding
	for h, err := range stream(func(take taken) error { return c.items(ctx, get(path), pagingNone, 0, take) }, holdingReader(o.Customer)) {
		if refusedWith(err, http.StatusNotFound) {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		if (h.Order == "" || h.Order == o.Number) && strings.EqualFold(h.SKU, skuOf(o.SKU)) {
			found = append(found, h)
		}
	}
	if len(found) != 1 {
		return "", nil
	}
	return found[0].ID, nil
}

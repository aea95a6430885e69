package partnercenter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
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

// cartLine is a line of a cart, as it is sent.
type cartLine struct {
	ID                int               `json:"id"`
	CatalogItemID     string            `json:"catalogItemId"`
	Quantity          json.RawMessage   `json:"quantity"`
	BillingCycle      string            `json:"billingCycle"`
	TermDuration      string            `json:"termDuration,omitempty"`
	PromotionID       string            `json:"promotionId,omitempty"`
	CustomTermEndDate string            `json:"customTermEndDate,omitempty"`
	FriendlyName      string            `json:"friendlyName,omitempty"`
	Attested          bool              `json:"attestationAccepted,omitempty"`
	Participants      []participant     `json:"participants,omitempty"`
	Context           map[string]string `json:"provisioningContext,omitempty"`
}

// participant is somebody with a part in the sale, such as its reseller.
type participant struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type cartBody struct {
	Attested  bool       `json:"PartnerOnRecordAttestationAccepted,omitempty"`
	LineItems []cartLine `json:"lineItems"`
}

// cartOf is the cart of an order at the availability of today.
func (c *Client) cartOf(ctx context.Context, o *flow.ProviderOrder) (cartBody, error) {
	a, err := c.availability(ctx, o.Customer, o.SKU, o.TermMonths, o.Billing)
	if err != nil {
		return cartBody{}, err
	}
	line := cartLine{
		CatalogItemID: a.item(), Quantity: json.RawMessage(o.Quantity.String()), BillingCycle: a.billing,
		TermDuration: termText(o.TermMonths), PromotionID: o.Promotion, CustomTermEndDate: lastDayText(o.EndsOn), FriendlyName: o.Name, Attested: o.Attested,
	}
	if o.Reseller != "" {
		line.Participants = []participant{{Key: "transaction_reseller", Value: o.Reseller}}
	}
	if o.Parent != "" {
		line.Context = map[string]string{"ParentSubscriptionId": o.Parent}
	}
	return cartBody{Attested: o.Attested && o.Reseller != "", LineItems: []cartLine{line}}, nil
}

// cartMake makes the cart of an order, and sees that its lines can be ordered.
func (c *Client) cartMake(ctx context.Context, o *flow.ProviderOrder) (id string, err error) {
	body, err := c.cartOf(ctx, o)
	if err != nil {
		return "", err
	}
	k := post(pathOf("/v1/customers/%s/carts", o.Customer), body)
	ids, answered := c.sent.ids(o.Reference)
	k.ids = ids
	cart, err := c.askObject(ctx, k)
	if err != nil {
		var no *refusal
		answered(errors.As(err, &no))
		return "", err
	}
	id = cart.scalar("id")
	if id == "" {
		return "", damaged(k.name(), 0, "id: missing in the cart")
	}
	if err := lineError(cart); err != nil {
		answered(true)
		return "", err // and the cart expires, unordered
	}
	answered(false)
	c.sent.keep(o.Reference, id)
	return id, nil
}

// lineError is what is wrong with the first line of a cart that cannot be ordered.
func lineError(cart reading) error {
	for _, raw := range cart.list("lineItems") {
		o, _ := objectOf(raw)
		line := reading{wrong: &mistakes{}, of: o}
		e, ok := line.object("error")
		if !ok {
			continue
		}
		code := first(e.scalar("errorCode"), e.scalar("code"), "cart line")
		sentence := first(e.scalar("errorDescription"), e.scalar("description"), "the line cannot be ordered")
		if more, ok := e.object("additionalInformation"); ok {
			if left := more.scalar("availableQuantity"); left != "" {
				sentence += " (" + left + " are left)"
			}
		}
		return &flow.ProviderRefusal{Code: code, Sentence: sentence, Todo: first(cartTodo(code), todoOf(code), "Look at the line in Partner Center's cart.")}
	}
	return nil
}

// cartTodo is what to do about the codes of a cart's lines.
func cartTodo(code string) string {
	switch code {
	case "10000":
		return "The product is sold in another currency: check the customer's country."
	case "10001":
		return "The product is not sold at this term and billing cycle any more: choose another."
	case "10002", "10003", "10009", "10015":
		return "Order fewer: more are not given to this customer."
	case "10004":
		return "Check the reseller of the order."
	case "10011":
		return "Check the subscription that the add-on is for."
	case "10012":
		return "Confirm the attestation that this product asks for."
	}
	return ""
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

// cartRenew puts today's availability into a cart whose own is gone.
func (c *Client) cartRenew(ctx context.Context, o *flow.ProviderOrder) error {
	body, err := c.cartOf(ctx, o)
	if err != nil {
		return err
	}
	k := post(pathOf("/v1/customers/%s/carts/%s", o.Customer, o.Cart), body)
	k.method = http.MethodPut
	cart, err := c.askObject(ctx, k)
	if err != nil {
		return err
	}
	return lineError(cart)
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

// sentOrders remembers the carts of the orders that were sent from here, and how
// often the making of each was answered with a no.
type sentOrders struct {
	sync.Mutex
	of map[string]sentOrder
}

type sentOrder struct {
	cart  string
	asked int
}

func (s *sentOrders) cart(reference string) string {
	s.Lock()
	defer s.Unlock()
	return s.of[reference].cart
}

func (s *sentOrders) keep(reference, cart string) {
	if reference == "" {
		return
	}
	s.Lock()
	defer s.Unlock()
	sent := s.of[reference]
	sent.cart = cart
	s.of[reference] = sent
}

// ids are the request ids of a reference's cart. They are the same after a
// restart, so that Microsoft gives the cart that it has made; after a no, which
// must be told to answered, others follow.
func (s *sentOrders) ids(reference string) (ids func(int) string, answered func(no bool)) {
	if reference == "" {
		return nil, func(bool) {}
	}
	s.Lock()
	defer s.Unlock()
	from, used := s.of[reference].asked, 0
	ids = func(n int) string {
		used = n
		return derivedID(reference, "cart", strconv.Itoa(from+n))
	}
	return ids, func(no bool) {
		if no {
			used++
		}
		s.Lock()
		defer s.Unlock()
		sent := s.of[reference]
		sent.asked = from + used
		s.of[reference] = sent
	}
}

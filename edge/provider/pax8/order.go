package pax8

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"prorata/core/money"
	"prorata/flow"
)

// Question is what Pax8 wants to know before it provisions a product.
type Question struct {
	Key, Label, Description string
	// Choices are the only answers that it takes; none where any text will do.
	Choices []string
}

// patience is how long an order that was not answered may take to be seen.
const patience = 30 * time.Second

// orderLine is an order of one product as it is sent.
type orderLine struct {
	LineItemNumber       int            `json:"lineItemNumber"`
	ProductID            string         `json:"productId"`
	Quantity             json.Number    `json:"quantity"`
	BillingTerm          string         `json:"billingTerm"`
	CommitmentTermID     string         `json:"commitmentTermId,omitempty"`
	ParentSubscriptionID string         `json:"parentSubscriptionId,omitempty"`
	ProvisioningDetails  []orderDetails `json:"provisioningDetails,omitempty"`
}

type orderDetails struct {
	Key    string   `json:"key"`
	Values []string `json:"values"`
}

type orderBody struct {
	CompanyID          string      `json:"companyId"`
	OrderedBy          string      `json:"orderedBy"`
	OrderedByUserEmail string      `json:"orderedByUserEmail,omitempty"`
	LineItems          []orderLine `json:"lineItems"`
}

// Order places an order once for each reference: it is noted, validated by Pax8
// and then sent. Sent again under its reference it is looked up first, since Pax8
// has no way to know that it is the same. A look that fails proves nothing: where
// the order may have been sent before, that is ErrUnanswered, whatever Pax8 said.
func (c *Client) Order(ctx context.Context, order flow.ProviderOrder) (flow.ProviderReceipt, error) {
	c.ordering.Lock()
	defer c.ordering.Unlock()
	_, unknown := c.noteGet(ctx, order.Reference)
	if unknown != nil && !errors.Is(unknown, flow.ErrUnknown) {
		return flow.ProviderReceipt{}, looking(order, unknown)
	}
	sent := unknown == nil || order.Number != ""
	line, err := c.orderLine(ctx, order)
	if err == nil && sent {
		var receipt flow.ProviderReceipt
		if receipt, err = c.lookUp(ctx, order, line); err == nil {
			return receipt, nil
		}
		if errors.Is(err, errNotPlaced) {
			sent, err = false, nil
		}
	}
	if err != nil && sent {
		return flow.ProviderReceipt{}, looking(order, err)
	}
	if err != nil {
		return flow.ProviderReceipt{}, err
	}
	return c.place(ctx, order, line)
}

// looking is the error of a look at an order that may be placed.
func looking(order flow.ProviderOrder, err error) error {
	if errors.Is(err, flow.ErrConsent) || errors.Is(err, flow.ErrThrottled) || errors.Is(err, flow.ErrUnanswered) || errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("pax8: order %s may be placed, and cannot be looked up: %w: %s", order.Reference, flow.ErrUnanswered, err.Error())
}

// place sends an order that was not sent, or was lost. What goes wrong after it
// was sent does not make it a failure: it has a number by then, or may have one.
func (c *Client) place(ctx context.Context, order flow.ProviderOrder, line orderLine) (flow.ProviderReceipt, error) {
	var err error
	if line.ProvisioningDetails, err = c.answers(ctx, order, line.ProductID); err != nil {
		return flow.ProviderReceipt{}, err
	}
	body := orderBody{CompanyID: order.Customer, OrderedBy: "Pax8 Partner", OrderedByUserEmail: c.OrderedBy, LineItems: []orderLine{line}}
	if _, err := c.call(ctx, request{method: http.MethodPost, path: "/v1/orders", query: url.Values{"isMock": {"true"}}, body: body}); err != nil {
		return flow.ProviderReceipt{}, err
	}
	n, err := c.noted(ctx, order, line)
	if err != nil {
		return flow.ProviderReceipt{}, err
	}
	placed, err := c.single(ctx, request{method: http.MethodPost, path: "/v1/orders", body: body, once: true})
	if err != nil {
		return flow.ProviderReceipt{}, err
	}
	if n.Number = placed.text("id"); n.Number == "" {
		return flow.ProviderReceipt{}, looking(order, errors.New("the answer has no id"))
	}
	if err := c.notePut(ctx, order.Reference, n); err != nil {
		return flow.ProviderReceipt{}, looking(order, fmt.Errorf("it is %s and cannot be noted: %w", n.Number, err))
	}
	return c.receipt(ctx, placed, line.ProductID), nil
}

// noted writes down, before an order is sent, what is there already. The note of
// an earlier try stays: what has come since may be its.
func (c *Client) noted(ctx context.Context, order flow.ProviderOrder, line orderLine) (note, error) {
	now := c.Clock().UTC()
	n, err := c.noteGet(ctx, order.Reference)
	switch {
	case errors.Is(err, flow.ErrUnknown):
		n = note{At: now}
		alike, err := c.alike(ctx, order, line)
		if err != nil {
			return n, err
		}
		for _, r := range alike {
			n.Before = append(n.Before, r.text("id"))
		}
	case err != nil:
		return n, err
	}
	n.LastAt = now
	if err := c.notePut(ctx, order.Reference, n); err != nil {
		return n, fmt.Errorf("pax8: order %s cannot be noted, and was not sent: %w", order.Reference, err)
	}
	return n, nil
}

// OrderFind is the receipt of an order that may have been placed; ErrUnknown where
// nothing was sent under its reference, or Pax8 does not have it.
func (c *Client) OrderFind(ctx context.Context, order flow.ProviderOrder) (flow.ProviderReceipt, error) {
	c.ordering.Lock()
	defer c.ordering.Unlock()
	line, err := c.orderLine(ctx, order)
	if err != nil {
		return flow.ProviderReceipt{}, err
	}
	return c.lookUp(ctx, order, line)
}

// errNotPlaced says that an order was looked for where it would be, and is not there.
var errNotPlaced = fmt.Errorf("not among the company's orders: %w", flow.ErrUnknown)

// lookUp finds an order by its number, or by its note: the one of its kind that
// was not there before and is nobody else's. One that was sent a moment ago is
// given time to be seen; one that has a number is placed, shown or not.
func (c *Client) lookUp(ctx context.Context, order flow.ProviderOrder, line orderLine) (flow.ProviderReceipt, error) {
	number := order.Number
	n, err := c.noteGet(ctx, order.Reference)
	switch {
	case number != "":
	case errors.Is(err, flow.ErrUnknown):
		return flow.ProviderReceipt{}, fmt.Errorf("pax8: order %s: %w", order.Reference, errNotPlaced)
	case err != nil:
		return flow.ProviderReceipt{}, err
	case n.Number != "":
		number = n.Number
	default:
		if number, err = c.search(ctx, order, line, &n); err != nil {
			return flow.ProviderReceipt{}, err
		}
	}
	placed, err := c.single(ctx, request{method: http.MethodGet, path: "/v1/orders/" + url.PathEscape(number)})
	if errors.Is(err, flow.ErrUnknown) && number == n.Number {
		return flow.ProviderReceipt{Number: number, Why: "Pax8 does not show the order yet"}, nil
	}
	if err != nil {
		return flow.ProviderReceipt{}, err
	}
	return c.receipt(ctx, placed, line.ProductID), nil
}

func (c *Client) search(ctx context.Context, order flow.ProviderOrder, line orderLine, n *note) (string, error) {
	for try := range 2 {
		found, err := c.fresh(ctx, order, line, n)
		switch {
		case err != nil:
			return "", err
		case len(found) > 1:
			return "", fmt.Errorf("pax8: order %s: %w: any of %s may be it; look in Pax8 and give the number", order.Reference, flow.ErrUnanswered, strings.Join(found, ", "))
		case len(found) == 1:
			n.Number = found[0]
			return found[0], c.notePut(ctx, order.Reference, *n)
		}
		left := patience - c.Clock().Sub(n.LastAt)
		if try > 0 || left <= 0 {
			break
		}
		if err := c.Wait(ctx, left); err != nil {
			return "", err
		}
	}
	return "", fmt.Errorf("pax8: order %s: %w", order.Reference, errNotPlaced)
}

// fresh are the orders that may be the noted one.
func (c *Client) fresh(ctx context.Context, order flow.ProviderOrder, line orderLine, n *note) ([]string, error) {
	alike, err := c.alike(ctx, order, line)
	if err != nil {
		return nil, err
	}
	var found []string
	sentOn := dayOf(n.At.UTC()).AddDays(-1)
	for _, r := range alike {
		id := r.text("id")
		owner, err := c.noteOf(ctx, id)
		if err != nil {
			return nil, err
		}
		if made := r.day("createdDate"); slices.Contains(n.Before, id) || (owner != "" && owner != order.Reference) || (!made.IsZero() && made.Before(sentOn)) {
			continue
		}
		found = append(found, id)
	}
	return found, nil
}

// alike are the company's orders for the same thing.
func (c *Client) alike(ctx context.Context, order flow.ProviderOrder, line orderLine) ([]reading, error) {
	var all []reading
	for r, err := range c.pages(ctx, "/v1/orders", url.Values{"companyId": {order.Customer}}) {
		if err != nil {
			return nil, err
		}
		item, ok := itemOf(r, line.ProductID)
		if !ok {
			continue
		}
		quantity, given := item.number("quantity")
		term, commitment := item.text("billingTerm"), item.text("commitmentTermId")
		if given && quantity.Cmp(order.Quantity) == 0 && (term == "" || term == line.BillingTerm) && (commitment == "" || commitment == line.CommitmentTermID) {
			all = append(all, r)
		}
	}
	return all, nil
}

// itemOf is an order's line for a product.
func itemOf(order reading, product string) (reading, bool) {
	for _, raw := range order.list("lineItems") {
		if of, err := objectOf(raw); err == nil {
			if item := (reading{of, order.wrong}); item.text("productId") == product {
				return item, true
			}
		}
	}
	return reading{}, false
}

// receipt tells how far an order is: done when its subscription is active. Where
// that cannot be seen, it waits.
func (c *Client) receipt(ctx context.Context, placed reading, product string) flow.ProviderReceipt {
	receipt := flow.ProviderReceipt{Number: placed.text("id")}
	if item, ok := itemOf(placed, product); ok {
		receipt.Holding = item.text("subscriptionId")
	}
	if receipt.Holding == "" {
		receipt.Why = "Pax8 has made no subscription yet"
		return receipt
	}
	sub, err := c.single(ctx, request{method: http.MethodGet, path: subscriptionPath(receipt.Holding)})
	if err != nil {
		receipt.Why = err.Error()
		return receipt
	}
	word := sub.text("status")
	switch statusOf(word) {
	case flow.HoldingActive:
		receipt.State = flow.ReceiptDone
	case flow.HoldingDeleted:
		receipt.State, receipt.Why = flow.ReceiptFailed, "the subscription is "+word
	default:
		receipt.Why = word
	}
	return receipt
}

// orderLine says in Pax8's words what is ordered.
func (c *Client) orderLine(ctx context.Context, order flow.ProviderOrder) (orderLine, error) {
	line := orderLine{LineItemNumber: 1, Quantity: seats(order.Quantity), ParentSubscriptionID: order.Parent, BillingTerm: termOf(order.Billing)}
	switch {
	case order.Promotion != "":
		return line, fmt.Errorf("pax8: an order with a promotion: %w", flow.ErrNotOffered)
	case !order.EndsOn.IsZero():
		return line, fmt.Errorf("pax8: an order with a shortened term: %w", flow.ErrNotOffered)
	case order.Quantity.Sign() <= 0 || order.Quantity.Trim(0).Digits() > 0:
		return line, no("quantity", fmt.Sprintf("%s is not a number of seats.", order.Quantity), "Order whole seats, at least one.")
	case line.BillingTerm == "":
		return line, no("billing-term", fmt.Sprintf("Pax8 does not bill every %d months.", order.Billing.Months), "Choose monthly, annual, two or three years.")
	}
	p, err := c.productBySKU(ctx, order.SKU)
	if err != nil {
		return line, err
	}
	line.ProductID = p.id
	if order.TermMonths == 0 && !p.requiresCommitment {
		return line, nil
	}
	all, err := c.committed(ctx, p)
	if err != nil {
		return line, err
	}
	for id, one := range all {
		if one.termMonths == order.TermMonths && (line.CommitmentTermID == "" || id < line.CommitmentTermID) {
			line.CommitmentTermID = id
		}
	}
	if line.CommitmentTermID == "" && (p.requiresCommitment || len(all) > 0) {
		return line, no("commitment", fmt.Sprintf("%s is not sold with a term of %d months.", order.SKU, order.TermMonths), "Choose a term that the product has in Pax8.")
	}
	return line, nil
}

func no(code, sentence, todo string) error {
	return &flow.ProviderRefusal{Code: code, Sentence: sentence, Todo: todo}
}

// productBySKU finds the product of a vendor's product and sku, or of an id of Pax8's.
func (c *Client) productBySKU(ctx context.Context, sku string) (*product, error) {
	if !strings.Contains(sku, ":") {
		p, err := c.product(ctx, sku)
		if err == nil && p.name == "" {
			return nil, no("product", fmt.Sprintf("Pax8 has no product %q.", sku), "Take the SKU from Pax8's price list.")
		}
		return p, err
	}
	var found []*product
	for p, err := range each(c.pages(ctx, "/v1/products", url.Values{"search": {sku}}), func(r reading) (*product, bool, error) {
		p := productOf(r)
		return p, strings.EqualFold(p.vendorSKU, sku), nil
	}) {
		if err != nil {
			return nil, err
		}
		found = append(found, c.learn(p))
	}
	switch len(found) {
	case 0:
		return nil, no("product", fmt.Sprintf("Pax8 has no product %q.", sku), "Take the SKU from Pax8's price list.")
	case 1:
		return found[0], nil
	}
	names := make([]string, len(found))
	for i, p := range found {
		names[i] = p.name + " (" + p.id + ")"
	}
	return nil, no("product", fmt.Sprintf("Pax8 has several products %q: %s.", sku, strings.Join(names, ", ")), "Order by Pax8's own id of the one that is meant.")
}

// answers are what Pax8 asks for before it provisions a product.
func (c *Client) answers(ctx context.Context, order flow.ProviderOrder, productID string) ([]orderDetails, error) {
	r, err := c.single(ctx, request{method: http.MethodGet, path: productPath(productID) + "/provision-details"})
	if errors.Is(err, flow.ErrUnknown) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var questions []Question
	for _, raw := range r.list("content") {
		of, err := objectOf(raw)
		if err != nil {
			return nil, fmt.Errorf("pax8: provisioning details of %s: %w", productID, err)
		}
		in := reading{of, r.wrong}
		q := Question{Key: in.need("key"), Label: in.text("label"), Description: in.text("description")}
		for _, choice := range in.list("possibleValues") {
			q.Choices = append(q.Choices, reading{object{"": choice}, r.wrong}.text(""))
		}
		questions = append(questions, q)
	}
	if err := r.wrong.err(); err != nil || len(questions) == 0 {
		return nil, err
	}
	var known map[string][]string
	if c.Provision != nil {
		if known, err = c.Provision(ctx, order, questions); err != nil {
			return nil, err
		}
	}
	var details []orderDetails
	var open []string
	for _, q := range questions {
		values := known[q.Key]
		taken := !slices.ContainsFunc(values, func(v string) bool { return len(q.Choices) > 0 && !slices.Contains(q.Choices, v) })
		if len(values) == 0 || !taken {
			open = append(open, q.Key+" ("+q.Label+")")
			continue
		}
		details = append(details, orderDetails{q.Key, values})
	}
	if len(open) > 0 {
		return nil, no("provisioning-details", "Pax8 asks for "+strings.Join(open, ", ")+".", "Give these for the customer, then order again.")
	}
	return details, nil
}

// seats is a quantity as it is sent.
func seats(d money.Decimal) json.Number { return json.Number(d.Trim(0).String()) }

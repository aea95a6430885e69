package partnercenter

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"prorata/flow"
)

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

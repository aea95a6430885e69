package pax8

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"prorata/core/billing"
	"prorata/flow"
)

// Holdings are a company's subscriptions in every status.
func (c *Client) Holdings(ctx context.Context, customer string) iter.Seq2[flow.Holding, error] {
	query := url.Values{"companyId": {customer}, "sort": {"createdDate,asc"}}
	return each(c.pages(ctx, "/v1/subscriptions", query), func(r reading) (flow.Holding, bool, error) {
		h, err := c.holding(ctx, r)
		return h, true, err
	})
}

// HoldingGet is one subscription; ErrUnknown where it is not the company's.
func (c *Client) HoldingGet(ctx context.Context, customer, id string) (flow.Holding, error) {
	r, err := c.subscription(ctx, customer, id)
	if err != nil {
		return flow.Holding{}, err
	}
	h, err := c.holding(ctx, r)
	if err == nil {
		err = r.wrong.err()
	}
	return h, err
}

// History are the states that a subscription was in, as Pax8 recorded them.
func (c *Client) History(ctx context.Context, customer, id string) iter.Seq2[flow.Holding, error] {
	return func(yield func(flow.Holding, error) bool) {
		if _, err := c.subscription(ctx, customer, id); err != nil {
			yield(flow.Holding{}, err)
			return
		}
		states := each(c.pages(ctx, subscriptionPath(id)+"/history", nil), func(r reading) (flow.Holding, bool, error) {
			h, err := c.holding(ctx, r)
			return h, true, err
		})
		states(yield)
	}
}

func subscriptionPath(id string) string { return "/v1/subscriptions/" + url.PathEscape(id) }

// subscription is as Pax8 answers it, after a look at whose it is.
func (c *Client) subscription(ctx context.Context, customer, id string) (reading, error) {
	r, err := c.single(ctx, request{method: http.MethodGet, path: subscriptionPath(id)})
	if err != nil {
		return reading{}, err
	}
	if owner := r.text("companyId"); owner != customer {
		return reading{}, fmt.Errorf("pax8: subscription %s of %s: %w", id, customer, flow.ErrUnknown)
	}
	return r, nil
}

func (c *Client) holding(ctx context.Context, r reading) (flow.Holding, error) {
	h := flow.Holding{
		At: r.wrong.at, ID: r.need("id"), Customer: r.need("companyId"), Offer: r.need("productId"), Name: r.text("productName"),
		Entitlement: r.text("vendorSubscriptionId"), Quantity: r.needNumber("quantity"), StatusText: r.need("status"), BillingText: r.text("billingTerm"),
		Parent: r.text("parentSubscriptionId"), CreatedAt: r.instant("createdDate"), StartsAt: r.instant("startDate"), EndsAt: r.instant("endDate"),
	}
	h.Status = statusOf(h.StatusText)
	h.Trial = h.StatusText == "Trial" || h.BillingText == "Trial"
	h.Billing = cycleOf(h.BillingText)
	if h.Quantity.Sign() < 0 {
		r.wrong.add("quantity", "%s is negative", h.Quantity)
	}
	commitment := r.sub("commitmentTerm")
	h.TermMonths = monthsOf(commitment.text("term"))
	ending := !h.EndsAt.IsZero()
	if !ending {
		h.EndsAt = commitment.instant("endDate")
	}
	if len(r.wrong.list) > 0 {
		return h, nil
	}
	p, err := c.product(ctx, h.Offer)
	if err != nil {
		return h, err
	}
	h.SKU, h.Publisher, h.OfferName = p.sku(), p.vendor, p.name
	h.AutoRenew = !ending && (h.Status == flow.HoldingActive || h.Status == flow.HoldingPending) && h.StatusText != "PendingCancel"
	if id := commitment.text("id"); h.AutoRenew && id != "" {
		if h.AutoRenew, err = c.renews(ctx, p, id); err != nil {
			return h, err
		}
	}
	return h, nil
}

// statusOf reads a status. What became of a converted trial is not written.
func statusOf(word string) flow.HoldingStatus {
	switch word {
	case "Active", "Activated", "Trial", "PendingCancel":
		return flow.HoldingActive
	case "PendingManual", "PendingAutomated", "WaitingForDetails", "PendingActivation":
		return flow.HoldingPending
	case "Cancelled":
		return flow.HoldingDeleted
	}
	return flow.HoldingUnknown
}

// cycleOf reads a billing term; one without a name is paid once.
func cycleOf(word string) billing.Unit {
	switch months := monthsOf(word); months {
	case 0:
		return billing.Unit{}
	case 1:
		return billing.Unit{Name: "monthly", Months: 1}
	case 3:
		return billing.Unit{Name: "quarterly", Months: 3}
	case 12:
		return billing.Unit{Name: "annual", Months: 12}
	case 36:
		return billing.Unit{Name: "triennial", Months: 36}
	default:
		return billing.Unit{Name: strconv.Itoa(months) + " months", Months: months}
	}
}

// monthsOf reads Monthly, Annual, 3-Year and their like; 0 for what is no length.
func monthsOf(word string) int {
	word = strings.ToLower(strings.ReplaceAll(word, " ", "-"))
	switch word {
	case "monthly", "month":
		return 1
	case "quarterly":
		return 3
	case "annual", "yearly", "year":
		return 12
	}
	digits, unit, _ := strings.Cut(word, "-")
	n, err := strconv.ParseUint(digits, 10, 6)
	if err != nil {
		return 0
	}
	switch strings.TrimSuffix(unit, "s") {
	case "year":
		return int(n) * 12
	case "month":
		return int(n)
	}
	return 0
}

// termOf is Pax8's word for a billing cycle.
func termOf(cycle billing.Unit) string {
	switch cycle.Months {
	case 0:
		return "One-Time"
	case 1:
		return "Monthly"
	case 12:
		return "Annual"
	case 24:
		return "2-Year"
	case 36:
		return "3-Year"
	}
	return ""
}

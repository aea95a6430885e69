package pax8

import (
	"context"
	"net/url"
	"strings"
	"time"

	"iter"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/flow"
)

// Customers are the partner's companies that were not deleted.
func (c *Client) Customers(ctx context.Context) iter.Seq2[flow.ProviderCustomer, error] {
	return each(c.pages(ctx, "/v1/companies", url.Values{"sort": {"name"}}), func(r reading) (flow.ProviderCustomer, bool, error) {
		company := flow.ProviderCustomer{ID: r.need("id"), Name: r.need("name"), Domain: domainOf(r.text("website")), Country: r.sub("address").text("country")}
		return company, r.text("status") != "Deleted", nil
	})
}

// domainOf is the domain of a web address, however much of it is written.
func domainOf(website string) string {
	if website == "" {
		return ""
	}
	if !strings.Contains(website, "://") {
		website = "https://" + website
	}
	address, err := url.Parse(website)
	if err != nil {
		return ""
	}
	return strings.ToLower(strings.TrimPrefix(address.Hostname(), "www."))
}

// Events are not offered: Pax8 sends them to a webhook and keeps no list.
func (c *Client) Events(context.Context, time.Time) iter.Seq2[flow.ProviderEvent, error] {
	return refuses[flow.ProviderEvent](flow.ErrNotOffered)
}

// Rates are not offered: Pax8 bills in one currency.
func (c *Client) Rates(context.Context, calendar.Date) iter.Seq2[billing.Rate, error] {
	return refuses[billing.Rate](flow.ErrNotOffered)
}

// Promotions are not offered.
func (c *Client) Promotions(context.Context, string, string) iter.Seq2[flow.Promotion, error] {
	return refuses[flow.Promotion](flow.ErrNotOffered)
}

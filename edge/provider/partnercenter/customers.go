package partnercenter

import (
	"context"
	"iter"

	"prorata/flow"
)

// customersPage is how many customers one call gives.
const customersPage = 500

// Customers are all that have a reseller relationship with the partner, page by
// page. The list says no country; CustomerGet does.
func (c *Client) Customers(ctx context.Context) iter.Seq2[flow.ProviderCustomer, error] {
	return stream(func(take taken) error {
		return c.items(ctx, get("/v1/customers"), pagingToken, customersPage, take)
	}, customerOf)
}

// stream turns what items hands on into values, each with its error.
func stream[T any](items func(taken) error, value func(r reading) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		err := items(func(at flow.Source, item object) error {
			r := reading{wrong: &mistakes{at: at}, of: item}
			v, err := value(r), r.wrong.err()
			if err != nil {
				v = none
			}
			if !yield(v, rowError(at, err)) {
				return errEnough
			}
			return nil
		})
		if err != nil {
			yield(none, err)
		}
	}
}

// customerOf reads a customer, of a list or by itself.
func customerOf(r reading) flow.ProviderCustomer {
	c := flow.ProviderCustomer{ID: r.text("id"), Reseller: r.text("associatedPartnerId")}
	if p, ok := r.sub("companyProfile"); ok {
		c.Name, c.Domain = p.text("companyName"), p.text("domain")
		if a, ok := p.sub("address"); ok {
			c.Country = a.text("country")
		}
	}
	if b, ok := r.sub("billingProfile"); ok {
		c.Name = first(c.Name, b.text("companyName"))
		if a, ok := b.sub("defaultAddress"); ok {
			c.Country = first(c.Country, a.text("country"))
		}
	}
	if c.ID == "" {
		r.add("id", "is missing, and required")
	}
	return c
}

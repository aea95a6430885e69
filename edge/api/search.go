package api

import (
	"context"

	"prorata/flow/office"
)

// Found is what a search came to, the likeliest first in each.
type Found struct {
	Accounts      []Account      `json:"accounts" nullable:"false" doc:"Accounts by a part of the name or the beginning of the id; without balances."`
	Contracts     []Contract     `json:"contracts" nullable:"false" doc:"Contracts of those accounts, and by the beginning of the id."`
	Subscriptions []Subscription `json:"subscriptions" nullable:"false" doc:"Subscriptions by the customer, the product, or the beginning of the id."`
	Invoices      []Billed       `json:"invoices" nullable:"false" doc:"Invoices by their number, or by an amount that they come to."`
}

func find(ctx context.Context, desk *office.Desk, in *struct {
	Text string `query:"text" required:"true" minLength:"2" maxLength:"200" doc:"A part of a name, the beginning of an id, an invoice's number, or an amount." example:"contoso"`
}) (*struct{ Body Found }, error) {
	found, err := desk.Search(ctx, in.Text)
	if err != nil {
		return nil, err
	}
	shown := Found{Accounts: make([]Account, len(found.Accounts)), Contracts: make([]Contract, len(found.Contracts)),
		Subscriptions: make([]Subscription, len(found.Subscriptions)), Invoices: make([]Billed, len(found.Invoices))}
	for i := range found.Accounts {
		shown.Accounts[i] = accountOf(&found.Accounts[i], nil)
	}
	for i := range found.Contracts {
		shown.Contracts[i] = contractOf(&found.Contracts[i])
	}
	for i := range found.Subscriptions {
		shown.Subscriptions[i] = subscriptionOf(desk, &found.Subscriptions[i])
	}
	for i := range found.Invoices {
		shown.Invoices[i] = billedOf(&found.Invoices[i])
	}
	return &struct{ Body Found }{shown}, nil
}

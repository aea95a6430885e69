package api

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"prorata/flow"
	"prorata/flow/office"
)

// ProviderCustomer is a customer at a provider and the account that it is.
type ProviderCustomer struct {
	ID          string `json:"id" doc:"The provider's id."`
	Account     string `json:"account,omitempty" doc:"The account that it is; absent where nobody said which."`
	AccountName string `json:"account_name,omitempty" doc:"Its name."`
	Contract    string `json:"contract,omitempty" doc:"The contract that takes what it buys; absent for the account's only one."`
	Holdings    int64  `json:"holdings" doc:"How many subscriptions it holds there."`
}

func providerCustomerList(ctx context.Context, desk *office.Desk, in *struct {
	ConnectionNamed
	Paging
	Search   string `query:"search" maxLength:"200" doc:"A part of the account's name, or the beginning of the provider's id."`
	Unlinked bool   `query:"unlinked" doc:"Only those that are no account."`
}) (*listed[ProviderCustomer], error) {
	name := "customers/" + in.Connection
	after, err := begin[string](name, in.After)
	if err != nil {
		return nil, err
	}
	list, err := desk.ProviderCustomerList(ctx, office.ProviderCustomerFilter{Connection: in.id(), Search: in.Search, Unlinked: in.Unlinked, After: after, Most: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	return pageOf(name, in.Limit, list, providerCustomerOf, func(row *office.ProviderCustomerRow) string { return row.ID }), nil
}

func providerCustomerOf(row *office.ProviderCustomerRow) ProviderCustomer {
	return ProviderCustomer{row.ID, string(row.Account), row.AccountName, string(row.Contract), row.Holdings}
}

func providerCustomerGet(ctx context.Context, desk *office.Desk, in *CustomerNamed) (*tagged[ProviderCustomer], error) {
	list, err := desk.ProviderCustomerList(ctx, office.ProviderCustomerFilter{Connection: in.id(), Customer: in.Customer, Most: 1})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("customer %s: %w", in.Customer, flow.ErrUnknown)
	}
	return &tagged[ProviderCustomer]{versionTag(list[0].Version()), providerCustomerOf(&list[0])}, nil
}

// Holding is a subscription as a provider holds it, as it was last seen.
type Holding struct {
	ID               string           `json:"id" doc:"The provider's id."`
	Connection       string           `json:"connection" doc:"Where it is."`
	Customer         string           `json:"customer" doc:"The provider's id of the customer."`
	Account          string           `json:"account,omitempty" doc:"The account that the customer is; absent where nobody said which."`
	AccountName      string           `json:"account_name,omitempty" doc:"Its name."`
	SKU              string           `json:"sku" doc:"The product."`
	ProductName      string           `json:"product_name,omitempty" doc:"Its name, where the book has it."`
	Name             string           `json:"name,omitempty" doc:"What the provider's pages call it."`
	Quantity         Decimal          `json:"quantity" doc:"How many seats."`
	Status           string           `json:"status" enum:"unknown,none,active,pending,suspended,expired,disabled,deleted" doc:"How it is."`
	TermMonths       int              `json:"term_months,omitempty" doc:"The term; absent for none."`
	Billing          string           `json:"billing,omitempty" doc:"How often the provider bills it."`
	AutoRenew        bool             `json:"auto_renew" doc:"Whether it renews."`
	Trial            bool             `json:"trial,omitempty" doc:"Whether it is a trial."`
	Promotion        string           `json:"promotion,omitempty" doc:"The promotion that it was had with."`
	StartsAt         *time.Time       `json:"starts_at,omitempty" doc:"When it began."`
	EndsAt           *time.Time       `json:"ends_at,omitempty" doc:"The first instant after its term."`
	CancellableUntil *time.Time       `json:"cancellable_until,omitempty" doc:"Until when it can be given back."`
	Next             *HoldingNextTerm `json:"next,omitempty" doc:"What is scheduled for its renewal."`
	Subscriptions    []string         `json:"subscriptions" nullable:"false" doc:"The subscriptions that are billed for it here."`
	SeenAt           *time.Time       `json:"seen_at,omitempty" doc:"When it was last seen; absent where it was only linked until now."`
}

func holdingStatus(s flow.HoldingStatus) string {
	return [...]string{flow.HoldingUnknown: "unknown", flow.HoldingNone: "none", flow.HoldingActive: "active", flow.HoldingPending: "pending", flow.HoldingSuspended: "suspended",
		flow.HoldingExpired: "expired", flow.HoldingDisabled: "disabled", flow.HoldingDeleted: "deleted"}[s]
}

func holdingOf(row *office.HoldingRow) Holding {
	h := Holding{ID: row.ID, Connection: string(row.Connection), Customer: row.Customer, Account: string(row.Account), AccountName: row.AccountName, SKU: row.SKU,
		ProductName: row.ProductName, Name: cmp.Or(row.OfferName, row.Name), Quantity: decimalOf(row.Quantity), Status: holdingStatus(row.Status), TermMonths: row.TermMonths,
		Billing: row.Billing.Name, AutoRenew: row.AutoRenew, Trial: row.Trial, Promotion: row.Promotion, StartsAt: instantOf(row.StartsAt), EndsAt: instantOf(row.EndsAt),
		CancellableUntil: instantOf(row.CancellableUntil), Next: nextTermOf(row.Next), Subscriptions: []string{}, SeenAt: instantOf(row.SeenAt)}
	for _, link := range row.Links {
		h.Subscriptions = append(h.Subscriptions, string(link.Subscription))
	}
	return h
}

// HoldingNamed is asked of one holding.
type HoldingNamed struct {
	ConnectionNamed
	Holding string `path:"holding" maxLength:"200" doc:"The provider's id of the holding."`
}

func holdingGet(ctx context.Context, desk *office.Desk, in *HoldingNamed) (*tagged[Holding], error) {
	list, err := desk.HoldingList(ctx, office.HoldingFilter{Connection: in.id(), Holding: in.Holding, Most: 1})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("holding %s: %w", in.Holding, flow.ErrUnknown)
	}
	return &tagged[Holding]{versionTag(flow.HoldingLinksVersion(list[0].Links)), holdingOf(&list[0])}, nil
}

type holdingKey struct {
	Customer string `json:"c"`
	ID       string `json:"i"`
}

func holdingList(ctx context.Context, desk *office.Desk, in *struct {
	ConnectionNamed
	Paging
	Customer string `query:"customer" maxLength:"200" doc:"Only of this customer, by the provider's id."`
	Search   string `query:"search" maxLength:"200" doc:"A part of the customer's, the product's or its own name, or the beginning of an id or sku."`
	Running  bool   `query:"running" doc:"Only what has not ended."`
}) (*listed[Holding], error) {
	name := "holdings/" + in.Connection
	after, err := begin[holdingKey](name, in.After)
	if err != nil {
		return nil, err
	}
	list, err := desk.HoldingList(ctx, office.HoldingFilter{Connection: in.id(), Customer: in.Customer, Search: in.Search, Running: in.Running,
		AfterCustomer: after.Customer, After: after.ID, Most: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	return pageOf(name, in.Limit, list, holdingOf, func(row *office.HoldingRow) holdingKey { return holdingKey{row.Customer, row.ID} }), nil
}

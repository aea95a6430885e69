package main

import (
	"context"
	"fmt"

	"prorata/edge/provider/partnercenter"
	"prorata/flow"
)

// adapters are the ways to providers, as the desk asks for them.
type adapters struct{ *follower }

// Provider is the adapter of a connection.
func (a adapters) Provider(c flow.Connection) (flow.Provider, error) { return a.provider(c) }

// ConsentLink is where the integration user signs in; of other kinds than the Partner
// Center there is none.
func (a adapters) ConsentLink(c flow.Connection, state string) (string, error) {
	if c.Kind != kindPartnerCenter {
		return "", fmt.Errorf("%s is a %s connection: %w", c.ID, c.Kind, flow.ErrNotOffered)
	}
	client, err := a.w.partnerCenter(a.f, c)
	if err != nil {
		return "", err
	}
	return client.ConsentLink(state), nil
}

// Consent keeps the refresh token that a code gives.
func (a adapters) Consent(ctx context.Context, c flow.Connection, code string) error {
	if c.Kind != kindPartnerCenter {
		return fmt.Errorf("%s is a %s connection: %w", c.ID, c.Kind, flow.ErrNotOffered)
	}
	client, err := a.w.partnerCenter(a.f, c)
	if err != nil {
		return err
	}
	return client.Consent(ctx, code)
}

// Bills imports the provider's invoices of the last weeks with the usage on them, and
// reconciles what is new. The consent, which ends after 90 days without use, is used.
func (a adapters) Bills(ctx context.Context, f *flow.Flow, c flow.Connection) (flow.ProviderBillReport, error) {
	provider, err := a.Provider(c)
	if err != nil {
		return flow.ProviderBillReport{}, err
	}
	if client, ok := provider.(*partnercenter.Client); ok {
		if err := client.Renew(ctx); err != nil {
			return flow.ProviderBillReport{}, err
		}
	}
	return followInvoices(ctx, f, c, provider)
}

// connectionOf reads a connection; flow.ErrUnknown where there is none.
func connectionOf(ctx context.Context, f *flow.Flow, id string) (c flow.Connection, err error) {
	err = f.Store.Read(ctx, func(tx flow.Tx) error { c, err = tx.ConnectionGet(flow.ConnectionID(id)); return err })
	return c, err
}

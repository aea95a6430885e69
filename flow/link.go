package flow

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"prorata/core/billing"
)

// LinkedCustomer asks a provider whether it has a customer, and gives the id as the
// provider writes it. Where the provider has no list of customers to ask, the id is
// good as it is; where it does not answer, or has no such customer, it is an error.
func LinkedCustomer(ctx context.Context, p ProviderReads, customer string) (string, error) {
	count := 0
	for one, err := range p.Customers(ctx) {
		var row *InputError
		switch {
		case errors.Is(err, ErrNotOffered):
			return customer, nil
		case errors.As(err, &row):
			continue
		case err != nil:
			return "", fmt.Errorf("customer %s: the provider cannot be asked: %w", customer, err)
		}
		if count++; strings.EqualFold(one.ID, customer) {
			return one.ID, nil
		}
	}
	return "", fmt.Errorf("%w: customer %s: the provider has none with that id, among %d", ErrInput, customer, count)
}

// LinkedHolding asks a provider whether the customer that a subscription is sold to
// has a holding, and gives the id as the provider writes it.
func (f *Flow) LinkedHolding(ctx context.Context, id ConnectionID, p ProviderReads, holding string, subscription billing.SubscriptionID) (string, error) {
	customer, account, err := f.customerOf(ctx, id, subscription)
	if err != nil {
		return "", err
	}
	h, err := p.HoldingGet(ctx, customer, holding)
	switch {
	case errors.Is(err, ErrNotOffered):
		return holding, nil
	case errors.Is(err, ErrUnknown):
		return "", fmt.Errorf("%w: holding %s: customer %s (account %s) has none with that id at the provider", ErrInput, holding, customer, account)
	case err != nil:
		return "", fmt.Errorf("holding %s: the provider cannot be asked: %w", holding, err)
	}
	return h.ID, nil
}

// customerOf is the provider's customer that a subscription is sold to: the one that
// its account is linked to, else the one that the account's id names.
func (f *Flow) customerOf(ctx context.Context, id ConnectionID, subscription billing.SubscriptionID) (customer string, account billing.AccountID, err error) {
	err = f.Store.Read(ctx, func(tx Tx) error {
		contract, err := tx.SubscriptionContract(subscription)
		if err != nil {
			return err
		}
		c, err := tx.ContractGet(contract)
		if err != nil {
			return err
		}
		links, err := tx.CustomerLinks(id)
		customer, account = string(c.Account), c.Account
		for _, link := range links {
			if link.Account == account {
				customer = link.Customer
			}
		}
		return err
	})
	return customer, account, err
}

package flow

import (
	"context"
	"errors"
	"iter"

	"prorata/core/billing"
	"prorata/core/calendar"
)

// IntakesOfUsage turns a provider's rated usage into usage events on the
// subscriptions of the book: by the provider's subscription or entitlement id.
// A record of an unknown subscription is an error of its line, never a guess.
func (f *Flow) IntakesOfUsage(ctx context.Context, rows iter.Seq2[RatedUsage, error]) iter.Seq2[Intake, error] {
	today := f.Today()
	known := map[string]billing.SubscriptionID{}
	return func(yield func(Intake, error) bool) {
		for row, err := range readAhead(rows, usageBatch) {
			if err != nil {
				if !yield(Intake{}, err) {
					return
				}
				continue
			}
			event, err := f.usageEvent(ctx, &row, today, known)
			if !yield(Intake{At: row.At, Event: event}, err) {
				return
			}
		}
	}
}

func (f *Flow) usageEvent(ctx context.Context, row *RatedUsage, today calendar.Date, known map[string]billing.SubscriptionID) (*Event, error) {
	id, err := f.subscriptionOf(ctx, row, known)
	if err != nil {
		return nil, err
	}
	return &Event{
		At: row.At, Do: DoUsage, On: today, Effective: today, ID: row.Key, Subscription: id, Period: row.Period,
		Quantity: row.Quantity, HasQuantity: true, Cost: row.Cost, HasCost: true, Currency: row.Currency,
	}, nil
}

func (f *Flow) subscriptionOf(ctx context.Context, row *RatedUsage, known map[string]billing.SubscriptionID) (billing.SubscriptionID, error) {
	for _, id := range []string{row.Subscription, row.Entitlement} {
		if id == "" {
			continue
		}
		if found, asked := known[id]; found != "" {
			return found, nil
		} else if asked {
			continue
		}
		err := f.Store.Read(ctx, func(tx Tx) error { _, err := tx.SubscriptionContract(billing.SubscriptionID(id)); return err })
		if err == nil {
			known[id] = billing.SubscriptionID(id)
			return known[id], nil
		}
		if !errors.Is(err, ErrUnknown) {
			return "", err
		}
		known[id] = ""
	}
	return "", wrong(row.At, "subscription: %s (entitlement %s) of %s is not in the book", row.Subscription, row.Entitlement, row.CustomerName)
}

// IntakesOfHoldings turns a provider's list of subscriptions into products and
// subscribe or quantity events. They go under the contract given, or else under
// the only contract of the account that has the provider's customer id.
func (f *Flow) IntakesOfHoldings(ctx context.Context, rows iter.Seq2[Holding, error], contract billing.ContractID) iter.Seq2[Intake, error] {
	return func(yield func(Intake, error) bool) {
		for row, err := range rows {
			if err != nil {
				if !yield(Intake{}, err) {
					return
				}
				continue
			}
			intakes, err := f.holding(ctx, &row, contract)
			if err != nil && !yield(Intake{At: row.At}, err) {
				return
			}
			for _, intake := range intakes {
				if !yield(intake, nil) {
					return
				}
			}
		}
	}
}

func (f *Flow) holding(ctx context.Context, row *Holding, contract billing.ContractID) (intakes []Intake, err error) {
	today := f.Today()
	starts := dayOf(row.StartsAt, f.Zone)
	if row.StartsAt.IsZero() {
		starts = dayOf(row.CreatedAt, f.Zone)
	}
	if row.StartsAt.IsZero() && row.CreatedAt.IsZero() {
		starts = today
	}
	if row.Status != HoldingActive && row.Status != HoldingSuspended {
		return nil, wrong(row.At, "status: %s is %s; only active and suspended subscriptions are taken", row.ID, row.StatusText)
	}
	err = f.Store.Read(ctx, func(tx Tx) error {
		if contract == "" {
			if contract, err = onlyContract(tx, row); err != nil {
				return err
			}
		}
		known, err := tx.LogFind(row.ID)
		switch {
		case err == nil:
			intakes, err = holdingAgain(tx, row, &known, today)
			return err
		case errors.Is(err, ErrUnknown):
			intakes = holdingNew(row, contract, today, starts)
			return nil
		}
		return err
	})
	return intakes, err
}

func onlyContract(tx Tx, row *Holding) (billing.ContractID, error) {
	if row.Customer == "" {
		return "", wrong(row.At, "customer: the list does not say whose %s is: name a contract", row.ID)
	}
	contracts, err := tx.ContractsOf(billing.AccountID(row.Customer))
	if err != nil {
		return "", err
	}
	if len(contracts) != 1 {
		return "", wrong(row.At, "customer: account %s has %d contracts: name one", row.Customer, len(contracts))
	}
	return contracts[0], nil
}

func holdingNew(row *Holding, contract billing.ContractID, today, starts calendar.Date) []Intake {
	name := row.OfferName
	if name == "" {
		name = row.Name
	}
	product := billing.Product{SKU: row.SKU, Name: name, Class: "resale", Kind: billing.License}
	event := Event{
		At: row.At, Do: DoSubscribe, On: today, Effective: starts, ID: row.ID, Contract: contract, SKU: row.SKU, Quantity: row.Quantity, HasQuantity: true,
		TermMonths: row.TermMonths, Billing: row.Billing, AutoRenew: row.AutoRenew, HasAutoRenew: true, FromProvider: true,
	}
	intakes := []Intake{{At: row.At, IfNew: true, Product: &product}, {At: row.At, Event: &event}}
	if row.Status == HoldingSuspended {
		intakes = append(intakes, Intake{At: row.At, Event: &Event{At: row.At, Do: DoSuspend, On: today, Effective: today, Subscription: billing.SubscriptionID(row.ID), FromProvider: true}})
	}
	return intakes
}

// holdingAgain gives the change that the provider's quantity asks for, if any.
func holdingAgain(tx Tx, row *Holding, known *LogEntry, today calendar.Date) ([]Intake, error) {
	book, err := tx.BookRead(known.Contract)
	if err != nil {
		return nil, err
	}
	for i := range book.Subscriptions {
		s := &book.Subscriptions[i]
		if string(s.ID) != row.ID {
			continue
		}
		quantity, runs := billing.QuantityOn(&book.Contract, s, today)
		if !runs || quantity.Cmp(row.Quantity) == 0 {
			return nil, nil
		}
		return []Intake{{At: row.At, Event: &Event{
			At: row.At, Do: DoQuantity, On: today, Effective: today, Subscription: s.ID, Quantity: row.Quantity, HasQuantity: true,
			FromProvider: true,
		}}}, nil
	}
	return nil, nil
}

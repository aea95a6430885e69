package flow

import (
	"context"
	"errors"
	"iter"
	"slices"

	"prorata/core/billing"
	"prorata/core/calendar"
)

// IntakesOfUsage turns a provider's rated usage into usage events on the
// subscriptions of the book: by the provider's subscription or entitlement id, as a
// connection's links say which they are here, else by our own id. Of a file that came without a connection
// the links of all are looked at. A record of an unknown subscription, or of one that
// is several here, is an error of its line, never a guess.
func (f *Flow) IntakesOfUsage(ctx context.Context, connection ConnectionID, rows iter.Seq2[RatedUsage, error]) iter.Seq2[Intake, error] {
	of := &usageLinks{f: f, connection: connection, today: f.Today(), known: map[string][]billing.SubscriptionID{}}
	return func(yield func(Intake, error) bool) {
		for row, err := range readAhead(rows, usageBatch) {
			if err != nil {
				if !yield(Intake{}, err) {
					return
				}
				continue
			}
			event, err := of.event(ctx, &row)
			if !yield(Intake{At: row.At, Event: event}, err) {
				return
			}
		}
	}
}

// usageLinks finds whose usage it is; each id is asked for once.
type usageLinks struct {
	f          *Flow
	connection ConnectionID
	today      calendar.Date
	known      map[string][]billing.SubscriptionID
}

func (u *usageLinks) event(ctx context.Context, row *RatedUsage) (*Event, error) {
	id, err := u.subscription(ctx, row)
	if err != nil {
		return nil, err
	}
	return &Event{
		At: row.At, Do: DoUsage, On: u.today, Effective: u.today, ID: row.Key, Subscription: id, Period: row.Period,
		Quantity: row.Quantity, HasQuantity: true, Cost: row.Cost, HasCost: true, Currency: row.Currency,
	}, nil
}

func (u *usageLinks) subscription(ctx context.Context, row *RatedUsage) (billing.SubscriptionID, error) {
	for _, id := range []string{row.Subscription, row.Entitlement} {
		if id == "" {
			continue
		}
		found, asked := u.known[id]
		if !asked {
			err := u.f.Store.Read(ctx, func(tx Tx) (err error) { found, err = u.find(tx, id); return err })
			if err != nil {
				return "", err
			}
			u.known[id] = found
		}
		switch len(found) {
		case 0:
		case 1:
			return found[0], nil
		default:
			return "", wrong(row.At, "subscription: %s is %d subscriptions here: its usage cannot be billed as it is", id, len(found))
		}
	}
	return "", wrong(row.At, "subscription: %s (entitlement %s) of %s is not in the book", row.Subscription, row.Entitlement, row.CustomerName)
}

// find gives the subscriptions that a provider's id is.
func (u *usageLinks) find(tx Tx, id string) (found []billing.SubscriptionID, err error) {
	connections := []ConnectionID{u.connection}
	if u.connection == "" {
		list, err := tx.ConnectionList()
		if err != nil {
			return nil, err
		}
		for i := range list {
			connections = append(connections, list[i].ID)
		}
	}
	var contracts []billing.ContractID
	for _, connection := range connections {
		links, err := tx.HoldingLinks(connection, []string{id})
		if err != nil {
			return nil, err
		}
		for _, link := range links[id] {
			if !slices.Contains(found, link.Subscription) {
				found, contracts = append(found, link.Subscription), append(contracts, link.Contract)
			}
		}
	}
	switch len(found) {
	case 0:
		// Somebody's own file may go by our id.
		_, err := tx.SubscriptionContract(billing.SubscriptionID(id))
		if errors.Is(err, ErrUnknown) {
			return nil, nil
		}
		return []billing.SubscriptionID{billing.SubscriptionID(id)}, err
	case 1:
		return found, nil
	}
	return metered(tx, found, contracts)
}

// metered are those of several subscriptions that usage can be of: the others are sold
// by the seat, or were taken back.
func metered(tx Tx, ids []billing.SubscriptionID, contracts []billing.ContractID) (found []billing.SubscriptionID, err error) {
	slices.Sort(contracts)
	books, err := tx.BooksRead(slices.Compact(contracts))
	if err != nil {
		return nil, err
	}
	for _, book := range books {
		for i := range book.Subscriptions {
			s := &book.Subscriptions[i]
			if s.Kind == billing.Usage && s.Entries[0].VoidedOn.IsZero() && slices.Contains(ids, s.ID) {
				found = append(found, s.ID)
			}
		}
	}
	return found, nil
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

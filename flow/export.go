package flow

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
)

// Export gives the whole book as intakes, in the order in which they can be
// taken in again: sellers, units, rates, taxes, products, prices, accounts,
// contracts, and the events of the log.
func (f *Flow) Export(ctx context.Context) iter.Seq2[Intake, error] {
	return func(yield func(Intake, error) bool) {
		err := f.Store.Read(ctx, func(tx Tx) error {
			x := &exporter{tx: tx, yield: yield, books: map[billing.ContractID]*OpenBook{}, told: map[int64]*billing.PriceRow{}}
			if err := x.log(); err != nil {
				return err
			}
			if err := x.nouns(); err != nil || x.stopped {
				return err
			}
			return x.events()
		})
		if err != nil {
			yield(Intake{}, err)
		}
	}
}

type exporter struct {
	tx      Tx
	yield   func(Intake, error) bool
	stopped bool
	books   map[billing.ContractID]*OpenBook
	budgets map[billing.SubscriptionID]billing.Budget
	entries []LogEntry
	// told are the price rows that events have made, by their place in the log.
	told map[int64]*billing.PriceRow
}

// log reads the log, and notes which of its entries have made a price.
func (x *exporter) log() error {
	return x.tx.LogAll(func(e LogEntry) bool {
		x.entries = append(x.entries, e)
		if e.Do == DoListPrice {
			x.told[e.Seq] = nil
		}
		return true
	})
}

func (x *exporter) put(in Intake) bool {
	x.stopped = x.stopped || !x.yield(in, nil)
	return !x.stopped
}

func (x *exporter) nouns() error {
	sellers, err := x.tx.SellerList()
	if err != nil {
		return err
	}
	for i := range sellers {
		x.put(Intake{Seller: &sellers[i]})
	}
	catalog, err := x.tx.CatalogGet(false)
	if err != nil {
		return err
	}
	x.catalog(catalog)
	accounts, err := x.tx.AccountList()
	if err != nil {
		return err
	}
	for i := range accounts {
		x.put(Intake{Account: &accounts[i]})
	}
	contracts, err := x.tx.ContractList()
	for i := range contracts {
		x.put(Intake{Contract: &contracts[i]})
	}
	return err
}

func (x *exporter) catalog(catalog *Catalog) {
	standard := standardUnits()
	for _, unit := range sorted(catalog.Units) {
		if _, known := standard[unit.Name]; !known {
			x.put(Intake{Unit: &unit})
		}
	}
	for i := range catalog.Rates {
		x.put(Intake{Rate: &catalog.Rates[i]})
	}
	for _, tax := range sorted(catalog.Taxes) {
		x.put(Intake{Tax: &tax})
	}
	for _, product := range sorted(catalog.Products) {
		x.put(Intake{Product: &product})
	}
	for _, rows := range sorted(catalog.Prices) {
		for i := range rows {
			if _, told := x.told[rows[i].Seq]; told {
				x.told[rows[i].Seq] = &rows[i]
				continue
			}
			// What was taken in after it was billed for has served since then.
			rows[i].From = calendar.Latest(rows[i].From, rows[i].KnownOn)
			x.put(Intake{Price: &rows[i]})
		}
	}
}

// sorted are the values of a map in the order of their keys.
func sorted[T any](of map[string]T) []T {
	keys := make([]string, 0, len(of))
	for key := range of {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	values := make([]T, 0, len(of))
	for _, key := range keys {
		values = append(values, of[key])
	}
	return values
}

func (x *exporter) events() error {
	var err error
	if x.budgets, err = x.tx.BudgetList(); err != nil {
		return err
	}
	ids := map[int64]string{}
	for i := range x.entries {
		ids[x.entries[i].Seq] = x.entries[i].ID
	}
	for i := range x.entries {
		e := &x.entries[i]
		if e.Do == DoRelease && e.Contract != "" {
			continue
		}
		event, ok, err := x.event(e, ids)
		if err != nil {
			return err
		}
		if ok && !x.put(Intake{Event: &event}) {
			return nil
		}
	}
	return nil
}

// event is what was told of an entry of the log.
func (x *exporter) event(e *LogEntry, ids map[int64]string) (Event, bool, error) {
	event := Event{Do: e.Do, On: e.RecordedOn, Effective: e.EffectiveOn, ID: e.ID, Subscription: e.Subscription, Account: e.Account}
	if strings.HasPrefix(event.ID, "~") {
		event.ID = ""
	}
	switch e.Do {
	case DoVoid:
		event.Voids, event.Subscription = ids[e.Voids], ""
		row, err := x.chargeOf(e.Contract, e.Voids)
		if err != nil {
			return event, false, err
		}
		if row != nil {
			event.Voids = row.ID
			return event, true, nil
		}
		return event, !strings.HasPrefix(event.Voids, "~"), nil
	case DoListPrice:
		row := x.told[e.Seq]
		if row != nil {
			event.SKU, event.List, event.Currency, event.Unit, event.TermMonths = row.SKU, row.List, row.Currency, row.Unit, row.TermMonths
			event.Price, event.HasPrice = row.Price, true
		}
		return event, row != nil, nil
	case DoHold, DoRelease:
		return event, true, nil
	case DoCredit:
		// It is of an issued invoice, and what was issued is not told anew.
		return event, false, nil
	case DoSubscribe, DoQuantity, DoPrice, DoCancel, DoSuspend, DoResume, DoSchedule, DoOneTime, DoUsage, DoCharge:
	}
	return event, true, x.ofContract(e, &event)
}

// ofContract fills in what the contract's own nouns say.
func (x *exporter) ofContract(e *LogEntry, event *Event) error {
	book, err := x.book(e.Contract)
	if err != nil {
		return err
	}
	f := &e.Entry
	event.Quantity, event.HasQuantity, event.Price, event.HasPrice = f.Quantity, f.HasQuantity, f.Price, f.HasPrice
	event.AutoRenew, event.HasAutoRenew = f.AutoRenew, f.HasAutoRenew
	switch e.Do {
	case DoSubscribe:
		for i := range book.Subscriptions {
			if s := &book.Subscriptions[i]; s.ID == e.Subscription {
				exportStart(event, e.Contract, s)
				event.Budget = x.budgets[s.ID]
				if err := x.linkOf(event, s); err != nil {
					return err
				}
			}
		}
	case DoOneTime:
		for i := range book.Items {
			if item := &book.Items[i]; item.Seq == e.Seq {
				event.Contract, event.Subscription, event.ID, event.SKU = e.Contract, "", string(item.ID), item.SKU
				event.Quantity, event.HasQuantity, event.Price, event.HasPrice = item.Quantity, true, item.Price, item.HasPrice
			}
		}
	case DoUsage:
		for i := range book.Usage {
			if r := &book.Usage[i]; r.Seq == e.Seq {
				event.Period, event.Quantity, event.HasQuantity, event.Currency = r.Period, r.Quantity, true, r.Currency
				event.Cost, event.HasCost, event.Retail, event.HasRetail = r.Cost, r.HasCost, r.Retail, r.HasRetail
			}
		}
	case DoCharge:
		row, err := x.chargeOf(e.Contract, e.Seq)
		if err != nil || row == nil {
			return err
		}
		exportCharge(event, row)
	case DoQuantity, DoPrice, DoCancel, DoSuspend, DoResume, DoSchedule, DoListPrice, DoHold, DoRelease, DoVoid, DoCredit:
	}
	return nil
}

// linkOf names the holding that a subscription was linked to afterwards, by hand or
// by its order: without it, whoever follows the provider with the exported book would
// take the holding for a new one, and bill it twice.
func (x *exporter) linkOf(event *Event, s *billing.Subscription) error {
	link, err := x.tx.HoldingOf(s.ID)
	if errors.Is(err, ErrUnknown) {
		return nil
	}
	if err == nil && link.Holding != string(s.ID) {
		event.Holding = link.Holding
	}
	return err
}

// book is a contract with its log, read once.
func (x *exporter) book(id billing.ContractID) (*OpenBook, error) {
	if book, known := x.books[id]; known {
		return book, nil
	}
	book, err := x.tx.BookRead(id)
	if err == nil {
		x.books[id] = book
	}
	return book, err
}

// chargeOf is the provider's row that an entry of a contract's log tells of, or
// nothing where it tells of none.
func (x *exporter) chargeOf(contract billing.ContractID, seq int64) (*billing.ProviderCharge, error) {
	book, err := x.book(contract)
	if err != nil {
		return nil, err
	}
	for i := range book.Charges {
		if book.Charges[i].Seq == seq {
			return &book.Charges[i], nil
		}
	}
	return nil, nil
}

// exportCharge tells a row under its own id, whichever telling of it this is.
func exportCharge(event *Event, row *billing.ProviderCharge) {
	event.ID, event.SKU, event.Period, event.Quantity, event.HasQuantity = row.ID, row.SKU, row.Period, row.Quantity, true
	event.Cost, event.HasCost, event.Currency = row.Cost, true, row.Currency
	event.Row = ChargeRow{Type: row.Type, UnitPrice: row.UnitPrice, EffectivePrice: row.EffectivePrice}
}

func exportStart(event *Event, contract billing.ContractID, s *billing.Subscription) {
	event.Contract, event.Subscription, event.ID, event.SKU = contract, "", string(s.ID), s.SKU
	event.TermMonths, event.Billing, event.Unit, event.Discount = s.TermMonths, s.Billing, s.PriceUnit, s.Discount
	event.Parent, event.PerParent, event.Ends = s.Parent, s.PerParent, s.Ends
	event.Markup, event.HasMarkup, event.Minimum, event.HasMinimum, event.Smooth = s.Markup, s.HasMarkup, s.Minimum, s.HasMinimum, s.Smooth
	event.Holding = s.Holding
}

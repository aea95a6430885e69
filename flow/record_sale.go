package flow

import (
	"errors"

	"prorata/core/billing"
)

// sold is the contract that something is sold on, and the product.
func (r *recorder) sold(e *Event) (*OpenBook, billing.Product, error) {
	book, err := r.open(e.Contract)
	if errors.Is(err, ErrUnknown) {
		return nil, billing.Product{}, wrong(e.At, "contract: %s is unknown", e.Contract)
	}
	if err != nil {
		return nil, billing.Product{}, err
	}
	product, ok := r.catalog.Products[e.SKU]
	if !ok {
		return nil, billing.Product{}, wrong(e.At, "sku: %s is not a product of the book", e.SKU)
	}
	return book, product, nil
}

func (r *recorder) subscribe(e *Event) error {
	book, product, err := r.sold(e)
	if err != nil {
		return err
	}
	if err := r.units(e); err != nil {
		return err
	}
	if e.Parent != "" && !hasSubscription(book, e.Parent) {
		return wrong(e.At, "parent: %s is not a subscription of contract %s", e.Parent, e.Contract)
	}
	held, err := r.heldFor(e, book)
	if err != nil {
		return err
	}
	s := SubscriptionOf(e, &book.Contract, product)
	if err := billing.JudgeStart(&book.Contract, &s, held); err != nil {
		return err
	}
	order, err := r.orderFor(e, book, &s)
	if err != nil {
		return err
	}
	entry := r.entryFor(e, book)
	entry.Subscription = s.ID
	s.Entries[0].KnownOn = entry.KnownOn
	entry.Entry, entry.Waiting = s.Entries[0], s.Entries[0].Waiting
	if s.Entries[0].Seq, err = r.tx.LogAppend(entry, &s, nil, nil); err != nil {
		return err
	}
	book.Subscriptions = append(book.Subscriptions, s)
	touch(book, s.ActsOn(&book.Contract, &s.Entries[0]), entry.KnownOn)
	if err := r.linkNamed(&s); err != nil {
		return err
	}
	if err := r.sendOn(order, s.Entries[0].Seq); err != nil || len(e.Budget.AlertAt) == 0 {
		return err
	}
	return r.tx.BudgetPut(s.ID, e.Budget)
}

func hasSubscription(book *OpenBook, id billing.SubscriptionID) bool {
	for i := range book.Subscriptions {
		if book.Subscriptions[i].ID == id {
			return true
		}
	}
	return false
}

// units fills in the lengths of units that are known by name.
func (r *recorder) units(e *Event) error {
	for _, unit := range []*billing.Unit{&e.Billing, &e.Unit} {
		if unit.Name == "" || unit.Months > 0 {
			continue
		}
		known, ok := r.catalog.Units[unit.Name]
		if !ok {
			return wrong(e.At, "unit: %s is not a unit of the book", unit.Name)
		}
		*unit = known
	}
	if e.Unit.Months == 0 {
		e.Unit = r.catalog.Units["monthly"]
	}
	return nil
}

// change records an event of a running subscription's log.
func (r *recorder) change(e *Event) error {
	book, s, err := r.openOf(e, e.Subscription)
	if err != nil {
		return err
	}
	held, err := r.heldFor(e, book)
	if err != nil {
		return err
	}
	fact, ok := EntryOf(e)
	if !ok {
		return wrong(e.At, "do: %s is not recorded on a subscription", e.Do)
	}
	entry := r.entryFor(e, book)
	fact.KnownOn = entry.KnownOn
	if err := billing.Judge(&book.Contract, s, &fact, held); err != nil {
		return err
	}
	asked, err := r.changesFor(e, book, s, func(after *billing.Subscription) {
		free := fact
		free.Waiting = false // What waits here asks when its time has come: the provision waits with it.
		after.Entries = append(after.Entries, free)
	})
	if err != nil {
		return err
	}
	entry.Entry, entry.Waiting = fact, fact.Waiting
	if fact.Seq, err = r.tx.LogAppend(entry, nil, nil, nil); err != nil {
		return err
	}
	s.Entries = append(s.Entries, fact)
	touch(book, s.ActsOn(&book.Contract, &fact), entry.KnownOn)
	return r.sendOn(asked, fact.Seq)
}

func (r *recorder) item(e *Event) error {
	book, product, err := r.sold(e)
	if err != nil {
		return err
	}
	item := ItemOf(e, product)
	if err := billing.JudgeItem(&book.Contract, &item); err != nil {
		return err
	}
	entry := r.entryFor(e, book)
	entry.Subscription = item.ID
	item.KnownOn = entry.KnownOn
	if item.Seq, err = r.tx.LogAppend(entry, nil, &item, nil); err != nil {
		return err
	}
	book.Items = append(book.Items, item)
	touch(book, e.Effective, entry.KnownOn)
	return nil
}

func (r *recorder) usage(e *Event) error {
	book, s, err := r.openOf(e, e.Subscription)
	if err != nil {
		return err
	}
	entry, record, err := r.usageOn(e, book, s)
	if err != nil {
		return err
	}
	if record.Seq, err = r.tx.LogAppend(entry, nil, nil, &record); err != nil {
		return err
	}
	book.Usage = append(book.Usage, record)
	return nil
}

// usageOn judges a usage event and makes its entry and its record.
func (r *recorder) usageOn(e *Event, book *OpenBook, s *billing.Subscription) (LogEntry, billing.UsageRecord, error) {
	record := UsageOf(e, 0)
	if err := billing.JudgeUsage(s, &record); err != nil {
		return LogEntry{}, record, err
	}
	entry := r.entryFor(e, book)
	record.KnownOn = entry.KnownOn
	return entry, record, nil
}

// listPrice adds a row to a price list, known from the first day that nothing
// was billed through (BILLING §7: lists do not act backwards).
func (r *recorder) listPrice(e *Event) error {
	if _, ok := r.catalog.Products[e.SKU]; !ok {
		return wrong(e.At, "sku: %s is not a product of the book", e.SKU)
	}
	if err := r.units(e); err != nil {
		return err
	}
	through, err := r.tx.BilledThrough()
	if err != nil {
		return err
	}
	row := PriceOf(e, RowLike(r.catalog.Prices[e.SKU], e.List))
	if row.Currency.IsZero() {
		if row.Currency, err = r.f.defaultCurrency(r.tx); err != nil {
			return err
		}
	}
	row.KnownOn = dayAfter(e.On, through)
	entry := r.entryFor(e, nil)
	entry.KnownOn = row.KnownOn
	if row.Seq, err = r.tx.LogAppend(entry, nil, nil, nil); err != nil {
		return err
	}
	if _, err := r.tx.PricePut(row); err != nil {
		return err
	}
	r.catalog.Prices[row.SKU] = append(r.catalog.Prices[row.SKU], row)
	return nil
}

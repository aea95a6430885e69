package flow

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"prorata/core/billing"
	"prorata/core/calendar"
)

// recorder puts events on the change log within one transaction.
type recorder struct {
	tx      Tx
	f       *Flow
	actor   Actor
	catalog *Catalog
	today   calendar.Date
	// opened are the contracts taken for writing, in the order of their opening.
	opened map[billing.ContractID]*OpenBook
	order  []billing.ContractID
	// repeats counts equal events without an id, so that the same file read again
	// names them the same; named counts those of this transaction.
	repeats, named map[string]int
	// connections are our accounts at providers, once they were asked for.
	connections map[ConnectionID]Connection
}

func (f *Flow) newRecorder(tx Tx, catalog *Catalog, actor Actor, repeats map[string]int) *recorder {
	return &recorder{tx: tx, f: f, actor: actor, catalog: catalog, today: f.Today(), opened: map[billing.ContractID]*OpenBook{},
		repeats: repeats, named: map[string]int{}}
}

// errKnown says that an event is recorded already, to the letter.
var errKnown = errors.New("recorded already")

// record judges an event and puts it on the log. It returns errKnown where the
// log has it, a *billing.Refusal where it must not be, and InputError where it
// does not make sense.
func (r *recorder) record(e *Event) error {
	if e.On.After(r.today) {
		return notCome(e)
	}
	if err := checkSigns(e); err != nil {
		return err
	}
	if e.Do == DoCharge {
		return r.charge(e)
	}
	named := *e
	if named.ID == "" {
		named.ID = r.nameOf(e)
	}
	known, err := r.tx.LogFind(named.ID)
	switch {
	case err == nil:
		return toldBefore(&known, &named)
	case !errors.Is(err, ErrUnknown):
		return err
	}
	return r.dispatch(&named)
}

// toldBefore is why an event whose id the log has is not recorded.
func toldBefore(known *LogEntry, e *Event) error {
	if sameEvent(known, e) {
		return errKnown
	}
	return wrong(e.At, "id: %s names another event, recorded on %s", known.ID, known.RecordedOn)
}

func notCome(e *Event) error {
	return wrong(e.At, "on: %s has not come yet; an event takes effect later with `effective`", e.On)
}

// checkSigns refuses what no door may let through: fewer seats than none, and
// prices below zero. Usage is corrected by negative records, and an amount off is
// a negative item.
func checkSigns(e *Event) error {
	if e.Do != DoUsage && e.HasQuantity && e.Quantity.Sign() < 0 {
		return &billing.Refusal{Code: "negative_quantity", Sentence: fmt.Sprintf("quantity: %s is negative (expected 0 or more)", e.Quantity)}
	}
	if e.Do != DoUsage && e.Do != DoOneTime && e.HasPrice && e.Price.Sign() < 0 {
		return &billing.Refusal{Code: "negative_price", Sentence: fmt.Sprintf("price: %s is negative (expected 0 or more)", e.Price)}
	}
	return nil
}

// nameOf makes an id from what the event says; equal events are told apart by
// their order.
func (r *recorder) nameOf(e *Event) string {
	plain := *e
	plain.At, plain.Refused = Source{}, false
	sum := sha256.Sum256(fmt.Appendf(nil, "%v", plain))
	name := "~" + hex.EncodeToString(sum[:12])
	r.named[name]++
	return fmt.Sprintf("%s.%d", name, r.repeats[name]+r.named[name])
}

// sameEvent says whether the log has the event already. A usage record is known
// by its key, whenever it is told.
func sameEvent(known *LogEntry, e *Event) bool {
	if e.Do == DoUsage && known.Do == DoUsage {
		return true
	}
	return known.Do == e.Do && known.RecordedOn == e.On && known.EffectiveOn == e.Effective
}

func (r *recorder) dispatch(e *Event) error {
	switch e.Do {
	case DoSubscribe:
		return r.subscribe(e)
	case DoOneTime:
		return r.item(e)
	case DoUsage:
		return r.usage(e)
	case DoListPrice:
		return r.listPrice(e)
	case DoHold:
		return r.hold(e)
	case DoRelease:
		return r.release(e)
	case DoVoid:
		return r.void(e)
	case DoCharge:
		return r.charge(e)
	case DoCredit:
		return r.credit(e)
	case DoQuantity, DoPrice, DoCancel, DoSuspend, DoResume, DoSchedule:
	}
	return r.change(e)
}

// open takes a contract for writing, once in a transaction.
func (r *recorder) open(id billing.ContractID) (*OpenBook, error) {
	if book, ok := r.opened[id]; ok {
		return book, nil
	}
	book, err := r.tx.BookOpen(id)
	if err != nil {
		return nil, err
	}
	r.opened[id] = book
	r.order = append(r.order, id)
	return book, nil
}

// openOf takes the contract of a subscription or item.
func (r *recorder) openOf(e *Event, id billing.SubscriptionID) (*OpenBook, *billing.Subscription, error) {
	contract, err := r.tx.SubscriptionContract(id)
	if errors.Is(err, ErrUnknown) {
		return nil, nil, wrong(e.At, "subscription: %s is unknown", id)
	}
	if err != nil {
		return nil, nil, err
	}
	book, err := r.open(contract)
	if err != nil {
		return nil, nil, err
	}
	s := subscriptionIn(book, id)
	if s == nil {
		return nil, nil, wrong(e.At, "subscription: %s is not a subscription", id)
	}
	return book, s, nil
}

// subscriptionIn is a contract's subscription, or nil.
func subscriptionIn(book *OpenBook, id billing.SubscriptionID) *billing.Subscription {
	for i := range book.Subscriptions {
		if book.Subscriptions[i].ID == id {
			return &book.Subscriptions[i]
		}
	}
	return nil
}

// heldFor says whether credit hold keeps an event. What has happened at a provider
// already does not wait.
func (r *recorder) heldFor(e *Event, book *OpenBook) (bool, error) {
	if e.FromProvider {
		return false, nil
	}
	return r.tx.AccountHeld(book.Contract.Account)
}

// entryFor is the log's row for an event, known to the contract from the first
// day that it has not been billed through.
func (r *recorder) entryFor(e *Event, book *OpenBook) LogEntry {
	entry := LogEntry{
		At: r.f.Clock.Now(), Who: r.actor.Who, Source: r.actor.Source, RecordedOn: e.On, KnownOn: e.On, EffectiveOn: e.Effective,
		Do: e.Do, ID: e.ID, Account: e.Account, Contract: e.Contract, Subscription: e.Subscription,
	}
	if book != nil {
		entry.Contract = book.Contract.ID
		entry.KnownOn = dayAfter(e.On, book.Cursor.Through)
	}
	return entry
}

func (r *recorder) subscribe(e *Event) error {
	book, err := r.open(e.Contract)
	if errors.Is(err, ErrUnknown) {
		return wrong(e.At, "contract: %s is unknown", e.Contract)
	}
	if err != nil {
		return err
	}
	product, ok := r.catalog.Products[e.SKU]
	if !ok {
		return wrong(e.At, "sku: %s is not a product of the book", e.SKU)
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
	book, err := r.open(e.Contract)
	if errors.Is(err, ErrUnknown) {
		return wrong(e.At, "contract: %s is unknown", e.Contract)
	}
	if err != nil {
		return err
	}
	product, ok := r.catalog.Products[e.SKU]
	if !ok {
		return wrong(e.At, "sku: %s is not a product of the book", e.SKU)
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

func (r *recorder) hold(e *Event) error {
	if _, err := r.tx.AccountGet(e.Account); err != nil {
		return r.unknownAccount(e, err)
	}
	_, err := r.tx.LogAppend(r.entryFor(e, nil), nil, nil, nil)
	return err
}

func (r *recorder) unknownAccount(e *Event, err error) error {
	if errors.Is(err, ErrUnknown) {
		return wrong(e.At, "account: %s is unknown", e.Account)
	}
	return err
}

// release frees what waits on the account's contracts, each with a row of its own.
func (r *recorder) release(e *Event) error {
	if err := r.hold(e); err != nil {
		return err
	}
	contracts, err := r.tx.ContractsOf(e.Account)
	if err != nil {
		return err
	}
	for _, id := range contracts {
		book, err := r.open(id)
		if err != nil {
			return err
		}
		if err := r.releaseBook(e, book); err != nil {
			return err
		}
	}
	return nil
}

func (r *recorder) releaseBook(e *Event, book *OpenBook) error {
	entry := r.entryFor(e, book)
	entry.ID = ""
	free := calendar.Latest(entry.EffectiveOn, entry.KnownOn)
	waited := false
	for i := range book.Subscriptions {
		s := &book.Subscriptions[i]
		for j := range s.Entries {
			if fact := &s.Entries[j]; fact.Waiting && fact.ReleasedOn.IsZero() {
				fact.ReleasedOn, waited = free, true
				touch(book, s.ActsOn(&book.Contract, fact), free)
			}
		}
	}
	if !waited {
		return nil
	}
	_, err := r.tx.LogAppend(entry, nil, nil, nil)
	return err
}

// void takes back one entry of a log: a start with all that followed, a change,
// an item, a usage record or a provider's row.
func (r *recorder) void(e *Event) error {
	target, err := r.tx.LogFind(e.Voids)
	if errors.Is(err, ErrUnknown) {
		return wrong(e.At, "event: %s is unknown", e.Voids)
	}
	if err != nil {
		return err
	}
	if target, err = r.newestCharge(e.Voids, target); err != nil {
		return err
	}
	switch target.Do {
	case DoVoid, DoHold, DoRelease, DoListPrice, DoCredit:
		return &billing.Refusal{Code: "not_voidable", Sentence: fmt.Sprintf("%s is a %s, which is not voided", e.Voids, target.Do)}
	case DoSubscribe, DoQuantity, DoPrice, DoCancel, DoSuspend, DoResume, DoSchedule, DoOneTime, DoUsage, DoCharge:
	}
	book, err := r.open(target.Contract)
	if err != nil {
		return err
	}
	entry := r.entryFor(e, book)
	entry.Subscription, entry.Voids = target.Subscription, target.Seq
	asked, err := r.changesForVoid(e, book, &target, entry.KnownOn)
	if err != nil {
		return err
	}
	if !voidIn(book, target.Seq, entry.KnownOn) {
		return &billing.Refusal{Code: "void_already", Sentence: e.Voids + " is void already"}
	}
	seq, err := r.tx.LogAppend(entry, nil, nil, nil)
	if err != nil {
		return err
	}
	return r.sendOn(asked, seq)
}

// voidIn marks what has the seq, and says whether it stood until now.
func voidIn(book *OpenBook, seq int64, known calendar.Date) bool {
	for i := range book.Subscriptions {
		s := &book.Subscriptions[i]
		for j := range s.Entries {
			if fact := &s.Entries[j]; fact.Seq == seq {
				stood := markVoid(&fact.VoidedOn, known)
				touch(book, s.ActsOn(&book.Contract, fact), known)
				return stood
			}
		}
	}
	for i := range book.Items {
		if item := &book.Items[i]; item.Seq == seq {
			book.Cursor.OpenAfter = calendar.Date{}
			touch(book, item.On, known)
			return markVoid(&item.VoidedOn, known)
		}
	}
	for i := range book.Usage {
		if record := &book.Usage[i]; record.Seq == seq {
			book.Cursor.OpenAfter = calendar.Date{}
			touch(book, record.Period.From, known)
			return markVoid(&record.VoidedOn, known)
		}
	}
	return voidCharge(book, seq, known)
}

func markVoid(mark *calendar.Date, known calendar.Date) bool {
	if !mark.IsZero() {
		return false
	}
	*mark = known
	return true
}

// touch opens what a fact reaches: all lines, where it acts before the last
// settled day, and the day of a change invoice.
func touch(book *OpenBook, acts, known calendar.Date) {
	if book.Cursor.OpenBefore(&book.Contract).After(acts) {
		book.Cursor.OpenAfter = calendar.Date{}
	}
	if policy := book.Contract.Changes.Policy; policy == billing.Immediately || policy == billing.Weekly || policy == billing.Monthly {
		book.Cursor.DueOn = calendar.Earliest(book.Cursor.DueOn, calendar.Latest(acts, known))
	}
}

// close writes the cursors of the contracts that were taken, and lets go of them.
func (r *recorder) close() error {
	var moves []CursorMove
	for _, id := range r.order {
		book := r.opened[id]
		moves = append(moves, CursorMove{Contract: id, Version: book.Version, Cursor: book.Cursor})
	}
	if len(moves) == 0 {
		return nil
	}
	clear(r.opened)
	r.order = nil
	return r.tx.ChunkWrite(Chunk{Moves: moves})
}

// write does what fn does in one transaction, and again where somebody else was
// quicker: fn has to begin from nothing each time.
func (f *Flow) write(ctx context.Context, fn func(Tx) error) error {
	for try := 1; ; try++ {
		err := f.Store.Write(ctx, fn)
		if !errors.Is(err, ErrMoved) || try == writeTries {
			return err
		}
	}
}

// Record puts events on the log, all or none: an error says why.
func (f *Flow) Record(ctx context.Context, events []Event, actor Actor) error {
	for try := 1; ; try++ {
		err := f.recordOnce(ctx, events, actor, nil)
		if !errors.Is(err, ErrMoved) || try == writeTries {
			return err
		}
	}
}

// recordOnce records in one transaction; first, where it is given, comes before the events.
func (f *Flow) recordOnce(ctx context.Context, events []Event, actor Actor, first func(*recorder) error) error {
	catalog, err := catalogOf(ctx, f.Store, false)
	if err != nil {
		return err
	}
	return f.Store.Write(ctx, func(tx Tx) error {
		r := f.newRecorder(tx, catalog, actor, map[string]int{})
		now := f.Clock.Now()
		if first != nil {
			if err := first(r); err != nil {
				return err
			}
		}
		for i := range events {
			e := events[i]
			if e.ID == "" {
				var err error
				if e.ID, err = momentID(tx, now.UnixNano()+int64(i)); err != nil {
					return err
				}
			}
			if err := r.record(&e); err != nil {
				return err
			}
		}
		return r.close()
	})
}

// momentID names an event by its instant: the next that has no name yet, where two were
// recorded at the same one.
func momentID(tx Tx, nanos int64) (string, error) {
	for ; ; nanos++ {
		id := fmt.Sprintf("@%d", nanos)
		switch _, err := tx.LogFind(id); {
		case errors.Is(err, ErrUnknown):
			return id, nil
		case err != nil:
			return "", err
		}
	}
}

// Subscriptions calls for every subscription of a contract, or of all.
func (f *Flow) Subscriptions(ctx context.Context, contract billing.ContractID, call func(*billing.Contract, *billing.Subscription)) error {
	return f.Store.Read(ctx, func(tx Tx) error {
		contracts, err := tx.ContractList()
		if err != nil {
			return err
		}
		for i := range contracts {
			if contract != "" && contracts[i].ID != contract {
				continue
			}
			book, err := tx.BookRead(contracts[i].ID)
			if err != nil {
				return err
			}
			for j := range book.Subscriptions {
				call(&book.Contract, &book.Subscriptions[j])
			}
		}
		return nil
	})
}

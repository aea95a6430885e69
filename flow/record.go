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

// close writes the cursors of the contracts that were taken, and lets go of them.
func (r *recorder) close() error {
	var moves []CursorMove
	for _, id := range r.order {
		book := r.opened[id]
		moves = append(moves, CursorMove{Contract: id, Version: book.Version, WasDueOn: book.WasDueOn, Cursor: book.Cursor})
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
	return Again(func() error { return f.Store.Write(ctx, fn) })
}

// Record puts events on the log, all or none: an error says why. One that is there already is refused as
// input: what is recorded once more here is meant as something new.
func (f *Flow) Record(ctx context.Context, events []Event, actor Actor) error {
	return Again(func() error { return f.recordOnce(ctx, events, actor, nil) })
}

// recordOnce records in one transaction; first, where it is given, comes before the events.
func (f *Flow) recordOnce(ctx context.Context, events []Event, actor Actor, first func(*recorder) error) error {
	catalog, err := CatalogOf(ctx, f.Store, false)
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
			err := r.record(&e)
			if errors.Is(err, errKnown) {
				err = wrong(e.At, "id: %s is recorded already: give another id, or none", e.ID)
			}
			if err != nil {
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

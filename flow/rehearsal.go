package flow

import (
	"maps"
	"slices"

	"prorata/core/billing"
)

// rehearsal is a transaction in which events are recorded for show: they are judged,
// asked of providers and put on the log as they would be, and nothing is written.
type rehearsal struct {
	Tx
	// whole reads contracts with all that was ever billed.
	whole bool
	// seq is the last number that was given; it comes after all real ones.
	seq   int64
	asked []Provision
}

// rehearsed is above every number that a log reaches.
const rehearsed = int64(1) << 60

// BookOpen reads the contract as a run would, and takes nothing.
func (r *rehearsal) BookOpen(id billing.ContractID) (*OpenBook, error) {
	return r.BookPlan(id, r.whole)
}

// LogAppend gives the entry a number.
func (r *rehearsal) LogAppend(LogEntry, *billing.Subscription, *billing.OneTimeItem, *billing.UsageRecord) (int64, error) {
	r.seq = max(r.seq, rehearsed) + 1
	return r.seq, nil
}

// ProvisionAdd remembers what would be sent.
func (r *rehearsal) ProvisionAdd(p Provision) (int64, error) {
	r.asked = append(r.asked, p)
	return int64(len(r.asked)), nil
}

// ProvisionUpdate leaves what is on its way as it is.
func (r *rehearsal) ProvisionUpdate(Provision, ProvisionState, int) error { return nil }

// HoldingLinkPut links nothing.
func (r *rehearsal) HoldingLinkPut(HoldingLink) (bool, error) { return false, nil }

// BudgetPut keeps nothing.
func (r *rehearsal) BudgetPut(billing.SubscriptionID, billing.Budget) error { return nil }

// staged is a contract as it is and as it would be, both ready to be planned.
type staged struct {
	before, after *OpenBook
	catalog       *Catalog
	// asked is what would be sent to providers.
	asked []Provision
}

// rehearse records events of one contract for show.
func (f *Flow) rehearse(tx Tx, contract billing.ContractID, events []Event) (s staged, err error) {
	for _, whole := range []bool{false, true} {
		if s.before, err = tx.BookPlan(contract, whole); err != nil {
			return s, err
		}
		if s.catalog, err = catalogFor(tx, s.before, events); err != nil {
			return s, err
		}
		stage := &rehearsal{Tx: tx, whole: whole}
		r := f.newRecorder(stage, s.catalog, Actor{}, map[string]int{})
		for i := range events {
			e := events[i]
			if e.ID == "" {
				e.ID = "@rehearsal"
			}
			if err := r.record(&e); err != nil {
				return s, err
			}
		}
		if s.after, err = r.open(contract); err != nil {
			return s, err
		}
		s.asked = stage.asked
		// What acts before the last settled day is compared with all that was billed.
		if s.after.Cursor.OpenAfter == s.before.Cursor.OpenAfter {
			break
		}
	}
	return s, nil
}

// CatalogOfBook is the catalog with what a contract sells.
func CatalogOfBook(tx Tx, book *OpenBook) (*Catalog, error) { return catalogFor(tx, book, nil) }

// catalogFor is the catalog with what a contract sells and what events would.
func catalogFor(tx Tx, book *OpenBook, events []Event) (*Catalog, error) {
	skus := map[string]bool{}
	for i := range book.Subscriptions {
		skus[book.Subscriptions[i].SKU] = true
	}
	for i := range book.Items {
		skus[book.Items[i].SKU] = true
	}
	for i := range book.Charges {
		skus[book.Charges[i].SKU] = true
	}
	for i := range events {
		skus[events[i].SKU] = true
	}
	delete(skus, "")
	catalog, err := tx.CatalogOf(slices.Sorted(maps.Keys(skus)))
	if err != nil {
		return nil, err
	}
	for name, unit := range standardUnits() {
		if _, known := catalog.Units[name]; !known {
			catalog.Units[name] = unit
		}
	}
	return catalog, nil
}

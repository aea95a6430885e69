package flow

import (
	"context"
	"maps"
	"slices"

	"prorata/core/billing"
)

// usageBatch is how many usage records go into one transaction: a provider's file
// has millions of them, and each is judged by little.
const usageBatch = 10_000

// isUsage says whether an intake is a usage record that is meant to be taken.
func isUsage(in *Intake) bool {
	return in.Event != nil && in.Event.Do == DoUsage && !in.Event.Refused
}

// allUsage says whether a batch is usage alone: what it is made of beyond
// takeBatch always is.
func allUsage(batch []Intake) bool {
	for i := range batch {
		if !isUsage(&batch[i]) {
			return false
		}
	}
	return true
}

// takeUsage takes a batch of usage records in one transaction, with the judgement
// of recorder.usage for each: only what it asks of the book is asked for all at
// once, and what it writes is written at once.
func (f *Flow) takeUsage(ctx context.Context, first func(Tx) error, batch []Intake, actor Actor, repeats map[string]int) (lines []TakeLine, err error) {
	var u *usageTaker
	err = f.Store.Write(ctx, func(tx Tx) error {
		if err := first(tx); err != nil {
			return err
		}
		u = &usageTaker{recorder: f.newRecorder(tx, nil, actor, repeats), batch: batch, ids: make([]string, len(batch))}
		if err := u.look(); err != nil {
			return err
		}
		lines = lines[:0]
		for i := range batch {
			line, err := lineOf(&batch[i], true, u.judge(i))
			if err != nil {
				return err
			}
			lines = append(lines, line)
		}
		return tx.UsageAppend(u.entries, u.records)
	})
	if err != nil {
		return nil, err
	}
	for name, n := range u.named {
		repeats[name] += n
	}
	return lines, nil
}

// usageTaker takes usage records in one transaction.
type usageTaker struct {
	*recorder
	batch []Intake
	// ids are the records' keys; empty where one is wrong for its day.
	ids []string
	// known are the entries that have a record's key already, those of this batch too.
	known     map[string]LogEntry
	contracts map[billing.SubscriptionID]billing.ContractID
	entries   []LogEntry
	records   []billing.UsageRecord
}

// look asks the book for all that decides about the batch: which keys it knows,
// and the contracts of those that it does not, which are taken for writing.
func (u *usageTaker) look() (err error) {
	var ids []string
	for i := range u.batch {
		e := u.batch[i].Event
		if e.On.After(u.today) {
			continue
		}
		if u.ids[i] = e.ID; e.ID == "" {
			u.ids[i] = u.nameOf(e)
		}
		ids = append(ids, u.ids[i])
	}
	if u.known, err = u.tx.LogFindAll(ids); err != nil {
		return err
	}
	asked := map[billing.SubscriptionID]bool{}
	for i, id := range u.ids {
		if _, known := u.known[id]; id != "" && !known {
			asked[u.batch[i].Event.Subscription] = true
		}
	}
	if u.contracts, err = u.tx.SubscriptionContracts(slices.Sorted(maps.Keys(asked))); err != nil {
		return err
	}
	books, err := u.tx.BooksOpen(slices.Compact(slices.Sorted(maps.Values(u.contracts))))
	for _, book := range books {
		u.opened[book.Contract.ID] = book
	}
	return err
}

// judge decides about one record, and puts it by to be written.
func (u *usageTaker) judge(i int) error {
	e := u.batch[i].Event
	if u.ids[i] == "" {
		return notCome(e)
	}
	named := *e
	named.ID = u.ids[i]
	if known, told := u.known[named.ID]; told {
		return toldBefore(&known, &named)
	}
	contract, known := u.contracts[named.Subscription]
	if !known {
		return wrong(e.At, "subscription: %s is unknown", named.Subscription)
	}
	book := u.opened[contract]
	s := subscriptionIn(book, named.Subscription)
	if s == nil {
		return wrong(e.At, "subscription: %s is not a subscription", named.Subscription)
	}
	entry, record, err := u.usageOn(&named, book, s)
	if err != nil {
		return err
	}
	u.entries, u.records = append(u.entries, entry), append(u.records, record)
	u.known[named.ID] = entry
	return nil
}

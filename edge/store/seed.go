package store

import (
	"context"
	"errors"
	"iter"

	"prorata/core/billing"
	"prorata/flow"
)

// Seeded is one contract of a made-up book, as if it had been recorded: its
// account where that is new, and its subscriptions with their entries in order.
type Seeded struct {
	Account       *flow.Account
	Contract      flow.Contract
	Group         string
	Subscriptions []billing.Subscription
	Cursor        billing.Cursor
}

// seededAtOnce is how many contracts go into one transaction.
const seededAtOnce = 2000

// Seed loads contracts in bulk, for books that are made up to try or to measure
// something; nothing is judged. It says how many it loaded.
func (s *Store) Seed(ctx context.Context, book iter.Seq[Seeded]) (contracts int64, err error) {
	next, stop := iter.Pull(book)
	defer stop()
	for more := true; more; {
		var part []Seeded
		for len(part) < seededAtOnce {
			var one Seeded
			if one, more = next(); !more {
				break
			}
			part = append(part, one)
		}
		if err := s.do(ctx, true, func(t *tx) error { return t.seed(part) }); err != nil {
			return contracts, wrap("seed", err)
		}
		contracts += int64(len(part))
	}
	return contracts, s.Tidy(ctx)
}

// Tidy does at once what the database does in the quiet hours after much was written.
func (s *Store) Tidy(ctx context.Context) error { return wrap("tidy", s.engine.tidy(ctx)) }

func (t *tx) seed(part []Seeded) error {
	if err := t.hold(); err != nil {
		return err
	}
	firstFact := t.facts.value
	for _, step := range []struct {
		table table
		fill  func(*bulk, *Seeded) error
	}{
		{accountTable, seedAccount},
		{accountVersionTable, seedAccount},
		{contractTable, func(b *bulk, s *Seeded) error { b.contract(&s.Contract); return nil }},
		{cursorTable, func(b *bulk, s *Seeded) error {
			b.cursor(&flow.CursorMove{Contract: s.Contract.ID, Version: 1, Cursor: s.Cursor}, s.Group)
			return nil
		}},
		{subscriptionTable, t.seedSubscriptions},
		{logTable, t.seedLog},
	} {
		t.facts.value = firstFact
		b := t.bulk(step.table)
		for i := range part {
			if err := step.fill(b, &part[i]); err != nil {
				return err
			}
		}
		if err := t.flush(b); err != nil {
			return err
		}
	}
	for i := range part {
		t.sums.dueMove(part[i].Cursor.DueOn, 1)
	}
	return nil
}

func seedAccount(b *bulk, s *Seeded) error {
	if s.Account == nil {
		return nil
	}
	b.row()
	for _, value := range accountArgs(s.Account, 1) {
		switch v := value.(type) {
		case string:
			b.text(v)
		case int64:
			b.number(v)
		case bool:
			b.flag(v)
		case nil:
			b.null()
		default:
			return errors.ErrUnsupported
		}
	}
	return nil
}

// seedSubscriptions gives each subscription the number that its first entry gets.
func (t *tx) seedSubscriptions(b *bulk, s *Seeded) error {
	for i := range s.Subscriptions {
		sub := &s.Subscriptions[i]
		if len(sub.Entries) == 0 {
			return errors.New("subscription " + string(sub.ID) + " has no entries")
		}
		b.subscription(sub, t.facts.value+1)
		t.facts.value += int64(len(sub.Entries))
	}
	return nil
}

func (t *tx) seedLog(b *bulk, s *Seeded) error {
	for i := range s.Subscriptions {
		sub := &s.Subscriptions[i]
		for j := range sub.Entries {
			e := &sub.Entries[j]
			t.facts.value++
			row := flow.LogEntry{Seq: t.facts.value, Source: "seed", RecordedOn: e.RecordedOn, KnownOn: e.KnownOn, EffectiveOn: e.EffectiveOn,
				Do: eventVerb(e.Verb), Contract: s.Contract.ID, Subscription: sub.ID, Entry: *e, Waiting: e.Waiting}
			if j == 0 {
				row.ID = string(sub.ID)
			}
			b.logEntry(&row)
		}
	}
	return nil
}

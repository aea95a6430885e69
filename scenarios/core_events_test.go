// Package scenarios_test plays every scenario of this folder: on the engine
// alone, and through the real flow and store on both databases.
package scenarios_test

import (
	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/flow"
)

// touch makes the next plan start where a late fact acts, as the store does.
func (w *world) touch(b *billing.Book, day calendar.Date) {
	if b.Cursor.OpenBefore(&b.Contract).After(day) {
		b.Cursor.OpenAfter = calendar.Date{}
	}
}

func (w *world) voidEntry(id billing.SubscriptionID, seq int64, day calendar.Date) error {
	b, s := w.subscription(id)
	for i := range s.Entries {
		if e := &s.Entries[i]; e.Seq == seq {
			if !e.VoidedOn.IsZero() {
				return &billing.Refusal{Code: "void_already"}
			}
			e.VoidedOn = day
			w.touch(b, s.ActsOn(&b.Contract, e))
		}
	}
	return nil
}

func (w *world) release(e *flow.Event) error {
	w.held[e.Account] = false
	for _, b := range w.books {
		for i := range b.Subscriptions {
			for j := range b.Subscriptions[i].Entries {
				entry := &b.Subscriptions[i].Entries[j]
				if b.Contract.Account == e.Account && entry.Waiting && entry.ReleasedOn.IsZero() {
					entry.ReleasedOn = e.Effective
					w.touch(b, b.Subscriptions[i].ActsOn(&b.Contract, entry))
				}
			}
		}
	}
	return nil
}

func (w *world) void(e *flow.Event) error {
	target, ok := w.targets[e.Voids]
	if !ok {
		return &billing.Refusal{Code: "not_voidable"}
	}
	return target(e.On)
}

func (w *world) subscribe(e *flow.Event) error {
	b := w.book(e.Contract)
	s := flow.SubscriptionOf(e, &b.Contract, w.products[e.SKU])
	s.Entries[0].Seq = w.seq
	if err := billing.JudgeStart(&b.Contract, &s, w.held[b.Contract.Account]); err != nil {
		return err
	}
	b.Subscriptions = append(b.Subscriptions, s)
	w.touch(b, e.Effective)
	id, seq := s.ID, w.seq
	w.targets[e.ID] = func(day calendar.Date) error { return w.voidEntry(id, seq, day) }
	return nil
}

func (w *world) item(e *flow.Event) error {
	b := w.book(e.Contract)
	item := flow.ItemOf(e, w.products[e.SKU])
	if err := billing.JudgeItem(&b.Contract, &item); err != nil {
		return err
	}
	b.Items = append(b.Items, item)
	at := len(b.Items) - 1
	w.targets[e.ID] = func(day calendar.Date) error {
		b.Items[at].VoidedOn = day
		b.Cursor.OpenAfter = calendar.Date{}
		return nil
	}
	return nil
}

func (w *world) usage(e *flow.Event) error {
	b, s := w.subscription(e.Subscription)
	record := flow.UsageOf(e, w.seq)
	if err := billing.JudgeUsage(s, &record); err != nil {
		return err
	}
	b.Usage = append(b.Usage, record)
	at := len(b.Usage) - 1
	w.targets[e.ID] = func(day calendar.Date) error {
		b.Usage[at].VoidedOn = day
		b.Cursor.OpenAfter = calendar.Date{}
		return nil
	}
	return nil
}

// charge records a provider's row: told again it changes nothing, told otherwise it
// takes the place of what was told before.
func (w *world) charge(e *flow.Event) error {
	b, s := w.subscription(e.Subscription)
	row := flow.ChargeOf(e, w.seq)
	for _, known := range w.books {
		for i := len(known.Charges) - 1; i >= 0; i-- {
			if old := &known.Charges[i]; old.ID == row.ID {
				if old.SameAs(&row) {
					return nil
				}
				if old.VoidedOn.IsZero() {
					w.voidCharge(known, i, e.On)
				}
				break
			}
		}
	}
	if err := billing.JudgeCharge(&b.Contract, s, &row); err != nil {
		return err
	}
	b.Charges = append(b.Charges, row)
	b.Cursor.OpenFor(&row)
	at := len(b.Charges) - 1
	w.targets[e.ID] = func(day calendar.Date) error {
		if !b.Charges[at].VoidedOn.IsZero() {
			return &billing.Refusal{Code: "void_already"}
		}
		w.voidCharge(b, at, day)
		return nil
	}
	return nil
}

func (w *world) voidCharge(b *billing.Book, at int, day calendar.Date) {
	b.Charges[at].VoidedOn = day
	b.Cursor.OpenFor(&b.Charges[at])
}

package flow

import (
	"errors"
	"fmt"

	"prorata/core/billing"
	"prorata/core/calendar"
)

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

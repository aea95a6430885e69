package flow

import (
	"errors"

	"prorata/core/calendar"
)

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

package office

import (
	"sync"
	"time"

	"prorata/core/report"
	"prorata/flow"
)

// addedUp keeps what was added up of many rows as long as they are what they were: a million invoices are added up
// once, not for each page that shows their sum. What stands for the rows is S, of the book or of a snapshot: where
// another is asked for, all that was kept is forgotten. It never leaves the memory of the program, and is only put there
// by the transaction that read both.
type addedUp[S comparable, T any] struct {
	mutex sync.Mutex
	state S
	known map[string]T
}

// The most answers that are kept, and the most rows of one.
const (
	answersKept = 256
	rowsKept    = 500
)

// of gives what is known under a key, or reads it.
func (r *addedUp[S, T]) of(state S, key string, read func() (T, error)) (T, error) {
	r.mutex.Lock()
	known, ok := r.known[key]
	ok = ok && r.state == state
	r.mutex.Unlock()
	if ok {
		return known, nil
	}
	found, err := read()
	if err != nil {
		return found, err
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.known == nil || r.state != state || len(r.known) >= answersKept {
		r.state, r.known = state, map[string]T{}
	}
	r.known[key] = found
	return found, nil
}

// owedState is what decides what payers owe: invoices and what of them is settled.
type owedState struct{ stamp, settled int64 }

// owed is the state of what payers owe.
func (s *BookState) owed() owedState { return owedState{s.Stamp, s.Settled} }

// snapshotState is one snapshot: its number comes again where a book was restored.
type snapshotState struct{ id, takenAt int64 }

// plannedSums are what is told of a plan's rows all together.
type plannedSums struct {
	totals []flow.PlannedTotal
	flags  map[flow.PlanFlag]int64
	// open and usual wait for approval.
	open, usual int64
}

// memory is all that an office remembers.
type memory struct {
	invoices addedUp[owedState, []InvoiceTotal]
	owed     addedUp[owedState, []report.Owed]
	accounts addedUp[snapshotState, []flow.RecurringAccount]
	plans    addedUp[int64, plannedSums]
	open     addedUp[int64, int64]
}

// recent is an answer that takes long, with when it was found.
type recent[T any] struct {
	mutex sync.Mutex
	of    map[flow.ConnectionID]answered[T]
}

type answered[T any] struct {
	at   time.Time
	list []T
}

// answerLasts is how long an answer that takes long is given again.
const answerLasts = time.Minute

// get gives what was found a moment ago, or asks.
func (r *recent[T]) get(id flow.ConnectionID, now time.Time, ask func() ([]T, error)) ([]T, time.Time, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if kept, known := r.of[id]; known && now.Sub(kept.at) < answerLasts {
		return kept.list, kept.at, nil
	}
	list, err := ask()
	if err != nil {
		return nil, now, err
	}
	if r.of == nil {
		r.of = map[flow.ConnectionID]answered[T]{}
	}
	r.of[id] = answered[T]{now, list}
	return list, now, nil
}

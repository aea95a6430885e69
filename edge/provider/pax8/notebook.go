package pax8

import (
	"context"
	"sync"
	"time"

	"prorata/flow"
)

// Note is what is known of an order under one of our references.
type Note struct {
	// Before are the orders of the same kind that the company had already, so that
	// none of them is taken for this one.
	Before []string
	// Number is Pax8's id of the order, once it is known.
	Number string
	// At is when the order was first sent, LastAt when it was last.
	At, LastAt time.Time
}

// Notebook remembers what was sent under which reference. A note is written
// before an order is sent and must outlive the program: without it, an order
// whose answer was lost is sent a second time.
type Notebook interface {
	// NoteGet is ErrUnknown where nothing was noted.
	NoteGet(ctx context.Context, reference string) (Note, error)
	NotePut(ctx context.Context, reference string, note Note) error
	// NoteOf is the reference whose order has a number; empty for none.
	NoteOf(ctx context.Context, number string) (string, error)
}

// Memory is a notebook for as long as the program runs.
type Memory struct {
	mu    sync.Mutex
	notes map[string]Note
}

// NoteGet is ErrUnknown where nothing was noted.
func (m *Memory) NoteGet(_ context.Context, reference string) (Note, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	note, ok := m.notes[reference]
	if !ok {
		return Note{}, flow.ErrUnknown
	}
	return note, nil
}

// NotePut writes a note, in place of an earlier one.
func (m *Memory) NotePut(_ context.Context, reference string, note Note) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.notes == nil {
		m.notes = map[string]Note{}
	}
	m.notes[reference] = note
	return nil
}

// NoteOf is the reference whose order has a number.
func (m *Memory) NoteOf(_ context.Context, number string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for reference, note := range m.notes {
		if note.Number == number {
			return reference, nil
		}
	}
	return "", nil
}

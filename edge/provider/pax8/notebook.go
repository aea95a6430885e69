package pax8

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"prorata/flow"
)

// Notebook keeps texts by their names for one connection, past the end of the
// program: without it, an order whose answer was lost could be sent a second
// time. flow.Vault is one. A text is noted before an order is sent, and returned
// from when it is safe.
type Notebook interface {
	// TokenLoad is the text of that name; empty where there is none.
	TokenLoad(ctx context.Context, name string) (string, error)
	// TokenSave replaces the text of that name.
	TokenSave(ctx context.Context, name, text string) error
}

// note is what is known of an order under one of our references.
type note struct {
	// Before are the orders of the same kind that the company had already, so that
	// none of them is taken for this one.
	Before []string `json:"before,omitempty"`
	// Number is Pax8's id of the order, once it is known.
	Number string `json:"number,omitempty"`
	// At is when the order was first sent, LastAt when it was last.
	At     time.Time `json:"at"`
	LastAt time.Time `json:"lastAt"`
}

func noteName(reference string) string { return "order/" + reference }

func ownerName(number string) string { return "number/" + number }

// noteGet is ErrUnknown where nothing was noted.
func (c *Client) noteGet(ctx context.Context, reference string) (note, error) {
	text, err := c.Notebook.TokenLoad(ctx, noteName(reference))
	switch {
	case err != nil:
		return note{}, err
	case text == "":
		return note{}, flow.ErrUnknown
	}
	var n note
	if err := json.Unmarshal([]byte(text), &n); err != nil {
		return note{}, fmt.Errorf("the note of order %s: %w", reference, err)
	}
	return n, nil
}

// notePut writes a note, and whose order a number is.
func (c *Client) notePut(ctx context.Context, reference string, n note) error {
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	if n.Number != "" {
		if err := c.Notebook.TokenSave(ctx, ownerName(n.Number), reference); err != nil {
			return err
		}
	}
	return c.Notebook.TokenSave(ctx, noteName(reference), string(text))
}

// noteOf is the reference whose order has a number; empty for none.
func (c *Client) noteOf(ctx context.Context, number string) (string, error) {
	return c.Notebook.TokenLoad(ctx, ownerName(number))
}

// Memory is a notebook for as long as the program runs.
type Memory struct {
	mu    sync.Mutex
	texts map[string]string
}

// TokenLoad is the text of that name.
func (m *Memory) TokenLoad(_ context.Context, name string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.texts[name], nil
}

// TokenSave replaces the text of that name.
func (m *Memory) TokenSave(_ context.Context, name, text string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.texts == nil {
		m.texts = map[string]string{}
	}
	m.texts[name] = text
	return nil
}

var _ Notebook = (*flow.Vault)(nil)

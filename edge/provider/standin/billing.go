package standin

import "net/http"

// billing is the world's billing side: what happened becomes lines, lines become
// invoices.
type billing struct {
	world      *World
	happenings []*happening
}

func newBilling(w *World) *billing { return &billing{world: w} }

// take takes down something that costs money; the world is locked.
func (b *billing) take(h *happening) { b.happenings = append(b.happenings, h) }

// notify tells whoever registered for a kind of event that a resource changed; the
// world is locked.
func (b *billing) notify(_, _, _ string) {}

// routes adds the billing side's doors.
func (b *billing) routes(_ *http.ServeMux) {}

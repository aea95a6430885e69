package standin

import (
	"fmt"
	"slices"

	"prorata/core/calendar"
	"prorata/core/money"
)

// MistakeKind is a way in which Microsoft's bill can be wrong.
type MistakeKind string

// The kinds.
const (
	// MissingLine was never charged, DuplicatedLine twice.
	MissingLine    MistakeKind = "missingLine"
	DuplicatedLine MistakeKind = "duplicatedLine"
	// UnseenLine is in the invoice's total and not in its rows.
	UnseenLine MistakeKind = "unseenLine"
	// WrongPrice charges Value in place of the list price, WrongRate exchanges at Value,
	// WrongQuantity charges Value seats.
	WrongPrice    MistakeKind = "wrongPrice"
	WrongRate     MistakeKind = "wrongRate"
	WrongQuantity MistakeKind = "wrongQuantity"
	// LateUsage holds the usage of the month's last Value days back for the next invoice.
	LateUsage MistakeKind = "lateUsage"
)

// Mistake makes Microsoft wrong in a known way.
type Mistake struct {
	Kind MistakeKind `json:"kind"`
	// Invoice is one that is out already: its rows are restated. Where empty, it is
	// the next invoice that has such a line.
	Invoice string `json:"invoice,omitempty"`
	// Subscription is whose line; any where empty. Line counts its lines from 0.
	Subscription string `json:"subscription,omitempty"`
	Line         int    `json:"line,omitempty"`
	// Value is a number, by Kind.
	Value string `json:"value,omitempty"`
}

// Mistake has Microsoft make one, at once or on the next invoice.
func (w *World) Mistake(m Mistake) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.billing.mistake(m)
}

func (b *billing) mistake(m Mistake) error {
	if err := b.sane(m); err != nil {
		return fmt.Errorf("mistake %s: %w", m.Kind, err)
	}
	if m.Invoice == "" {
		b.mistakes = append(b.mistakes, m)
		return nil
	}
	i := b.invoice(m.Invoice)
	if i == nil {
		return fmt.Errorf("mistake %s: there is no invoice %q", m.Kind, m.Invoice)
	}
	if !b.mistaken(i, m) {
		return fmt.Errorf("mistake %s: invoice %s has no line %d of subscription %q", m.Kind, m.Invoice, m.Line, m.Subscription)
	}
	i.version++
	b.world.invoiceReady(i)
	return nil
}

// sane refuses what cannot be done.
func (b *billing) sane(m Mistake) error {
	switch m.Kind {
	case MissingLine, DuplicatedLine, UnseenLine:
		return nil
	case WrongPrice, WrongRate, WrongQuantity, LateUsage:
		if d, err := money.ParseDecimal(m.Value); err != nil || d.Sign() <= 0 || d.Cmp(money.DecimalOf(1_000_000)) > 0 {
			return fmt.Errorf("value %q (expected a number above 0, up to 1000000)", m.Value)
		}
		if m.Kind == LateUsage && m.Invoice != "" {
			return fmt.Errorf("invoice %s is out already (expected none)", m.Invoice)
		}
		return nil
	}
	return fmt.Errorf("unknown (expected %s, %s, %s, %s, %s, %s or %s)", MissingLine, DuplicatedLine, UnseenLine, WrongPrice, WrongRate, WrongQuantity, LateUsage)
}

// holdBack keeps the last days of a month's usage for the next invoice, and says
// whether there was a plan to do that for.
func (b *billing) holdBack(month calendar.Period, m Mistake) bool {
	count, err := figure(m.Value).Ratio().Round(0)
	found := false
	for _, p := range b.plans {
		ran := p.Ran.From.Before(month.To) && (p.Ran.To.IsZero() || p.Ran.To.After(month.From))
		if err == nil && ran && (m.Subscription == "" || m.Subscription == p.Subscription) {
			found = true
			b.heldBack[p.Subscription] = calendar.Period{From: calendar.Latest(month.From, month.To.AddDays(-int(count))), To: month.To}
		}
	}
	return found
}

// mistaken puts a mistake into an invoice that has such a line.
func (b *billing) mistaken(i *invoice, m Mistake) bool {
	at, seen := -1, 0
	for n := range i.lines {
		if m.Subscription == "" || i.lines[n].Subscription == m.Subscription {
			if seen == m.Line {
				at = n
				break
			}
			seen++
		}
	}
	if at < 0 {
		return false
	}
	l := &i.lines[at]
	switch m.Kind {
	case UnseenLine:
		i.unseen = i.unseen.Add(l.total())
		i.lines = slices.Delete(i.lines, at, at+1)
	case MissingLine:
		i.lines = slices.Delete(i.lines, at, at+1)
	case DuplicatedLine:
		i.lines = slices.Insert(i.lines, at, *l)
	case WrongPrice:
		price := figure(m.Value)
		effective := price.Ratio()
		if !l.UnitPrice.IsZero() {
			effective = l.Effective.Ratio().Mul(price.Ratio()).Div(l.UnitPrice.Ratio())
		}
		l.UnitPrice, l.Effective = price, money.DecimalFrom(effective, 0, priceDigits)
		b.again(l)
	case WrongRate:
		l.Rate = figure(m.Value)
		b.again(l)
	case WrongQuantity:
		l.Purchased, l.Billable = figure(m.Value), figure(m.Value)
		b.again(l)
	case LateUsage:
	}
	return true
}

// again works a line's amounts out from what stands on it.
func (b *billing) again(l *reconLine) {
	if l.Description == azurePlanName {
		b.total(l, usageSubtotal(l.Effective.Ratio(), l.Rate.Ratio(), l.Billable.Ratio(), b.digits))
		return
	}
	b.total(l, licenceSubtotal(l.Effective.Ratio(), l.Rate.Ratio(), l.Billable.Ratio(), b.switches.Truncation, b.digits))
}

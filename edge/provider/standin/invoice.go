package standin

import (
	"fmt"
	"slices"
	"time"

	"prorata/core/calendar"
	"prorata/core/money"
)

// An invoice is dated and visible on the sixth of the month after the one it is
// for, when what was late is in; its lines are those of what happened in that
// calendar month, by UTC. The total is the sum of the lines, always.

const (
	// invoiceDay is the day of the month on which the last one's invoice is there.
	invoiceDay = 6
	// invoiceHour is when on that day.
	invoiceHour = 4
)

// invoice is one that the partner got, or a credit note.
type invoice struct {
	id     string
	period calendar.Period
	at     time.Time
	lines  []reconLine
	usage  []usageRecord
	// credit notes take back the invoice that they amend.
	credit bool
	amends string
	// version counts how often the rows were restated.
	version int
	// unseen is what rows that were left out of the files come to.
	unseen money.Decimal
}

// total is what the partner owes for it.
func (i *invoice) total() money.Decimal {
	sum := i.unseen
	for n := range i.lines {
		sum = sum.Add(i.lines[n].total())
	}
	return sum
}

// closeAfter sets down the close that comes next after an instant.
func (b *billing) closeAfter(at time.Time) {
	month := monthOf(civil(at))
	next := invoiceAt(month.From)
	if !next.After(at) {
		month = monthOf(month.To)
		next = invoiceAt(month.From)
	}
	b.world.at(next, func() {
		b.close(monthOf(month.From.AddDays(-1)))
		b.closeAfter(next)
	})
}

// invoiceAt is when, in the month that begins on a day, the last month's invoice
// is there.
func invoiceAt(first calendar.Date) time.Time {
	return midnight(first.AddDays(invoiceDay - 1)).Add(invoiceHour * time.Hour)
}

// close makes the invoice of a month, and says that it is there. A month without
// lines has none.
func (b *billing) close(month calendar.Period) {
	b.mistakes = slices.DeleteFunc(b.mistakes, func(m Mistake) bool { return m.Kind == LateUsage && b.holdBack(month, m) })
	lines, usage := b.of(month, b.world.now)
	if len(lines) == 0 {
		return
	}
	i := &invoice{period: month, at: b.world.now, version: 1, lines: lines, usage: usage}
	b.mistakes = slices.DeleteFunc(b.mistakes, func(m Mistake) bool { return m.Kind != LateUsage && b.mistaken(i, m) })
	b.billed(month)
	b.issue(i)
}

// issue numbers an invoice and tells of it.
func (b *billing) issue(i *invoice) {
	i.id = fmt.Sprintf("G%09d", 31_000_000+hash(b.world.set.Seed, "invoices")%9_000_000+uint64(len(b.invoices))*1_217)
	i.credit = i.credit || i.total().Sign() < 0
	for n := range i.lines {
		i.lines[n].Invoice = i.id
	}
	for n := range i.usage {
		i.usage[n].Invoice = i.id
	}
	b.invoices = append(b.invoices, i)
	b.world.invoiceReady(i)
}

// of is the lines and the usage of a month as they are known at an instant; what
// was held back earlier comes with them.
func (b *billing) of(month calendar.Period, at time.Time) ([]reconLine, []usageRecord) {
	var lines []reconLine
	for _, p := range b.lines {
		if month.Contains(civil(p.at)) {
			lines = append(lines, p.line)
		}
	}
	var usage []usageRecord
	for _, p := range b.plans {
		records := b.usage(*p, month, at)
		lines = append(lines, b.rollUp(*p, records, month)...)
		usage = append(usage, records...)
	}
	return lines, usage
}

// billed drops what is on an invoice now.
func (b *billing) billed(month calendar.Period) {
	b.lines = slices.DeleteFunc(b.lines, func(p pendingLine) bool { return month.Contains(civil(p.at)) })
}

// unbilled is what is on no invoice yet, of the month that holds the clock or of
// the one before.
func (b *billing) unbilled(last bool) ([]reconLine, []usageRecord) {
	month := monthOf(civil(b.world.now))
	if last {
		month = monthOf(month.From.AddDays(-1))
		if !b.world.now.Before(invoiceAt(month.To)) {
			return nil, nil
		}
	}
	return b.of(month, b.world.now)
}

// invoice finds one by its number, also as links to line items write it.
func (b *billing) invoice(id string) *invoice {
	for _, i := range b.invoices {
		if i.id == id || oneTimePrefix+i.id == id {
			return i
		}
	}
	return nil
}

// Invoices are the numbers of all, oldest first.
func (w *World) Invoices() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	ids := make([]string, len(w.billing.invoices))
	for n, i := range w.billing.invoices {
		ids[n] = i.id
	}
	return ids
}

// CreditInvoice takes an invoice back, line by line, with a credit note of today,
// and returns the note's number.
func (w *World) CreditInvoice(id string) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	of := w.billing.invoice(id)
	if of == nil {
		return "", fmt.Errorf("there is no invoice %q", id)
	}
	note := &invoice{period: of.period, at: w.now, version: 1, credit: true, amends: of.id, unseen: of.unseen.Neg()}
	for _, l := range of.lines {
		l.Effective, l.Subtotal, l.Tax = l.Effective.Neg(), l.Subtotal.Neg(), l.Tax.Neg()
		note.lines = append(note.lines, l)
	}
	w.billing.issue(note)
	return note.id, nil
}

// CustomerCredit gives the partner an amount for a subscription, in dollars and
// for the days of the last month, as Microsoft does where its service was not
// what it promised.
func (w *World) CustomerCredit(subscription string, dollars money.Decimal, reason string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.held {
		if s.id != subscription {
			continue
		}
		on := civil(w.now)
		l := w.billing.aboutHeld(s)
		l.CreditReason, l.UnitPrice = reason, dollars
		w.billing.write(&happening{
			kind: chargeCustomer, at: w.now, on: on, subscription: s.id, reference: w.newID(), order: s.order.id, alternate: s.order.alternate,
		}, &l, dollars.Ratio().Neg(), monthOf(monthOf(on).From.AddDays(-1)), 1)
		return nil
	}
	return fmt.Errorf("there is no subscription %q", subscription)
}

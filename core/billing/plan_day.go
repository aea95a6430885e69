package billing

import "prorata/core/calendar"

// invoiceDay is one date on which an invoice may be cut.
type invoiceDay struct {
	date calendar.Date
	// horizon is the last day on which something owed is on the invoice.
	horizon calendar.Date
	regular bool
	// index and unmoved are the regular invoice's number and date before the offset.
	index   int
	unmoved calendar.Date
	// next is the date of the regular invoice after it.
	next calendar.Date
}

// invoiceCycle is the cycle of regular invoice dates, before the offset.
func invoiceCycle(c *Contract) (cycle calendar.Cycle, shift int) {
	cycle = calendar.Cycle{Anchor: c.Start, Months: c.Frequency.Months, Stick: c.Stick}
	if !c.NextInvoice.IsZero() {
		cycle.Anchor = c.NextInvoice
		return cycle, 0
	}
	if c.Timing == Arrears {
		return cycle, 1
	}
	return cycle, 0
}

// InvoiceDate is the date of a contract's regular invoice by number, counted
// from 0: moved by the offset, and as it was before.
func InvoiceDate(c *Contract, index int) (moved, unmoved calendar.Date) {
	cycle, shift := invoiceCycle(c)
	unmoved = cycle.Boundary(index + shift)
	return unmoved.AddDays(c.OffsetDays), unmoved
}

// regular is the regular invoice day by number.
func (w *work) regular(index int) invoiceDay {
	date, unmoved := InvoiceDate(w.contract, index)
	next, _ := InvoiceDate(w.contract, index+1)
	return invoiceDay{date: date, horizon: calendar.Latest(date, unmoved), regular: true, index: index, unmoved: unmoved, next: next}
}

// nextDay is the next date to work on: a regular invoice, or a change invoice
// that does not fall on one.
func (w *work) nextDay(changes *[]calendar.Date, through calendar.Date) (invoiceDay, bool) {
	day := w.regular(w.cursor.Next)
	for len(*changes) > 0 && (*changes)[0].Compare(day.date) <= 0 {
		change := (*changes)[0]
		*changes = (*changes)[1:]
		if change != day.date && change.After(w.before) {
			return invoiceDay{date: change, horizon: change, unmoved: change}, true
		}
	}
	if day.date.After(through) {
		return invoiceDay{}, false
	}
	return day, true
}

// clampMost is by how many days clamping to a month can move a boundary, and one.
const clampMost = 4

// spanAt is the period of a subscription that holds a day.
func (w *work) spanAt(sub *subscriptionWork, t *timeline, day calendar.Date) span {
	c := w.contract
	sp := span{cycle: calendar.Cycle{Anchor: c.Start, Months: c.Frequency.Months, Stick: c.Stick}}
	stop := t.end
	if c.Schedule == Flexi {
		sp.cycle.Anchor, sp.cycle.Months = t.start, sub.s.Billing.Months
		if ends := sub.s.cotermEnd(); !ends.IsZero() {
			if day.Before(ends) {
				stop = calendar.Earliest(stop, ends)
			} else {
				sp.cycle.Anchor = ends
			}
		}
	}
	sp.k = sp.cycle.Index(day)
	sp.whole = sp.cycle.Period(sp.k)
	from := calendar.Latest(calendar.Latest(sp.whole.From, t.start), c.Start)
	sp.covered = calendar.Period{From: from, To: calendar.Earliest(sp.whole.To, stop)}
	return sp
}

// after is the first day of the span that follows.
func (sp span) after(sub *Subscription, schedule Schedule) calendar.Date {
	if ends := sub.cotermEnd(); schedule == Flexi && !ends.IsZero() && sp.whole.From.Before(ends) {
		return calendar.Earliest(sp.whole.To, ends)
	}
	return sp.whole.To
}

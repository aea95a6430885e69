package billing

import (
	"slices"

	"prorata/core/calendar"
)

// changeDates are the days after the last one worked through, up to and with
// through, on which a change invoice may be cut, in order.
func (w *work) changeDates(through calendar.Date) []calendar.Date {
	if !w.cutsChanges() {
		return nil
	}
	var dates []calendar.Date
	w.triggers(through, func(day calendar.Date) {
		if date := w.batchDay(day); date.After(w.cursor.Through) && !date.After(through) {
			dates = append(dates, date)
		}
	})
	slices.SortFunc(dates, calendar.Date.Compare)
	return slices.Compact(dates)
}

// cutsChanges says whether the contract has change invoices at all. In arrears, and
// where the provider's rows are billed, all goes on its own invoices.
func (w *work) cutsChanges() bool {
	if w.contract.Timing == Arrears || w.contract.Schedule == Mirror {
		return false
	}
	policy := w.contract.Changes.Policy
	return policy == Immediately || policy == Weekly || policy == Monthly
}

// triggers calls for every day on which a change or an adjustment can come to
// be owed: the later of an entry's effect and its becoming known, and the
// renewals up to through.
func (w *work) triggers(through calendar.Date, call func(calendar.Date)) {
	for i := range w.book.Subscriptions {
		s := &w.book.Subscriptions[i]
		for j := range s.Entries {
			e := &s.Entries[j]
			if !e.Waiting || !e.ReleasedOn.IsZero() {
				call(calendar.Latest(calendar.Latest(e.EffectiveOn, e.KnownOn), e.ReleasedOn))
			}
			if !e.VoidedOn.IsZero() {
				call(e.VoidedOn)
			}
		}
		w.renewals(s, through, call)
	}
	for i := range w.book.Items {
		if void := w.book.Items[i].VoidedOn; !void.IsZero() {
			call(void)
		}
	}
	for i := range w.book.Usage {
		if void := w.book.Usage[i].VoidedOn; !void.IsZero() {
			call(void)
		}
	}
}

// batchMost is by how many days a batch of changes can come after a change.
const batchMost = 31

// renewals calls for each first day of a term whose change can come after the last
// day worked through.
func (w *work) renewals(s *Subscription, through calendar.Date, call func(calendar.Date)) {
	start := &s.Entries[0]
	if s.TermMonths == 0 || s.Kind == Usage || (start.Waiting && start.ReleasedOn.IsZero()) {
		return
	}
	if w.contract.Schedule == Flexi && s.TermMonths%s.Billing.Months == 0 {
		// Then terms begin with periods alone.
		return
	}
	from := calendar.Latest(s.startOn(), w.cursor.Through.AddDays(-batchMost))
	_, next := s.termAround(w.contract.Stick, from)
	for !next.After(through) && !next.IsZero() {
		if !next.Before(start.knownBy()) {
			call(next)
		}
		_, next = s.termAround(w.contract.Stick, next)
	}
}

// batchDay is the day on which what is owed on day goes on a change invoice,
// if the contract's own does not come first.
func (w *work) batchDay(day calendar.Date) calendar.Date {
	switch w.contract.Changes.Policy {
	case Weekly:
		return day.AddDays((w.contract.Changes.Day - day.Weekday() + 7) % 7)
	case Monthly:
		year, month, _ := day.Civil()
		if date := dayOfMonth(year, month, w.contract.Changes.Day); !date.Before(day) {
			return date
		}
		if month == 12 {
			year, month = year+1, 0
		}
		return dayOfMonth(year, month+1, w.contract.Changes.Day)
	case WithNextInvoice, Immediately, AtRenewal:
	}
	return day
}

// dayOfMonth clamps the day to the month's last.
func dayOfMonth(year, month, day int) calendar.Date {
	first, err := calendar.NewDate(year, month, 1)
	if err != nil {
		return calendar.Date{}
	}
	if date := first.AddDays(day - 1); date.Before(first.AddMonths(1)) {
		return date
	}
	return first.AddMonths(1).AddDays(-1)
}

// dueOn is the earliest day after through on which there can be work: the next
// invoice date, or before it a change invoice.
func (w *work) dueOn(through calendar.Date) calendar.Date {
	due, _ := InvoiceDate(w.contract, w.cursor.Next)
	if !w.cutsChanges() {
		return due
	}
	w.triggers(due, func(day calendar.Date) {
		if date := w.batchDay(day); date.After(through) {
			due = calendar.Earliest(due, date)
		}
	})
	return due
}

// OpenBefore is the day before which all is settled: a fact that acts earlier
// needs the billed lines from the start, and so a cursor with no OpenAfter.
func (c *Cursor) OpenBefore(contract *Contract) calendar.Date {
	if c.Next == 0 {
		return c.OpenAfter
	}
	_, unmoved := InvoiceDate(contract, c.Next-1)
	return calendar.Latest(c.OpenAfter, unmoved)
}

// BilledThrough is the date of the last regular invoice, or no day: items and
// usage that became known after it are not billed, however old they are.
func (c *Cursor) BilledThrough(contract *Contract) (date calendar.Date) {
	if c.Next > 0 {
		date, _ = InvoiceDate(contract, c.Next-1)
	}
	return date
}

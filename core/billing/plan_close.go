package billing

import "prorata/core/calendar"

// settle bills the draft and moves the cursor.
func (w *work) settle() {
	for i := range w.draft.Lines {
		w.billLine(&w.draft.Lines[i])
	}
	w.before = w.day.date
	w.cursor.Through = w.day.date
	if !w.day.regular {
		return
	}
	w.cursor.Next = w.day.index + 1
	w.cursor.OpenAfter = calendar.Earliest(calendar.Earliest(w.day.unmoved, w.day.date), w.pending)
}

// close writes what the next run needs to know.
func (w *work) close(through calendar.Date) {
	if w.recompute < w.cursor.Next || w.actsBehind() {
		w.cursor.OpenAfter = calendar.Date{}
	}
	subs := w.subsOf(w)
	w.cursor.Marks = make([]Mark, 0, len(subs))
	for i := range subs {
		sub := &subs[i]
		if sub.s.TermMonths == 0 && w.contract.Changes.Policy != AtRenewal && len(sub.mark.Locks) == 0 {
			continue
		}
		if sub.mark.FirstBilledOn.IsZero() && len(sub.mark.Locks) == 0 {
			continue
		}
		w.cursor.Marks = append(w.cursor.Marks, w.prune(sub))
	}
	w.cursor.DueOn = w.dueOn(through)
}

// actsBehind says whether something that waits to be known on the next invoice
// date acts where all is settled: the next run needs the billed lines from the start.
func (w *work) actsBehind() bool {
	open := w.cursor.OpenBefore(w.contract)
	if open.IsZero() {
		return false
	}
	ahead := func(known calendar.Date) bool { return known.After(w.before) }
	for i := range w.book.Subscriptions {
		s := &w.book.Subscriptions[i]
		for j := range s.Entries {
			e := &s.Entries[j]
			if s.ActsOn(w.contract, e).Before(open) && (ahead(e.KnownOn) || ahead(e.VoidedOn) || ahead(e.ReleasedOn)) {
				return true
			}
		}
	}
	for i := range w.book.Items {
		if ahead(w.book.Items[i].VoidedOn) {
			return true
		}
	}
	for i := range w.book.Usage {
		if ahead(w.book.Usage[i].VoidedOn) {
			return true
		}
	}
	for i := range w.book.Charges {
		if r := &w.book.Charges[i]; (ahead(r.KnownOn) || ahead(r.VoidedOn)) && !r.Period.To.After(w.cursor.OpenAfter) {
			return true
		}
	}
	return w.voided < len(w.book.Voided)
}

// prune drops the locks of terms in which no period is open any more, but for
// those that no line would tell again.
func (w *work) prune(sub *subscriptionWork) Mark {
	mark := sub.mark
	if w.contract.Schedule == Mirror {
		// A row can come for a term long past.
		return mark
	}
	// The first open period can have begun in an earlier term.
	open := w.cursor.OpenAfter
	if !open.IsZero() {
		open = open.AddMonths(-max(w.contract.Frequency.Months, sub.s.Billing.Months)).AddDays(-clampMost)
	}
	kept := mark.Locks[:0]
	for i, lock := range mark.Locks {
		newest := i == len(mark.Locks)-1
		if newest || lock.Silent || mark.Locks[i+1].On.After(open) {
			kept = append(kept, lock)
		}
	}
	mark.Locks = kept
	return mark
}

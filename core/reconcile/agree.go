package reconcile

// agrees is the short path: the rows of a holding are exactly the charges of the
// invoice's period, in days, seats, kind and amount. Of such a holding the long path
// says the same, with more work: it looks at the charges of the months around too, and
// goes through every pass. What costs nothing has no sign, and is left to it. Where
// anything is out of the ordinary nothing is noted, and the long path decides.
func (m *matching) agrees(h *holding) bool {
	if len(h.stories) != 1 || h.story.Metered || !m.settled(h.story) {
		return false
	}
	for i := range h.rows {
		if row := h.rows[i].row; row.free() || row.Of != "" {
			return false
		}
	}
	due, whole := m.dueOf(h.story, len(h.rows))
	if !whole || len(due) != len(h.rows) {
		return false
	}
	for i := range due {
		if due[i].Why != "" {
			h.due = h.due[:0]
			return false
		}
		h.due = append(h.due, slotOf(&due[i]))
	}
	sortItems(h.rows)
	sortSlots(h.due)
	for i := range h.due {
		if !same(&h.rows[i].facts, &h.due[i].facts) {
			h.due = h.due[:0]
			return false
		}
	}
	for i := range h.due {
		it, s := &h.rows[i], &h.due[i]
		it.done, s.done = true, true
		m.result.Matches = append(m.result.Matches, Match{Row: it.row.ID, At: it.at, Charge: s.charge, Pass: PassExact})
		m.result.Expected = m.result.Expected.Add(s.amount)
	}
	return true
}

// settled says whether all that happened to a subscription did so before the end of
// the invoice's period, and under no key of the provider's, by which rows would be
// sought first.
func (m *matching) settled(story *Story) bool {
	for i := range story.Events {
		if e := &story.Events[i]; e.Reference != "" || !e.On.Before(m.invoice.Period.To) {
			return false
		}
	}
	return true
}

// dueOf are the charges of the invoice's period. They are not whole where the story is
// impossible, or where something waits that could prove to be so in the months after.
func (m *matching) dueOf(story *Story, rows int) (due []Charge, whole bool) {
	if cap(m.slab)-len(m.slab) < rows {
		m.slab = make([]Charge, 0, max(rows, len(m.customer.Rows)))
	}
	from := len(m.slab)
	w := &m.desk.walk
	*w = walk{story: story, rules: m.rules, window: m.invoice.Period, charges: m.slab[from:from:min(from+rows, cap(m.slab))], stands: w.stands[:0]}
	due, err := w.expect()
	if err != nil || w.scheduled.billing != 0 || w.scheduled.plan != (plan{}) || !w.scheduled.ends.IsZero() {
		return nil, false
	}
	if len(due) <= rows {
		m.slab = m.slab[:from+len(due)]
	}
	return due, true
}

func same(a, b *facts) bool {
	return a.period == b.period && a.kind == b.kind && a.credit == b.credit && a.seats.Cmp(b.seats) == 0 && a.amount.Cmp(b.amount) == 0
}

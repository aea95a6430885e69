package reconcile

import "prorata/core/billing"

// What costs nothing has no sign: a trial is charged at nothing and, where it is
// converted or ends, given back at nothing. Which of the two a row does, the expected
// charge of the same days and seats tells; of a cancellation its type does.

// free says whether the row moves no money.
func (r *Row) free() bool { return r.EffectivePrice.IsZero() && r.Cost.IsZero() }

// signFree gives free rows the sign of what was expected.
func (h *holding) signFree() {
	var taken map[*slot]bool
	for i := range h.rows {
		it := &h.rows[i]
		if !it.row.free() {
			continue
		}
		if taken == nil {
			taken = map[*slot]bool{}
		}
		it.credit = it.kind == billing.ChargeCancel
		for _, list := range [][]slot{h.due, h.near} {
			if s := it.freeSlot(list, taken); s != nil {
				taken[s], it.credit = true, s.credit
				break
			}
		}
	}
	if taken != nil {
		sortItems(h.rows)
	}
}

// freeSlot is a charge of nothing that the row can be; one that is no credit first, as
// the row says of itself.
func (it *item) freeSlot(slots []slot, taken map[*slot]bool) (found *slot) {
	want, _ := byUnsigned(&it.facts)
	for i := range slots {
		s := &slots[i]
		if got, _ := byUnsigned(&s.facts); got != want || !s.amount.IsZero() || taken[s] {
			continue
		}
		if !s.credit {
			return s
		}
		if found == nil {
			found = s
		}
	}
	return found
}

func byUnsigned(f *facts) (key, bool) {
	return key{quantity: f.quantity(), kind: f.kind, period: f.period}, true
}

package store

import "prorata/flow"

// BillingHoldPut holds a group. Its contracts count as moved, so that a run that has read them reads them again;
// and it is approved in no plan any more.
func (t *tx) BillingHoldPut(h flow.BillingHold) error {
	if _, err := t.exec(`INSERT INTO billing_hold (group_key, at, who, reason) VALUES ($1, $2, $3, $4)
		ON CONFLICT (group_key) DO UPDATE SET at = excluded.at, who = excluded.who, reason = excluded.reason`, h.Group, microsOf(h.At), h.Who, h.Reason); err != nil {
		return wrap("hold of "+h.Group, err)
	}
	n, err := t.exec(`UPDATE contract_cursor SET version = version + 1 WHERE group_key = $1`, h.Group)
	if err == nil && n == 0 {
		err = t.fail(flow.ErrUnknown)
	}
	if err == nil {
		_, err = t.exec(`UPDATE planned_invoice SET approved = $2 WHERE group_key = $1 AND run = 0 AND approved AND plan IN (SELECT p.id FROM billing_plan p)`, h.Group, false)
	}
	t.tallied[tallyPlanned] = true
	return wrap("hold of "+h.Group, err)
}

// BillingHoldEnd lets runs bill a group again.
func (t *tx) BillingHoldEnd(group string) error {
	n, err := t.exec(`DELETE FROM billing_hold WHERE group_key = $1`, group)
	if err == nil && n == 0 {
		err = flow.ErrUnknown
	}
	t.tallied[tallyPlanned] = true
	return wrap("hold of "+group, err)
}

// BillingHoldList is oldest first.
func (t *tx) BillingHoldList() (list []flow.BillingHold, err error) {
	err = t.each(func(r *rows) { list = append(list, r.billingHold()) }, `SELECT group_key, at, who, reason FROM billing_hold ORDER BY at, group_key`)
	return list, wrap("holds", err)
}

// BillingHoldsBetween are those of a range of groups.
func (t *tx) BillingHoldsBetween(after, last string) (map[string]flow.BillingHold, error) {
	var holds map[string]flow.BillingHold
	err := t.each(func(r *rows) {
		if holds == nil {
			holds = map[string]flow.BillingHold{}
		}
		h := r.billingHold()
		holds[h.Group] = h
	}, `SELECT group_key, at, who, reason FROM billing_hold WHERE group_key > $1 AND group_key <= $2`, after, last)
	return holds, wrap("holds", err)
}

func (r *rows) billingHold() flow.BillingHold {
	return flow.BillingHold{Group: r.text(), At: r.instant(), Who: r.text(), Reason: r.text()}
}

package store

import (
	"prorata/flow/office"
)

// tally says of what something changed: each has a counter of its own, which goes up with every transaction that changed
// something of it. The stamp changes with every fact and says nothing of payments and plans.
type tally uint8

const (
	// tallyPlanned is what plans have, and what of it is approved or issued.
	tallyPlanned tally = iota
	// tallySettled is what of invoices is paid or set off.
	tallySettled
	tallies
)

// names are those of the counters, in the order in which they are taken by all.
func (tally) names() [tallies]string { return [...]string{"planned", "settled"} }

// tallyAll counts what was changed, before the stamp: all writers take the rows in one order.
func (t *tx) tallyAll() error {
	for which, name := range tallies.names() {
		if !t.tallied[which] {
			continue
		}
		t.tallied[which] = false
		if _, err := t.exec(`INSERT INTO counter (name, value) VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET value = counter.value + 1`, name); err != nil {
			return wrap(name, err)
		}
	}
	return nil
}

// BookState is by what it can be told whether something changed.
func (t *tx) BookState() (s office.BookState, err error) {
	if err := t.close(); err != nil {
		return s, err
	}
	names := tallies.names()
	err = t.each(func(r *rows) {
		switch name, value := r.text(), r.number(); name {
		case names[tallyPlanned]:
			s.Planned = value
		case names[tallySettled]:
			s.Settled = value
		default:
			s.Stamp = value
		}
	}, `SELECT name, value FROM counter WHERE name IN ('stamp', $1, $2)`, names[tallyPlanned], names[tallySettled])
	return s, wrap("state of the book", err)
}

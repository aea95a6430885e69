package store

import (
	"cmp"
	"maps"
	"slices"

	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// What pages show of the whole book is kept added up by day: how many contracts are due, and what is open on invoices. Each
// transaction writes what it changed of a sum together with what it is a sum of, so that it is never of another moment;
// verifying adds all of it up anew. No index could do it: one on when contracts are due would have to be written by runs.

// daySums is what a transaction changes of the sums; it is written at its end.
type daySums struct {
	due  map[calendar.Date]int64
	open map[openDay]openSum
}

// openDay is what invoices are added up by.
type openDay struct {
	due      calendar.Date
	currency money.Currency
}

// openSum is what is open of one day: on invoices, and the other way on credit notes.
type openSum struct{ owed, invoices, credit, credits int64 }

// dueMove counts contracts that are now, or are not any more, due on a day.
func (d *daySums) dueMove(on calendar.Date, contracts int64) {
	if d.due == nil {
		d.due = map[calendar.Date]int64{}
	}
	d.due[on] += contracts
}

// openMove adds to what is open of documents that were due on a day and whose total has a sign, and to how many are open.
func (d *daySums) openMove(due calendar.Date, total, amount money.Amount, documents int64) {
	if d.open == nil {
		d.open = map[openDay]openSum{}
	}
	key := openDay{due, total.Currency()}
	sum := d.open[key]
	switch total.Sign() {
	case 1:
		sum.owed, sum.invoices = sum.owed+amount.Minor(), sum.invoices+documents
	case -1:
		sum.credit, sum.credits = sum.credit+amount.Minor(), sum.credits+documents
	}
	d.open[key] = sum
}

// openCount is 1 for something that is open.
func openCount(open money.Amount) int64 {
	if open.IsZero() {
		return 0
	}
	return 1
}

// dueAtOnce makes contracts due at once, and raises their versions.
func (t *tx) dueAtOnce(which string, args ...any) error {
	if err := t.each(func(r *rows) {
		t.sums.dueMove(r.day(), -1)
		t.sums.dueMove(calendar.Date{}, 1)
	}, `UPDATE contract_cursor SET version = version + 1 WHERE `+which+` RETURNING due_on`, args...); err != nil {
		return err
	}
	_, err := t.exec(`UPDATE contract_cursor SET due_on = '' WHERE `+which, args...)
	return err
}

// daysWrite adds what was changed to the sums, before the tallies and in one order by all writers. A day of which nothing is
// left goes.
func (t *tx) daysWrite() error {
	sums := t.sums
	t.sums = daySums{}
	for _, on := range slices.SortedFunc(maps.Keys(sums.due), calendar.Date.Compare) {
		if sums.due[on] == 0 {
			continue
		}
		left := int64(0)
		_, err := t.one(func(r *rows) { left = r.number() }, `INSERT INTO due_day (due_on, contracts) VALUES ($1, $2)
			ON CONFLICT (due_on) DO UPDATE SET contracts = due_day.contracts + excluded.contracts RETURNING contracts`, on.String(), sums.due[on])
		if err == nil && left == 0 {
			_, err = t.exec(`DELETE FROM due_day WHERE due_on = $1`, on.String())
		}
		if err != nil {
			return wrap("due contracts", err)
		}
	}
	for _, key := range slices.SortedFunc(maps.Keys(sums.open), openDay.compare) {
		if err := t.openDayWrite(key, sums.open[key]); err != nil {
			return wrap("what is open", err)
		}
	}
	return nil
}

func (k openDay) compare(other openDay) int {
	return cmp.Or(k.due.Compare(other.due), cmp.Compare(k.currency.String(), other.currency.String()))
}

func (t *tx) openDayWrite(key openDay, sum openSum) error {
	if sum == (openSum{}) {
		return nil
	}
	left := openSum{}
	_, err := t.one(func(r *rows) { left = openSum{r.number(), r.number(), r.number(), r.number()} },
		`INSERT INTO open_day (due_on, currency, owed, invoices, credit, credits) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (due_on, currency) DO UPDATE SET owed = open_day.owed + excluded.owed, invoices = open_day.invoices + excluded.invoices,
			credit = open_day.credit + excluded.credit, credits = open_day.credits + excluded.credits
		RETURNING owed, invoices, credit, credits`, key.due.String(), key.currency.String(), sum.owed, sum.invoices, sum.credit, sum.credits)
	if err == nil && left == (openSum{}) {
		_, err = t.exec(`DELETE FROM open_day WHERE due_on = $1 AND currency = $2`, key.due.String(), key.currency.String())
	}
	return err
}

// What the sums come to, counted anew.
const (
	dueCounted  = `SELECT due_on, COUNT(*) AS contracts FROM contract_cursor GROUP BY due_on`
	openCounted = `SELECT due_on, currency, CAST(SUM(CASE WHEN total > 0 THEN total - settled ELSE 0 END) AS BIGINT) AS owed, COUNT(CASE WHEN total > 0 THEN 1 END) AS invoices,
			CAST(SUM(CASE WHEN total < 0 THEN total - settled ELSE 0 END) AS BIGINT) AS credit, COUNT(CASE WHEN total < 0 THEN 1 END) AS credits
		FROM invoice WHERE settled <> total GROUP BY due_on, currency`
)

// daysCount counts the sums anew, where rows were copied without them.
func (t *tx) daysCount() error {
	for _, sql := range []string{`DELETE FROM due_day`, `DELETE FROM open_day`, `INSERT INTO due_day (due_on, contracts) ` + dueCounted,
		`INSERT INTO open_day (due_on, currency, owed, invoices, credit, credits) ` + openCounted} {
		if _, err := t.exec(sql); err != nil {
			return wrap("sums by day", err)
		}
	}
	return nil
}

// DaySumsWrong holds the sums against what they come to.
func (t *tx) DaySumsWrong() (wrong []flow.DaySum, err error) {
	if err := t.close(); err != nil {
		return nil, err
	}
	err = t.each(func(r *rows) {
		of := "contracts due at once"
		if on := r.text(); on != "" {
			of = "contracts due on " + on
		}
		wrong = append(wrong, flow.DaySum{Of: of, Kept: r.number(), Counted: r.number()})
	}, `SELECT due_on, CAST(SUM(kept) AS BIGINT), CAST(SUM(counted) AS BIGINT) FROM (SELECT due_on, contracts AS kept, 0 AS counted FROM due_day
		UNION ALL SELECT due_on, 0, contracts FROM (`+dueCounted+`) AS c) AS both_of
		GROUP BY due_on HAVING SUM(kept) <> SUM(counted) ORDER BY due_on`)
	if err != nil {
		return nil, wrap("sums by day", err)
	}
	err = t.each(func(r *rows) {
		day := r.text() + " in " + r.text()
		for _, what := range [...]string{"open on invoices due on ", "invoices that are open, due on ", "open on credit notes due on ", "credit notes that are open, due on "} {
			if sum := (flow.DaySum{Of: what + day, Kept: r.number(), Counted: r.number()}); sum.Kept != sum.Counted {
				wrong = append(wrong, sum)
			}
		}
	}, `SELECT due_on, currency, CAST(SUM(owed) AS BIGINT), CAST(SUM(c_owed) AS BIGINT), CAST(SUM(invoices) AS BIGINT), CAST(SUM(c_invoices) AS BIGINT),
			CAST(SUM(credit) AS BIGINT), CAST(SUM(c_credit) AS BIGINT), CAST(SUM(credits) AS BIGINT), CAST(SUM(c_credits) AS BIGINT)
		FROM (SELECT due_on, currency, owed, invoices, credit, credits, 0 AS c_owed, 0 AS c_invoices, 0 AS c_credit, 0 AS c_credits FROM open_day
			UNION ALL SELECT due_on, currency, 0, 0, 0, 0, owed, invoices, credit, credits FROM (`+openCounted+`) AS c) AS both_of
		GROUP BY due_on, currency ORDER BY due_on, currency`)
	return wrong, wrap("sums by day", err)
}

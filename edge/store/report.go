package store

import (
	"fmt"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/core/report"
	"prorata/flow"
	"prorata/flow/office"
)

var (
	recurringTotalTable    = tableOf("recurring_total", `snapshot month_on seller currency amount new_amount expansion contraction churn price_moved subscriptions unpriced rate book_rate`)
	recurringContractTable = tableOf("recurring_contract", `snapshot contract account seller currency amount month_before year_before subscriptions unpriced`)
	closingWindowTable     = tableOf("closing_window", `snapshot window_no until_at kind connection account holding sku quantity missed currency`)
)

// SnapshotBegin takes the next number.
func (t *tx) SnapshotBegin(s flow.Snapshot) (id int64, err error) {
	_, err = t.one(func(r *rows) { id = r.number() }, `INSERT INTO report_snapshot (id, day_on, taken_at, stamp, complete)
		VALUES ((SELECT COALESCE(MAX(id), 0) + 1 FROM report_snapshot), $1, $2, $3, $4) RETURNING id`, s.On.String(), microsOf(s.TakenAt), s.Stamp, false)
	return id, wrap("snapshot", err)
}

// SnapshotAdd writes some of a snapshot that nobody sees yet.
func (t *tx) SnapshotAdd(id int64, contracts []flow.RecurringContract) error {
	n, err := t.exec(`UPDATE report_snapshot SET complete = complete WHERE id = $1`, id)
	if err == nil && n == 0 {
		err = t.fail(fmt.Errorf("%w: a newer snapshot was finished", flow.ErrMoved))
	}
	if err != nil {
		return wrap("snapshot", err)
	}
	b := t.bulk(recurringContractTable)
	for i := range contracts {
		c := &contracts[i]
		b.row()
		b.number(id)
		for _, text := range [...]string{string(c.Contract), string(c.Account), string(c.Seller), c.Amount.Currency().String()} {
			b.text(text)
		}
		for _, n := range [...]int64{c.Amount.Minor(), c.MonthBefore.Minor(), c.YearBefore.Minor(), c.Subscriptions, c.Unpriced} {
			b.number(n)
		}
	}
	return t.flush(b)
}

// SnapshotEnd makes a snapshot the one that is seen, and takes older ones away.
func (t *tx) SnapshotEnd(id int64, totals []flow.RecurringTotal, windows []flow.Window) error {
	if err := t.SnapshotAdd(id, nil); err != nil {
		return err
	}
	b := t.bulk(recurringTotalTable)
	for i := range totals {
		m := &totals[i]
		b.row()
		b.number(id)
		b.day(m.On)
		b.text(string(m.Seller))
		b.text(m.Amount.Currency().String())
		for _, n := range [...]money.Amount{m.Amount, m.Moved[report.New], m.Moved[report.Expansion], m.Moved[report.Contraction], m.Moved[report.Churn], m.Moved[report.Price]} {
			b.number(n.Minor())
		}
		b.number(m.Subscriptions)
		b.number(m.Unpriced)
		b.given(m.Rate, m.HasRate)
		b.given(m.BookRate, m.HasBookRate)
	}
	if err := t.flush(b); err != nil {
		return err
	}
	if err := t.windowsAdd(id, windows); err != nil {
		return err
	}
	for _, sql := range []string{
		`DELETE FROM recurring_total WHERE snapshot < $1`, `DELETE FROM recurring_contract WHERE snapshot < $1`,
		`DELETE FROM closing_window WHERE snapshot < $1`, `DELETE FROM report_snapshot WHERE id < $1`,
	} {
		if _, err := t.exec(sql, id); err != nil {
			return wrap("snapshot", err)
		}
	}
	_, err := t.exec(`UPDATE report_snapshot SET complete = $2 WHERE id = $1`, id, true)
	return wrap("snapshot", err)
}

func (t *tx) windowsAdd(id int64, windows []flow.Window) error {
	b := t.bulk(closingWindowTable)
	for i := range windows {
		w := &windows[i]
		b.row()
		b.number(id)
		b.number(int64(i + 1))
		b.number(microsOf(w.Until))
		for _, text := range [...]string{w.Kind.String(), string(w.Connection), string(w.Account), w.Holding, w.SKU} {
			b.text(text)
		}
		b.decimal(w.Quantity)
		if w.CostKnown {
			b.number(w.Missed.Minor())
		} else {
			b.null()
		}
		b.text(w.Missed.Currency().String())
	}
	return t.flush(b)
}

// SnapshotGet is the one that is seen.
func (t *tx) SnapshotGet() (s flow.Snapshot, err error) {
	found, err := t.one(func(r *rows) { s = flow.Snapshot{ID: r.number(), On: r.day(), TakenAt: r.instant(), Stamp: r.number()} },
		`SELECT id, day_on, taken_at, stamp FROM report_snapshot WHERE complete = $1 ORDER BY id DESC LIMIT 1`, true)
	if err == nil && !found {
		err = flow.ErrUnknown
	}
	return s, wrap("snapshot", err)
}

// RecurringTotals are in order of day, seller and currency.
func (t *tx) RecurringTotals(snapshot int64) (totals []flow.RecurringTotal, err error) {
	err = t.each(func(r *rows) {
		on, seller, currency := r.day(), flow.SellerID(r.text()), r.currency()
		m := flow.RecurringTotal{Seller: seller, Month: report.NewMonth(on, currency)}
		m.Amount = r.amount(currency)
		for _, cause := range [...]report.Cause{report.New, report.Expansion, report.Contraction, report.Churn, report.Price} {
			m.Moved[cause] = r.amount(currency)
		}
		m.Subscriptions, m.Unpriced = r.number(), r.number()
		m.Rate, m.HasRate = r.given()
		m.BookRate, m.HasBookRate = r.given()
		totals = append(totals, m)
	}, `SELECT month_on, seller, currency, amount, new_amount, expansion, contraction, churn, price_moved, subscriptions, unpriced, rate, book_rate
		FROM recurring_total WHERE snapshot = $1 ORDER BY month_on, seller, currency`, snapshot)
	return totals, wrap("recurring revenue", err)
}

// StandingBooks reads what recurring revenue is made of.
func (t *tx) StandingBooks(after, last string) ([]*flow.OpenBook, error) {
	err := t.hint()
	var books []*flow.OpenBook
	if err == nil {
		books, err = t.books(scope{where: `k.group_key > $1 AND k.group_key <= $2`, args: []any{after, last}}, standing)
	}
	return books, wrap("standing books", err)
}

// RecurringAccounts are the accounts that bring most, in one currency, without names.
func (t *tx) RecurringAccounts(snapshot int64, currency money.Currency, most int) (list []flow.RecurringAccount, err error) {
	err = t.each(func(r *rows) {
		a := flow.RecurringAccount{Account: billing.AccountID(r.text())}
		a.Amount, a.MonthBefore, a.YearBefore, a.Contracts, a.Subscriptions = r.amount(currency), r.amount(currency), r.amount(currency), r.number(), r.number()
		list = append(list, a)
	}, `SELECT account, CAST(SUM(amount) AS BIGINT), CAST(SUM(month_before) AS BIGINT), CAST(SUM(year_before) AS BIGINT), COUNT(*), CAST(SUM(subscriptions) AS BIGINT)
		FROM recurring_contract WHERE snapshot = $1 AND currency = $2 GROUP BY account ORDER BY 2 DESC, account LIMIT $3`, snapshot, currency.String(), int64(most))
	return list, wrap("recurring revenue by account", err)
}

// Margins call for each margin of invoices dated from one day on.
func (t *tx) Margins(by flow.SumBy, from calendar.Date, call func(flow.MarginOf)) error {
	name := `SELECT name FROM product WHERE sku = m.of_id`
	if by == flow.SumEntity {
		name = `SELECT name FROM account WHERE id = m.of_id`
	}
	err := t.each(func(r *rows) {
		m := flow.MarginOf{Connection: flow.ConnectionID(r.text()), Invoice: r.text(), InvoicedOn: r.day(), KeptSum: flow.KeptSum{By: by}}
		m.Place, m.Of, m.Name = r.number(), r.text(), r.text()
		revenue := r.currency()
		m.Revenue, m.Currency, m.Cost, m.Ahead = r.amount(revenue), r.currency(), r.decimal(), r.decimal()
		call(m)
	}, `SELECT m.connection, m.invoice, i.invoice_on, m.place, m.of_id, COALESCE((`+name+`), ''), m.revenue_currency, m.revenue, m.currency, m.cost, m.ahead
		FROM provider_invoice i JOIN provider_sum m ON m.connection = i.connection AND m.invoice = i.id
		WHERE m.grouped = $1 AND i.invoice_on >= $2 AND i.id <> '' ORDER BY i.invoice_on, m.connection, m.invoice, m.place`, string(by), from.String())
	return wrap("margins", err)
}

// NextRuns are the contracts that are due by day.
func (t *tx) NextRuns(call func(calendar.Date, int64)) error {
	err := t.each(func(r *rows) { call(r.day(), r.number()) }, `SELECT due_on, contracts FROM due_day WHERE contracts <> 0 ORDER BY due_on`)
	return wrap("next runs", err)
}

// WindowsClosing are those that close between two instants, soonest first.
func (t *tx) WindowsClosing(snapshot int64, from, to time.Time) (list []office.ClosingWindow, err error) {
	err = t.each(func(r *rows) {
		w := office.ClosingWindow{Until: r.instant(), Kind: r.text(), Connection: flow.ConnectionID(r.text()), Account: billing.AccountID(r.text()),
			Name: r.text(), Holding: r.text(), SKU: r.text(), Quantity: r.decimal()}
		if w.CostKnown = !r.isNull(); w.CostKnown {
			minor := r.number()
			w.Missed = money.NewAmount(minor, r.currency())
		} else {
			r.skip(2)
		}
		list = append(list, w)
	}, `SELECT w.until_at, w.kind, w.connection, w.account, COALESCE(a.name, ''), w.holding, w.sku, w.quantity, w.missed, w.currency
		FROM closing_window w LEFT JOIN account a ON a.id = w.account WHERE w.snapshot = $1 AND w.until_at >= $2 AND w.until_at < $3 ORDER BY w.until_at, w.window_no`,
		snapshot, microsOf(from), microsOf(to))
	return list, wrap("windows", err)
}

// ConsentsUsed is when the consent of each connection was last renewed.
func (t *tx) ConsentsUsed() (at map[flow.ConnectionID]time.Time, err error) {
	at = map[flow.ConnectionID]time.Time{}
	err = t.each(func(r *rows) { at[flow.ConnectionID(r.text())] = r.instant() },
		`SELECT connection, MAX(changed_at) FROM connection_secret WHERE name = $1 GROUP BY connection`, office.ConsentSecret)
	return at, wrap("consents", err)
}

// PlanOpen counts the planned invoices of a plan that wait for approval: not those that
// cannot be billed (flags 1 and 2) or are held. All are counted by an index alone, and the
// few that are held taken off.
func (t *tx) PlanOpen(plan int64, look flow.PlanFlag) (open, usual int64, err error) {
	const counted, waiting = `SELECT COUNT(*), COUNT(CASE WHEN p.flags & $2 = 0 THEN 1 END) FROM `, ` p.plan = $1 AND NOT p.approved AND p.run = 0 AND p.flags & 3 = 0`
	var held, heldUsual int64
	if _, err = t.one(func(r *rows) { open, usual = r.number(), r.number() }, counted+`planned_invoice p WHERE`+waiting, plan, int64(look)); err == nil {
		_, err = t.one(func(r *rows) { held, heldUsual = r.number(), r.number() },
			counted+`billing_hold h CROSS JOIN planned_invoice p WHERE p.group_key = h.group_key AND`+waiting, plan, int64(look))
	}
	return open - held, usual - heldUsual, wrap("planned invoices", err)
}

// AccountNames are the names of some accounts.
func (t *tx) AccountNames(ids []billing.AccountID) (names map[billing.AccountID]string, err error) {
	names = make(map[billing.AccountID]string, len(ids))
	err = inIDs(t, ids, nil, func(in string, args []any) error {
		return t.each(func(r *rows) { id := billing.AccountID(r.text()); names[id] = r.text() }, `SELECT id, name FROM account WHERE id`+in, args...)
	})
	return names, wrap("names", err)
}

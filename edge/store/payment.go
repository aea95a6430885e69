package store

import (
	"fmt"
	"slices"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/ledger"
	"prorata/core/money"
	"prorata/core/report"
	"prorata/flow"
)

const paymentColumns = `p.id, p.invoice, p.payer, p.paid_on, p.currency, p.amount, p.reference, p.recorded_at, p.who, p.source, i.seller, i.series, i.number`

// PaymentAdd writes a payment under the next number, and what it posted.
func (t *tx) PaymentAdd(p flow.Payment, entry ledger.Entry) (id int64, err error) {
	doing := "payment on " + p.Invoice
	if _, err := t.one(func(r *rows) { id = r.number() },
		`INSERT INTO counter (name, value) VALUES ('payment', 1) ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value`); err != nil {
		return 0, wrap(doing, err)
	}
	if _, err := t.exec(`INSERT INTO payment (id, invoice, payer, paid_on, currency, amount, reference, recorded_at, who, source) VALUES (`+binds(1, 10)+`)`,
		id, p.Invoice, string(p.Payer), p.On.String(), p.Amount.Currency().String(), p.Amount.Minor(), p.Reference, microsOf(p.At), p.Who, p.Source); err != nil {
		return 0, wrap(doing, err)
	}
	for n, posting := range entry.Postings() {
		if _, err := t.exec(`INSERT INTO payment_posting (payment, posting_no, invoice, posted_on, account, currency, amount) VALUES (`+binds(1, 7)+`)`,
			id, int64(n+1), p.Invoice, entry.On().String(), string(posting.Account), posting.Amount.Currency().String(), posting.Amount.Minor()); err != nil {
			return 0, wrap(doing, err)
		}
	}
	return id, nil
}

// payment reads paymentColumns; a number is empty where the invoice is not there.
func (r *rows) payment() flow.Payment {
	p := flow.Payment{ID: r.number(), Invoice: r.text(), Payer: billing.AccountID(r.text()), On: r.day()}
	p.Amount = r.amount(r.currency())
	p.Reference, p.At, p.Who, p.Source = r.text(), r.instant(), r.text(), r.text()
	if r.isNull() {
		r.skip(3)
		return p
	}
	p.Number = r.printed()
	return p
}

// printed reads seller, series and number as they are printed.
func (r *rows) printed() string {
	return flow.PrintedNumber(&flow.Issued{Seller: flow.SellerID(r.word()), Series: r.word(), Number: r.number()})
}

// in narrows a column to any of some accounts, where there are any.
func (c *condition) in(column string, ids []billing.AccountID) {
	if len(ids) == 0 {
		return
	}
	c.texts = append(c.texts, column+` IN (`+binds(len(c.args)+1, len(ids))+`)`)
	for _, id := range ids {
		c.args = append(c.args, string(id))
	}
}

// PaymentList is newest first.
func (t *tx) PaymentList(f flow.PaymentFilter) (list []flow.Payment, err error) {
	var c condition
	if f.Invoice != "" {
		c.add(`p.invoice = ?`, f.Invoice)
	}
	c.in(`p.payer`, f.Payers)
	if !f.From.IsZero() {
		c.add(`p.paid_on >= ?`, f.From.String())
	}
	if !f.To.IsZero() {
		c.add(`p.paid_on <= ?`, f.To.String())
	}
	if f.Before != 0 {
		c.add(`p.id < ?`, f.Before)
	}
	if f.Most == 0 {
		f.Most = pageMost
	}
	c.args = append(c.args, int64(f.Most))
	err = t.each(func(r *rows) { list = append(list, r.payment()) }, `SELECT `+paymentColumns+` FROM payment p LEFT JOIN invoice i ON i.id = p.invoice`+
		c.where()+fmt.Sprintf(` ORDER BY p.id DESC LIMIT $%d`, len(c.args)), c.args...)
	return list, wrap("payments", err)
}

// PaymentAll calls for every payment with what it posted, in order; the callback must
// not use the transaction.
func (t *tx) PaymentAll(call func(flow.Payment, []ledger.Posting) bool) error {
	var last flow.Payment
	var postings []ledger.Posting
	more := true
	tell := func() {
		if last.ID != 0 && more {
			more = call(last, postings)
		}
		postings = nil
	}
	err := t.each(func(r *rows) {
		p := r.payment()
		if p.ID != last.ID {
			tell()
			last = p
		}
		if !r.isNull() {
			postings = append(postings, r.posting())
		}
	}, `SELECT `+paymentColumns+`, x.account, x.currency, x.amount FROM payment p LEFT JOIN invoice i ON i.id = p.invoice LEFT JOIN payment_posting x ON x.payment = p.id
		ORDER BY p.id, x.posting_no`)
	tell()
	return wrap("payments", err)
}

// InvoiceOpen is what is open on an invoice; in a Write its row stays taken.
func (t *tx) InvoiceOpen(id string) (open money.Amount, err error) {
	sql := `SELECT currency, total - settled FROM invoice WHERE id = $1`
	if t.write {
		sql = `UPDATE invoice SET settled = settled WHERE id = $1 RETURNING currency, total - settled`
	}
	found, err := t.one(func(r *rows) { open = r.amount(r.currency()) }, sql, id)
	if err == nil && !found {
		err = flow.ErrUnknown
	}
	return open, wrap("invoice "+id, err)
}

// InvoiceSettle takes an amount off what is open.
func (t *tx) InvoiceSettle(id string, amount money.Amount) error {
	t.tallied[tallySettled] = true
	found, err := t.one(func(r *rows) {
		due, total, open := r.day(), r.amount(amount.Currency()), r.amount(amount.Currency())
		was := open.Add(amount)
		t.sums.openMove(due, total, amount.Neg(), openCount(open)-openCount(was))
	}, `UPDATE invoice SET settled = settled + $2 WHERE id = $1 AND currency = $3 RETURNING due_on, total, total - settled`,
		id, amount.Minor(), amount.Currency().String())
	if err == nil && !found {
		err = flow.ErrUnknown
	}
	return wrap("settle "+id, err)
}

// SettlementAll calls for every invoice of which something is settled or paid; the
// callback must not use the transaction.
func (t *tx) SettlementAll(call func(flow.Settlement) bool) error {
	more := true
	err := t.each(func(r *rows) {
		s := flow.Settlement{Invoice: r.text(), Number: r.printed(), Corrects: r.text()}
		currency := r.currency()
		s.Total, s.Settled, s.Paid = r.amount(currency), r.amount(currency), r.amount(currency)
		if more {
			more = call(s)
		}
	}, `SELECT i.id, i.seller, i.series, i.number, i.corrects, i.currency, i.total, i.settled, COALESCE(p.paid, 0)
		FROM invoice i LEFT JOIN (SELECT invoice, CAST(SUM(amount) AS BIGINT) AS paid FROM payment GROUP BY invoice) p ON p.invoice = i.id
		WHERE i.settled <> 0 OR p.paid IS NOT NULL ORDER BY CASE WHEN i.corrects = '' THEN i.id ELSE i.corrects END, i.id`)
	return wrap("settlements", err)
}

const receivableSums = `CAST(SUM(i.total - i.settled) AS BIGINT), COUNT(*) FROM invoice i WHERE i.settled <> i.total`

// Receivables are what is open by payer and day on which it was due.
func (t *tx) Receivables(payers []billing.AccountID) (open []report.Receivable, err error) {
	parts := [][]billing.AccountID{nil}
	if len(payers) > 0 {
		parts = slices.Collect(slices.Chunk(payers, idsAtOnce))
	}
	for _, part := range parts {
		in, args := "", []any(nil)
		for _, id := range part {
			args = append(args, string(id))
		}
		if len(part) > 0 {
			in = ` AND i.payer IN (` + binds(1, len(part)) + `)`
		}
		if err := t.each(func(r *rows) {
			o := report.Receivable{Payer: billing.AccountID(r.text()), DueOn: r.day()}
			o.Open, o.Invoices = r.amount(r.currency()), r.number()
			open = append(open, o)
		}, `SELECT i.payer, i.due_on, i.currency, `+receivableSums+in+` GROUP BY i.payer, i.due_on, i.currency, i.total < 0 ORDER BY i.payer, i.due_on, i.currency`, args...); err != nil {
			return nil, wrap("receivables", err)
		}
	}
	return open, nil
}

// ReceivableDays are what is open by day on which it was due. What is owed the other
// way is apart, and does not make less of what is due.
func (t *tx) ReceivableDays() (open []report.Receivable, err error) {
	err = t.each(func(r *rows) {
		on, currency := r.day(), r.currency()
		for range 2 {
			if o := (report.Receivable{DueOn: on, Open: r.amount(currency), Invoices: r.number()}); o.Invoices > 0 {
				open = append(open, o)
			}
		}
	}, `SELECT due_on, currency, owed, invoices, credit, credits FROM open_day ORDER BY due_on, currency`)
	return open, wrap("receivables", err)
}

// OwedMost are those who owe most that is overdue, by age of what is open; each age is a column, in the order of report.Age.
// Who they are is found by one sum for each payer, and the rest read of them alone.
func (t *tx) OwedMost(today calendar.Date, most int) (list []report.Owed, err error) {
	days := [...]string{today.String(), today.AddDays(-30).String(), today.AddDays(-60).String(), today.AddDays(-90).String()}
	err = t.each(func(r *rows) {
		o := report.Owed{Payer: billing.AccountID(r.text())}
		currency := r.currency()
		o.Total, o.Invoices, o.Oldest = r.amount(currency), r.number(), r.day()
		for age := range o.ByAge {
			o.ByAge[age] = r.amount(currency)
		}
		list = append(list, o)
	}, `SELECT i.payer, i.currency, CAST(SUM(i.total - i.settled) AS BIGINT), COUNT(*), COALESCE(MIN(CASE WHEN i.total > 0 THEN i.due_on END), ''),
				CAST(SUM(CASE WHEN i.total > 0 AND i.due_on >= $1 THEN i.total - i.settled ELSE 0 END) AS BIGINT),
				CAST(SUM(CASE WHEN i.total > 0 AND i.due_on < $1 AND i.due_on >= $2 THEN i.total - i.settled ELSE 0 END) AS BIGINT),
				CAST(SUM(CASE WHEN i.total > 0 AND i.due_on < $2 AND i.due_on >= $3 THEN i.total - i.settled ELSE 0 END) AS BIGINT),
				CAST(SUM(CASE WHEN i.total > 0 AND i.due_on < $3 AND i.due_on >= $4 THEN i.total - i.settled ELSE 0 END) AS BIGINT),
				CAST(SUM(CASE WHEN i.total > 0 AND i.due_on < $4 THEN i.total - i.settled ELSE 0 END) AS BIGINT),
				CAST(SUM(CASE WHEN i.total < 0 THEN i.total - i.settled ELSE 0 END) AS BIGINT)
		FROM (SELECT payer, currency, SUM(CASE WHEN total > 0 AND due_on < $1 THEN total - settled ELSE 0 END) AS late, SUM(total - settled) AS owed
			FROM invoice WHERE settled <> total GROUP BY payer, currency ORDER BY late DESC, currency, owed DESC, payer LIMIT $5) o
		JOIN invoice i ON i.payer = o.payer AND i.currency = o.currency AND i.settled <> i.total
		GROUP BY o.late, o.owed, i.payer, i.currency ORDER BY o.late DESC, i.currency, o.owed DESC, i.payer`,
		days[0], days[1], days[2], days[3], int64(most))
	return list, wrap("who owes most", err)
}

package store

import (
	"iter"
	"strings"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
	"prorata/flow/office"
)

var (
	reckoningTable = tableOf("provider_reckoning", `connection invoice currency rows_count exact findings charged expected unexplained unbilled`)
	sumTable       = tableOf("provider_sum", `connection invoice grouped place of_id name found currency cost ahead revenue revenue_currency`)
)

// ReckoningPut keeps what reconciling came to, in place of what was kept before.
func (t *tx) ReckoningPut(connection flow.ConnectionID, invoice string, k flow.Reckoning, sums iter.Seq[flow.KeptSum]) error {
	if _, err := t.exec(reckoningTable.replaceText(), string(connection), invoice, k.Currency.String(), k.Rows, k.Exact, k.Findings,
		k.Charged.String(), k.Expected.String(), k.Unexplained.String(), k.Unbilled.String()); err != nil {
		return wrap("reckoning of "+invoice, err)
	}
	if _, err := t.exec(`DELETE FROM provider_sum WHERE connection = $1 AND invoice = $2`, string(connection), invoice); err != nil {
		return wrap("sums of "+invoice, err)
	}
	b := t.bulk(sumTable)
	for s := range sums {
		if b = t.more(b); b.err != nil {
			break
		}
		b.row()
		b.text(string(connection))
		b.text(invoice)
		b.text(string(s.By))
		b.number(s.Place)
		b.text(s.Of)
		b.text(s.Name)
		b.number(s.Count)
		b.text(s.Currency.String())
		b.decimal(s.Cost)
		b.decimal(s.Ahead)
		b.number(s.Revenue.Minor())
		b.text(s.Revenue.Currency().String())
	}
	return wrap("sums of "+invoice, t.flush(b))
}

// ReckoningGet is flow.ErrUnknown where there is none.
func (t *tx) ReckoningGet(connection flow.ConnectionID, invoice string) (k flow.Reckoning, err error) {
	found, err := t.one(func(r *rows) { k = r.reckoning() }, `SELECT `+strings.Join(reckoningTable.columns[2:], ", ")+` FROM provider_reckoning
		WHERE connection = $1 AND invoice = $2`, string(connection), invoice)
	if err == nil && !found {
		err = flow.ErrUnknown
	}
	return k, wrap("reckoning of "+invoice, err)
}

func (r *rows) reckoning() flow.Reckoning {
	return flow.Reckoning{Currency: r.currency(), Rows: r.number(), Exact: r.number(), Findings: r.number(), Charged: r.decimal(), Expected: r.decimal(), Unexplained: r.decimal(), Unbilled: r.decimal()}
}

// ProviderSums are in order of their place; none while the invoice is compared anew.
func (t *tx) ProviderSums(connection flow.ConnectionID, invoice string, by flow.SumBy, after int64, most int) (list []flow.KeptSum, err error) {
	err = t.each(func(r *rows) {
		s := flow.KeptSum{By: by, Place: r.number(), Of: r.text(), Name: r.text(), Count: r.number(), Currency: r.currency(), Cost: r.decimal(), Ahead: r.decimal()}
		minor := r.number()
		s.Revenue = money.NewAmount(minor, r.currency())
		list = append(list, s)
	}, `SELECT place, of_id, name, found, currency, cost, ahead, revenue, revenue_currency FROM provider_sum
		WHERE connection = $1 AND invoice = $2 AND grouped = $3 AND place > $4
		AND EXISTS (SELECT 1 FROM provider_reckoning k WHERE k.connection = $1 AND k.invoice = $2) ORDER BY place LIMIT $5`, string(connection), invoice, string(by), after, int64(pageOf(most)))
	return list, wrap("sums of "+invoice, err)
}

// ProviderInvoicesFind puts what is not billed yet, which has no date, before all.
func (t *tx) ProviderInvoicesFind(f office.ProviderInvoiceFilter) (list []office.ProviderInvoiceRow, err error) {
	var c condition
	if f.Connection != "" {
		c.add(`i.connection = ?`, string(f.Connection))
	}
	if f.One {
		c.add(`i.id = ?`, f.Invoice)
	}
	if f.BeforeID != "" {
		on, id := c.next(f.Before.String()), c.next(f.BeforeID)
		c.also(`i.id <> '' AND (i.invoice_on < ` + on + ` OR (i.invoice_on = ` + on + ` AND i.id < ` + id + `))`)
	}
	limit := c.next(int64(pageOf(f.Most)))
	err = t.each(func(r *rows) {
		row := office.ProviderInvoiceRow{KeptInvoice: r.keptInvoice()}
		row.ConnectionName, row.Reckoned = r.text(), r.flag()
		if row.Reckoned {
			row.Reckoning = r.reckoning()
		} else {
			r.skip(len(reckoningTable.columns) - 2)
		}
		list = append(list, row)
	}, `SELECT i.`+strings.Join(providerInvoiceTable.columns, ", i.")+`, c.name, k.connection IS NOT NULL, k.`+strings.Join(reckoningTable.columns[2:], ", k.")+`
		FROM provider_invoice i JOIN connection c ON c.id = i.connection
		LEFT JOIN provider_reckoning k ON k.connection = i.connection AND k.invoice = i.id`+c.where()+`
		ORDER BY CASE WHEN i.id = '' THEN 0 ELSE 1 END, i.invoice_on DESC, i.id DESC, i.connection LIMIT `+limit, c.args...)
	return list, wrap("provider's invoices", err)
}

// namesOfX are the name of an account and of a product, of rows x.
const namesOfX = `COALESCE((SELECT a.name FROM account a WHERE a.id = x.account), ''), COALESCE((SELECT p.name FROM product p WHERE p.sku = x.sku), '')`

// FindingsFind is in order of number.
func (t *tx) FindingsFind(f office.FindingFilter) (list []office.FindingRow, err error) {
	var c condition
	c.add(`x.connection = ?`, string(f.Connection))
	c.add(`x.invoice = ?`, f.Invoice)
	c.add(`x.finding_no > ?`, f.After)
	for _, asked := range []struct{ column, value string }{{"cause", f.Cause}, {"customer", f.Customer}, {"sku", f.SKU}} {
		if asked.value != "" {
			c.add(`x.`+asked.column+` = ?`, asked.value)
		}
	}
	if f.No != 0 {
		c.add(`x.finding_no = ?`, f.No)
	}
	limit := c.next(int64(pageOf(f.Most)))
	err = t.each(func(r *rows) {
		row := office.FindingRow{Finding: r.finding()}
		row.AccountName, row.ProductName = r.text(), r.text()
		list = append(list, row)
	}, `SELECT x.`+strings.Join(findingTable.columns[2:], ", x.")+`, `+namesOfX+` FROM provider_finding x`+c.where()+` ORDER BY x.finding_no LIMIT `+limit, c.args...)
	return list, wrap("findings of "+f.Invoice, err)
}

// MatchesFind is in order of number, each with what the provider's row says.
func (t *tx) MatchesFind(f office.MatchFilter) (list []office.MatchRow, err error) {
	var c condition
	c.add(`n.connection = ?`, string(f.Connection))
	c.add(`n.invoice = ?`, f.Invoice)
	c.add(`x.match_no > ?`, f.After)
	for _, asked := range []struct{ column, value string }{{"customer", f.Customer}, {"sku", f.SKU}} {
		if asked.value != "" {
			c.add(`x.`+asked.column+` = ?`, asked.value)
		}
	}
	c.also(`x.invoice_no = n.invoice_no`)
	limit := c.next(int64(pageOf(f.Most)))
	err = t.each(func(r *rows) {
		row := office.MatchRow{Match: r.match()}
		row.AccountName, row.ProductName, row.Type, row.Days, row.Quantity = r.text(), r.text(), r.text(), r.periodOf(), r.text()
		list = append(list, row)
	}, `SELECT x.`+strings.Join(matchTable.columns[1:], ", x.")+`, `+namesOfX+`, COALESCE(l.type, ''), COALESCE(l.from_on, ''), COALESCE(l.to_on, ''), COALESCE(l.quantity, '')
		FROM provider_invoice_no n CROSS JOIN provider_match x LEFT JOIN provider_line l ON l.connection = n.connection AND l.invoice = n.invoice AND l.holding = x.holding AND l.line = x.line`+
		c.where()+` ORDER BY x.match_no LIMIT `+limit, c.args...)
	return list, wrap("rows of "+f.Invoice, err)
}

// match reads the columns of a match from its number on.
func (r *rows) match() flow.Match {
	m := flow.Match{No: r.number(), Holding: r.word(), Line: r.text(), Customer: r.word(), Account: billing.AccountID(r.word()), Subscription: billing.SubscriptionID(r.word()), SKU: r.word()}
	m.Cost = r.decimal()
	m.Expected, m.HasExpected = r.given()
	m.Currency = r.currency()
	minor := r.number()
	m.Revenue = money.NewAmount(minor, r.currency())
	m.Ahead = r.decimal()
	return m
}

// finding reads the columns of a finding from its number on.
func (r *rows) finding() flow.Finding {
	return flow.Finding{No: r.number(), Line: r.text(), Holding: r.word(), Customer: r.word(), Account: billing.AccountID(r.word()), Subscription: billing.SubscriptionID(r.word()),
		SKU: r.word(), Cause: r.word(), Amount: r.decimal(), Currency: r.currency(), Sentence: r.text(), MeetsOn: r.day()}
}

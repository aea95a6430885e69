package store

import (
	"strings"

	"prorata/flow"
)

var (
	matchTable   = tableOf("provider_match", `invoice_no match_no holding line customer account subscription sku cost expected currency revenue revenue_currency ahead`)
	findingTable = tableOf("provider_finding", `connection invoice finding_no line holding customer account subscription sku cause amount currency sentence meets_on`)
)

// FindingsClear takes the matches, findings and reckoning of an invoice away. Its sums stay for the reports until ReckoningPut
// puts others in their place.
func (t *tx) FindingsClear(connection flow.ConnectionID, invoice string) error {
	for _, sql := range []string{
		`DELETE FROM provider_match WHERE invoice_no = (SELECT n.invoice_no FROM provider_invoice_no n WHERE n.connection = $1 AND n.invoice = $2)`,
		`DELETE FROM provider_finding WHERE connection = $1 AND invoice = $2`,
		`DELETE FROM provider_reckoning WHERE connection = $1 AND invoice = $2`,
	} {
		if _, err := t.exec(sql, string(connection), invoice); err != nil {
			return wrap("findings of "+invoice, err)
		}
	}
	return nil
}

// FindingsAdd writes some of what reconciling came to. Nobody counts on it before the
// invoice is noted as reconciled, which waits until all is in the log of the server.
func (t *tx) FindingsAdd(connection flow.ConnectionID, invoice string, matches []flow.Match, findings []flow.Finding) error {
	if err := t.fail(t.session.unhurried(t.ctx)); err != nil {
		return wrap("matches of "+invoice, err)
	}
	no, err := t.providerInvoiceNo(connection, invoice)
	if err != nil {
		return err
	}
	b := t.bulk(matchTable)
	for i := range matches {
		m := &matches[i]
		b.row()
		b.number(no)
		b.number(m.No)
		for _, text := range [...]string{m.Holding, m.Line, m.Customer, string(m.Account), string(m.Subscription), m.SKU} {
			b.text(text)
		}
		b.decimal(m.Cost)
		b.given(m.Expected, m.HasExpected)
		b.text(m.Currency.String())
		b.number(m.Revenue.Minor())
		b.text(m.Revenue.Currency().String())
		b.decimal(m.Ahead)
	}
	if err := t.flush(b); err != nil {
		return wrap("matches of "+invoice, err)
	}
	b = t.bulk(findingTable)
	for i := range findings {
		f := &findings[i]
		b.row()
		b.text(string(connection))
		b.text(invoice)
		b.number(f.No)
		for _, text := range [...]string{f.Line, f.Holding, f.Customer, string(f.Account), string(f.Subscription), f.SKU, f.Cause} {
			b.text(text)
		}
		b.decimal(f.Amount)
		b.text(f.Currency.String())
		b.text(f.Sentence)
		b.day(f.MeetsOn)
	}
	return wrap("findings of "+invoice, t.flush(b))
}

// providerInvoiceNo is the short number of an invoice, for all times the same.
func (t *tx) providerInvoiceNo(connection flow.ConnectionID, invoice string) (no int64, err error) {
	found, err := t.one(func(r *rows) { no = r.number() }, `SELECT invoice_no FROM provider_invoice_no WHERE connection = $1 AND invoice = $2`, string(connection), invoice)
	if err == nil && !found {
		_, err = t.one(func(r *rows) { no = r.number() },
			`INSERT INTO counter (name, value) VALUES ('provider_invoice', 1) ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value`)
		if err == nil {
			_, err = t.exec(`INSERT INTO provider_invoice_no (connection, invoice, invoice_no) VALUES ($1, $2, $3)`, string(connection), invoice, no)
		}
	}
	return no, wrap("number of invoice "+invoice, err)
}

// MatchList calls in order of number, until false.
func (t *tx) MatchList(connection flow.ConnectionID, invoice string, call func(flow.Match) bool) error {
	r, err := t.query(`SELECT `+t.columns("m."+strings.Join(matchTable.columns[1:], ", m."))+` FROM provider_invoice_no n CROSS JOIN provider_match m
		WHERE n.connection = $1 AND n.invoice = $2 AND m.invoice_no = n.invoice_no ORDER BY m.match_no`, string(connection), invoice)
	if err != nil {
		return wrap("matches of "+invoice, err)
	}
	for r.next() {
		if !call(r.match()) {
			break
		}
	}
	return wrap("matches of "+invoice, r.close())
}

// FindingList calls in order of number, for one cause or for all, until false.
func (t *tx) FindingList(connection flow.ConnectionID, invoice, cause string, call func(flow.Finding) bool) error {
	r, err := t.query(`SELECT `+strings.Join(findingTable.columns[2:], ", ")+` FROM provider_finding
		WHERE connection = $1 AND invoice = $2 AND (cause = $3 OR $3 = '') ORDER BY finding_no`, string(connection), invoice, cause)
	if err != nil {
		return wrap("findings of "+invoice, err)
	}
	for r.next() {
		if !call(r.finding()) {
			break
		}
	}
	return wrap("findings of "+invoice, r.close())
}

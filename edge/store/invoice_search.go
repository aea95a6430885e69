package store

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"prorata/core/money"
	"prorata/flow"
	"prorata/flow/office"
)

// payersNamed is up to how many payers a name may fit so that their invoices are asked for by index.
const payersNamed = 64

// invoiceCondition says in SQL what a query means. Each part is one that an index serves, where there is one.
func (t *tx) invoiceCondition(q *office.InvoiceQuery) (c condition, err error) {
	if len(q.Roots) > 0 {
		c.texts = append(c.texts, `i.payer IN (WITH RECURSIVE below (id) AS (
			SELECT a.id FROM account a WHERE a.id IN (`+binds(1, len(q.Roots))+`)
			UNION SELECT a.id FROM below b JOIN account a ON (a.parent = b.id AND a.parent <> '') OR (a.reseller = b.id AND a.reseller <> ''))
			SELECT below.id FROM below)`)
		for _, root := range q.Roots {
			c.args = append(c.args, string(root))
		}
	}
	if q.Account != "" {
		c.add(`(i.payer = ? OR i.id IN (SELECT l.invoice FROM contract c JOIN invoice_line l ON l.contract = c.id WHERE c.account = ?))`, string(q.Account))
	}
	if q.Reseller != "" {
		c.add(`i.payer IN (SELECT a.id FROM account a WHERE a.id = ? OR (a.reseller = ? AND a.reseller <> ''))`, string(q.Reseller))
	}
	if q.Contract != "" {
		c.add(`i.id IN (SELECT l.invoice FROM invoice_line l WHERE l.contract = ?)`, string(q.Contract))
	}
	if q.SKU != "" {
		c.add(`i.group_key IN (SELECT k.group_key FROM subscription s JOIN contract_cursor k ON k.contract = s.contract WHERE s.sku = ?
			UNION SELECT k.group_key FROM one_time_item o JOIN contract_cursor k ON k.contract = o.contract WHERE o.sku = ?
			UNION SELECT k.group_key FROM provider_charge p JOIN contract_cursor k ON k.contract = p.contract WHERE p.sku = ? AND p.sku <> '')
			AND EXISTS (SELECT 1 FROM invoice_line l WHERE l.invoice = i.id AND l.sku = ?)`, q.SKU)
	}
	if !q.From.IsZero() {
		c.add(`i.invoice_on >= ?`, q.From.String())
	}
	if !q.To.IsZero() {
		c.add(`i.invoice_on <= ?`, q.To.String())
	}
	switch q.Kind {
	case creditNoteWord:
		// Said in full, so that the index of credit notes is seen to serve.
		c.texts = append(c.texts, `i.kind = 'credit_note'`)
	case invoiceWord:
		c.add(`i.kind = ?`, q.Kind)
	}
	if q.Run != 0 {
		c.add(`i.run = ?`, q.Run)
	}
	switch q.State {
	case "standing":
		c.texts = append(c.texts, `i.voided_by = '' AND i.corrects = ''`)
	case "void":
		c.texts = append(c.texts, `i.voided_by <> ''`)
	case "correcting":
		c.texts = append(c.texts, `i.corrects <> ''`)
	case "open":
		c.texts = append(c.texts, `i.settled <> i.total`)
	case "overdue":
		c.texts = append(c.texts, `i.settled <> i.total AND i.total > 0`)
		c.add(`i.due_on < ?`, q.Today.String())
	case "paid":
		c.texts = append(c.texts, `i.settled = i.total AND i.total > 0 AND i.voided_by = ''`)
	}
	if err := c.amounts(q); err != nil {
		return c, err
	}
	return c, t.invoiceText(&c, q.Text)
}

func (c *condition) amounts(q *office.InvoiceQuery) error {
	if q.Currency == "" {
		return nil
	}
	currency, err := money.ParseCurrency(q.Currency)
	if err != nil {
		return fmt.Errorf("%w: %w", flow.ErrInput, err)
	}
	c.add(`i.currency = ?`, currency.String())
	for _, bound := range []struct {
		given bool
		value money.Decimal
		text  string
	}{{q.HasLeast, q.Least, `i.total >= ?`}, {q.HasGreatest, q.Greatest, `i.total <= ?`}} {
		if !bound.given {
			continue
		}
		amount, err := money.RoundTo(bound.value.Ratio(), currency)
		if err != nil {
			return fmt.Errorf("%w: %w", flow.ErrInput, err)
		}
		c.add(bound.text, amount.Minor())
	}
	return nil
}

// invoiceText narrows to a number, or to the payers that a text names.
func (t *tx) invoiceText(c *condition, text string) error {
	if text == "" {
		return nil
	}
	var fits []string
	bind := func(column string, values []string) {
		if len(values) > 0 {
			fits = append(fits, column+` IN (`+binds(len(c.args)+1, len(values))+`)`)
			for _, v := range values {
				c.args = append(c.args, v)
			}
		}
	}
	ids, err := t.invoicesNumbered(text)
	if err != nil {
		return err
	}
	bind(`i.id`, ids)
	var payers []string
	const named = `SELECT a.id FROM account a WHERE LOWER(a.name) LIKE $1 ESCAPE '\' OR LOWER(a.id) LIKE $1 ESCAPE '\'`
	if err := t.each(func(r *rows) { payers = append(payers, r.text()) }, named+` LIMIT $2`, pattern(text, true), int64(payersNamed+1)); err != nil {
		return err
	}
	if len(payers) > payersNamed {
		c.args = append(c.args, pattern(text, true))
		// So many are found soon by going through the dates: the index of payers is kept out of it.
		fits = append(fits, `i.payer || '' IN (`+strings.ReplaceAll(named, "$1", "$"+strconv.Itoa(len(c.args)))+`)`)
	} else {
		bind(`i.payer`, payers)
	}
	if len(fits) == 0 {
		fits = []string{`1 = 0`}
	}
	c.texts = append(c.texts, `(`+strings.Join(fits, ` OR `)+`)`)
	return nil
}

// invoicesNumbered are the invoices that a printed number, an id or a bare number names.
func (t *tx) invoicesNumbered(text string) (ids []string, err error) {
	id, err := t.invoiceID(strings.ToUpper(text))
	if errors.Is(err, flow.ErrUnknown) {
		id, err = t.invoiceID(text)
	}
	if err == nil {
		return []string{id}, nil
	}
	n, bad := strconv.ParseInt(text, 10, 64)
	if !errors.Is(err, flow.ErrUnknown) || bad != nil {
		if errors.Is(err, flow.ErrUnknown) {
			err = nil
		}
		return nil, err
	}
	err = t.each(func(r *rows) { ids = append(ids, r.text()) },
		`SELECT i.id FROM number_series s JOIN invoice i ON i.seller = s.seller AND i.series = s.series AND i.number = $1 ORDER BY i.id`, n)
	return ids, err
}

// InvoiceSearch gives a page. Pages follow each other by the last invoice's own place, whatever comes between.
func (t *tx) InvoiceSearch(q office.InvoiceQuery) (list []office.InvoiceRow, err error) {
	c, err := t.invoiceCondition(&q)
	if err != nil {
		return nil, wrap("invoices", err)
	}
	columns, descending := []string{`invoice_on`, `contract`, `id`}, q.Sort == "" || q.Sort == "newest" || q.Sort == "largest"
	if q.Sort == "largest" || q.Sort == "smallest" {
		columns = []string{`total`, `id`}
	}
	if q.After != "" {
		c.beyond(columns, q.After, descending)
	}
	if q.Before != "" {
		c.beyond(columns, q.Before, !descending)
		descending = !descending
	}
	order := `i.` + strings.Join(columns, `, i.`)
	if descending {
		order = `i.` + strings.Join(columns, ` DESC, i.`) + ` DESC`
	}
	c.args = append(c.args, int64(q.Most))
	err = t.each(func(r *rows) {
		list = append(list, office.InvoiceRow{})
		row := &list[len(list)-1]
		r.invoice(&row.Issued)
		row.PayerName, row.SentAt, row.Settled = r.text(), r.instant(), r.amount(row.Currency)
	}, `SELECT `+invoiceColumns+`, COALESCE((SELECT a.name FROM account a WHERE a.id = i.payer), ''), COALESCE((SELECT MAX(s.at) FROM invoice_sent s WHERE s.invoice = i.id), 0), i.settled
		FROM invoice i`+c.where()+` ORDER BY `+order+` LIMIT $`+strconv.Itoa(len(c.args)), c.args...)
	if q.Before != "" {
		slices.Reverse(list)
	}
	if err == nil && q.WithLines {
		err = t.rowsFill(list)
	}
	return list, wrap("invoices", err)
}

func (t *tx) rowsFill(list []office.InvoiceRow) error {
	page := make([]flow.Issued, len(list))
	for i := range list {
		page[i] = list[i].Issued
	}
	err := t.invoiceFill(page)
	for i := range list {
		list[i].Issued = page[i]
	}
	return err
}

// beyond goes on after an invoice, in an order.
func (c *condition) beyond(columns []string, id string, descending bool) {
	than := `>`
	if descending {
		than = `<`
	}
	c.add(`(i.`+strings.Join(columns, `, i.`)+`) `+than+` (SELECT b.`+strings.Join(columns, `, b.`)+` FROM invoice b WHERE b.id = ?)`, id)
}

// InvoiceTotals adds up all that a query covers.
func (t *tx) InvoiceTotals(q office.InvoiceQuery) (totals []office.InvoiceTotal, err error) {
	c, err := t.invoiceCondition(&q)
	if err != nil {
		return nil, wrap("totals of invoices", err)
	}
	err = t.each(func(r *rows) {
		total := office.InvoiceTotal{Currency: r.currency(), Count: r.number()}
		total.Net, total.Tax, total.Total, total.Open = r.amount(total.Currency), r.amount(total.Currency), r.amount(total.Currency), r.amount(total.Currency)
		totals = append(totals, total)
	}, `SELECT i.currency, COUNT(*), CAST(SUM(i.net) AS BIGINT), CAST(SUM(i.tax) AS BIGINT), CAST(SUM(i.total) AS BIGINT), CAST(SUM(i.total - i.settled) AS BIGINT)
		FROM invoice i`+c.where()+
		` GROUP BY i.currency ORDER BY i.currency`, c.args...)
	return totals, wrap("totals of invoices", err)
}

// InvoiceSentAdd notes that an invoice was sent.
func (t *tx) InvoiceSentAdd(invoice string, sent office.InvoiceSent) error {
	_, err := t.exec(`INSERT INTO invoice_sent (invoice, sent_no, at, who, sent_to)
		SELECT $1, COALESCE(MAX(s.sent_no), 0) + 1, $2, $3, $4 FROM invoice_sent s WHERE s.invoice = $1`, invoice, microsOf(sent.At), sent.Who, sent.To)
	return wrap("sent "+invoice, err)
}

// InvoiceSentList is oldest first.
func (t *tx) InvoiceSentList(invoice string) (list []office.InvoiceSent, err error) {
	err = t.each(func(r *rows) { list = append(list, office.InvoiceSent{At: r.instant(), Who: r.text(), To: r.text()}) },
		`SELECT at, who, sent_to FROM invoice_sent WHERE invoice = $1 ORDER BY sent_no`, invoice)
	return list, wrap("sent "+invoice, err)
}

// ViewPut adds a view, or replaces the one of its name.
func (t *tx) ViewPut(user office.UserID, view office.SavedView, at time.Time) error {
	_, err := t.exec(`INSERT INTO saved_view (user_id, noun, name, query, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (user_id, noun, name) DO UPDATE SET query = excluded.query, at = excluded.at`, string(user), view.Noun, view.Name, view.Query, microsOf(at))
	return wrap("view "+view.Name, err)
}

// ViewDrop forgets a view.
func (t *tx) ViewDrop(user office.UserID, noun, name string) error {
	n, err := t.exec(`DELETE FROM saved_view WHERE user_id = $1 AND noun = $2 AND name = $3`, string(user), noun, name)
	if err == nil && n == 0 {
		err = flow.ErrUnknown
	}
	return wrap("view "+name, err)
}

// ViewList is in order of the names; those of no user are the house's.
func (t *tx) ViewList(user office.UserID, noun string) (list []office.SavedView, err error) {
	err = t.each(func(r *rows) {
		list = append(list, office.SavedView{Noun: noun, Name: r.text(), Query: r.text(), House: r.text() == ""})
	},
		`SELECT name, query, user_id FROM saved_view s WHERE noun = $2
		AND (user_id = $1 OR user_id = '' AND NOT EXISTS (SELECT 1 FROM saved_view o WHERE o.user_id = $1 AND o.user_id <> '' AND o.noun = s.noun AND o.name = s.name))
		ORDER BY name`, string(user), noun)
	return list, wrap("views", err)
}

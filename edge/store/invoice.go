package store

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/ledger"
	"prorata/flow"
)

const (
	invoiceColumns = `i.id, i.seller, i.series, i.number, i.kind, i.payer, i.contract, i.group_key, i.invoice_on, i.due_on, i.currency, i.net, i.tax, i.total,
		i.payer_version, i.seller_version, i.run, i.issued_at, i.corrects, i.voided_by, i.void_known_on`
	lineColumns = `l.contract, l.account, l.subscription, l.shown_under, l.period_from_on, l.line_on, l.part, l.kind, l.sku, l.from_on, l.to_on, l.period_to_on,
		l.quantity, l.unit_price, l.currency, l.gross, l.discount, l.amount, l.invoiced_gross, l.invoiced_discount, l.invoiced_amount,
		l.tax, l.tax_included, l.explanation`
	taxColumns = `x.account, x.name, x.category, x.percent, x.included, x.currency, x.lines_amount, x.net, x.tax`
)

func (b *bulk) invoice(i *flow.Issued) {
	kind := invoiceWord
	if i.CreditNote {
		kind = creditNoteWord
	}
	b.row()
	b.text(i.ID)
	b.text(string(i.Seller))
	b.text(i.Series)
	b.number(i.Number)
	b.text(kind)
	b.text(string(i.Payer))
	b.text(string(i.Contract))
	b.text(i.Group)
	b.day(i.Date)
	b.day(i.DueOn)
	b.text(i.Currency.String())
	b.number(i.Net.Minor())
	b.number(i.Tax.Minor())
	b.number(i.Total.Minor())
	b.number(int64(i.PayerVersion))
	b.number(int64(i.SellerVersion))
	b.number(i.Run)
	b.number(microsOf(i.IssuedAt))
	b.text(i.Corrects)
	b.text(i.VoidedBy)
	b.day(i.VoidKnownOn)
}

// invoice reads invoiceColumns.
func (r *rows) invoice(i *flow.Issued) {
	i.ID, i.Seller, i.Series, i.Number = r.text(), flow.SellerID(r.word()), r.word(), r.number()
	i.CreditNote = r.text() == creditNoteWord
	i.Payer, i.Contract, i.Group = billing.AccountID(r.text()), billing.ContractID(r.text()), r.text()
	i.Date, i.DueOn, i.Currency = r.day(), r.day(), r.currency()
	i.Net, i.Tax, i.Total = r.amount(i.Currency), r.amount(i.Currency), r.amount(i.Currency)
	i.PayerVersion, i.SellerVersion, i.Run, i.IssuedAt = r.count(), r.count(), r.number(), r.instant()
	i.Corrects, i.VoidedBy, i.VoidKnownOn = r.text(), r.text(), r.day()
}

func (b *bulk) lines(i *flow.Issued) {
	for n := range i.Lines {
		l := &i.Lines[n]
		b.row()
		b.text(i.ID)
		b.number(int64(n + 1))
		b.text(string(l.Contract))
		b.text(string(l.Account))
		b.text(string(l.Key.Subscription))
		if l.Subscription == l.Key.Subscription {
			b.null()
		} else {
			b.text(string(l.Subscription))
		}
		b.day(l.Key.Period)
		b.day(l.Key.Day)
		b.text(l.Key.Part)
		b.text(lineWords[l.Kind])
		b.text(l.SKU)
		b.day(l.From)
		b.day(l.To)
		b.day(l.PeriodTo)
		b.decimal(l.Quantity)
		b.given(l.UnitPrice, l.Priced)
		b.lineAmounts(l)
		b.text(l.Tax)
		b.flag(l.TaxIncluded)
		b.text(l.Explanation)
		b.day(i.Date)
		b.flag(i.Corrects != "")
	}
}

func (b *bulk) lineAmounts(l *billing.InvoiceLine) {
	b.text(l.Amount.Currency().String())
	b.number(l.Gross.Minor())
	b.number(l.Discount.Minor())
	b.number(l.Amount.Minor())
	if l.InvoicedAt == l.Amount && l.InvoicedGross == l.Gross && l.InvoicedDisc == l.Discount {
		b.null()
		b.null()
		b.null()
		return
	}
	b.number(l.InvoicedGross.Minor())
	b.number(l.InvoicedDisc.Minor())
	b.number(l.InvoicedAt.Minor())
}

// line reads lineColumns of an invoice.
func (r *rows) line(l *billing.InvoiceLine, i *flow.Issued) {
	l.Contract, l.Account, l.Key.Subscription = billing.ContractID(r.text()), billing.AccountID(r.text()), billing.SubscriptionID(r.text())
	l.Subscription = l.Key.Subscription
	if r.isNull() {
		r.skip(1)
	} else {
		l.Subscription = billing.SubscriptionID(r.text())
	}
	l.Key.Period, l.Key.Day, l.Key.Part = r.day(), r.day(), r.text()
	l.Kind, l.SKU = billing.LineKind(r.enum(lineWords)), r.word()
	l.From, l.To, l.PeriodTo, l.Quantity = r.day(), r.day(), r.day(), r.decimal()
	l.UnitPrice, l.Priced = r.given()
	currency := r.currency()
	l.Gross, l.Discount, l.Amount = r.amount(currency), r.amount(currency), r.amount(currency)
	l.InvoicedGross, l.InvoicedDisc, l.InvoicedAt = l.Gross, l.Discount, l.Amount
	if r.isNull() {
		r.skip(3)
	} else {
		l.InvoicedGross, l.InvoicedDisc, l.InvoicedAt = r.amount(i.Currency), r.amount(i.Currency), r.amount(i.Currency)
	}
	l.Tax, l.TaxIncluded, l.Explanation = r.word(), r.flag(), r.text()
}

func (b *bulk) taxes(i *flow.Issued) {
	for n := range i.Taxes {
		x := &i.Taxes[n]
		b.row()
		b.text(i.ID)
		b.number(int64(n + 1))
		b.text(string(x.Account))
		b.text(x.Name)
		b.text(categoryWords[x.Category])
		b.decimal(x.Percent)
		b.flag(x.Included)
		b.text(x.Lines.Currency().String())
		b.number(x.Lines.Minor())
		b.number(x.Net.Minor())
		b.number(x.Tax.Minor())
	}
}

func (r *rows) tax() (x billing.TaxSum) {
	x.Account, x.Name, x.Category = billing.AccountID(r.word()), r.word(), billing.TaxCategory(r.enum(categoryWords))
	x.Percent, x.Included = r.decimal(), r.flag()
	currency := r.currency()
	x.Lines, x.Net, x.Tax = r.amount(currency), r.amount(currency), r.amount(currency)
	return x
}

func (b *bulk) postings(invoice string, e *ledger.Entry) {
	for n, p := range e.Postings() {
		b.row()
		b.text(invoice)
		b.number(int64(n + 1))
		b.day(e.On())
		b.text(string(p.Account))
		b.text(p.Amount.Currency().String())
		b.number(p.Amount.Minor())
	}
}

func (r *rows) posting() ledger.Posting {
	account, currency := ledger.Account(r.word()), r.currency()
	return ledger.Posting{Account: account, Amount: r.amount(currency)}
}

// condition collects what a list is narrowed by.
type condition struct {
	texts []string
	args  []any
}

// add adds a condition in which each ? stands for the one argument.
func (c *condition) add(text string, arg any) {
	c.args = append(c.args, arg)
	c.texts = append(c.texts, strings.ReplaceAll(text, "?", "$"+strconv.Itoa(len(c.args))))
}

func (c *condition) where() string {
	if len(c.texts) == 0 {
		return ""
	}
	return ` WHERE ` + strings.Join(c.texts, ` AND `)
}

func filterCondition(f *flow.InvoiceFilter) (c condition) {
	if f.Account != "" {
		c.add(`(i.payer = ? OR i.id IN (SELECT l.invoice FROM contract c JOIN invoice_line l ON l.contract = c.id WHERE c.account = ?))`, string(f.Account))
	}
	if f.Contract != "" {
		c.add(`(i.contract = ? OR (i.contract = '' AND i.id IN (SELECT l.invoice FROM invoice_line l WHERE l.contract = ?)))`, string(f.Contract))
	}
	if !f.From.IsZero() {
		c.add(`i.invoice_on >= ?`, f.From.String())
	}
	if !f.To.IsZero() {
		c.add(`i.invoice_on <= ?`, f.To.String())
	}
	return c
}

// invoicesAtOnce is how many invoices are held while a list is read.
const invoicesAtOnce = 256

// InvoiceList streams in order of date and contract, until call returns false. It
// holds no more than a few hundred invoices, and call may use the transaction.
func (t *tx) InvoiceList(f flow.InvoiceFilter, call func(flow.Issued) bool) error {
	base := filterCondition(&f)
	if f.Number != "" {
		id, err := t.invoiceID(f.Number)
		if errors.Is(err, flow.ErrUnknown) {
			return nil
		}
		if err != nil {
			return wrap("invoices", err)
		}
		base.add(`i.id = ?`, id)
	}
	beyond, order := `>`, `i.invoice_on, i.contract, i.id`
	if f.Latest > 0 {
		beyond, order = `<`, `i.invoice_on DESC, i.contract DESC, i.id DESC`
	}
	var last *flow.Issued
	for given := 0; ; {
		c := condition{slices.Clone(base.texts), slices.Clone(base.args)}
		if last != nil {
			n := len(c.args)
			c.args = append(c.args, last.Date.String(), string(last.Contract), last.ID)
			c.texts = append(c.texts, fmt.Sprintf(`(i.invoice_on, i.contract, i.id) %s ($%d, $%d, $%d)`, beyond, n+1, n+2, n+3))
		}
		most := invoicesAtOnce
		if f.Latest > 0 {
			most = min(most, f.Latest-given)
		}
		page, err := t.invoicePage(c, order, most, f.WithLines)
		if err != nil {
			return wrap("invoices", err)
		}
		for i := range page {
			if !call(page[i]) {
				return nil
			}
		}
		if given += len(page); len(page) < most || given == f.Latest {
			return nil
		}
		last = &page[len(page)-1]
	}
}

func (t *tx) invoicePage(c condition, order string, most int, withLines bool) (page []flow.Issued, err error) {
	page = make([]flow.Issued, 0, most)
	c.args = append(c.args, int64(most))
	err = t.each(func(r *rows) {
		page = append(page, flow.Issued{})
		r.invoice(&page[len(page)-1])
	}, `SELECT `+invoiceColumns+` FROM invoice i`+c.where()+` ORDER BY `+order+` LIMIT $`+strconv.Itoa(len(c.args)), c.args...)
	if err == nil && withLines {
		err = t.invoiceFill(page)
	}
	return page, err
}

// invoiceFill reads the lines and taxes of invoices.
func (t *tx) invoiceFill(page []flow.Issued) error {
	byID := make(map[string]*flow.Issued, len(page))
	for i := range page {
		byID[page[i].ID] = &page[i]
	}
	for part := range slices.Chunk(page, idsAtOnce) {
		// A few lengths, so that few statements are prepared: one invoice alone does not ask 64 times.
		args := make([]any, idsAtOnce)
		for _, few := range []int{1, 8} {
			if len(part) <= few {
				args = args[:few]
				break
			}
		}
		for i := range args {
			args[i] = part[min(i, len(part)-1)].ID
		}
		in := ` IN (` + binds(1, len(args)) + `)`
		if err := t.fill(byID, `SELECT `+t.columns(`l.invoice, l.line_no, `+lineColumns)+` FROM invoice_line l WHERE l.invoice`+in+` ORDER BY l.invoice, l.line_no`,
			`SELECT `+t.columns(`x.invoice, x.tax_no, `+taxColumns)+` FROM invoice_tax x WHERE x.invoice`+in+` ORDER BY x.invoice, x.tax_no`, args); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) fill(byID map[string]*flow.Issued, lines, taxes string, args []any) error {
	var current *flow.Issued
	of := func(r *rows) *flow.Issued {
		if current == nil || !r.is(current.ID) {
			current = byID[r.text()]
			r.skip(1)
			return current
		}
		r.skip(2)
		return current
	}
	if err := t.each(func(r *rows) {
		if i := of(r); i != nil {
			i.Lines = append(i.Lines, billing.InvoiceLine{})
			r.line(&i.Lines[len(i.Lines)-1], i)
		}
	}, lines, args...); err != nil {
		return err
	}
	current = nil
	return t.each(func(r *rows) {
		if i := of(r); i != nil {
			i.Taxes = append(i.Taxes, r.tax())
		}
	}, taxes, args...)
}

// InvoiceGet reads one by its printed number or its ID, lines included; ErrUnknown.
func (t *tx) InvoiceGet(number string) (flow.Issued, error) {
	id, err := t.invoiceID(number)
	if err != nil {
		return flow.Issued{}, wrap("invoice "+number, err)
	}
	page, err := t.invoicePage(condition{[]string{`i.id = $1`}, []any{id}}, `i.id`, 1, true)
	if err != nil || len(page) == 0 {
		return flow.Issued{}, wrap("invoice "+number, errors.Join(err, flow.ErrUnknown))
	}
	return page[0], nil
}

// invoiceID finds the invoice that has an ID or a printed number.
func (t *tx) invoiceID(number string) (id string, err error) {
	found, err := t.one(func(r *rows) { id = r.text() }, `SELECT id FROM invoice WHERE id = $1`, number)
	if err != nil || found {
		return id, err
	}
	var known []flow.Issued
	digits := number[strings.LastIndexByte(number, '-')+1:]
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return "", flow.ErrUnknown
	}
	if err := t.each(func(r *rows) {
		known = append(known, flow.Issued{Seller: flow.SellerID(r.text()), Series: r.text(), Number: n})
	}, `SELECT seller, series FROM number_series`); err != nil {
		return "", err
	}
	for i := range known {
		if flow.PrintedNumber(&known[i]) != number {
			continue
		}
		found, err = t.one(func(r *rows) { id = r.text() }, `SELECT id FROM invoice WHERE seller = $1 AND series = $2 AND number = $3`,
			string(known[i].Seller), known[i].Series, n)
		if err != nil || found {
			return id, err
		}
	}
	return "", flow.ErrUnknown
}

// InvoiceVoid marks an invoice as taken back, and opens its contracts for billing
// anew: from the start, and at once.
func (t *tx) InvoiceVoid(id, by string, knownOn calendar.Date) error {
	n, err := t.exec(`UPDATE invoice SET voided_by = $2, void_known_on = $3 WHERE id = $1 AND voided_by = ''`, id, by, knownOn.String())
	if err == nil && n == 0 {
		err = t.fail(fmt.Errorf("%w, or void already", flow.ErrUnknown))
	}
	if err == nil {
		_, err = t.exec(`INSERT INTO contract_void (contract, invoice, invoice_on, known_on)
			SELECT DISTINCT l.contract, l.invoice, l.invoice_on, $2 FROM invoice_line l WHERE l.invoice = $1`, id, knownOn.String())
	}
	if err == nil {
		const billed = `contract IN (SELECT v.contract FROM contract_void v WHERE v.invoice = $1)`
		if err = t.dueAtOnce(billed, id); err == nil {
			_, err = t.exec(`UPDATE contract_cursor SET open_after = '' WHERE `+billed, id)
		}
	}
	return wrap("void of invoice "+id, err)
}

// PostingsOf are the ledger's postings for the invoices of groups, by invoice ID,
// in their order.
func (t *tx) PostingsOf(firstGroup, lastGroup string) (map[string][]ledger.Posting, error) {
	postings := map[string][]ledger.Posting{}
	err := t.each(func(r *rows) {
		id := r.text()
		r.skip(1)
		postings[id] = append(postings[id], r.posting())
	}, `SELECT p.invoice, p.posting_no, p.account, p.currency, p.amount FROM invoice i CROSS JOIN ledger_posting p
		WHERE i.group_key >= $1 AND i.group_key <= $2 AND p.invoice = i.id ORDER BY p.invoice, p.posting_no`, firstGroup, lastGroup)
	return postings, wrap("postings", err)
}

// InvoicesOf reads the invoices of groups with lines and taxes, void ones too, in
// order of group, date and number.
func (t *tx) InvoicesOf(firstGroup, lastGroup string) (invoices []flow.Issued, err error) {
	const scope = ` WHERE i.group_key >= $1 AND i.group_key <= $2`
	if err := t.each(func(r *rows) {
		invoices = append(invoices, flow.Issued{})
		r.invoice(&invoices[len(invoices)-1])
	}, `SELECT `+invoiceColumns+` FROM invoice i`+scope+` ORDER BY i.group_key, i.invoice_on, i.number, i.id`, firstGroup, lastGroup); err != nil {
		return nil, wrap("invoices", err)
	}
	byID := make(map[string]*flow.Issued, len(invoices))
	for i := range invoices {
		byID[invoices[i].ID] = &invoices[i]
	}
	err = t.fill(byID, `SELECT `+t.columns(`l.invoice, l.line_no, `+lineColumns)+` FROM invoice i CROSS JOIN invoice_line l`+scope+` AND l.invoice = i.id ORDER BY l.invoice, l.line_no`,
		`SELECT `+t.columns(`x.invoice, x.tax_no, `+taxColumns)+` FROM invoice i CROSS JOIN invoice_tax x`+scope+` AND x.invoice = i.id ORDER BY x.invoice, x.tax_no`,
		[]any{firstGroup, lastGroup})
	return invoices, wrap("invoices", err)
}

// NumberGaps tells each series: how many were given, the highest, and how many exist.
func (t *tx) NumberGaps() (series []flow.SeriesCount, err error) {
	err = t.each(func(r *rows) {
		series = append(series, flow.SeriesCount{Seller: flow.SellerID(r.text()), Series: r.text(), Given: r.number(),
			Highest: r.number(), Count: r.number(), Distinct: r.number()})
	}, `SELECT s.seller, s.series, s.given, COALESCE(MAX(i.number), 0), COUNT(i.number), COUNT(DISTINCT i.number)
		FROM number_series s LEFT JOIN invoice i ON i.seller = s.seller AND i.series = s.series
		GROUP BY s.seller, s.series, s.given ORDER BY s.seller, s.series`)
	return series, wrap("numbers", err)
}

package store

import (
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"prorata/core/billing"
	"prorata/flow"
)

var chargeWords = []string{billing.ChargeOther: "other", billing.ChargeNew: "new", billing.ChargeRenew: "renew", billing.ChargeCycle: "cycle_charge",
	billing.ChargeAddQuantity: "add_quantity", billing.ChargeRemoveQuantity: "remove_quantity", billing.ChargeCancel: "cancel", billing.ChargeConvert: "convert",
	billing.ChargeMoveQuantity: "move_quantity", billing.ChargeChangePlan: "change_plan", billing.ChargeExtendTerm: "extend_term", billing.ChargeCredit: "credit"}

const providerInvoiceColumns = `connection, id, invoice_on, from_on, to_on, currency, total, credit, stamp, lines, lines_total, tax_total, imported_at, reconciled_at`

var providerInvoiceTable = tableOf("provider_invoice", strings.ReplaceAll(providerInvoiceColumns, ",", ""))

// ProviderInvoiceHold takes the row of an invoice's head until the transaction ends.
// Where there is none yet it makes an empty one, which whoever imports the invoice
// fills in the same transaction: so the first import, too, has something to be held by.
func (t *tx) ProviderInvoiceHold(connection flow.ConnectionID, id string) (importedAt time.Time, err error) {
	text := providerInvoiceTable.insertText() + ` ON CONFLICT (connection, id) DO UPDATE SET imported_at = provider_invoice.imported_at RETURNING imported_at`
	_, err = t.one(func(r *rows) { importedAt = r.instant() }, text,
		string(connection), id, "", "", "", "", "0", false, "", int64(0), "0", "0", int64(0), int64(0))
	return importedAt, wrap("provider invoice "+id, err)
}

// ProviderInvoicePut writes the head of an invoice, in place of an earlier one. Until
// the transaction ends, nobody else can.
func (t *tx) ProviderInvoicePut(v flow.KeptInvoice) error {
	_, err := t.exec(providerInvoiceTable.replaceText(),
		string(v.Connection), v.ID, v.On.String(), v.Period.From.String(), v.Period.To.String(), v.Currency.String(), v.Total.String(), v.Credit, v.Stamp,
		v.Lines, v.LinesTotal.String(), v.TaxTotal.String(), microsOf(v.ImportedAt), microsOf(v.ReconciledAt))
	return wrap("provider invoice "+v.ID, err)
}

func (r *rows) keptInvoice() (v flow.KeptInvoice) {
	v.Connection, v.ID, v.On, v.Period = flow.ConnectionID(r.text()), r.text(), r.day(), r.periodOf()
	v.Currency, v.Total, v.Credit, v.Stamp = r.currency(), r.decimal(), r.flag(), r.text()
	v.Lines, v.LinesTotal, v.TaxTotal = r.number(), r.decimal(), r.decimal()
	v.ImportedAt, v.ReconciledAt = r.instant(), r.instant()
	return v
}

// ProviderInvoiceGet reads an invoice's head; ErrUnknown.
func (t *tx) ProviderInvoiceGet(connection flow.ConnectionID, id string) (v flow.KeptInvoice, err error) {
	found, err := t.one(func(r *rows) { v = r.keptInvoice() }, `SELECT `+providerInvoiceColumns+` FROM provider_invoice WHERE connection = $1 AND id = $2`, string(connection), id)
	if err == nil && !found {
		err = flow.ErrUnknown
	}
	return v, wrap("provider invoice "+id, err)
}

// ProviderInvoiceList is newest first.
func (t *tx) ProviderInvoiceList(connection flow.ConnectionID) (list []flow.KeptInvoice, err error) {
	err = t.each(func(r *rows) { list = append(list, r.keptInvoice()) },
		`SELECT `+providerInvoiceColumns+` FROM provider_invoice WHERE connection = $1 ORDER BY invoice_on DESC, id DESC`, string(connection))
	return list, wrap("provider invoices of "+string(connection), err)
}

// InvoiceReconciled notes when it was done.
func (t *tx) InvoiceReconciled(connection flow.ConnectionID, id string, at time.Time) error {
	n, err := t.exec(`UPDATE provider_invoice SET reconciled_at = $3 WHERE connection = $1 AND id = $2`, string(connection), id, microsOf(at))
	if err == nil && n == 0 {
		err = flow.ErrUnknown
	}
	return wrap("provider invoice "+id, err)
}

var providerLineTable = tableOf("provider_line", `connection invoice holding line customer customer_name reseller sku type from_on to_on quantity unit_price effective_price
	cost currency order_id alternate_order reference ordered_at product sku_name publisher description term_text term_months billing billing_months term_from_on term_to_on
	price_currency price_rate price_rate_on tax total promotion adjustments credit unit meter reservation qualifiers category source_file source_line`)

// ProviderLinesReplace writes the rows of an invoice in place of those before.
func (t *tx) ProviderLinesReplace(connection flow.ConnectionID, invoice string, lines iter.Seq2[flow.ProviderLine, error]) (count int64, err error) {
	if _, err := t.exec(`DELETE FROM provider_line WHERE connection = $1 AND invoice = $2`, string(connection), invoice); err != nil {
		return 0, wrap("provider lines of "+invoice, err)
	}
	s := t.stream(providerLineTable)
	for line, err := range lines {
		if err != nil {
			return count, errors.Join(err, s.arrive())
		}
		b := s.row()
		if b.err != nil {
			break
		}
		b.providerLine(connection, invoice, &line)
		count++
	}
	return count, wrap("provider lines of "+invoice, s.flush())
}

func (b *bulk) providerLine(connection flow.ConnectionID, invoice string, l *flow.ProviderLine) {
	b.row()
	for _, text := range [...]string{string(connection), invoice, l.Holding, l.Charge.ID, l.Customer, l.CustomerName, l.Reseller, l.Charge.SKU, chargeWords[l.Charge.Type]} {
		b.text(text)
	}
	b.day(l.Charge.Period.From)
	b.day(l.Charge.Period.To)
	b.decimal(l.Charge.Quantity)
	b.decimal(l.Charge.UnitPrice)
	b.decimal(l.Charge.EffectivePrice)
	b.decimal(l.Charge.Cost)
	for _, text := range [...]string{l.Charge.Currency.String(), l.Order, l.AlternateOrder, l.Reference} {
		b.text(text)
	}
	b.number(microsOf(l.OrderedAt))
	for _, text := range [...]string{l.Product, l.SKUName, l.Publisher, l.Description, l.TermText} {
		b.text(text)
	}
	b.number(int64(l.TermMonths))
	b.text(l.Billing.Name)
	b.number(int64(l.Billing.Months))
	b.day(l.Term.From)
	b.day(l.Term.To)
	b.text(l.PriceCurrency.String())
	b.given(l.Rate, l.HasRate)
	b.day(l.RateOn)
	b.decimal(l.Tax)
	b.decimal(l.Total)
	for _, text := range [...]string{l.Promotion, l.Adjustments, l.Credit, l.Unit, l.Meter, l.Reservation, l.Qualifiers, l.Category, l.At.File} {
		b.text(text)
	}
	b.number(int64(l.At.Line))
}

// providerLine reads the columns after connection and invoice.
func (r *rows) providerLine(invoice string) (l flow.ProviderLine) {
	l.Invoice, l.Holding, l.Charge.ID = invoice, r.word(), r.text()
	l.Customer, l.CustomerName, l.Reseller = r.word(), r.word(), r.word()
	c := &l.Charge
	c.SKU, c.Type, c.Period = r.word(), billing.ChargeType(r.enum(chargeWords)), r.periodOf()
	c.Quantity, c.UnitPrice, c.EffectivePrice, c.Cost, c.Currency = r.decimal(), r.decimal(), r.decimal(), r.decimal(), r.currency()
	l.Order, l.AlternateOrder, l.Reference, l.OrderedAt = r.text(), r.text(), r.text(), r.instant()
	l.Product, l.SKUName, l.Publisher, l.Description, l.TermText = r.word(), r.word(), r.word(), r.word(), r.word()
	l.TermMonths = r.count()
	l.Billing.Name, l.Billing.Months = r.word(), r.count()
	l.Term, l.PriceCurrency = r.periodOf(), r.currency()
	l.Rate, l.HasRate = r.given()
	l.RateOn, l.Tax, l.Total = r.day(), r.decimal(), r.decimal()
	l.Promotion, l.Adjustments, l.Credit, l.Unit, l.Meter = r.word(), r.word(), r.word(), r.word(), r.word()
	l.Reservation, l.Qualifiers, l.Category = r.word(), r.word(), r.word()
	l.At = flow.Source{File: r.word(), Line: r.count()}
	return l
}

func (t *tx) providerLineColumns() string {
	return t.columns("l." + strings.Join(providerLineTable.columns[2:], ", l."))
}

// ProviderLines calls for each row after a holding up to another, in order of
// holding and ID.
func (t *tx) ProviderLines(connection flow.ConnectionID, invoice, after, last string, call func(flow.ProviderLine) bool) error {
	return t.linesAfter(t.providerLineColumns(), connection, invoice, after, last, func(r *rows) bool { return call(r.providerLine(invoice)) })
}

// comparedColumns are what a row is compared by.
const comparedColumns = `l.holding, l.line, l.customer, l.customer_name, l.sku, l.type, l.from_on, l.to_on, l.quantity, l.unit_price, l.effective_price, l.cost, l.currency,
	l.reference, l.ordered_at, l.product, l.sku_name, l.term_months, l.billing_months, l.term_from_on, l.term_to_on, l.price_currency, l.price_rate, l.promotion`

// ComparedRows reads half of the columns: an invoice has a million rows, and each
// column costs both sides something.
func (t *tx) ComparedRows(connection flow.ConnectionID, invoice, after, last string, call func(*flow.ProviderLine) bool) error {
	return t.linesAfter(t.columns(comparedColumns), connection, invoice, after, last, comparedRow(invoice, call))
}

// ComparedRowsOf asks for the rows that name no holding apart: a list of ids is filled
// up with empty ones.
func (t *tx) ComparedRowsOf(connection flow.ConnectionID, invoice string, holdings []string, call func(*flow.ProviderLine) bool) error {
	if err := t.hintLists(); err != nil {
		return err
	}
	read := comparedRow(invoice, call)
	ask := func(which string, args []any) error {
		r, err := t.query(`SELECT `+t.columns(comparedColumns)+` FROM provider_line l
			WHERE l.connection = $1 AND l.invoice = $2 AND `+which+` ORDER BY l.holding, l.line`, args...)
		if err != nil {
			return err
		}
		for r.next() && read(r) {
		}
		return r.close()
	}
	before := []any{string(connection), invoice}
	var err error
	if slices.Contains(holdings, "") {
		err = ask(`l.holding = ''`, before)
	}
	if err == nil {
		err = inIDs(t, holdings, before, func(in string, args []any) error { return ask(`l.holding <> '' AND l.holding`+in, args) })
	}
	return wrap("provider lines of "+invoice, err)
}

// comparedRow reads comparedColumns and hands them on; each row takes the room of the
// one before.
func comparedRow(invoice string, call func(*flow.ProviderLine) bool) func(*rows) bool {
	var l flow.ProviderLine
	return func(r *rows) bool {
		c := &l.Charge
		if !r.is(l.Holding) {
			l.Holding = r.text()
		} else {
			r.skip(1)
		}
		l.Invoice, c.ID, l.Customer, l.CustomerName = invoice, r.text(), r.word(), r.word()
		c.SKU, c.Type, c.Period = r.word(), billing.ChargeType(r.enum(chargeWords)), r.periodOf()
		c.Quantity, c.UnitPrice, c.EffectivePrice, c.Cost, c.Currency = r.decimal(), r.decimal(), r.decimal(), r.decimal(), r.currency()
		l.Reference, l.OrderedAt, l.Product, l.SKUName = r.text(), r.instant(), r.word(), r.word()
		l.TermMonths, l.Billing.Months, l.Term, l.PriceCurrency = r.count(), r.count(), r.periodOf(), r.currency()
		l.Rate, l.HasRate = r.given()
		l.Promotion = r.word()
		return call(&l)
	}
}

// linesAfter tells the end to the database: what is not wanted of a result comes
// over the wire all the same.
func (t *tx) linesAfter(columns string, connection flow.ConnectionID, invoice, after, last string, call func(*rows) bool) error {
	if err := t.hintLists(); err != nil {
		return err
	}
	args := []any{string(connection), invoice}
	where := ``
	if after != "" {
		args = append(args, after)
		where += ` AND l.holding > ` + binds(len(args), 1)
	}
	if last != "" {
		args = append(args, last)
		where += ` AND l.holding <= ` + binds(len(args), 1)
	}
	r, err := t.query(`SELECT `+columns+` FROM provider_line l
		WHERE l.connection = $1 AND l.invoice = $2`+where+` ORDER BY l.holding, l.line`, args...)
	if err != nil {
		return wrap("provider lines of "+invoice, err)
	}
	for r.next() && call(r) {
	}
	return wrap("provider lines of "+invoice, r.close())
}

// ProviderLineGet is one row; ErrUnknown.
func (t *tx) ProviderLineGet(connection flow.ConnectionID, invoice, line string) (l flow.ProviderLine, err error) {
	found, err := t.one(func(r *rows) { l = r.providerLine(invoice) }, `SELECT `+t.providerLineColumns()+` FROM provider_line l
		WHERE l.connection = $1 AND l.invoice = $2 AND l.line = $3`, string(connection), invoice, line)
	if err == nil && !found {
		err = flow.ErrUnknown
	}
	return l, wrap("provider line "+line, err)
}

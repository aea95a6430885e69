package store

import (
	"cmp"
	"slices"

	"prorata/core/billing"
	"prorata/flow"
)

var creditTable = tableOf("credited_line", `seq contract invoice line_no note currency amount invoiced_currency invoiced_amount reason recorded_on known_on`)

const creditColumns = `d.seq, d.contract, d.invoice, d.line_no, d.note, d.currency, d.amount, d.invoiced_currency, d.invoiced_amount, d.reason, d.recorded_on, d.known_on`

func (b *bulk) credit(c *flow.CreditRow) {
	b.row()
	b.number(c.Seq)
	b.text(string(c.Contract))
	b.text(c.Invoice)
	b.number(int64(c.Line))
	b.text(c.Note)
	b.text(c.Amount.Currency().String())
	b.number(c.Amount.Minor())
	b.text(c.Invoiced.Currency().String())
	b.number(c.Invoiced.Minor())
	b.text(c.Reason)
	b.day(c.RecordedOn)
	b.day(c.KnownOn)
}

// credit reads creditColumns.
func (r *rows) credit() flow.CreditRow {
	c := flow.CreditRow{Seq: r.number(), Contract: billing.ContractID(r.text()), Invoice: r.text()}
	c.Line, c.Note = r.count(), r.text()
	c.Amount = r.amount(r.currency())
	c.Invoiced = r.amount(r.currency())
	c.Reason, c.RecordedOn, c.KnownOn = r.text(), r.day(), r.day()
	return c
}

// CreditsAppend writes the lines of one credit note, each with its entry of the log.
func (t *tx) CreditsAppend(entries []flow.LogEntry, rows []flow.CreditRow) error {
	for i := range rows {
		seq, err := t.LogAppend(entries[i], nil, nil, nil)
		if err != nil {
			return err
		}
		row := rows[i]
		row.Seq = seq
		if err := t.insert(creditTable, func(b *bulk) { b.credit(&row) }); err != nil {
			return wrap("credit of "+row.Invoice, err)
		}
	}
	return nil
}

// CreditRows are the lines that credit notes took of an invoice, in the order of the log.
func (t *tx) CreditRows(invoice string) (list []flow.CreditRow, err error) {
	err = t.each(func(r *rows) { list = append(list, r.credit()) }, `SELECT `+creditColumns+` FROM credited_line d WHERE d.invoice = $1 ORDER BY d.seq`, invoice)
	return list, wrap("credits of "+invoice, err)
}

// CreditRowsOf are those of the contracts of groups, in the order of the log.
func (t *tx) CreditRowsOf(firstGroup, lastGroup string) (list []flow.CreditRow, err error) {
	err = t.each(func(r *rows) { list = append(list, r.credit()) }, `SELECT `+creditColumns+` FROM contract_cursor k CROSS JOIN credited_line d
		WHERE k.group_key >= $1 AND k.group_key <= $2 AND d.contract = k.contract ORDER BY d.seq`, firstGroup, lastGroup)
	return list, wrap("credits", err)
}

// InvoiceNotes are the credit notes for an invoice, oldest first, with lines and taxes.
func (t *tx) InvoiceNotes(invoice string) (notes []flow.Issued, err error) {
	err = t.each(func(r *rows) {
		notes = append(notes, flow.Issued{})
		r.invoice(&notes[len(notes)-1])
	}, `SELECT `+invoiceColumns+` FROM invoice i WHERE i.corrects = $1 AND i.corrects <> '' ORDER BY i.number`, invoice)
	if err == nil && len(notes) > 0 {
		err = t.invoiceFill(notes)
	}
	return notes, wrap("credit notes of "+invoice, err)
}

// readCredits reads what was credited of a contract's lines; with its invoice a credit is void.
func (l *loader) readCredits(reach) error {
	return l.each(func(r *rows, book *flow.OpenBook) {
		c := billing.Credit{Seq: r.number()}
		c.Key = billing.LineKey{Subscription: r.subscriptionOf(book), Period: r.day(), Day: r.day(), Part: r.text()}
		c.PeriodTo = r.day()
		c.Amount = r.amount(r.currency())
		c.KnownOn, c.VoidedOn = r.day(), r.day()
		book.Credits = append(book.Credits, c)
	}, func() {
		slices.SortFunc(l.current.Credits, func(a, b billing.Credit) int { return cmp.Compare(a.Seq, b.Seq) })
	}, "d", `SELECT d.contract, d.seq, n.subscription, n.period_from_on, n.line_on, n.part, n.period_to_on, d.currency, d.amount, d.known_on, i.void_known_on
		FROM contract_cursor k CROSS JOIN credited_line d CROSS JOIN invoice_line n CROSS JOIN invoice i
		WHERE `+l.scope.where+` AND d.contract = k.contract AND n.invoice = d.invoice AND n.line_no = d.line_no AND i.id = d.invoice`)
}

package store

import (
	"strconv"
	"strings"

	"prorata/core/billing"
	"prorata/flow"
	"prorata/flow/office"
)

// invoicesWhere is a page of invoices, the newest first, in reach of some roots.
func (t *tx) invoicesWhere(c condition, under []billing.AccountID, most int) (list []flow.Issued, err error) {
	c.under(`i.payer`, under)
	limit := c.next(int64(pageOf(most)))
	err = t.each(func(r *rows) {
		var i flow.Issued
		r.invoice(&i)
		list = append(list, i)
	}, `SELECT `+invoiceColumns+` FROM invoice i`+c.where()+` ORDER BY i.invoice_on DESC, i.id DESC LIMIT `+limit, c.args...)
	return list, wrap("invoices", err)
}

// InvoicesNumbered are invoices whose printed number, or the number in it, is a text.
func (t *tx) InvoicesNumbered(text string, under []billing.AccountID, most int) ([]flow.Issued, error) {
	text = strings.ToUpper(text)
	digits := text[strings.LastIndexByte(text, '-')+1:]
	n, ok := numeral(digits)
	if !ok {
		return nil, nil
	}
	var c condition
	var either []string
	err := t.each(func(r *rows) {
		known := flow.Issued{Seller: flow.SellerID(r.text()), Series: r.text(), Number: n}
		if digits == text || strings.EqualFold(flow.PrintedNumber(&known), text) || strings.EqualFold(known.Series+"-"+digits, text) {
			either = append(either, `(i.seller = `+c.next(string(known.Seller))+` AND i.series = `+c.next(known.Series)+` AND i.number = `+c.next(n)+`)`)
		}
	}, `SELECT seller, series FROM number_series`)
	if err != nil || len(either) == 0 {
		return nil, wrap("invoices", err)
	}
	c.also(`(` + strings.Join(either, ` OR `) + `)`)
	return t.invoicesWhere(c, under, most)
}

// numeral is a text as a number above 0, and whether it is one.
func numeral(text string) (n int64, ok bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n > 0
}

// InvoicesOver are invoices whose total is an amount in minor units.
func (t *tx) InvoicesOver(minor []office.MinorUnits, under []billing.AccountID, most int) (list []flow.Issued, err error) {
	var c condition
	var either []string
	for _, m := range minor {
		plus, minus := c.next(m.Minor), c.next(-m.Minor)
		either = append(either, `i.total = `+plus, `i.total = `+minus)
	}
	if len(either) == 0 {
		return nil, nil
	}
	c.also(`(` + strings.Join(either, ` OR `) + `)`)
	found, err := t.invoicesWhere(c, under, most)
	for i := range found {
		if meant(&found[i], minor) {
			list = append(list, found[i])
		}
	}
	return list, err
}

// meant says whether an invoice's currency has the digits of the amount that it was found by.
func meant(i *flow.Issued, minor []office.MinorUnits) bool {
	for _, m := range minor {
		if i.Currency.Digits() == m.Digits && (i.Total.Minor() == m.Minor || i.Total.Minor() == -m.Minor) {
			return true
		}
	}
	return false
}

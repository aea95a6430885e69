package imports

import (
	"cmp"
	"net/url"
	"slices"

	"prorata/core/money"
	"prorata/edge/web/part"
	"prorata/flow"
	"prorata/flow/office"
)

// billsShown is how many invoices of a bill are shown; a distributor's file may have thousands.
const billsShown = 200

// invoicePath is the page of a provider's invoice, where what is found in it stands.
func invoicePath(id flow.ConnectionID, invoice string) string {
	return "/reconciliation/" + url.PathEscape(string(id)) + "/" + url.PathEscape(cmp.Or(invoice, "unbilled"))
}

// cents sets what a provider charges with the currency's digits, and more where it has more.
func cents(l part.Locale, d money.Decimal, currency money.Currency) string {
	return l.Price(d.Trim(currency.Digits()), currency)
}

// kept is what the book has of an invoice, and what becomes of it.
func kept(l part.Locale, b *office.BillInvoice) string {
	words := l.Count(b.Kept.Lines)
	if b.Kept.Lines != b.Rows {
		words += " → " + l.Count(b.Rows)
	}
	words += " rows, " + cents(l, b.Kept.LinesTotal, b.Currency)
	if b.Kept.LinesTotal.Cmp(b.RowsTotal) != 0 {
		words += " → " + cents(l, b.RowsTotal, b.Currency)
	}
	return words
}

// misses says by how much the rows miss what the invoice comes to; empty where they do not.
func misses(l part.Locale, b *office.BillInvoice) string {
	total, missing := cents(l, b.Total, b.Currency), b.Total.Sub(b.RowsTotal)
	switch missing.Sign() {
	case 1:
		return cents(l, missing, b.Currency) + " less than the " + total + " that it should be"
	case -1:
		return cents(l, missing.Neg(), b.Currency) + " more than the " + total + " that it should be"
	}
	return ""
}

// stopped says why a file cannot be read to its end, and what that means for the rest of it.
func (l *preview) stopped() string {
	if l.File.Kind == office.ImportBill {
		return l.Stopped + " Nothing of it can be taken."
	}
	return l.Stopped + " What comes before that can be taken."
}

// after says what follows when a bill is taken.
func (l *preview) after() string {
	said := "Its rows replace those that the book has of the same invoice, and are compared with the log."
	if slices.ContainsFunc(l.Bills, func(b office.BillInvoice) bool { return b.Kept != nil && !b.Kept.ReconciledAt.IsZero() }) {
		said += " What was found in them before is looked for anew."
	}
	return said
}

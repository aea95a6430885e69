package office

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
)

// InvoicePage is a part of a list.
type InvoicePage struct {
	Rows []InvoiceRow
	// More says that others follow, Earlier that some come before.
	More, Earlier bool
}

// InvoiceList is a page of the invoices and credit notes that a query covers, in reach.
func (d *Desk) InvoiceList(ctx context.Context, q InvoiceQuery) (page InvoicePage, err error) {
	err = d.read(ctx, "InvoiceList", func(tx Tx) error {
		if err := d.invoiceQuery(tx, &q); err != nil {
			return err
		}
		most := q.Most
		q.Most++
		rows, err := tx.InvoiceSearch(q)
		if err != nil {
			return err
		}
		beyond := len(rows) > most
		page = InvoicePage{Rows: rows[:min(most, len(rows))], More: beyond, Earlier: q.After != ""}
		if q.Before != "" {
			page = InvoicePage{Rows: rows[max(0, len(rows)-most):], More: true, Earlier: beyond}
		}
		return nil
	})
	return page, err
}

// invoiceQuery checks a query and keeps it within what the person may see.
func (d *Desk) invoiceQuery(tx Tx, q *InvoiceQuery) error {
	if !d.person.Staff() {
		q.Roots = d.person.Accounts
		if len(q.Roots) == 0 {
			return unseen("invoices of", d.person.Who)
		}
	}
	q.Most, q.Today = pageOf(q.Most), d.Today()
	for field, allowed := range map[string][]string{"kind": {"", "invoice", "credit_note"}, "state": {"", "standing", "open", "overdue", "paid", "void", "correcting"},
		"sort": {"", "newest", "oldest", "largest", "smallest"}} {
		given := map[string]string{"kind": q.Kind, "state": q.State, "sort": q.Sort}[field]
		if !slices.Contains(allowed, given) {
			return &FieldError{field, fmt.Errorf("%q is not one of %s", given, strings.Join(allowed[1:], ", "))}
		}
	}
	if q.Currency == "" && (q.HasLeast || q.HasGreatest) {
		sellers, err := tx.SellerList()
		if err != nil || len(sellers) == 0 {
			return err
		}
		q.Currency = sellers[0].Currency.String()
	}
	if q.Currency != "" {
		if _, err := money.ParseCurrency(q.Currency); err != nil {
			return &FieldError{"currency", err}
		}
	}
	return nil
}

// InvoiceTotals adds up by currency all that a query covers.
func (d *Desk) InvoiceTotals(ctx context.Context, q InvoiceQuery) (totals []InvoiceTotal, err error) {
	err = d.read(ctx, "InvoiceTotals", func(tx Tx) error {
		if err := d.invoiceQuery(tx, &q); err != nil {
			return err
		}
		q.After, q.Before, q.Most, q.Sort, q.WithLines = "", "", 0, "", false
		state, err := tx.BookState()
		if err != nil {
			return err
		}
		totals, err = d.office.memory.invoices.of(state.owed(), fmt.Sprintf("%+v", q), func() ([]InvoiceTotal, error) { return tx.InvoiceTotals(q) })
		return err
	})
	return totals, err
}

// InvoiceDocuments gives the documents of all that a query covers, one after another, to be written to a file.
func (d *Desk) InvoiceDocuments(ctx context.Context, q InvoiceQuery, call func(flow.Document) error) error {
	return d.read(ctx, "InvoiceDocuments", func(tx Tx) error {
		if err := d.invoiceQuery(tx, &q); err != nil {
			return err
		}
		catalog, err := tx.CatalogGet(true)
		if err != nil {
			return err
		}
		q.After, q.Before, q.WithLines, q.Most = "", "", true, documentsAtOnce
		for {
			rows, err := tx.InvoiceSearch(q)
			if err != nil {
				return err
			}
			for i := range rows {
				doc, err := flow.ComposeIn(tx, catalog, &rows[i].Issued)
				if err == nil {
					err = call(doc)
				}
				if err != nil {
					return err
				}
			}
			if len(rows) < documentsAtOnce {
				return nil
			}
			q.After = rows[len(rows)-1].ID
		}
	})
}

// documentsAtOnce is how many invoices are held in memory while a file is written.
const documentsAtOnce = 256

// InvoiceDocument is the printed form of one invoice.
func (d *Desk) InvoiceDocument(ctx context.Context, number string) (doc flow.Document, err error) {
	err = d.read(ctx, "InvoiceDocument", func(tx Tx) error {
		issued, err := d.invoiceIn(tx, number)
		if err != nil {
			return err
		}
		catalog, err := tx.CatalogGet(true)
		if err == nil {
			doc, err = flow.ComposeIn(tx, catalog, &issued)
		}
		return err
	})
	return doc, err
}

// invoiceIn reads an invoice in reach.
func (d *Desk) invoiceIn(tx Tx, number string) (flow.Issued, error) {
	reach, err := d.within(tx)
	if err != nil {
		return flow.Issued{}, err
	}
	issued, err := tx.InvoiceGet(number)
	if err == nil && !reach.has(issued.Payer) {
		return flow.Issued{}, unseen("invoice", number)
	}
	return issued, err
}

// InvoiceHistory is what became of an invoice.
type InvoiceHistory struct {
	// Run issued it, if a billing run did.
	Run flow.Run
	// Corrects is the invoice that it takes back, VoidedBy the credit note that took it back: without lines, and
	// without an ID where there is none.
	Corrects, VoidedBy flow.Issued
	// Notes are the credit notes over a part of it, oldest first.
	Notes []InvoiceNote
	// Voided says who took it back and why: for staff.
	Voided AuditRecord
	Sent   []InvoiceSent
	// Mails are those that bring it, newest first, sent or not: for staff.
	Mails []Mail
}

// mailsShown is how many mails the history of an invoice has.
const mailsShown = 50

// InvoiceNote is a credit note over a part of an invoice, without lines, and why it was given.
type InvoiceNote struct {
	flow.Issued
	Reason string
}

// notesOf are the credit notes over a part of an invoice.
func notesOf(tx Tx, invoice string) (notes []InvoiceNote, err error) {
	issued, err := tx.InvoiceNotes(invoice)
	for i := range issued {
		if !issued[i].Credits() || len(issued[i].Lines) == 0 {
			continue
		}
		note := InvoiceNote{issued[i], billing.ParseExplanation(issued[i].Lines[0].Explanation).Note}
		note.Lines, note.Taxes = nil, nil
		notes = append(notes, note)
	}
	return notes, err
}

// InvoiceHistory tells what became of an invoice.
func (d *Desk) InvoiceHistory(ctx context.Context, number string) (h InvoiceHistory, err error) {
	err = d.read(ctx, "InvoiceHistory", func(tx Tx) error {
		issued, err := d.invoiceIn(tx, number)
		if err != nil {
			return err
		}
		for _, other := range []struct {
			id string
			to *flow.Issued
		}{{issued.Corrects, &h.Corrects}, {issued.VoidedBy, &h.VoidedBy}} {
			if other.id == "" {
				continue
			}
			if *other.to, err = tx.InvoiceGet(other.id); err != nil {
				return err
			}
			other.to.Lines, other.to.Taxes = nil, nil
		}
		if h.Notes, err = notesOf(tx, issued.ID); err != nil {
			return err
		}
		if h.Sent, err = tx.InvoiceSentList(issued.ID); err != nil || !d.person.Staff() {
			return err
		}
		if h.Mails, err = tx.MailList(MailFilter{Invoice: issued.ID, Most: mailsShown}); err != nil {
			return err
		}
		if issued.Run != 0 {
			if h.Run, err = tx.RunGet(issued.Run); err != nil {
				return err
			}
		}
		if issued.VoidedBy == "" {
			return nil
		}
		records, err := tx.AuditList(AuditFilter{Verb: "InvoiceVoid", Subject: flow.PrintedNumber(&issued), Outcome: Done, Most: 1})
		if len(records) == 1 {
			h.Voided = records[0]
		}
		return err
	})
	return h, err
}

package flow

import (
	"context"
	"fmt"
	"strings"

	"prorata/core/billing"
)

// Documents composes many invoices with one reading of the catalog.
func (f *Flow) Documents(ctx context.Context, filter InvoiceFilter, call func(Document) error) error {
	filter.WithLines = true
	return f.Store.Read(ctx, func(tx Tx) error {
		catalog, err := tx.CatalogGet(true)
		if err != nil {
			return err
		}
		var failed error
		err = tx.InvoiceList(filter, func(issued Issued) bool {
			var doc Document
			if doc, failed = ComposeIn(tx, catalog, &issued); failed == nil {
				failed = call(doc)
			}
			return failed == nil
		})
		if failed != nil {
			return failed
		}
		return err
	})
}

// ComposeIn makes the printed form of an issued invoice in a transaction, with a catalog that was read before.
func ComposeIn(tx Tx, catalog *Catalog, issued *Issued) (Document, error) {
	seller, _, err := tx.SellerVersion(issued.Seller, issued.SellerVersion)
	if err != nil {
		return Document{}, fmt.Errorf("seller %s: %w", issued.Seller, err)
	}
	payer, err := tx.AccountVersion(issued.Payer, issued.PayerVersion)
	if err != nil {
		return Document{}, fmt.Errorf("account %s: %w", issued.Payer, err)
	}
	doc := Document{
		Number: PrintedNumber(issued), CreditNote: issued.CreditNote, Void: issued.VoidedBy != "", Date: issued.Date, DueOn: issued.DueOn,
		PurchaseOrder: payer.PurchaseOrder, Language: payer.Language, Currency: issued.Currency, Seller: seller.Party, Buyer: payer.Party,
		Remittance: seller.Remittance, Consolidated: issued.Contract == "", Net: issued.Net, Tax: issued.Tax, Total: issued.Total,
	}
	if doc.Language == "" {
		doc.Language = "en"
	}
	if days := issued.Date.DaysUntil(issued.DueOn); days > 0 {
		doc.Terms = netDays(doc.Language, days)
	}
	if issued.Corrects != "" {
		corrected, err := tx.InvoiceGet(issued.Corrects)
		if err != nil {
			return Document{}, err
		}
		doc.Corrects = PrintedNumber(&corrected)
	}
	if err := head(tx, &doc, issued); err != nil {
		return Document{}, err
	}
	c := composer{tx: tx, catalog: catalog, doc: &doc}
	for i := range issued.Lines {
		if err := c.line(&issued.Lines[i]); err != nil {
			return Document{}, err
		}
	}
	for i := range issued.Taxes {
		t := &issued.Taxes[i]
		doc.Taxes = append(doc.Taxes, DocumentTax{Name: t.Name, Category: t.Category, Percent: t.Percent, Included: t.Included, Account: t.Account, Net: t.Net, Tax: t.Tax})
	}
	return doc, c.orders(issued)
}

// head gives a document the letterhead that its seller had in the version it was issued with.
func head(tx Tx, doc *Document, issued *Issued) (err error) {
	if doc.Letterhead, err = tx.LetterheadOf(issued.Seller, issued.SellerVersion); err != nil {
		return err
	}
	doc.Agree()
	return nil
}

// Agree puts the conditions of the letterhead among an invoice's notes. A credit note asks for nothing.
func (d *Document) Agree() {
	if d.Letterhead.Conditions != "" && !d.CreditNote {
		d.Notes = append(d.Notes, strings.Split(d.Letterhead.Conditions, "\n")...)
	}
}

// composer groups the lines of one document.
type composer struct {
	tx      Tx
	catalog *Catalog
	doc     *Document
}

func (c *composer) line(line *billing.InvoiceLine) error {
	entity, err := c.entity(line)
	if err != nil {
		return err
	}
	section := c.section(entity, line)
	e := billing.ParseExplanation(line.Explanation)
	shown := DocumentLine{
		Kind: line.Kind, From: line.From, To: line.To, Quantity: line.Quantity, UnitPrice: line.UnitPrice, Priced: line.Priced,
		PriceUnit: e.Unit, Gross: line.InvoicedGross, Discount: line.InvoicedDisc, Amount: line.InvoicedAt, TaxName: line.Tax, Cause: e.Cause,
	}
	if line.Kind == billing.LineCredit {
		shown.CreditOf, shown.Reason = e.Line, e.Note
	}
	if !TellsCost(line) {
		shown.Explanation, shown.Arithmetic = Explain(line), Arithmetic(line)
	}
	section.Lines = append(section.Lines, shown)
	section.Subtotal = section.Subtotal.Add(line.InvoicedAt)
	entity.Subtotal = entity.Subtotal.Add(line.InvoicedAt)
	return nil
}

// TellsCost says whether a line's arithmetic shows what the provider asks,
// which is the seller's affair and not the customer's.
func TellsCost(line *billing.InvoiceLine) bool {
	e := billing.ParseExplanation(line.Explanation)
	return e.Basis == "cost" || e.Charge != ""
}

func (c *composer) entity(line *billing.InvoiceLine) (*DocumentEntity, error) {
	for i := range c.doc.Entities {
		if c.doc.Entities[i].Account == line.Account {
			return &c.doc.Entities[i], nil
		}
	}
	account, err := c.tx.AccountGet(line.Account)
	if err != nil {
		return nil, fmt.Errorf("account %s: %w", line.Account, err)
	}
	c.doc.Entities = append(c.doc.Entities, DocumentEntity{
		Account: line.Account, Name: account.Name, TaxID: account.Party.TaxID, Subtotal: line.InvoicedAt.Sub(line.InvoicedAt),
	})
	return &c.doc.Entities[len(c.doc.Entities)-1], nil
}

func (c *composer) section(entity *DocumentEntity, line *billing.InvoiceLine) *DocumentSection {
	for i := range entity.Sections {
		if s := &entity.Sections[i]; s.Subscription == line.Subscription && s.SKU == line.SKU {
			return s
		}
	}
	name := line.SKU
	if product, ok := c.catalog.Products[line.SKU]; ok && product.Name != "" {
		name = product.Name
	}
	entity.Sections = append(entity.Sections, DocumentSection{
		Subscription: line.Subscription, SKU: line.SKU, Product: name, Subtotal: line.InvoicedAt.Sub(line.InvoicedAt),
	})
	return &entity.Sections[len(entity.Sections)-1]
}

// orders prints the contract's own purchase order where the invoice has one contract.
func (c *composer) orders(issued *Issued) error {
	if issued.Contract == "" {
		return nil
	}
	contract, err := c.tx.ContractGet(issued.Contract)
	if err != nil {
		return fmt.Errorf("contract %s: %w", issued.Contract, err)
	}
	if contract.PurchaseOrder != "" {
		c.doc.PurchaseOrder = contract.PurchaseOrder
	}
	return nil
}

// netDays says the payment terms in the customer's language.
func netDays(language string, days int) string {
	format := "%d days net"
	switch language {
	case "de":
		format = "%d Tage netto"
	case "fr":
		format = "%d jours nets"
	case "es":
		format = "%d días netos"
	case "nl":
		format = "%d dagen netto"
	}
	return fmt.Sprintf(format, days)
}

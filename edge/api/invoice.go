package api

import (
	"context"
	"time"

	"prorata/core/billing"
	"prorata/flow"
	"prorata/flow/office"
)

// Invoice is an issued invoice or credit note.
type Invoice struct {
	Number     string        `json:"number" doc:"The printed number." example:"INV-000042"`
	ID         string        `json:"id" doc:"The id: the contract or payer, and the date." example:"acme-main/2026-03-01"`
	Kind       string        `json:"kind" enum:"invoice,credit_note" doc:"A credit note's total is negative, or it takes an invoice back."`
	Seller     string        `json:"seller" doc:"The seller's id."`
	Payer      string        `json:"payer" doc:"The account that it is addressed to."`
	Contract   string        `json:"contract,omitempty" doc:"The contract; absent on a consolidated invoice."`
	Date       Day           `json:"date" doc:"The day of the invoice."`
	DueOn      Day           `json:"due_on" doc:"The day on which it is to be paid."`
	Currency   string        `json:"currency" pattern:"^[A-Z]{3}$" doc:"ISO 4217." example:"EUR"`
	Net        Money         `json:"net" doc:"The sum before tax."`
	Tax        Money         `json:"tax" doc:"The tax."`
	Total      Money         `json:"total" doc:"Net and tax."`
	IssuedAt   time.Time     `json:"issued_at" doc:"When it was given its number."`
	Run        int64         `json:"run,omitempty" doc:"The billing run that issued it; absent for none."`
	CorrectsID string        `json:"corrects_id,omitempty" doc:"The id of the invoice that this credit note takes back, or a part of it."`
	VoidedByID string        `json:"voided_by_id,omitempty" doc:"The id of the credit note that took it back."`
	Lines      []InvoiceLine `json:"lines" nullable:"false" doc:"What is billed, in the order of the document."`
	Taxes      []TaxSum      `json:"taxes" nullable:"false" doc:"The tax summary."`
}

// InvoiceLine is one line.
type InvoiceLine struct {
	Contract     string   `json:"contract" doc:"The contract that it is of."`
	Account      string   `json:"account" doc:"The account that it is for."`
	Subscription string   `json:"subscription" doc:"The subscription or item."`
	Kind         string   `json:"kind" enum:"base,change,adjustment,usage,one_time,minimum,smoothing,credit" doc:"What it is for."`
	SKU          string   `json:"sku" doc:"The product."`
	From         Day      `json:"from" doc:"The first day that it covers."`
	To           Day      `json:"to,omitempty" doc:"The day after the last that it covers; absent for a one-time item."`
	Quantity     Decimal  `json:"quantity" doc:"How many."`
	UnitPrice    *Decimal `json:"unit_price,omitempty" doc:"The price of one, where there is one."`
	Gross        Money    `json:"gross" doc:"Before discounts."`
	Discount     Money    `json:"discount" doc:"What discounts take off."`
	Amount       Money    `json:"amount" doc:"What is left, in the invoice's currency."`
	Why          string   `json:"why" doc:"Why this amount: the sentence."`
	Arithmetic   string   `json:"arithmetic,omitempty" doc:"Why this amount: the sum, as it can be redone by hand; absent where it would tell the seller's cost."`
}

// TaxSum is one row of the tax summary.
type TaxSum struct {
	Account  string  `json:"account" doc:"The account whose lines they are."`
	Name     string  `json:"name" doc:"The tax's name."`
	Category string  `json:"category" enum:"standard,reverse_charge,exempt,zero" doc:"Its category."`
	Percent  Decimal `json:"percent" doc:"Its rate in percent."`
	Included bool    `json:"included" doc:"Whether the prices contain it."`
	Net      Money   `json:"net" doc:"The sum that it is on."`
	Tax      Money   `json:"tax" doc:"The tax."`
}

func lineKindWord(kind billing.LineKind) string {
	return [...]string{"base", "change", "adjustment", "usage", "one_time", "minimum", "smoothing", "credit"}[kind]
}

func invoiceKind(i *flow.Issued) string {
	if i.CreditNote {
		return "credit_note"
	}
	return "invoice"
}

// invoiceOf shows an invoice; whoever is not of the seller's staff is not told what the
// provider asks.
func invoiceOf(i *flow.Issued, staff bool) Invoice {
	invoice := Invoice{
		Number: flow.PrintedNumber(i), ID: i.ID, Kind: invoiceKind(i), Seller: string(i.Seller), Payer: string(i.Payer), Contract: string(i.Contract),
		Date: dayOf(i.Date), DueOn: dayOf(i.DueOn), Currency: i.Currency.String(), Net: moneyOf(i.Net), Tax: moneyOf(i.Tax), Total: moneyOf(i.Total),
		IssuedAt: i.IssuedAt.UTC(), Run: i.Run, CorrectsID: i.Corrects, VoidedByID: i.VoidedBy, Lines: make([]InvoiceLine, len(i.Lines)), Taxes: make([]TaxSum, len(i.Taxes)),
	}
	for n := range i.Lines {
		invoice.Lines[n] = lineOf(&i.Lines[n], staff)
	}
	for n, tax := range i.Taxes {
		invoice.Taxes[n] = TaxSum{string(tax.Account), tax.Name, taxCategoryWords[tax.Category], decimalOf(tax.Percent), tax.Included, moneyOf(tax.Net), moneyOf(tax.Tax)}
	}
	return invoice
}

func lineOf(l *billing.InvoiceLine, staff bool) InvoiceLine {
	line := InvoiceLine{
		Contract: string(l.Contract), Account: string(l.Account), Subscription: string(l.Key.Subscription), Kind: lineKindWord(l.Kind), SKU: l.SKU,
		From: dayOf(l.From), To: dayOf(l.To), Quantity: decimalOf(l.Quantity), Gross: moneyOf(l.InvoicedGross), Discount: moneyOf(l.InvoicedDisc),
		Amount: moneyOf(l.InvoicedAt), Why: flow.Sentence(l), Arithmetic: flow.Arithmetic(l),
	}
	if !staff && flow.TellsCost(l) {
		line.Why, line.Arithmetic = flow.PlainSentence(l), ""
	}
	if l.Priced {
		price := decimalOf(l.UnitPrice)
		line.UnitPrice = &price
	}
	return line
}

// InvoiceNamed is asked for one invoice.
type InvoiceNamed struct {
	Number string `path:"number" maxLength:"200" doc:"The printed number." example:"INV-000042"`
}

type invoiceAnswer struct{ Body Invoice }

func invoiceGet(ctx context.Context, desk *office.Desk, in *InvoiceNamed) (*invoiceAnswer, error) {
	issued, err := desk.InvoiceGet(ctx, in.Number)
	if err != nil {
		return nil, err
	}
	return &invoiceAnswer{invoiceOf(&issued, staffAt(desk))}, nil
}

func staffAt(desk *office.Desk) bool {
	person := desk.Person()
	return person.Staff()
}

type invoiceVoiding struct {
	InvoiceNamed
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"Why, for the audit." example:"Wrong quantity"`
	}
}

type created[T any] struct {
	Location string `header:"Location" doc:"Where it is read."`
	Body     T
}

func invoiceVoid(ctx context.Context, desk *office.Desk, in *invoiceVoiding) (*created[Invoice], error) {
	note, err := desk.InvoiceVoid(ctx, in.Number, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &created[Invoice]{"/v1/invoices/" + flow.PrintedNumber(&note), invoiceOf(&note, staffAt(desk))}, nil
}

// InvoiceRow is an invoice as it stands in a list.
type InvoiceRow struct {
	Number    string     `json:"number" doc:"The printed number." example:"INV-000042"`
	ID        string     `json:"id" doc:"The id."`
	Kind      string     `json:"kind" enum:"invoice,credit_note" doc:"What it is."`
	Payer     string     `json:"payer" doc:"The account that it is addressed to."`
	PayerName string     `json:"payer_name" doc:"Its name."`
	Contract  string     `json:"contract,omitempty" doc:"The contract; absent on a consolidated invoice."`
	Date      Day        `json:"date" doc:"The day of the invoice."`
	DueOn     Day        `json:"due_on" doc:"The day on which it is to be paid."`
	Net       Money      `json:"net" doc:"The sum before tax."`
	Tax       Money      `json:"tax" doc:"The tax."`
	Total     Money      `json:"total" doc:"Net and tax."`
	Void      bool       `json:"void" doc:"Whether it was taken back."`
	SentAt    *time.Time `json:"sent_at,omitempty" doc:"When it was last noted as sent."`
}

func invoiceRowOf(row *office.InvoiceRow) InvoiceRow {
	return InvoiceRow{Number: flow.PrintedNumber(&row.Issued), ID: row.ID, Kind: invoiceKind(&row.Issued), Payer: string(row.Payer), PayerName: row.PayerName, Contract: string(row.Contract),
		Date: dayOf(row.Date), DueOn: dayOf(row.DueOn), Net: moneyOf(row.Net), Tax: moneyOf(row.Tax), Total: moneyOf(row.Total), Void: row.VoidedBy != "", SentAt: instantOf(row.SentAt)}
}

// InvoicesAsked narrows a list of invoices, or what is added up.
type InvoicesAsked struct {
	Account  string `query:"account" maxLength:"100" doc:"Only what it pays, or what is for it."`
	Contract string `query:"contract" maxLength:"100" doc:"Only of this contract."`
	SKU      string `query:"sku" maxLength:"200" doc:"Only with this product on a line."`
	From     Day    `query:"from" doc:"Only of this day or later."`
	To       Day    `query:"to" doc:"Only of this day or earlier."`
	Kind     string `query:"kind" enum:"invoice,credit_note" doc:"Only of this kind."`
	State    string `query:"state" enum:"standing,open,overdue,paid,void,correcting" doc:"Only what stands, is not settled, was due before today, is paid, was taken back, or takes back."`
	Text     string `query:"text" maxLength:"200" doc:"A number, or a part of the payer's name or id."`
	Run      int64  `query:"run" minimum:"1" doc:"Only what this billing run issued."`
	Reseller string `query:"reseller" maxLength:"100" doc:"Only what is for this reseller's customers, or what it pays for them."`
	Currency string `query:"currency" pattern:"^[A-Z]{3}$" doc:"Only in this currency."`
	Least    string `query:"least" pattern:"^-?[0-9]{1,18}(\\.[0-9]{1,18})?$" doc:"Only with a total of so much or more, in the currency; in the seller's where none is given."`
	Greatest string `query:"greatest" pattern:"^-?[0-9]{1,18}(\\.[0-9]{1,18})?$" doc:"Only with a total of so much or less, in the same."`
}

func (in *InvoicesAsked) query() (q office.InvoiceQuery, err error) {
	q = office.InvoiceQuery{Account: accountID(in.Account), Contract: billing.ContractID(in.Contract), SKU: in.SKU, Kind: in.Kind, State: in.State, Text: in.Text, Run: in.Run}
	q.Reseller, q.Currency = accountID(in.Reseller), in.Currency
	if q.HasLeast = in.Least != ""; q.HasLeast {
		if q.Least, err = Decimal(in.Least).decimal("least"); err != nil {
			return q, err
		}
	}
	if q.HasGreatest = in.Greatest != ""; q.HasGreatest {
		if q.Greatest, err = Decimal(in.Greatest).decimal("greatest"); err != nil {
			return q, err
		}
	}
	q.From, q.To, err = days(in.From, in.To)
	return q, err
}

func invoiceList(ctx context.Context, desk *office.Desk, in *struct {
	Paging
	InvoicesAsked
	Sort string `query:"sort" enum:"newest,oldest,largest,smallest" doc:"The order; newest first where it is not given."`
}) (*listed[InvoiceRow], error) {
	list := "invoices/" + in.Sort
	after, err := begin[string](list, in.After)
	if err != nil {
		return nil, err
	}
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	q.Sort, q.After, q.Most = in.Sort, after, in.Limit
	page, err := desk.InvoiceList(ctx, q)
	if err != nil {
		return nil, err
	}
	var next *string
	if page.More && len(page.Rows) > 0 {
		next = &page.Rows[len(page.Rows)-1].ID
	}
	return pageBefore(list, page.Rows, next, invoiceRowOf), nil
}

// InvoiceTotal adds up invoices of one currency.
type InvoiceTotal struct {
	Count int64 `json:"count" doc:"How many there are."`
	Net   Money `json:"net" doc:"Before tax."`
	Tax   Money `json:"tax" doc:"The tax."`
	Total Money `json:"total" doc:"Net and tax."`
}

func invoiceTotals(ctx context.Context, desk *office.Desk, in *InvoicesAsked) (*listed[InvoiceTotal], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	totals, err := desk.InvoiceTotals(ctx, q)
	if err != nil {
		return nil, err
	}
	return pageBefore[office.InvoiceTotal, InvoiceTotal, string]("totals", totals, nil, func(t *office.InvoiceTotal) InvoiceTotal {
		return InvoiceTotal{t.Count, moneyOf(t.Net), moneyOf(t.Tax), moneyOf(t.Total)}
	}), nil
}

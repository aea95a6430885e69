package standin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"prorata/core/money"
)

// oneTimePrefix is what links to a new commerce invoice put before its number.
const oneTimePrefix = "OneTime-"

// pageLinesMax is the most line items of a page.
const pageLinesMax = 2000

// invoiceReady writes the audit record and the notification of a new or restated
// invoice.
func (w *World) invoiceReady(i *invoice) {
	w.note("ready_invoice", "invoice", nil, string(encode(object{"Id": i.id, "InvoiceDate": stamp(i.at)}, false)), [2]string{"InvoiceId", i.id})
	w.billing.notify(invoiceEvent, "/v1/invoices/"+i.id, "invoice")
}

// currencySigns are the signs of the billing currencies that have one.
var currencySigns = map[string]string{"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}

func (b *billing) sign() string {
	code := b.world.set.Partner.Currency
	if s := currencySigns[code]; s != "" {
		return s
	}
	return code
}

// resource is an invoice as it is read.
func (b *billing) resource(i *invoice) object {
	details := []object{b.detail(i, "billing_line_items", "BillingLineItems")}
	if len(i.usage) > 0 {
		details = append(details, b.detail(i, "usage_line_items", "UsageLineItems"))
	}
	kind := "invoice"
	if i.credit {
		kind = "credit_note"
	}
	o := object{
		"id": i.id, "invoiceDate": stamp(i.at), "billingPeriodStartDate": daystamp(i.period.From), "billingPeriodEndDate": daystamp(lastOf(i.period)),
		"totalCharges": amount(i.total()), "paidAmount": json.Number("0"), "currencyCode": b.world.set.Partner.Currency, "currencySymbol": b.sign(),
		"pdfDownloadLink": "/invoices/" + i.id + "/documents/statement", "invoiceDetails": details, "documentType": kind, "invoiceType": "OneTime",
		"links": object{"self": link("/invoices/" + oneTimePrefix + i.id)}, "attributes": kindOf("Invoice"),
	}
	if i.amends != "" {
		o["amendsOf"] = i.amends
	}
	var notes []object
	for _, note := range b.invoices {
		if note.amends == i.id {
			notes = append(notes, b.resource(note))
		}
	}
	if notes != nil {
		o["amendments"] = notes
	}
	return o
}

func (b *billing) detail(i *invoice, kind, path string) object {
	return object{
		"invoiceLineItemType": kind, "billingProvider": "one_time", "attributes": kindOf("InvoiceDetail"),
		"links": object{"self": link("/invoices/" + oneTimePrefix + i.id + "/lineitems/OneTime/" + path)},
	}
}

// listInvoices lists every invoice and credit note: new commerce knows no pages here.
func (b *billing) listInvoices(c *call) *answer {
	var items []object
	for _, i := range b.invoices {
		items = append(items, b.resource(i))
	}
	return ok(collection(items, c.self()))
}

func (b *billing) invoiceOf(c *call) (*invoice, *answer) {
	if i := b.invoice(c.path("invoice")); i != nil {
		return i, nil
	}
	return nil, &answer{status: http.StatusNotFound, body: object{
		"code": 2000, "description": "Invoice " + c.path("invoice") + " was not found.", "data": []any{}, "source": "PartnerFD",
	}}
}

func (b *billing) getInvoice(c *call) *answer {
	i, no := b.invoiceOf(c)
	if no != nil {
		return no
	}
	return ok(b.resource(i))
}

// statement is an invoice's PDF.
func (b *billing) statement(c *call) *answer {
	i, no := b.invoiceOf(c)
	if no != nil {
		return no
	}
	title := "Invoice " + i.id
	if i.credit {
		title = "Credit note " + i.id
	}
	a := &answer{status: http.StatusOK, kind: "application/pdf", raw: plainPDF(
		title, "Partner: "+b.world.set.Partner.Name, "Date: "+civil(i.at).String(),
		"Period: "+i.period.From.String()+" to "+lastOf(i.period).String(), "Total: "+i.total().String()+" "+b.world.set.Partner.Currency,
	)}
	return a.with("Content-Disposition", "attachment; filename=Invoice_"+i.id+".pdf")
}

// plainPDF is a document of one page with a few lines of text.
func plainPDF(lines ...string) []byte {
	var text strings.Builder
	text.WriteString("BT /F1 11 Tf 14 TL 72 760 Td")
	for _, l := range lines {
		fmt.Fprintf(&text, " (%s) Tj T*", strings.NewReplacer(`\`, `\\`, `(`, `\(`, `)`, `\)`).Replace(l))
	}
	text.WriteString(" ET")
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", text.Len(), text.String()),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
	}
	out := "%PDF-1.4\n"
	places := make([]int, len(objects))
	for n, o := range objects {
		places[n] = len(out)
		out += fmt.Sprintf("%d 0 obj\n%s\nendobj\n", n+1, o)
	}
	table := len(out)
	out += fmt.Sprintf("xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, at := range places {
		out += fmt.Sprintf("%010d 00000 n \n", at)
	}
	return []byte(out + fmt.Sprintf("trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, table))
}

// summary is the partner's balance.
func (b *billing) summary() object {
	var sum money.Decimal
	never := "0001-01-01T00:00:00"
	first, latest := never, never
	for _, i := range b.invoices {
		sum = sum.Add(i.total())
		if first == never {
			first = stamp(i.at)
		}
		latest = stamp(i.at)
	}
	return object{
		"balanceAmount": amount(sum), "currencyCode": b.world.set.Partner.Currency, "currencySymbol": b.sign(), "accountingDate": daystamp(civil(b.world.now)),
		"firstInvoiceCreationDate": first, "lastPaymentDate": never, "lastPaymentAmount": json.Number("0"), "latestInvoiceDate": latest,
		"attributes": kindOf("InvoiceSummary"),
	}
}

func (b *billing) summaryWithDetails() object {
	o := b.summary()
	o["details"] = []object{{"invoiceType": "OneTime", "summary": b.summary()}}
	o["links"] = object{"self": link("/invoices/summary")}
	return o
}

func (b *billing) balance(*call) *answer { return ok(b.summaryWithDetails()) }
func (b *billing) balances(c *call) *answer {
	return ok(collection([]object{b.summaryWithDetails()}, c.self()))
}

// estimates are links to what is not billed yet.
func (b *billing) estimates(c *call) *answer {
	var items []object
	for _, kind := range []struct{ kind, title, about, path string }{
		{"daily_rated_usage", "Daily rated usage unbilled", "Daily rated usage that is on no invoice yet.", "UsageLineItems"},
		{"billing_line_items", "Reconciliation unbilled", "Charges that are on no invoice yet.", "BillingLineItems"},
	} {
		for _, period := range []string{"Current", "Previous"} {
			items = append(items, object{"type": kind.kind, "title": kind.title, "description": kind.about, "period": period, "link": link(fmt.Sprintf(
				"/invoices/unbilled/lineitems?provider=onetime&invoicelineitemtype=%s&currencycode=%s&period=%s&size=%d", kind.path, c.query("currencycode"), strings.ToLower(period), pageLinesMax,
			))})
		}
	}
	return ok(collection(items, ""))
}

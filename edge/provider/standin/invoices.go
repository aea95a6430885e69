package standin

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"prorata/core/money"
)

// oneTimePrefix is what links to a new commerce invoice put before its number.
const oneTimePrefix = "OneTime-"

// pageLinesMax is the most line items of a page.
const pageLinesMax = 2000

// amountJSON is a decimal as a JSON number.
func amountJSON(d money.Decimal) json.Number { return json.Number(d.String()) }

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
		"totalCharges": amountJSON(i.total()), "paidAmount": json.Number("0"), "currencyCode": b.world.set.Partner.Currency, "currencySymbol": b.sign(),
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
		"balanceAmount": amountJSON(sum), "currencyCode": b.world.set.Partner.Currency, "currencySymbol": b.sign(), "accountingDate": daystamp(civil(b.world.now)),
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
	return ok(collection(items, c.self()))
}

// lineItems are the lines of an invoice, or of none yet, page by page.
func (b *billing) lineItems(c *call) *answer {
	provider, kind := c.path("provider"), c.path("type")
	if provider == "" {
		provider, kind = c.query("provider"), c.query("invoicelineitemtype")
	}
	switch strings.ToLower(provider) {
	case "onetime", "marketplace", "all":
	case "office", "azure":
		return ok(collection([]object(nil), c.self()))
	default:
		return refuseInput("provider %q", provider)
	}
	usage := strings.EqualFold(kind, "usagelineitems")
	if !usage && !strings.EqualFold(kind, "billinglineitems") {
		return refuseInput("invoicelineitemtype %q", kind)
	}
	var lines []reconLine
	var records []usageRecord
	if strings.EqualFold(c.path("invoice"), "unbilled") {
		last := strings.EqualFold(c.query("period"), "previous")
		if !last && !strings.EqualFold(c.query("period"), "current") {
			return refuseInput("period %q", c.query("period"))
		}
		if strings.EqualFold(c.query("currencycode"), b.world.set.Partner.Currency) {
			lines, records = b.unbilled(last)
		}
	} else {
		i, no := b.invoiceOf(c)
		if no != nil {
			return no
		}
		lines, records = i.lines, i.usage
	}
	if usage {
		return linesPage(c, b, usageColumns(), records, `"invoiceLineItemType":"usage_line_items","billingProvider":"one_time","attributes":{"objectType":"DailyRatedUsageLineItem"}`)
	}
	return linesPage(c, b, reconColumns(), lines, `"discountDetails":"","invoiceLineItemType":"billing_line_items","billingProvider":"one_time","attributes":{"objectType":"OneTimeInvoiceLineItem"}`)
}

// linesPage is one page of lines with the token of the next.
func linesPage[T any](c *call, b *billing, columns []column[T], lines []T, extra string) *answer {
	size, err := strconv.Atoi(c.query("size"))
	switch {
	case c.query("size") == "":
		size = pageLinesMax
	case err != nil || size < 1 || size > pageLinesMax:
		return refuseInput("size %q", c.query("size"))
	}
	from := 0
	if token := c.r.Header.Get("MS-ContinuationToken"); strings.EqualFold(c.query("seekOperation"), "Next") {
		if from, size, err = openToken(token); err != nil || from > len(lines) {
			return refuseInput("continuation token %q", token)
		}
	}
	to := min(len(lines), from+size)
	items := make([]json.RawMessage, 0, to-from)
	for n := from; n < to; n++ {
		items = append(items, writeLine(columns, &lines[n], spelling{older: true, numbersAsStrings: b.switches.NumbersAsStrings}, extra))
	}
	page := collection(items, c.self())
	if to < len(lines) {
		token := sealToken(to, size)
		next := c.self()
		if !strings.Contains(strings.ToLower(next), "seekoperation=next") {
			if strings.Contains(next, "?") {
				next += "&seekOperation=Next"
			} else {
				next += "?seekOperation=Next"
			}
		}
		page["continuationToken"] = token
		page["links"] = object{"self": link(c.self()), "next": link(next, object{"key": "MS-ContinuationToken", "value": token})}
	}
	return ok(page)
}

// sealToken says where the next page begins, and how long pages are.
func sealToken(from, size int) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "lines,%d,%d", from, size))
}

func openToken(token string) (from, size int, err error) {
	data, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		return 0, 0, err
	}
	_, err = fmt.Sscanf(string(data), "lines,%d,%d", &from, &size)
	if err == nil && (from < 0 || size < 1 || size > pageLinesMax) {
		err = fmt.Errorf("not a place in the lines")
	}
	return from, size, err
}

// switchesJSON is the control door's form of the switches.
type switchesJSON struct {
	Truncation       string      `json:"truncation"`
	TaxPercent       json.Number `json:"taxPercent"`
	Manifest         string      `json:"manifest"`
	Polls            int         `json:"polls"`
	BlobLines        int         `json:"blobLines"`
	LinksLast        string      `json:"linksLast"`
	NumbersAsStrings bool        `json:"numbersAsStrings"`
	TruncatedBlobs   int         `json:"truncatedBlobs"`
	WebhooksLost     bool        `json:"webhooksLost"`
}

func (b *billing) showSwitches(*call) *answer {
	s := b.switches
	form := switchesJSON{
		Truncation: "unit", TaxPercent: amountJSON(s.TaxPercent), Manifest: string(s.Manifest), Polls: s.Polls, BlobLines: s.BlobLines,
		LinksLast: s.LinksLast.String(), NumbersAsStrings: s.NumbersAsStrings, TruncatedBlobs: s.TruncatedBlobs, WebhooksLost: s.WebhooksLost,
	}
	if s.Truncation == TruncateLine {
		form.Truncation = "line"
	}
	return ok(form)
}

// setSwitches changes what the body names and leaves the rest.
func (b *billing) setSwitches(c *call) *answer {
	var form switchesJSON
	if err := json.Unmarshal(encode(b.showSwitches(c).body, false), &form); err != nil {
		return refuseInput("%v", err) // what we wrote ourselves
	}
	if no := c.read(&form); no != nil {
		return no
	}
	tax, err := money.ParseDecimal(form.TaxPercent.String())
	if err != nil || tax.Sign() < 0 {
		return refuseInput("taxPercent %q (expected 0 or more)", form.TaxPercent)
	}
	last, err := time.ParseDuration(form.LinksLast)
	if err != nil {
		return refuseInput("linksLast %q (expected for example 12h)", form.LinksLast)
	}
	manifest := ManifestForm(form.Manifest)
	if manifest != ManifestInline && manifest != ManifestLink && manifest != ManifestText {
		return refuseInput("manifest %q (expected inline, link or string)", form.Manifest)
	}
	s := Switches{
		TaxPercent: tax, Manifest: manifest, Polls: form.Polls, BlobLines: max(1, form.BlobLines), LinksLast: last,
		NumbersAsStrings: form.NumbersAsStrings, TruncatedBlobs: form.TruncatedBlobs, WebhooksLost: form.WebhooksLost,
	}
	switch form.Truncation {
	case "unit":
	case "line":
		s.Truncation = TruncateLine
	default:
		return refuseInput("truncation %q (expected unit or line)", form.Truncation)
	}
	b.switches = s
	return b.showSwitches(c)
}

func (b *billing) setMistake(c *call) *answer {
	var m Mistake
	if no := c.read(&m); no != nil {
		return no
	}
	if err := b.mistake(m); err != nil {
		return refuseInput("%v", err)
	}
	return empty(http.StatusNoContent)
}

package partnercenter_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/edge/provider/partnercenter"
	"prorata/flow"
)

func date(text string) calendar.Date {
	d, err := calendar.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

func euro() money.Currency {
	c, err := money.ParseCurrency("EUR")
	if err != nil {
		panic(err)
	}
	return c
}

const (
	invoicesCall  = "GET /v1/invoices?size=200&offset=0"
	exportBilled  = "POST /v1.0/reports/partners/billing/reconciliation/billed/export"
	exportOpen    = "POST /v1.0/reports/partners/billing/reconciliation/unbilled/export"
	usageBilled   = "POST /v1.0/reports/partners/billing/usage/billed/export"
	usageOpen     = "POST /v1.0/reports/partners/billing/usage/unbilled/export"
	operationCall = "GET /v1.0/reports/partners/billing/operations/op1"
	manifestBody  = `{"id":"m1","schemaVersion":"2","dataFormat":"compressedJSON","eTag":"E1","rootDirectory":"{host}/blobs/dir","sasToken":"sv=1&sig=a%2Bb","blobCount":2,"blobs":[{"name":"part-0.json.gz"},{"name":"part-1.json.gz"}]}`
	blob0         = "GET /blobs/dir/part-0.json.gz?sv=1&sig=a%2Bb"
	blob1         = "GET /blobs/dir/part-1.json.gz?sv=1&sig=a%2Bb"
	oneRow        = `{"InvoiceNumber":"G1","CustomerId":"c","SubscriptionId":"s","ProductId":"P","SkuId":"1","ChargeType":"new","UnitPrice":10,"EffectiveUnitPrice":10,"BillableQuantity":2,"Subtotal":20,"TaxTotal":0,"Total":20,"Currency":"EUR","ChargeStartDate":"2026-02-01T00:00:00Z","ChargeEndDate":"2026-02-28T00:00:00Z"}` + "\n"
	rowText       = "new c/s P:1 2026-02-01..2026-03-01 2 × 10 of 10 = 20 + 0 = 20 EUR"
)

func accepted(call string) scene {
	return scene{call: call, status: http.StatusAccepted, header: map[string]string{"Location": "{host}/v1.0/reports/partners/billing/operations/op1"}}
}

func operation(status, rest string) scene {
	return scene{call: operationCall, body: `{"@odata.type":"#microsoft.graph.partners.billing.x","id":"op1","status":"` + status + `"` + rest + `}`}
}

func running(seconds string) scene {
	s := operation("running", "")
	if seconds != "" {
		s.header = map[string]string{"Retry-After": seconds}
	}
	return s
}

// exportScenes are an export whose manifest lies in the operation.
func exportScenes(call string, parts ...string) []scene {
	return []scene{
		accepted(call), operation("succeeded", `,"resourceLocation":`+manifestBody),
		{call: blob0, body: parts[0]}, {call: blob1, body: parts[1]},
	}
}

func lines(t *testing.T, c *partnercenter.Client, invoice string) []string {
	t.Helper()
	return told(c.InvoiceLines(t.Context(), flow.ProviderInvoice{ID: invoice, Currency: euro()}), lineText)
}

func TestTheRowsOfAnInvoiceAreExportedAndFetched(t *testing.T) {
	p, c := newPlay(t,
		accepted(exportBilled), operation("notStarted", ""), running("7"), running(""),
		operation("succeeded", `,"resourceLocation@odata.navigationLink":"{host}/v1.0/reports/partners/billing/manifests/m1"`),
		scene{call: "GET /v1.0/reports/partners/billing/manifests/m1", body: manifestBody},
		scene{call: blob0, body: zipped(oneRow + strings.Replace(oneRow, `"Subtotal":20`, `"Subtotal":"many"`, 1))},
		scene{call: blob1, body: zipped(oneRow)},
	)
	var ids []string
	got := told(c.InvoiceLines(t.Context(), flow.ProviderInvoice{ID: "G1"}), func(l flow.ProviderLine) string {
		ids = append(ids, l.Charge.ID)
		return lineText(l)
	})
	compare(t, got, "part-0.json.gz:1 "+rowText, `part-0.json.gz:2: Subtotal: "many" is not a decimal number (expected for example 12.50)`, "part-1.json.gz:1 "+rowText)
	if len(ids) != 2 || ids[1] != ids[0]+"-1" {
		t.Errorf("rows alike in two files are not told apart: %v", ids)
	}
	if want := `{"invoiceId":"G1","attributeSet":"full"}`; p.asked[0].body != want {
		t.Errorf("asked %s, want %s", p.asked[0].body, want)
	}
	if got := fmt.Sprint(p.waits); got != "[10s 7s 10s]" {
		t.Errorf("waited %s", got)
	}
	for i, a := range p.asked {
		if token := a.header.Get("Authorization"); (token == "") != strings.Contains(a.call, "/blobs/") {
			t.Errorf("call %d (%s) bears %q", i, a.call, token)
		}
	}
	if log := p.log.String(); strings.Contains(log, "sig=") || strings.Contains(log, "secret") {
		t.Error("a key is in the log")
	}
}

// Who takes the rows may be keeping them as they come, and then can neither wait for
// an export to be made nor keep a token that was renewed meanwhile.
func TestWhatIsNotBilledIsFetchedWholeBeforeItsFirstRow(t *testing.T) {
	open := strings.Replace(oneRow, `"G1"`, `""`, 1)
	all := append(exportScenes(exportOpen, zipped(open), ""), exportScenes(exportOpen, zipped(open), "")...)
	p, c := newPlay(t, all...)
	rows := 0
	for _, err := range c.InvoiceLines(t.Context(), flow.ProviderInvoice{Currency: euro()}) {
		if rows++; err != nil || len(p.asked) != len(all) {
			t.Errorf("row %d came after %d of %d calls: %v", rows, len(p.asked), len(all), err)
		}
	}
	if rows != 2 {
		t.Errorf("%d rows", rows)
	}
}

// A manifest may lie inside the answer, behind a text, or have its older names.
func TestAManifestInEveryShape(t *testing.T) {
	older := strings.NewReplacer("rootDirectory", "rootFolder", "sasToken\":\"", "rootFolderSAS\":\"?", "eTag", "etag").Replace(manifestBody)
	for name, scenes := range map[string][]scene{
		"inline": {operation("succeeded", `,"resourceLocation":`+manifestBody)},
		"older":  {operation("succeeded", `,"resourceLocation":`+older)},
		"text":   {operation("succeeded", `,"resourceLocation":"{host}/m"`), {call: "GET /m", body: manifestBody}},
		"typed":  {{call: operationCall, body: `{"@odata.type":"#microsoft.graph.partners.billing.exportSuccessOperation","resourceLocation":` + manifestBody + `}`}},
	} {
		t.Run(name, func(t *testing.T) {
			all := append([]scene{accepted(exportBilled)}, scenes...)
			_, c := newPlay(t, append(all, scene{call: blob0, body: zipped(oneRow)}, scene{call: blob1})...)
			compare(t, lines(t, c, "G1"), "part-0.json.gz:1 "+rowText)
		})
	}
}

func TestAnExportThatIsGoneIsMadeAgain(t *testing.T) {
	gone := scene{call: operationCall, status: http.StatusGone, body: `{"error":{"code":"gone","message":"The link is over."}}`}
	late := exportScenes(exportBilled, zipped(oneRow), "")
	late[3] = scene{call: blob1, status: http.StatusForbidden, body: "<Error><Code>AuthenticationFailed</Code></Error>"}
	scenes := append([]scene{accepted(exportBilled), gone}, late...)
	_, c := newPlay(t, append(scenes, exportScenes(exportBilled, zipped(oneRow), zipped(oneRow))...)...)
	compare(t, lines(t, c, "G1"), "part-0.json.gz:1 "+rowText, "part-1.json.gz:1 "+rowText)
	// Not for ever.
	_, c = newPlay(t, accepted(exportBilled), gone, accepted(exportBilled), gone, accepted(exportBilled), gone)
	got := lines(t, c, "G1")
	if len(got) != 1 || !strings.Contains(got[0], "The link is over.") {
		t.Errorf("got %v", got)
	}
}

func TestAnExportWithoutDataIsEmpty(t *testing.T) {
	_, c := newPlay(t, accepted(exportBilled), operation("failed", `,"error":{"code":"5000","message":"No data available"}`))
	compare(t, lines(t, c, "G1"))
	_, c = newPlay(t, accepted(exportBilled), operation("failed", `,"error":{"code":"4000","message":"Wrong invoice"}`))
	var no *flow.ProviderRefusal
	for _, err := range c.InvoiceLines(t.Context(), flow.ProviderInvoice{ID: "G1"}) {
		if !errors.As(err, &no) || no.Sentence != "Wrong invoice" || no.Todo == "" {
			t.Errorf("got %v", err)
		}
	}
	if no == nil {
		t.Error("a failed export is empty")
	}
}

func TestAnExportThatIsNeverReady(t *testing.T) {
	scenes := []scene{accepted(exportBilled)}
	for range 7 {
		scenes = append(scenes, running("290"))
	}
	p, c := newPlay(t, scenes...)
	var last error
	for _, err := range c.InvoiceLines(t.Context(), flow.ProviderInvoice{ID: "G1"}) {
		last = err
	}
	if !errors.Is(last, flow.ErrThrottled) || len(p.waits) != 6 {
		t.Errorf("waited %v, got %v", p.waits, last)
	}
}

func TestExportsThatAreNone(t *testing.T) {
	for want, scenes := range map[string][]scene{
		"Location: missing":         {{call: exportBilled, status: http.StatusAccepted}},
		"status: \"paused\"":        {accepted(exportBilled), operation("paused", "")},
		"resourceLocation: missing": {accepted(exportBilled), operation("succeeded", "")},
		"blobCount: \"2\", and 0":   {accepted(exportBilled), operation("succeeded", `,"resourceLocation":{"blobCount":2,"blobs":[]}`)},
		"one has no name":           {accepted(exportBilled), operation("succeeded", `,"resourceLocation":{"blobs":[{}]}`)},
		"rootDirectory: \"\" is no": {accepted(exportBilled), operation("succeeded", `,"resourceLocation":{"blobs":[{"name":"x"}]}`)},
	} {
		_, c := newPlay(t, scenes...)
		if got := strings.Join(lines(t, c, "G1"), "\n"); !strings.Contains(got, want) {
			t.Errorf("got %q, want %s", got, want)
		}
	}
}

// A download that breaks off is fetched again, and nothing of it is read twice.
func TestABrokenDownloadIsFetchedAgain(t *testing.T) {
	scenes := exportScenes(exportBilled, zipped(oneRow), zipped(oneRow))
	broken := scenes[2]
	broken.header = map[string]string{"Content-Length": "100000"}
	scenes = append(scenes[:2:2], broken, scenes[2], scenes[3])
	_, c := newPlay(t, scenes...)
	compare(t, lines(t, c, "G1"), "part-0.json.gz:1 "+rowText, "part-1.json.gz:1 "+rowText)
}

// So is one that was given short, or wrong: what was read of it is not read twice.
func TestADamagedFileIsFetchedAgain(t *testing.T) {
	many := ""
	for n := range 2000 {
		many += strings.Replace(oneRow, `"s"`, fmt.Sprintf(`"s%d"`, n), 1)
	}
	whole := zipped(many)
	scenes := exportScenes(exportBilled, whole[:len(whole)/2], zipped(oneRow))
	scenes = append(scenes, scene{call: blob0, body: "<html>busy</html>"}, scene{call: blob0, body: whole})
	_, c := newPlay(t, scenes...)
	seen := map[string]bool{}
	for line, err := range c.InvoiceLines(t.Context(), flow.ProviderInvoice{ID: "G1"}) {
		if err != nil {
			t.Fatal(err)
		}
		seen[line.Holding] = true
		if strings.Contains(line.Charge.ID, "-") {
			t.Fatalf("%s was read twice", line.Holding)
		}
	}
	if len(seen) != 2001 {
		t.Errorf("%d rows", len(seen))
	}
	// Not for ever.
	short := scene{call: blob0, body: whole[:len(whole)/2]}
	_, c = newPlay(t, append(exportScenes(exportBilled, short.body, ""), short, short, short)...)
	got := lines(t, c, "G1")
	if last := got[len(got)-1]; !strings.HasSuffix(last, "is cut off") || len(got) < 100 {
		t.Errorf("%d rows, and then %s", len(got), last)
	}
}

// What unpacks to more than is allowed, in all files of an export together, is not
// taken, and not fetched again.
func TestAnExportThatUnpacksToTooMuch(t *testing.T) {
	many := strings.Repeat(oneRow, 3)
	p, _ := newPlay(t, exportScenes(exportBilled, zipped(many), zipped(many))...)
	c := p.again(func(set *partnercenter.Settings) { set.UnpackedMost = int64(5 * len(oneRow)) })
	got := lines(t, c, "G1")
	last := got[len(got)-1]
	if len(got) < 4 || len(got) > 6 || !strings.HasPrefix(last, "part-1.json.gz:") || !strings.HasSuffix(last, fmt.Sprintf("cannot be read further: it unpacks to more than %d bytes, the most that is allowed: where it is right, raise the limit", 5*len(oneRow))) {
		t.Errorf("%d rows, and then %s", len(got)-1, last)
	}
	if len(p.asked) != 4 {
		t.Errorf("%d calls", len(p.asked))
	}
	p, _ = newPlay(t, exportScenes(exportBilled, zipped(many), zipped(many))...)
	c = p.again(func(set *partnercenter.Settings) { set.UnpackedMost = int64(6 * len(oneRow)) })
	if got := lines(t, c, "G1"); len(got) != 6 {
		t.Errorf("%d rows where as many are allowed", len(got))
	}
}

func TestAPriceSheetThatUnpacksToTooMuch(t *testing.T) {
	row := ",CFQ7,0001,E3,P1Y,Annual,,USD,115.2,144,,,2026-01-01,11/30/9999,\n"
	p, _ := newPlay(t, scene{call: sheetCall("current"), body: archived("sheets.csv", sheet+strings.Repeat(row, 1000))})
	c := p.again(func(set *partnercenter.Settings) { set.UnpackedMost = 8000 })
	got := told(c.PriceSheet(t.Context(), flow.PriceSheetAsk{Market: "US"}), priceText)
	if last := got[len(got)-1]; len(got) > 200 || !strings.Contains(last, "it unpacks to more than 8000 bytes") {
		t.Errorf("%d rows, and then %s", len(got)-1, last)
	}
}

func TestAPriceSheetOfTooManyFiles(t *testing.T) {
	var packed bytes.Buffer
	archive := zip.NewWriter(&packed)
	for i := range 1001 {
		if _, err := archive.Create(fmt.Sprintf("%d.csv", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	_, c := newPlay(t, scene{call: sheetCall("current"), body: packed.String()})
	if got := told(c.PriceSheet(t.Context(), flow.PriceSheetAsk{Market: "US"}), priceText); len(got) != 1 || !strings.Contains(got[0], "1001 files are packed into it") {
		t.Error(got)
	}
}

func TestWhatIsNotBilledIsOfTheLastMonthAndOfThisOne(t *testing.T) {
	open := strings.Replace(oneRow, `"G1"`, `""`, 1)
	scenes := exportScenes(exportOpen, zipped(open+oneRow), "")
	p, c := newPlay(t, append(scenes, exportScenes(exportOpen, zipped(open), zipped(strings.Replace(open, `"s"`, `"s2"`, 1)))...)...)
	compare(t, lines(t, c, ""), "part-0.json.gz:1 "+rowText, "part-0.json.gz:1 "+rowText, "part-1.json.gz:1 "+strings.Replace(rowText, "/s", "/s2", 1))
	for i, want := range map[int]string{0: `{"currencyCode":"EUR","billingPeriod":"last","attributeSet":"full"}`, 4: `{"currencyCode":"EUR","billingPeriod":"current","attributeSet":"full"}`} {
		if p.asked[i].body != want {
			t.Errorf("asked %s, want %s", p.asked[i].body, want)
		}
	}
	for _, err := range c.InvoiceLines(t.Context(), flow.ProviderInvoice{}) {
		if err == nil || !strings.Contains(err.Error(), "currency") {
			t.Errorf("got %v", err)
		}
	}
}

func invoiceText(v flow.ProviderInvoice) string {
	return fmt.Sprintf("%s %s %s..%s %s %s credit %t", v.ID, v.On, v.Period.From, v.Period.To, v.Total, v.Currency, v.Credit)
}

func TestInvoicesAndWhatAmendsThem(t *testing.T) {
	page := `{"totalCount":4,"items":[
  {"id":"D1","invoiceDate":"2026-01-21T00:00:00Z","totalCharges":"24606.35","currencyCode":"GBP","documentType":"invoice","invoiceType":"Recurring"},
  {"id":"G1","invoiceDate":"2026-02-08T22:40:37.5897767Z","billingPeriodStartDate":"2026-01-01T00:00:00Z","billingPeriodEndDate":"2026-01-31T23:59:59Z","totalCharges":2076.63,"currencyCode":"eur","documentType":"invoice",
   "amendments":[{"id":"G2","invoiceDate":"2026-02-09T00:00:00Z","totalCharges":-10,"currencyCode":"EUR","documentType":"adjustment_note","amendsOf":"G1"},{"id":"G3","invoiceDate":"someday","totalCharges":1,"currencyCode":"EUR"}]},
  {"id":"G4","invoiceDate":"2026-03-06T00:00:00Z","totalCharges":5,"currencyCode":"EUR","documentType":"credit_note"}]}`
	scenes := []scene{{call: invoicesCall, body: page}}
	for range 3 { // G1, G2 and G4 are exported, to know whether their rows have changed
		scenes = append(scenes, accepted(exportBilled), operation("succeeded", `,"resourceLocation":`+manifestBody))
	}
	p, c := newPlay(t, scenes...)
	var stamps []string
	got := told(c.Invoices(t.Context(), date("2026-02-01")), func(v flow.ProviderInvoice) string {
		stamps = append(stamps, v.Stamp)
		return invoiceText(v)
	})
	compare(t, got,
		"G1 2026-02-08 2026-01-01..2026-02-01 2076.63 EUR credit false",
		"G2 2026-02-09 .. -10 EUR credit true",
		`GET /v1/invoices:2: amendments[1].invoiceDate: "someday" is not an instant (expected for example 2026-01-31T23:59:59Z); amendments[1].invoiceDate: is missing, and required`,
		"G4 2026-03-06 .. 5 EUR credit true")
	if fmt.Sprint(stamps) != "[E1 E1 E1]" {
		t.Errorf("stamps %v", stamps)
	}
	// The export that was made for the stamp serves the rows too, once.
	p.scenes = append([]scene{{call: blob0, body: zipped(oneRow)}, {call: blob1, body: ""}}, exportScenes(exportBilled, zipped(oneRow), "")...)
	compare(t, lines(t, c, "G1"), "part-0.json.gz:1 "+rowText)
	compare(t, lines(t, c, "G1"), "part-0.json.gz:1 "+rowText)
}

// An invoice whose rows are not to be had is listed all the same; it has no stamp.
func TestAnInvoiceWithoutAnExportIsListed(t *testing.T) {
	_, c := newPlay(t, scene{call: invoicesCall, body: `{"items":[{"id":"G1","invoiceDate":"2026-02-08T00:00:00Z","totalCharges":1,"currencyCode":"EUR"},{"id":"G2","invoiceDate":"2026-03-08T00:00:00Z","totalCharges":2,"currencyCode":"EUR"}]}`},
		accepted(exportBilled), operation("failed", `,"error":{"code":"4000","message":"Wrong invoice"}`),
		scene{call: exportBilled, status: http.StatusForbidden, body: `{"error":{"code":"Forbidden","message":"No."}}`})
	compare(t, told(c.Invoices(t.Context(), date("2026-01-01")), func(v flow.ProviderInvoice) string { return v.ID + v.Stamp }), "G1", "G2")
	// Where we are not let in, there is no list.
	_, c = newPlay(t, scene{call: invoicesCall, status: http.StatusUnauthorized, body: `{"code":1,"description":"MFA is required"}`})
	for _, err := range c.Invoices(t.Context(), date("2026-01-01")) {
		if !errors.Is(err, flow.ErrConsent) {
			t.Errorf("got %v", err)
		}
	}
}

// New commerce does not heed the offset: every page is the same.
func TestInvoicesThatComeAllAtOnce(t *testing.T) {
	var items []string
	for i := range 250 {
		items = append(items, fmt.Sprintf(`{"id":"D%d","invoiceDate":"2026-01-21T00:00:00Z","totalCharges":1,"currencyCode":"GBP"}`, i))
	}
	page := `{"items":[` + strings.Join(items, ",") + `]}`
	_, c := newPlay(t, scene{call: invoicesCall, body: page}, scene{call: "GET /v1/invoices?size=200&offset=250", body: page})
	if got := told(c.Invoices(t.Context(), date("2026-01-01")), invoiceText); len(got) != 250 {
		t.Errorf("%d invoices", len(got))
	}
}

func TestTheOlderInterfaceGivesRowsPageByPage(t *testing.T) {
	const item = `{"invoiceNumber":"G1","customerId":"c","subscriptionId":"%s","productId":"P","skuId":"1","chargeType":"Purchase","unitPrice":"10","effectiveUnitPrice":"10","billableQuantity":"2","subtotal":"20","taxTotal":"0","totalForCustomer":"20","currency":"EUR","chargeStartDate":"2026-02-01T00:00:00Z","chargeEndDate":"2026-02-28T00:00:00Z"}`
	detail := `{"id":"G1","invoiceDetails":[{"invoiceLineItemType":"billing_line_items","billingProvider":"one_time"},{"invoiceLineItemType":"usage_line_items","billingProvider":"one_time"},{"invoiceLineItemType":"billing_line_items","billingProvider":"marketplace"}]}`
	const rows = "GET /v1/invoices/G1/lineitems?provider=onetime&invoicelineitemtype=billinglineitems&size=2000"
	play, _ := newPlay(t,
		scene{call: "GET /v1/invoices/G1", body: detail},
		scene{call: rows, body: `{"continuationToken":"T1","items":[` + fmt.Sprintf(item, "s") + `],"links":{"next":{"uri":"/x","headers":[]}}}`},
		scene{call: rows + "&seekOperation=Next", body: `{"items":[` + fmt.Sprintf(item, "s2") + `]}`},
		scene{call: "GET /v1/invoices/unbilled/lineitems?provider=onetime&invoicelineitemtype=billinglineitems&currencycode=eur&period=previous&size=2000", body: `{"items":[]}`},
		scene{call: "GET /v1/invoices/unbilled/lineitems?provider=onetime&invoicelineitemtype=billinglineitems&currencycode=eur&period=current&size=2000", body: `{"items":[` + strings.Replace(fmt.Sprintf(item, "s"), `"G1"`, `""`, 1) + `]}`},
		scene{call: "GET /v1/invoices/G1/lineitems?provider=onetime&invoicelineitemtype=usagelineitems&currencycode=eur&size=2000", body: `{"items":[` + usageItem + `]}`},
		scene{call: "GET /v1/invoices/unbilled/lineitems?provider=onetime&invoicelineitemtype=usagelineitems&currencycode=eur&period=previous&size=2000", body: `{"items":[` + usageItem + `]}`},
	)
	c := play.again(func(set *partnercenter.Settings) { set.OlderBills = true })
	compare(t, lines(t, c, "G1"), "GET /v1/invoices/G1/lineitems:1 "+rowText, "GET /v1/invoices/G1/lineitems:2 "+strings.Replace(rowText, "/s", "/s2", 1))
	compare(t, lines(t, c, ""), "GET /v1/invoices/unbilled/lineitems:1 "+rowText)
	first := told(c.Usage(t.Context(), flow.UsageAsk{Invoice: "G1", Currency: euro()}), func(u flow.RatedUsage) string { return u.Key + usageText(u) })
	second := told(c.Usage(t.Context(), flow.UsageAsk{Currency: euro(), Last: true}), func(u flow.RatedUsage) string { return u.Key })
	if len(first) != 1 || len(second) != 1 || !strings.HasPrefix(first[0], second[0]) || len(second[0]) != 32 {
		t.Errorf("%v %v", first, second)
	}
}

// An invoice of two providers, and what is not billed of two months, are lists of their
// own: those, too, are fetched whole before the first row.
func TestPagesOfAllListsAreFetchedBeforeTheFirstRow(t *testing.T) {
	const item = `{"items":[{"invoiceNumber":"%s","customerId":"c","subscriptionId":"s","productId":"P","skuId":"1","chargeType":"Purchase","unitPrice":"10","effectiveUnitPrice":"10","billableQuantity":"2","subtotal":"20","taxTotal":"0","totalForCustomer":"20","currency":"EUR","chargeStartDate":"2026-02-01T00:00:00Z","chargeEndDate":"2026-02-28T00:00:00Z"}]}`
	detail := `{"id":"D1","invoiceDetails":[{"invoiceLineItemType":"billing_line_items","billingProvider":"office"},{"invoiceLineItemType":"billing_line_items","billingProvider":"azure"}]}`
	const open = "GET /v1/invoices/unbilled/lineitems?provider=onetime&invoicelineitemtype=billinglineitems&currencycode=eur&period="
	for invoice, scenes := range map[string][]scene{
		"D1": {{call: "GET /v1/invoices/D1", body: detail},
			{call: "GET /v1/invoices/D1/lineitems?provider=office&invoicelineitemtype=billinglineitems&size=2000&offset=0", body: fmt.Sprintf(item, "D1")},
			{call: "GET /v1/invoices/D1/lineitems?provider=azure&invoicelineitemtype=billinglineitems&size=2000&offset=0", body: fmt.Sprintf(item, "D1")}},
		"": {{call: open + "previous&size=2000", body: fmt.Sprintf(item, "")}, {call: open + "current&size=2000", body: fmt.Sprintf(item, "")}},
	} {
		p, _ := newPlay(t, scenes...)
		c := p.again(func(set *partnercenter.Settings) { set.OlderBills = true })
		rows := 0
		for _, err := range c.InvoiceLines(t.Context(), flow.ProviderInvoice{ID: invoice, Currency: euro()}) {
			if rows++; err != nil || len(p.asked) != len(scenes) {
				t.Errorf("row %d came after %d of %d calls: %v", rows, len(p.asked), len(scenes), err)
			}
		}
		if rows != 2 {
			t.Errorf("%q: %d rows", invoice, rows)
		}
	}
}

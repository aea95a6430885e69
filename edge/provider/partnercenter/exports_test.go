package partnercenter_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"prorata/core/billing"
	"prorata/edge/provider/partnercenter"
	"prorata/flow"
)

const usageItem = `{"customerId":"c","subscriptionId":"plan","entitlementId":"ent","usageDate":"2026-02-01T00:00:00Z","meterId":"m","resourceUri":"/vm","chargeType":"new","quantity":24,"unitOfMeasure":"1 Hour","billingPreTaxTotal":2.88,"billingCurrency":"EUR","effectiveUnitPrice":0.12}`

// Invoices from before new commerce have no export; their pages are counted.
func TestAnInvoiceFromBeforeNewCommerce(t *testing.T) {
	_, c := newPlay(t,
		scene{call: "GET /v1/invoices/D1", body: `{"id":"D1","invoiceDetails":[{"invoiceLineItemType":"billing_line_items","billingProvider":"office"}]}`},
		scene{call: "GET /v1/invoices/D1/lineitems?provider=office&invoicelineitemtype=billinglineitems&size=2000&offset=0", body: `{"items":[{"customerId":"c","subscriptionId":"s","durableOfferId":"O","chargeType":"Cycle fee","unitPrice":10,"quantity":2,"subtotal":20.0,"tax":0.0,"totalForCustomer":20.0,"currency":"EUR","chargeStartDate":"2026-02-01T00:00:00","chargeEndDate":"2026-02-28T00:00:00"}]}`},
		scene{call: "GET /v1/invoices/D2", body: `{"id":"D2","invoiceDetails":[]}`},
	)
	compare(t, lines(t, c, "D1"), "GET /v1/invoices/D1/lineitems:1 cycleCharge c/s O 2026-02-01..2026-03-01 2 × 10 of 10 = 20.0 + 0.0 = 20.0 EUR")
	compare(t, lines(t, c, "D2"), "GET /v1/invoices/D2: invoiceDetails: no rows of a kind that we know")
}

func TestUsageIsExported(t *testing.T) {
	const record = `{"CustomerId":"c","SubscriptionId":"plan","EntitlementId":"ent","UsageDate":"2026-02-01T00:00:00Z","MeterId":"m","ResourceURI":"/vm","ChargeType":"new","Quantity":24,"Unit":"1 Hour","BillingPreTaxTotal":2.88,"BillingCurrency":"EUR","EffectiveUnitPrice":0.12}` + "\n"
	scenes := exportScenes(usageBilled, zipped(record), zipped(record))
	p, c := newPlay(t, append(scenes, exportScenes(usageOpen, zipped(record), "")...)...)
	keys := map[string]bool{}
	for u, err := range c.Usage(t.Context(), flow.UsageAsk{Invoice: "G1"}) {
		if err != nil {
			t.Fatal(err)
		}
		keys[u.Key] = true
	}
	for u, err := range c.Usage(t.Context(), flow.UsageAsk{Currency: euro()}) {
		if err != nil || !keys[u.Key] {
			t.Errorf("%+v %v", u, err)
		}
	}
	if len(keys) != 2 || p.asked[4].body != `{"currencyCode":"EUR","billingPeriod":"current","attributeSet":"full"}` {
		t.Errorf("%v %s", keys, p.asked[4].body)
	}
}

func sheetCall(rest string) string {
	return "GET /v1.0/sales/pricesheets(Market='US',PricesheetView='updatedlicensebased')/$value?timeline=" + rest
}

func archived(name, text string) string {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, file := range []struct{ name, text string }{{"readme.txt", "x"}, {name, text}} {
		f, _ := w.Create(file.name)
		io.WriteString(f, file.text)
	}
	w.Close()
	return out.String()
}

func TestAPriceSheetComesPackedOrPlain(t *testing.T) {
	text := sheet + ",CFQ7,0001,E3,P1Y,Annual,,USD,115.2,144,,,2026-01-01,11/30/9999,\n"
	p, c := newPlay(t,
		scene{call: sheetCall("current"), body: archived("sheets.csv", text)},
		scene{call: sheetCall("current"), status: http.StatusFound, header: map[string]string{"Location": "/elsewhere"}},
		scene{call: "GET /elsewhere", body: text},
		scene{call: sheetCall("history&month=202512"), body: text},
		scene{call: sheetCall("future"), status: http.StatusNotFound, body: `{"error":{"code":"NotFound","message":"No changes."}}`},
		scene{call: sheetCall("current"), status: http.StatusNotFound, body: `{"error":{"code":"NotFound","message":"No sheet."}}`},
		scene{call: sheetCall("current"), body: "PK\x03\x04broken"},
	)
	ask := func(ask flow.PriceSheetAsk) []string { return told(c.PriceSheet(t.Context(), ask), priceText) }
	row := `GET {host}/v1.0/sales/pricesheets(Market='US',PricesheetView='updatedlicensebased')/$value:2 CFQ7:0001  12 "annual" 115.2 USD retail 144 2026-01-01..`
	row = strings.Replace(row, "{host}", "", 1)
	compare(t, ask(flow.PriceSheetAsk{Market: "us"}), row)
	compare(t, ask(flow.PriceSheetAsk{Market: "US", Month: date("2026-03-01")}), row)
	compare(t, ask(flow.PriceSheetAsk{Market: "US", Month: date("2025-12-01")}), row)
	compare(t, ask(flow.PriceSheetAsk{Market: "US", Future: true}))
	for want, asked := range map[string]flow.PriceSheetAsk{"No sheet.": {Market: "US"}, "which market": {}} {
		if got := ask(asked); len(got) != 1 || !strings.Contains(got[0], want) {
			t.Errorf("got %v, want %s", got, want)
		}
	}
	if got := ask(flow.PriceSheetAsk{Market: "US"}); len(got) != 1 || !strings.Contains(got[0], "is not a ZIP archive after all") {
		t.Errorf("got %v", got)
	}
	if p.header(0, "client-request-id") == "" || p.header(0, "Accept-Encoding") != "deflate" {
		t.Errorf("%v", p.asked[0].header)
	}
}

func TestRatesGoBothWays(t *testing.T) {
	_, c := newPlay(t, scene{call: "GET /v1.0/sales/fxrates(Month='202603')/$value", body: "\"CurrencyCode\",\"USDPerUnit\",\"Month\"\n\"EUR\",\"1.25\",\"202603\"\n\"USD\",\"1\",\"202603\"\n\"IDR\",\"0.00006\",\"202603\"\n\"CHF\",\"0\",\"202603\"\n\"GBP\",\"1.3\",\"202602\"\n"})
	const at = "GET /v1.0/sales/fxrates(Month='202603')/$value:"
	compare(t, told(c.Rates(t.Context(), date("2026-03-15")), func(r billing.Rate) string { return fmt.Sprintf("%s 1 %s = %s %s", r.On, r.From, r.Rate, r.To) }),
		"2026-03-01 1 EUR = 1.25 USD", "2026-03-01 1 USD = 0.8 EUR",
		"2026-03-01 1 IDR = 0.00006 USD", "2026-03-01 1 USD = 16666.666666666667 IDR",
		at+"5: USDPerUnit: 0 is no rate (expected more than 0)",
		at+`6: Month: "202602" is not the month that was asked for (202603)`)
}

// A spool in a file is thrown away, whatever came of it.
func TestASpoolIsThrownAway(t *testing.T) {
	dir := t.TempDir()
	play, _ := newPlay(t, append(exportScenes(exportBilled, zipped(oneRow), zipped(oneRow)),
		accepted(exportBilled), operation("failed", `,"error":{"code":"1","message":"no"}`),
		scene{call: sheetCall("current"), body: archived("s.csv", sheet)})...)
	c := play.again(func(set *partnercenter.Settings) {
		set.Spool = func() (partnercenter.Spool, error) {
			f, err := os.CreateTemp(dir, "")
			return removed{f}, err
		}
	})
	for range c.InvoiceLines(t.Context(), flow.ProviderInvoice{ID: "G1"}) {
		break
	}
	lines(t, c, "G1")
	told(c.PriceSheet(t.Context(), flow.PriceSheetAsk{Market: "US"}), priceText)
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("%v are left (%v)", left, err)
	}
}

type removed struct{ *os.File }

func (r removed) Close() error { return errors.Join(r.File.Close(), os.Remove(r.Name())) }

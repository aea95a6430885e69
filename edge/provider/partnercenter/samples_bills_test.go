package partnercenter

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/flow"
)

func published(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "shared", "partnercenter", "samples", name))
	if err != nil {
		t.Skip("there are no samples beside this checkout")
	}
	return string(data)
}

func publishedObject(t *testing.T, name string) reading {
	t.Helper()
	o, ok := objectOf([]byte(published(t, name)))
	if !ok {
		t.Fatalf("%s is no object", name)
	}
	return reading{wrong: &mistakes{at: flow.Source{File: name}}, of: o}
}

// The states of an export as they are published, of Graph and of the preview before it.
func TestThePublishedExports(t *testing.T) {
	for name, want := range map[string]string{
		"graph.billing-operation-get.01.response.200.succeeded.json":   "succeeded",
		"graph.billing-operation-get.02.response.200.failed.json":      "failed",
		"graph.billing-operation-get.03.response.200.running.json":     "running",
		"get-invoice-billed-unbilled-consumption.01.response.200.json": "running",
		"get-invoice-billed-unbilled-consumption.02.response.200.json": "succeeded",
	} {
		r := publishedObject(t, name)
		if got := operationState(r); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		if want == "failed" && exportFailed(get("x"), r) != nil {
			t.Errorf("%s: no data is no failure", name)
		}
		if want == "succeeded" && first(r.scalar("resourceLocation"), r.scalar("resourceLocation@odata.navigationLink")) == "" {
			t.Errorf("%s: where is the manifest?", name)
		}
	}
	for name, want := range map[string]manifest{
		"graph.billing-manifest-get.01.response.200.json":         {stamp: "WYjLro78HdMg6vUWR", names: []string{"part-00049-b016029b-a7a7-4c46-9b5e-c925ac317ac6.c000.json.gz"}},
		"get-invoice-billed-unbilled-consumption.03.example.json": {stamp: "0x5B168C7B6E589D2", names: []string{"{blobName1.json.gz}", "{blobName2.json.gz}", "{blobName3.json.gz}"}},
	} {
		got, err := manifestOf(get("x"), publishedObject(t, name))
		if err != nil || got.stamp != want.stamp || strings.Join(got.names, " ") != strings.Join(want.names, " ") || got.key == "" || got.root == "" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestThePublishedAsksForExports(t *testing.T) {
	for name, ask := range map[string]exportAsk{
		"graph.billedreconciliation-export.01.request.json":   rowsBilled("G016907411"),
		"graph.billedusage-export.01.request.json":            {Invoice: "G016907411", Set: attributes},
		"graph.unbilledreconciliation-export.01.request.json": {Currency: "USD", Period: exportPeriod(false), Set: attributes},
		"graph.unbilledusage-export.01.request.json":          {Currency: "USD", Period: exportPeriod(false), Set: attributes},
	} {
		want := publishedObject(t, name)
		for field, value := range map[string]string{"invoiceId": ask.Invoice, "currencyCode": ask.Currency, "billingPeriod": ask.Period, "attributeSet": ask.Set} {
			if got := want.scalar(field); got != value {
				t.Errorf("%s: %s is %q, want %q", name, field, value, got)
			}
		}
	}
}

func TestThePublishedInvoices(t *testing.T) {
	page := publishedObject(t, "get-a-collection-of-invoices.01.response.200.json")
	pages := invoicePages{seen: map[string]bool{}}
	var got []string
	for n, raw := range page.list("items") {
		o, _ := objectOf(raw)
		err := pages.take(flow.Source{Line: n + 1}, o, func(v flow.ProviderInvoice, err error) error {
			credit := ""
			if v.Credit {
				credit = " credit"
			}
			got = append(got, v.ID+" "+v.On.String()+" "+v.Total.String()+" "+v.Currency.String()+credit)
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	if want := "D02005YFHI 2017-01-21 24606.35 GBP|G000024130 2018-02-08 586366 CHF credit|G000024131 2018-02-08 107661.12 CHF"; strings.Join(got, "|") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "|"), want)
	}
	one := invoiceOf(publishedObject(t, "get-invoice-by-id.01.response.200.json"))
	if one.Period.From.String() != "2018-02-01" || one.Period.To.String() != "2018-03-01" || one.Total.String() != "2076.63" {
		t.Errorf("%+v", one)
	}
}

func TestThePublishedRates(t *testing.T) {
	month, err := calendar.NewDate(2019, 12, 1)
	if err != nil {
		t.Fatal(err)
	}
	var got []billing.Rate
	for rate, err := range ExchangeRates("fxrates.csv", strings.NewReader(published(t, "fxrates.csv")), month) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, rate)
	}
	if len(got) != 2 || got[0].From.String() != "AED" || got[0].Rate.String() != "0.27224589249009701" || got[1].To.String() != "AED" || got[1].Rate.String() != "3.67315" || got[1].On != month {
		t.Errorf("%+v", got)
	}
}

package partnercenter_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prorata/edge/provider/partnercenter"
	"prorata/flow"
)

// sample is a published payload; the test is skipped where they do not lie beside
// the checkout.
func sample(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "shared", "partnercenter", "samples", name))
	if err != nil {
		t.Skip("there are no samples beside this checkout")
	}
	return string(data)
}

func TestThePublishedPriceSheets(t *testing.T) {
	for row, err := range partnercenter.PriceSheet("sheet.csv", strings.NewReader(sample(t, "pricesheet.updatedlicensebased.csv"))) {
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join([]string{
			row.At.String(), row.SKU, row.Title, row.Currency.String(), row.Market, row.Term, row.Billing.Name, row.Cost.String(), row.Retail.String(), row.From.String(), row.To.String(),
		}, "|")
		if want := "sheet.csv:2|CFQ7TTC0HDK0:0001|Advanced Communications|USD|US|P1Y|annual|115.2|144|2019-02-01|2021-02-04"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	for _, err := range partnercenter.PriceSheet("sheet.csv", strings.NewReader(sample(t, "pricesheet.updatedlicensebased.current-columns.csv"))) {
		t.Error(err)
	}
	for _, err := range partnercenter.PriceSheet("azure.csv", strings.NewReader(sample(t, "pricesheet.azure_consumption.csv"))) {
		if err == nil || err.Error() != "azure.csv:1: is not a license-based price sheet: column BillingPlan is missing" {
			t.Errorf("got %v", err)
		}
	}
}

func TestThePublishedHeaderOfDailyUsage(t *testing.T) {
	header := sample(t, "recon.dailyratedusage.csv")
	for _, err := range partnercenter.DailyUsage("usage.csv", strings.NewReader(header)) {
		t.Error(err)
	}
	n := strings.Count(header, ",") + 1
	cells := make([]string, n)
	for i, name := range strings.Split(strings.TrimSpace(header), ",") {
		cells[i] = map[string]string{
			`"CustomerId"`: "cust", `"SubscriptionId"`: "plan", `"UsageDate"`: "2026-01-31T00:00:00Z", `"Quantity"`: "2.5", `"UnitPrice"`: "1.20",
			`"BillingPreTaxTotal"`: "2.55", `"BillingCurrency"`: "EUR", `"PricingPreTaxTotal"`: "3", `"PricingCurrency"`: "USD",
		}[name]
	}
	for u, err := range partnercenter.DailyUsage("usage.csv", strings.NewReader(strings.TrimSpace(header)+"\n"+strings.Join(cells, ",")+"\n")) {
		if err != nil || u.Cost.String() != "2.55" || u.Currency.String() != "EUR" || u.Period.From.String() != "2026-01-31" || u.Period.Days() != 1 || u.PriceTotal.String() != "3" {
			t.Errorf("%v: %+v", err, u)
		}
	}
}

func TestEveryPublishedSubscription(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{"get-all-of-a-customer-s-subscriptions.01.response.200.json", "83ef9d05-4169-4ef9-9657-0e86b1eab1de|nickname||1|active|0||2015-11-24T08:00:00Z|2016-12-13T00:00:00Z|"},
		{"get-all-of-a-customer-s-subscriptions.02.response.json", "924671ba-eab9-45d7-95ed-dbd9477f182b|SQL Server Enterprise - 2 Core License Pack - 3 year|DG7GMGF0FKZV:0003|1|active|36|triennial|2021-10-15T21:28:18.4786844Z|2024-10-15T00:00:00Z|954ca09a-1132-4088-bb58-30438dea2756"},
		{"get-all-subscriptions-by-partner.01.response.200.json", "42226ED6-070A-4E0F-B80C-4CDFB3E97AA7|new offer purchase|DB2E705F-B82A-4024-A3D5-D88E12F2DB35|5|active|0|monthly|2017-04-10T00:00:00Z|2018-05-08T00:00:00Z|c501c3c4-d776-40ef-9ecf-9cefb59442c1"},
		{"get-a-subscription-by-id.01.response.200.json", "A356AC8C-E310-44F4-BF85-C7F29044AF99|Microsoft Azure|MS-AZR-0145P|1|active|0||2016-05-10T00:00:00Z||4d3cf487-70f4-4e1e-9ff1-b2bfce8d9f04"},
		{"get-a-subscription-by-id.03.response.200.json", "a4c1340d-6911-4758-bba3-0c4c6007d161|Microsoft 365 Business Basic|CFQ7TTC0LH18:0001|15|expired|12|monthly|2021-01-14T16:57:14.498252Z|2022-01-14T00:00:00Z|d8202a51-69f9-4228-b900-d0e081af17d7"},
	} {
		for h, err := range partnercenter.Subscriptions(c.file, strings.NewReader(sample(t, c.file))) {
			if err != nil {
				t.Error(err)
				continue
			}
			if got := holdingText(h); got != c.want {
				t.Errorf("%s:\ngot  %s\nwant %s", c.file, got, c.want)
			}
		}
	}
}

// Whatever of the samples is a subscription reads; the rest says why not.
func TestNoSampleIsReadWrongly(t *testing.T) {
	sample(t, "index.md")
	files, err := filepath.Glob("../../../../shared/partnercenter/samples/*subscription*.json")
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, file := range files {
		for h, err := range partnercenter.Subscriptions(filepath.Base(file), strings.NewReader(sample(t, filepath.Base(file)))) {
			if err != nil {
				t.Log(err)
				continue
			}
			if h.ID == "" {
				t.Errorf("%s: a subscription without an id", file)
			}
			read++
		}
	}
	if read < 10 {
		t.Errorf("only %d subscriptions were read", read)
	}
}

func holdingText(h flow.Holding) string {
	status := map[flow.HoldingStatus]string{flow.HoldingActive: "active", flow.HoldingExpired: "expired"}[h.Status]
	ends := ""
	if !h.EndsAt.IsZero() {
		ends = h.EndsAt.Format("2006-01-02T15:04:05Z07:00")
	}
	return strings.Join([]string{
		h.ID, h.Name, h.SKU, h.Quantity.String(), status, number(h.TermMonths), h.Billing.Name, h.StartsAt.Format("2006-01-02T15:04:05.999999999Z07:00"), ends, h.Customer,
	}, "|")
}

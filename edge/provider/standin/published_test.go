package standin

import (
	"encoding/csv"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sampleText is a published payload; the test is skipped where they do not lie
// beside the checkout.
func sampleText(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "shared", "partnercenter", "samples", name))
	if err != nil {
		t.Skip("there are no samples beside this checkout")
	}
	return string(data)
}

// keysIn are the paths of all fields of a JSON value; a list's elements are one.
func keysIn(value any, path string, into map[string]bool) {
	switch v := value.(type) {
	case map[string]any:
		for k, inner := range v {
			into[path+"."+k] = true
			keysIn(inner, path+"."+k, into)
		}
	case []any:
		for _, inner := range v {
			keysIn(inner, path+"[]", into)
		}
	}
}

// TestAnswersHaveThePublishedFields compares the fields of our answers with those
// of the published ones: without are published fields that we have no use for,
// beside are ours that a published answer of another day has.
func TestAnswersHaveThePublishedFields(t *testing.T) {
	s, invoice := invoiced(t)
	s.plan(azureID)
	s.happen("sub-9", days(t, "2026-04-06", "2027-04-05"), chargeNew, 0, 5)
	s.advance("2026-04-20", "00:00")
	if _, err := s.w.CreditInvoice(invoice); err != nil {
		t.Fatal(err)
	}
	s.advance("2026-05-03", "00:00")
	export := s.send(http.MethodPost, graphBilling+"reconciliation/billed/export", map[string]string{"invoiceId": invoice}).header.Get("Location")
	running := s.get(export).object(t)
	succeeded := s.done(export)
	failed := s.done(s.send(http.MethodPost, graphBilling+"usage/billed/export", map[string]string{"invoiceId": invoice}).header.Get("Location"))
	unbilled := "/v1/invoices/unbilled/lineitems?provider=onetime&currencycode=usd&period=previous&invoicelineitemtype="
	for _, c := range []struct {
		sample        string
		got           any
		without, more string
	}{
		{"get-invoice-by-id.01.response.200.json", s.get("/v1/invoices/" + s.w.Invoices()[1]).object(t), "taxReceipts", "amendsOf"},
		{"get-invoice-summaries.01.response.200.json", s.get("/v1/invoices/summaries").object(t), "", ""},
		{"get-the-reseller-s-current-account-balance.01.response.200.json", s.get("/v1/invoices/summary").object(t), "", ""},
		{"get-invoice-estimate-links.01.response.200.json", s.get("/v1/invoices/estimates/links?currencycode=usd").object(t), "", ""},
		{"get-invoice-unbilled-recon-lineitems.02.response.200.json", s.get(unbilled + "billinglineitems").object(t), "attributes/objectType", "creditReasonCode"},
		{"get-invoice-unbilled-consumption-lineitems.01.response.200.json", s.get(unbilled + "usagelineitems&size=5").object(t), "invoiceLineItemTypce", "continuationToken"},
		{"get-invoiceline-items.04.response.200.json", s.get("/v1/invoices/" + invoice + "/lineitems/OneTime/BillingLineItems?size=2").object(t), "attributes/objectType", "creditReasonCode"},
		{"graph.billing-operation-get.03.response.200.running.json", running, "", ""},
		{"graph.billing-operation-get.01.response.200.succeeded.json", succeeded, "resourceLocation@odata.navigationLink", "resourceLocation"},
		{"graph.billing-operation-get.02.response.200.failed.json", failed, "", ""},
		{"graph.billing-manifest-get.01.response.200.json", succeeded["resourceLocation"], "", ""},
	} {
		var published any
		reply{data: []byte(sampleText(t, c.sample))}.json(t, &published)
		want, got := map[string]bool{}, map[string]bool{}
		keysIn(published, "", want)
		keysIn(c.got, "", got)
		excused := func(key, list string) bool {
			return list != "" && slices.ContainsFunc(strings.Split(list, ","), func(one string) bool { return strings.Contains(key, one) })
		}
		for _, key := range slices.Sorted(maps.Keys(want)) {
			if !got[key] && !excused(key, c.without) {
				t.Errorf("%s has %s and our answer has not", c.sample, key)
			}
		}
		for _, key := range slices.Sorted(maps.Keys(got)) {
			if !want[key] && !excused(key, c.more) {
				t.Errorf("our answer has %s and %s has not", key, c.sample)
			}
		}
	}
}

// header is the first row of a published file.
func header(t testing.TB, name string) []string {
	t.Helper()
	record, err := csv.NewReader(strings.NewReader(sampleText(t, name))).Read()
	if err != nil {
		t.Fatal(err)
	}
	return record
}

func namesOf[T any](columns []column[T], basic bool) []string {
	var names []string
	for _, c := range columns {
		if c.name != "" && (c.basic || !basic) {
			names = append(names, c.name)
		}
	}
	return names
}

func TestThePublishedHeaders(t *testing.T) {
	if got, want := namesOf(reconColumns(), false), header(t, "recon.newcommerce.v2.header.csv"); !slices.Equal(got, want) {
		t.Errorf("reconciliation:\ngot  %v\nwant %v", got, want)
	}
	var full, basic []string
	attributes, err := csv.NewReader(strings.NewReader(sampleText(t, "graph.billing-attributeset.usage.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range attributes[1:] {
		if a[1] == "yes" {
			full = append(full, a[0])
		}
		if a[2] == "yes" {
			basic = append(basic, a[0])
		}
	}
	gotFull, gotBasic := namesOf(usageColumns(), false), namesOf(usageColumns(), true)
	for _, list := range [][]string{full, basic, gotFull, gotBasic} {
		slices.Sort(list)
	}
	if !slices.Equal(gotFull, full) || !slices.Equal(gotBasic, basic) {
		t.Errorf("usage:\ngot  %v\nwant %v\nbasic\ngot  %v\nwant %v", gotFull, full, gotBasic, basic)
	}
	s := open(t, "USD", "2026-04-10")
	for view, sample := range map[string]string{"updatedlicensebased": "pricesheet.updatedlicensebased.current-columns.csv", "azure_consumption": "pricesheet.azure_consumption.csv"} {
		sheet := s.get("/v1.0/sales/pricesheets(Market='US',PricesheetView='"+view+"')/$value", "client-request-id", "7")
		row, err := csv.NewReader(strings.NewReader(string(sheet.data))).Read()
		if err != nil {
			t.Fatal(err)
		}
		row = slices.DeleteFunc(row, func(name string) bool { return name == "ChangeIndicator" || name == "PreviousValues" })
		if want := header(t, sample); !slices.Equal(row, want) {
			t.Errorf("%s:\ngot  %v\nwant %v", view, row, want)
		}
	}
	rates, _, _ := strings.Cut(fxRates(day(t, "2026-04-10")), "\r\n")
	if want := `"` + strings.Join(header(t, "fxrates.csv"), `","`) + `"`; rates != want {
		t.Errorf("rates: got %s, want %s", rates, want)
	}
}

func TestNotificationsHaveThePublishedFields(t *testing.T) {
	s, e := open(t, "USD", "2026-03-05"), listen(t)
	s.register(e, map[string]any{"WebhookEvents": []string{"subscription-updated", "invoice-ready", "test-created"}})
	s.billMarch()
	s.w.mu.Lock()
	s.w.note("update_subscription", "subscription", s.customer, "{}")
	s.w.billing.notify("subscription-updated", "/v1/customers/c/subscriptions/s", "subscription")
	s.w.mu.Unlock()
	if err := s.w.Notify(t.Context()); err != nil {
		t.Fatal(err)
	}
	for n, name := range []string{"partner-center-webhook-events.21.example.json", "partner-center-webhook-events.02.example.json"} {
		want, got := reply{data: []byte(sampleText(t, name))}.object(t), reply{data: []byte(e.heard[n])}.object(t)
		if fmt.Sprint(slices.Sorted(maps.Keys(want))) != fmt.Sprint(slices.Sorted(maps.Keys(got))) || want["EventName"] != got["EventName"] || want["ResourceName"] != got["ResourceName"] {
			t.Errorf("%s: got %v", name, got)
		}
		if (want["AuditUri"] == nil) != (got["AuditUri"] == nil) {
			t.Errorf("%s: the audit address is %v", name, got["AuditUri"])
		}
	}
}

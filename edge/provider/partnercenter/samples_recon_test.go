package partnercenter_test

import (
	"slices"
	"strings"
	"testing"

	"prorata/core/money"
	"prorata/edge/provider/partnercenter"
	"prorata/flow"
)

// The published row shows a value for each column; it is not one consistent row.
func TestThePublishedReconciliationRow(t *testing.T) {
	compare(t, reconciled("recon.csv", sample(t, "recon.newcommerce.invoice.csv")),
		"recon.csv:2 new 196e2273-9651-43a3-ba7e-7cbcd918fc40/307628f1-d9d2-f09c-ea1f-4183f0cae308 DZH318Z0BNZ5:006G 2020-09-01..2020-10-01 0.005001 × 0.03825 of 0.045 = 0.01 + 0 = 0.045 EUR")
	for line, err := range partnercenter.Reconciliation("recon.csv", strings.NewReader(sample(t, "recon.newcommerce.invoice.csv"))) {
		if err != nil || line.TermMonths != 12 || line.Reseller != "6048879" || line.Meter == "" || line.Credit != "Azure Credit Offer" || line.Qualifiers != "AddOn" ||
			line.Rate.String() != "0.846202666" || line.Term.To.String() != "2022-05-01" || line.Reservation == "" {
			t.Errorf("%+v %v", line, err)
		}
	}
}

func TestThePublishedHeadersOfReconciliation(t *testing.T) {
	for _, name := range []string{"recon.newcommerce.v2.header.csv", "recon.legacy.license.csv", "recon.legacy.usage.csv"} {
		for _, err := range partnercenter.Reconciliation(name, strings.NewReader(sample(t, name))) {
			t.Error(err)
		}
	}
}

// Every published page of rows reads to the last row; the sums were taken by hand.
func TestEveryPublishedPageOfRows(t *testing.T) {
	for _, c := range []struct {
		file, totals string
		rows         int
	}{
		{"get-invoiceline-items.01.response.200.json", "0 + 0 = 0", 2},
		{"get-invoiceline-items.02.response.200.json", "63.33 + 6.34 = 69.67", 2},
		{"get-invoiceline-items.04.response.200.json", "1556 + 74.61 = 810.61", 4},
		{"get-invoiceline-items.05.response.200.json", "1556 + 74.61 = 810.61", 4},
		{"get-invoice-unbilled-recon-lineitems.01.response.200.json", "1540 + 0 = 0", 3},
		{"get-invoice-unbilled-recon-lineitems.02.response.200.json", "1556 + 1.61 = 17.61", 4},
		{"get-invoice-unbilled-recon-lineitems.03.response.200.json", "1556 + 1.61 = 17.61", 4},
	} {
		var cost, tax, total money.Decimal
		var rows []flow.ProviderLine
		for line, err := range partnercenter.Reconciliation(c.file, strings.NewReader(sample(t, c.file))) {
			if err != nil {
				t.Error(err)
				continue
			}
			rows = append(rows, line)
			cost, tax, total = cost.Add(line.Charge.Cost), tax.Add(line.Tax), total.Add(line.Total)
		}
		if got := cost.Trim(0).String() + " + " + tax.Trim(0).String() + " = " + total.Trim(0).String(); len(rows) != c.rows || got != c.totals {
			t.Errorf("%s: %d rows, %s; want %d, %s", c.file, len(rows), got, c.rows, c.totals)
		}
	}
}

func TestThePublishedRowsOfThirdPartiesAndTrials(t *testing.T) {
	got := reconciled("page.json", sample(t, "get-invoiceline-items.05.response.200.json"))
	compare(t, got,
		"page.json:4 new c139c4bf-2e8b-4ab5-8bed-d9f50dcca7a2/86646af9-e80a-4aa0-da80-3fd2b792c2cc CFQ7TTC0LH0R:0002 2021-05-20..2021-06-20 25 × 0 of 0 = 0 + 0 = 0 USD",
		"page.json:60 new 835a59a7-3172-47b5-bdef-d9cc65f4d0e4/9d7d1f3d-c8de-461c-db6d-91debd5129f0 CFQ7TTC0HL8W:0001 2021-05-20..2021-06-20 50 × 14.4 of 16 = 720 + 73 = 793 USD",
		"page.json:114 new c139c4bf-2e8b-4ab5-8bed-d9f50dcca7a2/12345678-9cf0-4a1f-9514-7fcc7fe9d1fe DZH318Z0BXWC:0002 2019-02-04..2019-03-04 3.1618 × 820 of 820 = 820 + 0 = 0 USD",
		"page.json:161 new 9060d13d-c5ed-482e-b059-a15a38cbb28e/2ae795eb-f76d-ce69-cba0-123456789000 CFQ7TTC01234:0001 2021-01-29..2021-02-28 1 × 16 of 16 = 16 + 1.61 = 17.61 USD")
}

func TestEveryPublishedPageOfUsage(t *testing.T) {
	sample(t, "index.md")
	for _, name := range []string{
		"get-invoice-billed-consumption-lineitems.01.response.200.json", "get-invoice-billed-consumption-lineitems.02.response.200.json",
		"get-invoice-unbilled-consumption-lineitems.01.response.200.json", "get-invoice-unbilled-consumption-lineitems.02.response.200.json",
	} {
		text := sample(t, name)
		// The documentation blanks the customer, which a record must name.
		text = strings.ReplaceAll(text, `"customerId": ""`, `"customerId": "c"`)
		n := 0
		for u, err := range partnercenter.DailyUsage(name, strings.NewReader(text)) {
			if err != nil {
				t.Error(err)
				continue
			}
			if n++; u.Entitlement == "" || u.Period.Days() != 1 || u.Cost.IsZero() || u.Meter == "" {
				t.Errorf("%s: %+v", name, u)
			}
		}
		if want := strings.Count(text, `"usageDate"`); n != want || n == 0 {
			t.Errorf("%s: %d records of %d", name, n, want)
		}
	}
}

// Each attribute of the export's full set is a column that the portal's file has.
func TestThePublishedAttributesOfUsageAreColumns(t *testing.T) {
	header := strings.ToLower(sample(t, "recon.dailyratedusage.csv"))
	var unknown []string
	for _, line := range strings.Split(strings.TrimSpace(sample(t, "graph.billing-attributeset.usage.csv")), "\n")[1:] {
		name, _, _ := strings.Cut(line, ",")
		if !strings.Contains(header, strings.ToLower(name)) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	compare(t, unknown, `"Tier2MpnId"`)
}

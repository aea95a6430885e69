package partnercenter_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"prorata/edge/provider/partnercenter"
)

// reconHeader are the columns of the exports and of the portal's file.
const reconHeader = "PartnerId,CustomerId,CustomerName,CustomerDomainName,CustomerCountry,InvoiceNumber,MpnId,Tier2MpnId,OrderId,OrderDate,ProductId,SkuId,AvailabilityId,SkuName,ProductName," +
	"ChargeType,UnitPrice,Quantity,Subtotal,TaxTotal,Total,Currency,PriceAdjustmentDescription,PublisherName,PublisherId,SubscriptionDescription,SubscriptionId,ChargeStartDate,ChargeEndDate," +
	"TermAndBillingCycle,EffectiveUnitPrice,UnitType,AlternateId,BillableQuantity,BillingFrequency,PricingCurrency,PCToBCExchangeRate,PCToBCExchangeRateDate,MeterDescription,ReservationOrderId," +
	"CreditReasonCode,SubscriptionStartDate,SubscriptionEndDate,ReferenceId,ProductQualifiers,PromotionId,ProductCategory"

// manyRows are rows such as a month of a large partner has them.
func manyRows(n int) [][]string {
	rows := make([][]string, n)
	for i := range rows {
		seats := i%50 + 1
		rows[i] = []string{
			"0e195b37-4574-4539-bc42-0e539b9684c0", fmt.Sprintf("196e2273-9651-43a3-ba7e-%012d", i/20), fmt.Sprintf("Customer %d GmbH", i/20), "customer.onmicrosoft.com", "DE",
			"G002297372", "6034453", "6048879", fmt.Sprintf("%012x", i), "2026-05-01T10:11:12.1234567Z", "CFQ7TTC0LH18", "0001", "CFQ7TTC0K1QH", "Microsoft 365 Business Basic",
			"Microsoft 365 Business Basic", "cycleCharge", "5.04", fmt.Sprint(seats), fmt.Sprintf("%d.%02d", seats*504/100, seats*504%100), "0", fmt.Sprintf("%d.%02d", seats*504/100, seats*504%100), "EUR",
			`["15.0% Partner earned credit for services managed"]`, "Microsoft Corporation", "", "", fmt.Sprintf("307628f1-d9d2-f09c-ea1f-%012d", i), "5/1/2026", "5/31/2026",
			"One-Year commitment for monthly/yearly billing", "5.04", "", fmt.Sprintf("%012x", i), fmt.Sprint(seats), "Monthly", "USD", "0.846202666", "4/30/2026", "", "", "",
			"11/1/2025", "10/31/2026", fmt.Sprintf("025d68a6-1bd6-42ab-9636-%012d", i), "", "", "License-Based",
		}
	}
	return rows
}

func asCSV(rows [][]string) string {
	var out strings.Builder
	out.WriteString(reconHeader + "\n")
	w := csv.NewWriter(&out)
	w.WriteAll(rows)
	return out.String()
}

func asLines(rows [][]string) string {
	var out strings.Builder
	names := strings.Split(reconHeader, ",")
	for _, row := range rows {
		out.WriteByte('{')
		for i, cell := range row {
			if i > 0 {
				out.WriteByte(',')
			}
			value, _ := json.Marshal(cell)
			if names[i] == "Quantity" || names[i] == "Subtotal" || names[i] == "UnitPrice" {
				value = []byte(cell)
			}
			fmt.Fprintf(&out, "%q:%s", names[i], value)
		}
		out.WriteString("}\n")
	}
	return out.String()
}

func BenchmarkReconciliation(b *testing.B) {
	const n = 20000
	for _, c := range []struct{ name, text string }{{"csv", asCSV(manyRows(n))}, {"lines", asLines(manyRows(n))}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(c.text)))
			for b.Loop() {
				for _, err := range partnercenter.Reconciliation("r", io.Reader(strings.NewReader(c.text))) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

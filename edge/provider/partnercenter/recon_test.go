package partnercenter_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"prorata/edge/provider/partnercenter"
	"prorata/flow"
)

func reconciled(file, text string) []string {
	return told(partnercenter.Reconciliation(file, strings.NewReader(text)), lineText)
}

func lineText(l flow.ProviderLine) string {
	c := l.Charge
	return fmt.Sprintf("%s %s %s/%s %s %s..%s %s × %s of %s = %s + %s = %s %s", l.At, c.Type, l.Customer, l.Holding, c.SKU, c.Period.From, c.Period.To,
		c.Quantity, c.EffectivePrice, c.UnitPrice, c.Cost, l.Tax, l.Total, c.Currency)
}

// whole is everything of a row that is not where it was found.
func whole(l flow.ProviderLine) string {
	l.At = flow.Source{}
	return fmt.Sprintf("%+v", l)
}

// One row, as the portal's file, the file with the announced headers, the export
// and the older API write it.
func TestARowIsTheSameInEverySpelling(t *testing.T) {
	const (
		portal = `"PartnerId","CustomerId","CustomerName","InvoiceNumber","MPNID","ResellerMPNID","OrderId","OrderDate","ProductId","SkuId","SkuName","ProductName","ChargeType","UnitPrice","Quantity","Subtotal","TaxTotal","Total","Currency","PriceAdjustmentDescription","PublisherName","SubscriptionDescription","SubscriptionId","ChargeStartDate","ChargeEndDate","TermAndBillingCycle","EffectiveUnitPrice","UnitType","AlternateId","BillableQuantity","BillingFrequency","PricingCurrency","PCToBCExchangeRate","PCToBCExchangeRateDate","MeterDescription","ReservationOrderId","CreditReasonCode","SubscriptionStartDate","SubscriptionEndDate","ReferenceID","ProductQualifiers","PromotionID"
"p","c1","Contoso, Ltd","G1","60","48","o1","5/20/2026","CFQ7","0001","E3","Microsoft 365 E3","New","20.0","12","151.20","28.73","179.93","EUR","[""Partner discount"",""10 % off""]","Microsoft Corporation","","s1","5/20/2026","6/19/2026","One-Year commitment for monthly/yearly billing","14.00","","a1","12","Monthly","USD","0.9","4/30/2026","","","","5/20/2026","5/19/2027","r1","[""Add-on"",""Trial""]","PROMO:1"
`
		export = `{"PartnerId":"p","CustomerId":"c1","CustomerName":"Contoso, Ltd","InvoiceNumber":"G1","MpnId":"60","Tier2MpnId":"48","OrderId":"o1","OrderDate":"2026-05-20T00:00:00Z","ProductId":"CFQ7","SkuId":"0001","SkuName":"E3","ProductName":"Microsoft 365 E3","ChargeType":"new","UnitPrice":20.0,"Quantity":12,"Subtotal":151.20,"TaxTotal":28.73,"Total":179.93,"Currency":"EUR","PriceAdjustmentDescription":"[\"Partner discount\",\"10 % off\"]","PublisherName":"Microsoft Corporation","SubscriptionDescription":null,"SubscriptionId":"s1","ChargeStartDate":"2026-05-20T00:00:00Z","ChargeEndDate":"2026-06-19T00:00:00Z","TermAndBillingCycle":"One-Year commitment for monthly/yearly billing","EffectiveUnitPrice":14.00,"AlternateId":"a1","BillableQuantity":12,"BillingFrequency":"Monthly","PricingCurrency":"USD","PCToBCExchangeRate":0.9,"PCToBCExchangeRateDate":"2026-04-30T00:00:00Z","SubscriptionStartDate":"2026-05-20T00:00:00Z","SubscriptionEndDate":"2027-05-19T00:00:00Z","ReferenceId":"r1","ProductQualifiers":["Add-on","Trial"],"PromotionId":"PROMO:1"}` + "\n"
		older  = `{ "totalCount": 1, "items": [
  { "partnerId": "p", "customerId": "c1", "customerName": "Contoso, Ltd", "invoiceNumber": "G1", "resellerMpnId": 48, "orderId": "o1", "orderDate": "2026-05-20T00:00:00Z", "productId": "CFQ7", "skuId": "0001",
    "skuName": "E3", "productName": "Microsoft 365 E3", "productQualifiers": ["AddOn", "Trial"], "chargeType": "Purchase", "unitPrice": "20.0", "effectiveUnitPrice": "14.00", "unitType": "", "quantity": "12",
    "subtotal": "151.20", "taxTotal": "28.73", "totalForCustomer": "179.93", "currency": "EUR", "publisherName": "Microsoft Corporation", "subscriptionId": "s1", "subscriptionStartDate": "2026-05-20T00:00:00Z",
    "subscriptionEndDate": "2027-05-19T00:00:00Z", "chargeStartDate": "2026-05-20T00:00:00Z", "chargeEndDate": "2026-06-19T00:00:00Z", "termAndBillingCycle": "One-Year commitment for monthly/yearly billing",
    "alternateId": "a1", "referenceId": "r1", "priceAdjustmentDescription": "", "discountDetails": "[\"Partner discount\",\"10 % off\"]", "pricingCurrency": "USD", "pcToBCExchangeRate": "0.9",
    "pcToBCExchangeRateDate": "2026-04-30T00:00:00", "billableQuantity": "12", "billingFrequency": "Monthly", "promotionId": "PROMO:1", "attributes": { "objectType": "OneTimeInvoiceLineItem" } }
], "attributes": { "objectType": "Collection" } }`
	)
	header, row, _ := strings.Cut(portal, "\n")
	var camel []string
	for _, name := range strings.Split(header, ",") {
		camel = append(camel, `"`+strings.ToLower(name[1:2])+name[2:])
	}
	announced := strings.NewReplacer("resellerMPNID", "resellerMpnId", `"total"`, `"totalForCustomer"`).Replace(strings.Join(camel, ",")) + "\n" + row

	var first flow.ProviderLine
	for i, text := range []string{portal, zipped(portal), announced, export, zipped(export), strings.TrimSpace(export), older, "[" + strings.TrimSpace(export) + "]"} {
		n := 0
		for line, err := range partnercenter.Reconciliation("r", strings.NewReader(text)) {
			if err != nil {
				t.Fatalf("spelling %d: %v", i, err)
			}
			if n++; i == 0 {
				first = line
			}
			if got, want := whole(line), whole(first); got != want {
				t.Errorf("spelling %d:\ngot  %s\nwant %s", i, got, want)
			}
		}
		if n != 1 {
			t.Errorf("spelling %d: %d rows", i, n)
		}
	}
	got := fmt.Sprint(lineText(first), "|", first.Reseller, first.Order, first.AlternateOrder, first.Reference, first.TermMonths, first.Billing.Name, first.Term, first.PriceCurrency, first.Rate, first.RateOn,
		first.Adjustments, first.Qualifiers, first.Promotion, first.OrderedAt, first.Invoice, len(first.Charge.ID))
	const want = `r:2 new c1/s1 CFQ7:0001 2026-05-20..2026-06-20 12 × 14.00 of 20.0 = 151.20 + 28.73 = 179.93 EUR|48 o1 a1 r1 12 monthly {2026-05-20 2027-05-20} USD 0.9 2026-04-30 ` +
		`["Partner discount","10 % off"] AddOn, Trial PROMO:1 2026-05-20 00:00:00 +0000 UTC G1 32`
	if strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(want, " ", "") {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

const shortHeader = "InvoiceNumber,CustomerId,SubscriptionId,OrderId,OrderDate,ReferenceId,ProductId,SkuId,ChargeType,UnitPrice,EffectiveUnitPrice,BillableQuantity,Subtotal,TaxTotal,Currency,ChargeStartDate,ChargeEndDate,TermAndBillingCycle,SubscriptionStartDate,SubscriptionEndDate\n"

// The seats of a subscription go from 10 to 12: the old ones are given back and the
// new ones charged. The reversal's price is negative, or its quantity is.
func TestAReversalHasANegativePriceAndNoNegativeSeats(t *testing.T) {
	compare(t, reconciled("r.csv", shortHeader+
		"G1,c,s,o,2026-05-10,e,P,1,addQuantity,10.08,-7.0,10,-70.00,0,USD,2026-05-10,2026-05-31,,,\n"+
		"G1,c,s,o,2026-05-10,e,P,1,addQuantity,10.08,7.0,12,84.00,0,USD,2026-05-10,2026-05-31,,,\n"+
		"G1,c,s,o,2026-05-10,e,P,1,removeQuantity,10.08,7.0,-10,-70.00,0,USD,2026-05-10,2026-05-31,,,\n"),
		"r.csv:2 addQuantity c/s P:1 2026-05-10..2026-06-01 10 × -7.0 of 10.08 = -70.00 + 0 = -70.00 USD",
		"r.csv:3 addQuantity c/s P:1 2026-05-10..2026-06-01 12 × 7.0 of 10.08 = 84.00 + 0 = 84.00 USD",
		"r.csv:4 removeQuantity c/s P:1 2026-05-10..2026-06-01 10 × -7.0 of 10.08 = -70.00 + 0 = -70.00 USD")
}

func TestWhatIsBoughtOncePaysForItsFirstDay(t *testing.T) {
	compare(t, reconciled("r.csv", shortHeader+
		"G1,c,s,o,2026-05-10,e,P,1,new,500,500,1,500,95,USD,2026-05-11,,,,\n"+
		"G1,c,s,o,2026-05-10T23:59:00Z,e,P,1,new,500,500,1,500,,USD,,,,,\n"+
		"G1,c,s,o,2026-05-10,e,P,1,new,500,500,1,500,,USD,2026-05-10,11/30/9999,,,\n"),
		"r.csv:2 new c/s P:1 2026-05-11..2026-05-12 1 × 500 of 500 = 500 + 95 = 595 USD",
		"r.csv:3 new c/s P:1 2026-05-10..2026-05-11 1 × 500 of 500 = 500 + 0 = 500 USD",
		"r.csv:4 new c/s P:1 2026-05-10..2026-05-11 1 × 500 of 500 = 500 + 0 = 500 USD")
}

func TestTheTermIsReadFromItsTextAndElseFromItsDates(t *testing.T) {
	for _, c := range []struct {
		text, from, to string
		months         int
	}{
		{"One-Year commitment for monthly/yearly billing", "2026-05-20", "2026-08-19", 12},
		{"One-Month commitment for trial", "", "", 1},
		{"Data Stored (GB/Month)", "", "", 0},
		{"Data Stored (GB/Month), 3 Year commitment", "", "", 36},
		{"Reservation, Three-Years", "", "", 36},
		{"P1Y", "", "", 12},
		{"Annual", "2026-01-31", "2027-01-30", 12},
		{"", "2026-01-31", "2026-02-27", 1},
		{"", "2024-02-29", "2027-02-27", 36},
		{"", "2026-05-20", "2026-08-18", 0},
		{"", "2026-05-20", "11/30/9999", 0},
		{"99999999999 years", "", "", 0},
	} {
		file := shortHeader + fmt.Sprintf("G1,c,s,o,2026-05-10,e,P,1,new,1,1,1,1,0,USD,2026-05-10,,%q,%s,%s\n", c.text, c.from, c.to)
		for line, err := range partnercenter.Reconciliation("r.csv", strings.NewReader(file)) {
			if err != nil || line.TermMonths != c.months {
				t.Errorf("%+v: got %d months (%v)", c, line.TermMonths, err)
			}
		}
	}
}

func TestEveryWordForACharge(t *testing.T) {
	for word, want := range map[string]string{
		"new": "new", "Purchase": "new", "RENEW": "renew", "cycleCharge": "cycleCharge", "cycleFee": "cycleCharge", "Cycle fee": "cycleCharge", "addQuantity": "addQuantity", "removeQuantity": "removeQuantity",
		"cancelImmediate": "cancelImmediate", "Refund": "cancelImmediate", "Cancel": "cancelImmediate", "convert": "convert", "moveQuantity": "moveQuantity", "changeBillingPlan": "changeBillingPlan",
		"extendTerm": "extendTerm", "customerCredit": "customerCredit", "Prorate fees when renew": "renew", "Prorate fees when cancel": "cancelImmediate", "Prorate fees when purchase": "new",
		"Purchase fee": "new", "Cancel fee": "cancelImmediate", "Cycle instance prorate": "cycleCharge", "Offset a line item": "customerCredit", "somethingNew": "other", "": "other",
	} {
		for line, err := range partnercenter.Reconciliation("r.csv", strings.NewReader(shortHeader+"G1,c,s,o,2026-05-10,e,P,1,"+word+",1,1,1,1,0,USD,2026-05-10,,,,\n")) {
			if err != nil || line.Charge.Type.String() != want {
				t.Errorf("%q is %s (%v), want %s", word, line.Charge.Type, err, want)
			}
		}
	}
}

// Rows come in no meaningful order, and in one file or in several.
func TestARowKeepsItsIDInAnyOrder(t *testing.T) {
	rows := []string{
		"G1,c,s,o,2026-05-10,e,P,1,new,10,10,3,30,0,USD,2026-05-10,2026-06-09,,,", // telephony and the rest of one subscription
		"G1,c,s,o,2026-05-10,e,P,1,new,5,5,3,15,0,USD,2026-05-10,2026-06-09,,,",
		"G1,c,s,o,2026-05-10,e,P,1,new,10.0,10.00,3,30.00,0.00,USD,5/10/2026,6/9/2026,,,", // the first again
		"G1,c,s2,o,2026-05-10,e,P,1,new,10,10,3,30,0,USD,2026-05-10,2026-06-09,,,",
		"G2,c,s,o,2026-05-10,e,P,1,new,10,10,3,30,0,USD,2026-05-10,2026-06-09,,,",
		"G1,c,s,o,2026-05-10,e,P,1,oddWord,10,10,3,30,0,USD,2026-05-10,2026-06-09,,,",
		"G1,c,s,o,2026-05-10,e,P,1,otherWord,10,10,3,30,0,USD,2026-05-10,2026-06-09,,,",
	}
	ids := func(rows []string) map[string]string {
		all := map[string]string{}
		for line, err := range partnercenter.Reconciliation("r.csv", strings.NewReader(shortHeader+strings.Join(rows, "\n")+"\n")) {
			if err != nil {
				t.Fatal(err)
			}
			all[line.Charge.ID] = line.Invoice + line.Holding + line.Charge.Cost.Trim(0).String()
		}
		return all
	}
	forward := ids(rows)
	slices.Reverse(rows)
	if backward := ids(rows); len(forward) != 7 || !maps.Equal(forward, backward) {
		t.Errorf("%v\n%v", forward, backward)
	}
	doubles := 0
	for id := range forward {
		if strings.HasSuffix(id, "-1") {
			doubles++
		}
	}
	if doubles != 1 {
		t.Errorf("%d rows are told apart by number alone: %v", doubles, forward)
	}
}

func TestFilesFromBeforeNewCommerceAddUp(t *testing.T) {
	compare(t, reconciled("license.csv", `PartnerId,CustomerId,CustomerName,MPNID,ResellerMPNID,OrderId,SubscriptionId,OfferId,DurableOfferId,OfferName,SubscriptionStartDate,SubscriptionEndDate,ChargeStartDate,ChargeEndDate,ChargeType,UnitPrice,Quantity,Amount,TotalOtherDiscount,Subtotal,Tax,TotalForCustomer,Currency,BillingCycleType
p,c,Contoso,1,0,o,s,OFFER,DURABLE,E3,2026-01-01,2026-12-31,2026-05-11,2026-05-31,Prorate fees when purchase,10,3,21,0,21,3.99,24.99,EUR,Monthly
p,c,Contoso,1,0,o,s,OFFER,,E3,2026-01-01,2026-12-31,2026-05-11,2026-05-31,Cycle fee,10,0,0,0,0,0,0,EUR,Monthly
`),
		"license.csv:2 new c/s DURABLE 2026-05-11..2026-06-01 3 × 7 of 10 = 21 + 3.99 = 24.99 EUR",
		"license.csv:3 cycleCharge c/s OFFER 2026-05-11..2026-06-01 0 × 0 of 10 = 0 + 0 = 0 EUR")
	compare(t, reconciled("usage.json", `{"items": [{"detailLineItemId": 1, "sku": "7UD-00001", "listPrice": 0.05, "currency": "EUR", "pretaxCharges": 37.25, "taxAmount": 7.08, "postTaxTotal": 44.33, "pretaxEffectiveRate": 0.05,
 "chargeType": "Assess usage fee for current cycle", "customerId": "c", "customerCompanyName": "Contoso", "tier2MpnId": -1, "subscriptionId": "s", "resourceGuid": "m", "consumedQuantity": 745,
 "chargeStartDate": "2026-05-02T00:00:00", "chargeEndDate": "2026-06-01T00:00:00", "unit": "1 Hour"}]}`),
		"usage.json:1 cycleCharge c/s 7UD-00001 2026-05-02..2026-06-02 745 × 0.05 of 0.05 = 37.25 + 7.08 = 44.33 EUR")
}

func TestAWrongRowOfAnInvoiceIsReportedAndTheNextOneRead(t *testing.T) {
	const good = "G1,c,s,o,2026-05-10,e,P,1,new,1,1,1,1,0,USD,2026-05-10,2026-05-31,,,\n"
	bad := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	compare(t, reconciled("r.csv", shortHeader+bad("1,1,1,1,0", "one,,1,1,0")+bad("USD", "DOLLAR")+bad("2026-05-31", "2026-05-01")+bad("2026-05-10,2026-05-31", "soon,never")+
		bad("1,1,1,1,0", "1,1,,1,0")+bad("o,2026-05-10,", "o,,")+strings.Replace(bad("o,2026-05-10,", "o,,"), "2026-05-10,2026-05-31", ",", 1)+good),
		`r.csv:2: UnitPrice: "one" is not a decimal number (expected for example 12.50)`+"\nr.csv:2: EffectiveUnitPrice: is empty, and required",
		`r.csv:3: Currency: "DOLLAR" is not a currency (expected an ISO 4217 code such as USD)`,
		`r.csv:4: ChargeEndDate: "2026-05-01" is before the start (2026-05-10)`,
		`r.csv:5: ChargeStartDate: "soon" is not a date (expected YYYY-MM-DD or M/D/YYYY)`+"\n"+`r.csv:5: ChargeEndDate: "never" is not a date (expected YYYY-MM-DD or M/D/YYYY)`,
		"r.csv:6: quantity: is empty, and required",
		"r.csv:7 new c/s P:1 2026-05-10..2026-06-01 1 × 1 of 1 = 1 + 0 = 1 USD",
		"r.csv:8: ChargeStartDate: is empty, and so is the order's date: one of them is required",
		"r.csv:9 new c/s P:1 2026-05-10..2026-06-01 1 × 1 of 1 = 1 + 0 = 1 USD")
	const line = `{"CustomerId":"c","SubscriptionId":"s","ChargeType":"new","EffectiveUnitPrice":1,"BillableQuantity":1,"Subtotal":1,"Currency":"USD","ChargeStartDate":"2026-05-10T00:00:00Z"}` + "\n"
	compare(t, reconciled("r.json", line+"\n"+strings.Replace(line, `"Subtotal":1`, `"Subtotal":{"x":1}`, 1)+"{broken}\n[1]\n"+line),
		"r.json:1 new c/s  2026-05-10..2026-05-11 1 × 1 of 0 = 1 + 0 = 1 USD",
		`r.json:3: Subtotal: "{\"x\":1}" is not a decimal number (expected for example 12.50)`,
		`r.json:4: expected an object {…} in JSON, got "{broken}"`,
		`r.json:5: expected an object {…} in JSON, got "[1]"`,
		"r.json:6 new c/s  2026-05-10..2026-05-11 1 × 1 of 0 = 1 + 0 = 1 USD")
}

func TestDamagedReconciliationEndsWithAClearError(t *testing.T) {
	const line = `{"CustomerId":"c","SubscriptionId":"s","ChargeType":"new","EffectiveUnitPrice":1,"BillableQuantity":1,"Subtotal":1,"Currency":"USD","ChargeStartDate":"2026-05-10T00:00:00Z"}` + "\n"
	for _, c := range []struct{ what, text, want string }{
		{"another file", "a,b\n1,2\n", "r:1: is not reconciliation data of an invoice: column Subtotal is missing"},
		{"semicolons", strings.ReplaceAll(shortHeader, ",", ";"), "r:1: is separated by semicolons (expected commas, and points in numbers)"},
		{"tabs", strings.ReplaceAll(shortHeader, ",", "\t"), "r:1: is separated by tabs"},
		{"no last days", strings.Replace(shortHeader, "ChargeEndDate", "Until", 1), "r:1: is not reconciliation data of an invoice: column ChargeEndDate is missing"},
		{"no invoice", strings.Replace(shortHeader, "InvoiceNumber", "Number", 1), "column InvoiceNumber is missing"},
		{"other objects", `{"a": 1}` + "\n" + `{"a": 2}` + "\n", "r:1: is not reconciliation data of an invoice: it has none of Subtotal"},
		{"an error", `{"code": 900420, "description": "wrong audience", "data": []}`, "r:1: is an error of the provider: \"900420 wrong audience"},
		{"another's error", `{"error": {"code": "Forbidden"}}`, "r:1: is an error of the provider: "},
		{"cut off", line + line[:80], "r:2: is cut off: the last line is no whole object"},
		{"cut off in a page", `{"items": [` + line + "," + line[:50], "r:2: is cut off"},
		{"cut off when packed", zipped(strings.Repeat(line, 5000))[:400], "is cut off"},
		{"Latin-1", line + strings.Replace(line, `"c"`, "\"caf\xe9\"", 1), "r:2: is not UTF-8"},
		{"a long line", line + strings.Replace(line, `"c"`, `"`+strings.Repeat("x", 2<<20)+`"`, 1), "r:2: a row is longer than 1 MiB"},
		{"a long row", `{"items": [` + strings.Replace(line, `"c"`, `"`+strings.Repeat("x", 10<<20)+`"`, 1) + "]}", "r:1: a row is longer than 1 MiB"},
	} {
		t.Run(c.what, func(t *testing.T) {
			var last error
			for _, err := range partnercenter.Reconciliation("r", strings.NewReader(c.text)) {
				last = err
			}
			if last == nil || !errors.Is(last, partnercenter.ErrDamaged) || !strings.Contains(last.Error(), c.want) {
				t.Errorf("got %.200v, want %s", last, c.want)
			}
		})
	}
}

// A record of usage has one key, whether the portal, an export or the older API
// gives it.
func TestAUsageRecordHasOneKeyInEverySpelling(t *testing.T) {
	portal := usageHeader + `c1,Contoso,G01,DZH3,001J,plan,ent,1/31/2026,m1,/sub/vm,new,24.5,1 Hour,2.88,USD,0.120,,` + "\n"
	const export = `{"CustomerId":"c1","CustomerName":"Contoso","InvoiceNumber":"G01","ProductId":"DZH3","SkuId":"001J","SubscriptionId":"plan","EntitlementId":"ent","UsageDate":"2026-01-31T00:00:00Z","MeterId":"m1","ResourceURI":"/sub/vm","ChargeType":"new","Quantity":24.5,"Unit":"1 Hour","BillingPreTaxTotal":2.88,"BillingCurrency":"USD","EffectiveUnitPrice":1.2E-01,"Tags":"{\"env\":\"a\"}"}` + "\n"
	const older = `{"continuationToken": "x", "items": [{"customerId": "c1", "customerName": "Contoso", "invoiceNumber": "G01", "productId": "DZH3", "skuId": "001J", "subscriptionId": "plan", "entitlementId": "ent",
 "usageDate": "2026-01-31T00:00:00Z", "meterId": "m1", "resourceUri": "/sub/vm", "chargeType": "new", "quantity": "24.5", "unitOfMeasure": "1 Hour", "billingPreTaxTotal": 2.88, "billingCurrency": "USD", "effectiveUnitPrice": 0.12, "rateOfCredit": 0}]}`
	var first flow.RatedUsage
	for i, text := range []string{portal, export, zipped(export), older} {
		for u, err := range partnercenter.DailyUsage("u", strings.NewReader(text)) {
			if err != nil {
				t.Fatalf("spelling %d: %v", i, err)
			}
			if u.At = (flow.Source{}); i == 0 {
				first = u
			}
			if fmt.Sprintf("%+v", u) != fmt.Sprintf("%+v", first) {
				t.Errorf("spelling %d:\ngot  %+v\nwant %+v", i, u, first)
			}
		}
	}
	if first.Key == "" {
		t.Error("nothing was read")
	}
}

package partnercenter_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"testing"

	"prorata/edge/provider/partnercenter"
	"prorata/flow"
)

func number(n int) string { return strconv.Itoa(n) }

// told is what a reader gave: a text for each row, or its error.
func told[T any](rows iter.Seq2[T, error], text func(T) string) []string {
	var all []string
	for v, err := range rows {
		if err != nil {
			all = append(all, err.Error())
			continue
		}
		all = append(all, text(v))
	}
	return all
}

func compare(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func priceText(p flow.PriceSheetRow) string {
	text := fmt.Sprintf("%s %s %s %d %q %s %s", p.At, p.SKU, p.Segment, p.TermMonths, p.Billing.Name, p.Cost, p.Currency)
	if p.HasRetail {
		text += " retail " + p.Retail.String()
	}
	if p.HasTierFrom || p.HasTierTo {
		text += fmt.Sprintf(" tier %s-%s", p.TierFrom, p.TierTo)
	}
	return text + " " + p.From.String() + ".." + p.To.String()
}

const sheet = `ChangeIndicator,productid,Sku Id,SkuTitle,TERM_DURATION,BillingPlan,Segment,Currency,UnitPrice,ERP Price,PricingTierRangeMin,PricingTierRangeMax,EffectiveStartDate,EffectiveEndDate,Something New
`

func TestPriceSheetRows(t *testing.T) {
	file := "\ufeff" + sheet +
		`Unchanged,CFQ7,0001,"E3, no Teams",P1Y,Monthly,Commercial,USD,9.60,12.00,,,2026-01-01T00:00:00Z,11/30/9999,` + "\r\n" +
		`New,CFQ7,0001,E3,P3Y,Triennial,Education,usd,345.6,432,1,50,3/1/2026 12:00:00 AM,3/31/2026 11:59:59 PM,x` + "\n" +
		`,CFQ7,0002,E5,P1M,None,,EUR,1.5E-3,,51,,2026-01-01,,` + "\n" +
		",,,,,,,,,,,,,,\n" +
		`,CFQ7,0003,E5,OneTime,OneTime,,EUR,100,,,,2026-01-01,,` + "\n"
	compare(t, told(partnercenter.PriceSheet("s.csv", strings.NewReader(file)), priceText),
		`s.csv:2 CFQ7:0001 Commercial 12 "monthly" 9.60 USD retail 12.00 2026-01-01..`,
		`s.csv:3 CFQ7:0001 Education 36 "triennial" 345.6 USD retail 432 tier 1-50 2026-03-01..2026-04-01`,
		`s.csv:4 CFQ7:0002  1 "" 0.0015 EUR tier 51-0 2026-01-01..`,
		`s.csv:6 CFQ7:0003  0 "" 100 EUR 2026-01-01..`)
}

func TestAWrongPriceSheetRowIsReportedAndTheNextOneRead(t *testing.T) {
	row := func(old, new string) string {
		return strings.Replace(",CFQ7,0001,E3,P1Y,Annual,,USD,115.2,144,,,2026-01-01,11/30/9999,\n", old, new, 1)
	}
	file := sheet + row("CFQ7", "") + row("USD", "DOLLAR") + row("115.2", "$115.20") + row("115.2", "-1") + row("Annual", "Weekly") + row("2026-01-01", "31/12/2026") +
		row("11/30/9999", "2025-01-01") + row(",E3", "") + row("E3", `E"3`) + row("144,,", "144,9,5") + row("x", "x")
	compare(t, told(partnercenter.PriceSheet("s.csv", strings.NewReader(file)), priceText),
		"s.csv:2: productid: is empty, and required",
		`s.csv:3: Currency: "DOLLAR" is not a currency (expected an ISO 4217 code such as USD)`,
		`s.csv:4: UnitPrice: "$115.20" is not a decimal number (expected for example 12.50)`,
		"s.csv:5: UnitPrice: -1 is negative (expected 0 or more)",
		`s.csv:6: BillingPlan: unknown "Weekly" (expected Monthly, Annual, Triennial or None)`,
		`s.csv:7: EffectiveStartDate: "31/12/2026" is not a date (expected YYYY-MM-DD or M/D/YYYY)`,
		`s.csv:8: EffectiveEndDate: "2025-01-01" is before the start (2026-01-01)`,
		"s.csv:9: has 14 cells, and the header 15",
		"s.csv:10: a quote inside a cell that does not begin with one",
		"s.csv:11: PricingTierRangeMax: 5 is below the tier's start (9)",
		`s.csv:12 CFQ7:0001  12 "annual" 115.2 USD retail 144 2026-01-01..`)
}

const usageHeader = `CustomerId,CustomerName,InvoiceNumber,ProductId,SkuId,SubscriptionId,EntitlementId,UsageDate,MeterId,ResourceURI,ChargeType,Quantity,UnitOfMeasure,BillingPreTaxTotal,BillingCurrency,EffectiveUnitPrice,CreditType,Tags
`

func usageText(u flow.RatedUsage) string {
	return fmt.Sprintf("%s %s %s %s %s %s..%s %s %s %s %s", u.At, u.Customer, u.Subscription, u.Entitlement, u.SKU, u.Period.From, u.Period.To, u.Quantity, u.Unit, u.Cost, u.Currency)
}

func TestDailyUsageRows(t *testing.T) {
	file := usageHeader +
		`c1,Contoso,G01,DZH3,001J,plan,ent,1/31/2026 12:00:00 AM,m1,/sub/vm,new,24,1 Hour,2.880000000000001,USD,0.12,,"{""env"":""a,b""}"` + "\n" +
		`c1,Contoso,G01,DZH3,001J,plan,ent,2026-02-01,m1,/sub/vm,customerCredit,1.2E-05,1 Hour,-2.88,usd,0.12,Azure Credit Applied,` + "\n" +
		`c1,Contoso,G01,DZH3,001J,plan,ent,yesterday,m1,/sub/vm,new,,1 Hour,many,usd,0.12,,` + "\n"
	compare(t, told(partnercenter.DailyUsage("u.csv", strings.NewReader(file)), usageText),
		"u.csv:2 c1 plan ent DZH3:001J 2026-01-31..2026-02-01 24 1 Hour 2.880000000000001 USD",
		"u.csv:3 c1 plan ent DZH3:001J 2026-02-01..2026-02-02 0.000012 1 Hour -2.88 USD",
		"u.csv:4: Quantity: is empty, and required\n"+
			`u.csv:4: BillingPreTaxTotal: "many" is not a decimal number (expected for example 12.50)`+"\n"+
			`u.csv:4: UsageDate: "yesterday" is not a date (expected YYYY-MM-DD or M/D/YYYY)`)
}

// Billed or not, in another order of columns, restated: it is the same record.
func TestARecordKeepsItsKey(t *testing.T) {
	keys := func(file string) (all []string) {
		for u, err := range partnercenter.DailyUsage("u.csv", strings.NewReader(file)) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, u.Key)
		}
		return all
	}
	unbilled := keys(usageHeader +
		"c1,Contoso,,P,S,plan,ent,2026-01-31,m1,/vm,new,24,1 Hour,2.88,USD,0.120,,\n" +
		"c1,Contoso,,P,S,plan,ent,2026-01-31,m1,/vm,new,1,1 Hour,0.12,USD,0.12,,\n" +
		"c1,Contoso,,P,S,plan,ent,2026-01-31,m2,/vm,new,1,1 Hour,0.12,USD,0.12,,\n")
	billed := keys("UsageDate,EffectiveUnitPrice,MeterId,ResourceURI,Quantity,BillingPreTaxTotal,BillingCurrency,InvoiceNumber,CustomerId,SubscriptionId,EntitlementId,ProductId,SkuId,ChargeType\n" +
		"1/31/2026 12:00:00 AM,0.12,M1,/VM,25,3.00,USD,G01,C1,plan,ent,P,S,new\n" +
		"2026-01-31T00:00:00Z,0.12,m1,/vm,2,0.24,USD,G01,c1,plan,ent,P,S,new\n" +
		"2026-01-31,0.12,m2,/vm,1,0.12,USD,G01,c1,plan,ent,P,S,new\n")
	if !slices.Equal(unbilled, billed) {
		t.Errorf("%v\n%v", unbilled, billed)
	}
	if unbilled[0] == unbilled[1] || unbilled[1] != unbilled[0]+"-1" || unbilled[2][:32] == unbilled[0] {
		t.Errorf("%v are not told apart", unbilled)
	}
}

func zipped(text string) string {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	io.WriteString(w, text)
	w.Close()
	return out.String()
}

const oneUse = "c1,Contoso,,P,S,plan,ent,2026-01-31,m1,/vm,new,24,1 Hour,2.88,USD,0.120,,\n"

func TestGzipIsUnpacked(t *testing.T) {
	got := told(partnercenter.DailyUsage("u.csv.gz", strings.NewReader(zipped(usageHeader+oneUse))), usageText)
	compare(t, got, "u.csv.gz:2 c1 plan ent P:S 2026-01-31..2026-02-01 24 1 Hour 2.88 USD")
}

func TestADamagedFileEndsWithAClearError(t *testing.T) {
	long := usageHeader + strings.Repeat(oneUse, 1<<15)
	packed := zipped(usageHeader + strings.Repeat(oneUse, 50) + fmt.Sprint(slices.Repeat([]int{1, 7, 3}, 20000)))
	for _, c := range []struct{ what, text, want string }{
		{"nothing", "", "u.csv:1: the file is empty"},
		{"a mark", "\ufeff", "u.csv:1: the file is empty"},
		{"another file", "a,b,c\n1,2,3\n", "u.csv:1: is not daily rated usage: column CustomerId is missing"},
		{"a page", "<!DOCTYPE html>\n<html>\n", "is not daily rated usage"},
		{"columns twice", "CustomerId," + usageHeader, `u.csv:1: column "CustomerId" is given twice`},
		{"many columns", strings.Repeat("x,", 1000) + usageHeader, "u.csv:1: has 1018 columns"},
		{"many cells", usageHeader + strings.Repeat(",", 5000) + "\n", "u.csv:2: has 5001 cells"},
		{"UTF-16", "\xff\xfeC\x00u\x00s\x00", "u.csv:1: is UTF-16"},
		{"UTF-16 without a mark", "C\x00u\x00s\x00t\x00,\x00", "holds a NUL byte"},
		{"Latin-1", usageHeader + oneUse + strings.Replace(oneUse, "Contoso", "Caf\xe9", 1), "u.csv:3: is not UTF-8"},
		{"NUL", usageHeader + strings.Replace(oneUse, "Contoso", "Con\x00toso", 1), "u.csv:2: holds a NUL byte"},
		{"a ZIP archive", "PK\x03\x04....", "is a ZIP archive (expected the file in it)"},
		{"cut off in a row", usageHeader + oneUse + "c1,Contoso,,P", "u.csv:3: is cut off: the last row has 4 cells, and the header 18"},
		{"cut off in a quote", usageHeader + oneUse + `c1,"Cont`, "u.csv:3: is not CSV: a quote that opens here is not closed well"},
		{"cut off when packed", packed[:len(packed)-20], "is cut off"},
		{"broken when packed", packed[:200] + "xxxxxxxx" + packed[208:], "u.csv"},
		{"packed badly", "\x1f\x8b\x00\x00\x00\x00\x00\x00\x00\x00", "is not gzip after all"},
		{"an open quote", strings.Replace(long, "Contoso", `"Contoso`, 1), "u.csv:2: a row is longer than 1 MiB (is a quote not closed?)"},
		{"a long cell", usageHeader + strings.Replace(oneUse, "Contoso", strings.Repeat("x", 10<<20), 1), "u.csv:2: a row is longer than 1 MiB"},
	} {
		t.Run(c.what, func(t *testing.T) {
			var last error
			for _, err := range partnercenter.DailyUsage("u.csv", strings.NewReader(c.text)) {
				last = err
			}
			if last == nil || !errors.Is(last, partnercenter.ErrDamaged) || !strings.Contains(last.Error(), c.want) {
				t.Errorf("got %v, want %s", last, c.want)
			}
		})
	}
}

func TestSubscriptionFields(t *testing.T) {
	const text = `{"Items": [{
  "ID": 42, "offerId": "CFQ7:0001:CFQ9", "friendlyName": "E3", "quantity": "25", "status": "Active", "autoRenewEnabled": "true", "isTrial": false,
  "termDuration": "P1Y", "renewalTermDuration": null, "billingCycle": "Annual", "parentSubscriptionId": "p1",
  "creationDate": "2026-01-15T10:00:00.1234567Z", "effectiveStartDate": "2026-01-15T23:30:00-02:00",
  "commitmentEndDate": "2027-01-14T00:00:00Z", "commitmentEndDateTime": "2027-01-13T23:59:59Z", "billingCycleEndDate": "2026-02-14T00:00:00",
  "cancellationAllowedUntilDate": "0001-01-01T00:00:00Z", "suspensionReasons": ["CustomerCancellation"],
  "refundOptions": [{"type": "Full", "expiresAt": "2026-01-16T10:00:00Z"}],
  "refundableQuantity": {"totalQuantity": 5, "details": [{"quantity": 5, "allowedUntilDateTime": "2026-01-22T10:00:00Z"}]},
  "scheduledNextTermInstructions": {"product": {"productId": "CFQ8", "skuId": "0002", "termDuration": "P1M", "billingCycle": "monthly"}, "quantity": 30, "customTermEndDate": "2027-01-31T00:00:00Z"},
  "somethingNew": {"deep": [1, {"x": null}]}
}], "totalCount": 1}`
	for h, err := range partnercenter.Subscriptions("s.json", strings.NewReader("\ufeff"+text)) {
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprint(h.At, h.ID, h.SKU, h.Quantity, h.Status == flow.HoldingActive, h.AutoRenew, h.TermMonths, h.Billing.Months, h.Parent, h.CreatedAt, h.StartsAt, h.EndsAt, h.BillingEndsAt,
			h.CancellableUntil.IsZero(), h.SuspensionReasons, h.Refunds, h.Refundable, *h.Next)
		const want = "s.json:1 42 CFQ7:0001 25 true true 12 12 p1 2026-01-15 10:00:00.1234567 +0000 UTC 2026-01-16 01:30:00 +0000 UTC 2027-01-14 00:00:00 +0000 UTC 2026-02-15 00:00:00 +0000 UTC " +
			"true [CustomerCancellation] [{Full 2026-01-16 10:00:00 +0000 UTC}] [{5 2026-01-22 10:00:00 +0000 UTC}] {CFQ8:0002 30 true 1 {monthly 1}  2027-02-01}"
		if strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(want, " ", "") {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func TestAWrongSubscriptionIsReportedAndTheNextOneRead(t *testing.T) {
	const text = `[
{"id": "a", "quantity": 1},
{"id": "b", "quantity": "lots", "effectiveStartDate": "soon", "isTrial": "maybe", "termDuration": "PX", "productType": [], "links": {"self": {"uri": {}}}},
"c", null,
{"quantity": -1, "refundOptions": {}, "refundableQuantity": {"details": [{"quantity": "x"}]}},
{"id": "e", "quantity": 2}
]
`
	compare(t, told(partnercenter.Subscriptions("s.json", strings.NewReader(text)), func(h flow.Holding) string { return h.At.String() + " " + h.ID }),
		"s.json:2 a",
		`s.json:3: isTrial: "maybe" is neither true nor false
s.json:3: effectiveStartDate: "soon" is not an instant (expected for example 2026-01-31T23:59:59Z)
s.json:3: quantity: "lots" is not a number
s.json:3: quantity: is missing, and required
s.json:3: termDuration: "PX" is not a term (expected for example P1M, P1Y or P3Y)
s.json:3: productType: expected {…}, got "[]"
s.json:3: links.self.uri: expected a text, got "{}"`,
		`s.json:4: expected a subscription {…}, got "\"c\""`,
		`s.json:4: expected a subscription {…}, got "null"`,
		`s.json:5: id: is missing, and required
s.json:5: quantity: -1 is negative
s.json:5: refundOptions: expected a list, got "{}"
s.json:5: refundableQuantity.details[0].quantity: "x" is not a number`,
		"s.json:6 e")
}

func TestADamagedAnswerEndsWithAClearError(t *testing.T) {
	for _, c := range []struct{ what, text, want string }{
		{"nothing", "", "s.json:1: the file is empty"},
		{"spaces", "   \n", "is cut off"},
		{"cut off", "{\"items\": [{\"id\": \"a\", \"quantity\": 1},\n{\"id\": \"b\", \"qua", "s.json:2: is cut off"},
		{"cut off between", `{"items": [{"id": "a", "quantity": 1}`, "s.json:1: is cut off"},
		{"cut off after", `{"items": [{"id": "a", "quantity": 1}]`, "s.json:1: is cut off"},
		{"more after", `{"items": []} {"items": []}`, "s.json:1: goes on after its end"},
		{"a number", "12", "s.json:1: expected a collection of subscriptions"},
		{"a page", "<html>", "s.json:1: is not JSON"},
		{"something else", `{"totalCount": 0}`, "s.json:1: expected a collection with items"},
		{"an error", `{"code": 900420, "description": "wrong audience", "data": []}`, "s.json:1: is an error of the provider: "},
		{"items of another kind", `{"items": {"id": 1}}`, "s.json:1: items: expected a list"},
		{"UTF-16", "\xff\xfe{\x00}\x00", "is UTF-16"},
		{"Latin-1", "{\"items\": [\n{\"id\": \"caf\xe9\", \"quantity\": 1}]}", "s.json:2: is not UTF-8"},
		{"NUL", "{\"items\": [{\"id\": \"a\x00\"}]}", "s.json:1: is not JSON"},
		{"a nest", `{"items": [` + strings.Repeat(`{"a":[`, 100000), "s.json:1: is not JSON"},
		{"a nest in one", `{"items": [{"id": "a", "quantity": 1, "links": ` + strings.Repeat(`[`, 9000) + strings.Repeat(`]`, 9000) + "}]", "links: expected {…}"},
		{"a long text", `{"items": [{"id": "` + strings.Repeat("x", 10<<20) + `"}]}`, "s.json:1: a subscription is longer than 1 MiB"},
		{"cut off when packed", zipped(`{"items": [` + strings.Repeat(`{"id": "a", "quantity": 1},`, 5000))[:100], "is cut off"},
	} {
		t.Run(c.what, func(t *testing.T) {
			var all error
			for _, err := range partnercenter.Subscriptions("s.json", strings.NewReader(c.text)) {
				all = errors.Join(all, err)
			}
			if all == nil || !errors.Is(all, partnercenter.ErrDamaged) || !strings.Contains(all.Error(), c.want) {
				t.Errorf("got %.300v, want %s", all, c.want)
			}
		})
	}
}

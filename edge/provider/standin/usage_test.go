package standin

import (
	"fmt"
	"testing"
	"time"

	"prorata/core/calendar"
	"prorata/core/money"
)

const azureID = "11111111-2222-4333-a444-555555555555"

// used adds up quantities by meter.
func used(t testing.TB, lines []map[string]any, key, quantity string) map[string]money.Ratio {
	t.Helper()
	sums := map[string]money.Ratio{}
	for _, l := range lines {
		name := fmt.Sprint(l[key])
		sums[name] = sums[name].Add(decimalOf(t, l[quantity]).Ratio())
	}
	return sums
}

func TestUsageComesLateAndIsSetRight(t *testing.T) {
	plan := azurePlan{Subscription: azureID, Ran: calendar.Period{From: day(t, "2026-03-01")}}
	march := monthOf(day(t, "2026-03-01"))
	at := func(text string) []usageRecord {
		clock, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return usageMonth(plan, march, clock)
	}
	if got := at("2026-03-02 05:59"); len(got) != 0 {
		t.Errorf("%d records before the day is rated", len(got))
	}
	end := at("2026-04-06 04:00")
	onTime := at("2026-04-01 06:00")
	if len(onTime) >= len(end) {
		t.Errorf("%d records on time, %d in the end: nothing was late", len(onTime), len(end))
	}
	final := map[string]money.Decimal{}
	key := func(u *usageRecord) string { return u.On.String() + u.Resource + u.UnitPrice.String() }
	for n := range end {
		final[key(&end[n])] = end[n].Quantity
	}
	restated := 0
	for d := march.From; d.Before(march.To); d = d.AddDays(1) {
		for _, u := range at(d.AddDays(1).String() + " 06:00") {
			if u.On == d && u.Meter.free == 0 && u.Quantity.Cmp(final[key(&u)]) != 0 {
				restated++
				if u.Quantity.Cmp(final[key(&u)]) > 0 {
					t.Errorf("%s was first %s and then %s", d, u.Quantity, final[key(&u)])
				}
			}
		}
	}
	if restated == 0 {
		t.Error("nothing was restated")
	}
	if again := at("2026-04-06 04:00"); fmt.Sprint(again) != fmt.Sprint(end) {
		t.Error("the same month is not the same twice")
	}
}

func TestFreeUnitsComeFirstInAMonth(t *testing.T) {
	plan := azurePlan{Ran: calendar.Period{From: day(t, "2026-01-01")}, Managed: true}
	for n := range 20 {
		plan.Subscription = fmt.Sprint("plan-", n)
		free := map[string]money.Ratio{}
		for _, u := range usageMonth(plan, monthOf(day(t, "2026-03-01")), time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)) {
			if u.Meter.free == 0 {
				continue
			}
			if u.UnitPrice.IsZero() {
				free[u.Resource] = free[u.Resource].Add(u.Quantity.Ratio())
			} else if free[u.Resource].Cmp(money.Whole(u.Meter.free)) != 0 {
				t.Errorf("%s pays on %s with %v of %d free units used", u.Resource, u.On, free[u.Resource], u.Meter.free)
			}
		}
	}
}

func TestTheInvoicesAzureLinesAreTheSumOfItsUsage(t *testing.T) {
	for _, currency := range []string{"USD", "EUR"} {
		s := open(t, currency, "2026-03-01")
		s.plan(azureID)
		s.advance("2026-04-06", "04:00")
		invoice := s.w.Invoices()[0]
		lines, _ := s.exported("reconciliation/billed", map[string]string{"invoiceId": invoice})
		usage, _ := s.exported("usage/billed", map[string]string{"invoiceId": invoice})
		if len(usage) < 100 {
			t.Fatalf("%d records of usage", len(usage))
		}
		billed, measured := used(t, lines, "SkuId", "BillableQuantity"), used(t, usage, "SkuId", "Quantity")
		for sku, quantity := range measured {
			if billed[sku].Cmp(quantity) != 0 {
				t.Errorf("%s: %s is billed and not what was used", currency, sku)
			}
		}
		for _, l := range lines {
			priced := money.Ratio{}
			for _, u := range usage {
				if u["SkuId"] == l["SkuId"] && u["UnitPrice"] == l["UnitPrice"] {
					priced = priced.Add(decimalOf(t, u["PricingPreTaxTotal"]).Ratio())
				}
			}
			want := cutOff(cutOff(priced, 2).Mul(decimalOf(t, l["PCToBCExchangeRate"]).Ratio()), 2)
			if decimalOf(t, l["Subtotal"]).Ratio().Cmp(want) != 0 {
				t.Errorf("%s: %v at %v is %v, its records are cut to %v", currency, l["SkuId"], l["UnitPrice"], l["Subtotal"], want)
			}
		}
		older := s.pages("/v1/invoices/" + invoice + "/lineitems?provider=onetime&invoicelineitemtype=usagelineitems&currencycode=" + currency + "&size=100")
		if len(older) != len(usage) || sumOf(t, older, "billingPreTaxTotal").Cmp(sumOf(t, usage, "BillingPreTaxTotal")) != 0 {
			t.Errorf("%s: %d records in the older spelling, %d in the newer", currency, len(older), len(usage))
		}
	}
}

func TestTheBasicUsageLacksWhatIsPublishedAsMissing(t *testing.T) {
	s := open(t, "USD", "2026-03-01")
	s.plan(azureID)
	s.advance("2026-03-05", "12:00")
	ask := map[string]string{"currencyCode": "USD", "billingPeriod": "current", "attributeSet": "full"}
	full, _ := s.exported("usage/unbilled", ask)
	ask["attributeSet"] = "basic"
	basic, _ := s.exported("usage/unbilled", ask)
	for column, inBasic := range map[string]bool{"ResourceURI": true, "EntitlementId": true, "UsageDate": true, "MeterId": false, "Tags": false, "ResourceGroup": false} {
		if _, has := full[0][column]; !has {
			t.Errorf("full lacks %s", column)
		}
		if _, has := basic[0][column]; has != inBasic {
			t.Errorf("basic has %s: %t, want %t", column, has, inBasic)
		}
	}
}

func TestUsageHeldBackComesOnTheNextInvoice(t *testing.T) {
	both := func(late bool) (all map[string]money.Ratio, first int) {
		s := open(t, "USD", "2026-03-01")
		s.plan(azureID)
		if late {
			s.sendMistake(Mistake{Kind: LateUsage, Value: "3"})
		}
		s.advance("2026-05-06", "04:00")
		var usage []map[string]any
		for n, invoice := range s.w.Invoices() {
			lines, _ := s.exported("usage/billed", map[string]string{"invoiceId": invoice})
			if usage = append(usage, lines...); n == 0 {
				first = len(lines)
			}
		}
		return used(t, usage, "ResourceURI", "Quantity"), first
	}
	plain, plainFirst := both(false)
	held, heldFirst := both(true)
	if heldFirst >= plainFirst {
		t.Errorf("%d records on March's invoice, %d without the mistake", heldFirst, plainFirst)
	}
	for resource, quantity := range plain {
		if held[resource].Cmp(quantity) != 0 {
			t.Errorf("%s: usage was lost or billed twice", resource)
		}
	}
}

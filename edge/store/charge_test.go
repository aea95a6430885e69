package store_test

import (
	"testing"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

func fullCharge(id, to, known string) *billing.ProviderCharge {
	return &billing.ProviderCharge{
		ID: id, Subscription: "s", Type: billing.ChargeRemoveQuantity, SKU: "telephony", Period: calendar.Period{From: day(to).AddDays(-17), To: day(to)},
		Quantity: decimalOf("12"), UnitPrice: decimalOf("22.10"), EffectivePrice: decimalOf("-12.119355"), Cost: decimalOf("-145.43"), Currency: currencyOf("EUR"), KnownOn: day(known),
	}
}

func (b *book) charge(c *billing.ProviderCharge, name, on string) (seq int64) {
	b.t.Helper()
	b.write(func(tx flow.Tx) {
		e := entry(flow.DoCharge, "c", c.Subscription, on)
		e.ID, e.KnownOn = name, c.KnownOn
		seq = got[int64](b.t)(tx.ChargeAppend(e, c))
	})
	return seq
}

// A provider's row is read as it was told, each telling of it, and a void marks the
// telling that it takes back. It is no entry of the subscription's own log.
func aRowIsReadAsItWasTold(t *testing.T, b *book) {
	b.contract("c")
	b.subscribe("c", "s", "2026-01-01")
	first, second := fullCharge("row", "2026-02-01", "2026-02-07"), fullCharge("row", "2026-02-01", "2026-02-09")
	second.Type, second.SKU, second.Currency = billing.ChargeCredit, "", money.Currency{}
	first.Seq = b.charge(first, "row", "2026-02-06")
	void := entry(flow.DoVoid, "c", "s", "2026-02-08")
	void.Voids = first.Seq
	b.append(void)
	second.Seq = b.charge(second, "row (2)", "2026-02-08")
	first.VoidedOn = day("2026-02-08")
	open := b.bookOf("c")
	same(t, "rows", open.Charges, []billing.ProviderCharge{*first, *second})
	same(t, "entries", len(open.Subscriptions[0].Entries), 1)
	b.read(func(tx flow.Tx) {
		versions := got[[]flow.ChargeVersion](t)(tx.ChargeVersions("row"))
		first.VoidedOn = calendar.Date{}
		same(t, "tellings", versions, []flow.ChargeVersion{
			{ProviderCharge: *first, Contract: "c", RecordedOn: day("2026-02-06"), Void: true}, {ProviderCharge: *second, Contract: "c", RecordedOn: day("2026-02-08")},
		})
		same(t, "none", len(got[[]flow.ChargeVersion](t)(tx.ChargeVersions("row (2)"))), 0)
		var log []flow.EventVerb
		for _, e := range got[[]flow.LogEntry](t)(tx.LogOf("s")) {
			log = append(log, e.Do)
		}
		same(t, "log", log, []flow.EventVerb{flow.DoSubscribe, flow.DoCharge, flow.DoVoid, flow.DoCharge})
	})
}

// Of rows, too, a run reads what is open or became known since the last invoice.
func onlyOpenRowsAreRead(t *testing.T, b *book) {
	b.contract("c")
	b.subscribe("c", "s", "2026-01-01")
	b.charge(fullCharge("settled", "2026-02-01", "2026-02-01"), "settled", "2026-02-01")
	b.charge(fullCharge("known late", "2026-01-20", "2026-02-02"), "known late", "2026-02-02")
	b.charge(fullCharge("open", "2026-02-02", "2026-01-25"), "open", "2026-01-25")
	read := func() (rows []string) {
		for _, c := range b.due("2026-12-31", 100)[0].Charges {
			rows = append(rows, c.ID)
		}
		return rows
	}
	same(t, "at first", read(), []string{"settled", "known late", "open"})
	b.move("c", billing.Cursor{Next: 2, Through: day("2026-02-01"), DueOn: day("2026-03-01"), OpenAfter: day("2026-02-01")})
	same(t, "after an invoice", read(), []string{"known late", "open"})
	b.read(func(tx flow.Tx) {
		same(t, "all", len(got[[]*flow.OpenBook](t)(tx.AllBooks("", "~"))[0].Charges), 3)
	})
}

// A subscription names its holding, and the contracts of one are found by it.
func aHoldingFindsItsContracts(t *testing.T, b *book) {
	for _, c := range []billing.ContractID{"d", "c", "e"} {
		b.contract(c)
		sub := plainSubscription("s "+billing.SubscriptionID(c), c)
		if sub.Holding = "h1"; c == "e" {
			sub.Holding = "h2"
		}
		b.write(func(tx flow.Tx) {
			got[int64](t)(tx.LogAppend(quantity(entry(flow.DoSubscribe, c, sub.ID, "2026-01-01"), "4"), sub, nil, nil))
		})
	}
	b.read(func(tx flow.Tx) {
		books := got[[]*flow.OpenBook](t)(tx.HeldBooks("h1"))
		same(t, "contracts", []billing.ContractID{books[0].Contract.ID, books[1].Contract.ID}, []billing.ContractID{"c", "d"})
		same(t, "holding", books[0].Subscriptions[0].Holding, "h1")
		same(t, "of nothing", len(got[[]*flow.OpenBook](t)(tx.HeldBooks(""))), 0)
	})
}

// A price that only a provider's row asks for is read with what is sold.
func aRowsPriceIsSold(t *testing.T, b *book) {
	b.contract("c")
	b.subscribe("c", "s", "2026-01-01")
	b.write(func(tx flow.Tx) {
		got[bool](t)(tx.PricePut(billing.PriceRow{SKU: "telephony", List: "default", Currency: currencyOf("EUR"), Unit: monthly, Price: decimalOf("8")}))
	})
	sold := func() (n int) {
		b.read(func(tx flow.Tx) { n = len(got[*flow.Catalog](t)(tx.CatalogGet(true)).Prices["telephony"]) })
		return n
	}
	same(t, "before", sold(), 0)
	b.charge(fullCharge("row", "2026-02-01", "2026-02-01"), "row", "2026-02-01")
	same(t, "after", sold(), 1)
}

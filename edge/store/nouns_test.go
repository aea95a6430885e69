package store_test

import (
	"fmt"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

func sellersKeepTheirVersions(t *testing.T, b *book) {
	first := flow.Seller{
		ID: "nord", Currency: currencyOf("EUR"), TimeZone: "Europe/Berlin",
		Party:      flow.Party{Name: "Nord GmbH", Address: []string{"Am Hafen 1", "20457 Hamburg"}, Country: "DE", TaxID: "DE1", RegistrationID: "HRB 1", Email: "a@nord.example", Phone: "1"},
		Remittance: flow.Remittance{Bank: "Bank", AccountHolder: "Nord", IBAN: "DE2", BIC: "B", AccountNumber: "3", RoutingNumber: "4", Note: "with thanks"},
	}
	second := first
	second.Party.Name = "Nord AG"
	b.write(func(tx flow.Tx) {
		same(t, "new", got[bool](t)(tx.SellerPut(first)), true)
		same(t, "again", got[bool](t)(tx.SellerPut(first)), false)
		same(t, "another", got[bool](t)(tx.SellerPut(flow.Seller{ID: "aalen", Currency: currencyOf("EUR")})), true)
		same(t, "changed", got[bool](t)(tx.SellerPut(second)), true)
	})
	b.read(func(tx flow.Tx) {
		same(t, "list, as they came", got[[]flow.Seller](t)(tx.SellerList()), []flow.Seller{second, {ID: "aalen", Currency: currencyOf("EUR")}})
		for version, want := range []flow.Seller{second, first, second} {
			seller, is, err := tx.SellerVersion("nord", version)
			must(t, err)
			same(t, "version", seller, want)
			same(t, "version number", is, max(version, 2-version))
		}
		_, _, err := tx.SellerVersion("nord", 3)
		wantError(t, err, flow.ErrUnknown)
		_, _, err = tx.SellerVersion("sued", 0)
		wantError(t, err, flow.ErrUnknown)
	})
}

func fullPrice() billing.PriceRow {
	return billing.PriceRow{
		SKU: "E3", List: "default", Currency: currencyOf("EUR"), Unit: monthly, TermMonths: 12, Model: billing.Graduated, Price: decimalOf("12.10"),
		Tiers: []billing.Tier{{UpTo: decimalOf("10"), Price: decimalOf("5.00"), Flat: decimalOf("1")}, {Open: true, Price: decimalOf("4.50"), Flat: decimalOf("0")}},
		Rule:  billing.Rule{Of: billing.OfCost, Percent: decimalOf("-8.5"), Margin: true}, Size: decimalOf("25"), Included: decimalOf("3"),
		From: day("2026-01-01"), TaxIncluded: true, Cost: decimalOf("0.00"), HasCost: true, KnownOn: day("2026-02-01"),
	}
}

func aCatalogIsReadAsItWasPut(t *testing.T, b *book) {
	tax := billing.Tax{Name: "vat", Percent: decimalOf("19.0"), Category: billing.ReverseCharge}
	product := billing.Product{SKU: "E3", Name: "Office \"E3\"", Class: "resale", Kind: billing.Usage, Tax: "vat"}
	rate := billing.Rate{On: day("2026-01-01"), From: currencyOf("USD"), To: currencyOf("EUR"), Rate: decimalOf("0.900"), KnownOn: day("2026-01-02")}
	price := fullPrice()
	for _, changed := range []bool{true, false} {
		b.write(func(tx flow.Tx) {
			same(t, "unit", got[bool](t)(tx.UnitPut(billing.Unit{Name: "fortnight", Months: 2})), changed)
			same(t, "tax", got[bool](t)(tx.TaxPut(tax)), changed)
			same(t, "product", got[bool](t)(tx.ProductPut(product)), changed)
			same(t, "rate", got[bool](t)(tx.RatePut(rate)), changed)
			same(t, "price", got[bool](t)(tx.PricePut(price)), changed)
		})
	}
	b.write(func(tx flow.Tx) {
		same(t, "unit changes", got[bool](t)(tx.UnitPut(billing.Unit{Name: "fortnight", Months: 3})), true)
	})
	b.read(func(tx flow.Tx) {
		catalog := got[*flow.Catalog](t)(tx.CatalogGet(false))
		same(t, "units", catalog.Units, map[string]billing.Unit{"fortnight": {Name: "fortnight", Months: 3}})
		same(t, "taxes", catalog.Taxes, map[string]billing.Tax{"vat": tax})
		same(t, "products", catalog.Products, map[string]billing.Product{"E3": product})
		same(t, "rates", catalog.Rates, []billing.Rate{rate})
		price.Seq = catalog.Prices["E3"][0].Seq
		same(t, "prices", catalog.Prices["E3"], []billing.PriceRow{price})
	})
}

func theSamePriceTwiceIsOne(t *testing.T, b *book) {
	price := func(amount, known string) billing.PriceRow {
		row := billing.PriceRow{SKU: "E3", List: "default", Currency: currencyOf("EUR"), Unit: monthly, Price: decimalOf(amount)}
		if known != "" {
			row.KnownOn = day(known)
		}
		return row
	}
	b.write(func(tx flow.Tx) {
		same(t, "first", got[bool](t)(tx.PricePut(price("10.00", ""))), true)
		same(t, "known later", got[bool](t)(tx.PricePut(price("10.00", "2026-03-01"))), false)
		same(t, "dearer", got[bool](t)(tx.PricePut(price("12.00", "2026-03-01"))), true)
		same(t, "and back on the same day", got[bool](t)(tx.PricePut(price("10.00", "2026-03-01"))), true)
		same(t, "known earlier", got[bool](t)(tx.PricePut(price("10.00", "2026-02-01"))), true)
		told := price("10.00", "2026-03-01")
		told.Seq = got[int64](t)(tx.LogAppend(flow.LogEntry{Do: flow.DoListPrice, ID: "p1"}, nil, nil, nil))
		same(t, "told by an event", got[bool](t)(tx.PricePut(told)), true)
	})
	b.read(func(tx flow.Tx) {
		var amounts []string
		last := int64(0)
		for _, row := range got[*flow.Catalog](t)(tx.CatalogGet(false)).Prices["E3"] {
			amounts = append(amounts, row.Price.String())
			if row.Seq <= last {
				t.Errorf("seq %d after %d", row.Seq, last)
			}
			last = row.Seq
		}
		same(t, "rows in order", amounts, []string{"10.00", "12.00", "10.00", "10.00", "10.00"})
	})
}

func ofThePricesOnlyWhatIsSold(t *testing.T, b *book) {
	b.contract("c")
	b.subscribe("c", "s", "2026-01-01")
	b.write(func(tx flow.Tx) {
		for _, sku := range []string{"E3", "E5", "setup"} {
			got[bool](t)(tx.PricePut(billing.PriceRow{SKU: sku, List: "default", Currency: currencyOf("EUR"), Unit: monthly, Price: decimalOf("1")}))
		}
		got[int64](t)(tx.LogAppend(entry(flow.DoOneTime, "c", "i", "2026-01-01"), nil, &billing.OneTimeItem{ID: "i", Contract: "c", SKU: "setup"}, nil))
	})
	b.read(func(tx flow.Tx) {
		same(t, "all", len(got[*flow.Catalog](t)(tx.CatalogGet(false)).Prices), 3)
		sold := got[*flow.Catalog](t)(tx.CatalogGet(true)).Prices
		same(t, "sold", []int{len(sold), len(sold["E3"]), len(sold["setup"])}, []int{2, 1, 1})
	})
}

func accountsKeepTheirVersions(t *testing.T, b *book) {
	first := flow.Account{
		Account: billing.Account{ID: "acme", Name: "Acme", Parent: "group", Reseller: "shop", BillTo: billing.ToReseller, Country: "DE", Currency: currencyOf("JPY"),
			PriceList: "gold", Consolidated: true},
		Party:    flow.Party{Name: "Acme", Address: []string{"Weg 1"}, Country: "DE", TaxID: "DE9", RegistrationID: "R", Email: "e", Phone: "p"},
		Language: "de", PurchaseOrder: "PO 1", PaymentTermsDays: 0, HasPaymentTerms: true,
	}
	second := first
	second.HasPaymentTerms = false
	b.write(func(tx flow.Tx) {
		same(t, "new", got[bool](t)(tx.AccountPut(first)), true)
		same(t, "again", got[bool](t)(tx.AccountPut(first)), false)
		same(t, "changed", got[bool](t)(tx.AccountPut(second)), true)
		got[bool](t)(tx.AccountPut(plainAccount("aaa")))
	})
	b.read(func(tx flow.Tx) {
		same(t, "get", got[flow.Account](t)(tx.AccountGet("acme")), second)
		same(t, "list", got[[]flow.Account](t)(tx.AccountList()), []flow.Account{plainAccount("aaa"), second})
		same(t, "version 1", got[flow.Account](t)(tx.AccountVersion("acme", 1)), first)
		same(t, "version 2", got[flow.Account](t)(tx.AccountVersion("acme", 2)), second)
		_, err := tx.AccountVersion("acme", 3)
		wantError(t, err, flow.ErrUnknown)
		_, err = tx.AccountGet("nobody")
		wantError(t, err, flow.ErrUnknown)
	})
}

func anAccountIsBilledThroughItsChildren(t *testing.T, b *book) {
	b.contract("c")
	put := func(a flow.Account) { b.write(func(tx flow.Tx) { got[bool](t)(tx.AccountPut(a)) }) }
	child := plainAccount("of-c")
	child.Parent, child.BillTo = "group", billing.ToParent
	put(child)
	group := plainAccount("group")
	group.Reseller, group.BillTo = "shop", billing.ToReseller
	put(group)
	put(plainAccount("shop"))
	friend := plainAccount("friend")
	friend.Parent = "group"
	put(friend)
	billed := func() (all []bool) {
		b.read(func(tx flow.Tx) {
			for _, id := range []billing.AccountID{"of-c", "group", "shop", "friend"} {
				all = append(all, got[bool](t)(tx.AccountBilled(id)))
			}
		})
		return all
	}
	same(t, "before", billed(), []bool{false, false, false, false})
	b.subscribe("c", "s", "2026-01-01")
	b.issue(plainInvoice("c", "s", "2026-01-01"))
	same(t, "after", billed(), []bool{true, true, true, false})
}

func creditHoldIsTheLastHoldOrRelease(t *testing.T, b *book) {
	b.contract("c")
	held := func() (held bool) {
		b.read(func(tx flow.Tx) { held = got[bool](t)(tx.AccountHeld("of-c")) })
		return held
	}
	say := func(do flow.EventVerb, contract billing.ContractID) {
		e := entry(do, contract, "", "2026-01-01")
		e.Account = "of-c"
		b.append(e)
	}
	same(t, "at first", held(), false)
	say(flow.DoHold, "")
	same(t, "held", held(), true)
	say(flow.DoRelease, "c")
	same(t, "a contract's release is not the account's", held(), true)
	say(flow.DoRelease, "")
	same(t, "released", held(), false)
	say(flow.DoHold, "")
	same(t, "held again", held(), true)
}

func fullContract() flow.Contract {
	return flow.Contract{Seller: "nord", PurchaseOrder: "PO", Contract: billing.Contract{
		ID: "c", Account: "of-c", Currency: currencyOf("USD"), Schedule: billing.Flexi, Frequency: billing.Unit{Name: "quarterly", Months: 3},
		Start: day("2026-01-31"), End: day("2027-01-31"), Timing: billing.Arrears, NextInvoice: day("2026-02-15"), OffsetDays: -5, Collect: billing.Upcoming,
		Proration: billing.ByMonths, Changes: billing.Changes{Policy: billing.Weekly, Day: 3}, Refunds: billing.Refunds{Policy: billing.RefundWithinDays, Days: 7},
		Reductions: billing.ReductionsWithinWindow, Discount: billing.Discount{Percent: decimalOf("2.50"), Initial: true, From: day("2026-01-01"), To: day("2026-06-01")},
		PriceList: "gold", RatePolicy: billing.RateOfInvoice, SuspendedFree: true, Stick: true,
	}}
}

func aContractIsReadAsItWasPut(t *testing.T, b *book) {
	b.contract("c")
	full := fullContract()
	before := b.bookOf("c").Version
	b.write(func(tx flow.Tx) {
		same(t, "replaced", got[bool](t)(tx.ContractPut(full, "payer:x")), true)
		same(t, "again", got[bool](t)(tx.ContractPut(full, "payer:x")), false)
		got[bool](t)(tx.ContractPut(plainContract("a", "of-c"), "contract:a"))
	})
	b.read(func(tx flow.Tx) {
		same(t, "get", got[flow.Contract](t)(tx.ContractGet("c")), full)
		same(t, "list", got[[]flow.Contract](t)(tx.ContractList()), []flow.Contract{plainContract("a", "of-c"), full})
		same(t, "of account", got[[]billing.ContractID](t)(tx.ContractsOf("of-c")), []billing.ContractID{"a", "c"})
		_, err := tx.ContractGet("x")
		wantError(t, err, flow.ErrUnknown)
		_, err = tx.BookRead("x")
		wantError(t, err, flow.ErrUnknown)
	})
	open := b.bookOf("c")
	same(t, "book", open.Contract, full.Contract)
	same(t, "group and seller", []string{open.Group, string(open.Seller)}, []string{"payer:x", "nord"})
	if open.Version <= before {
		t.Errorf("version %d after %d", open.Version, before)
	}
	b.write(func(tx flow.Tx) {
		must(t, tx.ContractRegroup("c", "payer:x"))
		must(t, tx.ContractRegroup("a", "payer:x"))
	})
	same(t, "not moved", b.bookOf("c").Version, open.Version)
	same(t, "moved", b.bookOf("a").Group, "payer:x")
}

func aBilledContractStaysAsItIs(t *testing.T, b *book) {
	b.contract("c")
	b.subscribe("c", "s", "2026-01-01")
	b.issue(plainInvoice("c", "s", "2026-01-01"))
	changed := plainContract("c", "of-c")
	changed.OffsetDays = 3
	b.write(func(tx flow.Tx) {
		same(t, "the same", got[bool](t)(tx.ContractPut(plainContract("c", "of-c"), "contract:c")), false)
	})
	if err := b.Write(t.Context(), func(tx flow.Tx) error {
		_, err := tx.ContractPut(changed, "contract:c")
		return err
	}); err == nil {
		t.Error("a billed contract was replaced")
	}
	same(t, "offset", b.bookOf("c").Contract.OffsetDays, 0)
}

func aSubscriptionIsReadAsItWasRecorded(t *testing.T, b *book) {
	b.contract("c")
	sub := billing.Subscription{
		ID: "s", Contract: "c", SKU: "E3", Kind: billing.Usage, Tax: "vat", TermMonths: 36, Billing: billing.Unit{Name: "annual", Months: 12}, PriceUnit: monthly,
		Ends: day("2026-09-01"), Discount: billing.Discount{Percent: decimalOf("5"), From: day("2026-02-01")}, Parent: "bundle", PerParent: decimalOf("0.5"),
		Markup: decimalOf("0"), HasMarkup: true, Minimum: decimalOf("100.00"), HasMinimum: true, Smooth: billing.Smooth{Over: decimalOf("1000"), Months: 3},
	}
	plain := plainSubscription("p", "c")
	at := time.UnixMicro(1_760_000_000_123_456).UTC()
	start := flow.LogEntry{At: at, Who: "clerk", Source: "api", RecordedOn: day("2026-01-05"), KnownOn: day("2026-01-06"), EffectiveOn: day("2026-01-01"), Do: flow.DoSubscribe,
		ID: "event-1", Contract: "c", Subscription: "s", Waiting: true,
		Entry: billing.Entry{Quantity: decimalOf("1.5"), HasQuantity: true, Price: decimalOf("9.90"), HasPrice: true, HasAutoRenew: true}}
	change := quantity(entry(flow.DoQuantity, "c", "s", "2026-02-01"), "3")
	b.write(func(tx flow.Tx) {
		start.Seq = got[int64](t)(tx.LogAppend(start, &sub, nil, nil))
		got[int64](t)(tx.LogAppend(quantity(entry(flow.DoSubscribe, "c", "p", "2026-01-07"), "1"), plain, nil, nil))
		change.Seq = got[int64](t)(tx.LogAppend(change, nil, nil, nil))
	})
	sub.Entries = []billing.Entry{
		{Seq: start.Seq, RecordedOn: day("2026-01-05"), KnownOn: day("2026-01-06"), EffectiveOn: day("2026-01-01"), Quantity: decimalOf("1.5"), HasQuantity: true,
			Price: decimalOf("9.90"), HasPrice: true, HasAutoRenew: true, Waiting: true},
		{Seq: change.Seq, Verb: billing.SetQuantity, RecordedOn: day("2026-02-01"), KnownOn: day("2026-02-01"), EffectiveOn: day("2026-02-01"), Quantity: decimalOf("3"), HasQuantity: true},
	}
	open := b.bookOf("c")
	same(t, "subscription", open.Subscriptions[0], sub)
	same(t, "the other", open.Subscriptions[1].ID, "p")
	b.read(func(tx flow.Tx) {
		same(t, "contract of", got[billing.ContractID](t)(tx.SubscriptionContract("s")), "c")
		_, err := tx.SubscriptionContract("x")
		wantError(t, err, flow.ErrUnknown)
		found := got[flow.LogEntry](t)(tx.LogFind("event-1"))
		start.Entry.Seq, start.Entry.Waiting = start.Seq, true
		start.Entry.RecordedOn, start.Entry.KnownOn, start.Entry.EffectiveOn = start.RecordedOn, start.KnownOn, start.EffectiveOn
		same(t, "event", found, start)
		_, err = tx.LogFind("event-2")
		wantError(t, err, flow.ErrUnknown)
		_, err = tx.LogFind("")
		wantError(t, err, flow.ErrUnknown)
	})
}

func fullUsage(id string, contract billing.SubscriptionID) billing.UsageRecord {
	return billing.UsageRecord{ID: id, Subscription: contract, Period: calendar.Period{From: day("2026-01-01"), To: day("2026-01-02")}, Quantity: decimalOf("1.000001"),
		Currency: currencyOf("USD"), Cost: decimalOf("-0.10"), HasCost: true, KnownOn: day("2026-01-03")}
}

func aVoidMarksWhatItTakesBack(t *testing.T, b *book) {
	b.contract("c")
	b.subscribe("c", "s", "2026-01-01")
	item := billing.OneTimeItem{ID: "i", Contract: "c", SKU: "setup", Tax: "vat", On: day("2026-01-04"), Quantity: decimalOf("2"), Price: decimalOf("50"), HasPrice: true, KnownOn: day("2026-01-05")}
	usage := fullUsage("u", "s")
	var change int64
	b.write(func(tx flow.Tx) {
		change = got[int64](t)(tx.LogAppend(quantity(entry(flow.DoQuantity, "c", "s", "2026-01-02"), "5"), nil, nil, nil))
		item.Seq = got[int64](t)(tx.LogAppend(entry(flow.DoOneTime, "c", "i", "2026-01-05"), nil, &item, nil))
		usage.Seq = got[int64](t)(tx.LogAppend(entry(flow.DoUsage, "c", "s", "2026-01-03"), nil, nil, &usage))
	})
	open := b.bookOf("c")
	same(t, "item", open.Items, []billing.OneTimeItem{item})
	same(t, "usage", open.Usage, []billing.UsageRecord{usage})
	b.read(func(tx flow.Tx) {
		same(t, "contract of the item", got[billing.ContractID](t)(tx.SubscriptionContract("i")), "c")
	})
	for i, seq := range []int64{change, item.Seq, usage.Seq, change} {
		e := entry(flow.DoVoid, "c", "s", "2026-02-01")
		e.KnownOn, e.Voids = day("2026-02-03").AddDays(i), seq
		b.append(e)
	}
	open = b.bookOf("c")
	same(t, "start", open.Subscriptions[0].Entries[0].VoidedOn, "")
	same(t, "change, by its first void", open.Subscriptions[0].Entries[1].VoidedOn, "2026-02-03")
	same(t, "item", open.Items[0].VoidedOn, "2026-02-04")
	same(t, "usage", open.Usage[0].VoidedOn, "2026-02-05")
	same(t, "entries", len(open.Subscriptions[0].Entries), 2)
}

func aReleaseFreesWhatWaits(t *testing.T, b *book) {
	b.contract("c")
	b.contract("d")
	wait := func(contract billing.ContractID, sub billing.SubscriptionID, on string) {
		e := quantity(entry(flow.DoQuantity, contract, sub, on), "20")
		e.Waiting = true
		b.append(e)
	}
	free := func(contract billing.ContractID, effective, known string) {
		e := entry(flow.DoRelease, contract, "", effective)
		e.KnownOn = day(known)
		b.append(e)
	}
	b.subscribe("c", "s", "2026-01-01")
	b.subscribe("d", "other", "2026-01-01")
	wait("c", "s", "2026-01-02")
	wait("d", "other", "2026-01-02")
	free("c", "2026-01-10", "2026-01-12")
	wait("c", "s", "2026-01-20")
	wait("c", "s", "2026-01-21")
	free("c", "2026-01-25", "2026-01-22")
	wait("c", "s", "2026-02-01")
	var released []string
	for _, e := range b.bookOf("c").Subscriptions[0].Entries {
		released = append(released, e.ReleasedOn.String())
	}
	same(t, "released", released, []string{"", "2026-01-12", "2026-01-25", "2026-01-25", ""})
	same(t, "of another contract", b.bookOf("d").Subscriptions[0].Entries[1].ReleasedOn, "")
}

func anEventIsRecordedOnce(t *testing.T, b *book) {
	b.contract("c")
	b.subscribe("c", "s", "2026-01-01")
	err := b.Write(t.Context(), func(tx flow.Tx) error {
		if _, err := tx.LogAppend(entry(flow.DoCancel, "c", "s", "2026-02-01"), nil, nil, nil); err != nil {
			return err
		}
		again := entry(flow.DoCancel, "c", "s", "2026-02-01")
		again.ID = "s"
		_, err := tx.LogAppend(again, nil, nil, nil)
		return err
	})
	wantError(t, err, flow.ErrMoved)
	same(t, "entries", len(b.bookOf("c").Subscriptions[0].Entries), 1)
}

func theLogIsReadInOrder(t *testing.T, b *book) {
	b.contract("c")
	b.subscribe("c", "s", "2026-01-01")
	b.subscribe("c", "other", "2026-01-01")
	usage := fullUsage("u", "s")
	b.write(func(tx flow.Tx) {
		got[int64](t)(tx.LogAppend(entry(flow.DoUsage, "c", "s", "2026-01-03"), nil, nil, &usage))
		for range 2500 {
			got[int64](t)(tx.LogAppend(quantity(entry(flow.DoQuantity, "c", "other", "2026-01-04"), "1"), nil, nil, nil))
		}
	})
	b.append(entry(flow.DoRelease, "c", "", "2026-01-05"))
	b.append(entry(flow.DoCancel, "c", "s", "2026-02-01"))
	b.read(func(tx flow.Tx) {
		var verbs []string
		for _, e := range got[[]flow.LogEntry](t)(tx.LogOf("s")) {
			verbs = append(verbs, e.Do.String())
		}
		same(t, "of a subscription", verbs, []string{"subscribe", "usage", "release", "cancel"})
		_, err := tx.LogOf("x")
		wantError(t, err, flow.ErrUnknown)
		var last, count int64
		must(t, tx.LogAll(func(e flow.LogEntry) bool {
			if e.Seq != last+1 {
				t.Errorf("%d after %d", e.Seq, last)
			}
			last = e.Seq
			count++
			return true
		}))
		same(t, "count", count, 2505)
		count = 0
		must(t, tx.LogAll(func(flow.LogEntry) bool { count++; return count < 3 }))
		same(t, "stopped", count, 3)
	})
}

// Many usage records are read as each of them was recorded, their contracts move
// on, and what the log has of them is found by their keys.
func usageIsRecordedTogether(t *testing.T, b *book) {
	for _, c := range []billing.ContractID{"d", "c"} {
		b.contract(c)
		metered := plainSubscription("s of "+billing.SubscriptionID(c), c)
		metered.Kind = billing.Usage
		b.write(func(tx flow.Tx) {
			got[int64](t)(tx.LogAppend(entry(flow.DoSubscribe, c, metered.ID, "2026-01-01"), metered, nil, nil))
		})
	}
	var entries []flow.LogEntry
	var records []billing.UsageRecord
	for i, c := range []billing.ContractID{"c", "d", "c"} {
		s := "s of " + billing.SubscriptionID(c)
		e := entry(flow.DoUsage, c, s, "2026-02-02")
		e.ID = fmt.Sprintf("k%d", i)
		u := billing.UsageRecord{ID: e.ID, Subscription: s, Period: calendar.Period{From: day("2026-02-01"), To: day("2026-02-02")}, Quantity: decimalOf("1.50"),
			Currency: currencyOf("USD"), Cost: decimalOf("-0.10"), HasCost: i > 0, Retail: decimalOf("3"), HasRetail: i > 1, KnownOn: day("2026-02-02")}
		if !u.HasCost {
			u.Cost = money.Decimal{}
		}
		if !u.HasRetail {
			u.Retail = money.Decimal{}
		}
		entries, records = append(entries, e), append(records, u)
	}
	before := b.bookOf("c").Version
	b.write(func(tx flow.Tx) {
		books := got[[]*flow.OpenBook](t)(tx.BooksOpen([]billing.ContractID{"c", "d"}))
		same(t, "books", []billing.ContractID{books[0].Contract.ID, books[1].Contract.ID}, []billing.ContractID{"c", "d"})
		must(t, tx.UsageAppend(entries, records))
	})
	first := b.bookOf("d").Usage[0].Seq - 1
	for i := range records {
		records[i].Seq, entries[i].Seq = first+int64(i), first+int64(i)
	}
	c := b.bookOf("c")
	same(t, "usage of c", c.Usage, []billing.UsageRecord{records[0], records[2]})
	if c.Version <= before {
		t.Errorf("version %d after %d: a run would not notice", c.Version, before)
	}
	b.read(func(tx flow.Tx) {
		same(t, "found", got[map[string]flow.LogEntry](t)(tx.LogFindAll([]string{"k1", "k3", ""})), map[string]flow.LogEntry{"k1": entries[1]})
		contracts := got[map[billing.SubscriptionID]billing.ContractID](t)(tx.SubscriptionContracts([]billing.SubscriptionID{"s of d", "nobody's"}))
		same(t, "contracts", contracts, map[billing.SubscriptionID]billing.ContractID{"s of d": "d"})
	})
	err := b.Write(t.Context(), func(tx flow.Tx) error { _, err := tx.BooksOpen([]billing.ContractID{"c", "nobody"}); return err })
	wantError(t, err, flow.ErrUnknown)
	same(t, "version", b.bookOf("c").Version, c.Version)
}

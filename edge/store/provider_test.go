package store_test

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// at is an instant in the minutes after noon of 1 March 2026.
func at(minute int) time.Time { return time.Date(2026, 3, 1, 12, minute, 0, 0, time.UTC) }

// connect puts a connection "ms" into the book.
func (b *book) connect() {
	b.write(func(tx flow.Tx) {
		got[bool](b.t)(tx.ConnectionPut(flow.Connection{ID: "ms", Kind: "partnercenter", Settings: map[string]string{}}))
	})
}

func connectionsAndSecretsAreKept(t *testing.T, b *book) {
	c := flow.Connection{ID: "ms", Name: "Nord at Microsoft", Kind: "partnercenter", Settings: map[string]string{"tenant": "t-1", "api": "https://a.example/?x=1"},
		Currency: currencyOf("EUR"), Country: "DE", List: "default", State: flow.ConnectionConsent, StateWhy: "it lapsed", SyncedAt: at(1), EventsAt: at(2)}
	for _, changed := range []bool{true, false} {
		b.write(func(tx flow.Tx) { same(t, "changed", got[bool](t)(tx.ConnectionPut(c)), changed) })
	}
	b.read(func(tx flow.Tx) {
		same(t, "connection", got[flow.Connection](t)(tx.ConnectionGet("ms")), c)
		_, err := tx.ConnectionGet("px")
		wantError(t, err, flow.ErrUnknown)
		_, err = tx.SecretGet("ms", "refresh")
		wantError(t, err, flow.ErrUnknown)
	})
	c.State, c.StateWhy = flow.ConnectionReady, ""
	b.write(func(tx flow.Tx) {
		got[bool](t)(tx.ConnectionPut(c))
		must(t, tx.SecretPut("ms", "refresh", []byte{0, 1, 2}, at(1)))
		must(t, tx.SecretPut("ms", "refresh", []byte{3, 255}, at(2)))
	})
	b.read(func(tx flow.Tx) {
		same(t, "list", got[[]flow.Connection](t)(tx.ConnectionList()), []flow.Connection{c})
		same(t, "secret", got[[]byte](t)(tx.SecretGet("ms", "refresh")), []byte{3, 255})
	})
	err := b.Write(t.Context(), func(tx flow.Tx) error {
		_, err := tx.ConnectionPut(flow.Connection{ID: "bad", Settings: map[string]string{"a": "two\nlines"}})
		return err
	})
	wantError(t, err, flow.ErrInput)
}

func linksJoinBothWorlds(t *testing.T, b *book) {
	b.contract("c")
	b.connect()
	b.subscribe("c", "seats-a", "2026-01-01")
	b.subscribe("c", "seats-b", "2026-01-01")
	b.subscribe("c", "their-own-id", "2026-01-01")
	link := flow.CustomerLink{Connection: "ms", Customer: "tenant", Account: "of-c", Contract: "c"}
	for _, changed := range []bool{true, false} {
		b.write(func(tx flow.Tx) {
			same(t, "customer", got[bool](t)(tx.CustomerLinkPut(link)), changed)
			same(t, "a", got[bool](t)(tx.HoldingLinkPut(flow.HoldingLink{Connection: "ms", Holding: "h", Subscription: "seats-a"})), changed)
			same(t, "b", got[bool](t)(tx.HoldingLinkPut(flow.HoldingLink{Connection: "ms", Holding: "h", Subscription: "seats-b"})), changed)
		})
	}
	b.read(func(tx flow.Tx) {
		same(t, "customers", got[map[string]flow.CustomerLink](t)(tx.CustomerLinks("ms")), map[string]flow.CustomerLink{"tenant": link})
		links := got[map[string][]flow.HoldingLink](t)(tx.HoldingLinks("ms", []string{"h", "their-own-id", "seats-a", "nobody"}))
		same(t, "links", links, map[string][]flow.HoldingLink{
			"h":            {{Connection: "ms", Holding: "h", Subscription: "seats-a", Contract: "c"}, {Connection: "ms", Holding: "h", Subscription: "seats-b", Contract: "c"}},
			"their-own-id": {{Connection: "ms", Holding: "their-own-id", Subscription: "their-own-id", Contract: "c"}},
		})
		same(t, "back", got[flow.HoldingLink](t)(tx.HoldingOf("seats-b")).Holding, "h")
		_, err := tx.HoldingOf("their-own-id")
		wantError(t, err, flow.ErrUnknown)
		books := got[[]*flow.OpenBook](t)(tx.BooksRead([]billing.ContractID{"c", "nobody"}))
		same(t, "books", len(books), 1)
		same(t, "subscriptions", len(books[0].Subscriptions), 3)
	})
}

// What a provider is expected to charge follows from the log and the usage of its
// month: what was sold once, and usage that was settled long ago, is not read.
func aStoryIsToldOfTheLogAndTheDaysAskedFor(t *testing.T, b *book) {
	b.contract("c")
	b.subscribe("c", "licence", "2026-01-01")
	metered := plainSubscription("metered", "c")
	metered.Kind = billing.Usage
	seqs := map[string]int64{}
	b.write(func(tx flow.Tx) {
		got[int64](t)(tx.LogAppend(entry(flow.DoSubscribe, "c", "metered", "2026-01-01"), metered, nil, nil))
		item := billing.OneTimeItem{ID: "setup", Contract: "c", SKU: "setup", On: day("2026-02-01"), KnownOn: day("2026-02-01")}
		got[int64](t)(tx.LogAppend(entry(flow.DoOneTime, "c", "setup", "2026-02-01"), nil, &item, nil))
		for _, on := range []string{"2026-01-31", "2026-02-01", "2026-02-28", "2026-03-01"} {
			u := billing.UsageRecord{ID: on, Subscription: "metered", Period: calendar.Period{From: day(on), To: day(on).AddDays(1)}, KnownOn: day(on)}
			seqs[on] = got[int64](t)(tx.LogAppend(entry(flow.DoUsage, "c", "metered", on), nil, nil, &u))
		}
		void := entry(flow.DoVoid, "c", "metered", "2026-03-02")
		void.Voids = seqs["2026-02-28"]
		got[int64](t)(tx.LogAppend(void, nil, nil, nil))
	})
	told := func(days calendar.Period) (usage []string) {
		b.read(func(tx flow.Tx) {
			books := got[[]*flow.OpenBook](t)(tx.StoriesRead([]billing.ContractID{"c", "nobody"}, days))
			same(t, "books", len(books), 1)
			same(t, "subscriptions", len(books[0].Subscriptions), 2)
			same(t, "entries", len(books[0].Subscriptions[0].Entries), 1)
			same(t, "items", len(books[0].Items), 0)
			for _, u := range books[0].Usage {
				usage = append(usage, u.ID+" void "+u.VoidedOn.String())
			}
		})
		return usage
	}
	same(t, "usage of February", told(calendar.Period{From: day("2026-02-01"), To: day("2026-03-01")}), []string{"2026-02-01 void ", "2026-02-28 void 2026-03-02"})
	same(t, "usage of no day", len(told(calendar.Period{})), 0)
}

func holdingsOfMirrorContractsAreKnown(t *testing.T, b *book) {
	b.connect()
	b.contract("plain")
	b.subscribe("plain", "not mirrored", "2026-01-01")
	b.contract("m")
	b.write(func(tx flow.Tx) {
		got[bool](t)(tx.ConnectionPut(flow.Connection{ID: "px", Kind: "pax8", Settings: map[string]string{}}))
		mirror := plainContract("m", "of-m")
		mirror.Schedule = billing.Mirror
		got[bool](t)(tx.ContractPut(mirror, "contract:m"))
		for _, id := range []billing.SubscriptionID{"by its own id", "recorded", "linked", "linked too", "elsewhere"} {
			s := plainSubscription(id, "m")
			if id == "recorded" || id == "linked" {
				s.Holding = "recorded as"
			}
			got[int64](t)(tx.LogAppend(entry(flow.DoSubscribe, "m", id, "2026-01-01"), s, nil, nil))
		}
		for _, l := range []flow.HoldingLink{{Connection: "ms", Holding: "h", Subscription: "linked"}, {Connection: "ms", Holding: "h", Subscription: "linked too"}, {Connection: "px", Holding: "p", Subscription: "elsewhere"}} {
			got[bool](t)(tx.HoldingLinkPut(l))
		}
	})
	b.read(func(tx flow.Tx) {
		same(t, "holdings", got[[]string](t)(tx.MirrorHoldings("ms")), []string{"by its own id", "h", "recorded as"})
		links := got[map[string][]flow.HoldingLink](t)(tx.HoldingLinks("ms", []string{"by its own id", "h", "recorded as", "p", "elsewhere"}))
		same(t, "links", len(links), 3)
		same(t, "of one holding", len(links["h"]), 2)
	})
}

// Asked for many at once, the links are those of each by itself: whether what stands
// between the first and the last is what was asked for, or much else is.
func linksOfManyHoldingsAreThoseOfEach(t *testing.T, b *book) {
	b.connect()
	b.contract("c")
	var all []string
	b.write(func(tx flow.Tx) {
		got[bool](t)(tx.ConnectionPut(flow.Connection{ID: "px", Kind: "pax8", Settings: map[string]string{}}))
		for i := range 400 {
			id := fmt.Sprintf("%03d", i)
			s := plainSubscription(billing.SubscriptionID("own "+id), "c")
			if i%5 == 1 {
				s.Holding = "recorded " + id
			}
			got[int64](t)(tx.LogAppend(entry(flow.DoSubscribe, "c", s.ID, "2026-01-01"), s, nil, nil))
			switch i % 5 {
			case 2, 3:
				got[bool](t)(tx.HoldingLinkPut(flow.HoldingLink{Connection: "ms", Holding: "linked " + id[:2], Subscription: s.ID}))
			case 4:
				got[bool](t)(tx.HoldingLinkPut(flow.HoldingLink{Connection: "px", Holding: "linked " + id[:2], Subscription: s.ID}))
			}
			all = append(all, string(s.ID), "recorded "+id, "linked "+id[:2])
		}
	})
	slices.Sort(all)
	all = slices.Compact(all)
	var few []string
	for i := 0; i < len(all); i += 14 {
		few = append(few, all[i])
	}
	b.read(func(tx flow.Tx) {
		for name, ids := range map[string][]string{"all of a stretch": all, "few of a stretch": few, "one stretch": all[100:200], "none of them": slices.Repeat([]string{"other"}, 60)} {
			each := map[string][]flow.HoldingLink{}
			for _, id := range ids {
				maps.Copy(each, got[map[string][]flow.HoldingLink](t)(tx.HoldingLinks("ms", []string{id})))
			}
			same(t, name, got[map[string][]flow.HoldingLink](t)(tx.HoldingLinks("ms", ids)), each)
		}
	})
}

func wholeHolding(id string) flow.KeptHolding {
	h := flow.KeptHolding{Connection: "ms", SeenAt: at(9)}
	h.Holding = flow.Holding{
		ID: id, Customer: "tenant", Entitlement: "e", SKU: "CFQ:0001", Offer: "CFQ:0001:AV", OfferName: "Office", Name: "ours", ProductType: "OnlineServicesNCE", Publisher: "Microsoft",
		Quantity: decimalOf("25"), UnitType: "Licenses", Status: flow.HoldingSuspended, StatusText: "suspended", TermMonths: 12, RenewalTermMonths: 36, Billing: monthly,
		BillingText: "monthly", BillingType: "license", AutoRenew: true, Trial: true, Parent: "p", Order: "o", Reseller: "r", Promotion: "39NF", MigratedFrom: "m",
		CreatedAt: at(1), StartsAt: at(2), EndsAt: at(3), BillingEndsAt: at(4), CancellableUntil: at(5),
		Refunds:           []flow.RefundOption{{Type: "Full", ExpiresAt: at(6)}, {Type: "Partial"}},
		Refundable:        []flow.RefundableQuantity{{Quantity: decimalOf("5"), AllowedUntil: at(7)}},
		Next:              &flow.HoldingNextTerm{SKU: "CFQ:0002", Quantity: decimalOf("20"), HasQuantity: true, TermMonths: 1, Billing: monthly, Promotion: "none", EndsOn: day("2027-01-01")},
		SuspensionReasons: []string{"customer", "billing"},
	}
	return h
}

func holdingsAreKeptAsSeen(t *testing.T, b *book) {
	b.connect()
	whole := wholeHolding("h1")
	plain := flow.KeptHolding{Connection: "ms", Holding: flow.Holding{ID: "h0", Customer: "tenant", Quantity: decimalOf("1"), Status: flow.HoldingActive}}
	b.write(func(tx flow.Tx) {
		must(t, tx.HoldingPut(flow.KeptHolding{Connection: "ms", Holding: flow.Holding{ID: "h1", Quantity: decimalOf("3")}}))
		must(t, tx.HoldingPut(whole))
		must(t, tx.HoldingPut(plain))
	})
	b.read(func(tx flow.Tx) {
		same(t, "holdings", holdingTexts(got[[]flow.KeptHolding](t)(tx.HoldingList("ms", ""))), holdingTexts([]flow.KeptHolding{plain, whole}))
		same(t, "of a customer", len(got[[]flow.KeptHolding](t)(tx.HoldingList("", "tenant"))), 2)
		same(t, "of another", len(got[[]flow.KeptHolding](t)(tx.HoldingList("ms", "other"))), 0)
		kept := got[map[string]flow.KeptHolding](t)(tx.HoldingsGet("ms", []string{"h0", "nobody"}))
		same(t, "one by its id", []int{len(kept), len(kept["h0"].Customer)}, []int{1, len("tenant")})
		same(t, "ids in order", got[[]string](t)(tx.HoldingsWithin("ms", "", "")), []string{"h0", "h1"})
		same(t, "ids after one", got[[]string](t)(tx.HoldingsWithin("ms", "h0", "")), []string{"h1"})
		same(t, "ids up to one", got[[]string](t)(tx.HoldingsWithin("ms", "", "h0")), []string{"h0"})
		same(t, "no more than asked", got[string](t)(tx.HoldingBound("ms", "", "", 1)), "h0")
		same(t, "nor after one", got[string](t)(tx.HoldingBound("ms", "", "h0", 1)), "h1")
		same(t, "as many as asked", got[string](t)(tx.HoldingBound("ms", "", "", 2)), "h1")
		same(t, "fewer than asked", got[string](t)(tx.HoldingBound("ms", "", "", 3)), "")
	})
}

func provisionsGoTheirWay(t *testing.T, b *book) {
	b.connect()
	order := flow.Provision{Connection: "ms", Contract: "c", Subscription: "s", LogSeq: 7, State: flow.ProvisionAwaiting, Who: "ann", Source: "console", CreatedAt: at(0), ChangedAt: at(0),
		Order: &flow.ProviderOrder{Reference: "r1", Customer: "tenant", SKU: "CFQ:0001", Quantity: decimalOf("5"), TermMonths: 12, Billing: monthly, EndsOn: day("2026-12-01"),
			Promotion: "39NF", Parent: "h0", Name: "ours", Cart: "c1", Number: "n1"}}
	change := flow.Provision{Connection: "ms", Subscription: "s", State: flow.ProvisionAwaiting, NextAt: at(5),
		Change: &flow.ProviderChange{Reference: "r2", Customer: "tenant", Holding: "h", Quantity: decimalOf("0"), HasQuantity: true, HasAutoRenew: true, Cancel: true, Next: wholeHolding("h").Next}}
	bare := flow.Provision{Connection: "ms", Subscription: "x", State: flow.ProvisionSent, Change: &flow.ProviderChange{Reference: "r3", Holding: "h", Suspend: true, NextNone: true}}
	b.write(func(tx flow.Tx) {
		for _, p := range []*flow.Provision{&order, &change, &bare} {
			p.ID = got[int64](t)(tx.ProvisionAdd(*p))
		}
	})
	b.read(func(tx flow.Tx) {
		same(t, "due at once", provisionTexts(got[[]flow.Provision](t)(tx.ProvisionsDue("ms", at(0), 10))), provisionTexts([]flow.Provision{order, bare}))
		same(t, "due later", provisionTexts(got[[]flow.Provision](t)(tx.ProvisionsDue("ms", at(5), 2))), provisionTexts([]flow.Provision{order, change}))
		same(t, "of s", provisionTexts(got[[]flow.Provision](t)(tx.ProvisionsOf("s"))), provisionTexts([]flow.Provision{order, change}))
	})
	order.State, order.Attempts, order.Order.Number, order.Why, order.ChangedAt = flow.ProvisionSent, 1, "n2", "slow", at(3)
	b.write(func(tx flow.Tx) { must(t, tx.ProvisionUpdate(order, flow.ProvisionAwaiting, 0)) })
	err := b.Write(t.Context(), func(tx flow.Tx) error { return tx.ProvisionUpdate(order, flow.ProvisionAwaiting, 0) })
	wantError(t, err, flow.ErrMoved)
	b.read(func(tx flow.Tx) {
		same(t, "sent", provisionTexts(got[[]flow.Provision](t)(tx.ProvisionList("", flow.ProvisionSent, 5))), provisionTexts([]flow.Provision{bare, order}))
		same(t, "none failed", len(got[[]flow.Provision](t)(tx.ProvisionList("ms", flow.ProvisionFailed, 5))), 0)
	})
}

func anExceptionIsOpenOnce(t *testing.T, b *book) {
	first := flow.Exception{Kind: "unknown-customer", Subject: "tenant", Connection: "ms", Sentence: "who is it?", Todo: "link it", OpenedAt: at(1), SeenAt: at(1)}
	again := first
	again.Sentence, again.SeenAt, again.Amount, again.HasAmount, again.Currency, again.Account, again.Subscription = "who is it really?", at(2), decimalOf("12.50"), true, currencyOf("EUR"), "of-c", "s"
	b.write(func(tx flow.Tx) {
		same(t, "opened", got[bool](t)(tx.ExceptionOpen(first)), true)
		same(t, "opened again", got[bool](t)(tx.ExceptionOpen(again)), false)
		same(t, "another", got[bool](t)(tx.ExceptionOpen(flow.Exception{Kind: "unknown-customer", Subject: "other", Connection: "ms", OpenedAt: at(3), SeenAt: at(3)})), true)
	})
	b.read(func(tx flow.Tx) {
		list := got[[]flow.Exception](t)(tx.ExceptionList(flow.ExceptionFilter{Kind: "unknown-customer"}))
		same(t, "two are open, the newest first", []string{list[0].Subject, list[1].Subject}, []string{"other", "tenant"})
		again.ID = list[1].ID
		same(t, "as seen last", list[1], again)
	})
	b.write(func(tx flow.Tx) {
		same(t, "gone", got[bool](t)(tx.ExceptionClose("unknown-customer", "tenant", "sync", at(4))), true)
		same(t, "settled", got[bool](t)(tx.ExceptionClose("unknown-customer", "other", "ann", at(5))), true)
		same(t, "settled already", got[bool](t)(tx.ExceptionClose("unknown-customer", "other", "ann", at(5))), false)
		same(t, "opened anew", got[bool](t)(tx.ExceptionOpen(first)), true)
	})
	b.read(func(tx flow.Tx) {
		same(t, "open", len(got[[]flow.Exception](t)(tx.ExceptionList(flow.ExceptionFilter{Connection: "ms"}))), 1)
		closed := got[[]flow.Exception](t)(tx.ExceptionList(flow.ExceptionFilter{Closed: true, Most: 1}))
		same(t, "closed by", []string{closed[0].Subject, closed[0].ClosedBy}, []string{"other", "ann"})
	})
}

func wholeProviderLine(id, holding string) flow.ProviderLine {
	return flow.ProviderLine{
		At: flow.Source{File: "recon.csv", Line: 3}, Invoice: "G1", Customer: "tenant", CustomerName: "Customer", Reseller: "r", Holding: holding,
		Charge: billing.ProviderCharge{ID: id, Type: billing.ChargeRemoveQuantity, SKU: "CFQ:0001", Period: calendar.Period{From: day("2026-02-01"), To: day("2026-03-01")},
			Quantity: decimalOf("12"), UnitPrice: decimalOf("10.08"), EffectivePrice: decimalOf("-9.408"), Cost: decimalOf("-112.89"), Currency: currencyOf("EUR")},
		Order: "o", AlternateOrder: "a", Reference: "ref", OrderedAt: at(1), Product: "Office", SKUName: "E3", Publisher: "Microsoft", Description: "d", TermText: "One-Year",
		TermMonths: 12, Billing: monthly, Term: calendar.Period{From: day("2026-01-01"), To: day("2027-01-01")}, PriceCurrency: currencyOf("USD"), Rate: decimalOf("0.846202666"), HasRate: true,
		RateOn: day("2026-01-31"), Tax: decimalOf("-1.00"), Total: decimalOf("-113.89"), Promotion: "p", Adjustments: `["5% off"]`, Credit: "c", Unit: "u", Meter: "m", Reservation: "v",
		Qualifiers: `["Add-on"]`, Category: "OnlineServices",
	}
}

func streamOf(lines []flow.ProviderLine, end error) iter.Seq2[flow.ProviderLine, error] {
	return func(yield func(flow.ProviderLine, error) bool) {
		for _, line := range lines {
			if !yield(line, nil) {
				return
			}
		}
		if end != nil {
			yield(flow.ProviderLine{}, end)
		}
	}
}

func aProvidersInvoiceIsReplacedWhole(t *testing.T, b *book) {
	b.connect()
	head := flow.KeptInvoice{Connection: "ms", Lines: 2, LinesTotal: decimalOf("-227.78"), TaxTotal: decimalOf("-2"), ImportedAt: at(1), ProviderInvoice: flow.ProviderInvoice{ID: "G1", On: day("2026-03-06"),
		Period: calendar.Period{From: day("2026-02-01"), To: day("2026-03-01")}, Currency: currencyOf("EUR"), Total: decimalOf("-227.78"), Credit: true, Stamp: "etag"}}
	var many []flow.ProviderLine
	for i := range 4500 {
		many = append(many, wholeProviderLine(string(rune('a'+i%26))+time.Duration(i).String(), "h"+time.Duration(i%300).String()))
	}
	two := []flow.ProviderLine{wholeProviderLine("l2", "h1"), wholeProviderLine("l1", "h1"), wholeProviderLine("l0", "")}
	b.write(func(tx flow.Tx) {
		must(t, tx.ProviderInvoicePut(head))
		same(t, "many", got[int64](t)(tx.ProviderLinesReplace("ms", "G1", streamOf(many, nil))), int64(len(many)))
		// They were written while others were made: each is whole, and there once.
		rows := map[string]flow.ProviderLine{}
		must(t, tx.ProviderLines("ms", "G1", "", "", func(l flow.ProviderLine) bool { rows[l.Charge.ID] = l; return true }))
		for i := range many {
			same(t, "one of many", rows[many[i].Charge.ID], many[i])
		}
	})
	b.write(func(tx flow.Tx) {
		must(t, tx.ProviderInvoicePut(head))
		same(t, "replaced", got[int64](t)(tx.ProviderLinesReplace("ms", "G1", streamOf(two, nil))), int64(3))
		must(t, tx.InvoiceReconciled("ms", "G1", at(2)))
	})
	broken := errors.New("the stream broke")
	err := b.Write(t.Context(), func(tx flow.Tx) error {
		_, err := tx.ProviderLinesReplace("ms", "G1", streamOf(many[:2100], broken))
		return err
	})
	wantError(t, err, broken)
	head.ReconciledAt = at(2)
	b.read(func(tx flow.Tx) {
		same(t, "head", got[flow.KeptInvoice](t)(tx.ProviderInvoiceGet("ms", "G1")), head)
		same(t, "list", got[[]flow.KeptInvoice](t)(tx.ProviderInvoiceList("ms")), []flow.KeptInvoice{head})
		var read []flow.ProviderLine
		must(t, tx.ProviderLines("ms", "G1", "", "", func(l flow.ProviderLine) bool { read = append(read, l); return true }))
		same(t, "all lines", read, []flow.ProviderLine{two[2], two[1], two[0]})
		var compared []flow.ProviderLine
		must(t, tx.ComparedRows("ms", "G1", "", "", func(l *flow.ProviderLine) bool { compared = append(compared, *l); return true }))
		for i := range read {
			l := &read[i]
			same(t, "a row as it is compared", compared[i], flow.ProviderLine{Charge: l.Charge, Invoice: l.Invoice, Holding: l.Holding, Customer: l.Customer, CustomerName: l.CustomerName,
				Reference: l.Reference, OrderedAt: l.OrderedAt, Product: l.Product, SKUName: l.SKUName, TermMonths: l.TermMonths, Billing: billing.Unit{Months: l.Billing.Months},
				Term: l.Term, PriceCurrency: l.PriceCurrency, Rate: l.Rate, HasRate: l.HasRate, Promotion: l.Promotion})
		}
		same(t, "rows compared", len(compared), len(read))
		for _, of := range []struct {
			holdings []string
			lines    []flow.ProviderLine
		}{{[]string{"h1", "nothing"}, compared[1:]}, {[]string{""}, compared[:1]}, {[]string{"", "h1"}, compared}, {nil, nil}} {
			var some []flow.ProviderLine
			must(t, tx.ComparedRowsOf("ms", "G1", of.holdings, func(l *flow.ProviderLine) bool { some = append(some, *l); return true }))
			same(t, fmt.Sprintf("rows of %q", of.holdings), some, of.lines)
		}
		must(t, tx.ProviderLines("ms", "G1", "h0", "", func(l flow.ProviderLine) bool { read = append(read[:0], l); return false }))
		same(t, "the first line after a holding", read, []flow.ProviderLine{two[1]})
		must(t, tx.ProviderLines("ms", "G1", "h1", "", func(flow.ProviderLine) bool { t.Error("there is nothing after h1"); return false }))
		must(t, tx.ProviderLines("ms", "G1", "", "h0", func(l flow.ProviderLine) bool { read = append(read[:0], l); return true }))
		same(t, "no line after the last holding", read, []flow.ProviderLine{two[2]})
		same(t, "rows of a holding on an invoice", got[string](t)(tx.HoldingBound("ms", "G1", "", 2)), "h1")
		same(t, "no more of them", got[string](t)(tx.HoldingBound("ms", "G1", "", 3)), "")
		same(t, "nor on another", got[string](t)(tx.HoldingBound("ms", "G2", "", 1)), "")
		same(t, "one", got[flow.ProviderLine](t)(tx.ProviderLineGet("ms", "G1", "l0")), two[2])
		_, err := tx.ProviderLineGet("ms", "G1", "none")
		wantError(t, err, flow.ErrUnknown)
	})
	b.write(func(tx flow.Tx) {
		same(t, "imported last", got[time.Time](t)(tx.ProviderInvoiceHold("ms", "G1")), head.ImportedAt)
		same(t, "never imported", got[time.Time](t)(tx.ProviderInvoiceHold("ms", "G3")), time.Time{})
		same(t, "held and not changed", got[flow.KeptInvoice](t)(tx.ProviderInvoiceGet("ms", "G1")), head)
	})
}

func findingsAreReplacedWhole(t *testing.T, b *book) {
	b.connect()
	match := flow.Match{No: 1, Line: "l1", Holding: "h", Customer: "tenant", Account: "of-c", Subscription: "s", SKU: "E3", Cost: decimalOf("10.08"), Expected: decimalOf("10.0800"), HasExpected: true,
		Currency: currencyOf("EUR"), Ahead: decimalOf("3.05"), Revenue: money.NewAmount(1250, currencyOf("EUR"))}
	lone := flow.Match{No: 2, Line: "l2", Holding: "h", Cost: decimalOf("1"), Currency: currencyOf("EUR"), Revenue: money.NewAmount(0, currencyOf("EUR"))}
	finding := flow.Finding{No: 1, Line: "l1", Holding: "h", Customer: "tenant", Account: "of-c", Subscription: "s", SKU: "E3", Cause: "price-change", Amount: decimalOf("0.75"),
		Currency: currencyOf("EUR"), Sentence: "dearer", MeetsOn: day("2026-04-06")}
	other := flow.Finding{No: 2, Cause: "timing", Amount: decimalOf("-3"), Currency: currencyOf("EUR")}
	b.write(func(tx flow.Tx) {
		for range 2 {
			must(t, tx.FindingsClear("ms", "G1"))
			must(t, tx.FindingsAdd("ms", "G1", []flow.Match{lone}, []flow.Finding{other}))
			must(t, tx.FindingsAdd("ms", "G1", []flow.Match{match}, []flow.Finding{finding}))
		}
	})
	b.read(func(tx flow.Tx) {
		var matches []flow.Match
		must(t, tx.MatchList("ms", "G1", func(m flow.Match) bool { matches = append(matches, m); return true }))
		same(t, "matches", matches, []flow.Match{match, lone})
		var findings []flow.Finding
		must(t, tx.FindingList("ms", "G1", "", func(f flow.Finding) bool { findings = append(findings, f); return true }))
		same(t, "findings", findings, []flow.Finding{finding, other})
		must(t, tx.FindingList("ms", "G1", "timing", func(f flow.Finding) bool {
			findings = slices.Delete(findings, 1, 2)
			same(t, "of a cause", f, other)
			return true
		}))
		same(t, "only that one", len(findings), 1)
	})
}

func priceSheetsAndPromotionsAreKept(t *testing.T, b *book) {
	b.connect()
	sheet := flow.KeptPriceSheet{Connection: "ms", Market: "DE", View: "updatedlicensebased", Month: day("2026-03-01"), Digest: "d", Rows: 7, ImportedAt: at(1)}
	promotion := flow.Promotion{ID: "39NF", Name: "spring", SKU: "CFQ:0001", TermMonths: 12, Billing: monthly, Percent: decimalOf("5.5"), From: day("2026-01-01"), To: day("2026-07-01")}
	for _, changed := range []bool{true, false} {
		b.write(func(tx flow.Tx) {
			same(t, "sheet", got[bool](t)(tx.PriceSheetPut(sheet)), changed)
			same(t, "promotion", got[bool](t)(tx.PromotionPut("ms", promotion)), changed)
		})
	}
	b.read(func(tx flow.Tx) {
		same(t, "sheets", got[[]flow.KeptPriceSheet](t)(tx.PriceSheetList("ms")), []flow.KeptPriceSheet{sheet})
		same(t, "promotions", got[[]flow.Promotion](t)(tx.PromotionList("ms")), []flow.Promotion{promotion})
	})
}

// nextText, holdingTexts and provisionTexts spell out what stands behind pointers.
func nextText(next *flow.HoldingNextTerm) string {
	if next == nil {
		return "nothing"
	}
	return fmt.Sprintf("%+v", *next)
}

func holdingTexts(list []flow.KeptHolding) (texts []string) {
	for _, h := range list {
		next := nextText(h.Next)
		h.Next = nil
		texts = append(texts, fmt.Sprintf("%+v then %s", h, next))
	}
	return texts
}

func provisionTexts(list []flow.Provision) (texts []string) {
	for _, p := range list {
		text := ""
		if p.Order != nil {
			text = fmt.Sprintf("%+v", *p.Order)
		}
		if p.Change != nil {
			change := *p.Change
			text = nextText(change.Next)
			change.Next = nil
			text += fmt.Sprintf("%+v", change)
		}
		p.Order, p.Change = nil, nil
		texts = append(texts, fmt.Sprintf("%+v: %s", p, text))
	}
	return texts
}

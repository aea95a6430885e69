package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/flow"
)

func listsAndPayersFollowTheTree(t *testing.T, b *book) {
	put := func(id, parent, reseller billing.AccountID, to billing.BillTo, list string, terms int) {
		a := plainAccount(id)
		a.Parent, a.Reseller, a.BillTo, a.PriceList = parent, reseller, to, list
		a.PaymentTermsDays, a.HasPaymentTerms = terms, terms > 0
		a.Consolidated = id == "shop"
		b.write(func(tx flow.Tx) { got[bool](t)(tx.AccountPut(a)) })
	}
	b.contract("c")
	put("of-c", "site", "dealer", billing.ToParent, "own", 0)
	put("site", "group", "", billing.ToParent, "", 0)
	put("group", "", "shop", billing.ToReseller, "own", 14)
	put("shop", "", "", billing.ToSelf, "wholesale", 30)
	put("dealer", "", "", billing.ToSelf, "street", 0)
	put("shop", "", "", billing.ToSelf, "wholesale", 45)
	open := b.bookOf("c")
	same(t, "lists", open.Lists, []string{"own", "street", "default"})
	same(t, "payer", open.Payer, billing.Payer{Account: "shop", Currency: currencyOf("EUR"), Consolidated: true})
	same(t, "payer's version and terms", []int{open.PayerVersion, open.PaymentTermsDays, open.SellerVersion}, []int{2, 45, 1})
	c := plainContract("c", "of-c")
	c.PriceList = "special"
	b.write(func(tx flow.Tx) { got[bool](t)(tx.ContractPut(c, "payer:shop")) })
	same(t, "the contract's list first", b.bookOf("c").Lists, []string{"special", "own", "street", "default"})
	same(t, "the same in a run", b.due("2026-01-01", 10)[0].Payer, open.Payer)
}

func aBillThatGoesInACircleEnds(t *testing.T, b *book) {
	b.contract("c")
	a := plainAccount("of-c")
	a.Parent, a.BillTo = "of-d", billing.ToParent
	d := plainAccount("of-d")
	d.Parent, d.BillTo = "of-c", billing.ToParent
	lost := plainAccount("of-e")
	lost.Parent, lost.BillTo = "nobody", billing.ToParent
	b.write(func(tx flow.Tx) {
		got[bool](t)(tx.AccountPut(a))
		got[bool](t)(tx.AccountPut(d))
		got[bool](t)(tx.AccountPut(lost))
		got[bool](t)(tx.ContractPut(plainContract("e", "of-e"), "contract:e"))
	})
	if payer := b.bookOf("c").Payer.Account; payer != "of-c" && payer != "of-d" {
		t.Errorf("payer %s", payer)
	}
	same(t, "a parent that is not there", b.bookOf("e").Payer.Account, "of-e")
}

func dueBooksComeInWholeGroups(t *testing.T, b *book) {
	for i := range 6 {
		b.contract(billing.ContractID(fmt.Sprintf("c%d", i)))
	}
	b.write(func(tx flow.Tx) {
		for _, id := range []billing.ContractID{"c1", "c3", "c5"} {
			must(t, tx.ContractRegroup(id, "payer:p"))
		}
		must(t, tx.ContractRegroup("c2", "payer:q"))
	})
	b.move("c0", billing.Cursor{Next: 1, Through: day("2026-01-01"), DueOn: day("2026-02-01")})
	b.move("c3", billing.Cursor{Next: 1, Through: day("2026-01-01"), DueOn: day("2026-02-01")})
	names := func(books []*flow.OpenBook) (names []string) {
		for _, open := range books {
			names = append(names, open.Group+" "+string(open.Contract.ID))
		}
		return names
	}
	january := []string{"contract:c4 c4", "payer:p c1", "payer:p c5", "payer:q c2"}
	february := []string{"contract:c0 c0", "contract:c4 c4", "payer:p c1", "payer:p c3", "payer:p c5", "payer:q c2"}
	for limit := 1; limit < 8; limit++ {
		same(t, fmt.Sprintf("January by %d", limit), names(b.due("2026-01-31", limit)), january)
		same(t, fmt.Sprintf("February by %d", limit), names(b.due("2026-02-01", limit)), february)
	}
	b.read(func(tx flow.Tx) {
		same(t, "about two", names(got[[]*flow.OpenBook](t)(tx.DueBooks(day("2026-01-31"), "", 2))), january[:3])
		same(t, "all, due or not", names(got[[]*flow.OpenBook](t)(tx.AllBooks("", "~"))), february)
		same(t, "all after one", names(got[[]*flow.OpenBook](t)(tx.AllBooks("payer:p", "~"))), february[5:])
		same(t, "up to one", names(got[[]*flow.OpenBook](t)(tx.AllBooks("contract:c0", "payer:p"))), february[1:5])
		same(t, "cut by one", got[[]string](t)(tx.GroupBounds(1)), []string{"contract:c0", "contract:c4", "payer:p", "payer:q"})
		same(t, "cut by three", got[[]string](t)(tx.GroupBounds(3)), []string{"payer:p", "payer:q"})
		same(t, "cut by six", got[[]string](t)(tx.GroupBounds(6)), []string{"payer:q"})
		same(t, "none", names(got[[]*flow.OpenBook](t)(tx.DueBooks(day("2026-01-31"), "payer:q", 2))), []string(nil))
	})
}

func onlyOpenLinesItemsAndUsageAreRead(t *testing.T, b *book) {
	b.contract("c")
	b.contract("d")
	b.subscribe("c", "s", "2026-01-01")
	b.subscribe("d", "t", "2026-01-01")
	use := func(id, to, known string) {
		u := billing.UsageRecord{ID: id, Subscription: "s", Period: calendar.Period{From: day(to).AddDays(-1), To: day(to)}, KnownOn: day(known)}
		b.write(func(tx flow.Tx) { got[int64](t)(tx.LogAppend(entry(flow.DoUsage, "c", "s", known), nil, nil, &u)) })
	}
	sell := func(id billing.SubscriptionID, on, known string) {
		item := billing.OneTimeItem{ID: id, Contract: "c", SKU: "setup", On: day(on), KnownOn: day(known)}
		b.write(func(tx flow.Tx) { got[int64](t)(tx.LogAppend(entry(flow.DoOneTime, "c", id, known), nil, &item, nil)) })
	}
	use("settled", "2026-02-01", "2026-02-01")
	use("known late", "2026-01-15", "2026-02-02")
	use("open", "2026-02-02", "2026-02-01")
	sell("settled", "2026-01-31", "2026-02-01")
	sell("known late", "2026-01-10", "2026-02-02")
	sell("open", "2026-02-01", "2026-02-01")
	for _, on := range []string{"2026-02-01", "2026-01-01", "2026-03-01"} {
		b.issue(plainInvoice("c", "s", on))
	}
	b.issue(plainInvoice("d", "t", "2026-01-01"))
	note := wholeReversal(plainInvoice("c", "s", "2026-02-01"), day("2026-03-02"))
	b.issue(note)
	read := func() (lines, usage, items []string) {
		books := b.due("2026-12-31", 100)
		for _, line := range books[0].Billed {
			lines = append(lines, line.InvoicedOn.String()+" "+line.PeriodTo.String()+" "+line.Amount.String())
		}
		for _, u := range books[0].Usage {
			usage = append(usage, u.ID)
		}
		for _, i := range books[0].Items {
			items = append(items, string(i.ID))
		}
		return lines, usage, items
	}
	lines, usage, items := read()
	same(t, "lines at first", lines, []string{"2026-01-01 2026-02-01 100.00", "2026-02-01 2026-03-01 100.00", "2026-03-01 2026-04-01 100.00"})
	same(t, "usage at first", usage, []string{"settled", "known late", "open"})
	same(t, "items at first", items, []string{"settled", "known late", "open"})
	b.move("c", billing.Cursor{Next: 2, Through: day("2026-02-01"), DueOn: day("2026-03-01"), OpenAfter: day("2026-02-01")})
	lines, usage, items = read()
	same(t, "open lines", lines, []string{"2026-02-01 2026-03-01 100.00", "2026-03-01 2026-04-01 100.00"})
	same(t, "open usage", usage, []string{"known late", "open"})
	same(t, "open items", items, []string{"known late", "open"})
	b.read(func(tx flow.Tx) {
		all := got[[]*flow.OpenBook](t)(tx.AllBooks("", "~"))
		same(t, "all, without lines", []int{len(all[0].Billed), len(all[0].Usage), len(all[0].Items), len(all[1].Billed)}, []int{0, 3, 3, 0})
	})
}

func aCursorsMarksAreReadAsTheyWereWritten(t *testing.T, b *book) {
	b.contract("c")
	cursor := billing.Cursor{Next: 7, Through: day("2026-01-01"), DueOn: day("2026-02-01"), OpenAfter: day("2026-01-05"), Marks: []billing.Mark{
		{Subscription: "plain", FirstBilledOn: day("2026-01-01")},
		{Subscription: "a\ttab, a\\ and\na line", Locks: []billing.Lock{{On: day("2026-01-01"), BilledOn: day("2026-01-02")}, {On: day("2027-01-01")}, {On: day("2028-01-01"), BilledOn: day("2028-01-02"), Silent: true}}},
		{Subscription: "", FirstBilledOn: day("2026-01-01"), Locks: []billing.Lock{{BilledOn: day("2026-01-02")}}},
	}}
	b.move("c", cursor)
	same(t, "cursor", b.bookOf("c").Cursor, cursor)
}

func aVoidedInvoiceOpensItsContracts(t *testing.T, b *book) {
	b.contract("c")
	b.contract("d")
	b.subscribe("c", "s", "2026-01-01")
	b.subscribe("d", "t", "2026-01-01")
	invoice := plainInvoice("c", "s", "2026-01-01")
	invoice.Lines = append(invoice.Lines, plainInvoice("d", "t", "2026-01-01").Lines...)
	b.issue(invoice)
	for _, id := range []billing.ContractID{"c", "d"} {
		b.move(id, billing.Cursor{Next: 1, Through: day("2026-01-01"), DueOn: day("2026-02-01"), OpenAfter: day("2026-02-01")})
	}
	version := b.bookOf("d").Version
	note := wholeReversal(invoice, day("2026-01-20"))
	b.issue(note)
	b.write(func(tx flow.Tx) { must(t, tx.InvoiceVoid(invoice.ID, note.ID, day("2026-01-21"))) })
	books := b.due("2026-01-22", 10)
	same(t, "due again", len(books), 2)
	for _, open := range books {
		same(t, "voided", open.Voided, []billing.VoidedInvoice{{Date: day("2026-01-01"), KnownOn: day("2026-01-21")}})
		same(t, "cursor", open.Cursor, billing.Cursor{Next: 1, Through: day("2026-01-01")})
		same(t, "its lines are still read", len(open.Billed), 1)
	}
	if now := b.bookOf("d").Version; now <= version {
		t.Errorf("version %d after %d", now, version)
	}
	b.read(func(tx flow.Tx) {
		kept := got[flow.Issued](t)(tx.InvoiceGet(invoice.ID))
		same(t, "marked", []string{kept.VoidedBy, kept.VoidKnownOn.String()}, []string{note.ID, "2026-01-21"})
		same(t, "the note", got[flow.Issued](t)(tx.InvoiceGet(note.ID)).Corrects, invoice.ID)
	})
	for _, id := range []string{invoice.ID, "nothing"} {
		wantError(t, b.Write(t.Context(), func(tx flow.Tx) error { return tx.InvoiceVoid(id, "x", day("2026-01-21")) }), flow.ErrUnknown)
	}
}

func ofTwoWritersOneHasMoved(t *testing.T, b *book) {
	for _, id := range []billing.ContractID{"c", "d"} {
		b.contract(id)
	}
	var chunks []flow.Chunk
	for range 2 {
		books := b.due("2026-01-01", 10)
		invoices := []flow.Issued{plainInvoice("c", "s", "2026-01-01"), plainInvoice("d", "t", "2026-01-01")}
		chunks = append(chunks, chunkOf(t, []flow.CursorMove{moveOf(books[0], "2026-01-01"), moveOf(books[1], "2026-01-01")}, invoices...))
	}
	// The second overlaps in one contract only.
	chunks[1].Moves, chunks[1].Invoices, chunks[1].Entries = chunks[1].Moves[1:], chunks[1].Invoices[1:], chunks[1].Entries[1:]
	write := func(chunk flow.Chunk) error {
		return b.Write(t.Context(), func(tx flow.Tx) error {
			first, err := tx.NumbersTake(flow.DefaultSeller, "INV", len(chunk.Invoices))
			for i := range chunk.Invoices {
				chunk.Invoices[i].Number = first + int64(i)
			}
			return errors.Join(err, tx.ChunkWrite(chunk))
		})
	}
	must(t, write(chunks[0]))
	wantError(t, write(chunks[1]), flow.ErrMoved)
	b.read(func(tx flow.Tx) {
		same(t, "numbers", got[[]flow.SeriesCount](t)(tx.NumberGaps()), []flow.SeriesCount{{Seller: flow.DefaultSeller, Series: "INV", Given: 2, Highest: 2, Count: 2, Distinct: 2}})
	})
	same(t, "nothing is due", len(b.due("2026-01-31", 10)), 0)
}

func aFactRecordedMeanwhileMovesTheBook(t *testing.T, b *book) {
	b.contract("c")
	b.subscribe("c", "s", "2026-01-01")
	facts := map[string]func(flow.Tx) error{
		"an entry": func(tx flow.Tx) error {
			_, err := tx.LogAppend(entry(flow.DoCancel, "c", "s", "2026-01-10"), nil, nil, nil)
			return err
		},
		"an opened book": func(tx flow.Tx) error { _, err := tx.BookOpen("c"); return err },
		"a new group":    func(tx flow.Tx) error { return tx.ContractRegroup("c", "payer:p") },
	}
	for name, fact := range facts {
		open := b.bookOf("c")
		must(t, b.Write(t.Context(), fact))
		err := b.Write(t.Context(), func(tx flow.Tx) error {
			return tx.ChunkWrite(flow.Chunk{Moves: []flow.CursorMove{moveOf(open, "2026-01-01")}})
		})
		if !errors.Is(err, flow.ErrMoved) {
			t.Errorf("%s: %v", name, err)
		}
	}
	b.write(func(tx flow.Tx) {
		open := got[*flow.OpenBook](t)(tx.BookOpen("c"))
		must(t, tx.ChunkWrite(flow.Chunk{Moves: []flow.CursorMove{moveOf(open, "2026-01-01")}}))
	})
	same(t, "who opened it moves it", b.bookOf("c").Cursor.Through, "2026-01-01")
	err := b.Write(t.Context(), func(tx flow.Tx) error { _, err := tx.BookOpen("x"); return err })
	wantError(t, err, flow.ErrUnknown)
}

func runsAreWatched(t *testing.T, b *book) {
	run := flow.Run{Through: day("2026-02-01"), State: "running", StartedAt: time.UnixMicro(1_770_000_000_000_000).UTC(), Who: "clerk"}
	b.write(func(tx flow.Tx) {
		run.ID = got[int64](t)(tx.RunStart(run))
		same(t, "the next", got[int64](t)(tx.RunStart(flow.Run{Through: day("2026-01-15")})), run.ID+1)
		same(t, "billed through the later day", got[calendar.Date](t)(tx.BilledThrough()), "2026-02-01")
	})
	run.State, run.EndedAt, run.Contracts, run.Invoices, run.Lines, run.Exceptions, run.Last = "done", run.StartedAt.Add(time.Second), 1, 2, 3, 4, "contract:c"
	b.write(func(tx flow.Tx) {
		must(t, tx.RunUpdate(run))
		for _, sentence := range []string{"no price", "still no price"} {
			must(t, tx.RunExceptionAdd(flow.RunException{Run: run.ID, Contract: "d", Code: "missing_price", Sentence: sentence}))
		}
		must(t, tx.RunExceptionAdd(flow.RunException{Run: run.ID, Contract: "c", Code: "missing_rate", Sentence: "no rate"}))
		wantError(t, tx.RunUpdate(flow.Run{ID: 99}), flow.ErrUnknown)
	})
	b.read(func(tx flow.Tx) {
		same(t, "run", got[flow.Run](t)(tx.RunGet(run.ID)), run)
		same(t, "exceptions", got[[]flow.RunException](t)(tx.RunExceptions(run.ID)), []flow.RunException{
			{Run: run.ID, Contract: "c", Code: "missing_rate", Sentence: "no rate"}, {Run: run.ID, Contract: "d", Code: "missing_price", Sentence: "still no price"}})
		_, err := tx.RunGet(99)
		wantError(t, err, flow.ErrUnknown)
		same(t, "billed through", got[calendar.Date](t)(tx.BilledThrough()), "2026-02-01")
	})
}

func theStampChangesWithEveryChange(t *testing.T, b *book) {
	b.contract("c")
	b.subscribe("c", "s", "2026-01-01")
	stamp := func() (stamp int64) {
		b.read(func(tx flow.Tx) { stamp = got[int64](t)(tx.BookStamp()) })
		return stamp
	}
	price := billing.PriceRow{SKU: "E3", List: "default", Currency: currencyOf("EUR"), Unit: monthly, Price: decimalOf("1")}
	changes := []func(flow.Tx) error{
		func(tx flow.Tx) error { _, err := tx.PricePut(price); return err },
		func(tx flow.Tx) error { _, err := tx.UnitPut(monthly); return err },
		func(tx flow.Tx) error { _, err := tx.AccountPut(plainAccount("x")); return err },
		func(tx flow.Tx) error {
			_, err := tx.LogAppend(entry(flow.DoCancel, "c", "s", "2026-01-10"), nil, nil, nil)
			return err
		},
		func(tx flow.Tx) error {
			invoice := plainInvoice("c", "s", "2026-01-01")
			invoice.Number = 1
			return tx.ChunkWrite(chunkOf(t, nil, invoice))
		},
		func(tx flow.Tx) error { _, err := tx.RunStart(flow.Run{Through: day("2026-01-01")}); return err },
		func(tx flow.Tx) error { return tx.InvoiceVoid("c/2026-01-01", "x", day("2026-01-02")) },
	}
	before := stamp()
	for i, change := range changes {
		must(t, b.Write(t.Context(), change))
		if now := stamp(); now <= before {
			t.Errorf("change %d: stamp %d after %d", i, now, before)
		} else {
			before = now
		}
	}
	b.write(func(tx flow.Tx) {
		same(t, "nothing new", got[bool](t)(tx.PricePut(price)), false)
		same(t, "read while writing", got[int64](t)(tx.BookStamp()), before)
		got[bool](t)(tx.UnitPut(billing.Unit{Name: "week"}))
		if now := got[int64](t)(tx.BookStamp()); now <= before {
			t.Errorf("stamp %d after %d in the same transaction", now, before)
		}
	})
}

func nothingIsWrittenWhileReading(t *testing.T, b *book) {
	b.contract("c")
	for _, change := range []func(flow.Tx) error{
		func(tx flow.Tx) error { _, err := tx.UnitPut(monthly); return err },
		func(tx flow.Tx) error { _, err := tx.BookOpen("c"); return err },
		func(tx flow.Tx) error {
			invoice := plainInvoice("c", "s", "2026-01-01")
			return tx.ChunkWrite(chunkOf(t, nil, invoice))
		},
		func(tx flow.Tx) error { _, err := tx.NumbersTake("s", "INV", 1); return err },
	} {
		if err := b.Read(t.Context(), change); err == nil {
			t.Error("something was written in a Read")
		}
	}
	same(t, "version", b.bookOf("c").Version, 1)
}

func aSeededBookIsLikeARecordedOne(t *testing.T, b *book) {
	b.write(func(tx flow.Tx) { got[bool](t)(tx.SellerPut(flow.Seller{ID: flow.DefaultSeller})) })
	same(t, "seeded", got[int64](t)(b.Seed(t.Context(), madeUpBook(2500))), 2500)
	want := madeUpContract(2123)
	open := b.bookOf(want.Contract.ID)
	seq := open.Subscriptions[0].Entries[0].Seq
	for i := range want.Subscriptions {
		for j := range want.Subscriptions[i].Entries {
			want.Subscriptions[i].Entries[j].Seq = seq
			seq++
		}
	}
	same(t, "subscriptions", open.Subscriptions, want.Subscriptions)
	same(t, "contract", open.Contract, want.Contract.Contract)
	b.read(func(tx flow.Tx) {
		same(t, "account", got[flow.Account](t)(tx.AccountVersion(want.Account.ID, 1)), *want.Account)
		same(t, "event", got[flow.LogEntry](t)(tx.LogFind(string(want.Subscriptions[1].ID))).Subscription, want.Subscriptions[1].ID)
	})
	b.subscribe(want.Contract.ID, "one-more", "2026-02-01")
	same(t, "goes on", len(b.bookOf(want.Contract.ID).Subscriptions), subscriptionsEach+1)
}

func theFloorWritesWhatAChunkWrites(t *testing.T, b *book) {
	b.write(func(tx flow.Tx) { got[bool](t)(tx.SellerPut(flow.Seller{ID: flow.DefaultSeller})) })
	got[int64](t)(b.Seed(t.Context(), madeUpBook(30)))
	chunk := madeUpChunk(0, 30, day("2026-01-01"), 1)
	for range 2 {
		rows := got[int64](t)(b.FloorWrite(t.Context(), func(yield func(flow.Chunk) bool) { yield(chunk) }))
		same(t, "rows", rows, 30+30+30*subscriptionsEach+30+30*3)
	}
	b.write(func(tx flow.Tx) { must(t, tx.ChunkWrite(chunk)) })
	must(t, b.FloorDrop(t.Context()))
	same(t, "the book has them", len(b.due("2026-02-01", 100)[0].Billed), subscriptionsEach)
}

package store_test

import (
	"fmt"
	"iter"
	"path/filepath"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/ledger"
	"prorata/core/money"
	"prorata/edge/store"
	"prorata/flow"
	"prorata/internal/pgtest"
)

// A made-up book: contracts with five subscriptions each, of which every second
// was changed once.
const (
	subscriptionsEach = 5
	contractsInChunk  = 1000
)

func dateOf(text string) calendar.Date {
	day, err := calendar.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return day
}

func decimalOf(text string) money.Decimal {
	d, err := money.ParseDecimal(text)
	if err != nil {
		panic(err)
	}
	return d
}

func currencyOf(code string) money.Currency {
	c, err := money.ParseCurrency(code)
	if err != nil {
		panic(err)
	}
	return c
}

func madeUpBook(contracts int) iter.Seq[store.Seeded] {
	return func(yield func(store.Seeded) bool) {
		for i := range contracts {
			if !yield(madeUpContract(i)) {
				return
			}
		}
	}
}

func madeUpContract(i int) store.Seeded {
	account := billing.AccountID(fmt.Sprintf("account-%06d", i))
	monthly := billing.Unit{Name: "monthly", Months: 1}
	c := flow.Contract{Seller: flow.DefaultSeller, Contract: billing.Contract{
		ID: billing.ContractID(fmt.Sprintf("contract-%06d", i)), Account: account, Currency: currencyOf("EUR"), Frequency: monthly, Start: dateOf("2026-01-01"),
	}}
	s := store.Seeded{
		Account:  &flow.Account{Account: billing.Account{ID: account, Name: "Customer " + string(account), Country: "DE", Currency: c.Currency}},
		Contract: c, Group: "contract:" + string(c.ID),
	}
	for j := range subscriptionsEach {
		sub := billing.Subscription{
			ID: billing.SubscriptionID(fmt.Sprintf("%08x-1a2b-4c3d-8e9f-%012x", i, j)), Contract: c.ID, SKU: fmt.Sprintf("CFQ7TTC0LF8R:%04d", j), Tax: "vat",
			TermMonths: 12, Billing: monthly, PriceUnit: monthly, PerParent: money.DecimalOf(1),
		}
		sub.Entries = []billing.Entry{{RecordedOn: c.Start, KnownOn: c.Start, EffectiveOn: c.Start, Quantity: money.DecimalOf(int64(10 + j)), HasQuantity: true}}
		if j%2 == 0 {
			sub.Entries = append(sub.Entries, billing.Entry{Verb: billing.SetQuantity, RecordedOn: dateOf("2026-01-10"), KnownOn: dateOf("2026-01-10"),
				EffectiveOn: dateOf("2026-01-10"), Quantity: money.DecimalOf(int64(20 + j)), HasQuantity: true})
		}
		s.Subscriptions = append(s.Subscriptions, sub)
	}
	return s
}

// madeUpChunk is a month's invoices of n contracts from one on.
func madeUpChunk(from, n int, on calendar.Date, version int64) flow.Chunk {
	var chunk flow.Chunk
	for i := from; i < from+n; i++ {
		s := madeUpContract(i)
		invoice := madeUpInvoice(&s, on)
		invoice.Number = int64(i + 1)
		entry, err := ledger.OfInvoice(&invoice.Invoice)
		if err != nil {
			panic(err)
		}
		chunk.Invoices = append(chunk.Invoices, invoice)
		chunk.Entries = append(chunk.Entries, entry)
		cursor := billing.Cursor{Next: 1, Through: on, DueOn: on.AddMonths(1), OpenAfter: on}
		for j := range s.Subscriptions {
			cursor.Marks = append(cursor.Marks, billing.Mark{Subscription: s.Subscriptions[j].ID, FirstBilledOn: on, Locks: []billing.Lock{{On: on, BilledOn: on}}})
		}
		chunk.Moves = append(chunk.Moves, flow.CursorMove{Contract: s.Contract.ID, Version: version, Cursor: cursor})
	}
	return chunk
}

func madeUpInvoice(s *store.Seeded, on calendar.Date) flow.Issued {
	amount := func(minor int64) money.Amount { return money.NewAmount(minor, s.Contract.Currency) }
	invoice := flow.Issued{
		ID: string(s.Contract.ID) + "/" + on.String(), Seller: s.Contract.Seller, Series: "INV", Group: s.Group, DueOn: on.AddDays(30),
		PayerVersion: 1, SellerVersion: 1, IssuedAt: time.UnixMicro(1_770_000_000_000_000).UTC(), Run: 1,
		Invoice: billing.Invoice{Payer: s.Contract.Account, Contract: s.Contract.ID, Date: on, Currency: s.Contract.Currency},
	}
	net := amount(0)
	for j := range s.Subscriptions {
		sub := &s.Subscriptions[j]
		line := billing.InvoiceLine{Contract: s.Contract.ID, Account: s.Contract.Account, Line: billing.Line{
			Key: billing.LineKey{Subscription: sub.ID, Period: on, Day: on}, Subscription: sub.ID, SKU: sub.SKU,
			From: on, To: on.AddMonths(1), PeriodTo: on.AddMonths(1), Quantity: money.DecimalOf(int64(10 + j)), UnitPrice: decimalOf("12.10"), Priced: true,
			Gross: amount(12100 + int64(j)), Discount: amount(100), Amount: amount(12000 + int64(j)), Tax: "vat",
			Explanation: "c:start;a:10;p:12.10;u:monthly;l:default;s:2026-01-01;m:1/1;f:31/31;so:0;=:121.00",
		}}
		line.InvoicedGross, line.InvoicedDisc, line.InvoicedAt = line.Gross, line.Discount, line.Amount
		net = net.Add(line.Amount)
		invoice.Lines = append(invoice.Lines, line)
	}
	tax := amount(net.Minor() * 19 / 100)
	invoice.Taxes = []billing.TaxSum{{Account: s.Contract.Account, Name: "vat", Percent: decimalOf("19"), Lines: net, Net: net, Tax: tax}}
	invoice.Net, invoice.Tax, invoice.Total = net, tax, net.Add(tax)
	return invoice
}

// engines runs a benchmark on each, with a database as durable as in production.
func engines(b *testing.B, run func(*testing.B, *store.Store)) {
	open := func(b *testing.B, url string) *store.Store {
		s, err := store.Open(b.Context(), url)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { s.Close() })
		return s
	}
	b.Run("sqlite", func(b *testing.B) { run(b, open(b, "sqlite:"+filepath.Join(b.TempDir(), "book.db"))) })
	b.Run("postgres", func(b *testing.B) {
		server := pgtest.Start(b, pgtest.Options{Durable: true})
		run(b, open(b, server.NewDatabase(b)))
	})
}

func seed(b *testing.B, s *store.Store, contracts int) {
	b.Helper()
	err := s.Write(b.Context(), func(tx flow.Tx) error { _, err := tx.SellerPut(flow.Seller{ID: flow.DefaultSeller}); return err })
	if err != nil {
		b.Fatal(err)
	}
	if _, err := s.Seed(b.Context(), madeUpBook(contracts)); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkChunkWrite writes chunks of 1000 invoices with 5 lines each, numbers
// and cursors included. b.N is chunks.
func BenchmarkChunkWrite(b *testing.B) {
	engines(b, func(b *testing.B, s *store.Store) {
		seed(b, s, b.N*contractsInChunk)
		chunks := make([]flow.Chunk, b.N)
		for i := range chunks {
			chunks[i] = madeUpChunk(i*contractsInChunk, contractsInChunk, dateOf("2026-01-01"), 1)
		}
		b.ReportAllocs()
		b.ResetTimer()
		for _, chunk := range chunks {
			writeChunk(b, s, chunk)
		}
		b.ReportMetric(float64(b.N*contractsInChunk)/b.Elapsed().Seconds(), "invoices/s")
	})
}

func writeChunk(b *testing.B, s *store.Store, chunk flow.Chunk) {
	if err := s.Write(b.Context(), func(tx flow.Tx) error {
		if _, err := tx.NumbersTake(flow.DefaultSeller, "INV", len(chunk.Invoices)); err != nil {
			return err
		}
		return tx.ChunkWrite(chunk)
	}); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkFloorWrite writes the same rows with nothing else: what ChunkWrite is
// measured against.
func BenchmarkFloorWrite(b *testing.B) {
	engines(b, func(b *testing.B, s *store.Store) {
		chunks := make([]flow.Chunk, b.N)
		for i := range chunks {
			chunks[i] = madeUpChunk(i*contractsInChunk, contractsInChunk, dateOf("2026-01-01"), 1)
		}
		b.ReportAllocs()
		b.ResetTimer()
		if _, err := s.FloorWrite(b.Context(), func(yield func(flow.Chunk) bool) {
			for _, chunk := range chunks {
				if !yield(chunk) {
					return
				}
			}
		}); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(b.N*contractsInChunk)/b.Elapsed().Seconds(), "invoices/s")
	})
}

// BenchmarkDueBooks reads 20 chunks of 1000 contracts with 5 subscriptions, their
// log and, after the first month, their open lines.
func BenchmarkDueBooks(b *testing.B) {
	const contracts = 20 * contractsInChunk
	engines(b, func(b *testing.B, s *store.Store) {
		seed(b, s, contracts)
		read := func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if n := readAll(b, s); n != contracts {
					b.Fatalf("%d contracts", n)
				}
			}
			b.ReportMetric(float64(b.N*contracts)/b.Elapsed().Seconds(), "contracts/s")
		}
		b.Run("first", read)
		for from := 0; from < contracts; from += contractsInChunk {
			chunk := madeUpChunk(from, contractsInChunk, dateOf("2026-01-01"), 1)
			writeChunk(b, s, chunk)
		}
		b.Run("second", read)
	})
}

func readAll(b *testing.B, s *store.Store) (contracts int) {
	after := ""
	for {
		var books []*flow.OpenBook
		if err := s.Read(b.Context(), func(tx flow.Tx) (err error) {
			books, err = tx.DueBooks(dateOf("2026-02-01"), after, contractsInChunk)
			return err
		}); err != nil {
			b.Fatal(err)
		}
		if len(books) == 0 {
			return contracts
		}
		contracts += len(books)
		after = books[len(books)-1].Group
	}
}

// BenchmarkRecord opens a contract's book and records a change of a subscription,
// a hundred times in a transaction.
func BenchmarkRecord(b *testing.B) {
	const each = 100
	engines(b, func(b *testing.B, s *store.Store) {
		seed(b, s, contractsInChunk)
		b.ReportAllocs()
		n := 0
		for b.Loop() {
			if err := s.Write(b.Context(), func(tx flow.Tx) error {
				for range each {
					n++
					c := madeUpContract(n % contractsInChunk)
					if _, err := tx.BookOpen(c.Contract.ID); err != nil {
						return err
					}
					if _, err := tx.LogAppend(quantity(entry(flow.DoQuantity, c.Contract.ID, c.Subscriptions[0].ID, "2026-02-01"), "7"), nil, nil, nil); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N*each)/b.Elapsed().Seconds(), "facts/s")
	})
}

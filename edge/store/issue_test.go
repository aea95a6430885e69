package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/ledger"
	"prorata/core/money"
	"prorata/flow"
)

// fullInvoice is consolidated, in another currency than one of its lines.
func fullInvoice() flow.Issued {
	invoice := plainInvoice("c", "s", "2026-01-01")
	invoice.ID, invoice.Contract, invoice.Group, invoice.Payer = "c/2026-01-01", "", "payer:p", "p"
	invoice.Series, invoice.Seller, invoice.Run, invoice.IssuedAt = "R-26", "nord", 7, time.UnixMicro(1_767_225_600_000_001).UTC()
	other := plainInvoice("d", "t", "2026-01-01").Lines[0]
	usd := currencyOf("USD")
	other.Gross, other.Discount, other.Amount = money.NewAmount(700, usd), money.NewAmount(100, usd), money.NewAmount(600, usd)
	other.InvoicedGross, other.InvoicedDisc, other.InvoicedAt = eur(630), eur(90), eur(540)
	other.Subscription, other.Key.Part, other.Priced, other.UnitPrice = "bundle", "card:default@", false, decimalOf("0")
	other.To, other.Kind, other.TaxIncluded, other.Quantity = calendar.Date{}, billing.LineUsage, true, decimalOf("-0.250")
	invoice.Lines = append(invoice.Lines, other)
	invoice.Taxes = append(invoice.Taxes, billing.TaxSum{Account: "of-d", Name: "none", Category: billing.ReverseCharge, Percent: decimalOf("0"), Included: true,
		Lines: eur(540), Net: eur(540), Tax: eur(0)})
	invoice.Net, invoice.Total = eur(10540), eur(12440)
	return invoice
}

func anInvoiceIsReadAsItWasWritten(t *testing.T, b *book) {
	b.contract("c")
	b.contract("d")
	invoice := fullInvoice()
	invoices := []flow.Issued{invoice}
	b.issue(invoices...)
	invoice.Number = 1
	b.read(func(tx flow.Tx) {
		for _, name := range []string{"c/2026-01-01", "nord-R-26-000001"} {
			same(t, name, got[flow.Issued](t)(tx.InvoiceGet(name)), invoice)
		}
		for _, name := range []string{"", "nord", "R-26-000001", "nord-R-26-000002", "nord-R-26-1", "nord-R-26-"} {
			_, err := tx.InvoiceGet(name)
			wantError(t, err, flow.ErrUnknown)
		}
		same(t, "of its group", got[[]flow.Issued](t)(tx.InvoicesOf("payer:a", "payer:p")), []flow.Issued{invoice})
		same(t, "of others", len(got[[]flow.Issued](t)(tx.InvoicesOf("contract:", "payer:o"))), 0)
		postings := got[map[string][]ledger.Posting](t)(tx.PostingsOf("payer:a", "payer:p"))
		entry := got[ledger.Entry](t)(ledger.OfInvoice(&invoice.Invoice))
		same(t, "postings", postings, map[string][]ledger.Posting{invoice.ID: entry.Postings()})
		same(t, "numbers", got[[]flow.SeriesCount](t)(tx.NumberGaps()), []flow.SeriesCount{{Seller: "nord", Series: "R-26", Given: 1, Highest: 1, Count: 1, Distinct: 1}})
		books := got[[]*flow.OpenBook](t)(tx.DueBooks(day("2026-01-01"), "", 10))
		line := invoice.Lines[1]
		same(t, "as billing looks back on it", books[1].Billed, []billing.BilledLine{{
			Key: line.Key, Kind: line.Kind, Subscription: line.Subscription, SKU: line.SKU, From: line.From, To: line.To, PeriodTo: line.PeriodTo, Quantity: line.Quantity,
			Gross: line.Gross, Discount: line.Discount, Amount: line.Amount, Tax: line.Tax, TaxIncluded: true, InvoicedOn: invoice.Date,
		}})
	})
}

func invoicesAreListedByWhatIsAsked(t *testing.T, b *book) {
	for _, id := range []billing.ContractID{"c", "d"} {
		b.contract(id)
	}
	var all []flow.Issued
	for month := range 300 {
		on := day("2001-01-01").AddMonths(month).String()
		all = append(all, plainInvoice("d", "t", on), plainInvoice("c", "s", on))
	}
	consolidated := fullInvoice()
	consolidated.ID = "c/2030-01-01"
	consolidated.Date = day("2030-01-01")
	b.issue(append(all, consolidated)...)
	list := func(filter flow.InvoiceFilter) (ids []string) {
		b.read(func(tx flow.Tx) {
			must(t, tx.InvoiceList(filter, func(i flow.Issued) bool {
				ids = append(ids, i.ID)
				if filter.WithLines && (len(i.Lines) == 0 || len(i.Taxes) == 0 || i.Lines[0].Amount.IsZero()) {
					t.Errorf("%s has %d lines and %d taxes", i.ID, len(i.Lines), len(i.Taxes))
				}
				return true
			}))
		})
		return ids
	}
	everything := list(flow.InvoiceFilter{WithLines: true})
	same(t, "all", len(everything), 601)
	same(t, "in order of date and contract", everything[:3], []string{"c/2001-01-01", "d/2001-01-01", "c/2001-02-01"})
	same(t, "latest", list(flow.InvoiceFilter{Latest: 2, WithLines: true}), []string{"c/2030-01-01", "d/2025-12-01"})
	same(t, "latest of many", len(list(flow.InvoiceFilter{Latest: 400})), 400)
	same(t, "of a contract", len(list(flow.InvoiceFilter{Contract: "d"})), 301)
	same(t, "of an account", len(list(flow.InvoiceFilter{Account: "of-c"})), 301)
	same(t, "of a payer", list(flow.InvoiceFilter{Account: "p"}), []string{"c/2030-01-01"})
	same(t, "from and to", list(flow.InvoiceFilter{From: day("2001-02-01"), To: day("2001-02-01")}), []string{"c/2001-02-01", "d/2001-02-01"})
	same(t, "by number", list(flow.InvoiceFilter{Number: "INV-000001"}), []string{"d/2001-01-01"})
	same(t, "by a number that is not there", list(flow.InvoiceFilter{Number: "INV-009999"}), []string(nil))
	seen := 0
	b.read(func(tx flow.Tx) {
		must(t, tx.InvoiceList(flow.InvoiceFilter{}, func(i flow.Issued) bool {
			seen++
			same(t, "the transaction serves while a list is read", got[flow.Issued](t)(tx.InvoiceGet(i.ID)).ID, i.ID)
			return seen < 5
		}))
	})
	same(t, "stopped", seen, 5)
}
func anInvoiceIsIssuedOnce(t *testing.T, b *book) {
	b.contract("c")
	b.issue(plainInvoice("c", "s", "2026-01-01"))
	again := plainInvoice("c", "s", "2026-01-01")
	again.Number = 2
	wantError(t, b.Write(t.Context(), func(tx flow.Tx) error { return tx.ChunkWrite(chunkOf(t, nil, again)) }), flow.ErrMoved)
	again.ID, again.Number = "c/another", 1
	wantError(t, b.Write(t.Context(), func(tx flow.Tx) error { return tx.ChunkWrite(chunkOf(t, nil, again)) }), flow.ErrMoved)
}

func aFailureIsNotCommitted(t *testing.T, b *book) {
	b.contract("c")
	err := b.Write(t.Context(), func(tx flow.Tx) error {
		got[bool](t)(tx.UnitPut(billing.Unit{Name: "day", Months: 0}))
		again := plainInvoice("c", "s", "2026-01-01")
		again.Number = 1
		_ = tx.ChunkWrite(flow.Chunk{Moves: []flow.CursorMove{{Contract: "c", Version: 99}}})
		_ = tx.ChunkWrite(chunkOf(t, nil, again))
		return nil
	})
	wantError(t, err, flow.ErrMoved)
	b.read(func(tx flow.Tx) {
		same(t, "units", len(got[*flow.Catalog](t)(tx.CatalogGet(false)).Units), 0)
		_, err := tx.InvoiceGet("c/2026-01-01")
		wantError(t, err, flow.ErrUnknown)
	})
	own := errors.New("own")
	wantError(t, b.Write(t.Context(), func(tx flow.Tx) error {
		got[bool](t)(tx.UnitPut(billing.Unit{Name: "day", Months: 0}))
		return own
	}), own)
	func() {
		defer func() { _ = recover() }()
		_ = b.Write(t.Context(), func(tx flow.Tx) error {
			got[bool](t)(tx.UnitPut(billing.Unit{Name: "day", Months: 0}))
			panic("in the middle")
		})
	}()
	b.read(func(tx flow.Tx) { same(t, "units", len(got[*flow.Catalog](t)(tx.CatalogGet(false)).Units), 0) })
	b.write(func(tx flow.Tx) { got[bool](t)(tx.UnitPut(billing.Unit{Name: "day", Months: 0})) })
}

func numbersHaveNoGapsUnderParallelWriters(t *testing.T, b *book) {
	const writers, each = 4, 25
	b.contract("c")
	var wait sync.WaitGroup
	for w := range writers {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for n := range each {
				invoice := plainInvoice("c", "s", "2026-01-01")
				invoice.ID = fmt.Sprintf("%d/%d", w, n)
				err := b.Write(t.Context(), func(tx flow.Tx) (err error) {
					if invoice.Number, err = tx.NumbersTake(flow.DefaultSeller, "INV", 1); err != nil {
						return err
					}
					if err := tx.ChunkWrite(chunkOf(t, nil, invoice)); err != nil {
						return err
					}
					if n%5 == 4 {
						return flow.ErrMoved
					}
					return nil
				})
				if err != nil && n%5 != 4 {
					t.Error(err)
				}
			}
		}()
	}
	wait.Wait()
	written := int64(writers * each * 4 / 5)
	b.read(func(tx flow.Tx) {
		same(t, "numbers", got[[]flow.SeriesCount](t)(tx.NumberGaps()),
			[]flow.SeriesCount{{Seller: flow.DefaultSeller, Series: "INV", Given: written, Highest: written, Count: written, Distinct: written}})
	})
}

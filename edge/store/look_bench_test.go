package store_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/edge/store"
	"prorata/flow"
	"prorata/flow/office"
)

type spring struct{}

func (spring) Now() time.Time { return time.Date(2026, 3, 12, 12, 0, 0, 0, time.UTC) }

// BenchmarkLooks asks the desk what its pages ask, on a book of 100,000 subscriptions
// with six months of invoices for each tenth of them.
func BenchmarkLooks(b *testing.B) {
	engines(b, func(b *testing.B, s *store.Store) {
		const contracts = 20000
		seed(b, s, contracts)
		product := func(tx flow.Tx, sku, name string) {
			if _, err := tx.ProductPut(billing.Product{SKU: sku, Name: name}); err != nil {
				b.Fatal(err)
			}
		}
		if err := s.Write(b.Context(), func(tx flow.Tx) error {
			for j := range subscriptionsEach {
				product(tx, fmt.Sprintf("CFQ7TTC0LF8R:%04d", j), fmt.Sprintf("Microsoft 365 E%d", j))
			}
			product(tx, "RARE", "Visio Plan 2")
			return nil
		}); err != nil {
			b.Fatal(err)
		}
		for month := range 6 {
			for from := 0; from < contracts/10; from += contractsInChunk {
				chunk := madeUpChunk(from, contractsInChunk, dateOf("2026-01-01").AddMonths(month), int64(month+1))
				for i := range chunk.Invoices {
					chunk.Invoices[i].Number += int64(month * contracts)
				}
				writeChunk(b, s, chunk)
			}
		}
		f := &flow.Flow{Store: s, Clock: spring{}, Log: slog.New(slog.DiscardHandler), Workers: 1, Zone: time.UTC}
		desk := (&office.Office{Flow: f, Store: s.Office()}).Desk(office.Operator("owner"))
		ctx := b.Context()
		looks := []struct {
			name string
			ask  func() error
		}{
			{"accounts", func() error { _, err := desk.AccountTree(ctx, "", office.AccountCursor{}, 0); return err }},
			{"accounts-found", func() error { _, err := desk.AccountList(ctx, office.AccountFilter{Search: "012345"}); return err }},
			{"account", func() error { _, err := desk.AccountGet(ctx, "account-000100"); return err }},
			{"account-timeline", func() error {
				_, _, err := desk.AccountTimeline(ctx, "account-000100", office.HappeningCursor{}, 0)
				return err
			}},
			{"subscriptions", func() error { _, err := desk.SubscriptionList(ctx, office.SubscriptionFilter{}, ""); return err }},
			{"subscriptions-running", func() error {
				_, err := desk.SubscriptionList(ctx, office.SubscriptionFilter{}, office.IsRunning)
				return err
			}},
			{"subscriptions-ended", func() error {
				_, err := desk.SubscriptionList(ctx, office.SubscriptionFilter{}, office.IsEnded)
				return err
			}},
			{"subscriptions-rare", func() error {
				_, err := desk.SubscriptionList(ctx, office.SubscriptionFilter{Search: "visio"}, "")
				return err
			}},
			{"subscriptions-many", func() error {
				_, err := desk.SubscriptionList(ctx, office.SubscriptionFilter{Search: "microsoft"}, "")
				return err
			}},
			{"subscriptions-customer", func() error {
				_, err := desk.SubscriptionList(ctx, office.SubscriptionFilter{Search: "012345"}, "")
				return err
			}},
			{"subscription", func() error { _, err := desk.SubscriptionGet(ctx, "00000064-1a2b-4c3d-8e9f-000000000001"); return err }},
			{"search", func() error { _, err := desk.Search(ctx, "012345"); return err }},
			{"search-amount", func() error { _, err := desk.Search(ctx, "714.11"); return err }},
			{"search-many", func() error { _, err := desk.Search(ctx, "customer"); return err }},
			{"contracts", func() error { _, err := desk.ContractList(ctx, office.ContractFilter{}); return err }},
		}
		for _, look := range looks {
			b.Run(look.name, func(b *testing.B) {
				for b.Loop() {
					if err := look.ask(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	})
}

package main_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"prorata/cmd/prorata/benchbook"
	"prorata/core/billing"
	"prorata/edge/store"
	"prorata/flow"
)

// The made-up book of the fault tests is in two parts: many plain contracts,
// loaded in bulk, and some hundred of every kind, imported by the program.
const (
	plainContracts = 3000
	kindsContracts = 420
)

// catchUp are the days through which the made-up book is billed, one after another.
var catchUp = []string{"2026-02-01", "2026-02-16", "2026-03-01"}

type testClock struct{}

func (testClock) Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// makeBook fills the empty database with a made-up book.
func makeBook(t testing.TB, address string, contracts int) {
	t.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	f := &flow.Flow{Store: s, Clock: testClock{}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Workers: 2, Zone: time.UTC}
	nouns := func(yield func(flow.Intake, error) bool) {
		for _, in := range benchbook.Nouns() {
			if !yield(in, nil) {
				return
			}
		}
	}
	report, err := f.Take(ctx, nouns, flow.Actor{Who: "test"}, func(flow.TakeLine) {})
	if err != nil || report.Bad() {
		t.Fatalf("the nouns were not taken: %v %v", err, report)
	}
	if _, err := s.Seed(ctx, plain(contracts)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "kinds.yaml")
	writeText(t, file, kindsOfBook(kindsContracts))
	if out := prorata(t, address, "import", file); out.code != 0 {
		t.Fatalf("import: %s", out)
	}
}

func plain(contracts int) iter.Seq[store.Seeded] {
	return func(yield func(store.Seeded) bool) {
		for made := range benchbook.Contracts(benchbook.Size{Contracts: contracts, Subscriptions: 3}) {
			cursor := billing.Cursor{}
			cursor.DueOn, _ = billing.InvoiceDate(&made.Contract.Contract, 0)
			if !yield(store.Seeded{Account: &made.Account, Contract: made.Contract, Group: made.Group, Subscriptions: made.Subscriptions, Cursor: cursor}) {
				return
			}
		}
	}
}

// kinds are the terms that contracts of the second part have, in turn. The ids
// sort among those of the first part, so that a chunk has some of each.
var kinds = []string{
	`timing: arrears`,
	`schedule: flexi, changes: immediate`,
	`changes: {weekly: monday}`,
	`frequency: quarterly, changes: {monthly: 15}`,
	`schedule: flexi, frequency: annual, refunds: none`,
	`proration: none, discount: {percent: 7.5}`,
	`schedule: flexi, proration: days30, collect: upcoming`,
}

// kindsOfBook is a book as YAML: every third account's bill goes to its group,
// which has one invoice; quantities change, some late; there are usage, items,
// cancellations and a hold.
func kindsOfBook(contracts int) string {
	accounts, terms, events := &strings.Builder{}, &strings.Builder{}, &strings.Builder{}
	for g := range contracts / 30 {
		fmt.Fprintf(accounts, "  - {id: group-%d, name: Group %d, country: DE, currency: EUR, consolidated: true}\n", g, g)
	}
	for i := range contracts {
		id := fmt.Sprintf("c%08d-k", i*plainContracts/contracts)
		bill := ""
		if i%3 == 0 {
			bill = fmt.Sprintf(", parent: group-%d, bill_to: parent", i/30)
		}
		fmt.Fprintf(accounts, "  - {id: a%s, name: Kind %d, country: DE, currency: EUR%s}\n", id, i, bill)
		fmt.Fprintf(terms, "  - {id: %s, account: a%s, start: 2026-01-01, %s}\n", id, id, kinds[i%len(kinds)])
		fmt.Fprintf(events, "  - {on: 2026-01-%02d, do: subscribe, contract: %s, id: %s-l, sku: SKU-%02d, quantity: %d}\n", 1+i%5, id, id, i%20, 5+i%40)
		fmt.Fprintf(events, "  - {on: 2026-01-%02d, do: quantity, subscription: %s-l, to: %d}\n", 6+i%20, id, 1+i%60)
		fmt.Fprintf(events, "  - {on: 2026-02-%02d, do: quantity, subscription: %s-l, to: %d, effective: 2026-01-%02d}\n", 3+i%20, id, 8+i%30, 27+i%4)
		switch i % 4 {
		case 0:
			fmt.Fprintf(events, "  - {on: 2026-01-12, do: one_time, contract: %s, id: %s-i, sku: SETUP, quantity: %d}\n", id, id, 1+i%3)
		case 1:
			fmt.Fprintf(events, "  - {on: 2026-01-01, do: subscribe, contract: %s, id: %s-u, sku: METER, markup: 12.5}\n", id, id)
			fmt.Fprintf(events, "  - {on: 2026-01-20, do: usage, subscription: %s-u, from: 2026-01-%02d, to: 2026-01-%02d, quantity: 24, cost: %d.35}\n", id, 2+i%9, 3+i%9, i%70)
		case 2:
			fmt.Fprintf(events, "  - {on: 2026-02-11, do: cancel, subscription: %s-l, effective: 2026-02-%02d}\n", id, 20+i%8)
		}
	}
	return "units:\n  - {name: biannual, months: 24}\nproducts:\n  - {sku: SETUP, name: Setup, kind: one_time, tax: vat19}\n  - {sku: METER, name: Meter, kind: usage, tax: vat19}\n" +
		"prices:\n  - {sku: SETUP, price: 99.90}\naccounts:\n" + accounts.String() + "contracts:\n" + terms.String() + "events:\n" + events.String()
}

func writeText(t testing.TB, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

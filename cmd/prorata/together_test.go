package main_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"prorata/internal/pgtest"
)

// Runs at the same time give together what one gives: the same invoices, each
// once, with numbers that have no gap.
func TestRunsAtTheSameTime(t *testing.T) {
	both(t, func(t *testing.T, e *engineUnderTest) {
		for _, runs := range []int{2, 4} {
			if e == onSQLite && runs > 2 {
				continue // its runs queue for the one writer
			}
			t.Run(fmt.Sprint(runs), func(t *testing.T) {
				address := e.book(t)
				for i, day := range catchUp {
					var started []*process
					for range runs {
						started = append(started, launch(t, address, "bill", "--as-of", day))
					}
					for _, p := range started {
						if out := p.wait(t); out.code != 0 {
							t.Error(out)
						}
					}
					checkWhole(t, address)
					same(t, "after "+day, issued(t, address, false), e.unnumbered[i])
				}
				must(t, address, "verify")
			})
		}
	})
}

// Facts that are recorded while a run goes on are billed by it or by the next:
// both end well, and what was issued is what the log says.
func TestFactsDuringARun(t *testing.T) {
	both(t, func(t *testing.T, e *engineUnderTest) {
		random := chance(t)
		address := e.book(t)
		for i, day := range catchUp {
			file := filepath.Join(t.TempDir(), "events.yaml")
			writeText(t, file, someFacts(random, day, 600))
			importing := launch(t, address, "import", file)
			billing := launch(t, address, "bill", "--as-of", day)
			second := launch(t, address, "bill", "--as-of", catchUp[max(0, i-1)])
			for _, p := range []*process{importing, billing, second} {
				if out := p.wait(t); out.code != 0 {
					t.Error(out)
				}
			}
			checkWhole(t, address)
			must(t, address, "verify")
			if out := must(t, address, "import", file); strings.Contains(out.stdout, "taken") {
				t.Errorf("not all was recorded the first time: %s", out)
			}
		}
		must(t, address, "bill", "--as-of", "2026-04-01")
		must(t, address, "verify")
	})
}

// someFacts are changes and late changes of subscriptions all over the book, in
// no order, and new contracts between the old ones.
func someFacts(random *rand.Rand, day string, n int) string {
	var terms, events strings.Builder
	for range n {
		at := random.IntN(plainContracts)
		fmt.Fprintf(&events, "  - {on: %s, do: quantity, subscription: c%08d-%d, to: %d, effective: 2026-01-%02d}\n", day, at, random.IntN(3), 1+random.IntN(50), 25+random.IntN(7))
	}
	for i := range n / 20 {
		at := random.IntN(plainContracts)
		id := fmt.Sprintf("c%08d-new-%s-%d", at, day, i)
		fmt.Fprintf(&terms, "  - {id: %s, account: ac%08d, start: 2026-01-01}\n", id, at)
		fmt.Fprintf(&events, "  - {on: %s, do: subscribe, contract: %s, id: %s-l, sku: SKU-01, quantity: 3, effective: 2026-01-15}\n", day, id, id)
	}
	return "contracts:\n" + terms.String() + "events:\n" + events.String()
}

// Terms and price lists that are changed while the first run goes on are either
// refused, since they were billed by, or billed by: never both.
func TestTermsDuringARun(t *testing.T) {
	both(t, func(t *testing.T, e *engineUnderTest) {
		random := chance(t)
		address := e.book(t)
		var accounts, terms strings.Builder
		for range 150 {
			fmt.Fprintf(&accounts, "  - {id: ac%08d, name: Other, country: DE, currency: EUR, price_list: list-%d}\n", random.IntN(plainContracts), random.IntN(3))
			fmt.Fprintf(&terms, "  - {id: c%08[1]d, account: ac%08[1]d, start: 2026-01-01, timing: arrears, proration: none}\n", random.IntN(plainContracts))
		}
		prices, file := filepath.Join(t.TempDir(), "prices.yaml"), filepath.Join(t.TempDir(), "terms.yaml")
		writeText(t, prices, listPrices())
		writeText(t, file, "accounts:\n"+accounts.String()+"contracts:\n"+terms.String())
		must(t, address, "import", prices)
		billing := launch(t, address, "bill", "--as-of", catchUp[0])
		var outs []outcome
		for {
			outs = append(outs, prorata(t, address, "import", file))
			if billing.isOver() {
				break
			}
		}
		if out := billing.wait(t); out.code != 0 {
			t.Error(out)
		}
		for _, out := range outs {
			if out.code != 0 && out.code != 2 {
				t.Error(out)
			}
		}
		checkWhole(t, address)
		must(t, address, "verify")
		must(t, address, "bill", "--as-of", catchUp[2])
		must(t, address, "verify")
	})
}

// listPrices are two price lists, known before anything is billed.
func listPrices() string {
	var rows strings.Builder
	for sku := range 20 {
		fmt.Fprintf(&rows, "  - {sku: SKU-%02[1]d, list: list-1, price: 1.00}\n  - {sku: SKU-%02[1]d, list: list-2, price: 2.00}\n", sku)
	}
	return "prices:\n" + rows.String()
}

// A database that goes away in the middle of a run: the run says so and ends with
// exit 1, or lives through it; once the database is back, a run completes it. A
// server that is asked meanwhile is not ready, and then is again.
func TestTheDatabaseGoesAway(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Options{})
	e := &engineUnderTest{name: "a server of its own", empty: server.NewDatabase, copy: server.CopyDatabase}
	for name, stop := range map[string]func(testing.TB){"crash": server.Crash, "shutdown": server.Shutdown} {
		t.Run(name, func(t *testing.T) {
			address := e.book(t)
			_, at := serve(t, address)
			if status, _ := get(t, at+"/readyz"); status != 200 {
				t.Errorf("/readyz before: %d", status)
			}
			billing := launch(t, address, "bill", "--as-of", catchUp[0])
			db := openSQL(t.Fatalf, address)
			eventually(t, "the run issues something", func() bool {
				n := 0
				return db.QueryRow(`SELECT COALESCE(MAX(invoices), 0) FROM billing_run`).Scan(&n) == nil && n > 0
			})
			stop(t)
			db.Close()
			if status, _ := get(t, at+"/readyz"); status != 503 {
				t.Errorf("/readyz while the database is away: %d", status)
			}
			out := billing.wait(t)
			if out.code != 0 && (out.code != 1 || out.stdout != "" || !strings.Contains(out.stderr, "the database is busy")) {
				t.Error(out)
			}
			t.Logf("exit %d: %s", out.code, out.stderr)
			if out := prorata(t, address, "bill", "--as-of", catchUp[0]); out.code != 1 || !strings.Contains(out.stderr, "database postgres://") {
				t.Errorf("with no database: %s", out)
			}
			server.Restart(t)
			if status, body := get(t, at+"/readyz"); status != 200 {
				t.Errorf("/readyz after: %d %s", status, body)
			}
			checkWhole(t, address)
			for i, day := range catchUp {
				must(t, address, "bill", "--as-of", day)
				same(t, "after "+day, issued(t, address, true), e.issued[i])
			}
			must(t, address, "verify")
		})
	}
}

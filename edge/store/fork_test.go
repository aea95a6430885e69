package store_test

import (
	"slices"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/edge/store"
	"prorata/flow"
)

// A table that tells of contracts, subscriptions or prices and is not in a fork would make
// the fork another book than the one it is of.
func TestWhatIsInAForkWasDecided(t *testing.T) {
	tables := store.SchemaTables()
	for _, name := range store.TablesWithoutAFork() {
		for _, column := range []string{"contract", "subscription", "sku", "group_key"} {
			if slices.Contains(tables[name], column) {
				t.Errorf("table %s has a %s: say in fork.go which of its rows a fork has, or that it has none", name, column)
			}
		}
	}
}

func TestAForkHasWhatConcernsItsAccounts(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		b := openBook(t, url)
		for _, id := range []billing.ContractID{"a", "b", "c"} {
			b.contract(id)
			b.subscribe(id, "of-"+billing.SubscriptionID(id), "2026-01-01")
		}
		parent := plainAccount("of-a")
		parent.Parent = "top"
		b.write(func(tx flow.Tx) {
			got[bool](t)(tx.AccountPut(plainAccount("top")))
			got[bool](t)(tx.AccountPut(parent))
			must(t, tx.ContractRegroup("a", "payer:p"))
			must(t, tx.ContractRegroup("b", "payer:p"))
			for _, account := range []billing.AccountID{"of-a", "of-c"} {
				got[int64](t)(tx.LogAppend(flow.LogEntry{Do: flow.DoHold, Account: account}, nil, nil, nil))
			}
			got[bool](t)(tx.ConnectionPut(flow.Connection{ID: "ms", Currency: currencyOf("EUR")}))
			must(t, tx.SecretPut("ms", "refresh", []byte("sealed"), time.Unix(1, 0)))
		})
		forked := got[flow.Forked](t)(b.Fork(t.Context(), flow.ForkScope{Accounts: []billing.AccountID{"of-a"}}))
		defer forked.Close()
		must(t, forked.Read(t.Context(), func(tx flow.Tx) error {
			var ids []billing.ContractID
			for _, c := range got[[]flow.Contract](t)(tx.ContractList()) {
				ids = append(ids, c.ID)
			}
			same(t, "contracts", ids, []billing.ContractID{"a", "b"})
			same(t, "of them due", got[int64](t)(tx.DueCount(day("2026-01-01"))), 2)
			same(t, "sums by day that are wrong", got[[]flow.DaySum](t)(tx.DaySumsWrong()), []flow.DaySum{})
			var accounts []billing.AccountID
			for _, a := range got[[]flow.Account](t)(tx.AccountList()) {
				accounts = append(accounts, a.ID)
			}
			same(t, "accounts", accounts, []billing.AccountID{"of-a", "of-b", "top"})
			same(t, "held", []bool{got[bool](t)(tx.AccountHeld("of-a")), got[bool](t)(tx.AccountHeld("of-b"))}, []bool{true, false})
			_, err := tx.SecretGet("ms", "refresh")
			wantError(t, err, flow.ErrUnknown)
			return nil
		}))
	})
}

func TestForksAreFewAndOfWhatIsThere(t *testing.T) {
	b := openBook(t, "sqlite::memory:")
	b.contract("a")
	_, err := b.Fork(t.Context(), flow.ForkScope{Accounts: []billing.AccountID{"nobody"}})
	wantError(t, err, flow.ErrUnknown)
	var open []flow.Forked
	for err = nil; err == nil && len(open) < 100; {
		var forked flow.Forked
		if forked, err = b.Fork(t.Context(), flow.ForkScope{}); err == nil {
			open = append(open, forked)
		}
	}
	wantError(t, err, flow.ErrBusy)
	must(t, open[0].Close())
	must(t, open[0].Close())
	open[0] = got[flow.Forked](t)(b.Fork(t.Context(), flow.ForkScope{}))
	for _, forked := range open {
		must(t, forked.Close())
	}
}

// A table that tells of what is billed and of which nobody has said whether its rows raise the stamp would let a plan be
// accepted that could differ.
func TestWhatRaisesTheStampWasDecided(t *testing.T) {
	tables := store.SchemaTables()
	for name, columns := range tables {
		for _, column := range []string{"account", "contract", "subscription", "sku", "group_key", "payer", "seller", "invoice"} {
			if _, said := store.Stamped()[name]; !said && slices.Contains(columns, column) {
				t.Errorf("table %s has a %s: say in stamp.go whether its rows raise the stamp", name, column)
			}
		}
	}
	for name := range store.Stamped() {
		if _, there := tables[name]; !there {
			t.Errorf("stamp.go tells of table %s: there is none", name)
		}
	}
}

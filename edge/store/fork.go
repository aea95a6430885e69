package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"prorata/core/billing"
	"prorata/flow"
)

// A fork is a copy of the book, or of what concerns some accounts, in a throw-away database
// of its own: private to the program, gone when it is closed. It is read in one
// snapshot from either engine, and only read: the book is not touched. A book forked
// from a fork is as good as one from the book.

// rowsForkedMost is how large a fork may be: it is there for looking ahead, not for
// keeping, and what is larger takes longer than anybody waits.
const rowsForkedMost = 6_000_000

// forksAtOnce is how many forks of one book are there at the same time.
const forksAtOnce = 4

// ErrLarge is returned for a fork that would be too large.
var ErrLarge = fmt.Errorf("%w: accounts: the book is too large to be forked whole; choose accounts", flow.ErrInput)

// Fork copies what concerns some accounts, or the whole book. flow.ErrBusy where too
// many forks are there already.
func (s *Store) Fork(ctx context.Context, scope flow.ForkScope) (flow.Forked, error) {
	select {
	case s.forks <- struct{}{}:
	default:
		return nil, fmt.Errorf("fork: %w: %d forks of the book are open already; wait until one of them is done", flow.ErrBusy, cap(s.forks))
	}
	copied, err := Open(ctx, "sqlite::memory:")
	if err == nil {
		err = s.do(ctx, false, func(from *tx) error {
			return copied.do(ctx, true, func(to *tx) error { return from.fork(to, scope) })
		})
	}
	f := &fork{Store: copied, of: s}
	if err != nil {
		return nil, wrap("fork", errors.Join(err, f.Close()))
	}
	return f, nil
}

// fork is a store that gives its place back.
type fork struct {
	*Store
	of     *Store
	closed bool
}

// Close removes it.
func (f *fork) Close() error {
	if f.closed {
		return nil
	}
	f.closed = true
	<-f.of.forks
	if f.Store == nil {
		return nil
	}
	return f.Store.Close()
}

// forkBy says which rows of a table a fork has.
type forkBy uint8

const (
	// forkNot: none; what works with the book, not the book.
	forkNot forkBy = iota
	forkWhole
	forkByAccount
	forkByContract
	forkBySubscription
	forkBySKU
	forkByInvoice
	forkByHolding
)

// forked says of each table which rows a fork has, and by which column. Of the log
// it has the entries of contracts, and those of accounts beside (see logOfAccounts).
var forked = map[string]struct {
	by     forkBy
	column string
}{
	"book": {forkWhole, ""}, "counter": {forkWhole, ""}, "seller": {forkWhole, ""}, "seller_version": {forkWhole, ""}, "letterhead": {forkWhole, ""}, "unit": {forkWhole, ""}, "tax": {forkWhole, ""},
	"product": {forkWhole, ""}, "price": {forkBySKU, "sku"}, "rate": {forkWhole, ""}, "account": {forkByAccount, "id"}, "account_version": {forkByAccount, "id"},
	"contract": {forkByContract, "id"}, "contract_cursor": {forkByContract, "contract"}, "subscription": {forkByContract, "contract"},
	"change_log": {forkByContract, "contract"}, "one_time_item": {forkByContract, "contract"}, "usage_record": {forkByContract, "contract"},
	"provider_charge": {forkByContract, "contract"}, "invoice": {forkByInvoice, "id"}, "invoice_line": {forkByInvoice, "invoice"}, "invoice_tax": {forkByInvoice, "invoice"},
	"contract_void": {forkByContract, "contract"}, "credited_line": {forkByContract, "contract"}, "payment": {forkByInvoice, "invoice"}, "payment_posting": {forkByInvoice, "invoice"},
	"report_snapshot": {forkNot, ""}, "recurring_total": {forkNot, ""}, "recurring_contract": {forkNot, ""}, "closing_window": {forkNot, ""}, "ledger_posting": {forkByInvoice, "invoice"}, "usage_budget": {forkBySubscription, "subscription"},
	"number_series": {forkWhole, ""}, "billing_run": {forkWhole, ""}, "run_exception": {forkNot, ""}, "connection": {forkWhole, ""}, "connection_secret": {forkNot, ""},
	"customer_link": {forkWhole, ""}, "holding_link": {forkBySubscription, "subscription"}, "holding": {forkByHolding, "id"}, "provision": {forkByContract, "contract"},
	"exception": {forkNot, ""}, "provider_invoice": {forkNot, ""}, "provider_line": {forkNot, ""}, "provider_match": {forkNot, ""}, "provider_invoice_no": {forkNot, ""}, "provider_finding": {forkNot, ""},
	"provider_reckoning": {forkNot, ""}, "provider_sum": {forkNot, ""},
	// What waits for a run, and what keeps a group out of one: a fork tells what would be billed, held or not.
	"billing_plan": {forkNot, ""}, "planned_invoice": {forkNot, ""}, "billing_hold": {forkNot, ""}, "run_left": {forkNot, ""},
	// Sums are added up anew.
	"due_day": {forkNot, ""}, "open_day": {forkNot, ""},
	"price_sheet": {forkNot, ""}, "promotion": {forkWhole, ""}, "audit": {forkNot, ""}, "audit_head": {forkNot, ""},
}

// forkChoice is what a fork of some accounts is made of.
type forkChoice struct {
	accounts, contracts, subscriptions, skus, invoices, holdings []string
}

func (c *forkChoice) ids(by forkBy) []string {
	switch by {
	case forkByAccount:
		return c.accounts
	case forkByContract:
		return c.contracts
	case forkBySubscription:
		return c.subscriptions
	case forkBySKU:
		return c.skus
	case forkByInvoice:
		return c.invoices
	case forkByHolding:
		return c.holdings
	case forkNot, forkWhole:
	}
	return nil
}

// fork copies table by table.
func (t *tx) fork(to *tx, scope flow.ForkScope) error {
	whole := len(scope.Accounts) == 0
	choice := &forkChoice{}
	if !whole {
		if err := t.forkChoose(choice, scope); err != nil {
			return err
		}
	}
	for _, table := range []string{"book", "counter"} {
		if _, err := to.exec(`DELETE FROM ` + table); err != nil {
			return err
		}
	}
	left := int64(rowsForkedMost)
	for _, table := range schemaTables() {
		kept := forked[table.name]
		if kept.by == forkNot {
			continue
		}
		c := &forkCopy{from: t, to: to.bulk(table.table), table: table, left: &left}
		var err error
		if whole || kept.by == forkWhole {
			err = c.rows("")
		} else {
			err = c.rowsOf(kept.column, choice.ids(kept.by))
		}
		if err == nil && table.name == "change_log" && !whole {
			err = c.logOfAccounts(choice.accounts)
		}
		if err = errors.Join(err, to.flush(c.to)); err != nil {
			return wrap(table.name, err)
		}
	}
	to.dirty = false
	return to.daysCount()
}

// forkCopy copies one table.
type forkCopy struct {
	from  *tx
	to    *bulk
	table keptTable
	// left is how many rows the whole fork may still have.
	left *int64
}

func (c *forkCopy) rows(where string, args ...any) error {
	err := c.from.each(func(r *rows) {
		if *c.left--; *c.left < 0 {
			return
		}
		c.to.row()
		for _, kind := range c.table.kinds {
			c.to.copied(r, kind)
		}
	}, `SELECT `+strings.Join(c.table.columns, ", ")+` FROM `+c.table.name+` `+where, args...)
	if err == nil && *c.left < 0 {
		err = ErrLarge
	}
	return err
}

func (c *forkCopy) rowsOf(column string, ids []string) error {
	// A list of ids may be filled up with empty ones.
	return inIDs(c.from, ids, nil, func(in string, args []any) error {
		return c.rows(`WHERE `+column+` <> '' AND `+column+in, args...)
	})
}

// logOfAccounts are holds and releases, which belong to no contract.
func (c *forkCopy) logOfAccounts(accounts []string) error {
	return inIDs(c.from, accounts, nil, func(in string, args []any) error {
		return c.rows(`WHERE account <> '' AND contract = '' AND account`+in, args...)
	})
}

// copied takes over a value as it stands.
func (b *bulk) copied(r *rows, kind columnKind) {
	switch {
	case r.isNull():
		r.skip(1)
		b.null()
	case kind == numberColumn:
		b.number(r.number())
	case kind == flagColumn:
		b.flag(r.flag())
	default:
		b.text(r.text())
	}
}

// forkChoose finds what concerns some accounts: they and all below them, whoever is
// invoiced together with one of them, and all above who pay or whose prices count.
func (t *tx) forkChoose(c *forkChoice, scope flow.ForkScope) error {
	for _, id := range scope.Accounts {
		if _, err := t.AccountGet(id); err != nil {
			return err
		}
	}
	below, err := t.AccountsUnder(scope.Accounts)
	if err != nil {
		return err
	}
	groups, err := t.texts(`SELECT DISTINCT k.group_key FROM contract c JOIN contract_cursor k ON k.contract = c.id`, `c.account`, textsOf(below))
	if err == nil {
		c.contracts, err = t.texts(`SELECT contract FROM contract_cursor`, `group_key`, groups)
	}
	if err == nil {
		err = t.forkFamily(c, below)
	}
	if err == nil {
		c.invoices, err = t.texts(`SELECT DISTINCT invoice FROM invoice_line`, `contract`, c.contracts)
	}
	if err == nil {
		c.subscriptions, err = t.texts(`SELECT id FROM subscription`, `contract`, c.contracts)
	}
	if err == nil {
		err = t.forkSold(c, scope.SKUs)
	}
	if err == nil {
		err = t.forkHeld(c)
	}
	return err
}

// texts are the distinct texts that a query gives where a column is one of some ids.
func (t *tx) texts(sql, column string, ids []string) (found []string, err error) {
	sql += ` WHERE ` + column + ` <> '' AND ` + column
	err = inIDs(t, ids, nil, func(in string, args []any) error {
		return t.each(func(r *rows) { found = append(found, r.text()) }, sql+in, args...)
	})
	slices.Sort(found)
	return slices.Compact(found), err
}

func textsOf[T ~string](ids []T) []string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = string(id)
	}
	return texts
}

// forkFamily takes the accounts of the contracts, those asked for, and all above.
func (t *tx) forkFamily(c *forkChoice, below []billing.AccountID) error {
	wanted, err := t.texts(`SELECT DISTINCT account FROM contract`, `id`, c.contracts)
	if err != nil {
		return err
	}
	wanted = append(wanted, textsOf(below)...)
	f := family{}
	if err := inIDs(t, wanted, nil, func(in string, args []any) error { return t.familyRead(f, in, args) }); err != nil {
		return err
	}
	if err := t.familyClose(f); err != nil {
		return err
	}
	for id, m := range f {
		if m != nil {
			c.accounts = append(c.accounts, string(id))
		}
	}
	slices.Sort(c.accounts)
	return nil
}

// forkSold takes the skus whose prices may count.
func (t *tx) forkSold(c *forkChoice, more []string) error {
	c.skus = slices.Clone(more)
	for _, sql := range []string{`SELECT DISTINCT sku FROM subscription`, `SELECT DISTINCT sku FROM one_time_item`, `SELECT DISTINCT sku FROM provider_charge`} {
		skus, err := t.texts(sql, `contract`, c.contracts)
		if err != nil {
			return err
		}
		c.skus = append(c.skus, skus...)
	}
	slices.Sort(c.skus)
	c.skus = slices.Compact(c.skus)
	return nil
}

// forkHeld takes the holdings of the customers, and of the subscriptions, with the
// prices that they cost.
func (t *tx) forkHeld(c *forkChoice) error {
	linked, err := t.texts(`SELECT holding FROM holding_link`, `subscription`, c.subscriptions)
	if err != nil {
		return err
	}
	named, err := t.texts(`SELECT DISTINCT holding FROM subscription`, `contract`, c.contracts)
	if err != nil {
		return err
	}
	customers, err := t.texts(`SELECT customer FROM customer_link`, `account`, c.accounts)
	if err != nil {
		return err
	}
	of, err := t.texts(`SELECT id FROM holding`, `customer`, append(customers, c.accounts...))
	if err != nil {
		return err
	}
	c.holdings = slices.Concat(linked, named, of, c.subscriptions)
	slices.Sort(c.holdings)
	c.holdings = slices.Compact(c.holdings)
	skus, err := t.texts(`SELECT DISTINCT sku FROM holding`, `id`, c.holdings)
	c.skus = append(c.skus, skus...)
	slices.Sort(c.skus)
	c.skus = slices.Compact(c.skus)
	return err
}

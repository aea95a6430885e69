package store

import (
	"slices"
	"strconv"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/flow"
	"prorata/flow/office"
)

// officePage is how many rows a page of the office has where nobody says how many.
const officePage = 50

// next is the bind of one more argument.
func (c *condition) next(arg any) string {
	c.args = append(c.args, arg)
	return "$" + strconv.Itoa(len(c.args))
}

// also adds a condition whose arguments were given by next.
func (c *condition) also(text string) { c.texts = append(c.texts, text) }

// under narrows a column to accounts at or below some roots; to none where there are
// no roots, and not at all where roots is nil.
func (c *condition) under(column string, roots []billing.AccountID) {
	if roots == nil {
		return
	}
	if len(roots) == 0 {
		c.also(`1 = 0`)
		return
	}
	binds := make([]string, len(roots))
	for i, root := range roots {
		binds[i] = c.next(string(root))
	}
	c.also(column + ` IN (` + belowText(strings.Join(binds, `, `)) + `)`)
}

// belowText are the ids of accounts and of all that have them as parent or reseller.
func belowText(roots string) string {
	return `WITH RECURSIVE below (id) AS (
			SELECT id FROM account WHERE id IN (` + roots + `)
			UNION
			SELECT a.id FROM below b JOIN account a ON (a.parent = b.id AND a.parent <> '') OR (a.reseller = b.id AND a.reseller <> ''))
		SELECT id FROM below`
}

const (
	// heldText says whether the last hold or release of account a is a hold.
	heldText = `COALESCE((SELECT h.verb FROM change_log h WHERE h.account = a.id AND h.account <> '' AND h.contract = '' AND h.verb IN ('hold', 'release')
		ORDER BY h.seq DESC LIMIT 1), '') = 'hold'`
	// accountCounts are how many contracts, subscriptions and accounts directly below it account a has.
	accountCounts = `(SELECT COUNT(*) FROM contract c WHERE c.account = a.id),
		(SELECT COUNT(*) FROM contract c JOIN subscription s ON s.contract = c.id WHERE c.account = a.id),
		(SELECT COUNT(*) FROM account x WHERE x.parent = a.id AND x.parent <> '') +
		(SELECT COUNT(*) FROM account x WHERE x.reseller = a.id AND x.reseller <> '' AND x.parent = '')`
)

func accountCondition(f *office.AccountFilter) (c condition) {
	c.under(`a.id`, f.Under)
	if f.Search != "" {
		name, from, to := c.next(pattern(f.Search, true)), c.next(strings.ToLower(f.Search)), c.next(strings.ToLower(f.Search)+beyond)
		c.also(`(LOWER(a.name) LIKE ` + name + ` ESCAPE '\' OR (LOWER(a.id) >= ` + from + ` AND LOWER(a.id) < ` + to + `))`)
	}
	if f.Of != "" {
		c.add(`((a.parent = ? AND a.parent <> '') OR (a.reseller = ? AND a.reseller <> '' AND a.parent = ''))`, string(f.Of))
	}
	if f.Top {
		c.also(`a.parent = '' AND a.reseller = ''`)
	}
	if f.Held {
		c.also(`a.id IN (SELECT h.account FROM change_log h WHERE h.account <> '' AND h.contract = '' AND h.verb = 'hold') AND ` + heldText)
	}
	return c
}

// AccountsFind is a page of accounts in order of their names.
func (t *tx) AccountsFind(f office.AccountFilter) (list []office.AccountRow, err error) {
	c := accountCondition(&f)
	if f.After.ID != "" {
		name, id := c.next(strings.ToLower(f.After.Name)), c.next(string(f.After.ID))
		c.also(`LOWER(a.name) >= ` + name + ` AND (LOWER(a.name) > ` + name + ` OR a.id > ` + id + `)`)
	}
	err = t.each(func(r *rows) { list = append(list, r.accountRow()) },
		`SELECT `+accountTree+`, `+accountRest+`, `+heldText+`, `+accountCounts+` FROM account a`+c.where()+
			` ORDER BY LOWER(a.name), a.id LIMIT `+c.next(int64(pageOf(f.Most))), c.args...)
	return list, wrap("accounts", err)
}

func pageOf(most int) int {
	if most <= 0 {
		return officePage
	}
	return most
}

func (r *rows) accountRow() (row office.AccountRow) {
	row.Account, row.Version = r.account()
	row.Held = r.flag()
	row.Contracts, row.Subscriptions, row.Below = r.count(), r.count(), r.count()
	return row
}

// AccountsCount is how many there are, counted no further than most.
func (t *tx) AccountsCount(f office.AccountFilter, most int) (n int, err error) {
	c := accountCondition(&f)
	limit := c.next(int64(most))
	_, err = t.one(func(r *rows) { n = r.count() }, `SELECT COUNT(*) FROM (SELECT 1 FROM account a`+c.where()+` LIMIT `+limit+`) found`, c.args...)
	return n, wrap("accounts", err)
}

// AccountState is an account with its version; flow.ErrUnknown where there is none.
func (t *tx) AccountState(id billing.AccountID) (row office.AccountRow, err error) {
	found, err := t.one(func(r *rows) { row = r.accountRow() },
		`SELECT `+accountTree+`, `+accountRest+`, `+heldText+`, `+accountCounts+` FROM account a WHERE a.id = $1`, string(id))
	if err == nil && !found {
		err = flow.ErrUnknown
	}
	return row, wrap("account "+string(id), err)
}

// BalancesOf are what payers were invoiced and owe, by account and in order of currency.
func (t *tx) BalancesOf(ids []billing.AccountID, today calendar.Date) (map[billing.AccountID][]office.Balance, error) {
	balances := map[billing.AccountID][]office.Balance{}
	err := inIDs(t, ids, []any{today.String()}, func(in string, args []any) error {
		return t.each(func(r *rows) {
			id, currency := billing.AccountID(r.text()), r.currency()
			balances[id] = append(balances[id], office.Balance{Invoiced: r.amount(currency), Credited: r.amount(currency), Open: r.amount(currency), Overdue: r.amount(currency), Invoices: r.count(), Last: r.day()})
		}, `SELECT i.payer, i.currency, CAST(SUM(CASE WHEN i.total > 0 THEN i.total ELSE 0 END) AS BIGINT), CAST(SUM(CASE WHEN i.total < 0 THEN -i.total ELSE 0 END) AS BIGINT),
			CAST(SUM(i.total - i.settled) AS BIGINT), CAST(SUM(CASE WHEN i.total > 0 AND i.due_on < $1 THEN i.total - i.settled ELSE 0 END) AS BIGINT), COUNT(*), MAX(i.invoice_on) FROM invoice i WHERE i.payer`+in+` GROUP BY i.payer, i.currency ORDER BY 1, 2`, args...)
	})
	return balances, wrap("balances", err)
}

// AccountHappened is what happened to an account and its contracts, newest first:
// its own entries of the log, those of its contracts, and the invoices that it paid
// or that were made of its contracts.
func (t *tx) AccountHappened(id billing.AccountID, before office.HappeningCursor, most int) ([]office.Happening, error) {
	most = pageOf(most)
	var all []office.Happening
	c := condition{}
	account := c.next(string(id))
	where := ``
	if at := microsOf(before.At); at != 0 {
		bind := c.next(at)
		where = ` AND l.recorded_at < ` + bind
		if before.Seq > 0 {
			where = ` AND l.recorded_at <= ` + bind + ` AND (l.recorded_at < ` + bind + ` OR l.seq < ` + c.next(before.Seq) + `)`
		}
	}
	limit := c.next(int64(most))
	contracts, err := t.ContractsOf(id)
	if err != nil {
		return nil, err
	}
	if err := t.each(func(r *rows) { e := r.logEntry(); all = append(all, office.Happening{At: e.At, Entry: &e}) },
		`SELECT `+logColumns+` FROM change_log l WHERE l.account = `+account+` AND l.account <> '' AND l.contract = ''`+where+` ORDER BY l.recorded_at DESC, l.seq DESC LIMIT `+limit, c.args...); err != nil {
		return nil, wrap("log of "+string(id), err)
	}
	for _, contract := range contracts {
		args := slices.Clone(c.args)
		args[0] = string(contract)
		if err := t.each(func(r *rows) { e := r.logEntry(); all = append(all, office.Happening{At: e.At, Entry: &e}) },
			`SELECT `+logColumns+` FROM change_log l WHERE l.contract = `+account+` AND l.contract <> '' AND l.verb <> 'usage' AND l.verb <> 'charge'`+where+
				` ORDER BY l.seq DESC LIMIT `+limit, args...); err != nil {
			return nil, wrap("log of "+string(contract), err)
		}
	}
	if err := t.invoicesHappened(id, contracts, before, most, &all); err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, laterFirst)
	return all[:min(most, len(all))], nil
}

// laterFirst orders what happened: at one instant entries before invoices, each the
// newest first.
func laterFirst(a, b office.Happening) int {
	x, y := a.Cursor(), b.Cursor()
	switch {
	case !x.At.Equal(y.At):
		return y.At.Compare(x.At)
	case x.Seq != y.Seq:
		return int(min(1, max(-1, y.Seq-x.Seq)))
	}
	return strings.Compare(y.Invoice, x.Invoice)
}

// invoicesHappened are the invoices that an account pays, and those that others pay for
// its contracts.
func (t *tx) invoicesHappened(id billing.AccountID, contracts []billing.ContractID, before office.HappeningCursor, most int, all *[]office.Happening) error {
	c := condition{}
	either := `i.payer = ` + c.next(string(id))
	for _, contract := range contracts {
		either += ` OR i.id IN (SELECT l.invoice FROM invoice_line l WHERE l.contract = ` + c.next(string(contract)) + `)`
	}
	c.also(`(` + either + `)`)
	if at := microsOf(before.At); at != 0 {
		bind := c.next(at)
		switch {
		case before.Seq > 0:
			c.also(`i.issued_at <= ` + bind)
		default:
			c.also(`i.issued_at <= ` + bind + ` AND (i.issued_at < ` + bind + ` OR i.id < ` + c.next(before.Invoice) + `)`)
		}
	}
	limit := c.next(int64(most))
	err := t.each(func(r *rows) {
		var i flow.Issued
		r.invoice(&i)
		*all = append(*all, office.Happening{At: i.IssuedAt, Invoice: &i})
	}, `SELECT `+invoiceColumns+` FROM invoice i`+c.where()+` ORDER BY i.issued_at DESC, i.id DESC LIMIT `+limit, c.args...)
	return wrap("invoices of "+string(id), err)
}

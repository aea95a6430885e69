package store

import (
	"fmt"
	"slices"
	"strings"

	"prorata/core/billing"
	"prorata/flow"
	"prorata/flow/office"
)

// fewSubscriptions is how many are found by index and sorted; where there are more,
// the customers are gone through in order of their names until the page is full.
const fewSubscriptions = 2000

// beyond comes after every character that an id has.
const beyond = "\U0010ffff"

// subscriptionSource is FROM and WHERE of subscriptions s with contract c and account
// a. In order of names it begins with the accounts; where it is narrow, with what
// narrows it.
type subscriptionSource struct {
	condition
	from string
}

const (
	byName         = ` FROM account a CROSS JOIN contract c CROSS JOIN subscription s`
	bySubscription = ` FROM subscription s CROSS JOIN contract c CROSS JOIN account a`
	byContract     = ` FROM contract c CROSS JOIN subscription s CROSS JOIN account a`
	subscriptionOn = `c.id = s.contract AND a.id = c.account`
)

func (t *tx) subscriptionSource(f *office.SubscriptionFilter) (s subscriptionSource, err error) {
	s.from = byName
	s.also(`c.account = a.id AND s.contract = c.id`)
	s.under(`c.account`, f.Under)
	if f.SKU != "" {
		s.add(`s.sku = ?`, f.SKU)
	}
	if f.Account != "" {
		s.from = byContract
		s.add(`c.account = ?`, string(f.Account))
	}
	if f.Contract != "" {
		s.from = byContract
		s.add(`c.id = ?`, string(f.Contract))
	}
	if f.Ending {
		s.from = bySubscription
		s.also(`s.id IN (SELECT l.subscription FROM change_log l WHERE (l.verb = 'cancel' OR l.verb = 'suspend' OR l.auto_renew = FALSE))`)
	}
	if f.Search == "" {
		return s, nil
	}
	return s, t.searchSubscriptions(f, &s)
}

// searchSubscriptions narrows by a text: where few have it, by what they are found by.
func (t *tx) searchSubscriptions(f *office.SubscriptionFilter, s *subscriptionSource) error {
	anywhere, begins := pattern(f.Search, true), pattern(f.Search, false)
	// An id is looked for as it is written, and in small letters: a range of the index.
	var ids []string
	low := strings.ToLower(f.Search)
	if err := t.each(func(r *rows) { ids = append(ids, r.text()) }, `SELECT id FROM (
		SELECT x.id FROM subscription x WHERE x.id >= $3 AND x.id < $4
		UNION ALL SELECT x.id FROM subscription x WHERE x.id >= $5 AND x.id < $6
		UNION ALL SELECT x.id FROM product p CROSS JOIN subscription x WHERE (LOWER(p.name) LIKE $1 ESCAPE '\' OR LOWER(p.sku) LIKE $2 ESCAPE '\') AND x.sku = p.sku
		UNION ALL SELECT x.id FROM account b CROSS JOIN contract d CROSS JOIN subscription x WHERE LOWER(b.name) LIKE $1 ESCAPE '\' AND d.account = b.id AND x.contract = d.id
		) found LIMIT $7`, anywhere, begins, f.Search, f.Search+beyond, low, low+beyond, int64(fewSubscriptions)); err != nil {
		return wrap("subscriptions", err)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) < fewSubscriptions/2 {
		s.from = bySubscription
		in, args := t.session.inIDs(len(s.args)+1, ids)
		if len(ids) == 0 {
			s.also(`1 = 0`)
			return nil
		}
		s.args = append(s.args, args...)
		s.also(`s.id` + in)
		return nil
	}
	name, start := s.next(anywhere), s.next(begins)
	s.also(fmt.Sprintf(`(LOWER(a.name) LIKE %[1]s ESCAPE '\' OR LOWER(s.id) LIKE %[2]s ESCAPE '\'
		OR s.sku IN (SELECT p.sku FROM product p WHERE LOWER(p.name) LIKE %[1]s ESCAPE '\' OR LOWER(p.sku) LIKE %[2]s ESCAPE '\'))`, name, start))
	return nil
}

// SubscriptionsFind is a page in order of the customers' names and the ids.
func (t *tx) SubscriptionsFind(f office.SubscriptionFilter) (list []office.SubscriptionRow, err error) {
	s, err := t.subscriptionSource(&f)
	if err != nil {
		return nil, err
	}
	if f.After.ID != "" {
		name, account, id := s.next(strings.ToLower(f.After.Name)), s.next(string(f.After.Account)), s.next(string(f.After.ID))
		s.also(`LOWER(a.name) >= ` + name + ` AND (LOWER(a.name) > ` + name + ` OR a.id > ` + account + ` OR (a.id = ` + account + ` AND s.id > ` + id + `))`)
	}
	limit := s.next(int64(pageOf(f.Most)))
	err = t.each(func(r *rows) {
		row := office.SubscriptionRow{ID: billing.SubscriptionID(r.text()), Contract: billing.ContractID(r.text()), Account: billing.AccountID(r.text()), AccountName: r.text()}
		row.SKU, row.TermMonths = r.word(), r.count()
		row.Billing.Name, row.Billing.Months = r.word(), r.count()
		row.ProductName = r.text()
		list = append(list, row)
	}, `SELECT s.id, s.contract, a.id, a.name, s.sku, s.term_months, s.billing, s.billing_months, COALESCE((SELECT p.name FROM product p WHERE p.sku = s.sku), '')`+
		s.from+s.where()+` ORDER BY LOWER(a.name), a.id, s.id LIMIT `+limit, s.args...)
	return list, wrap("subscriptions", err)
}

// SubscriptionsCount is how many there are, counted no further than most.
func (t *tx) SubscriptionsCount(f office.SubscriptionFilter, most int) (n int, err error) {
	s, err := t.subscriptionSource(&f)
	if err != nil {
		return 0, err
	}
	limit := s.next(int64(most))
	_, err = t.one(func(r *rows) { n = r.count() }, `SELECT COUNT(*) FROM (SELECT 1`+s.from+s.where()+` LIMIT `+limit+`) found`, s.args...)
	return n, wrap("subscriptions", err)
}

// LinesOf are the lines that a subscription was invoiced by, newest first.
func (t *tx) LinesOf(contract billing.ContractID, id billing.SubscriptionID, most int) (list []office.SubscriptionLine, err error) {
	err = t.each(func(r *rows) {
		var issued flow.Issued
		line := office.SubscriptionLine{Line: r.count(), InvoicedOn: r.day()}
		issued.Seller, issued.Series, issued.Number, issued.Currency = flow.SellerID(r.word()), r.word(), r.number(), r.currency()
		line.Number, line.Void = flow.PrintedNumber(&issued), r.text() != ""
		r.line(&line.InvoiceLine, &issued)
		list = append(list, line)
	}, `SELECT l.line_no, l.invoice_on, i.seller, i.series, i.number, i.currency, i.voided_by, `+lineColumns+`
		FROM invoice_line l JOIN invoice i ON i.id = l.invoice WHERE l.contract = $1 AND (l.subscription = $2 OR l.shown_under = $2)
		ORDER BY l.invoice_on DESC, i.series DESC, i.number DESC, l.line_no LIMIT $3`, string(contract), string(id), int64(pageOf(most)))
	return list, wrap("lines of "+string(id), err)
}

// ContractsFind is a page in order of the customers' names and the ids.
func (t *tx) ContractsFind(f office.ContractFilter) (list []office.ContractRow, err error) {
	var c condition
	c.also(`c.account = a.id AND k.contract = c.id`)
	c.under(`c.account`, f.Under)
	from := ` FROM account a CROSS JOIN contract c CROSS JOIN contract_cursor k`
	if f.Account != "" {
		c.add(`c.account = ?`, string(f.Account))
		from = ` FROM contract c CROSS JOIN account a CROSS JOIN contract_cursor k`
	}
	if f.Begins != "" {
		from = ` FROM contract c CROSS JOIN account a CROSS JOIN contract_cursor k`
		c.also(`c.id >= ` + c.next(f.Begins) + ` AND c.id < ` + c.next(f.Begins+beyond))
	}
	if f.Search != "" {
		name, first, last := c.next(pattern(f.Search, true)), c.next(f.Search), c.next(f.Search+beyond)
		c.also(`(LOWER(a.name) LIKE ` + name + ` ESCAPE '\' OR (c.id >= ` + first + ` AND c.id < ` + last + `))`)
	}
	if f.After.ID != "" {
		name, id := c.next(strings.ToLower(f.After.Name)), c.next(string(f.After.ID))
		c.also(`LOWER(a.name) >= ` + name + ` AND (LOWER(a.name) > ` + name + ` OR c.id > ` + id + `)`)
	}
	limit := c.next(int64(pageOf(f.Most)))
	err = t.each(func(r *rows) {
		row := office.ContractRow{Contract: r.contract()}
		row.AccountName, row.ThroughOn, row.DueOn, row.Version, row.Subscriptions = r.text(), r.day(), r.day(), r.number(), r.count()
		list = append(list, row)
	}, `SELECT `+contractColumns+`, a.name, k.through_on, k.due_on, k.version, (SELECT COUNT(*) FROM subscription s WHERE s.contract = c.id)`+
		from+c.where()+` ORDER BY LOWER(a.name), c.id LIMIT `+limit, c.args...)
	return list, wrap("contracts", err)
}

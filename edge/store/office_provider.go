package store

import (
	"strings"

	"prorata/core/billing"
	"prorata/flow"
	"prorata/flow/office"
)

// ProvisionCounts counts the changes that are not done, each state by an index of its own.
func (t *tx) ProvisionCounts(id flow.ConnectionID) (map[flow.ProvisionState]int64, error) {
	counts := map[flow.ProvisionState]int64{}
	err := t.each(func(r *rows) {
		state := flow.ProvisionState(r.enum(provisionWords))
		counts[state] = r.number()
	}, `SELECT state, COUNT(*) FROM provision WHERE (connection = $1 OR $1 = '') AND (state = 'awaiting' OR state = 'sent') GROUP BY state
		UNION ALL SELECT state, COUNT(*) FROM provision WHERE (connection = $1 OR $1 = '') AND state = 'failed' GROUP BY state`, string(id))
	return counts, wrap("provisions", err)
}

// ProvisionsFind is newest first.
func (t *tx) ProvisionsFind(f office.ProvisionFilter) (list []office.ProvisionRow, err error) {
	var c condition
	if f.Connection != "" {
		c.add(`p.connection = ?`, string(f.Connection))
	}
	if f.State == "" {
		c.also(`(p.state = 'awaiting' OR p.state = 'sent' OR p.state = 'failed')`)
	} else {
		c.add(`p.state = ?`, f.State)
	}
	if f.Before != 0 {
		c.add(`p.id < ?`, f.Before)
	}
	limit := c.next(int64(pageOf(f.Most)))
	err = t.each(func(r *rows) {
		row := office.ProvisionRow{Provision: r.provision()}
		row.Account, row.AccountName, row.ProductName = billing.AccountID(r.text()), r.text(), r.text()
		list = append(list, row)
	}, `SELECT p.`+strings.Join(provisionTable.columns, ", p.")+`, COALESCE(a.id, ''), COALESCE(a.name, ''),
			COALESCE((SELECT x.name FROM product x WHERE x.sku = CASE WHEN p.is_order THEN p.sku ELSE s.sku END), '')
		FROM provision p LEFT JOIN contract c ON c.id = p.contract LEFT JOIN account a ON a.id = c.account LEFT JOIN subscription s ON s.id = p.subscription`+
		c.where()+` ORDER BY p.id DESC LIMIT `+limit, c.args...)
	return list, wrap("provisions", err)
}

// ProviderCustomersFind puts together who holds something, who is linked, and who waits to be.
func (t *tx) ProviderCustomersFind(f office.ProviderCustomerFilter) (list []office.ProviderCustomerRow, err error) {
	var c condition
	connection, after := c.next(string(f.Connection)), c.next(f.After)
	if f.Customer != "" {
		c.also(`u.customer = ` + c.next(f.Customer))
	}
	if f.Unlinked {
		c.also(`a.id IS NULL`)
	}
	if f.Search != "" {
		name, id := c.next(pattern(f.Search, true)), c.next(pattern(f.Search, false))
		c.also(`(LOWER(COALESCE(a.name, '')) LIKE ` + name + ` ESCAPE '\' OR LOWER(u.customer) LIKE ` + id + ` ESCAPE '\')`)
	}
	limit := c.next(int64(pageOf(f.Most)))
	err = t.each(func(r *rows) {
		list = append(list, office.ProviderCustomerRow{ID: r.text(), Account: billing.AccountID(r.text()), AccountName: r.text(), Contract: billing.ContractID(r.text()), Holdings: r.number()})
	}, `SELECT u.customer, COALESCE(a.id, ''), COALESCE(a.name, ''), COALESCE(l.contract, ''),
			(SELECT COUNT(*) FROM holding h WHERE h.connection = `+connection+` AND h.customer = u.customer)
		FROM (SELECT DISTINCT customer FROM holding WHERE connection = `+connection+` AND customer > `+after+`
			UNION SELECT customer FROM customer_link WHERE connection = `+connection+` AND customer > `+after+`
			UNION SELECT subject FROM exception WHERE closed_at = 0 AND kind = '`+flow.UnknownCustomer+`' AND connection = `+connection+` AND subject > `+after+`) u
		LEFT JOIN customer_link l ON l.connection = `+connection+` AND l.customer = u.customer
		LEFT JOIN account a ON a.id = COALESCE(l.account, u.customer)`+c.where()+` ORDER BY u.customer LIMIT `+limit, c.args...)
	return list, wrap("customers of "+string(f.Connection), err)
}

// HoldingsFind goes through a connection's holdings in the order of their index.
func (t *tx) HoldingsFind(f office.HoldingFilter) (list []office.HoldingRow, err error) {
	var c condition
	c.add(`h.connection = ?`, string(f.Connection))
	if f.Customer != "" {
		c.add(`h.customer = ?`, f.Customer)
	}
	if f.Holding != "" {
		c.add(`h.id = ?`, f.Holding)
	}
	if f.Running {
		c.also(`h.status IN ('active', 'pending', 'suspended')`)
	}
	if f.Search != "" {
		anywhere, begins := c.next(pattern(f.Search, true)), c.next(pattern(f.Search, false))
		c.also(`(LOWER(COALESCE(a.name, '')) LIKE ` + anywhere + ` ESCAPE '\' OR LOWER(h.offer_name) LIKE ` + anywhere + ` ESCAPE '\' OR LOWER(h.name) LIKE ` + anywhere +
			` ESCAPE '\' OR LOWER(h.id) LIKE ` + begins + ` ESCAPE '\' OR LOWER(h.sku) LIKE ` + begins + ` ESCAPE '\' OR LOWER(h.customer) LIKE ` + begins + ` ESCAPE '\')`)
	}
	if f.After != "" {
		customer, id := c.next(f.AfterCustomer), c.next(f.After)
		c.also(`h.customer >= ` + customer + ` AND (h.customer > ` + customer + ` OR h.id > ` + id + `)`)
	}
	limit := c.next(int64(pageOf(f.Most)))
	err = t.each(func(r *rows) {
		row := office.HoldingRow{KeptHolding: r.holding()}
		row.Account, row.AccountName, row.ProductName = billing.AccountID(r.text()), r.text(), r.text()
		list = append(list, row)
	}, `SELECT h.`+strings.Join(holdingTable.columns, ", h.")+`, COALESCE(a.id, ''), COALESCE(a.name, ''), COALESCE((SELECT x.name FROM product x WHERE x.sku = h.sku), '')
		FROM holding h LEFT JOIN customer_link l ON l.connection = h.connection AND l.customer = h.customer
		LEFT JOIN account a ON a.id = COALESCE(l.account, h.customer)`+c.where()+` ORDER BY h.customer, h.id LIMIT `+limit, c.args...)
	return list, wrap("holdings of "+string(f.Connection), err)
}

// HoldingCount counts by the index of customers.
func (t *tx) HoldingCount(id flow.ConnectionID) (holdings, customers int64, err error) {
	_, err = t.one(func(r *rows) { holdings, customers = r.number(), r.number() },
		`SELECT COUNT(*), COUNT(DISTINCT customer) FROM holding WHERE connection = $1`, string(id))
	return holdings, customers, wrap("holdings of "+string(id), err)
}

package store

import (
	"cmp"
	"slices"
	"sort"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/flow"
)

// CustomerLinkPut says which account a provider's customer is.
func (t *tx) CustomerLinkPut(l flow.CustomerLink) (bool, error) {
	return t.put("customer "+l.Customer, `INSERT INTO customer_link (connection, customer, account, contract) VALUES ($1, $2, $3, $4)
		ON CONFLICT (connection, customer) DO UPDATE SET account = excluded.account, contract = excluded.contract
		WHERE customer_link.account <> excluded.account OR customer_link.contract <> excluded.contract`,
		string(l.Connection), l.Customer, string(l.Account), string(l.Contract))
}

// CustomerLinks are a connection's, by customer.
func (t *tx) CustomerLinks(id flow.ConnectionID) (map[string]flow.CustomerLink, error) {
	links := map[string]flow.CustomerLink{}
	err := t.each(func(r *rows) {
		l := flow.CustomerLink{Connection: id, Customer: r.text(), Account: billing.AccountID(r.text()), Contract: billing.ContractID(r.text())}
		links[l.Customer] = l
	}, `SELECT customer, account, contract FROM customer_link WHERE connection = $1`, string(id))
	return links, wrap("customers of "+string(id), err)
}

// HoldingLinkPut links a subscription to a holding, and to no other.
func (t *tx) HoldingLinkPut(l flow.HoldingLink) (bool, error) {
	return t.put("holding "+l.Holding, `INSERT INTO holding_link (subscription, connection, holding) VALUES ($1, $2, $3)
		ON CONFLICT (subscription) DO UPDATE SET connection = excluded.connection, holding = excluded.holding
		WHERE holding_link.connection <> excluded.connection OR holding_link.holding <> excluded.holding`,
		string(l.Subscription), string(l.Connection), l.Holding)
}

// HoldingLinks are the links of holdings: those that were put, the subscriptions
// that were recorded with the holding, and those that have its own id.
func (t *tx) HoldingLinks(connection flow.ConnectionID, holdings []string) (links map[string][]flow.HoldingLink, err error) {
	if err := t.hintLists(); err != nil {
		return nil, err
	}
	whole := false
	if len(holdings) >= stretchLeast && slices.IsSorted(holdings) {
		links, whole, err = t.linksWithin(connection, holdings)
	}
	if err == nil && !whole {
		links, err = t.linksByID(connection, holdings)
	}
	for _, list := range links {
		if len(list) > 1 {
			slices.SortFunc(list, func(a, b flow.HoldingLink) int { return cmp.Compare(a.Subscription, b.Subscription) })
		}
	}
	return links, wrap("links of "+string(connection), err)
}

// linksByID looks each holding up. A link is looked up subscription by subscription: a
// join may read all of them where the statistics know of none yet.
func (t *tx) linksByID(connection flow.ConnectionID, holdings []string) (map[string][]flow.HoldingLink, error) {
	links := map[string][]flow.HoldingLink{}
	return links, inIDs(t, holdings, []any{string(connection)}, func(in string, args []any) error {
		return t.each(func(r *rows) {
			l := flow.HoldingLink{Connection: connection, Holding: r.text(), Subscription: billing.SubscriptionID(r.text()), Contract: billing.ContractID(r.text())}
			links[l.Holding] = append(links[l.Holding], l)
		}, `SELECT l.holding, s.id, s.contract FROM holding_link l JOIN subscription s ON s.id = l.subscription WHERE l.connection = $1 AND l.holding`+in+`
			UNION ALL SELECT s.holding, s.id, s.contract FROM subscription s WHERE s.holding <> '' AND s.holding`+in+`
				AND (SELECT 1 FROM holding_link l WHERE l.subscription = s.id) IS NULL
			UNION ALL SELECT s.id, s.id, s.contract FROM subscription s WHERE s.id <> '' AND s.holding = '' AND s.id`+in+`
				AND (SELECT 1 FROM holding_link l WHERE l.subscription = s.id) IS NULL`, args...)
	})
}

// Holdings in order are mostly all that there are between the first and the last: from
// stretchLeast of them on, stretches of the indexes are read, and no more of each than
// stretchTimes as much as was asked for.
const (
	stretchLeast = 50
	stretchTimes = 3
)

// linksWithin is linksByID for many holdings in order, of which it reads what stands
// between the first and the last in each of three indexes: a seventh of the time of
// looking each of them up. It is not whole where much else stands there.
func (t *tx) linksWithin(connection flow.ConnectionID, holdings []string) (links map[string][]flow.HoldingLink, whole bool, err error) {
	links = make(map[string][]flow.HoldingLink, len(holdings))
	most := stretchTimes * len(holdings)
	var read, at [3]int
	err = t.each(func(r *rows) {
		which := r.count()
		read[which]++
		elsewhere := r.flag()
		// Mostly it is the one asked for next.
		place := at[which]
		if place >= len(holdings) || !r.is(holdings[place]) {
			place = sort.Search(len(holdings), func(i int) bool { return !r.after(holdings[i]) })
		}
		if elsewhere || place == len(holdings) || !r.is(holdings[place]) {
			return
		}
		r.skip(1)
		holding := holdings[place]
		at[which] = place + 1
		links[holding] = append(links[holding], flow.HoldingLink{Connection: connection, Holding: holding, Subscription: billing.SubscriptionID(r.text()), Contract: billing.ContractID(r.text())})
	}, `SELECT 0, FALSE, holding, id, contract FROM (SELECT l.holding, s.id, s.contract FROM holding_link l JOIN subscription s ON s.id = l.subscription
			WHERE l.connection = $1 AND l.holding >= $2 AND l.holding <= $3 ORDER BY l.holding LIMIT $4) AS linked
		UNION ALL SELECT 1, linked, holding, id, contract FROM (SELECT (SELECT 1 FROM holding_link l WHERE l.subscription = s.id) IS NOT NULL AS linked, s.holding, s.id, s.contract
			FROM subscription s WHERE s.holding <> '' AND s.holding >= $2 AND s.holding <= $3 ORDER BY s.holding LIMIT $4) AS recorded
		UNION ALL SELECT 2, linked, id, id, contract FROM (SELECT s.holding <> '' OR (SELECT 1 FROM holding_link l WHERE l.subscription = s.id) IS NOT NULL AS linked, s.id, s.contract
			FROM subscription s WHERE s.id <> '' AND s.id >= $2 AND s.id <= $3 ORDER BY s.id LIMIT $4) AS own`,
		string(connection), holdings[0], holdings[len(holdings)-1], int64(most))
	return links, slices.Max(read[:]) < most, err
}

// MirrorHoldings are the holdings that a mirror contract bills, in order.
func (t *tx) MirrorHoldings(connection flow.ConnectionID) (holdings []string, err error) {
	err = t.each(func(r *rows) { holdings = append(holdings, r.text()) }, `SELECT DISTINCT COALESCE(l.holding, NULLIF(s.holding, ''), s.id)
		FROM contract c CROSS JOIN subscription s LEFT JOIN holding_link l ON l.subscription = s.id
		WHERE c.schedule = $2 AND s.contract = c.id AND (l.connection IS NULL OR l.connection = $1) ORDER BY 1`, string(connection), scheduleWords[billing.Mirror])
	return holdings, wrap("mirror contracts", err)
}

// HoldingOf is the link of a subscription; ErrUnknown where none was put.
func (t *tx) HoldingOf(id billing.SubscriptionID) (l flow.HoldingLink, err error) {
	l.Subscription = id
	found, err := t.one(func(r *rows) {
		l.Connection, l.Holding, l.Contract = flow.ConnectionID(r.text()), r.text(), billing.ContractID(r.text())
	}, `SELECT l.connection, l.holding, s.contract FROM holding_link l JOIN subscription s ON s.id = l.subscription WHERE l.subscription = $1`, string(id))
	if err == nil && !found {
		err = flow.ErrUnknown
	}
	return l, wrap("holding of "+string(id), err)
}

// BooksRead reads contracts for looking only, with the whole log.
func (t *tx) BooksRead(contracts []billing.ContractID) ([]*flow.OpenBook, error) {
	return t.booksOf(contracts, everything, calendar.Period{})
}

// StoriesRead reads of contracts what their subscriptions did, and the usage of some days.
func (t *tx) StoriesRead(contracts []billing.ContractID, usage calendar.Period) ([]*flow.OpenBook, error) {
	return t.booksOf(contracts, stories, usage)
}

func (t *tx) booksOf(contracts []billing.ContractID, much reach, usage calendar.Period) (books []*flow.OpenBook, err error) {
	if err := t.hintLists(); err != nil {
		return nil, err
	}
	err = inIDs(t, contracts, nil, func(in string, args []any) error {
		s := scope{where: `k.contract` + in, args: args, usage: usage}
		if much == stories {
			s.in = in
		}
		part, err := t.books(s, much)
		books = append(books, part...)
		return err
	})
	return books, wrap("books", err)
}

// creditStands says of a line l of a credit note that it credits a part of an invoice, and
// that the invoice was not taken back.
const creditStands = `l.invoice IN (SELECT d.note FROM credited_line d WHERE d.contract = l.contract
	AND (SELECT 1 FROM contract_void v WHERE v.contract = d.contract AND v.invoice = d.invoice) IS NULL)`

// LinesBilled calls for the lines of invoices that stand, and of credit notes for parts of them, of contracts, whose days meet a period.
func (t *tx) LinesBilled(contracts []billing.ContractID, days calendar.Period, call func(flow.LineBilled) bool) error {
	if err := t.hintLists(); err != nil {
		return err
	}
	more := true
	err := inIDs(t, contracts, []any{days.From.String(), days.To.String()}, func(in string, args []any) error {
		if !more {
			return nil
		}
		// Few invoices are void: their own list is short, and read once.
		r, err := t.query(`SELECT l.contract, l.account, COALESCE(l.shown_under, l.subscription), l.part, l.from_on, l.to_on, l.quantity, l.currency, l.amount
			FROM invoice_line l WHERE (NOT l.correcting OR `+creditStands+`) AND l.contract`+in+` AND l.from_on < $2 AND ((l.to_on = '' AND l.from_on >= $1) OR l.to_on > $1)
			AND (l.contract, l.invoice) NOT IN (SELECT v.contract, v.invoice FROM contract_void v WHERE v.contract`+in+`)
			ORDER BY l.contract`, args...)
		if err != nil {
			return err
		}
		for more && r.next() {
			more = call(r.lineBilled())
		}
		return r.close()
	})
	return wrap("billed lines", err)
}

func (r *rows) lineBilled() (l flow.LineBilled) {
	l.Contract, l.Account = billing.ContractID(r.word()), billing.AccountID(r.word())
	l.Subscription = billing.SubscriptionID(r.word())
	if r.is("") {
		r.skip(1)
	} else {
		l.Row = billing.LineKey{Part: r.text()}.Row()
	}
	l.From, l.To, l.Quantity = r.day(), r.day(), r.decimal()
	l.Amount = r.amount(r.currency())
	return l
}

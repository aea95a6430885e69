package bookfile

import (
	"strconv"

	"prorata/core/billing"
	"prorata/flow"
)

// crossCheck finds ids that are given twice and ids that nothing has, across all
// nouns of one book.
type crossCheck struct {
	in            *problems
	book          *Book
	sellers       map[string]bool
	taxes         map[string]bool
	skus          map[string]bool
	lists         map[string]bool
	accounts      map[string]bool
	contracts     map[string]bool
	events        map[string]bool
	subscriptions map[string]bool
}

func newCrossCheck(in *problems, b *Book) *crossCheck {
	c := &crossCheck{
		in: in, book: b, sellers: map[string]bool{}, taxes: map[string]bool{}, skus: map[string]bool{},
		lists: map[string]bool{flow.DefaultList: true}, accounts: map[string]bool{}, contracts: map[string]bool{},
		events: map[string]bool{}, subscriptions: map[string]bool{},
	}
	for i, s := range b.Sellers {
		c.once(c.sellers, string(s.ID), 0, i, "sellers", "id")
	}
	for i, t := range b.Taxes {
		c.once(c.taxes, t.Name, 3, i, "taxes", "name")
	}
	for i, p := range b.Products {
		c.once(c.skus, p.SKU, 4, i, "products", "sku")
	}
	for _, p := range b.Prices {
		c.lists[p.List] = true
	}
	for i, a := range b.Accounts {
		c.once(c.accounts, string(a.ID), 6, i, "accounts", "id")
	}
	for i, k := range b.Contracts {
		c.once(c.contracts, string(k.ID), 7, i, "contracts", "id")
	}
	for i, e := range b.Events {
		if e.Do == flow.DoListPrice {
			c.lists[e.List] = true
		}
		if e.Do == flow.DoSubscribe {
			c.subscriptions[e.ID] = true
		}
		if e.ID != "" && c.events[e.ID] && !e.Refused && e.Do != flow.DoCharge {
			in.add(e.At.Line, indexed("events", i)+".id", "%s is given already", quote(e.ID))
		}
		c.events[e.ID] = true
	}
	return c
}

func (c *crossCheck) line(noun, i int) int {
	if i < len(c.book.lines[noun]) {
		return c.book.lines[noun][i]
	}
	return 0
}

func (c *crossCheck) once(known map[string]bool, id string, noun, i int, section, key string) {
	if known[id] {
		c.in.add(c.line(noun, i), indexed(section, i)+"."+key, "%s is given already", quote(id))
	}
	known[id] = true
}

// named reports an id that is given and that nothing has.
func (c *crossCheck) named(known map[string]bool, id string, line int, section string, i int, key, what string) {
	if id != "" && !known[id] {
		c.in.add(line, section+"["+strconv.Itoa(i)+"]."+key, "unknown %s %s", what, quote(id))
	}
}

func (c *crossCheck) all() {
	for i, p := range c.book.Products {
		c.named(c.taxes, p.Tax, c.line(4, i), "products", i, "tax", "tax")
	}
	for i, p := range c.book.Prices {
		c.named(c.skus, p.SKU, c.line(5, i), "prices", i, "sku", "product")
	}
	for i, a := range c.book.Accounts {
		line := c.line(6, i)
		c.named(c.accounts, string(a.Parent), line, "accounts", i, "parent", "account")
		c.named(c.accounts, string(a.Reseller), line, "accounts", i, "reseller", "account")
		c.named(c.lists, a.PriceList, line, "accounts", i, "price_list", "price list")
	}
	for i, k := range c.book.Contracts {
		line := c.line(7, i)
		c.named(c.accounts, string(k.Account), line, "contracts", i, "account", "account")
		c.named(c.sellers, string(k.Seller), line, "contracts", i, "seller", "seller")
		c.named(c.lists, k.PriceList, line, "contracts", i, "price_list", "price list")
	}
	for i, e := range c.book.Events {
		line := e.At.Line
		c.named(c.contracts, string(e.Contract), line, "events", i, "contract", "contract")
		c.named(c.subscriptions, string(e.Subscription), line, "events", i, "subscription", "subscription")
		c.named(c.subscriptions, string(e.Parent), line, "events", i, "parent", "subscription")
		c.named(c.accounts, string(e.Account), line, "events", i, "account", "account")
		c.named(c.skus, e.SKU, line, "events", i, "sku", "product")
		c.named(c.events, e.Voids, line, "events", i, "event", "event")
	}
	c.circles("parent", func(a flow.Account) billing.AccountID { return a.Parent })
	c.circles("bill_to", func(a flow.Account) billing.AccountID {
		switch a.BillTo {
		case billing.ToParent:
			return a.Parent
		case billing.ToReseller:
			return a.Reseller
		default:
			return ""
		}
	})
}

// circles reports accounts whose parents, or payers, lead back to themselves.
func (c *crossCheck) circles(key string, next func(flow.Account) billing.AccountID) {
	up := map[billing.AccountID]billing.AccountID{}
	for _, a := range c.book.Accounts {
		up[a.ID] = next(a)
	}
	settled := map[billing.AccountID]bool{"": true}
	for i, a := range c.book.Accounts {
		way := map[billing.AccountID]bool{}
		at := a.ID
		for !settled[at] && !way[at] {
			way[at] = true
			at = up[at]
		}
		if !settled[at] {
			c.in.add(c.line(6, i), indexed("accounts", i)+"."+key, "leads from %s back to itself", quote(string(at)))
		}
		for id := range way {
			settled[id] = true
		}
	}
}

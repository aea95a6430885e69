package flow

import (
	"cmp"
	"slices"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/core/reconcile"
)

// read puts together all that decides about some holdings, in order of their
// customers. The rows read are those of holdings after one.
func (r *reconciling) read(tx Tx, ids []string, after string) ([]*customerPart, error) {
	holdings := map[string]*holdingFacts{}
	for _, id := range ids {
		holdings[id] = &holdingFacts{id: id}
	}
	last := ""
	if len(ids) > 0 {
		last = slices.Max(ids)
	}
	var days calendar.Period
	err := r.rows(tx, r.kept.ID, after, last, func(line ProviderLine) {
		if h := holdings[line.Holding]; h != nil {
			h.rows = append(h.rows, &line)
			days = spanOf(days, line.Charge.Period)
		}
	})
	if err != nil {
		return nil, err
	}
	for _, other := range r.others {
		err := r.rows(tx, other, after, last, func(line ProviderLine) {
			if h := holdings[line.Holding]; h != nil {
				h.others = append(h.others, &line)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	if err := r.readBook(tx, holdings); err != nil {
		return nil, err
	}
	parts := r.byCustomer(holdings)
	byHolding := map[string]*customerPart{}
	for _, c := range parts {
		for id := range c.holdings {
			byHolding[id] = c
		}
	}
	return parts, r.readBilled(tx, holdings, byHolding, days)
}

// rows calls for the rows of an invoice on holdings after one, up to another.
func (r *reconciling) rows(tx Tx, invoice, after, last string, call func(ProviderLine)) error {
	return tx.ProviderLines(r.connection.ID, invoice, after, last, func(line ProviderLine) bool {
		if line.Holding > last {
			return false
		}
		call(line)
		return true
	})
}

func spanOf(a, b calendar.Period) calendar.Period {
	if b.To.IsZero() || b.Empty() {
		b.To = b.From.AddDays(1)
	}
	return calendar.Period{From: calendar.Earliest(a.From, b.From), To: calendar.Latest(a.To, b.To)}
}

// readBook finds the holdings' subscriptions and their contracts.
func (r *reconciling) readBook(tx Tx, holdings map[string]*holdingFacts) error {
	ids := make([]string, 0, len(holdings))
	for id := range holdings {
		if id != "" {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	kept, err := tx.HoldingsGet(r.connection.ID, ids)
	if err != nil {
		return err
	}
	links, err := tx.HoldingLinks(r.connection.ID, ids)
	if err != nil {
		return err
	}
	var contracts []billing.ContractID
	for _, list := range links {
		for _, link := range list {
			contracts = append(contracts, link.Contract)
		}
	}
	slices.Sort(contracts)
	books, err := tx.StoriesRead(slices.Compact(contracts), reconcile.UsageDays(r.invoice))
	if err != nil {
		return err
	}
	subscriptions := map[billing.SubscriptionID]holdingPart{}
	for _, book := range books {
		told := map[string]calendar.Date{}
		for i := range book.Charges {
			if c := &book.Charges[i]; c.VoidedOn.IsZero() {
				told[c.ID] = c.KnownOn
			}
		}
		for i := range book.Subscriptions {
			subscriptions[book.Subscriptions[i].ID] = holdingPart{book, &book.Subscriptions[i], told}
		}
	}
	for id, h := range holdings {
		if k, seen := kept[id]; seen {
			h.kept = &k
		}
		for _, link := range links[id] {
			if part, known := subscriptions[link.Subscription]; known {
				h.parts = append(h.parts, part)
			}
		}
	}
	return nil
}

// byCustomer groups holdings by the provider's customers, in order.
func (r *reconciling) byCustomer(holdings map[string]*holdingFacts) (parts []*customerPart) {
	byID := map[string]*customerPart{}
	ids := make([]string, 0, len(holdings))
	for id := range holdings {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		h := holdings[id]
		// Rows that name no holding may be of several customers.
		slices.SortStableFunc(h.rows, func(a, b *ProviderLine) int { return strings.Compare(a.Customer, b.Customer) })
		for from, first := 0, true; from < len(h.rows) || first; first = false {
			customer, to := r.customerOf(h), from
			if len(h.rows) > 0 {
				customer = h.rows[from].Customer
			}
			for to < len(h.rows) && h.rows[to].Customer == customer {
				to++
			}
			part := byID[customer]
			if part == nil {
				part = r.newPart(customer)
				byID[customer] = part
				parts = append(parts, part)
			}
			part.add(r, h, h.rows[from:to], first)
			from = to
		}
	}
	slices.SortFunc(parts, func(a, b *customerPart) int { return strings.Compare(a.ID, b.ID) })
	return parts
}

// customerOf is whose holding it is where the invoice does not say.
func (r *reconciling) customerOf(h *holdingFacts) string {
	if h.kept != nil && h.kept.Customer != "" {
		return h.kept.Customer
	}
	if len(h.parts) == 0 {
		return ""
	}
	account := h.parts[0].book.Contract.Account
	if customer, linked := r.customers[account]; linked {
		return customer
	}
	return string(account)
}

func (r *reconciling) newPart(customer string) *customerPart {
	link, linked := r.links[customer]
	part := &customerPart{holdings: map[string]*holdingFacts{}, lines: map[string]*ProviderLine{}, account: link.Account}
	_, here := r.accounts[customer]
	part.ID, part.Known = customer, linked || here
	if here && !linked {
		part.account = billing.AccountID(customer)
	}
	return part
}

// add takes a holding's rows; its story is told once, for the customer that
// comes first.
func (c *customerPart) add(r *reconciling, h *holdingFacts, rows []*ProviderLine, first bool) {
	for i := range rows {
		c.lines[rows[i].Charge.ID] = rows[i]
		r.called[rows[i].Customer], r.called[rows[i].Charge.SKU] = rows[i].CustomerName, cmp.Or(rows[i].SKUName, rows[i].Product)
		c.Rows = append(c.Rows, r.row(h, rows[i]))
	}
	if !first {
		return
	}
	c.holdings[h.id] = h
	if len(h.parts) > 0 {
		for i := range h.others {
			c.Others = append(c.Others, r.row(h, h.others[i]))
		}
	}
	if stories := r.stories(h); len(stories) > 0 {
		c.Stories = append(c.Stories, stories...)
		c.Known = true
	}
}

// row is a provider's row as it is compared.
func (r *reconciling) row(h *holdingFacts, line *ProviderLine) reconcile.Row {
	row := reconcile.Row{
		ProviderCharge: line.Charge, Invoice: line.Invoice, Holding: line.Holding, Reference: line.Reference, On: line.OrderedOn(), Promotion: line.Promotion,
		PriceCurrency: line.PriceCurrency, Rate: line.Rate, HasRate: line.HasRate, Awaits: h.awaits(line),
	}
	if row.Currency.IsZero() {
		row.Currency = r.currency
	}
	return row
}

// readBilled adds what customers were billed for the days that the rows pay for.
func (r *reconciling) readBilled(tx Tx, holdings map[string]*holdingFacts, byHolding map[string]*customerPart, days calendar.Period) error {
	if days.Days() == 0 {
		return nil
	}
	// A line may be shown under a bundle, whose children each bring their part of it.
	type behind struct {
		holding  string
		perSeat  money.Ratio
		children int
		place    int
	}
	of := map[billing.SubscriptionID][]behind{}
	var contracts []billing.ContractID
	for _, id := range sortedKeys(holdings) {
		for _, p := range holdings[id].parts {
			contracts = append(contracts, p.book.Contract.ID)
			parent := p.parent()
			if parent == nil || p.s.Kind == billing.Usage {
				of[p.s.ID] = append(of[p.s.ID], behind{holding: id, perSeat: money.One(), children: 1})
				continue
			}
			children, place := p.siblings()
			perSeat := money.One()
			if !p.s.PerParent.IsZero() {
				perSeat = p.s.PerParent.Ratio()
			}
			of[parent.ID] = append(of[parent.ID], behind{holding: id, perSeat: perSeat, children: children, place: place})
		}
	}
	slices.Sort(contracts)
	var failed error
	ends := freeEnds(holdings)
	err := tx.LinesBilled(slices.Compact(contracts), days, func(line LineBilled) bool {
		if end, ended := ends[line.Subscription]; ended && line.Amount.IsZero() {
			if line.To = calendar.Earliest(line.To, end); !line.From.Before(line.To) {
				return true
			}
		}
		for _, b := range of[line.Subscription] {
			c := byHolding[b.holding]
			amount := line.Amount
			if b.children > 1 {
				shares, err := money.Split(line.Amount.Ratio(), b.children, line.Amount.Currency())
				if err != nil {
					failed = err
					return false
				}
				amount = shares[b.place]
			}
			c.Billed = append(c.Billed, reconcile.Billed{
				Holding: b.holding, Subscription: line.Subscription, Entity: line.Account, Invoice: line.Invoice, Row: line.Row, Period: calendar.Period{From: line.From, To: line.To},
				Quantity: money.DecimalFrom(line.Quantity.Ratio().Mul(b.perSeat), line.Quantity.Digits(), sumDigitsMost), Amount: amount,
			})
		}
		return true
	})
	if failed != nil {
		return failed
	}
	return err
}

// freeEnds are the days on which subscriptions were cancelled: what was billed at
// nothing is not credited then, and stands all the same for no seat any more.
func freeEnds(holdings map[string]*holdingFacts) map[billing.SubscriptionID]calendar.Date {
	ends := map[billing.SubscriptionID]calendar.Date{}
	for _, h := range holdings {
		for _, p := range h.parts {
			standing(p.s, func(on calendar.Date, e *billing.Entry) {
				if e.Verb == billing.Cancel {
					ends[p.s.ID] = calendar.Earliest(ends[p.s.ID], on)
				}
			})
		}
	}
	return ends
}

// siblings counts the licences of the same bundle, and says which it is of them.
func (p holdingPart) siblings() (count, place int) {
	for i := range p.book.Subscriptions {
		s := &p.book.Subscriptions[i]
		if s.Parent != p.s.Parent || s.Kind == billing.Usage {
			continue
		}
		if s.ID == p.s.ID {
			place = count
		}
		count++
	}
	return count, place
}

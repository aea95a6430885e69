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
// customers. Parts are read beside each other: nothing is noted but on the part.
func (r *reconciling) read(tx Tx, p *invoicePart) error {
	if p.whole {
		return r.readWhole(tx, p)
	}
	if err := r.readRows(tx, p); err != nil {
		return err
	}
	p.hold()
	p.share()
	if err := r.readBook(tx, p); err != nil {
		return err
	}
	r.byCustomer(p)
	return r.readBilled(tx, p)
}

// readRows reads the part's rows, and names its holdings: those that have some on this
// invoice or one around it, were seen or are linked, so that what is missing is missed.
func (r *reconciling) readRows(tx Tx, p *invoicePart) (err error) {
	if !p.named {
		known, err := tx.HoldingsWithin(r.connection.ID, p.after, p.last)
		if err != nil {
			return err
		}
		p.ids = append(p.ids, known...)
	}
	if p.lines, err = r.linesOf(tx, p, r.kept.ID, p.lines); err != nil {
		return err
	}
	for _, other := range r.others {
		if p.others, err = r.linesOf(tx, p, other, p.others); err != nil {
			return err
		}
	}
	if !slices.IsSorted(p.ids) {
		slices.Sort(p.ids)
	}
	p.ids = slices.Compact(p.ids)
	return nil
}

// hold begins with the part's holdings.
func (p *invoicePart) hold() {
	p.facts = slices.Grow(p.facts, len(p.ids))
	for _, id := range p.ids {
		p.facts = append(p.facts, holdingFacts{id: id})
		p.holdings[id] = &p.facts[len(p.facts)-1]
	}
}

// share gives each holding its rows.
func (p *invoicePart) share() {
	for i := range p.lines {
		line := &p.lines[i]
		h := p.holdings[line.Holding]
		h.rows = append(h.rows, line)
		h.days = spanOf(h.days, line.Charge.Period)
	}
	for i := range p.others {
		h := p.holdings[p.others[i].Holding]
		h.others = append(h.others, &p.others[i])
	}
}

// linesOf adds the rows of an invoice that are in the part, and names their holdings.
func (r *reconciling) linesOf(tx Tx, p *invoicePart, invoice string, to []ProviderLine) ([]ProviderLine, error) {
	add := func(line *ProviderLine) bool {
		to = append(to, *line)
		return true
	}
	if p.named {
		err := tx.ComparedRowsOf(r.connection.ID, invoice, p.ids, add)
		return to, err
	}
	err := tx.ComparedRows(r.connection.ID, invoice, p.after, p.last, func(line *ProviderLine) bool {
		if n := len(p.ids); n == 0 || p.ids[n-1] != line.Holding {
			p.ids = append(p.ids, line.Holding)
		}
		return add(line)
	})
	return to, err
}

func spanOf(a, b calendar.Period) calendar.Period {
	if b.To.IsZero() || b.Empty() {
		b.To = b.From.AddDays(1)
	}
	return calendar.Period{From: calendar.Earliest(a.From, b.From), To: calendar.Latest(a.To, b.To)}
}

// readBook finds the holdings' subscriptions and their contracts.
func (r *reconciling) readBook(tx Tx, p *invoicePart) error {
	ids := make([]string, 0, len(p.facts))
	for i := range p.facts {
		if id := p.facts[i].id; id != "" {
			ids = append(ids, id)
		}
	}
	kept, err := tx.HoldingsGet(r.connection.ID, ids)
	if err != nil {
		return err
	}
	links, err := tx.HoldingLinks(r.connection.ID, ids)
	if err != nil {
		return err
	}
	contracts := make([]billing.ContractID, 0, len(ids))
	for _, list := range links {
		for _, link := range list {
			contracts = append(contracts, link.Contract)
		}
	}
	slices.Sort(contracts)
	contracts = slices.Compact(contracts)
	list, err := tx.StoriesRead(contracts, reconcile.UsageDays(r.invoice))
	if err != nil {
		return err
	}
	books := make(map[billing.ContractID]holdingPart, len(list))
	for _, book := range list {
		books[book.Contract.ID] = holdingPart{book: book, told: toldOf(book)}
	}
	for i := range p.facts {
		h := &p.facts[i]
		if len(kept) > 0 {
			h.kept = keptOf(kept, h.id)
		}
		for _, link := range links[h.id] {
			part := books[link.Contract]
			if part.s = subscriptionOf(part.book, link.Subscription); part.s != nil {
				h.parts = append(h.parts, part)
			}
		}
	}
	return nil
}

// keptOf is a holding as it was last seen, or nil.
func keptOf(kept map[string]KeptHolding, id string) *KeptHolding {
	if _, seen := kept[id]; !seen {
		return nil
	}
	h := kept[id]
	return &h
}

// toldOf are the provider's rows that a contract bills, none of any but a mirror
// contract, each with the first day whose invoice may carry it.
func toldOf(book *OpenBook) map[string]calendar.Date {
	if len(book.Charges) == 0 {
		return nil
	}
	told := map[string]calendar.Date{}
	for i := range book.Charges {
		if c := &book.Charges[i]; c.VoidedOn.IsZero() {
			told[c.ID] = c.KnownOn
		}
	}
	return told
}

// subscriptionOf is one of a book's, or nil.
func subscriptionOf(book *OpenBook, id billing.SubscriptionID) *billing.Subscription {
	if book == nil {
		return nil
	}
	for i := range book.Subscriptions {
		if book.Subscriptions[i].ID == id {
			return &book.Subscriptions[i]
		}
	}
	return nil
}

// byCustomer groups holdings by the provider's customers, in order.
func (r *reconciling) byCustomer(p *invoicePart) {
	for i := range p.facts {
		h := &p.facts[i]
		// Rows that name no holding may be of several customers.
		byCustomer := func(a, b *ProviderLine) int { return strings.Compare(a.Customer, b.Customer) }
		if !slices.IsSortedFunc(h.rows, byCustomer) {
			slices.SortStableFunc(h.rows, byCustomer)
		}
		for from, first := 0, true; from < len(h.rows) || first; first = false {
			var customer string
			if len(h.rows) > 0 {
				customer = h.rows[from].Customer
			} else {
				customer = r.customerOf(h)
			}
			to := from
			for to < len(h.rows) && h.rows[to].Customer == customer {
				to++
			}
			part := p.byID[customer]
			if part == nil {
				part = r.newPart(p, customer)
				p.byID[customer] = part
				p.customers = append(p.customers, part)
			}
			part.lines = append(part.lines, h.rows[from:to]...)
			if first {
				h.owner = part
				part.owns++
			}
			from = to
		}
	}
	slices.SortFunc(p.customers, func(a, b *customerPart) int { return strings.Compare(a.ID, b.ID) })
	r.tell(p)
}

// tell gives the customers the stories of the holdings that are theirs, and their rows.
// Of a part that is not whole, what may belong to another holding is put aside.
func (r *reconciling) tell(p *invoicePart) {
	r.tellStories(p)
	p.rows = slices.Grow(p.rows, len(p.lines))
	for _, c := range p.customers {
		from := len(p.rows)
		lines := c.lines[:0]
		for _, line := range c.lines {
			r.call(p, line)
			h := p.holdings[line.Holding]
			if !p.whole && (h.owner != c || !h.told) {
				p.heard.loosen(c.ID, line.Holding)
				continue
			}
			row := r.row(h, line)
			row.Of = r.otherThan(h, line.Customer)
			p.rows = append(p.rows, row)
			lines = append(lines, line)
		}
		c.Rows, c.lines = p.rows[from:len(p.rows):len(p.rows)], lines
	}
}

// otherThan is whose holding it is, as it was seen or as its account is linked, where
// that is another customer than the one that a row names.
func (r *reconciling) otherThan(h *holdingFacts, customer string) string {
	known := ""
	switch {
	case h.kept != nil && h.kept.Customer != "":
		known = h.kept.Customer
	case len(h.parts) > 0:
		known = r.customers[h.parts[0].book.Contract.Account]
	}
	if known == customer || customer == "" {
		return ""
	}
	return known
}

func (r *reconciling) tellStories(p *invoicePart) {
	for i := range p.facts {
		h := &p.facts[i]
		if h.owner == nil || len(h.parts) == 0 {
			continue
		}
		to := &h.owner.Customer
		if !p.whole && len(h.rows) == 0 {
			to = &h.owner.idle
		}
		before := len(to.Stories)
		if before == 0 {
			to.Stories = make([]reconcile.Story, 0, h.owner.owns)
		}
		to.Stories = p.teller.stories(h, to.Stories)
		if h.told = len(to.Stories) > before; !h.told {
			continue
		}
		h.owner.Known = true
		for j := range h.others {
			to.Others = append(to.Others, r.row(h, h.others[j]))
		}
		p.heard.know(h.owner.ID)
	}
}

// call notes what rows call those that the book has no name for.
func (r *reconciling) call(p *invoicePart, line *ProviderLine) {
	if h := &p.heard; !h.asked || line.Customer != h.last {
		if h.last, h.asked = line.Customer, true; cmp.Or(r.accounts[string(r.links[line.Customer].Account)], r.accounts[line.Customer]) == "" {
			h.call(line.Customer, line.CustomerName)
		}
	}
	if sku := line.Charge.SKU; r.catalog.Products[sku].Name == "" {
		p.heard.call(sku, cmp.Or(line.SKUName, line.Product))
	}
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

func (r *reconciling) newPart(p *invoicePart, customer string) *customerPart {
	link, linked := r.links[customer]
	part := &customerPart{part: p, account: link.Account}
	_, here := r.accounts[customer]
	part.ID, part.Known = customer, linked || here || r.known[customer]
	part.idle.ID, part.idle.Known = customer, true
	if here && !linked {
		part.account = billing.AccountID(customer)
	}
	return part
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

// behind is a holding whose price a customer's line is, or a part of: a line may be
// shown under a bundle, whose children each bring their part of it.
type behind struct {
	h        *holdingFacts
	perSeat  money.Ratio
	children int
	place    int
	// next is the place of the next one behind the same subscription, or -1.
	next int
}

// behinds are the holdings behind billed subscriptions.
type behinds struct {
	list  []behind
	first map[billing.SubscriptionID]int
}

func (b *behinds) clear() {
	if b.first == nil {
		b.first = map[billing.SubscriptionID]int{}
	}
	clear(b.first)
	b.list = b.list[:0]
}

func (b *behinds) add(of billing.SubscriptionID, one behind) {
	one.next = -1
	at, known := b.first[of]
	if !known {
		b.first[of] = len(b.list)
	} else {
		for b.list[at].next >= 0 {
			at = b.list[at].next
		}
		b.list[at].next = len(b.list)
	}
	b.list = append(b.list, one)
}

// readBilled adds what customers were billed for the days that the rows pay for, and
// for those of the invoice. Which rows are read together makes no difference: of each
// holding its own days count.
func (r *reconciling) readBilled(tx Tx, p *invoicePart) error {
	var days calendar.Period
	contracts := make([]billing.ContractID, 0, len(p.facts))
	for i := range p.facts {
		h := &p.facts[i]
		if h.owner == nil || (!p.whole && len(h.rows) == 0) {
			continue
		}
		h.days = spanOf(h.days, r.invoice.Period)
		days = spanOf(days, h.days)
		for _, part := range h.parts {
			contracts = append(contracts, part.book.Contract.ID)
			parent := part.parent()
			if parent == nil || part.s.Kind == billing.Usage {
				p.behind.add(part.s.ID, behind{h: h, perSeat: money.One(), children: 1})
				continue
			}
			children, place := part.siblings()
			perSeat := money.One()
			if !part.s.PerParent.IsZero() {
				perSeat = part.s.PerParent.Ratio()
			}
			p.behind.add(parent.ID, behind{h: h, perSeat: perSeat, children: children, place: place})
		}
	}
	if len(contracts) == 0 {
		return nil
	}
	slices.Sort(contracts)
	var failed error
	var ends map[billing.SubscriptionID]calendar.Date
	err := tx.LinesBilled(slices.Compact(contracts), days, func(line LineBilled) bool {
		if line.Amount.IsZero() {
			if ends == nil {
				ends = freeEnds(p.facts)
			}
			if end, ended := ends[line.Subscription]; ended {
				if line.To = calendar.Earliest(line.To, end); !line.From.Before(line.To) {
					return true
				}
			}
		}
		at, known := p.behind.first[line.Subscription]
		for ; known && failed == nil; known = at >= 0 {
			one := &p.behind.list[at]
			failed = one.take(&line)
			at = one.next
		}
		return failed == nil
	})
	if failed != nil {
		return failed
	}
	return err
}

// freeEnds are the days on which subscriptions were cancelled: what was billed at
// nothing is not credited then, and stands all the same for no seat any more.
func freeEnds(facts []holdingFacts) map[billing.SubscriptionID]calendar.Date {
	ends := map[billing.SubscriptionID]calendar.Date{}
	for i := range facts {
		for _, p := range facts[i].parts {
			standing(p.s, func(on calendar.Date, e *billing.Entry) {
				if e.Verb == billing.Cancel {
					ends[p.s.ID] = calendar.Earliest(ends[p.s.ID], on)
				}
			})
		}
	}
	return ends
}

// take gives the holding's customer the holding's part of a billed line.
func (b *behind) take(line *LineBilled) error {
	if billed := spanOf(calendar.Period{}, calendar.Period{From: line.From, To: line.To}); !billed.From.Before(b.h.days.To) || !b.h.days.From.Before(billed.To) {
		return nil
	}
	amount, quantity := line.Amount, line.Quantity
	if b.children > 1 {
		shares, err := money.Split(line.Amount.Ratio(), b.children, line.Amount.Currency())
		if err != nil {
			return err
		}
		amount = shares[b.place]
	}
	if b.perSeat != money.One() {
		quantity = money.DecimalFrom(quantity.Ratio().Mul(b.perSeat), quantity.Digits(), sumDigitsMost)
	}
	c := b.h.owner
	if c.Billed == nil {
		c.Billed = make([]reconcile.Billed, 0, len(c.Rows)+1)
	}
	c.Billed = append(c.Billed, reconcile.Billed{
		Holding: b.h.id, Subscription: line.Subscription, Entity: line.Account, Row: line.Row, Period: calendar.Period{From: line.From, To: line.To},
		Quantity: quantity, Amount: amount,
	})
	return nil
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

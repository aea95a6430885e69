package flow

import (
	"slices"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/core/reconcile"
)

// holdingFacts are all that the book knows of one holding.
type holdingFacts struct {
	id string
	// kept is the holding as it was last seen, where it was.
	kept *KeptHolding
	// parts are the billed subscriptions that it is: several where they are linked.
	parts []holdingPart
	// rows are those of the invoice, others those of the invoices around it.
	rows, others []*ProviderLine
	// owner is the customer for whom the holding's story is told, told whether it has one.
	owner *customerPart
	told  bool
	// days are those for which it matters what customers were billed.
	days calendar.Period
}

// awaits says whether a row is billed to the customer as it stands (BILLING §3,
// mirror) by an invoice that is not cut yet: the one after the row became known.
func (h *holdingFacts) awaits(line *ProviderLine) bool {
	for _, p := range h.parts {
		if p.book.Contract.Schedule != billing.Mirror {
			continue
		}
		if line.Invoice == "" {
			return true
		}
		if known, told := p.told[line.Charge.ID]; told && (p.book.Cursor.Through.IsZero() || known.After(p.book.Cursor.Through)) {
			return true
		}
	}
	return false
}

type holdingPart struct {
	book *OpenBook
	s    *billing.Subscription
	// told are the provider's rows that a mirror contract bills, each with the first
	// day whose invoice may carry it.
	told map[string]calendar.Date
}

// storyteller makes the stories of holdings from the log.
type storyteller struct {
	connection Connection
	catalog    *Catalog
	promotions []Promotion
	currency   money.Currency
	// zone is the seller's, in which the log's days are.
	zone *time.Location
	// costs and offered are what prices and offers gave, by SKU.
	costs   map[string][]reconcile.Price
	offered map[string][]*Promotion
}

// stories add what happened to a holding, from the log's entries on its billed
// subscriptions: one for each product that it was, none where there are no entries.
func (t *storyteller) stories(h *holdingFacts, to []reconcile.Story) []reconcile.Story {
	if len(h.parts) == 0 {
		return to
	}
	first := h.parts[0]
	plain := reconcile.Story{Holding: h.id, Currency: t.currency, Entity: first.book.Contract.Account}
	h.billing(&plain)
	if first.s.Kind == billing.Usage {
		plain.SKU, plain.Metered = first.s.SKU, true
		for _, p := range h.parts {
			plain.Usage = append(plain.Usage, t.usage(p)...)
		}
		return append(to, plain)
	}
	for i, one := range h.successions() {
		story := plain
		story.SKU = one.parts[0].s.SKU
		story.Prices, story.Promotions = t.prices(story.SKU), t.promoted(one, story.SKU)
		if len(one.parts) == 1 && one.parts[0].s.Parent == "" {
			story.Events = one.ownEvents(one.parts[0])
		} else {
			story.Events = one.summedEvents()
		}
		for j := range story.Events {
			t.inUTC(&story.Events[j], one)
		}
		story.Events = one.asProvider(story.Events)
		if i > 0 {
			converted(&to[len(to)-1], &story)
		}
		to = append(to, story)
	}
	return to
}

// usage is the rated usage recorded for a subscription, as far as it is in the
// invoice's currency.
func (t *storyteller) usage(p holdingPart) (costs []reconcile.UsageCost) {
	for i := range p.book.Usage {
		u := &p.book.Usage[i]
		currency := u.Currency
		if currency.IsZero() {
			currency = p.book.Contract.Currency
		}
		if u.Subscription == p.s.ID && u.HasCost && u.VoidedOn.IsZero() && currency == t.currency {
			costs = append(costs, reconcile.UsageCost{On: u.Period.From, Cost: u.Cost})
		}
	}
	return costs
}

// prices are the provider's costs in the list that its price sheets fill. They are
// looked for once, and then shared.
func (t *storyteller) prices(sku string) []reconcile.Price {
	if prices, known := t.costs[sku]; known {
		return prices
	}
	list := t.connection.List
	if list == "" {
		list = DefaultList
	}
	var prices []reconcile.Price
	for i := range t.catalog.Prices[sku] {
		if row := &t.catalog.Prices[sku][i]; row.List == list && row.HasCost {
			prices = append(prices, reconcile.Price{From: row.From, TermMonths: row.TermMonths, UnitMonths: row.Unit.Months, Unit: row.Cost, Currency: row.Currency})
		}
	}
	if t.costs == nil {
		t.costs = map[string][]reconcile.Price{}
	}
	t.costs[sku] = prices
	return prices
}

// offers are the promotions of a product.
func (t *storyteller) offers(sku string) []*Promotion {
	if t.offered == nil {
		t.offered = map[string][]*Promotion{}
		for i := range t.promotions {
			p := &t.promotions[i]
			t.offered[p.SKU] = append(t.offered[p.SKU], p)
		}
	}
	return t.offered[sku]
}

// promoted are the promotions that can lower the price: those that the holding is
// known to have had, or any of its product where it was never seen.
func (t *storyteller) promoted(h *holdingFacts, sku string) (promotions []reconcile.Promotion) {
	for _, p := range t.offers(sku) {
		for _, days := range t.grantedOn(p, h) {
			promotions = append(promotions, reconcile.Promotion{ID: p.ID, Percent: p.Percent, From: days.From, To: days.To, TermMonths: p.TermMonths, BillingMonths: p.Billing.Months})
		}
	}
	return promotions
}

// zoneDays is by how many days a term may begin apart here and at the provider.
const zoneDays = 1

// grantedOn are the days on which a term must have begun to have a promotion. A
// holding tells of the term that it is in; of an earlier one its rows do, which may
// name what has been gone since the renewal. A row whose term began when the
// promotion could not be had proves nothing.
func (t *storyteller) grantedOn(p *Promotion, h *holdingFacts) (days []calendar.Period) {
	offered := calendar.Period{From: p.From, To: p.To}
	if h.kept == nil {
		return []calendar.Period{offered}
	}
	if h.kept.Promotion == p.ID {
		kept := offered
		if months, ends := h.kept.TermMonths, h.kept.EndsAt; months > 0 && !ends.IsZero() {
			kept.From = calendar.Latest(kept.From, dayOf(ends, t.zone).AddMonths(-months).AddDays(-zoneDays))
		}
		days = append(days, kept)
	}
	for _, rows := range [][]*ProviderLine{h.rows, h.others} {
		for _, row := range rows {
			if row.Promotion != p.ID || row.Charge.SKU != p.SKU {
				continue
			}
			term := offered
			if row.Term.Days() > 0 {
				if row.Term.From.Before(p.From) || (!p.To.IsZero() && !row.Term.From.Before(p.To)) {
					continue
				}
				term.From = calendar.Latest(p.From, row.Term.From.AddDays(-zoneDays))
				term.To = calendar.Earliest(p.To, row.Term.To.AddDays(-zoneDays))
			}
			if !slices.Contains(days, term) {
				days = append(days, term)
			}
		}
	}
	return days
}

// standing are the entries that count, each on the day on which it acts.
func standing(s *billing.Subscription, call func(on calendar.Date, e *billing.Entry)) {
	for i := range s.Entries {
		e := &s.Entries[i]
		if e.VoidedOn.IsZero() && (!e.Waiting || !e.ReleasedOn.IsZero()) {
			call(calendar.Latest(e.EffectiveOn, e.ReleasedOn), e)
		}
	}
}

// ownEvents are those of a subscription that is a holding by itself.
func (h *holdingFacts) ownEvents(p holdingPart) (events []reconcile.Event) {
	events = make([]reconcile.Event, 0, len(p.s.Entries))
	standing(p.s, func(on calendar.Date, e *billing.Entry) {
		event := reconcile.Event{On: on, Quantity: e.Quantity, HasQuantity: e.HasQuantity, AutoRenew: e.AutoRenew, HasAutoRenew: e.HasAutoRenew, Entry: e.Seq}
		switch e.Verb {
		case billing.Subscribe:
			event.Kind, event.TermMonths, event.BillingMonths, event.Ends = reconcile.Bought, p.s.TermMonths, p.s.Billing.Months, p.s.Ends
		case billing.SetQuantity:
			event.Kind = reconcile.SeatsSet
		case billing.Cancel:
			event.Kind = reconcile.Cancelled
		case billing.ScheduleChange:
			event.Kind = reconcile.Scheduled
		case billing.SetPrice, billing.Suspend, billing.Resume:
			return
		}
		events = append(events, event)
	})
	return events
}

// summedEvents are those of linked subscriptions, whose quantities add up to the
// holding's (BILLING §9), and of a bundle's child, which follows its parent.
func (h *holdingFacts) summedEvents() (events []reconcile.Event) {
	acts := map[calendar.Date]*billing.Entry{}
	renews := false
	for _, p := range h.parts {
		for _, s := range []*billing.Subscription{p.s, p.parent()} {
			if s == nil {
				continue
			}
			standing(s, func(on calendar.Date, e *billing.Entry) {
				renews = renews || (e.Verb == billing.Subscribe && (!e.HasAutoRenew || e.AutoRenew))
				if last := acts[on]; last == nil || last.Seq < e.Seq {
					acts[on] = e
				}
			})
		}
	}
	days := make([]calendar.Date, 0, len(acts))
	for on := range acts {
		days = append(days, on)
	}
	slices.SortFunc(days, calendar.Date.Compare)
	var before money.Decimal
	for _, on := range days {
		var sum money.Decimal
		for _, p := range h.parts {
			sum = sum.Add(p.quantityOn(on))
		}
		event := reconcile.Event{Kind: reconcile.SeatsSet, On: on, Quantity: sum, HasQuantity: true, Entry: acts[on].Seq}
		switch {
		case sum.Cmp(before) == 0:
			continue
		case before.IsZero():
			s := h.parts[0].s
			event.Kind, event.TermMonths, event.BillingMonths, event.Ends = reconcile.Bought, s.TermMonths, s.Billing.Months, s.Ends
			event.AutoRenew, event.HasAutoRenew = renews, true
		case sum.IsZero():
			event.Kind = reconcile.Cancelled
		}
		before = sum
		events = append(events, event)
	}
	return events
}

// parent is the bundle that the subscription is a child of, if any.
func (p holdingPart) parent() *billing.Subscription {
	if p.s.Parent == "" {
		return nil
	}
	for i := range p.book.Subscriptions {
		if p.book.Subscriptions[i].ID == p.s.Parent {
			return &p.book.Subscriptions[i]
		}
	}
	return nil
}

// quantityOn is the seats that a part asks of the provider on a day.
func (p holdingPart) quantityOn(on calendar.Date) money.Decimal {
	quantity, runs := billing.QuantityOn(&p.book.Contract, p.s, on)
	if !runs {
		return money.Decimal{}
	}
	times := money.One()
	if parent := p.parent(); parent != nil && !p.s.PerParent.IsZero() {
		if quantity, runs = billing.QuantityOn(&p.book.Contract, parent, on); !runs {
			return money.Decimal{}
		}
		times = p.s.PerParent.Ratio()
	}
	return money.DecimalFrom(quantity.Ratio().Mul(times), quantity.Digits(), sumDigitsMost)
}

// inUTC gives an event the provider's own instant, where it tells of one on the
// same day here: the provider counts days in UTC, and a full refund in hours.
func (t *storyteller) inUTC(e *reconcile.Event, h *holdingFacts) {
	var known []time.Time
	for i := range h.rows {
		row := h.rows[i]
		same := false
		switch row.Charge.Type {
		case billing.ChargeNew:
			same = e.Kind == reconcile.Bought
		case billing.ChargeCancel:
			same = e.Kind == reconcile.Cancelled
		case billing.ChargeConvert:
			same = e.Kind == reconcile.Bought || e.Kind == reconcile.Cancelled || e.Kind == reconcile.SeatsSet
		case billing.ChargeAddQuantity, billing.ChargeRemoveQuantity, billing.ChargeMoveQuantity:
			same = e.Kind == reconcile.SeatsSet && row.Charge.Quantity.Cmp(e.Quantity) == 0
		case billing.ChargeOther, billing.ChargeRenew, billing.ChargeCycle, billing.ChargeChangePlan, billing.ChargeExtendTerm, billing.ChargeCredit:
		}
		if same {
			known = append(known, row.OrderedAt)
		}
	}
	if e.Kind == reconcile.Bought && h.kept != nil {
		known = append(known, h.kept.CreatedAt, h.kept.StartsAt)
	}
	for _, at := range known {
		if !at.IsZero() && dayOf(at, t.zone) == e.On {
			e.On, e.At = dayOf(at, time.UTC), at
			return
		}
	}
}

// billing says how far the customers' own invoices are with the holding. Days up to
// the last regular invoice must be billed, as far as the log told of them by then;
// none need be where a contract bills changes late by agreement. A change invoice
// proves nothing: it carries changes, and what begins with a period waits for the
// regular one.
func (h *holdingFacts) billing(story *reconcile.Story) {
	never := false
	for _, p := range h.parts {
		c := &p.book.Contract
		last := p.book.Cursor.BilledThrough(c)
		if last.IsZero() || c.Changes.Policy == billing.AtRenewal {
			never = true
			continue
		}
		through := last.AddDays(-1)
		if c.Timing == billing.Arrears && c.Schedule == billing.Flexi {
			// A period of its own may not have been over.
			through = through.AddMonths(-p.s.Billing.Months)
		}
		story.BilledThrough = calendar.Earliest(story.BilledThrough, through)
		next, _ := billing.InvoiceDate(c, p.book.Cursor.Next)
		standing(p.s, func(on calendar.Date, e *billing.Entry) {
			if !e.KnownOn.After(last) {
				return
			}
			story.BilledThrough = calendar.Earliest(story.BilledThrough, on.AddDays(-1))
			if !on.After(last) && (story.LateFrom.IsZero() || on.Before(story.LateFrom)) {
				story.LateFrom, story.Awaited = on, calendar.Period{From: last, To: next}
			}
		})
	}
	if never {
		story.BilledThrough, story.LateFrom = calendar.Date{}, calendar.Date{}
	}
}

package flow

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// fresh plans a holding that no subscription bills yet.
func (p *syncPlanning) fresh(h *Holding) {
	if gone(h) && !p.cameAndWent(h) {
		return
	}
	p.plan.fresh = true
	if p.ordered[h.SKU] {
		// It may be what was ordered here and not answered yet.
		return
	}
	product, known := p.products[h.SKU]
	if !known {
		e := Exception{Kind: UnmappedProduct, Subject: h.SKU, Connection: p.connection.ID,
			Sentence: fmt.Sprintf("%s (%s) is no product of the book; %s of %s holds it", h.SKU, cmp.Or(h.OfferName, h.Name), h.ID, p.account),
			Todo:     "add the product, or import the price sheet"}
		p.plan.exceptions = append(p.plan.exceptions, e)
		return
	}
	book, why := p.contractFor(h)
	if book == nil {
		p.except(h, NoContract, "", fmt.Sprintf("%s of %s with %s seats is new, and account %s %s", h.ID, h.SKU, h.Quantity, p.account, why),
			"name the contract that takes new subscriptions of this customer")
		return
	}
	p.taken[h.ID] = book.Contract.ID
	start := p.subscribe(h, billing.SubscriptionID(h.ID), book, p.startOf(h))
	s := SubscriptionOf(&start, &book.Contract, product)
	p.priced(book, &s, start.Effective)
	since := p.sinceStart(h, &s, start.Effective)
	start.Quantity = s.Entries[0].Quantity
	p.group(h, 0, &HoldingLink{Connection: p.connection.ID, Holding: h.ID, Subscription: s.ID, Contract: book.Contract.ID}, append([]Event{start}, since...))
}

// cameAndWent says whether a holding that has ended began since the last sync.
func (p *syncPlanning) cameAndWent(h *Holding) bool {
	return !p.connection.SyncedAt.IsZero() && h.CreatedAt.After(p.connection.SyncedAt) && h.Quantity.Sign() > 0
}

// contractFor is the contract that takes a new holding: that of what it is an
// add-on to, the one that the customer's link names, or the account's only one.
func (p *syncPlanning) contractFor(h *Holding) (book *OpenBook, why string) {
	if h.Parent != "" {
		if id, ok := p.taken[h.Parent]; ok {
			return p.books[id], ""
		}
		for _, link := range p.links[h.Parent] {
			if found, ok := p.found[link.Subscription]; ok {
				return found.Book, ""
			}
		}
	}
	if p.link.Contract != "" {
		if book := p.books[p.link.Contract]; book != nil {
			return book, ""
		}
		return nil, fmt.Sprintf("names contract %s for it, which is unknown", p.link.Contract)
	}
	var open []*OpenBook
	for _, id := range p.contracts {
		if book := p.books[id]; book != nil && (book.Contract.End.IsZero() || p.today.Before(book.Contract.End)) {
			open = append(open, book)
		}
	}
	if len(open) == 1 {
		return open[0], ""
	}
	return nil, fmt.Sprintf("has %d contracts that could take it", len(open))
}

// startOf is the first day of a holding: as the provider has it; where the term's
// end says that it was shortened later than at its first start, that of the term.
func (p *syncPlanning) startOf(h *Holding) calendar.Date {
	start := p.dayOf(h.StartsAt)
	if start.IsZero() {
		start = p.dayOf(h.CreatedAt)
	}
	if start.IsZero() {
		return p.today
	}
	ends := p.dayOf(h.EndsAt)
	if h.TermMonths == 0 || ends.IsZero() {
		return start
	}
	terms := calendar.Cycle{Anchor: start, Months: h.TermMonths}
	if first := terms.Boundary(1); ends.After(first) && !within(terms.Boundary(terms.IndexFrom(ends.AddDays(-1))), ends, termDaysOff) {
		return calendar.Latest(start, ends.AddMonths(-h.TermMonths))
	}
	return start
}

// termDaysOff is by how many days a term's end may differ before it counts:
// months of other lengths, and the provider's midnight.
const termDaysOff = 3

func within(a, b calendar.Date, days int) bool {
	n := a.DaysUntil(b)
	return -days <= n && n <= days
}

// subscribe is the start of a holding's subscription.
func (p *syncPlanning) subscribe(h *Holding, id billing.SubscriptionID, book *OpenBook, on calendar.Date) Event {
	e := p.event(DoSubscribe, "", on)
	e.ID, e.Contract, e.SKU = string(id), book.Contract.ID, h.SKU
	e.Quantity, e.HasQuantity = h.Quantity, true
	e.TermMonths, e.Billing, e.Unit = h.TermMonths, h.Billing, standardUnits()["monthly"]
	e.AutoRenew, e.HasAutoRenew = h.AutoRenew, h.TermMonths > 0
	if ends := p.dayOf(h.EndsAt); h.TermMonths > 0 && ends.After(on) {
		if natural := on.AddMonths(h.TermMonths); ends.Before(natural) && !within(ends, natural, termDaysOff) {
			e.Ends = ends
		}
	}
	if h.Trial {
		e.HasPrice = true // A trial costs nothing, and says so.
	}
	return e
}

// sinceStart is what has happened to a new holding since its first day; the seats
// of that day are left on the subscription's start.
func (p *syncPlanning) sinceStart(h *Holding, s *billing.Subscription, start calendar.Date) []Event {
	var events []Event
	batches := seatBatches(h, p.zone)
	for len(batches) > 0 && !batches[0].on.After(start) {
		batches = batches[1:]
	}
	later := money.Decimal{}
	for _, b := range batches {
		later = later.Add(b.seats)
	}
	if opening := h.Quantity.Sub(later); s.Kind != billing.Usage && len(batches) > 0 && opening.Sign() > 0 {
		s.Entries[0].Quantity = opening
		for _, b := range batches {
			opening = opening.Add(b.seats)
			events = append(events, p.quantity(s.ID, calendar.Earliest(b.on, p.today), opening))
		}
	}
	if next := nextOf(h); s.Kind != billing.Usage && h.TermMonths > 0 && h.AutoRenew && next.Cmp(h.Quantity) != 0 {
		e := p.event(DoSchedule, s.ID, p.today)
		e.Quantity, e.HasQuantity = next, true
		events = append(events, e)
	}
	p.nextTerm(h, s)
	switch {
	case h.Status == HoldingSuspended:
		events = append(events, p.event(DoSuspend, s.ID, calendar.Latest(start, p.changedOn(h))))
	case gone(h):
		events = append(events, p.event(DoCancel, s.ID, calendar.Latest(start, p.endOf(h))))
	}
	return events
}

func (p *syncPlanning) quantity(id billing.SubscriptionID, on calendar.Date, seats money.Decimal) Event {
	e := p.event(DoQuantity, id, on)
	e.Quantity, e.HasQuantity = seats, true
	return e
}

// changedOn is the day on which a holding changed: that of its event where one
// told, not before it was last seen; else today.
func (p *syncPlanning) changedOn(h *Holding) calendar.Date {
	day, told := p.happened[h.ID]
	if !told || day.After(p.today) {
		return p.today
	}
	if kept := p.kept[h.ID]; kept != nil {
		day = calendar.Latest(day, p.dayOf(kept.SeenAt))
	}
	return calendar.Earliest(day, p.today)
}

// endOf is the first day without a holding that has ended: the end of its
// commitment where that has passed, else the day on which it was taken away.
func (p *syncPlanning) endOf(h *Holding) calendar.Date {
	if ends := p.dayOf(h.EndsAt); !ends.IsZero() && !ends.After(p.today) {
		return ends
	}
	return p.changedOn(h)
}

// nextOf is the seats that a holding renews with.
func nextOf(h *Holding) money.Decimal {
	if h.Next != nil && h.Next.HasQuantity {
		return h.Next.Quantity
	}
	return h.Quantity
}

// seatBatch is seats that a provider can still take back, and the day on which
// they were added.
type seatBatch struct {
	on    calendar.Date
	seats money.Decimal
}

// seatWindow is how long the provider takes seats back after they were added:
// 168 hours of a new-commerce subscription.
const seatWindow = 7 * 24 * time.Hour

// seatBatches are in the order of their days.
func seatBatches(h *Holding, zone *time.Location) []seatBatch {
	var batches []seatBatch
	for _, r := range h.Refundable {
		if !r.AllowedUntil.IsZero() && r.Quantity.Sign() > 0 {
			batches = append(batches, seatBatch{dayOf(r.AllowedUntil.Add(-seatWindow), zone), r.Quantity})
		}
	}
	slices.SortStableFunc(batches, func(a, b seatBatch) int { return a.on.Compare(b.on) })
	return batches
}

// seatSteps are the quantities by which a holding came from one number of seats
// to what it has now. The newest batches tell the days of an increase, if they
// are just that increase and not from before a day; else it was on one day.
func seatSteps(before, now money.Decimal, batches []seatBatch, notBefore, today, on calendar.Date) []seatBatch {
	more := now.Sub(before)
	sum, first := money.Decimal{}, len(batches)
	for first > 0 && sum.Cmp(more) < 0 {
		first--
		sum = sum.Add(batches[first].seats)
	}
	told := more.Sign() > 0 && sum.Cmp(more) == 0 && first < len(batches)
	if !told || batches[first].on.Before(notBefore) || batches[len(batches)-1].on.After(today) {
		return []seatBatch{{on, now}}
	}
	var steps []seatBatch
	for _, b := range batches[first:] {
		before = before.Add(b.seats)
		if n := len(steps); n > 0 && steps[n-1].on == b.on {
			steps[n-1].seats = before
			continue
		}
		steps = append(steps, seatBatch{b.on, before})
	}
	return steps
}

package flow

import (
	"errors"
	"fmt"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// compare plans what makes the log of the one subscription of a holding say what
// the provider says.
func (p *syncPlanning) compare(h *Holding, f FoundSubscription) {
	if p.underWay[f.Subscription.ID] {
		p.plan.unkept[h.ID] = true
		return
	}
	state := billing.StateOn(&f.Book.Contract, f.Subscription, p.today)
	if p.today.Before(state.Start) {
		state = billing.StateOn(&f.Book.Contract, f.Subscription, state.Start)
	}
	switch {
	case gone(h):
		p.ended(h, f, &state)
		return
	case !state.Runs:
		p.differ(f.Subscription.ID)
		p.exceptWorth(h, NotHere, f.Subscription.ID, h.Quantity, fmt.Sprintf("%s of %s runs at the provider with %s seats; %s has ended here", h.ID, h.SKU, h.Quantity, f.Subscription.ID),
			"cancel it at the provider, or subscribe it here again")
		return
	case p.converted(h, f):
		p.convert(h, f, &state)
		return
	}
	var events []Event
	if on := calendar.Latest(state.Start, p.changedOn(h)); (h.Status == HoldingSuspended) != state.Suspended {
		do := DoResume
		if h.Status == HoldingSuspended {
			do = DoSuspend
		}
		events = append(events, p.event(do, f.Subscription.ID, on))
	}
	events = append(events, p.seats(h, f, &state)...)
	events = append(events, p.renewal(h, f, &state)...)
	if len(events) > 0 {
		p.differ(f.Subscription.ID)
	}
	p.group(h, len(f.Subscription.Entries), nil, events)
	p.priced(f.Book, f.Subscription, p.today)
	p.termEnd(h, f, &state)
}

// ended plans the end of a subscription whose holding has ended.
func (p *syncPlanning) ended(h *Holding, f FoundSubscription, state *billing.State) {
	on := calendar.Latest(state.Start, p.endOf(h))
	if !state.Runs || (!state.CancelledFrom.IsZero() && !state.CancelledFrom.After(on)) {
		return
	}
	p.differ(f.Subscription.ID)
	p.group(h, len(f.Subscription.Entries), nil, []Event{p.event(DoCancel, f.Subscription.ID, on)})
}

// converted says whether a holding became another purchase than the one that is
// billed: another product, another term, or no trial any more.
func (p *syncPlanning) converted(h *Holding, f FoundSubscription) bool {
	kept := p.kept[h.ID]
	if kept == nil {
		return string(f.Subscription.ID) == h.ID && f.Subscription.SKU != h.SKU
	}
	return kept.SKU != h.SKU || (kept.TermMonths != h.TermMonths && f.Subscription.TermMonths != h.TermMonths) || (kept.Trial && !h.Trial)
}

// convert ends the subscription and starts one for what the holding is now. What
// was agreed for the old one alone is for people to carry over.
func (p *syncPlanning) convert(h *Holding, f FoundSubscription, state *billing.State) {
	kept := p.kept[h.ID]
	p.differ(f.Subscription.ID)
	trial := kept != nil && kept.Trial
	own := (state.HasPrice && !trial) || !f.Subscription.Discount.Percent.IsZero() || f.Subscription.Parent != "" || hasChildren(f.Book, f.Subscription.ID) || (kept != nil && f.Subscription.SKU != kept.SKU)
	if _, known := p.products[h.SKU]; own || !known {
		p.plan.unkept[h.ID] = true
		p.except(h, Converted, f.Subscription.ID, fmt.Sprintf("%s became %s for %d months at the provider; %s is %s for %d months here and is not changed by itself",
			h.ID, h.SKU, h.TermMonths, f.Subscription.ID, f.Subscription.SKU, f.Subscription.TermMonths), "cancel it here and subscribe the new product, linked to the holding")
		return
	}
	on := calendar.Latest(state.Start, p.changedOn(h))
	if ends := p.dayOf(h.EndsAt); h.TermMonths > 0 && !ends.IsZero() {
		if opened := ends.AddMonths(-h.TermMonths); opened.After(state.Start) && !opened.After(p.today) && kept != nil && !opened.Before(p.dayOf(kept.SeenAt)) {
			on = opened
		}
	}
	id := billing.SubscriptionID(fmt.Sprintf("%s~%d", h.ID, len(p.links[h.ID])+1))
	end := p.event(DoCancel, f.Subscription.ID, on)
	end.ID = fmt.Sprintf("%s:%s#%d", p.connection.ID, f.Subscription.ID, len(f.Subscription.Entries))
	start := p.subscribe(h, id, f.Book, on)
	events := []Event{end, start}
	if h.Status == HoldingSuspended {
		events = append(events, p.event(DoSuspend, id, on))
	}
	p.group(h, 0, &HoldingLink{Connection: p.connection.ID, Holding: h.ID, Subscription: id, Contract: f.Book.Contract.ID}, events)
	s := SubscriptionOf(&start, &f.Book.Contract, p.products[h.SKU])
	p.priced(f.Book, &s, on)
}

func hasChildren(book *OpenBook, id billing.SubscriptionID) bool {
	for i := range book.Subscriptions {
		if book.Subscriptions[i].Parent == id {
			return true
		}
	}
	return false
}

// seats plans a difference in quantity, on the days on which it came about.
func (p *syncPlanning) seats(h *Holding, f FoundSubscription, state *billing.State) []Event {
	if f.Subscription.Kind == billing.Usage {
		return nil
	}
	billed := BilledSeats(f.Book, f.Subscription, calendar.Latest(p.today, state.Start))
	if billed.Cmp(h.Quantity.Ratio()) == 0 {
		return nil
	}
	if f.Subscription.Parent != "" {
		p.differ(f.Subscription.ID)
		p.exceptSeats(h, f.Subscription.ID, billed, fmt.Sprintf("%s follows bundle %s", f.Subscription.ID, f.Subscription.Parent))
		return nil
	}
	notBefore := state.Start
	if kept := p.kept[h.ID]; kept != nil {
		notBefore = calendar.Latest(notBefore, p.dayOf(kept.SeenAt))
	}
	on := calendar.Latest(state.Start, p.changedOn(h))
	var events []Event
	for _, step := range seatSteps(state.Quantity, h.Quantity, seatBatches(h, p.zone), notBefore, p.today, on) {
		events = append(events, p.quantity(f.Subscription.ID, step.on, step.seats))
	}
	return events
}

// BilledSeats is a subscription's quantity on a day; a bundle's child has its
// share of the parent's.
func BilledSeats(book *OpenBook, s *billing.Subscription, day calendar.Date) money.Ratio {
	share := money.One()
	for depth := 0; s.Parent != "" && depth < treeDepthMax; depth++ {
		share = share.Mul(s.PerParent.Ratio())
		for i := range book.Subscriptions {
			if book.Subscriptions[i].ID == s.Parent {
				s = &book.Subscriptions[i]
				break
			}
		}
	}
	quantity, runs := billing.QuantityOn(&book.Contract, s, day)
	if !runs {
		return money.Ratio{}
	}
	return quantity.Ratio().Mul(share)
}

// renewal plans what is to become of the next term.
func (p *syncPlanning) renewal(h *Holding, f FoundSubscription, state *billing.State) []Event {
	if f.Subscription.TermMonths == 0 || f.Subscription.TermMonths != h.TermMonths || f.Subscription.Kind == billing.Usage || f.Subscription.Parent != "" {
		return nil
	}
	p.nextTerm(h, f.Subscription)
	if !state.CancelledFrom.IsZero() {
		if h.AutoRenew && !state.CancelledFrom.Before(state.Term.To.AddDays(-termDaysOff)) {
			p.differ(f.Subscription.ID)
			p.exceptWorth(h, NextTerm, f.Subscription.ID, h.Quantity, fmt.Sprintf("%s renews at the provider on %s; %s is cancelled here from %s", h.ID, p.dayOf(h.EndsAt), f.Subscription.ID, state.CancelledFrom),
				"switch its renewal off at the provider")
		}
		return nil
	}
	schedule := p.event(DoSchedule, f.Subscription.ID, calendar.Latest(p.today, state.Start))
	if h.AutoRenew != state.Renews {
		schedule.AutoRenew, schedule.HasAutoRenew = h.AutoRenew, true
	}
	here := h.Quantity // What a difference in seats makes of it.
	if state.HasNext {
		here = state.Next
	}
	if next := nextOf(h); h.AutoRenew && next.Cmp(here) != 0 {
		schedule.Quantity, schedule.HasQuantity = next, true
	}
	if !schedule.HasAutoRenew && !schedule.HasQuantity {
		return nil
	}
	return []Event{schedule}
}

// nextTerm finds a renewal that the log cannot hold.
func (p *syncPlanning) nextTerm(h *Holding, s *billing.Subscription) {
	if h.Next == nil || !h.AutoRenew {
		return
	}
	var what string
	switch n := h.Next; {
	case n.SKU != "" && n.SKU != h.SKU:
		what = "as " + n.SKU
	case n.TermMonths != 0 && n.TermMonths != h.TermMonths:
		what = fmt.Sprintf("for %d months instead of %d", n.TermMonths, h.TermMonths)
	case !n.EndsOn.IsZero():
		what = fmt.Sprintf("for a shortened term until %s", n.EndsOn)
	default:
		return
	}
	p.except(h, NextTerm, s.ID, fmt.Sprintf("%s renews on %s %s", h.ID, p.dayOf(h.EndsAt), what), "agree it with the customer; the sync takes it when it happens")
}

// termEnd finds a term that ends on another day than the provider's.
func (p *syncPlanning) termEnd(h *Holding, f FoundSubscription, state *billing.State) {
	ends := p.dayOf(h.EndsAt)
	if ends.IsZero() || state.Term.Empty() || f.Subscription.TermMonths != h.TermMonths || !ends.After(p.today.AddDays(1)) || within(ends, state.Term.To, termDaysOff) {
		return
	}
	p.differ(f.Subscription.ID)
	p.except(h, TermDiffers, f.Subscription.ID, fmt.Sprintf("the term of %s ends on %s at the provider and on %s here", h.ID, ends, state.Term.To),
		"void the start here and subscribe it with the provider's days, or leave it as agreed")
}

// compareLinked holds a holding against the sum of its billed subscriptions.
func (p *syncPlanning) compareLinked(h *Holding, live []FoundSubscription) {
	var sum money.Ratio
	active, suspended, runs := 0, 0, 0
	for _, f := range live {
		if p.underWay[f.Subscription.ID] {
			return
		}
		state := billing.StateOn(&f.Book.Contract, f.Subscription, p.today)
		if !state.Runs {
			continue
		}
		if runs++; state.Suspended {
			suspended++
		} else {
			active++
		}
		sum = sum.Add(BilledSeats(f.Book, f.Subscription, p.today))
		p.priced(f.Book, f.Subscription, p.today)
	}
	var why string
	switch {
	case runs == 0:
		return
	case gone(h):
		why = fmt.Sprintf("%s has ended at the provider on %s", h.ID, p.endOf(h))
	case h.Status == HoldingSuspended && active > 0, h.Status == HoldingActive && active == 0 && suspended > 0:
		why = fmt.Sprintf("%s is %s at the provider", h.ID, h.StatusText)
	case sum.Cmp(h.Quantity.Ratio()) != 0:
		p.differLinked(live)
		p.exceptSeats(h, live[0].Subscription.ID, sum, fmt.Sprintf("%d subscriptions share it", runs))
		return
	default:
		return
	}
	p.differLinked(live)
	p.exceptWorth(h, LinkedDifference, live[0].Subscription.ID, h.Quantity, fmt.Sprintf("%s; %d subscriptions that share it run here", why, runs), "change those that it concerns")
}

func (p *syncPlanning) differLinked(live []FoundSubscription) {
	for _, f := range live {
		p.differ(f.Subscription.ID)
	}
}

func (p *syncPlanning) exceptSeats(h *Holding, id billing.SubscriptionID, billed money.Ratio, because string) {
	difference := money.DecimalFrom(h.Quantity.Ratio().Sub(billed), 0, CostDigits)
	p.exceptWorth(h, LinkedDifference, id, difference, fmt.Sprintf("%s has %s seats at the provider and %s billed here, a difference of %s; %s",
		h.ID, h.Quantity, money.DecimalFrom(billed, 0, CostDigits), difference, because), "change the seats of those that it concerns, here or at the provider")
}

// priced finds a purchase without a price or without a rate.
func (p *syncPlanning) priced(book *OpenBook, s *billing.Subscription, day calendar.Date) {
	if s.Kind == billing.Usage || s.Parent != "" {
		return
	}
	lock := day
	if state := billing.StateOn(&book.Contract, s, day); !state.Term.Empty() {
		lock = state.Term.From
	}
	_, err := p.planner.OfferOn(&book.Book, s, money.DecimalOf(1), lock, lock)
	var price *billing.MissingPrice
	var rate *billing.MissingRate
	if !errors.As(err, &price) && !errors.As(err, &rate) {
		return
	}
	p.plan.exceptions = append(p.plan.exceptions, Exception{
		Kind: UnpricedProduct, Subject: fmt.Sprintf("%s %d %s %s", s.SKU, s.TermMonths, s.Billing.Name, book.Contract.Currency),
		Connection: p.connection.ID, Account: p.account, Subscription: s.ID, Sentence: err.Error(), Todo: "add a price, or the exchange rate, to a list of this contract",
	})
}

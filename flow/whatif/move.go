package whatif

import (
	"context"
	"fmt"
	"slices"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// A subscription moves when it is cancelled on a day and sold anew from that day: under
// other terms, or with another end of its term. It moves on the day that was asked for
// where that costs nobody what was agreed: where the contract lets it go, credits what is
// paid, and the price that its term has locked is the one that is asked now. Else it
// moves on the first later day on which it would: the end of the term or of what is paid.

// moving is one subscription on its way.
type moving struct {
	change int
	from   billing.SubscriptionID
	// to is the contract under which it goes on.
	to billing.ContractID
	// ends is the day on which its term is to end, or no day.
	ends calendar.Date
	// starts is the day from which it is to run, where it was to run from another.
	starts calendar.Date
}

// terms begins a contract with other terms and moves what runs under the old one.
func (p *Play) terms(ctx context.Context, n int, c *Change) error {
	catalog, err := flow.CatalogOf(ctx, p.Store, false)
	if err != nil {
		return err
	}
	var old flow.Contract
	var book *flow.OpenBook
	if err := p.Store.Read(ctx, func(tx flow.Tx) (err error) {
		if old, err = tx.ContractGet(c.Contract); err == nil {
			book, err = tx.BookRead(c.Contract)
		}
		return err
	}); err != nil {
		return flow.UnknownField(c.At, "contract", string(c.Contract), err)
	}
	if !old.End.IsZero() && !old.End.After(c.On) {
		return wrong(c.At, "contract: %s has ended on %s", c.Contract, old.End)
	}
	next, err := c.Terms.On(c.At, &old, catalog.Units)
	if err != nil {
		return err
	}
	if err := termsFit(c.At, &next.Contract); err != nil {
		return err
	}
	next.ID, next.Start, next.NextInvoice = billing.ContractID(movedName(string(c.Contract), c.On)), c.On, calendar.Date{}
	if err := p.takeAll(ctx, []flow.Intake{{At: c.At, Contract: &next}}); err != nil {
		return err
	}
	days := map[billing.SubscriptionID]calendar.Date{}
	for _, s := range parentsFirst(book.Subscriptions) {
		on, err := p.moveOn(book, s, c.On, &catalog.Catalog)
		if parent := days[s.Parent]; err == nil && !parent.IsZero() {
			on = parent
		}
		if err != nil {
			return err
		}
		if on.IsZero() {
			continue
		}
		days[s.ID] = on
		if on != c.On {
			p.note("%s moves to the other terms on %s: until then it is bound, paid for, or at a price that is locked", s.ID, on)
		}
		move := &moving{change: n, from: s.ID, to: next.ID}
		p.add(turn{on, n, func(ctx context.Context) error { return p.move(ctx, move) }})
	}
	return nil
}

// parentsFirst are a contract's subscriptions, those of bundles behind what they are part of.
func parentsFirst(all []billing.Subscription) (order []*billing.Subscription) {
	for i := range all {
		order = append(order, &all[i])
	}
	slices.SortStableFunc(order, func(a, b *billing.Subscription) int {
		return map[bool]int{true: 1}[a.Parent != ""] - map[bool]int{true: 1}[b.Parent != ""]
	})
	return order
}

func movedName(id string, on calendar.Date) string { return fmt.Sprintf("%s from %s", id, on) }

// moveOn is the first day, not before one, on which a subscription can move; no day
// where it does not: it is over by then, or will be.
func (p *Play) moveOn(book *flow.OpenBook, s *billing.Subscription, day calendar.Date, catalog *billing.Catalog) (calendar.Date, error) {
	c := &book.Contract
	state := billing.StateOn(c, s, day)
	switch {
	case !state.Exists || !state.CancelledFrom.IsZero():
		return calendar.Date{}, nil
	case day.Before(state.Start):
		return day, nil
	case !state.Runs:
		return calendar.Date{}, nil
	}
	credited := c.Refunds.Policy == billing.RefundProrated && c.Proration != billing.ByNothing
	if !state.Term.Empty() {
		if !state.Renews {
			return calendar.Date{}, nil
		}
		locked, err := p.locked(book, s, &state, day, catalog)
		if err != nil {
			return calendar.Date{}, err
		}
		if state.Term.From != day && (locked || c.Reductions != billing.ReductionsAllowed) {
			return state.Term.To, nil
		}
	}
	if !credited {
		if before := flow.PaidUntil(c, s, &state, day.AddDays(-1)); before != day && state.Term.From != day {
			return flow.PaidUntil(c, s, &state, day), nil
		}
	}
	return day, nil
}

// locked says whether a term keeps a price that is not asked any more.
func (p *Play) locked(book *flow.OpenBook, s *billing.Subscription, state *billing.State, day calendar.Date, catalog *billing.Catalog) (bool, error) {
	if s.Kind == billing.Usage || s.Parent != "" || state.HasPrice {
		return false, nil
	}
	planner := billing.NewPlanner(catalog)
	then, err := planner.OfferOn(&book.Book, s, state.Quantity, state.Term.From, calendar.Date{})
	if err != nil {
		return false, err
	}
	now, err := planner.OfferOn(&book.Book, s, state.Quantity, day, calendar.Date{})
	if err != nil {
		return false, err
	}
	return then.Full.Cmp(now.Full) != 0, nil
}

// renewal moves a subscription so that its term ends on another day.
func (p *Play) renewal(ctx context.Context, n int, c *Change) error {
	catalog, err := flow.CatalogOf(ctx, p.Store, false)
	if err != nil {
		return err
	}
	book, s, err := p.subscription(ctx, c)
	if err != nil {
		return err
	}
	if s.TermMonths == 0 {
		return wrong(c.At, "subscription: %s has no term that could end on another day", s.ID)
	}
	on, err := p.moveOn(book, s, c.On, &catalog.Catalog)
	if err != nil {
		return err
	}
	if on.IsZero() {
		return wrong(c.At, "subscription: %s has ended or will, and does not renew", s.ID)
	}
	if !c.To.After(on) {
		return wrong(c.At, "to: the term cannot end on %s: it is bound until %s", c.To, on)
	}
	if on != c.On {
		p.note("the term of %s is another from %s: until then it is bound, paid for, or at a price that is locked", s.ID, on)
	}
	p.moveLater(on, book, s, &moving{change: n, ends: c.To})
	return nil
}

// moveLater moves a subscription of a contract within it, with what is part of it.
func (p *Play) moveLater(on calendar.Date, book *flow.OpenBook, s *billing.Subscription, like *moving) {
	for _, one := range parentsFirst(book.Subscriptions) {
		if one.ID != s.ID && one.Parent != s.ID {
			continue
		}
		move := *like
		move.from, move.to = one.ID, book.Contract.ID
		if one.TermMonths == 0 {
			move.ends = calendar.Date{}
		}
		p.add(turn{on, like.change, func(ctx context.Context) error { return p.move(ctx, &move) }})
	}
}

// start takes a subscription's start back and sells it from another day.
func (p *Play) start(ctx context.Context, n int, c *Change) error {
	book, s, err := p.subscription(ctx, c)
	if err != nil {
		return err
	}
	p.moveLater(c.On, book, s, &moving{change: n, starts: c.To})
	return nil
}

func (p *Play) subscription(ctx context.Context, c *Change) (book *flow.OpenBook, s *billing.Subscription, err error) {
	err = p.Store.Read(ctx, func(tx flow.Tx) error {
		book, s, err = subscriptionOf(tx, c.Subscription)
		return err
	})
	return book, s, flow.UnknownField(c.At, "subscription", string(c.Subscription), err)
}

func subscriptionOf(tx flow.Tx, id billing.SubscriptionID) (*flow.OpenBook, *billing.Subscription, error) {
	contract, err := tx.SubscriptionContract(id)
	if err != nil {
		return nil, nil, err
	}
	book, err := tx.BookRead(contract)
	if err != nil {
		return nil, nil, err
	}
	at := slices.IndexFunc(book.Subscriptions, func(s billing.Subscription) bool { return s.ID == id })
	if at < 0 {
		return nil, nil, flow.ErrUnknown
	}
	return book, &book.Subscriptions[at], nil
}

// move leaves a subscription today and sells it anew. What was said of it stays: seats,
// its own price, what is left of its term, what it is at the provider.
func (p *Play) move(ctx context.Context, m *moving) error {
	today := p.Today()
	var events []flow.Event
	if err := p.Store.Read(ctx, func(tx flow.Tx) error {
		book, s, err := subscriptionOf(tx, m.from)
		if err != nil {
			return err
		}
		catalog, err := tx.CatalogGet(false)
		if err != nil {
			return err
		}
		events, err = movingEvents(tx, m, book, s, today, &catalog.Catalog)
		return err
	}); err != nil || len(events) == 0 {
		return err
	}
	return p.Record(ctx, events, actor())
}

func movingEvents(tx flow.Tx, m *moving, book *flow.OpenBook, s *billing.Subscription, today calendar.Date, catalog *billing.Catalog) ([]flow.Event, error) {
	c := &book.Contract
	state := billing.StateOn(c, s, today)
	name := movedName(string(s.ID), today)
	leave := flow.Event{Do: flow.DoCancel, On: today, Effective: today, ID: name + ": left", Subscription: s.ID, FromProvider: true}
	start := today
	switch {
	case !state.Exists:
		return nil, nil
	case !m.starts.IsZero(), today.Before(state.Start):
		leave = flow.Event{Do: flow.DoVoid, On: today, Effective: today, ID: name + ": left", Voids: string(s.ID), FromProvider: true}
		if start = calendar.Latest(today, state.Start); !m.starts.IsZero() {
			start = m.starts
		}
		if today.Before(state.Start) {
			state = billing.StateOn(c, s, state.Start)
		}
	case !state.Runs || !state.CancelledFrom.IsZero():
		return nil, nil
	}
	again := flow.Event{
		Do: flow.DoSubscribe, On: today, Effective: start, ID: name, Contract: m.to, SKU: s.SKU, Quantity: state.Quantity, HasQuantity: true, TermMonths: s.TermMonths,
		Billing: s.Billing, Unit: s.PriceUnit, AutoRenew: state.Renews, HasAutoRenew: s.TermMonths > 0, Discount: s.Discount, PerParent: s.PerParent, Ends: m.ends,
		Markup: s.Markup, HasMarkup: s.HasMarkup, Minimum: s.Minimum, HasMinimum: s.HasMinimum, Smooth: s.Smooth, Holding: s.Holding, FromProvider: true,
	}
	if m.ends.IsZero() && m.starts.IsZero() && s.TermMonths > 0 && start.After(state.Term.From) && start.Before(state.Term.To) {
		again.Ends = state.Term.To // What is left of the term goes with it.
	}
	if state.HasPrice {
		own, err := billing.NewPlanner(catalog).OfferOn(&book.Book, s, money.DecimalOf(1), today, calendar.Date{})
		if err != nil {
			return nil, err
		}
		again.Price, again.HasPrice = own.Price, true
	}
	if s.Parent != "" {
		parent := billing.SubscriptionID(movedName(string(s.Parent), today))
		if _, err := tx.SubscriptionContract(parent); err == nil {
			again.Parent = parent
		} else if again.Parent = s.Parent; m.to != c.ID {
			return nil, fmt.Errorf("%s: what it is a part of has not moved: %w", s.ID, err)
		}
	}
	events := []flow.Event{leave, again}
	if state.Suspended {
		events = append(events, flow.Event{Do: flow.DoSuspend, On: today, Effective: start, ID: name + ": suspended", Subscription: billing.SubscriptionID(name), FromProvider: true})
	}
	return events, nil
}

// termsFit refuses terms that cannot stand beside each other (BILLING §3, §5).
func termsFit(at flow.Source, c *billing.Contract) error {
	switch {
	case c.Schedule == billing.Mirror:
		return wrong(at, "schedule: contract %s is billed by the provider's rows, and those that are to come are not known", c.ID)
	case c.Collect == billing.Upcoming && (c.Schedule != billing.Flexi || c.Timing != billing.Advance):
		return wrong(at, "collect: upcoming goes with schedule flexi and timing advance")
	case c.Reductions == billing.ReductionsWithinWindow && c.Refunds.Policy != billing.RefundWithinDays:
		return wrong(at, "reductions: within_window needs refunds within_days")
	case c.Changes.Policy == billing.Monthly && c.Changes.Day == 0:
		return wrong(at, "changes_day: the day of the month is needed")
	}
	return nil
}

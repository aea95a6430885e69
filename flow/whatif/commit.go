package whatif

import (
	"cmp"
	"context"
	"slices"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// Commitment is who is bound to pay what on the day that is compared, for one
// customer in one currency, both sides beside each other.
type Commitment struct {
	Account           billing.AccountID
	Name              string
	Currency          money.Currency
	Baseline, Changed Bound
}

// Bound is money that somebody is bound to pay, counted by the day as Exposure is.
type Bound struct {
	// Customer is what the customer is bound to pay us for days to come, before tax.
	Customer money.Amount
	// Provider is what we are bound to pay providers, Uncovered the part of it that no
	// customer is bound to.
	Provider, Uncovered money.Amount
	// Unknown is of how many holdings the cost is not known.
	Unknown int
	// CustomerUntil and ProviderUntil are the first days on which the last of them is free.
	CustomerUntil, ProviderUntil calendar.Date
}

// commitments adds up the side in hand. Where a provider's holdings are followed they are
// taken as they will be on the day: renewed where their term has ended by then, with the
// seats that are sold. What nobody follows is taken to be bought for its own term.
func (s *adding) commitments(ctx context.Context, f *forkedFlow, costs *costing) error {
	followed := map[billing.SubscriptionID]calendar.Date{}
	var exposures []flow.Exposure
	err := f.EachHeld(ctx, "", func(held *flow.HeldSubscriptions) error {
		f.hold(held)
		exposure, bound := f.ExposureOf(held)
		for _, found := range held.Found {
			followed[found.Subscription.ID] = exposure.Until
		}
		if bound {
			exposures = append(exposures, exposure)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, id := range sortedSold(costs.sold) {
		sold := costs.sold[id]
		if _, known := followed[id]; !known {
			if exposure, bound := f.unfollowed(sold, costs, s.names); bound {
				exposures = append(exposures, exposure)
				followed[id] = exposure.Until
			}
		}
		if err := s.customerBound(f, sold, followed[id], costs.catalog); err != nil {
			return err
		}
	}
	for i := range exposures {
		s.providerBound(&exposures[i])
	}
	return nil
}

func sortedSold(sold map[billing.SubscriptionID]*soldAt) (ids []billing.SubscriptionID) {
	for id := range sold {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// hold takes a holding to today: what is sold is held, and what ended has renewed.
func (f *forkedFlow) hold(held *flow.HeldSubscriptions) {
	kept := *held.Kept
	h, today := &kept.Holding, f.Today()
	var billed money.Ratio
	for _, found := range held.Found {
		billed = billed.Add(flow.BilledSeats(found.Book, found.Subscription, today))
	}
	renewed := false
	for h.TermMonths > 0 && !h.EndsAt.IsZero() && !f.DayOf(h.EndsAt).After(today) && billed.Sign() > 0 {
		h.StartsAt = h.EndsAt
		next := f.DayOf(h.EndsAt).AddMonths(h.TermMonths)
		h.EndsAt, renewed = (&forkClock{next, f.Zone}).Now(), true
	}
	if renewed || billed.Cmp(h.Quantity.Ratio()) > 0 {
		h.Quantity = money.DecimalFrom(billed, 0, flow.CostDigits)
	}
	held.Kept = &kept
}

// unfollowed is the exposure of a subscription that has no holding, as if it were bought
// for its term.
func (f *forkedFlow) unfollowed(sold *soldAt, costs *costing, names map[billing.AccountID]string) (flow.Exposure, bool) {
	c, s, today := &sold.book.Contract, sold.s, f.Today()
	state := billing.StateOn(c, s, today)
	if !state.Runs || state.Term.Empty() || s.Kind == billing.Usage || c.Schedule == billing.Mirror {
		return flow.Exposure{}, false
	}
	noon := func(day calendar.Date) time.Time { return (&forkClock{day, f.Zone}).Now() }
	h := flow.Holding{ID: string(s.ID), SKU: s.SKU, Quantity: money.DecimalFrom(flow.BilledSeats(sold.book, s, today), 0, flow.CostDigits), Status: flow.HoldingActive,
		TermMonths: s.TermMonths, Billing: s.Billing, EndsAt: noon(state.Term.To)} // A shortened term costs as much a day as a whole one.
	list := flow.DefaultList
	for _, one := range sold.book.Lists {
		if _, known := costs.catalog.CostOn(one, s.SKU, c.Currency, s.TermMonths, max(1, s.Billing.Months), state.Term.From); known {
			list = one
			break
		}
	}
	return f.ExposureOf(&flow.HeldSubscriptions{
		Kept: &flow.KeptHolding{Holding: h}, Connection: &flow.Connection{Currency: c.Currency, List: list}, Account: c.Account, Name: names[c.Account],
		Found: []flow.FoundSubscription{{Book: sold.book, Subscription: s}}, Catalog: costs.catalog,
	})
}

// bound is the row of a customer and a currency on the side in hand.
func (s *adding) bound(account billing.AccountID, currency money.Currency) *Bound {
	at := slices.IndexFunc(s.answer.Commitments, func(c Commitment) bool { return c.Account == account && c.Currency == currency })
	if at < 0 {
		nothing := money.NewAmount(0, currency)
		zero := Bound{Customer: nothing, Provider: nothing, Uncovered: nothing}
		s.answer.Commitments = append(s.answer.Commitments, Commitment{Account: account, Name: s.names[account], Currency: currency, Baseline: zero, Changed: zero})
		slices.SortFunc(s.answer.Commitments, func(a, b Commitment) int {
			return cmp.Or(cmp.Compare(a.Currency.String(), b.Currency.String()), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Account, b.Account))
		})
		return s.bound(account, currency)
	}
	if s.changed {
		return &s.answer.Commitments[at].Changed
	}
	return &s.answer.Commitments[at].Baseline
}

func (s *adding) providerBound(e *flow.Exposure) {
	if !e.CostKnown {
		s.bound(e.Account, money.Currency{}).Unknown++
		return
	}
	bound := s.bound(e.Account, e.Cost.Currency())
	bound.Provider, bound.Uncovered = bound.Provider.Add(e.Cost), bound.Uncovered.Add(e.Uncovered)
	bound.ProviderUntil = calendar.Latest(bound.ProviderUntil, e.Until)
}

// customerBound adds what a customer pays for a subscription until they may leave: its
// seats at the price of today, by the day, less the discounts that all seats have.
func (s *adding) customerBound(f *forkedFlow, sold *soldAt, provider calendar.Date, catalog *billing.Catalog) error {
	book, sub, today := sold.book, sold.s, f.Today()
	c := &book.Contract
	if sub.Kind == billing.Usage || sub.Parent != "" || c.Schedule == billing.Mirror {
		return nil
	}
	until, _ := flow.CommittedUntil(c, sub, today, provider)
	days := calendar.Period{From: today, To: until}
	if days.Empty() {
		return nil
	}
	state := billing.StateOn(c, sub, today)
	lock, months := today, sub.Billing.Months
	if !state.Term.Empty() {
		lock = state.Term.From
	}
	if c.Schedule == billing.Aligned {
		months = c.Frequency.Months
	}
	offer, err := billing.NewPlanner(catalog).OfferOn(&book.Book, sub, state.Quantity, lock, calendar.Date{})
	if err != nil {
		return nil //nolint:nilerr // What cannot be priced cannot be billed either, and is told with that.
	}
	span := calendar.Period{From: lock, To: lock.AddMonths(months)}
	if !state.Term.Empty() {
		span = state.Term
		offer.Full = offer.Full.Mul(money.Fraction(int64(sub.TermMonths), int64(max(1, billingMonths(c, sub)))))
		if natural := span.From.AddMonths(sub.TermMonths); natural.After(span.To) {
			span.To = natural
		}
	}
	left := offer.Full.Mul(money.Fraction(int64(days.Days()), int64(span.Days())))
	for _, d := range []*billing.Discount{&sub.Discount, &c.Discount} {
		if !d.Percent.IsZero() && !d.Initial && !today.Before(d.From) && (d.To.IsZero() || today.Before(d.To)) {
			left = left.Mul(money.One().Sub(d.Percent.Ratio().Div(money.Whole(100))))
		}
	}
	amount, err := money.RoundTo(left, c.Currency)
	if err != nil {
		return err
	}
	bound := s.bound(c.Account, c.Currency)
	bound.Customer, bound.CustomerUntil = bound.Customer.Add(amount), calendar.Latest(bound.CustomerUntil, until)
	return nil
}

// billingMonths is the length of a subscription's billing period.
func billingMonths(c *billing.Contract, s *billing.Subscription) int {
	if c.Schedule == billing.Aligned {
		return c.Frequency.Months
	}
	return s.Billing.Months
}

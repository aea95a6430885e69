package billing_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// A period costs what its days cost: whatever happened in it, in whatever order it
// became known, its lines add up to the price of each day's state, but for the
// rounding of each line. Without refunds a day costs what the dearest until then
// would, and without proration the period what its dearest day would.
func TestAPeriodCostsItsDays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawStory(t, ending, recurring, timeless, daily)
		p := played(t, s)
		for i := range s.log.Subscriptions {
			sub := &s.log.Subscriptions[i]
			if sub.Kind == billing.Usage || sub.Parent != "" {
				continue
			}
			billed := map[calendar.Date]int64{}
			for _, l := range p.standing() {
				if l.Key.Subscription == sub.ID {
					billed[l.Key.Period] += l.Amount.Minor()
				}
			}
			// Half a unit for each state, written or too little to be written.
			most := money.NewAmount(int64(len(sub.Entries)+1), s.contract.Currency).Ratio().Div(money.Whole(2))
			cost := costs(s, sub)
			for from := range billed {
				cost[from] = cost[from].Add(money.Ratio{})
			}
			for from, exact := range cost {
				off := money.NewAmount(billed[from], s.contract.Currency).Ratio().Sub(exact).Abs()
				if off.Cmp(most) > 0 {
					t.Fatalf("%s\nthe period of %s from %s costs %s, and %d is billed\n%s", s, sub.ID, from, money.DecimalFrom(exact, 2, 6), billed[from], draftsText(p.drafts))
				}
			}
		}
	})
}

// daily leaves a contract of which each day has its price: one row a product, and
// discounts that hold always and for all. Where nothing is refunded, nothing ends
// before the contract, and prices stay.
func daily(g gen) {
	s := g.s
	s.contract.Refunds = billing.Refunds{Policy: pick(g, billing.RefundProrated, billing.RefundNone)}
	s.contract.Proration = pick(g, billing.ByDays, billing.ByDays, billing.ByNothing)
	if s.contract.Reductions == billing.ReductionsWithinWindow {
		s.contract.Reductions = billing.ReductionsAllowed
	}
	lasting := s.contract.Refunds.Policy == billing.RefundNone || s.contract.Proration == billing.ByNothing
	if lasting {
		for i := range s.facts {
			f := &s.facts[i]
			if f.entry.HasAutoRenew = false; f.do == doStart {
				f.sub.Entries[0].HasAutoRenew = false
			}
		}
		s.facts = slices.DeleteFunc(s.facts, func(f fact) bool { return f.entry.Verb == billing.SetPrice || f.do == doVoid })
	}
	for sku, rows := range s.catalog.Prices {
		row := rows[0]
		row.Currency = s.contract.Currency
		if row.Rule.Of != billing.NoRule {
			row.Rule = billing.Rule{}
		}
		if lasting && (row.Model == billing.Volume || row.Model == billing.Stairstep) {
			// More seats can be cheaper, and that is credited.
			row.Model, row.Tiers = billing.PerUnit, nil
		}
		s.catalog.Prices[sku] = []billing.PriceRow{row}
	}
	always := func(d *billing.Discount) { *d = billing.Discount{Percent: d.Percent} }
	always(&s.contract.Discount)
	for i := range s.facts {
		always(&s.facts[i].sub.Discount)
		if s.facts[i].entry.Verb == billing.ScheduleChange {
			s.facts[i].entry.HasPrice = false
		}
	}
}

// costs are what the days of each period cost, exactly.
func costs(s *story, sub *billing.Subscription) map[calendar.Date]money.Ratio {
	cost, dearest := map[calendar.Date]money.Ratio{}, map[calendar.Date]money.Ratio{}
	if sub.Entries[0].Waiting || !sub.Entries[0].VoidedOn.IsZero() {
		return cost
	}
	for day := calendar.Latest(s.contract.Start, sub.Entries[0].EffectiveOn); day.Before(s.contract.End); day = day.AddDays(1) {
		whole, months := periodOf(s, sub, day)
		full := fullOn(s, sub, day, months)
		if s.contract.Refunds.Policy == billing.RefundNone || s.contract.Proration == billing.ByNothing {
			full = money.Max(full, dearest[whole.From])
			dearest[whole.From] = full
		}
		if s.contract.Proration == billing.ByNothing {
			cost[whole.From] = full
		} else {
			cost[whole.From] = cost[whole.From].Add(full.Div(money.Whole(int64(whole.Days()))))
		}
	}
	return cost
}

// fullOn is the price of a day's state for a whole period.
func fullOn(s *story, sub *billing.Subscription, day calendar.Date, months int) money.Ratio {
	seats, runs := billing.QuantityOn(&s.contract, sub, day)
	price, own, suspended := stateOn(sub, day)
	if !runs || seats.IsZero() || suspended && s.contract.SuspendedFree {
		return money.Ratio{}
	}
	full := seats.Ratio().Mul(price.Ratio()).Mul(money.Fraction(int64(months), int64(sub.PriceUnit.Months)))
	if !own {
		row := &s.catalog.Prices[sub.SKU][0]
		full = modelled(row, seats.Ratio()).Mul(money.Fraction(int64(months), int64(row.Unit.Months)))
	}
	for _, off := range []money.Decimal{sub.Discount.Percent, s.contract.Discount.Percent} {
		full = full.Mul(money.One().Sub(off.Ratio().Div(money.Whole(100))))
	}
	return full
}

// stateOn is the own price of a day, and whether it is one of a suspension.
func stateOn(sub *billing.Subscription, day calendar.Date) (price money.Decimal, own, suspended bool) {
	price, own = sub.Entries[0].Price, sub.Entries[0].HasPrice
	priced, changed := calendar.Date{}, calendar.Date{}
	for i := range sub.Entries[1:] {
		e := &sub.Entries[i+1]
		if !e.VoidedOn.IsZero() || e.EffectiveOn.After(day) {
			continue
		}
		if e.Verb == billing.SetPrice && !e.EffectiveOn.Before(priced) {
			price, own, priced = e.Price, true, e.EffectiveOn
		}
		if (e.Verb == billing.Suspend || e.Verb == billing.Resume) && !e.EffectiveOn.Before(changed) {
			suspended, changed = e.Verb == billing.Suspend, e.EffectiveOn
		}
	}
	return price, own, suspended
}

// modelled is the price of a quantity by the words of BILLING §4.
func modelled(row *billing.PriceRow, quantity money.Ratio) (sum money.Ratio) {
	quantity = quantity.Sub(row.Included.Ratio())
	if quantity.Sign() <= 0 {
		return money.Ratio{}
	}
	var below money.Ratio
	for _, tier := range row.Tiers {
		inside := tier.Open || quantity.Cmp(tier.UpTo.Ratio()) <= 0
		switch {
		case row.Model == billing.Graduated && inside:
			return sum.Add(quantity.Sub(below).Mul(tier.Price.Ratio())).Add(tier.Flat.Ratio())
		case row.Model == billing.Graduated:
			sum = sum.Add(tier.UpTo.Ratio().Sub(below).Mul(tier.Price.Ratio())).Add(tier.Flat.Ratio())
			below = tier.UpTo.Ratio()
		case inside && row.Model == billing.Volume:
			return quantity.Mul(tier.Price.Ratio()).Add(tier.Flat.Ratio())
		case inside:
			return tier.Price.Ratio().Add(tier.Flat.Ratio())
		}
	}
	if row.Model == billing.Package {
		packages := int64(0)
		for held := (money.Ratio{}); held.Cmp(quantity) < 0; held = held.Add(row.Size.Ratio()) {
			packages++
		}
		return money.Whole(packages).Mul(row.Price.Ratio())
	}
	return quantity.Mul(row.Price.Ratio())
}

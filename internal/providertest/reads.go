package providertest

import (
	"errors"
	"maps"
	"slices"

	"prorata/flow"
)

func identified(v *verdict, f Fixture) {
	if !f.Provider.Abilities().Holdings {
		if len(f.Holdings) > 0 {
			v.say("it says that it tells no holdings, and has those of %d customers", len(f.Holdings))
		}
		v.skip("no holdings")
		return
	}
	var customers []string
	for _, c := range whole(v, "customers", f.Provider.Customers(v.ctx)) {
		customers = append(customers, c.ID)
		if c.ID == "" || c.Name == "" {
			v.say("a customer without id or name: %+v", c)
		}
	}
	slices.Sort(customers)
	if want := slices.Sorted(maps.Keys(f.Holdings)); !slices.Equal(customers, want) {
		v.say("customers %q (expected %q)", customers, want)
	}
	whose := map[string]string{}
	for customer, want := range f.Holdings {
		var ids []string
		for _, h := range whole(v, "holdings of "+customer, f.Provider.Holdings(v.ctx, customer)) {
			ids = append(ids, h.ID)
			if other, again := whose[h.ID]; again {
				v.say("holding %s is given twice, to %s and %s", h.ID, other, customer)
			}
			whose[h.ID] = customer
			if h.Customer != "" && h.Customer != customer {
				v.say("holding %s of %s says that it is %s's", h.ID, customer, h.Customer)
			}
			if h.Quantity.Sign() < 0 {
				v.say("holding %s: quantity %s", h.ID, h.Quantity)
			}
			if !h.EndsAt.IsZero() && h.EndsAt.Before(h.StartsAt) {
				v.say("holding %s ends at %s, before it starts at %s", h.ID, h.EndsAt, h.StartsAt)
			}
		}
		slices.Sort(ids)
		want = slices.Sorted(slices.Values(want))
		if !slices.Equal(ids, want) {
			v.say("holdings of %s: %q (expected %q)", customer, ids, want)
		}
	}
}

func agreeing(v *verdict, f Fixture) {
	some := ""
	for customer := range f.Holdings {
		some = customer
		for _, h := range whole(v, "holdings of "+customer, f.Provider.Holdings(v.ctx, customer)) {
			alone, err := f.Provider.HoldingGet(v.ctx, customer, h.ID)
			if !v.must("HoldingGet "+h.ID, err) {
				continue
			}
			if got, want := written(alone), written(h); got != want {
				v.say("holding %s alone is not the one of the list:\n%s\n%s", h.ID, got, want)
			}
		}
	}
	if _, err := f.Provider.HoldingGet(v.ctx, some, reference(404)); !errors.Is(err, flow.ErrUnknown) {
		v.say("HoldingGet of a holding that does not exist: %v (expected ErrUnknown)", err)
	}
	for customer := range f.Holdings {
		for other, ids := range f.Holdings {
			if other == customer || len(ids) == 0 {
				continue
			}
			if _, err := f.Provider.HoldingGet(v.ctx, customer, ids[0]); !errors.Is(err, flow.ErrUnknown) {
				v.say("HoldingGet of %s's holding as %s's: %v (expected ErrUnknown)", other, customer, err)
			}
		}
	}
}

func hinting(v *verdict, f Fixture) {
	if !f.Provider.Abilities().Events {
		v.skip("no events")
		return
	}
	seen := map[string]bool{}
	for _, e := range whole(v, "events", f.Provider.Events(v.ctx, f.SinceAt)) {
		if e.ID == "" || seen[e.ID] {
			v.say("an event whose id is missing or was there: %+v", e)
		}
		seen[e.ID] = true
		if e.Kind == "" || (e.Customer == "" && e.Holding == "" && e.Invoice == "") {
			v.say("an event that does not say what to read anew: %+v", e)
		}
		if e.At.Before(f.SinceAt) {
			v.say("an event from before %s: %+v", f.SinceAt, e)
		}
	}
}

func pricing(v *verdict, f Fixture) {
	if !f.Provider.Abilities().PriceSheets {
		v.skip("no price sheets")
		return
	}
	for _, row := range whole(v, "price sheet", f.Provider.PriceSheet(v.ctx, f.Prices)) {
		switch {
		case row.SKU == "" || row.Currency.IsZero() || row.From.IsZero():
			v.say("a price without SKU, currency or first day: %s", written(row))
		case row.Cost.Sign() < 0 || row.Retail.Sign() < 0:
			v.say("a negative price: %s", written(row))
		case !row.To.IsZero() && !row.From.Before(row.To):
			v.say("a price that ends before it begins: %s", written(row))
		case row.HasTierFrom && row.HasTierTo && row.TierTo.Cmp(row.TierFrom) < 0:
			v.say("a tier that ends before it begins: %s", written(row))
		case (row.Billing.Name == "") != (row.Billing.Months == 0):
			v.say("a billing period with a name or months alone: %s", written(row))
		}
	}
}

func rating(v *verdict, f Fixture) {
	can := f.Provider.Abilities()
	if !can.Rates && !can.Promotions {
		v.skip("no rates, no promotions")
		return
	}
	if can.Rates {
		for _, r := range whole(v, "rates", f.Provider.Rates(v.ctx, f.Month)) {
			if r.Rate.Sign() <= 0 || r.From == r.To || r.From.IsZero() || r.To.IsZero() || r.On.IsZero() {
				v.say("a rate that cannot be one: %+v", r)
			}
		}
	}
	if can.Promotions {
		for _, p := range whole(v, "promotions", f.Provider.Promotions(v.ctx, f.Country, f.Segment)) {
			if p.ID == "" || p.SKU == "" || p.Percent.Sign() < 0 || (!p.To.IsZero() && !p.From.Before(p.To)) {
				v.say("a promotion that cannot be one: %+v", p)
			}
		}
	}
}

// honest asks for everything that is not offered, and sees that only that is.
func honest(v *verdict, f Fixture) {
	for _, tap := range taps(f) {
		r := readAll(tap.open(v.ctx))
		if got := errors.Is(r.end, flow.ErrNotOffered); got == tap.offered {
			v.say("%s: offered is %t, and reading it gives %v", tap.of, tap.offered, r.end)
		}
	}
	can := f.Provider.Abilities()
	order := flow.ProviderOrder{Reference: reference(1), Customer: "nobody", SKU: "nothing"}
	if !can.Order {
		_, placed := f.Provider.Order(v.ctx, order)
		_, found := f.Provider.OrderFind(v.ctx, order)
		if !errors.Is(placed, flow.ErrNotOffered) || !errors.Is(found, flow.ErrNotOffered) {
			v.say("orders are not offered: Order gives %v, OrderFind %v", placed, found)
		}
	}
	change := func(what string, offered bool, set func(*flow.ProviderChange)) {
		c := flow.ProviderChange{Reference: reference(2), Customer: "nobody", Holding: "nothing"}
		if f.Change != nil {
			c.Customer, c.Holding = f.Change.Customer, f.Change.Holding
		}
		set(&c)
		if _, err := f.Provider.Change(v.ctx, c); !offered && !errors.Is(err, flow.ErrNotOffered) {
			v.say("%s is not offered, and gives %v", what, err)
		} else if offered && errors.Is(err, flow.ErrNotOffered) {
			v.say("%s is offered, and gives %v", what, err)
		}
	}
	if f.Change != nil || !can.Change {
		change("a change of quantity", can.Change, func(c *flow.ProviderChange) {
			c.HasQuantity = true
			if f.Change != nil {
				c.Quantity = f.Change.Quantity
			}
		})
	}
	change("suspension", can.Suspend, func(c *flow.ProviderChange) { c.Suspend = true })
	change("resumption", can.Suspend, func(c *flow.ProviderChange) { c.Resume = true })
	change("scheduling", can.Schedule, func(c *flow.ProviderChange) { c.NextNone = true })
	change("cancellation", can.Cancel, func(c *flow.ProviderChange) { c.Cancel = true })
}

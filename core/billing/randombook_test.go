package billing_test

import (
	"slices"
	"strconv"

	"pgregory.net/rapid"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// gen draws a story.
type gen struct {
	*rapid.T
	s *story
}

// one says yes once in so many times, and no where it can be left out.
func (g gen) one(in int) bool { return g.n(0, in-1) == in-1 }

func (g gen) n(low, high int) int { return rapid.IntRange(low, high).Draw(g.T, "n") }

func pick[V any](g gen, from ...V) V { return rapid.SampledFrom(from).Draw(g.T, "v") }

func date(text string) calendar.Date {
	day, err := calendar.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return day
}

func dec(text string) money.Decimal {
	d, err := money.ParseDecimal(text)
	if err != nil {
		panic(err)
	}
	return d
}

func currency(code string) money.Currency {
	c, err := money.ParseCurrency(code)
	if err != nil {
		panic(err)
	}
	return c
}

// price is a decimal from 0 to nearly 1,000 with up to four places.
func (g gen) price() money.Decimal {
	whole := strconv.Itoa(pick(g, 10, 0, 1, 7, 24, 99, 930))
	return dec(whole + pick(g, "", ".00", ".95", ".5", ".3333", ".07", ".999"))
}

func (g gen) seats(least int) money.Decimal {
	switch g.n(0, 9) {
	case 9:
		return dec(pick(g, "2.5", "0.25", "7.125"))
	case 8:
		return money.DecimalOf(int64(g.n(50, 120)))
	default:
		return money.DecimalOf(int64(g.n(least, 12)))
	}
}

func (g gen) percent() money.Decimal { return dec(pick(g, "10", "50", "33.3", "7.25", "100", "1")) }

var units = []billing.Unit{{Name: "monthly", Months: 1}, {Name: "quarterly", Months: 3}, {Name: "annual", Months: 12}, {Name: "semiannual", Months: 6}, {Name: "bimonthly", Months: 2}, {Name: "triennial", Months: 36}}

// near is a day around another.
func (g gen) near(day calendar.Date, before, after int) calendar.Date {
	return day.AddDays(g.n(0, before+after) - before)
}

func (g gen) contract() billing.Contract {
	start := date(pick(g, "2024-01-01", "2024-01-31", "2024-02-29", "2023-12-30", "2024-01-15", "2023-08-31", "2024-04-30"))
	c := billing.Contract{
		ID: "c", Account: "a", Start: start, Currency: currency(pick(g, "USD", "EUR", "JPY", "KWD")),
		Schedule: pick(g, billing.Aligned, billing.Flexi, billing.Aligned, billing.Flexi, billing.Mirror), Frequency: pick(g, units[:5]...), Timing: pick(g, billing.Advance, billing.Advance, billing.Arrears),
		Proration: pick(g, billing.ByDays, billing.ByDays, billing.ByDays30, billing.ByMonths, billing.ByNothing),
		Changes:   g.changes(), Refunds: billing.Refunds{Policy: pick(g, billing.RefundProrated, billing.RefundProrated, billing.RefundNone, billing.RefundWithinDays)},
		RatePolicy: pick(g, billing.RateOfTerm, billing.RateOfInvoice), SuspendedFree: g.one(2), Stick: g.one(4),
	}
	if g.one(3) {
		c.End = start.AddMonths(g.n(3, 20)).AddDays(g.n(0, 20))
	}
	if g.one(3) {
		c.NextInvoice = g.near(start, 45, 75)
	}
	if g.one(4) {
		c.OffsetDays = g.n(0, 40) - 20
	}
	if c.Schedule == billing.Flexi && c.Timing == billing.Advance && g.one(3) {
		c.Collect = billing.Upcoming
	}
	if c.Refunds.Policy == billing.RefundWithinDays {
		c.Refunds.Days = g.n(0, 40)
	}
	if g.one(4) {
		c.Reductions = billing.ReductionsForbidden
		if c.Refunds.Policy == billing.RefundWithinDays {
			c.Reductions = billing.ReductionsWithinWindow
		}
	}
	if g.one(3) {
		c.Discount = g.discount(start)
	}
	return c
}

func (g gen) changes() billing.Changes {
	changes := billing.Changes{Policy: pick(g, billing.WithNextInvoice, billing.Immediately, billing.Weekly, billing.Monthly, billing.AtRenewal)}
	switch changes.Policy {
	case billing.Weekly:
		changes.Day = g.n(0, 6)
	case billing.Monthly:
		changes.Day = g.n(1, 31)
	}
	return changes
}

func (g gen) discount(around calendar.Date) billing.Discount {
	d := billing.Discount{Percent: g.percent(), Initial: g.one(3)}
	if g.one(3) {
		d.From = g.near(around, 30, 200)
	}
	if g.one(3) {
		d.To = g.near(calendar.Latest(around, d.From), 0, 300)
	}
	return d
}

// skus are what is sold: two licences, a service, two meters, of which one can
// have a rate card, and a thing sold once.
var skus = []string{"licence", "suite", "service", "meter", "card", "once"}

func (g gen) prices() {
	g.s.catalog = billing.Catalog{Taxes: taxes, Prices: map[string][]billing.PriceRow{}}
	for _, sku := range skus {
		if sku == "meter" {
			continue
		}
		if sku != "card" || g.one(2) {
			// There is always one row that serves, at last.
			row := g.row(sku, billing.DefaultList)
			row.TermMonths, row.From = 0, calendar.Date{}
			row.Cost, row.Retail, row.HasCost, row.HasRetail = g.price(), g.price(), true, true
			g.addRow(row)
		}
		for range g.n(0, 3) {
			g.addRow(g.row(sku, pick(g, "default", "gold", "silver")))
		}
	}
	g.rates()
}

func (g gen) addRow(row billing.PriceRow) {
	rows := g.s.catalog.Prices[row.SKU]
	row.Seq = int64(len(rows) + 1)
	if len(rows) > 0 {
		row.KnownOn = calendar.Latest(row.KnownOn, rows[len(rows)-1].KnownOn)
	}
	g.s.catalog.Prices[row.SKU] = append(rows, row)
}

func (g gen) row(sku, list string) billing.PriceRow {
	start := g.s.contract.Start
	row := billing.PriceRow{SKU: sku, List: list, Currency: g.s.contract.Currency, Unit: pick(g, units[:4]...), Price: g.price()}
	if g.one(4) {
		row.Currency = currency(pick(g, "USD", "EUR", "JPY"))
	}
	if g.one(3) {
		row.TermMonths = pick(g, 1, 12, 36)
	}
	if g.one(3) {
		row.From = g.near(start, 100, 400)
	}
	if g.one(4) {
		row.KnownOn = g.near(start, 20, 400)
	}
	row.TaxIncluded = g.one(5)
	if g.one(4) {
		row.Rule = billing.Rule{Of: pick(g, billing.OfCost, billing.OfRetail), Percent: dec(pick(g, "20", "-8", "0", "33.3")), Margin: g.one(3)}
		if g.one(2) {
			row.Cost, row.Retail, row.HasCost, row.HasRetail = g.price(), g.price(), true, true
		}
		return row
	}
	if row.Model = pick(g, billing.PerUnit, billing.PerUnit, billing.Volume, billing.Graduated, billing.Package, billing.Stairstep); row.Model == billing.Package {
		row.Size = dec(pick(g, "1", "5", "100", "2.5"))
	}
	if g.one(4) {
		row.Included = g.seats(0)
	}
	if row.Model == billing.Volume || row.Model == billing.Graduated || row.Model == billing.Stairstep {
		for upTo := 0; g.one(2) && len(row.Tiers) < 3; {
			upTo += g.n(1, 10)
			row.Tiers = append(row.Tiers, g.tier(billing.Tier{UpTo: money.DecimalOf(int64(upTo))}))
		}
		row.Tiers = append(row.Tiers, g.tier(billing.Tier{Open: true}))
	}
	return row
}

func (g gen) tier(tier billing.Tier) billing.Tier {
	tier.Price = g.price()
	if g.one(3) {
		tier.Flat = g.price()
	}
	return tier
}

// rates give every pair a rate from long ago, and some later ones.
func (g gen) rates() {
	for _, from := range []string{"USD", "EUR", "JPY", "KWD"} {
		if currency(from) == g.s.contract.Currency {
			continue
		}
		for i := range 1 + g.n(0, 2) {
			rate := billing.Rate{On: date("2023-01-01"), From: currency(from), To: g.s.contract.Currency, Rate: dec(pick(g, "2", "0.9", "1.0837", "0.3333"))}
			if i > 0 {
				rate.On = g.near(g.s.contract.Start, 60, 400)
				rate.KnownOn = g.near(rate.On, 5, 60)
			}
			g.s.catalog.Rates = append(g.s.catalog.Rates, rate)
		}
	}
}

var taxes = map[string]billing.Tax{
	"vat":     {Name: "vat", Percent: money.DecimalOf(20)},
	"reduced": {Name: "reduced", Percent: money.DecimalOf(7)},
	"reverse": {Name: "reverse", Category: billing.ReverseCharge},
	"exempt":  {Name: "exempt", Category: billing.Exempt, Percent: money.DecimalOf(5)},
}

func (g gen) tax() string { return pick(g, "", "vat", "reduced", "reverse", "exempt") }

// start sells a subscription.
func (g gen) start(id billing.SubscriptionID, on calendar.Date, kinds ...billing.ProductKind) fact {
	c := &g.s.contract
	s := billing.Subscription{ID: id, Contract: c.ID, Kind: pick(g, kinds...), Tax: g.tax(), PriceUnit: units[0], Billing: c.Frequency}
	s.SKU = pick(g, "licence", "suite")
	if s.Kind == billing.Usage {
		s.SKU = pick(g, "meter", "card")
		g.metered(&s)
	}
	if c.Schedule != billing.Aligned {
		s.Billing = pick(g, units...)
	}
	if g.one(3) {
		s.PriceUnit = pick(g, units...)
	}
	effective := on
	if g.one(3) {
		effective = g.near(on, 90, 60)
	}
	s.TermMonths = pick(g, 0, 12, 1, 3, 36)
	if s.TermMonths > 0 && g.one(5) {
		s.Ends = effective.AddDays(g.n(1, 28*s.TermMonths))
	}
	if g.one(4) {
		s.Discount = g.discount(effective)
	}
	if c.Schedule == billing.Mirror && s.Kind != billing.Usage && g.one(2) {
		s.Markup, s.HasMarkup = dec(pick(g, "20", "0", "-5", "12.5")), true
	}
	entry := billing.Entry{Verb: billing.Subscribe, RecordedOn: on, KnownOn: on, EffectiveOn: effective, Quantity: g.seats(0), HasQuantity: true}
	if g.one(3) {
		entry.Price, entry.HasPrice = g.price(), true
	}
	if g.one(4) {
		entry.HasAutoRenew, entry.AutoRenew = true, g.one(3)
	}
	s.Entries = []billing.Entry{entry}
	return fact{on: on, do: doStart, sub: s, id: id}
}

func (g gen) metered(s *billing.Subscription) {
	if g.one(2) {
		s.Markup, s.HasMarkup = dec(pick(g, "20", "0", "-5", "12.5")), true
	}
	if g.one(3) {
		s.Minimum, s.HasMinimum = g.price(), true
	}
	if g.one(3) {
		s.Smooth = billing.Smooth{Over: g.price(), Months: g.n(1, 4)}
	}
}

// entry is one more fact of a subscription's log, most likely while it runs.
func (g gen) entry(start fact) fact {
	began := start.sub.Entries[0].EffectiveOn
	on := calendar.Latest(start.on, began).AddDays(g.n(0, 400))
	e := billing.Entry{EffectiveOn: on}
	if g.one(2) {
		e.EffectiveOn = g.near(on, 90, 60)
	}
	if e.EffectiveOn.Before(began) && !g.one(8) {
		e.EffectiveOn = began
	}
	e.RecordedOn, e.KnownOn = on, on
	e.Verb = pick(g, billing.SetQuantity, billing.SetQuantity, billing.SetQuantity, billing.SetQuantity, billing.SetQuantity, billing.SetPrice, billing.SetPrice,
		billing.Suspend, billing.Resume, billing.ScheduleChange, billing.ScheduleChange, billing.Cancel)
	switch e.Verb {
	case billing.SetQuantity:
		e.Quantity, e.HasQuantity = g.seats(0), true
	case billing.SetPrice:
		e.Price, e.HasPrice = g.price(), true
	case billing.ScheduleChange:
		if e.HasQuantity = g.one(2); e.HasQuantity {
			e.Quantity = g.seats(0)
		}
		if e.HasPrice = g.one(3); e.HasPrice {
			e.Price = g.price()
		}
		if e.HasAutoRenew = g.one(4); e.HasAutoRenew {
			e.AutoRenew = g.one(2)
		}
	}
	return fact{on: on, do: doEntry, id: start.id, entry: e}
}

func (g gen) item(id billing.SubscriptionID, on calendar.Date) fact {
	item := billing.OneTimeItem{ID: id, Contract: g.s.contract.ID, SKU: "once", Tax: g.tax(), On: on, Quantity: g.seats(1), KnownOn: on}
	if g.one(3) {
		item.On = g.near(on, 60, 60)
	}
	if g.one(2) {
		if item.Price, item.HasPrice = g.price(), true; g.one(3) {
			item.Price = item.Price.Neg()
		}
	}
	return fact{on: on, do: doItem, id: id, item: item}
}

func (g gen) usage(id billing.SubscriptionID, on calendar.Date) fact {
	from := g.near(on, 90, 10)
	r := billing.UsageRecord{
		Subscription: id, Period: calendar.Period{From: from, To: from.AddDays(g.n(1, 40))}, Quantity: g.seats(0), KnownOn: on,
	}
	if g.one(5) {
		r.Currency = currency(pick(g, "USD", "EUR", "JPY"))
	}
	if r.HasCost = !g.one(4); r.HasCost {
		r.Cost = g.price()
	}
	if r.HasRetail = !r.HasCost || g.one(3); r.HasRetail {
		r.Retail = g.price()
	}
	if g.one(6) {
		r.Quantity, r.Cost, r.Retail = r.Quantity.Neg(), r.Cost.Neg(), r.Retail.Neg()
	}
	return fact{on: on, do: doUsage, id: id, usage: r}
}

// drawFacts draws subscriptions and what becomes of them.
func (g gen) drawFacts(most int) {
	s := g.s
	var all []fact
	var meters []billing.SubscriptionID
	add := func(f fact) { s.facts = append(s.facts, f) }
	for i := range 1 + g.n(0, 2) {
		f := g.start(billing.SubscriptionID("s"+strconv.Itoa(i)), g.near(s.contract.Start, 20, 200), billing.License, billing.License, billing.Service, billing.Usage)
		if i > 0 && g.one(5) && s.facts[0].sub.Kind != billing.Usage {
			f.sub.Parent, f.sub.PerParent = s.facts[0].id, money.DecimalOf(2)
		}
		if all = append(all, f); f.sub.Kind == billing.Usage {
			meters = append(meters, f.id)
		}
		add(f)
	}
	for i := range g.n(0, most) {
		on := s.contract.Start.AddDays(g.n(0, 480))
		kind := g.n(0, 15)
		switch {
		case kind == 15:
			add(fact{on: on, do: doVoidInvoice, target: g.n(0, 12)})
		case kind == 14:
			add(fact{on: on, do: doHold})
			add(fact{on: on.AddDays(g.n(0, 60)), do: doRelease})
		case kind >= 12:
			add(fact{on: on, do: doVoid, target: g.n(0, 16)})
		case kind == 11:
			add(g.item(billing.SubscriptionID("i"+strconv.Itoa(i)), on))
		case kind >= 4 && s.contract.Schedule == billing.Mirror:
			add(g.charge(pick(g, all...), on))
		case kind >= 8 && len(meters) > 0:
			add(g.usage(pick(g, meters...), on))
		default:
			add(g.entry(pick(g, all...)))
		}
	}
	slices.SortStableFunc(s.facts, func(a, b fact) int { return a.on.Compare(b.on) })
	if g.one(4) {
		g.recordBefore(g.n(1, 40))
	}
}

// recordBefore has facts recorded some days before billing knows them, as where
// billing ran ahead of its day.
func (g gen) recordBefore(days int) {
	for i := range g.s.facts {
		f := &g.s.facts[i]
		f.entry.RecordedOn = f.on.AddDays(-days)
		if f.do == doStart {
			f.sub.Entries[0].RecordedOn = f.on.AddDays(-days)
		}
	}
}

// drawStory is a random story of one contract, bent to what a law is about.
func drawStory(t *rapid.T, bends ...func(gen)) *story {
	s := &story{}
	g := gen{t, s}
	s.contract = g.contract()
	s.lists = pick(g, []string{"default"}, []string{"gold", "default"}, []string{"gold", "silver", "default"})
	g.prices()
	g.drawFacts(30)
	s.until = s.contract.Start.AddMonths(pick(g, 20, 26, 40))
	for _, bend := range bends {
		bend(g)
	}
	s.begin()
	s.settle()
	return s
}

// ending gives the contract an end, and time to bill all that was ever owed.
func ending(g gen) {
	c := &g.s.contract
	if c.End.IsZero() {
		c.End = c.Start.AddMonths(g.n(3, 20)).AddDays(g.n(0, 20))
	}
	g.s.until = c.End.AddMonths(84)
}

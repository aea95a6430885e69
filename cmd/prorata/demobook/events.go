package demobook

import (
	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// particular is what one subscription has of its own from its start.
type particular struct {
	subscription billing.SubscriptionID
	// price in cents, for the unit (monthly where none is given).
	price int
	unit  billing.Unit
	// discount in percent, from and to the first of a month of the story (0 for open).
	discount, from, to int
	initial            bool
	// markup on the cost of usage in percent; minimum and over in whole units of the currency.
	markup, minimum, over, spread int
	// budget between two invoices, in whole units of the currency; alerts at 80 and 100 percent.
	budget int
	// ends says that it is not renewed.
	ends bool
}

var particulars = []particular{
	{subscription: "brennhof-azure-azure", markup: 12, budget: 2500},
	{subscription: "lindtorf-azure-azure", markup: 10, budget: 4000},
	{subscription: "windhamm-azure-azure", markup: 15, minimum: 900},
	{subscription: "salzgrund-azure-azure", discount: 6},
	{subscription: "dijkzicht-azure-azure", markup: 12},
	{subscription: "marzalba-azure-azure", markup: 18},
	{subscription: "thalassoula-azure-azure", markup: 15},
	{subscription: "harrowmere-m365-azure", discount: 4},
	{subscription: "pennick-azure-azure", markup: 12, over: 3000, spread: 3},
	{subscription: "kestrova-de-m365-azure", markup: 8, budget: 6000},
	{subscription: "kestrova-pl-m365-azure", markup: 8},
	{subscription: "keltersbach-m365-azure", markup: 6},
	{subscription: "zeisig-m365-hours", price: 12900},
	{subscription: "elbrieth-m365-copilot", discount: 15, to: 10},
	{subscription: "harrowmere-m365-copilot", discount: 20, from: 4, to: 9},
	{subscription: "kestrova-de-m365-copilot", discount: 12, initial: true},
	{subscription: "thalassoula-m365-e3", price: 3650},
	{subscription: "trois-charmes-m365-e3", price: 41500, unit: annual},
	{subscription: "terschuur-melk-m365-f3", discount: 5, to: 12},
	{subscription: "brackenfold-m365-e5", ends: true},
}

// consumption is what a usage subscription comes to in a month: in cents of
// cost, or in hundredths of its unit where it has a rate card.
type consumption struct {
	subscription billing.SubscriptionID
	monthly      int
	// growth is per mille and month.
	growth   int
	currency money.Currency
	// retail says that the provider's retail price is told too.
	retail bool
	// peaks are months of twice and a half.
	peaks [2]int
}

var consumptions = []consumption{
	{subscription: "brennhof-azure-azure", monthly: 231000, growth: 25},
	{subscription: "lindtorf-azure-azure", monthly: 154000, growth: 40},
	{subscription: "windhamm-azure-azure", monthly: 61000, growth: 35},
	{subscription: "salzgrund-azure-azure", monthly: 388000, growth: 15, retail: true},
	{subscription: "dijkzicht-azure-azure", monthly: 172000, growth: 30, currency: usd},
	{subscription: "marzalba-azure-azure", monthly: 93000, growth: 60},
	{subscription: "thalassoula-azure-azure", monthly: 127000, growth: 20, currency: usd},
	{subscription: "harrowmere-m365-azure", monthly: 48000, growth: 20, retail: true},
	{subscription: "pennick-azure-azure", monthly: 165000, growth: 10, peaks: [2]int{5, 9}},
	{subscription: "kestrova-de-m365-azure", monthly: 412000, growth: 20},
	{subscription: "kestrova-pl-m365-azure", monthly: 1180000, growth: 30},
	{subscription: "keltersbach-m365-azure", monthly: 36000, growth: 25},
	{subscription: "zeisig-m365-hours", monthly: 450, growth: 0},
	{subscription: "quellstein-m365-hours", monthly: 850, growth: 10},
	{subscription: "saltmarsh-m365-hours", monthly: 300, growth: 0},
	{subscription: "lindtorf-azure-archive", monthly: 410000, growth: 45},
	{subscription: "steinfurth-m365-archive", monthly: 62000, growth: 50},
	{subscription: "thalassoula-m365-archive", monthly: 96000, growth: 30},
}

// moment is something that the story tells whatever the dice say.
type moment struct {
	month, day int
	do         flow.EventVerb
	// of is the subscription, the contract of a new one, the account, or the name
	// of the event taken back.
	of string
	// n is how many seats more or fewer; the quantity of what is new.
	n int
	// lag is how many days after its recording it takes effect.
	lag int
	// price is in cents.
	price int
	// id ends the id of a new subscription or item, or the name of an event that is taken back later.
	id, sku string
	term    int
	// endMonth and endDay shorten the term; ends says that it is not renewed.
	endMonth, endDay int
	ends             bool
}

var moments = []moment{
	// A slip of the hand, put right before it was billed, and one found after; a start, an item and a record that never were.
	{month: 2, day: 9, do: flow.DoQuantity, of: "elbrieth-m365-bp", n: 90, id: "slip"},
	{month: 2, day: 12, do: flow.DoVoid, of: "elbrieth-m365-bp/slip"},
	{month: 3, day: 27, do: flow.DoQuantity, of: "oeverstraten-m365-bp", n: 15, id: "entered-twice"},
	{month: 4, day: 14, do: flow.DoVoid, of: "oeverstraten-m365-bp/entered-twice"},
	{month: 5, day: 20, do: flow.DoSubscribe, of: "harrowmere-m365", n: 6, id: "visio", sku: "VISIO-P2-UK"},
	{month: 6, day: 3, do: flow.DoVoid, of: "harrowmere-m365-visio"},
	{month: 6, day: 10, do: flow.DoOneTime, of: "quellstein-m365", n: 2, id: "training-2", sku: "TRAINING-DAY"},
	{month: 7, day: 14, do: flow.DoVoid, of: "quellstein-m365-training-2"},
	{month: 9, day: 9, do: flow.DoVoid, of: "harrowmere-m365-azure/loaded-twice"},

	// Told late, and for days gone by.
	{month: 6, day: 25, do: flow.DoSubscribe, of: "marzalba-m365", n: 4, lag: -24, id: "visio", sku: "VISIO-P2-EU"},
	{month: 7, day: 22, do: flow.DoQuantity, of: "argyropetra-m365-bp", n: 4, lag: -40},
	{month: 8, day: 14, do: flow.DoCancel, of: "rozovadolina-m365-exo", lag: -20},
	{month: 9, day: 20, do: flow.DoPrice, of: "dijkzicht-m365-e3", price: 3590, lag: -19},
	{month: 9, day: 11, do: flow.DoPrice, of: "belostruy-m365-bp", price: 2090, lag: -35},
	{month: 10, day: 9, do: flow.DoQuantity, of: "keltersbach-m365-backup", n: -6, lag: -31},

	// Prices agreed.
	{month: 5, day: 28, do: flow.DoPrice, of: "thalassoula-m365-e3", price: 3590, lag: 4},
	{month: 6, day: 20, do: flow.DoPrice, of: "lindtorf-m365-e3", price: 3420},
	{month: 8, day: 1, do: flow.DoPrice, of: "kestrova-gr-m365-e3", price: 3310},
	{month: 10, day: 1, do: flow.DoPrice, of: "keltersbach-m365-bp", price: 1890},

	// Terms that end with another.
	{month: 4, day: 3, do: flow.DoSubscribe, of: "pennick-m365", n: 7, id: "visio", sku: "VISIO-P2-UK", term: 12, endMonth: 12, endDay: 15},
	{month: 5, day: 10, do: flow.DoSubscribe, of: "elbrieth-m365", n: 8, id: "powerbi", sku: "POWERBI-PRO", term: 12, endMonth: 12, endDay: 1},
	{month: 6, day: 10, do: flow.DoSubscribe, of: "brennhof-m365", n: 9, id: "visio", sku: "VISIO-P2", term: 12, endMonth: 12, endDay: 1},

	// Seats given back within the week; customers who leave or go down.
	{month: 5, day: 4, do: flow.DoQuantity, of: "pennick-m365-e3", n: 10},
	{month: 5, day: 9, do: flow.DoQuantity, of: "pennick-m365-e3", n: -4},
	{month: 5, day: 18, do: flow.DoCancel, of: "trautwald-m365-backup"},
	{month: 7, day: 16, do: flow.DoCancel, of: "windhamm-m365-exo"},
	{month: 8, day: 20, do: flow.DoCancel, of: "brackenfold-m365-powerbi"},
	{month: 9, day: 3, do: flow.DoQuantity, of: "uhlenbrook-m365-bs", n: -14},
	{month: 9, day: 25, do: flow.DoCancel, of: "marequier-m365-bs", lag: 7},
	{month: 9, day: 25, do: flow.DoSubscribe, of: "marequier-m365", n: 30, lag: 7, id: "bp", sku: "M365-BP-EU"},
	{month: 11, day: 6, do: flow.DoCancel, of: "penalcoria-m365-backup"},

	// Seasons, and a service that was blocked.
	{month: 6, day: 10, do: flow.DoSuspend, of: "zirmgrat-m365-f3"},
	{month: 8, day: 18, do: flow.DoResume, of: "zirmgrat-m365-f3"},
	{month: 12, day: 8, do: flow.DoSuspend, of: "zirmgrat-m365-f3"},
	{month: 13, day: 25, do: flow.DoResume, of: "zirmgrat-m365-f3"},
	{month: 7, day: 5, do: flow.DoSuspend, of: "ashcombe-m365-bb"},
	{month: 8, day: 2, do: flow.DoResume, of: "ashcombe-m365-bb"},

	// Credit holds; the last one still stands.
	{month: 9, day: 4, do: flow.DoHold, of: "dunvarrich"},
	{month: 9, day: 8, do: flow.DoQuantity, of: "dunvarrich-m365-desk", n: 4},
	{month: 9, day: 12, do: flow.DoSubscribe, of: "dunvarrich-m365", n: 3, id: "visio", sku: "VISIO-P2-UK"},
	{month: 9, day: 26, do: flow.DoRelease, of: "dunvarrich"},
	{month: 10, day: 3, do: flow.DoHold, of: "kornweiler"},
	{month: 10, day: 6, do: flow.DoQuantity, of: "kornweiler-m365-bs", n: 5},
	{month: 10, day: 17, do: flow.DoRelease, of: "kornweiler"},
	{month: 13, day: 5, do: flow.DoHold, of: "ashcombe"},
	{month: 13, day: 9, do: flow.DoQuantity, of: "ashcombe-m365-bs", n: 3},

	// What is to happen at renewal.
	{month: 10, day: 15, do: flow.DoSchedule, of: "lindtorf-m365-e5", n: -3},
	{month: 11, day: 10, do: flow.DoSchedule, of: "salzgrund-m365-e3", price: 3390},
	{month: 11, day: 20, do: flow.DoSchedule, of: "brennhof-m365-e3", n: 12},
	{month: 11, day: 25, do: flow.DoSchedule, of: "pennick-m365-e5", ends: true},
	{month: 13, day: 20, do: flow.DoSchedule, of: "donauried-m365-bp", n: -4},

	// The group grows by what it buys.
	{month: 9, day: 1, do: flow.DoQuantity, of: "kestrova-de-m365-e3", n: 24},
	{month: 12, day: 1, do: flow.DoQuantity, of: "kestrova-pl-m365-e3", n: 16},

	// Sold once, and a sum off.
	{month: 5, day: 6, do: flow.DoOneTime, of: "kallenried-m365", n: 6, price: 49000, id: "course", sku: "TRAINING-CERT"},
	{month: 8, day: 19, do: flow.DoOneTime, of: "saltmarsh-m365", n: 12, price: 3450, id: "handbooks", sku: "HANDBOOK-UK"},
	{month: 7, day: 15, do: flow.DoOneTime, of: "kwartiermaan-m365", n: 1, price: -18000, id: "goodwill", sku: "GOODWILL-EU"},
	{month: 11, day: 28, do: flow.DoOneTime, of: "kestrova-at-m365", n: 1, price: -125000, id: "goodwill", sku: "GOODWILL-EU"},
}

// correction is a usage record outside the monthly ones.
type correction struct {
	month, day   int
	subscription billing.SubscriptionID
	// of is the month that it is for, cost in cents.
	of, cost int
	name     string
}

var corrections = []correction{
	{8, 6, "harrowmere-m365-azure", 7, 21480, "loaded-twice"},
	{9, 18, "brennhof-azure-azure", 7, -41260, "provider-credit"},
	{11, 21, "kestrova-pl-m365-azure", 9, 96310, "late-meter"},
}

// event is the moment as it is told; what depends on the state of the day is
// left to the telling.
func (m moment) event(b *book) plan {
	on := b.day(m.month, m.day)
	p := plan{written: true, delta: m.n, Event: flow.Event{At: source, Do: m.do, On: on, Effective: on.AddDays(m.lag)}}
	if m.price != 0 {
		p.Price, p.HasPrice = cents(m.price), true
	}
	switch m.do {
	case flow.DoSubscribe:
		p.Contract, p.ID, p.SKU, p.TermMonths = billing.ContractID(m.of), m.of+"-"+m.id, m.sku, m.term
		p.Quantity, p.HasQuantity, p.Unit = whole(m.n), true, monthly
		p.Ends = b.dayOrNone(m.endMonth, m.endDay)
	case flow.DoOneTime:
		p.Contract, p.ID, p.SKU = billing.ContractID(m.of), m.of+"-"+m.id, m.sku
		p.Quantity, p.HasQuantity = whole(m.n), true
	case flow.DoHold, flow.DoRelease:
		p.Account = billing.AccountID(m.of)
	case flow.DoVoid:
		p.Voids = m.of
	case flow.DoQuantity, flow.DoPrice, flow.DoCancel, flow.DoSuspend, flow.DoResume, flow.DoSchedule, flow.DoUsage, flow.DoListPrice, flow.DoCharge, flow.DoCredit:
		p.Subscription = billing.SubscriptionID(m.of)
		p.HasAutoRenew = m.ends
		if m.id != "" {
			p.ID = m.of + "/" + m.id
		}
	}
	return p
}

func (c correction) event(b *book) plan {
	from := b.day(c.of, 1)
	on := b.day(c.month, c.day)
	return plan{written: true, Event: flow.Event{
		At: source, Do: flow.DoUsage, On: on, Effective: on, Subscription: c.subscription, ID: string(c.subscription) + "/" + c.name,
		Period: calendar.Period{From: from, To: from.AddMonths(1)}, Quantity: whole(c.cost / 100), HasQuantity: true, Cost: cents(c.cost), HasCost: true,
	}}
}

func particularOf(id string) particular {
	for _, p := range particulars {
		if string(p.subscription) == id {
			return p
		}
	}
	return particular{}
}

// give puts what is particular on a start.
func (p particular) give(b *book, e *flow.Event) {
	if p.price != 0 {
		e.Price, e.HasPrice = cents(p.price), true
	}
	if p.unit.Months != 0 {
		e.Unit = p.unit
	}
	if p.discount != 0 {
		e.Discount = billing.Discount{Percent: whole(p.discount), Initial: p.initial}
		if p.from != 0 {
			e.Discount.From = b.day(p.from, 1)
		}
		if p.to != 0 {
			e.Discount.To = b.day(p.to, 1)
		}
	}
	if p.markup != 0 {
		e.Markup, e.HasMarkup = whole(p.markup), true
	}
	if p.minimum != 0 {
		e.Minimum, e.HasMinimum = whole(p.minimum), true
	}
	if p.budget != 0 {
		e.Budget = billing.Budget{Amount: whole(p.budget), AlertAt: []int{80, 100}}
	}
	if p.spread != 0 {
		e.Smooth = billing.Smooth{Over: whole(p.over), Months: p.spread}
	}
	if p.ends {
		e.HasAutoRenew, e.AutoRenew = true, false
	}
}

package demobook

import (
	"slices"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/flow"
)

// plan is an event before its day: what depends on the state then is open.
type plan struct {
	flow.Event
	// delta is how many seats more or fewer than on the day.
	delta int
	// written says that it stands in a table, and must be told; what chance plans
	// is left out where the contract does not allow it.
	written bool
}

// plans are all that may happen, in the order of recording.
func (b *book) plans() []plan {
	var all []plan
	for _, e := range b.listEvents() {
		all = append(all, plan{Event: e, written: true})
	}
	fixed := writtenOf()
	for _, s := range sales {
		p := planner{book: b, sale: s, contract: b.contract(s.id()), fixed: fixed}
		p.chance = b.chance(string(s.id()))
		all = append(all, p.plans()...)
	}
	for _, c := range corrections {
		all = append(all, c.event(b))
	}
	for _, m := range moments {
		all = append(all, m.event(b))
	}
	slices.SortStableFunc(all, func(x, y plan) int { return x.On.Compare(y.On) })
	return all
}

// writtenOf are the subscriptions whose story is in the tables alone.
func writtenOf() map[string]bool {
	of := map[string]bool{}
	for _, m := range moments {
		of[m.of] = true
	}
	return of
}

// planner plans what happens to one contract.
type planner struct {
	*book
	sale     sale
	contract *flow.Contract
	chance   chance
	fixed    map[string]bool
	out      []plan
}

func (p *planner) plans() []plan {
	told := p.told()
	seats := p.chance.around(p.sale.seats, 8)
	for _, o := range p.sale.offers() {
		p.start(o, seats, told)
	}
	if p.sale.seats > 0 && p.contract.Frequency.Months < annual.Months {
		p.projects(seats)
	}
	return p.out
}

// told is how many days after its start a contract's business is told; mostly on
// the day, sometimes ahead. Late only where an invoice comes soon.
func (p *planner) told() int {
	switch roll := p.chance.between(1, 100); {
	case roll <= 12 && p.contract.Frequency == monthly:
		return p.chance.between(1, 4)
	case roll <= 35:
		return -min(p.chance.between(1, 9), p.opening.DaysUntil(p.contract.Start))
	}
	return 0
}

func (p *planner) idOf(key string) string { return string(p.contract.ID) + "-" + key }

// start plans a subscription's start, and what becomes of it.
func (p *planner) start(o offer, seats, told int) {
	begins := p.contract.Start.AddMonths(o.later)
	on := begins.AddDays(told)
	if o.later > 0 {
		begins = begins.AddDays(p.chance.between(0, 12))
		on = begins
	}
	quantity := o.fixed
	if o.percent > 0 {
		quantity = max(1, seats*o.percent/100)
	}
	e := flow.Event{
		At: source, Do: flow.DoSubscribe, On: on, Effective: begins, ID: p.idOf(o.key), Contract: p.contract.ID, SKU: o.sku + p.regionOf(p.contract).ending,
		Quantity: whole(max(quantity, 1)), HasQuantity: true, TermMonths: o.term, Billing: o.billing, Unit: monthly,
	}
	if o.parent != "" {
		e.Parent, e.PerParent = billing.SubscriptionID(p.idOf(o.parent)), whole(o.each)
		e.Quantity = whole(seats * o.each)
	}
	particularOf(e.ID).give(p.book, &e)
	p.out = append(p.out, plan{Event: e, written: true})
	switch {
	case o.sku == azure || o.sku == hours || o.sku == archive:
		p.usage(&e)
	case o.parent == "" && !p.fixed[e.ID] && !strings.HasPrefix(o.sku, "SUPPORT"):
		p.changes(&e, quantity)
		p.renewal(&e, quantity)
	}
}

func (p *planner) add(of *flow.Event, do flow.EventVerb, on calendar.Date, lag, delta int) {
	p.out = append(p.out, plan{delta: delta, Event: flow.Event{
		At: source, Do: do, On: on, Effective: on.AddDays(lag), Subscription: billing.SubscriptionID(of.ID),
	}})
}

// changes come now and then: mostly a few more seats, sometimes fewer, some told
// ahead or late, some given back within days.
func (p *planner) changes(e *flow.Event, quantity int) {
	for month := p.monthOf(e.Effective) + 1; month <= monthsTold; month++ {
		if !p.chance.percent(17) {
			continue
		}
		on := p.day(month, p.chance.between(2, 27))
		more := p.chance.between(1, max(1, quantity/12))
		if p.chance.percent(20) {
			p.add(e, flow.DoQuantity, on, 0, -max(1, more/2))
			continue
		}
		p.add(e, flow.DoQuantity, on, p.lag(), more)
		if p.chance.percent(10) && more > 1 {
			p.add(e, flow.DoQuantity, on.AddDays(3), 0, -more/2)
		}
	}
	if e.TermMonths == 0 && p.chance.percent(5) {
		p.add(e, flow.DoCancel, p.day(p.chance.between(7, monthsTold), p.chance.between(2, 27)), 0, 0)
	}
}

// lag is the days from recording to effect.
func (p *planner) lag() int {
	switch roll := p.chance.between(1, 100); {
	case roll <= 14:
		return p.chance.between(1, 12)
	case roll <= 24:
		return -p.chance.between(1, 8)
	}
	return 0
}

// monthOf is the month of the story that holds a day.
func (p *planner) monthOf(day calendar.Date) int {
	return calendar.Cycle{Anchor: p.opening, Months: 1}.Index(day)
}

// renewal plans what is scheduled for the end of the first year.
func (p *planner) renewal(e *flow.Event, quantity int) {
	if e.TermMonths != 12 || !p.chance.percent(60) {
		return
	}
	on := e.Effective.AddMonths(12).AddDays(-p.chance.between(4, 28))
	seats := p.chance.between(1, max(2, quantity/8))
	if p.chance.percent(30) {
		seats = -p.chance.between(1, max(1, quantity/15))
	}
	p.add(e, flow.DoSchedule, on, 0, seats)
}

// projects are what is sold once: onboarding, mailboxes moved, a day of training.
func (p *planner) projects(seats int) {
	item := func(key, sku string, quantity int, on calendar.Date) {
		p.out = append(p.out, plan{Event: flow.Event{
			At: source, Do: flow.DoOneTime, On: on.AddDays(p.chance.between(0, 3)), Effective: on, ID: p.idOf(key), Contract: p.contract.ID,
			SKU: sku + p.regionOf(p.contract).ending, Quantity: whole(quantity), HasQuantity: true,
		}})
	}
	start := p.contract.Start
	if p.chance.percent(50) {
		item("onboarding", "ONBOARDING", 1, start.AddDays(p.chance.between(3, 20)))
	}
	if p.chance.percent(35) {
		item("migration", "MIGRATION", seats, start.AddDays(p.chance.between(8, 45)))
	}
	if p.chance.percent(25) {
		item("training", "TRAINING-DAY", p.chance.between(1, 2), start.AddMonths(p.chance.between(1, 10)))
	}
}

// usage plans the records of each month: three for a plan whose cost the
// provider tells, one for what has a rate card.
func (p *planner) usage(e *flow.Event) {
	at := slices.IndexFunc(consumptions, func(c consumption) bool { return string(c.subscription) == e.ID })
	if at < 0 {
		broken("%s: no consumption", e.ID)
	}
	c := consumptions[at]
	rated := strings.HasPrefix(e.SKU, azure)
	for month := p.monthOf(e.Effective); month <= monthsTold; month++ {
		total := c.monthly * (1000 + c.growth*month) / 1000
		if slices.Contains(c.peaks[:], month) && month > 0 {
			total = total * 5 / 2
		}
		days := []int{1, 32}
		if rated {
			days = []int{1, 11, 21, 32}
		}
		for i := range days[1:] {
			period := calendar.Period{From: calendar.Latest(p.day(month, days[i]), e.Effective), To: p.day(month, days[i+1])}
			if days[i+1] == 32 {
				period.To = p.day(month+1, 1)
			}
			if !period.Empty() {
				p.record(e, c, period, p.chance.around(total/(len(days)-1), 14), rated)
			}
		}
	}
}

// record is told a day or two after its period, now and then weeks later.
func (p *planner) record(of *flow.Event, c consumption, period calendar.Period, amount int, rated bool) {
	on := period.To.AddDays(p.chance.between(0, 1))
	if p.chance.percent(4) {
		on = on.AddDays(p.chance.between(9, 33))
	}
	e := flow.Event{
		At: source, Do: flow.DoUsage, On: on, Effective: on, Subscription: billing.SubscriptionID(of.ID), Period: period,
		Quantity: cents(amount), HasQuantity: true,
	}
	if rated {
		e.Quantity = cents(share(amount, p.chance.between(1800, 2600)))
		e.Cost, e.HasCost, e.Currency = cents(amount), true, c.currency
		if c.retail {
			e.Retail, e.HasRetail = cents(share(amount, 1180)), true
		}
	}
	p.out = append(p.out, plan{Event: e})
}

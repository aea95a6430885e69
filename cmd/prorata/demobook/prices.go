package demobook

import (
	"slices"
	"strconv"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// The price lists beside the default one.
const (
	listPartner   = "partner"
	listShop      = "shop-incl-vat"
	listKestrova  = "kestrova-group"
	listTerschuur = "terschuur-group"
	listFramework = "public-framework"
	listSeason    = "seasonal-business"
)

// The months in which prices move: the provider's yearly rise, and ours.
const (
	providerRiseMonth = 7
	ownRiseMonth      = 8
	copilotCutMonth   = 10
)

// licence is a product of the provider: what a seat costs for a month under a
// yearly commitment paid by the year, in euro cents.
type licence struct {
	sku   string
	price int
	// triennial says that three years can be committed.
	triennial bool
}

var licences = []licence{
	{"M365-BB", 560, false},
	{"M365-BS", 1170, false},
	{"M365-BP", 2060, false},
	{"M365-F3", 750, false},
	{"M365-E3", 3570, true},
	{"M365-E5", 5690, true},
	{"EXO-P1", 370, false},
	{"TEAMS-PHONE", 940, false},
	{"POWERBI-PRO", 1310, false},
	{"DEFENDER-BUS", 280, false},
	{"ENTRA-P1", 560, false},
	{"COPILOT-365", 2810, false},
	{"VISIO-P2", 1400, false},
	{"PROJECT-P3", 2810, false},
	{"W365-E8", 3840, true},
}

// What the ways to commit and to pay add to a licence's price, per mille.
const (
	flexiblePerMille    = 1200
	yearByMonthPerMille = 1050
	threeYearsPerMille  = 960
	costPerMille        = 820
	risePerMille        = 1050
)

// inSterling is a list price in pence: 0.86 of the euro's, to the next five.
func inSterling(price int) int { return (price*86/100 + 2) / 5 * 5 }

// in is an amount of euro cents as it stands in the list of a region.
func (r region) in(price int) (money.Currency, int) {
	if r.sterling {
		return gbp, inSterling(price)
	}
	return eur, price
}

// share is so many per mille of a price, to the cent.
func share(price, perMille int) int { return (price*perMille + 500) / 1000 }

// raised is the provider's new price, to ten cents.
func raised(price int) int { return (share(price, risePerMille) + 5) / 10 * 10 }

// rows are the licence's prices in a region from a day on, with what the
// provider asks and suggests.
func (l licence) rows(r region, price int, from calendar.Date) []billing.PriceRow {
	currency, base := r.in(price)
	row := func(unit billing.Unit, term, amount int) billing.PriceRow {
		return billing.PriceRow{
			SKU: l.sku + r.ending, List: flow.DefaultList, Currency: currency, Unit: unit, TermMonths: term, From: from,
			Price: cents(amount), Cost: cents(share(amount, costPerMille)), Retail: cents(amount), HasCost: true, HasRetail: true,
		}
	}
	rows := []billing.PriceRow{
		row(monthly, 0, share(base, flexiblePerMille)),
		row(monthly, 12, share(base, yearByMonthPerMille)),
		row(annual, 12, 12*base),
	}
	if l.triennial {
		rows = append(rows, row(annual, 36, share(12*base, threeYearsPerMille)))
	}
	return rows
}

// ownPrice is a product of ours or another that has one price: per unit, or by
// tiers of upper bound and euro cents.
type ownPrice struct {
	sku            string
	model          billing.Model
	price          int
	tiers          [][2]int
	size, included int
	// cost is what it costs us, where that is known.
	cost int
}

var ownPrices = []ownPrice{
	{sku: "SERVER-CAL", model: billing.Graduated, tiers: [][2]int{{25, 410}, {100, 360}, {0, 320}}},
	{sku: "BACKUP-365", model: billing.Volume, tiers: [][2]int{{50, 320}, {250, 290}, {0, 260}}, cost: 140},
	{sku: "BACKUP-STORE", model: billing.Package, price: 1400, size: 500, included: 100, cost: 600},
	{sku: "MANAGED-DESK", price: 6900, cost: 4350},
	{sku: "SECURITY-SET", price: 1450, cost: 920},
	{sku: "SUPPORT-SILVER", model: billing.Stairstep, tiers: [][2]int{{25, 14500}, {100, 34500}, {0, 62000}}},
	{sku: "SUPPORT-GOLD", model: billing.Stairstep, tiers: [][2]int{{50, 49000}, {200, 89000}, {0, 165000}}},
	{sku: hours, price: 11800},
	{sku: archive, model: billing.Graduated, tiers: [][2]int{{500, 20}, {5000, 15}, {0, 10}}},
	{sku: "ONBOARDING", price: 145000},
	{sku: "MIGRATION", model: billing.Volume, tiers: [][2]int{{20, 3900}, {100, 3400}, {0, 2900}}},
	{sku: "TRAINING-DAY", price: 118000},
}

func (p ownPrice) row(r region) billing.PriceRow {
	currency, price := r.in(p.price)
	row := billing.PriceRow{
		SKU: p.sku + r.ending, List: flow.DefaultList, Currency: currency, Unit: monthly, Model: p.model,
		Size: whole(p.size), Included: whole(p.included),
	}
	if len(p.tiers) == 0 {
		row.Price = cents(price)
	}
	for i, tier := range p.tiers {
		_, price := r.in(tier[1])
		step := billing.Tier{UpTo: whole(tier[0]), Open: i == len(p.tiers)-1, Price: cents(price)}
		row.Tiers = append(row.Tiers, step)
	}
	if p.cost != 0 {
		_, cost := r.in(p.cost)
		row.Cost, row.HasCost = cents(cost), true
	}
	return row
}

// rule is a row of a list that prices by the provider's cost or retail price.
type rule struct {
	list string
	skus []string
	in   []region
	rule billing.Rule
}

var offRetail = []string{"M365-BB", "M365-BS", "M365-BP", "M365-F3", "M365-E3", "M365-E5", "EXO-P1", "TEAMS-PHONE", "POWERBI-PRO", "DEFENDER-BUS", "ENTRA-P1", "VISIO-P2", "PROJECT-P3"}

var rules = []rule{
	{listPartner, offRetail, regions, billing.Rule{Of: billing.OfRetail, Percent: whole(-8)}},
	{listPartner, []string{"COPILOT-365", "W365-E8"}, regions, billing.Rule{Of: billing.OfCost, Percent: whole(12)}},
	{listPartner, []string{"SECURITY-SET", "MANAGED-DESK"}, regions, billing.Rule{Of: billing.OfCost, Percent: whole(28), Margin: true}},
	{listKestrova, []string{"TEAMS-PHONE", "POWERBI-PRO"}, []region{inGermany, abroad}, billing.Rule{Of: billing.OfRetail, Percent: whole(-10)}},
	{listFramework, []string{"M365-F3", "M365-E3"}, []region{inGermany}, billing.Rule{Of: billing.OfRetail, Percent: decimal("-6.5")}},
}

// fixed is a row of a list with a price that was agreed.
type fixed struct {
	list, sku string
	unit      billing.Unit
	term      int
	price     int
	inclusive bool
}

var fixedPrices = []fixed{
	{listPartner, "BACKUP-365", monthly, 0, 235, false},
	{listPartner, "BACKUP-365-UK", monthly, 0, 205, false},
	{listShop, "M365-BB", monthly, 0, 799, true},
	{listShop, "M365-BS", monthly, 0, 1669, true},
	{listShop, "BACKUP-365", monthly, 0, 399, true},
	{listKestrova, "M365-E3", monthly, 12, 3420, false},
	{listKestrova, "M365-E3-EU", monthly, 12, 3420, false},
	{listKestrova, "M365-E5", monthly, 12, 5490, false},
	{listKestrova, "M365-E5-EU", monthly, 12, 5490, false},
	{listTerschuur, "M365-BP-EU", monthly, 0, 1990, false},
	{listTerschuur, "M365-F3-EU", monthly, 0, 790, false},
	{listSeason, "M365-F3-EU", monthly, 0, 840, false},
}

func (b *book) prices() []billing.PriceRow {
	var rows []billing.PriceRow
	rise := b.day(providerRiseMonth, 1)
	for _, l := range licences {
		for _, r := range regions {
			rows = append(rows, l.rows(r, l.price, calendar.Date{})...)
			rows = append(rows, l.rows(r, raised(l.price), rise)...)
		}
	}
	for _, p := range ownPrices {
		for _, r := range regions {
			rows = append(rows, p.row(r))
		}
	}
	for _, r := range rules {
		for _, sku := range r.skus {
			for _, in := range r.in {
				currency, _ := in.in(0)
				rows = append(rows, billing.PriceRow{SKU: sku + in.ending, List: r.list, Currency: currency, Unit: monthly, Rule: r.rule})
			}
		}
	}
	for _, f := range fixedPrices {
		row := billing.PriceRow{SKU: f.sku, List: f.list, Currency: eur, Unit: f.unit, TermMonths: f.term, Price: cents(f.price), TaxIncluded: f.inclusive}
		if b.isSterling(f.sku) {
			row.Currency = gbp
		}
		rows = append(rows, row)
	}
	return rows
}

func (b *book) isSterling(sku string) bool {
	at := slices.IndexFunc(b.products, func(p billing.Product) bool { return p.SKU == sku })
	return at >= 0 && b.products[at].Tax == taxBritain
}

// newList is a rise or a cut of the list that was announced while the book ran.
type newList struct {
	sku, list string
	// told and from are the months of the announcement and of the new price.
	told, from int
	unit       billing.Unit
	term       int
	price      int
	in         []region
}

var newLists = []newList{
	{"MANAGED-DESK", flow.DefaultList, ownRiseMonth - 1, ownRiseMonth, monthly, 0, 7250, regions},
	{"SECURITY-SET", flow.DefaultList, ownRiseMonth - 1, ownRiseMonth, monthly, 0, 1520, regions},
	{hours, flow.DefaultList, ownRiseMonth - 1, ownRiseMonth, monthly, 0, 12400, regions},
	{"TRAINING-DAY", flow.DefaultList, ownRiseMonth, ownRiseMonth, monthly, 0, 124000, regions},
	{"COPILOT-365", flow.DefaultList, copilotCutMonth, copilotCutMonth, monthly, 0, 3180, regions},
	{"COPILOT-365", flow.DefaultList, copilotCutMonth, copilotCutMonth, monthly, 12, 2780, regions},
	{"COPILOT-365", flow.DefaultList, copilotCutMonth, copilotCutMonth, annual, 12, 31800, regions},
	{"M365-E3", listKestrova, 11, 12, monthly, 12, 3490, []region{inGermany, abroad}},
	{"BACKUP-365", listShop, 6, 9, monthly, 0, 429, []region{inGermany}},
}

// listEvents are the new list prices as they are told.
func (b *book) listEvents() []flow.Event {
	var events []flow.Event
	for _, n := range newLists {
		for _, r := range n.in {
			currency, price := r.in(n.price)
			events = append(events, flow.Event{
				At: source, Do: flow.DoListPrice, On: b.day(n.told, 2), Effective: calendar.Latest(b.day(n.from, 1), b.day(n.told, 2)),
				SKU: n.sku + r.ending, List: n.list, Currency: currency, Unit: n.unit, TermMonths: n.term, Price: cents(price), HasPrice: true,
			})
		}
	}
	return events
}

// exchange is a pair of currencies and what one of the first is worth, in
// ten-thousandths, about.
type exchange struct {
	from, to money.Currency
	rate     int
}

var exchanges = []exchange{
	{eur, gbp, 8600},
	{gbp, eur, 11620},
	{eur, pln, 42700},
	{pln, eur, 2340},
	{usd, eur, 9150},
}

// rates are the rates of each month, from the month before the first.
func (b *book) rates() []billing.Rate {
	chance := b.chance("rates")
	var rates []billing.Rate
	for month := -1; month <= monthsTold; month++ {
		drift := chance.between(-12, 12)
		for _, x := range exchanges {
			on := b.day(month, 1)
			if on.After(b.until) {
				return rates
			}
			rate := share(x.rate, 1000+drift+chance.between(-2, 2))
			rates = append(rates, billing.Rate{On: on, From: x.from, To: x.to, Rate: tenThousandths(rate)})
		}
	}
	return rates
}

func tenThousandths(n int) money.Decimal {
	part := strconv.Itoa(n%10000 + 10000)[1:]
	return decimal(strconv.Itoa(n/10000) + "." + part)
}

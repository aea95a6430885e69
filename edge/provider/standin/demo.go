package standin

import (
	"time"

	"prorata/core/calendar"
	"prorata/core/money"
)

// demoMonths is how much of a past a demonstration has.
const demoMonths = 14

// Demo is a world to show: a partner of fifteen customers with a year's past of
// purchases, changes, renewals and invoices, and what the last weeks brought
// beside, at the instant where the settings have it start. Names of products are
// Microsoft's, every figure is ours.
func Demo(set Settings) (*World, error) {
	w, err := DemoBegin(set)
	if err != nil {
		return nil, err
	}
	return w, w.Advance(set.Start.UTC())
}

// Stocked is a world with the demonstration's products and promotions and nobody
// who has bought any, at the instant where the settings have it start.
func Stocked(set Settings) *World {
	w := New(set)
	w.stock(civil(set.Start.UTC()))
	return w
}

// stock fills the shelf for whoever begins on a day.
func (w *World) stock(first calendar.Date) {
	for _, p := range demoCatalog(first) {
		w.AddProduct(p)
	}
	for _, p := range demoPromotions(first) {
		w.AddPromotion(p)
	}
}

// DemoBegin is the same world on its first day, for whoever wants to be there
// while it happens: all of it lies ahead of the clock.
func DemoBegin(set Settings) (*World, error) {
	end := civil(set.Start.UTC())
	set.Start = midnight(end.AddMonths(-demoMonths))
	if len(set.Partner.Resellers) == 0 {
		set.Partner.Resellers = []Reseller{{Tenant: "6c9d5d5e-3a1b-4a1e-9a54-0d8f4f2b7c11", Name: "Woodgrove Systems", MPN: "5357564", Country: "US"}}
	}
	w := New(set)
	w.stock(civil(set.Start))
	w.mu.Lock()
	for _, story := range demoCustomers {
		w.demoCustomer(story)
	}
	w.demoLately(end)
	w.mu.Unlock()
	return w, nil
}

// shelfItem is a product of one sku with the price of a seat and month in a year's term.
type shelfItem struct {
	id, title, price string
	most             int
	addonTo          []string
	upgrades         []string
	// threeYears is set where a term of three years can be had.
	threeYears bool
}

const (
	businessBasic    = "CFQ7TTC0PR01"
	businessStandard = "CFQ7TTC0PR02"
	businessPremium  = "CFQ7TTC0PR03"
	enterpriseThree  = "CFQ7TTC0PR04"
	enterpriseFive   = "CFQ7TTC0PR05"
	frontline        = "CFQ7TTC0PR06"
	exchangeOne      = "CFQ7TTC0PR07"
	copilot          = "CFQ7TTC0PR08"
	teamsPhone       = "CFQ7TTC0PR09"
	visio            = "CFQ7TTC0PR10"
	project          = "CFQ7TTC0PR11"
	powerBI          = "CFQ7TTC0PR12"
	entra            = "CFQ7TTC0PR13"
	defender         = "CFQ7TTC0PR14"
	azure            = "DZH318Z0PR15"
	sqlServer        = "DG7GMGF0PR16"
)

const demoSKU = "0001"

var suites = []string{businessBasic + ":0001", businessStandard + ":0001", businessPremium + ":0001", enterpriseThree + ":0001", enterpriseFive + ":0001"}

var demoShelf = []shelfItem{
	{id: businessBasic, title: "Microsoft 365 Business Basic", price: "4.90", most: 300, upgrades: suites[1:3]},
	{id: businessStandard, title: "Microsoft 365 Business Standard", price: "10.20", most: 300, upgrades: suites[2:]},
	{id: businessPremium, title: "Microsoft 365 Business Premium", price: "17.85", most: 300, upgrades: suites[3:]},
	{id: enterpriseThree, title: "Microsoft 365 E3", price: "29.40", upgrades: suites[4:], threeYears: true},
	{id: enterpriseFive, title: "Microsoft 365 E5", price: "46.30", threeYears: true},
	{id: frontline, title: "Microsoft 365 F3", price: "6.55"},
	{id: exchangeOne, title: "Exchange Online (Plan 1)", price: "3.30"},
	{id: copilot, title: "Microsoft 365 Copilot", price: "24.60", most: 300, addonTo: suites},
	{id: teamsPhone, title: "Microsoft Teams Phone Standard", price: "6.70", addonTo: suites},
	{id: visio, title: "Visio Plan 2", price: "12.15"},
	{id: project, title: "Planner and Project Plan 3", price: "24.45"},
	{id: powerBI, title: "Power BI Pro", price: "11.45"},
	{id: entra, title: "Microsoft Entra ID P1", price: "4.95"},
	{id: defender, title: "Microsoft Defender for Business", price: "2.50", most: 300},
}

// demoCatalog is the shelf with its prices from the first day, and higher ones a
// year later.
func demoCatalog(first calendar.Date) []*Product {
	var out []*Product
	for _, item := range demoShelf {
		s := &SKU{ID: demoSKU, Title: item.title, Description: item.title, Maximum: item.most, Addon: item.addonTo != nil, Prerequisites: item.addonTo, Upgrades: item.upgrades}
		s.Offers = demoOffers(item, first)
		out = append(out, &Product{ID: item.id, Title: item.title, Description: item.title, Publisher: "Microsoft Corporation", SKUs: []*SKU{s}})
	}
	since := func(price string) []Price {
		list := decimal(price)
		return []Price{{From: first.AddMonths(-24), List: list, Retail: list}}
	}
	return append(out,
		&Product{ID: azure, Title: "Azure plan", Description: "Azure plan", Publisher: "Microsoft Corporation", Kind: AzurePlan, SKUs: []*SKU{{
			ID: demoSKU, Title: "Azure plan", Maximum: 1, Offers: []Offer{{Billing: Monthly, Prices: since("0")}},
		}}},
		&Product{ID: sqlServer, Title: "SQL Server Standard, 2 core license pack", Description: "SQL Server Standard", Publisher: "Microsoft Corporation", Kind: Perpetual, SKUs: []*SKU{{
			ID: demoSKU, Title: "SQL Server Standard, 2 core license pack", Offers: []Offer{{Billing: OneTime, Prices: since("3260")}},
		}}},
	)
}

func demoOffers(item shelfItem, first calendar.Date) []Offer {
	offer := func(term int, billing Billing, numerator, denominator int64) Offer {
		return Offer{TermMonths: term, Billing: billing, Prices: []Price{
			demoPrice(item.price, first.AddMonths(-24), numerator, denominator, 100),
			demoPrice(item.price, first.AddMonths(12), numerator, denominator, 105),
		}}
	}
	offers := []Offer{offer(12, Monthly, 1, 1), offer(12, Annual, 12, 1), offer(1, Monthly, 6, 5)}
	if item.threeYears {
		offers = append(offers, offer(36, Monthly, 19, 20), offer(36, Annual, 57, 5), offer(36, Triennial, 171, 5))
	}
	return offers
}

// demoPrice is a list price as a part of the monthly one and as a percentage of
// today's; what Microsoft suggests for the customer is a quarter more.
func demoPrice(monthly string, from calendar.Date, numerator, denominator, percent int64) Price {
	list := decimal(monthly).Ratio().Mul(money.Fraction(numerator*percent, denominator*100))
	cents := func(r money.Ratio) money.Decimal { return money.DecimalFrom(r, 2, 2) }
	return Price{From: from, List: cents(list), Retail: cents(list.Mul(money.Fraction(5, 4)))}
}

// DemoAzure is the sku under which the demonstration sells usage.
const DemoAzure = azure + ":" + demoSKU

// decimal reads a figure of this file.
func decimal(text string) money.Decimal {
	d, err := money.ParseDecimal(text)
	if err != nil {
		panic(err) // a figure of ours
	}
	return d
}

// demoPromotionLeft is how many days of a promotion are left on the last day.
const demoPromotionLeft = 9

func demoPromotions(first calendar.Date) []*Promotion {
	return []*Promotion{
		{ID: "39NFJQT1PR01:0001:39NFJQT1Q5KM", Name: "Microsoft 365 Copilot, first year", SKU: copilot + ":" + demoSKU, TermMonths: 12, Billing: Annual, Percent: decimal("15"), From: first, Until: first.AddMonths(18), FirstPurchase: true},
		{ID: "39NFJQT1PR02:0001:39NFJQT1Q5KM", Name: "Business Premium for new teams", SKU: businessPremium + ":" + demoSKU, TermMonths: 12, Billing: Monthly, Percent: decimal("10"), From: first, Until: first.AddMonths(demoMonths).AddDays(demoPromotionLeft), SeatsMin: 5, SeatsMax: 100},
	}
}

// demoBuy is a purchase of a customer's story, some days after the first.
type demoBuy struct {
	day        int
	product    string
	seats      int
	termMonths int
	billing    Billing
	promotion  string
	// later are the seats on later days after the purchase; none ends auto-renewal.
	later []struct{ days, seats int }
}

type demoStory struct {
	// unsigned says that the customer has not accepted what must be before it buys.
	unsigned                                                     bool
	name, domain, country, city, state, street, postal, reseller string
	buys                                                         []demoBuy
}

type change = struct{ days, seats int }

var demoCustomers = []demoStory{
	{name: "Alpine Ski House", domain: "alpineskihouse", country: "US", city: "Denver", state: "CO", street: "210 Larimer Street", postal: "80202", buys: []demoBuy{
		{day: 3, product: businessPremium, seats: 24, termMonths: 12, billing: Monthly, promotion: "39NFJQT1PR02:0001:39NFJQT1Q5KM", later: []change{{95, 27}, {240, 31}}},
		{day: 3, product: defender, seats: 24, termMonths: 1, billing: Monthly, later: []change{{95, 27}}},
	}},
	{name: "Blue Yonder Airlines", domain: "blueyonder", country: "US", city: "Seattle", state: "WA", street: "1450 Fourth Avenue", postal: "98101", buys: []demoBuy{
		{day: 12, product: enterpriseThree, seats: 210, termMonths: 12, billing: Annual, later: []change{{30, 216}, {200, 224}}},
		{day: 12, product: teamsPhone, seats: 60, termMonths: 12, billing: Monthly},
		{day: 40, product: copilot, seats: 25, termMonths: 12, billing: Annual, promotion: "39NFJQT1PR01:0001:39NFJQT1Q5KM"},
	}},
	{name: "City Power & Light", domain: "cpandl", country: "US", city: "Austin", state: "TX", street: "88 Congress Avenue", postal: "78701", buys: []demoBuy{
		{day: 20, product: enterpriseFive, seats: 140, termMonths: 36, billing: Annual}, {day: 21, product: azure, seats: 1, billing: Monthly},
	}},
	{name: "Coho Vineyard", domain: "cohovineyard", country: "US", city: "Napa", state: "CA", street: "5 Silverado Trail", postal: "94558", reseller: "5357564", buys: []demoBuy{
		{day: 31, product: businessBasic, seats: 9, termMonths: 1, billing: Monthly, later: []change{{64, 11}, {180, 14}}},
	}},
	{name: "Contoso Pharmaceuticals", domain: "contosopharma", country: "US", city: "Boston", state: "MA", street: "300 Binney Street", postal: "02142", buys: []demoBuy{
		{day: 45, product: enterpriseThree, seats: 85, termMonths: 12, billing: Monthly, later: []change{{3, 80}, {120, 92}}}, {day: 46, product: azure, seats: 1, billing: Monthly},
		{day: 47, product: powerBI, seats: 20, termMonths: 12, billing: Monthly},
	}},
	{name: "Fabrikam Residences", domain: "fabrikamresidences", country: "US", city: "Chicago", state: "IL", street: "17 Wacker Drive", postal: "60606", buys: []demoBuy{
		{day: 58, product: businessStandard, seats: 40, termMonths: 12, billing: Annual}, {day: 90, product: visio, seats: 3, termMonths: 12, billing: Monthly, later: []change{{200, 0}}},
	}},
	{name: "Graphic Design Institute", domain: "graphicdesign", country: "US", city: "Portland", state: "OR", street: "9 Burnside Street", postal: "97209", buys: []demoBuy{
		{day: 66, product: businessStandard, seats: 16, termMonths: 1, billing: Monthly, later: []change{{33, 18}, {66, 15}}},
	}},
	{name: "Humongous Insurance", domain: "humongousinsurance", country: "US", city: "Hartford", state: "CT", street: "1 Constitution Plaza", postal: "06103", buys: []demoBuy{
		{day: 75, product: enterpriseFive, seats: 320, termMonths: 12, billing: Monthly, later: []change{{60, 335}, {61, 331}}}, {day: 76, product: copilot, seats: 100, termMonths: 12, billing: Monthly},
		{day: 80, product: sqlServer, seats: 2, billing: OneTime},
	}},
	{name: "Litware Logistics", domain: "litwarelogistics", country: "US", city: "Memphis", state: "TN", street: "640 Union Avenue", postal: "38103", buys: []demoBuy{
		{day: 89, product: frontline, seats: 150, termMonths: 12, billing: Monthly, later: []change{{90, 165}, {180, 180}}}, {day: 89, product: exchangeOne, seats: 30, termMonths: 12, billing: Monthly},
	}},
	{name: "Lucerne Publishing", domain: "lucernepublishing", country: "US", city: "Buffalo", state: "NY", street: "123 Main Street", postal: "14202", reseller: "5357564", buys: []demoBuy{
		{day: 118, product: businessPremium, seats: 35, termMonths: 12, billing: Monthly}, {day: 118, product: project, seats: 4, termMonths: 12, billing: Monthly},
	}},
	{name: "Northwind Traders", domain: "northwindtraders", country: "US", city: "Minneapolis", state: "MN", street: "77 Nicollet Mall", postal: "55402", buys: []demoBuy{
		{day: 150, product: businessPremium, seats: 60, termMonths: 12, billing: Annual, later: []change{{20, 66}}}, {day: 151, product: azure, seats: 1, billing: Monthly},
	}},
	{name: "Proseware Legal", domain: "prosewarelegal", country: "US", city: "Atlanta", state: "GA", street: "55 Peachtree Street", postal: "30303", buys: []demoBuy{
		{day: 181, product: businessPremium, seats: 22, termMonths: 12, billing: Monthly}, {day: 181, product: entra, seats: 22, termMonths: 12, billing: Monthly},
	}},
	{name: "Tailspin Toys", domain: "tailspintoys", country: "US", city: "Orlando", state: "FL", street: "12 Orange Avenue", postal: "32801", buys: []demoBuy{
		{day: 205, product: businessStandard, seats: 28, termMonths: 12, billing: Monthly, later: []change{{100, 33}}},
	}},
	{name: "Trey Research", domain: "treyresearch", country: "US", city: "San Diego", state: "CA", street: "4100 Campus Point", postal: "92121", buys: []demoBuy{
		{day: 240, product: enterpriseThree, seats: 45, termMonths: 12, billing: Monthly}, {day: 241, product: azure, seats: 1, billing: Monthly},
	}},
	{name: "Wide World Importers", domain: "wideworldimporters", country: "US", city: "Newark", state: "NJ", street: "30 Broad Street", postal: "07102", buys: []demoBuy{
		{day: 300, product: businessBasic, seats: 75, termMonths: 12, billing: Monthly, later: []change{{5, 70}}},
	}},
}

// demoCustomer puts a customer into the world and its purchases into the diary.
func (w *World) demoCustomer(story demoStory) {
	c := w.newCustomer(Customer{
		Name: story.name, Domain: story.domain + ".onmicrosoft.com", Country: story.country, Reseller: story.reseller,
		Address: Address{Line1: story.street, City: story.city, State: story.state, PostalCode: story.postal, Phone: "5550100"},
	})
	if !story.unsigned {
		w.agreements[c.ID] = []agreement{{first: c.Address.FirstName, last: c.Address.LastName, email: c.Email, template: agreementTemplate, agreedAt: w.now}}
	}
	for i, buy := range story.buys {
		// Nobody buys at midnight, and no two things happen at one instant.
		at := w.now.AddDate(0, 0, buy.day).Add(10*time.Hour + time.Duration(i*17)*time.Minute)
		w.at(at, func() { w.demoPurchase(c, story.reseller, buy) })
	}
}

func (w *World) demoPurchase(c *customer, reseller string, buy demoBuy) {
	s := w.catalog.sku(buy.product + ":" + demoSKU)
	l := cartLine{sku: s, after: -1, termMonths: buy.termMonths, billing: buy.billing}
	w.judgeParent(c, &l, nil)
	orders, refused := w.place(c, []orderItem{{after: -1, purchase: purchase{
		customer: c, sku: s, quantity: buy.seats, termMonths: buy.termMonths, billing: buy.billing, promotion: buy.promotion, parent: l.parent, partner: reseller,
	}}}, &call{})
	if refused != nil {
		return
	}
	bought := orders[0].lines[0].subscription
	for _, ch := range buy.later {
		w.at(w.now.AddDate(0, 0, ch.days).Add(3*time.Hour), func() { w.demoChange(bought, ch.seats) })
	}
}

// demoChange sets seats where the rules allow, or ends auto-renewal for none.
func (w *World) demoChange(s *subscription, seats int) {
	if seats == 0 {
		w.doChange(s, []func(){func() { s.autoRenew = false }})
		return
	}
	if do, refused := w.planQuantity(s, seats); refused == nil && do != nil {
		w.doChange(s, []func(){do})
	}
}

package demobook

import (
	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// What the last weeks of the book brought beside the story: days count back from the
// last one, so that whoever looks at the book on any day finds something that waits for a
// person. It is told day by day like everything else.

// carePlan is what the American company sells beside the provider's products.
const carePlan = "CARE-PLAN"

// caredFor is a customer of the American company that buys the care plan alone.
type caredFor struct {
	id, name, street, town string
	seats                  int
	// pilot says that it costs nothing yet.
	pilot bool
	terms billing.Contract
	// The contract starts so many months before a day that is so many days before the last.
	ago, months int
}

var caredFors = []caredFor{
	{id: "bellows-college", name: "Bellows College", street: "12 Quad Lane", town: "Ithaca, NY 14850", seats: 40, terms: billing.Contract{Frequency: monthly}, ago: 6},
	{id: "fourth-coffee", name: "Fourth Coffee", street: "803 Roast Street", town: "Tacoma, WA 98402", seats: 9, pilot: true, terms: billing.Contract{Frequency: monthly}, ago: 8, months: 3},
	{id: "margies-travel", name: "Margie's Travel", street: "77 Harbor Walk", town: "San Diego, CA 92101", seats: 10, terms: billing.Contract{Frequency: monthly}, ago: 7, months: 4},
	{id: "consolidated-messenger", name: "Consolidated Messenger and Parcel Services of the Upper Midwest LLC", street: "4500 Depot Road", town: "Duluth, MN 55802", seats: 25,
		terms: billing.Contract{Frequency: annual, Changes: billing.Changes{Policy: billing.Immediately}}, ago: 9, months: 5},
	{id: "vanarsdel", name: "VanArsdel Ltd.", street: "9 Tulip Court", town: "Holland, MI 49423", seats: 14, terms: billing.Contract{Frequency: monthly}, ago: 25, months: 4},
}

// The days before the last on which it happens.
const (
	careAgo        = 165
	moreSeatsAgo   = 15
	cancelledAgo   = 4
	careSeatsAdded = 8
)

// VoidedPayer is the payer whose latest invoice is taken back, VoidedAgo days before the
// last; HeldPayer the one whose next invoice is held back on the last.
const (
	VoidedPayer billing.AccountID = "vanarsdel"
	VoidedAgo                     = 20
	HeldPayer   billing.AccountID = "margies-travel"
)

// Credit is a part of an invoice that is given back for good.
type Credit struct {
	// Ago is how many days before the last.
	Ago int
	// Contract is whose latest invoice; of its dearest line so many percent are credited.
	Contract billing.ContractID
	Percent  int64
	Reason   string
}

var credits = []Credit{
	{Ago: 40, Contract: "brennhof-m365", Percent: 25, Reason: "Goodwill: support took two days to answer when mailboxes were full"},
	{Ago: 5, Contract: "elbrieth-m365", Percent: 10, Reason: "As agreed on the phone: the licences were handed over three days late"},
}

// Credits are those of a day.
func Credits(today, until calendar.Date) (all []Credit) {
	for _, c := range credits {
		if today == until.AddDays(-c.Ago) {
			all = append(all, c)
		}
	}
	return all
}

func (c *caredFor) contract() billing.ContractID { return billing.ContractID(c.id + "-care") }

func (c *caredFor) start(until calendar.Date) calendar.Date {
	return until.AddDays(-c.ago).AddMonths(-c.months)
}

// Lately is what is told on a day of the last weeks, in this order.
func Lately(today, until calendar.Date) (told []flow.Intake) {
	add := func(in flow.Intake) {
		in.At = source
		told = append(told, in)
	}
	if today == until.AddDays(-careAgo) {
		add(flow.Intake{Product: &billing.Product{SKU: carePlan, Name: "Nordlicht Care Plan, per person", Class: own, Kind: billing.Service}})
		add(flow.Intake{Price: &billing.PriceRow{SKU: carePlan, List: flow.DefaultList, Currency: usd, Unit: monthly, From: today, Price: decimal("24.00"), Cost: decimal("13.50"), HasCost: true}})
	}
	event := func(e flow.Event) {
		e.At, e.On, e.Effective = source, today, today
		add(flow.Intake{Event: &e})
	}
	for i := range caredFors {
		c := &caredFors[i]
		if today != c.start(until) {
			continue
		}
		account, contract := american(c.id, c.name, []string{c.street, c.town}), c.terms
		contract.ID, contract.Account, contract.Currency, contract.Start = c.contract(), account.ID, usd, today
		add(flow.Intake{Account: &account})
		add(flow.Intake{Contract: &flow.Contract{Contract: contract, Seller: sellerUS}})
		event(flow.Event{Do: flow.DoSubscribe, Contract: c.contract(), ID: c.id + "-care-plan", SKU: carePlan, Quantity: whole(c.seats), HasQuantity: true, Unit: monthly, HasPrice: c.pilot})
	}
	switch today {
	case until.AddDays(-moreSeatsAgo):
		event(flow.Event{Do: flow.DoQuantity, Subscription: "margies-travel-care-plan", Quantity: whole(10 + careSeatsAdded), HasQuantity: true})
	case until.AddDays(-cancelledAgo):
		event(flow.Event{Do: flow.DoCancel, Subscription: "consolidated-messenger-care-plan"})
	}
	return told
}

// Newcomer is a customer who came to the provider in the last weeks, as far as it is
// known here: its account and contracts, and which of them takes what it buys.
type Newcomer struct {
	// Name is the customer's at the provider.
	Name string
	// Ago is how many days before the last it is taken in.
	Ago int
	// takes is the contract that takes what it buys; nothing where nobody has said.
	takes    billing.ContractID
	country  string
	currency money.Currency
	// contracts are the ends of their ids; changes says when they bill what changes.
	contracts []string
	changes   billing.Changes
}

var newcomers = []Newcomer{
	{Name: "Adventure Works Cycles", Ago: 12, contracts: []string{"office", "workshop"}},
	{Name: "Relecloud", Ago: 9, takes: "relecloud-m365", contracts: []string{"m365"}},
	{Name: "Tailwind Traders Monterrey", Ago: 8, takes: "tailwind-traders-monterrey-m365", country: "MX", currency: currency("MXN"), contracts: []string{"m365"}, changes: billing.Changes{Policy: billing.Immediately}},
}

// Newcomers are those taken in on a day.
func Newcomers(today, until calendar.Date) (all []Newcomer) {
	for _, n := range newcomers {
		if today == until.AddDays(-n.Ago) {
			all = append(all, n)
		}
	}
	return all
}

// Nouns are a newcomer's account and contracts.
func (n *Newcomer) Nouns(today calendar.Date) []flow.Intake {
	id := FollowedAccount(Followed{Name: n.Name})
	account := american(id, n.Name, []string{"1 Market Square"})
	if n.country != "" {
		account.Country, account.Party.Country, account.Currency = n.country, n.country, n.currency
	}
	nouns := []flow.Intake{{At: source, Account: &account}}
	for _, end := range n.contracts {
		contract := billing.Contract{ID: billing.ContractID(id + "-" + end), Account: account.ID, Currency: account.Currency, Frequency: monthly, Changes: n.changes, Start: today}
		nouns = append(nouns, flow.Intake{At: source, Contract: &flow.Contract{Contract: contract, Seller: sellerUS}})
	}
	return nouns
}

// Link says which account a newcomer is at the provider.
func (n *Newcomer) Link(connection flow.ConnectionID, customer string) flow.CustomerLink {
	return flow.CustomerLink{Connection: connection, Customer: customer, Account: billing.AccountID(FollowedAccount(Followed{Name: n.Name})), Contract: n.takes}
}

// american is an account of the American company.
func american(id, name string, address []string) flow.Account {
	return flow.Account{
		Account:  billing.Account{ID: billing.AccountID(id), Name: name, Country: "US", Currency: usd},
		Language: "en", PaymentTermsDays: 30, HasPaymentTerms: true,
		Party: flow.Party{Name: name, Address: address, Country: "US", Email: "ap@" + id + ".example"},
	}
}

// Act is something that is done here to a subscription that comes from the provider.
type Act struct {
	// Ago is how many days before the last.
	Ago int
	// Account is whose, and SKU of which product, as the provider has it; no SKU for the account itself.
	Account billing.AccountID
	SKU     string
	Do      flow.EventVerb
	// Seats are how many more or fewer.
	Seats int
}

// The provider's products that are acted on.
const (
	providerBasic      = "CFQ7TTC0PR01:0001"
	providerPremium    = "CFQ7TTC0PR03:0001"
	providerEnterprise = "CFQ7TTC0PR04:0001"
)

var acts = []Act{
	{Ago: 6, Account: "lucerne-publishing", SKU: providerPremium, Do: flow.DoSchedule, Seats: 5},
	// More seats than the provider sells of it to one customer.
	{Ago: 5, Account: "wide-world-importers", SKU: providerBasic, Do: flow.DoQuantity, Seats: 240},
	{Ago: 4, Account: "proseware-legal", SKU: providerPremium, Do: flow.DoSuspend},
	{Ago: 4, Account: "trey-research", Do: flow.DoHold},
	{Ago: 3, Account: "trey-research", SKU: providerEnterprise, Do: flow.DoQuantity, Seats: 5},
}

// Acts are those of a day.
func Acts(today, until calendar.Date) (all []Act) {
	for _, a := range acts {
		if today == until.AddDays(-a.Ago) {
			all = append(all, a)
		}
	}
	return all
}

// OrderedAgo is how many days before the last a newcomer is sold to that the provider
// does not let buy yet.
const OrderedAgo = 5

// Ordered is that sale.
func Ordered(connection flow.ConnectionID, today calendar.Date) flow.Event {
	return flow.Event{At: source, Do: flow.DoSubscribe, On: today, Effective: today, Contract: "relecloud-m365", ID: "relecloud-m365-bp", SKU: providerPremium,
		Quantity: whole(15), HasQuantity: true, TermMonths: 12, Billing: monthly, Unit: monthly, AutoRenew: true, HasAutoRenew: true, Order: flow.OrderAsk{Connection: connection}}
}

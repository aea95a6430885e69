package demobook

import (
	"strings"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
)

// agreement is what a contract of a kind says, but for its account and dates.
type agreement struct {
	name  string
	terms billing.Contract
}

// window is what the provider itself grants: seats go back within a week.
var window = billing.Refunds{Policy: billing.RefundWithinDays, Days: 7}

var agreements = []agreement{
	{"monthly", billing.Contract{Frequency: monthly}},
	{"monthly, month ends", billing.Contract{Frequency: monthly, Stick: true}},
	{"monthly, changes at once", billing.Contract{Frequency: monthly, Changes: billing.Changes{Policy: billing.Immediately}}},
	{"monthly, changes on Mondays", billing.Contract{Frequency: monthly, Changes: billing.Changes{Policy: billing.Weekly, Day: 1}}},
	{"monthly, changes on the 15th", billing.Contract{Frequency: monthly, Changes: billing.Changes{Policy: billing.Monthly, Day: 15}}},
	{"monthly by 30 days", billing.Contract{Frequency: monthly, Proration: billing.ByDays30, Changes: billing.Changes{Policy: billing.Immediately}}},
	{"monthly by months", billing.Contract{Frequency: monthly, Proration: billing.ByMonths}},
	{"monthly, whole periods", billing.Contract{Frequency: monthly, Proration: billing.ByNothing}},
	{"monthly, no refunds", billing.Contract{Frequency: monthly, Refunds: billing.Refunds{Policy: billing.RefundNone}}},
	{"monthly, suspended free", billing.Contract{Frequency: monthly, SuspendedFree: true}},
	{"monthly, rate of the invoice", billing.Contract{Frequency: monthly, RatePolicy: billing.RateOfInvoice}},
	{"monthly in arrears", billing.Contract{Frequency: monthly, Timing: billing.Arrears}},
	{"quarterly", billing.Contract{Frequency: quarterly}},
	{"quarterly by months", billing.Contract{Frequency: quarterly, Proration: billing.ByMonths, Changes: billing.Changes{Policy: billing.Immediately}}},
	{"quarterly in arrears", billing.Contract{Frequency: quarterly, Timing: billing.Arrears}},
	{"half-yearly", billing.Contract{Frequency: semiannual}},
	{"yearly", billing.Contract{Frequency: annual, Changes: billing.Changes{Policy: billing.Immediately}}},
	{"yearly, no refunds", billing.Contract{Frequency: annual, Refunds: billing.Refunds{Policy: billing.RefundNone}, Changes: billing.Changes{Policy: billing.Monthly, Day: 28}}},
	{"as the provider", billing.Contract{Frequency: monthly, Schedule: billing.Flexi, Refunds: window, Reductions: billing.ReductionsWithinWindow}},
	{"as the provider, at once", billing.Contract{
		Frequency: monthly, Schedule: billing.Flexi, Refunds: window, Reductions: billing.ReductionsWithinWindow, Changes: billing.Changes{Policy: billing.Immediately},
	}},
	{"as the provider, ahead", billing.Contract{
		Frequency: monthly, Schedule: billing.Flexi, Refunds: window, Reductions: billing.ReductionsWithinWindow, Collect: billing.Upcoming,
	}},
	{"flexible, changes at renewal", billing.Contract{Frequency: monthly, Schedule: billing.Flexi, Changes: billing.Changes{Policy: billing.AtRenewal}}},
	{"flexible, no reductions", billing.Contract{Frequency: monthly, Schedule: billing.Flexi, Reductions: billing.ReductionsForbidden}},
	{"flexible in arrears", billing.Contract{Frequency: monthly, Schedule: billing.Flexi, Timing: billing.Arrears}},
}

// offer is one line of what is sold together.
type offer struct {
	// key ends the subscription's id.
	key, sku string
	// percent of the contract's seats, or a fixed quantity.
	percent, fixed int
	// term in months, and the cycle where it is not the contract's.
	term    int
	billing billing.Unit
	// later is how many months after the contract's start it is taken.
	later int
	// parent is the key of the bundle that it belongs to, each times to a seat of it.
	parent string
	each   int
}

// pack is what is sold together.
type pack struct {
	name   string
	offers []offer
}

var packs = []pack{
	{"basic", []offer{
		{key: "bb", sku: "M365-BB", percent: 40},
		{key: "bs", sku: "M365-BS", percent: 60},
	}},
	{"shop", []offer{
		{key: "bs", sku: "M365-BS", percent: 100},
		{key: "backup", sku: "BACKUP-365", percent: 100, later: 1},
	}},
	{"office", []offer{
		{key: "bs", sku: "M365-BS", percent: 75},
		{key: "exo", sku: "EXO-P1", percent: 25},
		{key: "backup", sku: "BACKUP-365", percent: 100},
	}},
	{"premium", []offer{
		{key: "bp", sku: "M365-BP", percent: 100, term: 12},
		{key: "backup", sku: "BACKUP-365", percent: 100},
	}},
	{"premium plus", []offer{
		{key: "bp", sku: "M365-BP", percent: 100, term: 12},
		{key: "phone", sku: "TEAMS-PHONE", percent: 40},
		{key: "copilot", sku: "COPILOT-365", percent: 20, term: 12, later: 4},
	}},
	{"enterprise", []offer{
		{key: "e3", sku: "M365-E3", percent: 80, term: 12},
		{key: "e5", sku: "M365-E5", percent: 20, term: 12},
		{key: "phone", sku: "TEAMS-PHONE", percent: 45},
		{key: "copilot", sku: "COPILOT-365", percent: 10, term: 12, later: 5},
	}},
	{"enterprise prepaid", []offer{
		{key: "e3", sku: "M365-E3", percent: 85, term: 12, billing: annual},
		{key: "e5", sku: "M365-E5", percent: 15, term: 12, billing: annual},
		{key: "powerbi", sku: "POWERBI-PRO", percent: 20, term: 12, billing: annual, later: 2},
	}},
	{"three years", []offer{
		{key: "e3", sku: "M365-E3", percent: 60, term: 36, billing: triennial},
		{key: "w365", sku: "W365-E8", percent: 15, term: 36, billing: annual},
		{key: "backup", sku: "BACKUP-365", percent: 60},
	}},
	{"frontline", []offer{
		{key: "f3", sku: "M365-F3", percent: 70},
		{key: "e3", sku: "M365-E3", percent: 30, term: 12},
	}},
	{"secured", []offer{
		{key: "bs", sku: "M365-BS", percent: 100},
		{key: "security", sku: "SECURITY-SET", percent: 100},
		{key: "security-defender", sku: "DEFENDER-BUS", parent: "security", each: 1},
		{key: "security-entra", sku: "ENTRA-P1", parent: "security", each: 1},
	}},
	{"desktop", []offer{
		{key: "desk", sku: "MANAGED-DESK", percent: 100},
		{key: "desk-bp", sku: "M365-BP", parent: "desk", each: 1},
		{key: "desk-backup", sku: "BACKUP-365", parent: "desk", each: 1},
		{key: "gold", sku: "SUPPORT-GOLD", percent: 100},
	}},
	{"cloud pc", []offer{
		{key: "bp", sku: "M365-BP", percent: 100, term: 12},
		{key: "w365", sku: "W365-E8", percent: 35, term: 1},
	}},
	{"servers", []offer{
		{key: "cal", sku: "SERVER-CAL", percent: 100, term: 12},
		{key: "store", sku: "BACKUP-STORE", fixed: 4200},
	}},
	{"azure", []offer{{key: "azure", sku: azure, fixed: 1}}},
	{"silver", []offer{{key: "silver", sku: "SUPPORT-SILVER", percent: 100}}},
	{"gold", []offer{{key: "gold", sku: "SUPPORT-GOLD", percent: 100}}},
	{"hours", []offer{{key: "hours", sku: hours, fixed: 1}}},
	{"archive", []offer{{key: "archive", sku: archive, fixed: 1}}},
	{"plans", []offer{
		{key: "powerbi", sku: "POWERBI-PRO", percent: 15, later: 1},
		{key: "project", sku: "PROJECT-P3", percent: 5, later: 3},
	}},
}

// sale is a contract as the table has it: what is sold, from which day of which
// month, for how many seats.
type sale struct {
	account   billing.AccountID
	suffix    string
	agreement string
	packs     string
	month     int
	day       int
	seats     int
	more      clause
}

// clause is what a contract has of its own.
type clause struct {
	currency money.Currency
	list     string
	order    string
	offset   int
	// nextMonth and nextDay are the first invoice's, endMonth and endDay the end's; no day for none.
	nextMonth, nextDay int
	endMonth, endDay   int
	discount           int
	initial            bool
	// discountMonths bounds the discount, counted from the opening of the book.
	discountMonths int
}

var sales = []sale{
	{"brennhof", "m365", "as the provider", "enterprise + plans", 0, 1, 120, clause{}},
	{"brennhof", "azure", "monthly in arrears", "azure", 0, 1, 0, clause{order: "4500018391"}},
	{"elbrieth", "m365", "monthly", "premium plus + silver", 0, 1, 65, clause{}},
	{"elbrieth", "servers", "yearly", "servers", 1, 15, 80, clause{}},
	{"vosskamp", "m365", "monthly by 30 days", "premium", 0, 15, 18, clause{}},
	{"kallenried", "m365", "quarterly", "frontline + gold", 0, 1, 210, clause{order: "EK-2207-204"}},
	{"lindtorf", "m365", "as the provider, ahead", "enterprise prepaid", 0, 20, 95, clause{}},
	{"lindtorf", "azure", "flexible in arrears", "azure + archive", 2, 1, 0, clause{}},
	{"windhamm", "m365", "monthly, changes on Mondays", "office", 0, 10, 32, clause{}},
	{"windhamm", "azure", "monthly", "azure", 1, 1, 0, clause{}},
	{"trautwald", "m365", "monthly, no refunds", "premium", 1, 1, 14, clause{}},
	{"oberlauf", "m365", "half-yearly", "frontline", 0, 1, 150, clause{list: listFramework}},
	{"zeisig", "m365", "monthly", "premium plus + hours", 1, 15, 22, clause{discount: 5}},
	{"kornweiler", "m365", "monthly in arrears", "basic", 0, 1, 28, clause{}},
	{"grauwacke", "m365", "monthly, month ends", "premium + silver", 0, 31, 35, clause{}},
	{"hafenglimm", "m365", "as the provider, at once", "cloud pc", 2, 5, 26, clause{}},
	{"salzgrund", "m365", "flexible, changes at renewal", "enterprise prepaid + gold", 0, 12, 110, clause{}},
	{"salzgrund", "azure", "quarterly in arrears", "azure", 0, 12, 0, clause{}},
	{"uhlenbrook", "m365", "yearly", "office", 3, 1, 60, clause{discount: 10, initial: true}},
	{"finkensteg", "m365", "monthly", "shop", 4, 3, 4, clause{}},
	{"quellstein", "m365", "monthly", "secured + hours", 0, 31, 40, clause{}},

	{"steinfurth", "m365", "monthly, changes on the 15th", "secured + archive", 1, 1, 75, clause{}},
	{"murgrund", "m365", "monthly by months", "office", 3, 18, 24, clause{}},
	{"donauried", "m365", "flexible, no reductions", "premium", 2, 14, 19, clause{}},
	{"zirmgrat", "m365", "monthly, suspended free", "frontline", 0, 5, 90, clause{list: listSeason}},

	{"oeverstraten", "m365", "monthly", "premium + silver", 0, 1, 45, clause{offset: 5}},
	{"dijkzicht", "m365", "as the provider", "enterprise", 4, 1, 85, clause{}},
	{"dijkzicht", "azure", "monthly", "azure", 4, 1, 0, clause{}},
	{"kwartiermaan", "m365", "quarterly in arrears", "premium plus", 1, 1, 30, clause{}},
	{"roodemolen", "m365", "monthly, whole periods", "office", 1, 9, 16, clause{endMonth: 11, endDay: 20}},
	{"terschuur", "m365", "monthly", "premium", 0, 1, 30, clause{}},
	{"terschuur-kaas", "m365", "monthly", "basic", 2, 1, 22, clause{}},
	{"terschuur-melk", "m365", "monthly", "frontline", 0, 20, 55, clause{}},

	{"courtevigne", "m365", "as the provider", "premium plus", 1, 7, 38, clause{}},
	{"marequier", "m365", "monthly in arrears", "office", 6, 1, 41, clause{}},
	{"trois-charmes", "m365", "as the provider", "three years", 0, 3, 27, clause{}},
	{"balancelle", "m365", "monthly", "premium", 7, 12, 12, clause{}},
	{"castelbarre", "m365", "yearly, no refunds", "basic", 2, 28, 9, clause{}},

	{"altamurina", "m365", "monthly, changes on Mondays", "desktop", 3, 1, 42, clause{}},
	{"penalcoria", "m365", "as the provider, at once", "premium", 8, 1, 17, clause{}},
	{"ezkibarri", "m365", "quarterly by months", "office", 1, 20, 36, clause{}},
	{"marzalba", "m365", "monthly", "enterprise + plans", 5, 1, 58, clause{discount: 4, discountMonths: 11}},
	{"marzalba", "azure", "monthly", "azure", 5, 1, 0, clause{}},

	{"zurawiec", "m365", "monthly, rate of the invoice", "premium", 2, 10, 33, clause{currency: pln}},
	{"przedzalnia", "m365", "monthly", "secured", 4, 15, 47, clause{}},
	{"swierkowa", "m365", "monthly by 30 days", "basic", 6, 6, 8, clause{}},
	{"wojcikowo", "m365", "as the provider, at once", "cloud pc", 9, 1, 21, clause{}},

	{"argyropetra", "m365", "monthly", "premium", 1, 1, 25, clause{nextMonth: 2, nextDay: 1}},
	{"thalassoula", "m365", "as the provider", "enterprise + archive", 3, 25, 70, clause{}},
	{"thalassoula", "azure", "monthly", "azure", 4, 1, 0, clause{}},
	{"kyanolithos", "m365", "monthly, changes at once", "office", 8, 8, 34, clause{discount: 3}},

	{"rozovadolina", "m365", "monthly", "office", 5, 1, 27, clause{}},
	{"belostruy", "m365", "quarterly", "premium plus", 7, 1, 44, clause{}},

	{"harrowmere", "m365", "monthly", "premium plus + azure + silver", 0, 1, 34, clause{}},
	{"pennick", "m365", "as the provider", "enterprise + plans", 0, 15, 62, clause{}},
	{"pennick", "azure", "monthly", "azure", 1, 1, 0, clause{}},
	{"ashcombe", "m365", "monthly in arrears", "basic", 2, 1, 19, clause{}},
	{"brackenfold", "m365", "yearly", "enterprise prepaid", 1, 10, 88, clause{}},
	{"tollgarrow", "m365", "monthly, changes on Mondays", "secured", 3, 6, 29, clause{}},
	{"pellbrook", "m365", "quarterly", "frontline", 4, 1, 160, clause{}},
	{"saltmarsh", "m365", "monthly", "office + hours", 6, 1, 15, clause{}},
	{"dunvarrich", "m365", "monthly", "desktop", 5, 17, 23, clause{offset: -3}},
	{"oakenfleet", "m365", "as the provider, ahead", "cloud pc", 9, 14, 18, clause{}},
	{"aldreda", "m365", "monthly, no refunds", "basic", 10, 1, 12, clause{discount: 15}},

	{"kestrova-de", "m365", "monthly", "enterprise + azure + gold", 0, 1, 150, clause{}},
	{"kestrova-at", "m365", "monthly", "enterprise", 0, 1, 85, clause{}},
	{"kestrova-pl", "m365", "monthly", "enterprise + azure", 1, 1, 105, clause{currency: pln}},
	{"kestrova-gr", "m365", "monthly", "enterprise", 2, 1, 65, clause{}},
	{"kestrova-bg", "m365", "monthly", "frontline", 3, 1, 60, clause{}},
	{"kestrova-uk", "m365", "monthly", "enterprise", 2, 1, 75, clause{currency: gbp}},

	{"keltersbach", "m365", "monthly", "premium + azure", 0, 1, 28, clause{}},
	{"ostfelde", "m365", "monthly", "basic", 0, 1, 9, clause{}},
	{"muehlgraben", "m365", "monthly", "secured", 4, 1, 31, clause{}},
	{"birkenrain", "m365", "monthly", "frontline", 8, 1, 48, clause{}},
	{"coldharrow", "m365", "monthly", "premium", 1, 1, 16, clause{}},
	{"mortlake-fenn", "m365", "as the provider, at once", "premium plus", 5, 11, 24, clause{}},
	{"hopsack", "m365", "monthly in arrears", "office", 9, 1, 20, clause{}},
}

func (s sale) id() billing.ContractID { return billing.ContractID(string(s.account) + "-" + s.suffix) }

// offers are those of all packs of the sale.
func (s sale) offers() (all []offer) {
	for name := range strings.SplitSeq(s.packs, " + ") {
		found := false
		for _, p := range packs {
			if p.name == name {
				all, found = append(all, p.offers...), true
			}
		}
		if !found {
			broken("contract %s: no pack %q", s.id(), name)
		}
	}
	return all
}

func (b *book) makeContracts() []flow.Contract {
	contracts := make([]flow.Contract, 0, len(sales))
	for _, s := range sales {
		contracts = append(contracts, b.makeContract(s))
	}
	return contracts
}

func (b *book) makeContract(s sale) flow.Contract {
	account := b.account(s.account)
	c := flow.Contract{Contract: agreementOf(s), Seller: flow.DefaultSeller, PurchaseOrder: s.more.order}
	c.ID, c.Account, c.PriceList, c.OffsetDays = s.id(), s.account, s.more.list, s.more.offset
	c.Start = b.day(s.month, s.day)
	c.NextInvoice = b.dayOrNone(s.more.nextMonth, s.more.nextDay)
	c.End = b.dayOrNone(s.more.endMonth, s.more.endDay)
	if s.more.discount != 0 {
		c.Discount = billing.Discount{Percent: whole(s.more.discount), Initial: s.more.initial}
		if s.more.discountMonths != 0 {
			c.Discount.To = b.day(s.more.discountMonths, 1)
		}
	}
	if account.Country == "GB" && account.Parent == "" {
		c.Seller = sellerUK
	}
	c.Currency = s.more.currency
	if c.Currency.IsZero() {
		c.Currency = eur
		if c.Seller == sellerUK {
			c.Currency = gbp
		}
	}
	return c
}

func agreementOf(s sale) billing.Contract {
	for _, a := range agreements {
		if a.name == s.agreement {
			return a.terms
		}
	}
	broken("contract %s: no agreement %q", s.id(), s.agreement)
	return billing.Contract{}
}

// regionOf is where a contract's sales are taxed: with the reseller who buys, else with the
// account itself, an operator of a group included.
func (b *book) regionOf(c *flow.Contract) region {
	if c.Seller == sellerUK {
		return inBritain
	}
	buyer := b.account(c.Account)
	if buyer.BillTo == billing.ToReseller {
		buyer = b.account(buyer.Reseller)
	}
	if buyer.Country == "DE" {
		return inGermany
	}
	return abroad
}

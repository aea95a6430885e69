// Package benchbook makes up books of any size, the same from the same numbers:
// what the program's speed is measured on.
//
// A contract has licence subscriptions, a third of which change inside the cycle;
// a tenth of the contracts are flexi and billed in advance, the others aligned
// and billed in arrears, so that the run of 1 February invoices January whole.
package benchbook

import (
	"fmt"
	"iter"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// Size is how much of a book there is.
type Size struct {
	Contracts, Subscriptions int
}

const skus = 20

// Contract is one contract of the book with its account.
type Contract struct {
	Account       flow.Account
	Contract      flow.Contract
	Group         string
	Subscriptions []billing.Subscription
}

func date(text string) calendar.Date {
	d, err := calendar.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

func decimal(text string) money.Decimal {
	d, err := money.ParseDecimal(text)
	if err != nil {
		panic(err)
	}
	return d
}

func euro() money.Currency {
	c, err := money.ParseCurrency("EUR")
	if err != nil {
		panic(err)
	}
	return c
}

// Through is the day through which the book is billed.
func Through() calendar.Date { return date("2026-02-01") }

var monthly = billing.Unit{Name: "monthly", Months: 1}

func sku(n int) string { return fmt.Sprintf("SKU-%02d", n%skus) }

// Nouns are what all contracts share: a seller, a tax, products and prices.
func Nouns() []flow.Intake {
	seller := flow.Seller{ID: flow.DefaultSeller, Party: flow.Party{Name: "Bench", Country: "DE"}, Currency: euro(), TimeZone: "UTC"}
	tax := billing.Tax{Name: "vat19", Percent: decimal("19")}
	nouns := []flow.Intake{{Seller: &seller}, {Tax: &tax}}
	for i := range skus {
		product := billing.Product{SKU: sku(i), Name: fmt.Sprintf("Licence %d", i), Class: "resale", Tax: "vat19"}
		price := billing.PriceRow{SKU: sku(i), List: flow.DefaultList, Currency: euro(), Unit: monthly, Price: decimal(fmt.Sprintf("%d.%02d", 4+i, i*7%100)), Cost: decimal(centsText(costCents(i))), HasCost: true}
		nouns = append(nouns, flow.Intake{Product: &product}, flow.Intake{Price: &price})
	}
	return nouns
}

// Contracts are the book's contracts, one after another.
func Contracts(size Size) iter.Seq[Contract] {
	return func(yield func(Contract) bool) {
		for i := range size.Contracts {
			if !yield(contract(i, size.Subscriptions)) {
				return
			}
		}
	}
}

// First is the first contract of a book whose contracts have subscriptions.
func First() Contract { return contract(0, 1) }

func contract(i, subscriptions int) Contract {
	id := fmt.Sprintf("c%08d", i)
	account := flow.Account{Account: billing.Account{ID: billing.AccountID("a" + id), Name: "Customer " + id, Country: "DE", Currency: euro()}}
	account.Party = flow.Party{Name: account.Name, Country: "DE"}
	c := flow.Contract{Seller: flow.DefaultSeller, Contract: billing.Contract{
		ID: billing.ContractID(id), Account: account.ID, Currency: euro(), Frequency: monthly, Start: date("2026-01-01"), Timing: billing.Arrears,
	}}
	if i%10 == 9 {
		c.Schedule, c.Timing, c.NextInvoice = billing.Flexi, billing.Advance, Through()
	}
	made := Contract{Account: account, Contract: c, Group: "contract:" + id}
	for n := range subscriptions {
		made.Subscriptions = append(made.Subscriptions, subscription(&c.Contract, i, n))
	}
	return made
}

func subscription(c *billing.Contract, i, n int) billing.Subscription {
	start := c.Start
	if c.Schedule == billing.Flexi {
		start = start.AddDays((i + n*5) % 20)
	}
	entry := billing.Entry{Verb: billing.Subscribe, RecordedOn: start, KnownOn: start, EffectiveOn: start, Quantity: money.DecimalOf(int64(1 + (i+n)%40)), HasQuantity: true}
	s := billing.Subscription{
		ID: billing.SubscriptionID(fmt.Sprintf("%s-%d", c.ID, n)), Contract: c.ID, SKU: sku(i + n), Tax: "vat19", Billing: monthly, PriceUnit: monthly,
		Entries: []billing.Entry{entry},
	}
	if n%2 == 0 {
		s.TermMonths = 12
	}
	if (i+n)%3 == 0 {
		day := start.AddDays(3 + (i+n)%8)
		s.Entries = append(s.Entries, billing.Entry{Verb: billing.SetQuantity, RecordedOn: day, KnownOn: day, EffectiveOn: day, Quantity: money.DecimalOf(int64(3 + (i+n)%45)), HasQuantity: true})
	}
	return s
}

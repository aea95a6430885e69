// Package demobook makes up a book of business to look at: a seller group that
// grew for fourteen months, with its customers, prices, contracts and all that
// happened to them.
//
// It owns names and numbers that are invented and look real, and nothing that
// decides an amount: what it tells is taken in like any other story. The same
// seed and day give the same book; a later day of the month gives the same book
// some days older, and a later month the same story moved by months.
//
//	tables (names, customers, products, prices, contracts) ──────► Story.Nouns
//	tables (events) and chance ──► plans ──► telling ──► judged ──► Story.Events
//
// What chance plans is told only where the contract allows it: the telling asks
// the engine's own judge, so no event of the story is refused.
package demobook

import (
	"fmt"
	"slices"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// monthsTold is how long before the last day the story begins.
const monthsTold = 14

// Story tells the book as it stands at the end of a day.
func Story(seed uint64, until calendar.Date) flow.Story {
	b := newBook(seed, until)
	story := flow.Story{Nouns: b.nouns(), Until: until}
	story.Events, _ = b.told()
	return story
}

// book is one telling: its seed, its months, and the nouns that events are
// checked against.
type book struct {
	seed  uint64
	until calendar.Date
	// opening is the first day of the first month.
	opening   calendar.Date
	products  []billing.Product
	accounts  []flow.Account
	contracts []flow.Contract
}

func newBook(seed uint64, until calendar.Date) *book {
	year, month, _ := until.Civil()
	first, err := calendar.NewDate(year, month, 1)
	if err != nil {
		broken("until %s: %v", until, err)
	}
	b := &book{seed: seed, until: until, opening: first.AddMonths(-monthsTold), products: products(), accounts: accounts()}
	b.contracts = b.makeContracts()
	return b
}

// day is a day of a month of the story, months counted from 0; a day that the
// month does not have is its last.
func (b *book) day(month, day int) calendar.Date {
	first := b.opening.AddMonths(month)
	return calendar.Earliest(first.AddDays(day-1), first.AddMonths(1).AddDays(-1))
}

// dayOrNone is no day for day 0.
func (b *book) dayOrNone(month, day int) calendar.Date {
	if day == 0 {
		return calendar.Date{}
	}
	return b.day(month, day)
}

func (b *book) nouns() []flow.Intake {
	var nouns []flow.Intake
	add := func(in flow.Intake) {
		in.At = source
		nouns = append(nouns, in)
	}
	for _, v := range sellers() {
		add(flow.Intake{Seller: &v})
	}
	add(flow.Intake{Unit: &billing.Unit{Name: semiannual.Name, Months: semiannual.Months}})
	for _, v := range taxes {
		add(flow.Intake{Tax: &v})
	}
	for _, v := range b.products {
		add(flow.Intake{Product: &v})
	}
	for _, v := range b.prices() {
		add(flow.Intake{Price: &v})
	}
	for _, v := range b.rates() {
		add(flow.Intake{Rate: &v})
	}
	for _, v := range b.accounts {
		add(flow.Intake{Account: &v})
	}
	for _, v := range b.contracts {
		add(flow.Intake{Contract: &v})
	}
	return nouns
}

// source is where all of it is said to come from.
var source = flow.Source{File: "demo"}

// The currencies and units of the book.
var (
	eur = currency("EUR")
	gbp = currency("GBP")
	pln = currency("PLN")
	usd = currency("USD")

	monthly    = billing.Unit{Name: "monthly", Months: 1}
	quarterly  = billing.Unit{Name: "quarterly", Months: 3}
	semiannual = billing.Unit{Name: "semiannual", Months: 6}
	annual     = billing.Unit{Name: "annual", Months: 12}
	triennial  = billing.Unit{Name: "triennial", Months: 36}
)

func currency(code string) money.Currency {
	c, err := money.ParseCurrency(code)
	if err != nil {
		broken("%v", err)
	}
	return c
}

// decimal reads a number of a table.
func decimal(text string) money.Decimal {
	d, err := money.ParseDecimal(text)
	if err != nil {
		broken("%v", err)
	}
	return d
}

// cents is a price of so many cents.
func cents(n int) money.Decimal {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	return decimal(fmt.Sprintf("%s%d.%02d", sign, n/100, n%100))
}

// whole is a quantity.
func whole(n int) money.Decimal { return money.DecimalOf(int64(n)) }

// broken stops a telling whose tables name what is not there: a mistake in this
// package, which its tests find.
func broken(format string, args ...any) { panic("demobook: " + fmt.Sprintf(format, args...)) }

func (b *book) account(id billing.AccountID) *flow.Account {
	at := slices.IndexFunc(b.accounts, func(a flow.Account) bool { return a.ID == id })
	if at < 0 {
		broken("no account %s", id)
	}
	return &b.accounts[at]
}

func (b *book) contract(id billing.ContractID) *flow.Contract {
	at := slices.IndexFunc(b.contracts, func(c flow.Contract) bool { return c.ID == id })
	if at < 0 {
		broken("no contract %s", id)
	}
	return &b.contracts[at]
}

func (b *book) product(sku string) billing.Product {
	at := slices.IndexFunc(b.products, func(p billing.Product) bool { return p.SKU == sku })
	if at < 0 {
		broken("no product %s", sku)
	}
	return b.products[at]
}

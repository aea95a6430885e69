package bookfile

import (
	"slices"
	"strings"

	"prorata/flow"
)

// The nouns of a book: the keys of the YAML file and the names of the CSV files.
const (
	Sellers   = "sellers"
	Units     = "units"
	Rates     = "rates"
	Taxes     = "taxes"
	Products  = "products"
	Prices    = "prices"
	Accounts  = "accounts"
	Contracts = "contracts"
	Events    = "events"
)

// Nouns are all of them, each after those that it may name.
func Nouns() []string {
	return []string{Sellers, Units, Rates, Taxes, Products, Prices, Accounts, Contracts, Events}
}

// columnsOf are the columns of a noun's CSV file: its keys, with a dot where a
// key stands inside another. The first are those that the file must have.
func columnsOf(noun string) (columns []string, required int) {
	switch noun {
	case Sellers:
		return words("id name country currency timezone address tax_id registration email phone remittance.bank remittance.account_holder " +
			"remittance.iban remittance.bic remittance.account_number remittance.routing_number remittance.note"), 1
	case Units:
		return words("name months"), 2
	case Rates:
		return words("on from to rate"), 4
	case Taxes:
		return words("name percent category"), 1
	case Products:
		return words("sku name class kind tax"), 2
	case Prices:
		return words("sku list currency unit term model price tiers rule.of rule.percent rule.margin size included cost retail from tax_included"), 1
	case Accounts:
		return words("id name parent reseller bill_to country currency price_list consolidated address tax_id registration email phone " +
			"language purchase_order payment_terms_days"), 2
	case Contracts:
		return words("id account start end currency schedule frequency timing next_invoice offset collect proration changes changes.weekly changes.monthly " +
			"refunds refunds.within_days reductions discount.percent discount.on discount.from discount.to price_list rate_policy bill_suspended " +
			"month_end seller purchase_order"), 3
	case Events:
		return words("on do effective id refused contract subscription account event sku quantity to from price term billing unit auto_renew " +
			"discount.percent discount.on discount.from discount.to parent per_parent ends markup minimum smooth.over smooth.months budget.amount budget.alert_at " +
			"cost retail list currency holding order.connection order.add_on_to order.promotion order.name type unit_price effective_price invoice lines reason"), 2
	}
	return nil, 0
}

func words(text string) []string { return strings.Fields(text) }

// intake reads one noun from its keys.
func intake(noun string, f *fields, units *unitTable) flow.Intake {
	in := flow.Intake{At: f.at()}
	switch noun {
	case Sellers:
		v := seller(f, true)
		in.Seller = &v
	case Units:
		v := unit(f)
		in.Unit = &v
		units.months[v.Name] = v.Months
	case Rates:
		v := rate(f)
		in.Rate = &v
	case Taxes:
		v := tax(f)
		in.Tax = &v
	case Products:
		v := product(f)
		in.Product = &v
	case Prices:
		v := price(f, units)
		in.Price = &v
	case Accounts:
		v := account(f)
		in.Account = &v
	case Contracts:
		v := contract(f, units)
		in.Contract = &v
	case Events:
		v := event(f, units)
		in.Event = &v
	}
	return in
}

func isNoun(name string) bool { return slices.Contains(Nouns(), name) }

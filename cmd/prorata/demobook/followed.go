package demobook

import (
	"fmt"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/flow"
)

// sellerUS is the part of the group that follows a Partner Center: its customers'
// subscriptions are not told here, they come from there.
const sellerUS = "nordlicht-us"

// Followed is a customer at the provider.
type Followed struct{ ID, Name string }

// ways are how followed customers are billed, one after another.
var ways = []agreement{
	{"monthly", billing.Contract{Frequency: monthly}},
	{"as the provider", billing.Contract{Frequency: monthly, Schedule: billing.Flexi, Refunds: window, Reductions: billing.ReductionsWithinWindow}},
	{"quarterly", billing.Contract{Frequency: quarterly}},
	{"mirror", billing.Contract{Frequency: monthly, Schedule: billing.Mirror}},
	{"monthly, changes at once", billing.Contract{Frequency: monthly, Schedule: billing.Flexi, Changes: billing.Changes{Policy: billing.Immediately}}},
}

// FollowedNouns are the seller, the accounts and the contracts of customers whose
// subscriptions come from the provider, from a day on. skuAzure is the sku under
// which usage is sold.
func FollowedNouns(customers []Followed, from calendar.Date, skuAzure string) []flow.Intake {
	seller := flow.Seller{
		ID: sellerUS, Currency: usd, TimeZone: "America/New_York",
		Party: flow.Party{
			Name: "Nordlicht Cloud Inc.", Address: []string{"400 Harbor Street, Suite 9", "Wilmington, DE 19899"}, Country: "US",
			TaxID: "99-0104751", Email: "billing@nordlicht-cloud.example", Phone: "+1 302 555 0140",
		},
		Remittance: flow.Remittance{Bank: "First Lantern Bank", AccountHolder: "Nordlicht Cloud Inc.", AccountNumber: "000123456789", RoutingNumber: "999900001",
			Note: "Please quote the invoice number."},
	}
	usage := billing.Product{SKU: skuAzure, Name: "Azure plan", Class: "resale", Kind: billing.Usage}
	nouns := []flow.Intake{{At: source, Seller: &seller}, {At: source, Product: &usage}}
	for i, c := range customers {
		id := billing.AccountID(FollowedAccount(c))
		account := american(string(id), c.Name, []string{fmt.Sprintf("%d Main Street", 100+7*i)})
		terms := ways[i%len(ways)].terms
		terms.ID, terms.Account, terms.Currency, terms.Start = billing.ContractID(id)+"-m365", id, usd, from
		nouns = append(nouns, flow.Intake{At: source, Account: &account}, flow.Intake{At: source, Contract: &flow.Contract{Contract: terms, Seller: sellerUS}})
	}
	return nouns
}

// FollowedAccount is the id of the account that a customer at the provider is.
func FollowedAccount(c Followed) string {
	var id strings.Builder
	for _, r := range strings.ToLower(c.Name) {
		switch {
		case r >= 'a' && r <= 'z':
			id.WriteRune(r)
		case id.Len() > 0 && !strings.HasSuffix(id.String(), "-"):
			id.WriteByte('-')
		}
	}
	return strings.Trim(id.String(), "-")
}

// FollowedLink says which account and contract a customer at the provider is.
func FollowedLink(connection flow.ConnectionID, customer, account string) flow.CustomerLink {
	return flow.CustomerLink{Connection: connection, Customer: customer, Account: billing.AccountID(account), Contract: billing.ContractID(account) + "-m365"}
}

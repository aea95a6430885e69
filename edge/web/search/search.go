// Package search shows what a word finds: accounts, contracts, subscriptions, invoices.
package search

import (
	"net/url"

	"prorata/edge/web/account"
	"prorata/edge/web/part"
	"prorata/edge/web/subscription"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// hit is one thing that was found.
type hit struct{ Title, Beside, Path string }

// kind is the hits of one noun.
type kind struct {
	Name string
	Hits []hit
}

// Find shows what was found; a script asks for the palette alone.
func Find(v *visit.Visit) error {
	text := v.R.URL.Query().Get("q")
	found, err := v.Desk.Search(v.R.Context(), text)
	if err != nil {
		return err
	}
	kinds := kindsOf(v, &found)
	if v.WantsPart("palette") {
		return v.Part(palette(kinds, text))
	}
	v.Frame.Search = text
	return v.Page(part.Page{Title: "Search"}, results(kinds, text))
}

func kindsOf(v *visit.Visit, found *office.Found) (kinds []kind) {
	l := v.Locale
	add := func(name string, hits []hit) {
		if len(hits) > 0 {
			kinds = append(kinds, kind{name, hits})
		}
	}
	var hits []hit
	for i := range found.Invoices {
		invoice := &found.Invoices[i]
		number := flow.PrintedNumber(invoice)
		hits = append(hits, hit{number, part.Day(invoice.Date) + ", " + l.Amount(invoice.Total) + " " + invoice.Currency.String(), "/invoices/" + url.PathEscape(number)})
	}
	add("Invoices", hits)
	hits = nil
	for i := range found.Accounts {
		a := &found.Accounts[i].Account
		hits = append(hits, hit{a.Name, string(a.ID), account.PathOf(a.ID)})
	}
	add("Accounts", hits)
	hits = nil
	for i := range found.Subscriptions {
		s := &found.Subscriptions[i]
		title := s.ProductName
		if title == "" {
			title = s.SKU
		}
		hits = append(hits, hit{title, s.AccountName + ", " + string(s.ID), subscription.PathOf(s.ID)})
	}
	add("Subscriptions", hits)
	hits = nil
	for i := range found.Contracts {
		c := &found.Contracts[i]
		hits = append(hits, hit{string(c.Contract.ID), c.AccountName, "/contracts/" + url.PathEscape(string(c.Contract.ID))})
	}
	add("Contracts", hits)
	return kinds
}

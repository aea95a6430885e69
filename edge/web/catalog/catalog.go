// Package catalog shows what is sold and at which prices, and takes new prices with
// their effect shown first.
//
//	catalog.go   the products, and the price lists;   product.go  one product with its prices
//	edit.go      a product's form;                    price.go    a new price
package catalog

import (
	"net/url"
	"strconv"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow/office"
)

// Path is where the section is.
const Path = "/catalog"

// pageRows is how many rows are shown at once.
const pageRows = 50

func crumbs() []part.Link { return []part.Link{{Text: "Catalog", Path: Path}} }

// ProductPath is the page of a product. Its sku may have any sign in it.
func ProductPath(sku string) string { return Path + "/products/" + url.PathEscape(sku) }

// ListPath is the page of a price list.
func ListPath(name string) string { return Path + "/lists/" + url.PathEscape(name) }

// newPricePath asks for another price of a product, in a list and currency where they are given.
func newPricePath(sku, list string, currency money.Currency) string {
	query := url.Values{"sku": {sku}}
	if list != "" {
		query.Set("list", list)
	}
	if !currency.IsZero() {
		query.Set("currency", currency.String())
	}
	return Path + "/prices/new?" + query.Encode()
}

// products is the list of products.
type products struct {
	visit  *visit.Visit
	form   *visit.Form
	offers []office.Offer
	next   part.Next
	text   string
	// unpriced narrows the list to what has no price.
	unpriced bool
}

// List shows the products, in order of sku.
func List(v *visit.Visit) error {
	f := v.Form()
	shown := &products{visit: v, form: f, text: f.Text("text"), unpriced: f.Text("prices") == "none"}
	after := f.Text("after")
	offers, err := v.Desk.ProductList(v.R.Context(), office.OfferFilter{Text: shown.text, Unpriced: shown.unpriced, After: after, Most: pageRows + 1})
	if err != nil {
		return err
	}
	if len(offers) > pageRows {
		offers = offers[:pageRows]
		shown.next.Older = v.Here("after", offers[pageRows-1].SKU)
	}
	if after != "" {
		shown.next.Newer = v.Here("after", "")
	}
	shown.offers, shown.next.Shown = offers, part.Plural(int64(len(offers)), "product")
	return v.Page(part.Page{Title: "Catalog", Section: Path}, productsPage(shown))
}

func (p *products) primary() *part.Action {
	if !p.visit.May("ProductPut") {
		return nil
	}
	return &part.Action{Text: "Add a product", Path: Path + "/products/new"}
}

func (p *products) more() []part.Action {
	more := []part.Action{{Text: "Price lists", Path: Path + "/lists"}}
	if p.visit.May("Import") {
		more = append(more, part.Action{Text: "Import a file", Path: "/import"})
	}
	return more
}

// Lists shows the price lists.
func Lists(v *visit.Visit) error {
	lists, err := v.Desk.PriceListList(v.R.Context())
	if err != nil {
		return err
	}
	return v.Page(part.Page{Title: "Price lists", Section: Path, Crumbs: crumbs()}, listsPage(v, lists))
}

// listed is the rows of one price list.
type listed struct {
	visit *visit.Visit
	form  *visit.Form
	name  string
	rows  []billing.PriceRow
	next  part.Next
}

// ShowList shows the rows of a price list, those added last first.
func ShowList(v *visit.Visit) error {
	f := v.Form()
	l := &listed{visit: v, form: f, name: v.R.PathValue("name")}
	filter := office.PriceFilter{List: l.name, Text: f.Text("text"), Most: pageRows + 1}
	filter.After, _ = strconv.ParseInt(f.Text("after"), 10, 64)
	if code := f.Text("currency"); code != "" {
		currency, err := money.ParseCurrency(code)
		if err != nil {
			f.Wrong("currency", code+" is no currency. Write its code, such as EUR.")
		}
		filter.Currency = currency
	}
	rows, err := v.Desk.PriceList(v.R.Context(), filter)
	if err != nil {
		return err
	}
	if len(rows) > pageRows {
		rows = rows[:pageRows]
		l.next.Older = v.Here("after", strconv.FormatInt(rows[pageRows-1].Seq, 10))
	}
	if filter.After != 0 {
		l.next.Newer = v.Here("after", "")
	}
	l.rows, l.next.Shown = rows, part.Plural(int64(len(rows)), "price")
	page := part.Page{Title: l.name, Section: Path, Crumbs: append(crumbs(), part.Link{Text: "Price lists", Path: Path + "/lists"})}
	return v.Page(page, listPage(l))
}

func kindWord(k billing.ProductKind) string {
	switch k {
	case billing.License:
		return "licence"
	case billing.Usage:
		return "usage"
	case billing.OneTime:
		return "one-time"
	case billing.Service:
		return "service"
	}
	return ""
}

// asks says what a row asks for, in words: its price, its tiers, or its rule.
func asks(l part.Locale, p *billing.PriceRow) string {
	switch {
	case p.Rule.Of != billing.NoRule:
		return ruleWords(l, p.Rule)
	case len(p.Tiers) > 0:
		return part.Plural(int64(len(p.Tiers)), "tier") + ", " + modelWord(p.Model)
	case p.Model == billing.Package:
		return l.Price(p.Price, p.Currency) + " for each " + l.Quantity(p.Size)
	}
	return l.Price(p.Price, p.Currency)
}

func ruleWords(l part.Locale, r billing.Rule) string {
	base := "retail"
	if r.Of == billing.OfCost {
		base = "cost"
	}
	percent := l.Quantity(r.Percent) + " %"
	switch {
	case r.Margin:
		return base + " with " + percent + " margin"
	case r.Percent.IsZero():
		return "the provider's " + base
	case r.Percent.Sign() > 0:
		return base + " +" + percent
	}
	return base + " " + percent
}

func modelWord(m billing.Model) string {
	switch m {
	case billing.Volume:
		return "all units at the tier's price"
	case billing.Graduated:
		return "each unit at its tier's price"
	case billing.Stairstep:
		return "one price for the step"
	case billing.Package:
		return "whole packages"
	case billing.PerUnit:
	}
	return "for each unit"
}

func termWords(months int) string {
	switch {
	case months == 0:
		return "any term"
	case months%12 == 0:
		return part.Plural(int64(months/12), "year") + " term"
	}
	return part.Plural(int64(months), "month") + " term"
}

// purchase says what a price is the price of: monthly, 1 year term.
func purchase(p *billing.PriceRow) string { return p.Unit.Name + ", " + termWords(p.TermMonths) }

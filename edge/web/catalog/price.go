package catalog

import (
	"fmt"
	"strings"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/edge/web/part"
	"prorata/edge/web/pick"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// priced is the form of a new price, and what it would change.
type priced struct {
	visit  *visit.Visit
	form   *visit.Form
	units  []billing.Unit
	effect *office.PriceEffect
}

// AskPrice asks for a new price.
func AskPrice(v *visit.Visit) error { return (&priced{visit: v, form: v.Form()}).show() }

func (p *priced) show() (err error) {
	if p.units == nil {
		if p.units, err = p.visit.Desk.UnitList(p.visit.R.Context()); err != nil {
			return err
		}
	}
	page := part.Page{Title: "Add a price", Section: Path, Crumbs: crumbs()}
	if sku := p.form.Text("sku"); sku != "" {
		page.Crumbs = append(page.Crumbs, part.Link{Text: sku, Path: ProductPath(sku)})
	}
	return p.visit.Page(page, pricePage(p))
}

// AddPrice shows what a price would change, or adds it.
func AddPrice(v *visit.Visit) (err error) {
	p := &priced{visit: v, form: v.Form()}
	ctx := v.R.Context()
	if p.units, err = v.Desk.UnitList(ctx); err != nil {
		return err
	}
	row := p.read()
	if !p.form.OK() {
		return p.show()
	}
	if p.form.Ticked("preview") {
		effect, err := v.Desk.PricePreview(ctx, row)
		if err == nil {
			p.effect = &effect
			return p.show()
		}
		if p.form.Take(err) {
			return p.show()
		}
		return err
	}
	if err := v.Desk.PriceAdd(ctx, row); err != nil {
		if p.form.Take(err) {
			return p.show()
		}
		return err
	}
	from := "always"
	if !row.From.IsZero() {
		from = part.Day(row.From)
	}
	return v.Done(ProductPath(row.SKU), "The price holds from "+from+".")
}

// The ways in which a price is asked, as the form names them.
const (
	byUnit      = "unit"
	byCost      = "cost"
	byRetail    = "retail"
	byVolume    = "volume"
	byGraduated = "graduated"
	byStep      = "stairstep"
	byPackage   = "package"
)

// ways are the choices, in words.
func ways() []part.Choice {
	return []part.Choice{
		{Value: byUnit, Text: "A price for each unit"},
		{Value: byRetail, Text: "The provider's retail price, more or less a percentage"},
		{Value: byCost, Text: "The provider's cost, more or less a percentage"},
		{Value: byVolume, Text: "Tiers: all units at the tier's price"},
		{Value: byGraduated, Text: "Tiers: each unit at its tier's price"},
		{Value: byStep, Text: "Tiers: one price for the whole step"},
		{Value: byPackage, Text: "A price for each package of units"},
	}
}

// read makes a row of what was typed.
func (p *priced) read() (row billing.PriceRow) {
	f := p.form
	row = billing.PriceRow{SKU: pick.Needed(p.visit, f, pick.Product, "sku", "The product"), List: f.Text("list"), From: f.Day("from"), TaxIncluded: f.Ticked("tax_included")}
	if row.List == "" {
		row.List = flow.DefaultList
	}
	row.Currency = p.currency()
	row.TermMonths = p.months("term")
	for _, unit := range p.units {
		if unit.Name == f.Text("unit") {
			row.Unit = unit
		}
	}
	if row.Unit.Months == 0 {
		f.Wrong("unit", "For how long is the price? Choose a unit.")
	}
	switch way := f.Text("way"); way {
	case byCost, byRetail:
		p.rule(&row, way)
	case byVolume, byGraduated, byStep:
		row.Model = map[string]billing.Model{byVolume: billing.Volume, byGraduated: billing.Graduated, byStep: billing.Stairstep}[way]
		row.Tiers = p.tiers()
	case byPackage:
		row.Model = billing.Package
		row.Size = p.number("size", "The size of a package")
		row.Price = p.number("price", "The price")
	case byUnit:
		row.Price = p.number("price", "The price")
	default:
		f.Wrong("way", "How is it asked? Choose one.")
	}
	return row
}

func (p *priced) currency() (currency money.Currency) {
	code := strings.ToUpper(p.form.Needed("currency", "The currency"))
	if code == "" {
		return currency
	}
	currency, err := money.ParseCurrency(code)
	if err != nil {
		p.form.Wrong("currency", code+" is no currency. Write its code, such as EUR.")
	}
	return currency
}

func (p *priced) months(name string) (months int) {
	text := p.form.Text(name)
	if text == "" {
		return 0
	}
	if _, err := fmt.Sscanf(text, "%d", &months); err != nil || months < 0 || fmt.Sprint(months) != text {
		p.form.Wrong(name, fmt.Sprintf("%q is not a number of months. Write 12, or nothing for any term.", text))
	}
	return months
}

func (p *priced) number(name, label string) money.Decimal {
	value, given := p.form.Decimal(name)
	if !given {
		p.form.Wrong(name, label+" is missing.")
	}
	return value
}

func (p *priced) rule(row *billing.PriceRow, way string) {
	row.Rule.Of = billing.OfRetail
	if way == byCost {
		row.Rule.Of = billing.OfCost
		row.Rule.Margin = p.form.Ticked("margin")
	}
	row.Rule.Percent, _ = p.form.Decimal("percent")
}

// tiers reads one tier a line: 10: 9.50, and the last: more: 8.50, each with + 5 for what
// is asked once.
func (p *priced) tiers() (tiers []billing.Tier) {
	text := p.form.Lines("tiers")
	if text == "" {
		p.form.Wrong("tiers", "The tiers are missing. Write one a line.")
		return nil
	}
	for i, line := range strings.Split(text, "\n") {
		upTo, asked, ok := strings.Cut(line, ":")
		asked, flat, hasFlat := strings.Cut(asked, "+")
		tier := billing.Tier{Open: strings.TrimSpace(upTo) == "more"}
		var err [3]error
		if !tier.Open {
			tier.UpTo, err[0] = money.ParseDecimal(p.visit.Locale.Plain(upTo))
		}
		tier.Price, err[1] = money.ParseDecimal(p.visit.Locale.Plain(asked))
		if hasFlat {
			tier.Flat, err[2] = money.ParseDecimal(p.visit.Locale.Plain(flat))
		}
		if !ok || err != [3]error{} {
			p.form.Wrong("tiers", fmt.Sprintf("Line %d, %q, is not a tier. Write it as 10: 9.50, the last as more: 8.50.", i+1, line))
			return nil
		}
		tiers = append(tiers, tier)
	}
	return tiers
}

// first is the sentence above the changes.
func (p *priced) first() string {
	n := int64(len(p.effect.Changes))
	switch {
	case n > 0:
		return part.Plural(n, "subscription") + changesWord(n) + " price, the first on " + part.Day(p.effect.Changes[0].On) + "."
	case p.effect.Contracts == 0:
		return "Nobody was sold it yet: no invoice changes."
	}
	return "No subscription changes price in the next thirteen months: another list or a price of their own serves those who have it, or it asks what is asked now."
}

func changesWord(n int64) string {
	if n == 1 {
		return " changes"
	}
	return " change"
}

// asked is what the row itself asks, in words; empty where nothing but its tiers says it.
func (p *priced) asked() string {
	a, l := &p.effect.Asked, p.visit.Locale
	switch {
	case a.Missing != "":
		return "The rule has nothing to go by: " + a.Missing + ". Import the provider's price sheet first, or give a price."
	case a.HasAsked && a.HasMargin:
		return fmt.Sprintf("It asks %s %s and costs %s: %s %% of it stays.", l.Price(a.Asked, a.Currency), a.Currency, l.Price(a.Paid, a.Currency), l.Quantity(a.MarginPercent))
	case a.HasAsked:
		return fmt.Sprintf("It asks %s %s. What the provider asks for it is not known.", l.Price(a.Asked, a.Currency), a.Currency)
	}
	return ""
}

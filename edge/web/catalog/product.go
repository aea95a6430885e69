package catalog

import (
	"fmt"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/edge/web/chart"
	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow/office"
)

// product is one product with its prices.
type product struct {
	visit   *visit.Visit
	product billing.Product
	inForce []office.PriceStanding
	// others are those to come, and those of before.
	coming, past []office.PriceStanding
}

// Show shows a product: what it costs in every list now, what comes, and what was.
func Show(v *visit.Visit) error {
	sku := v.R.PathValue("sku")
	p := &product{visit: v}
	var err error
	if p.product, _, err = v.Desk.ProductGet(v.R.Context(), sku); err != nil {
		return err
	}
	prices, err := v.Desk.ProductPrices(v.R.Context(), sku)
	if err != nil {
		return err
	}
	today := v.Desk.Today()
	for i := range prices {
		switch {
		case prices[i].InForce:
			p.inForce = append(p.inForce, prices[i])
		case prices[i].From.After(today):
			p.coming = append(p.coming, prices[i])
		default:
			p.past = append(p.past, prices[i])
		}
	}
	return v.Page(part.Page{Title: p.title(), Section: Path, Crumbs: crumbs()}, productPage(p))
}

func (p *product) title() string {
	if p.product.Name == "" {
		return p.product.SKU
	}
	return p.product.Name
}

func (p *product) primary() *part.Action {
	if !p.visit.May("PriceAdd") {
		return nil
	}
	return &part.Action{Text: "Add a price", Path: newPricePath(p.product.SKU, "", money.Currency{})}
}

func (p *product) more() (more []part.Action) {
	if p.visit.May("ProductPut") {
		more = append(more, part.Action{Text: "Change the product", Path: ProductPath(p.product.SKU) + "/edit"})
	}
	if p.visit.May("SubscriptionList") {
		more = append(more, part.Action{Text: "Its subscriptions", Path: "/subscriptions?sku=" + queryEscape(p.product.SKU)})
	}
	return more
}

func (p *product) facts() []part.Fact {
	return []part.Fact{
		{Name: "SKU", Value: p.product.SKU},
		{Name: "Sold as", Value: kindWord(p.product.Kind)},
		{Name: "Class", Value: p.product.Class},
		{Name: "Tax", Value: p.product.Tax},
	}
}

// tiered are the prices in force that are drawn.
func (p *product) tiered() (tiered []office.PriceStanding) {
	for i := range p.inForce {
		if len(p.inForce[i].Tiers) > 0 {
			tiered = append(tiered, p.inForce[i])
		}
	}
	return tiered
}

// steps draws the tiers of a price: what a unit costs, tier by tier.
func steps(l part.Locale, id string, p *billing.PriceRow) string {
	digits := p.Currency.Digits()
	for _, tier := range p.Tiers {
		digits = max(digits, tier.Price.Digits())
	}
	digits = min(digits, 6)
	c := chart.Chart{ID: id, Title: p.List + ", " + purchase(p), Unit: p.Currency.String(), Corner: "Quantity", Digits: digits, Point: l.Point(),
		About: "What one unit costs in each tier: " + modelWord(p.Model) + "."}
	if p.Model == billing.Stairstep {
		c.About = "What the whole quantity costs in each step."
	}
	price, flat := chart.Series{Name: "Price"}, chart.Series{Name: "And once", Tone: chart.Grey}
	var below money.Decimal
	hasFlat := false
	for i, tier := range p.Tiers {
		c.Labels, c.Long = append(c.Labels, tierLabel(l, below, tier)), append(c.Long, tierLong(l, i, below, tier))
		price.Values, price.Texts = append(price.Values, minorOf(tier.Price, digits)), append(price.Texts, l.Price(tier.Price, p.Currency))
		flat.Values, flat.Texts = append(flat.Values, 0), append(flat.Texts, "")
		if !tier.Flat.IsZero() {
			hasFlat = true
			flat.Texts[i] = l.Price(tier.Flat, p.Currency)
			price.Texts[i] += ", and " + flat.Texts[i] + " once"
		}
		below = tier.UpTo
	}
	c.Series = []chart.Series{price}
	if hasFlat {
		c.About += " Some tiers ask an amount once beside it."
	}
	return c.Steps()
}

// minorOf is a price in whole units of so many digits, for the height of its step; one
// that is too large to be drawn lies on the ground.
func minorOf(price money.Decimal, digits int) int64 {
	minor, err := price.Ratio().Round(digits)
	if err != nil {
		return 0
	}
	return minor
}

func tierLabel(l part.Locale, below money.Decimal, tier billing.Tier) string {
	if tier.Open {
		return "> " + l.Quantity(below)
	}
	return "≤ " + l.Quantity(tier.UpTo)
}

func tierLong(l part.Locale, i int, below money.Decimal, tier billing.Tier) string {
	switch {
	case tier.Open && i == 0:
		return "Any quantity"
	case tier.Open:
		return "More than " + l.Quantity(below)
	case i == 0:
		return "Up to " + l.Quantity(tier.UpTo)
	}
	return fmt.Sprintf("More than %s, up to %s", l.Quantity(below), l.Quantity(tier.UpTo))
}

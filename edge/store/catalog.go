package store

import (
	"fmt"
	"strings"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
)

// put runs an upsert that touches a row only where it changes it.
func (t *tx) put(doing, sql string, args ...any) (changed bool, err error) {
	n, err := t.exec(sql, args...)
	return n > 0, wrap(doing, err)
}

// UnitPut adds or changes a unit.
func (t *tx) UnitPut(u billing.Unit) (bool, error) {
	return t.put("unit "+u.Name, `INSERT INTO unit (name, months) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET months = excluded.months WHERE unit.months <> excluded.months`, u.Name, int64(u.Months))
}

// TaxPut adds or changes a tax.
func (t *tx) TaxPut(tax billing.Tax) (bool, error) {
	return t.put("tax "+tax.Name, `INSERT INTO tax (name, percent, category) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET percent = excluded.percent, category = excluded.category
		WHERE tax.percent <> excluded.percent OR tax.category <> excluded.category`,
		tax.Name, tax.Percent.String(), categoryWords[tax.Category])
}

// ProductPut adds or changes a product.
func (t *tx) ProductPut(p billing.Product) (bool, error) {
	return t.put("product "+p.SKU, `INSERT INTO product (sku, name, class, kind, tax) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (sku) DO UPDATE SET name = excluded.name, class = excluded.class, kind = excluded.kind, tax = excluded.tax
		WHERE product.name <> excluded.name OR product.class <> excluded.class OR product.kind <> excluded.kind OR product.tax <> excluded.tax`,
		p.SKU, p.Name, p.Class, kindWords[p.Kind], p.Tax)
}

const priceColumns = `sku, list, currency, unit, unit_months, term_months, model, price, tiers, rule_of, rule_percent, rule_margin, size, included,
	from_on, tax_included, cost, retail, known_on`

func priceArgs(p *billing.PriceRow) []any {
	return []any{
		p.SKU, p.List, p.Currency.String(), p.Unit.Name, int64(p.Unit.Months), int64(p.TermMonths), modelWords[p.Model], p.Price.String(), tiersText(p.Tiers),
		ruleWords[p.Rule.Of], p.Rule.Percent.String(), p.Rule.Margin, p.Size.String(), p.Included.String(),
		p.From.String(), p.TaxIncluded, givenText(p.Cost, p.HasCost), givenText(p.Retail, p.HasRetail), p.KnownOn.String(),
	}
}

func (r *rows) price() (p billing.PriceRow) {
	p.SKU, p.List, p.Currency = r.word(), r.word(), r.currency()
	p.Unit.Name, p.Unit.Months, p.TermMonths = r.word(), r.count(), r.count()
	p.Model, p.Price, p.Tiers = billing.Model(r.enum(modelWords)), r.decimal(), r.tiers()
	p.Rule.Of, p.Rule.Percent, p.Rule.Margin = billing.RuleOf(r.enum(ruleWords)), r.decimal(), r.flag()
	p.Size, p.Included = r.decimal(), r.decimal()
	p.From, p.TaxIncluded = r.day(), r.flag()
	p.Cost, p.HasCost = r.given()
	p.Retail, p.HasRetail = r.given()
	p.KnownOn = r.day()
	return p
}

// tiersText writes tiers as upTo=price+flat with commas between; the open one is *.
func tiersText(tiers []billing.Tier) string {
	var text []byte
	for i := range tiers {
		tier := &tiers[i]
		if i > 0 {
			text = append(text, ',')
		}
		if tier.Open {
			text = append(text, '*')
		} else {
			text = tier.UpTo.AppendTo(text)
		}
		text = tier.Price.AppendTo(append(text, '='))
		text = tier.Flat.AppendTo(append(text, '+'))
	}
	return string(text)
}

func (r *rows) tiers() (tiers []billing.Tier) {
	text := r.text()
	if text == "" {
		return nil
	}
	for part := range strings.SplitSeq(text, ",") {
		upTo, amounts, _ := strings.Cut(part, "=")
		price, flat, _ := strings.Cut(amounts, "+")
		tier := billing.Tier{Open: upTo == "*", Price: r.tierDecimal(price), Flat: r.tierDecimal(flat)}
		if !tier.Open {
			tier.UpTo = r.tierDecimal(upTo)
		}
		tiers = append(tiers, tier)
	}
	return tiers
}

func (r *rows) tierDecimal(text string) money.Decimal {
	d, err := money.ParseDecimal(text)
	if err != nil {
		r.bad(fmt.Errorf("tier: %w", err))
	}
	return d
}

// PricePut adds a price row, unless the newest row for the same purchase says the
// same already and was known no later. A price that went and came back is a new
// row: the one recorded last wins. A row that an entry of the log made has that
// entry's Seq, and is always added.
func (t *tx) PricePut(p billing.PriceRow) (changed bool, err error) {
	defer func() { err = wrap("price of "+p.SKU, err) }()
	if err := t.hold(); err != nil {
		return false, err
	}
	args := priceArgs(&p)
	if p.Seq == 0 {
		same := false
		if _, err = t.one(func(r *rows) {
			known := r.price()
			same = !known.KnownOn.After(p.KnownOn) && samePrice(priceArgs(&known), args)
		}, `SELECT `+priceColumns+` FROM price
			WHERE sku = $1 AND list = $2 AND currency = $3 AND unit = $4 AND unit_months = $5 AND term_months = $6 AND from_on = $7
			ORDER BY seq DESC LIMIT 1`, p.SKU, p.List, p.Currency.String(), p.Unit.Name, int64(p.Unit.Months), int64(p.TermMonths), p.From.String()); err != nil || same {
			return false, err
		}
		if p.Seq, err = t.fact(); err != nil {
			return false, err
		}
	}
	_, err = t.exec(`INSERT INTO price (`+priceColumns+`, seq) VALUES (`+binds(1, len(args)+1)+`)`, append(args, p.Seq)...)
	return err == nil, err
}

// samePrice compares all but the last column, the day on which it became known.
func samePrice(a, b []any) bool {
	for i := range len(a) - 1 {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// RatePut adds a rate, unless the newest of the pair for that day says the same
// and was known no later.
func (t *tx) RatePut(rate billing.Rate) (changed bool, err error) {
	doing := "rate of " + rate.From.String() + " in " + rate.To.String()
	if err := t.hold(); err != nil {
		return false, wrap(doing, err)
	}
	same := false
	if _, err = t.one(func(r *rows) {
		same = r.text() == rate.Rate.String() && !r.day().After(rate.KnownOn)
	}, `SELECT rate, known_on FROM rate WHERE from_currency = $1 AND to_currency = $2 AND from_on = $3 ORDER BY seq DESC LIMIT 1`,
		rate.From.String(), rate.To.String(), rate.On.String()); err != nil || same {
		return false, wrap(doing, err)
	}
	seq, err := t.fact()
	if err != nil {
		return false, wrap(doing, err)
	}
	_, err = t.exec(`INSERT INTO rate (seq, from_currency, to_currency, from_on, rate, known_on) VALUES ($1, $2, $3, $4, $5, $6)`,
		seq, rate.From.String(), rate.To.String(), rate.On.String(), rate.Rate.String(), rate.KnownOn.String())
	return err == nil, wrap(doing, err)
}

// CatalogGet reads it all, but of the prices only those of skus that are sold in
// the book, where soldOnly.
func (t *tx) CatalogGet(soldOnly bool) (*flow.Catalog, error) {
	prices := ``
	if soldOnly {
		prices = ` WHERE EXISTS (SELECT 1 FROM subscription s WHERE s.sku = p.sku) OR EXISTS (SELECT 1 FROM one_time_item i WHERE i.sku = p.sku)
			OR EXISTS (SELECT 1 FROM provider_charge h WHERE h.sku = p.sku AND h.sku <> '')`
	}
	c, err := t.catalogBase()
	if err == nil {
		err = t.catalogRead(c, ``, prices)
	}
	return c, wrap("catalog", err)
}

// CatalogOf is the same with the products and prices of some skus alone.
func (t *tx) CatalogOf(skus []string) (*flow.Catalog, error) {
	c, err := t.catalogBase()
	if err == nil {
		err = inIDs(t, skus, nil, func(in string, args []any) error {
			return t.catalogRead(c, ` WHERE p.sku`+in, ` WHERE p.sku`+in, args...)
		})
	}
	return c, wrap("catalog", err)
}

// catalogBase is units, taxes and rates.
func (t *tx) catalogBase() (*flow.Catalog, error) {
	c := &flow.Catalog{
		Catalog: billing.Catalog{Taxes: map[string]billing.Tax{}, Prices: map[string][]billing.PriceRow{}},
		Units:   map[string]billing.Unit{}, Products: map[string]billing.Product{},
	}
	for _, part := range []struct {
		read func(*rows)
		sql  string
	}{
		{func(r *rows) { u := billing.Unit{Name: r.text(), Months: r.count()}; c.Units[u.Name] = u }, `SELECT name, months FROM unit`},
		{func(r *rows) {
			tax := billing.Tax{Name: r.text(), Percent: r.decimal(), Category: billing.TaxCategory(r.enum(categoryWords))}
			c.Taxes[tax.Name] = tax
		}, `SELECT name, percent, category FROM tax`},
		{func(r *rows) {
			c.Rates = append(c.Rates, billing.Rate{From: r.currency(), To: r.currency(), On: r.day(), Rate: r.decimal(), KnownOn: r.day()})
		}, `SELECT from_currency, to_currency, from_on, rate, known_on FROM rate ORDER BY seq`},
	} {
		if err := t.each(part.read, part.sql); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// catalogRead reads products and prices p under a condition each.
func (t *tx) catalogRead(c *flow.Catalog, products, prices string, args ...any) error {
	if err := t.each(func(r *rows) {
		p := billing.Product{SKU: r.word(), Name: r.text(), Class: r.word(), Kind: billing.ProductKind(r.enum(kindWords)), Tax: r.word()}
		c.Products[p.SKU] = p
	}, `SELECT p.sku, p.name, p.class, p.kind, p.tax FROM product p`+products, args...); err != nil {
		return err
	}
	return t.each(func(r *rows) {
		p := r.price()
		p.Seq = r.number()
		c.Prices[p.SKU] = append(c.Prices[p.SKU], p)
	}, `SELECT `+priceColumns+`, seq FROM price p`+prices+` ORDER BY seq`, args...)
}

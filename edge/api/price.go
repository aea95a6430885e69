package api

import (
	"context"
	"fmt"
	"net/url"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
	"prorata/flow/office"
)

// Price is a row of a price list. Rows never change: of two for the same purchase the one
// that was added last serves from its day on.
type Price struct {
	List        string      `json:"list" doc:"The price list." example:"default"`
	SKU         string      `json:"sku" doc:"The product." example:"BP"`
	Currency    string      `json:"currency" doc:"ISO 4217." example:"EUR"`
	Unit        string      `json:"unit" doc:"The unit that the price is for." example:"monthly"`
	TermMonths  int         `json:"term_months,omitempty" doc:"The term that it is for; absent for any."`
	From        Day         `json:"from,omitempty" doc:"Its first day; absent for always."`
	Model       string      `json:"model" enum:"per_unit,volume,graduated,package,stairstep" doc:"How a quantity is priced."`
	Price       *Decimal    `json:"price,omitempty" doc:"The price of one unit or package; absent for tiers and rules."`
	Size        *Decimal    `json:"size,omitempty" doc:"How many units are in a package."`
	Included    *Decimal    `json:"included,omitempty" doc:"How many units are free."`
	Tiers       []PriceTier `json:"tiers,omitempty" nullable:"false" doc:"The tiers, of a model that has some."`
	Rule        *PriceRule  `json:"rule,omitempty" doc:"The price as a percentage on the provider's; absent for a price of its own."`
	TaxIncluded bool        `json:"tax_included,omitempty" doc:"Whether tax is in the price."`
	Cost        *Decimal    `json:"cost,omitempty" doc:"What the provider asks for one, where the row has it."`
	Retail      *Decimal    `json:"retail,omitempty" doc:"The provider's retail price, where the row has it."`
	KnownOn     Day         `json:"known_on,omitempty" doc:"The first day on which billing knew it; absent for always."`
}

// PriceTier is one step of a tiered price.
type PriceTier struct {
	UpTo  *Decimal `json:"up_to,omitempty" doc:"The last quantity of the tier; absent on the last tier, and on it alone."`
	Price Decimal  `json:"price" doc:"The price of one, or of the whole step (stairstep)."`
	Flat  *Decimal `json:"flat,omitempty" doc:"What is asked once for the tier."`
}

// PriceRule is a price as a percentage on the provider's.
type PriceRule struct {
	Of      string  `json:"of" enum:"cost,retail" doc:"What it starts from."`
	Percent Decimal `json:"percent" doc:"20 is 20 % more, -8 is 8 % less." example:"20"`
	Margin  bool    `json:"margin,omitempty" doc:"Of cost: the percentage is what stays of the price."`
}

var (
	modelWords = []string{"per_unit", "volume", "graduated", "package", "stairstep"}
	ruleWords  = []string{"cost", "retail"}
)

func priceOf(r *billing.PriceRow) Price {
	p := Price{List: r.List, SKU: r.SKU, Currency: r.Currency.String(), Unit: r.Unit.Name, TermMonths: r.TermMonths, From: dayOf(r.From), Model: modelWords[r.Model],
		Size: someDecimal(r.Size, r.Model == billing.Package), Included: someDecimal(r.Included, r.Included.Sign() > 0), TaxIncluded: r.TaxIncluded,
		Cost: someDecimal(r.Cost, r.HasCost), Retail: someDecimal(r.Retail, r.HasRetail), KnownOn: dayOf(r.KnownOn),
		Price: someDecimal(r.Price, r.Rule.Of == billing.NoRule && len(r.Tiers) == 0)}
	for i := range r.Tiers {
		t := &r.Tiers[i]
		p.Tiers = append(p.Tiers, PriceTier{someDecimal(t.UpTo, !t.Open), decimalOf(t.Price), someDecimal(t.Flat, t.Flat.Sign() != 0)})
	}
	if r.Rule.Of != billing.NoRule {
		p.Rule = &PriceRule{ruleWords[r.Rule.Of-billing.OfCost], decimalOf(r.Rule.Percent), r.Rule.Margin}
	}
	return p
}

// PriceDraft is a price row that is added.
type PriceDraft struct {
	List        string      `json:"list,omitempty" maxLength:"100" doc:"The price list; default where it is not given."`
	SKU         string      `json:"sku" minLength:"1" maxLength:"200" doc:"The product." example:"BP"`
	Currency    string      `json:"currency" pattern:"^[A-Z]{3}$" doc:"ISO 4217." example:"EUR"`
	Unit        string      `json:"unit" minLength:"1" maxLength:"50" doc:"The unit that the price is for." example:"monthly"`
	TermMonths  int         `json:"term_months,omitempty" minimum:"0" maximum:"120" doc:"The term that it is for; any where it is not given."`
	From        Day         `json:"from,omitempty" doc:"Its first day; always where it is not given."`
	Model       string      `json:"model,omitempty" enum:"per_unit,volume,graduated,package,stairstep" doc:"How a quantity is priced; a price for each unit where it is not given."`
	Price       *Decimal    `json:"price,omitempty" doc:"The price of one unit or package: needed but for tiers and rules."`
	Size        *Decimal    `json:"size,omitempty" doc:"How many units are in a package."`
	Tiers       []PriceTier `json:"tiers,omitempty" nullable:"false" maxItems:"50" doc:"The tiers, of a model that has some."`
	Rule        *PriceRule  `json:"rule,omitempty" doc:"The price as a percentage on the provider's."`
	TaxIncluded bool        `json:"tax_included,omitempty" doc:"Whether tax is in the price."`
}

// row reads what was written.
func (d *PriceDraft) row() (row billing.PriceRow, err error) {
	row = billing.PriceRow{SKU: d.SKU, List: d.List, Unit: billing.Unit{Name: d.Unit}, TermMonths: d.TermMonths, Model: valueOf[billing.Model](modelWords, d.Model), TaxIncluded: d.TaxIncluded}
	if row.List == "" {
		row.List = flow.DefaultList
	}
	if row.Currency, err = money.ParseCurrency(d.Currency); err != nil {
		return row, &office.FieldError{Field: "currency", Err: err}
	}
	if row.From, err = d.From.date("from"); err != nil {
		return row, err
	}
	return row, d.asks(&row)
}

// asks reads what is asked, which one of three ways says.
func (d *PriceDraft) asks(row *billing.PriceRow) (err error) {
	tiered := row.Model == billing.Volume || row.Model == billing.Graduated || row.Model == billing.Stairstep
	switch {
	case d.Rule != nil && (d.Price != nil || len(d.Tiers) > 0 || row.Model != billing.PerUnit):
		return &office.FieldError{Field: "rule", Err: fmt.Errorf("a rule makes the price of each unit: give no price, model or tiers beside it")}
	case d.Rule != nil:
		row.Rule = billing.Rule{Of: billing.OfCost + valueOf[billing.RuleOf](ruleWords, d.Rule.Of), Margin: d.Rule.Margin}
		row.Rule.Percent, err = d.Rule.Percent.decimal("rule.percent")
		return err
	case tiered && d.Price != nil, !tiered && len(d.Tiers) > 0:
		return &office.FieldError{Field: "tiers", Err: fmt.Errorf("volume, graduated and stairstep have tiers, the other models a price")}
	case tiered:
		return d.tiers(row)
	case d.Price == nil:
		return &office.FieldError{Field: "price", Err: fmt.Errorf("it is missing: give a price, tiers or a rule")}
	}
	if d.Size != nil {
		if row.Size, err = d.Size.decimal("size"); err != nil {
			return err
		}
	}
	row.Price, err = d.Price.decimal("price")
	return err
}

func (d *PriceDraft) tiers(row *billing.PriceRow) (err error) {
	for i, t := range d.Tiers {
		tier, field := billing.Tier{Open: t.UpTo == nil}, fmt.Sprintf("tiers[%d].", i)
		if t.UpTo != nil {
			if tier.UpTo, err = t.UpTo.decimal(field + "up_to"); err != nil {
				return err
			}
		}
		if t.Flat != nil {
			if tier.Flat, err = t.Flat.decimal(field + "flat"); err != nil {
				return err
			}
		}
		if tier.Price, err = t.Price.decimal(field + "price"); err != nil {
			return err
		}
		row.Tiers = append(row.Tiers, tier)
	}
	return nil
}

func priceAdd(ctx context.Context, desk *office.Desk, in *struct{ Body PriceDraft }) (*created[Price], error) {
	row, err := in.Body.row()
	if err != nil {
		return nil, err
	}
	if err := desk.PriceAdd(ctx, row); err != nil {
		return nil, err
	}
	return &created[Price]{"/v1/products/" + url.PathEscape(row.SKU) + "/prices", priceOf(&row)}, nil
}

// PriceStanding is a price row as it stands today.
type PriceStanding struct {
	Price
	InForce bool     `json:"in_force" doc:"Whether no other row of the same list, currency, unit and term serves instead."`
	Asks    *Decimal `json:"asks,omitempty" doc:"What it asks for one today; absent for tiers, and for a rule that has nothing to go by."`
	Pays    *Decimal `json:"pays,omitempty" doc:"What the provider asks for the same, where it is known."`
	Margin  *Decimal `json:"margin_percent,omitempty" doc:"What stays of the price, in percent of it."`
	Missing string   `json:"missing,omitempty" doc:"Why there is nothing that it asks."`
}

func standingOf(s *office.PriceStanding) PriceStanding {
	return PriceStanding{priceOf(&s.PriceRow), s.InForce, someDecimal(s.Asked, s.HasAsked), someDecimal(s.Paid, s.HasPaid), someDecimal(s.MarginPercent, s.HasMargin), s.Missing}
}

func productPrices(ctx context.Context, desk *office.Desk, in *ProductNamed) (*listed[PriceStanding], error) {
	if _, _, err := desk.ProductGet(ctx, in.SKU); err != nil {
		return nil, err
	}
	list, err := desk.ProductPrices(ctx, in.SKU)
	if err != nil {
		return nil, err
	}
	return pageBefore[office.PriceStanding, PriceStanding, string]("prices", list, nil, standingOf), nil
}

// PriceEffect is what a price row would change in the thirteen months to come.
type PriceEffect struct {
	Row       PriceStanding `json:"row" doc:"The row, with what it asks and leaves."`
	Contracts int64         `json:"contracts" doc:"In how many contracts the product was ever sold."`
	Looked    int64         `json:"looked" doc:"How many of them were looked at: a thousand at most."`
	Changes   []PriceChange `json:"changes" nullable:"false" doc:"Who pays another price, and from when."`
}

func pricePreview(ctx context.Context, desk *office.Desk, in *struct{ Body PriceDraft }) (*struct{ Body PriceEffect }, error) {
	row, err := in.Body.row()
	if err != nil {
		return nil, err
	}
	effect, err := desk.PricePreview(ctx, row)
	if err != nil {
		return nil, err
	}
	shown := PriceEffect{Row: standingOf(&effect.Asked), Contracts: effect.Contracts, Looked: effect.Looked, Changes: []PriceChange{}}
	for i := range effect.Changes {
		shown.Changes = append(shown.Changes, priceChangeOf(&effect.Changes[i]))
	}
	return &struct{ Body PriceEffect }{shown}, nil
}

package office

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// PriceStanding is a price row with what it asks and leaves, as it stands on a day.
type PriceStanding struct {
	billing.PriceRow
	// InForce says that no other row of the same list, currency, unit and term serves instead.
	InForce bool
	// Asked is the unit price, where there is one: tiers have none, and a rule none while the
	// provider's price is not known; Missing then says so.
	Asked    money.Decimal
	HasAsked bool
	Missing  string
	// Paid is what the provider asks for the same unit, by this row or by the default list.
	Paid    money.Decimal
	HasPaid bool
	// MarginPercent is what stays of Asked after Paid, in percent of Asked; not known where
	// tax is in the price.
	MarginPercent money.Decimal
	HasMargin     bool
}

// ProductPrices are the price rows of a product as they stand today: by list, currency,
// unit and term, the newest first.
func (d *Desk) ProductPrices(ctx context.Context, sku string) (list []PriceStanding, err error) {
	err = d.read(ctx, "ProductPrices", func(tx Tx) error {
		catalog, err := tx.CatalogOf([]string{sku})
		if err != nil {
			return err
		}
		list, err = standings(&catalog.Catalog, slices.Clone(catalog.Prices[sku]), d.Today())
		return err
	})
	return list, err
}

// standings looks at each row of one sku.
func standings(c *billing.Catalog, rows []billing.PriceRow, today calendar.Date) (list []PriceStanding, err error) {
	slices.SortStableFunc(rows, byPurchase)
	purchase := func(r *billing.PriceRow) string {
		return fmt.Sprint(r.List, "|", r.Currency, "|", r.Unit.Months, "|", r.TermMonths)
	}
	served := map[string]bool{}
	for i := range rows {
		one := PriceStanding{PriceRow: rows[i]}
		if key := purchase(&rows[i]); !served[key] && !rows[i].From.After(today) {
			one.InForce, served[key] = true, true
		}
		if err := one.work(c, calendar.Latest(today, rows[i].From)); err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

// byPurchase sorts rows of the same purchase together, what serves last first.
func byPurchase(a, b billing.PriceRow) int {
	return cmp.Or(cmp.Compare(a.List, b.List), cmp.Compare(a.Currency.String(), b.Currency.String()), cmp.Compare(a.Unit.Months, b.Unit.Months),
		cmp.Compare(a.TermMonths, b.TermMonths), b.From.Compare(a.From), cmp.Compare(b.Seq, a.Seq))
}

// work finds what the row asks, what is paid for it, and what stays.
func (p *PriceStanding) work(c *billing.Catalog, on calendar.Date) (err error) {
	p.Asked, p.HasAsked, err = c.AskedOn(&p.PriceRow, on)
	var price *billing.MissingPrice
	var rate *billing.MissingRate
	if errors.As(err, &price) || errors.As(err, &rate) {
		p.Missing, err = "the provider's price is not known", nil
	}
	if err != nil {
		return err
	}
	if p.Paid, p.HasPaid = p.Cost, p.HasCost; !p.HasPaid {
		for _, list := range []string{p.List, flow.DefaultList} {
			cost, known := c.CostOn(list, p.SKU, p.Currency, p.TermMonths, p.Unit.Months, on)
			if known && cost.Currency == p.Currency && cost.Unit.Months == p.Unit.Months {
				p.Paid, p.HasPaid = cost.Cost, true
				break
			}
		}
	}
	if p.HasAsked && p.HasPaid && p.Asked.Sign() > 0 && !p.TaxIncluded {
		kept := p.Asked.Ratio().Sub(p.Paid.Ratio()).Div(p.Asked.Ratio()).Mul(money.Whole(100))
		p.MarginPercent, p.HasMargin = money.DecimalFrom(kept, 1, 1), true
	}
	return nil
}

// previewMost is how many contracts one price is tried on while somebody waits.
const previewMost = 1000

// PriceEffect is what a price row would change.
type PriceEffect struct {
	Changes []flow.PriceChange
	// Contracts is in how many the product was ever sold, Looked how many of them were
	// looked at.
	Contracts, Looked int64
	// Asked is the row with what it asks and leaves.
	Asked PriceStanding
}

// PricePreview is what a price row would change, for whom and from when, in the thirteen
// months to come; nothing is taken in. Where a product is sold in very many contracts,
// the first thousand are looked at and the answer says so.
func (d *Desk) PricePreview(ctx context.Context, row billing.PriceRow) (effect PriceEffect, err error) {
	f, err := d.reading("PricePreview")
	if err != nil {
		return effect, err
	}
	if err := checkPrice(&row); err != nil {
		return effect, err
	}
	var contracts []billing.ContractID
	err = d.office.Store.Read(ctx, func(tx Tx) error {
		if err := knownUnit(tx, &row.Unit); err != nil {
			return err
		}
		if err := knownProduct(tx, row.SKU); err != nil {
			return err
		}
		catalog, err := tx.CatalogOf([]string{row.SKU})
		if err != nil {
			return err
		}
		effect.Asked.PriceRow = row
		if err := effect.Asked.work(&catalog.Catalog, calendar.Latest(d.Today(), row.From)); err != nil {
			return err
		}
		contracts, effect.Contracts, err = tx.OfferContracts(row.SKU, previewMost)
		return err
	})
	if err != nil {
		return effect, err
	}
	effect.Looked = int64(len(contracts))
	effect.Changes, err = f.PriceChanges(ctx, flow.PriceChangeAsk{Price: &row, Contracts: contracts})
	return effect, err
}

// checkPrice refuses a row that could price nothing, or that says two things at once.
func checkPrice(row *billing.PriceRow) error {
	switch {
	case row.List == "":
		return &FieldError{"list", errors.New("the price list has no name")}
	case row.Price.Sign() < 0:
		return &FieldError{"price", errors.New("a price is not below nothing")}
	case row.Model == billing.Package && row.Size.Sign() <= 0:
		return &FieldError{"size", errors.New("a package has more than nothing in it")}
	case row.Rule.Margin && row.Rule.Percent.Cmp(money.DecimalOf(percentAll)) >= 0:
		return &FieldError{"percent", errors.New("of a price, less than all of it can stay: write less than 100")}
	case row.Rule.Of != billing.NoRule && row.Rule.Percent.Cmp(money.DecimalOf(-percentAll)) < 0:
		return &FieldError{"percent", errors.New("the price would be below nothing: take off at most 100")}
	}
	tiered := row.Model == billing.Volume || row.Model == billing.Graduated || row.Model == billing.Stairstep
	if tiered && len(row.Tiers) == 0 {
		return &FieldError{"tiers", errors.New("there are no tiers")}
	}
	for i, tier := range row.Tiers {
		switch last := i == len(row.Tiers)-1; {
		case tier.Open != last:
			return &FieldError{"tiers", errors.New("the last tier, and it alone, holds for all quantities above the others")}
		case i > 0 && !last && tier.UpTo.Cmp(row.Tiers[i-1].UpTo) <= 0, i == 0 && !last && tier.UpTo.Sign() <= 0:
			return &FieldError{"tiers", fmt.Errorf("tier %d ends at %s, which is not above the one before", i+1, tier.UpTo)}
		case tier.Price.Sign() < 0 || tier.Flat.Sign() < 0:
			return &FieldError{"tiers", fmt.Errorf("tier %d asks less than nothing", i+1)}
		}
	}
	return nil
}

// percentAll is all of it.
const percentAll = 100

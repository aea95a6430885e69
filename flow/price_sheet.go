package flow

import (
	"cmp"
	"fmt"
	"iter"
	"slices"

	"prorata/core/billing"
	"prorata/core/money"
)

// PriceSheetOptions say how a provider's price sheet becomes a price list.
type PriceSheetOptions struct {
	// List is the price list to fill; empty for the default one.
	List string
	// Rule prices over the sheet's own columns; no rule sells at the provider's
	// retail price, and at cost where there is none.
	Rule billing.Rule
	// Markets and currencies to take; empty takes all.
	Market   string
	Currency money.Currency
	// Segment to take, as the sheet spells it; empty takes all.
	Segment string
}

// IntakesOfPriceSheet turns the rows of a provider's price sheet into products
// and price rows. Rows of another market, currency or segment are left out. Rows
// of one price by quantity become its tiers, at the end of the sheet: all seats
// are sold at the price of the tier that holds them.
func IntakesOfPriceSheet(rows iter.Seq2[PriceSheetRow, error], o PriceSheetOptions) iter.Seq2[Intake, error] {
	return func(yield func(Intake, error) bool) {
		named := map[string]bool{}
		var tiered tieredRows
		for row, err := range rows {
			if err != nil {
				if !yield(Intake{}, err) {
					return
				}
				continue
			}
			if !o.takes(&row) {
				continue
			}
			if !named[row.SKU] {
				named[row.SKU] = true
				product := billing.Product{SKU: row.SKU, Name: row.Title, Class: "resale", Kind: billing.License}
				if !yield(Intake{At: row.At, IfNew: true, Product: &product}, nil) {
					return
				}
			}
			if isTier(&row) {
				tiered.add(&row)
				continue
			}
			price := priceOfSheet(&row, o)
			if !yield(Intake{At: row.At, Price: &price}, nil) {
				return
			}
		}
		for _, key := range tiered.order {
			price, err := priceOfTiers(tiered.rows[key], o)
			if !yield(Intake{At: tiered.rows[key][0].At, Price: &price}, err) {
				return
			}
		}
	}
}

func (o *PriceSheetOptions) takes(row *PriceSheetRow) bool {
	return (o.Market == "" || row.Market == o.Market) && (o.Currency.IsZero() || row.Currency == o.Currency) && (o.Segment == "" || row.Segment == o.Segment)
}

// isTier says whether a row is the price of some quantities alone.
func isTier(row *PriceSheetRow) bool {
	return row.HasTierTo || (row.HasTierFrom && row.TierFrom.Cmp(money.DecimalOf(1)) > 0)
}

// tieredRows are rows of tiers by what they are the price of.
type tieredRows struct {
	rows  map[string][]PriceSheetRow
	order []string
}

func (t *tieredRows) add(row *PriceSheetRow) {
	if t.rows == nil {
		t.rows = map[string][]PriceSheetRow{}
	}
	key := fmt.Sprintf("%s|%d|%d|%s|%s|%s|%s", row.SKU, row.TermMonths, row.Billing.Months, row.Currency, row.Market, row.Segment, row.From)
	if t.rows[key] == nil {
		t.order = append(t.order, key)
	}
	t.rows[key] = append(t.rows[key], *row)
}

func priceOfSheet(row *PriceSheetRow, o PriceSheetOptions) billing.PriceRow {
	price := billing.PriceRow{
		SKU: row.SKU, List: cmp.Or(o.List, DefaultList), Currency: row.Currency, Unit: row.Billing, TermMonths: row.TermMonths, From: row.From,
		Cost: row.Cost, HasCost: true, Retail: row.Retail, HasRetail: row.HasRetail, Rule: o.Rule,
	}
	if price.Rule.Of == billing.NoRule {
		price.Rule.Of = billing.OfCost
		if row.HasRetail {
			price.Rule.Of = billing.OfRetail
		}
	}
	if price.Unit.Months == 0 {
		price.Unit = billing.Unit{Name: "monthly", Months: 1}
		if row.TermMonths > 0 {
			price.Unit = unitOfMonths(row.TermMonths)
		}
	}
	return price
}

// tierPriceDigits bounds the digits of a tier's price that does not end.
const tierPriceDigits = 12

// priceOfTiers joins the rows of one price. What the provider asks is different
// in each tier, so the row tells no cost, and the rule is worked out now.
func priceOfTiers(rows []PriceSheetRow, o PriceSheetOptions) (billing.PriceRow, error) {
	slices.SortStableFunc(rows, func(a, b PriceSheetRow) int { return a.TierFrom.Cmp(b.TierFrom) })
	price := priceOfSheet(&rows[0], o)
	if len(rows) == 1 {
		return price, nil
	}
	rule := price.Rule
	price.Rule, price.Model = billing.Rule{}, billing.Volume
	price.Cost, price.HasCost, price.Retail, price.HasRetail = money.Decimal{}, false, money.Decimal{}, false
	for i := range rows {
		row := &rows[i]
		if i > 0 && (!rows[i-1].HasTierTo || rows[i-1].TierTo.Add(money.DecimalOf(1)).Cmp(row.TierFrom) != 0) {
			return price, wrong(row.At, "tier: %s starts at %s, and the tier before it ends at %s (expected the next quantity)", row.SKU, row.TierFrom, rows[i-1].TierTo)
		}
		sold, err := rulePrice(row, rule)
		if err != nil {
			return price, err
		}
		price.Tiers = append(price.Tiers, billing.Tier{UpTo: row.TierTo, Open: !row.HasTierTo, Price: sold})
	}
	price.Tiers[len(rows)-1].Open = true // Beyond the last tier the provider sells no other price.
	return price, nil
}

// rulePrice is the price that a rule makes of a row.
func rulePrice(row *PriceSheetRow, rule billing.Rule) (money.Decimal, error) {
	base := row.Cost
	if rule.Of == billing.OfRetail {
		if base = row.Retail; !row.HasRetail {
			return base, wrong(row.At, "retail: %s has none, and its price is a rule over it", row.SKU)
		}
	}
	share := rule.Percent.Ratio().Div(money.Whole(100))
	multiple := money.One().Add(share)
	if rule.Margin {
		if share.Cmp(money.One()) >= 0 {
			return base, wrong(row.At, "rule: a margin of %s%% is no price (expected less than 100)", rule.Percent)
		}
		multiple = money.One().Div(money.One().Sub(share))
	}
	return money.DecimalFrom(base.Ratio().Mul(multiple), base.Digits(), max(base.Digits(), tierPriceDigits)), nil
}

func unitOfMonths(months int) billing.Unit {
	for _, unit := range standardUnits() {
		if unit.Months == months {
			return unit
		}
	}
	return billing.Unit{Name: fmt.Sprintf("%d months", months), Months: months}
}

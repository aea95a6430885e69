package billing

import (
	"fmt"

	"prorata/core/calendar"
	"prorata/core/money"
)

// MissingPrice says that no list in reach has a price: an exception to be
// resolved by people, never zero (BILLING §7).
type MissingPrice struct {
	Subscription SubscriptionID
	SKU          string
	On           calendar.Date
	// Why is set where a row was found that cannot serve.
	Why string
}

// Error is a sentence for people.
func (e *MissingPrice) Error() string {
	text := fmt.Sprintf("%s: no price for %s on %s", e.Subscription, e.SKU, e.On)
	if e.Why != "" {
		text += ": " + e.Why
	}
	return text
}

// MissingRate says that a price could not be converted.
type MissingRate struct {
	From, To money.Currency
	On       calendar.Date
}

// Error is a sentence for people.
func (e *MissingRate) Error() string {
	return fmt.Sprintf("no exchange rate from %s to %s on %s", e.From, e.To, e.On)
}

// quote is a price as it serves one subscription, locked on one day: converted,
// never rounded.
type quote struct {
	model    Model
	price    money.Ratio
	tiers    []quotedTier
	size     money.Ratio
	included money.Ratio
	// unitMonths is the length of the unit that the price is quoted in.
	unitMonths int
	// show is the quoted price, converted, with its digits.
	show        money.Decimal
	shown       bool
	taxIncluded bool
	// source says where it comes from: own, or the list.
	source string
	from   calendar.Date
	unit   string
	// currency is the one it was quoted in, with the rate where that is another.
	currency money.Currency
	rate     money.Decimal
	rateOn   calendar.Date
	foreign  bool
}

type quotedTier struct {
	upTo        money.Ratio
	open        bool
	price, flat money.Ratio
}

func ownQuote(price money.Decimal, unit Unit, currency money.Currency) *quote {
	return &quote{price: price.Ratio(), unitMonths: unit.Months, show: price, shown: true, source: "own", unit: unit.Name, currency: currency}
}

// same says whether two quotes price every quantity the same.
func (q *quote) same(other *quote) bool {
	if q == other {
		return true
	}
	if q.model != other.model || q.unitMonths != other.unitMonths || len(q.tiers) != len(other.tiers) ||
		q.price.Cmp(other.price) != 0 || q.size.Cmp(other.size) != 0 || q.included.Cmp(other.included) != 0 {
		return false
	}
	for i := range q.tiers {
		if !q.tiers[i].same(&other.tiers[i]) {
			return false
		}
	}
	return true
}

func (t *quotedTier) same(other *quotedTier) bool {
	return t.open == other.open && t.upTo.Cmp(other.upTo) == 0 && t.price.Cmp(other.price) == 0 && t.flat.Cmp(other.flat) == 0
}

// times is the quote at another rate.
func (q *quote) times(by money.Ratio) *quote {
	changed := *q
	changed.price = q.price.Mul(by)
	changed.tiers = make([]quotedTier, len(q.tiers))
	for i, tier := range q.tiers {
		tier.price, tier.flat = tier.price.Mul(by), tier.flat.Mul(by)
		changed.tiers[i] = tier
	}
	return &changed
}

// full is the price of a quantity for one whole period of that many months
// (BILLING §4). A period of 0 months is one that is not scaled: usage, one-time.
func (q *quote) full(quantity money.Ratio, periodMonths int) money.Ratio {
	if quantity.IsZero() {
		return money.Ratio{}
	}
	amount := q.modelled(quantity)
	if periodMonths == 0 || periodMonths == q.unitMonths {
		return amount
	}
	return amount.Mul(money.Fraction(int64(periodMonths), int64(q.unitMonths)))
}

func (q *quote) modelled(quantity money.Ratio) money.Ratio {
	if !q.included.IsZero() {
		quantity = money.Max(quantity.Sub(q.included), money.Ratio{})
		if quantity.IsZero() {
			return quantity
		}
	}
	switch q.model {
	case Volume:
		tier := q.tierOf(quantity)
		return quantity.Mul(tier.price).Add(tier.flat)
	case Graduated:
		return q.graduated(quantity)
	case Package:
		return quantity.Div(q.size).Ceil().Mul(q.price)
	case Stairstep:
		tier := q.tierOf(quantity)
		return tier.price.Add(tier.flat)
	case PerUnit:
	}
	return quantity.Mul(q.price)
}

func (q *quote) tierOf(quantity money.Ratio) quotedTier {
	for _, tier := range q.tiers {
		if tier.open || quantity.Cmp(tier.upTo) <= 0 {
			return tier
		}
	}
	return quotedTier{}
}

func (q *quote) graduated(quantity money.Ratio) (sum money.Ratio) {
	var below money.Ratio
	for _, tier := range q.tiers {
		if quantity.Cmp(below) <= 0 {
			break
		}
		upper := quantity
		if !tier.open {
			upper = money.Min(quantity, tier.upTo)
		}
		sum = sum.Add(upper.Sub(below).Mul(tier.price)).Add(tier.flat)
		below = upper
	}
	return sum
}

// sought is what a price is looked up for.
type sought struct {
	sku      string
	currency money.Currency
	// termMonths is 0 without a term, unitMonths the billing unit's length.
	termMonths, unitMonths int
	// on is the day of the lock, known the invoice date whose knowledge counts.
	on, known calendar.Date
	// rateOn is the day whose exchange rate converts.
	rateOn calendar.Date
}

// quoteFor finds the price (BILLING §7): list by list, and within a list the
// contract's currency, then the very term, then the very billing unit, then the
// latest from, then the row recorded last. Where nothing was known on the day,
// what was recorded first afterwards serves: it is what ended the exception.
func (c *Catalog) quoteFor(s sought, lists []string) (*quote, error) {
	rows := c.Prices[s.sku]
	q, err := c.quoteKnown(s, lists, rows)
	for err != nil {
		next, ok := c.nextKnown(s, rows)
		if !ok {
			return nil, err
		}
		s.known = next
		q, err = c.quoteKnown(s, lists, rows)
	}
	return q, nil
}

// nextKnown is the first day after s.known on which anything more was known.
func (c *Catalog) nextKnown(s sought, rows []PriceRow) (next calendar.Date, found bool) {
	for i := range rows {
		if rows[i].KnownOn.After(s.known) {
			next = calendar.Earliest(next, rows[i].KnownOn)
		}
	}
	for i := range c.Rates {
		if c.Rates[i].KnownOn.After(s.known) {
			next = calendar.Earliest(next, c.Rates[i].KnownOn)
		}
	}
	return next, !next.IsZero()
}

func (c *Catalog) quoteKnown(s sought, lists []string, rows []PriceRow) (*quote, error) {
	for _, list := range lists {
		if row := bestRow(s, list, rows, nil); row != nil {
			return c.quoteRow(s, row, rows)
		}
	}
	return nil, &MissingPrice{SKU: s.sku, On: s.on}
}

func bestRow(s sought, list string, rows []PriceRow, also func(*PriceRow) bool) (best *PriceRow) {
	for i := range rows {
		row := &rows[i]
		if row.List != list || row.From.After(s.on) || row.KnownOn.After(s.known) || (row.TermMonths != 0 && row.TermMonths != s.termMonths) {
			continue
		}
		if also != nil && !also(row) {
			continue
		}
		if best == nil || betterRow(s, row, best) {
			best = row
		}
	}
	return best
}

func betterRow(s sought, a, b *PriceRow) bool {
	if here, there := a.Currency == s.currency, b.Currency == s.currency; here != there {
		return here
	}
	if here, there := a.TermMonths != 0, b.TermMonths != 0; here != there {
		return here
	}
	if here, there := a.Unit.Months == s.unitMonths, b.Unit.Months == s.unitMonths; here != there {
		return here
	}
	if order := a.From.Compare(b.From); order != 0 {
		return order > 0
	}
	return a.Seq >= b.Seq
}

func (c *Catalog) quoteRow(s sought, row *PriceRow, rows []PriceRow) (*quote, error) {
	q := &quote{
		model: row.Model, size: row.Size.Ratio(), included: row.Included.Ratio(), unitMonths: row.Unit.Months, unit: row.Unit.Name,
		taxIncluded: row.TaxIncluded, source: row.List, from: row.From, currency: row.Currency,
	}
	factor, err := c.conversion(s, row.Currency, q)
	if err != nil {
		return nil, err
	}
	if row.Rule.Of != NoRule {
		return q, c.applyRule(s, row, rows, q, factor)
	}
	for _, tier := range row.Tiers {
		q.tiers = append(q.tiers, quotedTier{tier.UpTo.Ratio(), tier.Open, tier.Price.Ratio().Mul(factor), tier.Flat.Ratio().Mul(factor)})
	}
	if len(row.Tiers) == 0 {
		q.setPrice(row.Price.Ratio().Mul(factor), row.Price.Digits())
	}
	return q, nil
}

// digitsMost bounds what is shown of a price that does not end.
const digitsMost = 12

func (q *quote) setPrice(price money.Ratio, digits int) {
	q.price = price
	q.show = money.DecimalFrom(price, digits, max(digits, digitsMost))
	q.shown = true
}

// applyRule prices by the provider's cost or retail price: the row's own, or
// that of the row which the default list has for the same purchase.
func (c *Catalog) applyRule(s sought, row *PriceRow, rows []PriceRow, q *quote, factor money.Ratio) error {
	has := func(r *PriceRow) bool { return r.HasCost }
	value := func(r *PriceRow) money.Decimal { return r.Cost }
	if row.Rule.Of == OfRetail {
		has = func(r *PriceRow) bool { return r.HasRetail }
		value = func(r *PriceRow) money.Decimal { return r.Retail }
	}
	from := row
	if !has(row) {
		if from = bestRow(s, row.List, rows, has); from == nil {
			from = bestRow(s, DefaultList, rows, has)
		}
		if from == nil {
			return &MissingPrice{SKU: s.sku, On: s.on, Why: "list " + row.List + " has a rule over the provider's price, which is not known"}
		}
		var err error
		if factor, err = c.conversion(s, from.Currency, q); err != nil {
			return err
		}
		q.unitMonths, q.unit, q.currency = from.Unit.Months, from.Unit.Name, from.Currency
	}
	share := row.Rule.Percent.Ratio().Div(money.Whole(100))
	multiple := money.One().Add(share)
	if row.Rule.Margin {
		multiple = money.One().Div(money.One().Sub(share))
	}
	base := value(from)
	q.setPrice(base.Ratio().Mul(factor).Mul(multiple), base.Digits())
	return nil
}

// DefaultList is the name of the seller's default price list.
const DefaultList = "default"

// conversion is the factor from a currency to the contract's; it notes the rate on q.
func (c *Catalog) conversion(s sought, from money.Currency, q *quote) (money.Ratio, error) {
	if from == s.currency {
		q.foreign = false
		return money.One(), nil
	}
	rate, err := c.rateFor(from, s.currency, s.rateOn, s.known)
	if err != nil {
		return money.Ratio{}, err
	}
	q.foreign, q.rate, q.rateOn = true, rate.Rate, rate.On
	return rate.Rate.Ratio(), nil
}

// rateFor is the rate in force on a day, as far as it was known; the same pair
// recorded again for the same day counts as recorded last.
func (c *Catalog) rateFor(from, to money.Currency, on, known calendar.Date) (*Rate, error) {
	var best *Rate
	for i := range c.Rates {
		r := &c.Rates[i]
		if r.From == from && r.To == to && !r.On.After(on) && !r.KnownOn.After(known) && (best == nil || !r.On.Before(best.On)) {
			best = r
		}
	}
	if best == nil {
		return nil, &MissingRate{From: from, To: to, On: on}
	}
	return best, nil
}

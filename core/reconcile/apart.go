package reconcile

import (
	"fmt"
	"strconv"

	"prorata/core/calendar"
	"prorata/core/money"
)

// part is a difference with its cause.
type part struct {
	cause    Cause
	amount   money.Decimal
	sentence string
}

// parts takes the difference between a row and its charge apart: the inputs of
// the charge are replaced by the row's one after another (quantity, days, price,
// promotion, rate), and each is accounted for what it moves. What is then left
// is rounding, or unexplained. The parts are the whole difference, exactly.
func (r Rules) parts(it *item, s *slot, currency money.Currency) ([]part, error) {
	c := s.charge
	if c.Why != "" {
		return r.unexpected(it, s, currency)
	}
	have, want := it.amount, s.amount
	if have.Cmp(want) == 0 && it.quantity() == s.quantity() && it.period == s.period {
		return nil, nil
	}
	in := c.inputs()
	theirs := theirInputs(it, c)
	var parts []part
	amount := want
	step := func(cause Cause, changed bool, sentence string) error {
		if !changed {
			return nil
		}
		minor, err := r.subtotal(&in, currency)
		if err != nil {
			return err
		}
		now := decimalOf(money.NewAmount(minor, currency))
		if difference := now.Sub(amount); !difference.IsZero() || cause == Quantity || cause == Proration {
			parts = append(parts, part{cause, difference, sentence + fmt.Sprintf(": %s instead of %s", now, amount)})
		}
		amount = now
		return nil
	}
	replace := func(cause Cause, ours *money.Ratio, theirs money.Ratio, sentence string) error {
		changed := ours.Cmp(theirs) != 0
		*ours = theirs
		return step(cause, changed, sentence)
	}
	if err := replace(Quantity, &in.quantity, theirs.quantity, fmt.Sprintf("%s seats are charged where %s were expected", it.row.Quantity, c.Quantity)); err != nil {
		return nil, err
	}
	moved := in.fraction.Cmp(theirs.fraction) != 0 || it.period != s.period
	in.fraction = theirs.fraction
	if err := step(Proration, moved, fmt.Sprintf("%s of %s are charged where %s of %s were expected", share(theirs.fraction, it.period), days(it.period), share(c.Fraction, s.period), days(s.period))); err != nil {
		return nil, err
	}
	if err := replace(PriceChange, &in.unit, theirs.unit, fmt.Sprintf("the price of a seat is %s, locked was %s", shortly(theirs.unit), c.UnitPrice)); err != nil {
		return nil, err
	}
	if err := replace(PromotionChange, &in.percent, theirs.percent, fmt.Sprintf("the promotion is %s %% (%s), expected was %s %% (%s)",
		shortly(theirs.percent), it.row.promotion(theirs.percent), shortly(c.Percent.Ratio()), named(c.Promotion))); err != nil {
		return nil, err
	}
	if err := replace(ExchangeRate, &in.rate, theirs.rate, fmt.Sprintf("the exchange rate%s is %s, expected was %s%s", pricedIn(it.row, s, currency), shortly(theirs.rate), shortly(c.Rate), ourRate(it.row, c))); err != nil {
		return nil, err
	}
	rest := have.Sub(amount)
	switch {
	case rest.IsZero():
	case within(rest, tolerance(it.row.Quantity, 1, currency)):
		parts = append(parts, part{Rounding, rest, fmt.Sprintf("%s instead of %s, within the tolerance of rounding", have, amount)})
	default:
		parts = append(parts, part{Unexplained, rest, fmt.Sprintf("the row's own figures give %s, it says %s", amount, have)})
	}
	return parts, nil
}

// unexpected takes a row apart whose charge has no amount, since we lack its price
// or rate: what its own figures come to is that, the rest rounding or unexplained.
func (r Rules) unexpected(it *item, s *slot, currency money.Currency) (parts []part, err error) {
	c, row := s.charge, it.row
	if it.amount.Cmp(s.amount) == 0 {
		return nil, nil
	}
	in := inputs{quantity: row.Quantity.Ratio(), fraction: money.One(), unit: row.EffectivePrice.Ratio().Abs(), rate: money.One(), credit: it.credit}
	if row.HasRate && row.Rate.Sign() > 0 {
		in.rate = row.Rate.Ratio()
	}
	minor, err := r.subtotal(&in, currency)
	if err != nil {
		return nil, err
	}
	own := decimalOf(money.NewAmount(minor, currency))
	if rest := it.amount.Sub(own); !rest.IsZero() {
		if within(rest, tolerance(row.Quantity, 1, currency)) {
			own = it.amount
		} else {
			parts = append(parts, part{Unexplained, rest, fmt.Sprintf("the row's own figures give %s, it says %s", own, it.amount)})
		}
	}
	if difference := own.Sub(s.amount); !difference.IsZero() {
		said := fmt.Sprintf("%s; the row has %s of %s for a seat, %s in all", c.Why, shortly(in.unit), shortly(row.UnitPrice.Ratio()), own)
		parts = append(parts, part{c.lacks, difference, said})
	}
	return parts, nil
}

// theirInputs finds by what figures the provider came to its effective price:
// the fewest that differ from ours.
func theirInputs(it *item, c *Charge) inputs {
	row := it.row
	in := c.inputs()
	in.quantity = row.Quantity.Ratio()
	if row.HasRate && row.Rate.Sign() > 0 {
		in.rate = row.Rate.Ratio()
	}
	price := row.EffectivePrice.Ratio().Abs()
	if price.IsZero() && !row.Cost.IsZero() && row.Quantity.Sign() > 0 && in.rate.Sign() > 0 {
		price = row.Cost.Ratio().Abs().Div(row.Quantity.Ratio()).Div(in.rate)
	}
	gives := func(unit, percent, fraction money.Ratio) bool {
		try := inputs{unit: unit, percent: percent, fraction: fraction}
		return try.effective().Sub(price).Abs().Cmp(money.Fraction(1, nearest)) <= 0
	}
	fractions := []money.Ratio{c.Fraction}
	if it.period != c.Period && c.Cycle.Days() > 0 {
		fractions = []money.Ratio{money.Fraction(int64(it.period.Days()), int64(c.Cycle.Days())), money.One(), c.Fraction}
	}
	units := []money.Ratio{in.unit}
	if listed := row.UnitPrice.Ratio().Abs(); !listed.IsZero() && listed.Cmp(in.unit) != 0 {
		units = append(units, listed)
	}
	percents := []money.Ratio{in.percent}
	if !in.percent.IsZero() && row.Promotion != c.Promotion {
		percents = append(percents, money.Ratio{})
	}
	for _, unit := range units {
		for _, percent := range percents {
			for _, fraction := range fractions {
				if gives(unit, percent, fraction) {
					in.unit, in.percent, in.fraction = unit, percent, fraction
					return in
				}
			}
		}
	}
	in.fraction = fractions[0]
	in.solve(price, it, c, units[len(units)-1])
	return in
}

// solve sets the one figure that the row does not tell so that the price comes out.
func (in *inputs) solve(price money.Ratio, it *item, c *Charge, listed money.Ratio) {
	row, hundred := it.row, money.Whole(100)
	whole := in.fraction.Cmp(money.One()) == 0
	other := row.Promotion != c.Promotion
	base := listed.Mul(in.fraction)
	if other && base.Sign() > 0 && price.Cmp(base) <= 0 {
		in.unit, in.percent = listed, hundred.Sub(price.Div(base).Mul(hundred))
		return
	}
	discounted := in.unit.Mul(money.One().Sub(in.percent.Div(hundred)))
	if locked := listed.Cmp(c.exactUnit) == 0 && !row.UnitPrice.IsZero(); locked && discounted.Sign() > 0 {
		if it.period == c.Period && in.likely(price, row, c) {
			return
		}
		if !whole {
			in.fraction = price.Div(discounted)
			return
		}
	}
	left := in.fraction.Mul(money.One().Sub(in.percent.Div(hundred)))
	if left.Sign() > 0 {
		in.unit = price.Div(left)
	}
}

// nearest: an effective price may differ by a hundredth for being written with two digits.
const nearest = 100

// tolerance is 0.01 for each seat and 0.01 for each row (in the smallest unit of
// the currency).
func tolerance(quantity money.Decimal, rows int, currency money.Currency) money.Ratio {
	return money.NewAmount(1, currency).Ratio().Mul(quantity.Ratio().Abs().Add(money.Whole(int64(rows))))
}

func within(difference money.Decimal, most money.Ratio) bool {
	return difference.Ratio().Abs().Cmp(most) <= 0
}

// decimalOf is an amount as a decimal with its currency's digits.
func decimalOf(a money.Amount) money.Decimal {
	digits := a.Currency().Digits()
	return money.DecimalFrom(a.Ratio(), digits, digits)
}

// plain gives a decimal the currency's digits where it has no more: sums of such
// stay small.
func plain(d money.Decimal, currency money.Currency) money.Decimal {
	if d.Digits() == currency.Digits() {
		return d
	}
	if a, err := money.RoundTo(d.Ratio(), currency); err == nil && a.Ratio().Cmp(d.Ratio()) == 0 {
		return decimalOf(a)
	}
	return d
}

func days(p calendar.Period) string {
	if p.Days() <= 1 {
		return p.From.String()
	}
	return p.From.String() + " to " + p.To.AddDays(-1).String()
}

// share writes what is charged of a period: its days of those that they were counted
// against, or the whole.
func share(r money.Ratio, of calendar.Period) string {
	if r.Cmp(money.One()) == 0 {
		return "the whole"
	}
	if against := money.Whole(int64(of.Days())); r.Sign() > 0 {
		if n, d := against.Div(r).Parts(); d == "1" && len(n) <= shareDigits {
			return strconv.Itoa(of.Days()) + "/" + n
		}
	}
	n, d := r.Parts()
	if len(d) > shareDigits {
		return shortly(r)
	}
	return n + "/" + d
}

const shareDigits = 4

func shortly(r money.Ratio) string { return money.DecimalFrom(r, 2, 6).String() }

// promotion is what the row says of its discount.
func (r *Row) promotion(percent money.Ratio) string {
	if r.Promotion == "" && !percent.IsZero() {
		return "the row names none"
	}
	return named(r.Promotion)
}

// pricedIn names the currencies of a row's rate, where there is one.
func pricedIn(row *Row, s *slot, currency money.Currency) string {
	from := row.PriceCurrency
	if from.IsZero() {
		from = s.charge.PriceCurrency
	}
	if from.IsZero() || from == currency {
		return ""
	}
	return " from " + from.String() + " to " + currency.String()
}

// ourRate says from which currency we expected a rate, where the row is priced in another.
func ourRate(row *Row, c *Charge) string {
	if row.PriceCurrency.IsZero() || row.PriceCurrency == c.PriceCurrency {
		return ""
	}
	return ", since the price we know is in " + c.PriceCurrency.String()
}

func named(promotion string) string {
	if promotion == "" {
		return "none"
	}
	return promotion
}

package reconcile

import (
	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// RoundingMode is where a provider drops digits; its own published examples do both.
type RoundingMode uint8

// The roundings, both towards zero to the currency's digits.
const (
	// RoundPerUnit cuts the price of one seat, then multiplies.
	RoundPerUnit RoundingMode = iota
	// RoundPerLine multiplies, then cuts.
	RoundPerLine
)

// Rules are the settings by which a provider's bill is checked.
type Rules struct {
	Rounding RoundingMode
	// Rates convert from the currency of the price list to that of the invoice; of a
	// pair the latest on or before the day of the charge counts.
	Rates []billing.Rate
	// LateDays is how many of the last days of an invoice's period may appear on the
	// next invoice instead.
	LateDays int
}

// Charge is one row that the provider should charge.
type Charge struct {
	Holding, SKU string
	Type         billing.ChargeType
	// On is the day of the transaction; Period the days that it pays for.
	On     calendar.Date
	Period calendar.Period
	// Cycle is the whole charge cycle, Term the term that they lie in.
	Cycle, Term calendar.Period
	// Quantity is the seats, never negative; Credit gives them back.
	Quantity money.Decimal
	Credit   bool
	// UnitPrice is the list price of one seat for one billing period, Percent the
	// promotion on it; Fraction the part of the period that is charged.
	UnitPrice money.Decimal
	Promotion string
	Percent   money.Decimal
	Fraction  money.Ratio
	// Effective is the exact price of one seat after promotion and proration, and
	// Shown what a file shows of it: two digits, cut or rounded as amounts are.
	// Both are negative on a credit.
	Effective money.Ratio
	Shown     money.Decimal
	// PriceCurrency is that of the prices; Rate takes it to that of Subtotal.
	PriceCurrency money.Currency
	Rate          money.Ratio
	Subtotal      money.Amount
	// Event is the same for all charges of one event; Reference the provider's own
	// key of it, where known; Entry its place in our log.
	Event     string
	Reference string
	Entry     int64
	// Why says why there is no price or rate; Subtotal is then nothing.
	Why string
	// lacks is the cause of what cannot be expected then: the price, or the rate.
	lacks Cause

	// exactUnit is UnitPrice before it was cut to digits that can be shown.
	exactUnit money.Ratio
}

// inputs are what a charge is computed from.
type inputs struct {
	quantity money.Ratio
	fraction money.Ratio
	unit     money.Ratio
	percent  money.Ratio
	rate     money.Ratio
	credit   bool
}

// effective is the price of one seat, without its sign.
func (in *inputs) effective() money.Ratio {
	price := in.unit.Mul(in.fraction)
	if !in.percent.IsZero() {
		price = price.Mul(money.One().Sub(in.percent.Div(money.Whole(100))))
	}
	return price
}

// subtotal is the amount of a row in the currency's minor units.
func (r Rules) subtotal(in *inputs, currency money.Currency) (minor int64, err error) {
	price := in.effective().Mul(in.rate)
	if r.Rounding == RoundPerUnit {
		unit, err := truncate(price, currency.Digits())
		if err != nil {
			return 0, err
		}
		minor, err = truncate(money.Whole(unit).Mul(in.quantity), 0)
		if err != nil {
			return 0, err
		}
	} else if minor, err = truncate(price.Mul(in.quantity), currency.Digits()); err != nil {
		return 0, err
	}
	if in.credit {
		minor = -minor
	}
	return minor, nil
}

// truncate cuts to a number of digits, towards zero, and gives the whole number of them.
func truncate(value money.Ratio, digits int) (int64, error) {
	if value.Sign() < 0 {
		n, err := truncate(value.Neg(), digits)
		return -n, err
	}
	for range digits {
		value = value.Mul(money.Whole(10))
	}
	n, err := value.Round(0)
	if err == nil && money.Whole(n).Cmp(value) > 0 {
		n--
	}
	return n, err
}

const shownDigits = 2

// shown is how a file writes an effective price: with two digits, or those that the
// invoice's currency has more.
func (r Rules) shown(effective money.Ratio, currency money.Currency) money.Decimal {
	digits := max(shownDigits, currency.Digits())
	if r.Rounding == RoundPerLine {
		return money.DecimalFrom(effective, digits, digits)
	}
	n, err := truncate(effective, digits)
	if err != nil {
		return money.DecimalFrom(effective, digits, digits)
	}
	scale := money.One()
	for range digits {
		scale = scale.Mul(money.Whole(10))
	}
	return money.DecimalFrom(money.Whole(n).Div(scale), digits, digits)
}

// rateOn is the rate from one currency to another on a day.
func (r Rules) rateOn(from, to money.Currency, on calendar.Date) (money.Ratio, bool) {
	if from == to || from.IsZero() {
		return money.One(), true
	}
	var best *billing.Rate
	for i := range r.Rates {
		rate := &r.Rates[i]
		if rate.From == from && rate.To == to && !rate.On.After(on) && (best == nil || !rate.On.Before(best.On)) {
			best = rate
		}
	}
	if best == nil {
		return money.Ratio{}, false
	}
	return best.Rate.Ratio(), true
}

// inputs are what the charge was computed from.
func (c *Charge) inputs() inputs {
	return inputs{quantity: c.Quantity.Ratio(), fraction: c.Fraction, unit: c.exactUnit, percent: c.Percent.Ratio(), rate: c.Rate, credit: c.Credit}
}

// price fills in what the charge amounts to under a lock.
func (c *Charge) price(rules Rules, l *lock, currency money.Currency) error {
	c.Subtotal = money.NewAmount(0, currency)
	c.Why, c.lacks = l.why, PriceChange
	if l.why != "" {
		return nil
	}
	c.exactUnit, c.UnitPrice = l.unit, money.DecimalFrom(l.unit, l.price.Unit.Digits(), priceDigits)
	c.Promotion, c.Percent, c.PriceCurrency = l.promotion.ID, l.promotion.Percent, l.price.Currency
	rate, known := rules.rateOn(l.price.Currency, currency, c.On)
	if !known {
		c.lacks = ExchangeRate
		c.Why = "no exchange rate from " + l.price.Currency.String() + " to " + currency.String() + " is known on " + c.On.String()
		return nil
	}
	c.Rate = rate
	in := c.inputs()
	c.Effective = in.effective()
	if c.Credit {
		c.Effective = c.Effective.Neg()
	}
	c.Shown = rules.shown(c.Effective, currency)
	minor, err := rules.subtotal(&in, currency)
	c.Subtotal = money.NewAmount(minor, currency)
	return err
}

// priceDigits bounds what is shown of a list price that does not end.
const priceDigits = 8

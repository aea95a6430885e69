package whatif

import (
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// What an invoiced line costs us: the seats and days that it is for, at the cost that the
// price lists have for that product, term and billing unit on the day on which the term
// began. Usage costs what the provider's record says. A line that moves no seats, such as a
// change of price, costs nothing.

// soldAt is a subscription with all that its cost depends on.
type soldAt struct {
	book     *flow.OpenBook
	s        *billing.Subscription
	children []*billing.Subscription
}

// costing knows what lines cost.
type costing struct {
	catalog   *billing.Catalog
	sold      map[billing.SubscriptionID]*soldAt
	contracts map[billing.ContractID]*flow.OpenBook
	usage     map[string]*billing.UsageRecord
}

func (c *costing) add(book *flow.OpenBook) {
	c.contracts[book.Contract.ID] = book
	for i := range book.Subscriptions {
		s := &book.Subscriptions[i]
		c.sold[s.ID] = &soldAt{book: book, s: s}
	}
	for i := range book.Subscriptions {
		if s := &book.Subscriptions[i]; s.Parent != "" && c.sold[s.Parent] != nil {
			c.sold[s.Parent].children = append(c.sold[s.Parent].children, s)
		}
	}
	for i := range book.Usage {
		c.usage[book.Usage[i].ID] = &book.Usage[i]
	}
}

// of is the cost of an invoice's line in the invoice's currency; nothing and false
// where it is not known.
func (c *costing) of(line *billing.InvoiceLine, on calendar.Date, currency money.Currency) (money.Amount, bool, error) {
	cost, from, known := c.exact(line)
	if known && !cost.IsZero() && from != currency {
		var rate money.Ratio
		rate, known = c.rate(from, currency, on)
		cost = cost.Mul(rate)
	}
	if !known {
		cost = money.Ratio{}
	}
	amount, err := money.RoundTo(cost, currency)
	return amount, known, err
}

// rate is the one in force on a day, in its own direction.
func (c *costing) rate(from, to money.Currency, on calendar.Date) (rate money.Ratio, known bool) {
	var since calendar.Date
	for i := range c.catalog.Rates {
		r := &c.catalog.Rates[i]
		if r.From == from && r.To == to && !r.On.After(on) && (!known || !r.On.Before(since)) {
			rate, since, known = r.Rate.Ratio(), r.On, true
		}
	}
	return rate, known
}

// exact is a line's cost in the currency that it is known in.
func (c *costing) exact(line *billing.InvoiceLine) (money.Ratio, money.Currency, bool) {
	switch line.Kind {
	case billing.LineMinimum, billing.LineSmoothing, billing.LineCredit:
		return money.Ratio{}, line.Amount.Currency(), true
	case billing.LineUsage:
		return c.ofUsage(line)
	case billing.LineOneTime:
		book := c.contracts[line.Contract]
		if book == nil {
			return money.Ratio{}, money.Currency{}, false
		}
		row, known := c.row(book, line.SKU, 0, 1, line.From)
		return row.Cost.Ratio().Mul(line.Quantity.Ratio()), row.Currency, known
	case billing.LineBase, billing.LineChange, billing.LineAdjustment:
	}
	sold := c.sold[line.Key.Subscription]
	if sold == nil {
		return money.Ratio{}, money.Currency{}, line.Quantity.IsZero()
	}
	if sold.s.Kind == billing.Usage {
		return c.ofUsage(line)
	}
	if line.Quantity.IsZero() {
		return money.Ratio{}, line.Amount.Currency(), true
	}
	return c.ofSeats(sold, line)
}

// ofSeats is the cost of a line's seats for its days, with that of what is part of the bundle.
func (c *costing) ofSeats(sold *soldAt, line *billing.InvoiceLine) (sum money.Ratio, currency money.Currency, known bool) {
	whole := calendar.Period{From: line.Key.Period, To: line.PeriodTo}
	if whole.Empty() {
		return money.Ratio{}, currency, false
	}
	days := calendar.Period{From: line.From, To: line.To}
	fraction := money.Fraction(int64(days.Days()), int64(whole.Days()))
	parts := append([]*billing.Subscription{sold.s}, sold.children...)
	for i, s := range parts {
		if s.Kind == billing.Usage {
			continue
		}
		months := s.Billing.Months
		if sold.book.Contract.Schedule == billing.Aligned {
			months = sold.book.Contract.Frequency.Months
		}
		row, found := c.row(sold.book, s.SKU, s.TermMonths, months, c.lockOn(sold, line))
		if !found || (i > 0 && row.Currency != currency) {
			// What a bundle itself costs may be nothing but its parts.
			if i == 0 && len(parts) > 1 {
				continue
			}
			return money.Ratio{}, currency, false
		}
		seats := unitsOf(&row, line)
		if i > 0 {
			seats = seats.Mul(s.PerParent.Ratio())
		}
		cost := seats.Mul(row.Cost.Ratio()).Mul(money.Fraction(int64(months), int64(row.Unit.Months))).Mul(fraction)
		sum, currency, known = sum.Add(cost), row.Currency, true
	}
	return sum, currency, known
}

// unitsOf is how many times a row's cost is asked for what a line is for: its seats, or
// packages, of which a period's opening line pays for started ones.
func unitsOf(row *billing.PriceRow, line *billing.InvoiceLine) money.Ratio {
	units := line.Quantity.Ratio()
	if row.Model != billing.Package || row.Size.Sign() <= 0 {
		return units
	}
	if units = units.Div(row.Size.Ratio()); line.Kind == billing.LineBase {
		return units.Ceil()
	}
	return units
}

// lockOn is the day whose cost counts: the first of the term, or of the period.
func (c *costing) lockOn(sold *soldAt, line *billing.InvoiceLine) calendar.Date {
	if sold.s.TermMonths == 0 {
		return line.Key.Period
	}
	if state := billing.StateOn(&sold.book.Contract, sold.s, line.From); !state.Term.Empty() {
		return state.Term.From
	}
	return line.Key.Period
}

// row is the first in the contract's lists that tells a cost.
func (c *costing) row(book *flow.OpenBook, sku string, term, months int, on calendar.Date) (billing.PriceRow, bool) {
	for _, list := range book.Lists {
		if row, known := c.catalog.CostOn(list, sku, book.Contract.Currency, term, months, on); known {
			return row, true
		}
	}
	return billing.PriceRow{}, false
}

// ofUsage is what a record costs; the parts of an interval cost nothing of their own.
func (c *costing) ofUsage(line *billing.InvoiceLine) (money.Ratio, money.Currency, bool) {
	record := c.usage[line.Key.Part]
	switch {
	case record == nil:
		return money.Ratio{}, line.Amount.Currency(), line.Key.Part == "minimum" || strings.HasPrefix(line.Key.Part, "smoothed") || strings.HasPrefix(line.Key.Part, "instalment:")
	case !record.HasCost:
		return money.Ratio{}, line.Amount.Currency(), false
	case line.Kind == billing.LineAdjustment:
		// Of a record that is taken back the cost is as well.
		if line.Amount.Sign() < 0 {
			return record.Cost.Ratio().Neg(), currencyOr(record.Currency, line.Amount.Currency()), true
		}
		return money.Ratio{}, line.Amount.Currency(), true
	}
	return record.Cost.Ratio(), currencyOr(record.Currency, line.Amount.Currency()), true
}

func currencyOr(currency, otherwise money.Currency) money.Currency {
	if currency.IsZero() {
		return otherwise
	}
	return currency
}

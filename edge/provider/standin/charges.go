package standin

import (
	"prorata/core/calendar"
	"prorata/core/money"
)

// Truncation says where Microsoft cuts off the fractions of a cent of a licence
// line. Its documentation gives one formula and two sets of examples that
// disagree on it, and real invoices have both.
type Truncation uint8

// The two ways.
const (
	// TruncateUnit cuts the price of one seat and multiplies it by the seats: the
	// published formula.
	TruncateUnit Truncation = iota
	// TruncateLine multiplies the exact price by the seats and cuts the product.
	TruncateLine
)

// priceDigits is how many places of an effective unit price are written out.
const priceDigits = 12

// effectivePrice is what one seat costs for the days that a line pays for: the
// list price of a whole charge cycle less a promotion's percentage, by the day.
func effectivePrice(list, percent money.Decimal, whole, paid calendar.Period) money.Ratio {
	if whole.Empty() {
		// What is bought once has no days.
		return discounted(list, percent)
	}
	return discounted(list, percent).Mul(money.Fraction(int64(paid.Days()), int64(whole.Days())))
}

// effectivePriceByMonths is the same where Microsoft counts months: when the
// billing plan of a running term changes.
func effectivePriceByMonths(list, percent money.Decimal, paidMonths, wholeMonths int) money.Ratio {
	return discounted(list, percent).Mul(money.Fraction(int64(paidMonths), int64(wholeMonths)))
}

func discounted(list, percent money.Decimal) money.Ratio {
	return list.Ratio().Mul(money.One().Sub(percent.Ratio().Div(money.Whole(100))))
}

// cutOff drops all but a number of digits, towards zero.
func cutOff(value money.Ratio, digits int) money.Ratio {
	scale := money.Whole(1)
	for range digits {
		scale = scale.Mul(money.Whole(10))
	}
	floor := value.Abs().Mul(scale).Neg().Ceil().Neg().Div(scale)
	if value.Sign() < 0 {
		return floor.Neg()
	}
	return floor
}

// licenceSubtotal is a licence line before tax in the partner's currency.
func licenceSubtotal(effective, rate, quantity money.Ratio, cut Truncation, digits int) money.Ratio {
	if cut == TruncateLine {
		return cutOff(effective.Mul(rate).Mul(quantity), digits)
	}
	return cutOff(effective.Mul(rate), digits).Mul(quantity)
}

// usageSubtotal is a usage line before tax in the partner's currency: cut once
// in the price list's currency and once again when it is changed.
func usageSubtotal(effective, rate, quantity money.Ratio, digits int) money.Ratio {
	return cutOff(cutOff(effective.Mul(quantity), digits).Mul(rate), digits)
}

// cycleOf is charge cycle k of a term that is billed every so many months.
//
// A term of several cycles that was bought on a month's last day has them begin
// on last days, one bought a day before that a day before; any other day, and any
// term that is paid at once, is cut to the months that do not have it. A term that
// was shortened has its cycles counted back from its end: the first is the short one.
func cycleOf(term calendar.Period, termMonths, months, k int) calendar.Period {
	p := wholeCycle(term, termMonths, months, k)
	return calendar.Period{From: calendar.Latest(p.From, term.From), To: calendar.Earliest(p.To, term.To)}
}

// wholeCycle is the same with nothing that shortens it: what its days are counted
// against.
func wholeCycle(term calendar.Period, termMonths, months, k int) calendar.Period {
	if term.To == term.From.AddMonths(termMonths) {
		p := calendar.Period{From: cycleBoundary(term.From, termMonths, months, k), To: cycleBoundary(term.From, termMonths, months, k+1)}
		if (k+1)*months >= termMonths {
			// A February may have moved the last boundary off the term's end.
			p.To = term.To
		}
		return p
	}
	first := 0
	for cycleBoundary(term.To, termMonths, months, first).After(term.From) {
		first--
	}
	return calendar.Period{From: cycleBoundary(term.To, termMonths, months, first+k), To: cycleBoundary(term.To, termMonths, months, first+k+1)}
}

func cycleBoundary(anchor calendar.Date, termMonths, months, k int) calendar.Date {
	if months > 1 || months == termMonths {
		return calendar.Cycle{Anchor: anchor, Months: months}.Boundary(k)
	}
	if next := anchor.AddDays(1); next.IsLastOfMonth() {
		return calendar.Cycle{Anchor: next, Months: 1, Stick: true}.Boundary(k).AddDays(-1)
	}
	return calendar.Cycle{Anchor: anchor, Months: 1, Stick: true}.Boundary(k)
}

package document

import (
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// Describe says in one short sentence what a line is for: "5 more seats, 16–31
// Jan 2026". To is exclusive, as everywhere; the last day is said included. The
// product is named where the kind alone would not tell (usage, a minimum, a
// one-time item) and may be empty. For smoothing, a negative quantity is what is
// put off until later invoices.
func Describe(language string, kind billing.LineKind, product string, from, to calendar.Date, quantity money.Decimal) string {
	l := languageOf(language)
	text := l.kindText(kind, strings.TrimSpace(product), from, to, quantity)
	period := l.period(from, to)
	switch {
	case period == "":
		return text
	case text == l.phrases.base || text == l.phrases.usage:
		return text + " " + period
	default:
		return text + ", " + period
	}
}

// DescribeChange says what a change line is for where its cause is known, in the
// words of billing.Explanation: "Cancellation, 10 fewer seats, 16–31 Jan 2026".
func DescribeChange(language, cause string, from, to calendar.Date, quantity money.Decimal) string {
	l := languageOf(language)
	p := &l.phrases
	var text string
	switch {
	case strings.Contains(cause, "start"):
		text = p.opening + ", " + l.counted(p.seatOne, p.seats, quantity)
	case strings.Contains(cause, "cancellation"):
		text = p.cancellation
	case strings.Contains(cause, "suspension") && quantity.Sign() < 0:
		text = p.suspension
	case strings.Contains(cause, "suspension"):
		text = p.resumption
	case strings.Contains(cause, "renewal"):
		text = p.renewal
	default:
		return Describe(language, billing.LineChange, "", from, to, quantity)
	}
	if !quantity.IsZero() && !strings.Contains(cause, "start") {
		text += ", " + l.seats(quantity)
	}
	if period := l.period(from, to); period != "" {
		text += ", " + period
	}
	return text
}

// described is what a line is for: its own description, or ours.
func described(d *flow.Document, product string, x *flow.DocumentLine) string {
	switch {
	case x.Description != "":
		return x.Description
	case x.Kind == billing.LineChange:
		return DescribeChange(d.Language, x.Cause, x.From, x.To, x.Quantity)
	case x.Kind == billing.LineCredit:
		return describeCredit(d.Language, x)
	case x.Kind == billing.LineSmoothing && x.Amount.Sign() < 0:
		return Describe(d.Language, x.Kind, product, x.From, x.To, money.DecimalOf(-1))
	}
	return Describe(d.Language, x.Kind, product, x.From, x.To, x.Quantity)
}

// describeCredit says of which line of the invoice a credit is, and why: the document says
// beside of which invoice.
func describeCredit(tag string, x *flow.DocumentLine) string {
	p := &languageOf(tag).phrases
	if x.Reason == "" {
		return strings.ReplaceAll(p.restOf, "%p", x.CreditOf)
	}
	return strings.ReplaceAll(p.creditOf, "%p", x.CreditOf) + ": " + x.Reason
}

func (l *language) kindText(kind billing.LineKind, product string, from, to calendar.Date, quantity money.Decimal) string {
	p := &l.phrases
	switch kind {
	case billing.LineBase:
		if !to.IsZero() && !wholeMonths(from, to) {
			return p.part
		}
		return p.base
	case billing.LineChange:
		if quantity.IsZero() {
			return p.price
		}
		return l.seats(quantity)
	case billing.LineAdjustment:
		if quantity.IsZero() {
			return p.adjustment
		}
		return p.adjustment + ", " + l.seats(quantity)
	case billing.LineUsage:
		return named(p.usageOf, p.usage, product)
	case billing.LineMinimum:
		return named(p.minimumOf, p.minimum, product)
	case billing.LineSmoothing:
		if quantity.Sign() < 0 {
			return named(p.smoothedOf, p.smoothed, product)
		}
		return named(p.smoothingOf, p.smoothing, product)
	case billing.LineOneTime:
		if product != "" {
			return product
		}
		return p.oneTime
	case billing.LineCredit:
	}
	return product
}

// seats says how many more or fewer.
func (l *language) seats(quantity money.Decimal) string {
	if quantity.Sign() < 0 {
		return l.counted(l.phrases.fewerOne, l.phrases.fewer, quantity.Neg())
	}
	return l.counted(l.phrases.moreOne, l.phrases.more, quantity)
}

// counted puts the number into the phrase for one or for many.
func (l *language) counted(one, many string, count money.Decimal) string {
	if l.singular(count) {
		many = one
	}
	return strings.ReplaceAll(many, "%q", l.quantity(count))
}

func (l *language) singular(count money.Decimal) bool {
	if l.phrases.oneBelow == "" {
		return count.Cmp(money.DecimalOf(1)) == 0
	}
	return count.Cmp(money.DecimalOf(2)) < 0
}

func named(of, plain, product string) string {
	if product == "" {
		return plain
	}
	return strings.ReplaceAll(of, "%p", product)
}

// wholeMonths says whether the days are a whole number of months, counting ends
// that are clamped to a month's last day as whole.
func wholeMonths(from, to calendar.Date) bool {
	fromYear, fromMonth, fromDay := from.Civil()
	toYear, toMonth, toDay := to.Civil()
	months := (toYear-fromYear)*12 + toMonth - fromMonth
	if months < 1 {
		return false
	}
	return from.AddMonths(months) == to || (from.IsLastOfMonth() && toDay >= fromDay)
}

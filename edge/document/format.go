package document

import (
	"strconv"
	"strings"

	"prorata/core/calendar"
	"prorata/core/money"
)

const minus = "\u2212"

// number sets a plain decimal text (-1234.50) the reader's way: grouped, with
// the language's point and a real minus sign.
func (l *language) number(plain string) string {
	sign := ""
	if strings.HasPrefix(plain, "-") {
		sign, plain = minus, plain[1:]
	}
	whole, part, pointed := strings.Cut(plain, ".")
	var b strings.Builder
	b.WriteString(sign)
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(l.group)
		}
		b.WriteRune(digit)
	}
	if pointed {
		b.WriteString(l.point)
		b.WriteString(part)
	}
	return b.String()
}

// amount is an amount without its currency.
func (l *language) amount(a money.Amount) string { return l.number(a.String()) }

// quantity is a number of things, without zeros that say nothing.
func (l *language) quantity(q money.Decimal) string { return l.number(q.Trim(0).String()) }

// price is a unit price: the currency's digits, and as many more as it has.
func (l *language) price(p money.Decimal, currency money.Currency) string {
	digits := currency.Digits()
	return l.number(money.DecimalFrom(p.Ratio(), digits, max(digits, p.Digits())).String())
}

// rate is a percentage.
func (l *language) rate(percent money.Decimal) string { return l.quantity(percent) + l.percent }

// date is a day with its month by name: 12 Mar 2026. No day is an empty text.
func (l *language) date(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	year, month, day := d.Civil()
	return l.day(day) + " " + l.months[month-1] + " " + strconv.Itoa(year)
}

func (l *language) day(day int) string {
	if day == 1 && l.first != "" {
		return l.first
	}
	return strconv.Itoa(day) + l.dayDot
}

// period is the days from from to the day before to, with what the two ends
// share said once: 1–31 Mar 2026. Without a to it is the one day.
func (l *language) period(from, to calendar.Date) string {
	if from.IsZero() || to.IsZero() || !from.Before(to) {
		return l.date(from)
	}
	last := to.AddDays(-1)
	fromYear, fromMonth, fromDay := from.Civil()
	year, month, _ := last.Civil()
	switch {
	case from == last:
		return l.date(from)
	case fromYear != year:
		return l.date(from) + " – " + l.date(last)
	case fromMonth != month:
		return l.day(fromDay) + " " + l.months[fromMonth-1] + " – " + l.date(last)
	default:
		return l.day(fromDay) + "–" + l.date(last)
	}
}

// unit is what a unit price is quoted per.
func (l *language) unit(name string) string {
	switch strings.ToLower(name) {
	case "monthly", "month":
		return l.words.month
	case "quarterly", "quarter":
		return l.words.quarter
	case "semiannual", "half-yearly":
		return l.words.halfYear
	case "annual", "yearly", "year":
		return l.words.year
	case "triennial":
		return l.words.threeYears
	}
	return name
}

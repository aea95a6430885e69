package partnercenter

import (
	"strconv"
	"strings"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// exponentMax bounds 1E-05 and its like, which some exports write for small quantities.
const exponentMax = 30

// parseNumber reads a decimal exactly, also one with an exponent.
func parseNumber(text string) (money.Decimal, bool) {
	if at := strings.IndexAny(text, "eE"); at >= 0 {
		plain, ok := withoutExponent(text[:at], strings.TrimPrefix(text[at+1:], "+"))
		if !ok {
			return money.Decimal{}, false
		}
		text = plain
	}
	d, err := money.ParseDecimal(text)
	return d, err == nil
}

// withoutExponent moves the point: 1.25 and -3 give 0.00125.
func withoutExponent(mantissa, exponent string) (string, bool) {
	by, err := strconv.Atoi(exponent)
	if err != nil || by < -exponentMax || by > exponentMax || len(mantissa) > 2*exponentMax {
		return "", false
	}
	digits, minus := strings.CutPrefix(mantissa, "-")
	whole, part, pointed := strings.Cut(digits, ".")
	if whole == "" || (pointed && part == "") {
		return "", false
	}
	digits = whole + part
	point := len(whole) + by
	if point <= 0 {
		digits = strings.Repeat("0", 1-point) + digits
		point = 1
	}
	if point > len(digits) {
		digits += strings.Repeat("0", point-len(digits))
	}
	text := digits[:point]
	if point < len(digits) {
		text += "." + digits[point:]
	}
	if minus {
		text = "-" + text
	}
	return text, true
}

// instantLayouts are the spellings of an instant; without a zone it is UTC.
var instantLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02", "2006-01-02 15:04:05",
	"1/2/2006 3:04:05 PM", "1/2/2006 15:04:05", "1/2/2006 15:04", "1/2/2006",
}

// parseInstant reads an instant, in UTC. One of the documented spellings has
// spaces within the time.
func parseInstant(text string) (time.Time, bool) {
	if year, month, day, ok := plainDay(text); ok {
		if at := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC); year >= 1 && at.Day() == day {
			return at, true
		}
	}
	if strings.Contains(text, "T") {
		text = strings.ReplaceAll(text, " ", "")
	}
	for _, layout := range instantLayouts {
		if at, err := time.Parse(layout, text); err == nil && at.Year() >= 1 {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}

// plainDay reads the spellings that nearly all dates have, which are days without
// a time: 2026-01-31, 2026-01-31T00:00:00Z and 1/31/2026.
func plainDay(text string) (year, month, day int, ok bool) {
	if len(text) >= 10 && text[4] == '-' && text[7] == '-' {
		if rest := text[10:]; rest != "" && rest != "T00:00:00Z" && rest != "T00:00:00" {
			return 0, 0, 0, false
		}
		year, month, day = digits(text[:4]), digits(text[5:7]), digits(text[8:10])
	} else {
		first, rest, _ := strings.Cut(text, "/")
		second, last, _ := strings.Cut(rest, "/")
		if len(first) > 2 || len(second) > 2 || len(last) != 4 {
			return 0, 0, 0, false
		}
		year, month, day = digits(last), digits(first), digits(second)
	}
	return year, month, day, year >= 0 && month >= 1 && month <= 12 && day >= 1
}

// digits is a number of few digits; -1 where it is none.
func digits(text string) (n int) {
	for i := 0; i < len(text); i++ {
		if text[i] < '0' || text[i] > '9' {
			return -1
		}
		n = n*10 + int(text[i]-'0')
	}
	if text == "" {
		return -1
	}
	return n
}

// openYear is that of the dates which stand for no end.
const openYear = 9000

// dayOf is the civil day of an instant in UTC, or no day where it is no such day
// or stands for none.
func dayOf(at time.Time) calendar.Date {
	if at.IsZero() {
		return calendar.Date{}
	}
	year, month, day := at.Date()
	d, err := calendar.NewDate(year, int(month), day)
	if err != nil {
		return calendar.Date{}
	}
	return d
}

// firstDayAfter is the first day that does not belong to what ends at an instant,
// the last second included; no day where it never ends.
func firstDayAfter(at time.Time) calendar.Date {
	if at.Year() >= openYear {
		return calendar.Date{}
	}
	return dayOf(at.Add(time.Second))
}

// midnightAfter is the end of an inclusive day: the midnight after it; zero where
// it never ends.
func midnightAfter(at time.Time) time.Time {
	if at.IsZero() || at.Year() >= openYear {
		return time.Time{}
	}
	return at.Truncate(24*time.Hour).AddDate(0, 0, 1)
}

const termMonthsMax = 1200

// parseTerm reads P1M, P1Y and their like as months; 0 where a text is none.
func parseTerm(text string) int {
	digits, ok := strings.CutPrefix(strings.ToUpper(text), "P")
	if !ok || len(digits) < 2 {
		return 0
	}
	n, err := strconv.ParseUint(digits[:len(digits)-1], 10, 12)
	months := int(n)
	switch digits[len(digits)-1] {
	case 'M':
	case 'Y':
		months *= 12
	default:
		return 0
	}
	if err != nil || months > termMonthsMax {
		return 0
	}
	return months
}

// parseCycle reads a billing cycle or plan: a unit with a name, or one without
// where it is paid once or not at all.
func parseCycle(text string) (billing.Unit, bool) {
	switch columnName(text) {
	case "monthly":
		return billing.Unit{Name: "monthly", Months: 1}, true
	case "quarterly":
		return billing.Unit{Name: "quarterly", Months: 3}, true
	case "annual", "yearly":
		return billing.Unit{Name: "annual", Months: 12}, true
	case "triennial":
		return billing.Unit{Name: "triennial", Months: 36}, true
	case "", "none", "onetime", "unknown":
		return billing.Unit{}, true
	}
	return billing.Unit{}, false
}

// Package calendar knows days, half-open periods and cycles of months. It has
// no clock and no time zone: a Date is a civil day, and where today's comes from
// is the caller's affair.
package calendar

import (
	"errors"
	"fmt"
)

// ErrDate is returned for a text or a combination that is no day of the calendar.
var ErrDate = errors.New("not a date (expected YYYY-MM-DD)")

// Date is a civil day between 0001-01-01 and 9999-12-31. Its zero value is no
// day at all: it sorts before every day and prints as an empty text.
type Date struct {
	// day counts from 0000-12-31, so that 0001-01-01 is 1.
	day int32
}

const (
	yearFirst = 1
	yearLast  = 9999
	// epochShift is the number of days from 0000-12-31 to 1970-01-01.
	epochShift = 719163
)

// NewDate gives the day of a year (1..9999), month (1..12) and day of the month,
// or ErrDate where there is no such day.
func NewDate(year, month, day int) (Date, error) {
	if year < yearFirst || year > yearLast || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return Date{}, fmt.Errorf("%w: %d-%d-%d", ErrDate, year, month, day)
	}
	return civil(year, month, day), nil
}

// ParseDate reads YYYY-MM-DD, nothing else.
func ParseDate(text string) (Date, error) {
	if len(text) != 10 || text[4] != '-' || text[7] != '-' {
		return Date{}, fmt.Errorf("%w: %q", ErrDate, text)
	}
	number := func(digits string) (n int) {
		for i := 0; i < len(digits); i++ {
			if digits[i] < '0' || digits[i] > '9' {
				return -1
			}
			n = n*10 + int(digits[i]-'0')
		}
		return n
	}
	date, err := NewDate(number(text[0:4]), number(text[5:7]), number(text[8:10]))
	if err != nil {
		return Date{}, fmt.Errorf("%w: %q", ErrDate, text)
	}
	return date, nil
}

// IsZero says whether this is no day at all.
func (d Date) IsZero() bool { return d.day == 0 }

// Before says whether d is earlier than other.
func (d Date) Before(other Date) bool { return d.day < other.day }

// After says whether d is later than other.
func (d Date) After(other Date) bool { return d.day > other.day }

// Compare is negative, zero or positive as d is before, on or after other.
func (d Date) Compare(other Date) int { return int(d.day) - int(other.day) }

// DaysUntil counts the days from d to other; negative where other is earlier.
func (d Date) DaysUntil(other Date) int { return int(other.day) - int(d.day) }

// AddDays moves by days, forward or back.
func (d Date) AddDays(days int) Date { return Date{d.day + int32(days)} }

// AddMonths moves by whole months; a day that the month does not have becomes
// the month's last. Count from the anchor, never from a day so clamped.
func (d Date) AddMonths(months int) Date {
	year, month, day := d.Civil()
	return clamped(year, month, day, months)
}

// Civil is the year, the month (1..12) and the day of the month.
func (d Date) Civil() (year, month, day int) {
	// Days since 0000-03-01, so that a leap day ends its year; eras of 400 years.
	z := int(d.day) - epochShift + 719468
	era := z / 146097
	dayOfEra := z - era*146097
	yearOfEra := (dayOfEra - dayOfEra/1460 + dayOfEra/36524 - dayOfEra/146096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	m := (5*dayOfYear + 2) / 153
	day = dayOfYear - (153*m+2)/5 + 1
	month = m + 3
	if month > 12 {
		month -= 12
	}
	year = yearOfEra + era*400
	if month <= 2 {
		year++
	}
	return year, month, day
}

// IsLastOfMonth says whether the next day is in another month.
func (d Date) IsLastOfMonth() bool {
	year, month, day := d.Civil()
	return day == daysIn(year, month)
}

// Weekday is 0 for Sunday to 6 for Saturday.
func (d Date) Weekday() int { return int(d.day) % 7 }

// String is YYYY-MM-DD, or empty for no day.
func (d Date) String() string { return string(d.AppendTo(nil)) }

// AppendTo writes the text of String to the end of to.
func (d Date) AppendTo(to []byte) []byte {
	if d.IsZero() {
		return to
	}
	year, month, day := d.Civil()
	return append(to,
		byte('0'+year/1000), byte('0'+year/100%10), byte('0'+year/10%10), byte('0'+year%10), '-',
		byte('0'+month/10), byte('0'+month%10), '-',
		byte('0'+day/10), byte('0'+day%10))
}

// Earliest is the earlier of two days; no day counts as later than any.
func Earliest(a, b Date) Date {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

// Latest is the later of two days; no day is earlier than any.
func Latest(a, b Date) Date {
	if a.Before(b) {
		return b
	}
	return a
}

func civil(year, month, day int) Date {
	y := year
	if month <= 2 {
		y--
	}
	era := y / 400
	yearOfEra := y - era*400
	shifted := month - 3
	if month <= 2 {
		shifted = month + 9
	}
	dayOfYear := (153*shifted+2)/5 + day - 1
	dayOfEra := yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear
	return Date{int32(era*146097 + dayOfEra - 719468 + epochShift)}
}

func clamped(year, month, day, months int) Date {
	total := year*12 + month - 1 + months
	year, month = total/12, total%12+1
	return civil(year, month, min(day, daysIn(year, month)))
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	default:
		return 31
	}
}

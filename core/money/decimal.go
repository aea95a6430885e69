package money

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// ErrDecimal is returned for a text that is no plain decimal number.
var ErrDecimal = errors.New("not a decimal number (expected for example 12.50)")

// decimalTextMax is far beyond any price or quantity that is not a mistake.
const decimalTextMax = 60

// wholeDigitsMax bounds prices and quantities, so that no product of them can
// leave the range of an amount unnoticed.
const wholeDigitsMax = 15

// Decimal is an exact number that keeps the digits it was written with: 12.10
// stays 12.10. Its zero value is 0.
type Decimal struct {
	value  Ratio
	digits int8
}

// ParseDecimal reads an optional minus, digits, and optionally a point and more
// digits. There is no exponent, no separator and no space.
func ParseDecimal(text string) (Decimal, error) {
	bad := func() (Decimal, error) { return Decimal{}, fmt.Errorf("%w: %q", ErrDecimal, text) }
	if len(text) > decimalTextMax {
		return bad()
	}
	whole, part, pointed := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	if whole == "" || len(strings.TrimLeft(whole, "0")) > wholeDigitsMax || (pointed && part == "") || !allDigits(whole) || !allDigits(part) {
		return bad()
	}
	value, err := parseScaled(whole+part, len(part))
	if err != nil {
		return bad()
	}
	if strings.HasPrefix(text, "-") {
		value = value.Neg()
	}
	return Decimal{value, int8(len(part))}, nil
}

func allDigits(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

func parseScaled(digits string, scale int) (Ratio, error) {
	if n, err := strconv.ParseInt(digits, 10, 64); err == nil && scale < powersKnown {
		return Fraction(n, powers[scale]), nil
	}
	v, ok := new(big.Rat).SetString(digits + "e-" + strconv.Itoa(scale))
	if !ok {
		return Ratio{}, ErrDecimal
	}
	return fromRat(v), nil
}

// DecimalOf is the whole number n.
func DecimalOf(n int64) Decimal { return Decimal{value: Whole(n)} }

// DecimalFrom writes a ratio with at least digits places and as many more, up to
// most, as it takes to be exact; what does not end is rounded at most.
func DecimalFrom(value Ratio, digits, most int) Decimal {
	ten := Whole(10)
	scaled := value
	for range digits {
		scaled = scaled.Mul(ten)
	}
	for ; digits < most && !scaled.isWhole(); digits++ {
		scaled = scaled.Mul(ten)
	}
	if scaled.isWhole() {
		return Decimal{scaled.over(value, digits), int8(digits)}
	}
	n, err := scaled.Round(0)
	if err != nil {
		return Decimal{value, int8(digits)}
	}
	return Decimal{Fraction(n, powers[digits]), int8(digits)}
}

// over is a whole number of so many places as it would be read from a text, and not as
// it was computed: what is added up has one denominator then.
func (r Ratio) over(value Ratio, digits int) Ratio {
	if r.wide != nil || digits >= powersKnown {
		return value
	}
	return Fraction(r.n/(r.d+1), powers[digits])
}

func (r Ratio) isWhole() bool {
	if r.wide != nil {
		return r.wide.IsInt()
	}
	return r.n%(r.d+1) == 0
}

// Ratio is the exact value.
func (d Decimal) Ratio() Ratio { return d.value }

// Digits is the number of places after the point.
func (d Decimal) Digits() int { return int(d.digits) }

// IsZero says whether the value is 0, however it is written.
func (d Decimal) IsZero() bool { return d.value.IsZero() }

// Sign is -1, 0 or 1.
func (d Decimal) Sign() int { return d.value.Sign() }

// Neg is -d with the same digits.
func (d Decimal) Neg() Decimal { return Decimal{d.value.Neg(), d.digits} }

// Sub is d − other with the digits of the longer.
func (d Decimal) Sub(other Decimal) Decimal {
	return Decimal{d.value.Sub(other.value), max(d.digits, other.digits)}
}

// Add is d + other with the digits of the longer.
func (d Decimal) Add(other Decimal) Decimal {
	return Decimal{d.value.Add(other.value), max(d.digits, other.digits)}
}

// Cmp compares the values.
func (d Decimal) Cmp(other Decimal) int { return d.value.Cmp(other.value) }

// String writes the value with its digits.
func (d Decimal) String() string { return string(d.AppendTo(nil)) }

// AppendTo writes the text of String to the end of to.
func (d Decimal) AppendTo(to []byte) []byte {
	if d.value.wide == nil && int(d.digits) < powersKnown {
		if n, err := d.value.Round(int(d.digits)); err == nil {
			return appendMinor(to, n, int(d.digits))
		}
	}
	return append(to, d.value.rat().FloatString(int(d.digits))...)
}

// Trim drops zeros at the end of the written digits, down to keep of them.
func (d Decimal) Trim(keep int) Decimal { return DecimalFrom(d.value, keep, int(d.digits)) }

// appendMinor writes n minor units as a decimal with that many places.
func appendMinor(to []byte, n int64, digits int) []byte {
	magnitude := uint64(n)
	if n < 0 {
		to = append(to, '-')
		magnitude = -magnitude
	}
	if digits == 0 {
		return strconv.AppendUint(to, magnitude, 10)
	}
	scale := uint64(powers[digits])
	to = strconv.AppendUint(to, magnitude/scale, 10)
	to = append(to, '.')
	rest := magnitude % scale
	for place := scale / 10; place > 0; place /= 10 {
		to = append(to, byte('0'+rest/place%10))
	}
	return to
}

package money

import (
	"errors"
	"fmt"
)

// ErrCurrency is returned for a text that is no currency code known to ISO 4217,
// and where amounts of two currencies meet.
var ErrCurrency = errors.New("currency")

// Currency is an ISO 4217 currency and the number of its minor digits. Its zero
// value is no currency.
type Currency struct {
	code   [3]byte
	digits int8
}

// ParseCurrency reads a three-letter code in capitals.
func ParseCurrency(code string) (Currency, error) {
	if len(code) == 3 {
		if at := codeIndex(code); at >= 0 {
			return Currency{[3]byte{code[0], code[1], code[2]}, digitsAt(at)}, nil
		}
	}
	return Currency{}, fmt.Errorf("%w: %q is not an ISO 4217 code", ErrCurrency, code)
}

// IsZero says whether this is no currency at all.
func (c Currency) IsZero() bool { return c.code == [3]byte{} }

// String is the code.
func (c Currency) String() string {
	if c.IsZero() {
		return ""
	}
	return string(c.code[:])
}

// Digits is the number of places of the minor unit: 0 for JPY, 2 for USD, 3 for KWD.
func (c Currency) Digits() int { return int(c.digits) }

// Amount is a whole number of minor units of one currency.
type Amount struct {
	minor    int64
	currency Currency
}

// NewAmount is minor units of a currency.
func NewAmount(minor int64, currency Currency) Amount { return Amount{minor, currency} }

// RoundTo rounds an exact value to the currency's digits, half away from zero.
func RoundTo(value Ratio, currency Currency) (Amount, error) {
	minor, err := value.Round(currency.Digits())
	return Amount{minor, currency}, err
}

// ParseAmount reads a decimal text with no more digits than the currency has.
func ParseAmount(text string, currency Currency) (Amount, error) {
	d, err := ParseDecimal(text)
	if err != nil {
		return Amount{}, err
	}
	if d.Digits() > currency.Digits() && !d.Trim(currency.Digits()).value.scaledWhole(currency.Digits()) {
		return Amount{}, fmt.Errorf("%w: %q has more digits than %s", ErrDecimal, text, currency)
	}
	return RoundTo(d.Ratio(), currency)
}

func (r Ratio) scaledWhole(digits int) bool {
	return r.Mul(Whole(powers[digits])).isWhole()
}

// Minor is the number of minor units.
func (a Amount) Minor() int64 { return a.minor }

// Currency is the amount's currency.
func (a Amount) Currency() Currency { return a.currency }

// IsZero says whether the amount is nothing.
func (a Amount) IsZero() bool { return a.minor == 0 }

// Sign is -1, 0 or 1.
func (a Amount) Sign() int {
	switch {
	case a.minor < 0:
		return -1
	case a.minor > 0:
		return 1
	}
	return 0
}

// Ratio is the exact value in whole units of the currency.
func (a Amount) Ratio() Ratio { return Fraction(a.minor, powers[a.currency.digits]) }

// Neg is -a.
func (a Amount) Neg() Amount { return Amount{-a.minor, a.currency} }

// Add is a + b of one currency. Two currencies meeting here is a broken promise
// of the program, never a user's mistake, and stops the operation. So does a sum that
// does not fit, with an error that is ErrTooLarge: amounts that somebody made up can come to one.
func (a Amount) Add(b Amount) Amount {
	if a.currency != b.currency {
		panic("money: " + a.currency.String() + " met " + b.currency.String())
	}
	sum, ok := add(a.minor, b.minor)
	if !ok && b.minor != 0 {
		panic(fmt.Errorf("%w: the sum of two amounts", ErrTooLarge))
	}
	return Amount{sum, a.currency}
}

// Sub is a − b of one currency.
func (a Amount) Sub(b Amount) Amount { return a.Add(b.Neg()) }

// String writes the amount with its currency's digits, without the code.
func (a Amount) String() string { return string(a.AppendTo(nil)) }

// AppendTo writes the text of String to the end of to.
func (a Amount) AppendTo(to []byte) []byte {
	return appendMinor(to, a.minor, int(a.currency.digits))
}

// Split cuts an exact value into n rounded parts, the last of which takes what
// rounding left over: the parts add up to the rounded whole.
func Split(value Ratio, n int, currency Currency) ([]Amount, error) {
	whole, err := RoundTo(value, currency)
	if err != nil {
		return nil, err
	}
	part, err := RoundTo(value.Div(Whole(int64(n))), currency)
	if err != nil {
		return nil, err
	}
	parts := make([]Amount, n)
	for i := range n - 1 {
		parts[i] = part
		whole = whole.Sub(part)
	}
	parts[n-1] = whole
	return parts, nil
}

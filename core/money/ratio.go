// Package money holds exact numbers: ratios that lose nothing, decimals that
// keep the digits they were written with, and amounts in whole minor units of
// one currency. Between a price and a line there is one rounding, and it is
// Ratio.Round.
package money

import (
	"errors"
	"math/big"
	"math/bits"
)

// ErrTooLarge is returned where a rounded amount does not fit 63 bits of minor units.
var ErrTooLarge = errors.New("amount too large")

// Ratio is an exact fraction. Its zero value is 0. Small fractions live in two
// machine words; what outgrows them goes on in arbitrary precision.
type Ratio struct {
	n int64
	// d is the denominator less one, so that the zero value is 0/1; never negative.
	d int64
	// wide is the value where it does not fit; n and d are then unused.
	wide *big.Rat
}

// Whole is the ratio n/1.
func Whole(n int64) Ratio { return Ratio{n: n} }

// Fraction is n/d for a positive d.
func Fraction(n, d int64) Ratio {
	if d <= 0 {
		panic("money: a fraction needs a positive denominator")
	}
	return Ratio{n: n, d: d - 1}
}

// One is 1.
func One() Ratio { return Ratio{n: 1} }

func (r Ratio) rat() *big.Rat {
	if r.wide != nil {
		return r.wide
	}
	return big.NewRat(r.n, r.d+1)
}

// fromRat keeps the value in machine words where it fits.
func fromRat(v *big.Rat) Ratio {
	if v.Num().IsInt64() && v.Denom().IsInt64() {
		return Ratio{n: v.Num().Int64(), d: v.Denom().Int64() - 1}
	}
	return Ratio{wide: v}
}

// Sign is -1, 0 or 1.
func (r Ratio) Sign() int {
	switch {
	case r.wide != nil:
		return r.wide.Sign()
	case r.n < 0:
		return -1
	case r.n > 0:
		return 1
	}
	return 0
}

// IsZero says whether the value is 0.
func (r Ratio) IsZero() bool { return r.wide == nil && r.n == 0 }

// Neg is -r.
func (r Ratio) Neg() Ratio {
	if r.wide != nil {
		return Ratio{wide: new(big.Rat).Neg(r.wide)}
	}
	if r.n == minInt64 {
		return fromRat(new(big.Rat).Neg(r.rat()))
	}
	return Ratio{n: -r.n, d: r.d}
}

// Mul is r × other.
func (r Ratio) Mul(other Ratio) Ratio {
	if r.wide == nil && other.wide == nil {
		if product, ok := r.mulWords(other); ok {
			return product
		}
		// What they have in common goes before they are multiplied.
		a, b := Ratio{n: r.n, d: other.d}.lowest(), Ratio{n: other.n, d: r.d}.lowest()
		if product, ok := a.mulWords(b); ok {
			return product
		}
	}
	return fromRat(new(big.Rat).Mul(r.rat(), other.rat()))
}

func (r Ratio) mulWords(other Ratio) (Ratio, bool) {
	n, ok1 := mul(r.n, other.n)
	d, ok2 := mul(r.d+1, other.d+1)
	return Ratio{n: n, d: d - 1}, ok1 && ok2
}

// Div is r ÷ other; other must not be 0.
func (r Ratio) Div(other Ratio) Ratio {
	if r.wide == nil && other.wide == nil && other.n > 0 {
		return r.Mul(Ratio{n: other.d + 1, d: other.n - 1})
	}
	return fromRat(new(big.Rat).Quo(r.rat(), other.rat()))
}

// Add is r + other.
func (r Ratio) Add(other Ratio) Ratio {
	if r.wide == nil && other.wide == nil {
		if r.d == other.d {
			if n, ok := add(r.n, other.n); ok {
				return Ratio{n: n, d: r.d}
			}
		}
		if sum, ok := r.addCross(other); ok {
			return sum
		}
		if sum, ok := r.lowest().addCross(other.lowest()); ok {
			return sum
		}
	}
	return fromRat(new(big.Rat).Add(r.rat(), other.rat()))
}

// addCross brings both to one denominator.
func (r Ratio) addCross(other Ratio) (Ratio, bool) {
	a, ok1 := mul(r.n, other.d+1)
	b, ok2 := mul(other.n, r.d+1)
	d, ok3 := mul(r.d+1, other.d+1)
	n, ok4 := add(a, b)
	return Ratio{n: n, d: d - 1}, ok1 && ok2 && ok3 && ok4
}

// lowest is the same in lowest terms.
func (r Ratio) lowest() Ratio {
	if r.n == minInt64 {
		return r
	}
	g := gcd(max(r.n, -r.n), r.d+1)
	return Ratio{n: r.n / g, d: (r.d+1)/g - 1}
}

// gcd is the greatest divisor that both have; of 0 and b it is b.
func gcd(a, b int64) int64 {
	for a != 0 {
		a, b = b%a, a
	}
	return b
}

// Sub is r − other.
func (r Ratio) Sub(other Ratio) Ratio { return r.Add(other.Neg()) }

// Cmp is -1, 0 or 1 as r is less than, equal to or more than other.
func (r Ratio) Cmp(other Ratio) int {
	if r.wide == nil && other.wide == nil && r.d == other.d {
		switch {
		case r.n < other.n:
			return -1
		case r.n > other.n:
			return 1
		}
		return 0
	}
	return r.Sub(other).Sign()
}

// Min is the smaller of two.
func Min(a, b Ratio) Ratio {
	if b.Cmp(a) < 0 {
		return b
	}
	return a
}

// Max is the larger of two.
func Max(a, b Ratio) Ratio {
	if b.Cmp(a) > 0 {
		return b
	}
	return a
}

// Ceil is the smallest whole number not below r.
func (r Ratio) Ceil() Ratio {
	v := r.rat()
	quotient, rest := new(big.Int).DivMod(v.Num(), v.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		quotient.Add(quotient, big.NewInt(1))
	}
	return fromRat(new(big.Rat).SetInt(quotient))
}

// Round gives r × 10^digits as a whole number, half away from zero (BILLING
// §11), or ErrTooLarge.
func (r Ratio) Round(digits int) (int64, error) {
	if r.wide == nil && digits < len(powers) {
		negative := r.n < 0
		magnitude := uint64(r.n)
		if negative {
			magnitude = -magnitude
		}
		hi, lo := bits.Mul64(magnitude, uint64(powers[digits]))
		divisor := uint64(r.d) + 1
		if hi < divisor {
			quotient, rest := bits.Div64(hi, lo, divisor)
			if rest >= divisor-rest {
				quotient++
			}
			if quotient <= 1<<63-1 {
				if negative {
					return -int64(quotient), nil
				}
				return int64(quotient), nil
			}
		}
		return 0, ErrTooLarge
	}
	return r.roundWide(digits)
}

func (r Ratio) roundWide(digits int) (int64, error) {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
	v := r.rat()
	n := new(big.Int).Mul(new(big.Int).Abs(v.Num()), scale)
	quotient, rest := new(big.Int).QuoRem(n, v.Denom(), new(big.Int))
	if rest.Lsh(rest, 1).Cmp(v.Denom()) >= 0 {
		quotient.Add(quotient, big.NewInt(1))
	}
	if !quotient.IsInt64() {
		return 0, ErrTooLarge
	}
	if v.Sign() < 0 {
		return -quotient.Int64(), nil
	}
	return quotient.Int64(), nil
}

// Parts gives the ratio in lowest terms as texts, for people and for storage.
func (r Ratio) Parts() (numerator, denominator string) {
	v := r.rat()
	return v.Num().String(), v.Denom().String()
}

const minInt64 = -1 << 63

const powersKnown = 19

var powers = [powersKnown]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

func mul(a, b int64) (int64, bool) {
	if a|b >= 0 && (a|b)>>31 == 0 {
		return a * b, true
	}
	if a == minInt64 || b == minInt64 {
		return 0, false
	}
	negative := (a < 0) != (b < 0)
	hi, lo := bits.Mul64(uint64(max(a, -a)), uint64(max(b, -b)))
	if hi != 0 || lo > 1<<63-1 {
		return 0, false
	}
	if negative {
		return -int64(lo), true
	}
	return int64(lo), true
}

func add(a, b int64) (int64, bool) {
	sum := a + b
	return sum, (sum > a) == (b > 0)
}

// Abs is r without its sign.
func (r Ratio) Abs() Ratio {
	if r.Sign() < 0 {
		return r.Neg()
	}
	return r
}

package money_test

import (
	"math/big"
	"math/rand"
	"testing"

	"prorata/core/money"
)

func decimal(t testing.TB, text string) money.Decimal {
	t.Helper()
	d, err := money.ParseDecimal(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func currency(t testing.TB, code string) money.Currency {
	t.Helper()
	c, err := money.ParseCurrency(code)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDecimalsKeepTheirDigits(t *testing.T) {
	for _, text := range []string{"0", "12.10", "-0.5", "0.00", "123456789012345.123456789012345678", "0.0000000000000000000000001", "99999999999999.99"} {
		if got := decimal(t, text).String(); got != text {
			t.Errorf("%s is printed as %s", text, got)
		}
	}
	for _, text := range []string{"", "-", ".", "1.", ".5", "1e3", "+1", "1,5", " 1", "١", "1.2.3", "0x10", "1234567890123456", "--1"} {
		if d, err := money.ParseDecimal(text); err == nil {
			t.Errorf("%q was read as %s", text, d)
		}
	}
}

func TestRoundingIsHalfAwayFromZeroInTheCurrencysDigits(t *testing.T) {
	for _, c := range []struct{ value, currency, want string }{
		{"1.025", "USD", "1.03"}, {"-1.025", "USD", "-1.03"}, {"1.0249999999999999999999999", "USD", "1.02"},
		{"0.5", "JPY", "1"}, {"-0.5", "JPY", "-1"}, {"1.0005", "KWD", "1.001"}, {"2.00004999", "CLF", "2.0000"}, {"0.004", "EUR", "0.00"},
	} {
		got, err := money.RoundTo(decimal(t, c.value).Ratio(), currency(t, c.currency))
		if err != nil || got.String() != c.want {
			t.Errorf("%s %s: got %s (%v), want %s", c.value, c.currency, got, err, c.want)
		}
	}
	if _, err := money.RoundTo(decimal(t, "999999999999999").Ratio().Mul(money.Whole(1e6)), currency(t, "USD")); err == nil {
		t.Error("an amount beyond the range was accepted")
	}
}

// Both halves of Ratio, the quick and the wide, must give what big.Rat gives.
func TestRatiosAgreeWithArbitraryPrecision(t *testing.T) {
	seed := int64(20260101)
	random := rand.New(rand.NewSource(seed))
	for range 20000 {
		bound := int64(1) << (1 + random.Intn(62))
		an, ad := random.Int63n(bound)-bound/2, 1+random.Int63n(bound)
		bn, bd := random.Int63n(bound)-bound/2, 1+random.Int63n(bound)
		a, b := money.Fraction(an, ad), money.Fraction(bn, bd)
		ra, rb := big.NewRat(an, ad), big.NewRat(bn, bd)
		check := func(op string, got money.Ratio, want *big.Rat) {
			n, d := got.Parts()
			if n != want.Num().String() || d != want.Denom().String() {
				t.Fatalf("seed %d: %s %s %s = %s/%s, want %s", seed, ra, op, rb, n, d, want)
			}
		}
		check("+", a.Add(b), new(big.Rat).Add(ra, rb))
		check("-", a.Sub(b), new(big.Rat).Sub(ra, rb))
		check("*", a.Mul(b), new(big.Rat).Mul(ra, rb))
		if bn != 0 {
			check("/", a.Div(b), new(big.Rat).Quo(ra, rb))
		}
		if got, want := a.Cmp(b), ra.Cmp(rb); got != want {
			t.Fatalf("seed %d: %s cmp %s = %d, want %d", seed, ra, rb, got, want)
		}
	}
}

func TestSplitLosesNothing(t *testing.T) {
	eur := currency(t, "EUR")
	for _, value := range []string{"100.50", "100.00", "0.01", "-99.99", "100.005"} {
		for n := 1; n <= 13; n++ {
			parts, err := money.Split(decimal(t, value).Ratio(), n, eur)
			if err != nil {
				t.Fatal(err)
			}
			sum := money.NewAmount(0, eur)
			for _, part := range parts {
				sum = sum.Add(part)
			}
			whole, _ := money.RoundTo(decimal(t, value).Ratio(), eur)
			if sum != whole || len(parts) != n {
				t.Errorf("%s in %d parts gives %v, in sum %s", value, n, parts, sum)
			}
		}
	}
}

func TestCurrencies(t *testing.T) {
	for code, digits := range map[string]int{"USD": 2, "JPY": 0, "KWD": 3, "CLF": 4, "EUR": 2, "AED": 2, "ZWG": 2, "BIF": 0, "XPF": 0, "BHD": 3, "TND": 3, "UYW": 4} {
		if got := currency(t, code).Digits(); got != digits {
			t.Errorf("%s has %d digits, want %d", code, got, digits)
		}
	}
	for _, code := range []string{"", "usd", "US", "USDX", "D A", "ZZZ", "€"} {
		if c, err := money.ParseCurrency(code); err == nil {
			t.Errorf("%q was read as %s", code, c)
		}
	}
}

func FuzzParseDecimal(f *testing.F) {
	f.Add("12.10")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := money.ParseDecimal(text)
		if err != nil {
			return
		}
		again, err := money.ParseDecimal(d.String())
		if err != nil || again.Cmp(d) != 0 {
			t.Errorf("%q is printed as %q, read again as %v (%v)", text, d, again, err)
		}
	})
}

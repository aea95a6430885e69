package standin

import (
	"fmt"
	"slices"
	"strings"

	"prorata/core/calendar"
	"prorata/core/money"
)

// dollarsPerUnit is what a currency was worth in January 2025, in ten-thousandths
// of a dollar: figures of our own. Each month moves them a little.
var dollarsPerUnit = map[string]int64{
	"AUD": 6520, "CAD": 7110, "CHF": 11230, "DKK": 1442, "EUR": 10760, "GBP": 12580, "JPY": 67, "NOK": 899, "NZD": 5780, "SEK": 918, "USD": 10000,
}

// fxDigits is how many places a rate is published with.
const fxDigits = 9

// dollarsPer is a currency's published worth in dollars for a month, given by
// any of its days: one rate for the whole month.
func dollarsPer(code string, month calendar.Date) (money.Decimal, bool) {
	base, known := dollarsPerUnit[code]
	if !known {
		return money.Decimal{}, false
	}
	if code == "USD" {
		return money.DecimalOf(1), true
	}
	year, m, _ := month.Civil()
	// Up to 4 % to either side, its own way for each currency, the same for ever.
	swing := int64((year*12+m)*(7+len(code)*int(code[0])%11))%81 - 40
	return money.DecimalFrom(money.Fraction(base, 10_000).Mul(money.Fraction(1000+swing, 1000)), 4, fxDigits), true
}

// rateTo is what one dollar of the price list is worth in the partner's billing
// currency in a month, as it stands on a line: PCToBCExchangeRate.
func rateTo(code string, month calendar.Date) (money.Decimal, bool) {
	worth, known := dollarsPer(code, month)
	if !known {
		return money.Decimal{}, false
	}
	return money.DecimalFrom(money.One().Div(worth.Ratio()), 0, fxDigits), true
}

// fxRates is the published file of a month's rates.
func fxRates(month calendar.Date) string {
	var b strings.Builder
	b.WriteString(`"CurrencyCode","USDPerUnit","Month"` + "\r\n")
	codes := make([]string, 0, len(dollarsPerUnit))
	for code := range dollarsPerUnit {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	for _, code := range codes {
		worth, _ := dollarsPer(code, month)
		fmt.Fprintf(&b, "%q,%q,%q\r\n", code, worth.String(), month.String()[:4]+month.String()[5:7])
	}
	return b.String()
}

package partnercenter

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

var ratesLayout = layout{what: "a month's exchange rates", required: []string{"currencyCode", "usdPerUnit"}}

// ratePlaces is how exact a rate is that was turned around.
const ratePlaces = 12

// ExchangeRates reads Microsoft's rates of a month, given by its first day, from
// which they are in force. The file says what one unit of a currency is in US
// dollars. Each row becomes two rates: from the currency to the dollar, exact; and
// from the dollar to the currency, which is how prices in dollars are charged,
// to 12 places.
func ExchangeRates(name string, r io.Reader, month calendar.Date) iter.Seq2[billing.Rate, error] {
	dollar, _ := money.ParseCurrency("USD")
	return func(yield func(billing.Rate, error) bool) {
		for rate, err := range valuesOf(rowsOf(name, r, ratesLayout, allow(0)), func(r *row) billing.Rate { return rateOf(r, month, dollar) }) {
			if err == nil && rate.From == dollar {
				continue
			}
			if !yield(rate, err) {
				return
			}
			if err != nil {
				continue
			}
			back := billing.Rate{On: month, From: dollar, To: rate.From, Rate: money.DecimalFrom(money.One().Div(rate.Rate.Ratio()), 0, ratePlaces).Trim(0)}
			if !yield(back, nil) {
				return
			}
		}
	}
}

func rateOf(r *row, month calendar.Date, dollar money.Currency) billing.Rate {
	rate := billing.Rate{On: month, From: r.currency("currencycode"), To: dollar, Rate: r.needNumber("usdperunit")}
	if len(r.wrong.list) == 0 && rate.Rate.Sign() <= 0 {
		r.wrong.add(r.spelled("usdperunit"), "%s is no rate (expected more than 0)", rate.Rate)
	}
	if of := r.text("month"); len(of) == len("YYYYMM") && of != monthText(month) {
		r.wrong.add(r.spelled("month"), "%s is not the month that was asked for (%s)", quote(of), monthText(month))
	}
	return rate
}

// monthText is YYYYMM.
func monthText(month calendar.Date) string {
	return strings.ReplaceAll(month.String()[:len("YYYY-MM")], "-", "")
}

// Rates are the exchange rates of a month, given by its first day: each currency
// to the US dollar and back.
func (c *Client) Rates(ctx context.Context, month calendar.Date) iter.Seq2[billing.Rate, error] {
	return func(yield func(billing.Rate, error) bool) {
		if month.IsZero() {
			yield(billing.Rate{}, fmt.Errorf("exchange rates: which month (given by its first day)?"))
			return
		}
		k := get(fmt.Sprintf("/v1.0/sales/fxrates(Month='%s')/$value", monthText(month))).at(hostPricing).byPerson()
		k.stream, k.header = true, http.Header{"Accept": {"text/csv, application/octet-stream, */*"}}
		res, err := c.send(ctx, k)
		if err != nil {
			yield(billing.Rate{}, err)
			return
		}
		year, number, _ := month.Civil()
		first, _ := calendar.NewDate(year, number, 1)
		for rate, err := range ExchangeRates(k.name(), res.Body, first) {
			if !yield(rate, handedOn(err)) {
				break
			}
		}
		if err := res.Body.Close(); err != nil {
			c.set.Log.Debug("closing an answer", "call", k.name(), "cause", err.Error())
		}
	}
}

package catalog

import (
	"net/url"

	"prorata/core/money"
	"prorata/edge/web/part"
	"prorata/flow"
)

// changesShown is how many changes a page lists.
const changesShown = 200

// difference is after less before, with its sign; empty where there was or will be no price.
func difference(l part.Locale, c *flow.PriceChange) string {
	if c.Missing != "" || c.Unpriced {
		return ""
	}
	by := c.After.Sub(c.Before)
	if by.Sign() > 0 {
		return "+" + l.Amount(by)
	}
	return l.Amount(by)
}

// percentMore is the difference in percent of what is asked now.
func percentMore(l part.Locale, c *flow.PriceChange) string {
	if c.Missing != "" || c.Unpriced || c.Before.IsZero() {
		return ""
	}
	percent := c.After.Sub(c.Before).Ratio().Div(c.Before.Ratio()).Mul(money.Whole(100))
	text := l.Number(money.DecimalFrom(percent, 1, 1).String()) + " %"
	if percent.Sign() > 0 {
		return "+" + text
	}
	return text
}

func accountPath(c *flow.PriceChange) string {
	return "/accounts/" + url.PathEscape(string(c.Account))
}

func subscriptionPath(c *flow.PriceChange) string {
	return "/subscriptions/" + url.PathEscape(string(c.Subscription))
}

// shownOf are the first changes, as many as a page lists.
func shownOf(changes []flow.PriceChange) []flow.PriceChange {
	return changes[:min(len(changes), changesShown)]
}

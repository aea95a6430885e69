package billing

import (
	"prorata/core/calendar"
	"prorata/core/money"
)

// on says whether a line whose first day is day gets the discount.
func (d *Discount) on(day calendar.Date) bool {
	return !d.Percent.IsZero() && !day.Before(d.From) && (d.To.IsZero() || day.Before(d.To))
}

func (d *Discount) keeps() money.Ratio {
	return money.One().Sub(d.Percent.Ratio().Div(money.Whole(100)))
}

// net takes the subscription's discount, then the contract's, off a gross of
// which covered is the part of the seats that the term opened with (BILLING §8).
func net(subscription, contract *Discount, day calendar.Date, gross, covered money.Ratio) money.Ratio {
	first, second := subscription.on(day), contract.on(day)
	if !first && !second {
		return gross
	}
	initial, rest := money.One(), money.One()
	if first {
		initial = initial.Mul(subscription.keeps())
		if !subscription.Initial {
			rest = rest.Mul(subscription.keeps())
		}
	}
	if second {
		initial = initial.Mul(contract.keeps())
		if !contract.Initial {
			rest = rest.Mul(contract.keeps())
		}
	}
	if (!first || !subscription.Initial) && (!second || !contract.Initial) {
		return gross.Mul(rest)
	}
	return covered.Mul(initial).Add(gross.Sub(covered).Mul(rest))
}

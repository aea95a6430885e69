package reconcile

import (
	"prorata/core/calendar"
	"prorata/core/money"
)

// What a provider usually did where the price that it lists is the one that was locked
// and the price that it used is another: it gave a discount that no promotion names, or
// counted the days otherwise. Each is taken only where it gives the row's price to the
// last digit that is written; what gives no such price is not guessed at.

// likely finds the discount or the days that give the price of one seat, or neither.
func (in *inputs) likely(price money.Ratio, row *Row, c *Charge) bool {
	if in.unit.Cmp(money.Whole(likelyLeast)) < 0 {
		return false // Of so small prices too many are found.
	}
	if c.Fraction.Cmp(money.One()) == 0 {
		return in.likelyPercent(price, row) || in.likelyDays(price, row, partOf(c.Cycle), c)
	}
	return in.likelyDays(price, row, countOf(c.Period, c.Cycle), c) || in.likelyPercent(price, row)
}

const likelyLeast = 2

// likelyPercent tries each discount of whole percents.
func (in *inputs) likelyPercent(price money.Ratio, row *Row) bool {
	for percent := int64(1); percent < 100; percent++ {
		try := *in
		try.percent = money.Whole(percent)
		if writes(row.EffectivePrice, try.effective(), price) {
			*in = try
			return true
		}
	}
	return false
}

func (in *inputs) likelyDays(price money.Ratio, row *Row, fractions []money.Ratio, c *Charge) bool {
	for _, fraction := range fractions {
		try := *in
		if try.fraction = fraction; fraction.Cmp(c.Fraction) != 0 && writes(row.EffectivePrice, try.effective(), price) {
			*in = try
			return true
		}
	}
	return false
}

// daysCounted are those of months and years.
var daysCounted = [...]int64{28, 29, 30, 31, 360, 365, 366}

// countOf is a period against the days of other months or years than its cycle's.
func countOf(p, cycle calendar.Period) (fractions []money.Ratio) {
	for _, n := range daysCounted {
		if near := n - int64(cycle.Days()); near >= -likelyApart && near <= likelyApart {
			fractions = append(fractions, money.Fraction(int64(p.Days()), n))
		}
	}
	return fractions
}

// likelyApart is by how many days two months or two ways to count a year differ.
const likelyApart = 6

// partOf is a whole cycle against the days of other months, and then parts of itself.
func partOf(cycle calendar.Period) []money.Ratio {
	fractions := countOf(cycle, cycle)
	for day := int64(cycle.Days()) - 1; day > 0; day-- {
		fractions = append(fractions, money.Fraction(day, int64(cycle.Days())))
	}
	return fractions
}

// writes says whether a price is what a file shows of another: cut or rounded to the
// digits that are written, of which there are two at least.
func writes(written money.Decimal, exact, price money.Ratio) bool {
	digits := max(shownDigits, written.Digits())
	if digits > priceDigits {
		return exact.Cmp(price) == 0
	}
	if rounded := money.DecimalFrom(exact, digits, digits); rounded.Ratio().Cmp(price) == 0 {
		return true
	}
	scale := money.One()
	for range digits {
		scale = scale.Mul(money.Whole(10))
	}
	cut, err := truncate(exact, digits)
	return err == nil && money.Whole(cut).Cmp(price.Mul(scale)) == 0
}

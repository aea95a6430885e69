package billing

import (
	"prorata/core/calendar"
	"prorata/core/money"
)

// fraction is the part of a whole period that a line covers: Num ÷ Den of
// days or months (BILLING §4).
type fraction struct {
	Num, Den int
}

func (f fraction) ratio() money.Ratio { return money.Fraction(int64(f.Num), int64(f.Den)) }

// fractionOf measures the covered days of a period. cycle and k are the period's
// place, for the months inside it; sign is that of the line: a started month is
// whole for a charge and used up for a credit.
func fractionOf(rule Proration, covered, period calendar.Period, cycle calendar.Cycle, k int, sign int) fraction {
	switch rule {
	case ByDays30:
		if covered == period {
			return fraction{1, 1}
		}
		whole := 30 * cycle.Months
		return fraction{min(covered.Days(), whole), whole}
	case ByMonths:
		return fraction{monthsCovered(covered, cycle, k, sign), cycle.Months}
	case ByNothing:
		if sign < 0 {
			return fraction{0, 1}
		}
		return fraction{1, 1}
	case ByDays:
	}
	return fraction{covered.Days(), period.Days()}
}

func monthsCovered(covered calendar.Period, cycle calendar.Cycle, k int, sign int) (months int) {
	monthly := calendar.Cycle{Anchor: cycle.Anchor, Months: 1, Stick: cycle.Stick}
	for i := range cycle.Months {
		month := monthly.Period(k*cycle.Months + i)
		begun := month.From.Before(covered.To) && month.To.After(covered.From)
		if sign < 0 {
			begun = !month.From.Before(covered.From) && !month.To.After(covered.To)
		}
		if begun {
			months++
		}
	}
	return months
}

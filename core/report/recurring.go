// Package report is tables of numbers: recurring revenue and what moved it, what
// payers owe by age, margin. Values go in and values come out; every breakdown adds up
// to its whole in whole minor units.
package report

import (
	"cmp"
	"fmt"
	"slices"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// Cause says why recurring revenue moved.
type Cause uint8

// The causes. Exchange is of sums that were converted, alone.
const (
	// New: a subscription began.
	New Cause = iota
	// Expansion: more seats, at the price from before.
	Expansion
	// Contraction: fewer seats, at the price from before.
	Contraction
	// Churn: a subscription ended.
	Churn
	// Price: another price or discount for the seats as they are now.
	Price
	// Exchange: what was there before is worth more or less in the seller's currency.
	Exchange
)

// Causes is how many there are.
const Causes = 6

func causeWords() [Causes]string {
	return [...]string{"new", "expansion", "contraction", "churn", "price", "exchange"}
}

// String is the word used in tables and files.
func (c Cause) String() string {
	if words := causeWords(); int(c) < len(words) {
		return words[c]
	}
	return fmt.Sprintf("Cause(%d)", uint8(c))
}

// Monthly is what a subscription brings in a month in whole minor units. It is rounded
// here, once, as its line for one month would be: so all sums of subscriptions, by
// account, by product or by cause, add up.
func Monthly(r *billing.Recurring, currency money.Currency) (money.Amount, error) {
	return money.RoundTo(r.Monthly, currency)
}

// Movements are why a subscription brings what it does now and not what it did before,
// in the order of the causes: seats first, at the old price, then the price for the
// seats as they are now (as BILLING §16 has it). Their sum is the difference.
func Movements(before, after *billing.Recurring, currency money.Currency) (moved [Causes]money.Amount, err error) {
	for i := range moved {
		moved[i] = money.NewAmount(0, currency)
	}
	from, err := Monthly(before, currency)
	if err != nil {
		return moved, err
	}
	to, err := Monthly(after, currency)
	if err != nil {
		return moved, err
	}
	switch {
	case !before.Runs:
		moved[New] = to
	case !after.Runs:
		moved[Churn] = from.Neg()
	case before.Missing != nil || after.Missing != nil:
		moved[Price] = to.Sub(from)
	default:
		seats, err := seatsMoved(before, after, from, to)
		if err != nil {
			return moved, err
		}
		cause := Expansion
		if seats.Sign() < 0 {
			cause = Contraction
		}
		moved[cause], moved[Price] = seats, to.Sub(from).Sub(seats)
	}
	return moved, nil
}

// seatsMoved is the part of a difference that seats explain. Where there were none
// there was no price from before: then it is all.
func seatsMoved(before, after *billing.Recurring, from, to money.Amount) (money.Amount, error) {
	switch {
	case before.Seats.Cmp(after.Seats) == 0:
		return from.Sub(from), nil
	case before.Seats.IsZero():
		return to, nil
	}
	atOldPrice, err := money.RoundTo(before.At(after.Seats), from.Currency())
	return atOldPrice.Sub(from), err
}

// Month is recurring revenue of one currency as it stands on a day, and what it became
// so by since the month before: the amount then and all that moved are the amount now.
type Month struct {
	// On is the last day of the month, or today in the one that is not over.
	On     calendar.Date
	Amount money.Amount
	Moved  [Causes]money.Amount
	// Subscriptions are those that bring something or would; Unpriced are those of them
	// without a price, which are left out of the amount.
	Subscriptions, Unpriced int64
	// Rate converts it to the seller's currency on that day, where HasRate.
	Rate    money.Decimal
	HasRate bool
}

// NewMonth is one with nothing in it.
func NewMonth(on calendar.Date, currency money.Currency) Month {
	m := Month{On: on, Amount: money.NewAmount(0, currency)}
	for i := range m.Moved {
		m.Moved[i] = m.Amount
	}
	return m
}

// Before is what it was at the end of the month before.
func (m *Month) Before() money.Amount {
	before := m.Amount
	for _, moved := range m.Moved {
		before = before.Sub(moved)
	}
	return before
}

// Add takes a subscription in, by what it was and what it is.
func (m *Month) Add(before, after *billing.Recurring) error {
	if !before.Runs && !after.Runs {
		return nil
	}
	moved, err := Movements(before, after, m.Amount.Currency())
	if err != nil {
		return err
	}
	amount, err := Monthly(after, m.Amount.Currency())
	if err != nil {
		return err
	}
	m.Amount = m.Amount.Add(amount)
	for i := range moved {
		m.Moved[i] = m.Moved[i].Add(moved[i])
	}
	if after.Runs {
		m.Subscriptions++
	}
	if after.Missing != nil {
		m.Unpriced++
	}
	return nil
}

// Merge takes another's sums of the same day and currency in.
func (m *Month) Merge(other *Month) {
	m.Amount = m.Amount.Add(other.Amount)
	for i := range m.Moved {
		m.Moved[i] = m.Moved[i].Add(other.Moved[i])
	}
	m.Subscriptions += other.Subscriptions
	m.Unpriced += other.Unpriced
}

// Nothing says whether there is nothing to tell of.
func (m *Month) Nothing() bool {
	if !m.Amount.IsZero() || m.Subscriptions != 0 {
		return false
	}
	return !slices.ContainsFunc(m.Moved[:], func(a money.Amount) bool { return !a.IsZero() })
}

// InCurrency adds months of several currencies up in one, each at the rate of its day,
// in order of days. What was there before is worth something else at another rate:
// that is the movement Exchange, so that the movements are still the whole difference.
// A currency has its months in a row. What has no rate is left out, and given as
// unconverted.
func InCurrency(months []Month, to money.Currency) (sums []Month, unconverted []Month, err error) {
	months = slices.Clone(months)
	slices.SortStableFunc(months, func(a, b Month) int {
		return cmp.Or(a.On.Compare(b.On), cmp.Compare(a.Amount.Currency().String(), b.Amount.Currency().String()))
	})
	was := map[money.Currency]money.Amount{}
	for i := range months {
		m := &months[i]
		if len(sums) == 0 || sums[len(sums)-1].On != m.On {
			sums = append(sums, NewMonth(m.On, to))
		}
		if !m.HasRate {
			unconverted = append(unconverted, *m)
			continue
		}
		converted, err := m.convert(to, was)
		if err != nil {
			return nil, nil, err
		}
		sum := &sums[len(sums)-1]
		sum.Merge(&converted)
		sum.Rate, sum.HasRate = money.DecimalOf(1), true
	}
	return sums, unconverted, nil
}

// convert rounds on the amounts as they grow, so that the parts stay the whole.
func (m *Month) convert(to money.Currency, was map[money.Currency]money.Amount) (Month, error) {
	converted := NewMonth(m.On, to)
	converted.Subscriptions, converted.Unpriced = m.Subscriptions, m.Unpriced
	running := m.Before()
	at, err := money.RoundTo(running.Ratio().Mul(m.Rate.Ratio()), to)
	if err != nil {
		return converted, err
	}
	if before, known := was[m.Amount.Currency()]; known {
		converted.Moved[Exchange] = at.Sub(before)
	}
	for cause, moved := range m.Moved {
		running = running.Add(moved)
		next, err := money.RoundTo(running.Ratio().Mul(m.Rate.Ratio()), to)
		if err != nil {
			return converted, err
		}
		converted.Moved[cause] = converted.Moved[cause].Add(next.Sub(at))
		at = next
	}
	converted.Amount = at
	was[m.Amount.Currency()] = at
	return converted, nil
}

// MonthEnds are the last days of as many months before a day, and the day itself.
func MonthEnds(today calendar.Date, before int) []calendar.Date {
	year, month, _ := today.Civil()
	first, err := calendar.NewDate(year, month, 1)
	if err != nil {
		return []calendar.Date{today}
	}
	days := make([]calendar.Date, 0, before+1)
	for k := before - 1; k >= 0; k-- {
		days = append(days, first.AddMonths(-k).AddDays(-1))
	}
	return append(days, today)
}

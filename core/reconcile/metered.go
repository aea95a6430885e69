package reconcile

import (
	"cmp"
	"fmt"
	"slices"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// metered compares the sum of a month's rows with the sum of its rated usage.
func (m *matching) metered(h *holding) error {
	var sum, want money.Decimal
	var rows []*item
	for i := range h.rows {
		if it := &h.rows[i]; it.kind != billing.ChargeCredit {
			rows = append(rows, it)
			sum = sum.Add(it.amount)
		}
	}
	if len(rows) == 0 || len(h.due) == 0 {
		return nil
	}
	for i := range h.due {
		want = want.Add(h.due[i].amount)
		h.due[i].done = true
	}
	for _, it := range rows {
		it.done = true
		m.result.Matches = append(m.result.Matches, Match{Row: it.row.ID, At: it.at, Charge: h.due[0].charge, Pass: PassMetered})
	}
	difference := sum.Sub(want)
	if difference.IsZero() {
		return nil
	}
	text := fmt.Sprintf("the rows of the month add up to %s, the rated usage to %s", sum, want)
	if within(difference, tolerance(money.DecimalOf(int64(len(rows))), 1, m.invoice.Currency)) {
		m.find(rows[0], nil, Rounding, difference, calendar.Period{}, text)
		return nil
	}
	if month, why, evens := m.evensOut(h, difference, len(rows)); evens {
		m.find(rows[0], nil, Timing, difference, month, text+"; "+why)
		return nil
	}
	at, odd := m.odd(rows)
	m.find(at, nil, Unexplained, difference, calendar.Period{}, text+odd)
	return nil
}

// odd is the first row whose own figures do not give its amount, with what they give;
// the first of all where there is none.
func (m *matching) odd(rows []*item) (at *item, said string) {
	for _, it := range rows {
		if it.row.EffectivePrice.IsZero() {
			continue
		}
		rate := money.One()
		if it.row.HasRate && it.row.Rate.Sign() > 0 {
			rate = it.row.Rate.Ratio()
		}
		own := it.row.EffectivePrice.Ratio().Mul(it.row.Quantity.Ratio()).Mul(rate)
		if off := it.amount.Ratio().Sub(own).Abs(); off.Cmp(tolerance(money.DecimalOf(1), 1, m.invoice.Currency)) > 0 {
			digits := m.invoice.Currency.Digits()
			return it, fmt.Sprintf("; this row's own figures give %s, it says %s", money.DecimalFrom(own, digits, digits), it.amount)
		}
	}
	return rows[0], ""
}

// evensOut finds the month whose invoice has what is missing on this one, or lacks
// what is too much: by the rows of the invoices at hand, else by the usage of the
// days that may come late.
func (m *matching) evensOut(h *holding, difference money.Decimal, rows int) (month calendar.Period, why string, evens bool) {
	for _, other := range h.otherMonths(m) {
		gap := other.sum.Sub(m.used(h.story, other.month))
		if within(difference.Add(gap), tolerance(money.DecimalOf(int64(rows+other.rows)), 1, m.invoice.Currency)) && !gap.IsZero() {
			return other.month, fmt.Sprintf("invoice %s differs by %s from the usage of its month: it was invoiced with the one and belongs to the other", other.invoice, gap), true
		}
	}
	slack := tolerance(money.DecimalOf(int64(rows)), 1, m.invoice.Currency)
	first, end := m.invoice.Period.From, m.invoice.Period.To
	late := m.used(h.story, calendar.Period{From: end.AddDays(-m.rules.LateDays), To: end})
	if difference.Sign() < 0 && late.Sign() > 0 && difference.Neg().Ratio().Cmp(late.Ratio().Add(slack)) <= 0 {
		return m.meets(end), "usage of the last days was " + late.String() + " and may come with the next invoice", true
	}
	before := m.used(h.story, calendar.Period{From: first.AddDays(-m.rules.LateDays), To: first})
	if difference.Sign() > 0 && before.Sign() > 0 && difference.Ratio().Cmp(before.Ratio().Add(slack)) <= 0 {
		return m.meets(first.AddDays(-1)), "usage of the last days before was " + before.String() + " and may have come with this invoice", true
	}
	return month, "", false
}

// otherMonth is what another invoice charges for a metered subscription, and the
// month that it is for: that of its newest row.
type otherMonth struct {
	invoice string
	month   calendar.Period
	sum     money.Decimal
	rows    int
}

func (h *holding) otherMonths(m *matching) (list []otherMonth) {
	byInvoice := map[string]*otherMonth{}
	for i := range h.others {
		it := &h.others[i]
		if it.kind == billing.ChargeCredit {
			continue
		}
		one := byInvoice[it.row.Invoice]
		if one == nil {
			one = &otherMonth{invoice: it.row.Invoice}
			byInvoice[it.row.Invoice] = one
		}
		one.sum, one.rows = one.sum.Add(it.amount), one.rows+1
		if month := m.meets(it.period.From); one.month.From.Before(month.From) {
			one.month = month
		}
	}
	for _, one := range byInvoice {
		list = append(list, *one)
	}
	slices.SortFunc(list, func(a, b otherMonth) int { return cmp.Compare(a.invoice, b.invoice) })
	return list
}

// used is the rated usage of some days, rounded.
func (m *matching) used(s *Story, of calendar.Period) (sum money.Decimal) {
	for _, u := range s.Usage {
		if of.Contains(u.On) {
			sum = sum.Add(u.Cost)
		}
	}
	digits := m.invoice.Currency.Digits()
	return money.DecimalFrom(sum.Ratio(), digits, digits)
}

package reconcile

import (
	"cmp"
	"fmt"
	"slices"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// RowMargin is what one row of the provider's invoice costs and what the same
// days bring, for one entity that was billed for them.
type RowMargin struct {
	Row, Customer, Holding, SKU string
	// Entity is the account that was billed; empty where nobody was.
	Entity billing.AccountID
	// Cost is the entity's part of the row, by its seats and days.
	Cost money.Decimal
	// Revenue is what was billed for those seats and days, in the currency it was
	// billed in; no currency where nothing was.
	Revenue money.Amount
}

// payer is who was billed, in what.
type payer struct {
	entity   billing.AccountID
	currency money.Currency
}

// stretch is days on which nothing changes: what was billed and charged on each of them.
type stretch struct {
	days calendar.Period
	// seats and daily are what each payer was billed for one day.
	seats, daily map[payer]money.Ratio
	billed       money.Ratio
	charged      money.Ratio
}

// bill compares a subscription's rows with what customers were billed for the
// same days, and gives each row its revenue.
func (m *matching) bill(h *holding) error {
	if len(h.rows) == 0 {
		return nil
	}
	metered := h.story != nil && h.story.Metered
	stretches := h.stretches(metered)
	payers := h.payers()
	exact := map[payer]money.Ratio{}
	rounded := map[payer]money.Amount{}
	for i := range h.rows {
		it := &h.rows[i]
		revenue, weight := it.earned(stretches, metered)
		costs, err := m.splitCost(it, payers, weight)
		if err != nil {
			return err
		}
		if len(costs) == 0 {
			m.result.Margins = append(m.result.Margins, RowMargin{Row: it.row.ID, Customer: m.customer.ID, Holding: h.id, SKU: it.row.SKU, Cost: it.amount})
		}
		for _, p := range payers {
			cost, has := costs[p]
			if !has && revenue[p].IsZero() {
				continue
			}
			exact[p] = exact[p].Add(revenue[p])
			sum, err := money.RoundTo(exact[p], p.currency)
			if err != nil {
				return fmt.Errorf("revenue of row %s: %w", it.row.ID, err)
			}
			before, known := rounded[p]
			if !known {
				before = money.NewAmount(0, p.currency)
			}
			rounded[p] = sum
			m.result.Margins = append(m.result.Margins, RowMargin{
				Row: it.row.ID, Customer: m.customer.ID, Holding: h.id, SKU: it.row.SKU, Entity: p.entity, Cost: cost, Revenue: sum.Sub(before),
			})
		}
	}
	if !metered && h.story != nil {
		m.neverBilled(h, stretches)
	}
	return nil
}

// payers are all who were billed for the subscription, in order.
func (h *holding) payers() (list []payer) {
	for i := range h.billed {
		p := payer{h.billed[i].Entity, h.billed[i].Amount.Currency()}
		if !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b payer) int {
		return cmp.Or(cmp.Compare(a.entity, b.entity), cmp.Compare(a.currency.String(), b.currency.String()))
	})
	return list
}

// stretches cuts the days that the rows pay for wherever anything changes.
func (h *holding) stretches(metered bool) []stretch {
	var cuts []calendar.Date
	first, last := covers(h.rows[0].period).From, covers(h.rows[0].period).To
	for i := range h.rows {
		p := covers(h.rows[i].period)
		first, last = calendar.Earliest(first, p.From), calendar.Latest(last, p.To)
	}
	cut := func(p calendar.Period) {
		for _, d := range []calendar.Date{p.From, p.To} {
			if !d.Before(first) && !d.After(last) {
				cuts = append(cuts, d)
			}
		}
	}
	for _, list := range [][]item{h.rows, h.others} {
		for i := range list {
			cut(covers(list[i].period))
		}
	}
	for i := range h.billed {
		cut(covers(h.billed[i].Period))
	}
	slices.SortFunc(cuts, calendar.Date.Compare)
	cuts = slices.Compact(cuts)
	var stretches []stretch
	for i := 0; i+1 < len(cuts); i++ {
		stretches = append(stretches, h.stretch(calendar.Period{From: cuts[i], To: cuts[i+1]}, metered))
	}
	return stretches
}

func (h *holding) stretch(p calendar.Period, metered bool) stretch {
	s := stretch{days: p, seats: map[payer]money.Ratio{}, daily: map[payer]money.Ratio{}}
	for i := range h.billed {
		line := &h.billed[i]
		span := covers(line.Period)
		if !overlap(span, p) {
			continue
		}
		who := payer{line.Entity, line.Amount.Currency()}
		s.daily[who] = s.daily[who].Add(line.Amount.Ratio().Div(money.Whole(int64(span.Days()))))
		s.seats[who] = s.seats[who].Add(line.Quantity.Ratio())
		s.billed = s.billed.Add(line.Quantity.Ratio())
	}
	lists := [][]item{h.rows, h.others}
	if metered {
		lists = lists[:1]
	}
	for _, list := range lists {
		for i := range list {
			if it := &list[i]; overlap(covers(it.period), p) {
				s.charged = s.charged.Add(it.weight(metered))
			}
		}
	}
	return s
}

// weight is how much of a day's revenue a row stands for: its seats, or the cost
// of what is metered.
func (it *item) weight(metered bool) money.Ratio {
	if metered {
		return it.amount.Ratio()
	}
	if it.kind == billing.ChargeCredit {
		return money.Ratio{}
	}
	return signed(it.row.Quantity, it.credit).Ratio()
}

// earned is the row's part of what was billed for its days, by payer, and each
// payer's weight in the row's cost. Seats bring what a billed seat brings; where
// more are charged than billed, less.
func (it *item) earned(stretches []stretch, metered bool) (revenue, weights map[payer]money.Ratio) {
	revenue, weights = map[payer]money.Ratio{}, map[payer]money.Ratio{}
	span := covers(it.period)
	from, _ := slices.BinarySearchFunc(stretches, span.From, func(s stretch, d calendar.Date) int { return s.days.From.Compare(d) })
	for _, s := range stretches[from:] {
		if !overlap(span, s.days) {
			break
		}
		n := money.Whole(int64(s.days.Days()))
		whole := s.charged
		if !metered {
			whole = money.Max(s.billed, s.charged)
		}
		for who, daily := range s.daily {
			weights[who] = weights[who].Add(s.seats[who].Abs().Mul(n))
			if whole.Sign() > 0 {
				revenue[who] = revenue[who].Add(daily.Mul(n).Mul(it.weight(metered)).Div(whole))
			}
		}
	}
	return revenue, weights
}

// splitCost splits the row's cost by the payers' seats and days; none where
// nobody was billed.
func (m *matching) splitCost(it *item, payers []payer, weights map[payer]money.Ratio) (map[payer]money.Decimal, error) {
	var whole money.Ratio
	for _, w := range weights {
		whole = whole.Add(w)
	}
	if whole.Sign() <= 0 {
		return nil, nil
	}
	costs := map[payer]money.Decimal{}
	digits := max(m.invoice.Currency.Digits(), it.amount.Digits())
	var sum money.Ratio
	var before money.Decimal
	for _, p := range payers {
		if weights[p].IsZero() {
			continue
		}
		sum = sum.Add(weights[p])
		upTo := money.DecimalFrom(it.amount.Ratio().Mul(sum).Div(whole), digits, digits)
		costs[p] = upTo.Sub(before)
		before = upTo
	}
	return costs, nil
}

// neverBilled tells of seats that the provider charges beyond those that
// customers were billed for, on days that our own billing has reached.
func (m *matching) neverBilled(h *holding, stretches []stretch) {
	var unbilled money.Ratio
	var at *item
	var first, last calendar.Date
	for _, s := range stretches {
		if h.story.BilledThrough.IsZero() || s.days.From.After(h.story.BilledThrough) || s.charged.Cmp(s.billed) <= 0 {
			continue
		}
		it := h.chargedOn(s.days)
		if it == nil {
			continue
		}
		seat := it.amount.Ratio().Div(it.row.Quantity.Ratio()).Div(money.Whole(int64(covers(it.period).Days())))
		unbilled = unbilled.Add(seat.Mul(s.charged.Sub(s.billed)).Mul(money.Whole(int64(s.days.Days()))))
		if at == nil {
			at, first = it, s.days.From
		}
		last = s.days.To
	}
	if at == nil {
		return
	}
	digits := m.invoice.Currency.Digits()
	lost := money.DecimalFrom(unbilled, digits, digits)
	// A row that nothing explained stands on the list already: it says the same.
	for i := range m.result.Findings {
		f := &m.result.Findings[i]
		if f.Holding == h.id && f.Cause == NeverBilled {
			f.Unbilled = lost
			return
		}
	}
	m.find(at, nil, NeverBilled, money.Decimal{}, calendar.Period{}, fmt.Sprintf("seats that no customer was billed for, from %s: %s at cost", days(calendar.Period{From: first, To: last}), lost))
	m.result.Findings[len(m.result.Findings)-1].Unbilled = lost
}

// chargedOn is a row of the invoice that charges for the days.
func (h *holding) chargedOn(p calendar.Period) *item {
	for i := len(h.rows) - 1; i >= 0; i-- {
		if it := &h.rows[i]; !it.credit && it.row.Quantity.Sign() > 0 && overlap(covers(it.period), p) {
			return it
		}
	}
	return nil
}

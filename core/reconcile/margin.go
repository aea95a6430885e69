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
// days bring, for one entity that is billed for them. The costs of all, with what
// is ahead, are the row.
type RowMargin struct {
	Row, Customer, Holding, SKU string
	// Entity is the account that is billed; empty where nobody is.
	Entity billing.AccountID
	// Cost is the entity's part of the row for the days that were billed, by its
	// seats; without an entity, what nobody was billed for.
	Cost money.Decimal
	// Ahead is the part for days that customers are not billed for yet.
	Ahead money.Decimal
	// Revenue is what was billed for those seats and days, in the currency it was
	// billed in; no currency where nothing was.
	Revenue money.Amount
}

// payer is who was billed, in what.
type payer struct {
	entity   billing.AccountID
	currency money.Currency
}

// earning is what a row brings, and whose its cost is.
type earning struct {
	revenue map[payer]money.Ratio
	// cost are the payers' parts of the row's days; lost those that nobody was billed
	// for, ahead those that somebody will be.
	cost        map[payer]money.Ratio
	lost, ahead money.Ratio
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
		e := h.earned(it, stretches, metered)
		margins := m.splitCost(h, it, payers, &e)
		for j, p := range payers {
			exact[p] = exact[p].Add(e.revenue[p])
			sum, err := money.RoundTo(exact[p], p.currency)
			if err != nil {
				return fmt.Errorf("revenue of row %s: %w", it.row.ID, err)
			}
			before, known := rounded[p]
			if !known {
				before = money.NewAmount(0, p.currency)
			}
			rounded[p] = sum
			margins[j].Revenue = sum.Sub(before)
		}
		for j := range margins {
			if one := &margins[j]; len(margins) == 1 || !one.Cost.IsZero() || !one.Ahead.IsZero() || !one.Revenue.IsZero() {
				m.result.Margins = append(m.result.Margins, *one)
			}
		}
	}
	if !metered && h.story != nil {
		m.neverBilled(h, stretches)
		m.recordedLate(h, stretches)
	}
	return nil
}

// payers are all who were billed for the subscription, in order.
func (h *holding) payers() (list []payer) {
	add := func(lines []Billed) {
		for i := range lines {
			p := payer{lines[i].Entity, lines[i].Amount.Currency()}
			if !slices.Contains(list, p) {
				list = append(list, p)
			}
		}
	}
	add(h.billed)
	for _, lines := range h.own {
		add(lines)
	}
	slices.SortFunc(list, func(a, b payer) int {
		return cmp.Or(cmp.Compare(a.entity, b.entity), cmp.Compare(a.currency.String(), b.currency.String()))
	})
	return list
}

// earned is the row's part of what was billed for its days, by payer, and each
// payer's part of the row's cost. Seats bring what a billed seat brings; where
// more are charged than billed, less.
func (h *holding) earned(it *item, stretches []stretch, metered bool) earning {
	e := earning{revenue: map[payer]money.Ratio{}, cost: map[payer]money.Ratio{}}
	own := h.own[it.row.ID]
	for i := range own {
		who := payer{own[i].Entity, own[i].Amount.Currency()}
		e.revenue[who] = e.revenue[who].Add(own[i].Amount.Ratio())
		e.cost[who] = e.cost[who].Add(money.Fraction(1, int64(len(own))))
	}
	if len(own) > 0 {
		return e
	}
	if it.row.Awaits {
		e.ahead = money.One()
		return e
	}
	span := covers(it.period)
	from, _ := slices.BinarySearchFunc(stretches, span.From, func(s stretch, d calendar.Date) int { return s.days.From.Compare(d) })
	stretches = stretches[from:]
	to := 0
	var used money.Ratio
	for to < len(stretches) && overlap(span, stretches[to].days) {
		used = used.Add(stretches[to].used)
		to++
	}
	for i := range stretches[:to] {
		s := &stretches[i]
		part := money.Fraction(int64(s.days.Days()), int64(span.Days()))
		if used.Sign() > 0 {
			part = s.used.Div(used)
		}
		e.add(h, it, s, part, metered)
	}
	return e
}

// add gives the row its part of a stretch of its days.
func (e *earning) add(h *holding, it *item, s *stretch, part money.Ratio, metered bool) {
	if len(s.daily) == 0 {
		lost := part
		switch {
		case metered:
			lost = money.Ratio{}
		case h.story != nil:
			lost = part.Mul(money.Fraction(int64(s.reached(h.story.BilledThrough).Days()), int64(s.days.Days())))
		}
		e.lost, e.ahead = e.lost.Add(lost), e.ahead.Add(part.Sub(lost))
		return
	}
	n, whole := money.Whole(int64(s.days.Days())), s.charged
	if !metered {
		whole = money.Max(s.billed, s.charged)
	}
	var seats money.Ratio
	for who := range s.daily {
		seats = seats.Add(s.seats[who].Abs())
	}
	for who, daily := range s.daily {
		share := money.Fraction(1, int64(len(s.daily)))
		if seats.Sign() > 0 {
			share = s.seats[who].Abs().Div(seats)
		}
		e.cost[who] = e.cost[who].Add(part.Mul(share))
		if whole.Sign() > 0 {
			e.revenue[who] = e.revenue[who].Add(daily.Mul(n).Mul(it.weight(metered)).Div(whole))
		}
	}
}

// splitCost splits the row's cost: one margin for each payer, in order, and one for
// what nobody was billed for. What is ahead is the payers' as what was billed is;
// where nothing was, that of the account that the subscription is sold to. All is
// rounded on the sum as it grows, so that nothing of the row is lost.
func (m *matching) splitCost(h *holding, it *item, payers []payer, e *earning) []RowMargin {
	digits := max(m.invoice.Currency.Digits(), it.amount.Digits())
	var sum money.Ratio
	var before money.Decimal
	next := func(part money.Ratio) money.Decimal {
		if part.IsZero() {
			return money.Decimal{}
		}
		sum = sum.Add(part)
		upTo := money.DecimalFrom(it.amount.Ratio().Mul(sum), digits, digits)
		piece := upTo.Sub(before)
		before = upTo
		return piece
	}
	margins := make([]RowMargin, len(payers)+1)
	var billed money.Ratio
	for i := range margins {
		margins[i] = RowMargin{Row: it.row.ID, Customer: m.customer.ID, Holding: h.id, SKU: it.row.SKU}
	}
	for i, p := range payers {
		margins[i].Entity, margins[i].Cost = p.entity, next(e.cost[p])
		billed = billed.Add(e.cost[p])
	}
	rest := &margins[len(payers)]
	for i, p := range payers {
		if billed.Sign() > 0 {
			margins[i].Ahead = next(e.ahead.Mul(e.cost[p]).Div(billed))
		}
	}
	rest.Cost = next(e.lost)
	if billed.Sign() == 0 && !e.ahead.IsZero() {
		ahead := RowMargin{Row: rest.Row, Customer: rest.Customer, Holding: rest.Holding, SKU: rest.SKU, Entity: h.story.Entity, Ahead: next(e.ahead)}
		margins = append(margins, ahead)
	}
	return margins
}

// neverBilled tells of seats that the provider charges beyond those that
// customers were billed for, on days that our own billing has reached.
func (m *matching) neverBilled(h *holding, stretches []stretch) {
	var unbilled money.Ratio
	var at *item
	var first, last calendar.Date
	for _, s := range stretches {
		reached := s.reached(h.story.BilledThrough)
		if reached.Empty() || s.charged.Cmp(s.billed) <= 0 {
			continue
		}
		it := h.chargedOn(s.days)
		if it == nil {
			continue
		}
		seat := it.amount.Ratio().Div(it.row.Quantity.Ratio()).Div(money.Whole(int64(covers(it.period).Days())))
		unbilled = unbilled.Add(seat.Mul(s.charged.Sub(s.billed)).Mul(money.Whole(int64(reached.Days()))))
		if at == nil {
			at, first = it, s.days.From
		}
		last = reached.To
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

// recordedLate tells of seats that nobody is billed for yet because the log had them
// only after the customer's last invoice: the next one bills them.
func (m *matching) recordedLate(h *holding, stretches []stretch) {
	late := h.story.LateFrom
	if late.IsZero() {
		return
	}
	var at *item
	var first, last calendar.Date
	for _, s := range stretches {
		if s.days.From.Before(late) || s.charged.Cmp(s.billed) <= 0 || !s.reached(h.story.BilledThrough).Empty() {
			continue
		}
		it := h.chargedOn(s.days)
		switch {
		case it == nil:
			continue
		case at == nil:
			at, first = it, s.days.From
		}
		last = s.days.To
	}
	if at == nil || m.found(h.id, at, NeverBilled) {
		return
	}
	meets := h.story.Awaited
	m.find(at, nil, Timing, money.Decimal{}, meets, fmt.Sprintf("seats of %s were recorded after the customer's invoice of %s: the one of %s bills them at the latest",
		days(calendar.Period{From: first, To: last}), meets.From, meets.To))
}

// found says whether a row is on the list already, with this cause.
func (m *matching) found(holding string, it *item, cause Cause) bool {
	return slices.ContainsFunc(m.result.Findings, func(f Finding) bool { return f.Holding == holding && f.Row == it.row.ID && f.Cause == cause })
}

// chargedOn is a row of the invoice that charges for the days.
func (h *holding) chargedOn(p calendar.Period) *item {
	for i := len(h.rows) - 1; i >= 0; i-- {
		if it := &h.rows[i]; !it.credit && !h.byRow(it) && it.row.Quantity.Sign() > 0 && overlap(covers(it.period), p) {
			return it
		}
	}
	return nil
}

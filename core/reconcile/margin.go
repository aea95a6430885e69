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
	// At is the row's place among the customer's rows.
	At int
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

// earning is what a row brings, and whose its cost is; by payer, in their order.
type earning struct {
	revenue []money.Ratio
	// cost are the payers' parts of the row's days; lost those that nobody was billed
	// for, ahead those that somebody will be.
	cost        []money.Ratio
	lost, ahead money.Ratio
}

// desk is what the work on one holding needs, and the next uses again.
type desk struct {
	walk      walk
	payers    []payer
	cuts      []calendar.Date
	stretches []stretch
	sides     []side
	earning   earning
	margins   []RowMargin
	// exact and rounded are each payer's revenue of the rows so far.
	exact   []money.Ratio
	rounded []money.Amount
}

// cleared gives so many zero values, in the place of those before where there is room.
func cleared[V any](list []V, n int) []V {
	if cap(list) < n {
		return make([]V, n)
	}
	list = list[:n]
	clear(list)
	return list
}

// bill compares a subscription's rows with what customers were billed for the
// same days, and gives each row its revenue.
func (m *matching) bill(h *holding) error {
	if len(h.rows) == 0 {
		return nil
	}
	metered := h.story != nil && h.story.Metered
	d := &m.desk
	d.payers = h.payers(d.payers[:0])
	h.stretch(d, metered)
	d.exact, d.rounded = cleared(d.exact, len(d.payers)), cleared(d.rounded, len(d.payers))
	for i, p := range d.payers {
		d.rounded[i] = money.NewAmount(0, p.currency)
	}
	for i := range h.rows {
		it := &h.rows[i]
		h.earned(d, it, metered)
		m.splitCost(h, it)
		for j, p := range d.payers {
			d.exact[j] = d.exact[j].Add(d.earning.revenue[j])
			sum, err := money.RoundTo(d.exact[j], p.currency)
			if err != nil {
				return fmt.Errorf("revenue of row %s: %w", it.row.ID, err)
			}
			d.margins[j].Revenue = sum.Sub(d.rounded[j])
			d.rounded[j] = sum
		}
		for j := range d.margins {
			if one := &d.margins[j]; len(d.margins) == 1 || !one.Cost.IsZero() || !one.Ahead.IsZero() || !one.Revenue.IsZero() {
				m.result.Margins = append(m.result.Margins, *one)
			}
		}
	}
	if !metered && h.story != nil {
		m.neverBilled(h, d.stretches)
		m.recordedLate(h, d.stretches)
	}
	return nil
}

// payers are all who were billed for the subscription, in order.
func (h *holding) payers(list []payer) []payer {
	add := func(line *Billed) {
		if p := (payer{line.Entity, line.Amount.Currency()}); !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	for _, line := range h.billed {
		add(line)
	}
	for _, lines := range h.own {
		for i := range lines {
			add(&lines[i])
		}
	}
	if len(list) > 1 {
		slices.SortFunc(list, func(a, b payer) int {
			return cmp.Or(cmp.Compare(a.entity, b.entity), cmp.Compare(a.currency.String(), b.currency.String()))
		})
	}
	return list
}

// payerOf is the place of who was billed a line.
func (d *desk) payerOf(line *Billed) int {
	return slices.Index(d.payers, payer{line.Entity, line.Amount.Currency()})
}

// earned is the row's part of what was billed for its days, by payer, and each
// payer's part of the row's cost. Seats bring what a billed seat brings; where
// more are charged than billed, less.
func (h *holding) earned(d *desk, it *item, metered bool) {
	e := &d.earning
	*e = earning{revenue: cleared(e.revenue, len(d.payers)), cost: cleared(e.cost, len(d.payers))}
	own := h.own[it.row.ID]
	for i := range own {
		who := d.payerOf(&own[i])
		e.revenue[who] = e.revenue[who].Add(own[i].Amount.Ratio())
		e.cost[who] = e.cost[who].Add(money.Fraction(1, int64(len(own))))
	}
	if len(own) > 0 {
		return
	}
	if it.row.Awaits {
		e.ahead = money.One()
		return
	}
	span := covers(it.period)
	from, _ := slices.BinarySearchFunc(d.stretches, span.From, func(s stretch, d calendar.Date) int { return s.days.From.Compare(d) })
	stretches := d.stretches[from:]
	to := 0
	var used money.Ratio
	for to < len(stretches) && overlap(span, stretches[to].days) {
		used = used.Add(stretches[to].used)
		to++
	}
	for i := range stretches[:to] {
		s := &stretches[i]
		part := money.One()
		switch {
		case used.Sign() > 0:
			part = s.used.Div(used)
		case s.days != span:
			part = money.Fraction(int64(s.days.Days()), int64(span.Days()))
		}
		e.add(h, it, s, part, metered)
	}
}

// add gives the row its part of a stretch of its days.
func (e *earning) add(h *holding, it *item, s *stretch, part money.Ratio, metered bool) {
	if s.payers == 0 {
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
	for i := range s.sides {
		seats = seats.Add(s.sides[i].seats.Abs())
	}
	for who := range s.sides {
		one := &s.sides[who]
		if !one.billed {
			continue
		}
		share := money.One()
		if s.payers > 1 {
			share = money.Fraction(1, int64(s.payers))
			if seats.Sign() > 0 {
				share = one.seats.Abs().Div(seats)
			}
		}
		e.cost[who] = e.cost[who].Add(part.Mul(share))
		if whole.Sign() > 0 {
			e.revenue[who] = e.revenue[who].Add(one.daily.Mul(n).Mul(it.weight(metered)).Div(whole))
		}
	}
}

// splitCost splits the row's cost: one margin for each payer, in order, and one for
// what nobody was billed for. What is ahead is the payers' as what was billed is;
// where nothing was, that of the account that the subscription is sold to. All is
// rounded on the sum as it grows, so that nothing of the row is lost.
func (m *matching) splitCost(h *holding, it *item) {
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
	d := &m.desk
	e, payers := &d.earning, d.payers
	margins := cleared(d.margins, len(payers)+1)
	var billed money.Ratio
	for i := range margins {
		margins[i] = RowMargin{Row: it.row.ID, At: it.at, Customer: m.customer.ID, Holding: h.id, SKU: it.row.SKU}
	}
	for i, p := range payers {
		margins[i].Entity, margins[i].Cost = p.entity, next(e.cost[i])
		billed = billed.Add(e.cost[i])
	}
	rest := &margins[len(payers)]
	for i := range payers {
		if billed.Sign() > 0 && !e.ahead.IsZero() {
			margins[i].Ahead = next(e.ahead.Mul(e.cost[i]).Div(billed))
		}
	}
	rest.Cost = next(e.lost)
	if billed.Sign() == 0 && !e.ahead.IsZero() {
		ahead := RowMargin{Row: rest.Row, At: rest.At, Customer: rest.Customer, Holding: rest.Holding, SKU: rest.SKU, Ahead: next(e.ahead)}
		if h.story != nil {
			ahead.Entity = h.story.Entity
		}
		margins = append(margins, ahead)
	}
	d.margins = margins
}

// neverBilled tells of seats that the provider charges beyond those that
// customers were billed for, on days that our own billing has reached.
func (m *matching) neverBilled(h *holding, stretches []stretch) {
	var unbilled money.Ratio
	var at *item
	var first, last calendar.Date
	for i := range stretches {
		s := &stretches[i]
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
	// A row that nothing explained stands on the list already: it says the same, and of
	// two halves of a change the one that charges.
	var same *Finding
	for i := range m.result.Findings {
		if f := &m.result.Findings[i]; f.Holding == h.id && f.Cause == NeverBilled && (same == nil || same.Amount.Sign() < 0) {
			same = f
		}
	}
	if same != nil {
		same.Unbilled = lost
		return
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
	for i := range stretches {
		s := &stretches[i]
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

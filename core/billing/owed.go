package billing

import (
	"prorata/core/calendar"
	"prorata/core/money"
)

// span is one period of a subscription and the days of it that are covered.
type span struct {
	cycle calendar.Cycle
	k     int
	whole calendar.Period
	// covered is cut by starts and by the ends that contract or term give.
	covered calendar.Period
}

// owedLine is what is owed for a span from one day on: its base, or one change.
type owedLine struct {
	kind     LineKind
	day      calendar.Date
	covered  calendar.Period
	fraction fraction
	quote    *quote
	// quantity is the seats charged or credited.
	quantity money.Decimal
	// gross, net and held are exact until they are rounded into the amounts.
	net           money.Ratio
	gross, amount money.Amount
	// held says that a credit was held at what the period has.
	held bool
	// before and after are the billed seats, fullBefore and fullAfter their price
	// for the whole period, charged the part of the difference that is charged.
	before, after         money.Decimal
	fullBefore, fullAfter money.Ratio
	charged, covers       money.Ratio
	// paid is the high-water mark before the line, where there is one.
	paid       money.Ratio
	marked     bool
	priceMoved bool
	// silent is a change that comes to nothing: no line, and yet its price is locked.
	silent bool
	why    causes
	known  calendar.Date
	entry  int64
	term   calendar.Date
}

// walker goes through one span, day by day, and keeps what is paid.
type walker struct {
	w     *work
	sub   *subscriptionWork
	span  span
	sums  money.Amount
	lines []owedLine
	// state before the day in hand
	seats   money.Decimal
	quote   *quote
	full    money.Ratio
	initial money.Ratio
	termDay calendar.Date
	lowest  money.Decimal
	mark    mark
	// stale says that the price is to be looked up again before it is used.
	stale bool
}

// mark is what is paid for the rest of a span: in money, the initial seats'
// part of it, and in seats; and the batches that seats were added in.
type mark struct {
	money, initial money.Ratio
	seats          money.Decimal
	batches        []batch
}

// spanLines is all that is owed for one span, as known on the work's day.
func (w *work) spanLines(sub *subscriptionWork, t *timeline, sp span, lines []owedLine) ([]owedLine, error) {
	k := walker{w: w, sub: sub, span: sp, lines: lines, sums: money.NewAmount(0, w.contract.Currency)}
	i := t.indexOn(sp.covered.From)
	if err := k.open(t, i); err != nil {
		return nil, err
	}
	for i++; i < len(t.points) && t.points[i].day.Before(sp.covered.To); i++ {
		if err := k.change(&t.points[i]); err != nil {
			// What is missing for a day to come is no exception yet.
			if t.points[i].day.After(w.day.horizon) {
				break
			}
			return nil, err
		}
	}
	return k.lines, nil
}

// lockOf is the day on which the price in force at a point was locked.
func (k *walker) lockOf(p *point) calendar.Date {
	if p.term.IsZero() {
		return k.span.covered.From
	}
	return p.term
}

func (k *walker) open(t *timeline, i int) error {
	p := &t.points[i]
	day := k.span.covered.From
	stub := k.w.contract.Schedule == Aligned && day.After(k.span.whole.From)
	line := owedLine{kind: LineBase, day: day, covered: k.span.covered, after: p.billedSeats(k.w.contract.SuspendedFree), why: causeStart, known: p.known, entry: p.entry, term: p.term}
	if stub {
		line.kind = LineChange
	}
	var err error
	if k.w.hasInitial(k.sub.s) {
		k.trackLowest(t, i)
	}
	k.termDay = p.term
	k.seats = line.after
	if k.w.contract.Refunds.Policy == RefundWithinDays {
		k.mark.batches = k.w.batchesOn(k.sub, t, day)
	}
	k.mark.seats = k.seats
	if k.seats.IsZero() {
		k.quote = nil
		return nil
	}
	if line.quote, err = k.w.quoteOf(k.sub, p, k.lockOf(p), day, k.span); err != nil {
		return err
	}
	k.quote = line.quote
	line.quantity = k.seats
	line.fullAfter = k.quote.full(k.seats.Ratio(), k.span.cycle.Months)
	k.full, k.mark.money = line.fullAfter, line.fullAfter
	k.initial = k.initialPart(line.fullAfter, k.seats)
	k.mark.initial = k.initial
	line.charged, line.covers = line.fullAfter, k.initial
	line.silent = !p.hasPrice
	return k.finish(line)
}

// change takes the state of a point and writes the line that it makes.
func (k *walker) change(p *point) error {
	seats := p.billedSeats(k.w.contract.SuspendedFree)
	k.stale = k.stale || p.why&(causePrice|causeRenewal) != 0 || k.quote == nil || k.w.contract.RatePolicy == RateOfInvoice
	quote := k.quote
	looked := k.stale && !seats.IsZero()
	if looked {
		var err error
		if quote, err = k.w.quoteOf(k.sub, p, k.lockOf(p), p.day, k.span); err != nil {
			return err
		}
		k.rescale(quote)
		k.stale = false
		if k.quote == nil {
			k.quote = quote
		}
	}
	k.openTerm(p)
	if quote == nil {
		return nil
	}
	line := owedLine{kind: LineChange, day: p.day, covered: calendar.Period{From: p.day, To: k.span.covered.To},
		before: k.seats, after: seats, quote: quote, why: p.why, known: p.known, entry: p.entry, term: p.term}
	line.priceMoved = !quote.same(k.quote)
	k.step(&line, p, quote)
	k.seats, k.quote = seats, quote
	line.silent = looked && !p.hasPrice
	if line.charged.IsZero() && line.covers.IsZero() && !line.silent {
		return nil
	}
	return k.finish(line)
}

// openTerm makes a new term's first day the day of all seats held then.
func (k *walker) openTerm(p *point) {
	if p.term != k.termDay {
		k.termDay = p.term
		k.lowest = p.seats
		if k.w.contract.Refunds.Policy == RefundWithinDays {
			k.mark.batches = reopen(k.mark.batches, p.term)
		}
	}
	if p.seats.Cmp(k.lowest) < 0 {
		k.lowest = p.seats
	}
}

// rescale expresses what is paid at the rate of the line in hand, where each
// line converts at its own invoice's rate.
func (k *walker) rescale(q *quote) {
	if k.w.contract.RatePolicy != RateOfInvoice || !q.foreign || k.quote == nil || !k.quote.foreign || k.quote.rate.IsZero() {
		return
	}
	by := q.rate.Ratio().Div(k.quote.rate.Ratio())
	k.mark.money, k.mark.initial = k.mark.money.Mul(by), k.mark.initial.Mul(by)
	k.full, k.initial = k.full.Mul(by), k.initial.Mul(by)
	k.quote = k.quote.times(by)
}

// step decides how much of the difference between two states is charged or
// credited: seats first, at the old price, then the price for the new quantity
// (BILLING §5, §16).
func (k *walker) step(line *owedLine, p *point, quote *quote) {
	c := k.w.contract
	months := k.span.cycle.Months
	line.fullBefore = k.full
	line.fullAfter = quote.full(line.after.Ratio(), months)
	initialAfter := k.initialPart(line.fullAfter, line.after)
	defer func() { k.full, k.initial = line.fullAfter, initialAfter }()
	if c.Proration != ByNothing && c.Refunds.Policy == RefundProrated {
		line.charged = line.fullAfter.Sub(line.fullBefore)
		line.covers = initialAfter.Sub(k.initial)
		line.quantity = line.after.Sub(line.before)
		return
	}
	line.paid, line.marked = k.mark.money, true
	if c.Proration == ByNothing {
		k.lift(line, line.fullAfter, initialAfter)
		k.takeSeats(line)
		return
	}
	fullSeats := line.fullAfter
	if line.priceMoved {
		fullSeats = k.quote.full(line.after.Ratio(), months)
	}
	switch line.after.Cmp(line.before) {
	case 1:
		k.more(line, p.day, fullSeats)
	case -1:
		k.fewer(line, p.day, fullSeats, months)
	}
	if line.priceMoved {
		k.reprice(line, fullSeats, initialAfter)
	}
}

// lift charges what raises the whole above what is paid.
func (k *walker) lift(line *owedLine, full, initial money.Ratio) {
	if full.Cmp(k.mark.money) > 0 {
		line.charged = line.charged.Add(full.Sub(k.mark.money))
		k.mark.money = full
	}
	if initial.Cmp(k.mark.initial) > 0 {
		line.covers = line.covers.Add(initial.Sub(k.mark.initial))
		k.mark.initial = initial
	}
}

func (k *walker) takeSeats(line *owedLine) {
	if line.after.Cmp(k.mark.seats) > 0 {
		line.quantity = line.quantity.Add(line.after.Sub(k.mark.seats))
		k.mark.seats = line.after
	}
}

func (k *walker) more(line *owedLine, day calendar.Date, full money.Ratio) {
	if full.Cmp(k.full) < 0 {
		k.credit(line, k.full.Sub(full), money.Ratio{})
	}
	k.lift(line, full, k.initialPart(full, line.after))
	k.takeSeats(line)
	if k.w.contract.Refunds.Policy == RefundWithinDays {
		k.mark.batches = addSeats(k.mark.batches, line.after.Sub(line.before).Ratio(), day)
	}
}

// fewer gives seats up, newest batch first, and credits those whose window is open.
func (k *walker) fewer(line *owedLine, day calendar.Date, full money.Ratio, months int) {
	window := -1
	if k.w.contract.Refunds.Policy == RefundWithinDays {
		window = k.w.contract.Refunds.Days
	}
	given := line.before.Sub(line.after).Ratio()
	if window >= 0 {
		var refunded money.Ratio
		if refunded, k.mark.batches = giveUp(k.mark.batches, given, day, window); !refunded.IsZero() {
			k.refund(line, refunded, months)
		}
	}
	// Where fewer seats cost more, that is a charge.
	if full.Cmp(k.mark.money) > 0 {
		k.lift(line, full, k.initialPart(full, line.after))
	}
}

// refund credits seats. They are the newest, so they come off the top.
func (k *walker) refund(line *owedLine, refunded money.Ratio, months int) {
	rest := line.before.Ratio().Sub(refunded)
	full := k.quote.full(rest, months)
	initial := k.initialOf(full, rest)
	switch difference := k.full.Sub(full); difference.Sign() {
	case 1:
		k.credit(line, difference, k.initial.Sub(initial))
	case -1:
		k.lift(line, full, initial)
	}
	seats := money.DecimalFrom(refunded, 0, digitsMost)
	line.quantity = line.quantity.Sub(seats)
	k.mark.seats = k.mark.seats.Sub(seats)
}

func (k *walker) credit(line *owedLine, amount, initial money.Ratio) {
	line.charged = line.charged.Sub(amount)
	line.covers = line.covers.Sub(initial)
	k.mark.money = k.mark.money.Sub(amount)
	k.mark.initial = k.mark.initial.Sub(initial)
}

// reprice goes from the old price to the new at the new quantity; a lower price
// always credits.
func (k *walker) reprice(line *owedLine, fullSeats, initialAfter money.Ratio) {
	if line.fullAfter.Cmp(fullSeats) < 0 {
		k.credit(line, fullSeats.Sub(line.fullAfter), k.initialPart(fullSeats, line.after).Sub(initialAfter))
		return
	}
	k.lift(line, line.fullAfter, initialAfter)
}

// initialPart is the part of a full price that stands for the seats the term
// opened with (BILLING §8, §16).
func (k *walker) initialPart(full money.Ratio, seats money.Decimal) money.Ratio {
	if !k.w.hasInitial(k.sub.s) {
		return money.Ratio{}
	}
	return k.initialOf(full, seats.Ratio())
}

func (k *walker) initialOf(full, seats money.Ratio) money.Ratio {
	if !k.w.hasInitial(k.sub.s) || seats.IsZero() {
		return money.Ratio{}
	}
	return full.Mul(money.Min(seats, k.lowest.Ratio())).Div(seats)
}

// trackLowest finds the fewest seats since the term of point i began.
func (k *walker) trackLowest(t *timeline, i int) {
	k.lowest = t.points[i].seats
	for j := i - 1; j >= 0 && t.points[j].term == t.points[i].term; j-- {
		if t.points[j].seats.Cmp(k.lowest) < 0 {
			k.lowest = t.points[j].seats
		}
	}
}

// finish prorates, discounts and rounds the line, holds a credit at what the
// span has, and keeps the line unless it is a change of nothing.
func (k *walker) finish(line owedLine) error {
	c := k.w.contract
	sign := line.charged.Sign()
	if sign == 0 {
		sign = -line.covers.Sign()
	}
	line.fraction = fractionOf(c.Proration, line.covered, k.span.whole, k.span.cycle, k.span.k, sign)
	part := line.fraction.ratio()
	line.net = net(&k.sub.s.Discount, &c.Discount, line.day, line.charged, line.covers).Mul(part)
	var err error
	if line.amount, err = money.RoundTo(line.net, c.Currency); err != nil {
		return err
	}
	if line.gross, err = money.RoundTo(line.charged.Mul(part), c.Currency); err != nil {
		return err
	}
	if line.amount.Sign() < 0 && k.sums.Add(line.amount).Sign() < 0 {
		line.amount, line.held = k.sums.Neg(), true
		line.gross = line.amount
	}
	k.sums = k.sums.Add(line.amount)
	line.silent = line.silent && line.kind == LineChange && line.amount.IsZero()
	if line.kind == LineBase || line.silent || !line.amount.IsZero() {
		k.lines = append(k.lines, line)
	}
	return nil
}

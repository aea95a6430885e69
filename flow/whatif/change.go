package whatif

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// Changes are made on a fork as they would be made in the book: by the same events, on
// the same days, judged by the same rules. A billed contract's terms stay as they are,
// on a fork too. Other terms are therefore another contract, which begins where the old
// one is left (docs/decisions/what-if.md).

// actor is who changes forks.
func actor() flow.Actor { return flow.Actor{Who: "what-if", Source: "what-if"} }

// turn is a change, or what follows from one on a later day.
type turn struct {
	on calendar.Date
	// change counts the what-if's changes from 0.
	change int
	do     func(ctx context.Context) error
}

// Play makes changes on a store day by day: a fork, or in tests the book.
type Play struct {
	*flow.Flow
	steps []turn
	// made is the last day on which something was changed.
	made calendar.Date
	// notes say what a reader has to know of what was done.
	notes []string
}

// NewPlay is about to make changes on the store of a flow.
func NewPlay(f *flow.Flow, changes []Change) *Play {
	p := &Play{Flow: f}
	for i := range changes {
		c := &changes[i]
		p.add(turn{c.On, i, func(ctx context.Context) error { return p.change(ctx, i, c) }})
	}
	return p
}

// add puts a step behind those of its day.
func (p *Play) add(step turn) {
	p.steps = append(p.steps, step)
	slices.SortStableFunc(p.steps, func(a, b turn) int { return a.on.Compare(b.on) })
}

// next is the day of the next step; no day where there is none.
func (p *Play) next() calendar.Date {
	if len(p.steps) == 0 {
		return calendar.Date{}
	}
	return p.steps[0].on
}

// Make does the steps of today and those before it.
func (p *Play) Make(ctx context.Context) error {
	for len(p.steps) > 0 && !p.steps[0].on.After(p.Today()) {
		step := p.steps[0]
		p.steps = p.steps[1:]
		if err := step.do(ctx); err != nil {
			return refused(&step, err)
		}
	}
	return nil
}

// refused names the change where it is at fault, and nothing else.
func refused(step *turn, err error) error {
	var refusal *billing.Refusal
	var price *billing.MissingPrice
	var rate *billing.MissingRate
	if errors.Is(err, flow.ErrInput) || errors.As(err, &refusal) || errors.As(err, &price) || errors.As(err, &rate) {
		return &Refused{step.change, step.on, err}
	}
	return err
}

func (p *Play) change(ctx context.Context, n int, c *Change) error {
	switch c.Do {
	case DoPercent:
		return p.percent(ctx, c)
	case DoTerms:
		return p.terms(ctx, n, c)
	case DoRenewal:
		return p.renewal(ctx, n, c)
	case DoStart:
		return p.start(ctx, n, c)
	case DoQuantity, DoPrice, DoSubscribe, DoCancel, DoSchedule, DoSuspend, DoResume, DoOneTime, DoListPrice:
	}
	return p.Record(ctx, []flow.Event{c.event(n)}, actor())
}

// event is the fact that a change stands for.
func (c *Change) event(n int) flow.Event {
	e := flow.Event{
		At: c.At, On: c.On, Effective: c.On, ID: fmt.Sprintf("what-if %d", n+1), Subscription: c.Subscription, Contract: c.Contract, SKU: c.SKU, Currency: c.Currency,
		Quantity: c.Quantity, HasQuantity: c.HasQuantity, Price: c.Price, HasPrice: c.HasPrice, TermMonths: c.TermMonths,
		Billing: billing.Unit{Name: c.Billing}, Unit: billing.Unit{Name: c.Unit}, AutoRenew: c.AutoRenew, HasAutoRenew: c.HasAutoRenew,
	}
	e.Do = map[Verb]flow.EventVerb{
		DoQuantity: flow.DoQuantity, DoPrice: flow.DoPrice, DoSubscribe: flow.DoSubscribe, DoCancel: flow.DoCancel, DoSchedule: flow.DoSchedule,
		DoSuspend: flow.DoSuspend, DoResume: flow.DoResume, DoOneTime: flow.DoOneTime, DoListPrice: flow.DoListPrice,
	}[c.Do]
	switch c.Do {
	case DoSubscribe:
		e.Ends = c.To
	case DoListPrice:
		if e.List = c.List; e.List == "" {
			e.List = flow.DefaultList
		}
	case DoQuantity, DoPrice, DoCancel, DoSchedule, DoSuspend, DoResume, DoOneTime, DoPercent, DoTerms, DoRenewal, DoStart:
	}
	return e
}

// takeAll takes intakes in; one that is not taken is an error.
func (p *Play) takeAll(ctx context.Context, intakes []flow.Intake) error {
	var stopped error
	pairs := func(yield func(flow.Intake, error) bool) {
		for i := range intakes {
			if !yield(intakes[i], nil) {
				return
			}
		}
	}
	_, err := p.Take(ctx, pairs, actor(), func(line flow.TakeLine) {
		if stopped == nil && line.Outcome != flow.Taken && line.Outcome != flow.Unchanged {
			stopped = wrong(line.At, "%s", line.Why)
		}
	})
	if err != nil {
		return err
	}
	return stopped
}

// percent adds a row beside each that is in force or to come, dearer or cheaper by a
// percentage. Subscriptions with a price of their own keep it.
func (p *Play) percent(ctx context.Context, c *Change) error {
	catalog, err := flow.CatalogOf(ctx, p.Store, false)
	if err != nil {
		return err
	}
	rows := rowsFrom(catalog.Prices[c.SKU], c.On)
	var intakes []flow.Intake
	for i := range rows {
		row := rows[i]
		if c.List != "" && c.List != row.List {
			continue
		}
		row.From, row.Seq = calendar.Latest(row.From, c.On), 0
		scale(&row, c.Percent)
		intakes = append(intakes, flow.Intake{At: c.At, Price: &row})
	}
	if len(intakes) == 0 {
		return wrong(c.At, "sku: no list has a price of %s", c.SKU)
	}
	return p.takeAll(ctx, intakes)
}

// rowsFrom are the rows in force on a day or later: of those that serve the same
// purchase, the newest that has begun, and all that begin later.
func rowsFrom(rows []billing.PriceRow, day calendar.Date) (from []billing.PriceRow) {
	type purchase struct {
		list, unit string
		currency   money.Currency
		term       int
	}
	newest := map[purchase]int{}
	for i := range rows {
		row := &rows[i]
		key := purchase{row.List, row.Unit.Name, row.Currency, row.TermMonths}
		at, known := newest[key]
		switch {
		case row.From.After(day):
			from = append(from, *row)
		case !known:
			newest[key] = len(from)
			from = append(from, *row)
		case !row.From.Before(from[at].From):
			from[at] = *row
		}
	}
	return from
}

// priceDigits bounds the digits of a price that a percentage makes.
const priceDigits = 8

// scale makes a price dearer by a percentage.
func scale(row *billing.PriceRow, percent money.Decimal) {
	hundred := money.Whole(100)
	by := money.One().Add(percent.Ratio().Div(hundred))
	times := func(d money.Decimal) money.Decimal {
		return money.DecimalFrom(d.Ratio().Mul(by), d.Digits(), priceDigits)
	}
	row.Price = times(row.Price)
	row.Tiers = slices.Clone(row.Tiers)
	for i := range row.Tiers {
		row.Tiers[i].Price, row.Tiers[i].Flat = times(row.Tiers[i].Price), times(row.Tiers[i].Flat)
	}
	rule := row.Rule.Percent.Ratio().Div(hundred)
	switch {
	case row.Rule.Of == billing.NoRule:
	case row.Rule.Margin && by.Sign() > 0:
		// price = cost ÷ (1 − m); by times that is a margin of 1 − (1 − m) ÷ by.
		margin := money.One().Sub(money.One().Sub(rule).Div(by))
		row.Rule.Percent = money.DecimalFrom(margin.Mul(hundred), row.Rule.Percent.Digits(), priceDigits)
	default:
		row.Rule.Margin = false
		markup := money.One().Add(rule).Mul(by).Sub(money.One())
		row.Rule.Percent = money.DecimalFrom(markup.Mul(hundred), row.Rule.Percent.Digits(), priceDigits)
	}
}

func (p *Play) note(format string, args ...any) {
	if note := fmt.Sprintf(format, args...); !slices.Contains(p.notes, note) {
		p.notes = append(p.notes, note)
	}
}

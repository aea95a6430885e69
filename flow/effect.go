package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// Effect is what a change of one subscription comes to in money, before it is
// recorded: the difference between what would be invoiced with it and what will be
// without. Both are planned by the engine itself, from the log as it is and from the
// log as it would be. All amounts are net, in the contract's currency.
type Effect struct {
	Contract     billing.ContractID
	Subscription billing.SubscriptionID
	Currency     money.Currency
	// On is the first day of the new state, Quantity and Becomes the seats of that day
	// before and after; RunsBefore and RunsAfter say whether it runs then at all.
	On                    calendar.Date
	Quantity, Becomes     money.Decimal
	RunsBefore, RunsAfter bool
	// Waits says that credit hold keeps it: nothing changes until the release, and Becomes
	// is what is asked for.
	Waits bool
	// Now is what comes for the period that holds the day, and for those before it, at
	// once; NowFor the days of it, NowOn the date of the first invoice that has of it.
	Now    money.Amount
	NowFor calendar.Period
	NowOn  calendar.Date
	// Later are the whole periods after that one.
	Later []EffectStep
	// Invoices are those that differ, by date.
	Invoices []EffectInvoice
	// RenewsOn is the day of the next renewal, or no day; Renewal and RenewalBecomes the
	// seats that the next term opens with, none where none follows.
	RenewsOn                calendar.Date
	Renewal, RenewalBecomes money.Decimal
	// Refunds say until when seats are credited by the contract, as they stand before.
	Refunds []billing.Refundable
	Policy  billing.Refunds
	// Asked is what would be sent to providers, TakeBack the instant until which the
	// provider takes an addition back again (zero where it is not known to).
	Asked    []Provision
	TakeBack time.Time
	// Cost is what it changes at the provider, where that is known.
	Cost *EffectCost
}

// EffectStep is a row of periods that all differ by the same.
type EffectStep struct {
	Days calendar.Period
	// Months is the length of each period.
	Months int
	// Was and Becomes are what one of them is invoiced at.
	Was, Becomes money.Amount
}

// Each is the difference in each period.
func (s *EffectStep) Each() money.Amount { return s.Becomes.Sub(s.Was) }

// EffectInvoice is one invoice date on which the contract is billed otherwise.
type EffectInvoice struct {
	On           calendar.Date
	Was, Becomes money.Amount
	// Lines are those that would be new or other.
	Lines []billing.Line
}

// EffectCost is what a change makes of the provider's bill.
type EffectCost struct {
	// Seats more or fewer, Price what the provider asks for one of them in Unit, by List.
	Seats, Price money.Decimal
	Unit         billing.Unit
	List         string
	// Each is the difference for each of the provider's billing periods, of so many Months.
	Each   money.Amount
	Months int
	// Until is the first day after the provider's term, Rest what the seats cost from the
	// change's day until then; no day where there is no term.
	Until calendar.Date
	Rest  money.Amount
}

// EffectOf says what events, all of one subscription of a contract, would come to.
// It refuses what recording them would refuse.
func (f *Flow) EffectOf(ctx context.Context, contract billing.ContractID, subscription billing.SubscriptionID, events []Event) (effect Effect, err error) {
	err = f.Store.Read(ctx, func(tx Tx) error {
		s, err := f.rehearse(tx, contract, events)
		if err != nil {
			return err
		}
		effect, err = f.effectOf(tx, &s, subscription, events)
		return err
	})
	return effect, err
}

func (f *Flow) effectOf(tx Tx, s *staged, id billing.SubscriptionID, events []Event) (Effect, error) {
	c := &s.after.Contract
	e := Effect{Contract: c.ID, Subscription: id, Currency: c.Currency, On: events[0].Effective, Policy: c.Refunds, Asked: s.asked}
	sub := subscriptionIn(s.after, id)
	if sub == nil {
		return e, fmt.Errorf("subscription %s: %w", id, ErrUnknown)
	}
	last := sub.Entries[len(sub.Entries)-1]
	e.Waits = last.Waiting && last.ReleasedOn.IsZero()
	after := billing.StateOn(c, sub, e.On)
	e.Becomes, e.RunsAfter = after.Quantity, after.Runs
	if e.Waits && last.HasQuantity {
		e.Becomes = last.Quantity
	}
	old := subscriptionIn(s.before, id)
	var before billing.State
	if old != nil {
		before = billing.StateOn(c, old, e.On)
		e.Quantity, e.RunsBefore = before.Quantity, before.Runs
		e.Refunds = billing.RefundableOn(c, old, calendar.Latest(e.On, f.Today()))
	}
	e.renewal(&before, &after)
	current := billing.PeriodOn(c, sub, calendar.Latest(e.On, f.Today()))
	if err := e.compare(s, current); err != nil {
		return e, err
	}
	return e, f.effectAtProvider(tx, s, &e, sub)
}

// renewal tells when the term ends that holds the day, and with what the next begins.
func (e *Effect) renewal(before, after *billing.State) {
	e.RenewsOn = after.Term.To
	if !after.Runs {
		e.RenewsOn = before.Term.To
	}
	if e.RenewsOn.IsZero() {
		return
	}
	e.Renewal, e.RenewalBecomes = before.NextQuantity(), after.NextQuantity()
}

// compare plans both, and tells their invoices and periods apart.
func (e *Effect) compare(s *staged, current calendar.Period) error {
	through := horizon(&s.after.Contract, s.after.Cursor.Next, current, e.RenewsOn)
	was, err := planFor(s.catalog, s.before, through)
	if err != nil {
		return err
	}
	becomes, err := planFor(s.catalog, s.after, through)
	if err != nil {
		return err
	}
	e.invoices(was, becomes)
	e.Now = money.NewAmount(0, e.Currency)
	e.NowFor = calendar.Period{From: e.On, To: current.To}
	periods := periodsOf(e.Subscription, was, becomes, e.Currency)
	for i := range periods {
		p := &periods[i]
		if p.days.From.After(current.From) {
			e.step(p)
			continue
		}
		if each := p.becomes.Sub(p.was); !each.IsZero() {
			e.Now = e.Now.Add(each)
			e.NowOn = calendar.Earliest(e.NowOn, p.on)
			e.NowFor.From = calendar.Earliest(e.NowFor.From, p.first)
		}
	}
	return nil
}

// step adds a period to the row before it where it differs by the same.
func (e *Effect) step(p *effectPeriod) {
	if n := len(e.Later); n > 0 {
		if last := &e.Later[n-1]; last.Was == p.was && last.Becomes == p.becomes && last.Days.To == p.days.From {
			last.Days.To = p.days.To
			return
		}
	}
	e.Later = append(e.Later, EffectStep{Days: p.days, Months: p.months, Was: p.was, Becomes: p.becomes})
}

// horizon is the day through which invoices are planned to see what becomes of the
// period after the current one, and of the first one after a renewal.
func horizon(c *billing.Contract, next int, current calendar.Period, renewsOn calendar.Date) calendar.Date {
	months := monthsOf(current)
	until := current.To.AddMonths(months)
	if !renewsOn.IsZero() {
		until = calendar.Latest(until, renewsOn.AddMonths(months))
	}
	for {
		moved, unmoved := billing.InvoiceDate(c, next)
		if !moved.Before(until) && !unmoved.Before(until) {
			return moved
		}
		next++
	}
}

// monthsOf is how many months a whole period has.
func monthsOf(p calendar.Period) int {
	months := 1
	for p.From.AddMonths(months + 1).AddDays(-3).Before(p.To) {
		months++
	}
	return months
}

// planFor plans a contract. What cannot be priced is told as a refusal: there is no
// effect to show without it.
func planFor(catalog *Catalog, book *OpenBook, through calendar.Date) ([]billing.Draft, error) {
	plan, err := billing.NewPlanner(&catalog.Catalog).Plan(&book.Book, through)
	var price *billing.MissingPrice
	var rate *billing.MissingRate
	switch {
	case errors.As(err, &price):
		return nil, &billing.Refusal{Code: "price_missing", Sentence: fmt.Sprintf("contract %s cannot be billed: %s", book.Contract.ID, err)}
	case errors.As(err, &rate):
		return nil, &billing.Refusal{Code: "rate_missing", Sentence: fmt.Sprintf("contract %s cannot be billed: %s", book.Contract.ID, err)}
	}
	return plan.Drafts, err
}

// invoices tells the drafts apart, date by date.
func (e *Effect) invoices(was, becomes []billing.Draft) {
	nothing := money.NewAmount(0, e.Currency)
	at := map[calendar.Date]*EffectInvoice{}
	lines := map[calendar.Date][]billing.Line{}
	var days []calendar.Date
	of := func(on calendar.Date) *EffectInvoice {
		if at[on] == nil {
			at[on] = &EffectInvoice{On: on, Was: nothing, Becomes: nothing}
			days = append(days, on)
		}
		return at[on]
	}
	for i := range was {
		for _, line := range was[i].Lines {
			invoice := of(was[i].Date)
			invoice.Was = invoice.Was.Add(line.Amount)
			lines[was[i].Date] = append(lines[was[i].Date], line)
		}
	}
	for i := range becomes {
		for _, line := range becomes[i].Lines {
			invoice := of(becomes[i].Date)
			invoice.Becomes = invoice.Becomes.Add(line.Amount)
			if !slices.ContainsFunc(lines[becomes[i].Date], func(known billing.Line) bool { return known.Key == line.Key && known.Amount == line.Amount }) {
				invoice.Lines = append(invoice.Lines, line)
			}
		}
	}
	slices.SortFunc(days, calendar.Date.Compare)
	for _, on := range days {
		if invoice := at[on]; invoice.Was != invoice.Becomes || len(invoice.Lines) > 0 {
			e.Invoices = append(e.Invoices, *invoice)
		}
	}
}

// effectPeriod is one whole period of a subscription with what is invoiced for it,
// by which date first, and its first day with a difference.
type effectPeriod struct {
	days         calendar.Period
	months       int
	was, becomes money.Amount
	on, first    calendar.Date
}

// periodsOf sums the lines of a subscription by period, in order.
func periodsOf(id billing.SubscriptionID, was, becomes []billing.Draft, currency money.Currency) (periods []effectPeriod) {
	nothing := money.NewAmount(0, currency)
	at := map[calendar.Date]int{}
	each := func(drafts []billing.Draft, call func(*effectPeriod, *billing.Line, calendar.Date)) {
		for i := range drafts {
			for j := range drafts[i].Lines {
				line := &drafts[i].Lines[j]
				if line.Key.Subscription != id {
					continue
				}
				n, known := at[line.Key.Period]
				if !known {
					n = len(periods)
					at[line.Key.Period] = n
					days := calendar.Period{From: line.Key.Period, To: line.PeriodTo}
					periods = append(periods, effectPeriod{days: days, months: monthsOf(days), was: nothing, becomes: nothing})
				}
				call(&periods[n], line, drafts[i].Date)
			}
		}
	}
	// A line that is the same on the same invoice is no difference.
	type told struct {
		key    billing.LineKey
		amount money.Amount
		on     calendar.Date
	}
	same := map[told]int{}
	differs := func(p *effectPeriod, line *billing.Line, on calendar.Date) {
		p.on, p.first = calendar.Earliest(p.on, on), calendar.Earliest(p.first, line.From)
	}
	each(was, func(p *effectPeriod, line *billing.Line, on calendar.Date) {
		p.was = p.was.Add(line.Amount)
		same[told{line.Key, line.Amount, on}]++
	})
	each(becomes, func(p *effectPeriod, line *billing.Line, on calendar.Date) {
		p.becomes = p.becomes.Add(line.Amount)
		if key := (told{line.Key, line.Amount, on}); same[key] > 0 {
			same[key]--
		} else {
			differs(p, line, on)
		}
	})
	each(was, func(p *effectPeriod, line *billing.Line, on calendar.Date) {
		if same[told{line.Key, line.Amount, on}] > 0 {
			differs(p, line, on)
		}
	})
	slices.SortFunc(periods, func(a, b effectPeriod) int { return a.days.From.Compare(b.days.From) })
	return periods
}

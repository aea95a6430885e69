package billing

import (
	"fmt"

	"prorata/core/calendar"
	"prorata/core/money"
)

// Refusal says why a fact is not recorded: a code for machines, a sentence for
// people, and where waiting helps, the day on which it becomes possible.
type Refusal struct {
	Code     string
	Sentence string
	Possible calendar.Date
}

// Error is the sentence, with the day.
func (r *Refusal) Error() string {
	if r.Possible.IsZero() {
		return r.Sentence
	}
	return fmt.Sprintf("%s; possible on %s", r.Sentence, r.Possible)
}

func refuse(code, format string, args ...any) error {
	return &Refusal{Code: code, Sentence: fmt.Sprintf(format, args...)}
}

// forever is a day on which all that is recorded is known.
func forever() calendar.Date {
	day, _ := calendar.NewDate(9999, 1, 1)
	return day
}

// JudgeStart says whether a subscription can be added to a contract, and marks
// its start as waiting where the account is on credit hold (BILLING §6).
func JudgeStart(c *Contract, s *Subscription, held bool) error {
	start := &s.Entries[0]
	if s.Kind == OneTime {
		return refuse("one_time_product", "%s is sold once, not as a subscription: record it with one_time", s.SKU)
	}
	if !c.End.IsZero() && !start.EffectiveOn.Before(c.End) {
		return refuse("contract_ended", "contract %s ends on %s", c.ID, c.End)
	}
	if !s.Ends.IsZero() {
		if s.TermMonths == 0 {
			return refuse("coterm_without_term", "%s has no term that could be shortened", s.ID)
		}
		natural := calendar.Cycle{Anchor: start.EffectiveOn, Months: s.TermMonths, Stick: c.Stick}.Boundary(1)
		if !s.Ends.After(start.EffectiveOn) || s.Ends.After(natural) {
			return refuse("coterm_outside_term", "%s would end on %s, which is not inside its first term until %s", s.ID, s.Ends, natural)
		}
	}
	start.Waiting = held
	return nil
}

// Judge says whether an entry can be recorded on a subscription's log, for its
// effective day and by what is recorded already, and marks it as waiting where
// credit hold keeps it (BILLING §5, §6).
func Judge(c *Contract, s *Subscription, e *Entry, held bool) error {
	start := &s.Entries[0]
	if !start.VoidedOn.IsZero() {
		return refuse("subscription_void", "the start of %s is void", s.ID)
	}
	if s.Parent != "" && e.Verb == SetQuantity {
		return refuse("bundle_child", "%s follows the quantity of %s", s.ID, s.Parent)
	}
	if e.Verb == ScheduleChange && s.TermMonths == 0 {
		return refuse("schedule_without_term", "%s has no term at whose renewal a change could apply", s.ID)
	}
	if start.Waiting && start.ReleasedOn.IsZero() {
		e.Waiting = true
		return nil
	}
	w := &work{Planner: NewPlanner(&Catalog{}), book: &Book{}, contract: c, day: invoiceDay{date: forever()}}
	sub := &subscriptionWork{s: s}
	t := w.builder.build(c, s, forever(), e.EffectiveOn.AddDays(1), nil, nil)
	if err := judgeRunning(s, &t, e); err != nil {
		return err
	}
	now := &t.points[t.indexOn(e.EffectiveOn)]
	if e.Verb == SetQuantity && e.Quantity.Cmp(now.seats) > 0 {
		e.Waiting = held
	}
	if e.Verb == Cancel || (e.Verb == SetQuantity && e.Quantity.Cmp(now.seats) < 0) {
		return w.judgeReduction(sub, &t, now, e)
	}
	return nil
}

// judgeRunning refuses an event on a subscription that is not running on the day.
func judgeRunning(s *Subscription, t *timeline, e *Entry) error {
	day := e.EffectiveOn
	if e.Verb == ScheduleChange {
		day = calendar.Latest(day, e.RecordedOn)
	}
	if day.Before(t.start) {
		return refuse("not_started", "%s starts on %s, after %s", s.ID, t.start, day)
	}
	if last := t.last(); last.cancelled && !last.day.After(day) {
		return refuse("cancelled", "%s is cancelled from %s", s.ID, last.day)
	}
	if !t.end.IsZero() && !t.end.After(day) {
		return refuse("ended", "%s ended on %s", s.ID, t.end)
	}
	return nil
}

// judgeReduction holds a reduction against the contract's policy.
func (w *work) judgeReduction(sub *subscriptionWork, t *timeline, now *point, e *Entry) error {
	policy := w.contract.Reductions
	if policy == ReductionsAllowed || sub.s.TermMonths == 0 {
		return nil
	}
	from, to := sub.s.termAround(w.contract.Stick, e.EffectiveOn)
	if e.EffectiveOn == from && from.After(t.start) {
		return nil
	}
	if policy == ReductionsWithinWindow && w.refundable(sub, t, now, e) {
		return nil
	}
	reason := fmt.Sprintf("contract %s allows no reduction inside a term", w.contract.ID)
	if policy == ReductionsWithinWindow {
		reason = fmt.Sprintf("contract %s allows a reduction only within %d days after the seats were added", w.contract.ID, w.contract.Refunds.Days)
	}
	return &Refusal{Code: "reduction_refused", Sentence: reason + ": it can be scheduled for renewal", Possible: to}
}

// refundable says whether all seats given up are inside their window.
func (w *work) refundable(sub *subscriptionWork, t *timeline, now *point, e *Entry) bool {
	given := now.seats.Ratio()
	if e.Verb == SetQuantity {
		given = given.Sub(e.Quantity.Ratio())
	}
	if now.suspended && w.contract.SuspendedFree {
		return true
	}
	refunded, _ := giveUp(w.batchesOn(sub, t, e.EffectiveOn), given, e.EffectiveOn, w.contract.Refunds.Days)
	return refunded.Cmp(given) == 0
}

// JudgeItem says whether a one-time item can be sold under a contract.
func JudgeItem(c *Contract, item *OneTimeItem) error {
	if item.On.Before(c.Start) || (!c.End.IsZero() && !item.On.Before(c.End)) {
		return refuse("outside_contract", "%s is dated %s, outside contract %s", item.ID, item.On, c.ID)
	}
	return nil
}

// JudgeUsage says whether a usage record can be billed to a subscription.
func JudgeUsage(s *Subscription, r *UsageRecord) error {
	if s.Kind != Usage {
		return refuse("not_usage", "%s is not billed by usage", s.ID)
	}
	if !s.Entries[0].VoidedOn.IsZero() {
		return refuse("subscription_void", "the start of %s is void", s.ID)
	}
	if r.Period.Empty() {
		return refuse("empty_period", "the record's period from %s to %s has no day", r.Period.From, r.Period.To)
	}
	return nil
}

// JudgeCharge says whether a provider's row can be billed to a subscription.
func JudgeCharge(c *Contract, s *Subscription, r *ProviderCharge) error {
	switch {
	case c.Schedule != Mirror:
		return refuse("not_mirror", "contract %s does not bill the provider's rows (its schedule is not mirror)", c.ID)
	case s.Kind == Usage:
		return refuse("usage_by_records", "%s is billed by its usage records, not by the provider's rows", s.ID)
	case s.Parent != "":
		return refuse("bundle_child", "%s is priced with %s: its own rows are not billed", s.ID, s.Parent)
	case !s.Entries[0].VoidedOn.IsZero():
		return refuse("subscription_void", "the start of %s is void", s.ID)
	case r.Period.Empty():
		return refuse("empty_period", "the row's period from %s to %s has no day", r.Period.From, r.Period.To)
	case r.Quantity.Sign() < 0:
		return refuse("negative_quantity", "quantity: %s is negative (expected 0 or more; a credit has a negative effective_price)", r.Quantity)
	case r.UnitPrice.Sign() < 0:
		return refuse("negative_price", "unit_price: %s is negative (expected 0 or more; a credit has a negative effective_price)", r.UnitPrice)
	}
	return nil
}

// QuantityOn is the number of seats as recorded for a day, and whether the
// subscription runs then.
func QuantityOn(c *Contract, s *Subscription, day calendar.Date) (quantity money.Decimal, runs bool) {
	var b builder
	t := b.build(c, s, forever(), day.AddDays(1), nil, nil)
	if !t.exists || day.Before(t.start) || (!t.end.IsZero() && !day.Before(t.end)) {
		return money.Decimal{}, false
	}
	p := t.points[t.indexOn(day)]
	return p.seats, !p.cancelled
}

// LinkedQuantity is what the subscriptions of a holding come to on a day, over all
// books given: what its quantity at the provider should be (BILLING §9). A bundle's
// child counts at its ratio to the parent while both run; what is suspended counts.
func LinkedQuantity(books []*Book, holding string, day calendar.Date) (sum money.Decimal, linked []SubscriptionID) {
	for _, book := range books {
		for i := range book.Subscriptions {
			s := &book.Subscriptions[i]
			if s.Holding != holding || holding == "" {
				continue
			}
			linked = append(linked, s.ID)
			sum = sum.Add(book.heldQuantity(s, day))
		}
	}
	return sum, linked
}

// heldQuantity is the seats of a subscription that runs on a day, of a bundle's
// child by its parent's.
func (b *Book) heldQuantity(s *Subscription, day calendar.Date) money.Decimal {
	quantity, runs := QuantityOn(&b.Contract, s, day)
	if !runs {
		return money.Decimal{}
	}
	if s.Parent == "" {
		return quantity
	}
	for i := range b.Subscriptions {
		if parent := &b.Subscriptions[i]; parent.ID == s.Parent && parent != s {
			if quantity, runs = QuantityOn(&b.Contract, parent, day); !runs {
				return money.Decimal{}
			}
			digits := quantity.Digits() + s.PerParent.Digits()
			return money.DecimalFrom(quantity.Ratio().Mul(s.PerParent.Ratio()), 0, digits)
		}
	}
	return money.Decimal{}
}

package subscription

import (
	"strings"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/edge/web/part"
	"prorata/flow"
)

// effectShown is an effect as a page shows it.
type effectShown struct {
	e *flow.Effect
	l part.Locale
}

// headline is the change in seats.
func (s effectShown) headline() string {
	e := s.e
	from := " from " + part.Day(e.On)
	switch difference := e.Becomes.Sub(e.Quantity); {
	case !e.RunsBefore && e.RunsAfter:
		return s.l.Quantity(e.Becomes) + " new" + from
	case e.RunsBefore && !e.RunsAfter:
		return "Cancelled" + from
	case difference.Sign() > 0:
		return "+" + s.l.Quantity(difference) + from
	case difference.Sign() < 0:
		return s.l.Quantity(difference) + from
	case e.Renewal.Cmp(e.RenewalBecomes) != 0:
		return s.l.Quantity(e.Renewal) + " → " + s.l.Quantity(e.RenewalBecomes) + " with the renewal on " + part.Day(e.RenewsOn)
	}
	return "Changed" + from
}

func (s effectShown) amount(a money.Amount) string { return s.l.Amount(a) }

// signed has a plus before what is more.
func (s effectShown) signed(a money.Amount) string {
	if a.Sign() > 0 {
		return "+" + s.l.Amount(a)
	}
	return s.l.Amount(a)
}

// orNothing is an amount, in words where it is none.
func (s effectShown) orNothing(a money.Amount) string {
	if a.IsZero() {
		return "nothing"
	}
	return s.l.Amount(a)
}

// sentence is the whole in one line: 56.77 EUR now, 110.00 EUR more each month.
func (s effectShown) sentence() string {
	e, currency := s.e, " "+s.e.Currency.String()
	if e.Waits {
		return "It waits until the account is released from credit hold; until then nothing is billed."
	}
	var parts []string
	switch e.Now.Sign() {
	case 1:
		parts = append(parts, s.amount(e.Now)+currency+" now")
	case -1:
		parts = append(parts, s.amount(e.Now.Neg())+currency+" credited now")
	}
	for _, step := range s.steps() {
		each, word := step.Each(), " more each "
		if each.Sign() < 0 {
			each, word = each.Neg(), " less each "
		}
		text := s.amount(each) + currency + word + Every(step.Months)
		if step.Days.From == e.RenewsOn || len(parts) == 0 {
			text += " from " + part.Day(step.Days.From)
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		return "No amount changes."
	}
	return strings.Join(parts, ", ") + "."
}

// steps are the rows of periods that differ.
func (s effectShown) steps() (steps []flow.EffectStep) {
	for _, step := range s.e.Later {
		if !step.Each().IsZero() {
			steps = append(steps, step)
		}
	}
	return steps
}

// stepName is the periods of a row.
func (s effectShown) stepName(step *flow.EffectStep) string {
	if step.Days.From.AddMonths(step.Months).Before(step.Days.To) {
		return "Each " + Every(step.Months) + " from " + part.Day(step.Days.From)
	}
	return part.Period(step.Days.From, step.Days.To)
}

// nowName is the days that are billed or credited at once.
func (s effectShown) nowName() string {
	text := "Now, for " + part.Period(s.e.NowFor.From, s.e.NowFor.To)
	if !s.e.NowOn.IsZero() {
		text += ", on the invoice of " + part.Day(s.e.NowOn)
	}
	return text
}

// why is the arithmetic of what is new on the first invoice: for the subscription alone.
func (s effectShown) why() (sums []string) {
	for i := range s.e.Invoices {
		for j := range s.e.Invoices[i].Lines {
			line := billing.InvoiceLine{Line: s.e.Invoices[i].Lines[j]}
			if line.Key.Subscription != s.e.Subscription || line.From.After(s.e.NowFor.To.AddDays(-1)) || line.Kind == billing.LineBase {
				continue
			}
			line.InvoicedAt = line.Amount
			sums = append(sums, flow.Arithmetic(&line))
		}
	}
	return sums[:min(3, len(sums))]
}

func (s effectShown) facts() (facts []part.Fact) {
	e := s.e
	if !e.RenewsOn.IsZero() && e.RunsAfter {
		text := part.Day(e.RenewsOn)
		if e.RenewalBecomes.Sign() > 0 {
			text += " with " + s.l.Quantity(e.RenewalBecomes) + " seats"
		} else {
			text = "it ends on " + part.Day(e.RenewsOn.AddDays(-1))
		}
		facts = append(facts, part.Fact{Name: "Next renewal", Value: text})
	}
	facts = append(facts, part.Fact{Name: "Given back", Value: s.refunds()})
	if !e.TakeBack.IsZero() {
		facts = append(facts, part.Fact{Name: "The provider takes it back", Value: "until " + s.l.Instant(e.TakeBack)})
	}
	if c := e.Cost; c != nil {
		text := s.l.Quantity(c.Seats) + " × " + s.l.Price(c.Price, c.Each.Currency()) + " a " + Every(c.Unit.Months) + " = " + s.signed(c.Each) + " " + c.Each.Currency().String() + " each " + Every(c.Months)
		if !c.Until.IsZero() {
			text += "; " + s.signed(c.Rest) + " until the provider's term ends on " + part.Day(c.Until.AddDays(-1))
		}
		facts = append(facts, part.Fact{Name: "What the provider asks", Value: text})
	}
	for i := range e.Asked {
		facts = append(facts, part.Fact{Name: "Sent to " + string(e.Asked[i].Connection), Value: asked(s.l, &e.Asked[i])})
	}
	return facts
}

// refunds says what the contract gives back, and until when.
func (s effectShown) refunds() string {
	switch s.e.Policy.Policy {
	case billing.RefundProrated:
		return "seats given up are credited for the days that are left"
	case billing.RefundNone:
		return "nothing: what is paid stays until its period ends"
	case billing.RefundWithinDays:
	}
	if len(s.e.Refunds) == 0 {
		return "nothing any more: seats are credited within " + part.Plural(int64(s.e.Policy.Days), "day") + " after they were added"
	}
	var parts []string
	for i := range s.e.Refunds {
		parts = append(parts, s.l.Quantity(s.e.Refunds[i].Seats)+" seats until "+part.Day(s.e.Refunds[i].Until))
	}
	return strings.Join(parts, ", ")
}

// asked is what is sent to a provider, in words.
func asked(l part.Locale, p *flow.Provision) string {
	switch {
	case p.Order != nil:
		return "an order of " + l.Quantity(p.Order.Quantity)
	case p.Change.Cancel:
		return "the cancellation"
	case p.Change.Suspend:
		return "suspend it"
	case p.Change.Resume:
		return "resume it"
	}
	var parts []string
	if p.Change.HasQuantity {
		parts = append(parts, l.Quantity(p.Change.Quantity)+" seats")
	}
	if p.Change.HasAutoRenew {
		parts = append(parts, map[bool]string{true: "renew it", false: "do not renew it"}[p.Change.AutoRenew])
	}
	if p.Change.Next != nil && p.Change.Next.HasQuantity {
		parts = append(parts, l.Quantity(p.Change.Next.Quantity)+" seats from the renewal")
	}
	if p.Change.NextNone {
		parts = append(parts, "nothing is scheduled any more")
	}
	return strings.Join(parts, ", ")
}

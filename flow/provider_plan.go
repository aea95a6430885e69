package flow

import (
	"slices"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/reconcile"
)

// What the log does not tell of a holding's story, since it does not concern the
// customer: by which plan we pay the provider, and that one product became another.

// charged are the rows at hand that charge, by their first day.
func (h *holdingFacts) charged() (rows []*ProviderLine) {
	for _, list := range [][]*ProviderLine{h.rows, h.others} {
		for _, row := range list {
			if row.Charge.EffectivePrice.Sign() > 0 && row.Charge.Type != billing.ChargeCredit {
				rows = append(rows, row)
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b *ProviderLine) int { return a.Charge.Period.From.Compare(b.Charge.Period.From) })
	return rows
}

// planMonths is the time that a row's plan pays for at once; 0 where the row does
// not tell. A term that is paid at once, whole or what is left of it, is written
// without a plan.
func (l *ProviderLine) planMonths() int {
	if l.Billing.Months > 0 {
		return l.Billing.Months
	}
	whole := l.Charge.Period == l.Term || (l.Charge.Type == billing.ChargeChangePlan && l.Charge.Period.To == l.Term.To)
	if l.Term.Days() > 1 && whole {
		return l.TermMonths
	}
	return 0
}

// asProvider puts the provider's own term and plan in the place of ours (a customer
// may pay by the quarter what we pay by the month): as the first row at hand tells,
// else the holding as it was seen last; and what changed them since.
func (h *holdingFacts) asProvider(events []reconcile.Event) []reconcile.Event {
	if len(events) == 0 || events[0].Kind != reconcile.Bought {
		return events
	}
	e := &events[0]
	if h.kept != nil {
		if h.kept.Billing.Months > 0 {
			e.BillingMonths = h.kept.Billing.Months
		}
		if h.kept.TermMonths > 0 {
			e.TermMonths = h.kept.TermMonths
		}
		if h.kept.Billing.Months == 0 && h.kept.TermMonths == 0 {
			// Bought for ever.
			e.BillingMonths, e.TermMonths = 0, 0
		}
		e.Trial = h.kept.Trial
	}
	rows := h.charged()
	told := false
	for _, row := range rows {
		months := row.planMonths()
		if months == 0 {
			continue
		}
		if row.Charge.Type == billing.ChargeChangePlan {
			months = planBefore(e, months)
		}
		switch {
		case row.TermMonths > 0 && e.Ends.IsZero():
			e.TermMonths = row.TermMonths
		default:
			e.TermMonths = max(e.TermMonths, row.TermMonths)
		}
		e.BillingMonths, told = months, true
		break
	}
	if !told {
		return events
	}
	return append(events, planChanges(*e, events, rows)...)
}

// planBefore is the plan that a change to another can have begun from.
func planBefore(e *reconcile.Event, after int) int {
	switch {
	case e.BillingMonths != after && e.BillingMonths > 0:
		return e.BillingMonths
	case after > 1:
		return 1
	}
	return min(max(e.TermMonths, after), yearOfMonths)
}

const yearOfMonths = 12

// planChanges are the changes of term and plan that rows tell of: inside a term
// with the end of what is paid, and at a renewal.
func planChanges(bought reconcile.Event, events []reconcile.Event, rows []*ProviderLine) (changes []reconcile.Event) {
	var ends calendar.Date
	for i := range events {
		if events[i].Kind == reconcile.Cancelled {
			ends = calendar.Earliest(ends, events[i].On)
		}
	}
	months, term := bought.BillingMonths, bought.TermMonths
	for _, row := range rows {
		on, now := row.Charge.Period.From, row.planMonths()
		if !on.After(bought.On) || (!ends.IsZero() && !on.Before(ends)) {
			continue
		}
		change := reconcile.Event{On: on}
		switch row.Charge.Type {
		case billing.ChargeChangePlan:
			if now != 0 && now != months {
				change.Kind, change.BillingMonths = reconcile.PlanChanged, now
				changes = append(changes, change)
				months = now
			}
		case billing.ChargeRenew:
			change.Kind = reconcile.Scheduled
			if now != 0 && now != months {
				change.BillingMonths, months = now, now
			}
			if row.TermMonths != 0 && row.TermMonths != term {
				change.TermMonths, term = row.TermMonths, row.TermMonths
			}
			if change.BillingMonths != 0 || change.TermMonths != 0 {
				changes = append(changes, change)
			}
		case billing.ChargeOther, billing.ChargeNew, billing.ChargeCycle, billing.ChargeAddQuantity, billing.ChargeRemoveQuantity, billing.ChargeCancel,
			billing.ChargeConvert, billing.ChargeMoveQuantity, billing.ChargeExtendTerm, billing.ChargeCredit:
		}
	}
	return changes
}

// successions parts a holding that became another product into one of each, in
// order; linked subscriptions, which run at the same time, stay together. The
// rows of each are those of its product.
func (h *holdingFacts) successions() []*holdingFacts {
	if len(h.parts) == 1 {
		return []*holdingFacts{h}
	}
	parts := slices.Clone(h.parts)
	begin := func(p holdingPart) calendar.Date {
		return billing.StateOn(&p.book.Contract, p.s, calendar.Date{}).Start
	}
	slices.SortStableFunc(parts, func(a, b holdingPart) int { return begin(a).Compare(begin(b)) })
	var groups [][]holdingPart
	for _, p := range parts {
		last := len(groups) - 1
		follows := last >= 0 && !slices.ContainsFunc(groups[last], func(before holdingPart) bool {
			return before.s.SKU == p.s.SKU || billing.StateOn(&before.book.Contract, before.s, begin(p)).Runs
		})
		if last < 0 || follows {
			groups = append(groups, []holdingPart{p})
			continue
		}
		groups[last] = append(groups[last], p)
	}
	if len(groups) == 1 {
		return []*holdingFacts{h}
	}
	var list []*holdingFacts
	for i, group := range groups {
		one := &holdingFacts{id: h.id, parts: group}
		if i == len(groups)-1 {
			one.kept = h.kept
		}
		sku := group[0].s.SKU
		of := func(rows []*ProviderLine) []*ProviderLine {
			return slices.DeleteFunc(slices.Clone(rows), func(row *ProviderLine) bool { return row.Charge.SKU != sku })
		}
		one.rows, one.others = of(h.rows), of(h.others)
		list = append(list, one)
	}
	return list
}

// converted tells two stories of a holding as a conversion of the first into the
// second: inside a term both are convert, and the term goes on where its length and
// plan do; at the term's end the second is its renewal.
func converted(from, into *reconcile.Story) {
	if len(from.Events) == 0 || len(into.Events) == 0 {
		return
	}
	bought, begun := &from.Events[0], &into.Events[0]
	at := slices.IndexFunc(from.Events, func(e reconcile.Event) bool { return e.Kind == reconcile.Cancelled })
	if at < 0 || begun.Kind != reconcile.Bought || from.Events[at].On != begun.On {
		return
	}
	ends := termEnd(bought, begun.On)
	if ends == begun.On {
		from.Events[at] = reconcile.Event{Kind: reconcile.Scheduled, On: begun.On, HasAutoRenew: true, Entry: from.Events[at].Entry}
		begun.As = billing.ChargeRenew
		return
	}
	from.Events[at].As, begun.As = billing.ChargeConvert, billing.ChargeConvert
	if !ends.IsZero() && bought.TermMonths == begun.TermMonths && bought.BillingMonths == begun.BillingMonths {
		begun.Ends = ends
	}
}

// termEnd is the end of the term that a day is in or ends, by what began the first.
func termEnd(bought *reconcile.Event, on calendar.Date) (end calendar.Date) {
	if bought.TermMonths <= 0 {
		return end
	}
	first, k := bought.On, 1
	if !bought.Ends.IsZero() {
		first, k = bought.Ends, 0
	}
	for end = first.AddMonths(k * bought.TermMonths); end.Before(on); k++ {
		end = first.AddMonths((k + 1) * bought.TermMonths)
	}
	return end
}

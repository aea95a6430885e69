package flow

import (
	"cmp"
	"errors"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// effectAtProvider tells what a change makes of the provider's bill, and until when
// the provider takes it back. What is not sent to a provider is counted at the price
// list's cost, where it has one.
func (f *Flow) effectAtProvider(tx Tx, s *staged, e *Effect, sub *billing.Subscription) error {
	for i := range s.asked {
		p := &s.asked[i]
		if p.Subscription != sub.ID {
			continue
		}
		connection, err := tx.ConnectionGet(p.Connection)
		if err != nil {
			return err
		}
		if p.Order != nil {
			f.effectOfOrder(s, e, &connection, p.Order)
			return nil
		}
		seen, err := tx.HoldingsGet(p.Connection, []string{p.Change.Holding})
		if err != nil {
			return err
		}
		kept, known := seen[p.Change.Holding]
		if known {
			f.effectOfChange(s, e, &connection, &kept.Holding, p.Change)
		}
		return nil
	}
	if _, err := tx.HoldingOf(sub.ID); !errors.Is(err, ErrUnknown) {
		return err
	}
	return f.effectByList(s, e, sub)
}

// effectOfOrder counts a whole new subscription.
func (f *Flow) effectOfOrder(s *staged, e *Effect, connection *Connection, order *ProviderOrder) {
	row, known := s.catalog.CostOn(cmp.Or(connection.List, DefaultList), order.SKU, connection.Currency, order.TermMonths, order.Billing.Months, e.On)
	e.TakeBack = f.takenBackUntil(e.On, order.TermMonths)
	if !known {
		return
	}
	term := calendar.Period{From: e.On}
	if order.TermMonths > 0 {
		term.To = calendar.Earliest(e.On.AddMonths(order.TermMonths), order.EndsOn)
	}
	e.cost(&holdingCost{row, max(1, order.Billing.Months), order.TermMonths}, order.Quantity.Ratio(), term)
}

// effectOfChange counts the seats that a holding gets or gives back.
func (f *Flow) effectOfChange(s *staged, e *Effect, connection *Connection, h *Holding, change *ProviderChange) {
	more := money.Ratio{}
	switch {
	case change.Cancel:
		more = h.Quantity.Ratio().Neg()
	case change.HasQuantity:
		more = change.Quantity.Ratio().Sub(h.Quantity.Ratio())
	}
	if more.IsZero() {
		return
	}
	if more.Sign() > 0 {
		e.TakeBack = f.takenBackUntil(e.On, h.TermMonths)
	}
	term := f.termOf(h)
	locked := term.From
	if locked.IsZero() {
		locked = e.On
	}
	if cost, known := costOf(&s.catalog.Catalog, connection, h, locked); known {
		e.cost(&cost, more, term)
	}
}

// effectByList counts at the price list's cost.
func (f *Flow) effectByList(s *staged, e *Effect, sub *billing.Subscription) error {
	was, becomes := money.Ratio{}, money.Ratio{}
	if e.RunsBefore {
		was = e.Quantity.Ratio()
	}
	if e.RunsAfter {
		becomes = e.Becomes.Ratio()
	}
	more := becomes.Sub(was)
	if more.IsZero() {
		return nil
	}
	for _, list := range s.after.Lists {
		if row, known := s.catalog.CostOn(list, sub.SKU, e.Currency, sub.TermMonths, sub.Billing.Months, e.On); known {
			e.cost(&holdingCost{row, max(1, sub.Billing.Months), 0}, more, calendar.Period{})
			return nil
		}
	}
	return nil
}

// cost notes what so many seats more cost.
func (e *Effect) cost(cost *holdingCost, more money.Ratio, term calendar.Period) {
	each, err := money.RoundTo(cost.perPeriod(more), cost.row.Currency)
	if err != nil {
		return
	}
	c := EffectCost{Seats: money.DecimalFrom(more, 0, CostDigits), Price: cost.row.Cost, Unit: cost.row.Unit, Months: cost.periodMonths, Each: each, List: cost.row.List}
	if !term.Empty() && cost.termMonths > 0 {
		if c.Rest, err = money.RoundTo(cost.during(more, calendar.Latest(e.On, term.From).DaysUntil(term.To), term), cost.row.Currency); err == nil {
			c.Until = term.To
		}
	}
	e.Cost = &c
}

// takenBackUntil is the instant until which a provider takes back what is added on a day;
// none where there is no term to be let out of.
func (f *Flow) takenBackUntil(on calendar.Date, termMonths int) time.Time {
	if termMonths == 0 {
		return time.Time{}
	}
	at := f.Clock.Now()
	if midnight := f.midnight(on); midnight.After(at) {
		at = midnight
	}
	return at.Add(seatWindow)
}

package flow

import (
	"context"
	"fmt"
	"slices"

	"prorata/core/billing"
	"prorata/core/calendar"
)

// settle writes what an answer came to, with all that follows from it.
func (w *provisioner) settle(ctx context.Context, step *provisionStep, after Provision, answer *provisionAnswer) error {
	err := w.f.write(ctx, func(tx Tx) error {
		if err := tx.ProvisionUpdate(after, ProvisionSent, step.p.Attempts); err != nil {
			return err
		}
		switch after.State {
		case ProvisionFailed:
			return w.f.exceptProvision(tx, &after)
		case Provisioned:
			return w.provisioned(tx, &after, answer)
		case ProvisionAwaiting, ProvisionSent, ProvisionDropped:
		}
		return nil
	})
	if err == nil {
		w.counted(after.State)
	}
	return err
}

func (w *provisioner) counted(state ProvisionState) {
	switch state {
	case Provisioned:
		w.report.Done++
	case ProvisionFailed:
		w.report.Failed++
	case ProvisionAwaiting, ProvisionSent, ProvisionDropped:
		w.report.Waiting++
	}
}

// provisioned links what was ordered, takes the provider's dates for it, and
// settles what an earlier failure left open.
func (w *provisioner) provisioned(tx Tx, p *Provision, answer *provisionAnswer) error {
	now := w.f.Clock.Now()
	connection, err := tx.ConnectionGet(p.Connection)
	if err != nil {
		return err
	}
	if connection.State == ConnectionConsent {
		if err := tx.FactsHold(); err != nil {
			return err
		}
		if connection, err = tx.ConnectionGet(p.Connection); err != nil {
			return err
		}
		if err := w.f.letIn(tx, &connection); err != nil {
			return err
		}
		if _, err := tx.ConnectionPut(connection); err != nil {
			return err
		}
	}
	if err := w.overtaken(tx, p); err != nil {
		return err
	}
	if answer.holding == nil {
		return nil
	}
	h := *answer.holding
	switch {
	case h.Customer != "":
	case p.Order != nil:
		h.Customer = p.Order.Customer
	default:
		h.Customer = p.Change.Customer
	}
	if p.Order != nil {
		link := HoldingLink{Connection: p.Connection, Holding: h.ID, Subscription: p.Subscription, Contract: p.Contract}
		if _, err := tx.HoldingLinkPut(link); err != nil {
			return err
		}
		if err := w.startWithProvider(tx, p, &h); err != nil {
			return err
		}
	}
	return tx.HoldingPut(KeptHolding{Holding: h, Connection: p.Connection, SeenAt: now})
}

// overtaken drops earlier failures that ask for what has now been done, and
// closes their exceptions.
func (w *provisioner) overtaken(tx Tx, p *Provision) error {
	now := w.f.Clock.Now()
	if _, err := tx.ExceptionClose(NotProvisioned, fmt.Sprint(p.ID), "provisioned", now); err != nil {
		return err
	}
	if p.Change == nil || !p.Change.HasQuantity {
		return nil
	}
	list, err := tx.ProvisionsOf(p.Subscription)
	if err != nil {
		return err
	}
	for _, o := range list {
		if o.ID >= p.ID || o.State != ProvisionFailed || o.Change == nil || !o.Change.HasQuantity {
			continue
		}
		attempts := o.Attempts
		o.State, o.Why, o.ChangedAt = ProvisionDropped, fmt.Sprintf("overtaken by %d", p.ID), now
		if err := tx.ProvisionUpdate(o, ProvisionFailed, attempts); err != nil {
			return err
		}
		if _, err := tx.ExceptionClose(NotProvisioned, fmt.Sprint(o.ID), o.Why, now); err != nil {
			return err
		}
	}
	return nil
}

// startWithProvider takes the day on which a holding began in place of the one
// that was recorded: the start is taken back, and made anew with all that was
// recorded since. What cannot be moved so is an exception.
func (w *provisioner) startWithProvider(tx Tx, p *Provision, h *Holding) error {
	if h.StartsAt.IsZero() {
		return nil
	}
	book, err := tx.BookOpen(p.Contract)
	if err != nil {
		return err
	}
	on := dayOf(h.StartsAt, w.f.Zone)
	s := subscriptionIn(book, p.Subscription)
	if s == nil || !s.Entries[0].VoidedOn.IsZero() {
		return nil
	}
	start := billing.StateOn(&book.Contract, s, on).Start
	if start == on {
		return nil
	}
	catalog, err := tx.CatalogGet(true)
	if err != nil {
		return err
	}
	if id := billing.SubscriptionID(h.ID); movable(book, s) && subscriptionIn(book, id) == nil {
		events := restart(s, id, on, w.f.Today())
		r := w.f.newRecorder(tx, catalog, Actor{Who: "provisioning", Source: providerDoor(p.Connection)}, map[string]int{})
		for name, unit := range standardUnits() {
			if _, known := catalog.Units[name]; !known {
				catalog.Units[name] = unit
			}
		}
		r.opened[p.Contract], r.order = book, []billing.ContractID{p.Contract}
		for i := range events {
			if err := r.record(&events[i]); err != nil {
				return fmt.Errorf("%s: the provider's start on %s: %w", s.ID, on, err)
			}
		}
		if _, err := tx.HoldingLinkPut(HoldingLink{Connection: p.Connection, Holding: h.ID, Subscription: id, Contract: p.Contract}); err != nil {
			return err
		}
		return r.close()
	}
	now := w.f.Clock.Now()
	_, err = tx.ExceptionOpen(Exception{Kind: TermDiffers, Subject: h.ID, Connection: p.Connection, Account: book.Contract.Account, Subscription: s.ID, OpenedAt: now, SeenAt: now,
		Sentence: fmt.Sprintf("%s began on %s at the provider and on %s here", h.ID, on, start), Todo: "void the start here and subscribe it with the provider's day, or leave it as agreed"})
	return err
}

// movable says whether a start can be made anew: nothing hangs on it or waits.
func movable(book *OpenBook, s *billing.Subscription) bool {
	waits := slices.ContainsFunc(s.Entries, func(e billing.Entry) bool { return e.Waiting && e.ReleasedOn.IsZero() })
	return !waits && s.Parent == "" && s.Kind != billing.Usage && !hasChildren(book, s.ID)
}

// restart are the events that move a subscription's start to another day.
func restart(s *billing.Subscription, id billing.SubscriptionID, on, today calendar.Date) []Event {
	at := Source{File: "provisioning"}
	first := &s.Entries[0]
	events := []Event{
		{At: at, Do: DoVoid, On: today, Effective: today, ID: fmt.Sprintf("%s~restart", s.ID), Voids: string(s.ID), FromProvider: true},
		{
			At: at, Do: DoSubscribe, On: today, Effective: on, ID: string(id), Contract: s.Contract, SKU: s.SKU, Quantity: first.Quantity, HasQuantity: true,
			TermMonths: s.TermMonths, Billing: s.Billing, Unit: s.PriceUnit, Price: first.Price, HasPrice: first.HasPrice,
			AutoRenew: first.AutoRenew, HasAutoRenew: first.HasAutoRenew, Discount: s.Discount, PerParent: s.PerParent,
			Markup: s.Markup, HasMarkup: s.HasMarkup, Minimum: s.Minimum, HasMinimum: s.HasMinimum, Smooth: s.Smooth, FromProvider: true,
		},
	}
	if s.Ends.After(on) {
		events[1].Ends = s.Ends
	}
	for i := range s.Entries[1:] {
		e := &s.Entries[1+i]
		if !e.VoidedOn.IsZero() {
			continue
		}
		events = append(events, Event{
			At: at, Do: entryEvents[e.Verb], On: today, Effective: calendar.Latest(calendar.Latest(e.EffectiveOn, e.ReleasedOn), on), Subscription: id,
			ID: fmt.Sprintf("%s~restart#%d", id, i+1), Quantity: e.Quantity, HasQuantity: e.HasQuantity, Price: e.Price, HasPrice: e.HasPrice,
			AutoRenew: e.AutoRenew, HasAutoRenew: e.HasAutoRenew, FromProvider: true,
		})
	}
	return events
}

// entryEvents pairs the verbs of a subscription's log with the events that make them.
var entryEvents = [...]EventVerb{
	billing.Subscribe: DoSubscribe, billing.SetQuantity: DoQuantity, billing.SetPrice: DoPrice, billing.Cancel: DoCancel,
	billing.Suspend: DoSuspend, billing.Resume: DoResume, billing.ScheduleChange: DoSchedule,
}

// ProvisionRetry tries what failed again. What may have been done is asked for
// under its old reference; what the provider refused is a new request, with the
// seats that the log has now.
func (f *Flow) ProvisionRetry(ctx context.Context, id int64, actor Actor) error {
	return f.onFailed(ctx, id, func(tx Tx, p Provision) error {
		attempts, now := p.Attempts, f.Clock.Now()
		p.NextAt, p.ChangedAt = now, now
		if p.Code == codeUnanswered {
			p.State, p.Todo = ProvisionSent, ""
			return tx.ProvisionUpdate(p, ProvisionFailed, attempts)
		}
		again := p
		again.State, again.Attempts, again.Code, again.Why, again.Todo, again.Who, again.Source = ProvisionAwaiting, 0, "", "", "", actor.Who, actor.Source
		p.State, p.Why = ProvisionDropped, "tried again by "+actor.Who
		if err := tx.ProvisionUpdate(p, ProvisionFailed, attempts); err != nil {
			return err
		}
		return f.addProvision(tx, again)
	}, "tried again by "+actor.Who)
}

// ProvisionDrop gives up what failed: the next sync takes what the provider says.
func (f *Flow) ProvisionDrop(ctx context.Context, id int64, actor Actor) error {
	return f.onFailed(ctx, id, func(tx Tx, p Provision) error {
		p.State, p.Why, p.ChangedAt = ProvisionDropped, "dropped by "+actor.Who, f.Clock.Now()
		return tx.ProvisionUpdate(p, ProvisionFailed, p.Attempts)
	}, "dropped by "+actor.Who)
}

func (f *Flow) onFailed(ctx context.Context, id int64, do func(Tx, Provision) error, by string) error {
	return f.write(ctx, func(tx Tx) error {
		failed, err := tx.ProvisionList("", ProvisionFailed, provisionsMost)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(failed, func(p Provision) bool { return p.ID == id })
		if at < 0 {
			return &billing.Refusal{Code: "not_failed", Sentence: fmt.Sprintf("provision %d has not failed: there is nothing to do about it", id)}
		}
		if err := do(tx, failed[at]); err != nil {
			return err
		}
		_, err = tx.ExceptionClose(NotProvisioned, fmt.Sprint(id), by, f.Clock.Now())
		return err
	})
}

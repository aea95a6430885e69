package flow

import (
	"context"
	"errors"
	"fmt"
	"time"

	"prorata/core/billing"
	"prorata/core/money"
)

// Provisioner is the part of a provider that changes are carried out with.
type Provisioner interface {
	Abilities() Abilities
	HoldingGet(ctx context.Context, customer, id string) (Holding, error)
	ProviderOrders
}

// ProvisionReport counts what became of changes on their way to a provider.
type ProvisionReport struct {
	Done, Failed, Waiting, Dropped int
	// Stopped says why the provider was not asked for the rest; empty if it was.
	Stopped string
}

// provisionsMost bounds a list of provisions; provisionsAtOnce is how many are read together.
const (
	provisionsMost   = 100_000
	provisionsAtOnce = 100
)

// Provision carries out the changes of a connection whose time has come, oldest
// first. Each is marked as sent before it is sent, under a reference that stays
// the same on every try: it may be stopped anywhere and run twice at once, and
// nothing is ordered twice.
func (f *Flow) Provision(ctx context.Context, id ConnectionID, provider Provisioner) (report ProvisionReport, err error) {
	w := &provisioner{f: f, connection: id, provider: provider, report: &report, now: f.Clock.Now(), seen: map[int64]bool{}}
	if err := w.ready(ctx); err != nil {
		return report, err
	}
	for {
		var due []Provision
		err := f.Store.Read(ctx, func(tx Tx) error {
			due, err = tx.ProvisionsDue(id, w.now, provisionsAtOnce)
			return err
		})
		if err != nil {
			return report, err
		}
		worked := false
		for i := range due {
			if w.seen[due[i].ID] {
				continue
			}
			worked, w.seen[due[i].ID] = true, true
			stop, err := w.one(ctx, due[i])
			if errors.Is(err, ErrMoved) {
				continue // Another had it first.
			}
			if err != nil || stop {
				return report, err
			}
		}
		if !worked {
			return report, nil
		}
	}
}

// provisioner is one working through the changes of a connection.
type provisioner struct {
	f          *Flow
	connection ConnectionID
	provider   Provisioner
	report     *ProvisionReport
	now        time.Time
	// seen are those that this pass has had: each is tried once in it.
	seen map[int64]bool
}

func (w *provisioner) ready(ctx context.Context) error {
	return w.f.Store.Read(ctx, func(tx Tx) error {
		connection, err := tx.ConnectionGet(w.connection)
		if err != nil {
			return fmt.Errorf("provision %s: %w", w.connection, err)
		}
		if connection.State == ConnectionOff {
			return &billing.Refusal{Code: "connection_off", Sentence: fmt.Sprintf("connection %s is switched off", w.connection)}
		}
		return nil
	})
}

// one takes a provision one step: decide and note it, ask, note the answer.
func (w *provisioner) one(ctx context.Context, p Provision) (stop bool, err error) {
	var step provisionStep
	err = w.f.Store.Write(ctx, func(tx Tx) error {
		c, err := w.caseOf(tx, &p)
		if err != nil {
			return err
		}
		step = planProvision(c)
		return w.note(tx, &p, &step)
	})
	if err != nil || step.do != doSend {
		w.count(step.do, err)
		return false, err
	}
	answer := w.ask(ctx, &p, &step)
	if ctx.Err() != nil {
		return true, ctx.Err()
	}
	after, stop := afterAnswer(step.p, p.State, &answer, w.f.Clock.Now())
	if stop {
		after.Attempts = p.Attempts
		w.report.Stopped = after.Why
	}
	if errors.Is(answer.err, ErrConsent) {
		if err := w.f.consentLost(ctx, w.connection, answer.err); err != nil {
			return true, err
		}
	}
	return stop, w.settle(ctx, &step, after, &answer)
}

func (w *provisioner) count(do provisionDo, err error) {
	if err != nil {
		return
	}
	switch do {
	case doWait:
		w.report.Waiting++
	case doDrop, doReplace:
		w.report.Dropped++
	case doFail:
		w.report.Failed++
	case doSend:
	}
}

// note writes what was decided. p is the provision as it was read.
func (w *provisioner) note(tx Tx, p *Provision, step *provisionStep) error {
	if err := tx.ProvisionUpdate(step.p, p.State, p.Attempts); err != nil {
		return err
	}
	switch step.do {
	case doFail:
		return w.f.exceptProvision(tx, &step.p)
	case doReplace:
		again := *p
		again.NextAt = w.now
		if p.Order != nil {
			again.Order = &step.order
		} else {
			again.Change = &step.change
		}
		return w.f.addProvision(tx, again)
	case doSend, doWait, doDrop:
	}
	return nil
}

// exceptProvision puts what did not reach its provider before a person.
func (f *Flow) exceptProvision(tx Tx, p *Provision) error {
	contract, err := tx.ContractGet(p.Contract)
	if err != nil {
		return err
	}
	now := f.Clock.Now()
	_, err = tx.ExceptionOpen(Exception{Kind: NotProvisioned, Subject: fmt.Sprint(p.ID), Connection: p.Connection, Account: contract.Account,
		Subscription: p.Subscription, OpenedAt: now, SeenAt: now, Sentence: fmt.Sprintf("%s: %s did not reach %s: %s", p.Subscription, p.Words(), p.Connection, p.Why), Todo: p.Todo})
	return err
}

// Words say what a provision asks for.
func (p *Provision) Words() string {
	if p.Order != nil {
		return fmt.Sprintf("the order of %s seats of %s", p.Order.Quantity, p.Order.SKU)
	}
	c := p.Change
	switch {
	case c.Cancel:
		return "the cancellation"
	case c.HasQuantity:
		return fmt.Sprintf("the change to %s seats", c.Quantity)
	case c.Suspend:
		return "the suspension"
	case c.Resume:
		return "the end of the suspension"
	}
	return "what is to become of it at renewal"
}

// caseOf reads what decides.
func (w *provisioner) caseOf(tx Tx, p *Provision) (*provisionCase, error) {
	c := &provisionCase{p: p, abilities: w.provider.Abilities(), now: w.now}
	book, err := tx.BookRead(p.Contract)
	if err != nil {
		return nil, err
	}
	s := subscriptionIn(book, p.Subscription)
	if s == nil {
		c.voided = true
		return c, nil
	}
	for i := range s.Entries {
		if e := &s.Entries[i]; e.Seq == p.LogSeq {
			c.voided = !e.VoidedOn.IsZero()
			c.waiting = e.Waiting && e.ReleasedOn.IsZero()
		}
	}
	own, err := tx.ProvisionsOf(p.Subscription)
	if err != nil {
		return nil, err
	}
	for i := range own {
		if o := &own[i]; o.Order != nil && (o.State == ProvisionAwaiting || o.State == ProvisionSent) {
			c.ordering = true
		}
	}
	if err := w.place(tx, p, c, book, own); err != nil {
		return nil, err
	}
	if p.Order != nil {
		if id, ours := addOnOf(p.Order); ours {
			link, err := tx.HoldingOf(billing.SubscriptionID(id))
			if err != nil && !errors.Is(err, ErrUnknown) {
				return nil, err
			}
			c.parent = link.Holding
		}
	}
	return c, nil
}

// place finds the holding, what else is on its way to it, and the seats that all
// its subscriptions want.
func (w *provisioner) place(tx Tx, p *Provision, c *provisionCase, book *OpenBook, own []Provision) error {
	link, err := tx.HoldingOf(p.Subscription)
	if err != nil && !errors.Is(err, ErrUnknown) {
		return err
	}
	r := &recorder{tx: tx, f: w.f}
	if err != nil {
		c.earlier = goesFirst(own, p, w.now)
		link = HoldingLink{Connection: p.Connection, Subscription: p.Subscription, Contract: p.Contract}
	}
	c.holding = link.Holding
	total, _, err := r.totals(link, book, book, w.f.Today())
	if err != nil {
		return err
	}
	c.wanted = total.seats
	if p.Order != nil && p.State == ProvisionAwaiting {
		c.wanted = wantedOnStart(book, p.Subscription, total.seats, w.f)
	}
	if link.Holding == "" {
		return nil
	}
	all, err := tx.HoldingLinks(link.Connection, []string{link.Holding})
	if err != nil {
		return err
	}
	for _, other := range all[link.Holding] {
		provisions, err := tx.ProvisionsOf(other.Subscription)
		if err != nil {
			return err
		}
		c.earlier = c.earlier || goesFirst(provisions, p, w.now)
	}
	return nil
}

// wantedOnStart is the seats of an order: those of today, or of the first day if
// that has not come.
func wantedOnStart(book *OpenBook, id billing.SubscriptionID, today money.Ratio, f *Flow) money.Ratio {
	s := subscriptionIn(book, id)
	state := billing.StateOn(&book.Contract, s, f.Today())
	if !state.Exists || !f.Today().Before(state.Start) {
		return today
	}
	return BilledSeats(book, s, state.Start)
}

// goesFirst says whether an earlier one has to be done before a provision: it is
// under way or its time has come, and nothing here keeps it.
func goesFirst(list []Provision, p *Provision, now time.Time) bool {
	for i := range list {
		o := &list[i]
		if o.ID >= p.ID || (o.State == ProvisionAwaiting && o.Attempts == 0 && (o.Code == codeHeld || o.NextAt.After(now) && o.Code == "")) {
			continue
		}
		if o.State == ProvisionSent || o.State == ProvisionAwaiting {
			return true
		}
	}
	return false
}

// ask sends it, or finds out what became of it.
func (w *provisioner) ask(ctx context.Context, was *Provision, step *provisionStep) (a provisionAnswer) {
	if was.Order != nil {
		a = w.askOrder(ctx, step)
		if a.err != nil || a.receipt.State != ReceiptDone || a.receipt.Holding == "" {
			return a
		}
		// Without a look at it, it stays as ordered: its days are read on the next try.
		if holding, err := w.provider.HoldingGet(ctx, step.order.Customer, a.receipt.Holding); err == nil {
			a.holding = &holding
		}
		return a
	}
	if step.find {
		holding, err := w.provider.HoldingGet(ctx, step.change.Customer, step.change.Holding)
		switch {
		case err == nil && shows(&step.change, &holding):
			a.receipt.State, a.holding = ReceiptDone, &holding
			return a
		case err == nil && was.Code == codePending:
			a.receipt.State = ReceiptPending
			return a
		case err != nil && !errors.Is(err, ErrNotOffered):
			a.err, a.looking = err, true
			return a
		}
	}
	if a.receipt, a.err = w.provider.Change(ctx, step.change); a.err == nil && a.receipt.State == ReceiptDone {
		if holding, err := w.provider.HoldingGet(ctx, step.change.Customer, step.change.Holding); err == nil {
			a.holding = &holding
		}
	}
	return a
}

func (w *provisioner) askOrder(ctx context.Context, step *provisionStep) (a provisionAnswer) {
	if step.find {
		a.receipt, a.err = w.provider.OrderFind(ctx, step.order)
		if !errors.Is(a.err, ErrUnknown) && !errors.Is(a.err, ErrNotOffered) {
			a.looking = a.err != nil
			return a
		}
	}
	a.receipt, a.err = w.provider.Order(ctx, step.order)
	return a
}

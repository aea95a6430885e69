package flow

import (
	"context"
	"errors"
	"fmt"
	"time"

	"prorata/core/money"
)

// The codes of provisions that are not the provider's own.
const (
	codeHeld       = "held"
	codeEarlier    = "earlier"
	codeNotOrdered = "not_ordered"
	codeParent     = "parent"
	codeNotOffered = "not_offered"
	codeUnanswered = "unanswered"
	codeThrottled  = "throttled"
	codeConsent    = "consent"
	codePending    = "pending"
	codeFailed     = "failed"
)

// provisionCase is all that decides what becomes of a provision whose time has come.
type provisionCase struct {
	p         *Provision
	abilities Abilities
	now       time.Time
	// voided says that its fact was taken back, waiting that credit hold keeps it.
	voided, waiting bool
	// earlier says that another change of the same holding goes first.
	earlier bool
	// holding is the linked one, or empty; ordering that its order is on its way.
	holding  string
	ordering bool
	// parent is the holding that an add-on is for, once there is one.
	parent string
	// wanted is the seats that the log has today.
	wanted money.Ratio
}

// provisionDo says what to do with a provision.
type provisionDo uint8

const (
	doSend provisionDo = iota
	doWait
	doDrop
	doFail
	// doReplace drops it for one with the seats that are wanted now.
	doReplace
)

// provisionStep is what should happen to a provision: it is p afterwards.
type provisionStep struct {
	do provisionDo
	p  Provision
	// order and change are what is sent; find says that it may have been done before.
	order  ProviderOrder
	change ProviderChange
	find   bool
}

// waitAgain is after how long something that waits for something here is looked at again.
const waitAgain = 15 * time.Minute

// attemptsMost is how often the same thing is tried before a person is asked.
const attemptsMost = 12

// backOff is how long to wait after so many tries: from a minute, doubled each
// time, up to six hours.
func backOff(attempts int) time.Duration {
	wait := time.Minute << min(max(attempts-1, 0), 9)
	return min(wait, 6*time.Hour)
}

// planProvision decides. It is pure.
func planProvision(c *provisionCase) provisionStep {
	step := provisionStep{p: *c.p, find: c.p.State == ProvisionSent}
	step.p.ChangedAt = c.now
	end := func(do provisionDo, state ProvisionState, code, why, todo string) provisionStep {
		step.do, step.p.State, step.p.Code, step.p.Why, step.p.Todo = do, state, code, why, todo
		return step
	}
	wait := func(code, why string) provisionStep {
		step.do, step.p.Code, step.p.Why, step.p.NextAt = doWait, code, why, c.now.Add(waitAgain)
		return step
	}
	unsent := c.p.State == ProvisionAwaiting && c.p.Attempts == 0
	if unsent {
		switch {
		case c.voided:
			return end(doDrop, ProvisionDropped, "", "taken back here before it was sent", "")
		case c.waiting:
			return wait(codeHeld, "credit hold keeps it")
		case c.earlier && c.p.Change != nil:
			return wait(codeEarlier, "an earlier change of the same subscription goes first")
		case !offered(c.p, &c.abilities):
			return end(doFail, ProvisionFailed, codeNotOffered, "the provider has no way to be asked for this", "do it by hand at the provider; the next sync finds it")
		}
	}
	if c.p.Order != nil {
		return c.planOrder(step, unsent, wait, end)
	}
	switch {
	case c.holding == "" && c.ordering:
		return wait(codeNotOrdered, "its order is on its way")
	case c.holding == "":
		return end(doFail, ProvisionFailed, codeNotOrdered, "the subscription is not at the provider: it was not ordered", "order it, or link it to its holding")
	case unsent && c.p.Change.HasQuantity && c.wanted.Sign() == 0:
		return end(doDrop, ProvisionDropped, "", "it has ended here before this was sent", "")
	case unsent && c.p.Change.HasQuantity && wholeSeats(c.wanted).Cmp(c.p.Change.Quantity) != 0:
		change := *c.p.Change
		change.Quantity, change.Holding = wholeSeats(c.wanted), c.holding
		step = end(doReplace, ProvisionDropped, "", "the seats have changed before it was sent", "")
		step.change = change
		return step
	}
	change := *c.p.Change
	change.Holding = c.holding
	step.p.Change, step.change = &change, change
	return step.sending(c)
}

func (c *provisionCase) planOrder(step provisionStep, unsent bool, wait func(code, why string) provisionStep, end func(do provisionDo, state ProvisionState, code, why, todo string) provisionStep) provisionStep {
	step.order = *c.p.Order
	if _, ours := addOnOf(c.p.Order); ours {
		if c.parent == "" {
			return wait(codeParent, "what it is an add-on to is not at the provider yet")
		}
		step.order.Parent = c.parent
	}
	if unsent && c.wanted.Sign() == 0 {
		return end(doDrop, ProvisionDropped, "", "it has ended here before it was ordered", "")
	}
	if unsent && wholeSeats(c.wanted).Cmp(c.p.Order.Quantity) != 0 {
		order := *c.p.Order
		order.Quantity = wholeSeats(c.wanted)
		replaced := end(doReplace, ProvisionDropped, "", "the seats have changed before it was ordered", "")
		replaced.order = order
		return replaced
	}
	return step.sending(c)
}

// sending marks a provision as sent before it is: whatever happens then, it is
// known that it may have been done.
func (step provisionStep) sending(c *provisionCase) provisionStep {
	step.do = doSend
	step.p.State = ProvisionSent
	step.p.Attempts++
	step.p.NextAt = c.now.Add(backOff(step.p.Attempts))
	return step
}

// addOnOf is the subscription that an order is an add-on to, where that is ours.
func addOnOf(order *ProviderOrder) (id string, ours bool) {
	if len(order.Parent) > len(addOnMark) && order.Parent[:len(addOnMark)] == addOnMark {
		return order.Parent[len(addOnMark):], true
	}
	return "", false
}

func offered(p *Provision, a *Abilities) bool {
	if p.Order != nil {
		return a.Order
	}
	c := p.Change
	return (!c.HasQuantity || a.Change) && (!(c.Suspend || c.Resume) || a.Suspend) && (!c.Cancel || a.Cancel) &&
		(!(c.Next != nil || c.NextNone || c.HasAutoRenew) || a.Schedule)
}

// provisionAnswer is what came of asking a provider.
type provisionAnswer struct {
	receipt ProviderReceipt
	// holding is what it is now, where it was read.
	holding *Holding
	err     error
	// looking says that the error is of a look at the provider, not of what was
	// asked: that may have been done all the same.
	looking bool
}

// afterAnswer decides what a provision is after an answer. stop says that the
// provider is not to be asked for anything more now.
func afterAnswer(sent Provision, was ProvisionState, a *provisionAnswer, now time.Time) (p Provision, stop bool) {
	p = sent
	p.ChangedAt, p.Code, p.Why, p.Todo = now, "", "", ""
	if p.Order != nil {
		order := *p.Order
		if a.receipt.Cart != "" {
			order.Cart = a.receipt.Cart
		}
		if a.receipt.Number != "" {
			order.Number = a.receipt.Number
		}
		p.Order = &order
	}
	var refused *ProviderRefusal
	switch {
	case a.err == nil:
		afterReceipt(&p, a)
	case errors.Is(a.err, ErrConsent), errors.Is(a.err, ErrThrottled):
		// Not let in: nothing was done by this try, unless an earlier part of it was.
		p.Code, p.Why = codeThrottled, a.err.Error()
		if errors.Is(a.err, ErrConsent) {
			p.Code = codeConsent
		}
		if !errors.Is(a.err, ErrUnanswered) {
			p.State = was
		}
		return p, true
	case a.looking, errors.Is(a.err, ErrUnanswered):
		// Also beside the provider's words for a failure: it may have been done all the same.
		p.State, p.Code, p.Why = ProvisionSent, codeUnanswered, a.err.Error()
	case errors.Is(a.err, ErrNotOffered):
		p.State, p.Code, p.Why, p.Todo = ProvisionFailed, codeNotOffered, a.err.Error(), "do it by hand at the provider; the next sync finds it"
	case errors.As(a.err, &refused):
		p.State, p.Code, p.Why, p.Todo = ProvisionFailed, refused.Code, refused.Sentence, refused.Todo
	default:
		p.State, p.Code, p.Why = ProvisionSent, codeUnanswered, a.err.Error()
	}
	if p.State == ProvisionSent && p.Attempts%attemptsMost == 0 {
		p.State, p.Todo = ProvisionFailed, "look at the provider whether it was done; then try again or drop it"
		p.Why = fmt.Sprintf("no end after %d tries: %s", p.Attempts, p.Why)
		p.Code = codeUnanswered
	}
	return p, errors.Is(a.err, context.Canceled) || errors.Is(a.err, context.DeadlineExceeded)
}

func afterReceipt(p *Provision, a *provisionAnswer) {
	switch a.receipt.State {
	case ReceiptFailed:
		p.State, p.Code, p.Why, p.Todo = ProvisionFailed, codeFailed, a.receipt.Why, "settle it at the provider; then try again or drop it"
	case ReceiptPending:
		p.State, p.Code, p.Why = ProvisionSent, codePending, "the provider works on it"
	case ReceiptDone:
		if p.State = Provisioned; p.Order != nil && a.holding == nil {
			p.State, p.Code, p.Why = ProvisionSent, codePending, "it is ordered; the provider does not show the subscription yet"
		}
	}
}

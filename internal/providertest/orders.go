package providertest

import (
	"errors"
	"fmt"
	"slices"

	"prorata/core/money"
	"prorata/flow"
)

// orderable is the fixture's order under a reference, and what the customer
// holds before it.
func orderable(v *verdict, f Fixture, n int) (order flow.ProviderOrder, before []string, ok bool) {
	if !f.Provider.Abilities().Order || f.Order == nil {
		v.skip("no orders")
		return order, nil, false
	}
	order = *f.Order
	order.Reference = reference(n)
	return order, held(v, f, order.Customer), true
}

func held(v *verdict, f Fixture, customer string) (ids []string) {
	for _, h := range whole(v, "holdings of "+customer, f.Provider.Holdings(v.ctx, customer)) {
		ids = append(ids, h.ID)
	}
	slices.Sort(ids)
	return ids
}

// placed sees that exactly so many holdings came of it.
func placed(v *verdict, f Fixture, customer string, before []string, want int) {
	f.settle()
	var fresh []string
	for _, id := range held(v, f, customer) {
		if !slices.Contains(before, id) {
			fresh = append(fresh, id)
		}
	}
	if len(fresh) != want {
		v.say("%d holdings came of it: %q (expected %d)", len(fresh), fresh, want)
	}
}

func orderedOnce(v *verdict, f Fixture) {
	order, before, ok := orderable(v, f, 1)
	if !ok {
		return
	}
	if _, err := f.Provider.OrderFind(v.ctx, order); !errors.Is(err, flow.ErrUnknown) {
		v.say("OrderFind before the order: %v (expected ErrUnknown)", err)
	}
	first, err := f.Provider.Order(v.ctx, order)
	if !v.must("Order", err) {
		return
	}
	again, err := f.Provider.Order(v.ctx, order)
	if v.must("Order again under the same reference", err) && (first.Number == "" || again.Number != first.Number) {
		v.say("ordered twice under one reference: number %q, then %q", first.Number, again.Number)
	}
	placed(v, f, order.Customer, before, 1)
	found, err := f.Provider.OrderFind(v.ctx, order)
	if !v.must("OrderFind", err) {
		return
	}
	if found.Number != first.Number || found.State != flow.ReceiptDone {
		v.say("OrderFind: %+v (expected number %s, done)", found, first.Number)
	}
	h, err := f.Provider.HoldingGet(v.ctx, order.Customer, found.Holding)
	if v.must("HoldingGet of what was ordered", err) && (h.SKU != order.SKU || !same(h.Quantity, order.Quantity)) {
		v.say("%s × %s was ordered, and %s × %s is held", order.Quantity, order.SKU, h.Quantity, h.SKU)
	}
	other := order
	other.Reference = reference(2)
	second, err := f.Provider.Order(v.ctx, other)
	if v.must("Order under another reference", err) && second.Number == first.Number {
		v.say("the same under another reference gives order %s again", first.Number)
	}
	placed(v, f, order.Customer, before, 2)
}

func orderFound(v *verdict, f Fixture) {
	order, before, ok := orderable(v, f, 3)
	if !ok || f.LoseAnswer == nil {
		v.skip("no orders, or no answers are lost")
		return
	}
	f.LoseAnswer()
	lost, err := f.Provider.Order(v.ctx, order)
	if err != nil && !errors.Is(err, flow.ErrUnanswered) {
		v.say("the answer to an order was lost: %v (expected ErrUnanswered, or the receipt after all)", err)
	}
	found, err := f.Provider.OrderFind(v.ctx, order)
	if !v.must("OrderFind of an order whose answer was lost", err) {
		return
	}
	if lost.Number != "" && lost.Number != found.Number {
		v.say("the receipt says order %s, and OrderFind %s", lost.Number, found.Number)
	}
	again, err := f.Provider.Order(v.ctx, order)
	if v.must("Order after a lost answer", err) && again.Number != found.Number {
		v.say("order %s was placed, and sent again it is %s", found.Number, again.Number)
	}
	placed(v, f, order.Customer, before, 1)
}

func orderLost(v *verdict, f Fixture) {
	order, before, ok := orderable(v, f, 4)
	if !ok || f.LoseRequest == nil {
		v.skip("no orders, or no requests are lost")
		return
	}
	f.LoseRequest()
	if _, err := f.Provider.Order(v.ctx, order); err != nil && !errors.Is(err, flow.ErrUnanswered) {
		v.say("an order was lost: %v (expected ErrUnanswered, or the receipt after all)", err)
	}
	if _, err := f.Provider.Order(v.ctx, order); !v.must("Order after it was lost", err) {
		return
	}
	placed(v, f, order.Customer, before, 1)
}

// change sends a change of the fixture's holding and gives it as it is then.
func change(v *verdict, f Fixture, n int, what string, set func(*flow.ProviderChange)) (flow.Holding, bool) {
	c := flow.ProviderChange{Reference: reference(n), Customer: f.Change.Customer, Holding: f.Change.Holding}
	set(&c)
	receipt, err := f.Provider.Change(v.ctx, c)
	if !v.must(what, err) {
		return flow.Holding{}, false
	}
	if receipt.State == flow.ReceiptFailed {
		v.say("%s: the receipt says that it failed: %s", what, receipt.Why)
	}
	f.settle()
	h, err := f.Provider.HoldingGet(v.ctx, c.Customer, c.Holding)
	return h, v.must("HoldingGet after "+what, err)
}

func changeable(v *verdict, f Fixture, offered bool) bool {
	if !offered || f.Change == nil {
		v.skip("not offered, or nothing to change")
		return false
	}
	return true
}

func changed(v *verdict, f Fixture) {
	if !changeable(v, f, f.Provider.Abilities().Change) {
		return
	}
	for range 2 {
		h, ok := change(v, f, 10, "a change of quantity", func(c *flow.ProviderChange) { c.Quantity, c.HasQuantity = f.Change.Quantity, true })
		if ok && !same(h.Quantity, f.Change.Quantity) {
			v.say("the quantity was changed to %s, and is %s", f.Change.Quantity, h.Quantity)
		}
	}
	listed := false
	for _, h := range whole(v, "holdings", f.Provider.Holdings(v.ctx, f.Change.Customer)) {
		listed = listed || (h.ID == f.Change.Holding && same(h.Quantity, f.Change.Quantity))
	}
	if !listed {
		v.say("the change of %s cannot be seen in the list", f.Change.Holding)
	}
	c := flow.ProviderChange{Reference: reference(11), Customer: f.Change.Customer, Holding: reference(404), Quantity: money.DecimalOf(1), HasQuantity: true}
	if _, err := f.Provider.Change(v.ctx, c); err == nil {
		v.say("a holding that does not exist was changed")
	}
}

func unrenewed(v *verdict, f Fixture) {
	if f.RenewalIsFixed || !changeable(v, f, f.Provider.Abilities().Change) {
		v.skip("renewal is not switched here")
		return
	}
	before, err := f.Provider.HoldingGet(v.ctx, f.Change.Customer, f.Change.Holding)
	if v.must("HoldingGet", err) && !before.AutoRenew {
		v.say("the fixture's holding does not renew, so that nothing is seen")
	}
	if h, ok := change(v, f, 12, "renewal off", func(c *flow.ProviderChange) { c.HasAutoRenew = true }); ok && h.AutoRenew {
		v.say("renewal was switched off, and is on")
	}
}

func scheduled(v *verdict, f Fixture) {
	if f.Next == nil || !changeable(v, f, f.Provider.Abilities().Schedule) {
		v.skip("nothing is scheduled")
		return
	}
	h, ok := change(v, f, 13, "scheduling", func(c *flow.ProviderChange) { c.Next = f.Next })
	if ok && (h.Next == nil || (f.Next.HasQuantity && !same(h.Next.Quantity, f.Next.Quantity)) || (f.Next.TermMonths != 0 && h.Next.TermMonths != f.Next.TermMonths)) {
		v.say("%+v was scheduled, and it says %s", *f.Next, written(h))
	}
	if h, ok := change(v, f, 14, "taking back what is scheduled", func(c *flow.ProviderChange) { c.NextNone = true }); ok && h.Next != nil {
		v.say("what was scheduled was taken back, and is there: %+v", *h.Next)
	}
}

func suspended(v *verdict, f Fixture) {
	if !changeable(v, f, f.Provider.Abilities().Suspend) {
		return
	}
	if h, ok := change(v, f, 15, "suspension", func(c *flow.ProviderChange) { c.Suspend = true }); ok && h.Status != flow.HoldingSuspended {
		v.say("suspended, and its status is %s", h.StatusText)
	}
	if h, ok := change(v, f, 16, "resumption", func(c *flow.ProviderChange) { c.Resume = true }); ok && h.Status != flow.HoldingActive {
		v.say("resumed, and its status is %s", h.StatusText)
	}
}

func cancelled(v *verdict, f Fixture) {
	if !changeable(v, f, f.Provider.Abilities().Cancel) {
		return
	}
	for range 2 {
		h, ok := change(v, f, 17, "cancellation", func(c *flow.ProviderChange) { c.Cancel = true })
		if ok && (h.Status == flow.HoldingActive || h.Status == flow.HoldingPending || h.Status == flow.HoldingUnknown) {
			v.say("cancelled, and its status is %s", h.StatusText)
		}
	}
}

func changeLost(v *verdict, f Fixture) {
	if f.LoseAnswer == nil || !changeable(v, f, f.Provider.Abilities().Change) {
		v.skip("no changes, or no answers are lost")
		return
	}
	c := flow.ProviderChange{
		Reference: reference(18), Customer: f.Change.Customer, Holding: f.Change.Holding, Quantity: f.Change.Quantity, HasQuantity: true,
	}
	f.LoseAnswer()
	if _, err := f.Provider.Change(v.ctx, c); err != nil && !errors.Is(err, flow.ErrUnanswered) {
		v.say("the answer to a change was lost: %v (expected ErrUnanswered, or the receipt after all)", err)
	}
	if h, ok := change(v, f, 18, "the change sent again", func(again *flow.ProviderChange) { *again = c }); ok && !same(h.Quantity, c.Quantity) {
		v.say("changed twice to %s, and it is %s", c.Quantity, h.Quantity)
	}
}

func refused(v *verdict, f Fixture) {
	if f.RefusedOrder == nil && f.RefusedChange == nil {
		v.skip("nothing is refused")
		return
	}
	if f.RefusedOrder != nil {
		order := *f.RefusedOrder
		order.Reference = reference(20)
		before := held(v, f, order.Customer)
		_, err := f.Provider.Order(v.ctx, order)
		isRefusal(v, "the order", err)
		placed(v, f, order.Customer, before, 0)
	}
	if f.RefusedChange == nil {
		return
	}
	c := *f.RefusedChange
	c.Reference = reference(21)
	before, err := f.Provider.HoldingGet(v.ctx, c.Customer, c.Holding)
	v.must("HoldingGet", err)
	_, err = f.Provider.Change(v.ctx, c)
	isRefusal(v, "the change", err)
	f.settle()
	after, err := f.Provider.HoldingGet(v.ctx, c.Customer, c.Holding)
	if v.must("HoldingGet", err) && written(before) != written(after) {
		v.say("a refused change changed\n%s\nto\n%s", written(before), written(after))
	}
}

func isRefusal(v *verdict, what string, err error) {
	var no *flow.ProviderRefusal
	if !errors.As(err, &no) {
		v.say("%s should be refused: %v (expected a ProviderRefusal)", what, err)
		return
	}
	if no.Code == "" || no.Sentence == "" || no.Todo == "" {
		v.say("%s is refused without %s", what, fmt.Sprintf("code, sentence or what to do: %+v", *no))
	}
}

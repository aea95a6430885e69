package flow_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/flow"
)

// order subscribes for a year at the provider.
func order(id, sku, seats string) flow.Event {
	return flow.Event{Do: flow.DoSubscribe, ID: id, Contract: "acme-1", SKU: sku, Quantity: decimal(seats), HasQuantity: true, TermMonths: 12, Billing: monthly,
		Order: flow.OrderAsk{Connection: connection}}
}

func seats(id, n string) flow.Event {
	return flow.Event{Do: flow.DoQuantity, Subscription: billing.SubscriptionID(id), Quantity: decimal(n), HasQuantity: true}
}

func (o *office) later(d time.Duration) { o.clock.at = o.clock.at.Add(d) }

func TestAnOrderGoesToTheProviderAndIsLinked(t *testing.T) {
	o := openOffice(t)
	o.tenant("acme")
	must(t, o.tell(order("s1", e3, "10")))
	o.is("before", o.provisions("s1"), "the order of 10 seats of "+e3+": awaiting")
	o.sync() // The provider knows nothing of it yet.
	if report := o.provision(); report.Done != 1 {
		t.Errorf("report %+v", report)
	}
	o.is("after", o.provisions("s1"), "the order of 10 seats of "+e3+": provisioned")
	o.later(time.Minute)
	if report := o.sync(); report.Recorded != 0 || report.Opened != 0 {
		t.Errorf("what was ordered here is no drift: %+v", report)
	}
	must(t, o.tell(seats("s1", "12")))
	must(t, o.tell(flow.Event{Do: flow.DoSchedule, Subscription: "s1", Quantity: decimal("9"), HasQuantity: true}))
	must(t, o.tell(flow.Event{Do: flow.DoSuspend, Subscription: "s1"}))
	if report := o.sync(); report.Recorded != 0 {
		t.Errorf("what is on its way is no drift: %+v", report)
	}
	o.provision()
	for range 3 {
		o.later(20 * time.Minute)
		o.provision()
	}
	h := o.remote.find("h-1")
	if h.Quantity.String() != "12" || h.Next == nil || h.Next.Quantity.String() != "9" || h.Status != flow.HoldingSuspended {
		t.Errorf("the provider has %+v\n%s", h, o.provisions("s1"))
	}
	h.StatusText = "suspended"
	o.again()
}

func TestAFactOfTheProviderIsNotSentBack(t *testing.T) {
	o := openOffice(t)
	o.tenant("acme", holding("acme", "h1", e3, "10", instant("2026-01-03 10:00")))
	o.sync()
	o.remote.find("h1").Quantity = decimal("11")
	o.clock.on("2026-01-06")
	o.sync()
	o.is("provisions", o.provisions("h1"), "")
	must(t, o.tell(seats("h1", "15")))
	o.is("provisions", o.provisions("h1"), "the change to 15 seats: awaiting")
	// It is as long as it takes: the log has it, and no sync takes it back.
	o.later(time.Minute)
	o.sync()
	o.is("log", o.log("h1"), "2026-01-03 subscribe 10\n2026-01-06 quantity 11\n2026-01-06 quantity 15")
}

func TestSeatsPastTheWindowAreRefusedHere(t *testing.T) {
	o := openOffice(t)
	h := holding("acme", "h1", e3, "10", instant("2026-01-03 10:00"))
	o.tenant("acme", h)
	o.sync()
	o.clock.on("2026-01-06")
	must(t, o.tell(seats("h1", "14")))
	o.provision()
	remote := o.remote.find("h1")
	remote.Refundable = append(remote.Refundable, flow.RefundableQuantity{Quantity: decimal("4"), AllowedUntil: instant("2026-01-13 09:00")})
	o.sync()

	o.clock.on("2026-01-12")
	o.sync()
	o.is("more than is in a window", refusalCode(o.tell(seats("h1", "9"))), "provider_window 2027-01-03")
	o.is("nothing is sent", o.provisions("h1"), "the change to 14 seats: provisioned")
	o.is("nothing is recorded", o.log("h1"), "2026-01-03 subscribe 10\n2026-01-06 quantity 14")
	must(t, o.tell(seats("h1", "11")))
	o.provision()
	o.is("provider", remote.Quantity.String(), "11")

	o.clock.on("2026-01-20")
	o.sync()
	o.is("a cancellation", refusalCode(o.tell(flow.Event{Do: flow.DoCancel, Subscription: "h1"})), "provider_window 2027-01-03")
	// With the term it is a renewal less, and can be asked for at once.
	must(t, o.tell(flow.Event{Do: flow.DoQuantity, Subscription: "h1", Quantity: decimal("5"), HasQuantity: true, Effective: day("2027-01-03")}))
	o.provision()
	if remote.Next == nil || remote.Next.Quantity.String() != "5" {
		t.Errorf("the renewal is %+v", remote.Next)
	}
	must(t, o.tell(flow.Event{Do: flow.DoCancel, Subscription: "h1", Effective: day("2027-01-03")}))
	o.later(time.Hour)
	o.provision()
	if remote.AutoRenew {
		t.Error("it renews")
	}
	o.later(time.Minute)
	o.sync()
	o.is("exceptions", o.exceptions(), "")
}

func TestACancellationInTheWindowGoesThere(t *testing.T) {
	o := openOffice(t)
	o.tenant("acme", holding("acme", "h1", e3, "10", instant("2026-01-03 10:00")))
	o.sync()
	must(t, o.tell(flow.Event{Do: flow.DoCancel, Subscription: "h1"}))
	o.provision()
	if h := o.remote.find("h1"); h.Status != flow.HoldingDeleted {
		t.Errorf("it is %v", h.Status)
	}
	o.later(time.Minute)
	o.sync()
	o.is("exceptions", o.exceptions(), "")
	o.is("log", o.log("h1"), "2026-01-03 subscribe 10\n2026-01-05 cancel")
}

func TestCreditHoldKeepsOrdersFromTheProvider(t *testing.T) {
	o := openOffice(t)
	o.tenant("acme")
	must(t, o.tell(flow.Event{Do: flow.DoHold, Account: "acme"}))
	must(t, o.tell(order("s1", e3, "10")))
	must(t, o.tell(seats("s1", "12")))
	for range 3 {
		if report := o.provision(); report.Done != 0 {
			t.Errorf("report %+v", report)
		}
		o.later(time.Hour)
	}
	if len(o.remote.holdings) > 0 {
		t.Fatal("it was ordered on credit hold")
	}
	o.clock.on("2026-01-07")
	must(t, o.tell(flow.Event{Do: flow.DoRelease, Account: "acme"}))
	for range 3 {
		o.later(time.Hour)
		o.provision()
	}
	if len(o.remote.holdings) != 1 || o.remote.holdings[0].Quantity.String() != "12" {
		t.Errorf("the provider has %+v; %s", o.remote.holdings, o.provisions("s1"))
	}
	o.sync()
	o.is("exceptions", o.exceptions(), "")
}

func TestWhatAnAddOnIsForGoesFirst(t *testing.T) {
	o := openOffice(t)
	o.tenant("acme")
	addOn := order("s2", phone, "3")
	addOn.Order.AddOnTo = "s1"
	must(t, o.tell(addOn))
	o.provision()
	o.is("it waits", o.provisions("s2"), "the order of 3 seats of "+phone+": awaiting parent")
	must(t, o.tell(order("s1", e3, "10")))
	o.later(time.Hour)
	o.provision()
	o.later(time.Hour)
	o.provision()
	o.is("requests", strings.Join(o.remote.calls, ", "), "order "+e3+", order "+phone)
	o.is("parent", o.remote.find("h-2").Parent, "h-1")
}

func TestARefusalWaitsForAPerson(t *testing.T) {
	o := openOffice(t)
	o.tenant("acme")
	wrong := refused
	o.remote.fault = func() fault { return wrong }
	must(t, o.tell(order("s1", e3, "10")))
	o.provision()
	o.is("state", o.provisions("s1"), "the order of 10 seats of "+e3+": failed 800023")
	o.is("exceptions", o.exceptions(), "not_provisioned "+o.provisionID("s1"))
	if !strings.Contains(o.sentences(), "the credit line is used up; raise it") {
		t.Error(o.sentences())
	}
	o.later(24 * time.Hour)
	o.provision()
	o.is("it is not asked again by itself", strings.Join(o.remote.calls, ", "), "order "+e3)

	// Meanwhile two more are wanted; the second try asks for what is wanted then.
	failed := o.lastProvision("s1").ID
	must(t, o.tell(seats("s1", "12")))
	wrong = fine
	must(t, o.ProvisionRetry(o.ctx, failed, flow.Actor{Who: "clerk", Source: "web"}))
	for range 3 {
		o.later(time.Hour)
		o.provision()
	}
	o.is("provider", o.remote.find("h-1").Quantity.String(), "12")
	o.is("exceptions", o.exceptions(), "")
	if len(o.remote.holdings) != 1 {
		t.Errorf("%d holdings", len(o.remote.holdings))
	}
}

func TestWhatIsDroppedIsTakenAsTheProviderHasIt(t *testing.T) {
	o := openOffice(t)
	o.tenant("acme", holding("acme", "h1", e3, "10", instant("2026-01-03 10:00")))
	o.sync()
	o.remote.fault = func() fault { return refused }
	o.clock.on("2026-01-06")
	must(t, o.tell(seats("h1", "20")))
	o.provision()
	o.sync()
	o.is("a person has to act first", o.log("h1"), "2026-01-03 subscribe 10\n2026-01-06 quantity 20")
	must(t, o.ProvisionDrop(o.ctx, o.lastProvision("h1").ID, flow.Actor{Who: "clerk"}))
	o.sync()
	o.is("log", o.log("h1"), "2026-01-03 subscribe 10\n2026-01-06 quantity 20\n2026-01-06 quantity 10")
	o.is("exceptions", o.exceptions(), "")
	if err := o.ProvisionDrop(o.ctx, o.lastProvision("h1").ID, flow.Actor{Who: "clerk"}); refusalCode(err) != "not_failed " {
		t.Errorf("got %v", err)
	}
}

func TestALostAnswerIsFoundAgain(t *testing.T) {
	for what, wrong := range map[string]fault{"the answer": lostAnswer, "the request": lostRequest, "the end of it": slow, "its truth": failing, "the answer and the door": lostAndClosed} {
		o := openOffice(t)
		o.tenant("acme")
		once := wrong
		o.remote.fault = func() fault { now := once; once = fine; return now }
		must(t, o.tell(order("s1", e3, "10")))
		o.provision()
		if o.lastProvision("s1").State != flow.ProvisionSent {
			t.Errorf("%s was lost: %s", what, o.provisions("s1"))
		}
		// A sync in between may see it, and must not take it for another.
		o.sync()
		o.is("log", o.log("h-1"), "")
		o.later(5 * time.Minute)
		o.provision()
		if o.lastProvision("s1").State != flow.Provisioned || len(o.remote.holdings) != 1 {
			t.Errorf("%s was lost: %s, %d holdings", what, o.provisions("s1"), len(o.remote.holdings))
		}
		o.later(time.Minute)
		if report := o.sync(); report.Recorded != 0 {
			t.Errorf("report %+v", report)
		}
	}
}

func TestAfterManyTriesAPersonIsAsked(t *testing.T) {
	o := openOffice(t)
	o.tenant("acme")
	o.remote.fault = func() fault { return lostRequest }
	must(t, o.tell(order("s1", e3, "10")))
	for range 20 {
		o.provision()
		o.later(8 * time.Hour)
	}
	o.is("state", o.provisions("s1"), "the order of 10 seats of "+e3+": failed unanswered")
	o.remote.fault = nil
	must(t, o.ProvisionRetry(o.ctx, o.lastProvision("s1").ID, flow.Actor{Who: "clerk"}))
	o.provision()
	o.is("state", o.provisions("s1"), "the order of 10 seats of "+e3+": provisioned")
}

func TestAThrottlingOrClosedProviderIsLeftAlone(t *testing.T) {
	o := openOffice(t)
	o.tenant("acme")
	must(t, o.tell(order("s1", e3, "10"), order("s2", e3, "20")))
	for _, wrong := range []fault{throttled, noConsent} {
		o.remote.calls, o.remote.fault = nil, func() fault { return wrong }
		report := o.provision()
		if len(o.remote.calls) != 1 || report.Stopped == "" {
			t.Errorf("it was asked on: %v, %+v", o.remote.calls, report)
		}
		o.later(time.Hour)
	}
	o.is("exceptions", o.exceptions(), "consent_needed ms")
	o.remote.fault = nil
	o.provision()
	o.is("exceptions", o.exceptions(), "")
	if len(o.remote.holdings) != 2 {
		t.Errorf("%d holdings", len(o.remote.holdings))
	}
}

func TestTheProvidersDaysWin(t *testing.T) {
	o := openOffice(t)
	o.tenant("acme")
	must(t, o.tell(order("s1", e3, "10")))
	must(t, o.tell(flow.Event{Do: flow.DoPrice, Subscription: "s1", Price: decimal("11"), HasPrice: true}))
	o.clock.on("2026-01-09")
	o.provision()
	o.is("taken back", o.log("s1"), "2026-01-05 subscribe 10\n2026-01-05 price\n2026-01-09 void")
	o.is("made anew", o.log("h-1"), "2026-01-09 subscribe 10\n2026-01-09 price")
	o.later(time.Minute)
	if report := o.sync(); report.Recorded != 0 {
		t.Errorf("report %+v", report)
	}
	o.is("exceptions", o.exceptions(), "")
	o.is("invoice", o.bill("2026-02-01"), "2026-02-01 h-1 10 110.00")
}

func TestWhatIsTakenBackInTimeIsNotSent(t *testing.T) {
	o := openOffice(t)
	o.tenant("acme", holding("acme", "h1", e3, "10", instant("2026-01-03 10:00")))
	o.sync()
	more := seats("h1", "15")
	more.ID = "more"
	must(t, o.tell(more))
	must(t, o.tell(flow.Event{Do: flow.DoVoid, Voids: "more"}))
	o.is("dropped", o.provisions("h1"), "the change to 15 seats: dropped")
	again := seats("h1", "16")
	again.ID = "again"
	must(t, o.tell(again))
	o.later(time.Minute)
	o.provision()
	o.remote.find("h1").Refundable = append(o.remote.find("h1").Refundable, flow.RefundableQuantity{Quantity: decimal("6"), AllowedUntil: o.clock.at.AddDate(0, 0, 7)})
	o.later(time.Minute)
	o.sync()
	must(t, o.tell(flow.Event{Do: flow.DoVoid, Voids: "again"}))
	o.provision()
	o.is("provider", o.remote.find("h1").Quantity.String(), "10")
}

func TestWhatAProviderHasNoWayForIsDoneByHand(t *testing.T) {
	o := openOffice(t)
	o.remote.abilities.Suspend = false
	o.tenant("acme", holding("acme", "h1", e3, "10", instant("2026-01-03 10:00")))
	o.sync()
	must(t, o.tell(flow.Event{Do: flow.DoSuspend, Subscription: "h1"}))
	o.provision()
	o.is("state", o.provisions("h1"), "the suspension: failed not_offered")
	if len(o.remote.calls) > 0 {
		t.Errorf("it was asked: %v", o.remote.calls)
	}
}

func TestAnOrderSaysWhatIsWrongWithIt(t *testing.T) {
	o := openOffice(t)
	wrong := order("s1", e3, "10")
	wrong.Order.Connection = "elsewhere"
	var input *flow.InputError
	if err := o.tell(wrong); !errors.As(err, &input) || !strings.Contains(err.Error(), "connection elsewhere is unknown") {
		t.Errorf("got %v", err)
	}
	ctx, stop := context.WithCancel(o.ctx)
	stop()
	if _, err := o.Provision(ctx, connection, o.remote); err == nil {
		t.Error("a stopped pass says nothing")
	}
}

func (o *office) lastProvision(id string) (last flow.Provision) {
	must(o.t, o.Store.Read(o.ctx, func(tx flow.Tx) error {
		list, err := tx.ProvisionsOf(billing.SubscriptionID(id))
		if len(list) > 0 {
			last = list[len(list)-1]
		}
		return err
	}))
	return last
}

// Another book made of what this one exports knows which holding an order became:
// following the provider with it, nothing is ordered and nothing billed twice.
func TestAnExportedBookKnowsItsHoldings(t *testing.T) {
	o := openOffice(t)
	o.tenant("acme")
	must(t, o.tell(order("s1", e3, "10")))
	o.provision()
	o.sync()
	other := openOffice(t)
	var intakes []flow.Intake
	for in, err := range o.Export(o.ctx) {
		must(t, err)
		if in.Event != nil { // the rest is there
			intakes = append(intakes, flow.Intake{Event: in.Event})
		}
	}
	other.take(intakes...)
	other.remote = o.remote
	other.remote.calls = nil
	other.sync()
	other.provision()
	other.again()
	other.is("asked", strings.Join(other.remote.calls, ", "), "")
	other.is("the order", other.log("s1"), o.log("s1"))
	other.is("its holding as a subscription of its own", other.log("h-1"), "")
	other.is("exceptions", other.exceptions(), "")
	other.is("billed", other.bill("2026-01-05"), o.bill("2026-01-05"))
}

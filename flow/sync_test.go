package flow_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/flow"
)

func TestAFirstSyncTakesWhatACustomerHolds(t *testing.T) {
	o := openOffice(t)
	bought := instant("2026-01-03 10:00")
	licence := holding("acme", "h1", e3, "10", bought)
	addOn := holding("acme", "h0", phone, "4", bought)
	addOn.Parent = "h1"
	// Four more seats were added on the day after.
	licence.Quantity = decimal("14")
	licence.Refundable = append(licence.Refundable, flow.RefundableQuantity{Quantity: decimal("4"), AllowedUntil: instant("2026-01-11 10:00")})
	ended := holding("acme", "old", e3, "3", instant("2024-01-03 10:00"))
	ended.Status = flow.HoldingDeleted
	o.tenant("acme", addOn, licence, ended)

	report := o.sync()
	if report.Customers != 1 || report.Holdings != 3 || report.Recorded != 3 || report.Opened != 0 {
		t.Errorf("report %+v", report)
	}
	o.is("licence", o.log("h1"), "2026-01-03 subscribe 10\n2026-01-04 quantity 14")
	o.is("add-on", o.log("h0"), "2026-01-03 subscribe 4")
	o.is("what ended long ago", o.log("old"), "")
	o.again()
	o.is("invoice", o.bill("2026-02-01"), "2026-02-01 h1 10 120.00\n2026-02-01 h1 4 46.45\n2026-02-01 h0 4 48.00")
}

func TestChangesAtTheProviderComeWithTheirDays(t *testing.T) {
	o := openOffice(t)
	o.tenant("acme", holding("acme", "h1", e3, "10", instant("2026-01-03 10:00")))
	o.sync()

	h := o.remote.find("h1")
	o.clock.on("2026-01-20")
	h.Quantity = decimal("15")
	h.Refundable = []flow.RefundableQuantity{{Quantity: decimal("2"), AllowedUntil: instant("2026-01-21 10:00")}, {Quantity: decimal("3"), AllowedUntil: instant("2026-01-25 10:00")}}
	o.sync()
	o.is("two batches", o.log("h1"), "2026-01-03 subscribe 10\n2026-01-14 quantity 12\n2026-01-18 quantity 15")
	o.again()

	o.clock.on("2026-01-22")
	h.Quantity, h.Status, h.StatusText = decimal("13"), flow.HoldingSuspended, "suspended"
	o.sync()
	o.clock.on("2026-01-23")
	h.Status, h.AutoRenew, h.Next = flow.HoldingActive, true, &flow.HoldingNextTerm{Quantity: decimal("8"), HasQuantity: true}
	o.sync()
	o.clock.on("2026-01-24")
	h.AutoRenew, h.Next = false, nil
	o.sync()
	o.again()
	o.is("all of it", strings.TrimPrefix(o.log("h1"), "2026-01-03 subscribe 10\n2026-01-14 quantity 12\n2026-01-18 quantity 15\n"),
		"2026-01-22 suspend\n2026-01-22 quantity 13\n2026-01-23 resume\n2026-01-23 schedule 8\n2026-01-24 schedule renews=false")

	o.clock.on("2027-02-10")
	h.Status = flow.HoldingExpired
	o.sync()
	o.again()
	if log := o.log("h1"); strings.Contains(log, "cancel") {
		t.Errorf("it ended with its term, and need not be cancelled:\n%s", log)
	}
}

func TestADeletionIsTakenWithItsDay(t *testing.T) {
	o := openOffice(t)
	o.tenant("acme", holding("acme", "h1", e3, "10", instant("2026-01-03 10:00")))
	o.sync()
	o.clock.on("2026-01-09")
	o.remote.find("h1").Status = flow.HoldingDeleted
	o.remote.events = append(o.remote.events, flow.ProviderEvent{ID: "1", Kind: "update_subscription", Customer: "acme", Holding: "h1", At: instant("2026-01-08 23:00")})
	report, err := o.SyncEvents(o.ctx, connection, o.remote)
	must(t, err)
	if report.Recorded != 1 || report.Holdings != 1 {
		t.Errorf("report %+v", report)
	}
	o.is("log", o.log("h1"), "2026-01-03 subscribe 10\n2026-01-08 cancel")
	o.again()
}

func TestASubscriptionOfTwoDaysBetweenTwoSyncsIsBilled(t *testing.T) {
	o := openOffice(t)
	o.tenant("acme")
	o.sync()
	o.clock.on("2026-01-12")
	h := holding("acme", "h1", e3, "10", instant("2026-01-07 10:00"))
	h.Status = flow.HoldingDeleted
	o.remote.holdings = append(o.remote.holdings, h)
	o.sync()
	o.again()
	o.is("log", o.log("h1"), "2026-01-07 subscribe 10\n2026-01-12 cancel")
}

func TestWhatCannotBeTakenIsAnExceptionThatClosesByItself(t *testing.T) {
	o := openOffice(t)
	bought := instant("2026-01-03 10:00")
	o.customer("many", "many-1", "many-2")
	o.customer("contoso-ltd", "contoso-1")
	o.tenant("acme", holding("acme", "h1", "NEW:0001", "10", bought))
	o.tenant("many", holding("many", "h2", e3, "5", bought))
	o.remote.customers = append(o.remote.customers, flow.ProviderCustomer{ID: "t-9", Name: "Contoso", Domain: "contoso-ltd.example"})
	o.sync()
	o.is("exceptions", o.exceptions(), "unmapped_product NEW:0001\nno_contract h2\nunknown_customer t-9")
	if !strings.Contains(o.sentences(), "it may be contoso-ltd") {
		t.Errorf("no suggestion in %s", o.sentences())
	}
	o.again()

	// The product is added without a price, the contract named, the customer linked.
	o.take(flow.Intake{Product: &billing.Product{SKU: "NEW:0001", Name: "New", Class: "resale"}})
	o.write(func(tx flow.Tx) error {
		if _, err := tx.CustomerLinkPut(flow.CustomerLink{Connection: connection, Customer: "many", Account: "many", Contract: "many-2"}); err != nil {
			return err
		}
		_, err := tx.CustomerLinkPut(flow.CustomerLink{Connection: connection, Customer: "t-9", Account: "contoso-ltd"})
		return err
	})
	o.clock.on("2026-01-06")
	report := o.sync()
	o.is("exceptions", o.exceptions(), "unpriced_product NEW:0001 12 monthly EUR")
	if report.Closed != 3 || report.Recorded != 2 {
		t.Errorf("report %+v", report)
	}
	o.take(flow.Intake{Price: &billing.PriceRow{SKU: "NEW:0001", List: flow.DefaultList, Currency: currency("EUR"), Unit: monthly, Price: decimal("3")}})
	o.clock.on("2026-01-07")
	o.sync()
	o.is("exceptions", o.exceptions(), "")
	o.again()
}

func TestAContractMayRefuseWhatHappenedAtTheProvider(t *testing.T) {
	o := openOffice(t)
	contract := flow.Contract{Contract: billing.Contract{ID: "acme-1", Account: "acme", Currency: currency("EUR"), Schedule: billing.Flexi, Frequency: monthly,
		Start: day("2026-01-01"), Reductions: billing.ReductionsForbidden}}
	o.take(flow.Intake{Contract: &contract})
	o.tenant("acme", holding("acme", "h1", e3, "10", instant("2026-01-03 10:00")))
	o.sync()
	o.clock.on("2026-01-06")
	o.remote.find("h1").Quantity = decimal("8")
	o.sync()
	o.is("log", o.log("h1"), "2026-01-03 subscribe 10")
	o.is("exceptions", o.exceptions(), "refused_here h1")
	o.again()
	o.remote.find("h1").Quantity = decimal("10")
	o.sync()
	o.is("exceptions", o.exceptions(), "")
}

func TestCreditHoldDoesNotKeepWhatHasHappened(t *testing.T) {
	o := openOffice(t)
	must(t, o.tell(flow.Event{Do: flow.DoHold, Account: "acme"}))
	o.tenant("acme", holding("acme", "h1", e3, "10", instant("2026-01-03 10:00")))
	o.sync()
	o.is("log", o.log("h1"), "2026-01-03 subscribe 10")
}

func TestLinkedSubscriptionsAreHeldAgainstTheirSum(t *testing.T) {
	o := openOffice(t)
	o.customer("acme-south", "south-1")
	for _, e := range []flow.Event{
		{Do: flow.DoSubscribe, ID: "north", Contract: "acme-1", SKU: e3, Quantity: decimal("6"), HasQuantity: true, TermMonths: 12, Holding: "h1"},
		// Named before the holding was seen, and after it.
		{Do: flow.DoSubscribe, ID: "south", Contract: "south-1", SKU: e3, Quantity: decimal("4"), HasQuantity: true, TermMonths: 12, Holding: "h1"},
	} {
		o.is("exceptions", o.exceptions(), "")
		must(t, o.tell(e))
		if e.ID == "north" {
			o.tenant("acme", holding("acme", "h1", e3, "6", instant("2026-01-05 10:00")))
			o.sync()
			o.remote.find("h1").Quantity = decimal("10")
		}
	}
	o.sync()
	o.is("exceptions", o.exceptions(), "")
	o.clock.on("2026-01-06")
	o.remote.find("h1").Quantity = decimal("13")
	o.sync()
	o.is("exceptions", o.exceptions(), "linked_difference h1 30.00 EUR")
	o.is("north", o.log("north"), "2026-01-05 subscribe 6")
	o.again()

	// A change here flows to the provider as the sum, and explains it.
	must(t, o.tell(flow.Event{Do: flow.DoQuantity, Subscription: "south", Quantity: decimal("9"), HasQuantity: true}))
	o.sync()
	o.is("on its way", o.provisions("south"), "the change to 15 seats: awaiting")
	o.provision()
	o.is("provider", o.remote.find("h1").Quantity.String(), "15")
	o.clock.on("2026-01-07")
	o.sync()
	o.is("exceptions", o.exceptions(), "")
}

func TestAConversionEndsOneAndStartsAnother(t *testing.T) {
	o := openOffice(t)
	trial := holding("acme", "h2", e3, "25", instant("2026-01-05 09:00"))
	trial.Trial, trial.TermMonths, trial.EndsAt = true, 1, instant("2026-02-05 09:00")
	o.tenant("acme", holding("acme", "h1", e3, "10", instant("2026-01-03 10:00")), trial)
	o.sync()
	o.clock.on("2026-01-15")
	o.remote.find("h1").SKU = e5
	h := o.remote.find("h2")
	h.Trial, h.TermMonths, h.EndsAt = false, 12, instant("2027-01-15 09:00")
	o.sync()
	o.is("old", o.log("h1"), "2026-01-03 subscribe 10\n2026-01-15 cancel")
	o.is("new", o.log("h1~2"), "2026-01-15 subscribe 10")
	o.is("trial", o.log("h2"), "2026-01-05 subscribe 25\n2026-01-15 cancel")
	o.is("paid", o.log("h2~2"), "2026-01-15 subscribe 25")
	o.again()
	o.remote.find("h1").Quantity = decimal("11")
	o.clock.on("2026-01-16")
	o.sync()
	o.is("new", o.log("h1~2"), "2026-01-15 subscribe 10\n2026-01-16 quantity 11")
	o.is("exceptions", o.exceptions(), "")
}

func TestWhatTheLogCannotHoldIsAnException(t *testing.T) {
	o := openOffice(t)
	h := holding("acme", "h1", e3, "10", instant("2026-01-03 10:00"))
	h.Next = &flow.HoldingNextTerm{SKU: e5, Quantity: decimal("10"), HasQuantity: true}
	odd := holding("acme", "h2", e3, "2", instant("2026-01-03 10:00"))
	odd.Status, odd.StatusText = flow.HoldingUnknown, "warned"
	o.tenant("acme", h, odd, holding("acme", "h3", e3, "1", instant("2026-01-03 10:00")))
	o.sync()
	o.is("exceptions", o.exceptions(), "next_term h1\nunknown_status h2")
	o.again()

	// One is gone from the list, and one runs on though it was cancelled here.
	must(t, o.tell(flow.Event{Do: flow.DoCancel, Subscription: "h1", FromProvider: true}))
	o.remote.holdings = o.remote.holdings[:2]
	o.clock.on("2026-01-08")
	o.sync()
	o.is("exceptions", o.exceptions(), "unknown_status h2\nnot_here h1 100.00 EUR\nnot_at_provider h3 10.00 EUR")
	o.again()
}

func TestAShortenedTermAndAMovedOne(t *testing.T) {
	o := openOffice(t)
	short := holding("acme", "h1", e3, "10", instant("2026-01-03 10:00"))
	short.EndsAt = instant("2026-06-01 00:00")
	// Three years old, and since a coterm its terms begin on 1 September.
	moved := holding("acme", "h2", e3, "10", instant("2023-02-03 10:00"))
	moved.EndsAt = instant("2026-09-01 00:00")
	o.tenant("acme", short, moved)
	o.sync()
	o.is("exceptions", o.exceptions(), "")
	o.is("moved", o.log("h2"), "2025-09-01 subscribe 10")
	o.clock.on("2026-06-03")
	o.remote.find("h1").EndsAt = instant("2027-06-01 00:00")
	o.sync()
	o.is("exceptions", o.exceptions(), "")
	o.clock.on("2026-06-04")
	o.remote.find("h1").EndsAt = instant("2027-03-01 00:00")
	o.sync()
	o.is("exceptions", o.exceptions(), "term_differs h1")
}

func TestABrokenRowAndALostConsent(t *testing.T) {
	o := openOffice(t)
	o.tenant("acme", holding("acme", "h1", e3, "10", instant("2026-01-03 10:00")))
	o.remote.broken = &flow.InputError{At: flow.Source{File: "customers", Line: 3}, Err: errors.New("id: is missing")}
	if report := o.sync(); report.Recorded != 1 || report.Unreadable != 1 {
		t.Errorf("the row before it ended the sync: %+v", report)
	}
	o.is("exceptions", o.exceptions(), "unreadable ms customers:3")
	o.remote.broken = flow.ErrConsent
	o.clock.at = o.clock.at.Add(time.Hour)
	if _, err := o.Sync(o.ctx, connection, o.remote); !errors.Is(err, flow.ErrConsent) {
		t.Errorf("got %v", err)
	}
	o.is("exceptions", o.exceptions(), "unreadable ms customers:3\nconsent_needed ms")
	o.remote.broken = nil
	o.clock.at = o.clock.at.Add(time.Hour)
	o.sync()
	o.is("exceptions", o.exceptions(), "")
}

package flow_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/core/report"
	"prorata/edge/store"
	"prorata/flow"
	desks "prorata/flow/office"
)

// desk is where somebody with a role is served.
func (o *office) desk(role desks.Role, accounts ...billing.AccountID) *desks.Desk {
	o.t.Helper()
	kept, ok := o.Store.(*store.Store)
	if !ok {
		o.t.Fatalf("the book is a %T", o.Store)
	}
	return (&desks.Office{Flow: o.Flow, Store: kept.Office()}).Desk(desks.Person{User: "u", Who: "ana", Roles: []desks.Role{role}, Accounts: accounts, Door: desks.ByPage})
}

func (o *office) snapshot() flow.Snapshot {
	o.t.Helper()
	taken, err := o.TakeSnapshot(o.ctx)
	must(o.t, err)
	return taken
}

// recurring is each month's amount with what moved it, a line each.
func (o *office) recurring() string {
	o.t.Helper()
	r, err := o.desk(desks.Owner).RecurringRevenue(o.ctx, desks.RecurringQuery{Accounts: 5})
	must(o.t, err)
	var lines []string
	for i := range r.Months {
		m := &r.Months[i]
		line := fmt.Sprintf("%s %s %s", m.On, m.Amount, m.Amount.Currency())
		for cause, moved := range m.Moved {
			if !moved.IsZero() {
				line += fmt.Sprintf(", %s %s", report.Cause(cause), moved)
			}
		}
		lines = append(lines, line)
	}
	for _, a := range r.Accounts {
		lines = append(lines, fmt.Sprintf("%s: %s, before %s, %d", a.Account, a.Amount, a.MonthBefore, a.Subscriptions))
	}
	return strings.Join(lines, "\n")
}

func TestRecurringRevenueMonthByMonth(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.customer("bolt", "bolt-1")
		must(t, func() error {
			due, err := o.SnapshotDue(o.ctx)
			if !due {
				t.Error("nothing was ever computed, and nothing is due")
			}
			return err
		}())
		o.subscribe("acme-1", "s", "10", "2026-01-05")
		o.subscribe("bolt-1", "b", "2", "2026-01-05")
		o.clock.on("2026-02-10")
		must(t, o.tell(flow.Event{Do: flow.DoQuantity, Subscription: "s", Quantity: decimal("12"), HasQuantity: true}))
		o.clock.on("2026-03-03")
		must(t, o.tell(flow.Event{Do: flow.DoCancel, Subscription: "b"}))
		first := o.snapshot()
		o.is("March", o.recurring(), "2026-01-31 144.00 EUR, new 144.00\n2026-02-28 168.00 EUR, expansion 24.00\n2026-03-03 144.00 EUR, churn -24.00\n"+
			"acme: 144.00, before 144.00, 1\nbolt: 0.00, before 24.00, 0")
		due, err := o.SnapshotDue(o.ctx)
		must(t, err)
		if due {
			t.Error("the figures are of today and nothing was recorded since, and yet they are due")
		}
		must(t, o.tell(flow.Event{Do: flow.DoQuantity, Subscription: "s", Quantity: decimal("11"), HasQuantity: true}))
		if due, err = o.SnapshotDue(o.ctx); err != nil || !due {
			t.Errorf("a seat less, and the figures are not due: %v", err)
		}
		if second := o.snapshot(); second.ID == first.ID {
			t.Error("the second snapshot has the first one's number")
		}
		o.is("a seat less", strings.Split(o.recurring(), "\n")[2], "2026-03-03 132.00 EUR, contraction -12.00, churn -24.00")
	})
}

// A second currency counts at the rate of each day.
func TestAnotherCurrencyCountsAtTheDaysRate(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		usd := currency("USD")
		o.take(flow.Intake{Rate: &billing.Rate{On: day("2026-01-01"), From: usd, To: currency("EUR"), Rate: decimal("0.90")}},
			flow.Intake{Rate: &billing.Rate{On: day("2026-02-15"), From: usd, To: currency("EUR"), Rate: decimal("0.80")}},
			flow.Intake{Price: &billing.PriceRow{SKU: e3, List: flow.DefaultList, Currency: usd, Unit: monthly, Price: decimal("20")}},
			flow.Intake{Contract: &flow.Contract{Contract: billing.Contract{ID: "acme-us", Account: "acme", Currency: usd, Schedule: billing.Flexi, Frequency: monthly, Start: day("2026-01-01")}}})
		o.subscribe("acme-us", "u", "5", "2026-01-05")
		o.clock.on("2026-02-28")
		o.snapshot()
		o.is("in euro", o.recurring(), "2026-01-31 90.00 EUR, new 90.00\n2026-02-28 80.00 EUR, exchange -10.00")
	})
}

func TestHomeTellsWhatWaits(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.subscribe("acme-1", "s", "10", "2026-01-05")
		o.clock.on("2026-02-01")
		h, err := o.desk(desks.Owner).Home(o.ctx)
		must(t, err)
		if h.Empty || h.Runs.Due != 1 || h.Revenue.AsOf.ID != 0 || !h.Waits.Nothing() {
			t.Errorf("due today and nothing computed: %+v", h)
		}
		o.bill("2026-02-01")
		o.clock.on("2026-02-20")
		o.snapshot()
		o.write(func(tx flow.Tx) error {
			_, err := tx.ExceptionOpen(flow.Exception{Kind: flow.NotHere, Subject: "h1", Sentence: "It runs there.", Todo: "Decide.", Amount: decimal("12.50"), HasAmount: true, Currency: currency("EUR"), OpenedAt: o.clock.at, SeenAt: o.clock.at})
			c, err2 := tx.ConnectionGet(connection)
			c.State, c.StateWhy = flow.ConnectionConsent, "the consent has ended"
			_, err3 := tx.ConnectionPut(c)
			return errors.Join(err, err2, err3)
		})
		h, err = o.desk(desks.Owner).Home(o.ctx)
		must(t, err)
		if h.Runs.Due != 0 || len(h.Runs.Next) != 1 || h.Runs.Next[0] != (desks.NextRun{On: day("2026-03-01"), Contracts: 1}) {
			t.Errorf("the next run: %+v", h.Runs)
		}
		if len(h.Waits.Exceptions) != 1 || h.Waits.Exceptions[0].Worth[0].Amount.String() != "12.50" || len(h.Waits.Consents) != 1 || !h.Waits.Consents[0].Lapsed {
			t.Errorf("what waits: %+v", h.Waits)
		}
		if len(h.Owed) != 1 || h.Owed[0].Overdue().String() != "120.00" || len(h.Revenue.Months) != 2 {
			t.Errorf("figures: %+v and %+v", h.Owed, h.Revenue.Months)
		}
		h, err = o.desk(desks.Operations).Home(o.ctx)
		must(t, err)
		if len(h.Owed) > 0 || len(h.Revenue.Months) > 0 || len(h.Waits.Exceptions) != 1 {
			t.Errorf("operations sees money that is not theirs to see: %+v", h)
		}
	})
}

// Customers see what they owe, and nobody else's.
func TestReceivablesWithinReach(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.customer("bolt", "bolt-1")
		o.subscribe("acme-1", "s", "10", "2026-01-05")
		o.subscribe("bolt-1", "b", "2", "2026-01-05")
		o.bill("2026-02-01")
		all, err := o.desk(desks.Finance).ReceivablesByAge(o.ctx, 1)
		must(t, err)
		if len(all.Payers) != 1 || !all.More || all.Names[all.Payers[0].Payer] == "" || all.Totals[0].Total.String() != "144.00" {
			t.Errorf("all: %+v", all)
		}
		own, err := o.desk(desks.Customer, "bolt").ReceivablesByAge(o.ctx, 10)
		must(t, err)
		if len(own.Payers) != 1 || own.Payers[0].Payer != "bolt" || own.Totals[0].Total.String() != "24.00" {
			t.Errorf("their own: %+v", own)
		}
		nobody, err := o.desk(desks.Customer).ReceivablesByAge(o.ctx, 10)
		must(t, err)
		if len(nobody.Payers) != 0 {
			t.Errorf("who has no account sees %+v", nobody)
		}
		if _, err := o.desk(desks.Customer, "bolt").PaymentList(o.ctx, desks.PaymentQuery{Number: "INV-000001"}); !errors.Is(err, flow.ErrUnknown) {
			t.Errorf("somebody else's invoice: %v", err)
		}
		payment, err := o.desk(desks.Clerk).PaymentRecord(o.ctx, "INV-000002", day("2026-02-01"), decimal("24"), "r")
		must(t, err)
		list, err := o.desk(desks.Customer, "bolt").PaymentList(o.ctx, desks.PaymentQuery{})
		must(t, err)
		if len(list) != 1 || list[0].ID != payment.ID || list[0].Who != "ana" {
			t.Errorf("their payment: %+v", list)
		}
	})
}

// Whatever is in the book: every total is the sum of its contracts, and every month
// begins where the one before ended.
func TestASnapshotAddsUp(t *testing.T) {
	outer, dir, n := t, t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		o := newOffice(outer, filepath.Join(dir, fmt.Sprint(n)))
		anyBook(t, o)
		s := o.snapshot()
		must(o.t, o.Store.Read(o.ctx, func(tx flow.Tx) error {
			totals, err := tx.RecurringTotals(s.ID)
			was := money.NewAmount(0, currency("EUR"))
			for i := range totals {
				if totals[i].Before() != was {
					t.Errorf("%s: it was %s and begins at %s", totals[i].On, was, totals[i].Before())
				}
				was = totals[i].Amount
			}
			found, ok := tx.(desks.Figures)
			if !ok {
				return errors.New("no figures")
			}
			accounts, err2 := found.RecurringAccounts(s.ID, currency("EUR"), 100)
			for _, a := range accounts {
				was = was.Sub(a.Amount)
			}
			if !was.IsZero() {
				t.Errorf("%s of the total is nobody's", was)
			}
			return errors.Join(err, err2)
		}))
	})
}

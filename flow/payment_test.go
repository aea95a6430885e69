package flow_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"prorata/core/billing"
	"prorata/core/report"
	"prorata/flow"
	"prorata/internal/pgtest"
)

// onBoth tells a story of an office on both engines.
func onBoth(t *testing.T, story func(t *testing.T, o *office)) {
	t.Run("sqlite", func(t *testing.T) { story(t, openOffice(t)) })
	t.Run("postgres", func(t *testing.T) { story(t, newOfficeAt(t, pgtest.NewDatabase(t))) })
}

var byHand = flow.Actor{Who: "clerk", Source: "test"}

func (o *office) pay(number, on, amount string) error {
	_, err := o.RecordPayment(o.ctx, number, day(on), decimal(amount), "bank line 7", byHand)
	return err
}

// owed is what each payer owes, a line each.
func (o *office) owed() string {
	o.t.Helper()
	var lines []string
	must(o.t, o.Store.Read(o.ctx, func(tx flow.Tx) error {
		open, err := tx.Receivables(nil)
		days, err2 := tx.ReceivableDays()
		_, byDay := report.ReceivablesByAge(days, o.Today())
		payers, totals := report.ReceivablesByAge(open, o.Today())
		if fmt.Sprint(byDay) != fmt.Sprint(totals) {
			o.t.Errorf("by day it is %v, by payer %v", byDay, totals)
		}
		for _, p := range payers {
			lines = append(lines, fmt.Sprint(p.Payer, " ", p.Total, " ", p.ByAge))
		}
		return errors.Join(err, err2)
	}))
	return strings.Join(lines, "\n")
}

func (o *office) verified(payments int64) {
	o.t.Helper()
	found, err := o.Verify(o.ctx, nil)
	must(o.t, err)
	if found.Differences > 0 || found.Payments != payments {
		o.t.Errorf("%d payments (expected %d), %d differences: %s", found.Payments, payments, found.Differences, strings.Join(found.First, "; "))
	}
}

func (o *office) refused(err error, says string) {
	o.t.Helper()
	if !errors.Is(err, flow.ErrInput) || !strings.Contains(err.Error(), says) {
		o.t.Errorf("got %v, expected wrong input that says %q", err, says)
	}
}

func (o *office) subscribe(contract, id, seats, on string) {
	o.t.Helper()
	must(o.t, o.tell(flow.Event{Do: flow.DoSubscribe, On: day(on), Effective: day(on), ID: id, Contract: billing.ContractID(contract),
		SKU: e3, Quantity: decimal(seats), HasQuantity: true, Billing: monthly}))
}

func TestWhatIsOpenIsWhatWasNotPaid(t *testing.T) {
	onBoth(t, func(_ *testing.T, o *office) {
		o.subscribe("acme-1", "s", "10", "2026-01-05")
		o.bill("2026-02-01")
		o.bill("2026-03-01")
		o.clock.on("2026-03-20")
		o.is("nothing was paid", o.owed(), "acme 240.00 [0.00 120.00 120.00 0.00 0.00 0.00]")
		o.refused(o.pay("INV-000001", "2026-03-20", "120.01"), "amount: 120.01 is more than what is open on INV-000001: 120.00 EUR")
		o.refused(o.pay("INV-000001", "2026-03-20", "-5"), "other sign")
		o.refused(o.pay("INV-000001", "2026-03-20", "0.001"), "2 digits")
		o.refused(o.pay("INV-000001", "2026-03-20", "0"), "nothing was paid")
		o.refused(o.pay("INV-000001", "2026-03-21", "10"), "on: 2026-03-21 has not come yet")
		if err := o.pay("INV-000009", "2026-03-20", "10"); !errors.Is(err, flow.ErrUnknown) {
			o.t.Errorf("an invoice that is not there: %v", err)
		}
		must(o.t, o.pay("INV-000001", "2026-03-01", "100"))
		must(o.t, o.pay("INV-000001", "2026-03-20", "20.00"))
		must(o.t, o.pay("INV-000002", "2026-03-20", "20.00"))
		o.refused(o.pay("INV-000001", "2026-03-20", "1"), "nothing is open")
		o.is("the rest of the second", o.owed(), "acme 100.00 [0.00 100.00 0.00 0.00 0.00 0.00]")
		o.verified(3)
		must(o.t, o.Store.Read(o.ctx, func(tx flow.Tx) error {
			list, err := tx.PaymentList(flow.PaymentFilter{Payers: []billing.AccountID{"acme"}, Most: 2})
			var lines []string
			for _, p := range list {
				lines = append(lines, fmt.Sprintf("%d %s %s %s %s", p.ID, p.Number, p.On, p.Amount, p.Reference))
			}
			o.is("newest first", strings.Join(lines, "\n"), "3 INV-000002 2026-03-20 20.00 bank line 7\n2 INV-000001 2026-03-20 20.00 bank line 7")
			return err
		}))
	})
}

// What was paid before an invoice was taken back is owed to its payer.
func TestATakenBackInvoiceIsSetOff(t *testing.T) {
	onBoth(t, func(_ *testing.T, o *office) {
		o.subscribe("acme-1", "s", "10", "2026-01-05")
		o.bill("2026-02-01")
		must(o.t, o.pay("INV-000001", "2026-02-01", "20.00"))
		note, err := o.Void(o.ctx, "INV-000001", byHand)
		must(o.t, err)
		o.is("the credit note's rest", o.owed(), "acme -20.00 [0.00 0.00 0.00 0.00 0.00 -20.00]")
		o.verified(1)
		must(o.t, o.pay(flow.PrintedNumber(&note), "2026-02-01", "-20.00"))
		o.is("paid back", o.owed(), "")
		o.verified(2)
	})
}

// Two who record the same payment at once: one of them hears that nothing is open.
func TestAnInvoiceIsNotPaidTwiceAtOnce(t *testing.T) {
	onBoth(t, func(_ *testing.T, o *office) {
		o.subscribe("acme-1", "s", "10", "2026-01-05")
		o.bill("2026-02-01")
		var both sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			both.Go(func() { errs[i] = o.pay("INV-000001", "2026-02-01", "120.00") })
		}
		both.Wait()
		paid := 0
		for _, err := range errs {
			if err == nil {
				paid++
			} else if !errors.Is(err, flow.ErrInput) && !errors.Is(err, flow.ErrMoved) && !errors.Is(err, flow.ErrBusy) {
				o.t.Error(err)
			}
		}
		if paid != 1 {
			o.t.Errorf("paid %d times: %v", paid, errs)
		}
		o.verified(1)
	})
}

// Verify sees what was changed behind the program's back.
func TestVerifySeesWrongSettlements(t *testing.T) {
	o := openOffice(t)
	o.subscribe("acme-1", "s", "10", "2026-01-05")
	o.bill("2026-02-01")
	must(t, o.pay("INV-000001", "2026-02-01", "20.00"))
	o.write(func(tx flow.Tx) error {
		id := "acme-1/2026-02-01"
		open, err := tx.InvoiceOpen(id)
		return errors.Join(err, tx.InvoiceSettle(id, open))
	})
	found, err := o.Verify(o.ctx, nil)
	must(t, err)
	if found.Differences != 1 || !strings.Contains(found.First[0], "120.00 is settled, and 20.00 was paid") {
		t.Errorf("got %+v", found)
	}
}

// Whatever is paid, paid back and taken back, in any order: the ledger of payments is
// theirs, and the receivables are what the invoices come to less what was paid.
func TestReceivablesAreInvoicesLessPayments(t *testing.T) {
	outer := t
	dir, n := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		o := newOffice(outer, filepath.Join(dir, fmt.Sprint(n)))
		anyBook(t, o)
		o.billUntil(o.Store, bookToday)
		numbers := map[string]string{}
		must(o.t, o.Store.Read(o.ctx, func(tx flow.Tx) error {
			return tx.InvoiceList(flow.InvoiceFilter{}, func(i flow.Issued) bool { numbers[flow.PrintedNumber(&i)] = i.Total.String(); return true })
		}))
		var payments int64
		for number, total := range numbers {
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				if o.pay(number, o.Today().String(), total) == nil {
					payments++
				}
			case 1:
				if o.pay(number, o.Today().String(), total[:len(total)-1]+"0") == nil {
					payments++
				}
				if _, err := o.Void(o.ctx, number, byHand); err != nil && refusalCode(err) == "" {
					t.Fatal(err)
				}
			case 2:
				if _, err := o.Void(o.ctx, number, byHand); err != nil && refusalCode(err) == "" {
					t.Fatal(err)
				}
			}
		}
		found, err := o.Verify(o.ctx, nil)
		must(o.t, err)
		if found.Differences > 0 || found.Payments != payments {
			t.Fatalf("%d payments, expected %d; %v", found.Payments, payments, found.First)
		}
		o.nothingLost(t)
	})
}

package flow_test

import (
	"fmt"
	"strings"
	"testing"

	"prorata/core/billing"
	"prorata/edge/provider/standin"
	"prorata/flow"
)

// trial is a suite for nothing, for a month.
const trial = "CFQ7TTC0TRYS:0001"

// newTrial is a Partner Center with a trial that can become the grand suite, and a
// customer who tries it with five seats from 3 February on.
func newTrial(t *testing.T) (b *both, holding string) {
	b = newSynced(t)
	b.world.AddProduct(&standin.Product{ID: "CFQ7TTC0TRYS", Title: "Grand (trial)", SKUs: []*standin.SKU{{ID: "0001", Title: "Grand (trial)", Trial: true, Maximum: 25, Upgrades: []string{grand},
		Offers: []standin.Offer{{TermMonths: 1, Billing: standin.Monthly, Prices: []standin.Price{{From: date(since)}}}}}}})
	b.take(flow.Intake{Product: &billing.Product{SKU: trial, Name: "Grand (trial)", Class: "resale"}})
	b.priced(trial, "0", monthly, 1)
	b.to("2026-02-03")
	holding = b.order(trial, "5", monthly, 1)
	b.sync("2026-02-04")
	return b, holding
}

// A customer tries a suite, likes it and converts the trial, with all its seats, into
// a year that is paid by the month. The sync ends the trial and begins the year; the
// customer's invoices charge the year alone; the provider's rows, the trial's for
// nothing and the conversion's both sides, are all as expected.
func TestATrialThatIsPaidForIsFollowedBilledAndReconciled(t *testing.T) {
	b, holding := newTrial(t)
	b.to("2026-02-17")
	if _, err := b.flow.RatesImport(b.Context(), b.client, date("2026-02-01"), flow.Actor{Who: "ann", Source: "console"}, func(flow.TakeLine) {}); err != nil {
		t.Fatal(err)
	}
	b.upgrade(holding, "5", "")
	b.sync("2026-02-18")
	b.same("log", b.logs("of-"+b.customer), `CFQ7TTC0TRYS:0001 for 1 months: 2026-02-03 5 seats
		CFQ7TTC0TRYS:0001 for 1 months: 2026-02-17 0 seats
		CFQ7TTC0GRND:0001 for 12 months: 2026-02-17 5 seats`)
	for i, month := range []string{"2026-02-01", "2026-03-01", "2026-04-01"} {
		b.sync(fmt.Sprintf("2026-%02d-07", i+3))
		b.billThrough(fmt.Sprintf("2026-%02d-01", i+3))
		if findings := b.follow(month); findings != nil {
			t.Errorf("%s:\n%s", month, strings.Join(findings, "\n"))
		}
	}
	// The trial, both sides of the conversion, and two cycles of the year.
	if b.rows != 5 {
		t.Errorf("%d rows were compared", b.rows)
	}
	// 5 seats at 5000.00 dollars of 17 February, each cycle alike; the trial brings nothing.
	first := b.world.Invoices()[0]
	b.same("the month of the conversion", b.reconcile(first), "3 rows, 3 exact: 90.90, expected 90.90\n"+b.customer+": 22734.05 − 90.90")
	b.same("billed", b.billed(), `2026-03-01 CFQ7TTC0TRYS:0001 2026-02-03 to 2026-03-03: 0.00
		2026-03-01 CFQ7TTC0GRND:0001 2026-02-17 to 2026-03-17: 22734.05
		2026-04-01 CFQ7TTC0GRND:0001 2026-03-17 to 2026-04-17: 22734.05
		2026-05-01 CFQ7TTC0GRND:0001 2026-04-17 to 2026-05-17: 22734.05`)
	if open := b.exceptions(); open != nil {
		t.Errorf("exceptions: %q", open)
	}
}

// logs is what a contract's subscriptions did, in order.
func (b *both) logs(contract string) string {
	b.Helper()
	var out strings.Builder
	b.read(func(tx flow.Tx) error {
		book, err := tx.BookRead(billing.ContractID(contract))
		if err != nil {
			return err
		}
		for i := range book.Subscriptions {
			s := &book.Subscriptions[i]
			for _, e := range s.Entries {
				fmt.Fprintf(&out, "%s for %d months: %s %s seats\n", s.SKU, s.TermMonths, e.EffectiveOn, e.Quantity)
			}
		}
		return nil
	})
	return out.String()
}

// billed are the lines of all customers' invoices.
func (b *both) billed() string {
	b.Helper()
	var out strings.Builder
	b.read(func(tx flow.Tx) error {
		return tx.InvoiceList(flow.InvoiceFilter{WithLines: true}, func(v flow.Issued) bool {
			for i := range v.Lines {
				l := &v.Lines[i]
				fmt.Fprintf(&out, "%s %s %s to %s: %s\n", v.Date, l.SKU, l.From, l.To, l.Amount)
			}
			return true
		})
	})
	return out.String()
}

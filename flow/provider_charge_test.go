package flow_test

import (
	"path/filepath"
	"strings"
	"testing"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/flow"
	"prorata/internal/pgtest"
)

// mirrored has contract acme-mirror with subscription s-1, which is holding h-1.
func mirrored(t *testing.T) *office {
	return mirror(t, newOffice(t, filepath.Join(t.TempDir(), "book.db")))
}

func mirror(t *testing.T, o *office) *office {
	o.take(flow.Intake{Contract: &flow.Contract{Contract: billing.Contract{ID: "acme-mirror", Account: "acme", Currency: currency("EUR"), Schedule: billing.Mirror, Frequency: monthly, Start: day("2026-01-01")}}})
	must(t, o.tell(flow.Event{Do: flow.DoSubscribe, ID: "s-1", Contract: "acme-mirror", SKU: e3, Quantity: decimal("10"), HasQuantity: true, TermMonths: 12, Billing: monthly, FromProvider: true}))
	o.write(func(tx flow.Tx) error {
		_, err := tx.HoldingLinkPut(flow.HoldingLink{Connection: connection, Holding: "h-1", Subscription: "s-1"})
		return err
	})
	return o
}

// row is a charge for seats of h-1 in January at half the list price of 10.
func row(id, seats, cost string) flow.ProviderLine {
	return flow.ProviderLine{Holding: "h-1", Customer: "acme", Invoice: "G1", Total: decimal(cost), Tax: decimal("0"), Charge: billing.ProviderCharge{
		ID: id, Type: billing.ChargeNew, SKU: e3, Period: calendar.Period{From: day("2026-01-05"), To: day("2026-02-05")}, Quantity: decimal(seats),
		UnitPrice: decimal("10.00"), EffectivePrice: decimal("5.00"), Cost: decimal(cost), Currency: currency("EUR"),
	}}
}

func (o *office) charged(total string, rows ...flow.ProviderLine) {
	o.t.Helper()
	head := flow.ProviderInvoice{ID: "G1", On: day("2026-02-06"), Currency: currency("EUR"), Total: decimal(total), Stamp: total}
	_, err := o.ImportBill(o.ctx, connection, head, linesOf(rows...))
	must(o.t, err)
}

func TestAMirrorContractBillsTheRowsOfAnImportedInvoice(t *testing.T) {
	o := mirrored(t)
	o.clock.on("2026-02-07")
	o.charged("50.00", row("row-1", "10", "50.00"))
	o.charged("50.00", row("row-1", "10", "50.00"))
	// Our price is 12 where the provider's is 10, and half of it was charged.
	o.is("billed", o.bill("2026-03-01"), "2026-03-01 s-1 10 60.00")
	o.is("exceptions", o.exceptions(), "")
}

func TestAMirrorContractFollowsAnInvoiceThatIsRestated(t *testing.T) {
	o := mirrored(t)
	o.clock.on("2026-02-07")
	o.charged("75.00", row("row-1", "10", "50.00"), row("row-2", "5", "25.00"))
	o.is("billed", o.bill("2026-03-01"), "2026-03-01 s-1 10 60.00\n2026-03-01 s-1 5 30.00")
	o.clock.on("2026-03-02")
	// The second row is gone, and the first is for other seats.
	o.charged("40.00", row("row-1", "8", "40.00"))
	bill := o.bill("2026-04-01")
	if !strings.HasPrefix(bill, "2026-03-01 s-1 10 60.00\n2026-03-01 s-1 5 30.00\n") {
		t.Errorf("what was issued changed:\n%s", bill)
	}
	o.is("the difference is credited", strings.Join(strings.Split(bill, "\n")[2:], "\n"), "2026-04-01 s-1 -5 -30.00\n2026-04-01 s-1 -2 -12.00")
	report, err := o.Verify(o.ctx, nil)
	must(t, err)
	if report.Differences > 0 {
		t.Errorf("verify: %q", report.First)
	}
}

func TestRowsOfALinkedHoldingAreNotDividedByGuess(t *testing.T) {
	o := mirrored(t)
	must(t, o.tell(flow.Event{Do: flow.DoSubscribe, ID: "s-2", Contract: "acme-mirror", SKU: e3, Quantity: decimal("5"), HasQuantity: true, Billing: monthly, FromProvider: true}))
	o.write(func(tx flow.Tx) error {
		_, err := tx.HoldingLinkPut(flow.HoldingLink{Connection: connection, Holding: "h-1", Subscription: "s-2"})
		return err
	})
	o.clock.on("2026-02-07")
	o.charged("50.00", row("row-1", "10", "50.00"))
	o.is("billed", o.bill("2026-03-01"), "")
	o.is("exceptions", o.exceptions(), "mirror_row_not_taken ms/G1")
}

func TestARowThatIsGoneCanComeBack(t *testing.T) {
	o := mirrored(t)
	o.clock.on("2026-02-07")
	o.charged("75.00", row("row-1", "10", "50.00"), row("row-2", "5", "25.00"))
	first := o.bill("2026-03-01")
	o.is("billed", first, "2026-03-01 s-1 10 60.00\n2026-03-01 s-1 5 30.00")
	o.clock.on("2026-03-02")
	o.charged("50.00", row("row-1", "10", "50.00"))
	o.is("gone", o.bill("2026-04-01"), first+"\n2026-04-01 s-1 -5 -30.00")
	o.clock.on("2026-04-02")
	o.charged("75.00", row("row-1", "10", "50.00"), row("row-2", "5", "25.00"))
	o.is("back", o.bill("2026-05-01"), first+"\n2026-04-01 s-1 -5 -30.00\n2026-05-01 s-1 5 30.00")
}

// A holding that is charged in two rows, of which one is another product's: the
// subscription's price is for its own, the other is sold by its cost.
func TestARowOfAnotherProductIsNotAtTheSubscriptionsPrice(t *testing.T) {
	o := mirrored(t)
	o.write(func(tx flow.Tx) error {
		return tx.HoldingPut(flow.KeptHolding{Connection: connection, Holding: flow.Holding{ID: "h-1", Customer: "acme", SKU: e3}})
	})
	o.take(flow.Intake{Product: &billing.Product{SKU: "TEL:1", Name: "Telephony", Class: "resale"}})
	o.clock.on("2026-02-07")
	other := row("row-2", "10", "7.00")
	other.Charge.SKU = "TEL:1"
	o.charged("57.00", row("row-1", "10", "50.00"), other)
	o.is("billed", o.bill("2026-03-01"), "2026-03-01 s-1 10 60.00\n2026-03-01 s-1 10 7.00")
	o.is("exceptions", o.exceptions(), "")
	unknown := row("row-3", "10", "3.00")
	unknown.Charge.SKU = "ELSE:1"
	o.charged("60.00", row("row-1", "10", "50.00"), other, unknown)
	o.is("a product that the book does not have", o.exceptions(), "mirror_row_not_taken ms/G1")
}

func TestARowThatAnotherImportDroppedIsNotBilledOnSQLite(t *testing.T) {
	droppedMeanwhile(t, openOffice(t))
}

func TestARowThatAnotherImportDroppedIsNotBilledOnPostgres(t *testing.T) {
	droppedMeanwhile(t, newOfficeAt(t, pgtest.NewDatabase(t)))
}

// droppedMeanwhile imports two versions of one invoice at once: the first has its rows
// written and read what to bill of them, when the second is imported whole, with fewer
// seats and without a row. What the first still had in hand is billed to nobody.
func droppedMeanwhile(t *testing.T, o *office) {
	mirror(t, o)
	o.clock.on("2026-02-07")
	older := *o.Flow
	between := &stormStore{Store: o.Store}
	between.gust = func() {
		if between.writes == 2 {
			o.charged("40.00", row("row-1", "8", "40.00"))
		}
	}
	older.Store = between
	head := flow.ProviderInvoice{ID: "G1", On: day("2026-02-06"), Currency: currency("EUR"), Total: decimal("75.00"), Stamp: "older"}
	_, err := older.ImportBill(o.ctx, connection, head, linesOf(row("row-1", "10", "50.00"), row("row-2", "5", "25.00")))
	must(t, err)
	if between.writes < 2 {
		t.Fatal("nobody came between")
	}
	o.is("billed", o.bill("2026-03-01"), "2026-03-01 s-1 8 48.00")
	o.is("exceptions", o.exceptions(), "")
	o.write(func(tx flow.Tx) error {
		kept, err := tx.ProviderInvoiceGet(connection, "G1")
		if kept.Stamp != "40.00" || kept.Lines != 1 {
			t.Errorf("the invoice has %d rows under the stamp %s", kept.Lines, kept.Stamp)
		}
		return err
	})
}

package flow_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/flow"
)

// A mirror contract bills the provider's rows on the customer's next invoice. Until
// that is cut they are ahead, not forgotten; then each has what its line brings.
func TestRowsOfAMirrorContractAwaitItsNextInvoice(t *testing.T) {
	s := newReconcileStory(t)
	account := flow.Account{Account: billing.Account{ID: "echo", Name: "Echo Ltd", Country: "DE"}, Party: flow.Party{Name: "Echo Ltd", Country: "DE"}}
	contract := flow.Contract{Contract: billing.Contract{ID: "of-echo", Account: "echo", Schedule: billing.Mirror, Frequency: s.monthly, Start: date("2026-01-01")}}
	s.take(flow.Intake{Account: &account}, flow.Intake{Contract: &contract})
	s.subscribe("of-echo", "hold-1", "2026-02-05", "10")
	s.seats("hold-1", "2026-02-12", "12")
	s.billThrough("2026-03-01")
	s.charge("hold-1", "echo", "new 2026-02-05 2026-03-04 10 × 31.00 = 310.00")
	s.charge("hold-1", "echo", "add 2026-02-12 2026-03-04 10 × -23.25 = -232.50")
	s.charge("hold-1", "echo", "add 2026-02-12 2026-03-04 12 × 23.25 = 279.00")
	s.invoice("G1")
	s.same("before", s.reconcile("G1"), `3 rows, 3 exact: 356.50, expected 356.50
		echo: 0 − 0, ahead 356.50`)
	if open := s.exceptions(); open != nil {
		t.Errorf("exceptions: %q", open)
	}
	s.clock.now = time.Date(2026, 4, 2, 8, 0, 0, 0, time.UTC)
	s.billThrough("2026-04-01")
	s.same("after", s.reconcile("G1"), `3 rows, 3 exact: 356.50, expected 356.50
		echo: 460.00 − 356.50`)
	var matches []string
	s.read(func(tx flow.Tx) error {
		return tx.MatchList("ms", "G1", func(m flow.Match) bool {
			matches = append(matches, fmt.Sprintf("%s brings %s", m.Line, m.Revenue))
			return true
		})
	})
	if got := strings.Join(matches, ", "); got != "row1 brings 400.00, row2 brings -300.00, row3 brings 360.00" {
		t.Error(got)
	}
}

// A year that is paid ahead and billed by the quarter costs, so far, the days of the
// quarter; what the rest costs stands beside it, and both are the row. The report
// says what people call those that it is about.
func TestAYearPaidAheadAndBilledByTheQuarter(t *testing.T) {
	s := newReconcileStory(t)
	account := flow.Account{Account: billing.Account{ID: "quarterly", Name: "Quarter & Sons", Country: "DE"}, Party: flow.Party{Name: "Quarter & Sons", Country: "DE"}}
	quarter := billing.Unit{Name: "quarterly", Months: 3}
	contract := flow.Contract{Contract: billing.Contract{ID: "of-quarterly", Account: "quarterly", Schedule: billing.Flexi, Frequency: quarter, Start: date("2026-02-05")}}
	s.take(flow.Intake{Account: &account}, flow.Intake{Contract: &contract})
	s.take(flow.Intake{Price: &billing.PriceRow{SKU: "E3:1", List: "default", Currency: s.eur, Unit: billing.Unit{Name: "annual", Months: 12}, TermMonths: 12, Price: number("480.00"), Cost: number("365.00"), HasCost: true}})
	s.take(flow.Intake{Event: &flow.Event{Do: flow.DoSubscribe, ID: "hold-1", Contract: "of-quarterly", SKU: "E3:1", On: date("2026-02-05"), Effective: date("2026-02-05"),
		Quantity: number("2"), HasQuantity: true, TermMonths: 12, Billing: quarter}})
	s.billThrough("2026-03-05")
	s.charge("hold-1", "quarterly", "new 2026-02-05 2027-02-04 2 × 365.00 = 730.00")
	s.lines[0].Charge.UnitPrice, s.lines[0].Billing, s.lines[0].TermMonths = number("365.00"), billing.Unit{Name: "annual", Months: 12}, 12
	s.charge("hold-9", "stranger", "new 2026-02-10 2026-03-09 2 × 31.00 = 62.00")
	s.lines[1].CustomerName, s.lines[1].Product = "Stranger GmbH", "Suite"
	s.invoice("G1")
	// 89 days of 365, at 1.00 a day and seat.
	s.same("quarter", s.reconcile("G1"), `2 rows, 1 exact: 792.00, expected 730.00
		quarterly: 240.00 − 178.00, ahead 552.00
		stranger: 0 − 62.00
		1 row2 / missing customer: 62.00: customer stranger is not in the book`)
	report, err := s.flow.Reconcile(t.Context(), "ms", "G1")
	called := []string{report.Names.Customer("quarterly"), report.Names.Customer("stranger"), report.Names.Product("E3:1"), report.Names.Entity("quarterly"), report.Names.Entity("stranger")}
	if got := fmt.Sprintf("%q", called); err != nil || got != `["Quarter & Sons" "Stranger GmbH" "Suite" "Quarter & Sons" ""]` {
		t.Errorf("names %s, %v", got, err)
	}
	s.read(func(tx flow.Tx) error {
		return tx.MatchList("ms", "G1", func(m flow.Match) bool {
			if m.Line == "row1" && m.Ahead.String() != "552.00" {
				t.Errorf("kept as ahead: %s", m.Ahead)
			}
			return true
		})
	})
}

func (s *reconcileStory) read(fn func(tx flow.Tx) error) {
	s.Helper()
	if err := s.flow.Store.Read(s.Context(), fn); err != nil {
		s.Fatal(err)
	}
}

// A holding that sync takes in late, under a contract that bills changes at once: the
// change invoice has the days up to the end of the cycle that it began in, and the
// contract's next invoice those of the cycles since. Until then nobody forgot them:
// they are a matter of timing, and the finding says which invoice they meet.
func TestAHoldingThatIsRecordedLateMeetsTheNextInvoice(t *testing.T) {
	s := newReconcileStory(t)
	account := flow.Account{Account: billing.Account{ID: "late", Name: "Late Ltd", Country: "DE"}, Party: flow.Party{Name: "Late Ltd", Country: "DE"}}
	contract := flow.Contract{Contract: billing.Contract{ID: "of-late", Account: "late", Schedule: billing.Aligned, Frequency: s.monthly, Start: date("2026-01-01"), Changes: billing.Changes{Policy: billing.Immediately}}}
	s.take(flow.Intake{Account: &account}, flow.Intake{Contract: &contract})
	s.billThrough("2026-03-01")
	s.take(flow.Intake{Event: &flow.Event{Do: flow.DoSubscribe, ID: "hold-1", Contract: "of-late", SKU: "E3:1", On: date("2026-03-03"), Effective: date("2026-02-05"),
		Quantity: number("10"), HasQuantity: true, TermMonths: 12, Billing: s.monthly}})
	s.clock.now = time.Date(2026, 3, 6, 8, 0, 0, 0, time.UTC)
	s.billThrough("2026-03-05")
	s.charge("hold-1", "late", "new 2026-02-05 2026-03-04 10 × 31.00 = 310.00")
	s.invoice("G1")
	// 24 days of 28 are billed: 342.86 of 400.00; the four of March follow on 1 April.
	s.same("before", s.reconcile("G1"), `1 rows, 0 exact: 310.00, expected 310.00
		late: 342.86 − 265.71, ahead 44.29
		1 row1 late/hold-1 timing: 0: seats of 2026-03-01 to 2026-03-04 were recorded after the customer's invoice of 2026-03-01: the one of 2026-04-01 bills them at the latest`)
	if open := s.exceptions(); open != nil {
		t.Errorf("exceptions: %q", open)
	}
	s.read(func(tx flow.Tx) error {
		return tx.FindingList("ms", "G1", "", func(f flow.Finding) bool {
			if f.MeetsOn != date("2026-04-01") {
				t.Errorf("meets %s", f.MeetsOn)
			}
			return true
		})
	})
	s.clock.now = time.Date(2026, 4, 2, 8, 0, 0, 0, time.UTC)
	s.billThrough("2026-04-01")
	s.same("after", s.reconcile("G1"), `1 rows, 1 exact: 310.00, expected 310.00
		late: 394.47 − 310.00`)
}

// Of what nobody recorded nobody is billed, whatever the contract's policy.
func TestSeatsThatNobodyRecordedAreNoMatterOfTiming(t *testing.T) {
	s := newReconcileStory(t)
	account := flow.Account{Account: billing.Account{ID: "late", Name: "Late Ltd", Country: "DE"}, Party: flow.Party{Name: "Late Ltd", Country: "DE"}}
	contract := flow.Contract{Contract: billing.Contract{ID: "of-late", Account: "late", Schedule: billing.Aligned, Frequency: s.monthly, Start: date("2026-01-01"), Changes: billing.Changes{Policy: billing.Immediately}}}
	s.take(flow.Intake{Account: &account}, flow.Intake{Contract: &contract})
	s.subscribe("of-late", "hold-1", "2026-02-05", "10")
	s.billThrough("2026-03-01")
	s.charge("hold-1", "late", "new 2026-02-05 2026-03-04 10 × 31.00 = 310.00")
	s.charge("hold-1", "late", "add 2026-02-12 2026-03-04 2 × 23.25 = 46.50")
	s.invoice("G1")
	if got := s.reconcile("G1"); !strings.Contains(got, "row2 late/hold-1 never billed: 46.50: ") || strings.Contains(got, "timing") {
		t.Error(got)
	}
}

// In arrears a subscription's own period is billed after its end: the days of one
// that the last invoice fell into are not forgotten.
func TestAPeriodInArrearsThatIsNotOverIsAhead(t *testing.T) {
	s := newReconcileStory(t)
	account := flow.Account{Account: billing.Account{ID: "after", Name: "After Ltd", Country: "DE"}, Party: flow.Party{Name: "After Ltd", Country: "DE"}}
	contract := flow.Contract{Contract: billing.Contract{ID: "of-after", Account: "after", Schedule: billing.Flexi, Timing: billing.Arrears, Frequency: s.monthly, Start: date("2026-01-01")}}
	s.take(flow.Intake{Account: &account}, flow.Intake{Contract: &contract})
	s.subscribe("of-after", "hold-1", "2026-02-05", "10")
	s.billThrough("2026-03-05")
	s.charge("hold-1", "after", "new 2026-02-05 2026-03-04 10 × 31.00 = 310.00")
	s.invoice("G1")
	s.same("before", s.reconcile("G1"), `1 rows, 1 exact: 310.00, expected 310.00
		after: 0 − 0, ahead 310.00`)
	s.clock.now = time.Date(2026, 4, 2, 8, 0, 0, 0, time.UTC)
	s.billThrough("2026-04-01")
	s.same("after", s.reconcile("G1"), `1 rows, 1 exact: 310.00, expected 310.00
		after: 400.00 − 310.00`)
}

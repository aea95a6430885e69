package flow_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// reconcileStory is a reseller of one product at 40.00 that costs 31.00, whose
// customers' contracts began on 1 January 2026.
type reconcileStory struct {
	*billStory
	eur     money.Currency
	monthly billing.Unit
	lines   []flow.ProviderLine
}

func date(text string) calendar.Date {
	d, err := calendar.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

func newReconcileStory(t *testing.T) *reconcileStory {
	eur, err := money.ParseCurrency("EUR")
	if err != nil {
		t.Fatal(err)
	}
	s := &reconcileStory{billStory: newBillStory(t), eur: eur, monthly: billing.Unit{Name: "monthly", Months: 1}}
	s.take(
		flow.Intake{Seller: &flow.Seller{ID: "seller", Party: flow.Party{Name: "Nord", Country: "DE"}, Currency: eur, TimeZone: "UTC"}},
		flow.Intake{Product: &billing.Product{SKU: "E3:1", Name: "Suite", Class: "resale"}},
		flow.Intake{Price: &billing.PriceRow{SKU: "E3:1", List: "default", Currency: eur, Unit: s.monthly, Price: number("40.00"), Cost: number("31.00"), HasCost: true}},
	)
	s.customer("acme")
	return s
}

// customer adds an account with the provider's own id, and its contract.
func (s *reconcileStory) customer(id string) {
	account := flow.Account{Account: billing.Account{ID: billing.AccountID(id), Name: id, Country: "DE"}, Party: flow.Party{Name: id, Country: "DE"}}
	contract := flow.Contract{Contract: billing.Contract{ID: billing.ContractID("of-" + id), Account: account.ID, Schedule: billing.Flexi, Frequency: s.monthly, Start: date("2026-01-01")}}
	s.take(flow.Intake{Account: &account}, flow.Intake{Contract: &contract})
}

func (s *reconcileStory) take(intakes ...flow.Intake) {
	s.Helper()
	stream := func(yield func(flow.Intake, error) bool) {
		for _, in := range intakes {
			if !yield(in, nil) {
				return
			}
		}
	}
	_, err := s.flow.Take(s.Context(), stream, flow.Actor{Who: "ann", Source: "console"}, func(line flow.TakeLine) {
		if line.Outcome != flow.Taken {
			s.Fatalf("%s is %s: %s", line.Noun, line.Outcome, line.Why)
		}
	})
	if err != nil {
		s.Fatal(err)
	}
}

// subscribe sells seats under the provider's own id of the subscription.
func (s *reconcileStory) subscribe(contract, id, on, seats string) {
	s.Helper()
	s.take(flow.Intake{Event: &flow.Event{Do: flow.DoSubscribe, ID: id, Contract: billing.ContractID(contract), SKU: "E3:1", On: date(on), Effective: date(on),
		Quantity: number(seats), HasQuantity: true, TermMonths: 12, Billing: s.monthly}})
}

func (s *reconcileStory) seats(id, on, seats string) {
	s.Helper()
	s.take(flow.Intake{Event: &flow.Event{Do: flow.DoQuantity, Subscription: billing.SubscriptionID(id), On: date(on), Effective: date(on), Quantity: number(seats), HasQuantity: true}})
}

func (s *reconcileStory) billThrough(day string) {
	s.Helper()
	run, err := s.flow.Bill(s.Context(), flow.BillOptions{Through: date(day), Actor: flow.Actor{Who: "ann"}})
	if err != nil || run.Exceptions > 0 {
		s.Fatalf("%+v, %v", run, err)
	}
}

// charge adds a row: "TYPE DAY LAST SEATS × PRICE = COST".
func (s *reconcileStory) charge(holding, customer, text string) {
	s.Helper()
	w := strings.Fields(text)
	kinds := map[string]billing.ChargeType{"new": billing.ChargeNew, "add": billing.ChargeAddQuantity, "cycle": billing.ChargeCycle, "cancel": billing.ChargeCancel}
	on := date(w[1])
	year, month, dayOfMonth := on.Civil()
	line := flow.ProviderLine{Holding: holding, Customer: customer, CustomerName: customer, Total: number(w[7]), OrderedAt: time.Date(year, time.Month(month), dayOfMonth, 9, 0, 0, 0, time.UTC)}
	line.Charge = billing.ProviderCharge{ID: fmt.Sprint("row", len(s.lines)+1), Type: kinds[w[0]], SKU: "E3:1", Period: calendar.Period{From: on, To: date(w[2]).AddDays(1)}, Quantity: number(w[3]),
		UnitPrice: number("31.00"), EffectivePrice: number(w[5]), Cost: number(w[7]), Currency: s.eur}
	line.PriceCurrency = s.eur
	s.lines = append(s.lines, line)
}

// invoice imports what was charged as the invoice of February.
func (s *reconcileStory) invoice(id string) {
	s.Helper()
	head := flow.ProviderInvoice{ID: id, On: date("2026-03-06"), Period: calendar.Period{From: date("2026-02-01"), To: date("2026-03-01")}, Currency: s.eur, Stamp: id}
	for _, line := range s.lines {
		head.Total = head.Total.Add(line.Total)
	}
	_, err := s.flow.ImportBill(s.Context(), "ms", head, func(yield func(flow.ProviderLine, error) bool) {
		for _, line := range s.lines {
			line.Invoice = id
			if !yield(line, nil) {
				return
			}
		}
	})
	if err != nil {
		s.Fatal(err)
	}
	s.lines = nil
}

func (s *reconcileStory) reconcile(id string) (text string) {
	s.Helper()
	report, err := s.flow.Reconcile(s.Context(), "ms", id)
	if err != nil {
		s.Fatal(err)
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%d rows, %d exact: %s, expected %s\n", report.Sums.Rows, report.Sums.Exact, report.Sums.Provider, report.Sums.Expected)
	for _, m := range report.Sums.ByCustomer() {
		fmt.Fprintf(&out, "%s: %s − %s", m.Of, m.Revenue, m.Cost)
		if !m.Ahead.IsZero() {
			fmt.Fprintf(&out, ", ahead %s", m.Ahead)
		}
		out.WriteString("\n")
	}
	err = s.flow.Store.Read(s.Context(), func(tx flow.Tx) error {
		return tx.FindingList("ms", id, "", func(f flow.Finding) bool {
			fmt.Fprintf(&out, "%d %s %s/%s %s: %s: %s\n", f.No, f.Line, f.Account, f.Subscription, f.Cause, f.Amount, f.Sentence)
			return true
		})
	})
	if err != nil {
		s.Fatal(err)
	}
	return out.String()
}

func (s *reconcileStory) same(what, got, want string) {
	s.Helper()
	var trimmed strings.Builder
	for line := range strings.Lines(want) {
		if line = strings.TrimSpace(line); line != "" {
			trimmed.WriteString(line + "\n")
		}
	}
	if got != trimmed.String() {
		s.Errorf("%s\ngot:\n%swant:\n%s", what, got, trimmed.String())
	}
}

// february is a subscription of 10 seats, 12 from the 12th, rightly charged.
func (s *reconcileStory) february() {
	s.subscribe("of-acme", "hold-1", "2026-02-05", "10")
	s.seats("hold-1", "2026-02-12", "12")
	s.billThrough("2026-03-05")
	s.charge("hold-1", "acme", "new 2026-02-05 2026-03-04 10 × 31.00 = 310.00")
	s.charge("hold-1", "acme", "add 2026-02-12 2026-03-04 10 × -23.25 = -232.50")
	s.charge("hold-1", "acme", "add 2026-02-12 2026-03-04 12 × 23.25 = 279.00")
}

func TestABillThatIsRight(t *testing.T) {
	s := newReconcileStory(t)
	s.february()
	s.invoice("G1")
	// 10 seats and 2 for three quarters of the cycle, at 40.00 and at 31.00.
	right := `3 rows, 3 exact: 356.50, expected 356.50
		acme: 460.00 − 356.50`
	s.same("first", s.reconcile("G1"), right)
	s.same("again", s.reconcile("G1"), right)
	if kept := s.kept("G1"); kept.ReconciledAt != s.clock.now {
		t.Errorf("reconciled at %s", kept.ReconciledAt)
	}
	if open := s.exceptions(); open != nil {
		t.Errorf("exceptions: %q", open)
	}
	var matches []string
	err := s.flow.Store.Read(t.Context(), func(tx flow.Tx) error {
		return tx.MatchList("ms", "G1", func(m flow.Match) bool {
			matches = append(matches, fmt.Sprintf("%s %s/%s: %s of %s, brings %s", m.Line, m.Account, m.Subscription, m.Cost, m.Expected, m.Revenue))
			return true
		})
	})
	want := []string{"row1 acme/hold-1: 310.00 of 310.00, brings 400.00", "row2 acme/hold-1: -232.50 of -232.50, brings -300.00", "row3 acme/hold-1: 279.00 of 279.00, brings 360.00"}
	if err != nil || !slices.Equal(matches, want) {
		t.Errorf("matches %q, %v", matches, err)
	}
}

func TestABillThatIsWrong(t *testing.T) {
	s := newReconcileStory(t)
	s.february()
	s.charge("hold-9", "acme", "new 2026-02-10 2026-03-09 1 × 31.00 = 31.00")
	s.charge("hold-8", "stranger", "new 2026-02-10 2026-03-09 2 × 31.00 = 62.00")
	s.charge("", "acme", "new 2026-02-10 2026-02-10 1 × 5.00 = 5.00")
	s.lines[0].Charge.Cost, s.lines[0].Total = number("400.00"), number("400.00")
	s.invoice("G1")
	s.same("wrong", s.reconcile("G1"), `6 rows, 2 exact: 544.50, expected 356.50
		acme: 460.00 − 482.50
		stranger: 0 − 62.00
		1 row1 acme/hold-1 unexplained: 90.00: the row's own figures give 310.00, it says 400.00
		2 row6 acme/ unknown subscription: 5.00: it names no subscription
		3 row4 acme/ unknown subscription: 31.00: subscription hold-9 is not in the book
		4 row5 / missing customer: 62.00: customer stranger is not in the book`)
	open := s.exceptions()
	if len(open) != 1 || open[0] != "provider_bill_unexplained: 1 difference on invoice G1 is not explained: 90.00 EUR." {
		t.Errorf("exceptions: %q", open)
	}
}

func TestACorrectedBillSettlesItsException(t *testing.T) {
	s := newReconcileStory(t)
	s.february()
	s.lines[0].Charge.Cost, s.lines[0].Total = number("400.00"), number("400.00")
	right := slices.Clone(s.lines)
	s.invoice("G1")
	s.reconcile("G1")
	if open := s.exceptions(); len(open) != 1 {
		t.Fatalf("exceptions: %q", open)
	}
	right[0].Charge.Cost, right[0].Total = number("310.00"), number("310.00")
	s.lines = right
	s.invoice("G1")
	if kept := s.kept("G1"); !kept.ReconciledAt.IsZero() {
		t.Error("rows were replaced, and it still counts as reconciled")
	}
	s.reconcile("G1")
	if open := s.exceptions(); open != nil {
		t.Errorf("exceptions: %q", open)
	}
}

// Two entities share a subscription at the provider, whose seats are their sum:
// linked afterwards, or recorded with it.
func TestLinkedSubscriptionsAreOneAtTheProvider(t *testing.T) {
	for _, holding := range []string{"", "hold-1"} {
		s := newReconcileStory(t)
		s.customer("bolt")
		s.subscribePart("of-acme", "acme-part", holding, "7")
		s.subscribePart("of-bolt", "bolt-part", holding, "3")
		s.seats("bolt-part", "2026-02-12", "5")
		s.billThrough("2026-03-05")
		if holding == "" {
			s.link("hold-1", "acme-part", "bolt-part")
		}
		s.charge("hold-1", "acme", "new 2026-02-05 2026-03-04 10 × 31.00 = 310.00")
		s.charge("hold-1", "acme", "add 2026-02-12 2026-03-04 10 × -23.25 = -232.50")
		s.charge("hold-1", "acme", "add 2026-02-12 2026-03-04 12 × 23.25 = 279.00")
		s.invoice("G1")
		s.same("linked", s.reconcile("G1"), "3 rows, 3 exact: 356.50, expected 356.50\nacme: 460.00 − 356.50")
		report, err := s.flow.Reconcile(t.Context(), "ms", "G1")
		if err != nil {
			t.Fatal(err)
		}
		var entities []string
		for _, m := range report.Sums.ByEntity() {
			entities = append(entities, fmt.Sprintf("%s: %s", m.Of, m.Revenue))
		}
		// 7 seats at 40.00; 3 seats, and 2 for three quarters.
		if got := strings.Join(entities, ", "); got != "acme: 280.00, bolt: 180.00" {
			t.Errorf("entities %s", got)
		}
	}
}

// subscribePart sells seats of a subscription that others have seats of, too.
func (s *reconcileStory) subscribePart(contract, id, holding, seats string) {
	s.Helper()
	on := date("2026-02-05")
	s.take(flow.Intake{Event: &flow.Event{Do: flow.DoSubscribe, ID: id, Holding: holding, Contract: billing.ContractID(contract), SKU: "E3:1", On: on, Effective: on,
		Quantity: number(seats), HasQuantity: true, TermMonths: 12, Billing: s.monthly}})
}

func (s *reconcileStory) link(holding string, parts ...billing.SubscriptionID) {
	s.Helper()
	err := s.flow.Store.Write(s.Context(), func(tx flow.Tx) error {
		for _, part := range parts {
			if _, err := tx.HoldingLinkPut(flow.HoldingLink{Connection: "ms", Holding: holding, Subscription: part}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
}

func TestSeatsThatTheProviderChargesAndNobodyPays(t *testing.T) {
	s := newReconcileStory(t)
	s.subscribe("of-acme", "hold-1", "2026-02-05", "10")
	s.billThrough("2026-03-05")
	s.charge("hold-1", "acme", "new 2026-02-05 2026-03-04 10 × 31.00 = 310.00")
	s.charge("hold-1", "acme", "add 2026-02-12 2026-03-04 2 × 23.25 = 46.50")
	s.invoice("G1")
	s.same("bought in the provider's portal", s.reconcile("G1"), `2 rows, 1 exact: 356.50, expected 310.00
		acme: 400.00 − 356.50
		1 row2 acme/hold-1 never billed: 46.50: addQuantity of 2 seats for 2026-02-12 to 2026-03-04 is in no entry of our log, so that no customer is billed for it`)
	open := s.exceptions()
	if len(open) != 1 || open[0] != "provider_cost_unbilled: Invoice G1 charges 46.50 EUR for what no customer was billed for." {
		t.Errorf("exceptions: %q", open)
	}
}

func TestADisputeSaysItAll(t *testing.T) {
	s := newReconcileStory(t)
	s.february()
	s.lines[2].Charge.Quantity, s.lines[2].Charge.Cost, s.lines[2].Total = number("13"), number("302.25"), number("302.25")
	s.invoice("G1")
	d, err := s.flow.Dispute(t.Context(), "ms", "G1", "row3")
	if err != nil {
		t.Fatal(err)
	}
	if d.To != "ms" || d.From.Name == "" || d.On != date("2026-03-07") {
		t.Errorf("from %q to %q on %s", d.From.Name, d.To, d.On)
	}
	s.same("dispute", strings.ReplaceAll(strings.ReplaceAll(d.Text(), "\n\n", "\n"), "\n  ", "\n"), `To ms, from Nord, on 2026-03-07
		Your invoice G1 of 2026-03-06: addQuantity for 2026-02-12 to 2026-03-04
		Customer acme (acme), subscription hold-1, E3:1
		What we claim: 23.25 EUR, charged too much, before tax
		quantity: 23.25: 13 seats are charged where 12 were expected: 302.25 instead of 279.00
		What happened, by our log
		from 2026-02-05 on: 10 seats bought (recorded 2026-03-07 08:00 UTC by ann, console)
		from 2026-02-12 on: seats set to 12 (recorded 2026-03-07 08:00 UTC by ann, console)
		What you charged for this subscription
		1. 2026-02-05 new 2026-02-05 to 2026-03-04: 10 × 31.00 = 310.00 EUR
		2. 2026-02-12 addQuantity 2026-02-12 to 2026-03-04: 10 × -23.25 = -232.50 EUR
		3. 2026-02-12 addQuantity 2026-02-12 to 2026-03-04: 13 × 23.25 = 302.25 EUR   <— disputed
		What should be charged
		2026-02-05 new 2026-02-05 to 2026-03-04: 31.00 EUR for a seat, × 10 = 310.00 EUR
		2026-02-12 addQuantity 2026-02-12 to 2026-03-04: 31.00 EUR × 21/28 days = 23.25 for a seat, × -10 = -232.50 EUR
		2026-02-12 addQuantity 2026-02-12 to 2026-03-04: 31.00 EUR × 21/28 days = 23.25 for a seat, × 12 = 279.00 EUR   <— disputed
		The rule
		A seat costs its price, less the promotion, divided by the days of the whole charge cycle and multiplied by the days charged, first and last included, in UTC.
		The price and the promotion are those of the first day of the term, for seats added later too.
		A change of seats credits all old seats and charges all new ones for the rest of the cycle.
		A subscription cancelled within 24 hours is credited in full, later by its days.
		The price of one seat is cut to the currency's digits, then multiplied.
		Our key of this row: row3`)
	if _, err := s.flow.Dispute(t.Context(), "ms", "G1", "none"); err == nil {
		t.Error("there is no such row")
	}
}

func (s *reconcileStory) readiness() (text string) {
	s.Helper()
	checks, err := s.flow.Readiness(s.Context(), "ms", date("2026-02-01"))
	if err != nil {
		s.Fatal(err)
	}
	for _, c := range checks {
		text += fmt.Sprintf("%s %s: %s\n", c.Code, c.State, c.Sentence)
		if (c.Todo == "") != (c.State == flow.ReadinessWell) {
			s.Errorf("%s is %s, to do: %q", c.Code, c.State, c.Todo)
		}
	}
	return text
}

func TestWhatStandsBetweenAMonthAndItsClosing(t *testing.T) {
	s := newReconcileStory(t)
	s.same("before the invoice", s.readiness(), `consent well: ms lets us in.
		invoices blocked: There is no invoice for 2026-02.
		usage well: No usage or charge of the month is late.
		promotions well: No promotion ends in this month or the next.`)
	s.february()
	s.charge("hold-9", "acme", "new 2026-02-10 2026-03-09 1 × 31.00 = 31.00")
	s.lines[3].Charge.SKU = "E9:1"
	s.lines[0].Charge.Cost = number("400.00")
	s.invoice("G1")
	err := s.flow.Store.Write(t.Context(), func(tx flow.Tx) error {
		_, err := tx.PromotionPut("ms", flow.Promotion{ID: "SPRING", SKU: "E3:1", Percent: number("15"), From: date("2026-01-01"), To: date("2026-03-16")})
		if err == nil {
			_, err = tx.ConnectionPut(flow.Connection{ID: "ms", Kind: "partnercenter", State: flow.ConnectionConsent, StateWhy: "since 2026-03-01"})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s.same("not reconciled", s.readiness(), `consent blocked: ms does not let us in: consent needed since 2026-03-01
		invoice-complete well: Invoice G1 is complete: 4 rows, 387.50 EUR, stamp G1.
		reconciled blocked: Invoice G1 is not reconciled.
		customers well: Every row is of a customer and a subscription of the book.
		usage well: No usage or charge of the month is late.
		prices blocked: 1 product has no price: E9:1
		promotions look: 1 promotion ends: SPRING (15 % on E3:1, last day 2026-03-15)`)
	s.reconcile("G1")
	got := s.readiness()
	for _, want := range []string{"reconciled blocked: 1 difference on invoice G1 is not explained.", "customers blocked: 1 row is of customers or subscriptions that the book does not have."} {
		if !strings.Contains(got, want) {
			t.Errorf("%s\nlacks %s", got, want)
		}
	}
}

// Meters of Azure have no price of their own, and need none; nor does what is sold
// at a price that was agreed.
func TestUsageNeedsNoPriceOfItsOwn(t *testing.T) {
	s := newReconcileStory(t)
	s.february()
	s.take(flow.Intake{Product: &billing.Product{SKU: "AZ:1", Name: "Azure plan", Class: "resale", Kind: billing.Usage}}, flow.Intake{Product: &billing.Product{SKU: "E7:1", Name: "Agreed", Class: "resale"}})
	for _, one := range []flow.Event{{ID: "azure", SKU: "AZ:1"}, {ID: "agreed", SKU: "E7:1", Price: number("50"), HasPrice: true}} {
		one.Do, one.Contract, one.On, one.Effective, one.Quantity, one.HasQuantity = flow.DoSubscribe, "of-acme", date("2026-02-05"), date("2026-02-05"), number("1"), true
		one.Billing = s.monthly
		s.take(flow.Intake{Event: &one})
	}
	for i, sku := range []string{"MTR:1", "MTR:2", "E7:1"} {
		s.charge([]string{"azure", "azure", "agreed"}[i], "acme", "new 2026-02-05 2026-02-28 1 × 5.00 = 5.00")
		s.lines[3+i].Charge.SKU = sku
	}
	s.invoice("G1")
	s.reconcile("G1")
	if got, want := s.readiness(), "prices well: All products on the invoices that need a price have one; 3 of 4 need none of their own: usage, or an agreed price.\n"; !strings.Contains(got, want) {
		t.Errorf("%s\nlacks %s", got, want)
	}
	// The same meter under a subscription of seats is a product without a price.
	s.charge("hold-1", "acme", "new 2026-02-05 2026-02-28 1 × 5.00 = 5.00")
	s.lines[0].Charge.SKU = "MTR:1"
	s.invoice("G2")
	if got, want := s.readiness(), "prices blocked: 1 product has no price: MTR:1\n"; !strings.Contains(got, want) {
		t.Errorf("%s\nlacks %s", got, want)
	}
}

// More holdings than are compared at once: each row is compared once.
func TestAnInvoiceIsWorkedThroughInParts(t *testing.T) {
	s := newReconcileStory(t)
	s.february()
	for i := range 1100 {
		s.charge(fmt.Sprintf("other-%04d", i), "acme", "new 2026-02-10 2026-03-09 1 × 31.00 = 31.00")
	}
	s.invoice("G1")
	report, err := s.flow.Reconcile(t.Context(), "ms", "G1")
	if err != nil || report.Sums.Rows != 1103 || report.Sums.Exact != 3 || report.Findings != 1100 || report.Sums.Provider.String() != "34456.50" {
		t.Errorf("%d rows, %d exact, %d findings, %s, %v", report.Sums.Rows, report.Sums.Exact, report.Findings, report.Sums.Provider, err)
	}
}

// In the evening of 5 February here it is the 6th in UTC, by which the provider
// counts; and the evening after is within a day of it.
func TestTheProvidersDayIsNotOurs(t *testing.T) {
	s := newReconcileStory(t)
	s.flow.Zone = time.FixedZone("west", -8*3600)
	s.subscribe("of-acme", "hold-1", "2026-02-05", "10")
	s.subscribe("of-acme", "hold-2", "2026-02-05", "4")
	s.take(flow.Intake{Event: &flow.Event{Do: flow.DoCancel, Subscription: "hold-2", On: date("2026-02-06"), Effective: date("2026-02-06")}})
	s.charge("hold-1", "acme", "new 2026-02-06 2026-03-05 10 × 31.00 = 310.00")
	s.charge("hold-2", "acme", "new 2026-02-06 2026-03-05 4 × 31.00 = 124.00")
	s.charge("hold-2", "acme", "cancel 2026-02-06 2026-03-05 4 × -31.00 = -124.00")
	for i, at := range []time.Time{time.Date(2026, 2, 6, 4, 0, 0, 0, time.UTC), time.Date(2026, 2, 6, 4, 30, 0, 0, time.UTC), time.Date(2026, 2, 7, 3, 0, 0, 0, time.UTC)} {
		s.lines[i].OrderedAt = at
	}
	s.invoice("G1")
	s.same("in the west", s.reconcile("G1"), "3 rows, 3 exact: 310.00, expected 310.00\nacme: 0 − 0, ahead 310.00")
}

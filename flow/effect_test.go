package flow_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
	"prorata/internal/pgtest"
)

// office22 has contract acme-2 of a kind, with 20 seats for a year from 10 January
// at a price of its own of 22.00 a month, billed through 5 March.
func (o *office) office22(kind func(*flow.Contract)) {
	o.t.Helper()
	c := flow.Contract{Contract: billing.Contract{ID: "acme-2", Account: "acme", Currency: currency("EUR"), Frequency: monthly, Start: day("2026-01-01")}}
	kind(&c)
	o.take(flow.Intake{Contract: &c})
	must(o.t, o.tell(flow.Event{Do: flow.DoSubscribe, ID: "s2", Contract: "acme-2", SKU: e3, Quantity: decimal("20"), HasQuantity: true, TermMonths: 12, Billing: monthly,
		Price: decimal("22.00"), HasPrice: true, On: day("2026-01-05"), Effective: day("2026-01-10")}))
	o.clock.on("2026-03-05")
	o.billed("2026-03-05")
}

func (o *office) billed(through string) {
	o.t.Helper()
	run, err := o.Bill(o.ctx, flow.BillOptions{Through: day(through), Actor: flow.Actor{Who: "clerk"}})
	must(o.t, err)
	if run.Exceptions != 0 {
		o.t.Fatalf("%d exceptions", run.Exceptions)
	}
}

func (o *office) effect(events ...flow.Event) (flow.Effect, error) {
	for i := range events {
		events[i].On = o.Today()
		if events[i].Effective.IsZero() {
			events[i].Effective = events[i].On
		}
	}
	return o.EffectOf(o.ctx, "acme-2", "s2", events)
}

func aligned(*flow.Contract) {}

// The example of the pages: five more seats in the middle of a month.
func TestAnEffectIsToldBeforeItIsRecorded(t *testing.T) {
	o := openOffice(t)
	o.office22(aligned)
	e, err := o.effect(flow.Event{Do: flow.DoQuantity, Subscription: "s2", Quantity: decimal("25"), HasQuantity: true, Effective: day("2026-03-16")})
	must(t, err)
	o.is("in words", e.Sentence(), "+5 from 16 Mar 2026: 56.77 EUR now, 110.00 EUR more each month.")
	o.is("carried by", e.NowOn.String(), "2026-04-01")
	o.is("for", e.NowFor.From.String()+" "+e.NowFor.To.String(), "2026-03-16 2026-04-01")
	o.is("the first invoice", fmt.Sprint(e.Invoices[0].On, e.Invoices[0].Was, e.Invoices[0].Becomes), "2026-04-01 440.00 606.77")
	o.is("renewal", fmt.Sprint(e.RenewsOn, e.Renewal, e.RenewalBecomes), "2027-01-10 20 25")
	// The list's cost is 10.00 a seat.
	o.is("cost", fmt.Sprint(e.Cost.Seats, e.Cost.Each), "5 50.00")
	if text := o.log("s2"); text != "2026-01-10 subscribe 20" {
		t.Errorf("the log has what was only asked: %s", text)
	}
	e, err = o.effect(flow.Event{Do: flow.DoCancel, Subscription: "s2"})
	must(t, err)
	o.is("cancelled", e.Sentence(), "Cancelled from 5 Mar 2026: 383.23 EUR credited now, 440.00 EUR less each month.")
	e, err = o.effect(flow.Event{Do: flow.DoSchedule, Subscription: "s2", Quantity: decimal("15"), HasQuantity: true})
	must(t, err)
	o.is("scheduled", e.Sentence(), "20 → 15 at renewal from 5 Mar 2026: 78.06 EUR less each month from 1 Jan 2027, 110.00 EUR less each month.")
}

func TestAnEffectIsRefusedAsTheChangeWouldBe(t *testing.T) {
	o := openOffice(t)
	o.office22(func(c *flow.Contract) { c.Reductions = billing.ReductionsForbidden })
	_, err := o.effect(flow.Event{Do: flow.DoQuantity, Subscription: "s2", Quantity: decimal("15"), HasQuantity: true})
	var refusal *billing.Refusal
	if !errors.As(err, &refusal) || refusal.Code != "reduction_refused" || refusal.Possible != day("2027-01-10") {
		t.Errorf("got %v", err)
	}
	must(t, o.tell(flow.Event{Do: flow.DoHold, Account: "acme"}))
	e, err := o.effect(flow.Event{Do: flow.DoQuantity, Subscription: "s2", Quantity: decimal("25"), HasQuantity: true})
	must(t, err)
	o.is("on hold", e.Sentence(), "+5 from 5 Mar 2026: waits until the account is released from credit hold.")
}

// What is shown before is what is billed after: an invoice of the book in which it
// was recorded less that of the book in which it was not, date by date.
func TestWhatIsShownIsWhatIsBilled(t *testing.T) {
	kinds := map[string]func(*flow.Contract){
		"aligned":    aligned,
		"at once":    func(c *flow.Contract) { c.Changes.Policy = billing.Immediately },
		"flexi":      func(c *flow.Contract) { c.Schedule = billing.Flexi },
		"arrears":    func(c *flow.Contract) { c.Timing = billing.Arrears },
		"no refunds": func(c *flow.Contract) { c.Refunds.Policy = billing.RefundNone },
		"window":     func(c *flow.Contract) { c.Refunds = billing.Refunds{Policy: billing.RefundWithinDays, Days: 7} },
		"at renewal": func(c *flow.Contract) { c.Changes.Policy = billing.AtRenewal },
		"weekly":     func(c *flow.Contract) { c.Changes = billing.Changes{Policy: billing.Weekly, Day: 1} },
		"upcoming":   func(c *flow.Contract) { c.Schedule, c.Collect = billing.Flexi, billing.Upcoming },
		"quarterly":  func(c *flow.Contract) { c.Frequency = billing.Unit{Name: "quarterly", Months: 3} },
	}
	changes := map[string]flow.Event{
		"more":        {Do: flow.DoQuantity, Quantity: decimal("25"), HasQuantity: true, Effective: day("2026-03-12")},
		"fewer":       {Do: flow.DoQuantity, Quantity: decimal("8"), HasQuantity: true},
		"back-dated":  {Do: flow.DoQuantity, Quantity: decimal("31"), HasQuantity: true, Effective: day("2026-01-20")},
		"dearer":      {Do: flow.DoPrice, Price: decimal("24.50"), HasPrice: true, Effective: day("2026-03-20")},
		"cancelled":   {Do: flow.DoCancel, Effective: day("2026-03-09")},
		"suspended":   {Do: flow.DoSuspend},
		"rescheduled": {Do: flow.DoSchedule, Quantity: decimal("30"), HasQuantity: true},
		"not renewed": {Do: flow.DoSchedule, HasAutoRenew: true},
	}
	for kind, contract := range kinds {
		for name, change := range changes {
			t.Run(kind+"/"+name, func(t *testing.T) {
				change.Subscription = "s2"
				without, with := openOffice(t), openOffice(t)
				without.office22(contract)
				with.office22(contract)
				e, err := with.effect(change)
				must(t, err)
				change.Effective = e.On
				must(t, with.tell(change))
				through := horizonOf(&e)
				without.clock.on(through)
				with.clock.on(through)
				without.billed(through)
				with.billed(through)
				shown := map[calendar.Date]money.Amount{}
				for i := range e.Invoices {
					if d := e.Invoices[i].Becomes.Sub(e.Invoices[i].Was); !d.IsZero() && !e.Invoices[i].On.After(day(through)) {
						shown[e.Invoices[i].On] = d
					}
				}
				with.is("invoices", fmt.Sprint(differences(with, without)), fmt.Sprint(shown))
				sum := e.Now
				for i := range e.Later {
					for on := e.Later[i].Days.From; on.Before(e.Later[i].Days.To); on = on.AddMonths(e.Later[i].Months) {
						sum = sum.Add(e.Later[i].Each())
					}
				}
				all := money.NewAmount(0, e.Currency)
				for i := range e.Invoices {
					all = all.Add(e.Invoices[i].Becomes.Sub(e.Invoices[i].Was))
				}
				with.is("now and later are all", sum.String(), all.String())
			})
		}
	}
}

// horizonOf is a day before the last that an effect looks at.
func horizonOf(e *flow.Effect) string {
	last := day("2026-05-20")
	if n := len(e.Later); n > 0 {
		last = calendar.Earliest(e.Later[n-1].Days.From.AddDays(-1), day("2027-01-20"))
	}
	return calendar.Latest(last, day("2026-04-02")).String()
}

// differences are the invoices of acme-2 in one book less those in another.
func differences(with, without *office) map[calendar.Date]money.Amount {
	sums := map[calendar.Date]money.Amount{}
	add := func(o *office, sign int) {
		must(o.t, o.Store.Read(o.ctx, func(tx flow.Tx) error {
			return tx.InvoiceList(flow.InvoiceFilter{Contract: "acme-2"}, func(i flow.Issued) bool {
				amount := i.Net
				if sign < 0 {
					amount = amount.Neg()
				}
				if old, ok := sums[i.Date]; ok {
					amount = old.Add(amount)
				}
				sums[i.Date] = amount
				return true
			})
		}))
	}
	add(with, 1)
	add(without, -1)
	for on, sum := range sums {
		if sum.IsZero() {
			delete(sums, on)
		}
	}
	return sums
}

func TestAnEffectOnEitherEngine(t *testing.T) {
	for name, where := range map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "book.db"), "postgres": pgtest.NewDatabase(t)} {
		t.Run(name, func(t *testing.T) {
			o := newOfficeAt(t, where)
			o.office22(aligned)
			e, err := o.effect(flow.Event{Do: flow.DoQuantity, Subscription: "s2", Quantity: decimal("25"), HasQuantity: true, Effective: day("2026-01-20")})
			must(t, err)
			o.is("back-dated", e.Sentence(), "+5 from 20 Jan 2026: 262.58 EUR now, 110.00 EUR more each month.")
		})
	}
}

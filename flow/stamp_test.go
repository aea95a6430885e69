package flow_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/edge/store"
	"prorata/flow"
	desks "prorata/flow/office"
)

// planned is a book with something of everything that can be billed, looked at on the first of February: customer acme has
// licences, usage and provider rows, bolt pays nothing yet.
func planned(o *office) month {
	m := month{o}
	o.clock.on("2026-01-01")
	m.monthly("steady")
	m.monthly("new")
	o.tenant("acme", holding("acme", "h-9", e5, "5", o.clock.at))
	mirror(o.t.(*testing.T), o)
	o.take(
		flow.Intake{Product: &billing.Product{SKU: "azure", Name: "Azure", Kind: billing.Usage}},
		flow.Intake{Tax: &billing.Tax{Name: "vat", Percent: decimal("19")}},
		flow.Intake{Product: &billing.Product{SKU: phone, Name: phone, Class: "resale", Tax: "vat"}},
	)
	metered := m.license("steady", "1")
	metered.ID, metered.SKU, metered.HasQuantity = "s-metered", "azure", false
	must(o.t, o.tell(m.license("steady", "10"), metered))
	o.sync()
	o.bill("2026-01-05")
	o.clock.on("2026-02-01")
	o.sync()
	return m
}

// moved says what a page says of the newest plan: that something changed since it was made.
func (m month) moved() bool {
	m.t.Helper()
	view, err := m.desk(desks.Owner).BillingPlanGet(m.ctx, 0)
	must(m.t, err)
	return view.Moved
}

// accepted begins a run of what a preview showed, if the book is still the one that it showed.
func (m month) accepted(stamp int64) error {
	_, err := m.BillBegin(m.ctx, flow.BillOptions{Through: day("2026-02-01"), Accept: stamp, Actor: clerk})
	return err
}

// preview is the fingerprint of all that is due, and the stamp that accepts it.
func (m month) preview() (digest string, stamp int64) {
	m.t.Helper()
	var invoices []flow.Issued
	_, failed, stamp, err := m.Preview(m.ctx, day("2026-02-01"), func(i flow.Issued) { invoices = append(invoices, i) })
	must(m.t, err)
	return flow.GroupDigest(invoices) + fmt.Sprint(failed), stamp
}

// quiet is what a server does all day while nothing happens, and what people do that changes no invoice to come.
func (m month) quiet() []change {
	usage := m.usage("u-1")
	return []change{
		{"following", func() error { m.later(time.Minute); m.sync(); return nil }},
		{"the next day's", func() error { m.later(24 * time.Hour); m.sync(); return nil }},
		{"a round of provisions", func() error { m.provision(); return nil }},
		{"verifying", func() error { _, err := m.Verify(m.ctx, nil); return err }},
		{"the figures", func() error { m.snapshot(); return nil }},
		{"pages", func() error { m.looked(m.desk(desks.Owner)); return nil }},
		{"an effect that is told", func() error {
			_, err := m.EffectOf(m.ctx, "steady", "s-steady", []flow.Event{onToday(m, seats("s-steady", "12"))})
			return err
		}},
		{"an invoice is sent", m.sent},
		{"a payment", func() error { return m.pay("INV-000001", "2026-01-20", "1") }},
		{"other terms, refused", m.otherTerms},
		{"an import again", func() error { m.take(m.unchanged()...); return nil }},
		{"usage that is known", func() error { return m.taken(usage) }},
		{"a plan of another day", func() error { m.plan("2026-03-01"); m.plan("2026-02-01"); return nil }},
		{"a process that is gone", func() error { _, err := m.LoseWork(m.ctx, func(string) bool { return true }); return err }},
	}
}

func onToday(m month, e flow.Event) flow.Event {
	e.On, e.Effective = m.Today(), m.Today()
	return e
}

// sent notes that an invoice was sent, as the round of mails does.
func (m month) sent() error {
	kept, ok := m.Store.(*store.Store)
	if !ok {
		return fmt.Errorf("the book is a %T", m.Store)
	}
	return kept.Office().Write(m.ctx, func(tx desks.Tx) error {
		return tx.InvoiceSentAdd("steady/2026-01-01", desks.InvoiceSent{At: m.clock.at, Who: "round", To: "it@steady.example"})
	})
}

// otherTerms asks for terms that a contract which was billed cannot have.
func (m month) otherTerms() error {
	c := flow.Contract{Contract: billing.Contract{ID: "steady", Account: "steady", Currency: currency("EUR"), Frequency: monthly, Start: day("2026-01-01"), Timing: billing.Arrears}}
	stream := func(yield func(flow.Intake, error) bool) { yield(flow.Intake{Contract: &c}, nil) }
	refused := 0
	_, err := m.Take(m.ctx, stream, clerk, func(line flow.TakeLine) {
		if line.Outcome != flow.Taken && line.Outcome != flow.Unchanged {
			refused++
		}
	})
	if err == nil && refused != 1 {
		err = fmt.Errorf("%d refused", refused)
	}
	return err
}

// unchanged are intakes that the book has already.
func (m month) unchanged() []flow.Intake {
	return []flow.Intake{
		{Product: &billing.Product{SKU: e3, Name: e3, Class: "resale"}},
		{Price: &billing.PriceRow{SKU: e3, List: flow.DefaultList, Currency: currency("EUR"), Unit: monthly, Price: decimal("12.00"), Cost: decimal("10.00"), HasCost: true}},
	}
}

func (m month) usage(key string) flow.Intake {
	return flow.Intake{Event: &flow.Event{Do: flow.DoUsage, On: day("2026-02-01"), Effective: day("2026-02-01"), ID: key, Subscription: "s-metered",
		Period: calendar.Period{From: day("2026-01-20"), To: day("2026-01-21")}, Quantity: decimal("1.5"), HasQuantity: true, Retail: decimal("3.00"), HasRetail: true, Currency: currency("EUR")}}
}

func (m month) taken(intakes ...flow.Intake) error {
	m.take(intakes...)
	return nil
}

// TestAPlanOfAQuietServerIsAccepted: a plan is not called changed by what changes nothing.
func TestAPlanOfAQuietServerIsAccepted(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		m := planned(o)
		must(t, m.taken(m.usage("u-1")))
		m.plan("2026-02-01")
		digest, stamp := m.preview()
		for _, change := range m.quiet() {
			must(t, change.do())
			now, at := m.preview()
			if now != digest {
				t.Fatalf("%s: it changes what is due", change.what)
			}
			if at != stamp || m.moved() {
				t.Errorf("%s: the stamp is %d after %d, and the plan counts as changed: %v", change.what, at, stamp, m.moved())
			}
			stamp = at
		}
		must(t, m.accepted(stamp))
		if err := m.accepted(stamp); !errors.Is(err, flow.ErrMoved) {
			t.Errorf("accepted twice: %v", err)
		}
	})
}

// change is something that is done to the book.
type change struct {
	what string
	do   func() error
}

// account takes an account as monthly made it, but for an edit.
func (m month) account(id billing.AccountID, edit func(*flow.Account)) func() error {
	a := flow.Account{Account: billing.Account{ID: id, Name: string(id), Country: "DE", Currency: currency("EUR")}, Party: flow.Party{Name: string(id), Country: "DE"}}
	edit(&a)
	return func() error { return m.taken(flow.Intake{Account: &a}) }
}

// changes are what changes an invoice that is due, each way in which the book takes it in.
func (m month) changes() []change {
	eur := currency("EUR")
	sale := m.license("new", "3")
	sale.SKU = phone
	once := flow.Event{Do: flow.DoOneTime, ID: "setup", Contract: "steady", SKU: e3, Quantity: decimal("1"), HasQuantity: true, Price: decimal("50"), HasPrice: true}
	price := flow.Event{Do: flow.DoPrice, Subscription: "s-steady", Price: decimal("9.00"), HasPrice: true}
	return []change{
		{"seats", func() error { return m.tell(seats("s-steady", "11")) }},
		{"a price of its own", func() error { return m.tell(price) }},
		{"something sold once", func() error { return m.tell(once) }},
		{"that is taken back", func() error { return m.tell(flow.Event{Do: flow.DoVoid, ID: "back", Voids: "setup"}) }},
		{"usage, told by itself", func() error { return m.tell(*m.usage("u-1").Event) }},
		{"usage of a file", func() error { return m.taken(m.usage("u-2"), m.usage("u-3")) }},
		{"the provider's rows", func() error { return m.provided("50.00", row("row-1", "10", "50.00")) }},
		{"rows that are restated", func() error { return m.provided("25.00", row("row-1", "5", "25.00")) }},
		{"a sale", func() error { return m.tell(sale) }},
		{"a price of the list", func() error {
			return m.taken(flow.Intake{Price: &billing.PriceRow{SKU: e3, List: flow.DefaultList, Currency: eur, Unit: monthly, Price: decimal("13.00"), From: day("2026-01-01")}})
		}},
		{"who pays", m.account("new", func(a *flow.Account) { a.Parent, a.BillTo = "steady", billing.ToParent })},
		{"an invoice is taken back", func() error { _, err := m.Void(m.ctx, "INV-000001", clerk); return err }},
		{"it is cancelled", func() error { return m.tell(flow.Event{Do: flow.DoCancel, Subscription: "s-new"}) }},
	}
}

// provided imports a provider's invoice that has these rows.
func (m month) provided(total string, rows ...flow.ProviderLine) error {
	m.charged(total, rows...)
	return nil
}

// TestAPlanThatCouldDifferIsNotAccepted: whatever changes an invoice that is due, the preview from before is refused, and the
// page says of the plan that something changed.
func TestAPlanThatCouldDifferIsNotAccepted(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		m := planned(o)
		for _, change := range m.changes() {
			m.plan("2026-02-01")
			before, stamp := m.preview()
			must(t, change.do())
			if after, _ := m.preview(); after == before {
				t.Errorf("%s: it changes nothing, and so says nothing", change.what)
			}
			if err := m.accepted(stamp); !errors.Is(err, flow.ErrMoved) || !m.moved() {
				t.Errorf("%s: accepted all the same: %v; the page says that it moved: %v", change.what, err, m.moved())
			}
		}
	})
}

// TestHoldsAndCreditsMoveAPlan: what keeps a group out of a run, and what is left of an invoice, is no line of a preview.
func TestHoldsAndCreditsMoveAPlan(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		m := planned(o)
		for _, change := range []change{
			{"a billing hold", func() error { return m.desk(desks.Clerk).BillingHoldPut(m.ctx, "contract:steady", "they asked") }},
			{"its end", func() error { return m.desk(desks.Clerk).BillingHoldEnd(m.ctx, "contract:steady") }},
			{"a credit", func() error { _, err := m.credit("INV-000001", "1:1.00"); return err }},
			{"a credit hold", func() error { return m.tell(flow.Event{Do: flow.DoHold, Account: "steady"}) }},
			{"its release", func() error { return m.tell(flow.Event{Do: flow.DoRelease, Account: "steady"}) }},
			{"a tax", func() error { return m.taken(flow.Intake{Tax: &billing.Tax{Name: "reduced", Percent: decimal("7")}}) }},
			{"a rate", func() error {
				return m.taken(flow.Intake{Rate: &billing.Rate{On: day("2026-01-01"), From: currency("USD"), To: currency("EUR"), Rate: decimal("0.9")}})
			}},
			{"one invoice for all of a payer", m.account("new", func(a *flow.Account) { a.Consolidated = true })},
			{"the seller's address", func() error {
				return m.taken(flow.Intake{Seller: &flow.Seller{ID: flow.DefaultSeller, Currency: currency("EUR"), TimeZone: "UTC", Party: flow.Party{Name: "Another", Country: "DE"}}})
			}},
			{"terms of a contract that was never billed", func() error {
				return m.taken(flow.Intake{Contract: &flow.Contract{Contract: billing.Contract{ID: "new", Account: "new", Currency: currency("EUR"), Frequency: monthly, Start: day("2026-01-01"), Timing: billing.Arrears}}})
			}},
		} {
			m.plan("2026-02-01")
			_, stamp := m.preview()
			must(t, change.do())
			if err := m.accepted(stamp); !errors.Is(err, flow.ErrMoved) || !m.moved() {
				t.Errorf("%s: accepted all the same: %v; the page says that it moved: %v", change.what, err, m.moved())
			}
		}
	})
}

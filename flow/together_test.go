package flow_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
	"prorata/internal/pgtest"
)

// crowd is a provider that many ask at once.
type crowd struct {
	mu sync.Mutex
	*remote
}

func (c *crowd) Customers(ctx context.Context) iter.Seq2[flow.ProviderCustomer, error] {
	c.mu.Lock()
	defer c.mu.Unlock()
	return told(c.remote.Customers(ctx))
}

func (c *crowd) Holdings(ctx context.Context, customer string) iter.Seq2[flow.Holding, error] {
	c.mu.Lock()
	defer c.mu.Unlock()
	return told(c.remote.Holdings(ctx, customer))
}

func (c *crowd) HoldingGet(ctx context.Context, customer, id string) (flow.Holding, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.remote.HoldingGet(ctx, customer, id)
}

func (c *crowd) Order(ctx context.Context, o flow.ProviderOrder) (flow.ProviderReceipt, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.remote.Order(ctx, o)
}

func (c *crowd) OrderFind(ctx context.Context, o flow.ProviderOrder) (flow.ProviderReceipt, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.remote.OrderFind(ctx, o)
}

func (c *crowd) Change(ctx context.Context, change flow.ProviderChange) (flow.ProviderReceipt, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.remote.Change(ctx, change)
}

// told is what a sequence gives now, for later.
func told[V any](all iter.Seq2[V, error]) iter.Seq2[V, error] {
	type one struct {
		value V
		err   error
	}
	var list []one
	for value, err := range all {
		list = append(list, one{value, err})
	}
	return func(yield func(V, error) bool) {
		for _, o := range list {
			if !yield(o.value, o.err) {
				return
			}
		}
	}
}

const crowdRounds = 12

func TestEverythingAtOnceOnSQLite(t *testing.T) {
	everythingAtOnce(t, openOffice(t))
}

func TestEverythingAtOnceOnPostgres(t *testing.T) {
	everythingAtOnce(t, newOfficeAt(t, pgtest.NewDatabase(t)))
}

// everythingAtOnce has clerks, syncs, provisioning, imports and billing at work on one
// connection together. None may fail for another's sake, nothing is ordered twice, and
// the book is whole in the end.
func everythingAtOnce(t *testing.T, o *office) {
	o.tenant("acme", holding("acme", "h1", e3, "10", instant("2026-01-03 10:00")), holding("acme", "h2", e5, "5", instant("2026-01-03 10:00")))
	for _, id := range []string{"stranger-1", "stranger-2", "stranger-3"} {
		o.tenant(id, holding(id, id+"-h", e3, "1", instant("2026-01-03 10:00")))
	}
	unknown := holding("acme", "h-odd", e3, "3", instant("2026-01-03 10:00"))
	unknown.Status, unknown.StatusText = flow.HoldingUnknown, "strange"
	o.remote.holdings = append(o.remote.holdings, unknown)
	for i := range 4 {
		o.customer(fmt.Sprintf("c%d", i), fmt.Sprintf("c%d-1", i))
		o.tenant(fmt.Sprintf("c%d", i), holding(fmt.Sprintf("c%d", i), fmt.Sprintf("hc%d", i), e3, "4", instant("2026-01-03 10:00")))
	}
	o.take(flow.Intake{Contract: &flow.Contract{Contract: billing.Contract{ID: "acme-mirror", Account: "acme", Currency: currency("EUR"), Schedule: billing.Mirror, Frequency: monthly, Start: day("2026-01-01")}}})
	must(t, o.tell(flow.Event{Do: flow.DoSubscribe, ID: "s-m", Contract: "acme-mirror", SKU: e3, Quantity: decimal("10"), HasQuantity: true, TermMonths: 12, Billing: monthly, FromProvider: true}))
	o.write(func(tx flow.Tx) error {
		_, err := tx.HoldingLinkPut(flow.HoldingLink{Connection: connection, Holding: "h-1", Subscription: "s-m"})
		return err
	})
	// Exceptions are opened and closed again by turns.
	odd := 0
	world := &crowd{remote: o.remote}
	o.remote.fault = func() fault {
		if odd++; odd%7 == 0 {
			return noConsent
		}
		if odd%5 == 0 {
			return lostAnswer
		}
		return fine
	}
	works := map[string]func(round int) error{
		"sync":      func(int) error { _, err := o.Sync(o.ctx, connection, world); return err },
		"sync 2":    func(int) error { _, err := o.Sync(o.ctx, connection, world); return err },
		"provide":   func(int) error { _, err := o.Provision(o.ctx, connection, world); return err },
		"provide 2": func(int) error { _, err := o.Provision(o.ctx, connection, world); return err },
		"bill": func(round int) error {
			_, err := o.Bill(o.ctx, flow.BillOptions{Through: day("2026-01-05"), Actor: flow.Actor{Who: "clerk", Source: "test"}})
			return err
		},
		"clerk": func(round int) error {
			e := order(fmt.Sprintf("o%d", round), phone, fmt.Sprint(round+1))
			e.On, e.Effective = o.Today(), o.Today()
			return o.Record(o.ctx, []flow.Event{e}, flow.Actor{Who: "clerk", Source: "web"})
		},
		"seller": func(round int) error {
			world.mu.Lock()
			defer world.mu.Unlock()
			for _, id := range []string{"h1", "h2", "hc0", "hc1", "hc2", "hc3"} {
				h := world.remote.find(id)
				h.Quantity = h.Quantity.Add(money.DecimalOf(1))
			}
			if h := world.remote.find("h-odd"); round%2 == 0 {
				h.Status = flow.HoldingPending
			} else {
				h.Status = flow.HoldingUnknown
			}
			return nil
		},
		"import":   func(round int) error { return imported(o, round) },
		"import 2": func(round int) error { return imported(o, round+1) },
	}
	var group sync.WaitGroup
	for name, work := range works {
		group.Go(func() {
			for round := range crowdRounds {
				if err := work(round); err != nil && !errors.Is(err, flow.ErrConsent) {
					t.Errorf("%s, round %d: %v", name, round, err)
					return
				}
			}
		})
	}
	group.Wait()
	if t.Failed() {
		return
	}
	o.remote.fault = nil
	o.settled()
}

// imported imports an invoice whose rows and total differ by turns.
func imported(o *office, round int) error {
	first := row("row-1", "10", "50.00")
	rows := []flow.ProviderLine{first}
	if round%2 == 0 {
		rows = append(rows, row("row-2", "5", "25.00"))
	}
	total := "60.00"
	if round%3 == 0 {
		total = fmt.Sprint(50+25*(len(rows)-1)) + ".00"
	}
	head := flow.ProviderInvoice{ID: "G1", On: day("2026-01-05"), Period: calendar.Period{From: day("2026-01-01"), To: day("2026-02-01")}, Currency: currency("EUR"), Total: decimal(total), Stamp: fmt.Sprint(len(rows), total)}
	_, err := o.ImportBill(o.ctx, connection, head, linesOf(rows...))
	return err
}

// settled lets what is on its way arrive, and looks whether the book is whole.
func (o *office) settled() {
	o.t.Helper()
	for range 20 {
		o.clock.at = o.clock.at.Add(time.Hour)
		o.provision()
	}
	o.sync()
	o.again()
	must(o.t, imported(o, 0))
	if report, err := o.Verify(o.ctx, func(flow.VerifyReport) {}); err != nil || report.Differences > 0 {
		o.t.Errorf("verify: %+v %v", report, err)
	}
	ordered := map[string]int{}
	for _, h := range o.remote.holdings {
		ordered[h.SKU]++
	}
	if ordered[phone] != crowdRounds {
		o.t.Errorf("%d orders became %d holdings", crowdRounds, ordered[phone])
	}
}

package flow_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/edge/store"
	"prorata/flow"
)

var monthly = billing.Unit{Name: "monthly", Months: 1}

// office is a book on SQLite with a connection, and a provider to follow.
type office struct {
	t     testing.TB
	ctx   context.Context
	clock *clock
	*flow.Flow
	remote *remote
}

const (
	connection = flow.ConnectionID("ms")
	e3         = "CFQ7TTC0LF8R:0001"
	e5         = "CFQ7TTC0LF8S:0002"
	phone      = "CFQ7TTC0LF8T:0003"
)

// newOffice has customer acme (account and tenant of one name) with contract
// acme-1, and prices for two licences and an add-on.
func newOffice(t testing.TB, path string) *office { return newOfficeAt(t, "sqlite:"+path) }

// newOfficeAt has its book in a database of either engine.
func newOfficeAt(t testing.TB, where string) *office {
	t.Helper()
	s, err := store.Open(t.Context(), where)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	o := &office{t: t, ctx: t.Context(), clock: &clock{}}
	o.clock.on("2026-01-05")
	o.Flow = &flow.Flow{Store: s, Clock: o.clock, Log: slog.New(slog.DiscardHandler), Workers: 1, Zone: time.UTC}
	o.remote = newRemote(o.clock)
	eur := currency("EUR")
	o.take(
		flow.Intake{Seller: &flow.Seller{ID: flow.DefaultSeller, Currency: eur, TimeZone: "UTC", Party: flow.Party{Name: "Seller", Country: "DE"}}},
	)
	for _, sku := range []string{e3, e5, phone} {
		o.take(
			flow.Intake{Product: &billing.Product{SKU: sku, Name: sku, Class: "resale"}},
			flow.Intake{Price: &billing.PriceRow{SKU: sku, List: flow.DefaultList, Currency: eur, Unit: monthly, Price: decimal("12.00"), Cost: decimal("10.00"), HasCost: true}},
		)
	}
	o.customer("acme", "acme-1")
	o.write(func(tx flow.Tx) error {
		_, err := tx.ConnectionPut(flow.Connection{ID: connection, Name: "Microsoft", Kind: "partnercenter", Currency: eur, Country: "DE"})
		return err
	})
	return o
}

func (o *office) customer(id string, contracts ...string) {
	eur := currency("EUR")
	o.take(flow.Intake{Account: &flow.Account{Account: billing.Account{ID: billing.AccountID(id), Name: id, Country: "DE", Currency: eur},
		Party: flow.Party{Name: id, Country: "DE", Email: "it@" + id + ".example"}}})
	for _, contract := range contracts {
		o.take(flow.Intake{Contract: &flow.Contract{Contract: billing.Contract{
			ID: billing.ContractID(contract), Account: billing.AccountID(id), Currency: eur, Schedule: billing.Flexi, Frequency: monthly, Start: day("2026-01-01"),
		}}})
	}
}

// at the provider, a customer with what it holds.
func (o *office) tenant(id string, holdings ...flow.Holding) {
	o.remote.customers = append(o.remote.customers, flow.ProviderCustomer{ID: id, Name: id, Domain: id + ".example"})
	o.remote.holdings = append(o.remote.holdings, holdings...)
}

func (o *office) take(intakes ...flow.Intake) {
	o.t.Helper()
	stream := func(yield func(flow.Intake, error) bool) {
		for _, in := range intakes {
			if !yield(in, nil) {
				return
			}
		}
	}
	_, err := o.Take(o.ctx, stream, flow.Actor{Who: "clerk", Source: "test"}, func(line flow.TakeLine) {
		if line.Outcome != flow.Taken && line.Outcome != flow.Unchanged {
			o.t.Fatalf("%s: %s", line.Noun, line.Why)
		}
	})
	must(o.t, err)
}

// tell records events as a clerk does.
func (o *office) tell(events ...flow.Event) error {
	o.clock.at = o.clock.at.Add(time.Second)
	for i := range events {
		if events[i].On.IsZero() {
			events[i].On = o.Today()
		}
		if events[i].Effective.IsZero() {
			events[i].Effective = events[i].On
		}
	}
	return o.Record(o.ctx, events, flow.Actor{Who: "clerk", Source: "web"})
}

func (o *office) write(fn func(flow.Tx) error) {
	o.t.Helper()
	must(o.t, o.Store.Write(o.ctx, fn))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (o *office) sync() flow.SyncReport {
	o.t.Helper()
	report, err := o.Sync(o.ctx, connection, o.remote)
	must(o.t, err)
	return report
}

// again syncs a second time and expects nothing.
func (o *office) again() {
	o.t.Helper()
	o.clock.at = o.clock.at.Add(time.Minute)
	if report := o.sync(); report.Recorded != 0 || report.Opened != 0 || report.Closed != 0 {
		o.t.Errorf("a second sync of the same world did something: %+v", report)
	}
}

func (o *office) provision() flow.ProvisionReport {
	o.t.Helper()
	report, err := o.Provision(o.ctx, connection, o.remote)
	must(o.t, err)
	return report
}

// log is what the change log says of a subscription, a line for each entry.
func (o *office) log(id string) string {
	o.t.Helper()
	var lines []string
	must(o.t, o.Store.Read(o.ctx, func(tx flow.Tx) error {
		entries, err := tx.LogOf(billing.SubscriptionID(id))
		if errors.Is(err, flow.ErrUnknown) {
			return nil
		}
		for _, e := range entries {
			line := e.EffectiveOn.String() + " " + e.Do.String()
			if e.Entry.HasQuantity {
				line += " " + e.Entry.Quantity.String()
			}
			if e.Entry.HasAutoRenew && e.Do == flow.DoSchedule {
				line += fmt.Sprintf(" renews=%t", e.Entry.AutoRenew)
			}
			if e.Waiting {
				line += " waiting"
			}
			lines = append(lines, line)
		}
		return err
	}))
	return strings.Join(lines, "\n")
}

// exceptions are the open ones, oldest first: kind, subject and worth.
func (o *office) exceptions() string {
	o.t.Helper()
	var lines []string
	must(o.t, o.Store.Read(o.ctx, func(tx flow.Tx) error {
		list, err := tx.ExceptionList(flow.ExceptionFilter{})
		for _, e := range list {
			line := e.Kind + " " + e.Subject
			if e.HasAmount {
				line += " " + e.Amount.String() + " " + e.Currency.String()
			}
			if e.Sentence == "" || e.Todo == "" {
				o.t.Errorf("%s says nothing, or nothing to do: %+v", line, e)
			}
			lines = append(lines, line)
		}
		return err
	}))
	slices.Reverse(lines)
	return strings.Join(lines, "\n")
}

func (o *office) sentences() string {
	o.t.Helper()
	var lines []string
	must(o.t, o.Store.Read(o.ctx, func(tx flow.Tx) error {
		list, err := tx.ExceptionList(flow.ExceptionFilter{})
		for _, e := range list {
			lines = append(lines, e.Sentence+"; "+e.Todo)
		}
		return err
	}))
	return strings.Join(lines, "\n")
}

// provisions are a subscription's: what, state and code.
func (o *office) provisions(id string) string {
	o.t.Helper()
	var lines []string
	must(o.t, o.Store.Read(o.ctx, func(tx flow.Tx) error {
		list, err := tx.ProvisionsOf(billing.SubscriptionID(id))
		for i := range list {
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s: %s %s", list[i].Words(), list[i].State, list[i].Code)))
		}
		return err
	}))
	return strings.Join(lines, "\n")
}

func (o *office) is(what, got, want string) {
	o.t.Helper()
	if got != want {
		o.t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}

// bill is the total of all that is invoiced up to a day, by contract.
func (o *office) bill(through string) string {
	o.t.Helper()
	o.clock.on(through)
	run, err := o.Bill(o.ctx, flow.BillOptions{Through: day(through), Actor: flow.Actor{Who: "clerk", Source: "test"}})
	must(o.t, err)
	if run.Exceptions > 0 {
		return "exceptions"
	}
	var lines []string
	must(o.t, o.Store.Read(o.ctx, func(tx flow.Tx) error {
		return tx.InvoiceList(flow.InvoiceFilter{WithLines: true}, func(i flow.Issued) bool {
			for _, l := range i.Lines {
				lines = append(lines, fmt.Sprintf("%s %s %s %s", i.Date, l.Subscription, l.Quantity, l.Amount))
			}
			return true
		})
	}))
	return strings.Join(lines, "\n")
}

func refusalCode(err error) string {
	var refusal *billing.Refusal
	if errors.As(err, &refusal) {
		return refusal.Code + " " + refusal.Possible.String()
	}
	return fmt.Sprint(err)
}

func openOffice(t *testing.T) *office { return newOffice(t, filepath.Join(t.TempDir(), "book.db")) }

func (o *office) provisionID(id string) string { return fmt.Sprint(o.lastProvision(id).ID) }

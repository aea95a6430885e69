package flow_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/edge/provider/partnercenter"
	"prorata/edge/provider/standin"
	"prorata/flow"
)

// center is an office that follows a Partner Center through its doors.
type center struct {
	*office
	world  *standin.World
	client *partnercenter.Client
	tenant string
}

type tokens map[string]string

func (k tokens) TokenLoad(_ context.Context, name string) (string, error) { return k[name], nil }

func (k tokens) TokenSave(_ context.Context, name, token string) error {
	k[name] = token
	return nil
}

// worldClock is the stand-in's: both sides live on the same day.
type worldClock struct{ *standin.World }

func openCenter(t *testing.T) *center {
	t.Helper()
	c := &center{office: newOffice(t, filepath.Join(t.TempDir(), "book.db"))}
	c.world = standin.New(standin.Settings{Seed: t.Name(), Start: c.clock.at, Partner: standin.Partner{Currency: "EUR"}, HTTP: http.DefaultClient})
	server := httptest.NewServer(c.world)
	t.Cleanup(server.Close)
	price := []standin.Price{{From: day("2025-01-01"), List: money.DecimalOf(10), Retail: money.DecimalOf(12)}}
	for _, sku := range []string{e3, e5} {
		product, id, _ := strings.Cut(sku, ":")
		c.world.AddProduct(&standin.Product{ID: product, Title: product, SKUs: []*standin.SKU{{ID: id, Title: product,
			Offers: []standin.Offer{{TermMonths: 12, Billing: standin.Monthly, Prices: price}}}}})
	}
	tenant, id, secret := c.world.App()
	c.client = partnercenter.New(partnercenter.Settings{
		Endpoints: partnercenter.Commercial().At(server.URL), Tenant: tenant, ClientID: id, Secret: func(context.Context) (string, error) { return secret, nil },
		Tokens: tokens{partnercenter.RefreshToken: c.world.Grant()}, HTTP: server.Client(), Clock: c.world.Now,
		Wait: func(_ context.Context, span time.Duration) error { return c.world.Advance(c.world.Now().Add(span)) },
	})
	c.Clock = worldClock{c.world}
	c.tenant = c.world.AddCustomer(standin.Customer{Name: "Acme", Agreed: true})
	c.write(func(tx flow.Tx) error {
		_, err := tx.CustomerLinkPut(flow.CustomerLink{Connection: connection, Customer: c.tenant, Account: "acme"})
		return err
	})
	return c
}

func (c *center) to(text string) {
	c.t.Helper()
	must(c.t, c.world.Advance(instant(text)))
}

// until goes on to an instant, with a sync each month: a sign-in lasts for three.
func (c *center) until(text string) {
	c.t.Helper()
	for next := c.world.Now().AddDate(0, 1, 0); next.Before(instant(text)); next = next.AddDate(0, 1, 0) {
		must(c.t, c.world.Advance(next))
		if report := c.sync(); report.Recorded > 0 {
			c.t.Errorf("nothing has changed on %s: %+v\n%s", next, report, c.log("s1"))
		}
	}
	c.to(text)
}

func (c *center) sync() flow.SyncReport {
	c.t.Helper()
	report, err := c.Sync(c.ctx, connection, c.client)
	must(c.t, err)
	return report
}

func (c *center) provision() flow.ProvisionReport {
	c.t.Helper()
	report, err := c.Provision(c.ctx, connection, c.client)
	must(c.t, err)
	return report
}

func (c *center) record(e flow.Event) error {
	c.t.Helper()
	must(c.t, c.world.Advance(c.world.Now().Add(time.Second)))
	return c.tell(e)
}

// held are the holdings of the customer that are not gone.
func (c *center) held() (held []flow.Holding) {
	c.t.Helper()
	for h, err := range c.client.Holdings(c.ctx, c.tenant) {
		must(c.t, err)
		if h.Status == flow.HoldingActive || h.Status == flow.HoldingSuspended {
			held = append(held, h)
		}
	}
	return held
}

func TestAYearWithAPartnerCenter(t *testing.T) {
	c := openCenter(t)
	c.to("2026-01-10 09:00")
	must(t, c.record(order("s1", e3, "10")))
	if report := c.provision(); report.Failed > 0 {
		t.Fatalf("%+v: %s", report, c.exceptions())
	}
	c.to("2026-01-10 10:00")
	c.provision()
	c.is("ordered", c.provisions("s1"), "the order of 10 seats of "+e3+": provisioned")
	held := c.held()
	if len(held) != 1 || held[0].Quantity.String() != "10" {
		t.Fatalf("held %+v", held)
	}

	// Someone adds seats at the provider; here some are added, and some given back in time.
	c.to("2026-01-12 10:00")
	_, err := c.client.Change(c.ctx, flow.ProviderChange{Reference: "elsewhere", Customer: c.tenant, Holding: held[0].ID, Quantity: decimal("12"), HasQuantity: true})
	must(t, err)
	c.to("2026-01-13 10:00")
	c.sync()
	c.is("log", c.log("s1"), "2026-01-10 subscribe 10\n2026-01-12 quantity 12")
	must(t, c.record(seats("s1", "15")))
	c.provision()
	c.to("2026-01-14 10:00")
	c.sync()
	must(t, c.record(seats("s1", "13")))
	c.provision()
	c.is("held", c.held()[0].Quantity.String(), "13")
	c.to("2026-01-25 10:00")
	if report := c.sync(); report.Recorded != 0 {
		t.Errorf("both sides knew it all: %+v\n%s", report, c.log("s1"))
	}
	c.is("past the window", refusalCode(c.record(seats("s1", "11"))), "provider_window 2027-01-10")

	// What is to become of it at renewal, and what becomes of it.
	must(t, c.record(flow.Event{Do: flow.DoSchedule, Subscription: "s1", Quantity: decimal("9"), HasQuantity: true}))
	c.provision()
	if next := c.held()[0].Next; next == nil || next.Quantity.String() != "9" {
		t.Fatalf("scheduled %+v; %s", next, c.provisions("s1"))
	}
	c.until("2027-01-12 10:00")
	if report := c.sync(); report.Recorded != 0 || c.exceptions() != "" {
		t.Errorf("a renewal is no drift: %+v %s\n%s", report, c.sentences(), c.log("s1"))
	}
	c.is("renewed", c.held()[0].Quantity.String(), "9")

	must(t, c.record(flow.Event{Do: flow.DoSchedule, Subscription: "s1", HasAutoRenew: true}))
	c.provision()
	c.until("2028-01-20 10:00")
	if report := c.sync(); report.Recorded != 0 || c.exceptions() != "" || len(c.held()) != 0 {
		t.Errorf("it ended with its term on both sides: %+v %s\n%s", report, c.sentences(), c.log("s1"))
	}
}

func TestAnAnswerOfThePartnerCenterIsLost(t *testing.T) {
	for what, fault := range map[string]standin.Fault{
		"the answer to a checkout":  {Kind: standin.FaultLost, Path: "/checkout", Times: 8},
		"a checkout":                {Kind: standin.FaultUnreached, Path: "/checkout", Times: 8},
		"the answer to a new cart":  {Kind: standin.FaultLost, Method: http.MethodPost, Path: "/carts", Times: 8},
		"for a while the new order": {Kind: standin.FaultHidden, Path: "/checkout", Wait: 15 * time.Minute},
		"patience":                  {Kind: standin.FaultThrottle, Times: 20, Wait: time.Minute},
	} {
		t.Run(strings.ReplaceAll(what, " ", "-"), func(t *testing.T) {
			c := openCenter(t)
			must(t, c.record(order("s1", e3, "10")))
			c.world.Fail(fault)
			c.provision()
			for n := range 8 {
				if n == 3 {
					c.world.Heal()
				}
				must(t, c.world.Advance(c.world.Now().Add(30*time.Minute)))
				if _, err := c.Sync(c.ctx, connection, c.client); err != nil && n >= 3 {
					t.Error(err)
				}
				c.provision()
			}
			if held := c.held(); len(held) != 1 || c.lastProvision("s1").State != flow.Provisioned {
				t.Errorf("%d holdings; %s; %s", len(held), c.provisions("s1"), c.sentences())
			}
			c.is("exceptions", c.exceptions(), "")
			c.is("no second subscription", c.log(c.held()[0].ID), "")
		})
	}
}

func TestEventsOfThePartnerCenterNameWhatChanged(t *testing.T) {
	c := openCenter(t)
	receipt, err := c.client.Order(c.ctx, flow.ProviderOrder{Reference: "bought there", Customer: c.tenant, SKU: e3, Quantity: decimal("10"), TermMonths: 12, Billing: monthly})
	must(t, err)
	c.to("2026-01-05 12:00")
	c.sync()
	c.is("log", c.log(receipt.Holding), "2026-01-05 subscribe 10")
	c.to("2026-01-06 12:00")
	_, err = c.client.Change(c.ctx, flow.ProviderChange{Reference: "cancelled there", Customer: c.tenant, Holding: receipt.Holding, Cancel: true})
	must(t, err)
	c.to("2026-01-08 12:00")
	report, err := c.SyncEvents(c.ctx, connection, c.client)
	must(t, err)
	c.is("log", c.log(receipt.Holding), "2026-01-05 subscribe 10\n2026-01-06 cancel")
	if report.Recorded != 1 {
		t.Errorf("%+v", report)
	}
	var runs bool
	must(t, c.Subscriptions(c.ctx, "acme-1", func(k *billing.Contract, s *billing.Subscription) { runs = billing.StateOn(k, s, c.Today()).Runs }))
	if runs {
		t.Error("it runs on")
	}
}

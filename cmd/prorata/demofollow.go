package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"prorata/cmd/prorata/demobook"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/edge/provider/partnercenter"
	"prorata/edge/provider/standin"
	"prorata/flow"
)

// demoConnection is the connection of the demo.
const demoConnection flow.ConnectionID = "partnercenter"

// What it is to.
const (
	demoRedirect = "http://localhost:8400/consent"
	demoMarket   = "US"
	demoSegment  = "Commercial"
	// demoBillDay is the day of the month on which the provider's invoice is read.
	demoBillDay = 8
)

// followedDemo is the part of the demo that follows a stand-in, day by day.
type followedDemo struct {
	w      *world
	center *journal
	begun  bool
	// address is where the stand-in will be served.
	address string
	client  *partnercenter.Client
	// connection is as it was put into the book.
	connection flow.Connection
}

// day is what is done on every day of the story, at noon.
func (d *followedDemo) day(ctx context.Context, f *flow.Flow) error {
	if err := d.reach(f.Clock.Now()); err != nil {
		return err
	}
	if !d.begun {
		d.begun = true
		if err := d.begin(ctx, f); err != nil {
			return fmt.Errorf("begin to follow: %w", err)
		}
	}
	_, _, of := f.Today().Civil()
	if of == 1 {
		if err := d.prices(ctx, f); err != nil {
			return fmt.Errorf("prices: %w", err)
		}
	}
	if err := d.sync(ctx, f); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	if of == demoBillDay {
		_, err := followInvoices(ctx, f, d.connection, d.client)
		return err
	}
	return nil
}

// reach moves the stand-in's clock to an instant, if it is not there already.
func (d *followedDemo) reach(at time.Time) error {
	if at.After(d.center.world.Now()) {
		return d.center.world.Advance(at)
	}
	return nil
}

// begin connects and consents, takes prices, customers and contracts in, and links them.
func (d *followedDemo) begin(ctx context.Context, f *flow.Flow) error {
	usd, err := money.ParseCurrency("USD")
	if err != nil {
		return err
	}
	if err := d.connect(ctx, f, flow.Connection{ID: demoConnection, Name: "The local Partner Center", Currency: usd, Country: demoMarket}); err != nil {
		return err
	}
	var customers []demobook.Followed
	for customer, err := range d.client.Customers(ctx) {
		if err != nil {
			return err
		}
		customers = append(customers, demobook.Followed{ID: customer.ID, Name: customer.Name})
	}
	year, month, _ := f.Today().Civil()
	first, err := calendar.NewDate(year, month, 1)
	if err != nil {
		return err
	}
	nouns := func(yield func(flow.Intake, error) bool) {
		for _, intake := range demobook.FollowedNouns(customers, first, standin.DemoAzure) {
			if !yield(intake, nil) {
				return
			}
		}
	}
	report, err := f.Take(ctx, nouns, d.w.actor("demo"), func(flow.TakeLine) {})
	if err != nil || report.Bad() {
		return fmt.Errorf("%w: the followed customers were not taken: %w", errCheck, err)
	}
	err = f.Store.Write(ctx, func(tx flow.Tx) error {
		for _, c := range customers {
			account := demobook.FollowedAccount(c)
			if _, err := tx.CustomerLinkPut(demobook.FollowedLink(demoConnection, c.ID, account)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return d.prices(ctx, f)
}

// connect puts a connection to the stand-in into the book, and consents.
func (d *followedDemo) connect(ctx context.Context, f *flow.Flow, connection flow.Connection) error {
	tenant, clientID, secret := d.center.world.App()
	authority, err := d.center.world.Authority()
	if err != nil {
		return err
	}
	d.connection = connection
	d.connection.Kind, d.connection.Settings = kindPartnerCenter,
		map[string]string{settingAddress: d.address, settingTenant: tenant, settingClientID: clientID, settingRedirect: demoRedirect, settingAuthority: base64.StdEncoding.EncodeToString(authority)}
	if err := f.Store.Write(ctx, func(tx flow.Tx) error { _, err := tx.ConnectionPut(d.connection); return err }); err != nil {
		return err
	}
	vault, err := d.w.vault(f, connection.ID, true)
	if err != nil {
		return err
	}
	if err := vault.TokenSave(ctx, clientSecret, secret); err != nil {
		return err
	}
	d.client = partnercenter.New(partnercenter.Settings{
		Endpoints: partnercenter.Commercial().At(d.address), Tenant: tenant, ClientID: clientID, RedirectURI: demoRedirect, Tokens: vault, Currency: connection.Currency,
		Secret: func(context.Context) (string, error) { return secret, nil },
		HTTP:   &http.Client{Transport: d.center, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		Clock:  d.center.world.Now, Log: d.w.log,
		// Whoever waits lets the stand-in's time pass.
		Wait: func(_ context.Context, span time.Duration) error {
			return d.center.world.Advance(d.center.world.Now().Add(span))
		},
	})
	return d.consent(ctx)
}

// consent agrees on the stand-in's page and brings the code back.
func (d *followedDemo) consent(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.client.ConsentLink("demo")+"&accept=1", nil)
	if err != nil {
		return err
	}
	answer, err := d.center.RoundTrip(request)
	if err != nil {
		return err
	}
	if err := answer.Body.Close(); err != nil {
		return err
	}
	to, err := url.Parse(answer.Header.Get("Location"))
	if err != nil || to.Query().Get("code") == "" {
		return fmt.Errorf("%w: the stand-in gave no code: %s", errCheck, answer.Status)
	}
	return d.client.Consent(ctx, to.Query().Get("code"))
}

// prices takes the month's price sheet, exchange rates and promotions in.
func (d *followedDemo) prices(ctx context.Context, f *flow.Flow) error {
	year, month, _ := f.Today().Civil()
	first, err := calendar.NewDate(year, month, 1)
	if err != nil {
		return err
	}
	options, err := sheetOptions(&d.connection, "", demoSegment)
	if err != nil {
		return err
	}
	reports, err := f.PricesFollow(ctx, d.connection.ID, d.client, monthSheet(&d.connection, first), options, pricesActor(d.connection.ID))
	if err == nil && reports.Prices.Bad() {
		err = fmt.Errorf("%w: the price sheet has rows that were not taken", errCheck)
	}
	return err
}

// sync carries out what was changed here, reads what events name, and all of it once a week.
func (d *followedDemo) sync(ctx context.Context, f *flow.Flow) error {
	if _, err := f.Provision(ctx, demoConnection, d.client); err != nil {
		return err
	}
	if _, err := f.SyncEvents(ctx, demoConnection, d.client); err != nil {
		return err
	}
	if f.Today().Weekday() != 1 {
		return nil
	}
	_, err := f.Sync(ctx, demoConnection, d.client)
	return err
}

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"prorata/core/calendar"
	"prorata/edge/provider/partnercenter"
	"prorata/flow"
	"prorata/flow/office"
)

// wholeEvery is how often everything is read at a provider, whatever events said: they may be late or lost.
const wholeEvery = 20 * time.Hour

// follower has the ways to all connections, and does the jobs that follow them.
type follower struct {
	w *world
	f *flow.Flow
	// want has a connection followed as soon as may be; nil where nothing is.
	want func(context.Context, flow.ConnectionID) error

	mu        sync.Mutex
	providers map[flow.ConnectionID]adapter
	verifiers map[flow.ConnectionID]*partnercenter.WebhookVerifier
}

func newFollower(w *world, f *flow.Flow) *follower {
	return &follower{w: w, f: f, providers: map[flow.ConnectionID]adapter{}, verifiers: map[flow.ConnectionID]*partnercenter.WebhookVerifier{}}
}

// adapter is a connection's provider, with what it was made from.
type adapter struct {
	flow.Provider
	of string
}

// provider is the adapter of a connection, kept so that its keys are, and made anew
// where somebody changed the connection.
func (r *follower) provider(connection flow.Connection) (flow.Provider, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	of := fmt.Sprint(connection.Kind, connection.Currency, connection.Settings)
	if kept, known := r.providers[connection.ID]; known && kept.of == of {
		return kept.Provider, nil
	}
	delete(r.verifiers, connection.ID)
	provider, err := r.w.provider(r.f, connection)
	if err == nil {
		r.providers[connection.ID] = adapter{provider, of}
	}
	return provider, err
}

// reached gives work the connection of a job and its provider. One that does not let us in is left alone until somebody
// consents, or asks.
func (r *follower) reached(work func(context.Context, office.Job, flow.Connection, flow.Provider) (string, error)) func(context.Context, office.Job) (string, error) {
	return func(ctx context.Context, job office.Job) (string, error) {
		connection, err := connectionOf(ctx, r.f, string(job.Connection))
		if err != nil {
			return "", err
		}
		if connection.State != flow.ConnectionReady && !job.Asked() {
			return "Nothing was asked; the connection is waiting: " + connection.State.String() + ".", nil
		}
		provider, err := r.provider(connection)
		if err != nil {
			return "", err
		}
		return work(ctx, job, connection, provider)
	}
}

// together carries out what was changed here and records what was changed there.
func (r *follower) together(ctx context.Context, _ office.Job, connection flow.Connection, provider flow.Provider) (string, error) {
	var said []string
	abilities := provider.Abilities()
	if abilities.Order || abilities.Change {
		report, err := r.f.Provision(ctx, connection.ID, provider)
		if err != nil {
			return "", fmt.Errorf("provision: %w", err)
		}
		if report.Done+report.Failed > 0 {
			said = append(said, office.ProvisionSaid(report))
		}
	}
	if abilities.Events {
		// First by events, which know the day of a change.
		report, err := r.f.SyncEvents(ctx, connection.ID, provider)
		if err != nil {
			return "", fmt.Errorf("sync: %w", err)
		}
		if report.Recorded+report.Opened+report.Closed > 0 {
			said = append(said, office.SyncSaid(report))
		}
	}
	if abilities.Holdings && r.f.Clock.Now().Sub(connection.SyncedAt) >= wholeEvery {
		report, err := r.f.Sync(ctx, connection.ID, provider)
		if err != nil {
			return "", fmt.Errorf("sync: %w", err)
		}
		said = append(said, office.SyncSaid(report))
	}
	return strings.Join(said, " "), nil
}

// bills reads the provider's invoices, and uses the consent so that it lasts.
func (r *follower) bills(o *office.Office) func(context.Context, office.Job, flow.Connection, flow.Provider) (string, error) {
	return func(ctx context.Context, job office.Job, _ flow.Connection, provider flow.Provider) (string, error) {
		if !provider.Abilities().Invoices && !job.Asked() {
			return "The provider has no invoices to read.", nil
		}
		return o.ErrandRun(ctx, job)
	}
}

// followInvoices imports the provider's invoices of the last weeks and the usage on them, and reconciles what is new.
func followInvoices(ctx context.Context, f *flow.Flow, connection flow.Connection, provider flow.Provider) (flow.ProviderBillReport, error) {
	report, err := f.FollowBill(ctx, connection.ID, provider, f.Today().AddDays(-fetchedDays))
	if err != nil {
		return report, err
	}
	if err := f.FollowUsageOf(ctx, connection, provider, report.Read, func(string, flow.TakeReport) {}); err != nil {
		return report, err
	}
	for _, invoice := range report.Read {
		if invoice == "" {
			continue // What is not billed yet is not whole before the month's end: only who asks for it is told.
		}
		if _, err := f.Reconcile(ctx, connection.ID, invoice); err != nil {
			return report, err
		}
	}
	return report, nil
}

// The settings of a connection that say how its price sheets are sold.
const (
	settingRule    = "rule"
	settingSegment = "segment"
	segmentUsual   = "Commercial"
)

// prices takes the month's price sheet, rates and promotions in, where that was not done yet.
func (r *follower) prices(ctx context.Context, job office.Job, connection flow.Connection, provider flow.Provider) (string, error) {
	if !provider.Abilities().PriceSheets {
		return "The provider has no price sheets to read.", nil
	}
	year, month, _ := r.f.Today().Civil()
	first, err := calendar.NewDate(year, month, 1)
	if err != nil {
		return "", err
	}
	var kept []flow.KeptPriceSheet
	if err := r.f.Store.Read(ctx, func(tx flow.Tx) (err error) { kept, err = tx.PriceSheetList(connection.ID); return err }); err != nil {
		return "", err
	}
	// What came after the sheet may be what failed, and whoever asks wants it read: a second time changes nothing.
	if job.Tries <= 1 && !job.Asked() && slices.ContainsFunc(kept, func(sheet flow.KeptPriceSheet) bool { return sheet.Month == first }) {
		return "", nil
	}
	segment := connection.Settings[settingSegment]
	if segment == "" {
		segment = segmentUsual
	}
	options, err := sheetOptions(&connection, connection.Settings[settingRule], segment)
	if err != nil {
		return "", err
	}
	reports, err := r.f.PricesFollow(ctx, connection.ID, provider, monthSheet(&connection, first), options, pricesActor(connection.ID))
	if err != nil {
		return "", err
	}
	said := fmt.Sprintf("The prices of %d-%02d: %s.", year, month, countsSaid(reports.Prices))
	if reports.Prices.Bad() {
		said += " Not all were taken: look at them with prorata prices import " + string(connection.ID) + "."
	}
	return said, nil
}

// pricesActor is who takes prices in that nobody asked for.
func pricesActor(id flow.ConnectionID) flow.Actor {
	return flow.Actor{Who: "price import", Source: "provider:" + string(id)}
}

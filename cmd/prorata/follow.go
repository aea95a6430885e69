package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"prorata/core/calendar"
	"prorata/edge/provider/partnercenter"
	"prorata/flow"
)

// The timetable of following providers. Every round carries out what was changed
// here and reads what events name; the rest is done when it is due.
const (
	// wholeEvery is how often everything is read, whatever events said: a provider's
	// events may be late or lost.
	wholeEvery = 20 * time.Hour
	// billsEvery is how often prices and invoices are looked for, and the consent used,
	// which ends after 90 days without.
	billsEvery = 6 * time.Hour
	// billsRetry is how soon that is tried again where it failed.
	billsRetry = 15 * time.Minute
	// roundMost is how long one connection may take in a round.
	roundMost = 30 * time.Minute
)

// follower follows all connections, round after round.
type follower struct {
	w *world
	f *flow.Flow
	// hints wakes it before its time: somebody knows that something changed.
	hints chan struct{}

	mu        sync.Mutex
	providers map[flow.ConnectionID]adapter
	// billsAt is when a connection's bills are read next.
	billsAt   map[flow.ConnectionID]time.Time
	verifiers map[flow.ConnectionID]*partnercenter.WebhookVerifier
}

func newFollower(w *world, f *flow.Flow) *follower {
	return &follower{w: w, f: f, hints: make(chan struct{}, 1), providers: map[flow.ConnectionID]adapter{},
		billsAt:   map[flow.ConnectionID]time.Time{},
		verifiers: map[flow.ConnectionID]*partnercenter.WebhookVerifier{}}
}

// hint asks for a round soon; many hints ask for one.
func (r *follower) hint() {
	select {
	case r.hints <- struct{}{}:
	default:
	}
}

// always goes round at intervals until the context ends: one round keeps the book
// and the provider together and comes sooner when it is hinted at; another, which
// waits for exports for minutes, reads bills and prices.
func (r *follower) always(ctx context.Context, every time.Duration) {
	var both sync.WaitGroup
	both.Go(func() { r.rounds(ctx, every, r.hints, r.together) })
	both.Go(func() { r.rounds(ctx, every, nil, r.bills) })
	both.Wait()
}

func (r *follower) rounds(ctx context.Context, every time.Duration, hints <-chan struct{}, one func(context.Context, flow.Connection, flow.Provider) error) {
	timer := time.NewTicker(every)
	defer timer.Stop()
	for {
		if err := r.round(ctx, one); err != nil && ctx.Err() == nil {
			r.w.log.Warn("follow providers", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-hints:
		}
	}
}

// round goes once over all connections that let us in; what is wrong with one
// does not keep the others from theirs.
func (r *follower) round(ctx context.Context, one func(context.Context, flow.Connection, flow.Provider) error) error {
	var connections []flow.Connection
	if err := r.f.Store.Read(ctx, func(tx flow.Tx) (err error) { connections, err = tx.ConnectionList(); return err }); err != nil {
		return err
	}
	var failed error
	for _, connection := range connections {
		if connection.State != flow.ConnectionReady || ctx.Err() != nil {
			continue
		}
		provider, err := r.provider(connection)
		if err == nil {
			limited, cancel := context.WithTimeout(ctx, roundMost)
			err = one(limited, connection, provider)
			cancel()
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", connection.ID, err))
		}
	}
	return failed
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

// together carries out what was changed here and records what was changed there.
func (r *follower) together(ctx context.Context, connection flow.Connection, provider flow.Provider) error {
	abilities := provider.Abilities()
	if abilities.Order || abilities.Change {
		report, err := r.f.Provision(ctx, connection.ID, provider)
		if err != nil {
			return fmt.Errorf("provision: %w", err)
		}
		r.said("provisioned", connection.ID, report.Done+report.Failed > 0, report)
	}
	if abilities.Events {
		// First by events, which know the day of a change.
		if err := r.synced(connection.ID)(r.f.SyncEvents(ctx, connection.ID, provider)); err != nil {
			return err
		}
	}
	if r.f.Clock.Now().Sub(connection.SyncedAt) < wholeEvery {
		return nil
	}
	return r.synced(connection.ID)(r.f.Sync(ctx, connection.ID, provider))
}

// bills reads the provider's prices and invoices, and uses the consent so that it lasts.
func (r *follower) bills(ctx context.Context, connection flow.Connection, provider flow.Provider) error {
	if !r.due(connection.ID) {
		return nil
	}
	err := r.billsNow(ctx, connection, provider)
	again := billsEvery
	if err != nil {
		again = billsRetry
	}
	r.mu.Lock()
	r.billsAt[connection.ID] = r.f.Clock.Now().Add(again)
	r.mu.Unlock()
	return err
}

// due says whether it is time to read a connection's bills.
func (r *follower) due(id flow.ConnectionID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.f.Clock.Now().Before(r.billsAt[id])
}

func (r *follower) billsNow(ctx context.Context, connection flow.Connection, provider flow.Provider) error {
	if err := r.prices(ctx, connection, provider); err != nil {
		return fmt.Errorf("prices: %w", err)
	}
	if client, ok := provider.(*partnercenter.Client); ok {
		if err := client.Renew(ctx); err != nil {
			return err
		}
	}
	if !provider.Abilities().Invoices {
		return nil
	}
	report, err := followInvoices(ctx, r.f, connection, provider)
	if err != nil {
		return fmt.Errorf("invoices: %w", err)
	}
	r.said("imported", connection.ID, report.Invoices > 0, report)
	return nil
}

func (r *follower) said(what string, id flow.ConnectionID, something bool, report any) {
	if something {
		r.w.log.Info(what, "connection", id, "report", fmt.Sprintf("%+v", report))
	}
}

func (r *follower) synced(id flow.ConnectionID) func(flow.SyncReport, error) error {
	return func(report flow.SyncReport, err error) error {
		if err != nil {
			return fmt.Errorf("sync: %w", err)
		}
		r.said("synced", id, report.Recorded+report.Opened+report.Closed > 0, report)
		return nil
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
func (r *follower) prices(ctx context.Context, connection flow.Connection, provider flow.Provider) error {
	if !provider.Abilities().PriceSheets {
		return nil
	}
	year, month, _ := r.f.Today().Civil()
	first, err := calendar.NewDate(year, month, 1)
	if err != nil {
		return err
	}
	var kept []flow.KeptPriceSheet
	if err := r.f.Store.Read(ctx, func(tx flow.Tx) (err error) { kept, err = tx.PriceSheetList(connection.ID); return err }); err != nil {
		return err
	}
	if slices.ContainsFunc(kept, func(sheet flow.KeptPriceSheet) bool { return sheet.Month == first }) {
		return nil
	}
	segment := connection.Settings[settingSegment]
	if segment == "" {
		segment = segmentUsual
	}
	options, err := sheetOptions(&connection, connection.Settings[settingRule], segment)
	if err != nil {
		return err
	}
	reports, err := r.f.PricesFollow(ctx, connection.ID, provider, monthSheet(&connection, first), options, pricesActor(connection.ID))
	if err == nil && reports.Prices.Bad() {
		r.w.log.Warn("prices", "connection", connection.ID, "not all taken", countsOf(reports.Prices))
	}
	return err
}

// pricesActor is who takes prices in that nobody asked for.
func pricesActor(id flow.ConnectionID) flow.Actor {
	return flow.Actor{Who: "price import", Source: "provider:" + string(id)}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"prorata/core/calendar"
	"prorata/flow"
)

type syncCommand struct {
	Connection []string `arg:"" optional:"" help:"Connections; all that are not switched off, if none is given."`
	Events     bool     `help:"Read only what the provider's events name since the last time."`
	JSON       bool     `help:"Print one JSON object."`
}

// Help says what it does.
func (c *syncCommand) Help() string {
	return `Reads what the provider says each customer holds, and records in the change log what it does not say yet, with the provider's dates.
What the log and the provider's word do not explain becomes an exception (see: prorata exception); nothing is guessed.
A second time changes nothing.`
}

// Run syncs one connection after another; one that fails does not keep the others from theirs.
func (c *syncCommand) Run(ctx context.Context, w *world) error {
	f, err := w.flow(ctx)
	if err != nil {
		return err
	}
	connections, err := w.connections(ctx, f, c.Connection)
	if err != nil {
		return err
	}
	wires := []map[string]any{}
	var failed error
	for _, connection := range connections {
		report, err := c.one(ctx, w, f, connection)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", connection.ID, err))
			continue
		}
		wires = append(wires, map[string]any{"connection": string(connection.ID), "customers": report.Customers, "holdings": report.Holdings, "recorded": report.Recorded,
			"exceptions_opened": report.Opened, "exceptions_closed": report.Closed, "unreadable": report.Unreadable})
		if !c.JSON {
			w.printf("%s: %d customers, %d holdings; %d entries recorded, %d exceptions opened, %d closed\n", connection.ID, report.Customers, report.Holdings,
				report.Recorded, report.Opened, report.Closed)
		}
	}
	if c.JSON {
		failed = errors.Join(failed, w.printJSON(map[string]any{"connections": wires}))
	}
	return failed
}

func (c *syncCommand) one(ctx context.Context, w *world, f *flow.Flow, connection flow.Connection) (flow.SyncReport, error) {
	provider, err := w.provider(f, connection)
	if err != nil {
		return flow.SyncReport{}, err
	}
	if c.Events {
		return f.SyncEvents(ctx, connection.ID, provider)
	}
	return f.Sync(ctx, connection.ID, provider)
}

// connections are those with the ids, or all that are not switched off.
func (w *world) connections(ctx context.Context, f *flow.Flow, ids []string) (list []flow.Connection, err error) {
	if len(ids) > 0 {
		for _, id := range ids {
			one, err := w.connection(ctx, f, id)
			if err != nil {
				return nil, err
			}
			list = append(list, one)
		}
		return list, nil
	}
	err = f.Store.Read(ctx, func(tx flow.Tx) error {
		all, err := tx.ConnectionList()
		for _, one := range all {
			if one.State != flow.ConnectionOff {
				list = append(list, one)
			}
		}
		return err
	})
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("%w: there is no connection: see `prorata connection add --help`", flow.ErrInput)
	}
	return list, err
}

type provisionCommand struct {
	Run_  provisionRunCommand   `cmd:"" name:"run" help:"Carry out at the provider what was changed here."`
	List  provisionListCommand  `cmd:"" help:"List changes on their way, and those that failed."`
	Retry provisionRetryCommand `cmd:"" help:"Try one that failed again."`
	Drop  provisionDropCommand  `cmd:"" help:"Give one up; what the log says stays."`
}

type provisionRunCommand struct {
	Connection []string `arg:"" optional:"" help:"Connections; all that are not switched off, if none is given."`
}

// Run works through what is due.
func (c *provisionRunCommand) Run(ctx context.Context, w *world) error {
	f, err := w.flow(ctx)
	if err != nil {
		return err
	}
	connections, err := w.connections(ctx, f, c.Connection)
	if err != nil {
		return err
	}
	var failed error
	for _, connection := range connections {
		provider, err := w.provider(f, connection)
		if err == nil {
			var report flow.ProvisionReport
			if report, err = f.Provision(ctx, connection.ID, provider); err == nil {
				w.printf("%s: %d done, %d waiting, %d failed, %d dropped%s\n", connection.ID, report.Done, report.Waiting, report.Failed, report.Dropped, because(report.Stopped))
			}
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", connection.ID, err))
		}
	}
	return failed
}

type provisionListCommand struct {
	State string `default:"" enum:",awaiting,sent,provisioned,failed,dropped" placeholder:"STATE" help:"In this state; all that are not done, if none is given."`
	JSON  bool   `help:"Print one JSON object."`
}

const provisionsListed = 1000

// Run prints a line for each.
func (c *provisionListCommand) Run(ctx context.Context, w *world) error {
	f, err := w.flow(ctx)
	if err != nil {
		return err
	}
	rows := [][]string{{"no", "state", "subscription", "what", "tries", "next", "why"}}
	wires := []map[string]any{}
	err = f.Store.Read(ctx, func(tx flow.Tx) error {
		for state := flow.ProvisionAwaiting; state <= flow.ProvisionDropped; state++ {
			open := state == flow.ProvisionAwaiting || state == flow.ProvisionSent || state == flow.ProvisionFailed
			if (c.State == "" && !open) || (c.State != "" && c.State != state.String()) {
				continue
			}
			list, err := tx.ProvisionList("", state, provisionsListed)
			if err != nil {
				return err
			}
			for i := range list {
				p := &list[i]
				why := p.Why
				if p.Todo != "" {
					why += " " + p.Todo
				}
				rows = append(rows, []string{fmt.Sprint(p.ID), p.State.String(), string(p.Subscription), provisionText(p), fmt.Sprint(p.Attempts), instantText(p.NextAt, f.Zone), why})
				wires = append(wires, map[string]any{"id": p.ID, "connection": string(p.Connection), "state": p.State.String(), "subscription": string(p.Subscription),
					"what": provisionText(p), "attempts": p.Attempts, "code": p.Code, "why": p.Why, "todo": p.Todo, "who": p.Who})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return w.printJSON(map[string]any{"provisions": wires})
	}
	w.table(rows, map[int]bool{0: true, 4: true})
	return nil
}

func instantText(at time.Time, zone *time.Location) string {
	if at.IsZero() {
		return ""
	}
	return at.In(zone).Format("2006-01-02 15:04")
}

// provisionText says in a few words what is asked of the provider.
func provisionText(p *flow.Provision) string {
	if o := p.Order; o != nil {
		return fmt.Sprintf("order %s of %s", o.Quantity, o.SKU)
	}
	c := p.Change
	switch {
	case c.Cancel:
		return "cancel"
	case c.Suspend:
		return "suspend"
	case c.Resume:
		return "resume"
	case c.Next != nil || c.NextNone:
		return "schedule for renewal"
	case c.HasQuantity:
		return fmt.Sprintf("seats to %s", c.Quantity)
	case c.HasAutoRenew:
		return "auto-renewal"
	}
	return "change"
}

type provisionRetryCommand struct {
	ID int64 `arg:"" help:"Its number."`
}

// Run puts it back on its way.
func (c *provisionRetryCommand) Run(ctx context.Context, w *world) error {
	f, err := w.flow(ctx)
	if err != nil {
		return err
	}
	return f.ProvisionRetry(ctx, c.ID, w.actor("command"))
}

type provisionDropCommand struct {
	ID int64 `arg:"" help:"Its number."`
}

// Run gives it up.
func (c *provisionDropCommand) Run(ctx context.Context, w *world) error {
	f, err := w.flow(ctx)
	if err != nil {
		return err
	}
	return f.ProvisionDrop(ctx, c.ID, w.actor("command"))
}

type windowsCommand struct {
	Connection string `arg:"" optional:"" help:"Of this connection; of all if none is given."`
	JSON       bool   `help:"Print one JSON object."`
}

// Run lists what can still be cancelled or given back, soonest first.
func (c *windowsCommand) Run(ctx context.Context, w *world) error {
	f, err := w.flow(ctx)
	if err != nil {
		return err
	}
	windows, err := f.Windows(ctx, flow.ConnectionID(c.Connection))
	if err != nil {
		return err
	}
	rows := [][]string{{"until", "what", "account", "holding", "sku", "seats", "else committed until", "costs if missed"}}
	wires := []map[string]any{}
	for i := range windows {
		one := &windows[i]
		missed := "not known"
		if one.CostKnown {
			missed = one.Missed.String() + " " + one.Missed.Currency().String()
		}
		rows = append(rows, []string{instantText(one.Until, f.Zone), one.Kind.String(), string(one.Account), one.Holding, one.SKU, one.Quantity.String(), one.CommitsUntil.String(), missed})
		wires = append(wires, map[string]any{"until": one.Until, "kind": one.Kind.String(), "connection": string(one.Connection), "account": string(one.Account), "holding": one.Holding,
			"sku": one.SKU, "quantity": one.Quantity.String(), "commits_until": one.CommitsUntil.String(), "missed": missed})
	}
	if c.JSON {
		return w.printJSON(map[string]any{"windows": wires})
	}
	if len(windows) == 0 {
		w.printf("No window is open.\n")
		return nil
	}
	w.table(rows, map[int]bool{5: true, 7: true})
	return nil
}

type pricesCommand struct {
	Import   pricesImportCommand   `cmd:"" help:"Import the provider's price sheet, exchange rates and promotions of a month."`
	Preview  pricesPreviewCommand  `cmd:"" help:"Show what the announced price sheet will change, for whom and when; nothing is taken in."`
	Versions pricesVersionsCommand `cmd:"" help:"List the versions of price sheets that were imported."`
}

// priceSheetView is that of licence-based subscriptions.
const priceSheetView = "updatedlicensebased"

type pricesImportCommand struct {
	Connection string `arg:"" help:"The connection's id."`
	Month      string `placeholder:"YYYY-MM" help:"The month; the current one if not given."`
	Rule       string `placeholder:"RULE" help:"How rows are sold: retail-8, cost+20; retail as it is if not given."`
	Segment    string `default:"Commercial" help:"The segment of the sheet."`
}

// Run imports and counts.
func (c *pricesImportCommand) Run(ctx context.Context, w *world) error {
	f, connection, provider, err := w.follow(ctx, c.Connection)
	if err != nil {
		return err
	}
	month, err := monthOf(c.Month, f.Today())
	if err != nil {
		return err
	}
	reports, err := importPrices(ctx, f, connection, provider, month, c.Rule, c.Segment)
	if err != nil {
		return err
	}
	w.showReport(fmt.Sprintf("price sheet %s %s (%d rows)", connection.Country, reports.sheet.Month, reports.sheet.Rows), reports.prices)
	if provider.Abilities().Rates {
		w.showReport("exchange rates", reports.rates)
	}
	if provider.Abilities().Promotions {
		w.printf("promotions: %d new or changed\n", reports.promotions)
	}
	return nil
}

// priceReports are what importing a month's prices came to.
type priceReports struct {
	sheet         flow.KeptPriceSheet
	prices, rates flow.TakeReport
	promotions    int
}

// importPrices takes a month's price sheet, exchange rates and promotions in, as far as the provider has them.
func importPrices(ctx context.Context, f *flow.Flow, connection flow.Connection, provider flow.Provider, month calendar.Date, rule, segment string) (r priceReports, err error) {
	options, err := sheetOptions(connection, rule, segment)
	if err != nil {
		return r, err
	}
	actor := flow.Actor{Who: "price import", Source: "provider:" + string(connection.ID)}
	silent := func(flow.TakeLine) {}
	ask := flow.PriceSheetAsk{Market: connection.Country, View: priceSheetView, Month: month}
	if r.prices, r.sheet, err = f.PriceSheetImport(ctx, connection.ID, ask, provider.PriceSheet(ctx, ask), options, actor, silent); err != nil {
		return r, err
	}
	if provider.Abilities().Rates {
		if r.rates, err = f.RatesImport(ctx, provider, month, actor, silent); err != nil {
			return r, err
		}
	}
	if provider.Abilities().Promotions {
		r.promotions, err = f.PromotionsImport(ctx, connection.ID, provider.Promotions(ctx, connection.Country, segment))
	}
	return r, err
}

// follow is what a command about one connection works with.
func (w *world) follow(ctx context.Context, id string) (*flow.Flow, flow.Connection, flow.Provider, error) {
	f, err := w.flow(ctx)
	if err != nil {
		return nil, flow.Connection{}, nil, err
	}
	connection, err := w.connection(ctx, f, id)
	if err != nil {
		return nil, connection, nil, err
	}
	provider, err := w.provider(f, connection)
	return f, connection, provider, err
}

// monthOf is the first day of a month given as YYYY-MM, or of today's.
func monthOf(text string, today calendar.Date) (calendar.Date, error) {
	if text == "" {
		year, month, _ := today.Civil()
		return calendar.NewDate(year, month, 1)
	}
	on, err := calendar.ParseDate(text + "-01")
	if err != nil {
		return on, fmt.Errorf("%w: --month: expected YYYY-MM, not %q", flow.ErrInput, text)
	}
	return on, nil
}

func sheetOptions(connection flow.Connection, rule, segment string) (flow.PriceSheetOptions, error) {
	o, err := (&importCommand{List: connection.List, Rule: rule, Market: connection.Country}).priceSheet()
	o.Currency, o.Segment = connection.Currency, segment
	return o, err
}

type pricesPreviewCommand struct {
	Connection string `arg:"" help:"The connection's id."`
	Rule       string `placeholder:"RULE" help:"How rows would be sold, as at the import."`
	Segment    string `default:"Commercial" help:"The segment of the sheet."`
	Until      string `placeholder:"DATE" help:"Look as far as this day; thirteen months if not given."`
	JSON       bool   `help:"Print one JSON object."`
}

// Run lists every subscription whose price will change, and every promotion that ends.
func (c *pricesPreviewCommand) Run(ctx context.Context, w *world) error {
	f, connection, provider, err := w.follow(ctx, c.Connection)
	if err != nil {
		return err
	}
	options, err := sheetOptions(connection, c.Rule, c.Segment)
	if err != nil {
		return err
	}
	until, err := day(c.Until, f.Today().AddMonths(13))
	if err != nil {
		return err
	}
	ask := flow.PriceSheetAsk{Market: connection.Country, View: priceSheetView, Future: true}
	changes, err := f.PriceChanges(ctx, flow.PriceChangeAsk{Rows: provider.PriceSheet(ctx, ask), Options: options, Until: until})
	if err != nil {
		return err
	}
	ends, err := f.PromotionsEnding(ctx, connection.ID, until)
	if err != nil {
		return err
	}
	rows := [][]string{{"from", "account", "subscription", "sku", "seats", "before", "after", "", ""}}
	wires := []map[string]any{}
	for i := range changes {
		one := &changes[i]
		why := ""
		if one.AtRenewal {
			why = "at renewal"
		}
		if one.Missing != "" {
			why = one.Missing
		}
		rows = append(rows, []string{one.On.String(), string(one.Account), string(one.Subscription), one.SKU, one.Quantity.String(), one.Before.String(), one.After.String(), one.Before.Currency().String(), why})
		wires = append(wires, map[string]any{"from": one.On.String(), "account": string(one.Account), "subscription": string(one.Subscription), "sku": one.SKU, "quantity": one.Quantity.String(),
			"before": one.Before.String(), "after": one.After.String(), "currency": one.Before.Currency().String(), "at_renewal": one.AtRenewal, "missing": one.Missing})
	}
	promotions := []map[string]any{}
	for i := range ends {
		one := &ends[i]
		more := "not known"
		if one.MoreKnown {
			more = one.More.String() + " " + one.More.Currency().String()
		}
		promotions = append(promotions, map[string]any{"from": one.On.String(), "account": string(one.Account), "holding": one.Holding, "promotion": one.Promotion.ID, "costs_more": more})
	}
	if c.JSON {
		return w.printJSON(map[string]any{"changes": wires, "promotions_ending": promotions})
	}
	if len(changes) == 0 {
		w.printf("No price changes until %s.\n", until)
	} else {
		w.table(rows, map[int]bool{4: true, 5: true, 6: true})
	}
	for _, one := range promotions {
		w.printf("%s: promotion %s of %s (%s) ends; it costs us %s more a period\n", one["from"], one["promotion"], one["account"], one["holding"], one["costs_more"])
	}
	return nil
}

type pricesVersionsCommand struct {
	Connection string `arg:"" help:"The connection's id."`
}

// Run prints a line for each version.
func (c *pricesVersionsCommand) Run(ctx context.Context, w *world) error {
	f, err := w.flow(ctx)
	if err != nil {
		return err
	}
	var list []flow.KeptPriceSheet
	err = f.Store.Read(ctx, func(tx flow.Tx) (err error) {
		list, err = tx.PriceSheetList(flow.ConnectionID(c.Connection))
		return err
	})
	if err != nil {
		return err
	}
	rows := [][]string{{"month", "market", "view", "rows", "imported", "version"}}
	for _, one := range list {
		rows = append(rows, []string{one.Month.String()[:7], one.Market, one.View, fmt.Sprint(one.Rows), instantText(one.ImportedAt, f.Zone), one.Digest[:min(8, len(one.Digest))]})
	}
	w.table(rows, map[int]bool{3: true})
	return nil
}

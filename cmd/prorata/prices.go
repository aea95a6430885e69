package main

import (
	"context"
	"fmt"

	"prorata/core/calendar"
	"prorata/flow"
)

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

// Help shows how it is used.
func (c *pricesImportCommand) Help() string {
	return `Rows that are new or changed make prices from their day on; a second time changes nothing.

  prorata prices import microsoft
  prorata prices import microsoft --month 2026-03 --rule cost+20`
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

// Help shows how it is used.
func (c *pricesPreviewCommand) Help() string {
	return `  prorata prices preview microsoft --until 2026-12-31`
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

// Help shows how it is used.
func (c *pricesVersionsCommand) Help() string {
	return `  prorata prices versions microsoft`
}

// Run prints a line for each version.
func (c *pricesVersionsCommand) Run(ctx context.Context, w *world) error {
	f, err := w.flow(ctx)
	if err != nil {
		return err
	}
	if _, err := w.connection(ctx, f, c.Connection); err != nil {
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

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
func (c *pricesImportCommand) Run(ctx context.Context, w *counter) error {
	connection, err := w.connection(ctx, c.Connection)
	if err != nil {
		return err
	}
	month, err := monthOf(c.Month, w.Today())
	if err != nil {
		return err
	}
	options, err := sheetOptions(&connection, c.Rule, c.Segment)
	if err != nil {
		return err
	}
	reports, err := w.PriceSheetFetch(ctx, connection.ID, monthSheet(&connection, month), options)
	if err != nil {
		return err
	}
	w.showReport(fmt.Sprintf("price sheet %s %s (%d rows)", connection.Country, reports.Sheet.Month, reports.Sheet.Rows), reports.Prices)
	if reports.HasRates {
		w.showReport("exchange rates", reports.Rates)
	}
	if reports.HasPromotions {
		w.printf("promotions: %d new or changed\n", reports.Promotions)
	}
	return nil
}

// monthSheet asks for the price sheet of a connection's market.
func monthSheet(c *flow.Connection, month calendar.Date) flow.PriceSheetAsk {
	return flow.PriceSheetAsk{Market: c.Country, View: priceSheetView, Month: month}
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

func sheetOptions(connection *flow.Connection, rule, segment string) (flow.PriceSheetOptions, error) {
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
func (c *pricesPreviewCommand) Run(ctx context.Context, w *counter) error {
	connection, err := w.connection(ctx, c.Connection)
	if err != nil {
		return err
	}
	options, err := sheetOptions(&connection, c.Rule, c.Segment)
	if err != nil {
		return err
	}
	until, err := day(c.Until, w.Today().AddMonths(13))
	if err != nil {
		return err
	}
	ask := flow.PriceSheetAsk{Market: connection.Country, View: priceSheetView, Future: true}
	news, err := w.PriceSheetAnnounced(ctx, connection.ID, ask, options, until)
	if err != nil {
		return err
	}
	changes, ends := news.Changes, news.Ends
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
func (c *pricesVersionsCommand) Run(ctx context.Context, w *counter) error {
	list, err := w.PriceSheetList(ctx, flow.ConnectionID(c.Connection))
	if err != nil {
		return err
	}
	rows := [][]string{{"month", "market", "view", "rows", "imported", "version"}}
	for _, one := range list {
		rows = append(rows, []string{one.Month.String()[:7], one.Market, one.View, fmt.Sprint(one.Rows), instantText(one.ImportedAt, w.zone), one.Digest[:min(8, len(one.Digest))]})
	}
	w.table(rows, map[int]bool{3: true})
	return nil
}

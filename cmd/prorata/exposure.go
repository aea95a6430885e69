package main

import (
	"context"
	"fmt"
	"strconv"

	"prorata/flow"
)

type exposureCommand struct {
	Connection string `arg:"" optional:"" help:"Of this connection; of all if none is given."`
	All        bool   `help:"Also holdings that are covered whole."`
	JSON       bool   `help:"Print one JSON object."`
}

// Help shows how it is used.
func (c *exposureCommand) Help() string {
	return `For each holding: until when we are bound to the provider, until when the customer is to us, and what the days between would cost.

  prorata exposure microsoft --all`
}

// Run lists what we owe the provider for terms that no customer has agreed to.
func (c *exposureCommand) Run(ctx context.Context, w *counter) error {
	connection, err := w.optionalConnection(ctx, c.Connection)
	if err != nil {
		return err
	}
	exposures, _, err := w.ExposureList(ctx, connection)
	if err != nil {
		return err
	}
	rows := [][]string{{"account", "holding", "sku", "seats", "billed", "we are bound until", "the customer until", "", "left to pay", "uncovered", ""}}
	wires := []map[string]any{}
	for i := range exposures {
		e := &exposures[i]
		if !c.All && e.CostKnown && e.Uncovered.IsZero() {
			continue
		}
		cost, uncovered, currency := "not known", "not known", ""
		if e.CostKnown {
			cost, uncovered, currency = e.Cost.String(), e.Uncovered.String(), e.Cost.Currency().String()
		}
		rows = append(rows, []string{string(e.Account), e.Holding, e.SKU, e.Seats.String(), e.Billed.String(), e.Until.String(), e.CommittedUntil.String(), e.Why.String(), cost, uncovered, currency})
		wires = append(wires, map[string]any{"connection": string(e.Connection), "account": string(e.Account), "holding": e.Holding, "sku": e.SKU, "seats": e.Seats.String(), "billed": e.Billed.String(),
			"until": e.Until.String(), "committed_until": e.CommittedUntil.String(), "why": e.Why.String(), "name": e.Name, "cost": cost, "uncovered": uncovered, "currency": currency})
	}
	if c.JSON {
		return w.printJSON(map[string]any{"exposures": wires, "sums": exposureSums(exposures)})
	}
	if len(rows) == 1 {
		w.printf("Every term is covered by what customers have agreed to.\n")
		return nil
	}
	w.table(rows, map[int]bool{3: true, 4: true, 8: true, 9: true})
	w.printf("\n")
	rows = [][]string{{"account", "", "holdings", "left to pay", "uncovered", "", ""}}
	for _, sum := range flow.ExposureSums(exposures) {
		note := ""
		if sum.Unknown > 0 {
			note = fmt.Sprintf("the cost of %d holdings is not known", sum.Unknown)
		}
		rows = append(rows, []string{string(sum.Account), sum.Name, strconv.Itoa(sum.Holdings), sum.Cost.String(), sum.Uncovered.String(), sum.Currency.String(), note})
	}
	w.table(rows, map[int]bool{2: true, 3: true, 4: true})
	return nil
}

func exposureSums(exposures []flow.Exposure) []map[string]any {
	wires := []map[string]any{}
	for _, sum := range flow.ExposureSums(exposures) {
		wires = append(wires, map[string]any{"account": string(sum.Account), "name": sum.Name, "currency": sum.Currency.String(), "holdings": sum.Holdings, "cost": sum.Cost.String(),
			"uncovered": sum.Uncovered.String(), "cost_not_known": sum.Unknown})
	}
	return wires
}

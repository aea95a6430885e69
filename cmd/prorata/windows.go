package main

import (
	"context"
)

type windowsCommand struct {
	Connection string `arg:"" optional:"" help:"Of this connection; of all if none is given."`
	JSON       bool   `help:"Print one JSON object."`
}

// Help shows how it is used.
func (c *windowsCommand) Help() string {
	return `Lists the holdings and seats that the provider still takes back, the soonest end first.

  prorata windows microsoft`
}

// Run lists what can still be cancelled or given back, soonest first.
func (c *windowsCommand) Run(ctx context.Context, w *counter) error {
	connection, err := w.optionalConnection(ctx, c.Connection)
	if err != nil {
		return err
	}
	windows, _, err := w.WindowList(ctx, connection)
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
		rows = append(rows, []string{instantText(one.Until, w.zone), one.Kind.String(), string(one.Account), one.Holding, one.SKU, one.Quantity.String(), one.CommitsUntil.String(), missed})
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

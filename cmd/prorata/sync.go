package main

import (
	"context"
	"errors"
	"fmt"

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
A second time changes nothing.

  prorata sync
  prorata sync microsoft --events`
}

// Run syncs one connection after another; one that fails does not keep the others from theirs.
func (c *syncCommand) Run(ctx context.Context, w *counter) error {
	connections, err := w.connections(ctx, c.Connection)
	if err != nil {
		return err
	}
	wires := []map[string]any{}
	var failed error
	for _, connection := range connections {
		report, err := w.ConnectionSyncWait(ctx, connection.ID, c.Events)
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

// connections are those with the ids, or all that are not switched off.
func (w *counter) connections(ctx context.Context, ids []string) (list []flow.Connection, err error) {
	for _, id := range ids {
		one, err := w.connection(ctx, id)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	if len(ids) > 0 {
		return list, nil
	}
	all, err := w.ConnectionList(ctx)
	for i := range all {
		if all[i].State != flow.ConnectionOff {
			list = append(list, all[i].Connection)
		}
	}
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("%w: there is no connection: see `prorata connection add --help`", flow.ErrInput)
	}
	return list, err
}

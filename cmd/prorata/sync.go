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

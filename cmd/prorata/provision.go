package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"prorata/flow"
)

type provisionCommand struct {
	Run_  provisionRunCommand   `cmd:"" name:"run" help:"Carry out at the provider what was changed here."`
	List  provisionListCommand  `cmd:"" help:"List changes on their way, and those that failed."`
	Retry provisionRetryCommand `cmd:"" help:"Try one that failed again."`
	Drop  provisionDropCommand  `cmd:"" help:"Give one up; what the log says stays."`
}

type provisionRunCommand struct {
	Connection []string `arg:"" optional:"" help:"Connections; all that are not switched off, if none is given."`
}

// Help says what it does.
func (c *provisionRunCommand) Help() string {
	return `Sends what was changed here (orders, seats, renewals, suspensions) under a reference that stays the same on every try: it may be
stopped anywhere, repeated, and run beside another, and orders nothing twice. What the provider refuses is listed as failed, and
is an exception.

  prorata provision run microsoft`
}

// Run works through what is due.
func (c *provisionRunCommand) Run(ctx context.Context, w *counter) error {
	connections, err := w.connections(ctx, c.Connection)
	if err != nil {
		return err
	}
	var failed error
	for _, connection := range connections {
		report, err := w.ProvisionRunWait(ctx, connection.ID)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", connection.ID, err))
			continue
		}
		w.printf("%s: %d done, %d waiting, %d failed, %d dropped%s\n", connection.ID, report.Done, report.Waiting, report.Failed, report.Dropped, because(report.Stopped))
	}
	return failed
}

type provisionListCommand struct {
	State string `default:"" enum:",awaiting,sent,provisioned,failed,dropped" placeholder:"STATE" help:"In this state; all that are not done, if none is given."`
	JSON  bool   `help:"Print one JSON object."`
}

// provisionsListed is how many are listed of a state at most, about.
const provisionsListed = 1000

// Help shows how it is used.
func (c *provisionListCommand) Help() string {
	return `  prorata provision list
  prorata provision list --state failed --json`
}

// Run prints a line for each.
func (c *provisionListCommand) Run(ctx context.Context, w *counter) error {
	rows := [][]string{{"no", "state", "subscription", "what", "tries", "next", "why"}}
	wires := []map[string]any{}
	for state := flow.ProvisionAwaiting; state <= flow.ProvisionDropped; state++ {
		open := state == flow.ProvisionAwaiting || state == flow.ProvisionSent || state == flow.ProvisionFailed
		if (c.State == "" && !open) || (c.State != "" && c.State != state.String()) {
			continue
		}
		list, err := w.provisions(ctx, state.String())
		if err != nil {
			return err
		}
		for i := range list {
			p := &list[i].Provision
			why := p.Why
			if p.Todo != "" {
				why += " " + p.Todo
			}
			rows = append(rows, []string{fmt.Sprint(p.ID), p.State.String(), string(p.Subscription), provisionText(p), fmt.Sprint(p.Attempts), instantText(p.NextAt, w.zone), why})
			wires = append(wires, map[string]any{"id": p.ID, "connection": string(p.Connection), "state": p.State.String(), "subscription": string(p.Subscription),
				"what": provisionText(p), "attempts": p.Attempts, "code": p.Code, "why": p.Why, "todo": p.Todo, "who": p.Who})
		}
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

// Help shows how it is used.
func (c *provisionRetryCommand) Help() string {
	return `What the provider refused is asked for anew, with the seats that the log has now; what was never answered is looked for first.

  prorata provision retry 4711`
}

// Run puts it back on its way.
func (c *provisionRetryCommand) Run(ctx context.Context, w *counter) error {
	return w.ProvisionRetry(ctx, c.ID)
}

type provisionDropCommand struct {
	ID     int64  `arg:"" help:"Its number."`
	Reason string `placeholder:"TEXT" help:"Why, for the audit."`
}

// Help shows how it is used.
func (c *provisionDropCommand) Help() string {
	return `The next sync finds where the log and the provider then differ.

  prorata provision drop 4711`
}

// Run gives it up.
func (c *provisionDropCommand) Run(ctx context.Context, w *counter) error {
	return w.ProvisionDrop(ctx, c.ID, c.Reason)
}

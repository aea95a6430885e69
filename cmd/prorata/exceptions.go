package main

import (
	"context"
	"fmt"

	"prorata/flow"
)

type exceptionCommand struct {
	List  exceptionListCommand  `cmd:"" default:"withargs" help:"List what a person has to decide."`
	Close exceptionCloseCommand `cmd:"" help:"Settle one by hand; it opens again where it is found again."`
}

type exceptionListCommand struct {
	Kind       string `placeholder:"KIND" help:"Of this kind."`
	Connection string `placeholder:"ID" help:"Of this connection."`
	Closed     bool   `help:"Those that were settled, and by whom."`
	Latest     int    `default:"200" placeholder:"N" help:"At most so many, newest first."`
	JSON       bool   `help:"Print one JSON object."`
}

// Help shows how it is used.
func (c *exceptionListCommand) Help() string {
	return `Each says what is the matter and what would settle it; most close by themselves once that is done.

  prorata exception list --connection microsoft
  prorata exception list --kind unknown_customer --json`
}

// Run prints two lines for each: what is the matter, and what would settle it.
func (c *exceptionListCommand) Run(ctx context.Context, w *world) error {
	f, err := w.flow(ctx)
	if err != nil {
		return err
	}
	if _, err := w.optionalConnection(ctx, f, c.Connection); err != nil {
		return err
	}
	var list []flow.Exception
	err = f.Store.Read(ctx, func(tx flow.Tx) (err error) {
		list, err = tx.ExceptionList(flow.ExceptionFilter{Kind: c.Kind, Connection: flow.ConnectionID(c.Connection), Closed: c.Closed, Most: c.Latest})
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return w.printJSON(map[string]any{"exceptions": inboxWires(list)})
	}
	if len(list) == 0 {
		w.printf("Nothing waits for a person.\n")
		return nil
	}
	for _, e := range list {
		worth := ""
		if e.HasAmount {
			worth = fmt.Sprintf("  [%s %s]", e.Amount, e.Currency)
		}
		w.printf("%s  %s%s\n    %s\n", e.Kind, e.Sentence, worth, e.Todo)
		if c.Closed {
			w.printf("    settled %s by %s\n", e.ClosedAt.In(f.Zone).Format("2006-01-02 15:04"), e.ClosedBy)
		} else {
			w.printf("    prorata exception close %s '%s'\n", e.Kind, e.Subject)
		}
	}
	return nil
}

func inboxWires(list []flow.Exception) []map[string]any {
	wires := []map[string]any{}
	for _, e := range list {
		wire := map[string]any{"kind": e.Kind, "subject": e.Subject, "connection": string(e.Connection), "account": string(e.Account),
			"subscription": string(e.Subscription), "sentence": e.Sentence, "todo": e.Todo, "opened": e.OpenedAt, "seen": e.SeenAt}
		if e.HasAmount {
			wire["amount"], wire["currency"] = e.Amount.String(), e.Currency.String()
		}
		if !e.ClosedAt.IsZero() {
			wire["closed"], wire["closed_by"] = e.ClosedAt, e.ClosedBy
		}
		wires = append(wires, wire)
	}
	return wires
}

type exceptionCloseCommand struct {
	Kind    string `arg:"" help:"Its kind."`
	Subject string `arg:"" help:"What it is about."`
}

// Help shows how it is used.
func (c *exceptionCloseCommand) Help() string {
	return `  prorata exception close unknown_customer 8a2f3c1e-…`
}

// Run settles it.
func (c *exceptionCloseCommand) Run(ctx context.Context, w *world) error {
	f, err := w.flow(ctx)
	if err != nil {
		return err
	}
	closed := false
	err = f.Store.Write(ctx, func(tx flow.Tx) (err error) {
		closed, err = tx.ExceptionClose(c.Kind, c.Subject, w.actor("command").Who, f.Clock.Now())
		return err
	})
	if err == nil && !closed {
		err = fmt.Errorf("%w: no exception %s '%s' is open", flow.ErrUnknown, c.Kind, c.Subject)
	}
	return err
}

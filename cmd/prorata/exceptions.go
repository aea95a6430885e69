package main

import (
	"context"
	"fmt"
	"slices"

	"prorata/flow"
	"prorata/flow/office"
)

type exceptionCommand struct {
	List  exceptionListCommand  `cmd:"" default:"withargs" help:"List what a person has to decide."`
	Close exceptionCloseCommand `cmd:"" help:"Settle one by hand; it opens again where it is found again."`
}

type exceptionListCommand struct {
	Kind       string `placeholder:"KIND" help:"Of this kind."`
	Connection string `placeholder:"ID" help:"Of this connection."`
	Snoozed    bool   `help:"Those that were put off."`
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
func (c *exceptionListCommand) Run(ctx context.Context, w *counter) error {
	if _, err := w.optionalConnection(ctx, c.Connection); err != nil {
		return err
	}
	filter := office.WaitingFilter{Kind: c.Kind, Connection: flow.ConnectionID(c.Connection), Most: c.Latest, State: office.WaitingOpen}
	switch {
	case c.Snoozed && c.Closed:
		return fmt.Errorf("%w: give --snoozed or --closed", flow.ErrInput)
	case c.Snoozed:
		filter.State = office.WaitingSnoozed
	case c.Closed:
		filter.State = office.WaitingSettled
	}
	list, err := w.ExceptionList(ctx, filter)
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
	for i := range list {
		e := &list[i]
		worth := ""
		if e.HasAmount {
			worth = fmt.Sprintf("  [%s %s]", e.Amount, e.Currency)
		}
		w.printf("%s  %s%s\n    %s\n", e.Kind, e.Sentence, worth, e.Todo)
		if c.Closed {
			w.printf("    settled %s by %s\n", e.ClosedAt.In(w.zone).Format("2006-01-02 15:04"), e.ClosedBy)
		} else {
			w.printf("    prorata exception close %s '%s' --reason '…'\n", e.Kind, e.Subject)
		}
	}
	return nil
}

func inboxWires(list []office.Waiting) []map[string]any {
	wires := []map[string]any{}
	for i := range list {
		e := &list[i]
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
	Reason  string `required:"" placeholder:"TEXT" help:"Why nothing is left to do."`
}

// Help shows how it is used.
func (c *exceptionCloseCommand) Help() string {
	return `  prorata exception close unknown_customer 8a2f3c1e-… --reason "a test tenant of ours"`
}

// Run settles it, whether it is to be looked at now or was put off.
func (c *exceptionCloseCommand) Run(ctx context.Context, w *counter) error {
	for _, state := range []office.WaitingState{office.WaitingOpen, office.WaitingSnoozed} {
		for before := int64(0); ; {
			list, err := w.ExceptionList(ctx, office.WaitingFilter{State: state, Kind: c.Kind, Text: c.Subject, Before: before})
			if err != nil {
				return err
			}
			if at := slices.IndexFunc(list, func(e office.Waiting) bool { return e.Subject == c.Subject }); at >= 0 {
				return w.ExceptionSettle(ctx, []int64{list[at].ID}, c.Reason)
			}
			if len(list) == 0 {
				break
			}
			before = list[len(list)-1].ID
		}
	}
	return fmt.Errorf("%w: no exception %s '%s' is open", flow.ErrUnknown, c.Kind, c.Subject)
}

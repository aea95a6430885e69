package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/alecthomas/kong"

	"prorata/core/calendar"
	"prorata/flow"
	"prorata/flow/office"
)

type billCommand struct {
	AsOf    string `placeholder:"DATE" help:"Bill through this day; today if not given."`
	Preview bool   `help:"Show what would be cut, and store nothing."`
	Accept  int64  `placeholder:"STAMP" help:"Bill what a preview showed; fails if the book has changed since."`
	JSON    bool   `help:"Print one JSON object."`
}

// Help shows how it is used.
func (c *billCommand) Help() string {
	return `Billing twice adds nothing: what is due and was not billed is cut, and no more.

  prorata bill --preview            what would be cut today, and a stamp
  prorata bill --accept 4711        cut just that, or fail if the book moved
  prorata bill --as-of 2026-03-01   catch up through a day`
}

// Run bills, or shows what would be billed.
func (c *billCommand) Run(ctx context.Context, w *counter) error {
	through, err := day(c.AsOf, w.Today())
	if err != nil {
		return err
	}
	if c.Preview {
		return c.preview(ctx, w, through)
	}
	show, done := w.progress("billing")
	run, err := w.BillingRunAll(ctx, flow.BillOptions{Through: through, Accept: c.Accept, Progress: func(r flow.Run) { show(r.Contracts, r.Invoices) }})
	done()
	if err != nil {
		return err
	}
	if c.JSON {
		return w.printRun(&run)
	}
	w.printf("Billed through %s: %d contracts, %d invoices, %d lines, %d exceptions.\n", run.Through, run.Contracts, run.Invoices, run.Lines, run.Exceptions)
	if len(run.Left) > 0 {
		w.showLeft(run.Left)
	}
	if len(run.Failed) == 0 {
		return nil
	}
	w.showExceptions(run.Failed)
	return errQuiet
}

// showLeft tells what somebody holds, so that nobody wonders why it is not billed.
func (t *terminal) showLeft(left []flow.RunLeft) {
	rows := [][]string{{"left due", "why", ""}}
	for _, l := range left {
		rows = append(rows, []string{l.Group, l.Code, l.Sentence})
	}
	t.table(rows, nil)
}

func (t *terminal) showExceptions(exceptions []flow.RunException) {
	rows := [][]string{{"contract", "code", "why"}}
	for _, e := range exceptions {
		rows = append(rows, []string{string(e.Contract), e.Code, e.Sentence})
	}
	t.table(rows, nil)
}

func (c *billCommand) preview(ctx context.Context, w *counter, through calendar.Date) error {
	var invoices []flow.Issued
	run, exceptions, stamp, err := w.BillingPreview(ctx, through, func(issued flow.Issued) { invoices = append(invoices, issued) })
	if err != nil {
		return err
	}
	if c.JSON {
		return w.printJSON(map[string]any{"through": run.Through.String(), "contracts": run.Contracts, "invoices": issuedWires(invoices, false), "exceptions": exceptionWires(exceptions), "stamp": stamp})
	}
	rows := [][]string{{"date", "payer", "contract", "lines", "net", "tax", "total", ""}}
	for i := range invoices {
		invoice := &invoices[i]
		rows = append(rows, []string{invoice.Date.String(), string(invoice.Payer), contractOf(invoice), fmt.Sprint(len(invoice.Lines)),
			invoice.Net.String(), invoice.Tax.String(), invoice.Total.String(), invoice.Currency.String()})
	}
	w.table(rows, map[int]bool{3: true, 4: true, 5: true, 6: true})
	w.printf("\nPreview through %s: %d invoices, %d lines, %d exceptions. Nothing was stored.\n", run.Through, run.Invoices, run.Lines, run.Exceptions)
	if len(exceptions) > 0 {
		w.showExceptions(exceptions)
	}
	if run.Through.After(w.Today()) {
		w.printf("%s has not come yet: on that day, preview again to accept it.\n", run.Through)
		return nil
	}
	w.printf("To issue just this: prorata bill --as-of %s --accept %d\n", run.Through, stamp)
	return nil
}

func contractOf(issued *flow.Issued) string {
	if issued.Contract == "" {
		return "(consolidated)"
	}
	return string(issued.Contract)
}

func exceptionWires(exceptions []flow.RunException) []map[string]any {
	wires := make([]map[string]any, 0, len(exceptions))
	for _, e := range exceptions {
		wires = append(wires, map[string]any{"contract": string(e.Contract), "code": e.Code, "sentence": e.Sentence})
	}
	return wires
}

func (t *terminal) printRun(run *office.RunView) error {
	err := t.printJSON(map[string]any{"run": run.ID, "through": run.Through.String(), "state": run.State, "contracts": run.Contracts, "invoices": run.Invoices, "lines": run.Lines,
		"left_due": run.Run.Left, "exceptions": exceptionWires(run.Failed)})
	if len(run.Failed) > 0 {
		err = errors.Join(err, errQuiet)
	}
	return err
}

func wordsUnder(node *kong.Node) (words []string) {
	for _, child := range node.Children {
		words = append(words, child.Name)
	}
	for _, flag := range node.Flags {
		words = append(words, "--"+flag.Name)
	}
	return words
}

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/alecthomas/kong"
	"github.com/schollz/progressbar/v3"

	"prorata/flow"
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
func (c *billCommand) Run(ctx context.Context, w *world) error {
	f, err := w.flow(ctx)
	if err != nil {
		return err
	}
	through, err := day(c.AsOf, f.Today())
	if err != nil {
		return err
	}
	if c.Preview {
		return c.preview(ctx, w, f, flow.BillOptions{Through: through})
	}
	show, done := w.progress("billing")
	run, err := f.Bill(ctx, flow.BillOptions{Through: through, Actor: w.actor("bill"), Accept: c.Accept, Progress: func(r flow.Run) { show(r.Contracts, r.Invoices) }})
	done()
	if err != nil {
		return err
	}
	if c.JSON {
		return w.printRun(ctx, f, run, nil)
	}
	w.printf("Billed through %s: %d contracts, %d invoices, %d lines, %d exceptions.\n", run.Through, run.Contracts, run.Invoices, run.Lines, run.Exceptions)
	if run.Left > 0 {
		if err := w.showLeft(ctx, f, run.ID); err != nil {
			return err
		}
	}
	if run.Exceptions == 0 {
		return nil
	}
	var exceptions []flow.RunException
	if err := f.Store.Read(ctx, func(tx flow.Tx) (err error) { exceptions, err = tx.RunExceptions(run.ID); return err }); err != nil {
		return err
	}
	w.showExceptions(exceptions)
	return errQuiet
}

// showLeft tells what somebody holds, so that nobody wonders why it is not billed.
func (w *world) showLeft(ctx context.Context, f *flow.Flow, run int64) error {
	rows := [][]string{{"left due", "why", ""}}
	err := f.Store.Read(ctx, func(tx flow.Tx) error {
		left, err := tx.RunLeft(run)
		for _, l := range left {
			rows = append(rows, []string{l.Group, l.Code, l.Sentence})
		}
		return err
	})
	w.table(rows, nil)
	return err
}

func (w *world) showExceptions(exceptions []flow.RunException) {
	rows := [][]string{{"contract", "code", "why"}}
	for _, e := range exceptions {
		rows = append(rows, []string{string(e.Contract), e.Code, e.Sentence})
	}
	w.table(rows, nil)
}

func (c *billCommand) preview(ctx context.Context, w *world, f *flow.Flow, o flow.BillOptions) error {
	var invoices []flow.Issued
	run, exceptions, stamp, err := f.Preview(ctx, o.Through, func(issued flow.Issued) { invoices = append(invoices, issued) })
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
	if run.Through.After(f.Today()) {
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

func (w *world) printRun(ctx context.Context, f *flow.Flow, run flow.Run, _ []flow.Issued) error {
	var exceptions []flow.RunException
	if err := f.Store.Read(ctx, func(tx flow.Tx) (err error) { exceptions, err = tx.RunExceptions(run.ID); return err }); err != nil {
		return err
	}
	err := w.printJSON(map[string]any{"run": run.ID, "through": run.Through.String(), "state": run.State, "contracts": run.Contracts, "invoices": run.Invoices, "lines": run.Lines, "left_due": run.Left, "exceptions": exceptionWires(exceptions)})
	if len(exceptions) > 0 {
		err = errors.Join(err, errQuiet)
	}
	return err
}

// progress shows how far a long command is: a bar on a terminal, else a plain
// line now and then.
func (w *world) progress(what string) (show func(done, more int64), finish func()) {
	if w.interactive() {
		bar := progressbar.NewOptions64(-1, progressbar.OptionSetWriter(w.errOut), progressbar.OptionSetDescription(what), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
		return func(done, _ int64) { w.ignore(bar.Set64(done)) }, func() { w.ignore(bar.Finish()) }
	}
	last := time.Now()
	return func(done, more int64) {
		if time.Since(last) >= 2*time.Second {
			last = time.Now()
			fmt.Fprintf(w.errOut, "%s: %d contracts, %d invoices\n", what, done, more)
		}
	}, func() {}
}

// ignore notes what cannot matter: a progress bar that could not be drawn.
func (w *world) ignore(err error) {
	if err != nil {
		w.log.Debug("progress", "error", err)
	}
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

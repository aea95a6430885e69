package main

import (
	"context"
	"errors"
	"fmt"

	"prorata/cmd/prorata/demobook"
	"prorata/core/calendar"
	"prorata/flow"
)

type demoCommand struct {
	Seed uint64 `default:"1" help:"Another seed makes another book."`
	AsOf string `placeholder:"DATE" help:"The last day of the book; today if not given."`
}

// Run makes the book on an empty database and bills it day by day.
func (c *demoCommand) Run(ctx context.Context, w *world) error {
	opened, err := w.store(ctx)
	if err != nil {
		return err
	}
	f := w.flowOver(opened)
	until, err := day(c.AsOf, f.Today())
	if err != nil {
		return err
	}
	if until.After(f.Today()) {
		return fmt.Errorf("%w: --as-of: %s has not come yet", flow.ErrInput, until)
	}
	empty := true
	err = f.Store.Read(ctx, func(tx flow.Tx) error {
		sellers, err := tx.SellerList()
		empty = len(sellers) == 0
		return err
	})
	if err != nil {
		return err
	}
	if !empty {
		return fmt.Errorf("%w: %s has a book already; the demo needs an empty database", flow.ErrInput, hidePassword(w.Database))
	}
	story := demobook.Story(c.Seed, until)
	story.Teller = flow.Actor{Who: "demo", Source: "demo book"}
	err = f.Play(ctx, story, nil)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return c.summary(ctx, w, f, until)
}

func (c *demoCommand) summary(ctx context.Context, w *world, f *flow.Flow, until calendar.Date) error {
	var contracts, accounts, subscriptions, invoices int
	err := f.Store.Read(ctx, func(tx flow.Tx) error {
		a, err1 := tx.AccountList()
		b, err2 := tx.ContractList()
		accounts, contracts = len(a), len(b)
		return errors.Join(err1, err2, tx.InvoiceList(flow.InvoiceFilter{}, func(flow.Issued) bool { invoices++; return true }))
	})
	if err != nil {
		return err
	}
	if err := f.Subscriptions(ctx, "", countSubscriptions(&subscriptions)); err != nil {
		return err
	}
	w.printf("The demo book is in %s: %d accounts, %d contracts, %d subscriptions, %d invoices until %s.\n", hidePassword(w.Database), accounts, contracts, subscriptions, invoices, until)
	return nil
}

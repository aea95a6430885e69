package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"prorata/cmd/prorata/demobook"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

type demoCommand struct {
	Seed uint64 `default:"1" help:"Another seed makes another book."`
	AsOf string `placeholder:"DATE" help:"The last day of the book; today if not given."`
	// Standin and Journal are where the demo's Partner Center goes on being.
	Standin string `default:"127.0.0.1:8090" placeholder:"ADDR" help:"Where the demo's Partner Center will be served (see: prorata serve --standin)."`
	Journal string `placeholder:"FILE" help:"Where the demo's Partner Center is written down, to be served later; nowhere if not given."`
}

// demoUnbilled is how many days are left for whoever looks at the demo to bill.
const demoUnbilled = 10

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
	if err := c.play(ctx, w, f, until); err != nil {
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

// play tells the book's story, and follows a Partner Center of our own through it.
func (c *demoCommand) play(ctx context.Context, w *world, f *flow.Flow, until calendar.Date) (err error) {
	end, err := time.Parse(time.DateOnly, until.String())
	if err != nil {
		return err
	}
	address := "http://" + c.Standin
	center, err := newJournal(c.Journal, journalHead{Seed: fmt.Sprintf("demo %d", c.Seed), Start: end, Demo: true, Address: address}, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, center.close()) }()
	story := demobook.Story(c.Seed, until)
	story.Teller = flow.Actor{Who: "demo", Source: "demo book"}
	followed := &followedDemo{w: w, center: center, address: address}
	if story.From, err = calendar.ParseDate(center.world.Now().Format(time.DateOnly)); err != nil {
		return err
	}
	story.BilledUntil = until.AddDays(-demoUnbilled)
	late := &lately{followed: followed, until: until, teller: story.Teller, desk: deskDemo{w: w, address: address, until: until}}
	story.Daily = func(ctx context.Context, f *flow.Flow) error {
		for _, do := range []func(context.Context, *flow.Flow) error{followed.day, payAsTold(story.Teller), late.day} {
			if err := do(ctx, f); err != nil {
				return err
			}
		}
		return nil
	}
	if err := f.Play(ctx, story); err != nil {
		return err
	}
	figured := *f
	if until.Before(f.Today()) {
		figured.Clock = lastNoon{end.Add(12 * time.Hour)}
	}
	_, err = figured.TakeSnapshot(ctx)
	return err
}

// lastNoon stands where the story ends: the figures of a book of the past are of its last day.
type lastNoon struct{ at time.Time }

// Now is noon of the last day.
func (c lastNoon) Now() time.Time { return c.at }

// paidWithin is how long after its date an invoice is paid at the latest, if ever.
const paidWithin = 130

// payAsTold records what payers pay on a day of the story.
func payAsTold(teller flow.Actor) func(context.Context, *flow.Flow) error {
	return func(ctx context.Context, f *flow.Flow) error {
		paid := map[string]money.Amount{}
		today := f.Today()
		err := f.Store.Read(ctx, func(tx flow.Tx) error {
			err := tx.InvoiceList(flow.InvoiceFilter{From: today.AddDays(-paidWithin), To: today}, func(i flow.Issued) bool {
				if told, pays := demobook.PaidOf(&i); pays && told.On == today {
					paid[flow.PrintedNumber(&i)] = money.NewAmount(i.Total.Minor()*told.Percent/100, i.Total.Currency())
				}
				return true
			})
			return errors.Join(err, lessCredited(tx, paid))
		})
		for _, number := range slices.Sorted(maps.Keys(paid)) {
			if err != nil {
				return err
			}
			digits := paid[number].Currency().Digits()
			_, err = f.RecordPayment(ctx, number, today, money.DecimalFrom(paid[number].Ratio(), digits, digits), "Transfer "+number, teller)
		}
		return err
	}
}

// lessCredited takes off what payers mean to pay what was credited meanwhile.
func lessCredited(tx flow.Tx, paid map[string]money.Amount) error {
	for _, number := range slices.Sorted(maps.Keys(paid)) {
		invoice, err := tx.InvoiceGet(number)
		if err != nil {
			return err
		}
		open, err := tx.InvoiceOpen(invoice.ID)
		if err != nil {
			return err
		}
		if open.Minor() < paid[number].Minor() {
			paid[number] = open
		}
		if paid[number].Sign() <= 0 {
			delete(paid, number)
		}
	}
	return nil
}

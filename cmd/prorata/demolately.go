package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"

	"prorata/cmd/prorata/demobook"
	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// lately tells what the last weeks of the demo brought beside its story.
type lately struct {
	followed *followedDemo
	until    calendar.Date
	teller   flow.Actor
	desk     deskDemo
}

// day is a day of it, after the provider was followed.
func (l *lately) day(ctx context.Context, f *flow.Flow) error {
	today := f.Today()
	if err := l.take(ctx, f, demobook.Lately(today, l.until)); err != nil {
		return fmt.Errorf("what is told lately: %w", err)
	}
	for _, n := range demobook.Newcomers(today, l.until) {
		if err := l.welcome(ctx, f, &n); err != nil {
			return fmt.Errorf("welcome %s: %w", n.Name, err)
		}
	}
	for _, a := range demobook.Acts(today, l.until) {
		if err := l.act(ctx, f, &a); err != nil {
			return fmt.Errorf("%s of %s: %w", a.Do, a.Account, err)
		}
	}
	for _, c := range demobook.Credits(today, l.until) {
		if err := l.credit(ctx, f, &c); err != nil {
			return fmt.Errorf("credit a part of what %s paid for: %w", c.Contract, err)
		}
	}
	switch l.until {
	case today.AddDays(demobook.VoidedAgo):
		if err := l.void(ctx, f); err != nil {
			return err
		}
	case today.AddDays(demobook.OrderedAgo):
		if err := f.Record(ctx, []flow.Event{demobook.Ordered(demoConnection, today)}, l.teller); err != nil {
			return err
		}
	case today:
		if err := l.last(ctx, f); err != nil {
			return err
		}
	}
	return l.desk.day(ctx, f)
}

// last reads all of the provider on the last day, so that whoever serves the book finds
// nothing new in it at once.
func (l *lately) last(ctx context.Context, f *flow.Flow) error {
	client := l.followed.client
	if _, err := f.Provision(ctx, demoConnection, client); err != nil {
		return err
	}
	if _, err := f.Sync(ctx, demoConnection, client); err != nil {
		return err
	}
	if _, err := followInvoices(ctx, f, l.followed.connection, client); err != nil {
		return err
	}
	return l.followed.lapse(ctx, f)
}

func (l *lately) take(ctx context.Context, f *flow.Flow, intakes []flow.Intake) error {
	if len(intakes) == 0 {
		return nil
	}
	var refused error
	_, err := f.Take(ctx, func(yield func(flow.Intake, error) bool) {
		for _, in := range intakes {
			if !yield(in, nil) {
				return
			}
		}
	}, l.teller, func(line flow.TakeLine) {
		if line.Outcome != flow.Taken {
			refused = errors.Join(refused, fmt.Errorf("%w: %s: %s", errCheck, line.Noun, line.Why))
		}
	})
	return errors.Join(err, refused)
}

// welcome takes a newcomer in, and says who it is at the provider.
func (l *lately) welcome(ctx context.Context, f *flow.Flow, n *demobook.Newcomer) error {
	if err := l.take(ctx, f, n.Nouns(f.Today())); err != nil {
		return err
	}
	for customer, err := range l.followed.client.Customers(ctx) {
		if err != nil {
			return err
		}
		if customer.Name == n.Name {
			return f.Store.Write(ctx, func(tx flow.Tx) error {
				_, err := tx.CustomerLinkPut(n.Link(demoConnection, customer.ID))
				return err
			})
		}
	}
	return fmt.Errorf("%w: the provider has no customer of that name", errCheck)
}

// act does something to the subscription that an account has of a product.
func (l *lately) act(ctx context.Context, f *flow.Flow, a *demobook.Act) error {
	e := flow.Event{Do: a.Do, On: f.Today(), Effective: f.Today()}
	if a.SKU == "" {
		e.Account = a.Account
		return f.Record(ctx, []flow.Event{e}, l.teller)
	}
	var held *billing.Subscription
	err := f.Subscriptions(ctx, billing.ContractID(a.Account)+"-m365", func(contract *billing.Contract, s *billing.Subscription) {
		if seats, runs := billing.QuantityOn(contract, s, f.Today()); s.SKU == a.SKU && runs && held == nil {
			held = s
			e.Quantity, e.HasQuantity = seats.Add(money.DecimalOf(int64(a.Seats))), a.Seats != 0
		}
	})
	if err != nil {
		return err
	}
	if held == nil {
		return fmt.Errorf("%w: nothing of %s runs", errCheck, a.SKU)
	}
	e.Subscription = held.ID
	return f.Record(ctx, []flow.Event{e}, l.teller)
}

// void takes the latest invoice of a payer back.
func (l *lately) void(ctx context.Context, f *flow.Flow) error {
	var latest flow.Issued
	err := f.Store.Read(ctx, func(tx flow.Tx) error {
		return tx.InvoiceList(flow.InvoiceFilter{Account: demobook.VoidedPayer, Latest: 1}, func(i flow.Issued) bool {
			latest = i
			return false
		})
	})
	if err != nil {
		return err
	}
	_, err = f.Void(ctx, flow.PrintedNumber(&latest), l.teller)
	return err
}

// credit gives a part of a contract's latest invoice back.
func (l *lately) credit(ctx context.Context, f *flow.Flow, c *demobook.Credit) error {
	var latest flow.Issued
	err := f.Store.Read(ctx, func(tx flow.Tx) error {
		return tx.InvoiceList(flow.InvoiceFilter{Contract: c.Contract, Latest: creditedAmong, WithLines: true}, func(i flow.Issued) bool {
			latest = i
			return i.CreditNote
		})
	})
	if err != nil {
		return err
	}
	dearest := 0
	for i := range latest.Lines {
		if latest.Lines[i].InvoicedAt.Minor() > latest.Lines[dearest].InvoicedAt.Minor() {
			dearest = i
		}
	}
	ask := flow.CreditAsk{Invoice: flow.PrintedNumber(&latest), Lines: []billing.CreditAsk{{Line: dearest + 1, Percent: money.DecimalOf(c.Percent), HasPercent: true}}, Reason: c.Reason}
	_, err = f.Credit(ctx, ask, l.teller)
	return err
}

// creditedAmong is how many of the latest documents are looked through for an invoice.
const creditedAmong = 12

// lapsedConnection is a connection whose consent the provider does not take any more.
const lapsedConnection flow.ConnectionID = "partnercenter-at"

// lapse connects another part of the group, whose consent was given without a second factor: the
// provider refuses it, and a person has to consent again.
func (d *followedDemo) lapse(ctx context.Context, f *flow.Flow) error {
	other := *d
	eur, err := money.ParseCurrency("EUR")
	if err != nil {
		return err
	}
	if err := d.rules(ctx, `{"withoutMFA": true}`); err != nil {
		return err
	}
	if err := other.connect(ctx, f, flow.Connection{ID: lapsedConnection, Name: "Partner Center, Austria", Currency: eur, Country: "AT"}); err != nil {
		return err
	}
	if err := d.rules(ctx, `{"withoutMFA": false}`); err != nil {
		return err
	}
	if _, err := f.Sync(ctx, lapsedConnection, other.client); !errors.Is(err, flow.ErrConsent) {
		return fmt.Errorf("%w: a consent without a second factor was taken: %w", errCheck, err)
	}
	return nil
}

// rules says how strictly the stand-in signs in.
func (d *followedDemo) rules(ctx context.Context, body string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, d.address+"/standin/signin", bytes.NewReader([]byte(body)))
	if err != nil {
		return err
	}
	answer, err := d.center.RoundTrip(request)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%w: the stand-in does not take %s: %s", errCheck, body, answer.Status)
	}
	return errors.Join(err, answer.Body.Close())
}

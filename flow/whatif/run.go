package whatif

import (
	"context"
	"errors"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/flow"
)

// Ask answers a what-if: two forks of the same moment are run forward by billing as
// the book is, one as it stands and one with the changes, and compared. progress, where
// there is one, hears of each month that is done.
//
// What has not come is what the book knows of: renewals, changes that are recorded for later,
// prices from a day on. Usage that is not measured yet and rows that a provider has not
// written are in neither side, and the answer says so.
func Ask(ctx context.Context, f *flow.Flow, forks flow.Forks, w *Question, progress func(done, of int)) (answer *Answer, err error) {
	today := f.Today()
	if err := w.Check(today); err != nil {
		return nil, err
	}
	baseline, err := forks.Fork(ctx, flow.ForkScope{Accounts: w.Accounts, SKUs: w.skus()})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, baseline.Close()) }()
	// What is due already is in both sides alike, before anything changes.
	if err := forked(f, baseline, today).billOn(ctx, today.AddDays(-1)); err != nil {
		return nil, err
	}
	changed, err := baseline.Fork(ctx, flow.ForkScope{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, changed.Close()) }()
	answer = &Answer{From: today, Until: w.until(today), Months: monthsBetween(today, w.until(today))}
	if progress == nil {
		progress = func(int, int) {}
	}
	steps, done := 2*len(answer.Months), 0
	step := func() { done++; progress(done, steps) }
	play := forked(f, changed, today).newPlay(w.Changes)
	if err := play.run(ctx, answer.Months, answer.Until, step); err != nil {
		return nil, err
	}
	same := forked(f, baseline, today).newPlay(nil)
	if err := same.run(ctx, answer.Months, answer.Until, step); err != nil {
		return nil, err
	}
	answer.Notes = play.notes
	// Commitments are those of the day on which all changes are made.
	answer.CommittedOn = play.lastOn(today, answer.Until)
	return answer, answer.add(ctx, f, baseline, changed)
}

// monthsBetween are the first days of the months that days reach into.
func monthsBetween(from, until calendar.Date) (months []calendar.Date) {
	for month := monthOf(from); month.Before(until); month = month.AddMonths(1) {
		months = append(months, month)
	}
	return months
}

// forkClock stands at noon of a day in the seller's time zone.
type forkClock struct {
	day  calendar.Date
	zone *time.Location
}

// Now is noon of the day.
func (c *forkClock) Now() time.Time {
	year, month, day := c.day.Civil()
	return time.Date(year, time.Month(month), day, 12, 0, 0, 0, c.zone)
}

// forkedFlow is the flow over a fork, at whatever day is set.
type forkedFlow struct {
	*flow.Flow
	clock *forkClock
}

func forked(f *flow.Flow, store flow.Store, day calendar.Date) *forkedFlow {
	clock := &forkClock{day, f.Zone}
	return &forkedFlow{&flow.Flow{Store: store, Clock: clock, Log: f.Log, Workers: f.Workers, Zone: f.Zone}, clock}
}

// billOn is the billing run of a day, which becomes today.
func (f *forkedFlow) billOn(ctx context.Context, day calendar.Date) error {
	f.clock.day = day
	_, err := f.Bill(ctx, flow.BillOptions{Through: day, Actor: actor()})
	return err
}

func (f *forkedFlow) newPlay(changes []Change) *forkedPlay {
	return &forkedPlay{NewPlay(f.Flow, changes), f}
}

// forkedPlay makes changes on a fork and bills it.
type forkedPlay struct {
	*Play
	forked *forkedFlow
}

// run bills to the end of each month, and before and after the changes of a day: what is
// invoiced is the same however often it is billed (BILLING §1).
func (p *forkedPlay) run(ctx context.Context, months []calendar.Date, until calendar.Date, step func()) error {
	for _, month := range months {
		next := calendar.Earliest(month.AddMonths(1), until)
		for day := p.next(); !day.IsZero() && day.Before(next); day = p.next() {
			if err := p.forked.billOn(ctx, day.AddDays(-1)); err != nil {
				return err
			}
			p.forked.clock.day = day
			if err := p.Make(ctx); err != nil {
				return err
			}
			p.made = day
		}
		if err := p.forked.billOn(ctx, next.AddDays(-1)); err != nil {
			return err
		}
		step()
	}
	return nil
}

// lastOn is the last day on which something was changed, not before one.
func (p *forkedPlay) lastOn(day, until calendar.Date) calendar.Date {
	return calendar.Earliest(calendar.Latest(day, p.made), until.AddDays(-1))
}

// notBilled are the contracts that the last run on a fork could not bill.
func notBilled(ctx context.Context, store flow.Store) (exceptions []flow.RunException, err error) {
	err = store.Read(ctx, func(tx flow.Tx) error {
		run, err := tx.RunGet(0)
		if errors.Is(err, flow.ErrUnknown) {
			return nil
		}
		if err == nil {
			exceptions, err = tx.RunExceptions(run.ID)
		}
		return err
	})
	return exceptions, err
}

// booksAtOnce is how many contracts are looked at together.
const booksAtOnce = 500

// eachBook calls for every contract of a fork, with its whole log.
func eachBook(ctx context.Context, store flow.Store, call func(*flow.OpenBook) error) error {
	return store.Read(ctx, func(tx flow.Tx) error {
		bounds, err := tx.GroupBounds(booksAtOnce)
		if err != nil {
			return err
		}
		after := ""
		for _, last := range bounds {
			books, err := tx.AllBooks(after, last)
			if err != nil {
				return err
			}
			for _, book := range books {
				if err := call(book); err != nil {
					return err
				}
			}
			after = last
		}
		return nil
	})
}

// notSeen counts what a look ahead cannot know.
type notSeen struct{ metered, mirrored int }

func (u *notSeen) add(book *flow.OpenBook, on calendar.Date) {
	if book.Contract.Schedule == billing.Mirror {
		u.mirrored++
		return
	}
	for i := range book.Subscriptions {
		s := &book.Subscriptions[i]
		if state := billing.StateOn(&book.Contract, s, on); s.Kind == billing.Usage && state.Runs {
			u.metered++
		}
	}
}

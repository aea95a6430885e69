package flow

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"prorata/core/calendar"
)

// Story is a book of business and what happens in it until a day: a scenario, or
// a contract that someone wants to try before it goes live.
type Story struct {
	// Nouns are all that is there before the first event.
	Nouns []Intake
	// Events happen in this order within a day; their days need not be in order.
	Events []Event
	Until  calendar.Date
	// BilledUntil is the last day on which it is billed, where that is before the last.
	BilledUntil calendar.Date
	// Teller is who is said to have recorded it all.
	Teller Actor
	// Daily is called on every day before its billing, with the flow at noon of that
	// day: for what does not come from events, such as following a provider.
	Daily func(ctx context.Context, f *Flow) error
	// From is the first day, where that is earlier than the first event's.
	From calendar.Date
}

// StoryStopped says that a story cannot go on: an event was refused that should
// not have been (or the reverse), or something could not be billed.
type StoryStopped struct {
	At  Source
	Why string
}

// Error names the place and says why.
func (e *StoryStopped) Error() string {
	if e.At.File == "" {
		return e.Why
	}
	return e.At.String() + ": " + e.Why
}

// storyClock stands at noon of the day that is played.
type storyClock struct{ day calendar.Date }

// Now is noon UTC of the day.
func (c *storyClock) Now() time.Time {
	year, month, day := c.day.Civil()
	return time.Date(year, time.Month(month), day, 12, 0, 0, 0, time.UTC)
}

// Simulate plays a story on an empty store: for each day from the first event to
// the last day, the events recorded on that day, then billing. It gives all
// invoices by date and contract (scenarios/FORMAT.md).
func (f *Flow) Simulate(ctx context.Context, story Story) ([]SimulatedInvoice, error) {
	if err := f.Play(ctx, story); err != nil {
		return nil, err
	}
	return f.shown(ctx)
}

// Play tells a story to an empty store day by day, and bills each day.
func (f *Flow) Play(ctx context.Context, story Story) error {
	clock := &storyClock{day: story.Until}
	if !story.From.IsZero() {
		clock.day = story.From
	}
	for i := range story.Events {
		clock.day = calendar.Earliest(clock.day, story.Events[i].On)
	}
	played := &Flow{Store: f.Store, Clock: clock, Log: f.Log, Workers: f.Workers, Zone: time.UTC}
	teller := story.Teller
	if teller == (Actor{}) {
		teller = Actor{Who: "simulation", Source: "simulate"}
	}
	if err := played.tell(ctx, slices.Values(story.Nouns), teller); err != nil {
		return err
	}
	events := slices.Clone(story.Events)
	slices.SortStableFunc(events, func(a, b Event) int { return a.On.Compare(b.On) })
	for !clock.day.After(story.Until) {
		today := 0
		for today < len(events) && events[today].On == clock.day {
			today++
		}
		if err := played.playDay(ctx, &story, events[:today], teller); err != nil {
			return err
		}
		events = events[today:]
		clock.day = clock.day.AddDays(1)
	}
	return nil
}

func (f *Flow) playDay(ctx context.Context, story *Story, events []Event, teller Actor) error {
	if len(events) > 0 {
		intakes := func(yield func(Intake) bool) {
			for i := range events {
				if !yield(Intake{At: events[i].At, Event: &events[i]}) {
					return
				}
			}
		}
		if err := f.tell(ctx, intakes, teller); err != nil {
			return err
		}
	}
	if story.Daily != nil {
		if err := story.Daily(ctx, f); err != nil {
			return err
		}
	}
	if !story.BilledUntil.IsZero() && f.Today().After(story.BilledUntil) {
		return nil
	}
	due := false
	err := f.Store.Read(ctx, func(tx Tx) error {
		books, err := tx.DueBooks(f.Today(), "", 1)
		due = len(books) > 0
		return err
	})
	if err != nil || !due {
		return err
	}
	run, err := f.Bill(ctx, BillOptions{Through: f.Today(), Actor: teller})
	if err != nil {
		return err
	}
	if run.Exceptions == 0 {
		return nil
	}
	return f.Store.Read(ctx, func(tx Tx) error {
		exceptions, err := tx.RunExceptions(run.ID)
		if err != nil {
			return err
		}
		return &StoryStopped{Why: fmt.Sprintf("%s: contract %s: %s", f.Today(), exceptions[0].Contract, exceptions[0].Sentence)}
	})
}

// tell takes intakes in and stops at the first that is not taken as told.
func (f *Flow) tell(ctx context.Context, intakes iter.Seq[Intake], teller Actor) error {
	var stopped error
	each := func(line TakeLine) {
		if stopped != nil {
			return
		}
		switch line.Outcome {
		case Refused:
			stopped = &StoryStopped{At: line.At, Why: line.Why}
		case Wrong:
			stopped = wrong(line.At, "%s", line.Why)
			if strings.HasPrefix(line.Why, "it was to be refused") {
				stopped = &StoryStopped{At: line.At, Why: line.Why}
			}
		case Taken, Unchanged, RefusedAsTold:
		}
	}
	pairs := func(yield func(Intake, error) bool) {
		for intake := range intakes {
			if !yield(intake, nil) {
				return
			}
		}
	}
	if _, err := f.Take(ctx, pairs, teller, each); err != nil {
		return err
	}
	return stopped
}

func (f *Flow) shown(ctx context.Context) (shown []SimulatedInvoice, err error) {
	err = f.Store.Read(ctx, func(tx Tx) error {
		return tx.InvoiceList(InvoiceFilter{WithLines: true}, func(issued Issued) bool {
			shown = append(shown, Simulated(&issued.Invoice))
			return true
		})
	})
	slices.SortStableFunc(shown, func(a, b SimulatedInvoice) int {
		if order := a.Date.Compare(b.Date); order != 0 {
			return order
		}
		return strings.Compare(string(a.Contract), string(b.Contract))
	})
	return shown, err
}

package office

import (
	"context"
	"errors"
	"time"

	"prorata/core/calendar"
	"prorata/core/report"
	"prorata/flow"
)

// NextRun is a day on which contracts are due, and how many.
type NextRun struct {
	On        calendar.Date
	Contracts int64
}

// Runs are the billing runs to come.
type Runs struct {
	// Due is how many contracts are due today or before, and were not billed yet; Since
	// the earliest day on which one was, or no day.
	Due   int64
	Since calendar.Date
	// Next are the days to come, soonest first.
	Next []NextRun
}

// NextRuns is which contracts come due when, at most so many days; 0 for all.
func (d *Desk) NextRuns(ctx context.Context, most int) (runs Runs, err error) {
	err = d.read(ctx, "NextRuns", func(tx Tx) error {
		runs, err = d.nextRuns(tx, most)
		return err
	})
	return runs, err
}

func (d *Desk) nextRuns(tx Tx, most int) (runs Runs, err error) {
	today := d.Today()
	err = tx.NextRuns(func(on calendar.Date, contracts int64) {
		switch {
		case !on.After(today):
			runs.Due += contracts
			runs.Since = calendar.Earliest(runs.Since, on)
		case most == 0 || len(runs.Next) < most:
			runs.Next = append(runs.Next, NextRun{on, contracts})
		}
	})
	return runs, err
}

// Consent is a connection whose consent has ended or will soon.
type Consent struct {
	Connection flow.ConnectionID
	Name       string
	// Lapsed says that the provider does not let us in any more, Why in its words.
	Lapsed bool
	Why    string
	// Ends is when it ends unless it is used, where it has not.
	Ends time.Time
}

// The spans of what is about to happen: a consent lasts so long without being used, and
// is told of so long before; windows that close within some days wait for a decision.
const (
	consentLasts = 90 * 24 * time.Hour
	consentSoon  = 14 * 24 * time.Hour
	windowSoon   = 3 * 24 * time.Hour
)

// Waits is all that waits for a person.
type Waits struct {
	// Exceptions are by kind, most first.
	Exceptions []WaitingCount
	// Windows close within three days, soonest first, as AsOf has them.
	Windows []ClosingWindow
	AsOf    flow.Snapshot
	// Consents have ended or will soon.
	Consents []Consent
	// Plan is the newest billing plan where invoices of it wait for approval, Unapproved
	// how many.
	Plan       flow.BillingPlan
	Unapproved int64
	// Unbilled are the contracts that the last billing run could not bill.
	Unbilled int64
	LastRun  flow.Run
}

// Nothing says whether nobody has to do anything.
func (w *Waits) Nothing() bool {
	return len(w.Exceptions) == 0 && len(w.Windows) == 0 && len(w.Consents) == 0 && w.Unapproved == 0 && w.Unbilled == 0
}

// Waiting is what needs a person now.
func (d *Desk) Waiting(ctx context.Context) (w Waits, err error) {
	err = d.read(ctx, "Waiting", func(tx Tx) error {
		w, err = d.waiting(tx)
		return err
	})
	return w, err
}

func (d *Desk) waiting(tx Tx) (w Waits, err error) {
	now := d.office.Flow.Clock.Now()
	if w.Exceptions, err = countsOf(tx, d.Today()); err != nil {
		return w, err
	}
	w.AsOf, err = tx.SnapshotGet()
	if err == nil {
		w.Windows, err = tx.WindowsClosing(w.AsOf.ID, now, now.Add(windowSoon))
	}
	if err != nil && !errors.Is(err, flow.ErrUnknown) {
		return w, err
	}
	if w.Consents, err = consents(tx, now); err != nil {
		return w, err
	}
	plans, err := tx.BillingPlanList(0, 1)
	if err != nil {
		return w, err
	}
	if len(plans) > 0 {
		w.Plan = plans[0]
		if w.Unapproved, err = d.office.planOpen(tx, w.Plan.ID); err != nil {
			return w, err
		}
	}
	w.LastRun, err = tx.RunGet(0)
	if errors.Is(err, flow.ErrUnknown) {
		return w, nil
	}
	w.Unbilled = w.LastRun.Exceptions
	return w, err
}

func consents(tx Tx, now time.Time) (list []Consent, err error) {
	connections, err := tx.ConnectionList()
	if err != nil || len(connections) == 0 {
		return nil, err
	}
	used, err := tx.ConsentsUsed()
	if err != nil {
		return nil, err
	}
	for i := range connections {
		c := &connections[i]
		consent := Consent{Connection: c.ID, Name: c.Name, Lapsed: c.State == flow.ConnectionConsent, Why: c.StateWhy}
		at, known := used[c.ID]
		if known && c.State == flow.ConnectionReady {
			consent.Ends = at.Add(consentLasts)
		}
		if consent.Lapsed || (!consent.Ends.IsZero() && consent.Ends.Sub(now) < consentSoon) {
			list = append(list, consent)
		}
	}
	return list, nil
}

// Overview is the first page; figures that the person may not see are not in it.
type Overview struct {
	Today calendar.Date
	// Empty says that nothing is in the book yet: not even a seller.
	Empty   bool
	Waits   Waits
	Runs    Runs
	Revenue Recurring
	// Owed is what is open by currency and age.
	Owed []report.Owed
	// Months are margins by month and currency.
	Months []MarginRow
}

// runsAtHome is how many days to come the first page tells of.
const runsAtHome = 4

// Home is what needs somebody now, the next runs, and the figures that matter.
func (d *Desk) Home(ctx context.Context) (h Overview, err error) {
	h.Today = d.Today()
	err = d.read(ctx, "Home", func(tx Tx) error {
		sellers, err := tx.SellerList()
		if h.Empty = len(sellers) == 0; h.Empty || err != nil {
			return err
		}
		if h.Waits, err = d.waiting(tx); err != nil {
			return err
		}
		if h.Runs, err = d.nextRuns(tx, runsAtHome); err != nil {
			return err
		}
		return d.money(tx, &h)
	})
	return h, err
}

// money is what of the first page not everybody may see.
func (d *Desk) money(tx Tx, h *Overview) (err error) {
	if d.person.May("RecurringRevenue") {
		if h.Revenue, err = d.recurring(tx, RecurringQuery{}); err != nil {
			return err
		}
	}
	if d.person.May("ReceivablesByAge") {
		open, err := tx.ReceivableDays()
		if err != nil {
			return err
		}
		_, h.Owed = report.ReceivablesByAge(open, h.Today)
	}
	if d.person.May("Margin") {
		h.Months, err = marginMonths(tx, h.Today)
	}
	return err
}

package flow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/core/report"
)

// monthsReported is how many months' ends a snapshot has, the current month's today
// among them.
const monthsReported = 13

// SnapshotDue says whether figures that are kept are not of this day and this book.
func (f *Flow) SnapshotDue(ctx context.Context) (due bool, err error) {
	err = f.Store.Read(ctx, func(tx Tx) error {
		last, err := tx.SnapshotGet()
		if errors.Is(err, ErrUnknown) {
			due = true
			return nil
		}
		if err != nil {
			return err
		}
		stamp, err := tx.BookStamp()
		due = last.Stamp != stamp || last.On != f.Today()
		return err
	})
	return due, err
}

// TakeSnapshot goes once through the book, part by part, and keeps recurring revenue
// month by month with what moved it, what each contract brings, and the windows that
// close soon. What is recorded while it works is in the next one.
func (f *Flow) TakeSnapshot(ctx context.Context) (Snapshot, error) {
	snapshot, err := f.takeSnapshot(ctx)
	if err != nil {
		return snapshot, fmt.Errorf("snapshot of the figures: %w", err)
	}
	return snapshot, nil
}

func (f *Flow) takeSnapshot(ctx context.Context) (Snapshot, error) {
	s := &snapshotPass{f: f, snapshot: Snapshot{On: f.Today(), TakenAt: f.Clock.Now()}, totals: map[standingKey][]report.Month{}}
	s.days = report.MonthEnds(s.snapshot.On, monthsReported)
	var bounds []string
	err := f.Store.Write(ctx, func(tx Tx) (err error) {
		if s.snapshot.Stamp, err = tx.BookStamp(); err != nil {
			return err
		}
		if bounds, err = tx.GroupBounds(chunkContracts); err != nil {
			return err
		}
		s.snapshot.ID, err = tx.SnapshotBegin(s.snapshot)
		return err
	})
	if err != nil {
		return s.snapshot, err
	}
	if s.catalog, err = CatalogOf(ctx, f.Store, true); err != nil {
		return s.snapshot, err
	}
	s.planner = billing.NewPlanner(&s.catalog.Catalog)
	after := ""
	for _, last := range bounds {
		if err := s.part(ctx, after, last); err != nil {
			return s.snapshot, err
		}
		after = last
	}
	windows, err := f.Windows(ctx, "")
	if err != nil {
		return s.snapshot, err
	}
	return s.snapshot, f.Store.Write(ctx, func(tx Tx) error {
		totals, err := s.sums(tx)
		if err != nil {
			return err
		}
		return tx.SnapshotEnd(s.snapshot.ID, totals, windows)
	})
}

// standingKey is whose recurring revenue is added up, and in what.
type standingKey struct {
	seller   SellerID
	currency money.Currency
}

// snapshotPass is one pass over the book.
type snapshotPass struct {
	f        *Flow
	snapshot Snapshot
	// days are the months' ends, with the one before the first.
	days    []calendar.Date
	catalog *Catalog
	planner *billing.Planner
	totals  map[standingKey][]report.Month
	states  []billing.Recurring
}

// part reads some groups, and writes what their contracts bring.
func (s *snapshotPass) part(ctx context.Context, after, last string) error {
	var books []*OpenBook
	if err := s.f.Store.Read(ctx, func(tx Tx) (err error) { books, err = tx.StandingBooks(after, last); return err }); err != nil {
		return err
	}
	var contracts []RecurringContract
	for _, book := range books {
		brings, err := s.contract(book)
		if err != nil {
			return fmt.Errorf("contract %s: %w", book.Contract.ID, err)
		}
		if brings.Subscriptions > 0 || !brings.MonthBefore.IsZero() || !brings.YearBefore.IsZero() {
			contracts = append(contracts, brings)
		}
	}
	return s.f.Store.Write(ctx, func(tx Tx) error { return tx.SnapshotAdd(s.snapshot.ID, contracts) })
}

// contract adds one contract to the totals.
func (s *snapshotPass) contract(book *OpenBook) (RecurringContract, error) {
	currency := book.Contract.Currency
	nothing := money.NewAmount(0, currency)
	brings := RecurringContract{Contract: book.Contract.ID, Account: book.Contract.Account, Seller: book.Seller, Amount: nothing, MonthBefore: nothing, YearBefore: nothing}
	key := standingKey{book.Seller, currency}
	months, known := s.totals[key]
	if !known {
		for _, day := range s.days[1:] {
			months = append(months, report.NewMonth(day, currency))
		}
		s.totals[key] = months
	}
	for i := range book.Subscriptions {
		s.states = s.planner.RecurringOn(&book.Book, &book.Subscriptions[i], s.days, s.states[:0])
		for n := range months {
			if err := months[n].Add(&s.states[n], &s.states[n+1]); err != nil {
				return brings, err
			}
		}
		if err := brings.add(s.states, currency); err != nil {
			return brings, err
		}
	}
	return brings, nil
}

func (c *RecurringContract) add(states []billing.Recurring, currency money.Currency) error {
	last := len(states) - 1
	for _, at := range []struct {
		state *billing.Recurring
		sum   *money.Amount
	}{{&states[last], &c.Amount}, {&states[last-1], &c.MonthBefore}, {&states[1], &c.YearBefore}} {
		amount, err := report.Monthly(at.state, currency)
		if err != nil {
			return err
		}
		*at.sum = at.sum.Add(amount)
	}
	if states[last].Runs {
		c.Subscriptions++
	}
	if states[last].Missing != nil {
		c.Unpriced++
	}
	return nil
}

// sums are the totals, each with what its currency was worth on its day.
func (s *snapshotPass) sums(tx Tx) (totals []RecurringTotal, err error) {
	sellers, err := tx.SellerList()
	if err != nil {
		return nil, err
	}
	own := map[SellerID]money.Currency{}
	for _, seller := range sellers {
		own[seller.ID] = seller.Currency
	}
	keys := slices.SortedFunc(maps.Keys(s.totals), func(a, b standingKey) int {
		return cmp.Or(cmp.Compare(a.seller, b.seller), cmp.Compare(a.currency.String(), b.currency.String()))
	})
	for _, key := range keys {
		for _, month := range s.totals[key] {
			if month.Nothing() {
				continue
			}
			total := RecurringTotal{Seller: key.seller, Month: month}
			total.Rate, total.HasRate = s.catalog.RateOn(key.currency, own[key.seller], month.On)
			if len(sellers) > 0 {
				total.BookRate, total.HasBookRate = s.catalog.RateOn(key.currency, sellers[0].Currency, month.On)
			}
			totals = append(totals, total)
		}
	}
	return totals, nil
}

// Package flow is the sequence of work, one file for each stage: take in what
// is told, bill what is owed, issue it, take it back, verify it. It decides with
// core and asks the world through the ports in ports.go; it knows no SQL, no
// files and no network.
package flow

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
)

// Flow does the work of the book.
type Flow struct {
	Store Store
	Clock Clock
	Log   *slog.Logger
	// Workers is how many contracts are planned at once; at least 1.
	Workers int
	// HoldingsAtOnce is how many holdings, or rows of them, are compared, and written,
	// together; 1500 where it is 0. What is found does not depend on it.
	HoldingsAtOnce int
	// Zone is the seller's, which decides what day it is.
	Zone *time.Location
	// Process names this process, so that what it leaves behind when it is killed is known: host/pid.
	Process string
}

// Today is the civil day in the seller's time zone.
func (f *Flow) Today() calendar.Date {
	return f.DayOf(f.Clock.Now())
}

// DayOf is the civil day of an instant in the seller's time zone.
func (f *Flow) DayOf(at time.Time) calendar.Date { return dayOf(at, f.Zone) }

func dayOf(at time.Time, zone *time.Location) calendar.Date {
	year, month, day := at.In(zone).Date()
	date, _ := calendar.NewDate(year, int(month), day)
	return date
}

// Actor is who does something, and through which door.
type Actor struct {
	Who, Source string
}

// InputError is the fault of what was given: where, and what was expected.
type InputError struct {
	At  Source
	Err error
}

// Error names the place first.
func (e *InputError) Error() string {
	if e.At.File == "" {
		return e.Err.Error()
	}
	return e.At.String() + ": " + e.Err.Error()
}

// Unwrap gives the cause, and ErrInput.
func (e *InputError) Unwrap() []error { return []error{e.Err, ErrInput} }

func wrong(at Source, format string, args ...any) error {
	return &InputError{At: at, Err: fmt.Errorf(format, args...)}
}

// UnknownField says which field names what is not there.
func UnknownField(at Source, field, id string, err error) error {
	if errors.Is(err, ErrUnknown) {
		return wrong(at, "%s: %s is unknown", field, id)
	}
	return err
}

// standardUnits are known to every book.
func standardUnits() map[string]billing.Unit {
	return map[string]billing.Unit{
		"monthly": {Name: "monthly", Months: 1}, "quarterly": {Name: "quarterly", Months: 3},
		"annual": {Name: "annual", Months: 12}, "triennial": {Name: "triennial", Months: 36},
	}
}

// CatalogOf reads the catalog with the standard units in it.
func CatalogOf(ctx context.Context, store Store, soldOnly bool) (catalog *Catalog, err error) {
	err = store.Read(ctx, func(tx Tx) error {
		catalog, err = tx.CatalogGet(soldOnly)
		return err
	})
	if err != nil {
		return nil, err
	}
	withStandardUnits(catalog)
	return catalog, nil
}

func withStandardUnits(catalog *Catalog) {
	for name, unit := range standardUnits() {
		if _, known := catalog.Units[name]; !known {
			catalog.Units[name] = unit
		}
	}
}

// UnitsOf are the units of the book by name, the standard ones among them.
func UnitsOf(tx Tx) (map[string]billing.Unit, error) {
	catalog, err := tx.CatalogOf(nil)
	if err != nil {
		return nil, err
	}
	withStandardUnits(catalog)
	return catalog.Units, nil
}

// Units are the units in which the book bills and quotes prices, by name, the
// standard ones among them.
func (f *Flow) Units(ctx context.Context) (map[string]billing.Unit, error) {
	catalog, err := CatalogOf(ctx, f.Store, false)
	if err != nil {
		return nil, err
	}
	return catalog.Units, nil
}

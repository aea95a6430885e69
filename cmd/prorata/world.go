package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"prorata/core/calendar"
	"prorata/edge/store"
	"prorata/flow"
)

// world is what a command works with: the settings, the doors out, the store.
type world struct {
	*program
	terminal
	sources *settings
	parser  *kong.Kong
	// command is the one that is run, as people type it.
	command string
	opened  *store.Store
}

func (w *world) close() {
	if w.opened != nil {
		if err := w.opened.Close(); err != nil {
			w.log.Error("close the database", "error", err)
		}
	}
}

// store opens the database of the settings, once.
func (w *world) store(ctx context.Context) (*store.Store, error) {
	if w.opened != nil {
		return w.opened, nil
	}
	if path, ok := strings.CutPrefix(w.Database, "sqlite:"); ok && !strings.HasPrefix(path, ":") {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, fmt.Errorf("%w: database %s: its folder cannot be made (%w): make it, or name another place", flow.ErrInput, w.Database, err)
		}
	}
	opened, err := store.Open(ctx, w.Database)
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", hidePassword(w.Database), err)
	}
	w.opened = opened
	return opened, nil
}

// flow is the sequence of work over the store, in the seller's time zone.
func (w *world) flow(ctx context.Context) (*flow.Flow, error) {
	opened, err := w.store(ctx)
	if err != nil {
		return nil, err
	}
	f := w.flowOver(opened)
	err = f.Store.Read(ctx, func(tx flow.Tx) error {
		sellers, err := tx.SellerList()
		if err != nil || len(sellers) == 0 || sellers[0].TimeZone == "" {
			return err
		}
		zone, err := time.LoadLocation(sellers[0].TimeZone)
		if err != nil {
			return fmt.Errorf("%w: seller %s: timezone: %w", flow.ErrInput, sellers[0].ID, err)
		}
		f.Zone = zone
		return nil
	})
	return f, err
}

func (w *world) flowOver(s flow.Store) *flow.Flow {
	workers := w.Workers
	if workers <= 0 {
		workers = runtime.NumCPU()
	}
	return &flow.Flow{Store: flow.Telling(s, wallClock{}), Clock: wallClock{}, Log: w.log, Workers: workers, Zone: time.UTC, Process: processName()}
}

// actor is who does it, for the change log.
func (w *world) actor(source string) flow.Actor {
	return flow.Actor{Who: w.operator(), Source: source}
}

// day reads a day given on the command line; today where none is.
func day(text string, today calendar.Date) (calendar.Date, error) {
	if text == "" {
		return today, nil
	}
	date, err := calendar.ParseDate(text)
	if err != nil {
		return date, fmt.Errorf("%w: %w", flow.ErrInput, err)
	}
	return date, nil
}

// openInput opens a file to read, as wrong input where it is not there.
func openInput(name string) (*os.File, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", flow.ErrInput, err)
	}
	return file, nil
}

// writeFile writes a file whole or not at all.
func writeFile(name string, write func(io.Writer) error) error {
	temporary, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	var path *fs.PathError
	if errors.As(err, &path) {
		return fmt.Errorf("%w: %s cannot be written: %w in %s", flow.ErrInput, name, path.Err, filepath.Dir(name))
	}
	if err != nil {
		return err
	}
	// Once it is renamed there is nothing left to remove.
	defer func() { _ = os.Remove(temporary.Name()) }()
	if err := write(temporary); err != nil {
		return errors.Join(err, temporary.Close())
	}
	if err := errors.Join(temporary.Chmod(0o644), temporary.Sync(), temporary.Close()); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), name)
}

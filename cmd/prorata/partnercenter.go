package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"prorata/edge/provider/standin"
	"prorata/flow"
)

type partnerCenterCommand struct {
	Listen  string `default:"127.0.0.1:8090" placeholder:"ADDR" help:"Where to listen; only on this machine, since anybody may order there."`
	Seed    string `default:"prorata" help:"Another seed makes other ids."`
	Start   string `placeholder:"DATE" help:"The day at which its clock starts; now if not given."`
	Held    bool   `help:"Leave the clock where it is until somebody moves it (POST /standin/clock); else it goes on with the time of day, from wherever it was moved to."`
	Sandbox bool   `help:"Set the limits of the integration sandbox."`
	Demo    bool   `help:"Begin with nineteen customers and fourteen months of their past."`
	// beside says that it is served with something else, whose flag names the address.
	beside  bool
	Journal string `placeholder:"FILE" help:"Write down what changes it, and make it again from there where the file exists."`
}

// Help says what it is for.
func (c *partnerCenterCommand) Help() string {
	return `A local Partner Center to try things on: it signs in, sells, provisions, renews, suspends, bills and notifies as the
documentation says, refuses what Microsoft would refuse, and forgets everything when it ends. It has a shelf of products; its
customers are made as at Microsoft, or come with --demo. Its own doors are below /standin: clock, state, faults, switches, mistakes.

  prorata partnercenter --start 2026-01-01 --held
  curl -X POST 'http://127.0.0.1:8090/standin/clock?to=2026-02-06T00:00:00Z'`
}

// Run serves the stand-in until it is told to stop.
func (c *partnerCenterCommand) Run(ctx context.Context, w *world) error {
	return c.serve(ctx, w, func() {})
}

// serve serves the stand-in; ready is called once it can be asked.
func (c *partnerCenterCommand) serve(ctx context.Context, w *world, ready func()) error {
	start := wallClock{}.Now()
	if c.Start != "" {
		var err error
		if start, err = time.Parse(time.DateOnly, c.Start); err != nil {
			return fmt.Errorf("%w: --start: expected a day such as 2026-01-31, not %q", flow.ErrInput, c.Start)
		}
	}
	// Beside the server it is called otherwise.
	flag := "--listen"
	if c.beside {
		flag = "--standin"
	}
	listener, err := listenAt(ctx, flag, c.Listen)
	if err != nil {
		return err
	}
	if ip := listener.Addr().(*net.TCPAddr).IP; !ip.IsLoopback() {
		return errors.Join(fmt.Errorf("%w: %s: %s is not this machine alone", flow.ErrInput, flag, listener.Addr()), listener.Close())
	}
	center, err := c.open("http://"+listener.Addr().String(), start)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	tenant, clientID, secret := center.world.App()
	address := "http://" + listener.Addr().String()
	w.printf("A Partner Center of our own is at %s; its clock shows %s.\n\n", address, center.world.Now().Format(time.RFC3339))
	w.printf("  echo %s | prorata connection add standin --set address=%s --set tenant=%s --set client_id=%s \\\n      --set redirect_uri=http://localhost:8400/consent --secret-file -\n", secret, address, tenant, clientID)
	w.printf("  prorata connection consent standin\n\n")
	if !c.Held {
		go goOn(ctx, center.world, waitFor, time.Now)
	}
	notifying, stop := context.WithCancel(ctx)
	sent := make(chan error, 1)
	go func() { sent <- center.world.NotifyAlways(notifying) }()
	ready()
	err = serveUntil(ctx, listener, center)
	stop()
	if why := <-sent; !errors.Is(why, context.Canceled) {
		err = errors.Join(err, why)
	}
	return errors.Join(err, center.close())
}

// open begins a stand-in, or takes up the one of the journal.
func (c *partnerCenterCommand) open(address string, start time.Time) (*journal, error) {
	client := &http.Client{Timeout: 10 * time.Second}
	if c.Journal != "" {
		if _, err := os.Stat(c.Journal); err == nil {
			return openJournal(c.Journal, client)
		}
	}
	j, err := newJournal(c.Journal, journalHead{Seed: c.Seed, Start: start, Demo: c.Demo, Sandbox: c.Sandbox, Address: address}, client)
	if err == nil && c.Demo {
		err = j.world.Advance(start)
	}
	return j, err
}

// goOn moves the stand-in's clock with the time of day: by what has passed since it
// was last moved so, wherever somebody has put it meanwhile.
func goOn(ctx context.Context, center *standin.World, wait func(context.Context, time.Duration) error, now func() time.Time) {
	last := now()
	for wait(ctx, time.Second) == nil {
		at := now()
		center.GoOn(at.Sub(last))
		last = at
	}
}

// serveUntil serves until the context ends, and lets requests end.
func serveUntil(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownWait)
	defer cancel()
	if err := server.Shutdown(stopping); err != nil {
		return err
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

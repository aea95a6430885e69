package main

import (
	"context"
	"crypto/rand"
	"errors"
	"runtime/debug"
	"time"

	"prorata/edge/api"
	"prorata/edge/document"
	"prorata/edge/webhook"
	"prorata/flow/office"
)

// rest is the API over the office; ends is closed when the program is told to stop.
func (w *world) rest(o *office.Office, ends <-chan struct{}) (*api.API, error) {
	key, err := w.key(true)
	if err != nil {
		return nil, err
	}
	if o.Identity.Sealer == nil {
		o.Identity.Sealer = key
	}
	if o.Identity.Random == nil {
		o.Identity.Random = randomBytes
	}
	return api.New(api.Settings{Office: o, Clock: wallClock{}, Log: w.log, Sealer: key, Letter: document.DisputePDF, Ends: ends, Version: programVersion()})
}

// programVersion is that of the build.
func programVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return "unknown"
}

// randomBytes are those that nobody can guess.
func randomBytes(n int) []byte {
	raw := make([]byte, n)
	// It never fails: the program ends where the system has no randomness.
	_, _ = rand.Read(raw)
	return raw
}

// sweepEvery is how often what was kept for a time is forgotten, tellEvery how often webhooks
// are told what is new.
const (
	sweepEvery = time.Hour
	tellEvery  = 3 * time.Second
)

// sweep forgets, from time to time, what is kept for a time only: answers to requests, and
// messages that webhooks were told.
func (w *world) sweep(ctx context.Context, o *office.Office) {
	w.often(ctx, sweepEvery, "forget what is old", func() error {
		_, requests := o.RequestsSweep(ctx)
		_, messages := o.MessagesSweep(ctx)
		return errors.Join(requests, messages)
	})
}

// tellWebhooks sends what webhooks are to be told; inside lets them be in this network.
func (w *world) tellWebhooks(ctx context.Context, o *office.Office, inside bool) {
	sender := &webhook.Sender{Office: o, HTTP: webhook.NewClient(inside), Clock: wallClock{}, Log: w.log}
	w.often(ctx, tellEvery, "tell webhooks", func() error {
		_, err := sender.Round(ctx)
		return err
	})
}

// often does something at once and then at intervals, until the context ends.
func (w *world) often(ctx context.Context, every time.Duration, what string, do func() error) {
	timer := time.NewTicker(every)
	defer timer.Stop()
	for {
		if err := do(); err != nil && ctx.Err() == nil {
			w.log.Warn(what, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
	}
}

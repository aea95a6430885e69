package main

import (
	"context"
	"crypto/rand"
	"runtime/debug"
	"sync"
	"time"

	"prorata/edge/api"
	"prorata/edge/document"
	"prorata/edge/web"
	"prorata/edge/webhook"
	"prorata/flow/office"
)

// rest is the API over the office; ends is closed when the program is told to stop.
func (w *world) rest(o *office.Office, files *uploads, ends <-chan struct{}) (*api.API, error) {
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
	return api.New(api.Settings{Office: o, Clock: wallClock{}, Log: w.log, Sealer: key, Ends: ends, Version: programVersion(),
		Welcome: w.Address + web.WelcomePath, Letter: document.DisputePDF, PDF: document.PDF, Table: tableOf, ZoneKnown: zoneKnown, KindUsual: kindPartnerCenter, Consents: consents, Files: files})
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

const (
	// tellEvery is how often webhooks are told what is new.
	tellEvery = 3 * time.Second
	// tellAtOnce is how many messages are sent at the same time.
	tellAtOnce = 4
)

// tellWebhooks sends what webhooks are to be told; inside lets them be in this network.
func (w *world) tellWebhooks(ctx context.Context, o *office.Office, inside bool) {
	sender := &webhook.Sender{Office: o, HTTP: webhook.NewClient(inside), Clock: wallClock{}, Log: w.log}
	var all sync.WaitGroup
	for range tellAtOnce {
		all.Go(func() {
			w.often(ctx, tellEvery, "tell webhooks", func() error {
				_, err := sender.Round(ctx)
				return err
			})
		})
	}
	all.Wait()
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

package main

import (
	"context"
	"runtime/debug"
	"time"

	"prorata/edge/api"
	"prorata/flow/office"
)

// rest is the API over the office.
func (w *world) rest(o *office.Office) (*api.API, error) {
	key, err := w.key(true)
	if err != nil {
		return nil, err
	}
	return api.New(api.Settings{Office: o, Clock: wallClock{}, Log: w.log, Sealer: key, Version: programVersion()})
}

// programVersion is that of the build.
func programVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return "unknown"
}

// sweepEvery is how often what was kept for a time is forgotten.
const sweepEvery = time.Hour

// sweep forgets, from time to time, answers to requests that are not given again.
func (w *world) sweep(ctx context.Context, o *office.Office) {
	timer := time.NewTicker(sweepEvery)
	defer timer.Stop()
	for {
		if n, err := o.RequestsSweep(ctx); err != nil && ctx.Err() == nil {
			w.log.Warn("forget old requests", "error", err)
		} else if n > 0 {
			w.log.Debug("forgot old requests", "count", n)
		}
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
	}
}

package main

import (
	"context"
	"time"

	"prorata/flow"
)

// figureEvery is how often the figures of the first page are computed again, where
// something was recorded since or a day is over.
const figureEvery = 5 * time.Minute

// figure keeps the figures that take too long to compute while somebody waits.
func (w *world) figure(ctx context.Context, f *flow.Flow) {
	w.often(ctx, figureEvery, "compute the figures", func() error {
		due, err := f.SnapshotDue(ctx)
		if err == nil && due {
			_, err = f.TakeSnapshot(ctx)
		}
		return err
	})
}

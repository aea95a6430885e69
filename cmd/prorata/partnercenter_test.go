package main

import (
	"context"
	"testing"
	"time"

	"prorata/edge/provider/standin"
)

// Somebody moves the stand-in's clock a month ahead while it goes with the time of
// day: it goes on from there, and does not wait for the month to pass.
func TestTheStandInsClockGoesOnFromWhereItWasMovedTo(t *testing.T) {
	start := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	center := standin.New(standin.Settings{Seed: "clock", Start: start})
	day := start
	ticks := 0
	wait := func(_ context.Context, span time.Duration) error {
		day = day.Add(span)
		switch ticks++; ticks {
		case 11:
			if err := center.Advance(start.AddDate(0, 1, 0)); err != nil {
				t.Fatal(err)
			}
		case 32:
			return context.Canceled
		}
		return nil
	}
	goOn(t.Context(), center, wait, func() time.Time { return day })
	// Ten seconds in January; then a month ahead, and from there twenty-one more.
	if got, want := center.Now(), start.AddDate(0, 1, 0).Add(21*time.Second); !got.Equal(want) {
		t.Errorf("the clock shows %s, not %s", got, want)
	}
}

package flow

import (
	"context"
	"time"
)

// Runs and plans are work that takes a while, done by one process and watched by others.
// Each says with every chunk that it is alive. One that was killed says nothing any more.

// The states of runs and plans.
const (
	// AtWork is a run that is billing.
	AtWork = "running"
	// PlanWorking is a plan that is being made, PlanReady one that can be looked at.
	PlanWorking = "working"
	PlanReady   = "ready"
	// Lost is work whose process ended before it did: what it had written stands, the rest is still due.
	Lost = "lost"
)

// quietMost is how long work may say nothing before it counts as lost: a chunk takes seconds, and
// waits for a lock half a minute at most.
const quietMost = 3 * time.Minute

// LoseWork marks the runs and plans as lost that nobody works on any more: those that were silent for too
// long and those of processes that are gone, and counts them. Gone is asked of each process that says it is at work.
func (f *Flow) LoseWork(ctx context.Context, gone func(owner string) bool) (lost int64, err error) {
	err = f.Store.Write(ctx, func(tx Tx) error {
		owners, err := tx.WorkOwners()
		if err != nil {
			return err
		}
		var dead []string
		for _, owner := range owners {
			if owner != "" && gone(owner) {
				dead = append(dead, owner)
			}
		}
		now := f.Clock.Now()
		lost, err = tx.WorkLose(now.Add(-quietMost), now, dead)
		return err
	})
	return lost, err
}

// Standing is a state as it is to be told: work that was silent for too long is lost, whether or not
// that was written down yet.
func (f *Flow) Standing(state string, toldAt time.Time) string {
	if (state == AtWork || state == PlanWorking) && f.Clock.Now().Sub(toldAt) > quietMost {
		return Lost
	}
	return state
}

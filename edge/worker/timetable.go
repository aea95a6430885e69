package worker

import (
	"context"
	"fmt"
	"time"

	"prorata/flow/office"
)

// Work does a job once, and says what came of it in a sentence. It ends soon where its context does.
type Work func(ctx context.Context, job office.Job) (said string, err error)

// Line is one kind of job: what does it, how often, and what happens where it fails.
type Line struct {
	Kind office.JobKind
	Work Work
	// Connections says that there is one for each connection; else there is one for the book.
	Connections bool
	// Every is how often it is done, from beginning to beginning; Night says once a night. Neither: once, when somebody asks.
	Every time.Duration
	Night bool
	// AtOnce is how many this process does at the same time.
	AtOnce int
	// Most is how long one run may take.
	Most time.Duration
	// Tries is how many runs may fail in a row before it is given up: what is done once is not tried again, and a
	// person is told. Wait is how long it waits after the first; each wait is twice the one before.
	Tries int
	Wait  time.Duration
}

// Works are what does each kind of job.
type Works map[office.JobKind]Work

// Timetable is all that is done in the background. Providers are asked what is new every so often; never where that is 0.
//
// Messages to webhooks and mails are not in it: each is a small job of its own, with a lease, tries and a log beside its webhook or invoice.
func Timetable(providers time.Duration, works Works) []Line {
	const (
		both = true // the connections
		book = false
	)
	lines := []Line{
		{Kind: office.JobFollow, Connections: both, Every: providers, AtOnce: 4, Most: 30 * time.Minute, Tries: 5, Wait: time.Minute},
		{Kind: office.JobImport, Connections: both, Every: often(providers, 6*time.Hour), AtOnce: 2, Most: 3 * time.Hour, Tries: 4, Wait: 15 * time.Minute},
		{Kind: office.JobPrices, Connections: both, Every: often(providers, 6*time.Hour), AtOnce: 1, Most: 2 * time.Hour, Tries: 4, Wait: 15 * time.Minute},
		{Kind: office.JobFigures, Connections: book, Every: 5 * time.Minute, AtOnce: 1, Most: time.Hour, Tries: 5, Wait: time.Minute},
		{Kind: office.JobTidy, Connections: book, Every: time.Hour, AtOnce: 1, Most: time.Hour, Tries: 5, Wait: 5 * time.Minute},
		{Kind: office.JobVerify, Connections: book, Night: true, AtOnce: 1, Most: 6 * time.Hour, Tries: 3, Wait: 30 * time.Minute},

		// Errands: somebody waits for them.
		{Kind: office.JobSync, AtOnce: 2, Most: 3 * time.Hour, Tries: 3, Wait: 30 * time.Second},
		{Kind: office.JobEvents, AtOnce: 2, Most: time.Hour, Tries: 3, Wait: 30 * time.Second},
		{Kind: office.JobProvision, AtOnce: 2, Most: time.Hour, Tries: 3, Wait: 30 * time.Second},
		{Kind: office.JobReconcile, AtOnce: 2, Most: 3 * time.Hour, Tries: 3, Wait: 30 * time.Second},
	}
	for i := range lines {
		lines[i].Work = works[lines[i].Kind]
	}
	return lines
}

// often is a rhythm of what is only done where providers are asked at all.
func often(providers, every time.Duration) time.Duration {
	if providers == 0 {
		return 0
	}
	return every
}

const (
	// nightHour and nightMinute are when the night's work begins, at the seller's: no clock is put forward or back then.
	nightHour, nightMinute = 3, 30
	// waitMost is how long a job that goes on failing waits at most.
	waitMost = time.Hour
)

// again says whether it is done without anybody asking.
func (l *Line) again() bool { return l.Every > 0 || l.Night }

// rhythm is how often it is done, in words; empty where somebody asks.
func (l *Line) rhythm() string {
	switch {
	case l.Night:
		return fmt.Sprintf("every night at %d:%02d", nightHour, nightMinute)
	case l.Every == 0:
		return ""
	case l.Every == time.Hour:
		return "every hour"
	case l.Every == time.Minute:
		return "every minute"
	case l.Every%time.Hour == 0:
		return fmt.Sprintf("every %d hours", l.Every/time.Hour)
	case l.Every%time.Minute == 0:
		return fmt.Sprintf("every %d minutes", l.Every/time.Minute)
	}
	return "every " + l.Every.String()
}

// first is when a job that is new is done.
func (l *Line) first(now time.Time, zone *time.Location) time.Time {
	if l.Night {
		return l.next(now, now, zone)
	}
	return now
}

// next is when a job is done after a run that began.
func (l *Line) next(began, now time.Time, zone *time.Location) time.Time {
	if !l.Night {
		return later(began.Add(l.Every), now)
	}
	year, month, day := now.In(zone).Date()
	night := time.Date(year, month, day, nightHour, nightMinute, 0, 0, zone)
	if !night.After(now) {
		night = time.Date(year, month, day+1, nightHour, nightMinute, 0, 0, zone)
	}
	return night
}

// wait is how long it waits after so many runs failed in a row.
func (l *Line) wait(failed int) time.Duration {
	wait := l.Wait
	for range failed - 1 {
		if wait *= 2; wait >= waitMost {
			return waitMost
		}
	}
	return wait
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

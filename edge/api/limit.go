package api

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"prorata/flow"
)

// limiter counts requests by who makes them: so many in each minute, saved up to as
// many at once. It counts in this process alone: several processes let through as
// many times more.
type limiter struct {
	perMinute int
	clock     flow.Clock
	mu        sync.Mutex
	buckets   map[string]*bucket
	sweptAt   time.Time
}

// bucket holds what one may still ask; it fills evenly.
type bucket struct {
	left time.Duration // of a minute that is shared out among requests
	at   time.Time
}

// limiterMost is how many are remembered before those that are full again are forgotten.
const limiterMost = 10_000

func newLimiter(perMinute int, clock flow.Clock) *limiter {
	return &limiter{perMinute: perMinute, clock: clock, buckets: map[string]*bucket{}}
}

// rate is where somebody stands with their limit.
type rate struct {
	refused          bool
	limit, remaining int
	// reset is when all may be asked again, retry when one may.
	reset, retry time.Duration
}

// cost is what one request takes of the minute.
func (l *limiter) cost() time.Duration { return time.Minute / time.Duration(l.perMinute) }

// take counts a request.
func (l *limiter) take(who string) rate {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.bucketOf(who)
	state := rate{limit: l.perMinute}
	if b.left < l.cost() {
		state.refused, state.retry = true, l.cost()-b.left
	} else {
		b.left -= l.cost()
	}
	state.remaining, state.reset = int(b.left/l.cost()), time.Minute-b.left
	return state
}

func (l *limiter) bucketOf(who string) *bucket {
	now := l.clock.Now()
	l.sweep(now)
	b := l.buckets[who]
	if b == nil {
		b = &bucket{left: time.Minute, at: now}
		l.buckets[who] = b
	}
	if since := now.Sub(b.at); since > 0 {
		b.left, b.at = min(time.Minute, b.left+since), now
	}
	return b
}

// sweep forgets, at most once in a minute, who has not asked for one.
func (l *limiter) sweep(now time.Time) {
	if len(l.buckets) < limiterMost || now.Sub(l.sweptAt) < time.Minute {
		return
	}
	l.sweptAt = now
	for who, b := range l.buckets {
		if now.Sub(b.at) >= time.Minute {
			delete(l.buckets, who)
		}
	}
}

// tell writes where the caller stands.
func (s rate) tell(header http.Header) {
	header.Set("RateLimit-Limit", strconv.Itoa(s.limit))
	header.Set("RateLimit-Remaining", strconv.Itoa(s.remaining))
	header.Set("RateLimit-Reset", seconds(s.reset))
	if s.refused {
		header.Set("Retry-After", seconds(s.retry))
	}
}

// seconds rounds up: who waits so long has waited enough.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

func tooMany(whose string) *Problem {
	return newProblem(http.StatusTooManyRequests, "too_many", fmt.Sprintf("Too many requests with %s. Retry-After says when to come again.", whose))
}

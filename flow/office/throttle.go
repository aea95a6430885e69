package office

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// Tried is how often something was tried in vain, and until when it may not be tried again.
type Tried struct {
	Failures       int64
	LastAt, FreeAt time.Time
}

// ThrottledError says when the next try is taken. Whoever waits for it is told the
// same, whether there is such a user or not.
type ThrottledError struct{ Wait time.Duration }

// Error says how long to wait.
func (e *ThrottledError) Error() string {
	seconds := max(1, int64((e.Wait+time.Second-1)/time.Second))
	if seconds > 90 {
		return fmt.Sprintf("too many tries: wait %d minutes, then try again", (seconds+59)/60)
	}
	return fmt.Sprintf("too many tries: wait %d seconds, then try again", seconds)
}

// pace is how fast something may be tried: so often freely, then with a pause that
// doubles from a second on up to the longest.
type pace struct {
	free    int64
	longest time.Duration
}

// The paces. An address is not held longer than a minute, so that nobody can be kept out by
// others, and yet no more than some seventy passwords are tried on it in an hour. A network
// may have many people behind it, and is held longer.
var (
	paceOfAddress = pace{4, time.Minute}
	paceOfNetwork = pace{20, 15 * time.Minute}
)

// forgotten is how long failures count.
const forgotten = 24 * time.Hour

// early writes down that somebody tried before it was time: to the program's log and not to the audit, which whoever goes on trying could
// fill with it.
func (o *Office) early(ctx context.Context, err error, doing string, v Visitor) error {
	var throttled *ThrottledError
	if errors.As(err, &throttled) && o.Flow.Log != nil {
		o.Flow.Log.WarnContext(ctx, "tried too often", "doing", doing, "from", v.From, "wait", throttled.Wait)
	}
	return err
}

// next counts a try at a moment as failed, until it is known better; or says that it is
// too early.
func (p pace) next(t Tried, now time.Time) (Tried, error) {
	if now.Before(t.FreeAt) {
		return t, &ThrottledError{t.FreeAt.Sub(now)}
	}
	if now.Sub(t.LastAt) > forgotten {
		t = Tried{}
	}
	t.Failures, t.LastAt = t.Failures+1, now
	if over := t.Failures - p.free; over > 0 {
		pause := p.longest
		if over < 20 {
			pause = min(pause, time.Second<<(over-1))
		}
		t.FreeAt = now.Add(pause)
	}
	return t, nil
}

// tryKey is what tries are counted under: a hash, since people type passwords where an
// address belongs.
func tryKey(kind, what string) string {
	sum := sha256.Sum256([]byte(kind + ":" + what))
	return kind + ":" + hex.EncodeToString(sum[:16])
}

// try is one try of a user, or of a visitor.
type try struct {
	key  string
	pace pace
}

// begin counts tries before what is tried is looked at, so that trying at the same time
// gains nothing.
func begin(tx Tx, now time.Time, tries ...try) error {
	for _, t := range tries {
		before, err := tx.TryHold(t.key)
		if err != nil {
			return err
		}
		after, err := t.pace.next(before, now)
		if err != nil {
			return err
		}
		if err := tx.TryPut(t.key, after); err != nil {
			return err
		}
	}
	return nil
}

// cleared takes back what was counted: of who is known it was right, all of it; of a
// network the one try.
func cleared(tx Tx, tries ...try) error {
	for _, t := range tries {
		before, err := tx.TryHold(t.key)
		if err != nil {
			return err
		}
		after := Tried{}
		if t.pace == paceOfNetwork {
			after = Tried{max(0, before.Failures-1), before.LastAt, time.Time{}}
		}
		if err := tx.TryPut(t.key, after); err != nil {
			return err
		}
	}
	return nil
}

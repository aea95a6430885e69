package office

import (
	"context"
	"fmt"
	"time"

	"prorata/flow"
)

// RequestClaim is a hold on one request that may arrive several times and is to be
// done once.
type RequestClaim struct {
	// Owner is whose it is (a token), Key what they named it by, Holder who does it
	// now: whoever took the hold over is another.
	Owner, Key, Holder string
}

// RequestPlace is where the answer to a request is sealed for.
func RequestPlace(owner, key string) string { return "request/" + owner + "/" + key }

// RequestState says how far a request is.
type RequestState uint8

// The states: taken up and nothing committed; carried out, the answer not yet kept; answered.
const (
	RequestTaken RequestState = iota
	RequestDone
	RequestAnswered
)

// String is the word used in tables.
func (s RequestState) String() string { return [...]string{"taken", "done", "answered"}[s] }

// Request is what is remembered of a request for RequestKept.
type Request struct {
	RequestClaim
	// Digest is of all that was asked: the same key with another is a mistake.
	Digest string
	State  RequestState
	// TakenAt is when it was taken up last.
	TakenAt time.Time
	// Status, Header and Body are the answer; Header is name: value, a line each, and
	// Body is sealed by the door that keeps it.
	Status int
	Header string
	Body   []byte
}

// The times of requests.
const (
	// RequestKept is how long an answer is given again.
	RequestKept = 24 * time.Hour
	// RequestLease is how long one that was taken up may take before another takes it over:
	// longer than any request is let run. It holds across processes and their ends.
	RequestLease = 2 * time.Minute
)

// DeskOnce is a desk for a request that is to be done once: what it commits first marks
// the request as done in the same transaction, and fails where another has taken it
// over. So it is done once, wherever the program is stopped.
func (o *Office) DeskOnce(p Person, claim RequestClaim) *Desk {
	return &Desk{office: o, person: p, once: &claim}
}

// RequestTake takes a request up; where it is not theirs to do, mine is false and what
// is remembered of it is given.
func (o *Office) RequestTake(ctx context.Context, claim RequestClaim, digest string) (known Request, mine bool, err error) {
	now := o.Flow.Clock.Now()
	err = o.Store.Write(ctx, func(tx Tx) error {
		known, mine, err = tx.RequestTake(Request{RequestClaim: claim, Digest: digest, TakenAt: now}, now.Add(-RequestLease), now.Add(-RequestKept))
		return err
	})
	return known, mine, err
}

// RequestAnswer keeps the answer that was given.
func (o *Office) RequestAnswer(ctx context.Context, answered Request) error {
	return o.Store.Write(ctx, func(tx Tx) error { return tx.RequestAnswer(answered) })
}

// RequestDrop forgets a request that was taken up and of which nothing was committed, so
// that it can be tried again at once.
func (o *Office) RequestDrop(ctx context.Context, claim RequestClaim) error {
	return o.Store.Write(ctx, func(tx Tx) error { return tx.RequestDrop(claim) })
}

// RequestsSweep forgets requests that are older than RequestKept.
func (o *Office) RequestsSweep(ctx context.Context) (forgotten int64, err error) {
	before := o.Flow.Clock.Now().Add(-RequestKept)
	err = o.Store.Write(ctx, func(tx Tx) error {
		forgotten, err = tx.RequestsSweep(before)
		return err
	})
	return forgotten, err
}

// settle marks the desk's request as done, in the transaction that does it.
func (d *Desk) settle(tx Tx) error {
	if d.once == nil {
		return nil
	}
	held, err := tx.RequestDone(*d.once)
	if err == nil && !held {
		err = fmt.Errorf("request %s: another has taken it over: %w", d.once.Key, flow.ErrMoved)
	}
	return err
}

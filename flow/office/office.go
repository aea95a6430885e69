// Package office is where everybody who works with the book is served, whichever
// door they came through: pages, API or commands.
//
// An Office is made once. For each person who asks it gives a Desk, whose methods
// are all that can be asked for: each one first looks whether this person may
// (verbs.go is the whole table), then does it through the flow, and what it changed is
// written to the audit in the same transaction. A reseller or customer sees the
// accounts below its own and nothing else.
//
//	person.go   who asks, and what they are here to do
//	rights.go   how the table is read;   verbs.go   the table
//	user.go session.go token.go   who can come in, who is in, and programs that are let in
//	signin.go welcome.go elsewhere.go   the ways in;   factor.go passkey.go profile.go password.go   what people prove themselves with
//	throttle.go how fast something may be tried
//	audit.go    who did what, each record chained to the last
//	request.go  what is done once, however often it is asked for
//	fault.go    what went wrong, as a code for machines and a sentence for people
//	ports.go    what is asked of the world
//
// It decides nothing about money: that is the flow's and core's.
package office

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/flow"
)

// Office serves everybody.
type Office struct {
	// Flow does the work. Its store is the same memory as Store.
	Flow     *flow.Flow
	Store    Store
	Identity Identity
	// Behind does work that goes on after whoever asked for it was answered, in a context that ends with the program;
	// nil does it before they are answered.
	Behind func(work func(context.Context))
	memory memory
	// Mail is how mail leaves; nil where no mail server is set up.
	Mail *MailSetup
	// MailKept is how long mails that are over stay in the outbox; zero for ever.
	MailKept time.Duration
	// Logo reads a picture that somebody sent and writes it anew, so that nothing but the picture is kept; nil where none is taken.
	Logo func(sent []byte) (kept []byte, err error)
	// Forks are throw-away copies of the same book; nil where nothing is tried on any.
	Forks   flow.Forks
	whatIfs whatIfAnswers

	// Providers are the ways to providers; nil where none is asked.
	Providers Providers
	// Partners are what some providers offer beside; set where Providers is.
	Partners Partners
	// Stir tells the clockwork of this process that a job is due; nil where it has none.
	Stir func()

	windows   recent[flow.Window]
	exposures recent[flow.Exposure]
}

// behind does work in the background, where there is one.
func (o *Office) behind(ctx context.Context, work func(context.Context)) {
	if o.Behind == nil {
		work(ctx)
		return
	}
	o.Behind(work)
}

// Desk gives a person the desk at which they are served.
func (o *Office) Desk(p Person) *Desk { return &Desk{office: o, person: p} }

// Desk is the office for one person: every method asks first whether they may.
type Desk struct {
	office *Office
	person Person
	// again is the password of who asks, given once more; see Again.
	again string
	// once is set where what is asked here is done once, however often it arrives.
	once *RequestClaim
}

// Again is the desk for who gives their password once more with what they ask. What changes by what somebody is known is asked
// for so at a page: somebody else may sit at it. Programs and the operator of the machine have none to give, and are not asked.
func (d *Desk) Again(password string) *Desk {
	proven := *d
	proven.again = password
	return &proven
}

// permitProven is permit for what is asked for with a password at a page.
func (d *Desk) permitProven(ctx context.Context, what deed) error {
	if d.person.Session == "" {
		return nil
	}
	return d.permitSelf(ctx, what, d.again)
}

// Today is the seller's civil day. Anybody may know it.
func (d *Desk) Today() calendar.Date { return d.office.Flow.Today() }

// Person is who is served here.
func (d *Desk) Person() Person { return d.person }

// actor is the person as the change log names them.
func (d *Desk) actor() flow.Actor {
	return flow.Actor{Who: d.person.Who, Source: string(d.person.Door)}
}

// read looks whether the person may, and reads.
func (d *Desk) read(ctx context.Context, verb string, fn func(Tx) error) error {
	if err := d.person.may(verb); err != nil {
		return err
	}
	return d.office.Store.Read(ctx, fn)
}

// reading gives the flow for verbs of it that only read.
func (d *Desk) reading(verb string) (*flow.Flow, error) {
	if err := d.person.may(verb); err != nil {
		return nil, err
	}
	return d.office.Flow, nil
}

// deed is something that the person wants done: the verb, what to, and what is to be
// remembered of it beside.
type deed struct{ verb, subject, said string }

// write does something of the desk's own, and writes it to the audit with it.
func (d *Desk) write(ctx context.Context, what deed, fn func(Tx) error) error {
	if err := d.permit(ctx, what); err != nil {
		return err
	}
	return d.office.Store.Write(ctx, func(tx Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		if err := appendAudit(tx, d.record(what, Done)); err != nil {
			return err
		}
		return d.settle(tx)
	})
}

// doing gives the flow for verbs of it that change something: the first transaction
// that it commits has the record of the audit in it.
func (d *Desk) doing(ctx context.Context, what deed) (*flow.Flow, error) {
	if err := d.permit(ctx, what); err != nil {
		return nil, err
	}
	f := *d.office.Flow
	f.Store = &audited{store: d.office.Store, record: d.record(what, Done), settle: d.settle, clock: f.Clock}
	return &f, nil
}

// write is for the clockwork: what it has done cannot be taken back, so that noting it is done once more where somebody
// else was quicker. fn has to begin from nothing each time.
func (o *Office) write(ctx context.Context, fn func(Tx) error) error {
	return flow.Again(func() error { return o.Store.Write(ctx, fn) })
}

// permit refuses what the person may not do, and remembers that they tried.
func (d *Desk) permit(ctx context.Context, what deed) error {
	denied := d.person.may(what.verb)
	if denied == nil {
		return nil
	}
	err := d.office.Store.Write(ctx, func(tx Tx) error { return appendAudit(tx, d.record(what, Denied)) })
	return errors.Join(denied, err)
}

func (d *Desk) record(what deed, outcome Outcome) AuditRecord {
	return AuditRecord{At: d.office.Flow.Clock.Now(), User: d.person.User, Who: d.person.Who, Door: d.person.Door, From: d.person.From,
		Verb: what.verb, Subject: what.subject, Said: what.said, Outcome: outcome}
}

// audited is a store whose first committed write has a record of the audit in it.
type audited struct {
	store  Store
	record AuditRecord
	// settle ends what the record belongs to, in the same transaction.
	settle func(Tx) error
	clock  flow.Clock
	mutex  sync.Mutex
	// written is set while a write has the record with it, and stays where it was committed.
	written bool
}

// Read reads.
func (a *audited) Read(ctx context.Context, fn func(flow.Tx) error) error {
	return a.store.Read(ctx, func(tx Tx) error { return fn(tx) })
}

// Write writes, and the record with the first.
func (a *audited) Write(ctx context.Context, fn func(flow.Tx) error) error {
	a.mutex.Lock()
	first := !a.written
	a.written = true
	a.mutex.Unlock()
	err := a.store.Write(ctx, func(tx Tx) error {
		if err := fn(flow.Tell(tx, a.clock)); err != nil || !first {
			return err
		}
		if err := appendAudit(tx, a.record); err != nil {
			return err
		}
		return a.settle(tx)
	})
	if first && err != nil {
		a.mutex.Lock()
		a.written = false
		a.mutex.Unlock()
	}
	return err
}

// reach is how far a person sees: everything, or some accounts.
type reach struct {
	all      bool
	accounts []billing.AccountID
	known    map[billing.AccountID]bool
}

// within says how far the person sees.
func (d *Desk) within(tx Tx) (reach, error) {
	if d.person.Staff() {
		return reach{all: true}, nil
	}
	accounts, err := tx.AccountsUnder(d.person.Accounts)
	if err != nil {
		return reach{}, err
	}
	r := reach{accounts: accounts, known: make(map[billing.AccountID]bool, len(accounts))}
	for _, id := range accounts {
		r.known[id] = true
	}
	return r, nil
}

// has says whether an account is in reach.
func (r *reach) has(id billing.AccountID) bool { return r.all || r.known[id] }

// under are the roots of what the person sees; nil for whoever sees everything.
func (d *Desk) under() []billing.AccountID {
	if d.person.Staff() {
		return nil
	}
	return append([]billing.AccountID{}, d.person.Accounts...)
}

// unseen is what is told of a thing that is out of reach: that there is none. Whether
// there is one is not theirs to know.
func unseen(noun, id string) error {
	return fmt.Errorf("%s %s: %w", noun, id, flow.ErrUnknown)
}

// Ask is whether the person may use a verb, for doors that decide before they call it:
// nil, or ErrDenied with its sentence. What was denied at a door, reading too, is in the audit.
func (d *Desk) Ask(ctx context.Context, verb string) error {
	return d.permit(ctx, deed{verb: verb})
}

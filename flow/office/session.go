package office

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"prorata/flow"
)

// SessionID names a session, to list it and to end it; nobody gets in with it.
type SessionID string

// Session is somebody's time inside, on one browser.
type Session struct {
	ID   SessionID
	User UserID
	// From is the network address it was last used from, Agent what the browser calls itself.
	From, Agent            string
	MadeAt, SeenAt, EndsAt time.Time
	// By is how they came in: by password, link or provider.
	By string
	// Proved says that a second factor was given, here or where they signed in.
	Proved bool
	// Current says that it is the session of who asks.
	Current bool
}

// Visitor is what is known of a browser before anybody signs in.
type Visitor struct{ From, Agent string }

// Step is what comes next for who signs in.
type Step string

// The steps: a second factor is asked for; it must be set up first, as the person's role
// requires one; they are in.
const (
	StepFactor Step = "factor"
	StepEnrol  Step = "enrol"
	StepIn     Step = "in"
)

// What is told of who is not in.
var (
	// ErrUnsigned: nobody is signed in, or not any more.
	ErrUnsigned = errors.New("sign in first")
	// ErrFactor: the password was right, and the second factor has not been given.
	ErrFactor = errors.New("the second factor is still to be given")
)

// Session lives at most so long where the office is not told otherwise, and ends where it
// is not used so long. Until its second factor is given it has minutes.
const (
	sessionIdle = 30 * time.Minute
	sessionLife = 12 * time.Hour
	halfLife    = 10 * time.Minute
	// touchEvery is how exactly it is known when something was last used.
	touchEvery = time.Minute
)

func (o *Office) idle() time.Duration {
	if o.Identity.Idle > 0 {
		return o.Identity.Idle
	}
	return sessionIdle
}

func (o *Office) life() time.Duration {
	if o.Identity.Life > 0 {
		return o.Identity.Life
	}
	return sessionLife
}

// secretBytes is how long the secrets are that let somebody in: nobody guesses 256 bits.
const secretBytes = 32

// newSecret makes a secret, and the hash that is kept of it. What is this long and random
// needs no slow hash.
func (o *Office) newSecret(prefix string) (secret, hash string) {
	secret = prefix + base64.RawURLEncoding.EncodeToString(o.Identity.Random(secretBytes))
	return secret, hashOf(secret)
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// letters are those of codes and ids: none looks like another.
const letters = "0123456789abcdefghjkmnpqrstvwxyz"

func (o *Office) newWord(length int) string {
	raw := o.Identity.Random(length)
	for i := range raw {
		raw[i] = letters[raw[i]&31]
	}
	return string(raw)
}

const idLetters = 20

func (o *Office) newID() string { return o.newWord(idLetters) }

func (o *Office) now() time.Time { return o.Flow.Clock.Now() }

func (d *Desk) now() time.Time { return d.office.now() }

// PersonOfSession is who holds what the browser sent as its cookie. It is ErrUnsigned
// where nobody does, and ErrFactor, with the session, where the second factor has not
// been given. Where the person must set up a second factor first, they are Enrolling
// and may do nothing else.
func (o *Office) PersonOfSession(ctx context.Context, cookie, from string) (Person, Session, error) {
	if cookie == "" {
		return Person{}, Session{}, ErrUnsigned
	}
	var session Session
	var user User
	var required []Role
	now := o.now()
	err := o.Store.Read(ctx, func(tx Tx) (err error) {
		if session, user, err = o.sessionOf(tx, cookie, now); err != nil {
			return err
		}
		required, err = rolesWithFactor(tx)
		return err
	})
	if err != nil {
		return Person{}, Session{}, err
	}
	session.Current = true
	if now.Sub(session.SeenAt) >= touchEvery || session.From != from {
		o.touch(ctx, func(tx Tx) error { return tx.SessionTouch(session.ID, now, from) })
	}
	if user.Factors > 0 && !session.Proved {
		return Person{}, session, ErrFactor
	}
	p := Person{User: user.ID, Who: user.Address, Name: user.Name, Language: user.Language, Roles: user.Roles, Accounts: user.Accounts, Door: ByPage, From: from, Session: session.ID}
	p.Enrolling = !session.Proved && p.Has(required...)
	return p, session, nil
}

// sessionOf reads a session that still lasts, of a user who may be in.
func (o *Office) sessionOf(tx Tx, cookie string, now time.Time) (Session, User, error) {
	session, err := tx.SessionByHash(hashOf(cookie))
	if errors.Is(err, flow.ErrUnknown) || err == nil && (!now.Before(session.EndsAt) || now.Sub(session.SeenAt) >= o.idle()) {
		return Session{}, User{}, ErrUnsigned
	}
	if err != nil {
		return Session{}, User{}, err
	}
	user, err := tx.UserGet(session.User)
	if err == nil && user.State != UserActive {
		err = ErrUnsigned
	}
	return session, user, err
}

// touch remembers that something was used. Who asks is served also where that fails.
func (o *Office) touch(ctx context.Context, fn func(Tx) error) {
	if err := o.Store.Write(ctx, fn); err != nil {
		o.Flow.Log.Warn("when a session was last used was not remembered", "error", err)
	}
}

// SignOut ends the session of a cookie. It is no error where it has ended.
func (o *Office) SignOut(ctx context.Context, cookie, from string) error {
	return o.Store.Write(ctx, func(tx Tx) error {
		session, err := tx.SessionByHash(hashOf(cookie))
		if errors.Is(err, flow.ErrUnknown) {
			return nil
		}
		if err != nil {
			return err
		}
		user, err := tx.UserGet(session.User)
		if err != nil {
			return err
		}
		if err := tx.SessionEnd(session.ID); err != nil {
			return err
		}
		return o.note(tx, &user, from, "SignOut", "", Done)
	})
}

// note writes what somebody did before they had a desk. Who is nobody's user is not named:
// people type passwords where an address belongs.
func (o *Office) note(tx Tx, user *User, from, verb, said string, outcome Outcome) error {
	record := AuditRecord{At: o.now(), Door: ByPage, From: from, Verb: verb, Said: said, Outcome: outcome}
	if user != nil {
		record.User, record.Who, record.Subject = user.ID, user.Address, user.Address
	}
	return appendAudit(tx, record)
}

// SessionList are the sessions of who asks; for owners, those of any user, or of all
// where everybody is set.
func (d *Desk) SessionList(ctx context.Context, user UserID, everybody bool) (list []Session, err error) {
	err = d.read(ctx, "SessionList", func(tx Tx) error {
		of, err := d.whose(user, everybody)
		if err != nil {
			return err
		}
		list, err = tx.SessionsOf(of)
		list = slices.DeleteFunc(list, func(s Session) bool {
			return !d.now().Before(s.EndsAt) || d.now().Sub(s.SeenAt) >= d.office.idle()
		})
		for i := range list {
			list[i].Current = list[i].ID == d.person.Session
		}
		return err
	})
	return list, err
}

// SessionRevoke ends a session: one of their own, for which the password is asked once more at a page, or, for owners, anybody's.
func (d *Desk) SessionRevoke(ctx context.Context, id SessionID) error {
	what, own := deed{"SessionRevoke", string(id), ""}, false
	if err := d.office.Store.Read(ctx, func(tx Tx) error {
		list, err := tx.SessionsOf(d.person.User)
		own = d.person.User != "" && slices.ContainsFunc(list, func(s Session) bool { return s.ID == id })
		return err
	}); err != nil {
		return err
	}
	if own {
		if err := d.permitProven(ctx, what); err != nil {
			return err
		}
	}
	return d.write(ctx, what, func(tx Tx) error {
		of, err := d.whose("", d.person.Has(Owner))
		if err != nil {
			return err
		}
		list, err := tx.SessionsOf(of)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(list, func(s Session) bool { return s.ID == id }) {
			return unseen("session", string(id))
		}
		return tx.SessionEnd(id)
	})
}

// SessionsRevoke ends all sessions of a user, but the one in hand: their own where no user
// is given, for which the password is asked once more at a page; for owners, anybody's.
func (d *Desk) SessionsRevoke(ctx context.Context, user UserID) error {
	what := deed{"SessionsRevoke", string(user), ""}
	if user == "" || user == d.person.User {
		if err := d.permitProven(ctx, what); err != nil {
			return err
		}
	}
	return d.write(ctx, what, func(tx Tx) error {
		of, err := d.whose(user, false)
		if err != nil {
			return err
		}
		_, err = tx.SessionsEnd(of, d.person.Session)
		return err
	})
}

// whose is the user whose own things are asked for: themselves, or for owners another, or
// everybody, which is none.
func (d *Desk) whose(user UserID, everybody bool) (UserID, error) {
	switch {
	case !everybody && (user == "" || user == d.person.User):
		return d.self()
	case d.person.Has(Owner) && everybody:
		return "", nil
	case d.person.Has(Owner):
		return user, nil
	}
	return "", fmt.Errorf("%w: only an owner looks after what is another user's", ErrDenied)
}

// self is the user who asks; the operator of the machine and jobs are none.
func (d *Desk) self() (UserID, error) {
	if d.person.User == "" {
		return "", &FieldError{"user", errors.New("say whose: who asks is no user")}
	}
	return d.person.User, nil
}

package office

import (
	"context"
	"errors"

	"prorata/flow"
)

// Signing in goes by steps:
//
//	password or provider ──► (second factor) ──► in
//	one-time link ────────►
//
// Until the last a session gives no Person. A session whose second factor was given gets
// another secret with it, so that one seen before is of no use.

// ErrSignIn is all that is told of a sign-in that failed: not which part was wrong, nor
// whether there is such a user.
var ErrSignIn = errors.New("the address or the password is not right")

// ErrCode is told of a second factor that failed.
var ErrCode = errors.New("the code is not right, or was used before")

// SignedIn is how far somebody came.
type SignedIn struct {
	// Secret is for the browser's cookie and for nothing else; only its hash is kept.
	Secret  string
	Session Session
	Step    Step
}

// passwordMost bounds what is hashed.
const passwordMost = 1024

// SignIn proves a user by address and password. It takes as long for an address that nobody
// has, and is ErrSignIn for whatever was not right; ThrottledError says when the next try is
// taken.
func (o *Office) SignIn(ctx context.Context, address, password string, v Visitor) (SignedIn, error) {
	address = addressOf(address)
	tries := o.triesOf("address", address, v)
	if err := o.Store.Write(ctx, func(tx Tx) error { return begin(tx, o.now(), tries...) }); err != nil {
		return SignedIn{}, o.early(ctx, err, "sign in", v)
	}
	var user *User
	hashed := ""
	if err := o.Store.Read(ctx, func(tx Tx) error {
		found, err := tx.UserByAddress(address)
		if errors.Is(err, flow.ErrUnknown) {
			return nil
		}
		if err == nil {
			user = &found
			hashed, err = tx.PasswordGet(found.ID)
		}
		return err
	}); err != nil {
		return SignedIn{}, err
	}
	if len(password) > passwordMost {
		password = ""
	}
	ok, old, err := o.Identity.Passwords.Verify(ctx, password, hashed)
	if err != nil {
		return SignedIn{}, err
	}
	if !ok || user == nil || user.State != UserActive {
		if err := o.Store.Write(ctx, func(tx Tx) error { return o.note(tx, user, v.From, "SignIn", failedWhy(user, ok), Failed) }); err != nil {
			return SignedIn{}, err
		}
		return SignedIn{}, ErrSignIn
	}
	if old {
		if hashed, err = o.Identity.Passwords.Hash(ctx, password); err != nil {
			return SignedIn{}, err
		}
	}
	var in SignedIn
	err = o.Store.Write(ctx, func(tx Tx) error {
		if old {
			if err := tx.PasswordPut(user.ID, hashed); err != nil {
				return err
			}
		}
		if err := cleared(tx, tries...); err != nil {
			return err
		}
		in, err = o.admit(tx, user, Session{By: "password"}, v)
		return err
	})
	return in, err
}

// failedWhy is for the audit alone.
func failedWhy(user *User, ok bool) string {
	switch {
	case user == nil:
		return "nobody has the address"
	case !ok:
		return "the password was not right"
	}
	return "the user is " + string(user.State)
}

// triesOf are what a try is counted under.
func (o *Office) triesOf(kind, what string, v Visitor) []try {
	tries := []try{{tryKey(kind, what), paceOfAddress}}
	if v.From != "" {
		tries = append(tries, try{tryKey("network", o.Identity.Network(v.From)), paceOfNetwork})
	}
	return tries
}

// admit opens a session for who proved themselves once, and says what comes next.
func (o *Office) admit(tx Tx, user *User, s Session, v Visitor) (SignedIn, error) {
	now := o.now()
	secret, hash := o.newSecret("")
	s.ID, s.User, s.From, s.Agent, s.MadeAt, s.SeenAt = SessionID(o.newID()), user.ID, v.From, agentOf(v.Agent), now, now
	step, err := nextStep(tx, user, s.Proved)
	if err != nil {
		return SignedIn{}, err
	}
	s.EndsAt = now.Add(o.life())
	said := "by " + s.By
	if step == StepFactor {
		s.EndsAt = now.Add(halfLife)
		said += "; the second factor is next"
	}
	if err := tx.SessionAdd(s, hash); err != nil {
		return SignedIn{}, err
	}
	if err := tx.SignedInPut(user.ID, now); err != nil {
		return SignedIn{}, err
	}
	// Who signs in pays for tidying up: it is a few rows by index.
	if err := tx.SpentEnd(now.Add(-forgotten)); err != nil {
		return SignedIn{}, err
	}
	return SignedIn{secret, s, step}, o.note(tx, user, v.From, "SignIn", said, Done)
}

// nextStep is what comes after a first proof.
func nextStep(tx Tx, user *User, proved bool) (Step, error) {
	if proved {
		return StepIn, nil
	}
	if user.Factors > 0 {
		return StepFactor, nil
	}
	required, err := rolesWithFactor(tx)
	if p := (Person{Roles: user.Roles}); err == nil && p.Has(required...) {
		return StepEnrol, nil
	}
	return StepIn, err
}

const agentMost = 200

// agentOf is what a browser calls itself, as a list can show it.
func agentOf(text string) string {
	text = flow.PlainText(text)
	return text[:min(len(text), agentMost)]
}

// SecondFactor proves who has given the password by a code of their authenticator, or by
// a recovery code. What is in the cookie is good no longer: SignedIn has another secret.
func (o *Office) SecondFactor(ctx context.Context, cookie, code string, v Visitor) (SignedIn, error) {
	return o.prove(ctx, cookie, v, func(tx Tx, user *User) (string, error) { return o.useCode(tx, user.ID, code) })
}

// prove takes a second factor, as one try: by says which it was, and is empty where it was
// not right.
func (o *Office) prove(ctx context.Context, cookie string, v Visitor, use func(Tx, *User) (by string, err error)) (in SignedIn, err error) {
	var session Session
	var user User
	var tries []try
	if err := o.Store.Write(ctx, func(tx Tx) error {
		if session, user, err = o.sessionOf(tx, cookie, o.now()); err != nil {
			return err
		}
		tries = o.triesOf("factor", string(user.ID), v)
		return begin(tx, o.now(), tries...)
	}); err != nil {
		return SignedIn{}, o.early(ctx, err, "give a second factor", v)
	}
	by := ""
	err = o.Store.Write(ctx, func(tx Tx) error {
		if by, err = use(tx, &user); err != nil {
			return err
		}
		if by == "" {
			return o.note(tx, &user, v.From, "SecondFactor", "it was not right", Failed)
		}
		if err := cleared(tx, tries...); err != nil {
			return err
		}
		now := o.now()
		secret, hash := o.newSecret("")
		session.Proved, session.EndsAt = true, now.Add(o.life())
		if err := tx.SessionProve(session.ID, hash, session.EndsAt); err != nil {
			return err
		}
		in = SignedIn{secret, session, StepIn}
		return o.note(tx, &user, v.From, "SecondFactor", "by "+by, Done)
	})
	if err == nil && by == "" {
		err = ErrCode
	}
	return in, err
}

// UserOfSession is who is on the way in, also before the second factor: for the page that asks
// for it, which says whom it asks and what they have.
func (o *Office) UserOfSession(ctx context.Context, cookie string) (user User, kinds []FactorKind, err error) {
	err = o.Store.Read(ctx, func(tx Tx) error {
		if _, user, err = o.sessionOf(tx, cookie, o.now()); err != nil {
			return err
		}
		kept, err := tx.FactorsOf(user.ID)
		for _, f := range kept {
			if f.Confirmed {
				kinds = append(kinds, f.Kind)
			}
		}
		return err
	})
	return user, kinds, err
}

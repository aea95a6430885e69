package office

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"prorata/flow"
)

// challengeLasts is how long a browser has to answer.
const challengeLasts = 5 * time.Minute

// errChallenge is told where an answer comes to nothing that was asked.
var errChallenge = errors.New("what was asked of the browser is too old: start again")

// takeChallenge gives what a browser was asked, once.
func (o *Office) takeChallenge(tx Tx, name string) ([]byte, error) {
	data, endsAt, err := tx.ChallengeTake(name)
	if errors.Is(err, flow.ErrUnknown) || err == nil && !o.now().Before(endsAt) {
		return nil, &FieldError{"passkey", errChallenge}
	}
	return data, err
}

// passkeyUser is a user with the passkeys that they have, and their factors beside.
func passkeyUser(tx Tx, user *User) (PasskeyUser, []KeptFactor, error) {
	kept, err := tx.FactorsOf(user.ID)
	p := PasskeyUser{ID: user.ID, Address: user.Address, Name: user.Name}
	var passkeys []KeptFactor
	for _, f := range kept {
		if f.Kind == FactorPasskey && f.Confirmed {
			p.Kept = append(p.Kept, f.Kept)
			passkeys = append(passkeys, f)
		}
	}
	return p, passkeys, err
}

// PasskeyAsk asks the browser of who asks for a new passkey; its answer is for PasskeyAdd.
func (d *Desk) PasskeyAsk(ctx context.Context) (asked []byte, err error) {
	err = d.write(ctx, deed{"PasskeyAsk", d.person.Who, ""}, func(tx Tx) error {
		me, err := d.self()
		if err != nil {
			return err
		}
		user, err := tx.UserGet(me)
		if err != nil {
			return err
		}
		if user.Factors >= factorsMost {
			return &FieldError{"passkey", fmt.Errorf("there are %d second factors: remove one first", user.Factors)}
		}
		p, _, err := passkeyUser(tx, &user)
		if err != nil {
			return err
		}
		var challenge []byte
		if asked, challenge, err = d.office.Identity.Passkeys.MakeAsk(p); err != nil {
			return err
		}
		return tx.ChallengePut("make/"+string(d.person.Session), challenge, d.now().Add(challengeLasts))
	})
	return asked, err
}

// PasskeyAdd keeps the passkey that the browser answered with. Other sessions end. The
// first second factor comes with recovery codes, shown once.
func (d *Desk) PasskeyAdd(ctx context.Context, name string, answer []byte) (recovery []string, err error) {
	err = d.write(ctx, deed{"PasskeyAdd", d.person.Who, flow.PlainText(name)}, func(tx Tx) error {
		me, err := d.self()
		if err != nil {
			return err
		}
		user, err := tx.UserGet(me)
		if err != nil {
			return err
		}
		p, _, err := passkeyUser(tx, &user)
		if err != nil {
			return err
		}
		challenge, err := d.office.takeChallenge(tx, "make/"+string(d.person.Session))
		if err != nil {
			return err
		}
		kept, err := d.office.Identity.Passkeys.Make(p, challenge, answer)
		if err != nil {
			return &FieldError{"passkey", err}
		}
		factor, err := d.newFactor(me, FactorPasskey, name)
		if err != nil {
			return err
		}
		before, err := tx.FactorsOf(me)
		if err != nil {
			return err
		}
		if err := tx.FactorPut(KeptFactor{Factor: factor, Kept: kept}); err != nil {
			return err
		}
		recovery, err = d.enrolled(tx, me, before, factor)
		return err
	})
	return recovery, err
}

// PasskeySignInAsk asks the browser of who has given the password for a signature of one of
// their passkeys.
func (o *Office) PasskeySignInAsk(ctx context.Context, cookie string) (asked []byte, err error) {
	err = o.Store.Write(ctx, func(tx Tx) error {
		session, user, err := o.sessionOf(tx, cookie, o.now())
		if err != nil {
			return err
		}
		p, passkeys, err := passkeyUser(tx, &user)
		if err != nil {
			return err
		}
		if len(passkeys) == 0 {
			return &FieldError{"passkey", errors.New("there is no passkey: use a code")}
		}
		var challenge []byte
		if asked, challenge, err = o.Identity.Passkeys.UseAsk(p); err != nil {
			return err
		}
		return tx.ChallengePut("use/"+string(session.ID), challenge, o.now().Add(challengeLasts))
	})
	return asked, err
}

// PasskeySignIn proves who has given the password by the browser's answer. What is in the
// cookie is good no longer: SignedIn has another secret.
func (o *Office) PasskeySignIn(ctx context.Context, cookie string, answer []byte, v Visitor) (SignedIn, error) {
	return o.prove(ctx, cookie, v, func(tx Tx, user *User) (string, error) {
		session, err := tx.SessionByHash(hashOf(cookie))
		if err != nil {
			return "", err
		}
		p, passkeys, err := passkeyUser(tx, user)
		if err != nil {
			return "", err
		}
		challenge, err := o.takeChallenge(tx, "use/"+string(session.ID))
		if err != nil {
			return "", err
		}
		which, kept, err := o.Identity.Passkeys.Use(p, challenge, answer)
		if err != nil {
			o.Flow.Log.Info("a passkey did not prove its user", "user", user.ID, "error", strings.TrimSpace(err.Error()))
			return "", nil
		}
		used := passkeys[which]
		used.Kept, used.UsedAt = kept, o.now()
		return "a passkey", tx.FactorPut(used)
	})
}

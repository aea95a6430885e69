package office

import (
	"context"
	"errors"
	"fmt"
	"time"

	"prorata/flow"
)

// WelcomeKind is what a one-time link is for.
type WelcomeKind string

// The kinds: to make the first owner, where there is none; to come in for the first time;
// to choose a new password, and, bare, also without the second factors that were lost.
const (
	WelcomeOwner   WelcomeKind = "owner"
	WelcomeInvited WelcomeKind = "invited"
	WelcomeBack    WelcomeKind = "back"
	WelcomeBare    WelcomeKind = "bare"
)

// lasts is how long a link of the kind is good.
func (k WelcomeKind) lasts() time.Duration {
	switch k {
	case WelcomeInvited:
		return 7 * 24 * time.Hour
	case WelcomeOwner, WelcomeBack, WelcomeBare:
	}
	return 24 * time.Hour
}

// Welcome is a one-time link: whoever has it may choose a password and come in, once.
type Welcome struct {
	Kind WelcomeKind
	// User is empty for the first owner, who is nobody yet.
	User UserID
	// By is who made the link.
	By             string
	MadeAt, EndsAt time.Time
	// Address and Name are the user's, for the page that greets them.
	Address, Name string
}

// WelcomeForm is what who was welcomed says. Address counts for the first owner alone;
// the others have theirs.
type WelcomeForm struct{ Address, Name, Language, Password string }

// ErrWelcome is told of a link that is not good.
var ErrWelcome = errors.New("the link was used, is too old, or was never given: ask an owner for a new one, or run `prorata user link`")

// newWelcome makes a link, and gives the secret that goes into its address.
func (o *Office) newWelcome(tx Tx, w Welcome) (secret string, err error) {
	secret, hash := o.newSecret("")
	w.EndsAt = w.MadeAt.Add(w.Kind.lasts())
	return secret, tx.WelcomePut(w, hash)
}

// OwnerLink gives the secret of a link that makes the first owner, and ends those given
// before; it is empty where there is an owner.
func (o *Office) OwnerLink(ctx context.Context, by string) (secret string, err error) {
	err = o.Store.Write(ctx, func(tx Tx) error {
		owners, err := tx.OwnersHold()
		if err != nil || len(owners) > 0 {
			return err
		}
		if err := tx.WelcomesEnd(""); err != nil {
			return err
		}
		if secret, err = o.newWelcome(tx, Welcome{Kind: WelcomeOwner, By: by, MadeAt: o.now()}); err != nil {
			return err
		}
		return appendAudit(tx, AuditRecord{At: o.now(), Who: by, Door: ByCommand, Verb: "OwnerLink", Said: "there is no owner", Outcome: Done})
	})
	return secret, err
}

// WelcomeGet is what a link is for; ErrWelcome where it is not good.
func (o *Office) WelcomeGet(ctx context.Context, secret string) (w Welcome, err error) {
	err = o.Store.Read(ctx, func(tx Tx) error {
		w, _, err = o.welcomed(tx, secret)
		return err
	})
	return w, err
}

func (o *Office) welcomed(tx Tx, secret string) (w Welcome, user User, err error) {
	w, err = tx.WelcomeGet(hashOf(secret))
	if errors.Is(err, flow.ErrUnknown) || err == nil && !o.now().Before(w.EndsAt) {
		return Welcome{}, User{}, ErrWelcome
	}
	if err != nil || w.User == "" {
		return w, User{}, err
	}
	if user, err = tx.UserGet(w.User); err != nil {
		return Welcome{}, User{}, err
	}
	if user.State == UserDisabled {
		return Welcome{}, User{}, ErrWelcome
	}
	w.Address, w.Name = user.Address, user.Name
	return w, user, nil
}

// WelcomeUse uses a link up: the password is kept, and who used it is in, but for a second
// factor that they have or must set up.
func (o *Office) WelcomeUse(ctx context.Context, secret string, form WelcomeForm, v Visitor) (in SignedIn, err error) {
	w, err := o.WelcomeGet(ctx, secret)
	if err != nil {
		return SignedIn{}, err
	}
	form.Name, form.Language = flow.PlainText(form.Name), flow.PlainText(form.Language)
	if w.Kind != WelcomeOwner {
		form.Address = w.Address
	}
	form.Address = addressOf(form.Address)
	if err := checkAddress(form.Address); err != nil {
		return SignedIn{}, err
	}
	if err := checkProfile(form.Name, form.Language); err != nil {
		return SignedIn{}, err
	}
	if err := o.checkPassword(form.Password, form.Address, form.Name); err != nil {
		return SignedIn{}, err
	}
	hashed, err := o.Identity.Passwords.Hash(ctx, form.Password)
	if err != nil {
		return SignedIn{}, err
	}
	err = o.Store.Write(ctx, func(tx Tx) error {
		user, err := o.arrive(tx, secret, form)
		if err != nil {
			return err
		}
		if err := tx.PasswordPut(user.ID, hashed); err != nil {
			return err
		}
		if err := o.note(tx, &user, v.From, "WelcomeUse", string(w.Kind), Done); err != nil {
			return err
		}
		in, err = o.admit(tx, &user, Session{By: "link"}, v)
		return err
	})
	return in, err
}

// arrive makes the user of a link active, and ends the link and whatever let them in before.
func (o *Office) arrive(tx Tx, secret string, form WelcomeForm) (User, error) {
	// A second use at the same time waits here, and finds the link gone.
	owners, err := tx.OwnersHold()
	if err != nil {
		return User{}, err
	}
	w, user, err := o.welcomed(tx, secret)
	if err != nil {
		return User{}, err
	}
	if used, err := tx.WelcomeEnd(hashOf(secret)); err != nil || !used {
		return User{}, errors.Join(err, ErrWelcome)
	}
	if w.Kind == WelcomeOwner {
		return o.firstOwner(tx, owners, form)
	}
	if err := lockOut(tx, user.ID); err != nil {
		return User{}, err
	}
	if w.Kind == WelcomeBare {
		kept, err := tx.FactorsOf(user.ID)
		if err != nil {
			return User{}, err
		}
		for _, f := range kept {
			if err := tx.FactorEnd(user.ID, f.ID); err != nil {
				return User{}, err
			}
		}
		if err := tx.RecoveryPut(user.ID, nil); err != nil {
			return User{}, err
		}
		user.Factors = 0
	}
	user.State = UserActive
	if form.Name != "" {
		user.Name = form.Name
	}
	if form.Language != "" {
		user.Language = form.Language
	}
	return putUser(tx, user)
}

func (o *Office) firstOwner(tx Tx, owners []UserID, form WelcomeForm) (User, error) {
	if len(owners) > 0 {
		return User{}, ErrWelcome
	}
	if err := tx.WelcomesEnd(""); err != nil {
		return User{}, err
	}
	user, err := tx.UserByAddress(form.Address)
	if err == nil {
		if user.State == UserDisabled {
			return User{}, &FieldError{"address", fmt.Errorf("%s is a user who was disabled: choose another address", form.Address)}
		}
		user.State, user.Name, user.Language, user.Roles, user.Accounts = UserActive, form.Name, form.Language, []Role{Owner}, nil
		return putUser(tx, user)
	}
	if !errors.Is(err, flow.ErrUnknown) {
		return User{}, err
	}
	user = User{ID: UserID(o.newID()), Address: form.Address, Name: form.Name, Language: form.Language, Roles: []Role{Owner}, State: UserActive, Version: 1, MadeAt: o.now()}
	return user, tx.UserAdd(user)
}

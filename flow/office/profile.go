package office

import (
	"context"
	"errors"

	"prorata/flow"
)

// ProfileGet is the user who asks.
func (d *Desk) ProfileGet(ctx context.Context) (user User, err error) {
	err = d.read(ctx, "ProfileGet", func(tx Tx) error {
		me, err := d.self()
		if err == nil {
			user, err = tx.UserGet(me)
		}
		return err
	})
	return user, err
}

// ProfileChange changes the name and the language of who asks.
func (d *Desk) ProfileChange(ctx context.Context, name, language string) (user User, err error) {
	name, language = flow.PlainText(name), flow.PlainText(language)
	err = d.write(ctx, deed{"ProfileChange", d.person.Who, ""}, func(tx Tx) error {
		me, err := d.self()
		if err != nil {
			return err
		}
		if err := checkProfile(name, language); err != nil {
			return err
		}
		if user, err = tx.UserGet(me); err != nil {
			return err
		}
		user.Name, user.Language = name, language
		user, err = putUser(tx, user)
		return err
	})
	return user, err
}

// PasswordChange gives who asks another password. Their other sessions end, and links to them.
func (d *Desk) PasswordChange(ctx context.Context, before, after string) error {
	what := deed{"PasswordChange", d.person.Who, ""}
	if err := d.permitSelf(ctx, what, before); err != nil {
		return err
	}
	if err := d.office.checkPassword(after, d.person.Who, d.person.Name); err != nil {
		return err
	}
	hashed, err := d.office.Identity.Passwords.Hash(ctx, after)
	if err != nil {
		return err
	}
	return d.write(ctx, what, func(tx Tx) error {
		if err := tx.PasswordPut(d.person.User, hashed); err != nil {
			return err
		}
		if err := tx.WelcomesEnd(d.person.User); err != nil {
			return err
		}
		_, err := tx.SessionsEnd(d.person.User, d.person.Session)
		return err
	})
}

// permitSelf asks for the password once more before something that somebody at an
// unattended screen must not do. Who has none, and signs in elsewhere, is not asked.
func (d *Desk) permitSelf(ctx context.Context, what deed, password string) error {
	if err := d.permit(ctx, what); err != nil {
		return err
	}
	me, err := d.self()
	if err != nil {
		return err
	}
	hashed := ""
	if err := d.office.Store.Write(ctx, func(tx Tx) error {
		if hashed, err = tx.PasswordGet(me); err != nil || hashed == "" {
			return err
		}
		return begin(tx, d.now(), d.office.triesOf("own", string(me), Visitor{})...)
	}); err != nil || hashed == "" {
		return err
	}
	if len(password) > passwordMost {
		password = ""
	}
	ok, _, err := d.office.Identity.Passwords.Verify(ctx, password, hashed)
	if err != nil {
		return err
	}
	if err := d.office.Store.Write(ctx, func(tx Tx) error {
		if ok {
			return cleared(tx, d.office.triesOf("own", string(me), Visitor{})...)
		}
		return appendAudit(tx, d.record(what, Failed))
	}); err != nil || ok {
		return err
	}
	return &FieldError{"current_password", errors.New("this is not your password")}
}

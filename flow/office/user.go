package office

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"prorata/core/billing"
	"prorata/flow"
)

// UserState is how far somebody has come in.
type UserState string

// The states: an invited user becomes active with the first sign-in; a disabled one
// stays known, for the audit, and cannot come in until enabled.
const (
	UserInvited  UserState = "invited"
	UserActive   UserState = "active"
	UserDisabled UserState = "disabled"
)

// User is somebody who signs in.
type User struct {
	ID UserID
	// Address is the e-mail address that they sign in with, in small letters; no two have the same.
	Address, Name string
	// Language is a tag such as de or en-GB; empty for the seller's.
	Language string
	Roles    []Role
	// Accounts are the roots of what a reseller or customer sees.
	Accounts []billing.AccountID
	State    UserState
	// Version goes up with every change.
	Version            int64
	MadeAt, SignedInAt time.Time
	// Password says whether they have one; Factors counts their second factors.
	Password bool
	Factors  int
}

// UserFilter narrows a list; zero values do not.
type UserFilter struct {
	State UserState
	Role  *Role
	// Search is a part of the address or the name.
	Search string
	// After is the address after which a page goes on.
	After string
	// Most is at most so many; 0 for all.
	Most int
}

// UserDraft is what an owner says of a user.
type UserDraft struct {
	Address, Name, Language string
	Roles                   []Role
	Accounts                []billing.AccountID
}

// UserList is who can sign in.
func (d *Desk) UserList(ctx context.Context, filter UserFilter) (list []User, err error) {
	err = d.read(ctx, "UserList", func(tx Tx) error {
		list, err = tx.UserList(filter)
		return err
	})
	return list, err
}

// UserGet reads a user by id or by address; flow.ErrUnknown where there is none.
func (d *Desk) UserGet(ctx context.Context, name string) (user User, err error) {
	err = d.read(ctx, "UserGet", func(tx Tx) error {
		user, err = userNamed(tx, name)
		return err
	})
	return user, err
}

// UserInvite adds a user, and gives the one-time link by which they come in: it is shown
// once and kept by nobody.
func (d *Desk) UserInvite(ctx context.Context, draft UserDraft) (user User, link string, err error) {
	err = d.write(ctx, deed{"UserInvite", addressOf(draft.Address), roleWordsOf(draft.Roles)}, func(tx Tx) error {
		if draft, err = d.office.checked(tx, draft); err != nil {
			return err
		}
		if _, err := tx.UserByAddress(draft.Address); err == nil {
			return &FieldError{"address", fmt.Errorf("%s is a user already", draft.Address)}
		} else if !errors.Is(err, flow.ErrUnknown) {
			return err
		}
		user = User{ID: UserID(d.office.newID()), Address: draft.Address, Name: draft.Name, Language: draft.Language, Roles: draft.Roles, Accounts: draft.Accounts,
			State: UserInvited, Version: 1, MadeAt: d.now()}
		if err := tx.UserAdd(user); err != nil {
			return err
		}
		link, err = d.welcome(tx, &user, WelcomeInvited)
		return err
	})
	return user, link, err
}

// UserChange writes what a user is, where nobody was quicker than the version that was
// read (0 for whichever it is). Who may do other things than before signs in again. The
// last owner stays one.
func (d *Desk) UserChange(ctx context.Context, id UserID, draft UserDraft, version int64) (user User, err error) {
	what := deed{"UserChange", addressOf(draft.Address), roleWordsOf(draft.Roles)}
	if err := d.permitAddress(ctx, what, id, addressOf(draft.Address)); err != nil {
		return user, err
	}
	err = d.write(ctx, what, func(tx Tx) error {
		before, err := userAt(tx, id, version)
		if err != nil {
			return err
		}
		if draft, err = d.office.checked(tx, draft); err != nil {
			return err
		}
		if other, err := tx.UserByAddress(draft.Address); err == nil && other.ID != id {
			return &FieldError{"address", fmt.Errorf("%s is another user's", draft.Address)}
		} else if err != nil && !errors.Is(err, flow.ErrUnknown) {
			return err
		}
		user = before
		user.Address, user.Name, user.Language, user.Roles, user.Accounts = draft.Address, draft.Name, draft.Language, draft.Roles, draft.Accounts
		if err := keepAnOwner(tx, before, user); errors.Is(err, errLastOwner) {
			return &FieldError{"roles", err}
		} else if err != nil {
			return err
		}
		if !slices.Equal(before.Roles, user.Roles) || !slices.Equal(before.Accounts, user.Accounts) || before.Address != user.Address {
			if _, err := tx.SessionsEnd(id, ""); err != nil {
				return err
			}
		}
		user, err = putUser(tx, user)
		return err
	})
	return user, err
}

// permitAddress asks for the password once more where somebody is to be known by another address: links that let them in go there.
func (d *Desk) permitAddress(ctx context.Context, what deed, id UserID, address string) error {
	if err := d.permit(ctx, what); err != nil {
		return err
	}
	var before User
	if err := d.office.Store.Read(ctx, func(tx Tx) (err error) { before, err = tx.UserGet(id); return err }); errors.Is(err, flow.ErrUnknown) {
		return nil
	} else if err != nil {
		return err
	}
	if before.Address == address {
		return nil
	}
	return d.permitProven(ctx, what)
}

// UserDisable lets somebody in no more: their sessions, tokens and links end at once. The
// last owner cannot be disabled.
func (d *Desk) UserDisable(ctx context.Context, id UserID, reason string) (user User, err error) {
	err = d.write(ctx, deed{"UserDisable", string(id), reason}, func(tx Tx) error {
		before, err := tx.UserGet(id)
		if err != nil {
			return err
		}
		user = before
		user.State = UserDisabled
		if err := keepAnOwner(tx, before, user); err != nil {
			return err
		}
		if err := lockOut(tx, id); err != nil {
			return err
		}
		user, err = putUser(tx, user)
		return err
	})
	return user, err
}

// UserEnable lets a disabled user in again. Who never had been in needs a new link.
func (d *Desk) UserEnable(ctx context.Context, id UserID) (user User, err error) {
	err = d.write(ctx, deed{"UserEnable", string(id), ""}, func(tx Tx) error {
		if user, err = tx.UserGet(id); err != nil {
			return err
		}
		if user.State != UserDisabled {
			return &billing.Refusal{Code: "not_disabled", Sentence: user.Address + " is not disabled"}
		}
		user.State = UserActive
		if user.SignedInAt.IsZero() {
			user.State = UserInvited
		}
		user, err = putUser(tx, user)
		return err
	})
	return user, err
}

// UserLink gives a one-time link by which somebody who is locked out chooses a new
// password; their earlier links end. Where factors is set it also takes their second
// factors away: for who lost them.
func (d *Desk) UserLink(ctx context.Context, id UserID, factors bool) (link string, err error) {
	said := ""
	if factors {
		said = "second factors are taken away"
	}
	what := deed{"UserLink", string(id), said}
	if err := d.permitProven(ctx, what); err != nil {
		return "", err
	}
	err = d.write(ctx, what, func(tx Tx) error {
		user, err := tx.UserGet(id)
		if err != nil {
			return err
		}
		kind := WelcomeBack
		switch {
		case user.State == UserDisabled:
			return &billing.Refusal{Code: "user_disabled", Sentence: user.Address + " is disabled: enable them first"}
		case user.State == UserInvited:
			kind = WelcomeInvited
		case factors:
			kind = WelcomeBare
		}
		if err := tx.WelcomesEnd(id); err != nil {
			return err
		}
		link, err = d.welcome(tx, &user, kind)
		return err
	})
	return link, err
}

// welcome makes a user's one-time link, and where mail is set up puts it into the outbox, sealed.
func (d *Desk) welcome(tx Tx, user *User, kind WelcomeKind) (link string, err error) {
	link, err = d.office.newWelcome(tx, Welcome{Kind: kind, User: user.ID, By: d.person.Who, MadeAt: d.now()})
	if err != nil || d.office.Mail == nil || CheckMailAddress(user.Address) != nil {
		return link, err
	}
	mail := Mail{Kind: MailWelcome, Seller: flow.DefaultSeller, User: user.ID, To: []string{user.Address}, MadeAt: d.now(), MadeBy: d.person.Who, NextAt: d.now()}
	mail.MessageID = d.office.messageID(d.office.Mail.Sender(mail.Seller))
	mail.Sealed = d.office.Identity.Sealer.Seal([]byte(link), mailPlace(mail.MessageID))
	return link, tx.MailsAdd([]Mail{mail})
}

// lockOut ends everything by which a user could be in.
func lockOut(tx Tx, id UserID) error {
	if _, err := tx.SessionsEnd(id, ""); err != nil {
		return err
	}
	if _, err := tx.TokensEnd(id); err != nil {
		return err
	}
	return tx.WelcomesEnd(id)
}

// userNamed reads a user by id or by address.
func userNamed(tx Tx, name string) (User, error) {
	if strings.Contains(name, "@") {
		return tx.UserByAddress(addressOf(name))
	}
	return tx.UserGet(UserID(name))
}

// userAt reads a user that is to have a version; 0 is any.
func userAt(tx Tx, id UserID, version int64) (User, error) {
	user, err := tx.UserGet(id)
	if err == nil && version != 0 && user.Version != version {
		err = flow.ErrMoved
	}
	return user, err
}

func putUser(tx Tx, user User) (User, error) {
	err := tx.UserChange(user)
	user.Version++
	return user, err
}

// errLastOwner refuses what nobody could mend from within.
var errLastOwner = &billing.Refusal{Code: "last_owner", Sentence: "this is the last owner: make somebody else an owner first"}

// keepAnOwner refuses a change after which nobody would be owner.
func keepAnOwner(tx Tx, before, after User) error {
	was := before.State == UserActive && slices.Contains(before.Roles, Owner)
	if is := after.State == UserActive && slices.Contains(after.Roles, Owner); is || !was {
		return nil
	}
	owners, err := tx.OwnersHold()
	if err != nil {
		return err
	}
	if slices.ContainsFunc(owners, func(id UserID) bool { return id != before.ID }) {
		return nil
	}
	return errLastOwner
}

// addressOf is an address as it is kept.
func addressOf(text string) string { return strings.ToLower(flow.PlainText(text)) }

const addressMost = 254

// checked reads what an owner said of a user.
func (o *Office) checked(tx Tx, d UserDraft) (UserDraft, error) {
	d.Address, d.Name, d.Language = addressOf(d.Address), flow.PlainText(d.Name), flow.PlainText(d.Language)
	if err := checkAddress(d.Address); err != nil {
		return d, err
	}
	if err := checkProfile(d.Name, d.Language); err != nil {
		return d, err
	}
	d.Roles = slices.Compact(slices.Sorted(slices.Values(d.Roles)))
	if len(d.Roles) == 0 {
		return d, &FieldError{"roles", errors.New("choose at least one role")}
	}
	outside := slices.ContainsFunc(d.Roles, Role.Outside)
	if outside && len(d.Roles) > 1 {
		return d, &FieldError{"roles", errors.New("a reseller or customer has this one role: the others see all accounts")}
	}
	if !outside {
		d.Accounts = nil
		return d, nil
	}
	d.Accounts = slices.Compact(slices.Sorted(slices.Values(d.Accounts)))
	if len(d.Accounts) == 0 {
		return d, &FieldError{"accounts", errors.New("choose the accounts that they may see")}
	}
	for _, id := range d.Accounts {
		if _, err := tx.AccountGet(id); errors.Is(err, flow.ErrUnknown) {
			return d, &FieldError{"accounts", fmt.Errorf("there is no account %s", id)}
		} else if err != nil {
			return d, err
		}
	}
	return d, nil
}

func checkAddress(address string) error {
	local, host, found := strings.Cut(address, "@")
	if !found || local == "" || host == "" || strings.ContainsAny(address, " ,;<>\"") || strings.Contains(host, "@") || len(address) > addressMost {
		return &FieldError{"address", errors.New("expected an e-mail address, such as ann@example.com")}
	}
	return nil
}

const nameMost = 120

// checkProfile reads what anybody may say of themselves.
func checkProfile(name, language string) error {
	if len(name) > nameMost {
		return &FieldError{"name", fmt.Errorf("expected at most %d letters", nameMost)}
	}
	main, region, _ := strings.Cut(language, "-")
	if language != "" && (len(main) < 2 || len(main) > 3 || len(region) > 8 || strings.Trim(main, "abcdefghijklmnopqrstuvwxyz") != "") {
		return &FieldError{"language", errors.New("expected a language tag, such as de or en-GB")}
	}
	return nil
}

// roleWordsOf are roles as the audit names them.
func roleWordsOf(roles []Role) string {
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = r.String()
	}
	return strings.Join(words, " ")
}

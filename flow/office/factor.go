package office

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"prorata/flow"
)

// FactorID names a second factor of a user.
type FactorID string

// FactorKind is what a second factor is.
type FactorKind string

// The kinds: an authenticator that shows codes, and a key that a device keeps.
const (
	FactorCode    FactorKind = "code"
	FactorPasskey FactorKind = "passkey"
)

// Factor is something that a user proves themselves with beside the password.
type Factor struct {
	ID   FactorID
	User UserID
	Kind FactorKind
	// Name is what its owner calls it.
	Name           string
	MadeAt, UsedAt time.Time
	// Confirmed says that it was used once; until then it counts for nothing.
	Confirmed bool
}

// KeptFactor is a factor with what the store keeps of it.
type KeptFactor struct {
	Factor
	// Kept is the sealed secret of an authenticator, or the public part of a passkey.
	Kept []byte
	// Step is the time step of the last code that was taken; none is taken twice.
	Step int64
}

// FactorDraft is an authenticator that is being set up. It is shown once.
type FactorDraft struct {
	Factor Factor
	// Secret is for typing it in; Address and Picture, its QR code, for reading it in.
	Secret, Address string
	Picture         Picture
}

// FactorView is what a user has.
type FactorView struct {
	Factors []Factor
	// RecoveryLeft counts the recovery codes that were not used.
	RecoveryLeft int
	// Required says that their role requires a second factor.
	Required bool
}

const (
	recoveryCodes = 8
	// recoveryLetters of 5 bits each are 120 bits: as good as a key, and so kept by a plain hash.
	recoveryLetters = 24
	factorsMost     = 10
)

// factorPlace is where the secret of an authenticator belongs.
func factorPlace(user UserID, id FactorID) string {
	return "user/" + string(user) + "/factor/" + string(id)
}

// useCode tries a code as what it looks like, and says what it was.
func (o *Office) useCode(tx Tx, user UserID, code string) (by string, err error) {
	code = strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(flow.PlainText(code)))
	if len(code) == recoveryLetters {
		used, err := tx.RecoveryUse(user, hashOf(string(user)+"/"+code))
		if used {
			by = "a recovery code"
		}
		return by, err
	}
	kept, err := tx.FactorsOf(user)
	if err != nil {
		return "", err
	}
	for _, f := range kept {
		if f.Kind != FactorCode || !f.Confirmed {
			continue
		}
		if ok, err := o.codeFits(tx, f, code); err != nil || ok {
			return "an authenticator", err
		}
	}
	return "", nil
}

// codeFits tries a code on one authenticator, and takes it so that it is good no more.
func (o *Office) codeFits(tx Tx, f KeptFactor, code string) (bool, error) {
	secret, err := o.Identity.Sealer.Open(f.Kept, factorPlace(f.User, f.ID))
	if err != nil {
		return false, fmt.Errorf("authenticator %s: %w", f.ID, err)
	}
	step, ok := o.Identity.Codes.Step(string(secret), code, o.now())
	if !ok || step <= f.Step {
		return false, nil
	}
	return tx.CodeUse(f.User, f.ID, step, o.now())
}

// FactorList is what the user who asks has as second factors.
func (d *Desk) FactorList(ctx context.Context) (view FactorView, err error) {
	err = d.read(ctx, "FactorList", func(tx Tx) error {
		me, err := d.self()
		if err != nil {
			return err
		}
		kept, err := tx.FactorsOf(me)
		if err != nil {
			return err
		}
		for _, f := range kept {
			if f.Confirmed {
				view.Factors = append(view.Factors, f.Factor)
			}
		}
		required, err := rolesWithFactor(tx)
		if err != nil {
			return err
		}
		view.Required = d.person.Has(required...)
		view.RecoveryLeft, err = tx.RecoveryLeft(me)
		return err
	})
	return view, err
}

// FactorDraftCode begins to set up an authenticator. It counts once a code of it was given.
func (d *Desk) FactorDraftCode(ctx context.Context, name string) (draft FactorDraft, err error) {
	err = d.write(ctx, deed{"FactorDraftCode", d.person.Who, ""}, func(tx Tx) error {
		me, err := d.self()
		if err != nil {
			return err
		}
		kept, err := tx.FactorsOf(me)
		if err != nil {
			return err
		}
		for _, f := range kept {
			if f.Kind == FactorCode && !f.Confirmed {
				if err := tx.FactorEnd(me, f.ID); err != nil {
					return err
				}
			}
		}
		if len(kept) >= factorsMost {
			return &FieldError{"name", fmt.Errorf("there are %d second factors: remove one first", len(kept))}
		}
		if draft.Factor, err = d.newFactor(me, FactorCode, name); err != nil {
			return err
		}
		if draft.Secret, err = d.office.Identity.Codes.NewSecret(); err != nil {
			return err
		}
		draft.Address = d.office.Identity.Codes.Address(draft.Secret, d.person.Who)
		if draft.Picture, err = d.office.Identity.Codes.Picture(draft.Address); err != nil {
			return err
		}
		sealed := d.office.Identity.Sealer.Seal([]byte(draft.Secret), factorPlace(me, draft.Factor.ID))
		return tx.FactorPut(KeptFactor{Factor: draft.Factor, Kept: sealed})
	})
	return draft, err
}

func (d *Desk) newFactor(user UserID, kind FactorKind, name string) (Factor, error) {
	name = flow.PlainText(name)
	if name == "" {
		name = map[FactorKind]string{FactorCode: "Authenticator", FactorPasskey: "Passkey"}[kind]
	}
	if len(name) > nameMost {
		return Factor{}, &FieldError{"name", fmt.Errorf("expected at most %d letters", nameMost)}
	}
	return Factor{ID: FactorID(d.office.newID()), User: user, Kind: kind, Name: name, MadeAt: d.now()}, nil
}

// FactorConfirm sets an authenticator up by a code of it. Other sessions end. The first
// second factor comes with recovery codes, shown once.
func (d *Desk) FactorConfirm(ctx context.Context, id FactorID, code string) (recovery []string, err error) {
	what := deed{"FactorConfirm", d.person.Who, ""}
	if err := d.permit(ctx, what); err != nil {
		return nil, err
	}
	me, err := d.self()
	if err != nil {
		return nil, err
	}
	tries := d.office.triesOf("confirm", string(me), Visitor{})
	if err := d.office.Store.Write(ctx, func(tx Tx) error { return begin(tx, d.now(), tries...) }); err != nil {
		return nil, err
	}
	code = strings.NewReplacer(" ", "", "-", "").Replace(flow.PlainText(code))
	err = d.write(ctx, what, func(tx Tx) error {
		kept, err := tx.FactorsOf(me)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(kept, func(f KeptFactor) bool { return f.ID == id && f.Kind == FactorCode })
		if at < 0 {
			return unseen("authenticator", string(id))
		}
		ok, err := d.office.codeFits(tx, kept[at], code)
		if err != nil {
			return err
		}
		if !ok {
			return &FieldError{"code", errors.New("this is not the code that the authenticator shows now: look at the clock of the phone, and try the next one")}
		}
		if err := cleared(tx, tries...); err != nil {
			return err
		}
		recovery, err = d.enrolled(tx, me, kept, kept[at].Factor)
		return err
	})
	return recovery, err
}

// enrolled makes a factor count: the session in hand is proved by it, others end, and the
// first one brings recovery codes.
func (d *Desk) enrolled(tx Tx, me UserID, before []KeptFactor, f Factor) (recovery []string, err error) {
	first := !slices.ContainsFunc(before, func(f KeptFactor) bool { return f.Confirmed })
	if f.Confirmed {
		return nil, &FieldError{"factor", errors.New("it is set up already")}
	}
	if err := tx.FactorConfirm(me, f.ID, d.now()); err != nil {
		return nil, err
	}
	if _, err := tx.SessionsEnd(me, d.person.Session); err != nil {
		return nil, err
	}
	if err := tx.SessionEnrolled(d.person.Session); err != nil {
		return nil, err
	}
	if first {
		return d.newRecovery(tx, me)
	}
	return nil, nil
}

func (d *Desk) newRecovery(tx Tx, me UserID) (codes []string, err error) {
	var hashes []string
	for range recoveryCodes {
		code := d.office.newWord(recoveryLetters)
		hashes = append(hashes, hashOf(string(me)+"/"+code))
		codes = append(codes, strings.Join([]string{code[:6], code[6:12], code[12:18], code[18:]}, "-"))
	}
	return codes, tx.RecoveryPut(me, hashes)
}

// RecoveryRenew makes new recovery codes, shown once; the old ones are good no more.
func (d *Desk) RecoveryRenew(ctx context.Context, password string) (codes []string, err error) {
	if err := d.permitSelf(ctx, deed{"RecoveryRenew", d.person.Who, ""}, password); err != nil {
		return nil, err
	}
	err = d.write(ctx, deed{"RecoveryRenew", d.person.Who, ""}, func(tx Tx) error {
		codes, err = d.newRecovery(tx, d.person.User)
		return err
	})
	return codes, err
}

// FactorRemove takes a second factor away. The last one stays where the person's role
// requires one.
func (d *Desk) FactorRemove(ctx context.Context, id FactorID, password string) error {
	if err := d.permitSelf(ctx, deed{"FactorRemove", d.person.Who, ""}, password); err != nil {
		return err
	}
	return d.write(ctx, deed{"FactorRemove", d.person.Who, ""}, func(tx Tx) error {
		kept, err := tx.FactorsOf(d.person.User)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(kept, func(f KeptFactor) bool { return f.ID == id }) {
			return unseen("second factor", string(id))
		}
		if !slices.ContainsFunc(kept, func(f KeptFactor) bool { return f.ID != id && f.Confirmed }) {
			required, err := rolesWithFactor(tx)
			if err != nil {
				return err
			}
			if d.person.Has(required...) {
				return &FieldError{"factor", errors.New("your role requires a second factor: set up another one before you remove this one")}
			}
			if err := tx.RecoveryPut(d.person.User, nil); err != nil {
				return err
			}
		}
		if _, err := tx.SessionsEnd(d.person.User, d.person.Session); err != nil {
			return err
		}
		return tx.FactorEnd(d.person.User, id)
	})
}

// factorRoles is the choice of roles that require a second factor.
const factorRoles = "factor_roles"

// rolesWithFactor are the roles that require a second factor.
func rolesWithFactor(tx Tx) (roles []Role, err error) {
	text, err := tx.ChoiceGet(factorRoles)
	if err != nil {
		return nil, err
	}
	for word := range strings.FieldsSeq(text) {
		role, err := ParseRole(word)
		if err != nil {
			return nil, err
		}
		roles = append(roles, role)
	}
	return roles, nil
}

// FactorPolicyGet is the roles that require a second factor.
func (d *Desk) FactorPolicyGet(ctx context.Context) (roles []Role, err error) {
	err = d.read(ctx, "FactorPolicyGet", func(tx Tx) error {
		roles, err = rolesWithFactor(tx)
		return err
	})
	return roles, err
}

// FactorPolicyVersion is a number for each set of roles, and above zero.
func FactorPolicyVersion(roles []Role) (version int64) {
	version = 1
	for _, role := range roles {
		version |= 2 << role
	}
	return version
}

// FactorPolicyChange says for which roles a second factor is required, if they are still those that were
// looked at (FactorPolicyVersion; 0 for whichever): else flow.ErrMoved. Who has the role and none is led to
// set one up with the next page they open.
func (d *Desk) FactorPolicyChange(ctx context.Context, roles []Role, version int64) error {
	return d.write(ctx, deed{"FactorPolicyChange", factorRoles, roleWordsOf(roles)}, func(tx Tx) error {
		if err := tx.FactsHold(); err != nil {
			return err
		}
		if is, err := rolesWithFactor(tx); err != nil {
			return err
		} else if version != 0 && FactorPolicyVersion(is) != version {
			return flow.ErrMoved
		}
		return tx.ChoicePut(factorRoles, roleWordsOf(slices.Compact(slices.Sorted(slices.Values(roles)))), d.now())
	})
}

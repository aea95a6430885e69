package store

import (
	"encoding/base64"
	"time"

	"prorata/flow"
	"prorata/flow/office"
)

// FactorPut adds a second factor, or writes what is now kept of it.
func (t *tx) FactorPut(f office.KeptFactor) error {
	_, err := t.exec(`INSERT INTO user_factor (user_id, id, kind, name, kept, step, confirmed, made_at, used_at) VALUES (`+binds(1, 9)+`)
		ON CONFLICT (user_id, id) DO UPDATE SET name = excluded.name, kept = excluded.kept, step = excluded.step, used_at = excluded.used_at`,
		string(f.User), string(f.ID), string(f.Kind), f.Name, base64.StdEncoding.EncodeToString(f.Kept), f.Step, f.Confirmed, microsOf(f.MadeAt), microsOf(f.UsedAt))
	return wrap("second factor", err)
}

// FactorsOf are a user's, in the order in which they were made.
func (t *tx) FactorsOf(user office.UserID) (list []office.KeptFactor, err error) {
	err = t.each(func(r *rows) {
		f := office.KeptFactor{Factor: office.Factor{User: user, ID: office.FactorID(r.text()), Kind: office.FactorKind(r.text()), Name: r.text()}}
		kept, bad := base64.StdEncoding.DecodeString(r.text())
		if bad != nil {
			r.bad(bad)
		}
		f.Kept, f.Step, f.Confirmed, f.MadeAt, f.UsedAt = kept, r.number(), r.flag(), r.instant(), r.instant()
		list = append(list, f)
	}, `SELECT id, kind, name, kept, step, confirmed, made_at, used_at FROM user_factor WHERE user_id = $1 ORDER BY made_at, id`, string(user))
	return list, wrap("second factors", err)
}

// FactorEnd takes a second factor away.
func (t *tx) FactorEnd(user office.UserID, id office.FactorID) error {
	_, err := t.exec(`DELETE FROM user_factor WHERE user_id = $1 AND id = $2`, string(user), string(id))
	return wrap("second factor", err)
}

// FactorConfirm makes a factor count; ErrMoved where it is not there any more.
func (t *tx) FactorConfirm(user office.UserID, id office.FactorID, at time.Time) error {
	n, err := t.exec(`UPDATE user_factor SET confirmed = TRUE, used_at = $1 WHERE user_id = $2 AND id = $3`, microsOf(at), string(user), string(id))
	if err == nil && n == 0 {
		err = flow.ErrMoved
	}
	return wrap("second factor", err)
}

// CodeUse takes a step once.
func (t *tx) CodeUse(user office.UserID, id office.FactorID, step int64, at time.Time) (bool, error) {
	n, err := t.exec(`UPDATE user_factor SET step = $1, used_at = $2 WHERE user_id = $3 AND id = $4 AND step < $1`, step, microsOf(at), string(user), string(id))
	return n > 0, wrap("second factor", err)
}

// RecoveryPut replaces all recovery codes of a user.
func (t *tx) RecoveryPut(user office.UserID, hashes []string) error {
	if _, err := t.exec(`DELETE FROM user_recovery WHERE user_id = $1`, string(user)); err != nil {
		return wrap("recovery codes", err)
	}
	for _, hash := range hashes {
		if _, err := t.exec(`INSERT INTO user_recovery (user_id, hash) VALUES ($1, $2)`, string(user), hash); err != nil {
			return wrap("recovery codes", err)
		}
	}
	return nil
}

// RecoveryUse takes a recovery code away.
func (t *tx) RecoveryUse(user office.UserID, hash string) (bool, error) {
	n, err := t.exec(`DELETE FROM user_recovery WHERE user_id = $1 AND hash = $2`, string(user), hash)
	return n > 0, wrap("recovery code", err)
}

// RecoveryLeft counts those not used yet.
func (t *tx) RecoveryLeft(user office.UserID) (left int, err error) {
	_, err = t.one(func(r *rows) { left = r.count() }, `SELECT COUNT(*) FROM user_recovery WHERE user_id = $1`, string(user))
	return left, wrap("recovery codes", err)
}

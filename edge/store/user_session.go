package store

import (
	"encoding/base64"
	"strings"
	"time"

	"prorata/flow"
	"prorata/flow/office"
)

const sessionColumns = `id, user_id, came_from, agent, came_by, proved, made_at, seen_at, ends_at`

func (r *rows) session() office.Session {
	return office.Session{ID: office.SessionID(r.text()), User: office.UserID(r.text()), From: r.text(), Agent: r.text(), By: r.text(), Proved: r.flag(),
		MadeAt: r.instant(), SeenAt: r.instant(), EndsAt: r.instant()}
}

// SessionAdd writes a new session.
func (t *tx) SessionAdd(s office.Session, hash string) error {
	_, err := t.exec(`INSERT INTO user_session (`+sessionColumns+`, hash) VALUES (`+binds(1, 10)+`)`,
		string(s.ID), string(s.User), s.From, s.Agent, s.By, s.Proved, microsOf(s.MadeAt), microsOf(s.SeenAt), microsOf(s.EndsAt), hash)
	return wrap("session", err)
}

// SessionByHash reads the session of a hash; ErrUnknown where there is none.
func (t *tx) SessionByHash(hash string) (s office.Session, err error) {
	found, err := t.one(func(r *rows) { s = r.session() }, `SELECT `+sessionColumns+` FROM user_session WHERE hash = $1`, hash)
	return s, wrap("session", missing(found, err))
}

// missing is ErrUnknown for a row that was not found.
func missing(found bool, err error) error {
	if err == nil && !found {
		return flow.ErrUnknown
	}
	return err
}

// SessionTouch remembers when and from where a session was last used.
func (t *tx) SessionTouch(id office.SessionID, at time.Time, from string) error {
	_, err := t.exec(`UPDATE user_session SET seen_at = $1, came_from = $2 WHERE id = $3`, microsOf(at), from, string(id))
	return wrap("session", err)
}

// SessionProve gives a session another hash and another end; ErrMoved where it ended.
func (t *tx) SessionProve(id office.SessionID, hash string, endsAt time.Time) error {
	n, err := t.exec(`UPDATE user_session SET proved = TRUE, hash = $1, ends_at = $2 WHERE id = $3`, hash, microsOf(endsAt), string(id))
	if err == nil && n == 0 {
		err = flow.ErrMoved
	}
	return wrap("session", err)
}

// SessionEnrolled marks a session as proved.
func (t *tx) SessionEnrolled(id office.SessionID) error {
	_, err := t.exec(`UPDATE user_session SET proved = TRUE WHERE id = $1`, string(id))
	return wrap("session", err)
}

// SessionsOf are a user's, or everybody's where none is given, the last used first.
func (t *tx) SessionsOf(user office.UserID) (list []office.Session, err error) {
	err = t.each(func(r *rows) { list = append(list, r.session()) },
		`SELECT `+sessionColumns+` FROM user_session WHERE user_id = $1 OR $1 = '' ORDER BY seen_at DESC, id`, string(user))
	return list, wrap("sessions", err)
}

// SessionEnd ends a session; ErrUnknown where there is none.
func (t *tx) SessionEnd(id office.SessionID) error {
	n, err := t.exec(`DELETE FROM user_session WHERE id = $1`, string(id))
	return wrap("session", missing(n > 0, err))
}

// SessionsEnd ends all sessions of a user but one.
func (t *tx) SessionsEnd(user office.UserID, but office.SessionID) (int64, error) {
	n, err := t.exec(`DELETE FROM user_session WHERE user_id = $1 AND id <> $2`, string(user), string(but))
	return n, wrap("sessions of "+string(user), err)
}

const tokenSelect = `SELECT t.id, t.user_id, u.address, t.name, t.hint, t.scopes, t.made_at, t.ends_at, t.used_at, COALESCE(t.parent, '') FROM user_token t JOIN office_user u ON u.id = t.user_id`

func (r *rows) token() office.APIToken {
	a := office.APIToken{ID: office.TokenID(r.text()), User: office.UserID(r.text()), Address: r.text(), Name: r.text(), Hint: r.text()}
	for word := range strings.FieldsSeq(r.text()) {
		a.Scopes = append(a.Scopes, office.Scope(word))
	}
	a.MadeAt, a.EndsAt, a.UsedAt, a.Parent = r.instant(), r.instant(), r.instant(), office.TokenID(r.text())
	return a
}

// TokenAdd writes a new token.
func (t *tx) TokenAdd(a office.APIToken, hash string) error {
	words := make([]string, len(a.Scopes))
	for i, scope := range a.Scopes {
		words[i] = string(scope)
	}
	_, err := t.exec(`INSERT INTO user_token (id, user_id, name, hint, scopes, made_at, ends_at, used_at, hash, parent) VALUES (`+binds(1, 9)+`, NULLIF($10, ''))`,
		string(a.ID), string(a.User), a.Name, a.Hint, strings.Join(words, " "), microsOf(a.MadeAt), microsOf(a.EndsAt), microsOf(a.UsedAt), hash, string(a.Parent))
	return wrap("token "+a.Name, err)
}

// TokenByHash reads the token of a hash; ErrUnknown where there is none.
func (t *tx) TokenByHash(hash string) (a office.APIToken, err error) {
	found, err := t.one(func(r *rows) { a = r.token() }, tokenSelect+` WHERE t.hash = $1`, hash)
	return a, wrap("token", missing(found, err))
}

// TokensOf are a user's, or everybody's where none is given, the newest first.
func (t *tx) TokensOf(user office.UserID) (list []office.APIToken, err error) {
	err = t.each(func(r *rows) { list = append(list, r.token()) }, tokenSelect+` WHERE t.user_id = $1 OR $1 = '' ORDER BY t.made_at DESC, t.id`, string(user))
	return list, wrap("tokens", err)
}

// TokenTouch remembers when a token was last used.
func (t *tx) TokenTouch(id office.TokenID, at time.Time) error {
	_, err := t.exec(`UPDATE user_token SET used_at = $1 WHERE id = $2`, microsOf(at), string(id))
	return wrap("token", err)
}

// TokenEnd ends a token, and those that were made by it; ErrUnknown where there is none.
func (t *tx) TokenEnd(id office.TokenID) error {
	n, err := t.exec(`DELETE FROM user_token WHERE id = $1`, string(id))
	return wrap("token", missing(n > 0, err))
}

// TokensEnd ends all tokens of a user.
func (t *tx) TokensEnd(user office.UserID) (int64, error) {
	n, err := t.exec(`DELETE FROM user_token WHERE user_id = $1`, string(user))
	return n, wrap("tokens of "+string(user), err)
}

// WelcomePut keeps a one-time link.
func (t *tx) WelcomePut(w office.Welcome, hash string) error {
	_, err := t.exec(`INSERT INTO user_welcome (hash, kind, user_id, made_by, made_at, ends_at) VALUES (`+binds(1, 6)+`)`,
		hash, string(w.Kind), string(w.User), w.By, microsOf(w.MadeAt), microsOf(w.EndsAt))
	return wrap("one-time link", err)
}

// WelcomeGet reads a one-time link; ErrUnknown where there is none.
func (t *tx) WelcomeGet(hash string) (w office.Welcome, err error) {
	found, err := t.one(func(r *rows) {
		w = office.Welcome{Kind: office.WelcomeKind(r.text()), User: office.UserID(r.text()), By: r.text(), MadeAt: r.instant(), EndsAt: r.instant()}
	}, `SELECT kind, user_id, made_by, made_at, ends_at FROM user_welcome WHERE hash = $1`, hash)
	return w, wrap("one-time link", missing(found, err))
}

// WelcomeEnd uses a link up.
func (t *tx) WelcomeEnd(hash string) (bool, error) {
	n, err := t.exec(`DELETE FROM user_welcome WHERE hash = $1`, hash)
	return n > 0, wrap("one-time link", err)
}

// WelcomesEnd ends all links to a user; those to nobody yet where none is given.
func (t *tx) WelcomesEnd(user office.UserID) error {
	_, err := t.exec(`DELETE FROM user_welcome WHERE user_id = $1`, string(user))
	return wrap("one-time links", err)
}

// ChallengePut keeps what was asked of a browser.
func (t *tx) ChallengePut(name string, data []byte, endsAt time.Time) error {
	_, err := t.exec(`INSERT INTO sign_in_challenge (name, kept, ends_at) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET kept = excluded.kept, ends_at = excluded.ends_at`, name, base64.StdEncoding.EncodeToString(data), microsOf(endsAt))
	return wrap("challenge", err)
}

// ChallengeTake gives what was kept, to one who asks, and forgets it.
func (t *tx) ChallengeTake(name string) (data []byte, endsAt time.Time, err error) {
	text := ""
	found, err := t.one(func(r *rows) { text, endsAt = r.text(), r.instant() }, `DELETE FROM sign_in_challenge WHERE name = $1 RETURNING kept, ends_at`, name)
	if err = missing(found, err); err == nil {
		data, err = base64.StdEncoding.DecodeString(text)
	}
	return data, endsAt, wrap("challenge", err)
}

// SpentEnd forgets what was over before a moment.
func (t *tx) SpentEnd(before time.Time) error {
	for _, sql := range []string{
		`DELETE FROM user_session WHERE ends_at < $1`, `DELETE FROM user_welcome WHERE ends_at < $1`, `DELETE FROM user_token WHERE ends_at < $1`,
		`DELETE FROM sign_in_challenge WHERE ends_at < $1`, `DELETE FROM sign_in_try WHERE last_at < $1`,
	} {
		if _, err := t.exec(sql, microsOf(before)); err != nil {
			return wrap("what is spent", err)
		}
	}
	return nil
}

// TryHold takes the row of a key, so that tries at the same time are counted one by one.
func (t *tx) TryHold(key string) (tried office.Tried, err error) {
	_, err = t.one(func(r *rows) { tried = office.Tried{Failures: r.number(), LastAt: r.instant(), FreeAt: r.instant()} },
		`INSERT INTO sign_in_try (key, failures, last_at, free_at) VALUES ($1, 0, 0, 0) ON CONFLICT (key) DO UPDATE SET failures = sign_in_try.failures
		RETURNING failures, last_at, free_at`, key)
	return tried, wrap("tries", err)
}

// TryPut writes what is now counted under a key.
func (t *tx) TryPut(key string, tried office.Tried) error {
	_, err := t.exec(`UPDATE sign_in_try SET failures = $1, last_at = $2, free_at = $3 WHERE key = $4`, tried.Failures, microsOf(tried.LastAt), microsOf(tried.FreeAt), key)
	return wrap("tries", err)
}

package store

import (
	"strings"
	"time"

	"prorata/core/billing"
	"prorata/flow"
	"prorata/flow/office"
)

const userColumns = `id, address, name, language, roles, accounts, state, version, made_at, signed_in_at`

// userSelect reads what user reads: the columns, and what the user has.
const userSelect = `SELECT u.id, u.address, u.name, u.language, u.roles, u.accounts, u.state, u.version, u.made_at, u.signed_in_at, u.password <> '',
	(SELECT COUNT(*) FROM user_factor f WHERE f.user_id = u.id AND f.confirmed) FROM office_user u`

func (r *rows) user() (u office.User) {
	u.ID, u.Address, u.Name, u.Language = office.UserID(r.text()), r.text(), r.text(), r.text()
	for word := range strings.FieldsSeq(r.text()) {
		role, err := office.ParseRole(word)
		if err != nil {
			r.bad(err)
		}
		u.Roles = append(u.Roles, role)
	}
	for line := range strings.Lines(r.text()) {
		u.Accounts = append(u.Accounts, billing.AccountID(strings.TrimSuffix(line, "\n")))
	}
	u.State, u.Version, u.MadeAt, u.SignedInAt = office.UserState(r.text()), r.number(), r.instant(), r.instant()
	u.Password, u.Factors = r.flag(), r.count()
	return u
}

// rolesText has a space before and after each word, so that one can be looked for.
func rolesText(roles []office.Role) string {
	text := " "
	for _, role := range roles {
		text += role.String() + " "
	}
	return text
}

func accountsText(accounts []billing.AccountID) string {
	var text strings.Builder
	for _, id := range accounts {
		text.WriteString(string(id) + "\n")
	}
	return text.String()
}

// UserAdd writes a new user.
func (t *tx) UserAdd(u office.User) error {
	n, err := t.exec(`INSERT INTO office_user (`+userColumns+`, password) VALUES (`+binds(1, 10)+`, '') ON CONFLICT DO NOTHING`,
		string(u.ID), u.Address, u.Name, u.Language, rolesText(u.Roles), accountsText(u.Accounts), string(u.State), u.Version, microsOf(u.MadeAt), microsOf(u.SignedInAt))
	if err == nil && n == 0 {
		err = flow.ErrMoved
	}
	return wrap("user "+u.Address, err)
}

// UserChange writes a user that has the version which was read.
func (t *tx) UserChange(u office.User) error {
	n, err := t.exec(`UPDATE office_user SET address = $1, name = $2, language = $3, roles = $4, accounts = $5, state = $6, version = version + 1 WHERE id = $7 AND version = $8`,
		u.Address, u.Name, u.Language, rolesText(u.Roles), accountsText(u.Accounts), string(u.State), string(u.ID), u.Version)
	if err == nil && n == 0 {
		err = flow.ErrMoved
	}
	return wrap("user "+u.Address, err)
}

// UserGet reads a user; ErrUnknown where there is none.
func (t *tx) UserGet(id office.UserID) (office.User, error) {
	return t.userBy("user "+string(id), `u.id = $1`, string(id))
}

// UserByAddress reads the user who has an address. An address that nobody has is not told again.
func (t *tx) UserByAddress(address string) (office.User, error) {
	return t.userBy("user", `u.address = $1`, address)
}

func (t *tx) userBy(doing, condition, arg string) (u office.User, err error) {
	if !fit(arg) {
		return u, wrap(doing, flow.ErrUnknown)
	}
	found, err := t.one(func(r *rows) { u = r.user() }, userSelect+` WHERE `+condition, arg)
	if err == nil && !found {
		err = flow.ErrUnknown
	}
	return u, wrap(doing, err)
}

// UserList is in order of addresses.
func (t *tx) UserList(f office.UserFilter) (list []office.User, err error) {
	role, most := "", int64(f.Most)
	if f.Role != nil {
		role = " " + f.Role.String() + " "
	}
	if most == 0 {
		most = pageMost
	}
	search := pattern(f.Search, true)
	err = t.each(func(r *rows) { list = append(list, r.user()) }, userSelect+` WHERE u.address > $1 AND (u.state = $2 OR $2 = '') AND u.roles LIKE $3
		AND (u.address LIKE $4 ESCAPE '\' OR LOWER(u.name) LIKE $4 ESCAPE '\') ORDER BY u.address LIMIT $5`, f.After, string(f.State), "%"+role+"%", search, most)
	return list, wrap("users", err)
}

// OwnersHold locks the rows of the active owners by writing them as they are.
func (t *tx) OwnersHold() (owners []office.UserID, err error) {
	err = t.each(func(r *rows) { owners = append(owners, office.UserID(r.text())) },
		`UPDATE office_user SET version = version WHERE state = 'active' AND roles LIKE '% owner %' RETURNING id`)
	return owners, wrap("owners", err)
}

// PasswordGet is empty where the user has none.
func (t *tx) PasswordGet(id office.UserID) (hashed string, err error) {
	_, err = t.one(func(r *rows) { hashed = r.text() }, `SELECT password FROM office_user WHERE id = $1`, string(id))
	return hashed, wrap("password of "+string(id), err)
}

// PasswordPut replaces the hash.
func (t *tx) PasswordPut(id office.UserID, hashed string) error {
	_, err := t.exec(`UPDATE office_user SET password = $1 WHERE id = $2`, hashed, string(id))
	return wrap("password of "+string(id), err)
}

// SignedInPut remembers when a user last came in.
func (t *tx) SignedInPut(id office.UserID, at time.Time) error {
	_, err := t.exec(`UPDATE office_user SET signed_in_at = $1 WHERE id = $2`, microsOf(at), string(id))
	return wrap("user "+string(id), err)
}

// SubjectUser is ErrUnknown where the subject is nobody here.
func (t *tx) SubjectUser(issuer, subject string) (id office.UserID, err error) {
	found, err := t.one(func(r *rows) { id = office.UserID(r.text()) }, `SELECT user_id FROM user_subject WHERE issuer = $1 AND subject = $2`, issuer, subject)
	if err == nil && !found {
		err = flow.ErrUnknown
	}
	return id, wrap("subject", err)
}

// SubjectPut joins a subject with a user.
func (t *tx) SubjectPut(issuer, subject string, id office.UserID, at time.Time) error {
	_, err := t.exec(`INSERT INTO user_subject (issuer, subject, user_id, made_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (issuer, subject) DO UPDATE SET user_id = excluded.user_id, made_at = excluded.made_at`, issuer, subject, string(id), microsOf(at))
	return wrap("subject of "+string(id), err)
}

// ChoiceGet is empty where nothing was chosen.
func (t *tx) ChoiceGet(name string) (value string, err error) {
	_, err = t.one(func(r *rows) { value = r.text() }, `SELECT value FROM office_choice WHERE name = $1`, name)
	return value, wrap("setting "+name, err)
}

// ChoicePut replaces a setting.
func (t *tx) ChoicePut(name, value string, at time.Time) error {
	_, err := t.exec(`INSERT INTO office_choice (name, value, changed_at) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at`, name, value, microsOf(at))
	return wrap("setting "+name, err)
}

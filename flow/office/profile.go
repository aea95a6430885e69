package office

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

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
	if err := checkPassword(after, d.person.Who, d.person.Name); err != nil {
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
	ok, _, err := d.office.Identity.Passwords.Verify(ctx, password[:min(len(password), passwordMost)], hashed)
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

const (
	passwordLeast   = 12
	passwordLetters = 256
)

// checkPassword wants a password to be long, and not one of those that are tried first.
// There are no rules about kinds of letters: they make passwords worse.
func checkPassword(password, address, name string) error {
	wrong := func(text string, args ...any) error { return &FieldError{"password", fmt.Errorf(text, args...)} }
	length := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password):
		return wrong("it is not text")
	case length < passwordLeast:
		return wrong("it has %d letters: expected at least %d; a few words that do not belong together are a good one", length, passwordLeast)
	case length > passwordLetters || len(password) > passwordMost:
		return wrong("it has %d letters: expected at most %d", length, passwordLetters)
	}
	small := strings.ToLower(password)
	known := strings.FieldsFunc(address+" "+strings.ToLower(name), func(r rune) bool { return r == '@' || r == '.' || r == ' ' })
	known = append(known, "prorata", "password", "passwort", "kennwort")
	// The longest first: nordmann is not nord with something to it.
	slices.SortFunc(known, func(a, b string) int { return len(b) - len(a) })
	for _, word := range known {
		if utf8.RuneCountInString(word) >= 4 {
			small = strings.ReplaceAll(small, word, "")
		}
	}
	if utf8.RuneCountInString(small) < passwordLeast/2 {
		return wrong("it is little more than your address, your name or a word that is tried first")
	}
	if easy(strings.ToLower(password)) {
		return wrong("it repeats itself, or follows the alphabet or the keyboard: it would be tried first")
	}
	return nil
}

// easy says whether a text is of few letters, or mostly a row of neighbours.
func easy(text string) bool {
	seen := map[rune]bool{}
	rows := []string{"abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm", "azertyuiop", "1qaz2wsx3edc4rfv5tgb"}
	runs, last := 0, rune(0)
	for _, r := range text {
		seen[r] = true
		pair := string([]rune{last, r})
		back := string([]rune{r, last})
		if last == r || last != 0 && anyHas(rows, pair, back) {
			runs++
		}
		last = r
	}
	return len(seen) < 5 || runs*4 >= utf8.RuneCountInString(text)*3
}

func anyHas(rows []string, pair, back string) bool {
	for _, row := range rows {
		if strings.Contains(row, pair) || strings.Contains(row, back) {
			return true
		}
	}
	return false
}

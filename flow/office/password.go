package office

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	passwordLeast   = 12
	passwordLetters = 256
)

// checkPassword wants a password to be long, and not one of those that are tried first.
// There are no rules about kinds of letters: they make passwords worse.
func (o *Office) checkPassword(password, address, name string) error {
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
	if o.Identity.Breached == nil {
		return nil
	}
	if known, err := o.Identity.Breached.Known(password); err != nil {
		return err
	} else if known {
		return wrong("it is known from a breach elsewhere: it would be tried first")
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

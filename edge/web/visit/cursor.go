package visit

import (
	"encoding/base64"
	"slices"
	"strings"
)

// Cursor writes a place in a list as a query has it: its parts in an order that the
// page knows.
func Cursor(parts ...string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, "\x00")))
}

// Place reads what Cursor wrote into as many parts; empty ones where it is none: the
// list then begins from its first row.
func Place(text string, parts ...*string) (ok bool) {
	plain, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(text) > 2000 || text == "" {
		return false
	}
	read := strings.Split(string(plain), "\x00")
	if len(read) != len(parts) {
		return false
	}
	for i := range parts {
		*parts[i] = read[i]
	}
	return true
}

// Narrowed says whether a list's address asks for anything but a place in it: whether there is a
// filter to clear.
func (v *Visit) Narrowed() bool {
	for name, values := range v.R.URL.Query() {
		moves := slices.Contains([]string{"open", "after", "before", "on", "line", "lines", "sort"}, name)
		if !moves && slices.ContainsFunc(values, func(value string) bool { return value != "" }) {
			return true
		}
	}
	return false
}

package store

import "strings"

// What the lists of pages have in common.

const (
	// pageMost is how many rows a page without a limit of its own has.
	pageMost = 1 << 30
	// seqBeyond is after every number: where a list of the newest begins.
	seqBeyond = 1 << 62
)

// pattern finds a text anywhere, or at the beginning, in small letters: the marks of LIKE
// stand for themselves in it, behind the backslash that the statement names as its ESCAPE.
func pattern(text string, anywhere bool) string {
	text = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(text)) + "%"
	if anywhere {
		text = "%" + text
	}
	return text
}

// sought is a pattern that finds a text anywhere, and empty where nothing is looked for.
func sought(text string) string {
	if text == "" {
		return ""
	}
	return pattern(text, true)
}

package part

import (
	"prorata/core/money"
)

// Page is what the frame around a page needs to know.
type Page struct {
	// Title names the noun; it is the browser's title, too.
	Title string
	// State is a quiet pill beside the title; none where empty.
	State Pill
	// Section is the path of the rail's entry that the page belongs to.
	Section string
	// Crumbs are where the page is, outermost first, without itself.
	Crumbs []Link
	// Wide lets the page use the whole width: tables with many columns.
	Wide bool
	// Frame is filled in by the visit.
	Frame Frame
}

// Frame is what is the same on every page of a visit.
type Frame struct {
	Nav []Section
	// Who is signed in; empty where nobody is.
	Who, Role string
	// Search is the text in the search field.
	Search string
	// Said is what the last action did, in a sentence; empty for nothing.
	Said string
	// Assets is the path under which this version's files are.
	Assets string
	// Path is the URL of the page, for what leads back to it.
	Path string
}

// Section is an entry of the rail. A count only where something waits.
type Section struct {
	Name, Path string
	Waiting    int64
}

// Link is a text that leads somewhere.
type Link struct{ Text, Path string }

// Tone is what a colour says, never by itself alone.
type Tone string

// The tones.
const (
	Plain Tone = "plain"
	Good  Tone = "good"
	Warn  Tone = "warn"
	Bad   Tone = "bad"
)

// Pill is a state as one quiet word.
type Pill struct {
	Text string
	Tone Tone
}

// Figure is one number that matters, with its name and what it is compared with.
type Figure struct {
	Name string
	// Value is set already, in the reader's locale; Unit is a currency's code or empty.
	Value, Unit string
	// Beside says what it is compared with, in a few words.
	Beside string
	// Path leads to what the figure is made of.
	Path string
}

// Amounts sets a figure of an amount.
func (l Locale) Amounts(name string, a money.Amount) Figure {
	return Figure{Name: name, Value: l.Amount(a), Unit: a.Currency().String()}
}

// Fact is a name and what it is, in a list of facts.
type Fact struct {
	Name, Value string
	// Path makes the value a link.
	Path string
}

// Next leads to the pages before and after; empty where there is none.
type Next struct {
	// Shown says what part is shown: 1–50 of 1,204, or 50 invoices.
	Shown        string
	Newer, Older string
}

// Action is a button of a menu or the primary one.
type Action struct {
	// Text is a verb with its object.
	Text string
	// Path is where the form is, or the page that asks.
	Path string
	// Costly is set for what cannot be taken back.
	Costly bool
}

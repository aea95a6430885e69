package partnercenter

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"prorata/flow"
)

// ErrDamaged marks an error after which nothing more of a file can be read: it
// is cut off, in another encoding, or not such a file at all.
var ErrDamaged = errors.New("the file is damaged")

// Problem is one mistake in a file.
type Problem struct {
	At flow.Source
	// Field is the column or the path of the JSON field; empty for the row or file as a whole.
	Field string
	// Text says what is wrong and what was expected.
	Text string
	// Damaged says that reading stopped here.
	Damaged bool
}

// Error is file:line: field: what is wrong.
func (p *Problem) Error() string {
	if p.Field == "" {
		return p.At.String() + ": " + p.Text
	}
	return p.At.String() + ": " + p.Field + ": " + p.Text
}

// Is lets errors.Is find ErrDamaged.
func (p *Problem) Is(target error) bool {
	return (target == ErrDamaged && p.Damaged) || (target == errNothing && p.Text == errNothing.Error())
}

// errNothing says that there is not a byte in a file.
var errNothing = errors.New("the file is empty")

func damaged(file string, line int, format string, args ...any) error {
	return &Problem{At: flow.Source{File: file, Line: line}, Text: fmt.Sprintf(format, args...), Damaged: true}
}

// mistakes are those of one row.
type mistakes struct {
	at   flow.Source
	list []error
}

func (m *mistakes) add(field, format string, args ...any) {
	m.list = append(m.list, &Problem{At: m.at, Field: field, Text: fmt.Sprintf(format, args...)})
}

func (m *mistakes) err() error { return errors.Join(m.list...) }

// quote shows a text in a message, cut where it is long.
func quote(text string) string {
	const shown = 60
	if len(text) > shown {
		text = strings.ToValidUTF8(text[:shown], "") + "…"
	}
	return strconv.Quote(text)
}

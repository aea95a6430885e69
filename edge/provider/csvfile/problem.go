package csvfile

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"prorata/flow"
)

// ErrDamaged marks an error after which nothing more of a file can be read: it is
// cut off, in another encoding or form than its mapping says, or lacks a column.
var ErrDamaged = errors.New("the file cannot be read")

type damage struct {
	at   flow.Source
	text string
}

// Error is file:line: what is wrong.
func (d *damage) Error() string { return d.at.String() + ": " + d.text }

// Is lets errors.Is find ErrDamaged.
func (d *damage) Is(target error) bool { return target == ErrDamaged }

func damaged(file string, line int, format string, args ...any) error {
	return &damage{flow.Source{File: file, Line: line}, fmt.Sprintf(format, args...)}
}

// mistakes are those of one row, or of one mapping.
type mistakes struct {
	at   flow.Source
	list []error
}

func (m *mistakes) add(field, format string, args ...any) { m.addAt(m.at, field, format, args...) }

func (m *mistakes) addAt(at flow.Source, field, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if field != "" {
		text = field + ": " + text
	}
	m.list = append(m.list, &flow.InputError{At: at, Err: errors.New(text)})
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

package bookfile

import (
	"errors"
	"fmt"

	"prorata/flow"
)

// ErrDamaged marks an error after which nothing more of a file can be read: it
// is cut off, in another encoding, or not such a file at all.
var ErrDamaged = errors.New("the file is damaged")

// Problem is one mistake in a file.
type Problem struct {
	At flow.Source
	// Key is the path of the key, like contracts[0].start; empty for the file as a whole.
	Key string
	// Text says what is wrong and what was expected.
	Text string
	// Damaged says that reading stopped here.
	Damaged bool
}

// Error is file:line: key: what is wrong.
func (p *Problem) Error() string {
	if p.Key == "" {
		return p.At.String() + ": " + p.Text
	}
	return p.At.String() + ": " + p.Key + ": " + p.Text
}

// Is lets errors.Is find ErrDamaged.
func (p *Problem) Is(target error) bool { return target == ErrDamaged && p.Damaged }

// problemsMax is how many mistakes of one file are told; a file of another kind has thousands.
const problemsMax = 50

// problems collects the mistakes of one file, or of one noun of it.
type problems struct {
	file string
	list []error
	more int
}

func (p *problems) add(line int, key, format string, args ...any) {
	if len(p.list) == problemsMax {
		p.more++
		return
	}
	at := flow.Source{File: p.file, Line: line}
	p.list = append(p.list, &Problem{At: at, Key: key, Text: fmt.Sprintf(format, args...)})
}

// err is all of them as one, or nil.
func (p *problems) err() error {
	if p.more > 0 {
		return errors.Join(append(p.list, fmt.Errorf("%s: and %d more", p.file, p.more))...)
	}
	return errors.Join(p.list...)
}

func damaged(file string, line int, format string, args ...any) error {
	return &Problem{At: flow.Source{File: file, Line: line}, Text: fmt.Sprintf(format, args...), Damaged: true}
}

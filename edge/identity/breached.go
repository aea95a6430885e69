package identity

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // the published lists have it; it protects nothing here
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
)

// Breached is a list of passwords that are known from breaches, in the form in which such lists are
// published: a line for each, its SHA-1 in hexadecimal digits, with or without a colon and how
// often it was seen behind it, ordered by the digits. It is looked up in its file, however long that is.
type Breached struct {
	file *os.File
	size int64
}

const (
	digestDigits = 2 * sha1.Size
	// lineMost is longer than any line of such a list.
	lineMost = 128
)

// errBreached is a file that is no such list.
var errBreached = errors.New("expected lines of 40 hexadecimal digits, in their order, each with a colon and a count behind it or without")

// OpenBreached opens a list and looks at its first and last line.
func OpenBreached(path string) (*Breached, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	about, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	b := &Breached{file, about.Size()}
	first, _, firstErr := b.from(0)
	last, _, lastErr := b.from(max(0, b.size-lineMost/2))
	if err := errors.Join(firstErr, lastErr); err != nil || last != "" && last < first {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, errBreached), file.Close())
	}
	return b, nil
}

// Close closes its file.
func (b *Breached) Close() error { return b.file.Close() }

// Known says whether a password is in the list.
func (b *Breached) Known(password string) (bool, error) {
	sum := sha1.Sum([]byte(password)) //nolint:gosec // see above
	want := fmt.Sprintf("%X", sum)
	low, high := int64(0), b.size
	for low < high {
		middle := low + (high-low)/2
		digest, next, err := b.from(middle)
		switch {
		case err != nil:
			return false, err
		case digest == want:
			return true, nil
		case digest == "" || digest > want:
			high = middle
		default:
			low = next
		}
	}
	return false, nil
}

// from reads the first line that begins at an offset or behind it: its digits in capitals, and
// where the next one begins; no digits behind the last.
func (b *Breached) from(offset int64) (digest string, next int64, err error) {
	start := max(0, offset-1)
	text := make([]byte, 2*lineMost)
	n, err := b.file.ReadAt(text, start)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", 0, err
	}
	text = text[:n]
	if offset > 0 {
		// A line begins behind the end of another.
		end := bytes.IndexByte(text, '\n')
		if end < 0 {
			return "", b.size, nil
		}
		start, text = start+int64(end)+1, text[end+1:]
	}
	if len(text) == 0 {
		return "", b.size, nil
	}
	line, _, whole := bytes.Cut(text, []byte("\n"))
	length := int64(len(line))
	if whole {
		length++
	}
	digits, _, _ := bytes.Cut(bytes.TrimSuffix(line, []byte("\r")), []byte(":"))
	if _, err := hex.DecodeString(string(digits)); err != nil || len(digits) != digestDigits {
		return "", 0, fmt.Errorf("%s: byte %d: %w", b.file.Name(), start, errBreached)
	}
	return string(bytes.ToUpper(digits)), start + length, nil
}

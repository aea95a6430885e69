package partnercenter

import (
	"context"
	"errors"
	"io"
)

// Spool holds a download until it has been read. Closing it throws it away.
type Spool interface {
	io.Writer
	io.ReaderAt
	io.Closer
}

// memory is the spool where none is given.
type memory struct{ all []byte }

func (m *memory) Write(p []byte) (int, error) {
	m.all = append(m.all, p...)
	return len(p), nil
}

func (m *memory) ReadAt(p []byte, from int64) (int, error) {
	if from < 0 || from >= int64(len(m.all)) {
		return 0, io.EOF
	}
	n := copy(p, m.all[from:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (m *memory) Close() error {
	m.all = nil
	return nil
}

// spooled is a spool that knows how much is in it.
type spooled struct {
	Spool
	end int64
}

func (c *Client) spool() (*spooled, error) {
	if c.set.Spool == nil {
		return &spooled{Spool: &memory{}}, nil
	}
	s, err := c.set.Spool()
	return &spooled{Spool: s}, err
}

func (s *spooled) Write(p []byte) (int, error) {
	n, err := s.Spool.Write(p)
	s.end += int64(n)
	if err != nil {
		err = &spoolError{err}
	}
	return n, err
}

// spoolError is our own disk's, not the network's.
type spoolError struct{ err error }

func (e *spoolError) Error() string { return "keeping a download: " + e.err.Error() }
func (e *spoolError) Unwrap() error { return e.err }

// piece is one download inside a spool.
type piece struct {
	name string
	from call
	*io.SectionReader
}

// download adds what a call is answered with to a spool, whole. What breaks on
// the way is asked for again; what came of it stays in the spool, unread.
func (c *Client) download(ctx context.Context, k call, name string, to *spooled) (piece, error) {
	k.stream = true
	for try := 1; ; try++ {
		res, err := c.send(ctx, k)
		if err != nil {
			return piece{}, err
		}
		start := to.end
		n, err := io.Copy(to, res.Body)
		if err = errors.Join(err, res.Body.Close()); err == nil {
			return piece{name, k, io.NewSectionReader(to, start, n)}, nil
		}
		var own *spoolError
		if errors.As(err, &own) {
			return piece{}, own
		}
		if try >= c.set.Tries || ctx.Err() != nil {
			return piece{}, c.unknown(k, bare(err))
		}
	}
}

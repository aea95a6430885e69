package store

import (
	"context"
	"errors"
	"io"
)

// Backup is yet to be written.
func (s *Store) Backup(context.Context, io.Writer) error { return errors.ErrUnsupported }

// Restore is yet to be written.
func (s *Store) Restore(context.Context, io.Reader) error { return errors.ErrUnsupported }

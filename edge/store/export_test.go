package store

import (
	"context"
	"fmt"
)

// LimitPages makes a disk that is full beyond so many pages, on SQLite.
func (s *Store) LimitPages(ctx context.Context, pages int64) error {
	return s.do(ctx, true, func(t *tx) error { return t.each(func(*rows) {}, fmt.Sprintf("PRAGMA max_page_count = %d", pages)) })
}

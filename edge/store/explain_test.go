package store

import (
	"context"
	"strings"
	"testing"

	"prorata/flow"
)

func Explain(t testing.TB, s *Store, sql string, args ...any) {
	err := s.do(context.Background(), true, func(x *tx) error {
		if strings.Contains(sql, "k.group_key") { x.session.hint(x.ctx) }
		return x.each(func(r *rows) { t.Log(r.text()) }, "EXPLAIN (ANALYZE) "+sql, args...)
	})
	t.Log(err)
}

func MovesArgs(moves []flow.CursorMove) []any {
	n := len(moves)
	contracts, through, due, open, marks := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	versions, next := make([]int64, n), make([]int64, n)
	for i := range moves {
		m, c := &moves[i], &moves[i].Cursor
		contracts[i], versions[i], next[i] = string(m.Contract), m.Version, int64(c.Next)
		through[i], due[i], open[i], marks[i] = c.Through.String(), c.DueOn.String(), c.OpenAfter.String(), marksText(c.Marks)
	}
	return []any{contracts, versions, next, through, due, open, marks}
}

var SeedFor func(b *testing.B, s *Store, contracts int)

func seedFor(b *testing.B, s *Store) { SeedFor(b, s, 4000) }

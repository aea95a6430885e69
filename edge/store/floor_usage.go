package store

import (
	"context"
	"iter"

	"prorata/core/billing"
	"prorata/flow"
)

// FloorUsage writes usage records and their entries of the log as fast as the
// engine takes them, a transaction for each part and into tables with the same
// indexes: what taking them in is measured against. The tables are made anew and
// stay until FloorUsageDrop.
func (s *Store) FloorUsage(ctx context.Context, parts iter.Seq2[[]flow.LogEntry, []billing.UsageRecord]) (count int64, err error) {
	if err := s.FloorUsageDrop(ctx); err != nil {
		return 0, err
	}
	if err := s.do(ctx, true, func(t *tx) error { return t.floorTables(logTable, usageTable) }); err != nil {
		return 0, wrap("floor", err)
	}
	for entries, records := range parts {
		if err := s.do(ctx, true, func(t *tx) error {
			b := t.bulk(floored(logTable))
			for i := range entries {
				entries[i].Seq = count + int64(i) + 1
				b.logEntry(&entries[i])
			}
			if err := t.flush(b); err != nil {
				return err
			}
			b = t.bulk(floored(usageTable))
			for i := range records {
				b.usage(&records[i], entries[i].Contract, entries[i].Seq)
			}
			return t.flush(b)
		}); err != nil {
			return count, wrap("floor", err)
		}
		count += int64(len(entries))
	}
	return count, nil
}

// FloorUsageDrop removes the tables that FloorUsage made.
func (s *Store) FloorUsageDrop(ctx context.Context) error {
	return wrap("floor", s.do(ctx, true, func(t *tx) error {
		for _, table := range []table{logTable, usageTable} {
			if _, err := t.exec(`DROP TABLE IF EXISTS ` + floorPrefix + table.name); err != nil {
				return err
			}
		}
		return nil
	}))
}

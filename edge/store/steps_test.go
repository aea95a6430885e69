package store

import (
	"context"
	"fmt"
	"time"
	"prorata/flow"
)

func (s *Store) Steps(ctx context.Context, c flow.Chunk, sums map[string]time.Duration) error {
	at := time.Now()
	lap := func(name string) { now := time.Now(); sums[name] += now.Sub(at); at = now }
	err := s.do(ctx, true, func(t *tx) error {
		lap("begin")
		if _, err := t.NumbersTake("seller", "INV", 1000); err != nil { return err }
		lap("numbers")
		if err := t.cursorsMove(c.Moves); err != nil { return err }
		lap("cursors")
		for i, tb := range []table{invoiceTables.invoice, invoiceTables.line, invoiceTables.tax, invoiceTables.posting} {
			b := t.bulk(tb)
			for j := range c.Invoices {
				switch i {
				case 0: b.invoice(&c.Invoices[j])
				case 1: b.lines(&c.Invoices[j])
				case 2: b.taxes(&c.Invoices[j])
				case 3: b.postings(c.Invoices[j].ID, &c.Entries[j])
				}
			}
			lap(fmt.Sprint("encode ", tb.name, len(b.wire)))
			if err := t.flush(b); err != nil { return err }
			lap("flush "+tb.name)
		}
		t.dirty = true
		return nil
	})
	lap("commit")
	return err
}

func (s *Store) ReadSteps(ctx context.Context, through, after string, sums map[string]time.Duration) (last string, n int, err error) {
	at := time.Now()
	lap := func(name string) { now := time.Now(); sums[name] += now.Sub(at); at = now }
	err = s.do(ctx, false, func(t *tx) error {
		lap("0begin")
		t.hint()
		lap("1hint")
		if _, err := t.one(func(r *rows) { last = r.text() }, `SELECT MAX(group_key) FROM (SELECT k.group_key FROM contract_cursor k
		WHERE k.group_key > $1 AND k.due_on <= $2 ORDER BY k.group_key LIMIT $3) AS due`, after, through, int64(1000)); err != nil || last == "" {
			return err
		}
		lap("2last")
		l := &loader{t: t, scope: scope{where: `k.group_key > $1 AND k.group_key <= $2 AND k.due_on <= $3`, args: []any{after, last, through}}, byID: map[string]*flow.OpenBook{}, family: family{}}
		for i, step := range []func(reach) error{l.readContracts, l.readSubscriptions, l.readItems, l.readUsage, l.readFacts, l.readBilled, l.readVoided, l.close} {
			if err := step(open); err != nil {
				return err
			}
			lap(fmt.Sprint(3+i, []string{"contracts", "subscriptions", "items", "usage", "facts", "billed", "voided", "close"}[i]))
		}
		n = len(l.books)
		return nil
	})
	lap("commit")
	return
}

package store

import (
	"context"

	"prorata/core/billing"
	"prorata/flow/office"
)

// Office is the same memory as the desk sees it.
func (s *Store) Office() office.Store { return officeStore{s} }

type officeStore struct{ store *Store }

var _ office.Tx = (*tx)(nil)

// Read gives fn the book as it stands at one moment.
func (o officeStore) Read(ctx context.Context, fn func(office.Tx) error) error {
	return o.store.do(ctx, false, func(t *tx) error { return fn(t) })
}

// Write does what fn does whole, or not at all.
func (o officeStore) Write(ctx context.Context, fn func(office.Tx) error) error {
	return o.store.do(ctx, true, func(t *tx) error { return fn(t) })
}

// AccountsUnder walks down the tree of parents and resellers.
func (t *tx) AccountsUnder(roots []billing.AccountID) (all []billing.AccountID, err error) {
	known := map[billing.AccountID]bool{}
	for _, root := range roots {
		if known[root] {
			continue
		}
		err := t.each(func(r *rows) {
			if id := billing.AccountID(r.text()); !known[id] {
				known[id] = true
				all = append(all, id)
			}
		}, `WITH RECURSIVE below (id) AS (
				SELECT id FROM account WHERE id = $1
				UNION
				SELECT a.id FROM below b JOIN account a ON (a.parent = b.id AND a.parent <> '') OR (a.reseller = b.id AND a.reseller <> ''))
			SELECT id FROM below ORDER BY id`, string(root))
		if err != nil {
			return nil, wrap("accounts under "+string(root), err)
		}
	}
	return all, nil
}

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
	if len(roots) == 0 {
		return nil, nil
	}
	var c condition
	c.under(`a.id`, roots)
	err = t.each(func(r *rows) { all = append(all, billing.AccountID(r.text())) }, `SELECT a.id FROM account a`+c.where()+` ORDER BY a.id`, c.args...)
	return all, wrap("accounts below", err)
}

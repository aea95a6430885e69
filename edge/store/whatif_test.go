package store_test

import (
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/flow"
	"prorata/flow/office"
	"prorata/flow/whatif"
)

func changeOf(t *testing.T, said map[string]string) whatif.Change {
	return got[whatif.Change](t)(whatif.ReadChange(flow.Source{}, func(name string) string { return said[name] }))
}

func TestAWhatIfIsReadAsItWasKept(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		b := openBook(t, url)
		first := office.WhatIfKept{Who: "sales", MadeAt: time.Unix(10, 0).UTC(), ChangedAt: time.Unix(10, 0).UTC(), Question: whatif.Question{
			Name: "More seats, 100% sure", Months: 12, Accounts: []billing.AccountID{"acme", "b ltd"}, Changes: []whatif.Change{
				changeOf(t, map[string]string{"do": "quantity", "on": "2026-12-01", "subscription": "s 1", "to": "12.50"}),
				changeOf(t, map[string]string{"do": "subscribe", "on": "2026-12-02", "contract": "c", "sku": "E3", "quantity": "3", "term": "P1Y", "auto_renew": "no", "to": "2027-03-01"}),
				changeOf(t, map[string]string{"do": "terms", "on": "2026-12-03", "contract": "c", "frequency": "quarterly", "changes": "monthly", "changes_day": "15", "refunds": "within_days", "refunds_days": "7", "discount": "2.5"}),
				changeOf(t, map[string]string{"do": "list_price", "on": "2026-12-04", "sku": "E3", "price": "0.10", "currency": "EUR", "list": "gold", "unit": "annual"}),
			}}}
		o := b.Office()
		write := func(fn func(office.Tx) error) error { return o.Write(t.Context(), fn) }
		second := first
		second.Name, second.ChangedAt, second.Changes = "under_score", time.Unix(20, 0).UTC(), nil
		must(t, write(func(tx office.Tx) (err error) {
			if first.ID, err = tx.WhatIfAdd(first); err == nil {
				second.ID, err = tx.WhatIfAdd(second)
			}
			return err
		}))
		read := func(fn func(office.Tx)) {
			must(t, o.Read(t.Context(), func(tx office.Tx) error { fn(tx); return nil }))
		}
		list := func(filter office.WhatIfFilter) (ids []int64) {
			read(func(tx office.Tx) {
				for _, one := range got[[]office.WhatIfKept](t)(tx.WhatIfList(filter)) {
					ids = append(ids, one.ID)
				}
			})
			return ids
		}
		read(func(tx office.Tx) {
			want := first
			want.Version, want.HowMany = 1, 4
			same(t, "kept", got[office.WhatIfKept](t)(tx.WhatIfGet(first.ID)), want)
		})
		same(t, "list", list(office.WhatIfFilter{}), []int64{second.ID, first.ID})
		same(t, "the first page", list(office.WhatIfFilter{Most: 1}), []int64{second.ID})
		same(t, "the page after it", list(office.WhatIfFilter{Before: second.ChangedAt, BeforeID: second.ID}), []int64{first.ID})
		same(t, "by name", list(office.WhatIfFilter{Name: "R_s"}), []int64{second.ID})
		same(t, "a sign is no pattern", list(office.WhatIfFilter{Name: "1%s"}), []int64(nil))
		first.Version, first.Changes, first.ChangedAt = 1, first.Changes[1:2], time.Unix(30, 0).UTC()
		must(t, write(func(tx office.Tx) error { return tx.WhatIfPut(first) }))
		wantError(t, write(func(tx office.Tx) error { return tx.WhatIfPut(first) }), flow.ErrMoved)
		read(func(tx office.Tx) {
			same(t, "what is left", got[office.WhatIfKept](t)(tx.WhatIfGet(first.ID)).Changes, first.Changes)
		})
		must(t, write(func(tx office.Tx) error { return tx.WhatIfDelete(first.ID) }))
		wantError(t, write(func(tx office.Tx) error { return tx.WhatIfDelete(first.ID) }), flow.ErrUnknown)
		wantError(t, write(func(tx office.Tx) error { return tx.WhatIfPut(first) }), flow.ErrUnknown)
		same(t, "what is left of the list", list(office.WhatIfFilter{}), []int64{second.ID})
	})
}

package store

import "prorata/flow"

// PriceSheetPut notes a version; the same rows again are no new one.
func (t *tx) PriceSheetPut(s flow.KeptPriceSheet) (bool, error) {
	return t.put("price sheet "+s.View, `INSERT INTO price_sheet (connection, market, sheet_view, month_on, digest, rows_count, imported_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (connection, market, sheet_view, month_on, digest) DO NOTHING`,
		string(s.Connection), s.Market, s.View, s.Month.String(), s.Digest, s.Rows, microsOf(s.ImportedAt))
}

// PriceSheetList is newest first.
func (t *tx) PriceSheetList(id flow.ConnectionID) (list []flow.KeptPriceSheet, err error) {
	err = t.each(func(r *rows) {
		list = append(list, flow.KeptPriceSheet{Connection: id, Market: r.text(), View: r.text(), Month: r.day(), Digest: r.text(), Rows: r.number(), ImportedAt: r.instant()})
	}, `SELECT market, sheet_view, month_on, digest, rows_count, imported_at FROM price_sheet WHERE connection = $1
		ORDER BY month_on DESC, imported_at DESC, market, sheet_view, digest`, string(id))
	return list, wrap("price sheets of "+string(id), err)
}

// PromotionPut adds a promotion or changes it.
func (t *tx) PromotionPut(id flow.ConnectionID, p flow.Promotion) (bool, error) {
	return t.put("promotion "+p.ID, `INSERT INTO promotion (connection, id, sku, term_months, billing, billing_months, name, percent, from_on, to_on)
		VALUES (`+binds(1, 10)+`) ON CONFLICT (connection, id, sku, term_months, billing_months) DO UPDATE
			SET billing = excluded.billing, name = excluded.name, percent = excluded.percent, from_on = excluded.from_on, to_on = excluded.to_on
		WHERE promotion.billing <> excluded.billing OR promotion.name <> excluded.name OR promotion.percent <> excluded.percent
			OR promotion.from_on <> excluded.from_on OR promotion.to_on <> excluded.to_on`,
		string(id), p.ID, p.SKU, int64(p.TermMonths), p.Billing.Name, int64(p.Billing.Months), p.Name, p.Percent.String(), p.From.String(), p.To.String())
}

// PromotionList is a connection's promotions, by id.
func (t *tx) PromotionList(id flow.ConnectionID) (list []flow.Promotion, err error) {
	err = t.each(func(r *rows) {
		p := flow.Promotion{ID: r.text(), SKU: r.text(), TermMonths: r.count()}
		p.Billing.Name, p.Billing.Months = r.text(), r.count()
		p.Name, p.Percent, p.From, p.To = r.text(), r.decimal(), r.day(), r.day()
		list = append(list, p)
	}, `SELECT id, sku, term_months, billing, billing_months, name, percent, from_on, to_on FROM promotion WHERE connection = $1
		ORDER BY id, sku, term_months, billing_months`, string(id))
	return list, wrap("promotions of "+string(id), err)
}

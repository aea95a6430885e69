package store

import (
	"prorata/core/billing"
	"prorata/flow/office"
)

// OfferList is in order of sku.
func (t *tx) OfferList(f office.OfferFilter) (list []office.Offer, err error) {
	most := f.Most
	if most == 0 {
		most = pageMost
	}
	err = t.each(func(r *rows) {
		list = append(list, office.Offer{Product: billing.Product{SKU: r.text(), Name: r.text(), Class: r.text(), Kind: billing.ProductKind(r.enum(kindWords)), Tax: r.text()},
			Subscriptions: r.number(), Prices: r.number()})
	}, `SELECT p.sku, p.name, p.class, p.kind, p.tax,
		CASE WHEN $5 THEN 0 ELSE (SELECT COUNT(*) FROM subscription s WHERE s.sku = p.sku) END, CASE WHEN $5 THEN 0 ELSE (SELECT COUNT(*) FROM price r WHERE r.sku = p.sku) END
		FROM product p WHERE p.sku > $1 AND ($2 = '' OR LOWER(p.sku) LIKE $2 ESCAPE '\' OR LOWER(p.name) LIKE $2 ESCAPE '\')
		AND (NOT $3 OR NOT EXISTS (SELECT 1 FROM price r WHERE r.sku = p.sku)) ORDER BY p.sku LIMIT $4`, f.After, sought(f.Text), f.Unpriced, int64(most), f.Named)
	return list, wrap("products", err)
}

// PriceListCounts is in order of the lists' names.
func (t *tx) PriceListCounts() (lists []office.PriceListCount, err error) {
	err = t.each(func(r *rows) {
		lists = append(lists, office.PriceListCount{List: r.text(), Rows: r.number(), SKUs: r.number(), Newest: r.day()})
	}, `SELECT list, COUNT(*), COUNT(DISTINCT sku), MAX(from_on) FROM price GROUP BY list ORDER BY list`)
	return lists, wrap("price lists", err)
}

// PriceRows is the newest first.
func (t *tx) PriceRows(f office.PriceFilter) (list []billing.PriceRow, err error) {
	most, after := f.Most, f.After
	if most == 0 {
		most = pageMost
	}
	if after == 0 {
		after = seqBeyond
	}
	err = t.each(func(r *rows) {
		seq := r.number()
		p := r.price()
		p.Seq = seq
		list = append(list, p)
	}, `SELECT seq, `+priceColumns+` FROM price WHERE seq < $1 AND (list = $2 OR $2 = '') AND (currency = $3 OR $3 = '')
		AND ($4 = '' OR LOWER(sku) LIKE $4 ESCAPE '\') ORDER BY seq DESC LIMIT $5`, after, f.List, f.Currency.String(), sought(f.Text), int64(most))
	return list, wrap("prices", err)
}

// OfferContracts is in order of the contracts' ids.
func (t *tx) OfferContracts(sku string, most int) (contracts []billing.ContractID, of int64, err error) {
	err = t.each(func(r *rows) { contracts = append(contracts, billing.ContractID(r.text())) },
		`SELECT DISTINCT contract FROM subscription WHERE sku = $1 ORDER BY contract LIMIT $2`, sku, int64(most))
	if err == nil {
		_, err = t.one(func(r *rows) { of = r.number() }, `SELECT COUNT(DISTINCT contract) FROM subscription WHERE sku = $1`, sku)
	}
	return contracts, of, wrap("contracts that sell "+sku, err)
}

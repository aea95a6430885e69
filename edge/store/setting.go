package store

import (
	"prorata/flow"
	"prorata/flow/office"
)

// NumberSeriesList is in order of seller and series.
func (t *tx) NumberSeriesList() (list []office.NumberSeries, err error) {
	err = t.each(func(r *rows) {
		list = append(list, office.NumberSeries{Seller: flow.SellerID(r.text()), Series: r.text(), Given: r.number(), Written: r.number()})
	}, `SELECT n.seller, n.series, n.given, (SELECT COUNT(*) FROM invoice i WHERE i.seller = n.seller AND i.series = n.series)
		FROM number_series n ORDER BY n.seller, n.series`)
	return list, wrap("number series", err)
}

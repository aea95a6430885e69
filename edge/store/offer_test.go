package store_test

import (
	"testing"

	"prorata/core/billing"
	"prorata/flow"
	"prorata/flow/office"
)

func TestCatalogIsListedAndAddedTo(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		b := openBook(t, url)
		finance := b.deskOf("ann", office.Finance)
		for _, sku := range []string{"A_1", "AB1", "B"} {
			must(t, finance.ProductPut(t.Context(), billing.Product{SKU: sku, Name: "Name of " + sku, Class: "resale", Kind: billing.License}))
		}
		for _, price := range []struct{ list, from, price string }{{"default", "2026-01-01", "10.00"}, {"default", "2026-03-01", "11.00"}, {"partners", "2026-02-01", "9.5"}} {
			must(t, finance.PriceAdd(t.Context(), billing.PriceRow{SKU: "B", List: price.list, Currency: currencyOf("EUR"), Unit: monthly, Price: decimalOf(price.price), From: day(price.from)}))
		}
		list := func(f office.OfferFilter) (skus []string) {
			t.Helper()
			found, err := finance.ProductList(t.Context(), f)
			must(t, err)
			for _, o := range found {
				skus = append(skus, o.SKU)
			}
			return skus
		}
		same(t, "in order of sku", list(office.OfferFilter{}), "[AB1 A_1 B]")
		same(t, "a page", list(office.OfferFilter{After: "AB1", Most: 1}), "[A_1]")
		same(t, "an underscore is itself", list(office.OfferFilter{Text: "a_1"}), "[A_1]")
		same(t, "without a price", list(office.OfferFilter{Unpriced: true}), "[AB1 A_1]")

		product, prices, err := finance.ProductGet(t.Context(), "B")
		must(t, err)
		same(t, "its name", product.Name, "Name of B")
		var told []string
		for _, p := range prices {
			told = append(told, p.List+" "+p.From.String()+" "+p.Price.String())
		}
		same(t, "its prices, by list and the newest first", told, "[default 2026-03-01 11.00 default 2026-01-01 10.00 partners 2026-02-01 9.5]")
		lists, err := finance.PriceListList(t.Context())
		must(t, err)
		same(t, "price lists", lists, "[{List:default Rows:2 SKUs:1 Newest:2026-03-01} {List:partners Rows:1 SKUs:1 Newest:2026-02-01}]")
		rows, err := finance.PriceList(t.Context(), office.PriceFilter{List: "default", Text: "b", Most: 1})
		must(t, err)
		same(t, "the newest row of a list", rows[0].Price, "11.00")
		rows, err = finance.PriceList(t.Context(), office.PriceFilter{List: "default", After: rows[0].Seq})
		must(t, err)
		same(t, "the page after it", len(rows), 1)

		_, _, err = finance.ProductGet(t.Context(), "C")
		wantError(t, err, flow.ErrUnknown)
		wantError(t, finance.PriceAdd(t.Context(), billing.PriceRow{SKU: "C", List: "default", Currency: currencyOf("EUR"), Unit: monthly, Price: decimalOf("1")}), flow.ErrInput)
		wantError(t, b.deskOf("bob", office.Sales).PriceAdd(t.Context(), billing.PriceRow{SKU: "B"}), office.ErrDenied)
	})
}

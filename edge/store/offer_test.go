package store_test

import (
	"fmt"
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
			must(t, finance.ProductPut(t.Context(), billing.Product{SKU: sku, Name: "Name of " + sku, Class: "resale", Kind: billing.License}, flow.New))
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
		for _, named := range []bool{false, true} {
			found, err := finance.ProductList(t.Context(), office.OfferFilter{Text: "name of b", Named: named})
			must(t, err)
			same(t, "its prices are counted, but for names alone", fmt.Sprint(found[0].Name, found[0].Prices), map[bool]string{false: "Name of B3", true: "Name of B0"}[named])
		}
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

func TestANewPriceTellsFirstWhoPaysWhatFromWhen(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		b := openBook(t, url)
		finance := b.deskOf("ann", office.Finance)
		must(t, finance.ProductPut(t.Context(), billing.Product{SKU: "E3", Name: "Office", Class: "resale", Kind: billing.License}, flow.New))
		b.contract("c")
		b.subscribe("c", "s", finance.Today().AddMonths(-2).String())
		row := billing.PriceRow{SKU: "E3", List: flow.DefaultList, Currency: currencyOf("EUR"), Unit: monthly, Price: decimalOf("10.00"), Cost: decimalOf("8.00"), HasCost: true}

		effect, err := finance.PricePreview(t.Context(), row)
		must(t, err)
		same(t, "who had no price has one since the term began", []any{len(effect.Changes), effect.Changes[0].Unpriced, effect.Changes[0].On, effect.Changes[0].After}, []any{1, true, finance.Today().AddMonths(-2), eur(100_00)})
		same(t, "what stays of it", effect.Asked.MarginPercent, "20.0")
		must(t, finance.PriceAdd(t.Context(), row))

		row.Price, row.From = decimalOf("11.00"), finance.Today()
		effect, err = finance.PricePreview(t.Context(), row)
		must(t, err)
		same(t, "the term keeps its price until the renewal", []any{len(effect.Changes), effect.Changes[0].On, effect.Changes[0].AtRenewal, effect.Changes[0].Before, effect.Changes[0].After},
			[]any{1, finance.Today().AddMonths(10), true, eur(100_00), eur(110_00)})
		row.List = "elsewhere"
		effect, err = finance.PricePreview(t.Context(), row)
		must(t, err)
		same(t, "a list that serves nobody changes nothing", []int64{int64(len(effect.Changes)), effect.Contracts, effect.Looked}, []int64{0, 1, 1})

		row.List, row.Rule = flow.DefaultList, billing.Rule{Of: billing.OfRetail, Percent: decimalOf("-5")}
		must(t, finance.PriceAdd(t.Context(), row))
		list, err := finance.ProductPrices(t.Context(), "E3")
		must(t, err)
		same(t, "the newest serves, and says what it lacks", []any{list[0].InForce, list[0].Missing, list[1].InForce, list[1].Asked}, []any{true, "the provider's price is not known", false, "10.00"})
		for _, wrong := range []billing.PriceRow{
			{SKU: "E3", List: "l", Model: billing.Volume},
			{SKU: "E3", List: "l", Model: billing.Volume, Tiers: []billing.Tier{{UpTo: decimalOf("5")}}},
			{SKU: "E3", List: "l", Model: billing.Volume, Tiers: []billing.Tier{{UpTo: decimalOf("5")}, {UpTo: decimalOf("5")}, {Open: true}}},
			{SKU: "E3", List: "l", Rule: billing.Rule{Of: billing.OfCost, Percent: decimalOf("100"), Margin: true}},
			{SKU: "E3", List: "l", Model: billing.Package}, {SKU: "E3", List: "l", Price: decimalOf("-1")}, {SKU: "E3"},
		} {
			_, err := finance.PricePreview(t.Context(), wrong)
			wantError(t, err, flow.ErrInput)
			wantError(t, finance.PriceAdd(t.Context(), wrong), flow.ErrInput)
		}
	})
}

package store_test

import (
	"testing"

	"prorata/core/billing"
	"prorata/flow"
	"prorata/flow/office"
)

func TestSettingsAreChangedWhereNothingCountsByThemYet(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		b := openBook(t, url)
		finance := b.deskOf("ann", office.Finance)
		seller := flow.Seller{ID: "main", Currency: currencyOf("EUR"), TimeZone: "Europe/Berlin", Party: flow.Party{Name: "Fabrikam", Country: "DE"}}
		must(t, finance.SellerPut(t.Context(), seller))
		seller.Party.Name = "Fabrikam Ltd"
		must(t, finance.SellerPut(t.Context(), seller))
		kept, version, err := finance.SellerGet(t.Context(), "main")
		must(t, err)
		same(t, "a change is another version", []any{kept.Party.Name, version}, []any{"Fabrikam Ltd", 2})
		for _, change := range []func(*flow.Seller){
			func(s *flow.Seller) { s.Currency = currencyOf("USD") }, func(s *flow.Seller) { s.TimeZone = "" }, func(s *flow.Seller) { s.Party.Name = " " }, func(s *flow.Seller) { s.ID = "" },
		} {
			wrong := seller
			change(&wrong)
			wantError(t, finance.SellerPut(t.Context(), wrong), flow.ErrInput)
		}

		must(t, finance.TaxPut(t.Context(), billing.Tax{Name: "DE19", Percent: decimalOf("19")}))
		wantError(t, finance.TaxPut(t.Context(), billing.Tax{Name: "RC", Percent: decimalOf("19"), Category: billing.ReverseCharge}), flow.ErrInput)
		same(t, "taxes", got[[]billing.Tax](t)(finance.TaxList(t.Context())), "[{Name:DE19 Percent:19 Category:0}]")

		older := billing.Rate{From: currencyOf("USD"), To: currencyOf("EUR"), Rate: decimalOf("0.91"), On: day("2026-01-01")}
		newer := older
		newer.Rate, newer.On = decimalOf("0.92"), day("2026-02-01")
		must(t, finance.RateAdd(t.Context(), older))
		must(t, finance.RateAdd(t.Context(), newer))
		rates := got[[]billing.Rate](t)(finance.RateList(t.Context()))
		same(t, "the newest rate first", []any{len(rates), rates[0].Rate, rates[1].Rate}, []any{2, "0.92", "0.91"})
		wantError(t, finance.RateAdd(t.Context(), billing.Rate{From: currencyOf("USD"), To: currencyOf("USD"), Rate: decimalOf("1"), On: day("2026-01-01")}), flow.ErrInput)
		units := got[[]billing.Unit](t)(finance.UnitList(t.Context()))
		same(t, "the shortest unit first", units[0], "{Name:monthly Months:1}")

		b.contract("c")
		b.subscribe("c", "s", "2026-01-01")
		b.issue(plainInvoice("c", "s", "2026-01-01"))
		same(t, "numbers given and written", got[[]office.NumberSeries](t)(finance.NumberSeriesList(t.Context())), "[{Seller:seller Series:INV Given:1 Written:1}]")
		wantError(t, b.deskOf("bob", office.Sales).SellerPut(t.Context(), seller), office.ErrDenied)
	})
}

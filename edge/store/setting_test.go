package store_test

import (
	"fmt"
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
		must(t, finance.SellerPut(t.Context(), seller, flow.New))
		seller.Party.Name = "Fabrikam Ltd"
		wantError(t, finance.SellerPut(t.Context(), seller, flow.New), flow.ErrInput)
		must(t, finance.SellerPut(t.Context(), seller, 1))
		// Who looked at the first version does not write over the second.
		wantError(t, finance.SellerPut(t.Context(), seller, 1), flow.ErrMoved)
		kept, version, err := finance.SellerGet(t.Context(), "main")
		must(t, err)
		same(t, "a change is another version", []any{kept.Party.Name, version}, []any{"Fabrikam Ltd", 2})
		for _, change := range []func(*flow.Seller){
			func(s *flow.Seller) { s.Currency = currencyOf("USD") }, func(s *flow.Seller) { s.TimeZone = "" }, func(s *flow.Seller) { s.Party.Name = " " }, func(s *flow.Seller) { s.ID = "" },
		} {
			wrong := seller
			change(&wrong)
			wantError(t, finance.SellerPut(t.Context(), wrong, 2), flow.ErrInput)
		}

		sixteen := billing.Tax{Name: "DE19", Percent: decimalOf("16")}
		must(t, finance.TaxPut(t.Context(), sixteen, flow.New))
		wantError(t, finance.TaxPut(t.Context(), sixteen, flow.New), flow.ErrInput)
		nineteen := billing.Tax{Name: "DE19", Percent: decimalOf("19")}
		must(t, finance.TaxPut(t.Context(), nineteen, flow.TaxVersion(&sixteen)))
		wantError(t, finance.TaxPut(t.Context(), sixteen, flow.TaxVersion(&sixteen)), flow.ErrMoved)
		wantError(t, finance.TaxPut(t.Context(), billing.Tax{Name: "RC", Percent: decimalOf("19"), Category: billing.ReverseCharge}, flow.New), flow.ErrInput)
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
		wantError(t, b.deskOf("bob", office.Sales).SellerPut(t.Context(), seller, 2), office.ErrDenied)
	})
}

// A letterhead holds from a version of its seller on, and makes one; of two who change it at once one is told.
func TestALetterheadHoldsFromAVersionOn(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		b := openBook(t, url)
		seller := flow.Seller{ID: "main", Currency: currencyOf("EUR"), TimeZone: "UTC", Party: flow.Party{Name: "Main", Country: "DE"}}
		first, second := flow.Letterhead{Logo: []byte{1, 2}, Accent: "#0b5394", Footer: "a\nb", Conditions: "c"}, flow.Letterhead{Accent: "#000000"}
		b.desk(func(tx office.Tx) {
			got[bool](t)(tx.SellerPut(seller))
			must(t, tx.LetterheadPut("main", 1, first))
		})
		b.desk(func(tx office.Tx) {
			seller.Party.Name = "Main GmbH"
			got[bool](t)(tx.SellerPut(seller))
			must(t, tx.LetterheadPut("main", 3, second))
			wantError(t, tx.LetterheadPut("main", 3, flow.Letterhead{}), flow.ErrMoved)
		})
		b.desk(func(tx office.Tx) {
			// Twice: what was read is remembered.
			for range 2 {
				for version, want := range []flow.Letterhead{second, {}, first, first, second} {
					same(t, fmt.Sprintf("version %d", version), got[flow.Letterhead](t)(tx.LetterheadOf("main", version)), want)
				}
			}
			kept, version, err := tx.SellerVersion("main", 0)
			must(t, err)
			same(t, "the seller", []any{kept.Party.Name, version}, []any{"Main GmbH", 4})
		})
	})
}

package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
	"prorata/flow/office"
)

func must[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// smallBook is one customer with ten seats by the month.
func smallBook(t *testing.T, f *flow.Flow) {
	t.Helper()
	eur, monthly := must[money.Currency](t)(money.ParseCurrency("EUR")), billing.Unit{Name: "monthly", Months: 1}
	first := must[calendar.Date](t)(calendar.ParseDate("2026-01-01"))
	intakes := []flow.Intake{
		{Seller: &flow.Seller{ID: flow.DefaultSeller, Currency: eur, TimeZone: "UTC"}},
		{Product: &billing.Product{SKU: "E3", Name: "Office E3"}},
		{Price: &billing.PriceRow{SKU: "E3", List: flow.DefaultList, Currency: eur, Unit: monthly, Price: money.DecimalOf(12), Cost: money.DecimalOf(10), HasCost: true}},
		{Account: &flow.Account{Account: billing.Account{ID: "acme", Name: "Acme <b>", Currency: eur}}},
		{Contract: &flow.Contract{Contract: billing.Contract{ID: "acme-1", Account: "acme", Currency: eur, Frequency: monthly, Start: first}}},
		{Event: &flow.Event{Do: flow.DoSubscribe, On: first, Effective: first, Contract: "acme-1", ID: "s1", SKU: "E3", Quantity: money.DecimalOf(10), HasQuantity: true}},
	}
	stream := func(yield func(flow.Intake, error) bool) {
		for _, in := range intakes {
			if !yield(in, nil) {
				return
			}
		}
	}
	must[flow.TakeReport](t)(f.Take(t.Context(), stream, flow.Actor{Who: "clerk"}, func(line flow.TakeLine) {
		if line.Outcome != flow.Taken {
			t.Fatalf("%s: %s", line.Noun, line.Why)
		}
	}))
}

// What if is put together by forms alone, shows a mistake at its field with what was
// typed, runs ahead, and is seen the same by who only reads.
func TestAWhatIfIsPutTogetherAndRun(t *testing.T) {
	site, role := siteOf(t)
	*role = office.Sales
	smallBook(t, site.Office.Flow)
	handler := site.Handler()
	send := func(method, path string, form url.Values) (int, string) {
		request := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(form.Encode()))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Accept-Language", "de")
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		return answer.Code, answer.Body.String() + answer.Header().Get("Location")
	}
	see := func(status int, method, path string, form url.Values, says ...string) {
		t.Helper()
		got, page := send(method, path, form)
		if got != status {
			t.Fatalf("%s %s: %d, not %d\n%.3000s", method, path, got, status, page)
		}
		for _, text := range says {
			if !strings.Contains(page, text) {
				t.Errorf("%s %s does not say %q\n%.6000s", method, path, text, page)
			}
		}
	}
	see(http.StatusOK, "GET", "/what-ifs", nil, "Nothing was tried yet")
	see(http.StatusUnprocessableEntity, "POST", "/what-ifs", url.Values{"name": {"More"}, "accounts": {"nobody"}, "months": {"3"}}, "nobody", "More")
	see(http.StatusSeeOther, "POST", "/what-ifs", url.Values{"name": {"More"}, "accounts": {"acme"}, "months": {"3"}}, "/what-ifs/1")
	see(http.StatusOK, "GET", "/what-ifs/1?add=quantity", nil, "Office E3, 10 seats (s1)", "Seats from then")
	change := url.Values{"do": {"quantity"}, "version": {"1"}, "subscription": {"s1"}, "to": {"12,5 seats"}, "on": {"2026-04-01"}}
	see(http.StatusUnprocessableEntity, "POST", "/what-ifs/1/changes", change, "expected a number", "12,5 seats", `aria-invalid="true"`)
	change.Set("to", "12,5")
	see(http.StatusSeeOther, "POST", "/what-ifs/1/changes", change, "/what-ifs/1")
	see(http.StatusUnprocessableEntity, "POST", "/what-ifs/1/changes", change, "Somebody changed this in the meantime")
	see(http.StatusOK, "GET", "/what-ifs/1", nil, "Change seats", "Office E3: 12,5 seats", "1 Apr 2026")
	*role = office.Auditor
	// 2.5 seats more, for three months, at 12.00 and a cost of 10.00.
	see(http.StatusOK, "GET", "/what-ifs/1/answer", nil, "+90,00", "+15,00", "With the changes", "<svg")
	see(http.StatusOK, "GET", "/what-ifs/1/answer?by=customer", nil, "Acme &lt;b&gt;")
	see(http.StatusOK, "GET", "/what-ifs/1/answer?by=product", nil, "Office E3")
	see(http.StatusOK, "GET", "/what-ifs/1/answer?by=invoice&open=1&all=yes", nil, "+30,00", "As it stands", "120,00", "150,00")
	see(http.StatusOK, "GET", "/what-ifs/1/answer?by=bound", nil, "1 Apr 2026")
	see(http.StatusForbidden, "POST", "/what-ifs/1/changes/1/removal", url.Values{"version": {"2"}})
	*role = office.Sales
	see(http.StatusSeeOther, "POST", "/what-ifs/1/changes", url.Values{"do": {"cancel"}, "version": {"2"}, "subscription": {"s2"}, "on": {"2026-04-01"}}, "/what-ifs/1")
	see(http.StatusUnprocessableEntity, "GET", "/what-ifs/1/answer", nil, "Change 2, on 1 Apr 2026: subscription: s2 is unknown")
	see(http.StatusSeeOther, "POST", "/what-ifs/1/changes/2/removal", url.Values{"version": {"3"}})
	see(http.StatusSeeOther, "POST", "/what-ifs/1/deletion", nil, "/what-ifs")
	see(http.StatusNotFound, "GET", "/what-ifs/1", nil)
}

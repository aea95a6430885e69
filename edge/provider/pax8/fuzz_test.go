package pax8_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"strings"
	"testing"
	"time"

	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/edge/provider/pax8"
	"prorata/flow"
)

// same answers everything with one text, but for the token.
type same []byte

func (s same) RoundTrip(r *http.Request) (*http.Response, error) {
	body := []byte(s)
	if strings.HasSuffix(r.URL.Path, "/token") {
		body = []byte(`{"access_token": "t", "expires_in": 60000}`)
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body)), Request: r}, nil
}

// some are the first rows of a stream, which may have no end of its own.
func some[T any](t *testing.T, rows iter.Seq2[T, error], check func(T) bool) {
	n := 0
	for v, err := range rows {
		if err == nil && !check(v) {
			t.Errorf("%+v is incomplete", v)
		}
		if n++; n > 100 {
			return
		}
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`{"content": [{"id": "a", "name": "A", "companyId": "c", "productId": "p", "quantity": "2", "status": "Active", "startDate": "2026-01-01", "commitmentTerm": {"term": "1-Year"}}], "page": {"number": 0, "totalPages": 1}}`))
	f.Add([]byte(`{"content": [{"id": 1, "invoiceDate": "2026-01-05", "total": 1E2, "currencyCode": "USD", "companyId": "c", "costTotal": -1.5, "cost": 1, "quantity": 1, "startPeriod": "2026-01-01", "endPeriod": "2026-02-01"}]}`))
	f.Add([]byte(`{"content": [{"id": "p", "type": "Flat", "rates": [{"partnerBuyRate": 1}], "companyId": "c", "usageDate": "2026-11-01", "productId": "p", "quantity": 1, "partnerTotal": 1, "currencyCode": "EUR"}]}`))
	usd, _ := money.ParseCurrency("USD")
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := pax8.New(pax8.Settings{
			API: "https://pax8.example", ClientID: "c", Secret: func(context.Context) (string, error) { return "s", nil }, Currency: usd, HTTP: &http.Client{Transport: same(data)},
			Clock: func() time.Time { return time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC) }, Wait: func(context.Context, time.Duration) error { return errors.New("no time") }, Notebook: &pax8.Memory{},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx := t.Context()
		some(t, c.Customers(ctx), func(v flow.ProviderCustomer) bool { return v.ID != "" && v.Name != "" })
		some(t, c.Holdings(ctx, "c"), func(v flow.Holding) bool { return v.ID != "" && v.SKU != "" && v.Quantity.Sign() >= 0 })
		some(t, c.Invoices(ctx, calendar.Date{}), func(v flow.ProviderInvoice) bool { return v.ID != "" && !v.On.IsZero() && !v.Currency.IsZero() })
		some(t, c.InvoiceLines(ctx, flow.ProviderInvoice{ID: "i"}), func(v flow.ProviderLine) bool {
			return v.Charge.ID != "" && !v.Charge.Period.Empty() && v.Charge.Quantity.Sign() >= 0 && !v.Charge.Currency.IsZero()
		})
		some(t, c.PriceSheet(ctx, flow.PriceSheetAsk{}), func(v flow.PriceSheetRow) bool { return v.SKU != "" && v.Cost.Sign() >= 0 && !v.From.IsZero() })
		some(t, c.Usage(ctx, flow.UsageAsk{}), func(v flow.RatedUsage) bool { return v.Key != "" && v.Customer != "" && v.Period.Days() == 1 })
		_, _ = c.OrderFind(ctx, basics("r"))
	})
}

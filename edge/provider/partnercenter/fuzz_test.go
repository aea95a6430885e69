package partnercenter_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"prorata/edge/provider/partnercenter"
	"prorata/flow"
)

func FuzzPriceSheet(f *testing.F) {
	f.Add([]byte(sheet + ",CFQ7,0001,E3,P1Y,Annual,,USD,115.2,144,,,2026-01-01,11/30/9999,\n"))
	f.Add([]byte(zipped(sheet)))
	f.Fuzz(func(t *testing.T, data []byte) {
		for p, err := range partnercenter.PriceSheet("s.csv", bytes.NewReader(data)) {
			if err == nil && (p.SKU == "" || p.Currency.IsZero() || p.From.IsZero() || p.Cost.Sign() < 0) {
				t.Errorf("%+v is incomplete", p)
			}
		}
	})
}

func FuzzDailyUsage(f *testing.F) {
	f.Add([]byte(usageHeader + oneUse))
	f.Add([]byte(zipped(usageHeader + oneUse)))
	f.Fuzz(func(t *testing.T, data []byte) {
		keys := map[string]bool{}
		for u, err := range partnercenter.DailyUsage("u.csv", bytes.NewReader(data)) {
			if err != nil {
				continue
			}
			if u.Customer == "" || u.Currency.IsZero() || u.Period.Days() != 1 || keys[u.Key] {
				t.Errorf("%+v is incomplete, or its key was there", u)
			}
			keys[u.Key] = true
		}
	})
}

func FuzzSubscriptions(f *testing.F) {
	f.Add([]byte(`{"items": [{"id": 1, "quantity": "2", "links": {"self": {"uri": "/customers/a/subscriptions/b"}}, "refundOptions": [{}], "scheduledNextTermInstructions": {"product": {}}}]}`))
	f.Add([]byte(`[{"id": "a", "quantity": 1, "commitmentEndDate": "9999-12-10T00:00:00Z"}]`))
	f.Add([]byte(`{"id": "a", "quantity": 1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for h, err := range partnercenter.Subscriptions("s.json", bytes.NewReader(data)) {
			if err == nil && h.ID == "" {
				t.Errorf("%+v is incomplete", h)
			}
		}
	})
}

func FuzzReconciliation(f *testing.F) {
	f.Add([]byte(asCSV(manyRows(2))))
	f.Add([]byte(asLines(manyRows(2))))
	f.Add([]byte(zipped(asLines(manyRows(1)))))
	f.Add([]byte(`{"items": [{"customerId": "c", "subscriptionId": "s", "chargeType": "New", "subtotal": "1", "currency": "USD", "unitPrice": 1e-2, "quantity": "-1", "effectiveUnitPrice": "1", "orderDate": "2026-01-01", "durableOfferId": "x"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		ids := map[string]bool{}
		for l, err := range partnercenter.Reconciliation("r", bytes.NewReader(data)) {
			if err != nil {
				continue
			}
			if c := l.Charge; c.ID == "" || ids[c.ID] || c.Currency.IsZero() || c.Period.Empty() || c.Quantity.Sign() < 0 {
				t.Errorf("%+v is incomplete, or its ID was there", l)
			}
			ids[l.Charge.ID] = true
		}
	})
}

// answering is a network in which every call gets the same answer.
type answering struct {
	status int
	body   []byte
}

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	res := &http.Response{StatusCode: a.status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(a.body)), Request: r}
	if strings.HasSuffix(r.URL.Path, "/oauth2/token") {
		res.StatusCode, res.Body = http.StatusOK, io.NopCloser(strings.NewReader(`{"access_token":"a","expires_in":"3600"}`))
	}
	return res, nil
}

// Whatever the provider answers, a call ends with a value or an error.
func FuzzAnswers(f *testing.F) {
	f.Add(200, []byte(oneCustomer))
	f.Add(200, []byte(`{"items":[`+subscription()+`],"links":{"next":{"uri":"/x","headers":[{"key":"MS-ContinuationToken","value":1}]}}}`))
	f.Add(202, []byte(subscription()))
	f.Add(200, []byte(cart))
	f.Add(200, []byte(`{"orders":[`+completed+`],"orderErrors":[null]}`))
	f.Add(200, []byte(availabilities))
	f.Add(200, []byte(`{"items":[{"operationType":"ready_invoice","operationDate":"2026-03-09","customizedData":[null,{"key":"SubscriptionId-0","value":7}],"resourceNewValue":"{}"}]}`))
	f.Add(401, []byte(`{"error":{"innerError":[]}}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 200 || status > 599 {
			return
		}
		now := time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)
		c := partnercenter.New(partnercenter.Settings{
			Endpoints: partnercenter.Commercial().At("http://provider.example"), Tenant: "t", HTTP: &http.Client{Transport: answering{status, body}},
			Secret: func(context.Context) (string, error) { return "s", nil }, Tokens: keptTokens{partnercenter.RefreshToken: "r"},
			Clock: func() time.Time { return now }, Wait: func(context.Context, time.Duration) error { return nil },
		})
		ctx, n := t.Context(), 0
		for customer, err := range c.Customers(ctx) {
			if n++; (err == nil && customer.ID == "") || n > 1000 {
				break
			}
		}
		for h, err := range c.Holdings(ctx, "c") {
			if err == nil && h.ID == "" {
				t.Errorf("%+v is incomplete", h)
			}
		}
		for e, err := range c.Events(ctx, now.AddDate(0, -1, 0)) {
			if err == nil && (e.ID == "" || e.Kind == "") {
				t.Errorf("%+v is incomplete", e)
			}
		}
		if receipt, err := c.Order(ctx, seats()); err == nil && receipt.Number == "" {
			t.Errorf("%+v is no receipt", receipt)
		}
		_, _ = c.OrderFind(ctx, flow.ProviderOrder{Customer: "c", Cart: "x"})
		_, _ = c.Change(ctx, tenOf())
		_, _, _ = c.AdminInvite(ctx, partnercenter.AdminRelationship{Name: "n"})
		_ = c.Accept(ctx, "c", partnercenter.Acceptance{})
	})
}

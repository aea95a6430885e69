package partnercenter_test

import (
	"bytes"
	"testing"

	"prorata/edge/provider/partnercenter"
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

package api_test

import (
	"net/http"
	"strings"
	"testing"

	"prorata/core/billing"
	"prorata/edge/api"
	"prorata/flow/office"
)

// The log of a subscription is read a page at a time; its customer reads it without who wrote
// it, and nobody else's.
func TestALogIsReadPageByPage(t *testing.T) {
	f := newFirm(t)
	whole := want[api.SubscriptionDetail](f, "clerk", "GET /v1/subscriptions/s1", nil, http.StatusOK).Log
	if len(whole) < 2 {
		t.Fatalf("%+v", whole)
	}
	var read []api.LogEntry
	for after := ""; ; {
		page := want[api.List[api.LogEntry]](f, "clerk", "GET /v1/subscriptions/s1/log?limit=1&after="+after, nil, http.StatusOK)
		read = append(read, page.Items...)
		if after = page.Next; after == "" {
			break
		}
	}
	if len(read) != len(whole) {
		t.Fatalf("%d entries page by page, %d at once", len(read), len(whole))
	}
	for i := range read {
		if read[i].Seq != whole[i].Seq || read[i].Who != "test" {
			t.Errorf("%+v, expected %+v", read[i], whole[i])
		}
	}
	for _, entry := range want[api.List[api.LogEntry]](f, "customer", "GET /v1/subscriptions/s1/log", nil, http.StatusOK).Items {
		if entry.Who != "" || entry.Source != "" {
			t.Errorf("a customer is told who: %+v", entry)
		}
	}
	f.wantProblem(f.ask("customer", "GET /v1/subscriptions/s9/log", nil), http.StatusNotFound, "unknown")
	f.wantProblem(f.ask("clerk+invoices:read", "GET /v1/subscriptions/s1/log", nil), http.StatusForbidden, "denied")
}

// A subscription is read with its holding and what is on its way there.
func TestWhatItsProviderSaysOfASubscription(t *testing.T) {
	f := newFirm(t).follow()
	held := want[api.SubscriptionHeld](f, "sales", "GET /v1/subscriptions/s1/holding", nil, http.StatusOK)
	if held.Connection != "ms" || held.Holding != "h1" || held.Seen == nil || held.Seen.Quantity != "15" || strings.Join(held.Seen.Subscriptions, " ") != "s1" {
		t.Errorf("%+v", held)
	}
	if len(held.Open) != 3 || held.Open[0].State != "failed" || held.Open[0].Todo != "call" || *held.Open[0].Change.Quantity != "16" || held.Open[0].ID >= held.Open[1].ID {
		t.Errorf("%+v", held.Open)
	}
	f.wantProblem(f.ask("sales", "GET /v1/subscriptions/s3/holding", nil), http.StatusNotFound, "unknown")
	f.wantProblem(f.ask("customer", "GET /v1/subscriptions/s1/holding", nil), http.StatusForbidden, "denied")
}

// Usage is held against its budget.
func TestBudgetsAreListed(t *testing.T) {
	f := newFirm(t)
	if none := want[api.List[api.Budget]](f, "auditor", "GET /v1/budgets", nil, http.StatusOK); len(none.Items) != 0 {
		t.Errorf("%+v", none)
	}
	must(t, f.Store.Write(t.Context(), func(tx office.Tx) error {
		return tx.BudgetPut("azure-1", billing.Budget{Amount: f.number("10000"), AlertAt: []int{50, 100}})
	}))
	list := want[api.List[api.Budget]](f, "auditor", "GET /v1/budgets", nil, http.StatusOK).Items
	if len(list) != 1 || list[0].Subscription != "azure-1" || list[0].Budget != "10000" || list[0].Used.Currency != "EUR" || list[0].Percent >= 50 || len(list[0].Reached) != 0 {
		t.Errorf("%+v", list)
	}
	f.wantProblem(f.ask("customer", "GET /v1/budgets", nil), http.StatusForbidden, "denied")
}

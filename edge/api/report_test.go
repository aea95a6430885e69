package api_test

import (
	"net/http"
	"testing"

	"prorata/edge/api"
)

func TestWhatMattersNowIsTold(t *testing.T) {
	f := newFirm(t).follow()
	home := want[api.Home](f, "owner", "GET /v1/reports/home", nil, http.StatusOK)
	if home.Today != "2025-03-12" || home.Waiting.Run == 0 || home.Runs.Due == 0 || home.Revenue == nil || len(home.Receivables) != 1 {
		t.Errorf("%+v", home)
	}
	// Who may not see revenue is not told any.
	if clerk := want[api.Home](f, "clerk", "GET /v1/reports/home", nil, http.StatusOK); clerk.Revenue != nil || len(clerk.Receivables) != 1 {
		t.Errorf("%+v", clerk)
	}
	runs := want[api.NextRuns](f, "clerk", "GET /v1/reports/next-runs?days=1", nil, http.StatusOK)
	if runs.Since == "" || runs.Due != home.Runs.Due || len(runs.Next) > 1 {
		t.Errorf("%+v", runs)
	}
	want[api.Plan](f, "clerk", "POST /v1/billing-plans", map[string]any{"through": "2025-03-12"}, http.StatusCreated)
	plan := want[api.PlanDetail](f, "clerk", "GET /v1/billing-plans/1", nil, http.StatusOK)
	waiting := want[api.Waiting](f, "auditor", "GET /v1/reports/waiting", nil, http.StatusOK)
	if waiting.Plan != plan.ID || waiting.Unapproved == 0 || waiting.Unapproved != plan.Invoices {
		t.Errorf("%+v of %+v", waiting, plan)
	}
}

func TestRecurringRevenueIsReported(t *testing.T) {
	f := newFirm(t)
	none := want[api.RecurringRevenue](f, "sales", "GET /v1/reports/recurring-revenue", nil, http.StatusOK)
	if none.On != "" || len(none.Months) != 0 {
		t.Errorf("nothing was worked out, and it is %+v", none)
	}
	_, err := f.Flow.TakeSnapshot(t.Context())
	must(t, err)
	r := want[api.RecurringRevenue](f, "sales", "GET /v1/reports/recurring-revenue?accounts=1", nil, http.StatusOK)
	last := r.Months[len(r.Months)-1]
	// 15 seats and 7 at 22.00 a month, 5 at 240.00 a year.
	if r.Currency != "EUR" || last.On != "2025-03-12" || last.Amount.Amount != "584.00" || last.Subscriptions == 0 || len(r.Accounts) != 1 || r.Accounts[0].Account != "contoso" || r.Accounts[0].Amount.Amount != "430.00" {
		t.Errorf("%+v", r)
	}
	january := r.Months[len(r.Months)-3]
	if january.On != "2025-01-31" || january.Moved.New != "584.00" || last.Moved.New != "0.00" {
		t.Errorf("%+v", january)
	}
	f.wantProblem(f.ask("clerk", "GET /v1/reports/recurring-revenue", nil), http.StatusForbidden, "denied")
	f.wantProblem(f.ask("sales", "GET /v1/reports/recurring-revenue?seller=nobody", nil), http.StatusNotFound, "unknown")
}

func TestWhatIsOwedIsReportedByAge(t *testing.T) {
	f := newFirm(t)
	r := want[api.Receivables](f, "clerk", "GET /v1/reports/receivables?payers=1", nil, http.StatusOK)
	if len(r.Totals) != 1 || len(r.Payers) != 1 || !r.More || r.Payers[0].Name == "" || r.Totals[0].Total.Amount == r.Payers[0].Total.Amount {
		t.Errorf("%+v", r)
	}
	// A customer sees their own alone.
	own := want[api.Receivables](f, "customer", "GET /v1/reports/receivables", nil, http.StatusOK)
	if len(own.Payers) != 1 || own.Payers[0].Payer != "contoso" || own.More || own.Totals[0].Total != own.Payers[0].Total {
		t.Errorf("%+v", own)
	}
	paid := map[string]any{"on": "2025-03-01", "amount": own.Totals[0].Total.Amount}
	if got := f.ask("clerk", "POST /v1/invoices/INV-000001/payments", paid); got.status == http.StatusCreated {
		t.Errorf("one invoice took all that is owed: %s", got)
	}
	paid["amount"] = "1.00"
	want[api.Payment](f, "clerk", "POST /v1/invoices/INV-000001/payments", paid, http.StatusCreated)
	if less := want[api.Receivables](f, "customer", "GET /v1/reports/receivables", nil, http.StatusOK); less.Totals[0].Total == own.Totals[0].Total {
		t.Error("what was paid is owed still")
	}
}

func TestMarginIsReported(t *testing.T) {
	f := newFirm(t).follow()
	want[struct{}](f, "clerk", "POST /v1/provider-invoices/ms/G1/reconcile", nil, http.StatusAccepted)
	m := want[api.Margins](f, "auditor", "GET /v1/reports/margin", nil, http.StatusOK)
	if len(m.Months) != 1 || m.Months[0].Of != "2025-02" || m.Months[0].Cost.Amount == "0" || len(m.Products) != 2 || len(m.Accounts) != 2 {
		t.Fatalf("%+v", m)
	}
	for _, p := range m.Products {
		if p.Of == "BP" && (p.Name != "Business Premium" || p.Revenue.Amount == "0" || p.Percent == "") {
			t.Errorf("%+v", p)
		}
	}
	f.wantProblem(f.ask("sales", "GET /v1/reports/margin", nil), http.StatusForbidden, "denied")
}

package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"prorata/edge/api"
)

func TestAPlanIsNarrowedApprovedAndHeld(t *testing.T) {
	f := newFirm(t)
	want[api.Plan](f, "clerk", "POST /v1/billing-plans", map[string]any{"through": "2025-03-12"}, http.StatusCreated)
	plan := want[api.PlanDetail](f, "auditor", "GET /v1/billing-plans/1", nil, http.StatusOK)
	if plan.State != "ready" || plan.Invoices < 2 || len(plan.Totals) != 1 || plan.Totals[0].LastNet.Amount == "0.00" {
		t.Fatalf("%+v", plan)
	}
	const rows = "/v1/billing-plans/1/invoices"
	largest := want[api.List[api.PlannedInvoice]](f, "auditor", "GET "+rows+"?sort=size&limit=1", nil, http.StatusOK)
	next := want[api.List[api.PlannedInvoice]](f, "auditor", "GET "+rows+"?sort=size&limit=1&after="+largest.Next, nil, http.StatusOK)
	if len(largest.Items) != 1 || len(next.Items) != 1 || len(largest.Items[0].Net.Amount) < len(next.Items[0].Net.Amount) {
		t.Fatalf("%+v then %+v", largest, next)
	}
	f.wantProblem(f.ask("auditor", "GET "+rows+"?sort=plan&after="+largest.Next, nil), http.StatusUnprocessableEntity, "invalid")
	one := want[api.PlannedInvoiceDetail](f, "auditor", fmt.Sprintf("GET %s/%d", rows, largest.Items[0].No), nil, http.StatusOK)
	if one.Changed || len(one.Invoices) != 1 || one.Invoices[0].Net != *largest.Items[0].Net || one.Invoices[0].Lines[0].Why == "" {
		t.Errorf("%+v", one)
	}
	f.wantProblem(f.ask("auditor", "GET "+rows+"/99", nil), http.StatusNotFound, "unknown")

	const northwind = "?text=northwind"
	sums := want[api.List[api.PlanTotal]](f, "auditor", "GET /v1/billing-plans/1/invoice-totals"+northwind, nil, http.StatusOK).Items
	if len(sums) != 1 || sums[0].Count != 1 || sums[0].Net == plan.Totals[0].Net {
		t.Errorf("%+v of %+v", sums, plan.Totals)
	}
	if n := want[api.Count](f, "clerk", "POST /v1/billing-plans/1/approval", map[string]any{"approved": true, "text": "northwind"}, http.StatusOK).Count; n != 1 {
		t.Errorf("%d approved", n)
	}
	approved := want[api.List[api.PlannedInvoice]](f, "auditor", "GET "+rows+"?state=approved", nil, http.StatusOK).Items
	if len(approved) != 1 || approved[0].Group == "" || approved[0].Payer != "northwind" {
		t.Fatalf("%+v", approved)
	}
	want[struct{}](f, "clerk", "PUT /v1/billing-holds/"+approved[0].Group, map[string]any{"reason": "They asked for it"}, http.StatusNoContent)
	held := want[api.List[api.PlannedInvoice]](f, "auditor", "GET "+rows+"?state=held&flag=any&currency=EUR", nil, http.StatusOK).Items
	if len(held) > 1 {
		t.Errorf("%+v", held)
	}
	if held = want[api.List[api.PlannedInvoice]](f, "auditor", "GET "+rows+"?state=held", nil, http.StatusOK).Items; len(held) != 1 || held[0].Held != "They asked for it" || held[0].Approved {
		t.Errorf("%+v", held)
	}
}

// Whoever follows a plan is told when it begins and when it is worked out, over one connection.
func TestAPlanIsFollowed(t *testing.T) {
	f := newFirm(t)
	later := make(chan func(context.Context), 1)
	f.Behind = func(work func(context.Context)) { later <- work }
	want[api.Plan](f, "clerk", "POST /v1/billing-plans", map[string]any{"through": "2025-03-12"}, http.StatusCreated)
	server := httptest.NewServer(f.mux)
	defer server.Close()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/v1/billing-plans/1/progress", http.NoBody)
	must(t, err)
	request.Header.Set("Authorization", "Bearer auditor")
	answer, err := server.Client().Do(request)
	must(t, err)
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatal(answer.Status, answer.Header)
	}
	lines := bufio.NewScanner(answer.Body)
	event := func() (name string, plan api.Plan) {
		t.Helper()
		for lines.Scan() && lines.Text() != "" {
			key, value, _ := strings.Cut(lines.Text(), ": ")
			if key == "event" {
				name = value
			} else {
				must(t, json.Unmarshal([]byte(value), &plan))
			}
		}
		return name, plan
	}
	if name, plan := event(); name != "progress" || plan.State != "working" || plan.ID != 1 {
		t.Fatalf("%s %+v", name, plan)
	}
	(<-later)(t.Context())
	name, plan := event()
	for name == "progress" && plan.State == "working" {
		name, plan = event()
	}
	if name != "progress" || plan.State != "ready" || plan.Invoices == 0 {
		t.Errorf("%s %+v", name, plan)
	}
	if name, _ := event(); name != "end" || lines.Scan() {
		t.Errorf("after the last it goes on with %q %q", name, lines.Text())
	}
	f.wantProblem(f.ask("auditor", "GET /v1/billing-runs/99/progress", nil), http.StatusNotFound, "unknown")
}

// When the program is told to stop, whoever follows something is let go.
func TestWhoFollowsIsLetGoAtTheEnd(t *testing.T) {
	ends := make(chan struct{})
	f := newFirm(t, func(s *api.Settings) { s.Ends = ends })
	f.Behind = func(func(context.Context)) {}
	want[api.Plan](f, "clerk", "POST /v1/billing-plans", map[string]any{"through": "2025-03-12"}, http.StatusCreated)
	close(ends)
	if got := f.ask("auditor", "GET /v1/billing-plans/1/progress", nil); got.status != http.StatusOK || strings.Contains(string(got.body), "event: end") {
		t.Error(got)
	}
}

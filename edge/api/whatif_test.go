package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"prorata/edge/api"
)

// moreSeats asks what 20 seats in place of 15 come to.
func moreSeats() map[string]any {
	return map[string]any{"name": "Twenty", "accounts": []string{"contoso"}, "months": 2, "changes": []any{
		map[string]any{"do": "quantity", "on": "2025-04-01", "subscription": "s1", "to": "20"},
		map[string]any{"do": "subscribe", "on": "2025-05-01", "contract": "c1", "sku": "BP", "quantity": "1", "term": "P1Y", "auto_renew": false},
	}}
}

func TestAWhatIfIsSavedChangedAndDeleted(t *testing.T) {
	f := newFirm(t)
	made := want[api.WhatIf](f, "sales", "POST /v1/what-ifs", moreSeats(), http.StatusCreated)
	at := fmt.Sprintf("/v1/what-ifs/%d", made.ID)
	got := f.ask("auditor", "GET "+at, nil)
	kept := read[api.WhatIf](t, got)
	if kept.Who != "sales@seller.example" || kept.Months != 2 || kept.HowMany != 2 || kept.Changes[0].To != "20" || kept.Changes[1].Term != "P1Y" || *kept.Changes[1].AutoRenew {
		t.Errorf("%+v", kept)
	}
	change := map[string]any{"name": "Nothing", "months": 1}
	f.wantProblem(f.ask("sales", "PUT "+at, change), http.StatusPreconditionRequired, "match_needed")
	if put := f.ask("sales", "PUT "+at, change, "If-Match", got.header.Get("ETag")); put.status != http.StatusOK || read[api.WhatIf](t, put).HowMany != 0 {
		t.Error(put)
	}
	f.wantProblem(f.ask("sales", "PUT "+at, change, "If-Match", got.header.Get("ETag")), http.StatusPreconditionFailed, "changed")
	want[api.WhatIf](f, "sales", "POST /v1/what-ifs", map[string]any{"name": "Another"}, http.StatusCreated)
	page := want[api.List[api.WhatIf]](f, "sales", "GET /v1/what-ifs?limit=1", nil, http.StatusOK)
	rest := want[api.List[api.WhatIf]](f, "sales", "GET /v1/what-ifs?limit=1&after="+page.Next, nil, http.StatusOK)
	if len(page.Items) != 1 || len(rest.Items) != 1 || page.Items[0].ID == rest.Items[0].ID || rest.Next != "" {
		t.Errorf("%+v then %+v", page, rest)
	}
	want[struct{}](f, "sales", "DELETE "+at, nil, http.StatusNoContent)
	f.wantProblem(f.ask("sales", "GET "+at, nil), http.StatusNotFound, "unknown")
	for field, wrong := range map[string]map[string]any{
		"changes[0].to":   {"do": "quantity", "on": "2025-04-01", "subscription": "s1", "to": "many"},
		"changes[0].term": {"do": "subscribe", "on": "2025-04-01", "contract": "c1", "sku": "BP", "quantity": "1", "term": "P0M"},
	} {
		problem := f.wantProblem(f.ask("sales", "POST /v1/what-ifs", map[string]any{"changes": []any{wrong}}), http.StatusUnprocessableEntity, "invalid")
		if len(problem.Faults) != 1 || problem.Faults[0].Field != field || problem.Faults[0].Pointer != "#/"+strings.NewReplacer("[", "/", "]", "", ".", "/").Replace(field) {
			t.Errorf("%s: %+v", field, problem)
		}
	}
}

func TestAWhatIfIsAnswered(t *testing.T) {
	f := newFirm(t)
	made := want[api.WhatIf](f, "sales", "POST /v1/what-ifs", moreSeats(), http.StatusCreated)
	at := fmt.Sprintf("/v1/what-ifs/%d/answer", made.ID)
	answer := want[api.WhatIfAnswer](f, "auditor", "GET "+at, nil, http.StatusOK)
	if answer.Same || answer.From != "2025-03-12" || answer.Until != "2025-06-01" || len(answer.Totals) != 1 {
		t.Fatalf("%+v", answer)
	}
	// Five more seats at 22.00 in April and in May, and the one that is sold in May for a year.
	april := answer.ByMonth[0]
	if april.Month != "2025-04-01" || april.Difference.Net.Amount != "110.00" || answer.ByCustomer[0].Account != "contoso" {
		t.Errorf("%+v", answer.ByMonth)
	}
	page := want[api.List[api.WhatIfInvoice]](f, "auditor", "GET "+at+"/invoices?limit=2", nil, http.StatusOK)
	seen := page.Items
	for page.Next != "" {
		page = want[api.List[api.WhatIfInvoice]](f, "auditor", "GET "+at+"/invoices?limit=2&after="+page.Next, nil, http.StatusOK)
		seen = append(seen, page.Items...)
	}
	if len(seen) != answer.Invoices {
		t.Fatalf("%d of %d invoices", len(seen), answer.Invoices)
	}
	for i, one := range seen {
		if one.No != i+1 {
			t.Errorf("the place of %+v", one)
		}
		if one.Date == "2025-04-01" && one.Contract == "c1" {
			whole := want[api.WhatIfInvoiceDetail](f, "auditor", fmt.Sprintf("GET %s/invoices/%d", at, one.No), nil, http.StatusOK)
			if whole.WhatIfInvoice != one || whole.BaselineLines[0].Quantity != "15" || whole.ChangedLines[0].Quantity != "20" || whole.ChangedLines[0].Why == "" {
				t.Errorf("%+v", whole)
			}
		}
	}
	f.wantProblem(f.ask("auditor", fmt.Sprintf("GET %s/invoices/%d", at, len(seen)+1), nil), http.StatusNotFound, "unknown")
	// The same is answered without being saved; nothing of the book is touched.
	tried := want[api.WhatIfAnswer](f, "auditor", "POST /v1/what-if-answer", moreSeats(), http.StatusOK)
	if tried.Totals[0] != answer.Totals[0] {
		t.Errorf("%+v, saved %+v", tried.Totals[0], answer.Totals[0])
	}
	if s1 := want[api.SubscriptionDetail](f, "auditor", "GET /v1/subscriptions/s1", nil, http.StatusOK); s1.Quantity != "15" {
		t.Errorf("%+v", s1)
	}
}

func TestAChangeThatCannotBeMadeIsNamed(t *testing.T) {
	f := newFirm(t)
	ask := moreSeats()
	changes := ask["changes"].([]any)
	changes[1] = map[string]any{"do": "cancel", "on": "2025-03-01", "subscription": "s1"}
	problem := f.wantProblem(f.ask("sales", "POST /v1/what-if-answer", ask), http.StatusUnprocessableEntity, "invalid")
	if len(problem.Faults) != 1 || problem.Faults[0].Field != "changes[1].on" || !strings.HasPrefix(problem.Detail, "Change 2, on 2025-03-01: ") {
		t.Errorf("%+v", problem)
	}
	// Fewer seats than the term was bought for: its contract takes them back within a week.
	changes[1] = map[string]any{"do": "quantity", "on": "2025-04-01", "subscription": "s2", "to": "2"}
	got := f.ask("sales", "POST /v1/what-if-answer", ask)
	if refused := read[api.Problem](t, got); got.status != http.StatusConflict || !strings.HasPrefix(refused.Detail, "Change 2, on 2025-04-01: ") || refused.Faults[0].Field != "changes[1]" {
		t.Error(got)
	}
}

package api_test

import (
	"net/http"
	"testing"

	"prorata/edge/api"
)

// A fault is named where it stood in what was sent, by the names of the document, whatever the book
// calls it; what is no field of the request is not named as one.
func TestAFaultIsNamedWhereItStood(t *testing.T) {
	f := newFirm(t)
	terms := func(more map[string]any) map[string]any {
		contract := map[string]any{"id": "new", "account": "contoso", "start": "2025-04-01"}
		for name, value := range more {
			contract[name] = value
		}
		return contract
	}
	whatIf := func(change map[string]any) map[string]any {
		return map[string]any{"months": 2, "changes": []any{moreSeats()["changes"].([]any)[0], change}}
	}
	for name, c := range map[string]struct {
		does string
		body any
		want api.FaultAt
	}{
		"days of refunds":           {"POST /v1/contracts", terms(map[string]any{"refunds": map[string]any{"policy": "within_days", "days": 0}}), api.FaultAt{In: "body", Field: "refunds.days", Pointer: "#/refunds/days"}},
		"the day of changes":        {"POST /v1/contracts", terms(map[string]any{"changes": map[string]any{"policy": "monthly"}}), api.FaultAt{In: "body", Field: "changes.day", Pointer: "#/changes/day"}},
		"a discount that ends soon": {"POST /v1/contracts", terms(map[string]any{"discount": map[string]any{"percent": "5", "from": "2025-05-01", "to": "2025-05-01"}}), api.FaultAt{In: "body", Field: "discount", Pointer: "#/discount"}},
		"the second line of a credit": {"POST /v1/invoices/INV-000001/credits", map[string]any{"reason": "x", "lines": []any{map[string]any{"line": 1}, map[string]any{"line": 2, "amount": "999999999999999999"}}},
			api.FaultAt{In: "body", Field: "lines[1].amount", Pointer: "#/lines/1/amount"}},
		"the new value of a change": {"POST /v1/what-if-answer", whatIf(map[string]any{"do": "quantity", "on": "2025-04-01", "subscription": "s1", "to": "-1"}),
			api.FaultAt{In: "body", Field: "changes[1].to", Pointer: "#/changes/1/to"}},
		"where it is to be ordered": {"POST /v1/subscription-preview", map[string]any{"contract": "c1", "sku": "BP", "quantity": "1", "connection": "nowhere"},
			api.FaultAt{In: "body", Field: "connection", Pointer: "#/connection"}},
		"a margin of all": {"POST /v1/price-preview", map[string]any{"sku": "BP", "currency": "EUR", "unit": "monthly", "rule": map[string]any{"of": "cost", "percent": "100", "margin": true}},
			api.FaultAt{In: "body", Field: "rule.percent", Pointer: "#/rule/percent"}},
		"a name in the address": {"PUT /v1/views/invoices/%20", map[string]any{"query": "state=standing"}, api.FaultAt{In: "path", Field: "name"}},
	} {
		t.Run(name, func(t *testing.T) {
			f.t = t
			got := f.ask("owner", c.does, c.body)
			problem := read[api.Problem](t, got)
			if len(problem.Faults) != 1 {
				t.Fatalf("one thing is wrong: %s", got)
			}
			if c.want.Detail = problem.Faults[0].Detail; problem.Faults[0] != c.want {
				t.Errorf("it is at %+v, expected %+v", problem.Faults[0], c.want)
			}
		})
	}
	f.t = t
	if problem := f.wantProblem(f.ask("owner", "POST /v1/users/u-owner/disable", map[string]any{"reason": "x"}), http.StatusConflict, "last_owner"); len(problem.Faults) != 0 {
		t.Errorf("nothing that was sent is at fault: %+v", problem.Faults)
	}
	f.wantProblem(f.ask("owner", "GET /v1/invoices/INV-999999/creditable", nil), http.StatusNotFound, "unknown")
	f.wantProblem(f.ask("owner", "POST /v1/invoices/INV-999999/credits", map[string]any{"reason": "x", "lines": []any{map[string]any{"line": 1}}}), http.StatusNotFound, "unknown")
}

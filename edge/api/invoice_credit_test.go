package api_test

import (
	"fmt"
	"net/http"
	"testing"

	"prorata/edge/api"
)

// A part of an invoice is credited as the preview said, once for one key.
func TestAPartOfAnInvoiceIsCredited(t *testing.T) {
	f := newFirm(t)
	body := map[string]any{"reason": "Two days without service", "lines": []map[string]any{{"line": 1, "amount": "20.00"}}}
	effect := read[api.CreditEffect](t, f.ask("finance", "POST /v1/invoices/INV-000001/credit-preview", body))
	if effect.Note.Number != "" || effect.Note.Net != (api.Money{Amount: "-20.00", Currency: "EUR"}) || effect.Note.Lines[0].Kind != "credit" {
		t.Errorf("%+v", effect)
	}
	got := f.ask("finance", "POST /v1/invoices/INV-000001/credits", body)
	if got.status != http.StatusCreated || got.header.Get("Location") != "/v1/invoices/CN-000001" {
		t.Fatal(got, got.header)
	}
	note := read[api.Invoice](t, got)
	if note.Total != effect.Note.Total || note.Kind != "credit_note" || note.Lines[0].Why != "Credit of 20.00 of line 1 of INV-000001: Two days without service." {
		t.Errorf("%+v", note)
	}
	body["lines"] = []map[string]any{{"line": 1, "percent": "100"}}
	f.wantProblem(f.ask("finance", "POST /v1/invoices/INV-000001/credits", body), http.StatusConflict, "credit_exceeds")
	f.wantProblem(f.ask("clerk", "POST /v1/invoices/INV-000001/credits", body), http.StatusForbidden, "denied")
}

// What is left of a line goes down with each credit; of a credit note nothing can be credited.
func TestWhatCanBeCreditedIsRead(t *testing.T) {
	f := newFirm(t)
	lines := want[api.List[api.CreditableLine]](f, "finance", "GET /v1/invoices/INV-000001/creditable", nil, http.StatusOK).Items
	if len(lines) == 0 || lines[0].No != 1 || lines[0].Left != lines[0].Amount {
		t.Fatalf("%+v", lines)
	}
	body := map[string]any{"reason": "Goodwill", "lines": []map[string]any{{"line": 1}}}
	want[api.Invoice](f, "finance", "POST /v1/invoices/INV-000001/credits", body, http.StatusCreated)
	after := want[api.List[api.CreditableLine]](f, "finance", "GET /v1/invoices/INV-000001/creditable", nil, http.StatusOK).Items
	if after[0].Left.Amount != "0.00" || after[0].Amount != lines[0].Amount {
		t.Errorf("%+v", after[0])
	}
	f.wantProblem(f.ask("finance", "GET /v1/invoices/CN-000001/creditable", nil), http.StatusConflict, "credit_of_credit_note")
	f.wantProblem(f.ask("clerk", "GET /v1/invoices/INV-000001/creditable", nil), http.StatusForbidden, "denied")
}

// All lines of an invoice are explained as each of them is; a customer is not told who caused them.
func TestAnInvoiceIsExplainedWhole(t *testing.T) {
	f := newFirm(t)
	lines := want[api.List[api.ExplainedLine]](f, "clerk", "GET /v1/invoices/INV-000001/lines", nil, http.StatusOK).Items
	caused := 0
	for i, line := range lines {
		one := want[api.LineReason](f, "clerk", fmt.Sprint("GET /v1/invoices/INV-000001/lines/", i+1), nil, http.StatusOK)
		if line.No != i+1 || line.Why != one.Why || line.Arithmetic != one.Arithmetic || line.Rate != one.Rate || (line.Cause == nil) != (one.Cause == nil) {
			t.Errorf("%+v, and alone %+v", line, one)
		}
		if line.Cause != nil && line.Cause.Who == "test" {
			caused++
		}
	}
	if len(lines) == 0 || caused == 0 {
		t.Errorf("%d lines, of which a change caused %d", len(lines), caused)
	}
	for _, line := range want[api.List[api.ExplainedLine]](f, "customer", "GET /v1/invoices/INV-000001/lines", nil, http.StatusOK).Items {
		if line.Cause != nil && line.Cause.Who != "" {
			t.Errorf("a customer is told who: %+v", line.Cause)
		}
	}
	f.wantProblem(f.ask("clerk", "GET /v1/invoices/INV-009999/lines", nil), http.StatusNotFound, "unknown")
}

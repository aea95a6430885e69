package api_test

import (
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

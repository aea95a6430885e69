package api_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"prorata/edge/api"
)

// Two editors of a seller read the same; the second to write is told, and nothing is lost.
func TestTwoEditorsOfASeller(t *testing.T) {
	f := newFirm(t)
	read := f.ask("finance", "GET /v1/sellers/seller", nil)
	draft := map[string]any{"name": "Alpine Cloud GmbH", "country": "DE", "time_zone": "Europe/Berlin", "remittance": map[string]any{"iban": "DE02120300000000202051"}}
	first := f.ask("finance", "PUT /v1/sellers/seller", draft, "If-Match", read.header.Get("ETag"))
	if first.status != http.StatusOK || !strings.Contains(string(first.body), `"iban":"DE02120300000000202051"`) {
		t.Fatal(first)
	}
	f.wantProblem(f.ask("owner", "PUT /v1/sellers/seller", draft, "If-Match", read.header.Get("ETag")), http.StatusPreconditionFailed, "changed")
	f.wantProblem(f.ask("owner", "PUT /v1/sellers/seller", draft), http.StatusPreconditionRequired, "match_needed")
	draft["time_zone"] = "Mars/Olympus"
	problem := f.wantProblem(f.ask("owner", "PUT /v1/sellers/seller", draft, "If-Match", first.header.Get("ETag")), http.StatusUnprocessableEntity, "invalid")
	if len(problem.Faults) != 1 || problem.Faults[0].Pointer != "#/time_zone" {
		t.Errorf("%+v", problem.Faults)
	}
}

// A contract is made and its terms are changed until it is billed; they stay then.
func TestAContractsTermsChangeUntilItIsBilled(t *testing.T) {
	f := newFirm(t)
	terms := map[string]any{"id": "contoso-2025", "account": "contoso", "start": "2025-04-01", "frequency": "quarterly", "schedule": "flexi", "collect": "upcoming",
		"changes": map[string]any{"policy": "monthly", "day": 15}, "refunds": map[string]any{"policy": "within_days", "days": 7}, "reductions": "within_window",
		"discount": map[string]any{"percent": "10", "from": "2025-04-01", "to": "2025-07-01"}}
	made := f.ask("sales", "POST /v1/contracts", terms)
	if made.status != http.StatusCreated || made.header.Get("Location") != "/v1/contracts/contoso-2025" {
		t.Fatal(made)
	}
	contract := read[api.Contract](t, made)
	if contract.Frequency != "quarterly" || contract.Collect != "upcoming" || contract.Changes.Day != 15 || contract.Refunds.Days != 7 || contract.Discount.Percent != "10" || contract.Currency != "EUR" {
		t.Errorf("%+v", contract)
	}
	tag := f.ask("sales", "GET /v1/contracts/contoso-2025", nil).header.Get("ETag")
	changed := map[string]any{"account": "contoso", "start": "2025-04-01", "timing": "arrears"}
	if got := f.ask("sales", "PUT /v1/contracts/contoso-2025", changed, "If-Match", tag); got.status != http.StatusOK || read[api.Contract](t, got).Timing != "arrears" {
		t.Error(got)
	}
	f.wantProblem(f.ask("sales", "PUT /v1/contracts/contoso-2025", changed, "If-Match", tag), http.StatusPreconditionFailed, "changed")
	changed["collect"] = "upcoming"
	problem := f.wantProblem(f.ask("sales", "POST /v1/contracts", map[string]any{"id": "x", "account": "contoso", "start": "2025-04-01", "collect": "upcoming"}), http.StatusUnprocessableEntity, "invalid")
	if len(problem.Faults) != 1 || problem.Faults[0].Field != "collect" {
		t.Errorf("%+v", problem.Faults)
	}
	tag = f.ask("sales", "GET /v1/contracts/c1", nil).header.Get("ETag")
	f.wantProblem(f.ask("sales", "PUT /v1/contracts/c1", map[string]any{"account": "contoso", "start": "2025-01-01", "timing": "arrears"}, "If-Match", tag), http.StatusConflict, "contract_billed")
}

// A price is looked at before it is added: who pays it, and from when.
func TestAPriceIsPreviewedThenAdded(t *testing.T) {
	f := newFirm(t)
	price := map[string]any{"sku": "BP", "currency": "EUR", "unit": "monthly", "price": "24.00", "from": "2025-04-01"}
	effect := read[api.PriceEffect](t, f.ask("finance", "POST /v1/price-preview", price))
	if effect.Contracts == 0 || len(effect.Changes) == 0 || effect.Changes[0].After == nil || effect.Row.Asks == nil || *effect.Row.Asks != "24.00" {
		t.Errorf("%+v", effect)
	}
	before := read[api.List[api.PriceStanding]](t, f.ask("clerk", "GET /v1/products/BP/prices", nil))
	if got := f.ask("finance", "POST /v1/prices", price); got.status != http.StatusCreated {
		t.Fatal(got)
	}
	if after := read[api.List[api.PriceStanding]](t, f.ask("clerk", "GET /v1/products/BP/prices", nil)); len(after.Items) != len(before.Items)+1 {
		t.Errorf("%d prices, %d before", len(after.Items), len(before.Items))
	}
	tiers := map[string]any{"sku": "BP", "currency": "EUR", "unit": "monthly", "model": "graduated", "tiers": []any{map[string]any{"up_to": "10", "price": "9.50"}, map[string]any{"price": "8.50"}}}
	if got := f.ask("finance", "POST /v1/prices", tiers); got.status != http.StatusCreated || len(read[api.Price](t, got).Tiers) != 2 {
		t.Error(got)
	}
	price["rule"] = map[string]any{"of": "cost", "percent": "20"}
	f.wantProblem(f.ask("finance", "POST /v1/prices", price), http.StatusUnprocessableEntity, "invalid")
}

// Somebody is invited, changed, and let in no more; the last owner stays.
func TestUsersAreInvitedAndLetOut(t *testing.T) {
	f := newFirm(t)
	made := f.ask("owner", "POST /v1/users", map[string]any{"address": "ann@nord.example", "roles": []string{"sales"}})
	user := read[api.UserMade](t, made)
	if made.status != http.StatusCreated || !strings.HasPrefix(user.Link, "https://billing.example/welcome?link=") || user.User.State != "invited" {
		t.Fatal(made)
	}
	at := "/v1/users/" + user.User.ID
	tag := f.ask("owner", "GET "+at, nil).header.Get("ETag")
	changed := f.ask("owner", "PUT "+at, map[string]any{"address": "ann@nord.example", "roles": []string{"sales", "clerk"}}, "If-Match", tag)
	if got := read[api.User](t, changed); len(got.Roles) != 2 {
		t.Error(changed)
	}
	if got := read[api.User](t, f.ask("owner", "POST "+at+"/disable", map[string]any{"reason": "She left"})); got.State != "disabled" {
		t.Errorf("%+v", got)
	}
	f.wantProblem(f.ask("owner", "POST /v1/users/u-owner/disable", map[string]any{"reason": "x"}), http.StatusConflict, "last_owner")
	f.wantProblem(f.ask("clerk", "GET /v1/users", nil), http.StatusForbidden, "denied")
}

// An invoice leaves as it is printed, and a list as a table; a customer gets its own alone.
func TestInvoicesLeaveAsFiles(t *testing.T) {
	f := newFirm(t)
	pdf := f.ask("clerk", "GET /v1/invoices/INV-000001/pdf", nil)
	if pdf.status != http.StatusOK || !bytes.HasPrefix(pdf.body, []byte("%PDF-")) || pdf.header.Get("Content-Disposition") != `attachment; filename="INV-000001.pdf"` {
		t.Errorf("%d %v", pdf.status, pdf.header)
	}
	all := f.ask("clerk", "GET /v1/invoice-export", nil)
	own := f.ask("customer", "GET /v1/invoice-export", nil)
	if all.status != http.StatusOK || !bytes.Contains(all.body, []byte("Northwind")) || bytes.Contains(own.body, []byte("Northwind")) || !bytes.Contains(own.body, []byte("Contoso")) {
		t.Errorf("%s\n%s", all, own)
	}
	if xlsx := f.ask("clerk", "GET /v1/invoice-export?format=xlsx", nil); !bytes.HasPrefix(xlsx.body, []byte("PK")) {
		t.Errorf("%d %v", xlsx.status, xlsx.header)
	}
	reason := read[api.LineReason](t, f.ask("clerk", "GET /v1/invoices/INV-000001/lines/1", nil))
	if reason.Product != "Business Premium" || reason.Arithmetic == "" || reason.List == nil || reason.Proration != "days" {
		t.Errorf("%+v", reason)
	}
	if reason := read[api.LineReason](t, f.ask("customer", "GET /v1/invoices/INV-000001/lines/1", nil)); reason.List != nil {
		t.Errorf("a customer reads the price list: %+v", reason.List)
	}
}

// What a search finds is in reach, and a view is one's own.
func TestSearchAndViewsAreOnesOwn(t *testing.T) {
	f := newFirm(t)
	if found := read[api.Found](t, f.ask("clerk", "GET /v1/search?text=north", nil)); len(found.Accounts) != 3 || len(found.Contracts) == 0 {
		t.Errorf("%+v", found)
	}
	if found := read[api.Found](t, f.ask("customer", "GET /v1/search?text=north", nil)); len(found.Accounts)+len(found.Contracts)+len(found.Subscriptions)+len(found.Invoices) != 0 {
		t.Errorf("a customer finds %+v", found)
	}
	if got := f.ask("clerk", "PUT /v1/views/invoices/march", map[string]any{"query": "from=2025-03-01"}); got.status != http.StatusOK {
		t.Error(got)
	}
	if own := read[api.List[api.View]](t, f.ask("clerk", "GET /v1/views/invoices", nil)); len(own.Items) != 1 || own.Items[0].Name != "march" {
		t.Errorf("%+v", own)
	}
	if others := read[api.List[api.View]](t, f.ask("finance", "GET /v1/views/invoices", nil)); len(others.Items) != 0 {
		t.Errorf("%+v", others)
	}
}

// What is not there is unknown; a sum that does not fit names the field that made it.
func TestWhatCannotBeIsToldAsWhatWasGiven(t *testing.T) {
	f := newFirm(t)
	f.wantProblem(f.ask("finance", "POST /v1/invoices/INV-999999/void", map[string]any{"reason": "x"}), http.StatusNotFound, "unknown")
	problem := f.wantProblem(f.ask("sales", "POST /v1/subscriptions/s1/preview", map[string]any{"act": "change", "quantity": "100000000000000000"}), http.StatusUnprocessableEntity, "invalid")
	if len(problem.Faults) != 1 || problem.Faults[0].Field != "quantity" {
		t.Errorf("%+v", problem)
	}
}

// What a change of an account is answered with is the account as it is read after it, with what it owes.
func TestAChangedAccountIsAnsweredAsItIsRead(t *testing.T) {
	f := newFirm(t)
	changed := f.ask("owner", "PUT /v1/accounts/contoso", map[string]any{"name": "Contoso AG", "country": "DE"}, "If-Match", f.ask("owner", "GET /v1/accounts/contoso", nil).header.Get("ETag"))
	after := f.ask("owner", "GET /v1/accounts/contoso", nil)
	if changed.status != http.StatusOK || string(changed.body) != string(after.body) || len(read[api.Account](t, changed).Balances) == 0 {
		t.Errorf("changed: %s\nread: %s", changed, after)
	}
}

// An If-Match may have several tags, as RFC 9110 lets it: the account's own is found among them, a weak one
// or that of another version matches nothing.
func TestAnIfMatchOfSeveralTags(t *testing.T) {
	f := newFirm(t)
	const at = "/v1/accounts/contoso"
	put := func(tag string) answer {
		return f.ask("owner", "PUT "+at, map[string]any{"name": "Contoso", "country": "DE"}, "If-Match", tag)
	}
	tag := f.ask("owner", "GET "+at, nil).header.Get("ETag")
	if got := put(`"of something else", ` + tag); got.status != http.StatusOK {
		t.Errorf("one of two: %s", got)
	}
	for _, wrong := range []string{"W/" + tag, `"of something else"`, `"v1", "v2"`, `"v99"`, `""`, ","} {
		f.wantProblem(put(wrong), http.StatusPreconditionFailed, "changed")
	}
	for _, none := range []string{"", "*"} {
		f.wantProblem(put(none), http.StatusPreconditionRequired, "match_needed")
	}
}

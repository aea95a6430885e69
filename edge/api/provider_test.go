package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"prorata/edge/api"
	"prorata/flow"
	"prorata/flow/office"
)

// want asks as somebody and reads what came with a status.
func want[T any](f *firm, who, does string, body any, status int) T {
	f.t.Helper()
	got := f.ask(who, does, body)
	if got.status != status {
		f.t.Fatalf("%s: %s", does, got)
	}
	if len(got.body) == 0 {
		return *new(T)
	}
	return read[T](f.t, got)
}

func TestAConnectionIsFollowedByItsErrands(t *testing.T) {
	f := newFirm(t).follow()
	one := want[api.List[api.Connection]](f, "auditor", "GET /v1/connections", nil, http.StatusOK).Items[1]
	if one.ID != "ms" || one.State != "ready" || one.Customers != 2 || one.Holdings != 2 || one.Failed != 3 || one.SyncedAt != nil {
		t.Errorf("%+v", one)
	}
	got := f.ask("clerk", "POST /v1/connections/ms/sync", map[string]any{})
	if got.status != http.StatusAccepted || got.header.Get("Location") != "/v1/connections/ms/errands" {
		t.Fatal(got, got.header)
	}
	f.ways().err = flow.ErrConsent
	want[struct{}](f, "clerk", "POST /v1/connections/ms/invoices", nil, http.StatusAccepted)
	errands := want[api.List[api.Errand]](f, "auditor", "GET /v1/connections/ms/errands", nil, http.StatusOK).Items
	if len(errands) != 2 || errands[0].Kind != "import" || errands[0].State != "failed" || !strings.Contains(errands[0].Said, "renew the consent") || errands[1].State != "done" {
		t.Errorf("%+v", errands)
	}
	if again := want[api.Connection](f, "sales", "GET /v1/connections/ms", nil, http.StatusOK); again.SyncedAt == nil {
		t.Error("a sync leaves no trace")
	}
	f.wantProblem(f.ask("clerk", "POST /v1/connections/px/sync", map[string]any{}), http.StatusNotFound, "unknown")
	f.wantProblem(f.ask("clerk", "GET /v1/connections/px/errands", nil), http.StatusNotFound, "unknown")
}

func TestAConsentIsGivenOnceByWhoeverAskedForIt(t *testing.T) {
	f := newFirm(t).follow()
	link := func(who string) string {
		return want[api.Consent](f, who, "GET /v1/connections/ms/consent", nil, http.StatusOK).Link
	}
	const at = "https://login.example/?state="
	state := strings.TrimPrefix(link("operations"), at)
	give := func(who, answer string) answer {
		return f.ask(who, "POST /v1/connections/ms/consent", map[string]any{"answer": answer})
	}
	back := "https://billing.example/provider/ms/consent/back?code=good&state="
	for who, wrong := range map[string]string{"owner": back + state, "operations": back + "guessed"} {
		if problem := f.wantProblem(give(who, wrong), http.StatusUnprocessableEntity, "invalid"); problem.Faults[0].Field != "answer" {
			t.Errorf("%+v", problem)
		}
	}
	if got := give("operations", back+state); got.status != http.StatusNoContent || len(f.ways().codes) != 1 {
		t.Error(got, f.ways().codes)
	}
	f.wantProblem(give("operations", back+state), http.StatusUnprocessableEntity, "invalid")
	refused := f.wantProblem(give("operations", "https://billing.example/?error=access_denied&state="+strings.TrimPrefix(link("operations"), at)), http.StatusUnprocessableEntity, "invalid")
	if !strings.Contains(refused.Detail, "access_denied") {
		t.Error(refused.Detail)
	}
	f.wantProblem(f.ask("owner", "GET /v1/connections/box/consent", nil), http.StatusConflict, "not_offered")
}

func TestChangesThatDidNotReachTheProvider(t *testing.T) {
	f := newFirm(t).follow()
	page := want[api.List[api.Provision]](f, "auditor", "GET /v1/provisions?state=failed&limit=2", nil, http.StatusOK)
	first := page.Items[0]
	if len(page.Items) != 2 || page.Next == "" || first.AccountName != "Contoso" || first.Todo != "call" || first.Order != nil || *first.Change.Quantity != "16" {
		t.Fatalf("%+v", page)
	}
	rest := want[api.List[api.Provision]](f, "auditor", "GET /v1/provisions?state=failed&limit=2&after="+page.Next, nil, http.StatusOK)
	if len(rest.Items) != 1 || rest.Items[0].ID >= page.Items[1].ID || rest.Next != "" {
		t.Errorf("%+v", rest)
	}
	tried, dropped, left := page.Items[0].ID, page.Items[1].ID, rest.Items[0].ID
	want[struct{}](f, "clerk", fmt.Sprintf("POST /v1/provisions/%d/retry", tried), nil, http.StatusNoContent)
	want[struct{}](f, "operations", fmt.Sprintf("POST /v1/provisions/%d/drop", dropped), map[string]any{"reason": "done by hand"}, http.StatusNoContent)
	f.wantProblem(f.ask("clerk", fmt.Sprintf("POST /v1/provisions/%d/drop", left), map[string]any{"reason": "x"}), http.StatusForbidden, "denied")
	f.wantProblem(f.ask("owner", fmt.Sprintf("POST /v1/provisions/%d/retry", tried), nil), http.StatusConflict, "not_failed")
	// What is tried again is a new one, in place of the one that failed.
	for state, count := range map[string]int{"awaiting": 1, "dropped": 2, "failed": 1} {
		list := want[api.List[api.Provision]](f, "auditor", "GET /v1/provisions?connection=ms&state="+state, nil, http.StatusOK).Items
		if len(list) != count || state == "failed" && list[0].ID != left {
			t.Errorf("%s: %+v", state, list)
		}
	}
	want[struct{}](f, "clerk", "POST /v1/connections/ms/provisioning", nil, http.StatusAccepted)
	if said := want[api.List[api.Errand]](f, "auditor", "GET /v1/connections/ms/errands", nil, http.StatusOK).Items[0]; said.Kind != "provision" || said.State != "done" {
		t.Errorf("%+v", said)
	}
}

func TestWhatIsHeldAtAProvider(t *testing.T) {
	f := newFirm(t).follow()
	strangers := want[api.List[api.ProviderCustomer]](f, "sales", "GET /v1/connections/ms/customers?unlinked=true", nil, http.StatusOK).Items
	if len(strangers) != 1 || strangers[0].ID != "stranger" || strangers[0].Holdings != 1 {
		t.Fatalf("%+v", strangers)
	}
	problem := f.wantProblem(f.ask("clerk", "PUT /v1/connections/ms/customers/stranger", map[string]any{"account": "northwind", "contract": "c1"}), http.StatusUnprocessableEntity, "invalid")
	if problem.Faults[0].Pointer != "#/contract" {
		t.Errorf("%+v", problem)
	}
	const stranger = "/v1/connections/ms/customers/stranger"
	unlinked := f.ask("sales", "GET "+stranger, nil).header.Get("ETag")
	want[struct{}](f, "clerk", "PUT "+stranger, map[string]any{"account": "northwind"}, http.StatusNoContent)
	// Who did not see that it is linked now is told so.
	contoso := map[string]any{"account": "contoso"}
	f.wantProblem(f.ask("clerk", "PUT "+stranger, contoso), http.StatusPreconditionRequired, "match_needed")
	f.wantProblem(f.ask("clerk", "PUT "+stranger, contoso, "If-Match", unlinked), http.StatusPreconditionFailed, "changed")
	for _, account := range []string{"contoso", "northwind"} {
		linked := f.ask("sales", "GET "+stranger, nil).header.Get("ETag")
		if got := f.ask("clerk", "PUT "+stranger, map[string]any{"account": account}, "If-Match", linked); got.status != http.StatusNoContent {
			t.Error(got)
		}
	}
	f.wantProblem(f.ask("sales", "GET /v1/connections/ms/customers/nobody", nil), http.StatusNotFound, "unknown")
	page := want[api.List[api.Holding]](f, "sales", "GET /v1/connections/ms/holdings?limit=1", nil, http.StatusOK)
	if page.Items[0].ID != "h2" || page.Items[0].AccountName != "Northwind" || page.Items[0].Status != "expired" {
		t.Errorf("%+v", page)
	}
	page = want[api.List[api.Holding]](f, "sales", "GET /v1/connections/ms/holdings?limit=1&after="+page.Next, nil, http.StatusOK)
	if one := page.Items[0]; page.Next != "" || one.ID != "h1" || one.Quantity != "15" || one.Subscriptions[0] != "s1" || *one.Next.Quantity != "10" {
		t.Errorf("%+v", page)
	}
	windows := want[api.List[api.Window]](f, "sales", "GET /v1/windows?limit=1", nil, http.StatusOK)
	if windows.Items[0].Kind != "reduce" || windows.Items[0].Quantity != "5" || windows.Next == "" {
		t.Errorf("%+v", windows)
	}
	windows = want[api.List[api.Window]](f, "sales", "GET /v1/windows?limit=1&connection=ms&after="+windows.Next, nil, http.StatusOK)
	if windows.Items[0].Kind != "cancel" || windows.Items[0].Quantity != "15" || windows.Next != "" {
		t.Errorf("%+v", windows)
	}
	exposures := want[api.List[api.Exposure]](f, "sales", "GET /v1/exposures?account=contoso", nil, http.StatusOK).Items
	if len(exposures) != 1 || exposures[0].Seats != "15" || exposures[0].Until != "2026-02-12" {
		t.Errorf("%+v", exposures)
	}
	sums := want[api.List[api.ExposureSum]](f, "sales", "GET /v1/exposure-totals", nil, http.StatusOK).Items
	if len(sums) != 1 || sums[0].Account != "contoso" || sums[0].Holdings != 1 || sums[0].Unknown != 1 {
		t.Errorf("%+v", sums)
	}
	for _, address := range []string{"/v1/windows?connection=px", "/v1/exposures?connection=px", "/v1/exposure-totals?connection=px", "/v1/connections/px/holdings", "/v1/connections/px/customers", "/v1/connections/px/price-sheets"} {
		f.wantProblem(f.ask("sales", "GET "+address, nil), http.StatusNotFound, "unknown")
	}
}

func TestAPriceSheetIsLookedAtAndTakenIn(t *testing.T) {
	f := newFirm(t).follow()
	if list := want[api.List[api.PriceSheetVersion]](f, "sales", "GET /v1/connections/ms/price-sheets", nil, http.StatusOK).Items; len(list) != 1 || list[0].Rows != 2 {
		t.Errorf("%+v", list)
	}
	sheet := map[string]any{"rule": map[string]any{"of": "cost", "percent": "20"}, "rows": []any{
		map[string]any{"sku": "BP", "currency": "EUR", "billing": "monthly", "cost": "20.00", "from": "2025-04-01"},
		map[string]any{"sku": "NEW:1", "title": "New", "currency": "EUR", "term_months": 12, "billing": "annual", "cost": "100.00", "from": "2025-04-01"},
	}}
	changes := want[api.List[api.PriceChange]](f, "sales", "POST /v1/price-sheet-preview", sheet, http.StatusOK).Items
	// 15 seats of s1: 22.00 before; 20.00 and a fifth after.
	found := false
	for _, c := range changes {
		found = found || c.Subscription == "s1" && c.On == "2025-04-01" && c.Before.Amount == "330.00" && c.After.Amount == "360.00"
	}
	if !found {
		t.Errorf("%+v", changes)
	}
	taken := want[api.PriceSheetReport](f, "finance", "POST /v1/price-sheets", sheet, http.StatusOK)
	counts := map[string]int{}
	for _, c := range taken.Counts {
		counts[c.Noun+" "+c.Outcome] = c.Count
	}
	if counts["price taken"] != 2 || counts["product taken"] != 1 || len(taken.Wrong) != 0 {
		t.Errorf("%+v", taken)
	}
	for field, row := range map[string]map[string]any{
		"rows[0].from":   {"sku": "BP", "currency": "EUR", "cost": "1", "from": "2025-02-30"},
		"rows[0].cost":   {"sku": "BP", "currency": "EUR", "cost": "-1", "from": "2025-04-01"},
		"rows[0].retail": {"sku": "BP", "currency": "EUR", "cost": "1", "from": "2025-04-01"},
	} {
		problem := f.wantProblem(f.ask("finance", "POST /v1/price-sheets", map[string]any{"rule": map[string]any{"of": "retail"}, "rows": []any{row}}), http.StatusUnprocessableEntity, "invalid")
		if problem.Faults[0].Field != field {
			t.Errorf("%s: %+v", field, problem)
		}
	}
}

func TestAProvidersInvoiceIsComparedAndDisputed(t *testing.T) {
	f := newFirm(t).follow()
	const g1 = "/v1/provider-invoices/ms/G1"
	before := want[api.List[api.ProviderInvoice]](f, "auditor", "GET /v1/provider-invoices?connection=ms", nil, http.StatusOK).Items
	if len(before) != 1 || before[0].State != "not reconciled" || before[0].Reckoning != nil || before[0].Total.Amount != "195.99" {
		t.Fatalf("%+v", before)
	}
	want[struct{}](f, "clerk", "POST "+g1+"/reconcile", nil, http.StatusAccepted)
	invoice := want[api.ProviderInvoiceDetail](f, "auditor", "GET "+g1, nil, http.StatusOK)
	if invoice.Reckoning == nil || invoice.Reckoning.Rows != 2 || invoice.Reckoning.Charged.Amount != "195.99" || len(invoice.Causes) == 0 {
		t.Fatalf("%+v", invoice)
	}
	sums := want[api.List[api.ProviderSum]](f, "auditor", "GET "+g1+"/sums?by=customer", nil, http.StatusOK).Items
	if len(sums) != 2 || sums[0].Of != "tenant" {
		t.Errorf("%+v", sums)
	}
	findings := want[api.List[api.Finding]](f, "auditor", "GET "+g1+"/findings?limit=1", nil, http.StatusOK)
	if len(findings.Items) != 1 || int64(len(findings.Items)) == invoice.Reckoning.Findings || findings.Next == "" {
		t.Fatalf("%+v", findings)
	}
	one := want[api.Finding](f, "auditor", "GET "+g1+"/findings/1", nil, http.StatusOK)
	if one != findings.Items[0] || one.Cause == "" || one.Sentence == "" {
		t.Errorf("%+v", one)
	}
	matches := want[api.List[api.Match]](f, "auditor", "GET "+g1+"/matches?customer=tenant", nil, http.StatusOK).Items
	if len(matches) != 1 || matches[0].Line != "l1" || matches[0].Cost.Amount != "186.00" || matches[0].From != "2025-01-01" {
		t.Fatalf("%+v", matches)
	}
	dispute := want[api.Dispute](f, "auditor", "GET "+g1+"/dispute?line=l1", nil, http.StatusOK)
	if dispute.To != "Microsoft" || dispute.Line.ID != "l1" || len(dispute.Rows) != 1 || len(dispute.Facts) == 0 || len(dispute.Rule) == 0 {
		t.Errorf("%+v", dispute)
	}
	letter := f.ask("auditor", "GET "+g1+"/dispute.pdf?line=l1", nil)
	if letter.status != http.StatusOK || letter.header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(string(letter.body), "%PDF-") {
		t.Error(letter.status, letter.header)
	}
	f.wantProblem(f.ask("auditor", "GET "+g1+"/dispute?line=l9", nil), http.StatusNotFound, "unknown")
	f.wantProblem(f.ask("auditor", "GET /v1/provider-invoices/ms/unbilled", nil), http.StatusNotFound, "unknown")
	checks := want[api.List[api.ReadinessCheck]](f, "auditor", "GET /v1/connections/ms/readiness?month=2025-01", nil, http.StatusOK).Items
	if len(checks) < 3 || checks[0].Code != "consent" || checks[0].State != "well" {
		t.Errorf("%+v", checks)
	}
	f.wantProblem(f.ask("auditor", "GET /v1/connections/ms/readiness?month=2025-13", nil), http.StatusUnprocessableEntity, "invalid")
	if err := f.Store.Read(t.Context(), func(tx office.Tx) error {
		list, err := tx.AuditList(office.AuditFilter{Verb: "ProviderInvoiceReconcile"})
		if len(list) != 1 || list[0].Subject != "ms/G1" {
			t.Errorf("%+v", list)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

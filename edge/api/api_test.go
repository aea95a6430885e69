package api_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"prorata/edge/api"
)

func TestAnInvoiceIsReadWithItsLinesAndReasons(t *testing.T) {
	f := newFirm(t)
	got := f.ask("clerk", "GET /v1/invoices/INV-000001", nil)
	if got.status != http.StatusOK {
		t.Fatal(got)
	}
	invoice := read[api.Invoice](t, got)
	if invoice.Number != "INV-000001" || invoice.Kind != "invoice" || invoice.Payer != "contoso" || len(invoice.Lines) == 0 || invoice.Lines[0].Why == "" {
		t.Errorf("%+v", invoice)
	}
	// 10 seats at 22.00 for January.
	if line := invoice.Lines[0]; line.Amount != (api.Money{Amount: "220.00", Currency: "EUR"}) || line.From != "2025-01-01" || line.To != "2025-02-01" || line.Quantity != "10" {
		t.Errorf("%+v", line)
	}
}

func TestAnInvoiceIsTakenBackOnce(t *testing.T) {
	f := newFirm(t)
	got := f.ask("finance", "POST /v1/invoices/INV-000001/void", map[string]any{"reason": "Wrong quantity"})
	if got.status != http.StatusCreated || got.header.Get("Location") != "/v1/invoices/CN-000001" {
		t.Fatal(got, got.header)
	}
	note := read[api.Invoice](t, got)
	if note.Kind != "credit_note" || !strings.HasPrefix(string(note.Total.Amount), "-") {
		t.Errorf("%+v", note)
	}
	problem := f.wantProblem(f.ask("finance", "POST /v1/invoices/INV-000001/void", map[string]any{"reason": "again"}), http.StatusConflict, "void_already")
	if problem.Detail != "INV-000001 is void already." {
		t.Errorf("%q", problem.Detail)
	}
}

func TestWhatIsSentIsHeldToTheDocument(t *testing.T) {
	f := newFirm(t)
	for name, c := range map[string]struct {
		does         string
		body         any
		status       int
		code, detail string
		fault        api.FaultAt
	}{
		"a reason is needed":           {"POST /v1/invoices/INV-000001/void", map[string]any{}, 422, "invalid", "reason", api.FaultAt{In: "body", Field: "reason", Pointer: "#/reason"}},
		"a line has its number":        {"POST /v1/invoices/INV-000001/credits", `{"reason":"x","lines":[{"line":1},{"amount":"1"}]}`, 422, "invalid", "line", api.FaultAt{In: "body", Field: "lines[1].line", Pointer: "#/lines/1/line"}},
		"a name in other letters":      {"POST /v1/invoices/INV-000001/void", map[string]any{"Reason": "x"}, 422, "invalid", "", api.FaultAt{In: "body"}},
		"a name that stands twice":     {"POST /v1/invoices/INV-000001/void", `{"reason":"x","reason":"y"}`, 400, "malformed", `"reason" stands twice`, api.FaultAt{In: "body"}},
		"twice, further inside":        {"POST /v1/invoices/INV-000001/credits", `{"reason":"lines","lines":[{"line":1,"amount":"1"},{"line":2,"line":3}]}`, 400, "malformed", `"line" stands twice`, api.FaultAt{In: "body"}},
		"a query that cannot be read":  {"GET /v1/audit?outcome=%zz", nil, 422, "invalid", "query", api.FaultAt{}},
		"a parameter that comes twice": {"GET /v1/audit?outcome=denied&outcome=done", nil, 422, "invalid", "Outcome: ", api.FaultAt{In: "query", Field: "outcome"}},
		"the address of the API":       {"GET /v1", nil, 404, "address", "/v1", api.FaultAt{}},
		"a reason has words":           {"POST /v1/invoices/INV-000001/void", map[string]any{"reason": ""}, 422, "invalid", "Reason: ", api.FaultAt{In: "body", Field: "reason", Pointer: "#/reason"}},
		"a reason is a text":           {"POST /v1/invoices/INV-000001/void", map[string]any{"reason": 7}, 422, "invalid", "Reason: Expected string", api.FaultAt{In: "body", Field: "reason", Pointer: "#/reason"}},
		"unknown fields are refused":   {"POST /v1/invoices/INV-000001/void", map[string]any{"reason": "x", "force": true}, 422, "invalid", "Force: ", api.FaultAt{In: "body", Field: "force", Pointer: "#/force"}},
		"half a body":                  {"POST /v1/invoices/INV-000001/void", `{"reason": "x"`, 400, "malformed", "", api.FaultAt{In: "body"}},
		"two bodies":                   {"POST /v1/invoices/INV-000001/void", `{"reason":"x"} {}`, 400, "malformed", "", api.FaultAt{In: "body"}},
		"no body":                      {"POST /v1/invoices/INV-000001/void", nil, 400, "malformed", "", api.FaultAt{}},
		"a long body":                  {"POST /v1/invoices/INV-000001/void", `{"reason":"` + strings.Repeat("x", 1<<20) + `"}`, 413, "too_large", "", api.FaultAt{}},
		"a limit is a number":          {"GET /v1/audit?limit=many", nil, 422, "invalid", "Limit: ", api.FaultAt{In: "query", Field: "limit"}},
		"a limit has its bounds":       {"GET /v1/audit?limit=201", nil, 422, "invalid", "Limit: ", api.FaultAt{In: "query", Field: "limit"}},
		"unknown parameters":           {"GET /v1/audit?page=2", nil, 422, "invalid", "Page: ", api.FaultAt{In: "query", Field: "page"}},
		"a cursor is not made up":      {"GET /v1/audit?after=2", nil, 422, "invalid", "cursor", api.FaultAt{In: "query", Field: "after"}},
		"a number that does not exist": {"GET /v1/invoices/INV-999999", nil, 404, "unknown", "INV-999999", api.FaultAt{}},
		"an address that is not there": {"GET /v1/nothing", nil, 404, "address", "/v1/nothing", api.FaultAt{}},
		"a method that is not offered": {"DELETE /v1/audit", nil, 405, "method", "GET", api.FaultAt{}},
	} {
		t.Run(name, func(t *testing.T) {
			f.t = t
			problem := f.wantProblem(f.ask("owner", c.does, c.body), c.status, c.code)
			if !strings.Contains(problem.Detail, c.detail) {
				t.Errorf("%q does not say %q", problem.Detail, c.detail)
			}
			if c.fault.In == "" {
				return
			}
			if len(problem.Faults) == 0 || problem.Faults[0].In != c.fault.In || c.fault.Field != "" && problem.Faults[0].Field != c.fault.Field || c.fault.Pointer != "" && problem.Faults[0].Pointer != c.fault.Pointer {
				t.Errorf("faults are %+v, expected %+v", problem.Faults, c.fault)
			}
		})
	}
	f.t = t
	f.wantProblem(f.ask("owner", "POST /v1/invoices/INV-000001/void", "reason=x", "Content-Type", "application/x-www-form-urlencoded"), 415, "media_type")
	f.wantProblem(f.ask("owner", "POST /v1/invoices/INV-000001/void", because, "Content-Encoding", "gzip"), 415, "media_type")
	f.wantProblem(f.ask("owner", "POST /v1/imports?name=book.yaml", "units: []", "Content-Type", "application/yaml", "Content-Encoding", "gzip"), 415, "media_type")
}

func TestWhoHasNoGoodTokenIsToldSoAndSlowedDown(t *testing.T) {
	f := newFirm(t, func(s *api.Settings) { s.AddressRate = 3 })
	f.revoked["clerk"] = true
	for _, who := range []string{"", "nobody", "clerk"} {
		got := f.ask(who, "GET /v1/audit", nil)
		f.wantProblem(got, http.StatusUnauthorized, "unauthorized")
		if !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Bearer ") {
			t.Errorf("%q: WWW-Authenticate is %q", who, got.header.Get("WWW-Authenticate"))
		}
	}
	got := f.ask("guess", "GET /v1/audit", nil)
	f.wantProblem(got, http.StatusTooManyRequests, "too_many")
	if got.header.Get("Retry-After") == "" {
		t.Error("when to come again is not said")
	}
	f.clock.on(20 * time.Second)
	f.wantProblem(f.ask("guess", "GET /v1/audit", nil), http.StatusUnauthorized, "unauthorized")
}

func TestATokenHasItsRate(t *testing.T) {
	f := newFirm(t, func(s *api.Settings) { s.Rate = 60 })
	for n := range 60 {
		got := f.ask("owner", "GET /v1/audit", nil)
		if got.status != http.StatusOK || got.header.Get("RateLimit-Remaining") != strconv.Itoa(59-n) || got.header.Get("RateLimit-Limit") != "60" {
			t.Fatal(n, got, got.header)
		}
	}
	got := f.ask("owner", "GET /v1/audit", nil)
	f.wantProblem(got, http.StatusTooManyRequests, "too_many")
	if got.header.Get("Retry-After") != "1" || got.header.Get("RateLimit-Reset") != "60" {
		t.Error(got.header)
	}
	if other := f.ask("auditor", "GET /v1/audit", nil); other.status != http.StatusOK {
		t.Errorf("another token: %s", other)
	}
	f.clock.on(time.Second)
	if again := f.ask("owner", "GET /v1/audit", nil); again.status != http.StatusOK {
		t.Errorf("a second later: %s", again)
	}
}

func TestWhatIsReadHasATag(t *testing.T) {
	f := newFirm(t)
	first := f.ask("clerk", "GET /v1/invoices/INV-000001", nil)
	tag := first.header.Get("ETag")
	if tag == "" {
		t.Fatal("no ETag")
	}
	if again := f.ask("clerk", "GET /v1/invoices/INV-000001", nil, "If-None-Match", `"other", `+tag); again.status != http.StatusNotModified || len(again.body) != 0 {
		t.Error(again)
	}
	// Who asks for the head alone is told the same.
	if head := f.ask("clerk", "HEAD /v1/invoices/INV-000001", nil); head.status != http.StatusOK || head.header.Get("ETag") != tag {
		t.Error(head.status, head.header)
	}
	if again := f.ask("clerk", "HEAD /v1/invoices/INV-000001", nil, "If-None-Match", tag); again.status != http.StatusNotModified {
		t.Error(again.status)
	}
	f.ask("finance", "POST /v1/invoices/INV-000001/void", map[string]any{"reason": "x"})
	if changed := f.ask("clerk", "GET /v1/invoices/INV-000001", nil, "If-None-Match", tag); changed.status != http.StatusOK || changed.header.Get("ETag") == tag {
		t.Error("a void invoice has the tag that it had before")
	}
}

func TestAListIsReadPageByPage(t *testing.T) {
	f := newFirm(t)
	for range 7 {
		f.wantProblem(f.ask("clerk", "POST /v1/invoices/INV-000001/void", map[string]any{"reason": "x"}), http.StatusForbidden, "denied")
	}
	var seqs []int64
	for after, pages := "", 0; pages < 5; pages++ {
		page := read[api.List[api.AuditRecord]](t, f.ask("auditor", "GET /v1/audit?limit=3&outcome=denied&after="+after, nil))
		for _, record := range page.Items {
			seqs = append(seqs, record.Seq)
		}
		if after = page.Next; after == "" {
			break
		}
	}
	if len(seqs) != 7 || seqs[0] != 7 || seqs[6] != 1 {
		t.Errorf("7 records on pages of 3: %v", seqs)
	}
}

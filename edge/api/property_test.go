package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"prorata/edge/api"
	"prorata/flow/office"
)

// request is one that was made up.
type request struct {
	role office.Role
	// does is a method and an address.
	does   string
	body   any
	header []string
}

// careTries is how many careful requests are made at most until one succeeds.
const careTries = 100

// trial is one operation with a book of its own.
type trial struct {
	*testing.T
	firm      *firm
	document  schemas
	does      string
	operation map[string]any
	// lists are kept where nothing changes.
	lists map[string][]map[string]any
}

// care makes up a careful request.
func (t *trial) care(rt *rapid.T) request {
	paths := t.document["paths"].(map[string]any)
	return (&careful{T: rt, schemas: t.document, firm: t.firm, paths: paths, lists: t.lists}).request(t.does, t.operation)
}

// slip makes up one that is careful but for some values, which the document allows all the same.
func (t *trial) slip(rt *rapid.T) request {
	paths := t.document["paths"].(map[string]any)
	return (&careful{T: rt, schemas: t.document, firm: t.firm, paths: paths, lists: t.lists, slips: 25}).request(t.does, t.operation)
}

// Whatever is sent to any operation by anybody, the program does not fail, and what it answers
// is in the document: the status, and the body to the field. What the document wants and is of
// things that there are succeeds: every operation does.
func TestWhateverIsSentIsAnsweredAsTheDocumentSays(t *testing.T) {
	full := newFullBook(t)
	document := read[map[string]any](t, full.ask("", "GET /openapi.json", nil))
	operations := operationsOf(t, full.firm)
	for _, does := range sortedKeys(operations) {
		t.Run(does, func(t *testing.T) {
			trial := &trial{T: t, firm: full.fresh(t), document: document, does: does, operation: operations[does]}
			if strings.HasPrefix(does, http.MethodGet) {
				trial.lists = map[string][]map[string]any{}
			}
			trial.succeeds()
			rapid.Check(t, trial.check)
		})
	}
}

// succeeds makes careful requests until one is answered with what was asked for. They are the
// same each time.
func (t *trial) succeeds() {
	made, refusals := rapid.Custom(t.care), map[string]bool{}
	for seed := range careTries {
		r := made.Example(seed)
		got, fault := t.send(r)
		if fault != "" {
			t.Fatal(fault)
		}
		if got.status < http.StatusMultipleChoices {
			return
		}
		sent, _ := json.Marshal(r.body)
		refused := read[api.Problem](t, got)
		refusals[fmt.Sprintf("%s %s: %d %s", r.does, sent, got.status, refused.Detail)] = true
	}
	t.Fatalf("not one of %d requests was answered with what was asked for, but with:\n%s", careTries, strings.Join(sortedKeys(refusals), "\n"))
}

// check sends something.
func (t *trial) check(rt *rapid.T) {
	wildly := func(rt *rapid.T) request { return (&wild{rt, t.document}).request(t.does, t.operation) }
	makeUp := rapid.SampledFrom([]func(*rapid.T) request{t.care, t.slip, wildly}).Draw(rt, "how")
	if _, fault := t.send(makeUp(rt)); fault != "" {
		rt.Fatal(fault)
	}
}

// send sends a request, and says where the answer is not as the document has it.
func (t *trial) send(r request) (got answer, fault string) {
	t.firm.log.Reset()
	got = t.firm.ask(r.role.String(), r.does, r.body, r.header...)
	faults := append(t.document.answerFaults(t.operation, got), t.document.misplaced(t.operation, r, got)...)
	if strings.Contains(t.firm.log.String(), "does not take") {
		faults = append(faults, "it names a fault by a word that the operation has not")
	}
	if len(faults) > 0 {
		sent, _ := json.Marshal(r.body)
		fault = fmt.Sprintf("%s by %s %v\n%s\nis answered %s\n%s\nthe log: %s", r.does, r.role, r.header, sent, got, strings.Join(faults, "\n"), t.firm.log.String())
	}
	return got, fault
}

// answerFaults are where an answer is not as the document has it.
func (s schemas) answerFaults(operation map[string]any, got answer) []string {
	if got.status >= 500 {
		return []string{"the program failed"}
	}
	if got.status == http.StatusNotModified {
		return nil
	}
	responses := operation["responses"].(map[string]any)
	response, ok := responses[fmt.Sprint(got.status)].(map[string]any)
	if !ok {
		return []string{fmt.Sprintf("the document has no answer %d for it", got.status)}
	}
	response = s.at(response)
	content, _ := response["content"].(map[string]any)
	if len(content) == 0 {
		if len(got.body) != 0 {
			return []string{"the document has no body for it"}
		}
		return nil
	}
	media, ok := content[got.header.Get("Content-Type")].(map[string]any)
	if !ok {
		return []string{fmt.Sprintf("the document has no %s for it", got.header.Get("Content-Type"))}
	}
	if media["schema"].(map[string]any)["format"] == "binary" {
		return nil
	}
	if got.header.Get("Content-Type") == "text/event-stream" {
		return s.fits("body", media["schema"].(map[string]any), string(got.body))
	}
	var value any
	if err := json.Unmarshal(got.body, &value); err != nil {
		return []string{err.Error()}
	}
	return s.fits("body", media["schema"].(map[string]any), value)
}

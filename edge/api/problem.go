package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"prorata/flow/office"
)

// Problem is what went wrong, as RFC 9457 has it. Code stays the same from version to
// version; the sentences are for people and may change.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	// Request is what to name when asking about it.
	Request string    `json:"request"`
	Faults  []FaultAt `json:"faults,omitempty"`
}

// FaultAt is one thing that was given and is wrong.
type FaultAt struct {
	In      string `json:"in"`
	Field   string `json:"field"`
	Pointer string `json:"pointer,omitempty"`
	Detail  string `json:"detail"`
}

// problemSchema describes it in the document, once for all operations.
func problemSchema() *huma.Schema {
	text := func(description, example string) *huma.Schema {
		return &huma.Schema{Type: huma.TypeString, Description: description, Examples: []any{example}}
	}
	in := text("Where it stood.", "query")
	in.Enum = []any{inBody, "query", "path", "header"}
	fault := &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: false, Required: []string{"in", "field", "detail"},
		Properties: map[string]*huma.Schema{
			"in": in, "field": text("Its name; in a body the path to it.", "limit"),
			"pointer": text("In a body, a JSON pointer (RFC 6901) to it.", "#/reason"), "detail": text("What is wrong with it.", "Expected number <= 200."),
		},
	}
	return &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: false, Required: []string{"type", "title", "status", "code", "detail", "request"},
		Description: "What went wrong, as RFC 9457 has it.",
		Properties: map[string]*huma.Schema{
			"type":    text("Names the kind of problem: urn:prorata:problem: and the code.", "urn:prorata:problem:invalid"),
			"title":   text("The status in words.", "Unprocessable Entity"),
			"status":  {Type: huma.TypeInteger, Description: "The HTTP status.", Examples: []any{422}},
			"code":    text("The same for the same problem, in every version.", "invalid"),
			"detail":  text("A sentence for people: what happened, and what to do.", "Limit: expected number <= 200."),
			"request": text("The request's id, which the log has too.", "5f0c6c2fd0a24b1e"),
			"faults":  {Type: huma.TypeArray, Items: fault, Description: "What was given and is wrong, one entry each."},
		},
	}
}

// internalSentence says no more than that it is not the caller's fault.
const internalSentence = "Something went wrong here. It was written to the log; the request's id finds it."

// Error makes a problem an error.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of RFC 9457.
func (p *Problem) ContentType(string) string { return problemType }

// retryAfter is how long to wait, in seconds: a database is busy for an instant, a provider for longer.
func (p *Problem) retryAfter() string {
	if strings.HasPrefix(p.Code, "provider_") {
		return "30"
	}
	return "1"
}

const problemType = "application/problem+json"

func newProblem(status int, code, detail string) *Problem {
	return &Problem{Type: "urn:prorata:problem:" + code, Title: http.StatusText(status), Status: status, Code: code, Detail: detail}
}

// statusOf is the status of each kind of fault.
func statusOf(kind office.FaultKind) int {
	switch kind {
	case office.FaultInput:
		return http.StatusUnprocessableEntity
	case office.FaultRefused, office.FaultMoved:
		return http.StatusConflict
	case office.FaultUnknown:
		return http.StatusNotFound
	case office.FaultDenied:
		return http.StatusForbidden
	case office.FaultBusy, office.FaultGone:
		return http.StatusServiceUnavailable
	case office.FaultUnsigned:
		return http.StatusUnauthorized
	case office.FaultThrottled:
		return http.StatusTooManyRequests
	case office.FaultOurs:
	}
	return http.StatusInternalServerError
}

func problemOf(fault office.Fault) *Problem {
	p := newProblem(statusOf(fault.Kind), fault.Code, fault.Sentence)
	if fault.Field != "" {
		p.Faults = []FaultAt{{In: inBody, Field: fault.Field, Pointer: pointerOf(fault.Field), Detail: fault.Sentence}}
	}
	return p
}

// faulty translates what a verb of the desk gave; what is our own fault goes to the log.
func (a *API) faulty(ctx context.Context, err error) *Problem {
	var problem *Problem
	if errors.As(err, &problem) {
		return problem
	}
	fault := office.FaultOf(err)
	if fault.Kind == office.FaultMoved && callOf(ctx).matched {
		return changedProblem()
	}
	if fault.Kind == office.FaultOurs {
		a.settings.Log.ErrorContext(ctx, "api", "request", callOf(ctx).id, "error", err)
		fault.Sentence = internalSentence
	}
	return problemOf(fault)
}

// write answers with a problem outside of an operation.
func (a *API) write(w http.ResponseWriter, r *http.Request, p *Problem) {
	p.Request = callOf(r.Context()).id
	if p.Status == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "" {
		w.Header().Set("Retry-After", p.retryAfter())
	}
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	// A client that has gone away has no use for the rest.
	_ = json.NewEncoder(w).Encode(p)
}

// translate gives the framework's errors the form that ours have.
func (a *API) translate(ctx huma.Context, _ string, v any) (any, error) {
	switch p := v.(type) {
	case *Problem:
		p.Request = callOf(ctx.Context()).id
		if p.Status == http.StatusServiceUnavailable {
			ctx.SetHeader("Retry-After", p.retryAfter())
		}
		return p, nil
	case *huma.ErrorModel:
		problem := problemOfFramework(p)
		problem.Request = callOf(ctx.Context()).id
		return problem, nil
	}
	return v, nil
}

// frameworkCode is the code of a status that an operation's reading ended with.
func frameworkCode(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "malformed"
	case http.StatusNotAcceptable, http.StatusUnsupportedMediaType:
		return "media_type"
	case http.StatusRequestEntityTooLarge:
		return "too_large"
	case http.StatusUnprocessableEntity:
		return "invalid"
	}
	return "internal"
}

func problemOfFramework(e *huma.ErrorModel) *Problem {
	p := newProblem(e.Status, frameworkCode(e.Status), said(e.Detail))
	if p.Code == "internal" {
		p.Detail = internalSentence
		return p
	}
	for _, detail := range e.Errors {
		if detail == nil {
			continue
		}
		in, field, _ := strings.Cut(detail.Location, ".")
		if field == "" {
			in, field = inBody, ""
		}
		if name, missing := strings.CutPrefix(detail.Message, "expected required property "); missing && in == inBody {
			field = joined(field, strings.TrimSuffix(name, " to be present"))
		}
		at := FaultAt{In: in, Field: field, Detail: said(detail.Message)}
		if in == inBody {
			at.Pointer = pointerOf(field)
		}
		p.Faults = append(p.Faults, at)
	}
	if len(p.Faults) > 0 {
		first := p.Faults[0]
		p.Detail = strings.TrimPrefix(said(first.Field+": "+first.Detail), ": ")
	}
	return p
}

// inBody is where most things stand.
const inBody = "body"

// said is a sentence with a capital and a full stop.
func said(text string) string {
	if text == "" {
		return text
	}
	text = strings.ToUpper(text[:1]) + text[1:]
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}

// pointerOf makes lines[0].amount the JSON pointer #/lines/0/amount.
func pointerOf(field string) string {
	var pointer strings.Builder
	pointer.WriteByte('#')
	for _, part := range stepsOf(field) {
		pointer.WriteByte('/')
		pointer.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(part))
	}
	return pointer.String()
}

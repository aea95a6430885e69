package partnercenter

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"prorata/flow"
)

// refusal is an answer that is not what was asked for, in whichever of the
// shapes that the provider's hosts give it.
type refusal struct {
	status int
	header http.Header
	said   flow.ProviderRefusal
	// again is the provider's own word that asking again may help.
	again bool
	// consent says that a person must sign in anew.
	consent bool
	// name is the word for the error, where there is one beside the code.
	name string
}

func (r *refusal) Error() string { return r.said.Error() }

// Unwrap is what the flow sees.
func (r *refusal) Unwrap() error { return &r.said }

// Codes of the Partner Center that this package acts on.
const (
	codeMCAMissing       = "13605"
	codeEtagOld          = "2055"
	codeOrderRunning     = "800060"
	codeCartBusy         = "800064"
	codeCartGone         = "800008"
	codeCartSubmitted    = "800065"
	codeAvailabilityGone = "400019"
	codeAlreadyAgreed    = "600061"
	codeWrongAudience    = "900420"
	codeStatusMissing    = "600074"
)

// patience says that the same call may get another answer soon.
func (r *refusal) patience() bool {
	switch r.status {
	case http.StatusTooManyRequests, http.StatusRequestTimeout, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return r.again || r.said.Code == codeCartBusy || r.said.Code == codeOrderRunning
}

// refusedWith says that an error is the provider's no with that status.
func refusedWith(err error, status int) bool {
	var r *refusal
	return errors.As(err, &r) && r.status == status
}

// refusedFor says that an error is the provider's no for one of these codes.
func refusedFor(err error, codes ...string) bool {
	var r *refusal
	return errors.As(err, &r) && slices.Contains(codes, r.said.Code)
}

// refusalOf reads an answer that is an error. Partner Center says code and
// description, its newer services also message and errorName, its gate
// statusCode; the pricing host and Graph put theirs into error.
func refusalOf(res *http.Response, body []byte) *refusal {
	r := &refusal{status: res.StatusCode, header: res.Header}
	o, _ := objectOf(body)
	top := reading{wrong: &mistakes{}, of: o}
	in := top
	if inner, ok := top.object("error"); ok {
		in = inner
	}
	r.said.Code = first(in.scalar("code"), in.scalar("errorCode"), in.scalar("statusCode"))
	r.said.Sentence = first(in.scalar("description"), in.scalar("message"), in.scalar("errorMessage"))
	r.name = in.scalar("errorName")
	if deeper, ok := in.object("innerError"); ok && r.said.Sentence == "" {
		r.said.Sentence = deeper.scalar("message")
	}
	if r.said.Code == "" || r.said.Code == "0" {
		r.said.Code = "HTTP " + strconv.Itoa(res.StatusCode)
	}
	if r.said.Sentence == "" {
		r.said.Sentence = first(r.name, http.StatusText(res.StatusCode), "no reason given")
	}
	r.again = in.scalar("isRetryable") == "true" && res.StatusCode != http.StatusNotImplemented
	r.said.Todo = first(todoOf(r.said.Code), "Look the code up in Partner Center, or ask its support.")
	if res.StatusCode == http.StatusUnauthorized && (strings.Contains(strings.ToUpper(r.said.Sentence+r.name), "MFA") ||
		strings.Contains(strings.ToLower(r.said.Sentence), "multi-factor") || strings.EqualFold(res.Header.Get("isMfaCompliant"), "false")) {
		r.consent = true
		r.said.Todo = "Sign in anew with a second factor."
	}
	return r
}

func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// scalar is text without a complaint where the field is something else.
func (r reading) scalar(field string) string {
	raw, ok := r.raw(field)
	if !ok || len(raw) == 0 || raw[0] == '{' || raw[0] == '[' {
		return ""
	}
	return reading{wrong: &mistakes{}, of: r.of}.text(field)
}

// object is sub without a complaint.
func (r reading) object(field string) (reading, bool) {
	return reading{wrong: &mistakes{}, of: r.of}.sub(field)
}

// todoOf is what a person can do about a code; empty where the table has none. The table is by the provider's published codes.
func todoOf(code string) string {
	for _, row := range todos {
		if slices.Contains(strings.Fields(row.codes), code) {
			return row.todo
		}
	}
	return ""
}

var todos = []struct{ codes, todo string }{
	{codeMCAMissing, "Have the customer accept the Microsoft Customer Agreement, or record here who accepted it and when."},
	{codeWrongAudience, "The connection asks for tokens of another service: check its hosts and audiences."},
	{"900329", "Connect with a person's consent: an application alone may not ask this."},
	{"20002", "The customer has no reseller relationship with you: send the invitation and wait until it is accepted."},
	{"2032 900150 900308", "Give the integration user the role it needs (admin agent), or the customer's admin relationship the role."},
	{"60003", "Check the customer's tenant id."},
	{"20000", "Look again in a quarter of an hour: a new order is not listed at once."},
	{"20003", "Read the customer's subscriptions anew; this one is not there."},
	{"400013 400018 " + codeAvailabilityGone, "The product is not sold any more, or not to this customer: choose another."},
	{"400030 400036", "The product is for another kind of customer: check the customer's segment."},
	{"800023 800025 900121", "Your credit line at Microsoft does not reach: raise it with Microsoft, then order again."},
	{"800069", "Microsoft's risk check stopped the order: contact its support."},
	{"800073 800074", "Microsoft is reviewing the customer: order again in a few days."},
	{"800075", "Microsoft did not approve the customer: check name and address, then ask its support."},
	{"800018 800066 800067 800068 800088 800089", "A limit of the tenant is reached: order less, or free what is not needed."},
	{"900203 900206", "Confirm the attestation that this product asks for."},
	{"900123", "The indirect reseller must sign the Microsoft Partner Agreement."},
	{"900124", "Your global administrator must sign the Microsoft Partner Agreement."},
	{"800090 900214 900257", "The window for giving seats back is over: schedule the reduction for the renewal."},
	{"900117 900213", "The window for cancelling is over: switch the renewal off instead."},
	{"800091 2001", "Resume the subscription first."},
	{"2002 900275", "Choose a quantity within what the product allows."},
	{"2054", "Change the billing cycle through the order: this is an older subscription."},
	{"900278", "Something else is under way on this subscription: try again tomorrow."},
	{"800082", "The subscription is not ready yet: try again in an hour."},
	{"900277 900279 900280", "The subscription takes no more changes: order a new one where it is needed."},
	{"900311", "Microsoft has counted too many changes: ask its support to allow more."},
	{"900242 900244 900245 900246", "Choose an end that another subscription of the customer has, or the end of a month."},
	{"900236 900258 900259 900260 900261 900267 900268 900269 900270 800122", "Choose another target for the upgrade: active, of the same product, ending later, with no shorter term."},
	{"600049 600050", "Give the customer's registration number."},
	{"600051", "Give the customer's telephone number."},
	{codeCartSubmitted, "The cart was ordered already: look for its order."},
	{codeCartGone, "The cart is gone: look whether it was ordered, then order anew."},
	{codeAlreadyAgreed, "Nothing: this acceptance is recorded already."},
}

// rowError turns what is wrong with one row into the error that streams hand on
// in its place; a damaged file stays what it is.
func rowError(at flow.Source, err error) error {
	if err == nil || errors.Is(err, ErrDamaged) {
		return err
	}
	var texts []string
	for _, e := range unjoined(err) {
		var p *Problem
		if !errors.As(e, &p) {
			texts = append(texts, e.Error())
			continue
		}
		texts = append(texts, strings.TrimPrefix(p.Field+": "+p.Text, ": "))
	}
	return &flow.InputError{At: at, Err: errors.New(strings.Join(texts, "; "))}
}

func unjoined(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // only what errors.Join made
		return joined.Unwrap()
	}
	return []error{err}
}

// rawList reads a JSON list, leniently: nothing where it is none.
func rawList(raw json.RawMessage) []json.RawMessage {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		return nil
	}
	return items
}

package office

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"prorata/flow"
)

// Area is a part of the work, as API tokens are narrowed to it.
type Area string

// Scope is an area that an API token may read (invoices:read), or read and change
// (invoices:write).
type Scope string

// ErrDenied is returned where somebody may not do what they asked for.
var ErrDenied = errors.New("not allowed")

// right is who may use a verb of the desk.
type right struct {
	verb string
	area Area
	// writes says that the verb changes something, and is audited. Auditors change nothing but
	// what is their own (areas profile, sessions and tokens).
	writes bool
	// roles is a letter for each role that may: Owner, Finance, Clerk, oPerations, Sales,
	// Auditor, Reseller, cuStomer; see roleOf.
	roles string
}

// The columns of the table: who reads, who changes.
const (
	everybody = "OFCPSARU"
	staff     = "OFCPSA"
	reads     = false
	writes    = true
)

// The areas of what is somebody's own.
const (
	ofProfile  Area = "profile"
	ofSessions Area = "sessions"
	ofTokens   Area = "tokens"
)

// inPerson says whether a right is about how the person proves themselves, and who they are.
// Only they change that, and no token.
func (r *right) inPerson() bool { return r.area == ofProfile && r.writes }

// Enrolling says whether who must set up a second factor first may come to a verb: to what is
// needed for that, and to ending what lets somebody else in.
func Enrolling(verb string) bool {
	r, ok := rightOf(verb)
	return ok && r.enrolling()
}

func (r *right) enrolling() bool { return r.area == ofProfile || r.area == ofSessions }

// roleOf is the role of a letter.
func roleOf(letter byte) Role {
	return Role(strings.IndexByte(everybody, letter))
}

// RightOf is the area of a verb and whether it changes something; wrong input where
// there is no such verb.
func RightOf(verb string) (area Area, changes bool, roles []Role, err error) {
	r, ok := rightOf(verb)
	if !ok {
		return "", false, nil, fmt.Errorf("%w: %q is no verb of the desk", flow.ErrInput, verb)
	}
	for i := range len(r.roles) {
		roles = append(roles, roleOf(r.roles[i]))
	}
	return r.area, r.writes, roles, nil
}

func rightOf(verb string) (right, bool) {
	for _, r := range rights {
		if r.verb == verb {
			return r, true
		}
	}
	return right{}, false
}

// Scopes are all scopes there are, in order. What is done in person has none.
func Scopes() (scopes []Scope) {
	for _, r := range rights {
		for _, kind := range []string{":read", ":write"} {
			if scope := Scope(string(r.area) + kind); !slices.Contains(scopes, scope) && scope != Scope(ofProfile)+":write" {
				scopes = append(scopes, scope)
			}
		}
	}
	slices.Sort(scopes)
	return scopes
}

// May says whether the person may use a verb, for pages that show only what can be done.
func (p *Person) May(verb string) bool { return p.may(verb) == nil }

// may is nil, or ErrDenied with a sentence that says why and whom to ask. A verb that
// is not in the table is nobody's.
func (p *Person) may(verb string) error {
	r, ok := rightOf(verb)
	if !ok {
		return fmt.Errorf("%w: %s is not a verb that anybody was given", ErrDenied, verb)
	}
	allowed := slices.ContainsFunc(p.Roles, func(role Role) bool {
		return strings.IndexByte(r.roles, everybody[role]) >= 0
	})
	if !allowed {
		return fmt.Errorf("%w: who has the role %s may not %s; an owner can give the right", ErrDenied, p.roleList(), r.phrase())
	}
	switch {
	case p.Enrolling && !r.enrolling():
		return fmt.Errorf("%w: your role requires a second factor; set one up first", ErrDenied)
	case p.Scopes != nil && r.inPerson():
		return fmt.Errorf("%w: a token cannot %s; sign in for it", ErrDenied, r.phrase())
	}
	if p.Scopes != nil && !slices.Contains(p.Scopes, Scope(string(r.area)+":write")) &&
		(r.writes || !slices.Contains(p.Scopes, Scope(string(r.area)+":read"))) {
		return fmt.Errorf("%w: the token has not the scope %s:%s", ErrDenied, r.area, map[bool]string{false: "read", true: "write"}[r.writes])
	}
	return nil
}

// phrase is the right as the sentence of a refusal has it.
func (r *right) phrase() string {
	if r.writes {
		return fmt.Sprintf("change %s (%s)", r.area, r.verb)
	}
	return fmt.Sprintf("see %s (%s)", r.area, r.verb)
}

// Verbs are the names of all verbs, in the order of the table.
func Verbs() []string {
	names := make([]string, len(rights))
	for i, r := range rights {
		names[i] = r.verb
	}
	return names
}

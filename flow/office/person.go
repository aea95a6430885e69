package office

import (
	"fmt"
	"slices"
	"strings"

	"prorata/core/billing"
	"prorata/flow"
)

// Role is what somebody is here to do. A person may have several, and may do what
// any of them may.
type Role uint8

// The roles.
const (
	// Owner does everything, and says who may do what.
	Owner Role = iota
	// Finance stands by the figures: runs billing, takes invoices back, sets prices.
	Finance
	// Clerk runs billing and works through exceptions.
	Clerk
	// Operations keeps providers, connections and jobs running.
	Operations
	// Sales looks after accounts, contracts and subscriptions.
	Sales
	// Auditor reads everything and changes nothing.
	Auditor
	// Reseller sees the accounts that it resells to.
	Reseller
	// Customer sees its own accounts.
	Customer
)

// Roles are all roles, in the order in which they are listed.
func Roles() []Role {
	return []Role{Owner, Finance, Clerk, Operations, Sales, Auditor, Reseller, Customer}
}

func roleWords() [8]string {
	return [...]string{"owner", "finance", "clerk", "operations", "sales", "auditor", "reseller", "customer"}
}

// String is the word used in files, commands and the API.
func (r Role) String() string {
	if words := roleWords(); int(r) < len(words) {
		return words[r]
	}
	return fmt.Sprintf("Role(%d)", uint8(r))
}

// ParseRole reads the word; wrong input where there is no such role.
func ParseRole(word string) (Role, error) {
	for i, known := range roleWords() {
		if word == known {
			return Role(i), nil
		}
	}
	words := roleWords()
	return 0, fmt.Errorf("%w: role: %q (expected one of %s)", flow.ErrInput, word, strings.Join(words[:], ", "))
}

// Outside says whether who has the role is not the seller's staff, and so sees only
// accounts of its own.
func (r Role) Outside() bool { return r == Reseller || r == Customer }

// Door is the way by which somebody came.
type Door string

// The doors.
const (
	ByPage    Door = "page"
	ByAPI     Door = "api"
	ByCommand Door = "command"
	ByJob     Door = "job"
)

// UserID names a user.
type UserID string

// Person is who asks: already known, by whichever door they came. What they may do
// is decided here.
type Person struct {
	// User is empty for the operator of the machine and for jobs.
	User UserID
	// Who is how the change log and the audit name them: an address, a login.
	Who string
	// Name and Language are those of the user's profile.
	Name, Language string
	Roles          []Role
	// Accounts are the roots of what a reseller or customer sees; they and all below them.
	Accounts []billing.AccountID
	Door     Door
	// Scopes narrow what an API token may do below what its maker may; nil does not.
	Scopes []Scope
	// From is the address that the request came from, where there is one; of a command, who typed it on the machine.
	From string
	// Session is the one that they came by, Token the API token; empty by other doors.
	Session SessionID
	Token   TokenID
	// Enrolling says that their role requires a second factor and they have none: they may set
	// one up, and nothing else.
	Enrolling bool
}

// Operator is who runs commands on the machine that has the database and names no user:
// whoever can read its file or has its password owns the book already. Who is how the
// machine knows them.
func Operator(who string) Person {
	return Person{Who: operatorWord + who, Roles: []Role{Owner}, Door: ByCommand}
}

// operatorWord is before the operator's name wherever it is written, so that nobody takes
// it for a user's.
const operatorWord = "operator "

// Has says whether the person has one of some roles.
func (p *Person) Has(roles ...Role) bool {
	return slices.ContainsFunc(p.Roles, func(r Role) bool { return slices.Contains(roles, r) })
}

// Staff says whether the person sees all accounts.
func (p *Person) Staff() bool {
	return slices.ContainsFunc(p.Roles, func(r Role) bool { return !r.Outside() })
}

// roleList is the roles as a sentence has them.
func (p *Person) roleList() string {
	if len(p.Roles) == 0 {
		return "no role"
	}
	words := make([]string, len(p.Roles))
	for i, r := range p.Roles {
		words[i] = r.String()
	}
	return strings.Join(words, " and ")
}

package office_test

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"slices"
	"testing"
	"time"

	"prorata/flow"
	"prorata/flow/office"
)

// reached is a store that does nothing but say that somebody got to it.
type reached struct{ audited []office.Outcome }

var errReached = errors.New("reached the store")

func (r *reached) Read(context.Context, func(office.Tx) error) error { return errReached }

func (r *reached) Write(ctx context.Context, fn func(office.Tx) error) error {
	// A denial is written by itself; whatever else is written counts as done.
	tx := &auditOnly{}
	defer func() {
		// A verb that asks the transaction for anything else got past its rights.
		_ = recover()
		r.audited = append(r.audited, tx.outcomes...)
	}()
	if err := fn(tx); err != nil {
		return err
	}
	if slices.Contains(tx.outcomes, office.Denied) {
		return nil
	}
	return errReached
}

type auditOnly struct {
	office.Tx
	outcomes []office.Outcome
}

func (a *auditOnly) AuditAppend(r office.AuditRecord, _ func(int64, string) string) error {
	a.outcomes = append(a.outcomes, r.Outcome)
	return nil
}

type noon struct{}

func (noon) Now() time.Time { return time.Date(2026, 3, 12, 12, 0, 0, 0, time.UTC) }

// free are the methods that anybody may call: they tell nothing of the book.
var free = []string{"Today", "Person", "Ask", "Mails", "Again"}

// own are the areas of what is somebody's own, which auditors change too: their password,
// their sessions, their tokens.
var own = []office.Area{"profile", "sessions", "tokens"}

// Every verb of the desk is walked with every role: what the table gives is
// let through, all else is denied before anything is read, and a denied change is in
// the audit. A verb that is not in the table fails, and so does a line without a verb.
func TestEveryVerbWithEveryRole(t *testing.T) {
	desk := reflect.TypeFor[*office.Desk]()
	for i := range desk.NumMethod() {
		verb := desk.Method(i).Name
		if slices.Contains(free, verb) {
			continue
		}
		area, changes, roles, err := office.RightOf(verb)
		if err != nil {
			t.Errorf("%s is a verb of the desk and stands in no line of verbs.go", verb)
			continue
		}
		for _, role := range office.Roles() {
			store, got := call(t, verb, role)
			denied, allowed := errors.Is(got, office.ErrDenied), slices.Contains(roles, role)
			if denied == allowed {
				t.Errorf("%s by %s: allowed %t, but it gave %v", verb, role, allowed, got)
			}
			if denied && changes && !slices.Equal(store.audited, []office.Outcome{office.Denied}) {
				t.Errorf("%s by %s was denied and the audit has %v", verb, role, store.audited)
			}
			if role == office.Auditor && changes && allowed && !slices.Contains(own, area) {
				t.Errorf("%s: an auditor changes nothing", verb)
			}
		}
	}
	for _, verb := range office.Verbs() {
		if _, ok := desk.MethodByName(verb); !ok {
			t.Errorf("%s stands in verbs.go and is no verb of the desk", verb)
		}
	}
}

// call calls a verb with empty arguments and gives the error it ended with.
func call(t *testing.T, verb string, role office.Role) (store *reached, err error) {
	t.Helper()
	store = &reached{}
	f := &flow.Flow{Clock: noon{}, Log: slog.New(slog.DiscardHandler), Workers: 1, Zone: time.UTC, Store: flowStore{store}}
	desk := (&office.Office{Flow: f, Store: store}).Desk(office.Person{User: "u", Who: "somebody", Roles: []office.Role{role}, Door: office.ByAPI})
	method := reflect.ValueOf(desk).MethodByName(verb)
	defer func() {
		if reason := recover(); reason != nil {
			// Empty arguments are more than some verbs bear, once they are let through.
			err = errReached
		}
	}()
	args := []reflect.Value{reflect.ValueOf(t.Context())}
	for n := 1; n < method.Type().NumIn(); n++ {
		args = append(args, reflect.Zero(method.Type().In(n)))
	}
	if method.Type().IsVariadic() {
		args = args[:len(args)-1]
	}
	results := method.Call(args)
	err, _ = results[len(results)-1].Interface().(error)
	return store, err
}

// flowStore is the same store as the flow sees it.
type flowStore struct{ *reached }

func (f flowStore) Read(context.Context, func(flow.Tx) error) error  { return errReached }
func (f flowStore) Write(context.Context, func(flow.Tx) error) error { return errReached }

func TestTokensAreNarrowedByTheirScopes(t *testing.T) {
	owner := office.Person{Roles: []office.Role{office.Owner}, Scopes: []office.Scope{"invoices:read"}}
	for verb, want := range map[string]bool{"InvoiceGet": true, "InvoiceVoid": false, "AuditList": false} {
		if got := owner.May(verb); got != want {
			t.Errorf("%s with invoices:read: %t, expected %t", verb, got, want)
		}
	}
	owner.Scopes = []office.Scope{"invoices:write"}
	if !owner.May("InvoiceGet") || !owner.May("InvoiceVoid") {
		t.Error("who may change invoices may read them")
	}
	auditor := office.Person{Roles: []office.Role{office.Auditor}, Scopes: []office.Scope{"invoices:write"}}
	if auditor.May("InvoiceVoid") {
		t.Error("a scope gave more than its maker has")
	}
}

package main_test

import (
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"prorata/core/calendar"
	"prorata/core/reconcile"
	"prorata/edge/store"
	"prorata/flow"
	"prorata/flow/office"
)

// noonOf stands at noon of a day.
type noonOf string

func (day noonOf) Now() time.Time {
	at, err := time.Parse(time.DateOnly, string(day))
	if err != nil {
		panic(err)
	}
	return at.Add(12 * time.Hour)
}

// Whoever opens the demo finds something on every page: it is told again for a day on which
// two short months end.
func TestTheDemoHasSomethingForEveryPage(t *testing.T) {
	t.Parallel()
	const day = "2026-03-01"
	address, folder := "sqlite:"+filepath.Join(t.TempDir(), "book.db"), t.TempDir()
	must(t, address, "demo", "--as-of", day, "--key-file", filepath.Join(folder, "key"), "--journal", filepath.Join(folder, "journal"))
	must(t, address, "verify")
	s, err := store.Open(t.Context(), address)
	check(t, err)
	t.Cleanup(func() { check(t, s.Close()) })
	f := &flow.Flow{Store: s, Clock: noonOf(day), Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Workers: 1, Zone: time.UTC}
	desk := (&office.Office{Flow: f, Store: s.Office()}).Desk(office.Operator("test"))
	waits(t, desk)
	planned(t, desk)
	compared(t, desk)
	kept(t, desk)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// gave gives what a verb gave, and ends the test where it failed.
func gave[T any](t *testing.T) func(T, error) T {
	return func(what T, err error) T {
		t.Helper()
		check(t, err)
		return what
	}
}

// atLeast wants so many of something.
func atLeast(t *testing.T, what string, got, want int) {
	t.Helper()
	if got < want {
		t.Errorf("%d %s (expected at least %d)", got, what, want)
	}
}

// waits: exceptions of many kinds, each with what to do; a window that closes, a consent that ended.
func waits(t *testing.T, desk *office.Desk) {
	w := gave[office.Waits](t)(desk.Waiting(t.Context()))
	atLeast(t, "windows that close", len(w.Windows), 2)
	atLeast(t, "consents", len(w.Consents), 1)
	atLeast(t, "invoices that wait for approval", int(w.Unapproved), 3)
	var kinds []string
	for _, e := range gave[[]office.Waiting](t)(desk.ExceptionList(t.Context(), office.WaitingFilter{})) {
		kinds = append(kinds, e.Kind)
		if e.Sentence == "" || e.Todo == "" {
			t.Errorf("exception %s does not say what to do: %q %q", e.Kind, e.Sentence, e.Todo)
		}
	}
	for _, kind := range []string{flow.UnknownCustomer, flow.UnpricedProduct, flow.NoContract, flow.NotProvisioned, flow.ConsentNeeded, flow.ExceptionUsage, flow.ExceptionUnbilled} {
		if !slices.Contains(kinds, kind) {
			t.Errorf("there is no exception %s among %s", kind, strings.Join(kinds, ", "))
		}
	}
	atLeast(t, "exceptions that were put off", len(gave[[]office.Waiting](t)(desk.ExceptionList(t.Context(), office.WaitingFilter{State: office.WaitingSnoozed}))), 1)
	for _, state := range []flow.ProvisionState{flow.ProvisionAwaiting, flow.ProvisionFailed, flow.Provisioned} {
		atLeast(t, "provisions "+state.String(), len(gave[[]office.ProvisionRow](t)(desk.ProvisionList(t.Context(), office.ProvisionFilter{State: state.String()}))), 1)
	}
}

// planned: every flag that a plan can have, something approved, and one held back with a reason.
func planned(t *testing.T, desk *office.Desk) {
	plan := gave[office.PlanView](t)(desk.BillingPlanGet(t.Context(), 0))
	for _, flag := range flow.PlanFlags() {
		atLeast(t, "planned invoices flagged "+flag.String(), int(plan.Flags[flag]), 1)
	}
	var approved int64
	for _, total := range plan.Totals {
		approved += total.Approved
	}
	atLeast(t, "approved invoices", int(approved), 1)
	holds := gave[[]flow.BillingHold](t)(desk.BillingHoldList(t.Context()))
	if len(holds) != 1 || holds[0].Reason == "" {
		t.Errorf("held back are %v (expected one, with its reason)", holds)
	}
}

// compared: the provider's invoices have differences of many causes, and none without one.
func compared(t *testing.T, desk *office.Desk) {
	causes := map[string]int{}
	for _, invoice := range gave[[]office.ProviderInvoiceRow](t)(desk.ProviderInvoiceList(t.Context(), office.ProviderInvoiceFilter{})) {
		for _, f := range gave[[]office.FindingRow](t)(desk.FindingList(t.Context(), office.FindingFilter{Connection: invoice.Connection, Invoice: invoice.ID})) {
			causes[f.Cause]++
		}
	}
	atLeast(t, "causes", len(causes), 6)
	if n := causes[reconcile.Unexplained.String()]; n > 0 {
		t.Errorf("%d differences are not explained", n)
	}
	month, err := calendar.ParseDate("2026-02-01")
	check(t, err)
	checks := gave[[]flow.ReadinessCheck](t)(desk.ReadinessGet(t.Context(), "partnercenter", month))
	for _, c := range checks {
		if c.Code == "promotions" && c.State == flow.ReadinessWell {
			t.Errorf("no promotion ends: %s", c.Sentence)
		}
	}
}

// kept: people of every role but the owner's, who cannot sign in yet; views, a what-if, and
// messages that arrived and that did not.
func kept(t *testing.T, desk *office.Desk) {
	roles := map[office.Role]bool{}
	for _, user := range gave[[]office.User](t)(desk.UserList(t.Context(), office.UserFilter{})) {
		if user.State != office.UserInvited || user.Password {
			t.Errorf("%s is %s, password %t (expected to be invited, without one)", user.Address, user.State, user.Password)
		}
		roles[user.Roles[0]] = true
	}
	if len(roles) != len(office.Roles())-1 || roles[office.Owner] {
		t.Errorf("roles: %v (expected all but the owner's)", roles)
	}
	atLeast(t, "views", len(gave[[]office.SavedView](t)(desk.ViewList(t.Context(), "invoices"))), 2)
	whatIfs := gave[[]office.WhatIfKept](t)(desk.WhatIfList(t.Context(), office.WhatIfFilter{}))
	if len(whatIfs) != 1 || whatIfs[0].HowMany != 2 {
		t.Errorf("what-ifs: %v (expected one with two changes)", whatIfs)
	}
	states := map[office.DeliveryState]int{}
	for _, d := range gave[[]office.Delivery](t)(desk.DeliveryList(t.Context(), office.DeliveryFilter{})) {
		states[d.State]++
	}
	atLeast(t, "messages that arrived", states[office.Delivered], 1)
	atLeast(t, "messages that did not", states[office.DeliveryWaiting], 1)
	void := gave[office.InvoicePage](t)(desk.InvoiceList(t.Context(), office.InvoiceQuery{State: "void"}))
	atLeast(t, "invoices taken back", len(void.Rows), 1)
	credited := 0
	for _, note := range gave[office.InvoicePage](t)(desk.InvoiceList(t.Context(), office.InvoiceQuery{State: "correcting"})).Rows {
		if note.Credits() {
			credited++
		}
	}
	atLeast(t, "invoices of which a part was credited", credited, 2)
}

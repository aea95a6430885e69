package main_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// asked runs the program, which has to end with a code, and checks that it says each
// of the texts.
func (f *firm) asked(code int, says []string, args ...string) string {
	f.t.Helper()
	out := f.run(args...)
	if out.code != code {
		f.t.Fatalf("exit %d expected: %s", code, out)
	}
	for _, text := range says {
		if !strings.Contains(out.stdout+out.stderr, text) {
			f.t.Errorf("it does not say %q: %s", text, out)
		}
	}
	return out.stdout
}

// terminal is an empty book that is connected to a stand-in, on SQLite.
func terminal(t *testing.T, args ...string) *firm {
	t.Helper()
	f := openFirm(t, openCenter(t, args...), "sqlite:"+filepath.Join(t.TempDir(), "book.db"))
	f.consent()
	return f
}

// A customer is let in, agrees, is linked, buys and changes its mind, all at the terminal.
func TestACustomerIsWonAndServedAtTheTerminal(t *testing.T) {
	t.Parallel()
	f := terminal(t)
	tenant := f.center.prospect("adatum")
	link := "prorata connection link ms --customer " + tenant + " --account ACCOUNT   # adatum"
	f.asked(0, []string{"reseller relationship", "DAP=false"}, "provider", "invite", "ms")
	f.asked(0, []string{tenant, "(not linked)", link}, "provider", "customers", "ms")

	// Nobody buys before the agreement.
	f.is("agreed", "false", f.json("customers.0.agreed", 0, "provider", "customers", "ms", "--agreed"))
	agree := []string{"provider", "agree", "ms", tenant, "--first", "Ann", "--last", "Lee", "--email", "ann@adatum.example"}
	f.asked(2, []string{"2999-01-01 has not come yet"}, append(agree, "--on", "2999-01-01")...)
	f.asked(0, []string{"Recorded: Ann Lee accepted the customer agreement for adatum on " + today()}, agree...)
	f.asked(0, []string{"has accepted the customer agreement already"}, agree...)
	f.is("agreed", "true", f.json("customers.0.agreed", 0, "provider", "customers", "ms", "--agreed"))

	f.must("connection", "link", "ms", "--customer", tenant, "--account", "adatum")
	f.is("account", "adatum", f.json("customers.0.account", 0, "provider", "customers", "ms"))
	if out := f.must("provider", "customers", "ms", "--unlinked"); strings.Contains(out.stdout, tenant) {
		t.Error(out)
	}
	f.must("prices", "import", "ms")
	f.sellsAndChanges(tenant)
}

// sellsAndChanges sells a subscription and changes it; what becomes of each at the
// provider is said, and then done.
func (f *firm) sellsAndChanges(tenant string) {
	f.t.Helper()
	f.asked(0, []string{"Recorded: subscribe of a1-1 from " + today(), "At ms: order 10 of " + businessPremium + " (a1-1) is awaiting; `prorata provision run ms`"},
		"subscription", "add", "a1", businessPremium, "10", "--term", "12", "--billing", "monthly", "--at", "ms")
	f.asked(0, []string{"held at", "order 10 of " + businessPremium + " awaiting"}, "subscription", "list")
	f.settle()
	f.is("at the stand-in", businessPremium+" 10 active", told(f.center.held(tenant)))
	holding := f.center.held(tenant)[0].ID
	f.must("sync", "ms")
	f.asked(0, []string{holding, "active, 10 seats", "renews"}, "subscription", "list")

	f.asked(0, []string{"Recorded: subscribe of a1-2", "At ms: order 3 of " + copilot + " (a1-2) is awaiting"},
		"subscription", "add", "a1", copilot, "3", "--term", "12", "--billing", "monthly", "--at", "ms", "--add-on-to", "a1-1")
	f.asked(0, []string{"At ms: seats to 12 (a1-1) is awaiting"}, "subscription", "change", "a1-1", "--quantity", "12")
	f.settle()
	f.asked(0, []string{"At ms: schedule for renewal (a1-1) is awaiting"}, "subscription", "change", "a1-1", "--quantity", "8", "--at-renewal")
	f.settle()
	f.is("at the stand-in", businessPremium+" 12 active\n"+copilot+" 3 active", told(f.center.held(tenant)))
	f.must("sync", "ms")
	f.asked(0, []string{"active, 12 seats", "renews as 8"}, "subscription", "list")
	for path, want := range map[string]string{"connection": "ms", "holding": holding, "seen.status": "active", "seen.quantity": "12", "seen.auto_renew": "true", "seen.scheduled.quantity": "8"} {
		f.is(path, want, f.json("subscriptions.0.provider."+path, 0, "subscription", "list"))
	}
	f.asked(0, []string{"At ms: cancel (a1-2) is awaiting"}, "subscription", "cancel", "a1-2")
	f.settle()
	f.is("at the stand-in", businessPremium+" 12 active\n"+copilot+" 3 deleted", told(f.center.held(tenant)))
	f.is("exceptions", "", f.exceptions())
}

// What cannot be is refused before anything is sent or recorded.
func TestWhatCannotBeAskedOfAProvider(t *testing.T) {
	t.Parallel()
	f := terminal(t, "--demo")
	for _, wrong := range []struct {
		says string
		args []string
	}{
		{"an admin relationship needs at least one --role", []string{"provider", "invite", "ms", "--access", "Desk"}},
		{"give it a name with --access", []string{"provider", "invite", "ms", "--role", "global-reader"}},
		{`"janitor" is neither an id nor one of directory-readers`, []string{"provider", "invite", "ms", "--access", "Desk", "--role", "janitor"}},
		{"--days: expected 1 to 730, not 731", []string{"provider", "invite", "ms", "--access", "Desk", "--role", "global-reader", "--days", "731"}},
		{"12 is no indirect reseller of ours (there is: 5357564 (Woodgrove Systems))", []string{"provider", "invite", "ms", "--reseller", "12"}},
		{"--at", []string{"subscription", "add", "r9", businessPremium, "1", "--promotion", "x"}},
		{`unknown unit "weekly" (expected annual`, []string{"subscription", "add", "r9", businessPremium, "1", "--billing", "weekly"}},
		{"contract: r9 is unknown", []string{"subscription", "add", "r9", businessPremium, "1"}},
	} {
		f.asked(2, []string{wrong.says}, wrong.args...)
	}
	f.asked(0, []string{"msppId=5357564", "DAP=true"}, "provider", "invite", "ms", "--reseller", "5357564", "--admin")
	invite := []string{"provider", "invite", "ms", "--access", "Desk", "--role", "global-reader", "--role", "directory-readers", "--days", "30"}
	first := f.asked(0, []string{`admin relationship "Desk" (30 days, 2 roles, approvalPending)`, "granularAdminRelationships/"}, invite...)
	if again := f.must(invite...).stdout; again != first {
		t.Errorf("another invitation of the same name:\n%s\n%s", first, again)
	}
	if n := strings.Count(f.must("provider", "customers", "ms").stdout, "prorata connection link"); n != 15 {
		t.Errorf("%d customers to link", n)
	}
}

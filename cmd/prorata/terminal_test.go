package main_test

import (
	"os"
	"path/filepath"
	"strconv"
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

	f.asked(2, []string{"customer " + tenant[1:] + ": the provider has none with that id, among 1; with --unchecked it is linked all the same"},
		"connection", "link", "ms", "--customer", tenant[1:], "--account", "adatum")
	f.must("connection", "link", "ms", "--customer", strings.ToUpper(tenant), "--account", "adatum")
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
	f.asked(2, []string{"holding nothing: customer " + tenant + " (account adatum) has none with that id at the provider"},
		"connection", "link", "ms", "--holding", "nothing", "--subscription", "a1-1")
	f.must("connection", "link", "ms", "--holding", holding, "--subscription", "a1-1")
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
		{"contract: there is no contract r9", []string{"subscription", "add", "r9", businessPremium, "1"}},
	} {
		f.asked(2, []string{wrong.says}, wrong.args...)
	}
	f.asked(0, []string{"msppId=5357564", "DAP=true"}, "provider", "invite", "ms", "--reseller", "5357564", "--admin")
	invite := []string{"provider", "invite", "ms", "--access", "Desk", "--role", "global-reader", "--role", "directory-readers", "--days", "30"}
	first := f.asked(0, []string{`admin relationship "Desk" (30 days, 2 roles, approvalPending)`, "granularAdminRelationships/"}, invite...)
	if again := f.must(invite...).stdout; again != first {
		t.Errorf("another invitation of the same name:\n%s\n%s", first, again)
	}
	if n := strings.Count(f.must("provider", "customers", "ms").stdout, "prorata connection link"); n != 19 {
		t.Errorf("%d customers to link", n)
	}
}

// inbox is a distributor's export: ten seats, two more, and a charge for thirteen
// where twelve were held.
const inbox = `Invoice Number,Invoice Date,Customer ID,Customer Name,Subscription ID,Order Number,Vendor Product,Vendor SKU,Product Name,Description,Charge Type,Period Start,Period End,Term,Billing Frequency,Quantity,Unit Cost,Extended Cost,Tax,Currency
D-77,3/6/2026,acme,Acme,hold-1,O1,E3,1,Suite,,New Purchase,2/5/2026,3/4/2026,1 Year,Month,10,31.00,310.00,58.90,EUR
D-77,3/6/2026,acme,Acme,hold-1,O2,E3,1,Suite,,Seat Increase,2/12/2026,3/4/2026,1 Year,Month,10,-23.25,-232.50,-44.18,EUR
D-77,3/6/2026,acme,Acme,hold-1,O2,E3,1,Suite,,Seat Increase,2/12/2026,3/4/2026,1 Year,Month,13,23.25,302.25,57.43,EUR
Total,,,,,,,,,,,,,,,,,379.75,72.15,
`

const distributorBook = `seller: {name: Förde Cloud, country: DE, currency: EUR, timezone: UTC}
products: [{sku: "E3:1", name: Suite}]
prices: [{sku: "E3:1", price: 40.00, cost: 31.00}]
accounts: [{id: acme, name: Acme, country: DE}]
contracts: [{id: a1, account: acme, start: 2026-01-01, schedule: flexi, frequency: monthly}]
events:
  - {on: 2026-02-05, do: subscribe, contract: a1, id: hold-1, sku: "E3:1", quantity: 10, term: P1Y, billing: monthly}
  - {on: 2026-02-12, do: quantity, subscription: hold-1, to: 12}
`

// A distributor without an API: its files are tried, read, compared with the log, and
// disputed, by commands alone.
func TestADistributorsFilesFromFolderToDispute(t *testing.T) {
	both(t, func(t *testing.T, e *engineUnderTest) {
		folder := t.TempDir()
		f := &firm{t: t, address: e.empty(t)}
		f.key = strings.TrimSpace(must(t, f.address, "key").stdout)
		file, book := filepath.Join(folder, "invoice-2026-03.csv"), filepath.Join(t.TempDir(), "book.yaml")
		writeText(t, book, distributorBook)
		f.must("import", book)

		// A word that the mapping does not know is shown before anything is taken in.
		writeText(t, file, strings.Replace(inbox, "New Purchase", "Purchase", 1))
		f.asked(1, []string{"2 rows understood, 1 left out, 1 wrong", `"Purchase"`}, "provider", "check-mapping", "ingram-like-lines", file)
		writeText(t, file, inbox)
		f.asked(0, []string{"3 rows understood, 1 left out, 0 wrong", "EUR: 3 rows, cost 379.75, tax 72.15, total 451.90"}, "provider", "check-mapping", "ingram-like-lines", file)

		f.must("connection", "add", "ingram", "--kind", "file", "--set", "folder="+folder, "--set", "mapping=ingram-like-lines", "--currency", "EUR", "--country", "DE")
		f.asked(0, []string{"1 invoices with 3 rows imported, 0 unchanged, 0 not readable"}, "provider", "fetch", "ingram", "--since", "2026-03-01")
		f.asked(0, []string{"0 invoices with 0 rows imported, 1 unchanged, 0 not readable"}, "provider", "fetch", "ingram", "--since", "2026-03-01")
		f.must("bill", "--as-of", "2026-03-05")
		f.asked(0, []string{"D-77: 3 rows, 2 as expected to the cent; charged 379.75, expected 356.50 EUR", "quantity  23.25 EUR  E3:1",
			"13 seats are charged where 12 were expected: 302.25 instead of 279.00"}, "reconcile", "ingram")
		// The thirteenth seat is charged too much, and nobody was billed for it.
		f.is("findings", "2", f.json("findings_in_all", 0, "reconcile", "ingram", "D-77"))
		f.is("the first", "quantity", f.json("findings.0.cause", 0, "reconcile", "ingram", "D-77"))
		row := f.json("findings.0.line", 0, "reconcile", "ingram", "D-77")
		f.disputes(row)
		f.asked(2, []string{"only partnercenter does this"}, "provider", "invite", "ingram")
		// Files of bills alone say nothing of what customers hold: it is followed all the same.
		program, _ := f.serve()
		eventually(t, "it is followed", func() bool {
			return f.count("job_run r JOIN job j ON j.id = r.job WHERE j.kind = 'follow' AND r.outcome <> 'running'") > 0
		})
		f.is("the following", "0", strconv.Itoa(f.count("job_run r JOIN job j ON j.id = r.job WHERE j.kind = 'follow' AND r.outcome NOT IN ('running', 'done')")))
		if err := program.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		program.wait(t)
	})
}

// disputes writes a row's dispute down in each form.
func (f *firm) disputes(row string) {
	f.t.Helper()
	letter, text := filepath.Join(f.t.TempDir(), "claim.pdf"), filepath.Join(f.t.TempDir(), "claim.txt")
	said := f.asked(0, []string{"What we claim: 23.25 EUR", "seats set to 12"}, "provider", "dispute", "ingram", "D-77", row)
	f.must("provider", "dispute", "ingram", "D-77", row, "--to", text)
	f.must("provider", "dispute", "ingram", "D-77", row, "--to", letter)
	f.asked(2, []string{"expected a file that ends in .pdf or .txt"}, "provider", "dispute", "ingram", "D-77", row, "--to", filepath.Join(f.t.TempDir(), "claim.doc"))
	for name, start := range map[string]string{text: said, letter: "%PDF-"} {
		got, err := os.ReadFile(name)
		if err != nil || !strings.HasPrefix(string(got), start) {
			f.t.Errorf("%s begins with %.20q (%v)", name, got, err)
		}
	}
}

package main

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"prorata/edge/store"
	"prorata/flow"
	"prorata/flow/office"
)

// leaves are all commands that can be typed.
func leaves(t *testing.T) map[string]*kong.Node {
	t.Helper()
	var p program
	parser, err := newParser(&p, newSettings(func(string) string { return "" }), io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]*kong.Node{}
	var walk func(*kong.Node)
	walk = func(node *kong.Node) {
		if len(node.Children) == 0 {
			found[commandOf(node)] = node
		}
		for _, child := range node.Children {
			walk(child)
		}
	}
	walk(parser.Model.Node)
	return found
}

// asks says what a command's Run asks for: the desk's counter, or the machine.
func asks(node *kong.Node) (counters, worlds bool) {
	run := node.Target.Addr().MethodByName("Run").Type()
	for i := range run.NumIn() {
		counters = counters || run.In(i) == reflect.TypeFor[*counter]()
		worlds = worlds || run.In(i) == reflect.TypeFor[*world]()
	}
	return counters, worlds
}

// A command is done at the desk and is given no more than its counter, or it is the machine's
// and says why. There is no third way to the book.
func TestEveryCommandGoesThroughTheDeskOrSaysWhyNot(t *testing.T) {
	all := leaves(t)
	for name, node := range all {
		counters, worlds := asks(node)
		machine := slices.IndexFunc(machineCommands, func(m machineCommand) bool { return m.command == name })
		switch verbs := verbsOf(name); {
		case counters && worlds:
			t.Errorf("%s takes the desk's counter and the machine: it could go past the desk", name)
		case counters && (len(verbs) == 0 || machine >= 0):
			t.Errorf("%s is done at the desk: it belongs into deskCommands, with its verbs, and into no other list", name)
		case !counters && (len(verbs) > 0 || machine < 0 || machineCommands[machine].why == ""):
			t.Errorf("%s goes past the desk: give it the counter, or say in machineCommands why", name)
		}
		for _, verb := range verbsOf(name) {
			if _, _, _, err := office.RightOf(verb); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for _, one := range deskCommands {
		if all[one.command] == nil {
			t.Errorf("deskCommands has %s, which is no command", one.command)
		}
	}
	for _, one := range machineCommands {
		if all[one.command] == nil {
			t.Errorf("machineCommands has %s, which is no command", one.command)
		}
	}
}

// The counter has no way around the desk: none of what it holds is the flow, the store or the machine.
func TestTheCounterReachesTheDeskAlone(t *testing.T) {
	here := reflect.TypeFor[counter]()
	for _, field := range reflect.VisibleFields(here) {
		if !field.IsExported() && field.PkgPath != here.PkgPath() {
			continue // The desk's own, which nobody here can name.
		}
		switch field.Type {
		case reflect.TypeFor[*flow.Flow](), reflect.TypeFor[flow.Store](), reflect.TypeFor[*office.Office](), reflect.TypeFor[office.Store](),
			reflect.TypeFor[*store.Store](), reflect.TypeFor[*world]():
			t.Errorf("the counter has %s, a %s", field.Name, field.Type)
		}
	}
}

// try is a command as it is tried with every role, and the verb that it comes down to.
type try struct{ verb, arguments string }

// tries are each command of the desk once at least, with arguments that it takes. Most of
// them come to nothing in this small book; whether they were let in is what is looked at.
func tries() map[string][]try {
	return map[string][]try{
		"import":              {{"Import", "import book.yaml"}},
		"bill":                {{"BillingRunAll", "bill --as-of 2025-04-01"}, {"BillingPreview", "bill --preview"}},
		"invoice list":        {{"InvoiceList", "invoice list"}},
		"invoice show":        {{"InvoiceGet", "invoice show INV-000004"}},
		"invoice pdf":         {{"InvoiceDocument", "invoice pdf INV-000004 --to -"}},
		"invoice void":        {{"InvoiceVoid", "invoice void INV-000002 --reason mistaken"}},
		"invoice credit":      {{"InvoiceCredit", "invoice credit INV-000001 --line 1:1.00 --reason goodwill"}, {"InvoiceCreditPreview", "invoice credit INV-000001 --line 1 --reason goodwill --preview"}},
		"explain":             {{"InvoiceExplain", "explain INV-000004"}},
		"verify":              {{"BookVerify", "verify"}},
		"subscription list":   {{"SubscriptionList", "subscription list"}},
		"subscription add":    {{"SubscriptionAdd", "subscription add c1 BP 3"}},
		"subscription change": {{"SubscriptionChange", "subscription change s1 --quantity 16"}, {"SubscriptionSchedule", "subscription change s2 --quantity 4 --at-renewal"}},
		"subscription cancel": {{"SubscriptionCancel", "subscription cancel nothing"}},
		"subscription log":    {{"SubscriptionLog", "subscription log s1"}},
		"subscription alerts": {{"BudgetList", "subscription alerts"}},
		"export":              {{"BookExport", "export book"}, {"InvoiceDocuments", "export lines"}},
		"connection add":      {{"ConnectionPut", "connection add ms --set tenant=t"}},
		"connection list":     {{"ConnectionList", "connection list"}},
		"connection consent":  {{"ConnectionConsent", "connection consent ms --code x"}},
		"connection notify":   {{"ConnectionNotify", "connection notify ms https://billing.example"}},
		"connection link":     {{"CustomerLink", "connection link ms --customer x --account contoso --unchecked"}, {"HoldingLink", "connection link ms --holding h --subscription s1 --unchecked"}},
		"sync":                {{"ConnectionSyncWait", "sync ms"}},
		"provision run":       {{"ProvisionRunWait", "provision run ms"}},
		"provision list":      {{"ProvisionList", "provision list"}},
		"provision retry":     {{"ProvisionRetry", "provision retry 1"}},
		"provision drop":      {{"ProvisionDrop", "provision drop 1"}},
		"windows":             {{"WindowList", "windows"}},
		"whatif":              {{"WhatIfRun", "whatif --months 1 --change on=2030-01-01,do=cancel"}},
		"exposure":            {{"ExposureList", "exposure"}},
		"prices import":       {{"PriceSheetFetch", "prices import ms"}},
		"prices preview":      {{"PriceSheetAnnounced", "prices preview ms"}},
		"prices versions":     {{"PriceSheetList", "prices versions ms"}},
		"reconcile":           {{"ProviderInvoiceReconcileWait", "reconcile ms G1"}},
		"provider invoices":   {{"ProviderInvoiceList", "provider invoices ms"}},
		"provider import":     {{"ProviderBillTake", "provider import ms nowhere.csv"}},
		"provider fetch":      {{"ProviderBillFetch", "provider fetch ms"}},
		"provider dispute":    {{"DisputeGet", "provider dispute ms G1 1"}},
		"provider customers":  {{"ProviderCustomerAsk", "provider customers ms"}},
		"provider invite":     {{"InvitationMake", "provider invite ms"}},
		"provider agree":      {{"AgreementAccept", "provider agree ms c --first Ann --last Lee --email ann@contoso.example"}},
		"provider readiness":  {{"ReadinessGet", "provider readiness ms"}},
		"exception list":      {{"ExceptionList", "exception list"}},
		"exception close":     {{"ExceptionSettle", "exception close unknown_customer x --reason known"}},
		"user add":            {{"UserInvite", "user add new@nord.example --role clerk"}},
		"user list":           {{"UserList", "user list"}},
		"user link":           {{"UserLink", "user link new@nord.example"}},
		"user role":           {{"UserChange", "user role new@nord.example clerk"}},
		"user disable":        {{"UserDisable", "user disable new@nord.example"}},
		"user enable":         {{"UserEnable", "user enable new@nord.example"}},
		"user factor":         {{"FactorPolicyChange", "user factor --none"}, {"FactorPolicyGet", "user factor"}},
		"user naming":         {{"CommandPolicyChange", "user naming free"}, {"CommandPolicyGet", "user naming"}},
		"key replace":         {{"KeyReplace", "key replace --new-key-file newkey"}},
		"token make":          {{"TokenMake", "token make --name mine --scope invoices:read"}},
		"token list":          {{"TokenList", "token list"}},
		"token revoke":        {{"TokenRevoke", "token revoke nothing"}},
	}
}

// shop is a small book with a user of each role, for commands to be run on.
type shop struct {
	t        *testing.T
	database string
	folder   string
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{t: t, folder: t.TempDir()}
	s.database = "sqlite:" + filepath.Join(s.folder, "book.db")
	s.must("import book.yaml")
	s.must("bill --as-of 2025-03-01")
	s.must("connection add ms --set address=http://127.0.0.1:1")
	for _, role := range office.Roles() {
		arguments := "user add " + role.String() + "@nord.example --role " + role.String()
		if role.Outside() {
			arguments += " --account northwind"
		}
		s.must(arguments)
	}
	return s
}

// run runs a command as a user; as the operator, for nobody.
func (s *shop) run(as, arguments string) (code int, out, errOut string) {
	s.t.Helper()
	args := []string{"--database", s.database, "--key-file", filepath.Join(s.folder, "key"), "--who", "tester"}
	if as != "" {
		args = append(args, "--as", as)
	}
	for _, word := range strings.Fields(arguments) {
		if _, err := os.Stat(filepath.Join("testdata", "book", word)); err == nil {
			word = filepath.Join("testdata", "book", word)
		}
		args = append(args, strings.ReplaceAll(word, ",", " "))
	}
	var stdout, stderr bytes.Buffer
	code = run(s.t.Context(), args, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func (s *shop) must(arguments string) (out string) {
	s.t.Helper()
	code, out, errOut := s.run("", arguments)
	if code != exitFine {
		s.t.Fatalf("prorata %s: exit %d\n%s%s", arguments, code, out, errOut)
	}
	return out
}

// audit is the whole of it, newest first.
func (s *shop) audit() (records []office.AuditRecord) {
	s.t.Helper()
	opened, err := store.Open(s.t.Context(), s.database)
	if err != nil {
		s.t.Fatal(err)
	}
	err = opened.Office().Read(s.t.Context(), func(tx office.Tx) (err error) { records, err = tx.AuditList(office.AuditFilter{}); return err })
	if err := errors.Join(err, opened.Close()); err != nil {
		s.t.Fatal(err)
	}
	return records
}

// Every command of the desk is run by users of four roles: the table of rights decides, as it
// does for pages and the API. Who is refused is told why, with exit code 3, and a
// refused change is in the audit. An auditor changes nothing at all.
func TestCommandsAreHeldToTheRoleTheyAreRunAs(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	all := tries()
	for _, one := range deskCommands {
		if len(all[one.command]) == 0 {
			t.Errorf("%s is tried with no role: add it to tries", one.command)
		}
	}
	for _, command := range slices.Sorted(maps.Keys(all)) {
		for _, one := range all[command] {
			if !slices.Contains(verbsOf(command), one.verb) {
				t.Errorf("%s: %s is none of its verbs in deskCommands", command, one.verb)
			}
			for _, role := range []office.Role{office.Auditor, office.Reseller, office.Clerk, office.Operations} {
				s.try(command, one, role)
			}
		}
	}
	if code, out, _ := s.run("auditor@nord.example", "verify"); code != exitFine || !strings.Contains(out, "The audit is whole") {
		t.Errorf("after all this, verify: exit %d\n%s", code, out)
	}
}

// try runs a command by a role and compares with the table.
func (s *shop) try(command string, one try, role office.Role) {
	s.t.Helper()
	area, changes, roles, err := office.RightOf(one.verb)
	if err != nil {
		s.t.Fatal(err)
	}
	may := slices.Contains(roles, role)
	if role == office.Auditor && changes && may && area != "tokens" {
		s.t.Errorf("%s: an auditor may %s", command, one.verb)
	}
	before := len(s.audit())
	code, out, errOut := s.run(role.String()+"@nord.example", one.arguments)
	said := "prorata " + one.arguments + " by " + role.String()
	if (code == exitDenied) == may {
		s.t.Errorf("%s: may %t, and it ended with %d\n%s%s", said, may, code, out, errOut)
	}
	records := s.audit()
	fresh := records[:len(records)-before]
	switch {
	case may && changes && code == exitFine:
		if len(fresh) != 1 || fresh[0].Verb != one.verb || fresh[0].Outcome != office.Done || fresh[0].Who != role.String()+"@nord.example" || fresh[0].From != "operator tester" {
			s.t.Errorf("%s: the audit has %+v", said, fresh)
		}
	case !may && changes:
		if len(fresh) != 1 || fresh[0].Outcome != office.Denied || !slices.Contains(verbsOf(command), fresh[0].Verb) {
			s.t.Errorf("%s was refused and the audit has %+v", said, fresh)
		}
		fallthrough
	case !may:
		if out != "" || !strings.Contains(errOut, "not allowed: who has the role "+role.String()+" may not") {
			s.t.Errorf("%s was refused with\n%s%s", said, out, errOut)
		}
	case !changes && len(fresh) > 0:
		s.t.Errorf("%s only reads, and the audit has %+v", said, fresh)
	}
}

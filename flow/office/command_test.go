package office_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"prorata/flow"
	"prorata/flow/office"
)

// A command is run as a user with their roles, whether or not they ever came in, and the audit
// has both the user and who typed it; a disabled user runs nothing.
func TestACommandIsRunAsAUser(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		owner := f.desk(f.owner())
		clerk, _, err := owner.UserInvite(t.Context(), office.UserDraft{Address: "cron@nord.example", Roles: []office.Role{office.Clerk}})
		must(t, err)
		p, err := f.PersonNamed(t.Context(), "Cron@nord.example", "root")
		must(t, err)
		if p.User != clerk.ID || !slices.Equal(p.Roles, []office.Role{office.Clerk}) || p.Door != office.ByCommand || p.From != "operator root" || p.Who != "cron@nord.example" {
			t.Errorf("the clerk runs commands as %+v", p)
		}
		wants(t, "a clerk changes a price list", f.Desk(p).Ask(t.Context(), "PriceAdd"), office.ErrDenied)
		f.saidLast("cron@nord.example PriceAdd denied: ")
		_, err = f.PersonNamed(t.Context(), "nobody@nord.example", "root")
		wants(t, "somebody whom nobody knows", err, flow.ErrInput)
		_, err = owner.UserDisable(t.Context(), clerk.ID, "left")
		must(t, err)
		_, err = f.PersonNamed(t.Context(), "cron@nord.example", "root")
		wants(t, "a disabled user", err, office.ErrDenied)
	})
}

// A token is its maker within its scopes at the command line, too.
func TestACommandIsRunByAToken(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		_, token, err := f.desk(f.owner()).TokenMake(t.Context(), office.TokenDraft{Name: "cron", Scopes: []office.Scope{"invoices:read"}})
		must(t, err)
		p, err := f.PersonOfCommandToken(t.Context(), token, "root")
		must(t, err)
		if p.Who != "olga@nord.example" || p.Door != office.ByCommand || p.From != "operator root" || p.May("InvoiceVoid") || !p.May("InvoiceGet") {
			t.Errorf("the token runs commands as %+v", p)
		}
		_, err = f.PersonOfCommandToken(t.Context(), "prt_other", "root")
		wants(t, "another token", err, office.ErrUnsigned)
	})
}

// Where an owner wants it, every command names a user; the operator cannot ask for it, since
// a book without users would be shut.
func TestCommandsCanBeMadeToNameAUser(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		operator, err := f.PersonOperating(t.Context(), "root")
		must(t, err)
		f.ownerMust(operator, "operator root")
		field(t, "the operator asks for names", f.Desk(operator).CommandPolicyChange(t.Context(), true), "as")
		owner := f.desk(f.owner())
		must(t, owner.CommandPolicyChange(t.Context(), true))
		f.saidLast("olga@nord.example CommandPolicyChange done: required")
		_, err = f.PersonOperating(t.Context(), "root")
		wants(t, "the operator, where names are wanted", err, office.ErrDenied)
		_, err = f.PersonNamed(t.Context(), "olga@nord.example", "root")
		must(t, err)
		must(t, owner.CommandPolicyChange(t.Context(), false))
		_, err = f.PersonOperating(t.Context(), "root")
		must(t, err)
	})
}

func (f *firm) ownerMust(p office.Person, who string) {
	f.t.Helper()
	if p.Who != who || !p.Has(office.Owner) || p.User != "" {
		f.t.Errorf("the operator is %+v", p)
	}
}

// A secret is sealed and in no list; a setting that promises one is refused; and what is not
// given stays.
func TestAConnectionIsPut(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		owner := f.desk(f.owner())
		asks := func(kind string) bool { return kind == "partnercenter" }
		must(t, owner.ConnectionPut(t.Context(), office.ConnectionDraft{ID: "ms", Name: "Microsoft", Currency: eur(), Settings: map[string]string{"tenant": "t"},
			Secrets: map[string]string{"client_secret": "hunter2"}, Usual: "partnercenter", Consents: asks}))
		must(t, owner.ConnectionPut(t.Context(), office.ConnectionDraft{ID: "ms", Country: "DE", Settings: map[string]string{"client_id": "c"}, Usual: "partnercenter", Consents: asks}))
		f.saidLast("olga@nord.example ConnectionPut done: client_id")
		c, err := owner.ConnectionGet(t.Context(), "ms")
		must(t, err)
		if got := fmt.Sprintln(c.Kind, c.Name, c.Country, c.Currency, c.Settings, c.State); got != "partnercenter Microsoft DE EUR map[client_id:c tenant:t] consent needed\n" {
			t.Errorf("the connection is %s", got)
		}
		vault := flow.Vault{Flow: f.Flow, Connection: "ms", Sealer: f.Identity.Sealer}
		if secret, err := vault.TokenLoad(t.Context(), "client_secret"); err != nil || secret != "hunter2" {
			t.Errorf("the secret is %q, %v", secret, err)
		}
		for _, name := range []string{"client_secret", "Password", "refresh-token", "webhook_secret"} {
			err := owner.ConnectionPut(t.Context(), office.ConnectionDraft{ID: "ms", Settings: map[string]string{name: "hunter3"}, Consents: asks})
			field(t, name, err, "settings")
			if strings.Contains(err.Error(), "hunter3") {
				t.Errorf("the refusal tells the secret: %v", err)
			}
		}
		for _, id := range []flow.ConnectionID{"", "a b", "a/b"} {
			field(t, string(id), owner.ConnectionPut(t.Context(), office.ConnectionDraft{ID: id, Consents: asks}), "id")
		}
		if said := strings.Join(f.said(), "\n"); strings.Contains(said, "hunter") {
			t.Errorf("the audit tells a secret:\n%s", said)
		}
	})
}

// faraway is a provider's side that does what it is asked, or does not.
type faraway struct {
	office.Providers
	office.Partners
	fails error
}

func (w faraway) Notify(_ context.Context, _ flow.Connection, address string) (office.Notices, error) {
	return office.Notices{Address: address, Kinds: 3}, w.fails
}

// What is done at a provider alone is in the audit, also where it failed: nobody knows then
// what of it was done there.
func TestWhatIsDoneAtAProviderAloneIsInTheAudit(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		owner := f.desk(f.owner())
		must(t, owner.ConnectionPut(t.Context(), office.ConnectionDraft{ID: "ms", Currency: eur(), Consents: func(string) bool { return false }}))
		f.Providers, f.Partners = faraway{}, faraway{}
		notices, err := owner.ConnectionNotify(t.Context(), "ms", "https://billing.example/webhooks/ms")
		must(t, err)
		if notices.Kinds != 3 {
			t.Errorf("notices %+v", notices)
		}
		f.saidLast("olga@nord.example ConnectionNotify done: https://billing.example/webhooks/ms")
		lost := errors.New("the answer was lost")
		f.Partners = faraway{fails: lost}
		_, err = owner.ConnectionNotify(t.Context(), "ms", "https://billing.example/webhooks/ms")
		wants(t, "an answer that was lost", err, lost)
		f.saidLast("olga@nord.example ConnectionNotify failed: https://billing.example/webhooks/ms")
	})
}

// A whole invoice is explained as its lines are, and to outsiders as little.
func everyLineIsExplained(t *testing.T, f *dealer) {
	s, err := f.Desk(owner).SubscriptionGet(f.ctx(), "s-bonn")
	must(t, err)
	number := s.Lines[0].Number
	for _, p := range []office.Person{owner, person(office.Customer, "nord")} {
		answers, err := f.Desk(p).InvoiceExplain(f.ctx(), number)
		must(t, err)
		if len(answers) < 2 {
			t.Fatalf("%s has %d lines, expected those of two subscriptions", number, len(answers))
		}
		for _, answer := range answers {
			one, err := f.Desk(p).LineExplain(f.ctx(), number, answer.LineNo)
			must(t, err)
			f.is("sentence", answer.Sentence+answer.Arithmetic, one.Sentence+one.Arithmetic)
			f.is("explanation", fmt.Sprintf("%+v", answer.Explanation), fmt.Sprintf("%+v", one.Explanation))
			f.is("cause", answer.Cause.Do.String()+answer.Cause.Who, one.Cause.Do.String()+one.Cause.Who)
			f.is("who caused it is told to staff alone", fmt.Sprint(answer.Cause.Who != ""), fmt.Sprint(p.Staff()))
		}
	}
	_, err = f.Desk(person(office.Reseller, "via")).InvoiceExplain(f.ctx(), number)
	wants(t, "an invoice out of reach", err, flow.ErrUnknown)
}

// The log of a subscription is whole for staff; its customer sees it without who recorded it, and nobody else does.
func aLogIsRead(t *testing.T, f *dealer) {
	log, err := f.Desk(owner).SubscriptionLog(f.ctx(), "s-bakery")
	must(t, err)
	f.is("log", fmt.Sprint(len(log))+" "+log[0].Do.String()+" "+log[0].Who, "1 subscribe clerk@example.com")
	log, err = f.Desk(person(office.Reseller, "via")).SubscriptionLog(f.ctx(), "s-bakery")
	must(t, err)
	f.is("for the reseller", fmt.Sprint(len(log))+" "+log[0].Do.String()+" "+log[0].Who+log[0].Source, "1 subscribe ")
	_, err = f.Desk(person(office.Reseller, "via")).SubscriptionLog(f.ctx(), "s-bonn")
	wants(t, "another's subscription", err, flow.ErrUnknown)
}

// What is due is billed at once as it was previewed, with one record for the whole run.
func whatIsDueIsBilledAtOnce(t *testing.T, f *dealer) {
	f.on("2026-04-02")
	through := f.Flow.Today()
	var previewed int
	run, failed, stamp, err := f.Desk(person(office.Auditor)).BillingPreview(f.ctx(), through, func(flow.Issued) { previewed++ })
	must(t, err)
	if previewed == 0 || int64(previewed) != run.Invoices || len(failed) > 0 {
		t.Fatalf("previewed %d of %d invoices, %v", previewed, run.Invoices, failed)
	}
	clerk := f.Desk(person(office.Clerk))
	done, err := clerk.BillingRunAll(f.ctx(), flow.BillOptions{Through: through, Accept: stamp, Actor: flow.Actor{Who: "somebody else"}})
	must(t, err)
	f.is("invoices", fmt.Sprint(done.Invoices), fmt.Sprint(previewed))
	_, err = clerk.BillingRunAll(f.ctx(), flow.BillOptions{Through: through, Accept: stamp})
	wants(t, "the same preview once more", err, flow.ErrMoved)
	records, err := f.Desk(owner).AuditList(f.ctx(), office.AuditFilter{Verb: "BillingRunAll"})
	must(t, err)
	if len(records) != 1 || records[0].Who != "clerk@example.com" || records[0].Subject != "through 2026-04-02" || !strings.HasPrefix(records[0].Said, "as previewed") {
		t.Errorf("the audit has %+v", records)
	}
}

package office_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/flow"
	"prorata/flow/office"
)

func (f *firm) account(id billing.AccountID) {
	f.t.Helper()
	must(f.t, f.Store.Write(f.t.Context(), func(tx office.Tx) error {
		_, err := tx.AccountPut(flow.Account{Account: billing.Account{ID: id}, Party: flow.Party{Name: string(id)}})
		return err
	}))
}

func (f *firm) out(what, cookie string) {
	f.t.Helper()
	_, _, err := f.PersonOfSession(f.t.Context(), cookie, "")
	wants(f.t, what, err, office.ErrUnsigned)
}

// Who may do other things than before, or nothing any more, is out at once: sessions, tokens, links.
func TestRightsEndAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		owner := f.desk(f.owner())
		carl, cookie := f.hire(owner, "carl@nord.example", office.Clerk)
		_, token, err := f.desk(cookie).TokenMake(t.Context(), office.TokenDraft{Name: "x", Scopes: []office.Scope{"invoices:read"}})
		must(t, err)
		read, err := owner.UserGet(t.Context(), "carl@nord.example")
		must(t, err)
		draft := office.UserDraft{Address: read.Address, Name: "Carl", Roles: []office.Role{office.Auditor}}
		_, err = owner.UserChange(t.Context(), carl.ID, draft, read.Version)
		must(t, err)
		f.out("another role", cookie)
		f.saidLast("olga@nord.example UserChange done: auditor")
		_, err = owner.UserChange(t.Context(), carl.ID, draft, read.Version)
		wants(t, "a version that is gone", err, flow.ErrMoved)

		p, err := f.PersonOfToken(t.Context(), token, "")
		must(t, err)
		if !slices.Equal(p.Roles, []office.Role{office.Auditor}) {
			t.Errorf("the token has the roles %v, expected those of now", p.Roles)
		}
		link, err := owner.Again(passphrase).UserLink(t.Context(), carl.ID, false)
		must(t, err)
		_, err = owner.UserDisable(t.Context(), carl.ID, "left")
		must(t, err)
		_, err = f.PersonOfToken(t.Context(), token, "")
		wants(t, "the token of who is disabled", err, office.ErrUnsigned)
		_, err = f.WelcomeGet(t.Context(), link)
		wants(t, "the link of who is disabled", err, office.ErrWelcome)
		_, err = owner.Again(passphrase).UserLink(t.Context(), carl.ID, false)
		refused(t, "a link for who is disabled", err, "user_disabled")
		enabled, err := owner.UserEnable(t.Context(), carl.ID)
		must(t, err)
		if enabled.State != office.UserActive {
			t.Errorf("enabled as %s", enabled.State)
		}
		_, err = owner.UserEnable(t.Context(), carl.ID)
		refused(t, "enabling who is not disabled", err, "not_disabled")
	})
}

// The last owner stays one, also where two are taken away at the same time.
func TestTheLastOwnerStays(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		cookie := f.owner()
		owner := f.desk(cookie)
		olga := owner.Person().User
		clerk := office.UserDraft{Address: "olga@nord.example", Roles: []office.Role{office.Clerk}}
		_, err := owner.UserChange(t.Context(), olga, clerk, 0)
		field(t, "taking the role away", err, "roles")
		_, err = owner.UserDisable(t.Context(), olga, "")
		refused(t, "disabling", err, "last_owner")
		if _, _, err := owner.UserInvite(t.Context(), office.UserDraft{Address: "later@nord.example", Roles: []office.Role{office.Owner}}); err != nil {
			t.Fatal(err)
		}
		_, err = owner.UserDisable(t.Context(), olga, "")
		refused(t, "while the other owner was only invited", err, "last_owner")
		otto, _ := f.hire(owner, "otto@nord.example", office.Owner)
		var wait sync.WaitGroup
		var failed [2]error
		for i, id := range []office.UserID{olga, otto.ID} {
			wait.Go(func() { _, failed[i] = owner.UserDisable(t.Context(), id, "") })
		}
		wait.Wait()
		if (failed[0] == nil) == (failed[1] == nil) {
			t.Errorf("of two owners that were disabled at once: %v, %v; expected one to stay", failed[0], failed[1])
		}
	})
}

// What is said of a user is checked before anything is written.
func TestAUserIsSaidRight(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		owner := f.desk(f.owner())
		f.account("contoso")
		for wrong, drafts := range map[string][]office.UserDraft{
			"address": {
				{Roles: []office.Role{office.Clerk}}, {Address: "x", Roles: []office.Role{office.Clerk}}, {Address: "a@b@c", Roles: []office.Role{office.Clerk}},
				{Address: "OLGA@nord.example", Roles: []office.Role{office.Clerk}}, {Address: "a b@c.example", Roles: []office.Role{office.Clerk}},
			},
			"roles":    {{Address: "a@b.example"}, {Address: "a@b.example", Roles: []office.Role{office.Customer, office.Clerk}, Accounts: []billing.AccountID{"contoso"}}},
			"accounts": {{Address: "a@b.example", Roles: []office.Role{office.Reseller}}, {Address: "a@b.example", Roles: []office.Role{office.Customer}, Accounts: []billing.AccountID{"nowhere"}}},
			"language": {{Address: "a@b.example", Roles: []office.Role{office.Clerk}, Language: "Deutsch!"}},
			"name":     {{Address: "a@b.example", Roles: []office.Role{office.Clerk}, Name: strings.Repeat("x", 200)}},
		} {
			for _, draft := range drafts {
				_, _, err := owner.UserInvite(t.Context(), draft)
				field(t, fmt.Sprintf("%+v", draft), err, wrong)
			}
		}
		_, _, err := owner.UserInvite(t.Context(), office.UserDraft{Address: "it@contoso.example", Roles: []office.Role{office.Customer}, Accounts: []billing.AccountID{"contoso", "contoso"}})
		must(t, err)
		read, err := owner.UserGet(t.Context(), "IT@contoso.example")
		must(t, err)
		if !slices.Equal(read.Accounts, []billing.AccountID{"contoso"}) || read.State != office.UserInvited {
			t.Errorf("read as %+v", read)
		}
		customer := office.Customer
		list, err := owner.UserList(t.Context(), office.UserFilter{Role: &customer, Search: "CONTOSO"})
		must(t, err)
		if len(list) != 1 {
			t.Errorf("%d customers are found, expected 1", len(list))
		}
		list, err = owner.UserList(t.Context(), office.UserFilter{Search: "%"})
		must(t, err)
		if len(list) != 0 {
			t.Errorf("a percent sign finds %d users, expected none", len(list))
		}
	})
}

// A password is long, and none that is tried first.
func TestPasswordsThatAreTriedFirst(t *testing.T) {
	f := newFirm(t, "sqlite:"+t.TempDir()+"/book.db")
	link, err := f.OwnerLink(t.Context(), "root")
	must(t, err)
	for _, weak := range []string{"", "short", "elevenchars", "aaaaaaaaaaaaaaaa", "abababababab", "abcdefghijklmnop", "qwertyuiopas", "123456789012", "password1234", "Prorata12345",
		"olga@nord.example", "Olga Nordmann 1", strings.Repeat("correct horse ", 40)} {
		_, err := f.WelcomeUse(t.Context(), link, office.WelcomeForm{Address: "olga@nord.example", Name: "Olga Nordmann", Password: weak}, browser)
		field(t, fmt.Sprintf("%q", weak), err, "password")
	}
	f.Identity.Breached = lost{passphrase}
	_, err = f.WelcomeUse(t.Context(), link, office.WelcomeForm{Address: "olga@nord.example", Name: "Olga Nordmann", Password: passphrase}, browser)
	field(t, "a breached one", err, "password")
	f.Identity.Breached = lost{another}
	_, err = f.WelcomeUse(t.Context(), link, office.WelcomeForm{Address: "olga@nord.example", Name: "Olga Nordmann", Password: passphrase}, browser)
	must(t, err)
}

// lost is a password that a list of breaches has.
type lost struct{ password string }

func (l lost) Known(password string) (bool, error) { return password == l.password, nil }

// A password is changed by who knows it; everywhere else they are out.
func TestAPasswordIsChangedByWhoKnowsIt(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		here := f.owner()
		there, err := f.SignIn(t.Context(), "olga@nord.example", passphrase, browser)
		must(t, err)
		desk := f.desk(here)
		field(t, "a guess", desk.PasswordChange(t.Context(), "a guess", another), "current_password")
		f.saidLast("olga@nord.example PasswordChange failed: ")
		must(t, desk.PasswordChange(t.Context(), passphrase, another))
		f.desk(here)
		f.out("elsewhere", there.Secret)
		_, err = f.SignIn(t.Context(), "olga@nord.example", passphrase, browser)
		wants(t, "the old password", err, office.ErrSignIn)
		_, err = f.SignIn(t.Context(), "olga@nord.example", another, browser)
		must(t, err)
	})
}

// A hash that is not of today is made anew when its password is given.
func TestAnOldHashIsMadeAnew(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		id := f.desk(f.owner()).Person().User
		must(t, f.Store.Write(t.Context(), func(tx office.Tx) error { return tx.PasswordPut(id, "old:"+passphrase) }))
		_, err := f.SignIn(t.Context(), "olga@nord.example", passphrase, browser)
		must(t, err)
		must(t, f.Store.Read(t.Context(), func(tx office.Tx) error {
			hashed, err := tx.PasswordGet(id)
			if hashed != "new:"+passphrase {
				t.Errorf("kept as %q", hashed)
			}
			return err
		}))
	})
}

// What a token makes is within the token itself, and ends with it.
func TestATokenMakesNarrowerOnesThatEndWithIt(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		_, cookie := f.hire(f.desk(f.owner()), "carl@nord.example", office.Clerk)
		carl := f.desk(cookie)
		parent, secret, err := carl.TokenMake(t.Context(), office.TokenDraft{Name: "parent", Scopes: []office.Scope{"tokens:write", "invoices:write"}, Lasts: 10 * 24 * time.Hour})
		must(t, err)
		p, err := f.PersonOfToken(t.Context(), secret, "")
		must(t, err)
		program := f.Desk(p)
		for wrong, draft := range map[string]office.TokenDraft{
			"scopes": {Name: "x", Scopes: []office.Scope{"invoices:read", "accounts:read"}},
			"days":   {Name: "x", Scopes: []office.Scope{"invoices:read"}, Lasts: 11 * 24 * time.Hour},
		} {
			_, _, err := program.TokenMake(t.Context(), draft)
			field(t, wrong, err, wrong)
		}
		child, below, err := program.TokenMake(t.Context(), office.TokenDraft{Name: "child", Scopes: []office.Scope{"tokens:write", "invoices:read"}})
		must(t, err)
		if child.Parent != parent.ID || child.EndsAt != parent.EndsAt {
			t.Errorf("%+v, made by %+v", child, parent)
		}
		p, err = f.PersonOfToken(t.Context(), below, "")
		must(t, err)
		_, least, err := f.Desk(p).TokenMake(t.Context(), office.TokenDraft{Name: "grandchild", Scopes: []office.Scope{"invoices:read"}, Lasts: time.Hour})
		must(t, err)
		must(t, carl.TokenRevoke(t.Context(), parent.ID))
		for name, secret := range map[string]string{"child": below, "grandchild": least} {
			_, err := f.PersonOfToken(t.Context(), secret, "")
			wants(t, name, err, office.ErrUnsigned)
		}
	})
}

// A token is good for its scopes, until it ends, and not for what is done in person.
func TestATokenIsItsMakerNarrowed(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		owner := f.desk(f.owner())
		_, cookie := f.hire(owner, "carl@nord.example", office.Clerk)
		carl := f.desk(cookie)
		for wrong, draft := range map[string]office.TokenDraft{
			"name":   {Scopes: []office.Scope{"invoices:read"}},
			"scopes": {Name: "x"}, "days": {Name: "x", Scopes: []office.Scope{"invoices:read"}, Lasts: 2 * 366 * 24 * time.Hour},
			"for": {Name: "x", Scopes: []office.Scope{"invoices:read"}, For: owner.Person().User},
		} {
			_, _, err := carl.TokenMake(t.Context(), draft)
			field(t, wrong, err, wrong)
		}
		for _, scope := range []office.Scope{"profile:write", "everything"} {
			_, _, err := carl.TokenMake(t.Context(), office.TokenDraft{Name: "x", Scopes: []office.Scope{scope}})
			field(t, string(scope), err, "scopes")
		}
		token, secret, err := carl.TokenMake(t.Context(), office.TokenDraft{Name: "x", Scopes: []office.Scope{"users:write"}})
		must(t, err)
		p, err := f.PersonOfToken(t.Context(), secret, "192.0.2.7")
		must(t, err)
		if p.Who != "carl@nord.example" || p.Door != office.ByAPI || p.From != "192.0.2.7" || p.Token != token.ID {
			t.Errorf("the token is %+v", p)
		}
		desk := f.Desk(p)
		_, err = desk.UserList(t.Context(), office.UserFilter{})
		wants(t, "more than its maker may", err, office.ErrDenied)
		_, _, err = desk.TokenMake(t.Context(), office.TokenDraft{Name: "y", Scopes: []office.Scope{"users:read"}})
		wants(t, "a token from a token without the scope", err, office.ErrDenied)
		wants(t, "a password by a token", desk.PasswordChange(t.Context(), another, passphrase), office.ErrDenied)

		list, err := owner.TokenList(t.Context(), "", true)
		must(t, err)
		if len(list) != 1 || list[0].Hint != secret[len(secret)-4:] || list[0].UsedAt.IsZero() {
			t.Errorf("listed as %+v", list)
		}
		for _, bad := range []string{"", "prt_", secret + "x", strings.TrimPrefix(secret, "prt_"), strings.ToUpper(secret)} {
			_, err := f.PersonOfToken(t.Context(), bad, "")
			wants(t, bad, err, office.ErrUnsigned)
		}
		_, other, err := carl.TokenMake(t.Context(), office.TokenDraft{Name: "z", Scopes: []office.Scope{"users:read"}, Lasts: time.Hour})
		must(t, err)
		must(t, owner.TokenRevoke(t.Context(), token.ID))
		_, err = f.PersonOfToken(t.Context(), secret, "")
		wants(t, "revoked", err, office.ErrUnsigned)
		f.wait(time.Hour)
		_, err = f.PersonOfToken(t.Context(), other, "")
		wants(t, "ended", err, office.ErrUnsigned)
		for _, line := range f.said() {
			if strings.Contains(line, secret) || strings.Contains(line, secret[4:]) {
				t.Errorf("the audit has a token: %s", line)
			}
		}
	})
}

// backup is all that the database has, as text.
func (f *firm) backup() string {
	f.t.Helper()
	var packed bytes.Buffer
	must(f.t, f.store.Backup(f.t.Context(), &packed))
	reader, err := gzip.NewReader(&packed)
	must(f.t, err)
	text, err := io.ReadAll(reader)
	must(f.t, err)
	return string(text)
}

// Nothing that lets somebody in stands in the database: neither passwords nor what browsers,
// programs and links hold.
func TestSecretsAreKeptHashed(t *testing.T) {
	f := newFirm(t, "sqlite:"+t.TempDir()+"/book.db")
	cookie := f.owner()
	_, token, err := f.desk(cookie).TokenMake(t.Context(), office.TokenDraft{Name: "x", Scopes: []office.Scope{"invoices:read"}})
	must(t, err)
	_, link, err := f.desk(cookie).UserInvite(t.Context(), office.UserDraft{Address: "a@b.example", Roles: []office.Role{office.Clerk}})
	must(t, err)
	recovery := f.enrol(cookie)
	me := f.desk(cookie).Person().User
	must(t, f.Store.Write(t.Context(), func(tx office.Tx) error { return tx.PasswordPut(me, "(hashed elsewhere)") }))
	backup := f.backup()
	for name, secret := range map[string]string{"session": cookie, "token": token, "link": link, "recovery code": strings.ReplaceAll(recovery[0], "-", ""), "authenticator": "SECRET"} {
		if strings.Contains(backup, secret) {
			t.Errorf("the %s stands in the database as it is", name)
		}
	}
}

// What somebody is refused at a door is in the audit, were it only to be read.
func TestWhatIsRefusedAtTheDoorIsRemembered(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		_, cookie := f.hire(f.desk(f.owner()), "carl@nord.example", office.Clerk)
		wants(t, "margin, for a clerk", f.desk(cookie).Ask(t.Context(), "Margin"), office.ErrDenied)
		f.saidLast("carl@nord.example Margin denied: ")
		must(t, f.desk(cookie).Ask(t.Context(), "InvoiceList"))
		f.saidLast("carl@nord.example Margin denied: ")
	})
}

package office_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"prorata/edge/identity"
	"prorata/flow/office"
)

// code is what an authenticator shows now.
func (f *firm) code() string { return fmt.Sprintf("%06d", f.at.Unix()/30%1_000_000) }

// enrol sets an authenticator up, and gives the recovery codes.
func (f *firm) enrol(cookie string) []string {
	f.t.Helper()
	p, _, err := f.PersonOfSession(f.t.Context(), cookie, "")
	must(f.t, err)
	desk := f.Desk(p)
	draft, err := desk.FactorDraftCode(f.t.Context(), "")
	must(f.t, err)
	recovery, err := desk.FactorConfirm(f.t.Context(), draft.Factor.ID, f.code())
	must(f.t, err)
	f.wait(30 * time.Second)
	return recovery
}

// Once there is a second factor a password alone opens nothing, and the session after the factor
// has another secret.
func TestASecondFactorIsAskedFor(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		cookie := f.owner()
		elsewhere, err := f.SignIn(t.Context(), "olga@nord.example", passphrase, browser)
		must(t, err)
		recovery := f.enrol(cookie)
		if len(recovery) != 8 || len(slices.Compact(slices.Sorted(slices.Values(recovery)))) != 8 {
			t.Errorf("the recovery codes are %q", recovery)
		}
		f.desk(cookie)
		f.out("a session from before", elsewhere.Secret)

		in, err := f.SignIn(t.Context(), "olga@nord.example", passphrase, browser)
		must(t, err)
		if in.Step != office.StepFactor {
			t.Errorf("the step is %s", in.Step)
		}
		p, _, err := f.PersonOfSession(t.Context(), in.Secret, "")
		wants(t, "before the factor", err, office.ErrFactor)
		if p.User != "" || len(p.Roles) != 0 {
			t.Errorf("before the factor there is a person: %+v", p)
		}
		_, err = f.SecondFactor(t.Context(), in.Secret, "000000", browser)
		wants(t, "a guess", err, office.ErrCode)
		f.saidLast("olga@nord.example SecondFactor failed: it was not right")
		code := f.code()
		through, err := f.SecondFactor(t.Context(), in.Secret, code[:3]+" "+code[3:], browser)
		must(t, err)
		f.out("the secret from before the factor", in.Secret)
		f.desk(through.Secret)

		again, err := f.SignIn(t.Context(), "olga@nord.example", passphrase, browser)
		must(t, err)
		_, err = f.SecondFactor(t.Context(), again.Secret, code, browser)
		wants(t, "the same code twice", err, office.ErrCode)
		_, err = f.SecondFactor(t.Context(), again.Secret, strings.ToUpper(recovery[2]), browser)
		must(t, err)
		once, err := f.SignIn(t.Context(), "olga@nord.example", passphrase, browser)
		must(t, err)
		_, err = f.SecondFactor(t.Context(), once.Secret, recovery[2], browser)
		wants(t, "a recovery code twice", err, office.ErrCode)
		f.wait(10 * time.Minute)
		_, err = f.SecondFactor(t.Context(), once.Secret, recovery[3], browser)
		wants(t, "after ten minutes", err, office.ErrUnsigned)
	})
}

// Codes are guessed slowly.
func TestCodesAreGuessedSlowly(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		f.enrol(f.owner())
		in, err := f.SignIn(t.Context(), "olga@nord.example", passphrase, browser)
		must(t, err)
		var slow int
		for range 12 {
			if _, err := f.SecondFactor(t.Context(), in.Secret, "123456", browser); office.FaultOf(err).Kind == office.FaultThrottled {
				slow++
			}
		}
		if slow != 7 {
			t.Errorf("of 12 guesses at once %d were too early, expected 7", slow)
		}
	})
}

// Where a role requires a second factor, who has none is led to set one up and can do nothing else;
// that holds for sessions that are open.
func TestARoleCanRequireASecondFactor(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		cookie := f.owner()
		owner := f.desk(cookie)
		_, clerk := f.hire(owner, "carl@nord.example", office.Clerk)
		must(t, owner.FactorPolicyChange(t.Context(), []office.Role{office.Owner}, 0))
		p, _, err := f.PersonOfSession(t.Context(), cookie, "")
		must(t, err)
		if !p.Enrolling {
			t.Fatal("the owner is not asked to set one up")
		}
		desk := f.Desk(p)
		_, err = desk.UserList(t.Context(), office.UserFilter{})
		wants(t, "something else first", err, office.ErrDenied)
		_, _, err = desk.TokenMake(t.Context(), office.TokenDraft{Name: "x", Scopes: []office.Scope{"users:read"}})
		wants(t, "a token first", err, office.ErrDenied)
		if p, _, err := f.PersonOfSession(t.Context(), clerk, ""); err != nil || p.Enrolling {
			t.Errorf("the clerk is asked, too: %t, %v", p.Enrolling, err)
		}
		in, err := f.SignIn(t.Context(), "olga@nord.example", passphrase, browser)
		must(t, err)
		if in.Step != office.StepEnrol {
			t.Errorf("the step is %s", in.Step)
		}
		f.enrol(in.Secret)
		desk = f.desk(in.Secret)
		view, err := desk.FactorList(t.Context())
		must(t, err)
		if !view.Required || len(view.Factors) != 1 || view.RecoveryLeft != 8 {
			t.Errorf("the owner has %+v", view)
		}
		if _, err := desk.UserList(t.Context(), office.UserFilter{}); err != nil {
			t.Errorf("with a factor: %v", err)
		}
		field(t, "removing the one that is required", desk.FactorRemove(t.Context(), view.Factors[0].ID, passphrase), "factor")
		must(t, desk.FactorPolicyChange(t.Context(), nil, 0))
		field(t, "removing without the password", desk.FactorRemove(t.Context(), view.Factors[0].ID, "a guess"), "current_password")
		must(t, desk.FactorRemove(t.Context(), view.Factors[0].ID, passphrase))
		if in, err = f.SignIn(t.Context(), "olga@nord.example", passphrase, browser); err != nil || in.Step != office.StepIn {
			t.Errorf("without factors: %s, %v", in.Step, err)
		}
	})
}

// Who lost their second factor gets a bare link; a plain one leaves the factor in its place.
func TestALinkForWhoIsLockedOut(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		owner := f.desk(f.owner())
		carl, cookie := f.hire(owner, "carl@nord.example", office.Clerk)
		f.enrol(cookie)
		for _, bare := range []bool{false, true} {
			link, err := owner.Again(passphrase).UserLink(t.Context(), carl.ID, bare)
			must(t, err)
			in, err := f.WelcomeUse(t.Context(), link, office.WelcomeForm{Address: "somebody@else.example", Password: passphrase}, browser)
			must(t, err)
			want := map[bool]office.Step{false: office.StepFactor, true: office.StepIn}[bare]
			if in.Step != want {
				t.Errorf("bare %t: the step is %s, expected %s", bare, in.Step, want)
			}
			f.out("a session from before", cookie)
		}
		user, err := owner.UserGet(t.Context(), "carl@nord.example")
		must(t, err)
		if user.Factors != 0 || user.ID != carl.ID {
			t.Errorf("afterwards: %+v", user)
		}
	})
}

// Of one code that two requests bring at once, one is taken.
func TestACodeIsTakenOnceAtATime(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		f.enrol(f.owner())
		code, taken := f.code(), make(chan error, 4)
		for range cap(taken) {
			in, err := f.SignIn(t.Context(), "olga@nord.example", passphrase, office.Visitor{})
			must(t, err)
			go func() {
				_, err := f.SecondFactor(t.Context(), in.Secret, code, office.Visitor{})
				taken <- err
			}()
		}
		good := 0
		for range cap(taken) {
			if err := <-taken; err == nil {
				good++
			}
		}
		if good != 1 {
			t.Errorf("the code was taken %d times, expected once", good)
		}
	})
}

// Who signs in at the identity provider is known by issuer and subject; the first time an address
// decides that the provider stands for.
func TestSigningInElsewhere(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		owner := f.desk(f.owner())
		_, _, err := owner.UserInvite(t.Context(), office.UserDraft{Address: "ann@nord.example", Roles: []office.Role{office.Finance}})
		must(t, err)
		come := func(p office.Proof) (office.SignedIn, error) {
			f.proof = p
			_, state, err := f.ElsewhereLink(t.Context())
			must(t, err)
			return f.ElsewhereSignIn(t.Context(), state, state, "good", browser)
		}
		_, err = come(office.Proof{Issuer: "i", Subject: "1", Name: "Ann"})
		wants(t, "no address", err, office.ErrElsewhere)
		_, err = come(office.Proof{Issuer: "i", Subject: "1", Address: "stranger@nord.example"})
		wants(t, "nobody's address", err, office.ErrElsewhere)
		in, err := come(office.Proof{Issuer: "i", Subject: "1", Address: "Ann@nord.example", Name: "Ann"})
		must(t, err)
		if p := f.desk(in.Secret).Person(); p.Who != "ann@nord.example" || p.Name != "Ann" || !p.Has(office.Finance) {
			t.Errorf("came in as %+v", p)
		}
		in, err = come(office.Proof{Issuer: "i", Subject: "1", Address: "olga@nord.example"})
		must(t, err)
		if p := f.desk(in.Secret).Person(); p.Who != "ann@nord.example" {
			t.Errorf("with another address they are %s, expected the same", p.Who)
		}
		if _, err = come(office.Proof{Issuer: "another", Subject: "1"}); err == nil {
			t.Error("the subject of another issuer was let in")
		}
		must(t, owner.FactorPolicyChange(t.Context(), []office.Role{office.Finance}, 0))
		for strong, want := range map[bool]office.Step{false: office.StepEnrol, true: office.StepIn} {
			if in, err = come(office.Proof{Issuer: "i", Subject: "1", Strong: strong}); err != nil || in.Step != want {
				t.Errorf("strong %t: %s, %v; expected %s", strong, in.Step, err, want)
			}
		}
		in, err = come(office.Proof{Issuer: "i", Subject: "1", Strong: true, Roles: []office.Role{office.Sales}})
		must(t, err)
		if p := f.desk(in.Secret).Person(); !slices.Equal(p.Roles, []office.Role{office.Sales}) {
			t.Errorf("the roles are %v, expected those of the provider", p.Roles)
		}
		_, err = come(office.Proof{Issuer: "i", Subject: "1", Roles: []office.Role{}})
		wants(t, "no group of ours", err, office.ErrElsewhere)
	})
}

// An answer is good once, in the browser that began, and not for long.
func TestAnAnswerFromElsewhereIsGoodOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		f.owner()
		f.proof = office.Proof{Issuer: "i", Subject: "1", Address: "olga@nord.example"}
		_, state, err := f.ElsewhereLink(t.Context())
		must(t, err)
		_, other, err := f.ElsewhereLink(t.Context())
		must(t, err)
		_, err = f.ElsewhereSignIn(t.Context(), other, state, "good", browser)
		wants(t, "another browser's", err, office.ErrElsewhere)
		_, err = f.ElsewhereSignIn(t.Context(), "", "", "good", browser)
		wants(t, "nobody's", err, office.ErrElsewhere)
		_, err = f.ElsewhereSignIn(t.Context(), other, other, "forged", browser)
		wants(t, "a forged code", err, office.ErrElsewhere)
		_, err = f.ElsewhereSignIn(t.Context(), other, other, "good", browser)
		wants(t, "the state again", err, office.ErrElsewhere)
		_, late, err := f.ElsewhereLink(t.Context())
		must(t, err)
		f.wait(15 * time.Minute)
		_, err = f.ElsewhereSignIn(t.Context(), late, late, "good", browser)
		wants(t, "a quarter of an hour later", err, office.ErrElsewhere)
	})
}

// A passkey is asked for by a challenge that is good once; an answer that is none is a failed try.
func TestAPasskeyIsAskedFor(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		passkeys, err := identity.NewPasskeys("https://billing.example.com", "Prorata")
		must(t, err)
		f.Identity.Passkeys = passkeys
		desk := f.desk(f.owner())
		asked, err := desk.PasskeyAsk(t.Context())
		must(t, err)
		if !strings.Contains(string(asked), `"challenge"`) {
			t.Errorf("the browser is asked %s", asked)
		}
		_, err = desk.PasskeyAdd(t.Context(), "", []byte(`{}`))
		field(t, "no answer", err, "passkey")
		f.wait(5 * time.Minute)
		_, err = desk.PasskeyAdd(t.Context(), "", []byte(`{}`))
		field(t, "too late", err, "passkey")
	})
}

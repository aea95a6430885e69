package office_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"prorata/edge/secret"
	"prorata/edge/store"
	"prorata/flow"
	"prorata/flow/office"
	"prorata/internal/pgtest"
)

// firm is an office on a real database, with a clock that the test moves, and the slow or
// outward parts of knowing people made quick: edge/identity has tests of the real ones.
type firm struct {
	*office.Office
	t     *testing.T
	at    time.Time
	store *store.Store
	url   string
	// hashed counts how often a password was worked on.
	hashed int
	proof  office.Proof
	nonce  string
}

func (f *firm) Now() time.Time { return f.at }

func (f *firm) wait(d time.Duration) { f.at = f.at.Add(d) }

// Hash and Verify: the text itself, marked with how it was hashed.
func (f *firm) Hash(_ context.Context, password string) (string, error) {
	return "new:" + password, nil
}

func (f *firm) Verify(_ context.Context, password, hashed string) (ok, old bool, err error) {
	f.hashed++
	way, text, _ := strings.Cut(hashed, ":")
	return hashed != "" && text == password, way == "old", nil
}

// quickCodes: the code is the half minute itself, in six digits.
type quickCodes struct{}

func (quickCodes) NewSecret() (string, error) { return "SECRET", nil }
func (quickCodes) Step(_, code string, now time.Time) (int64, bool) {
	n, err := strconv.ParseInt(code, 10, 64)
	step := now.Unix() / 30
	return step, err == nil && n == step%1_000_000
}
func (quickCodes) Address(secret, account string) string {
	return "otpauth://" + account + "/" + secret
}
func (quickCodes) Picture(address string) (office.Picture, error) {
	return office.Picture{Size: 1, Path: address}, nil
}

// Name, Link and Prove: an identity provider that says what the test told it to.
func (f *firm) Name() string { return "Elsewhere" }
func (f *firm) Link(_ context.Context, state, nonce, _ string) (string, error) {
	f.nonce = nonce
	return "https://elsewhere.example/?state=" + state, nil
}
func (f *firm) Prove(_ context.Context, code, nonce, _ string) (office.Proof, error) {
	if code != "good" || nonce != f.nonce {
		return office.Proof{}, errors.New("the proof is not good")
	}
	return f.proof, nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wants(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("%s gave %v, expected %v", what, err, want)
	}
}

// field wants a mistake of one field.
func field(t *testing.T, what string, err error, name string) {
	t.Helper()
	var wrong *office.FieldError
	if !errors.As(err, &wrong) || wrong.Field != name {
		t.Fatalf("%s gave %v, expected the field %s to be wrong", what, err, name)
	}
}

func refused(t *testing.T, what string, err error, code string) {
	t.Helper()
	if fault := office.FaultOf(err); fault.Kind != office.FaultRefused || fault.Code != code {
		t.Fatalf("%s gave %v, expected the refusal %s", what, err, code)
	}
}

func onBoth(t *testing.T, run func(t *testing.T, f *firm)) {
	t.Run("sqlite", func(t *testing.T) { run(t, newFirm(t, "sqlite:"+filepath.Join(t.TempDir(), "book.db"))) })
	t.Run("postgres", func(t *testing.T) { run(t, newFirm(t, pgtest.NewDatabase(t))) })
}

func newFirm(t *testing.T, url string) *firm {
	t.Helper()
	opened, err := store.Open(t.Context(), url)
	must(t, err)
	t.Cleanup(func() { must(t, opened.Close()) })
	key, err := secret.ParseKey(secret.NewKeyText())
	must(t, err)
	f := &firm{t: t, at: time.Date(2026, 3, 12, 9, 0, 0, 0, time.UTC), store: opened, url: url}
	f.Office = &office.Office{
		Flow:  &flow.Flow{Store: opened, Clock: f, Log: slog.New(slog.DiscardHandler), Workers: 1, Zone: time.UTC},
		Store: opened.Office(),
		Identity: office.Identity{Passwords: f, Codes: quickCodes{}, Provider: f, Sealer: key, Network: func(from string) string { return from },
			Random: func(bytes int) []byte {
				raw := make([]byte, bytes)
				_, err := rand.Read(raw)
				must(t, err)
				return raw
			}},
	}
	return f
}

const (
	passphrase = "correct horse battery"
	another    = "seven brown teapots"
)

var browser = office.Visitor{From: "192.0.2.1", Agent: "a browser"}

// owner is the first owner, made by the link of the first start.
func (f *firm) owner() (cookie string) {
	f.t.Helper()
	link, err := f.OwnerLink(f.t.Context(), "root")
	must(f.t, err)
	in, err := f.WelcomeUse(f.t.Context(), link, office.WelcomeForm{Address: "Olga@Nord.example", Name: "Olga", Password: passphrase}, browser)
	must(f.t, err)
	return in.Secret
}

// desk is the desk of who has a cookie.
func (f *firm) desk(cookie string) *office.Desk {
	f.t.Helper()
	p, _, err := f.PersonOfSession(f.t.Context(), cookie, browser.From)
	must(f.t, err)
	return f.Desk(p)
}

// hire invites somebody and lets them come in.
func (f *firm) hire(owner *office.Desk, address string, roles ...office.Role) (office.User, string) {
	f.t.Helper()
	user, link, err := owner.UserInvite(f.t.Context(), office.UserDraft{Address: address, Name: "Somebody", Roles: roles})
	must(f.t, err)
	in, err := f.WelcomeUse(f.t.Context(), link, office.WelcomeForm{Password: another}, browser)
	must(f.t, err)
	return user, in.Secret
}

// said is the audit as verb, outcome and what was said, oldest first.
func (f *firm) said() (lines []string) {
	f.t.Helper()
	must(f.t, f.Store.Read(f.t.Context(), func(tx office.Tx) error {
		return tx.AuditAll(func(a office.AuditRecord) bool {
			lines = append(lines, fmt.Sprintf("%s %s %s: %s", a.Who, a.Verb, a.Outcome, a.Said))
			return true
		})
	}))
	return lines
}

func (f *firm) saidLast(want string) {
	f.t.Helper()
	lines := f.said()
	if last := lines[len(lines)-1]; last != want {
		f.t.Fatalf("the audit ends with %q, expected %q", last, want)
	}
}

// The first start makes an owner through a link that is good once, and no second time.
func TestTheFirstOwnerComesByALink(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		first, err := f.OwnerLink(t.Context(), "root")
		must(t, err)
		link, err := f.OwnerLink(t.Context(), "root")
		must(t, err)
		_, err = f.WelcomeGet(t.Context(), first)
		wants(t, "an older link", err, office.ErrWelcome)
		form := office.WelcomeForm{Address: "Olga@Nord.example ", Name: "Olga", Password: passphrase}
		short := form
		short.Password = "short"
		_, err = f.WelcomeUse(t.Context(), link, short, browser)
		field(t, "a short password", err, "password")
		in, err := f.WelcomeUse(t.Context(), link, form, browser)
		must(t, err)
		if in.Step != office.StepIn {
			t.Errorf("the step is %s", in.Step)
		}
		_, err = f.WelcomeUse(t.Context(), link, form, browser)
		wants(t, "the link again", err, office.ErrWelcome)
		if again, err := f.OwnerLink(t.Context(), "root"); err != nil || again != "" {
			t.Errorf("with an owner there is another link: %q, %v", again, err)
		}
		p, session, err := f.PersonOfSession(t.Context(), in.Secret, browser.From)
		must(t, err)
		if p.Who != "olga@nord.example" || !p.Has(office.Owner) || p.Door != office.ByPage || !session.Current || session.By != "link" {
			t.Errorf("the person is %+v by %+v", p, session)
		}
		old, err := f.SignIn(t.Context(), "OLGA@nord.example", passphrase, browser)
		must(t, err)
		f.desk(old.Secret)
	})
}

// A link is good for a time.
func TestALinkGetsOld(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		link, err := f.OwnerLink(t.Context(), "root")
		must(t, err)
		f.wait(24 * time.Hour)
		_, err = f.WelcomeUse(t.Context(), link, office.WelcomeForm{Address: "a@b.example", Password: passphrase}, browser)
		wants(t, "an old link", err, office.ErrWelcome)
	})
}

// What failed is told in one way, whatever it was, takes the same work, and is in the
// audit without what was typed.
func TestAFailedSignInTellsNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		owner := f.desk(f.owner())
		gone, _ := f.hire(owner, "gone@nord.example", office.Clerk)
		_, err := owner.UserDisable(t.Context(), gone.ID, "left")
		must(t, err)
		for _, tried := range [][2]string{{"olga@nord.example", "wrong password"}, {"nobody@nord.example", passphrase}, {"gone@nord.example", another}, {passphrase, ""}} {
			before := f.hashed
			_, err := f.SignIn(t.Context(), tried[0], tried[1], browser)
			if !errors.Is(err, office.ErrSignIn) || office.FaultOf(err).Sentence != "The address or the password is not right." {
				t.Errorf("%q gave %v", tried, err)
			}
			if f.hashed != before+1 {
				t.Errorf("%q was worked on %d times, expected 1", tried, f.hashed-before)
			}
		}
		lines := f.said()
		want := []string{
			"olga@nord.example SignIn failed: the password was not right", " SignIn failed: nobody has the address",
			"gone@nord.example SignIn failed: the user is disabled", " SignIn failed: nobody has the address",
		}
		if got := lines[len(lines)-4:]; !slices.Equal(got, want) {
			t.Errorf("the audit has\n%q, expected\n%q", got, want)
		}
		for _, line := range lines {
			if strings.Contains(line, passphrase) || strings.Contains(line, another) {
				t.Errorf("the audit has a password: %s", line)
			}
		}
	})
}

// Tries at one address get slower, for known and unknown ones alike, and one that succeeds
// is forgiven the others.
func TestTriesGetSlower(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		f.owner()
		for _, address := range []string{"olga@nord.example", "nobody@nord.example"} {
			var waits []time.Duration
			for range 16 {
				_, err := f.SignIn(t.Context(), address, "wrong", office.Visitor{})
				var slow *office.ThrottledError
				if errors.As(err, &slow) {
					waits = append(waits, slow.Wait)
					f.wait(slow.Wait)
				} else {
					wants(t, address, err, office.ErrSignIn)
				}
			}
			want := []time.Duration{1, 2, 4, 8, 16, 32}
			for i := range want {
				want[i] *= time.Second
			}
			if !slices.Equal(waits, want) {
				t.Errorf("%s had to wait %v, expected %v", address, waits, want)
			}
			f.wait(time.Hour)
		}
		in, err := f.SignIn(t.Context(), "olga@nord.example", passphrase, office.Visitor{})
		must(t, err)
		f.desk(in.Secret)
		for range 4 {
			_, err := f.SignIn(t.Context(), "olga@nord.example", "wrong", office.Visitor{})
			wants(t, "after a right one", err, office.ErrSignIn)
		}
	})
}

// Tries that come too early are in the program's log, with where they came from; what was typed is not.
func TestATryThatIsTooEarlyIsInTheLog(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		f.owner()
		var log bytes.Buffer
		f.Flow.Log = slog.New(slog.NewTextHandler(&log, nil))
		for range 6 {
			_, _ = f.SignIn(t.Context(), "olga@nord.example", "wrong-secret", office.Visitor{From: "192.0.2.7"})
		}
		if said := log.String(); strings.Count(said, `msg="tried too often" doing="sign in" from=192.0.2.7`) != 1 || strings.Contains(said, "secret") {
			t.Errorf("%s", said)
		}
	})
}

// From one network no more than some addresses are tried; from another one goes on.
func TestANetworkGetsSlower(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		f.owner()
		try := func(i int, from string) error {
			_, err := f.SignIn(t.Context(), fmt.Sprintf("a%d@nord.example", i), "wrong", office.Visitor{From: from})
			return err
		}
		for i := range 21 {
			wants(t, "a try", try(i, "192.0.2.1"), office.ErrSignIn)
		}
		var slow *office.ThrottledError
		if err := try(21, "192.0.2.1"); !errors.As(err, &slow) {
			t.Errorf("try 22 gave %v", err)
		}
		wants(t, "from elsewhere", try(22, "192.0.2.2"), office.ErrSignIn)
	})
}

// A session ends where it is not used, ends in any case, and can be ended.
func TestSessionsEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		cookie := f.owner()
		for range 23 {
			f.wait(30*time.Minute - time.Second)
			f.desk(cookie)
		}
		f.wait(29 * time.Minute)
		f.desk(cookie)
		f.wait(2 * time.Minute)
		_, _, err := f.PersonOfSession(t.Context(), cookie, "")
		wants(t, "after 12 hours", err, office.ErrUnsigned)

		idle, err := f.SignIn(t.Context(), "olga@nord.example", passphrase, browser)
		must(t, err)
		f.wait(30 * time.Minute)
		_, _, err = f.PersonOfSession(t.Context(), idle.Secret, "")
		wants(t, "unused", err, office.ErrUnsigned)

		one, err := f.SignIn(t.Context(), "olga@nord.example", passphrase, browser)
		must(t, err)
		two, err := f.SignIn(t.Context(), "olga@nord.example", passphrase, office.Visitor{From: "192.0.2.9", Agent: "a phone"})
		must(t, err)
		desk := f.desk(one.Secret)
		list, err := desk.SessionList(t.Context(), "", false)
		must(t, err)
		if len(list) != 2 || !list[slices.IndexFunc(list, func(s office.Session) bool { return s.ID == one.Session.ID })].Current {
			t.Errorf("the sessions are %+v", list)
		}
		for _, guessed := range []string{"", "wrong"} {
			asksForPassword(t, desk.Again(guessed).SessionRevoke(t.Context(), two.Session.ID))
			asksForPassword(t, desk.Again(guessed).SessionsRevoke(t.Context(), ""))
		}
		f.desk(two.Secret)
		must(t, desk.Again(passphrase).SessionRevoke(t.Context(), two.Session.ID))
		_, _, err = f.PersonOfSession(t.Context(), two.Secret, "")
		wants(t, "revoked", err, office.ErrUnsigned)
		must(t, f.SignOut(t.Context(), one.Secret, browser.From))
		must(t, f.SignOut(t.Context(), one.Secret, browser.From))
		_, _, err = f.PersonOfSession(t.Context(), one.Secret, "")
		wants(t, "signed out", err, office.ErrUnsigned)
	})
}

func asksForPassword(t *testing.T, err error) {
	t.Helper()
	if fault := office.FaultOf(err); fault.Field != "current_password" {
		t.Errorf("without the password: %v", err)
	}
}

// What somebody is known by is changed by an owner who gives their password once more: links that let them in would go to another address,
// or be made at an unattended screen. A name is changed without.
func TestAnAddressIsChangedByWhoKnowsThePassword(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		owner := f.desk(f.owner())
		clerk, _ := f.hire(owner, "carl@nord.example", office.Clerk)
		draft := office.UserDraft{Address: clerk.Address, Name: "Carl Nord", Language: clerk.Language, Roles: clerk.Roles}
		_, err := owner.UserChange(t.Context(), clerk.ID, draft, 0)
		must(t, err)
		draft.Address = "carl@elsewhere.example"
		_, err = owner.UserChange(t.Context(), clerk.ID, draft, 0)
		asksForPassword(t, err)
		_, err = owner.Again("wrong").UserLink(t.Context(), clerk.ID, true)
		asksForPassword(t, err)
		changed, err := owner.Again(passphrase).UserChange(t.Context(), clerk.ID, draft, 0)
		must(t, err)
		if changed.Address != draft.Address {
			t.Errorf("%+v", changed)
		}
		_, err = owner.Again(passphrase).UserLink(t.Context(), clerk.ID, true)
		must(t, err)
	})
}

// A session of another is not to be seen or ended, but by an owner.
func TestSessionsAreOnesOwn(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		owner := f.desk(f.owner())
		clerk, cookie := f.hire(owner, "carl@nord.example", office.Clerk)
		desk := f.desk(cookie)
		_, err := desk.SessionList(t.Context(), owner.Person().User, false)
		wants(t, "the owner's sessions, by a clerk", err, office.ErrDenied)
		_, err = desk.SessionList(t.Context(), "", true)
		wants(t, "everybody's sessions, by a clerk", err, office.ErrDenied)
		wants(t, "ending the owner's", desk.SessionRevoke(t.Context(), owner.Person().Session), flow.ErrUnknown)
		list, err := owner.SessionList(t.Context(), clerk.ID, false)
		must(t, err)
		if len(list) != 1 {
			t.Fatalf("the clerk has %d sessions", len(list))
		}
		must(t, owner.SessionsRevoke(t.Context(), clerk.ID))
		_, _, err = f.PersonOfSession(t.Context(), cookie, "")
		wants(t, "ended by an owner", err, office.ErrUnsigned)
	})
}

package main_test

import (
	"net/http"
	"strings"
	"testing"
)

// What goes wrong with the sign-in stops the program and loses nothing; a person
// is asked for consent where nobody else can mend it.
func TestWhateverFailsAtTheSignIn(t *testing.T) {
	t.Parallel()
	f := beginFirm(t, newLocal(t))
	c := f.center
	if out := f.take(f.order("s1", businessPremium, 5)); out.code != 0 {
		t.Fatal(out)
	}
	const token = "/oauth2/token"
	state := func() string { return f.json("connections.0.state", 0, "connection", "list") }

	c.fail("lost", "", token, nil)
	f.must("sync")
	f.is("a lost answer is no refusal", "ready", state())

	c.fail("error", "", token, times(4))
	if out := f.run("provision", "run"); out.code > 1 {
		t.Error(out)
	}
	f.is("nor is a login that fails", "ready", state())

	for _, code := range []string{"AADSTS50076", "AADSTS700082", "AADSTS65001"} {
		c.fail("consent", "", "", map[string]any{"code": code})
		if out := f.run("sync"); out.code != 1 || !strings.Contains(out.stderr, code) || strings.Contains(out.stderr, "client_secret") {
			t.Error(out)
		}
		f.is(code, "consent needed consent_needed ms", state()+" "+f.exceptions())
		f.must("sync")
		f.is("and is let in again", "ready ", state()+" "+f.exceptions())
	}

	c.want(http.StatusOK, nil, http.MethodPut, "/standin/signin", map[string]any{"revoked": true})
	f.timePasses()
	if out := f.must("provision", "run"); !strings.Contains(out.stdout, "1 waiting") || !strings.Contains(out.stdout, "consent") {
		t.Error(out)
	}
	f.is("taken back", "consent needed consent_needed ms", state()+" "+f.exceptions())
	f.is("nothing was ordered", "", told(c.held(f.customer)))
	if out := f.run("prices", "import", "ms"); out.code != 1 || !strings.Contains(out.stderr, "sign in as the integration user") {
		t.Error(out)
	}
	// So it does with a secret that is not the application's any more.
	f.must("connection", "add", "ms", "--secret-file", f.file("an older secret"))
	if out := f.run("sync"); out.code != 1 || !strings.Contains(out.stderr, "AADSTS7000215") {
		t.Error(out)
	}
	f.is("what to do", "The application's secret is wrong: enter it anew.", f.json("exceptions.0.todo", 0, "exception", "list"))
	f.must("connection", "add", "ms", "--secret-file", f.file(c.secret))
	// Whoever consents without a second factor is not let in.
	c.want(http.StatusOK, nil, http.MethodPut, "/standin/signin", map[string]any{"withoutMFA": true})
	f.consent()
	if out := f.run("sync"); out.code != 1 || !strings.Contains(out.stderr, "MFA") {
		t.Error(out)
	}
	c.want(http.StatusOK, nil, http.MethodPut, "/standin/signin", map[string]any{"withoutMFA": false})
	f.consent()
	f.settle()
	f.must("sync")
	f.is("then it is", businessPremium+" 5 active", told(c.held(f.customer)))
	f.is("let in", "ready ", state()+" "+f.exceptions())
}

// A login that takes each refresh token once, and many who sign in at once: each
// goes on with the newest.
func TestRefreshTokensThatServeOnce(t *testing.T) {
	both(t, func(t *testing.T, e *engineUnderTest) {
		f := beginFirm(t, e.empty(t))
		f.center.want(http.StatusOK, nil, http.MethodPut, "/standin/signin", map[string]any{"strictRotation": true})
		for range 3 {
			var running []*process
			for range 4 {
				running = append(running, f.launch("sync"))
			}
			for _, p := range running {
				if out := p.wait(t); out.code != 0 {
					t.Error(out)
				}
			}
		}
		f.is("let in", "ready", f.json("connections.0.state", 0, "connection", "list"))
		f.is("exceptions", "", f.exceptions())
	})
}

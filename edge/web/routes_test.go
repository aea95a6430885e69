package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"prorata/edge/identity"
	"prorata/edge/secret"
	"prorata/edge/store"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

type noon struct{}

func (noon) Now() time.Time { return time.Date(2026, 3, 12, 12, 0, 0, 0, time.UTC) }

// said is a log that keeps what was said last.
type said struct {
	slog.Handler
	last string
}

func (s *said) Enabled(context.Context, slog.Level) bool { return true }

func (s *said) Handle(_ context.Context, r slog.Record) error {
	s.last = r.Message
	r.Attrs(func(a slog.Attr) bool { s.last += " " + a.String(); return true })
	return nil
}

// siteOf is the console over an empty book, for whoever the role says.
func siteOf(t *testing.T) (*Site, *office.Role) {
	t.Helper()
	opened, err := store.Open(t.Context(), "sqlite::memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	})
	f := &flow.Flow{Store: opened, Clock: noon{}, Log: slog.New(slog.DiscardHandler), Workers: 1, Zone: time.UTC}
	somebody := office.User{ID: "u", Address: "somebody@example.com", Name: "Somebody", Roles: []office.Role{office.Owner}, State: office.UserActive, Version: 1, MadeAt: noon{}.Now()}
	if err := opened.Office().Write(t.Context(), func(tx office.Tx) error { return tx.UserAdd(somebody) }); err != nil {
		t.Fatal(err)
	}
	role := new(office.Role)
	key, err := secret.ParseKey(secret.NewKeyText())
	if err != nil {
		t.Fatal(err)
	}
	passkeys, err := identity.NewPasskeys("http://localhost:8080", "Prorata")
	if err != nil {
		t.Fatal(err)
	}
	known := office.Identity{Random: identity.Random, Network: identity.Network, Passwords: identity.NewPasswords(1), Codes: identity.Codes{Issuer: "Prorata"}, Passkeys: passkeys, Sealer: key}
	site := &Site{Office: &office.Office{Flow: f, Store: opened.Office(), Forks: opened, Identity: known}, Log: slog.New(&said{}), Clock: noon{}, Zone: time.UTC,
		Who: func(*http.Request) (Known, error) {
			return Known{Person: office.Person{User: "u", Who: "somebody", Roles: []office.Role{*role}, Door: office.ByPage}, Name: "somebody"}, nil
		}}
	return site, role
}

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

// ask sends an empty request to a route, and gives the status of its answer.
func ask(t *testing.T, handler http.Handler, pattern string) int {
	t.Helper()
	method, path, _ := strings.Cut(pattern, " ")
	path = strings.ReplaceAll(placeholder.ReplaceAllString(path, "1"), "{$}", "")
	// A page that tells news would go on for as long as it is looked at.
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	request := httptest.NewRequestWithContext(ctx, method, path, http.NoBody)
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	return answer.Code
}

// free are the pages that everybody who is signed in may have: they show what is theirs.
var free = []string{"GET /{$}"}

// Every route is walked with every role: it names the verb of the desk that it needs,
// lets in who may use it, and tells all others that they may not. No page of an empty
// book fails.
func TestEveryRouteWithEveryRole(t *testing.T) {
	site, role := siteOf(t)
	handler := site.Handler()
	for _, r := range site.routes() {
		if r.open || slices.Contains(free, r.pattern) {
			continue
		}
		if r.verb == "" {
			t.Errorf("%s names no verb: everybody would be let in", r.pattern)
			continue
		}
		_, changes, roles, err := office.RightOf(r.verb)
		if err != nil {
			t.Errorf("%s needs %s, which is no verb of the desk", r.pattern, r.verb)
			continue
		}
		if strings.HasPrefix(r.pattern, "POST ") && !changes {
			t.Errorf("%s is sent, and needs only the right to read (%s)", r.pattern, r.verb)
		}
		for _, *role = range office.Roles() {
			status := ask(t, handler, r.pattern)
			if allowed := slices.Contains(roles, *role); allowed == (status == http.StatusForbidden) {
				t.Errorf("%s by %s: allowed %t, answered %d", r.pattern, *role, allowed, status)
			}
			if status >= http.StatusInternalServerError {
				t.Errorf("%s by %s: %d\n%.2000s", r.pattern, *role, status, site.Log.Handler().(*said).last)
			}
		}
	}
}

// Who is not signed in gets to open pages alone, and is led to sign in by all others.
func TestNobodyIsLedToSignIn(t *testing.T) {
	site, _ := siteOf(t)
	site.Who = func(*http.Request) (Known, error) { return Known{}, visit.ErrNobody }
	handler := site.Handler()
	for _, r := range site.routes() {
		status := ask(t, handler, r.pattern)
		if led := status == http.StatusSeeOther; !r.open && !led {
			t.Errorf("%s by nobody: %d", r.pattern, status)
		}
		if status >= http.StatusInternalServerError {
			t.Errorf("%s by nobody: %d", r.pattern, status)
		}
	}
}

// Another site cannot have a browser send anything here.
func TestWhatAnotherSiteSendsIsRefused(t *testing.T) {
	site, role := siteOf(t)
	*role = office.Owner
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/exceptions", strings.NewReader("do=settle"))
	request.Header.Set("Sec-Fetch-Site", "cross-site")
	answer := httptest.NewRecorder()
	site.Handler().ServeHTTP(answer, request)
	if answer.Code != http.StatusForbidden {
		t.Errorf("a form of another site: %d", answer.Code)
	}
}

// Every answer tells browsers what they must not do.
func TestEveryAnswerIsGuarded(t *testing.T) {
	site, role := siteOf(t)
	*role = office.Owner
	handler := site.Handler()
	for _, path := range []string{"/audit", "/nothing", "/assets/1/prorata.css"} {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
		header := answer.Header()
		if csp := header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: Content-Security-Policy: %s", path, csp)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin"} {
			if got := header.Get(name); got != want {
				t.Errorf("%s: %s: %q, expected %q", path, name, got, want)
			}
		}
	}
}

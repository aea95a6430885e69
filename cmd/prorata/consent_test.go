package main_test

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// browser is somebody who is signed in to the console and follows links.
type browser struct {
	t    *testing.T
	http *http.Client
	// at is the page that is open, body what it shows.
	at   *url.URL
	body string
}

// signedIn opens the console as the owner.
func signedIn(t *testing.T, at string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, http: &http.Client{Jar: jar}}
	b.took(b.http.PostForm(at+"/signin", url.Values{"address": {"ann@nord.example"}, "password": {"a long and good password 7"}}))
	if b.at.Path == "/signin" {
		t.Fatalf("not signed in: %s", b.body)
	}
	return b
}

func (b *browser) took(answer *http.Response, err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.at, b.body = answer.Request.URL, html.UnescapeString(string(body))
}

func (b *browser) open(address string) {
	b.t.Helper()
	b.took(b.http.Get(address))
}

// click follows the link whose tag has a text in it or behind it, as a browser would.
func (b *browser) click(text string) {
	b.t.Helper()
	b.open(b.link(text))
}

func (b *browser) link(text string) string {
	b.t.Helper()
	for _, found := range regexp.MustCompile(`(?s)<a [^>]*href="([^"]*)"[^>]*>(.*?)</a>`).FindAllStringSubmatch(b.body, -1) {
		if strings.Contains(found[2], text) {
			to, err := b.at.Parse(found[1])
			if err != nil {
				b.t.Fatal(err)
			}
			return to.String()
		}
	}
	b.t.Fatalf("%s has no link %q:\n%s", b.at, text, b.body)
	return ""
}

func (b *browser) shows(path, text string) {
	b.t.Helper()
	if b.at.Path != path || !strings.Contains(b.body, text) {
		b.t.Errorf("%s does not show %q on %s:\n%s", b.at, text, path, b.body)
	}
}

// Where the redirect address leads to the console, consenting is two clicks: to the provider
// and, there, yes. An answer is good once, and for whoever set out with it.
func TestConsentIsTwoClicksInTheConsole(t *testing.T) {
	t.Parallel()
	c := openCenter(t)
	f := openFirm(t, c, newLocal(t))
	anOwner(t, f.address)
	_, at := f.serve()
	// The console knows itself by the name of this machine.
	at = strings.Replace(at, "127.0.0.1", "localhost", 1)
	state := func() string { return f.json("connections.0.state", 0, "connection", "list") }
	f.is("nobody has consented", "consent needed", state())
	page := at + "/provider/ms/consent"
	ann := signedIn(t, at)

	// Without a way back, the address is copied.
	ann.open(page)
	ann.shows("/provider/ms/consent", "Copy that whole address")
	f.must("connection", "add", "ms", "--set", "redirect_uri="+page+"/back")
	ann.open(page)
	ann.shows("/provider/ms/consent", "The browser did not come back here")

	// Who refuses there is told so here, and given another link.
	ann.click("Sign in at the provider")
	ann.click("Refuse")
	ann.shows("/provider/ms/consent/back", "access_denied")

	ann.click("Sign in at the provider")
	accept := ann.link("Accept")
	// The same person elsewhere did not set out with this link.
	away := signedIn(t, at)
	away.open(accept)
	away.shows("/provider/ms/consent/back", "no answer to a link")
	f.is("still nobody", "consent needed", state())
	ann.open(accept)
	ann.shows("/provider/ms", "The provider lets us in")
	f.is("consented", "ready", state())
	f.must("sync")

	// The answer that was used is none any more, and what somebody made up never was.
	ann.open(accept)
	ann.shows("/provider/ms/consent/back", "it was used")
	ann.open(page + "/back?code=mine&state=mine")
	ann.shows("/provider/ms/consent/back", "no answer to a link")
	f.is("it lasts", "ready", state())
	f.must("sync")

	// Where the application's secret is wrong, the page says that, not that the person is.
	f.must("connection", "add", "ms", "--secret-file", f.file("an older secret"))
	ann.open(page)
	ann.click("Sign in at the provider")
	ann.click("Accept")
	ann.shows("/provider/ms/consent/back", "The application's secret is wrong")
	f.must("connection", "add", "ms", "--secret-file", f.file(c.secret))

	// Copying still works: the answer of another way back, pasted.
	f.must("connection", "add", "ms", "--set", "redirect_uri=http://localhost:1/consent")
	ann.open(page)
	ann.click("Sign in at the provider")
	stays := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := stays.Get(ann.link("Accept"))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	ann.took(ann.http.PostForm(page, url.Values{"answer": {answer.Header.Get("Location")}}))
	ann.shows("/provider/ms", "The provider lets us in")
	if got := f.count(`audit WHERE verb = 'ConnectionConsent' AND outcome = 'done'`); fmt.Sprint(got) != "2" {
		t.Errorf("%v consents in the audit", got)
	}
}

// Package visit is one request for a page: who came, what they gave, and how they are
// answered. A handler is four steps: who are you (done before it is called), read the
// form, call one verb of the desk, render.
package visit

import (
	"encoding/base64"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"prorata/core/calendar"
	"prorata/edge/web/part"
	"prorata/flow/office"
)

// Handler serves one route. An error becomes a page that says what happened.
type Handler func(*Visit) error

// Visit is a request by somebody who is known, or by nobody on an open route.
type Visit struct {
	W    http.ResponseWriter
	R    *http.Request
	Desk *office.Desk
	// Person is who came; without a role where nobody is signed in.
	Person office.Person
	Locale part.Locale
	Now    time.Time
	// Address is where browsers open the pages, for links that are passed on.
	Address string
	Log     *slog.Logger
	// Frame is what is the same on all of the visit's pages.
	Frame part.Frame
}

// ErrNobody is returned where a page wants somebody and nobody is signed in.
var ErrNobody = errors.New("nobody is signed in")

// ErrNoPage is returned for a path where there is nothing.
var ErrNoPage = errors.New("there is no such page")

// May says whether the person may use a verb: pages show only what can be done.
func (v *Visit) May(verb string) bool { return v.Person.May(verb) }

// Page answers with a page.
func (v *Visit) Page(p part.Page, body templ.Component) error {
	return v.PageAs(http.StatusOK, p, body)
}

// PageAs answers with a page and a status.
func (v *Visit) PageAs(status int, p part.Page, body templ.Component) error {
	p.Frame = v.Frame
	p.Frame.Said = v.said()
	v.W.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.W.Header().Set("Cache-Control", "no-store")
	v.W.WriteHeader(status)
	return part.Document(p, body).Render(v.R.Context(), v.W)
}

// JSON answers a script that talks to the browser's own interfaces.
func (v *Visit) JSON(text []byte) error {
	v.W.Header().Set("Content-Type", "application/json")
	v.W.Header().Set("Cache-Control", "no-store")
	_, err := v.W.Write(text)
	return err
}

// Part answers with a piece of a page, for a script that puts it in its place.
func (v *Visit) Part(body templ.Component) error {
	v.W.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.W.Header().Set("Cache-Control", "no-store")
	return body.Render(v.R.Context(), v.W)
}

// WantsPart says whether a script asks for a piece of the page alone, and which.
func (v *Visit) WantsPart(name string) bool { return v.R.Header.Get("Prorata-Part") == name }

// saidCookie is the cookie that carries what the last action did over to the page after it: Lax, since the way
// there may begin at a provider's login. Over https the browser itself holds it to this host alone.
func (v *Visit) saidCookie() string {
	if v.secure() {
		return "__Host-prorata-said"
	}
	return "prorata-said"
}

// Done leads on after something was done, with a sentence that says what.
func (v *Visit) Done(to, sentence string) error {
	if sentence != "" {
		http.SetCookie(v.W, &http.Cookie{Name: v.saidCookie(), Value: base64.RawURLEncoding.EncodeToString([]byte(sentence)), Path: "/", MaxAge: 60,
			HttpOnly: true, Secure: v.secure(), SameSite: http.SameSiteLaxMode})
	}
	http.Redirect(v.W, v.R, Local(to), http.StatusSeeOther)
	return nil
}

// secure says whether the browser comes over https, to us or to a proxy before us.
func (v *Visit) secure() bool { return strings.HasPrefix(v.Address, "https:") }

// said takes the sentence that the last action left.
func (v *Visit) said() string {
	cookie, err := v.R.Cookie(v.saidCookie())
	if err != nil {
		return ""
	}
	http.SetCookie(v.W, &http.Cookie{Name: v.saidCookie(), Path: "/", MaxAge: -1, HttpOnly: true, Secure: v.secure(), SameSite: http.SameSiteLaxMode})
	text, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil || len(text) > 500 {
		return ""
	}
	return string(text)
}

// From is the network address that a request came from, without its port.
func From(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// Local is a path on this host, or / for anything else: nobody is led away from here by
// a link that somebody made.
func Local(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return "/"
	}
	return to
}

// Here is the page's own URL with some of its query changed: an empty value takes one
// out. It is how filters, pages and drawers are links.
func (v *Visit) Here(changes ...string) string {
	query := v.R.URL.Query()
	for i := 0; i+1 < len(changes); i += 2 {
		if changes[i+1] == "" {
			query.Del(changes[i])
		} else {
			query.Set(changes[i], changes[i+1])
		}
	}
	if len(query) == 0 {
		return v.R.URL.Path
	}
	return v.R.URL.Path + "?" + query.Encode()
}

// StartOf is the first instant of a day in the seller's time zone.
func (v *Visit) StartOf(day calendar.Date) time.Time {
	zone := v.Locale.Zone
	if zone == nil {
		zone = time.UTC
	}
	year, month, date := day.Civil()
	return time.Date(year, time.Month(month), date, 0, 0, 0, 0, zone)
}

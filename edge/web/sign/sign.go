// Package sign is the way in: address and password or the identity provider, then the
// second factor; one-time links; and the way out.
package sign

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow/office"
)

// Where the ways in are. WelcomePath ends with a link's secret: it stands in the query, which is
// in no log of ours.
const (
	Path          = "/signin"
	FactorPath    = "/signin/factor"
	ElsewherePath = "/signin/back"
	WelcomePath   = "/welcome?link="
)

// enrolPath is where who must set up a second factor does so.
const enrolPath = "/profile/factors"

// Door lets people in and out.
type Door struct {
	Office *office.Office
	// Secure says that the pages come over https.
	Secure bool
}

// cookieName is the session's cookie. Over https the browser itself holds it to this host alone.
func cookieName(secure bool) string {
	if secure {
		return "__Host-prorata"
	}
	return "prorata"
}

// Cookie is what the browser holds of a session; empty where it holds none.
func Cookie(r *http.Request, secure bool) string {
	cookie, err := r.Cookie(cookieName(secure))
	if err != nil {
		return ""
	}
	return cookie.Value
}

func (d *Door) cookie(v *visit.Visit, name, value string, seconds int) {
	http.SetCookie(v.W, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: d.Secure, SameSite: http.SameSiteLaxMode})
}

func (d *Door) held(v *visit.Visit) string { return Cookie(v.R, d.Secure) }

func visitor(v *visit.Visit) office.Visitor {
	return office.Visitor{From: visit.From(v.R), Agent: v.R.UserAgent()}
}

// entry is what the page of signing in shows.
type entry struct {
	visit *visit.Visit
	form  *visit.Form
	to    string
	// elsewhere is what the identity provider is called; empty where there is none.
	elsewhere string
	sentence  string
}

func (d *Door) entry(v *visit.Visit, sentence string) *entry {
	f := v.Form()
	return &entry{v, f, visit.Local(f.Text("to")), d.Office.ElsewhereName(), sentence}
}

func (d *Door) show(e *entry, status int) error {
	return e.visit.PageAs(status, part.Page{Title: "Sign in"}, page(e))
}

// Show asks who somebody is. Who is in already is led on.
func (d *Door) Show(v *visit.Visit) error {
	e := d.entry(v, "")
	if v.Person.User != "" {
		return v.Done(e.to, "")
	}
	return d.show(e, http.StatusOK)
}

// SignIn takes address and password.
func (d *Door) SignIn(v *visit.Visit) error {
	e := d.entry(v, "")
	in, err := d.Office.SignIn(v.R.Context(), e.form.Text("address"), e.form.Secret("password"), visitor(v))
	if e.sentence, err = told(err); err != nil {
		return err
	}
	if e.sentence != "" {
		return d.show(e, http.StatusUnauthorized)
	}
	return d.in(v, in, e.to)
}

// told is the sentence of what kept somebody out, or the error where it is another.
func told(err error) (string, error) {
	if err == nil {
		return "", nil
	}
	switch fault := office.FaultOf(err); fault.Kind {
	case office.FaultUnsigned, office.FaultThrottled, office.FaultInput:
		if errors.Is(err, office.ErrUnsigned) {
			return "", visit.ErrNobody
		}
		return fault.Sentence, nil
	default:
		return "", err
	}
}

// in gives the browser its session and leads on.
func (d *Door) in(v *visit.Visit, in office.SignedIn, to string) error {
	d.cookie(v, cookieName(d.Secure), in.Secret, 0)
	switch in.Step {
	case office.StepFactor:
		return v.Done(FactorPath+"?to="+url.QueryEscape(to), "")
	case office.StepEnrol:
		return v.Done(enrolPath, "Your role requires a second factor. Set one up, then go on.")
	case office.StepIn:
	}
	return v.Done(to, "")
}

// second is what the page of the second factor shows.
type second struct {
	visit          *visit.Visit
	form           *visit.Form
	to, sentence   string
	address        string
	codes, passkey bool
}

func (d *Door) second(v *visit.Visit) (*second, error) {
	f := v.Form()
	user, kinds, err := d.Office.UserOfSession(v.R.Context(), d.held(v))
	if errors.Is(err, office.ErrUnsigned) {
		err = visit.ErrNobody
	}
	return &second{v, f, visit.Local(f.Text("to")), "", user.Address, slices.Contains(kinds, office.FactorCode), slices.Contains(kinds, office.FactorPasskey)}, err
}

func (d *Door) showSecond(s *second, status int) error {
	return s.visit.PageAs(status, part.Page{Title: "Second factor"}, factorPage(s))
}

// ShowFactor asks for the second factor.
func (d *Door) ShowFactor(v *visit.Visit) error {
	s, err := d.second(v)
	if err != nil {
		return err
	}
	if v.Person.User != "" {
		return v.Done(s.to, "")
	}
	return d.showSecond(s, http.StatusOK)
}

// Factor takes a code of an authenticator, or a recovery code.
func (d *Door) Factor(v *visit.Visit) error {
	s, err := d.second(v)
	if err != nil {
		return err
	}
	in, err := d.Office.SecondFactor(v.R.Context(), d.held(v), s.form.Text("code"), visitor(v))
	return d.proved(s, in, err)
}

func (d *Door) proved(s *second, in office.SignedIn, err error) error {
	if s.sentence, err = told(err); err != nil {
		return err
	}
	if s.sentence != "" {
		return d.showSecond(s, http.StatusUnauthorized)
	}
	return d.in(s.visit, in, s.to)
}

// PasskeyAsk asks the browser for a signature.
func (d *Door) PasskeyAsk(v *visit.Visit) error {
	asked, err := d.Office.PasskeySignInAsk(v.R.Context(), d.held(v))
	if err != nil {
		return err
	}
	return v.JSON(asked)
}

// Passkey takes the browser's answer.
func (d *Door) Passkey(v *visit.Visit) error {
	s, err := d.second(v)
	if err != nil {
		return err
	}
	in, err := d.Office.PasskeySignIn(v.R.Context(), d.held(v), []byte(s.form.Secret("answer")), visitor(v))
	return d.proved(s, in, err)
}

// elsewhereSeconds is how long the browser holds the state of a sign-in elsewhere.
const elsewhereSeconds = 15 * 60

func (d *Door) elsewhereCookie() string { return cookieName(d.Secure) + "-elsewhere" }

// Elsewhere sends the browser to the identity provider.
func (d *Door) Elsewhere(v *visit.Visit) error {
	link, state, err := d.Office.ElsewhereLink(v.R.Context())
	sentence, err := told(err)
	if err != nil {
		return err
	}
	if sentence != "" {
		return d.show(d.entry(v, sentence), http.StatusServiceUnavailable)
	}
	d.cookie(v, d.elsewhereCookie(), state, elsewhereSeconds)
	http.Redirect(v.W, v.R, link, http.StatusSeeOther)
	return nil
}

// Back takes the identity provider's answer.
func (d *Door) Back(v *visit.Visit) error {
	query := v.R.URL.Query()
	held, err := v.R.Cookie(d.elsewhereCookie())
	state := ""
	if err == nil {
		state = held.Value
	}
	d.cookie(v, d.elsewhereCookie(), "", -1)
	if query.Get("error") != "" {
		return d.show(d.entry(v, "The identity provider did not let you in. Start again, or ask who looks after it."), http.StatusUnauthorized)
	}
	in, err := d.Office.ElsewhereSignIn(v.R.Context(), state, query.Get("state"), query.Get("code"), visitor(v))
	sentence, err := told(err)
	if err != nil {
		return err
	}
	if sentence != "" {
		return d.show(d.entry(v, sentence), http.StatusUnauthorized)
	}
	return d.in(v, in, "/")
}

// greeting is what the page of a one-time link shows.
type greeting struct {
	visit   *visit.Visit
	form    *visit.Form
	link    string
	welcome office.Welcome
}

func (d *Door) greeting(v *visit.Visit) (*greeting, error) {
	f := v.Form()
	g := &greeting{visit: v, form: f, link: f.Text("link")}
	var err error
	g.welcome, err = d.Office.WelcomeGet(v.R.Context(), g.link)
	return g, err
}

func (g *greeting) title() string {
	switch g.welcome.Kind {
	case office.WelcomeOwner:
		return "Become the first owner"
	case office.WelcomeBack, office.WelcomeBare:
		return "Choose a new password"
	case office.WelcomeInvited:
	}
	return "Welcome"
}

func (g *greeting) show(status int) error {
	return g.visit.PageAs(status, part.Page{Title: g.title()}, welcomePage(g))
}

// ShowWelcome greets who opens a one-time link. Looking at it does not use it up.
func (d *Door) ShowWelcome(v *visit.Visit) error {
	g, err := d.greeting(v)
	if err != nil {
		return err
	}
	return g.show(http.StatusOK)
}

// Welcome uses a one-time link up.
func (d *Door) Welcome(v *visit.Visit) error {
	g, err := d.greeting(v)
	if err != nil {
		return err
	}
	if g.form.Secret("password") != g.form.Secret("again") {
		g.form.Wrong("again", "This is not the same password.")
		return g.show(http.StatusUnprocessableEntity)
	}
	in, err := d.Office.WelcomeUse(v.R.Context(), g.link, office.WelcomeForm{Address: g.form.Text("address"), Name: g.form.Text("name"), Password: g.form.Secret("password")}, visitor(v))
	if err != nil {
		if !g.form.Take(err) {
			return err
		}
		return g.show(http.StatusUnprocessableEntity)
	}
	return d.in(v, in, "/")
}

// Out ends the session.
func (d *Door) Out(v *visit.Visit) error {
	if err := d.Office.SignOut(v.R.Context(), d.held(v), visit.From(v.R)); err != nil {
		return err
	}
	d.cookie(v, cookieName(d.Secure), "", -1)
	v.W.Header().Set("Clear-Site-Data", `"cache"`)
	return v.Done(Path, "You are signed out.")
}

// Package web serves the console: pages for the people who run billing, rendered here
// and complete without a script.
//
//	web.go       the site: who is asking, and what becomes of errors
//	routes.go    every URL, with the verb of the desk that it needs
//	security.go  what every answer says to browsers, and limits
//	assets.go    style sheets, scripts and pictures, under a path that changes with them
//	part/        what pages are put together from;   visit/  one request
//	audit/ …     a package for each noun: handlers and their markup
//
// Scripts (static/js) make pages quicker and are needed by none of them. Nothing is
// loaded from another host.
package web

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"prorata/edge/web/imports"
	"prorata/edge/web/invoice"
	"prorata/edge/web/part"
	"prorata/edge/web/profile"
	"prorata/edge/web/sign"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// Where links from outside lead: one-time links, which end with their secret, and the identity
// provider's way back.
const (
	WelcomePath   = sign.WelcomePath
	ElsewherePath = sign.ElsewherePath
)

// Known is who is asking, as sign-in found them.
type Known struct {
	Person office.Person
	// Name is how the page addresses them; Language the tag that they chose, empty for the browser's.
	Name, Language string
}

// Site is the console.
type Site struct {
	Office *office.Office
	// Address is where browsers open the pages, such as https://billing.example.com.
	Address string
	// Who says who is asking, visit.ErrNobody where nobody is signed in; those who signed in
	// where it is nil.
	Who   func(*http.Request) (Known, error)
	Log   *slog.Logger
	Clock interface{ Now() time.Time }
	Zone  *time.Location
	// Parts are the pages' own needs beyond the desk.
	Parts Parts
}

// Parts are what pages need of other edges; whoever wires the program gives them.
type Parts struct {
	// Ends is closed when the program is told to stop: pages that are told news are let go.
	Ends <-chan struct{}
	// Documents are how invoices leave the program.
	Documents invoice.Documents
	// Mails show the mail of an invoice.
	Mails invoice.Mails
	// ZoneKnown says whether there is a time zone of a name.
	ZoneKnown func(name string) bool
	// Letter writes a dispute as a letter to the provider.
	Letter func(io.Writer, *flow.Dispute) error
	// Imports are how files come in.
	Imports imports.Pages
}

// Handler serves every route.
func (s *Site) Handler() http.Handler {
	mux := http.NewServeMux()
	files := readAssets()
	mux.Handle("GET "+files.path+"/{file}", files)
	for _, r := range s.routes() {
		mux.Handle(r.pattern, s.serve(r, files.path))
	}
	mux.Handle("/", s.serve(route{pattern: "/", do: func(*visit.Visit) error { return visit.ErrNoPage }}, files.path))
	return secure(mux, s.secure())
}

// serve answers one route: who are you, may you, and then its handler.
func (s *Site) serve(r route, assets string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		v := &visit.Visit{W: w, R: req, Log: s.Log, Now: s.Clock.Now(), Address: s.Address, Frame: part.Frame{Assets: assets, Path: req.URL.RequestURI()}}
		req.Body = http.MaxBytesReader(w, req.Body, r.most())
		known, err := s.who(req)
		v.Locale = part.LocaleOf(req.Header.Get("Accept-Language"), s.Zone)
		if known.Language != "" {
			v.Locale = part.LocaleOf(known.Language, s.Zone)
		}
		if err == nil {
			v.Person, v.Desk = known.Person, s.Office.Desk(known.Person)
			v.Frame.Who, v.Frame.Role, v.Frame.Nav = known.Name, roleWords(known.Person), s.sections(v)
			if known.Person.Enrolling && !r.enrolling() {
				http.Redirect(w, req, profile.FactorPath, http.StatusSeeOther)
				return
			}
			if r.verb != "" && !v.May(r.verb) {
				// The desk words it; a change that was denied is in the audit by then.
				err = v.Desk.Ask(req.Context(), r.verb)
			}
		} else if r.open && (errors.Is(err, visit.ErrNobody) || errors.Is(err, office.ErrFactor)) {
			v.Desk, err = s.Office.Desk(office.Person{Door: office.ByPage}), nil
		}
		if err == nil {
			err = answered(r.do, v)
		}
		if err != nil {
			s.fail(v, err)
		}
	})
}

// who is who signed in.
func (s *Site) who(r *http.Request) (Known, error) {
	if s.Who != nil {
		return s.Who(r)
	}
	p, _, err := s.Office.PersonOfSession(r.Context(), sign.Cookie(r, s.secure()), visit.From(r))
	if errors.Is(err, office.ErrUnsigned) {
		err = visit.ErrNobody
	}
	known := Known{Person: p, Name: p.Name, Language: p.Language}
	if known.Name == "" {
		known.Name = p.Who
	}
	return known, err
}

// secure says whether the pages come over https, if not to us then to a proxy before us.
func (s *Site) secure() bool { return strings.HasPrefix(s.Address, "https:") }

// answered calls a handler; a broken promise of the program's own ends this page alone,
// and stands in the log with where it was broken.
func answered(do visit.Handler, v *visit.Visit) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			if err = office.TooLarge(reason); err != nil {
				return
			}
			err = fmt.Errorf("broken promise: %v\n%s", reason, debug.Stack())
		}
	}()
	return do(v)
}

func roleWords(p office.Person) string {
	text := ""
	for i, r := range p.Roles {
		if i > 0 {
			text += ", "
		}
		text += r.String()
	}
	return text
}

// fail answers with what went wrong, why, and what to do.
func (s *Site) fail(v *visit.Visit, err error) {
	if errors.Is(err, visit.ErrNobody) {
		to := "/signin"
		if v.R.Method == http.MethodGet && v.R.URL.Path != "/" {
			to += "?to=" + queryEscape(v.R.URL.RequestURI())
		}
		http.Redirect(v.W, v.R, to, http.StatusSeeOther)
		return
	}
	if errors.Is(err, office.ErrFactor) {
		http.Redirect(v.W, v.R, sign.FactorPath, http.StatusSeeOther)
		return
	}
	var tooLong *http.MaxBytesError
	fault := office.FaultOf(err)
	status, title := statusOf(fault.Kind)
	switch {
	case errors.Is(err, visit.ErrNoPage):
		fault.Sentence, status, title = "There is no page at this address. It may have been typed wrongly, or what it showed is gone.", http.StatusNotFound, "No such page"
	case errors.As(err, &tooLong):
		fault.Sentence, status, title = "What was sent is longer than this page takes. Nothing was changed.", http.StatusRequestEntityTooLarge, "Too long"
	}
	if fault.Kind == office.FaultGone {
		return
	}
	if fault.Kind == office.FaultDenied {
		// The title says what it is, and the verb's name is for who writes programs.
		fault.Sentence = part.Sentence(strings.TrimPrefix(verbName.ReplaceAllString(fault.Sentence, ""), title+": "))
	}
	if status == http.StatusInternalServerError {
		s.Log.Error("page", "path", v.R.URL.Path, "error", err)
	}
	if err := v.PageAs(status, part.Page{Title: title}, failure(title, fault.Sentence)); err != nil {
		s.Log.Debug("page", "path", v.R.URL.Path, "error", err)
	}
}

// verbName is a verb of the desk as a refusal names it.
var verbName = regexp.MustCompile(` \([A-Z][A-Za-z]+\)`)

func statusOf(kind office.FaultKind) (status int, title string) {
	switch kind {
	case office.FaultInput:
		return http.StatusUnprocessableEntity, "That could not be taken"
	case office.FaultRefused:
		return http.StatusUnprocessableEntity, "That is not possible"
	case office.FaultUnknown:
		return http.StatusNotFound, "Not found"
	case office.FaultDenied:
		return http.StatusForbidden, "Not allowed"
	case office.FaultUnsigned:
		return http.StatusUnauthorized, "Not signed in"
	case office.FaultThrottled:
		return http.StatusTooManyRequests, "Too often"
	case office.FaultMoved:
		return http.StatusConflict, "Somebody was quicker"
	case office.FaultBusy, office.FaultGone:
		return http.StatusServiceUnavailable, "Busy"
	case office.FaultOurs:
	}
	return http.StatusInternalServerError, "Something went wrong"
}

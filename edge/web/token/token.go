// Package token is API tokens: what lets a program in as the person who made it.
package token

import (
	"net/http"
	"strings"
	"time"

	"prorata/edge/web/part"
	"prorata/edge/web/setting"
	"prorata/edge/web/visit"
	"prorata/flow/office"
)

// Path is the list.
const Path = "/settings/tokens"

// listed is what the list shows.
type listed struct {
	visit  *visit.Visit
	tokens []office.APIToken
	// everybody's are shown, to an owner who asked for them.
	everybody bool
}

// List shows who asks their tokens, and an owner everybody's.
func List(v *visit.Visit) error {
	l := &listed{visit: v, everybody: v.Person.Has(office.Owner) && v.R.URL.Query().Get("of") != "me"}
	var err error
	if l.tokens, err = v.Desk.TokenList(v.R.Context(), "", l.everybody); err != nil {
		return err
	}
	return v.Page(part.Page{Title: "API tokens", Section: setting.Path, Crumbs: []part.Link{setting.Crumb()}}, page(l))
}

// area is what scopes are about, and what each of them lets a program do there.
type area struct {
	name   string
	scopes []scoped
}

// scoped is a scope by its name, and what it lets do: read or write.
type scoped struct{ name, may string }

// areas are all scopes, by what they are about.
func areas() (all []area) {
	for _, scope := range office.Scopes() {
		name, may, _ := strings.Cut(string(scope), ":")
		if len(all) == 0 || all[len(all)-1].name != name {
			all = append(all, area{name: name})
		}
		last := &all[len(all)-1]
		last.scopes = append(last.scopes, scoped{name: string(scope), may: may})
	}
	return all
}

// New asks what a token is to be.
func New(v *visit.Visit) error { return asked(v, v.Form(), http.StatusOK) }

func asked(v *visit.Visit, f *visit.Form, status int) error {
	return v.PageAs(status, part.Page{Title: "Make an API token", Section: setting.Path, Crumbs: []part.Link{setting.Crumb(), {Text: "API tokens", Path: Path}}}, makePage(v, f))
}

// Make makes a token, and shows it this once.
func Make(v *visit.Visit) error {
	f := v.Form()
	draft := office.TokenDraft{Name: f.Text("name")}
	for _, scope := range f.All("scopes") {
		draft.Scopes = append(draft.Scopes, office.Scope(scope))
	}
	days := map[string]int{"7": 7, "30": 30, "90": 90, "180": 180, "365": 365}[f.Text("days")]
	draft.Lasts = time.Duration(days) * 24 * time.Hour
	token, secret, err := v.Desk.TokenMake(v.R.Context(), draft)
	if err != nil {
		if !f.Take(err) {
			return err
		}
		return asked(v, f, http.StatusUnprocessableEntity)
	}
	return v.Page(part.Page{Title: token.Name, Section: setting.Path, Crumbs: []part.Link{setting.Crumb(), {Text: "API tokens", Path: Path}}}, madePage(v, &token, secret))
}

// Revoke ends a token.
func Revoke(v *visit.Visit) error {
	if err := v.Desk.TokenRevoke(v.R.Context(), office.TokenID(v.R.PathValue("id"))); err != nil {
		return err
	}
	return v.Done(Path, "The token has ended.")
}

func scopes(list []office.Scope) string {
	words := make([]string, len(list))
	for i, s := range list {
		words[i] = string(s)
	}
	return strings.Join(words, ", ")
}

// pill says how a token stands.
func (l *listed) pill(t *office.APIToken) part.Pill {
	switch left := t.EndsAt.Sub(l.visit.Now); {
	case left <= 0:
		return part.Pill{Text: "ended", Tone: part.Plain}
	case left < 14*24*time.Hour:
		return part.Pill{Text: "ends soon", Tone: part.Warn}
	}
	return part.Pill{Text: "good", Tone: part.Good}
}

// used says when a token was used last.
func (l *listed) used(t *office.APIToken) string {
	if t.UsedAt.IsZero() {
		return "never"
	}
	return part.Ago(t.UsedAt, l.visit.Now)
}

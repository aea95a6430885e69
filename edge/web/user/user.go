// Package user is who can sign in, and what they are here to do.
package user

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"prorata/core/billing"
	"prorata/edge/web/part"
	"prorata/edge/web/pick"
	"prorata/edge/web/setting"
	"prorata/edge/web/sign"
	"prorata/edge/web/visit"
	"prorata/flow/office"
)

// Path is the list.
const Path = "/settings/users"

// pageRows is how many are shown at once.
const pageRows = 50

// listed is what the list shows.
type listed struct {
	visit    *visit.Visit
	form     *visit.Form
	users    []office.User
	required []office.Role
	next     part.Next
	opened   *office.User
	sessions []office.Session
}

// List shows who can sign in, and beside it the user who was opened.
func List(v *visit.Visit) error {
	l, err := read(v, v.Form(), v.R.URL.Query().Get("open"))
	if err != nil {
		return err
	}
	return l.show(http.StatusOK)
}

func read(v *visit.Visit, f *visit.Form, open string) (*listed, error) {
	l, query, ctx := &listed{visit: v, form: f}, v.R.URL.Query(), v.R.Context()
	filter := office.UserFilter{State: office.UserState(query.Get("state")), Search: query.Get("text"), After: query.Get("after"), Most: pageRows + 1}
	if role, err := office.ParseRole(query.Get("role")); err == nil {
		filter.Role = &role
	}
	var err error
	if l.users, err = v.Desk.UserList(ctx, filter); err != nil {
		return nil, err
	}
	if l.required, err = v.Desk.FactorPolicyGet(ctx); err != nil {
		return nil, err
	}
	if len(l.users) > pageRows {
		l.users = l.users[:pageRows]
		l.next.Older = v.Here("after", l.users[pageRows-1].Address, "open", "")
	}
	if filter.After != "" {
		l.next.Newer = v.Here("after", "", "open", "")
	}
	l.next.Shown = part.Plural(int64(len(l.users)), "user")
	if open == "" {
		return l, nil
	}
	user, err := v.Desk.UserGet(ctx, open)
	if err != nil {
		return nil, err
	}
	l.opened = &user
	if v.Person.Has(office.Owner) {
		l.sessions, err = v.Desk.SessionList(ctx, user.ID, false)
	}
	return l, err
}

func (l *listed) show(status int) error {
	return l.visit.PageAs(status, part.Page{Title: "Users", Section: setting.Path, Crumbs: []part.Link{setting.Crumb()}}, page(l))
}

func (l *listed) drawer() templ.Component {
	if l.opened == nil {
		return nil
	}
	return detail(l, l.opened)
}

func (l *listed) title() string {
	if l.opened == nil {
		return ""
	}
	return l.opened.Address
}

// here is the list as it is shown, to which every action leads back.
func (l *listed) here() string {
	if l.visit.R.Method != http.MethodGet {
		return Path
	}
	return l.visit.Here("open", "")
}

// present is where a form that came too late can be compared with how things are now.
func (l *listed) present() string {
	if l.opened == nil {
		return Path
	}
	return Path + "?open=" + url.QueryEscape(string(l.opened.ID))
}

// draftOf reads what an owner says of a user.
func draftOf(v *visit.Visit, f *visit.Form) office.UserDraft {
	draft := office.UserDraft{Address: f.Text("address"), Name: f.Text("name"), Language: f.Text("language"), Roles: rolesOf(f)}
	for _, id := range pick.All(v, f, pick.Account, "accounts") {
		draft.Accounts = append(draft.Accounts, billing.AccountID(id))
	}
	return draft
}

// rolesOf are the roles that were ticked.
func rolesOf(f *visit.Form) (roles []office.Role) {
	for _, word := range f.All("roles") {
		role, err := office.ParseRole(word)
		if err != nil {
			f.Wrong("roles", "There is no role "+word+".")
			continue
		}
		roles = append(roles, role)
	}
	return roles
}

// New asks whom to invite.
func New(v *visit.Visit) error { return asked(v, v.Form(), http.StatusOK) }

func asked(v *visit.Visit, f *visit.Form, status int) error {
	return v.PageAs(status, part.Page{Title: "Invite somebody", Section: setting.Path, Crumbs: []part.Link{setting.Crumb(), {Text: "Users", Path: Path}}}, invitePage(v, f))
}

// Invite adds a user, and shows the link by which they come in, this once.
func Invite(v *visit.Visit) error {
	f := v.Form()
	draft := draftOf(v, f)
	if !f.OK() {
		return asked(v, f, http.StatusUnprocessableEntity)
	}
	user, link, err := v.Desk.UserInvite(v.R.Context(), draft)
	if err != nil {
		if !f.Take(err) {
			return err
		}
		return asked(v, f, http.StatusUnprocessableEntity)
	}
	return linked(v, &user, link, "a week")
}

// linked shows a one-time link.
func linked(v *visit.Visit, user *office.User, secret, lasts string) error {
	return v.Page(part.Page{Title: "A link for " + user.Address, Section: setting.Path, Crumbs: []part.Link{setting.Crumb(), {Text: "Users", Path: Path}}},
		linkPage(user, v.Address+sign.WelcomePath+secret, lasts, v.Desk.Mails()))
}

// changed leads back to the list, or shows it with what is wrong.
func changed(v *visit.Visit, f *visit.Form, err error, sentence string) error {
	id := v.R.PathValue("id")
	if err == nil && f.OK() {
		return v.Done(f.Back(Path), sentence)
	}
	if err != nil && !f.Take(err) {
		return err
	}
	l, readErr := read(v, f, id)
	if readErr != nil {
		return readErr
	}
	if l.form.Sentence == "" {
		l.form.Sentence = l.form.First()
	}
	return l.show(http.StatusUnprocessableEntity)
}

// Change writes what an owner says of a user.
func Change(v *visit.Visit) error {
	f, id := v.Form(), office.UserID(v.R.PathValue("id"))
	draft := draftOf(v, f)
	var err error
	if f.OK() {
		_, err = v.Desk.Again(f.Secret("current_password")).UserChange(v.R.Context(), id, draft, version(f))
	}
	return changed(v, f, err, draft.Address+" is changed.")
}

// version is the one that was read; 0, which is any, where the form does not say.
func version(f *visit.Form) int64 {
	n, err := strconv.ParseInt(f.Text("version"), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// Disable lets somebody in no more.
func Disable(v *visit.Visit) error {
	f := v.Form()
	user, err := v.Desk.UserDisable(v.R.Context(), office.UserID(v.R.PathValue("id")), f.Text("reason"))
	return changed(v, f, err, user.Address+" is out: their sessions, tokens and links have ended.")
}

// Enable lets a disabled user in again.
func Enable(v *visit.Visit) error {
	f := v.Form()
	user, err := v.Desk.UserEnable(v.R.Context(), office.UserID(v.R.PathValue("id")))
	return changed(v, f, err, user.Address+" is "+string(user.State)+".")
}

// Link shows a one-time link for who is locked out.
func Link(v *visit.Visit) error {
	f, id := v.Form(), v.R.PathValue("id")
	secret, err := v.Desk.Again(f.Secret("link_password")).UserLink(v.R.Context(), office.UserID(id), f.Ticked("factors"))
	if err != nil {
		return changed(v, f, err, "")
	}
	user, err := v.Desk.UserGet(v.R.Context(), id)
	if err != nil {
		return err
	}
	lasts := "a day"
	if user.State == office.UserInvited {
		lasts = "a week"
	}
	return linked(v, &user, secret, lasts)
}

// SignOut ends all sessions of a user.
func SignOut(v *visit.Visit) error {
	err := v.Desk.SessionsRevoke(v.R.Context(), office.UserID(v.R.PathValue("id")))
	return changed(v, v.Form(), err, "They are signed out everywhere.")
}

// Policy says for which roles a second factor is required.
func Policy(v *visit.Visit) error {
	f := v.Form()
	roles := rolesOf(f)
	if !f.OK() {
		return changed(v, f, nil, "")
	}
	if err := v.Desk.FactorPolicyChange(v.R.Context(), roles, version(f)); err != nil {
		return changed(v, f, err, "")
	}
	if len(roles) == 0 {
		return v.Done(Path, "No role requires a second factor.")
	}
	return v.Done(Path, "A second factor is required of: "+words(roles)+".")
}

func words(roles []office.Role) string {
	list := make([]string, len(roles))
	for i, r := range roles {
		list[i] = r.String()
	}
	return strings.Join(list, ", ")
}

// does says what a role is for, in a few words.
func does(r office.Role) string {
	switch r {
	case office.Owner:
		return "does everything, and says who may do what"
	case office.Finance:
		return "runs billing, takes invoices back, sets prices"
	case office.Clerk:
		return "runs billing and works through exceptions"
	case office.Operations:
		return "keeps providers, connections and jobs running"
	case office.Sales:
		return "looks after accounts, contracts and subscriptions"
	case office.Auditor:
		return "reads everything and changes nothing"
	case office.Reseller:
		return "sees the accounts that it resells to"
	case office.Customer:
		return "sees its own accounts"
	}
	return ""
}

func pill(state office.UserState) part.Pill {
	switch state {
	case office.UserInvited:
		return part.Pill{Text: "invited", Tone: part.Warn}
	case office.UserDisabled:
		return part.Pill{Text: "disabled", Tone: part.Bad}
	case office.UserActive:
	}
	return part.Pill{Text: string(state), Tone: part.Good}
}

func lines(of []billing.AccountID) string { return strings.Join(ids(of), "\n") }

func ids(of []billing.AccountID) []string {
	list := make([]string, len(of))
	for i, id := range of {
		list[i] = string(id)
	}
	return list
}

// factor says how somebody stands with second factors: none is worth a word where their role
// requires one.
func (l *listed) factor(u *office.User) string {
	switch {
	case u.Factors > 0:
		return part.Plural(int64(u.Factors), "second factor")
	case slices.ContainsFunc(u.Roles, func(r office.Role) bool { return slices.Contains(l.required, r) }):
		return "none yet, and required"
	}
	return "none"
}

func open(id office.UserID) string { return url.PathEscape(string(id)) }

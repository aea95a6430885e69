// Package profile is what is somebody's own: name and language, password, second factors,
// and where they are signed in.
package profile

import (
	"net/http"
	"slices"
	"strconv"

	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow/office"
)

// Path is the profile; FactorPath where second factors are set up, which is all that who must
// set one up first may see.
const (
	Path       = "/profile"
	FactorPath = "/profile/factors"
)

// own is what the page shows.
type own struct {
	visit    *visit.Visit
	form     *visit.Form
	user     office.User
	factors  office.FactorView
	sessions []office.Session
}

func read(v *visit.Visit, f *visit.Form) (*own, error) {
	o := &own{visit: v, form: f}
	var err error
	if o.user, err = v.Desk.ProfileGet(v.R.Context()); err != nil {
		return nil, err
	}
	if o.factors, err = v.Desk.FactorList(v.R.Context()); err != nil {
		return nil, err
	}
	o.sessions, err = v.Desk.SessionList(v.R.Context(), "", false)
	return o, err
}

func (o *own) show(status int) error {
	return o.visit.PageAs(status, part.Page{Title: "Your profile", Section: Path}, page(o))
}

// Show shows the profile.
func Show(v *visit.Visit) error {
	o, err := read(v, v.Form())
	if err != nil {
		return err
	}
	return o.show(http.StatusOK)
}

// again shows the profile with what is wrong, or fails where no other input would mend it.
func again(v *visit.Visit, f *visit.Form, err error) error {
	if err != nil && !f.Take(err) {
		return err
	}
	o, readErr := read(v, f)
	if readErr != nil {
		return readErr
	}
	return o.show(http.StatusUnprocessableEntity)
}

// Change takes name and language.
func Change(v *visit.Visit) error {
	f := v.Form()
	if _, err := v.Desk.ProfileChange(v.R.Context(), f.Text("name"), f.Text("language")); err != nil {
		return again(v, f, err)
	}
	return v.Done(Path, "Your profile is kept.")
}

// Password takes another password.
func Password(v *visit.Visit) error {
	f := v.Form()
	if f.Secret("password") != f.Secret("again") {
		f.Wrong("again", "This is not the same password.")
		return again(v, f, nil)
	}
	if err := v.Desk.PasswordChange(v.R.Context(), f.Secret("current_password"), f.Secret("password")); err != nil {
		return again(v, f, err)
	}
	return v.Done(Path, "Your password is changed. Everywhere else you were signed in, you are signed out.")
}

// Factors is the page on which a second factor is set up.
func Factors(v *visit.Visit) error {
	return factors(v, v.Form(), http.StatusOK)
}

func factors(v *visit.Visit, f *visit.Form, status int) error {
	o := &own{visit: v, form: f}
	var err error
	if o.factors, err = v.Desk.FactorList(v.R.Context()); err != nil {
		return err
	}
	return v.PageAs(status, part.Page{Title: "Set up a second factor", Section: Path, Crumbs: []part.Link{{Text: "Your profile", Path: Path}}}, factorsPage(o))
}

// Authenticator begins to set up an authenticator, and shows its secret, this once.
func Authenticator(v *visit.Visit) error {
	f := v.Form()
	draft, err := v.Desk.FactorDraftCode(v.R.Context(), f.Text("name"))
	if err != nil {
		if !f.Take(err) {
			return err
		}
		return factors(v, f, http.StatusUnprocessableEntity)
	}
	return v.Page(part.Page{Title: "Set up an authenticator", Section: Path, Crumbs: []part.Link{{Text: "Your profile", Path: Path}}}, draftPage(v, f, string(draft.Factor.ID), &draft))
}

// Confirm takes the first code of an authenticator.
func Confirm(v *visit.Visit) error {
	f, id := v.Form(), v.R.PathValue("id")
	recovery, err := v.Desk.FactorConfirm(v.R.Context(), office.FactorID(id), f.Text("code"))
	if err != nil {
		if !f.Take(err) {
			return err
		}
		return v.PageAs(http.StatusUnprocessableEntity, part.Page{Title: "Set up an authenticator", Section: Path, Crumbs: []part.Link{{Text: "Your profile", Path: Path}}}, draftPage(v, f, id, nil))
	}
	return enrolled(v, recovery, "The authenticator is set up.")
}

// enrolled shows recovery codes where there are new ones.
func enrolled(v *visit.Visit, recovery []string, sentence string) error {
	if len(recovery) == 0 {
		return v.Done(Path, sentence)
	}
	return v.Page(part.Page{Title: "Recovery codes", Section: Path, Crumbs: []part.Link{{Text: "Your profile", Path: Path}}}, recoveryPage(sentence, recovery))
}

// PasskeyAsk asks the browser for a new passkey.
func PasskeyAsk(v *visit.Visit) error {
	asked, err := v.Desk.PasskeyAsk(v.R.Context())
	if err != nil {
		return err
	}
	return v.JSON(asked)
}

// PasskeyAdd keeps the passkey that the browser answered with.
func PasskeyAdd(v *visit.Visit) error {
	f := v.Form()
	recovery, err := v.Desk.PasskeyAdd(v.R.Context(), f.Text("name"), []byte(f.Secret("answer")))
	if err != nil {
		if !f.Take(err) {
			return err
		}
		return factors(v, f, http.StatusUnprocessableEntity)
	}
	return enrolled(v, recovery, "The passkey is set up.")
}

// Remove takes a second factor away.
func Remove(v *visit.Visit) error {
	f := v.Form()
	if err := v.Desk.FactorRemove(v.R.Context(), office.FactorID(v.R.PathValue("id")), f.Secret("current_password")); err != nil {
		return again(v, f, err)
	}
	return v.Done(Path, "The second factor is removed.")
}

// Recovery makes new recovery codes.
func Recovery(v *visit.Visit) error {
	f := v.Form()
	codes, err := v.Desk.RecoveryRenew(v.R.Context(), f.Secret("current_password"))
	if err != nil {
		return again(v, f, err)
	}
	return enrolled(v, codes, "Those from before are good no more.")
}

// Revoke ends one session, or all but this one.
func Revoke(v *visit.Visit) error {
	f := v.Form()
	if id := f.Text("session"); id != "" {
		if err := v.Desk.Again(f.Secret("current_password")).SessionRevoke(v.R.Context(), office.SessionID(id)); err != nil {
			return again(v, f, err)
		}
		return v.Done(Path, "That session has ended.")
	}
	if err := v.Desk.Again(f.Secret("current_password")).SessionsRevoke(v.R.Context(), ""); err != nil {
		return again(v, f, err)
	}
	return v.Done(Path, "All other sessions have ended.")
}

func kindWords(kind office.FactorKind) string {
	if kind == office.FactorPasskey {
		return "Passkey"
	}
	return "Authenticator"
}

func square(size int) string {
	// Four fields around it are quiet: readers want them.
	const quiet = 4
	return "-4 -4 " + strconv.Itoa(size+2*quiet) + " " + strconv.Itoa(size+2*quiet)
}

// spaced is a secret in groups of four, for typing.
func spaced(secret string) (text string) {
	for group := range slices.Chunk([]byte(secret), 4) {
		text += string(group) + " "
	}
	return text
}

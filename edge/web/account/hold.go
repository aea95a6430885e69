package account

import (
	"prorata/edge/web/part"
	"prorata/edge/web/visit"
)

// AskHold says what a credit hold does before it is done.
func AskHold(v *visit.Visit) error { return askHold(v, true, v.Form()) }

// AskRelease says what the end of a credit hold does before it is done.
func AskRelease(v *visit.Visit) error { return askHold(v, false, v.Form()) }

func askHold(v *visit.Visit, hold bool, f *visit.Form) error {
	s, err := read(v)
	if err != nil {
		return err
	}
	page := s.page("Credit hold")
	page.Crumbs = append(page.Crumbs, part.Link{Text: s.a.Account.Name, Path: s.path()})
	return v.Page(page, holdForm(s, f, hold))
}

// Hold puts the account on credit hold.
func Hold(v *visit.Visit) error { return holding(v, true) }

// Release ends the credit hold.
func Release(v *visit.Visit) error { return holding(v, false) }

func holding(v *visit.Visit, hold bool) error {
	f := v.Form()
	reason := f.Needed("reason", "The reason")
	if !f.OK() {
		return askHold(v, hold, f)
	}
	s, err := read(v)
	if err != nil {
		return err
	}
	said := s.a.Account.Name + " is on credit hold: new subscriptions and added seats wait."
	if hold {
		err = v.Desk.AccountHold(v.R.Context(), s.a.Account.ID, reason)
	} else {
		err = v.Desk.AccountRelease(v.R.Context(), s.a.Account.ID, reason)
		said = s.a.Account.Name + " is released: what waited takes effect."
	}
	if err != nil {
		if f.Take(err) {
			return askHold(v, hold, f)
		}
		return err
	}
	return v.Done(s.path(), said)
}

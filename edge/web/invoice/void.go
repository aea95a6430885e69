package invoice

import (
	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow"
)

// AskVoid shows what voiding would do before it is done.
func AskVoid(v *visit.Visit) error {
	s, err := readInvoice(v, v.R.PathValue("number"))
	if err != nil {
		return err
	}
	return askVoid(s, v.Form())
}

func askVoid(s *shown, f *visit.Form) error {
	page := s.page("Void")
	page.Crumbs = append(page.Crumbs, part.Link{Text: s.number, Path: s.path()})
	return s.visit.Page(page, voiding(s, f))
}

// Void takes the invoice back.
func Void(v *visit.Visit) error {
	f := v.Form()
	reason := f.Needed("reason", "The reason")
	s, err := readInvoice(v, v.R.PathValue("number"))
	if err != nil {
		return err
	}
	if !f.OK() {
		return askVoid(s, f)
	}
	note, err := v.Desk.InvoiceVoid(v.R.Context(), s.number, reason)
	if err != nil {
		if f.Take(err) {
			return askVoid(s, f)
		}
		return err
	}
	return v.Done(numberPath(flow.PrintedNumber(&note)), s.number+" is void. This credit note takes it back; what it billed is owed again.")
}

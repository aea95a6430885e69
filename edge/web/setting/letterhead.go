package setting

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net/http"

	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// Letterheads are the pages of how documents and mails look.
type Letterheads struct {
	// PDF writes a document as it is printed.
	PDF func(io.Writer, flow.Document) error
}

// LetterheadMost is how many bytes the form may have, the picture with it.
const LetterheadMost = 2 << 20

func letterheadPath(id flow.SellerID) string { return sellerPath(id) + "/letterhead" }

// letterheadForm is the form of a letterhead.
type letterheadForm struct {
	visit   *visit.Visit
	form    *visit.Form
	seller  flow.Seller
	kept    flow.Letterhead
	version int
}

// Edit shows the letterhead in force, to be changed.
func (l Letterheads) Edit(v *visit.Visit) error {
	f, err := letterheadFormOf(v, v.Form())
	if err != nil {
		return err
	}
	return f.show(http.StatusOK)
}

func letterheadFormOf(v *visit.Visit, f *visit.Form) (*letterheadForm, error) {
	seller, _, err := v.Desk.SellerGet(v.R.Context(), flow.SellerID(v.R.PathValue("id")))
	if err != nil {
		return nil, err
	}
	kept, version, err := v.Desk.LetterheadGet(v.R.Context(), seller.ID)
	return &letterheadForm{visit: v, form: f, seller: seller, kept: kept, version: version}, err
}

// sentLetterhead reads the form with its picture.
func sentLetterhead(v *visit.Visit) (*letterheadForm, office.LetterheadDraft, error) {
	var tooLong *http.MaxBytesError
	// What was cut off is told of by the form itself.
	if err := v.R.ParseMultipartForm(LetterheadMost); errors.As(err, &tooLong) {
		return nil, office.LetterheadDraft{}, err
	}
	f, err := letterheadFormOf(v, v.Form())
	if err != nil {
		return nil, office.LetterheadDraft{}, err
	}
	draft := office.LetterheadDraft{NoLogo: f.form.Ticked("no_logo"), Accent: f.form.Text("accent"), Footer: f.form.Lines("footer"), Conditions: f.form.Lines("conditions")}
	if version, err := visit.Made(f.form, f.version); err == nil {
		f.version = version
	}
	picture, header, err := v.R.FormFile("logo")
	if err != nil || header.Size == 0 {
		return f, draft, nil //nolint:nilerr // no picture keeps the one there is
	}
	draft.Logo, err = io.ReadAll(picture)
	return f, draft, err
}

// Change gives the seller a letterhead.
func (l Letterheads) Change(v *visit.Visit) error {
	f, draft, err := sentLetterhead(v)
	if err != nil {
		return err
	}
	if f.form.OK() {
		err = v.Desk.LetterheadPut(v.R.Context(), f.seller.ID, f.version, draft)
		if err == nil {
			return v.Done(letterheadPath(f.seller.ID), "Documents that are issued from now on have the letterhead.")
		}
		if !f.take(err) {
			return err
		}
	}
	return f.show(http.StatusUnprocessableEntity)
}

// Sample shows an invoice that never was, with what stands in the form.
func (l Letterheads) Sample(v *visit.Visit) error {
	f, draft, err := sentLetterhead(v)
	if err != nil {
		return err
	}
	doc, err := v.Desk.LetterheadSample(v.R.Context(), f.seller.ID, draft)
	if err != nil {
		if !f.take(err) {
			return err
		}
		return f.show(http.StatusUnprocessableEntity)
	}
	if l.PDF == nil {
		return visit.ErrNoPage
	}
	var pdf bytes.Buffer
	if err := l.PDF(&pdf, doc); err != nil {
		return err
	}
	v.W.Header().Set("Content-Type", "application/pdf")
	v.W.Header().Set("Content-Disposition", `inline; filename="sample.pdf"`)
	v.W.Header().Set("Cache-Control", "no-store")
	_, err = v.W.Write(pdf.Bytes())
	return err
}

// take sorts an error into the form; a file is no field that the form has the text of.
func (f *letterheadForm) take(err error) bool {
	if fault := office.FaultOf(err); fault.Field == "logo" {
		f.form.Wrong("logo", fault.Sentence)
		return true
	}
	return f.form.Take(err)
}

func (f *letterheadForm) show(status int) error {
	name := f.seller.Party.Name
	page := below("Letterhead", sellersCrumb(), part.Link{Text: name, Path: sellerPath(f.seller.ID)})
	return f.visit.PageAs(status, page, letterheadPage(f))
}

// logo is the picture in force, for the page.
func (f *letterheadForm) logo() string {
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(f.kept.Logo)
}

func (f *letterheadForm) may() bool { return f.visit.May("LetterheadPut") }

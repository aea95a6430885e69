// Package imports takes files in: what a file holds is shown first, then it is taken,
// and what was not taken is told of line by line.
//
//	imports.go   the form, and what keeps files;   preview.go   what a file holds;   bill.go   what a provider's bill holds
//	take.go      taking it, and the report
package imports

import (
	"cmp"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"prorata/edge/web/part"
	"prorata/edge/web/pick"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// Path is where the section is.
const Path = "/import"

// inMemory is how much of a file is held before the rest of it goes to the disk.
const inMemory = 1 << 20

// Files keeps files, and takes new ones.
type Files interface {
	office.ImportFiles
	// Keep decides what the file is; a wrong option is an office.FieldError, of as for its kind.
	Keep(who string, file office.ImportFile, content io.Reader) (id string, err error)
}

// Pages are the import's own; without Files there are none.
type Pages struct{ Files Files }

// asked is the form.
type asked struct {
	visit *visit.Visit
	form  *visit.Form
	// connections are whose bills can be sent.
	connections []office.ConnectionView
}

// Ask shows the form; the address may fill it in.
func (p Pages) Ask(v *visit.Visit) error {
	if p.Files == nil {
		return visit.ErrNoPage
	}
	return show(v, v.Form(), http.StatusOK)
}

func show(v *visit.Visit, f *visit.Form, status int) (err error) {
	a := &asked{visit: v, form: f}
	if v.May("ConnectionList") {
		if a.connections, err = v.Desk.ConnectionList(v.R.Context()); err != nil {
			return err
		}
	}
	return v.PageAs(status, part.Page{Title: "Import", Section: Path}, askPage(a))
}

// Keep puts what was sent aside and leads to what is in it.
func (p Pages) Keep(v *visit.Visit) error {
	if p.Files == nil {
		return visit.ErrNoPage
	}
	var tooLong *http.MaxBytesError
	err := v.R.ParseMultipartForm(inMemory)
	if errors.As(err, &tooLong) {
		return err
	}
	f := v.Form()
	if v.R.MultipartForm != nil {
		// What a browser sent beyond the memory lies on the disk until here; the system clears it at last.
		defer func() { _ = v.R.MultipartForm.RemoveAll() }()
	}
	file := office.ImportFile{Kind: f.Text("as"), List: f.Text("list"), Rule: f.Text("rule"), Market: strings.ToUpper(f.Text("market")),
		Currency: strings.ToUpper(f.Text("currency")), Contract: pick.One(v, f, pick.Contract, "contract")}
	if file.Kind == office.ImportBill {
		file.Connection, file.On = flow.ConnectionID(f.Needed("connection", "The connection")), f.Day("on")
		if total, given := f.Decimal("total"); given {
			file.Total = total.String()
		}
	}
	sent, header, err := v.R.FormFile("file")
	switch {
	case err != nil:
		f.Wrong("file", "Choose a file.")
	case header.Size == 0:
		f.Wrong("file", nameOf(header)+" is empty.")
	}
	if f.OK() {
		file.Name, file.Size = nameOf(header), header.Size
		id, err := p.Files.Keep(v.Person.Sender(), file, sent)
		if err == nil {
			return v.Done(Path+"/"+url.PathEscape(id), "")
		}
		if !f.Take(err) {
			return err
		}
	}
	return show(v, f, http.StatusUnprocessableEntity)
}

// nameOf is a file's name without the folders that some browsers send.
func nameOf(header *multipart.FileHeader) string {
	return flow.PlainText(path.Base(strings.ReplaceAll(header.Filename, `\`, "/")))
}

// choices are what a file can be of what the reader may take in.
func (a *asked) choices() []part.Choice {
	if a.visit.May("Import") {
		return kinds()
	}
	return slices.DeleteFunc(kinds(), func(c part.Choice) bool { return !a.visit.May(office.ImportVerb(&office.ImportFile{Kind: c.Value})) })
}

// providers are the connections whose bills can be sent.
func (a *asked) providers() []part.Choice {
	choices := []part.Choice{{Text: "Choose one"}}
	for i := range a.connections {
		c := &a.connections[i]
		choices = append(choices, part.Choice{Value: string(c.ID), Text: cmp.Or(c.Name, string(c.ID))})
	}
	return choices
}

// kinds are what a file can be.
func kinds() []part.Choice {
	return []part.Choice{
		{Value: "auto", Text: "As its name says"}, {Value: office.ImportBill, Text: "A provider's bill: the rows of its invoices"}, {Value: "book", Text: "A book of accounts, contracts, prices (YAML)"}, {Value: office.ImportPriceSheet, Text: "The provider's price sheet"},
		{Value: "usage", Text: "The provider's rated usage"}, {Value: "subscriptions", Text: "The provider's list of subscriptions (JSON)"},
		{Value: "sellers", Text: "Sellers (CSV)"}, {Value: "units", Text: "Units (CSV)"}, {Value: "rates", Text: "Exchange rates (CSV)"}, {Value: "taxes", Text: "Taxes (CSV)"},
		{Value: "products", Text: "Products (CSV)"}, {Value: "prices", Text: "Prices (CSV)"}, {Value: "accounts", Text: "Accounts (CSV)"},
		{Value: "contracts", Text: "Contracts (CSV)"}, {Value: "events", Text: "Events (CSV)"},
	}
}

func kindWords(kind string) string {
	for _, c := range kinds() {
		if c.Value == kind {
			return c.Text
		}
	}
	return kind
}

// Package imports takes files in: what a file holds is shown first, then it is taken,
// and what was not taken is told of line by line.
//
//	imports.go   the form, and what keeps files;   preview.go   what a file holds
//	take.go      taking it, and the report
package imports

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"strings"

	"prorata/edge/web/part"
	"prorata/edge/web/pick"
	"prorata/edge/web/visit"
	"prorata/flow"
)

// Path is where the section is.
const Path = "/import"

// Most is how many bytes a file may have that is sent here.
const Most = 64 << 20

// inMemory is how much of a file is held before the rest of it goes to the disk.
const inMemory = 1 << 20

// PriceSheet is the kind of file whose effect is shown before it is taken.
const PriceSheet = "price-sheet"

// File is a file that somebody sent, and how it is to be read.
type File struct {
	Name string
	Size int64
	// Kind is what it is: book, price-sheet, usage, subscriptions, or a noun as CSV; empty or
	// auto where its name says so.
	Kind string
	// List, Rule, Market and Currency are a price sheet's: the list that it fills, how its rows
	// are sold (retail-8, cost+20), and which rows are taken.
	List, Rule, Market, Currency string
	// Contract is where listed subscriptions go.
	Contract string
	// Report is set once it was taken; there is nothing to read then.
	Report *Report
}

// Files keeps what was sent until it is taken, for whoever sent it and for no one else, and
// reads it. What is not there, or not any more, is flow.ErrUnknown.
type Files interface {
	// Keep decides what the file is; a wrong option is an office.FieldError.
	Keep(who string, file File, content io.Reader) (id string, err error)
	Find(who, id string) (File, error)
	// Intakes are what a file holds; a wrong line of it is a flow.InputError, after which the next
	// one follows.
	Intakes(ctx context.Context, who, id string) iter.Seq2[flow.Intake, error]
	// Rows are those of a price sheet, and how they are sold.
	Rows(ctx context.Context, who, id string) (iter.Seq2[flow.PriceSheetRow, error], flow.PriceSheetOptions, error)
	// Took keeps the report in place of the file.
	Took(who, id string, report *Report) error
}

// Pages are the import's own; without Files there are none.
type Pages struct{ Files Files }

// asked is the form.
type asked struct {
	visit *visit.Visit
	form  *visit.Form
}

// Ask shows the form.
func (p Pages) Ask(v *visit.Visit) error {
	if p.Files == nil {
		return visit.ErrNoPage
	}
	return v.Page(part.Page{Title: "Import", Section: Path}, askPage(&asked{v, v.Form()}))
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
	file := File{Kind: f.Text("as"), List: f.Text("list"), Rule: f.Text("rule"), Market: strings.ToUpper(f.Text("market")),
		Currency: strings.ToUpper(f.Text("currency")), Contract: pick.One(v, f, pick.Contract, "contract")}
	sent, header, err := v.R.FormFile("file")
	switch {
	case err != nil:
		f.Wrong("file", "Choose a file.")
	case header.Size == 0:
		f.Wrong("file", nameOf(header)+" is empty.")
	}
	if f.OK() {
		file.Name, file.Size = nameOf(header), header.Size
		id, err := p.Files.Keep(whose(v), file, sent)
		if err == nil {
			return v.Done(Path+"/"+url.PathEscape(id), "")
		}
		if !f.Take(err) {
			return err
		}
	}
	return v.PageAs(http.StatusUnprocessableEntity, part.Page{Title: "Import", Section: Path}, askPage(&asked{v, f}))
}

// nameOf is a file's name without the folders that some browsers send.
func nameOf(header *multipart.FileHeader) string {
	return flow.PlainText(path.Base(strings.ReplaceAll(header.Filename, `\`, "/")))
}

// whose is who sent a file: a user, or the operator by name.
func whose(v *visit.Visit) string {
	return fmt.Sprintf("%s %s", v.Person.User, v.Person.Who)
}

// found is the file that the path names.
func (p Pages) found(v *visit.Visit) (id string, file File, err error) {
	if p.Files == nil {
		return "", file, visit.ErrNoPage
	}
	id = v.R.PathValue("id")
	file, err = p.Files.Find(whose(v), id)
	return id, file, err
}

// kinds are what a file can be.
func kinds() []part.Choice {
	return []part.Choice{
		{Value: "auto", Text: "As its name says"}, {Value: "book", Text: "A book of accounts, contracts, prices (YAML)"}, {Value: PriceSheet, Text: "The provider's price sheet"},
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

// verbOf is the verb that takes a file in.
func verbOf(file *File) string {
	if file.Kind == PriceSheet {
		return "PriceSheetTake"
	}
	return "Import"
}

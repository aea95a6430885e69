package main

import (
	"context"
	"io"
	"iter"
	"net/http"
	"runtime"
	"time"

	"prorata/edge/document"
	"prorata/edge/identity"
	"prorata/edge/mail"
	"prorata/edge/store"
	"prorata/edge/web"
	"prorata/edge/web/imports"
	"prorata/edge/web/invoice"
	"prorata/flow"
	"prorata/flow/office"
)

// officeOver is where everybody is served, over a book that is open. Commands need no
// more of knowing people than this; signIn adds the rest.
func officeOver(opened *store.Store, f *flow.Flow) *office.Office {
	return &office.Office{Flow: f, Store: opened.Office(), Forks: opened, Logo: document.CleanLogo, Identity: office.Identity{
		Random: identity.Random, Network: identity.Network, Passwords: identity.NewPasswords(runtime.NumCPU()), Codes: identity.Codes{Issuer: "Prorata"},
	}}
}

// office is where everybody is served, pages, API and commands, with the ways to providers.
func (w *world) office(ctx context.Context) (*office.Office, error) {
	f, err := w.flow(ctx)
	if err != nil {
		return nil, err
	}
	o := officeOver(w.opened, f)
	ways := adapters{newFollower(w, f)}
	o.Providers, o.Partners = ways, ways
	return o, nil
}

// console is the pages; ends is closed when the program is told to stop.
func (w *world) console(o *office.Office, files *uploads, ends <-chan struct{}) http.Handler {
	site := &web.Site{Office: o, Log: w.log, Clock: wallClock{}, Zone: o.Flow.Zone, Address: w.Address, Parts: web.Parts{
		Ends: ends, ZoneKnown: zoneKnown, Documents: invoice.Documents{PDF: document.PDF, Table: tableOf}, Letter: document.DisputePDF, Mails: invoice.Mails{Write: mailAsRead}, Imports: imports.Pages{Files: files},
	}}
	return site.Handler()
}

// mailAsRead writes a mail for a page that shows it before it is sent.
func mailAsRead(letter *office.Letter) (subject, text, html string, err error) {
	written, err := mail.Write(letter, "", "data:")
	return written.Subject, written.Text, written.HTML, err
}

// tableOf writes many documents as a file.
func tableOf(w io.Writer, what, format string, documents iter.Seq2[flow.Document, error]) error {
	switch {
	case format == "xlsx":
		return document.XLSX(w, documents)
	case format == "csv" && what == "lines":
		return document.CSVLines(w, documents)
	case format == "csv":
		return document.CSVInvoices(w, documents)
	}
	return invoice.ErrFormat
}

// zoneKnown says whether the program knows a time zone. Local is that of the machine, which
// no seller may depend on.
func zoneKnown(name string) bool {
	zone, err := time.LoadLocation(name)
	return err == nil && name != "" && zone != time.Local
}

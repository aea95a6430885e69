package invoice

import (
	"net/url"
	"strings"

	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow/office"
)

// Mails show the mail of an invoice before it is sent.
type Mails struct {
	// Write writes a mail as it reads: its subject, as plain text, and as a page with its picture in it.
	Write func(*office.Letter) (subject, text, html string, err error)
}

// mailing is an invoice with the mail that would bring it.
type mailing struct {
	*shown
	form *visit.Form
	// letter has no recipients where there is nothing to show yet.
	letter        office.Letter
	subject, text string
	// before says that it was sent already, or is on its way.
	before string
}

// sendingOf reads to whom, and what is written above it.
func sendingOf(f *visit.Form) office.InvoiceSending {
	return office.InvoiceSending{To: office.Recipients(f.Lines("to")), Note: f.Lines("note")}
}

// AskMail shows the mail, its recipients to be changed.
func (m Mails) AskMail(v *visit.Visit) error { return m.ask(v, v.Form()) }

func (m Mails) ask(v *visit.Visit, f *visit.Form) error {
	s, err := readInvoice(v, v.R.PathValue("number"))
	if err != nil {
		return err
	}
	a := &mailing{shown: s, form: f}
	history, err := v.Desk.InvoiceHistory(v.R.Context(), s.number)
	if err != nil {
		return err
	}
	a.before = sentBefore(v, &history)
	letter, err := v.Desk.InvoiceLetter(v.R.Context(), s.number, sendingOf(f))
	switch {
	case err == nil:
		a.letter = letter
		a.subject, a.text, _, err = m.Write(&letter)
	case f.Take(err):
		err = nil
	}
	if err != nil {
		return err
	}
	page := s.page("Send by mail")
	page.Crumbs = append(page.Crumbs, part.Link{Text: s.number, Path: s.path()})
	return v.Page(page, mailingPage(a))
}

// sentBefore says that the invoice was sent before, or is on its way.
func sentBefore(v *visit.Visit, h *office.InvoiceHistory) string {
	for i := range h.Mails {
		if h.Mails[i].State == office.MailWaiting {
			return "A mail with it to " + strings.Join(h.Mails[i].To, ", ") + " is on its way already."
		}
	}
	if len(h.Sent) == 0 {
		return ""
	}
	last := &h.Sent[len(h.Sent)-1]
	return "It was sent on " + v.Locale.Instant(last.At) + ": " + last.To + "."
}

// Mail puts the mail into the outbox.
func (m Mails) Mail(v *visit.Visit) error {
	f := v.Form()
	if f.Text("preview") != "" {
		return m.ask(v, f)
	}
	f.Needed("to", "To whom")
	if !f.OK() {
		return m.ask(v, f)
	}
	number := v.R.PathValue("number")
	mail, err := v.Desk.InvoiceSend(v.R.Context(), number, sendingOf(f))
	if err != nil {
		if f.Take(err) {
			return m.ask(v, f)
		}
		return err
	}
	return v.Done(numberPath(number), "A mail to "+strings.Join(mail.To, ", ")+" is on its way.")
}

// mailPolicy lets the page of a mail show its own picture and looks, and nothing else.
const mailPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; object-src 'none'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; sandbox"

// MailPage is the mail as its reader sees it, for a frame.
func (m Mails) MailPage(v *visit.Visit) error {
	letter, err := v.Desk.InvoiceLetter(v.R.Context(), v.R.PathValue("number"), sendingOf(v.Form()))
	if err != nil {
		return err
	}
	_, _, html, err := m.Write(&letter)
	if err != nil {
		return err
	}
	h := v.W.Header()
	h.Set("Content-Security-Policy", mailPolicy)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	_, err = v.W.Write([]byte(html))
	return err
}

// pagePath is where the frame finds the mail.
func (a *mailing) pagePath() string {
	query := url.Values{"to": {strings.Join(a.letter.To, ",")}}
	if a.letter.Note != "" {
		query.Set("note", a.letter.Note)
	}
	return a.path() + "/mail/page?" + query.Encode()
}

func (a *mailing) facts() []part.Fact {
	return []part.Fact{
		{Name: "From", Value: a.letter.Seller.Name + " <" + a.letter.From + ">"},
		{Name: "To", Value: strings.Join(a.letter.To, ", ")},
		{Name: "Subject", Value: a.subject},
		{Name: "Attached", Value: a.number + ".pdf", Path: a.path() + "/pdf"},
	}
}

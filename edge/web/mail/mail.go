// Package mail is how mail leaves, and the outbox: what waits, what was sent, and what the mail server said.
package mail

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"prorata/edge/web/part"
	"prorata/edge/web/setting"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// Path is the page.
const Path = "/settings/mail"

// pageRows is how many mails are shown at once.
const pageRows = 50

// shown is the outbox as it is looked at.
type shown struct {
	visit *visit.Visit
	form  *visit.Form
	view  office.MailView
	list  []office.Mail
	next  part.Next
	// opened is the mail of the drawer with every try of it; nil where none is open.
	opened *office.Mail
	tries  []office.MailAttempt
}

func states() []part.Choice {
	return []part.Choice{{Value: "", Text: "Any"}, {Value: "waiting", Text: "Waiting"}, {Value: "sent", Text: "Sent"}, {Value: "failed", Text: "Failed"}}
}

// Show shows how mail leaves, and the outbox, the newest first.
func Show(v *visit.Visit) error { return show(v, v.Form()) }

func show(v *visit.Visit, f *visit.Form) (err error) {
	s := &shown{visit: v, form: f}
	if s.view, err = v.Desk.MailSetting(v.R.Context()); err != nil {
		return err
	}
	filter := office.MailFilter{Most: pageRows + 1}
	if at := slices.IndexFunc(states(), func(c part.Choice) bool { return c.Value == f.Text("state") }); at > 0 {
		filter.Is, filter.HasState = office.MailState(at-1), true
	}
	filter.Before, _ = strconv.ParseInt(f.Text("before"), 10, 64)
	if s.list, err = v.Desk.MailList(v.R.Context(), filter); err != nil {
		return err
	}
	if len(s.list) > pageRows {
		s.list = s.list[:pageRows]
		s.next.Older = v.Here("before", strconv.FormatInt(s.list[pageRows-1].Seq, 10), "open", "")
	}
	if filter.Before != 0 {
		s.next.Newer = v.Here("before", "", "open", "")
	}
	s.next.Shown = part.Plural(int64(len(s.list)), "mail")
	if err := s.open(f.Text("open")); err != nil {
		return err
	}
	return v.Page(part.Page{Title: "Mail", Section: setting.Path, Crumbs: []part.Link{setting.Crumb()}}, page(s))
}

func (s *shown) open(number string) error {
	seq, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return nil //nolint:nilerr // an address with another word in it opens nothing
	}
	mail, tries, err := s.visit.Desk.MailGet(s.visit.R.Context(), seq)
	if errors.Is(err, flow.ErrUnknown) {
		return nil
	}
	s.opened, s.tries = &mail, tries
	return err
}

func (s *shown) drawer() templ.Component {
	if s.opened == nil {
		return nil
	}
	return drawer(s, s.opened)
}

func (s *shown) title() string {
	if s.opened == nil {
		return ""
	}
	return "Mail " + strconv.FormatInt(s.opened.Seq, 10)
}

// facts are how mail leaves.
func (s *shown) facts() []part.Fact {
	setup := s.view.Setup
	facts := []part.Fact{
		{Name: "Mail server", Value: setup.Server},
		{Name: "Spoken to", Value: map[string]string{"starttls": "encrypted (STARTTLS)", "tls": "encrypted (TLS)", "none": "not encrypted"}[setup.Security]},
		{Name: "Signs in", Value: setup.User},
		{Name: "Sender", Value: setup.From},
	}
	for _, seller := range slices.Sorted(func(yield func(flow.SellerID) bool) {
		for id := range setup.Senders {
			if !yield(id) {
				return
			}
		}
	}) {
		facts = append(facts, part.Fact{Name: "Sender of " + string(seller), Value: setup.Senders[seller]})
	}
	return facts
}

func (s *shown) figures() []part.Figure {
	l := s.visit.Locale
	return []part.Figure{
		{Name: "Waiting", Value: l.Count(s.view.Waiting), Path: Path + "?state=waiting"},
		{Name: "Failed", Value: l.Count(s.view.Failed), Path: Path + "?state=failed"},
	}
}

// Pill is a mail's state.
func Pill(m *office.Mail) part.Pill {
	switch {
	case m.State == office.MailSent:
		return part.Pill{Text: "sent", Tone: part.Good}
	case m.State == office.MailGivenUp:
		return part.Pill{Text: "failed", Tone: part.Bad}
	case m.Attempts > 0:
		return part.Pill{Text: "to be tried again", Tone: part.Warn}
	}
	return part.Pill{Text: "waiting", Tone: part.Plain}
}

// what says what a mail is about.
func what(m *office.Mail) string {
	switch m.Kind {
	case office.MailInvoice:
		return m.Number
	case office.MailWelcome:
		return "One-time link"
	case office.MailTried:
	}
	return "Try"
}

func (s *shown) mailFacts(m *office.Mail) []part.Fact {
	l := s.visit.Locale
	facts := []part.Fact{{Name: "To", Value: strings.Join(m.To, ", ")}}
	if m.Number != "" {
		facts = append(facts, part.Fact{Name: "Invoice", Value: m.Number, Path: "/invoices/" + m.Number})
	}
	facts = append(facts, part.Fact{Name: "Asked for", Value: l.Instant(m.MadeAt) + " by " + m.MadeBy})
	if m.State == office.MailWaiting {
		facts = append(facts, part.Fact{Name: "Next try", Value: l.Instant(m.NextAt)})
	}
	return append(facts, part.Fact{Name: "Note", Value: m.Note}, part.Fact{Name: "Message-ID", Value: m.MessageID})
}

// again is what the button for sending again says; empty where it cannot be.
func (s *shown) again(m *office.Mail) string {
	switch {
	case !s.visit.May("MailResend") || s.view.Setup == nil || m.Kind == office.MailWelcome && len(m.Sealed) == 0:
		return ""
	case m.State == office.MailSent:
		return "Send it once more"
	}
	return "Try it now"
}

// answer is what the mail server said.
func answer(status int, why string) string {
	switch {
	case why != "":
		return why
	case status != 0:
		return strconv.Itoa(status)
	}
	return "—"
}

func took(d time.Duration) string { return d.Round(time.Millisecond).String() }

// Try sends a mail to who asks.
func Try(v *visit.Visit) error {
	mail, err := v.Desk.MailTry(v.R.Context())
	if err != nil {
		f := v.Form()
		if f.Take(err) {
			return show(v, f)
		}
		return err
	}
	return v.Done(openPath(mail.Seq), "A mail to "+strings.Join(mail.To, ", ")+" is on its way: what the mail server says stands here.")
}

// Resend sends a mail again.
func Resend(v *visit.Visit) error {
	seq, _ := strconv.ParseInt(v.R.PathValue("seq"), 10, 64)
	mail, err := v.Desk.MailResend(v.R.Context(), seq)
	if err != nil {
		f := v.Form()
		if f.Take(err) {
			return show(v, f)
		}
		return err
	}
	return v.Done(openPath(mail.Seq), "The mail to "+strings.Join(mail.To, ", ")+" is on its way.")
}

func openPath(seq int64) string { return Path + "?open=" + strconv.FormatInt(seq, 10) }

// kept says how long a mail stays in the list.
func kept(span time.Duration) string {
	return "Mails that were sent or given up are forgotten after " + part.Plural(int64(span/(24*time.Hour)), "day") + ". When and to whom an invoice was sent stays in its history."
}

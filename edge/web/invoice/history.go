package invoice

import (
	"fmt"
	"strings"

	"prorata/core/billing"
	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// happened is one thing that became of an invoice.
type happened struct {
	when, what, who, path string
}

// story is what became of the invoice, the first first.
func (s *shown) story() (story []happened) {
	l := s.visit.Locale
	issued := happened{when: l.Instant(s.issued.IssuedAt), what: "Issued"}
	switch {
	case s.history.Run.ID != 0:
		issued.what, issued.who, issued.path = fmt.Sprintf("Issued by run %d", s.history.Run.ID), s.history.Run.Who, fmt.Sprintf("/billing/runs/%d", s.history.Run.ID)
	case s.issued.Credits():
		number := flow.PrintedNumber(&s.history.Corrects)
		issued.what, issued.path = "Issued to credit a part of "+number, numberPath(number)
	case s.history.Corrects.ID != "":
		number := flow.PrintedNumber(&s.history.Corrects)
		issued.what, issued.path = "Issued to take "+number+" back", numberPath(number)
	}
	story = append(story, issued)
	for _, sent := range s.history.Sent {
		story = append(story, happened{when: l.Instant(sent.At), what: "Sent: " + sent.To, who: sent.Who})
	}
	for i := len(s.history.Mails) - 1; i >= 0; i-- {
		m := &s.history.Mails[i]
		to := strings.Join(m.To, ", ")
		mailed := happened{when: l.Instant(m.MadeAt), who: m.MadeBy, path: fmt.Sprintf("/settings/mail?open=%d", m.Seq)}
		switch {
		case m.State == office.MailGivenUp:
			mailed.what = "Mail to " + to + " failed: " + m.Why
		case m.State == office.MailWaiting && m.Attempts > 0:
			mailed.what = "Mail to " + to + " is to be tried again: " + m.Why
		case m.State == office.MailWaiting:
			mailed.what = "Mail to " + to + " is on its way"
		default:
			// It stands there as sent.
			continue
		}
		story = append(story, mailed)
	}
	for i := range s.history.Notes {
		note := &s.history.Notes[i]
		number := flow.PrintedNumber(&note.Issued)
		story = append(story, happened{when: l.Instant(note.IssuedAt), what: "Credited " + sumOf(l, note.Total.Neg()) + " by " + number + ": " + note.Reason, path: numberPath(number)})
	}
	if s.history.VoidedBy.ID != "" {
		number := flow.PrintedNumber(&s.history.VoidedBy)
		void := happened{when: l.Instant(s.history.VoidedBy.IssuedAt), what: "Taken back by " + number, path: numberPath(number)}
		if said := s.history.Voided; said.Said != "" {
			void.what, void.who = void.what+": "+said.Said, said.Who
		}
		story = append(story, void)
	}
	return story
}

// reasons are what is known of a line beyond its sentence and its arithmetic: what changed, whose price, which terms.
func reasons(v *visit.Visit, a *office.LineAnswer) (facts []part.Fact) {
	if c := a.Cause; c != nil {
		facts = append(facts, part.Fact{Name: "Because of", Value: causeSentence(v, c)})
	}
	facts = append(facts, part.Fact{Name: "Price", Value: priceSentence(v, a)},
		part.Fact{Name: "Subscription", Value: string(a.Line.Key.Subscription), Path: "/subscriptions/" + string(a.Line.Key.Subscription)},
		part.Fact{Name: "Contract", Value: string(a.Line.Contract), Path: "/contracts/" + string(a.Line.Contract)},
		part.Fact{Name: "Proration", Value: map[billing.Proration]string{billing.ByDays: "by days of the whole period", billing.ByDays30: "by thirtieths", billing.ByMonths: "by whole months", billing.ByNothing: "none"}[a.Contract.Proration]})
	if !a.Term.Empty() {
		facts = append(facts, part.Fact{Name: "Term", Value: part.Period(a.Term.From, a.Term.To)})
	}
	if a.Explanation.Rate != "" {
		facts = append(facts, part.Fact{Name: "Converted at", Value: v.Locale.Sum(a.Explanation.Rate)})
	}
	if a.Explanation.Row != "" {
		facts = append(facts, part.Fact{Name: "Provider's row", Value: a.Explanation.Row})
	}
	return facts
}

func causeSentence(v *visit.Visit, c *flow.LogEntry) string {
	what := strings.ReplaceAll(c.Do.String(), "_", " ")
	if c.Entry.HasQuantity {
		what += " " + v.Locale.Quantity(c.Entry.Quantity)
	}
	text := strings.ToUpper(what[:1]) + what[1:] + " from " + part.Day(c.EffectiveOn) + ", recorded " + part.Day(c.RecordedOn)
	if c.Who != "" {
		text += " by " + c.Who
	}
	if c.Source != "" {
		text += " (" + c.Source + ")"
	}
	return text
}

func priceSentence(v *visit.Visit, a *office.LineAnswer) string {
	e := &a.Explanation
	if e.Price == "" || e.From == "" && a.Price == nil {
		return ""
	}
	text := v.Locale.Number(e.Price) + " " + a.Line.Amount.Currency().String() + " " + e.Unit
	switch {
	case e.From == "own":
		text += ", agreed for this subscription"
	case e.From != "":
		text += ", price list " + e.From
	}
	if a.Price != nil && !a.Price.From.IsZero() {
		text += " since " + part.Day(a.Price.From)
	}
	return text
}

// AskSent asks to whom it was sent.
func AskSent(v *visit.Visit) error { return askSent(v, v.Form()) }

func askSent(v *visit.Visit, f *visit.Form) error {
	s, err := readInvoice(v, v.R.PathValue("number"))
	if err != nil {
		return err
	}
	if s.doc, err = v.Desk.InvoiceDocument(v.R.Context(), s.number); err != nil {
		return err
	}
	page := s.page("Note as sent")
	page.Crumbs = append(page.Crumbs, part.Link{Text: s.number, Path: s.path()})
	return v.Page(page, sending(s, f))
}

// Sent notes it.
func Sent(v *visit.Visit) error {
	f := v.Form()
	to := f.Needed("to", "To whom")
	if !f.OK() {
		return askSent(v, f)
	}
	number := v.R.PathValue("number")
	if err := v.Desk.InvoiceNoteSent(v.R.Context(), number, to); err != nil {
		if f.Take(err) {
			return askSent(v, f)
		}
		return err
	}
	return v.Done(numberPath(number), "Noted: sent to "+to+".")
}

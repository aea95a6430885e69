// Package audit shows who did what.
package audit

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow/office"
)

// pageRows is how many records are shown at once.
const pageRows = 50

// listed is what the list shows.
type listed struct {
	visit   *visit.Visit
	form    *visit.Form
	records []office.AuditRecord
	next    part.Next
	opened  *office.AuditRecord
}

// List shows the records, newest first, and beside them the one that was opened.
func List(v *visit.Visit) error {
	f := v.Form()
	filter := office.AuditFilter{Who: f.Text("who"), Verb: f.Text("verb"), Subject: f.Text("subject"), Outcome: office.Outcome(f.Text("outcome")), Most: pageRows + 1}
	if day := f.Day("from"); !day.IsZero() {
		filter.From = v.StartOf(day)
	}
	if day := f.Day("to"); !day.IsZero() {
		filter.To = v.StartOf(day.AddDays(1))
	}
	filter.Before, _ = strconv.ParseInt(f.Text("before"), 10, 64)
	records, err := v.Desk.AuditList(v.R.Context(), filter)
	if err != nil {
		return err
	}
	shown := &listed{visit: v, form: f, records: records}
	if len(records) > pageRows {
		shown.records = records[:pageRows]
		shown.next.Older = v.Here("before", strconv.FormatInt(records[pageRows-1].Seq, 10), "open", "")
	}
	if filter.Before != 0 {
		shown.next.Newer = v.Here("before", "", "open", "")
	}
	shown.next.Shown = part.Plural(int64(len(shown.records)), "record")
	if err := shown.open(f.Text("open")); err != nil {
		return err
	}
	return v.Page(part.Page{Title: "Audit", Section: "/audit"}, page(shown))
}

// open finds the record of the drawer: it may stand on another page of the list.
func (l *listed) open(number string) error {
	seq, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return nil //nolint:nilerr // an address with another word in it opens nothing
	}
	found, err := l.visit.Desk.AuditList(l.visit.R.Context(), office.AuditFilter{Before: seq + 1, Most: 1})
	if err == nil && len(found) == 1 && found[0].Seq == seq {
		l.opened = &found[0]
	}
	return err
}

// drawer is nothing where none was opened.
func (l *listed) drawer() templ.Component {
	if l.opened == nil {
		return nil
	}
	return record(l, l.opened)
}

func (l *listed) title() string {
	if l.opened == nil {
		return ""
	}
	return "Record " + l.visit.Locale.Count(l.opened.Seq)
}

func outcomePill(o office.Outcome) part.Pill {
	switch o {
	case office.Denied:
		return part.Pill{Text: "not allowed", Tone: part.Warn}
	case office.Failed:
		return part.Pill{Text: "failed", Tone: part.Bad}
	case office.Done:
	}
	return part.Pill{Text: string(o), Tone: part.Plain}
}

// words takes a verb of the desk apart: InvoiceVoid is Invoice void.
func words(verb string) string {
	var b strings.Builder
	for i, r := range verb {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte(' ')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

func facts(l *listed, a *office.AuditRecord) []part.Fact {
	return []part.Fact{
		{Name: "When", Value: l.visit.Locale.Instant(a.At)},
		{Name: "Who", Value: a.Who, Path: l.visit.Here("who", a.Who, "before", "")},
		{Name: "Through", Value: string(a.Door)},
		{Name: "From", Value: a.From},
		{Name: "Did", Value: words(a.Verb)},
		{Name: "To", Value: a.Subject, Path: l.visit.Here("subject", a.Subject, "before", "")},
		{Name: "Said", Value: a.Said},
		{Name: "Outcome", Value: outcomePill(a.Outcome).Text},
	}
}

// Package invoice shows invoices and credit notes, and why their amounts are what they are.
package invoice

import (
	"prorata/core/billing"
	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow"
)

// shown is one invoice on its page.
type shown struct {
	visit  *visit.Visit
	issued flow.Issued
	number string
	groups []group
}

// group is the lines of one subscription of one account.
type group struct {
	account billing.AccountID
	title   string
	lines   []*billing.InvoiceLine
}

// Show is the page of one invoice.
func Show(v *visit.Visit) error {
	s, err := read(v)
	if err != nil {
		return err
	}
	return v.Page(s.page(s.number), document(s))
}

func read(v *visit.Visit) (*shown, error) {
	issued, err := v.Desk.InvoiceGet(v.R.Context(), v.R.PathValue("number"))
	if err != nil {
		return nil, err
	}
	s := &shown{visit: v, issued: issued, number: flow.PrintedNumber(&issued)}
	s.groups = grouped(issued.Lines)
	return s, nil
}

func (s *shown) page(title string) part.Page {
	return part.Page{Title: title, Section: "/invoices", Crumbs: []part.Link{{Text: "Invoices", Path: "/invoices"}}, State: state(&s.issued)}
}

func (s *shown) path() string { return "/invoices/" + s.number }

// grouped puts the lines of each subscription together, in the order of their first.
func grouped(lines []billing.InvoiceLine) (groups []group) {
	at := map[string]int{}
	for i := range lines {
		line := &lines[i]
		key := string(line.Account) + "\n" + string(line.Subscription)
		n, known := at[key]
		if !known {
			n = len(groups)
			at[key] = n
			groups = append(groups, group{account: line.Account, title: line.SKU})
		}
		groups[n].lines = append(groups[n].lines, line)
	}
	return groups
}

func state(issued *flow.Issued) part.Pill {
	switch {
	case issued.VoidedBy != "":
		return part.Pill{Text: "void", Tone: part.Bad}
	case issued.Corrects != "":
		return part.Pill{Text: "takes back an invoice", Tone: part.Warn}
	case issued.CreditNote:
		return part.Pill{Text: "credit note", Tone: part.Plain}
	}
	return part.Pill{Text: "issued", Tone: part.Good}
}

func (s *shown) figures() []part.Figure {
	l := s.visit.Locale
	return []part.Figure{
		{Name: "Total", Value: l.Amount(s.issued.Total), Unit: s.issued.Currency.String()},
		{Name: "Before tax", Value: l.Amount(s.issued.Net)},
		{Name: "Tax", Value: l.Amount(s.issued.Tax)},
		{Name: "Date", Value: part.Day(s.issued.Date)},
		{Name: "Due", Value: part.Day(s.issued.DueOn)},
	}
}

func (s *shown) more() (more []part.Action) {
	if s.visit.May("InvoiceVoid") && s.issued.VoidedBy == "" && s.issued.Corrects == "" {
		more = append(more, part.Action{Text: "Void this invoice", Path: s.path() + "/void", Costly: true})
	}
	return more
}

// quantity is empty where a number of things says nothing.
func (s *shown) quantity(line *billing.InvoiceLine) string {
	return s.visit.Locale.Quantity(line.Quantity)
}

func (s *shown) price(line *billing.InvoiceLine) string {
	if !line.Priced {
		return ""
	}
	return s.visit.Locale.Price(line.UnitPrice, line.Amount.Currency())
}

// AskVoid shows what voiding would do before it is done.
func AskVoid(v *visit.Visit) error {
	s, err := read(v)
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
	s, err := read(v)
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
	return v.Done("/invoices/"+flow.PrintedNumber(&note), s.number+" is void. This credit note takes it back; what it billed is owed again.")
}

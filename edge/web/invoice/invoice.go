// Package invoice shows invoices and credit notes, and why their amounts are what they are.
//
//	list.go     the list with its filters, totals and saved views;   export.go   as files, and as printed
//	invoice.go  one invoice: lines, reasons;   history.go   what became of it;   send.go   sending it;   void.go   taking it back;   credit.go   a part of it
package invoice

import (
	"strconv"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// shown is one invoice on its page.
type shown struct {
	visit  *visit.Visit
	issued flow.Issued
	number string
	// open is what is left to pay.
	open money.Amount
	// doc has the names that are printed; groups are the lines of the part that is shown.
	doc    flow.Document
	groups []group
	// from is the place of the first line that is shown.
	from    int
	history office.InvoiceHistory
	// asked is the line, counted from 1, whose reasons are told in full; 0 for none.
	asked  int
	answer office.LineAnswer
}

// group is the lines of one product of one account.
type group struct {
	account billing.AccountID
	// entity is set where another account's lines begin.
	entity, title, sku string
	subtotal           money.Amount
	lines              []numbered
}

// numbered is a line with its place on the invoice, counted from 1.
type numbered struct {
	no int
	*billing.InvoiceLine
}

// linesAtOnce is how many lines a page shows: an invoice can have thousands.
const linesAtOnce = 250

// Show is the page of one invoice.
func Show(v *visit.Visit) error {
	s, err := readInvoice(v, v.R.PathValue("number"))
	if err != nil {
		return err
	}
	ctx, query := v.R.Context(), v.R.URL.Query()
	if s.doc, err = v.Desk.InvoiceDocument(ctx, s.number); err != nil {
		return err
	}
	if s.history, err = v.Desk.InvoiceHistory(ctx, s.number); err != nil {
		return err
	}
	s.from, _ = strconv.Atoi(query.Get("lines"))
	s.from = max(0, min(s.from, len(s.issued.Lines)-1))
	if s.asked, _ = strconv.Atoi(query.Get("line")); s.asked > 0 && s.asked <= len(s.issued.Lines) {
		if s.answer, err = v.Desk.LineExplain(ctx, s.number, s.asked); err != nil {
			return err
		}
		if s.asked <= s.from || s.asked > s.from+linesAtOnce {
			s.from = (s.asked - 1) / linesAtOnce * linesAtOnce
		}
	}
	s.group()
	return v.Page(s.page(s.number), document(s))
}

func readInvoice(v *visit.Visit, number string) (*shown, error) {
	issued, err := v.Desk.InvoiceGet(v.R.Context(), number)
	if err != nil {
		return nil, err
	}
	s := &shown{visit: v, issued: issued, number: flow.PrintedNumber(&issued)}
	s.open, err = v.Desk.InvoiceOpen(v.R.Context(), s.number)
	return s, err
}

func (s *shown) page(title string) part.Page {
	return part.Page{Title: title, Section: Path, Crumbs: []part.Link{{Text: "Invoices", Path: Path}}, State: state(&s.issued, s.open, s.visit.Desk.Today())}
}

func (s *shown) path() string { return numberPath(s.number) }

// group puts the lines that are shown together, by entity and product, in the order of their first.
func (s *shown) group() {
	names, products := map[billing.AccountID]string{}, map[string]string{}
	for i := range s.doc.Entities {
		entity := &s.doc.Entities[i]
		names[entity.Account] = entity.Name
		for j := range entity.Sections {
			products[entity.Sections[j].SKU] = entity.Sections[j].Product
		}
	}
	at := map[string]int{}
	for i := s.from; i < min(len(s.issued.Lines), s.from+linesAtOnce); i++ {
		line := &s.issued.Lines[i]
		key := string(line.Account) + "\n" + line.SKU
		n, known := at[key]
		if !known {
			n = len(s.groups)
			at[key] = n
			g := group{account: line.Account, title: products[line.SKU], sku: line.SKU, subtotal: money.NewAmount(0, s.issued.Currency)}
			if s.doc.Consolidated && (n == 0 || s.groups[n-1].account != line.Account) {
				g.entity = names[line.Account]
			}
			s.groups = append(s.groups, g)
		}
		s.groups[n].lines = append(s.groups[n].lines, numbered{i + 1, line})
		s.groups[n].subtotal = s.groups[n].subtotal.Add(line.InvoicedAt)
	}
}

// state is where a document stands, in a word: what became of it, or what is still open on a day.
func state(issued *flow.Issued, open money.Amount, today calendar.Date) part.Pill {
	switch {
	case issued.VoidedBy != "":
		return part.Pill{Text: "void", Tone: part.Bad}
	case issued.Credits():
		return part.Pill{Text: "credits a part", Tone: part.Plain}
	case issued.Corrects != "":
		return part.Pill{Text: "takes one back", Tone: part.Plain}
	case issued.CreditNote:
		return part.Pill{Text: "credit note", Tone: part.Plain}
	case open.IsZero():
		return part.Pill{Text: "paid", Tone: part.Good}
	case issued.DueOn.Before(today):
		return part.Pill{Text: "overdue", Tone: part.Bad}
	case open != issued.Total:
		return part.Pill{Text: "partly settled", Tone: part.Warn}
	}
	return part.Pill{Text: "open", Tone: part.Plain}
}

func (s *shown) figures() []part.Figure {
	l := s.visit.Locale
	figures := []part.Figure{{Name: "Total", Value: l.Amount(s.issued.Total), Unit: s.issued.Currency.String()}, {Name: "Before tax", Value: l.Amount(s.issued.Net)}}
	if !s.issued.Tax.IsZero() {
		figures = append(figures, part.Figure{Name: "Tax", Value: l.Amount(s.issued.Tax)})
	}
	if s.open != s.issued.Total && !s.open.IsZero() {
		figures = append(figures, part.Figure{Name: "Open", Value: l.Amount(s.open)})
	}
	figures = append(figures, part.Figure{Name: "Date", Value: part.Day(s.issued.Date)})
	if !s.issued.CreditNote {
		figures = append(figures, part.Figure{Name: "Due", Value: part.Day(s.issued.DueOn)})
	}
	return figures
}

// taxed names a tax with its rate, which many taxes have in their name.
func (s *shown) taxed(tax *billing.TaxSum) string {
	rate := s.visit.Locale.Number(tax.Percent.Trim(0).String()) + " %"
	if strings.Contains(strings.ReplaceAll(tax.Name, "\u00a0", " "), rate) {
		return tax.Name
	}
	return tax.Name + " " + rate
}

// facts are what the drawer and the page say of the whole.
func (s *shown) facts() []part.Fact {
	l := s.visit.Locale
	payer := string(s.issued.Payer)
	if s.doc.Buyer.Name != "" {
		payer = s.doc.Buyer.Name
	}
	facts := []part.Fact{
		{Name: "Payer", Value: payer, Path: "/accounts/" + string(s.issued.Payer)},
		{Name: "Contract", Value: string(s.issued.Contract), Path: "/contracts/" + string(s.issued.Contract)},
		{Name: "Date", Value: part.Day(s.issued.Date)},
	}
	if !s.issued.CreditNote {
		facts = append(facts, part.Fact{Name: "Due", Value: part.Day(s.issued.DueOn)})
	}
	facts = append(facts, part.Fact{Name: "Before tax", Value: sumOf(l, s.issued.Net)})
	if !s.issued.Tax.IsZero() {
		facts = append(facts, part.Fact{Name: "Tax", Value: sumOf(l, s.issued.Tax)})
	}
	return append(facts, part.Fact{Name: "Total", Value: sumOf(l, s.issued.Total)}, part.Fact{Name: "Purchase order", Value: s.doc.PurchaseOrder})
}

// about is what the figures do not say.
func (s *shown) about() []part.Fact {
	facts := []part.Fact{{Name: "Payer", Value: s.doc.Buyer.Name, Path: "/accounts/" + string(s.issued.Payer)}}
	if s.issued.Contract != "" {
		facts = append(facts, part.Fact{Name: "Contract", Value: string(s.issued.Contract), Path: "/contracts/" + string(s.issued.Contract)})
	} else {
		facts = append(facts, part.Fact{Name: "Consolidated", Value: part.Plural(int64(len(s.doc.Entities)), "entity")})
	}
	facts = append(facts, part.Fact{Name: "Purchase order", Value: s.doc.PurchaseOrder})
	if !s.issued.CreditNote {
		facts = append(facts, part.Fact{Name: "Terms", Value: terms(s.issued.Date.DaysUntil(s.issued.DueOn))})
	}
	return append(facts, part.Fact{Name: "Seller", Value: s.doc.Seller.Name}, part.Fact{Name: "Buyer's tax id", Value: s.doc.Buyer.TaxID})
}

// terms are how long a payer has.
func terms(days int) string {
	if days <= 0 {
		return "due at once"
	}
	return part.Plural(int64(days), "day") + " net"
}

// primary is to send what is open and nobody has been sent yet.
func (s *shown) primary() *part.Action {
	if !s.mailable() || s.issued.VoidedBy != "" || s.open.IsZero() || len(s.history.Sent) > 0 || len(s.history.Mails) > 0 {
		return nil
	}
	return &part.Action{Text: "Send by mail", Path: s.path() + "/mail"}
}

func (s *shown) mailable() bool { return s.visit.May("InvoiceSend") && s.visit.Desk.Mails() }

func (s *shown) more() (more []part.Action) {
	more = append(more, part.Action{Text: "Download PDF", Path: s.path() + "/pdf?download=yes"}, part.Action{Text: "Preview", Path: s.path() + "?preview=yes#preview"})
	if s.mailable() && s.primary() == nil {
		more = append(more, part.Action{Text: "Send by mail", Path: s.path() + "/mail"})
	}
	if s.visit.May("InvoiceNoteSent") {
		more = append(more, part.Action{Text: "Note as sent", Path: s.path() + "/sent"})
	}
	if s.visit.May("PaymentList") {
		more = append(more, part.Action{Text: "Payments", Path: s.path() + "/payments"})
	}
	if s.creditable() {
		more = append(more, part.Action{Text: "Credit a part", Path: s.path() + "/credit"})
	}
	if s.voidable() {
		more = append(more, part.Action{Text: "Void with a credit note", Path: s.path() + "/void", Costly: true})
	}
	return more
}

func (s *shown) voidable() bool {
	return s.visit.May("InvoiceVoid") && s.issued.VoidedBy == "" && s.issued.Corrects == ""
}

func (s *shown) previewed() bool { return s.visit.R.URL.Query().Get("preview") != "" }

// fewLines are as many lines as the drawer shows.
func (s *shown) fewLines() []billing.InvoiceLine {
	return s.issued.Lines[:min(12, len(s.issued.Lines))]
}

// sentence says what a line is for: to who is not the seller's staff, without what the provider asks.
func (s *shown) sentence(line *billing.InvoiceLine) string {
	if line.Explanation == "" {
		return s.visit.Locale.Prose(flow.PlainSentence(line))
	}
	return s.visit.Locale.Prose(flow.Sentence(line))
}

func (s *shown) arithmetic(line *billing.InvoiceLine) string {
	if line.Explanation == "" {
		return ""
	}
	return s.visit.Locale.Sum(flow.Arithmetic(line))
}

// quantity is empty for what is credited: an amount is taken off, and no seats.
func (s *shown) quantity(line *billing.InvoiceLine) string {
	if line.Kind == billing.LineCredit {
		return ""
	}
	return s.visit.Locale.Quantity(line.Quantity)
}

// price is empty where there is no one price to show.
func (s *shown) price(line *billing.InvoiceLine) string {
	if !line.Priced {
		return ""
	}
	return s.visit.Locale.Price(line.UnitPrice, line.Amount.Currency())
}

// lineLink asks for all the reasons of a line, in place.
func (s *shown) lineLink(no int) string {
	return s.visit.Here("line", strconv.Itoa(no)) + "#line-" + strconv.Itoa(no)
}

// parts leads through the lines of a long invoice.
func (s *shown) parts() part.Next {
	last := min(len(s.issued.Lines), s.from+linesAtOnce)
	l := s.visit.Locale
	n := part.Next{Shown: "Lines " + l.Count(int64(s.from+1)) + "–" + l.Count(int64(last)) + " of " + l.Count(int64(len(s.issued.Lines)))}
	if s.from > 0 {
		n.Newer = s.visit.Here("lines", strconv.Itoa(max(0, s.from-linesAtOnce)), "line", "")
	}
	if last < len(s.issued.Lines) {
		n.Older = s.visit.Here("lines", strconv.Itoa(last), "line", "")
	}
	return n
}

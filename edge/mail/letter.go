package mail

import (
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"

	"prorata/flow"
	"prorata/flow/office"
)

// Written is a mail as it reads: once as plain text, once as a page.
type Written struct {
	// From is the sender's name.
	From, Subject, Text, HTML string
}

// page is what a mail says, in order: each part is left out where it is empty.
type page struct {
	Language, Accent string
	// Logo is where the picture is; empty for none.
	Logo   template.URL
	Seller string
	Note   []string
	Lead   string
	// Facts are number, dates and amount; Link is what is to be opened.
	Facts []fact
	Link  template.URL
	Open  string
	// PayHead begins the payment's facts; PayNote ends them.
	PayHead string
	Pay     []fact
	PayNote string
	Close   []string
	Foot    []string
}

type fact struct {
	Name, Value string
	Strong      bool
}

// Write writes a mail. Links begin with welcomeAddress; logo is where the page finds the seller's picture, and
// as "data:" it is in the page itself.
func Write(letter *office.Letter, welcomeAddress, logo string) (Written, error) {
	w := wordsOf(letter.Language)
	p := page{Language: w.code, Accent: accentOf(letter.Letterhead.Accent), Seller: flow.PlainText(letter.Seller.Name)}
	if p.Seller == "" {
		p.Seller = "Prorata"
	}
	if letter.Note != "" {
		p.Note = strings.Split(letter.Note, "\n")
	}
	if picture := letter.Letterhead.Logo; len(picture) > 0 {
		if logo == "data:" {
			logo = "data:image/png;base64," + base64.StdEncoding.EncodeToString(picture)
		}
		p.Logo = template.URL(logo) //nolint:gosec // a content id, or our own encoding of a picture that was checked
	}
	var subject string
	switch {
	case letter.Document != nil:
		subject = p.invoice(w, letter.Document)
	case letter.Welcome != nil:
		subject = p.welcome(w, letter.Welcome, welcomeAddress)
	default:
		subject = w.tried
		p.Lead = w.triedLead
	}
	p.Foot = footOf(w, p.Seller, &letter.Seller)
	var html strings.Builder
	if err := sheet.Execute(&html, &p); err != nil {
		return Written{}, fmt.Errorf("mail: %w", err)
	}
	return Written{From: p.Seller, Subject: flow.PlainText(subject), Text: p.text(), HTML: html.String()}, nil
}

// accentOf is a colour that can be read on white, or nearly black.
func accentOf(accent string) string {
	if len(accent) == 7 && accent[0] == '#' && strings.Trim(accent[1:], "0123456789abcdefABCDEF") == "" {
		return accent
	}
	return "#1f2937"
}

// invoice fills the page with a document, and gives the subject.
func (p *page) invoice(w *words, d *flow.Document) string {
	number, total := flow.PlainText(d.Number), w.amount(d.Total)
	payable := !d.CreditNote && !d.Void && d.Total.Sign() > 0
	name, amount := w.invoice, w.amountDue
	p.Lead = fmt.Sprintf(w.lead, number)
	switch {
	case d.CreditNote:
		name, amount, p.Lead = w.creditNote, w.credited, fmt.Sprintf(w.creditLead, number)
		if d.Total.Sign() < 0 {
			total = w.amount(d.Total.Neg())
		}
	case !payable:
		amount = w.total
	}
	subject := fmt.Sprintf(w.subject, name, number, p.Seller, total)
	p.Facts = []fact{{name, number, true}, {w.date, w.day(d.Date), false}, {amount, total, true}}
	if payable {
		subject += ", " + w.dueBy + " " + w.day(d.DueOn)
		p.Facts = append(p.Facts, fact{w.due, w.day(d.DueOn), true})
	}
	for _, more := range []fact{{w.order, d.PurchaseOrder, false}, {w.corrects, d.Corrects, false}} {
		if more.Value = flow.PlainText(more.Value); more.Value != "" {
			p.Facts = append(p.Facts, more)
		}
	}
	switch {
	case d.Void:
		p.Close = append(p.Close, w.void)
	case payable:
		p.payment(w, d)
	default:
		p.Close = append(p.Close, w.nothingToPay)
	}
	p.Close = append(p.Close, w.questions)
	return subject
}

// payment says where to pay, where the seller says it.
func (p *page) payment(w *words, d *flow.Document) {
	r := &d.Remittance
	for _, f := range []fact{{w.holder, r.AccountHolder, false}, {w.bank, r.Bank, false}, {"IBAN", r.IBAN, false}, {"BIC", r.BIC, false}, {w.account, r.AccountNumber, false}, {w.routing, r.RoutingNumber, false}} {
		if f.Value = flow.PlainText(f.Value); f.Value != "" {
			p.Pay = append(p.Pay, f)
		}
	}
	p.PayNote = flow.PlainText(r.Note)
	if len(p.Pay) > 0 {
		p.Pay = append(p.Pay, fact{w.reference, flow.PlainText(d.Number), true})
	}
	if len(p.Pay) > 0 || p.PayNote != "" {
		p.PayHead = w.howToPay
	}
}

// welcome fills the page with a one-time link, and gives the subject.
func (p *page) welcome(w *words, l *office.WelcomeLetter, address string) string {
	subject := w.back
	p.Lead = fmt.Sprintf(w.backLead, flow.PlainText(l.By))
	if l.Kind == office.WelcomeInvited {
		subject, p.Lead = fmt.Sprintf(w.invited, p.Seller), fmt.Sprintf(w.invitedLead, flow.PlainText(l.By))
	}
	p.Link, p.Open = template.URL(address+l.Secret), w.open //nolint:gosec // our own address and secret
	p.Close = []string{fmt.Sprintf(w.once, l.EndsAt.UTC().Format("2006-01-02 15:04")), w.unasked}
	return subject
}

// footOf says who writes, as letters do.
func footOf(w *words, name string, seller *flow.Party) []string {
	foot := []string{name}
	if address := strings.Join(seller.Address, ", "); address != "" {
		foot = append(foot, address)
	}
	for _, more := range []string{seller.Email, seller.Phone} {
		if more != "" {
			foot = append(foot, more)
		}
	}
	if seller.TaxID != "" {
		foot = append(foot, w.taxID+" "+seller.TaxID)
	}
	for i := range foot {
		foot[i] = flow.PlainText(foot[i])
	}
	return foot
}

// text is the page without its looks.
func (p *page) text() string {
	var b strings.Builder
	paragraph := func(lines ...string) {
		if len(lines) > 0 && strings.Join(lines, "") != "" {
			b.WriteString(strings.Join(lines, "\n") + "\n\n")
		}
	}
	table := func(facts []fact) (lines []string) {
		widest := 0
		for _, f := range facts {
			widest = max(widest, len([]rune(f.Name)))
		}
		for _, f := range facts {
			lines = append(lines, "  "+f.Name+strings.Repeat(" ", widest-len([]rune(f.Name))+2)+f.Value)
		}
		return lines
	}
	paragraph(p.Note...)
	paragraph(p.Lead)
	paragraph(table(p.Facts)...)
	paragraph(string(p.Link))
	if p.PayHead != "" {
		paragraph(append([]string{p.PayHead + ":", ""}, table(p.Pay)...)...)
		paragraph(p.PayNote)
	}
	for _, line := range p.Close {
		paragraph(line)
	}
	b.WriteString("-- \n" + strings.Join(p.Foot, "\n") + "\n")
	return b.String()
}

// sheet is the page: one column, and tables for what stands beside each other, as mail readers want it.
var sheet = template.Must(template.New("mail").Parse(`<!doctype html>
<html lang="{{.Language}}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light"><title>{{.Seller}}</title></head>
<body style="margin:0;padding:0;background:#ffffff;color:#1f2937;font:14px/1.5 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif">
<div style="max-width:560px;margin:0 auto;padding:24px 16px">
<div style="border-bottom:2px solid {{.Accent}};padding-bottom:12px;margin-bottom:24px">
{{- if .Logo}}<img src="{{.Logo}}" alt="{{.Seller}}" style="display:block;max-width:200px;max-height:56px;border:0">{{else}}<span style="font-size:18px;font-weight:600;color:{{.Accent}}">{{.Seller}}</span>{{end -}}
</div>
{{with .Note}}<p style="margin:0 0 16px">{{range $i, $line := .}}{{if $i}}<br>{{end}}{{$line}}{{end}}</p>
{{end}}<p style="margin:0 0 16px">{{.Lead}}</p>
{{with .Facts}}{{template "facts" .}}{{end}}
{{- if .Link}}<p style="margin:0 0 16px"><a href="{{.Link}}" style="display:inline-block;padding:10px 18px;background:{{.Accent}};color:#ffffff;text-decoration:none;border-radius:4px">{{.Open}}</a></p>
<p style="margin:0 0 16px;font-size:12px;color:#4b5563;word-break:break-all">{{.Link}}</p>
{{end}}
{{- if .PayHead}}<p style="margin:0 0 4px;font-weight:600;color:{{.Accent}}">{{.PayHead}}</p>
{{with .Pay}}{{template "facts" .}}{{end}}
{{- with .PayNote}}<p style="margin:0 0 16px">{{.}}</p>
{{end}}{{end}}
{{- range .Close}}<p style="margin:0 0 16px">{{.}}</p>
{{end -}}
<p style="margin:24px 0 0;padding-top:12px;border-top:1px solid #d1d5db;font-size:12px;color:#4b5563">{{range $i, $line := .Foot}}{{if $i}}<br>{{end}}{{$line}}{{end}}</p>
</div>
</body>
</html>
{{define "facts"}}<table role="presentation" cellpadding="0" cellspacing="0" style="border-collapse:collapse;margin:0 0 16px">
{{range .}}<tr><td style="padding:3px 24px 3px 0;color:#4b5563;vertical-align:top">{{.Name}}</td><td style="padding:3px 0;vertical-align:top{{if .Strong}};font-weight:600{{end}}">{{.Value}}</td></tr>
{{end}}</table>
{{end}}`))

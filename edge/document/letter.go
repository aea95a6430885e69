package document

import (
	"cmp"
	"fmt"
	"strings"

	"prorata/flow"
)

// letter is a document on its way to paper.
type letter struct {
	d     *flow.Document
	l     language
	paper paper
	// name is what the document calls itself; empty for an invoice or a credit note.
	name string
	// accent colours the title.
	accent colour
	logo   *picture
	// seller is the seller's name as it can be printed.
	seller string
	// foot is what stands at the foot of every page under its number.
	foot []string
	// spill are texts that the head had no room for; they stand in the notes, in full.
	spill []string
}

// compose lays a document on pages.
func compose(d *flow.Document) (*letter, []*page, error) {
	t := &letter{d: d, l: *languageOf(d.Language), paper: paperOf(d), accent: ink}
	t.l.group = printable(t.l.group)
	t.seller = printed(d.Seller.Name)
	t.foot = footLines(d.Letterhead.Footer, t.paper.right()-t.paper.left())
	t.paper.foot = float64(len(t.foot)) * smallStyle.leading()
	if accent, ok := parseColour(d.Letterhead.Accent); ok {
		t.accent = accent
	}
	var err error
	if t.logo, err = readPicture(d.Letterhead.Logo); err != nil {
		return nil, nil, err
	}
	first := &page{}
	t.stamp(first)
	c := &composer{paper: t.paper, pages: []*page{first}, begin: t.beginPage, resume: t.resume}
	c.y = t.head(first)
	c.flow(t.body())
	t.footers(c.pages)
	return t, c.pages, nil
}

// printed is a text by others as one printable line.
func printed(text string) string { return printable(oneLine(text)) }

// paperOf is the paper in the buyer's country, or else in the seller's.
func paperOf(d *flow.Document) paper {
	switch strings.ToUpper(cmp.Or(d.Buyer.Country, d.Seller.Country)) {
	case "US", "CA":
		return usLetter
	}
	return a4
}

// title is what the document calls itself.
func (t *letter) title() string {
	switch {
	case t.name != "":
		return t.name
	case t.d.CreditNote:
		return t.l.words.creditNote
	}
	return t.l.words.invoice
}

// column is text set downwards in a width.
type column struct {
	page     *page
	x, width float64
	// y is the top of the next line.
	y float64
}

// add sets a text in at most most lines and says whether all of it stood there.
func (c *column) add(text string, s style, most int) bool {
	if text = printed(text); text == "" {
		return true
	}
	lines, whole := cut(text, s.face, s.size, c.width, most)
	for _, line := range lines {
		c.y += s.leading()
		c.page.text(c.x, c.y-s.size*0.3, line, s)
	}
	return whole
}

// pair sets a label and, beside it, a value.
func (c *column) pair(label, value string, indent float64, s style, most int) bool {
	if printed(value) == "" {
		return true
	}
	top := c.y
	c.page.text(c.x, top+s.leading()-s.size*0.3, label, mutedStyle)
	beside := column{page: c.page, x: c.x + indent, width: c.width - indent, y: top}
	whole := beside.add(value, s, most)
	c.y = beside.y + 1.5
	return whole
}

// The head's grid: two columns; the buyer's address where a window envelope shows it.
const (
	headSplit   = 254.0
	buyerTop    = 130.0
	logoWidth   = 160.0
	logoHeight  = 38.0
	partyRows   = 10
	addressRows = 8
)

// head sets all that a payer needs on the first page; it says where it ends.
func (t *letter) head(p *page) float64 {
	left := column{page: p, x: t.paper.left(), width: headSplit - 2*gutter, y: marginTop}
	right := column{page: p, x: t.paper.left() + headSplit, width: t.paper.right() - t.paper.left() - headSplit, y: marginTop}
	t.titleLine(&left)
	if t.logo != nil {
		w, h := t.logo.within(logoWidth, logoHeight)
		p.marks = append(p.marks, mark{kind: logoMark, x: right.x, y: right.y, width: w, height: h})
		right.y += h + 8
	}
	right.add(t.d.Seller.Name, strongStyle, 3)
	t.party(&right, &t.d.Seller)
	left.y = buyerTop
	left.add(t.l.words.billTo, smallStyle, 1)
	left.y += 2
	left.add(t.d.Buyer.Name, headingStyle, 3)
	t.party(&left, &t.d.Buyer)
	right.y = max(right.y+12, buyerTop)
	t.facts(&right)
	return t.band(p, max(left.y, right.y)+14)
}

func (t *letter) titleLine(c *column) {
	s := titleStyle
	s.color = t.accent
	c.page.text(c.x, c.y+s.size, t.title(), s)
	if t.d.Void {
		c.page.text(c.x+s.width(t.title())+12, c.y+s.size, t.l.words.void, style{bold, 12, alarm})
	}
}

// party sets an address and how its owner is registered and reached.
func (t *letter) party(c *column, party *flow.Party) {
	rows := 0
	add := func(text string) {
		if rows++; rows <= partyRows {
			c.add(text, detailStyle, 2)
		}
	}
	for i, line := range party.Address {
		if i < addressRows {
			add(line)
		}
	}
	if party.TaxID != "" {
		add(t.l.words.taxID + " " + party.TaxID)
	}
	if party.RegistrationID != "" {
		add(t.l.words.registration + " " + party.RegistrationID)
	}
	for _, text := range []string{party.Email, party.Phone} {
		if text != "" {
			add(text)
		}
	}
}

// facts sets number, dates and references.
func (t *letter) facts(c *column) {
	w, d := &t.l.words, t.d
	number := w.invoiceNumber
	if d.CreditNote {
		number = w.creditNumber
	}
	rows := []struct {
		label, value string
		style        style
		most         int
	}{
		{number, d.Number, strongStyle, 2},
		{w.date, t.l.date(d.Date), bodyStyle, 1},
		{w.due, t.l.date(d.DueOn), bodyStyle, 1},
		{w.terms, d.Terms, bodyStyle, 3},
		{w.purchaseOrder, d.PurchaseOrder, bodyStyle, 2},
		{w.corrects, d.Corrects, bodyStyle, 2},
	}
	indent := t.indent()
	for _, row := range rows {
		if !c.pair(row.label, row.value, indent, row.style, row.most) {
			t.spill = append(t.spill, row.label+": "+row.value)
		}
	}
}

// indent is where values stand beside their labels, the same all over the head.
func (t *letter) indent() float64 {
	w := &t.l.words
	widest := 0.0
	for _, label := range []string{w.invoiceNumber, w.creditNumber, w.terms, w.purchaseOrder, w.corrects, w.holder, w.account, w.routing, w.reference} {
		widest = max(widest, mutedStyle.width(label))
	}
	return widest + 12
}

// band sets the amount and how to pay it between two rules.
func (t *letter) band(p *page, y float64) float64 {
	x, width := t.paper.left(), t.paper.right()-t.paper.left()
	p.rule(x, y, width, 0.6, ink)
	left := column{page: p, x: x, width: headSplit - 2*gutter, y: y + 8}
	t.amountDue(&left)
	right := column{page: p, x: x + headSplit, width: width - headSplit, y: y + 8}
	if t.payable() {
		t.remittance(&right)
	}
	y = max(left.y, right.y) + 10
	p.rule(x, y, width, 0.6, ink)
	return y + 16
}

// payable says whether this document asks for money.
func (t *letter) payable() bool { return !t.d.CreditNote && !t.d.Void && t.d.Total.Sign() > 0 }

func (t *letter) amountDue(c *column) {
	w := &t.l.words
	label, total := w.amountDue, t.d.Total
	switch {
	case t.d.Void:
		label = w.total
	case t.d.CreditNote:
		label = w.credited
		if total.Sign() < 0 {
			total = total.Neg()
		}
	case !t.payable():
		label = w.total
	}
	c.add(label, mutedStyle, 1)
	code := style{regular, 10.5, muted}
	figure, x, base := t.l.amount(total), c.x, c.y+bigStyle.size+3
	if t.l.codeFirst {
		c.page.text(x, base, t.d.Currency.String(), code)
		x += code.width(t.d.Currency.String()) + 5
	}
	c.page.text(x, base, figure, bigStyle)
	if !t.l.codeFirst {
		c.page.text(x+bigStyle.width(figure)+5, base, t.d.Currency.String(), code)
	}
	c.y = base + 6
	switch {
	case t.d.Void:
		c.add(w.voidNote, alarmStyle, 2)
	case !t.payable():
		c.add(w.nothingToPay, bodyStyle, 2)
	case !t.d.DueOn.IsZero():
		c.add(w.dueOn+" "+t.l.date(t.d.DueOn), strongStyle, 1)
	}
}

// remittance sets where to pay and what to write on the payment.
func (t *letter) remittance(c *column) {
	w, r := &t.l.words, &t.d.Remittance
	rows := [][2]string{
		{w.bank, r.Bank}, {w.holder, r.AccountHolder}, {"IBAN", grouped(r.IBAN)}, {"BIC", r.BIC},
		{w.account, r.AccountNumber}, {w.routing, r.RoutingNumber},
	}
	empty := *r == flow.Remittance{Note: r.Note}
	if empty && r.Note == "" {
		return
	}
	c.add(w.howToPay, mutedStyle, 1)
	c.y += 3
	if !empty {
		for _, row := range append(rows, [2]string{w.reference, t.d.Number}) {
			c.pair(row[0], row[1], t.indent(), bodyStyle, 2)
		}
	}
	// A web address stays text, which readers find by themselves: the library
	// writes links in a form that strict checkers refuse.
	if !c.add(r.Note, detailStyle, 5) {
		t.spill = append(t.spill, r.Note)
	}
}

// grouped writes an IBAN in fours, as it is read aloud.
func grouped(iban string) string {
	iban = strings.ReplaceAll(oneLine(iban), " ", "")
	var b strings.Builder
	for i, r := range []rune(iban) {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// beginPage prepares a page after the first.
func (t *letter) beginPage(p *page) float64 {
	t.stamp(p)
	return marginTop
}

func (t *letter) resume(p *page, y float64, context string) {
	text := clip(context, smallStyle, t.paper.right()-t.paper.left()-70) + " (" + t.l.words.continued + ")"
	p.text(t.paper.left(), y+10, text, smallStyle)
}

// stamp marks every page of a void document.
func (t *letter) stamp(p *page) {
	if t.d.Void {
		text := strings.ToUpper(t.l.words.void)
		size := min(130, 0.78*t.paper.width/bold.width(text, 1))
		p.marks = append(p.marks, mark{kind: watermark, x: t.paper.width / 2, y: t.paper.height / 2, text: text, style: style{bold, size, shadow}})
	}
}

// footers name the document and number the pages, when their number is known.
func (t *letter) footers(pages []*page) {
	y, width := t.paper.height-footerUp-t.paper.foot, t.paper.right()-t.paper.left()
	name := t.title() + " " + printed(t.d.Number)
	if t.seller != "" {
		name = t.seller + " · " + name
	}
	for i, p := range pages {
		text := fmt.Sprintf("%s %d %s %d", t.l.words.page, i+1, t.l.words.of, len(pages))
		p.text(t.paper.left(), y, clip(name, smallStyle, width-smallStyle.width(text)-gutter), smallStyle)
		p.textRight(t.paper.right(), y, text, smallStyle)
		for n, line := range t.foot {
			p.text(t.paper.left(), y+float64(n+1)*smallStyle.leading(), line, smallStyle)
		}
	}
}

// footLinesMost is how many lines the seller's footer has room for.
const footLinesMost = 3

// footLines are the lines of the seller's footer, each on one line.
func footLines(text string, width float64) (lines []string) {
	for line := range strings.SplitSeq(text, "\n") {
		if line = clip(printed(line), smallStyle, width); line != "" && len(lines) < footLinesMost {
			lines = append(lines, line)
		}
	}
	return lines
}

// clip is the text on one line of a width.
func clip(text string, s style, width float64) string {
	lines, _ := cut(text, s.face, s.size, width, 1)
	if len(lines) == 0 {
		return ""
	}
	return lines[0]
}

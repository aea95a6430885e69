package document

import (
	"io"
	"time"

	"prorata/core/calendar"
	"prorata/flow"
)

// DisputePDF writes a dispute as a letter to the provider's support, in English:
// the claim, what is wrong, our facts, their rows, the charges as they should be
// with their arithmetic, and the rule. The same dispute gives the same bytes.
func DisputePDF(w io.Writer, d *flow.Dispute) error {
	t, pages := composeDispute(d)
	return t.write(w, pages)
}

// disputeLetter is a dispute on its way to paper.
type disputeLetter struct {
	*letter
	of *flow.Dispute
}

func composeDispute(d *flow.Dispute) (*letter, []*page) {
	t := &disputeLetter{of: d, letter: &letter{
		d: &flow.Document{Seller: d.From, Date: d.On, Currency: d.Currency, Number: disputedInvoice(d)},
		l: *languageOf(english.code), name: "Dispute", accent: ink, seller: printed(d.From.Name),
	}}
	t.paper = paperOf(t.d)
	first := &page{}
	c := &composer{paper: t.paper, pages: []*page{first}, begin: t.beginPage, resume: t.resume}
	c.y = t.head(first)
	c.flow(t.body())
	t.footers(c.pages)
	return t.letter, c.pages
}

func disputedInvoice(d *flow.Dispute) string {
	if d.Invoice.ID == "" {
		return "charges not billed yet"
	}
	return "invoice " + d.Invoice.ID
}

// disputeSplit is where the head's second column begins: it holds ids of 36 letters.
const disputeSplit = 210.0

// head says who writes, about which charge, and what is claimed.
func (t *disputeLetter) head(p *page) float64 {
	left := column{page: p, x: t.paper.left(), width: disputeSplit - 2*gutter, y: marginTop}
	right := column{page: p, x: t.paper.left() + disputeSplit, width: t.paper.right() - t.paper.left() - disputeSplit, y: marginTop}
	t.titleLine(&left)
	right.add(t.of.From.Name, strongStyle, 3)
	t.party(&right, &t.of.From)
	left.y = buyerTop
	left.add("To", smallStyle, 1)
	left.y += 2
	left.add(t.of.To, headingStyle, 3)
	left.y += 8
	left.pair("Date", t.l.date(t.of.On), 60, bodyStyle, 1)
	right.y = max(right.y+12, buyerTop)
	t.facts(&right)
	return t.band(p, max(left.y, right.y)+14)
}

// facts name the charge in question.
func (t *disputeLetter) facts(c *column) {
	line := &t.of.Line
	for _, row := range [][2]string{
		{"Your invoice", t.of.Invoice.ID},
		{"Dated", t.l.date(t.of.Invoice.On)},
		{"For", t.l.period(t.of.Invoice.Period.From, t.of.Invoice.Period.To)},
		{"Row", line.Charge.ID},
		{"Customer", line.CustomerName},
		{"Customer's id", line.Customer},
		{"Subscription", line.Holding},
		{"Order", line.Order},
		{"Product", line.Product},
		{"Product's id", line.Charge.SKU},
	} {
		if !c.pair(row[0], row[1], 76, bodyStyle, 3) {
			t.spill = append(t.spill, row[0]+": "+row[1])
		}
	}
}

// band sets the claim between two rules.
func (t *disputeLetter) band(p *page, y float64) float64 {
	x, width := t.paper.left(), t.paper.right()-t.paper.left()
	p.rule(x, y, width, 0.6, ink)
	c := column{page: p, x: x, width: width, y: y + 8}
	claim, label := t.of.Claim, "What we claim: charged too much, before tax"
	switch claim.Sign() {
	case -1:
		claim, label = claim.Neg(), "Charged too little, before tax; we claim nothing"
	case 0:
		label = "We claim nothing: this row is charged as it should be"
	}
	c.add(label, mutedStyle, 1)
	figure, base := t.l.price(claim, t.of.Currency), c.y+bigStyle.size+3
	p.text(x, base, figure, bigStyle)
	p.text(x+bigStyle.width(figure)+5, base, t.of.Currency.String(), style{regular, 10.5, muted})
	y = base + 16
	p.rule(x, y, width, 0.6, ink)
	return y + 10
}

// body is all that follows the head, in order.
func (t *disputeLetter) body() []block {
	blocks := t.paragraphs("What is wrong", t.wrongs())
	for _, part := range []struct {
		title   string
		columns []gridColumn
		rows    []gridRow
	}{
		{"What happened, by our log", []gridColumn{{title: "Recorded (UTC)"}, {title: "Holds from"}, {title: "By"}, {title: "What", rest: true}}, t.happened()},
		{"What you charged for this subscription", chargeColumns("Unit price"), t.charged()},
		{"What should be charged", chargeColumns(""), t.expected()},
	} {
		if len(part.rows) == 0 {
			blocks = append(blocks, t.paragraphs(part.title, []string{"Nothing."})...)
			continue
		}
		g := t.newGrid(part.columns, part.rows)
		blocks = append(blocks, t.sectionTitle(part.title))
		blocks = append(blocks, g.rows(part.rows, part.title)...)
	}
	blocks = append(blocks, t.paragraphs("The rule", t.of.Rule)...)
	return append(blocks, t.paragraphs("In full", t.spill)...)
}

// chargeColumns are those of charges, with a column for the price where it has a name.
func chargeColumns(price string) []gridColumn {
	columns := []gridColumn{{title: "Ordered"}, {title: "Charge"}, {title: "Days", rest: true}, {title: "Quantity", right: true}}
	if price != "" {
		columns = append(columns, gridColumn{title: price, right: true})
	}
	return append(columns, gridColumn{title: "Amount", right: true}, gridColumn{title: ""})
}

// wrongs are the parts of the difference, a sentence each.
func (t *disputeLetter) wrongs() []string {
	var texts []string
	for _, one := range t.of.Differences {
		texts = append(texts, one.Cause+", "+t.l.price(one.Amount, t.of.Currency)+" "+t.of.Currency.String()+": "+one.Sentence)
	}
	if len(texts) == 0 {
		texts = append(texts, "Nothing was found to be wrong with this charge.")
	}
	return texts
}

func (t *disputeLetter) happened() []gridRow {
	var rows []gridRow
	for _, fact := range t.of.Facts {
		rows = append(rows, gridRow{cells: printedAll(fact.At.UTC().Format(time.DateTime), t.l.date(fact.ActsOn), fact.Who+" via "+fact.Source, fact.Sentence)})
	}
	return rows
}

func (t *disputeLetter) charged() []gridRow {
	var rows []gridRow
	for i := range t.of.Rows {
		line := &t.of.Rows[i]
		row := &line.Charge
		currency := row.Currency.String()
		priced := line.PriceCurrency
		if priced.IsZero() {
			priced = row.Currency
		}
		price := t.l.price(row.EffectivePrice, priced)
		if priced != row.Currency {
			price += " " + priced.String()
		}
		one := gridRow{strong: row.ID == t.of.Line.Charge.ID}
		one.cells = printedAll(t.l.date(line.OrderedOn()), row.Type.String(), t.days(row.Period), t.l.quantity(row.Quantity), price, t.l.price(row.Cost, row.Currency), currency)
		if one.strong {
			one.below = "This is the charge in question."
		}
		rows = append(rows, one)
	}
	return rows
}

func (t *disputeLetter) expected() []gridRow {
	var rows []gridRow
	for i := range t.of.Expected {
		c := &t.of.Expected[i]
		one := gridRow{strong: c.Disputed, below: printed(c.Arithmetic)}
		one.cells = printedAll(t.l.date(c.On), c.Type.String(), t.days(c.Period), t.l.quantity(c.Quantity), t.l.amount(c.Amount), c.Amount.Currency().String())
		if one.strong {
			one.below = printed("In place of the charge in question: " + c.Arithmetic)
		}
		rows = append(rows, one)
	}
	return rows
}

// days are first and last day, so that nobody has to ask whether the end is in it.
func (t *disputeLetter) days(p calendar.Period) string { return t.l.period(p.From, p.To) }

func printedAll(texts ...string) []string {
	for i, text := range texts {
		texts[i] = printed(text)
	}
	return texts
}

// sectionTitle names a part, and stays with what follows it.
func (t *disputeLetter) sectionTitle(title string) block {
	draw := func(p *page, y float64) { p.text(t.paper.left(), y+12+headingStyle.size, title, headingStyle) }
	return block{height: 12 + headingStyle.leading() + 6, keep: true, draw: draw}
}

// paragraphs are texts one under another below a title; nothing where there are none.
func (t *disputeLetter) paragraphs(title string, texts []string) []block {
	if len(texts) == 0 {
		return nil
	}
	blocks := []block{t.sectionTitle(title)}
	for _, text := range texts {
		lines := wrap(printed(text), bodyStyle.face, bodyStyle.size, t.paper.right()-t.paper.left())
		for len(lines) > 0 {
			part := lines[:min(len(lines), linesPerBlock)]
			lines = lines[len(part):]
			blocks = append(blocks, t.noteBlock(part))
		}
		blocks[len(blocks)-1].height += rowPadding
	}
	return blocks
}

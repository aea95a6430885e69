package document

import (
	"strconv"
	"strings"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
)

// body is all that follows the head, in order.
func (t *letter) body() []block {
	taxes := markTaxes(t.d)
	blocks := t.overview()
	lines := t.lines(taxes)
	blocks = append(blocks, lines...)
	closing := t.closing(taxes)
	blocks = append(blocks, closing...)
	return append(blocks, t.notes()...)
}

// lines is the table of lines, by entity and by subscription.
func (t *letter) lines(taxes taxMarks) []block {
	var rows []row
	var sums []string
	for i := range t.d.Entities {
		e := &t.d.Entities[i]
		sums = append(sums, t.l.amount(e.Subtotal))
		for j := range e.Sections {
			sums = append(sums, t.l.amount(e.Sections[j].Subtotal))
			for k := range e.Sections[j].Lines {
				rows = append(rows, t.row(&e.Sections[j].Lines[k], taxes))
			}
		}
	}
	b := t.fit(rows, sums)
	var blocks []block
	for i := range t.d.Entities {
		e := &t.d.Entities[i]
		name := ""
		if t.d.Consolidated {
			name = printed(e.Name)
			blocks = append(blocks, t.entityHeading(b, e, name, i == 0))
		}
		for j := range e.Sections {
			s := &e.Sections[j]
			blocks = append(blocks, t.section(b, s, name, rows[:len(s.Lines)])...)
			rows = rows[len(s.Lines):]
		}
		if t.d.Consolidated {
			glue(blocks)
			blocks = append(blocks, t.entitySum(b, e, name))
		}
	}
	return blocks
}

// entityHeading names an entity.
func (t *letter) entityHeading(b *table, e *flow.DocumentEntity, name string, first bool) block {
	above := 12.0
	if first {
		above = 0
	}
	width := b.right - b.left
	lines, _ := cut(name, headingStyle.face, headingStyle.size, width, 2)
	taxID := ""
	if e.TaxID != "" {
		taxID = printed(t.l.words.taxID + " " + e.TaxID)
	}
	height := above + float64(len(lines))*headingStyle.leading() + 5
	draw := func(p *page, y float64) {
		y += above
		for _, line := range lines {
			p.text(b.left, y+headingStyle.size, line, headingStyle)
			y += headingStyle.leading()
		}
		last := lines[len(lines)-1]
		if room := width - headingStyle.width(last) - gutter; smallStyle.width(taxID) <= room {
			p.textRight(b.right, y-headingStyle.leading()+headingStyle.size, taxID, smallStyle)
		}
	}
	return block{height: height, keep: true, table: &b.head, draw: draw}
}

func (t *letter) entitySum(b *table, e *flow.DocumentEntity, name string) block {
	amount := t.l.amount(e.Subtotal)
	sum := style{bold, b.figure.size, ink}
	draw := func(p *page, y float64) {
		p.rule(b.left, y+2, b.right-b.left, 0.6, ink)
		p.text(b.left, y+14, clip(t.l.words.subtotal+" "+name, strongStyle, b.amountLeft-b.left-gutter), strongStyle)
		p.textRight(b.amountRight, y+14, amount, sum)
	}
	return block{height: 24, table: &b.head, context: name, draw: draw}
}

// section is a subscription or an item: its heading, its lines and, for more
// than one line, their sum.
func (t *letter) section(b *table, s *flow.DocumentSection, entity string, rows []row) []block {
	context := printed(s.Product)
	if entity != "" {
		context = entity + " · " + context
	}
	blocks := []block{t.sectionHeading(b, s, entity)}
	for i, r := range rows {
		if i == len(rows)-1 && len(rows) > 1 {
			lines := b.row(r, context)
			glue(lines)
			blocks = append(blocks, lines...)
			continue
		}
		blocks = append(blocks, b.row(r, context)...)
	}
	if len(rows) > 1 {
		blocks = append(blocks, t.sectionSum(b, s, context))
	}
	return blocks
}

func (t *letter) sectionHeading(b *table, s *flow.DocumentSection, entity string) block {
	var ids []string
	for _, id := range []string{s.SKU, string(s.Subscription)} {
		if id = printed(id); id != "" {
			ids = append(ids, id)
		}
	}
	id := strings.Join(ids, " · ")
	width := b.right - b.left
	lines, _ := cut(printed(s.Product), strongStyle.face, strongStyle.size, width, 3)
	var below []string
	last := lines[len(lines)-1]
	beside := strongStyle.width(last)+gutter+smallStyle.width(id) <= width
	if !beside {
		below, _ = cut(id, smallStyle.face, smallStyle.size, width, 2)
	}
	height := 8 + float64(len(lines))*strongStyle.leading() + float64(len(below))*smallStyle.leading() + 3
	draw := func(p *page, y float64) {
		y += 8
		for _, line := range lines {
			p.text(b.left, y+strongStyle.size, line, strongStyle)
			y += strongStyle.leading()
		}
		if beside {
			p.text(b.left+strongStyle.width(last)+gutter, y-strongStyle.leading()+strongStyle.size, id, smallStyle)
		}
		for _, line := range below {
			p.text(b.left, y+smallStyle.size, line, smallStyle)
			y += smallStyle.leading()
		}
	}
	return block{height: height, keep: true, ruled: true, table: &b.head, context: entity, draw: draw}
}

func (t *letter) sectionSum(b *table, s *flow.DocumentSection, context string) block {
	amount := t.l.amount(s.Subtotal)
	sum := style{bold, b.figure.size, ink}
	draw := func(p *page, y float64) {
		p.rule(b.amountLeft, y, b.amountRight-b.amountLeft, 0.5, muted)
		p.textRight(b.amountLeft-gutter, y+11, t.l.words.subtotal, smallStyle)
		p.textRight(b.amountRight, y+11, amount, sum)
	}
	return block{height: 17, table: &b.head, context: context, draw: draw}
}

// taxMarks are the letters that join lines to the rows of the tax summary,
// where there is more than one tax.
type taxMarks map[string]string

func markTaxes(d *flow.Document) taxMarks {
	marks, names := taxMarks{}, []string{}
	add := func(name string) {
		if _, known := marks[name]; !known {
			marks[name] = ""
			names = append(names, name)
		}
	}
	for _, tax := range d.Taxes {
		add(tax.Name)
	}
	if len(d.Taxes) > 0 && someUntaxed(d) {
		add("")
	}
	if len(names) < 2 {
		return taxMarks{}
	}
	letter := 0
	for _, name := range names {
		if name != "" {
			marks[name] = markLetter(letter)
			letter++
		}
	}
	return marks
}

func someUntaxed(d *flow.Document) bool {
	for _, e := range d.Entities {
		for _, s := range e.Sections {
			for _, line := range s.Lines {
				if line.TaxName == "" {
					return true
				}
			}
		}
	}
	return false
}

func markLetter(n int) string {
	if n < 26 {
		return string(rune('A' + n))
	}
	return strconv.Itoa(n + 1)
}

func (m taxMarks) of(name string) string { return m[name] }

// reason says why a tax of nothing is nothing.
func (t *letter) reason(tax *flow.DocumentTax) string {
	switch tax.Category {
	case billing.ReverseCharge:
		return t.l.words.reverseCharge
	case billing.Exempt:
		return t.l.words.exempt
	case billing.ZeroRated:
		return t.l.words.zeroRated
	case billing.Standard:
	}
	return ""
}

// entityName is the name of an entity of the document.
func (t *letter) entityName(account billing.AccountID) string {
	for i := range t.d.Entities {
		if t.d.Entities[i].Account == account {
			return printed(t.d.Entities[i].Name)
		}
	}
	return printed(string(account))
}

// entityTotals is one row of the overview, in minor units.
type entityTotals struct{ net, tax, total money.Amount }

// totalsByEntity splits net and tax by entity, and says whether the parts are
// the document's: only then are they shown.
func (t *letter) totalsByEntity() ([]entityTotals, bool) {
	d := t.d
	nothing := money.NewAmount(0, d.Currency)
	rows := make([]entityTotals, len(d.Entities))
	net, tax := nothing, nothing
	for i := range d.Entities {
		e := &d.Entities[i]
		if e.Subtotal.Currency() != d.Currency {
			return nil, false
		}
		rows[i] = entityTotals{e.Subtotal, nothing, e.Subtotal}
		for _, x := range d.Taxes {
			if x.Account != e.Account {
				continue
			}
			if x.Tax.Currency() != d.Currency {
				return nil, false
			}
			rows[i].tax = rows[i].tax.Add(x.Tax)
			if x.Included {
				rows[i].net = rows[i].net.Sub(x.Tax)
			} else {
				rows[i].total = rows[i].total.Add(x.Tax)
			}
		}
		net, tax = net.Add(rows[i].net), tax.Add(rows[i].tax)
	}
	return rows, net == d.Net && tax == d.Tax
}

package document

import (
	"prorata/core/money"
	"prorata/flow"
)

// sumTable is a small table: text at the left, up to three figures at the right.
type sumTable struct {
	left, right float64
	// ends are the right edges of the figures, first to last.
	ends []float64
	head tableHead
	size float64
}

const sumColumnMin = 74.0

// sumTable fits the columns to their names and figures.
func (t *letter) sumTable(label string, names []string, figures [][]string, currency bool) *sumTable {
	s := &sumTable{left: t.paper.left(), right: t.paper.right(), ends: make([]float64, len(names)), size: bodyStyle.size}
	widths := make([]float64, len(names))
	for ; s.size > 4; s.size -= 0.5 {
		total := 0.0
		for i, name := range names {
			widths[i] = max(sumColumnMin, smallStyle.width(name)+40)
			for _, row := range figures {
				widths[i] = max(widths[i], bold.width(row[i], s.size)+2*gutter)
			}
			total += widths[i]
		}
		if s.right-s.left-total > descriptionMin {
			break
		}
	}
	x := s.right
	for i := len(names) - 1; i >= 0; i-- {
		s.ends[i] = x
		x -= widths[i]
	}
	code := t.d.Currency.String()
	s.head = tableHead{height: 21, draw: func(p *page, y float64) {
		p.text(s.left, y+9, label, style{bold, smallStyle.size, ink})
		for i, name := range names {
			right := s.ends[i]
			if currency && i == len(names)-1 {
				p.textRight(right, y+9, code, smallStyle)
				right -= smallStyle.width(" " + code)
			}
			p.textRight(right, y+9, name, smallStyle)
		}
		p.rule(s.left, y+14, s.right-s.left, 0.6, ink)
	}}
	return s
}

// row is one row: a text, what is said small below it, and its figures.
func (s *sumTable) row(text string, below, figures []string) block {
	textRight := s.right
	for i, f := range figures {
		if f != "" {
			textRight = min(textRight, s.ends[i]-regular.width(f, s.size)-gutter)
		}
	}
	width := max(textRight-s.left, sumColumnMin)
	lines, _ := cut(text, bodyStyle.face, bodyStyle.size, width, 3)
	var small []string
	for _, b := range below {
		part, _ := cut(b, smallStyle.face, smallStyle.size, width, 3)
		small = append(small, part...)
	}
	height := float64(len(lines))*bodyStyle.leading() + float64(len(small))*smallStyle.leading() + 3.5
	draw := func(p *page, y float64) {
		for i, f := range figures {
			p.textRight(s.ends[i], y+bodyStyle.size, f, style{regular, s.size, ink})
		}
		for _, line := range lines {
			p.text(s.left, y+bodyStyle.size, line, bodyStyle)
			y += bodyStyle.leading()
		}
		for _, line := range small {
			p.text(s.left, y+smallStyle.size, line, smallStyle)
			y += smallStyle.leading()
		}
	}
	return block{height: height, table: &s.head, draw: draw}
}

// sum is the last row, ruled above.
func (s *sumTable) sum(label string, figures []string) block {
	draw := func(p *page, y float64) {
		p.rule(s.left, y+1, s.right-s.left, 0.5, muted)
		p.text(s.left, y+5+bodyStyle.size, label, strongStyle)
		for i, f := range figures {
			p.textRight(s.ends[i], y+5+bodyStyle.size, f, style{bold, s.size, ink})
		}
	}
	return block{height: 20, table: &s.head, draw: draw}
}

// space is air between parts.
func space(height float64) block { return block{height: height} }

// overview is, on a consolidated document, what each entity takes of the total.
func (t *letter) overview() []block {
	if !t.d.Consolidated || len(t.d.Entities) < 2 {
		return nil
	}
	w := &t.l.words
	totals, exact := t.totalsByEntity()
	names := []string{w.subtotal}
	figures := make([][]string, len(t.d.Entities))
	for i := range t.d.Entities {
		figures[i] = []string{t.l.amount(t.d.Entities[i].Subtotal)}
	}
	if exact {
		names = []string{w.net, w.tax, w.total}
		for i, x := range totals {
			figures[i] = []string{t.l.amount(x.net), t.l.amount(x.tax), t.l.amount(x.total)}
		}
	}
	sums := []string{t.l.amount(t.d.Net)}
	if exact {
		sums = []string{t.l.amount(t.d.Net), t.l.amount(t.d.Tax), t.l.amount(t.d.Total)}
	}
	s := t.sumTable(w.entities, names, append(figures, sums), true)
	var blocks []block
	for i := range t.d.Entities {
		blocks = append(blocks, s.row(printed(t.d.Entities[i].Name), nil, figures[i]))
	}
	if exact {
		glue(blocks)
		blocks = append(blocks, s.sum(w.total, sums))
	}
	return append(blocks, space(14))
}

// closing is the tax summary and the totals, on one page where that can be.
func (t *letter) closing(taxes taxMarks) []block {
	blocks := []block{space(14)}
	blocks = append(blocks, t.taxSummary(taxes)...)
	const together = 8
	for i := max(0, len(blocks)-together); i < len(blocks); i++ {
		blocks[i].keep = true
	}
	return append(blocks, t.totals())
}

func (t *letter) taxSummary(marks taxMarks) []block {
	if len(t.d.Taxes) == 0 {
		return nil
	}
	w := &t.l.words
	figures := make([][]string, len(t.d.Taxes))
	for i := range t.d.Taxes {
		x := &t.d.Taxes[i]
		figures[i] = []string{t.l.rate(x.Percent), t.l.amount(x.Net), t.l.amount(x.Tax)}
	}
	s := t.sumTable(w.taxes, []string{w.rate, w.taxable, w.tax}, figures, true)
	var blocks []block
	for i := range t.d.Taxes {
		x := &t.d.Taxes[i]
		text := printed(x.Name)
		if mark := marks.of(x.Name); mark != "" {
			text = mark + "  " + text
		}
		blocks = append(blocks, s.row(text, t.taxNotes(x), figures[i]))
	}
	return blocks
}

// taxNotes are what must be said of a tax beside its figures.
func (t *letter) taxNotes(x *flow.DocumentTax) []string {
	var notes []string
	if t.d.Consolidated && x.Account != "" {
		notes = append(notes, t.entityName(x.Account))
	}
	if reason := t.reason(x); reason != "" {
		notes = append(notes, reason)
	}
	if x.Included && !x.Tax.IsZero() {
		notes = append(notes, t.l.words.included)
	}
	return notes
}

const (
	totalRowHeight  = 14.0
	totalLastHeight = 24.0
)

// totals are net, tax and, ruled above, the total.
func (t *letter) totals() block {
	w, d := &t.l.words, t.d
	type sum struct {
		label  string
		amount money.Amount
	}
	var sums []sum
	if len(d.Taxes) > 0 || !d.Tax.IsZero() {
		sums = []sum{{w.net, d.Net}, {w.tax, d.Tax}}
	}
	right := t.paper.right()
	left := t.paper.left() + headSplit
	total := style{bold, 11, ink}
	height := 8 + float64(len(sums))*totalRowHeight + totalLastHeight
	draw := func(p *page, y float64) {
		y += 8
		for _, s := range sums {
			p.text(left, y+9, s.label, bodyStyle)
			p.textRight(right, y+9, t.l.amount(s.amount), bodyStyle)
			y += totalRowHeight
		}
		p.rule(left, y+1, right-left, 0.9, ink)
		p.text(left, y+16, w.total, total)
		p.text(left+total.width(w.total)+5, y+16, d.Currency.String(), style{regular, 8.5, muted})
		p.textRight(right, y+16, t.l.amount(d.Total), total)
	}
	return block{height: height, draw: draw}
}

const (
	notesWidth        = 400.0
	noteLinesPerBlock = 6
)

// notes are the document's own, and what the head had no room for.
func (t *letter) notes() []block {
	var blocks []block
	for _, note := range append(append([]string{}, t.d.Notes...), t.spill...) {
		text := printable(note)
		if oneLine(text) == "" {
			continue
		}
		if len(blocks) == 0 {
			blocks = append(blocks, space(10), t.notesHeading())
		}
		lines := wrap(text, bodyStyle.face, bodyStyle.size, notesWidth)
		for len(lines) > 0 {
			n := min(len(lines), noteLinesPerBlock)
			blocks = append(blocks, t.noteBlock(lines[:n]))
			lines = lines[n:]
		}
		blocks[len(blocks)-1].height += rowPadding
	}
	return blocks
}

func (t *letter) notesHeading() block {
	draw := func(p *page, y float64) {
		p.text(t.paper.left(), y+9, t.l.words.notes, style{bold, smallStyle.size, ink})
	}
	return block{height: 15, keep: true, draw: draw}
}

func (t *letter) noteBlock(lines []string) block {
	draw := func(p *page, y float64) {
		for _, line := range lines {
			p.text(t.paper.left(), y+bodyStyle.size, line, bodyStyle)
			y += bodyStyle.leading()
		}
	}
	return block{height: float64(len(lines)) * bodyStyle.leading(), draw: draw}
}

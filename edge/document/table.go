package document

import (
	"strings"
	"unicode"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
)

// row is a line as the table shows it.
type row struct {
	description                       string
	period, quantity, price, per, off string
	amount, tax                       string
	// arithmetic shows how the amount came about where quantity × price does not.
	arithmetic []string
}

// table is the table of lines: where its columns stand, fitted to what is in them.
type table struct {
	l    *language
	head tableHead
	// figure is the style of numbers.
	figure style
	// inset says that periods stand under descriptions, for want of width.
	inset               bool
	left, right         float64
	descriptionWidth    float64
	periodX             float64
	quantity, price     decimals
	perX, priceEnd      float64
	offRight            float64
	taxX                float64
	amountRight         float64
	amountLeft          float64
	hasPeriod, hasPrice bool
	hasOff, hasTax      bool
	currency            string
}

// decimals is a column of numbers with decimals under decimals.
type decimals struct {
	// right is where the longest fraction ends.
	right float64
	// whole and part are the widths before and from the point on.
	whole, part float64
}

func (c *decimals) measure(l *language, text string, s style) {
	whole, part := splitPoint(l, text)
	c.whole, c.part = max(c.whole, s.width(whole)), max(c.part, s.width(part))
}

func (c *decimals) set(p *page, l *language, y float64, text string, s style) {
	whole, _ := splitPoint(l, text)
	p.text(c.right-c.part-s.width(whole), y, text, s)
}

func splitPoint(l *language, text string) (whole, part string) {
	if at := strings.LastIndex(text, l.point); at >= 0 {
		return text[:at], text[at:]
	}
	return text, ""
}

// perGap stands between a price and what it is per.
const perGap = 3.0

// descriptionMin is the width that a description needs to be read with ease.
const descriptionMin = 118.0

// fit lays out the columns for all rows and sums of the document. Where numbers
// are very long they are set smaller, and periods under descriptions.
func (t *letter) fit(rows []row, sums []string) *table {
	tries := []struct {
		size  float64
		inset bool
	}{{8.5, false}, {8, false}, {7.5, false}, {8, true}, {7, true}, {6, true}, {5, true}, {4, true}}
	var fitted *table
	for _, try := range tries {
		fitted = t.columns(rows, sums, try.size, try.inset)
		if fitted.descriptionWidth >= descriptionMin {
			break
		}
	}
	fitted.head = tableHead{height: 21, draw: fitted.drawHead}
	return fitted
}

// columns places the columns from right to left.
func (t *letter) columns(rows []row, sums []string, size float64, inset bool) *table {
	w := &t.l.words
	b := &table{l: &t.l, figure: style{regular, size, ink}, inset: inset, left: t.paper.left(), right: t.paper.right(), currency: t.d.Currency.String()}
	amount := smallStyle.width(w.amount + " " + b.currency)
	off, period := smallStyle.width(w.discount), smallStyle.width(w.period)
	per, tax := 0.0, smallStyle.width(w.tax)
	sum := style{bold, size, ink}
	for _, text := range sums {
		amount = max(amount, sum.width(text))
	}
	for _, r := range rows {
		amount = max(amount, b.figure.width(r.amount))
		off = max(off, b.figure.width(r.off))
		period = max(period, b.figure.width(r.period))
		if r.per != "" {
			per = max(per, smallStyle.width(r.per)+perGap)
		}
		b.quantity.measure(b.l, r.quantity, b.figure)
		b.price.measure(b.l, r.price, b.figure)
		b.hasPeriod = b.hasPeriod || r.period != ""
		b.hasPrice = b.hasPrice || r.price != ""
		b.hasOff = b.hasOff || r.off != ""
		b.hasTax = b.hasTax || r.tax != ""
	}
	b.amountRight = b.right
	x := b.right - amount - gutter
	b.amountLeft = b.right - amount
	if b.hasTax {
		b.taxX = x - tax
		x -= tax + gutter
	}
	if b.hasOff {
		b.offRight = x
		x -= off + gutter
	}
	if b.hasPrice {
		b.perX, b.priceEnd = x-per, x
		b.price.right = b.perX
		x -= max(b.price.whole+b.price.part+per, smallStyle.width(w.unitPrice)) + gutter
	}
	b.quantity.right = x
	x -= max(b.quantity.whole+b.quantity.part, smallStyle.width(w.quantity)) + gutter
	if b.hasPeriod && !inset {
		b.periodX = x - period
		x -= period + gutter
	}
	b.descriptionWidth = x - b.left
	return b
}

func (b *table) drawHead(p *page, y float64) {
	w, base := &b.l.words, y+9
	p.text(b.left, base, w.description, smallStyle)
	if b.hasPeriod && !b.inset {
		p.text(b.periodX, base, w.period, smallStyle)
	}
	p.textRight(b.quantity.right, base, w.quantity, smallStyle)
	if b.hasPrice {
		p.textRight(b.priceEnd, base, w.unitPrice, smallStyle)
	}
	if b.hasOff {
		p.textRight(b.offRight, base, w.discount, smallStyle)
	}
	if b.hasTax {
		p.text(b.taxX, base, w.tax, smallStyle)
	}
	p.textRight(b.amountRight-smallStyle.width(" "+b.currency), base, w.amount, smallStyle)
	p.textRight(b.amountRight, base, b.currency, smallStyle)
	p.rule(b.left, y+14, b.right-b.left, 0.6, ink)
}

// rowPadding is the air under a row.
const rowPadding = 4.0

// linesPerBlock is how much of a long description stays together.
const linesPerBlock = 12

// row gives the blocks of a line: one, or several where its description is long.
func (b *table) row(r row, context string) []block {
	s := bodyStyle
	if b.figure.size < s.size {
		s.size = max(b.figure.size, 7)
	}
	lines := wrap(r.description, s.face, s.size, b.descriptionWidth)
	styles := make([]style, len(lines))
	for i := range styles {
		styles[i] = s
	}
	add := func(text string) {
		for _, line := range wrap(text, smallStyle.face, smallStyle.size, b.descriptionWidth) {
			lines, styles = append(lines, line), append(styles, smallStyle)
		}
	}
	if b.inset && r.period != "" {
		add(r.period)
	}
	for _, text := range r.arithmetic {
		add(text)
	}
	var blocks []block
	for first := true; first || len(lines) > 0; first = false {
		n := min(len(lines), linesPerBlock)
		blocks = append(blocks, b.rowBlock(r, lines[:n], styles[:n], first, context))
		lines, styles = lines[n:], styles[n:]
	}
	blocks[len(blocks)-1].height += rowPadding
	return blocks
}

func (b *table) rowBlock(r row, lines []string, styles []style, first bool, context string) block {
	height := 0.0
	for _, s := range styles {
		height += s.leading()
	}
	draw := func(p *page, y float64) {
		if first {
			b.figures(p, y+bodyStyle.size, r)
		}
		for i, line := range lines {
			p.text(b.left, y+styles[i].size, line, styles[i])
			y += styles[i].leading()
		}
	}
	return block{height: max(height, bodyStyle.leading()), table: &b.head, context: context, draw: draw}
}

// figures sets the columns beside a description.
func (b *table) figures(p *page, y float64, r row) {
	if !b.inset {
		p.text(b.periodX, y, r.period, b.figure)
	}
	b.quantity.set(p, b.l, y, r.quantity, b.figure)
	if r.price != "" {
		b.price.set(p, b.l, y, r.price, b.figure)
		p.text(b.perX+perGap, y, r.per, smallStyle)
	}
	if b.hasOff {
		p.textRight(b.offRight, y, r.off, b.figure)
	}
	p.text(b.taxX, y, r.tax, smallStyle)
	p.textRight(b.amountRight, y, r.amount, b.figure)
}

// row is a line of the document in the words of its language.
func (t *letter) row(line *flow.DocumentLine, taxes taxMarks) row {
	l := &t.l
	r := row{
		period: printable(l.period(line.From, line.To)),
		amount: l.amount(line.Amount),
		tax:    taxes.of(line.TaxName),
	}
	// What is credited is an amount, and no seats.
	if line.Kind != billing.LineCredit {
		r.quantity = l.quantity(line.Quantity)
	}
	r.description = withoutPeriod(printable(described(t.d, "", line)), r.period)
	if line.Priced {
		r.price = l.price(line.UnitPrice, t.d.Currency)
		if unit := l.unit(line.PriceUnit); unit != "" {
			r.per = printed("/ " + unit)
		}
	}
	if !line.Priced || !multiplies(line) {
		r.arithmetic = l.arithmetic(line.Arithmetic)
	}
	if !line.Discount.IsZero() {
		r.off = l.amount(line.Discount.Neg())
	}
	return r
}

// withoutPeriod leaves out of a description the period at its end, which has a
// column of its own.
func withoutPeriod(description, period string) string {
	rest, found := strings.CutSuffix(description, period)
	rest = strings.TrimRight(rest, " ,")
	if !found || period == "" || rest == "" {
		return description
	}
	return rest
}

// multiplies says whether the line's gross is its quantity times its price.
func multiplies(line *flow.DocumentLine) bool {
	product, err := money.RoundTo(line.Quantity.Ratio().Mul(line.UnitPrice.Ratio()), line.Gross.Currency())
	return err == nil && product == line.Gross
}

// arithmetic sets a sum with the reader's points. A sum with words in it, which
// are English, is left out elsewhere; the figures beside it say the same.
func (l *language) arithmetic(sum string) []string {
	if sum = oneLine(sum); !strings.ContainsAny(sum, "×÷=") || (l.code != english.code && strings.ContainsFunc(sum, unicode.IsLower)) {
		return nil
	}
	return []string{printable(l.points(sum))}
}

// points puts the language's point between digits and a real minus before them.
func (l *language) points(text string) string {
	digit := func(i int) bool { return i >= 0 && i < len(text) && text[i] >= '0' && text[i] <= '9' }
	var b strings.Builder
	for i := range len(text) {
		switch {
		case text[i] == '.' && digit(i-1) && digit(i+1):
			b.WriteString(l.point)
		case text[i] == '-' && !digit(i-1) && digit(i+1):
			b.WriteString(minus)
		default:
			b.WriteByte(text[i])
		}
	}
	return b.String()
}

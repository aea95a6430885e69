package document

// paper is the size of a sheet, in points.
type paper struct {
	name          string
	width, height float64
	// foot is the room that the seller's own footer takes.
	foot float64
}

var (
	a4       = paper{name: "A4", width: 595.28, height: 841.89}
	usLetter = paper{name: "Letter", width: 612, height: 792}
)

// The page's frame, in points.
const (
	marginSide   = 54.0
	marginTop    = 48.0
	marginBottom = 62.0
	footerUp     = 34.0
	gutter       = 10.0
)

func (p paper) left() float64   { return marginSide }
func (p paper) right() float64  { return p.width - marginSide }
func (p paper) bottom() float64 { return p.height - marginBottom - p.foot }

// colour is red, green, blue.
type colour [3]uint8

var (
	ink      = colour{0x1c, 0x1e, 0x21}
	muted    = colour{0x5c, 0x63, 0x6b}
	hairline = colour{0xcf, 0xd4, 0xd9}
	alarm    = colour{0xb4, 0x23, 0x18}
	shadow   = colour{0xf6, 0xdd, 0xda}
)

// style is how a text is set.
type style struct {
	face  face
	size  float64
	color colour
}

func (s style) width(text string) float64 { return s.face.width(text, s.size) }

// The styles of a document: one typeface in few sizes.
var (
	titleStyle   = style{bold, 20, ink}
	bigStyle     = style{bold, 18, ink}
	headingStyle = style{bold, 10.5, ink}
	strongStyle  = style{bold, 8.5, ink}
	bodyStyle    = style{regular, 8.5, ink}
	mutedStyle   = style{regular, 8.5, muted}
	detailStyle  = style{regular, 8, muted}
	smallStyle   = style{regular, 7.5, muted}
	alarmStyle   = style{bold, 8.5, alarm}
)

// leading is the distance of lines of a size.
const leading = 1.35

func (s style) leading() float64 { return s.size * leading }

// mark is one thing on a page: a text or, without one, a rule or the logo.
type mark struct {
	// x, y is the start of a text's baseline, or a rule's left end.
	x, y  float64
	text  string
	style style
	// width is a rule's length, or a logo's width; weight the rule's thickness.
	width, weight float64
	// height is the logo's.
	height float64
	kind   markKind
}

type markKind uint8

const (
	textMark markKind = iota
	ruleMark
	logoMark
	// watermark is a large text across the page, under all else.
	watermark
)

// page is what one sheet carries, in the order of drawing.
type page struct{ marks []mark }

// text sets a text from x, its baseline at y.
func (p *page) text(x, y float64, text string, s style) {
	if text != "" {
		p.marks = append(p.marks, mark{x: x, y: y, text: text, style: s})
	}
}

// textRight sets a text that ends at x.
func (p *page) textRight(x, y float64, text string, s style) {
	p.text(x-s.width(text), y, text, s)
}

// rule draws a horizontal line.
func (p *page) rule(x, y, width, weight float64, c colour) {
	p.marks = append(p.marks, mark{kind: ruleMark, x: x, y: y, width: width, weight: weight, style: style{color: c}})
}

// block is a piece that stands on one page.
type block struct {
	height float64
	// keep holds it on the page of the block after it.
	keep bool
	// table is the table whose head stands above it on every page; nil outside.
	table *tableHead
	// ruled draws a hairline above, unless a table's head ends there.
	ruled bool
	// context is repeated, as continued, where a page begins inside it.
	context string
	// draw sets the block with its top at y.
	draw func(p *page, y float64)
}

// tableHead is the row of column names.
type tableHead struct {
	height float64
	draw   func(p *page, y float64)
}

// composer lays blocks on pages.
type composer struct {
	paper paper
	pages []*page
	// y is where the next block begins on the last page.
	y float64
	// fresh says that nothing of the flow stands on the last page.
	fresh bool
	// table is the table whose head stands on the last page; top says that nothing
	// stands under it yet.
	table *tableHead
	top   bool
	// begin prepares a page after the first and says where its flow begins.
	begin func(p *page) float64
	// resume writes the line that says what a page continues; its height is resumeHeight.
	resume func(p *page, y float64, context string)
}

const resumeHeight = 14.0

func (c *composer) last() *page { return c.pages[len(c.pages)-1] }

// flow lays the blocks in order. What is kept together goes to the next page
// together, unless it is longer than a page.
func (c *composer) flow(blocks []block) {
	for len(blocks) > 0 {
		n := 1
		for n < len(blocks) && blocks[n-1].keep {
			n++
		}
		if !c.fits(blocks[:n]) && !c.fresh {
			c.turn(blocks[0])
		}
		for _, b := range blocks[:n] {
			if !c.fits([]block{b}) && !c.fresh {
				c.turn(b)
			}
			c.place(b)
		}
		blocks = blocks[n:]
	}
}

// fits says whether the blocks, with the heads they need, end above the margin.
func (c *composer) fits(blocks []block) bool {
	y, table := c.y, c.table
	for _, b := range blocks {
		if b.table != nil && b.table != table {
			y += b.table.height
		}
		table = b.table
		y += b.height
	}
	return y <= c.paper.bottom()
}

// turn begins a new page for the block.
func (c *composer) turn(next block) {
	p := &page{}
	c.pages = append(c.pages, p)
	c.y, c.fresh, c.table, c.top = c.begin(p), true, nil, false
	if next.table != nil {
		c.head(next.table)
	}
	if next.context != "" {
		c.resume(p, c.y, next.context)
		c.y += resumeHeight
	}
}

func (c *composer) head(table *tableHead) {
	table.draw(c.last(), c.y)
	c.y += table.height
	c.table, c.top = table, true
}

func (c *composer) place(b block) {
	if b.table != nil && b.table != c.table {
		c.head(b.table)
	}
	if b.ruled && !c.top {
		c.last().rule(c.paper.left(), c.y+2, c.paper.right()-c.paper.left(), 0.5, hairline)
	}
	c.table, c.top = b.table, false
	if b.draw != nil {
		b.draw(c.last(), c.y)
	}
	c.y += b.height
	c.fresh = false
}

// glue keeps the last block so far with the next one.
func glue(blocks []block) {
	if len(blocks) > 0 {
		blocks[len(blocks)-1].keep = true
	}
}

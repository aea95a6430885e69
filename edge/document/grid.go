package document

// grid is a table of texts: its columns are as wide as what is in them, and one
// takes the rest of the page.
type grid struct {
	left, right float64
	columns     []gridColumn
	head        tableHead
}

// gridColumn is a column of a grid.
type gridColumn struct {
	title string
	// right sets its texts at its right edge, rest gives it what the others leave.
	right, rest bool
	x, width    float64
}

// gridRow is a row of a grid. Below stands under its cells over the whole width;
// strong sets it bold.
type gridRow struct {
	cells  []string
	below  string
	strong bool
}

func (r *gridRow) style() style {
	if r.strong {
		return strongStyle
	}
	return bodyStyle
}

// gridCaps bound the columns that do not take the rest, wider ones first; what is
// wider still is wrapped.
var gridCaps = [...]float64{170, 130, 100, 80, 64, 52}

// newGrid fits the columns to the rows; every text in them is printable.
func (t *letter) newGrid(columns []gridColumn, rows []gridRow) *grid {
	g := &grid{left: t.paper.left(), right: t.paper.right(), columns: columns}
	rest := 0.0
	for _, most := range gridCaps {
		if rest = g.fit(rows, most); rest >= descriptionMin {
			break
		}
	}
	x := g.left
	for i := range g.columns {
		c := &g.columns[i]
		if c.rest {
			c.width = rest
		}
		c.x = x
		x += c.width + gutter
	}
	g.head = tableHead{height: 21, draw: g.drawHead}
	return g
}

// fit sets the columns' widths, none above most, and gives what is left.
func (g *grid) fit(rows []gridRow, most float64) float64 {
	rest := g.right - g.left
	for i := range g.columns {
		c := &g.columns[i]
		rest -= gutter
		if c.rest {
			continue
		}
		c.width = smallStyle.width(c.title)
		for j := range rows {
			c.width = max(c.width, rows[j].style().width(rows[j].cells[i]))
		}
		// A hair more, so that a text that just fits is not wrapped.
		c.width = min(c.width+0.1, most)
		rest -= c.width
	}
	return rest + gutter
}

func (g *grid) drawHead(p *page, y float64) {
	for i := range g.columns {
		c := &g.columns[i]
		if c.right {
			p.textRight(c.x+c.width, y+9, c.title, smallStyle)
		} else {
			p.text(c.x, y+9, c.title, smallStyle)
		}
	}
	p.rule(g.left, y+14, g.right-g.left, 0.6, ink)
}

// rows are the blocks of all rows; context is repeated where a page begins inside them.
func (g *grid) rows(rows []gridRow, context string) []block {
	var blocks []block
	for i := range rows {
		blocks = append(blocks, g.row(&rows[i], context)...)
	}
	return blocks
}

// row is a row as one block, or as several where a text of it is long.
func (g *grid) row(r *gridRow, context string) []block {
	s := r.style()
	cells, high := make([][]string, len(g.columns)), 1
	for i := range g.columns {
		cells[i] = wrap(r.cells[i], s.face, s.size, g.columns[i].width)
		high = max(high, len(cells[i]))
	}
	var blocks []block
	for from := 0; from < high; from += linesPerBlock {
		to := min(high, from+linesPerBlock)
		blocks = append(blocks, block{height: float64(to-from) * s.leading(), table: &g.head, context: context, ruled: from == 0,
			draw: func(p *page, y float64) { g.cells(p, y, s, cells, from, to) }})
	}
	blocks[0].height += rowPadding
	if r.below != "" {
		glue(blocks)
		blocks = append(blocks, g.below(r.below, context)...)
	}
	blocks[len(blocks)-1].height += rowPadding
	return blocks
}

// cells sets the lines from from to to of each cell, the first row's under some air.
func (g *grid) cells(p *page, y float64, s style, cells [][]string, from, to int) {
	if from == 0 {
		y += rowPadding
	}
	for i, lines := range cells {
		c := &g.columns[i]
		for n := from; n < min(to, len(lines)); n++ {
			base := y + float64(n-from)*s.leading() + s.size
			if c.right {
				p.textRight(c.x+c.width, base, lines[n], s)
			} else {
				p.text(c.x, base, lines[n], s)
			}
		}
	}
}

// below is what stands under a row, small, set in from the left.
func (g *grid) below(text, context string) []block {
	s := smallStyle
	lines := wrap(text, s.face, s.size, g.right-g.left-2*gutter)
	var blocks []block
	for len(lines) > 0 {
		part := lines[:min(len(lines), linesPerBlock)]
		lines = lines[len(part):]
		blocks = append(blocks, block{height: float64(len(part)) * s.leading(), table: &g.head, context: context, draw: func(p *page, y float64) {
			for _, line := range part {
				p.text(g.left+2*gutter, y+s.size, line, s)
				y += s.leading()
			}
		}})
	}
	return blocks
}

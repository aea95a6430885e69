package chart

import (
	"fmt"
	"html"
)

// Steps draws the first series as a stair: one tread for each label, as wide as its
// place, and a riser where the next is another.
func (c Chart) Steps() string { return c.figure(drawSteps) }

func drawSteps(c *Chart, p *picture) {
	least, most := c.extent()
	p.scale = newScale(least, most, axisMarks)
	p.axes(c)
	values := c.Series[0].Values
	p.WriteString(`<polyline class="line" points="`)
	for i, v := range values {
		middle, width := p.slot(i, len(values))
		fmt.Fprintf(p, "%.1f,%.1f %.1f,%.1f ", middle-width/2, p.y(v), middle+width/2, p.y(v))
	}
	p.WriteString(`"/>`)
	for i, v := range values {
		middle, _ := p.slot(i, len(values))
		if (len(values)-1-i)%p.every == 0 {
			fmt.Fprintf(p, `<text class="label" x="%.1f" y="%.1f">%s</text>`, middle, p.y(v)-6, html.EscapeString(c.Series[0].Texts[i]))
		}
	}
	p.marks(c)
}

package chart

import (
	"fmt"
	"html"
)

func drawLine(c *Chart, p *picture) {
	least, most := c.extent()
	p.scale = newScale(least, most, axisMarks)
	p.axes(c)
	values := c.Series[0].Values
	p.WriteString(`<polyline class="line" points="`)
	for i, v := range values {
		middle, _ := p.slot(i, len(values))
		fmt.Fprintf(p, "%.1f,%.1f ", middle, p.y(v))
	}
	p.WriteString(`"/>`)
	for i, v := range values {
		middle, _ := p.slot(i, len(values))
		fmt.Fprintf(p, `<circle class="dot" cx="%.1f" cy="%.1f" r="3.5"/>`, middle, p.y(v))
	}
	if last := len(values) - 1; p.width == wideWidth {
		middle, _ := p.slot(last, len(values))
		fmt.Fprintf(p, `<text class="name" x="%.1f" y="%.1f">%s</text>`, middle+10, p.y(values[last])+4, html.EscapeString(c.Series[0].Texts[last]))
	}
	p.marks(c)
}

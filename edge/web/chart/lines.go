package chart

import (
	"fmt"
	"html"
)

// Lines draws a line through the values of each series, the first on top: for what is
// compared with something else, drawn in grey.
func (c Chart) Lines() string { return c.figure(drawLines) }

// lineNamesApart is how far the names at the ends of two lines are kept from each other.
const lineNamesApart = 15

func drawLines(c *Chart, p *picture) {
	var least, most int64
	for _, s := range c.Series {
		for _, v := range s.Values {
			least, most = min(least, v), max(most, v)
		}
	}
	p.scale = newScale(least, most, axisMarks)
	p.axes(c)
	for n := len(c.Series) - 1; n >= 0; n-- {
		s := &c.Series[n]
		fmt.Fprintf(p, `<polyline class="line line-%s" points="`, s.Tone.class())
		for i, v := range s.Values {
			middle, _ := p.slot(i, len(s.Values))
			fmt.Fprintf(p, "%.1f,%.1f ", middle, p.y(v))
		}
		p.WriteString(`"/>`)
	}
	p.namesOf(c)
	p.marks(c)
}

// namesOf are the series' names at the ends of their lines, apart from each other: beside
// the end where there is room, else over the higher line and under the lower one.
func (p *picture) namesOf(c *Chart) {
	last := len(c.Labels) - 1
	middle, _ := p.slot(last, len(c.Labels))
	if p.width != wideWidth {
		p.namesWithin(c, last, middle)
		return
	}
	var taken []float64
	for i := range c.Series {
		s := &c.Series[i]
		y := p.y(s.Values[last]) + 4
		for _, other := range taken {
			if apart := y - other; apart > -lineNamesApart && apart < lineNamesApart {
				if y = other + lineNamesApart; y > p.bottom+4 {
					y = other - lineNamesApart
				}
			}
		}
		taken = append(taken, y)
		fmt.Fprintf(p, `<text class="name name-%s" x="%.1f" y="%.1f">%s</text>`, s.Tone.class(), middle+8, y, html.EscapeString(s.Name))
	}
}

func (p *picture) namesWithin(c *Chart, last int, middle float64) {
	for i := range c.Series {
		s := &c.Series[i]
		highest := i
		for j := range c.Series {
			if c.Series[j].Values[last] > c.Series[highest].Values[last] {
				highest = j
			}
		}
		y := p.y(s.Values[last]) - 7
		if i != highest {
			if y = p.y(s.Values[last]) + 15; y > p.bottom-3 {
				y = p.bottom - 4
			}
		}
		fmt.Fprintf(p, `<text class="name name-%s name-within" x="%.1f" y="%.1f">%s</text>`, s.Tone.class(), middle, y, html.EscapeString(s.Name))
	}
}

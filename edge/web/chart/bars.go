package chart

import (
	"fmt"
	"html"
	"slices"
)

// The marks of an axis, about; the widest a bar gets, and how little of it is drawn
// where there is something.
const (
	axisMarks   = 4
	barWidest   = 48
	barShare    = 0.62
	barLeastTop = 1
)

// extent is the least and the most of the first series.
func (c *Chart) extent() (least, most int64) {
	for _, s := range c.Series[:min(1, len(c.Series))] {
		for _, v := range s.Values {
			least, most = min(least, v), max(most, v)
		}
	}
	return least, most
}

func drawBars(c *Chart, p *picture) {
	p.right = p.width - 8
	least, most := c.extent()
	p.scale = newScale(least, most, axisMarks)
	p.axes(c)
	for i := range c.Labels {
		p.bar(i, len(c.Labels), 0, c.Series[0].Values[i], c.Series[0].Tone)
	}
	p.marks(c)
}

// bar draws a bar between two values.
func (p *picture) bar(i, of int, from, to int64, tone Tone) {
	if from == to {
		return
	}
	middle, slot := p.slot(i, of)
	width := min(slot*barShare, barWidest)
	top, bottom := p.y(max(from, to)), p.y(min(from, to))
	fmt.Fprintf(p, `<rect class="bar %s" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, tone.class(), middle-width/2, top, width, max(bottom-top, barLeastTop))
}

// stack is how high and how deep the series of a label reach.
func (c *Chart) stack(i int) (down, up int64) {
	for _, s := range c.Series {
		if v := s.Values[i]; v > 0 {
			up += v
		} else {
			down += v
		}
	}
	return down, up
}

func drawStacked(c *Chart, p *picture) {
	var least, most int64
	for i := range c.Labels {
		down, up := c.stack(i)
		least, most = min(least, down), max(most, up)
	}
	p.scale = newScale(least, most, axisMarks)
	p.axes(c)
	for i := range c.Labels {
		var up, down int64
		for _, s := range c.Series {
			from, to := up, up+s.Values[i]
			if s.Values[i] < 0 {
				from, to = down, down+s.Values[i]
				down = to
			} else {
				up = to
			}
			p.bar(i, len(c.Labels), from, to, s.Tone)
		}
	}
	p.names(c)
	p.marks(c)
}

// nameApart is how far apart two names stand.
const nameApart = 16

// names writes the series beside the last label that has them, moved apart where they
// would touch; in a narrow picture, where there is no room beside, the words of a
// mark and the table name them.
func (p *picture) names(c *Chart) {
	if p.width < wideWidth {
		return
	}
	type name struct {
		text string
		tone Tone
		y    float64
	}
	var up, down int64
	var list []name
	last := len(c.Labels) - 1
	for _, s := range c.Series {
		v := s.Values[last]
		if !slices.ContainsFunc(s.Values, func(v int64) bool { return v != 0 }) {
			continue
		}
		at := up + v/2
		if v < 0 {
			at = down + v/2
			down += v
		} else {
			up += v
		}
		list = append(list, name{s.Name, s.Tone, p.y(at)})
	}
	slices.SortStableFunc(list, func(a, b name) int {
		if a.y < b.y {
			return -1
		}
		return 1
	})
	for i := range list {
		if i == 0 {
			list[i].y = max(list[i].y, p.top+4)
			continue
		}
		list[i].y = max(list[i].y, list[i-1].y+nameApart)
	}
	for i := len(list) - 1; i >= 0; i-- {
		most := p.bottom
		if i < len(list)-1 {
			most = list[i+1].y - nameApart
		}
		list[i].y = min(list[i].y, most)
		fmt.Fprintf(p, `<rect class="swatch %s" x="%.1f" y="%.1f" width="8" height="8"/><text class="name" x="%.1f" y="%.1f">%s</text>`,
			list[i].tone.class(), p.right+8, list[i].y-4, p.right+22, list[i].y+4, html.EscapeString(list[i].text))
	}
}

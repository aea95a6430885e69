package chart

import (
	"fmt"
	"html"
	"strings"
)

// Tone is how strongly something is drawn: the hue, lighter, or grey.
type Tone uint8

// The tones.
const (
	Strong Tone = iota
	Soft
	Grey
	Pale
	// Faint is the hue, barely; Outline a line around nothing.
	Faint
	Outline
)

func (t Tone) class() string {
	return [...]string{"strong", "soft", "grey", "pale", "faint", "outline"}[t]
}

// Series is one row of values, one for each label of the chart.
type Series struct {
	Name string
	Tone Tone
	// Values are in whole minor units, Texts the same as people read them.
	Values []int64
	Texts  []string
}

// Chart is a figure and the table of its numbers.
type Chart struct {
	// ID is unique on the page.
	ID string
	// Title says what it shows; About says it in a sentence, for those who cannot see it.
	Title, About string
	// Unit is what the axis counts, such as EUR.
	Unit string
	// Corner is the head of the table's first column, such as Month.
	Corner string
	// Labels stand under the marks, with a second line after a line break; Long names
	// them in full.
	Labels, Long []string
	Series       []Series
	// Digits are those of the currency, for the axis; Point is the reader's decimal sign, a point
	// where it is empty.
	Digits int
	Point  string
}

// The kinds of chart, each drawn by its own file.
type drawing func(c *Chart, p *picture)

// picture is one drawing of a chart at one width.
type picture struct {
	strings.Builder
	// id is the chart's, with the width's ending.
	id                       string
	width, height            float64
	left, right, top, bottom float64
	scale                    scale
	// every says that only each nth label has room.
	every int
}

// The two widths at which a chart is drawn: a page shows the one that fits, so that its
// words stay as large as the page's.
const (
	wideWidth, narrowWidth = 720, 328
	pictureHeight          = 246
	labelLine              = 14
	labelWidthWide         = 44
	labelWidthNarrow       = 40
	axisWidth              = 52
	gutterWide             = 116
)

// Bars draws one bar for each label.
func (c Chart) Bars() string { return c.figure(drawBars) }

// Stacked draws the series of each label on top of each other: what is above nothing
// upwards, what is below downwards.
func (c Chart) Stacked() string { return c.figure(drawStacked) }

// Line draws a line through the values of the first series.
func (c Chart) Line() string { return c.figure(drawLine) }

// figure is the chart at both widths, and its table.
func (c *Chart) figure(draw drawing) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<figure class="chart"><figcaption>%s`, html.EscapeString(c.Title))
	if c.Unit != "" {
		fmt.Fprintf(&b, ` <span class="chart-unit">%s</span>`, html.EscapeString(c.Unit))
	}
	b.WriteString(`</figcaption>`)
	if len(c.Labels) > 0 {
		b.WriteString(c.picture(draw, "wide"))
		b.WriteString(c.picture(draw, "narrow"))
		c.names(&b)
	}
	c.table(&b)
	b.WriteString(`</figure>`)
	return b.String()
}

// names says under a narrow picture which series is which: beside it there is no room.
func (c *Chart) names(b *strings.Builder) {
	if len(c.Series) < 2 {
		return
	}
	b.WriteString(`<p class="chart-names">`)
	for _, s := range c.Series {
		fmt.Fprintf(b, `<span><svg viewBox="0 0 8 8" aria-hidden="true"><rect class="swatch %s" width="8" height="8"/></svg>%s</span> `, s.Tone.class(), html.EscapeString(s.Name))
	}
	b.WriteString(`</p>`)
}

func (c *Chart) picture(draw drawing, size string) string {
	p := &picture{id: c.ID + "-" + size, width: wideWidth, height: pictureHeight, left: axisWidth, top: 12, bottom: pictureHeight - 28 - labelLine}
	p.right = p.width - gutterWide
	labelWidth := float64(labelWidthWide)
	if size == "narrow" {
		p.width, labelWidth = narrowWidth, labelWidthNarrow
		p.right = p.width - 8
	}
	p.every = max(1, int(float64(len(c.Labels))*labelWidth/(p.right-p.left)+0.999))
	fmt.Fprintf(p, `<svg class="chart-%s" viewBox="0 0 %.0f %.0f" role="group" aria-labelledby="%s-t %s-d"><title id="%s-t">%s</title><desc id="%s-d">%s</desc>`,
		size, p.width, p.height, p.id, p.id, p.id, html.EscapeString(c.Title), p.id, html.EscapeString(c.About))
	draw(c, p)
	p.WriteString(`</svg>`)
	return p.String()
}

// slot is the middle of a label's place, and the place's width.
func (p *picture) slot(i, of int) (middle, width float64) {
	width = (p.right - p.left) / float64(of)
	return p.left + width*(float64(i)+0.5), width
}

func (p *picture) y(value int64) float64 { return p.scale.at(value, p.top, p.bottom) }

// axes draws the lines at round numbers with their words, and the labels.
func (p *picture) axes(c *Chart) {
	for _, at := range p.scale.marks() {
		class := "grid"
		if at == 0 {
			class = "zero"
		}
		y := p.y(at)
		fmt.Fprintf(p, `<line class="%s" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, class, p.left, p.right, y, y)
		fmt.Fprintf(p, `<text class="tick" x="%.1f" y="%.1f">%s</text>`, p.left-6, y+4, html.EscapeString(c.axis(at)))
	}
	last := len(c.Labels) - 1
	for i, label := range c.Labels {
		if (last-i)%p.every != 0 {
			continue
		}
		middle, _ := p.slot(i, len(c.Labels))
		first, second, _ := strings.Cut(label, "\n")
		for n, text := range []string{first, second} {
			if text != "" {
				fmt.Fprintf(p, `<text class="label" x="%.1f" y="%.1f">%s</text>`, middle, p.bottom+20+labelLine*float64(n), html.EscapeString(text))
			}
		}
	}
}

// marks are what stands for each label: it can be pointed at and tabbed to, its words
// are read out, and stand beside it then. They come last, so that nothing covers them.
func (p *picture) marks(c *Chart) {
	for i := range c.Labels {
		words := c.words(i)
		middle, width := p.slot(i, len(c.Labels))
		fmt.Fprintf(p, `<g class="mark" tabindex="0" role="img" aria-label="%s">`, html.EscapeString(strings.Join(words, ", ")))
		fmt.Fprintf(p, `<rect class="hit" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, middle-width/2, p.top, width, p.bottom-p.top)
		p.callout(middle, width, words)
		p.WriteString(`</g>`)
	}
}

// callout is the words of a mark in a box of their own, on the side that has room.
func (p *picture) callout(middle, slot float64, words []string) {
	longest := 0
	for _, w := range words {
		longest = max(longest, len([]rune(w)))
	}
	width, height := float64(longest)*7.2+16, float64(len(words))*16+10
	x := middle + slot/2 + 4
	if x+width > p.width-2 {
		x = max(2, middle-slot/2-4-width)
	}
	fmt.Fprintf(p, `<g class="callout"><rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="4"/>`, x, p.top, width, height)
	for n, w := range words {
		class := ""
		if n == 0 {
			class = ` class="head"`
		}
		fmt.Fprintf(p, `<text%s x="%.1f" y="%.1f">%s</text>`, class, x+8, p.top+17+16*float64(n), html.EscapeString(w))
	}
	p.WriteString(`</g>`)
}

// words are what a label stands for: its name, then each series that has something.
func (c *Chart) words(i int) []string {
	words := []string{c.Long[i]}
	for _, s := range c.Series {
		switch {
		case len(c.Series) == 1:
			words = append(words, s.Texts[i])
		case s.Values[i] != 0:
			words = append(words, s.Name+" "+s.Texts[i])
		}
	}
	if len(words) == 1 {
		words = append(words, "nothing")
	}
	return words
}

// table is the numbers themselves.
func (c *Chart) table(b *strings.Builder) {
	b.WriteString(`<details class="chart-table"><summary>Show the numbers</summary><div class="chart-scroll" tabindex="0" role="group" aria-label="`)
	fmt.Fprintf(b, `%s"><table><caption>%s</caption><thead><tr><th scope="col">%s</th>`, html.EscapeString(c.Title+", table"), html.EscapeString(c.About), html.EscapeString(c.Corner))
	for _, s := range c.Series {
		fmt.Fprintf(b, `<th scope="col" class="chart-number">%s</th>`, html.EscapeString(s.Name))
	}
	b.WriteString(`</tr></thead><tbody>`)
	for i := range c.Labels {
		fmt.Fprintf(b, `<tr><th scope="row">%s</th>`, html.EscapeString(c.Long[i]))
		for _, s := range c.Series {
			fmt.Fprintf(b, `<td class="chart-number">%s</td>`, html.EscapeString(s.Texts[i]))
		}
		b.WriteString(`</tr>`)
	}
	b.WriteString(`</tbody></table></div></details>`)
}

// axis is a value beside its mark.
func (c *Chart) axis(minor int64) string {
	text := Short(minor, c.Digits)
	if c.Point != "" {
		text = strings.Replace(text, ".", c.Point, 1)
	}
	return text
}

package document

import (
	"math"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// face is one weight of the typeface.
type face uint8

const (
	regular face = iota
	bold
)

// planeSize is the number of characters that a face can have: those of the basic plane.
const planeSize = 1 << 16

// unitsPerEm is the unit of widths: thousandths of the size, as in a PDF.
const unitsPerEm = 1000

// metrics are the widths of a face's characters; −1 for one that it lacks.
type metrics [planeSize]int16

// typeface reads the widths of both weights, once.
var typeface = sync.OnceValue(func() *[2]metrics {
	var both [2]metrics
	for f, data := range [2][]byte{goregular.TTF, gobold.TTF} {
		both[f] = readMetrics(data)
	}
	return &both
})

func readMetrics(data []byte) metrics {
	var m metrics
	parsed, err := sfnt.Parse(data)
	if err != nil {
		panic("document: the built-in typeface cannot be read: " + err.Error())
	}
	var buffer sfnt.Buffer
	for r := range rune(planeSize) {
		m[r] = -1
		glyph, err := parsed.GlyphIndex(&buffer, r)
		if err != nil || glyph == 0 {
			continue
		}
		advance, err := parsed.GlyphAdvance(&buffer, glyph, fixed.I(unitsPerEm), font.HintingNone)
		if err != nil {
			continue
		}
		m[r] = int16(math.Round(float64(advance) / 64))
	}
	return m
}

// covered says whether both weights have the character.
func covered(r rune) bool {
	if r < ' ' || r >= planeSize {
		return false
	}
	faces := typeface()
	return faces[regular][r] >= 0 && faces[bold][r] >= 0
}

// width is how wide printable text is at a size.
func (f face) width(text string, size float64) float64 {
	m := &typeface()[f]
	units := 0
	for _, r := range text {
		units += int(m[r])
	}
	return float64(units) * size / unitsPerEm
}

// fitting is as much of the text as fits the width, and at least one character.
func (f face) fitting(text string, size, width float64) string {
	m := &typeface()[f]
	units, most := 0, int(width*unitsPerEm/size)
	for i, r := range text {
		units += int(m[r])
		if units > most && i > 0 {
			return text[:i]
		}
	}
	return text
}

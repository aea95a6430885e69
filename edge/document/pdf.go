package document

import (
	"bytes"
	"io"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"

	"prorata/core/calendar"
	"prorata/flow"
)

// producer names the program in a file's properties, always the same.
const producer = "Prorata"

const family = "go"

// PDF writes the document as pages to print or send. The same document gives
// the same bytes.
func PDF(w io.Writer, d flow.Document) error {
	t, pages, err := compose(&d)
	if err != nil {
		return err
	}
	return t.write(w, pages)
}

// write draws the pages into a file.
func (t *letter) write(w io.Writer, pages []*page) error {
	f := t.file()
	for _, p := range pages {
		f.AddPage()
		for _, m := range p.marks {
			t.draw(f, m)
		}
	}
	return f.Output(w)
}

// file is an empty PDF with the document's properties and the typeface.
func (t *letter) file() *fpdf.Fpdf {
	f := fpdf.NewCustom(&fpdf.InitType{UnitStr: "pt", Size: fpdf.SizeType{Wd: t.paper.width, Ht: t.paper.height}})
	f.SetCatalogSort(true)
	f.SetCompression(true)
	f.SetAutoPageBreak(false, 0)
	f.SetMargins(0, 0, 0)
	f.SetCreationDate(instant(t.d.Date))
	f.SetModificationDate(instant(t.d.Date))
	f.SetProducer(producer, true)
	f.SetCreator(producer, true)
	f.SetTitle(t.title()+" "+printed(t.d.Number), true)
	f.SetAuthor(t.seller, true)
	f.SetLang(t.l.code)
	// The library writes into the fonts that it is given: each file gets its own.
	f.AddUTF8FontFromBytes(family, "", bytes.Clone(goregular.TTF))
	f.AddUTF8FontFromBytes(family, "B", bytes.Clone(gobold.TTF))
	if t.logo != nil {
		f.RegisterImageOptionsReader("logo", fpdf.ImageOptions{ImageType: "PNG"}, bytes.NewReader(t.logo.png))
	}
	return f
}

// instant is the day's first moment, or a fixed one where there is no day (for
// the library would take none as now).
func instant(day calendar.Date) time.Time {
	if day.IsZero() {
		return time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	year, month, d := day.Civil()
	return time.Date(year, time.Month(month), d, 0, 0, 0, 0, time.UTC)
}

func (t *letter) draw(f *fpdf.Fpdf, m mark) {
	c := m.style.color
	switch m.kind {
	case ruleMark:
		f.SetDrawColor(int(c[0]), int(c[1]), int(c[2]))
		f.SetLineWidth(m.weight)
		f.Line(m.x, m.y, m.x+m.width, m.y)
	case logoMark:
		f.ImageOptions("logo", m.x, m.y, m.width, m.height, false, fpdf.ImageOptions{ImageType: "PNG"}, 0, "")
	case watermark:
		f.TransformBegin()
		f.TransformRotate(45, m.x, m.y)
		setStyle(f, m.style)
		f.Text(m.x-m.style.width(m.text)/2, m.y+m.style.size*0.36, m.text)
		f.TransformEnd()
	case textMark:
		setStyle(f, m.style)
		f.Text(m.x, m.y, m.text)
	}
}

func setStyle(f *fpdf.Fpdf, s style) {
	weight := ""
	if s.face == bold {
		weight = "B"
	}
	f.SetFont(family, weight, s.size)
	f.SetTextColor(int(s.color[0]), int(s.color[1]), int(s.color[2]))
}

package document

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"

	"prorata/flow"
)

// pdfOf writes a document, twice, and checks what must hold of every file: that
// it is valid, and the same both times.
func pdfOf(t testing.TB, d flow.Document) []byte {
	t.Helper()
	return fileOf(t, func(w io.Writer) error { return PDF(w, d) })
}

func fileOf(t testing.TB, write func(io.Writer) error) []byte {
	t.Helper()
	var first, second bytes.Buffer
	if err := write(&first); err != nil {
		t.Fatal(err)
	}
	if err := write(&second); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the same document gave two different files")
	}
	if err := api.Validate(bytes.NewReader(first.Bytes()), validation()); err != nil {
		t.Errorf("the file is not valid: %v", err)
	}
	return first.Bytes()
}

func validation() *model.Configuration {
	api.DisableConfigDir()
	conf := model.NewDefaultConfiguration()
	conf.ValidationMode = model.ValidationStrict
	return conf
}

// piece is one text of a page as a reader program finds it.
type piece struct {
	x, y, size float64
	text       string
}

// read gives the texts of every page.
func read(t testing.TB, file []byte) [][]piece {
	t.Helper()
	ctx, err := api.ReadAndValidate(bytes.NewReader(file), validation())
	if err != nil {
		t.Fatal(err)
	}
	var pages [][]piece
	for n := 1; n <= ctx.PageCount; n++ {
		r, err := pdfcpu.ExtractPageContent(ctx, n)
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, piecesOf(t, content))
	}
	return pages
}

var (
	textOperator = regexp.MustCompile(`(?s)BT (-?[\d.]+) (-?[\d.]+) Td \(((?:[^\\)]|\\.)*)\) Tj ET`)
	fontOperator = regexp.MustCompile(`BT /F\S+ ([\d.]+) Tf ET`)
)

func piecesOf(t testing.TB, content []byte) []piece {
	t.Helper()
	var pieces []piece
	fonts := fontOperator.FindAllSubmatchIndex(content, -1)
	for _, m := range textOperator.FindAllSubmatchIndex(content, -1) {
		p := piece{x: float(t, content[m[2]:m[3]]), y: float(t, content[m[4]:m[5]]), text: utf16Text(content[m[6]:m[7]])}
		for _, f := range fonts {
			if f[0] < m[0] {
				p.size = float(t, content[f[2]:f[3]])
			}
		}
		pieces = append(pieces, p)
	}
	return pieces
}

func float(t testing.TB, text []byte) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func utf16Text(escaped []byte) string {
	var raw []byte
	for i := 0; i < len(escaped); i++ {
		if escaped[i] == '\\' && i+1 < len(escaped) {
			i++
			if escaped[i] == 'r' {
				raw = append(raw, '\r')
				continue
			}
		}
		raw = append(raw, escaped[i])
	}
	var units []uint16
	for i := 0; i+1 < len(raw); i += 2 {
		units = append(units, uint16(raw[i])<<8|uint16(raw[i+1]))
	}
	return string(utf16.Decode(units))
}

// rows are the texts of a page line by line, from the top, with a bar between
// texts that stand side by side.
func rows(pieces []piece) []string {
	sorted := slices.Clone(pieces)
	slices.SortStableFunc(sorted, func(a, b piece) int {
		return cmp.Or(cmp.Compare(math.Round(b.y), math.Round(a.y)), cmp.Compare(a.x, b.x))
	})
	var out []string
	last := math.Inf(1)
	for _, p := range sorted {
		if y := math.Round(p.y); y == last {
			out[len(out)-1] += " | " + p.text
		} else {
			out = append(out, p.text)
			last = y
		}
	}
	return out
}

// transcript is all that a file says, page by page.
func transcript(t testing.TB, file []byte) string {
	t.Helper()
	var b strings.Builder
	for i, pieces := range read(t, file) {
		fmt.Fprintf(&b, "--- page %d\n", i+1)
		for _, row := range rows(pieces) {
			b.WriteString(strings.NewReplacer("\u00a0", "~").Replace(row) + "\n")
		}
	}
	return b.String()
}

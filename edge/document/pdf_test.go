package document

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
)

var update = flag.Bool("update", false, "write what the documents say to testdata")

func fixtures(t testing.TB) map[string]flow.Document {
	void := smallInvoice(t)
	void.Void, void.Language = true, "nl"
	return map[string]flow.Document{
		"small": smallInvoice(t), "group": groupInvoice(t), "credit": frenchCredit(t), "long": longInvoice(t), "yen": yenInvoice(t), "void": void, "hostile": hostileInvoice(t),
	}
}

// What the documents say, to be read as a diff.
func TestDocumentsSayWhatTheySaid(t *testing.T) {
	for name, d := range fixtures(t) {
		if name == "long" || name == "hostile" {
			continue
		}
		got := transcript(t, pdfOf(t, d))
		path := filepath.Join("testdata", name+".txt")
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s says something else now; run with -update and read the diff.\n%s", name, got)
		}
	}
}

func TestTheFirstPageHasAllThatAPayerNeeds(t *testing.T) {
	for name, needed := range map[string][]string{
		"small": {"INV-2026-000431", "1 Mar 2026", "Due on 31 Mar 2026", "1,457.98", "4400127786", "125000024", "03-5521879", "PO-88213"},
		"group": {"RE-2026-01877", "31. März 2026", "347.608,90", "DE89 3704 0044 0532 0130 00", "MUFBDEFFXXX", "USt-IdNr. DE 811 907 001"},
		"long":  {"INV-2026-000431", "20553417", "40-22-11", "40,231.20"},
	} {
		page := strings.Join(rows(read(t, pdfOf(t, fixtures(t)[name]))[0]), "\n")
		for _, text := range needed {
			if !strings.Contains(page, text) {
				t.Errorf("%s: the first page does not say %q", name, text)
			}
		}
	}
}

// Nothing may stand outside the margins or on top of something else.
func TestNothingOverflowsOrOverlaps(t *testing.T) {
	for name, d := range fixtures(t) {
		t.Run(name, func(t *testing.T) { checkLayout(t, &d) })
	}
}

func checkLayout(t testing.TB, d *flow.Document) {
	t.Helper()
	l, pages, err := compose(d)
	if err != nil {
		t.Fatal(err)
	}
	checkPages(t, l, pages)
}

func checkPages(t testing.TB, l *letter, pages []*page) {
	t.Helper()
	const slack = 0.05
	for n, p := range pages {
		for i, m := range p.marks {
			if m.kind == watermark || m.kind == logoMark {
				continue
			}
			width := m.width
			if m.kind == textMark {
				width = m.style.width(m.text)
			}
			if m.x < l.paper.left()-slack || m.x+width > l.paper.right()+slack || m.y < 30 || m.y > l.paper.height-30 {
				t.Errorf("page %d: %.60q stands outside the margins: %.1f–%.1f, %.1f", n+1, m.text, m.x, m.x+width, m.y)
			}
			if m.kind != textMark {
				continue
			}
			for _, other := range p.marks[:i] {
				if other.kind == textMark && abs(other.y-m.y) < min(m.style.size, other.style.size)*0.8 &&
					other.x < m.x+width-slack && m.x < other.x+other.style.width(other.text)-slack {
					t.Errorf("page %d: %.60q stands on %.60q", n+1, m.text, other.text)
				}
			}
		}
	}
}

func abs(x float64) float64 { return max(x, -x) }

func TestFourHundredLinesOverPages(t *testing.T) {
	pages := read(t, pdfOf(t, longInvoice(t)))
	next := 1
	for n, pieces := range pages {
		lines := rows(pieces)
		footer := lines[len(lines)-1]
		if want := fmt.Sprintf("Page %d of %d", n+1, len(pages)); !strings.HasSuffix(footer, want) {
			t.Errorf("page %d is signed %q", n+1, footer)
		}
		body := lines[:len(lines)-1]
		if n > 0 && !strings.HasPrefix(body[0], "Description | Period | Quantity | Amount | GBP") {
			t.Errorf("page %d does not begin with the head of the table: %q", n+1, body[0])
		}
		if last := body[len(body)-1]; strings.Contains(last, "– depot") {
			t.Errorf("page %d ends with the heading %q", n+1, last)
		}
		if n > 0 && (strings.HasPrefix(body[1], "Subtotal") || strings.HasPrefix(body[2], "Subtotal")) {
			t.Errorf("page %d begins with a subtotal without a line", n+1)
		}
		for _, line := range body {
			if !strings.HasPrefix(line, "Metered item") {
				continue
			}
			if want := fmt.Sprintf("Metered item %03d | 1–28 Feb 2026 | 1 | ", next); !strings.HasPrefix(line, want) {
				t.Fatalf("page %d: %q, want %q", n+1, line, want)
			}
			next++
		}
	}
	if next != 401 || len(pages) < 10 {
		t.Errorf("%d lines on %d pages", next-1, len(pages))
	}
}

func TestDecimalsStandUnderDecimals(t *testing.T) {
	d := groupInvoice(t)
	_, pages, err := compose(&d)
	if err != nil {
		t.Fatal(err)
	}
	points := map[string]float64{}
	for _, p := range pages {
		for _, m := range p.marks {
			if m.text == "54,125" || m.text == "0,0864" || m.text == "36,40" {
				whole, _, _ := strings.Cut(m.text, ",")
				points[m.text] = m.x + m.style.width(whole)
			}
		}
	}
	if len(points) != 3 || abs(points["54,125"]-points["0,0864"]) > 0.01 || abs(points["36,40"]-points["0,0864"]) > 0.01 {
		t.Errorf("the points stand at %v", points)
	}
}

func TestNamesOfManyScriptsArePrinted(t *testing.T) {
	said := transcript(t, pdfOf(t, groupInvoice(t)))
	for _, o := range operators {
		if !strings.Contains(said, o.name) {
			t.Errorf("%s is not printed", o.name)
		}
	}
}

func TestPaperIsTheReaders(t *testing.T) {
	for _, c := range []struct{ buyer, seller, want string }{
		{"US", "DE", "Letter"}, {"ca", "", "Letter"}, {"DE", "US", "A4"}, {"", "US", "Letter"}, {"", "", "A4"},
	} {
		if got := paperOf(&flow.Document{Buyer: flow.Party{Country: c.buyer}, Seller: flow.Party{Country: c.seller}}).name; got != c.want {
			t.Errorf("buyer %q, seller %q: %s", c.buyer, c.seller, got)
		}
	}
}

func TestWhatAsksForNoMoneySaysSo(t *testing.T) {
	void, credit, nothing := smallInvoice(t), frenchCredit(t), smallInvoice(t)
	void.Void = true
	nothing.Total = money.NewAmount(0, nothing.Currency)
	for _, c := range []struct {
		d    flow.Document
		says string
	}{{void, "Please do not pay it."}, {credit, "Aucun paiement n’est dû."}, {nothing, "There is nothing to pay."}} {
		said := transcript(t, pdfOf(t, c.d))
		if !strings.Contains(said, c.says) || strings.Contains(said, "How to pay") || strings.Contains(said, "Règlement") {
			t.Errorf("%s does not say %q, or asks to be paid", c.d.Number, c.says)
		}
	}
	for i, p := range read(t, pdfOf(t, void)) {
		if !strings.Contains(fmt.Sprint(p), "VOID") {
			t.Errorf("page %d is not marked VOID", i+1)
		}
	}
}

func TestCurrenciesOfOtherDigits(t *testing.T) {
	b := newDraft(t, "en", "KWD")
	b.entity("gulf", "Gulf Desalination WLL", "").section("s", "SKU", "Exchange Online")
	b.line(billing.LineBase, "", "2026-03-01", "2026-04-01", "3", "1.2345", "0", "3.704", "")
	said := transcript(t, pdfOf(t, b.done()))
	if !strings.Contains(said, "Subscription | 1–31 Mar 2026 | 3 | 1.2345 | / month | 3.704") || !strings.Contains(said, "KWD | 3.704") {
		t.Error(said)
	}
}

func TestLettersMarkTaxesOnlyWhereThereAreSeveral(t *testing.T) {
	one := longInvoice(t)
	if marks := markTaxes(&one); marks.of("VAT 20%") != "" {
		t.Errorf("the only tax is marked %v", marks)
	}
	two := smallInvoice(t)
	if marks := markTaxes(&two); marks.of("VT Sales Tax") != "A" || marks.of("Not taxed") != "B" {
		t.Errorf("the taxes are marked %v", marks)
	}
}

func TestLogosAreTakenOrRefusedWithAReason(t *testing.T) {
	picture := image.NewNRGBA64(image.Rect(0, 0, 300, 90))
	for x := range 300 {
		for y := range 90 {
			picture.Set(x, y, color.NRGBA{R: 30, G: uint8(x % 256), B: 180, A: uint8(y + 160)})
		}
	}
	var asPNG, asJPEG bytes.Buffer
	if err := errors.Join(png.Encode(&asPNG, picture), jpeg.Encode(&asJPEG, picture, nil)); err != nil {
		t.Fatal(err)
	}
	d := smallInvoice(t)
	d.Letterhead.Accent = "#1a5fb4"
	for _, logo := range [][]byte{asPNG.Bytes(), asJPEG.Bytes()} {
		d.Letterhead.Logo = logo
		if err := CheckLetterhead(d.Letterhead); err != nil {
			t.Error(err)
		}
		if file := pdfOf(t, d); !bytes.Contains(file, []byte("/Subtype /Image")) {
			t.Error("the logo is not in the file")
		}
	}
	for _, broken := range []flow.Letterhead{{Logo: []byte("GIF89a")}, {Logo: asPNG.Bytes()[:60]}, {Accent: "blue"}} {
		if err := CheckLetterhead(broken); !errors.Is(err, ErrLetterhead) {
			t.Errorf("%.10q, %q: %v", broken.Logo, broken.Accent, err)
		}
	}
}

// The library writes into its fonts: files made at once must not disturb each other.
func TestFilesMadeAtOnceAreTheSame(t *testing.T) {
	d := groupInvoice(t)
	want := pdfOf(t, d)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			var b bytes.Buffer
			if err := PDF(&b, d); err != nil || !bytes.Equal(b.Bytes(), want) {
				t.Errorf("another file: %v", err)
			}
		})
	}
	wait.Wait()
}

func BenchmarkPDF(b *testing.B) {
	d := groupInvoice(b)
	for b.Loop() {
		if err := PDF(new(bytes.Buffer), d); err != nil {
			b.Fatal(err)
		}
	}
}

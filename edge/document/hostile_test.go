package document

import (
	"bytes"
	"encoding/csv"
	"math"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
)

// hostile texts are such as people and machines have put into name fields.
var hostile = []string{
	"=HYPERLINK(\"https://evil.example\",\"pay\")", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", "  =1+1", "x;=1+1", "x;\t-1", "＝1+1",
	"nul\x00byte", "bell\a", "\x1b[31mred", "bad\xff\xfeutf8", "emoji 🧾👩‍👩‍👧 done", "שלום עולם", "مرحبا", "\u202egnp.exe", "zero\u200bwidth\ufeff",
	"Zażółć gęślą jaźń", "o\u0301 combined", "Nguyễn Thị Hồng", "日本語の会社名", "\U0010FFFF\uFFFE", strings.Repeat("W", 300), strings.Repeat("é ", 400), "a\u2028b\u2029c", "_x0041_",
}

func hostileInvoice(t testing.TB) flow.Document {
	long := strings.Repeat("Lorem ipsum-dolor/sit amet, ", 180)[:5000]
	b := newDraft(t, "fr", "EUR")
	b.d.Number, b.d.Terms, b.d.PurchaseOrder, b.d.Corrects = strings.Repeat("N", 200), long, long, hostile[0]
	everything := strings.Join(hostile, " ")
	b.d.Seller = flow.Party{Name: long, Address: hostile, TaxID: long, RegistrationID: everything, Email: everything, Phone: "\x00"}
	b.d.Buyer = flow.Party{Name: strings.Repeat("M", 5000), Address: append(hostile, hostile...), TaxID: "\u202e", Country: "\x00"}
	b.d.Remittance = flow.Remittance{Bank: long, AccountHolder: everything, IBAN: long, BIC: everything, AccountNumber: "=1", RoutingNumber: "\x00", Note: "https://" + everything + long}
	b.d.Consolidated = true
	for _, text := range append(hostile, long, "") {
		b.entity(text, text, text).section(text, text, text)
		b.line(billing.LineUsage, text+" ", "2026-02-01", "2026-03-01", "123456789012345.123", "123456789012.1234567890123456789", "-999999999999999.99", "0.00", text)
		b.explained("= " + text)
		b.line(billing.LineOneTime, text+long, "2026-02-01", "", "-0.000001", "", "0", "-1.00", long)
	}
	b.tax(hostile[0], long, billing.Exempt, "0.000", "999999999999999.99", "0.00")
	b.d.Notes = append([]string{long}, hostile...)
	d := b.done()
	d.Total = amount(t, "999999999999999.99", d.Currency)
	return d
}

func TestHostileTextIsPrintedHarmlessly(t *testing.T) {
	said := transcript(t, pdfOf(t, hostileInvoice(t)))
	for _, text := range []string{"nulbyte", "[31mred", "bad□utf8", "emoji □", "gnp.exe", "zerowidth", "Zażółć gęślą jaźń", "ó combined", "Nguyên Thi Hông", "=HYPERLINK"} {
		if !strings.Contains(said, text) {
			t.Errorf("%q is not printed", text)
		}
	}
}

func TestAnEmptyDocumentIsStillAFile(t *testing.T) {
	pdfOf(t, flow.Document{})
	b := newDraft(t, "", "USD")
	b.d.Entities = []flow.DocumentEntity{{}, {Sections: []flow.DocumentSection{{}, {Lines: []flow.DocumentLine{{}}}}}}
	b.d.Consolidated = true
	pdfOf(t, b.d)
}

// Amounts of two currencies in one document are a mistake elsewhere; here they
// are printed as they are.
func TestMixedCurrenciesAreNoReasonToFail(t *testing.T) {
	d := groupInvoice(t)
	d.Entities[0].Subtotal = money.NewAmount(5, currency(t, "JPY"))
	pdfOf(t, d)
}

func TestSheetsCannotBeMadeToCalculate(t *testing.T) {
	for text, want := range map[string]string{
		"=1+1": "'=1+1", "+49 69": "'+49 69", "-5": "'-5", "@x": "'@x", "\t=1": "'=1", "\r\n=1": "'=1", "  =1": "'=1", "x;=1": "x;'=1", "x; -1": "x; '-1",
		"\"=1": "\"'=1", "\u200b=1": "'=1", "\u00a0=1": "\u00a0'=1", "＝1": "'＝1", "a=b": "a=b", "E-Mail": "E-Mail", "": "",
	} {
		if got := harmless(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, text := range hostile {
		f.Add(text, 90.0)
	}
	f.Fuzz(func(t *testing.T, text string, width float64) {
		if math.IsNaN(width) || width < 1 || width > 2000 {
			width = 90
		}
		shown := printable(text)
		if !utf8.ValidString(shown) || printable(shown) != shown {
			t.Fatalf("%q is made %q, which is not printable", text, shown)
		}
		for _, r := range shown {
			if r != '\n' && !covered(r) {
				t.Fatalf("%q keeps %q", text, r)
			}
		}
		var joined strings.Builder
		for _, line := range wrap(shown, regular, 8.5, width) {
			joined.WriteString(line)
			if regular.width(line, 8.5) > width+0.001 && utf8.RuneCountInString(line) > 1 {
				t.Fatalf("%q is wider than %.1f", line, width)
			}
		}
		if bare(joined.String()) != bare(shown) {
			t.Fatalf("wrapped, %q lost something: %q", shown, joined.String())
		}
		if lines, _ := cut(shown, bold, 8.5, width, 2); len(lines) > 2 {
			t.Fatalf("cut to 2 lines: %q", lines)
		}
		checkField(t, text)
	})
}

func bare(text string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '\n' {
			return -1
		}
		return r
	}, text)
}

// checkField writes the text to CSV and takes it apart the way spreadsheets do:
// at commas, and carelessly at semicolons.
func checkField(t *testing.T, text string) {
	t.Helper()
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.Write([]string{harmless(text), "-5"}); err != nil {
		t.Fatal(err)
	}
	w.Flush()
	fields, err := csv.NewReader(&b).Read()
	if err != nil {
		t.Fatal(err)
	}
	for part := range strings.SplitSeq(fields[0], ";") {
		part = strings.TrimLeftFunc(part, func(r rune) bool { return unicode.IsSpace(r) || r == '"' })
		if part != "" && strings.ContainsRune(formulaSigns, []rune(part)[0]) {
			t.Fatalf("%q is written as %q", text, fields[0])
		}
		for _, r := range part {
			if unicode.IsControl(r) {
				t.Fatalf("%q keeps the control character %q", text, r)
			}
		}
	}
}

func FuzzPDF(f *testing.F) {
	f.Add("Nordwelle", "5 more seats, 16–31 Jan 2026", "30 days", "https://pay.example", int64(12345))
	f.Add(strings.Repeat("x", 500), "=1", "\x00", "שלום", int64(math.MinInt64+1))
	f.Fuzz(func(t *testing.T, name, description, terms, note string, minor int64) {
		b := newDraft(t, description, "EUR")
		b.d.Number, b.d.Terms, b.d.Consolidated, b.d.Void = name, terms, minor%2 == 0, minor%3 == 0
		b.d.Seller, b.d.Buyer = flow.Party{Name: name, TaxID: terms, Address: []string{note}}, flow.Party{Name: description, Email: name}
		b.d.Remittance, b.d.Notes = flow.Remittance{IBAN: terms, Bank: name, Note: note}, []string{note}
		b.entity("a", name, terms).section(terms, note, description)
		b.line(billing.LineChange, description, "2026-02-01", "2026-03-01", "1", "2.5", "0", "2.50", terms).explained(note + "=")
		b.line(billing.LineOneTime, note, "2026-02-01", "", "1", "", "0", "0", "")
		d := b.done()
		d.Total = money.NewAmount(max(minor, math.MinInt64+1), d.Currency)
		checkLayout(t, &d)
		if err := PDF(new(bytes.Buffer), d); err != nil {
			t.Fatal(err)
		}
	})
}

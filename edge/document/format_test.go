package document

import (
	"strings"
	"testing"
)

func TestNumbersAreSetTheReadersWay(t *testing.T) {
	for _, c := range []struct{ language, plain, want string }{
		{"en", "1234567.50", "1,234,567.50"},
		{"en", "-0.05", "−0.05"},
		{"en", "999", "999"},
		{"de", "-1234.50", "−1.234,50"},
		{"fr", "1234567.50", "1\u202f234\u202f567,50"},
		{"es", "1234.5", "1.234,5"},
		{"nl", "100000", "100.000"},
		{"pt", "1000.1", "1,000.1"},
		{"de-AT", "1000.1", "1.000,1"},
		{"FR_ca", "0.125", "0,125"},
	} {
		if got := languageOf(c.language).number(c.plain); got != c.want {
			t.Errorf("%s: %s is set as %q, want %q", c.language, c.plain, got, c.want)
		}
	}
}

func TestPricesKeepTheirDigitsAndAtLeastTheCurrencys(t *testing.T) {
	for _, c := range []struct{ currency, price, want string }{
		{"USD", "22", "22.00"}, {"USD", "22.500", "22.50"}, {"USD", "0.0345", "0.0345"}, {"JPY", "1500.00", "1,500"}, {"JPY", "0.5", "0.5"}, {"KWD", "7.1", "7.100"},
	} {
		if got := english.price(decimal(t, c.price), currency(t, c.currency)); got != c.want {
			t.Errorf("%s %s is set as %s, want %s", c.currency, c.price, got, c.want)
		}
	}
}

func TestPeriodsShowTheLastDayAndSayWhatIsSharedOnce(t *testing.T) {
	for _, c := range []struct{ language, from, to, want string }{
		{"en", "2026-03-01", "2026-04-01", "1–31 Mar 2026"},
		{"en", "2026-01-16", "2026-02-16", "16 Jan – 15 Feb 2026"},
		{"en", "2025-12-15", "2026-01-15", "15 Dec 2025 – 14 Jan 2026"},
		{"en", "2026-01-16", "2026-01-17", "16 Jan 2026"},
		{"en", "2026-01-16", "", "16 Jan 2026"},
		{"en", "", "", ""},
		{"de", "2026-03-01", "2026-04-01", "1.–31. März 2026"},
		{"de", "2026-01-16", "2026-10-01", "16. Jan. – 30. Sept. 2026"},
		{"fr", "2026-08-01", "2026-09-01", "1er–31 août 2026"},
		{"fr", "2025-02-01", "2026-02-01", "1er févr. 2025 – 31 janv. 2026"},
		{"es", "2026-01-01", "2026-02-01", "1–31 ene 2026"},
		{"nl", "2026-03-01", "2026-04-01", "1–31 mrt 2026"},
	} {
		if got := languageOf(c.language).period(day(t, c.from), day(t, c.to)); got != c.want {
			t.Errorf("%s: [%s, %s) is %q, want %q", c.language, c.from, c.to, got, c.want)
		}
	}
}

func TestArithmeticSpeaksTheReadersNumbers(t *testing.T) {
	for _, c := range []struct {
		l         *language
		sum, want string
	}{
		{&german, "5 × 22.00 × 16/31 = 56.774… → 56.77", "5 × 22,00 × 16/31 = 56,774… → 56,77"},
		{&french, "-3 × 1.5 = -4.5", "−3 × 1,5 = −4,5"},
		{&english, "10 × 3.50 = 35.00, held at what was billed → 30.00", "10 × 3.50 = 35.00, held at what was billed → 30.00"},
		{&german, "10 × 3.50 = 35.00, held at what was billed → 30.00", ""},
		{&dutch, "12.00 USD = 11.10 EUR", "12,00 USD = 11,10 EUR"},
		{&english, "", ""},
	} {
		if got := strings.Join(c.l.arithmetic(c.sum), "|"); got != c.want {
			t.Errorf("%s: %q is set as %q, want %q", c.l.code, c.sum, got, c.want)
		}
	}
}

func TestEveryWordOfOursCanBePrinted(t *testing.T) {
	for _, l := range []*language{&english, &german, &french, &spanish, &dutch} {
		texts := append(l.months[:], l.percent, l.words.invoice, l.words.creditNote, l.words.due, l.words.terms, l.words.purchaseOrder, l.words.corrects,
			l.words.billTo, l.words.taxID, l.words.registration, l.words.amountDue, l.words.nothingToPay, l.words.voidNote, l.words.holder, l.words.routing,
			l.words.reference, l.words.description, l.words.period, l.words.unitPrice, l.words.subtotal, l.words.taxes, l.words.included,
			l.words.reverseCharge, l.words.exempt, l.words.zeroRated, l.words.entities, l.words.notes, l.words.continued, l.words.page)
		for _, text := range texts {
			if text == "" || printable(text) != text {
				t.Errorf("%s: %q is missing or has a character that the typeface lacks", l.code, text)
			}
		}
	}
}

func TestLetterheadColours(t *testing.T) {
	if c, ok := parseColour("#1a5fb4"); !ok || c != (colour{0x1a, 0x5f, 0xb4}) {
		t.Errorf("#1a5fb4 is read as %v", c)
	}
	for _, text := range []string{"", "1a5fb4", "#12345", "#12345g", "#1234567", "#+12345"} {
		if _, ok := parseColour(text); ok {
			t.Errorf("%q is read as a colour", text)
		}
	}
}

package part_test

import (
	"testing"
	"time"

	"prorata/core/calendar"
	"prorata/edge/web/part"
)

func TestNumbersAreWrittenTheReadersWay(t *testing.T) {
	for accept, want := range map[string]string{
		"en-GB":             "\u22121,234,567.50",
		"de-DE,de;q=0.9":    "\u22121.234.567,50",
		"de-CH":             "\u22121\u2019234\u2019567.50",
		"fr-FR":             "\u22121\u00a0234\u00a0567,50",
		"":                  "\u22121,234,567.50",
		"no such, language": "\u22121,234,567.50",
		"ar-EG":             "\u22121,234,567.50",
	} {
		l := part.LocaleOf(accept, time.UTC)
		if got := l.Number("-1234567.50"); got != want {
			t.Errorf("%q: %q, expected %q", accept, got, want)
		}
		if got := l.Plain(l.Number("-1234567.50")); got != "-1234567.50" {
			t.Errorf("%q: what is shown is read as %q", accept, got)
		}
	}
}

// What is written the way of another language is read as it is meant, or not at all: never
// as a hundred times as much.
func TestNumbersOfAnotherLanguageAreNotReadAsMore(t *testing.T) {
	for _, c := range []struct{ locale, typed, want string }{
		{"en-GB", "1,234.50", "1234.50"}, {"en-GB", "1,234", "1234"}, {"en-GB", "1234.5", "1234.5"}, {"en-GB", "-1,234,567", "-1234567"},
		{"en-GB", "10,00", "10,00"}, {"en-GB", "1,5", "1,5"}, {"en-GB", "1234,567", "1234,567"}, {"en-GB", "1.234,50", "1.234,50"},
		{"de-DE", "1.234,50", "1234.50"}, {"de-DE", "10,00", "10.00"}, {"de-DE", "1.234", "1234"}, {"de-DE", "22.00", "22.00"}, {"de-DE", "1.5", "1.5"},
		{"de-DE", "1,234.50", "1.234.50"}, {"fr-FR", "1 234,50", "1234.50"}, {"de-CH", "1’234.50", "1234.50"},
	} {
		if got := part.LocaleOf(c.locale, time.UTC).Plain(c.typed); got != c.want {
			t.Errorf("%s: %q is read as %q, expected %q", c.locale, c.typed, got, c.want)
		}
	}
}

func TestPeriodsIncludeTheirLastDay(t *testing.T) {
	day := func(text string) calendar.Date {
		d, err := calendar.ParseDate(text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for want, period := range map[string][2]calendar.Date{
		"1–31 Mar 2026":             {day("2026-03-01"), day("2026-04-01")},
		"16 Jan – 15 Feb 2026":      {day("2026-01-16"), day("2026-02-16")},
		"16 Dec 2025 – 15 Jan 2026": {day("2025-12-16"), day("2026-01-16")},
		"1 Mar 2026":                {day("2026-03-01"), {}},
		"2 Mar 2026":                {day("2026-03-02"), day("2026-03-03")},
	} {
		if got := part.Period(period[0], period[1]); got != want {
			t.Errorf("%q, expected %q", got, want)
		}
	}
}

func TestASentenceIsAsPeopleReadIt(t *testing.T) {
	for kept, want := range map[string]string{
		"no exchange rate from USD to MXN on 2026-11-15":    "No exchange rate from USD to MXN on 15 Nov 2026",
		"37d9762c of CFQ7TTC0PR07:0001 is new":              "37d9762c of CFQ7TTC0PR07:0001 is new",
		"nordlicht-us-INV-000001 is void since 2026-02-29.": "nordlicht-us-INV-000001 is void since 2026-02-29.",
		"über die Grenze": "Über die Grenze",
		"":                "",
	} {
		if got := part.Sentence(kept); got != want {
			t.Errorf("%q, expected %q", got, want)
		}
	}
}

func TestASumIsSetTheReadersWay(t *testing.T) {
	german := part.LocaleOf("de-DE", nil)
	for sum, want := range map[string]string{
		"(17 − 15) × 36.2296 × 9/30 = 21.73776 → 21.74": "(17 − 15) × 36,2296 × 9/30 = 21,73776 → 21,74",
		"(0 − 15) × 1234.50 = -18517.50":                "(0 − 15) × 1.234,50 = −18.517,50",
		"USD 0.90 2026-01-01 × M365.E3-2.0":             "USD 0,90 2026-01-01 × M365.E3-2.0",
		"-128.36 [whole price] × 25/30 = -106.97":       "−128,36 [whole price] × 25/30 = −106,97",
		"": "",
	} {
		if got := german.Sum(sum); got != want {
			t.Errorf("%q: %q, expected %q", sum, got, want)
		}
	}
}

func TestAmountsOfASentenceAreSetTheReadersWay(t *testing.T) {
	german := part.LocaleOf("de-DE", nil)
	for kept, want := range map[string]string{
		"credit of 1140.62 of line 1 of INV-000583: agreed.": "Credit of 1.140,62 of line 1 of INV-000583: agreed.",
		"302.25 instead of -279.00 on 2026-03-01.":           "302,25 instead of −279,00 on 1 Mar 2026.",
		"it comes to 23.25.":                                 "It comes to 23,25.",
		"of 10.00.12.7 and 1.25.3 and v2.00 and G1.00-7":     "Of 10.00.12.7 and 1.25.3 and v2.00 and G1.00-7",
		"9.5 seats of Plan 2.0":                              "9.5 seats of Plan 2.0",
	} {
		if got := german.Sentence(kept); got != want {
			t.Errorf("%q, expected %q", got, want)
		}
	}
}

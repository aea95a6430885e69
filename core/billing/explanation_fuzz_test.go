package billing_test

import (
	"strings"
	"testing"

	"prorata/core/billing"
)

// An explanation is read without complaint whatever it says: nothing of one field
// gets into another, and what is not known is left out.
func FuzzParseExplanation(f *testing.F) {
	for _, text := range []string{
		"", ";", ":", "c:start;a:1;p:10;u:monthly;l:own;m:1/1;f:31/31;e:1", "c:renewal+price;fb:0;fa:80;pd:10;ch:80;f:16/31;w:2023-12-18/2024-01-18;so:10;=:-37.16129032",
		"c:taken back;o:0.00;n:27.00", "a:1;a:2", "x:USD 0.9 2026-01-01;v:USD 1.00 0.9 2026-01-01", "p", "=::;=", "t:#12;y:cost;z:20", "l:gold\x00;s",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e := billing.ParseExplanation(text)
		for _, value := range []string{e.Cause, e.Price, e.From, e.Exact, e.Note, e.Entry, e.Whole} {
			if strings.Contains(value, ";") || !strings.Contains(text, value) {
				t.Errorf("%q was read out of %q", value, text)
			}
		}
		if again := billing.ParseExplanation(text + ";unknown:value"); again != e {
			t.Errorf("%q with a word more is %+v, not %+v", text, again, e)
		}
		if last := billing.ParseExplanation(text + ";e:7"); last.Entry != "7" {
			t.Errorf("%q with an entry is %+v", text, last)
		}
	})
}

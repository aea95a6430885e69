package chart_test

import (
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"prorata/edge/web/chart"
)

var update = flag.Bool("update", false, "write the pictures anew, to be looked at")

func months() ([]string, []string) {
	return []string{"Jan", "Feb", "Mar", "Apr"}, []string{"January 2026", "February 2026", "March 2026", "April 2026"}
}

func revenue() chart.Chart {
	labels, long := months()
	return chart.Chart{ID: "mrr", Title: "Recurring revenue", About: "What current subscriptions bring in a month, by month.", Unit: "EUR", Corner: "Month", Digits: 2,
		Labels: labels, Long: long, Series: []chart.Series{{Name: "EUR a month", Values: []int64{1_250_000, 1_310_050, 1_298_000, 1_402_533}, Texts: []string{"12,500.00", "13,100.50", "12,980.00", "14,025.33"}}}}
}

func movements() chart.Chart {
	labels, long := months()
	return chart.Chart{ID: "moved", Title: "Why it moved", About: "What came and went each month.", Unit: "EUR", Corner: "Month", Digits: 2, Labels: labels, Long: long, Series: []chart.Series{
		{Name: "new", Tone: chart.Strong, Values: []int64{0, 90_000, 12_000, 100_000}, Texts: []string{"0.00", "900.00", "120.00", "1,000.00"}},
		{Name: "expansion", Tone: chart.Soft, Values: []int64{0, 10_050, 0, 24_533}, Texts: []string{"0.00", "100.50", "0.00", "245.33"}},
		{Name: "churn", Tone: chart.Grey, Values: []int64{0, -40_000, -24_050, -20_000}, Texts: []string{"0.00", "−400.00", "−240.50", "−200.00"}},
	}}
}

func held(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".html")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is drawn otherwise; run with -update, look at it and at the difference", name)
	}
}

// Pictures are reviewed as a difference of text: a mark on each line.
func TestPictures(t *testing.T) {
	lines := strings.NewReplacer("><", ">\n<")
	held(t, "bars", lines.Replace(revenue().Bars())+"\n")
	held(t, "line", lines.Replace(revenue().Line())+"\n")
	held(t, "stacked", lines.Replace(movements().Stacked())+"\n")
}

// wellFormed reads the markup to its end.
func wellFormed(text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}

// Whatever the numbers and the names: the markup is whole, every label can be reached
// and says its number, and the table has every number.
func TestEveryNumberIsThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "labels")
		c := chart.Chart{ID: "x", Title: rapid.String().Draw(t, "title"), About: "about <it> & more", Corner: "Month", Digits: rapid.IntRange(0, 3).Draw(t, "digits")}
		clean := strings.Map(func(r rune) rune {
			if r < ' ' || r == 0xfffe || r == 0xffff || r == 0x7f {
				return -1
			}
			return r
		}, c.Title)
		c.Title = clean
		for range n {
			c.Labels, c.Long = append(c.Labels, "m"), append(c.Long, "month & <more>")
		}
		for range rapid.IntRange(1, 5).Draw(t, "series") {
			s := chart.Series{Name: "a <b>"}
			for range n {
				v := rapid.Int64Range(-1e15, 1e15).Draw(t, "value")
				s.Values, s.Texts = append(s.Values, v), append(s.Texts, "n"+chart.Short(v, 2))
			}
			c.Series = append(c.Series, s)
		}
		for _, drawn := range []string{c.Bars(), c.Line(), c.Stacked()} {
			if err := wellFormed(drawn); err != nil {
				t.Fatalf("%v in %s", err, drawn)
			}
			if got := strings.Count(drawn, `tabindex="0" role="img"`); got != 2*n {
				t.Fatalf("%d marks, expected %d at each of two widths", got, n)
			}
			for _, s := range c.Series {
				for _, text := range s.Texts {
					if !strings.Contains(drawn, `<td class="chart-number">`+text+`</td>`) {
						t.Fatalf("%s is not in the table", text)
					}
				}
			}
			if strings.Contains(drawn, "NaN") || strings.Contains(drawn, "Inf") {
				t.Fatalf("a place that is no number in %s", drawn)
			}
		}
	})
}

func TestNothingToDraw(t *testing.T) {
	c := chart.Chart{ID: "x", Title: "Recurring revenue"}
	if drawn := c.Bars(); strings.Contains(drawn, "<svg") || wellFormed(drawn) != nil {
		t.Errorf("got %s", drawn)
	}
}

func TestAxesAreRound(t *testing.T) {
	for _, c := range []struct {
		least, most int64
		wants       string
	}{
		{0, 1_402_533, "0 5k 10k 15k"},
		{-40_000, 124_533, "−500 0 500 1k 1.5k"},
		{0, 0, "0 0.01"},
		{0, 100, "0 0.5 1"},
		{-300, 0, "−3 −2 −1 0"},
		{0, 987_654_321_00, "0 500 M 1000 M"},
	} {
		if got := strings.Join(chart.Axis(c.least, c.most, 2), " "); got != c.wants {
			t.Errorf("from %d to %d: %q, expected %q", c.least, c.most, got, c.wants)
		}
	}
}

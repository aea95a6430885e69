package demobook

import (
	"testing"
	"time"
	"fmt"

	"prorata/core/calendar"
)

func on(t *testing.T, text string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTry(t *testing.T) {
	for _, day := range []string{"2026-06-15","2026-01-15","2028-02-29"} {
		until := on(t, day)
		b := newBook(1, until)
		events, left := b.told()
		for _, l := range left { t.Error(l) }
		counts := map[string]int{}
		for _, e := range events { counts[e.Do.String()]++ }
		fmt.Println(day, len(b.accounts), len(b.contracts), len(events), counts)
		start := time.Now()
		w := newWorld(Story(1, until))
		if err := w.play(); err != nil { t.Fatal(err) }
		fmt.Println(time.Since(start), len(w.invoices))
		once, err := w.once()
		if err != nil { t.Fatal(err) }
		a, c := draftsText(w.drafts), draftsText(once)
		in := map[string]int{}
		for _, x := range a { in[x]++ }
		for _, x := range c { in[x]-- }
		n := 0
		for _, x := range a { if in[x] > 0 { n++; if n < 20 { fmt.Println("daily only", x) } } }
		for _, x := range c { if in[x] < 0 { n++; if n < 20 { fmt.Println("once only", x) } } }
	}
}

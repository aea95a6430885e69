package billing_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"prorata/core/calendar"
)

// booksLeast is how many random books each law is tried on; -rapid.checks and
// RAPID_CHECKS try more, -short fewer.
const booksLeast = "2000"

func TestMain(m *testing.M) {
	flag.Parse()
	asked := os.Getenv("RAPID_CHECKS") != "" || testing.Short()
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "rapid.checks" })
	if !asked {
		_ = flag.Set("rapid.checks", booksLeast)
	}
	_ = flag.Set("rapid.nofailfile", "true")
	os.Exit(m.Run())
}

// However often billing runs, and whichever way it computes, it gives the same
// drafts to the byte; and running it twice adds nothing.
func TestRunsDoNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawStory(t)
		every := rapid.SampledFrom([]int{7, 30, 3, 91}).Draw(t, "every")
		daily := drafts(t, s, "daily", false, always)
		same(t, s, "daily", daily, "once at the end", drafts(t, s, "once", false, never))
		same(t, s, "daily", daily, "now and then", drafts(t, s, "now and then", false, func(day calendar.Date) bool { return s.first.DaysUntil(day)%every == 0 }))
		same(t, s, "daily", daily, "whole, now and then", drafts(t, s, "whole", true, func(day calendar.Date) bool { return s.first.DaysUntil(day)%every == 0 }))
	})
}

func drafts(t *rapid.T, s *story, how string, whole bool, cadence func(calendar.Date) bool) string {
	p, err := play(s, whole, cadence)
	if err != nil {
		t.Fatalf("%s\n%s: %v", s, how, err)
	}
	return draftsText(p.drafts)
}

func same(t *rapid.T, s *story, oneName, one, otherName, other string) {
	if one == other {
		return
	}
	a, b := strings.Split(one, "\n"), strings.Split(other, "\n")
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	t.Fatalf("%s\n%s:\n%s\n%s:\n%s", s, oneName, strings.Join(around(a, i), "\n"), otherName, strings.Join(around(b, i), "\n"))
}

// around are some lines about a difference.
func around(lines []string, i int) []string { return lines[max(0, i-6):min(len(lines), i+6)] }

package calendar_test

import (
	"strings"
	"testing"
	"time"

	"prorata/core/calendar"
)

func date(t *testing.T, text string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestEveryDayOfFourCenturiesAgreesWithTheStandardLibrary(t *testing.T) {
	at := time.Date(1800, 1, 1, 0, 0, 0, 0, time.UTC)
	d := date(t, "1800-01-01")
	for range 146097 {
		if got, want := d.String(), at.Format(time.DateOnly); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
		if got, want := d.Weekday(), int(at.Weekday()); got != want {
			t.Fatalf("%s: weekday %d, want %d", d, got, want)
		}
		if again := date(t, d.String()); again != d {
			t.Fatalf("%s read again is %s", d, again)
		}
		d, at = d.AddDays(1), at.AddDate(0, 0, 1)
	}
}

func TestWhatIsNoDateIsRefused(t *testing.T) {
	for _, text := range []string{"", "2026-02-29", "2026-13-01", "2026-00-10", "2026-1-01", "26-01-01", "2026/01/01", "2026-01-01T00:00:00Z", "0000-01-01", "2026-01-0x", "-026-01-01"} {
		if d, err := calendar.ParseDate(text); err == nil {
			t.Errorf("%q was read as %s", text, d)
		}
	}
}

// The ids are those of the published cases of other billing systems.
func TestBoundaries(t *testing.T) {
	for _, c := range []struct {
		id, anchor string
		months     int
		from       string
		stick      bool
		want       string
	}{
		{"A1", "2024-01-31", 1, "2024-01-31", false, "2024-01-31 2024-02-29 2024-03-31 2024-04-30"},
		{"A2", "2024-02-29", 12, "2024-02-29", false, "2024-02-29 2025-02-28 2026-02-28"},
		{"A3", "2022-01-31", 3, "2022-01-31", false, "2022-01-31 2022-04-30 2022-07-31"},
		{"A7", "2024-01-31", 6, "2024-01-31", false, "2024-01-31 2024-07-31 2025-01-31"},
		{"A10", "2025-01-31", 1, "2025-07-31", false, "2025-07-31 2025-08-31 2025-09-30"},
		{"A12", "2024-02-29", 1, "2024-02-29", false, "2024-02-29 2024-03-29"},
		{"M16", "2021-01-31", 1, "2021-01-31", false, "2021-01-31 2021-02-28 2021-03-31 2021-04-30 2021-05-31 2021-06-30 2021-07-31 2021-08-31 2021-09-30 2021-10-31 2021-11-30 2021-12-31"},
		{"stick", "2026-02-28", 1, "2026-02-28", true, "2026-02-28 2026-03-31 2026-04-30"},
		{"stick only on a last day", "2026-02-27", 1, "2026-02-27", true, "2026-02-27 2026-03-27 2026-04-27"},
		{"before the anchor", "2026-03-31", 1, "2026-01-31", false, "2026-01-31 2026-02-28 2026-03-31"},
	} {
		cycle := calendar.Cycle{Anchor: date(t, c.anchor), Months: c.months, Stick: c.stick}
		k := cycle.IndexFrom(date(t, c.from))
		var got []string
		for range strings.Fields(c.want) {
			got = append(got, cycle.Boundary(k).String())
			k++
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %v, want %s", c.id, got, c.want)
		}
	}
}

func TestPeriodsTile(t *testing.T) {
	for _, stick := range []bool{false, true} {
		for _, months := range []int{1, 3, 12, 36} {
			for anchor := date(t, "2023-12-25"); anchor.Before(date(t, "2024-03-05")); anchor = anchor.AddDays(1) {
				cycle := calendar.Cycle{Anchor: anchor, Months: months, Stick: stick}
				for day := anchor.AddDays(-400); day.Before(anchor.AddDays(800)); day = day.AddDays(7) {
					if k := cycle.Index(day); !cycle.Period(k).Contains(day) {
						t.Fatalf("%v: %s is not in period %d, %v", cycle, day, k, cycle.Period(k))
					}
				}
			}
		}
	}
}

func FuzzParseDate(f *testing.F) {
	f.Add("2026-02-28")
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := calendar.ParseDate(text); err == nil && d.String() != text {
			t.Errorf("%q read and printed is %q", text, d)
		}
	})
}

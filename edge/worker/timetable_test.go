package worker

import (
	"testing"
	"time"

	"prorata/flow/office"
)

// Every kind that a page can show stands in the timetable once, can fail and be given up.
func TestTheTimetableIsWhole(t *testing.T) {
	seen := map[office.JobKind]bool{}
	for _, line := range Timetable(time.Minute, nil) {
		if seen[line.Kind] || line.AtOnce < 1 || line.Most < time.Minute || line.Tries < 1 || line.Wait < time.Second || line.Kind.Title() == string(line.Kind) {
			t.Errorf("%+v", line)
		}
		seen[line.Kind] = true
		if line.Most < Lease {
			t.Errorf("%s may not take as long as its lease", line.Kind)
		}
	}
	for _, kind := range []office.JobKind{office.JobFollow, office.JobPrices, office.JobFigures, office.JobVerify, office.JobTidy, office.JobSync, office.JobEvents, office.JobProvision,
		office.JobImport, office.JobReconcile} {
		if !seen[kind] {
			t.Errorf("%s is not in the timetable", kind)
		}
	}
	for _, line := range Timetable(0, nil) {
		if line.Connections && line.again() {
			t.Errorf("%s asks providers, who are never to be asked", line.Kind)
		}
	}
}

func TestTheTimesOfALine(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		instant, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return instant
	}
	night, hourly := Line{Night: true}, Line{Every: time.Hour, Wait: time.Minute}
	for _, c := range []struct {
		what      string
		got, want time.Time
	}{
		{"before the night", night.next(at("2026-03-12T00:00:00Z"), at("2026-03-12T00:10:00Z"), zone), at("2026-03-12T02:30:00Z")},
		{"in the night", night.next(at("2026-03-12T02:30:00Z"), at("2026-03-12T02:30:00Z"), zone), at("2026-03-13T02:30:00Z")},
		{"the clock is put forward", night.next(at("2026-03-28T12:00:00Z"), at("2026-03-28T12:00:00Z"), zone), at("2026-03-29T01:30:00Z")},
		{"the clock is put back", night.next(at("2026-10-24T12:00:00Z"), at("2026-10-24T12:00:00Z"), zone), at("2026-10-25T02:30:00Z")},
		{"from beginning to beginning", hourly.next(at("2026-03-12T12:00:00Z"), at("2026-03-12T12:40:00Z"), zone), at("2026-03-12T13:00:00Z")},
		{"a run longer than that", hourly.next(at("2026-03-12T12:00:00Z"), at("2026-03-12T13:40:00Z"), zone), at("2026-03-12T13:40:00Z")},
		{"a new one", hourly.first(at("2026-03-12T12:00:00Z"), zone), at("2026-03-12T12:00:00Z")},
		{"a new one of the night", night.first(at("2026-03-12T12:00:00Z"), zone), at("2026-03-13T02:30:00Z")},
	} {
		if !c.got.Equal(c.want) {
			t.Errorf("%s: %s, want %s", c.what, c.got.UTC(), c.want)
		}
	}
	for failed, want := range map[int]time.Duration{1: time.Minute, 2: 2 * time.Minute, 5: 16 * time.Minute, 7: time.Hour, 1000: time.Hour} {
		if got := hourly.wait(failed); got != want {
			t.Errorf("after %d failures it waits %s, want %s", failed, got, want)
		}
	}
	for want, line := range map[string]Line{"": {}, "every minute": {Every: time.Minute}, "every 5 minutes": {Every: 5 * time.Minute}, "every hour": hourly,
		"every 24 hours": {Every: 24 * time.Hour}, "every 30s": {Every: 30 * time.Second}, "every night at 3:30": night} {
		if got := line.rhythm(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

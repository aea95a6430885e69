package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A program that is killed may leave half a line. What is written after it has to be
// read again the next time, and the time after.
func TestAJournalGoesOnBehindALineThatWasCutOff(t *testing.T) {
	name := filepath.Join(t.TempDir(), "journal")
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	move := func(j *journal, day string) {
		t.Helper()
		w := httptest.NewRecorder()
		j.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/standin/clock?to="+day+"T00:00:00Z", http.NoBody))
		if w.Code != http.StatusOK {
			t.Fatalf("the clock said %d %s", w.Code, w.Body)
		}
		if err := j.close(); err != nil {
			t.Fatal(err)
		}
	}
	j, err := newJournal(name, journalHead{Seed: "s", Start: start}, nil)
	if err != nil {
		t.Fatal(err)
	}
	move(j, "2026-01-02")
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, append(whole, `{"at":"2026-01-02T00:0`...), 0o600); err != nil {
		t.Fatal(err)
	}
	if j, err = openJournal(name, nil); err != nil {
		t.Fatal(err)
	}
	move(j, "2026-01-03")
	if j, err = openJournal(name, nil); err != nil {
		t.Fatal(err)
	}
	if got := j.world.Now(); !got.Equal(start.AddDate(0, 0, 2)) {
		t.Errorf("it is %s", got)
	}
	move(j, "2026-01-04")
	if after, _ := os.ReadFile(name); !strings.HasPrefix(string(after), string(whole)) || strings.Count(string(after), "\n") != 4 {
		t.Errorf("the journal is\n%s", after)
	}
}

package scenarios_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"prorata/edge/bookfile"
	"prorata/edge/store"
	"prorata/flow"
	"prorata/internal/pgtest"
)

// Through the real flow and store: day by day, compared with what the file
// expects, and then all of it derived again.
func TestScenariosOnSQLite(t *testing.T) {
	onStore(t, func(t testing.TB) string { return "sqlite:" + t.TempDir() + "/book.db" })
}

func TestScenariosOnPostgreSQL(t *testing.T) {
	database := pgtest.NewDatabase(t)
	onStore(t, func(t testing.TB) string { return pgtest.NewSchema(t, database) })
}

func onStore(t *testing.T, database func(testing.TB) string) {
	for _, file := range scenarioFiles(t) {
		t.Run(strings.TrimSuffix(file, ".yaml"), func(t *testing.T) {
			t.Parallel()
			s := read(t, file)
			opened, err := store.Open(t.Context(), database(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := opened.Close(); err != nil {
					t.Error(err)
				}
			})
			f := &flow.Flow{Store: opened, Clock: lastInstant{}, Log: slog.New(slog.DiscardHandler), Workers: 2, Zone: time.UTC}
			invoices, err := f.Simulate(t.Context(), storyOf(&s))
			if err != nil {
				t.Fatal(err)
			}
			for _, difference := range bookfile.Compare(*s.Expect, invoices) {
				t.Error(difference)
			}
			verify(t, f)
		})
	}
}

func verify(t *testing.T, f *flow.Flow) {
	t.Helper()
	report, err := f.Verify(context.WithoutCancel(t.Context()), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, difference := range report.First {
		t.Error(difference)
	}
}

// lastInstant is after every scenario.
type lastInstant struct{}

func (lastInstant) Now() time.Time { return time.Date(2099, 12, 31, 12, 0, 0, 0, time.UTC) }

func storyOf(s *bookfile.Scenario) flow.Story {
	story := flow.Story{Until: s.Until, Events: s.Events}
	for intake := range s.Intakes() {
		if intake.Event == nil {
			story.Nouns = append(story.Nouns, intake)
		}
	}
	return story
}

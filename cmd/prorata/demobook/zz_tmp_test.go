package demobook

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"prorata/edge/bookfile"
	"prorata/edge/store"
	"prorata/flow"
)

type fixedClock struct{ at time.Time }

func (c fixedClock) Now() time.Time { return c.at }

func TestTmpScenario(t *testing.T) {
	file := os.Getenv("SCEN")
	if file == "" { t.Skip() }
	data, _ := os.ReadFile(file)
	s, err := bookfile.ReadScenario(file, data)
	if err != nil { t.Fatal(err) }
	story := flow.Story{Until: s.Until, Events: s.Events}
	for in := range s.Intakes() {
		if in.Event == nil { story.Nouns = append(story.Nouns, in) }
	}
	st, err := store.Open(context.Background(), "sqlite::memory:")
	if err != nil { t.Fatal(err) }
	defer st.Close()
	f := &flow.Flow{Store: st, Log: slog.New(slog.DiscardHandler), Workers: 1, Zone: time.UTC}
	shown, err := f.Simulate(context.Background(), story)
	if err != nil { t.Fatal(err) }
	for _, d := range bookfile.Compare(*s.Expect, shown) { t.Error(d) }
	f.Clock = fixedClock{time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)}
	report, err := f.Verify(context.Background(), nil)
	fmt.Println(report.Differences, report.First, err)
}

func TestTmpStory(t *testing.T) {
	if os.Getenv("WHOLE") == "" { t.Skip() }
	start := time.Now()
	until := on(t, os.Getenv("WHOLE"))
	story := Story(1, until)
	st, err := store.Open(context.Background(), "sqlite::memory:")
	if err != nil { t.Fatal(err) }
	defer st.Close()
	f := &flow.Flow{Store: st, Log: slog.New(slog.DiscardHandler), Workers: 1, Zone: time.UTC}
	shown, err := f.Simulate(context.Background(), story)
	if err != nil { t.Fatal(err) }
	fmt.Println(len(shown), time.Since(start))
	f.Clock = fixedClock{time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)}
	report, err := f.Verify(context.Background(), nil)
	fmt.Println(report.Differences, err)
	for _, d := range report.First { fmt.Println(d) }
}

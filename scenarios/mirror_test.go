package scenarios_test

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"prorata/edge/bookfile"
	"prorata/edge/store"
	"prorata/flow"
)

// played is a mirror scenario's book after its last day.
func played(t *testing.T, file string) *flow.Flow {
	t.Helper()
	f := emptyFlow(t)
	s := read(t, file)
	if _, err := f.Simulate(t.Context(), storyOf(&s)); err != nil {
		t.Fatal(err)
	}
	return f
}

func emptyFlow(t *testing.T) *flow.Flow {
	t.Helper()
	opened, err := store.Open(t.Context(), "sqlite::memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = opened.Close() })
	return &flow.Flow{Store: opened, Clock: lastInstant{}, Log: slog.New(slog.DiscardHandler), Workers: 2, Zone: time.UTC}
}

func exported(t *testing.T, f *flow.Flow) string {
	t.Helper()
	var text bytes.Buffer
	if err := bookfile.WriteBook(&text, f.Export(t.Context())); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// take takes a book's text in and says how many of its events were new.
func take(t *testing.T, f *flow.Flow, text string) (events int) {
	t.Helper()
	nouns := bookfile.ReadBook("book.yaml", strings.NewReader(text))
	_, err := f.Take(t.Context(), nouns, flow.Actor{Who: "clerk", Source: "import"}, func(line flow.TakeLine) {
		switch {
		case line.Outcome != flow.Taken && line.Outcome != flow.Unchanged:
			t.Errorf("%s: %s: %s", line.At, line.Outcome, line.Why)
		case line.Outcome == flow.Taken && line.Noun == "event":
			events++
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// A book with the provider's rows, told once and told anew, is written and read
// back whole, and to read it a second time changes nothing.
func TestMirrorBooksMove(t *testing.T) {
	files, err := filepath.Glob("mirror-*.yaml")
	if err != nil || len(files) < 20 {
		t.Fatal(len(files), err)
	}
	for _, file := range append(files, "linked-subscriptions-are-billed-apart.yaml") {
		t.Run(strings.TrimSuffix(file, ".yaml"), func(t *testing.T) {
			t.Parallel()
			here, there := played(t, file), emptyFlow(t)
			text := exported(t, here)
			if n := take(t, here, text); n != 0 {
				t.Errorf("taken in again where it is from, %d events are new", n)
			}
			if n := take(t, there, text); n == 0 {
				t.Error("nothing was taken in")
			}
			if n := take(t, there, text); n != 0 {
				t.Errorf("taken in a second time, %d events are new", n)
			}
			if got := exported(t, there); got != text {
				t.Errorf("written\n%s\nread and written\n%s", text, got)
			}
		})
	}
}

// explained are the sentences and sums of a scenario's lines.
func explained(t *testing.T, file string) (told []string) {
	t.Helper()
	f := played(t, file)
	err := f.Store.Read(t.Context(), func(tx flow.Tx) error {
		return tx.InvoiceList(flow.InvoiceFilter{WithLines: true}, func(issued flow.Issued) bool {
			for i := range issued.Lines {
				told = append(told, flow.Sentence(&issued.Lines[i]), flow.Arithmetic(&issued.Lines[i]))
			}
			return true
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return told
}

// Staff are told the provider's row and how our amount follows from it, so that
// anyone can redo it by hand.
func TestMirrorLinesAreExplained(t *testing.T) {
	proportion := ", in the proportion of what the provider took of its unit price."
	for file, want := range map[string][]string{
		"mirror-passes-a-promotion-on": {
			"As the provider bills it (renew, row r1): 10 × E3, 10 Jan – 9 Feb 2026, at the price of list default" + proportion,
			"10 × 30.00 × (17.00 ÷ 20.00) = 255 → 255.00",
		},
		"mirror-at-the-rate-of-the-lock": {
			"As the provider bills it (cycleCharge, row r1): 10 × E3, 10 Jan – 9 Feb 2026, at cost and 10 %.",
			"100.00 × 0.90 × (1 + 10 %) = 99 → 99.00",
			"As the provider bills it (cycleCharge, row r2): 10 × E5, 10 Jan – 9 Feb 2026, at the price of list default" + proportion,
			"10 × 18.00 × (7.50 ÷ 15.00) = 90 → 90.00",
		},
		"mirror-tiers-by-the-rows-quantity": {
			"As the provider bills it (new, row r1): 10 × E3, 10 Jan – 9 Feb 2026, at the price of list default" + proportion,
			"100 [whole price of 10] × (31 ÷ 31) = 100 → 100.00",
			"As the provider bills it (addQuantity, row r2): 10 × E3, 20 Jan – 9 Feb 2026, at the price of list default" + proportion,
			"100 [whole price of 10] × (-21 ÷ 31) = -67.74193548 → -67.74",
			"As the provider bills it (addQuantity, row r3): 12 × E3, 20 Jan – 9 Feb 2026, at the price of list default" + proportion,
			"108 [whole price of 12] × (21 ÷ 31) = 73.16129032 → 73.16",
		},
		"mirror-a-back-dated-price": {
			"As the provider bills it (new, row r1): 10 × E3, 10 Jan – 9 Feb 2026, at the price of list default" + proportion,
			"10 × 20.00 × (15 ÷ 15) = 200 → 200.00",
			"As the provider bills it (cycleCharge, row r2): 10 × E3, 10 Feb – 9 Mar 2026, at the price of list default" + proportion,
			"10 × 20.00 × (15 ÷ 15) = 200 → 200.00",
			"Corrects 10 Feb – 9 Mar 2026: owed 180.00, billed 200.00.",
			"10 × 18.00 × (15 ÷ 15) → 180.00 − 200.00 = -20.00",
		},
	} {
		t.Run(file, func(t *testing.T) {
			if got := explained(t, file+".yaml"); strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// What a customer gets tells nothing of what the provider asks.
func TestMirrorDocumentsKeepTheProvidersPrices(t *testing.T) {
	for _, file := range []string{"mirror-passes-a-promotion-on", "mirror-at-the-rate-of-the-lock", "mirror-a-back-dated-price", "mirror-passes-a-customers-credit-on"} {
		lines := 0
		err := played(t, file+".yaml").Documents(t.Context(), flow.InvoiceFilter{}, func(d flow.Document) error {
			for _, entity := range d.Entities {
				for _, section := range entity.Sections {
					for i := range section.Lines {
						lines++
						if l := &section.Lines[i]; l.Explanation != "" || l.Arithmetic != "" {
							t.Errorf("%s: %s %s", file, l.Explanation, l.Arithmetic)
						}
					}
				}
			}
			return nil
		})
		if err != nil || lines == 0 {
			t.Errorf("%s: %d lines, %v", file, lines, err)
		}
	}
}

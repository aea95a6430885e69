package bookfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prorata/edge/bookfile"
)

// Each story gives the rows that were worked out for it by hand.
func TestStoriesGiveTheirCharges(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "scenarios", "charges", "*.yaml"))
	if err != nil || len(files) < 30 {
		t.Fatalf("%d stories, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s, err := bookfile.ReadChargeStory(filepath.Base(file), data)
			if err != nil {
				t.Fatal(err)
			}
			charges, err := s.Charges()
			if err != nil {
				t.Fatal(err)
			}
			if len(s.Expect) == 0 {
				t.Error("expects nothing")
			}
			for _, difference := range s.Compare(charges) {
				t.Error(difference)
			}
		})
	}
}

const aChargeStory = `name: seats
from: 2026-05-01
until: 2026-06-30
prices:
  - {price: 31}
subscriptions:
  - id: s
    events:
      - {on: 2026-05-05, do: buy, quantity: 2, term: P1Y}
      - {on: 2026-05-12, do: seats, to: 3}
expect:
  - {type: new, amount: 62.00}
  - {type: addQuantity, quantity: 2, effective_price: -24, amount: -48.00}
  - {type: addQuantity, quantity: 3, effective_price: 24, amount: 72.00}
  - {type: cycleCharge, on: 2026-06-05, amount: 93.00}
`

// What differs is named with its line; so is what is missing, and what nobody expected.
func TestADifferenceInChargesIsNamed(t *testing.T) {
	for _, c := range []struct{ what, old, new, want string }{
		{"as it is", "", "", ""},
		{"another amount", "amount: 72.00", "amount: 71.99", "s.yaml:14: 2026-05-12 addQuantity of s for 2026-05-12 to 2026-06-04: 3 × 24.00 = 72.00 USD: amount: expected 71.99, got 72.00"},
		{"a row too few", "  - {type: cycleCharge, on: 2026-06-05, amount: 93.00}\n", "", "s.yaml:1: not expected: 2026-06-05 cycleCharge of s for 2026-06-05 to 2026-07-04: 3 × 31.00 = 93.00 USD"},
		{"a row too many", "until: 2026-06-30", "until: 2026-05-31", "s.yaml:15: is not charged: type cycleCharge, on 2026-06-05, amount 93.00"},
	} {
		s, err := bookfile.ReadChargeStory("s.yaml", []byte(strings.Replace(aChargeStory, c.old, c.new, 1)))
		if err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		charges, err := s.Charges()
		if err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		var said []string
		for _, difference := range s.Compare(charges) {
			said = append(said, difference.String())
		}
		if got := strings.Join(said, "\n"); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.what, got, c.want)
		}
	}
}

// A file that is wrong, or tells what cannot have happened, says where and why.
func TestAWrongChargeStory(t *testing.T) {
	for _, c := range []struct{ what, old, new, want string }{
		{"no list", aChargeStory, "- 1\n", "s.yaml:1: expected a mapping"},
		{"an unknown key", "name: seats", "name: seats\nseats: 3", "s.yaml:2: seats: unknown key (expected one of "},
		{"an unknown verb", "do: buy", "do: purchase", `s.yaml:9: subscriptions[0].events[0].do: unknown "purchase" (expected buy, seats, cancel, schedule, plan, convert)`},
		{"a key of another verb", "do: seats, to: 3", "do: seats, to: 3, trial: true", "s.yaml:10: subscriptions[0].events[1].trial: unknown key"},
		{"no quantity", "do: seats, to: 3", "do: seats", "s.yaml:10: subscriptions[0].events[1].to: missing, and required"},
		{"days that end before they begin", "until: 2026-06-30", "until: 2026-04-30", "s.yaml:3: until: is before from"},
		{"no instant", "do: buy,", "do: buy, at: noon,", `events[0].at: "noon" is not an instant`},
		{"seats before they were bought", "do: buy, quantity: 2, term: P1Y", "do: seats, to: 2", "subscription s: 2026-05-05: it is not running"},
		{"no price", "{price: 31}", "{price: 31, from: 2026-05-06}", "subscription s: 2026-05-05: no price of the provider is known for s on 2026-05-05"},
	} {
		s, err := bookfile.ReadChargeStory("s.yaml", []byte(strings.Replace(aChargeStory, c.old, c.new, 1)))
		if err == nil {
			_, err = s.Charges()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.what, err, c.want)
		}
	}
}

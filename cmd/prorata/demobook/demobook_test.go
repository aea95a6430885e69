package demobook

import (
	"bytes"
	"fmt"
	"iter"
	"maps"
	"slices"
	"testing"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/edge/bookfile"
	"prorata/flow"
)

func on(t *testing.T, text string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// text is the whole story as a book file.
func text(t *testing.T, story flow.Story) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := bookfile.WriteBook(&out, intakes(story)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func intakes(story flow.Story) iter.Seq2[flow.Intake, error] {
	return func(yield func(flow.Intake, error) bool) {
		for _, in := range story.Nouns {
			if !yield(in, nil) {
				return
			}
		}
		for i := range story.Events {
			if !yield(flow.Intake{At: story.Events[i].At, Event: &story.Events[i]}, nil) {
				return
			}
		}
	}
}

func TestSameSeedAndDayGiveTheSameBook(t *testing.T) {
	until := on(t, "2026-06-15")
	want := text(t, Story(7, until))
	for range 3 {
		if !bytes.Equal(want, text(t, Story(7, until))) {
			t.Fatal("the same seed and day gave another book")
		}
	}
	if bytes.Equal(want, text(t, Story(8, until))) {
		t.Error("another seed gave the same book")
	}
}

// A day later the story is the same and goes on: within a month, a shorter one
// is the beginning of a longer.
func TestADayLaterTheBookIsADayOlder(t *testing.T) {
	long := Story(3, on(t, "2026-06-30")).Events
	short := Story(3, on(t, "2026-06-10")).Events
	if len(short) >= len(long) {
		t.Fatalf("%d events until the 10th, %d until the 30th", len(short), len(long))
	}
	for i := range short {
		if got, want := fmt.Sprint(short[i]), fmt.Sprint(long[i]); got != want {
			t.Fatalf("event %d: %s\nlater %s", i, got, want)
		}
	}
}

// What is written is a book like any other: it is read without a complaint, ids
// included, and written the same again.
func TestTheBookIsAFileLikeAnyOther(t *testing.T) {
	until := on(t, "2027-03-31")
	want := text(t, Story(1, until))
	var again bytes.Buffer
	if err := bookfile.WriteBook(&again, bookfile.ReadBook("demo", bytes.NewReader(want))); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, again.Bytes()) {
		t.Error("read and written again it differs")
	}
	if _, err := bookfile.ReadScenario("demo", append([]byte("name: demo\nuntil: "+until.String()+"\n"), want...)); err != nil {
		t.Error(err)
	}
}

func TestEventsAreInOrderAndNoneIsToCome(t *testing.T) {
	for _, day := range days {
		until := on(t, day)
		b := newBook(1, until)
		events, left := b.told()
		for _, why := range left {
			t.Errorf("%s: could not be told: %s", day, why)
		}
		if len(events) < 900 || len(events) > 1500 {
			t.Errorf("%s: %d events", day, len(events))
		}
		if events[0].On != until.AddMonths(-monthsTold).AddDays(1-dayOfMonth(until.AddMonths(-monthsTold))) {
			t.Errorf("%s: begins on %s", day, events[0].On)
		}
		for i := range events {
			if events[i].On.After(until) || (i > 0 && events[i].On.Before(events[i-1].On)) {
				t.Errorf("%s: event %d is of %s", day, i, events[i].On)
			}
		}
	}
}

func dayOfMonth(d calendar.Date) int {
	_, _, day := d.Civil()
	return day
}

// days are last days of the book: the first and the last that are promised, ends
// of months of all lengths, a leap day.
var days = []string{"2026-01-15", "2026-01-31", "2026-02-28", "2026-06-15", "2026-12-31", "2027-03-01", "2027-04-30", "2028-02-29", "2028-12-31"}

// Day by day nothing is refused and nothing is missing; and billed once at the
// end, from nothing, the book gives the same lines.
func TestTheBookPlaysThrough(t *testing.T) {
	for _, day := range days {
		for seed := range uint64(3) {
			t.Run(fmt.Sprintf("%s/%d", day, seed), func(t *testing.T) {
				w := newWorld(Story(seed, on(t, day)))
				if err := w.play(); err != nil {
					t.Fatal(err)
				}
				drafts, err := w.once()
				if err != nil {
					t.Fatal(err)
				}
				for _, difference := range differences(draftsText(w.drafts), draftsText(drafts)) {
					t.Error(difference)
				}
				w.checkSubstance(t)
			})
		}
	}
}

func differences(daily, once []string) (found []string) {
	count := map[string]int{}
	for _, line := range daily {
		count[line]++
	}
	for _, line := range once {
		count[line]--
	}
	for _, line := range slices.Sorted(maps.Keys(count)) {
		if n := count[line]; n != 0 {
			found = append(found, fmt.Sprintf("%+d day by day: %s", n, line))
		}
	}
	return found
}

// checkSubstance wants all that the book is there to show.
func (w *world) checkSubstance(t *testing.T) {
	t.Helper()
	between := func(what string, n, least, most int) {
		if n < least || n > most {
			t.Errorf("%d %s, expected %d to %d", n, what, least, most)
		}
	}
	between("accounts", len(w.accounts), 60, 75)
	between("contracts", len(w.books), 70, 80)
	between("subscriptions", len(w.home), 200, 245)
	between("invoices", len(w.invoices), 700, 900)
	seen := map[string]bool{}
	for i := range w.invoices {
		w.note(seen, &w.invoices[i])
	}
	for _, want := range substance {
		if !seen[want] {
			t.Errorf("there is no %s", want)
		}
	}
	for month := range monthsTold {
		if first := w.story.Events[0].On.AddMonths(month); !seen["month "+first.String()[:7]] {
			t.Errorf("nothing was billed in the month of %s", first)
		}
	}
}

var substance = []string{
	"base", "change", "adjustment", "usage", "one_time", "minimum", "smoothing",
	"consolidated invoice of kestrova", "consolidated invoice of rautenberg", "credit note", "currency EUR", "currency GBP", "currency PLN",
	"seller seller", "seller nordlicht-uk", "converted line", "discount", "tax included", "bill to larkspur",
	"tax " + taxGermany, "tax " + taxBritain, "tax " + taxReverse, "tax " + taxExempt, "tax " + taxZero,
}

func (w *world) note(seen map[string]bool, invoice *billing.Invoice) {
	if invoice.Contract == "" {
		seen["consolidated invoice of "+string(invoice.Payer)] = true
	}
	seen["month "+invoice.Date.String()[:7]] = true
	seen["bill to "+string(invoice.Payer)] = true
	seen["currency "+invoice.Currency.String()] = true
	seen["credit note"] = seen["credit note"] || invoice.CreditNote
	for _, tax := range invoice.Taxes {
		seen["tax "+tax.Name] = true
		seen["tax included"] = seen["tax included"] || tax.Included
	}
	for i := range invoice.Lines {
		line := &invoice.Lines[i]
		seen[bookfile.LineKindWord(line.Kind)] = true
		seen["seller "+string(w.sellers[line.Contract])] = true
		seen["converted line"] = seen["converted line"] || line.Amount.Currency() != invoice.Currency
		seen["discount"] = seen["discount"] || !line.Discount.IsZero()
	}
}

// The partner grows: what runs at the end of the book brings in more than what
// ran after half a year.
func TestThePartnerGrows(t *testing.T) {
	w := newWorld(Story(1, on(t, "2026-06-15")))
	if err := w.play(); err != nil {
		t.Fatal(err)
	}
	early, late := w.recurring(t, on(t, "2025-10-15")), w.recurring(t, on(t, "2026-06-15"))
	for _, c := range []money.Currency{eur, gbp, pln} {
		t.Logf("recurring in a month, %s: %d in October, %d in June", c, early[c], late[c])
	}
	for c, least := range map[money.Currency]int64{eur: 60_000, gbp: 10_000} {
		if late[c] < least || late[c] > 3*least || late[c] <= early[c] {
			t.Errorf("%s: %d in October, %d in June", c, early[c], late[c])
		}
	}
}

// recurring is what licences and services that run on a day bring in a month, in
// whole units: each line that covers the day, by the day.
func (w *world) recurring(t *testing.T, day calendar.Date) map[money.Currency]int64 {
	t.Helper()
	sums := map[money.Currency]int64{}
	for _, b := range w.books {
		fresh := billing.Book{Contract: b.Contract, Lists: b.Lists, Subscriptions: b.Subscriptions}
		plan, err := billing.NewPlanner(&w.catalog).Plan(&fresh, w.story.Until.AddMonths(12))
		if err != nil {
			t.Fatal(err)
		}
		for i := range plan.Drafts {
			for _, line := range plan.Drafts[i].Lines {
				if covered := (calendar.Period{From: line.From, To: line.To}); line.Kind <= billing.LineAdjustment && covered.Contains(day) {
					sums[b.Contract.Currency] += line.Amount.Minor() * 365 / 12 / int64(covered.Days())
				}
			}
		}
	}
	for c := range sums {
		sums[c] /= 100
	}
	return sums
}

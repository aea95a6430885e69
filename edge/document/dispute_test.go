package document

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// aDispute is over thirteen seats that were charged where twelve were held.
func aDispute(t testing.TB) flow.Dispute {
	t.Helper()
	euro := currency(t, "EUR")
	whole, rest := calendar.Period{From: day(t, "2026-02-05"), To: day(t, "2026-03-05")}, calendar.Period{From: day(t, "2026-02-12"), To: day(t, "2026-03-05")}
	row := func(id string, kind billing.ChargeType, days calendar.Period, seats, price, cost string) flow.ProviderLine {
		return flow.ProviderLine{
			Customer: "0f6f1f64-7c0f-4a52-9d0d-2f2f9f3b1a10", CustomerName: "Kiel Ropeworks GmbH", Holding: "5a1c2b3d-0001-4000-8000-00000000aa01", Order: "9QxN4Tb",
			Product: "Microsoft 365 E3", OrderedAt: time.Date(2026, 2, 12, 9, 30, 0, 0, time.UTC),
			Charge: billing.ProviderCharge{ID: id, Type: kind, SKU: "CFQ7TTC0LFLX:0001", Period: days, Quantity: decimal(t, seats), EffectivePrice: decimal(t, price), Cost: decimal(t, cost), Currency: euro},
		}
	}
	d := flow.Dispute{
		Connection: "microsoft", To: "Microsoft", On: day(t, "2026-03-09"), Currency: euro, Claim: decimal(t, "23.25"),
		From:    flow.Party{Name: "Förde Cloud GmbH", Address: []string{"Holstenstraße 12", "24103 Kiel"}, Country: "DE", TaxID: "DE 811 907 001", Email: "billing@foerde.example"},
		Invoice: flow.ProviderInvoice{ID: "G012345678", On: day(t, "2026-03-06"), Period: calendar.Period{From: day(t, "2026-02-01"), To: day(t, "2026-03-01")}, Currency: euro},
		Rows: []flow.ProviderLine{
			row("row1", billing.ChargeNew, whole, "10", "31.00", "310.00"), row("row2", billing.ChargeAddQuantity, rest, "10", "-23.25", "-232.50"), row("row3", billing.ChargeAddQuantity, rest, "13", "23.25", "302.25"),
		},
		Facts: []flow.DisputeFact{
			{Seq: 4, At: time.Date(2026, 2, 5, 8, 0, 1, 0, time.UTC), Who: "ann", Source: "console", ActsOn: day(t, "2026-02-05"), Sentence: "10 seats bought"},
			{Seq: 9, At: time.Date(2026, 2, 12, 9, 29, 58, 0, time.UTC), Who: "ben", Source: "command line", ActsOn: day(t, "2026-02-12"), Sentence: "seats set to 12"},
		},
		Expected: []flow.DisputeCharge{
			{Type: billing.ChargeNew, On: day(t, "2026-02-05"), Period: whole, Quantity: decimal(t, "10"), Amount: amount(t, "310.00", euro), Arithmetic: "31.00 EUR = 31.00 for a seat; × 10, each seat cut to digits: 310.00 EUR"},
			{Type: billing.ChargeAddQuantity, On: day(t, "2026-02-12"), Period: rest, Quantity: decimal(t, "12"), Amount: amount(t, "279.00", euro), Disputed: true,
				Arithmetic: "31.00 EUR × 3/4 (21 of 28 days) = 23.25 for a seat; × 12, each seat cut to digits: 279.00 EUR"},
		},
		Rule:        []string{"A seat costs its price, less the promotion, divided by the days of the whole charge cycle and multiplied by the days charged, first and last included, in UTC.", "The price of one seat is cut to the currency's digits, then multiplied."},
		Differences: []flow.DisputeDifference{{Cause: "quantity", Amount: decimal(t, "23.25"), Sentence: "13 seats are charged where 12 were expected: 302.25 instead of 279.00"}},
	}
	d.Line = d.Rows[2]
	return d
}

func disputeOf(t testing.TB, d flow.Dispute) []byte {
	t.Helper()
	l, pages := composeDispute(&d)
	checkPages(t, l, pages)
	return fileOf(t, func(w io.Writer) error { return DisputePDF(w, &d) })
}

func TestADisputeIsALetterThatSaysItAll(t *testing.T) {
	got := transcript(t, disputeOf(t, aDispute(t)))
	path := filepath.Join("testdata", "dispute.txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the dispute says something else now; run with -update and read the diff.\n%s", got)
	}
}

// A letter claims what was charged too much, and nothing else.
func TestWhatALetterClaims(t *testing.T) {
	for claim, want := range map[string]string{
		"0": "We claim nothing: this row is charged as it should be", "-3.10": "Charged too little, before tax; we claim nothing", "3.10": "What we claim: charged too much, before tax",
	} {
		d := aDispute(t)
		d.Claim = decimal(t, claim)
		if said := transcript(t, disputeOf(t, d)); !strings.Contains(said, want) {
			t.Errorf("a claim of %s says\n%s\nwithout %q", claim, said, want)
		}
	}
}

// A subscription of years has a long story; each page says what its table goes on with.
func TestALongDisputeGoesOverPages(t *testing.T) {
	d := aDispute(t)
	for i := range 200 {
		fact := d.Facts[1]
		fact.Sentence = fmt.Sprintf("seats set to %d", i+1)
		d.Facts = append(d.Facts, fact)
		d.Rows = append(d.Rows, d.Rows[0])
	}
	file := disputeOf(t, d)
	pages, said := read(t, file), transcript(t, file)
	if len(pages) < 8 {
		t.Fatalf("%d pages", len(pages))
	}
	for n, pieces := range pages {
		lines := rows(pieces)
		if want := fmt.Sprintf("Förde Cloud GmbH · Dispute invoice G012345678 | Page %d of %d", n+1, len(pages)); lines[len(lines)-1] != want {
			t.Errorf("page %d is signed %q", n+1, lines[len(lines)-1])
		}
		if strings.HasPrefix(lines[len(lines)-2], "What ") {
			t.Errorf("page %d ends with the title %q", n+1, lines[len(lines)-2])
		}
	}
	second := rows(pages[1])
	if second[0] != "Recorded (UTC) | Holds from | By | What" || second[1] != "What happened, by our log (continued)" {
		t.Errorf("page 2 begins with %q", second[:2])
	}
	for i := range 200 {
		if !strings.Contains(said, fmt.Sprintf("| seats set to %d\n", i+1)) {
			t.Fatalf("fact %d is missing", i)
		}
	}
}

// What others wrote may hold anything, of any length: it stays on the paper and is not lost.
func TestADisputeTakesAnyText(t *testing.T) {
	d := aDispute(t)
	long := strings.Repeat("Donaudampfschifffahrtsgesellschaft ", 60) + strings.Repeat("x", 400) + " \u202e\x00 漢字 the end"
	d.Line.CustomerName, d.Line.Product, d.Line.Charge.ID = long, long, strings.Repeat("r", 200)
	d.Rows[2].Charge.ID = d.Line.Charge.ID
	d.Facts[0].Sentence, d.Facts[0].Who = long, long
	d.Differences[0].Sentence, d.Expected[0].Arithmetic, d.To, d.From.Name = long, long, long, long
	d.Rows[0].Charge.Quantity, d.Rows[0].Charge.EffectivePrice = decimal(t, "1234567890123"), decimal(t, "0.000000000012")
	said := transcript(t, disputeOf(t, d))
	if n := strings.Count(said, "the end"); n < 5 {
		t.Errorf("long texts are cut: %d ends of them are there\n%s", n, said)
	}
	if strings.Contains(said, "\u202e") {
		t.Error("a direction mark got through")
	}
}

func TestADisputeOverTooLittleAndOverNothing(t *testing.T) {
	d := aDispute(t)
	d.Claim = decimal(t, "-5.5")
	if said := transcript(t, disputeOf(t, d)); !strings.Contains(said, "Charged too little, before tax; we claim nothing\n5.50 | EUR") {
		t.Error(said)
	}
	d = flow.Dispute{Currency: currency(t, "EUR"), Claim: money.Decimal{}}
	if said := transcript(t, disputeOf(t, d)); !strings.Contains(said, "Nothing was found to be wrong") || !strings.Contains(said, "charges not billed yet") {
		t.Error(said)
	}
}

package reconcile_test

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/core/reconcile"
)

func TestMain(m *testing.M) {
	flag.Parse()
	_ = flag.Set("rapid.nofailfile", "true")
	os.Exit(m.Run())
}

// failer is a test, or a rapid one.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func day(t failer, text string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(text)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return d
}

func number(t failer, text string) money.Decimal {
	t.Helper()
	d, err := money.ParseDecimal(text)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return d
}

func currency(t failer, code string) money.Currency {
	t.Helper()
	c, err := money.ParseCurrency(code)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return c
}

// tell reads a story, a fact on each line:
//
//	price 10.08 monthly [from DAY]        promotion NAME 15% FROM..TO      rate EUR 0.9 from DAY
//	DAY buy 10 for 1/1 [until DAY] [once] [trial] [as convert]   (term/billing in months)
//	DAY seats 12 [as convert]    DAY cancel    DAY schedule [seats 5] [plan 1] [term 36] [end]
//	DAY plan 12                  DAY convert for 12/1
func tell(t failer, code string, text string) (*reconcile.Story, reconcile.Rules) {
	t.Helper()
	story := &reconcile.Story{Holding: "sub", SKU: "E3", Currency: currency(t, code)}
	rules := reconcile.Rules{Rounding: reconcile.RoundPerLine}
	quoted := story.Currency
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		switch words[0] {
		case "rounding":
			if words[1] == "unit" {
				rules.Rounding = reconcile.RoundPerUnit
			}
		case "quoted":
			quoted = currency(t, words[1])
		case "price":
			p := reconcile.Price{Unit: number(t, words[1]), Currency: quoted, UnitMonths: months(t, words[2])}
			if words[2] == "once" {
				p.UnitMonths = 0
			}
			if len(words) > 4 {
				p.From = day(t, words[4])
			}
			story.Prices = append(story.Prices, p)
		case "promotion":
			from, to, _ := strings.Cut(words[3], "..")
			story.Promotions = append(story.Promotions, reconcile.Promotion{ID: words[1], Percent: number(t, strings.TrimSuffix(words[2], "%")), From: day(t, from), To: day(t, to)})
		case "rate":
			rules.Rates = append(rules.Rates, billing.Rate{From: quoted, To: story.Currency, Rate: number(t, words[1]), On: day(t, words[3])})
		default:
			story.Events = append(story.Events, event(t, words))
		}
	}
	return story, rules
}

func months(t failer, word string) int {
	t.Helper()
	n, known := map[string]int{"monthly": 1, "annual": 12, "triennial": 36, "once": 0}[word]
	if !known {
		t.Fatalf("no unit %s", word)
	}
	return n
}

func event(t failer, words []string) reconcile.Event {
	t.Helper()
	e := reconcile.Event{On: day(t, words[0])}
	kinds := map[string]reconcile.EventKind{
		"buy": reconcile.Bought, "seats": reconcile.SeatsSet, "cancel": reconcile.Cancelled, "schedule": reconcile.Scheduled, "plan": reconcile.PlanChanged, "convert": reconcile.TrialConverted,
	}
	kind, known := kinds[words[1]]
	if !known {
		t.Fatalf("no event %s", words[1])
	}
	e.Kind = kind
	rest := words[1:]
	for i := 0; i < len(rest); i++ {
		arg := ""
		if i+1 < len(rest) {
			arg = rest[i+1]
		}
		switch rest[i] {
		case "buy", "seats":
			e.Quantity, e.HasQuantity = number(t, arg), true
		case "plan":
			e.BillingMonths, _ = strconv.Atoi(arg)
		case "term":
			e.TermMonths, _ = strconv.Atoi(arg)
		case "for":
			term, paid, _ := strings.Cut(arg, "/")
			e.TermMonths, _ = strconv.Atoi(term)
			e.BillingMonths, _ = strconv.Atoi(paid)
		case "until":
			e.Ends = day(t, arg)
		case "once", "end":
			e.HasAutoRenew = true
		case "trial":
			e.Trial = true
		case "as":
			e.As = chargeType(t, arg)
		case "ref":
			e.Reference = arg
		}
	}
	return e
}

func chargeType(t failer, word string) billing.ChargeType {
	t.Helper()
	for c := billing.ChargeOther; c <= billing.ChargeCredit; c++ {
		if strings.EqualFold(c.String(), word) {
			return c
		}
	}
	t.Fatalf("no charge type %s", word)
	return 0
}

// span is a period as people are shown it: with its last day.
func span(p calendar.Period) string { return p.From.String() + ".." + p.To.AddDays(-1).String() }

func expect(t failer, story *reconcile.Story, rules reconcile.Rules, from, to string) []reconcile.Charge {
	t.Helper()
	charges, err := reconcile.Expect(story, rules, calendar.Period{From: day(t, from), To: day(t, to)})
	if err != nil {
		t.Fatalf("%v", err)
	}
	return charges
}

// table writes charges, one on a line.
func table(charges []reconcile.Charge) string {
	var text strings.Builder
	for i := range charges {
		c := &charges[i]
		sign := ""
		if c.Credit {
			sign = "-"
		}
		fmt.Fprintf(&text, "%s %s %s %s%s × %s = %s\n", c.On, c.Type, span(c.Period), sign, c.Quantity, c.Shown, c.Subtotal)
	}
	return text.String()
}

func check(t *testing.T, what, got, want string) {
	t.Helper()
	var trimmed strings.Builder
	for line := range strings.Lines(want) {
		if line = strings.TrimSpace(line); line != "" {
			trimmed.WriteString(line + "\n")
		}
	}
	if got != trimmed.String() {
		t.Errorf("%s\ngot:\n%swant:\n%s", what, got, trimmed.String())
	}
}

func expectWindow(t failer, from, to string) calendar.Period {
	t.Helper()
	return calendar.Period{From: day(t, from), To: day(t, to)}
}

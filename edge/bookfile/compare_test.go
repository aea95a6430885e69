package bookfile_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/edge/bookfile"
	"prorata/flow"
)

func day(t testing.TB, text string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func decimal(t testing.TB, text string) money.Decimal {
	t.Helper()
	d, err := money.ParseDecimal(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func usd(t testing.TB, text string) money.Amount {
	t.Helper()
	currency, err := money.ParseCurrency("USD")
	if err != nil {
		t.Fatal(err)
	}
	a, err := money.ParseAmount(text, currency)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func simulatedLine(t testing.TB, subscription string, kind billing.LineKind, from, to, quantity, amount string) flow.SimulatedLine {
	l := flow.SimulatedLine{
		Subscription: billing.SubscriptionID(subscription), SKU: "E3", Account: "contoso", Kind: kind, From: day(t, from),
		Quantity: decimal(t, quantity), Gross: usd(t, amount), Discount: usd(t, "0"), Amount: usd(t, amount), Explanation: "1 < 2 & so on",
	}
	if to != "" {
		l.To, l.UnitPrice, l.Priced = day(t, to), decimal(t, "22.00"), true
	}
	return l
}

func simulated(t testing.TB, date, contract, total string, lines ...flow.SimulatedLine) flow.SimulatedInvoice {
	amount := usd(t, total)
	return flow.SimulatedInvoice{
		Date: day(t, date), Contract: billing.ContractID(contract), Account: "contoso", CreditNote: amount.Sign() < 0, Currency: amount.Currency(),
		Net: amount, Tax: usd(t, "0"), Total: amount, Lines: lines,
	}
}

func expected(t testing.TB, invoices string) bookfile.Expectation {
	t.Helper()
	s, err := bookfile.ReadScenario("e.yaml", []byte("name: e\nuntil: 2026-01-01\nexpect:\n  invoices:\n"+invoices))
	if err != nil {
		t.Fatal(err)
	}
	return *s.Expect
}

func TestWhatDiffersIsALineEach(t *testing.T) {
	got := []flow.SimulatedInvoice{
		simulated(t, "2026-02-01", "c1", "-34.77",
			simulatedLine(t, "s1", billing.LineChange, "2026-01-16", "2026-02-01", "-5", "-56.77"),
			simulatedLine(t, "s1", billing.LineBase, "2026-02-01", "2026-03-01", "1", "22.00")),
		simulated(t, "2026-02-01", "", "5.00", simulatedLine(t, "fee", billing.LineOneTime, "2026-02-01", "", "1", "5.00")),
	}
	const consolidated = "    - {date: 2026-02-01, contract: null, total: 5}\n"
	for _, c := range []struct{ what, invoices, want string }{
		{"all is well, in any order and with any digits", consolidated + "    - {date: 2026-02-01, contract: c1, kind: credit_note, net: -34.770, tax: 0, total: \"-34.77\", account: contoso, currency: USD,\n" +
			"       lines: [{subscription: s1, kind: base, quantity: 1.0, unit_price: 22.0, gross: 22, discount: 0.00, explanation: 1 < 2 & so on}, {kind: change, sku: E3, amount: -56.77}]}\n", ""},
		{"nulls", "    - {date: 2026-02-01, contract: c1, total: -34.77}\n    - {date: 2026-02-01, contract: null, total: 5, lines: [{subscription: fee, to: null, unit_price: null}]}\n", ""},
		{"a total", consolidated + "    - {date: 2026-02-01, contract: c1, total: -34.78, kind: invoice}\n",
			"e.yaml:6: 2026-02-01 c1: total: expected -34.78, got -34.77|e.yaml:6: 2026-02-01 c1: kind: expected invoice, got credit_note"},
		{"a missing and an unexpected invoice", consolidated + "    - {date: 2026-02-02, contract: c1, total: -34.77}\n",
			"e.yaml:6: 2026-02-02 c1: missing: expected total -34.77|e.yaml:4: 2026-02-01 c1: not expected: credit_note of -34.77 USD to contoso"},
		{"a line's amount", consolidated + "    - {date: 2026-02-01, contract: c1, total: -34.77,\n       lines: [{kind: base, amount: 22.01}, {kind: change, amount: -56.77}]}\n",
			"e.yaml:7: 2026-02-01 c1: line s1 base 2026-02-01..2026-03-01: amount: expected 22.01, got 22.00"},
		{"a line too few", consolidated + "    - {date: 2026-02-01, contract: c1, total: -34.77, lines: [{kind: base}]}\n",
			"e.yaml:6: 2026-02-01 c1: line not expected: s1 change 2026-01-16..2026-02-01, quantity -5, amount -56.77"},
		{"a line too many", consolidated + "    - {date: 2026-02-01, contract: c1, total: -34.77, lines: [{kind: base}, {kind: change}, {subscription: s2, to: null}]}\n",
			"e.yaml:6: 2026-02-01 c1: line missing: expected subscription s2, to null"},
		{"no lines", consolidated + "    - {date: 2026-02-01, contract: c1, total: -34.77, lines: []}\n",
			"e.yaml:6: 2026-02-01 c1: line not expected: s1 change 2026-01-16..2026-02-01, quantity -5, amount -56.77|" +
				"e.yaml:6: 2026-02-01 c1: line not expected: s1 base 2026-02-01..2026-03-01, quantity 1, amount 22.00"},
	} {
		t.Run(c.what, func(t *testing.T) {
			var found []string
			for _, d := range bookfile.Compare(expected(t, c.invoices), got) {
				found = append(found, d.String())
			}
			if text := strings.Join(found, "|"); text != c.want {
				t.Errorf("got  %s\nwant %s", text, c.want)
			}
		})
	}
}

// The first expected line fits both lines, the second only the one that a greedy
// match would have given to the first.
func TestLinesMatchOneToOneAndNotGreedily(t *testing.T) {
	got := []flow.SimulatedInvoice{simulated(t, "2026-01-01", "c1", "30.00",
		simulatedLine(t, "a", billing.LineBase, "2026-01-01", "2026-02-01", "1", "10.00"),
		simulatedLine(t, "b", billing.LineBase, "2026-01-01", "2026-02-01", "1", "20.00"))}
	e := expected(t, "    - {date: 2026-01-01, contract: c1, total: 30, lines: [{kind: base}, {subscription: a}]}\n")
	if found := bookfile.Compare(e, got); len(found) != 0 {
		t.Error(found)
	}
}

// Lines are described by as few fields as tell them apart from nothing, and
// shuffled: there is always a match to be found, and none once a line is changed.
func TestAMatchIsFoundWhereThereIsOne(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	for range 300 {
		n := 1 + r.IntN(12)
		lines := make([]flow.SimulatedLine, n)
		wanted := make([]string, n)
		total := 0
		for i := range lines {
			subscription, amount := fmt.Sprintf("s%d", r.IntN(3)), r.IntN(3)
			total += amount
			lines[i] = simulatedLine(t, subscription, billing.LineKind(r.IntN(2)), "2026-01-01", "2026-02-01", "1", fmt.Sprint(amount))
			fields := []string{"quantity: 1.0"}
			if r.IntN(2) == 0 {
				fields = append(fields, "subscription: "+subscription)
			}
			if r.IntN(2) == 0 {
				fields = append(fields, "kind: "+bookfile.LineKindWord(lines[i].Kind))
			}
			if r.IntN(2) == 0 {
				fields = append(fields, fmt.Sprintf("amount: %d", amount))
			}
			wanted[i] = "{" + strings.Join(fields, ", ") + "}"
		}
		r.Shuffle(n, func(i, j int) { wanted[i], wanted[j] = wanted[j], wanted[i] })
		e := expected(t, fmt.Sprintf("    - {date: 2026-01-01, contract: c1, total: %d, lines: [%s]}\n", total, strings.Join(wanted, ", ")))
		got := []flow.SimulatedInvoice{simulated(t, "2026-01-01", "c1", fmt.Sprint(total), lines...)}
		if found := bookfile.Compare(e, got); len(found) != 0 {
			t.Fatalf("seed %d: %v", seed, found)
		}
		got[0].Lines[r.IntN(n)].Quantity = decimal(t, "2")
		if found := bookfile.Compare(e, got); len(found) == 0 {
			t.Fatalf("seed %d: %v", seed, found)
		}
	}
}

func TestTheJSONOfASimulation(t *testing.T) {
	var out strings.Builder
	err := bookfile.WriteSimulation(&out, "a <small> one", []flow.SimulatedInvoice{
		simulated(t, "2026-02-01", "c1", "-56.77", simulatedLine(t, "s1", billing.LineChange, "2026-01-16", "2026-02-01", "-5", "-56.77")),
		simulated(t, "2026-02-01", "", "5.00", simulatedLine(t, "fee", billing.LineOneTime, "2026-02-01", "", "0.5", "5.00")),
		simulated(t, "2026-01-01", "c9", "0.00"),
	})
	if err != nil {
		t.Fatal(err)
	}
	compact := strings.NewReplacer("\n", "", "  ", "", `": `, `":`).Replace(out.String())
	const want = `{"scenario":"a <small> one","invoices":[` +
		`{"date":"2026-01-01","contract":"c9","account":"contoso","kind":"invoice","currency":"USD","net":"0.00","tax":"0.00","total":"0.00","lines":[]},` +
		`{"date":"2026-02-01","contract":null,"account":"contoso","kind":"invoice","currency":"USD","net":"5.00","tax":"0.00","total":"5.00","lines":[` +
		`{"subscription":"fee","sku":"E3","account":"contoso","kind":"one_time","from":"2026-02-01","to":null,"quantity":0.5,"unit_price":null,"gross":"5.00","discount":"0.00","amount":"5.00","explanation":"1 < 2 & so on"}]},` +
		`{"date":"2026-02-01","contract":"c1","account":"contoso","kind":"credit_note","currency":"USD","net":"-56.77","tax":"0.00","total":"-56.77","lines":[` +
		`{"subscription":"s1","sku":"E3","account":"contoso","kind":"change","from":"2026-01-16","to":"2026-02-01","quantity":-5,"unit_price":"22.00","gross":"-56.77","discount":"0.00","amount":"-56.77","explanation":"1 < 2 & so on"}]}]}`
	if compact != want {
		t.Errorf("got\n%s\nwant\n%s", compact, want)
	}
	out.Reset()
	if err := bookfile.WriteSimulation(&out, "none", nil); err != nil || !strings.Contains(out.String(), `"invoices": []`) {
		t.Errorf("%v: %s", err, out.String())
	}
}

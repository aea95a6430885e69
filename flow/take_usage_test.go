package flow_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/flow"
)

// meteredOffice has two contracts with metered subscriptions, one of them void, a
// licence and something sold once, and was billed through January.
func meteredOffice(t testing.TB, path string) *office {
	o := newOffice(t, path)
	o.customer("more", "more-1")
	o.take(
		flow.Intake{Product: &billing.Product{SKU: "azure", Name: "Azure", Kind: billing.Usage}},
		flow.Intake{Event: &flow.Event{Do: flow.DoSubscribe, On: day("2026-01-01"), Effective: day("2026-01-01"), Contract: "acme-1", ID: "plan", SKU: "azure"}},
		flow.Intake{Event: &flow.Event{Do: flow.DoSubscribe, On: day("2026-01-01"), Effective: day("2026-01-01"), Contract: "more-1", ID: "other", SKU: "azure"}},
		flow.Intake{Event: &flow.Event{Do: flow.DoSubscribe, On: day("2026-01-01"), Effective: day("2026-01-01"), Contract: "acme-1", ID: "void", SKU: "azure"}},
		flow.Intake{Event: &flow.Event{Do: flow.DoVoid, On: day("2026-01-02"), Effective: day("2026-01-02"), ID: "taken back", Voids: "void"}},
		flow.Intake{Event: &flow.Event{Do: flow.DoSubscribe, On: day("2026-01-01"), Effective: day("2026-01-01"), Contract: "acme-1", ID: "licence", SKU: e3, Quantity: decimal("2"), HasQuantity: true}},
		flow.Intake{Event: &flow.Event{Do: flow.DoOneTime, On: day("2026-01-01"), Effective: day("2026-01-01"), Contract: "acme-1", ID: "setup", SKU: e3, Price: decimal("5"), HasPrice: true}},
	)
	o.clock.on("2026-02-10")
	_, err := o.Bill(o.ctx, flow.BillOptions{Through: day("2026-02-01"), Actor: flow.Actor{Who: "clerk"}})
	must(t, err)
	return o
}

// anyUsage is a record of anything, right or wrong; few keys, so that some come twice.
func anyUsage(t *rapid.T, line int) flow.Intake {
	on := day(rapid.SampledFrom([]string{"2026-01-10", "2026-02-10", "2026-02-11"}).Draw(t, "on"))
	from := day("2026-01-20").AddDays(rapid.IntRange(0, 15).Draw(t, "from"))
	e := &flow.Event{
		At: flow.Source{File: "usage.csv", Line: line}, Do: flow.DoUsage, On: on, Effective: on,
		ID:           rapid.SampledFrom([]string{"", "", "k1", "k2", "k3", "k4", "licence", "taken back", "setup"}).Draw(t, "key"),
		Subscription: billing.SubscriptionID(rapid.SampledFrom([]string{"plan", "plan", "other", "void", "licence", "setup", "nobody's", ""}).Draw(t, "subscription")),
		Period:       calendar.Period{From: from, To: from.AddDays(rapid.SampledFrom([]int{1, 1, 1, 0}).Draw(t, "days"))},
		Quantity:     decimal("1.5"), HasQuantity: true, Cost: decimal(rapid.SampledFrom([]string{"0.25", "-3"}).Draw(t, "cost")), HasCost: true,
	}
	return flow.Intake{At: e.At, Event: e}
}

// kept is all that usage leaves behind: the log, and the records of each contract.
func (o *office) kept() (log []flow.LogEntry, usage [][]billing.UsageRecord) {
	o.t.Helper()
	must(o.t, o.Store.Read(o.ctx, func(tx flow.Tx) error {
		for _, contract := range []billing.ContractID{"acme-1", "more-1"} {
			book, err := tx.BookRead(contract)
			if err != nil {
				return err
			}
			usage = append(usage, book.Usage)
		}
		return tx.LogAll(func(e flow.LogEntry) bool { log = append(log, e); return true })
	}))
	return log, usage
}

// Usage that is taken together is taken as one record after the other would be, to
// the word of each refusal and the number of each entry; a second time nothing is new.
func TestUsageTakenTogetherIsAsOneByOne(t *testing.T) {
	together, single := meteredOffice(t, filepath.Join(t.TempDir(), "a.db")), meteredOffice(t, filepath.Join(t.TempDir(), "b.db"))
	actor := flow.Actor{Who: "import", Source: "test"}
	rapid.Check(t, func(r *rapid.T) {
		var batch []flow.Intake
		for i := range rapid.IntRange(1, 40).Draw(r, "records") {
			batch = append(batch, anyUsage(r, i+1))
		}
		for range 2 {
			var lines []flow.TakeLine
			_, err := together.Take(together.ctx, flow.IntakesOf(batch), actor, func(line flow.TakeLine) { lines = append(lines, line) })
			must(t, err)
			want, err := single.TakeOneByOne(single.ctx, batch, actor)
			must(t, err)
			if !slices.Equal(lines, want) {
				r.Fatalf("told\n%v\nnot\n%v", lines, want)
			}
			log, usage := together.kept()
			wantLog, wantUsage := single.kept()
			if !slices.Equal(log, wantLog) {
				r.Fatalf("the logs differ: %d entries and %d", len(log), len(wantLog))
			}
			if fmt.Sprint(usage) != fmt.Sprint(wantUsage) {
				r.Fatalf("the records differ:\n%v\n%v", usage, wantUsage)
			}
		}
	})
	if log, usage := together.kept(); len(usage[0]) == 0 || len(usage[1]) == 0 || len(log) < len(usage[0])+len(usage[1]) {
		t.Errorf("nothing was tried: %d entries, %d and %d records", len(log), len(usage[0]), len(usage[1]))
	}
}

// A long run of usage between other intakes keeps its place among them: it is
// judged by what came before it, and what comes after it by the run.
func TestUsageKeepsItsPlaceAmongOtherIntakes(t *testing.T) {
	o := meteredOffice(t, filepath.Join(t.TempDir(), "book.db"))
	use := func(key, subscription string) flow.Intake {
		return flow.Intake{Event: &flow.Event{Do: flow.DoUsage, On: day("2026-02-10"), Effective: day("2026-02-10"), ID: key, Subscription: billing.SubscriptionID(subscription),
			Period: calendar.Period{From: day("2026-02-01"), To: day("2026-02-02")}, Quantity: decimal("1"), HasQuantity: true, Cost: decimal("2"), HasCost: true}}
	}
	start := flow.Intake{Event: &flow.Event{Do: flow.DoSubscribe, On: day("2026-02-10"), Effective: day("2026-02-10"), Contract: "more-1", ID: "late", SKU: "azure"}}
	void := flow.Intake{Event: &flow.Event{Do: flow.DoVoid, On: day("2026-02-10"), Effective: day("2026-02-10"), ID: "of k7", Voids: "k7"}}
	batch := []flow.Intake{use("too early", "late"), start}
	for i := range 1200 {
		batch = append(batch, use(fmt.Sprintf("k%d", i), "late"))
	}
	batch = append(batch, void, void)
	counts := map[flow.Outcome]int{}
	report, err := o.Take(o.ctx, flow.IntakesOf(batch), flow.Actor{Who: "import"}, func(line flow.TakeLine) { counts[line.Outcome]++ })
	must(t, err)
	if counts[flow.Taken] != 1202 || counts[flow.Wrong] != 1 || counts[flow.Unchanged] != 1 || !report.Bad() {
		t.Errorf("%v", counts)
	}
	_, usage := o.kept()
	if n := len(usage[1]); n != 1200 || usage[1][7].ID != "k7" || usage[1][7].VoidedOn != day("2026-02-10") || !usage[1][8].VoidedOn.IsZero() {
		t.Errorf("%d records: %v", n, usage[1][:min(n, 9)])
	}
}

// Usage comes under the provider's id. Where a subscription goes by another one here,
// its link says which it is; where several share the id, nobody but a person does.
func TestUsageOfALinkedHoldingIsItsSubscriptions(t *testing.T) {
	o := meteredOffice(t, filepath.Join(t.TempDir(), "book.db"))
	o.write(func(tx flow.Tx) error {
		for holding, parts := range map[string][]billing.SubscriptionID{"h-plan": {"plan", "void", "licence"}, "h-both": {"other"}} {
			for _, part := range parts {
				if _, err := tx.HoldingLinkPut(flow.HoldingLink{Connection: connection, Holding: holding, Subscription: part}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	o.take(flow.Intake{Event: &flow.Event{Do: flow.DoSubscribe, On: day("2026-01-01"), Effective: day("2026-01-01"), Contract: "more-1", ID: "more", SKU: "azure", Holding: "h-both"}})
	rows := func(yield func(flow.RatedUsage, error) bool) {
		for i, id := range []string{"h-plan", "h-both", "plan", "nobody's"} {
			period := calendar.Period{From: day("2026-02-03"), To: day("2026-02-04")}
			if !yield(flow.RatedUsage{At: flow.Source{File: "usage", Line: i + 1}, Key: "key of " + id, Subscription: id, CustomerName: "Acme", Period: period, Quantity: decimal("1"), Cost: decimal("2")}, nil) {
				return
			}
		}
	}
	for _, from := range []flow.ConnectionID{connection, ""} {
		var told []string
		_, err := o.Take(o.ctx, o.IntakesOfUsage(o.ctx, from, rows), flow.Actor{Who: "clerk"}, func(line flow.TakeLine) {
			told = append(told, fmt.Sprint(line.At.Line, " ", line.Outcome, " ", line.Why))
		})
		must(t, err)
		outcome := "taken"
		if from == "" {
			outcome = "unchanged"
		}
		want := []string{"2 wrong subscription: h-both is 2 subscriptions here: its usage cannot be billed as it is",
			"4 wrong subscription: nobody's (entitlement ) of Acme is not in the book", "1 " + outcome + " ", "3 " + outcome + " "}
		if !slices.Equal(told, want) {
			t.Errorf("%q", told)
		}
	}
	if _, usage := o.kept(); len(usage[0]) != 2 || usage[0][0].Subscription != "plan" {
		t.Errorf("%+v", usage)
	}
}

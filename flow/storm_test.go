package flow_test

import (
	"context"
	"fmt"
	"testing"

	"prorata/flow"
	"prorata/internal/pgtest"
)

// stormStore is a store in which somebody is always quicker: before each transaction
// that writes, another has written what it may be about.
type stormStore struct {
	flow.Store
	gust   func()
	writes int
}

func (s *stormStore) Write(ctx context.Context, fn func(flow.Tx) error) error {
	s.writes++
	s.gust()
	return s.Store.Write(ctx, fn)
}

func TestARunComesToItsEndInAStormOnSQLite(t *testing.T) {
	runInAStorm(t, openOffice(t))
}

func TestARunComesToItsEndInAStormOnPostgres(t *testing.T) {
	runInAStorm(t, newOfficeAt(t, pgtest.NewDatabase(t)))
}

// runInAStorm bills a contract whose seats change between each reading of the run and
// its writing. The run ends, bills what it found last, and leaves the rest to the next.
func runInAStorm(t *testing.T, o *office) {
	o.customer("calm", "calm-1")
	quiet := order("o-calm", e3, "3")
	quiet.Contract, quiet.Order = "calm-1", flow.OrderAsk{}
	wild := order("o-wild", e3, "1")
	wild.Order = flow.OrderAsk{}
	must(t, o.tell(quiet, wild))
	o.clock.on("2026-02-02")
	count := 1
	storm := &stormStore{Store: o.Store, gust: func() {
		count++
		must(t, o.tell(seats("o-wild", fmt.Sprint(count))))
	}}
	busy := *o.Flow
	busy.Store = storm
	run, err := busy.Bill(o.ctx, flow.BillOptions{Through: day("2026-02-01"), Actor: flow.Actor{Who: "clerk"}})
	if err != nil || run.State != "done" || run.Exceptions != 0 || run.Contracts != 2 || run.Invoices != 2 {
		t.Errorf("%+v, %v", run, err)
	}
	if storm.writes < 8 {
		t.Errorf("%d transactions: it was no storm", storm.writes)
	}
	if report, err := o.Verify(o.ctx, func(flow.VerifyReport) {}); err != nil || report.Differences > 0 {
		t.Errorf("verify: %+v %v", report, err)
	}
}

package main_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// followKillsWanted is how often a program that follows its provider is killed,
// half on each database:
//
//	go test ./cmd/prorata -run KilledWhileFollowing -follow-kills 1000
var followKillsWanted = flag.Int("follow-kills", number("PRORATA_FOLLOW_KILLS", 30), "how many runs of provisioning, syncs and fetches are killed")

// busyFirm is a firm in which something is ordered and changed all the time, on
// both sides.
type busyFirm struct {
	*firm
	// byHand was bought at the provider, and has so many seats there.
	byHand string
	seats  int
	// orders counts what was ordered here.
	orders int
}

func beginBusyFirm(t testing.TB, address string) *busyFirm {
	t.Helper()
	f := &busyFirm{firm: beginFirm(t, address), seats: 5}
	f.byHand = f.center.buy(f.customer, businessPremium, f.seats)
	f.must("sync")
	return f
}

// happen has something ordered here, the order before it changed, and seats added there.
func (f *busyFirm) happen() {
	f.t.Helper()
	f.orders++
	events := []string{f.order(fmt.Sprint("o", f.orders), powerBI, 2)}
	if f.orders > 1 {
		events = append(events, fmt.Sprintf("on: %s, do: quantity, subscription: o%d, to: 3", today(), f.orders-1))
	}
	if out := f.take(events...); out.code != 0 {
		f.t.Fatal(out)
	}
	f.seats++
	f.center.change(f.customer, f.byHand, map[string]any{"quantity": f.seats})
}

// agree lets everything end, and holds what is there against what was asked here,
// and the other way round.
func (f *busyFirm) agree() {
	f.t.Helper()
	f.settle()
	f.must("sync")
	want := []string{fmt.Sprintf("%s %d active", businessPremium, f.seats)}
	for i := range f.orders {
		want = append(want, fmt.Sprintf("%s %d active", powerBI, 3-(i+1)/f.orders))
	}
	f.is("there", sorted(want...), sorted(strings.Split(told(f.center.held(f.customer)), "\n")...))
	if !strings.HasSuffix(f.log(f.byHand), fmt.Sprint(" quantity ", f.seats)) {
		f.t.Errorf("%d seats there, and the log says\n%s", f.seats, f.log(f.byHand))
	}
	f.is("subscriptions", fmt.Sprint(f.orders+1), fmt.Sprint(f.count("subscription")))
	f.is("recorded by another sync", "0", f.json("connections.0.recorded", 0, "sync"))
	f.is("exceptions", "", f.exceptions())
	f.is("on its way", "[]", f.json("provisions", 0, "provision", "list"))
	f.must("verify")
}

// A program that is killed at any moment while it follows its provider, again and
// again, orders nothing twice and loses nothing.
func TestKilledWhileFollowing(t *testing.T) {
	both(t, func(t *testing.T, e *engineUnderTest) {
		random := chance(t)
		f := beginBusyFirm(t, e.empty(t))
		kills, wanted := 0, (*followKillsWanted+1)/2
		for kills < wanted && !t.Failed() {
			for range 4 {
				f.happen()
				kills += f.killSome(random)
			}
			f.agree()
		}
		t.Logf("%d runs were killed, with %d orders under way", kills, f.orders)
	})
}

// killSome runs some commands, and kills each somewhere.
func (f *busyFirm) killSome(random *rand.Rand) (kills int) {
	f.t.Helper()
	commands := [][]string{{"provision", "run"}, {"provision", "run"}, {"sync"}, {"sync", "--events"}}
	for range 1 + random.IntN(3) {
		f.timePasses()
		p := f.launch(commands[random.IntN(len(commands))]...)
		p.killAfter(f.t, time.Duration(random.Int64N(int64(200*time.Millisecond))))
		if out := p.wait(f.t); out.killed {
			kills++
		} else if out.code != 0 {
			f.t.Error(out)
		}
	}
	return kills
}

// Programs that provision and sync at the same time do together what one does.
func TestFollowingAtTheSameTime(t *testing.T) {
	both(t, func(t *testing.T, e *engineUnderTest) {
		f := beginBusyFirm(t, e.empty(t))
		for range 3 {
			f.happen()
			f.happen()
			var running []*process
			for _, args := range [][]string{{"provision", "run"}, {"provision", "run"}, {"provision", "run"}, {"sync"}, {"sync", "--events"}, {"sync"}} {
				running = append(running, f.launch(args...))
			}
			for _, p := range running {
				if out := p.wait(t); out.code != 0 {
					t.Error(out)
				}
			}
			f.agree()
		}
	})
}

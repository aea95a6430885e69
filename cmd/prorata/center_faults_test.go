package main_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// trouble is what goes wrong with the calls about one customer.
type trouble struct {
	what, kind, method, path string
	rest                     map[string]any
	// cut has the program killed while it waits for what does not come.
	cut bool
}

func times(n int) map[string]any { return map[string]any{"times": n} }

// The ways in which a provider fails: anything that is asked of it, an order, a
// change. A call is sent four times by itself, so what strikes five is still wrong
// afterwards.
var (
	anyTroubles = []trouble{
		{what: "it asks for patience in vain", kind: "throttle", rest: map[string]any{"times": 5, "wait": "0s"}},
		{what: "it is unavailable for long", kind: "error", rest: map[string]any{"times": 5, "status": http.StatusServiceUnavailable}},
		{what: "a second factor is missing", kind: "mfa"},
		{what: "an answer is lost", kind: "lost"},
		{what: "it asks for patience", kind: "throttle", rest: map[string]any{"times": 2, "wait": "1s"}},
		{what: "it asks for more patience than there is", kind: "throttle", rest: map[string]any{"wait": "10m"}},
		{what: "it fails once", kind: "error"},
		{what: "the token has run out", kind: "expired"},
		{what: "it is slow", kind: "slow", rest: map[string]any{"times": 3, "wait": "1s"}},
	}
	orderTroubles = []trouble{
		{what: "no answer to a new cart comes", kind: "lost", method: http.MethodPost, path: "/carts", rest: times(5)},
		{what: "the answer to a checkout is lost", kind: "lost", path: "/checkout"},
		{what: "no answer to a checkout comes", kind: "lost", path: "/checkout", rest: times(5)},
		{what: "a checkout does not arrive", kind: "unreached", path: "/checkout", rest: times(5)},
		{what: "a checkout is answered too late", kind: "slow", path: "/checkout", rest: map[string]any{"wait": "5s"}, cut: true},
		{what: "the order shows soon", kind: "hidden", path: "/checkout", rest: map[string]any{"wait": "3s"}},
		{what: "the order shows late", kind: "hidden", path: "/checkout", rest: map[string]any{"wait": "20m"}, cut: true},
	}
	changeTroubles = []trouble{
		{what: "the answer to a change is lost", kind: "lost", method: http.MethodPatch},
		{what: "no answer to a change comes", kind: "lost", method: http.MethodPatch, rest: times(5)},
		{what: "somebody was quicker", kind: "stale", method: http.MethodPatch},
		{what: "somebody is always quicker", kind: "stale", method: http.MethodPatch, rest: times(3)},
		{what: "a change is answered too late", kind: "slow", method: http.MethodPatch, rest: map[string]any{"wait": "5s"}, cut: true},
		{what: "the change is made late", kind: "accepted", method: http.MethodPatch, rest: map[string]any{"wait": "20m"}, cut: true},
	}
)

// struckFirm is a firm whose provider fails it, in one way with an order, another
// with a change and a third while it is read.
type struckFirm struct {
	*firm
	bought, change, read trouble
}

// Whatever fails at the provider while an order, a change and a sync are under
// way: nothing is ordered twice, nothing is lost, and in the end both say the same.
func TestWhateverFailsAtTheProvider(t *testing.T) {
	t.Parallel()
	// Its clock goes on, so that what comes late comes.
	c := openCenter(t, "--held=false")
	firms := struckFirms(t, c)
	struck := func(of func(*struckFirm) trouble, args ...string) {
		t.Helper()
		strike(firms, of, args...)
		c.heal()
		for range 2 {
			c.want(http.StatusOK, nil, http.MethodPost, "/standin/clock?by=30m", nil)
			each(firms, args...)
		}
	}
	struck(func(f *struckFirm) trouble { return f.bought }, "provision", "run")
	agree(firms, func(f *struckFirm) string { return f.bought.what }, 5)

	each(firms, "subscription", "change", "s1", "--quantity", "8")
	struck(func(f *struckFirm) trouble { return f.change }, "provision", "run")
	agree(firms, func(f *struckFirm) string { return f.change.what }, 8)

	for _, f := range firms {
		for _, held := range c.held(f.customer) {
			c.change(f.customer, held.ID, map[string]any{"quantity": 12})
		}
	}
	struck(func(f *struckFirm) trouble { return f.read }, "sync")
	agree(firms, func(f *struckFirm) string { return f.read.what }, 12)
	for _, f := range firms {
		f.is(fmt.Sprintf("%s; %s; %s", f.bought.what, f.change.what, f.read.what),
			today()+" subscribe 5\n"+today()+" quantity 8\n"+today()+" quantity 12", f.log("s1"))
	}
	each(firms, "bill")
	each(firms, "verify")
}

// struckFirms are firms of one stand-in, each with a book and a customer of its
// own, who has ordered something that was not asked for yet.
func struckFirms(t *testing.T, c *center) (firms []*struckFirm) {
	t.Helper()
	first := openFirm(t, c, newLocal(t))
	first.consent()
	first.must("prices", "import", "ms")
	orders, changes := slices.Concat(anyTroubles[:4], orderTroubles), slices.Concat(anyTroubles[:4], changeTroubles)
	for i := range orders {
		f := &struckFirm{firm: &firm{t: t, center: c, address: copyLocal(t, first.address), key: first.key},
			bought: orders[i], change: changes[min(i, len(changes)-1)], read: anyTroubles[i%len(anyTroubles)]}
		f.customer = c.customer(fmt.Sprint("customer", i))
		firms = append(firms, f)
	}
	for _, f := range firms {
		f.must("connection", "link", "ms", "--customer", f.customer, "--account", "adatum")
		if out := f.take(f.order("s1", businessPremium, 5)); out.code != 0 {
			t.Fatal(out)
		}
	}
	return firms
}

// strike sets each firm's trouble down and runs a command of every firm at once.
func strike(firms []*struckFirm, of func(*struckFirm) trouble, args ...string) {
	var running []*process
	for _, f := range firms {
		trouble := of(f)
		f.center.fail(trouble.kind, trouble.method, "/"+f.customer+"/"+strings.TrimPrefix(trouble.path, "/"), trouble.rest)
	}
	for _, f := range firms {
		f.timePasses()
		running = append(running, f.launch(args...))
	}
	for i, f := range firms {
		if of(f).cut {
			running[i].killAfter(f.t, cutAfter)
		}
	}
	for i, f := range firms {
		if out := running[i].wait(f.t); !out.killed && out.code > 1 {
			f.t.Errorf("%s: %s", of(f).what, out)
		}
	}
}

// cutAfter is when a program that waits is killed.
const cutAfter = 1500 * time.Millisecond

// each runs a command of every firm at once, with the times of waiting passed
// over; it has to end well.
func each(firms []*struckFirm, args ...string) {
	var running []*process
	for _, f := range firms {
		f.timePasses()
		running = append(running, f.launch(args...))
	}
	for i, f := range firms {
		if out := running[i].wait(f.t); out.code != 0 {
			f.t.Errorf("%s; %s; %s: %s", f.bought.what, f.change.what, f.read.what, out)
		}
	}
}

// agree holds what is there against what was wanted here.
func agree(firms []*struckFirm, what func(*struckFirm) string, seats int) {
	each(firms, "sync")
	for _, f := range firms {
		f.is(what(f)+": there", fmt.Sprintf("%s %d active", businessPremium, seats), told(f.center.held(f.customer)))
		// The customers of the other firms are none of this one's.
		if f.count("provision WHERE state IN ('awaiting', 'sent', 'failed')") > 0 || f.count("exception WHERE closed_at = 0 AND kind <> 'unknown_customer'") > 0 {
			f.t.Errorf("%s:\n%s\n%s", what(f), f.must("provision", "list").stdout, f.must("exception", "list").stdout)
		}
	}
}

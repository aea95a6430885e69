package flow_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"

	"pgregory.net/rapid"
)

// booksLeast is on how many books the law is tried, each on a database of its
// own; -rapid.checks and RAPID_CHECKS try more or fewer.
const booksLeast = "100"

func TestMain(m *testing.M) {
	flag.Parse()
	asked := os.Getenv("RAPID_CHECKS") != ""
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "rapid.checks" })
	if !asked {
		_ = flag.Set("rapid.checks", booksLeast)
	}
	_ = flag.Set("rapid.nofailfile", "true")
	os.Exit(m.Run())
}

// mortal is a store on a program that dies: before a transaction, or right after it.
type mortal struct {
	flow.Store
	dies func() string
}

var errKilled = errors.New("killed")

func (m *mortal) Write(ctx context.Context, fn func(flow.Tx) error) error {
	switch m.dies() {
	case "before":
		return errKilled
	case "after":
		if err := m.Store.Write(ctx, fn); err != nil {
			return err
		}
		return errKilled
	}
	return m.Store.Write(ctx, fn)
}

// Whatever is lost, refused, put off or killed on the way: in the end every order
// is at the provider once, and both sides say the same.
func TestNothingIsOrderedTwice(t *testing.T) {
	dir, n := t.TempDir(), 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		w := &wildOffice{office: newOffice(t, filepath.Join(dir, fmt.Sprintf("%d.db", n))), rt: rt}
		w.run()
	})
}

type wildOffice struct {
	*office
	rt      *rapid.T
	orders  int
	trouble bool
}

func (w *wildOffice) run() {
	w.tenant("acme")
	store := w.Store
	w.Store = &mortal{store, func() string {
		if !w.trouble {
			return ""
		}
		return rapid.SampledFrom([]string{"", "", "", "", "", "", "before", "after"}).Draw(w.rt, "death")
	}}
	w.remote.fault = func() fault {
		if !w.trouble {
			return fine
		}
		return rapid.SampledFrom([]fault{fine, fine, fine, lostRequest, lostAnswer, slow, throttled, noConsent, refused}).Draw(w.rt, "fault")
	}
	for range rapid.IntRange(3, 12).Draw(w.rt, "steps") {
		w.step(rapid.SampledFrom([]string{"order", "seats", "seats", "cancel", "provider", "provision", "provision", "provision", "sync", "time"}).Draw(w.rt, "step"))
	}
	w.heal()
	w.check()
}

func (w *wildOffice) step(what string) {
	switch what {
	case "order":
		w.orders++
		w.mayRefuse(w.tell(order(fmt.Sprintf("s%d", w.orders), e3, fmt.Sprint(10*w.orders))))
	case "seats", "cancel":
		ids := w.running()
		if len(ids) == 0 {
			return
		}
		id := rapid.SampledFrom(ids).Draw(w.rt, "subscription")
		if what == "cancel" {
			w.mayRefuse(w.tell(flow.Event{Do: flow.DoCancel, Subscription: id}))
			return
		}
		w.mayRefuse(w.tell(seats(string(id), fmt.Sprint(rapid.IntRange(1, 50).Draw(w.rt, "seats")))))
	case "provider":
		if len(w.remote.holdings) > 0 {
			h := &w.remote.holdings[rapid.IntRange(0, len(w.remote.holdings)-1).Draw(w.rt, "holding")]
			h.Quantity = h.Quantity.Add(money.DecimalOf(1))
		}
	case "provision", "sync":
		w.later(time.Minute)
		w.trouble = true
		var err error
		if what == "sync" {
			_, err = w.Sync(w.ctx, connection, w.remote)
		} else {
			_, err = w.Provision(w.ctx, connection, w.remote)
		}
		w.trouble = false
		if err != nil && !errors.Is(err, errKilled) && !errors.Is(err, flow.ErrConsent) {
			w.rt.Fatalf("%s: %v", what, err)
		}
	case "time":
		w.later(time.Duration(rapid.IntRange(1, 60).Draw(w.rt, "hours")) * time.Hour)
	}
}

func (w *wildOffice) mayRefuse(err error) {
	var refusal *billing.Refusal
	if err != nil && !errors.As(err, &refusal) {
		w.rt.Fatal(err)
	}
}

// running are the subscriptions that run today, as the log has them.
func (w *wildOffice) running() (ids []billing.SubscriptionID) {
	must(w.t, w.Subscriptions(w.ctx, "acme-1", func(c *billing.Contract, s *billing.Subscription) {
		if billing.StateOn(c, s, w.Today()).Runs {
			ids = append(ids, s.ID)
		}
	}))
	return ids
}

// heal lets everything come to its end: people try again what failed.
func (w *wildOffice) heal() {
	for range 40 {
		w.later(7 * time.Hour)
		w.provision()
		var failed []flow.Provision
		must(w.t, w.Store.Read(w.ctx, func(tx flow.Tx) (err error) {
			failed, err = tx.ProvisionList(connection, flow.ProvisionFailed, 1000)
			return err
		}))
		for _, p := range failed {
			must(w.t, w.ProvisionRetry(w.ctx, p.ID, flow.Actor{Who: "clerk"}))
		}
	}
	w.sync()
}

func (w *wildOffice) check() {
	var story strings.Builder
	for i := 1; i <= w.orders; i++ {
		fmt.Fprintf(&story, "s%d:\n%s\n%s\n", i, w.log(fmt.Sprintf("s%d", i)), w.provisions(fmt.Sprintf("s%d", i)))
	}
	for _, h := range w.remote.holdings {
		fmt.Fprintf(&story, "%s: %s seats, status %d\n%s\n%s\n", h.ID, h.Quantity, h.Status, w.log(h.ID), w.provisions(h.ID))
	}
	told := story.String()
	if len(w.remote.holdings) > w.orders {
		w.rt.Fatalf("%d orders became %d holdings\n%s", w.orders, len(w.remote.holdings), told)
	}
	there := map[string]string{}
	for _, h := range w.remote.holdings {
		if h.Status == flow.HoldingActive {
			there[h.ID] = h.Quantity.String()
		}
	}
	must(w.t, w.Subscriptions(w.ctx, "acme-1", func(c *billing.Contract, s *billing.Subscription) {
		state := billing.StateOn(c, s, w.Today())
		if !state.Runs {
			return
		}
		var link flow.HoldingLink
		must(w.t, w.Store.Read(w.ctx, func(tx flow.Tx) (err error) { link, err = tx.HoldingOf(s.ID); return err }))
		if there[link.Holding] != state.Quantity.String() {
			w.rt.Errorf("%s has %s seats here, %s has %q there\n%s", s.ID, state.Quantity, link.Holding, there[link.Holding], told)
		}
		delete(there, link.Holding)
	}))
	if len(there) > 0 {
		w.rt.Errorf("nothing here explains %v\n%s", there, told)
	}
	w.later(time.Minute)
	if report, err := w.Sync(w.ctx, connection, w.remote); err != nil || report.Recorded > 0 {
		w.rt.Errorf("the last sync: %+v %v\n%s", report, err, told)
	}
	if left := w.exceptions(); left != "" {
		w.rt.Errorf("exceptions: %s\n%s\n%s", left, w.sentences(), told)
	}
}

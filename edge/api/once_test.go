package api_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"prorata/edge/api"
	"prorata/flow/office"
	"prorata/internal/pgtest"
)

// onBoth tells a story of requests to both engines.
func onBoth(t *testing.T, story func(t *testing.T, f *firm)) {
	t.Run("sqlite", func(t *testing.T) { story(t, newFirmAt(t, "sqlite:"+filepath.Join(t.TempDir(), "book.db"))) })
	t.Run("postgres", func(t *testing.T) { story(t, newFirmAt(t, pgtest.NewDatabase(t))) })
}

const voiding = "POST /v1/invoices/INV-000001/void"

var because = map[string]any{"reason": "Wrong quantity"}

// The same request with the same key is done once, and answered alike; it comes to the
// one credit note, not to the refusal that a second one would be given.
func TestARequestIsDoneOnceHoweverOftenItComes(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		first := f.ask("finance", voiding, because, "Idempotency-Key", "k1")
		again := f.ask("finance", voiding, because, "Idempotency-Key", "k1")
		if first.status != http.StatusCreated || again.status != first.status || string(again.body) != string(first.body) ||
			again.header.Get("Location") != first.header.Get("Location") || again.header.Get("Content-Type") != first.header.Get("Content-Type") {
			t.Errorf("first %s %v\nagain %s %v", first, first.header, again, again.header)
		}
		if first.header.Get("Idempotency-Replayed") != "" || again.header.Get("Idempotency-Replayed") != "true" {
			t.Error("which one was done and which given again is not said")
		}
		f.wantProblem(f.ask("finance", voiding, map[string]any{"reason": "Another"}, "Idempotency-Key", "k1"), http.StatusUnprocessableEntity, "key_reused")
		f.wantProblem(f.ask("finance", "POST /v1/invoices/INV-000002/void", because, "Idempotency-Key", "k1"), http.StatusUnprocessableEntity, "key_reused")
		// A key is its owner's: another token's is another request.
		f.wantProblem(f.ask("owner", voiding, because, "Idempotency-Key", "k1"), http.StatusConflict, "void_already")
		f.wantProblem(f.ask("finance", voiding, because, "Idempotency-Key", "two words"), http.StatusUnprocessableEntity, "invalid")
		// Who means to be safe and has no key to show is not let through as if they had not meant it.
		f.wantProblem(f.ask("finance", "POST /v1/invoices/INV-000002/void", because, "Idempotency-Key", ""), http.StatusUnprocessableEntity, "invalid")
	})
}

// What another try may change is not kept: who was refused a right may come again with
// the same key once they have it.
func TestAnAnswerThatMayChangeIsNotKept(t *testing.T) {
	f := newFirm(t)
	f.wantProblem(f.ask("clerk", voiding, because, "Idempotency-Key", "k"), http.StatusForbidden, "denied")
	f.wantProblem(f.ask("clerk", voiding, because, "Idempotency-Key", "k"), http.StatusForbidden, "denied")
	wrong := f.ask("finance", voiding, map[string]any{}, "Idempotency-Key", "k")
	f.wantProblem(wrong, http.StatusUnprocessableEntity, "invalid")
	if again := f.ask("finance", voiding, map[string]any{}, "Idempotency-Key", "k"); string(again.body) != string(wrong.body) {
		t.Errorf("%s, then %s", wrong, again)
	}
}

// Many at once: one does it, all others are told to come again or given its answer.
func TestOfManyAtOnceOneDoesIt(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		answers := make([]answer, 12)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { answers[i] = f.ask("finance", voiding, because, "Idempotency-Key", "at-once") })
		}
		all.Wait()
		done := 0
		for _, got := range answers {
			switch {
			case got.status == http.StatusCreated && got.header.Get("Idempotency-Replayed") == "":
				done++
			case got.status == http.StatusCreated:
			case got.status == http.StatusConflict && strings.Contains(string(got.body), `"in_progress"`) && got.header.Get("Retry-After") != "":
			case got.status == http.StatusServiceUnavailable && got.header.Get("Retry-After") != "":
			default:
				t.Errorf("%s %v", got, got.header)
			}
		}
		if done != 1 {
			t.Errorf("it was done %d times", done)
		}
		if got := f.ask("finance", voiding, because, "Idempotency-Key", "at-once"); got.status != http.StatusCreated {
			t.Errorf("afterwards: %s", got)
		}
	})
}

// The program was stopped between taking a request up and doing it: it is done by who
// comes after the lease. Stopped between doing it and keeping the answer, it is
// not done again, and said so.
func TestARequestOutlivesTheProgram(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		f.ask("finance", "POST /v1/invoices/INV-000002/void", because, "Idempotency-Key", "shape")
		claim := office.RequestClaim{Owner: "t-finance", Key: "crashed", Holder: "gone"}
		digest := f.digest(voiding, `{"reason":"Wrong quantity"}`)
		_, mine, err := f.RequestTake(t.Context(), claim, digest)
		must(t, err)
		if !mine {
			t.Fatal("nobody else has it")
		}
		got := f.ask("finance", voiding, because, "Idempotency-Key", "crashed")
		f.wantProblem(got, http.StatusConflict, "in_progress")
		f.clock.on(office.RequestLease + time.Second)
		if got := f.ask("finance", voiding, because, "Idempotency-Key", "crashed"); got.status != http.StatusCreated {
			t.Fatalf("after the lease: %s", got)
		}
		// Who was slow and not dead finds that another has it, and commits nothing.
		_, err = f.DeskOnce(office.Person{Roles: []office.Role{office.Owner}, Who: "slow", Door: office.ByAPI}, claim).InvoiceVoid(t.Context(), "INV-000003", "late")
		if fault := office.FaultOf(err); fault.Kind != office.FaultMoved {
			t.Errorf("it was taken over and goes on: %v", err)
		}
		if got := read[api.Invoice](t, f.ask("finance", "GET /v1/invoices/INV-000003", nil)); got.VoidedByID != "" {
			t.Error("the slow one has voided all the same")
		}

		lost := office.RequestClaim{Owner: "t-finance", Key: "lost", Holder: "gone"}
		_, _, err = f.RequestTake(t.Context(), lost, f.digest("POST /v1/invoices/INV-000003/void", `{"reason":"Wrong quantity"}`))
		must(t, err)
		_, err = f.DeskOnce(office.Person{Roles: []office.Role{office.Owner}, Who: "stopped", Door: office.ByAPI}, lost).InvoiceVoid(t.Context(), "INV-000003", "x")
		must(t, err)
		f.clock.on(office.RequestLease)
		f.wantProblem(f.ask("finance", "POST /v1/invoices/INV-000003/void", because, "Idempotency-Key", "lost"), http.StatusConflict, "answer_lost")
	})
}

// After a day it is forgotten, and the key is free.
func TestAnAnswerIsKeptForADay(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		f.ask("finance", voiding, because, "Idempotency-Key", "k")
		f.clock.on(office.RequestKept - time.Minute)
		if n, err := f.RequestsSweep(t.Context()); err != nil || n != 0 {
			t.Errorf("swept %d (%v) before the day is over", n, err)
		}
		if got := f.ask("finance", voiding, because, "Idempotency-Key", "k"); got.status != http.StatusCreated {
			t.Errorf("within the day: %s", got)
		}
		f.clock.on(2 * time.Minute)
		f.wantProblem(f.ask("finance", voiding, because, "Idempotency-Key", "k"), http.StatusConflict, "void_already")
		f.ask("finance", "POST /v1/invoices/INV-000003/void", because, "Idempotency-Key", "other")
		f.clock.on(office.RequestKept + time.Minute)
		if n, err := f.RequestsSweep(t.Context()); err != nil || n != 1 {
			t.Errorf("swept %d (%v), expected the one that was answered", n, err)
		}
	})
}

// digest is what the API makes of a request: it is asked by taking the request up itself.
func (f *firm) digest(does, body string) string {
	method, path, _ := strings.Cut(does, " ")
	return api.DigestForTest(method, path, body)
}

package webhook_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"prorata/core/calendar"
	"prorata/edge/bookfile"
	"prorata/edge/secret"
	"prorata/edge/store"
	"prorata/edge/webhook"
	"prorata/flow"
	"prorata/flow/office"
	"prorata/internal/pgtest"
)

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) on(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(by)
}

// receiver is somebody's server: it keeps what it was sent, and answers as it is told to.
type receiver struct {
	*httptest.Server
	mu      sync.Mutex
	status  int
	arrived []arrived
}

type arrived struct {
	header http.Header
	body   []byte
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{status: http.StatusOK}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.arrived = append(r.arrived, arrived{request.Header, body})
		if r.status/100 == 3 {
			w.Header().Set("Location", "http://127.0.0.1:1/elsewhere")
		}
		w.WriteHeader(r.status)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) answers(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// take gives what arrived since it was last asked.
func (r *receiver) take() []arrived {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := r.arrived
	r.arrived = nil
	return list
}

// firm is a book, the office over it, and who sends.
type firm struct {
	t *testing.T
	*office.Office
	clock  *clock
	sender *webhook.Sender
	desk   *office.Desk
}

func onBoth(t *testing.T, story func(*testing.T, *firm)) {
	t.Run("sqlite", func(t *testing.T) { story(t, newFirm(t, "sqlite:"+filepath.Join(t.TempDir(), "book.db"))) })
	t.Run("postgres", func(t *testing.T) { story(t, newFirm(t, pgtest.NewDatabase(t))) })
}

func newFirm(t *testing.T, where string) *firm {
	t.Helper()
	memory, err := store.Open(t.Context(), where)
	must(t, err)
	t.Cleanup(func() { must(t, memory.Close()) })
	key, err := secret.ParseKey(secret.NewKeyText())
	must(t, err)
	f := &firm{t: t, clock: &clock{at: time.Date(2025, 3, 12, 9, 0, 0, 0, time.UTC)}}
	log := slog.New(slog.DiscardHandler)
	random := func(n int) []byte {
		raw := make([]byte, n)
		_, _ = rand.Read(raw)
		return raw
	}
	f.Office = &office.Office{Store: memory.Office(), Identity: office.Identity{Random: random, Sealer: key},
		Flow: &flow.Flow{Store: flow.Telling(memory, f.clock), Clock: f.clock, Log: log, Workers: 1, Zone: time.UTC}}
	f.sender = &webhook.Sender{Office: f.Office, HTTP: webhook.NewClient(true), Clock: f.clock, Log: log}
	f.desk = f.Desk(office.Person{User: "u", Who: "anna", Roles: []office.Role{office.Owner}, Door: office.ByAPI})
	file, err := os.Open(filepath.Join("..", "..", "cmd", "prorata", "testdata", "book", "book.yaml"))
	must(t, err)
	defer file.Close()
	_, err = f.Flow.Take(t.Context(), bookfile.ReadBook("book.yaml", file), flow.Actor{Who: "test"}, func(flow.TakeLine) {})
	must(t, err)
	return f
}

func (f *firm) bill(through string) {
	f.t.Helper()
	day, err := calendar.ParseDate(through)
	must(f.t, err)
	_, err = f.Flow.Bill(f.t.Context(), flow.BillOptions{Through: day, Actor: flow.Actor{Who: "test"}})
	must(f.t, err)
}

func (f *firm) listen(r *receiver, types ...flow.MessageType) (office.Webhook, string) {
	f.t.Helper()
	w, secret, err := f.desk.WebhookMake(f.t.Context(), office.WebhookDraft{Name: "Books", Address: r.URL + "/hook", Types: types})
	must(f.t, err)
	return w, secret
}

func (f *firm) round(want int) {
	f.t.Helper()
	sent, err := f.sender.Round(f.t.Context())
	must(f.t, err)
	if sent != want {
		f.t.Errorf("%d were sent, expected %d", sent, want)
	}
}

// types are those of what arrived, sorted; each signature is checked by the
// specification's own library.
func (f *firm) types(secret string, list []arrived) (types []string) {
	f.t.Helper()
	reader, err := standardwebhooks.NewWebhook(secret)
	must(f.t, err)
	for _, a := range list {
		if err := reader.VerifyIgnoringTimestamp(a.body, a.header); err != nil {
			f.t.Errorf("%s: %v", a.body, err)
		}
		var message struct {
			Type      string
			Timestamp time.Time
			Data      map[string]string
		}
		must(f.t, json.Unmarshal(a.body, &message))
		if message.Timestamp.IsZero() || len(message.Data) == 0 {
			f.t.Errorf("%s", a.body)
		}
		types = append(types, message.Type)
	}
	slices.Sort(types)
	return types
}

// What happens is told in the transaction in which it happens, once, to who asks for
// it, and signed so that the receiver can tell that it is ours.
func TestWhatHappensIsTold(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		r := newReceiver(t)
		f.bill("2025-01-01") // Nobody listens yet.
		_, secret := f.listen(r, flow.InvoiceIssued, flow.InvoiceVoided, flow.RunFinished)
		f.bill("2025-02-01")
		_, err := f.desk.InvoiceVoid(t.Context(), "INV-000001", "wrong")
		must(t, err)
		list, err := f.desk.DeliveryList(t.Context(), office.DeliveryFilter{})
		must(t, err)
		if len(list) != 0 {
			t.Errorf("%d deliveries before anything was shared out", len(list))
		}
		sent, err := f.sender.Round(t.Context())
		must(t, err)
		got := f.types(secret, r.take())
		if sent < 5 || len(got) != sent || got[0] != "invoice.issued" || !slices.Contains(got, "invoice.voided") || got[len(got)-1] != "run.finished" {
			t.Errorf("%d were sent, %v arrived", sent, got)
		}
		f.round(0)
	})
}

// A subscription that changes and an exception that opens are told too; what failed
// to be written is not.
func TestASubscriptionThatChangesIsTold(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		r := newReceiver(t)
		_, secret := f.listen(r, flow.SubscriptionChanged, flow.ExceptionOpened, flow.ProvisionFailedMessage)
		name := "change.yaml"
		text := "events:\n  - {on: 2025-03-12, do: quantity, subscription: s1, to: 20}\n  - {on: 2025-03-12, do: quantity, subscription: none, to: 20}\n"
		_, err := f.Flow.Take(t.Context(), bookfile.ReadBook(name, strings.NewReader(text)), flow.Actor{Who: "test"}, func(flow.TakeLine) {})
		must(t, err)
		f.round(1)
		arrived := r.take()
		if got := f.types(secret, arrived); !slices.Equal(got, []string{"subscription.changed"}) || !strings.Contains(string(arrived[0].body), `"subscription":"s1"`) {
			t.Errorf("%v %s", got, arrived[0].body)
		}
		undone := errors.New("undone")
		err = f.Flow.Store.Write(t.Context(), func(tx flow.Tx) error {
			if _, err := tx.ExceptionOpen(flow.Exception{Kind: "k", Subject: "s", OpenedAt: f.clock.Now(), SeenAt: f.clock.Now()}); err != nil {
				return err
			}
			return undone
		})
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
		f.round(0)
		for range 2 {
			must(t, f.Flow.Store.Write(t.Context(), func(tx flow.Tx) error {
				_, err := tx.ExceptionOpen(flow.Exception{Kind: "k", Subject: "s", OpenedAt: f.clock.Now(), SeenAt: f.clock.Now()})
				return err
			}))
		}
		f.round(1)
	})
}

// What does not arrive is tried again, later each time, under the same id; where
// nothing arrives for five days the webhook is switched off and somebody is told.
func TestWhatDoesNotArriveIsTriedAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		r := newReceiver(t)
		w, _ := f.listen(r, flow.RunFinished)
		r.answers(http.StatusInternalServerError)
		f.bill("2025-01-01")
		f.round(1)
		f.round(0)
		f.clock.on(5 * time.Second)
		f.round(1)
		tries := r.take()
		if len(tries) != 2 || tries[0].header.Get("webhook-id") == "" || tries[0].header.Get("webhook-id") != tries[1].header.Get("webhook-id") || string(tries[0].body) != string(tries[1].body) {
			t.Errorf("tried %d times, not with one id", len(tries))
		}
		for range 20 {
			f.clock.on(25 * time.Hour)
			_, err := f.sender.Round(t.Context())
			must(t, err)
		}
		list, err := f.desk.DeliveryList(t.Context(), office.DeliveryFilter{Webhook: w.ID})
		must(t, err)
		w, err = f.desk.WebhookGet(t.Context(), w.ID)
		must(t, err)
		if len(list) != 1 || list[0].State != office.DeliveryWaiting || w.State != office.WebhookFailed {
			t.Errorf("%+v %+v", list, w)
		}
		waiting := f.exceptions()
		if len(waiting) != 1 || waiting[0].Kind != flow.WebhookFailing || !strings.Contains(waiting[0].Sentence, "the answer is 500") {
			t.Errorf("%+v", waiting)
		}

		// Its owner mends it and switches it on: what waited arrives, and the exception is gone.
		r.answers(http.StatusNoContent)
		_, err = f.desk.WebhookChange(t.Context(), w.ID, w.Version, office.WebhookDraft{Name: w.Name, Address: w.Address, Types: w.Types})
		must(t, err)
		f.round(1)
		delivery, tried, err := f.desk.DeliveryGet(t.Context(), list[0].Seq)
		must(t, err)
		if delivery.State != office.Delivered || len(tried) != delivery.Attempts || tried[0].Status != 500 || tried[len(tried)-1].Status != 204 || len(f.exceptions()) != 0 {
			t.Errorf("%+v %+v %+v", delivery, tried, f.exceptions())
		}
		r.take()
		_, err = f.desk.DeliveryResend(t.Context(), delivery.Seq)
		must(t, err)
		f.round(1)
		if again := r.take(); len(again) != 1 || again[0].header.Get("webhook-id") != delivery.Message.ID {
			t.Errorf("sent again: %d arrived", len(again))
		}
	})
}

func (f *firm) exceptions() (open []flow.Exception) {
	f.t.Helper()
	must(f.t, f.Flow.Store.Read(f.t.Context(), func(tx flow.Tx) (err error) {
		open, err = tx.ExceptionList(flow.ExceptionFilter{Kind: flow.WebhookFailing})
		return err
	}))
	return open
}

// For a day after a new secret was made messages are signed with both; then with
// the new one alone.
func TestSecretsChangeOverWithoutAGap(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		r := newReceiver(t)
		w, old := f.listen(r, flow.RunFinished)
		renewed, err := f.desk.WebhookSecretRenew(t.Context(), w.ID)
		must(t, err)
		_, err = f.desk.WebhookTry(t.Context(), w.ID)
		must(t, err)
		f.round(1)
		both := r.take()
		f.types(old, both)
		f.types(renewed, both)
		f.clock.on(office.WebhookOverlap)
		_, err = f.desk.WebhookTry(t.Context(), w.ID)
		must(t, err)
		f.round(1)
		alone := r.take()
		f.types(renewed, alone)
		reader, err := standardwebhooks.NewWebhook(old)
		must(t, err)
		if reader.VerifyIgnoringTimestamp(alone[0].body, alone[0].header) == nil {
			t.Error("the old secret signs for ever")
		}
	})
}

// Two processes that send at the same time send each message once.
func TestTwoSendersSendEachOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		r := newReceiver(t)
		f.listen(r, flow.InvoiceIssued)
		f.bill("2025-03-01")
		var both sync.WaitGroup
		for range 3 {
			both.Go(func() {
				if _, err := f.sender.Round(t.Context()); err != nil && !errors.Is(err, flow.ErrBusy) && !errors.Is(err, flow.ErrMoved) {
					t.Error(err)
				}
			})
		}
		both.Wait()
		_, err := f.sender.Round(t.Context())
		must(t, err)
		ids := map[string]int{}
		for _, a := range r.take() {
			ids[a.header.Get("webhook-id")]++
		}
		if len(ids) < 5 {
			t.Errorf("only %d messages", len(ids))
		}
		for id, n := range ids {
			if n != 1 {
				t.Errorf("%s arrived %d times", id, n)
			}
		}
	})
}

// A webhook leads nowhere inside, whatever name it has, and follows no answer elsewhere.
func TestAWebhookLeadsNowhereInside(t *testing.T) {
	f := newFirm(t, "sqlite:"+filepath.Join(t.TempDir(), "book.db"))
	r := newReceiver(t)
	w, _ := f.listen(r, flow.RunFinished)
	r.answers(http.StatusTemporaryRedirect)
	_, err := f.desk.WebhookTry(t.Context(), w.ID)
	must(t, err)
	f.round(1)
	if got := r.take(); len(got) != 1 {
		t.Errorf("%d requests", len(got))
	}
	f.sender.HTTP = webhook.NewClient(false)
	r.answers(http.StatusOK)
	f.clock.on(time.Minute)
	f.round(1)
	list, err := f.desk.DeliveryList(t.Context(), office.DeliveryFilter{})
	must(t, err)
	if got := r.take(); len(got) != 0 || !strings.Contains(list[0].Why, "inside this network") {
		t.Errorf("%d requests came through: %s", len(got), list[0].Why)
	}
	for _, inside := range []string{"127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1",
		"64:ff9b::a00:1", "2002:a00:1::", "224.0.0.1", "255.255.255.255"} {
		if webhook.Outside(netip.MustParseAddr(inside)) {
			t.Errorf("%s is taken for an address on the internet", inside)
		}
	}
	for _, outside := range []string{"20.50.1.1", "2620:1ec::10"} {
		if !webhook.Outside(netip.MustParseAddr(outside)) {
			t.Errorf("%s is not taken for an address on the internet", outside)
		}
	}
}

// A receiver that does not answer holds up its own messages: it is sent two at a time, and those of others go by.
func TestOneThatDoesNotAnswerHoldsUpNoOther(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		r := newReceiver(t)
		dead, _ := f.listen(r, flow.InvoiceIssued)
		f.bill("2025-03-01")
		taken := map[int64]bool{}
		for range 2 {
			sending, some, err := f.DeliveryTake(t.Context())
			must(t, err)
			if !some || sending.Webhook != dead.ID {
				t.Fatalf("%t %+v", some, sending)
			}
			taken[sending.Seq] = true
		}
		f.round(0)
		_, secret, err := f.desk.WebhookMake(t.Context(), office.WebhookDraft{Name: "Other", Address: r.URL + "/other", Types: []flow.MessageType{flow.SubscriptionChanged}})
		must(t, err)
		text := "events:\n  - {on: 2025-03-12, do: quantity, subscription: s1, to: 20}\n"
		_, err = f.Flow.Take(t.Context(), bookfile.ReadBook("change.yaml", strings.NewReader(text)), flow.Actor{Who: "test"}, func(flow.TakeLine) {})
		must(t, err)
		f.round(1)
		if got := f.types(secret, r.take()); !slices.Equal(got, []string{"subscription.changed"}) {
			t.Errorf("%v", got)
		}
		// Its process was killed: after the lease the two are sent with the rest.
		f.clock.on(time.Minute)
		_, err = f.sender.Round(t.Context())
		must(t, err)
		list, err := f.desk.DeliveryList(t.Context(), office.DeliveryFilter{Webhook: dead.ID})
		must(t, err)
		for i := range list {
			if list[i].State != office.Delivered {
				t.Errorf("%+v", list[i])
			}
			delete(taken, list[i].Seq)
		}
		if len(list) < 5 || len(taken) > 0 {
			t.Errorf("%d deliveries, %v are missing", len(list), taken)
		}
	})
}

// A webhook whose secret cannot be opened, as under another key, fails by itself and holds up no other.
func TestASecretThatCannotBeOpenedHoldsUpNoOther(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		r := newReceiver(t)
		locked, _ := f.listen(r, flow.RunFinished)
		other, err := secret.ParseKey(secret.NewKeyText())
		must(t, err)
		f.Identity.Sealer = other
		_, fine, err := f.desk.WebhookMake(t.Context(), office.WebhookDraft{Name: "Other", Address: r.URL, Types: []flow.MessageType{flow.RunFinished}})
		must(t, err)
		f.bill("2025-01-01")
		f.round(1)
		f.types(fine, r.take())
		list, err := f.desk.DeliveryList(t.Context(), office.DeliveryFilter{Webhook: locked.ID})
		must(t, err)
		if len(list) != 1 || list[0].State != office.DeliveryWaiting || list[0].Attempts != 1 || !strings.Contains(list[0].Why, "its secret cannot be opened") {
			t.Errorf("%+v", list)
		}
	})
}

// A program that is told to stop when the receiver has answered notes the answer: nothing is sent twice.
func TestAStopInTheMiddleSendsNothingTwice(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		r := newReceiver(t)
		f.listen(r, flow.RunFinished)
		f.bill("2025-01-01")
		ctx, stop := context.WithCancel(t.Context())
		f.sender.HTTP.Transport = stopping{f.sender.HTTP.Transport, stop}
		if sent, err := f.sender.Round(ctx); sent != 1 || !errors.Is(err, context.Canceled) {
			t.Errorf("%d sent: %v", sent, err)
		}
		f.clock.on(time.Hour)
		f.round(0)
		if got := r.take(); len(got) != 1 {
			t.Errorf("%d arrived", len(got))
		}
	})
}

// stopping tells the program to stop once there is an answer.
type stopping struct {
	http.RoundTripper
	stop func()
}

func (s stopping) RoundTrip(request *http.Request) (*http.Response, error) {
	defer s.stop()
	return s.RoundTripper.RoundTrip(request)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

package standin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
)

// notify tells whoever registered for an event that a resource changed: path is
// where to read it, name what it is called. The world is locked.
func (b *billing) notify(event, path, name string) {
	h := &b.hooks
	if h.registered == nil || b.world.set.HTTP == nil || b.switches.WebhooksLost || !slices.Contains(h.registered.events, event) {
		return
	}
	h.push(notification{event: event, body: b.eventBody(event, path, name)})
}

func (h *webhooks) push(n notification) {
	h.queue = append(h.queue, n)
	select {
	case h.ring <- struct{}{}:
	default:
	}
}

// eventBody points to what changed; a change of a subscription also to the audit
// record that was written for it.
func (b *billing) eventBody(event, path, name string) string {
	audit := []byte("null")
	if all := b.world.records; event == subscriptionEvent && len(all) > 0 {
		if last := all[len(all)-1]; last.resource == "subscription" && last.at.Equal(b.world.now) {
			audit = quoted(b.hooks.address + "/v1/auditrecords/" + last.id)
		}
	}
	return fmt.Sprintf(`{"EventName":%s,"ResourceUri":%s,"ResourceName":%s,"AuditUri":%s,"ResourceChangeUtcDate":%s}`,
		quoted(event), quoted(b.hooks.address+path), quoted(name), audit, quoted(b.world.now.UTC().Format("2006-01-02T15:04:05.0000000-07:00")))
}

// Notify sends what waits to be sent, one after the other, and returns when
// nothing waits or the context ends. What nobody takes in ten tries is parked.
func (w *World) Notify(ctx context.Context) error {
	for {
		w.mu.Lock()
		h := &w.billing.hooks
		client := w.set.HTTP
		if len(h.queue) == 0 || h.registered == nil || client == nil {
			w.mu.Unlock()
			return ctx.Err()
		}
		n, to := h.queue[0], *h.registered
		h.queue = h.queue[1:]
		request, err := w.billing.signed(n, to)
		w.mu.Unlock()
		if err != nil {
			return err
		}
		outcome, err := w.send(ctx, client, request, to.url, n.body)
		if err != nil {
			return err
		}
		w.sent(n, outcome)
	}
}

// NotifyAlways sends whatever comes, until the context ends.
func (w *World) NotifyAlways(ctx context.Context) error {
	for {
		if err := w.Notify(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.billing.hooks.ring:
		}
	}
}

// Parked are the bodies of notifications that nobody took.
func (w *World) Parked() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.billing.hooks.parked)
}

// outcome is how sending ended.
type outcome struct {
	status int
	why    string
}

func (o outcome) good() bool { return o.status >= 200 && o.status < 300 }

// send tries until somebody takes it or there are no more tries; its error is
// the context's alone.
func (w *World) send(ctx context.Context, client *http.Client, header http.Header, to, body string) (outcome, error) {
	var last outcome
	wait := firstWait
	for attempt := range attemptsMax {
		if attempt > 0 && w.set.Wait != nil {
			if err := w.set.Wait(ctx, wait); err != nil {
				return last, err
			}
			wait *= 2
		}
		if err := ctx.Err(); err != nil {
			return last, err
		}
		if last = post(ctx, client, header, to, body); last.good() {
			return last, nil
		}
	}
	return last, nil
}

func post(ctx context.Context, client *http.Client, header http.Header, to, body string) outcome {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader([]byte(body)))
	if err != nil {
		return outcome{why: err.Error()}
	}
	r.Header = header.Clone()
	answer, err := client.Do(r)
	if err != nil {
		return outcome{why: err.Error()}
	}
	_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<20))
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return outcome{why: err.Error()}
	}
	return outcome{status: answer.StatusCode}
}

// sent notes how a notification ended.
func (w *World) sent(n notification, o outcome) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !o.good() {
		w.billing.hooks.parked = append(w.billing.hooks.parked, n.body)
	}
	if v := n.validation; v != nil {
		word := http.StatusText(o.status)
		if o.status == 0 {
			word = "ServiceUnavailable"
		}
		v.done = true
		v.results = append(v.results, object{"responseCode": word, "responseMessage": o.why, "systemError": o.status == 0, "dateTimeUtc": w.now.UTC().Format("2006-01-02T15:04:05.0000000")})
	}
}

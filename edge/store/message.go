package store

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"prorata/flow"
	"prorata/flow/office"
)

var deliveryWords = []string{office.DeliveryWaiting: "waiting", office.Delivered: "delivered", office.DeliveryGivenUp: "given_up"}

// MessageTypesWanted are those that a webhook asks for that is on.
func (t *tx) MessageTypesWanted() (types []flow.MessageType, err error) {
	err = t.each(func(r *rows) { types = append(types, messageTypesOf(r.text())...) }, `SELECT types FROM webhook WHERE state = 'on'`)
	return types, wrap("webhooks", err)
}

// messagesAtOnce is how many go into one statement.
const messagesAtOnce = 100

// MessagesAdd keeps messages; one that is there stays.
func (t *tx) MessagesAdd(messages []flow.Message) error {
	for some := range slices.Chunk(messages, messagesAtOnce) {
		var rows []string
		var args []any
		for i := range some {
			m := &some[i]
			rows = append(rows, "("+binds(len(args)+1, 5)+")")
			args = append(args, m.ID, string(m.Type), microsOf(m.At), fieldsText(m.Fields), int64(0))
		}
		if _, err := t.exec(`INSERT INTO message (id, type, at, fields, shared_at) VALUES `+strings.Join(rows, ", ")+` ON CONFLICT (id) DO NOTHING`, args...); err != nil {
			return wrap("messages", err)
		}
	}
	return nil
}

func fieldsText(fields []flow.MessageField) string {
	var text strings.Builder
	for _, field := range fields {
		fmt.Fprintf(&text, "%s=%s\n", field.Name, field.Value)
	}
	return text.String()
}

func fieldsOf(text string) (fields []flow.MessageField) {
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		fields = append(fields, flow.MessageField{Name: name, Value: value})
	}
	return fields
}

func (r *rows) message() flow.Message {
	return flow.Message{ID: r.text(), Type: flow.MessageType(r.text()), At: r.instant(), Fields: fieldsOf(r.text())}
}

// deliveryNumbers takes n numbers for deliveries and gives the last; whoever else shares
// messages out waits until the transaction ends.
func (t *tx) deliveryNumbers(n int) (last int64, err error) {
	_, err = t.one(func(r *rows) { last = r.number() },
		`INSERT INTO counter (name, value) VALUES ('delivery', $1) ON CONFLICT (name) DO UPDATE SET value = counter.value + $1 RETURNING value`, int64(n))
	return last, wrap("deliveries", err)
}

// MessagesNew says whether there is any to share out.
func (t *tx) MessagesNew() (some bool, err error) {
	_, err = t.one(func(*rows) { some = true }, `SELECT id FROM message WHERE shared_at = 0 LIMIT 1`)
	return some, wrap("messages", err)
}

// sentAtOnce is how many messages are on their way to one webhook at a time.
const sentAtOnce = 2

// DeliveriesDue are those whose time has come and that nobody is sending, of webhooks that are on, or that somebody tries. A webhook
// that is being sent as many as it may has none: one that does not answer held up the others.
func (t *tx) DeliveriesDue(now time.Time, most int) (list []int64, err error) {
	err = t.each(func(r *rows) { list = append(list, r.number()) }, `SELECT d.seq FROM delivery d JOIN webhook w ON w.id = d.webhook JOIN message m ON m.id = d.message
		WHERE d.state = 'waiting' AND d.next_at <= $1 AND d.lease_until <= $1 AND (w.state = 'on' OR m.type = 'webhook.tried')
		AND d.webhook NOT IN (SELECT b.webhook FROM delivery b WHERE b.state = 'waiting' AND b.lease_until > $1 GROUP BY b.webhook HAVING COUNT(*) >= $2)
		ORDER BY d.next_at, d.seq LIMIT $3`, microsOf(now), int64(sentAtOnce), int64(most))
	return list, wrap("deliveries", err)
}

// MessagesShare gives new messages to the webhooks that ask for them.
func (t *tx) MessagesShare(most int, now time.Time) (int, error) {
	if some, err := t.MessagesNew(); err != nil || !some {
		return 0, err
	}
	if _, err := t.deliveryNumbers(0); err != nil {
		return 0, err
	}
	var messages []flow.Message
	if err := t.each(func(r *rows) { messages = append(messages, r.message()) },
		`SELECT id, type, at, fields FROM message WHERE shared_at = 0 ORDER BY at, id LIMIT $1`, int64(most)); err != nil {
		return 0, wrap("messages", err)
	}
	webhooks, err := t.WebhookList()
	if err != nil {
		return 0, err
	}
	for _, m := range messages {
		for _, w := range webhooks {
			// A message that was asked for by hand is its webhook's already.
			if w.State != office.WebhookOn || !slices.Contains(w.Types, m.Type) {
				continue
			}
			if _, err := t.DeliveryAdd(w.ID, m, now); err != nil {
				return 0, err
			}
		}
		if _, err := t.exec(`UPDATE message SET shared_at = $2 WHERE id = $1`, m.ID, microsOf(now)); err != nil {
			return 0, wrap("message "+m.ID, err)
		}
	}
	return len(messages), nil
}

// DeliveryAdd gives a message to one webhook.
func (t *tx) DeliveryAdd(id office.WebhookID, m flow.Message, now time.Time) (seq int64, err error) {
	if seq, err = t.deliveryNumbers(1); err != nil {
		return 0, err
	}
	_, err = t.exec(`INSERT INTO delivery (seq, message, webhook, state, attempts, next_at, status, why) VALUES ($1, $2, $3, 'waiting', 0, $4, 0, '')`,
		seq, m.ID, string(id), microsOf(now))
	return seq, wrap("delivery of "+m.ID, err)
}

const deliveryColumns = `d.seq, d.webhook, d.state, d.attempts, d.next_at, d.status, d.why, d.lease_until, m.id, m.type, m.at, m.fields`

func (r *rows) delivery() office.Delivery {
	return office.Delivery{Seq: r.number(), Webhook: office.WebhookID(r.text()), State: office.DeliveryState(r.enum(deliveryWords)), Attempts: r.count(),
		NextAt: r.instant(), Status: r.count(), Why: r.text(), LeaseUntil: r.instant(), Message: r.message()}
}

// DeliveryTake is one statement on one row, so that of two who ask at once one is given it.
func (t *tx) DeliveryTake(seq int64, now, until time.Time) (d office.Delivery, taken bool, err error) {
	n, err := t.exec(`UPDATE delivery SET lease_until = $3 WHERE seq = $1 AND state = 'waiting' AND next_at <= $2 AND lease_until <= $2`, seq, microsOf(now), microsOf(until))
	if err != nil || n == 0 {
		return d, false, wrap(fmt.Sprintf("delivery %d", seq), err)
	}
	d, _, err = t.deliveryGet(seq, false)
	return d, err == nil, err
}

// DeliveryGet is one with its tries.
func (t *tx) DeliveryGet(seq int64) (office.Delivery, []office.DeliveryAttempt, error) {
	return t.deliveryGet(seq, true)
}

func (t *tx) deliveryGet(seq int64, withTries bool) (d office.Delivery, tries []office.DeliveryAttempt, err error) {
	doing := fmt.Sprintf("delivery %d", seq)
	found, err := t.one(func(r *rows) { d = r.delivery() }, `SELECT `+deliveryColumns+` FROM delivery d JOIN message m ON m.id = d.message WHERE d.seq = $1`, seq)
	if err == nil && !found {
		err = flow.ErrUnknown
	}
	if err != nil || !withTries {
		return d, nil, wrap(doing, err)
	}
	err = t.each(func(r *rows) {
		tries = append(tries, office.DeliveryAttempt{No: r.count(), At: r.instant(), Took: time.Duration(r.number()) * time.Microsecond, Status: r.count(), Why: r.text()})
	}, `SELECT attempt_no, at, took_micros, status, why FROM delivery_attempt WHERE delivery = $1 ORDER BY attempt_no`, seq)
	return d, tries, wrap(doing, err)
}

// DeliveryList is newest first.
func (t *tx) DeliveryList(f office.DeliveryFilter) (list []office.Delivery, err error) {
	if f.Before == 0 {
		f.Before = seqBeyond
	}
	if f.Most == 0 {
		f.Most = pageMost
	}
	state := ""
	if f.HasState {
		state = f.Is.String()
	}
	err = t.each(func(r *rows) { list = append(list, r.delivery()) }, `SELECT `+deliveryColumns+` FROM delivery d JOIN message m ON m.id = d.message
		WHERE d.seq < $1 AND (d.webhook = $2 OR $2 = '') AND (m.type = $3 OR $3 = '') AND (d.state = $4 OR $4 = '') ORDER BY d.seq DESC LIMIT $5`,
		f.Before, string(f.Webhook), string(f.Type), state, int64(f.Most))
	return list, wrap("deliveries", err)
}

// DeliveryTried notes a try and what becomes of the delivery.
func (t *tx) DeliveryTried(d office.Delivery, try office.DeliveryAttempt) (bool, error) {
	doing := fmt.Sprintf("delivery %d", d.Seq)
	args := []any{d.Seq, d.State.String(), int64(d.Attempts), microsOf(d.NextAt), int64(d.Status), d.Why}
	held := ``
	// What arrived has arrived, whoever has the delivery by now.
	if d.State != office.Delivered {
		held, args = ` AND state = 'waiting' AND lease_until = $7`, append(args, microsOf(d.LeaseUntil))
	}
	n, err := t.exec(`UPDATE delivery SET state = $2, attempts = $3, next_at = $4, status = $5, why = $6, lease_until = 0 WHERE seq = $1`+held, args...)
	if err != nil || n == 0 {
		return false, wrap(doing, err)
	}
	_, err = t.exec(`INSERT INTO delivery_attempt (delivery, attempt_no, at, took_micros, status, why) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (delivery, attempt_no) DO NOTHING`,
		d.Seq, int64(try.No), microsOf(try.At), try.Took.Microseconds(), int64(try.Status), try.Why)
	return true, wrap(doing, err)
}

// DeliveryAgain lets it be tried at once.
func (t *tx) DeliveryAgain(seq int64, now time.Time) error {
	n, err := t.exec(`UPDATE delivery SET state = 'waiting', next_at = $2 WHERE seq = $1`, seq, microsOf(now))
	if err == nil && n == 0 {
		err = flow.ErrUnknown
	}
	return wrap(fmt.Sprintf("delivery %d", seq), err)
}

// MessagesSweep forgets what is old.
func (t *tx) MessagesSweep(before time.Time) (int64, error) {
	for _, statement := range []string{
		`DELETE FROM delivery_attempt WHERE delivery IN (SELECT d.seq FROM delivery d JOIN message m ON m.id = d.message WHERE m.at < $1)`,
		`DELETE FROM delivery WHERE message IN (SELECT id FROM message WHERE at < $1)`,
	} {
		if _, err := t.exec(statement, microsOf(before)); err != nil {
			return 0, wrap("messages", err)
		}
	}
	n, err := t.exec(`DELETE FROM message WHERE at < $1`, microsOf(before))
	return n, wrap("messages", err)
}

package office

import (
	"context"
	"errors"
	"fmt"
	"time"

	"prorata/flow"
)

// Sending is a delivery whose turn has come, with what it needs.
type Sending struct {
	Delivery
	Address string
	// Secrets are those that it is signed with, the newest first.
	Secrets [][]byte
}

// Sent is what became of a try.
type Sent struct {
	// Status is the answer's; 0 where there was none, and Why says what there was.
	Status int
	Why    string
	Took   time.Duration
	// Gone says that the receiver wants no more messages.
	Gone bool
}

// OK says whether the message arrived.
func (s Sent) OK() bool { return s.Status >= 200 && s.Status < 300 }

const (
	// deliveryLease is how long one who took a delivery may take to send it: longer than any receiver is waited for.
	deliveryLease = time.Minute
	// deliveriesLooked is how many deliveries whose time has come are looked at before one is taken, sharedAtOnce how many messages
	// are shared out at once.
	deliveriesLooked = 20
	sharedAtOnce     = 500
	// webhookPatience is how long nothing may arrive at a webhook before it is switched off.
	webhookPatience = 5 * 24 * time.Hour
	// messagesKept is how long messages and what became of them are kept.
	messagesKept = 30 * 24 * time.Hour
)

// deliveryWaits are the waits after each failed try; after the last no more is tried.
func deliveryWaits() []time.Duration {
	return []time.Duration{5 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}
}

// DeliveryTake shares new messages out among the webhooks that ask for them, and gives a delivery whose time has come. Until DeliveryEnd
// is told what became of it, or a minute is over, it is nobody else's, in any process.
func (o *Office) DeliveryTake(ctx context.Context) (sending Sending, taken bool, err error) {
	if err := o.messagesShare(ctx); err != nil {
		return sending, false, err
	}
	var due []int64
	now := o.now()
	if err := o.Store.Read(ctx, func(tx Tx) (err error) { due, err = tx.DeliveriesDue(now, deliveriesLooked); return err }); err != nil {
		return sending, false, err
	}
	for _, seq := range due {
		var delivery Delivery
		if err := o.write(ctx, func(tx Tx) (err error) {
			now = o.now()
			delivery, taken, err = tx.DeliveryTake(seq, now, now.Add(deliveryLease))
			return err
		}); err != nil {
			return sending, false, err
		}
		if !taken {
			continue
		}
		sending, err = o.sending(ctx, delivery, now)
		switch {
		case err == nil, errors.Is(err, flow.ErrBusy), ctx.Err() != nil:
			return sending, err == nil, err
		case errors.Is(err, flow.ErrUnknown):
			// Its webhook was removed meanwhile, and the delivery with it.
		default:
			// It cannot be signed, and holds up none that can be.
			if err := o.DeliveryEnd(ctx, delivery, Sent{Why: err.Error()}); err != nil {
				return sending, false, err
			}
		}
	}
	return sending, false, nil
}

// messagesShare gives new messages to the webhooks that ask for them. Mostly there are none, and who only looks keeps nobody from writing.
func (o *Office) messagesShare(ctx context.Context) error {
	some := false
	if err := o.Store.Read(ctx, func(tx Tx) (err error) { some, err = tx.MessagesNew(); return err }); err != nil || !some {
		return err
	}
	return o.write(ctx, func(tx Tx) error {
		_, err := tx.MessagesShare(sharedAtOnce, o.now())
		return err
	})
}

// sending is a delivery with its webhook's address and secrets.
func (o *Office) sending(ctx context.Context, delivery Delivery, now time.Time) (sending Sending, err error) {
	sending.Delivery = delivery
	var secrets []WebhookSecret
	if err := o.Store.Read(ctx, func(tx Tx) error {
		w, err := tx.WebhookGet(delivery.Webhook)
		if err != nil {
			return err
		}
		sending.Address = w.Address
		secrets, err = tx.WebhookSecrets(w.ID, now)
		return err
	}); err != nil {
		return sending, err
	}
	for _, secret := range secrets {
		plain, err := o.Identity.Sealer.Open(secret.Sealed, webhookPlace(delivery.Webhook, secret.No))
		if err != nil {
			return sending, fmt.Errorf("its secret cannot be opened, so that the message cannot be signed: %w", err)
		}
		sending.Secrets = append(sending.Secrets, plain)
	}
	return sending, nil
}

// DeliveryEnd notes what became of a try: delivered, to be tried again later, or given up.
// A webhook at which nothing arrives for days is switched off, and an exception says so. Who was too late, and whose delivery is
// another's by now, notes nothing but that it arrived.
func (o *Office) DeliveryEnd(ctx context.Context, delivery Delivery, sent Sent) error {
	now := o.now()
	delivery.Attempts++
	delivery.Status, delivery.Why, delivery.State, delivery.NextAt = sent.Status, flow.PlainText(sent.Why), DeliveryWaiting, now
	switch waits := deliveryWaits(); {
	case sent.OK():
		delivery.State = Delivered
	case sent.Gone || delivery.Attempts > len(waits):
		delivery.State = DeliveryGivenUp
	default:
		delivery.NextAt = now.Add(waits[delivery.Attempts-1])
	}
	return o.write(ctx, func(tx Tx) error {
		noted, err := tx.DeliveryTried(delivery, DeliveryAttempt{No: delivery.Attempts, At: now, Took: sent.Took, Status: sent.Status, Why: delivery.Why})
		if err != nil || !noted {
			return err
		}
		w, err := tx.WebhookGet(delivery.Webhook)
		if errors.Is(err, flow.ErrUnknown) {
			return nil
		}
		if err != nil {
			return err
		}
		return o.noteWebhook(tx, &w, sent, now)
	})
}

// noteWebhook keeps count of how long nothing has arrived.
func (o *Office) noteWebhook(tx Tx, w *Webhook, sent Sent, now time.Time) error {
	switch {
	case sent.OK():
		if w.FailingSince.IsZero() {
			return nil
		}
		return tx.WebhookFailing(w.ID, time.Time{}, w.State)
	case w.FailingSince.IsZero():
		w.FailingSince = now
	}
	if w.State == WebhookOn && (sent.Gone || now.Sub(w.FailingSince) >= webhookPatience) {
		w.State = WebhookFailed
		since := w.FailingSince.UTC().Format("2006-01-02 15:04")
		if _, err := tx.ExceptionOpen(flow.Exception{Kind: flow.WebhookFailing, Subject: string(w.ID), OpenedAt: now, SeenAt: now,
			Sentence: fmt.Sprintf("Nothing has arrived at the webhook %s since %s UTC: %s. It was switched off.", w.Name, since, sent.said()),
			Todo:     "Look at its address, switch it on again, and send again what was given up."}); err != nil {
			return err
		}
	}
	return tx.WebhookFailing(w.ID, w.FailingSince, w.State)
}

func (s Sent) said() string {
	if s.Why != "" {
		return s.Why
	}
	return fmt.Sprintf("it answers %d", s.Status)
}

// MessagesSweep forgets messages that are older than 30 days, with what became of them.
func (o *Office) MessagesSweep(ctx context.Context) (forgotten int64, err error) {
	before := o.now().Add(-messagesKept)
	err = o.write(ctx, func(tx Tx) error {
		forgotten, err = tx.MessagesSweep(before)
		return err
	})
	return forgotten, err
}

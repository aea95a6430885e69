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
	// deliveryLease is how long one who took a delivery may take to send it.
	deliveryLease = 2 * time.Minute
	// deliveriesAtOnce is how many are taken at once, sharedAtOnce how many messages are shared out.
	deliveriesAtOnce = 20
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

// DeliveriesTake shares new messages out among the webhooks that ask for them, and gives
// deliveries whose turn has come. What it gives nobody else is given for two minutes,
// by any process.
func (o *Office) DeliveriesTake(ctx context.Context) (list []Sending, err error) {
	now := o.now()
	var taken []Delivery
	// Mostly there is nothing to do, and who only looks keeps nobody from writing.
	some := false
	if err := o.Store.Read(ctx, func(tx Tx) (err error) {
		some, err = tx.DeliveriesWait(now)
		return err
	}); err != nil || !some {
		return nil, err
	}
	err = o.write(ctx, func(tx Tx) error {
		if _, err := tx.MessagesShare(sharedAtOnce, now); err != nil {
			return err
		}
		taken, err = tx.DeliveriesTake(now, now.Add(deliveryLease), deliveriesAtOnce)
		return err
	})
	if err != nil || len(taken) == 0 {
		return nil, err
	}
	err = o.Store.Read(ctx, func(tx Tx) error {
		for _, delivery := range taken {
			w, err := tx.WebhookGet(delivery.Webhook)
			if errors.Is(err, flow.ErrUnknown) {
				continue // Removed meanwhile.
			}
			if err != nil {
				return err
			}
			sending := Sending{Delivery: delivery, Address: w.Address}
			secrets, err := tx.WebhookSecrets(w.ID, now)
			if err != nil {
				return err
			}
			for _, secret := range secrets {
				plain, err := o.Identity.Sealer.Open(secret.Sealed, webhookPlace(w.ID, secret.No))
				if err != nil {
					return fmt.Errorf("secret of webhook %s: %w", w.Name, err)
				}
				sending.Secrets = append(sending.Secrets, plain)
			}
			list = append(list, sending)
		}
		return nil
	})
	return list, err
}

// DeliveryEnd notes what became of a try: delivered, to be tried again later, or given up.
// A webhook at which nothing arrives for days is switched off, and an exception says so.
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
		if err := tx.DeliveryTried(delivery, DeliveryAttempt{No: delivery.Attempts, At: now, Took: sent.Took, Status: sent.Status, Why: delivery.Why}); err != nil {
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

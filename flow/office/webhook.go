package office

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"prorata/flow"
)

// WebhookDraft is what is wanted of a webhook.
type WebhookDraft struct {
	Name, Address string
	Types         []flow.MessageType
	// Off keeps messages from being sent.
	Off bool
}

const (
	webhooksMost       = 50
	webhookNameMost    = 100
	webhookAddressMost = 500
	// secretPrefix is that of the Standard Webhooks specification.
	secretPrefix = "whsec_"
	// WebhookOverlap is how long an old secret signs beside the new one.
	WebhookOverlap = 24 * time.Hour
)

func webhookPlace(id WebhookID, no int64) string { return fmt.Sprintf("webhook/%s/%d", id, no) }

// WebhookList is all webhooks by name.
func (d *Desk) WebhookList(ctx context.Context) (list []Webhook, err error) {
	err = d.read(ctx, "WebhookList", func(tx Tx) error {
		list, err = tx.WebhookList()
		return err
	})
	return list, err
}

// WebhookGet is one webhook; flow.ErrUnknown.
func (d *Desk) WebhookGet(ctx context.Context, id WebhookID) (w Webhook, err error) {
	err = d.read(ctx, "WebhookGet", func(tx Tx) error {
		w, err = tx.WebhookGet(id)
		return err
	})
	return w, err
}

// WebhookMake makes a webhook, and gives the secret that its messages are signed with,
// which is shown once.
func (d *Desk) WebhookMake(ctx context.Context, draft WebhookDraft) (w Webhook, secret string, err error) {
	err = d.write(ctx, deed{"WebhookMake", draft.Name, draft.Address}, func(tx Tx) error {
		if draft, err = checkWebhook(draft); err != nil {
			return err
		}
		list, err := tx.WebhookList()
		if err != nil {
			return err
		}
		if len(list) >= webhooksMost {
			return &FieldError{"name", fmt.Errorf("there are %d webhooks already, which is the most; remove one first", webhooksMost)}
		}
		w = Webhook{ID: WebhookID(d.office.newID()), MadeAt: d.now(), MadeBy: d.person.Who, Version: 1}
		draft.into(&w)
		if err := tx.WebhookAdd(w); err != nil {
			return err
		}
		secret, err = d.newWebhookSecret(tx, w.ID, 1)
		return err
	})
	return w, secret, err
}

// WebhookChange changes a webhook that is at a version; flow.ErrMoved where it is not any
// more. What failed is tried again from now on.
func (d *Desk) WebhookChange(ctx context.Context, id WebhookID, version int64, draft WebhookDraft) (w Webhook, err error) {
	err = d.write(ctx, deed{"WebhookChange", string(id), draft.Name}, func(tx Tx) error {
		if w, err = tx.WebhookGet(id); err != nil {
			return err
		}
		if draft, err = checkWebhook(draft); err != nil {
			return err
		}
		w.Version = version
		draft.into(&w)
		if err := tx.WebhookChange(w); err != nil {
			return err
		}
		w.Version, w.FailingSince = version+1, time.Time{}
		if _, err := tx.ExceptionClose(flow.WebhookFailing, string(id), d.person.Who, d.now()); err != nil {
			return err
		}
		return tx.WebhookFailing(id, time.Time{}, w.State)
	})
	return w, err
}

func (draft WebhookDraft) into(w *Webhook) {
	w.Name, w.Address, w.Types, w.State = draft.Name, draft.Address, draft.Types, WebhookOn
	if draft.Off {
		w.State = WebhookOff
	}
}

// WebhookRemove takes a webhook away with its deliveries.
func (d *Desk) WebhookRemove(ctx context.Context, id WebhookID) error {
	return d.write(ctx, deed{verb: "WebhookRemove", subject: string(id)}, func(tx Tx) error {
		if _, err := tx.ExceptionClose(flow.WebhookFailing, string(id), d.person.Who, d.now()); err != nil {
			return err
		}
		return tx.WebhookRemove(id)
	})
}

// WebhookSecretRenew gives a new secret, shown once. Messages are signed with both for
// WebhookOverlap, so that the receiver can change over without losing one.
func (d *Desk) WebhookSecretRenew(ctx context.Context, id WebhookID) (secret string, err error) {
	err = d.write(ctx, deed{verb: "WebhookSecretRenew", subject: string(id)}, func(tx Tx) error {
		if _, err := tx.WebhookGet(id); err != nil {
			return err
		}
		now := d.now()
		secrets, err := tx.WebhookSecrets(id, now)
		if err != nil {
			return err
		}
		last := int64(0)
		if len(secrets) > 0 {
			last = secrets[0].No
		}
		if err := tx.WebhookSecretsEnd(id, last-1, now); err != nil {
			return err
		}
		if err := tx.WebhookSecretsEnd(id, last, now.Add(WebhookOverlap)); err != nil {
			return err
		}
		secret, err = d.newWebhookSecret(tx, id, last+1)
		return err
	})
	return secret, err
}

func (d *Desk) newWebhookSecret(tx Tx, id WebhookID, no int64) (string, error) {
	raw := d.office.Identity.Random(secretBytes)
	return secretPrefix + base64.StdEncoding.EncodeToString(raw),
		tx.WebhookSecretAdd(id, WebhookSecret{No: no, Sealed: d.office.Identity.Sealer.Seal(raw, webhookPlace(id, no)), MadeAt: d.now()})
}

// WebhookTry sends a webhook a message that means nothing, to see whether it arrives; it gives the
// delivery's number.
func (d *Desk) WebhookTry(ctx context.Context, id WebhookID) (seq int64, err error) {
	err = d.write(ctx, deed{verb: "WebhookTry", subject: string(id)}, func(tx Tx) error {
		if _, err := tx.WebhookGet(id); err != nil {
			return err
		}
		now := d.now()
		message := flow.NewMessage(flow.WebhookTried, now, flow.MessageField{Name: "webhook", Value: string(id)}, flow.MessageField{Name: "who", Value: d.person.Who})
		if err := tx.MessagesAdd([]flow.Message{message}); err != nil {
			return err
		}
		seq, err = tx.DeliveryAdd(id, message, now)
		return err
	})
	return seq, err
}

// DeliveryList are messages to webhooks, newest first.
func (d *Desk) DeliveryList(ctx context.Context, filter DeliveryFilter) (list []Delivery, err error) {
	err = d.read(ctx, "DeliveryList", func(tx Tx) error {
		list, err = tx.DeliveryList(filter)
		return err
	})
	return list, err
}

// DeliveryGet is a delivery with every try of it; flow.ErrUnknown.
func (d *Desk) DeliveryGet(ctx context.Context, seq int64) (delivery Delivery, tries []DeliveryAttempt, err error) {
	err = d.read(ctx, "DeliveryGet", func(tx Tx) error {
		delivery, tries, err = tx.DeliveryGet(seq)
		return err
	})
	return delivery, tries, err
}

// DeliveryResend sends a message again, whatever became of it.
func (d *Desk) DeliveryResend(ctx context.Context, seq int64) (delivery Delivery, err error) {
	err = d.write(ctx, deed{verb: "DeliveryResend", subject: fmt.Sprint(seq)}, func(tx Tx) error {
		if err := tx.DeliveryAgain(seq, d.now()); err != nil {
			return err
		}
		delivery, _, err = tx.DeliveryGet(seq)
		return err
	})
	return delivery, err
}

func checkWebhook(draft WebhookDraft) (WebhookDraft, error) {
	draft.Name = flow.PlainText(strings.TrimSpace(draft.Name))
	if draft.Name == "" || len(draft.Name) > webhookNameMost {
		return draft, &FieldError{"name", fmt.Errorf("expected 1 to %d letters", webhookNameMost)}
	}
	where, err := url.Parse(draft.Address)
	switch {
	case err != nil || len(draft.Address) > webhookAddressMost || where.Host == "" || (where.Scheme != "https" && where.Scheme != "http"):
		return draft, &FieldError{"address", errors.New("expected an address such as https://billing.example/prorata")}
	case where.User != nil || where.Fragment != "":
		return draft, &FieldError{"address", errors.New("an address with a password or a # in it is not taken: messages are signed instead")}
	case len(draft.Types) == 0:
		return draft, &FieldError{"types", errors.New("expected at least one type of message")}
	}
	for _, kind := range draft.Types {
		if !slices.Contains(flow.MessageTypes(), kind) {
			return draft, &FieldError{"types", fmt.Errorf("%q is no type of message (expected some of %v)", kind, flow.MessageTypes())}
		}
	}
	slices.Sort(draft.Types)
	draft.Types = slices.Compact(draft.Types)
	return draft, nil
}

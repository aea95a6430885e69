package store

import (
	"encoding/base64"
	"strings"
	"time"

	"prorata/flow"
	"prorata/flow/office"
)

var webhookWords = []string{office.WebhookOn: "on", office.WebhookOff: "off", office.WebhookFailed: "failed"}

const webhookColumns = `id, name, address, types, state, failing_since, version, made_at, made_by`

func typesText(types []flow.MessageType) string {
	text := " "
	for _, kind := range types {
		text += string(kind) + " "
	}
	return text
}

func messageTypesOf(text string) (types []flow.MessageType) {
	for word := range strings.FieldsSeq(text) {
		types = append(types, flow.MessageType(word))
	}
	return types
}

func (r *rows) webhook() office.Webhook {
	return office.Webhook{ID: office.WebhookID(r.text()), Name: r.text(), Address: r.text(), Types: messageTypesOf(r.text()), State: office.WebhookState(r.enum(webhookWords)),
		FailingSince: r.instant(), Version: r.number(), MadeAt: r.instant(), MadeBy: r.text()}
}

// WebhookAdd adds one.
func (t *tx) WebhookAdd(w office.Webhook) error {
	_, err := t.exec(`INSERT INTO webhook (`+webhookColumns+`) VALUES (`+binds(1, 9)+`)`, string(w.ID), w.Name, w.Address, typesText(w.Types), w.State.String(),
		microsOf(w.FailingSince), w.Version, microsOf(w.MadeAt), w.MadeBy)
	return wrap("webhook "+w.Name, err)
}

// WebhookChange changes one that is still at its version.
func (t *tx) WebhookChange(w office.Webhook) error {
	n, err := t.exec(`UPDATE webhook SET name = $3, address = $4, types = $5, state = $6, version = version + 1 WHERE id = $1 AND version = $2`,
		string(w.ID), w.Version, w.Name, w.Address, typesText(w.Types), w.State.String())
	if err == nil && n == 0 {
		err = flow.ErrMoved
	}
	return wrap("webhook "+string(w.ID), err)
}

// WebhookRemove takes it away with all that hangs on it.
func (t *tx) WebhookRemove(id office.WebhookID) error {
	for _, statement := range []string{
		`DELETE FROM delivery_attempt WHERE delivery IN (SELECT seq FROM delivery WHERE webhook = $1)`,
		`DELETE FROM delivery WHERE webhook = $1`,
		`DELETE FROM webhook_secret WHERE webhook = $1`,
	} {
		if _, err := t.exec(statement, string(id)); err != nil {
			return wrap("webhook "+string(id), err)
		}
	}
	n, err := t.exec(`DELETE FROM webhook WHERE id = $1`, string(id))
	if err == nil && n == 0 {
		err = flow.ErrUnknown
	}
	return wrap("webhook "+string(id), err)
}

// WebhookGet is one; flow.ErrUnknown.
func (t *tx) WebhookGet(id office.WebhookID) (w office.Webhook, err error) {
	found, err := t.one(func(r *rows) { w = r.webhook() }, `SELECT `+webhookColumns+` FROM webhook WHERE id = $1`, string(id))
	if err == nil && !found {
		err = flow.ErrUnknown
	}
	return w, wrap("webhook "+string(id), err)
}

// WebhookList is by name.
func (t *tx) WebhookList() (list []office.Webhook, err error) {
	err = t.each(func(r *rows) { list = append(list, r.webhook()) }, `SELECT `+webhookColumns+` FROM webhook ORDER BY name, id`)
	return list, wrap("webhooks", err)
}

// WebhookFailing notes since when nothing arrives.
func (t *tx) WebhookFailing(id office.WebhookID, since time.Time, state office.WebhookState) error {
	_, err := t.exec(`UPDATE webhook SET failing_since = $2, state = $3 WHERE id = $1`, string(id), microsOf(since), state.String())
	return wrap("webhook "+string(id), err)
}

// WebhookSecretAdd adds the newest.
func (t *tx) WebhookSecretAdd(id office.WebhookID, s office.WebhookSecret) error {
	_, err := t.exec(`INSERT INTO webhook_secret (webhook, secret_no, sealed, made_at, ends_at) VALUES ($1, $2, $3, $4, $5)`,
		string(id), s.No, base64.StdEncoding.EncodeToString(s.Sealed), microsOf(s.MadeAt), microsOf(s.EndsAt))
	return wrap("secret of webhook "+string(id), err)
}

// WebhookSecretsEnd lets old ones end.
func (t *tx) WebhookSecretsEnd(id office.WebhookID, through int64, at time.Time) error {
	_, err := t.exec(`UPDATE webhook_secret SET ends_at = $3 WHERE webhook = $1 AND secret_no <= $2 AND (ends_at = 0 OR ends_at > $3)`, string(id), through, microsOf(at))
	return wrap("secrets of webhook "+string(id), err)
}

// WebhookSecrets are those that are good at an instant.
func (t *tx) WebhookSecrets(id office.WebhookID, at time.Time) (list []office.WebhookSecret, err error) {
	var sealed []string
	err = t.each(func(r *rows) {
		list = append(list, office.WebhookSecret{No: r.number(), MadeAt: r.instant(), EndsAt: r.instant()})
		sealed = append(sealed, r.text())
	}, `SELECT secret_no, made_at, ends_at, sealed FROM webhook_secret WHERE webhook = $1 AND (ends_at = 0 OR ends_at > $2) ORDER BY secret_no DESC`, string(id), microsOf(at))
	for i := range list {
		if err == nil {
			list[i].Sealed, err = base64.StdEncoding.DecodeString(sealed[i])
		}
	}
	return list, wrap("secrets of webhook "+string(id), err)
}

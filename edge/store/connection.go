package store

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"prorata/flow"
)

var connectionWords = []string{flow.ConnectionReady: "ready", flow.ConnectionConsent: "consent", flow.ConnectionOff: "off"}

const connectionColumns = `id, name, kind, settings, currency, country, list, state, state_why, synced_at, events_at`

// ConnectionPut adds a connection or changes it. Only what is agreed of it raises the stamp, not how the provider was last reached.
func (t *tx) ConnectionPut(c flow.Connection) (bool, error) {
	settings, err := settingsText(c.Settings)
	if err != nil {
		return false, t.fail(err)
	}
	doing, state := "connection "+string(c.ID), []any{connectionWords[c.State], c.StateWhy, microsOf(c.SyncedAt), microsOf(c.EventsAt)}
	agreed, err := t.put(doing, `INSERT INTO connection (`+connectionColumns+`) VALUES (`+binds(1, 11)+`)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind, settings = excluded.settings, currency = excluded.currency,
			country = excluded.country, list = excluded.list
		WHERE connection.name <> excluded.name OR connection.kind <> excluded.kind OR connection.settings <> excluded.settings
			OR connection.currency <> excluded.currency OR connection.country <> excluded.country OR connection.list <> excluded.list`,
		append([]any{string(c.ID), c.Name, c.Kind, settings, c.Currency.String(), c.Country, c.List}, state...)...)
	if err != nil {
		return false, err
	}
	t.dirty = t.dirty || agreed
	reached, err := t.put(doing, `UPDATE connection SET state = $2, state_why = $3, synced_at = $4, events_at = $5
		WHERE id = $1 AND (state <> $2 OR state_why <> $3 OR synced_at <> $4 OR events_at <> $5)`, append([]any{string(c.ID)}, state...)...)
	return agreed || reached, err
}

// settingsText is a line name=value for each setting, in order of their names.
func settingsText(settings map[string]string) (string, error) {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if strings.ContainsAny(name, "=\n") || strings.Contains(settings[name], "\n") {
			return "", fmt.Errorf("%w: the setting %q has more than one line", flow.ErrInput, name)
		}
		fmt.Fprintf(&text, "%s=%s\n", name, settings[name])
	}
	return text.String(), nil
}

func settingsOf(text string) map[string]string {
	settings := map[string]string{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		settings[name] = value
	}
	return settings
}

func (r *rows) connection() (c flow.Connection) {
	c.ID, c.Name, c.Kind, c.Settings = flow.ConnectionID(r.text()), r.text(), r.text(), settingsOf(r.text())
	c.Currency, c.Country, c.List = r.currency(), r.text(), r.text()
	c.State, c.StateWhy = flow.ConnectionState(r.enum(connectionWords)), r.text()
	c.SyncedAt, c.EventsAt = r.instant(), r.instant()
	return c
}

// ConnectionGet reads a connection; ErrUnknown where there is none.
func (t *tx) ConnectionGet(id flow.ConnectionID) (c flow.Connection, err error) {
	found, err := t.one(func(r *rows) { c = r.connection() }, `SELECT `+connectionColumns+` FROM connection WHERE id = $1`, string(id))
	if err == nil && !found {
		err = flow.ErrUnknown
	}
	return c, wrap("connection "+string(id), err)
}

// ConnectionList is all connections by id.
func (t *tx) ConnectionList() (list []flow.Connection, err error) {
	err = t.each(func(r *rows) { list = append(list, r.connection()) }, `SELECT `+connectionColumns+` FROM connection ORDER BY id`)
	return list, wrap("connections", err)
}

// SecretPut keeps what was sealed; another takes its place.
func (t *tx) SecretPut(id flow.ConnectionID, name string, sealed []byte, at time.Time) error {
	_, err := t.exec(`INSERT INTO connection_secret (connection, name, sealed, changed_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (connection, name) DO UPDATE SET sealed = excluded.sealed, changed_at = excluded.changed_at`,
		string(id), name, base64.StdEncoding.EncodeToString(sealed), microsOf(at))
	return wrap("secret of "+string(id), err)
}

// SecretGet is what was sealed last; ErrUnknown where nothing was.
func (t *tx) SecretGet(id flow.ConnectionID, name string) (sealed []byte, err error) {
	text := ""
	found, err := t.one(func(r *rows) { text = r.text() }, `SELECT sealed FROM connection_secret WHERE connection = $1 AND name = $2`, string(id), name)
	if err == nil && !found {
		err = flow.ErrUnknown
	}
	if err == nil {
		sealed, err = base64.StdEncoding.DecodeString(text)
	}
	return sealed, wrap("secret "+name+" of "+string(id), err)
}

package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"prorata/edge/secret"
	"prorata/flow"
)

type keyCommand struct{}

// Help says what the key is for.
func (c *keyCommand) Help() string {
	return `Secrets of connections (refresh tokens, client secrets) are sealed in the database under a key that is not in it:
the environment's PRORATA_KEY, or the file of --key-file, which is made when the first secret is kept. Without
the key the secrets are lost and every connection must be consented to again: keep a copy of it, apart from
the backups of the database.

  export PRORATA_KEY=$(prorata key)`
}

// Run prints a new key, to be put into the environment.
func (c *keyCommand) Run(w *world) error {
	w.printf("%s\n", secret.NewKeyText())
	return nil
}

// keyVariable is the environment's place for the key. It is no flag, so that it
// is never seen in a list of processes or of settings.
const keyVariable = "PRORATA_KEY"

// key is what secrets are sealed under; where there is none and make is set, a
// new one is made in the key file.
func (w *world) key(make bool) (*secret.Key, error) {
	if text := w.sources.environment(keyVariable); text != "" {
		key, err := secret.ParseKey(text)
		if err != nil {
			return nil, fmt.Errorf("%w: $%s: %w", flow.ErrInput, keyVariable, err)
		}
		return key, nil
	}
	raw, err := os.ReadFile(w.KeyFile)
	if errors.Is(err, fs.ErrNotExist) && make {
		return w.newKey()
	}
	if err != nil {
		return nil, fmt.Errorf("%w: no key: set $%s or --key-file: %w", flow.ErrInput, keyVariable, err)
	}
	key, err := secret.ParseKey(string(raw))
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", flow.ErrInput, w.KeyFile, err)
	}
	return key, nil
}

func (w *world) newKey() (*secret.Key, error) {
	text := secret.NewKeyText()
	if err := os.MkdirAll(filepath.Dir(w.KeyFile), 0o755); err != nil {
		return nil, err
	}
	// Never over one that somebody made in the meantime.
	file, err := os.OpenFile(w.KeyFile, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = io.WriteString(file, text+"\n")
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return nil, err
	}
	fmt.Fprintf(w.errOut, "prorata: a new key is in %s; keep a copy of it, apart from the backups of the database\n", w.KeyFile)
	return secret.ParseKey(text)
}

// vault keeps the secrets of a connection.
func (w *world) vault(f *flow.Flow, id flow.ConnectionID, make bool) (*flow.Vault, error) {
	key, err := w.key(make)
	if err != nil {
		return nil, err
	}
	return &flow.Vault{Flow: f, Connection: id, Sealer: key}, nil
}

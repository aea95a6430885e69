package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"prorata/edge/secret"
	"prorata/flow"
)

type keyCommand struct {
	Print   keyPrintCommand   `cmd:"" default:"1" help:"Print a new key (what prorata key does without more words)."`
	Replace keyReplaceCommand `cmd:"" help:"Seal everything under another key."`
}

type keyPrintCommand struct{}

// Help says what the key is for.
func (c *keyPrintCommand) Help() string {
	return `Secrets of connections (refresh tokens, client secrets) are sealed in the database under a key that is not in it:
the environment's PRORATA_KEY, or the file of --key-file, which is made when the first secret is kept. Without
the key the secrets are lost and every connection must be consented to again: keep a copy of it, apart from
the backups of the database.

  export PRORATA_KEY=$(prorata key)`
}

// Run prints a new key, to be put into the environment.
func (c *keyPrintCommand) Run(w *world) error {
	w.printf("%s\n", secret.NewKeyText())
	return nil
}

type keyReplaceCommand struct {
	NewKeyFile string `required:"" placeholder:"FILE" help:"The file of the new key; made where it is not there yet."`
}

// Help says in which order.
func (c *keyReplaceCommand) Help() string {
	return `Where a key may be known to somebody who should not know it, or once a year. Everything that is sealed in the database is sealed anew
under the key of --new-key-file, all of it or nothing: secrets of connections and webhooks, authenticators, links that wait to be sent. Stop every
program on the book first: one that goes on with the old key seals under it. If one did, the same command once more does what is left.
Backups that were made before open under the old key alone: keep it as long as them.

  prorata key replace --key-file data/prorata.key --new-key-file data/prorata-2027.key
  prorata serve --key-file data/prorata-2027.key`
}

// Run seals everything anew.
func (c *keyReplaceCommand) Run(ctx context.Context, w *counter) error {
	if err := w.seals(false); err != nil {
		return err
	}
	key, err := w.keyIn(c.NewKeyFile)
	if err != nil {
		return err
	}
	report, err := w.KeyReplace(ctx, key)
	if err != nil {
		return err
	}
	w.printf("Sealed under the key of %s: %d anew, %d already.\n", c.NewKeyFile, report.Sealed, report.Already)
	for _, place := range report.Lost {
		w.printf("%s opens with neither key, and stays as it is.\n", place)
	}
	w.printf("Start programs with --key-file %s from now on, and keep the old key as long as backups that were made before.\n", c.NewKeyFile)
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
	return w.keyIn(w.KeyFile, make)
}

// keyIn is the key in a file; where there is none and make is set, a new one is made there.
func (w *world) keyIn(file string, make bool) (*secret.Key, error) {
	raw, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) && make {
		return w.newKey(file)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: no key can be read: %w; the key of this book belongs into --key-file or $%s", flow.ErrInput, err, keyVariable)
	}
	key, err := secret.ParseKey(string(raw))
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", flow.ErrInput, file, err)
	}
	return key, nil
}

func (w *world) newKey(name string) (*secret.Key, error) {
	text := secret.NewKeyText()
	unkept := func(err error) error {
		return fmt.Errorf("%w: no new key can be kept there: %w; name another place with --key-file, or set $%s", flow.ErrInput, err, keyVariable)
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return nil, unkept(err)
	}
	// Never over one that somebody made in the meantime.
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, unkept(err)
	}
	_, err = io.WriteString(file, text+"\n")
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return nil, err
	}
	fmt.Fprintf(w.errOut, "prorata: a new key is in %s; keep a copy of it, apart from the backups of the database\n", name)
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

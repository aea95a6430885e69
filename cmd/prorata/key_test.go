package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prorata/edge/secret"
	"prorata/edge/store"
	"prorata/flow"
)

// The key of a book is replaced by a command: the new file opens what the old one opened, and the old one nothing any more.
func TestTheKeyIsReplacedByACommand(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	old, fresh, given := filepath.Join(s.folder, "key"), filepath.Join(s.folder, "next", "key"), filepath.Join(s.folder, "given")
	if code, _, errOut := s.run("", "key replace --new-key-file "+fresh); code != exitWrong || !strings.Contains(errOut, "no key") {
		t.Errorf("without an old key: exit %d, %s", code, errOut)
	}
	if err := os.WriteFile(given, []byte("what Pax8 gave\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.must("connection add pax --kind pax8 --set client_id=c --secret-file " + given)
	said := s.must("key replace --new-key-file " + fresh)
	for _, want := range []string{"Sealed under the key of " + fresh + ": 1 anew, 0 already.", "--key-file " + fresh} {
		if !strings.Contains(said, want) {
			t.Errorf("it says\n%sexpected %q", said, want)
		}
	}
	if got := s.secretUnder(fresh); got != "what Pax8 gave" {
		t.Errorf("under the new key the secret is %q", got)
	}
	if got := s.secretUnder(old); got != "" {
		t.Errorf("under the old key the secret is %q", got)
	}
	if info, err := os.Stat(fresh); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the new key's file: %v, %v", info, err)
	}
}

// secretUnder is the secret of the connection pax as the key in a file opens it; empty where it does not.
func (s *shop) secretUnder(file string) (plain string) {
	s.t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	key, err := secret.ParseKey(string(text))
	if err != nil {
		s.t.Fatal(err)
	}
	s.read(func(tx flow.Tx) error {
		sealed, err := tx.SecretGet("pax", clientSecret)
		if err != nil {
			return err
		}
		if opened, bad := key.Open(sealed, flow.SecretPlace("pax", clientSecret)); bad == nil {
			plain = string(opened)
		}
		return nil
	})
	return plain
}

// read reads the shop's book.
func (s *shop) read(fn func(flow.Tx) error) {
	s.t.Helper()
	opened, err := store.Open(s.t.Context(), s.database)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := errors.Join(opened.Read(s.t.Context(), fn), opened.Close()); err != nil {
		s.t.Fatal(err)
	}
}

// Package secret seals what must not be read from a database or a backup:
// refresh tokens, client secrets, keys of webhooks.
//
// It owns the form of a sealed value (AES-256-GCM under a key of the owner, who
// keeps it in the environment or in a file apart from the database) and the form
// of the key. It owns no storage: what is sealed is kept by others.
package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// ErrKey is returned for a text that is no key: 32 bytes in base64.
var ErrKey = errors.New("not a key (expected 32 bytes in base64, as `prorata key` prints)")

// ErrSealed is returned for a value that was sealed with another key, for
// another place, or was changed.
var ErrSealed = errors.New("sealed with another key, or damaged")

const (
	keyBytes = 32
	// version comes first in every sealed value.
	version = 1
)

// Key is what seals and opens. It prints as nothing.
type Key struct {
	aead cipher.AEAD
	mark string
}

// String keeps a key out of logs.
func (k *Key) String() string { return "(a key)" }

// Mark is a few characters that tell one key from another and nothing about it.
func (k *Key) Mark() string { return k.mark }

// NewKeyText makes a new key.
func NewKeyText() string {
	raw := make([]byte, keyBytes)
	// It never fails: the program ends where the system has no randomness.
	_, _ = rand.Read(raw)
	return base64.StdEncoding.EncodeToString(raw)
}

// ParseKey reads a key as NewKeyText makes it; space around it does not count.
func ParseKey(text string) (*Key, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(raw) != keyBytes {
		return nil, ErrKey
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	sum := sha256.Sum256(append([]byte("mark of "), raw...))
	return &Key{aead, base64.RawURLEncoding.EncodeToString(sum[:6])}, nil
}

// Seal hides a value. It opens only under the same place, such as the connection
// and the name that it is kept under: sealed values cannot be swapped.
func (k *Key) Seal(plain []byte, place string) []byte {
	nonce := make([]byte, k.aead.NonceSize())
	_, _ = rand.Read(nonce)
	sealed := append([]byte{version}, nonce...)
	return k.aead.Seal(sealed, nonce, plain, []byte(place))
}

// Open gives what was sealed under a place, or ErrSealed.
func (k *Key) Open(sealed []byte, place string) ([]byte, error) {
	head := 1 + k.aead.NonceSize()
	if len(sealed) < head || sealed[0] != version {
		return nil, ErrSealed
	}
	plain, err := k.aead.Open(nil, sealed[1:head], sealed[head:], []byte(place))
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

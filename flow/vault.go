package flow

import (
	"context"
	"errors"
	"fmt"
)

// Sealer hides secrets before they are kept, and opens them. Place is where a
// secret belongs: it opens under that place alone.
type Sealer interface {
	Seal(plain []byte, place string) []byte
	Open(sealed []byte, place string) ([]byte, error)
}

// Vault keeps the secrets of one connection, sealed.
type Vault struct {
	Flow       *Flow
	Connection ConnectionID
	Sealer     Sealer
}

// SecretPlace is where a connection's secret of that name is sealed for.
func SecretPlace(connection ConnectionID, name string) string { return string(connection) + "/" + name }

func (v *Vault) place(name string) string { return SecretPlace(v.Connection, name) }

// TokenLoad is the secret of that name; empty where there is none.
func (v *Vault) TokenLoad(ctx context.Context, name string) (string, error) {
	var sealed []byte
	err := v.Flow.Store.Read(ctx, func(tx Tx) (err error) {
		sealed, err = tx.SecretGet(v.Connection, name)
		return err
	})
	if errors.Is(err, ErrUnknown) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	plain, err := v.Sealer.Open(sealed, v.place(name))
	if err != nil {
		return "", fmt.Errorf("secret %s of %s: %w", name, v.Connection, err)
	}
	return string(plain), nil
}

// TokenSave replaces the secret of that name, and returns when it is kept.
func (v *Vault) TokenSave(ctx context.Context, name, token string) error {
	return v.Flow.Store.Write(ctx, func(tx Tx) error { return v.TokenPut(tx, name, token) })
}

// TokenPut is TokenSave in a transaction that does more.
func (v *Vault) TokenPut(tx Tx, name, token string) error {
	return tx.SecretPut(v.Connection, name, v.Sealer.Seal([]byte(token), v.place(name)), v.Flow.Clock.Now())
}

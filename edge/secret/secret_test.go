package secret_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"prorata/edge/secret"
)

func keyOf(t *testing.T, text string) *secret.Key {
	t.Helper()
	key, err := secret.ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestWhatIsSealedOpensInItsPlaceAlone(t *testing.T) {
	key := keyOf(t, secret.NewKeyText())
	plain := []byte("0.AXEA-refresh-token")
	sealed := key.Seal(plain, "ms/refresh")
	if bytes.Contains(sealed, []byte("refresh-token")) {
		t.Error("the sealed value shows what is in it")
	}
	if again := key.Seal(plain, "ms/refresh"); bytes.Equal(again, sealed) {
		t.Error("sealed twice, it is the same: equal secrets can be told")
	}
	opened, err := key.Open(sealed, "ms/refresh")
	if err != nil || !bytes.Equal(opened, plain) {
		t.Errorf("opened %q, %v", opened, err)
	}
	damaged := bytes.Clone(sealed)
	damaged[len(damaged)-1] ^= 1
	for what, open := range map[string]func() ([]byte, error){
		"another place": func() ([]byte, error) { return key.Open(sealed, "px/refresh") },
		"another key":   func() ([]byte, error) { return keyOf(t, secret.NewKeyText()).Open(sealed, "ms/refresh") },
		"damaged":       func() ([]byte, error) { return key.Open(damaged, "ms/refresh") },
		"cut off":       func() ([]byte, error) { return key.Open(sealed[:5], "ms/refresh") },
		"nothing":       func() ([]byte, error) { return key.Open(nil, "ms/refresh") },
	} {
		if opened, err := open(); !errors.Is(err, secret.ErrSealed) {
			t.Errorf("%s: opened %q, %v", what, opened, err)
		}
	}
}

func TestKeysAreReadAndNeverShown(t *testing.T) {
	text := secret.NewKeyText()
	key := keyOf(t, " "+text+"\n")
	if shown := fmt.Sprintf("%v %s %+v", key, key, key); strings.Contains(shown, text) {
		t.Errorf("shown: %s", shown)
	}
	if key.Mark() != keyOf(t, text).Mark() || key.Mark() == keyOf(t, secret.NewKeyText()).Mark() {
		t.Error("a mark does not tell keys apart")
	}
	for _, bad := range []string{"", "short", text[:20], text + text, strings.Repeat("*", 44)} {
		if _, err := secret.ParseKey(bad); !errors.Is(err, secret.ErrKey) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

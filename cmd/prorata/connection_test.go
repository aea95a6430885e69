package main

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"prorata/edge/store"
	"prorata/flow"
)

func TestASecretIsNoSetting(t *testing.T) {
	for _, name := range []string{"client_secret", "Password", "refresh-token", "webhook_secret"} {
		add := &connectionAddCommand{Set: map[string]string{name: "hunter2"}}
		connection := flow.Connection{Settings: map[string]string{}}
		err := add.change(&connection)
		if !errors.Is(err, flow.ErrInput) || len(connection.Settings) > 0 || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v, settings %v", name, err, connection.Settings)
		}
	}
	for _, name := range []string{settingTenant, settingClientID, settingRedirect, settingFolder, "provision.domain.c1"} {
		if isSecret(name) {
			t.Errorf("%s is taken for a secret", name)
		}
	}
}

// The server goes by a connection as it is now: nobody has to start it again.
func TestAFollowerTakesAConnectionAsItIsNow(t *testing.T) {
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "book.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	r := newFollower(&world{program: &program{}}, &flow.Flow{Store: s, Clock: wallClock{}})
	connection := flow.Connection{ID: "ingram", Kind: kindFile, Settings: map[string]string{settingFolder: t.TempDir(), settingMapping: "ingram-like-lines"}}
	first, err := r.provider(connection)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := r.provider(connection); err != nil || again != first {
		t.Errorf("the adapter was made anew: %v", err)
	}
	connection.Settings = map[string]string{settingFolder: t.TempDir(), settingMapping: "ingram-like-lines"}
	if other, err := r.provider(connection); err != nil || other == first {
		t.Errorf("the adapter still reads the folder of before: %v", err)
	}
}

package main

import (
	"path/filepath"
	"testing"

	"prorata/edge/store"
	"prorata/flow"
)

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

//go:build linux || darwin

package main_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// What a process that was killed left behind of temporary files the next one removes, whichever command it is; what belongs to one that
// lives stays, and a process that ends by itself leaves nothing.
func TestTemporaryFilesGoWithTheirProcess(t *testing.T) {
	book := "sqlite:" + filepath.Join(t.TempDir(), "book.db")
	around := t.TempDir()
	t.Setenv("TMPDIR", around)
	folders := func() (list []string) {
		entries, err := os.ReadDir(around)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			list = append(list, filepath.Join(around, entry.Name()))
		}
		return list
	}
	if err := os.Mkdir(filepath.Join(around, "prorata-of-somebody-else"), 0o700); err != nil {
		t.Fatal(err)
	}
	first, _ := serve(t, book)
	of := folders()
	if len(of) != 2 || !strings.HasPrefix(filepath.Base(of[1]), "prorata-process-") {
		t.Fatalf("%v", of)
	}
	if err := os.MkdirAll(filepath.Join(of[1], "prorata-1", "deeper"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(of[1], "prorata-1", "book.db"), bytes.Repeat([]byte("secret"), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, book, "invoice", "list")
	if got := folders(); strings.Join(got, " ") != strings.Join(of, " ") {
		t.Errorf("while it lives: %v, expected %v", got, of)
	}
	if err := first.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	first.wait(t)
	if got := folders(); len(got) != 2 {
		t.Errorf("who was killed removed its own: %v", got)
	}
	second, _ := serve(t, book)
	if got := folders(); len(got) != 2 || got[1] == of[1] || got[0] != of[0] {
		t.Errorf("after a kill: %v, before: %v", got, of)
	}
	// Many that begin at once take nothing from each other.
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if out := prorata(t, book, "simulate", filepath.Join("..", "..", "scenarios", "a-cancellation-is-a-reduction.yaml")); out.code != 0 {
				t.Error(out)
			}
		})
	}
	all.Wait()
	if err := second.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	second.wait(t)
	if got := folders(); len(got) != 1 {
		t.Errorf("left behind: %v", got)
	}
}

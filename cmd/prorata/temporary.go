package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Each process has a folder of its own for what is temporary: copies of the book to try things on, a provider's files, what
// somebody sent. It goes with the process; what a process left that was killed is removed by the next one of the same user.
// Whose a folder is its lock says, which the system lets go of when the process ends, however it ends.

// temporaryPrefix is what the folders of processes are called, before something random.
const temporaryPrefix = "prorata-process-"

// settle makes a place for what is temporary, removes what processes that were killed left behind, and gives what removes the place at
// the end. It belongs to the process, not to a command. A program that can do none of it works on: what needs such a place says so, and what
// could not be removed the next process tries again.
func settle() (tidy func()) {
	own, err := ownTemporary()
	if err == nil {
		_, _ = own.sweep()
	}
	return func() { _ = own.close() }
}

// temporary is this process's folder.
type temporary struct {
	// folder is open as long as it is held.
	folder *os.File
}

// ownTemporary makes the folder and has everything temporary made in it. Where there can be none, as where nothing may be written, it
// is nil: commands that need nothing temporary work all the same.
func ownTemporary() (*temporary, error) {
	around := os.TempDir()
	if temporaryVariable == "" {
		return nil, nil
	}
	// One that is being made is not held yet, and another process may take it for left behind.
	const tries = 10
	for range tries {
		path, err := os.MkdirTemp(around, temporaryPrefix+"*")
		if err != nil {
			return nil, err
		}
		folder, held, err := hold(path)
		if err != nil {
			return nil, errors.Join(err, os.RemoveAll(path))
		}
		if held && stillThere(folder, path) {
			return &temporary{folder}, os.Setenv(temporaryVariable, path)
		}
		if folder != nil {
			// Nothing was written to it.
			_ = folder.Close()
		}
	}
	return nil, fmt.Errorf("a folder in %s was taken away %d times", around, tries)
}

func stillThere(folder *os.File, path string) bool {
	held, err := folder.Stat()
	if err != nil {
		return false
	}
	found, err := os.Lstat(path)
	return err == nil && os.SameFile(held, found)
}

// close removes the folder with all that is in it.
func (t *temporary) close() error {
	if t == nil {
		return nil
	}
	return errors.Join(os.RemoveAll(t.folder.Name()), t.folder.Close())
}

// sweep removes what processes of this user left behind that are no more, and counts them.
func (t *temporary) sweep() (removed int, err error) {
	if t == nil {
		return 0, nil
	}
	around := filepath.Dir(t.folder.Name())
	entries, err := os.ReadDir(around)
	if err != nil {
		return 0, err
	}
	for _, entry := range entries {
		path := filepath.Join(around, entry.Name())
		if !entry.IsDir() || !strings.HasPrefix(entry.Name(), temporaryPrefix) || path == t.folder.Name() || !ours(entry) {
			continue
		}
		folder, held, holdErr := hold(path)
		if holdErr != nil || !held {
			// Somebody works in it, or another process removes it just now.
			continue
		}
		if removeErr := os.RemoveAll(path); removeErr == nil {
			removed++
		} else {
			err = errors.Join(err, removeErr)
		}
		err = errors.Join(err, folder.Close())
	}
	return removed, err
}

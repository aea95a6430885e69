//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package main

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// temporaryVariable is where the system looks for the place of temporary files.
const temporaryVariable = "TMPDIR"

// hold locks a folder for this process, where no other has; it is held until the file is closed or the process ends.
func hold(path string) (folder *os.File, held bool, err error) {
	if folder, err = os.Open(path); err != nil {
		return nil, false, err
	}
	err = syscall.Flock(int(folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return folder, true, nil
	}
	closed := folder.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, false, closed
	}
	return nil, false, errors.Join(err, closed)
}

// ours says whether a folder is of the user that the program runs as.
func ours(entry fs.DirEntry) bool {
	info, err := entry.Info()
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int64(stat.Uid) == int64(os.Getuid())
}

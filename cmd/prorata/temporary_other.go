//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package main

import (
	"io/fs"
	"os"
)

// temporaryVariable is empty: this system tells nobody whose a folder is. What is temporary lies where all of it does, and what is
// left behind is the system's to remove.
const temporaryVariable = ""

func hold(string) (folder *os.File, held bool, err error) { return nil, false, nil }

func ours(fs.DirEntry) bool { return false }

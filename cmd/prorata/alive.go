package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// processName is how runs and plans name the process that works on them.
func processName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s/%d", host, os.Getpid())
}

// processGone says whether a process of this machine is no more. A process of the same number as this one is an
// earlier one, as in a container that was started anew: this one has not begun yet. Of other machines nothing is known.
func processGone(owner string) bool {
	own := processName()
	host, number, _ := strings.Cut(owner, "/")
	if here, _, _ := strings.Cut(own, "/"); host != here {
		return false
	}
	pid, err := strconv.Atoi(number)
	if err != nil || owner == own {
		return true
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		return true
	}
	err = process.Signal(syscall.Signal(0))
	return errors.Is(err, os.ErrProcessDone) || errors.Is(err, syscall.ESRCH)
}

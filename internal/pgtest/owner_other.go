//go:build !unix

package pgtest

import (
	"fmt"
	"runtime"
	"syscall"
)

type owner struct{}

func findOwner() (owner, error) {
	return owner{}, fmt.Errorf("%w: no throw-away servers on %s yet", errNotInstalled, runtime.GOOS)
}

func (owner) take(string) error { return nil }

func apart(owner) *syscall.SysProcAttr { return nil }

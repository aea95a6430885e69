package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// outcome is how a run of the program ended.
type outcome struct {
	args           []string
	code           int
	killed         bool
	stdout, stderr string
	took           time.Duration
}

func (o outcome) String() string {
	return fmt.Sprintf("prorata %s: exit %d (killed %t) after %s\nstandard output: %s\nstandard error: %s",
		strings.Join(o.args, " "), o.code, o.killed, o.took.Round(time.Millisecond), shortened(o.stdout), shortened(o.stderr))
}

func shortened(text string) string {
	const shown = 2000
	if len(text) > shown {
		return text[:shown] + "…"
	}
	return text
}

// process is a run of the program that goes on.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
	began          time.Time
	ended          chan struct{}
}

// surrounding is the environment without the program's own variables.
func surrounding() []string {
	return slices.DeleteFunc(os.Environ(), func(variable string) bool { return strings.HasPrefix(variable, "PRORATA_") })
}

// prepare makes a run of the program on a database, and does not start it.
func prepare(address string, args ...string) *process {
	p := &process{cmd: exec.Command(program, args...), ended: make(chan struct{})}
	p.cmd.Env = append(surrounding(), "PRORATA_DATABASE="+address)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	return p
}

// launch starts the program on a database.
func launch(t testing.TB, address string, args ...string) *process {
	t.Helper()
	p := prepare(address, args...)
	p.start(t)
	return p
}

func (p *process) start(t testing.TB) {
	t.Helper()
	p.began = time.Now()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
	})
}

// wait is the end of it; a program that is not done in time is killed, and the test with it.
func (p *process) wait(t testing.TB) outcome {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		<-p.ended
		t.Fatalf("still not done after %s: %s", patience, p.outcome())
	}
	out := p.outcome()
	if strings.Contains(out.stderr, "goroutine ") || strings.Contains(out.stderr, "panic:") {
		t.Errorf("it panicked: %s", out)
	}
	return out
}

// patience is how long anything may take on a busy machine.
const patience = 2 * time.Minute

func (p *process) outcome() outcome {
	state := p.cmd.ProcessState
	return outcome{
		args: p.cmd.Args[1:], code: state.ExitCode(), killed: !state.Exited(), stdout: p.stdout.String(), stderr: p.stderr.String(), took: time.Since(p.began),
	}
}

// prorata runs the program on a database, to its end.
func prorata(t testing.TB, address string, args ...string) outcome {
	t.Helper()
	return launch(t, address, args...).wait(t)
}

// must is prorata that has to end well.
func must(t testing.TB, address string, args ...string) outcome {
	t.Helper()
	out := prorata(t, address, args...)
	if out.code != 0 {
		t.Fatal(out)
	}
	return out
}

// killedAfter runs the program and kills it after a while; it may be done before.
func killedAfter(t testing.TB, address string, delay time.Duration, args ...string) outcome {
	t.Helper()
	p := launch(t, address, args...)
	p.killAfter(t, delay)
	return p.wait(t)
}

func (p *process) killAfter(t testing.TB, delay time.Duration) {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(delay):
		if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
	}
}

func (p *process) isOver() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// eventually asks until the answer is yes.
func eventually(t testing.TB, what string, ask func() bool) {
	t.Helper()
	tick := time.NewTicker(3 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for !ask() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("%s: not in %s", what, patience)
		}
	}
}

package main_test

import (
	"net"
	"syscall"
	"testing"
)

// silent is an address at which everything is taken and nothing answered.
func silent(t *testing.T) (address string) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		var kept []net.Conn
		for {
			conn, err := listener.Accept()
			if err != nil {
				for _, c := range kept {
					_ = c.Close()
				}
				return
			}
			kept = append(kept, conn)
		}
	}()
	return "http://" + listener.Addr().String()
}

// A program that is killed while it follows its provider leaves a run behind that never ended; the next program
// takes the job up, and gives it back when it is told to stop.
func TestAKilledProgramsJobIsTakenUp(t *testing.T) {
	both(t, func(t *testing.T, e *engineUnderTest) {
		f := beginFirm(t, e.empty(t))
		f.must("connection", "add", "ms", "--set", "address="+silent(t))
		follows := func(run, outcome string) func() bool {
			return func() bool {
				return f.count("job_run r JOIN job j ON j.id = r.job WHERE j.kind = 'follow' AND r.run_no = "+run+" AND r.outcome = '"+outcome+"'") == 1
			}
		}
		first, _ := f.serve()
		eventually(t, "it follows", follows("1", "running"))
		if err := first.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		first.wait(t)
		if !follows("1", "running")() || f.count("job WHERE kind = 'follow' AND lease_until > 0") != 1 {
			t.Error("who was killed had given its job back")
		}
		second, _ := f.serve()
		eventually(t, "it follows again", follows("2", "running"))
		if !follows("1", "lost")() {
			t.Error("the first run is not lost")
		}
		if err := second.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if out := second.wait(t); out.code != 0 {
			t.Error(out)
		}
		if !follows("2", "stopped")() || f.count("job WHERE lease_until > 0") != 0 {
			t.Error("who was told to stop keeps its jobs")
		}
	})
}

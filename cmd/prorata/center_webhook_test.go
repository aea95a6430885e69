package main_test

import (
	"bufio"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
)

// What changes at the provider is told to the program that serves, which looks and
// records it without being asked; what somebody else tells is not believed. What
// changes here it carries out.
func TestANotificationReachesTheProgram(t *testing.T) {
	both(t, func(t *testing.T, e *engineUnderTest) {
		f := beginFirm(t, e.empty(t))
		c := f.center
		held := c.buy(f.customer, businessPremium, 5)
		authority := c.send(http.MethodGet, "/standin/certificates/authority.cer", nil)
		f.must("connection", "add", "ms", "--set", "authority="+base64.StdEncoding.EncodeToString(authority.body))
		if out := f.take(f.order("s1", powerBI, 2)); out.code != 0 {
			t.Fatal(out)
		}
		p, at := f.serve()
		eventually(t, "the first round records what is held, and orders what was ordered", func() bool {
			return f.count("subscription") == 2 && f.count("provision WHERE state = 'provisioned'") == 1
		})
		f.is("there", businessPremium+" 5 active\n"+powerBI+" 2 active", told(c.held(f.customer)))

		f.must("connection", "notify", "ms", at)
		before := f.count("change_log")
		c.change(f.customer, held, map[string]any{"quantity": 9})
		eventually(t, "the change is recorded", func() bool { return f.count("change_log") > before })
		f.is("log", today()+" subscribe 5\n"+today()+" quantity 9", f.log(held))

		for path, want := range map[string]int{"/webhooks/ms": http.StatusUnauthorized, "/webhooks/nobody": http.StatusNotFound} {
			answer, err := web.Post(at+path, "application/json", strings.NewReader(`{"EventName":"subscription-updated","ResourceUri":"`+c.address+`/v1/customers/x"}`))
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != want {
				t.Errorf("%s: %d, want %d", path, answer.StatusCode, want)
			}
		}
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if out := p.wait(t); out.code != 0 {
			t.Error(out)
		}
		f.is("left", "0", f.json("connections.0.recorded", 0, "sync"))
		f.must("verify")
	})
}

// serve starts the server on a free port; it looks at the provider at once, and
// then only when it is told to.
func (f *firm) serve() (p *process, at string) {
	f.t.Helper()
	reader, writer := io.Pipe()
	p = f.prepare("serve", "--listen", "127.0.0.1:0", "--every", "24h")
	p.cmd.Stdout = writer
	p.start(f.t)
	go func() { <-p.ended; _ = writer.Close() }()
	lines := bufio.NewReader(reader)
	line, _ := lines.ReadString('\n')
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	if at = listening.FindString(line); at == "" {
		f.t.Fatalf("the server does not say where it listens: %s", p.stderr.String())
	}
	return p, at
}

// Package e2e_test tries the pages in a real browser: the program as it is shipped, its
// demo book, a Partner Center beside it, and Chromium. The stories are the *.test.js
// beside this file; this starts what they need.
package e2e_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"prorata/edge/web"
)

// patience is how long the program may take to come up, and the browser for all stories.
const patience = 20 * time.Minute

func TestInABrowser(t *testing.T) {
	need(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	folder := t.TempDir()
	binary := filepath.Join(folder, "prorata")
	run(t, exec.CommandContext(ctx, "go", "build", "-o", binary, "prorata/cmd/prorata"))
	center, listen, mails := freeAddress(t), freeAddress(t), openPostOffice(t, t.TempDir())
	book := []string{"--database", "sqlite:" + filepath.Join(folder, "book.db"), "--key-file", filepath.Join(folder, "key")}
	beside := []string{"--standin", center, "--journal", filepath.Join(folder, "journal")}
	run(t, command(ctx, binary, "demo", book, beside))
	link := serve(ctx, t, command(ctx, binary, "serve", book, beside, []string{"--listen", listen,
		"--mail-server", mails.address, "--mail-security", "none", "--mail-from", "billing@nordlicht-cloud.example"}))
	// People come by the address that the link has: passkeys are bound to a name.
	base := before(link)
	// The demo's connection whose consent has ended: browsers find back from its provider.
	run(t, command(ctx, binary, "connection", []string{"add", lapsed, "--set", "redirect_uri=" + base + "/provider/" + lapsed + "/consent/back"}, book))
	// Beside it a book in which nothing is yet.
	blank := serve(ctx, t, command(ctx, binary, "serve", []string{"--database", "sqlite:" + filepath.Join(folder, "blank.db"), "--key-file", filepath.Join(folder, "key"), "--listen", freeAddress(t)}))
	pages, err := json.Marshal(web.Pages())
	if err != nil {
		t.Fatal(err)
	}
	stories := exec.CommandContext(ctx, "node", "--test", "--test-concurrency=1", "--test-reporter=spec")
	stories.Env = append(os.Environ(), "BASE="+base, "LINK="+link, "CENTER=http://"+center, "LAPSED="+lapsed, "MAILS="+mails.folder,
		"BLANK_BASE="+before(blank), "BLANK_LINK="+blank, "PAGES="+string(pages))
	out, err := stories.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
}

// lapsed is the demo's connection whose consent the provider does not take any more.
const lapsed = "partnercenter-at"

// command is one of the program's own.
func command(ctx context.Context, binary, name string, args ...[]string) *exec.Cmd {
	return exec.CommandContext(ctx, binary, append([]string{name}, slices.Concat(args...)...)...)
}

// before is the address that a one-time link begins with.
func before(link string) string {
	base, _, _ := strings.Cut(link, "/welcome")
	return base
}

// need passes over where there is no browser, with a word.
func need(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("node_modules/playwright-core"); err != nil {
		t.Skip("passed over: the browser tests need the packages of e2e/ (scripts/need-browser fetches them)")
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("passed over: the browser tests need Node.js")
	}
	for _, place := range []string{os.Getenv("CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"} {
		if _, err := os.Stat(place); err == nil {
			return
		}
	}
	t.Skip("passed over: the browser tests need Chromium (or its path in CHROMIUM)")
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func run(t *testing.T, command *exec.Cmd) {
	t.Helper()
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
}

// welcome is the one-time link that the first start prints.
var welcome = regexp.MustCompile(`http://\S+/welcome\?\S+`)

// serve starts the program and gives the link that makes the first owner.
func serve(ctx context.Context, t *testing.T, command *exec.Cmd) (link string) {
	t.Helper()
	command.WaitDelay = 5 * time.Second
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr = command.Stdout
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string)
	go func() {
		defer close(lines)
		for scan := bufio.NewScanner(out); scan.Scan(); {
			select {
			case lines <- scan.Text():
			case <-ctx.Done():
			}
		}
	}()
	t.Cleanup(func() {
		// It may have ended already; what it says then is in the log.
		_ = command.Cancel()
		for line := range lines {
			t.Log(line)
		}
		_ = command.Wait()
	})
	for up := false; !up || link == ""; {
		select {
		case line, open := <-lines:
			if !open {
				t.Fatal("the program ended before it served")
			}
			t.Log(line)
			up = up || strings.Contains(line, "prorata serves on")
			if found := welcome.FindString(line); found != "" {
				link = found
			}
		case <-ctx.Done():
			t.Fatal("the program did not come up")
		}
	}
	go func() {
		for range lines { //nolint:revive // what it says while the browser is at work is not waited for
		}
	}()
	return link
}

package main_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

var listening = regexp.MustCompile(`https?://127\.0\.0\.1:\d+`)

// newKey is all that a first start says on standard error.
var newKey = regexp.MustCompile(`\Aprorata: a new key is in .*\n\z`)

// serve starts the server on a free port and gives its address, once it listens.
func serve(t *testing.T, address string, more ...string) (p *process, at string) {
	t.Helper()
	reader, writer := io.Pipe()
	p = prepare(address, append([]string{"serve", "--listen", "127.0.0.1:0", "--key-file", filepath.Join(t.TempDir(), "key")}, more...)...)
	p.cmd.Stdout = writer
	p.start(t)
	said := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(reader).ReadString('\n')
		said <- line
		_, _ = io.Copy(io.Discard, reader)
	}()
	select {
	case line := <-said:
		at = listening.FindString(line)
	case <-p.ended:
	case <-time.After(patience):
	}
	if at == "" {
		t.Fatalf("the server does not say where it listens: %s", p.stderr.String())
	}
	return p, at
}

// freeAddress is one of this machine where nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func TestServe(t *testing.T) {
	t.Parallel()
	address := "sqlite:" + filepath.Join(t.TempDir(), "book.db")
	must(t, address, "import", filepath.Join("testdata", "book", "book.yaml"))
	must(t, address, "bill", "--as-of", "2025-02-01")
	measures := freeAddress(t)
	p, at := serve(t, address, "--metrics", measures)
	measures = "http://" + measures
	for path, want := range map[string]struct {
		status int
		text   string
	}{
		"/": {200, "Prorata"}, "/healthz": {200, "ok"}, "/readyz": {200, "ready"}, "/nothing-here": {200, "Sign in"}, "/metrics": {200, "Sign in"}, "/welcome?link=guessed": {404, "The link was used"},
		"/openapi.json": {200, `"openapi":"3.1`}, "/docs": {200, "swagger-ui"}, "/v1/invoices/INV-000001": {401, `"code":"unauthorized"`},
	} {
		if status, body := get(t, at+path); status != want.status || !strings.Contains(body, want.text) {
			t.Errorf("%s: %d %q, want %d with %q", path, status, body, want.status, want.text)
		}
	}
	status, metrics := get(t, measures+"/metrics")
	for _, want := range []string{`prorata_last_run{of="invoices"} 6`, `prorata_last_run{of="contracts"} 5`, `prorata_last_run{of="exceptions"} 0`, "prorata_last_run_ended_timestamp_seconds 1", `prorata_jobs{state="failing"} 0`, "prorata_jobs_failing_since_timestamp_seconds 0", "go_goroutines "} {
		if status != 200 || !strings.Contains(metrics, want) {
			t.Errorf("/metrics: %d, without %q:\n%s", status, want, metrics)
		}
	}
	// The clerk works on while the server runs.
	must(t, address, "bill", "--as-of", "2025-03-01")
	if _, metrics := get(t, measures+"/metrics"); !strings.Contains(metrics, `prorata_last_run{of="invoices"} 2`) {
		t.Errorf("/metrics does not tell the run of the clerk:\n%s", metrics)
	}
	if out := prorata(t, address, "serve", "--listen", strings.TrimPrefix(at, "http://"), "--key-file", filepath.Join(t.TempDir(), "key")); out.code != 2 || !strings.Contains(out.stderr, "--listen") {
		t.Errorf("a port that is taken: %s", out)
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if out := p.wait(t); out.code != 0 || !newKey.MatchString(out.stderr) || out.took > patience {
		t.Errorf("told to stop: %s", out)
	}
	must(t, address, "verify")
}

// An address at which somebody listens already is told with the flag that named it.
func TestAnAddressThatIsTaken(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	taken, folder := listener.Addr().String(), t.TempDir()
	for _, args := range [][]string{{"--listen", taken}, {"--listen", "127.0.0.1:0", "--metrics", taken}, {"--listen", "127.0.0.1:0", "--standin", taken}} {
		out := prorata(t, "sqlite:"+filepath.Join(folder, "book.db"), append([]string{"serve", "--key-file", filepath.Join(folder, "key")}, args...)...)
		if want := args[len(args)-2] + ": another program listens at " + taken + " already"; out.code != 2 || !strings.Contains(out.stderr, want) {
			t.Errorf("%s\nexpected %s", out, want)
		}
	}
}

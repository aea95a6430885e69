package pgtest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// ask runs one statement with the client that comes with the server.
func ask(t *testing.T, s *Server, url, statement string) (string, error) {
	t.Helper()
	output, err := s.command("psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1", "--command", statement, url).CombinedOutput()
	return strings.TrimSpace(string(output)), err
}

func mustAsk(t *testing.T, s *Server, url, statement string) string {
	t.Helper()
	answer, err := ask(t, s, url, statement)
	if err != nil {
		t.Fatalf("%s: %v: %s", statement, err, answer)
	}
	return answer
}

func TestDatabasesAreApart(t *testing.T) {
	s := sharedServer(t)
	first, second := NewDatabase(t), NewDatabase(t)
	if first == second {
		t.Fatalf("two databases have one URL, %s", first)
	}
	mustAsk(t, s, first, "CREATE TABLE invoices (number TEXT)")
	if answer, err := ask(t, s, second, "TABLE invoices"); err == nil {
		t.Errorf("the second database sees the first one's table: %q", answer)
	}
	if got := mustAsk(t, s, first, "SHOW fsync"); got != "off" {
		t.Errorf("fsync is %s", got)
	}
	if got := mustAsk(t, s, first, "SELECT 'Z' < 'a'"); got != "t" {
		t.Error("text is not sorted by its bytes")
	}
}

func TestACopyHasTheContents(t *testing.T) {
	s := sharedServer(t)
	schema := NewDatabase(t)
	mustAsk(t, s, schema, "CREATE TABLE invoices (number TEXT)")
	copied := CopyDatabase(t, schema)
	mustAsk(t, s, copied, "INSERT INTO invoices VALUES ('INV-1')")
	if got := mustAsk(t, s, schema, "SELECT count(*) FROM invoices"); got != "0" {
		t.Errorf("the original has %s invoices of the copy", got)
	}
}

func TestADatabaseEndsWithItsTest(t *testing.T) {
	s := sharedServer(t)
	var url string
	t.Run("inner", func(t *testing.T) { url = NewDatabase(t) })
	if answer, err := ask(t, s, url, "SELECT 1"); err == nil {
		t.Errorf("the database is still there: %q", answer)
	}
}

func TestADurableServerCrashesAndRestarts(t *testing.T) {
	s := Start(t, Options{Durable: true, Settings: map[string]string{"max_connections": "20"}})
	url := s.NewDatabase(t)
	mustAsk(t, s, url, "CREATE TABLE invoices (number TEXT)")
	for _, stop := range []func(testing.TB){s.Crash, s.Shutdown} {
		mustAsk(t, s, url, "INSERT INTO invoices VALUES ('INV-1')")
		stop(t)
		if answer, err := ask(t, s, url, "SELECT 1"); err == nil {
			t.Errorf("a stopped server answers %q", answer)
		}
		s.Restart(t)
	}
	got := mustAsk(t, s, url, "SELECT count(*), current_setting('fsync'), current_setting('max_connections') FROM invoices")
	if got != "2|on|20" {
		t.Errorf("after a crash and a shutdown: %s, want 2|on|20", got)
	}
	if _, err := os.Stat(s.folder); err != nil {
		t.Fatal(err)
	}
	s.close()
	if _, err := os.Stat(s.folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is still there (%v)", err)
	}
}

// A test binary that dies leaves neither a process nor a folder. The test runs
// a copy of this binary that panics; whatever the copy starts inherits the end
// of a pipe, which is at its end only when all of them are gone.
func TestAPanicLeavesNothingBehind(t *testing.T) {
	sharedServer(t)
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	cmd := exec.Command(os.Args[0], "-test.run=^TestThePanic$")
	cmd.Env = append(os.Environ(), "PGTEST_PANIC=1")
	cmd.ExtraFiles = []*os.File{writer}
	output, err := cmd.CombinedOutput()
	_ = writer.Close()
	_, after, _ := strings.Cut(string(output), "folder=")
	folder, _, _ := strings.Cut(after, "\n")
	if err == nil || folder == "" || !strings.Contains(string(output), "as a test may") {
		t.Fatalf("the copy did not do its part: %v\n%s", err, output)
	}
	if _, err := io.ReadAll(reader); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there (%v)", folder, err)
	}
}

// TestThePanic is the part of the copy.
func TestThePanic(t *testing.T) {
	if os.Getenv("PGTEST_PANIC") == "" {
		return
	}
	fmt.Printf("folder=%s\n", sharedServer(t).folder)
	panic("as a test may")
}

// verdict is a test that only remembers how it ended.
type verdict struct {
	testing.TB
	skipped, failed bool
}

func (*verdict) Helper()        {}
func (v *verdict) Skip(...any)  { v.skipped = true }
func (v *verdict) Fatal(...any) { v.failed = true }

func TestWithoutPostgreSQLOnlyCIFails(t *testing.T) {
	for _, c := range []struct {
		ci              string
		err             error
		skipped, failed bool
	}{
		{"", nil, false, false},
		{"", errNotInstalled, true, false},
		{"true", errNotInstalled, false, true},
		{"", errPortTaken, false, true},
	} {
		t.Setenv("CI", c.ci)
		var got verdict
		check(&got, c.err)
		if got.skipped != c.skipped || got.failed != c.failed {
			t.Errorf("CI=%q, %v: skipped %t, failed %t", c.ci, c.err, got.skipped, got.failed)
		}
	}
}

func TestTheNewestServerIsTaken(t *testing.T) {
	root := t.TempDir()
	for _, version := range []string{"9.6", "16", "15"} {
		if err := os.MkdirAll(filepath.Join(root, version, "bin"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := newestFirst(filepath.Join(root, "*", "bin"))[0], filepath.Join(root, "16", "bin"); got != want {
		t.Errorf("took %s, want %s", got, want)
	}
}

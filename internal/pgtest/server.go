package pgtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// superuser is the database's, not the system's.
const superuser = "postgres"

// patience is how long the server may take to start or to stop before it is
// given up; a busy machine takes a second.
const patience = time.Minute

// portTries is how often another port is tried where somebody else was quicker.
const portTries = 5

// Server is a PostgreSQL server that lives in a folder of its own.
type Server struct {
	programs string
	owner    owner
	folder   string
	port     int
	options  Options

	databases, schemas atomic.Int64
	// process runs while exited is open.
	process *os.Process
	exited  chan struct{}
	// keeper removes everything when keeperIn ends; see keep.
	keeper   *exec.Cmd
	keeperIn io.WriteCloser
}

func start(options Options) (*Server, error) {
	programs, err := findPrograms()
	if err != nil {
		return nil, err
	}
	owner, err := findOwner()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "prorata-pg-")
	if err != nil {
		return nil, err
	}
	s := &Server{programs: programs, owner: owner, folder: folder, options: options}
	if err := s.keep(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	if err := s.create(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *Server) create() error {
	if err := s.owner.take(s.folder); err != nil {
		return err
	}
	if err := s.run("initdb", "--pgdata", s.data(), "--username", superuser, "--auth", "trust",
		"--encoding", "UTF8", "--no-locale", "--no-sync"); err != nil {
		return err
	}
	for try := 1; ; try++ {
		var err error
		if s.port, err = freePort(); err != nil {
			return err
		}
		if err = s.launch(); err == nil || try == portTries || !errors.Is(err, errPortTaken) {
			return err
		}
	}
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

// keep starts the shell that cleans up after this process. It is told the
// server's process id, 0 while there is none, a line each; the last line counts.
func (s *Server) keep() (err error) {
	const script = `pid=0
while read -r line; do pid=$line; done
if [ "$pid" != 0 ]; then
	kill -QUIT "$pid"
	tries=0
	while [ -e "$1/data/postmaster.pid" ] && [ "$tries" -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
fi
rm -rf "$1"`
	s.keeper = exec.Command("sh", "-c", script, "sh", s.folder)
	s.keeper.Dir = "/"
	s.keeper.SysProcAttr = apart(owner{})
	if s.keeperIn, err = s.keeper.StdinPipe(); err != nil {
		return err
	}
	return s.keeper.Start()
}

// close stops the server and removes its folder.
func (s *Server) close() {
	_ = s.stop(syscall.SIGQUIT)
	_ = s.keeperIn.Close()
	_ = s.keeper.Wait()
}

// launch starts the server and waits until it takes connections.
func (s *Server) launch() error {
	log := &serverLog{ready: make(chan struct{})}
	cmd := s.command("postgres", s.arguments()...)
	cmd.Stderr = log
	cmd.WaitDelay = patience
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	exited := make(chan struct{})
	s.process, s.exited = cmd.Process, exited
	s.tellKeeper(cmd.Process.Pid)
	go func() {
		_ = cmd.Wait()
		close(exited)
	}()
	select {
	case <-log.ready:
		return nil
	case <-exited:
		s.process = nil
		s.tellKeeper(0)
		if log.says("could not create any TCP/IP sockets") {
			return errPortTaken
		}
		return fmt.Errorf("postgres did not start:\n%s", log)
	case <-time.After(patience):
		return errors.Join(fmt.Errorf("postgres takes no connections after %s:\n%s", patience, log), s.stop(syscall.SIGQUIT))
	}
}

var errPortTaken = errors.New("the port was taken by somebody else")

func (s *Server) arguments() []string {
	settings := map[string]string{
		"listen_addresses":        "127.0.0.1",
		"port":                    strconv.Itoa(s.port),
		"unix_socket_directories": s.folder,
		"timezone":                "UTC",
		"log_timezone":            "UTC",
	}
	if !s.options.Durable {
		settings["fsync"] = "off"
		settings["full_page_writes"] = "off"
		settings["synchronous_commit"] = "off"
	}
	for name, value := range s.options.Settings {
		settings[name] = value
	}
	arguments := []string{"-D", s.data()}
	for name, value := range settings {
		arguments = append(arguments, "--"+name+"="+value)
	}
	sort.Strings(arguments[2:])
	return arguments
}

func (s *Server) stop(signal syscall.Signal) error {
	if s.process == nil {
		return nil
	}
	_ = s.process.Signal(signal)
	defer func() {
		s.process = nil
		s.tellKeeper(0)
	}()
	select {
	case <-s.exited:
		return nil
	case <-time.After(patience):
		_ = s.process.Kill()
		<-s.exited
		return fmt.Errorf("postgres did not stop in %s and was killed", patience)
	}
}

func (s *Server) tellKeeper(pid int) { _, _ = fmt.Fprintln(s.keeperIn, pid) }

// Crash ends the server at once: connections break, what is not committed is
// lost, and Restart has to recover.
func (s *Server) Crash(t testing.TB) {
	t.Helper()
	if err := s.stop(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
}

// Shutdown ends the server in good order; connections are told so.
func (s *Server) Shutdown(t testing.TB) {
	t.Helper()
	if err := s.stop(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
}

// Restart starts the server again after Crash or Shutdown, with the same
// address and the same data, and waits until it takes connections.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if s.process != nil {
		t.Fatal("pgtest: Restart of a server that runs")
	}
	if err := s.launch(); err != nil {
		t.Fatal(err)
	}
}

// NewDatabase makes an empty database and gives its URL. It is dropped when the
// test is over.
func (s *Server) NewDatabase(t testing.TB) string {
	t.Helper()
	return s.newDatabase(t, "template0")
}

// CopyDatabase makes a database with the contents of another of this server, to
// which nobody may be connected meanwhile.
func (s *Server) CopyDatabase(t testing.TB, of string) string {
	t.Helper()
	u, err := url.Parse(of)
	if err != nil {
		t.Fatal(err)
	}
	return s.newDatabase(t, strings.TrimPrefix(u.Path, "/"))
}

func (s *Server) newDatabase(t testing.TB, template string) string {
	t.Helper()
	name := fmt.Sprintf("test_%d", s.databases.Add(1))
	if err := s.run("createdb", append(s.address(), "--template", template, name)...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// A server that the test has stopped takes its databases along.
		_ = s.run("dropdb", append(s.address(), "--force", "--if-exists", name)...)
	})
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", superuser, s.port, name)
}

// NewSchema makes a schema of its own in a database and gives the address under
// which it is the only one seen: far cheaper than a database, for many small books.
func (s *Server) NewSchema(t testing.TB, of string) string {
	t.Helper()
	name := fmt.Sprintf("schema_%d", s.schemas.Add(1))
	check(t, s.run("psql", append(s.address(), "--quiet", "--no-psqlrc", "--command", "CREATE SCHEMA "+name, databaseOf(of))...))
	return of + "&search_path=" + name
}

// databaseOf is the name of the database in an address.
func databaseOf(url string) string {
	rest := url[strings.LastIndex(url, "/")+1:]
	name, _, _ := strings.Cut(rest, "?")
	return name
}

func (s *Server) address() []string {
	return []string{"--host", s.folder, "--port", strconv.Itoa(s.port), "--username", superuser}
}

// run runs one of PostgreSQL's programs to its end; the error has what it said.
func (s *Server) run(program string, arguments ...string) error {
	if output, err := s.command(program, arguments...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", program, err, bytes.TrimSpace(output))
	}
	return nil
}

// command is a program with a surrounding that does not depend on the caller's:
// no PG variables, no locale, and a folder that the server's user may see.
func (s *Server) command(program string, arguments ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.programs, program), arguments...)
	cmd.Dir = s.folder
	cmd.Env = []string{"PATH=" + s.programs + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + s.folder, "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = apart(s.owner)
	return cmd
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return listener.Addr().(*net.TCPAddr).Port, listener.Close()
}

// serverLog listens to what the server says about itself.
type serverLog struct {
	mutex sync.Mutex
	// text is the last part of the log.
	text    []byte
	ready   chan struct{}
	isReady bool
}

const logKept = 32 << 10

// Write takes a part of the log.
func (l *serverLog) Write(text []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.text = append(l.text, text...)
	l.text = l.text[max(0, len(l.text)-logKept):]
	if !l.isReady && bytes.Contains(l.text, []byte("database system is ready to accept connections")) {
		l.isReady = true
		close(l.ready)
	}
	return len(text), nil
}

func (l *serverLog) says(words string) bool { return strings.Contains(l.String(), words) }

// String is the last part of the log.
func (l *serverLog) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return string(l.text)
}

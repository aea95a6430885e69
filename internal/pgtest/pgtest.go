// Package pgtest gives tests a PostgreSQL server of their own.
//
//	url := pgtest.NewDatabase(t)           // an empty database, gone after the test
//	copy := pgtest.CopyDatabase(t, url)    // another with the same contents
//
//	server := pgtest.Start(t, pgtest.Options{Durable: true})  // for faults: a server of the test's own
//	url := server.NewDatabase(t)
//	server.Crash(t)
//	server.Restart(t)                      // same address, same data
//
// The server that NewDatabase speaks of is made at its first call, once for
// each test binary, in a folder under the system's place for temporary files.
// It listens on a free port of 127.0.0.1 and on a socket in its folder, lets
// everybody in, and sorts text by its bytes, as SQLite does. Nothing needs to
// be stopped: a small shell beside it, which reads from a pipe that ends with
// the test binary, however that ends, stops the server and removes the folder.
//
// PostgreSQL's programs are looked for in $PGBIN, in $PATH and where systems
// put them. Where there are none a test is skipped; with CI=true it fails. Run
// as root, the server takes the user postgres, or nobody: it refuses root.
package pgtest

import (
	"errors"
	"os"
	"sync"
	"testing"
)

// Options say how a server is run; the zero value is for speed.
type Options struct {
	// Durable writes through to the disk as a server in production does. Without
	// it a database survives Crash, which leaves the system running, all the same.
	Durable bool
	// Settings are added to the server's, for example "max_connections": "20".
	Settings map[string]string
}

// shared is the server of the test binary.
var shared = sync.OnceValues(func() (*Server, error) { return start(Options{}) })

// NewDatabase makes an empty database on the server that the binary's tests
// share, and gives its URL. It is dropped when the test is over.
func NewDatabase(t testing.TB) string {
	t.Helper()
	return sharedServer(t).NewDatabase(t)
}

// CopyDatabase makes a database with the contents of one that NewDatabase gave,
// to which nobody may be connected meanwhile. It is a quick way to a schema:
// migrate one, copy it for every test.
func CopyDatabase(t testing.TB, url string) string {
	t.Helper()
	return sharedServer(t).CopyDatabase(t, url)
}

// NewSchema is a schema of its own in a database that NewDatabase gave.
func NewSchema(t testing.TB, of string) string {
	t.Helper()
	return sharedServer(t).NewSchema(t, of)
}

func sharedServer(t testing.TB) *Server {
	t.Helper()
	server, err := shared()
	check(t, err)
	return server
}

// Start runs a server for this test alone.
func Start(t testing.TB, options Options) *Server {
	t.Helper()
	server, err := start(options)
	check(t, err)
	t.Cleanup(server.close)
	return server
}

// check ends the test where there is no server: with a skip where PostgreSQL is
// not installed and need not be.
func check(t testing.TB, err error) {
	t.Helper()
	switch {
	case err == nil:
	case errors.Is(err, errNotInstalled) && os.Getenv("CI") != "true":
		t.Skip(err)
	default:
		t.Fatal(err)
	}
}

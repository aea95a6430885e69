package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"

	"prorata/flow"
)

// unopened is why a database could not be opened, in a line that says what to do about it: what the engines say is meant for those
// who know them. What is known of the error stays: a server that is away may come back (flow.ErrBusy).
func unopened(err error) error {
	var local *sqlite.Error
	if errors.As(err, &local) {
		return unopenedFile(local, err)
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		return unopenedServer(connect, err)
	}
	return err
}

// said is an error in other words.
type said struct {
	words string
	is    []error
}

func (s *said) Error() string { return s.words }

// Unwrap gives what it is.
func (s *said) Unwrap() []error { return s.is }

// The codes of SQLite that say why a file is not opened (sqlite.org/rescode.html).
const (
	sqliteReadOnly    = 8
	sqliteCannotOpen  = 14
	sqliteNotDatabase = 26
)

func unopenedFile(told *sqlite.Error, err error) error {
	var words string
	switch told.Code() & 0xff {
	case sqliteNotDatabase:
		words = "the file is no SQLite database: name the file of a book, or one that is not there yet"
	case sqliteCannotOpen:
		words = "the file cannot be opened: it must be a file and no folder, and the user that prorata runs as must be allowed to read and write it and the folder it is in"
	case sqliteReadOnly:
		words = "the file cannot be written: the user that prorata runs as must be allowed to write it and the folder it is in"
	default:
		return err
	}
	return &said{words, []error{flow.ErrInput, err}}
}

func unopenedServer(connect *pgconn.ConnectError, err error) error {
	at := net.JoinHostPort(connect.Config.Host, fmt.Sprint(connect.Config.Port))
	var answer *pgconn.PgError
	if errors.As(err, &answer) {
		switch answer.Code {
		case "28P01", "28000": // password, or who may come in from where
			return &said{fmt.Sprintf("the server at %s does not let the user %s in: %s; look at the user and the password", at, connect.Config.User, answer.Message), []error{flow.ErrInput, err}}
		case "3D000": // no such database
			return &said{fmt.Sprintf("the server at %s has no database %s: make it first (createdb), or name another", at, connect.Config.Database), []error{flow.ErrInput, err}}
		}
		return &said{fmt.Sprintf("the server at %s says: %s", at, answer.Message), []error{err}}
	}
	why := lineOf(connect.Unwrap())
	var name *net.DNSError
	var operation *net.OpError
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &name):
		return &said{fmt.Sprintf("there is no machine %s (%s): look at the name in the address", connect.Config.Host, name.Err), []error{flow.ErrBusy, err}}
	case errors.As(err, &operation):
		why = operation.Err.Error()
	}
	return &said{fmt.Sprintf("no database server answers at %s (%s): is it running, and is the address right?", at, why), []error{flow.ErrBusy, err}}
}

// lineOf is an error of several lines in one.
func lineOf(err error) string {
	if err == nil {
		return "no answer"
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}

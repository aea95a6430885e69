package e2e_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"testing"

	"github.com/emersion/go-smtp"
)

// postOffice is somebody's mail server on this machine. Each mail that it takes is a file
// in its folder, whole before it has its name: stories wait for files there.
type postOffice struct{ folder, address string }

func openPostOffice(t *testing.T, folder string) *postOffice {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &postOffice{folder: folder, address: listener.Addr().String()}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &letterBox{office: p}, nil }))
	server.Domain = "mail.example"
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		// Sessions that are still open end with the program that opened them.
		_ = server.Close()
		<-done
	})
	return p
}

// letterBox takes the mails of one connection.
type letterBox struct{ office *postOffice }

func (l *letterBox) Reset()                               {}
func (l *letterBox) Logout() error                        { return nil }
func (l *letterBox) Mail(string, *smtp.MailOptions) error { return nil }
func (l *letterBox) Rcpt(string, *smtp.RcptOptions) error { return nil }

// Data keeps a mail.
func (l *letterBox) Data(r io.Reader) error {
	file, err := os.CreateTemp(l.office.folder, "coming-*")
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, r); err != nil {
		return fmt.Errorf("%w (and %w)", err, file.Close())
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), file.Name()+".eml")
}

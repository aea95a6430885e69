// Package mail writes and sends mails: invoices, and links by which users come in.
//
// It owns how a mail reads (letter.go, words.go), how it is put together (message.go)
// and how it is handed to the outgoing mail server (server.go). What is sent when,
// and what becomes of it, is the office's: its outbox.
//
//	waiting ──► one sender's, by a lease of some minutes ──► sent
//	                    │                               └► failed: refused, or tried for days
//	                    └► waiting: no answer, or one that says to try later
//
// A mail has the same Message-ID on every try. Where the server's answer was lost
// after the mail was given, it is tried again: a server that took it can tell.
package mail

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"time"

	gomail "github.com/wneessen/go-mail"

	"prorata/flow"
	"prorata/flow/office"
)

// Sender sends what is due.
type Sender struct {
	Office *office.Office
	Server Server
	// PDF writes the document that an invoice's mail brings.
	PDF func(io.Writer, flow.Document) error
	// WelcomeAddress is what the address of a one-time link begins with; its secret follows.
	WelcomeAddress string
	Clock          flow.Clock
	Log            *slog.Logger
}

// endPatience is how long it may take to write down what became of a mail.
const endPatience = 10 * time.Second

// Round sends all that is due, one after the other over one connection, and says how many were tried.
func (s *Sender) Round(ctx context.Context) (tried int, err error) {
	way := s.Server.open()
	defer way.close()
	for ctx.Err() == nil {
		letter, some, err := s.Office.MailTake(ctx)
		if err != nil || !some {
			return tried, err
		}
		tried++
		if err := s.sendOne(ctx, way, &letter); err != nil {
			return tried, err
		}
	}
	return tried, ctx.Err()
}

func (s *Sender) sendOne(ctx context.Context, way *way, letter *office.Letter) error {
	began := s.Clock.Now()
	result := s.send(ctx, way, letter)
	if ctx.Err() != nil && result.Status == 0 {
		// The program ends, and the mail server said nothing: the next one sends it.
		return ctx.Err()
	}
	result.Took = s.Clock.Now().Sub(began)
	s.Log.InfoContext(ctx, "mail", "mail", letter.Seq, "kind", letter.Kind, "sent", result.Sent, "status", result.Status, "why", result.Why)
	// What the server answered is noted even where the program ends: an invoice was sent twice.
	kept, cancel := context.WithTimeout(context.WithoutCancel(ctx), endPatience)
	defer cancel()
	return s.Office.MailEnd(kept, letter.Mail, result)
}

func (s *Sender) send(ctx context.Context, way *way, letter *office.Letter) office.MailResult {
	message, err := s.put(ctx, letter)
	if err != nil {
		return office.MailResult{Why: err.Error(), Refused: true}
	}
	return way.send(ctx, message)
}

// put puts a mail together. A mistake of the program in it is that mail's, and does not end the program.
func (s *Sender) put(ctx context.Context, letter *office.Letter) (message *gomail.Msg, err error) {
	defer func() {
		if mistake := recover(); mistake != nil {
			s.Log.ErrorContext(ctx, "a mail panicked", "mail", letter.Seq, "panic", mistake, "stack", string(debug.Stack()))
			err = fmt.Errorf("a mistake of the program: %v", mistake)
		}
	}()
	return s.message(letter)
}

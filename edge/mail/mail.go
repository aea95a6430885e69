// Package mail writes and sends mails: invoices, and links by which users come in.
//
// It owns how a mail reads (letter.go, words.go), how it is put together (message.go)
// and how it is handed to the outgoing mail server (server.go). What is sent when,
// and what becomes of it, is the office's: its outbox.
//
//	waiting ──► taken by one sender for some minutes ──► sent
//	                    │                               └► failed: refused, or tried for days
//	                    └► waiting: no answer, or one that says to try later
//
// A mail has the same Message-ID on every try. Where the server's answer was lost
// after the mail was given, it is tried again: a server that took it can tell.
package mail

import (
	"context"
	"errors"
	"io"
	"log/slog"

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

// Round sends all that is due, and says how many were tried.
func (s *Sender) Round(ctx context.Context) (tried int, err error) {
	for ctx.Err() == nil {
		// What was given is sent also where the rest could not be read: nobody else is given it for a while.
		list, err := s.Office.MailsTake(ctx)
		if len(list) > 0 {
			tried += len(list)
			err = errors.Join(err, s.sendAll(ctx, list))
		}
		if err != nil || len(list) == 0 {
			return tried, err
		}
	}
	return tried, ctx.Err()
}

// sendAll sends some over one connection.
func (s *Sender) sendAll(ctx context.Context, list []office.Letter) error {
	way := s.Server.open()
	defer way.close()
	for i := range list {
		letter := &list[i]
		began := s.Clock.Now()
		result := s.send(ctx, way, letter)
		if ctx.Err() != nil {
			// The program ends: it is sent by the next one.
			return ctx.Err()
		}
		result.Took = s.Clock.Now().Sub(began)
		s.Log.InfoContext(ctx, "mail", "mail", letter.Seq, "kind", letter.Kind, "sent", result.Sent, "status", result.Status, "why", result.Why)
		if err := s.Office.MailEnd(ctx, letter.Mail, result); err != nil {
			return err
		}
	}
	return nil
}

func (s *Sender) send(ctx context.Context, way *way, letter *office.Letter) office.MailResult {
	message, err := s.message(letter)
	if err != nil {
		return office.MailResult{Why: err.Error(), Refused: true}
	}
	return way.send(ctx, message)
}

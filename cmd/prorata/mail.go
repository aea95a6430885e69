package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"prorata/edge/document"
	"prorata/edge/mail"
	"prorata/edge/web"
	"prorata/flow"
	"prorata/flow/office"
)

// mailVariable is the environment's place for the password at the mail server. It is no flag, so that
// it is never seen in a list of processes or of settings.
const mailVariable = "PRORATA_MAIL_PASSWORD"

// mailSettings are how mail leaves.
type mailSettings struct {
	MailServer       string            `placeholder:"HOST:PORT" help:"The outgoing mail server; without it no mail is sent."`
	MailSecurity     string            `default:"starttls" enum:"starttls,tls,none" help:"How it is spoken to: starttls (usual at port 587), tls from the first byte (465), or none."`
	MailUser         string            `placeholder:"USER" help:"Who signs in there; the password is in $PRORATA_MAIL_PASSWORD or in a file."`
	MailPasswordFile string            `placeholder:"FILE" help:"A file with the password alone."`
	MailFrom         string            `placeholder:"ADDRESS" help:"The sender's address, such as billing@example.com."`
	MailKept         int               `default:"365" placeholder:"DAYS" help:"How long mails that were sent or given up stay in the outbox; 0 for ever. The invoice's history and the audit keep that it was sent."`
	MailSender       map[string]string `placeholder:"SELLER=ADDRESS" help:"The sender's address of one seller, where it has its own; may be given again and again."`
}

// mail reads the settings: what pages tell of them, and the server. Both are empty where none is set up.
func (w *world) mail(c *mailSettings) (*office.MailSetup, mail.Server, error) {
	if c.MailKept < 0 {
		return nil, mail.Server{}, fmt.Errorf("%w: --mail-kept: %d days (expected 1 or more, or 0 for ever)", flow.ErrInput, c.MailKept)
	}
	if c.MailServer == "" {
		return nil, mail.Server{}, nil
	}
	password := w.sources.environment(mailVariable)
	if c.MailPasswordFile != "" {
		text, err := os.ReadFile(c.MailPasswordFile)
		if err != nil {
			return nil, mail.Server{}, fmt.Errorf("%w: --mail-password-file: %w", flow.ErrInput, err)
		}
		password = strings.TrimRight(string(text), "\r\n")
	}
	server, err := mail.NewServer(c.MailServer, c.MailSecurity, c.MailUser, password)
	if err != nil {
		return nil, server, fmt.Errorf("%w: --mail-server: %w", flow.ErrInput, err)
	}
	setup := &office.MailSetup{Server: fmt.Sprintf("%s:%d", server.Host, server.Port), Security: server.Security, User: server.User, From: c.MailFrom, Senders: map[flow.SellerID]string{}}
	if err := office.CheckMailAddress(setup.From); err != nil {
		return nil, server, fmt.Errorf("%w: --mail-from: %w", flow.ErrInput, err)
	}
	for seller, address := range c.MailSender {
		if err := office.CheckMailAddress(address); err != nil {
			return nil, server, fmt.Errorf("%w: --mail-sender: %s: %w", flow.ErrInput, seller, err)
		}
		setup.Senders[flow.SellerID(seller)] = address
	}
	return setup, server, nil
}

// mailEvery is how often the outbox is looked at.
const mailEvery = 2 * time.Second

// sendMail sends what is in the outbox, where a mail server is set up.
func (w *world) sendMail(ctx context.Context, o *office.Office, server mail.Server) {
	if o.Mail == nil {
		return
	}
	sender := &mail.Sender{Office: o, Server: server, PDF: document.PDF, WelcomeAddress: w.Address + web.WelcomePath, Clock: wallClock{}, Log: w.log}
	w.often(ctx, mailEvery, "send mail", func() error {
		_, err := sender.Round(ctx)
		return err
	})
}

package office

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"prorata/core/billing"
	"prorata/flow"
)

// MailSetup is how mail leaves, as pages tell of it.
type MailSetup struct {
	// Server is the outgoing mail server (host:port), Security how it is spoken to (starttls, tls or none), User who signs in there.
	Server, Security, User string
	// From is the sender's address, Senders those of sellers that have their own.
	From    string
	Senders map[flow.SellerID]string
}

// Sender is the address that a seller's mails come from.
func (s *MailSetup) Sender(seller flow.SellerID) string {
	if own := s.Senders[seller]; own != "" {
		return own
	}
	return s.From
}

// MailView is how mail stands.
type MailView struct {
	// Setup is nil where no mail server is set up.
	Setup *MailSetup
	// Kept is how long mails that are over stay in the outbox; zero for ever.
	Kept time.Duration
	// Waiting and Failed count mails of the outbox.
	Waiting, Failed int64
}

// noMailServer refuses what would have to be sent.
func noMailServer() error {
	return &billing.Refusal{Code: "no_mail_server", Sentence: "no mail server is set up: start prorata serve with --mail-server and --mail-from, or send it by hand and note it as sent"}
}

const (
	recipientsMost = 10
	mailNoteMost   = 2000
)

// MailSetting is how mail leaves, and how much waits.
func (d *Desk) MailSetting(ctx context.Context) (view MailView, err error) {
	err = d.read(ctx, "MailSetting", func(tx Tx) error {
		view.Setup, view.Kept = d.office.Mail, d.office.MailKept
		view.Waiting, view.Failed, err = tx.MailCounts()
		return err
	})
	return view, err
}

// Mails says whether mail can be sent, for pages that offer it. Anybody may know it.
func (d *Desk) Mails() bool { return d.office.Mail != nil }

// MailTry sends a mail that says nothing to who asks, to see whether it arrives.
func (d *Desk) MailTry(ctx context.Context) (mail Mail, err error) {
	err = d.write(ctx, deed{verb: "MailTry", subject: d.person.Who}, func(tx Tx) error {
		if d.person.User == "" {
			return &FieldError{"to", errors.New("who asks is no user and has no address: sign in")}
		}
		user, err := tx.UserGet(d.person.User)
		if err != nil {
			return err
		}
		mail, err = d.queue(tx, Mail{Kind: MailTried, User: user.ID, To: []string{user.Address}})
		return err
	})
	return mail, err
}

// MailList is the outbox, newest first. Links of users are for those who may see users.
func (d *Desk) MailList(ctx context.Context, filter MailFilter) (list []Mail, err error) {
	err = d.read(ctx, "MailList", func(tx Tx) error {
		if !d.person.May("UserList") {
			filter.Not = MailWelcome
		}
		filter.Most = pageOf(filter.Most)
		list, err = tx.MailList(filter)
		return err
	})
	return list, err
}

// MailGet is a mail with every try of it; flow.ErrUnknown.
func (d *Desk) MailGet(ctx context.Context, seq int64) (mail Mail, tries []MailAttempt, err error) {
	err = d.read(ctx, "MailGet", func(tx Tx) error {
		mail, tries, err = d.mailIn(tx, seq)
		return err
	})
	return mail, tries, err
}

func (d *Desk) mailIn(tx Tx, seq int64) (mail Mail, tries []MailAttempt, err error) {
	mail, tries, err = tx.MailGet(seq)
	if err == nil && mail.Kind == MailWelcome && !d.person.May("UserList") {
		err = unseen("mail", fmt.Sprint(seq))
	}
	return mail, tries, err
}

// MailResend sends a mail again. One that failed or waits is tried at once, as the same mail; of one
// that was sent a new one is made, which it gives. A one-time link is not sent twice.
func (d *Desk) MailResend(ctx context.Context, seq int64) (mail Mail, err error) {
	err = d.write(ctx, deed{verb: "MailResend", subject: fmt.Sprint(seq)}, func(tx Tx) error {
		if mail, _, err = d.mailIn(tx, seq); err != nil {
			return err
		}
		if mail.Kind == MailWelcome && len(mail.Sealed) == 0 {
			return &billing.Refusal{Code: "link_sent", Sentence: "a one-time link is sent once and kept by nobody: give the user a new one"}
		}
		if mail.State == MailSent {
			mail, err = d.queue(tx, Mail{Kind: mail.Kind, Seller: mail.Seller, Invoice: mail.Invoice, Number: mail.Number, User: mail.User, To: mail.To, Note: mail.Note})
			return err
		}
		if d.office.Mail == nil {
			return noMailServer()
		}
		if _, err := tx.ExceptionClose(flow.MailFailed, fmt.Sprint(seq), d.person.Who, d.now()); err != nil {
			return err
		}
		if err := tx.MailAgain(seq, d.now()); err != nil {
			return err
		}
		mail, _, err = tx.MailGet(seq)
		return err
	})
	return mail, err
}

// queue puts a mail into the outbox, in the transaction of what causes it.
func (d *Desk) queue(tx Tx, mail Mail) (Mail, error) {
	mails, err := d.queueAll(tx, []Mail{mail})
	if err != nil {
		return Mail{}, err
	}
	return mails[0], nil
}

func (d *Desk) queueAll(tx Tx, mails []Mail) ([]Mail, error) {
	setup := d.office.Mail
	if setup == nil {
		return nil, noMailServer()
	}
	now := d.now()
	for i := range mails {
		mail := &mails[i]
		if err := checkRecipients(mail.To); err != nil {
			return nil, err
		}
		if mail.Seller == "" {
			mail.Seller = flow.DefaultSeller
		}
		mail.MessageID = d.office.messageID(setup.Sender(mail.Seller))
		mail.MadeAt, mail.MadeBy, mail.NextAt = now, d.person.Who, now
	}
	return mails, tx.MailsAdd(mails)
}

// messageID is a new one, under the sender's domain.
func (o *Office) messageID(sender string) string {
	_, domain, _ := strings.Cut(sender, "@")
	return o.newID() + "@" + domain
}

// checkRecipients wants one address or a few.
func checkRecipients(to []string) error {
	if len(to) == 0 {
		return &FieldError{"to", errors.New("to whom? Give an e-mail address")}
	}
	if len(to) > recipientsMost {
		return &FieldError{"to", fmt.Errorf("%d addresses (expected at most %d)", len(to), recipientsMost)}
	}
	for _, address := range to {
		if err := CheckMailAddress(address); err != nil {
			return &FieldError{"to", err}
		}
	}
	return nil
}

// CheckMailAddress says whether a text is one address that mail can be sent to: local@domain, without
// a name, spaces or anything by which a header could be continued.
func CheckMailAddress(text string) error {
	local, domain, _ := strings.Cut(text, "@")
	wrong := fmt.Errorf("%q is no e-mail address (expected one such as ap@contoso.example)", flow.PlainText(text))
	if local == "" || len(local) > 64 || len(text) > addressMost || strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return wrong
	}
	if strings.IndexFunc(local, func(r rune) bool { return !alphanumeric(r) && !strings.ContainsRune("!#$%&'*+/=?^_`{|}~.-", r) }) >= 0 {
		return wrong
	}
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.IndexFunc(label, func(r rune) bool { return !alphanumeric(r) && r != '-' }) >= 0 {
			return wrong
		}
	}
	return nil
}

func alphanumeric(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// Recipients reads addresses with commas, semicolons or lines between them.
func Recipients(text string) []string {
	list := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == '\n' || r == '\r' })
	kept := list[:0]
	for _, address := range list {
		if address = strings.TrimSpace(address); address != "" {
			kept = append(kept, address)
		}
	}
	return kept
}

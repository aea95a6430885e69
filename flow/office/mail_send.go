package office

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"prorata/flow"
)

// Letter is a mail with all that it says, for whoever writes and sends it.
type Letter struct {
	Mail
	// From is the sender's address.
	From   string
	Seller flow.Party
	// Letterhead is how the seller's documents look.
	Letterhead flow.Letterhead
	// Language is that of the words: en, de, fr, es or nl.
	Language string
	// Document is the invoice that it brings; nil for none.
	Document *flow.Document
	// Welcome is the link that it brings; nil for none.
	Welcome *WelcomeLetter
}

// WelcomeLetter is a one-time link on its way to who is to use it.
type WelcomeLetter struct {
	Kind WelcomeKind
	// Secret is what the link's address ends with.
	Secret string
	Name   string
	By     string
	EndsAt time.Time
}

// MailResult is what became of a try.
type MailResult struct {
	// Status is the mail server's answer (SMTP); 0 where there was none, and Why says what there was.
	Status int
	Why    string
	Took   time.Duration
	// Sent says that the server took it; Refused that it will not take it however often it is asked.
	Sent, Refused bool
}

const (
	// mailLease is how long one who took a mail may take to send it.
	mailLease = 5 * time.Minute
	// mailsAtOnce is how many are taken at once.
	mailsAtOnce = 10
)

// mailWaits are the waits after each failed try, three days in all: as long as mail servers try each other; after the last it is given up.
func mailWaits() []time.Duration {
	return []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 24 * time.Hour}
}

// MailsTake gives mails whose turn has come. What it gives nobody else is given for five minutes, by any process.
func (o *Office) MailsTake(ctx context.Context) (list []Letter, err error) {
	now, some := o.now(), false
	// Mostly there is nothing to do, and who only looks keeps nobody from writing.
	if err := o.Store.Read(ctx, func(tx Tx) (err error) {
		some, err = tx.MailsWait(now)
		return err
	}); err != nil || !some || o.Mail == nil {
		return nil, err
	}
	var taken []Mail
	if err := o.write(ctx, func(tx Tx) (err error) {
		taken, err = tx.MailsTake(now, now.Add(mailLease), mailsAtOnce)
		return err
	}); err != nil {
		return nil, err
	}
	for _, mail := range taken {
		var letter Letter
		err := o.Store.Read(ctx, func(tx Tx) (err error) {
			letter, err = o.letter(tx, mail)
			return err
		})
		switch {
		case err == nil:
			list = append(list, letter)
		case errors.Is(err, flow.ErrBusy), ctx.Err() != nil:
			return list, err
		default:
			// It cannot be written, and holds up none that can be.
			if err := o.MailEnd(ctx, mail, MailResult{Why: err.Error(), Refused: true}); err != nil {
				return list, err
			}
		}
	}
	return list, nil
}

// letter composes what a mail says from the book.
func (o *Office) letter(tx Tx, mail Mail) (Letter, error) {
	letter := Letter{Mail: mail, From: o.Mail.Sender(mail.Seller), Language: "en"}
	seller, _, err := tx.SellerVersion(mail.Seller, 0)
	if err != nil && !errors.Is(err, flow.ErrUnknown) {
		return letter, err
	}
	letter.Seller = seller.Party
	if letter.Letterhead, err = tx.LetterheadOf(mail.Seller, 0); err != nil {
		return letter, err
	}
	switch mail.Kind {
	case MailInvoice:
		issued, err := tx.InvoiceGet(mail.Invoice)
		if err != nil {
			return letter, err
		}
		catalog, err := tx.CatalogGet(true)
		if err != nil {
			return letter, err
		}
		doc, err := flow.ComposeIn(tx, catalog, &issued)
		letter.Document, letter.Seller, letter.Letterhead, letter.Language = &doc, doc.Seller, doc.Letterhead, doc.Language
		return letter, err
	case MailWelcome:
		letter.Welcome, letter.Language, err = o.welcomeLetter(tx, mail)
		return letter, err
	case MailTried:
		user, err := tx.UserGet(mail.User)
		letter.Language = languageOf(user.Language)
		return letter, err
	}
	return letter, fmt.Errorf("%w: %q is no kind of mail", flow.ErrInput, mail.Kind)
}

func (o *Office) welcomeLetter(tx Tx, mail Mail) (*WelcomeLetter, string, error) {
	if len(mail.Sealed) == 0 {
		return nil, "", ErrWelcome
	}
	secret, err := o.Identity.Sealer.Open(mail.Sealed, mailPlace(mail.MessageID))
	if err != nil {
		return nil, "", fmt.Errorf("the link of mail %d: %w", mail.Seq, err)
	}
	w, user, err := o.welcomed(tx, string(secret))
	return &WelcomeLetter{Kind: w.Kind, Secret: string(secret), Name: user.Name, By: w.By, EndsAt: w.EndsAt}, languageOf(user.Language), err
}

// languageOf is the language of a tag such as en-GB, where mails are written in it; English otherwise.
func languageOf(tag string) string {
	main, _, _ := strings.Cut(tag, "-")
	switch main {
	case "de", "fr", "es", "nl":
		return main
	}
	return "en"
}

// mailPlace is where the secret of a mail's link is sealed for.
func mailPlace(messageID string) string { return "mail/" + messageID }

// MailEnd notes what became of a try: sent, to be tried again later, or given up. An invoice that was sent has it in
// its history; a mail that is given up is an exception.
func (o *Office) MailEnd(ctx context.Context, mail Mail, result MailResult) error {
	now := o.now()
	mail.Attempts++
	mail.Status, mail.Why, mail.State, mail.NextAt = result.Status, flow.PlainText(result.Why), MailWaiting, now
	switch waits := mailWaits(); {
	case result.Sent:
		mail.State = MailSent
	case result.Refused || mail.Attempts > len(waits):
		mail.State = MailGivenUp
	default:
		mail.NextAt = now.Add(waits[mail.Attempts-1])
	}
	if mail.State != MailWaiting {
		mail.Sealed = nil
	}
	return o.write(ctx, func(tx Tx) error {
		if err := tx.MailTried(mail, MailAttempt{No: mail.Attempts, At: now, Took: result.Took, Status: result.Status, Why: mail.Why}); err != nil {
			return err
		}
		switch {
		case mail.State == MailSent && mail.Invoice != "":
			return tx.InvoiceSentAdd(mail.Invoice, InvoiceSent{At: now, Who: mail.MadeBy, To: strings.Join(mail.To, ", ") + " by mail"})
		case mail.State == MailGivenUp:
			return mailGivenUp(tx, &mail, now)
		}
		return nil
	})
}

// mailGivenUp tells somebody.
func mailGivenUp(tx Tx, mail *Mail, now time.Time) error {
	what, todo := "A mail to "+strings.Join(mail.To, ", "), "Look at the address and send it again."
	exception := flow.Exception{Kind: flow.MailFailed, Subject: fmt.Sprint(mail.Seq), OpenedAt: now, SeenAt: now}
	switch mail.Kind {
	case MailInvoice:
		issued, err := tx.InvoiceGet(mail.Invoice)
		if err != nil {
			return err
		}
		exception.Account = issued.Payer
		what = flow.PrintedNumber(&issued) + " did not reach " + strings.Join(mail.To, ", ")
		todo = "Look at the account's address and send the invoice again, or send it by hand and note it as sent."
	case MailWelcome:
		what, todo = "The link for "+strings.Join(mail.To, ", ")+" did not reach them", "Look at the address, and give them a new link."
	case MailTried:
		// Whoever tried looks at the outbox; nobody waits for it.
		return nil
	}
	exception.Sentence = fmt.Sprintf("%s; after %s it was given up: %s.", what, tries(mail.Attempts), strings.TrimSuffix(mail.Why, "."))
	exception.Todo = todo
	_, err := tx.ExceptionOpen(exception)
	return err
}

func tries(n int) string {
	if n == 1 {
		return "1 try"
	}
	return fmt.Sprintf("%d tries", n)
}

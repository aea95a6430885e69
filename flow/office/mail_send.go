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
	// mailLease is how long one who took a mail may take to send it: longer than any server is waited for.
	mailLease = 6 * time.Minute
	// mailsLooked is how many mails whose time has come are looked at before one is taken.
	mailsLooked = 20
)

// mailWaits are the waits after each failed try, three days in all: as long as mail servers try each other; after the last it is given up.
func mailWaits() []time.Duration {
	return []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 24 * time.Hour}
}

// MailTake gives a mail whose time has come, with all that it says. Until MailEnd is told what became of it, or six minutes are
// over, it is nobody else's, in any process.
func (o *Office) MailTake(ctx context.Context) (letter Letter, taken bool, err error) {
	var due []int64
	now := o.now()
	// Mostly there is nothing to do, and who only looks keeps nobody from writing.
	if err := o.Store.Read(ctx, func(tx Tx) (err error) { due, err = tx.MailsDue(now, mailsLooked); return err }); err != nil || o.Mail == nil {
		return letter, false, err
	}
	for _, seq := range due {
		var mail Mail
		if err := o.write(ctx, func(tx Tx) (err error) {
			now = o.now()
			mail, taken, err = tx.MailTake(seq, now, now.Add(mailLease))
			return err
		}); err != nil {
			return letter, false, err
		}
		if !taken {
			continue
		}
		letter, err = o.compose(ctx, mail)
		if err == nil || errors.Is(err, flow.ErrBusy) || ctx.Err() != nil {
			return letter, err == nil, err
		}
		// It cannot be written, and holds up none that can be.
		if err := o.MailEnd(ctx, mail, MailResult{Why: err.Error(), Refused: mailFinal(err)}); err != nil {
			return letter, false, err
		}
	}
	return letter, false, nil
}

// errMistake is a broken promise of the program's own.
var errMistake = errors.New("a mistake of the program")

// compose makes the letter of a mail. A mistake of the program in it is that mail's, and does not end the program.
func (o *Office) compose(ctx context.Context, mail Mail) (letter Letter, err error) {
	defer func() {
		if mistake := recover(); mistake != nil {
			err = fmt.Errorf("%w: %v", errMistake, mistake)
		}
	}()
	err = o.Store.Read(ctx, func(tx Tx) (err error) {
		letter, err = o.letter(tx, mail)
		return err
	})
	return letter, err
}

// mailFinal says whether a mail cannot be written however often it is tried. A database that was away for a moment is no such reason.
func mailFinal(err error) bool {
	return errors.Is(err, errMistake) || errors.Is(err, flow.ErrInput) || errors.Is(err, flow.ErrUnknown) || errors.Is(err, ErrWelcome)
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
// its history; a mail that is given up is an exception. Who was too late, and whose mail is another's by now, notes nothing but that it was sent.
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
		noted, err := tx.MailTried(mail, MailAttempt{No: mail.Attempts, At: now, Took: result.Took, Status: result.Status, Why: mail.Why})
		if err != nil || !noted {
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

// mailsSweptAtOnce is how many mails are forgotten in one transaction.
const mailsSweptAtOnce = 500

// MailsSweep forgets mails that have been over for longer than they are kept. That an invoice was sent, when and to whom stays in the
// invoice's history, and who asked for it in the audit.
func (o *Office) MailsSweep(ctx context.Context) (forgotten int64, err error) {
	if o.MailKept <= 0 {
		return 0, nil
	}
	before := o.now().Add(-o.MailKept)
	for ctx.Err() == nil {
		var some int64
		if err := o.write(ctx, func(tx Tx) (err error) { some, err = tx.MailsSweep(before, mailsSweptAtOnce); return err }); err != nil {
			return forgotten, err
		}
		forgotten += some
		if some < mailsSweptAtOnce {
			return forgotten, nil
		}
	}
	return forgotten, ctx.Err()
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

package office

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"prorata/flow"
)

// InvoiceSending is to whom an invoice is sent, and what is written above it.
type InvoiceSending struct {
	// To is one address or a few; none is the payer's own.
	To   []string
	Note string
}

// InvoiceSend puts an invoice into the outbox: a mail with its document. The first words of the
// history that it was sent come with the mail server's answer.
func (d *Desk) InvoiceSend(ctx context.Context, number string, sending InvoiceSending) (mail Mail, err error) {
	err = d.write(ctx, deed{"InvoiceSend", number, strings.Join(sending.To, ", ")}, func(tx Tx) error {
		if mail, err = d.invoiceMail(tx, number, sending); err != nil {
			return err
		}
		mail, err = d.queue(tx, mail)
		return err
	})
	return mail, err
}

// InvoiceLetter is the mail of an invoice as InvoiceSend would send it, to be looked at first.
func (d *Desk) InvoiceLetter(ctx context.Context, number string, sending InvoiceSending) (letter Letter, err error) {
	err = d.read(ctx, "InvoiceLetter", func(tx Tx) error {
		if d.office.Mail == nil {
			return noMailServer()
		}
		mail, err := d.invoiceMail(tx, number, sending)
		if err != nil {
			return err
		}
		if letter, err = d.office.letter(tx, mail); err != nil {
			return err
		}
		return checkRecipients(mail.To)
	})
	return letter, err
}

// invoiceMail is the mail of an invoice, not yet in the outbox.
func (d *Desk) invoiceMail(tx Tx, number string, sending InvoiceSending) (Mail, error) {
	issued, err := d.invoiceIn(tx, number)
	if err != nil {
		return Mail{}, err
	}
	mail := Mail{Kind: MailInvoice, Seller: issued.Seller, Invoice: issued.ID, Number: flow.PrintedNumber(&issued), To: sending.To, MadeAt: d.now()}
	if mail.Note, err = mailNote(sending.Note); err != nil {
		return Mail{}, err
	}
	if len(mail.To) > 0 {
		return mail, checkRecipients(mail.To)
	}
	payer, err := tx.AccountGet(issued.Payer)
	if err != nil {
		return Mail{}, err
	}
	if payer.Party.Email == "" {
		return Mail{}, &FieldError{"to", fmt.Errorf("%s has no e-mail address: give one here, or write it into the account", payer.Name)}
	}
	mail.To = Recipients(payer.Party.Email)
	return mail, checkRecipients(mail.To)
}

// mailNote is a note of some lines, without anything that is no text.
func mailNote(text string) (string, error) {
	if utf8.RuneCountInString(text) > mailNoteMost {
		return "", &FieldError{"note", fmt.Errorf("it has more than %d characters", mailNoteMost)}
	}
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")), "\n")
	for i := range lines {
		lines[i] = flow.PlainText(lines[i])
	}
	return strings.Join(lines, "\n"), nil
}

// InvoiceNoteSent notes that an invoice was sent by hand, to whom and how; nothing is sent by it.
func (d *Desk) InvoiceNoteSent(ctx context.Context, number, to string) error {
	return d.write(ctx, deed{"InvoiceNoteSent", number, to}, func(tx Tx) error {
		if to = flow.PlainText(to); to == "" {
			return &FieldError{"to", errors.New("say to whom it was sent, and how")}
		}
		issued, err := d.invoiceIn(tx, number)
		if err != nil {
			return err
		}
		return tx.InvoiceSentAdd(issued.ID, InvoiceSent{At: d.office.Flow.Clock.Now(), Who: d.person.Who, To: to})
	})
}

// Unsent counts the invoices of a run that stand and that nobody was sent.
type Unsent struct {
	// Ready are sent when it is asked for; Held are under a billing hold, and of Unaddressed nobody
	// knows where to: they stay.
	Ready, Held, Unaddressed int
}

// unsentAtOnce is how many invoices are held in memory while a run is sent.
const unsentAtOnce = 500

// BillingRunUnsent counts what BillingRunSend would send.
func (d *Desk) BillingRunUnsent(ctx context.Context, run int64) (unsent Unsent, err error) {
	err = d.read(ctx, "BillingRunUnsent", func(tx Tx) error {
		if _, err := tx.RunGet(run); err != nil {
			return err
		}
		return eachUnsent(tx, run, &unsent, func([]Mail) error { return nil })
	})
	return unsent, err
}

// BillingRunSend puts all invoices of a run into the outbox that stand, were not sent, are not held, and whose payer
// has an address.
func (d *Desk) BillingRunSend(ctx context.Context, run int64) (unsent Unsent, err error) {
	err = d.write(ctx, deed{verb: "BillingRunSend", subject: fmt.Sprintf("run %d", run)}, func(tx Tx) error {
		if d.office.Mail == nil {
			return noMailServer()
		}
		if _, err := tx.RunGet(run); err != nil {
			return err
		}
		return eachUnsent(tx, run, &unsent, func(mails []Mail) error {
			_, err := d.queueAll(tx, mails)
			return err
		})
	})
	return unsent, err
}

// eachUnsent goes through a run's unsent invoices, counts them, and gives those to be sent in parts.
func eachUnsent(tx Tx, run int64, unsent *Unsent, call func([]Mail) error) error {
	*unsent = Unsent{}
	after := ""
	for {
		list, err := tx.InvoicesUnsent(run, after, unsentAtOnce)
		if err != nil || len(list) == 0 {
			return err
		}
		var mails []Mail
		for i := range list {
			to := Recipients(list[i].Address)
			switch {
			case list[i].Held:
				unsent.Held++
			case checkRecipients(to) != nil:
				unsent.Unaddressed++
			default:
				unsent.Ready++
				mails = append(mails, Mail{Kind: MailInvoice, Seller: list[i].Seller, Invoice: list[i].ID, To: to})
			}
		}
		if err := call(mails); err != nil || len(list) < unsentAtOnce {
			return err
		}
		after = list[len(list)-1].ID
	}
}

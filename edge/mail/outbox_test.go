package mail_test

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"prorata/edge/document"
	"prorata/flow"
	"prorata/flow/office"
)

// What a server refuses for good is given up at once and seen: as an exception, and on the invoice. That holds for what a mail says as
// well as for one recipient of several, whatever the others are answered; and the connection is good for the next mail.
func TestARefusalForGoodIsSeenOnTheInvoice(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		f.server.answers(func(p *postOffice) {
			p.content = &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "looks like spam"}
		})
		spam := f.send("INV-000001", "ap@contoso.example")
		f.round(1)
		f.server.answers(func(p *postOffice) {
			p.content = nil
			p.refuses["gone@contoso.example"] = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
			p.refuses["slow@contoso.example"] = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "come again"}
		})
		mixed, good := f.send("INV-000002", "gone@contoso.example", "slow@contoso.example"), f.send("INV-000003", "ap@contoso.example")
		f.round(2)
		for _, want := range []struct {
			number string
			mail   office.Mail
			state  office.MailState
			status int
			why    string
		}{{"INV-000001", spam, office.MailGivenUp, 554, "looks like spam"}, {"INV-000002", mixed, office.MailGivenUp, 550, "no such mailbox"}, {"INV-000003", good, office.MailSent, 250, ""}} {
			history, err := f.desk.InvoiceHistory(t.Context(), want.number)
			must(t, err)
			if len(history.Mails) != 1 || history.Mails[0].State != want.state || history.Mails[0].Status != want.status || !strings.Contains(history.Mails[0].Why, want.why) || len(history.Sent) > 0 != (want.state == office.MailSent) {
				t.Errorf("%s: %+v", want.number, history)
			}
		}
		if open := f.exceptions(); len(open) != 2 {
			t.Errorf("%+v", open)
		}
	})
}

// A process that is too slow has its mail taken by another: then it writes nothing over what the other wrote, but that the mail was sent.
func TestWhoIsTooLateWritesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		sent := f.send("INV-000001", "ap@contoso.example")
		slow, some, err := f.MailTake(t.Context())
		must(t, err)
		if _, again, err := f.MailTake(t.Context()); !some || again || err != nil {
			t.Fatalf("taken %t, and again %t: %v", some, again, err)
		}
		// Somebody asks for it to be sent at once, while it is.
		_, err = f.desk.MailResend(t.Context(), sent.Seq)
		must(t, err)
		f.round(0)
		f.clock.on(6 * time.Minute)
		f.round(1)
		must(t, f.MailEnd(t.Context(), slow.Mail, office.MailResult{Status: 550, Why: "too late", Refused: true}))
		if got, tries := f.look(sent.Seq); got.State != office.MailSent || len(tries) != 1 || len(f.exceptions()) != 0 {
			t.Errorf("%+v %+v", got, tries)
		}
		must(t, f.MailEnd(t.Context(), slow.Mail, office.MailResult{Status: 250, Sent: true}))
		history, err := f.desk.InvoiceHistory(t.Context(), "INV-000001")
		must(t, err)
		if len(history.Sent) != 2 || len(f.server.inbox()) != 1 {
			t.Errorf("a copy that was sent is not told of: %+v", history.Sent)
		}
	})
}

// A program that is told to stop while the server looks into a mail waits for its answer, and notes it: the next one sends nothing twice.
func TestAStopInTheMiddleSendsNothingTwice(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		sent, left := f.send("INV-000001", "ap@contoso.example"), f.send("INV-000002", "ap@contoso.example")
		ctx, stop := context.WithCancel(t.Context())
		f.server.answers(func(p *postOffice) { p.taking = stop })
		if tried, err := f.sender.Round(ctx); tried != 1 || !errors.Is(err, context.Canceled) {
			t.Errorf("%d tried: %v", tried, err)
		}
		f.server.answers(func(p *postOffice) { p.taking = nil })
		if got, tries := f.look(sent.Seq); got.State != office.MailSent || len(tries) != 1 {
			t.Errorf("%+v %+v", got, tries)
		}
		f.round(1)
		if got, _ := f.look(left.Seq); got.State != office.MailSent || len(f.server.inbox()) != 2 {
			t.Errorf("%+v, %d arrived", got, len(f.server.inbox()))
		}
	})
}

// A mistake of the program in one document is that mail's: somebody is told, and the other mails leave.
func TestAMistakeInOneMailHoldsUpNone(t *testing.T) {
	f := newFirm(t, "sqlite:"+filepath.Join(t.TempDir(), "book.db"))
	f.sender.PDF = func(w io.Writer, doc flow.Document) error {
		if doc.Number == "INV-000001" {
			panic("two currencies added")
		}
		return document.PDF(w, doc)
	}
	bad, good := f.send("INV-000001", "ap@contoso.example"), f.send("INV-000002", "ap@contoso.example")
	f.round(2)
	if got, _ := f.look(bad.Seq); got.State != office.MailGivenUp || !strings.Contains(got.Why, "a mistake of the program: two currencies added") || len(f.exceptions()) != 1 {
		t.Errorf("%+v", got)
	}
	if got, _ := f.look(good.Seq); got.State != office.MailSent {
		t.Errorf("%+v", got)
	}
}

// The outbox does not grow for ever: what is over is forgotten in time, with its tries. What waits stays, and so does what failed while somebody
// has to look at it; that an invoice was sent stays in its history, and who asked for it in the audit.
func TestWhatIsOverIsForgotten(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		f.server.answers(func(p *postOffice) {
			p.refuses["gone@contoso.example"] = &smtp.SMTPError{Code: 550, Message: "no such mailbox"}
			p.refuses["slow@contoso.example"] = &smtp.SMTPError{Code: 451, Message: "come again"}
		})
		sent, gone := f.send("INV-000001", "ap@contoso.example"), f.send("INV-000002", "gone@contoso.example")
		f.round(2)
		f.clock.on(100 * 24 * time.Hour)
		slow := f.send("INV-000003", "slow@contoso.example")
		f.round(1)
		sweep := func(want int64) {
			t.Helper()
			if n, err := f.MailsSweep(t.Context()); err != nil || n != want {
				t.Errorf("%d forgotten (%v), expected %d", n, err, want)
			}
		}
		sweep(0)
		f.MailKept = 100 * 24 * time.Hour
		sweep(0)
		f.clock.on(time.Second)
		sweep(1)
		if _, _, err := f.desk.MailGet(t.Context(), sent.Seq); !errors.Is(err, flow.ErrUnknown) {
			t.Errorf("it is still there: %v", err)
		}
		history, err := f.desk.InvoiceHistory(t.Context(), "INV-000001")
		must(t, err)
		records, err := f.desk.AuditList(t.Context(), office.AuditFilter{Verb: "InvoiceSend"})
		must(t, err)
		if len(history.Sent) != 1 || len(history.Mails) != 0 || len(records) != 3 {
			t.Errorf("%+v, %d records", history, len(records))
		}
		f.look(gone.Seq)
		exceptions := f.exceptions()
		must(t, f.Flow.Store.Write(t.Context(), func(tx flow.Tx) error {
			_, err := tx.ExceptionClose(flow.MailFailed, exceptions[0].Subject, "ben", f.clock.Now())
			return err
		}))
		sweep(1)
		f.clock.on(365 * 24 * time.Hour)
		sweep(0)
		if got, tries := f.look(slow.Seq); got.State != office.MailWaiting || len(tries) != 1 {
			t.Errorf("what waits: %+v", got)
		}
	})
}

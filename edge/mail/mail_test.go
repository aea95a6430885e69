package mail_test

import (
	"crypto/rand"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/edge/bookfile"
	"prorata/edge/document"
	"prorata/edge/mail"
	"prorata/edge/secret"
	"prorata/edge/store"
	"prorata/flow"
	"prorata/flow/office"
	"prorata/internal/pgtest"
)

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) on(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(by)
}

// firm is a billed book, the office over it, its mail server, and who sends.
type firm struct {
	t *testing.T
	*office.Office
	clock  *clock
	server *postOffice
	sender *mail.Sender
	desk   *office.Desk
}

func onBoth(t *testing.T, story func(*testing.T, *firm)) {
	t.Run("sqlite", func(t *testing.T) { story(t, newFirm(t, "sqlite:"+filepath.Join(t.TempDir(), "book.db"))) })
	t.Run("postgres", func(t *testing.T) { story(t, newFirm(t, pgtest.NewDatabase(t))) })
}

func newFirm(t *testing.T, where string) *firm {
	t.Helper()
	memory, err := store.Open(t.Context(), where)
	must(t, err)
	t.Cleanup(func() { must(t, memory.Close()) })
	key, err := secret.ParseKey(secret.NewKeyText())
	must(t, err)
	f := &firm{t: t, clock: &clock{at: time.Date(2025, 3, 12, 9, 0, 0, 0, time.UTC)}, server: newPostOffice(t)}
	log := slog.New(slog.DiscardHandler)
	random := func(n int) []byte {
		raw := make([]byte, n)
		_, _ = rand.Read(raw)
		return raw
	}
	f.Office = &office.Office{Store: memory.Office(), Identity: office.Identity{Random: random, Sealer: key},
		Flow: &flow.Flow{Store: flow.Telling(memory, f.clock), Clock: f.clock, Log: log, Workers: 1, Zone: time.UTC},
		Mail: &office.MailSetup{Server: f.server.address, Security: mail.StartTLS, User: "billing", From: "billing@msp.example"}}
	server, err := mail.NewServer(f.server.address, mail.StartTLS, "billing", "swordfish")
	must(t, err)
	server.TLS = f.server.roots
	f.sender = &mail.Sender{Office: f.Office, Server: server, PDF: document.PDF, WelcomeAddress: "https://billing.msp.example/welcome?link=", Clock: f.clock, Log: log}
	f.desk = f.Desk(office.Person{User: "u", Who: "anna", Roles: []office.Role{office.Owner}, Door: office.ByAPI})
	file, err := os.Open(filepath.Join("..", "..", "cmd", "prorata", "testdata", "book", "book.yaml"))
	must(t, err)
	defer file.Close()
	_, err = f.Flow.Take(t.Context(), bookfile.ReadBook("book.yaml", file), flow.Actor{Who: "test"}, func(flow.TakeLine) {})
	must(t, err)
	day, err := calendar.ParseDate("2025-02-01")
	must(t, err)
	_, err = f.Flow.Bill(t.Context(), flow.BillOptions{Through: day, Actor: flow.Actor{Who: "test"}})
	must(t, err)
	return f
}

// reaches gives an account an address.
func (f *firm) reaches(id billing.AccountID, address, language string) {
	f.t.Helper()
	row, err := f.desk.AccountGet(f.t.Context(), id)
	must(f.t, err)
	row.Account.Party.Email, row.Account.Language = address, language
	_, err = f.desk.AccountPut(f.t.Context(), row.Account, row.Version)
	must(f.t, err)
}

func (f *firm) round(want int) {
	f.t.Helper()
	tried, err := f.sender.Round(f.t.Context())
	must(f.t, err)
	if tried != want {
		f.t.Errorf("%d mails were tried, expected %d", tried, want)
	}
}

func (f *firm) send(number string, to ...string) office.Mail {
	f.t.Helper()
	sent, err := f.desk.InvoiceSend(f.t.Context(), number, office.InvoiceSending{To: to, Note: "Thank you for last month."})
	must(f.t, err)
	return sent
}

// look is a mail as it stands now.
func (f *firm) look(seq int64) (office.Mail, []office.MailAttempt) {
	f.t.Helper()
	m, tries, err := f.desk.MailGet(f.t.Context(), seq)
	must(f.t, err)
	return m, tries
}

func (f *firm) exceptions() (open []flow.Exception) {
	f.t.Helper()
	must(f.t, f.Flow.Store.Read(f.t.Context(), func(tx flow.Tx) (err error) {
		open, err = tx.ExceptionList(flow.ExceptionFilter{Kind: flow.MailFailed})
		return err
	}))
	return open
}

// An invoice is mailed over STARTTLS with a password: as text that stands by itself, as a page, and with its
// document; its history knows when the server took it.
func TestAnInvoiceIsMailed(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		sent := f.send("INV-000001", "ap@contoso.example", "cfo@contoso.example")
		if list := f.server.inbox(); len(list) != 0 {
			t.Fatalf("%d mails before anybody sent any", len(list))
		}
		f.round(1)
		f.round(0)
		list := f.server.inbox()
		if len(list) != 1 || list[0].from != "billing@msp.example" || !slices.Equal(list[0].to, []string{"ap@contoso.example", "cfo@contoso.example"}) || !f.server.secure {
			t.Fatalf("%+v, encrypted %t", list, f.server.secure)
		}
		got := list[0].read(t)
		issued, err := f.desk.InvoiceGet(t.Context(), "INV-000001")
		must(t, err)
		doc, err := f.desk.InvoiceDocument(t.Context(), "INV-000001")
		must(t, err)
		total := issued.Total.String()
		for _, want := range []string{"Invoice INV-000001 from " + doc.Seller.Name, total[len(total)-3:], "due "} {
			if !strings.Contains(got.subject, want) {
				t.Errorf("subject %q has no %q", got.subject, want)
			}
		}
		for _, kind := range []string{"text/plain", "text/html"} {
			for _, want := range []string{"Thank you for last month.", "INV-000001", issued.Currency.String(), doc.Seller.Name, "Amount due"} {
				if !strings.Contains(got.parts[kind], want) {
					t.Errorf("%s has no %q:\n%s", kind, want, got.parts[kind])
				}
			}
		}
		if !strings.HasPrefix(got.parts["application/pdf"], "%PDF-") || !slices.Equal(got.names, []string{"INV-000001.pdf"}) {
			t.Errorf("attached: %v", got.names)
		}
		if got.header.Get("Message-Id") != "<"+sent.MessageID+">" {
			t.Errorf("Message-ID %s, expected %s", got.header.Get("Message-Id"), sent.MessageID)
		}
		history, err := f.desk.InvoiceHistory(t.Context(), "INV-000001")
		must(t, err)
		if len(history.Sent) != 1 || history.Sent[0].To != "ap@contoso.example, cfo@contoso.example by mail" || history.Sent[0].Who != "anna" || history.Mails[0].State != office.MailSent {
			t.Errorf("%+v", history)
		}
	})
}

// A server that is busy is asked again later, with the same Message-ID; one that says no for good is not, and
// somebody is told. After the address was mended the mail can be sent again.
func TestBusyIsTriedAgainAndRefusedIsNot(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		f.server.answers(func(p *postOffice) {
			p.refuses["slow@contoso.example"] = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "greylisted, come again"}
			p.refuses["gone@contoso.example"] = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
		})
		slow, gone, good := f.send("INV-000001", "slow@contoso.example"), f.send("INV-000002", "gone@contoso.example"), f.send("INV-000003", "ap@contoso.example")
		f.round(3)
		for _, want := range []struct {
			mail  office.Mail
			state office.MailState
			said  string
		}{{slow, office.MailWaiting, "greylisted, come again"}, {gone, office.MailGivenUp, "gone@contoso.example was not taken: 550"}, {good, office.MailSent, ""}} {
			if got, tries := f.look(want.mail.Seq); got.State != want.state || !strings.Contains(got.Why, want.said) || len(tries) != 1 {
				t.Errorf("%+v %+v, expected %s", got, tries, want.state)
			}
		}
		open := f.exceptions()
		if len(open) != 1 || !strings.Contains(open[0].Sentence, "INV-000002 did not reach gone@contoso.example; after 1 try it was given up") || !strings.Contains(open[0].Sentence, "no such mailbox") {
			t.Errorf("%+v", open)
		}
		f.round(0)
		f.clock.on(time.Minute)
		f.round(1)
		f.server.answers(func(p *postOffice) { clear(p.refuses) })
		f.clock.on(5 * time.Minute)
		f.round(1)
		if got, tries := f.look(slow.Seq); got.State != office.MailSent || len(tries) != 3 || got.MessageID != slow.MessageID {
			t.Errorf("%+v %+v", got, tries)
		}
		_, err := f.desk.MailResend(t.Context(), gone.Seq)
		must(t, err)
		f.round(1)
		if got, _ := f.look(gone.Seq); got.State != office.MailSent || len(f.exceptions()) != 0 || len(f.server.inbox()) != 3 {
			t.Errorf("%+v, %d in the inbox", got, len(f.server.inbox()))
		}
	})
}

// A mail that no server takes for days is given up, loudly, in the end.
func TestAMailIsGivenUpAfterDays(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		f.sender.Server.Password = "guessed"
		sent := f.send("INV-000001", "ap@contoso.example")
		for range 20 {
			_, err := f.sender.Round(t.Context())
			must(t, err)
			f.clock.on(24 * time.Hour)
		}
		got, tries := f.look(sent.Seq)
		if got.State != office.MailGivenUp || len(tries) != 10 || !strings.Contains(got.Why, "wrong password") || len(f.server.inbox()) != 0 {
			t.Errorf("%d tries, %+v", len(tries), got)
		}
		if open := f.exceptions(); len(open) != 1 || !strings.Contains(open[0].Sentence, "after 10 tries") {
			t.Errorf("%+v", open)
		}
	})
}

// Where the connection ends after the mail was given and before that was said, nobody knows whether it
// was taken: it comes again under the same Message-ID, by which the server can tell.
func TestALostAnswerComesAgainUnderTheSameID(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		f.server.answers(func(p *postOffice) { p.lost = 1 })
		sent := f.send("INV-000001", "ap@contoso.example")
		other := f.send("INV-000002", "ap@contoso.example")
		f.round(2)
		if got, _ := f.look(sent.Seq); got.State != office.MailWaiting || !strings.Contains(got.Why, "whether it was taken is not known") {
			t.Errorf("%+v", got)
		}
		if got, _ := f.look(other.Seq); got.State != office.MailSent {
			t.Errorf("the next mail: %+v", got)
		}
		f.clock.on(time.Minute)
		f.round(1)
		ids := map[string]int{}
		for _, m := range f.server.inbox() {
			r := m.read(t)
			ids[r.header.Get("Message-Id")]++
		}
		if got, _ := f.look(sent.Seq); got.State != office.MailSent || len(ids) != 2 || ids["<"+sent.MessageID+">"] != 2 {
			t.Errorf("%+v: %v", got, ids)
		}
		history, err := f.desk.InvoiceHistory(t.Context(), "INV-000001")
		must(t, err)
		if len(history.Sent) != 1 {
			t.Errorf("noted as sent %d times", len(history.Sent))
		}
	})
}

// Two processes that send at the same time send each mail once.
func TestTwoSendersSendEachOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		for range 15 {
			f.send("INV-000001", "ap@contoso.example")
		}
		var both sync.WaitGroup
		for range 3 {
			both.Go(func() {
				if _, err := f.sender.Round(t.Context()); office.FaultOf(err).Kind == office.FaultOurs && err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		_, err := f.sender.Round(t.Context())
		must(t, err)
		if got := len(f.server.inbox()); got != 15 {
			t.Errorf("%d mails arrived, expected 15", got)
		}
	})
}

// What would let somebody write a header of their own, or to more people than they said, is refused before it is in
// the outbox; and so is an invoice whose payer has no address.
func TestAddressesAndTextsAreChecked(t *testing.T) {
	f := newFirm(t, "sqlite:"+filepath.Join(t.TempDir(), "book.db"))
	for _, bad := range []string{"ap@contoso.example\r\nBcc: all@contoso.example", "ap@contoso.example, b@contoso.example", "<ap@contoso.example>", "Ann <ap@contoso.example>", "ap", "@contoso.example",
		"ap@", "ap@-x.example", "a..b@contoso.example", "ap@conto so.example", "ap@cöntoso.example", strings.Repeat("x", 65) + "@contoso.example", "a@" + strings.Repeat("x.", 130) + "example"} {
		_, err := f.desk.InvoiceSend(t.Context(), "INV-000001", office.InvoiceSending{To: []string{bad}})
		if fault := office.FaultOf(err); fault.Field != "to" || !strings.Contains(fault.Sentence, "is no e-mail address") {
			t.Errorf("%q: %+v", bad, fault)
		}
	}
	_, err := f.desk.InvoiceSend(t.Context(), "INV-000001", office.InvoiceSending{To: slices.Repeat([]string{"ap@contoso.example"}, 11)})
	if fault := office.FaultOf(err); fault.Field != "to" {
		t.Errorf("eleven recipients: %+v", fault)
	}
	_, err = f.desk.InvoiceSend(t.Context(), "INV-000001", office.InvoiceSending{To: []string{"ap@contoso.example"}, Note: strings.Repeat("x", 2001)})
	if fault := office.FaultOf(err); fault.Field != "note" {
		t.Errorf("a long note: %+v", fault)
	}
	issued, err := f.desk.InvoiceGet(t.Context(), "INV-000001")
	must(t, err)
	f.reaches(issued.Payer, "", "")
	_, err = f.desk.InvoiceSend(t.Context(), "INV-000001", office.InvoiceSending{})
	if fault := office.FaultOf(err); fault.Field != "to" || !strings.Contains(fault.Sentence, "has no e-mail address") {
		t.Errorf("no address: %+v", fault)
	}
	must(t, takeSellerName(f, "Fabrikam\r\nBcc: all@contoso.example"))
	_, err = f.desk.InvoiceSend(t.Context(), "INV-000001", office.InvoiceSending{To: []string{"ap@contoso.example"}, Note: "One\r\n.\r\nBcc: all@contoso.example"})
	must(t, err)
	_, err = f.desk.MailTry(t.Context())
	if fault := office.FaultOf(err); fault.Kind != office.FaultUnknown {
		t.Errorf("tried by a user that there is not: %+v", fault)
	}
	f.round(1)
	list := f.server.inbox()
	if got := list[0].read(t); len(list[0].to) != 1 || got.header.Get("Bcc") != "" || !strings.Contains(got.parts["text/plain"], "One\r\n.\r\nBcc: all@contoso.example") {
		t.Errorf("%v to %v\n%s", got.header, list[0].to, got.parts["text/plain"])
	}
	f.Office.Mail = nil
	_, err = f.desk.InvoiceSend(t.Context(), "INV-000001", office.InvoiceSending{To: []string{"ap@contoso.example"}})
	if fault := office.FaultOf(err); fault.Code != "no_mail_server" || !strings.Contains(fault.Sentence, "note it as sent") {
		t.Errorf("without a mail server: %+v", fault)
	}
}

// takeSellerName names the seller, in the version that the next document has.
func takeSellerName(f *firm, name string) error {
	seller, _, err := f.desk.SellerGet(f.t.Context(), flow.DefaultSeller)
	if err != nil {
		return err
	}
	seller.Party.Name = name
	return f.Flow.Store.Write(f.t.Context(), func(tx flow.Tx) error { _, err := tx.SellerPut(seller); return err })
}

// All invoices of a run are sent at once: those that stand, that nobody was sent, and whose payer has an address.
// What is held or has none stays and is counted; asked again, nothing is sent twice.
func TestARunIsSentOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		var page office.InvoicePage
		page, err := f.desk.InvoiceList(t.Context(), office.InvoiceQuery{Run: 1, Sort: "oldest"})
		must(t, err)
		payers := map[billing.AccountID]int{}
		for i := range page.Rows {
			payers[page.Rows[i].Payer]++
		}
		if len(page.Rows) < 4 || len(payers) < 2 {
			t.Fatalf("the book has %d invoices of %d payers", len(page.Rows), len(payers))
		}
		first, last := &page.Rows[0], &page.Rows[len(page.Rows)-1]
		for payer := range payers {
			f.reaches(payer, "ap@"+string(payer)+".example", "")
		}
		f.reaches(last.Payer, "", "")
		_, err = f.desk.InvoiceVoid(t.Context(), flow.PrintedNumber(&first.Issued), "wrong")
		must(t, err)
		want := office.Unsent{Unaddressed: payers[last.Payer], Ready: len(page.Rows) - payers[last.Payer] - 1}
		unsent, err := f.desk.BillingRunUnsent(t.Context(), 1)
		must(t, err)
		if unsent != want {
			t.Errorf("%+v, expected %+v", unsent, want)
		}
		sent, err := f.desk.BillingRunSend(t.Context(), 1)
		must(t, err)
		f.round(want.Ready)
		again, err := f.desk.BillingRunSend(t.Context(), 1)
		must(t, err)
		f.round(0)
		if sent != want || again.Ready != 0 || len(f.server.inbox()) != want.Ready {
			t.Errorf("sent %+v, then %+v; %d arrived", sent, again, len(f.server.inbox()))
		}
	})
}

// Who is invited gets their link by mail; the secret lies sealed in the outbox until then, and no longer.
func TestALinkIsMailedAndKeptByNobody(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		_, link, err := f.desk.UserInvite(t.Context(), office.UserDraft{Address: "ben@msp.example", Name: "Ben", Language: "nl", Roles: []office.Role{office.Clerk}})
		must(t, err)
		list, err := f.desk.MailList(t.Context(), office.MailFilter{Kind: office.MailWelcome})
		must(t, err)
		if len(list) != 1 || len(list[0].Sealed) == 0 || strings.Contains(string(list[0].Sealed), link) {
			t.Fatalf("%+v", list)
		}
		f.round(1)
		inbox := f.server.inbox()
		got := inbox[0].read(t)
		if !strings.Contains(got.parts["text/plain"], "https://billing.msp.example/welcome?link="+link+"\r\n") || !strings.Contains(got.parts["text/plain"], "Kies een wachtwoord") {
			t.Errorf("%s", got.parts["text/plain"])
		}
		if sent, _ := f.look(list[0].Seq); len(sent.Sealed) != 0 {
			t.Error("the secret is still in the outbox")
		}
		_, err = f.desk.MailResend(t.Context(), list[0].Seq)
		if fault := office.FaultOf(err); fault.Code != "link_sent" || !strings.Contains(fault.Sentence, "kept by nobody") {
			t.Errorf("%+v", fault)
		}
		clerk := f.Desk(office.Person{User: "c", Who: "carl", Roles: []office.Role{office.Clerk}, Door: office.ByAPI})
		seen, err := clerk.MailList(t.Context(), office.MailFilter{})
		must(t, err)
		if _, _, err := clerk.MailGet(t.Context(), list[0].Seq); len(seen) != 0 || office.FaultOf(err).Kind != office.FaultUnknown {
			t.Errorf("a clerk sees %d mails to users: %v", len(seen), err)
		}
	})
}

// A password goes over no line that others can read.
func TestAServerIsReadStrictly(t *testing.T) {
	for _, bad := range [][4]string{{"", mail.StartTLS, "", ""}, {"smtp.example", "ssl", "", ""}, {"smtp.example:0", mail.TLS, "", ""}, {"smtp.example:x", mail.TLS, "", ""},
		{"smtp.example", mail.Plain, "u", "p"}, {"smtp.example", mail.TLS, "u", ""}, {"smtp.example", mail.TLS, "", "p"}} {
		if got, err := mail.NewServer(bad[0], bad[1], bad[2], bad[3]); err == nil {
			t.Errorf("%v was taken: %+v", bad, got)
		}
	}
	for address, want := range map[string]int{"smtp.example": 587, "smtp.example:2525": 2525} {
		if got, err := mail.NewServer(address, mail.StartTLS, "u", "p"); err != nil || got.Port != want || got.Host != "smtp.example" {
			t.Errorf("%s: %+v %v", address, got, err)
		}
	}
}

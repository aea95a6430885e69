package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"prorata/edge/identity"
	"prorata/edge/mail"
	"prorata/edge/secret"
	"prorata/edge/web/invoice"
	"prorata/flow"
	"prorata/flow/office"
)

// mailing gives a counter a mail server, which nobody speaks to here.
func (c *counter) mailing() {
	c.t.Helper()
	key, err := secret.ParseKey(secret.NewKeyText())
	if err != nil {
		c.t.Fatal(err)
	}
	c.site.Office.Identity = office.Identity{Random: identity.Random, Sealer: key}
	c.site.Office.Mail = &office.MailSetup{Server: "smtp.example:587", Security: mail.StartTLS, User: "billing", From: "billing@seller.example"}
	c.site.Parts.Mails = invoice.Mails{Write: func(letter *office.Letter) (subject, text, html string, err error) {
		written, err := mail.Write(letter, "", "data:")
		return written.Subject, written.Text, written.HTML, err
	}}
}

// Where no mail server is set up, pages say so and offer to note what was sent by hand.
func TestWithoutAMailServerInvoicesAreSentByHand(t *testing.T) {
	c := newCounter(t)
	c.reads("/settings/mail", []string{"No mail server is set up", "--mail-server"})
	c.reads("/invoices/INV-000001", []string{"Note as sent"}, "Send by mail")
	c.reads("/invoices/INV-000001/sent", []string{"No mail server is set up"})
	if status, _ := c.post("/invoices/INV-000001/sent", "to", "ap@nord.example by post"); status != http.StatusSeeOther {
		t.Errorf("noted: %d", status)
	}
	c.reads("/invoices/INV-000001", []string{"Sent: ap@nord.example by post"})
	c.reads("/billing/runs/1", []string{"Documents"}, "Send those not sent yet")
}

// The mail is shown before it is sent, its recipients are changed, and the outbox and the history know of it.
func TestAMailIsLookedAtBeforeItIsSent(t *testing.T) {
	c := newCounter(t)
	c.mailing()
	c.reads("/settings/mail", []string{"smtp.example:587", "encrypted (STARTTLS)", "billing@seller.example", "No mails"}, "swordfish")
	c.reads("/invoices/INV-000001/mail", []string{"has no e-mail address: give one here"}, "Subject")
	if _, words := c.post("/invoices/INV-000001/mail", "to", "nobody", "note", ""); !strings.Contains(words, "is no e-mail address") {
		t.Errorf("a wrong address: %s", words)
	}
	if _, words := c.post("/invoices/INV-000001/mail", "to", "ap@nord.example", "note", "With <thanks>", "preview", "yes"); !strings.Contains(words, "Invoice INV-000001 from Seller") || !strings.Contains(words, "With <thanks>") {
		t.Errorf("the preview: %s", words)
	}
	request := httptest.NewRequest(http.MethodGet, "/invoices/INV-000001/mail/page?to=ap%40nord.example&note=With+%3Cthanks%3E", nil)
	answer := httptest.NewRecorder()
	c.site.Handler().ServeHTTP(answer, request)
	if policy := answer.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "sandbox") || !strings.Contains(answer.Body.String(), "With &lt;thanks&gt;") {
		t.Errorf("%s\n%s", policy, answer.Body)
	}
	if status, to := c.post("/invoices/INV-000001/mail", "to", "ap@nord.example, cfo@nord.example", "note", ""); status != http.StatusSeeOther || to != "/invoices/INV-000001" {
		t.Errorf("sent: %d %s", status, to)
	}
	c.reads("/invoices/INV-000001", []string{"Mail to ap@nord.example, cfo@nord.example is on its way"})
	c.reads("/invoices/INV-000001/mail", []string{"is on its way already"})
	c.reads("/settings/mail?state=waiting&open=1", []string{"INV-000001", "ap@nord.example, cfo@nord.example", "Try it now"})
	c.reads("/settings/mail?state=failed", []string{"No mails"})
}

// A run's invoices are sent together, each once; what has no address stays and is counted.
func TestARunIsSentFromItsPage(t *testing.T) {
	c := newCounter(t)
	c.mailing()
	desk := c.site.Office.Desk(c.who)
	row, err := desk.AccountGet(t.Context(), "other")
	if err != nil {
		t.Fatal(err)
	}
	row.Account.Party.Email = "ap@other.example"
	if _, err := desk.AccountPut(t.Context(), row.Account, row.Version); err != nil {
		t.Fatal(err)
	}
	c.reads("/billing/runs/1", []string{"Send those not sent yet"})
	c.reads("/billing/runs/1/mail", []string{"Send 2 invoices", "4 invoices stay: the payer has no e-mail address"})
	if status, to := c.post("/billing/runs/1/mail"); status != http.StatusSeeOther || to != "/billing/runs/1" {
		t.Errorf("sent: %d %s", status, to)
	}
	c.reads("/billing/runs/1/mail", []string{"There is nothing to send"})
	list, err := desk.MailList(t.Context(), office.MailFilter{})
	if err != nil || len(list) != 2 || list[0].To[0] != "ap@other.example" || list[0].Seller != flow.DefaultSeller {
		t.Errorf("%+v %v", list, err)
	}
}

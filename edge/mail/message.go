package mail

import (
	"bytes"
	"fmt"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"prorata/flow"
	"prorata/flow/office"
)

// attachedMost is how large a document may be that is sent: what is larger few servers take.
const attachedMost = 15 << 20

// logoID is what the mail calls its picture.
const logoID = "logo"

// message puts a mail together: text, the same as a page, the seller's logo, the document.
func (s *Sender) message(letter *office.Letter) (*gomail.Msg, error) {
	written, err := Write(letter, s.WelcomeAddress, "cid:"+logoID)
	if err != nil {
		return nil, err
	}
	for _, address := range append([]string{letter.From}, letter.To...) {
		if err := office.CheckMailAddress(address); err != nil {
			return nil, err
		}
	}
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.SetMessageIDWithValue(letter.MessageID)
	m.SetDateWithValue(letter.MadeAt)
	m.Subject(written.Subject)
	if err := m.FromFormat(written.From, letter.From); err != nil {
		return nil, fmt.Errorf("sender: %w", err)
	}
	if err := m.To(letter.To...); err != nil {
		return nil, fmt.Errorf("recipients: %w", err)
	}
	if reply := letter.Seller.Email; reply != "" && reply != letter.From && office.CheckMailAddress(reply) == nil {
		if err := m.ReplyTo(reply); err != nil {
			return nil, fmt.Errorf("reply to: %w", err)
		}
	}
	if letter.Kind != office.MailInvoice {
		m.SetGenHeader("Auto-Submitted", "auto-generated")
	}
	m.SetBodyString(gomail.TypeTextPlain, written.Text)
	m.AddAlternativeString(gomail.TypeTextHTML, written.HTML)
	if len(letter.Letterhead.Logo) > 0 {
		if err := m.EmbedReader("logo.png", bytes.NewReader(letter.Letterhead.Logo), gomail.WithFileContentID(logoID), gomail.WithFileContentType("image/png")); err != nil {
			return nil, fmt.Errorf("logo: %w", err)
		}
	}
	if letter.Document == nil {
		return m, nil
	}
	var pdf bytes.Buffer
	if err := s.PDF(&pdf, *letter.Document); err != nil {
		return nil, fmt.Errorf("document: %w", err)
	}
	if pdf.Len() > attachedMost {
		return nil, fmt.Errorf("the document has %d MB and is not sent by mail (at most %d MB): give it to the customer another way", pdf.Len()>>20, attachedMost>>20)
	}
	if err := m.AttachReader(FileName(letter.Document), &pdf, gomail.WithFileContentType("application/pdf")); err != nil {
		return nil, fmt.Errorf("document: %w", err)
	}
	return m, nil
}

// FileName is what a document is called as a file.
func FileName(doc *flow.Document) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, doc.Number) + ".pdf"
}

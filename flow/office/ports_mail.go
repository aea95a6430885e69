package office

import (
	"time"

	"prorata/flow"
)

// MailKind is what a mail is about.
type MailKind string

// The kinds: an invoice with its document; a one-time link by which a user comes in; one that
// says nothing, to see whether it arrives.
const (
	MailInvoice MailKind = "invoice"
	MailWelcome MailKind = "welcome"
	MailTried   MailKind = "tried"
)

// MailState says what becomes of a mail.
type MailState uint8

// The states: it waits for its turn or its next try; the mail server took it; nothing more is tried.
const (
	MailWaiting MailState = iota
	MailSent
	MailGivenUp
)

// String is the word used in the API and in tables.
func (s MailState) String() string { return [...]string{"waiting", "sent", "failed"}[s] }

// Mail is one in the outbox. It is written in the transaction of what caused it, and what it
// says is composed from the book when it is sent.
type Mail struct {
	Seq int64
	// MessageID is the same however often the mail is tried, so that a server that took it
	// once, and whose answer was lost, can tell the second.
	MessageID string
	Kind      MailKind
	// Seller is whose mail it is: its name, letterhead and sender.
	Seller flow.SellerID
	// Invoice is the id of the invoice that it brings, User whose link it brings; one or neither.
	Invoice string
	User    UserID
	To      []string
	// Note is what who sends it writes above the rest.
	Note string
	// Sealed is the secret of a one-time link until the mail is sent or given up.
	Sealed []byte
	MadeAt time.Time
	MadeBy string
	State  MailState
	// Attempts counts tries; NextAt is when the next is made, or when the last was.
	Attempts int
	NextAt   time.Time
	// Status is the mail server's last answer (SMTP), 0 for none; Why its words, or what there was instead.
	Status int
	Why    string
	// LeaseUntil is until when it is one process's to send; past or zero where it is nobody's.
	LeaseUntil time.Time
	// Number is the printed number of its invoice; the store reads it beside.
	Number string
}

// MailAttempt is one try, as it was.
type MailAttempt struct {
	No     int
	At     time.Time
	Took   time.Duration
	Status int
	Why    string
}

// MailFilter narrows a list; zero values do not.
type MailFilter struct {
	// Is is one state, where HasState.
	Is       MailState
	HasState bool
	Kind     MailKind
	// Not leaves out a kind.
	Not     MailKind
	Invoice string
	// Before is the Seq after which a page goes on, towards older ones.
	Before int64
	Most   int
}

// Mails are what was written to others.
type Mails interface {
	// MailsAdd gives each a Seq.
	MailsAdd([]Mail) error
	// MailGet is flow.ErrUnknown where there is none.
	MailGet(seq int64) (Mail, []MailAttempt, error)
	// MailList is newest first.
	MailList(MailFilter) ([]Mail, error)
	// MailCounts counts those that wait and those that were given up.
	MailCounts() (waiting, failed int64, err error)
	// InvoicesUnsent are the invoices of a run that stand, of which none was sent and none is on
	// its way: after an id, in order of their ids.
	InvoicesUnsent(run int64, after string, most int) ([]UnsentInvoice, error)
}

// Outbox is mails on their way.
type Outbox interface {
	// MailsDue are the numbers of those whose time has come and that are nobody's, the longest due first.
	MailsDue(now time.Time, most int) ([]int64, error)
	// MailTake gives one that is still due, to whoever asks first: until an instant it is nobody else's.
	MailTake(seq int64, now, until time.Time) (mail Mail, taken bool, err error)
	// MailTried notes a try and what becomes of the mail, and ends the lease that it was taken under. Where that is over and
	// somebody else has the mail, or it is no more, nothing is noted; that it was sent is noted in any case.
	MailTried(Mail, MailAttempt) (noted bool, err error)
	// MailsSweep forgets some of the mails that were over before an instant, with their tries, and says how many; one that failed stays as
	// long as its exception is open.
	MailsSweep(before time.Time, most int) (int64, error)
	// MailAgain lets it be tried at once, counted anew; after the try that is under way, where one is.
	MailAgain(seq int64, now time.Time) error
}

// UnsentInvoice is an invoice that nobody was sent.
type UnsentInvoice struct {
	ID     string
	Seller flow.SellerID
	// Address is where its payer gets invoices; empty where nobody knows.
	Address string
	// Held says that its group is under a billing hold.
	Held bool
}

package api

import (
	"context"
	"strconv"
	"time"

	"prorata/flow/office"
)

// Mail is one in the outbox.
type Mail struct {
	Seq       int64         `json:"seq" doc:"Its number."`
	MessageID string        `json:"message_id" doc:"Its Message-ID, the same on every try."`
	Kind      string        `json:"kind" enum:"invoice,welcome,tried" doc:"What it is about: an invoice, a user's one-time link, or nothing."`
	Invoice   string        `json:"invoice,omitempty" doc:"The printed number of the invoice that it brings."`
	To        []string      `json:"to" nullable:"false" doc:"Its recipients."`
	Note      string        `json:"note,omitempty" doc:"What its sender wrote above it."`
	State     string        `json:"state" enum:"waiting,sent,failed" doc:"What becomes of it: sent where the mail server took it, failed where nothing more is tried."`
	Attempts  int           `json:"attempts" doc:"How often it was tried."`
	NextAt    *time.Time    `json:"next_at,omitempty" doc:"When it is tried next; absent where it is not."`
	Status    int           `json:"status,omitempty" doc:"The mail server's last answer (SMTP); absent where there was none."`
	Why       string        `json:"why,omitempty" doc:"The mail server's words, or what there was instead."`
	MadeAt    time.Time     `json:"made_at" doc:"When it was asked for."`
	MadeBy    string        `json:"made_by" doc:"Who asked for it."`
	Tries     []MailAttempt `json:"tries,omitempty" nullable:"false" doc:"Every try, the first first; given with one mail, not with a list."`
}

// MailAttempt is one try.
type MailAttempt struct {
	No           int       `json:"no" doc:"Its number, from 1."`
	At           time.Time `json:"at" doc:"When it ended."`
	Milliseconds int64     `json:"milliseconds" doc:"How long it took."`
	Status       int       `json:"status,omitempty" doc:"The mail server's answer (SMTP); absent where there was none."`
	Why          string    `json:"why,omitempty" doc:"What was wrong with it."`
}

func mailOf(m *office.Mail) Mail {
	shown := Mail{Seq: m.Seq, MessageID: m.MessageID, Kind: string(m.Kind), Invoice: m.Number, To: append([]string{}, m.To...), Note: m.Note, State: m.State.String(), Attempts: m.Attempts,
		Status: m.Status, Why: m.Why, MadeAt: m.MadeAt.UTC(), MadeBy: m.MadeBy}
	if m.State == office.MailWaiting {
		shown.NextAt = instantOf(m.NextAt)
	}
	return shown
}

func mailMade(m *office.Mail) *created[Mail] {
	return &created[Mail]{"/v1/mails/" + strconv.FormatInt(m.Seq, 10), mailOf(m)}
}

func invoiceSend(ctx context.Context, desk *office.Desk, in *struct {
	InvoiceNamed
	Body struct {
		To   []string `json:"to,omitempty" nullable:"false" maxItems:"10" doc:"To whom: addresses alone, without names. The payer's own where none is given." example:"[\"ap@contoso.example\"]"`
		Note string   `json:"note,omitempty" maxLength:"2000" doc:"What to write above it."`
	}
}) (*created[Mail], error) {
	mail, err := desk.InvoiceSend(ctx, in.Number, office.InvoiceSending{To: in.Body.To, Note: in.Body.Note})
	if err != nil {
		return nil, err
	}
	return mailMade(&mail), nil
}

func invoiceNoteSent(ctx context.Context, desk *office.Desk, in *struct {
	InvoiceNamed
	Body struct {
		To string `json:"to" minLength:"1" maxLength:"300" doc:"To whom, and by which way." example:"ap@contoso.example by post"`
	}
}) (*struct{}, error) {
	return nil, desk.InvoiceNoteSent(ctx, in.Number, in.Body.To)
}

// RunUnsent counts the invoices of a run that nobody was sent.
type RunUnsent struct {
	Ready       int `json:"ready" doc:"Those that are sent when it is asked for."`
	Held        int `json:"held" doc:"Those under a billing hold, which stay."`
	Unaddressed int `json:"unaddressed" doc:"Those whose payer has no address, which stay."`
}

func runUnsentOf(u *office.Unsent) *struct{ Body RunUnsent } {
	return &struct{ Body RunUnsent }{RunUnsent{u.Ready, u.Held, u.Unaddressed}}
}

// RunSent is asked of one run.
type RunSent struct {
	ID int64 `path:"id" minimum:"1" doc:"The run's number."`
}

func runUnsent(ctx context.Context, desk *office.Desk, in *RunSent) (*struct{ Body RunUnsent }, error) {
	unsent, err := desk.BillingRunUnsent(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return runUnsentOf(&unsent), nil
}

func runSend(ctx context.Context, desk *office.Desk, in *RunSent) (*struct{ Body RunUnsent }, error) {
	unsent, err := desk.BillingRunSend(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return runUnsentOf(&unsent), nil
}

// MailSetting is how mail leaves.
type MailSetting struct {
	Server   string `json:"server,omitempty" doc:"The outgoing mail server; absent where none is set up."`
	Security string `json:"security,omitempty" enum:"starttls,tls,none" doc:"How it is spoken to."`
	From     string `json:"from,omitempty" doc:"The sender's address."`
	Waiting  int64  `json:"waiting" doc:"How many mails wait."`
	Failed   int64  `json:"failed" doc:"How many were given up."`
}

func mailSetting(ctx context.Context, desk *office.Desk, _ *struct{}) (*struct{ Body MailSetting }, error) {
	view, err := desk.MailSetting(ctx)
	if err != nil {
		return nil, err
	}
	shown := MailSetting{Waiting: view.Waiting, Failed: view.Failed}
	if view.Setup != nil {
		shown.Server, shown.Security, shown.From = view.Setup.Server, view.Setup.Security, view.Setup.From
	}
	return &struct{ Body MailSetting }{shown}, nil
}

func mailList(ctx context.Context, desk *office.Desk, in *struct {
	Paging
	State string `query:"state" enum:"waiting,sent,failed" doc:"Only in this state."`
	Kind  string `query:"kind" enum:"invoice,welcome,tried" doc:"Only of this kind."`
}) (*listed[Mail], error) {
	before, err := begin[int64]("mails", in.After)
	if err != nil {
		return nil, err
	}
	filter := office.MailFilter{Kind: office.MailKind(in.Kind), Before: before, Most: in.Limit + 1}
	for _, state := range []office.MailState{office.MailWaiting, office.MailSent, office.MailGivenUp} {
		if in.State == state.String() {
			filter.Is, filter.HasState = state, true
		}
	}
	list, err := desk.MailList(ctx, filter)
	if err != nil {
		return nil, err
	}
	return pageOf("mails", in.Limit, list, mailOf, func(m *office.Mail) int64 { return m.Seq }), nil
}

// MailNamed is asked of one mail.
type MailNamed struct {
	Seq int64 `path:"seq" minimum:"1" doc:"The mail's number."`
}

func mailGet(ctx context.Context, desk *office.Desk, in *MailNamed) (*struct{ Body Mail }, error) {
	mail, tries, err := desk.MailGet(ctx, in.Seq)
	if err != nil {
		return nil, err
	}
	shown := mailOf(&mail)
	for _, try := range tries {
		shown.Tries = append(shown.Tries, MailAttempt{try.No, try.At.UTC(), try.Took.Milliseconds(), try.Status, try.Why})
	}
	return &struct{ Body Mail }{shown}, nil
}

func mailResend(ctx context.Context, desk *office.Desk, in *MailNamed) (*struct{ Body Mail }, error) {
	mail, err := desk.MailResend(ctx, in.Seq)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Mail }{mailOf(&mail)}, nil
}

func mailTry(ctx context.Context, desk *office.Desk, _ *struct{}) (*created[Mail], error) {
	mail, err := desk.MailTry(ctx)
	if err != nil {
		return nil, err
	}
	return mailMade(&mail), nil
}

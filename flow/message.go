package flow

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
)

// MessageType is what happened, as webhooks are told of it.
type MessageType string

// The types of messages. What each carries beside its subject stands with it.
const (
	// InvoiceIssued: an invoice or credit note got its number; payer, date, total, currency.
	InvoiceIssued MessageType = "invoice.issued"
	// InvoiceVoided: an invoice was taken back; the id of the credit note.
	InvoiceVoided MessageType = "invoice.voided"
	// InvoiceCredited: a part of an invoice was credited; the id of the credit note.
	InvoiceCredited MessageType = "invoice.credited"
	// SubscriptionChanged: the log has a new entry; contract, what was done, the day it takes effect.
	SubscriptionChanged MessageType = "subscription.changed"
	// ExceptionOpened: something waits for a person; kind, subject, sentence.
	ExceptionOpened MessageType = "exception.opened"
	// RunFinished: a billing run has ended; its state, and how many invoices.
	RunFinished MessageType = "run.finished"
	// ProvisionFailed: a change did not reach its provider; subscription, why.
	ProvisionFailedMessage MessageType = "provision.failed"
	// WebhookTried: somebody asked for a message to see whether one arrives.
	WebhookTried MessageType = "webhook.tried"
)

// MessageTypes are all that can be asked for, in order.
func MessageTypes() []MessageType {
	return []MessageType{InvoiceIssued, InvoiceVoided, InvoiceCredited, SubscriptionChanged, ExceptionOpened, RunFinished, ProvisionFailedMessage}
}

// MessageField is one thing that a message tells, as text.
type MessageField struct{ Name, Value string }

// Message tells webhooks that something happened. It is written in the transaction in
// which it happens, so that there is none without the other, and is sent afterwards. It says
// what to read anew: whoever needs more asks the API.
type Message struct {
	// ID is the same however often the message is sent.
	ID   string
	Type MessageType
	At   time.Time
	// Fields are in the order in which they are told.
	Fields []MessageField
}

// Messages are what webhooks are told.
type Messages interface {
	// MessageTypesWanted are the types that some webhook asks for.
	MessageTypesWanted() ([]MessageType, error)
	// MessagesAdd keeps messages to be sent; one that is there stays as it is.
	MessagesAdd([]Message) error
}

// NewMessage makes a message; its id is made from all that it says.
func NewMessage(kind MessageType, at time.Time, fields ...MessageField) Message {
	sum := sha256.New()
	fmt.Fprintf(sum, "%s %d", kind, at.UnixMicro())
	for i := range fields {
		fields[i].Value = PlainText(fields[i].Value)
		fmt.Fprintf(sum, "\n%s=%s", fields[i].Name, fields[i].Value)
	}
	return Message{ID: "msg_" + hex.EncodeToString(sum.Sum(nil))[:32], Type: kind, At: at, Fields: fields}
}

// Telling is a store whose transactions write down what webhooks are to be told, where one asks for
// it: whichever way a fact comes in, it is told in the transaction that records it.
func Telling(store Store, clock Clock) Store { return &telling{store, clock} }

type telling struct {
	Store
	clock Clock
}

// Write writes, and what is to be told with it.
func (t *telling) Write(ctx context.Context, fn func(Tx) error) error {
	return t.Store.Write(ctx, func(tx Tx) error { return fn(Tell(tx, t.clock)) })
}

// Tell is a transaction that writes down what webhooks are to be told of what is done in it.
func Tell(tx Tx, clock Clock) Tx {
	if already, ok := tx.(*teller); ok {
		return already
	}
	return &teller{Tx: tx, clock: clock}
}

// teller stands between the flow and a transaction, and passes everything on.
type teller struct {
	Tx
	clock  Clock
	wanted []MessageType
	asked  bool
}

// tell writes messages of a type where a webhook asks for it; how many webhooks there
// are is asked once in a transaction.
func (t *teller) tell(kind MessageType, make func(at time.Time) []Message) error {
	if !t.asked {
		wanted, err := t.MessageTypesWanted()
		if err != nil {
			return err
		}
		t.wanted, t.asked = wanted, true
	}
	if !slices.Contains(t.wanted, kind) {
		return nil
	}
	return t.MessagesAdd(make(t.clock.Now().UTC().Truncate(time.Microsecond)))
}

// ChunkWrite tells of each invoice that is issued.
func (t *teller) ChunkWrite(c Chunk) error {
	if err := t.Tx.ChunkWrite(c); err != nil || len(c.Invoices) == 0 {
		return err
	}
	return t.tell(InvoiceIssued, func(at time.Time) []Message {
		messages := make([]Message, 0, len(c.Invoices))
		for i := range c.Invoices {
			messages = append(messages, issuedMessage(&c.Invoices[i], at))
		}
		return messages
	})
}

func issuedMessage(i *Issued, at time.Time) Message {
	kind := "invoice"
	if i.CreditNote {
		kind = "credit_note"
	}
	return NewMessage(InvoiceIssued, at, MessageField{"number", PrintedNumber(i)}, MessageField{"id", i.ID}, MessageField{"kind", kind},
		MessageField{"payer", string(i.Payer)}, MessageField{"contract", string(i.Contract)}, MessageField{"date", i.Date.String()},
		MessageField{"total", i.Total.String()}, MessageField{"currency", i.Currency.String()})
}

// InvoiceVoid tells that an invoice was taken back.
func (t *teller) InvoiceVoid(id, by string, known calendar.Date) error {
	if err := t.Tx.InvoiceVoid(id, by, known); err != nil {
		return err
	}
	return t.tell(InvoiceVoided, func(at time.Time) []Message {
		return []Message{NewMessage(InvoiceVoided, at, MessageField{"id", id}, MessageField{"credit_note_id", by})}
	})
}

// CreditsAppend tells that a part of an invoice was credited.
func (t *teller) CreditsAppend(entries []LogEntry, rows []CreditRow) error {
	if err := t.Tx.CreditsAppend(entries, rows); err != nil || len(rows) == 0 {
		return err
	}
	return t.tell(InvoiceCredited, func(at time.Time) []Message {
		return []Message{NewMessage(InvoiceCredited, at, MessageField{"id", rows[0].Invoice}, MessageField{"credit_note_id", rows[0].Note}, MessageField{"reason", rows[0].Reason})}
	})
}

// LogAppend tells that a subscription changed.
func (t *teller) LogAppend(e LogEntry, s *billing.Subscription, item *billing.OneTimeItem, usage *billing.UsageRecord) (int64, error) {
	seq, err := t.Tx.LogAppend(e, s, item, usage)
	if err != nil || !changesSubscription(e.Do) {
		return seq, err
	}
	return seq, t.tell(SubscriptionChanged, func(at time.Time) []Message {
		return []Message{NewMessage(SubscriptionChanged, at, MessageField{"subscription", string(e.Subscription)}, MessageField{"contract", string(e.Contract)},
			MessageField{"did", e.Do.String()}, MessageField{"effective_on", e.EffectiveOn.String()}, MessageField{"log", strconv.FormatInt(seq, 10)}, MessageField{"who", e.Who})}
	})
}

// changesSubscription says whether an entry changes what a subscription is.
func changesSubscription(do EventVerb) bool {
	switch do {
	case DoSubscribe, DoQuantity, DoPrice, DoCancel, DoSuspend, DoResume, DoSchedule, DoVoid:
		return true
	case DoOneTime, DoUsage, DoListPrice, DoHold, DoRelease, DoCharge, DoCredit:
	}
	return false
}

// ExceptionOpen tells of what was not open before.
func (t *teller) ExceptionOpen(e Exception) (bool, error) {
	opened, err := t.Tx.ExceptionOpen(e)
	if err != nil || !opened {
		return opened, err
	}
	return opened, t.tell(ExceptionOpened, func(at time.Time) []Message {
		return []Message{NewMessage(ExceptionOpened, at, MessageField{"kind", e.Kind}, MessageField{"subject", e.Subject}, MessageField{"connection", string(e.Connection)},
			MessageField{"account", string(e.Account)}, MessageField{"subscription", string(e.Subscription)}, MessageField{"sentence", e.Sentence}, MessageField{"todo", e.Todo})}
	})
}

// RunUpdate tells that a run has ended, once: it ends at one instant.
func (t *teller) RunUpdate(r Run) error {
	if err := t.Tx.RunUpdate(r); err != nil || r.EndedAt.IsZero() {
		return err
	}
	return t.tell(RunFinished, func(time.Time) []Message {
		return []Message{NewMessage(RunFinished, r.EndedAt, MessageField{"run", strconv.FormatInt(r.ID, 10)}, MessageField{"through", r.Through.String()},
			MessageField{"state", r.State}, MessageField{"contracts", strconv.FormatInt(r.Contracts, 10)}, MessageField{"invoices", strconv.FormatInt(r.Invoices, 10)},
			MessageField{"exceptions", strconv.FormatInt(r.Exceptions, 10)}, MessageField{"who", r.Who})}
	})
}

// ProvisionUpdate tells of a change that a provider did not take.
func (t *teller) ProvisionUpdate(p Provision, was ProvisionState, attempts int) error {
	if err := t.Tx.ProvisionUpdate(p, was, attempts); err != nil || p.State != ProvisionFailed || was == ProvisionFailed {
		return err
	}
	return t.tell(ProvisionFailedMessage, func(at time.Time) []Message {
		return []Message{NewMessage(ProvisionFailedMessage, at, MessageField{"provision", strconv.FormatInt(p.ID, 10)}, MessageField{"connection", string(p.Connection)},
			MessageField{"contract", string(p.Contract)}, MessageField{"subscription", string(p.Subscription)}, MessageField{"code", p.Code},
			MessageField{"why", p.Why}, MessageField{"todo", p.Todo})}
	})
}

package office

import (
	"time"

	"prorata/flow"
)

// WebhookID names a webhook.
type WebhookID string

// WebhookState says whether messages are sent to a webhook.
type WebhookState uint8

// The states: they are; somebody switched it off; it was switched off because nothing arrived for long.
const (
	WebhookOn WebhookState = iota
	WebhookOff
	WebhookFailed
)

// String is the word used in the API and in tables.
func (s WebhookState) String() string { return [...]string{"on", "off", "failed"}[s] }

// Webhook is an address of somebody else's that is told what happens, in messages that
// are signed.
type Webhook struct {
	ID      WebhookID
	Name    string
	Address string
	// Types are what it is told of, at least one.
	Types []flow.MessageType
	State WebhookState
	// FailingSince is when deliveries began to fail without one in between that arrived; zero
	// where the last one did.
	FailingSince time.Time
	// Version changes with every change by a person.
	Version int64
	MadeAt  time.Time
	MadeBy  string
}

// WebhookSecret is one that a webhook's messages are signed with, sealed.
type WebhookSecret struct {
	No     int64
	Sealed []byte
	MadeAt time.Time
	// EndsAt is when it is good no more; zero for the newest.
	EndsAt time.Time
}

// Webhooks are who is told what happens.
type Webhooks interface {
	WebhookAdd(Webhook) error
	// WebhookChange writes name, address, types and state and raises the version; flow.ErrMoved
	// where the version is another.
	WebhookChange(Webhook) error
	// WebhookRemove takes it away with its secrets and deliveries; flow.ErrUnknown.
	WebhookRemove(WebhookID) error
	// WebhookGet is flow.ErrUnknown where there is none; WebhookList is by name.
	WebhookGet(WebhookID) (Webhook, error)
	WebhookList() ([]Webhook, error)
	// WebhookFailing notes since when nothing arrives, and the state.
	WebhookFailing(id WebhookID, since time.Time, state WebhookState) error
	WebhookSecretAdd(WebhookID, WebhookSecret) error
	// WebhookSecretsEnd lets all secrets up to a number end at an instant, where they would later.
	WebhookSecretsEnd(id WebhookID, through int64, at time.Time) error
	// WebhookSecrets are those of a webhook that are good at an instant, the newest first.
	WebhookSecrets(WebhookID, time.Time) ([]WebhookSecret, error)
}

// DeliveryState says what becomes of a message to a webhook.
type DeliveryState uint8

// The states: it waits for its turn or its next try; it arrived; nothing more is tried.
const (
	DeliveryWaiting DeliveryState = iota
	Delivered
	DeliveryGivenUp
)

// String is the word used in the API and in tables.
func (s DeliveryState) String() string { return [...]string{"waiting", "delivered", "given_up"}[s] }

// Delivery is one message on its way to one webhook.
type Delivery struct {
	Seq     int64
	Webhook WebhookID
	Message flow.Message
	State   DeliveryState
	// Attempts counts tries; NextAt is when the next is made.
	Attempts int
	NextAt   time.Time
	// LeaseUntil is until when it is one process's to send; past or zero where it is nobody's.
	LeaseUntil time.Time
	// Status is the last answer's, 0 for none; Why says what was wrong with it.
	Status int
	Why    string
}

// DeliveryAttempt is one try, as it was.
type DeliveryAttempt struct {
	No int
	At time.Time
	// Took is how long the answer took.
	Took   time.Duration
	Status int
	Why    string
}

// DeliveryFilter narrows a list; zero values do not.
type DeliveryFilter struct {
	Webhook WebhookID
	Type    flow.MessageType
	// Is is one state, where HasState.
	Is       DeliveryState
	HasState bool
	// Before is the Seq after which a page goes on, towards older ones.
	Before int64
	Most   int
}

// Deliveries are messages on their way.
type Deliveries interface {
	// MessagesNew says whether there are messages that were not shared out yet.
	MessagesNew() (bool, error)
	// MessagesShare gives messages that were not shared out yet to the webhooks that ask for
	// their types, at most so many, and says how many.
	MessagesShare(most int, now time.Time) (int, error)
	// DeliveryAdd gives a message to one webhook.
	DeliveryAdd(WebhookID, flow.Message, time.Time) (seq int64, err error)
	// DeliveriesDue are the numbers of those whose time has come and that are nobody's, the longest due first. A webhook that is being
	// sent two messages has none.
	DeliveriesDue(now time.Time, most int) ([]int64, error)
	// DeliveryTake gives one that is still due, to whoever asks first: until an instant it is nobody else's.
	DeliveryTake(seq int64, now, until time.Time) (delivery Delivery, taken bool, err error)
	// DeliveryGet is flow.ErrUnknown where there is none.
	DeliveryGet(seq int64) (Delivery, []DeliveryAttempt, error)
	// DeliveryList is newest first.
	DeliveryList(DeliveryFilter) ([]Delivery, error)
	// DeliveryTried notes a try and what becomes of the delivery, and ends the lease that it was taken under. Where that is over and
	// somebody else has it, or it is no more, nothing is noted; that it arrived is noted in any case.
	DeliveryTried(Delivery, DeliveryAttempt) (noted bool, err error)
	// DeliveryAgain lets it be tried at once; after the try that is under way, where one is.
	DeliveryAgain(seq int64, now time.Time) error
	// MessagesSweep forgets messages from before an instant, with their deliveries.
	MessagesSweep(before time.Time) (int64, error)
}

package api

import (
	"context"
	"strconv"
	"time"

	"prorata/flow"
	"prorata/flow/office"
)

// Webhook is an address that is told what happens.
type Webhook struct {
	ID           string     `json:"id" doc:"Its id."`
	Name         string     `json:"name" doc:"What it is for."`
	Address      string     `json:"address" doc:"Where messages are sent."`
	Types        []string   `json:"types" nullable:"false" doc:"What it is told of."`
	State        string     `json:"state" enum:"on,off,failed" doc:"Whether messages are sent; failed where nothing arrived for days."`
	FailingSince *time.Time `json:"failing_since,omitempty" doc:"Since when nothing has arrived; absent where the last message did."`
	MadeAt       time.Time  `json:"made_at" doc:"When it was made."`
	MadeBy       string     `json:"made_by" doc:"Who made it."`
}

func webhookOf(w *office.Webhook) Webhook {
	return Webhook{string(w.ID), w.Name, w.Address, words(w.Types), w.State.String(), instantOf(w.FailingSince), w.MadeAt.UTC(), w.MadeBy}
}

func words[W ~string](list []W) []string {
	texts := make([]string, len(list))
	for i, word := range list {
		texts[i] = string(word)
	}
	return texts
}

// WebhookDraft is what is wanted of a webhook.
type WebhookDraft struct {
	Name    string   `json:"name" minLength:"1" maxLength:"100" doc:"What it is for." example:"Bookkeeping"`
	Address string   `json:"address" minLength:"1" maxLength:"500" doc:"Where messages are sent: an address on the internet." example:"https://books.example/prorata"`
	Types   []string `json:"types" nullable:"false" minItems:"1" maxItems:"20" enum:"invoice.issued,invoice.voided,invoice.credited,subscription.changed,exception.opened,run.finished,provision.failed" doc:"What it is told of."`
	Off     bool     `json:"off,omitempty" doc:"Keeps messages from being sent."`
}

func (d *WebhookDraft) draft() office.WebhookDraft {
	types := make([]flow.MessageType, len(d.Types))
	for i, word := range d.Types {
		types[i] = flow.MessageType(word)
	}
	return office.WebhookDraft{Name: d.Name, Address: d.Address, Types: types, Off: d.Off}
}

// WebhookSecret is shown once.
type WebhookSecret struct {
	Secret string `json:"secret" doc:"What messages are signed with, as the Standard Webhooks specification writes it. It is not shown again."`
}

// WebhookMade is a new webhook with its secret.
type WebhookMade struct {
	Webhook Webhook `json:"webhook" doc:"The webhook."`
	WebhookSecret
}

// WebhookNamed is asked of one webhook.
type WebhookNamed struct {
	ID string `path:"id" maxLength:"100" doc:"The webhook's id."`
}

func webhookList(ctx context.Context, desk *office.Desk, _ *struct{}) (*listed[Webhook], error) {
	list, err := desk.WebhookList(ctx)
	if err != nil {
		return nil, err
	}
	return pageOf("webhooks", len(list), list, webhookOf, func(w *office.Webhook) string { return string(w.ID) }), nil
}

func webhookGet(ctx context.Context, desk *office.Desk, in *WebhookNamed) (*tagged[Webhook], error) {
	w, err := desk.WebhookGet(ctx, office.WebhookID(in.ID))
	if err != nil {
		return nil, err
	}
	return &tagged[Webhook]{versionTag(w.Version), webhookOf(&w)}, nil
}

func webhookMake(ctx context.Context, desk *office.Desk, in *struct{ Body WebhookDraft }) (*created[WebhookMade], error) {
	w, secret, err := desk.WebhookMake(ctx, in.Body.draft())
	if err != nil {
		return nil, err
	}
	return &created[WebhookMade]{"/v1/webhooks/" + string(w.ID), WebhookMade{webhookOf(&w), WebhookSecret{secret}}}, nil
}

func webhookChange(ctx context.Context, desk *office.Desk, in *struct {
	WebhookNamed
	Matching
	Body WebhookDraft
}) (*tagged[Webhook], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	w, err := desk.WebhookChange(ctx, office.WebhookID(in.ID), version, in.Body.draft())
	if err != nil {
		return nil, err
	}
	return &tagged[Webhook]{versionTag(w.Version), webhookOf(&w)}, nil
}

func webhookRemove(ctx context.Context, desk *office.Desk, in *WebhookNamed) (*struct{}, error) {
	return nil, desk.WebhookRemove(ctx, office.WebhookID(in.ID))
}

func webhookSecretRenew(ctx context.Context, desk *office.Desk, in *WebhookNamed) (*struct{ Body WebhookSecret }, error) {
	secret, err := desk.WebhookSecretRenew(ctx, office.WebhookID(in.ID))
	if err != nil {
		return nil, err
	}
	return &struct{ Body WebhookSecret }{WebhookSecret{secret}}, nil
}

// DeliveryNumber names a delivery.
type DeliveryNumber struct {
	Seq int64 `json:"seq" doc:"The delivery's number."`
}

func webhookTry(ctx context.Context, desk *office.Desk, in *WebhookNamed) (*created[DeliveryNumber], error) {
	seq, err := desk.WebhookTry(ctx, office.WebhookID(in.ID))
	if err != nil {
		return nil, err
	}
	return &created[DeliveryNumber]{"/v1/deliveries/" + strconv.FormatInt(seq, 10), DeliveryNumber{seq}}, nil
}

// Delivery is one message on its way to one webhook.
type Delivery struct {
	DeliveryNumber
	Webhook  string            `json:"webhook" doc:"The webhook's id."`
	Message  string            `json:"message" doc:"The message's id, the same on every try."`
	Type     string            `json:"type" doc:"What it tells of." example:"invoice.issued"`
	At       time.Time         `json:"at" doc:"When that happened."`
	Data     map[string]string `json:"data" doc:"What it tells."`
	State    string            `json:"state" enum:"waiting,delivered,given_up" doc:"What becomes of it."`
	Attempts int               `json:"attempts" doc:"How often it was tried."`
	NextAt   *time.Time        `json:"next_at,omitempty" doc:"When it is tried next; absent where it is not."`
	Status   int               `json:"status,omitempty" doc:"The last answer's status; absent where there was none."`
	Why      string            `json:"why,omitempty" doc:"What was wrong with the last try."`
	Tries    []DeliveryAttempt `json:"tries,omitempty" nullable:"false" doc:"Every try, the first first; given with one delivery, not with a list."`
}

// DeliveryAttempt is one try.
type DeliveryAttempt struct {
	No           int       `json:"no" doc:"Its number, from 1."`
	At           time.Time `json:"at" doc:"When it ended."`
	Milliseconds int64     `json:"milliseconds" doc:"How long it took."`
	Status       int       `json:"status,omitempty" doc:"The answer's status; absent where there was none."`
	Why          string    `json:"why,omitempty" doc:"What was wrong with it."`
}

func deliveryOf(d *office.Delivery) Delivery {
	shown := Delivery{DeliveryNumber: DeliveryNumber{d.Seq}, Webhook: string(d.Webhook), Message: d.Message.ID, Type: string(d.Message.Type), At: d.Message.At.UTC(),
		Data: map[string]string{}, State: d.State.String(), Attempts: d.Attempts, Status: d.Status, Why: d.Why}
	for _, field := range d.Message.Fields {
		shown.Data[field.Name] = field.Value
	}
	if d.State == office.DeliveryWaiting {
		shown.NextAt = instantOf(d.NextAt)
	}
	return shown
}

// DeliveryNamed is asked of one delivery.
type DeliveryNamed struct {
	Seq int64 `path:"seq" minimum:"1" doc:"The delivery's number."`
}

type deliveriesAsked struct {
	Paging
	Webhook string `query:"webhook" maxLength:"100" doc:"Only to this webhook."`
	Type    string `query:"type" maxLength:"100" doc:"Only of this type."`
	State   string `query:"state" enum:"waiting,delivered,given_up" doc:"Only in this state."`
}

func deliveryList(ctx context.Context, desk *office.Desk, in *deliveriesAsked) (*listed[Delivery], error) {
	before, err := begin[int64]("deliveries", in.After)
	if err != nil {
		return nil, err
	}
	filter := office.DeliveryFilter{Webhook: office.WebhookID(in.Webhook), Type: flow.MessageType(in.Type), Before: before, Most: in.Limit + 1}
	for _, state := range []office.DeliveryState{office.DeliveryWaiting, office.Delivered, office.DeliveryGivenUp} {
		if in.State == state.String() {
			filter.Is, filter.HasState = state, true
		}
	}
	list, err := desk.DeliveryList(ctx, filter)
	if err != nil {
		return nil, err
	}
	return pageOf("deliveries", in.Limit, list, deliveryOf, func(d *office.Delivery) int64 { return d.Seq }), nil
}

func deliveryGet(ctx context.Context, desk *office.Desk, in *DeliveryNamed) (*struct{ Body Delivery }, error) {
	delivery, tries, err := desk.DeliveryGet(ctx, in.Seq)
	if err != nil {
		return nil, err
	}
	shown := deliveryOf(&delivery)
	for _, try := range tries {
		shown.Tries = append(shown.Tries, DeliveryAttempt{try.No, try.At.UTC(), try.Took.Milliseconds(), try.Status, try.Why})
	}
	return &struct{ Body Delivery }{shown}, nil
}

func deliveryResend(ctx context.Context, desk *office.Desk, in *DeliveryNamed) (*struct{ Body Delivery }, error) {
	delivery, err := desk.DeliveryResend(ctx, in.Seq)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Delivery }{deliveryOf(&delivery)}, nil
}

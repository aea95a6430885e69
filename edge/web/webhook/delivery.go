package webhook

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// pageRows is how many messages are shown at once.
const pageRows = 50

// shown is a webhook with what became of its messages.
type shown struct {
	visit *visit.Visit
	form  *visit.Form
	w     office.Webhook
	list  []office.Delivery
	next  part.Next
	// opened is the message of the drawer with every try of it; nil where none is open.
	opened *office.Delivery
	tries  []office.DeliveryAttempt
}

func states() []part.Choice {
	return []part.Choice{{Value: "", Text: "Any"}, {Value: "waiting", Text: "Waiting"}, {Value: "delivered", Text: "Delivered"}, {Value: "given_up", Text: "Given up"}}
}

// Show shows a webhook and its messages, the newest first.
func Show(v *visit.Visit) error {
	s := &shown{visit: v, form: v.Form()}
	var err error
	if s.w, err = v.Desk.WebhookGet(v.R.Context(), idOf(v)); err != nil {
		return err
	}
	filter := office.DeliveryFilter{Webhook: s.w.ID, Most: pageRows + 1}
	if at := slices.IndexFunc(states(), func(c part.Choice) bool { return c.Value == s.form.Text("state") }); at > 0 {
		filter.Is, filter.HasState = office.DeliveryState(at-1), true
	}
	filter.Before, _ = strconv.ParseInt(s.form.Text("before"), 10, 64)
	if s.list, err = v.Desk.DeliveryList(v.R.Context(), filter); err != nil {
		return err
	}
	if len(s.list) > pageRows {
		s.list = s.list[:pageRows]
		s.next.Older = v.Here("before", strconv.FormatInt(s.list[pageRows-1].Seq, 10), "open", "")
	}
	if filter.Before != 0 {
		s.next.Newer = v.Here("before", "", "open", "")
	}
	s.next.Shown = part.Plural(int64(len(s.list)), "message")
	if err := s.open(s.form.Text("open")); err != nil {
		return err
	}
	return v.Page(below(s.w.Name, crumb()), showPage(s))
}

func (s *shown) open(number string) error {
	seq, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return nil //nolint:nilerr // an address with another word in it opens nothing
	}
	delivery, tries, err := s.visit.Desk.DeliveryGet(s.visit.R.Context(), seq)
	if errors.Is(err, flow.ErrUnknown) || (err == nil && delivery.Webhook != s.w.ID) {
		return nil
	}
	s.opened, s.tries = &delivery, tries
	return err
}

func (s *shown) drawer() templ.Component {
	if s.opened == nil {
		return nil
	}
	return delivery(s, s.opened)
}

func (s *shown) title() string {
	if s.opened == nil {
		return ""
	}
	return "Message " + strconv.FormatInt(s.opened.Seq, 10)
}

func (s *shown) primary() *part.Action {
	if !s.visit.May("WebhookChange") {
		return nil
	}
	return &part.Action{Text: "Edit the webhook", Path: pathOf(s.w.ID) + "/edit"}
}

func (s *shown) more() (list []part.Action) {
	if s.visit.May("WebhookSecretRenew") {
		list = append(list, part.Action{Text: "Renew its secret", Path: pathOf(s.w.ID) + "/secret"})
	}
	if s.visit.May("WebhookRemove") {
		list = append(list, part.Action{Text: "Remove it", Path: pathOf(s.w.ID) + "/remove", Costly: true})
	}
	return list
}

func (s *shown) facts() []part.Fact {
	return []part.Fact{
		{Name: "Address", Value: s.w.Address},
		{Name: "Told of", Value: told(s.w.Types)},
		{Name: "Failing since", Value: s.visit.Locale.Instant(s.w.FailingSince)},
		{Name: "Made", Value: s.visit.Locale.Instant(s.w.MadeAt) + " by " + s.w.MadeBy},
	}
}

func statePill(d *office.Delivery) part.Pill {
	switch {
	case d.State == office.Delivered:
		return part.Pill{Text: "delivered", Tone: part.Good}
	case d.State == office.DeliveryGivenUp:
		return part.Pill{Text: "given up", Tone: part.Bad}
	case d.Attempts > 0:
		return part.Pill{Text: "to be tried again", Tone: part.Warn}
	}
	return part.Pill{Text: "waiting", Tone: part.Plain}
}

// answer is what came back: a status, or why there was none.
func answer(status int, why string) string {
	switch {
	case status == 0 && why == "":
		return ""
	case status == 0:
		return why
	case why == "":
		return strconv.Itoa(status)
	}
	return fmt.Sprintf("%d: %s", status, why)
}

func (s *shown) deliveryFacts(d *office.Delivery) []part.Fact {
	list := []part.Fact{{Name: "Type", Value: string(d.Message.Type)}, {Name: "Id", Value: d.Message.ID}, {Name: "Happened", Value: s.visit.Locale.Instant(d.Message.At)}}
	if d.State == office.DeliveryWaiting {
		list = append(list, part.Fact{Name: "Next try", Value: s.visit.Locale.Instant(d.NextAt)})
	}
	for _, f := range d.Message.Fields {
		list = append(list, part.Fact{Name: f.Name, Value: f.Value})
	}
	return list
}

func took(d time.Duration) string { return d.Round(time.Millisecond).String() }

// Resend sends a message again, whatever became of it.
func Resend(v *visit.Visit) error {
	seq, err := strconv.ParseInt(v.R.PathValue("seq"), 10, 64)
	if err != nil {
		return visit.ErrNoPage
	}
	delivery, err := v.Desk.DeliveryResend(v.R.Context(), seq)
	if err != nil {
		return err
	}
	return v.Done(pathOf(delivery.Webhook)+"?open="+strconv.FormatInt(seq, 10), "The message is on its way again.")
}

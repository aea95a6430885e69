// Package webhook is who is told what happens: addresses, their secrets, and what became
// of each message.
package webhook

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"prorata/edge/web/part"
	"prorata/edge/web/setting"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// Path is the list of webhooks.
const Path = "/settings/webhooks"

func pathOf(id office.WebhookID) string { return Path + "/" + url.PathEscape(string(id)) }

func below(title string, crumbs ...part.Link) part.Page {
	return part.Page{Title: title, Section: setting.Path, Crumbs: append([]part.Link{setting.Crumb()}, crumbs...)}
}

func crumb() part.Link { return part.Link{Text: "Webhooks", Path: Path} }

func idOf(v *visit.Visit) office.WebhookID { return office.WebhookID(v.R.PathValue("id")) }

// List shows all webhooks.
func List(v *visit.Visit) error {
	list, err := v.Desk.WebhookList(v.R.Context())
	if err != nil {
		return err
	}
	return v.Page(below("Webhooks"), listPage(v, list))
}

func add(v *visit.Visit) *part.Action {
	if !v.May("WebhookMake") {
		return nil
	}
	return &part.Action{Text: "Add a webhook", Path: Path + "/new"}
}

func pill(w *office.Webhook) part.Pill {
	switch {
	case w.State == office.WebhookFailed:
		return part.Pill{Text: "switched off: nothing arrived", Tone: part.Bad}
	case w.State == office.WebhookOff:
		return part.Pill{Text: "off", Tone: part.Plain}
	case !w.FailingSince.IsZero():
		return part.Pill{Text: "failing", Tone: part.Warn}
	}
	return part.Pill{Text: "on", Tone: part.Good}
}

func told(types []flow.MessageType) string {
	words := make([]string, len(types))
	for i, t := range types {
		words[i] = string(t)
	}
	return strings.Join(words, ", ")
}

// editing is the form of a webhook.
type editing struct {
	visit *visit.Visit
	form  *visit.Form
	w     office.Webhook
	fresh bool
}

// New is the form of a webhook that is not there yet.
func New(v *visit.Visit) error { return (&editing{visit: v, form: v.Form(), fresh: true}).show() }

// Make makes a webhook, and shows its secret this once.
func Make(v *visit.Visit) error {
	e := &editing{visit: v, form: v.Form(), fresh: true}
	w, secret, err := v.Desk.WebhookMake(v.R.Context(), e.draft())
	if err != nil {
		return e.wrong(err)
	}
	return v.Page(below(w.Name, crumb()), secretPage(&w, secret, true))
}

// Edit is the form of one that is there.
func Edit(v *visit.Visit) error {
	w, err := v.Desk.WebhookGet(v.R.Context(), idOf(v))
	if err != nil {
		return err
	}
	return (&editing{visit: v, form: v.Form(), w: w}).show()
}

// Change changes one, from the version that the form was made of.
func Change(v *visit.Visit) error {
	w, err := v.Desk.WebhookGet(v.R.Context(), idOf(v))
	if err != nil {
		return err
	}
	e := &editing{visit: v, form: v.Form(), w: w}
	if e.w.Version, err = visit.Made(e.form, w.Version); err != nil {
		return err
	}
	draft := e.draft()
	draft.Off = !e.form.Ticked("on")
	if w, err = v.Desk.WebhookChange(v.R.Context(), w.ID, e.w.Version, draft); err != nil {
		return e.wrong(err)
	}
	return v.Done(pathOf(w.ID), w.Name+" is changed.")
}

func (e *editing) draft() office.WebhookDraft {
	draft := office.WebhookDraft{Name: e.form.Text("name"), Address: e.form.Text("address")}
	for _, kind := range e.form.All("types") {
		draft.Types = append(draft.Types, flow.MessageType(kind))
	}
	return draft
}

func (e *editing) wrong(err error) error {
	if !e.form.Take(err) {
		return err
	}
	return e.show()
}

func (e *editing) show() error {
	if e.fresh {
		return e.visit.Page(below("New webhook", crumb()), editPage(e, "New webhook"))
	}
	title := "Edit " + e.w.Name
	return e.visit.Page(below(title, crumb(), part.Link{Text: e.w.Name, Path: pathOf(e.w.ID)}), editPage(e, title))
}

// ticked says whether a type is chosen: as it was typed, or as it stands.
func (e *editing) ticked(kind flow.MessageType) bool {
	if _, typed := e.visit.R.Form["name"]; typed {
		return slices.Contains(e.form.All("types"), string(kind))
	}
	return slices.Contains(e.w.Types, kind)
}

// on is what stands in the box that switches it on: as it was sent, or as it stands.
func (e *editing) on() string {
	sent, stands := e.form.Ticked("on"), e.w.State == office.WebhookOn
	if _, typed := e.visit.R.Form["name"]; (typed && sent) || (!typed && stands) {
		return "yes"
	}
	return ""
}

func (e *editing) action() string {
	if e.fresh {
		return Path
	}
	return pathOf(e.w.ID) + "/edit"
}

func (e *editing) back() string {
	if e.fresh {
		return Path
	}
	return pathOf(e.w.ID)
}

func (e *editing) button() string {
	if e.fresh {
		return "Add the webhook"
	}
	return "Save the webhook"
}

// asked shows a page that asks before something is done to a webhook.
func asked(v *visit.Visit, title string, a ask) error {
	w, err := v.Desk.WebhookGet(v.R.Context(), idOf(v))
	if err != nil {
		return err
	}
	a.title, a.w = title+" "+w.Name, &w
	return v.Page(below(a.title, crumb(), part.Link{Text: w.Name, Path: pathOf(w.ID)}), askPage(&a))
}

// ask is a question before something is done: what will come of it.
type ask struct {
	title, effect, path, button string
	costly                      bool
	w                           *office.Webhook
}

// AskSecret asks before a secret is renewed.
func AskSecret(v *visit.Visit) error {
	return asked(v, "Renew the secret of", ask{path: "/secret", button: "Renew the secret",
		effect: "A new secret is shown once. For a day messages are signed with the old one, too, so that the receiver can change over without losing any."})
}

// Secret renews a secret, and shows it this once.
func Secret(v *visit.Visit) error {
	secret, err := v.Desk.WebhookSecretRenew(v.R.Context(), idOf(v))
	if err != nil {
		return err
	}
	w, err := v.Desk.WebhookGet(v.R.Context(), idOf(v))
	if err != nil {
		return err
	}
	return v.Page(below(w.Name, crumb()), secretPage(&w, secret, false))
}

// AskRemove asks before a webhook is removed.
func AskRemove(v *visit.Visit) error {
	return asked(v, "Remove", ask{path: "/remove", button: "Remove the webhook", costly: true,
		effect: "Nothing more is sent to it; what waits is dropped, and what became of its messages is forgotten."})
}

// Remove takes a webhook away.
func Remove(v *visit.Visit) error {
	if err := v.Desk.WebhookRemove(v.R.Context(), idOf(v)); err != nil {
		return err
	}
	return v.Done(Path, "The webhook is removed.")
}

// Try sends a message that means nothing, to see whether it arrives.
func Try(v *visit.Visit) error {
	seq, err := v.Desk.WebhookTry(v.R.Context(), idOf(v))
	if err != nil {
		return err
	}
	return v.Done(pathOf(idOf(v))+"?open="+strconv.FormatInt(seq, 10), "A message is on its way.")
}

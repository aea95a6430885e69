// Package exception is the inbox of what waits for a person: one line each, its cause in
// words, its money, and the one action that fixes it. Empty is the goal.
package exception

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"prorata/core/billing"
	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// Path is the inbox.
const Path = "/exceptions"

// pageRows is how many are shown at once.
const pageRows = 50

// inbox is what the list shows.
type inbox struct {
	visit  *visit.Visit
	form   *visit.Form
	filter office.WaitingFilter
	counts []office.WaitingCount
	list   []office.Waiting
	next   part.Next
	opened *office.Waiting
}

// List shows what waits, newest first, and beside it the one that was opened.
func List(v *visit.Visit) error {
	in, err := read(v, v.Form())
	if err != nil {
		return err
	}
	return in.show()
}

func read(v *visit.Visit, f *visit.Form) (*inbox, error) {
	query := v.R.URL.Query()
	in := &inbox{visit: v, form: f, filter: office.WaitingFilter{State: office.WaitingState(query.Get("state")), Kind: query.Get("kind"),
		Connection: flow.ConnectionID(query.Get("connection")), Account: billing.AccountID(query.Get("account")), Assignee: query.Get("assignee"),
		Text: flow.PlainText(query.Get("text")), Most: pageRows + 1}}
	in.filter.Before, _ = strconv.ParseInt(query.Get("before"), 10, 64)
	var err error
	if in.list, err = v.Desk.ExceptionList(v.R.Context(), in.filter); err != nil {
		return nil, err
	}
	if in.counts, err = v.Desk.ExceptionCounts(v.R.Context()); err != nil {
		return nil, err
	}
	if len(in.list) > pageRows {
		in.list = in.list[:pageRows]
		in.next.Older = v.Here("before", strconv.FormatInt(in.list[pageRows-1].ID, 10), "open", "")
	}
	if in.filter.Before != 0 {
		in.next.Newer = v.Here("before", "", "open", "")
	}
	in.next.Shown = part.Plural(int64(len(in.list)), "exception")
	if id, err := strconv.ParseInt(query.Get("open"), 10, 64); err == nil {
		opened, err := v.Desk.ExceptionGet(v.R.Context(), id)
		if err != nil {
			return nil, err
		}
		in.opened = &opened
	}
	return in, nil
}

func (in *inbox) show() error {
	return in.visit.Page(part.Page{Title: "Exceptions", Section: Path}, page(in))
}

func (in *inbox) drawer() templ.Component {
	if in.opened == nil {
		return nil
	}
	return detail(in, in.opened)
}

func (in *inbox) title() string {
	if in.opened == nil {
		return ""
	}
	return Words(in.opened.Kind)
}

// here is the list as it is shown, to which every action leads back.
func (in *inbox) here() string { return in.visit.Here("open", "") }

// filtered says whether anything narrows the list.
func (in *inbox) filtered() bool {
	f := in.filter
	return f.Kind != "" || f.Connection != "" || f.Account != "" || f.Assignee != "" || f.Text != "" || f.Before != 0
}

func (in *inbox) figures() (figures []part.Figure) {
	for i := range min(len(in.counts), 5) {
		c := &in.counts[i]
		figures = append(figures, part.Figure{Name: Words(c.Kind), Value: in.visit.Locale.Count(c.Count), Beside: in.worths(c.Worth), Path: Path + "?kind=" + url.QueryEscape(c.Kind)})
	}
	return figures
}

func (in *inbox) worths(worths []office.Worth) (text string) {
	for i, w := range worths {
		if i > 0 {
			text += " · "
		}
		text += in.visit.Locale.Price(w.Amount, w.Currency) + " " + w.Currency.String()
	}
	return text
}

func (in *inbox) worth(w *office.Waiting) string {
	if !w.HasAmount {
		return ""
	}
	return in.visit.Locale.Price(w.Amount, w.Currency)
}

func (in *inbox) kinds() []part.Choice {
	choices := []part.Choice{{Value: "", Text: "Any"}}
	for _, c := range in.counts {
		choices = append(choices, part.Choice{Value: c.Kind, Text: Words(c.Kind)})
	}
	if k := in.filter.Kind; k != "" && !slices.ContainsFunc(choices, func(c part.Choice) bool { return c.Value == k }) {
		choices = append(choices, part.Choice{Value: k, Text: Words(k)})
	}
	return choices
}

func (in *inbox) facts(w *office.Waiting) []part.Fact {
	l := in.visit.Locale
	facts := []part.Fact{
		{Name: "About", Value: w.Subject},
		{Name: "Account", Value: name(w), Path: accountPath(w)},
		{Name: "Subscription", Value: string(w.Subscription), Path: "/subscriptions/" + url.PathEscape(string(w.Subscription))},
		{Name: "Connection", Value: string(w.Connection)},
		{Name: "First seen", Value: l.Instant(w.OpenedAt)},
		{Name: "Last seen", Value: l.Instant(w.SeenAt)},
		{Name: "Looked after by", Value: w.Assignee},
		{Name: "Put off until", Value: part.Day(w.SnoozedUntil)},
		{Name: "Note", Value: w.Note},
		{Name: "Settled", Value: l.Instant(w.ClosedAt)},
		{Name: "Settled by", Value: w.ClosedBy},
	}
	if w.HasAmount {
		facts = slices.Insert(facts, 1, part.Fact{Name: "At stake", Value: in.worth(w) + " " + w.Currency.String()})
	}
	return facts
}

func name(w *office.Waiting) string {
	if w.AccountName != "" {
		return w.AccountName
	}
	return string(w.Account)
}

func accountPath(w *office.Waiting) string {
	return "/accounts/" + url.PathEscape(string(w.Account))
}

// open says whether it still waits.
func open(w *office.Waiting) bool { return w.ClosedAt.IsZero() }

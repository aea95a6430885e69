package subscription

import (
	"github.com/a-h/templ"

	"prorata/core/billing"
	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow/office"
)

// pageRows is how many are shown at once.
const pageRows = 50

// list is what the list shows.
type list struct {
	visit    *visit.Visit
	filter   office.SubscriptionFilter
	standing office.Standing
	page     office.SubscriptionPage
	next     part.Next
	opened   *shown
}

// List shows subscriptions in order of their customers' names.
func List(v *visit.Visit) error {
	query := v.R.URL.Query()
	l := &list{visit: v, standing: office.Standing(query.Get("state")), filter: office.SubscriptionFilter{Search: query.Get("find"), SKU: query.Get("sku"),
		Account: billing.AccountID(query.Get("account")), Contract: billing.ContractID(query.Get("contract")), Most: pageRows}}
	var name, account, id string
	if visit.Place(query.Get("after"), &name, &account, &id) {
		l.filter.After = office.SubscriptionCursor{Name: name, Account: billing.AccountID(account), ID: billing.SubscriptionID(id)}
	}
	var err error
	if l.page, err = v.Desk.SubscriptionList(v.R.Context(), l.filter, l.standing); err != nil {
		return err
	}
	if n := l.page.Next; n != nil {
		l.next.Older = v.Here("after", visit.Cursor(n.Name, string(n.Account), string(n.ID)), "open", "")
	}
	if l.filter.After.ID != "" {
		l.next.Newer = v.Here("after", "", "open", "")
	}
	l.next.Shown = l.counted()
	if open := query.Get("open"); open != "" {
		if l.opened, err = read(v, billing.SubscriptionID(open)); err != nil {
			return err
		}
	}
	return v.Page(part.Page{Title: "Subscriptions", Section: Path}, listing(l))
}

// counted says how many there are.
func (l *list) counted() string {
	shown := part.Plural(int64(len(l.page.Rows)), "subscription")
	switch {
	case l.page.Count < 0 || l.page.Count == len(l.page.Rows):
		return shown
	case l.page.More:
		return shown + " of more than " + l.visit.Locale.Count(int64(l.page.Count))
	}
	return shown + " of " + l.visit.Locale.Count(int64(l.page.Count))
}

func (l *list) filtered() bool {
	f := l.filter
	return f.Search != "" || f.SKU != "" || f.Account != "" || f.Contract != "" || l.standing != "" || f.After.ID != ""
}

func (l *list) here() string { return l.visit.Here("open", "") }

func (l *list) drawer() templ.Component {
	if l.opened == nil {
		return nil
	}
	return drawer(l.opened)
}

func (l *list) title() string {
	if l.opened == nil {
		return ""
	}
	return l.opened.title()
}

func (l *list) full() string {
	if l.opened == nil {
		return ""
	}
	return l.opened.path()
}

func standings() []part.Choice {
	return []part.Choice{{Value: "", Text: "All"}, {Value: string(office.IsRunning), Text: "Running"}, {Value: string(office.IsSuspended), Text: "Suspended"},
		{Value: string(office.IsEnded), Text: "Ended"}, {Value: string(office.IsComing), Text: "Coming"}, {Value: string(office.IsWaiting), Text: "On credit hold"}}
}

// seatsOf is empty for what is over or has not begun.
func seatsOf(v *visit.Visit, r *office.SubscriptionRow) string {
	if office.StandingOf(&r.State, v.Desk.Today()) == office.IsEnded {
		return ""
	}
	return v.Locale.Quantity(r.State.Quantity)
}

// termEnd is the last day of its term, where it runs.
func termEnd(v *visit.Visit, r *office.SubscriptionRow) string {
	if office.StandingOf(&r.State, v.Desk.Today()) == office.IsEnded {
		return ""
	}
	return lastDay(r.State.Term.To)
}

// Package home is the first page: what needs somebody now, the next runs, and the
// figures that matter.
package home

import (
	"net/url"
	"strconv"
	"strings"

	"prorata/core/money"
	sums "prorata/core/report"
	"prorata/edge/web/exception"
	"prorata/edge/web/part"
	"prorata/edge/web/report"
	"prorata/edge/web/visit"
	"prorata/flow/office"
)

// shown is the first page for one reader.
type shown struct {
	visit *visit.Visit
	office.Overview
}

// Show is the first page; who has none of these figures to see is led to what is theirs.
func Show(v *visit.Visit) error {
	if nav := v.Frame.Nav; !v.May("Home") && len(nav) > 0 {
		return v.Done(nav[0].Path, "")
	}
	h, err := v.Desk.Home(v.R.Context())
	if err != nil {
		return err
	}
	s := &shown{v, h}
	if h.Empty {
		return v.Page(part.Page{Title: "Home", Section: "/"}, empty(v))
	}
	return v.Page(part.Page{Title: "Home", Section: "/"}, body(s))
}

// figures are at most five.
func (s *shown) figures() (list []part.Figure) {
	l := s.visit.Locale
	list = append(list, part.Figure{Name: "Waiting for somebody", Value: l.Count(s.waiting())})
	if months := s.Revenue.Months; len(months) > 0 {
		last := &months[len(months)-1]
		f := part.Figure{Name: "Recurring revenue a month", Value: l.Amount(last.Amount), Unit: s.Revenue.Currency.String(), Path: report.PathRecurring}
		if difference := last.Amount.Sub(last.Before()); !difference.IsZero() {
			f.Beside = plus(l, difference) + " this month"
		}
		list = append(list, f)
	}
	if o := s.owed(); o != nil {
		list = append(list, part.Figure{Name: "Overdue", Value: l.Amount(o.Overdue()), Unit: o.Total.Currency().String(), Beside: "of " + l.Amount(o.Total) + " open", Path: report.PathReceivable})
	}
	if f, ok := s.margin(); ok {
		list = append(list, f)
	}
	if len(s.Runs.Next) > 0 {
		next := s.Runs.Next[0]
		list = append(list, part.Figure{Name: "Next run", Value: part.Day(next.On), Beside: part.Plural(next.Contracts, "contract"), Path: "/billing"})
	}
	return list
}

// waiting is how many things wait.
func (s *shown) waiting() (n int64) {
	w := &s.Waits
	n = int64(len(w.Consents)+len(w.Windows)) + w.Unapproved + w.Unbilled
	if w.Unapproved == 0 {
		n += s.Runs.Due
	}
	for i := range w.Exceptions {
		n += w.Exceptions[i].Count
	}
	return n
}

// owed is what is open in the book's currency or, where nothing is, in another; the
// report has all of them.
func (s *shown) owed() *sums.Owed {
	for i := range s.Owed {
		if s.Owed[i].Total.Currency() == s.Revenue.Currency {
			return &s.Owed[i]
		}
	}
	if len(s.Owed) > 0 {
		return &s.Owed[0]
	}
	return nil
}

// margin is that of the last month that has one.
func (s *shown) margin() (part.Figure, bool) {
	if len(s.Months) == 0 {
		return part.Figure{}, false
	}
	m := &s.Months[len(s.Months)-1]
	amount, err := money.RoundTo(m.Margin().Ratio(), m.Currency)
	if err != nil {
		return part.Figure{}, false
	}
	f := part.Figure{Name: "Margin, " + report.Month(m.Of), Value: s.visit.Locale.Amount(amount), Unit: m.Currency.String(), Path: report.PathMargin}
	if percent, known := m.Percent(); known {
		f.Beside = s.visit.Locale.Number(percent.String()) + " % of what was billed for it"
	}
	return f, true
}

func plus(l part.Locale, a money.Amount) string {
	if a.Sign() > 0 {
		return "+" + l.Amount(a)
	}
	return l.Amount(a)
}

// item is one thing that waits: what it is, the money in question, and where it is done.
type item struct {
	what, why, money, path, do string
	bad                        bool
}

// items are what waits, what cannot be made good later first.
func (s *shown) items() (list []item) {
	l, w := s.visit.Locale, &s.Waits
	for i := range w.Consents {
		c := &w.Consents[i]
		it := item{what: c.Name + " does not let us in", why: c.Why, path: "/provider", do: "Consent again", bad: true}
		if !c.Lapsed {
			it.what, it.why, it.bad = "The consent to "+c.Name+" ends soon", "It ends on "+l.Instant(c.Ends)+" unless it is used.", false
		}
		list = append(list, it)
	}
	if n := int64(len(w.Windows)); n > 0 {
		list = append(list, item{what: part.Plural(n, "window") + " at providers " + map[bool]string{true: "closes", false: "close"}[n == 1] + " within three days",
			why: "The next on " + l.Instant(w.Windows[0].Until) + ": until then seats or subscriptions can be given back.", money: s.missed(), path: "/provider/" + url.PathEscape(string(w.Windows[0].Connection)) + "/windows", do: "Look at them"})
	}
	if w.Unapproved > 0 {
		list = append(list, item{what: part.Plural(w.Unapproved, "planned invoice") + " to approve", why: "Of the plan until " + part.Day(w.Plan.Through) + ".",
			path: "/billing/plans/" + strconv.FormatInt(w.Plan.ID, 10), do: "Open the plan"})
	}
	if s.Runs.Due > 0 && w.Unapproved == 0 {
		list = append(list, item{what: part.Plural(s.Runs.Due, "contract") + " to bill", why: s.since(), path: "/billing", do: "Plan a run"})
	}
	if w.Unbilled > 0 {
		list = append(list, item{what: "The last run could not bill " + part.Plural(w.Unbilled, "contract"), why: "They stay due until the cause is mended.",
			path: "/billing/runs/" + strconv.FormatInt(w.LastRun.ID, 10), do: "See why", bad: true})
	}
	for i := range w.Exceptions {
		e := &w.Exceptions[i]
		list = append(list, item{what: l.Count(e.Count) + " × " + exception.Words(e.Kind), money: worths(l, e.Worth), path: exception.Path + "?kind=" + e.Kind, do: map[bool]string{true: "Look at it", false: "Work through them"}[e.Count == 1]})
	}
	return list
}

// since says from when the oldest contract waits.
func (s *shown) since() string {
	if s.Runs.Since.IsZero() || s.Runs.Since == s.Today {
		return "Due today."
	}
	return "The oldest was due on " + part.Day(s.Runs.Since) + "."
}

// missed is what it costs to miss the windows, by currency.
func (s *shown) missed() string {
	var sums []money.Amount
	for i := range s.Waits.Windows {
		w := &s.Waits.Windows[i]
		if !w.CostKnown {
			continue
		}
		at := -1
		for n := range sums {
			if sums[n].Currency() == w.Missed.Currency() {
				at = n
			}
		}
		if at < 0 {
			sums = append(sums, w.Missed)
		} else {
			sums[at] = sums[at].Add(w.Missed)
		}
	}
	texts := make([]string, len(sums))
	for i, sum := range sums {
		texts[i] = s.visit.Locale.Amount(sum) + " " + sum.Currency().String()
	}
	return strings.Join(texts, ", ")
}

func worths(l part.Locale, list []office.Worth) string {
	texts := make([]string, 0, len(list))
	for _, w := range list {
		texts = append(texts, l.Number(w.Amount.String())+" "+w.Currency.String())
	}
	return strings.Join(texts, ", ")
}

// toImport is how a book begins, for who may begin it.
func toImport(v *visit.Visit) *part.Action {
	if !v.May("Import") {
		return nil
	}
	return &part.Action{Text: "Import files", Path: "/import"}
}

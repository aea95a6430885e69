package billing

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"prorata/core/money"
	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// planned is a plan on its page.
type planned struct {
	visit  *visit.Visit
	form   *visit.Form
	plan   office.PlanView
	filter flow.PlannedFilter
	page   office.PlannedInvoicePage
	opened *drafted
}

func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

// ShowPlan shows how far a plan is, or its rows.
func ShowPlan(v *visit.Visit) error { return showPlan(v, v.Form()) }

func showPlan(v *visit.Visit, f *visit.Form) error {
	p, err := readPlan(v, f)
	if err != nil {
		return err
	}
	page := part.Page{Title: p.title(), Section: Path, Crumbs: crumbs(), State: planPill(&p.plan.BillingPlan), Wide: true}
	if p.plan.State != flow.PlanReady {
		return v.Page(page, workingPage(p))
	}
	return v.Page(page, planPage(p))
}

func (p *planned) title() string { return "Plan through " + part.Day(p.plan.Through) }

func readPlan(v *visit.Visit, f *visit.Form) (p *planned, err error) {
	p = &planned{visit: v, form: f, filter: filterOf(v)}
	if p.plan, err = v.Desk.BillingPlanGet(v.R.Context(), number(v.R.PathValue("plan"))); err != nil || p.plan.State != flow.PlanReady {
		return p, err
	}
	p.filter.Plan = p.plan.ID
	if p.page, err = v.Desk.PlannedInvoiceList(v.R.Context(), p.filter); err != nil {
		return p, err
	}
	if no := number(v.R.URL.Query().Get("open")); no != 0 {
		view, err := v.Desk.PlannedInvoiceGet(v.R.Context(), p.plan.ID, no)
		if err != nil {
			return p, err
		}
		p.opened = &drafted{visit: v, view: view}
	}
	return p, nil
}

// pageRows is how many rows are shown at once.
const pageRows = 50

// filterOf reads the address.
func filterOf(v *visit.Visit) flow.PlannedFilter {
	q := v.R.URL.Query()
	filter := flow.PlannedFilter{State: q.Get("state"), Currency: q.Get("currency"), Text: flow.PlainText(q.Get("text")), BySize: q.Get("sort") == "size",
		After: number(q.Get("after")), Before: number(q.Get("before")), Most: pageRows}
	switch asked := q.Get("flag"); asked {
	case "any":
		filter.Flags = flow.PlanWorthALook()
	case "none":
		filter.Without = flow.PlanWorthALook()
	default:
		for _, flag := range flow.PlanFlags() {
			if flag.String() == asked {
				filter.Flags |= flag
			}
		}
	}
	return filter
}

// narrowed says whether the list is not all of the plan.
func (p *planned) narrowed() bool {
	return p.filter.Flags != 0 || p.filter.Without != 0 || p.filter.State != "" || p.filter.Currency != "" || p.filter.Text != ""
}

// figures compare the whole with last time; where there are more than two currencies the table under them does.
func (p *planned) figures() []part.Figure {
	l := p.visit.Locale
	var figures []part.Figure
	shown := billed(p.plan.Totals)
	if len(shown) > 2 {
		shown = nil
	}
	for i := range shown {
		t := &shown[i]
		figure := part.Figure{Name: "To bill before tax", Value: l.Amount(t.Net), Unit: t.Currency.String(), Beside: "nothing to compare with"}
		if !t.LastNet.IsZero() {
			figure.Beside = l.Amount(t.LastNet) + " last time, " + change(l, t.Net, t.LastNet)
		}
		figures = append(figures, figure)
	}
	var approved int64
	for i := range p.plan.Totals {
		approved += p.plan.Totals[i].Approved
	}
	return append(figures,
		part.Figure{Name: "Invoices", Value: l.Count(p.plan.Invoices), Beside: part.Plural(p.plan.Lines, "line")},
		part.Figure{Name: "Approved", Value: l.Count(approved), Beside: "not billed yet", Path: planPath(p.plan.ID) + "?state=approved"},
		part.Figure{Name: "Worth a look", Value: l.Count(p.worth()), Beside: "unusual, missing, not billable", Path: planPath(p.plan.ID) + "?flag=any"})
}

// billed are the totals of currencies in which there is, or was, something to bill.
func billed(totals []flow.PlannedTotal) []flow.PlannedTotal {
	return slices.DeleteFunc(slices.Clone(totals), func(t flow.PlannedTotal) bool { return t.Count == 0 && t.LastNet.IsZero() })
}

// worth is about how many rows want a person: all that are flagged but the first invoices, which are many at the beginning.
func (p *planned) worth() (n int64) {
	for flag, count := range p.plan.Flags {
		if flag != flow.FlagFirst {
			n += count
		}
	}
	return n
}

// approvedTotals are the totals of what is approved and not billed yet.
func (p *planned) approvedTotals() (totals []flow.PlannedTotal) {
	for _, t := range p.plan.Totals {
		if t.Approved > 0 {
			totals = append(totals, t)
		}
	}
	return totals
}

func (p *planned) approvedCount() (n int64) {
	for _, t := range p.approvedTotals() {
		n += t.Approved
	}
	return n
}

// ready says whether the plan's day has come.
func (p *planned) ready() bool { return !p.plan.Through.After(p.visit.Desk.Today()) }

// primary is the one action: bill what is approved.
func (p *planned) primary() *part.Action {
	if n := p.approvedCount(); n > 0 && p.ready() && p.visit.May("BillingRunStart") {
		return &part.Action{Text: "Bill " + part.Plural(n, "approved invoice"), Path: planPath(p.plan.ID) + "/run"}
	}
	return nil
}

func (p *planned) more() []part.Action {
	more := []part.Action{{Text: "What is held", Path: Path + "/holds"}}
	if p.plan.Run != 0 {
		more = append(more, part.Action{Text: "Its latest run", Path: runPath(p.plan.Run)})
	}
	return more
}

// tabs are the flags, each with how many rows it has.
func (p *planned) tabs() (tabs []part.Choice) {
	tabs = append(tabs, part.Choice{Value: "", Text: "All"}, part.Choice{Value: "any", Text: fmt.Sprintf("Worth a look %d", p.worth())}, part.Choice{Value: "none", Text: "As usual"})
	for _, flag := range flow.PlanFlags() {
		if n := p.plan.Flags[flag]; n > 0 {
			word, _ := flagWords(flag)
			tabs = append(tabs, part.Choice{Value: flag.String(), Text: fmt.Sprintf("%s %d", capital(word), n)})
		}
	}
	return tabs
}

func capital(word string) string { return string(word[0]-'a'+'A') + word[1:] }

// next leads to the pages beside this one.
func (p *planned) next() part.Next {
	rows := p.page.Rows
	n := part.Next{Shown: part.Plural(int64(len(rows)), "row")}
	if p.page.Earlier && len(rows) > 0 {
		n.Newer = p.visit.Here("before", strconv.FormatInt(rows[0].No, 10), "after", "", "open", "")
	}
	if p.page.More && len(rows) > 0 {
		n.Older = p.visit.Here("after", strconv.FormatInt(rows[len(rows)-1].No, 10), "before", "", "open", "")
	}
	return n
}

// covered is how many invoices the filter covers that could be approved still.
func (p *planned) covered() (n int64) {
	for i := range p.page.Totals {
		n += p.page.Totals[i].Count
	}
	return n
}

func (p *planned) drawer() templ.Component {
	if p.opened == nil {
		return nil
	}
	return draftDrawer(p.opened)
}

func (p *planned) drawerTitle() string {
	if p.opened == nil {
		return ""
	}
	return nameOf(&p.opened.view.PlannedInvoice)
}

func nameOf(row *flow.PlannedInvoice) string {
	if row.PayerName != "" {
		return row.PayerName
	}
	return string(row.Payer)
}

func difference(row *flow.PlannedInvoice) money.Amount { return row.Net.Sub(row.LastNet) }

// Decide approves or holds rows: those that were ticked, or all that the list covers.
func Decide(v *visit.Visit) error {
	f := v.Form()
	plan := number(v.R.PathValue("plan"))
	filter := filterOf(v)
	filter.Plan, filter.After, filter.Before = plan, 0, 0
	do := f.Text("do")
	if do == "approve-usual" {
		filter, do = flow.PlannedFilter{Plan: plan, Without: flow.PlanWorthALook()}, "approve"
	} else if do != "approve-all" && do != "unapprove-all" {
		filter = flow.PlannedFilter{Plan: plan}
		for _, text := range f.All("no") {
			filter.Nos = append(filter.Nos, number(text))
		}
		if len(filter.Nos) == 0 {
			f.Sentence = "Nothing is ticked. Tick the rows first."
			return showPlan(v, f)
		}
	}
	said, err := decide(v, f, do, filter)
	if err != nil || !f.OK() {
		if err != nil && !f.Take(err) {
			return err
		}
		return showPlan(v, f)
	}
	return v.Done(v.R.URL.RequestURI(), said)
}

func decide(v *visit.Visit, f *visit.Form, do string, filter flow.PlannedFilter) (string, error) {
	switch do {
	case "approve", "approve-all":
		n, err := v.Desk.PlannedInvoiceApprove(v.R.Context(), filter, true)
		return part.Plural(n, "invoice") + " approved.", err
	case "unapprove", "unapprove-all":
		n, err := v.Desk.PlannedInvoiceApprove(v.R.Context(), filter, false)
		return part.Plural(n, "invoice") + " no longer approved.", err
	case "hold":
		return holdRows(v, f, filter)
	}
	return "", visit.ErrNoPage
}

// holdRows holds the groups of rows.
func holdRows(v *visit.Visit, f *visit.Form, filter flow.PlannedFilter) (string, error) {
	reason := f.Needed("reason", "The reason for the hold")
	if !f.OK() {
		f.Sentence = "Say why it is held."
		return "", nil
	}
	page, err := v.Desk.PlannedInvoiceList(v.R.Context(), filter)
	if err != nil {
		return "", err
	}
	var groups []string
	for i := range page.Rows {
		groups = append(groups, page.Rows[i].Group)
	}
	slices.Sort(groups)
	groups = slices.Compact(groups)
	for _, group := range groups {
		if err := v.Desk.BillingHoldPut(v.R.Context(), group, reason); err != nil {
			return "", err
		}
	}
	return part.Plural(int64(len(groups)), "group") + " held: no run bills them until they are released.", nil
}

// PlanProgress tells how far a plan is, until it is ready.
func PlanProgress(ends <-chan struct{}) visit.Handler {
	return func(v *visit.Visit) error {
		id := number(v.R.PathValue("plan"))
		return visit.Live(v, ends, func(ctx context.Context, pace <-chan time.Time) (<-chan flow.BillingPlan, error) {
			return v.Desk.BillingPlanWatch(ctx, id, pace)
		}, func(plan flow.BillingPlan) templ.Component { return planProgress(v.Locale, &plan) })
	}
}

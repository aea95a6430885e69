package billing

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

func queryEscape(text string) string { return url.QueryEscape(text) }

// sentence is as people read it, and ends with a full stop.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	return strings.TrimSuffix(part.Sentence(text), ".") + "."
}

// AskRun shows in money what a run would issue.
func AskRun(v *visit.Visit) error { return askRun(v, v.Form()) }

func askRun(v *visit.Visit, f *visit.Form) error {
	p, err := readPlan(v, f)
	if err != nil {
		return err
	}
	return v.Page(part.Page{Title: "Bill", Section: Path, Crumbs: append(crumbs(), part.Link{Text: p.title(), Path: planPath(p.plan.ID)})}, askRunPage(p))
}

// StartRun bills what is approved and leads to the run.
func StartRun(v *visit.Visit) error {
	f := v.Form()
	run, err := v.Desk.BillingRunStart(v.R.Context(), number(v.R.PathValue("plan")))
	if err != nil {
		if f.Take(err) {
			return askRun(v, f)
		}
		return err
	}
	return v.Done(runPath(run.ID), "")
}

// ran is a run on its page.
type ran struct {
	visit  *visit.Visit
	run    office.RunView
	totals []office.InvoiceTotal
	rows   []office.InvoiceRow
	more   bool
}

// resultRows is how many documents the page of a run shows; the list has all.
const resultRows = 20

// ShowRun shows how far a run is, and what came of it.
func ShowRun(v *visit.Visit) (err error) {
	r := &ran{visit: v}
	ctx := v.R.Context()
	if r.run, err = v.Desk.BillingRunGet(ctx, number(v.R.PathValue("run"))); err != nil {
		return err
	}
	if r.run.State != flow.AtWork {
		query := office.InvoiceQuery{Run: r.run.ID, Sort: "largest", Most: resultRows}
		page, err := v.Desk.InvoiceList(ctx, query)
		if err != nil {
			return err
		}
		r.rows, r.more = page.Rows, page.More
		if r.totals, err = v.Desk.InvoiceTotals(ctx, query); err != nil {
			return err
		}
	}
	return v.Page(part.Page{Title: fmt.Sprintf("Run %d", r.run.ID), Section: Path, Crumbs: crumbs(), State: runPill(&r.run.Run)}, runPage(r))
}

func (r *ran) figures() []part.Figure {
	l := r.visit.Locale
	var figures []part.Figure
	shown := r.totals
	if len(shown) > 2 {
		shown = nil
	}
	for i := range shown {
		figures = append(figures, part.Figure{Name: "Billed with tax", Value: l.Amount(shown[i].Total), Unit: shown[i].Currency.String(), Beside: l.Amount(shown[i].Net) + " before tax"})
	}
	return append(figures,
		part.Figure{Name: "Invoices", Value: l.Count(r.run.Invoices), Beside: part.Plural(r.run.Lines, "line"), Path: fmt.Sprintf("/invoices?run=%d", r.run.ID)},
		part.Figure{Name: "Left due", Value: l.Count(int64(len(r.run.Left)))},
		part.Figure{Name: "Could not be billed", Value: l.Count(int64(len(r.run.Failed)))})
}

func (r *ran) facts() []part.Fact {
	facts := []part.Fact{
		{Name: "Through", Value: part.Day(r.run.Through)},
		{Name: "By", Value: r.run.Who},
		{Name: "Began", Value: r.visit.Locale.Instant(r.run.StartedAt)},
		{Name: "Ended", Value: r.visit.Locale.Instant(r.run.EndedAt)},
	}
	if r.run.Plan != 0 {
		facts = append(facts, part.Fact{Name: "Billed of", Value: fmt.Sprintf("Plan %d", r.run.Plan), Path: planPath(r.run.Plan)})
	}
	return facts
}

// leftWord says why a group was left.
func leftPill(code string) part.Pill {
	switch code {
	case flow.LeftHeld:
		return part.Pill{Text: "held", Tone: part.Warn}
	case flow.LeftChanged:
		return part.Pill{Text: "changed since you looked", Tone: part.Warn}
	case flow.LeftGone:
		return part.Pill{Text: "nothing due any more", Tone: part.Plain}
	}
	return part.Pill{Text: code, Tone: part.Plain}
}

// RunProgress tells how far a run is, until it is over.
func RunProgress(ends <-chan struct{}) visit.Handler {
	return func(v *visit.Visit) error {
		id := number(v.R.PathValue("run"))
		return visit.Live(v, ends, func(ctx context.Context, pace <-chan time.Time) (<-chan flow.Run, error) {
			return v.Desk.BillingRunWatch(ctx, id, pace)
		}, func(run flow.Run) templ.Component { return runProgress(v.Locale, &run) })
	}
}

// Holds shows what is held.
func Holds(v *visit.Visit) error {
	holds, err := v.Desk.BillingHoldList(v.R.Context())
	if err != nil {
		return err
	}
	return v.Page(part.Page{Title: "Held", Section: Path, Crumbs: crumbs()}, holdsPage(v, holds))
}

// Hold holds a group and leads back.
func Hold(v *visit.Visit) error {
	f := v.Form()
	if err := v.Desk.BillingHoldPut(v.R.Context(), f.Text("group"), f.Text("reason")); err != nil {
		return err
	}
	return v.Done(f.Back(Path+"/holds"), "Held: no run bills "+groupName(f.Text("group"))+" until it is released.")
}

// Release lets runs bill a group again and leads back.
func Release(v *visit.Visit) error {
	f := v.Form()
	if err := v.Desk.BillingHoldEnd(v.R.Context(), f.Text("group")); err != nil {
		return err
	}
	return v.Done(f.Back(Path+"/holds"), "Released: "+groupName(f.Text("group"))+" is due again. Make a new plan, or approve it in this one.")
}

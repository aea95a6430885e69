// Package billing shows what is to be billed before it is billed, lets people approve it or hold it back, and shows
// how a run goes and what came of it.
//
//	billing.go   the plans and runs there were;  plan.go  a plan, its rows, and what is decided on them
//	drafted.go   one invoice to come;            run.go   a run;   hold.go  what is held
package billing

import (
	"fmt"
	"strconv"
	"strings"

	"prorata/core/money"
	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow"
)

// Path is where the section is.
const Path = "/billing"

// crumbs lead back to the section.
func crumbs() []part.Link { return []part.Link{{Text: "Billing", Path: Path}} }

func planPath(id int64) string { return fmt.Sprintf("%s/plans/%d", Path, id) }
func runPath(id int64) string  { return fmt.Sprintf("%s/runs/%d", Path, id) }

// overview is the section's first page.
type overview struct {
	visit *visit.Visit
	form  *visit.Form
	plans []flow.BillingPlan
	runs  []flow.Run
	holds []flow.BillingHold
}

// few is how many plans and runs the first page shows.
const few = 8

// Overview shows what was planned and billed lately, and asks for the day of the next plan.
func Overview(v *visit.Visit) error { return showOverview(v, v.Form()) }

func showOverview(v *visit.Visit, f *visit.Form) (err error) {
	o := &overview{visit: v, form: f}
	ctx := v.R.Context()
	if o.plans, err = v.Desk.BillingPlanList(ctx, 0, few); err != nil {
		return err
	}
	before, _ := strconv.ParseInt(v.R.URL.Query().Get("before"), 10, 64)
	if o.runs, err = v.Desk.BillingRunList(ctx, before, few); err != nil {
		return err
	}
	if o.holds, err = v.Desk.BillingHoldList(ctx); err != nil {
		return err
	}
	return v.Page(part.Page{Title: "Billing", Section: Path}, overviewPage(o))
}

// Make begins a plan and leads to it.
func Make(v *visit.Visit) error {
	f := v.Form()
	through := f.Day("through")
	if through.IsZero() && f.OK() {
		f.Wrong("through", "Through which day? Choose one.")
	}
	if !f.OK() {
		return showOverview(v, f)
	}
	plan, err := v.Desk.BillingPlanMake(v.R.Context(), through)
	if err != nil {
		if f.Take(err) {
			return showOverview(v, f)
		}
		return err
	}
	return v.Done(planPath(plan.ID), "")
}

// planPill is a plan's state as a pill.
func planPill(p *flow.BillingPlan) part.Pill {
	switch {
	case p.State == flow.PlanWorking:
		return part.Pill{Text: "being worked out", Tone: part.Plain}
	case p.State == flow.PlanReady && p.Run != 0:
		return part.Pill{Text: "billed", Tone: part.Good}
	case p.State == flow.PlanReady:
		return part.Pill{Text: "ready", Tone: part.Good}
	}
	return part.Pill{Text: p.State, Tone: part.Bad}
}

func runPill(r *flow.Run) part.Pill {
	switch r.State {
	case flow.AtWork:
		return part.Pill{Text: "running", Tone: part.Plain}
	case "done":
		if r.Exceptions > 0 {
			return part.Pill{Text: "done, " + strconv.FormatInt(r.Exceptions, 10) + " not billed", Tone: part.Warn}
		}
		return part.Pill{Text: "done", Tone: part.Good}
	}
	return part.Pill{Text: r.State, Tone: part.Bad}
}

// change is the difference to last time in percent of it, with its sign; empty where there is nothing to compare.
func change(l part.Locale, now, last money.Amount) string {
	if last.IsZero() {
		return ""
	}
	percent := now.Sub(last).Ratio().Div(last.Ratio().Abs()).Mul(money.Whole(100))
	text := l.Number(money.DecimalFrom(percent, 1, 1).String()) + " %"
	if percent.Sign() > 0 {
		text = "+" + text
	}
	return text
}

// signed is a difference with its sign.
func signed(l part.Locale, a money.Amount) string {
	if a.Sign() > 0 {
		return "+" + l.Amount(a)
	}
	return l.Amount(a)
}

// flagWords say a flag to people, in a word and in a sentence.
func flagWords(f flow.PlanFlag) (word, sentence string) {
	switch f {
	case flow.FlagException:
		return "cannot be billed", "A price, a rate or something else is missing. Nothing of the group is billed until it is mended."
	case flow.FlagMissing:
		return "missing", "Billed last time, and nothing now."
	case flow.FlagNegative:
		return "negative", "It would be a credit note."
	case flow.FlagZero:
		return "comes to nothing", "Its lines add up to nothing."
	case flow.FlagFirst:
		return "first", "Nothing was ever billed to them."
	case flow.FlagUnusual:
		return "unusual", "More than 30 % from what was billed last time."
	}
	return "", ""
}

func flagPill(f flow.PlanFlag) part.Pill {
	word, _ := flagWords(f)
	switch f {
	case flow.FlagException, flow.FlagMissing:
		return part.Pill{Text: word, Tone: part.Bad}
	case flow.FlagNegative, flow.FlagZero, flow.FlagUnusual:
		return part.Pill{Text: word, Tone: part.Warn}
	case flow.FlagFirst:
	}
	return part.Pill{Text: word, Tone: part.Plain}
}

// groupName says a group's key to people.
func groupName(key string) string {
	kind, id, _ := strings.Cut(key, ":")
	if kind == "payer" {
		return "all of " + id
	}
	return "contract " + id
}

// ofTotal is how much of what there is to do is done.
func percentOf(done, all int64) string {
	if all <= 0 {
		return "0"
	}
	return strconv.FormatInt(min(done, all)*100/all, 10)
}
